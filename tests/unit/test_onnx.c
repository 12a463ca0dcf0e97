/* test_onnx.c - every place in which a model can keep an operation, a tensor or a path, and each way to be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_onnx;

#define UP "REFERENCE\n<far> external_data ../../../etc/passwd"

static const struct collect_case cases[] = {
	{ "good/small.onnx", "META\nproducer_name hand\nOP\n<add> ai.onnx:Add\nai.onnx:If\nai.onnx:Relu\n"
			     "TENSOR\nw FLOAT 2 +8\npacked FLOAT 2 +8\nloose FLOAT 2 +0\nhalf FLOAT16 2 +0\n"
			     "nibbles INT4 3 +2\nnone FLOAT 0 +0\nscalar INT64 +8\nMETA\nwords hello\\x0aworld\\x0a\n"
			     "words STRING 2 +0\nREFERENCE\n<far> external_data small.data\nfar FLOAT 4 +0\n"
			     "doc_string a graph's documentation\ndoc_string a model's documentation\nauthor anna" },
	{ "good/function.onnx", "OP\n<n> (this file):Twice\nOP\nai.onnx:Add" },
	{ "good/training.onnx", "ai.onnx:Relu\nai.onnx:Constant\nai.onnx:Relu\nw w0" },
	{ "good/attributes.onnx", "TENSOR\nFLOAT 2 +8\nTENSOR\nFLOAT 2\nTENSOR\nINT64 2 +16\nstopwords the\\x0aa\\x0a\n"
				  "com.microsoft:EPContext ep_cache_context=net_ctx.bin\nREFERENCE\nnet_ctx.bin\n"
				  "vocab {" },
	{ "good/library.onnx", "producer_name library\nai.onnx:MatMul\nw FLOAT 2x2 +16" },
	{ "good/group.onnx", "ai.onnx:Relu\nANOMALY ONNX-UNKNOWN-FIELD\nfield 110" },
	{ "bad/up.onnx", UP },
	{ "bad/up_attribute.onnx", UP },
	{ "bad/up_nested.onnx", UP },
	{ "bad/up_graphs.onnx", UP },
	{ "bad/up_tensors.onnx", UP },
	{ "bad/up_sparse.onnx", UP },
	{ "bad/up_sparse_attribute.onnx", UP },
	{ "bad/up_function.onnx", UP },
	{ "bad/up_default.onnx", UP },
	{ "bad/up_training.onnx", UP },
	{ "bad/up_context.onnx", "REFERENCE\nep_cache_context ../../../etc/passwd" },
	{ "bad/python.onnx", "OP\ncom.microsoft:PyOp module=os" },
	{ "bad/python_nested.onnx", "ai.onnx:Loop\nai.onnx.contrib:PyOp" },
	{ "bad/python_function.onnx", "(this file):PyOp\ncom.microsoft:PyOp" },
	{ "bad/custom.onnx", "mycompany:Fancy\nmycompany:(operator set)" },
	{ "bad/address.onnx", "ONNX-MEMORY\n\"m\"" },
	{ "bad/short.onnx", "ONNX-TENSOR\nmore or fewer raw bytes" },
	{ "bad/long.onnx", "ONNX-TENSOR\nmore or fewer raw bytes" },
	{ "bad/numbers.onnx", "ONNX-TENSOR\nmore or fewer numbers" },
	{ "bad/doubles.onnx", "ONNX-TENSOR\nmore or fewer numbers" },
	{ "bad/integers.onnx", "ONNX-TENSOR\ncannot have as many" },
	{ "bad/strings.onnx", "META\none\nONNX-TENSOR\nmore or fewer strings" },
	{ "bad/raw_strings.onnx", "ONNX-TENSOR\nstrings kept as raw bytes" },
	{ "bad/overflow.onnx", "ONNX-TENSOR\noverflows" },
	{ "bad/negative.onnx", "ONNX-TENSOR\nnegative" },
	{ "bad/rank.onnx", "ONNX-TENSOR\n64 dimensions" },
	{ "bad/type.onnx", "ONNX-TYPE\ndata type 99\nTENSOR\nw ?" },
	{ "bad/two_data.onnx", "ONNX-TWO-DATA\nmore than one place" },
	{ "bad/two_places.onnx", "REFERENCE\nw.bin\nONNX-TWO-DATA" },
	{ "bad/raw_twice.onnx", "ONNX-TWO-DATA\nraw_data stands there twice" },
	{ "bad/offset.onnx", "ONNX-EXTERNAL\nthe offset of" },
	{ "bad/offset_twice.onnx", "ONNX-EXTERNAL\noffset twice" },
	{ "bad/location_twice.onnx",
	  "REFERENCE\nw.bin\nONNX-EXTERNAL\nlocation twice\nREFERENCE\n../../../etc/passwd" },
	{ "bad/no_location.onnx", "ONNX-EXTERNAL\nnames no location" },
	{ "bad/length.onnx", "ONNX-TENSOR\nits length elsewhere" },
	{ "bad/place.onnx", "ONNX-TENSOR\nits place elsewhere overflows" },
	{ "bad/duplicate.onnx", "TENSOR\nONNX-DUPLICATE\nTENSOR" },
	{ "bad/op_twice.onnx", "ONNX-TWICE\na node has op_type twice" },
	{ "bad/graph_twice.onnx", "ai.onnx:Relu\nONNX-TWICE\nthe model has graph twice\ncom.microsoft:PyOp" },
	{ "bad/unknown_field.onnx", "ONNX-UNKNOWN-FIELD\nthe model has 64 bytes in field 1000\nBYTES" },
	{ "bad/unknown_inside.onnx", "ONNX-UNKNOWN-FIELD\na node has 16 bytes in field 99\nBYTES\nsomebody's words" },
	{ "bad/deep.onnx", "ONNX-DEPTH\nBYTES" },
	{ "bad/program.onnx", "TENSOR\nw UINT8 64\nMEMBER\n[exec]" },
	{ "bad/blob.onnx", "MEMBER\n[exec]" },
	{ "bad/secret.onnx", "META\nnote key AKIA" },
	{ "bad/cut.onnx", "producer_name hand\nONNX-BROKEN\nlonger than what holds it\nBYTES" },
	{ "bad/garbage.onnx", "TENSOR\nONNX-BROKEN\nno field begins here\nBYTES" },
};

static const struct {
	const char  *head;
	size_t       len, size;
	const char  *name;
	unsigned int least, most;
} probes[] = {
	{ "\x08\x08\x12\x01p\x3a\x02\x12\x00", 9, 9, "", 90, 90 },
	{ "\x08\x08\x12\x01p\x3a\x80\x80\x80\x04\x0a\x04", 12, 8388620, "", 90, 90 }, /* the graph goes on */
	{ "\x08\x08\x3a\x02\x12\x00", 6, 6, "", 70, 70 },
	{ "\x3a\x02\x12\x00\x42\x02\x10\x11", 8, 8, "", 60, 60 },
	{ "\x08\x08\x12\x01p\x32\x80\x40", 8, 9000, "", 20, 20 }, /* a long documentation first */
	{ "\x08\x08\x12\x01p\x32\x80\x40", 8, 9000, "m.onnx", 40, 40 },
	{ "\x08\x01\x12\x04\x0a\x02\x12\x00", 8, 8, "", 0, 0 },     /* a TensorFlow SavedModel */
	{ "\x08\x04\x12\x08\x0a\x00\xa2\x06\x00", 9, 9, "", 0, 0 }, /* a Core ML model */
	{ "\x0a\x10\x08\x00\x10\xff", 6, 20, "", 0, 0 },            /* a Paddle program */
	{ "\x08\x08\x3a\x02\x1f\x00", 6, 6, "", 0, 0 },             /* no graph begins so */
	{ "\x08\x00\x3a\x02\x12\x00", 6, 6, "", 0, 0 },
	{ "\x08\x08\x3a\x02\x12\x00\x9a\x01\x00", 9, 9, "", 60, 60 }, /* field 19 */
	{ "\x9a\x01\x00\x08\x08", 5, 5, "", 0, 0 },
	{ "hello, world", 12, 12, "", 0, 0 },
	{ "", 0, 0, "", 0, 0 },
};

static void
test_probe(void)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct pal_view head = { (const uint8_t *)probes[i].head, probes[i].len };
		unsigned int    sure = pal_format_onnx.probe(head, probes[i].size, pal_view_of(probes[i].name));

		if (!CHECK(sure >= probes[i].least && sure <= probes[i].most))
			printf("  probe %zu: %u\n", i, sure);
	}
}

/* The budget of items ends the walk, once, and the file is not called examined. */
static void
test_budget(void)
{
	PAL_AUTO_BUF     b = collect_file(SOURCE_DIR "/tests/corpus/onnx/good/small.onnx");
	struct pal_input in = pal_input_of_view(pal_buf_view(&b));
	struct collect   to = collect_of();

	to.limits.items = 10;
	CHECK(collect_parse(&to, &pal_format_onnx, &in) == PAL_OK);
	CHECK(to.counts[PAL_CONTENT_ANOMALY] == 1 && strstr(pal_buf_text(&to.out), "FORMAT-LIMIT") != NULL);
	collect_done(&to);
}

int
main(void)
{
	check_cases(&pal_format_onnx, cases, sizeof(cases) / sizeof(cases[0]));
	test_probe();
	test_budget();
	check_corpus(&pal_format_onnx, 700);
	return check_done();
}
