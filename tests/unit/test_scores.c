/* test_scores.c - metrics by hand, Wilson's interval against its published example, coverage under simulation. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "palisade/scores.h"

static void
add(struct pal_scores *s, const char *truth, const char *predicted, const char *group, uint64_t n)
{
	pal_scores_add(s, pal_view_of(truth), pal_view_of(predicted), pal_view_of(group), n);
}

static int
near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

static void
test_by_hand(void)
{
	struct pal_arena  a;
	struct pal_scores s;
	struct pal_metric m;

	pal_arena_init(&a, 1 << 20);
	s = pal_scores_of(&a);
	add(&s, "1", "1", "x", 40);
	add(&s, "1", "0", "x", 10);
	add(&s, "0", "1", "y", 5);
	add(&s, "0", "0", "y", 45);
	CHECK(pal_scores_metric(&s, "accuracy", "", NULL, &m) == PAL_OK && near(m.value, 0.85, 1e-12) &&
	      m.count == 100);
	CHECK(pal_scores_metric(&s, "accuracy", "x", NULL, &m) == PAL_OK && near(m.value, 0.8, 1e-12) && m.count == 50);
	CHECK(pal_scores_metric(&s, "precision", "", "1", &m) == PAL_OK && near(m.value, 40.0 / 45, 1e-12));
	CHECK(m.low < m.value && m.value < m.high && m.low > 0.75 && m.high < 1);
	CHECK(pal_scores_metric(&s, "recall", "", "1", &m) == PAL_OK && near(m.value, 0.8, 1e-12));
	CHECK(pal_scores_metric(&s, "recall", "", NULL, &m) == PAL_OK && near(m.value, 0.85, 1e-12));
	CHECK(pal_scores_metric(&s, "f1", "", "1", &m) == PAL_OK && near(m.value, 2 * 40.0 / 95, 1e-12));
	CHECK(pal_scores_metric(&s, "f1", "", "2", &m) == PAL_ENOTFOUND);
	CHECK(pal_scores_metric(&s, "auc", "", NULL, &m) == PAL_ENOTFOUND);
	CHECK(pal_scores_metric(&s, "accuracy", "z", NULL, &m) == PAL_ENOTFOUND);
	pal_arena_done(&a);
}

static void
test_wilson(void)
{
	struct pal_arena  a;
	struct pal_scores s;
	struct pal_metric m;

	/* Newcombe 1998, Statistics in Medicine 17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29. */
	static const struct {
		uint64_t r, n;
		double   low, high;
	} cases[] = { { 81, 263, 0.2553, 0.3662 },
		      { 15, 148, 0.0624, 0.1605 },
		      { 0, 20, 0, 0.1611 },
		      { 1, 29, 0.0061, 0.1718 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pal_arena_init(&a, 1 << 20);
		s = pal_scores_of(&a);
		if (cases[i].r > 0)
			add(&s, "a", "a", "", cases[i].r);
		add(&s, "a", "b", "", cases[i].n - cases[i].r);
		CHECK(pal_scores_metric(&s, "accuracy", "", NULL, &m) == PAL_OK);
		CHECK(near(m.low, cases[i].low, 6e-5) && near(m.high, cases[i].high, 6e-5));
		pal_arena_done(&a);
	}
}

/* The interval of recall must hold the true value in about 95 of 100 simulated samples. */
static void
test_coverage(void)
{
	int inside = 0;

	srandom(11);
	for (int round = 0; round < 200; round++) {
		struct pal_arena  a;
		struct pal_scores s;
		struct pal_metric m = { 0 };

		pal_arena_init(&a, 1 << 20);
		s = pal_scores_of(&a);
		for (int i = 0; i < 300; i++)
			add(&s, "1", random() % 100 < 80 ? "1" : "0", "", 1);
		CHECK(pal_scores_metric(&s, "recall", "", "1", &m) == PAL_OK);
		inside += m.low <= 0.8 && 0.8 <= m.high;
		pal_arena_done(&a);
	}
	CHECK_SAY(inside >= 180 && inside <= 200, "a 95 % interval covers about 95 %");
}

static void
test_limits(void)
{
	struct pal_arena  a;
	struct pal_scores s;
	struct pal_metric m;

	pal_arena_init(&a, 1 << 22);
	s = pal_scores_of(&a);
	CHECK(pal_scores_metric(&s, "accuracy", "", NULL, &m) == PAL_ENOTFOUND);
	for (unsigned int i = 0; i < PAL_SCORES_CLASSES; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u", i);
		add(&s, name, name, "", 1);
	}
	CHECK(pal_scores_err(&s) == PAL_OK);
	add(&s, "one more", "0", "", 1);
	CHECK(pal_scores_err(&s) == PAL_ELIMIT);
	pal_arena_done(&a);
}

int
main(void)
{
	test_by_hand();
	test_wilson();
	test_coverage();
	test_limits();
	return check_done();
}
