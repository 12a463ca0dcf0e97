/* convert_copy.c - moves elements from one file to another by their places; what it does with time is in whole_from().
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "convert_parts.h"
#include "palisade/file.h"
#include "palisade/mem.h"

#define PIECE       ((size_t)1 << 20)
#define GATHER_MOST ((uint64_t)192 << 20) /* read at once, to pick elements from */
#define WASTE_MOST  64u                   /* bytes read for each that is used */

enum pal_err
pal_convert_put(const struct pal_convert_copy *c, struct pal_view bytes, struct pal_diag *d)
{
	pal_hasher_add(c->hasher, bytes);
	return pal_file_write_fd(c->to, bytes, c->name, d);
}

static enum pal_err
read_at(const struct pal_convert_copy *c, uint64_t at, uint8_t *to, size_t n, struct pal_diag *d)
{
	while (n > 0) {
		ssize_t got = pread(c->from, to, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return pal_fail(d, PAL_ESYS, at, "cannot read the file: %s", strerror(errno));
		if (got == 0)
			return pal_fail(d, PAL_EVERIFY, at, "the file became shorter while it was read");
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return PAL_OK;
}

/* A complex number is two that are turned by themselves. */
static size_t
turned_width(enum pal_dtype t)
{
	size_t width = pal_dtype_bits(t) / 8;

	return t == PAL_DTYPE_C64 || t == PAL_DTYPE_C128 ? width / 2 : width;
}

static void
turn(uint8_t *bytes, size_t n, size_t width)
{
	for (size_t i = 0; i + width <= n; i += width)
		for (size_t k = 0; k < width / 2; k++) {
			uint8_t b = bytes[i + k];

			bytes[i + k] = bytes[i + width - 1 - k];
			bytes[i + width - 1 - k] = b;
		}
}

static enum pal_err
put(const struct pal_convert_copy *c, const struct pal_plan_tensor *t, uint8_t *bytes, size_t n, struct pal_diag *d)
{
	if (t->big_endian)
		turn(bytes, n, turned_width(t->type));
	if (c->progress != NULL)
		pal_progress_add(c->progress, n);
	return pal_convert_put(c, (struct pal_view){ bytes, n }, d);
}

static enum pal_err
copy_dense(const struct pal_convert_copy *c, const struct pal_plan_tensor *t, uint8_t *room, struct pal_diag *d)
{
	uint64_t at = t->at, left = pal_convert_count(t) * (pal_dtype_bits(t->type) / 8);

	while (left > 0) {
		size_t n = left < PIECE ? (size_t)left : PIECE;

		PAL_TRY(read_at(c, at, room, n, d));
		PAL_TRY(put(c, t, room, n, d));
		at += n;
		left -= n;
	}
	return PAL_OK;
}

/* The first dimension from which on the elements lie close enough together to be read in one piece. Reading more than
 * is used is bounded, or a small file of wide strides would take hours. */
static size_t
whole_from(const struct pal_plan_tensor *t)
{
	for (size_t k = 0; k < t->rank; k++) {
		struct pal_plan_tensor inner = { .type = t->type, .rank = t->rank - k };
		uint64_t               span = 0, used = 0;

		inner.shape = t->shape + k;
		inner.stride = t->stride + k;
		span = pal_convert_span(&inner);
		used = pal_convert_count(&inner) * (pal_dtype_bits(t->type) / 8);
		if (span <= GATHER_MOST && (span <= 4096 || span / WASTE_MOST <= used))
			return k;
	}
	return t->rank;
}

/* The next index of dimensions [from, to), the last one fastest; false after the last. Keeps the offset with it. */
static bool
advance(const struct pal_plan_tensor *t, size_t from, size_t to, uint64_t *index, uint64_t *offset)
{
	for (size_t i = to; i > from; i--) {
		if (++index[i - 1] < t->shape[i - 1]) {
			*offset += t->stride[i - 1];
			return true;
		}
		*offset -= (t->shape[i - 1] - 1) * t->stride[i - 1];
		index[i - 1] = 0;
	}
	return false;
}

struct gather {
	const struct pal_convert_copy *c;
	const struct pal_plan_tensor  *t;
	uint8_t                       *room, *source; /* PIECE of output; what is read at once */
	size_t                         have;          /* bytes of output */
	uint64_t                       index[PAL_PLAN_RANK];
};

/* All elements of dimensions [from, rank), out of `source`. */
static enum pal_err
pick(struct gather *g, size_t from, struct pal_diag *d)
{
	size_t   width = pal_dtype_bits(g->t->type) / 8;
	uint64_t offset = 0;

	do {
		if (g->have + width > PIECE) {
			PAL_TRY(put(g->c, g->t, g->room, g->have, d));
			g->have = 0;
		}
		for (size_t i = 0; i < width; i++)
			g->room[g->have++] = g->source[offset * width + i];
	} while (advance(g->t, from, g->t->rank, g->index, &offset));
	return PAL_OK;
}

static enum pal_err
copy_strided(const struct pal_convert_copy *c, const struct pal_plan_tensor *t, uint8_t *room, struct pal_diag *d)
{
	struct gather          g = { .c = c, .t = t, .room = room };
	size_t                 from = whole_from(t), width = pal_dtype_bits(t->type) / 8;
	struct pal_plan_tensor inner = { .type = t->type, .rank = t->rank - from };
	uint64_t               offset = 0;
	size_t                 span = 0;
	enum pal_err           err = PAL_OK;

	inner.shape = t->shape + from;
	inner.stride = t->stride + from;
	span = (size_t)pal_convert_span(&inner);
	g.source = pal_mem_new(span, 1);
	if (g.source == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "no memory to read %zu bytes of a tensor at once", span);
	do {
		err = read_at(c, t->at + offset * width, g.source, span, d);
		if (err == PAL_OK)
			err = pick(&g, from, d);
	} while (err == PAL_OK && advance(t, 0, from, g.index, &offset));
	if (err == PAL_OK)
		err = put(c, t, room, g.have, d);
	pal_mem_free(g.source);
	return err;
}

enum pal_err
pal_convert_tensor(const struct pal_convert_copy *c, const struct pal_plan_tensor *t, struct pal_diag *d)
{
	uint8_t     *room = NULL;
	enum pal_err err = PAL_OK;

	if (pal_convert_count(t) == 0)
		return PAL_OK;
	room = pal_mem_new(PIECE, 1);
	if (room == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "no memory to copy with");
	err = pal_convert_dense(t) ? copy_dense(c, t, room, d) : copy_strided(c, t, room, d);
	pal_mem_free(room);
	return err;
}
