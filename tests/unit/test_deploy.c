/* test_deploy.c - what a deployment needs, asked in every way: the whole check, one stage, one artifact. */
#include "workspace_fixture.h"

static void
expect_everywhere(enum pal_verdict verdict, const char *part)
{
	CHECK(fix_judge_as(PAL_STAGE_ALL, NULL, false, NULL) == PAL_OK);
	fix_expect("DEP-01", "api", verdict, part);
	CHECK(fix_judge_as(PAL_STAGE_BIT(PAL_DEPLOY), NULL, false, NULL) == PAL_OK);
	fix_expect("DEP-01", "api", verdict, part);
	CHECK(fix_judge_as(PAL_STAGE_BIT(PAL_DEPLOY), "api", false, NULL) == PAL_OK);
	fix_expect("DEP-01", "api", verdict, part);
	CHECK(pal_check_passed(&fix_check, PAL_DEPLOY, "api") == (verdict == PAL_PASS));
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	expect_everywhere(PAL_PASS, "every gate up to release");
	/* A decision of release is on record; what was asked before it changes. */
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS FIX_MODEL
		 "policy:\n  controls:\n    VAL-02: {mode: enforce, bound: low, thresholds: {accuracy: 0.99}}\n");
	expect_everywhere(PAL_FAIL, "the gate of validate is closed");
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS FIX_MODEL
		 "policy:\n  controls:\n    REL-08: off\n  naming: \"x-[a-z]*\"\n");
	expect_everywhere(PAL_PASS, "every gate");
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS FIX_MODEL "policy:\n  naming: \"x-[a-z]*\"\n");
	expect_everywhere(PAL_FAIL, "the gate of release is closed");
	fix_load(FIX_YAML);
	expect_everywhere(PAL_PASS, "every gate");
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS
		 "models:\n  - {name: risk, version: 1.0.0, path: models/risk}\n"
		 "deployments: [{name: api, model: risk@1.0.0, digest: "
		 "\"sha256:1111111111111111111111111111111111111111111111111111111111111111\"}]\n");
	expect_everywhere(PAL_FAIL, "it is pinned to");
	return fix_done();
}
