/*
 * statement.h - in-toto Statement v1: what a piece of evidence says, and about which artifacts.
 *
 * A statement has subjects, a predicate type and a predicate, a JSON object that
 * the type defines. Parsing is strict where two readers could understand two
 * things (duplicate keys, a second type, digests that are none) and, as the
 * specification asks, ignores fields that it does not know. Parts that could be
 * large (manifests, lists of findings) are blobs, referred to by digest.
 * Specification: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 *
 *   units    digests are 64 lower-case hex digits of SHA-256; times are milliseconds since 1970
 *   memory   parsed statements live in the caller's arena; built ones borrow what they point to
 *   errors   PAL_EFORM with the place, PAL_ELIMIT (longer than a ledger entry can carry)
 *   threads  pure
 */
#ifndef PALISADE_STATEMENT_H
#define PALISADE_STATEMENT_H

#include "palisade/json.h"
#include "palisade/list.h"
#include "palisade/store.h"

#define PAL_STATEMENT_V1     "https://in-toto.io/Statement/v1"
#define PAL_STATEMENT_MIME   "application/vnd.in-toto+json" /* the payload type of its envelope */
#define PAL_STATEMENT_MOST   48000                          /* bytes; its envelope must fit an entry of 65,535 */
#define PAL_STATEMENT_THINGS 256                            /* subjects, or resources in one list */

#define PAL_TYPE_SCAN       "https://palisade.dev/scan/v1"
#define PAL_TYPE_SOURCE     "https://palisade.dev/source/v1"
#define PAL_TYPE_APPROVAL   "https://palisade.dev/approval/v1"
#define PAL_TYPE_STEP       "https://palisade.dev/lineage-step/v1"
#define PAL_TYPE_LABEL      "https://palisade.dev/label/v1"
#define PAL_TYPE_QUARANTINE "https://palisade.dev/quarantine/v1"
#define PAL_TYPE_RESTORE    "https://palisade.dev/restore/v1"
#define PAL_TYPE_EVALUATION "https://palisade.dev/evaluation/v1"
#define PAL_TYPE_PROVENANCE "https://slsa.dev/provenance/v1"
#define PAL_TYPE_VSA        "https://slsa.dev/verification_summary/v1"
#define PAL_TYPE_OMS        "https://model_signing/signature/v1.0"

/* in-toto ResourceDescriptor: digest or uri must be there, in a subject the digest. */
struct pal_resource {
	const char *name, *uri, *media_type; /* NULL: absent */
	const char *digest;                  /* NULL: none that we know */
	bool        by_name; /* the digest is of a name, because nobody knows the content (OpenLineage datasets) */
};

struct pal_statement {
	const char                *type; /* predicateType */
	const struct pal_resource *subjects;
	size_t                     subject_count;
	const char                *predicate; /* a JSON object, as text */
	uint64_t time_ms; /* when it was signed, as the signer says (our field "signedOn"); 0: not said */
};

PAL_NODISCARD enum pal_err pal_statement_write(const struct pal_statement *s, struct pal_buf *out, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_statement_parse(struct pal_view text, struct pal_arena *a, struct pal_statement *ret_s,
					       struct pal_diag *d);

/* The parsed predicate of a statement that must be of this type. */
PAL_NODISCARD enum pal_err pal_statement_predicate(const struct pal_statement *s, const char *type, json_t **ret_doc,
						   struct pal_diag *d);

void pal_resource_write(struct pal_json_writer *w, const char *key, const struct pal_resource *r);

/* The descriptor in a JSON object; `what` names it in errors. */
PAL_NODISCARD enum pal_err pal_resource_of(const json_t *object, const char *what, struct pal_arena *a,
					   struct pal_resource *ret_r, struct pal_diag *d);

/* All of an array of descriptors; an absent one is empty. */
PAL_NODISCARD enum pal_err pal_resources_of(const json_t *object, const char *key, struct pal_list *resources,
					    struct pal_diag *d);

#endif
