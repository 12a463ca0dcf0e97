/* lightgbm.c - LightGBM's text models, line by line; to audit: end_tree(), take_start(). */
#include <inttypes.h>

#include "boost_tree.h"
#include "give.h"
#include "palisade/format.h"
#include "palisade/reader.h"

#define PIECE_MOST ((size_t)256 << 10)
#define WORD_MOST  64u
#define SIZES_MOST ((size_t)8 << 20)
#define NO_KEY     SIZE_MAX

extern const struct pal_format pal_format_text;

/* What lists a model has: how often each has a word in the tree at hand, or in the head of the file. */
enum list {
	LEFT,
	RIGHT,
	SPLIT,
	THRESHOLD,
	DECISION,
	LEAF,
	CAT_START,
	CAT_WORDS,
	LINEAR_COUNT,
	LINEAR_FEATURE,
	LINEAR_COEFFICIENT,
	FEATURE_NAMES,
	FEATURE_INFOS,
	TREE_SIZES,
	OBJECTIVE,
	LEAVES,
	CATS,
	LAST_FEATURE,
	LISTS,
};

static const char *const keys[LISTS] = {
	"left_child",     "right_child",   "split_feature", "threshold",     "decision_type", "leaf_value",
	"cat_boundaries", "cat_threshold", "num_features",  "leaf_features", "leaf_coeff",    "feature_names",
	"feature_infos",  "tree_sizes",    "objective",     "num_leaves",    "num_cat",       "max_feature_idx",
};

static const char *const objectives[] = {
	"regression",
	"regression_l1",
	"regression_l2",
	"huber",
	"fair",
	"poisson",
	"quantile",
	"mape",
	"gamma",
	"tweedie",
	"binary",
	"multiclass",
	"multiclassova",
	"cross_entropy",
	"xentropy",
	"xentlambda",
	"lambdarank",
	"rank_xendcg",
	"custom",
	"none",
	"null",
	"na",
	"mean_squared_error",
	"cross_entropy_lambda",
	NULL,
};

/* Parameters of a training whose values are files and machines. */
static const char *const files[] = { "data",
				     "valid",
				     "input_model",
				     "output_model",
				     "output_result",
				     "machine_list_filename",
				     "machines",
				     "forcedsplits_filename",
				     "forcedbins_filename",
				     "initscore_filename",
				     "parser_config_file",
				     NULL };

struct lightgbm {
	struct pal_sink      *sink;
	struct pal_boost_tree tree;
	struct pal_buf        sizes;                    /* tree_sizes, eight bytes each */
	uint64_t              counts[LISTS], at[LISTS]; /* of words; at: the value of those that are one number */
	uint64_t              trees, tree_at, first_at, expected_at, linear, odd, features;
	bool                  in_tree, ended, in_parameters;
	size_t                key; /* of the line at hand */
	char                  word[WORD_MOST];
	size_t                word_len;
};

static unsigned int
lightgbm_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view rest = head, line = { 0 };

	(void)size;
	(void)name;
	if (!pal_view_line(&rest, &line) || !pal_view_is(line, "tree") || rest.len == 0)
		return 0;
	while (pal_view_line(&rest, &line))
		if (pal_view_starts(line, "num_class=") || pal_view_starts(line, "version=v"))
			return 92;
	return 0;
}

static enum pal_err
wrong(struct lightgbm *l, const char *what, uint64_t is, uint64_t expected)
{
	return pal_sink_anomaly(l->sink, &pal_anomaly_boost_count, l->tree_at,
				"tree %" PRIu64 ": %s: %" PRIu64 ", expected %" PRIu64, l->trees - 1, what, is,
				expected);
}

/* ---- words ---- */

static bool
is_odd(struct pal_view v)
{
	v = pal_view_sub(v, v.len > 0 && (v.data[0] == '-' || v.data[0] == '+') ? 1 : 0, v.len);
	return v.len > 0 && !pal_is_digit(v.data[0]) && v.data[0] != '.';
}

static enum pal_err
take_objective(struct lightgbm *l, struct pal_view v, uint64_t at)
{
	for (const char *const *o = objectives; *o != NULL; o++)
		if (pal_view_is(v, *o))
			return PAL_OK;
	return pal_sink_anomaly(l->sink, &pal_anomaly_boost_custom, at,
				"the objective \"%.*s\", which LightGBM does not have", (int)v.len,
				(const char *)v.data);
}

static void
keep(struct lightgbm *l, enum pal_boost_array a, struct pal_view v)
{
	int64_t n = 0;

	pal_boost_add(&l->tree, a, pal_boost_whole(v, &n) ? n : INT64_MIN);
}

/* One value of the list whose key the line began with. */
static enum pal_err
take_word(struct lightgbm *l, struct pal_view v, uint64_t at)
{
	static const struct {
		enum list            list;
		enum pal_boost_array array;
	} kept[] = { { LEFT, PAL_BOOST_LEFT },
		     { RIGHT, PAL_BOOST_RIGHT },
		     { SPLIT, PAL_BOOST_SPLIT },
		     { DECISION, PAL_BOOST_KIND },
		     { THRESHOLD, PAL_BOOST_VALUE },
		     { CAT_START, PAL_BOOST_START },
		     { LINEAR_FEATURE, PAL_BOOST_LENGTH } };
	uint64_t n = 0;

	l->counts[l->key]++;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (l->key == kept[i].list)
			keep(l, kept[i].array, v);
	if (l->key == THRESHOLD || l->key == LEAF || l->key == LINEAR_COEFFICIENT)
		l->odd += is_odd(v);
	if (l->key == OBJECTIVE && l->counts[OBJECTIVE] == 1)
		return take_objective(l, v, at);
	if (!pal_view_u64(v, &n))
		n = UINT64_MAX / 4; /* no number: it fits nothing, and sums of it do not wrap soon */
	if (l->key == LEAVES || l->key == CATS || l->key == LAST_FEATURE)
		l->at[l->key] = n;
	if (l->key == LINEAR_COUNT)
		l->linear += n;
	if (l->key == TREE_SIZES)
		pal_buf_add_u64le(&l->sizes, n);
	return PAL_OK;
}

static enum pal_err
end_word(struct lightgbm *l, uint64_t at)
{
	struct pal_view v = { (const uint8_t *)l->word, l->word_len };

	l->word_len = 0;
	return v.len == 0 || l->key == NO_KEY ? PAL_OK : take_word(l, v, at);
}

/* A piece of a line, behind its key; words may go on in the next piece. */
static enum pal_err
take_words(struct lightgbm *l, struct pal_view v, uint64_t at)
{
	for (size_t i = 0; i < v.len; i++) {
		if (pal_is_space(v.data[i]))
			PAL_TRY(end_word(l, at + i));
		else if (l->word_len < WORD_MOST)
			l->word[l->word_len++] = (char)v.data[i];
	}
	return PAL_OK;
}

/* ---- trees ---- */

/* Where the tree must begin, if the file has tree_sizes: LightGBM jumps there without a look. */
static enum pal_err
take_start(struct lightgbm *l, uint64_t at)
{
	struct pal_view v = pal_buf_view(&l->sizes);
	uint64_t        size = 0;

	if (l->trees == 0)
		l->expected_at = at;
	if (v.len > 0 && l->expected_at != at)
		PAL_TRY(pal_sink_anomaly(l->sink, &pal_anomaly_boost_count, at,
					 "tree %" PRIu64 " begins at byte %" PRIu64 "; by tree_sizes, at %" PRIu64,
					 l->trees, at, l->expected_at));
	v = pal_view_sub(v, (size_t)(8 * l->trees), 8);
	for (size_t i = 0; i < v.len; i++)
		size |= (uint64_t)v.data[i] << (8 * i);
	l->expected_at = at + size; /* one wrong size is told once */
	return PAL_OK;
}

static enum pal_err
start_tree(struct lightgbm *l, struct pal_view line, uint64_t at)
{
	uint64_t number = 0;

	PAL_TRY(take_start(l, at));
	if (!pal_view_u64(pal_view_trim(pal_view_sub(line, 5, line.len)), &number) || number != l->trees)
		PAL_TRY(pal_sink_anomaly(l->sink, &pal_anomaly_boost_count, at,
					 "\"%.*s\" where tree %" PRIu64 " was expected",
					 (int)(line.len < 40 ? line.len : 40), (const char *)line.data, l->trees));
	for (size_t i = 0; i < FEATURE_NAMES; i++)
		l->counts[i] = 0;
	l->counts[LEAVES] = l->counts[CATS] = l->at[LEAVES] = l->at[CATS] = l->linear = 0;
	pal_boost_tree_clear(&l->tree);
	l->tree_at = at;
	l->in_tree = true;
	l->trees++;
	return PAL_OK;
}

static enum pal_err
check_counts(struct lightgbm *l)
{
	static const enum list of_splits[] = { LEFT, RIGHT, SPLIT, THRESHOLD };
	uint64_t               leaves = l->at[LEAVES], cats = l->at[CATS];

	for (size_t i = 0; i < sizeof(of_splits) / sizeof(of_splits[0]); i++)
		if (leaves > 1 && l->counts[of_splits[i]] != leaves - 1)
			return wrong(l, keys[of_splits[i]], l->counts[of_splits[i]], leaves - 1);
	if (l->counts[LEAF] != leaves)
		return wrong(l, keys[LEAF], l->counts[LEAF], leaves);
	if (leaves > 1 && l->counts[DECISION] > 0 && l->counts[DECISION] != leaves - 1)
		return wrong(l, keys[DECISION], l->counts[DECISION], leaves - 1);
	if (cats > 0 && l->counts[CAT_START] != cats + 1)
		return wrong(l, keys[CAT_START], l->counts[CAT_START], cats + 1);
	if (l->counts[LINEAR_FEATURE] != l->linear)
		return wrong(l, keys[LINEAR_FEATURE], l->counts[LINEAR_FEATURE], l->linear);
	if (l->counts[LINEAR_COEFFICIENT] != l->linear)
		return wrong(l, keys[LINEAR_COEFFICIENT], l->counts[LINEAR_COEFFICIENT], l->linear);
	return PAL_OK;
}

/* Boundaries rise and end within the words; a split by category names one of them. */
static enum pal_err
check_categories(struct lightgbm *l)
{
	const struct pal_boost_tree *t = &l->tree;
	int64_t                      before = 0;

	for (size_t i = 0; i < pal_boost_count(t, PAL_BOOST_START); i++) {
		int64_t now = pal_boost_at(t, PAL_BOOST_START, i);

		if (now < before || (uint64_t)now > l->counts[CAT_WORDS])
			return wrong(l, "a boundary of categories", (uint64_t)now, l->counts[CAT_WORDS]);
		before = now;
	}
	for (size_t i = 0; i < pal_boost_count(t, PAL_BOOST_KIND); i++) {
		int64_t value = pal_boost_at(t, PAL_BOOST_VALUE, i);

		if ((pal_boost_at(t, PAL_BOOST_KIND, i) & 1) != 0 && (value < 0 || (uint64_t)value >= l->at[CATS]))
			return wrong(l, "a split by a set of categories that there is not", (uint64_t)value,
				     l->at[CATS]);
	}
	for (size_t i = 0; i < pal_boost_count(t, PAL_BOOST_LENGTH); i++) {
		int64_t feature = pal_boost_at(t, PAL_BOOST_LENGTH, i);

		if (feature < 0 || (uint64_t)feature >= l->features)
			return wrong(l, "a leaf with a feature that there is not", (uint64_t)feature, l->features);
	}
	return PAL_OK;
}

static enum pal_err
end_tree(struct lightgbm *l)
{
	struct pal_boost_fault f = { 0 };
	bool                   sound = true;

	if (!l->in_tree)
		return PAL_OK;
	l->in_tree = false;
	if (pal_boost_tree_err(&l->tree) == PAL_ELIMIT)
		return pal_sink_anomaly(l->sink, &pal_anomaly_format_limit, l->tree_at,
					"tree %" PRIu64 " has more than %zu nodes; its links were not followed",
					l->trees - 1, PAL_BOOST_NODES);
	PAL_TRY(pal_boost_tree_err(&l->tree));
	PAL_TRY(check_counts(l));
	PAL_TRY(check_categories(l));
	if (l->at[LEAVES] < 2 || l->counts[LEFT] != l->counts[RIGHT] || l->counts[LEAF] > PAL_BOOST_NODES)
		return PAL_OK;
	PAL_TRY(pal_boost_tree_sound(&l->tree, (size_t)l->counts[LEAF], l->features, &sound, &f));
	if (sound)
		return PAL_OK;
	return pal_sink_anomaly(l->sink, &pal_anomaly_boost_tree, l->tree_at, "tree %" PRIu64 ": node %zu %s %" PRId64,
				l->trees - 1, f.node, f.what, f.value);
}

/* ---- lines ---- */

/* "[machines: 10.0.0.1:12400]": what a training left behind; loading opens none of it. */
static enum pal_err
take_parameter(struct lightgbm *l, struct pal_view line, uint64_t at)
{
	size_t          colon = pal_view_find(line, pal_view_of(": "), 0), end = line.len;
	struct pal_view key = { 0 }, value = { 0 };

	if (colon == SIZE_MAX || line.data[0] != '[' || line.data[end - 1] != ']')
		return PAL_OK;
	key = pal_view_sub(line, 1, colon - 1);
	value = pal_view_sub(line, colon + 2, end - colon - 3);
	if (value.len == 0 || (value.data[0] != '/' && pal_view_find(value, pal_view_of("://"), 0) == SIZE_MAX &&
			       pal_view_find_byte(value, '\\', 0) == SIZE_MAX && !pal_view_is(key, "machines")))
		return PAL_OK;
	for (const char *const *f = files; *f != NULL; f++)
		if (pal_view_is(key, *f))
			return pal_sink_anomaly(l->sink, &pal_anomaly_boost_file, at, "the parameter %s names \"%.*s\"",
						*f, (int)(value.len < 80 ? value.len : 80), (const char *)value.data);
	return PAL_OK;
}

static size_t
key_of(struct pal_view line, size_t *ret_behind)
{
	size_t equals = pal_view_find_byte(pal_view_sub(line, 0, WORD_MOST), '=', 0);

	*ret_behind = equals == SIZE_MAX ? line.len : equals + 1;
	for (size_t i = 0; equals != SIZE_MAX && i < LISTS; i++)
		if (pal_view_is(pal_view_sub(line, 0, equals), keys[i]))
			return i;
	return NO_KEY;
}

static bool
is_of_head(size_t key)
{
	return (key >= FEATURE_NAMES && key <= OBJECTIVE) || key == LAST_FEATURE;
}

static enum pal_err
take_line(struct lightgbm *l, struct pal_view line, uint64_t at, size_t *ret_behind)
{
	struct pal_view bare = pal_view_trim(line);

	*ret_behind = line.len;
	l->key = NO_KEY;
	if (pal_view_starts(line, "Tree=")) {
		PAL_TRY(end_tree(l));
		return start_tree(l, line, at);
	}
	if (pal_view_is(bare, "end of trees") || pal_view_starts(line, "feature importances") ||
	    pal_view_starts(line, "feature_importances")) {
		PAL_TRY(end_tree(l));
		l->ended = true;
		return PAL_OK;
	}
	l->in_parameters =
	    (l->in_parameters || pal_view_is(bare, "parameters:")) && !pal_view_is(bare, "end of parameters");
	if (l->in_parameters && bare.len > 2)
		return take_parameter(l, bare, at);
	if (!l->ended)
		l->key = key_of(line, ret_behind);
	if (l->trees > 0 && l->key != NO_KEY && is_of_head(l->key))
		l->key = NO_KEY; /* LightGBM looks for it before the first tree alone */
	return PAL_OK;
}

static enum pal_err
check_head(struct lightgbm *l)
{
	uint64_t sizes = l->counts[TREE_SIZES];

	if (l->odd > 0)
		PAL_TRY(pal_sink_anomaly(l->sink, &pal_anomaly_boost_value, 0,
					 "%" PRIu64 " thresholds, leaves and coefficients are NaN or infinite",
					 l->odd));
	if (sizes > 0 && sizes != l->trees)
		PAL_TRY(pal_sink_anomaly(l->sink, &pal_anomaly_boost_count, 0,
					 "%" PRIu64 " trees, and tree_sizes has %" PRIu64, l->trees, sizes));
	for (size_t i = FEATURE_NAMES; i <= FEATURE_INFOS; i++)
		if (l->counts[i] != l->features)
			PAL_TRY(pal_sink_anomaly(l->sink, &pal_anomaly_boost_count, 0,
						 "%s has %" PRIu64 ", and the model takes %" PRIu64 " features",
						 keys[i], l->counts[i], l->features));
	return PAL_OK;
}

static enum pal_err
take_lines(struct lightgbm *l, struct pal_reader *r)
{
	struct pal_view line = { 0 };
	bool            whole = true, begun = true;
	uint64_t        at = 0;

	for (; at = r->offset, begun = whole, pal_read_line(r, PIECE_MOST, &line, &whole);) {
		size_t behind = 0;

		if (begun)
			PAL_TRY(take_line(l, line, at, &behind));
		PAL_TRY(take_words(l, pal_view_sub(line, behind, line.len), at + behind));
		if (whole)
			PAL_TRY(end_word(l, r->offset));
		l->features = l->counts[LAST_FEATURE] == 0 ? 0 : l->at[LAST_FEATURE] + 1;
	}
	PAL_TRY(pal_reader_err(r));
	PAL_TRY(end_word(l, r->offset));
	PAL_TRY(end_tree(l));
	return check_head(l);
}

static enum pal_err
lightgbm_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input  side = { 0 };
	struct lightgbm   l = { .sink = sink, .key = NO_KEY };
	struct pal_reader r = { 0 };
	enum pal_err      err = PAL_OK;

	PAL_TRY(pal_format_text.parse(in, sink, d));
	PAL_TRY(pal_input_part(in, 0, in->size, &side));
	r = pal_reader_at(&side, 0, in->size);
	l.sizes = pal_buf_of(SIZES_MOST);
	pal_boost_tree_init(&l.tree);
	err = take_lines(&l, &r);
	pal_boost_tree_done(&l.tree);
	pal_buf_done(&l.sizes);
	pal_input_done(&side);
	return err;
}

const struct pal_format pal_format_lightgbm = {
	.name = "lightgbm",
	.summary = "LightGBM models (text)",
	.covers =
	    "All of it as text. Of every tree: its counts against its lists, the links of its nodes (each node and "
	    "leaf "
	    "reached once), the features it asks for, sets of categories, linear leaves, NaN and infinite numbers, and "
	    "that it begins where tree_sizes has LightGBM jump; names and ranges of features against their number, the "
	    "name of the objective, paths and machines among the parameters. What feature_infos says is not read.",
	.probe = lightgbm_probe,
	.parse = lightgbm_parse,
};
