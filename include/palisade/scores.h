/*
 * scores.h - how good predictions are, overall and by subgroup, with intervals.
 *
 * Feed (truth, prediction, group) for each record, then ask for metrics. Counts
 * are kept, not records, so memory is bounded by classes times groups.
 *
 *   accuracy             share of records with prediction = truth; Wilson score interval (Wilson 1927)
 *   precision recall f1  of the positive class when one is named, else the mean over the classes (macro);
 *                        intervals by a Poisson bootstrap of the counts, 1,000 rounds, seeded
 *
 * Intervals are at 95 %, two-sided.
 *
 *   units    shares from 0 to 1
 *   memory   the arena given to pal_scores_of()
 *   errors   PAL_ELIMIT (more than PAL_SCORES_CLASSES classes or PAL_SCORES_GROUPS groups), PAL_ENOTFOUND (no such
 *            metric, group or record)
 *   threads  one score keeper belongs to one thread
 */
#ifndef PALISADE_SCORES_H
#define PALISADE_SCORES_H

#include "palisade/list.h"
#include "palisade/map.h"

#define PAL_SCORES_CLASSES 1024
#define PAL_SCORES_GROUPS  256

struct pal_scores {
	struct pal_arena *arena;
	struct pal_map    classes; /* name -> index + 1 */
	struct pal_list   names;   /* const char *: classes */
	struct pal_list   groups;  /* const char *; the first is "" for everybody */
	struct pal_list   cells;   /* of struct pal_score_cell: counts by group, truth and prediction */
	struct pal_map    cell_index;
	enum pal_err      err;
};

struct pal_score_cell {
	uint16_t group, truth, predicted;
	uint64_t count;
};

struct pal_metric {
	const char *name, *group; /* group "": everybody */
	double      value, low, high;
	uint64_t    count; /* records */
};

struct pal_scores pal_scores_of(struct pal_arena *a);

/* An empty group counts for everybody only. `count` records at once. */
void pal_scores_add(struct pal_scores *s, struct pal_view truth, struct pal_view predicted, struct pal_view group,
		    uint64_t count);

/* Counts for the group alone ("" is everybody): puts back what pal_scores_add() had made. */
void pal_scores_put(struct pal_scores *s, struct pal_view truth, struct pal_view predicted, struct pal_view group,
		    uint64_t count);

PAL_NODISCARD enum pal_err pal_scores_err(const struct pal_scores *s);

extern const char *const pal_metric_names[]; /* NULL-terminated */

/* positive NULL: macro average. group "": everybody. */
PAL_NODISCARD enum pal_err pal_scores_metric(const struct pal_scores *s, const char *name, const char *group,
					     const char *positive, struct pal_metric *ret_metric);

#endif
