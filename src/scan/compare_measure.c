/* compare_measure.c - one pair of tensors: equal, cast, or how they differ; to audit: the lengths in next_block(). */
#include <math.h>
#include <string.h>

#include "compare_parts.h"
#include "palisade/lanes.h"
#include "palisade/mem.h"

#define ROWS_MOST    ((uint64_t)4 << 20) /* whose norms are kept */
#define COLUMNS_MOST ((uint64_t)65536)   /* of the sampled rows */
#define ROWS_LEAST   8u                  /* and columns: below, every rank is low */
#define EQUAL_STEP   ((size_t)256 << 10)
#define ROOM_MOST    ((size_t)64 << 20)
#define LEFT_MOST    1e-4 /* of the difference, behind its rank */
#define NOISE_TIMES  4.0  /* of what rounding leaves */
#define NOISE_MOST   0.3  /* more, and the rank cannot be told */
#define SURE_BITS    32u  /* a coincidence of so many bits is none */
#define CARRY_LEAST  40u  /* numbers, of which rounding would have turned some up */

struct pal_compare_room {
	struct pal_delta_room delta;
	struct pal_spectrum   spectrum;
	uint64_t              bytes[2][PAL_DELTA_BLOCK]; /* of numbers, aligned */
	float                 x[PAL_DELTA_BLOCK], y[PAL_DELTA_BLOCK];
};

/* One tensor, and where its bytes are read. */
struct source {
	const struct pal_compare_tensor *t;
	struct pal_input                *in;
	struct pal_input                 kept; /* in, when the bytes are at hand */
	uint64_t                         at;
	size_t                           width;
};

struct job {
	struct pal_compare_room *room;
	struct source            s[2];
	struct pal_arena         arena;
	struct pal_delta         d;
	struct pal_compared     *c;
	float                   *row_squares;
	uint64_t                 rows, in_row;
	uint64_t                 count; /* numbers that both have */
};

enum pal_err
pal_compare_room_new(struct pal_arena *a, struct pal_compare_room **ret_room)
{
	*ret_room = pal_arena_array(a, 1, sizeof(**ret_room));
	return pal_arena_err(a);
}

static void
open_source(struct source *s, const struct pal_compare_tensor *t, struct pal_input *in)
{
	unsigned int bits = pal_dtype_bits(t->type);

	*s = (struct source){ .t = t, .in = in, .at = t->at, .width = bits < 8 ? 1 : bits / 8 };
	if (t->kept.len == 0)
		return;
	s->kept = pal_input_of_view(t->kept);
	s->in = &s->kept;
	s->at = 0;
}

static void
describe(const struct pal_compare_tensor *t, struct pal_compared_side *ret)
{
	ret->type = t->type;
	ret->rank = t->rank;
	for (size_t i = 0; i < t->rank; i++)
		ret->shape[i] = t->shape[i];
}

/* The same dimensions, apart from those of 1. */
static bool
same_shape(const struct pal_compare_tensor *a, const struct pal_compare_tensor *b)
{
	size_t i = 0, k = 0;

	for (; i < a->rank || k < b->rank;) {
		if (i < a->rank && a->shape[i] == 1)
			i++;
		else if (k < b->rank && b->shape[k] == 1)
			k++;
		else if (i < a->rank && k < b->rank && a->shape[i] == b->shape[k])
			i++, k++;
		else
			return false;
	}
	return a->count == b->count;
}

/* One has more rows: a vocabulary that grew. */
static bool
has_more_rows(const struct pal_compare_tensor *a, const struct pal_compare_tensor *b)
{
	if (a->rank < 2 || a->rank != b->rank || a->shape[0] == b->shape[0] || a->count == 0 || b->count == 0)
		return false;
	for (size_t i = 1; i < a->rank; i++)
		if (a->shape[i] != b->shape[i])
			return false;
	return pal_delta_fits(a->type, b->type);
}

static bool
same_type(const struct job *j)
{
	return j->s[0].t->type == j->s[1].t->type && j->s[0].t->big_endian == j->s[1].t->big_endian &&
	       (j->s[0].t->length == j->s[1].t->length || j->c->resized);
}

/* Byte for byte, which is how most tensors of most pairs end. */
static enum pal_err
are_equal(struct job *j, bool *ret_equal)
{
	uint64_t length = j->c->resized ? j->count * j->s[0].width : j->s[0].t->length;

	*ret_equal = false;
	for (uint64_t at = 0; at < length;) {
		size_t          n = length - at < EQUAL_STEP ? (size_t)(length - at) : EQUAL_STEP;
		struct pal_view a = { 0 }, b = { 0 };

		PAL_TRY(pal_input_view(j->s[0].in, j->s[0].at + at, n, n, &a));
		PAL_TRY(pal_input_view(j->s[1].in, j->s[1].at + at, n, n, &b));
		if (memcmp(a.data, b.data, n) != 0)
			return PAL_OK;
		at += n;
	}
	*ret_equal = true;
	return PAL_OK;
}

/* n numbers from number `first` on, little-endian and aligned, into the room's place for this side. */
static enum pal_err
next_block(struct job *j, unsigned int which, uint64_t first, size_t n)
{
	struct source  *s = &j->s[which];
	uint8_t        *to = (uint8_t *)j->room->bytes[which];
	struct pal_view v = { 0 };
	size_t          bytes = n * s->width;

	PAL_TRY(pal_input_view(s->in, s->at + first * s->width, bytes, bytes, &v));
	pal_mem_copy(to, sizeof(j->room->bytes[which]), v.data, bytes);
	if (s->t->big_endian && s->width > 1 && s->width <= 8)
		pal_lanes_swap(to, n, (unsigned int)s->width);
	return PAL_OK;
}

static enum pal_err
add_all(struct job *j, uint64_t count)
{
	size_t most = j->s[0].width > 8 ? PAL_DELTA_BLOCK / 2 : PAL_DELTA_BLOCK;

	for (uint64_t at = 0; at < count;) {
		size_t n = count - at < most ? (size_t)(count - at) : most;

		PAL_TRY(next_block(j, 0, at, n));
		PAL_TRY(next_block(j, 1, at, n));
		pal_delta_add(&j->room->delta, (const uint8_t *)j->room->bytes[0], (const uint8_t *)j->room->bytes[1],
			      n);
		at += n;
	}
	j->d = pal_delta_end(&j->room->delta);
	return PAL_OK;
}

/* ---- rounding and low bits ---- */

static unsigned int
length_of(uint64_t bits)
{
	return bits == 0 ? 0 : 64u - (unsigned int)__builtin_clzll(bits);
}

static unsigned int
empty_below(uint64_t ored)
{
	return ored == 0 ? 0 : (unsigned int)__builtin_ctzll(ored);
}

/* Rounded to fewer bits, nearest or cut off: what is left is at most one new step away. */
static bool
is_rounding(const struct pal_delta *d, uint64_t ored, bool *ret_cut)
{
	unsigned int empty = empty_below(ored);
	uint64_t     half = empty == 0 ? 0 : (uint64_t)1 << (empty - 1);

	if (empty == 0 || empty * d->changed < SURE_BITS || d->ulps >= 2 * half)
		return false;
	*ret_cut = d->bits >> empty == 0;
	return *ret_cut || d->ulps <= half;
}

/* The base was rounded from these numbers, if rounding would not have turned some of so many up. */
static bool
is_base_rounded(const struct pal_delta *d)
{
	bool cut = false;

	return is_rounding(d, d->base_ored, &cut) && !(cut && d->changed >= CARRY_LEAST);
}

static void
judge_bits(struct job *j)
{
	struct pal_delta    *d = &j->d;
	struct pal_compared *c = j->c;
	unsigned int         bits = pal_dtype_bits(c->model.type), low = length_of(d->bits);
	uint64_t             sign = (uint64_t)1 << (bits - 1);
	bool                 cut = false;

	c->number_bits = bits - 1;
	c->zeroed = (d->ored & ~sign) == 0;
	if (!c->zeroed && d->broken == 0 && (d->half || is_rounding(d, d->ored, &cut) || is_base_rounded(d))) {
		c->state = PAL_COMPARED_CAST;
		c->cut = cut ? d->changed : 0;
		c->changed = 0;
		return;
	}
	if (low >= bits || c->zeroed || d->broken > 0)
		return;
	c->low_bits = low;
	c->low_chance = pal_delta_no_carry(&j->room->delta, low);
	c->low_blank = (d->base_ored & (((uint64_t)1 << low) - 1)) == 0;
}

/* ---- rank ---- */

/* Differences of float64, which a float would not tell apart. */
static void
subtract_wide(const struct pal_compare_room *room, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++) {
		double a = 0, b = 0;

		pal_mem_copy(&a, sizeof(a), &room->bytes[0][i], sizeof(a));
		pal_mem_copy(&b, sizeof(b), &room->bytes[1][i], sizeof(b));
		out[i] = isfinite(a - b) ? (float)(a - b) : 0;
	}
}

/* A part of one row's differences. */
static enum pal_err
row_part(struct job *j, uint64_t first, size_t n, float *out)
{
	PAL_TRY(next_block(j, 0, first, n));
	PAL_TRY(next_block(j, 1, first, n));
	if (j->s[0].width == 8 && j->s[1].width == 8) {
		subtract_wide(j->room, n, out);
		return PAL_OK;
	}
	pal_delta_floats(j->s[0].t->type, (const uint8_t *)j->room->bytes[0], n, j->room->x);
	pal_delta_floats(j->s[1].t->type, (const uint8_t *)j->room->bytes[1], n, j->room->y);
	for (size_t i = 0; i < n; i++) {
		float d = j->room->x[i] - j->room->y[i];

		out[i] = isfinite(d) ? d : 0;
	}
	return PAL_OK;
}

static enum pal_err
row_of(struct job *j, uint64_t row, size_t columns, float *out)
{
	for (size_t at = 0; at < columns;) {
		size_t n = columns - at < PAL_DELTA_BLOCK ? columns - at : PAL_DELTA_BLOCK;

		PAL_TRY(row_part(j, row * j->in_row + at, n, out + at));
		at += n;
	}
	return PAL_OK;
}

/* The share of the whole difference that lies in the space of these rows; a third reading. */
static enum pal_err
hold(struct job *j, const float *basis, size_t rank, size_t columns, double *ret_share)
{
	float *row = pal_arena_array(&j->arena, columns, sizeof(*row));
	double held = 0, all = 0;

	PAL_TRY(pal_arena_err(&j->arena));
	for (uint64_t i = 0; i < j->rows; i++) {
		if (!(j->row_squares[i] > 0))
			continue;
		PAL_TRY(row_of(j, i, columns, row));
		for (size_t k = 0; k < rank; k++) {
			double dot = pal_spectrum_dot(row, basis + k * columns, columns);

			held += dot * dot;
		}
		all += pal_spectrum_dot(row, row, columns);
	}
	*ret_share = all > 0 ? fmin(1, held / all) : 0;
	return PAL_OK;
}

/* The rank up to rounding; 0: not low. */
static size_t
low_rank(const struct job *j, size_t columns)
{
	const struct pal_spectrum *s = &j->room->spectrum;
	double                     noise = NOISE_TIMES * j->d.rounding / j->d.squares, least = fmax(LEFT_MOST, noise);
	uint64_t                   rows = j->d.rows_changed < columns ? j->d.rows_changed : columns;
	size_t                     rank = 1;

	if (noise > NOISE_MOST)
		return 0;
	while (rank <= PAL_SPECTRUM_RANK && s->left[rank] > least)
		rank++;
	return rank <= PAL_SPECTRUM_RANK && 4 * rank <= rows && 2 * rank <= s->rows ? rank : 0;
}

static enum pal_err
judge_rank(struct job *j)
{
	struct pal_spectrum *s = &j->room->spectrum;
	struct pal_compared *c = j->c;
	size_t               places[PAL_SPECTRUM_ROWS], rank = 0;
	size_t               columns = (size_t)(j->in_row < COLUMNS_MOST ? j->in_row : COLUMNS_MOST);
	size_t               n = pal_spectrum_draw(j->row_squares, (size_t)j->rows, PAL_SPECTRUM_ROWS, places);
	bool                 drawn = n < j->d.rows_changed;
	float               *x = pal_arena_array(&j->arena, n * columns, sizeof(*x));

	PAL_TRY(pal_arena_err(&j->arena));
	for (size_t i = 0; i < n; i++)
		PAL_TRY(row_of(j, places[i], columns, x + i * columns));
	pal_spectrum_of(x, n, columns, true, s);
	c->edge = s->first * (double)n / pow(1 + sqrt((double)n / (double)columns), 2);
	if (!drawn)
		pal_spectrum_of(x, n, columns, false, s);
	c->first = s->first;
	c->eight = s->eight;
	rank = low_rank(j, columns);
	if (rank == 0)
		return PAL_OK;
	rank = pal_spectrum_basis(x, columns, s, rank);
	c->ranked = (uint32_t)rank;
	return hold(j, x, rank, columns, &c->held);
}

/* ---- one pair ---- */

static enum pal_err
measure_floats(struct job *j)
{
	struct pal_compared *c = j->c;
	struct pal_delta    *d = &j->d;

	c->count = d->count;
	c->changed = d->changed;
	c->cut = d->cut;
	c->state = d->changed > 0 ? PAL_COMPARED_CHANGED : d->cast > 0 ? PAL_COMPARED_CAST : PAL_COMPARED_SAME;
	c->most = d->most;
	c->relative = d->base_squares > 0 ? sqrt(d->squares / d->base_squares) : d->squares > 0 ? HUGE_VAL : 0;
	if (d->changed == 0)
		return PAL_OK;
	if (same_type(j))
		judge_bits(j);
	if (c->state != PAL_COMPARED_CHANGED || j->row_squares == NULL)
		return PAL_OK;
	c->rows = d->rows;
	c->rows_changed = d->rows_changed;
	c->first_row = d->rows_changed > 0 ? d->first_row : 0;
	c->columns = j->in_row;
	c->columns_changed = d->columns_changed;
	c->first_column = d->columns_changed > 0 ? d->first_column : 0;
	c->lattice = pal_delta_lattice(&j->room->delta);
	c->kurtosis = d->kurtosis;
	if (d->rows_changed < ROWS_LEAST || j->in_row < ROWS_LEAST || !(d->squares > 0))
		return PAL_OK;
	return judge_rank(j);
}

static enum pal_err
measure_change(struct job *j)
{
	const struct pal_compare_tensor *m = j->s[0].t;
	bool                             floats = pal_delta_fits(m->type, j->s[1].t->type);
	uint64_t                         count = pal_dtype_bits(m->type) == 0 ? m->length : j->count;

	if (!floats && (!same_type(j) || count > m->length)) {
		j->c->state = PAL_COMPARED_RESHAPED;
		return PAL_OK;
	}
	if (floats && m->rank > 1 && m->shape[0] > 1 && m->shape[0] <= ROWS_MOST) {
		j->in_row = m->count / m->shape[0];
		j->rows = count / j->in_row;
		j->row_squares = pal_arena_array(&j->arena, (size_t)j->rows, sizeof(float));
		PAL_TRY(pal_arena_err(&j->arena));
	}
	pal_delta_start(&j->room->delta, m->type, j->s[1].t->type, j->in_row, j->row_squares);
	PAL_TRY(add_all(j, count));
	if (floats)
		return measure_floats(j);
	j->c->count = j->d.count;
	j->c->changed = j->d.changed;
	j->c->state = j->d.changed > 0 ? PAL_COMPARED_CHANGED : PAL_COMPARED_SAME;
	return PAL_OK;
}

/* What cannot be read is said of the tensor, and is no error of the comparison. */
static void
measure_both(struct job *j)
{
	const struct pal_compare_tensor *m = j->s[0].t, *b = j->s[1].t;
	bool                             equal = false;
	enum pal_err                     e = PAL_OK;

	j->count = m->count < b->count ? m->count : b->count;
	j->c->count = j->count;
	j->c->resized = !same_shape(m, b) && has_more_rows(m, b);
	if (!same_shape(m, b) && !j->c->resized) {
		j->c->state = PAL_COMPARED_RESHAPED;
		return;
	}
	if (m->count == 0)
		return;
	if (!m->at_hand || !b->at_hand) {
		j->c->state = PAL_COMPARED_UNREAD;
		return;
	}
	if (same_type(j))
		e = are_equal(j, &equal);
	if (e == PAL_OK && !equal)
		e = measure_change(j);
	if (e != PAL_OK)
		*j->c = (struct pal_compared){ .state = PAL_COMPARED_UNREAD, .model = j->c->model, .base = j->c->base };
}

enum pal_err
pal_compare_measure(struct pal_compare_room *room, const struct pal_compare_pair *p, struct pal_input *model,
		    struct pal_input *base, struct pal_compared *ret)
{
	struct job j = { .room = room, .c = ret };

	*ret = (struct pal_compared){ .state = PAL_COMPARED_SAME };
	if (p->model != NULL)
		describe(p->model, &ret->model);
	if (p->base != NULL)
		describe(p->base, &ret->base);
	if (p->model == NULL || p->base == NULL) {
		const struct pal_compare_tensor *only = p->model == NULL ? p->base : p->model;

		ret->state = p->model == NULL ? PAL_COMPARED_MISSING : PAL_COMPARED_ADDED;
		ret->count = only == NULL ? 0 : only->count;
		return PAL_OK;
	}
	open_source(&j.s[0], p->model, model);
	open_source(&j.s[1], p->base, base);
	pal_arena_init(&j.arena, ROOM_MOST);
	measure_both(&j);
	pal_arena_done(&j.arena);
	return PAL_OK;
}
