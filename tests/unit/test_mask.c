/* test_mask.c - what is said of a value never holds it. */
#include "detect/mask.h"

#include "check.h"

static const struct {
	const char *value, *mask;
} cases[] = {
	{ "4111111111111111", "4...1 (16 characters)" },
	{ "abcde", "(5 characters)" },
	{ "", "(0 characters)" },
	{ "\"quoted\"", "(8 characters)" },
	{ "\xc3\xa9t\xc3\xa9-long", "(10 characters)" },
	{ "abcdef", "a...f (6 characters)" },
};

int
main(void)
{
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_SAY(strcmp(pal_mask(pal_view_of(cases[i].value), text), cases[i].mask) == 0, text);
	CHECK(strcmp(pal_excerpt(pal_view_of("a\nb\x01\xff"), 40, text), "a?b??") == 0);
	CHECK(strcmp(pal_excerpt(pal_view_of("abcdef"), 3, text), "abc...") == 0);
	CHECK(strcmp(pal_excerpt(pal_view_of(""), 3, text), "") == 0);
	return check_done();
}
