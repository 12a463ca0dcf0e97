/* test_marshal.c - code objects of every layout, what they name, and how they break. */
#include "collect.h"

extern const struct pal_format pal_format_marshal;

static const struct collect_case cases[] = {
	{ "good/arithmetic.marshal", "<lambda>" },
	{ "good/plain_27.marshal", "words of it" },
	{ "good/plain_36.marshal", "words of it" },
	{ "good/plain_37.marshal", "words of it" },
	{ "good/plain_38.marshal", "words of it" },
	{ "good/plain_39.marshal", "words of it" },
	{ "good/plain_310.marshal", "words of it" },
	{ "good/plain_312.marshal", "words of it" },
	{ "good/plain_313.marshal", "words of it" },
	{ "bad/system.marshal", "CALL\nbuiltins:__import__ os, echo hi" },
	{ "bad/system_27.marshal", "CALL\nbuiltins:__import__ os, echo hi" },
	{ "bad/system_36.marshal", "CALL\nbuiltins:__import__ os, echo hi" },
	{ "bad/system_38.marshal", "CALL\nbuiltins:__import__ os, echo hi" },
	{ "bad/system_313.marshal", "CALL\nbuiltins:__import__ os, echo hi" },
	{ "bad/nested.marshal", "IMPORT\nos:*\nCALL\nsubprocess:system\nCALL\nbuiltins:__subclasses__" },
	{ "bad/constant.marshal", "MEMBER\n[pickle]\nCALL\nos:system" },
	{ "bad/module.pyc", "MARSHAL-MODULE\nit names os." },
	{ "bad/cut.marshal", "MARSHAL-BROKEN\nend inside" },
	{ "bad/trailing.marshal", "(after the code)\n[pickle]\nsystem" },
};

/* What makes no call and no import is not told of. */
static void
check_silent(void)
{
	static const char *const quiet[] = { "arithmetic", "plain_27",  "plain_36",  "plain_37", "plain_38",
					     "plain_39",   "plain_310", "plain_312", "plain_313" };

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		char           path[512];
		struct pal_buf b;
		struct collect got;

		(void)snprintf(path, sizeof(path), "%s/tests/corpus/marshal/good/%s.marshal", SOURCE_DIR, quiet[i]);
		b = collect_file(path);
		got = collect(&pal_format_marshal, pal_buf_view(&b));
		CHECK_SAY(got.counts[PAL_CONTENT_CALL] == 0 && got.counts[PAL_CONTENT_IMPORT] == 0 &&
			      got.counts[PAL_CONTENT_TEXT] > 0 && got.counts[PAL_CONTENT_BYTES] == 0,
			  path);
		collect_done(&got);
		pal_buf_done(&b);
	}
}

/* A tuple that refers to itself, and tuples in tuples to the end: neither turns in a circle nor overflows the stack. */
static void
check_circles(void)
{
	static const uint8_t head[] = { 0xe3, 0, 0, 0, 0, 0, 0, 0,   0, 0, 0, 0, 0, 0,
					0,    0, 0, 0, 0, 0, 0, 's', 1, 0, 0, 0, 0 };
	PAL_AUTO_BUF         b = pal_buf_of(0);
	struct collect       got;

	pal_buf_add(&b, (struct pal_view){ head, sizeof(head) });
	for (int i = 0; i < 5000; i++)
		pal_buf_add(&b, (struct pal_view){ (const uint8_t *)"\xa9\x01", 2 });
	pal_buf_add(&b, (struct pal_view){ (const uint8_t *)"r\1\0\0\0", 5 });
	got = collect(&pal_format_marshal, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "2000 levels") != NULL);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_marshal, cases, sizeof(cases) / sizeof(cases[0]));
	check_silent();
	check_circles();
	CHECK(PROBE(pal_format_marshal, "c is a letter, and this is a text of more than sixty letters all in all",
		    "") == 0);
	CHECK(PROBE(pal_format_marshal, "", "") == 0);
	check_corpus(&pal_format_marshal, 460);
	return check_done();
}
