/* test_threads.c - every item once, on any number of threads; the first error ends the loop. */
#include <stdatomic.h>

#include "check.h"
#include "palisade/progress.h"
#include "palisade/threads.h"

#define ITEMS 5000

static atomic_int seen[ITEMS], total;

static enum pal_err
count(void *arg, size_t item, unsigned int thread)
{
	struct pal_progress *p = arg;

	(void)thread;
	atomic_fetch_add(&seen[item], 1);
	atomic_fetch_add(&total, 1);
	pal_progress_add(p, 1);
	return PAL_OK;
}

static enum pal_err
fail_at_ten(void *arg, size_t item, unsigned int thread)
{
	(void)arg;
	(void)thread;
	atomic_fetch_add(&total, 1);
	return item == 10 ? PAL_EFORM : PAL_OK;
}

int
main(void)
{
	for (unsigned int threads = 0; threads < 9; threads++) {
		struct pal_progress p;
		int                 once = 1;

		pal_progress_start(&p, "counting", ITEMS, false);
		for (size_t i = 0; i < ITEMS; i++)
			atomic_store(&seen[i], 0);
		CHECK(pal_parallel(threads, ITEMS, count, &p) == PAL_OK);
		for (size_t i = 0; i < ITEMS; i++)
			once = once && atomic_load(&seen[i]) == 1;
		CHECK_SAY(once, "each item once");
		CHECK(atomic_load(&p.done) == ITEMS);
		pal_progress_end(&p);
	}
	atomic_store(&total, 0);
	CHECK(pal_parallel(1, ITEMS, fail_at_ten, NULL) == PAL_EFORM && atomic_load(&total) == 11);
	CHECK(pal_parallel(4, 0, fail_at_ten, NULL) == PAL_OK && pal_thread_count() >= 1);
	return check_done();
}
