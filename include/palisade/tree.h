/*
 * tree.h - Merkle tree hashing as RFC 6962 and RFC 9162 (section 2.1) define it, with SHA-256.
 *
 * Hash an entry with pal_tree_leaf(), two children with pal_tree_node(). A
 * pal_frontier is a tree that only grows: add leaves, ask its root at any time.
 *
 *   units    sizes and indexes count leaves; level 0 is the leaves
 *   memory   none: hashes are values
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_TREE_H
#define PALISADE_TREE_H

#include "palisade/buf.h"

#define PAL_HASH 32

struct pal_hash {
	uint8_t bytes[PAL_HASH];
};

struct pal_hash pal_tree_leaf(struct pal_view entry); /* SHA-256(00 || entry) */
struct pal_hash pal_tree_node(const struct pal_hash *left,
			      const struct pal_hash *right); /* SHA-256(01 || left || right) */
struct pal_hash pal_tree_empty(void);                        /* SHA-256("") */
struct pal_hash pal_tree_root(const struct pal_hash *leaves, size_t count);

struct pal_hash pal_hash_of(struct pal_view bytes); /* plain SHA-256 */
bool            pal_hash_eq(const struct pal_hash *a, const struct pal_hash *b);
void            pal_hash_add(struct pal_buf *b, const struct pal_hash *h); /* its base64 */
bool pal_hash_parse(struct pal_view text, struct pal_hash *ret_hash);      /* exactly what pal_hash_add() writes */

/* The roots of the full subtrees that the leaves so far make, the largest first: one for each bit set in size. */
struct pal_frontier {
	uint64_t        size;
	struct pal_hash nodes[64];
};

void            pal_frontier_add(struct pal_frontier *f, const struct pal_hash *leaf);
struct pal_hash pal_frontier_root(const struct pal_frontier *f);

#endif
