/* test_check.c - a whole pipeline: open when all is in order, and closed by what must never be hidden. */
#include "workspace_fixture.h"

static void
test_open(void)
{
	fix_all();
	for (size_t i = 0; i < fix_check.decision.row_count; i++)
		CHECK_SAY(fix_check.decision.rows[i].verdict == PAL_PASS ||
			      fix_check.decision.rows[i].verdict == PAL_NOT_CHECKED,
			  fix_check.decision.rows[i].reason);
	CHECK(!fix_check.decision.closed && pal_check_passed(&fix_check, PAL_RELEASE, "risk"));
	CHECK(!pal_check_passed(&fix_check, PAL_MONITOR, "risk")); /* nothing looked there: that is no pass */
	CHECK(pal_check_decides("COL-01") && !pal_check_decides("COL-07"));
}

/* What is asked for one artifact says the same as the whole check about what concerns everything. */
static void
test_one(void)
{
	struct pal_diag d = { 0 };

	fix_write("data/shadow.csv", "a,b\n1,2\n");
	CHECK(fix_judge_as(PAL_STAGE_BIT(PAL_COLLECT), "feed", false, &d) == PAL_OK);
	fix_expect("COL-12", NULL, PAL_FAIL, "data/shadow.csv");
	CHECK(!pal_check_passed(&fix_check, PAL_COLLECT, "feed") && fix_check.decision.closed);
	CHECK(unlink(scratch_path("data/shadow.csv")) == 0);
	CHECK(fix_judge_as(PAL_STAGE_BIT(PAL_DEPLOY), "api", false, &d) == PAL_OK);
	CHECK(fix_check.decision.gate_count == 1 && pal_check_passed(&fix_check, PAL_DEPLOY, "api"));
	CHECK(pal_check_passed(&fix_check, PAL_TRAIN, "risk")); /* judged now, though not shown */
	CHECK(fix_judge_as(PAL_STAGE_ALL, "nobody", false, &d) == PAL_OK &&
	      !pal_check_passed(&fix_check, PAL_COLLECT, "nobody"));
}

/* Taint is waived by no exception and softened by no mode. */
static void
test_taint(void)
{
	struct pal_quarantine q = { .digest = fix_digest("feed"), .name = "feed", .by = "ann", .reason = "recall" };
	char                  id[PAL_ID_TEXT];
	struct pal_diag       d = { 0 };

	CHECK(pal_quarantine(fix_ws, &q, NULL, id, &d) == PAL_OK);
	fix_load(FIX_YAML
		 "    COL-01: warn\n    COL-02: {mode: warn}\n    COL-03: off\n    DEP-01: warn\n    REL-12: off\n");
	fix_judge();
	fix_expect("COL-01", "feed", PAL_FAIL, "quarantine");
	fix_expect("DEP-01", "api", PAL_FAIL, "feed -> train -> risk");
	fix_expect("REL-01", "risk", PAL_FAIL, "quarantine");
	q.id = id;
	CHECK(pal_restore(fix_ws, &q, NULL, id, &d) == PAL_OK);
	fix_load(FIX_YAML);
	fix_judge();
	CHECK(!fix_check.decision.closed);
}

/* A clock that was set back would revive what has expired. */
static void
test_clock(void)
{
	struct pal_diag d = { 0 };
	uint64_t        now = kit_now;

	kit_now -= 3600 * 1000;
	CHECK(fix_judge_as(PAL_STAGE_ALL, NULL, false, &d) == PAL_EVERIFY && strstr(d.text, "clock") != NULL);
	kit_now = now;
	fix_judge();
	CHECK(!fix_check.decision.closed);
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	test_open();
	test_one();
	test_taint();
	test_clock();
	return fix_done();
}
