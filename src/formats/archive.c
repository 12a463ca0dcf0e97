/* archive.c - archives that are told by their marks and not unpacked; their bytes are searched as they are. */
#include "give.h"
#include "palisade/format.h"

struct kind {
	size_t      at;
	const char *mark;
	size_t      len;
	size_t      least; /* bytes of the smallest header */
	const char *what;
};

static const struct kind kinds[] = {
	{ 0, "Rar!\x1a\x07\x00", 7, 20, "a RAR archive (before version 5)" },
	{ 0, "Rar!\x1a\x07\x01\x00", 8, 20, "a RAR archive" },
	{ 0, "!<arch>\n", 8, 68, "an ar archive (a Debian package or a static library)" },
	{ 0, "!<thin>\n", 8, 68, "an ar archive whose files are elsewhere" },
	{ 0, "070701", 6, 110, "a cpio archive" },
	{ 0, "070702", 6, 110, "a cpio archive" },
	{ 0, "070707", 6, 76, "a cpio archive" },
	{ 0, "\xc7\x71", 2, 26, "a cpio archive" },
	{ 0, "\xed\xab\xee\xdb", 4, 96, "an RPM package" },
	{ 0, "MSCF\0\0\0\0", 8, 36, "a Windows cabinet" },
	{ 0, "hsqs", 4, 96, "a SquashFS image" },
	{ 0, "sqsh", 4, 96, "a SquashFS image" },
	{ 0, "\x60\xea", 2, 34, "an ARJ archive" },
	{ 0, "xar!", 4, 28, "a xar archive" },
	{ 2, "-lh", 3, 24, "an LHA archive" },
	{ 7, "**ACE**", 7, 32, "an ACE archive" },
	{ 0, "\x1f\x9d", 2, 8, "a file of compress (.Z)" },
	{ 0, "LZIP", 4, 26, "an lzip file" },
	{ 0, "\x89LZO\0\r\n\x1a\n", 9, 30, "an lzop file" },
};

/* Marks of two letters say little: the header behind them must fit. */
static bool
fits(const struct kind *k, struct pal_view head)
{
	switch ((uint8_t)k->mark[0]) {
	case 0xc7: /* old binary cpio: a short name, its size in two words, the high one first */
		return head.len >= 26 && head.data[20] > 1 && head.data[21] < 4;
	case 0x60: /* ARJ: the basic header's length, then the first header's, of 30 bytes as a rule */
		return head.len >= 5 && head.data[3] < 11 && head.data[4] >= 0x1e && head.data[4] <= 0x2e;
	case '-':
		return head.len >= 7 && head.data[6] == '-' && (pal_is_digit(head.data[5]) || head.data[5] == 'd');
	case 0x1f: /* compress: 9 to 16 bits, and the flag for blocks */
		return head.len >= 3 && (head.data[2] & 0x60) == 0 && (head.data[2] & 0x1f) >= 9 &&
		       (head.data[2] & 0x1f) <= 16;
	case '0': /* cpio in text: digits all along */
		for (size_t i = 6; i < 48; i++)
			if (i >= head.len || (!pal_is_digit(head.data[i]) &&
					      (pal_to_lower(head.data[i]) < 'a' || pal_to_lower(head.data[i]) > 'f')))
				return false;
		return true;
	case 'h':
	case 's': /* SquashFS: version 3 or 4 */
		return head.len >= 30 && (k->mark[0] == 'h' ? head.data[28] <= 4 && head.data[29] == 0
							    : head.data[28] == 0 && head.data[29] <= 4);
	case 'L':
		return head.len >= 6 && head.data[4] <= 1;
	default:
		return true;
	}
}

static const struct kind *
kind_of(struct pal_view head, uint64_t size)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct pal_view mark = { (const uint8_t *)kinds[i].mark, kinds[i].len };

		if (size >= kinds[i].least && pal_view_eq(pal_view_sub(head, kinds[i].at, mark.len), mark) &&
		    fits(&kinds[i], head))
			return &kinds[i];
	}
	return NULL;
}

static unsigned int
archive_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	const struct kind *k = kind_of(head, size);

	(void)name;
	if (k == NULL)
		return 0;
	return k->len > 3 ? 90 : 62;
}

static enum pal_err
archive_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_view    head = { 0 };
	const struct kind *k = NULL;

	(void)d;
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	k = kind_of(head, in->size);
	PAL_TRY(pal_sink_unread(sink, &pal_anomaly_archive_unread, 0, in->size, "%s of %llu bytes, not unpacked",
				k == NULL ? "an archive" : k->what, (unsigned long long)in->size));
	return pal_give_bytes(sink, in, 0, in->size);
}

const struct pal_format pal_format_archive = {
	.name = "archive",
	.summary = "archives that are not unpacked: RAR, ar, cpio, RPM, cabinets, SquashFS and others",
	.covers =
	    "That the file is one, by its mark: RAR, ar and Debian packages, cpio, RPM, Windows cabinets, SquashFS, "
	    "ARJ, xar, LHA, ACE, compress, lzip, lzop. Reported as not examined; the bytes are searched as they "
	    "are, so what is stored in them without compression is seen. ISO 9660 has its mark behind 32 KiB and "
	    "stays unknown.",
	.probe = archive_probe,
	.parse = archive_parse,
};
