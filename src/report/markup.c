/* markup.c - escaping for XML and HTML; add_one() is what keeps data from being markup. */
#include "markup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "width.h"

static void
add_one(struct pal_buf *b, uint32_t c)
{
	uint8_t bytes[4];

	switch (c) {
	case '&':
		pal_buf_add_text(b, "&amp;");
		return;
	case '<':
		pal_buf_add_text(b, "&lt;");
		return;
	case '>':
		pal_buf_add_text(b, "&gt;");
		return;
	case '"':
		pal_buf_add_text(b, "&quot;");
		return;
	case '\'':
		pal_buf_add_text(b, "&#39;");
		return;
	case '\n': /* as a reference, or XML would make a blank of it inside an attribute */
		pal_buf_add_text(b, "&#10;");
		return;
	case '\t':
		pal_buf_add_text(b, "&#9;");
		return;
	default:
		pal_buf_add(b, (struct pal_view){ bytes, pal_utf8_encode(pal_width_shown(c), bytes) });
	}
}

void
pal_markup_add(struct pal_buf *b, struct pal_view text)
{
	while (text.len > 0)
		add_one(b, pal_utf8_next(&text));
}

/* Takes the conversion that follows a '%' off *fmt and adds its argument. */
static void
convert(struct pal_buf *b, const char **fmt, va_list *ap)
{
	if (**fmt == 's') {
		pal_markup_add(b, pal_view_of(va_arg(*ap, const char *)));
	} else if (**fmt == 'd') {
		pal_buf_printf(b, "%d", va_arg(*ap, int));
	} else if (**fmt == 'u') {
		pal_buf_printf(b, "%u", va_arg(*ap, unsigned int));
	} else if (**fmt == '%') {
		pal_buf_add_byte(b, '%');
	} else if (strncmp(*fmt, "zu", 2) == 0) {
		pal_buf_printf(b, "%zu", va_arg(*ap, size_t));
		*fmt += 1;
	} else {
		PAL_ASSERT(strncmp(*fmt, "llu", 3) == 0);
		pal_buf_printf(b, "%llu", va_arg(*ap, unsigned long long));
		*fmt += 2;
	}
	*fmt += 1;
}

void
pal_markup_printf(struct pal_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	while (*fmt != '\0') {
		size_t plain = strcspn(fmt, "%");

		pal_buf_add(b, pal_view_sub(pal_view_of(fmt), 0, plain));
		fmt += plain;
		if (*fmt == '%') {
			fmt++;
			convert(b, &fmt, &ap);
		}
	}
	va_end(ap);
}

void
pal_markup_tenths(struct pal_buf *b, double n)
{
	bool         sane = isfinite(n) && fabs(n) < 1e9;
	long long    tenths = sane ? llround(n * 10) : 0;
	const char  *sign = tenths < 0 ? "-" : "";
	unsigned int part = (unsigned int)(llabs(tenths) % 10);

	pal_buf_printf(b, "%s%llu", sign, (unsigned long long)llabs(tenths) / 10);
	if (part != 0)
		pal_buf_printf(b, ".%u", part);
}
