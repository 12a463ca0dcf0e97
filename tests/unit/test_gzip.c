/* test_gzip.c - members, wrappers, damage and bombs; pal_unpack() is tested through it. */
#include "collect.h"

extern const struct pal_format pal_format_gzip;

static const struct collect_case cases[] = {
	{ "good/one.gz", "META @0 name n.txt\nMEMBER @0 +55\n[text]\nhello text" },
	{ "good/two.gz", "MEMBER @0 +13\nfirst\\x0asecond" },
	{ "good/z.zlib", "MEMBER @0 +21\n[pickle]\nos:system" },
	{ "good/old_joblib.z", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "good/old_python2.z", "MEMBER @0 +20\n[pickle]\nos:system" },
	{ "good/padded.gz", "MEMBER @0 +12\nfirst second" },
	{ "bad/second.gz", "GZIP-BROKEN @57 cut short at 57, after 26 bytes\nMEMBER" },
	{ "bad/cut.zlib", "GZIP-BROKEN\ncut short\n[pickle]\nos:system" },
	{ "bad/trailing.gz", "MEMBER\nGZIP-TRAILING @29 9 bytes\nBYTES @29 PKxx junk" },
	{ "bad/cut.gz", "GZIP-BROKEN\ncut short\nMEMBER" },
	{ "bad/crc.gz", "GZIP-BROKEN\ndamaged\nMEMBER @0 +55" },
	{ "bad/bomb.gz", "GZIP-BOMB\nMEMBER" },
};

/* Loaders run a pickle before they notice that its stream is cut: it is still known for what it is; other text is not.
 */
static void
test_cut(void)
{
	struct pal_buf b = collect_file(SOURCE_DIR "/tests/corpus/gzip/bad/cut.zlib");

	CHECK(pal_format_gzip.probe(pal_buf_view(&b), b.len, (struct pal_view){ 0 }) == 80);
	CHECK(PROBE(pal_format_gzip, "x^2 + y^2 = z^2, for all x, y and z", "") == 0);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_gzip, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_gzip, "\x1f\x8b\x08 ", "") == 95);
	CHECK(PROBE(pal_format_gzip, "x\x9c no deflate here", "") == 0);
	test_cut();
	check_corpus(&pal_format_gzip, 300);
	return check_done();
}
