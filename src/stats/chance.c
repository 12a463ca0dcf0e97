/* chance.c - tails by series or continued fraction, whichever converges; to audit: the choice between them. */
#include "palisade/chance.h"

#include <math.h>
#include <stdlib.h>

#define STEPS 10000
#define EXACT 1e-14

/* ln of x^a e^-x / gamma(a). */
static double
front(double a, double x)
{
	return a * log(x) - x - lgamma(a);
}

/* P(a, x) by its series, DLMF 8.11.4; for x < a + 1. */
static double
series(double a, double x)
{
	double term = 1 / a, sum = term;

	for (int n = 1; n < STEPS && fabs(term) > fabs(sum) * EXACT; n++) {
		term *= x / (a + n);
		sum += term;
	}
	return sum * exp(front(a, x));
}

/* ln Q(a, x) by its continued fraction, DLMF 8.9.2, evaluated from the front (Lentz); for x >= a + 1. */
static double
fraction(double a, double x)
{
	double b = x + 1 - a, c = 1e300, d = 1 / b, h = d;

	for (int n = 1; n < STEPS; n++) {
		double an = -n * (n - a), step = 0;

		b += 2;
		d = 1 / (an * d + b);
		c = b + an / c;
		step = c * d;
		h *= step;
		if (fabs(step - 1) < EXACT)
			break;
	}
	return front(a, x) + log(h);
}

double
pal_chance_chi2(double x, double df)
{
	double a = df / 2, half = x / 2, below = 0;

	if (!(x > 0) || !(df > 0))
		return 0;
	if (half >= a + 1)
		return fraction(a, half) / log(10);
	below = series(a, half);
	return below < 1 ? log10(1 - below) : -16;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
pal_median(double *values, size_t n)
{
	if (n == 0)
		return 0;
	qsort(values, n, sizeof(*values), ascending);
	return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double
pal_robust_score(double *values, size_t n, double one)
{
	double middle = pal_median(values, n), spread = 0;

	for (size_t i = 0; i < n; i++)
		values[i] = fabs(values[i] - middle);
	spread = 1.4826 * pal_median(values, n);
	if (spread > 0)
		return fabs(one - middle) / spread;
	return one == middle || n == 0 ? 0 : HUGE_VAL; /* NOLINT: exact on purpose */
}
