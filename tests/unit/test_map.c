/* test_map.c - a map and a list against naive models, and their behaviour when the arena is full. */
#include <stdlib.h>

#include "check.h"
#include "palisade/list.h"
#include "palisade/map.h"

#define KEYS 3000

int
main(void)
{
	static int       model[KEYS];
	struct pal_arena a;
	struct pal_map   m;
	struct pal_list  l;
	size_t           distinct = 0;
	int              good = 1;

	srandom(3);
	pal_arena_init(&a, (size_t)4 << 20);
	m = pal_map_of(&a);
	l = pal_list_of(&a, sizeof(int));
	CHECK(pal_map_get(&m, pal_view_of("x")) == NULL);
	for (int i = 0; i < 20000 && good; i++) {
		size_t k = (size_t)random() % KEYS;
		char   key[16];
		void **place = NULL;
		int   *item = pal_list_add(&l);

		(void)snprintf(key, sizeof(key), "key %zu", k);
		place = pal_map_put(&m, pal_view_of(key));
		good = place != NULL && item != NULL && (*place == NULL) == (model[k] == 0);
		distinct += model[k] == 0;
		model[k] = 1;
		if (good) {
			*place = &model[k];
			*item = i;
		}
	}
	CHECK(good && m.count == distinct && l.count == 20000);
	for (int i = 0; i < 20000 && good; i++)
		good = *(int *)pal_list_at(&l, (size_t)i) == i;
	for (size_t k = 0; k < KEYS && good; k++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "key %zu", k);
		good = (pal_map_get(&m, pal_view_of(key)) == &model[k]) == (model[k] == 1);
	}
	CHECK_SAY(good, "list and map hold what was put");
	CHECK(pal_map_put(&m, pal_view_of("")) != NULL); /* the empty key is a key */
	pal_arena_done(&a);

	pal_arena_init(&a, 4096);
	m = pal_map_of(&a);
	for (int i = 0; i < 1000; i++)
		if (pal_map_put(&m, (struct pal_view){ (const uint8_t *)&i, sizeof(i) }) == NULL)
			break;
	CHECK(pal_arena_err(&a) == PAL_ELIMIT);
	pal_arena_done(&a);
	return check_done();
}
