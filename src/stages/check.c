/* check.c - the order of a check: resolve, inspect, relate, measure, judge stage by stage, record. */
#include "palisade/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controls.h"
#include "palisade/custom.h"
#include "palisade/file.h"
#include "palisade/key.h"

#define PAL_WHOLE    0u
#define PAL_OF(kind) (1u << PAL_ARTIFACT_##kind)

static const struct control_row {
	const char     *id;
	unsigned int    kinds; /* PAL_OF() bits; PAL_WHOLE: the stage as a whole */
	pal_control_fn *decide;
} rows[] = {
#define PAL_DECIDE(id, of, by) { id, of, by },
#include "controls.def"
#undef PAL_DECIDE
};

#define CLOCK_SKEW_MS (UINT64_C(5) * 60 * 1000)

#define ROWS (sizeof(rows) / sizeof(rows[0]))

PAL_PRINTF(4, 0)
static struct pal_answer
answer(struct pal_check *c, enum pal_verdict verdict, const char *evidence, const char *fmt, va_list ap)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return (struct pal_answer){ verdict, pal_arena_text(c->arena, pal_view_of(text)), evidence };
}

struct pal_answer
pal_pass(struct pal_check *c, const char *evidence, const char *fmt, ...)
{
	struct pal_answer a;
	va_list           ap;

	va_start(ap, fmt);
	a = answer(c, PAL_PASS, evidence, fmt, ap);
	va_end(ap);
	return a;
}

struct pal_answer
pal_refuse(struct pal_check *c, const char *evidence, const char *fmt, ...)
{
	struct pal_answer a;
	va_list           ap;

	va_start(ap, fmt);
	a = answer(c, PAL_FAIL, evidence, fmt, ap);
	va_end(ap);
	return a;
}

struct pal_answer
pal_unknown(struct pal_check *c, const char *fmt, ...)
{
	struct pal_answer a;
	va_list           ap;

	va_start(ap, fmt);
	a = answer(c, PAL_NOT_CHECKED, NULL, fmt, ap);
	va_end(ap);
	return a;
}

bool
pal_check_decides(const char *control)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].id, control) == 0)
			return true;
	return false;
}

struct pal_list
pal_stage_evidence(struct pal_check *c, const char *subject, const char *type)
{
	struct pal_list found = pal_list_of(c->arena, sizeof(struct pal_evidence));

	if (subject == NULL || pal_evidence_find(c->o.workspace, subject, type, &found, NULL) != PAL_OK)
		return pal_list_of(c->arena, sizeof(struct pal_evidence));
	return found;
}

static void
put_texts(struct pal_json_writer *w, const char *key, struct pal_texts texts)
{
	pal_json_begin(w, key, '[');
	for (size_t i = 0; i < texts.count; i++)
		pal_json_put_text(w, NULL, texts.items[i]);
	pal_json_end(w, ']');
}

const char *
pal_step_parameters(const struct pal_step_decl *s, struct pal_arena *a)
{
	PAL_AUTO_BUF           b = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&b, 0);

	pal_json_begin(&w, NULL, '{');
	put_texts(&w, "command", s->command);
	pal_json_begin(&w, "parameters", '{');
	for (size_t i = 0; i < s->parameters.count; i++)
		pal_json_put_text(&w, s->parameters.items[i].key, s->parameters.items[i].value);
	pal_json_end(&w, '}');
	put_texts(&w, "egress", s->egress);
	pal_json_end(&w, '}');
	return pal_buf_err(&b) == PAL_OK ? pal_arena_text(a, pal_buf_view(&b)) : NULL;
}

bool
pal_stage_is_about(const struct pal_evidence *e, const char *type, const char *digest)
{
	if (digest == NULL || strcmp(e->statement.type, type) != 0)
		return false;
	for (size_t i = 0; i < e->statement.subject_count; i++)
		if (e->statement.subjects[i].digest != NULL && strcmp(e->statement.subjects[i].digest, digest) == 0)
			return true;
	return false;
}

const struct pal_evidence *
pal_stage_provenance(struct pal_check *c, const struct pal_step_decl *step, const char *digest,
		     struct pal_provenance *ret)
{
	const char *job = pal_arena_printf(c->arena, "palisade:%s/%s", c->o.pipeline->name, step->name);

	for (size_t i = c->history.count; job != NULL && i > 0; i--) {
		const struct pal_evidence *e = pal_list_at(&c->history, i - 1);

		if (pal_stage_is_about(e, PAL_TYPE_PROVENANCE, digest) &&
		    pal_provenance_of(&e->statement, c->arena, ret, NULL) == PAL_OK &&
		    strcmp(ret->build_type, PAL_BUILD_TYPE) == 0 && ret->invocation != NULL &&
		    pal_view_starts(pal_view_of(ret->invocation), job) && ret->invocation[strlen(job)] == '#')
			return e;
	}
	return NULL;
}

/* The people of the pipeline with the ids of their keys; a key file that cannot be read leaves the person without one.
 */
static enum pal_err
load_people(struct pal_check *c, struct pal_diag *d)
{
	const struct pal_pipeline *p = c->o.pipeline;
	struct pal_person         *people = pal_arena_array(c->arena, p->people.count + 1, sizeof(*people));

	if (people == NULL)
		return pal_arena_err(c->arena);
	for (size_t i = 0; i < p->people.count; i++) {
		const struct pal_person_decl *one = pal_person_at(p, i);
		PAL_AUTO_KEY                  key = NULL;

		people[i] = (struct pal_person){ .name = one->name,
						 .roles = one->roles.items,
						 .role_count = one->roles.count,
						 .key_id = one->key.id };
		if (one->key.path == NULL)
			continue;
		if (pal_key_load_public(pal_pipeline_path(p, one->key.path, c->arena), &key, NULL) != PAL_OK)
			continue;
		people[i].key_id = pal_arena_text(c->arena, pal_view_of(pal_key_id(key)));
		PAL_TRY(pal_workspace_lend(c->o.workspace, key, d));
	}
	c->people = people;
	return pal_arena_err(c->arena);
}

static enum pal_err
find_approval(void *arg, const struct pal_exception_decl *e, const char *digest, struct pal_texts roles,
	      struct pal_arena *a, struct pal_exception_approval *ret_approval, struct pal_diag *d)
{
	struct pal_check           *c = arg;
	struct pal_approval_rule    rule = { .subject = digest,
					     .purpose = pal_exception_purpose(e, a),
					     .roles = roles.items,
					     .role_count = roles.count,
					     .need = 1,
					     .people = c->people,
					     .person_count = c->o.pipeline->people.count,
					     .now_ms = c->now_ms };
	struct pal_approval_verdict v = { 0 };

	PAL_TRY(pal_approval_check(c->o.workspace, &rule, a, &v, d));
	*ret_approval = (struct pal_exception_approval){ .approved = v.enough, .text = v.text };
	for (size_t i = 0; i < v.all.count; i++) {
		const struct pal_approval_one *one = pal_list_at(&v.all, i);

		if (one->why_not == NULL)
			ret_approval->by = one->by;
	}
	return PAL_OK;
}

static uint64_t
now_of_check(void *arg)
{
	return ((const struct pal_check *)arg)->now_ms;
}

static enum pal_err
judge_exceptions(struct pal_check *c, struct pal_diag *d)
{
	struct pal_clock            clock = { .now_ms = now_of_check, .arg = c };
	struct pal_exception_source source = { .find = find_approval, .arg = c };

	return pal_exceptions_judge(&c->o.pipeline->policy, &clock, &source, c->arena, &c->exceptions, d);
}

static void
add_result(struct pal_check *c, const char *control, const struct pal_fact *f, struct pal_answer a, bool firm)
{
	struct pal_control_result *r = pal_list_add(&c->results);

	if (r != NULL)
		*r = (struct pal_control_result){ .control = control,
						  .artifact = f == NULL ? NULL : f->decl->name,
						  .verdict = a.verdict,
						  .reason = a.reason,
						  .evidence = a.evidence,
						  .firm = firm };
}

static void
want(const struct pal_check *c, struct pal_list *todo, size_t artifact)
{
	size_t *place = artifact == PAL_NONE || c->wanted[artifact] ? NULL : pal_list_add(todo);

	if (place == NULL)
		return;
	*place = artifact;
	c->wanted[artifact] = true;
}

/* The artifact that is asked for, and everything that its gates ask about: what it serves, and what it is made of. */
static enum pal_err
choose_wanted(struct pal_check *c)
{
	const struct pal_pipeline *p = c->o.pipeline;
	struct pal_list            todo = pal_list_of(c->arena, sizeof(size_t));

	c->wanted = pal_arena_array(c->arena, p->artifact_count + 1, sizeof(*c->wanted));
	if (c->wanted == NULL)
		return pal_arena_err(c->arena);
	for (size_t i = 0; i < p->artifact_count; i++)
		if (c->o.artifact == NULL || strcmp(p->artifacts[i].name, c->o.artifact) == 0)
			want(c, &todo, i);
	for (size_t i = 0; i < todo.count; i++) {
		const struct pal_artifact_decl *decl = &p->artifacts[*(const size_t *)pal_list_at(&todo, i)];
		const struct pal_step_decl     *step = decl->made_by == PAL_NONE ? NULL : &p->steps[decl->made_by];

		want(c, &todo, decl->of);
		for (size_t k = 0; step != NULL && k < step->inputs.count; k++)
			want(c, &todo, step->input_artifacts[k]);
	}
	return pal_arena_err(c->arena);
}

static bool
is_wanted(const struct pal_check *c, size_t artifact)
{
	return c->wanted[artifact];
}

/* Absence is told by the first control that the policy enforces and that no exception waives, so that one line says it.
 */
static bool
speaks(const struct pal_check *c, const struct control_row *row, const struct pal_fact *f)
{
	const struct pal_exception_state *x = pal_exception_for(&c->exceptions, row->id, f->decl->name);

	return pal_policy_mode(&c->o.pipeline->policy, row->id) == PAL_ENFORCE && (x == NULL || !x->counts);
}

/* What is not there fails once; the other controls have nothing to look at. */
static struct pal_answer
absent(struct pal_check *c, const struct pal_fact *f, bool told)
{
	const struct pal_step_decl *step =
	    f->decl->made_by == PAL_NONE ? NULL : &c->o.pipeline->steps[f->decl->made_by];

	if (told)
		return pal_unknown(c, "there is nothing to look at");
	if (step != NULL && f->path != NULL && !pal_file_exists(f->path))
		return pal_refuse(c, NULL, "it has not been made yet; run: palisade run %s", step->name);
	return pal_refuse(c, NULL, "it cannot be read: %s", f->trouble == NULL ? "no path" : f->trouble);
}

/* Taint closes every gate that the artifact meets, whatever modes and exceptions say: the first control tells it. */
static void
judge_fact(struct pal_check *c, enum pal_stage stage, const struct pal_fact *f)
{
	bool told_taint = f->taint == NULL, told_absent = false;

	for (size_t i = 0; i < ROWS; i++) {
		const struct pal_control *control = pal_control_find(&c->o.pipeline->policy.controls, rows[i].id);
		struct pal_answer         a = { 0 };
		bool                      firm = !told_taint;

		if (control == NULL || control->stage != stage || (rows[i].kinds & (1u << f->decl->kind)) == 0)
			continue;
		if (firm) {
			a = pal_refuse(c, NULL, "%s; palisade restore lifts a quarantine", f->taint);
			told_taint = true;
		} else if (f->digest == NULL && f->decl->kind != PAL_ARTIFACT_VALIDATION) {
			a = absent(c, f, told_absent);
			told_absent = told_absent || speaks(c, &rows[i], f);
		} else {
			a = rows[i].decide(c, f);
		}
		add_result(c, rows[i].id, f, a, firm);
	}
}

static void
judge_whole(struct pal_check *c, enum pal_stage stage)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct pal_control *control = pal_control_find(&c->o.pipeline->policy.controls, rows[i].id);

		if (control != NULL && control->stage == stage && rows[i].kinds == PAL_WHOLE)
			add_result(c, rows[i].id, NULL, rows[i].decide(c, NULL), false);
	}
}

static enum pal_err
judge_custom(struct pal_check *c, enum pal_stage stage, struct pal_diag *d)
{
	const struct pal_policy *p = &c->o.pipeline->policy;

	/* These read rows, so the rows are made from the ledger again first. */
	if (p->custom.count > 0 && !c->rows_renewed)
		PAL_TRY(pal_evidence_reindex(c->o.workspace, NULL, d));
	c->rows_renewed = true;
	for (size_t i = 0; i < p->custom.count; i++) {
		const struct pal_custom_decl *one = &((const struct pal_custom_decl *)p->custom.items)[i];
		struct pal_control_result    *r = NULL;

		if (one->stage != stage)
			continue;
		r = pal_list_add(&c->results);
		if (r == NULL)
			return pal_arena_err(c->arena);
		PAL_TRY(pal_custom_run(one, pal_workspace_store(c->o.workspace), NULL, c->arena, r, d));
	}
	return PAL_OK;
}

static enum pal_err
judge_stage(struct pal_check *c, enum pal_stage stage, struct pal_diag *d)
{
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++)
		if (is_wanted(c, i))
			judge_fact(c, stage, &c->facts[i]);
	judge_whole(c, stage);
	PAL_TRY(judge_custom(c, stage, d));
	return pal_arena_err(c->arena);
}

/*
 * A later stage asks what the earlier ones say now, not what they once decided; so all of them up to the last one that
 * is asked for are judged, each before the next.
 */
static enum pal_err
judge(struct pal_check *c, struct pal_diag *d)
{
	struct pal_gate_input in = { .policy = &c->o.pipeline->policy,
				     .pipeline = c->o.pipeline->name,
				     .exceptions = &c->exceptions };

	for (unsigned int s = 0; s < PAL_STAGE_COUNT && c->o.stages >> s != 0; s++) {
		PAL_TRY(judge_stage(c, (enum pal_stage)s, d));
		in.results = c->results.items;
		in.result_count = c->results.count;
		in.stages |= PAL_STAGE_BIT(s);
		PAL_TRY(pal_gate_decide(&in, c->arena, &c->judged, d));
	}
	in.stages = c->o.stages;
	return pal_gate_decide(&in, c->arena, &c->decision, d);
}

/* What decides and what could close a gate is read from the ledger itself: a row of the store could hide it. */
static enum pal_err
load_history(struct pal_check *c, struct pal_diag *d)
{
	static const char *const types[] = { PAL_TYPE_VSA, PAL_TYPE_PROVENANCE, PAL_TYPE_RERUN, NULL };

	c->history = pal_list_of(c->arena, sizeof(struct pal_evidence));
	PAL_TRY(pal_evidence_each(c->o.workspace, types, &c->history, d));
	for (size_t i = 0; i < c->history.count; i++) {
		const struct pal_evidence *e = pal_list_at(&c->history, i);

		/* Set back, a clock would revive approvals and exceptions that have expired. */
		if (e->statement.time_ms > c->now_ms + CLOCK_SKEW_MS)
			return pal_fail(
			    d, PAL_EVERIFY, 0,
			    "the clock is behind evidence %.16s of the ledger by %llu minutes; set it right", e->id,
			    (unsigned long long)((e->statement.time_ms - c->now_ms) / 60000));
	}
	return PAL_OK;
}

static enum pal_err
run_all(struct pal_check *c, struct pal_diag *d)
{
	struct pal_scan_options o = { .rules_dir = c->o.rules_dir, .progress = c->o.progress };

	PAL_TRY(pal_scanner_new(&o, &c->scanner, d));
	PAL_TRY(load_people(c, d));
	PAL_TRY(load_history(c, d));
	PAL_TRY(pal_facts_resolve(c, d));
	PAL_TRY(pal_inspect(c, d));
	PAL_TRY(pal_facts_relate(c, d));
	PAL_TRY(pal_measure(c, d));
	PAL_TRY(pal_descent_measure(c, d));
	PAL_TRY(judge_exceptions(c, d));
	PAL_TRY(choose_wanted(c));
	PAL_TRY(judge(c, d));
	return c->o.dry ? PAL_OK : pal_decide(c, d);
}

enum pal_err
pal_check_run(const struct pal_check_options *o, struct pal_arena *a, struct pal_check *ret_check, struct pal_diag *d)
{
	struct pal_check c = { .o = *o, .arena = a, .now_ms = pal_workspace_now_ms(o->workspace) };
	enum pal_err     err = PAL_OK;

	c.results = pal_list_of(a, sizeof(struct pal_control_result));
	err = run_all(&c, d);
	if (err != PAL_OK) {
		pal_check_done(&c);
		return err;
	}
	*ret_check = c;
	ret_check->taint.lineage = &ret_check->lineage; /* it pointed into the copy */
	return PAL_OK;
}

void
pal_check_done(struct pal_check *c)
{
	pal_scanner_free(&c->scanner);
}
