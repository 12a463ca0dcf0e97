/* view.c - comparisons and cuts of borrowed bytes; nothing here reads past v.len. */
#include "palisade/view.h"

#include <string.h>

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct pal_view
pal_view_trim(struct pal_view v)
{
	while (v.len > 0 && is_blank(v.data[0])) {
		v.data++;
		v.len--;
	}
	while (v.len > 0 && is_blank(v.data[v.len - 1]))
		v.len--;
	return v;
}

bool
pal_view_is_nocase(struct pal_view v, const char *text)
{
	struct pal_view t = pal_view_of(text);

	if (v.len != t.len)
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (pal_to_lower(v.data[i]) != pal_to_lower(t.data[i]))
			return false;
	return true;
}

int
pal_view_cmp(struct pal_view a, struct pal_view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int    c = n == 0 ? 0 : memcmp(a.data, b.data, n);

	if (c != 0 || a.len == b.len)
		return c;
	return a.len < b.len ? -1 : 1;
}

size_t
pal_view_find_byte(struct pal_view v, uint8_t byte, size_t from)
{
	const uint8_t *hit = NULL;

	if (from >= v.len)
		return SIZE_MAX;
	hit = memchr(v.data + from, byte, v.len - from);
	return hit == NULL ? SIZE_MAX : (size_t)(hit - v.data);
}

size_t
pal_view_find(struct pal_view v, struct pal_view needle, size_t from)
{
	if (from > v.len || needle.len > v.len - from)
		return SIZE_MAX;
	if (needle.len == 0)
		return from;
	for (size_t at = pal_view_find_byte(v, needle.data[0], from); at != SIZE_MAX && needle.len <= v.len - at;
	     at = pal_view_find_byte(v, needle.data[0], at + 1))
		if (memcmp(v.data + at, needle.data, needle.len) == 0)
			return at;
	return SIZE_MAX;
}

bool
pal_view_has(struct pal_view v, const char *text)
{
	return pal_view_find(v, pal_view_of(text), 0) != SIZE_MAX;
}

bool
pal_view_split(struct pal_view *rest, uint8_t sep, struct pal_view *ret_part)
{
	size_t at = pal_view_find_byte(*rest, sep, 0);

	if (rest->len == 0)
		return false;
	if (at == SIZE_MAX) {
		*ret_part = *rest;
		*rest = (struct pal_view){ 0 };
		return true;
	}
	*ret_part = pal_view_sub(*rest, 0, at);
	*rest = pal_view_sub(*rest, at + 1, SIZE_MAX);
	return true;
}

bool
pal_view_word(struct pal_view *rest, uint8_t sep, struct pal_view *ret_word)
{
	while (pal_view_split(rest, sep, ret_word)) {
		*ret_word = pal_view_trim(*ret_word);
		if (ret_word->len > 0)
			return true;
	}
	return false;
}

bool
pal_view_line(struct pal_view *rest, struct pal_view *ret_line)
{
	struct pal_view line = { 0 };

	if (!pal_view_split(rest, '\n', &line))
		return false;
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	*ret_line = line;
	return true;
}

bool
pal_view_u64(struct pal_view v, uint64_t *ret_n)
{
	uint64_t n = 0;

	if (v.len == 0 || (v.len > 1 && v.data[0] == '0'))
		return false;
	for (size_t i = 0; i < v.len; i++) {
		uint64_t digit = (uint64_t)(v.data[i] - '0');

		if (!pal_is_digit(v.data[i]) || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret_n = n;
	return true;
}
