/* measure.c - how much training and validation data overlap, and how good the predictions are: once for given bytes. */
#include <math.h>
#include <string.h>

#include "palisade/file.h"
#include "palisade/json.h"
#include "palisade/overlap.h"
#include "palisade/tally.h"
#include "stage.h"

#define RECORDS_MOST ((uint64_t)1 << 26)
#define METRICS_MOST 512

struct batch {
	struct pal_check *c;
	struct pal_list   statements; /* of struct pal_statement */
};

static enum pal_err
add(struct batch *b, const char *type, const struct pal_fact *const *subjects, size_t count,
    const struct pal_buf *predicate)
{
	struct pal_arena     *a = b->c->arena;
	struct pal_resource  *r = pal_arena_array(a, count, sizeof(*r));
	struct pal_statement *s = pal_list_add(&b->statements);

	PAL_TRY(pal_buf_err(predicate));
	if (r == NULL || s == NULL)
		return pal_arena_err(a);
	for (size_t i = 0; i < count; i++)
		r[i] = (struct pal_resource){ .name = subjects[i]->decl->name, .digest = subjects[i]->digest };
	*s = (struct pal_statement){ .type = type,
				     .subjects = r,
				     .subject_count = count,
				     .predicate = pal_arena_text(a, pal_buf_view(predicate)),
				     .time_ms = b->c->now_ms };
	return pal_arena_err(a);
}

bool
pal_measure_overlap(struct pal_check *c, const char *first, const char *second, struct pal_overlap_record *ret)
{
	struct pal_list found = pal_stage_evidence(c, second, PAL_TYPE_OVERLAP);

	for (size_t i = 0; i < found.count; i++) {
		const struct pal_evidence *e = pal_list_at(&found, i);
		PAL_AUTO_JSON              doc = NULL;

		if (e->statement.subject_count != 2 || strcmp(e->statement.subjects[0].digest, first) != 0 ||
		    strcmp(e->statement.subjects[1].digest, second) != 0 ||
		    pal_statement_predicate(&e->statement, PAL_TYPE_OVERLAP, &doc, NULL) != PAL_OK)
			continue;
		*ret = (struct pal_overlap_record){
			.evidence = e,
			.first = (uint64_t)json_integer_value(json_object_get(doc, "first")),
			.second = (uint64_t)json_integer_value(json_object_get(doc, "second")),
			.shared = (uint64_t)json_integer_value(json_object_get(doc, "shared")),
		};
		return true;
	}
	return false;
}

/* The file that was hashed, open; one that is another by now must not be measured in its name. */
static enum pal_err
open_hashed(const struct pal_fact *f, int *ret_fd, struct pal_file_id *ret_id, struct pal_diag *d)
{
	const struct pal_manifest_entry *e = pal_list_at(&f->manifest.entries, 0);

	PAL_TRY(pal_file_open(f->path, ret_fd, ret_id, d));
	if (!f->manifest.is_file || !pal_file_id_eq(ret_id, &e->id))
		return pal_fail(d, PAL_EVERIFY, 0, "%s is no file, or changed during the check; check again", f->path);
	return PAL_OK;
}

/* Opened again after it was read: is it still the same version? */
static enum pal_err
still_hashed(const struct pal_fact *f, struct pal_diag *d)
{
	PAL_AUTO_FD        fd = -1;
	struct pal_file_id id = { 0 };

	return open_hashed(f, &fd, &id, d);
}

/* Both are single files, or nothing is counted: which record of a folder is which is for its format to say. */
static enum pal_err
count_overlap(const struct pal_fact *first, const struct pal_fact *second, struct pal_overlap *ret)
{
	PAL_AUTO_FD        fd_first = -1;
	PAL_AUTO_FD        fd_second = -1;
	struct pal_file_id id[2];
	struct pal_input   in[2];
	enum pal_err       err = PAL_OK;

	PAL_TRY(open_hashed(first, &fd_first, &id[0], NULL));
	err = open_hashed(second, &fd_second, &id[1], NULL);
	if (err == PAL_OK) {
		in[0] = pal_input_of_fd(fd_first, id[0].size);
		in[1] = pal_input_of_fd(fd_second, id[1].size);
		err = pal_overlap(&in[0], &in[1], RECORDS_MOST, ret);
		pal_input_done(&in[0]);
		pal_input_done(&in[1]);
	}
	if (err == PAL_OK)
		err = still_hashed(first, NULL);
	return err == PAL_OK ? still_hashed(second, NULL) : err;
}

static enum pal_err
measure_pair(struct batch *b, const struct pal_fact *train, const struct pal_fact *valid)
{
	const struct pal_fact    *subjects[2] = { train, valid };
	struct pal_overlap_record known;
	struct pal_overlap        o = { 0 };
	PAL_AUTO_BUF              json = pal_buf_of(0);
	struct pal_json_writer    w = pal_json_writer_of(&json, 0);

	if (train == NULL || valid == NULL || train->digest == NULL || valid->digest == NULL ||
	    (!b->c->o.no_cache && pal_measure_overlap(b->c, train->digest, valid->digest, &known)))
		return PAL_OK;
	if (count_overlap(train, valid, &o) != PAL_OK)
		return PAL_OK; /* PRE-06 then finds no record, and says so */
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "unit", "records that are equal byte for byte");
	pal_json_put_u64(&w, "first", o.first);
	pal_json_put_u64(&w, "second", o.second);
	pal_json_put_u64(&w, "shared", o.shared);
	pal_json_put_u64(&w, "repeatedInFirst", o.repeated);
	pal_json_end(&w, '}');
	return add(b, PAL_TYPE_OVERLAP, subjects, 2, &json);
}

/* Who counted, and what: another column or another notion of positive is another evaluation. */
static const char *
evaluator(struct pal_check *c, const struct pal_validation_decl *v)
{
	return pal_arena_printf(c->arena, "palisade " PALISADE_VERSION " label=%s prediction=%s group=%s positive=%s",
				v->label, v->prediction, v->group == NULL ? "" : v->group,
				v->positive == NULL ? "" : v->positive);
}

const struct pal_evidence *
pal_measure_evaluation(struct pal_check *c, const struct pal_validation_decl *v, struct pal_evaluation *ret)
{
	const struct pal_fact *table = pal_fact_of(c, v->artifact), *model = pal_fact_of(c, v->model_artifact);
	const struct pal_fact *data = pal_fact_of(c, v->dataset_artifact);
	const char            *by = evaluator(c, v);
	struct pal_list        found = { 0 };

	if (by == NULL || table == NULL || model == NULL || data == NULL || table->digest == NULL ||
	    model->digest == NULL || data->digest == NULL)
		return NULL;
	found = pal_stage_evidence(c, table->digest, PAL_TYPE_EVALUATION);
	for (size_t i = 0; i < found.count; i++) {
		const struct pal_evidence *e = pal_list_at(&found, i);
		struct pal_evaluation      one = { 0 };

		if (e->statement.subject_count != 2 || e->statement.subjects[0].digest == NULL ||
		    strcmp(e->statement.subjects[0].digest, model->digest) != 0 ||
		    pal_evaluation_of(&e->statement, c->arena, &one, NULL) != PAL_OK || one.data.digest == NULL ||
		    strcmp(one.data.digest, data->digest) != 0 || strcmp(one.evaluator, by) != 0)
			continue;
		*ret = one;
		return e;
	}
	return NULL;
}

/* All metrics, for everybody and for each group. */
static enum pal_err
metrics_of(const struct pal_scores *s, const char *positive, struct pal_arena *a, struct pal_evaluation *e)
{
	struct pal_metric *m = pal_arena_array(a, METRICS_MOST, sizeof(*m));
	size_t             n = 0;

	if (m == NULL)
		return pal_arena_err(a);
	for (size_t g = 0; g < s->groups.count; g++)
		for (const char *const *name = pal_metric_names; *name != NULL && n < METRICS_MOST; name++)
			if (pal_scores_metric(s, *name, *(const char **)pal_list_at(&s->groups, g), positive, &m[n]) ==
				PAL_OK &&
			    isfinite(m[n].value) && isfinite(m[n].low) && isfinite(m[n].high)) /* 0 of 0 is no number */
				n++;
	e->metrics = m;
	e->metric_count = n;
	return PAL_OK;
}

static enum pal_err
tally(const struct pal_fact *table, const struct pal_validation_decl *v, struct pal_arena *a, struct pal_scores *ret,
      struct pal_diag *d)
{
	struct pal_tally_columns columns = { .truth = v->label, .predicted = v->prediction, .group = v->group };
	PAL_AUTO_FD              fd = -1;
	struct pal_file_id       id = { 0 };

	PAL_TRY(open_hashed(table, &fd, &id, d));
	PAL_TRY(pal_tally(fd, id.size, &columns, a, ret, d));
	return still_hashed(table, d);
}

static enum pal_err
evaluate(struct batch *b, const struct pal_validation_decl *v)
{
	struct pal_check      *c = b->c;
	struct pal_fact       *table = &c->facts[v->artifact];
	const struct pal_fact *subjects[2] = { pal_fact_of(c, v->model_artifact), table };
	const struct pal_fact *data = pal_fact_of(c, v->dataset_artifact);
	struct pal_evaluation  known = { 0 };
	struct pal_evaluation  e = { .evaluator = evaluator(c, v), .owner = v->owner, .time_ms = c->now_ms };
	struct pal_scores      scores = { 0 };
	struct pal_diag        d = { 0 };
	PAL_AUTO_BUF           predicate = pal_buf_of(0);

	if (table->digest == NULL || subjects[0] == NULL || subjects[0]->digest == NULL || data == NULL ||
	    data->digest == NULL || e.evaluator == NULL || pal_validation_untied(c, v) != NULL ||
	    (!c->o.no_cache && pal_measure_evaluation(c, v, &known) != NULL))
		return PAL_OK;
	if (tally(table, v, c->arena, &scores, &d) != PAL_OK) {
		table->trouble = pal_arena_text(c->arena, pal_view_of(d.text));
		return PAL_OK; /* the control says why */
	}
	PAL_TRY(metrics_of(&scores, v->positive, c->arena, &e));
	e.data = (struct pal_resource){ .name = v->dataset, .digest = data->digest };
	PAL_TRY(pal_evaluation_write(&e, &predicate));
	return add(b, PAL_TYPE_EVALUATION, subjects, 2, &predicate);
}

static enum pal_err
measure_one(struct batch *b, const struct pal_validation_decl *v)
{
	const struct pal_pipeline *p = b->c->o.pipeline;
	const struct pal_fact     *valid = pal_fact_of(b->c, v->dataset_artifact);
	const struct pal_fact     *model = pal_fact_of(b->c, v->model_artifact);

	if (model != NULL && model->decl->made_by != PAL_NONE) {
		const struct pal_step_decl *step = &p->steps[model->decl->made_by];

		for (size_t i = 0; i < step->inputs.count; i++)
			PAL_TRY(measure_pair(b, pal_fact_of(b->c, step->input_artifacts[i]), valid));
	}
	return evaluate(b, v);
}

enum pal_err
pal_measure(struct pal_check *c, struct pal_diag *d)
{
	struct batch b = { .c = c, .statements = pal_list_of(c->arena, sizeof(struct pal_statement)) };
	char(*ids)[PAL_ID_TEXT] = NULL;

	for (size_t i = 0; i < c->o.pipeline->validation.count; i++)
		PAL_TRY(measure_one(&b, pal_validation_at(c->o.pipeline, i)));
	if (b.statements.count == 0 || c->o.dry)
		return PAL_OK;
	ids = pal_arena_array(c->arena, b.statements.count, sizeof(*ids));
	if (ids == NULL)
		return pal_arena_err(c->arena);
	return pal_evidence_add_many(c->o.workspace, b.statements.items, b.statements.count, NULL, ids, d);
}
