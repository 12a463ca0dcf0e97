/* buf.c - growth happens in reserve() alone; audit that one. */
#include "palisade/buf.h"

#include <stdio.h>

#include "palisade/mem.h"

struct pal_buf
pal_buf_of(size_t limit)
{
	return (struct pal_buf){ .limit = limit == 0 ? SIZE_MAX / 4 : limit };
}

void
pal_buf_done(struct pal_buf *b)
{
	pal_mem_free(b->data);
	*b = (struct pal_buf){ .err = PAL_ELIMIT };
}

void
pal_buf_clear(struct pal_buf *b)
{
	b->len = 0;
	b->err = PAL_OK;
	if (b->data != NULL)
		b->data[0] = '\0';
}

static bool
refuse(struct pal_buf *b, enum pal_err err)
{
	if (b->err == PAL_OK)
		b->err = err;
	return false;
}

/* Room for n more bytes and the NUL. */
static bool
reserve(struct pal_buf *b, size_t n)
{
	size_t cap = b->cap == 0 ? 256 : b->cap;
	char  *data = NULL;

	if (b->err != PAL_OK)
		return false;
	if (n > b->limit || b->len > b->limit - n)
		return refuse(b, PAL_ELIMIT);
	if (b->data != NULL && b->len + n < b->cap)
		return true;
	while (cap <= b->len + n)
		cap = cap > SIZE_MAX / 2 ? b->len + n + 1 : cap * 2;
	if (cap > b->limit)
		cap = b->limit + 1; /* nothing beyond is ever used */
	data = pal_mem_grow(b->data, b->cap, cap);
	if (data == NULL)
		return refuse(b, PAL_ENOMEM);
	b->data = data;
	b->cap = cap;
	return true;
}

uint8_t *
pal_buf_room(struct pal_buf *b, size_t n)
{
	uint8_t *p = NULL;

	if (!reserve(b, n))
		return NULL;
	p = (uint8_t *)b->data + b->len;
	b->len += n;
	b->data[b->len] = '\0';
	return p;
}

void
pal_buf_add(struct pal_buf *b, struct pal_view v)
{
	uint8_t *p = pal_buf_room(b, v.len);

	if (p != NULL)
		pal_mem_copy(p, v.len, v.data, v.len);
}

void
pal_buf_add_text(struct pal_buf *b, const char *text)
{
	pal_buf_add(b, pal_view_of(text));
}

void
pal_buf_add_byte(struct pal_buf *b, uint8_t byte)
{
	pal_buf_add(b, (struct pal_view){ &byte, 1 });
}

static void
add_le(struct pal_buf *b, uint64_t n, unsigned int width)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < width; i++)
		bytes[i] = (uint8_t)(n >> (8 * i));
	pal_buf_add(b, (struct pal_view){ bytes, width });
}

void
pal_buf_add_u16le(struct pal_buf *b, uint16_t n)
{
	add_le(b, n, 2);
}

void
pal_buf_add_u32le(struct pal_buf *b, uint32_t n)
{
	add_le(b, n, 4);
}

void
pal_buf_add_u64le(struct pal_buf *b, uint64_t n)
{
	add_le(b, n, 8);
}

void
pal_buf_printf(struct pal_buf *b, const char *fmt, ...)
{
	va_list ap;
	int     n = 0;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(b, (size_t)n)) {
		(void)refuse(b, PAL_ELIMIT);
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

struct pal_view
pal_buf_view(const struct pal_buf *b)
{
	return (struct pal_view){ .data = (const uint8_t *)b->data, .len = b->len };
}

const char *
pal_buf_text(const struct pal_buf *b)
{
	return b->data == NULL ? "" : b->data;
}

enum pal_err
pal_buf_err(const struct pal_buf *b)
{
	return b->err;
}
