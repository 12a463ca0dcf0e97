/* utf8.c - one decoder; the table of least values is what keeps overlong forms out. */
#include "palisade/utf8.h"

static uint32_t
decode(struct pal_view v, size_t *ret_len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t               b = v.data[0];
	size_t                len = b < 0x80 ? 1 : b < 0xc0 ? 0 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : b < 0xf8 ? 4 : 0;
	uint32_t              c = len == 1 ? b : len == 0 ? 0 : b & (0x7fu >> len);

	*ret_len = 1;
	if (len == 0 || len > v.len)
		return PAL_UTF8_BAD;
	for (size_t i = 1; i < len; i++) {
		if ((v.data[i] & 0xc0) != 0x80)
			return PAL_UTF8_BAD;
		c = c << 6 | (v.data[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return PAL_UTF8_BAD;
	*ret_len = len;
	return c;
}

uint32_t
pal_utf8_next(struct pal_view *rest)
{
	size_t   len = 0;
	uint32_t c = decode(*rest, &len);

	*rest = pal_view_sub(*rest, len, SIZE_MAX);
	return c;
}

bool
pal_utf8_valid(struct pal_view v)
{
	while (v.len > 0) {
		if (v.data[0] < 0x80) {
			v.data++;
			v.len--;
		} else if (pal_utf8_next(&v) == PAL_UTF8_BAD) {
			return false;
		}
	}
	return true;
}

size_t
pal_utf8_encode(uint32_t c, uint8_t ret_bytes[4])
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t               len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	for (size_t i = len - 1; i > 0; i--) {
		ret_bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	ret_bytes[0] = (uint8_t)(lead[len] | c);
	return len;
}

static bool
misleads(uint32_t c)
{
	return c == PAL_UTF8_BAD || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void
pal_utf8_clean(struct pal_view v, size_t most, struct pal_buf *out)
{
	size_t used = 0;

	while (v.len > 0) {
		uint8_t  bytes[4];
		uint32_t c = pal_utf8_next(&v);
		size_t   n = pal_utf8_encode(misleads(c) ? 0xfffd : c, bytes);

		if (n > most - used)
			return;
		used += n;
		pal_buf_add(out, (struct pal_view){ bytes, n });
	}
}
