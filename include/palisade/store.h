/*
 * store.h - the workspace's index: a table of functions that SQLite fills today and PostgreSQL must fill later.
 *
 * Nothing in a store is believed: evidence is read back from the ledger and its
 * signature checked (evidence.h), and every row about it can be made again from
 * the ledger. The caches save work, never decisions. Call through the table:
 * s->ops->file_get(s, ...). Changes made between begin and commit are kept
 * together or not at all; outside them each change is its own transaction.
 *
 *   units    times are milliseconds since 1970; digests are 64 lower-case hex digits of SHA-256; sizes are bytes
 *   memory   a store is a heap object; rows that are read live in the caller's arena
 *   errors   PAL_ENOTFOUND (no such row), PAL_ELOCKED (busy longer than the wait), PAL_ESYS (disk full, unwritable),
 *            PAL_EFORM (damaged), PAL_EUNSUPPORTED (made by a newer palisade), PAL_EDENIED and PAL_ELIMIT (query)
 *   threads  one store belongs to one thread; several processes may open the same one
 */
#ifndef PALISADE_STORE_H
#define PALISADE_STORE_H

#include "palisade/file.h"
#include "palisade/list.h"

#define PAL_ID_TEXT 65 /* a SHA-256 as text: 64 hex digits and a NUL */

struct pal_store_artifact {
	const char *name, *version; /* version "" when there is none */
	const char *kind;           /* "dataset" "model" ... */
	const char *digest;
	uint64_t    first_seen_ms;
};

struct pal_store_evidence {
	const char        *id; /* digest of the envelope */
	const char        *type;
	const char *const *subjects; /* digests */
	size_t             subject_count;
	const char        *signer; /* key id */
	uint64_t           index;  /* in the ledger */
	uint64_t           time_ms;
};

struct pal_store_edge {
	const char *from, *to; /* digests; data flows from `from` to `to` */
	const char *step;      /* the step's name */
	const char *evidence;
};

struct pal_store_quarantine {
	const char *evidence; /* id of the quarantine statement */
	const char *digest, *by, *reason;
	uint64_t    time_ms;
	const char *lifted_by; /* id of the restore statement; "" while it holds */
};

struct pal_store_label {
	const char *digest, *sensitivity, *classes; /* classes with blanks between */
	const char *evidence;
};

struct pal_store_finding {
	const char *digest; /* of the artifact */
	const char *rule, *severity, *confidence, *data_class, *path, *field;
	uint64_t    count;
	const char *evidence;
};

/* Which artifacts: a NULL field means any; digest may be the first digits only. */
struct pal_store_which {
	const char *name, *version, *digest;
};

struct pal_store_limits {
	unsigned int time_ms; /* 0: 2000 */
	size_t       rows;    /* 0: 1000 */
};

/* What one SELECT answered. A NULL cell was SQL NULL. */
struct pal_store_rows {
	size_t             column_count, row_count;
	const char *const *columns;
	const char *const *cells; /* row after row */
	bool               more;  /* there were more rows than the limit */
};

struct pal_store;

struct pal_store_ops {
	void (*close)(struct pal_store *s); /* called by pal_store_free() alone */

	enum pal_err (*begin)(struct pal_store *s, struct pal_diag *d);
	enum pal_err (*commit)(struct pal_store *s, struct pal_diag *d);
	void (*rollback)(struct pal_store *s);

	/* Digest of a file that has not changed since it was hashed. */
	enum pal_err (*file_get)(struct pal_store *s, const struct pal_file_id *id, char ret_digest[PAL_ID_TEXT],
				 struct pal_diag *d);
	enum pal_err (*file_put)(struct pal_store *s, const struct pal_file_id *id, const char *digest,
				 struct pal_diag *d);

	/* Result of a scan of the file with this digest under these rules. */
	enum pal_err (*result_get)(struct pal_store *s, const char *digest, const char *rules, struct pal_buf *out,
				   struct pal_diag *d);
	enum pal_err (*result_put)(struct pal_store *s, const char *digest, const char *rules, struct pal_view result,
				   struct pal_diag *d);

	/* Keeps the first time that this name, version and digest were seen together. */
	enum pal_err (*artifact_put)(struct pal_store *s, const struct pal_store_artifact *one, struct pal_diag *d);
	enum pal_err (*artifact_find)(struct pal_store *s, const struct pal_store_which *which,
				      struct pal_list *artifacts, struct pal_diag *d); /* oldest first */

	/* Replaces the row at the same place in the ledger. */
	enum pal_err (*evidence_put)(struct pal_store *s, const struct pal_store_evidence *one, struct pal_diag *d);
	enum pal_err (*evidence_get)(struct pal_store *s, const char *id, struct pal_arena *a,
				     struct pal_store_evidence *ret_one, struct pal_diag *d);
	enum pal_err (*evidence_at)(struct pal_store *s, uint64_t index, struct pal_arena *a,
				    struct pal_store_evidence *ret_one, struct pal_diag *d);
	/* Newest first; subject or type may be NULL; most 0: all. */
	enum pal_err (*evidence_find)(struct pal_store *s, const char *subject, const char *type, size_t most,
				      struct pal_list *evidence, struct pal_diag *d);
	enum pal_err (*evidence_count)(struct pal_store *s, uint64_t *ret_count, struct pal_diag *d);

	enum pal_err (*edge_put)(struct pal_store *s, const struct pal_store_edge *one, struct pal_diag *d);
	enum pal_err (*edge_find)(struct pal_store *s, const char *digest, struct pal_list *edges,
				  struct pal_diag *d); /* at either end; NULL: all */

	enum pal_err (*quarantine_put)(struct pal_store *s, const struct pal_store_quarantine *one, struct pal_diag *d);
	enum pal_err (*quarantine_lift)(struct pal_store *s, const char *evidence, const char *lifted_by,
					struct pal_diag *d);
	enum pal_err (*quarantine_find)(struct pal_store *s, struct pal_list *quarantines, struct pal_diag *d);

	enum pal_err (*label_put)(struct pal_store *s, const struct pal_store_label *one, struct pal_diag *d);
	enum pal_err (*finding_put)(struct pal_store *s, const struct pal_store_finding *one, struct pal_diag *d);

	/* Forgets all that is made from the ledger: evidence, edges, quarantines, labels, findings. Caches stay. */
	enum pal_err (*clear)(struct pal_store *s, struct pal_diag *d);

	/* Reads every page: PAL_OK, or what is broken. */
	enum pal_err (*check)(struct pal_store *s, struct pal_diag *d);

	/*
	 * Runs one SELECT of a user over the documented views (docs/views.md) and nothing else. PAL_EDENIED names what
	 * was refused, PAL_ECONFIG what SQL said, PAL_ELIMIT that it ran too long.
	 */
	enum pal_err (*query)(struct pal_store *s, const char *sql, const struct pal_store_limits *limits,
			      struct pal_arena *a, struct pal_store_rows *ret_rows, struct pal_diag *d);
};

/* The first member of every implementation. */
struct pal_store {
	const struct pal_store_ops *ops;
};

/* Opens, makes or brings up to date the SQLite file at path; a busy file is waited for at most wait_ms. */
PAL_NODISCARD enum pal_err pal_store_open_sqlite(const char *path, unsigned int wait_ms, struct pal_store **ret_store,
						 struct pal_diag *d);
void                       pal_store_free(struct pal_store **s); /* NULL allowed; sets it to NULL */

#define PAL_AUTO_STORE __attribute__((cleanup(pal_store_free))) struct pal_store *

bool pal_store_is_digest(const char *text); /* 64 lower-case hex digits, no more */

#endif
