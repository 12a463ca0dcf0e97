/* descent.c - how a model differs from the base that it declares: measured once for given bytes and rules, and signed.
 */
#include <string.h>

#include "palisade/compare.h"
#include "palisade/json.h"
#include "stage.h"

#define DIGEST_HEAD "sha256:"

const char *
pal_descent_digest(struct pal_check *c, const struct pal_base_decl *b)
{
	return b->path == NULL ? NULL : pal_facts_file_digest(c, b->path);
}

/* The worst finding of a record. */
static bool
read_worst(struct pal_check *c, const json_t *findings, struct pal_descent *ret)
{
	if (!json_is_array(findings))
		return false;
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t     *one = json_array_get(findings, i);
		const char       *severity = pal_json_text(one, "severity");
		enum pal_severity s = PAL_CRITICAL;

		if (severity == NULL || !pal_severity_of(pal_view_of(severity), &s) ||
		    pal_json_text(one, "text") == NULL || pal_json_text(one, "rule") == NULL)
			return false;
		if (ret->rule != NULL && s <= ret->worst)
			continue;
		ret->worst = s;
		ret->rule = pal_arena_text(c->arena, pal_view_of(pal_json_text(one, "rule")));
		ret->text = pal_arena_text(c->arena, pal_view_of(pal_json_text(one, "text")));
	}
	return ret->rule != NULL && ret->text != NULL;
}

bool
pal_descent_of(struct pal_check *c, const struct pal_fact *model, const char *base_digest, struct pal_descent *ret)
{
	struct pal_list found = pal_stage_evidence(c, model->digest, PAL_TYPE_DESCENT);

	for (size_t i = 0; base_digest != NULL && i < found.count; i++) {
		const struct pal_evidence *e = pal_list_at(&found, i);
		PAL_AUTO_JSON              doc = NULL;
		struct pal_descent         one = { .evidence = e };
		const char                *rules = NULL;

		if (e->statement.subject_count != 2 || e->statement.subjects[0].digest == NULL ||
		    e->statement.subjects[1].digest == NULL ||
		    strcmp(e->statement.subjects[0].digest, model->digest) != 0 ||
		    strcmp(e->statement.subjects[1].digest, base_digest) != 0 ||
		    pal_statement_predicate(&e->statement, PAL_TYPE_DESCENT, &doc, NULL) != PAL_OK)
			continue;
		rules = pal_json_text(doc, "rules");
		if (rules == NULL || strcmp(rules, pal_scan_version(c->scanner)) != 0 ||
		    !read_worst(c, json_object_get(doc, "findings"), &one))
			continue;
		one.summary = pal_arena_text(c->arena, pal_view_of(pal_json_text(doc, "summary")));
		*ret = one;
		return one.summary != NULL;
	}
	return false;
}

static void
write_record(const struct pal_check *c, const struct pal_comparison *m, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "rules", pal_scan_version(c->scanner));
	pal_json_put_text(&w, "summary", m->summary);
	pal_json_begin(&w, "tensors", '{');
	for (enum pal_compared_state s = PAL_COMPARED_SAME; s <= PAL_COMPARED_UNREAD; s++)
		pal_json_put_u64(&w, pal_compared_state_name(s), m->states[s]);
	pal_json_end(&w, '}');
	pal_json_begin(&w, "findings", '[');
	for (size_t i = 0; i < m->findings.list.count; i++) {
		const struct pal_finding *f = pal_list_at(&m->findings.list, i);

		pal_json_begin(&w, NULL, '{');
		pal_json_put_text(&w, "rule", f->rule->id);
		pal_json_put_text(&w, "severity", pal_severity_name(f->severity));
		pal_json_put_text(&w, "tensor", f->place.field);
		pal_json_put_text(&w, "text", f->text);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
}

/* Both must be after the comparison what they were when they were hashed. */
static bool
stood_still(struct pal_check *c, const struct pal_fact *f, const struct pal_base_decl *b, const char *base)
{
	const char *model = pal_facts_file_digest(c, f->decl->path), *now = pal_descent_digest(c, b);

	return model != NULL && now != NULL && strcmp(model, f->digest) == 0 && strcmp(now, base) == 0;
}

static enum pal_err
state(struct pal_check *c, const struct pal_fact *f, const struct pal_base_decl *b, const char *base,
      const struct pal_comparison *m, struct pal_statement *ret)
{
	PAL_AUTO_BUF         json = pal_buf_of(0);
	struct pal_resource *subjects = pal_arena_array(c->arena, 2, sizeof(*subjects));

	write_record(c, m, &json);
	PAL_TRY(pal_buf_err(&json));
	if (subjects == NULL)
		return pal_arena_err(c->arena);
	subjects[0] = (struct pal_resource){ .name = f->decl->name, .digest = f->digest };
	subjects[1] = (struct pal_resource){ .name = b->name, .digest = base };
	*ret = (struct pal_statement){ .type = PAL_TYPE_DESCENT,
				       .subjects = subjects,
				       .subject_count = 2,
				       .predicate = pal_arena_text(c->arena, pal_buf_view(&json)),
				       .time_ms = c->now_ms };
	return pal_arena_err(c->arena);
}

/* One base of one model: what cannot be compared is no error, the control says why. */
static enum pal_err
measure_one(struct pal_check *c, struct pal_fact *f, const struct pal_base_decl *b, struct pal_diag *d)
{
	struct pal_compare_options o = { .progress = c->o.progress };
	struct pal_comparison      m = { 0 };
	struct pal_descent         known = { 0 };
	struct pal_statement       s = { 0 };
	struct pal_diag            why = { 0 };
	const char                *base = pal_descent_digest(c, b);
	char                       id[1][PAL_ID_TEXT];

	if (base == NULL || (b->digest != NULL && strcmp(b->digest + strlen(DIGEST_HEAD), base) != 0) ||
	    (!c->o.no_cache && pal_descent_of(c, f, base, &known)))
		return PAL_OK;
	if (pal_compare(f->path, pal_pipeline_path(c->o.pipeline, b->path, c->arena), &o, c->arena, &m, &why) !=
	    PAL_OK) {
		f->descent = pal_arena_text(c->arena, pal_view_of(why.text));
		return pal_arena_err(c->arena);
	}
	if (!stood_still(c, f, b, base)) {
		f->descent = "one of the two changed while they were compared";
		return PAL_OK;
	}
	PAL_TRY(state(c, f, b, base, &m, &s));
	return pal_evidence_add_many(c->o.workspace, &s, 1, NULL, id, d);
}

enum pal_err
pal_descent_measure(struct pal_check *c, struct pal_diag *d)
{
	for (size_t i = 0; i < c->o.pipeline->artifact_count && !c->o.dry; i++) {
		struct pal_fact             *f = &c->facts[i];
		const struct pal_model_decl *m = NULL;

		if (f->decl->kind != PAL_ARTIFACT_MODEL || f->digest == NULL || f->path == NULL)
			continue;
		m = pal_model_at(c->o.pipeline, f->decl->decl);
		for (size_t k = 0; k < m->base.count; k++)
			PAL_TRY(measure_one(c, f, pal_base_at(m, k), d));
	}
	return PAL_OK;
}
