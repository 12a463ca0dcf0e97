/* xgboost_doc.c - what XGBoost's documents say, held against itself; to audit: end_tree() and pal_xgboost_finish(). */
#include "xgboost_doc.h"

#include <inttypes.h>

#include "palisade/anomaly.h"
#include "palisade/mem.h"

/* Where a container stands decides what it is: under which key, in what. */
static const struct {
	enum pal_xgboost_part in;
	const char           *key;
	enum pal_xgboost_part part;
	enum pal_boost_array  array;
} parts[] = {
	{ PAL_XGBOOST_TREE, "tree_param", PAL_XGBOOST_TREE_PARAM, 0 },
	{ PAL_XGBOOST_TREE, "left_children", PAL_XGBOOST_LINKS, PAL_BOOST_LEFT },
	{ PAL_XGBOOST_TREE, "right_children", PAL_XGBOOST_LINKS, PAL_BOOST_RIGHT },
	{ PAL_XGBOOST_TREE, "parents", PAL_XGBOOST_LINKS, PAL_BOOST_PARENT },
	{ PAL_XGBOOST_TREE, "split_indices", PAL_XGBOOST_LINKS, PAL_BOOST_SPLIT },
	{ PAL_XGBOOST_TREE, "categories_segments", PAL_XGBOOST_LINKS, PAL_BOOST_START },
	{ PAL_XGBOOST_TREE, "categories_sizes", PAL_XGBOOST_LINKS, PAL_BOOST_LENGTH },
	{ PAL_XGBOOST_TREE, "categories", PAL_XGBOOST_CATEGORIES, 0 },
	{ PAL_XGBOOST_TREE, "base_weights", PAL_XGBOOST_FLOATS, 0 },
	{ PAL_XGBOOST_TREE, "leaf_weights", PAL_XGBOOST_FLOATS, 0 },
	{ PAL_XGBOOST_TREE, "split_conditions", PAL_XGBOOST_FLOATS, 0 },
	{ PAL_XGBOOST_OTHER, "trees", PAL_XGBOOST_TREES, 0 },
	{ PAL_XGBOOST_OTHER, "tree_info", PAL_XGBOOST_TREE_INFO, 0 },
	{ PAL_XGBOOST_OTHER, "gbtree_model_param", PAL_XGBOOST_TREES_PARAM, 0 },
	{ PAL_XGBOOST_OTHER, "learner_model_param", PAL_XGBOOST_MODEL_PARAM, 0 },
	{ PAL_XGBOOST_OTHER, "objective", PAL_XGBOOST_OBJECTIVE, 0 },
	{ PAL_XGBOOST_OTHER, "gradient_booster", PAL_XGBOOST_BOOSTER, 0 },
	{ PAL_XGBOOST_OTHER, "gbtree", PAL_XGBOOST_BOOSTER, 0 },
	{ PAL_XGBOOST_BOOSTER, "gbtree", PAL_XGBOOST_BOOSTER, 0 },
};

static const char *const objectives[] = {
	"reg:squarederror",
	"reg:squaredlogerror",
	"reg:logistic",
	"reg:pseudohubererror",
	"reg:absoluteerror",
	"reg:quantileerror",
	"reg:expectileerror",
	"reg:gamma",
	"reg:tweedie",
	"reg:linear",
	"binary:logistic",
	"binary:logitraw",
	"binary:hinge",
	"count:poisson",
	"survival:cox",
	"survival:aft",
	"multi:softmax",
	"multi:softprob",
	"rank:pairwise",
	"rank:ndcg",
	"rank:map",
	"gpu:reg:linear",
	"gpu:reg:logistic",
	"gpu:binary:logistic",
	"gpu:binary:logitraw",
	NULL,
};

static const char *const boosters[] = { "gbtree", "dart", "gblinear", NULL };

static bool
is_one_of(struct pal_view v, const char *const *names)
{
	for (; *names != NULL; names++)
		if (pal_view_is(v, *names))
			return true;
	return false;
}

static enum pal_err
name_known(struct pal_sink *s, struct pal_view name, const char *const *known, const char *what, uint64_t at)
{
	if (is_one_of(name, known))
		return PAL_OK;
	return pal_sink_anomaly(s, &pal_anomaly_boost_custom, at, "%s \"%.*s\", which XGBoost does not have", what,
				(int)(name.len < 60 ? name.len : 60), (const char *)name.data);
}

enum pal_err
pal_xgboost_objective(struct pal_sink *s, struct pal_view name, uint64_t at)
{
	return name_known(s, name, objectives, "the objective", at);
}

enum pal_err
pal_xgboost_booster(struct pal_sink *s, struct pal_view name, uint64_t at)
{
	return name_known(s, name, boosters, "the booster", at);
}

void
pal_xgboost_init(struct pal_xgboost *x, struct pal_sink *sink)
{
	*x = (struct pal_xgboost){ .sink = sink, .most_split = -1 };
	pal_boost_tree_init(&x->tree);
}

void
pal_xgboost_done(struct pal_xgboost *x)
{
	pal_boost_tree_done(&x->tree);
}

/* ---- where we are ---- */

/* The level at hand; NULL outside of all, or deeper than models go. */
static struct pal_xgboost_level *
level(struct pal_xgboost *x)
{
	return x->depth == 0 || x->depth > PAL_XGBOOST_DEPTH ? NULL : &x->levels[x->depth - 1];
}

static void
start_tree(struct pal_xgboost *x, uint64_t at)
{
	pal_boost_tree_clear(&x->tree);
	x->tree_at = at;
	x->tree_nodes = x->tree_features = x->categories = 0;
	x->tree_vector = 1;
	x->trees++;
}

void
pal_xgboost_open(struct pal_xgboost *x, bool list, uint64_t at)
{
	const struct pal_xgboost_level *above = level(x);
	struct pal_xgboost_level        now = { .list = list };

	if (above != NULL && above->part == PAL_XGBOOST_TREES && !list) {
		now.part = PAL_XGBOOST_TREE;
		start_tree(x, at);
	}
	for (size_t i = 0; above != NULL && !above->list && i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((parts[i].in == above->part ||
		     (parts[i].in == PAL_XGBOOST_OTHER && above->part == PAL_XGBOOST_BOOSTER)) &&
		    pal_view_is(pal_view_of(above->key), parts[i].key)) {
			now.part = parts[i].part;
			now.array = parts[i].array;
		}
	if (++x->depth <= PAL_XGBOOST_DEPTH)
		x->levels[x->depth - 1] = now;
}

void
pal_xgboost_key(struct pal_xgboost *x, struct pal_view key)
{
	struct pal_xgboost_level *l = level(x);
	size_t                    n = key.len < PAL_XGBOOST_KEY ? key.len : PAL_XGBOOST_KEY - 1;

	if (l == NULL)
		return;
	pal_mem_copy(l->key, PAL_XGBOOST_KEY, key.data, n);
	l->key[n] = '\0';
	x->learner = x->learner || pal_view_is(key, "gradient_booster");
}

/* ---- values ---- */

static void
take_param(struct pal_xgboost *x, const struct pal_xgboost_level *l, struct pal_view text)
{
	const struct {
		enum pal_xgboost_part part;
		const char           *key;
		uint64_t             *to;
		bool                 *said;
	} params[] = {
		{ PAL_XGBOOST_TREE_PARAM, "num_nodes", &x->tree_nodes, NULL },
		{ PAL_XGBOOST_TREE_PARAM, "num_feature", &x->tree_features, NULL },
		{ PAL_XGBOOST_TREE_PARAM, "size_leaf_vector", &x->tree_vector, NULL },
		{ PAL_XGBOOST_TREES_PARAM, "num_trees", &x->trees_said, &x->said_trees },
		{ PAL_XGBOOST_MODEL_PARAM, "num_class", &x->classes, NULL },
		{ PAL_XGBOOST_MODEL_PARAM, "num_target", &x->targets, NULL },
		{ PAL_XGBOOST_MODEL_PARAM, "num_feature", &x->features, &x->said_features },
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		if (params[i].part != l->part || !pal_view_is(pal_view_of(l->key), params[i].key))
			continue;
		if (!pal_view_u64(text, params[i].to))
			*params[i].to = UINT64_MAX; /* no count at all: it fits nothing */
		if (params[i].said != NULL)
			*params[i].said = true;
	}
}

enum pal_err
pal_xgboost_text(struct pal_xgboost *x, struct pal_view text, uint64_t at)
{
	const struct pal_xgboost_level *l = level(x);

	if (l == NULL || l->list)
		return PAL_OK;
	take_param(x, l, text);
	if (l->part == PAL_XGBOOST_OBJECTIVE && pal_view_is(pal_view_of(l->key), "name"))
		return pal_xgboost_objective(x->sink, text, at);
	if (l->part == PAL_XGBOOST_BOOSTER && pal_view_is(pal_view_of(l->key), "name"))
		return pal_xgboost_booster(x->sink, text, at);
	return PAL_OK;
}

void
pal_xgboost_number(struct pal_xgboost *x, bool whole, int64_t n, bool finite)
{
	const struct pal_xgboost_level *l = level(x);

	if (l == NULL || !l->list)
		return;
	if (l->part == PAL_XGBOOST_LINKS)
		pal_boost_add(&x->tree, l->array, whole ? n : INT64_MIN);
	else if (l->part == PAL_XGBOOST_FLOATS && !whole && !finite)
		x->odd++;
	else if (l->part == PAL_XGBOOST_CATEGORIES)
		x->categories++;
	else if (l->part == PAL_XGBOOST_TREE_INFO) {
		uint64_t info = !whole || n < 0 ? UINT64_MAX : (uint64_t)n;

		x->infos++;
		x->most_info = info > x->most_info ? info : x->most_info;
	}
}

/* ---- the end of a tree ---- */

static enum pal_err
count_wrong(struct pal_xgboost *x, uint64_t at, const char *what, uint64_t is, uint64_t expected)
{
	return pal_sink_anomaly(x->sink, &pal_anomaly_boost_count, at,
				"tree %" PRIu64 ": %s: %" PRIu64 ", expected %" PRIu64, x->trees - 1, what, is,
				expected);
}

static enum pal_err
check_counts(struct pal_xgboost *x)
{
	static const char *const names[] = { "left_children", "right_children", "parents", "split_indices" };

	for (size_t a = 0; a <= PAL_BOOST_SPLIT; a++)
		if (pal_boost_count(&x->tree, (enum pal_boost_array)a) != x->tree_nodes)
			return count_wrong(x, x->tree_at, names[a], pal_boost_count(&x->tree, (enum pal_boost_array)a),
					   x->tree_nodes);
	if (!pal_boost_runs_fit(&x->tree, x->categories))
		return count_wrong(x, x->tree_at, "runs of categories beyond the list of them",
				   pal_boost_count(&x->tree, PAL_BOOST_START), x->categories);
	return PAL_OK;
}

/* A tree that says that it has no features is held against the model's number, which comes behind the trees. */
static void
keep_splits(struct pal_xgboost *x)
{
	for (size_t i = 0; i < pal_boost_count(&x->tree, PAL_BOOST_SPLIT); i++) {
		int64_t split = pal_boost_at(&x->tree, PAL_BOOST_SPLIT, i);

		if (i < pal_boost_count(&x->tree, PAL_BOOST_LEFT) && pal_boost_at(&x->tree, PAL_BOOST_LEFT, i) != -1 &&
		    split > x->most_split)
			x->most_split = split;
	}
}

static enum pal_err
end_tree(struct pal_xgboost *x)
{
	struct pal_boost_fault f = { 0 };
	bool                   sound = true;
	size_t                 n = pal_boost_count(&x->tree, PAL_BOOST_LEFT);

	x->features_most = x->tree_features > x->features_most ? x->tree_features : x->features_most;
	if (pal_boost_tree_err(&x->tree) == PAL_ELIMIT)
		return pal_sink_anomaly(x->sink, &pal_anomaly_format_limit, x->tree_at,
					"tree %" PRIu64 " has more than %zu nodes; its links were not followed",
					x->trees - 1, PAL_BOOST_NODES);
	PAL_TRY(pal_boost_tree_err(&x->tree));
	PAL_TRY(check_counts(x));
	if (x->tree_features == 0)
		keep_splits(x);
	if (pal_boost_count(&x->tree, PAL_BOOST_RIGHT) != n)
		return PAL_OK;
	PAL_TRY(pal_boost_tree_sound(&x->tree, 0, x->tree_features, &sound, &f));
	if (sound)
		return PAL_OK;
	return pal_sink_anomaly(x->sink, &pal_anomaly_boost_tree, x->tree_at,
				"tree %" PRIu64 ": node %zu %s %" PRId64 " (of %zu)", x->trees - 1, f.node, f.what,
				f.value, n);
}

enum pal_err
pal_xgboost_close(struct pal_xgboost *x)
{
	const struct pal_xgboost_level *l = level(x);
	bool                            tree = l != NULL && l->part == PAL_XGBOOST_TREE;

	if (x->depth > 0)
		x->depth--;
	return tree ? end_tree(x) : PAL_OK;
}

enum pal_err
pal_xgboost_finish(struct pal_xgboost *x, uint64_t at)
{
	uint64_t groups = (x->classes > 1 ? x->classes : 1), targets = x->targets > 1 ? x->targets : 1;

	if (!x->learner)
		return PAL_OK;
	if (x->odd > 0)
		PAL_TRY(pal_sink_anomaly(x->sink, &pal_anomaly_boost_value, at,
					 "%" PRIu64 " thresholds and leaves are NaN or infinite", x->odd));
	if (x->said_trees && x->trees_said != x->trees)
		PAL_TRY(pal_sink_anomaly(x->sink, &pal_anomaly_boost_count, at,
					 "%" PRIu64 " trees, and num_trees is %" PRIu64, x->trees, x->trees_said));
	if (x->infos != x->trees)
		PAL_TRY(pal_sink_anomaly(x->sink, &pal_anomaly_boost_count, at,
					 "%" PRIu64 " trees, and tree_info has %" PRIu64, x->trees, x->infos));
	if (x->infos > 0 && x->most_info / groups >= targets)
		PAL_TRY(pal_sink_anomaly(x->sink, &pal_anomaly_boost_count, at,
					 "a tree adds to output %" PRIu64 " of %" PRIu64, x->most_info,
					 groups * targets));
	if (x->said_features && x->features_most > x->features)
		PAL_TRY(pal_sink_anomaly(x->sink, &pal_anomaly_boost_count, at,
					 "a tree takes %" PRIu64 " features, and the model has %" PRIu64,
					 x->features_most, x->features));
	if (x->said_features && x->most_split >= 0 && (uint64_t)x->most_split >= x->features)
		PAL_TRY(pal_sink_anomaly(x->sink, &pal_anomaly_boost_count, at,
					 "a tree asks for feature %" PRId64 " of %" PRIu64, x->most_split,
					 x->features));
	return PAL_OK;
}
