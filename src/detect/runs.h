/*
 * runs.h - finds runs of digits and capitals, with or without separators, and hands them to the rules they fit.
 *
 * Groups and separators are a tree: 536-90-4399 is the path 3 - 2 - 4, and only
 * paths that some rule names are followed, so that a table of numbers costs one
 * look at each.
 *
 *   units    bytes
 *   memory   the tree lives in the rules' arena
 *   errors   PAL_ECONFIG for groups that cannot be; PAL_ENOMEM, PAL_ELIMIT of the arena
 *   threads  immutable after building
 */
#ifndef PALISADE_DETECT_RUNS_H
#define PALISADE_DETECT_RUNS_H

#include "rulefile.h"

struct pal_runs {
	struct pal_list nodes, shapes, ends; /* structs of runs.c */
};

struct pal_run_hit {
	const struct pal_rule_def *def;
	size_t                     start, end;
	struct pal_view            compact;         /* without its separators, in capitals */
	bool                       grouped, folded; /* folded: small letters stood for capitals */
};

typedef void pal_run_fn(void *arg, const struct pal_run_hit *hit);

PAL_NODISCARD enum pal_err pal_runs_build(struct pal_runs *r, const struct pal_list *defs, struct pal_arena *a,
					  struct pal_diag *d);
void                       pal_runs_scan(const struct pal_runs *r, struct pal_view text, pal_run_fn *fn, void *arg);

#endif
