/* test_ncnn.c - graphs of ncnn: layers by type, counts against lines. */
#include "collect.h"

extern const struct pal_format pal_format_ncnn;

static const struct collect_case cases[] = {
	{ "good/small.param", "OP\n:Input data\nOP\n:Convolution conv\nOP\n:Softmax prob" },
	{ "good/dos.param", "OP\n:Softmax prob" },
	{ "bad/layers.param", "ANOMALY NCNN-COUNT\nlayers: 3, expected 900" },
	{ "bad/blobs.param", "ANOMALY NCNN-COUNT\nblobs that layers make: 3, expected 1" },
	{ "bad/names.param", "ANOMALY NCNN-COUNT\nnames of blobs of a layer: 2, expected 6" },
	{ "bad/numbers.param", "ANOMALY NCNN-COUNT\nlayer 1 does not say how many blobs" },
	{ "bad/custom.param", ":AcmeBox prob" },
};

int
main(void)
{
	check_cases(&pal_format_ncnn, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_ncnn, "7767517\n3 3\n", "") == 92);
	CHECK(PROBE(pal_format_ncnn, "7767517\n", "") == 0 &&
	      PROBE(pal_format_ncnn, "7767517\nthree lines\n", "") == 0);
	check_corpus(&pal_format_ncnn, 1000);
	return check_done();
}
