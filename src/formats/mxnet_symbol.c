/*
 * mxnet_symbol.c - graphs of MXNet (symbol.json) and of TVM, which share NNVM's form; texts as in any JSON document.
 *
 * A graph is {"nodes": [{"op", "name", "attrs", "inputs", "subgraphs"}], "arg_nodes", "heads"}; a node's graphs are of
 * the same form. "attrs" was called "param" and "attr" before. A row of frames, one a level.
 */
#include "feed.h"
#include "give.h"
#include "json_pull.h"
#include "palisade/format.h"
#include "palisade/mem.h"

#define FEED_MOST ((size_t)16 << 20)
#define WORD_MOST 128u
#define PATH_MOST ((size_t)4096)

extern const struct pal_format pal_format_jsonl;

enum what { OTHER, GRAPH, NODES, NODE, ATTRIBUTES, GRAPHS };

struct frame {
	enum what what;
	char      key[32], op[WORD_MOST], name[WORD_MOST], type[WORD_MOST];
	uint64_t  at;
};

struct symbol {
	struct pal_feed      feed;
	struct pal_json_pull pull;
	struct pal_sink     *sink;
	struct frame         frames[PAL_JSON_DEPTH + 1];
};

static bool
holds(struct pal_view head, const char *text)
{
	return pal_view_find(head, pal_view_of(text), 0) != SIZE_MAX;
}

static unsigned int
mxnet_symbol_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 2 || v.data[0] != '{' || (!holds(v, "\"nodes\"") && !holds(v, "\"arg_nodes\"")))
		return 0;
	return holds(v, "\"op\"") && holds(v, "\"inputs\"") ? 92 : 0;
}

static struct pal_view
text_of(const struct symbol *s)
{
	return pal_view_sub(pal_feed_view(&s->feed), s->pull.start, s->pull.len);
}

static void
copy_text(char *to, size_t room, struct pal_view v)
{
	struct pal_view cut = pal_view_sub(v, 0, room - 1);

	pal_mem_copy(to, room, cut.data, cut.len);
	to[cut.len] = '\0';
}

/* What an object or a list is, by what it stands in and under which key. */
static enum what
what_below(const struct frame *above, bool array)
{
	struct pal_view key = pal_view_of(above->key);

	switch (above->what) {
	case GRAPH:
		return array && pal_view_is(key, "nodes") ? NODES : OTHER;
	case NODES:
		return array ? OTHER : NODE;
	case NODE:
		if (array)
			return pal_view_is(key, "subgraphs") ? GRAPHS : OTHER;
		return pal_view_is(key, "attrs") || pal_view_is(key, "attr") || pal_view_is(key, "param") ? ATTRIBUTES
													  : OTHER;
	case GRAPHS:
		return array ? OTHER : GRAPH;
	case ATTRIBUTES:
	case OTHER:
		break;
	}
	return OTHER;
}

static void
open_frame(struct symbol *s, bool array)
{
	unsigned int depth = s->pull.depth;
	enum what    what = depth == 1 ? (array ? OTHER : GRAPH) : what_below(&s->frames[depth - 1], array);

	s->frames[depth] = (struct frame){ .what = what, .at = pal_feed_offset(&s->feed, s->pull.start) };
}

/* Custom's op_type and TVM's func_name say which of the loading process' functions it is. */
static enum pal_err
end_node(struct symbol *s, const struct frame *f)
{
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .loader = "mxnet",
				 .name = pal_view_of(f->op),
				 .text = pal_view_of(f->type),
				 .place = { .offset = f->at, .field = f->name } };

	if (f->what != NODE || f->op[0] == '\0' || pal_view_is(c.name, "null")) /* null: an input or a parameter */
		return PAL_OK;
	return pal_sink_take(s->sink, &c);
}

/* A path that the operation opens: imread's file name. */
static enum pal_err
take_attribute(struct symbol *s, struct frame *node, struct pal_view key, struct pal_view text)
{
	static const char *const paths[] = { "filename", "path_imgrec", "path_imglist", "path_root", "lib_path", NULL };
	struct pal_content       c = { .kind = PAL_CONTENT_REFERENCE,
				       .loader = "mxnet",
				       .name = key,
				       .text = pal_view_sub(text, 0, PATH_MOST),
				       .place = { .offset = pal_feed_offset(&s->feed, s->pull.start), .field = node->name } };

	if (pal_view_is(key, "op_type") || pal_view_is(key, "func_name"))
		copy_text(node->type, WORD_MOST, text);
	for (const char *const *p = paths; *p != NULL; p++)
		if (pal_view_is(key, *p) && text.len > 0)
			return pal_sink_take(s->sink, &c);
	return PAL_OK;
}

static enum pal_err
take_string(struct symbol *s)
{
	struct frame   *f = &s->frames[s->pull.depth];
	struct pal_view key = pal_view_of(f->key), text = text_of(s);

	if (f->what == ATTRIBUTES)
		return take_attribute(s, &s->frames[s->pull.depth - 1], key, text);
	if (f->what == NODE && pal_view_is(key, "op"))
		copy_text(f->op, WORD_MOST, text);
	else if (f->what == NODE && pal_view_is(key, "name"))
		copy_text(f->name, WORD_MOST, text);
	return PAL_OK;
}

static enum pal_err
take_token(struct symbol *s, enum pal_json_token t)
{
	if (t == PAL_JSON_OBJECT || t == PAL_JSON_ARRAY)
		open_frame(s, t == PAL_JSON_ARRAY);
	else if (t == PAL_JSON_KEY)
		copy_text(s->frames[s->pull.depth].key, sizeof(s->frames[0].key), text_of(s));
	else if (t == PAL_JSON_STRING && s->pull.depth > 0)
		return take_string(s);
	else if (t == PAL_JSON_OBJECT_END)
		return end_node(s, &s->frames[s->pull.depth + 1]);
	return PAL_OK;
}

static void
symbol_done(struct symbol **s)
{
	if (*s != NULL)
		pal_feed_close(&(*s)->feed);
	pal_mem_free(*s);
}

/* Stops where the document breaks, which the examination as JSON has said; the loader stops there too. */
static enum pal_err
take_graph(struct pal_input *in, struct pal_sink *sink)
{
	__attribute__((cleanup(symbol_done))) struct symbol *s = pal_mem_new(1, sizeof(*s));
	enum pal_json_token                                  t = PAL_JSON_OBJECT;

	if (s == NULL)
		return PAL_ENOMEM;
	s->sink = sink;
	PAL_TRY(pal_feed_open(&s->feed, in, FEED_MOST));
	pal_json_pull_init(&s->pull, &s->feed, false);
	while (t != PAL_JSON_END && t != PAL_JSON_BROKEN) {
		enum pal_err err = PAL_OK;

		pal_json_pull_release(&s->pull);
		err = pal_json_pull(&s->pull, &t);
		if (err == PAL_ELIMIT)
			return pal_sink_unread(
			    sink, &pal_anomaly_format_limit, s->feed.offset, in->size - s->feed.offset,
			    "a string of more than %zu bytes; operations behind it were not read", FEED_MOST);
		PAL_TRY(err);
		PAL_TRY(take_token(s, t));
	}
	return PAL_OK;
}

static enum pal_err
mxnet_symbol_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	return take_graph(in, sink);
}

const struct pal_format pal_format_mxnet_symbol = {
	.name = "mxnet_symbol",
	.summary = "MXNet and TVM graphs (symbol.json, graph.json)",
	.covers =
	    "All that is said of JSON documents; every operation of the graph and of the graphs inside its nodes, "
	    "with the function that Custom and tvm_op name; paths that operations open. Operations of libraries "
	    "that the user loads (mx.library.load) carry no mark and are taken for MXNet's own.",
	.probe = mxnet_symbol_probe,
	.parse = mxnet_symbol_parse,
};
