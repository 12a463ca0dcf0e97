/* test_xz.c - streams alone and in a row, damage, and what stands behind them; packed.c and unpack.c are tested through
 * it.
 */
#include "collect.h"

extern const struct pal_format pal_format_xz;

static const struct collect_case cases[] = {
	{ "good/one.xz", "MEMBER @0 +37\n[text]\nhello text, hello" },
	{ "good/two.xz", "MEMBER @0 +12\nfirst second" },
	{ "good/both.xz", "MEMBER @0 +12\nfirst second" },
	{ "good/pickle.xz", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "good/pickle.lzma", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "good/text.lzma", "MEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/cut.xz", "XZ-BROKEN @72 cut short\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/cut.lzma", "XZ-BROKEN\ncut short at 44, after 36" },
	{ "bad/crc.xz", "XZ-BROKEN\ndamaged\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/trailing.xz", "MEMBER @0 +37\nXZ-TRAILING @92 20 bytes after\n[pickle]\nos:system" },
	{ "bad/memory.xz", "XZ-MEMORY @24" },
	{ "bad/memory.lzma", "XZ-MEMORY @13" },
	{ "bad/bomb.xz", "XZ-BOMB\nMEMBER" },
	{ "bad/bomb.lzma", "XZ-BOMB\nMEMBER" },
};

int
main(void)
{
	check_cases(&pal_format_xz, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_xz,
		    "\xfd"
		    "7zXZ",
		    "") == 0 &&
	      PROBE(pal_format_xz, "]]]]]]]]]]]]]]]]]", "") == 0);
	check_corpus(&pal_format_xz, 300);
	return check_done();
}
