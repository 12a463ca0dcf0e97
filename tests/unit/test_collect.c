/* test_collect.c - the first gate: how data might come in without what each control promises. */
#include "workspace_fixture.h"

#define SOURCED(source) \
	FIX_HEAD "datasets:\n  - {name: feed, path: data/feed.csv, label: internal, source: {" source "}}\n"
#define PARTNER "kind: partner, who: P, where: sftp, when: 2023-11-01, licence: CC0, submitted_by: "

static void
test_approvals(void)
{
	fix_judge();
	fix_expect("COL-05", "feed", PAL_FAIL, "0 of 1");
	fix_approve(fix_digest("feed"), "REL-01", "ann", kit_ann); /* for something else */
	fix_approve(kit_digest(7), "COL-05", "ann", kit_ann);      /* of something else */
	fix_approve(fix_digest("feed"), "COL-05", "ann", kit_bo);  /* by somebody else */
	fix_judge();
	fix_expect("COL-05", "feed", PAL_FAIL, "0 of 1");
	fix_approve(fix_digest("feed"), "COL-05", "ann", kit_ann);
	fix_judge();
	fix_expect("COL-05", "feed", PAL_PASS, "ann");
	fix_load(SOURCED(PARTNER "sam")); /* external: two people */
	fix_judge();
	fix_expect("COL-05", "feed", PAL_FAIL, "1 of 2");
	fix_approve(fix_digest("feed"), "COL-05", "bo", kit_bo);
	fix_judge();
	fix_expect("COL-05", "feed", PAL_PASS, "bo");
	fix_load(SOURCED(PARTNER "Bo")); /* the submitter in other letters */
	fix_judge();
	fix_expect("COL-05", "feed", PAL_FAIL, "submitted");
	fix_load(SOURCED("kind: internal, who: P, where: sftp"));
	fix_judge();
	fix_expect("COL-05", "feed", PAL_FAIL, "submitted_by");
}

static void
test_fresh(void)
{
	fix_load(FIX_YAML);
	fix_judge();
	fix_expect("COL-10", "feed", PAL_PASS, "0 days");
	kit_now += UINT64_C(31) * 86400000 + 3600000; /* an hour more than what the scan itself may have taken */
	fix_judge();
	fix_expect("COL-10", "feed", PAL_FAIL, "31 days");
	CHECK(fix_judge_as(PAL_STAGE_ALL, NULL, true, NULL) == PAL_OK);
	fix_expect("COL-10", "feed", PAL_PASS, "0 days");
}

static void
test_shadow(void)
{
	fix_write("data/.hidden.csv", "a\n");
	fix_judge();
	fix_expect("COL-12", NULL, PAL_FAIL, ".hidden.csv");
	CHECK(unlink(scratch_path("data/.hidden.csv")) == 0);
	CHECK(symlink("/etc/hostname", scratch_path("data/link.csv")) == 0);
	fix_judge();
	fix_expect("COL-12", NULL, PAL_FAIL, "link.csv");
	CHECK(unlink(scratch_path("data/link.csv")) == 0);
	fix_judge();
	fix_expect("COL-12", NULL, PAL_PASS, "1 files");
}

/* Partner data that a step read under another name's admission was read too early. */
static void
test_other_name(void)
{
	struct pal_diag d = { 0 };

	CHECK_SAY(fix_run("split", false, &d) == PAL_OK, d.text);
	fix_load(SOURCED(PARTNER "sam"));
	fix_judge();
	fix_expect("COL-06", "feed", PAL_PASS, "confined");
	fix_load(FIX_HEAD "datasets:\n  - {name: web-feed, path: data/feed.csv, source: {" PARTNER "sam}}\n");
	fix_judge();
	fix_expect("COL-06", "web-feed", PAL_FAIL, "before it was admitted");
}

static void
test_found(void)
{
	fix_load(FIX_YAML);
	fix_write("data/feed.csv",
		  "age,card,truth\n1,4111111111111111,0\n2,5500005555555559,1\n3,4012888888881881,0\n");
	fix_judge();
	fix_expect("COL-01", "feed", PAL_FAIL, "demands restricted");
	fix_expect("COL-04", "feed", PAL_PASS, "Ward");
	fix_expect("COL-03", "feed", PAL_PASS, "manifest signed by key");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	test_approvals();
	test_fresh();
	test_shadow();
	test_other_name();
	test_found();
	return fix_done();
}
