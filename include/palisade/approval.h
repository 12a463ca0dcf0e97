/*
 * approval.h - people who said yes, with their own keys, and whether that is enough.
 *
 * An approval is evidence about one artifact for one purpose ("COL-05", or
 * "exception:REL-02"). Judging counts different people who are declared, hold a
 * role that may approve, signed with the key declared for them, and did not
 * submit the artifact; each approval that does not count says why.
 *
 *   units    times are milliseconds since 1970
 *   memory   verdicts live in the caller's arena
 *   errors   those of evidence.h; too few approvals is an answer, not an error
 *   threads  as the workspace
 */
#ifndef PALISADE_APPROVAL_H
#define PALISADE_APPROVAL_H

#include "palisade/evidence.h"

struct pal_person {
	const char        *name;
	const char *const *roles;
	size_t             role_count;
	const char        *key_id; /* NULL: none declared, cannot approve */
};

struct pal_approval {
	struct pal_resource subject;
	const char         *purpose; /* control or exception that it is for */
	const char         *by;      /* person's name */
	const char         *role;    /* in which role; NULL: any that the person holds */
	const char         *reason;
	uint64_t            time_ms, expires_ms; /* expires 0: never */
};

/* What policy asks. */
struct pal_approval_rule {
	const char              *subject; /* digest */
	const char              *purpose; /* NULL: approvals for any purpose */
	const char *const       *roles;   /* that may approve; none: anybody declared */
	size_t                   role_count;
	unsigned int             need;      /* different people */
	const char              *submitter; /* whose approval does not count; NULL: nobody */
	const struct pal_person *people;
	size_t                   person_count;
	uint64_t                 now_ms;
};

struct pal_approval_one {
	const char *evidence, *by, *role, *signer;
	uint64_t    time_ms, expires_ms;
	const char *reason;  /* the approver's */
	const char *why_not; /* NULL: it counts */
};

struct pal_approval_verdict {
	bool            enough;
	unsigned int    counted; /* different people */
	struct pal_list all;     /* of struct pal_approval_one, newest first */
	const char     *text;    /* one sentence: who approved, who is missing, what did not count and why */
};

PAL_NODISCARD enum pal_err pal_approval_write(const struct pal_approval *ap, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_approval_of(const struct pal_statement *s, struct pal_arena *a, struct pal_approval *ret,
					   struct pal_diag *d);

/* Signs with the person's own key and adds. */
PAL_NODISCARD enum pal_err pal_approval_add(struct pal_workspace *ws, const struct pal_approval *ap,
					    const struct pal_key *key, char ret_id[PAL_ID_TEXT], struct pal_diag *d);

/* Judges approvals that have been loaded: a list of struct pal_evidence. */
PAL_NODISCARD enum pal_err pal_approval_judge(const struct pal_approval_rule *rule, const struct pal_list *evidence,
					      struct pal_arena *a, struct pal_approval_verdict *ret,
					      struct pal_diag *d);

/* Loads the approvals of rule->subject out of the ledger, trusting the people's keys for approvals alone, and judges.
 */
PAL_NODISCARD enum pal_err pal_approval_check(struct pal_workspace *ws, const struct pal_approval_rule *rule,
					      struct pal_arena *a, struct pal_approval_verdict *ret,
					      struct pal_diag *d);

#endif
