/* test_prepare.c - records of steps hold for their own code, inputs and bytes, and for nothing else. */
#include "workspace_fixture.h"

static void
test_changes(void)
{
	struct pal_diag d = { 0 };

	fix_expect("PRE-01", "train", PAL_PASS, "split made it");
	fix_write("split.sh", "# another\n");
	fix_judge();
	fix_expect("PRE-01", "train", PAL_FAIL, "split.sh has changed");
	fix_write("split.sh", fix_split);
	fix_write("work/train.csv", "age,dose,truth\n1,2,3\n");
	fix_judge();
	fix_expect("PRE-03", "train", PAL_FAIL, "not what any recorded run made");
	fix_expect("PRE-01", "train", PAL_FAIL, "no record");
	CHECK_SAY(fix_run("split", true, &d) == PAL_OK, d.text);
	fix_judge();
	fix_expect("PRE-03", "train", PAL_PASS, "on record");
}

/* The same bytes, recorded by another step or another pipeline, are another story. */
static void
test_borrowed(void)
{
	fix_load("pipeline: other\n" FIX_DATA FIX_STEPS "models: [{name: risk, version: 1.0.0, path: models/risk}]\n");
	fix_judge();
	fix_expect("PRE-01", "train", PAL_FAIL, "no record");
	fix_load("pipeline: clinic\n" FIX_DATA "transforms:\n  - {name: splitter, command: [/bin/sh, split.sh], code: "
		 "[split.sh], inputs: [feed], outputs: "
		 "[{name: train, path: work/train.csv}]}\n");
	fix_judge();
	fix_expect("PRE-01", "train", PAL_FAIL, "no record");
	fix_load("pipeline: clinic\n" FIX_DATA
		 "transforms:\n  - {name: split, command: [/bin/sh, split.sh], inputs: [feed], outputs: "
		 "[{name: train, path: work/train.csv}]}\n");
	fix_judge();
	fix_expect("PRE-01", "train", PAL_FAIL, "split.sh, which is neither");
}

static void
add_rerun(const char *step, bool same)
{
	char text[128], id[PAL_ID_TEXT];

	(void)snprintf(text, sizeof(text), "{\"step\":\"%s\",\"same\":%s,\"result\":\"x\"}", step,
		       same ? "true" : "false");
	(void)kit_add(fix_ws, PAL_TYPE_RERUN, fix_digest("train"), text, NULL, id);
}

static void
test_rerun(void)
{
	struct pal_diag d = { 0 };

	fix_load(FIX_YAML "    PRE-03: {rerun: true}\n");
	fix_judge();
	fix_expect("PRE-03", "train", PAL_FAIL, "second time");
	add_rerun("fit", true); /* of another step */
	fix_judge();
	fix_expect("PRE-03", "train", PAL_FAIL, "second time");
	add_rerun("split", true);
	fix_judge();
	fix_expect("PRE-03", "train", PAL_PASS, "gave the same");
	CHECK_SAY(fix_run("split", true, &d) == PAL_OK, d.text);
	fix_judge();
	fix_expect("PRE-03", "train", PAL_FAIL, "second time"); /* the run is newer than what speaks for it */
	add_rerun("split", false);
	CHECK_SAY(fix_run("split", true, &d) == PAL_OK || strstr(d.text, "may not") == NULL, d.text);
	fix_load(FIX_YAML);
	fix_judge();
	fix_expect("PRE-03", "train", PAL_FAIL, "other bytes"); /* a run does not hide what was found before it */
	add_rerun("split", true);
	fix_judge();
	fix_expect("PRE-03", "train", PAL_PASS, "gave the same");
}

static void
test_apart(void)
{
	fix_load(FIX_YAML);
	fix_judge();
	fix_expect("PRE-06", "ward-a", PAL_PASS, "0 of its 20");
	fix_load(
	    FIX_HEAD FIX_DATA FIX_STEPS
	    "validation:\n  - {name: ward-a, model: risk, dataset: train, owner: a, predictions: work/pa.csv, label: "
	    "truth, prediction: guess}\nmodels: [{name: risk, version: 1.0.0, path: models/risk}]\n");
	fix_judge();
	fix_expect("PRE-06", "ward-a", PAL_FAIL, "are in train, too");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	test_changes();
	test_borrowed();
	test_rerun();
	test_apart();
	return fix_done();
}
