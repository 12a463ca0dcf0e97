/* width.c - the tables of code points that hide, combine or take two columns; pal_width_shown() is what to audit. */
#include "width.h"

#define REPLACEMENT 0xfffdu

struct range {
	uint32_t from, to;
};

/* Draws nothing of its own, or changes the order in which its neighbours are read. */
static const struct range hidden[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f },   { 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x2800, 0x2800 }, { 0x3164, 0x3164 }, { 0xd800, 0xdfff },   { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
};

static const struct range combining[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x05bf, 0x05bf }, { 0x05c1, 0x05c2 },
	{ 0x05c4, 0x05c5 }, { 0x05c7, 0x05c7 }, { 0x0610, 0x061a }, { 0x064b, 0x065f }, { 0x0670, 0x0670 },
	{ 0x06d6, 0x06dc }, { 0x06df, 0x06e4 }, { 0x06e7, 0x06e8 }, { 0x06ea, 0x06ed }, { 0x0730, 0x074a },
	{ 0x07a6, 0x07b0 }, { 0x0900, 0x0902 }, { 0x093a, 0x093a }, { 0x093c, 0x093c }, { 0x0941, 0x0948 },
	{ 0x094d, 0x094d }, { 0x0951, 0x0957 }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a }, { 0x0e47, 0x0e4e },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20f0 }, { 0x302a, 0x302d }, { 0x3099, 0x309a },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

static const struct range wide[] = {
	{ 0x1100, 0x115e },   { 0x231a, 0x231b },   { 0x2329, 0x232a },   { 0x23e9, 0x23ec },   { 0x2e80, 0x303e },
	{ 0x3041, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
	{ 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6f },   { 0xff01, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x16fe0, 0x18aff },
	{ 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x1fa70, 0x1faff },
	{ 0x20000, 0x3fffd },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
is_in(const struct range *table, size_t n, uint32_t c)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = low + (n - low) / 2;

		if (c < table[mid].from)
			n = mid;
		else if (c > table[mid].to)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

uint32_t
pal_width_shown(uint32_t c)
{
	bool odd = c > 0x10ffff || (c & 0xfffe) == 0xfffe || is_in(hidden, COUNT(hidden), c);

	return odd ? REPLACEMENT : c;
}

unsigned int
pal_width_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (is_in(combining, COUNT(combining), c))
		return 0;
	return is_in(wide, COUNT(wide), c) ? 2 : 1;
}

unsigned int
pal_width_text(struct pal_view text)
{
	unsigned int columns = 0;

	while (text.len > 0)
		columns += pal_width_of(pal_width_shown(pal_utf8_next(&text)));
	return columns;
}

static struct pal_view
skip_blanks(struct pal_view v)
{
	while (v.len > 0 && v.data[0] == ' ')
		v = pal_view_sub(v, 1, SIZE_MAX);
	return v;
}

struct pal_view
pal_width_line(struct pal_view *rest, unsigned int columns)
{
	struct pal_view start = columns == 0 ? *rest : skip_blanks(*rest);
	struct pal_view at = start;
	size_t          blank = SIZE_MAX, taken = 0;
	unsigned int    used = 0;

	while (at.len > 0) {
		struct pal_view before = at;
		uint32_t        c = pal_utf8_next(&at);
		unsigned int    w = pal_width_of(pal_width_shown(c));

		if (c == ' ')
			blank = start.len - before.len;
		if (columns > 0 && used + w > columns && taken > 0) {
			if (c != ' ' && blank != SIZE_MAX)
				taken = blank;
			*rest = skip_blanks(pal_view_sub(start, taken, SIZE_MAX));
			return pal_view_sub(start, 0, taken);
		}
		used += w;
		taken = start.len - at.len;
	}
	*rest = (struct pal_view){ 0 };
	return start;
}

static void
add_code_point(struct pal_buf *b, uint32_t c)
{
	uint8_t bytes[4];

	pal_buf_add(b, (struct pal_view){ bytes, pal_utf8_encode(c, bytes) });
}

void
pal_width_add(struct pal_buf *b, struct pal_view text)
{
	while (text.len > 0)
		add_code_point(b, pal_width_shown(pal_utf8_next(&text)));
}

unsigned int
pal_width_cut(struct pal_buf *b, struct pal_view text, unsigned int columns)
{
	unsigned int all = pal_width_text(text), used = 0;

	if (columns == 0 || all <= columns) {
		pal_width_add(b, text);
		return all;
	}
	while (text.len > 0) {
		uint32_t     c = pal_width_shown(pal_utf8_next(&text));
		unsigned int w = pal_width_of(c);

		if (used + w > columns - 1)
			break;
		add_code_point(b, c);
		used += w;
	}
	pal_buf_add_text(b, "\xe2\x80\xa6");
	return used + 1;
}
