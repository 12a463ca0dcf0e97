/* test_zstd.c - streams alone and in a row, damage, and what stands behind them; packed.c and unpack.c are tested
 * through it.
 */
#include "collect.h"

extern const struct pal_format pal_format_zstd;

static const struct collect_case cases[] = {
	{ "good/one.zst", "MEMBER @0 +37\n[text]\nhello text, hello" },
	{ "good/two.zst", "BYTES @27 note\nMEMBER @0 +12\nfirst second" },
	{ "good/skippable.zst", "BYTES @8 first\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "good/pickle.zst", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "bad/cut.zst", "ZSTD-BROKEN\ncut short" },
	{ "bad/crc.zst", "ZSTD-BROKEN\ndamaged at 43, after 37\nMEMBER @0 +37\n[text]\nhello text, hello" },
	{ "bad/trailing.zst", "MEMBER @0 +37\nZSTD-TRAILING @44 20 bytes after\n[pickle]\nos:system" },
	{ "bad/memory.zst", "ZSTD-MEMORY @" },
	{ "bad/dictionary.zst", "ZSTD-MEMORY @" },
	{ "bad/bomb.zst", "ZSTD-BOMB\nMEMBER" },
};

int
main(void)
{
	check_cases(&pal_format_zstd, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_zstd, "\x28\xb5\x2f\xfd  ", "") == 95 &&
	      PROBE(pal_format_zstd, "\x28\xb5\x2f\xfd", "") == 0);
	check_corpus(&pal_format_zstd, 300);
	return check_done();
}
