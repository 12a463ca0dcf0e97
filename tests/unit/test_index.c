/* test_index.c - the rows that follow from each kind of evidence, through the views that users read. */
#include "palisade/evidence.h"

#include "palisade/predicate.h"
#include "palisade/taint.h"
#include "workspace_kit.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct {
	const char *sql, *answer; /* cells with blanks between, rows with '|' */
} questions[] = {
	{ "SELECT source, target, step FROM v_lineage ORDER BY step", A " " B " https://t|" A " " B " split" },
	{ "SELECT digest, sensitivity, classes FROM v_labels", A " restricted pii phi" },
	{ "SELECT digest, rule, severity, data_class, path, count FROM v_findings", A " PII-EMAIL high pii a.csv 3" },
	{ "SELECT digest, by, reason, holds FROM v_quarantines ORDER BY reason", A " ann first 0|" A " ann second 1" },
	{ "SELECT name, kind, digest FROM v_artifacts ORDER BY name", "s3:in  " A "|s3:out dataset " B },
	{ "SELECT count(*) FROM v_evidence WHERE signer = ''", "1" },
	{ "SELECT type FROM v_evidence WHERE ledger_index = 0", PAL_TYPE_LABEL },
};

static void
ask(struct pal_workspace *ws)
{
	struct pal_store *s = pal_workspace_store(ws);

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		PAL_AUTO_ARENA        a;
		PAL_AUTO_BUF          text = pal_buf_of(0);
		struct pal_store_rows rows = { 0 };
		struct pal_diag       d = { 0 };

		pal_arena_init(&a, 1 << 20);
		CHECK_SAY(s->ops->query(s, questions[i].sql, NULL, &a, &rows, &d) == PAL_OK, d.text);
		for (size_t c = 0; c < rows.row_count * rows.column_count; c++)
			pal_buf_printf(&text, "%s%s",
				       c == 0                       ? ""
				       : c % rows.column_count == 0 ? "|"
								    : " ",
				       rows.cells[c]);
		CHECK_SAY(strcmp(pal_buf_text(&text), questions[i].answer) == 0, pal_buf_text(&text));
	}
}

static void
fill(struct pal_workspace *ws)
{
	const struct pal_resource in = { .name = "s3:in", .digest = A }, out = { .name = "s3:out", .digest = B };
	struct pal_rule           rule = { .id = "PII-EMAIL", .data_class = PAL_CLASS_PII };
	struct pal_finding        found = { .rule = &rule,
					    .severity = PAL_HIGH,
					    .confidence = PAL_CONFIDENCE_HIGH,
					    .place = { .path = "a.csv" },
					    .count = 3,
					    .text = "" };
	struct pal_quarantine     q = { .digest = A, .by = "ann", .reason = "first" };
	PAL_AUTO_BUF              scan = pal_buf_of(0);
	PAL_AUTO_BUF              step = pal_buf_of(0);
	PAL_AUTO_BUF              provenance = pal_buf_of(0);
	struct pal_statement      s = { .type = PAL_TYPE_STEP, .subjects = &out, .subject_count = 1 };
	char                      id[PAL_ID_TEXT] = "";
	uint64_t                  first = 0;
	struct pal_view           junk = pal_view_of("no envelope");

	(void)kit_add(ws, PAL_TYPE_LABEL, A, "{\"sensitivity\":\"restricted\",\"classes\":[\"phi\",\"pii\"]}", NULL,
		      id);
	CHECK(pal_scan_summary_write(&(struct pal_scan_summary){ .findings = &found, .finding_count = 1 }, &scan) ==
	      PAL_OK);
	(void)kit_add(ws, PAL_TYPE_SCAN, A, pal_buf_text(&scan), NULL, id);
	CHECK(pal_step_write(
		  &(struct pal_step){
		      .name = "split", .kind = "dataset", .inputs = &in, .input_count = 1, .source = "openlineage" },
		  &step) == PAL_OK);
	s.predicate = pal_buf_text(&step);
	CHECK(pal_evidence_add(ws, &s, NULL, id, NULL) == PAL_OK);
	CHECK(
	    pal_provenance_write(
		&(struct pal_provenance){ .build_type = "https://t", .builder = "b", .inputs = &in, .input_count = 1 },
		&provenance) == PAL_OK);
	s.type = PAL_TYPE_PROVENANCE;
	s.predicate = pal_buf_text(&provenance);
	CHECK(pal_evidence_add(ws, &s, NULL, id, NULL) == PAL_OK);
	CHECK(pal_quarantine(ws, &q, NULL, id, NULL) == PAL_OK);
	CHECK(pal_restore(ws, &q, NULL, id, NULL) == PAL_OK);
	q.reason = "second";
	CHECK(pal_quarantine(ws, &q, NULL, id, NULL) == PAL_OK);
	(void)kit_add(ws, PAL_TYPE_LABEL, B, "{\"sensitivity\":\"no such\"}", NULL,
		      id); /* says nothing, breaks nothing */
	CHECK(pal_workspace_append(ws, &junk, 1, &first, NULL) == PAL_OK && pal_evidence_sync(ws, NULL) == PAL_OK);
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();
	struct pal_reindex    r = { 0 };

	fill(ws);
	/* The entry that is no envelope has a row of its own without a signer; the rest is asked without it. */
	CHECK(pal_evidence_reindex(ws, &r, NULL) == PAL_OK && r.entries == 9 && r.unsigned_count == 1 && r.wrong == 0);
	ask(ws);
	CHECK(pal_evidence_reindex(ws, &r, NULL) == PAL_OK && r.wrong == 0 && r.missing == 0);
	ask(ws); /* made again, they say the same */
	return kit_done(&ws);
}
