/*
 * threads.h - one loop over many items on all cores.
 *
 *   units    items; thread numbers from 0
 *   memory   none kept
 *   errors   the first error of any item; the rest of the items are then not started
 *   threads  `run` is called from several threads at once, never twice for one item
 */
#ifndef PALISADE_THREADS_H
#define PALISADE_THREADS_H

#include "palisade/err.h"
#include "palisade/view.h"

typedef enum pal_err pal_item_fn(void *arg, size_t item, unsigned int thread);

unsigned int pal_thread_count(void); /* cores that this process may use, at least 1, at most 64 */

/* threads 0: pal_thread_count(). Items are handed out in order. */
PAL_NODISCARD enum pal_err pal_parallel(unsigned int threads, size_t items, pal_item_fn *run, void *arg);

#endif
