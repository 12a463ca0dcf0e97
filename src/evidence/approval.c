/* approval.c - why_not() is the whole of the judgement. */
#include "palisade/approval.h"

#include <string.h>

#include "fields.h"
#include "palisade/clock.h"

#define CLOCK_SKEW_MS (5u * 60 * 1000)

enum pal_err
pal_approval_write(const struct pal_approval *ap, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "purpose", ap->purpose);
	pal_json_put_text(&w, "by", ap->by);
	put_if(&w, "role", ap->role);
	pal_json_put_text(&w, "reason", ap->reason);
	put_time(&w, "approvedOn", ap->time_ms);
	put_time(&w, "expiresOn", ap->expires_ms);
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

enum pal_err
pal_approval_of(const struct pal_statement *s, struct pal_arena *a, struct pal_approval *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON       doc = NULL;
	struct fields       f = { 0 };
	struct pal_approval ap = { 0 };

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_APPROVAL, &doc, d));
	if (s->subject_count != 1)
		return pal_fail(d, PAL_EFORM, 0, "approval: one subject expected");
	f = fields_of(doc, "approval", a);
	ap.subject = s->subjects[0];
	ap.purpose = field_text(&f, "purpose");
	ap.by = field_text(&f, "by");
	ap.role = field_text_or(&f, "role", NULL);
	ap.reason = field_text(&f, "reason");
	ap.time_ms = field_time(&f, "approvedOn");
	ap.expires_ms = field_time(&f, "expiresOn");
	PAL_TRY(fields_err(&f, d));
	*ret = ap;
	return PAL_OK;
}

enum pal_err
pal_approval_add(struct pal_workspace *ws, const struct pal_approval *ap, const struct pal_key *key,
		 char ret_id[PAL_ID_TEXT], struct pal_diag *d)
{
	PAL_AUTO_BUF         predicate = pal_buf_of(0);
	struct pal_approval  timed = *ap;
	struct pal_statement s = { .type = PAL_TYPE_APPROVAL, .subjects = &ap->subject, .subject_count = 1 };

	if (ap->reason == NULL || pal_view_trim(pal_view_of(ap->reason)).len == 0)
		return pal_fail(d, PAL_EUSAGE, 0, "approval: a reason is required");
	if (timed.time_ms == 0)
		timed.time_ms = pal_workspace_now_ms(ws);
	PAL_TRY(pal_approval_write(&timed, &predicate));
	s.predicate = pal_buf_text(&predicate);
	s.time_ms = timed.time_ms;
	return pal_evidence_add(ws, &s, key, ret_id, d);
}

static const struct pal_person *
person_named(const struct pal_approval_rule *r, const char *name)
{
	for (size_t i = 0; i < r->person_count; i++)
		if (strcmp(r->people[i].name, name) == 0)
			return &r->people[i];
	return NULL;
}

static bool
holds(const struct pal_person *p, const char *role)
{
	for (size_t i = 0; i < p->role_count; i++)
		if (strcmp(p->roles[i], role) == 0)
			return true;
	return false;
}

static bool
may_approve(const struct pal_approval_rule *r, const struct pal_person *p, const char *role)
{
	if (r->role_count == 0)
		return role == NULL || holds(p, role);
	for (size_t i = 0; i < r->role_count; i++)
		if (holds(p, r->roles[i]) && (role == NULL || strcmp(role, r->roles[i]) == 0))
			return true;
	return false;
}

/* The submitter under another name is still the submitter: names and keys are both looked at. */
static bool
submitted(const struct pal_approval_rule *r, const struct pal_person *p)
{
	const struct pal_person *s = r->submitter == NULL ? NULL : person_named(r, r->submitter);

	if (r->submitter != NULL && pal_view_is_nocase(pal_view_trim(pal_view_of(r->submitter)), p->name))
		return true;
	return s != NULL && s->key_id != NULL && p->key_id != NULL && strcmp(s->key_id, p->key_id) == 0;
}

/* The same person twice, or two names with one key, are one. */
static bool
counted_already(const struct pal_list *all, const struct pal_person *p)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct pal_approval_one *one = pal_list_at(all, i);

		if (one->why_not == NULL && (strcmp(one->by, p->name) == 0 || strcmp(one->signer, p->key_id) == 0))
			return true;
	}
	return false;
}

static const char *
why_not_person(const struct pal_approval_rule *r, const struct pal_approval *ap, const struct pal_evidence *e,
	       struct pal_arena *a)
{
	const struct pal_person *p = person_named(r, ap->by);

	if (e->signer[0] == '\0')
		return "its signature is by no known key";
	if (p == NULL)
		return pal_arena_printf(a, "%s is not declared among the people", ap->by);
	if (p->key_id == NULL)
		return pal_arena_printf(a, "no key is declared for %s", ap->by);
	if (strcmp(p->key_id, e->signer) != 0)
		return pal_arena_printf(a, "it is signed with the key %.16s, which is not the one of %s", e->signer,
					ap->by);
	if (submitted(r, p))
		return pal_arena_printf(a, "%s submitted the artifact", ap->by);
	if (!may_approve(r, p, ap->role))
		return pal_arena_printf(a, "%s holds no role that may approve this", ap->by);
	return NULL;
}

static const char *
why_not(const struct pal_approval_rule *r, const struct pal_approval *ap, const struct pal_evidence *e,
	const struct pal_list *all)
{
	struct pal_arena *a = all->arena;
	const char       *why = NULL;
	char              time[PAL_TIME_TEXT] = "";

	if (ap->subject.digest == NULL || strcmp(ap->subject.digest, r->subject) != 0)
		return "it is about another artifact";
	if (r->purpose != NULL && strcmp(ap->purpose, r->purpose) != 0)
		return pal_arena_printf(a, "it is for %s", ap->purpose);
	why = why_not_person(r, ap, e, a);
	if (why != NULL)
		return why;
	if (ap->expires_ms != 0 && ap->expires_ms <= r->now_ms) {
		pal_time_format(ap->expires_ms, time);
		return pal_arena_printf(a, "it expired on %s", time);
	}
	if (ap->time_ms > r->now_ms + CLOCK_SKEW_MS)
		return "it is dated in the future";
	if (counted_already(all, person_named(r, ap->by)))
		return pal_arena_printf(a, "%s is counted already", ap->by);
	return NULL;
}

static void
judge_one(const struct pal_approval_rule *r, const struct pal_evidence *e, struct pal_approval_verdict *v)
{
	struct pal_approval      ap = { 0 };
	struct pal_approval_one *one = NULL;
	struct pal_approval_one  judged = { .evidence = e->id, .by = "unknown", .signer = e->signer };
	struct pal_diag          d = { 0 };

	if (pal_approval_of(&e->statement, v->all.arena, &ap, &d) != PAL_OK) {
		judged.why_not = pal_arena_text(v->all.arena, pal_view_of(d.text));
		judged.why_not = judged.why_not == NULL ? "it cannot be read" : judged.why_not;
	} else {
		judged.by = ap.by;
		judged.role = ap.role;
		judged.reason = ap.reason;
		judged.time_ms = ap.time_ms;
		judged.expires_ms = ap.expires_ms;
		judged.why_not = why_not(r, &ap, e, &v->all);
	}
	one = pal_list_add(&v->all);
	if (one == NULL)
		return;
	*one = judged;
	v->counted += judged.why_not == NULL ? 1 : 0;
}

static const char *
sentence(const struct pal_approval_rule *r, const struct pal_approval_verdict *v, struct pal_arena *a)
{
	PAL_AUTO_BUF text = pal_buf_of(0);
	const char  *before = ": ";

	pal_buf_printf(&text, "%u of %u approvals", v->counted, r->need);
	for (size_t i = 0; i < v->all.count; i++) {
		const struct pal_approval_one *one = pal_list_at(&v->all, i);

		if (one->why_not == NULL)
			pal_buf_printf(&text, "%s%s%s%s%s", before, one->by, one->role == NULL ? "" : " (",
				       one->role == NULL ? "" : one->role, one->role == NULL ? "" : ")");
		else
			pal_buf_printf(&text, "%sthe one of %s does not count: %s", before, one->by, one->why_not);
		before = "; ";
	}
	if (v->counted < r->need && r->role_count > 0) {
		pal_buf_printf(&text, "%sneeds someone with the role ", before);
		for (size_t i = 0; i < r->role_count; i++)
			pal_buf_printf(&text, "%s%s", i == 0 ? "" : " or ", r->roles[i]);
	}
	return pal_arena_text(a, pal_buf_view(&text));
}

enum pal_err
pal_approval_judge(const struct pal_approval_rule *rule, const struct pal_list *evidence, struct pal_arena *a,
		   struct pal_approval_verdict *ret, struct pal_diag *d)
{
	struct pal_approval_verdict v = { .all = pal_list_of(a, sizeof(struct pal_approval_one)) };

	for (size_t i = 0; i < evidence->count && pal_arena_err(a) == PAL_OK; i++)
		judge_one(rule, pal_list_at(evidence, i), &v);
	v.enough = v.counted >= rule->need;
	v.text = sentence(rule, &v, a);
	if (pal_arena_err(a) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "judging approvals");
	*ret = v;
	return PAL_OK;
}

enum pal_err
pal_approval_check(struct pal_workspace *ws, const struct pal_approval_rule *rule, struct pal_arena *a,
		   struct pal_approval_verdict *ret, struct pal_diag *d)
{
	struct pal_list evidence = pal_list_of(a, sizeof(struct pal_evidence));

	PAL_TRY(pal_evidence_claims(ws, rule->subject, PAL_TYPE_APPROVAL, &evidence, d));
	return pal_approval_judge(rule, &evidence, a, ret, d);
}
