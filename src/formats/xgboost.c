/* xgboost.c - models of XGBoost as JSON; texts are examined as in any JSON document, the trees in xgboost_doc.c. */
#include "give.h"
#include "json_walk.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "xgboost_doc.h"

extern const struct pal_format pal_format_jsonl;

struct walk {
	struct pal_json_walk json;
	struct pal_xgboost   model;
};

/* The document's first key is "learner", or a model's other keys are near its start. */
static unsigned int
xgboost_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 12 || v.data[0] != '{')
		return 0;
	if (pal_view_find(v, pal_view_of("\"learner\""), 0) == SIZE_MAX)
		return 0;
	if (pal_view_starts(pal_view_trim(pal_view_sub(v, 1, v.len)), "\"learner\""))
		return 92;
	return pal_view_find(v, pal_view_of("\"gradient_booster\""), 0) != SIZE_MAX ? 90 : 0;
}

static enum pal_err
take_token(void *who, enum pal_json_token t)
{
	struct walk    *w = who;
	struct pal_view text = pal_json_walk_text(&w->json);
	uint64_t        at = pal_json_walk_offset(&w->json);
	int64_t         n = 0;
	bool            whole = t == PAL_JSON_NUMBER && pal_boost_whole(text, &n);

	switch (t) {
	case PAL_JSON_OBJECT:
	case PAL_JSON_ARRAY:
		pal_xgboost_open(&w->model, t == PAL_JSON_ARRAY, at);
		return PAL_OK;
	case PAL_JSON_OBJECT_END:
	case PAL_JSON_ARRAY_END:
		return pal_xgboost_close(&w->model);
	case PAL_JSON_KEY:
		pal_xgboost_key(&w->model, text);
		return PAL_OK;
	case PAL_JSON_STRING:
		PAL_TRY(pal_xgboost_text(&w->model, text, at));
		return pal_give_program(w->model.sink, text, at, "metadata");
	case PAL_JSON_NUMBER:
	case PAL_JSON_ODD:
		pal_xgboost_number(&w->model, whole, n, t == PAL_JSON_NUMBER);
		return PAL_OK;
	case PAL_JSON_BROKEN: /* XGBoost stops there too */
	case PAL_JSON_END:
		return pal_xgboost_finish(&w->model, 0);
	case PAL_JSON_WORD:
		break;
	}
	return PAL_OK;
}

static void
walk_done(struct walk **w)
{
	if (*w != NULL)
		pal_xgboost_done(&(*w)->model);
	pal_mem_free(*w);
}

static enum pal_err
xgboost_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(walk_done))) struct walk *w = pal_mem_new(1, sizeof(*w));

	if (w == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "xgboost: no memory for the parser");
	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	pal_xgboost_init(&w->model, sink);
	return pal_json_walk(&w->json, in, sink, "trees", take_token, w);
}

const struct pal_format pal_format_xgboost = {
	.name = "xgboost",
	.summary = "XGBoost models (JSON)",
	.covers =
	    "All that is said of JSON documents: attributes, names of features and parameters are text. Of every tree: "
	    "its counts against its lists, the links of its nodes (each reached once, both children there, parents "
	    "that "
	    "agree), the features it asks for, runs of categories, NaN and infinite thresholds and leaves; of the "
	    "model: "
	    "the number of trees, the output that each adds to, the names of booster and objective. Whether the "
	    "numbers "
	    "make a good model is not judged.",
	.probe = xgboost_probe,
	.parse = xgboost_parse,
};
