/* test_sarif.c - SARIF 2.1.0: structure by a checker of its own, and what code scanning reads. */
#include "report/writers.h"

#include "palisade/json.h"

#include "check.h"
#include "run_check.h"
#include "sample_report.h"

static void
test_structure(const struct pal_report *r, const char *what)
{
	PAL_AUTO_BUF b = pal_buf_of(0);
	int          status = 0;

	CHECK(pal_report_write_sarif(r, NULL, &b) == PAL_OK);
	status = run_check("/usr/bin/python3 " SOURCE_DIR "/tests/unit/check_sarif.py", &b);
	if (status == 127)
		printf("skipped: python3 is not here\n");
	else
		CHECK_SAY(status == 0, what);
}

static const json_t *
place_of(const json_t *result)
{
	return pal_json_object(json_array_get(pal_json_array(result, "locations"), 0), "physicalLocation");
}

static const json_t *
result_of(const json_t *run, const char *rule)
{
	size_t        i = 0;
	const json_t *result = NULL;

	json_array_foreach(pal_json_array(run, "results"), i,
			   result) if (strcmp(pal_json_text(result, "ruleId"), rule) == 0) return result;
	return NULL;
}

static void
test_sample(void)
{
	struct pal_report r = sample_report();
	PAL_AUTO_BUF      b = pal_buf_of(0);
	PAL_AUTO_JSON     doc = NULL;
	const json_t     *run = NULL, *one = NULL;

	CHECK(pal_report_write_sarif(&r, NULL, &b) == PAL_OK);
	CHECK(pal_json_parse(pal_buf_view(&b), b.len, &doc, NULL) == PAL_OK);
	run = json_array_get(pal_json_array(doc, "runs"), 0);
	CHECK(json_array_size(pal_json_array(run, "results")) == 5 + 1 + 1 + 6); /* fail, warn, waived, findings */
	CHECK(result_of(run, "COL-03") == NULL);                                 /* passes */
	CHECK(result_of(run, "COL-02") == NULL);                                 /* was not checked */

	one = result_of(run, "PICKLE-EXEC");
	CHECK(strcmp(pal_json_text(one, "level"), "error") == 0);
	CHECK(strcmp(pal_json_text(pal_json_object(place_of(one), "artifactLocation"), "uri"),
		     "vendor-model/model.pkl") == 0);
	CHECK(json_integer_value(json_object_get(pal_json_object(place_of(one), "region"), "byteOffset")) == 117);
	one = result_of(run, "PII-US-SSN");
	CHECK(json_integer_value(json_object_get(pal_json_object(place_of(one), "region"), "startLine")) == 18);
	CHECK(json_integer_value(json_object_get(one, "occurrenceCount")) == 214);
	one = result_of(run, "ZIP-DUPLICATE"); /* of a member: the file that holds it, without a region */
	CHECK(strcmp(pal_json_text(pal_json_object(place_of(one), "artifactLocation"), "uri"),
		     "vendor-model/weights%20100%25.zip") == 0);
	CHECK(pal_json_object(place_of(one), "region") == NULL);
	CHECK(strcmp(pal_json_text(one, "level"), "warning") == 0);
	CHECK(json_array_size(pal_json_array(result_of(run, "VAL-01"), "suppressions")) == 1);
	CHECK(strcmp(pal_json_text(result_of(run, "COL-10"), "level"), "warning") == 0);
	one = json_array_get(pal_json_array(run, "invocations"), 0);
	CHECK(json_integer_value(json_object_get(one, "exitCode")) == 1);
}

/* A rerun names the same place by the same text, though bytes before it moved; another field is another place. */
static void
test_fingerprints(void)
{
	struct pal_rule           rule = { .id = "R", .title = "t", .help = "h", .atlas = "", .owasp = "" };
	struct pal_finding        f[] = { { .rule = &rule, .place = { "a.csv", "x", 10, 1, 1 } },
					  { .rule = &rule, .place = { "a.csv", "x", 99, 1, 7 } },
					  { .rule = &rule, .place = { "a.csv", "y", 10, 1, 1 } } };
	struct pal_report_finding found[] = { { "d", &f[0], NULL }, { "d", &f[1], NULL }, { "d", &f[2], NULL } };
	struct pal_report         r = { .findings = found, .finding_count = 3 };
	const char               *hash[3] = { NULL };
	PAL_AUTO_BUF              b = pal_buf_of(0);
	PAL_AUTO_JSON             doc = NULL;

	CHECK(pal_report_write_sarif(&r, NULL, &b) == PAL_OK);
	CHECK(pal_json_parse(pal_buf_view(&b), b.len, &doc, NULL) == PAL_OK);
	for (size_t i = 0; i < 3; i++) {
		const json_t *run = json_array_get(pal_json_array(doc, "runs"), 0);
		const json_t *result = json_array_get(pal_json_array(run, "results"), i);

		hash[i] = pal_json_text(pal_json_object(result, "partialFingerprints"), "primaryLocationLineHash");
	}
	CHECK(hash[0] != NULL && strcmp(hash[0], hash[1]) == 0 && strcmp(hash[0], hash[2]) != 0);
}

int
main(void)
{
	struct pal_report r = sample_report(), scan = sample_scan(), empty = { 0 };

	test_structure(&r, "check");
	test_structure(&scan, "scan");
	test_structure(&empty, "empty");
	test_sample();
	test_fingerprints();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile h;

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		test_structure(&h.report, sample_hostile_texts[i]);
	}
	return check_done();
}
