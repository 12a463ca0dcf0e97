/*
 * exception.h - which exceptions to controls count today, and why the others do not.
 *
 * An exception is declared in palisade.yaml and approved by evidence signed by
 * people whose role may approve exceptions. The approval is about the digest of
 * the exception as declared, so that a later change of its reason or date is a
 * new exception. How approvals are found is handed in.
 *
 *   units    days are whole days of 24 hours, rounded down
 *   memory   states live in the caller's arena
 *   errors   those of the approval source, which stop the judging; PAL_ENOMEM, PAL_ELIMIT
 *   threads  as the approval source
 */
#ifndef PALISADE_EXCEPTION_H
#define PALISADE_EXCEPTION_H

#include "palisade/clock.h"
#include "palisade/policy.h"

struct pal_exception_approval {
	bool        approved;
	const char *by;   /* names of the people, with commas between; NULL: nobody */
	const char *text; /* why not, when not approved */
};

/* Looks up the signed approvals of an exception; roles are those that may approve it. */
struct pal_exception_source {
	enum pal_err (*find)(void *arg, const struct pal_exception_decl *e, const char *digest, struct pal_texts roles,
			     struct pal_arena *a, struct pal_exception_approval *ret_approval, struct pal_diag *d);
	void *arg;
};

struct pal_exception_state {
	const struct pal_exception_decl *decl;
	bool                             counts;
	const char                      *why; /* one sentence: why it counts, or why not */
	const char                      *approved_by;
	int                              days_left; /* negative: expired */
};

struct pal_exceptions {
	const struct pal_exception_state *items; /* in the order of the file */
	size_t                            count;
};

/* Canonical JSON of what is approved, and its SHA-256: the subject of the approval. */
void                       pal_exception_write(const struct pal_exception_decl *e, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_exception_digest(const struct pal_exception_decl *e, struct pal_digest *ret);

/* The purpose that an approval of it names: "exception:VAL-01". */
const char *pal_exception_purpose(const struct pal_exception_decl *e, struct pal_arena *a);

PAL_NODISCARD enum pal_err pal_exceptions_judge(const struct pal_policy *p, const struct pal_clock *clock,
						const struct pal_exception_source *source, struct pal_arena *a,
						struct pal_exceptions *ret, struct pal_diag *d);

/* The state that speaks for this control and artifact: one that counts if there is one, else the first; NULL: none. */
const struct pal_exception_state *pal_exception_for(const struct pal_exceptions *x, const char *control,
						    const char *artifact);

#endif
