/* test_gate.c - every verdict under every mode, with and without an exception; nothing but pass is a pass. */
#include "palisade/gate.h"

#include "check.h"
#include "sample_pipeline.h"

static const enum pal_verdict verdicts[] = { PAL_PASS, PAL_WARN, PAL_WAIVED, PAL_NOT_CHECKED, PAL_FAIL };

/* What one result of COL-01 on "a" becomes. */
static enum pal_verdict
decide_firmly(const char *policy, enum pal_verdict v, int exception, bool firm, bool *ret_open)
{
	PAL_AUTO_ARENA                   a;
	PAL_AUTO_BUF                     text = pal_buf_of(0);
	struct pal_pipeline             *p = NULL;
	struct pal_gate_decision         g = { 0 };
	const struct pal_exception_decl  decl = { .control = "COL-01", .artifact = "a" };
	const struct pal_exception_state state = { .decl = &decl, .counts = exception > 0, .why = "because" };
	const struct pal_exceptions      x = { &state, 1 };
	const struct pal_control_result  r = { "COL-01", "a", v, "reason", "id", firm };
	struct pal_gate_input            in = { .pipeline = "p",
						.exceptions = exception == 0 ? NULL : &x,
						.results = &r,
						.result_count = 1,
						.stages = PAL_STAGE_BIT(PAL_COLLECT) };

	pal_arena_init(&a, (size_t)8 << 20);
	pal_buf_printf(&text, "pipeline: p\npolicy: {%s}\n", policy);
	if (!CHECK(pal_pipeline_parse("p.yaml", pal_buf_view(&text), &a, &p, NULL, NULL) == PAL_OK))
		return PAL_FAIL;
	in.policy = &p->policy;
	CHECK(pal_gate_decide(&in, &a, &g, NULL) == PAL_OK && g.gate_count == 1);
	*ret_open = g.gates[0].open;
	CHECK(g.closed == !g.gates[0].open);
	for (size_t i = 0; i < g.row_count; i++)
		if (strcmp(g.rows[i].control, "COL-01") == 0)
			return g.rows[i].verdict;
	return (enum pal_verdict)99; /* not listed */
}

static enum pal_verdict
decide(const char *policy, enum pal_verdict v, int exception, bool *ret_open)
{
	return decide_firmly(policy, v, exception, false, ret_open);
}

/* Taint: neither a mode nor an exception softens it. */
static void
test_firm(void)
{
	static const char *const modes[] = { "controls: {COL-01: enforce}", "controls: {COL-01: warn}",
					     "controls: {COL-01: off}" };
	bool                     open = true;

	for (size_t i = 0; i < 3; i++)
		for (int exception = -1; exception <= 1; exception++)
			CHECK(decide_firmly(modes[i], PAL_FAIL, exception, true, &open) == PAL_FAIL && !open);
	CHECK(decide_firmly(modes[0], PAL_PASS, 0, true, &open) == PAL_PASS && open);
	CHECK(decide_firmly(modes[0], PAL_WAIVED, 0, true, &open) == PAL_FAIL && !open);
}

static void
test_table(void)
{
	bool open = false;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		enum pal_verdict v = verdicts[i];
		bool             fails = v == PAL_FAIL || v == PAL_WAIVED; /* a control may not waive itself */
		enum pal_verdict plain = fails ? PAL_FAIL : v;

		CHECK(decide("controls: {COL-01: enforce}", v, 0, &open) == plain && open == !fails);
		CHECK(decide("controls: {COL-01: enforce}", v, -1, &open) == plain && open == !fails);
		CHECK(decide("controls: {COL-01: enforce}", v, 1, &open) == (fails ? PAL_WAIVED : v) && open);
		CHECK(decide("controls: {COL-01: warn}", v, 0, &open) == (fails ? PAL_WARN : v) && open);
		CHECK(decide("controls: {COL-01: warn}", v, 1, &open) == (fails ? PAL_WAIVED : v) && open);
		CHECK(decide("controls: {COL-01: off}", v, 0, &open) == (enum pal_verdict)99 && open);
	}
}

static const char all_off_but_one[] = "profile: strict, controls: {COL-02: off, COL-03: off, COL-04: off, COL-05: off, "
				      "COL-06: off, COL-07: off, COL-08: off, COL-09: off, COL-10: off, COL-11: off, "
				      "COL-12: off";

static void
test_not_checked(void)
{
	PAL_AUTO_BUF b = pal_buf_of(0);
	bool         open = false;

	CHECK(decide("profile: strict", PAL_PASS, 0, &open) == PAL_PASS && !open); /* the others were not checked */
	pal_buf_printf(&b, "%s}", all_off_but_one);
	CHECK(decide(pal_buf_text(&b), PAL_PASS, 0, &open) == PAL_PASS && open);
	CHECK(decide(pal_buf_text(&b), PAL_NOT_CHECKED, 0, &open) == PAL_NOT_CHECKED && !open);
	CHECK(decide(pal_buf_text(&b), PAL_NOT_CHECKED, 1, &open) == PAL_NOT_CHECKED && !open);
	pal_buf_clear(&b);
	pal_buf_printf(&b, "%s, COL-01: warn}", all_off_but_one);
	CHECK(decide(pal_buf_text(&b), PAL_NOT_CHECKED, 0, &open) == PAL_NOT_CHECKED && open);
	pal_buf_clear(&b);
	pal_buf_printf(&b, "not_checked: open, %s}", all_off_but_one);
	CHECK(decide(pal_buf_text(&b), PAL_NOT_CHECKED, 0, &open) == PAL_NOT_CHECKED && open);
	CHECK(decide("not_checked: closed", PAL_PASS, 0, &open) == PAL_PASS && !open);
}

/* A whole run: rows in the order of the catalogue, counts, reasons, controls that nobody looked at. */
static void
test_whole(void)
{
	static const struct pal_control_result results[] = {
		{ "VAL-01", "risk", PAL_FAIL, "one owner, expected two", "e1", false },
		{ "COL-12", NULL, PAL_FAIL, "data/x has no record", NULL, false },
		{ "COL-01", "intake", PAL_PASS, NULL, "e2", false },
		{ "COL-01", "train", PAL_FAIL, "a column was not examined", "e3", false },
		{ "ORG-01", NULL, PAL_PASS, "no row", NULL, false },
	};
	PAL_AUTO_ARENA             a;
	struct pal_pipeline       *p = NULL;
	struct pal_gate_decision   g = { 0 };
	struct pal_diag            d = { 0 };
	struct pal_exception_decl  decls[2] = { { .control = "VAL-01", .artifact = "risk" },
						{ .control = "COL-12", .artifact = "clinic-risk" } };
	struct pal_exception_state states[2] = { { .decl = &decls[0], .counts = true, .why = "one site" },
						 { .decl = &decls[1], .counts = false, .why = "it expired" } };
	struct pal_exceptions      x = { states, 2 };
	struct pal_gate_input      in = { .pipeline = "clinic-risk",
					  .exceptions = &x,
					  .results = results,
					  .result_count = 5,
					  .stages = PAL_STAGE_ALL };

	pal_arena_init(&a, (size_t)8 << 20);
	CHECK(sample_parse(sample_yaml, &a, &p, NULL, NULL) == PAL_OK);
	in.policy = &p->policy;
	CHECK(pal_gate_decide(&in, &a, &g, &d) == PAL_OK && g.gate_count == PAL_STAGE_COUNT && g.closed);
	CHECK(strcmp(g.gates[0].stage, "collect") == 0 && !g.gates[0].open && g.gates[1].open);
	CHECK(g.gates[0].passed == 2 && g.gates[0].failed == 2 && g.gates[0].not_checked == 9); /* COL-11 is off */
	CHECK(g.gates[PAL_VALIDATE].waived == 1 && g.gates[PAL_VALIDATE].not_checked == 10 &&
	      g.gates[PAL_VALIDATE].open);
	CHECK(g.row_count == 77); /* 75 controls that are on, one twice, one custom */
	CHECK(strcmp(g.rows[0].artifact, "intake") == 0 && strcmp(g.rows[0].reason, "") == 0);
	CHECK(strcmp(g.rows[1].artifact, "train") == 0 && strcmp(g.rows[1].evidence, "e3") == 0);
	CHECK(strcmp(g.rows[2].control, "COL-02") == 0 && g.rows[2].verdict == PAL_NOT_CHECKED &&
	      g.rows[2].artifact == NULL);
	for (size_t i = 0; i < g.row_count; i++) {
		if (strcmp(g.rows[i].control, "VAL-01") == 0)
			CHECK(strcmp(g.rows[i].reason, "one owner, expected two; waived: one site") == 0);
		if (strcmp(g.rows[i].control, "COL-12") == 0)
			CHECK(strcmp(g.rows[i].reason, "data/x has no record; it expired") == 0);
		CHECK(strcmp(g.rows[i].control, "COL-11") != 0);
	}
	in.stages = PAL_STAGE_BIT(PAL_PREPARE) | PAL_STAGE_BIT(PAL_MONITOR);
	CHECK(pal_gate_decide(&in, &a, &g, &d) == PAL_OK && g.gate_count == 2 && g.row_count == 20 && !g.closed);
	in.results = &(const struct pal_control_result){ .control = "COL-99" };
	in.result_count = 1;
	CHECK(pal_gate_decide(&in, &a, &g, &d) == PAL_EUSAGE && strstr(d.text, "COL-99") != NULL);
}

int
main(void)
{
	test_table();
	test_firm();
	test_not_checked();
	test_whole();
	return check_done();
}
