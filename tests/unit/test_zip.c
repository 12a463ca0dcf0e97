/* test_zip.c - two views of every member, by a table of archives that disagree with themselves; and damage. */
#include "collect.h"

extern const struct pal_format pal_format_zip;

static const struct collect_case cases[] = {
	{ "good/two.zip", "MEMBER @35 a.txt +120\nhello\nMEMBER @85 dir/b.txt +11\nstored text" },
	{ "good/empty.zip", "" },
	{ "good/torch_nested.pt",
	  "data.pkl\n[pickle]\nTENSOR @726 model.layers.0.weight float32 2x3 +24\n"
	  "TENSOR @726 model.t float32 3x2 +0\nTENSOR @794 model.layers.1.weight float16 4 +8\nversion +2" },
	{ "good/torch_script.pt",
	  "CALL\nTENSOR\nweight float32 2 +8\nMEMBER\ncode/__torch__.py\n<net/code/__torch__.py> "
	  "aten\nconstants.pkl\nTENSOR\n 0 float32 1 +4" },
	{ "good/torch_export.pt2", "model.json\n<m/models/model.json> aten\n<m/models/model.json> "
				   "mine\nTENSOR\nm/data/weights/weight_0 bytes 8 +8" },
	{ "bad/torch_script.pt",
	  "<net/code/__torch__.py> aten\nsave x, \"/tmp/owned\"\n> image\nread_file \"/etc/passwd\"" },
	{ "bad/torch_package.pt", "TORCH-PACKAGE\nTENSOR @\nw float32 2 +8\nmodel.pkl\nmymod.py\nSOURCE\npython" },
	{ "good/torch_big.pt", "TENSOR @292 w float32 2x2 +16" },
	{ "good/torch_view.pt",
	  "TENSOR @434 first float32 1 +4\nANOMALY TORCH-UNUSED @438 storage 0: 8 bytes\nTENSOR @438 0 float32 2 +8\n"
	  "TENSOR @446 row float32 3 +12" },
	{ "good/zip64.zip", "big.txt +11\nzip64 sizes" },
	{ "good/streamed.zip", "s.txt +90\nstreamed\nt.txt +6\nsecond" },
	{ "bad/name.zip", "ZIP-NAME-MISMATCH @46 dir/b.txt in the directory, dir/x.pkl at the member\nMEMBER @85" },
	{ "bad/flag_local.zip", "ZIP-FLAGS-MISMATCH @46\nstored text" },
	{ "bad/encrypted.zip", "ZIP-ENCRYPTED @85\nBYTES @85 stored text" },
	{ "bad/method.zip", "ZIP-METHOD-MISMATCH @46 dir/b.txt: 0 in the directory, 8\nstored text\nZIP-BROKEN" },
	{ "bad/crc_local.zip", "ZIP-CRC-MISMATCH @46" },
	{ "bad/crc.zip", "ZIP-CRC-WRONG @85 dir/b.txt" },
	{ "bad/size_local.zip", "ZIP-SIZE-MISMATCH @46\nMEMBER @85 dir/b.txt +11\nMEMBER @85 dir/b.txt +5" },
	{ "good/methods.zip",
	  "b.txt +37\nhello text\nl.txt +37\nhello text\nx.txt +37\nhello text\nz.pkl +20\nos:system" },
	{ "good/comments.zip", "META @0 a.txt a note on a member\nMEMBER\nMETA @163 comment a note on it all" },
	{ "good/unicode.zip", "MEMBER @50" },
	{ "bad/bzip2.zip", "ZIP-BROKEN @86 dir/b.txt: damaged after 0\nBYTES @86 tored text" },
	{ "bad/deflate64.zip", "ZIP-BROKEN @40 a.bin: damaged after 0 bytes" },
	{ "bad/imploded.zip", "ZIP-METHOD @35 a.txt: method 10\nBYTES @35" },
	{ "good/deflate64.zip", "MEMBER @35 a.txt +512\na few words" },
	{ "bad/lzma_header.zip", "ZIP-METHOD @35 a.txt: method 14\nBYTES @35" },
	{ "bad/lzma_cut.zip", "ZIP-BROKEN @74 a.txt: cut short after 35\nhello text" },
	{ "bad/zstd_crc.zip", "ZIP-BROKEN @78 a.txt: damaged after 37\nhello text" },
	{ "bad/unicode.zip", "ZIP-NAME-MISMATCH @0 notes.txt in the header, data.pkl in its Unicode\nos:system" },
	{ "bad/unicode_path.zip", "ZIP-PATH @52 the name ../x.txt steps out\nhello" },
	{ "bad/zip64_member.zip", "ZIP-SIZE-MISMATCH @0 a.bin: 57 packed bytes in the header, 20 in its zip64" },
	{ "bad/zip64_end.zip", "ZIP-ENDS @317 the end record says 1 members at 133, its zip64 record 1 at "
			       "187\nevil.pkl\nos:system\ngood.txt is "
			       "listed by another directory only\nhello" },
	{ "bad/end_in_comment.zip", "ZIP-ENDS @263 2 ends\nevil.pkl\nos:system\ngood.txt is listed by another\nhello" },
	{ "bad/behind_stream.zip", "hello\nZIP-GAP @64 20 bytes\n[pickle]\nos:system" },
	{ "bad/crc_zero.zip", "ZIP-CRC-WRONG @35 a.txt: CRC-32 24730a77, expected 00000000" },
	{ "bad/quoted.zip", "f039 +64\nZIP-OVERLAP" },
	{ "bad/link_macos.zip", "ZIP-SYMLINK\n/etc/passwd" },
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
	{ "bad/torch_offset.pt",
	  "TORCH-TENSOR @295 tensor \"w\": it reaches beyond its storage\nTENSOR @295 0 float32 4" },
	{ "bad/torch_stride.pt", "TORCH-TENSOR\nit reaches beyond" },
	{ "bad/torch_negative.pt", "TORCH-TENSOR\nits size is no list" },
	{ "bad/torch_product.pt", "TORCH-TENSOR\nthe product of its size overflows" },
	{ "bad/torch_numel.pt",
	  "TORCH-STORAGE @301 storage 0: 1099511627776 elements of 4 bytes, but 16 bytes are there" },
	{ "bad/torch_hidden.pt", "TORCH-HIDDEN @355 archive/data/7: 64 bytes that no pickle\nBYTES @355 \\x01hidden" },
	{ "bad/torch_longer.pt", "TORCH-HIDDEN @307 storage 0: 18 bytes more\nTENSOR @307 0 float32 4 +18" },
	{ "bad/torch_missing.pt", "TORCH-STORAGE @0 storage 0 is not in the archive" },
	{ "bad/torch_twice.pt", "TORCH-STORAGE @431 storage 0 is described twice" },
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

/* Members that share bytes cost as if they were unpacked; and so many that no directory lists are not all looked at. */
static void
test_bombs(void)
{
	struct pal_buf   b = collect_file(SOURCE_DIR "/tests/corpus/zip/bad/quoted.zip");
	PAL_AUTO_BUF     many = pal_buf_of(0);
	struct pal_input in = pal_input_of_view(pal_buf_view(&b));
	struct collect   got = collect_of();

	got.depth = 4; /* members are not opened */
	got.limits.output = 5000;
	CHECK(collect_parse(&got, &pal_format_zip, &in) == PAL_OK);
	CHECK(got.counts[PAL_CONTENT_MEMBER] < 15 && got.limits.output < 100);
	CHECK(strstr(pal_buf_text(&got.out), "shares its bytes with other members") != NULL);
	collect_done(&got);
	pal_buf_done(&b);
	for (size_t i = 0; i < 5000; i++)
		pal_buf_add(&many, (struct pal_view){ (const uint8_t *)"PK\3\4\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
								       "\0\0\0\1\0\0\0a",
						      31 });
	got = collect_of();
	in = pal_input_of_view(pal_buf_view(&many));
	CHECK(collect_parse(&got, &pal_format_zip, &in) == PAL_OK);
	CHECK(strstr(pal_buf_text(&got.out), "FORMAT-LIMIT @126976 more than 4096 members") != NULL);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_zip, cases, sizeof(cases) / sizeof(cases[0]));
	test_budgets();
	test_bombs();
	CHECK(PROBE(pal_format_zip, "PK\3\4", "") == 95);
	CHECK(PROBE(pal_format_zip, "PKzip", "") == 0);
	check_corpus(&pal_format_zip, 400);
	return check_done();
}
