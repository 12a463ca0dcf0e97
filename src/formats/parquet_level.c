/* parquet_level.c - runs and packed bits; to audit: bits_at(), the only place that reads packed values. */
#include "parquet.h"

unsigned int
pal_parquet_bits_for(uint32_t most)
{
	return most == 0 ? 0 : 32 - (unsigned int)__builtin_clz(most);
}

struct pal_parquet_runs
pal_parquet_runs_of(struct pal_view v, unsigned int bits)
{
	v = v.len == 0 ? pal_view_of("") : v; /* a place to point at */
	return (struct pal_parquet_runs){ .next = v.data, .end = v.data + v.len, .bits = bits };
}

struct pal_parquet_runs
pal_parquet_bits_of(struct pal_view v, unsigned int bits, bool high_first)
{
	struct pal_parquet_runs r = pal_parquet_runs_of(v, bits);

	r.packed = true;
	r.high_first = high_first;
	r.left = bits == 0 ? UINT64_MAX : (uint64_t)v.len * 8 / bits;
	return r;
}

/* The next run's header: its lowest bit says whether groups of eight packed values follow, or one value. */
static bool
next_run(struct pal_parquet_runs *r)
{
	uint64_t head = 0, bytes = 0, shift = 0;

	if (r->packed)
		r->next += r->bit / 8; /* whole groups */
	r->bit = 0;
	do {
		if (r->next == r->end || shift > 35)
			return false;
		head |= (uint64_t)(*r->next & 0x7f) << shift;
		shift += 7;
	} while (*r->next++ >= 0x80);
	r->packed = (head & 1) != 0;
	r->left = r->packed ? head / 2 * 8 : head / 2;
	bytes = r->packed ? head / 2 * r->bits : (r->bits + 7) / 8;
	if (r->packed && bytes > (size_t)(r->end - r->next) && r->bits > 0)
		r->left = (uint64_t)(r->end - r->next) * 8 / r->bits; /* the last group may be cut short */
	else if (bytes > (size_t)(r->end - r->next))
		return false;
	r->value = 0;
	for (uint64_t i = 0; !r->packed && i < bytes; i++)
		r->value |= (uint32_t)*r->next++ << (8 * i);
	return true;
}

/* @UNSAFE: the value that starts at this bit; `left` keeps it inside of [next, end). */
static uint32_t
bits_at(const struct pal_parquet_runs *r, uint64_t bit)
{
	const uint8_t *p = r->next + bit / 8;
	uint64_t       word = 0, mask = ((uint64_t)1 << r->bits) - 1;
	unsigned int   used = (unsigned int)(bit % 8);

	if (r->high_first) {
		for (uint64_t at = bit; at < bit + r->bits; at++)
			word = word << 1 | ((uint64_t)r->next[at / 8] >> (7 - at % 8) & 1);
		return (uint32_t)word;
	}
	if (r->end - p >= 8) {
		for (unsigned int i = 0; i < 8; i++)
			word |= (uint64_t)p[i] << (8 * i);
	} else {
		for (unsigned int i = 0; i < r->end - p; i++)
			word |= (uint64_t)p[i] << (8 * i);
	}
	return (uint32_t)(word >> used & mask);
}

size_t
pal_parquet_runs_next(struct pal_parquet_runs *r, uint32_t *to, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t some = n - done;

		if (r->left == 0 && !next_run(r))
			return done;
		some = r->left < some ? (size_t)r->left : some;
		for (size_t i = 0; i < some; i++)
			to[done + i] = !r->packed ? r->value : r->bits == 0 ? 0 : bits_at(r, r->bit + i * r->bits);
		if (r->packed)
			r->bit += (uint64_t)some * r->bits;
		r->left -= some;
		done += some;
		if (some == 0 && r->left == 0 && r->next == r->end)
			return done;
	}
	return done;
}
