/* test_naming.c - a name fits as a whole or not at all, and no expression can take the machine down. */
#include "policy/naming.h"

#include "check.h"

static const struct {
	const char *pattern, *name;
	bool        fits;
} cases[] = {
	{ "[a-z0-9][a-z0-9-]*", "risk", true },
	{ "[a-z0-9][a-z0-9-]*", "risk-2", true },
	{ "[a-z0-9][a-z0-9-]*", "Risk", false },
	{ "[a-z0-9][a-z0-9-]*", "risk_2", false },
	{ "[a-z0-9][a-z0-9-]*", "risk ", false },
	{ "[a-z0-9][a-z0-9-]*", "risk\n", false },
	{ "[a-z0-9][a-z0-9-]*", "", false },
	{ "a|b", "a", true },
	{ "a|b", "ax", false },
	{ "a|b", "xb", false },
	{ "(?i)a", "A", true },
	{ "", "a", false },
	{ "a)|(b", "b", false },
	{ "a{2,3}", "aaa", true },
	{ "a{2,3}", "aaaa", false },
	{ "(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

static const char *const wrong[] = {
	"", "[a", "a)", "(a", "*", "(a)\\1", "(a{1,999}){1,999}", "a{100}", "((((a{9}){9}){9}){9}){9}", "(?<=a+)b"
};

int
main(void)
{
	PAL_AUTO_ARENA a;
	char           longer[NAMING_LONGEST + 2];

	pal_arena_init(&a, (size_t)1 << 16);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_SAY(naming_fits(cases[i].pattern, cases[i].name) == cases[i].fits, cases[i].name);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_SAY(naming_fault(wrong[i], &a) != NULL && !naming_fits(wrong[i], "a"), wrong[i]);
	memset(longer, 'a', sizeof(longer));
	longer[NAMING_LONGEST + 1] = '\0';
	CHECK(naming_fault(longer, &a) != NULL);
	longer[NAMING_LONGEST] = '\0';
	CHECK(naming_fault(longer, &a) == NULL && naming_fits(longer, longer));
	return check_done();
}
