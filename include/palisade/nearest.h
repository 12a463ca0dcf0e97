/*
 * nearest.h - the known name that a wrong one was probably meant to be.
 *
 * For error messages: unknown key "sevrity", did you mean "severity"? Give the
 * candidates one by one to a pal_nearest and read `best` at the end.
 *
 *   units    edits (insertions, deletions, changes, swaps of neighbours)
 *   memory   keeps a pointer to the best candidate
 *   errors   none: names longer than 64 bytes are never near
 *   threads  pure
 */
#ifndef PALISADE_NEAREST_H
#define PALISADE_NEAREST_H

#include "palisade/view.h"

struct pal_nearest {
	struct pal_view wrong;
	const char     *best; /* NULL while none is near */
	size_t          edits;
};

struct pal_nearest pal_nearest_of(struct pal_view wrong);
void               pal_nearest_try(struct pal_nearest *n, const char *candidate);

#endif
