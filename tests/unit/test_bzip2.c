/* test_bzip2.c - streams alone and in a row, damage, and what stands behind them; packed.c and unpack.c are tested
 * through it.
 */
#include "collect.h"

extern const struct pal_format pal_format_bzip2;

static const struct collect_case cases[] = {
	{ "good/one.bz2", "MEMBER @0 +37\n[text]\nhello text, hello" },
	{ "good/two.bz2", "MEMBER @0 +12\nfirst second" },
	{ "good/padded.bz2", "MEMBER @0 +12\nfirst second" },
	{ "good/pickle.bz2", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "good/empty.bz2", "MEMBER @0 +0" },
	{ "bad/cut.bz2", "BZIP2-BROKEN @56 cut short at 56, after 37\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/crc.bz2", "BZIP2-BROKEN\ndamaged\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/second.bz2", "BZIP2-BROKEN\nafter 26 bytes\nfirst" },
	{ "bad/trailing.bz2", "MEMBER @0 +37\nBZIP2-TRAILING @64 20 bytes after\n[pickle]\nos:system" },
	{ "bad/bomb.bz2", "BZIP2-BOMB\nMEMBER" },
};

int
main(void)
{
	check_cases(&pal_format_bzip2, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_bzip2, "BZh91AY&SY", "") == 97 && PROBE(pal_format_bzip2, "BZh9 is no mark", "") == 0);
	check_corpus(&pal_format_bzip2, 300);
	return check_done();
}
