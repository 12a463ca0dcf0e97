/* mem.c - calloc and realloc live here and in arena.c, and nowhere else; memcpy and memmove only here. */
#include "palisade/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "palisade/err.h"

void *
pal_mem_new(size_t n, size_t size)
{
	if (size != 0 && n > PTRDIFF_MAX / size)
		return NULL;
	return calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);
}

void *
pal_mem_grow(void *old, size_t old_size, size_t new_size)
{
	unsigned char *p = realloc(old, new_size == 0 ? 1 : new_size);

	if (p != NULL && new_size > old_size)
		memset(p + old_size, 0, new_size - old_size);
	return p;
}

void
pal_mem_free(void *p)
{
	free(p);
}

void
pal_mem_copy(void *dst, size_t room, const void *src, size_t n)
{
	PAL_ASSERT(n <= room);
	if (n != 0)
		memcpy(dst, src, n);
}

void
pal_mem_move(void *dst, size_t room, const void *src, size_t n)
{
	PAL_ASSERT(n <= room);
	if (n != 0)
		memmove(dst, src, n);
}
