/*
 * overlap.h - how many records two tables share, exactly.
 *
 * Records are the lines of the files; the first line of both is left out when it
 * is the same (a header). Each line is kept as a 64-bit hash under a random seed,
 * so the chance that one pair of different lines counts as shared is 2^-64.
 *
 *   units    records
 *   memory   8 bytes a distinct record of the first file, at most `most` records; freed before returning
 *   errors   PAL_ELIMIT (more than `most` records), PAL_ENOMEM, those of the inputs
 *   threads  pure
 */
#ifndef PALISADE_OVERLAP_H
#define PALISADE_OVERLAP_H

#include "palisade/input.h"

struct pal_overlap {
	uint64_t first, second; /* records */
	uint64_t shared;        /* records of `second` that `first` holds too */
	uint64_t repeated;      /* records of `first` that stand in it more than once, the first time not counted */
};

PAL_NODISCARD enum pal_err pal_overlap(struct pal_input *first, struct pal_input *second, uint64_t most,
				       struct pal_overlap *ret_overlap);

#endif
