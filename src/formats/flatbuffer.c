/* flatbuffer.c - tables, vectors and strings; to audit: fetch(), which alone reads, and inside(), which every place
 * passes before it. */
#include "flatbuffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "give.h"
#include "palisade/mem.h"

#define PAGE       ((size_t)16 << 10)
#define PAGES      256u
#define LIES_MOST  8u
#define READ_COST  8u                   /* what a read costs beside its bytes */
#define SPARE      ((uint64_t)64 << 20) /* a budget that the smallest files have too */
#define TIMES_READ 16u                  /* how often each byte may be read */

struct pal_fb_page {
	uint64_t at;
	size_t   len;
	uint8_t *data; /* PAGE bytes; NULL: not in use */
};

bool
pal_fb_is(struct pal_view head, const char *id)
{
	return pal_view_is(pal_view_sub(head, 4, 4), id);
}

enum pal_err
pal_fb_init(struct pal_fb *f, struct pal_input *in, struct pal_sink *sink, uint64_t size)
{
	*f = (struct pal_fb){ .in = in, .sink = sink, .size = size < in->size ? size : in->size };
	f->budget = f->size > UINT64_MAX / TIMES_READ - SPARE ? UINT64_MAX : f->size * TIMES_READ + SPARE;
	pal_arena_init(&f->arena, PAGES * (PAGE + 64) + ((size_t)1 << 20));
	if (in->fd >= 0)
		f->pages = pal_arena_array(&f->arena, PAGES, sizeof(*f->pages));
	return pal_arena_err(&f->arena);
}

void
pal_fb_done(struct pal_fb *f)
{
	pal_arena_done(&f->arena);
	*f = (struct pal_fb){ 0 };
}

enum pal_err
pal_fb_err(const struct pal_fb *f)
{
	return f->err;
}

static void
keep(struct pal_fb *f, enum pal_err e)
{
	f->err = f->err == PAL_OK ? e : f->err;
}

void
pal_fb_lie(struct pal_fb *f, uint64_t at, const char *fmt, ...)
{
	char    text[PAL_DIAG_TEXT];
	va_list ap;

	if (f->lies++ >= LIES_MOST || f->err != PAL_OK)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	keep(f, pal_sink_anomaly(f->sink, &pal_anomaly_flatbuffer_broken, at, "at %llu: %s", (unsigned long long)at,
				 text));
}

static bool
inside(const struct pal_fb *f, uint64_t at, uint64_t len)
{
	return at <= f->size && len <= f->size - at;
}

static bool
charge(struct pal_fb *f, uint64_t cost)
{
	if (f->err != PAL_OK || f->budget == 0)
		return false;
	if (cost < f->budget) {
		f->budget -= cost;
		return true;
	}
	f->budget = 0;
	keep(f, pal_sink_anomaly(f->sink, &pal_anomaly_format_limit, 0,
				 "the same parts of the file are used over and over; the rest was not followed"));
	return false;
}

/* The page that holds byte `at`, read when it is not at hand. */
static const struct pal_fb_page *
page_of(struct pal_fb *f, uint64_t at)
{
	uint64_t            from = at / PAGE * PAGE, len = f->in->size - from;
	struct pal_fb_page *p = &f->pages[at / PAGE % PAGES];
	struct pal_input    part = { .fd = -1 };
	struct pal_view     v = { 0 };
	enum pal_err        e = PAL_OK;

	if (p->data != NULL && p->at == from)
		return p;
	if (!charge(f, PAGE))
		return NULL;
	if (p->data == NULL)
		p->data = pal_arena_array(&f->arena, PAGE, 1);
	if (p->data == NULL) {
		keep(f, pal_arena_err(&f->arena));
		return NULL;
	}
	len = len < PAGE ? len : PAGE;
	e = pal_input_part(f->in, from, len, &part);
	if (e == PAL_OK)
		e = pal_input_view(&part, 0, (size_t)len, (size_t)len, &v);
	keep(f, e);
	if (e == PAL_OK)
		pal_mem_copy(p->data, PAGE, v.data, v.len);
	p->at = from;
	p->len = e == PAL_OK ? (size_t)len : 0;
	pal_input_done(&part);
	return e == PAL_OK ? p : NULL;
}

/* Bytes [at, at+len), which are inside, to `to`. */
static bool
fetch(struct pal_fb *f, uint64_t at, uint8_t *to, size_t len)
{
	if (!charge(f, len + READ_COST))
		return false;
	f->end = at + len > f->end ? at + len : f->end;
	if (f->pages == NULL) {
		pal_mem_copy(to, len, f->in->memory.data + at, len);
		return true;
	}
	for (size_t done = 0; done < len;) {
		const struct pal_fb_page *p = page_of(f, at + done);
		struct pal_view           v = { 0 };

		if (p == NULL)
			return false;
		v = pal_view_sub((struct pal_view){ p->data, p->len }, (size_t)(at + done - p->at), len - done);
		pal_mem_copy(to + done, len - done, v.data, v.len);
		done += v.len;
	}
	return true;
}

static uint64_t
number(struct pal_fb *f, uint64_t at, unsigned int width)
{
	uint8_t  bytes[8] = { 0 };
	uint64_t n = 0;

	if (!fetch(f, at, bytes, width))
		return 0;
	for (unsigned int i = width; i > 0; i--)
		n = n << 8 | bytes[i - 1];
	return n;
}

static struct pal_fb_table
table_at(struct pal_fb *f, uint64_t at)
{
	struct pal_fb_table t = { .at = at }, none = { 0 };
	int64_t             back = 0;

	if (f->err != PAL_OK || f->budget == 0)
		return none; /* `at` was not read */
	if (at % 4 != 0 || at < 4 || !inside(f, at, 4)) {
		pal_fb_lie(f, at, "a table that begins off its alignment or behind the end");
		return none;
	}
	back = (int32_t)(uint32_t)number(f, at, 4);
	if (back > (int64_t)at || !inside(f, (uint64_t)((int64_t)at - back), 4) || ((int64_t)at - back) % 2 != 0) {
		pal_fb_lie(f, at, "a table whose vtable lies outside of the file or off its alignment");
		return none;
	}
	t.vtable = (uint64_t)((int64_t)at - back);
	t.vtable_len = (uint16_t)number(f, t.vtable, 2);
	t.len = (uint16_t)number(f, t.vtable + 2, 2);
	if (f->err != PAL_OK || f->budget == 0)
		return none;
	if (t.vtable_len < 4 || t.vtable_len % 2 != 0 || !inside(f, t.vtable, t.vtable_len) || t.len < 4 ||
	    !inside(f, at, t.len)) {
		pal_fb_lie(f, at, "a vtable of %u bytes for a table of %u, which do not fit into the file",
			   (unsigned int)t.vtable_len, (unsigned int)t.len);
		return none;
	}
	return t;
}

struct pal_fb_table
pal_fb_root(struct pal_fb *f)
{
	if (!inside(f, 0, 8)) {
		pal_fb_lie(f, 0, "the file ends before its root table");
		return (struct pal_fb_table){ 0 };
	}
	return table_at(f, number(f, 0, 4));
}

/* Where a field of `width` bytes is; 0 when the table has none. */
static uint64_t
field_at(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id, unsigned int width)
{
	unsigned int slot = 4 + 2 * id;
	uint64_t     offset = 0;

	if (t->at == 0 || slot + 2 > t->vtable_len)
		return 0;
	offset = number(f, t->vtable + slot, 2);
	if (offset == 0)
		return 0;
	if (offset < 4 || offset + width > t->len) {
		pal_fb_lie(f, t->at, "field %u stands at %llu in a table of %u bytes", id, (unsigned long long)offset,
			   (unsigned int)t->len);
		return 0;
	}
	if ((t->at + offset) % width != 0) {
		pal_fb_lie(f, t->at + offset, "field %u of %u bytes is off its alignment", id, width);
		return 0;
	}
	return t->at + offset;
}

bool
pal_fb_has(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id)
{
	return field_at(f, t, id, 1) != 0;
}

uint64_t
pal_fb_uint(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id, unsigned int width, uint64_t absent)
{
	uint64_t at = field_at(f, t, id, width);

	return at == 0 ? absent : number(f, at, width);
}

/* What the offset at `at` leads to; 0, and a lie, when that is not in the file. */
static uint64_t
follow(struct pal_fb *f, uint64_t at)
{
	uint64_t by = number(f, at, 4);

	if (f->err != PAL_OK || f->budget == 0)
		return 0;
	if (by == 0 || by > INT32_MAX || !inside(f, at + by, 4) || (at + by) % 4 != 0) {
		pal_fb_lie(f, at, "an offset of %llu leads to nothing", (unsigned long long)by);
		return 0;
	}
	return at + by;
}

static struct pal_fb_vector
vector_at(struct pal_fb *f, uint64_t at, unsigned int width)
{
	struct pal_fb_vector v = { .width = width };

	if (at == 0)
		return v;
	v.count = (uint32_t)number(f, at, 4);
	/* Of structs no part has more than eight bytes; a vector without items need not stand where one would begin. */
	if ((v.count > 0 && (at + 4) % (width < 8 ? width : 8) != 0) || !inside(f, at + 4, (uint64_t)v.count * width)) {
		pal_fb_lie(f, at, "a vector of %lu items of %u bytes is longer than the file or off its alignment",
			   (unsigned long)v.count, width);
		v.count = 0;
		return v;
	}
	v.at = at + 4;
	if (v.at + (uint64_t)v.count * width > f->end)
		f->end = v.at + (uint64_t)v.count * width;
	return v;
}

static struct pal_fb_vector
string_at(struct pal_fb *f, uint64_t at)
{
	struct pal_fb_vector v = vector_at(f, at, 1);

	if (v.at != 0 && (!inside(f, v.at + v.count, 1) || number(f, v.at + v.count, 1) != 0))
		pal_fb_lie(f, v.at, "a string of %lu bytes without the NUL behind it", (unsigned long)v.count);
	return v;
}

struct pal_fb_table
pal_fb_table(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id)
{
	uint64_t at = field_at(f, t, id, 4);

	at = at == 0 ? 0 : follow(f, at);
	return at == 0 ? (struct pal_fb_table){ 0 } : table_at(f, at);
}

struct pal_fb_vector
pal_fb_vector(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id, unsigned int width)
{
	uint64_t at = field_at(f, t, id, 4);

	return vector_at(f, at == 0 ? 0 : follow(f, at), width);
}

struct pal_fb_vector
pal_fb_string(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id)
{
	uint64_t at = field_at(f, t, id, 4);

	return string_at(f, at == 0 ? 0 : follow(f, at));
}

uint64_t
pal_fb_item(struct pal_fb *f, const struct pal_fb_vector *v, uint32_t i)
{
	PAL_ASSERT(i < v->count);
	return number(f, v->at + (uint64_t)i * v->width, v->width);
}

struct pal_fb_table
pal_fb_item_table(struct pal_fb *f, const struct pal_fb_vector *v, uint32_t i)
{
	uint64_t at = 0;

	PAL_ASSERT(i < v->count && v->width == 4);
	at = follow(f, v->at + (uint64_t)i * 4);
	return at == 0 ? (struct pal_fb_table){ 0 } : table_at(f, at);
}

struct pal_fb_vector
pal_fb_item_string(struct pal_fb *f, const struct pal_fb_vector *v, uint32_t i)
{
	PAL_ASSERT(i < v->count && v->width == 4);
	return string_at(f, follow(f, v->at + (uint64_t)i * 4));
}

struct pal_view
pal_fb_text(struct pal_fb *f, const struct pal_fb_vector *v, size_t most, struct pal_buf *b)
{
	size_t   len = v->at == 0 || v->width != 1 ? 0 : v->count;
	uint8_t *room = NULL;

	pal_buf_clear(b);
	len = len < most ? len : most;
	room = len == 0 ? NULL : pal_buf_room(b, len);
	if (room == NULL || !fetch(f, v->at, room, len)) {
		keep(f, pal_buf_err(b));
		pal_buf_clear(b);
	}
	return pal_buf_view(b);
}

enum pal_err
pal_fb_give(struct pal_fb *f, const struct pal_fb_vector *v, const char *name)
{
	PAL_AUTO_BUF b = pal_buf_of(PAL_TEXT_PIECE + 1);
	uint64_t     at = v->at, left = v->at == 0 || v->width != 1 ? 0 : v->count;

	if (left > 0 && left <= PAL_TEXT_PIECE) {
		struct pal_view text = pal_fb_text(f, v, PAL_TEXT_PIECE, &b);

		return text.len == 0 ? f->err : pal_give_meta(f->sink, pal_view_of(name), text, at);
	}
	if (left == 0 || !charge(f, left))
		return f->err;
	while (left > 0) {
		size_t          want = left < 2 * PAL_TEXT_PIECE ? (size_t)left : 2 * PAL_TEXT_PIECE;
		struct pal_view text = { 0 };

		PAL_TRY(pal_input_view(f->in, at, want, want, &text));
		text.len = pal_text_cut(text);
		PAL_TRY(pal_give_meta(f->sink, pal_view_of(name), text, at));
		at += text.len;
		left -= text.len;
	}
	return PAL_OK;
}
