/* arena.c - the one place in the library that takes memory from the system; the product n * size is the line to audit.
 */
#include "palisade/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "palisade/mem.h"

#define FIRST ((size_t)4 * 1024) /* many arenas hold little */
#define BLOCK ((size_t)16 * 1024)
#define ALIGN alignof(max_align_t)

struct pal_arena_block {
	struct pal_arena_block *prev; /* owned */
	size_t                  used, size;
	alignas(max_align_t) unsigned char data[];
};

void
pal_arena_init(struct pal_arena *a, size_t limit)
{
	*a = (struct pal_arena){ .limit = limit };
}

void
pal_arena_done(struct pal_arena *a)
{
	struct pal_arena_block *b = a->last;

	while (b != NULL) {
		struct pal_arena_block *prev = b->prev;

		free(b);
		b = prev;
	}
	*a = (struct pal_arena){ .err = PAL_ELIMIT };
}

static void *
refuse(struct pal_arena *a, enum pal_err err)
{
	if (a->err == PAL_OK)
		a->err = err;
	return NULL;
}

static struct pal_arena_block *
block_with_room(struct pal_arena *a, size_t need)
{
	struct pal_arena_block *b = a->last;
	size_t                  least = b == NULL ? FIRST : BLOCK, size = need > least ? need : least;

#ifdef PAL_ARENA_MALLOC
	size = need; /* each piece its own block, so that a sanitizer sees one byte too many */
	b = NULL;
#endif
	if (b != NULL && b->size - b->used >= need)
		return b;
	b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->prev = a->last;
	b->size = size;
	a->last = b;
	return b;
}

void *
pal_arena_array(struct pal_arena *a, size_t n, size_t size)
{
	struct pal_arena_block *b = NULL;
	size_t                  need = 0;
	void                   *piece = NULL;

	if (a->err != PAL_OK || n == 0 || size == 0)
		return NULL;
	if (n > (a->limit - a->used) / size)
		return refuse(a, PAL_ELIMIT);
	need = (n * size + ALIGN - 1) / ALIGN * ALIGN;
	if (need > a->limit - a->used)
		return refuse(a, PAL_ELIMIT);
	b = block_with_room(a, need);
	if (b == NULL)
		return refuse(a, PAL_ENOMEM);
	piece = b->data + b->used;
	b->used += need;
	a->used += need;
	return piece;
}

char *
pal_arena_text(struct pal_arena *a, struct pal_view v)
{
	char *text = v.len == SIZE_MAX ? NULL : pal_arena_array(a, v.len + 1, 1);

	if (text != NULL)
		pal_mem_copy(text, v.len, v.data, v.len);
	return text;
}

struct pal_view
pal_arena_copy(struct pal_arena *a, struct pal_view v)
{
	uint8_t *data = pal_arena_array(a, v.len, 1);

	if (data == NULL)
		return (struct pal_view){ 0 };
	pal_mem_copy(data, v.len, v.data, v.len);
	return (struct pal_view){ data, v.len };
}

char *
pal_arena_printf(struct pal_arena *a, const char *fmt, ...)
{
	va_list ap;
	int     n = 0;
	char   *text = NULL;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return refuse(a, PAL_ELIMIT);
	text = pal_arena_array(a, (size_t)n + 1, 1);
	if (text == NULL)
		return NULL;
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

enum pal_err
pal_arena_err(const struct pal_arena *a)
{
	return a->err;
}
