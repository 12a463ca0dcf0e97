/* test_gzip.c - members, wrappers, damage and bombs; pal_inflate() is tested through it. */
#include "collect.h"

extern const struct pal_format pal_format_gzip;

static const struct collect_case cases[] = {
	{ "good/one.gz", "MEMBER @0 n.txt +55\n[text]\nhello text" },
	{ "good/two.gz", "MEMBER @0 n.txt +13\nfirst\\x0asecond" },
	{ "good/z.zlib", "MEMBER @0 (unpacked) +21\n[pickle]\nos:system" },
	{ "bad/trailing.gz", "MEMBER\nGZIP-TRAILING @29 9 bytes\nBYTES @29 PKxx junk" },
	{ "bad/cut.gz", "GZIP-BROKEN\ncut short\nMEMBER" },
	{ "bad/crc.gz", "GZIP-BROKEN\ndamaged\nMEMBER @0 n.txt +55" },
	{ "bad/bomb.gz", "GZIP-BOMB\nMEMBER" },
};

int
main(void)
{
	check_cases(&pal_format_gzip, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_gzip, "\x1f\x8b\x08 ", "") == 95);
	CHECK(PROBE(pal_format_gzip, "x\x9c no deflate here", "") == 0);
	check_corpus(&pal_format_gzip, 300);
	return check_done();
}
