/* taint.c - which quarantines hold follows from the ledger's order alone; whom they taint, from the lineage. */
#include "palisade/taint.h"

#include <string.h>

#include "fields.h"
#include "palisade/clock.h"

struct pal_taint
pal_taint_of(struct pal_lineage *l)
{
	return (struct pal_taint){ .lineage = l, .quarantines = pal_list_of(l->arena, sizeof(struct pal_quarantine)) };
}

enum pal_err
pal_quarantine_of(const struct pal_evidence *e, struct pal_arena *a, struct pal_quarantine *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON         doc = NULL;
	struct fields         f = { 0 };
	struct pal_quarantine q = { .id = e->id, .signer = e->signer };

	PAL_TRY(pal_statement_predicate(&e->statement, PAL_TYPE_QUARANTINE, &doc, d));
	if (e->statement.subject_count != 1 || e->statement.subjects[0].digest == NULL)
		return pal_fail(d, PAL_EFORM, 0, "quarantine: one subject with a SHA-256 expected");
	f = fields_of(doc, "quarantine", a);
	q.digest = e->statement.subjects[0].digest;
	q.name = e->statement.subjects[0].name;
	q.by = field_text(&f, "by");
	q.reason = field_text(&f, "reason");
	q.time_ms = e->statement.time_ms;
	PAL_TRY(fields_err(&f, d));
	*ret = q;
	return PAL_OK;
}

enum pal_err
pal_restore_of(const struct pal_evidence *e, struct pal_list *lifted, struct pal_diag *d)
{
	PAL_AUTO_JSON doc = NULL;
	const json_t *ids = NULL;

	PAL_TRY(pal_statement_predicate(&e->statement, PAL_TYPE_RESTORE, &doc, d));
	ids = pal_json_array(doc, "lifts");
	if (ids == NULL || json_array_size(ids) == 0)
		return pal_fail(d, PAL_EFORM, 0, "restore: \"lifts\": an array of ids expected");
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char  *id = json_string_value(json_array_get(ids, i));
		const char **place = NULL;

		if (!pal_store_is_digest(id))
			return pal_fail(d, PAL_EFORM, 0, "restore: \"lifts\": ids in 64 hex digits expected");
		place = pal_list_add(lifted);
		if (place == NULL)
			return pal_fail(d, pal_arena_err(lifted->arena), 0, "restore");
		*place = pal_arena_text(lifted->arena, pal_view_of(id));
	}
	return PAL_OK;
}

static bool
is_subject(const struct pal_statement *s, const char *digest)
{
	for (size_t i = 0; i < s->subject_count; i++)
		if (s->subjects[i].digest != NULL && strcmp(s->subjects[i].digest, digest) == 0)
			return true;
	return false;
}

/* A restore lifts a quarantine only if it names both the quarantine and the artifact, and comes after it. */
static enum pal_err
take_restore(struct pal_taint *t, const struct pal_evidence *e, struct pal_diag *d)
{
	struct pal_list lifted = pal_list_of(t->lineage->arena, sizeof(const char *));

	PAL_TRY(pal_restore_of(e, &lifted, d));
	for (size_t i = 0; i < lifted.count; i++)
		for (size_t j = 0; j < t->quarantines.count; j++) {
			struct pal_quarantine *q = pal_list_at(&t->quarantines, j);

			if (q->lifted_by == NULL && strcmp(q->id, *(const char **)pal_list_at(&lifted, i)) == 0 &&
			    is_subject(&e->statement, q->digest))
				q->lifted_by = e->id;
		}
	return PAL_OK;
}

enum pal_err
pal_taint_take(struct pal_taint *t, const struct pal_evidence *e, struct pal_diag *d)
{
	struct pal_quarantine  q = { 0 };
	struct pal_quarantine *place = NULL;

	if (strcmp(e->statement.type, PAL_TYPE_RESTORE) == 0)
		return take_restore(t, e, d);
	if (strcmp(e->statement.type, PAL_TYPE_QUARANTINE) != 0)
		return PAL_OK;
	PAL_TRY(pal_quarantine_of(e, t->lineage->arena, &q, d));
	place = pal_list_add(&t->quarantines);
	if (place == NULL || pal_lineage_add(t->lineage, q.digest, q.name, NULL) == PAL_NO_NODE)
		return pal_fail(d, pal_arena_err(t->lineage->arena), 0, "quarantines");
	*place = q;
	return PAL_OK;
}

enum pal_err
pal_taint_load(struct pal_workspace *ws, struct pal_lineage *l, struct pal_taint *ret_taint, struct pal_diag *d)
{
	static const char *const types[] = { PAL_TYPE_QUARANTINE, PAL_TYPE_RESTORE, NULL };
	struct pal_list          evidence = pal_list_of(l->arena, sizeof(struct pal_evidence));
	struct pal_taint         t = pal_taint_of(l);

	PAL_TRY(pal_evidence_each(ws, types, &evidence, d));
	for (size_t i = 0; i < evidence.count; i++) {
		const struct pal_evidence *e = pal_list_at(&evidence, i);
		enum pal_err               err = pal_taint_take(&t, e, d);

		/* Signed by one of ours and yet broken: it may have been meant to stop something. */
		if (err != PAL_OK)
			return pal_fail_in(d, err, e->id);
	}
	*ret_taint = t;
	return PAL_OK;
}

void
pal_taint_why(const struct pal_taint *t, const char *digest, struct pal_list *causes)
{
	size_t to = pal_lineage_find(t->lineage, digest);

	for (size_t i = 0; i < t->quarantines.count && to != PAL_NO_NODE; i++) {
		const struct pal_quarantine *q = pal_list_at(&t->quarantines, i);
		struct pal_list              path = pal_list_of(causes->arena, sizeof(size_t));
		struct pal_taint_cause      *c = NULL;

		if (q->lifted_by != NULL)
			continue;
		pal_lineage_path(t->lineage, pal_lineage_find(t->lineage, q->digest), to, &path);
		if (path.count == 0)
			continue;
		c = pal_list_add(causes);
		if (c == NULL)
			return;
		*c = (struct pal_taint_cause){ .quarantine = q, .path = path.items, .path_count = path.count };
	}
}

bool
pal_tainted(const struct pal_taint *t, const char *digest)
{
	size_t          to = pal_lineage_find(t->lineage, digest);
	PAL_AUTO_ARENA  a;
	struct pal_list up;

	pal_arena_init(&a, SIZE_MAX);
	if (to == PAL_NO_NODE)
		return false;
	up = pal_list_of(&a, sizeof(size_t));
	pal_lineage_reach(t->lineage, to, PAL_UP, &up);
	for (size_t i = 0; i < up.count; i++)
		for (size_t j = 0; j < t->quarantines.count; j++) {
			const struct pal_quarantine *q = pal_list_at(&t->quarantines, j);
			size_t                       at = *(size_t *)pal_list_at(&up, i);

			if (q->lifted_by == NULL && strcmp(q->digest, pal_lineage_at(t->lineage, at)->digest) == 0)
				return true;
		}
	/* A walk that memory cut short proves nothing: tainted, to be on the safe side. */
	return pal_arena_err(&a) != PAL_OK || pal_arena_err(t->lineage->arena) != PAL_OK;
}

static void
add_node(const struct pal_lineage_node *n, struct pal_buf *out)
{
	if (n->name != NULL)
		pal_buf_add_text(out, n->name);
	else
		pal_buf_printf(out, "sha256:%.12s", n->digest);
}

void
pal_taint_add_text(const struct pal_taint *t, const struct pal_taint_cause *c, struct pal_buf *out)
{
	const struct pal_quarantine *q = c->quarantine;
	char                         time[PAL_TIME_TEXT] = "";

	pal_time_format(q->time_ms, time);
	add_node(pal_lineage_at(t->lineage, c->path[0]), out);
	pal_buf_printf(out, " is in quarantine since %s by %s: %s", time, q->by, q->reason);
	if (c->path_count < 2)
		return;
	pal_buf_add_text(out, "; path: ");
	for (size_t i = 0; i < c->path_count; i++) {
		pal_buf_add_text(out, i == 0 ? "" : " -> ");
		add_node(pal_lineage_at(t->lineage, c->path[i]), out);
	}
}

static enum pal_err
vet_said(const struct pal_quarantine *q, const char *what, struct pal_diag *d)
{
	if (!pal_store_is_digest(q->digest))
		return pal_fail(d, PAL_EUSAGE, 0, "%s: a digest in 64 hex digits expected", what);
	if (q->reason == NULL || pal_view_trim(pal_view_of(q->reason)).len == 0)
		return pal_fail(d, PAL_EUSAGE, 0, "%s: a reason is required", what);
	return PAL_OK;
}

enum pal_err
pal_quarantine(struct pal_workspace *ws, const struct pal_quarantine *q, const struct pal_key *key,
	       char ret_id[PAL_ID_TEXT], struct pal_diag *d)
{
	PAL_AUTO_BUF           predicate = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&predicate, 0);
	struct pal_resource    subject = { .name = q->name, .digest = q->digest };
	struct pal_statement   s = { .type = PAL_TYPE_QUARANTINE, .subjects = &subject, .subject_count = 1 };

	PAL_TRY(vet_said(q, "quarantine", d));
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "by", q->by == NULL ? "unnamed" : q->by);
	pal_json_put_text(&w, "reason", q->reason);
	pal_json_end(&w, '}');
	s.predicate = pal_buf_text(&predicate);
	s.time_ms = q->time_ms;
	return pal_evidence_add(ws, &s, key, ret_id, d);
}

static enum pal_err
fail_restore(const struct pal_taint *t, const struct pal_quarantine *q, struct pal_diag *d)
{
	PAL_AUTO_BUF    why = pal_buf_of(0);
	struct pal_list causes = pal_list_of(t->lineage->arena, sizeof(struct pal_taint_cause));

	pal_taint_why(t, q->digest, &causes);
	if (causes.count == 0)
		return pal_fail(d, PAL_EUSAGE, 0, "%s is not in quarantine", q->name == NULL ? q->digest : q->name);
	pal_taint_add_text(t, pal_list_at(&causes, 0), &why);
	return pal_fail(d, PAL_EUSAGE, 0, "%s is not in quarantine itself: %s; restore that one",
			q->name == NULL ? q->digest : q->name, pal_buf_text(&why));
}

static enum pal_err
write_restore(const struct pal_taint *t, const struct pal_quarantine *q, struct pal_buf *out, struct pal_diag *d)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);
	size_t                 count = 0;

	pal_json_begin(&w, NULL, '{');
	pal_json_begin(&w, "lifts", '[');
	for (size_t i = 0; i < t->quarantines.count; i++) {
		const struct pal_quarantine *one = pal_list_at(&t->quarantines, i);

		if (one->lifted_by != NULL || strcmp(one->digest, q->digest) != 0 ||
		    (q->id != NULL && strcmp(one->id, q->id) != 0))
			continue;
		pal_json_put_text(&w, NULL, one->id);
		count++;
	}
	pal_json_end(&w, ']');
	pal_json_put_text(&w, "by", q->by == NULL ? "unnamed" : q->by);
	pal_json_put_text(&w, "reason", q->reason);
	pal_json_end(&w, '}');
	return count > 0 ? pal_buf_err(out) : fail_restore(t, q, d);
}

enum pal_err
pal_restore(struct pal_workspace *ws, const struct pal_quarantine *q, const struct pal_key *key,
	    char ret_id[PAL_ID_TEXT], struct pal_diag *d)
{
	PAL_AUTO_ARENA       a;
	PAL_AUTO_BUF         predicate = pal_buf_of(0);
	struct pal_lineage   l;
	struct pal_taint     t = { 0 };
	struct pal_resource  subject = { .name = q->name, .digest = q->digest };
	struct pal_statement s = { .type = PAL_TYPE_RESTORE, .subjects = &subject, .subject_count = 1 };

	pal_arena_init(&a, SIZE_MAX);
	PAL_TRY(vet_said(q, "restore", d));
	l = pal_lineage_of(&a);
	PAL_TRY(pal_lineage_load(ws, &l, d));
	PAL_TRY(pal_taint_load(ws, &l, &t, d));
	PAL_TRY(write_restore(&t, q, &predicate, d));
	s.predicate = pal_buf_text(&predicate);
	s.time_ms = q->time_ms;
	return pal_evidence_add(ws, &s, key, ret_id, d);
}
