/*
 * tally.h - counts a table of predictions in a worker, so that nobody with power parses it.
 *
 * The table is read by whatever format recognises it (CSV, JSON Lines); three of
 * its columns are counted into a struct pal_scores. The worker answers with
 * counts alone; what it says is vetted like any result.
 *
 *   units    records
 *   memory   scores live in the caller's arena
 *   errors   PAL_EFORM (no table, a column is missing, a cell is too long), PAL_ELIMIT (too many classes or groups),
 *            PAL_ESYS (the worker died or ran out of time)
 *   threads  one
 */
#ifndef PALISADE_TALLY_H
#define PALISADE_TALLY_H

#include "palisade/buf.h"
#include "palisade/input.h"
#include "palisade/scores.h"

#define PAL_TALLY_CELL 256 /* bytes of a class or group name */

struct pal_tally_columns {
	const char *truth, *predicted;
	const char *group; /* NULL: no groups */
};

/* Spawns a worker of its own; fd stays the caller's. */
PAL_NODISCARD enum pal_err pal_tally(int fd, uint64_t size, const struct pal_tally_columns *columns,
				     struct pal_arena *a, struct pal_scores *ret_scores, struct pal_diag *d);

/* The counting itself, in whatever process. */
PAL_NODISCARD enum pal_err pal_tally_count(struct pal_input *in, const struct pal_tally_columns *columns,
					   struct pal_arena *a, struct pal_scores *ret_scores, struct pal_diag *d);

/* What the worker sends, and how the parent reads it. */
void                       pal_tally_encode(const struct pal_scores *s, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_tally_decode(struct pal_view bytes, struct pal_arena *a, struct pal_scores *ret_scores);

#endif
