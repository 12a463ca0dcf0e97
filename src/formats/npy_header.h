/*
 * npy_header.h - the header of a NumPy array: a Python dict literal of three keys, read by a grammar and never run.
 *
 *   units    bytes; items
 *   memory   descr is a view into the text
 *   errors   none: false, and why
 *   threads  pure
 */
#ifndef PALISADE_FORMATS_NPY_HEADER_H
#define PALISADE_FORMATS_NPY_HEADER_H

#include "palisade/view.h"

#define PAL_NPY_RANK 64

struct pal_npy {
	struct pal_view descr; /* as written: '<f8', or a list of fields */
	uint64_t        item;  /* bytes of one item, all its fields together */
	bool            objects, fortran;
	uint64_t        shape[PAL_NPY_RANK];
	size_t          rank;
	const char     *why; /* when the answer is false */
	size_t          at;  /* where in the text */
};

bool pal_npy_header(struct pal_view text, struct pal_npy *ret_npy);

#endif
