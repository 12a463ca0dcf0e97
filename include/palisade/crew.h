/*
 * crew.h - threads that are started once, before a process gives up its power, and then share out loops.
 *
 * A confined worker cannot start threads (confine.h), so pal_parallel() is not for
 * it: it starts a crew first, and hands it to who has much to do. Without a crew
 * (NULL) everything runs in the caller's thread, with the same result.
 *
 *   units    items; thread numbers from 0, the caller's
 *   memory   256 KB of stack a thread; pal_crew_stop() ends the threads and frees the rest
 *   errors   the first error of any item; the rest of the items are then not started
 *   threads  a crew belongs to the thread that started it
 */
#ifndef PALISADE_CREW_H
#define PALISADE_CREW_H

#include "palisade/threads.h"

#define PAL_CREW_MOST 64u

struct pal_crew;

/* `size` counts the caller's thread too; where the system gives fewer, the crew is smaller, and NULL when it would have
 * no other thread. */
PAL_NODISCARD enum pal_err pal_crew_start(unsigned int size, struct pal_crew **ret_crew);
void                       pal_crew_stop(struct pal_crew **crew);

unsigned int pal_crew_size(const struct pal_crew *c); /* 1 without a crew */

/* Calls run() for each item, in no order; never twice for one. */
PAL_NODISCARD enum pal_err pal_crew_run(struct pal_crew *c, size_t items, pal_item_fn *run, void *arg);

/* Calls run() once in each of the crew's own threads, not in the caller's; the item is the thread's number. */
PAL_NODISCARD enum pal_err pal_crew_each(struct pal_crew *c, pal_item_fn *run, void *arg);

#endif
