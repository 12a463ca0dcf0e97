/* overlap.c - a sorted array of line hashes, and a binary search for each line of the other file. */
#include "palisade/overlap.h"

#include <stdlib.h>
#include <sys/random.h>

#include "palisade/mem.h"
#include "palisade/reader.h"

#define LINE_MOST ((size_t)64 << 10) /* a longer line is hashed piece by piece */

struct hashes {
	uint64_t *items; /* owned */
	size_t    count, cap;
	uint64_t  most, seed;
};

static void
free_hashes(struct hashes *h)
{
	pal_mem_free(h->items);
}

/* The next line as a hash; a CR at its end does not count. False at the end. */
static bool
next_line(struct pal_reader *r, uint64_t seed, uint64_t *ret_hash)
{
	struct pal_view part = { 0 };
	uint64_t        h = seed;
	bool            whole = false;

	while (!whole) {
		if (!pal_read_line(r, LINE_MOST, &part, &whole))
			return false;
		if (whole && part.len > 0 && part.data[part.len - 1] == '\r')
			part.len--;
		h = pal_view_hash(h, part);
	}
	*ret_hash = pal_hash_mix(h);
	return true;
}

static enum pal_err
add(struct hashes *h, uint64_t hash)
{
	uint64_t *items = h->items;

	if (h->count >= h->most)
		return PAL_ELIMIT;
	if (h->count == h->cap) {
		size_t cap = h->cap == 0 ? 1024 : h->cap * 2;

		items = pal_mem_grow(h->items, h->cap * sizeof(*items), cap * sizeof(*items));
		if (items == NULL)
			return PAL_ENOMEM;
		h->items = items;
		h->cap = cap;
	}
	h->items[h->count++] = hash;
	return PAL_OK;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts, and keeps one of each. */
static uint64_t
keep_distinct(struct hashes *h)
{
	size_t kept = 0;

	if (h->count == 0)
		return 0;
	qsort(h->items, h->count, sizeof(*h->items), by_value);
	for (size_t i = 1; i < h->count; i++)
		if (h->items[i] != h->items[kept])
			h->items[++kept] = h->items[i];
	kept++;
	return h->count - kept;
}

enum pal_err
pal_overlap(struct pal_input *first, struct pal_input *second, uint64_t most, struct pal_overlap *ret_overlap)
{
	__attribute__((cleanup(free_hashes))) struct hashes h = { .most = most };
	struct pal_reader  a = pal_reader_at(first, 0, first->size), b = pal_reader_at(second, 0, second->size);
	struct pal_overlap o = { 0 };
	uint64_t           hash = 0, head_a = 0, head_b = 1;

	if (getrandom(&h.seed, sizeof(h.seed), 0) != (ssize_t)sizeof(h.seed))
		return PAL_ESYS;
	if (next_line(&b, h.seed, &head_b) && next_line(&a, h.seed, &head_a) && head_a != head_b)
		PAL_TRY(add(&h, head_a));
	while (next_line(&a, h.seed, &hash))
		PAL_TRY(add(&h, hash));
	PAL_TRY(pal_reader_err(&a));
	o.first = h.count;
	o.repeated = keep_distinct(&h);
	h.count -= (size_t)o.repeated;
	b = pal_reader_at(second, 0, second->size);
	if (head_a == head_b)
		(void)next_line(&b, h.seed, &hash);
	for (; next_line(&b, h.seed, &hash); o.second++)
		if (h.count > 0 && bsearch(&hash, h.items, h.count, sizeof(hash), by_value) != NULL)
			o.shared++;
	PAL_TRY(pal_reader_err(&b));
	*ret_overlap = o;
	return PAL_OK;
}
