/*
 * lanes.h - the loops that look at every byte of a model: written so that compilers turn them into vectors.
 *
 * Numbers are little-endian and lie in memory that the caller aligned for
 * uint64_t; other orders are swapped first. On x86-64 the loops are there twice,
 * for any processor and for one with AVX2; both give the same, to the last bit.
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

/* The first multiple of 32 from `from` on where 32 bytes print; n (bytes), or more, when none do. */
size_t pal_lanes_printable_next(const uint8_t *p, size_t n, size_t from);

/* Pairs of bytes, each in one of eight kinds: bit k of a nibble's entry is set when it is one of kind k's. */
struct pal_lanes_pairs {
	uint8_t first_low[16], first_high[16], second_low[16], second_high[16];
};

void pal_lanes_pairs_add(struct pal_lanes_pairs *pairs, uint8_t first, uint8_t second, unsigned int kind);

/* The first place from `from` on where two bytes could be a pair: all nibbles are of one kind's; n when there is none.
 * Pairs of one kind are taken for each other, so that the caller looks again. The second is its form for any processor,
 * which the tests hold against it. */
size_t pal_lanes_pair(const uint8_t *p, size_t n, size_t from, const struct pal_lanes_pairs *pairs);
size_t pal_lanes_pair_slowly(const uint8_t *p, size_t n, size_t from, const struct pal_lanes_pairs *pairs);

void pal_lanes_swap(uint8_t *p, size_t n, unsigned int width); /* the bytes of each number, 2, 4 or 8 wide */

/* The lowest byte of each number. */
void pal_lanes_low(const uint8_t *p, size_t n, unsigned int width, uint8_t *out);

/* The lowest `bits` (1, 2, 4) of each byte, above the lowest `above`, packed, first one lowest; n is a multiple of 8;
 * n * bits / 8 bytes. */
void pal_lanes_pack(const uint64_t *bytes, size_t n, unsigned int bits, unsigned int above, uint8_t *out);

void pal_lanes_histogram(const uint8_t *p, size_t bytes, uint32_t counts[256]); /* adds */

/* The 15 bits below the sign, of one number in `step`; numbers 2 or 4 wide. Adds. */
void pal_lanes_top(const uint8_t *p, size_t n, unsigned int width, size_t step, uint32_t counts[128 * 256]);

/* What makes a number one that says nothing: less than `least` without its sign, or none of the bits in `tail`. */
struct pal_lanes_dead {
	uint64_t least, tail;
};

/* Moves the low bytes of groups of eight numbers without a dead one to the front, and says how many there are; n is a
 * multiple of 8. */
size_t pal_lanes_alive(const uint8_t *p, size_t n, unsigned int width, const struct pal_lanes_dead *dead, uint8_t *low);

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
