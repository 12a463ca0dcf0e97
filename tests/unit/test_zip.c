/* test_zip.c - two views of every member, by a table of archives that disagree with themselves; and damage. */
#include "collect.h"

extern const struct pal_format pal_format_zip;

static const struct collect_case cases[] = {
	{ "good/two.zip", "MEMBER @35 a.txt +120\nhello\nMEMBER @85 dir/b.txt +11\nstored text" },
	{ "good/empty.zip", "" },
	{ "good/torch.zip", "data.pkl\n[pickle]\nTENSOR @84 m/data/0 bytes 32 +32\nm/version +2" },
	{ "good/zip64.zip", "big.txt +11\nzip64 sizes" },
	{ "good/streamed.zip", "s.txt +90\nstreamed\nt.txt +6\nsecond" },
	{ "bad/name.zip", "ZIP-NAME-MISMATCH @46 dir/b.txt in the directory, dir/x.pkl at the member\nMEMBER @85" },
	{ "bad/flag_local.zip", "ZIP-FLAGS-MISMATCH @46\nstored text" },
	{ "bad/encrypted.zip", "ZIP-ENCRYPTED @85\nBYTES @85 stored text" },
	{ "bad/method.zip", "ZIP-METHOD-MISMATCH @46 dir/b.txt: 0 in the directory, 8\nstored text\nZIP-BROKEN" },
	{ "bad/crc_local.zip", "ZIP-CRC-MISMATCH @46" },
	{ "bad/crc.zip", "ZIP-CRC-WRONG @85 dir/b.txt" },
	{ "bad/size_local.zip", "ZIP-SIZE-MISMATCH @46\nMEMBER @85 dir/b.txt +11\nMEMBER @85 dir/b.txt +5" },
	{ "bad/bzip2.zip", "ZIP-METHOD @85 dir/b.txt: method 12\nBYTES @85 stored text" },
	{ "bad/duplicate.zip", "IMPORT @0 os:system\nZIP-DUPLICATE-NAME" },
	{ "bad/paths.zip", "steps out\nis absolute\nnames a drive\nsteps out" },
	{ "bad/link.zip", "ZIP-SYMLINK\n/etc/passwd" },
	{ "bad/prefix.zip", "ZIP-PREFIX @0 21 bytes\n[pickle]\nos:system" },
	{ "bad/trailing.zip", "ZIP-TRAILING\nBYTES @224 trailing bytes" },
	{ "bad/no_directory.zip",
	  "ZIP-NO-DIRECTORY\nZIP-HIDDEN-MEMBER @35 a.txt\nhello\nZIP-HIDDEN-MEMBER @85 dir/b.txt\nstored" },
	{ "bad/cut.zip", "ZIP-NO-DIRECTORY\nhello" },
	{ "bad/hidden.zip", "ZIP-HIDDEN-MEMBER @80 hidden.pkl\nos:system" },
	{ "bad/two_ends.zip", "ZIP-ENDS" },
	{ "bad/overlap.zip", "ZIP-NAME-MISMATCH\nZIP-OVERLAP" },
	{ "bad/bomb.zip", "ZIP-BOMB @35 zeros" },
};

/* The budgets are the caller's, and what they leave out is said. */
static void
test_budgets(void)
{
	struct pal_buf   b = collect_file(SOURCE_DIR "/tests/corpus/zip/good/two.zip");
	struct pal_input in = pal_input_of_view(pal_buf_view(&b));
	struct collect   got = collect_of();

	got.limits.members = 1;
	CHECK(collect_parse(&got, &pal_format_zip, &in) == PAL_OK);
	CHECK(strstr(pal_buf_text(&got.out), "FORMAT-LIMIT") != NULL);
	collect_done(&got);
	got = collect_of();
	got.limits.output = 10;
	CHECK(collect_parse(&got, &pal_format_zip, &in) == PAL_OK);
	CHECK(strstr(pal_buf_text(&got.out), "only its first 10 unpacked bytes") != NULL);
	collect_done(&got);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_zip, cases, sizeof(cases) / sizeof(cases[0]));
	test_budgets();
	CHECK(PROBE(pal_format_zip, "PK\3\4", "") == 95);
	CHECK(PROBE(pal_format_zip, "PKzip", "") == 0);
	check_corpus(&pal_format_zip, 400);
	return check_done();
}
