/* list.c - growth by doubling inside an arena. */
#include "palisade/list.h"

#include <stdlib.h>

#include "palisade/mem.h"

struct pal_list
pal_list_of(struct pal_arena *a, size_t size)
{
	return (struct pal_list){ .arena = a, .size = size };
}

void *
pal_list_add(struct pal_list *l)
{
	if (l->count == l->cap) {
		size_t cap = l->cap == 0 ? 8 : l->cap * 2;
		void  *items = pal_arena_array(l->arena, cap, l->size);

		if (items == NULL)
			return NULL;
		pal_mem_copy(items, cap * l->size, l->items, l->count * l->size);
		l->items = items;
		l->cap = cap;
	}
	return (unsigned char *)l->items + l->size * l->count++;
}

void *
pal_list_at(const struct pal_list *l, size_t i)
{
	PAL_ASSERT(i < l->count);
	return (unsigned char *)l->items + l->size * i;
}

void
pal_list_sort(struct pal_list *l, int (*cmp)(const void *a, const void *b))
{
	if (l->count > 1)
		qsort(l->items, l->count, l->size, cmp);
}
