/*
 * convert_parts.h - what the three sources of convert share.
 *
 *   units    bytes
 *   memory   the caller's
 *   errors   those of the files
 *   threads  one
 */
#ifndef PALISADE_SCAN_CONVERT_PARTS_H
#define PALISADE_SCAN_CONVERT_PARTS_H

#include "palisade/convert.h"
#include "palisade/progress.h"

/* convert_plan.c: elements of a vetted tensor, and how far its last one lies behind its first. */
uint64_t pal_convert_count(const struct pal_plan_tensor *t);
uint64_t pal_convert_span(const struct pal_plan_tensor *t); /* bytes */
bool     pal_convert_dense(const struct pal_plan_tensor *t);

struct pal_convert_copy {
	int                  from, to;
	const char          *name; /* of the new file */
	struct pal_hasher   *hasher;
	struct pal_progress *progress;
};

/* convert_copy.c: the elements in order, little-endian. */
PAL_NODISCARD enum pal_err pal_convert_tensor(const struct pal_convert_copy *c, const struct pal_plan_tensor *t,
					      struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_convert_put(const struct pal_convert_copy *c, struct pal_view bytes, struct pal_diag *d);

#endif
