/* test_tflite.c - operators, tensors, metadata and packed files, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_tflite;

static const struct collect_case cases[] = {
	{ "good/ok.tflite", "META @252 description made by hand\nOP @68 builtin:ADD\nMETA\nsubgraph main\n"
			    "TENSOR\nx FLOAT32" },
	{ "good/files.tflite",
	  "custom:MyOp\nTENSOR\nBYTES\nTENSOR\ns STRING\nBYTES\noptions\nMETA\nsignature serving_default\n"
	  "min_runtime_version 1.14.0\nname digits\nauthor nobody\nlicense MIT\n"
	  "tensor_metadata image\nassociated_file labels.txt\nMEMBER\nlabels.txt\nzero" },
	{ "good/flex.tflite", "custom:FlexReadFile\nOP\n:ReadFile" },
	{ "good/outside.tflite", "builtin:STABLEHLO_SHIFT_LEFT\nTENSOR @4096 x FLOAT32 2x2 +16" },
	{ "good/types.tflite", "i4 INT4 3 +2\nscalar INT32 +4\nnone FLOAT32 9x9 +0" },
	{ "good/external.tflite", "REFERENCE\nexternal_data weights.bin" },
	{ "good/call.tflite", "builtin:STABLEHLO_CUSTOM_CALL\nbackend_config config\ncustom_call:my_native_call" },
	{ "bad/size.tflite", "TFLITE-TENSOR\nhas 16 bytes, its shape and type need 24" },
	{ "bad/negative.tflite", "TFLITE-TENSOR\na negative dimension" },
	{ "bad/overflow.tflite", "TFLITE-TENSOR\noverflows" },
	{ "bad/type.tflite", "TFLITE-TENSOR\na type that there is not" },
	{ "bad/buffer.tflite", "TFLITE-TENSOR\na buffer that there is not" },
	{ "bad/code.tflite", "TFLITE-PLACE\nuses code 5 of 1" },
	{ "bad/builtin.tflite", "TFLITE-OP\noperator code 9999\nbuiltin:9999" },
	{ "bad/version.tflite", "TFLITE-OP\nversion 9, not 3" },
	{ "bad/outside.tflite", "TFLITE-PLACE\nends behind the file's end\nTFLITE-STRAY" },
	{ "bad/overlap.tflite", "TFLITE-OVERLAP\nbegins 8 bytes before" },
	{ "bad/metadata.tflite", "TFLITE-PLACE\nnames buffer 77 of 2" },
	{ "bad/flex.tflite", "TFLITE-FLEX\nno FlexBuffer vector" },
	{ "bad/stray.tflite", "TFLITE-STRAY\n46 bytes at 336\nBYTES\nhidden payload" },
	{ "bad/stray_pickle.tflite", "TFLITE-STRAY\nMEMBER\n[pickle]\nos:system" },
	{ "bad/zip_inside.tflite", "ZIP-POLYGLOT\nthe archive begins at" },
	{ "bad/files.tflite", "ZIP-PATH" },
	{ "bad/root.tflite", "FLATBUFFER-BROKEN\nBYTES" },
	{ "bad/vtable.tflite", "FLATBUFFER-BROKEN\nvtable lies outside\nBYTES" },
	{ "bad/vtable_len.tflite", "FLATBUFFER-BROKEN\na vtable of 65534 bytes" },
	{ "bad/string.tflite", "FLATBUFFER-BROKEN\nlonger than the file\nTENSOR" },
	{ "bad/nul.tflite", "FLATBUFFER-BROKEN\nwithout the NUL" },
	{ "bad/vector.tflite", "FLATBUFFER-BROKEN\nlonger than the file" },
};

int
main(void)
{
	check_cases(&pal_format_tflite, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_tflite, "\x1c\1\1\1TFL3", "") == 97);
	CHECK(PROBE(pal_format_tflite, "TFL3\1\1\1\1", "") == 0);
	check_corpus(&pal_format_tflite, 1200);
	return check_done();
}
