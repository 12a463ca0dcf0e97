/* test_html.c - the page stands alone, nests, tells what it must, and holds no markup of the data. */
#include "report/writers.h"

#include "check.h"
#include "sample_report.h"
#include "well_formed.h"

static bool
has(const struct pal_buf *b, const char *text)
{
	return pal_view_find(pal_buf_view(b), pal_view_of(text), 0) != SIZE_MAX;
}

static void
test_sample(void)
{
	static const char *const facts[] = {
		"<!DOCTYPE html>",
		"default-src 'none'",
		"<html lang=\"en\">",
		"3 of 6 gates are closed: collect, release, deploy",
		"Admission is approved",
		"one approval of two",
		"gate closed",
		"gate open",
		"11 checks passed",
		"3 controls were not checked",
		"Loading the file runs a command",
		"vendor-model: model.pkl, byte 117",
		"AML.T0011.000",
		"LLM03:2025",
		"214 like it",
		"ends soon",
		"in 12 days",
		"expired",
		"21 days ago",
		"does not count",
		"nobody",
		"Checkpoint of the ledger",
		"clinic.example/ledger",
		"8 tainted",
		"partner withdrew consent",
		"goes into",
		"<svg class=\"rm\"",
		"class=\"pl\" role=\"img\"",
		"prefers-color-scheme",
		"<h1>",
		"scope=\"col\"",
	};
	struct pal_report r = sample_report();
	PAL_AUTO_BUF      b = pal_buf_of(0);

	CHECK(pal_report_write_html(&r, NULL, &b) == PAL_OK);
	CHECK(well_formed(pal_buf_view(&b), true));
	for (size_t i = 0; i < SAMPLE_COUNT(facts); i++)
		CHECK_SAY(has(&b, facts[i]), facts[i]);
	for (size_t i = 0; i < r.row_count; i++)
		CHECK_SAY(has(&b, r.rows[i].control) && has(&b, r.rows[i].reason), r.rows[i].reason);
	for (size_t i = 0; i < r.evidence_count; i++)
		CHECK_SAY(has(&b, r.evidence[i].id), r.evidence[i].id);
	CHECK(!has(&b, "<script") && !has(&b, "src=") && !has(&b, "@import") && !has(&b, "http://w3") &&
	      !has(&b, "onload"));
}

static void
test_scan(void)
{
	struct pal_report scan = sample_scan(), clean = { .title = "palisade scan", .subject = "models/" };
	PAL_AUTO_BUF      b = pal_buf_of(0), c = pal_buf_of(0);

	CHECK(pal_report_write_html(&scan, NULL, &b) == PAL_OK && well_formed(pal_buf_view(&b), true));
	CHECK(has(&b, "3 of 6 findings are at high or above") && !has(&b, "id=\"gates\"") &&
	      !has(&b, "id=\"lineage\""));
	CHECK(pal_report_write_html(&clean, NULL, &c) == PAL_OK && well_formed(pal_buf_view(&c), true));
	CHECK(has(&c, "Nothing was found.") && has(&c, "decision open"));
}

int
main(void)
{
	test_sample();
	test_scan();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile h;
		PAL_AUTO_BUF          b = pal_buf_of(0);

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		CHECK(pal_report_write_html(&h.report, NULL, &b) == PAL_OK);
		CHECK_SAY(well_formed(pal_buf_view(&b), true), sample_hostile_texts[i]);
	}
	return check_done();
}
