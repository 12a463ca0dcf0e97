/* test_tar.c - every kind of header, where names and links lead, and each way in which two readers see two archives. */
#include "collect.h"

extern const struct pal_format pal_format_tar;

static const struct collect_case cases[] = {
	{ "good/ustar.tar", "MEMBER @512 a.txt +37\nhello\nMEMBER @2048 dir/b.pkl +20\nos:system" },
	{ "good/v7.tar", "MEMBER @512 a.txt +37\nhello" },
	{ "good/gnu.tar", "MEMBER @1536 long/long/long/\nos:system" },
	{ "good/pax.tar", "META @512 comment made by hand\nMEMBER @2560 dir/\\xc3\\xbcn\\xc3\\xaf.pkl +20\nos:system" },
	{ "good/base256.tar", "MEMBER @512 a.txt +37" },
	{ "good/signed.tar", "MEMBER @512 \\xe4.txt +37" },
	{ "good/links.tar", "MEMBER @1024 b.txt +37" },
	{ "good/no_end.tar", "MEMBER @512 a.txt +37" },
	{ "good/root.tar", "var/a.txt +37\nANOMALY TAR-ROOT-LINK @1536 etc/mtab is a link to /proc/mounts" },
	{ "bad/hard-to-link.tar", "TAR-LINK\nl is a link\nh is a link to l, which is a symbolic link that leaves\n"
				  "TAR-THROUGH-LINK\nh/passwd would be written through the link h" },
	{ "bad/hard-through.tar", "h is a link to l/secret, which goes through another link" },
	{ "good/hard.tar", "MEMBER @512 d/a" },
	{ "good/hard-inside.tar", "MEMBER @512 d/a\nh/b" },
	{ "bad/path.tar",
	  "../a.txt steps out\n/etc/b.txt is absolute\nc\\..\\..\\d steps out\nTAR-PATH @3072\nis empty\n(no name)" },
	{ "bad/links.tar",
	  "b is a link to ../x, which leaves\nc is a link to ../y\nd is a link to /z\nTAR-LINK @0 a is a link to "
	  "/etc, which is absolute" },
	{ "bad/through.tar",
	  "TAR-LINK @0\nTAR-THROUGH-LINK @512 a/x.pkl would be written through the link a\nos:system" },
	{ "bad/chain.tar", "TAR-LINK @512 d is a link\nTAR-THROUGH-LINK @1024 ./d//x" },
	{ "bad/inside.tar", "TAR-LINK @1536 d is a link to a/../x, which goes through another link" },
	{ "bad/device.tar", "null is a device\ndisk is a device\npipe is a named pipe" },
	{ "bad/duplicate.tar", "TAR-DUPLICATE-NAME @1024 ./a.pkl\nos:system" },
	{ "bad/checksum.tar", "TAR-BROKEN @1024 no header\nBYTES @1024\n[pickle]\nos:system\nMEMBER @2560 c.txt +37" },
	{ "bad/first.tar", "TAR-BROKEN @0\nBYTES @0\nMEMBER @1536 b.pkl +20\nos:system" },
	{ "bad/hidden.tar", "TAR-HIDDEN-MEMBER @2048\nos:system\nTAR-HIDDEN-MEMBER @4096\nc.txt +37" },
	{ "bad/trailing.tar", "TAR-TRAILING @2560\n20 bytes follow\n[pickle]\nos:system" },
	{ "bad/overrun.tar", "TAR-BROKEN @512 a.txt: 5000 bytes, but the file ends after 512\nMEMBER @512 a.txt +512" },
	{ "bad/size_octal.tar",
	  "TAR-BROKEN @124 a.txt: a size that is no octal\nTAR-BROKEN @512\nhello\nMEMBER @1536 b.txt" },
	{ "bad/size_negative.tar", "TAR-BROKEN @124 a.txt: a size that is no octal\nTAR-BROKEN @512\nhello" },
	{ "bad/two_sizes.tar", "TAR-SIZE-MISMATCH @1536 a.tar: 0 bytes in the header, 1024\n(behind the shorter size)\n"
			       "evil.pkl\nos:system\na.tar +1024\nMEMBER @3072 b.txt" },
	{ "bad/two_sizes_long.tar", "TAR-SIZE-MISMATCH\na.tar +0\nevil.pkl +20\nos:system\nMEMBER @3072 b.txt" },
	{ "bad/two_names.tar", "TAR-NAME-MISMATCH @1024 notes.txt in the header, data.pkl in\ndata.pkl +20" },
	{ "bad/two_paths.tar", "TAR-NAME-MISMATCH @1536 two extended headers name a member: a.txt, b.txt" },
	{ "bad/prefix.tar", "TAR-PATH @0 the name ../a.txt\nTAR-NAME-MISMATCH @0" },
	{ "bad/link_content.tar", "TAR-SIZE-MISMATCH @0 a is a link\nMEMBER @1024 evil.pkl\nos:system" },
	{ "bad/global.tar", "TAR-NAME-MISMATCH @512 a global header\nx.pkl\nTAR-DUPLICATE-NAME\nos:system" },
	{ "bad/records.tar", "TAR-BROKEN @512 an extended header: a record whose length\na.txt +37" },
	{ "bad/long_header.tar", "TAR-BROKEN @512 p: 3145728 bytes\nTAR-BROKEN @512 an extended header" },
	{ "bad/sparse.tar", "TAR-SPARSE @1024 a.bin has holes\nMEMBER @1024 a.bin +1024\nos:system" },
	{ "bad/sparse_pax.tar", "TAR-SPARSE @1536 a.bin has holes\nMEMBER @2048 a.bin +37\nhello" },
	{ "bad/label.tar", "META @0 label a label\nTAR-BROKEN @512\nhello" },
};

/* Members are counted, and what the budget leaves out is said. */
static void
test_budget(void)
{
	struct pal_buf   b = collect_file(SOURCE_DIR "/tests/corpus/tar/good/ustar.tar");
	struct pal_input in = pal_input_of_view(pal_buf_view(&b));
	struct collect   got = collect_of();

	got.limits.members = 1;
	CHECK(collect_parse(&got, &pal_format_tar, &in) == PAL_OK);
	CHECK(got.counts[PAL_CONTENT_MEMBER] == 1 && strstr(pal_buf_text(&got.out), "FORMAT-LIMIT @2048") != NULL);
	collect_done(&got);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_tar, cases, sizeof(cases) / sizeof(cases[0]));
	test_budget();
	CHECK(PROBE(pal_format_tar, "ustar", "a.tar") == 0);
	check_corpus(&pal_format_tar, 3000);
	return check_done();
}
