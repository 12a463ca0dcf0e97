/* test_cntk.c - CNTK's dictionaries and the names of version 1, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_cntk;

static const struct collect_case cases[] = {
	{ "good/plus.model",
	  "META\ntype CompositeFunction\nuid Parameter12\nTENSOR\nParameter12 Float 2 +8\nuid Plus3" },
	{ "good/double.model", "Parameter12 Double 1x2 +16" },
	{ "good/half.model", "Parameter12 Float16 2 +4" },
	{ "bad/python.model", "CNTK-FUNCTION\nimports os and calls system (deserialize)\nCALL\nos:system deserialize" },
	{ "bad/native.model",
	  "CNTK-NATIVE\nopens the library /tmp/evil.so and calls Make\nREFERENCE\n<Evil>\nlibrary /tmp/evil.so" },
	{ "bad/short.model", "CNTK-VIEW\nParameter12: 8 bytes of numbers that do not fit" },
	{ "bad/overflow.model", "CNTK-VIEW" },
	{ "bad/rank.model", "CNTK-VIEW" },
	{ "bad/type.model", "CNTK-VIEW" },
	{ "bad/cut.model", "CNTK-BROKEN\na field is longer than what holds it" },
	{ "bad/deep.model", "CNTK-BROKEN\nnested more than 100 deep" },
	{ "bad/first.dnn", "CNTK-FIRST\nTEXT\nBVersion\nLearnableParameter\n../features/W\nBYTES" },
};

int
main(void)
{
	static const uint8_t first[] = { 'B', 0, 'C', 0, 'N', 0, 0, 0 };
	static const uint8_t onnx[] = { 8, 8, 18, 7, 'p', 'y', 't', 'o', 'r', 'c', 'h' };

	check_cases(&pal_format_cntk, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(pal_format_cntk.probe((struct pal_view){ first, 8 }, 8, (struct pal_view){ 0 }) == 93);
	CHECK(pal_format_cntk.probe((struct pal_view){ onnx, sizeof(onnx) }, sizeof(onnx), (struct pal_view){ 0 }) ==
	      0);
	check_corpus(&pal_format_cntk, 700);
	return check_done();
}
