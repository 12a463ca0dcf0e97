/*
 * predicate.h - what our statements say inside: scans, sources and evaluations, as structs.
 *
 * Each kind has a writer that makes the predicate's JSON and a reader that takes
 * it from a statement of that type. Gate decisions (vsa.h), lineage steps, labels,
 * quarantines and approvals have headers of their own.
 *
 *   units    times are milliseconds since 1970; digests are 64 lower-case hex digits of SHA-256
 *   memory   what is read lives in the caller's arena; what is written goes to the caller's buffer
 *   errors   PAL_EFORM with the place
 *   threads  pure
 */
#ifndef PALISADE_PREDICATE_H
#define PALISADE_PREDICATE_H

#include "palisade/finding.h"
#include "palisade/scores.h"
#include "palisade/statement.h"

#define PAL_SCAN_INLINE 40 /* findings in the statement itself; all of them are in the blob */

struct pal_scan_summary {
	const char  *version; /* of palisade */
	const char  *rules;   /* pal_detect_version() */
	const char  *sandbox;
	uint64_t     started_ms, finished_ms;
	uint64_t     files, bytes, rows;
	uint64_t     files_incomplete; /* not all of them could be examined */
	uint64_t     by_severity[PAL_CRITICAL + 1];
	unsigned int classes;  /* PAL_CLASS_BIT()s (label.h) of data that was found */
	const char  *report;   /* digest of the blob with every finding; NULL: none */
	const char  *manifest; /* digest of the blob with every path, size and digest; NULL: none */
	/* The most severe ones, at most PAL_SCAN_INLINE are written. */
	const struct pal_finding *findings;
	size_t                    finding_count;
};

/* Where data came from (COL-04). */
struct pal_source {
	const char *origin; /* "internal" "partner" "web" */
	const char *who, *where, *licence, *purpose;
	uint64_t    when_ms;
};

struct pal_evaluation {
	const char              *evaluator;
	struct pal_resource      data;  /* what it was measured on */
	const char              *owner; /* of that data; NULL: not said */
	uint64_t                 time_ms;
	const struct pal_metric *metrics;
	size_t                   metric_count;
};

PAL_NODISCARD enum pal_err pal_scan_summary_write(const struct pal_scan_summary *s, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_scan_summary_of(const struct pal_statement *s, struct pal_arena *a,
					       struct pal_scan_summary *ret, struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_source_write(const struct pal_source *s, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_source_of(const struct pal_statement *s, struct pal_arena *a, struct pal_source *ret,
					 struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_evaluation_write(const struct pal_evaluation *e, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_evaluation_of(const struct pal_statement *s, struct pal_arena *a,
					     struct pal_evaluation *ret, struct pal_diag *d);

#endif
