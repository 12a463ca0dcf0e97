/*
 * clock.h - the time, handed in where a test must control it.
 *
 *   units    milliseconds since 1970-01-01T00:00:00Z; pal_clock_mono_us: microseconds from an arbitrary start
 *   memory   none
 *   errors   PAL_EFORM for text that is no RFC 3339 time in UTC
 *   threads  safe
 */
#ifndef PALISADE_CLOCK_H
#define PALISADE_CLOCK_H

#include "palisade/err.h"
#include "palisade/view.h"

struct pal_clock {
	uint64_t (*now_ms)(void *arg);
	void *arg;
};

#define PAL_TIME_TEXT 32 /* room for "2026-11-21T03:45:00Z" and years beyond */

extern const struct pal_clock pal_clock_system;

uint64_t pal_clock_now_ms(const struct pal_clock *c);
uint64_t pal_clock_mono_us(void);

void                       pal_time_format(uint64_t ms, char ret_text[PAL_TIME_TEXT]); /* RFC 3339, UTC, seconds */
PAL_NODISCARD enum pal_err pal_time_parse(struct pal_view text, uint64_t *ret_ms);     /* RFC 3339, or a bare date */

#endif
