/*
 * edge.h - the right edge of a growing log: the tiles and the bundle that are not full yet.
 *
 * Add entries, take the files that they complete out of `files`, then
 * pal_edge_close() for the partial ones and the root.
 *
 *   units    size counts entries
 *   memory   owned by the edge until pal_edge_done()
 *   errors   PAL_ENOMEM, sticky in the buffers: ask pal_edge_err() once
 *   threads  one edge belongs to one thread
 */
#ifndef PALISADE_MERKLE_EDGE_H
#define PALISADE_MERKLE_EDGE_H

#include "palisade/tile.h"

/* A file to write: bytes [at, at + len) of the edge's buffer. */
struct pal_edge_file {
	struct pal_tile_id id;
	size_t             at, len;
};

struct pal_edge {
	uint64_t        size;
	uint64_t        closed; /* the size whose partial files are on the disk */
	struct pal_hash tiles[PAL_TILE_LEVELS][PAL_TILE_WIDTH];
	struct pal_buf  bundle;
	struct pal_buf  files; /* of struct pal_edge_file */
	struct pal_buf  bytes;
};

void            pal_edge_init(struct pal_edge *e);
void            pal_edge_done(struct pal_edge *e);
void            pal_edge_add(struct pal_edge *e, struct pal_view entry);
struct pal_hash pal_edge_root(const struct pal_edge *e);

/* Adds the partial files of the present size to `files`, but for those that have not changed since the last time. */
void pal_edge_close(struct pal_edge *e);

/* Forgets the files, not the edge. */
void pal_edge_clear(struct pal_edge *e);

size_t               pal_edge_count(const struct pal_edge *e); /* of files */
struct pal_edge_file pal_edge_file(const struct pal_edge *e, size_t i);
struct pal_view      pal_edge_bytes(const struct pal_edge *e, const struct pal_edge_file *f);
enum pal_err         pal_edge_err(const struct pal_edge *e);

/* How many hashes of the edge's tile at a level are in use. */
static inline unsigned int
pal_edge_width(uint64_t size, unsigned int level)
{
	return (unsigned int)(size >> (8 * level) & (PAL_TILE_WIDTH - 1));
}

#endif
