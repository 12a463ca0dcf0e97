/* weights_judge.c - what the statistics of one tensor amount to; every threshold that makes a finding stands here or in
 * weights_block.c. */
#include <math.h>

#include "weights.h"

#define MUCH          0.5  /* of the blocks, or of the effect: high instead of medium */
#define TAIL_LEAST    64u  /* numbers with a tail */
#define TAIL_SHARE    0.05 /* of numbers without one, for the tensor to have been narrower before */
#define TAIL_DENSE    0.95 /* of the numbers from the first with a tail to the last */
#define NOISE_LEAST   1024u
#define NOISE_SHARE   0.2
#define NANS_OF_NOISE 0.01
#define DENORMAL      0.1
#define ZERO_LEAST    1000000u

static const char *
bits_name(unsigned int k)
{
	static const char *const names[PAL_PACKED] = { "lowest bit", "two lowest bits", "four lowest bits",
						       "lowest byte" };

	return names[k];
}

static enum pal_severity
weight_of(const struct pal_weight_test *t)
{
	return (double)t->hits >= MUCH * (double)t->tested || t->effect >= MUCH ? PAL_HIGH : PAL_MEDIUM;
}

/*
 * The strongest of the tests on neighbours speaks for all: they look at the same bits. That some bytes are rarer than
 * others is no proof by itself: multiplying by a constant (0.02, an initialisation's spread) skips some of them, in
 * every number by itself, so that neighbours still say nothing of each other.
 */
static bool
judge_low(struct pal_weights *w, struct pal_findings *out)
{
	const struct pal_weight_run  *t = &w->run;
	const struct pal_weight_test *best = NULL;
	const char                   *bits = "";

	for (unsigned int k = 0; k < PAL_PACKED; k++) {
		if (t->packed[k].hits == 0 || (best != NULL && t->packed[k].effect <= best->effect))
			continue;
		best = &t->packed[k];
		bits = bits_name(k);
	}
	if (best == NULL)
		return false;
	pal_weights_found(w, out, w->lowbits, weight_of(best), best->first,
			  "the %s of neighbouring numbers depend on each other in %llu of %llu tests (effect %.2f, "
			  "probability 1e%.0f)%s: something is written there",
			  bits, (unsigned long long)best->hits, (unsigned long long)best->tested, best->effect,
			  fmax(best->log_p, -300), t->uneven ? ", and some bytes are rarer than others" : "");
	return true;
}

static bool
judge_gap(struct pal_weights *w, struct pal_findings *out)
{
	const struct pal_weight_test *g = &w->run.gap;

	if (g->hits == 0)
		return false;
	pal_weights_found(
	    w, out, w->tail, PAL_HIGH, g->first,
	    "in %llu of %llu blocks the numbers use their last bits and none of the bits above them: they "
	    "were narrower before, and something was written behind them",
	    (unsigned long long)g->hits, (unsigned long long)g->tested);
	return true;
}

/* Numbers of a narrower format, and a dense run of others among them that keeps to no row: what fills rows may be new
 * rows, what does not was written by somebody who counts bytes. */
static void
judge_tail(struct pal_weights *w, struct pal_findings *out)
{
	const struct pal_weight_run *t = &w->run;
	uint64_t                     numbers = t->count - t->patterns.zeros, row = t->in_first, span = 0;
	bool                         rows = false;

	if (t->width == 2 || t->patterns.tailed < TAIL_LEAST || t->tail_first == UINT64_MAX ||
	    (double)(numbers - t->patterns.tailed) < TAIL_SHARE * (double)numbers || !t->tails)
		return;
	span = t->tail_last + 1 - t->tail_first;
	rows = row < 2 || (t->tail_first % row == 0 && (t->tail_last + 1) % row == 0);
	if ((double)t->patterns.tailed < TAIL_DENSE * (double)span || span == t->count)
		return;
	pal_weights_found(w, out, w->tail, rows ? PAL_LOW : PAL_MEDIUM, t->tail_first * t->width,
			  "%llu of %llu numbers were narrower before (their tails are empty), %llu in a row were not%s",
			  (unsigned long long)(numbers - t->patterns.tailed), (unsigned long long)numbers,
			  (unsigned long long)span, rows ? "" : ", and they begin or end inside a row");
}

static void
judge_top(struct pal_weights *w, struct pal_findings *out)
{
	const struct pal_weight_test *t = &w->run.top;

	if (t->hits == 0)
		return;
	pal_weights_found(
	    w, out, w->top, 2 * t->hits >= t->tested || t->hits >= 4 ? PAL_HIGH : PAL_MEDIUM, t->first,
	    "the leading bits behind the sign are evenly spread in %llu of %llu groups, as in random bytes and "
	    "never in weights: whole bytes of the numbers were overwritten",
	    (unsigned long long)t->hits, (unsigned long long)t->tested);
}

static bool
judge_noise(struct pal_weights *w, struct pal_findings *out)
{
	const struct pal_weight_run *t = &w->run;
	double                       n = (double)t->count, share = NOISE_SHARE;
	bool                         noise = false;

	if (t->count < NOISE_LEAST)
		return false;
	noise = t->exponent == 5 ? (double)t->patterns.huge > share * n && (double)t->patterns.nans > NANS_OF_NOISE * n
				 : (double)t->patterns.huge > share * n && (double)t->patterns.tiny > share * n;
	if (!noise || t->distinct < 0.4)
		return false;
	pal_weights_found(
	    w, out, w->noise, w->noise->severity, 0,
	    "%llu numbers of every magnitude, %llu of them infinite or none: these bytes are compressed or "
	    "encrypted data, not weights",
	    (unsigned long long)t->count, (unsigned long long)(t->patterns.nans + t->patterns.infinities));
	return true;
}

static void
judge_values(struct pal_weights *w, struct pal_findings *out)
{
	const struct pal_weight_run *t = &w->run;
	const struct pal_patterns   *p = &t->patterns;

	if (t->nan_kinds >= 16)
		pal_weights_found(w, out, w->nan_data, w->nan_data->severity, 0,
				  "%llu NaNs of %s different patterns; computing makes one or two",
				  (unsigned long long)p->nans, t->nan_kinds == 32 ? "32 or more" : "16 or more");
	else if (p->nans > 0)
		pal_weights_found(w, out, w->nan, w->nan->severity, 0, "%llu of %llu numbers are NaN",
				  (unsigned long long)p->nans, (unsigned long long)t->count);
	if (p->infinities > 0 && p->infinities < t->count / 4)
		pal_weights_found(w, out, w->infinite, w->infinite->severity, 0, "%llu of %llu numbers are infinite",
				  (unsigned long long)p->infinities, (unsigned long long)t->count);
	if (t->exponent == 8 && t->count >= NOISE_LEAST && (double)p->denormals > DENORMAL * (double)t->count)
		pal_weights_found(
		    w, out, w->denormal, w->denormal->severity, 0,
		    "%llu of %llu numbers are denormal: integers stored as floats, or a way to slow a model "
		    "down",
		    (unsigned long long)p->denormals, (unsigned long long)t->count);
	if (p->zeros == t->count && t->count >= ZERO_LEAST)
		pal_weights_found(w, out, w->zero, w->zero->severity, 0, "all %llu numbers are 0",
				  (unsigned long long)t->count);
}

void
pal_weights_judge(struct pal_weights *w, struct pal_findings *out)
{
	struct pal_weight_run *t = &w->run;

	if (t->exponent == 0 || judge_noise(w, out))
		return;
	judge_values(w, out);
	judge_top(w, out);
	if (!judge_gap(w, out) && !judge_low(w, out))
		judge_tail(w, out);
}
