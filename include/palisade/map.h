/*
 * map.h - byte strings to pointers, in an arena.
 *
 * Open addressing with a seeded hash, so that hostile keys cannot be chosen to
 * collide. Keys are copied into the arena.
 *
 *   units    items
 *   memory   everything lives in the arena
 *   errors   pal_map_put returns NULL once the arena has overflowed
 *   threads  one map belongs to one thread; concurrent pal_map_get is safe
 */
#ifndef PALISADE_MAP_H
#define PALISADE_MAP_H

#include "palisade/arena.h"

struct pal_map_slot {
	struct pal_view key;
	uint64_t        hash;
	void           *value;
	bool            used;
};

struct pal_map {
	struct pal_arena    *arena;
	struct pal_map_slot *slots;
	size_t               count, cap;
	uint64_t             seed;
};

struct pal_map pal_map_of(struct pal_arena *a);

/* The place of the key's value; a new key's place holds NULL. */
void **pal_map_put(struct pal_map *m, struct pal_view key);
void  *pal_map_get(const struct pal_map *m, struct pal_view key); /* NULL when absent */

#endif
