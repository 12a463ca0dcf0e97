/* test_archive.c - marks of archives that are not unpacked, and what only looks like one. */
#include "collect.h"

extern const struct pal_format pal_format_archive;

static const struct collect_case cases[] = {
	{ "good/lib.a", "ANOMALY ARCHIVE-UNREAD @0 an ar archive\nBYTES @0" },
	{ "good/a.cpio", "ANOMALY ARCHIVE-UNREAD @0 a cpio archive" },
	{ "good/five.rar", "ANOMALY ARCHIVE-UNREAD @0 a RAR archive of" },
	{ "good/four.rar", "ANOMALY ARCHIVE-UNREAD @0 a RAR archive (before" },
	{ "good/a.cab", "ANOMALY ARCHIVE-UNREAD @0 a Windows cabinet" },
	{ "good/a.squashfs", "ANOMALY ARCHIVE-UNREAD @0 a SquashFS image" },
	{ "good/a.rpm", "ANOMALY ARCHIVE-UNREAD @0 an RPM package" },
	{ "good/a.Z", "ANOMALY ARCHIVE-UNREAD @0 a file of compress" },
	{ "bad/pickle.a", "ANOMALY ARCHIVE-UNREAD @0 an ar archive\nBYTES @0" },
};

int
main(void)
{
	check_cases(&pal_format_archive, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_archive, "070701 is the number of a house, and this is a long line of text about it",
		    "") == 0);
	CHECK(PROBE(pal_format_archive, "070701,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0", "") == 0);
	CHECK(PROBE(pal_format_archive,
		    "hsqs is no word, but a line of text may begin with it, and go on for a while, "
		    "until it is longer than any header",
		    "") == 0);
	CHECK(PROBE(pal_format_archive, "a -lh is an option of ls", "") == 0);
	CHECK(PROBE(pal_format_archive, "LZIPPED files are short, says the text that goes on", "") == 0);
	CHECK(PROBE(pal_format_archive, "Rar!", "a.rar") == 0);
	check_corpus(&pal_format_archive, 200);
	return check_done();
}
