/*
 * stage.h - inside the stages: what a control function gets and gives, and the pieces that they share.
 *
 *   units    as check.h
 *   memory   texts live in the arena of the check
 *   errors   a control function cannot fail: what it cannot find out is its answer
 *   threads  one
 */
#ifndef PALISADE_STAGE_H
#define PALISADE_STAGE_H

#include "palisade/check.h"

struct pal_answer {
	enum pal_verdict verdict;
	const char      *reason;
	const char      *evidence; /* id; NULL: none */
};

/* f is NULL for a control of the stage as a whole. */
typedef struct pal_answer pal_control_fn(struct pal_check *c, const struct pal_fact *f);

struct pal_answer pal_pass(struct pal_check *c, const char *evidence, const char *fmt, ...) PAL_PRINTF(3, 4);
struct pal_answer pal_refuse(struct pal_check *c, const char *evidence, const char *fmt, ...) PAL_PRINTF(3, 4);
struct pal_answer pal_unknown(struct pal_check *c, const char *fmt, ...) PAL_PRINTF(2, 3);

/* facts.c: digests of everything declared; then labels, lineage and taint. */
PAL_NODISCARD enum pal_err pal_facts_resolve(struct pal_check *c, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_facts_relate(struct pal_check *c, struct pal_diag *d);
const struct pal_fact     *pal_fact_of(const struct pal_check *c, size_t artifact); /* NULL for PAL_NONE */
const struct pal_fact     *pal_fact_named(const struct pal_check *c, const char *name);
struct pal_digest_cache    pal_facts_cache(struct pal_check *c);

/* Digest of a file of the pipeline (code, a signature); NULL when it cannot be read. */
const char *pal_facts_file_digest(struct pal_check *c, const char *path);

/* inspect.c: scans of what has none yet under these rules. */
PAL_NODISCARD enum pal_err pal_inspect(struct pal_check *c, struct pal_diag *d);

/* Does the manifest in the scan's signed statement name exactly the files that are there, with their sizes and digests?
 */
bool pal_inspect_covers(struct pal_check *c, const struct pal_fact *f);

/* measure.c: overlaps and evaluations that are not on record yet. */
PAL_NODISCARD enum pal_err pal_measure(struct pal_check *c, struct pal_diag *d);

struct pal_overlap_record {
	const struct pal_evidence *evidence;
	uint64_t                   first, second, shared;
};

/* The newest record about these two digests, in this order; false: none. */
bool pal_measure_overlap(struct pal_check *c, const char *first, const char *second, struct pal_overlap_record *ret);

/* The newest evaluation of the declared validation, for exactly these bytes; NULL: none. */
const struct pal_evidence *pal_measure_evaluation(struct pal_check *c, const struct pal_validation_decl *v,
						  struct pal_evaluation *ret);

/* descent.c: comparisons of models with their bases that are not on record yet. */
PAL_NODISCARD enum pal_err pal_descent_measure(struct pal_check *c, struct pal_diag *d);

struct pal_descent {
	const struct pal_evidence *evidence;
	enum pal_severity          worst; /* of the findings */
	const char                *rule, *text, *summary;
};

/* The newest comparison of these bytes with a base of this digest under the rules of today; false: none. */
bool pal_descent_of(struct pal_check *c, const struct pal_fact *model, const char *base_digest,
		    struct pal_descent *ret);

/* The digest of what a base's path names now; NULL: it has none, or it cannot be read. */
const char *pal_descent_digest(struct pal_check *c, const struct pal_base_decl *b);

/* validate.c: why the predictions are not known to be this model's on this data; NULL: they are. */
const char *pal_validation_untied(struct pal_check *c, const struct pal_validation_decl *v);

/* decide.c: one VSA for each artifact and stage, when the last one says something else. */
PAL_NODISCARD enum pal_err pal_decide(struct pal_check *c, struct pal_diag *d);

/* The last VSA on this artifact, these bytes, at this gate before a moment and a place in the ledger. */
struct pal_moment {
	uint64_t index, time_ms;
};
#define PAL_LAST ((struct pal_moment){ UINT64_MAX, UINT64_MAX })

/* If it says passed; NULL: it does not, or there is none. */
const struct pal_evidence *pal_decided(struct pal_check *c, enum pal_stage stage, const struct pal_fact *f,
				       struct pal_moment before);
const char                *pal_stage_versioned(const struct pal_check *c, const struct pal_artifact_decl *decl);
const char                *pal_decision_uri(const struct pal_check *c, enum pal_stage stage, const char *artifact);

/* Evidence about a subject, newest first; none when it cannot be read. List of struct pal_evidence. */
struct pal_list pal_stage_evidence(struct pal_check *c, const char *subject, const char *type);

/* Is it of this type, with this digest among its subjects? */
bool pal_stage_is_about(const struct pal_evidence *e, const char *type, const char *digest);

/* The newest provenance that has `digest` among its subjects and was made by this step; NULL: none. */
const struct pal_evidence *pal_stage_provenance(struct pal_check *c, const struct pal_step_decl *step,
						const char *digest, struct pal_provenance *ret);

/* {"command":[...],"parameters":{...}}: what provenance records of a step. */
const char *pal_step_parameters(const struct pal_step_decl *s, struct pal_arena *a);

#endif
