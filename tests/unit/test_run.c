/* test_run.c - a run is recorded only for what it read as vetted and really wrote. */
#include "workspace_fixture.h"

static enum pal_err
run_now(const char *step, struct pal_diag *d)
{
	struct pal_run_result r = { 0 };

	return pal_run_step(&fix_check, &fix_pipeline->steps[pal_step_find(fix_pipeline, step)], true, &r, d);
}

static void
test_denied(void)
{
	struct pal_diag d = { 0 };

	CHECK(fix_run("split", false, &d) == PAL_EDENIED && strstr(d.text, "collect") != NULL);
	fix_approve(fix_digest("feed"), "COL-05", "ann", kit_ann);
	fix_judge();
	fix_rows("data/feed.csv", "age,dose,truth", 900, 90); /* after the check, before the run */
	CHECK(run_now("split", &d) == PAL_EVERIFY && strstr(d.text, "changed after it was checked") != NULL);
	fix_rows("data/feed.csv", "age,dose,truth", 0, 90);
	CHECK_SAY(fix_run("split", false, &d) == PAL_OK, d.text);
}

/* A file that lay in the output before and was not written by the run gets no provenance from it. */
static void
test_smuggled(void)
{
	struct pal_diag d = { 0 };

	fix_write("models/risk/evil.pkl", "payload");
	CHECK(fix_run("fit", true, &d) == PAL_EVERIFY && strstr(d.text, "evil.pkl") != NULL);
	CHECK(unlink(scratch_path("models/risk/evil.pkl")) == 0);
	CHECK_SAY(fix_run("fit", true, &d) == PAL_OK, d.text);
	fix_write("fit.sh", "exit 0\n");
	CHECK(fix_run("fit", true, &d) == PAL_EVERIFY && strstr(d.text, "did not write") != NULL);
	fix_write("fit.sh", "exit 3\n");
	CHECK(fix_run("fit", true, &d) == PAL_ESYS && strstr(d.text, "status 3") != NULL);
	fix_write("fit.sh", "echo x >models/risk/notes.txt; echo >>work/train.csv\n");
	CHECK(fix_run("fit", true, &d) == PAL_EVERIFY && strstr(d.text, "changed while it ran") != NULL);
}

/* A model that nobody vouches for is not loaded; quarantined code does not run. */
static void
test_vetted(void)
{
	struct pal_diag       d = { 0 };
	struct pal_quarantine q = { .name = "split.sh", .by = "ann", .reason = "backdoor" };
	struct pal_manifest   m = { 0 };
	struct pal_digest     g = { 0 };
	char                  hex[PAL_DIGEST_TEXT], id[PAL_ID_TEXT];

	fix_write("fit.sh", "echo model >models/risk/notes.txt\n");
	CHECK_SAY(fix_run("split", true, &d) == PAL_OK, d.text);
	CHECK_SAY(fix_run("fit", true, &d) == PAL_OK, d.text);
	CHECK_SAY(fix_predict(0, &d) == PAL_OK, d.text);
	fix_write("models/risk/notes.txt", "swapped\n");
	CHECK(fix_predict(0, &d) == PAL_EDENIED && strstr(d.text, "TRN-07") != NULL);
	fix_write("models/risk/notes.txt", "cposix\nsystem\n(S'id'\ntR.");
	CHECK(fix_predict(0, &d) == PAL_EDENIED);

	CHECK(pal_manifest_make(scratch_path("split.sh"), &(struct pal_manifest_options){ .alg = PAL_SHA256 },
				&fix_arena, &m, NULL) == PAL_OK &&
	      pal_manifest_digest(&m, &g, NULL) == PAL_OK);
	pal_digest_hex(&g, hex);
	q.digest = hex;
	CHECK(pal_quarantine(fix_ws, &q, NULL, id, NULL) == PAL_OK);
	CHECK(fix_run("split", true, &d) == PAL_EDENIED && strstr(d.text, "quarantined") != NULL);
	fix_expect("PRE-01", "train", PAL_FAIL, "split.sh");
}

static void
test_again(void)
{
	struct pal_run_result r = { 0 };
	struct pal_diag       d = { 0 };

	fix_judge();
	CHECK_SAY(pal_run_again(&fix_check, &fix_pipeline->steps[0], &r, &d) == PAL_OK && r.same, d.text);
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	test_denied();
	test_again();
	test_smuggled();
	test_vetted();
	return fix_done();
}
