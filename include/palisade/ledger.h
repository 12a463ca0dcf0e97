/*
 * ledger.h - the append-only log on disk: a folder that any tlog-tiles client can read as static files.
 *
 * Create it once, open it, append batches, prove. Any number of handles and
 * processes may have it open: each append holds DIR/lock for as long as it
 * takes and first takes over what others have appended. Without a key nothing is
 * locked or written and appending fails with PAL_EKEY; what is seen is the
 * checkpoint of the time of opening, until pal_ledger_refresh().
 *
 * An append returns when its entries are on the disk and under a signed
 * checkpoint: they go to DIR/journal with one flush, then into the tiles, then
 * the checkpoint is replaced. pal_ledger_sync() flushes the tiles and empties
 * the journal; opening with a key after a crash does what was left undone.
 *
 *   units    indexes and sizes count entries; an entry has at most PAL_ENTRY_MOST bytes
 *   memory   a handle is owned by the caller: PAL_AUTO_LEDGER, or pal_ledger_close()
 *   errors   PAL_EKEY, PAL_ELOCKED, PAL_EVERIFY (the files do not match the checkpoint), PAL_ESYS, PAL_ENOTFOUND,
 *            PAL_EEXIST, PAL_ELIMIT; after a failed append nothing of it is in the ledger
 *   threads  one handle belongs to one thread; handles and processes are independent
 */
#ifndef PALISADE_LEDGER_H
#define PALISADE_LEDGER_H

#include "palisade/checkpoint.h"
#include "palisade/list.h"
#include "palisade/tile.h"

#define PAL_LEDGER_BATCH_COUNT ((size_t)1 << 20)   /* entries in one batch, at most */
#define PAL_LEDGER_BATCH_BYTES ((size_t)256 << 20) /* bytes in one batch, lengths included, at most */

struct pal_ledger;
struct pal_progress;

#define PAL_AUTO_LEDGER __attribute__((cleanup(pal_ledger_free))) struct pal_ledger *

/* How to reach a ledger. */
struct pal_ledger_access {
	const char            *dir;
	const struct pal_vkey *vkey;    /* its name is the origin; checkpoints by anybody else are refused */
	const struct pal_key  *key;     /* NULL: read only; must outlive the handle */
	unsigned int           wait_ms; /* for the writer's lock */
};

/* Makes the folder (its parent must be there) and the signed checkpoint of an empty log. */
PAL_NODISCARD enum pal_err pal_ledger_create(const struct pal_ledger_access *at, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_ledger_open(const struct pal_ledger_access *at, struct pal_ledger **ret_ledger,
					   struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_ledger_sync(struct pal_ledger *l, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_ledger_close(struct pal_ledger **l, struct pal_diag *d); /* sync, then free */
void                       pal_ledger_free(struct pal_ledger **l); /* without a sync, as a crash would; NULL allowed */

/* Finishes what a crash interrupted, without the key: the journal holds signed checkpoints. at->key is not used. */
PAL_NODISCARD enum pal_err pal_ledger_recover(const struct pal_ledger_access *at, struct pal_diag *d);

uint64_t             pal_ledger_size(const struct pal_ledger *l);
struct pal_tree_head pal_ledger_head(const struct pal_ledger *l);
struct pal_view      pal_ledger_checkpoint(const struct pal_ledger *l); /* signed text; valid until the next change */

/* Looks whether another process has appended; for a handle without a key. A head that went back is PAL_EVERIFY. */
PAL_NODISCARD enum pal_err pal_ledger_refresh(struct pal_ledger *l, struct pal_diag *d);

/* Entries get consecutive indexes from *ret_first. All of the batch is acknowledged, or none. */
PAL_NODISCARD enum pal_err pal_ledger_append_batch(struct pal_ledger *l, const struct pal_view *entries, size_t count,
						   uint64_t *ret_first, struct pal_diag *d);

/* Adds the bytes of one entry to b, having checked them against the tile. */
PAL_NODISCARD enum pal_err pal_ledger_read_entry(struct pal_ledger *l, uint64_t index, struct pal_buf *b,
						 struct pal_diag *d);

/* The latest index whose leaf hash is `leaf`; PAL_ENOTFOUND when there is none. Reads the tiles of level 0. */
PAL_NODISCARD enum pal_err pal_ledger_find_leaf(struct pal_ledger *l, const struct pal_hash *leaf, uint64_t *ret_index,
						struct pal_diag *d);

/* Proofs in the tree of the handle's checkpoint. They are checked before they are handed out. */
PAL_NODISCARD enum pal_err pal_ledger_prove_inclusion(struct pal_ledger *l, uint64_t index, struct pal_proof *ret_proof,
						      struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_ledger_prove_consistency(struct pal_ledger *l, uint64_t old_size,
							struct pal_proof *ret_proof, struct pal_hash *ret_old_root,
							struct pal_diag *d);

/* One thing that verification found wrong. */
struct pal_ledger_fault {
	uint64_t    index; /* of the entry, or UINT64_MAX when it is about no single entry */
	const char *file;  /* relative to the ledger */
	const char *text;
};

struct pal_ledger_report {
	struct pal_tree_head head;    /* what the checkpoint signs */
	struct pal_list      faults;  /* of struct pal_ledger_fault, by file and index */
	uint64_t             dropped; /* faults past the limit, counted only */
	uint64_t             tiles, bundles;
	uint64_t             ahead; /* files that no checkpoint covers yet: a writer is at work, or was killed */
	uint64_t             journal_bytes; /* not 0: the ledger was not closed; see pal_ledger_recover() */
};

#define PAL_LEDGER_FAULTS 1000

/*
 * Recomputes every leaf and every tile from the entries and compares them with the tiles and the signed checkpoint.
 * Writes nothing and takes no lock. PAL_OK when all is right, PAL_EVERIFY when *ret_report lists faults (it is written
 * then too); other errors mean that the work itself could not be done. progress may be NULL; it counts bundles.
 */
PAL_NODISCARD enum pal_err pal_ledger_verify(const char *dir, const struct pal_vkey *vkey, struct pal_arena *a,
					     struct pal_progress *progress, struct pal_ledger_report *ret_report,
					     struct pal_diag *d);

#endif
