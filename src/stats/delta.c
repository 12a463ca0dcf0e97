/* delta.c - two blocks of numbers against each other; to audit: add_block(), and the lengths, which are the caller's.
 */
#include "palisade/delta.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "palisade/lanes.h"
#include "palisade/mem.h"

#define RUN      64u
#define A_BLOCK  512u /* samples of one block */
#define LANES    16u
#define LEVELS   8u   /* samples for each of the values that differences may take to be few */
#define TOLERATE 2.25 /* steps of rounding in one value */
#define APART    3    /* such tolerances between two values */
#define SHARP    256u /* samples; of more, those that are rounded least */
#define EVEN     10u  /* one sample in so many, at least, in each quarter of the low bits */

static unsigned int
exponent_of(enum pal_dtype t)
{
	return t == PAL_DTYPE_F16 ? 5 : t == PAL_DTYPE_F64 ? 11 : 8;
}

static bool
is_plain_float(enum pal_dtype t)
{
	return t == PAL_DTYPE_F16 || t == PAL_DTYPE_BF16 || t == PAL_DTYPE_F32 || t == PAL_DTYPE_F64;
}

bool
pal_delta_fits(enum pal_dtype type, enum pal_dtype base_type)
{
	return is_plain_float(type) && is_plain_float(base_type);
}

void
pal_delta_floats(enum pal_dtype type, const uint8_t *p, size_t n, float *out)
{
	pal_lanes_floats(p, n, pal_dtype_bits(type) / 8, exponent_of(type), out);
}

void
pal_delta_start(struct pal_delta_room *r, enum pal_dtype type, enum pal_dtype base_type, uint64_t in_row,
		float *row_squares)
{
	r->d = (struct pal_delta){ .first_row = UINT64_MAX, .first_column = UINT64_MAX, .half = type == PAL_DTYPE_F32 };
	r->type = type;
	r->base_type = base_type;
	r->in_row = in_row;
	r->at = 0;
	r->row_squares = row_squares;
	r->as_bytes = !pal_delta_fits(type, base_type);
	r->runs = r->run_kurtosis = 0;
	r->sample_count = 0;
	r->sample_every = 1;
	r->sample_blocks = 0;
	for (size_t i = 0; i < PAL_DELTA_COLUMNS; i++)
		r->columns[i] = 0;
}

/* ---- patterns ---- */

typedef uint16_t u16_alias __attribute__((may_alias));
typedef uint32_t u32_alias __attribute__((may_alias));
typedef uint64_t u64_alias __attribute__((may_alias));
typedef double   f64_alias __attribute__((may_alias));

/* The bits of numbers, each in a word of its own; the caller aligned them. */
static void
patterns_of(const uint8_t *p, size_t n, unsigned int width, uint64_t *restrict out)
{
	const u16_alias *h = (const void *)p;
	const u32_alias *w = (const void *)p;
	const u64_alias *d = (const void *)p;

	for (size_t i = 0; width == 2 && i < n; i++)
		out[i] = h[i];
	for (size_t i = 0; width == 4 && i < n; i++)
		out[i] = w[i];
	for (size_t i = 0; width == 8 && i < n; i++)
		out[i] = d[i];
}

/* Exact for every type but float64, which keeps its own. */
static void
doubles_of(enum pal_dtype type, const uint8_t *p, const float *restrict x, size_t n, double *restrict out)
{
	const f64_alias *d = (const void *)p;

	for (size_t i = 0; type == PAL_DTYPE_F64 && i < n; i++)
		out[i] = d[i];
	for (size_t i = 0; type != PAL_DTYPE_F64 && i < n; i++)
		out[i] = (double)x[i];
}

/* To the bits of a narrower type: rounded to nearest, ties to even (IEEE 754 section 4.3.1), or cut off. */
static uint64_t
narrow(double v, enum pal_dtype to, bool cut)
{
	double       m = fabs(v), scale = 0, whole = 0;
	int          e = 0, fraction = to == PAL_DTYPE_F16 ? 10 : to == PAL_DTYPE_BF16 ? 7 : 23;
	int          bias = to == PAL_DTYPE_F16 ? 15 : 127;
	uint64_t     sign = signbit(v) ? 1 : 0, bits = 0;
	unsigned int width = to == PAL_DTYPE_F32 ? 32 : 16;

	if (isfinite(v) && m > 0) {
		(void)frexp(m, &e);
		e = e - 1 < 1 - bias ? 1 - bias : e - 1;
		scale = ldexp(m, fraction - e);
		whole = cut ? floor(scale) : nearbyint(scale);
		bits = (uint64_t)whole + ((uint64_t)(e + bias - 1) << fraction);
		if (bits >= ((uint64_t)(2 * bias + 1) << fraction))
			bits = (uint64_t)(2 * bias + 1) << fraction;
	} else if (m > 0) {
		bits = ((uint64_t)(2 * bias + 1) << fraction) + (isnan(v) ? 1 : 0);
	}
	return bits | sign << (width - 1);
}

/* Types differ: what is equal in the narrower one becomes equal. */
static void
cast_block(struct pal_delta_room *r, size_t n)
{
	bool            wider = pal_dtype_bits(r->type) >= pal_dtype_bits(r->base_type);
	enum pal_dtype  to = wider ? r->base_type : r->type;
	double         *from = r->wide[wider ? 0 : 1];
	const double   *fixed = r->wide[wider ? 1 : 0];
	const uint64_t *pattern = wider ? r->right : r->left;

	for (size_t i = 0; i < n; i++) {
		bool near = false, cut = false;

		if (from[i] == fixed[i]) /* NOLINT: exact on purpose */
			continue;
		near = narrow(from[i], to, false) == pattern[i];
		cut = !near && narrow(from[i], to, true) == pattern[i];
		r->d.cast += near || cut;
		r->d.cut += cut;
		if (near || cut)
			r->wide[0][i] = r->wide[1][i];
	}
}

/* Half precision (IEEE 754 binary16): 11 significant bits down to 2^-14, then steps of 2^-24. */
static void
try_half(struct pal_delta_room *r, size_t n)
{
	for (size_t i = 0; r->d.half && i < n; i++) {
		double a = r->wide[0][i], b = r->wide[1][i], step = 0;
		int    e = 0;

		if (a == b) /* NOLINT: exact on purpose */
			continue;
		(void)frexp(a, &e);
		step = ldexp(1, e < -13 ? -24 : e - 11);
		r->d.half = fabs(a - b) <= step && fmod(a, step) == 0;
	}
}

/* ---- sums ---- */

/* High bits changed, and the lowest is used on both sides: this is neither rounding nor a change of low bits. */
static bool
bits_are_known(const struct pal_delta_room *r)
{
	return r->d.bits >> (pal_dtype_bits(r->type) - 4) != 0 && (r->d.ored & r->d.base_ored & 1) != 0;
}

static void
add_bits(struct pal_delta_room *r, size_t n)
{
	uint64_t bits = 0, ored = 0, base = 0, most = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t a = r->left[i], b = r->right[i], x = a ^ b, mask = x == 0 ? 0 : UINT64_MAX;
		uint64_t d = a > b ? a - b : b - a;

		bits |= x;
		ored |= a & mask;
		base |= b & mask;
		most = d > most ? d : most;
	}
	r->d.bits |= bits;
	r->d.ored |= ored;
	r->d.base_ored |= base;
	r->d.ulps = most > r->d.ulps ? most : r->d.ulps;
}

/* The distance from the numbers in x to their neighbours in the model's type: 2 to the exponent, by the fraction's
 * bits.
 */
static void
find_steps(struct pal_delta_room *r, size_t n)
{
	const u32_alias *bits = (const void *)r->x;
	u32_alias       *power = (void *)r->step;
	int              fraction = r->type == PAL_DTYPE_F16    ? 10
				    : r->type == PAL_DTYPE_BF16 ? 7
				    : r->type == PAL_DTYPE_F32  ? 23
								: 52;
	float            unit = ldexpf(1, -fraction);

	for (size_t i = 0; i < n; i++)
		power[i] = bits[i] & 0x7f800000;
	for (size_t i = 0; i < n; i++)
		r->step[i] *= unit;
}

/* Differences into x, zero where nothing changed. */
static void
subtract(struct pal_delta_room *r, size_t n)
{
	find_steps(r, n);
	for (size_t i = 0; i < n; i++) {
		r->x[i] = (float)(r->wide[0][i] - r->wide[1][i]);
		r->y[i] = (float)r->wide[1][i];
	}
}

struct lanes {
	float squares[LANES], base[LANES], rounding[LANES], most[LANES];
};

static void
add_lane(struct lanes *s, size_t k, float d, float y, float step)
{
	float m = fabsf(d);

	s->squares[k] += d * d;
	s->base[k] += y * y;
	s->rounding[k] += m > 0 ? step * step : 0;
	s->most[k] = m > s->most[k] ? m : s->most[k];
}

static void
add_sums(struct pal_delta_room *r, const float *x, const float *y, const float *step, size_t n)
{
	struct lanes s = { 0 };
	size_t       whole = n / LANES * LANES;

	for (size_t i = 0; i < whole; i += LANES)
		for (size_t k = 0; k < LANES; k++)
			add_lane(&s, k, x[i + k], y[i + k], step[i + k]);
	for (size_t i = whole; i < n; i++)
		add_lane(&s, 0, x[i], y[i], step[i]);
	for (size_t k = 0; k < LANES; k++) {
		r->d.squares += (double)s.squares[k];
		r->d.base_squares += (double)s.base[k];
		r->d.rounding += (double)s.rounding[k] / 12;
		r->d.most = (double)s.most[k] > r->d.most ? (double)s.most[k] : r->d.most;
	}
}

static void
mark_columns(const float *restrict x, size_t n, uint8_t *restrict columns)
{
	for (size_t i = 0; i < n; i++)
		columns[i] = (uint8_t)(columns[i] | (x[i] != 0 ? 1 : 0));
}

/* Numbers of one row. */
static void
add_row(struct pal_delta_room *r, const float *x, size_t n, uint64_t row, uint64_t column)
{
	float  sum[LANES] = { 0 };
	size_t whole = n / LANES * LANES;

	for (size_t i = 0; i < whole; i += LANES)
		for (size_t k = 0; k < LANES; k++)
			sum[k] += x[i + k] * x[i + k];
	for (size_t i = whole; i < n; i++)
		sum[0] += x[i] * x[i];
	if (r->in_row <= PAL_DELTA_COLUMNS)
		mark_columns(x, n, r->columns + column);
	for (size_t k = 0; k < LANES; k++)
		r->row_squares[row] += sum[k];
}

static void
add_rows(struct pal_delta_room *r, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint64_t row = (r->at + i) / r->in_row, column = (r->at + i) % r->in_row;
		size_t   some = r->in_row - column < n - i ? (size_t)(r->in_row - column) : n - i;

		add_row(r, r->x + i, some, row, column);
		i += some;
	}
}

/* Every second sample goes when there is no room; from then on only every second block is asked. */
static void
thin_out(struct pal_delta_room *r)
{
	for (size_t i = 0; i < PAL_DELTA_SAMPLES / 2; i++)
		r->samples[i] = r->samples[2 * i];
	r->sample_count = PAL_DELTA_SAMPLES / 2;
	r->sample_every *= 2;
}

/* The first differences of a block: how they are spread where one row or group has one scale. */
static void
add_run(struct pal_delta_room *r, size_t n)
{
	double sum2 = 0, sum4 = 0;
	size_t seen = 0;

	for (size_t i = 0; i < n && seen < RUN; i++) {
		double d = (double)r->x[i] * (double)r->x[i];

		seen += r->x[i] != 0;
		sum2 += d;
		sum4 += d * d;
	}
	if (seen < RUN || !(sum2 > 0))
		return;
	r->runs++;
	r->run_kurtosis += sum4 * RUN / (sum2 * sum2);
}

static void
add_samples(struct pal_delta_room *r, size_t n)
{
	size_t seen = 0;

	add_run(r, n);
	if (r->sample_blocks++ % r->sample_every != 0)
		return;
	if (r->sample_count + A_BLOCK > PAL_DELTA_SAMPLES)
		thin_out(r);
	for (size_t i = 0; i < n && seen < A_BLOCK; i++) {
		uint64_t a = r->left[i], b = r->right[i];

		if (r->x[i] == 0)
			continue;
		seen++;
		r->samples[r->sample_count++] =
		    (struct pal_delta_sample){ r->wide[0][i] - r->wide[1][i], r->step[i], a > b ? a - b : b - a, b };
	}
}

/* How many of them are NaN or infinite. */
static size_t
count_odd(const float *x, size_t n)
{
	uint32_t odd = 0;

	for (size_t i = 0; i < n; i++)
		odd += fabsf(x[i]) <= FLT_MAX ? 0 : 1;
	return odd;
}

static void
blank_odd(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = fabsf(x[i]) <= FLT_MAX ? x[i] : 0;
}

static void
count_changed(struct pal_delta_room *r, size_t n)
{
	uint32_t changed = 0;
	size_t   odd = count_odd(r->x, n);

	for (size_t i = 0; i < n; i++)
		changed += r->x[i] != 0 ? 1 : 0;
	r->d.changed += changed;
	r->d.broken += odd;
	if (odd > 0)
		blank_odd(r->x, n);
	if (count_odd(r->y, n) > 0)
		blank_odd(r->y, n);
}

/* No numbers to subtract: equal or not is all that can be said. */
static void
add_bytes(struct pal_delta_room *r, const uint8_t *model, const uint8_t *base, size_t n)
{
	unsigned int bits = pal_dtype_bits(r->type), width = bits < 8 ? 1 : bits / 8;

	for (size_t i = 0; i < n; i++)
		r->d.changed += memcmp(model + i * width, base + i * width, width) != 0;
}

/* Equal NaNs are no change; different ones are one that has no size. */
static void
settle_equal(struct pal_delta_room *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r->left[i] == r->right[i])
			r->wide[0][i] = r->wide[1][i] = isfinite(r->wide[1][i]) ? r->wide[1][i] : 0;
}

static void
add_block(struct pal_delta_room *r, const uint8_t *model, const uint8_t *base, size_t n)
{
	bool alike = r->type == r->base_type;

	patterns_of(model, n, pal_dtype_bits(r->type) / 8, r->left);
	patterns_of(base, n, pal_dtype_bits(r->base_type) / 8, r->right);
	pal_delta_floats(r->type, model, n, r->x);
	pal_delta_floats(r->base_type, base, n, r->y);
	doubles_of(r->type, model, r->x, n, r->wide[0]);
	doubles_of(r->base_type, base, r->y, n, r->wide[1]);
	if (alike) {
		if (count_odd(r->x, n) + count_odd(r->y, n) > 0)
			settle_equal(r, n);
		if (!bits_are_known(r))
			add_bits(r, n);
		try_half(r, n);
	} else {
		cast_block(r, n);
	}
	subtract(r, n);
	count_changed(r, n);
	add_sums(r, r->x, r->y, r->step, n);
	if (r->row_squares != NULL)
		add_rows(r, n);
	add_samples(r, n);
}

void
pal_delta_add(struct pal_delta_room *r, const uint8_t *model, const uint8_t *base, size_t n)
{
	if (r->as_bytes)
		add_bytes(r, model, base, n);
	else
		add_block(r, model, base, n);
	r->at += n;
	r->d.count += n;
}

struct pal_delta
pal_delta_end(struct pal_delta_room *r)
{
	struct pal_delta *d = &r->d;

	d->kurtosis = r->runs > 0 ? r->run_kurtosis / r->runs : 0;
	if (r->row_squares == NULL || r->in_row == 0)
		return *d;
	d->rows = d->count / r->in_row;
	for (uint64_t i = 0; i < d->rows; i++) {
		if (!(r->row_squares[i] > 0))
			continue;
		d->first_row = d->rows_changed == 0 ? i : d->first_row;
		d->rows_changed++;
	}
	for (uint64_t i = 0; i < r->in_row && r->in_row <= PAL_DELTA_COLUMNS; i++) {
		if (r->columns[i] == 0)
			continue;
		d->first_column = d->columns_changed == 0 ? i : d->first_column;
		d->columns_changed++;
	}
	return *d;
}

/* Each quarter of what the low bits can be has a part of the samples, or all are 0. */
static bool
are_even(const struct pal_delta_room *r, unsigned int bits)
{
	size_t quarters[4] = { 0 }, zeros = 0;

	for (size_t i = 0; i < r->sample_count; i++) {
		uint64_t low = r->samples[i].base & (((uint64_t)1 << bits) - 1);

		quarters[bits < 2 ? 2 * low : low >> (bits - 2)]++;
		zeros += low == 0;
	}
	for (size_t i = 0; i < 4; i += bits < 2 ? 2 : 1)
		if (zeros < r->sample_count && quarters[i] * EVEN < r->sample_count)
			return false;
	return true;
}

double
pal_delta_no_carry(const struct pal_delta_room *r, unsigned int bits)
{
	double sum = 0, room = ldexp(1, (int)bits);

	if (bits == 0 || bits > 63 || !are_even(r, bits))
		return 0;

	for (size_t i = 0; i < r->sample_count; i++) {
		double d = (double)r->samples[i].ulps;

		if (d >= room)
			return 0;
		sum += log10(1 - d / room);
	}
	return sum;
}

static int
by_difference(const void *a, const void *b)
{
	const struct pal_delta_sample *x = a, *y = b;

	return x->difference < y->difference ? -1 : x->difference > y->difference;
}

static int
by_step(const void *a, const void *b)
{
	const struct pal_delta_sample *x = a, *y = b;

	return x->step < y->step ? -1 : x->step > y->step;
}

/* Groups of sorted samples that stand together; false: one is wider than rounding makes it. */
static bool
find_levels(const struct pal_delta_sample *s, size_t n, double tolerance, double *levels, size_t *ret_count)
{
	size_t count = 0, from = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && s[i].difference - s[i - 1].difference <= tolerance)
			continue;
		if (s[i - 1].difference - s[from].difference > tolerance || count == n / LEVELS)
			return false;
		levels[count++] = (s[i - 1].difference + s[from].difference) / 2;
		from = i;
	}
	*ret_count = count;
	return true;
}

/* The smallest of the gaps, if all gaps are multiples of it; 0: they are not. */
static double
spacing_of(const double *levels, size_t count, double tolerance)
{
	double least = HUGE_VAL;

	for (size_t i = 1; i < count; i++)
		least = fmin(least, levels[i] - levels[i - 1]);
	for (size_t i = 1; i < count; i++) {
		double gap = levels[i] - levels[i - 1], times = nearbyint(gap / least);

		if (fabs(gap - times * least) > fmax(2 * tolerance * times, 0.02 * gap))
			return 0;
	}
	return least > APART * tolerance ? least : 0;
}

double
pal_delta_lattice(struct pal_delta_room *r)
{
	double levels[PAL_DELTA_SAMPLES / LEVELS];
	size_t count = 0;
	float  widest = 0;
	size_t n = r->sample_count;

	if (r->sample_count < LEVELS * 8)
		return 0;
	qsort(r->samples, n, sizeof(r->samples[0]), by_step);
	n = n > SHARP ? n / 2 > SHARP ? n / 2 : SHARP : n;
	widest = r->samples[n - 1].step;
	qsort(r->samples, n, sizeof(r->samples[0]), by_difference);
	if (!find_levels(r->samples, n, TOLERATE * (double)widest, levels, &count) || count < 2)
		return 0;
	return spacing_of(levels, count, TOLERATE * (double)widest);
}
