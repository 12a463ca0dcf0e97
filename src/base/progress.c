/* progress.c - at most ten lines a second, drawn by whichever thread comes first. */
#include "palisade/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "palisade/clock.h"

#define TICK_US 100000u

void
pal_progress_start(struct pal_progress *p, const char *label, uint64_t total, bool bytes)
{
	p->label = label;
	p->total = total;
	p->bytes = bytes;
	p->shown = isatty(STDERR_FILENO) == 1;
	p->started_us = pal_clock_mono_us();
	atomic_store(&p->done, 0);
	atomic_store(&p->next_us, p->started_us + TICK_US);
}

static void
draw(const struct pal_progress *p, uint64_t done, uint64_t now)
{
	double seconds = (double)(now - p->started_us) / 1e6;
	double percent = p->total == 0 ? 0 : 100.0 * (double)done / (double)p->total;

	if (p->bytes)
		(void)fprintf(stderr, "\r\033[K%s  %.0f %%  %.1f of %.1f MB  %.0f MB/s", p->label, percent,
			      (double)done / 1e6, (double)p->total / 1e6,
			      seconds > 0 ? (double)done / 1e6 / seconds : 0.0);
	else
		(void)fprintf(stderr, "\r\033[K%s  %llu of %llu", p->label, (unsigned long long)done,
			      (unsigned long long)p->total);
	(void)fflush(stderr);
}

void
pal_progress_add(struct pal_progress *p, uint64_t n)
{
	uint64_t done = 0, now = 0, due = 0;

	if (p == NULL)
		return;
	done = atomic_fetch_add(&p->done, n) + n;
	if (!p->shown)
		return;
	now = pal_clock_mono_us();
	due = atomic_load(&p->next_us);
	if (now >= due && atomic_compare_exchange_strong(&p->next_us, &due, now + TICK_US))
		draw(p, done, now);
}

void
pal_progress_end(struct pal_progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
}
