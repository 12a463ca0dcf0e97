/*
 * progress.h - one line on a terminal that says how far long work is; silence in a pipe.
 *
 *   units    bytes or items, as the caller counts
 *   memory   none
 *   errors   none
 *   threads  pal_progress_add is safe from any thread
 */
#ifndef PALISADE_PROGRESS_H
#define PALISADE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pal_progress {
	const char      *label; /* "hashing" */
	uint64_t         total; /* 0: unknown */
	bool             bytes; /* counts bytes, so show a rate */
	bool             shown; /* standard error is a terminal */
	uint64_t         started_us;
	_Atomic uint64_t done, next_us;
};

void pal_progress_start(struct pal_progress *p, const char *label, uint64_t total, bool bytes);
void pal_progress_add(struct pal_progress *p, uint64_t n); /* p may be NULL */
void pal_progress_end(struct pal_progress *p);             /* clears the line */

#endif
