/* test_7z.c - methods and their chains, what the database may not say, and the bytes that it does not speak of. */
#include "collect.h"

extern const struct pal_format pal_format_7z;

static const struct collect_case cases[] = {
	{ "good/lzma2.7z", "a.txt +37\nhello text\nb.pkl +20\nos:system\ndir/\\xc3\\xbcn\\xc3\\xaf.txt +12\nsecond" },
	{ "good/lzma.7z", "a.txt +37\nhello text\nb.pkl +20\nos:system" },
	{ "good/bcj.7z", "a.txt +37\nhello text\nb.pkl +20\nos:system" },
	{ "good/delta.7z", "a.txt +37\nhello text\nb.pkl +20\nos:system" },
	{ "good/copy.7z", "MEMBER @32 a.txt +37\nhello text\nMEMBER @69 b.pkl +20\nos:system" },
	{ "good/bzip2.7z", "a.txt +37\nhello text" },
	{ "good/deflate.7z", "a.txt +37\nhello text" },
	{ "good/empty.7z", "" },
	{ "bad/path.7z", "SEVENZIP-PATH @32 the name ../xx steps out\nhello" },
	{ "bad/absolute.7z", "SEVENZIP-PATH @32 the name /a.tx is absolute" },
	{ "bad/duplicate.7z", "SEVENZIP-DUPLICATE-NAME @69 b.pkl\nos:system" },
	{ "bad/symlink.7z", "SEVENZIP-SYMLINK\n/etc/passwd" },
	{ "bad/crc.7z", "SEVENZIP-CRC-WRONG @32 a.txt\nhemlo" },
	{ "bad/start_crc.7z", "SEVENZIP-CRC-WRONG @8 the signature\nhello" },
	{ "bad/trailing.7z", "SEVENZIP-TRAILING @199 20 bytes\n[pickle]\nos:system" },
	{ "bad/gap.7z", "SEVENZIP-GAP @89 20 bytes\n[pickle]\nos:system" },
	{ "bad/cut.7z", "SEVENZIP-BROKEN @12 the header lies behind\nBYTES @32" },
	{ "bad/damaged.7z",
	  "SEVENZIP-BROKEN @48 a block of files is damaged at 48, after 7 of 37\na.txt +7\nb.pkl +20\nos:system" },
	{ "bad/unnamed.7z", "SEVENZIP-HIDDEN-MEMBER @69 20 bytes of content\nos:system" },
	{ "bad/more.7z", "SEVENZIP-HIDDEN-MEMBER @32 a block\n[pickle]\nos:system" },
	{ "bad/short.7z", "SEVENZIP-BROKEN @69 b.pkl: 20 bytes, but its block ends after 0" },
	{ "bad/no_content.7z", "SEVENZIP-BROKEN @32 the archive names more" },
	{ "bad/no_end.7z", "SEVENZIP-BROKEN @69 the header breaks\nBYTES @32 hello" },
	{ "bad/copies.7z", "SEVENZIP-METHOD @32 37 bytes, method 0\nBYTES @32 hello" },
	{ "bad/circle.7z", "SEVENZIP-METHOD @32\nBYTES @32 hello" },
	{ "bad/ppmd.7z", "SEVENZIP-METHOD @32 30 bytes, method 30401\nBYTES @32" },
	{ "good/bcj2.7z", "a.txt +37\nhello text" },
	{ "good/calls.7z", "a.txt +462" },
	{ "bad/dictionary.7z", "SEVENZIP-METHOD @32 a block of files needs to look back more than 128 MiB" },
	{ "bad/encrypted.7z", "SEVENZIP-ENCRYPTED @32 48 bytes" },
	{ "bad/encrypted_header.7z", "SEVENZIP-ENCRYPTED @80 112 bytes\nSEVENZIP-BROKEN @192" },
	{ "bad/bomb.7z", "SEVENZIP-BOMB\nMEMBER" },
};

int
main(void)
{
	check_cases(&pal_format_7z, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_7z, "7z\xbc\xaf\x27\x1c", "") == 97 && PROBE(pal_format_7z, "7z is no mark", "") == 0);
	check_corpus(&pal_format_7z, 300);
	return check_done();
}
