/* sqlite.c - the table of functions over SQLite; the SQL itself is in sqlite_sql.def. */
#include "palisade/mem.h"
#include "sqlite.h"

static void
store_close(struct pal_store *store)
{
	struct sqlite_store *s = sqlite_store_of(store);

	for (size_t i = 0; i < SQL_COUNT; i++)
		(void)sqlite3_finalize(s->statements[i]);
	(void)sqlite3_close(s->db);
	pal_mem_free(s->path);
	pal_mem_free(s);
}

static enum pal_err
store_begin(struct pal_store *store, struct pal_diag *d)
{
	struct sqlite_store *s = sqlite_store_of(store);

	/* At once for writing: a reader that becomes a writer may be told "busy" without waiting. */
	return sqlite_exec(s->db, "BEGIN IMMEDIATE", s->path, d);
}

static enum pal_err
store_commit(struct pal_store *store, struct pal_diag *d)
{
	struct sqlite_store *s = sqlite_store_of(store);

	return sqlite_exec(s->db, "COMMIT", s->path, d);
}

static void
store_rollback(struct pal_store *store)
{
	(void)sqlite3_exec(sqlite_store_of(store)->db, "ROLLBACK", NULL, NULL, NULL); /* none open: nothing to do */
}

static enum pal_err
vet_digest(const char *digest, struct pal_diag *d)
{
	if (pal_store_is_digest(digest))
		return PAL_OK;
	return pal_fail(d, PAL_EFORM, 0, "\"%.80s\" is no digest: 64 lower-case hex digits expected",
			digest == NULL ? "" : digest);
}

static enum pal_err
nothing_found(struct pal_diag *d, const char *what)
{
	return pal_fail(d, PAL_ENOTFOUND, 0, "the store has no %s", what);
}

static void
bind_file(struct sqlite_bound *b, const struct pal_file_id *id)
{
	sqlite_bind_u64(b, id->device);
	sqlite_bind_u64(b, id->inode);
	sqlite_bind_u64(b, id->size);
	sqlite_bind_u64(b, (uint64_t)id->mtime_ns);
	sqlite_bind_u64(b, (uint64_t)id->ctime_ns);
}

static enum pal_err
file_get(struct pal_store *s, const struct pal_file_id *id, char ret_digest[PAL_ID_TEXT], struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_FILE_GET);
	bool              row = false;
	struct pal_view   digest = { 0 };

	bind_file(&b, id);
	PAL_TRY(sqlite_next(&b, &row, d));
	if (row)
		digest = sqlite_column_view(&b, 0);
	if (digest.len != PAL_ID_TEXT - 1)
		return nothing_found(d, "digest of this file");
	pal_mem_copy(ret_digest, PAL_ID_TEXT, digest.data, digest.len);
	ret_digest[digest.len] = '\0';
	return PAL_OK;
}

static enum pal_err
file_put(struct pal_store *s, const struct pal_file_id *id, const char *digest, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_FILE_PUT);

	PAL_TRY(vet_digest(digest, d));
	bind_file(&b, id);
	sqlite_bind_text(&b, digest);
	return sqlite_run(&b, d);
}

static enum pal_err
result_get(struct pal_store *s, const char *digest, const char *rules, struct pal_buf *out, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_RESULT_GET);
	bool              row = false;

	sqlite_bind_text(&b, digest);
	sqlite_bind_text(&b, rules);
	PAL_TRY(sqlite_next(&b, &row, d));
	if (!row)
		return nothing_found(d, "result of this scan");
	pal_buf_add(out, sqlite_column_view(&b, 0));
	return pal_buf_err(out) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(out), 0, "result of a scan");
}

static enum pal_err
result_put(struct pal_store *s, const char *digest, const char *rules, struct pal_view result, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_RESULT_PUT);

	PAL_TRY(vet_digest(digest, d));
	sqlite_bind_text(&b, digest);
	sqlite_bind_text(&b, rules);
	sqlite_bind_bytes(&b, result);
	return sqlite_run(&b, d);
}

static enum pal_err
artifact_put(struct pal_store *s, const struct pal_store_artifact *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_ARTIFACT_PUT);

	PAL_TRY(vet_digest(one->digest, d));
	sqlite_bind_text(&b, one->name);
	sqlite_bind_text(&b, one->version == NULL ? "" : one->version);
	sqlite_bind_text(&b, one->kind);
	sqlite_bind_text(&b, one->digest);
	sqlite_bind_u64(&b, one->first_seen_ms);
	return sqlite_run(&b, d);
}

static enum pal_err
list_err(const struct pal_list *l, struct pal_diag *d)
{
	enum pal_err err = pal_arena_err(l->arena);

	return err == PAL_OK ? PAL_OK : pal_fail(d, err, 0, "rows of the store");
}

static enum pal_err
artifact_find(struct pal_store *s, const struct pal_store_which *which, struct pal_list *artifacts, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_ARTIFACT_FIND);
	bool              row = false;

	sqlite_bind_text(&b, which->name);
	sqlite_bind_text(&b, which->version);
	sqlite_bind_text(&b, which->digest);
	for (;;) {
		struct pal_store_artifact *one = NULL;

		PAL_TRY(sqlite_next(&b, &row, d));
		if (!row)
			return list_err(artifacts, d);
		one = pal_list_add(artifacts);
		if (one == NULL)
			return list_err(artifacts, d);
		*one = (struct pal_store_artifact){ .name = sqlite_column_copy(&b, 0, artifacts->arena),
						    .version = sqlite_column_copy(&b, 1, artifacts->arena),
						    .kind = sqlite_column_copy(&b, 2, artifacts->arena),
						    .digest = sqlite_column_copy(&b, 3, artifacts->arena),
						    .first_seen_ms = sqlite_column_u64(&b, 4) };
	}
}

static enum pal_err
put_evidence_rows(struct pal_store *s, const struct pal_store_evidence *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND put = sqlite_bind(s, SQL_EVIDENCE_PUT);
	SQLITE_AUTO_BOUND drop = sqlite_bind(s, SQL_SUBJECT_DROP);

	sqlite_bind_u64(&put, one->index);
	sqlite_bind_text(&put, one->id);
	sqlite_bind_text(&put, one->type);
	sqlite_bind_text(&put, one->signer);
	sqlite_bind_u64(&put, one->time_ms);
	PAL_TRY(sqlite_run(&put, d));
	sqlite_bind_u64(&drop, one->index);
	PAL_TRY(sqlite_run(&drop, d));
	for (size_t i = 0; i < one->subject_count; i++) {
		SQLITE_AUTO_BOUND subject = sqlite_bind(s, SQL_SUBJECT_PUT);

		sqlite_bind_u64(&subject, one->index);
		sqlite_bind_text(&subject, one->subjects[i]);
		PAL_TRY(sqlite_run(&subject, d));
	}
	return PAL_OK;
}

static enum pal_err
evidence_put(struct pal_store *s, const struct pal_store_evidence *one, struct pal_diag *d)
{
	bool         own = sqlite3_get_autocommit(sqlite_store_of(s)->db) != 0;
	enum pal_err err = PAL_OK;

	PAL_TRY(vet_digest(one->id, d));
	for (size_t i = 0; i < one->subject_count; i++)
		PAL_TRY(vet_digest(one->subjects[i], d));
	if (own)
		PAL_TRY(store_begin(s, d));
	err = put_evidence_rows(s, one, d);
	if (own && err == PAL_OK)
		err = store_commit(s, d);
	if (own && err != PAL_OK)
		store_rollback(s);
	return err;
}

static enum pal_err
read_subjects(struct pal_store *s, struct pal_arena *a, struct pal_store_evidence *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_SUBJECT_FIND);
	struct pal_list   subjects = pal_list_of(a, sizeof(const char *));
	bool              row = false;

	sqlite_bind_u64(&b, one->index);
	for (;;) {
		const char **digest = NULL;

		PAL_TRY(sqlite_next(&b, &row, d));
		if (!row)
			break;
		digest = pal_list_add(&subjects);
		if (digest == NULL)
			break;
		*digest = sqlite_column_copy(&b, 0, a);
	}
	one->subjects = subjects.items;
	one->subject_count = subjects.count;
	return list_err(&subjects, d);
}

static struct pal_store_evidence
evidence_row(const struct sqlite_bound *b, struct pal_arena *a)
{
	return (struct pal_store_evidence){ .index = sqlite_column_u64(b, 0),
					    .id = sqlite_column_copy(b, 1, a),
					    .type = sqlite_column_copy(b, 2, a),
					    .signer = sqlite_column_copy(b, 3, a),
					    .time_ms = sqlite_column_u64(b, 4) };
}

static enum pal_err
evidence_get(struct pal_store *s, const char *id, struct pal_arena *a, struct pal_store_evidence *ret_one,
	     struct pal_diag *d)
{
	SQLITE_AUTO_BOUND         b = sqlite_bind(s, SQL_EVIDENCE_GET);
	struct pal_store_evidence one = { 0 };
	bool                      row = false;

	sqlite_bind_text(&b, id);
	PAL_TRY(sqlite_next(&b, &row, d));
	if (!row)
		return pal_fail(d, PAL_ENOTFOUND, 0, "no evidence %.64s in the index", id);
	one = evidence_row(&b, a);
	while (row) {
		if (one.id != NULL && !pal_view_is(sqlite_column_view(&b, 1), one.id))
			return pal_fail(d, PAL_EUSAGE, 0,
					"more than one evidence id begins with %.64s; give more digits", id);
		PAL_TRY(sqlite_next(&b, &row, d));
	}
	PAL_TRY(read_subjects(s, a, &one, d));
	*ret_one = one;
	return PAL_OK;
}

static enum pal_err
evidence_at(struct pal_store *s, uint64_t index, struct pal_arena *a, struct pal_store_evidence *ret_one,
	    struct pal_diag *d)
{
	SQLITE_AUTO_BOUND         b = sqlite_bind(s, SQL_EVIDENCE_AT);
	struct pal_store_evidence one = { 0 };
	bool                      row = false;

	sqlite_bind_u64(&b, index);
	PAL_TRY(sqlite_next(&b, &row, d));
	if (!row)
		return nothing_found(d, "evidence for this entry of the ledger");
	one = evidence_row(&b, a);
	PAL_TRY(read_subjects(s, a, &one, d));
	*ret_one = one;
	return PAL_OK;
}

static enum pal_err
evidence_find(struct pal_store *s, const char *subject, const char *type, size_t most, struct pal_list *evidence,
	      struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_EVIDENCE_FIND);
	bool              row = false;

	sqlite_bind_text(&b, type);
	sqlite_bind_text(&b, subject);
	sqlite_bind_u64(&b, most == 0 ? UINT64_MAX : most); /* -1: no limit */
	for (;;) {
		struct pal_store_evidence *one = NULL;

		PAL_TRY(sqlite_next(&b, &row, d));
		if (!row)
			return list_err(evidence, d);
		one = pal_list_add(evidence);
		if (one == NULL)
			return list_err(evidence, d);
		*one = evidence_row(&b, evidence->arena);
		PAL_TRY(read_subjects(s, evidence->arena, one, d));
	}
}

static enum pal_err
evidence_count(struct pal_store *s, uint64_t *ret_count, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_EVIDENCE_COUNT);
	bool              row = false;

	PAL_TRY(sqlite_next(&b, &row, d));
	*ret_count = sqlite_column_u64(&b, 0);
	return PAL_OK;
}

static enum pal_err
edge_put(struct pal_store *s, const struct pal_store_edge *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_EDGE_PUT);

	PAL_TRY(vet_digest(one->from, d));
	PAL_TRY(vet_digest(one->to, d));
	sqlite_bind_text(&b, one->from);
	sqlite_bind_text(&b, one->to);
	sqlite_bind_text(&b, one->step == NULL ? "" : one->step);
	sqlite_bind_text(&b, one->evidence);
	return sqlite_run(&b, d);
}

static enum pal_err
edge_find(struct pal_store *s, const char *digest, struct pal_list *edges, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_EDGE_FIND);
	bool              row = false;

	sqlite_bind_text(&b, digest);
	for (;;) {
		struct pal_store_edge *one = NULL;

		PAL_TRY(sqlite_next(&b, &row, d));
		if (!row)
			return list_err(edges, d);
		one = pal_list_add(edges);
		if (one == NULL)
			return list_err(edges, d);
		*one = (struct pal_store_edge){ .from = sqlite_column_copy(&b, 0, edges->arena),
						.to = sqlite_column_copy(&b, 1, edges->arena),
						.step = sqlite_column_copy(&b, 2, edges->arena),
						.evidence = sqlite_column_copy(&b, 3, edges->arena) };
	}
}

static enum pal_err
quarantine_put(struct pal_store *s, const struct pal_store_quarantine *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_QUARANTINE_PUT);

	PAL_TRY(vet_digest(one->digest, d));
	sqlite_bind_text(&b, one->evidence);
	sqlite_bind_text(&b, one->digest);
	sqlite_bind_text(&b, one->by);
	sqlite_bind_text(&b, one->reason);
	sqlite_bind_u64(&b, one->time_ms);
	sqlite_bind_text(&b, one->lifted_by == NULL ? "" : one->lifted_by);
	return sqlite_run(&b, d);
}

static enum pal_err
quarantine_lift(struct pal_store *s, const char *evidence, const char *lifted_by, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_QUARANTINE_LIFT);

	sqlite_bind_text(&b, lifted_by);
	sqlite_bind_text(&b, evidence);
	return sqlite_run(&b, d);
}

static enum pal_err
quarantine_find(struct pal_store *s, struct pal_list *quarantines, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_QUARANTINE_FIND);
	bool              row = false;

	for (;;) {
		struct pal_store_quarantine *one = NULL;

		PAL_TRY(sqlite_next(&b, &row, d));
		if (!row)
			return list_err(quarantines, d);
		one = pal_list_add(quarantines);
		if (one == NULL)
			return list_err(quarantines, d);
		*one = (struct pal_store_quarantine){ .evidence = sqlite_column_copy(&b, 0, quarantines->arena),
						      .digest = sqlite_column_copy(&b, 1, quarantines->arena),
						      .by = sqlite_column_copy(&b, 2, quarantines->arena),
						      .reason = sqlite_column_copy(&b, 3, quarantines->arena),
						      .time_ms = sqlite_column_u64(&b, 4),
						      .lifted_by = sqlite_column_copy(&b, 5, quarantines->arena) };
	}
}

static enum pal_err
label_put(struct pal_store *s, const struct pal_store_label *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_LABEL_PUT);

	PAL_TRY(vet_digest(one->digest, d));
	sqlite_bind_text(&b, one->digest);
	sqlite_bind_text(&b, one->sensitivity);
	sqlite_bind_text(&b, one->classes);
	sqlite_bind_text(&b, one->evidence);
	return sqlite_run(&b, d);
}

static enum pal_err
finding_put(struct pal_store *s, const struct pal_store_finding *one, struct pal_diag *d)
{
	SQLITE_AUTO_BOUND b = sqlite_bind(s, SQL_FINDING_PUT);

	PAL_TRY(vet_digest(one->digest, d));
	sqlite_bind_text(&b, one->digest);
	sqlite_bind_text(&b, one->rule);
	sqlite_bind_text(&b, one->severity);
	sqlite_bind_text(&b, one->confidence);
	sqlite_bind_text(&b, one->data_class);
	sqlite_bind_text(&b, one->path == NULL ? "" : one->path);
	sqlite_bind_text(&b, one->field == NULL ? "" : one->field);
	sqlite_bind_u64(&b, one->count);
	sqlite_bind_text(&b, one->evidence);
	return sqlite_run(&b, d);
}

static enum pal_err
store_clear(struct pal_store *store, struct pal_diag *d)
{
	struct sqlite_store *s = sqlite_store_of(store);

	return sqlite_exec(s->db,
			   "DELETE FROM evidence; DELETE FROM subjects; DELETE FROM edges; DELETE FROM quarantines;"
			   "DELETE FROM labels; DELETE FROM findings",
			   s->path, d);
}

static enum pal_err
store_check(struct pal_store *store, struct pal_diag *d)
{
	struct sqlite_store *s = sqlite_store_of(store);
	sqlite3_stmt        *st = NULL;
	int                  rc = sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1)", -1, &st, NULL);
	enum pal_err         err = PAL_OK;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_ROW)
		err = sqlite_fail(s->db, rc, s->path, d);
	else if (sqlite3_stricmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
		err = pal_fail(d, PAL_EFORM, 0,
			       "%s is damaged: %s; move it away: the index is made again from the ledger", s->path,
			       (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	return err;
}

const struct pal_store_ops sqlite_store_ops = {
	.close = store_close,
	.begin = store_begin,
	.commit = store_commit,
	.rollback = store_rollback,
	.file_get = file_get,
	.file_put = file_put,
	.result_get = result_get,
	.result_put = result_put,
	.artifact_put = artifact_put,
	.artifact_find = artifact_find,
	.evidence_put = evidence_put,
	.evidence_get = evidence_get,
	.evidence_at = evidence_at,
	.evidence_find = evidence_find,
	.evidence_count = evidence_count,
	.edge_put = edge_put,
	.edge_find = edge_find,
	.quarantine_put = quarantine_put,
	.quarantine_lift = quarantine_lift,
	.quarantine_find = quarantine_find,
	.label_put = label_put,
	.finding_put = finding_put,
	.clear = store_clear,
	.check = store_check,
	.query = sqlite_query,
};
