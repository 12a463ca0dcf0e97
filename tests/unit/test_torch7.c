/* test_torch7.c - Torch7's objects in both forms, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_torch7;

static const struct collect_case cases[] = {
	{ "good/binary.t7", "nn:Linear\nTENSOR\nweight float32 2x3 +24\nbias float32 3 +12\n"
			    "_type torch.FloatTensor\nstrings weight\nbias\ntrain" },
	{ "good/ascii.t7", "nn:Linear\nTENSOR\nweight float32 2x3 +0\nbias float32 3 +0\n"
			   "_type torch.FloatTensor\nstrings weight\nbias\ntrain" },
	{ "good/shared-binary.t7", "# float32 4 +16\n# float64 2 +16\n# int8 2 +2" },
	{ "good/shared-ascii.t7", "# float32 4 +0\n# float64 2 +0\n# int8 2 +0\nHi" },
	{ "good/unversioned.t7", "nn:Identity" },
	{ "bad/method-binary.t7", "TORCH7-FUNCTION\nforward: a function\nLuaJIT's bytecode\nTORCH7-EXEC\nos.execute" },
	{ "bad/method-ascii.t7", "TORCH7-FUNCTION\nforward: a function\nLuaJIT's bytecode\nTORCH7-EXEC\nos.execute" },
	{ "bad/plain.t7", "TORCH7-FUNCTION\nf: a function of 24 bytes, Lua's bytecode\nBYTES" },
	{ "bad/source.t7", "TORCH7-FUNCTION\nLua's source\nTORCH7-EXEC\npopen\nTEXT\nreturn io.popen" },
	{ "bad/program.t7", "TORCH7-FUNCTION\nTORCH7-EXEC" },
	{ "bad/class.t7", "mine:Layer" },
	{ "bad/outside.t7", "TORCH7-TENSOR\nbeyond its storage of 5 numbers\nTENSOR\nfloat32 5 +20" },
	{ "bad/offset.t7", "TORCH7-TENSOR\nfrom number 1099511627776" },
	{ "bad/overflow.t7", "TORCH7-TENSOR\nTENSOR" },
	{ "bad/storage.t7", "TORCH7-BROKEN\nmore numbers than the file has bytes" },
	{ "bad/storage-ascii.t7", "TORCH7-BROKEN\nmore numbers than the file has bytes" },
	{ "bad/rank.t7", "TORCH7-BROKEN\nmore than 32 dimensions" },
	{ "bad/pairs.t7", "TORCH7-BROKEN\nmore pairs than the file has bytes" },
	{ "bad/string.t7", "TORCH7-BROKEN\na string longer than the file" },
	{ "bad/type.t7", "TORCH7-BROKEN\nof a type that there is not" },
	{ "bad/word.t7", "TORCH7-BROKEN\nthe file ends before" },
	{ "bad/deep.t7", "TORCH7-BROKEN\nmore than 200 deep" },
	{ "bad/trailing.t7", "TORCH7-TRAILING\n31 bytes after the object\nmore bytes than" },
};

/* Tables of numbers, as people write them, and small whole numbers in a row are no objects. */
static void
test_others(void)
{
	static const uint8_t counts[] = { 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 };
	static const uint8_t reals[] = { 4, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0 };

	CHECK(PROBE(pal_format_torch7, "3\n1\n2\n3\n4\n5\n", "") == 0);
	CHECK(PROBE(pal_format_torch7, "4\n1\n3\n2\n1\n", "a.t7") == 0);
	CHECK(PROBE(pal_format_torch7, "3\n1\n2\n2\n5\n1234", "") == 0);
	CHECK(PROBE(pal_format_torch7, "3\n1\n2\n1\n2\n", "") == 0);
	CHECK(PROBE(pal_format_torch7, "4\n1\n3\nV 1\n9\nnn.Linear\n", "") == 95);
	CHECK(PROBE(pal_format_torch7, "3\n1\n1\n2\n5\nmodel\n", "") == 84);
	CHECK(pal_format_torch7.probe((struct pal_view){ counts, sizeof(counts) }, sizeof(counts),
				      (struct pal_view){ 0 }) == 0);
	CHECK(pal_format_torch7.probe((struct pal_view){ reals, sizeof(reals) }, sizeof(reals),
				      (struct pal_view){ 0 }) == 0);
}

int
main(void)
{
	check_cases(&pal_format_torch7, cases, sizeof(cases) / sizeof(cases[0]));
	test_others();
	check_corpus(&pal_format_torch7, 1200);
	return check_done();
}
