/* ops.c - the detector that judges the operations of a model's graph by the table of operations. */
#include "mask.h"
#include "rules.h"

#define OPS_MOST  20000
#define NAME_MOST 200
#define ARGS_MOST 160

/* One operation of the file, however often it stands there. */
struct op {
	const struct pal_op_row *row; /* NULL: nobody objects */
	const char              *field;
};

struct state {
	const struct pal_detect *rules;
	const struct pal_rule   *custom;
	struct pal_arena        *arena;
	struct pal_map           index; /* loader, domain, name -> struct op */
	uint64_t                 unjudged;
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	*s = (struct state){
		.rules = rules, .custom = pal_detect_own(rules, "OP-CUSTOM"), .arena = a, .index = pal_map_of(a)
	};
	*ret_state = s;
	return PAL_OK;
}

static const char *
field_of(struct state *s, const struct pal_content *piece)
{
	char domain[NAME_MOST + 4], name[NAME_MOST + 4];

	(void)pal_excerpt(piece->module, NAME_MOST, domain);
	return pal_arena_printf(s->arena, "%s%s%s", domain, domain[0] == '\0' ? "" : ":",
				pal_excerpt(piece->name, NAME_MOST, name));
}

static struct op *
op_of(struct state *s, const struct pal_content *piece)
{
	PAL_AUTO_BUF    key = pal_buf_of(0);
	struct pal_view loader = pal_view_of(piece->loader);
	void          **place = NULL;
	struct op      *op = NULL;

	pal_buf_add(&key, loader);
	pal_buf_add_byte(&key, 0);
	pal_buf_add(&key, piece->module);
	pal_buf_add_byte(&key, 0);
	pal_buf_add(&key, piece->name);
	if (s->index.count >= OPS_MOST && pal_map_get(&s->index, pal_buf_view(&key)) == NULL)
		return NULL;
	place = pal_map_put(&s->index, pal_buf_view(&key));
	if (place == NULL || *place != NULL)
		return place == NULL ? NULL : *place;
	op = pal_arena_array(s->arena, 1, sizeof(*op));
	if (op == NULL)
		return NULL;
	op->row = pal_op_table_judge(&s->rules->ops, loader, piece->module, piece->name);
	if (op->row != NULL && op->row->allow)
		op->row = NULL;
	if (op->row != NULL)
		op->field = field_of(s, piece);
	*place = op;
	return op;
}

/* Texts are made for the first of its kind only; the list counts the rest on it. */
static void
report(const struct op *op, const struct pal_content *piece, const struct pal_rule *rule, struct pal_findings *out)
{
	char               node[NAME_MOST + 4], args[ARGS_MOST + 4];
	PAL_AUTO_BUF       text = pal_buf_of(2048);
	struct pal_finding f = { .rule = rule,
				 .severity = op->row->severity,
				 .confidence = op->row->certain ? PAL_CONFIDENCE_HIGH : PAL_CONFIDENCE_MEDIUM,
				 .place = piece->place,
				 .count = 1 };

	f.place.field = op->field;
	(void)pal_excerpt(pal_view_of(piece->place.field), NAME_MOST, node);
	(void)pal_excerpt(pal_view_trim(piece->text), ARGS_MOST, args);
	pal_buf_printf(&text, "%s operation %s", piece->loader == NULL ? "" : piece->loader, op->field);
	if (node[0] != '\0')
		pal_buf_printf(&text, " (node %s)", node);
	if (args[0] != '\0')
		pal_buf_printf(&text, " with %s", args);
	pal_buf_printf(&text, ": %s", op->row->does);
	f.text = pal_buf_text(&text);
	pal_findings_add(out, &f);
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct state    *s = state;
	const struct op *op = op_of(s, piece);

	PAL_TRY(pal_arena_err(s->arena));
	if (op == NULL)
		s->unjudged++;
	else if (op->row != NULL)
		report(op, piece, pal_detect_own(s->rules, op->row->family), out);
	return PAL_OK;
}

static enum pal_err
finish(void *state, struct pal_findings *out)
{
	struct state      *s = state;
	PAL_AUTO_BUF       text = pal_buf_of(256);
	struct pal_finding f = { .rule = s->custom,
				 .severity = PAL_HIGH, /* what was not judged is not known to be harmless */
				 .confidence = PAL_CONFIDENCE_HIGH,
				 .place.field = "(more)",
				 .count = s->unjudged };

	if (s->unjudged == 0)
		return PAL_OK;
	pal_buf_printf(&text, "operations beyond the %d different ones that are judged in one file", OPS_MOST);
	f.text = pal_buf_text(&text);
	pal_findings_add(out, &f);
	return PAL_OK;
}

const struct pal_detector pal_detector_ops = {
	.name = "ops",
	.summary = "operations of a model's graph that run code, touch files or the network, or come from elsewhere",
	.reads = PAL_READS(PAL_CONTENT_OP),
	.start = start,
	.feed = feed,
	.finish = finish,
};
