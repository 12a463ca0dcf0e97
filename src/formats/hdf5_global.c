/* hdf5_global.c - global heaps (III.E), where strings of variable length are: those with a name, then all others. */
#include "hdf5.h"

#define HEAPS_MOST 2000000u
#define NAMED_MOST 50000u

/* Walks the objects of a heap. */
struct walk {
	uint64_t end;  /* of the heap */
	uint64_t next; /* header of the next object */
	uint64_t at, len;
	uint32_t index;
};

/* False: there is no heap at this address. */
static enum pal_err
start(struct pal_hdf5 *h, uint64_t at, struct walk *ret_walk, bool *ret_is)
{
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };
	uint64_t          len = 0;

	*ret_is = false;
	if (at > h->size || h->size - at < 16)
		return PAL_OK;
	PAL_TRY(pal_input_view(h->in, h->base + at, 16, 16, &v));
	r = pal_reader_of(v);
	pal_read_skip(&r, 8);
	len = pal_hdf5_number(&r, h->lengths);
	if (!pal_view_starts(v, "GCOL\1") || len < 16 || len > h->size - at)
		return PAL_OK;
	*ret_walk = (struct walk){ .end = at + len, .next = at + 8 + h->lengths };
	*ret_is = true;
	return PAL_OK;
}

/* The next object; index 0 is what is free, and the end. */
static enum pal_err
step(struct pal_hdf5 *h, struct walk *w, bool *ret_some)
{
	uint64_t          head = 8 + (uint64_t)h->lengths;
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };

	*ret_some = false;
	if (w->end - w->next < head)
		return PAL_OK;
	PAL_TRY(pal_input_view(h->in, h->base + w->next, (size_t)head, (size_t)head, &v));
	r = pal_reader_of(v);
	w->index = pal_read_u16le(&r);
	pal_read_skip(&r, 6);
	w->len = pal_hdf5_number(&r, h->lengths);
	w->at = w->next + head;
	if (w->index == 0)
		return PAL_OK;
	if (w->len > w->end - w->at)
		return pal_hdf5_broken(h, w->next, "an object longer than its global heap");
	w->next = w->at + w->len + (8 - w->len % 8) % 8;
	w->next = w->next < w->end ? w->next : w->end;
	*ret_some = true;
	return PAL_OK;
}

static struct pal_view
key_of(uint8_t key[12], uint64_t heap, uint32_t index)
{
	for (unsigned int i = 0; i < 8; i++)
		key[i] = (uint8_t)(heap >> (8 * i));
	for (unsigned int i = 0; i < 4; i++)
		key[8 + i] = (uint8_t)(index >> (8 * i));
	return (struct pal_view){ key, 12 };
}

/* Finds an object that will be given with its name; heaps that are searched too often cost fuel. */
enum pal_err
pal_hdf5_heap_object(struct pal_hdf5 *h, uint64_t heap, uint32_t index, uint64_t *ret_at, uint64_t *ret_len)
{
	struct walk w = { .end = 0 };
	bool        some = false;
	uint8_t     key[12];
	void      **slot = NULL;

	*ret_at = PAL_HDF5_NOWHERE;
	PAL_TRY(start(h, heap, &w, &some));
	if (!some)
		return pal_hdf5_broken(h, heap, "a string whose global heap is not there");
	PAL_TRY(pal_hdf5_heap_note(h, heap));
	do {
		PAL_TRY(step(h, &w, &some));
		h->fuel -= h->fuel < 16 ? h->fuel : 16;
	} while (some && w.index != index && h->fuel > 0);
	if (!some || w.index != index)
		return h->fuel == 0 ? PAL_OK : pal_hdf5_broken(h, heap, "a string that its global heap does not have");
	if (h->named.count >= NAMED_MOST)
		return PAL_OK; /* it is given with the others of its heap */
	slot = pal_map_put(&h->named, key_of(key, heap, index));
	if (slot == NULL)
		return pal_arena_err(&h->arena);
	if (*slot != NULL)
		return PAL_OK;
	*slot = h;
	*ret_at = w.at;
	*ret_len = w.len;
	return PAL_OK;
}

enum pal_err
pal_hdf5_heap_note(struct pal_hdf5 *h, uint64_t heap)
{
	uint64_t *last = h->heaps.count == 0 ? NULL : pal_list_at(&h->heaps, h->heaps.count - 1);

	if (last != NULL && *last == heap)
		return PAL_OK;
	if (h->heaps.count >= HEAPS_MOST)
		return PAL_OK; /* what no list holds is found again as bytes that belong to nothing */
	last = pal_list_add(&h->heaps);
	if (last == NULL)
		return pal_arena_err(&h->arena);
	*last = heap;
	return PAL_OK;
}

/* All of a heap but what was given with a name; *ret_len is its length, 0 when there is none of at most `most` bytes.
 */
enum pal_err
pal_hdf5_heap_give(struct pal_hdf5 *h, uint64_t heap, uint64_t most, uint64_t *ret_len)
{
	struct walk w = { .end = 0 };
	bool        some = false;
	uint8_t     key[12];

	*ret_len = 0;
	PAL_TRY(start(h, heap, &w, &some));
	if (!some || w.end - heap > most)
		return PAL_OK;
	if (w.end - heap > h->fuel)
		return pal_sink_unread(h->sink, &pal_anomaly_format_limit, h->base + heap, w.end - heap,
				       "global heaps that together are longer than the file");
	h->fuel -= w.end - heap;
	*ret_len = w.end - heap;
	for (;;) {
		PAL_TRY(step(h, &w, &some));
		if (!some)
			break;
		if (pal_map_get(&h->named, key_of(key, heap, w.index)) == NULL)
			PAL_TRY(pal_hdf5_value(h, (struct pal_view){ 0 }, h->in, h->base + w.at, w.len));
	}
	return pal_hdf5_flush(h);
}

static int
by_address(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

enum pal_err
pal_hdf5_heaps(struct pal_hdf5 *h)
{
	uint64_t last = PAL_HDF5_NOWHERE, len = 0;

	pal_list_sort(&h->heaps, by_address);
	for (size_t i = 0; i < h->heaps.count; i++) {
		uint64_t at = *(const uint64_t *)pal_list_at(&h->heaps, i);

		if (at == last)
			continue;
		last = at;
		PAL_TRY(pal_hdf5_heap_give(h, at, h->size, &len));
		if (len > 0)
			PAL_TRY(pal_hdf5_claim(h, at, len, "a global heap"));
		else if (h->fuel > 0)
			PAL_TRY(pal_hdf5_broken(h, at, "a dataset of strings whose global heap is not there"));
	}
	return PAL_OK;
}
