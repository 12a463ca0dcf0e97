/*
 * delta.h - how one tensor's numbers differ from another's: counted block by block, in memory of a fixed size.
 *
 * pal_delta_start(), then pal_delta_add() for each block of both, in order. What
 * is equal costs a comparison. Types may differ: numbers of the wider one are
 * rounded to the narrower, and what is then equal counts as cast, not as changed.
 *
 *   units    numbers; a row is what the first dimension counts
 *   memory   a room is 1 MB and one float for each row, the caller's
 *   errors   none: a type whose numbers cannot be subtracted is compared as bytes
 *   threads  one room belongs to one thread
 */
#ifndef PALISADE_DELTA_H
#define PALISADE_DELTA_H

#include <stddef.h>

#include "palisade/dtype.h"

#define PAL_DELTA_BLOCK   8192u /* numbers in one call */
#define PAL_DELTA_SAMPLES 4096u
#define PAL_DELTA_COLUMNS 65536u

/* A number that changed. */
struct pal_delta_sample {
	double   difference; /* the model's less the base's */
	float    step;       /* the distance of two neighbouring numbers there */
	uint64_t ulps;       /* how many representable numbers lie between; types alike, same sign */
	uint64_t base;       /* the base's bits */
};

struct pal_delta {
	uint64_t count, changed; /* after rounding to the narrower type */
	uint64_t cast;           /* of the others: equal only after rounding */
	uint64_t cut;            /* of these: the wider number was cut off, not rounded to the nearest */
	uint64_t broken;         /* NaN or infinite in one of the two; they count as changed, and not below */
	double   squares, base_squares, most; /* of the differences; of the base; the largest difference */
	double   rounding; /* sum of squares that rounding to the model's type explains in changed numbers */
	uint64_t bits,
	    ulps; /* changed bits, or-ed; the most numbers between: of equal types, until high bits changed */
	uint64_t ored, base_ored; /* bits of the changed numbers, or-ed */
	uint64_t rows, rows_changed, first_row;
	uint64_t columns_changed, first_column; /* of matrices with at most PAL_DELTA_COLUMNS columns; else 0 */
	bool     half;     /* every change is one that rounding to half precision makes; of float32 */
	double   kurtosis; /* of the differences of neighbours, mean over runs of 64: 1.8 uniform, 3 normal; 0: none */
};

struct pal_delta_room {
	struct pal_delta        d;
	enum pal_dtype          type, base_type;
	uint64_t                in_row, at;
	float                  *row_squares; /* of d.rows, or NULL: rows are not told apart */
	bool                    as_bytes;
	double                  runs, run_kurtosis;
	size_t                  sample_count;
	uint64_t                sample_every, sample_blocks;
	struct pal_delta_sample samples[PAL_DELTA_SAMPLES];
	uint64_t                left[PAL_DELTA_BLOCK], right[PAL_DELTA_BLOCK]; /* patterns */
	float                   x[PAL_DELTA_BLOCK], y[PAL_DELTA_BLOCK], step[PAL_DELTA_BLOCK];
	double                  wide[2][PAL_DELTA_BLOCK];
	uint8_t                 columns[PAL_DELTA_COLUMNS];
};

/* Can numbers of these two types be subtracted? */
bool pal_delta_fits(enum pal_dtype type, enum pal_dtype base_type);

/* count numbers in rows of in_row each (0: no rows); row_squares: room for count / in_row, or NULL. */
void pal_delta_start(struct pal_delta_room *r, enum pal_dtype type, enum pal_dtype base_type, uint64_t in_row,
		     float *row_squares);

/* n numbers, little-endian, of each; at most PAL_DELTA_BLOCK. */
void pal_delta_add(struct pal_delta_room *r, const uint8_t *model, const uint8_t *base, size_t n);

/* The sums, complete. */
struct pal_delta pal_delta_end(struct pal_delta_room *r);

/* Numbers as floats: n of a type that pal_delta_fits() with itself. */
void pal_delta_floats(enum pal_dtype type, const uint8_t *p, size_t n, float *out);

/*
 * log10 of the probability that no sample carries over bit `bits`, if each was changed by adding a number: the low bits
 * of trained numbers are even, so adding d of 2^bits carries with probability d / 2^bits. 0 when one has d beyond, or
 * when the low bits of the base are not even (numbers that all lie near 1) though they are not all 0.
 */
double pal_delta_no_carry(const struct pal_delta_room *r, unsigned int bits);

/*
 * The distance of the values that the differences take, when they take few, evenly spaced ones: what a sum of signs of
 * one size leaves (spread-spectrum marks; Hitaj et al. 2022, MaleficNet). 0: they do not, or rounding hides it.
 */
double pal_delta_lattice(struct pal_delta_room *r);

#endif
