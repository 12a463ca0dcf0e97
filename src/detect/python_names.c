/* python_names.c - compatibility characters that are ASCII letters to Python; the tables are from UnicodeData 15. */
#include "python_names.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

/* Single characters; runs are computed below. */
static const struct {
	uint32_t    from;
	const char *to;
} singles[] = {
	{ 0x00aa, "a" },  { 0x00ba, "o" },  { 0x017f, "s" },   { 0x02b0, "h" },   { 0x02b2, "j" },  { 0x02b3, "r" },
	{ 0x02b7, "w" },  { 0x02b8, "y" },  { 0x02e1, "l" },   { 0x02e2, "s" },   { 0x02e3, "x" },  { 0x1d43, "a" },
	{ 0x1d47, "b" },  { 0x1d48, "d" },  { 0x1d49, "e" },   { 0x1d4d, "g" },   { 0x1d4f, "k" },  { 0x1d50, "m" },
	{ 0x1d52, "o" },  { 0x1d56, "p" },  { 0x1d57, "t" },   { 0x1d58, "u" },   { 0x1d5b, "v" },  { 0x1d62, "i" },
	{ 0x1d63, "r" },  { 0x1d64, "u" },  { 0x1d65, "v" },   { 0x1d9c, "c" },   { 0x1da0, "f" },  { 0x1dbb, "z" },
	{ 0x2071, "i" },  { 0x207f, "n" },  { 0x2090, "a" },   { 0x2091, "e" },   { 0x2092, "o" },  { 0x2093, "x" },
	{ 0x2095, "h" },  { 0x2096, "k" },  { 0x2097, "l" },   { 0x2098, "m" },   { 0x2099, "n" },  { 0x209a, "p" },
	{ 0x209b, "s" },  { 0x209c, "t" },  { 0x2102, "C" },   { 0x210a, "g" },   { 0x210b, "H" },  { 0x210c, "H" },
	{ 0x210d, "H" },  { 0x210e, "h" },  { 0x2110, "I" },   { 0x2111, "I" },   { 0x2112, "L" },  { 0x2113, "l" },
	{ 0x2115, "N" },  { 0x2119, "P" },  { 0x211a, "Q" },   { 0x211b, "R" },   { 0x211c, "R" },  { 0x211d, "R" },
	{ 0x2124, "Z" },  { 0x2128, "Z" },  { 0x212a, "K" },   { 0x212c, "B" },   { 0x212d, "C" },  { 0x212f, "e" },
	{ 0x2130, "E" },  { 0x2131, "F" },  { 0x2133, "M" },   { 0x2134, "o" },   { 0x2139, "i" },  { 0x2145, "D" },
	{ 0x2146, "d" },  { 0x2147, "e" },  { 0x2148, "i" },   { 0x2149, "j" },   { 0x2170, "i" },  { 0x2171, "ii" },
	{ 0x2173, "iv" }, { 0x2174, "v" },  { 0x2175, "vi" },  { 0x2178, "ix" },  { 0x2179, "x" },  { 0x217a, "xi" },
	{ 0x217c, "l" },  { 0x217d, "c" },  { 0x217e, "d" },   { 0x217f, "m" },   { 0x2c7c, "j" },  { 0xfb00, "ff" },
	{ 0xfb01, "fi" }, { 0xfb02, "fl" }, { 0xfb03, "ffi" }, { 0xfb04, "ffl" }, { 0xfb05, "st" }, { 0xfb06, "st" },
	{ 0xfe33, "_" },  { 0xfe34, "_" },  { 0xfe4d, "_" },   { 0xfe4e, "_" },   { 0xfe4f, "_" },
};

/* The ASCII that c is to Python; empty: it stays what it is. */
static struct pal_view
ascii_of(uint32_t c, char room[2])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	room[1] = '\0';
	if (c >= 0xff01 && c <= 0xff5e)
		room[0] = (char)(c - 0xff01 + '!'); /* fullwidth */
	else if (c >= 0x1d400 && c <= 0x1d6a3)
		room[0] = letters[(c - 0x1d400) % 52]; /* mathematical alphabets, one after the other */
	else if (c >= 0x1d7ce && c <= 0x1d7ff)
		room[0] = (char)('0' + (c - 0x1d7ce) % 10);
	else
		room[0] = '\0';
	for (size_t i = 0; room[0] == '\0' && i < sizeof(singles) / sizeof(singles[0]); i++)
		if (singles[i].from == c)
			return pal_view_of(singles[i].to);
	return pal_view_of(room);
}

struct pal_view
pal_python_name(struct pal_view name, struct pal_arena *a)
{
	struct pal_view rest = name;
	uint8_t        *out = NULL;
	size_t          n = 0;

	for (size_t i = 0; i <= name.len; i++) {
		if (i == name.len)
			return name;
		if (name.data[i] >= 0x80)
			break;
	}
	out = pal_arena_array(a, name.len, 1); /* no entry is longer than its UTF-8 */
	if (out == NULL)
		return name;
	while (rest.len > 0) {
		struct pal_view one = rest, to;
		char            room[2];
		uint32_t        c = pal_utf8_next(&rest);

		one.len -= rest.len;
		to = c == PAL_UTF8_BAD ? one : ascii_of(c, room);
		to = to.len == 0 ? one : to;
		pal_mem_copy(out + n, name.len - n, to.data, to.len);
		n += to.len;
	}
	return (struct pal_view){ out, n };
}
