/* test_mxnet.c - lists of MXNet's arrays, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_mxnet;

static const struct collect_case cases[] = {
	{ "good/two.params", "TENSOR @64 arg:fc_weight float32 2x3 +24\nTENSOR @120 aux:fc_mean float32 3 +12" },
	{ "good/sparse.params", "rows float32 1x2 +8\ncsr float32 2 +8\nlate float32 2 +8" },
	{ "good/versions.params",
	  "old float32 1x2 +8\nfirst float64 2 +16\nscalar int16 +2\nTENSOR @138 none float32 +0" },
	{ "good/unnamed.params", "TENSOR @56 float32 3 +12" },
	{ "bad/count.params", "MXNET-PARAMS @16\nmore arrays than fit" },
	{ "bad/long.params", "MXNET-PARAMS\nmore numbers than the file has bytes" },
	{ "bad/overflow.params", "MXNET-PARAMS\narray 1\nproduct overflows\nTENSOR\nfloat32 3 +12" },
	{ "bad/negative.params", "MXNET-PARAMS\nproduct overflows" },
	{ "bad/rank.params", "MXNET-PARAMS\nmore than 32 dimensions" },
	{ "bad/kind.params", "MXNET-PARAMS\na kind of storage that there is not" },
	{ "bad/type.params", "MXNET-PARAMS\na type that there is not" },
	{ "bad/names.params", "TENSOR\nMXNET-PARAMS\nas many names as arrays" },
	{ "bad/name.params", "TENSOR\nMXNET-PARAMS\nas many names as arrays" },
	{ "bad/trailing.params", "TENSOR\nMXNET-TRAILING\n31 bytes after the names\nmore bytes than" },
};

int
main(void)
{
	static const uint8_t magic[17] = { 0x12, 1 }, other[16] = { 0x12, 1, 0, 0, 0, 0, 0, 0, 1 };

	check_cases(&pal_format_mxnet, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(pal_format_mxnet.probe((struct pal_view){ magic, 16 }, 16, (struct pal_view){ 0 }) == 94);
	CHECK(pal_format_mxnet.probe((struct pal_view){ magic, 15 }, 15, (struct pal_view){ 0 }) == 0);
	CHECK(pal_format_mxnet.probe((struct pal_view){ other, 16 }, 16, pal_view_of("a.params")) == 0);
	check_corpus(&pal_format_mxnet, 700);
	return check_done();
}
