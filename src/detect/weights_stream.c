/* weights_stream.c - files and text in a tensor's bytes as they are, in the lowest bytes alone, in the lowest bits
 * alone. */
#include <stdarg.h>
#include <stdio.h>

#include "marks.h"
#include "palisade/mem.h"
#include "mask.h"
#include "weights.h"

#define STREAM_NUMBERS 4096u /* at the start of a tensor, whose lowest bits are put together */
#define STREAM_BYTES   (STREAM_NUMBERS * 3)

PAL_PRINTF(5, 6)
static void
keep(struct pal_weight_room *m, const struct pal_rule *rule, enum pal_severity severity, uint64_t at, const char *fmt,
     ...)
{
	struct pal_weight_said *s = &m->run.said;
	va_list                 ap;

	*s = (struct pal_weight_said){ .rule = rule, .severity = severity, .at = at };
	va_start(ap, fmt);
	(void)vsnprintf(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
}

/* A mark in the lowest bits of numbers; `where` says how they were put together. */
static bool
say_mark(const struct pal_weights *w, struct pal_weight_room *m, struct pal_view v, bool at_start, uint64_t at,
	 const char *where)
{
	const char   *what = NULL;
	enum pal_mark mark = pal_mark_at(v, at_start, &what);

	if (mark == PAL_MARK_NONE)
		return false;
	keep(m, w->payload, mark == PAL_MARK_ARCHIVE ? PAL_HIGH : PAL_CRITICAL, at,
	     "%s begins %s, and its header is sound", what, where);
	return true;
}

static bool
say_text(const struct pal_weights *w, struct pal_weight_room *m, struct pal_view v, uint64_t at, const char *where)
{
	size_t from = pal_marks_text(v);
	char   preview[44];

	if (from == SIZE_MAX)
		return false;
	keep(m, w->text, w->text->severity, at, "text %s: \"%s\"", where,
	     pal_excerpt(pal_view_sub(v, from, 64), 40, preview));
	return true;
}

/* Quantised numbers repeat, and so do their low bytes: what prints in a few of them prints in all. */
static bool
all_different(const struct pal_weight_room *m, size_t from, size_t n)
{
	const uint8_t *p = (const uint8_t *)m->block;
	size_t         same = 0, width = m->run.width;

	if (from + n > PAL_WEIGHTS_BLOCK / width)
		return false;
	for (size_t i = from + 1; i < from + n; i++)
		for (size_t k = from; k < i; k++) {
			bool equal = true;

			for (size_t b = 0; b < (width == 2 ? 2 : width - 1) && equal; b++)
				equal = p[i * width + b] == p[k * width + b];
			same += equal;
			if (equal)
				break;
		}
	return same * (width == 2 ? 4 : 20) < n;
}

static bool
may_be_text(const struct pal_weight_run *t)
{
	return t->width > 1 && t->piece->tensor.type != PAL_DTYPE_OTHER;
}

void
pal_weights_raw(const struct pal_weights *w, struct pal_weight_room *m, struct pal_view v, size_t places, uint64_t at)
{
	static const char where[] = "in the bytes of the tensor";

	if (m->run.said.rule != NULL)
		return;
	for (size_t i = 0; (i = pal_marks_next(v, i)) < places; i++)
		if (say_mark(w, m, pal_view_sub(v, i, PAL_MARK_VIEW), at + i == 0, at + i, where))
			return;
	if (may_be_text(&m->run))
		(void)say_text(w, m, pal_view_sub(v, 0, places), at, where);
}

/* The low bytes of this block behind the end of those of the block before it, whose marks were left for now. */
static void
look_at_low(const struct pal_weights *w, struct pal_weight_room *m, size_t bytes, bool last)
{
	static const char      where[] = "in the lowest bytes of the numbers";
	struct pal_weight_run *t = &m->run;
	size_t                 n = bytes / t->width, carried = m->carried;
	uint8_t               *low = (uint8_t *)m->low;
	struct pal_view        v = { low + PAL_WEIGHTS_CARRY - carried, carried + n };
	size_t                 places = last || v.len < PAL_WEIGHTS_CARRY ? v.len : v.len - PAL_WEIGHTS_CARRY;
	uint64_t               from = t->at - carried;
	size_t                 i = 0;

	for (; t->said.rule == NULL && (i = pal_marks_next(v, i)) < places; i++)
		(void)say_mark(w, m, pal_view_sub(v, i, v.len), from + i == 0, (from + i) * t->width, where);
	if (t->said.rule != NULL)
		return;
	v = (struct pal_view){ low + PAL_WEIGHTS_CARRY, n };
	i = pal_marks_text(v);
	if (i != SIZE_MAX && all_different(m, i, 64))
		(void)say_text(w, m, v, t->at * t->width, where);
}

void
pal_weights_low(const struct pal_weights *w, struct pal_weight_room *m, size_t bytes, bool last)
{
	size_t   n = bytes / m->run.width;
	uint8_t *low = (uint8_t *)m->low;

	look_at_low(w, m, bytes, last);
	m->carried = n < PAL_WEIGHTS_CARRY ? 0 : PAL_WEIGHTS_CARRY;
	pal_mem_move(low + PAL_WEIGHTS_CARRY - m->carried, m->carried, low + PAL_WEIGHTS_CARRY + n - m->carried,
		     m->carried);
}

/* The lowest `bits` of each number, one after the other, highest or lowest bit first. */
static size_t
put_together(const struct pal_weight_room *m, size_t from, size_t n, unsigned int bits, bool high_first, uint8_t *out)
{
	const uint8_t *p = (const uint8_t *)m->block;
	uint32_t       held = 0;
	unsigned int   have = 0;
	size_t         len = 0;

	for (size_t i = from; i < n; i++) {
		const uint8_t *number = p + i * m->run.width;
		uint32_t       v = number[0];

		v |= bits > 8 ? (uint32_t)number[1] << 8 : 0;
		v |= bits > 16 ? (uint32_t)number[2] << 16 : 0;
		v &= ((uint32_t)1 << bits) - 1;
		held = high_first ? held << bits | v : held | v << have;
		for (have += bits; have >= 8; have -= 8) {
			out[len++] = (uint8_t)((high_first ? held >> (have - 8) : held) & 0xff);
			held = high_first ? held & (((uint32_t)1 << (have - 8)) - 1) : held >> 8;
		}
	}
	return len;
}

static void
look_at_stream(const struct pal_weights *w, struct pal_weight_room *m, size_t from, size_t n, unsigned int bits,
	       bool high_first)
{
	struct pal_weight_run *t = &m->run;
	struct pal_view        v = { m->packed, put_together(m, from, n, bits, high_first, m->packed) };
	const char            *what = NULL;
	char                   where[80];

	_Static_assert(STREAM_BYTES <= sizeof(m->packed), "a stream has room where others are packed later");
	if (pal_mark_at(v, true, &what) == PAL_MARK_NONE && pal_marks_next(v, 1) + 64 >= v.len &&
	    pal_marks_text(v) == SIZE_MAX)
		return; /* nearly always, and many times for each tensor */
	(void)snprintf(where, sizeof(where), "in the lowest %u bit%s of the numbers, %s bit first", bits,
		       bits == 1 ? "" : "s", high_first ? "highest" : "lowest");
	if (say_mark(w, m, v, true, from * t->width, where))
		return;
	for (size_t i = 1; t->said.rule == NULL && (i = pal_marks_next(v, i)) + 64 < v.len; i++)
		(void)say_mark(w, m, pal_view_sub(v, i, v.len), false, (from + i * 8 / bits) * t->width, where);
	if (t->said.rule == NULL && pal_marks_text(v) != SIZE_MAX &&
	    all_different(m, from, n - from < 256 ? n - from : 256))
		(void)say_text(w, m, v, from * t->width, where);
}

/* Every number of bits that leaves the number nearly what it was, and every place within a byte to begin. */
void
pal_weights_start(const struct pal_weights *w, struct pal_weight_room *m, size_t bytes)
{
	static const unsigned int widths[] = { 1, 2, 3, 4, 5, 6, 7, 10, 12, 16, 20, 22, 23, 24 };
	struct pal_weight_run    *t = &m->run;
	size_t                    n = bytes / t->width < STREAM_NUMBERS ? bytes / t->width : STREAM_NUMBERS;

	for (size_t k = 0; k < sizeof(widths) / sizeof(widths[0]); k++) {
		unsigned int bits = widths[k], steps = bits < 8 && 8 % bits == 0 ? 8 / bits : 1;

		if (bits + (t->width == 1 ? 3u : 8u) > 8 * t->width && !(bits == 24 && t->width == 4))
			break;
		for (size_t from = 0; from < steps && from < n && t->said.rule == NULL; from++) {
			look_at_stream(w, m, from, n, bits, true);
			if (t->said.rule == NULL)
				look_at_stream(w, m, from, n, bits, false);
		}
	}
}
