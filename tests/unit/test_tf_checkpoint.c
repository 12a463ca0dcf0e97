/* test_tf_checkpoint.c - the paths of a training's checkpoints. */
#include "collect.h"

extern const struct pal_format pal_format_tf_checkpoint;

static const struct collect_case cases[] = {
	{ "good/checkpoint", "REFERENCE @0 checkpoint model-2\nREFERENCE @33 checkpoint model-1\ncheckpoint model-2\n"
			     "TEXT @109 all_model_checkpoint_timestamps: 1700000000.5" },
	{ "bad/escape", "checkpoint ../../other/model-2\nTEXT @45 noise\nTEXT" },
};

int
main(void)
{
	check_cases(&pal_format_tf_checkpoint, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_tf_checkpoint, "model_checkpoint_path: \"a\"\n", "") == 90);
	CHECK(PROBE(pal_format_tf_checkpoint, "# model_checkpoint_path: \"a\"\n", "checkpoint") == 0);
	check_corpus(&pal_format_tf_checkpoint, 700);
	return check_done();
}
