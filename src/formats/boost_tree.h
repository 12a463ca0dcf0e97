/*
 * boost_tree.h - the links of one decision tree of a boosted model, and whether a loader can follow them.
 *
 * Numbers are added as the file has them; what no link can be (out of 32 bits) is
 * kept as PAL_BOOST_NONE. A tree is sound when every node that its root leads to
 * is there, is reached once, and has two children or none.
 *
 *   units    nodes count from 0
 *   memory   four bytes a number, PAL_BOOST_NODES of each kind at most, until pal_boost_tree_done()
 *   errors   PAL_ELIMIT: more nodes than are kept; PAL_ENOMEM
 *   threads  one tree belongs to one thread
 */
#ifndef PALISADE_FORMATS_BOOST_TREE_H
#define PALISADE_FORMATS_BOOST_TREE_H

#include "palisade/buf.h"

#define PAL_BOOST_NODES ((size_t)4 << 20)
#define PAL_BOOST_NONE  INT32_MIN

/* START and LENGTH: of the runs of categories that a tree keeps aside; KIND and VALUE: of its splits. Those are for the
 * caller. */
enum pal_boost_array {
	PAL_BOOST_LEFT,
	PAL_BOOST_RIGHT,
	PAL_BOOST_PARENT,
	PAL_BOOST_SPLIT,
	PAL_BOOST_START,
	PAL_BOOST_LENGTH,
	PAL_BOOST_KIND,
	PAL_BOOST_VALUE,
	PAL_BOOST_ARRAYS,
};

struct pal_boost_tree {
	struct pal_buf arrays[PAL_BOOST_ARRAYS]; /* int32, little-endian */
};

struct pal_boost_fault {
	const char *what; /* "node 3 leads to 90" without the numbers: "leads to" */
	size_t      node;
	int64_t     value;
};

void pal_boost_tree_init(struct pal_boost_tree *t);
void pal_boost_tree_clear(struct pal_boost_tree *t);
void pal_boost_tree_done(struct pal_boost_tree *t);

void    pal_boost_add(struct pal_boost_tree *t, enum pal_boost_array a, int64_t n);
size_t  pal_boost_count(const struct pal_boost_tree *t, enum pal_boost_array a);
int32_t pal_boost_at(const struct pal_boost_tree *t, enum pal_boost_array a, size_t i);

/* Every run of START and LENGTH lies within `all`. */
bool pal_boost_runs_fit(const struct pal_boost_tree *t, uint64_t all);

/* A whole number in decimal digits, with a sign or not. */
bool pal_boost_whole(struct pal_view v, int64_t *ret);

enum pal_err pal_boost_tree_err(const struct pal_boost_tree *t);

/*
 * Follows the links from node 0. leaves 0: a node without children has -1 to its left (XGBoost); else a negative link
 * is a leaf, -1 - its number, of that many (LightGBM). features 0: unknown; splits of nodes that are not reached do not
 * count. Arrays of parents and splits that are empty are not looked at; left and right have the same length. False:
 * *ret is what is wrong first.
 */
PAL_NODISCARD enum pal_err pal_boost_tree_sound(const struct pal_boost_tree *t, size_t leaves, uint64_t features,
						bool *ret_sound, struct pal_boost_fault *ret);

#endif
