/* mask.c - texts of findings never contain the value. */
#include "mask.h"

#include <stdio.h>

static bool
is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

const char *
pal_mask(struct pal_view value, char ret_text[PAL_MASK_TEXT])
{
	if (value.len < 6 || !is_plain(value.data[0]) || !is_plain(value.data[value.len - 1]))
		(void)snprintf(ret_text, PAL_MASK_TEXT, "(%zu characters)", value.len < 99999 ? value.len : 99999);
	else
		(void)snprintf(ret_text, PAL_MASK_TEXT, "%c...%c (%zu characters)", value.data[0],
			       value.data[value.len - 1], value.len < 99999 ? value.len : 99999);
	return ret_text;
}

const char *
pal_excerpt(struct pal_view text, size_t most, char *ret_text)
{
	size_t n = text.len < most ? text.len : most, out = 0;

	for (size_t i = 0; i < n; i++)
		ret_text[out++] = (char)(text.data[i] >= ' ' && text.data[i] < 0x7f ? text.data[i] : '?');
	for (size_t i = 0; i < 3 && text.len > most; i++)
		ret_text[out++] = '.';
	ret_text[out] = '\0';
	return ret_text;
}
