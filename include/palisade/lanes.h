/*
 * lanes.h - the loops that look at every byte of a model: written so that compilers turn them into vectors.
 *
 * Numbers are little-endian and lie in memory that the caller aligned for
 * uint64_t; other orders are swapped first.
 *
 *   units    n counts numbers, or bytes where it says so
 *   memory   the caller's
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_LANES_H
#define PALISADE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool pal_lanes_printable(const uint8_t *p); /* are 32 bytes ASCII that prints, blanks and line ends? */

void pal_lanes_swap(uint8_t *p, size_t n, unsigned int width); /* the bytes of each number, 2, 4 or 8 wide */

/* The lowest byte of each number. */
void pal_lanes_low(const uint8_t *p, size_t n, unsigned int width, uint8_t *out);

/* The lowest `bits` (1, 2, 4) of each byte, above the lowest `above`, packed, first one lowest; n is a multiple of 8;
 * n * bits / 8 bytes. */
void pal_lanes_pack(const uint64_t *bytes, size_t n, unsigned int bits, unsigned int above, uint8_t *out);

void pal_lanes_histogram(const uint8_t *p, size_t bytes, uint32_t counts[256]); /* adds */

/* What the bit patterns say. */
struct pal_patterns {
	uint64_t zeros, denormals, infinities, nans;
	uint64_t huge;   /* beyond 2^30 (half precision: 2^8) */
	uint64_t tiny;   /* not 0 and below 2^-50 (half precision: 2^-10) */
	uint64_t tailed; /* with a bit set below what a narrower format keeps: the low 13 of 32, 29 of 64 */
	uint64_t ored;   /* all of them, or-ed */
};

void pal_lanes_patterns(const uint8_t *p, size_t n, unsigned int width, unsigned int exponent_bits,
			struct pal_patterns *sum); /* adds */

/* As float; 16 bits wide with 5 or 8 bits of exponent, 32, 64. */
void pal_lanes_floats(const uint8_t *p, size_t n, unsigned int width, unsigned int exponent_bits, float *out);

struct pal_moments {
	double sum, squares, positive; /* of all, of their squares, of those above 0 */
	float  most;                   /* the largest magnitude */
};

/* Numbers that are no numbers or infinite count as 0. */
void pal_lanes_moments(const float *x, size_t n, struct pal_moments *sum); /* adds */
void pal_lanes_columns(const float *x, size_t n, float *columns);          /* columns[i] += x[i] above 0 */

#endif
