/* xgboost.c - models of XGBoost as JSON; texts are examined as in any JSON document, the trees in xgboost_doc.c. */
#include "feed.h"
#include "give.h"
#include "json_pull.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "xgboost_doc.h"

#define FEED_MOST ((size_t)16 << 20)

extern const struct pal_format pal_format_jsonl;

struct walk {
	struct pal_feed      feed;
	struct pal_json_pull pull;
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
take_token(struct walk *w, enum pal_json_token t)
{
	struct pal_view text = pal_view_sub(pal_feed_view(&w->feed), w->pull.start, w->pull.len);
	uint64_t        at = pal_feed_offset(&w->feed, w->pull.start);
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
	case PAL_JSON_WORD:
	case PAL_JSON_BROKEN:
	case PAL_JSON_END:
		break;
	}
	return PAL_OK;
}

/* Stops where the document breaks, which the examination as JSON has said; XGBoost stops there too. */
static enum pal_err
take_members(struct walk *w, struct pal_sink *sink, uint64_t size)
{
	enum pal_json_token t = PAL_JSON_OBJECT;

	while (t != PAL_JSON_END && t != PAL_JSON_BROKEN) {
		enum pal_err err = PAL_OK;

		pal_json_pull_release(&w->pull);
		err = pal_json_pull(&w->pull, &t);
		if (err == PAL_ELIMIT)
			return pal_sink_unread(sink, &pal_anomaly_format_limit, w->feed.offset, size - w->feed.offset,
					       "a string of more than %zu bytes; the trees behind it were not followed",
					       FEED_MOST);
		PAL_TRY(err);
		PAL_TRY(take_token(w, t));
	}
	return pal_xgboost_finish(&w->model, 0);
}

static void
walk_done(struct walk **w)
{
	if (*w != NULL) {
		pal_feed_close(&(*w)->feed);
		pal_xgboost_done(&(*w)->model);
	}
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
	PAL_TRY(pal_feed_open(&w->feed, in, FEED_MOST));
	pal_json_pull_init(&w->pull, &w->feed, false);
	return take_members(w, sink, in->size);
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
