/* test_json_report.c - JSON that docs/schema/report.schema.json accepts, whatever the texts hold. */
#include "report/writers.h"

#include "palisade/json.h"

#include "check.h"
#include "run_check.h"
#include "sample_report.h"

static json_t *
parse(const struct pal_report *r, struct pal_buf *b)
{
	json_t         *doc = NULL;
	struct pal_diag d = { 0 };

	CHECK(pal_report_write_json(r, NULL, b) == PAL_OK);
	CHECK_SAY(pal_json_parse(pal_buf_view(b), b->len, &doc, &d) == PAL_OK, d.text);
	return doc;
}

static void
test_schema(const struct pal_buf *b, const char *what)
{
	int status = run_check("/usr/bin/python3 " SOURCE_DIR "/tests/unit/check_schema.py " SOURCE_DIR
			       "/docs/schema/report.schema.json",
			       b);

	if (status == 3 || status == 127)
		printf("skipped: python3-jsonschema is not here\n");
	else
		CHECK_SAY(status == 0, what);
}

static void
test_sample(void)
{
	struct pal_report r = sample_report();
	PAL_AUTO_BUF      b = pal_buf_of(0);
	PAL_AUTO_JSON     doc = parse(&r, &b);
	const json_t     *row = json_array_get(pal_json_array(doc, "rows"), 0);

	CHECK(strcmp(pal_json_text(doc, "decision"), "closed") == 0);
	CHECK(json_array_size(pal_json_array(doc, "rows")) == r.row_count);
	CHECK(json_array_size(pal_json_array(doc, "gates")) == r.gate_count);
	CHECK(json_array_size(pal_json_array(doc, "findings")) == r.finding_count);
	CHECK(json_array_size(pal_json_array(doc, "evidence")) == r.evidence_count);
	CHECK(json_array_size(pal_json_array(doc, "exceptions")) == r.exception_count);
	CHECK(json_array_size(pal_json_array(pal_json_object(doc, "lineage"), "edges")) == r.edge_count);
	CHECK(strcmp(pal_json_text(row, "verdict"), "fail") == 0 && json_array_size(pal_json_array(row, "nist")) == 2);
	test_schema(&b, "check");
}

int
main(void)
{
	test_sample();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile h;
		PAL_AUTO_BUF          b = pal_buf_of(0);

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		{
			PAL_AUTO_JSON doc = parse(&h.report, &b);

			CHECK(json_array_size(pal_json_array(doc, "rows")) == 5);
		}
		test_schema(&b, sample_hostile_texts[i]);
	}
	return check_done();
}
