/*
 * handle.h - what an open ledger holds; shared by the sources that make up ledger.h.
 *
 *   units    as ledger.h
 *   memory   owned by the handle
 *   errors   as ledger.h
 *   threads  one handle belongs to one thread
 */
#ifndef PALISADE_MERKLE_HANDLE_H
#define PALISADE_MERKLE_HANDLE_H

#include "edge.h"
#include "palisade/ledger.h"
#include "shelf.h"

#define PAL_TOUCHED_MOST 64

/* A tile with every node that its hashes make, level after level. */
struct pal_nest {
	struct pal_tile_id id; /* width 0: empty */
	struct pal_hash    nodes[2 * PAL_TILE_WIDTH - 1];
};

struct pal_ledger {
	char                 *dir; /* owned */
	struct pal_vkey       vkey;
	const struct pal_key *key;
	unsigned int          wait_ms;
	struct pal_buf        checkpoint; /* signed */
	struct pal_tree_head  head;

	/* for the writer: what it left on the disk */
	struct pal_edge    edge;
	bool               edge_ready;
	uint64_t           journal_len;
	struct pal_tile_id touched[PAL_TOUCHED_MOST]; /* written since the last sync */
	size_t             touched_count;             /* past PAL_TOUCHED_MOST: all of the file system is flushed */
	struct pal_buf     retired;                   /* of struct pal_tile_id: partials whose full tile is there */

	/* for the reader: two tiles a level, one of them the last; one bundle */
	struct pal_nest   *nests; /* owned */
	struct pal_buf     bundle;
	struct pal_tile_id bundle_id; /* width 0: none */
	struct pal_view    entries[PAL_TILE_WIDTH];
};

/* pal_node_fn of a ledger; arg is a struct pal_ledger_tree, so that the size may be that of a checkpoint not yet taken.
 */
struct pal_ledger_tree {
	struct pal_ledger *ledger;
	uint64_t           size;
};

enum pal_err pal_ledger_node(void *arg, unsigned int level, uint64_t index, struct pal_hash *ret_hash,
			     struct pal_diag *d);

/* Whether the tree that `next` signs begins with the tree of the handle. */
PAL_NODISCARD enum pal_err pal_ledger_grown(struct pal_ledger *l, const struct pal_tree_head *next, struct pal_diag *d);

/* Takes a checkpoint as the handle's, once it verifies and continues the one before. */
PAL_NODISCARD enum pal_err pal_ledger_take(struct pal_ledger *l, struct pal_view signed_text, struct pal_diag *d);

/* Under the lock: what is on the disk is whole and is what the handle knows. */
PAL_NODISCARD enum pal_err pal_ledger_settle(struct pal_ledger *l, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_ledger_lock(const struct pal_ledger *l, int *ret_fd, struct pal_diag *d);

/* Flushes what was written since the last time and empties the journal. */
PAL_NODISCARD enum pal_err pal_ledger_fold(struct pal_ledger *l, struct pal_diag *d);

/* Writes the files that the edge has made since the size was `before`, and remembers them for pal_ledger_fold(). */
PAL_NODISCARD enum pal_err pal_ledger_put(struct pal_ledger *l, uint64_t before, struct pal_diag *d);

#endif
