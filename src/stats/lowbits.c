/* lowbits.c - chi-square over cells that their null makes equal or predicts. */
#include "palisade/lowbits.h"

#include <math.h>

#include "palisade/chance.h"

#define LEAST_EXPECTED 5.0 /* in a cell; below, chi-square is no longer what its table says (Cochran 1954) */
#define LEAST_ROW      2560.0

/* One standard deviation above what is expected is never rarer than one in ten; working out how rare is most of the
 * time that a test takes. */
static struct pal_lowbits
test_of(double n, double x2, double df)
{
	struct pal_lowbits t = { .n = n };

	if (n > 0 && df > 0) {
		t.effect = (x2 - df) / n;
		t.log_p = x2 < df + sqrt(2 * df) ? 0 : pal_chance_chi2(x2, df);
	}
	return t;
}

/* The bytes with `zeros` zero bits at their end: from 1 << zeros on, every 2 << zeros. */
struct pal_lowbits
pal_lowbits_classes(const uint32_t counts[256])
{
	double n = 0, x2 = 0, df = 0;

	for (unsigned int zeros = 0; zeros < 7; zeros++) { /* the classes of 7 and 8 have one byte each */
		size_t first = (size_t)1 << zeros, step = 2 * first;
		double sum = 0, squares = 0, cells = (double)(256 / step);

		for (size_t b = first; b < 256; b += step) {
			sum += counts[b];
			squares += (double)counts[b] * counts[b];
		}
		if (sum < LEAST_EXPECTED * cells)
			continue;
		x2 += squares * cells / sum - sum;
		n += sum;
		df += cells - 1;
	}
	return test_of(n, x2, df);
}

/* How often each value stands in each part of a byte: the lowest part's, then it is folded away. */
static double
count_parts(const uint32_t counts[256], unsigned int bits, double part[8][16])
{
	uint64_t folded[256], n = 0;
	size_t   size = 256, values = (size_t)1 << bits;

	for (size_t b = 0; b < 256; b++) {
		folded[b] = counts[b];
		n += counts[b];
	}
	for (size_t k = 0; size > 1; k++, size >>= bits) {
		uint64_t sums[16] = { 0 };

		for (size_t b = 0; b < size; b++) {
			uint64_t one = folded[b];

			sums[b & (values - 1)] += one;
			folded[b >> bits] = (b & (values - 1)) == 0 ? one : folded[b >> bits] + one;
		}
		for (size_t v = 0; v < values; v++)
			part[k][v] = (double)sums[v];
	}
	return (double)n;
}

/* What each cell would hold if its parts were independent: part by part, each value of a part beside all before. */
static void
expect_parts(double n, double part[8][16], unsigned int bits, double expected[256])
{
	size_t size = 1, values = (size_t)1 << bits;

	expected[0] = n;
	for (size_t k = 0; size < 256; k++, size <<= bits)
		for (size_t v = values; v > 0; v--)
			for (size_t b = 0; b < size; b++)
				expected[(v - 1) * size + b] = expected[b] * (part[k][v - 1] / n);
}

/* Cells below the least are one cell together. */
struct pal_lowbits
pal_lowbits_packed(const uint32_t counts[256], unsigned int bits)
{
	double part[8][16], expected[256], x2 = 0, rare = 0, rare_expected = 0, cells = 0;
	double n = count_parts(counts, bits, part);
	size_t parts = 8 / bits, values = (size_t)1 << bits;

	if (n < LEAST_EXPECTED * 256)
		return test_of(0, 0, 0);
	expect_parts(n, part, bits, expected);
	for (size_t b = 0; b < 256; b++) {
		if (expected[b] < LEAST_EXPECTED) {
			rare += counts[b];
			rare_expected += expected[b];
			continue;
		}
		x2 += (counts[b] - expected[b]) * (counts[b] - expected[b]) / expected[b];
		cells++;
	}
	if (rare_expected >= LEAST_EXPECTED) {
		x2 += (rare - rare_expected) * (rare - rare_expected) / rare_expected;
		cells++;
	}
	return test_of(n, x2, cells - 1 - (double)(parts * (values - 1)));
}

struct pal_lowbits
pal_lowbits_top(const uint32_t counts[128 * 256])
{
	double n = 0, x2 = 0, df = 0;

	for (size_t row = 0; row < 128; row++) {
		const uint32_t *c = counts + row * 256;
		uint64_t        whole = 0;
		double          sum = 0;

		for (size_t k = 0; k < 256; k++)
			whole += c[k];
		sum = (double)whole;
		if (sum < LEAST_ROW)
			continue;
		for (size_t k = 0; k < 256; k++)
			x2 += (c[k] - sum / 256) * (c[k] - sum / 256) / (sum / 256);
		n += sum;
		df += 255;
	}
	return test_of(n, x2, df);
}
