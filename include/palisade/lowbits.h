/*
 * lowbits.h - tests on the bits of numbers that training leaves to chance: is something written there?
 *
 * After Westfeld and Pfitzmann, "Attacks on Steganographic Systems" (1999), with
 * nulls that arithmetic keeps: rounding, a coarse grid, and a narrower format
 * before leave zeros at the end of numbers and make bits uneven, but they do not
 * make one odd byte rarer than another, nor a bit depend on the bit beside it.
 *
 *   units    counts of numbers or of packed bytes; log10 of a probability
 *   memory   none
 *   errors   none: a test without enough counts has n = 0 and log_p = 0
 *   threads  pure
 */
#ifndef PALISADE_LOWBITS_H
#define PALISADE_LOWBITS_H

#include <stddef.h>
#include <stdint.h>

struct pal_lowbits {
	double n;      /* counts that the test could use */
	double effect; /* (chi-square - df) / n: how different, whatever n is; 0 when nothing is there */
	double log_p;  /* log10 of the probability of so much under the null; 0 when that is above one in ten */
};

/*
 * Null: among the low bytes with the same number of zero bits at their end, each is as likely as another. True for
 * uniform bytes, for numbers on a grid of a power of two, for numbers widened from fewer bits.
 */
struct pal_lowbits pal_lowbits_classes(const uint32_t counts[256]);

/*
 * Bytes packed from the lowest `bits` (1, 2, 4) of neighbouring numbers. Null: the parts of a byte do not depend on
 * each other, however uneven each value is.
 */
struct pal_lowbits pal_lowbits_packed(const uint32_t counts[256], unsigned int bits);

/*
 * The 15 bits below the sign: 7 of the exponent (rows), its last and 7 of the mantissa (columns). Null: within each row
 * all 256 columns are as likely as each other, which three overwritten bytes of a float32 make and training does not
 * (weights are rarer in the upper half of an octave, and never as frequent in two octaves). Here a small effect is what
 * is suspicious; n counts the rows with at least 10 a column.
 */
struct pal_lowbits pal_lowbits_top(const uint32_t counts[128 * 256]);

#endif
