/*
 * outline.h - a report put in order: stages with their rows, worst first; findings, worst first.
 *
 * Every writer tells the same story, so the order, the counts and the words for
 * a place are made here once. A row whose stage has no gate gets a stage of its
 * own at the end: nothing that was handed over is left out.
 *
 *   units    counts
 *   memory   lives in the caller's arena and points into the report
 *   errors   PAL_ELIMIT, PAL_ENOMEM of the arena
 *   threads  pure
 */
#ifndef PALISADE_REPORT_OUTLINE_H
#define PALISADE_REPORT_OUTLINE_H

#include "palisade/arena.h"
#include "palisade/json.h"
#include "palisade/report.h"

#define PAL_VERDICTS   5
#define PAL_SEVERITIES 5

struct pal_outline_stage {
	const char                   *name;
	const struct pal_report_gate *gate; /* NULL: the report has rows of a stage that it has no gate for */
	const struct pal_report_row **rows; /* fail, warn, waived, pass, not checked */
	size_t                        row_count;
	unsigned int                  verdicts[PAL_VERDICTS];
};

struct pal_outline {
	const struct pal_report          *report;
	struct pal_outline_stage         *stages;
	size_t                            stage_count;
	const struct pal_report_finding **findings; /* critical first, then as they came; accepted ones stand behind */
	size_t                            finding_count, accepted_count;
	unsigned int                      verdicts[PAL_VERDICTS];
	unsigned int                      severities[PAL_SEVERITIES];
	unsigned int                      gates_closed;
};

PAL_NODISCARD enum pal_err pal_outline_make(const struct pal_report *r, struct pal_arena *a, struct pal_outline *ret);

/* The decision: in one word ("closed"), and in one line ("2 of 7 gates are closed: collect, release"). */
const char *pal_outline_word(const struct pal_report *r);
void        pal_outline_decision(const struct pal_outline *o, struct pal_buf *to);

size_t pal_outline_over(const struct pal_outline *o); /* findings that weigh as much as the limit, or more */

/* "reviews: part-1.csv, field ssn, row 12, byte 345"; never empty. */
void pal_outline_place(const struct pal_report_finding *f, struct pal_buf *to);

/* How many files of a scan have this verdict. */
uint64_t pal_outline_count(const struct pal_report *r, enum pal_scan_verdict verdict);

/* A count as a number that readers can hold (64 bits with a sign, or a double). */
void pal_outline_put_count(struct pal_json_writer *w, const char *key, uint64_t n);

void pal_outline_size(uint64_t bytes, struct pal_buf *to);             /* "12.3 MB" */
void pal_outline_elapsed(uint64_t ms, struct pal_buf *to);             /* "1.8 s" */
void pal_outline_work(const struct pal_report *r, struct pal_buf *to); /* "41 files, 12.3 MB, in 1.8 s" */

const char *pal_outline_text(const char *text);                 /* "" for NULL */
const char *pal_outline_plural(uint64_t n, const char *ending); /* "" for 1 */

/* Verdicts and severities as indexes that no odd value in a report can push past their tables. */
unsigned int pal_outline_verdict(enum pal_verdict v);
unsigned int pal_outline_severity(enum pal_severity s);

#endif
