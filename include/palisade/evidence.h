/*
 * evidence.h - signed statements, into the ledger and back, verified every time.
 *
 * Adding signs the statement as a DSSE envelope, appends it to the ledger,
 * flushes, then indexes it. Loading reads the envelope out of the ledger, checks
 * that the entry is under the signed checkpoint, that its digest is the id, and
 * that a trusted key signed it; rows of the store only say where to look.
 * Whatever would close a gate (quarantines) must be read with
 * pal_evidence_each(), which goes through the ledger and asks no row.
 *
 *   units    an id is the SHA-256 of the envelope's bytes, 64 lower-case hex digits
 *   memory   what is loaded lives in the caller's arena
 *   errors   PAL_ENOTFOUND, PAL_EVERIFY (signature, digest or inclusion), PAL_EKEY (no key to sign with, or not
 *            trusted), PAL_ELIMIT (longer than an entry), PAL_ELOCKED, PAL_ESYS
 *   threads  as the workspace; several processes may add at once, none is lost
 */
#ifndef PALISADE_EVIDENCE_H
#define PALISADE_EVIDENCE_H

#include "palisade/statement.h"
#include "palisade/workspace.h"

struct pal_evidence {
	const char          *id;
	struct pal_statement statement;
	const char          *signer; /* id of the key that signed; "" only in what pal_evidence_claims() loads */
	uint64_t             index;  /* in the ledger */
};

/* Signs with `key` (NULL: the workspace's) and adds. */
PAL_NODISCARD enum pal_err pal_evidence_add(struct pal_workspace *ws, const struct pal_statement *s,
					    const struct pal_key *key, char ret_id[PAL_ID_TEXT], struct pal_diag *d);

/* Many at once with one flush: all of them are added or none. ret_ids holds count ids. */
PAL_NODISCARD enum pal_err pal_evidence_add_many(struct pal_workspace *ws, const struct pal_statement *s, size_t count,
						 const struct pal_key *key, char (*ret_ids)[PAL_ID_TEXT],
						 struct pal_diag      *d);

/* An envelope that somebody else has signed already (an approval from another machine). The signer must be trusted. */
PAL_NODISCARD enum pal_err pal_evidence_add_envelope(struct pal_workspace *ws, struct pal_view envelope,
						     char ret_id[PAL_ID_TEXT], struct pal_diag *d);

/* id may be its first digits, if no other begins like it. */
PAL_NODISCARD enum pal_err pal_evidence_load(struct pal_workspace *ws, const char *id, struct pal_arena *a,
					     struct pal_evidence *ret_evidence, struct pal_diag *d);

/*
 * Evidence about a subject (digest; NULL: any) of a predicate type (NULL: any), newest first, verified. A row that
 * disagrees with the ledger makes the index be made again, once; `evidence` is a list of struct pal_evidence.
 */
PAL_NODISCARD enum pal_err pal_evidence_find(struct pal_workspace *ws, const char *subject, const char *type,
					     struct pal_list *evidence, struct pal_diag *d);

/* Every trusted piece of evidence whose type is among `types` (NULL-terminated), oldest first, out of the ledger. */
PAL_NODISCARD enum pal_err pal_evidence_each(struct pal_workspace *ws, const char *const *types,
					     struct pal_list *evidence, struct pal_diag *d);

/*
 * The same as pal_evidence_find(), but whoever signed it, even nobody known: for judging approvals, where the judge
 * knows whose signature is needed and says which ones are wrong.
 */
PAL_NODISCARD enum pal_err pal_evidence_claims(struct pal_workspace *ws, const char *subject, const char *type,
					       struct pal_list *evidence, struct pal_diag *d);

struct pal_reindex {
	uint64_t entries;        /* in the ledger */
	uint64_t missing;        /* rows that were not there */
	uint64_t wrong;          /* rows that said something else than the ledger */
	uint64_t unsigned_count; /* entries that no key in keys/ has signed: they count for nothing */
};

/* Makes every row about evidence again from the ledger. ret may be NULL. */
PAL_NODISCARD enum pal_err pal_evidence_reindex(struct pal_workspace *ws, struct pal_reindex *ret, struct pal_diag *d);

/* Indexes what other processes have added since; a cheap question when there is nothing. */
PAL_NODISCARD enum pal_err pal_evidence_sync(struct pal_workspace *ws, struct pal_diag *d);

#endif
