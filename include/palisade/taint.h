/*
 * taint.h - quarantines, and everything downstream of them.
 *
 * Taint is worked out from the signed statements in the ledger each time: a
 * quarantine holds until a restore statement names it, and an artifact is
 * tainted while at least one quarantine that holds is on it or upstream of it.
 * So a restore takes back exactly what its quarantines caused, in any order.
 *
 *   units    digests are 64 lower-case hex digits; times are milliseconds since 1970
 *   memory   everything lives in the arena of the lineage
 *   errors   those of evidence.h; PAL_EUSAGE (restoring what is not quarantined, with the reason)
 *   threads  as the lineage
 */
#ifndef PALISADE_TAINT_H
#define PALISADE_TAINT_H

#include "palisade/lineage.h"

struct pal_quarantine {
	const char *id;            /* of its evidence */
	const char *digest, *name; /* of the artifact; name NULL: none */
	const char *by, *reason, *signer;
	uint64_t    time_ms;
	const char *lifted_by; /* id of the restore; NULL while it holds */
};

struct pal_taint {
	struct pal_lineage *lineage;
	struct pal_list     quarantines; /* of struct pal_quarantine, oldest first */
};

/* Why something is tainted: a quarantine that holds, and the way from it, both ends included. */
struct pal_taint_cause {
	const struct pal_quarantine *quarantine;
	const size_t                *path; /* nodes of the lineage */
	size_t                       path_count;
};

PAL_NODISCARD enum pal_err pal_taint_load(struct pal_workspace *ws, struct pal_lineage *l, struct pal_taint *ret_taint,
					  struct pal_diag *d);

struct pal_taint           pal_taint_of(struct pal_lineage *l); /* nothing is quarantined yet */
PAL_NODISCARD enum pal_err pal_taint_take(struct pal_taint *t, const struct pal_evidence *e, struct pal_diag *d);

bool pal_tainted(const struct pal_taint *t, const char *digest);

/* All causes, oldest quarantine first; `causes` is a list of struct pal_taint_cause. */
void pal_taint_why(const struct pal_taint *t, const char *digest, struct pal_list *causes);

/* One line: "feed (sha256:ab12...) is quarantined since ... by ...: REASON; path: feed -> split -> model". */
void pal_taint_add_text(const struct pal_taint *t, const struct pal_taint_cause *c, struct pal_buf *out);

/* What a quarantine statement says, and which quarantines (const char *, ids) a restore statement lifts. */
PAL_NODISCARD enum pal_err pal_quarantine_of(const struct pal_evidence *e, struct pal_arena *a,
					     struct pal_quarantine *ret, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_restore_of(const struct pal_evidence *e, struct pal_list *lifted, struct pal_diag *d);

/* Signs a quarantine of the artifact. `by` is who says so; key NULL: the workspace's. */
PAL_NODISCARD enum pal_err pal_quarantine(struct pal_workspace *ws, const struct pal_quarantine *q,
					  const struct pal_key *key, char ret_id[PAL_ID_TEXT], struct pal_diag *d);

/* Signs a restore that lifts every quarantine now on this very artifact; q->id, when not NULL, picks one. */
PAL_NODISCARD enum pal_err pal_restore(struct pal_workspace *ws, const struct pal_quarantine *q,
				       const struct pal_key *key, char ret_id[PAL_ID_TEXT], struct pal_diag *d);

#endif
