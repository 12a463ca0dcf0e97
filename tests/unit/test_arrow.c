/* test_arrow.c - streams, files and each way in which they can lie; tests/corpus/make_tables.py writes the samples,
 * tests/interop/tables.py compares with what pyarrow writes. */
#include "collect.h"

extern const struct pal_format pal_format_arrow;

#define TABLE "META\npandas {}\nCOLUMNS\nn\nr1 7\nROW\nr2\nr3 -9\nCOLUMNS\nw\nr1 one\nr3 two"

static const struct collect_case cases[] = {
	{ "good/stream.arrow", TABLE },
	{ "good/file.arrow", TABLE },
	{ "good/zstd.arrow", "r1 1\nr2 2\nr3 3\nr4 4" },
	{ "good/nested.arrow",
	  "COLUMNS\nl\nROW\nr1\nROW\nr2\nCOLUMNS\nl.item\nr1 x\nr1 yz\nCOLUMNS\ns.a\nr2 6\nCOLUMNS\ns.b\nr2 2.0" },
	{ "good/dictionary.arrow", "COLUMNS\nc\nr1 green\nr2 red\nr3 green\nCOLUMNS\nr4 blue" },
	{ "good/schema.arrow", "" },
	{ "bad/feather1.feather", "ARROW-TYPE @0 Feather of version 1\nBYTES" },
	{ "bad/cut.arrow", "ARROW-BROKEN\nlonger than the file\nBYTES" },
	{ "bad/behind.arrow", "r1 7\nARROW-TRAILING\n17 bytes\nnobody looks" },
	{ "bad/big.arrow", "ARROW-TYPE\nbig-endian" },
	{ "bad/first.arrow", "ARROW-TYPE\nplace where it cannot be" },
	{ "bad/union.arrow", "r1 7\nARROW-TYPE\ncolumn \"u\": unions" },
	{ "bad/nodes.arrow", "ARROW-BROKEN\nfirst column" },
	{ "bad/buffers.arrow", "ARROW-BROKEN\nfewer buffers" },
	{ "bad/short.arrow", "ARROW-BROKEN\ncolumn \"n\": a buffer has fewer bytes" },
	{ "bad/index.arrow", "ARROW-BROKEN\ndictionary has not come" },
	{ "bad/text.arrow", "ARROW-BROKEN\ntext that ends behind" },
	{ "bad/lists.arrow", "ARROW-BROKEN\nlists that overlap" },
	{ "bad/packed.arrow", "ARROW-BROKEN\ndoes not unpack" },
	{ "bad/hidden.arrow", "r1 7\nr2 7\nARROW-INDEX\nlists 1 parts, 0 of them\nthere are 2" },
	{ "bad/extension.arrow", "MEMBER\nARROW:extension:metadata\n[pickle]\nARROW-PICKLE\ncolumn \"e\"" },
	{ "bad/tail.arrow", "ARROW-BROKEN\nindex and ARROW1" },
};

int
main(void)
{
	check_cases(&pal_format_arrow, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_arrow, "ARROW1  ", "") == 96);
	CHECK(PROBE(pal_format_arrow, "FEA1", "") == 90);
	CHECK(PROBE(pal_format_arrow, "ARROW", "a.arrow") == 0);
	check_corpus(&pal_format_arrow, 1400);
	return check_done();
}
