/* test_outline.c - order, counts and words. */
#include "report/outline.h"

#include "check.h"
#include "sample_report.h"

static void
test_sample(void)
{
	struct pal_report  r = sample_report();
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     a;
	size_t             rows = 0;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(pal_outline_make(&r, &a, &o) == PAL_OK);
	CHECK(o.stage_count == 6 && o.gates_closed == 3);
	for (size_t s = 0; s < o.stage_count; s++) {
		const struct pal_outline_stage *stage = &o.stages[s];

		rows += stage->row_count;
		CHECK(stage->gate == &r.gates[s]);
		CHECK(stage->verdicts[PAL_FAIL] == stage->gate->failed &&
		      stage->verdicts[PAL_PASS] == stage->gate->passed);
		CHECK(stage->verdicts[PAL_FAIL] == 0 || stage->rows[0]->verdict == PAL_FAIL);
		for (size_t i = 1; i < stage->row_count; i++)
			CHECK(stage->rows[i - 1]->verdict != PAL_NOT_CHECKED ||
			      stage->rows[i]->verdict == PAL_NOT_CHECKED);
		for (size_t i = 1; i < stage->row_count; i++) /* stable among equals */
			CHECK(stage->rows[i - 1]->verdict != stage->rows[i]->verdict ||
			      stage->rows[i - 1] < stage->rows[i]);
	}
	CHECK(rows == r.row_count);
	CHECK(o.finding_count == 6 && o.findings[0]->finding->severity == PAL_CRITICAL);
	CHECK(o.findings[5]->finding->severity == PAL_INFO && o.severities[PAL_HIGH] == 2);
}

/* A stage without a gate, a second gate of one name, odd enums, NULL names: all counted, nothing left out. */
static void
test_odd(void)
{
	const struct pal_report_gate gates[] = { { .stage = "a" }, { .stage = "a", .open = true }, { .stage = NULL } };
	const struct pal_report_row  rows[] = { { .stage = "b", .verdict = (enum pal_verdict)99 }, { .stage = NULL } };
	const struct pal_rule        rule = { .id = "X" };
	const struct pal_finding     found = { .rule = &rule, .severity = (enum pal_severity)99 };
	const struct pal_report_finding finding = { NULL, &found, NULL };
	struct pal_report               r = {
			      .gates = gates, .gate_count = 3, .rows = rows, .row_count = 2, .findings = &finding, .finding_count = 1
	};
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     a;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(pal_outline_make(&r, &a, &o) == PAL_OK && o.stage_count == 3);
	CHECK(o.stages[0].gate == &gates[0] && o.stages[1].row_count == 1 && o.stages[2].gate == NULL);
	CHECK(o.stages[2].verdicts[PAL_FAIL] == 1 && o.severities[PAL_CRITICAL] == 1);
	pal_arena_done(&a);
	pal_arena_init(&a, 64);
	CHECK(pal_outline_make(&r, &a, &o) == PAL_ELIMIT);
}

static void
test_decision(void)
{
	struct pal_report r = sample_report(), scan = sample_scan(), clean = { .title = "palisade scan" };
	struct pal_report open = { .gates = &sample_gates[1], .gate_count = 1 }, below = sample_scan();
	const struct {
		const struct pal_report *r;
		const char              *word, *line;
	} cases[] = {
		{ &r, "closed", "3 of 6 gates are closed: collect, release, deploy" },
		{ &scan, "stop", "3 of 6 findings are at high or above" },
		{ &clean, "clean", "nothing was found" },
		{ &open, "open", "the gate of prepare is open" },
		{ &below, "pass", "6 findings, none at critical or above" },
	};

	below.closed = false;
	below.limit = PAL_CRITICAL;
	for (size_t i = 0; i < SAMPLE_COUNT(cases); i++) {
		struct pal_outline o = { 0 };
		PAL_AUTO_ARENA     a;
		PAL_AUTO_BUF       b = pal_buf_of(0);

		pal_arena_init(&a, (size_t)1 << 20);
		CHECK(pal_outline_make(cases[i].r, &a, &o) == PAL_OK);
		pal_outline_decision(&o, &b);
		CHECK_SAY(strcmp(pal_buf_text(&b), cases[i].line) == 0, pal_buf_text(&b));
		CHECK(strcmp(pal_outline_word(cases[i].r), cases[i].word) == 0);
	}
}

static void
test_words(void)
{
	static const struct {
		uint64_t    bytes;
		const char *text;
	} sizes[] = { { 0, "0 bytes" },        { 1, "1 byte" },           { 999, "999 bytes" },     { 1000, "1.0 kB" },
		      { 12345678, "12.3 MB" }, { 999999999, "999.9 MB" }, { UINT64_MAX, "18.4 EB" } };
	static const char *const places[] = { "partner-visits: part-1.csv, field notes, row 18, byte 1207",
					      "partner-visits: part-2.csv, field comment, row 602, byte 48211",
					      "vendor-model: model.pkl, byte 117",
					      "vendor-model: weights 100%.zip!/archive/data.pkl, byte 4096",
					      "partner-visits: part-2.csv, row 640, byte 51022",
					      "README.txt, byte 0" };

	for (size_t i = 0; i < SAMPLE_COUNT(sizes); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_outline_size(sizes[i].bytes, &b);
		CHECK_SAY(strcmp(pal_buf_text(&b), sizes[i].text) == 0, pal_buf_text(&b));
	}
	for (size_t i = 0; i < SAMPLE_COUNT(places); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_outline_place(&sample_findings[i], &b);
		CHECK_SAY(strcmp(pal_buf_text(&b), places[i]) == 0, pal_buf_text(&b));
	}
}

int
main(void)
{
	test_sample();
	test_odd();
	test_decision();
	test_words();
	return check_done();
}
