/*
 * cell_blob.h - values of bytes in tables: text, a file of its own, or bytes that nobody knows.
 *
 *   units    bytes
 *   memory   allocates nothing
 *   errors   those of the sink
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_CELL_BLOB_H
#define PALISADE_FORMATS_CELL_BLOB_H

#include "give.h"

/* UTF-8 without NUL: a cell like any other. */
bool pal_blob_is_text(struct pal_view v);

/* A file that is known by its marks (a pickle, an archive) as a member of the column's name, or raw bytes. */
PAL_NODISCARD enum pal_err pal_blob_give(struct pal_sink *s, struct pal_view v, const struct pal_place *place,
					 const char *column);

#endif
