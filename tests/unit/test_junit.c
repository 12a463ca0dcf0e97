/* test_junit.c - XML that xmllint and our own reader accept, with counts that are true. */
#include "report/writers.h"

#include "check.h"
#include "run_check.h"
#include "sample_report.h"
#include "well_formed.h"

static size_t
count_of(const struct pal_buf *b, const char *text)
{
	size_t n = 0, at = 0;

	while ((at = pal_view_find(pal_buf_view(b), pal_view_of(text), at)) != SIZE_MAX) {
		n++;
		at++;
	}
	return n;
}

static void
test_lint(const struct pal_report *r, struct pal_buf *b, const char *what)
{
	int status = 0;

	CHECK(pal_report_write_junit(r, NULL, b) == PAL_OK);
	CHECK_SAY(well_formed(pal_buf_view(b), false), what);
	status = run_check("xmllint --noout --nonet 2>&1", b);
	if (status == 127)
		printf("skipped: xmllint is not here\n");
	else
		CHECK_SAY(status == 0, what);
}

static void
test_sample(void)
{
	struct pal_report r = sample_report(), scan = sample_scan(),
			  clean = { .title = "palisade scan", .subject = "x" };
	PAL_AUTO_BUF b = pal_buf_of(0), s = pal_buf_of(0), c = pal_buf_of(0);

	test_lint(&r, &b, "check");
	CHECK(count_of(&b, "<testsuite ") == r.gate_count && count_of(&b, "<testcase ") == r.row_count);
	CHECK(count_of(&b, "<failure ") == 5 && count_of(&b, "<skipped ") == 1 + 5);
	CHECK(count_of(&b, "tests=\"32\" failures=\"5\" errors=\"0\" skipped=\"6\" time=\"1.840\"") == 1);
	CHECK(count_of(&b, "COL-05 Admission is approved [partner-visits]") == 1);
	CHECK(count_of(&b, "warn: the last full examination") == 1);

	test_lint(&scan, &s, "scan");
	CHECK(count_of(&s, "<testcase ") == 6 && count_of(&s, "<failure ") == 3); /* the limit is high */
	CHECK(count_of(&s, "tests=\"6\" failures=\"3\"") == 2);

	test_lint(&clean, &c, "clean");
	CHECK(count_of(&c, "<testcase ") == 1 && count_of(&c, "failures=\"0\"") == 2);
}

int
main(void)
{
	test_sample();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile h;
		PAL_AUTO_BUF          b = pal_buf_of(0), s = pal_buf_of(0);

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		test_lint(&h.report, &b, sample_hostile_texts[i]);
		h.report.row_count = 0;
		test_lint(&h.report, &s, sample_hostile_texts[i]);
	}
	return check_done();
}
