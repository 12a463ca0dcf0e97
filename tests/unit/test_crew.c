/* test_crew.c - every item once, by any crew, loop after loop; the first error ends a loop and not the crew. */
#include <stdatomic.h>

#include "check.h"
#include "palisade/crew.h"

#define ITEMS 3000

static atomic_int seen[ITEMS], total, threads[PAL_CREW_MOST];

static enum pal_err
count(void *arg, size_t item, unsigned int thread)
{
	(void)arg;
	atomic_fetch_add(&seen[item], 1);
	atomic_fetch_add(&threads[thread], 1);
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

static enum pal_err
be_there(void *arg, size_t item, unsigned int thread)
{
	(void)arg;
	atomic_fetch_add(&threads[thread], 1);
	return item == thread ? PAL_OK : PAL_EFORM;
}

static void
test_size(unsigned int size)
{
	struct pal_crew *c = NULL;

	CHECK(pal_crew_start(size, &c) == PAL_OK && pal_crew_size(c) == (size < 2 ? 1 : size));
	for (size_t items = 0; items <= ITEMS; items += items < 4 ? 1 : 749) {
		int right = 1;

		for (size_t i = 0; i < ITEMS; i++)
			atomic_store(&seen[i], 0);
		CHECK(pal_crew_run(c, items, count, NULL) == PAL_OK);
		for (size_t i = 0; i < ITEMS; i++)
			right = right && atomic_load(&seen[i]) == (i < items);
		CHECK_SAY(right, "each item once, and none beyond");
	}
	atomic_store(&total, 0);
	CHECK(pal_crew_run(c, ITEMS, fail_at_ten, NULL) == PAL_EFORM);
	CHECK(atomic_load(&total) >= 11 && (size > 1 || atomic_load(&total) == 11));
	for (unsigned int i = 0; i < PAL_CREW_MOST; i++)
		atomic_store(&threads[i], 0);
	CHECK(pal_crew_each(c, be_there, NULL) == PAL_OK);
	for (unsigned int i = 0; i < PAL_CREW_MOST; i++)
		CHECK(atomic_load(&threads[i]) == (i > 0 && i < size));
	pal_crew_stop(&c);
	CHECK(c == NULL);
	pal_crew_stop(&c);
}

int
main(void)
{
	for (unsigned int size = 0; size < 6; size++)
		test_size(size);
	CHECK(pal_crew_run(NULL, ITEMS, fail_at_ten, NULL) == PAL_EFORM &&
	      pal_crew_each(NULL, be_there, NULL) == PAL_OK);
	return check_done();
}
