/* test_table.c - every fact is in the table, no line is too wide, no escape sequence is of the data. */
#include "report/width.h"
#include "report/writers.h"

#include "check.h"
#include "sample_report.h"

static bool
has(const struct pal_buf *b, const char *text)
{
	return pal_view_find(pal_buf_view(b), pal_view_of(text), 0) != SIZE_MAX;
}

static void
test_content(void)
{
	static const char *const facts[] = {
		"palisade check  clinic-risk  profile strict",
		"collect  gate CLOSED  3 failed  1 warned  11 passed  3 not checked",
		"prepare  gate OPEN",
		"  FAIL    COL-05  partner-visits  Admission is approved",
		"  pass    COL-03  3 artifacts     Dataset is hashed and signed",
		"3 not checked: COL-02 COL-07 COL-09",
		"waived  VAL-01",
		"critical  PICKLE-EXEC  vendor-model: model.pkl, byte 117",
		"(214 like it)",
		"do: Do not load it",
		"AML.T0011.000",
		"VAL-01 on risk-model: expires in 12 days, on 2026-12-03",
		"REL-11 on vendor-model: expired on 2026-10-31",
		"COL-05 on partner-visits: does not count",
		"CLOSED  3 of 6 gates are closed: collect, release, deploy",
		"palisade check --explain",
		"41 files, 12.3 MB, in 1.8 s",
	};
	struct pal_report       r = sample_report();
	struct pal_report_style plain = { 0 }, all = { .verbose = true };
	PAL_AUTO_BUF            b = pal_buf_of(0), v = pal_buf_of(0);

	CHECK(pal_report_write_table(&r, &plain, &b) == PAL_OK);
	for (size_t i = 0; i < SAMPLE_COUNT(facts); i++)
		CHECK_SAY(has(&b, facts[i]), facts[i]);
	CHECK(!has(&b, "\033") && !has(&b, "COL-10 on digits"));     /* an exception with months to go is not news */
	CHECK(has(&b, sample_rows[0].evidence + strlen("sha256:"))); /* in a pipe, whole */
	CHECK(pal_report_write_table(&r, &all, &v) == PAL_OK);
	for (size_t i = 0; i < r.row_count; i++)
		CHECK_SAY(has(&v, r.rows[i].reason), r.rows[i].reason);
	CHECK(!has(&v, "3 artifacts"));
}

static size_t
visible(struct pal_view line, struct pal_buf *to)
{
	pal_buf_clear(to);
	while (line.len > 0) {
		if (pal_view_starts(line, "\033[")) {
			size_t end = pal_view_find_byte(line, 'm', 0);

			line = pal_view_sub(line, end + 1, SIZE_MAX);
			continue;
		}
		pal_buf_add_byte(to, line.data[0]);
		line = pal_view_sub(line, 1, SIZE_MAX);
	}
	return pal_width_text(pal_buf_view(to));
}

static void
test_width(const struct pal_report *r, unsigned int columns, unsigned int most)
{
	struct pal_report_style style = { true, columns, false };
	PAL_AUTO_BUF            b = pal_buf_of(0), shown = pal_buf_of(0);
	struct pal_view         rest = { 0 }, line = { 0 };

	CHECK(pal_report_write_table(r, &style, &b) == PAL_OK);
	rest = pal_buf_view(&b);
	for (bool head = true; pal_view_line(&rest, &line); head = false) {
		size_t width = visible(line, &shown);
		bool   fits = width <= most || head || pal_view_find(line, pal_view_of("gate "), 0) != SIZE_MAX;

		CHECK_SAY(fits, pal_buf_text(&shown));
	}
}

/* Takes out our own sequences; what is left must be text. */
static void
test_hostile(const char *text)
{
	struct sample_hostile   h;
	struct pal_report_style style = { true, 90, true };
	PAL_AUTO_BUF            b = pal_buf_of(0), shown = pal_buf_of(0);
	struct pal_view         rest = { 0 }, line = { 0 };

	sample_hostile_fill(&h, text);
	CHECK(pal_report_write_table(&h.report, &style, &b) == PAL_OK);
	rest = pal_buf_view(&b);
	while (pal_view_line(&rest, &line)) {
		struct pal_view left = { 0 };
		bool            clean = true;

		(void)visible(line, &shown);
		left = pal_buf_view(&shown);
		while (left.len > 0) {
			uint32_t c = pal_utf8_next(&left);

			clean = clean && c == pal_width_shown(c);
		}
		CHECK_SAY(clean, text);
	}
}

int
main(void)
{
	struct pal_report r = sample_report(), scan = sample_scan(),
			  clean = { .title = "palisade scan", .subject = "x" };
	PAL_AUTO_BUF b = pal_buf_of(0);

	test_content();
	for (unsigned int columns = 60; columns <= 200; columns += 7) {
		test_width(&r, columns, columns);
		test_width(&scan, columns, columns);
	}
	test_width(&r, 20, 60); /* too narrow for a table: it stays readable instead */
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++)
		test_hostile(sample_hostile_texts[i]);
	CHECK(pal_report_write_table(&clean, &(struct pal_report_style){ 0 }, &b) == PAL_OK);
	CHECK(has(&b, "CLEAN   nothing was found"));
	return check_done();
}
