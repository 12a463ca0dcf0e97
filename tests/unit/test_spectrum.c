/* test_spectrum.c - ranks that are known, noise against its edge, and a draw that favours heavy rows. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "palisade/spectrum.h"

#define COLUMNS 300u

static struct pal_spectrum s;
static float               x[PAL_SPECTRUM_ROWS * COLUMNS];
static uint64_t            state = 3;

static float
dice(void)
{
	double sum = 0;

	for (unsigned int i = 0; i < 6; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		sum += (double)(state >> 33) / (double)(1u << 31) - 0.5;
	}
	return (float)sum;
}

static void
make(size_t rows, size_t rank, float noise)
{
	static float left[PAL_SPECTRUM_ROWS], right[COLUMNS];

	for (size_t i = 0; i < rows * COLUMNS; i++)
		x[i] = noise * dice();
	for (size_t r = 0; r < rank; r++) {
		for (size_t i = 0; i < rows; i++)
			left[i] = dice();
		for (size_t i = 0; i < COLUMNS; i++)
			right[i] = dice();
		for (size_t i = 0; i < rows * COLUMNS; i++)
			x[i] += left[i / COLUMNS] * right[i % COLUMNS];
	}
}

static void
ranks(void)
{
	static const size_t known[] = { 1, 2, 8, 40 };

	for (size_t i = 0; i < 4; i++) {
		make(PAL_SPECTRUM_ROWS, known[i], 0);
		pal_spectrum_of(x, PAL_SPECTRUM_ROWS, COLUMNS, true, &s);
		CHECK(s.left[known[i]] < 1e-6 && s.left[known[i] - 1] > 1e-3);
		CHECK(s.first <= 1 && s.eight >= s.first && (known[i] > 8 || s.eight > 0.999));
		make(PAL_SPECTRUM_ROWS, known[i], 0.001f);
		pal_spectrum_of(x, PAL_SPECTRUM_ROWS, COLUMNS, false, &s);
		CHECK(s.left[known[i]] < 1e-3 && s.left[known[i]] > 0);
	}
	make(PAL_SPECTRUM_ROWS, 0, 0);
	pal_spectrum_of(x, PAL_SPECTRUM_ROWS, COLUMNS, true, &s);
	CHECK(s.left[1] > 0.5); /* nothing has no rank */
	make(2, 1, 0);
	pal_spectrum_of(x, 2, COLUMNS, true, &s);
	CHECK(s.left[1] < 1e-6 && s.first > 0.999);
}

/* Marchenko and Pastur (1967): the largest eigenvalue of noise is (1 + sqrt(rows / columns))^2 of the mean. */
static void
noise(void)
{
	for (unsigned int i = 0; i < 20; i++) {
		double edge = pow(1 + sqrt((double)PAL_SPECTRUM_ROWS / COLUMNS), 2);

		make(PAL_SPECTRUM_ROWS, 0, 1);
		pal_spectrum_of(x, PAL_SPECTRUM_ROWS, COLUMNS, true, &s);
		CHECK(s.first * PAL_SPECTRUM_ROWS / edge > 0.85 && s.first * PAL_SPECTRUM_ROWS / edge < 1.1);
		CHECK(s.left[PAL_SPECTRUM_RANK] > 0.2);
	}
}

static void
basis(void)
{
	double held = 0, all = 0;

	make(PAL_SPECTRUM_ROWS, 5, 0);
	pal_spectrum_of(x, PAL_SPECTRUM_ROWS, COLUMNS, true, &s);
	CHECK(pal_spectrum_basis(x, COLUMNS, &s, 5) == 5);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k <= i; k++)
			CHECK(fabs(pal_spectrum_dot(x + i * COLUMNS, x + k * COLUMNS, COLUMNS) - (i == k)) < 1e-4);
	for (size_t i = 5; i < PAL_SPECTRUM_ROWS; i++) { /* every other row lies in their space */
		for (size_t k = 0; k < 5; k++)
			held += pow(pal_spectrum_dot(x + i * COLUMNS, x + k * COLUMNS, COLUMNS), 2);
		all += pal_spectrum_dot(x + i * COLUMNS, x + i * COLUMNS, COLUMNS);
	}
	CHECK(fabs(held / all - 1) < 1e-4);
	make(3, 3, 0);
	pal_spectrum_of(x, 3, COLUMNS, true, &s);
	CHECK(pal_spectrum_basis(x, COLUMNS, &s, 64) == 3);
}

static void
draws(void)
{
	static float weights[10000];
	size_t       rows[PAL_SPECTRUM_ROWS], heavy = 0;

	for (size_t i = 0; i < 10000; i++)
		weights[i] = i % 100 == 0 ? 100 : 1;
	CHECK(pal_spectrum_draw(weights, 10000, PAL_SPECTRUM_ROWS, rows) == PAL_SPECTRUM_ROWS);
	for (size_t i = 0; i < PAL_SPECTRUM_ROWS; i++) {
		heavy += rows[i] % 100 == 0;
		CHECK(i == 0 || rows[i] > rows[i - 1]);
	}
	CHECK(heavy > 40 && heavy < 100); /* half of the weight is theirs, and there are a hundred */
	for (size_t i = 0; i < 10000; i++)
		weights[i] = i == 7 || i == 9000 ? 1 : 0;
	CHECK(pal_spectrum_draw(weights, 10000, PAL_SPECTRUM_ROWS, rows) == 2 && rows[0] == 7 && rows[1] == 9000);
	weights[7] = NAN;
	weights[9000] = INFINITY;
	CHECK(pal_spectrum_draw(weights, 10000, PAL_SPECTRUM_ROWS, rows) == 0);
	CHECK(pal_spectrum_draw(weights, 0, 5, rows) == 0 && pal_spectrum_draw(weights, 10, 0, rows) == 0);
}

int
main(void)
{
	ranks();
	noise();
	basis();
	draws();
	return check_done();
}
