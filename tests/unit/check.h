/* check.h - counting assertions for plain test programs; each closes with check_done(). */
#ifndef PALISADE_TEST_CHECK_H
#define PALISADE_TEST_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

static inline int
check_at(int ok, const char *what, const char *file, int line)
{
	if (ok) {
		check_passed++;
	} else {
		check_failed++;
		printf("%s:%d: FAILED: %s\n", file, line, what);
	}
	return ok;
}

#define CHECK(cond)          check_at((cond) ? 1 : 0, #cond, __FILE__, __LINE__)
#define CHECK_SAY(cond, say) check_at((cond) ? 1 : 0, (say), __FILE__, __LINE__)

/* The last line of every test program, and its exit code. */
static inline int
check_done(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed != 0;
}

#endif
