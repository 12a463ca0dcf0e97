/* payloads.c - the detector that finds programs, scripts and pickles in bytes that belong to nothing. */
#include "palisade/reader.h"
#include "rules.h"
#include "sweep.h"

struct state {
	const struct pal_rule *elf, *pe, *macho, *script, *pickle;
	struct pal_seam        seam;
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->elf = pal_detect_own(rules, "PAYLOAD-ELF");
	s->pe = pal_detect_own(rules, "PAYLOAD-PE");
	s->macho = pal_detect_own(rules, "PAYLOAD-MACHO");
	s->script = pal_detect_own(rules, "PAYLOAD-SCRIPT");
	s->pickle = pal_detect_own(rules, "PAYLOAD-PICKLE");
	*ret_state = s;
	return PAL_OK;
}

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

/* PROTO, then a FRAME that fits and ends in STOP; before protocol 4 an opcode that pickles start with and a STOP at the
 * end of the bytes. */
static bool
is_pickle(struct pal_view v, bool at_start)
{
	struct pal_reader r = pal_reader_of(v);
	uint8_t           version;
	uint64_t          len;

	pal_read_skip(&r, 1);
	version = pal_read_u8(&r);
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

struct look {
	const struct state  *s;
	struct pal_view      text;
	struct pal_place     place;
	struct pal_findings *out;
};

static void
found(const struct look *l, const struct pal_rule *rule, size_t at, const char *what)
{
	struct pal_place place = l->place;

	place.offset += at;
	place.length = 0;
	pal_found(l->out, rule, PAL_CONFIDENCE_HIGH, &place, "%s begins at byte %llu, its header is sound", what,
		  (unsigned long long)place.offset);
}

static void
look_at(const struct look *l, size_t i)
{
	struct pal_view v = pal_view_sub(l->text, i, l->text.len);

	switch (v.data[0]) {
	case 0x7f:
		if (pal_view_starts(v, "\x7f"
				       "ELF") &&
		    is_elf(v))
			found(l, l->s->elf, i, "an ELF program");
		break;
	case 'M':
		if (pal_view_starts(v, "MZ") && is_pe(v))
			found(l, l->s->pe, i, "a PE program");
		break;
	case 0xce:
	case 0xcf:
	case 0xfe:
		if ((pal_view_starts(v, "\xce\xfa\xed\xfe") || pal_view_starts(v, "\xcf\xfa\xed\xfe") ||
		     pal_view_starts(v, "\xfe\xed\xfa\xce") || pal_view_starts(v, "\xfe\xed\xfa\xcf")) &&
		    is_macho(v))
			found(l, l->s->macho, i, "a Mach-O program");
		break;
	case '#':
		if ((i == 0 || l->text.data[i - 1] == '\n' || l->text.data[i - 1] == 0) && is_script(v))
			found(l, l->s->script, i, "a script");
		break;
	case 0x80:
		if (is_pickle(v, i == 0 && l->place.offset == 0) || (i == 0 && is_pickle(v, true)))
			found(l, l->s->pickle, i, "a pickle");
		break;
	default:
		break;
	}
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct state *s = state;
	struct look   l = { s, piece->text, piece->place, out };

	if (pal_seam_join(&s->seam, piece->text, piece->place.offset)) {
		struct look seam = { s, { s->seam.bytes, s->seam.len }, piece->place, out };

		seam.place.offset -= s->seam.tail;
		/* Headers that were cut: those that start before the seam, and were not sound without what follows. */
		for (size_t i = s->seam.tail > 64 ? s->seam.tail - 64 : 0; i < s->seam.tail; i++)
			look_at(&seam, i);
	}
	for (size_t i = 0; i < piece->text.len; i++)
		look_at(&l, i);
	pal_seam_keep(&s->seam, piece->text, piece->place.offset);
	return PAL_OK;
}

const struct pal_detector pal_detector_payloads = {
	.name = "payloads",
	.summary = "programs, scripts and pickles hidden in bytes",
	.reads = PAL_READS(PAL_CONTENT_BYTES),
	.start = start,
	.feed = feed,
};
