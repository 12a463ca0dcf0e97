/* test_predicate.c - scans, sources and evaluations there and back, and every damaged copy of each. */
#include "palisade/predicate.h"

#include "check.h"
#include "mutate.h"
#include "palisade/label.h"

#define HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct pal_resource subject = { .name = "n", .digest = HEX };

static struct pal_statement
statement(const char *type, const char *predicate)
{
	return (struct pal_statement){ .type = type, .subjects = &subject, .subject_count = 1, .predicate = predicate };
}

static void
read_damaged(struct pal_view damaged, void *arg)
{
	PAL_AUTO_ARENA          a;
	PAL_AUTO_BUF            text = pal_buf_of(0);
	struct pal_statement    s = statement(arg, NULL);
	struct pal_scan_summary scan = { 0 };
	struct pal_source       source = { 0 };
	struct pal_evaluation   e = { 0 };
	struct pal_diag         d = { 0 };

	pal_arena_init(&a, 1 << 20);
	pal_buf_add(&text, damaged);
	s.predicate = pal_buf_text(&text);
	if (pal_scan_summary_of(&s, &a, &scan, &d) != PAL_OK && pal_source_of(&s, &a, &source, &d) != PAL_OK &&
	    pal_evaluation_of(&s, &a, &e, &d) != PAL_OK)
		CHECK(d.text[0] != '\0'); /* every refusal says why */
}

static void
test_scan(void)
{
	static struct pal_finding findings[PAL_SCAN_INLINE + 10];
	struct pal_rule           rule = { .id = "PII-EMAIL", .severity = PAL_LOW, .data_class = PAL_CLASS_PII };
	struct pal_scan_summary   s = { .version = "1",
					.rules = "r7",
					.sandbox = "seccomp",
					.started_ms = 1700000000000,
					.finished_ms = 1700000001000,
					.files = 3,
					.bytes = 1u << 30,
					.rows = 9,
					.files_incomplete = 1,
					.by_severity = { 0, 49, 0, 0, 1 },
					.classes = PAL_CLASS_BIT(PAL_CLASS_PII),
					.report = HEX,
					.findings = findings,
					.finding_count = PAL_SCAN_INLINE + 10 };
	struct pal_scan_summary   back = { 0 };
	struct pal_statement      st = { 0 };
	PAL_AUTO_BUF              text = pal_buf_of(0);
	PAL_AUTO_ARENA            a;
	struct pal_diag           d = { 0 };

	pal_arena_init(&a, 1 << 20);
	for (size_t i = 0; i < s.finding_count; i++)
		findings[i] =
		    (struct pal_finding){ .rule = &rule,
					  .severity = PAL_LOW,
					  .confidence = PAL_CONFIDENCE_MEDIUM,
					  .place = { .path = "a.csv", .field = "mail", .offset = i, .row = i },
					  .count = i + 1,
					  .text = "x@y" };
	findings[s.finding_count - 1].severity = PAL_CRITICAL;
	CHECK(pal_scan_summary_write(&s, &text) == PAL_OK);
	st = statement(PAL_TYPE_SCAN, pal_buf_text(&text));
	CHECK_SAY(pal_scan_summary_of(&st, &a, &back, &d) == PAL_OK, d.text);
	CHECK(back.finding_count == PAL_SCAN_INLINE && back.findings[0].severity == PAL_CRITICAL &&
	      back.findings[1].severity == PAL_LOW && back.findings[1].count == 1);
	CHECK(strcmp(back.findings[1].rule->id, "PII-EMAIL") == 0 &&
	      strcmp(back.findings[1].place.field, "mail") == 0 && back.findings[1].rule->data_class == PAL_CLASS_PII &&
	      back.findings[1].confidence == PAL_CONFIDENCE_MEDIUM);
	CHECK(back.files == 3 && back.bytes == 1u << 30 && back.rows == 9 && back.files_incomplete == 1 &&
	      back.by_severity[PAL_LOW] == 49 && back.by_severity[PAL_CRITICAL] == 1 && back.classes == s.classes);
	CHECK(strcmp(back.report, HEX) == 0 && strcmp(back.rules, "r7") == 0 && back.finished_ms == s.finished_ms);
	s.finding_count = 1;
	pal_buf_clear(&text);
	CHECK(pal_scan_summary_write(&s, &text) == PAL_OK);
	pal_mutate_all(pal_buf_view(&text), read_damaged, (void *)(uintptr_t)PAL_TYPE_SCAN);
}

static void
test_source(void)
{
	struct pal_source s = {
		.origin = "partner", .who = "acme", .where = "sftp", .licence = "CC0", .when_ms = 86400000
	};
	struct pal_source    back = { 0 };
	struct pal_statement st = { 0 };
	PAL_AUTO_BUF         text = pal_buf_of(0);
	PAL_AUTO_ARENA       a;
	struct pal_diag      d = { 0 };

	pal_arena_init(&a, 1 << 20);
	CHECK(pal_source_write(&s, &text) == PAL_OK);
	st = statement(PAL_TYPE_SOURCE, pal_buf_text(&text));
	CHECK(pal_source_of(&st, &a, &back, &d) == PAL_OK && strcmp(back.origin, "partner") == 0 &&
	      strcmp(back.licence, "CC0") == 0 && back.when_ms == s.when_ms && back.purpose == NULL);
	pal_mutate_all(pal_buf_view(&text), read_damaged, (void *)(uintptr_t)PAL_TYPE_SOURCE);
	st.predicate = "{\"origin\":\"elsewhere\"}";
	CHECK(pal_source_of(&st, &a, &back, &d) == PAL_EFORM && strstr(d.text, "internal, partner or web") != NULL);
	st.type = PAL_TYPE_SCAN;
	CHECK(pal_source_of(&st, &a, &back, &d) == PAL_EFORM);
}

static void
test_evaluation(void)
{
	const struct pal_metric metrics[] = {
		{ .name = "accuracy", .group = "", .value = 0.9, .low = 0.8, .high = 0.95, .count = 7 },
		{ .name = "accuracy", .group = "f", .value = 0.5, .low = 0.5, .high = 0.5 }
	};
	struct pal_evaluation e = { .evaluator = "palisade",
				    .data = subject,
				    .owner = "lab",
				    .time_ms = 1700000000000,
				    .metrics = metrics,
				    .metric_count = 2 };
	struct pal_evaluation back = { 0 };
	struct pal_statement  st = { 0 };
	PAL_AUTO_BUF          text = pal_buf_of(0);
	PAL_AUTO_ARENA        a;
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, 1 << 20);
	CHECK(pal_evaluation_write(&e, &text) == PAL_OK);
	st = statement(PAL_TYPE_EVALUATION, pal_buf_text(&text));
	CHECK_SAY(pal_evaluation_of(&st, &a, &back, &d) == PAL_OK && back.metric_count == 2, d.text);
	if (back.metric_count == 2)
		CHECK(back.metrics[0].value > 0.89 && back.metrics[0].high > 0.94 && back.metrics[0].count == 7 &&
		      strcmp(back.metrics[1].group, "f") == 0 && strcmp(back.metrics[0].group, "") == 0);
	CHECK(strcmp(back.data.digest, HEX) == 0 && strcmp(back.owner, "lab") == 0);
	pal_mutate_all(pal_buf_view(&text), read_damaged, (void *)(uintptr_t)PAL_TYPE_EVALUATION);
	st.predicate = "{\"evaluator\":\"x\",\"metrics\":[{\"name\":\"a\",\"value\":null}]}";
	CHECK(pal_evaluation_of(&st, &a, &back, &d) == PAL_EFORM && strstr(d.text, "value") != NULL);
}

int
main(void)
{
	test_scan();
	test_source();
	test_evaluation();
	return check_done();
}
