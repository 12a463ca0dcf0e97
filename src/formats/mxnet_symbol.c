/*
 * mxnet_symbol.c - graphs of MXNet (symbol.json) and of TVM, which share NNVM's form; texts as in any JSON document.
 *
 * A graph is {"nodes": [{"op", "name", "attrs", "inputs", "subgraphs"}], "arg_nodes", "heads"}; a node's graphs are of
 * the same form. "attrs" was called "param" and "attr" before. A row of frames, one a level.
 */
#include "give.h"
#include "json_walk.h"
#include "palisade/format.h"
#include "palisade/mem.h"

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
	struct pal_json_walk json;
	struct pal_sink     *sink;
	struct frame         frames[PAL_JSON_DEPTH + 1];
};

static unsigned int
mxnet_symbol_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 2 || v.data[0] != '{' || (!pal_view_has(v, "\"nodes\"") && !pal_view_has(v, "\"arg_nodes\"")))
		return 0;
	return pal_view_has(v, "\"op\"") && pal_view_has(v, "\"inputs\"") ? 92 : 0;
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
	unsigned int depth = s->json.pull.depth;
	enum what    what = depth == 1 ? (array ? OTHER : GRAPH) : what_below(&s->frames[depth - 1], array);

	s->frames[depth] = (struct frame){ .what = what, .at = pal_json_walk_offset(&s->json) };
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
				       .place = { .offset = pal_json_walk_offset(&s->json), .field = node->name } };

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
	struct frame   *f = &s->frames[s->json.pull.depth];
	struct pal_view key = pal_view_of(f->key), text = pal_json_walk_text(&s->json);

	if (f->what == ATTRIBUTES)
		return take_attribute(s, &s->frames[s->json.pull.depth - 1], key, text);
	if (f->what == NODE && pal_view_is(key, "op"))
		copy_text(f->op, WORD_MOST, text);
	else if (f->what == NODE && pal_view_is(key, "name"))
		copy_text(f->name, WORD_MOST, text);
	return PAL_OK;
}

static enum pal_err
take_token(void *who, enum pal_json_token t)
{
	struct symbol *s = who;

	if (t == PAL_JSON_OBJECT || t == PAL_JSON_ARRAY)
		open_frame(s, t == PAL_JSON_ARRAY);
	else if (t == PAL_JSON_KEY)
		copy_text(s->frames[s->json.pull.depth].key, sizeof(s->frames[0].key), pal_json_walk_text(&s->json));
	else if (t == PAL_JSON_STRING && s->json.pull.depth > 0)
		return take_string(s);
	else if (t == PAL_JSON_OBJECT_END)
		return end_node(s, &s->frames[s->json.pull.depth + 1]);
	return PAL_OK;
}

static void
symbol_done(struct symbol **s)
{
	pal_mem_free(*s);
}

static enum pal_err
mxnet_symbol_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(symbol_done))) struct symbol *s = pal_mem_new(1, sizeof(*s));

	if (s == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "mxnet_symbol: no memory for the parser");
	s->sink = sink;
	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	return pal_json_walk(&s->json, in, sink, "operations", take_token, s);
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
