/* test_measure.c - a measurement is reused only for the same bytes, counted in the same way. */
#include "workspace_fixture.h"

#define WARD(prediction)                                                                                             \
	FIX_HEAD FIX_DATA FIX_STEPS                                                                                  \
	    "validation:\n  - {name: ward-a, model: risk, dataset: val-a, owner: a, command: [/bin/sh, predict.sh, " \
	    "work/a.csv, work/pa.csv], code: [predict.sh], predictions: work/pa.csv, label: truth, "                 \
	    "prediction: " prediction "}\nmodels:\n  - {name: risk, version: 1.0.0, path: models/risk}\n" FIX_POLICY

int
main(int argc, char **argv)
{
	struct pal_diag d = { 0 };

	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_write("predict.sh",
		  "{ echo truth,guess,sure; tail -n +2 \"$1\" | cut -d, -f3 | sed 's/.*/&,&,0/'; } >\"$2\"\n");
	fix_all();
	fix_load(WARD("guess"));
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_PASS, "1.000");
	fix_load(WARD("sure")); /* another column is another evaluation, not the one on record */
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_PASS, "0.500");
	fix_load(WARD("missing"));
	fix_judge();
	fix_expect("VAL-02", "risk", PAL_FAIL, "missing");
	fix_load(FIX_YAML);
	fix_judge();
	fix_expect("PRE-06", "ward-a", PAL_PASS, "0 of its 20");
	fix_write("work/a.csv", "age,dose,truth\n"); /* no longer what was compared */
	fix_judge();
	fix_expect("PRE-06", "ward-a", PAL_FAIL, "");
	CHECK_SAY(fix_run("split", true, &d) == PAL_OK, d.text);
	fix_judge();
	fix_expect("PRE-06", "ward-a", PAL_PASS, "0 of its 20");
	return fix_done();
}
