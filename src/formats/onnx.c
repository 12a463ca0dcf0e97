/* onnx.c - ONNX models (onnx.proto, IR versions up to 13), message by message, on a stack of our own; to audit: step().
 */
#include "onnx.h"

#include <string.h>

#include "palisade/format.h"

#define FRAMES_MOST    100u /* as deep as Protocol Buffers' own reader follows */
#define ARGUMENTS_MOST 400u
#define FUNCTIONS_MOST 10000u
#define MEMORY         ((size_t)64 << 20)

struct frame {
	struct pal_pb     m;
	enum onnx_message what;
	uint32_t          graph;                 /* that it belongs to */
	uint64_t          seen;                  /* bits of the fields that may stand there once */
	char              name[PAL_PB_NAME + 1]; /* of an attribute */
};

enum pal_err
onnx_charge(struct onnx *o, uint64_t at, bool *ret_go_on)
{
	*ret_go_on = !o->spent;
	if (o->spent)
		return PAL_OK;
	if (o->sink->limits->items > 0) {
		o->sink->limits->items--;
		return PAL_OK;
	}
	o->spent = true;
	*ret_go_on = false;
	return pal_sink_unread(o->sink, &pal_anomaly_format_limit, at, o->in->size - at,
			       "the budget of items is used up at %llu; what follows was not examined",
			       (unsigned long long)at);
}

enum pal_err
onnx_check(struct onnx *o, const struct pal_pb *m, const char *what)
{
	uint64_t at = m->at < m->end ? m->at : m->end;

	if (m->err == PAL_OK)
		return PAL_OK;
	if (m->err != PAL_EFORM && m->err != PAL_ETRUNC)
		return m->err;
	PAL_TRY(pal_sink_unread(
	    o->sink, &pal_anomaly_onnx_broken, at, m->end - at, "%s, at %llu: %s", what, (unsigned long long)at,
	    m->err == PAL_ETRUNC ? "a field is longer than what holds it" : "no field begins here"));
	return pal_give_bytes(o->sink, o->in, at, m->end - at);
}

enum pal_err
onnx_flush(struct onnx *o)
{
	struct pal_view text = pal_buf_view(&o->texts);

	while (text.len > 0) {
		size_t n = pal_text_cut(text);

		PAL_TRY(pal_give_meta(o->sink, pal_buf_view(&o->texts_of), pal_view_sub(text, 0, n), o->texts_at));
		text = pal_view_sub(text, n, text.len);
	}
	pal_buf_clear(&o->texts);
	pal_buf_clear(&o->texts_of);
	return PAL_OK;
}

enum pal_err
onnx_collect(struct onnx *o, const struct pal_pb *m, const struct pal_pb_field *f, const char *name)
{
	if (f->wire != PAL_PB_BYTES || f->len >= PAL_TEXT_PIECE)
		return pal_pb_give(o->sink, m, f, name);
	if (o->texts.len > 0 && !pal_view_is(pal_buf_view(&o->texts_of), name))
		PAL_TRY(onnx_flush(o));
	if (o->texts.len == 0) {
		pal_buf_add_text(&o->texts_of, name);
		o->texts_at = f->at;
	}
	PAL_TRY(pal_pb_read(m, f, PAL_TEXT_PIECE, &o->texts));
	pal_buf_add_byte(&o->texts, '\n');
	PAL_TRY(pal_buf_err(&o->texts_of));
	return o->texts.len < PAL_TEXT_PIECE ? PAL_OK : onnx_flush(o);
}

static enum pal_err
remember(struct onnx *o, const struct pal_buf *key)
{
	void **slot = NULL;

	PAL_TRY(pal_buf_err(key));
	slot = pal_map_put(&o->functions, pal_buf_view(key));
	PAL_TRY(pal_arena_err(&o->arena));
	*slot = o;
	return PAL_OK;
}

/* What the file itself defines: calls of it need no library. */
static enum pal_err
remember_function(struct onnx *o, struct pal_pb m)
{
	struct pal_pb_field f = { 0 };
	char                name[PAL_PB_NAME + 1] = "", domain[PAL_PB_NAME + 1] = "";
	PAL_AUTO_BUF        key = pal_buf_of(0);

	while (pal_pb_next(&m, &f))
		if (f.number == 1 || f.number == 10)
			PAL_TRY(pal_pb_name(&m, &f, f.number == 1 ? name : domain));
	if (m.err != PAL_OK || o->functions.count >= FUNCTIONS_MOST)
		return PAL_OK;
	pal_buf_add_text(&key, domain);
	PAL_TRY(remember(o, &key));
	pal_buf_printf(&key, "\n%s", name);
	return remember(o, &key);
}

/* An operation's telling arguments: the attributes that are strings, each cut short. */
static enum pal_err
add_argument(const struct pal_pb *node, const struct pal_pb_field *attribute, struct pal_buf *to)
{
	struct pal_pb       m = pal_pb_sub(node, attribute);
	struct pal_pb_field f = { 0 };
	char                name[PAL_PB_NAME + 1] = "", value[PAL_PB_NAME + 1] = "";
	bool                is_string = false;

	while (pal_pb_next(&m, &f)) {
		is_string = is_string || f.number == 4;
		if (f.number == 1 || f.number == 4)
			PAL_TRY(pal_pb_name(&m, &f, f.number == 1 ? name : value));
	}
	if (is_string && to->len + strlen(name) + strlen(value) + 3 < ARGUMENTS_MOST)
		pal_buf_printf(to, "%s%s=%s", to->len == 0 ? "" : ", ", name, value);
	return pal_buf_err(to);
}

struct node {
	char name[PAL_PB_NAME + 1], op[PAL_PB_NAME + 1], domain[PAL_PB_NAME + 1];
};

static enum pal_err
read_node(struct pal_pb m, struct node *n)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&m, &f)) {
		if (f.number == 3)
			PAL_TRY(pal_pb_name(&m, &f, n->name));
		else if (f.number == 4)
			PAL_TRY(pal_pb_name(&m, &f, n->op));
		else if (f.number == 7)
			PAL_TRY(pal_pb_name(&m, &f, n->domain));
	}
	return PAL_OK;
}

/* onnx.proto: "the empty string is the domain ai.onnx". */
static const char *
domain_of(const struct onnx *o, const struct node *n)
{
	PAL_AUTO_BUF key = pal_buf_of(0);

	pal_buf_printf(&key, "%s\n%s", n->domain, n->op);
	if (o->functions.count > 0 && pal_map_get(&o->functions, pal_buf_view(&key)) != NULL)
		return "(this file)";
	return n->domain[0] == '\0' ? "ai.onnx" : n->domain;
}

static enum pal_err
give_node(struct onnx *o, struct pal_pb m)
{
	struct node         n = { 0 };
	struct pal_pb_field f = { 0 };
	PAL_AUTO_BUF        arguments = pal_buf_of(4 * ARGUMENTS_MOST);
	struct pal_content  c = { .kind = PAL_CONTENT_OP, .loader = "onnx", .place.offset = m.at };

	PAL_TRY(read_node(m, &n));
	c.place.length = m.end - m.at;
	c.place.field = n.name;
	c.name = pal_view_of(n.op);
	c.module = pal_view_of(domain_of(o, &n));
	if (!pal_view_is(c.module, "ai.onnx") || pal_view_starts(c.name, "Py"))
		while (pal_pb_next(&m, &f))
			if (f.number == 5 && arguments.len < ARGUMENTS_MOST / 2)
				PAL_TRY(add_argument(&m, &f, &arguments));
	c.text = pal_buf_view(&arguments);
	return pal_sink_take(o->sink, &c);
}

/* An operator set that the file does not define itself, as an operation of any name: who runs the file must have it. */
static enum pal_err
give_opset(struct onnx *o, struct pal_pb m)
{
	struct pal_pb_field f = { 0 };
	char                domain[PAL_PB_NAME + 1] = "";
	struct pal_content  c = { .kind = PAL_CONTENT_OP, .loader = "onnx", .place.offset = m.at };

	while (pal_pb_next(&m, &f))
		if (f.number == 1)
			PAL_TRY(pal_pb_name(&m, &f, domain));
	if (domain[0] == '\0' || pal_map_get(&o->functions, pal_view_of(domain)) != NULL)
		return PAL_OK;
	c.module = pal_view_of(domain);
	c.name = pal_view_of("(operator set)");
	return pal_sink_take(o->sink, &c);
}

static enum pal_err
read_attribute_name(struct pal_pb m, char ret_name[PAL_PB_NAME + 1])
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&m, &f))
		if (f.number == 1)
			return pal_pb_name(&m, &f, ret_name);
	return PAL_OK;
}

/* ONNX Runtime's EPContext keeps a compiled model beside the file when this attribute is short: it is a path then. */
static enum pal_err
give_context(struct onnx *o, const struct pal_pb *m, const struct pal_pb_field *f)
{
	PAL_AUTO_BUF       path = pal_buf_of(4096);
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "onnx",
				 .name = pal_view_of("ep_cache_context"),
				 .place = { .offset = f->at, .length = f->len } };

	PAL_TRY(pal_pb_read(m, f, 4096, &path));
	c.text = pal_buf_view(&path);
	return pal_view_find_byte(c.text, 0, 0) == SIZE_MAX ? pal_sink_take(o->sink, &c) : PAL_OK;
}

struct walk {
	struct onnx  *o;
	struct frame *frames; /* FRAMES_MOST, in the arena */
	size_t        depth;
};

static enum pal_err
enter(struct walk *w, const struct frame *from, struct pal_pb m, enum onnx_message what)
{
	struct onnx  *o = w->o;
	struct frame *to = NULL;
	uint32_t      graph = from == NULL ? 0 : from->graph;

	if (w->depth == FRAMES_MOST) {
		PAL_TRY(pal_sink_unread(o->sink, &pal_anomaly_onnx_depth, m.at, m.end - m.at,
					"messages nested more than %u deep", FRAMES_MOST));
		return pal_give_bytes(o->sink, o->in, m.at, m.end - m.at);
	}
	PAL_TRY(onnx_flush(o));
	to = &w->frames[w->depth++];
	*to = (struct frame){ .m = m, .what = what, .graph = graph };
	if (what == ONNX_GRAPH)
		to->graph = ++o->graphs;
	else if (from != NULL && from->what == ONNX_ATTRIBUTE)
		to->graph = 0; /* a sparse constant is no initializer */
	if (what == ONNX_NODE)
		return give_node(o, m);
	if (what == ONNX_OPSET)
		return give_opset(o, m);
	return what == ONNX_ATTRIBUTE ? read_attribute_name(m, to->name) : PAL_OK;
}

/* Bytes in a field that no version of ONNX has: readers pass over them, whatever they are. */
static enum pal_err
unknown_field(struct onnx *o, const struct frame *in, const struct pal_pb_field *f)
{
	if (f->len == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(o->sink, &pal_anomaly_onnx_unknown_field, f->at,
				 "%s has %llu bytes in field %u, which ONNX does not have", onnx_messages[in->what],
				 (unsigned long long)f->len, f->number));
	return pal_give_stray(o->sink, o->in, f->at, f->len, pal_view_of("(unknown field)"));
}

static enum pal_err
check_once(struct onnx *o, struct frame *in, const struct onnx_field *k, uint64_t at)
{
	uint64_t bit = (uint64_t)1 << k->number;

	if (!k->once)
		return PAL_OK;
	if ((in->seen & bit) != 0)
		PAL_TRY(pal_sink_anomaly(o->sink, &pal_anomaly_onnx_twice, at, "%s has %s twice",
					 onnx_messages[in->what], k->name));
	in->seen |= bit;
	return PAL_OK;
}

static enum pal_err
take_field(struct walk *w, struct frame *in, const struct pal_pb_field *f)
{
	struct onnx             *o = w->o;
	const struct onnx_field *k = onnx_field_of(in->what, f->number);

	if (k == NULL)
		return unknown_field(o, in, f);
	PAL_TRY(check_once(o, in, k, f->at));
	switch ((enum onnx_deed)k->deed) {
	case ONNX_TEXT:
		return pal_pb_give(o->sink, &in->m, f, k->name);
	case ONNX_STRING:
		if (strcmp(in->name, "ep_cache_context") == 0 && f->len < 4096)
			PAL_TRY(give_context(o, &in->m, f));
		return pal_pb_give(o->sink, &in->m, f, in->name);
	case ONNX_STRINGS:
		return onnx_collect(o, &in->m, f, in->name[0] == '\0' ? k->name : in->name);
	case ONNX_ENTRY:
		return pal_pb_give_entry(o->sink, pal_pb_sub(&in->m, f), &pal_anomaly_onnx_broken);
	case ONNX_TENSOR:
		return onnx_tensor(o, pal_pb_sub(&in->m, f), 0);
	case ONNX_INITIALIZER:
		return onnx_tensor(o, pal_pb_sub(&in->m, f), in->graph);
	case ONNX_DOWN:
		return enter(w, in, pal_pb_sub(&in->m, f), (enum onnx_message)k->down);
	case ONNX_PASS:
		break;
	}
	return PAL_OK;
}

static enum pal_err
step(struct walk *w)
{
	struct frame       *in = &w->frames[w->depth - 1];
	struct pal_pb_field f = { 0 };
	bool                go_on = true;

	if (pal_pb_next(&in->m, &f)) {
		PAL_TRY(onnx_charge(w->o, f.at, &go_on));
		return go_on ? take_field(w, in, &f) : PAL_OK;
	}
	w->depth--;
	PAL_TRY(onnx_flush(w->o));
	return onnx_check(w->o, &in->m, onnx_messages[in->what]);
}

static enum pal_err
walk(struct onnx *o)
{
	struct pal_pb       m = pal_pb_of(o->in, 0, o->in->size);
	struct pal_pb_field f = { 0 };
	struct walk         w = { .o = o, .frames = pal_arena_array(&o->arena, FRAMES_MOST, sizeof(*w.frames)) };

	if (w.frames == NULL)
		return pal_arena_err(&o->arena);

	while (pal_pb_next(&m, &f))
		if (f.number == 25)
			PAL_TRY(remember_function(o, pal_pb_sub(&m, &f)));
	PAL_TRY(enter(&w, NULL, pal_pb_of(o->in, 0, o->in->size), ONNX_MODEL));
	while (w.depth > 0 && !o->spent)
		PAL_TRY(step(&w));
	return PAL_OK;
}

static enum pal_err
onnx_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct onnx  o = { .in = in, .sink = sink };
	enum pal_err err = PAL_OK;

	(void)d;
	pal_arena_init(&o.arena, MEMORY);
	o.initializers = pal_map_of(&o.arena);
	o.functions = pal_map_of(&o.arena);
	o.texts = pal_buf_of(4 * PAL_TEXT_PIECE);
	o.texts_of = pal_buf_of(4 * PAL_TEXT_PIECE);
	err = walk(&o);
	pal_buf_done(&o.texts);
	pal_buf_done(&o.texts_of);
	pal_arena_done(&o.arena);
	return err;
}

const struct pal_format pal_format_onnx = {
	.name = "onnx",
	.summary = "ONNX models",
	.covers =
	    "IR versions up to 13: every operation with its domain, in the graph, in graphs inside nodes, in functions "
	    "and in training; every tensor (initializers, attributes, sparse ones) with its name, type, dimensions and "
	    "place, and its size against them; every path to data kept elsewhere; metadata, documentation, strings of "
	    "attributes and tensors; files inside tensors and attributes; bytes in fields that ONNX does not have; "
	    "fields that stand twice. The files that hold a model's data elsewhere are examined as the files that they "
	    "are.",
	.probe = onnx_probe,
	.parse = onnx_parse,
};
