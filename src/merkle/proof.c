/* proof.c - which hashes a proof holds and how they are folded: RFC 9162 sections 2.1.3 and 2.1.4 are what to audit. */
#include "palisade/proof.h"

typedef unsigned long long ull;

/* A tree that a proof is made from. */
struct source {
	pal_node_fn     *node;
	void            *arg;
	struct pal_diag *d;
};

/* The largest power of two below n; n is at least 2. */
static uint64_t
split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/* The root of leaves [lo, hi): the full subtrees in it, folded from the right. */
static enum pal_err
range_root(const struct source *s, uint64_t lo, uint64_t hi, struct pal_hash *ret_root)
{
	uint64_t        size = hi - lo, at = hi;
	struct pal_hash root = pal_tree_empty();
	bool            some = false;

	for (unsigned int level = 0; level < 64 && size >> level != 0; level++) {
		struct pal_hash left = { 0 };

		if (((size >> level) & 1) == 0)
			continue;
		at -= (uint64_t)1 << level;
		PAL_TRY(s->node(s->arg, level, at >> level, &left, s->d));
		root = some ? pal_tree_node(&left, &root) : left;
		some = true;
	}
	*ret_root = root;
	return PAL_OK;
}

static enum pal_err
push(const struct source *s, struct pal_proof *p, uint64_t lo, uint64_t hi)
{
	PAL_ASSERT(p->count < PAL_PROOF_MOST);
	PAL_TRY(range_root(s, lo, hi, &p->hashes[p->count]));
	p->count++;
	return PAL_OK;
}

/* Proofs are collected from the root down and read from the leaf up. */
static void
reverse(struct pal_proof *p)
{
	for (size_t i = 0; i < p->count / 2; i++) {
		struct pal_hash h = p->hashes[i];

		p->hashes[i] = p->hashes[p->count - 1 - i];
		p->hashes[p->count - 1 - i] = h;
	}
}

enum pal_err
pal_proof_root(uint64_t size, pal_node_fn *node, void *arg, struct pal_hash *ret_root, struct pal_diag *d)
{
	const struct source s = { .node = node, .arg = arg, .d = d };

	return range_root(&s, 0, size, ret_root);
}

enum pal_err
pal_proof_make_inclusion(uint64_t index, uint64_t size, pal_node_fn *node, void *arg, struct pal_proof *ret_proof,
			 struct pal_diag *d)
{
	const struct source s = { .node = node, .arg = arg, .d = d };
	struct pal_proof    p = { 0 };
	uint64_t            lo = 0, hi = size;

	if (index >= size)
		return pal_fail(d, PAL_EUSAGE, 0, "there is no entry %llu in a tree of %llu entries", (ull)index,
				(ull)size);
	while (hi - lo > 1) {
		uint64_t middle = lo + split(hi - lo);

		if (index < middle) {
			PAL_TRY(push(&s, &p, middle, hi));
			hi = middle;
		} else {
			PAL_TRY(push(&s, &p, lo, middle));
			lo = middle;
		}
	}
	reverse(&p);
	*ret_proof = p;
	return PAL_OK;
}

enum pal_err
pal_proof_make_consistency(uint64_t old_size, uint64_t size, pal_node_fn *node, void *arg, struct pal_proof *ret_proof,
			   struct pal_diag *d)
{
	const struct source s = { .node = node, .arg = arg, .d = d };
	struct pal_proof    p = { 0 };
	uint64_t            lo = 0, hi = size;

	if (old_size == 0 || old_size > size)
		return pal_fail(d, PAL_EUSAGE, 0, "a proof goes from a size of 1 to %llu, not from %llu", (ull)size,
				(ull)old_size);
	while (old_size != hi) {
		uint64_t middle = lo + split(hi - lo);

		if (old_size <= middle) {
			PAL_TRY(push(&s, &p, middle, hi));
			hi = middle;
		} else {
			PAL_TRY(push(&s, &p, lo, middle));
			lo = middle;
		}
	}
	if (lo != 0) /* else the old tree is itself a node, and its root is known */
		PAL_TRY(push(&s, &p, lo, hi));
	reverse(&p);
	*ret_proof = p;
	return PAL_OK;
}

static enum pal_err
mismatch(struct pal_diag *d, const char *what)
{
	return pal_fail(d, PAL_EVERIFY, 0, "the proof does not lead to %s", what);
}

/* RFC 9162 section 2.1.3.2 */
enum pal_err
pal_proof_check_inclusion(uint64_t index, const struct pal_hash *leaf, const struct pal_proof *proof,
			  const struct pal_tree_head *head, struct pal_diag *d)
{
	uint64_t        fn = index, sn = head->size - 1;
	struct pal_hash r = *leaf;

	if (index >= head->size)
		return pal_fail(d, PAL_EVERIFY, 0, "index %llu is not in a tree of %llu entries", (ull)index,
				(ull)head->size);
	for (size_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return pal_fail(d, PAL_EVERIFY, 0, "the proof has %zu hashes, %zu lead to the root",
					proof->count, i);
		if ((fn & 1) == 0 && fn != sn) {
			r = pal_tree_node(&r, &proof->hashes[i]);
		} else {
			r = pal_tree_node(&proof->hashes[i], &r);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		}
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0 || !pal_hash_eq(&r, &head->root))
		return mismatch(d, "the root");
	return PAL_OK;
}

static bool
is_subtree(const struct pal_subtree *t)
{
	uint64_t size = t->end - t->start;
	uint64_t whole = 1;

	if (t->end <= t->start)
		return false;
	while (whole < size && whole != 0)
		whole <<= 1;
	return whole == 0 ? t->start == 0 : t->start % whole == 0;
}

enum pal_err
pal_proof_check_subtree_inclusion(uint64_t index, const struct pal_hash *leaf, const struct pal_proof *proof,
				  const struct pal_subtree *subtree, struct pal_diag *d)
{
	const struct pal_tree_head head = { .size = subtree->end - subtree->start, .root = subtree->root };

	if (!is_subtree(subtree) || index < subtree->start)
		return pal_fail(d, PAL_EVERIFY, 0, "entry %llu is not in a subtree from %llu to %llu", (ull)index,
				(ull)subtree->start, (ull)subtree->end);
	return pal_proof_check_inclusion(index - subtree->start, leaf, proof, &head, d);
}

/* Folds both roots at once; start 0 is RFC 9162 section 2.1.4.2. Sizes are vetted, the tree is larger than the part. */
static enum pal_err
fold(const struct pal_subtree *t, const struct pal_proof *proof, const struct pal_tree_head *head, struct pal_diag *d)
{
	uint64_t        fn = t->start, sn = t->end - 1, tn = head->size - 1;
	struct pal_hash fr = t->root, sr = t->root;
	size_t          i = 0;

	/* A part that ends with the tree is met below where its path joins; any other where its last full node ends. */
	for (bool last = sn == tn; fn != sn && (last || (sn & 1) != 0); fn >>= 1, sn >>= 1)
		tn >>= 1;
	if (fn != sn) {
		if (proof->count == 0)
			return mismatch(d, "the old root");
		fr = sr = proof->hashes[i++];
	}
	for (; i < proof->count; i++) {
		if (tn == 0)
			return pal_fail(d, PAL_EVERIFY, 0, "the proof has %zu hashes, %zu lead to the root",
					proof->count, i);
		if ((sn & 1) != 0 || sn == tn) {
			if (fn < sn)
				fr = pal_tree_node(&proof->hashes[i], &fr);
			sr = pal_tree_node(&proof->hashes[i], &sr);
			for (; (sn & 1) == 0; sn >>= 1, fn >>= 1)
				tn >>= 1;
		} else {
			sr = pal_tree_node(&sr, &proof->hashes[i]);
		}
		fn >>= 1;
		sn >>= 1;
		tn >>= 1;
	}
	if (!pal_hash_eq(&fr, &t->root))
		return mismatch(d, "the old root");
	if (tn != 0 || !pal_hash_eq(&sr, &head->root))
		return mismatch(d, "the new root");
	return PAL_OK;
}

enum pal_err
pal_proof_check_subtree(const struct pal_subtree *subtree, const struct pal_proof *proof,
			const struct pal_tree_head *head, struct pal_diag *d)
{
	const struct pal_hash empty = pal_tree_empty();

	if (subtree->start == subtree->end && subtree->end <= head->size) {
		if (proof->count != 0 || !pal_hash_eq(&subtree->root, &empty))
			return mismatch(d, "an empty subtree");
		return PAL_OK;
	}
	if (!is_subtree(subtree) || subtree->end > head->size)
		return pal_fail(d, PAL_EVERIFY, 0, "%llu to %llu is no subtree of a tree of %llu entries",
				(ull)subtree->start, (ull)subtree->end, (ull)head->size);
	return fold(subtree, proof, head, d);
}

enum pal_err
pal_proof_check_consistency(const struct pal_tree_head *old_head, const struct pal_proof *proof,
			    const struct pal_tree_head *head, struct pal_diag *d)
{
	const struct pal_subtree old = { .start = 0, .end = old_head->size, .root = old_head->root };

	if (old_head->size == 0 || old_head->size > head->size)
		return pal_fail(d, PAL_EVERIFY, 0, "nothing is proved from size %llu to size %llu", (ull)old_head->size,
				(ull)head->size);
	return pal_proof_check_subtree(&old, proof, head, d);
}
