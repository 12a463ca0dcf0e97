/* threads.c - an atomic counter hands out items; the caller's thread works too. */
#include "palisade/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define THREADS_MAX 64

struct loop {
	pal_item_fn  *run;
	void         *arg;
	size_t        items;
	atomic_size_t next;
	atomic_int    err;
};

struct seat {
	struct loop *loop;
	unsigned int thread;
	pthread_t    id;
};

unsigned int
pal_thread_count(void)
{
	cpu_set_t set;
	int       n = 1;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned int)n;
}

static void *
work(void *p)
{
	struct seat *s = p;
	struct loop *l = s->loop;

	while (atomic_load(&l->err) == PAL_OK) {
		size_t item = atomic_fetch_add(&l->next, 1);
		int    none = PAL_OK, err = PAL_OK;

		if (item >= l->items)
			break;
		err = (int)l->run(l->arg, item, s->thread);
		if (err != PAL_OK)
			(void)atomic_compare_exchange_strong(&l->err, &none, err);
	}
	return NULL;
}

enum pal_err
pal_parallel(unsigned int threads, size_t items, pal_item_fn *run, void *arg)
{
	struct loop  l = { .run = run, .arg = arg, .items = items };
	struct seat  seats[THREADS_MAX];
	unsigned int started = 1;

	if (threads == 0 || threads > THREADS_MAX)
		threads = pal_thread_count();
	if (threads > items)
		threads = items == 0 ? 1 : (unsigned int)items;
	for (unsigned int i = 0; i < threads; i++)
		seats[i] = (struct seat){ .loop = &l, .thread = i };
	while (started < threads && pthread_create(&seats[started].id, NULL, work, &seats[started]) == 0)
		started++;
	(void)work(&seats[0]);
	for (unsigned int i = 1; i < started; i++)
		(void)pthread_join(seats[i].id, NULL);
	return (enum pal_err)atomic_load(&l.err);
}
