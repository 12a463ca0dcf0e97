/*
 * spectrum.h - what rank a large matrix has, from a sample of its rows.
 *
 * Rows that are drawn with a probability that grows with their squared norm keep
 * the leading singular values of the whole (Frieze, Kannan and Vempala, Journal
 * of the ACM 51, 2004), and a sample of a matrix of rank r never has more. The
 * draw is fixed by a seed, so that results repeat.
 *
 *   units    shares are of the squared Frobenius norm, 0 to 1
 *   memory   the caller's
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_SPECTRUM_H
#define PALISADE_SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_SPECTRUM_ROWS 128u /* in a sample, at most */
#define PAL_SPECTRUM_RANK 64u  /* above it nothing counts as low */

struct pal_spectrum {
	size_t rows;                        /* in the sample */
	double left[PAL_SPECTRUM_RANK + 1]; /* share that is left after so many of the rows named by pivots */
	size_t pivots[PAL_SPECTRUM_RANK];   /* rows of the sample, the one that explains most first */
	double first, eight;                /* share of the largest singular value, of the eight largest */
	double gram[PAL_SPECTRUM_ROWS][PAL_SPECTRUM_ROWS];
	double low[PAL_SPECTRUM_ROWS][PAL_SPECTRUM_RANK]; /* room to work in */
	double lead[2][8][PAL_SPECTRUM_ROWS];             /* the same */
};

/*
 * The places of `want` of n rows (of all that are not 0, if there are no more), rising; their weights are squared
 * norms. Weighted sampling without replacement after Efraimidis and Spirakis (2006).
 */
size_t pal_spectrum_draw(const float *squares, size_t n, size_t want, size_t *ret_rows);

/* rows of `columns` floats, one behind the other; even: each row counts alike, whatever its norm (a drawn sample). */
void pal_spectrum_of(const float *x, size_t rows, size_t columns, bool even, struct pal_spectrum *ret);

/* The first `rank` rows of the sample that pivots name become orthonormal, in their place; returns how many there are.
 */
size_t pal_spectrum_basis(float *x, size_t columns, const struct pal_spectrum *s, size_t rank);

double pal_spectrum_dot(const float *a, const float *b, size_t n);

#endif
