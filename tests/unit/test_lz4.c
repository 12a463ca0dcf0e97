/* test_lz4.c - streams alone and in a row, damage, and what stands behind them; packed.c and unpack.c are tested
 * through it.
 */
#include "collect.h"

extern const struct pal_format pal_format_lz4;

static const struct collect_case cases[] = {
	{ "good/one.lz4", "MEMBER @0 +37\n[text]\nhello text, hello" },
	{ "good/two.lz4", "BYTES @41 note\nMEMBER @0 +12\nfirst second" },
	{ "good/skippable.lz4", "BYTES @8 first\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "good/pickle.lz4", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "bad/cut.lz4", "LZ4-BROKEN\ncut short\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/crc.lz4", "LZ4-BROKEN\ndamaged at 56, after 37\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/trailing.lz4", "MEMBER @0 +37\nLZ4-TRAILING @57 20 bytes after\n[pickle]\nos:system" },
	{ "bad/skippable.lz4", "LZ4-BROKEN @57 a skippable frame of 5000\n(skippable frame) +20\n[pickle]\nhello" },
	{ "bad/hidden.lz4", "(skippable frame) +20\n[pickle]\nos:system\nhello" },
	{ "bad/bomb.lz4", "LZ4-BOMB\nMEMBER" },
};

int
main(void)
{
	check_cases(&pal_format_lz4, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_lz4, "\x04\x22\x4d\x18\x64\x40\xa7", "") == 95 &&
	      PROBE(pal_format_lz4, "\x04\x22\x4d\x18\xff\x40\xa7", "") == 0);
	check_corpus(&pal_format_lz4, 300);
	return check_done();
}
