/*
 * list.h - a growing array of equal items in an arena.
 *
 * pal_list_add() returns a zeroed new item, or NULL once the arena has
 * overflowed: builders ask pal_arena_err() once, at their end. Growing moves the
 * items, so keep indexes, not pointers, while adding.
 *
 *   units    items; size is bytes an item
 *   memory   items live in the arena; outgrown arrays stay in it until it is done (at most as much again)
 *   errors   those of the arena
 *   threads  one list belongs to one thread
 */
#ifndef PALISADE_LIST_H
#define PALISADE_LIST_H

#include "palisade/arena.h"

struct pal_list {
	struct pal_arena *arena;
	void             *items;
	size_t            count, cap, size;
};

struct pal_list pal_list_of(struct pal_arena *a, size_t size);
void           *pal_list_add(struct pal_list *l);
void           *pal_list_at(const struct pal_list *l, size_t i); /* asserts i < count */
void            pal_list_sort(struct pal_list *l, int (*cmp)(const void *a, const void *b));

#endif
