/* test_tfjs.c - files of weights and operations of TensorFlow.js models, and which JSON is one. */
#include "collect.h"

extern const struct pal_format pal_format_tfjs;

static const struct collect_case cases[] = {
	{ "good/layers.json",
	  "REFERENCE\nexternal_data group1-shard1of2.bin\nREFERENCE\nexternal_data group1-shard2of2.bin" },
	{ "good/keras.json", "keras:Sequential\nkeras.layers:Dense\nexternal_data group1-shard1of1.bin" },
	{ "good/graph.json", ":Placeholder\n:Relu\n:MatMul\nexternal_data a.bin" },
	{ "bad/escape.json", ":ReadFile\nexternal_data ../../secret.bin\nexternal_data https://example.org/w.bin" },
	{ "bad/cut.json", "ANOMALY JSON-BROKEN\nexternal_data a.bin" },
	{ "bad/broken.json", "ANOMALY JSON-BROKEN\n:NoOp" },
};

/* What is not below the two members is nothing. */
static void
test_elsewhere(void)
{
	struct pal_buf b = collect_file(SOURCE_DIR "/tests/corpus/tfjs/good/graph.json");
	struct collect got = collect(&pal_format_tfjs, pal_buf_view(&b));

	CHECK(got.counts[PAL_CONTENT_OP] == 3 && got.counts[PAL_CONTENT_REFERENCE] == 1);
	collect_done(&got);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_tfjs, cases, sizeof(cases) / sizeof(cases[0]));
	test_elsewhere();
	CHECK(PROBE(pal_format_tfjs, "{\"format\": \"x\", \"modelTopology\": {}}", "") == 93);
	CHECK(PROBE(pal_format_tfjs, " {\"a\": {\"b\": [1, \"}\"]}, \"weightsManifest\": []", "") == 93);
	CHECK(PROBE(pal_format_tfjs, "{\"a\": {\"modelTopology\": {}}}", "model.json") == 0);
	CHECK(PROBE(pal_format_tfjs, "{\"a\": \"\\\"modelTopology\\\"\"}", "model.json") == 0);
	CHECK(PROBE(pal_format_tfjs, "{\"a\": 1}, \"modelTopology\": {}", "model.json") == 0);
	CHECK(PROBE(pal_format_tfjs, "[\"modelTopology\"]", "model.json") == 0);
	CHECK(PROBE(pal_format_tfjs, "{\"modelTopology", "model.json") == 0);
	CHECK(PROBE(pal_format_tfjs, "", "model.json") == 0);
	check_corpus(&pal_format_tfjs, 700);
	return check_done();
}
