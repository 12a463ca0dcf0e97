/* escape.c - Python's escapes in strings, which are Jinja's too; to audit: at never passes v.len but behind a
 * backslash. */
#include "escape.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

#define NOTHING UINT32_MAX

static int
digit_value(uint8_t c)
{
	if (pal_is_digit(c))
		return c - '0';
	c = pal_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Up to `most` digits of a base at v[*at]; the character that they name. */
static uint32_t
numbered(struct pal_view v, size_t *at, size_t most, int base)
{
	uint32_t n = 0;

	for (size_t i = 0; i < most && *at < v.len && digit_value(v.data[*at]) < base; i++, (*at)++)
		n = n * (uint32_t)base + (uint32_t)digit_value(v.data[*at]);
	return n;
}

/* \N{LOW LINE} and \N{LATIN SMALL LETTER A}: the names that can hide an attribute; others become a question mark. */
static uint32_t
named(struct pal_view v, size_t *at)
{
	struct pal_view name = pal_view_sub(v, *at, 64);
	size_t          end = pal_view_find_byte(name, '}', 0);

	if (end == SIZE_MAX || name.data[0] != '{')
		return '?';
	*at += end + 1;
	name = pal_view_sub(name, 1, end - 1);
	if (pal_view_is_nocase(name, "LOW LINE"))
		return '_';
	if (name.len == 20 && pal_view_is_nocase(pal_view_sub(name, 0, 19), "LATIN SMALL LETTER "))
		return pal_to_lower(name.data[19]);
	return '?';
}

/* One escape at v[*at], behind its backslash; NOTHING: a line that is joined. */
static uint32_t
escape(struct pal_view v, size_t *at)
{
	static const char plain[] = "n\nt\tr\rb\ba\af\fv\v";
	uint8_t           c = *at < v.len ? v.data[*at] : '\\';

	(*at)++;
	switch (c) {
	case 'x':
		return numbered(v, at, 2, 16);
	case 'u':
		return numbered(v, at, 4, 16);
	case 'U':
		return numbered(v, at, 8, 16);
	case 'N':
		return named(v, at);
	case '\n':
		return NOTHING;
	default:
		break;
	}
	if (c >= '0' && c <= '7') {
		(*at)--;
		return numbered(v, at, 3, 8);
	}
	for (size_t i = 0; plain[i] != '\0'; i += 2)
		if (c == (uint8_t)plain[i])
			return (uint8_t)plain[i + 1];
	return c;
}

/* Never longer than it is written. */
struct pal_view
pal_unescape(struct pal_view raw, struct pal_arena *a)
{
	uint8_t *out = NULL;
	size_t   n = 0;

	if (pal_view_find_byte(raw, '\\', 0) == SIZE_MAX)
		return raw;
	out = pal_arena_array(a, raw.len + 4, 1);
	if (out == NULL)
		return (struct pal_view){ 0 };
	for (size_t at = 0; at < raw.len;) {
		uint8_t c = raw.data[at++], bytes[4] = { '?' };
		size_t  len = 1;

		if (c == '\\') {
			uint32_t point = escape(raw, &at);

			if (point == NOTHING)
				continue;
			len = point >= 0x80 ? pal_utf8_encode(point, bytes) : 0;
			if (len == 0) {
				bytes[0] = point < 0x80 ? (uint8_t)point : '?';
				len = 1;
			}
		} else {
			bytes[0] = c;
		}
		pal_mem_copy(out + n, raw.len + 4 - n, bytes, len);
		n += len;
	}
	return (struct pal_view){ out, n };
}
