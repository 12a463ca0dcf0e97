/* weights_block.c - what is counted of each block of numbers; to audit: groups, which reach over blocks. */
#include "palisade/mem.h"
#include "weights.h"

#define CHUNK          4096u /* numbers whose floats are at hand at once */
#define SAMPLE         PAL_WEIGHTS_SAMPLE
#define GROUP          4u     /* blocks whose packed bits are tested together */
#define TOP_GROUP      65536u /* numbers whose leading bits are tested together, in small tensors half as many */
#define TOP_LEAST      16384u /* fewer say nothing */
#define TOP_SMALL      1000000u
#define TOP_DENSE      4000000u /* larger tensors: every fourth number */
#define LOG_P          (-16.0)  /* 1e-9 after a correction for ten million tests */
#define LOW_EFFECT     0.05
#define PACKED_EFFECT  0.15
#define WHOLE_DISTINCT 0.8
#define TOP_EFFECT     0.01
#define TOP_SHARE      0.6
#define GAP_LEAST      1024u
#define GAP_DISTINCT   64.0
#define TAILS_LEAST    48u

typedef uint16_t u16_alias __attribute__((may_alias));
typedef uint32_t u32_alias __attribute__((may_alias));

static uint64_t
number(const struct pal_weight_room *m, size_t i)
{
	switch (m->run.width) {
	case 2:
		return ((const u16_alias *)(const void *)m->block)[i];
	case 4:
		return ((const u32_alias *)(const void *)m->block)[i];
	default:
		return m->block[i];
	}
}

/* What tells numbers apart, however they are scaled by powers of two; 16 bits are too few for that. */
static uint64_t
mantissa(const struct pal_weight_run *t, uint64_t v)
{
	if (t->width == 2)
		return v & 0x7fff;
	return t->width == 4 ? v & 0x7fffff : v & 0xfffffffffffffu;
}

/* True when this mantissa was not there since the slots (a power of two) were cleared; now and then a new one is taken
 * for an old. */
static bool
is_new(struct pal_weight_room *m, uint64_t key, size_t slots)
{
	uint64_t hash = (key + 1) * 0x9e3779b97f4a7c15u;
	uint32_t mark = (uint32_t)(hash >> 16) | 1;

	for (size_t i = (size_t)(hash >> 48), steps = 0; steps < 16; i++, steps++) {
		uint32_t *slot = &m->slots[i & (slots - 1)];

		if (*slot == mark)
			return false;
		if (*slot == 0) {
			*slot = mark;
			return true;
		}
	}
	return false;
}

static void
clear(uint32_t *counts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		counts[i] = 0;
}

/* One number in `step`, without those that are 0. */
static size_t
take_sample(const struct pal_weight_room *m, size_t n, size_t step, uint64_t sample[PAL_WEIGHTS_SAMPLE])
{
	uint64_t magnitude = UINT64_MAX >> (65 - 8 * m->run.width);
	size_t   seen = 0;

	for (size_t i = 0; i < n && seen < SAMPLE; i += step) {
		sample[seen] = number(m, i);
		seen += (sample[seen] & magnitude) != 0;
	}
	return seen;
}

static double
share_distinct(struct pal_weight_room *m, const uint64_t *sample, size_t n)
{
	size_t fresh = 0;

	clear(m->slots, 4 * SAMPLE);
	for (size_t i = 0; i < n; i++)
		fresh += is_new(m, mantissa(&m->run, sample[i]), 4 * SAMPLE);
	return n < 64 ? 0 : (double)fresh / (double)n;
}

/* Weights that were trained are all different, quantised ones and copied rows are not: side by side, and far apart. */
static double
distinct_of(struct pal_weight_room *m, struct pal_weight_sample *s)
{
	double near = 0, far = 0;

	if (s->distinct >= 0)
		return s->distinct;
	near = share_distinct(m, s->near, s->near_count);
	far = s->spread ? share_distinct(m, s->far, s->far_count) : near;
	s->distinct = near < far ? near : far;
	return s->distinct;
}

/* Every other block; run.sampled says which of the two was last. */
static void
keep_sample(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_sample *s = &m->samples[m->run.packed_blocks / 2 % 2];

	s->near_count = take_sample(m, n < SAMPLE ? n : SAMPLE, 1, s->near);
	s->spread = n >= 2 * SAMPLE;
	s->far_count = s->spread ? take_sample(m, n, n / SAMPLE, s->far) : 0;
	s->distinct = -1;
	m->run.sampled = m->run.packed_blocks / 2 % 2;
}

double
pal_weights_distinct(struct pal_weight_room *m)
{
	return distinct_of(m, &m->samples[m->run.sampled]);
}

static void
hit(struct pal_weight_test *t, const struct pal_lowbits *r, uint64_t at)
{
	t->first = t->hits == 0 ? at : t->first;
	if (t->hits++ == 0 || r->effect > t->effect) {
		t->effect = r->effect;
		t->log_p = r->log_p;
	}
}

/* Are some low bytes of the block that came last rarer than others? Tried again with each mantissa counted once:
 * numbers that repeat are no sample. It proves nothing by itself, and is asked only when something was found. */
static bool
is_uneven(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_run *t = &m->run;
	uint32_t               counts[256] = { 0 };
	struct pal_lowbits     r;

	if (t->width == 2 && t->exponent == 8)
		return false; /* seven bits of mantissa are not left to chance */
	for (size_t i = 0; i < n; i++)
		counts[number(m, i) & 0xff]++;
	r = pal_lowbits_classes(counts);
	if (r.log_p > LOG_P || r.effect < LOW_EFFECT)
		return false;
	clear(counts, 256);
	clear(m->slots, PAL_WEIGHTS_SLOTS);
	for (size_t i = 0; i < n; i++) {
		uint64_t v = number(m, i);

		if (is_new(m, mantissa(t, v), PAL_WEIGHTS_SLOTS))
			counts[v & 0xff]++;
	}
	r = pal_lowbits_classes(counts);
	return r.log_p <= LOG_P && r.effect >= LOW_EFFECT;
}

/* How different numbers must be for their neighbourhood to be a sample. */
static double
least_distinct(const struct pal_weight_run *t)
{
	if (t->width > 2)
		return 0.95;
	return t->exponent == 5 ? 0.7 : 0.25;
}

/* The same of the whole block that came last: asked only when something was found. */
static bool
is_sample(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_run *t = &m->run;
	size_t                 seen = 0, fresh = 0;

	for (size_t k = 0; k <= t->sampled; k++)
		if (distinct_of(m, &m->samples[k]) < least_distinct(t))
			return false;
	if (t->width == 2)
		return true;
	clear(m->slots, PAL_WEIGHTS_SLOTS);
	for (size_t i = 0; i < n; i++) {
		uint64_t v = number(m, i);

		if ((v << (64 - 8 * t->width) << 1) == 0)
			continue;
		seen++;
		fresh += is_new(m, mantissa(t, v), PAL_WEIGHTS_SLOTS);
	}
	return (double)fresh >= WHOLE_DISTINCT * (double)seen;
}

static void
test_packed(struct pal_weight_room *m)
{
	struct pal_weight_run *t = &m->run;

	for (unsigned int k = 0; k < PAL_PACKED; k++) {
		struct pal_lowbits r = pal_lowbits_packed(m->packed_counts[k], k == PAL_PACKED_HIGH ? 4 : 1u << k);

		t->packed[k].tested += r.n > 0;
		if (r.log_p <= LOG_P && r.effect >= PACKED_EFFECT && is_sample(m, t->packed_last)) {
			hit(&t->packed[k], &r, t->packed_first);
			t->uneven = t->uneven || is_uneven(m, t->packed_last);
		}
		clear(m->packed_counts[k], 256);
	}
	t->packed_blocks = 0;
}

/* Dead units are zeros, or nearly, side by side, and rows that were narrower before stand beside others: a group of
 * eight numbers with one of them is left out. */
static size_t
leave_out(const struct pal_weight_room *m, uint8_t *low, size_t n)
{
	const struct pal_weight_run *t = &m->run;
	unsigned int                 bits = 8 * t->width - 1 - t->exponent;
	uint64_t                     bias = ((uint64_t)1 << (t->exponent - 1)) - 1;
	struct pal_lanes_dead        dead = { .least = t->exponent == 5 ? 1 : (bias - 50) << bits,
					      .tail = t->width == 4   ? 0x1fff
						      : t->width == 8 ? 0x1fffffff
								      : UINT64_MAX };

	return pal_lanes_alive((const uint8_t *)m->block, n, t->width, &dead, low);
}

static void
add_packed(struct pal_weight_room *m, size_t n, bool dead)
{
	struct pal_weight_run *t = &m->run;
	const uint64_t        *low = m->low + PAL_WEIGHTS_CARRY / 8;

	if (t->packed_blocks == 0)
		t->packed_first = t->at * t->width;
	t->packed_last = n;
	if (dead) {
		pal_mem_copy(m->alive, sizeof(m->alive), low, n);
		n = leave_out(m, (uint8_t *)m->alive, n);
		low = m->alive;
	}
	for (unsigned int k = 0; k < PAL_PACKED; k++) {
		unsigned int bits = k == PAL_PACKED_HIGH ? 4 : 1u << k;

		pal_lanes_pack(low, n, bits, k == PAL_PACKED_HIGH ? 4 : 0, m->packed);
		pal_lanes_histogram(m->packed, n / 8 * bits, m->packed_counts[k]);
	}
	if (++t->packed_blocks == GROUP)
		test_packed(m);
}

static void
test_top(struct pal_weight_room *m)
{
	struct pal_weight_run *t = &m->run;

	if (t->top_count == 0)
		return;
	if (t->top_count >= TOP_LEAST) {
		struct pal_lowbits r = pal_lowbits_top(m->top);

		t->top.tested++;
		if (r.n >= TOP_SHARE * (double)t->top_count && r.n >= TOP_SHARE * TOP_LEAST && r.effect < TOP_EFFECT)
			hit(&t->top, &r, t->at * t->width);
	}
	clear(m->top, 128 * 256);
	t->top_count = 0;
}

/* The leading 16 bits are the same in a float32 and in a bfloat16. */
static void
add_top(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_run *t = &m->run;
	size_t                 step = t->count > TOP_DENSE ? 4 : 1;

	if (t->exponent != 8 || t->count < TOP_LEAST)
		return;
	pal_lanes_top((const uint8_t *)m->block, n, t->width, step, m->top);
	t->top_count += n / step;
	if (t->top_count >= (t->count < TOP_SMALL ? TOP_GROUP / 2 : TOP_GROUP))
		test_top(m);
}

/* Numbers with a tail that are different, up to as many as a test needs: a value that repeats is no sample. */
static size_t
tails_seen(struct pal_weight_room *m, size_t n, uint64_t mask)
{
	size_t fresh = 0;

	clear(m->slots, 4 * SAMPLE);
	for (size_t i = 0; i < n && fresh < TAILS_LEAST; i++)
		if ((number(m, i) & mask) != 0)
			fresh += is_new(m, mantissa(&m->run, number(m, i)), 4 * SAMPLE);
	return fresh;
}

/* Bits that no number has, above bits that some have: a narrower format before leaves the end of its tail empty. */
static void
test_gap(struct pal_weight_room *m, const struct pal_patterns *p, size_t n)
{
	struct pal_weight_run *t = &m->run;
	unsigned int           tail = t->width == 4 ? 16 : t->width == 8 ? 29 : 0;
	uint64_t               mask = ((uint64_t)1 << tail) - 1, unused = ~p->ored & mask;
	struct pal_lowbits     r = { .n = (double)n, .effect = 1, .log_p = -300 };

	if (tail == 0 || n - p->zeros < GAP_LEAST)
		return;
	t->gap.tested++;
	if ((unused & (unused + 1)) == 0 || pal_weights_distinct(m) * (double)SAMPLE < GAP_DISTINCT)
		return;
	if (tails_seen(m, n, mask) == TAILS_LEAST)
		hit(&t->gap, &r, t->at * t->width);
}

/* Where numbers with a tail begin and end. */
static void
find_tails(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_run *t = &m->run;
	uint64_t               tail = t->width == 4 ? 0x1fff : 0x1fffffff;

	t->tails = t->tails || tails_seen(m, n, tail) == TAILS_LEAST;
	for (size_t i = 0; i < n && t->tail_first == UINT64_MAX; i++)
		if ((number(m, i) & tail) != 0)
			t->tail_first = t->at + i;
	for (size_t i = n; i > 0; i--) {
		if ((number(m, i - 1) & tail) == 0)
			continue;
		t->tail_last = t->at + i - 1;
		break;
	}
}

static void
find_nans(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_run *t = &m->run;
	unsigned int           bits = 8 * t->width - 1 - t->exponent;
	uint64_t               exponent = (((uint64_t)1 << t->exponent) - 1) << bits;

	for (size_t i = 0; i < n && t->nan_kinds < 32; i++) {
		uint64_t v = number(m, i) & ~((uint64_t)1 << (8 * t->width - 1)), k = 0;

		if (v <= exponent)
			continue;
		while (k < t->nan_kinds && t->nan_seen[k] != v)
			k++;
		if (k == t->nan_kinds)
			t->nan_seen[t->nan_kinds++] = v;
	}
}

/* A row that reaches over an end of the segment is put together later. */
static void
add_row(struct pal_weight_room *m, uint64_t row, const struct pal_moments *one)
{
	struct pal_weight_run *t = &m->run;
	uint64_t               begin = row * t->shape[1], end = begin + t->shape[1];

	if (begin >= t->from && end <= t->to) {
		m->sums->row_squares[row] += (float)one->squares;
		if (t->sides && row < PAL_WEIGHTS_SIDE)
			m->sums->row_positive[row] += one->positive;
		return;
	}
	t->edges[begin >= t->from].row = row;
	t->edges[begin >= t->from].squares += one->squares;
	t->edges[begin >= t->from].positive += one->positive;
}

/* Rows and columns of a matrix, as their numbers come by. */
static void
add_rows(struct pal_weight_room *m, const float *x, size_t n, uint64_t at)
{
	struct pal_weight_run *t = &m->run;
	uint64_t               in_row = t->shape[1];

	for (size_t i = 0; i < n;) {
		uint64_t           row = (at + i) / in_row, column = (at + i) % in_row;
		size_t             some = in_row - column < n - i ? (size_t)(in_row - column) : n - i;
		struct pal_moments one = { 0 };

		pal_lanes_moments(x + i, some, &one);
		add_row(m, row, &one);
		if (t->columns != NULL && in_row <= PAL_WEIGHTS_SIDE)
			pal_lanes_columns(x + i, some, t->columns + column);
		t->moments.sum += one.sum;
		t->moments.squares += one.squares;
		t->moments.positive += one.positive;
		t->moments.most = one.most > t->moments.most ? one.most : t->moments.most;
		i += some;
	}
}

static const float *
floats_at(struct pal_weight_room *m, size_t at, size_t n)
{
	const uint8_t *p = (const uint8_t *)m->block + at * m->run.width;

	if (m->run.width == 4)
		return (const float *)(const void *)p;
	pal_lanes_floats(p, n, m->run.width, m->run.exponent, m->floats);
	return m->floats;
}

static void
add_floats(struct pal_weight_room *m, size_t n)
{
	struct pal_weight_run *t = &m->run;

	for (size_t at = 0; at < n; at += CHUNK) {
		size_t       some = n - at < CHUNK ? n - at : CHUNK;
		const float *x = NULL;

		x = floats_at(m, at, some);
		if (t->at + at == t->from)
			t->first = x[0];
		for (size_t i = 0; i < some && t->constant; i++)
			t->constant = x[i] == t->first; /* NOLINT: exact on purpose */
		if (t->rows)
			add_rows(m, x, some, t->at + at);
		else
			pal_lanes_moments(x, some, &t->moments);
	}
}

/* A copy of a tensor is told by its numbers' leading and last bits, in their order. */
static uint64_t
digest(uint64_t sum, const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i += 7)
		sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15u;
	return sum ^ sum >> 32;
}

void
pal_weights_block(struct pal_weight_room *m, size_t bytes)
{
	struct pal_weight_run *t = &m->run;
	size_t                 n = bytes / t->width;
	uint8_t               *low = (uint8_t *)m->low + PAL_WEIGHTS_CARRY;
	struct pal_patterns    p = { 0 };

	pal_lanes_low((const uint8_t *)m->block, n, t->width, low);
	t->odd = t->exponent < 8;
	if (t->exponent == 0)
		return;
	t->digest = digest(t->digest, m->block, bytes / 8);
	pal_lanes_patterns((const uint8_t *)m->block, n, t->width, t->exponent, &p);
	pal_weights_patterns(&t->patterns, &p);
	t->odd = t->odd || p.huge + p.tiny > 0;
	add_floats(m, n);
	if (t->packed_blocks % 2 == 0)
		keep_sample(m, n);
	add_packed(m, n / 8 * 8, p.zeros + p.tiny > 0 || (t->width > 2 && (n - p.tailed) * 64 > n));
	add_top(m, n);
	test_gap(m, &p, n);
	if (p.tailed > 0)
		find_tails(m, n);
	if (p.nans > 0)
		find_nans(m, n);
}

void
pal_weights_group(struct pal_weight_room *m)
{
	if (m->run.exponent == 0)
		return;
	if (m->run.packed_blocks > 0)
		test_packed(m);
	test_top(m);
}
