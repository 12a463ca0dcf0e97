/* test_tf_text.c - operations and assets of graphs as text, however they are quoted, joined and escaped. */
#include "collect.h"

extern const struct pal_format pal_format_tf_text;

static const struct collect_case cases[] = {
	{ "good/graph.pbtxt", "TEXT\nOP\n<x> :Placeholder\n<y> :MatMul\n<n> :NoOp" },
	{ "good/saved_model.pbtxt", "TEXT\n<x> :Const\nREFERENCE\nexternal_data vocab.txt" },
	{ "bad/hidden.pbtxt", "<r> :ReadFile\n:PyFunc\n:PrintV2\nurl file:///tmp/x\nexternal_data ../../x" },
	{ "bad/cut.pbtxt", ":ReadFile" },
	{ "bad/escape.pbtxt", ":Read" },
};

/* Only what stands in the place of an operation is one. */
static void
test_count(void)
{
	struct pal_buf b = collect_file(SOURCE_DIR "/tests/corpus/tf_text/good/saved_model.pbtxt");
	struct collect got = collect(&pal_format_tf_text, pal_buf_view(&b));

	CHECK(got.counts[PAL_CONTENT_OP] == 1 && got.counts[PAL_CONTENT_REFERENCE] == 1);
	collect_done(&got);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_tf_text, cases, sizeof(cases) / sizeof(cases[0]));
	test_count();
	CHECK(PROBE(pal_format_tf_text, "# by hand\n\nmeta_graphs {", "") == 88);
	CHECK(PROBE(pal_format_tf_text, "node { op: \"A\" }", "") == 86);
	CHECK(PROBE(pal_format_tf_text, "node { calculator: \"A\" }", "a.pbtxt") == 0); /* MediaPipe */
	CHECK(PROBE(pal_format_tf_text, "nodes op: {", "") == 0);
	CHECK(PROBE(pal_format_tf_text, "node is a word, op: another", "") == 0);
	CHECK(PROBE(pal_format_tf_text, "", "saved_model.pbtxt") == 0);
	check_corpus(&pal_format_tf_text, 700);
	return check_done();
}
