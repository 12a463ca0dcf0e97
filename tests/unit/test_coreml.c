/* test_coreml.c - classes, linked models, programs and networks of Core ML, wherever they can stand. */
#include "collect.h"

extern const struct pal_format pal_format_coreml;

static const struct collect_case cases[] = {
	{ "good/network.mlmodel", "META\nshortDescription what goes in\nshortDescription sorts things\nauthor anna\n"
				  "note for tests\nTENSOR\ndense float 2 +8\ndense float16 1 +2" },
	{ "good/classifier.mlmodel", "dense float 2 +8" },
	{ "good/trees.mlmodel", "META\nwhat goes in" },
	{ "good/pipeline.mlmodel", "META\nwhat goes in\nMETA\nwhat goes in\ndense float 2 +8" },
	{ "good/program.mlmodel",
	  "OP\nmil:const\nREFERENCE\nweight_file weights/weight.bin\nMETA\nname hello\nmil:relu" },
	{ "bad/custom_layer.mlmodel", "OP\n<layer> custom layer:MyLayer\nTENSOR\nlayer float 1\nMETA\n"
				      "url http://host.example/x\ndescription mine" },
	{ "bad/custom_nested.mlmodel", "custom layer:MyLayer" },
	{ "bad/custom_model.mlmodel", "custom model:MyModel\ncmd id" },
	{ "bad/custom_in_pipeline.mlmodel", "custom model:MyModel" },
	{ "bad/linked.mlmodel", "REFERENCE\nlinked_model other.mlmodelc\nREFERENCE\nsearch_path ../../tmp" },
	{ "bad/weight_file.mlmodel", "mil:const\nREFERENCE\nweight_file ../../../etc/passwd" },
	{ "bad/nested_block.mlmodel", "mil:cond\nmil:const\nREFERENCE\nweight_file /etc/passwd" },
	{ "bad/serialized.mlmodel", "META\nidentifier maker\nCOREML-OPAQUE\n[exec]" },
	{ "bad/weights.mlmodel", "COREML-WEIGHTS\nno whole numbers" },
	{ "bad/deep.mlmodel", "COREML-DEPTH\nBYTES" },
	{ "good/weight.bin", "TENSOR @128 Float32 2 +8\nTENSOR @256 Int4 80 +40" },
	{ "bad/blob_outside.bin", "COREML-BLOB\nthey lie outside\nBYTES" },
	{ "bad/blob_before.bin", "COREML-BLOB\nthey lie outside the file, or before\nBYTES" },
	{ "bad/blob_gap.bin", "[exec]\nTENSOR @192 Float32 2 +8" },
	{ "bad/blob_mark.bin", "TENSOR\nCOREML-BLOB\nno description\nBYTES" },
	{ "bad/blob_count.bin", "TENSOR\nCOREML-BLOB\nends before all weights" },
	{ "bad/blob_after.bin", "TENSOR\nCOREML-WEIGHTS\n4 bytes after\nBYTES\nmore" },
	{ "bad/cut.mlmodel", "COREML-BROKEN\nlonger than what holds it\nBYTES" },
};

static const struct {
	const char  *head;
	size_t       len, size;
	const char  *name;
	unsigned int sure;
} probes[] = {
	{ "\x08\x04\x12\x02\x0a\x00\xa2\x1f\x00", 9, 9, "", 95 },
	{ "\x08\x04\xa2\x1f\x00", 5, 5, "", 60 },
	{ "\x08\x04\x12\x80\x40\x0a\x10", 7, 9000, "", 30 }, /* the description goes on */
	{ "\x08\x04\x12\x80\x40\x0a\x10", 7, 9000, "m.mlmodel", 60 },
	{ "\x08\x01\x12\x04\x0a\x02\x12\x00", 8, 8, "m.pb", 0 }, /* no kind of model: a SavedModel */
	{ "\x08\x08\x12\x01p\x3a\x02\x12\x00", 9, 9, "", 0 },    /* an ONNX model */
	{ "\x08\x70\xa2\x1f\x00", 5, 5, "", 0 },                 /* version 112 */
	{ "hello", 5, 5, "m.mlmodel", 0 },
	{ "", 0, 0, "", 0 },
};

int
main(void)
{
	check_cases(&pal_format_coreml, cases, sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct pal_view head = { (const uint8_t *)probes[i].head, probes[i].len };
		unsigned int    sure = pal_format_coreml.probe(head, probes[i].size, pal_view_of(probes[i].name));

		if (!CHECK(sure == probes[i].sure))
			printf("  probe %zu: %u\n", i, sure);
	}
	check_corpus(&pal_format_coreml, 700);
	return check_done();
}
