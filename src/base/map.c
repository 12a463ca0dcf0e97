/* map.c - FNV-1a with a random start, finished by a mixer; linear probing at most three quarters full. */
#include "palisade/map.h"

#include <stdatomic.h>
#include <sys/random.h>

static uint64_t
hash_of(uint64_t seed, struct pal_view key)
{
	return pal_hash_mix(pal_view_hash(seed ^ PAL_HASH_START, key));
}

/* One secret number a process: asking the kernel for each map costs more than a small map does. */
static uint64_t
seed_of_process(const void *unlike)
{
	static _Atomic uint64_t kept;
	uint64_t                seed = atomic_load_explicit(&kept, memory_order_relaxed);

	if (seed != 0)
		return seed;
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed) || seed == 0)
		seed = (uint64_t)(uintptr_t)unlike;
	atomic_store_explicit(&kept, seed, memory_order_relaxed);
	return seed;
}

struct pal_map
pal_map_of(struct pal_arena *a)
{
	return (struct pal_map){ .arena = a, .seed = seed_of_process(a) };
}

static struct pal_map_slot *
slot_of(struct pal_map_slot *slots, size_t cap, uint64_t hash, struct pal_view key)
{
	size_t i = (size_t)hash & (cap - 1);

	while (slots[i].used && (slots[i].hash != hash || !pal_view_eq(slots[i].key, key)))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool
grow(struct pal_map *m)
{
	size_t               cap = m->cap == 0 ? 16 : m->cap * 2;
	struct pal_map_slot *slots = pal_arena_array(m->arena, cap, sizeof(*slots));

	if (slots == NULL)
		return false;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].used)
			*slot_of(slots, cap, m->slots[i].hash, m->slots[i].key) = m->slots[i];
	m->slots = slots;
	m->cap = cap;
	return true;
}

void **
pal_map_put(struct pal_map *m, struct pal_view key)
{
	uint64_t             hash = hash_of(m->seed, key);
	struct pal_map_slot *s = NULL;

	if (m->count >= m->cap / 4 * 3 && !grow(m))
		return NULL;
	s = slot_of(m->slots, m->cap, hash, key);
	if (!s->used) {
		struct pal_view copy = pal_arena_copy(m->arena, key);

		if (copy.len != key.len)
			return NULL;
		*s = (struct pal_map_slot){ .key = copy, .hash = hash, .used = true };
		m->count++;
	}
	return &s->value;
}

void *
pal_map_get(const struct pal_map *m, struct pal_view key)
{
	return m->cap == 0 ? NULL : slot_of(m->slots, m->cap, hash_of(m->seed, key), key)->value;
}
