/*
 * check.h - decides a pipeline: what is declared, hashed, examined, signed, and which gates stand open.
 *
 * pal_check_run() resolves every declared artifact, hashes what changed, examines
 * new content in workers, signs what it saw, and evaluates the controls of every
 * stage against evidence that is read back from the ledger. A control is a
 * function from (what is known of an artifact, evidence, policy) to an answer;
 * src/stages/controls.def lists them. One that has no function is not checked,
 * and never passes.
 *
 *   units    milliseconds since 1970; digests are 64 lower-case hex digits
 *   memory   everything lives in the caller's arena; pipeline and workspace are borrowed; pal_check_done() frees
 *            what is not memory
 *   errors   an artifact that cannot be read is a failed control; an error means that the check could not be done
 *   threads  one check belongs to one thread; several processes may check one workspace
 */
#ifndef PALISADE_CHECK_H
#define PALISADE_CHECK_H

#include "palisade/approval.h"
#include "palisade/gate.h"
#include "palisade/manifest.h"
#include "palisade/pipeline.h"
#include "palisade/predicate.h"
#include "palisade/vsa.h"
#include "palisade/scan.h"
#include "palisade/taint.h"

#define PAL_TYPE_OVERLAP "https://palisade.dev/overlap/v1"
#define PAL_TYPE_DESCENT "https://palisade.dev/descent/v1"
#define PAL_TYPE_RERUN   "https://palisade.dev/rerun/v1"
#define PAL_BUILD_TYPE   "https://palisade.dev/step/v1" /* of the provenance of our own runs */

struct pal_check_options {
	const struct pal_pipeline *pipeline;
	struct pal_workspace      *workspace;
	unsigned int               stages;   /* PAL_STAGE_BIT()s to decide */
	const char                *artifact; /* decide for this one alone; NULL: all */
	const char                *rules_dir;
	bool                       no_cache; /* hash and examine everything again */
	bool                       dry;      /* add nothing to the ledger: nobody's key is open */
	struct pal_progress       *progress; /* NULL: silent */
};

/* What is known of one declared artifact. */
struct pal_fact {
	const struct pal_artifact_decl *decl;
	const char                     *path;    /* as it can be opened; NULL: none is declared */
	const char                     *digest;  /* NULL: could not be resolved */
	const char                     *trouble; /* why not */
	struct pal_manifest             manifest;
	const struct pal_evidence      *scan_evidence; /* the newest of this digest; NULL: never examined */
	struct pal_scan_summary         scan;
	const struct pal_finding       *findings; /* all that the scan found */
	size_t                          finding_count;
	struct pal_label                declared, found, label; /* label: joined with everything upstream */
	const char                     *label_reason;           /* which finding demands `found` */
	const char *descent; /* of a model: why it could not be compared with a base; NULL: it could, or need not be */
	const char *taint;   /* the path from the cause; NULL: not tainted */
};

struct pal_check {
	struct pal_check_options o;
	struct pal_arena        *arena;
	uint64_t                 now_ms;
	struct pal_scanner      *scanner; /* owned */
	struct pal_fact         *facts;   /* one for each artifact of the pipeline, in its order */
	const struct pal_person *people;
	struct pal_lineage       lineage;
	struct pal_taint         taint;
	struct pal_list          results; /* of struct pal_control_result */
	struct pal_exceptions    exceptions;
	bool                    *wanted; /* for each fact: is it judged? */
	struct pal_list history; /* of struct pal_evidence: decisions and runs, oldest first, out of the ledger */
	struct pal_gate_decision judged;                     /* every stage up to the last one that is asked for */
	struct pal_gate_decision decision;                   /* the stages that are asked for */
	const char              *decisions[PAL_STAGE_COUNT]; /* evidence id of the last decision of the stage */
	bool                     rows_renewed;
	uint64_t                 files, bytes, examined; /* examined: files that a worker has read now */
	const char              *sandbox;                /* what confined them; NULL: none was read */
};

PAL_NODISCARD enum pal_err pal_check_run(const struct pal_check_options *o, struct pal_arena *a,
					 struct pal_check *ret_check, struct pal_diag *d);
void                       pal_check_done(struct pal_check *c);

/*
 * Was the artifact looked at in this stage, at or before the last one asked for, and is nothing there that closes the
 * gate to it? What was not checked is no pass.
 */
bool pal_check_passed(const struct pal_check *c, enum pal_stage stage, const char *artifact);

/* What closes the gate of the stage to the artifact, or to everything; NULL: nothing. */
const struct pal_report_row *pal_check_closed(const struct pal_check *c, enum pal_stage stage, const char *artifact);

/* The report of a check, in its arena. */
PAL_NODISCARD enum pal_err pal_check_report(const struct pal_check *c, struct pal_report *ret_report,
					    struct pal_diag *d);

/* Is there a function that decides this control? */
bool pal_check_decides(const char *control);

#endif
