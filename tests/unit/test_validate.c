/* test_validate.c - predictions that are not this model's, sources that are one, numbers that were not compared. */
#include "workspace_fixture.h"

static void
test_stale(void)
{
	struct pal_diag d = { 0 };

	fix_expect("VAL-01", "risk", PAL_PASS, "2 owners agree");
	fix_expect("VAL-02", "risk", PAL_PASS, "accuracy");
	fix_write("models/risk/notes.txt", "other weights\n"); /* predictions of the old model stay */
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_FAIL, "other bytes of the model");
	fix_expect("VAL-01", "risk", PAL_FAIL, "does not count");
	CHECK(unlink(scratch_path("models/risk/notes.txt")) == 0);
	CHECK_SAY(fix_run("fit", true, &d) == PAL_OK, d.text);
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_PASS, "accuracy");
	fix_write("work/pa.csv", "truth,guess\n1,1\n");
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_FAIL, "no recorded run made its predictions");
	CHECK_SAY(fix_predict(0, &d) == PAL_OK, d.text);
}

#define WARD(name, owner, data, table, more)                                                         \
	"  - {name: " name ", model: risk, dataset: " data ", owner: " owner ", predictions: " table \
	", label: truth, prediction: guess" more "}\n"
#define RISK "models:\n  - {name: risk, version: 1.0.0, path: models/risk}\n"

/* Predictions from elsewhere: somebody signs that they are of this model. */
static void
test_elsewhere(void)
{
	char purpose[64];

	fix_load(FIX_HEAD FIX_DATA FIX_STEPS "validation:\n" WARD("ward-a", "a", "val-a", "work/pa.csv", "")
		     WARD("ward-b", "b", "val-b", "work/pb.csv", "") RISK FIX_POLICY);
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_FAIL, "nobody has signed");
	(void)snprintf(purpose, sizeof(purpose), "VAL-02:%.16s", fix_digest("risk"));
	fix_approve(fix_digest("ward-a"), purpose, "bo", kit_bo); /* bo may not release */
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_FAIL, "nobody has signed");
	fix_approve(fix_digest("ward-b"), purpose, "ann", kit_ann);
	fix_approve(fix_digest("ward-a"), purpose, "ann", kit_ann);
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_PASS, "accuracy");
	fix_expect("VAL-01", "risk", PAL_PASS, "2 owners");
}

static void
test_one_source(void)
{
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS "validation:\n" WARD("ward-a", "a", "val-a", "work/pa.csv", "")
		     WARD("ward-b", "b", "val-a", "work/pb.csv", "") RISK FIX_POLICY);
	fix_judge();
	fix_expect("VAL-01", "risk", PAL_FAIL, "one source, not two");
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS "validation:\n" WARD("ward-a", "ward", "val-a", "work/pa.csv", "")
		     WARD("ward-b", "Ward", "val-b", "work/pb.csv", "") RISK FIX_POLICY);
	fix_judge();
	fix_expect("VAL-01", "risk", PAL_FAIL, "1 owners, 2 are needed");
	fix_load(
	    FIX_HEAD FIX_DATA FIX_STEPS
	    "validation:\n  - {name: ward-a, model: risk, dataset: val-a, owner: a, predictions: work/pa.csv, label: "
	    "truth, prediction: truth}\n" RISK FIX_POLICY);
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_FAIL, "one column");
}

/* Subgroups are declared, and none is large enough to say anything. */
static void
test_uncompared(void)
{
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS
		 "validation:\n" WARD("ward-a", "a", "val-a", "work/pa.csv", ", group: truth")
		     WARD("ward-b", "b", "val-b", "work/pb.csv", ", group: truth") RISK FIX_POLICY);
	fix_judge();
	fix_expect("VAL-01", "risk", PAL_FAIL, "no subgroup in common");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	test_stale();
	test_elsewhere();
	test_one_source();
	test_uncompared();
	return fix_done();
}
