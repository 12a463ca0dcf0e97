/* merkle_model.h - a tree as RFC 9162 section 2.1 writes it down, recursive and slow: what the tests compare with. */
#ifndef PALISADE_TEST_MERKLE_MODEL_H
#define PALISADE_TEST_MERKLE_MODEL_H

#include <stdio.h>
#include <stdlib.h>

#include "palisade/proof.h"

static inline size_t
model_split(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

/* MTH(D[n]) */
static inline struct pal_hash
model_root(const struct pal_hash *leaves, size_t n)
{
	struct pal_hash left = { 0 }, right = { 0 };
	size_t          k = 0;

	if (n == 0)
		return pal_tree_empty();
	if (n == 1)
		return leaves[0];
	k = model_split(n);
	left = model_root(leaves, k);
	right = model_root(leaves + k, n - k);
	return pal_tree_node(&left, &right);
}

/* PATH(m, D[n]) */
static inline void
model_path(size_t m, const struct pal_hash *leaves, size_t n, struct pal_proof *p)
{
	size_t k = 0;

	if (n <= 1)
		return;
	k = model_split(n);
	model_path(m < k ? m : m - k, m < k ? leaves : leaves + k, m < k ? k : n - k, p);
	p->hashes[p->count++] = m < k ? model_root(leaves + k, n - k) : model_root(leaves, k);
}

/* SUBPROOF(m, D[n], b) */
static inline void
model_subproof(size_t m, const struct pal_hash *leaves, size_t n, bool whole, struct pal_proof *p)
{
	size_t k = 0;

	if (m == n) {
		if (!whole)
			p->hashes[p->count++] = model_root(leaves, n);
		return;
	}
	k = model_split(n);
	if (m <= k) {
		model_subproof(m, leaves, k, whole, p);
		p->hashes[p->count++] = model_root(leaves + k, n - k);
	} else {
		model_subproof(m - k, leaves + k, n - k, false, p);
		p->hashes[p->count++] = model_root(leaves, k);
	}
}

static inline bool
model_same(const struct pal_proof *a, const struct pal_proof *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!pal_hash_eq(&a->hashes[i], &b->hashes[i]))
			return false;
	return true;
}

/* The text of entry i of every test ledger: short, and different for each i. */
static inline struct pal_view
model_entry(size_t i, char room[64])
{
	int len = snprintf(room, 64, "entry %zu %.*s", i, (int)(i % 23), "abcdefghijklmnopqrstuvwxyz");

	return (struct pal_view){ (const uint8_t *)room, (size_t)len };
}

/* Leaves 0 to n - 1; the caller frees them. */
static inline struct pal_hash *
model_leaves(size_t n)
{
	struct pal_hash *leaves = calloc(n == 0 ? 1 : n, sizeof(*leaves));
	char             room[64];

	if (leaves == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		leaves[i] = pal_tree_leaf(model_entry(i, room));
	return leaves;
}

#endif
