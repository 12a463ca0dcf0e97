/* read.c - proofs and entries out of the tiles on the path; nothing is handed out that does not lead to the signed
 * root. */
#include <stdio.h>

#include "handle.h"
#include "palisade/mem.h"

typedef unsigned long long ull;

/* Where the nodes of height h begin in a nest: 256 hashes, 128, 64, ... */
static size_t
nest_at(unsigned int h)
{
	return 2 * PAL_TILE_WIDTH - (2 * PAL_TILE_WIDTH >> h);
}

static bool
same_tile(const struct pal_tile_id *a, const struct pal_tile_id *b)
{
	return a->level == b->level && a->index == b->index && a->width == b->width;
}

/* Brings a tile into memory, if it is not there. */
static enum pal_err
fill(const struct pal_ledger *l, const struct pal_tile_id *id, struct pal_nest *n, struct pal_diag *d)
{
	if (same_tile(&n->id, id))
		return PAL_OK;
	n->id.width = 0;
	PAL_TRY(pal_shelf_tile(l->dir, id, n->nodes, d));
	for (unsigned int h = 1; h <= 8; h++)
		for (size_t i = 0; i < id->width >> h; i++)
			n->nodes[nest_at(h) + i] =
			    pal_tree_node(&n->nodes[nest_at(h - 1) + 2 * i], &n->nodes[nest_at(h - 1) + 2 * i + 1]);
	n->id = *id;
	return PAL_OK;
}

enum pal_err
pal_ledger_node(void *arg, unsigned int level, uint64_t index, struct pal_hash *ret_hash, struct pal_diag *d)
{
	const struct pal_ledger_tree *t = arg;
	unsigned int                  height = level % 8;
	struct pal_tile_id            id = { .level = level / 8, .index = index >> (8 - height) };
	size_t                        at = (size_t)(index & ((PAL_TILE_WIDTH >> height) - 1));
	bool                          last = pal_tile_width(id.level, id.index + 1, t->size) == 0;
	struct pal_nest              *n = &t->ledger->nests[id.level * 2 + (last ? 1 : 0)];

	id.width = pal_tile_width(id.level, id.index, t->size);
	PAL_ASSERT(at < id.width >> height);
	PAL_TRY(fill(t->ledger, &id, n, d));
	*ret_hash = n->nodes[nest_at(height) + at];
	return PAL_OK;
}

static enum pal_err
broken(const struct pal_ledger *l, struct pal_diag *d, const char *what)
{
	return pal_fail(d, PAL_EVERIFY, 0, "the tiles of the ledger %s do not lead %s; run palisade log verify", l->dir,
			what);
}

enum pal_err
pal_ledger_grown(struct pal_ledger *l, const struct pal_tree_head *next, struct pal_diag *d)
{
	struct pal_ledger_tree t = { .ledger = l, .size = next->size };
	struct pal_hash        root = { 0 };

	if (next->size < l->head.size)
		return pal_fail(d, PAL_EVERIFY, 0, "the ledger %s went back from %llu to %llu entries", l->dir,
				(ull)l->head.size, (ull)next->size);
	PAL_TRY(pal_proof_root(next->size, pal_ledger_node, &t, &root, d));
	if (!pal_hash_eq(&root, &next->root))
		return broken(l, d, "to the root of its checkpoint");
	PAL_TRY(pal_proof_root(l->head.size, pal_ledger_node, &t, &root, d));
	if (!pal_hash_eq(&root, &l->head.root))
		return pal_fail(d, PAL_EVERIFY, 0,
				"the ledger %s was replaced: its first %llu entries are not what they were", l->dir,
				(ull)l->head.size);
	return PAL_OK;
}

static enum pal_err
vet_index(const struct pal_ledger *l, uint64_t index, struct pal_diag *d)
{
	if (index < l->head.size)
		return PAL_OK;
	return pal_fail(d, PAL_ENOTFOUND, 0, "there is no entry %llu in the ledger %s, it holds %llu", (ull)index,
			l->dir, (ull)l->head.size);
}

/* Checks what is about to be said about the leaf at an index. */
static enum pal_err
prove(struct pal_ledger *l, uint64_t index, const struct pal_hash *leaf, struct pal_proof *ret_proof,
      struct pal_diag *d)
{
	struct pal_ledger_tree t = { .ledger = l, .size = l->head.size };
	struct pal_proof       p = { 0 };

	PAL_TRY(pal_proof_make_inclusion(index, l->head.size, pal_ledger_node, &t, &p, d));
	if (pal_proof_check_inclusion(index, leaf, &p, &l->head, NULL) != PAL_OK)
		return broken(l, d, "from this entry to the root of its checkpoint");
	*ret_proof = p;
	return PAL_OK;
}

enum pal_err
pal_ledger_prove_inclusion(struct pal_ledger *l, uint64_t index, struct pal_proof *ret_proof, struct pal_diag *d)
{
	struct pal_ledger_tree t = { .ledger = l, .size = l->head.size };
	struct pal_hash        leaf = { 0 };

	PAL_TRY(vet_index(l, index, d));
	PAL_TRY(pal_ledger_node(&t, 0, index, &leaf, d));
	return prove(l, index, &leaf, ret_proof, d);
}

enum pal_err
pal_ledger_prove_consistency(struct pal_ledger *l, uint64_t old_size, struct pal_proof *ret_proof,
			     struct pal_hash *ret_old_root, struct pal_diag *d)
{
	struct pal_ledger_tree t = { .ledger = l, .size = l->head.size };
	struct pal_tree_head   old = { .size = old_size };
	struct pal_proof       p = { 0 };

	PAL_TRY(pal_proof_make_consistency(old_size, l->head.size, pal_ledger_node, &t, &p, d));
	PAL_TRY(pal_proof_root(old_size, pal_ledger_node, &t, &old.root, d));
	if (pal_proof_check_consistency(&old, &p, &l->head, NULL) != PAL_OK)
		return broken(l, d, "from this size to the root of its checkpoint");
	*ret_proof = p;
	*ret_old_root = old.root;
	return PAL_OK;
}

enum pal_err
pal_ledger_read_entry(struct pal_ledger *l, uint64_t index, struct pal_buf *b, struct pal_diag *d)
{
	struct pal_tile_id id = { .level = PAL_TILE_ENTRIES, .index = index / PAL_TILE_WIDTH };
	struct pal_proof   proof = { 0 };
	struct pal_hash    leaf = { 0 };
	struct pal_view    entry = { 0 };
	size_t             count = 0;
	enum pal_err       err = PAL_OK;

	PAL_TRY(vet_index(l, index, d));
	id.width = pal_tile_width(id.level, id.index, l->head.size);
	if (!same_tile(&l->bundle_id, &id)) {
		l->bundle_id.width = 0;
		PAL_TRY(pal_shelf_bundle(l->dir, &id, &l->bundle, l->entries, &count, d));
		l->bundle_id = id;
	}
	entry = l->entries[index % PAL_TILE_WIDTH];
	leaf = pal_tree_leaf(entry);
	err = prove(l, index, &leaf, &proof, d);
	if (err == PAL_EVERIFY)
		return pal_fail(d, err, 0,
				"entry %llu of the ledger %s is not the one that its checkpoint covers; "
				"run palisade log verify",
				(ull)index, l->dir);
	PAL_TRY(err);
	pal_buf_add(b, entry);
	return pal_buf_err(b) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(b), 0, "entry %llu", (ull)index);
}

enum pal_err
pal_ledger_find_leaf(struct pal_ledger *l, const struct pal_hash *leaf, uint64_t *ret_index, struct pal_diag *d)
{
	struct pal_hash hashes[PAL_TILE_WIDTH];

	for (uint64_t n = l->head.size / PAL_TILE_WIDTH + 1; n > 0; n--) {
		const struct pal_tile_id id = { .index = n - 1, .width = pal_tile_width(0, n - 1, l->head.size) };

		if (id.width == 0)
			continue;
		PAL_TRY(pal_shelf_tile(l->dir, &id, hashes, d));
		for (unsigned int i = id.width; i > 0; i--) {
			if (!pal_hash_eq(&hashes[i - 1], leaf))
				continue;
			*ret_index = id.index * PAL_TILE_WIDTH + i - 1;
			return PAL_OK;
		}
	}
	return pal_fail(d, PAL_ENOTFOUND, 0, "no entry of the ledger %s has this hash", l->dir);
}
