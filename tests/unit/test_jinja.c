/* test_jinja.c - what is taken for a template and what is not. */
#include "collect.h"

extern const struct pal_format pal_format_jinja;

static const struct collect_case cases[] = {
	{ "good/chat.jinja", "SOURCE @0 jinja\nTEXT @0 r1" },
	{ "good/if.jinja", "SOURCE @0 jinja" },
	{ "bad/ssti.jinja", "SOURCE\n__class__" },
};

int
main(void)
{
	check_cases(&pal_format_jinja, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_jinja, "{%- for m in messages %}", "chat_template.jinja") == 86);
	CHECK(PROBE(pal_format_jinja, "{%- for m in messages %}", "notes") == 35);
	CHECK(PROBE(pal_format_jinja, "Hello {{ name }}", "hello.j2") == 86);
	CHECK(PROBE(pal_format_jinja, "Hello {{ name }}", "hello.txt") == 0);
	CHECK(PROBE(pal_format_jinja, "a set {a, b} is 50%}", "hello.jinja") == 0);
	CHECK(PROBE(pal_format_jinja, "\x01{% if x %}", "hello.jinja") == 0);
	check_corpus(&pal_format_jinja, 400);
	return check_done();
}
