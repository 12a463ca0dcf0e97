/* test_signature.c - a signature that leaves anything out is none. */
#include "workspace_fixture.h"

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	fix_expect("REL-01", "risk", PAL_PASS, "covers all 1 files");
	/* The format leaves .git out of every signature, so what lies there would go unsigned. */
	CHECK(mkdir(scratch_path("models/risk/.git"), 0700) == 0);
	fix_write("models/risk/.git/hook.pkl", "payload");
	fix_sign(fix_press);
	fix_judge();
	fix_expect("REL-01", "risk", PAL_FAIL, "does not cover all 2 files");
	fix_expect("DEP-01", "api", PAL_FAIL, "no signature, no deploy");
	CHECK(unlink(scratch_path("models/risk/.git/hook.pkl")) == 0);
	fix_judge();
	fix_expect("REL-01", "risk", PAL_PASS, "covers all");
	fix_sign(fix_other);
	fix_judge();
	fix_expect("REL-01", "risk", PAL_FAIL, "risk.sig");
	fix_sign(fix_press);
	fix_write("models/risk/late.txt", "added\n");
	fix_judge();
	fix_expect("REL-01", "risk", PAL_FAIL, "late.txt");
	CHECK(unlink(scratch_path("models/risk/late.txt")) == 0);
	fix_write("models/risk.sig", "{}");
	fix_judge();
	fix_expect("REL-01", "risk", PAL_FAIL, "risk.sig");
	return fix_done();
}
