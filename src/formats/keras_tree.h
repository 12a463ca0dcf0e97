/*
 * keras_tree.h - a JSON document as a tree that keeps what other readers drop: keys that stand twice, and their order.
 *
 * Kept are objects, arrays and strings; numbers and words are not, nor the strings
 * of an array after its 64th element (a vocabulary). A subtree is a run of nodes:
 * those from a node up to its `end`.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   nodes and texts live in the tree's arena
 *   errors   those of the feed, the sink and the arena
 *   threads  a tree belongs to one thread
 */
#ifndef PALISADE_FORMATS_KERAS_TREE_H
#define PALISADE_FORMATS_KERAS_TREE_H

#include "palisade/content.h"
#include "palisade/list.h"

enum pal_keras_kind { PAL_KERAS_OBJECT, PAL_KERAS_ARRAY, PAL_KERAS_TEXT };

struct pal_keras_node {
	enum pal_keras_kind kind;
	bool                given;     /* set by who has handed its text on as something else */
	bool                in_nodes;  /* inside of "inbound_nodes": what Keras calls layers with */
	struct pal_view     key, text; /* key: empty in an array */
	uint64_t            at;
	uint32_t            first, last, next; /* index + 1 of children and of the next sibling; 0: none */
	uint32_t            parent;            /* index + 1 */
	uint32_t            kept;              /* strings of an array that were kept */
	uint32_t            end;               /* index of the first node behind the subtree */
};

struct pal_keras_tree {
	struct pal_arena *arena;
	struct pal_list   nodes; /* of struct pal_keras_node */
	bool              full;  /* a budget ended: what came after it is not in the tree */
	bool              whole; /* the document was read to its end */
};

/* Reads all of the input; strings go to the sink as text, what breaks JSON as anomalies. `quiet`: neither does. */
PAL_NODISCARD enum pal_err pal_keras_tree_read(struct pal_keras_tree *t, struct pal_input *in, struct pal_sink *sink,
					       bool quiet);

const struct pal_keras_node *pal_keras_node_at(const struct pal_keras_tree *t, size_t index); /* NULL when not there */

/* The child of an object that a loader would use: the last of its key; NULL: none, or `of` is no object. */
const struct pal_keras_node *pal_keras_child(const struct pal_keras_tree *t, const struct pal_keras_node *of,
					     const char *key);
const struct pal_keras_node *pal_keras_first(const struct pal_keras_tree *t, const struct pal_keras_node *of);

/* The text of such a child; empty when it is none. */
struct pal_view pal_keras_text(const struct pal_keras_tree *t, const struct pal_keras_node *of, const char *key);

#endif
