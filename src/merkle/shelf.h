/*
 * shelf.h - the files of a ledger's folder: tiles and bundles read by name, written by name.
 *
 * A partial tile that is gone is read from the full one that took its place.
 *
 *   units    bytes
 *   memory   into the caller's buffers; dir is the ledger's folder
 *   errors   PAL_ENOTFOUND, PAL_ESYS, PAL_EFORM (a size that does not fit the width), PAL_ETRUNC
 *   threads  safe
 */
#ifndef PALISADE_MERKLE_SHELF_H
#define PALISADE_MERKLE_SHELF_H

#include "palisade/tile.h"

#define PAL_SHELF_CHECKPOINT "checkpoint"
#define PAL_SHELF_JOURNAL    "journal"
#define PAL_SHELF_LOCK       "lock"

/* Adds all of DIR/name, at most `most` bytes; no link is followed. */
PAL_NODISCARD enum pal_err pal_shelf_read(const char *dir, const char *name, size_t most, struct pal_buf *b,
					  struct pal_diag *d);

/* Exactly id->width hashes. */
PAL_NODISCARD enum pal_err pal_shelf_tile(const char *dir, const struct pal_tile_id *id,
					  struct pal_hash ret_hashes[PAL_TILE_WIDTH], struct pal_diag *d);

/*
 * Reads a bundle into b (which is emptied) and splits it into ret_entries, room for PAL_TILE_WIDTH. When the bundle is
 * broken *ret_count still counts the entries before the break, else it is id->width.
 */
PAL_NODISCARD enum pal_err pal_shelf_bundle(const char *dir, const struct pal_tile_id *id, struct pal_buf *b,
					    struct pal_view *ret_entries, size_t *ret_count, struct pal_diag *d);

/* Writes DIR/name without a flush, making the folders on the way. A file that holds the content already is left. */
PAL_NODISCARD enum pal_err pal_shelf_write(const char *dir, const char *name, struct pal_view content,
					   struct pal_diag *d);

/* Replaces DIR/name as a whole, without a flush. */
PAL_NODISCARD enum pal_err pal_shelf_replace(const char *dir, const char *name, struct pal_view content,
					     struct pal_diag *d);

/* Flushes DIR/name and every folder from it up to DIR. */
PAL_NODISCARD enum pal_err pal_shelf_sync(const char *dir, const char *name, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_shelf_sync_all(const char *dir, struct pal_diag *d); /* the whole file system */

/* Appends at `at`, where the file must end, and flushes; after a failure the file ends at `at` again, if it can be. */
PAL_NODISCARD enum pal_err pal_shelf_append(const char *dir, const char *name, uint64_t at, struct pal_view content,
					    struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_shelf_cut(const char *dir, const char *name, uint64_t len, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_shelf_size(const char *dir, const char *name, uint64_t *ret_size, struct pal_diag *d);
void                       pal_shelf_remove(const char *dir, const char *name); /* absent: nothing */

/* Removes the partial files of a tile that is now full; what cannot be removed stays and harms nobody. */
void pal_shelf_retire(const char *dir, const struct pal_tile_id *id);

#endif
