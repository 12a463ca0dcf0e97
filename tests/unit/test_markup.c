/* test_markup.c - nothing that data holds is markup; numbers look the same everywhere. */
#include "report/markup.h"

#include <math.h>

#include "check.h"
#include "sample_report.h"
#include "well_formed.h"

static void
test_escape(void)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;" },
		{ "a\nb\tc", "a&#10;b&#9;c" },
		{ "\x01\x1b\r", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xef\xbf\xbf\xe2\x80\xae", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_markup_add(&b, pal_view_of(cases[i][0]));
		CHECK_SAY(strcmp(pal_buf_text(&b), cases[i][1]) == 0, cases[i][1]);
	}
}

static void
test_printf(void)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_markup_printf(&b, "<p a=\"%s\">%d %u %zu %llu %% %s</p>", "\"<", -5, 7u, (size_t)8, 9ull, "");
	CHECK(strcmp(pal_buf_text(&b), "<p a=\"&quot;&lt;\">-5 7 8 9 % </p>") == 0);
	pal_buf_clear(&b);
	pal_markup_printf(&b, "%s", "%s%n"); /* a format in the data is data */
	CHECK(strcmp(pal_buf_text(&b), "%s%n") == 0);
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		pal_buf_clear(&b);
		pal_markup_printf(&b, "<a b=\"%s\">%s</a>", sample_hostile_texts[i], sample_hostile_texts[i]);
		CHECK_SAY(well_formed(pal_buf_view(&b), false), sample_hostile_texts[i]);
	}
}

static void
test_tenths(void)
{
	static const struct {
		double      n;
		const char *text;
	} cases[] = { { 0, "0" },           { 1, "1" },
		      { 1.25, "1.3" },      { -0.5, "-0.5" },
		      { -0.04, "0" },       { 12.34, "12.3" },
		      { (double)NAN, "0" }, { (double)INFINITY, "0" },
		      { 1e300, "0" },       { 99999.96, "100000" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_markup_tenths(&b, cases[i].n);
		CHECK_SAY(strcmp(pal_buf_text(&b), cases[i].text) == 0, cases[i].text);
	}
}

/* The checker that the other tests lean on must refuse what it is there for. */
static void
test_checker(void)
{
	static const char *const bad[] = {
		"<p>",
		"</p>",
		"<p></b>",
		"<p a=x></p>",
		"<p a=\"<\"></p>",
		"&nbsp;",
		"a & b",
		"<p a></p>",
		"\x01",
		"\xff",
		"<script></script>",
		"<p onclick=\"x\"></p>",
		"<a href=\"https://x\"></a>",
		"<img src=\"x\">",
		"<!-- x -->",
		"<path marker-end=\"url(https://x)\"/>",
		"<iframe></iframe>",
		"<p style=\"x\"></p>",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_SAY(!well_formed(pal_view_of(bad[i]), true), bad[i]);
	CHECK(well_formed(
	    pal_view_of("<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><p>a &lt; b</p></html>\n"), true));
}

int
main(void)
{
	test_escape();
	test_printf();
	test_tenths();
	test_checker();
	return check_done();
}
