/* lowbits.c - chi-square over cells that their null makes equal or predicts. */
#include "palisade/lowbits.h"

#include "palisade/chance.h"

#define LEAST_EXPECTED 5.0 /* in a cell; below, chi-square is no longer what its table says (Cochran 1954) */
#define LEAST_ROW      2560.0

static struct pal_lowbits
test_of(double n, double x2, double df)
{
	struct pal_lowbits t = { .n = n };

	if (n > 0 && df > 0) {
		t.effect = (x2 - df) / n;
		t.log_p = pal_chance_chi2(x2, df);
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

/* What each cell would hold if its parts were independent; cells below the least are one cell together. */
struct pal_lowbits
pal_lowbits_packed(const uint32_t counts[256], unsigned int bits)
{
	double part[8][16] = { { 0 } }, n = 0, x2 = 0, rare = 0, rare_expected = 0, cells = 0;
	size_t parts = 8 / bits, values = (size_t)1 << bits, mask = values - 1;

	for (size_t b = 0; b < 256; b++) {
		n += counts[b];
		for (size_t k = 0; k < parts; k++)
			part[k][b >> k * bits & mask] += counts[b];
	}
	for (size_t b = 0; b < 256 && n > 0; b++) {
		double expected = n;

		for (size_t k = 0; k < parts; k++)
			expected *= part[k][b >> k * bits & mask] / n;
		if (expected < LEAST_EXPECTED) {
			rare += counts[b];
			rare_expected += expected;
			continue;
		}
		x2 += (counts[b] - expected) * (counts[b] - expected) / expected;
		cells++;
	}
	if (rare_expected >= LEAST_EXPECTED) {
		x2 += (rare - rare_expected) * (rare - rare_expected) / rare_expected;
		cells++;
	}
	return test_of(n >= LEAST_EXPECTED * 256 ? n : 0, x2, cells - 1 - (double)(parts * (values - 1)));
}

struct pal_lowbits
pal_lowbits_top(const uint32_t counts[128 * 256])
{
	double n = 0, x2 = 0, df = 0;

	for (size_t row = 0; row < 128; row++) {
		const uint32_t *c = counts + row * 256;
		double          sum = 0;

		for (size_t k = 0; k < 256; k++)
			sum += c[k];
		if (sum < LEAST_ROW)
			continue;
		for (size_t k = 0; k < 256; k++)
			x2 += (c[k] - sum / 256) * (c[k] - sum / 256) / (sum / 256);
		n += sum;
		df += 255;
	}
	return test_of(n, x2, df);
}
