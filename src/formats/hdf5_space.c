/* hdf5_space.c - every byte of an HDF5 file belongs to something or is given as raw bytes; to audit: block(), claim().
 */
#include "hdf5.h"
#include "palisade/mem.h"

#define BLOCK_MOST ((uint64_t)4 << 20)
#define SWEEP_STEP ((size_t)1 << 19)

uint64_t
pal_hdf5_number(struct pal_reader *r, unsigned int width)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < width; i++)
		v |= (uint64_t)pal_read_u8(r) << (8 * (i & 7));
	return v;
}

/* All bits set is the undefined address, whatever the width. */
uint64_t
pal_hdf5_address(const struct pal_hdf5 *h, struct pal_reader *r)
{
	uint64_t v = pal_hdf5_number(r, h->offsets);

	return h->offsets < 8 && v == ((uint64_t)1 << (8 * h->offsets)) - 1 ? PAL_HDF5_NOWHERE : v;
}

bool
pal_hdf5_first(struct pal_hdf5 *h, uint64_t at)
{
	uint8_t key[8];
	void  **slot = NULL;
	bool    first = false;

	for (unsigned int i = 0; i < 8; i++)
		key[i] = (uint8_t)(at >> (8 * i));
	slot = pal_map_put(&h->seen, (struct pal_view){ key, sizeof(key) });
	if (slot == NULL)
		return false;
	first = *slot == NULL;
	*slot = h;
	return first;
}

enum pal_err
pal_hdf5_broken(struct pal_hdf5 *h, uint64_t at, const char *what)
{
	uint64_t place = at < h->size ? h->base + at : h->base;

	return pal_sink_unread(h->sink, &pal_anomaly_hdf5_broken, place, 0,
			       "at %llu: %s; what hangs below it was searched as raw bytes only",
			       (unsigned long long)place, what);
}

/* Two stretches side by side are one, so that a file of a million chunks is a short list. */
enum pal_err
pal_hdf5_claim(struct pal_hdf5 *h, uint64_t at, uint64_t len, const char *what)
{
	struct pal_hdf5_extent *last = h->extents.count == 0 ? NULL : pal_list_at(&h->extents, h->extents.count - 1);

	if (at > h->size || len > h->size - at)
		return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, h->base,
					"%s: %llu bytes at %llu, in a file of %llu", what, (unsigned long long)len,
					(unsigned long long)at, (unsigned long long)h->size);
	if (len == 0)
		return PAL_OK;
	if (last != NULL && last->end == at) {
		last->end = at + len;
		return PAL_OK;
	}
	last = pal_list_add(&h->extents);
	if (last == NULL)
		return pal_arena_err(&h->arena);
	*last = (struct pal_hdf5_extent){ at, at + len };
	return PAL_OK;
}

enum pal_err
pal_hdf5_block(struct pal_hdf5 *h, uint64_t at, uint64_t len, const char *what, struct pal_hdf5_bytes *ret_bytes)
{
	struct pal_view v = { 0 };
	uint8_t        *copy = NULL;

	*ret_bytes = (struct pal_hdf5_bytes){ .at = h->base };
	if (at > h->size || len > h->size - at)
		return pal_hdf5_claim(h, at, len, what);
	if (len > BLOCK_MOST || len > h->fuel)
		return pal_sink_unread(h->sink, &pal_anomaly_format_limit, h->base + at, len,
				       "%s: %llu bytes at %llu are more than the %llu that are read of such structures",
				       what, (unsigned long long)len, (unsigned long long)at,
				       (unsigned long long)(len > BLOCK_MOST ? BLOCK_MOST : h->fuel));
	h->fuel -= len;
	if (len == 0)
		return PAL_OK;
	copy = pal_arena_array(&h->scratch, (size_t)len, 1);
	if (copy == NULL)
		return pal_arena_err(&h->scratch);
	for (size_t n = 0; n < len; n += v.len) {
		PAL_TRY(pal_input_view(h->in, h->base + at + n, 1, (size_t)len - n, &v));
		pal_mem_copy(copy + n, (size_t)len - n, v.data, v.len);
	}
	*ret_bytes = (struct pal_hdf5_bytes){ { copy, (size_t)len }, h->base + at };
	return PAL_OK;
}

static int
by_begin(const void *a, const void *b)
{
	const struct pal_hdf5_extent *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* The next global heap in [at, end), which only a dataset that was not unpacked refers to; `end` when there is none. */
static enum pal_err
find_heap(struct pal_hdf5 *h, uint64_t at, uint64_t end, uint64_t *ret_at)
{
	struct pal_view mark = { (const uint8_t *)"GCOL\1\0\0\0", 8 }, v = { 0 };

	while (end - at >= 16) {
		uint64_t left = end - at;
		size_t   found = 0;

		PAL_TRY(pal_input_view(h->in, h->base + at, 16, left < SWEEP_STEP ? (size_t)left : SWEEP_STEP, &v));
		found = pal_view_find(v, mark, 0);
		if (found != SIZE_MAX) {
			*ret_at = at + found;
			return PAL_OK;
		}
		at += v.len - 15;
	}
	*ret_at = end;
	return PAL_OK;
}

static enum pal_err
sweep(struct pal_hdf5 *h, uint64_t at, uint64_t end)
{
	uint64_t heap = at, len = 0;

	while (at < end) {
		PAL_TRY(find_heap(h, heap, end, &heap));
		if (heap < end) {
			PAL_TRY(pal_hdf5_heap_give(h, heap, end - heap, &len));
			if (len == 0) {
				heap++; /* only looks like one; nothing of it was given */
				continue;
			}
		}
		PAL_TRY(pal_give_bytes(h->sink, h->in, h->base + at, heap - at));
		at = heap + (heap < end ? len : 0);
		heap = at;
	}
	return PAL_OK;
}

enum pal_err
pal_hdf5_rest(struct pal_hdf5 *h)
{
	uint64_t at = 0, overlaps = 0, first = 0;
	size_t   count = h->extents.count; /* sweeping adds to the list */

	pal_list_sort(&h->extents, by_begin);
	for (size_t i = 0; i < count; i++) {
		struct pal_hdf5_extent e = *(const struct pal_hdf5_extent *)pal_list_at(&h->extents, i);

		if (e.begin < at && overlaps++ == 0)
			first = e.begin;
		if (e.begin > at)
			PAL_TRY(sweep(h, at, e.begin));
		at = e.end > at ? e.end : at;
	}
	if (at < h->size)
		PAL_TRY(sweep(h, at, h->size));
	if (overlaps == 0)
		return PAL_OK;
	return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_overlap, h->base + first,
				"%llu structures or stretches of data begin inside others, the first at %llu",
				(unsigned long long)overlaps, (unsigned long long)(h->base + first));
}
