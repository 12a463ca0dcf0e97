/* boost_tree.c - follows the links of a tree without recursion; to audit: take_child(), which every link goes through.
 */
#include "boost_tree.h"

#include "palisade/mem.h"

#define PARENT_MASK 0x7fffffff /* the highest bit of XGBoost's binary parents says which child a node is */

void
pal_boost_tree_init(struct pal_boost_tree *t)
{
	for (size_t i = 0; i < PAL_BOOST_ARRAYS; i++)
		t->arrays[i] = pal_buf_of(4 * PAL_BOOST_NODES);
}

void
pal_boost_tree_clear(struct pal_boost_tree *t)
{
	for (size_t i = 0; i < PAL_BOOST_ARRAYS; i++)
		pal_buf_clear(&t->arrays[i]);
}

void
pal_boost_tree_done(struct pal_boost_tree *t)
{
	for (size_t i = 0; i < PAL_BOOST_ARRAYS; i++)
		pal_buf_done(&t->arrays[i]);
}

void
pal_boost_add(struct pal_boost_tree *t, enum pal_boost_array a, int64_t n)
{
	pal_buf_add_u32le(&t->arrays[a], n > INT32_MAX || n < INT32_MIN ? (uint32_t)PAL_BOOST_NONE : (uint32_t)n);
}

size_t
pal_boost_count(const struct pal_boost_tree *t, enum pal_boost_array a)
{
	return t->arrays[a].len / 4;
}

int32_t
pal_boost_at(const struct pal_boost_tree *t, enum pal_boost_array a, size_t i)
{
	struct pal_view v = pal_view_sub(pal_buf_view(&t->arrays[a]), 4 * i, 4);
	uint32_t        n = 0;

	for (size_t k = 0; k < v.len; k++)
		n |= (uint32_t)v.data[k] << (8 * k);
	return (int32_t)n;
}

bool
pal_boost_whole(struct pal_view v, int64_t *ret)
{
	bool     minus = v.len > 0 && v.data[0] == '-';
	uint64_t n = 0;

	if (!pal_view_u64(pal_view_sub(v, minus ? 1 : 0, v.len), &n) || n > INT64_MAX)
		return false;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool
pal_boost_runs_fit(const struct pal_boost_tree *t, uint64_t all)
{
	size_t n = pal_boost_count(t, PAL_BOOST_START);

	if (n != pal_boost_count(t, PAL_BOOST_LENGTH))
		return false;
	for (size_t i = 0; i < n; i++) {
		int64_t start = pal_boost_at(t, PAL_BOOST_START, i), len = pal_boost_at(t, PAL_BOOST_LENGTH, i);

		if (start < 0 || len < 0 || (uint64_t)(start + len) > all)
			return false;
	}
	return true;
}

enum pal_err
pal_boost_tree_err(const struct pal_boost_tree *t)
{
	enum pal_err err = PAL_OK;

	for (size_t i = 0; i < PAL_BOOST_ARRAYS; i++)
		err = err == PAL_OK ? pal_buf_err(&t->arrays[i]) : err;
	return err;
}

struct walk {
	const struct pal_boost_tree *tree;
	size_t                       nodes, leaves;
	uint64_t                     features;
	uint8_t                     *seen;  /* owned: nodes, then leaves */
	uint32_t                    *queue; /* owned */
	size_t                       waiting;
	struct pal_boost_fault       fault;
};

static void
walk_done(struct walk *w)
{
	pal_mem_free(w->seen);
	pal_mem_free(w->queue);
}

static bool
wrong(struct walk *w, const char *what, size_t node, int64_t value)
{
	w->fault = (struct pal_boost_fault){ what, node, value };
	return false;
}

static bool
take_child(struct walk *w, size_t node, int32_t child)
{
	size_t at = child >= 0 ? (size_t)child : w->nodes + (size_t)(-1 - (int64_t)child);

	if (child >= 0 ? at >= w->nodes : at - w->nodes >= w->leaves)
		return wrong(w, "leads to a node that there is not, number", node, child);
	if (w->seen[at] != 0)
		return wrong(w, "leads to a node that was reached before, number", node, child);
	w->seen[at] = 1;
	if (child < 0)
		return true;
	if (at < pal_boost_count(w->tree, PAL_BOOST_PARENT) &&
	    (size_t)(pal_boost_at(w->tree, PAL_BOOST_PARENT, at) & PARENT_MASK) != node)
		return wrong(w, "has a child that names another parent, number", node, child);
	w->queue[w->waiting++] = (uint32_t)at;
	return true;
}

static bool
take_node(struct walk *w, size_t node)
{
	int32_t left = pal_boost_at(w->tree, PAL_BOOST_LEFT, node),
		right = pal_boost_at(w->tree, PAL_BOOST_RIGHT, node);
	int32_t split = pal_boost_at(w->tree, PAL_BOOST_SPLIT, node);

	if (w->leaves == 0 && left == -1) /* of a leaf with a vector, right is where the vector is */
		return true;
	if (w->leaves == 0 && (left < 0 || right < 0))
		return wrong(w, "has one child, number", node, left < 0 ? right : left);
	if (w->features > 0 && node < pal_boost_count(w->tree, PAL_BOOST_SPLIT) &&
	    (split < 0 || (uint64_t)split >= w->features))
		return wrong(w, "asks for a feature that there is not, number", node, split);
	return take_child(w, node, left) && take_child(w, node, right);
}

enum pal_err
pal_boost_tree_sound(const struct pal_boost_tree *t, size_t leaves, uint64_t features, bool *ret_sound,
		     struct pal_boost_fault *ret)
{
	__attribute__((cleanup(walk_done))) struct walk w = { .tree = t, .leaves = leaves, .features = features };

	w.nodes = pal_boost_count(t, PAL_BOOST_LEFT);
	*ret_sound = true;
	if (w.nodes == 0)
		return PAL_OK;
	w.seen = pal_mem_new(w.nodes + leaves, 1);
	w.queue = pal_mem_new(w.nodes, sizeof(*w.queue));
	if (w.seen == NULL || w.queue == NULL)
		return PAL_ENOMEM;
	w.seen[0] = 1;
	w.queue[w.waiting++] = 0;
	while (*ret_sound && w.waiting > 0)
		*ret_sound = take_node(&w, w.queue[--w.waiting]);
	*ret = w.fault;
	return PAL_OK;
}
