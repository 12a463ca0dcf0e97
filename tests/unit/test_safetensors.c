/* test_safetensors.c - headers that are right, and each way in which one can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_safetensors;

static const struct collect_case cases[] = {
	{ "good/ok.safetensors", "META @8 format pt\nMETA @8 note caf\nTENSOR\na F32 2x2 +16\nb I8 3 +3\ne F16 0 +0" },
	{ "good/none.safetensors", "" },
	{ "bad/overlap.safetensors", "SAFETENSORS-OVERLAP\n\"b\" begins 4 bytes before" },
	{ "bad/hole.safetensors", "SAFETENSORS-HOLE\n24 bytes before a tensor\n[pickle]\nos:system" },
	{ "bad/trailing.safetensors", "SAFETENSORS-HOLE\n6 bytes behind the last\nhidden" },
	{ "bad/size.safetensors", "SAFETENSORS-TENSOR\nits bytes are not shape times dtype" },
	{ "bad/product.safetensors", "SAFETENSORS-TENSOR\noverflows" },
	{ "bad/outside.safetensors", "SAFETENSORS-TENSOR\nends behind the file" },
	{ "bad/negative.safetensors", "SAFETENSORS-TENSOR\nbackwards" },
	{ "bad/dtype.safetensors", "SAFETENSORS-TENSOR\ndtype is none" },
	{ "bad/duplicate.safetensors", "SAFETENSORS-HEADER\nduplicate\nTEXT @8 {" },
	{ "bad/length.safetensors", "SAFETENSORS-HEADER @0 a header of 18446744073709551615 bytes\nBYTES" },
	{ "bad/deep.safetensors", "SAFETENSORS-HEADER" },
	{ "bad/meta.safetensors", "__metadata__ \"n\" is no string" },
	{ "bad/zip.safetensors", "SAFETENSORS-HOLE\nZIP-POLYGLOT\nMEMBER\ndata.pkl\nos:system" },
};

int
main(void)
{
	check_cases(&pal_format_safetensors, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_safetensors, "12345678{\"a\":1}", "a.safetensors") == 70);
	CHECK(PROBE(pal_format_safetensors, "12345678{\"a\":1}", "") == 55);
	CHECK(PROBE(pal_format_safetensors, "12345678[1]", "") == 0);
	check_corpus(&pal_format_safetensors, 600);
	return check_done();
}
