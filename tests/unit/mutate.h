/* mutate.h - every 1-bit flip, every byte set to 00/7f/80/ff, every truncation, of a good sample. */
#ifndef PALISADE_TEST_MUTATE_H
#define PALISADE_TEST_MUTATE_H

#include <stdlib.h>
#include <string.h>

#include "palisade/view.h"

typedef void pal_mutate_fn(struct pal_view damaged, void *arg);

/* Each copy is malloc()ed at its exact size, so that a sanitizer sees one byte too many. */
static inline void
pal_mutate_one(struct pal_view good, size_t len, size_t at, uint8_t and_mask, uint8_t xor_mask, pal_mutate_fn *fn,
	       void *arg)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	if (copy == NULL)
		abort();
	memcpy(copy, good.data, len);
	if (at < len)
		copy[at] = (uint8_t)((copy[at] & and_mask) ^ xor_mask);
	fn((struct pal_view){ copy, len }, arg);
	free(copy);
}

static inline void
pal_mutate_all(struct pal_view good, pal_mutate_fn *fn, void *arg)
{
	static const uint8_t edge[] = { 0x00, 0x7f, 0x80, 0xff };

	for (size_t len = 0; len < good.len; len++)
		pal_mutate_one(good, len, len, 0xff, 0, fn, arg);
	for (size_t at = 0; at < good.len; at++) {
		for (unsigned int bit = 0; bit < 8; bit++)
			pal_mutate_one(good, good.len, at, 0xff, (uint8_t)(1u << bit), fn, arg);
		for (size_t e = 0; e < sizeof(edge); e++)
			pal_mutate_one(good, good.len, at, 0, edge[e], fn, arg);
	}
}

#endif
