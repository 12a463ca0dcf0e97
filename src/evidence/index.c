/* index.c - rows from entries: one row for every entry of the ledger, so that a missing one shows in the count. */
#include "index.h"

#include <string.h>

#include "palisade/ledger.h"
#include "palisade/predicate.h"
#include "palisade/taint.h"

#define ENTRY_ARENA ((size_t)16 << 20)

static enum pal_err
put_edges(struct pal_store *store, const struct pal_evidence *e, const struct pal_resource *inputs, size_t count,
	  const char *step, struct pal_diag *d)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < e->statement.subject_count; j++) {
			struct pal_store_edge edge = { .from = inputs[i].digest,
						       .to = e->statement.subjects[j].digest,
						       .step = step,
						       .evidence = e->id };

			if (edge.from != NULL && edge.to != NULL)
				PAL_TRY(store->ops->edge_put(store, &edge, d));
		}
	return PAL_OK;
}

static enum pal_err
put_names(struct pal_store *store, const struct pal_evidence *e, const struct pal_resource *things, size_t count,
	  const char *kind, struct pal_diag *d)
{
	for (size_t i = 0; i < count; i++) {
		struct pal_store_artifact one = { .name = things[i].name,
						  .version = "",
						  .kind = kind == NULL ? "" : kind,
						  .digest = things[i].digest,
						  .first_seen_ms = e->statement.time_ms };

		if (one.name != NULL && one.digest != NULL)
			PAL_TRY(store->ops->artifact_put(store, &one, d));
	}
	return PAL_OK;
}

static enum pal_err
rows_of_step(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_step step = { 0 };

	if (pal_step_of(&e->statement, a, &step, NULL) != PAL_OK)
		return PAL_OK; /* the statement breaks its type: it says nothing */
	PAL_TRY(put_edges(store, e, step.inputs, step.input_count, step.name, d));
	PAL_TRY(put_edges(store, e, &step.code, 1, step.name, d));
	if (step.source == NULL)
		return PAL_OK;
	/* Nobody declares what comes from outside: its names are known from here alone. */
	PAL_TRY(put_names(store, e, step.inputs, step.input_count, NULL, d));
	return put_names(store, e, e->statement.subjects, e->statement.subject_count, step.kind, d);
}

static enum pal_err
rows_of_provenance(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_provenance p = { 0 };

	if (pal_provenance_of(&e->statement, a, &p, NULL) != PAL_OK)
		return PAL_OK;
	return put_edges(store, e, p.inputs, p.input_count, p.step, d);
}

static enum pal_err
rows_of_label(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_label_statement l = { 0 };
	PAL_AUTO_BUF               text = pal_buf_of(0);
	const char                *classes = NULL;

	if (pal_label_of(&e->statement, a, &l, NULL) != PAL_OK)
		return PAL_OK;
	pal_label_add_text(&text, (struct pal_label){ PAL_PUBLIC, l.label.classes });
	classes = strchr(pal_buf_text(&text), ' ');
	for (size_t i = 0; i < e->statement.subject_count; i++) {
		struct pal_store_label row = { .digest = e->statement.subjects[i].digest,
					       .sensitivity = pal_sensitivity_name(l.label.sensitivity),
					       .classes = classes == NULL ? "" : classes + 1,
					       .evidence = e->id };

		if (row.digest != NULL)
			PAL_TRY(store->ops->label_put(store, &row, d));
	}
	return PAL_OK;
}

static enum pal_err
rows_of_scan(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_scan_summary s = { 0 };

	if (pal_scan_summary_of(&e->statement, a, &s, NULL) != PAL_OK || e->statement.subjects[0].digest == NULL)
		return PAL_OK;
	for (size_t i = 0; i < s.finding_count; i++) {
		const struct pal_finding *one = &s.findings[i];
		struct pal_store_finding  row = { .digest = e->statement.subjects[0].digest,
						  .rule = one->rule->id,
						  .severity = pal_severity_name(one->severity),
						  .confidence = pal_confidence_name(one->confidence),
						  .data_class = pal_data_class_name(one->rule->data_class),
						  .path = one->place.path,
						  .field = one->place.field,
						  .count = one->count,
						  .evidence = e->id };

		PAL_TRY(store->ops->finding_put(store, &row, d));
	}
	return PAL_OK;
}

static enum pal_err
rows_of_quarantine(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_quarantine q = { 0 };

	if (pal_quarantine_of(e, a, &q, NULL) != PAL_OK)
		return PAL_OK;
	return store->ops->quarantine_put(store,
					  &(struct pal_store_quarantine){ .evidence = e->id,
									  .digest = q.digest,
									  .by = q.by,
									  .reason = q.reason,
									  .time_ms = q.time_ms,
									  .lifted_by = "" },
					  d);
}

static enum pal_err
rows_of_restore(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_list lifted = pal_list_of(a, sizeof(const char *));

	if (pal_restore_of(e, &lifted, NULL) != PAL_OK)
		return PAL_OK;
	for (size_t i = 0; i < lifted.count; i++)
		PAL_TRY(store->ops->quarantine_lift(store, *(const char **)pal_list_at(&lifted, i), e->id, d));
	return PAL_OK;
}

static const struct {
	const char *type;
	enum pal_err (*rows)(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a,
			     struct pal_diag *d);
} kinds[] = {
	{ PAL_TYPE_STEP, rows_of_step },
	{ PAL_TYPE_PROVENANCE, rows_of_provenance },
	{ PAL_TYPE_LABEL, rows_of_label },
	{ PAL_TYPE_SCAN, rows_of_scan },
	{ PAL_TYPE_QUARANTINE, rows_of_quarantine },
	{ PAL_TYPE_RESTORE, rows_of_restore },
};

static enum pal_err
put_rows(struct pal_store *store, const struct pal_evidence *e, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_store_evidence row = { .id = e->id,
					  .type = e->statement.type,
					  .signer = e->signer,
					  .index = e->index,
					  .time_ms = e->statement.time_ms };
	const char              **subjects = pal_arena_array(a, e->statement.subject_count, sizeof(*subjects));

	for (size_t i = 0; i < e->statement.subject_count && subjects != NULL; i++)
		if (e->statement.subjects[i].digest != NULL)
			subjects[row.subject_count++] = e->statement.subjects[i].digest;
	row.subjects = subjects;
	PAL_TRY(store->ops->evidence_put(store, &row, d));
	if (e->signer[0] == '\0')
		return PAL_OK; /* anybody may have written it: listed, so that approvals can be named, but it says
				  nothing */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, e->statement.type) == 0)
			PAL_TRY(kinds[i].rows(store, e, a, d));
	return pal_arena_err(a) == PAL_OK ? PAL_OK : pal_fail(d, pal_arena_err(a), 0, "indexing evidence");
}

/* The evidence at this place; what is no statement gets an empty type and no subjects. */
static enum pal_err
read_at(struct pal_workspace *ws, uint64_t index, struct pal_arena *a, struct pal_evidence *ret_evidence,
	struct pal_diag *d)
{
	PAL_AUTO_BUF        bytes = pal_buf_of(0);
	struct pal_evidence e = { 0 };
	char                id[PAL_ID_TEXT] = "";

	PAL_TRY(evidence_read(ws, index, &bytes, id, d));
	if (evidence_open(ws, pal_buf_view(&bytes), a, &e, NULL) != PAL_OK)
		e = (struct pal_evidence){ .signer = "", .statement = { .type = "" } };
	e.index = index;
	e.id = pal_arena_text(a, pal_view_of(id));
	*ret_evidence = e;
	return pal_arena_err(a) == PAL_OK ? PAL_OK : pal_fail(d, pal_arena_err(a), 0, "reading evidence");
}

static enum pal_err
index_range(struct pal_workspace *ws, uint64_t from, uint64_t to, struct pal_diag *d)
{
	for (uint64_t i = from; i < to; i++) {
		PAL_AUTO_ARENA      a;
		struct pal_evidence e = { 0 };

		pal_arena_init(&a, ENTRY_ARENA);
		PAL_TRY(read_at(ws, i, &a, &e, d));
		PAL_TRY(put_rows(pal_workspace_store(ws), &e, &a, d));
	}
	return PAL_OK;
}

static bool
same_row(const struct pal_store_evidence *row, const struct pal_evidence *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->statement.subject_count; i++) {
		bool there = e->statement.subjects[i].digest == NULL;

		for (size_t j = 0; j < row->subject_count && !there; j++)
			there = strcmp(row->subjects[j], e->statement.subjects[i].digest) == 0;
		if (!there)
			return false;
	}
	for (size_t j = 0; j < row->subject_count; j++)
		for (size_t i = 0; i < e->statement.subject_count; i++)
			if (e->statement.subjects[i].digest != NULL &&
			    strcmp(row->subjects[j], e->statement.subjects[i].digest) == 0) {
				n++;
				break;
			}
	return n == row->subject_count && strcmp(row->id, e->id) == 0 && strcmp(row->type, e->statement.type) == 0 &&
	       strcmp(row->signer, e->signer) == 0 && row->time_ms == e->statement.time_ms;
}

static enum pal_err
compare(struct pal_workspace *ws, struct pal_reindex *r, struct pal_diag *d)
{
	struct pal_store *store = pal_workspace_store(ws);
	uint64_t          rows = 0;

	PAL_TRY(store->ops->evidence_count(store, &rows, d));
	for (uint64_t i = 0; i < r->entries; i++) {
		PAL_AUTO_ARENA            a;
		struct pal_evidence       e = { 0 };
		struct pal_store_evidence row = { 0 };
		enum pal_err              err = PAL_OK;

		pal_arena_init(&a, ENTRY_ARENA);
		PAL_TRY(read_at(ws, i, &a, &e, d));
		r->unsigned_count += e.signer[0] == '\0';
		err = store->ops->evidence_at(store, i, &a, &row, NULL);
		if (err != PAL_OK && err != PAL_ENOTFOUND)
			return store->ops->evidence_at(store, i, &a, &row, d);
		r->missing += err == PAL_ENOTFOUND;
		r->wrong += err == PAL_OK && !same_row(&row, &e);
	}
	if (rows > r->entries - r->missing)
		r->wrong += rows - (r->entries - r->missing); /* rows behind the ledger's end */
	return PAL_OK;
}

static enum pal_err
reindex_locked(struct pal_workspace *ws, struct pal_reindex *r, struct pal_diag *d)
{
	struct pal_store *store = pal_workspace_store(ws);

	PAL_TRY(pal_ledger_refresh(pal_workspace_ledger(ws), d));
	r->entries = pal_ledger_size(pal_workspace_ledger(ws));
	PAL_TRY(compare(ws, r, d));
	PAL_TRY(store->ops->clear(store, d));
	return index_range(ws, 0, r->entries, d);
}

/* Entries that came since; a count that does not fit means that rows are missing or too many. */
static enum pal_err
sync_locked(struct pal_workspace *ws, struct pal_diag *d)
{
	struct pal_store  *store = pal_workspace_store(ws);
	struct pal_reindex r = { 0 };
	uint64_t           rows = 0, size = 0;

	PAL_TRY(pal_ledger_refresh(pal_workspace_ledger(ws), d));
	size = pal_ledger_size(pal_workspace_ledger(ws));
	PAL_TRY(store->ops->evidence_count(store, &rows, d));
	if (rows < size)
		PAL_TRY(index_range(ws, rows, size, d));
	PAL_TRY(store->ops->evidence_count(store, &rows, d));
	return rows == size ? PAL_OK : reindex_locked(ws, &r, d);
}

static enum pal_err
finish(struct pal_store *store, enum pal_err err, struct pal_diag *d)
{
	if (err == PAL_OK)
		err = store->ops->commit(store, d);
	if (err != PAL_OK)
		store->ops->rollback(store);
	return err;
}

enum pal_err
pal_evidence_reindex(struct pal_workspace *ws, struct pal_reindex *ret, struct pal_diag *d)
{
	struct pal_store  *store = pal_workspace_store(ws);
	struct pal_reindex r = { 0 };

	PAL_TRY(store->ops->begin(store, d));
	PAL_TRY(finish(store, reindex_locked(ws, &r, d), d));
	if (ret != NULL)
		*ret = r;
	return PAL_OK;
}

enum pal_err
pal_evidence_sync(struct pal_workspace *ws, struct pal_diag *d)
{
	struct pal_store *store = pal_workspace_store(ws);
	uint64_t          rows = 0;

	PAL_TRY(pal_ledger_refresh(pal_workspace_ledger(ws), d));
	PAL_TRY(store->ops->evidence_count(store, &rows, d));
	if (rows == pal_ledger_size(pal_workspace_ledger(ws)))
		return PAL_OK;
	/* Whoever holds the store's lock sees a ledger at least as long as the index: entries come before their rows.
	 */
	PAL_TRY(store->ops->begin(store, d));
	return finish(store, sync_locked(ws, d), d);
}
