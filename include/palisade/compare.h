/*
 * compare.h - what of a model differs from the model that it says it was made from, tensor by tensor.
 *
 * Both are files or folders, in whatever format has a reader. A worker lists the
 * tensors of both, pairs them by name (what wrappers put before names is left
 * off when that is one to one), and reads each pair once to three times, block by
 * block; it gets the descriptors that it asks for and nothing else. What it
 * measures is vetted and judged here: findings and a summary. Call
 * pal_scan_worker_main() first thing in main(), as for a scan.
 *
 *   units    numbers and bytes; shares 0 to 1
 *   memory   results live in the caller's arena; the worker takes 512 MB at most, whatever the models' size
 *   errors   PAL_ENOTFOUND, PAL_ESYS, PAL_ELIMIT (too many tensors), PAL_EFORM (a side has no tensor); a tensor that
 *            cannot be read is a finding
 *   threads  one
 */
#ifndef PALISADE_COMPARE_H
#define PALISADE_COMPARE_H

#include "palisade/dtype.h"
#include "palisade/finding.h"
#include "palisade/progress.h"

#define PAL_COMPARE_RANK    8u      /* dimensions that are told */
#define PAL_COMPARE_NAME    512u    /* bytes of a tensor's name */
#define PAL_COMPARE_TENSORS 200000u /* of one side */

enum pal_compared_state {
	PAL_COMPARED_SAME,
	PAL_COMPARED_CAST, /* the same numbers, rounded to another precision */
	PAL_COMPARED_CHANGED,
	PAL_COMPARED_RESHAPED, /* under the same name, with another shape or kind; its numbers were not compared */
	PAL_COMPARED_ADDED,
	PAL_COMPARED_MISSING,
	PAL_COMPARED_UNREAD, /* its bytes are not at hand, in one of the two */
};

struct pal_compared_side {
	const char    *name, *file; /* relative to the folder; NULL: it is not on this side */
	enum pal_dtype type;
	size_t         rank;
	uint64_t       shape[PAL_COMPARE_RANK];
};

struct pal_compared {
	enum pal_compared_state  state;
	struct pal_compared_side model, base;
	uint64_t                 count, changed; /* numbers; those that differ beyond rounding to the narrower type */
	uint64_t                 cut;            /* of the others: cut off, not rounded to nearest */
	double                   relative, most; /* norm of the difference by that of the base; largest difference */
	uint32_t                 low_bits;       /* all changed bits are among so many lowest ones; 0: they are not */
	uint32_t                 number_bits;    /* of the sign's magnitude: how many could have changed */
	double                   low_chance;     /* log10 of the probability that adding numbers would leave that */
	bool                     low_blank;      /* these bits are 0 in all changed numbers of the base */
	bool                     zeroed;         /* every changed number is 0 now */
	bool     resized; /* one has more rows than the other: what is said is of the rows that both have */
	uint64_t rows, rows_changed, first_row, columns, columns_changed, first_column; /* of matrices; else 0 */
	uint32_t ranked;       /* the difference has this rank, up to rounding; 0: it is not low, or not known */
	double   held;         /* share of the difference that this rank holds */
	double   first, eight; /* share of the largest, of the eight largest singular values, in a sample of rows */
	double   edge;         /* first, by what noise of that shape has; 0: not measured */
	double   lattice;      /* the differences are multiples of it; 0: they are not */
	double   kurtosis;     /* of the differences of neighbours: 3 normal, 1.8 rounding; 0: not measured */
};

struct pal_comparison {
	struct pal_list tensors;                         /* of struct pal_compared: what is not the same */
	uint64_t        states[PAL_COMPARED_UNREAD + 1]; /* how many of each */
	uint64_t floats, matrices; /* tensors of both, of floating-point numbers; those with two dimensions or more */
	uint64_t layer_first, layer_last; /* of the matrices, by the numbers in their names; first > last: none */
	uint64_t compared;                /* bytes of the model that were compared */
	uint64_t elapsed_ms;
	const char         *summary;  /* for people, one or two sentences */
	struct pal_findings findings; /* place.path: the model's file, NULL: the model as a whole */
	const char         *sandbox;
};

struct pal_compare_options {
	const char          *sandbox;  /* as for a scan */
	struct pal_progress *progress; /* NULL: silent */
};

PAL_NODISCARD enum pal_err pal_compare(const char *model, const char *base, const struct pal_compare_options *o,
				       struct pal_arena *a, struct pal_comparison *ret, struct pal_diag *d);

const char *pal_compared_state_name(enum pal_compared_state s); /* "changed" */

#endif
