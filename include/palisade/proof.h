/*
 * proof.h - inclusion and consistency proofs (RFC 9162 section 2.1.3 and 2.1.4): made from a tree, checked against
 * roots.
 *
 * A tree is anything that can name the hash of a full subtree; see pal_node_fn.
 * Checking needs no tree. Consistency from size 0 proves nothing and is refused
 * here; whoever means "nothing seen before" says so outside.
 *
 *   units    sizes and indexes count leaves; hashes in a proof run from the leaf to the root
 *   memory   a proof is a value
 *   errors   PAL_EVERIFY (the proof does not lead to the root), PAL_EUSAGE (an index or size out of range)
 *   threads  pure
 */
#ifndef PALISADE_PROOF_H
#define PALISADE_PROOF_H

#include "palisade/err.h"
#include "palisade/tree.h"

#define PAL_PROOF_MOST 65

struct pal_proof {
	size_t          count;
	struct pal_hash hashes[PAL_PROOF_MOST];
};

/* The root of leaves [index << level, (index + 1) << level); asked only for subtrees that are full in the tree. */
typedef enum pal_err pal_node_fn(void *arg, unsigned int level, uint64_t index, struct pal_hash *ret_hash,
				 struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_proof_root(uint64_t size, pal_node_fn *node, void *arg, struct pal_hash *ret_root,
					  struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_proof_make_inclusion(uint64_t index, uint64_t size, pal_node_fn *node, void *arg,
						    struct pal_proof *ret_proof, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_proof_make_consistency(uint64_t old_size, uint64_t size, pal_node_fn *node, void *arg,
						      struct pal_proof *ret_proof, struct pal_diag *d);

/* One state of a tree, as a checkpoint signs it. */
struct pal_tree_head {
	uint64_t        size;
	struct pal_hash root;
};

PAL_NODISCARD enum pal_err pal_proof_check_inclusion(uint64_t index, const struct pal_hash *leaf,
						     const struct pal_proof *proof, const struct pal_tree_head *head,
						     struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_proof_check_consistency(const struct pal_tree_head *old_head,
						       const struct pal_proof *proof, const struct pal_tree_head *head,
						       struct pal_diag *d);

/* A part of a tree that is a tree itself: start is a multiple of the size, rounded up to a power of two. */
struct pal_subtree {
	uint64_t        start, end;
	struct pal_hash root;
};

/* index counts in the whole tree. */
PAL_NODISCARD enum pal_err pal_proof_check_subtree_inclusion(uint64_t index, const struct pal_hash *leaf,
							     const struct pal_proof   *proof,
							     const struct pal_subtree *subtree, struct pal_diag *d);

/* Whether the tree has this part. An empty part is in any tree. */
PAL_NODISCARD enum pal_err pal_proof_check_subtree(const struct pal_subtree *subtree, const struct pal_proof *proof,
						   const struct pal_tree_head *head, struct pal_diag *d);

#endif
