/* evidence.c - from a statement to a signed entry of the ledger and back; read_entry() and verified() are what to
 * audit. */
#include "palisade/evidence.h"

#include <string.h>

#include "index.h"
#include "palisade/digest.h"
#include "palisade/dsse.h"
#include "palisade/ledger.h"
#include "palisade/mem.h"

#define ENTRY_MOST 65535

enum pal_err
evidence_read(struct pal_workspace *ws, uint64_t index, struct pal_buf *out, char ret_id[PAL_ID_TEXT],
	      struct pal_diag *d)
{
	struct pal_ledger   *l = pal_workspace_ledger(ws);
	struct pal_tree_head head = pal_ledger_head(l);
	struct pal_proof     proof = { 0 };
	struct pal_hash      leaf;

	PAL_TRY(pal_ledger_read_entry(l, index, out, d));
	PAL_TRY(pal_ledger_prove_inclusion(l, index, &proof, d));
	leaf = pal_tree_leaf(pal_buf_view(out));
	PAL_TRY(pal_proof_check_inclusion(index, &leaf, &proof, &head, d));
	return pal_workspace_blobs(ws)->hash(pal_buf_view(out), ret_id);
}

static enum pal_err
parse_envelope(struct pal_view envelope, struct pal_arena *a, struct pal_dsse *ret_dsse,
	       struct pal_statement *ret_statement, struct pal_diag *d)
{
	struct pal_dsse dsse = { 0 };

	PAL_TRY(pal_dsse_read(envelope, a, &dsse, d));
	if (strcmp(dsse.type, PAL_STATEMENT_MIME) != 0)
		return pal_fail(d, PAL_EFORM, 0, "an envelope of type %.80s, " PAL_STATEMENT_MIME " expected",
				dsse.type);
	if (dsse.signature_count != 1)
		return pal_fail(d, PAL_EFORM, 0, "an envelope with %zu signatures, one expected", dsse.signature_count);
	PAL_TRY(pal_statement_parse(dsse.payload, a, ret_statement, d));
	*ret_dsse = dsse;
	return PAL_OK;
}

static enum pal_err
signer_of(const struct pal_workspace *ws, const struct pal_dsse *dsse, const char **ret_signer, struct pal_diag *d)
{
	size_t                       count = 0, which = 0;
	const struct pal_key *const *keys = pal_workspace_keys(ws, &count);
	enum pal_err                 err = pal_dsse_verify(dsse, keys, count, &which, NULL);

	if (err != PAL_OK && err != PAL_EVERIFY)
		return pal_fail(d, err, 0, "checking a signature");
	*ret_signer = err == PAL_OK ? pal_key_id(keys[which]) : "";
	return PAL_OK;
}

enum pal_err
evidence_open(const struct pal_workspace *ws, struct pal_view envelope, struct pal_arena *a,
	      struct pal_evidence *ret_evidence, struct pal_diag *d)
{
	struct pal_evidence e = { 0 };
	struct pal_dsse     dsse = { 0 };

	PAL_TRY(parse_envelope(envelope, a, &dsse, &e.statement, d));
	PAL_TRY(signer_of(ws, &dsse, &e.signer, d));
	e.signer = pal_arena_text(a, pal_view_of(e.signer)); /* outlives the workspace */
	*ret_evidence = e;
	return pal_arena_err(a);
}

/* What the ledger has at this place, whoever signed it. */
static enum pal_err
claimed(struct pal_workspace *ws, uint64_t index, struct pal_arena *a, struct pal_evidence *ret_evidence,
	struct pal_diag *d)
{
	struct pal_evidence e = { 0 };
	PAL_AUTO_BUF        bytes = pal_buf_of(0);
	char                id[PAL_ID_TEXT] = "";

	PAL_TRY(evidence_read(ws, index, &bytes, id, d));
	PAL_TRY(evidence_open(ws, pal_buf_view(&bytes), a, &e, d));
	e.index = index;
	e.id = pal_arena_text(a, pal_view_of(id));
	*ret_evidence = e;
	return pal_arena_err(a);
}

static enum pal_err
vet_trust(const struct pal_workspace *ws, const struct pal_evidence *e, struct pal_diag *d)
{
	if (e->signer[0] == '\0')
		return pal_fail(d, PAL_EVERIFY, 0, "evidence %.16s: its signature is by no key in keys/", e->id);
	if (!pal_workspace_trusts(ws, e->signer))
		return pal_fail(d, PAL_EKEY, 0, "evidence %.16s is signed by the key %.16s, which is not trusted",
				e->id, e->signer);
	return PAL_OK;
}

static bool
among_subjects(const struct pal_statement *s, const char *digest)
{
	for (size_t i = 0; i < s->subject_count; i++)
		if (s->subjects[i].digest != NULL && strcmp(s->subjects[i].digest, digest) == 0)
			return true;
	return false;
}

/* Whether the row said the truth about the entry, in what was asked of it. */
static bool
agrees(const struct pal_store_evidence *row, const struct pal_evidence *e, const char *subject, const char *type)
{
	return strcmp(row->id, e->id) == 0 && (subject == NULL || among_subjects(&e->statement, subject)) &&
	       (type == NULL || strcmp(e->statement.type, type) == 0);
}

static enum pal_err
load_row(struct pal_workspace *ws, const char *id, struct pal_arena *a, struct pal_evidence *ret_evidence,
	 bool *ret_lie, struct pal_diag *d)
{
	struct pal_store         *store = pal_workspace_store(ws);
	struct pal_store_evidence row = { 0 };
	struct pal_evidence       e = { 0 };
	enum pal_err              err = store->ops->evidence_get(store, id, a, &row, d);

	*ret_lie = err == PAL_ENOTFOUND;
	if (err != PAL_OK)
		return err;
	*ret_lie = row.index >= pal_ledger_size(pal_workspace_ledger(ws));
	if (*ret_lie)
		return pal_fail(d, PAL_ENOTFOUND, 0, "evidence %.64s: its row points behind the ledger's end", id);
	PAL_TRY(claimed(ws, row.index, a, &e, d));
	*ret_lie = !agrees(&row, &e, NULL, NULL);
	if (*ret_lie)
		return pal_fail(d, PAL_EVERIFY, 0, "evidence %.64s: its row points to another entry", id);
	*ret_evidence = e;
	return PAL_OK;
}

enum pal_err
pal_evidence_load(struct pal_workspace *ws, const char *id, struct pal_arena *a, struct pal_evidence *ret_evidence,
		  struct pal_diag *d)
{
	struct pal_evidence e = { 0 };
	bool                lie = false;
	enum pal_err        err = PAL_OK;

	PAL_TRY(pal_evidence_sync(ws, d));
	err = load_row(ws, id, a, &e, &lie, d);
	if (lie) {
		PAL_TRY(pal_evidence_reindex(ws, NULL, d));
		err = load_row(ws, id, a, &e, &lie, d);
	}
	PAL_TRY(err);
	PAL_TRY(vet_trust(ws, &e, d));
	*ret_evidence = e;
	return PAL_OK;
}

struct question {
	const char *subject, *type;
	bool        trusted; /* only what a trusted key has signed */
};

static enum pal_err
find_once(struct pal_workspace *ws, const struct question *q, struct pal_list *evidence, bool *ret_lie,
	  struct pal_diag *d)
{
	struct pal_store *store = pal_workspace_store(ws);
	struct pal_list   rows = pal_list_of(evidence->arena, sizeof(struct pal_store_evidence));
	uint64_t          size = pal_ledger_size(pal_workspace_ledger(ws));

	PAL_TRY(store->ops->evidence_find(store, q->subject, q->type, 0, &rows, d));
	for (size_t i = 0; i < rows.count && !*ret_lie; i++) {
		const struct pal_store_evidence *row = pal_list_at(&rows, i);
		struct pal_evidence              e = { 0 };
		struct pal_evidence             *place = NULL;

		*ret_lie = row->index >= size;
		if (*ret_lie || row->type[0] == '\0') /* no statement at all, only listed so that rows count entries */
			continue;
		PAL_TRY(claimed(ws, row->index, evidence->arena, &e, d));
		*ret_lie = !agrees(row, &e, q->subject, q->type);
		if (*ret_lie || (q->trusted && vet_trust(ws, &e, NULL) != PAL_OK))
			continue;
		place = pal_list_add(evidence);
		if (place == NULL)
			return pal_fail(d, pal_arena_err(evidence->arena), 0, "evidence");
		*place = e;
	}
	return PAL_OK;
}

static enum pal_err
find(struct pal_workspace *ws, const struct question *q, struct pal_list *evidence, struct pal_diag *d)
{
	size_t before = evidence->count;
	bool   lie = false;

	PAL_TRY(pal_evidence_sync(ws, d));
	PAL_TRY(find_once(ws, q, evidence, &lie, d));
	if (!lie)
		return PAL_OK;
	evidence->count = before;
	lie = false;
	PAL_TRY(pal_evidence_reindex(ws, NULL, d));
	PAL_TRY(find_once(ws, q, evidence, &lie, d));
	return lie ? pal_fail(d, PAL_EVERIFY, 0, "the index disagrees with the ledger, even when made again") : PAL_OK;
}

enum pal_err
pal_evidence_find(struct pal_workspace *ws, const char *subject, const char *type, struct pal_list *evidence,
		  struct pal_diag *d)
{
	return find(ws, &(struct question){ subject, type, true }, evidence, d);
}

enum pal_err
pal_evidence_claims(struct pal_workspace *ws, const char *subject, const char *type, struct pal_list *evidence,
		    struct pal_diag *d)
{
	return find(ws, &(struct question){ subject, type, false }, evidence, d);
}

static bool
is_among(const char *const *types, const char *type)
{
	for (size_t i = 0; types[i] != NULL; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* Opens one entry in memory of its own, and once more in the caller's when it is wanted. */
static enum pal_err
take_entry(struct pal_workspace *ws, uint64_t index, struct pal_view bytes, const char *const *types,
	   struct pal_list *evidence)
{
	PAL_AUTO_ARENA       scratch;
	struct pal_evidence  e = { 0 };
	struct pal_dsse      dsse = { 0 };
	struct pal_evidence *place = NULL;
	char                 id[PAL_ID_TEXT] = "";

	pal_arena_init(&scratch, (size_t)16 << 20);
	/* What is no envelope of ours can be no evidence; that the entry is whole has been checked. */
	if (parse_envelope(bytes, &scratch, &dsse, &e.statement, NULL) != PAL_OK)
		return pal_arena_err(&scratch) == PAL_ENOMEM ? PAL_ENOMEM : PAL_OK;
	if (!is_among(types, e.statement.type))
		return PAL_OK;
	PAL_TRY(signer_of(ws, &dsse, &e.signer, NULL));
	if (!pal_workspace_trusts(ws, e.signer))
		return PAL_OK;
	PAL_TRY(pal_workspace_blobs(ws)->hash(bytes, id));
	PAL_TRY(evidence_open(ws, bytes, evidence->arena, &e, NULL));
	e.index = index;
	e.id = pal_arena_text(evidence->arena, pal_view_of(id));
	place = pal_list_add(evidence);
	if (place != NULL)
		*place = e;
	return pal_arena_err(evidence->arena);
}

enum pal_err
pal_evidence_each(struct pal_workspace *ws, const char *const *types, struct pal_list *evidence, struct pal_diag *d)
{
	struct pal_ledger   *l = pal_workspace_ledger(ws);
	struct pal_frontier  frontier = { 0 };
	struct pal_tree_head head = { 0 };
	struct pal_hash      root;
	size_t               before = evidence->count;
	PAL_AUTO_BUF         bytes = pal_buf_of(0);

	PAL_TRY(pal_ledger_refresh(l, d));
	head = pal_ledger_head(l);
	for (uint64_t i = 0; i < head.size; i++) {
		struct pal_hash leaf;
		enum pal_err    err = PAL_OK;

		pal_buf_clear(&bytes);
		PAL_TRY(pal_ledger_read_entry(l, i, &bytes, d));
		leaf = pal_tree_leaf(pal_buf_view(&bytes));
		pal_frontier_add(&frontier, &leaf);
		err = take_entry(ws, i, pal_buf_view(&bytes), types, evidence);
		if (err != PAL_OK)
			return pal_fail(d, err, 0, "entry %llu of the ledger", (unsigned long long)i);
	}
	root = pal_frontier_root(&frontier);
	if (head.size > 0 && !pal_hash_eq(&root, &head.root)) {
		evidence->count = before;
		return pal_fail(
		    d, PAL_EVERIFY, 0,
		    "the ledger's entries do not make the root that its checkpoint signs; palisade log verify "
		    "names the entry");
	}
	return PAL_OK;
}

/* The ledger has it; an index that cannot be written now says so, or catches up, when it is asked. */
static void
catch_up(struct pal_workspace *ws)
{
	if (pal_evidence_sync(ws, NULL) != PAL_OK)
		return;
}

static enum pal_err
sign(struct pal_workspace *ws, const struct pal_statement *s, const struct pal_key *key, struct pal_buf *envelope,
     struct pal_diag *d)
{
	PAL_AUTO_BUF         payload = pal_buf_of(0);
	struct pal_statement timed = *s;

	if (timed.time_ms == 0)
		timed.time_ms = pal_workspace_now_ms(ws);
	PAL_TRY(pal_statement_write(&timed, &payload, d));
	PAL_TRY(pal_dsse_sign(key, PAL_STATEMENT_MIME, pal_buf_view(&payload), envelope, d));
	if (envelope->len > ENTRY_MOST)
		return pal_fail(d, PAL_ELIMIT, 0, "an envelope of %zu bytes, at most %d fit an entry of the ledger",
				envelope->len, ENTRY_MOST);
	return PAL_OK;
}

enum pal_err
pal_evidence_add_many(struct pal_workspace *ws, const struct pal_statement *s, size_t count, const struct pal_key *key,
		      char (*ret_ids)[PAL_ID_TEXT], struct pal_diag *d)
{
	PAL_AUTO_ARENA   a;
	struct pal_view *entries = NULL;
	uint64_t         first = 0;

	pal_arena_init(&a, PAL_LEDGER_BATCH_BYTES);
	if (key == NULL)
		key = pal_workspace_signer(ws);
	if (key == NULL)
		return pal_fail(d, PAL_EKEY, 0, "no key to sign evidence with: the workspace was opened without one");
	if (pal_workspace_key(ws, pal_key_id(key)) == NULL)
		return pal_fail(d, PAL_EKEY, 0, "the public key of the signer (%.16s) is not in keys/",
				pal_key_id(key));
	if (count == 0)
		return PAL_OK;
	entries = pal_arena_array(&a, count, sizeof(*entries));
	for (size_t i = 0; i < count && entries != NULL; i++) {
		PAL_AUTO_BUF envelope = pal_buf_of(0);

		PAL_TRY(sign(ws, &s[i], key, &envelope, d));
		entries[i] = pal_arena_copy(&a, pal_buf_view(&envelope));
	}
	if (entries == NULL || pal_arena_err(&a) != PAL_OK)
		return pal_fail(d, pal_arena_err(&a), 0, "%zu pieces of evidence at once", count);
	PAL_TRY(pal_workspace_append(ws, entries, count, &first, d));
	for (size_t i = 0; i < count; i++)
		PAL_TRY(pal_workspace_blobs(ws)->hash(entries[i], ret_ids[i]));
	catch_up(ws);
	return PAL_OK;
}

enum pal_err
pal_evidence_add(struct pal_workspace *ws, const struct pal_statement *s, const struct pal_key *key,
		 char ret_id[PAL_ID_TEXT], struct pal_diag *d)
{
	char id[1][PAL_ID_TEXT] = { "" };

	PAL_TRY(pal_evidence_add_many(ws, s, 1, key, id, d));
	pal_mem_copy(ret_id, PAL_ID_TEXT, id[0], PAL_ID_TEXT);
	return PAL_OK;
}

enum pal_err
pal_evidence_add_envelope(struct pal_workspace *ws, struct pal_view envelope, char ret_id[PAL_ID_TEXT],
			  struct pal_diag *d)
{
	PAL_AUTO_ARENA      a;
	struct pal_evidence e = { 0 };
	uint64_t            first = 0;

	pal_arena_init(&a, (size_t)16 << 20);
	if (envelope.len > ENTRY_MOST)
		return pal_fail(d, PAL_ELIMIT, 0, "an envelope of %zu bytes, at most %d fit an entry of the ledger",
				envelope.len, ENTRY_MOST);
	PAL_TRY(evidence_open(ws, envelope, &a, &e, d));
	if (e.signer[0] == '\0')
		return pal_fail(d, PAL_EVERIFY, 0, "the envelope's signature is by no key in keys/");
	PAL_TRY(pal_workspace_append(ws, &envelope, 1, &first, d));
	PAL_TRY(pal_workspace_blobs(ws)->hash(envelope, ret_id));
	catch_up(ws);
	return PAL_OK;
}
