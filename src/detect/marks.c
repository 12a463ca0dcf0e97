/* marks.c - one check a kind, each far beyond what random bytes reach; to audit: the table of pairs names every kind.
 */
#include "marks.h"

#include <zlib.h>

#include "palisade/lanes.h"
#include "palisade/reader.h"

/* System V ABI, ELF header: class, data and version bytes, then type, machine, version and the header's own size. */
static bool
is_elf(struct pal_view v)
{
	struct pal_reader r = pal_reader_of(pal_view_sub(v, 0, 64));
	bool              wide, big;
	uint16_t          type, machine, size;
	uint32_t          version;

	if (v.len < 52 || v.data[4] < 1 || v.data[4] > 2 || v.data[5] < 1 || v.data[5] > 2 || v.data[6] != 1)
		return false;
	wide = v.data[4] == 2;
	big = v.data[5] == 2;
	pal_read_skip(&r, 16);
	type = big ? pal_read_u16be(&r) : pal_read_u16le(&r);
	machine = big ? pal_read_u16be(&r) : pal_read_u16le(&r);
	version = big ? pal_read_u32be(&r) : pal_read_u32le(&r);
	pal_read_skip(&r, wide ? 28 : 16); /* entry, program and section headers, flags */
	size = big ? pal_read_u16be(&r) : pal_read_u16le(&r);
	return pal_reader_err(&r) == PAL_OK && type >= 1 && type <= 4 && machine != 0 && machine < 300 &&
	       version == 1 && size == (wide ? 64 : 52);
}

/* PE/COFF: the offset at 0x3c leads to "PE", a known machine, and an optional header of 32 or 64 bits. */
static bool
is_pe(struct pal_view v)
{
	struct pal_reader r = pal_reader_of(v);
	uint32_t          at;
	uint16_t          machine, magic;

	pal_read_skip(&r, 0x3c);
	at = pal_read_u32le(&r);
	if (pal_reader_err(&r) != PAL_OK || at < 0x40 || at > 0x10000)
		return false;
	pal_read_skip(&r, at - 0x40);
	if (pal_read_u32le(&r) != 0x00004550)
		return false;
	machine = pal_read_u16le(&r);
	pal_read_skip(&r, 18);
	magic = pal_read_u16le(&r);
	return pal_reader_err(&r) == PAL_OK &&
	       (machine == 0x14c || machine == 0x8664 || machine == 0xaa64 || machine == 0x1c4 || machine == 0x200) &&
	       (magic == 0x10b || magic == 0x20b || magic == 0);
}

/* Mach-O: processor, kind of file, number and size of load commands; either byte order. */
static bool
is_macho(struct pal_view v)
{
	struct pal_reader r = pal_reader_of(pal_view_sub(v, 0, 28));
	uint32_t          magic = pal_read_u32le(&r);
	bool              little = magic == 0xfeedface || magic == 0xfeedfacf;
	uint32_t          f[5];

	for (size_t i = 0; i < 5; i++)
		f[i] = little ? pal_read_u32le(&r) : pal_read_u32be(&r);
	f[0] &= 0xff; /* without the flag for 64 bits */
	return pal_reader_err(&r) == PAL_OK && (f[0] == 7 || f[0] == 12 || f[0] == 18) && f[2] >= 1 && f[2] <= 12 &&
	       f[3] >= 1 && f[3] < 2000 && f[4] >= 8 && f[4] < 1000000;
}

static bool
is_script(struct pal_view v)
{
	static const char *const starts[] = { "#!/bin/", "#!/usr/bin/", "#!/usr/local/bin/", "#! /bin/",
					      "#! /usr/bin/" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (pal_view_starts(v, starts[i]))
			return pal_view_find_byte(pal_view_sub(v, 0, 128), '\n', 0) != SIZE_MAX;
	return false;
}

/* The rest of a GLOBAL: two lines, names with dots between. */
static bool
names_global(struct pal_view v)
{
	size_t lines = 0, len = 0;

	for (size_t i = 1; i < v.len && v.data[0] == 'c' && lines < 2; i++) {
		bool name = pal_is_alnum(v.data[i]) || v.data[i] == '_' || v.data[i] == '.';

		if (!name && !(v.data[i] == '\n' && len > 1))
			return false;
		lines += v.data[i] == '\n';
		len = v.data[i] == '\n' ? 0 : len + 1;
	}
	return lines == 2;
}

/* PROTO, then a GLOBAL; or, from protocol 4 on, a FRAME that fits and ends in STOP; at the start of the bytes also an
 * opcode that pickles start with and a STOP at the end of the bytes. */
static bool
is_pickle(struct pal_view v, bool at_start)
{
	struct pal_reader r = pal_reader_of(v);
	uint8_t           version;
	uint64_t          len;

	pal_read_skip(&r, 1);
	version = pal_read_u8(&r);
	if ((version == 2 || version == 3) && names_global(pal_view_sub(v, 2, 256)))
		return true;
	if (version == 4 || version == 5) {
		if (pal_read_u8(&r) != 0x95)
			return false;
		len = pal_read_u64le(&r);
		pal_read_skip(&r, len == 0 ? 0 : len - 1);
		return len > 2 && pal_read_u8(&r) == '.' && pal_reader_err(&r) == PAL_OK;
	}
	return at_start && (version == 2 || version == 3) && v.len > 8 && v.data[v.len - 1] == '.' &&
	       pal_view_find_byte(pal_view_of("(]}cK)XUqGN"), v.data[2], 0) != SIZE_MAX;
}

/* APPNOTE 4.3.7: version, flags, method, and a name without control characters. */
static bool
is_zip(struct pal_view v)
{
	struct pal_reader r = pal_reader_of(v);
	uint16_t          version, flags, method, name, extra;
	struct pal_view   text;

	pal_read_skip(&r, 4);
	version = pal_read_u16le(&r);
	flags = pal_read_u16le(&r);
	method = pal_read_u16le(&r);
	pal_read_skip(&r, 16);
	name = pal_read_u16le(&r);
	extra = pal_read_u16le(&r);
	text = pal_read_view(&r, name);
	if (pal_reader_err(&r) != PAL_OK || !pal_view_starts(v, "PK\003\004") || (version & 0xff) > 63 ||
	    version >> 8 > 20 || (flags & 0xc000) != 0 || (method > 20 && (method < 90 || method > 99)) || name == 0 ||
	    name > 512 || extra > 4096)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return false;
	return true;
}

/* RFC 1952, 2.3; and it unpacks, which random bytes do not do for long. */
static bool
is_gzip(struct pal_view v)
{
	uint8_t  out[512];
	z_stream z = { 0 };
	bool     good = false;

	if (v.len < 18 || v.data[0] != 0x1f || v.data[1] != 0x8b || v.data[2] != 8 || v.data[3] > 0x1f ||
	    (v.data[8] != 0 && v.data[8] != 2 && v.data[8] != 4) || (v.data[9] > 13 && v.data[9] != 255))
		return false;
	if (inflateInit2(&z, 31) != Z_OK)
		return false;
	z.next_in = (z_const Bytef *)(uintptr_t)v.data;
	z.avail_in = (uInt)(v.len < PAL_MARK_VIEW ? v.len : PAL_MARK_VIEW);
	z.next_out = out;
	z.avail_out = sizeof(out);
	switch (inflate(&z, Z_SYNC_FLUSH)) {
	case Z_STREAM_END:
		good = true;
		break;
	case Z_OK:
		good = z.avail_out == 0;
		break;
	default:
		break;
	}
	(void)inflateEnd(&z);
	return good;
}

/* RFC 8878, 3.1.1: a frame's header, then blocks that follow each other, three or up to the last. */
static bool
is_zstd(struct pal_view v)
{
	struct pal_reader    r = pal_reader_of(v);
	static const uint8_t sizes[] = { 0, 2, 4, 8 }, dictionaries[] = { 0, 1, 2, 4 };
	uint8_t              what;
	bool                 single;

	pal_read_skip(&r, 4);
	what = pal_read_u8(&r);
	single = (what & 0x20) != 0;
	if (!pal_view_starts(v, "\x28\xb5\x2f\xfd") || (what & 0x08) != 0)
		return false;
	pal_read_skip(&r, (single ? 0u : 1u) + dictionaries[what & 3] +
			      (what >> 6 == 0 && single ? 1u : (unsigned int)sizes[what >> 6]));
	for (size_t n = 0; n < 3; n++) {
		uint32_t block = pal_read_u8(&r);

		block |= (uint32_t)pal_read_u16le(&r) << 8;
		if (pal_reader_err(&r) != PAL_OK || (block >> 1 & 3) == 3 || block >> 3 > 131072)
			return false;
		pal_read_skip(&r, (block >> 1 & 3) == 1 ? 1 : block >> 3);
		if ((block & 1) != 0)
			return pal_reader_err(&r) == PAL_OK;
	}
	return pal_reader_err(&r) == PAL_OK;
}

/* Marks of six bytes and more, with the bytes behind them that have few values. */
static const char *
long_mark(struct pal_view v)
{
	if (v.len < 32)
		return NULL;
	if (pal_view_eq(pal_view_sub(v, 0, 7), (struct pal_view){ (const uint8_t *)"\xfd"
										   "7zXZ\0",
								  7 }) &&
	    pal_view_find_byte((struct pal_view){ (const uint8_t *)"\0\1\4\12", 4 }, v.data[7], 0) != SIZE_MAX)
		return "an xz archive";
	if (pal_view_eq(pal_view_sub(v, 0, 7), (struct pal_view){ (const uint8_t *)"7z\xbc\xaf\x27\x1c\0", 7 }) &&
	    v.data[7] <= 4)
		return "a 7z archive";
	if (pal_view_starts(v, "BZh") && pal_view_starts(pal_view_sub(v, 4, 6), "1AY&SY"))
		return "a bzip2 archive";
	if (pal_view_starts(v, "Rar!\x1a\x07") && v.data[6] <= 1)
		return "a RAR archive";
	return NULL;
}

static enum pal_mark
say(enum pal_mark mark, const char *what, const char **ret_what)
{
	*ret_what = what;
	return mark;
}

enum pal_mark
pal_mark_at(struct pal_view v, bool at_start, const char **ret_what)
{
	uint8_t     first = v.len < 8 ? 0 : v.data[0];
	const char *archive = NULL;

	if (first == 0x7f &&
	    pal_view_starts(v, "\x7f"
			       "ELF") &&
	    is_elf(v))
		return say(PAL_MARK_ELF, "an ELF program", ret_what);
	if (first == 'M' && v.data[1] == 'Z' && is_pe(v))
		return say(PAL_MARK_PE, "a PE program", ret_what);
	if ((pal_view_starts(v, "\xce\xfa\xed\xfe") || pal_view_starts(v, "\xcf\xfa\xed\xfe") ||
	     pal_view_starts(v, "\xfe\xed\xfa\xce") || pal_view_starts(v, "\xfe\xed\xfa\xcf")) &&
	    is_macho(v))
		return say(PAL_MARK_MACHO, "a Mach-O program", ret_what);
	if (first == '#' && is_script(v))
		return say(PAL_MARK_SCRIPT, "a script", ret_what);
	if (first == 0x80 && is_pickle(v, at_start))
		return say(PAL_MARK_PICKLE, "a pickle", ret_what);
	if (first == 'P' && is_zip(v))
		archive = "a zip archive";
	else if (first == 0x1f && is_gzip(v))
		archive = "a gzip archive";
	else if (first == 0x28 && is_zstd(v))
		archive = "a Zstandard archive";
	else
		archive = long_mark(v);
	return archive == NULL ? PAL_MARK_NONE : say(PAL_MARK_ARCHIVE, archive, ret_what);
}

/* Every kind begins with one of these. Those of one group are looked for together, and taken for each other at first:
 * what they have in common makes that rare. */
static const struct {
	uint8_t first, second, group;
} pairs[] = {
	{ 0x80, 2, 0 },    { 0x80, 3, 0 },    { 0x80, 4, 0 },    { 0x80, 5, 0 },  { 'M', 'Z', 1 },  { 'B', 'Z', 1 },
	{ 0xce, 0xfa, 2 }, { 0xcf, 0xfa, 2 }, { 'P', 'K', 3 },   { 'R', 'a', 3 }, { 0x7f, 'E', 4 }, { 0xfd, '7', 4 },
	{ 0xfe, 0xed, 5 }, { 0x1f, 0x8b, 5 }, { 0x28, 0xb5, 6 }, { '#', '!', 6 }, { '7', 'z', 7 },
};

#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

static bool
is_pair(const uint8_t *p)
{
	for (size_t k = 0; k < PAIRS; k++)
		if (p[0] == pairs[k].first && p[1] == pairs[k].second)
			return true;
	return false;
}

size_t
pal_marks_next(struct pal_view v, size_t from)
{
	struct pal_lanes_pairs all = { 0 };
	size_t                 at = from;

	for (size_t k = 0; k < PAIRS; k++)
		pal_lanes_pairs_add(&all, pairs[k].first, pairs[k].second, pairs[k].group);
	while ((at = pal_lanes_pair(v.data, v.len, at, &all)) < v.len && !is_pair(v.data + at))
		at++;
	return at < v.len ? at : v.len;
}

#define TEXT_LEAST 64u
#define TEXT_STEP  32u

/* Random bytes print with 98 of 256 values: 64 in a row are one in 10^26. Numbers that happen to look so are equal, or
 * of few different bytes, and hold few letters; or they count, as indices do; or they are float16 times nearly a power
 * of two, (1 + d) m with m from 1 to 2, whose last byte is d m: the greatest is at most twice the least. Text has
 * blanks, digits or signs below its letters. */
static bool
is_text(struct pal_view v)
{
	bool    seen[256] = { false };
	size_t  letters = 0, kinds = 0, steps = 0;
	uint8_t least = UINT8_MAX, most = 0;

	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		letters += pal_is_alpha(c) || c == ' ';
		kinds += !seen[c];
		seen[c] = true;
		steps += i > 0 && (uint8_t)(c - v.data[i - 1]) == 1;
		least = c < least ? c : least;
		most = c > most ? c : most;
	}
	return letters * 10 >= v.len * 6 && kinds >= 12 && steps * 2 < v.len && most > 2 * least + 1;
}

static bool
prints(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';
}

size_t
pal_marks_text(struct pal_view v)
{
	for (size_t at = 0; (at = pal_lanes_printable_next(v.data, v.len, at)) < v.len; at += TEXT_STEP) {
		size_t from = at, to = at + TEXT_STEP;

		while (from > 0 && at - from < TEXT_STEP && prints(v.data[from - 1]))
			from--;
		while (to < v.len && to - from < 4 * TEXT_LEAST && prints(v.data[to]))
			to++;
		if (to - from >= TEXT_LEAST && is_text(pal_view_sub(v, from, to - from)))
			return from;
	}
	return SIZE_MAX;
}
