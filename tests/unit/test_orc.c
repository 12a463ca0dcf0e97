/* test_orc.c - that a table of ORC is told, and that nobody is told that it was examined. */
#include "collect.h"

extern const struct pal_format pal_format_orc;

static const struct collect_case cases[] = {
	{ "good/made.orc", "ANOMALY ORC-UNREAD @0 a table of ORC, which\nBYTES" },
	{ "bad/cut.orc", "ANOMALY ORC-UNREAD @0 a table of ORC that does not end\nBYTES" },
};

int
main(void)
{
	check_cases(&pal_format_orc, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_orc, "ORC\x0b\x01\x02\x03\x04", "") == 70);
	CHECK(PROBE(pal_format_orc, "ORCHESTRA", "a.txt") == 0);
	CHECK(PROBE(pal_format_orc, "OR", "a.orc") == 0);
	check_corpus(&pal_format_orc, 100);
	return check_done();
}
