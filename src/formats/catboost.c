/* catboost.c - CatBoost's models (.cbm): a FlatBuffer between a mark and the model's other parts.
 *
 * Field numbers are those of catboost/libs/model/flatbuffers/{model,features,ctr_data}.fbs. To audit: check_trees(). */
#include <inttypes.h>

#include "flatbuffer.h"
#include "give.h"
#include "palisade/format.h"
#include "palisade/reader.h"

#define CORE_AT    8u
#define DEPTH_MOST 16u
#define NAME_MOST  256u

enum {
	APPROX_DIMENSION,
	SPLITS,
	SIZES,
	STARTS,
	CAT,
	FLOAT,
	ONE_HOT,
	CTR,
	LEAVES,
	STEPS = 10,
	LEAF_IDS,
	TEXT,
	ESTIMATED
};

struct catboost {
	struct pal_sink     *sink;
	struct pal_input    *in;
	struct pal_input     core;
	struct pal_fb        fb;
	struct pal_buf       key;
	struct pal_fb_vector splits, sizes, starts, leaves, steps, leaf_ids;
	uint64_t             bins; /* conditions that a split may name */
	uint64_t             dimension;
};

/* The core's root table, as far as head shows it: its vtable lies in the core, and has the four fields at most. */
static bool
has_root(struct pal_view head, uint32_t core, uint32_t root)
{
	struct pal_reader r = pal_reader_of(pal_view_sub(head, CORE_AT + (size_t)root, head.len));
	uint32_t          back = pal_read_u32le(&r), vtable = root - back;
	uint16_t          len = 0;

	if (pal_reader_err(&r) != PAL_OK)
		return true; /* further on than can be seen here */
	if (root % 4 != 0 || vtable % 2 != 0 || vtable > core - 4)
		return false;
	r = pal_reader_of(pal_view_sub(head, CORE_AT + (size_t)vtable, head.len));
	len = pal_read_u16le(&r);
	return pal_reader_err(&r) != PAL_OK || (len >= 4 && len % 2 == 0 && len <= 32);
}

static unsigned int
catboost_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_reader r = pal_reader_of(head);
	uint32_t          core = 0, root = 0;

	(void)name;
	if (!pal_view_starts(head, "CBM1"))
		return 0;
	pal_read_skip(&r, 4);
	core = pal_read_u32le(&r);
	root = pal_read_u32le(&r);
	if (pal_reader_err(&r) != PAL_OK || core < 8)
		return 0;
	if (core > size - CORE_AT)
		return 60;
	return root < core - 4 && has_root(head, core, root) ? 93 : 0;
}

static enum pal_err
wrong(struct catboost *c, uint64_t at, const char *what, uint64_t index, uint64_t is, uint64_t most)
{
	return pal_sink_anomaly(c->sink, &pal_anomaly_boost_count, CORE_AT + at,
				"%s %" PRIu64 " is %" PRIu64 ", of %" PRIu64, what, index, is, most);
}

/* ---- trees ---- */

/* A tree of one condition a level: 2^depth leaves. */
static enum pal_err
check_oblivious(struct catboost *c)
{
	uint64_t need = 0;

	for (uint32_t i = 0; i < c->sizes.count && c->fb.budget > 0; i++) {
		uint64_t size = pal_fb_item(&c->fb, &c->sizes, i);

		if (size > DEPTH_MOST)
			return wrong(c, c->sizes.at, "the depth of tree", i, size, DEPTH_MOST);
		need += c->dimension << size;
	}
	if (need != c->leaves.count && c->fb.budget > 0)
		return pal_sink_anomaly(c->sink, &pal_anomaly_boost_count, CORE_AT + c->leaves.at,
					"%" PRIu32 " leaves, and the trees need %" PRIu64, c->leaves.count, need);
	return PAL_OK;
}

/* Steps lead forward only: a node's children are so many nodes behind it; a child at 0 is none. */
static enum pal_err
check_steps(struct catboost *c, uint64_t start, uint64_t size)
{
	for (uint64_t i = start; i < start + size && c->fb.budget > 0; i++) {
		uint64_t step = pal_fb_item(&c->fb, &c->steps, (uint32_t)i), left = step & 0xffff, right = step >> 16;
		uint64_t leaf = pal_fb_item(&c->fb, &c->leaf_ids, (uint32_t)i);
		uint64_t far = left > right ? left : right;

		if (far >= start + size - i)
			return pal_sink_anomaly(c->sink, &pal_anomaly_boost_tree, CORE_AT + c->steps.at + 4 * i,
						"node %" PRIu64 " steps %" PRIu64 " nodes on, out of its tree", i, far);
		if (leaf != UINT32_MAX && leaf >= c->leaves.count)
			return wrong(c, c->leaf_ids.at, "the leaf of node", i, leaf, c->leaves.count);
	}
	return PAL_OK;
}

static enum pal_err
check_trees(struct catboost *c)
{
	bool oblivious = c->steps.count == 0;

	if (c->starts.count != 0 && c->starts.count != c->sizes.count)
		return wrong(c, c->starts.at, "the number of starts of trees", 0, c->starts.count, c->sizes.count);
	if (!oblivious && (c->steps.count != c->splits.count || c->leaf_ids.count != c->splits.count))
		return pal_sink_anomaly(c->sink, &pal_anomaly_boost_count, CORE_AT + c->steps.at,
					"%" PRIu32 " nodes have %" PRIu32 " steps and %" PRIu32 " leaves",
					c->splits.count, c->steps.count, c->leaf_ids.count);
	for (uint32_t i = 0; i < c->starts.count && c->fb.budget > 0; i++) {
		uint64_t start = pal_fb_item(&c->fb, &c->starts, i), size = pal_fb_item(&c->fb, &c->sizes, i);

		if (start + size > c->splits.count)
			return wrong(c, c->starts.at, "the end of tree", i, start + size, c->splits.count);
		if (!oblivious)
			PAL_TRY(check_steps(c, start, size));
	}
	for (uint32_t i = 0; i < c->splits.count && c->fb.budget > 0; i++) {
		uint64_t bin = pal_fb_item(&c->fb, &c->splits, i);

		if (bin >= c->bins)
			return wrong(c, c->splits.at, "the condition of split", i, bin, c->bins);
	}
	return oblivious ? check_oblivious(c) : PAL_OK;
}

/* ---- features ---- */

/* Names of features as texts, and how many conditions there are of each. */
static enum pal_err
take_features(struct catboost *c, const struct pal_fb_table *trees)
{
	static const struct {
		unsigned int id, name, conditions; /* name, conditions: 99 has none */
	} kinds[] = { { CAT, 2, 99 }, { FLOAT, 4, 3 }, { ONE_HOT, 99, 1 },
		      { CTR, 99, 1 }, { TEXT, 2, 99 }, { ESTIMATED, 99, 3 } };

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct pal_fb_vector all = pal_fb_vector(&c->fb, trees, kinds[k].id, 4);

		for (uint32_t i = 0; i < all.count && c->fb.budget > 0; i++) {
			struct pal_fb_table  one = pal_fb_item_table(&c->fb, &all, i);
			struct pal_fb_vector name = { 0 }, values = { 0 };

			if (kinds[k].name != 99)
				name = pal_fb_string(&c->fb, &one, kinds[k].name);
			if (kinds[k].conditions != 99)
				values = pal_fb_vector(&c->fb, &one, kinds[k].conditions, 4);
			c->bins += values.count;
			PAL_TRY(pal_fb_give(&c->fb, &name, "feature"));
		}
	}
	return pal_fb_err(&c->fb);
}

static enum pal_err
take_trees(struct catboost *c, const struct pal_fb_table *root)
{
	struct pal_fb_table trees = pal_fb_table(&c->fb, root, 1);

	c->dimension = pal_fb_uint(&c->fb, &trees, APPROX_DIMENSION, 4, 0);
	c->splits = pal_fb_vector(&c->fb, &trees, SPLITS, 4);
	c->sizes = pal_fb_vector(&c->fb, &trees, SIZES, 4);
	c->starts = pal_fb_vector(&c->fb, &trees, STARTS, 4);
	c->leaves = pal_fb_vector(&c->fb, &trees, LEAVES, 8);
	c->steps = pal_fb_vector(&c->fb, &trees, STEPS, 4);
	c->leaf_ids = pal_fb_vector(&c->fb, &trees, LEAF_IDS, 4);
	PAL_TRY(take_features(c, &trees));
	if (c->fb.lies > 0)
		return pal_fb_err(&c->fb);
	if (c->dimension == 0 || c->dimension > UINT16_MAX)
		PAL_TRY(wrong(c, trees.at, "the number of outputs", 0, c->dimension, UINT16_MAX));
	else
		PAL_TRY(check_trees(c));
	return pal_fb_err(&c->fb);
}

/* ---- the rest ---- */

/* Parameters, labels and versions; CatBoost's own account of its build names its programmers and is no model's text. */
static enum pal_err
take_info(struct catboost *c, const struct pal_fb_table *root)
{
	struct pal_fb_vector all = pal_fb_vector(&c->fb, root, 2, 4);

	for (uint32_t i = 0; i < all.count && c->fb.budget > 0; i++) {
		struct pal_fb_table  one = pal_fb_item_table(&c->fb, &all, i);
		struct pal_fb_vector key = pal_fb_string(&c->fb, &one, 0), value = pal_fb_string(&c->fb, &one, 1);
		struct pal_view      name = pal_fb_text(&c->fb, &key, NAME_MOST, &c->key);

		if (value.count == 0)
			continue;
		if (pal_view_is(name, "catboost_version_info"))
			PAL_TRY(pal_give_stray(c->sink, c->in, CORE_AT + value.at, value.count, name));
		else
			PAL_TRY(pal_fb_give(&c->fb, &value, pal_buf_text(&c->key)));
	}
	return pal_fb_err(&c->fb);
}

static enum pal_err
take_rest(struct catboost *c, const struct pal_fb_table *root, uint64_t end)
{
	struct pal_fb_vector parts = pal_fb_vector(&c->fb, root, 3, 4);

	for (uint32_t i = 0; i < parts.count && c->fb.budget > 0; i++) {
		struct pal_fb_vector id = pal_fb_item_string(&c->fb, &parts, i);

		PAL_TRY(pal_fb_give(&c->fb, &id, "part"));
	}
	if (c->in->size == end)
		return PAL_OK;
	if (parts.count == 0)
		PAL_TRY(pal_sink_anomaly(c->sink, &pal_anomaly_boost_trailing, end,
					 "%" PRIu64 " bytes after the model, which names no other parts",
					 c->in->size - end));
	return pal_give_stray(c->sink, c->in, end, c->in->size - end, pal_view_of("(parts of the model)"));
}

static enum pal_err
take_core(struct catboost *c, uint64_t size)
{
	struct pal_fb_table  root = pal_fb_root(&c->fb);
	struct pal_fb_vector version = pal_fb_string(&c->fb, &root, 0);

	PAL_TRY(pal_fb_give(&c->fb, &version, "format_version"));
	PAL_TRY(take_trees(c, &root));
	PAL_TRY(take_info(c, &root));
	PAL_TRY(take_rest(c, &root, CORE_AT + size));
	if (c->fb.lies > 0) /* what was not understood, as it is */
		return pal_give_bytes(c->sink, c->in, CORE_AT, size);
	return pal_fb_err(&c->fb);
}

static enum pal_err
read_core(struct catboost *c)
{
	struct pal_view   head = { 0 };
	struct pal_reader r = { 0 };
	uint64_t          size = 0;
	enum pal_err      err = PAL_OK;

	PAL_TRY(pal_input_view(c->in, 0, 0, CORE_AT, &head));
	r = pal_reader_of(head);
	pal_read_skip(&r, 4);
	size = pal_read_u32le(&r);
	if (pal_reader_err(&r) != PAL_OK || size < 8 || size > c->in->size - CORE_AT) {
		PAL_TRY(pal_sink_unread(c->sink, &pal_anomaly_boost_broken, 0, c->in->size,
					"a model of %" PRIu64 " bytes in a file of %" PRIu64, size, c->in->size));
		return pal_give_bytes(c->sink, c->in, 0, c->in->size);
	}
	PAL_TRY(pal_input_part(c->in, CORE_AT, size, &c->core));
	err = pal_fb_init(&c->fb, &c->core, c->sink, size);
	if (err == PAL_OK)
		err = take_core(c, size);
	pal_fb_done(&c->fb);
	pal_input_done(&c->core);
	return err;
}

static enum pal_err
catboost_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct catboost c = { .sink = sink, .in = in };
	enum pal_err    err = PAL_OK;

	(void)d;
	c.key = pal_buf_of(NAME_MOST + 1);
	err = read_core(&c);
	pal_buf_done(&c.key);
	return err;
}

const struct pal_format pal_format_catboost = {
	.name = "catboost",
	.summary = "CatBoost models (.cbm)",
	.covers =
	    "The FlatBuffer of the model: parameters and labels (texts), names of features, and the trees: that each "
	    "lies within the list of conditions, that every condition is one of a feature's, that steps of trees that "
	    "are "
	    "not symmetric stay within their tree, that there are as many leaves as the trees need. Other parts of the "
	    "model (tables of categories, dictionaries of texts) are searched as bytes and not followed. Exports: JSON "
	    "is read as JSON, Python as Python source, PMML and ONNX as those.",
	.probe = catboost_probe,
	.parse = catboost_parse,
};
