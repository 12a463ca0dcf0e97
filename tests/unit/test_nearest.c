/* test_nearest.c - typing errors find their word; other words find nothing. */
#include "palisade/nearest.h"

#include "check.h"

static const char *const keys[] = { "title", "severity", "pattern", "match", "nomatch", "context" };

static const struct {
	const char *wrong, *best;
} cases[] = {
	{ "sevrity", "severity" },
	{ "severtiy", "severity" },
	{ "Title", "title" },
	{ "patern", "pattern" },
	{ "no-match", "nomatch" },
	{ "macth", "match" },
	{ "contexts", "context" },
	{ "zebra crossing", NULL },
	{ "", NULL },
	{ "x", NULL },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_nearest n = pal_nearest_of(pal_view_of(cases[i].wrong));

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			pal_nearest_try(&n, keys[k]);
		CHECK_SAY(n.best == cases[i].best ||
			      (n.best != NULL && cases[i].best != NULL && strcmp(n.best, cases[i].best) == 0),
			  cases[i].wrong);
	}
	return check_done();
}
