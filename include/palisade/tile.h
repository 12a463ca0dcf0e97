/*
 * tile.h - where the tiles and entry bundles of a log lie, and what is in them (c2sp.org/tlog-tiles).
 *
 * A tile holds up to 256 consecutive hashes of one level of eight tree levels; a
 * bundle holds the entries below a tile of level 0.
 *
 *   units    widths count hashes or entries, 1 to 256; level PAL_TILE_ENTRIES means bundles
 *   memory   paths are values; entries are views into the bundle
 *   errors   PAL_ETRUNC, PAL_EFORM with the offset in the bundle
 *   threads  pure
 */
#ifndef PALISADE_TILE_H
#define PALISADE_TILE_H

#include "palisade/buf.h"
#include "palisade/tree.h"

#define PAL_TILE_WIDTH   256u
#define PAL_TILE_ENTRIES 64u /* one past the last level */
#define PAL_TILE_PATH    64  /* room for any path, its NUL included */
#define PAL_ENTRY_MOST   65535u
#define PAL_BUNDLE_MOST  (PAL_TILE_WIDTH * (2u + PAL_ENTRY_MOST))
#define PAL_TILE_LEVELS  8u /* 256^8 = 2^64 */

struct pal_tile_id {
	unsigned int level;
	uint64_t     index;
	unsigned int width;
};

void pal_tile_path(const struct pal_tile_id *id, char ret_path[PAL_TILE_PATH]); /* "tile/0/x001/234.p/17" */
bool pal_tile_path_parse(struct pal_view path, struct pal_tile_id *ret_id);     /* the exact inverse */

/* The width that tile `index` of a level has in a tree of `size` leaves; 0 when it does not exist. */
unsigned int pal_tile_width(unsigned int level, uint64_t index, uint64_t size);

void pal_bundle_add(struct pal_buf *b, struct pal_view entry); /* asserts entry.len <= PAL_ENTRY_MOST */

/* Splits a bundle; ret_entries has room for PAL_TILE_WIDTH. On failure *ret_count still counts the whole entries. */
PAL_NODISCARD enum pal_err pal_bundle_split(struct pal_view bundle, struct pal_view *ret_entries, size_t *ret_count,
					    struct pal_diag *d);

#endif
