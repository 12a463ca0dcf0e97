/* pipeline_resolve.c - every name in a palisade.yaml means one thing, and that thing is there. */
#include "pipeline_resolve.h"

#include <string.h>

#include "palisade/nearest.h"

#define KIND(kind) (1u << (kind))
#define READABLE                                                                             \
	(KIND(PAL_ARTIFACT_DATASET) | KIND(PAL_ARTIFACT_OUTPUT) | KIND(PAL_ARTIFACT_MODEL) | \
	 KIND(PAL_ARTIFACT_DEPENDENCY) | KIND(PAL_ARTIFACT_IMAGE))

/* Faults that nobody will see need no search for the nearest name. */
static bool
is_full(const struct pipeline_resolver *r)
{
	return r->f->list.count == PAL_YAML_FAULTS;
}

struct pipeline_name *
pipeline_add_name(struct pipeline_resolver *r, const char *name, const char *what, struct pal_mark mark)
{
	struct pipeline_name *n = NULL;
	void                **at = name == NULL ? NULL : pal_map_put(&r->names, pal_view_of(name));

	if (at == NULL)
		return NULL;
	if (*at != NULL) {
		const struct pipeline_name *first = *at;

		/* Twice in one list has been said by the reader. */
		if (strcmp(first->what, what) != 0)
			pal_yaml_fault(r->f, mark, "name \"%s\" of %s is already that of %s in line %u", name, what,
				       first->what, first->mark.line);
		return NULL;
	}
	n = pal_arena_array(r->a, 1, sizeof(*n));
	if (n != NULL)
		*n = (struct pipeline_name){ .mark = mark, .what = what, .artifact = PAL_NONE, .step = PAL_NONE };
	*at = n;
	return n;
}

static size_t
add_artifact(struct pipeline_resolver *r, const struct pal_artifact_decl *one, const char *what)
{
	struct pipeline_name     *n = pipeline_add_name(r, one->name, what, one->mark);
	struct pal_artifact_decl *a = n == NULL ? NULL : pal_list_add(&r->artifacts);

	if (a == NULL)
		return PAL_NONE;
	*a = *one;
	n->artifact = r->artifacts.count - 1;
	return n->artifact;
}

size_t
pipeline_need_artifact(struct pipeline_resolver *r, const char *key, const char *name, struct pal_mark mark,
		       unsigned int kinds)
{
	struct pal_nearest          near = pal_nearest_of(pal_view_of(name));
	const struct pipeline_name *n = name == NULL ? NULL : pal_map_get(&r->names, pal_view_of(name));

	if (name == NULL)
		return PAL_NONE;
	if (n != NULL && n->artifact != PAL_NONE) {
		const struct pal_artifact_decl *a = pal_list_at(&r->artifacts, n->artifact);

		if ((kinds & KIND(a->kind)) != 0)
			return n->artifact;
	}
	if (n != NULL) {
		pal_yaml_fault(r->f, mark, "%s: \"%s\" is %s, which cannot stand here", key, name, n->what);
		return PAL_NONE;
	}
	for (size_t i = 0; i < r->artifacts.count && !is_full(r); i++) {
		const struct pal_artifact_decl *a = pal_list_at(&r->artifacts, i);

		if ((kinds & KIND(a->kind)) != 0)
			pal_nearest_try(&near, a->name);
	}
	if (near.best != NULL)
		pal_yaml_fault(r->f, mark, "%s: nothing is named \"%.64s\"; did you mean \"%s\"?", key, name,
			       near.best);
	else
		pal_yaml_fault(r->f, mark, "%s: nothing is named \"%.64s\"; declare it first", key, name);
	return PAL_NONE;
}

static void
need_signer(struct pipeline_resolver *r, const char *key, const char *name, struct pal_mark mark)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(name));

	if (name == NULL || pal_signer_find(r->p, name) != PAL_NONE)
		return;
	for (size_t i = 0; i < r->p->signers.count && !is_full(r); i++)
		if (pal_signer_at(r->p, i)->name != NULL)
			pal_nearest_try(&near, pal_signer_at(r->p, i)->name);
	if (near.best != NULL)
		pal_yaml_fault(r->f, mark, "%s: no signer is named \"%.64s\"; did you mean \"%s\"?", key, name,
			       near.best);
	else
		pal_yaml_fault(r->f, mark, "%s: no signer is named \"%.64s\"; declare it under signers", key, name);
}

static bool
is_key_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n == 64 && text[n] == '\0';
}

static struct pal_key_decl
key_of(const char *text, struct pal_mark mark)
{
	if (text == NULL)
		return (struct pal_key_decl){ 0 };
	if (is_key_id(text))
		return (struct pal_key_decl){ .id = text, .mark = mark };
	return (struct pal_key_decl){ .path = text, .mark = mark };
}

/* A role that may do nothing is a slip of the pen: the approver would count for nobody, silently. */
static void
check_role(struct pipeline_resolver *r, const char *role, struct pal_mark mark)
{
	const struct pal_policy *policy = &r->p->policy;
	struct pal_nearest       near = pal_nearest_of(pal_view_of(role));

	for (unsigned int act = 0; act < PAL_ACT_COUNT; act++) {
		if (pal_policy_may(policy, (enum pal_action)act, role))
			return;
		for (size_t i = 0; i < policy->roles.may[act].count; i++)
			pal_nearest_try(&near, policy->roles.may[act].items[i]);
	}
	if (near.best != NULL)
		pal_yaml_fault(r->f, mark, "roles: \"%.64s\" may do nothing; did you mean \"%s\"?", role, near.best);
	else
		pal_yaml_fault(r->f, mark, "roles: \"%.64s\" may do nothing; give it an action under roles", role);
}

static void
resolve_people(struct pipeline_resolver *r)
{
	struct pal_person_decl *all = r->p->people.items;
	struct pal_signer_decl *signers = r->p->signers.items;
	struct pal_map          seen = pal_map_of(r->a);

	for (size_t i = 0; i < r->p->people.count; i++) {
		void **at = all[i].key_text == NULL ? NULL : pal_map_put(&seen, pal_view_of(all[i].key_text));

		all[i].key = key_of(all[i].key_text, all[i].key_mark);
		for (size_t role = 0; role < all[i].roles.count; role++)
			check_role(r, all[i].roles.items[role], all[i].roles.marks[role]);
		if (at == NULL)
			continue;
		/* Two names with one key would make two approvals out of one person. */
		if (*at != NULL)
			pal_yaml_fault(r->f, all[i].key_mark, "key: this is already the key of the person in line %u",
				       ((const struct pal_person_decl *)*at)->mark.line);
		else
			*at = &all[i];
	}
	for (size_t i = 0; i < r->p->signers.count; i++)
		signers[i].key = key_of(signers[i].key_text, signers[i].key_mark);
	for (size_t i = 0; i < r->p->policy.trusted.signers.count; i++)
		need_signer(r, "signers", r->p->policy.trusted.signers.items[i], r->p->policy.trusted.signers.marks[i]);
}

static void
add_datasets(struct pipeline_resolver *r)
{
	struct pal_dataset_decl *all = r->p->datasets.items;

	for (size_t i = 0; i < r->p->datasets.count; i++) {
		struct pal_dataset_decl *one = &all[i];

		one->labelled = one->label_mark.line > 0;
		one->artifact = add_artifact(r,
					     &(struct pal_artifact_decl){ .name = one->name,
									  .kind = PAL_ARTIFACT_DATASET,
									  .path = one->path,
									  .mark = one->mark,
									  .path_mark = one->path_mark,
									  .stage = PAL_COLLECT,
									  .made_by = PAL_NONE,
									  .of = PAL_NONE,
									  .decl = i },
					     "a dataset");
		if (one->signature.mark.line == 0 || one->signature.signer == NULL)
			continue;
		need_signer(r, "signer", one->signature.signer, one->signature.signer_mark);
		one->signature.signers = (struct pal_texts){ &one->signature.signer, &one->signature.signer_mark, 1 };
	}
}

static void
add_models(struct pipeline_resolver *r)
{
	struct pal_model_decl *all = r->p->models.items;

	for (size_t i = 0; i < r->p->models.count; i++) {
		struct pal_model_decl *one = &all[i];

		one->artifact = add_artifact(r,
					     &(struct pal_artifact_decl){ .name = one->name,
									  .kind = PAL_ARTIFACT_MODEL,
									  .path = one->path,
									  .version = one->version,
									  .mark = one->mark,
									  .path_mark = one->path_mark,
									  .stage = PAL_TRAIN,
									  .made_by = PAL_NONE,
									  .of = PAL_NONE,
									  .decl = i },
					     "a model");
		for (size_t s = 0; s < one->signature.signers.count; s++)
			need_signer(r, "signers", one->signature.signers.items[s], one->signature.signers.marks[s]);
		for (size_t b = 0; b < one->base.count; b++)
			need_signer(r, "signer", pal_base_at(one, b)->signer, pal_base_at(one, b)->signer_mark);
	}
}

static void
add_others(struct pipeline_resolver *r)
{
	struct pal_dependency_decl *deps = r->p->dependencies.items;
	struct pal_image_decl      *images = r->p->images.items;

	for (size_t i = 0; i < r->p->dependencies.count; i++)
		deps[i].artifact = add_artifact(r,
						&(struct pal_artifact_decl){ .name = deps[i].name,
									     .kind = PAL_ARTIFACT_DEPENDENCY,
									     .path = deps[i].path,
									     .mark = deps[i].mark,
									     .path_mark = deps[i].path_mark,
									     .stage = PAL_RELEASE,
									     .made_by = PAL_NONE,
									     .of = PAL_NONE,
									     .decl = i },
						"a dependency file");
	for (size_t i = 0; i < r->p->images.count; i++)
		images[i].artifact = add_artifact(r,
						  &(struct pal_artifact_decl){ .name = images[i].name,
									       .kind = PAL_ARTIFACT_IMAGE,
									       .path = images[i].path,
									       .mark = images[i].mark,
									       .path_mark = images[i].path_mark,
									       .stage = PAL_RELEASE,
									       .made_by = PAL_NONE,
									       .of = PAL_NONE,
									       .decl = i },
						  "an image");
}

/* An output that bears the name of a declared model is that model; any other needs a path of its own. */
static void
add_output(struct pipeline_resolver *r, size_t step, struct pal_output_decl *out, size_t decl)
{
	const struct pipeline_name *n = out->name == NULL ? NULL : pal_map_get(&r->names, pal_view_of(out->name));
	struct pal_artifact_decl   *a = NULL;

	out->artifact = PAL_NONE;
	if (n != NULL && n->artifact != PAL_NONE) {
		a = pal_list_at(&r->artifacts, n->artifact);
		if (a->kind == PAL_ARTIFACT_OUTPUT || (a->kind == PAL_ARTIFACT_MODEL && a->made_by != PAL_NONE)) {
			if (a->made_by != step)
				pal_yaml_fault(r->f, out->mark, "\"%s\" is made by two steps, \"%s\" and \"%s\"",
					       out->name, r->steps[a->made_by].name, r->steps[step].name);
			return;
		}
	}
	if (a != NULL && a->kind == PAL_ARTIFACT_MODEL) {
		if (out->path != NULL && (a->path == NULL || strcmp(out->path, a->path) != 0))
			pal_yaml_fault(r->f, out->path_mark, "path: model \"%s\" is declared with its path in line %u",
				       out->name, a->mark.line);
		a->made_by = step;
		out->artifact = n->artifact;
		return;
	}
	if (out->name != NULL && out->path == NULL && n == NULL) {
		struct pal_nearest near = pal_nearest_of(pal_view_of(out->name));

		for (size_t i = 0; i < r->p->models.count && !is_full(r); i++)
			if (pal_model_at(r->p, i)->name != NULL)
				pal_nearest_try(&near, pal_model_at(r->p, i)->name);
		pal_yaml_fault(r->f, out->mark, "output \"%s\" is no declared model and has no path%s%s%s", out->name,
			       near.best != NULL ? "; did you mean \"" : "; write {name: ..., path: ...}",
			       near.best != NULL ? near.best : "", near.best != NULL ? "\"?" : "");
	}
	out->artifact = add_artifact(
	    r,
	    &(struct pal_artifact_decl){ .name = out->name,
					 .kind = PAL_ARTIFACT_OUTPUT,
					 .path = out->path,
					 .mark = out->mark,
					 .path_mark = out->path_mark,
					 .stage = r->steps[step].kind == PAL_STEP_TRAINING ? PAL_TRAIN : PAL_PREPARE,
					 .made_by = step,
					 .of = PAL_NONE,
					 .decl = decl },
	    "an output");
}

static void
add_steps(struct pipeline_resolver *r)
{
	struct pal_pipeline *p = r->p;
	size_t               n = p->transforms.count + p->training.count;

	if (n == 0)
		return;
	r->steps = pal_arena_array(r->a, n, sizeof(*r->steps));
	if (r->steps == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		bool                        first = i < p->transforms.count;
		const struct pal_step_decl *from = first ? p->transforms.items : p->training.items;
		struct pipeline_name       *name = NULL;

		r->steps[i] = from[first ? i : i - p->transforms.count];
		r->steps[i].kind = first ? PAL_STEP_TRANSFORM : PAL_STEP_TRAINING;
		name =
		    pipeline_add_name(r, r->steps[i].name, first ? "a transform" : "a training step", r->steps[i].mark);
		if (name != NULL)
			name->step = i;
	}
	p->steps = r->steps;
	p->step_count = n;
	for (size_t i = 0; i < n; i++)
		for (size_t o = 0; o < r->steps[i].outputs.count; o++)
			add_output(r, i, (struct pal_output_decl *)r->steps[i].outputs.items + o, o);
}

static void
resolve_inputs(struct pipeline_resolver *r)
{
	for (size_t i = 0; i < r->p->step_count && r->steps != NULL; i++) {
		struct pal_step_decl *s = &r->steps[i];
		size_t               *inputs = pal_arena_array(r->a, s->inputs.count, sizeof(*inputs));

		for (size_t n = 0; n < s->inputs.count && inputs != NULL; n++)
			inputs[n] =
			    pipeline_need_artifact(r, "inputs", s->inputs.items[n], s->inputs.marks[n], READABLE);
		s->input_artifacts = inputs;
	}
}

static void
resolve_validation(struct pipeline_resolver *r)
{
	struct pal_validation_decl *all = r->p->validation.items;
	const unsigned int          data = KIND(PAL_ARTIFACT_DATASET) | KIND(PAL_ARTIFACT_OUTPUT);

	for (size_t i = 0; i < r->p->validation.count; i++) {
		struct pal_validation_decl *v = &all[i];

		v->dataset_artifact = pipeline_need_artifact(r, "dataset", v->dataset, v->dataset_mark, data);
		v->model_artifact =
		    pipeline_need_artifact(r, "model", v->model, v->model_mark, KIND(PAL_ARTIFACT_MODEL));
		v->artifact = add_artifact(r,
					   &(struct pal_artifact_decl){ .name = v->name,
									.kind = PAL_ARTIFACT_VALIDATION,
									.path = v->predictions,
									.mark = v->mark,
									.path_mark = v->predictions_mark,
									.stage = PAL_VALIDATE,
									.made_by = PAL_NONE,
									.of = v->dataset_artifact,
									.decl = i },
					   "a validation set");
	}
}

static void
resolve_deployments(struct pipeline_resolver *r)
{
	struct pal_deployment_decl *all = r->p->deployments.items;

	for (size_t i = 0; i < r->p->deployments.count; i++) {
		struct pal_deployment_decl *one = &all[i];
		struct pal_view             text = pal_view_of(one->model);
		size_t                      sign = pal_view_find_byte(text, '@', 0);

		one->model_artifact = PAL_NONE;
		if (one->model != NULL) {
			one->model_name = pal_arena_text(r->a, pal_view_sub(text, 0, sign));
			if (sign != SIZE_MAX)
				one->model_version = pal_arena_text(r->a, pal_view_sub(text, sign + 1, SIZE_MAX));
			if (sign != SIZE_MAX && sign + 1 == text.len)
				pal_yaml_fault(r->f, one->model_mark, "model: a version is missing after \"@\"");
			one->model_artifact = pipeline_need_artifact(r, "model", one->model_name, one->model_mark,
								     KIND(PAL_ARTIFACT_MODEL));
		}
		one->artifact = add_artifact(r,
					     &(struct pal_artifact_decl){ .name = one->name,
									  .kind = PAL_ARTIFACT_DEPLOYMENT,
									  .version = one->model_version,
									  .mark = one->mark,
									  .stage = PAL_DEPLOY,
									  .made_by = PAL_NONE,
									  .of = one->model_artifact,
									  .decl = i },
					     "a deployment");
	}
}

/* Two artifacts at one place cannot both be what their digest says. Predictions may be an output, too. */
static void
check_places(struct pipeline_resolver *r)
{
	struct pal_map seen = pal_map_of(r->a);

	for (size_t i = 0; i < r->artifacts.count; i++) {
		const struct pal_artifact_decl *a = pal_list_at(&r->artifacts, i);
		void                          **at = a->path == NULL || a->kind == PAL_ARTIFACT_VALIDATION
							 ? NULL
							 : pal_map_put(&seen, pal_view_of(a->path));

		if (at == NULL)
			continue;
		if (*at != NULL)
			pal_yaml_fault(r->f, a->path_mark, "path: %s is already that of \"%s\" in line %u", a->path,
				       ((const struct pal_artifact_decl *)*at)->name,
				       ((const struct pal_artifact_decl *)*at)->mark.line);
		else
			*at = pal_list_at(&r->artifacts, i);
	}
}

static const char *
nearest_name(const struct pipeline_resolver *r, const char *name)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(name));

	for (size_t i = 0; i < r->artifacts.count; i++)
		pal_nearest_try(&near, ((const struct pal_artifact_decl *)pal_list_at(&r->artifacts, i))->name);
	for (size_t i = 0; i < r->p->step_count; i++)
		if (r->steps[i].name != NULL)
			pal_nearest_try(&near, r->steps[i].name);
	return near.best;
}

static void
check_exceptions(struct pipeline_resolver *r)
{
	const struct pal_exception_decl *all = r->p->policy.exceptions.items;

	for (size_t i = 0; i < r->p->policy.exceptions.count; i++) {
		const char *name = all[i].artifact, *near = NULL;

		if (name == NULL || pal_map_get(&r->names, pal_view_of(name)) != NULL ||
		    (r->p->name != NULL && strcmp(name, r->p->name) == 0))
			continue;
		near = is_full(r) ? NULL : nearest_name(r, name);
		pal_yaml_fault(r->f, all[i].artifact_mark, "artifact: nothing is named \"%.64s\"%s%s%s", name,
			       near != NULL ? "; did you mean \"" : "; name an artifact, a step or the pipeline",
			       near != NULL ? near : "", near != NULL ? "\"?" : "");
	}
}

void
pipeline_resolve(struct pal_pipeline *p, struct pal_yaml_faults *f)
{
	struct pipeline_resolver r = { .p = p, .f = f, .a = f->arena };

	r.names = pal_map_of(r.a);
	r.artifacts = pal_list_of(r.a, sizeof(struct pal_artifact_decl));
	resolve_people(&r);
	add_datasets(&r);
	add_models(&r);
	add_others(&r);
	add_steps(&r);
	resolve_inputs(&r);
	resolve_validation(&r);
	resolve_deployments(&r);
	check_places(&r);
	check_exceptions(&r);
	p->artifacts = r.artifacts.items;
	p->artifact_count = r.artifacts.count;
	pipeline_order_steps(&r);
}
