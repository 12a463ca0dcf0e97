/* exec.c - programs and scripts: told by what their first bytes say, two letters are never enough. */
#include "feed.h"
#include "give.h"
#include "palisade/format.h"
#include "zip.h"

static uint32_t
u32_at(struct pal_view v, size_t at)
{
	return pal_zip_u32(v, at);
}

/* System V ABI: class 1 or 2, byte order 1 or 2, version 1. */
static bool
is_elf(struct pal_view v)
{
	return v.len >= 20 &&
	       pal_view_starts(v, "\x7f"
				  "ELF") &&
	       (v.data[4] == 1 || v.data[4] == 2) && (v.data[5] == 1 || v.data[5] == 2) && v.data[6] == 1;
}

/* MZ alone is two letters; the PE mark stands where the word at 0x3c says. */
static bool
is_pe(struct pal_view v, uint64_t size)
{
	uint32_t at = u32_at(v, 0x3c);

	if (v.len < 64 || !pal_view_starts(v, "MZ") || at < 4 || at > size || size - at < 24)
		return false;
	if (at > v.len || v.len - at < 4)
		return at % 4 == 0 && at < 65536 &&
		       u32_at(v, 2) != 0; /* behind what is shown: the DOS header must do */
	return v.data[at] == 'P' && v.data[at + 1] == 'E' && v.data[at + 2] == 0 && v.data[at + 3] == 0;
}

/* Mach-O in either byte order and width; a universal file names few architectures, where a Java class has its version.
 */
static bool
is_macho(struct pal_view v)
{
	uint32_t magic = u32_at(v, 0), kind = u32_at(v, 12);

	if (v.len < 28)
		return false;
	if (magic == 0xfeedface || magic == 0xfeedfacf)
		return kind >= 1 && kind <= 12;
	if (magic == 0xcefaedfe || magic == 0xcffaedfe)
		return (kind & 0xffffff) == 0 && kind >> 24 >= 1 && kind >> 24 <= 12;
	return magic == 0xbebafeca && v.data[4] == 0 && v.data[5] == 0 && v.data[6] == 0 && v.data[7] >= 1 &&
	       v.data[7] < 30;
}

static bool
is_script(struct pal_view v)
{
	struct pal_view line = pal_view_sub(v, 0, pal_view_find_byte(v, '\n', 0));

	line = pal_view_trim(pal_view_sub(line, 2, 256));
	return pal_view_starts(v, "#!") && line.len > 1 && line.data[0] == '/' &&
	       pal_view_find_byte(line, 0, 0) == SIZE_MAX;
}

static const char *
kind_of(struct pal_view head, uint64_t size)
{
	if (is_elf(head))
		return "an ELF program or library (Linux)";
	if (is_pe(head, size))
		return "a PE program or library (Windows)";
	if (is_macho(head))
		return "a Mach-O program or library (macOS)";
	if (pal_view_starts(head, "MZqFpD="))
		return "an APE program (runs on several systems)";
	return NULL;
}

static unsigned int
exec_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (kind_of(head, size) != NULL)
		return 96;
	return is_script(head) ? 88 : 0;
}

/* A script's text, as text; its first line names what would run it. */
static enum pal_err
take_script(struct pal_input *in, struct pal_sink *sink, struct pal_view head)
{
	struct pal_view line = pal_view_trim(pal_view_sub(head, 0, pal_view_find_byte(head, '\n', 0)));
	PAL_AUTO_FEED   f = { 0 };
	uint64_t        row = 1;

	PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_exec_script, 0, "a script for %.*s",
				 (int)(line.len < 80 ? line.len : 80), line.data));
	PAL_TRY(pal_feed_open(&f, in, 4 * PAL_TEXT_PIECE));
	while (!pal_feed_ended(&f) || pal_feed_view(&f).len > 0) {
		struct pal_place place = { .row = row };
		struct pal_view  v = { 0 };

		if (pal_feed_view(&f).len <= PAL_TEXT_PIECE)
			PAL_TRY(pal_feed_more(&f));
		v = pal_view_sub(pal_feed_view(&f), 0, pal_text_cut(pal_feed_view(&f)));
		place.offset = f.offset;
		PAL_TRY(pal_give_text(sink, v, &place));
		for (size_t at = 0; (at = pal_view_find_byte(v, '\n', at)) != SIZE_MAX; at++)
			row++;
		pal_feed_skip(&f, v.len);
	}
	return PAL_OK;
}

static enum pal_err
exec_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_view head = { 0 };
	const char     *kind = NULL;

	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	kind = kind_of(head, in->size);
	if (kind != NULL) {
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_exec_file, 0, "%s of %llu bytes", kind,
					 (unsigned long long)in->size));
		PAL_TRY(pal_give_bytes(sink, in, 0, in->size));
	} else if (is_script(head)) {
		PAL_TRY(take_script(in, sink, head));
	} else {
		PAL_TRY(pal_give_bytes(sink, in, 0, in->size));
	}
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_exec = {
	.name = "exec",
	.summary = "programs and scripts",
	.covers =
	    "That the file is one: ELF, PE, Mach-O, APE, or a script with a #! line. A program's bytes are given as "
	    "they "
	    "are, a script's text as text; an archive behind a program is examined. Machine code is not analysed.",
	.probe = exec_probe,
	.parse = exec_parse,
};
