/* xgboost_binary.c - XGBoost's binary models (.model, .bst; up to version 2): fixed structures, then trees as arrays.
 *
 * The layout is that of the structures in src/learner.cc, src/gbm/gbtree_model.h and include/xgboost/tree_model.h of
 * XGBoost 0.7 to 2.1, little-endian. To audit: take_tree(). */
#include <inttypes.h>

#include "boost_tree.h"
#include "give.h"
#include "palisade/format.h"
#include "palisade/hex.h"
#include "palisade/reader.h"
#include "xgboost_doc.h"

#define LEARNER_BYTES 136u
#define MODEL_BYTES   160u
#define TREE_BYTES    148u
#define LINEAR_BYTES  136u
#define NODE_BYTES    20u
#define STAT_BYTES    16u
#define NAME_MOST     128u
#define CONFIG_MARK   "CONFIG-offset:"
#define BASE64_MOST   ((size_t)64 << 20)
#define DELETED       UINT32_MAX /* the split of a node that is no more */

struct binary {
	struct pal_sink      *sink;
	struct pal_input     *in;
	struct pal_reader     r;
	struct pal_boost_tree tree;
	uint64_t              features, classes, end, trees, most_split, odd;
	bool                  attributes, metrics, old, poisson;
};

static enum pal_err
broken(struct binary *b, const char *why)
{
	uint64_t at = b->r.offset, left = b->in->size - (at < b->in->size ? at : b->in->size);

	PAL_TRY(pal_sink_unread(b->sink, &pal_anomaly_boost_broken, at, left, "%s", why));
	b->end = b->in->size;
	return pal_give_bytes(b->sink, b->in, at, left);
}

/* A count that the whole file could not hold is no accident of a cut. */
static enum pal_err
over(struct binary *b, const char *what, uint64_t count, uint64_t least, const char *why)
{
	if (count > b->in->size / least)
		PAL_TRY(pal_sink_anomaly(b->sink, &pal_anomaly_boost_count, b->r.offset,
					 "%" PRIu64 " %s in a file of %" PRIu64 " bytes", count, what, b->in->size));
	return broken(b, why);
}

static bool
is_name(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != ':' && v.data[i] != '_' && v.data[i] != '-')
			return false;
	return v.len > 2 && v.len < NAME_MOST;
}

static struct pal_view
read_name(struct pal_reader *r)
{
	uint64_t len = pal_read_u64le(r);

	return pal_read_view(r, len > NAME_MOST ? NAME_MOST : len);
}

static struct pal_view
after_mark(struct pal_view head)
{
	size_t n = pal_view_starts(head, CONFIG_MARK) ? sizeof(CONFIG_MARK) - 1 + 8 : 0;

	if (pal_view_starts(pal_view_sub(head, n, 4), "binf"))
		n += 4;
	return pal_view_sub(head, n, head.len);
}

/* "bs64" and the model in base64, as XGBoost's command line wrote it to a terminal. */
static bool
is_base64(struct pal_view head)
{
	if (!pal_view_starts(head, "bs64") || head.len < 64)
		return false;
	for (size_t i = 4; i < head.len; i++)
		if (!pal_is_alnum(head.data[i]) && !pal_is_space(head.data[i]) && head.data[i] != '+' &&
		    head.data[i] != '/' && head.data[i] != '=')
			return false;
	return true;
}

/* 136 bytes of numbers, and the names of an objective and a booster. */
static unsigned int
xgboost_binary_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view   rest = after_mark(head), objective = { 0 }, booster = { 0 };
	struct pal_reader r = pal_reader_of(rest);

	(void)size;
	(void)name;
	if (is_base64(head))
		return 80;
	pal_read_skip(&r, LEARNER_BYTES);
	objective = read_name(&r);
	booster = read_name(&r);
	if (!is_name(objective) || !is_name(booster))
		return 0;
	if (pal_view_is(booster, "gbtree") || pal_view_is(booster, "dart") || pal_view_is(booster, "gblinear"))
		return 93;
	return rest.len < head.len ? 80 : 0;
}

/* ---- trees ---- */

static bool
is_odd(uint32_t bits)
{
	return (bits >> 23 & 0xff) == 0xff;
}

/* Parent, left, right, split with its side in the highest bit, threshold or leaf. */
static void
read_nodes(struct binary *b, size_t count)
{
	for (size_t i = 0; i < count && pal_reader_err(&b->r) == PAL_OK; i++) {
		uint32_t parent = pal_read_u32le(&b->r), left = pal_read_u32le(&b->r), right = pal_read_u32le(&b->r);
		uint32_t split = pal_read_u32le(&b->r), value = pal_read_u32le(&b->r);

		pal_boost_add(&b->tree, PAL_BOOST_PARENT, (int32_t)parent);
		pal_boost_add(&b->tree, PAL_BOOST_LEFT, (int32_t)left);
		pal_boost_add(&b->tree, PAL_BOOST_RIGHT, (int32_t)right);
		pal_boost_add(&b->tree, PAL_BOOST_SPLIT, split & INT32_MAX);
		b->odd += split != DELETED && is_odd(value);
	}
}

static enum pal_err
check_tree(struct binary *b, uint64_t at)
{
	struct pal_boost_fault f = { 0 };
	bool                   sound = true;

	PAL_TRY(pal_boost_tree_err(&b->tree));
	PAL_TRY(pal_boost_tree_sound(&b->tree, 0, b->features, &sound, &f));
	if (sound)
		return PAL_OK;
	return pal_sink_anomaly(b->sink, &pal_anomaly_boost_tree, at, "tree %" PRIu64 ": node %zu %s %" PRId64,
				b->trees, f.node, f.what, f.value);
}

static enum pal_err
take_tree(struct binary *b)
{
	uint64_t          at = b->r.offset;
	struct pal_reader p = pal_read_window(&b->r, TREE_BYTES);
	size_t            nodes = 0;
	uint32_t          vector = 0, count = 0;

	pal_read_skip(&p, 4);
	count = pal_read_u32le(&p);
	nodes = pal_read_count(&b->r, count, NODE_BYTES + STAT_BYTES, PAL_BOOST_NODES);
	pal_read_skip(&p, 12);
	vector = pal_read_u32le(&p);
	if (pal_reader_err(&b->r) != PAL_OK || pal_reader_err(&p) != PAL_OK || nodes == 0)
		return over(b, "nodes of a tree", count, NODE_BYTES,
			    "a tree of more nodes than there are bytes, or of none");
	pal_boost_tree_clear(&b->tree);
	read_nodes(b, nodes);
	pal_read_skip(&b->r, (uint64_t)nodes * STAT_BYTES);
	if (vector != 0)
		pal_read_skip(&b->r, 4 * pal_read_count(&b->r, pal_read_u64le(&b->r), 4, SIZE_MAX));
	if (pal_reader_err(&b->r) != PAL_OK)
		return broken(b, "a tree that ends behind the file");
	PAL_TRY(check_tree(b, at));
	b->trees++;
	return PAL_OK;
}

/* tree_info: to which output a tree adds. */
static enum pal_err
take_infos(struct binary *b, size_t count)
{
	uint64_t at = b->r.offset, groups = b->classes > 1 ? b->classes : 1;

	for (size_t i = 0; i < count; i++) {
		uint32_t info = pal_read_u32le(&b->r);

		if (info >= groups && pal_reader_err(&b->r) == PAL_OK)
			return pal_sink_anomaly(b->sink, &pal_anomaly_boost_count, at,
						"tree %zu adds to output %" PRIu32 " of %" PRIu64, i, info, groups);
	}
	return pal_reader_err(&b->r) == PAL_OK ? PAL_OK : broken(b, "the list of outputs is cut short");
}

static enum pal_err
take_trees(struct binary *b, bool dart)
{
	struct pal_reader p = pal_read_window(&b->r, MODEL_BYTES);
	uint32_t          said = pal_read_u32le(&p);
	size_t            count = pal_read_count(&b->r, said, TREE_BYTES + NODE_BYTES + STAT_BYTES, SIZE_MAX);

	if (pal_reader_err(&b->r) != PAL_OK)
		return over(b, "trees", said, TREE_BYTES, "more trees than there are bytes");
	while (b->trees < count && b->end == 0)
		PAL_TRY(take_tree(b));
	if (b->end != 0)
		return PAL_OK;
	PAL_TRY(take_infos(b, count));
	if (dart && count > 0 && b->end == 0)
		pal_read_skip(&b->r, 4 * pal_read_count(&b->r, pal_read_u64le(&b->r), 4, SIZE_MAX));
	return PAL_OK;
}

/* ---- the learner ---- */

static struct pal_view
read_text(struct binary *b)
{
	uint64_t len = pal_read_u64le(&b->r);

	return pal_read_view(&b->r, len);
}

/* Names and values that whoever trained the model has set. */
static enum pal_err
take_attributes(struct binary *b)
{
	size_t count = pal_read_count(&b->r, pal_read_u64le(&b->r), 16, SIZE_MAX);

	for (size_t i = 0; i < count && pal_reader_err(&b->r) == PAL_OK; i++) {
		uint8_t         kept[NAME_MOST];
		struct pal_view key = pal_view_sub(read_text(b), 0, NAME_MOST), value = { 0 };
		size_t          n = key.len;
		uint64_t        at = 0;

		for (size_t k = 0; k < n; k++) /* the view dies with the next read */
			kept[k] = key.data[k];
		value = read_text(b);
		at = b->r.offset - value.len;
		if (pal_reader_err(&b->r) == PAL_OK)
			PAL_TRY(pal_give_metas(b->sink, (struct pal_view){ kept, n }, value, at));
	}
	return PAL_OK;
}

static enum pal_err
take_tail(struct binary *b)
{
	size_t count = 0;

	if (b->attributes)
		PAL_TRY(take_attributes(b));
	if (b->poisson)
		(void)read_text(b);
	if (b->metrics)
		count = pal_read_count(&b->r, pal_read_u64le(&b->r), 8, SIZE_MAX);
	for (size_t i = 0; i < count && pal_reader_err(&b->r) == PAL_OK; i++)
		(void)read_text(b);
	return pal_reader_err(&b->r) == PAL_OK ? PAL_OK : broken(b, "attributes or metrics that end behind the file");
}

static void
read_learner(struct binary *b)
{
	struct pal_reader p = pal_read_window(&b->r, LEARNER_BYTES);

	pal_read_skip(&p, 4);
	b->features = pal_read_u32le(&p);
	b->classes = pal_read_u32le(&p);
	b->attributes = pal_read_u32le(&p) != 0;
	b->metrics = pal_read_u32le(&p) != 0;
	b->old = pal_read_u32le(&p) == 0; /* its major version, which came with 1.0 */
}

static enum pal_err
take_booster(struct binary *b)
{
	uint64_t        at = b->r.offset;
	struct pal_view name = read_name(&b->r);
	bool            dart = pal_view_is(name, "dart");

	if (pal_reader_err(&b->r) != PAL_OK || !is_name(name))
		return broken(b, "no booster's name behind the parameters");
	PAL_TRY(pal_xgboost_booster(b->sink, name, at));
	if (dart || pal_view_is(name, "gbtree"))
		return take_trees(b, dart);
	if (!pal_view_is(name, "gblinear"))
		return broken(b, "a booster whose layout is not known");
	pal_read_skip(&b->r, LINEAR_BYTES);
	pal_read_skip(&b->r, 4 * pal_read_count(&b->r, pal_read_u64le(&b->r), 4, SIZE_MAX));
	return pal_reader_err(&b->r) == PAL_OK ? PAL_OK : broken(b, "weights that end behind the file");
}

/* With a configuration behind the model: a JSON or UBJSON document from an offset that the first bytes say. */
static enum pal_err
take_rest(struct binary *b, uint64_t config)
{
	uint64_t at = b->r.offset, left = pal_reader_left(&b->r);

	if (b->end != 0 || left == 0)
		return PAL_OK;
	if (config == at)
		return pal_give_member(b->sink, b->in, at, left, pal_view_of("config.json"));
	PAL_TRY(pal_sink_anomaly(b->sink, &pal_anomaly_boost_trailing, at,
				 "%" PRIu64 " bytes after the model, which ends at %" PRIu64, left, at));
	return pal_give_stray(b->sink, b->in, at, left, pal_view_of("(after the model)"));
}

static enum pal_err
take_model(struct binary *b)
{
	uint64_t        config = 0;
	struct pal_view name = { 0 };

	if (pal_view_is(pal_read_peek(&b->r, sizeof(CONFIG_MARK) - 1), CONFIG_MARK)) {
		pal_read_skip(&b->r, sizeof(CONFIG_MARK) - 1);
		config = pal_read_u64le(&b->r);
	}
	if (pal_view_is(pal_read_peek(&b->r, 4), "binf"))
		pal_read_skip(&b->r, 4);
	read_learner(b);
	name = read_name(&b->r);
	if (pal_reader_err(&b->r) != PAL_OK || !is_name(name))
		return broken(b, "no objective's name behind the parameters");
	PAL_TRY(pal_xgboost_objective(b->sink, name, b->r.offset - name.len));
	b->poisson = b->old && pal_view_is(name, "count:poisson");
	PAL_TRY(take_booster(b));
	if (b->end == 0)
		PAL_TRY(take_tail(b));
	if (b->odd > 0)
		PAL_TRY(pal_sink_anomaly(b->sink, &pal_anomaly_boost_value, 0,
					 "%" PRIu64 " thresholds and leaves are NaN or infinite", b->odd));
	return take_rest(b, config);
}

static enum pal_err
read_base64(struct binary *b, struct pal_buf *digits, struct pal_buf *bytes)
{
	struct pal_input member = { 0 };
	enum pal_err     err = PAL_OK;

	pal_read_skip(&b->r, 4);
	while (pal_reader_left(&b->r) > 0) {
		struct pal_view v = pal_read_some(&b->r, PAL_TEXT_PIECE);

		for (size_t i = 0; i < v.len; i++)
			if (!pal_is_space(v.data[i]))
				pal_buf_add_byte(digits, v.data[i]);
	}
	PAL_TRY(pal_reader_err(&b->r));
	if (pal_buf_err(digits) != PAL_OK || pal_base64_decode(pal_buf_view(digits), bytes) != PAL_OK) {
		b->r = pal_reader_at(b->r.input, 0, b->in->size);
		return broken(b, "base64 that is none, or more than 64 MiB of it");
	}
	member = pal_input_of_view(pal_buf_view(bytes));
	err = pal_give_member_input(b->sink, &member, 4, pal_view_of("(base64)"));
	pal_input_done(&member);
	return err;
}

static enum pal_err
take_base64(struct binary *b)
{
	PAL_AUTO_BUF digits = pal_buf_of(BASE64_MOST);
	PAL_AUTO_BUF bytes = pal_buf_of(BASE64_MOST);

	return read_base64(b, &digits, &bytes);
}

static enum pal_err
xgboost_binary_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input side = { 0 };
	struct binary    b = { .sink = sink, .in = in };
	enum pal_err     err = pal_input_part(in, 0, in->size, &side);

	(void)d;
	PAL_TRY(err);
	b.r = pal_reader_at(&side, 0, in->size);
	pal_boost_tree_init(&b.tree);
	err = pal_view_starts(pal_read_peek(&b.r, 4), "bs64") ? take_base64(&b) : take_model(&b);
	pal_boost_tree_done(&b.tree);
	pal_input_done(&side);
	return err;
}

const struct pal_format pal_format_xgboost_binary = {
	.name = "xgboost_binary",
	.summary = "XGBoost models in binary form (.model, .bst; up to version 2)",
	.covers =
	    "The learner's parameters, the names of objective and booster, every tree with its nodes as said of "
	    "xgboost, "
	    "the output that each adds to, attributes as texts, the configuration behind a model of a pickle as a file "
	    "of its own, what follows the model. With the mark binf, with a configuration's offset, or with neither. "
	    "Statistics of nodes and weights of linear models are not looked at.",
	.probe = xgboost_binary_probe,
	.parse = xgboost_binary_parse,
};
