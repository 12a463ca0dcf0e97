/*
 * xgboost_doc.h - a model of XGBoost as its JSON and UBJSON documents have it, told value by value.
 *
 * Whoever reads the document says what opens, closes and stands there; the trees'
 * links and all counts are held against each other. The names are those of XGBoost's
 * JSON schema (doc/model.schema in its sources).
 *
 *   units    offsets are bytes in the file
 *   memory   one tree at a time (boost_tree.h) until pal_xgboost_done()
 *   errors   those of the sink, PAL_ENOMEM
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_XGBOOST_DOC_H
#define PALISADE_FORMATS_XGBOOST_DOC_H

#include "boost_tree.h"
#include "palisade/content.h"

#define PAL_XGBOOST_DEPTH 16
#define PAL_XGBOOST_KEY   40

/* What the value at a level is to a model. */
enum pal_xgboost_part {
	PAL_XGBOOST_OTHER,
	PAL_XGBOOST_TREES,
	PAL_XGBOOST_TREE,
	PAL_XGBOOST_TREE_PARAM,
	PAL_XGBOOST_LINKS,  /* an array of a tree whose numbers are kept; `array` says which */
	PAL_XGBOOST_FLOATS, /* an array of a tree whose numbers must be finite */
	PAL_XGBOOST_CATEGORIES,
	PAL_XGBOOST_TREE_INFO,
	PAL_XGBOOST_TREES_PARAM,
	PAL_XGBOOST_MODEL_PARAM,
	PAL_XGBOOST_OBJECTIVE,
	PAL_XGBOOST_BOOSTER,
};

struct pal_xgboost_level {
	enum pal_xgboost_part part;
	enum pal_boost_array  array;
	bool                  list;
	char                  key[PAL_XGBOOST_KEY]; /* the last one that stood here */
};

struct pal_xgboost {
	struct pal_sink         *sink;
	struct pal_boost_tree    tree;
	struct pal_xgboost_level levels[PAL_XGBOOST_DEPTH];
	unsigned int             depth; /* may be more than there are levels */
	uint64_t                 tree_at, tree_nodes, tree_features, tree_vector, categories;
	uint64_t                 trees, trees_said, infos, most_info, classes, targets, features, features_most;
	uint64_t                 odd;        /* numbers in trees that are not finite */
	int64_t                  most_split; /* of the trees that do not say how many features there are; -1: none */
	bool                     learner, said_trees, said_features, full;
};

void pal_xgboost_init(struct pal_xgboost *x, struct pal_sink *sink);
void pal_xgboost_done(struct pal_xgboost *x);

void                       pal_xgboost_open(struct pal_xgboost *x, bool list, uint64_t at);
PAL_NODISCARD enum pal_err pal_xgboost_close(struct pal_xgboost *x);
void                       pal_xgboost_key(struct pal_xgboost *x, struct pal_view key);
PAL_NODISCARD enum pal_err pal_xgboost_text(struct pal_xgboost *x, struct pal_view text, uint64_t at);

/* whole: n is the number; else it has a fraction, and is finite or not. */
void pal_xgboost_number(struct pal_xgboost *x, bool whole, int64_t n, bool finite);

/* At the document's end: what only the whole can tell. */
PAL_NODISCARD enum pal_err pal_xgboost_finish(struct pal_xgboost *x, uint64_t at);

/* Names that XGBoost itself registers; any other comes from a program that was linked with it. */
PAL_NODISCARD enum pal_err pal_xgboost_objective(struct pal_sink *s, struct pal_view name, uint64_t at);
PAL_NODISCARD enum pal_err pal_xgboost_booster(struct pal_sink *s, struct pal_view name, uint64_t at);

#endif
