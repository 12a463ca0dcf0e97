/* decide.c - decisions as evidence: a SLSA Verification Summary for each artifact at each gate it has come to. */
#include <stdio.h>
#include <string.h>

#include "palisade/digest.h"
#include "stage.h"

#define VERIFIER    "https://palisade.dev/check"
#define INPUTS_MOST 200

const char *
pal_decision_uri(const struct pal_check *c, enum pal_stage stage, const char *artifact)
{
	return pal_arena_printf(c->arena, "palisade:%s/%s/%s", c->o.pipeline->name, pal_stage_names[stage], artifact);
}

static const char *
level_of(const struct pal_check *c, enum pal_stage stage)
{
	char *level = pal_arena_printf(c->arena, "PALISADE_%s", pal_stage_names[stage]);

	for (char *p = level; p != NULL && *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return level;
}

const struct pal_evidence *
pal_decided(struct pal_check *c, enum pal_stage stage, const struct pal_fact *f, struct pal_moment before)
{
	const char *gate = pal_decision_uri(c, stage, f->decl->name);

	for (size_t i = c->history.count; gate != NULL && i > 0; i--) {
		const struct pal_evidence *e = pal_list_at(&c->history, i - 1);
		struct pal_vsa             v = { 0 };

		if (e->index < before.index && e->statement.time_ms <= before.time_ms &&
		    pal_stage_is_about(e, PAL_TYPE_VSA, f->digest) &&
		    pal_vsa_of(&e->statement, c->arena, &v, NULL) == PAL_OK && strcmp(v.verifier, VERIFIER) == 0 &&
		    strcmp(v.resource_uri, gate) == 0)
			return v.passed ? e : NULL;
	}
	return NULL;
}

static bool
concerns(const struct pal_report_row *r, enum pal_stage stage, const char *artifact)
{
	return strcmp(r->stage, pal_stage_names[stage]) == 0 &&
	       (r->artifact == NULL || strcmp(r->artifact, artifact) == 0);
}

const struct pal_report_row *
pal_check_closed(const struct pal_check *c, enum pal_stage stage, const char *artifact)
{
	const struct pal_policy *p = &c->o.pipeline->policy;

	for (size_t i = 0; i < c->judged.row_count; i++) {
		const struct pal_report_row *r = &c->judged.rows[i];

		if (concerns(r, stage, artifact) &&
		    (r->verdict == PAL_FAIL || (r->verdict == PAL_NOT_CHECKED && p->not_checked_closes &&
						pal_policy_mode(p, r->control) == PAL_ENFORCE)))
			return r;
	}
	return NULL;
}

bool
pal_check_passed(const struct pal_check *c, enum pal_stage stage, const char *artifact)
{
	bool any = false;

	for (size_t i = 0; i < c->judged.row_count; i++) {
		const struct pal_report_row *r = &c->judged.rows[i];

		any = any || (concerns(r, stage, artifact) && r->artifact != NULL && r->verdict != PAL_NOT_CHECKED);
	}
	return any && pal_check_closed(c, stage, artifact) == NULL;
}

/* The evidence that the controls of this artifact at this stage have used. */
static void
inputs_of(const struct pal_check *c, enum pal_stage stage, const char *artifact, struct pal_vsa *v)
{
	struct pal_resource *r = pal_arena_array(c->arena, INPUTS_MOST, sizeof(*r));

	v->inputs = r;
	for (size_t i = 0; r != NULL && i < c->decision.row_count && v->input_count < INPUTS_MOST; i++) {
		const struct pal_report_row *row = &c->decision.rows[i];
		bool                         known = row->evidence == NULL;

		if (strcmp(row->stage, pal_stage_names[stage]) != 0 || row->artifact == NULL ||
		    strcmp(row->artifact, artifact) != 0)
			continue;
		for (size_t k = 0; k < v->input_count && !known; k++)
			known = strcmp(r[k].digest, row->evidence) == 0;
		if (!known)
			r[v->input_count++] = (struct pal_resource){ .name = row->control, .digest = row->evidence };
	}
}

static bool
same(const struct pal_vsa *a, const struct pal_vsa *b)
{
	if (a->passed != b->passed || strcmp(a->resource_uri, b->resource_uri) != 0 ||
	    a->input_count != b->input_count || a->policy.digest == NULL ||
	    strcmp(a->policy.digest, b->policy.digest) != 0)
		return false;
	for (size_t i = 0; i < a->input_count; i++)
		if (a->inputs[i].digest == NULL || b->inputs[i].digest == NULL ||
		    strcmp(a->inputs[i].digest, b->inputs[i].digest) != 0)
			return false;
	return true;
}

/* The last decision on this artifact at this gate, if it says just what v says. */
static const char *
on_record(struct pal_check *c, const char *digest, const struct pal_vsa *v)
{
	for (size_t i = c->history.count; i > 0; i--) {
		const struct pal_evidence *e = pal_list_at(&c->history, i - 1);
		struct pal_vsa             old = { 0 };

		if (pal_stage_is_about(e, PAL_TYPE_VSA, digest) &&
		    pal_vsa_of(&e->statement, c->arena, &old, NULL) == PAL_OK &&
		    strcmp(old.resource_uri, v->resource_uri) == 0)
			return same(&old, v) ? e->id : NULL;
	}
	return NULL;
}

/* The bytes that the decision is about. Of an evaluation they are the validation data: nothing else is judged there. */
static const char *
decided_digest(const struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_fact *data = NULL;

	if (f->decl->kind != PAL_ARTIFACT_VALIDATION)
		return f->digest;
	data = pal_fact_of(c, pal_validation_at(c->o.pipeline, f->decl->decl)->dataset_artifact);
	return data == NULL ? NULL : data->digest;
}

/* "risk@1.0.0": REL-08 finds there which bytes a version had. */
const char *
pal_stage_versioned(const struct pal_check *c, const struct pal_artifact_decl *decl)
{
	return decl->version == NULL ? decl->name : pal_arena_printf(c->arena, "%s@%s", decl->name, decl->version);
}

static enum pal_err
state(struct pal_check *c, struct pal_resource what, const struct pal_vsa *v, struct pal_list *statements)
{
	PAL_AUTO_BUF          predicate = pal_buf_of(0);
	struct pal_statement *s = pal_list_add(statements);
	struct pal_resource  *subject = pal_arena_array(c->arena, 1, sizeof(*subject));

	PAL_TRY(pal_vsa_write(v, &predicate));
	if (s == NULL || subject == NULL)
		return pal_arena_err(c->arena);
	*subject = what;
	*s = (struct pal_statement){ .type = PAL_TYPE_VSA,
				     .subjects = subject,
				     .subject_count = 1,
				     .predicate = pal_arena_text(c->arena, pal_buf_view(&predicate)),
				     .time_ms = c->now_ms };
	return pal_arena_err(c->arena);
}

static bool
was_decided(const struct pal_check *c, enum pal_stage stage, const char *artifact)
{
	for (size_t i = 0; i < c->decision.row_count; i++)
		if (strcmp(c->decision.rows[i].stage, pal_stage_names[stage]) == 0 &&
		    c->decision.rows[i].artifact != NULL && strcmp(c->decision.rows[i].artifact, artifact) == 0)
			return true;
	return false;
}

struct pending {
	enum pal_stage stage;
	size_t         statement; /* index, or SIZE_MAX when the decision is on record */
	const char    *id;
};

static enum pal_err
decide_one(struct pal_check *c, enum pal_stage stage, const struct pal_fact *f, const char *policy,
	   struct pal_list *statements, struct pal_list *pending)
{
	const char         *levels[1] = { level_of(c, stage) };
	struct pal_vsa      v = { .verifier = VERIFIER, .verifier_version = PALISADE_VERSION, .time_ms = c->now_ms };
	struct pal_resource what = { .name = pal_stage_versioned(c, f->decl), .digest = decided_digest(c, f) };
	struct pending     *one = NULL;

	if (what.digest == NULL || !was_decided(c, stage, f->decl->name))
		return PAL_OK;
	v.resource_uri = pal_decision_uri(c, stage, f->decl->name);
	v.policy = (struct pal_resource){ .uri = "palisade.yaml", .digest = policy };
	v.passed = pal_check_passed(c, stage, f->decl->name);
	v.levels = levels;
	v.level_count = v.passed ? 1 : 0;
	inputs_of(c, stage, f->decl->name, &v);
	PAL_TRY(pal_arena_err(c->arena));
	one = pal_list_add(pending);
	if (one == NULL)
		return pal_arena_err(c->arena);
	*one = (struct pending){ .stage = stage, .statement = SIZE_MAX, .id = on_record(c, what.digest, &v) };
	if (one->id != NULL)
		return PAL_OK;
	one->statement = statements->count;
	return state(c, what, &v, statements);
}

/* Each gate shows the last of its decisions; all of them are in the ledger. */
static enum pal_err
record(struct pal_check *c, const struct pal_list *statements, const struct pal_list *pending, struct pal_diag *d)
{
	char(*ids)[PAL_ID_TEXT] = NULL;

	if (statements->count > 0) {
		ids = pal_arena_array(c->arena, statements->count, sizeof(*ids));
		if (ids == NULL)
			return pal_arena_err(c->arena);
		PAL_TRY(pal_evidence_add_many(c->o.workspace, statements->items, statements->count, NULL, ids, d));
	}
	for (size_t i = 0; i < pending->count; i++) {
		const struct pending *p = pal_list_at(pending, i);

		c->decisions[p->stage] = p->statement == SIZE_MAX ? p->id : ids[p->statement];
	}
	for (size_t i = 0; i < c->decision.gate_count; i++) {
		enum pal_stage stage = PAL_COLLECT;

		if (pal_stage_of(c->decision.gates[i].stage, &stage))
			c->decision.gates[i].decision = c->decisions[stage];
	}
	return PAL_OK;
}

enum pal_err
pal_decide(struct pal_check *c, struct pal_diag *d)
{
	struct pal_list   statements = pal_list_of(c->arena, sizeof(struct pal_statement));
	struct pal_list   pending = pal_list_of(c->arena, sizeof(struct pending));
	struct pal_digest policy = { 0 };
	char              hex[PAL_DIGEST_TEXT];

	PAL_TRY(pal_policy_digest(&c->o.pipeline->policy, &policy));
	pal_digest_hex(&policy, hex);
	for (unsigned int s = 0; s < PAL_STAGE_COUNT; s++)
		for (size_t i = 0; (c->o.stages & PAL_STAGE_BIT(s)) != 0 && i < c->o.pipeline->artifact_count; i++)
			PAL_TRY(decide_one(c, (enum pal_stage)s, &c->facts[i], hex, &statements, &pending));
	return record(c, &statements, &pending, d);
}
