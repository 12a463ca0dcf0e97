/* validate.c - the controls over evaluations: from two owners that agree, and good enough. */
#include <math.h>
#include <string.h>

#include "controls.h"

#define POLICY(c) (&(c)->o.pipeline->policy)

/* The evaluations of one model that are on record for the bytes that are there. */
struct evaluated {
	const struct pal_validation_decl *decl;
	const struct pal_evidence        *evidence;
	struct pal_evaluation             e;
};

struct evaluations {
	struct evaluated *all;
	size_t            count;
	const char       *wrong; /* about a declared one that does not count; NULL: none */
};

/* A run of the declared command made the table, of this model and these data. */
static const char *
untied_run(struct pal_check *c, const struct pal_validation_decl *v)
{
	struct pal_step_decl       like = { .name = v->name, .command = v->command };
	const char                *parameters = pal_step_parameters(&like, c->arena);
	struct pal_provenance      p = { 0 };
	const struct pal_evidence *run = pal_stage_provenance(c, &like, pal_fact_of(c, v->artifact)->digest, &p);

	if (run == NULL)
		return "no recorded run made its predictions";
	if (!pal_run_read(&p, "input", v->model, pal_fact_of(c, v->model_artifact)->digest))
		return "its predictions were made by other bytes of the model";
	if (!pal_run_read(&p, "input", v->dataset, pal_fact_of(c, v->dataset_artifact)->digest))
		return "its predictions were made of other validation data";
	for (size_t i = 0; i < v->code.count; i++)
		if (!pal_run_read(&p, "code", v->code.items[i], pal_facts_file_digest(c, v->code.items[i])))
			return "its code has changed since it ran";
	if (parameters == NULL || strcmp(parameters, p.parameters) != 0)
		return "its command has changed since it ran";
	return NULL;
}

/* Somebody who may release has signed that the table is of this model. */
static const char *
untied_approval(struct pal_check *c, const struct pal_validation_decl *v)
{
	struct pal_texts            roles = POLICY(c)->roles.may[PAL_ACT_RELEASE];
	struct pal_approval_rule    rule = { .subject = pal_fact_of(c, v->artifact)->digest,
					     .purpose = pal_arena_printf(c->arena, "VAL-02:%.16s",
									 pal_fact_of(c, v->model_artifact)->digest),
					     .roles = roles.items,
					     .role_count = roles.count,
					     .need = 1,
					     .people = c->people,
					     .person_count = c->o.pipeline->people.count,
					     .now_ms = c->now_ms };
	struct pal_approval_verdict verdict = { 0 };

	if (rule.purpose != NULL && pal_approval_check(c->o.workspace, &rule, c->arena, &verdict, NULL) == PAL_OK &&
	    verdict.enough)
		return NULL;
	return pal_arena_printf(c->arena,
				"no command makes its predictions, and nobody has signed that they are of this model; "
				"palisade approve %s --for %s --as NAME --reason TEXT",
				v->name, rule.purpose == NULL ? "VAL-02" : rule.purpose);
}

const char *
pal_validation_untied(struct pal_check *c, const struct pal_validation_decl *v)
{
	const struct pal_fact *table = pal_fact_of(c, v->artifact), *data = pal_fact_of(c, v->dataset_artifact);
	const struct pal_fact *model = pal_fact_of(c, v->model_artifact);

	if (table == NULL || data == NULL || model == NULL)
		return "its model or data are not known";
	if (table->digest == NULL)
		return table->trouble == NULL ? "its predictions have not been made" : table->trouble;
	if (data->digest == NULL || model->digest == NULL)
		return "its model or data cannot be read";
	if (table->taint != NULL || data->taint != NULL)
		return table->taint != NULL ? table->taint : data->taint;
	if (strcmp(v->label, v->prediction) == 0)
		return "`label` and `prediction` are one column";
	return v->command.count > 0 ? untied_run(c, v) : untied_approval(c, v);
}

static const char *
why_missing(struct pal_check *c, const struct pal_validation_decl *v)
{
	const struct pal_fact *table = pal_fact_of(c, v->artifact);
	const char            *untied = pal_validation_untied(c, v);

	if (untied != NULL)
		return untied;
	if (table->trouble != NULL)
		return table->trouble;
	return "its predictions have not been measured for this model and data";
}

/* Every declared one of the model; one that does not count is named. */
static struct evaluations
evaluations(struct pal_check *c, const struct pal_fact *model)
{
	size_t             most = c->o.pipeline->validation.count;
	struct evaluations x = { .all = pal_arena_array(c->arena, most + 1, sizeof(*x.all)) };

	for (size_t i = 0; x.all != NULL && i < most; i++) {
		const struct pal_validation_decl *v = pal_validation_at(c->o.pipeline, i);
		struct evaluated                 *one = &x.all[x.count];

		if (pal_fact_of(c, v->model_artifact) != model)
			continue;
		one->decl = v;
		one->evidence = pal_validation_untied(c, v) == NULL ? pal_measure_evaluation(c, v, &one->e) : NULL;
		if (one->evidence != NULL)
			x.count++;
		else
			x.wrong = pal_arena_printf(c->arena, "evaluation %s does not count: %s; run: palisade run",
						   v->name, why_missing(c, v));
	}
	if (x.all == NULL)
		x.wrong = "no memory for its evaluations";
	return x;
}

static const struct pal_metric *
metric_named(const struct pal_evaluation *e, const char *name, const char *group)
{
	for (size_t i = 0; i < e->metric_count; i++)
		if (strcmp(e->metrics[i].name, name) == 0 && strcmp(e->metrics[i].group, group) == 0)
			return &e->metrics[i];
	return NULL;
}

struct gap {
	double                   most;
	const struct pal_metric *metric;  /* that differs most */
	const char              *missing; /* a metric that one of them lacks; NULL: none */
	size_t                   groups;  /* compared */
};

/* One metric, for everybody and by the subgroups that both have in numbers. */
static void
compare_metric(struct pal_check *c, const struct evaluated *x, const struct evaluated *y, const char *name,
	       struct gap *ret)
{
	uint64_t least = (uint64_t)pal_policy_int(POLICY(c), "VAL-01", "min_group");
	bool     whole = false;

	for (size_t i = 0; i < x->e.metric_count; i++) {
		const struct pal_metric *a = &x->e.metrics[i];
		const struct pal_metric *b = metric_named(&y->e, a->name, a->group);
		double                   gap = 0;

		if (strcmp(a->name, name) != 0 || b == NULL ||
		    (a->group[0] != '\0' && (a->count < least || b->count < least)))
			continue;
		gap = fabs(a->value - b->value);
		if (!isfinite(gap))
			continue; /* as if it were not there */
		whole = whole || a->group[0] == '\0';
		ret->groups += a->group[0] == '\0' ? 0 : 1;
		if (ret->metric == NULL || gap > ret->most) {
			ret->most = gap;
			ret->metric = a;
		}
	}
	if (!whole)
		ret->missing = name;
}

static struct gap
widest(struct pal_check *c, const struct evaluated *x, const struct evaluated *y)
{
	struct pal_texts names = pal_policy_list(POLICY(c), "VAL-01", "metrics");
	struct gap       g = { .missing = names.count == 0 ? "any metric" : NULL };

	for (size_t i = 0; i < names.count; i++)
		compare_metric(c, x, y, names.items[i], &g);
	return g;
}

static bool
same_owner(const struct evaluated *x, const struct evaluated *y)
{
	return pal_view_is_nocase(pal_view_trim(pal_view_of(x->decl->owner)), y->decl->owner);
}

static size_t
count_owners(const struct evaluations *x)
{
	size_t owners = 0;

	for (size_t i = 0; i < x->count; i++) {
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen = seen || same_owner(&x->all[i], &x->all[k]);
		owners += seen ? 0 : 1;
	}
	return owners;
}

/* What is wrong between two of them; NULL: they are two sources that agree. */
static const char *
disagree(struct pal_check *c, const struct evaluated *x, const struct evaluated *y, struct gap *ret)
{
	double limit = pal_policy_real(POLICY(c), "VAL-01", "max_difference");

	*ret = widest(c, x, y);
	if (!same_owner(x, y) && strcmp(x->e.data.digest, y->e.data.digest) == 0)
		return pal_arena_printf(c->arena, "%s and %s use the same validation data: that is one source, not two",
					x->decl->owner, y->decl->owner);
	if (ret->missing != NULL)
		return pal_arena_printf(c->arena, "%s was not measured by both %s and %s", ret->missing, x->decl->owner,
					y->decl->owner);
	if ((x->decl->group != NULL || y->decl->group != NULL) && ret->groups == 0)
		return pal_arena_printf(c->arena,
					"%s and %s have no subgroup in common that is large enough to compare",
					x->decl->owner, y->decl->owner);
	if (ret->metric != NULL && ret->most > limit)
		return pal_arena_printf(c->arena, "%s%s%s differs by %.3f between %s and %s, at most %.3f is allowed",
					ret->metric->name, ret->metric->group[0] == '\0' ? "" : " of group ",
					ret->metric->group, ret->most, x->decl->owner, y->decl->owner, limit);
	return NULL;
}

struct pal_answer
validate_two(struct pal_check *c, const struct pal_fact *f)
{
	struct evaluations x = evaluations(c, f);
	size_t             owners = 0, groups = 0, need = (size_t)pal_policy_int(POLICY(c), "VAL-01", "min_owners");
	double             worst = 0;

	if (x.wrong != NULL)
		return pal_refuse(c, NULL, "%s", x.wrong);
	owners = count_owners(&x);
	if (owners < need || x.count == 0)
		return pal_refuse(c, NULL,
				  "validation data of %zu owners, %zu are needed; declare another under `validation:`",
				  owners, need);
	for (size_t i = 0; i < x.count; i++)
		for (size_t k = i + 1; k < x.count; k++) {
			struct gap  g = { 0 };
			const char *wrong = disagree(c, &x.all[i], &x.all[k], &g);

			if (wrong != NULL)
				return pal_refuse(c, x.all[i].evidence->id, "%s", wrong);
			worst = fmax(worst, g.most);
			groups += g.groups;
		}
	return pal_pass(c, x.all[0].evidence->id, "%zu owners agree within %.3f, overall and by subgroup%s", owners,
			worst, groups == 0 ? " (none is declared)" : "");
}

/* One threshold against every evaluation; NULL when it is met by all. */
static const char *
falls_short(struct pal_check *c, const struct evaluations *x, const struct pal_pair *wanted)
{
	bool   low = strcmp(pal_policy_text(POLICY(c), "VAL-02", "bound"), "low") == 0;
	double least = pal_policy_pair_real(wanted);

	for (size_t i = 0; i < x->count; i++) {
		const struct pal_metric *m = metric_named(&x->all[i].e, wanted->key, "");

		if (m == NULL)
			return pal_arena_printf(c->arena, "%s was not measured on %s", wanted->key,
						x->all[i].decl->dataset);
		if (!((low ? m->low : m->value) >= least)) /* a value that is no number falls short, too */
			return pal_arena_printf(
			    c->arena, "%s on %s is %.3f (95 %%: %.3f to %.3f), %s must be at least %.3f", m->name,
			    x->all[i].decl->dataset, m->value, m->low, m->high, low ? "the low end" : "it", least);
	}
	return NULL;
}

struct pal_answer
validate_quality(struct pal_check *c, const struct pal_fact *f)
{
	struct pal_pairs         wanted = pal_policy_map(POLICY(c), "VAL-02", "thresholds");
	struct evaluations       x = { 0 };
	const struct pal_metric *m = NULL;

	if (wanted.count == 0)
		return pal_unknown(c, "the policy sets no thresholds; add VAL-02: {thresholds: {accuracy: 0.9}}");
	x = evaluations(c, f);
	if (x.wrong != NULL || x.count == 0)
		return pal_refuse(c, NULL, "%s",
				  x.wrong != NULL ? x.wrong : "no evaluation of it is declared under `validation:`");
	for (size_t i = 0; i < wanted.count; i++) {
		const char *wrong = falls_short(c, &x, &wanted.items[i]);

		if (wrong != NULL)
			return pal_refuse(c, x.all[0].evidence->id, "%s", wrong);
	}
	m = metric_named(&x.all[0].e, wanted.items[0].key, "");
	return pal_pass(c, x.all[0].evidence->id, "%s on %s is %.3f (95 %%: %.3f to %.3f); all thresholds are met",
			m->name, x.all[0].decl->dataset, m->value, m->low, m->high);
}
