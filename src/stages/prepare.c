/* prepare.c - the controls over what the steps made: known code, recorded bytes, sets apart. */
#include <string.h>
#include <sys/stat.h>

#include "controls.h"

#define POLICY(c) (&(c)->o.pipeline->policy)

static const struct pal_step_decl *
step_of(const struct pal_check *c, const struct pal_fact *f)
{
	return f->decl->made_by == PAL_NONE ? NULL : &c->o.pipeline->steps[f->decl->made_by];
}

bool
pal_run_read(const struct pal_provenance *p, const char *kind, const char *name, const char *digest)
{
	for (size_t i = 0; digest != NULL && i < p->input_count; i++) {
		const struct pal_resource *r = &p->inputs[i];

		if (r->digest != NULL && r->name != NULL && r->uri != NULL && strcmp(r->digest, digest) == 0 &&
		    strcmp(r->name, name) == 0 && pal_view_starts(pal_view_of(r->uri), "palisade:") &&
		    pal_view_starts(pal_view_of(r->uri + strlen("palisade:")), kind) &&
		    r->uri[strlen("palisade:") + strlen(kind)] == '/')
			return true;
	}
	return false;
}

static struct pal_view
plain(const char *path)
{
	struct pal_view v = pal_view_of(path);

	while (pal_view_starts(v, "./"))
		v = pal_view_sub(v, 2, SIZE_MAX);
	return v;
}

static bool
is_below(struct pal_view path, const char *folder)
{
	struct pal_view f = plain(folder);

	while (f.len > 0 && f.data[f.len - 1] == '/')
		f.len--;
	return f.len > 0 && path.len >= f.len && pal_view_eq(pal_view_sub(path, 0, f.len), f) &&
	       (path.len == f.len || path.data[f.len] == '/');
}

/* Is this word of a command a file that neither its code nor an artifact covers? Programs of the system are no part. */
static bool
is_undeclared(struct pal_check *c, const struct pal_step_decl *s, const char *word)
{
	const char     *full = pal_pipeline_path(c->o.pipeline, word, c->arena);
	struct pal_view path = plain(word);
	struct stat     st;

	if (full == NULL || stat(full, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (word[0] == '/' && (st.st_mode & S_IXUSR) != 0))
		return false;
	for (size_t i = 0; i < s->code.count; i++)
		if (is_below(path, s->code.items[i]))
			return false;
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++)
		if (c->o.pipeline->artifacts[i].path != NULL && is_below(path, c->o.pipeline->artifacts[i].path))
			return false;
	return true;
}

/* A file that the command names and the step does not declare; NULL: none. What it opens unnamed, nobody sees here. */
static const char *
undeclared_word(struct pal_check *c, const struct pal_step_decl *s)
{
	for (size_t i = 0; i < s->command.count; i++) {
		const char *word = s->command.items[i], *value = strchr(word, '=');

		if (i == 0 && strchr(word, '/') == NULL)
			continue; /* found along PATH */
		if (is_undeclared(c, s, word))
			return word;
		if (value != NULL && is_undeclared(c, s, value + 1))
			return value + 1;
	}
	return NULL;
}

/* What does not match between a record and what is declared and there now; NULL: all does. */
static const char *
mismatch(struct pal_check *c, const struct pal_step_decl *s, const struct pal_provenance *p)
{
	const char *parameters = pal_step_parameters(s, c->arena), *word = undeclared_word(c, s);

	if (word != NULL)
		return pal_arena_printf(c->arena, "its command names %s, which is neither its `code:` nor an artifact",
					word);
	for (size_t i = 0; i < s->code.count; i++) {
		const char *digest = pal_facts_file_digest(c, s->code.items[i]);

		if (digest == NULL)
			return pal_arena_printf(c->arena, "its code %s cannot be read", s->code.items[i]);
		if (!pal_run_read(p, "code", s->code.items[i], digest))
			return pal_arena_printf(c->arena, "its code %s has changed since it ran", s->code.items[i]);
	}
	for (size_t i = 0; i < s->inputs.count; i++) {
		const struct pal_fact *in = pal_fact_of(c, s->input_artifacts[i]);

		if (in == NULL || in->digest == NULL)
			return pal_arena_printf(c->arena, "its input %s cannot be read", s->inputs.items[i]);
		if (!pal_run_read(p, "input", s->inputs.items[i], in->digest))
			return pal_arena_printf(c->arena, "its input %s has changed since it ran", s->inputs.items[i]);
	}
	if (p->input_count != s->code.count + s->inputs.count)
		return "it ran with other inputs or code than are declared now";
	if (parameters == NULL || strcmp(parameters, p->parameters) != 0)
		return "its command or parameters have changed since it ran";
	return NULL;
}

/* One answer for PRE-01 and TRN-07: is there a signed record of how these bytes were made that still holds? */
struct pal_answer
pal_made_by_step(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_step_decl *s = step_of(c, f);
	struct pal_provenance       p = { 0 };
	const struct pal_evidence  *e = NULL;
	const char                 *wrong = NULL;

	if (s == NULL)
		return pal_refuse(c, NULL, "no step in palisade.yaml makes it; declare the step, or the source");
	e = pal_stage_provenance(c, s, f->digest, &p);
	if (e == NULL)
		return pal_refuse(c, NULL, "there is no record that step %s made these bytes; run: palisade run %s",
				  s->name, s->name);
	wrong = mismatch(c, s, &p);
	if (wrong != NULL)
		return pal_refuse(c, e->id, "%s; run: palisade run %s", wrong, s->name);
	return pal_pass(c, e->id, "step %s made it; %zu inputs and code files on record match", s->name, p.input_count);
}

struct pal_answer
prepare_versioned(struct pal_check *c, const struct pal_fact *f)
{
	return pal_made_by_step(c, f);
}

/* The newest record of a second run: 1 the same, 0 different, -1 none. Only one after the run speaks for it. */
static int
rerun(struct pal_check *c, const struct pal_step_decl *s, const char *digest, uint64_t after, const char **ret_evidence)
{
	for (size_t i = c->history.count; i > 0; i--) {
		const struct pal_evidence *e = pal_list_at(&c->history, i - 1);
		PAL_AUTO_JSON              doc = NULL;
		const char                *step = NULL;
		bool                       same = false;

		if (!pal_stage_is_about(e, PAL_TYPE_RERUN, digest) ||
		    pal_statement_predicate(&e->statement, PAL_TYPE_RERUN, &doc, NULL) != PAL_OK)
			continue;
		step = pal_json_text(doc, "step");
		same = json_is_true(json_object_get(doc, "same"));
		if (step == NULL || strcmp(step, s->name) != 0 || (same && e->index < after))
			continue;
		*ret_evidence = e->id;
		return same ? 1 : 0;
	}
	return -1;
}

struct pal_answer
prepare_outputs(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_step_decl *s = step_of(c, f);
	struct pal_provenance       p = { 0 };
	const struct pal_evidence  *e = s == NULL ? NULL : pal_stage_provenance(c, s, f->digest, &p);
	const char                 *again = NULL;
	int                         same = 0;

	if (e == NULL)
		return pal_refuse(c, NULL, "its bytes are not what any recorded run made; run: palisade run %s",
				  s == NULL ? f->decl->name : s->name);
	if (!s->deterministic)
		return pal_pass(c, e->id, "its bytes are those on record");
	same = rerun(c, s, f->digest, e->index, &again);
	if (same == 0)
		return pal_refuse(c, again, "step %s is declared deterministic, but a second run gave other bytes",
				  s->name);
	if (same < 0 && pal_policy_bool(POLICY(c), "PRE-03", "rerun"))
		return pal_refuse(c, e->id, "step %s has not been run a second time; run: palisade run %s --again",
				  s->name, s->name);
	return pal_pass(c, same > 0 ? again : e->id, "its bytes are those on record%s",
			same > 0 ? ", and a second run gave the same" : "");
}

struct pal_answer
prepare_apart(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_validation_decl *v = pal_validation_at(c->o.pipeline, f->decl->decl);
	const struct pal_fact            *valid = pal_fact_of(c, v->dataset_artifact);
	const struct pal_fact            *model = pal_fact_of(c, v->model_artifact);
	const struct pal_step_decl       *s = model == NULL ? NULL : step_of(c, model);
	double                            most = pal_policy_real(POLICY(c), "PRE-06", "max_overlap");
	struct pal_overlap_record         o = { 0 }, worst = { 0 };

	if (s == NULL || s->inputs.count == 0 || valid == NULL || valid->digest == NULL)
		return pal_refuse(c, NULL, "its training or validation data is not known");
	if (valid->taint != NULL)
		return pal_refuse(c, NULL, "validation data %s: %s", v->dataset, valid->taint);
	for (size_t i = 0; i < s->inputs.count; i++) {
		const struct pal_fact *train = pal_fact_of(c, s->input_artifacts[i]);

		if (train == NULL || train->digest == NULL || !pal_measure_overlap(c, train->digest, valid->digest, &o))
			return pal_refuse(c, NULL,
					  "the overlap of %s and %s is not on record; both must be files of records",
					  s->inputs.items[i], v->dataset);
		if (o.second == 0 || (double)o.shared > most * (double)o.second)
			return pal_refuse(c, o.evidence->id,
					  "%llu of the %llu records of %s are in %s, too; at most %.3g %% may be",
					  (unsigned long long)o.shared, (unsigned long long)o.second, v->dataset,
					  s->inputs.items[i], 100 * most);
		if (worst.evidence == NULL || o.shared > worst.shared)
			worst = o;
	}
	return pal_pass(c, worst.evidence->id, "%llu of its %llu records are in the training data",
			(unsigned long long)worst.shared, (unsigned long long)worst.second);
}
