/* hex.c - RFC 4648 both ways; nothing is decoded unless all of it is well formed. */
#include "palisade/hex.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
pal_hex_add(struct pal_buf *b, struct pal_view bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		pal_buf_add_byte(b, (uint8_t)hex_digits[bytes.data[i] >> 4]);
		pal_buf_add_byte(b, (uint8_t)hex_digits[bytes.data[i] & 15]);
	}
}

static int
hex_value(uint8_t c)
{
	if (pal_is_digit(c))
		return c - '0';
	c = pal_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum pal_err
pal_hex_decode(struct pal_view text, struct pal_buf *b)
{
	if (text.len % 2 != 0)
		return PAL_EFORM;
	for (size_t i = 0; i < text.len; i++)
		if (hex_value(text.data[i]) < 0)
			return PAL_EFORM;
	for (size_t i = 0; i < text.len; i += 2)
		pal_buf_add_byte(b, (uint8_t)(hex_value(text.data[i]) << 4 | hex_value(text.data[i + 1])));
	return pal_buf_err(b);
}

void
pal_base64_add(struct pal_buf *b, struct pal_view bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t   n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t v = (uint32_t)bytes.data[i] << 16;

		v |= n > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
		v |= n > 2 ? bytes.data[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			pal_buf_add_byte(b, k <= n ? (uint8_t)base64_digits[v >> (18 - 6 * k) & 63] : '=');
	}
}

static int
base64_value(uint8_t c, bool *url, bool *std)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (pal_is_digit(c))
		return c - '0' + 52;
	*url = *url || c == '-' || c == '_';
	*std = *std || c == '+' || c == '/';
	return c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
}

enum pal_err
pal_base64_decode(struct pal_view text, struct pal_buf *b)
{
	bool     url = false, std = false, padded = text.len > 0 && text.data[text.len - 1] == '=';
	size_t   len = text.len, tail = 0;
	uint32_t v = 0;

	while (len > 0 && text.len - len < 2 && text.data[len - 1] == '=')
		len--;
	tail = len % 4;
	for (size_t i = 0; i < len; i++)
		if (base64_value(text.data[i], &url, &std) < 0)
			return PAL_EFORM;
	if ((url && std) || tail == 1 || (padded ? text.len % 4 != 0 : tail != 0 && std))
		return PAL_EFORM;
	if (tail != 0) {
		int last = base64_value(text.data[len - 1], &url, &std);

		if ((last & (tail == 2 ? 15 : 3)) != 0)
			return PAL_EFORM;
	}
	for (size_t i = 0; i < len; i++) {
		v = v << 6 | (uint32_t)base64_value(text.data[i], &url, &std);
		if (i % 4 == 3)
			for (unsigned int k = 0; k < 3; k++)
				pal_buf_add_byte(b, (uint8_t)(v >> (16 - 8 * k)));
	}
	if (tail >= 2)
		pal_buf_add_byte(b, (uint8_t)(tail == 2 ? v >> 4 : v >> 10));
	if (tail == 3)
		pal_buf_add_byte(b, (uint8_t)(v >> 2));
	return pal_buf_err(b);
}

enum pal_err
pal_base64_decode_padded(struct pal_view text, struct pal_buf *b)
{
	if (text.len % 4 != 0 || pal_view_find_byte(text, '-', 0) != SIZE_MAX ||
	    pal_view_find_byte(text, '_', 0) != SIZE_MAX)
		return PAL_EFORM;
	return pal_base64_decode(text, b);
}
