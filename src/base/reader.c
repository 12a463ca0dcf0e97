/* reader.c - all bounds arithmetic on untrusted input is in take(), refill() and pal_read_count(); audit these. */
#include "palisade/reader.h"

#include "palisade/input.h"

static enum pal_err
fail(struct pal_reader *r, enum pal_err err)
{
	if (r->err == PAL_OK)
		r->err = err;
	return r->err;
}

/* Moves the window so that at least n bytes are at hand. */
static enum pal_err
refill(struct pal_reader *r, size_t n)
{
	uint64_t        all = r->left + r->beyond;
	struct pal_view v = { 0 };
	enum pal_err    err = PAL_OK;

	if (n > all)
		return fail(r, PAL_ETRUNC);
	err = pal_input_view(r->input, r->offset, n, all < SIZE_MAX ? (size_t)all : SIZE_MAX, &v);
	if (err != PAL_OK)
		return fail(r, err);
	r->next = v.data;
	r->left = v.len;
	r->beyond = all - v.len;
	return PAL_OK;
}

static const uint8_t *
take(struct pal_reader *r, uint64_t n)
{
	const uint8_t *p = NULL;

	if (r->err != PAL_OK)
		return NULL;
	if (n > r->left && (r->beyond == 0 || n > SIZE_MAX)) {
		r->err = PAL_ETRUNC;
		return NULL;
	}
	if (n > r->left && refill(r, (size_t)n) != PAL_OK)
		return NULL;
	p = r->next;
	if (n == 0)
		return p;
	r->next += n;
	r->left -= (size_t)n;
	r->offset += n;
	return p;
}

static uint64_t
read_le(struct pal_reader *r, unsigned int width)
{
	const uint8_t *p = take(r, width);
	uint64_t       v = 0;

	if (p == NULL)
		return 0;
	for (unsigned int i = 0; i < width; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static uint64_t
read_be(struct pal_reader *r, unsigned int width)
{
	const uint8_t *p = take(r, width);
	uint64_t       v = 0;

	if (p == NULL)
		return 0;
	for (unsigned int i = 0; i < width; i++)
		v = v << 8 | p[i];
	return v;
}

struct pal_reader
pal_reader_of(struct pal_view input)
{
	return (struct pal_reader){ .next = input.data, .left = input.len };
}

struct pal_reader
pal_reader_at(struct pal_input *input, uint64_t at, uint64_t len)
{
	if (at > input->size || len > input->size - at)
		return (struct pal_reader){ .offset = at, .err = PAL_ETRUNC };
	return (struct pal_reader){ .offset = at, .beyond = len, .input = input };
}

uint8_t
pal_read_u8(struct pal_reader *r)
{
	return (uint8_t)read_le(r, 1);
}

uint16_t
pal_read_u16le(struct pal_reader *r)
{
	return (uint16_t)read_le(r, 2);
}

uint32_t
pal_read_u32le(struct pal_reader *r)
{
	return (uint32_t)read_le(r, 4);
}

uint64_t
pal_read_u64le(struct pal_reader *r)
{
	return read_le(r, 8);
}

uint16_t
pal_read_u16be(struct pal_reader *r)
{
	return (uint16_t)read_be(r, 2);
}

uint32_t
pal_read_u32be(struct pal_reader *r)
{
	return (uint32_t)read_be(r, 4);
}

uint64_t
pal_read_u64be(struct pal_reader *r)
{
	return read_be(r, 8);
}

struct pal_view
pal_read_view(struct pal_reader *r, uint64_t len)
{
	const uint8_t *p = take(r, len);

	return (struct pal_view){ .data = p, .len = p == NULL ? 0 : (size_t)len };
}

void
pal_read_skip(struct pal_reader *r, uint64_t len)
{
	uint64_t over = 0;

	if (r->err != PAL_OK || len <= r->left) {
		(void)take(r, len);
		return;
	}
	over = len - r->left;
	if (over > r->beyond) {
		(void)fail(r, PAL_ETRUNC);
		return;
	}
	r->offset += len;
	r->beyond -= over;
	r->left = 0;
}

struct pal_reader
pal_read_window(struct pal_reader *r, uint64_t len)
{
	struct pal_reader w = *r;

	pal_read_skip(r, len);
	if (r->err != PAL_OK)
		return (struct pal_reader){ .offset = w.offset, .err = r->err };
	if (len <= w.left) {
		w.left = (size_t)len;
		w.beyond = 0;
		w.input = NULL;
		return w;
	}
	w.beyond = len - w.left;
	return w;
}

size_t
pal_read_count(struct pal_reader *r, uint64_t n, size_t least, size_t most)
{
	if (r->err != PAL_OK)
		return 0;
	if (n > most || (least != 0 && n > (r->left + r->beyond) / least)) {
		r->err = PAL_ELIMIT;
		return 0;
	}
	return (size_t)n;
}

struct pal_view
pal_read_some(struct pal_reader *r, size_t most)
{
	if (r->err != PAL_OK || r->left + r->beyond == 0 || most == 0)
		return (struct pal_view){ 0 };
	if (r->left == 0 && refill(r, 1) != PAL_OK)
		return (struct pal_view){ 0 };
	return pal_read_view(r, r->left < most ? r->left : most);
}

struct pal_view
pal_read_peek(struct pal_reader *r, size_t len)
{
	uint64_t all = r->left + r->beyond;

	if (r->err != PAL_OK)
		return (struct pal_view){ 0 };
	if (len > all)
		len = (size_t)all;
	if (len > r->left && refill(r, len) != PAL_OK)
		return (struct pal_view){ 0 };
	return (struct pal_view){ .data = r->next, .len = len };
}

bool
pal_read_line(struct pal_reader *r, size_t most, struct pal_view *ret_line, bool *ret_whole)
{
	struct pal_view near = pal_read_peek(r, r->left < most ? r->left : most);
	size_t          end = pal_view_find_byte(near, '\n', 0);

	if (end == SIZE_MAX) {
		near = pal_read_peek(r, most);
		end = pal_view_find_byte(near, '\n', 0);
	}
	if (r->err != PAL_OK || near.len == 0)
		return false;
	*ret_whole = end != SIZE_MAX || near.len == pal_reader_left(r);
	*ret_line = pal_read_view(r, end == SIZE_MAX ? near.len : end);
	if (end != SIZE_MAX)
		pal_read_skip(r, 1);
	return true;
}

uint64_t
pal_reader_left(const struct pal_reader *r)
{
	return r->err == PAL_OK ? r->left + r->beyond : 0;
}

enum pal_err
pal_reader_err(const struct pal_reader *r)
{
	return r->err;
}

bool
pal_reader_done(const struct pal_reader *r)
{
	return r->err == PAL_OK && r->left + r->beyond == 0;
}
