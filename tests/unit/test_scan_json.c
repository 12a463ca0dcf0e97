/* test_scan_json.c - JSON that docs/schema/scan.schema.json accepts, whatever the texts hold; the lines hold the same.
 */
#include "palisade/json.h"
#include "report/writers.h"

#include "check.h"
#include "run_check.h"
#include "sample_report.h"

static void
test_schema(const struct pal_buf *b, const char *what)
{
	int status = run_check("/usr/bin/python3 " SOURCE_DIR "/tests/unit/check_schema.py " SOURCE_DIR
			       "/docs/schema/scan.schema.json",
			       b);

	if (status == 3 || status == 127)
		printf("skipped: python3-jsonschema is not here\n");
	else
		CHECK_SAY(status == 0, what);
}

static void
test_sample(void)
{
	struct pal_report r = sample_scan();
	PAL_AUTO_BUF      b = pal_buf_of(0), lines = pal_buf_of(0);
	PAL_AUTO_JSON     doc = NULL;
	PAL_AUTO_JSON     first = NULL;
	struct pal_view   rest = { 0 }, line = { 0 };
	const json_t     *summary = NULL, *one = NULL, *place = NULL;

	CHECK(pal_report_write(&r, PAL_REPORT_JSON, NULL, &b) == PAL_OK);
	CHECK(pal_json_parse(pal_buf_view(&b), b.len, &doc, NULL) == PAL_OK);
	summary = pal_json_object(doc, "summary");
	CHECK(strcmp(pal_json_text(summary, "decision"), "stop") == 0);
	CHECK(json_integer_value(json_object_get(summary, "findings")) == 1 &&
	      json_integer_value(json_object_get(summary, "unknown")) == 1 &&
	      json_integer_value(json_object_get(summary, "clean")) == 0);
	test_schema(&b, "scan");

	CHECK(pal_report_write(&r, PAL_REPORT_JSONL, NULL, &lines) == PAL_OK);
	rest = pal_buf_view(&lines);
	CHECK(pal_view_line(&rest, &line) && pal_json_parse(line, line.len, &first, NULL) == PAL_OK);
	CHECK_SAY(json_equal(first, json_array_get(pal_json_array(doc, "artifacts"), 0)), "a line is an artifact");
	one = json_array_get(pal_json_array(first, "findings"), 0);
	place = pal_json_object(one, "location");
	CHECK(strcmp(pal_json_text(place, "path"), "models/net.pt") == 0);
	CHECK(pal_view_line(&rest, &line) && rest.len == 0);
}

static void
test_member(void)
{
	struct pal_report         r = sample_scan();
	struct pal_finding        f = *r.findings[0].finding;
	struct pal_report_finding one = { NULL, &f, "looked at" };
	struct pal_report_file    file = { "a.zip", "zip", PAL_SCAN_FINDINGS, NULL, 9, 0, 1, 0, 1 };
	PAL_AUTO_BUF              b = pal_buf_of(0);

	f.place.path = "a.zip!/b.zip!/c.pkl";
	r.findings = &one;
	r.files = &file;
	r.finding_count = r.file_count = 1;
	CHECK(pal_report_write(&r, PAL_REPORT_JSONL, NULL, &b) == PAL_OK);
	CHECK(strstr(pal_buf_text(&b), "\"path\":\"a.zip\",\"member\":\"b.zip!/c.pkl\"") != NULL);
	CHECK(strstr(pal_buf_text(&b), "\"accepted\":\"looked at\"") != NULL);
}

int
main(void)
{
	test_sample();
	test_member();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile  h;
		struct pal_report_file file = {
			sample_hostile_texts[i], "zip", PAL_SCAN_PARTIAL, NULL, UINT64_MAX, 1, 1, 0, 1
		};
		PAL_AUTO_BUF b = pal_buf_of(0);

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		h.report.files = &file;
		h.report.file_count = 1;
		CHECK(pal_report_write(&h.report, PAL_REPORT_JSON, NULL, &b) == PAL_OK);
		test_schema(&b, sample_hostile_texts[i]);
	}
	return check_done();
}
