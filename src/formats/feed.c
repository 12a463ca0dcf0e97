/* feed.c - decoding is in the three add_ functions; every one checks its room with reserve() first. */
#include "feed.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

#define CHUNK ((size_t)256 * 1024)

/* A sequence of UTF-8 that may be cut off by the end of what is at hand: its full length, from its first byte. */
static size_t
sequence_len(uint8_t lead)
{
	if (lead >= 0xf0)
		return 4;
	return lead >= 0xe0 ? 3 : 2;
}

static size_t
ascii_run(struct pal_view v, size_t at)
{
	while (v.len - at >= 64) {
		uint8_t any = 0;

		for (size_t i = 0; i < 64; i++)
			any |= v.data[at + i];
		if (any >= 0x80)
			break;
		at += 64;
	}
	while (at < v.len && v.data[at] < 0x80)
		at++;
	return at;
}

/* Stops before a sequence that the end cuts short. */
static bool
check_utf8(struct pal_view v, size_t *at)
{
	for (;;) {
		struct pal_view rest = { 0 };

		*at = ascii_run(v, *at);
		if (*at >= v.len)
			return true;
		rest = pal_view_sub(v, *at, v.len);
		if (pal_utf8_next(&rest) == PAL_UTF8_BAD)
			return v.data[*at] >= 0xc2 && v.data[*at] <= 0xf4 && sequence_len(v.data[*at]) > v.len - *at;
		*at = v.len - rest.len;
	}
}

bool
pal_utf8_prefix(struct pal_view v, size_t *ret_bad)
{
	size_t at = 0;

	if (check_utf8(v, &at))
		return true;
	*ret_bad = at;
	return false;
}

/* UTF-16 without a mark shows itself by a zero in every other byte. */
static bool
zeros_at(struct pal_view head, size_t parity)
{
	size_t zeros = 0, others = 0, pairs = head.len / 2 < 64 ? head.len / 2 : 64;

	for (size_t i = 0; i < pairs; i++) {
		zeros += head.data[2 * i + parity] == 0;
		others += head.data[2 * i + 1 - parity] == 0;
	}
	return pairs >= 4 && zeros * 10 >= pairs * 9 && others * 16 <= pairs;
}

enum pal_encoding
pal_encoding_of(struct pal_view head, size_t *ret_mark)
{
	size_t bad = 0;

	*ret_mark = 0;
	if (pal_view_starts(head, "\xef\xbb\xbf")) {
		*ret_mark = 3;
		head = pal_view_sub(head, 3, head.len);
	} else if (pal_view_starts(head, "\xff\xfe") || pal_view_starts(head, "\xfe\xff")) {
		*ret_mark = 2;
		return head.data[0] == 0xff ? PAL_ENCODING_UTF16LE : PAL_ENCODING_UTF16BE;
	}
	if (zeros_at(head, 1))
		return PAL_ENCODING_UTF16LE;
	if (zeros_at(head, 0))
		return PAL_ENCODING_UTF16BE;
	return pal_utf8_prefix(head, &bad) ? PAL_ENCODING_UTF8 : PAL_ENCODING_LATIN1;
}

const char *
pal_encoding_name(enum pal_encoding e)
{
	static const char *const names[] = { "UTF-8", "UTF-16LE", "UTF-16BE", "Latin-1" };

	return names[e];
}

enum pal_err
pal_feed_open(struct pal_feed *f, struct pal_input *in, size_t most)
{
	struct pal_view head = { 0 };
	size_t          mark = 0;

	*f = (struct pal_feed){ .in = in, .most = most };
	PAL_TRY(pal_input_view(in, 0, 0, PAL_INPUT_WINDOW, &head));
	f->encoding = pal_encoding_of(head, &mark);
	if (f->encoding == PAL_ENCODING_UTF8 && head.len == in->size &&
	    !pal_utf8_valid(pal_view_sub(head, mark, head.len)))
		f->encoding = PAL_ENCODING_LATIN1; /* the last sequence is cut short, and nothing follows */
	f->next = f->offset = mark;
	return PAL_OK;
}

void
pal_feed_close(struct pal_feed *f)
{
	pal_mem_free(f->data);
	*f = (struct pal_feed){ 0 };
}

static enum pal_err
reserve(struct pal_feed *f, size_t n)
{
	size_t   cap = f->cap == 0 ? (f->in->size < CHUNK ? 4096 : 2 * CHUNK) : f->cap;
	uint8_t *data = NULL;

	if (f->pos > 0) {
		pal_mem_move(f->data, f->cap, f->data + f->pos, f->len - f->pos);
		f->checked = f->checked > f->pos ? f->checked - f->pos : 0;
		f->len -= f->pos;
		f->pos = 0;
	}
	if (f->len >= f->most)
		return PAL_ELIMIT;
	if (n <= f->cap - f->len)
		return PAL_OK;
	while (cap - f->len < n)
		cap *= 2;
	data = pal_mem_grow(f->data, f->cap, cap);
	if (data == NULL)
		return PAL_ENOMEM;
	f->data = data;
	f->cap = cap;
	return PAL_OK;
}

static void
mark_bad(struct pal_feed *f, uint64_t at)
{
	if (!f->bad)
		f->bad_at = at;
	f->bad = true;
}

static enum pal_err
add_utf8(struct pal_feed *f, struct pal_view raw)
{
	PAL_TRY(reserve(f, raw.len));
	pal_mem_copy(f->data + f->len, f->cap - f->len, raw.data, raw.len);
	f->len += raw.len;
	f->next += raw.len;
	while (!f->bad && !check_utf8((struct pal_view){ f->data, f->len }, &f->checked))
		mark_bad(f, f->offset + f->checked);
	if (pal_feed_ended(f) && f->checked < f->len)
		mark_bad(f, f->offset + f->checked);
	return PAL_OK;
}

static enum pal_err
add_latin1(struct pal_feed *f, struct pal_view raw)
{
	PAL_TRY(reserve(f, 2 * raw.len));
	for (size_t i = 0; i < raw.len; i++) {
		if (raw.data[i] < 0x80) {
			f->data[f->len++] = raw.data[i];
			continue;
		}
		mark_bad(f, f->next + i);
		f->data[f->len++] = (uint8_t)(0xc0 | raw.data[i] >> 6);
		f->data[f->len++] = (uint8_t)(0x80 | (raw.data[i] & 0x3f));
	}
	f->next += raw.len;
	return PAL_OK;
}

static uint32_t
unit_at(const struct pal_feed *f, struct pal_view raw, size_t at)
{
	return f->encoding == PAL_ENCODING_UTF16LE ? (uint32_t)(raw.data[at] | raw.data[at + 1] << 8)
						   : (uint32_t)(raw.data[at] << 8 | raw.data[at + 1]);
}

/* RFC 2781. A lone surrogate, or half a unit at the end, becomes U+FFFD. */
static enum pal_err
add_utf16(struct pal_feed *f, struct pal_view raw)
{
	bool   last = raw.len == f->in->size - f->next;
	size_t i = 0;

	PAL_TRY(reserve(f, 2 * raw.len + 8));
	for (; i + 2 <= raw.len; i += 2) {
		uint32_t c = unit_at(f, raw, i);

		if (c >= 0xd800 && c < 0xdc00 && i + 4 > raw.len && !last)
			break;
		if (c >= 0xd800 && c < 0xdc00 && i + 4 <= raw.len && unit_at(f, raw, i + 2) >> 10 == 0x37) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (unit_at(f, raw, i + 2) & 0x3ff);
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			mark_bad(f, f->next + i);
			c = 0xfffd;
		}
		f->len += pal_utf8_encode(c, f->data + f->len);
	}
	if (i + 1 == raw.len && last) {
		mark_bad(f, f->next + i);
		i++;
	}
	f->next += i;
	return PAL_OK;
}

enum pal_err
pal_feed_more(struct pal_feed *f)
{
	struct pal_view raw = { 0 };

	if (pal_feed_ended(f))
		return PAL_OK;
	/* four bytes are a surrogate pair: with fewer at hand at the end of a window, UTF-16 would make no progress */
	PAL_TRY(pal_input_view(f->in, f->next, f->in->size - f->next < 4 ? (size_t)(f->in->size - f->next) : 4, CHUNK,
			       &raw));
	switch (f->encoding) {
	case PAL_ENCODING_UTF16LE:
	case PAL_ENCODING_UTF16BE:
		return add_utf16(f, raw);
	case PAL_ENCODING_LATIN1:
		return add_latin1(f, raw);
	case PAL_ENCODING_UTF8:
		break;
	}
	return add_utf8(f, raw);
}

bool
pal_feed_ended(const struct pal_feed *f)
{
	return f->next >= f->in->size;
}

struct pal_view
pal_feed_view(const struct pal_feed *f)
{
	return pal_view_sub((struct pal_view){ f->data, f->len }, f->pos, f->len);
}

/* Each lead byte stands for one unit of the source; those of four bytes for a pair. */
uint64_t
pal_feed_offset(const struct pal_feed *f, size_t ahead)
{
	struct pal_view v = pal_feed_view(f);
	uint64_t        units = 0;

	if (f->encoding == PAL_ENCODING_UTF8)
		return f->offset + ahead;
	for (size_t i = 0; i < ahead && i < v.len; i++)
		units += (v.data[i] & 0xc0) != 0x80 ? 1 + (uint64_t)(v.data[i] >= 0xf0) : 0;
	return f->offset + units * (f->encoding == PAL_ENCODING_LATIN1 ? 1 : 2);
}

void
pal_feed_skip(struct pal_feed *f, size_t n)
{
	PAL_ASSERT(n <= f->len - f->pos);
	f->offset = pal_feed_offset(f, n);
	f->pos += n;
}
