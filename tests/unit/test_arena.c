/* test_arena.c - limit, stickiness, alignment, zeroing, and sizes that would wrap. */
#include <stdint.h>
#include <stdio.h>

#include "palisade/arena.h"

static int passed, failed;

static void
check(int ok, const char *what)
{
	if (ok) {
		passed++;
		return;
	}
	failed++;
	printf("FAILED: %s\n", what);
}

int
main(void)
{
	struct pal_arena a;
	unsigned char   *p = NULL;

	pal_arena_init(&a, (size_t)64 * 1024);
	for (size_t n = 1; n < 200; n++) {
		p = pal_arena_array(&a, n, 1);
		check(p != NULL && (uintptr_t)p % 16 == 0 && p[0] == 0 && p[n - 1] == 0, "small piece");
		if (p != NULL)
			p[n - 1] = 0xee;
	}
	check(pal_arena_array(&a, 40000, 1) != NULL, "a piece larger than a block");
	check(pal_arena_array(&a, 60000, 1) == NULL && pal_arena_err(&a) == PAL_ELIMIT, "limit");
	check(pal_arena_array(&a, 1, 1) == NULL, "overflow is sticky");
	pal_arena_done(&a);
	check(pal_arena_array(&a, 1, 1) == NULL, "nothing after done");

	pal_arena_init(&a, SIZE_MAX);
	check(pal_arena_array(&a, SIZE_MAX / 2, 3) == NULL && pal_arena_err(&a) == PAL_ELIMIT,
	      "product that would wrap");
	pal_arena_done(&a);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
