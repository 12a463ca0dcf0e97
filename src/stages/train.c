/* train.c - the controls over training: only what was admitted went in, and what came out is tied to it. */
#include <string.h>

#include "controls.h"
#include "palisade/digest.h"

/* What was read by a run, and when. */
struct reading {
	const struct pal_step_decl *step;
	const struct pal_evidence  *run;
	struct pal_provenance       p;
};

static enum pal_stage
gate_of(const struct pal_fact *in)
{
	switch (in->decl->kind) {
	case PAL_ARTIFACT_DATASET:
		return PAL_COLLECT;
	case PAL_ARTIFACT_MODEL:
		return PAL_TRAIN;
	case PAL_ARTIFACT_OUTPUT:
	case PAL_ARTIFACT_VALIDATION:
	case PAL_ARTIFACT_DEPENDENCY:
	case PAL_ARTIFACT_IMAGE:
	case PAL_ARTIFACT_DEPLOYMENT:
		break;
	}
	return PAL_PREPARE;
}

/* An admission under another policy counts only while the gate, as it is now, is open to the input, too. */
static const struct pal_report_row *
closed_now(struct pal_check *c, const struct pal_fact *in, const struct pal_evidence *admitted)
{
	struct pal_vsa    v = { 0 };
	struct pal_digest policy = { 0 };
	char              hex[PAL_DIGEST_TEXT] = "";

	if (pal_policy_digest(&c->o.pipeline->policy, &policy) == PAL_OK)
		pal_digest_hex(&policy, hex);
	if (pal_vsa_of(&admitted->statement, c->arena, &v, NULL) == PAL_OK && v.policy.digest != NULL &&
	    strcmp(v.policy.digest, hex) == 0)
		return NULL;
	return pal_check_closed(c, gate_of(in), in->decl->name);
}

/* An input must have passed the gate of the stage that it comes from, under its own name, before the run began. */
static struct pal_answer
vet_input(struct pal_check *c, const struct reading *r, size_t i)
{
	const struct pal_fact       *in = pal_fact_of(c, r->step->input_artifacts[i]);
	const char                  *name = r->step->inputs.items[i];
	struct pal_moment            begin = { r->run->index, r->p.started_ms };
	const struct pal_evidence   *admitted = NULL;
	const struct pal_report_row *row = NULL;

	if (in == NULL || in->digest == NULL)
		return pal_refuse(c, r->run->id, "input %s cannot be read: %s", name,
				  in == NULL || in->trouble == NULL ? "unknown" : in->trouble);
	if (in->taint != NULL)
		return pal_refuse(c, r->run->id, "input %s: %s", name, in->taint);
	if (!pal_run_read(&r->p, "input", name, in->digest))
		return pal_refuse(c, r->run->id, "the run of %s read other bytes than the declared input %s has now",
				  r->step->name, name);
	admitted = pal_decided(c, gate_of(in), in, begin);
	if (admitted == NULL)
		return pal_refuse(c, r->run->id,
				  "input %s had not passed the gate of %s when %s began; run: palisade run", name,
				  pal_stage_names[gate_of(in)], r->step->name);
	row = closed_now(c, in, admitted);
	if (row != NULL)
		return pal_refuse(c, admitted->id, "input %s was admitted under another policy; now %s: %s", name,
				  row->control, row->reason);
	return pal_pass(c, admitted->id, "admitted");
}

static struct reading
reading_of(struct pal_check *c, const struct pal_fact *f)
{
	struct reading r = { 0 };

	if (f->decl->made_by == PAL_NONE)
		return r;
	r.step = &c->o.pipeline->steps[f->decl->made_by];
	r.run = pal_stage_provenance(c, r.step, f->digest, &r.p);
	return r;
}

/* What the inputs were made of must have been admitted, too, each before the step that read it. */
static struct pal_answer
vet_run(struct pal_check *c, const struct pal_fact *f, struct pal_list *todo)
{
	struct reading r = reading_of(c, f);

	if (r.run == NULL)
		return pal_refuse(c, NULL, "there is no record of the run that made %s, so its inputs are not known",
				  f->decl->name);
	for (size_t i = 0; i < r.step->inputs.count; i++) {
		const struct pal_fact  *in = pal_fact_of(c, r.step->input_artifacts[i]);
		struct pal_answer       a = vet_input(c, &r, i);
		const struct pal_fact **next = NULL;

		if (a.verdict != PAL_PASS)
			return a;
		if (in->decl->made_by == PAL_NONE)
			continue;
		next = pal_list_add(todo);
		if (next == NULL)
			return pal_refuse(c, NULL, "no memory to follow its inputs");
		*next = in;
	}
	return pal_pass(c, r.run->id,
			"all %zu inputs, and what they were made of, had been admitted when they were read",
			r.step->inputs.count);
}

struct pal_answer
train_inputs(struct pal_check *c, const struct pal_fact *f)
{
	struct pal_list   todo = pal_list_of(c->arena, sizeof(struct pal_fact *));
	struct pal_answer first = vet_run(c, f, &todo);

	/* Steps make no cycle, so this ends; what two steps read is vetted twice. */
	for (size_t i = 0; first.verdict == PAL_PASS && i < todo.count; i++) {
		struct pal_answer a = vet_run(c, *(const struct pal_fact **)pal_list_at(&todo, i), &todo);

		if (a.verdict != PAL_PASS)
			return a;
	}
	return first;
}

struct pal_answer
train_provenance(struct pal_check *c, const struct pal_fact *f)
{
	return pal_made_by_step(c, f);
}
