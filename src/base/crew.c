/* crew.c - threads that wait for a loop; to audit: call(), which returns only when none of them touches it any more. */
#include "palisade/crew.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "palisade/mem.h"

#define STACK ((size_t)256 << 10)

struct loop {
	pal_item_fn  *run;
	void         *arg;
	size_t        items;
	bool          each; /* once a thread instead */
	atomic_size_t next;
	atomic_int    err;
};

struct seat {
	struct pal_crew *crew;
	unsigned int     thread;
	pthread_t        id;
};

struct pal_crew {
	pthread_mutex_t lock;
	pthread_cond_t  begin, end;
	struct loop    *loop;  /* NULL: go home */
	uint64_t        round; /* of begin */
	unsigned int    size, busy;
	struct seat     seats[PAL_CREW_MOST];
};

static void
keep(struct loop *l, enum pal_err e)
{
	int none = PAL_OK;

	if (e != PAL_OK)
		(void)atomic_compare_exchange_strong(&l->err, &none, (int)e);
}

static void
work(struct loop *l, unsigned int thread)
{
	if (l->each) {
		keep(l, l->run(l->arg, thread, thread));
		return;
	}
	while (atomic_load(&l->err) == PAL_OK) {
		size_t item = atomic_fetch_add(&l->next, 1);

		if (item >= l->items)
			break;
		keep(l, l->run(l->arg, item, thread));
	}
}

static void *
wait_for_work(void *p)
{
	struct seat     *s = p;
	struct pal_crew *c = s->crew;
	uint64_t         done = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (;;) {
		struct loop *l = NULL;

		while (c->round == done)
			(void)pthread_cond_wait(&c->begin, &c->lock);
		done = c->round;
		l = c->loop;
		if (l == NULL)
			break;
		(void)pthread_mutex_unlock(&c->lock);
		work(l, s->thread);
		(void)pthread_mutex_lock(&c->lock);
		if (--c->busy == 0)
			(void)pthread_cond_signal(&c->end);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* The loop lives on the caller's stack: every thread has let go of it when this returns. */
static void
call(struct pal_crew *c, struct loop *l)
{
	(void)pthread_mutex_lock(&c->lock);
	c->loop = l;
	c->busy = c->size - 1;
	c->round++;
	(void)pthread_cond_broadcast(&c->begin);
	(void)pthread_mutex_unlock(&c->lock);
	if (l == NULL)
		return;
	if (!l->each)
		work(l, 0);
	(void)pthread_mutex_lock(&c->lock);
	while (c->busy > 0)
		(void)pthread_cond_wait(&c->end, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
}

enum pal_err
pal_crew_start(unsigned int size, struct pal_crew **ret_crew)
{
	struct pal_crew *c = size < 2 ? NULL : pal_mem_new(1, sizeof(*c));
	pthread_attr_t   a;

	*ret_crew = NULL;
	if (c == NULL)
		return size < 2 ? PAL_OK : PAL_ENOMEM;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->begin, NULL);
	(void)pthread_cond_init(&c->end, NULL);
	(void)pthread_attr_init(&a);
	(void)pthread_attr_setstacksize(&a, STACK < (size_t)PTHREAD_STACK_MIN ? (size_t)PTHREAD_STACK_MIN : STACK);
	for (c->size = 1; c->size < size && c->size < PAL_CREW_MOST; c->size++) {
		struct seat *s = &c->seats[c->size];

		*s = (struct seat){ .crew = c, .thread = c->size };
		if (pthread_create(&s->id, &a, wait_for_work, s) != 0)
			break;
	}
	(void)pthread_attr_destroy(&a);
	if (c->size == 1)
		pal_mem_free(c);
	else
		*ret_crew = c;
	return PAL_OK;
}

void
pal_crew_stop(struct pal_crew **crew)
{
	struct pal_crew *c = *crew;

	if (c == NULL)
		return;
	call(c, NULL);
	for (unsigned int i = 1; i < c->size; i++)
		(void)pthread_join(c->seats[i].id, NULL);
	(void)pthread_cond_destroy(&c->begin);
	(void)pthread_cond_destroy(&c->end);
	(void)pthread_mutex_destroy(&c->lock);
	pal_mem_free(c);
	*crew = NULL;
}

unsigned int
pal_crew_size(const struct pal_crew *c)
{
	return c == NULL ? 1 : c->size;
}

enum pal_err
pal_crew_run(struct pal_crew *c, size_t items, pal_item_fn *run, void *arg)
{
	struct loop l = { .run = run, .arg = arg, .items = items };

	if (c == NULL || items < 2)
		work(&l, 0);
	else
		call(c, &l);
	return (enum pal_err)atomic_load(&l.err);
}

enum pal_err
pal_crew_each(struct pal_crew *c, pal_item_fn *run, void *arg)
{
	struct loop l = { .run = run, .arg = arg, .each = true };

	if (c != NULL)
		call(c, &l);
	return (enum pal_err)atomic_load(&l.err);
}
