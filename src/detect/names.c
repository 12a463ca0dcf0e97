/* names.c - Unicode's compatibility letters (NFKC) and the commonest look-alikes (UTS 39), down to ASCII. */
#include "names.h"

#include "palisade/utf8.h"

struct pal_view
pal_name_strip(struct pal_view name)
{
	while (name.len > 1 && name.data[0] == '_')
		name = pal_view_sub(name, 1, name.len);
	return name;
}

bool
pal_name_is_class(struct pal_view name)
{
	struct pal_view n = pal_name_strip(name);

	return n.len > 0 && n.data[0] >= 'A' && n.data[0] <= 'Z' && pal_view_find_byte(n, '.', 0) == SIZE_MAX;
}

bool
pal_name_rebuilds(struct pal_view name)
{
	static const char *const words[] = { "unpickle", "reconstruct", "rebuild", "recreate" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (pal_view_find(name, pal_view_of(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

bool
pal_name_malformed(struct pal_view name)
{
	bool empty = true; /* the part that is being read */

	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];

		if (c <= ' ' || c == 0x7f || (c == '.' && empty))
			return true;
		empty = c == '.';
	}
	return name.len > 0 && empty;
}

/* Ranges of letters that Unicode itself calls another form of ASCII's, in the order of the alphabet. */
static uint32_t
compatible(uint32_t c)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	if (c >= 0xff01 && c <= 0xff5e) /* full width */
		return c - 0xff01 + '!';
	if (c >= 0x1d400 && c <= 0x1d6a3) /* mathematical letters, thirteen alphabets in a row */
		return (uint8_t)letters[(c - 0x1d400) % 52];
	if (c >= 0x1d7ce && c <= 0x1d7ff)
		return '0' + (c - 0x1d7ce) % 10;
	if (c >= 0x24b6 && c <= 0x24e9) /* circled */
		return (uint8_t)letters[c - 0x24b6];
	if (c >= 0x249c && c <= 0x24b5) /* in parentheses */
		return 'a' + (c - 0x249c);
	return c;
}

static uint32_t
look_alike(uint32_t c)
{
	static const struct {
		uint16_t from;
		char     to;
	} pairs[] = {
		{ 0x00aa, 'a' }, { 0x00b2, '2' }, { 0x00b3, '3' }, { 0x00b9, '1' }, { 0x00ba, 'o' }, { 0x0131, 'i' },
		{ 0x017f, 's' }, { 0x0261, 'g' }, { 0x026a, 'i' }, { 0x02b0, 'h' }, { 0x02b2, 'j' }, { 0x02b3, 'r' },
		{ 0x02b7, 'w' }, { 0x02b8, 'y' }, { 0x02e1, 'l' }, { 0x02e2, 's' }, { 0x02e3, 'x' }, { 0x03b1, 'a' },
		{ 0x03b9, 'i' }, { 0x03bd, 'v' }, { 0x03bf, 'o' }, { 0x03c1, 'p' }, { 0x03c3, 'o' }, { 0x03f2, 'c' },
		{ 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0433, 'r' }, { 0x0435, 'e' }, { 0x0438, 'u' }, { 0x043a, 'k' },
		{ 0x043c, 'm' }, { 0x043e, 'o' }, { 0x043f, 'n' }, { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0442, 't' },
		{ 0x0443, 'y' }, { 0x0445, 'x' }, { 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x04bb, 'h' },
		{ 0x04cf, 'l' }, { 0x0501, 'd' }, { 0x051b, 'q' }, { 0x051d, 'w' }, { 0x0561, 'w' }, { 0x0566, 'q' },
		{ 0x0570, 'h' }, { 0x0578, 'n' }, { 0x057d, 'u' }, { 0x0585, 'o' }, { 0x1d00, 'a' }, { 0x1d04, 'c' },
		{ 0x1d07, 'e' }, { 0x1d0f, 'o' }, { 0x1d1b, 't' }, { 0x1d1c, 'u' }, { 0x2024, '.' }, { 0x2071, 'i' },
		{ 0x207f, 'n' }, { 0x2090, 'a' }, { 0x2091, 'e' }, { 0x2092, 'o' }, { 0x210e, 'h' }, { 0x212f, 'e' },
		{ 0x2134, 'o' }, { 0x2146, 'd' }, { 0x2147, 'e' }, { 0x2148, 'i' }, { 0x2149, 'j' }, { 0x2170, 'i' },
		{ 0x2174, 'v' }, { 0x2179, 'x' }, { 0x217c, 'l' }, { 0x217d, 'c' }, { 0x217e, 'd' }, { 0x217f, 'm' },
		{ 0xa731, 's' }, { 0xfe33, '_' }, { 0xfe4d, '_' }, { 0xfe52, '.' },
	};

	for (size_t i = 0; c >= 0x80 && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].from == c)
			return (uint8_t)pairs[i].to;
	return c;
}

static bool
is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) ||
	       c == 0xfeff || (c >= 0xe0000 && c <= 0xe01ef);
}

void
pal_name_fold(struct pal_view name, struct pal_buf *out)
{
	while (name.len > 0) {
		uint32_t c = look_alike(compatible(pal_utf8_next(&name)));
		uint8_t  utf8[4];

		if (!is_invisible(c))
			pal_buf_add(out, (struct pal_view){ utf8, pal_utf8_encode(c, utf8) });
	}
}
