/* text.c - text in pieces; what counts as text is in looks_like_text(). */
#include "feed.h"
#include "give.h"
#include "palisade/format.h"
#include "zip.h"

static bool
is_control(uint8_t c)
{
	return c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b && c != '\b');
}

/* 0: no; else the share of bytes that people write, in percent. */
static unsigned int
printable_share(struct pal_view head)
{
	size_t controls = 0;

	for (size_t i = 0; i < head.len; i++) {
		if (head.data[i] == 0)
			return 0;
		controls += is_control(head.data[i]);
	}
	return head.len == 0 ? 0 : (unsigned int)((head.len - controls) * 100 / head.len);
}

/* Latin-1 is believed only when letters outweigh what looks like noise: random bytes are half above 0x7f. */
static bool
mostly_ascii(struct pal_view head)
{
	size_t high = 0;

	for (size_t i = 0; i < head.len; i++)
		high += head.data[i] >= 0x80;
	return high * 10 <= head.len * 3;
}

static unsigned int
text_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".txt",  ".md",  ".rst",  ".py",  ".c",     ".h",    ".cc",  ".cpp",
					       ".java", ".js",  ".ts",   ".go",  ".rs",    ".sh",   ".r",   ".sql",
					       ".yaml", ".yml", ".toml", ".ini", ".cfg",   ".conf", ".xml", ".html",
					       ".htm",  ".log", ".tex",  ".lua", ".jinja", ".css",  ".env", NULL };
	size_t                   mark = 0;
	enum pal_encoding        e = pal_encoding_of(head, &mark);
	unsigned int             share = printable_share(head);
	bool                     known = false;

	(void)size;
	if (share < 90 && e != PAL_ENCODING_UTF16LE && e != PAL_ENCODING_UTF16BE)
		return 0;
	known = pal_name_ends(name, endings);
	if (e == PAL_ENCODING_UTF16LE || e == PAL_ENCODING_UTF16BE)
		return known ? 62 : 30;
	if (e == PAL_ENCODING_LATIN1 && !mostly_ascii(head))
		return share >= 99 && known ? 15 : 0;
	if (known && share >= 98)
		return 62; /* a table in a README does not make it a table */
	return e == PAL_ENCODING_UTF8 ? 20 : 10;
}

static uint64_t
count_lines(struct pal_view v)
{
	uint64_t lines = 0;

	for (size_t at = 0; (at = pal_view_find_byte(v, '\n', at)) != SIZE_MAX; at++)
		lines++;
	return lines;
}

static size_t
first_control(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < 0x20 || v.data[i] == 0x7f) /* most bytes end here */
			if (is_control(v.data[i]))
				return i;
	return SIZE_MAX;
}

struct text_state {
	uint64_t row;
	bool     control_said;
};

static enum pal_err
give_piece(struct pal_feed *f, struct pal_sink *sink, struct text_state *st)
{
	struct pal_view    at_hand = pal_feed_view(f);
	size_t             n = pal_text_cut(at_hand), control = SIZE_MAX;
	struct pal_content c = { .kind = PAL_CONTENT_TEXT, .text = pal_view_sub(at_hand, 0, n) };

	c.place = (struct pal_place){ .offset = f->offset, .length = n, .row = st->row };
	if (!st->control_said)
		control = first_control(c.text);
	if (control != SIZE_MAX) {
		st->control_said = true;
		PAL_TRY(
		    pal_sink_anomaly(sink, &pal_anomaly_text_binary, pal_feed_offset(f, control),
				     "byte 0x%02x in text, first in line %llu", (unsigned int)c.text.data[control],
				     (unsigned long long)(st->row + count_lines(pal_view_sub(c.text, 0, control)))));
	}
	PAL_TRY(pal_sink_take(sink, &c));
	st->row += count_lines(c.text);
	pal_feed_skip(f, n);
	return PAL_OK;
}

static enum pal_err
text_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_AUTO_FEED     f = { 0 };
	struct text_state st = { .row = 1 };

	PAL_TRY(pal_feed_open(&f, in, 4 * PAL_TEXT_PIECE));
	while (!pal_feed_ended(&f) || pal_feed_view(&f).len > 0) {
		if (pal_feed_view(&f).len <= PAL_TEXT_PIECE)
			PAL_TRY(pal_feed_more(&f));
		if (pal_feed_view(&f).len > 0)
			PAL_TRY(give_piece(&f, sink, &st));
	}
	if (f.bad)
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_text_encoding, f.bad_at, "not UTF-8: read as %s",
					 f.encoding == PAL_ENCODING_UTF8 ? "it is" : pal_encoding_name(f.encoding)));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_text = {
	.name = "text",
	.summary = "text, source code, configuration",
	.covers =
	    "All of the text, in pieces of up to 64 KiB that end at line ends, with offset and line. UTF-8, UTF-16 "
	    "with or without a byte order mark; anything else is read as Latin-1 and reported. Control bytes are "
	    "reported. Markup is not interpreted.",
	.probe = text_probe,
	.parse = text_parse,
};
