/* test_chance.c - tails against tabulated values and against each other; outliers against values worked by hand. */
#include <math.h>
#include <stdio.h>

#include "check.h"
#include "palisade/chance.h"

/* P(X >= x): the usual tables (0.05, 0.01, 0.001), and, far out, closed forms for df 2 (exp(-x/2)) and 4. */
static const struct {
	double x, df, log_p;
} tails[] = {
	{ 3.841458820694124, 1, -1.301029995663981 },
	{ 6.634896601021213, 1, -2 },
	{ 18.307038053275146, 10, -1.301029995663981 },
	{ 124.34211340400407, 100, -1.301029995663981 },
	{ 149.4492527, 100, -3 },
	{ 2 * 230.25850929940457, 2, -100 },
	{ 2 * 2302.5850929940457, 2, -1000 },
	{ 0, 5, 0 },
	{ 255, 255, -0.311382190394 },
};

static void
test_tails(void)
{
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		double got = pal_chance_chi2(tails[i].x, tails[i].df);
		double off = fabs(got - tails[i].log_p);

		if (!CHECK(off <= 2e-4 + 1e-9 * fabs(tails[i].log_p)))
			printf("chi2(%g, %g): %.12g, expected %.12g\n", tails[i].x, tails[i].df, got, tails[i].log_p);
	}
	/* Q(2, y) = (1 + y) e^-y */
	CHECK(fabs(pal_chance_chi2(400, 4) - (log(201) - 200) / log(10)) < 1e-9);
	for (double df = 1; df < 2000; df *= 1.7) /* the two methods meet at x = df + 2, and the tail only falls */
		for (double x = df * 0.5; x < df * 3 + 10; x += 0.37 * sqrt(df))
			CHECK(pal_chance_chi2(x + 0.01, df) <= pal_chance_chi2(x, df) + 1e-12);
}

static void
test_robust(void)
{
	double five[] = { 5, 1, 4, 2, 3 }, four[] = { 4, 1, 3, 2 }, same[] = { 2, 2, 2 }, out[] = { 1, 2, 3, 4, 1000 };

	CHECK(pal_median(five, 5) == 3 && pal_median(four, 4) == 2.5 && pal_median(four, 0) == 0);
	CHECK(fabs(pal_robust_score(out, 5, 1000) - 997 / 1.4826) < 1e-9); /* median 3, deviations 0 1 1 2 997 */
	CHECK(pal_robust_score(same, 3, 2) == 0);
	CHECK(isinf(pal_robust_score(same, 3, 3)));
}

int
main(void)
{
	test_tails();
	test_robust();
	return check_done();
}
