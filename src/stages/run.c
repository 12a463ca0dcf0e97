/* run.c - to audit: vet() comes before start(), and every digest on record is of bytes hashed here. */
#include "palisade/run.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controls.h"
#include "palisade/hex.h"
#include "palisade/map.h"
#include "palisade/secret.h"

#define BUILDER "https://palisade.dev/run@" PALISADE_VERSION

/* What a step and the making of predictions have in common. */
struct job {
	const char      *name;
	struct pal_texts command, code;
	const char      *parameters; /* JSON */
	struct pal_texts input_names;
	const size_t    *inputs; /* artifacts */
	const size_t    *outputs;
	size_t           output_count;
};

static bool
asks(const struct pal_check *c, const char *control, const char *artifact)
{
	const struct pal_exception_state *x = pal_exception_for(&c->exceptions, control, artifact);

	return pal_policy_mode(&c->o.pipeline->policy, control) == PAL_ENFORCE && (x == NULL || !x->counts);
}

/* A model is executed, in a way, by what loads it; its gates come later, so what they ask about its bytes is asked now.
 */
static enum pal_err
vet_model(struct pal_check *c, const struct job *j, const struct pal_fact *in, struct pal_diag *d)
{
	struct pal_answer code = release_code(c, in), made = { .verdict = PAL_PASS };

	if (in->decl->made_by != PAL_NONE)
		made = pal_made_by_step(c, in);
	if (code.verdict != PAL_PASS && asks(c, "REL-02", in->decl->name))
		return pal_fail(d, PAL_EDENIED, 0, "%s may not load %s: REL-02: %s", j->name, in->decl->name,
				code.reason);
	if (made.verdict != PAL_PASS && asks(c, "TRN-07", in->decl->name))
		return pal_fail(d, PAL_EDENIED, 0, "%s may not load %s: TRN-07: %s", j->name, in->decl->name,
				made.reason);
	return PAL_OK;
}

/* Code that is quarantined, or was made of something that is, does not run. */
static enum pal_err
vet_code(struct pal_check *c, const struct job *j, struct pal_diag *d)
{
	for (size_t i = 0; i < j->code.count; i++) {
		const char *digest = pal_facts_file_digest(c, j->code.items[i]);

		if (digest != NULL && pal_tainted(&c->taint, digest))
			return pal_fail(d, PAL_EDENIED, 0, "%s may not run: its code %s is quarantined", j->name,
					j->code.items[i]);
	}
	return PAL_OK;
}

static enum pal_err
vet(struct pal_check *c, const struct job *j, struct pal_diag *d)
{
	PAL_TRY(vet_code(c, j, d));
	for (size_t i = 0; i < j->input_names.count; i++) {
		const struct pal_fact *in = pal_fact_of(c, j->inputs[i]);
		enum pal_stage         stage = PAL_PREPARE;

		if (in == NULL || in->digest == NULL)
			return pal_fail(d, PAL_EDENIED, 0, "%s may not run: its input %s is not there%s%s", j->name,
					j->input_names.items[i], in == NULL || in->trouble == NULL ? "" : ": ",
					in == NULL || in->trouble == NULL ? "" : in->trouble);
		if (in->taint != NULL)
			return pal_fail(d, PAL_EDENIED, 0, "%s may not run: input %s: %s", j->name, in->decl->name,
					in->taint);
		if (in->decl->kind == PAL_ARTIFACT_MODEL) {
			PAL_TRY(vet_model(c, j, in, d));
			continue;
		}
		if (in->decl->kind == PAL_ARTIFACT_DATASET)
			stage = PAL_COLLECT;
		if (!pal_check_passed(c, stage, in->decl->name))
			return pal_fail(d, PAL_EDENIED, 0,
					"%s may not run: its input %s has not passed the gate of %s; palisade check "
					"--stage %s says why",
					j->name, in->decl->name, pal_stage_names[stage], pal_stage_names[stage]);
	}
	return PAL_OK;
}

/* Is there a record that this very job, with these inputs and this code, made the bytes that are there? */
static bool
is_up_to_date(struct pal_check *c, const struct job *j)
{
	struct pal_step_decl like = { .name = j->name };

	for (size_t i = 0; i < j->output_count; i++) {
		const struct pal_fact *out = pal_fact_of(c, j->outputs[i]);
		struct pal_provenance  p = { 0 };

		if (out == NULL || out->digest == NULL || pal_stage_provenance(c, &like, out->digest, &p) == NULL ||
		    strcmp(p.parameters, j->parameters) != 0)
			return false;
		for (size_t k = 0; k < j->input_names.count; k++)
			if (!pal_run_read(&p, "input", j->input_names.items[k], pal_fact_of(c, j->inputs[k])->digest))
				return false;
		for (size_t k = 0; k < j->code.count; k++)
			if (!pal_run_read(&p, "code", j->code.items[k], pal_facts_file_digest(c, j->code.items[k])))
				return false;
	}
	return j->output_count > 0;
}

/* Every folder on the way to base/path, which may be there already. */
static void
make_parents(struct pal_check *c, const char *base, const char *path)
{
	for (size_t n = 1; path[n] != '\0'; n++) {
		const char *part = NULL;

		if (path[n] != '/')
			continue;
		part = path[0] == '/' ? pal_arena_printf(c->arena, "%.*s", (int)n, path)
				      : pal_arena_printf(c->arena, "%s/%.*s", base, (int)n, path);
		if (part != NULL)
			(void)mkdir(part, 0777); /* the command says what is wrong, if anything is */
	}
}

static void
make_folders(struct pal_check *c, const struct job *j)
{
	for (size_t i = 0; i < j->output_count; i++)
		if (c->o.pipeline->artifacts[j->outputs[i]].path != NULL)
			make_parents(c, c->o.pipeline->folder, c->o.pipeline->artifacts[j->outputs[i]].path);
}

static void
free_actions(posix_spawn_file_actions_t *actions)
{
	(void)posix_spawn_file_actions_destroy(actions);
}

static enum pal_err
spawn(struct pal_check *c, const char *folder, const struct job *j, pid_t *ret_pid, struct pal_diag *d)
{
	__attribute__((cleanup(free_actions))) posix_spawn_file_actions_t actions;
	char **argv = pal_arena_array(c->arena, j->command.count + 1, sizeof(*argv));
	int    failed = 0;

	(void)posix_spawn_file_actions_init(&actions);
	if (argv == NULL || j->command.count == 0)
		return pal_fail(d, PAL_EUSAGE, 0, "%s has no command", j->name);
	for (size_t i = 0; i < j->command.count; i++)
		argv[i] = pal_arena_text(c->arena, pal_view_of(j->command.items[i]));
	PAL_TRY(pal_arena_err(c->arena));
	(void)posix_spawn_file_actions_addchdir_np(&actions, folder);
	(void)fflush(stdout);
	failed = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
	if (failed != 0)
		return pal_fail(d, PAL_ESYS, 0, "%s: cannot start %s: %s", j->name, argv[0], strerror(failed));
	return PAL_OK;
}

static enum pal_err
start(struct pal_check *c, const char *folder, const struct job *j, struct pal_diag *d)
{
	int   status = 0;
	pid_t pid = 0;

	PAL_TRY(spawn(c, folder, j, &pid, d));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return pal_fail(d, PAL_ESYS, 0, "%s: cannot wait: %s", j->name, strerror(errno));
	if (WIFSIGNALED(status))
		return pal_fail(d, PAL_ESYS, 0, "%s: %s was killed by signal %d", j->name, j->command.items[0],
				WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return pal_fail(d, PAL_ESYS, 0, "%s: %s ended with status %d; nothing was recorded", j->name,
				j->command.items[0], WEXITSTATUS(status));
	return PAL_OK;
}

/* Inputs as they are now, then the code; the digests go into the provenance. */
static enum pal_err
dependencies(struct pal_check *c, const struct job *j, struct pal_list *ret, struct pal_diag *d)
{
	*ret = pal_list_of(c->arena, sizeof(struct pal_resource));
	for (size_t i = 0; i < j->input_names.count + j->code.count; i++) {
		bool                 input = i < j->input_names.count;
		const char          *name = input ? j->input_names.items[i] : j->code.items[i - j->input_names.count];
		struct pal_resource *r = pal_list_add(ret);

		if (r == NULL)
			return pal_arena_err(c->arena);
		*r = (struct pal_resource){
			.name = name,
			.uri = pal_arena_printf(c->arena, "palisade:%s/%s", input ? "input" : "code", name),
			.digest = pal_facts_file_digest(c, input ? c->o.pipeline->artifacts[j->inputs[i]].path : name)
		};
		if (r->digest == NULL)
			return pal_fail(d, PAL_ENOTFOUND, 0, "%s: %s %s cannot be read", j->name,
					input ? "input" : "code", name);
	}
	return PAL_OK;
}

/* What is about to be read must be what was vetted. */
static enum pal_err
as_vetted(const struct pal_check *c, const struct job *j, const struct pal_list *now, struct pal_diag *d)
{
	for (size_t i = 0; i < j->input_names.count; i++) {
		const struct pal_resource *r = pal_list_at(now, i);

		if (strcmp(r->digest, pal_fact_of(c, j->inputs[i])->digest) != 0)
			return pal_fail(d, PAL_EVERIFY, 0, "%s: %s changed after it was checked; check it again",
					j->name, r->name);
	}
	return PAL_OK;
}

/* The files below the outputs, with their versions. */
static struct pal_list
output_files(struct pal_check *c, const struct job *j)
{
	struct pal_list all = pal_list_of(c->arena, sizeof(struct pal_entry));

	for (size_t i = 0; i < j->output_count; i++) {
		const char     *path = c->o.pipeline->artifacts[j->outputs[i]].path;
		const char     *full = path == NULL ? NULL : pal_pipeline_path(c->o.pipeline, path, c->arena);
		struct pal_list some = pal_list_of(c->arena, sizeof(struct pal_entry));

		if (full == NULL || !pal_file_exists(full) || pal_walk(full, (size_t)1 << 22, &some, NULL) != PAL_OK)
			continue; /* nothing is there yet; what is wrong with it afterwards shows when it is hashed */
		for (size_t k = 0; k < some.count; k++) {
			struct pal_entry *e = pal_list_add(&all);

			if (e == NULL)
				break;
			*e = *(const struct pal_entry *)pal_list_at(&some, k);
			e->path = pal_arena_printf(c->arena, "%s/%s", path, e->path);
		}
	}
	return all;
}

/* What lay there before and was not written is not what this run made, and must not get its name. */
static enum pal_err
all_written(struct pal_check *c, const struct job *j, const struct pal_list *before, struct pal_diag *d)
{
	struct pal_list now = output_files(c, j);
	struct pal_map  old;

	PAL_TRY(pal_arena_err(c->arena));
	old = pal_map_of(c->arena);
	for (size_t i = 0; i < before->count; i++) {
		struct pal_entry *e = pal_list_at(before, i);
		void            **place = pal_map_put(&old, pal_view_of(e->path));

		if (place == NULL)
			return pal_arena_err(c->arena);
		*place = e;
	}
	for (size_t i = 0; i < now.count; i++) {
		const struct pal_entry *b = pal_list_at(&now, i), *a = pal_map_get(&old, pal_view_of(b->path));

		if (a != NULL && pal_file_id_eq(&a->id, &b->id))
			return pal_fail(d, PAL_EVERIFY, 0,
					"%s did not write %s, which was there before; remove it and run again", j->name,
					b->path);
	}
	return PAL_OK;
}

/* What was read must still be what it was, or nobody can say what the outputs were made of. */
static enum pal_err
unchanged(struct pal_check *c, const struct job *j, const struct pal_list *before, struct pal_diag *d)
{
	struct pal_list after;

	PAL_TRY(dependencies(c, j, &after, d));
	for (size_t i = 0; i < before->count; i++) {
		const struct pal_resource *a = pal_list_at(before, i), *b = pal_list_at(&after, i);

		if (strcmp(a->digest, b->digest) != 0)
			return pal_fail(d, PAL_EVERIFY, 0, "%s: %s changed while it ran; run it again", j->name,
					a->name);
	}
	return PAL_OK;
}

static enum pal_err
outputs(struct pal_check *c, const struct job *j, struct pal_list *ret, struct pal_diag *d)
{
	*ret = pal_list_of(c->arena, sizeof(struct pal_resource));
	for (size_t i = 0; i < j->output_count; i++) {
		const struct pal_artifact_decl *decl = &c->o.pipeline->artifacts[j->outputs[i]];
		struct pal_resource            *r = pal_list_add(ret);

		if (r == NULL)
			return pal_arena_err(c->arena);
		*r = (struct pal_resource){ .name = decl->name, .digest = pal_facts_file_digest(c, decl->path) };
		if (r->digest == NULL)
			return pal_fail(d, PAL_ENOTFOUND, 0, "%s did not make %s, which palisade.yaml says it does",
					j->name, decl->path);
	}
	return PAL_OK;
}

/* "palisade:PIPELINE/STEP#RANDOM": which step, and which of its runs. */
static const char *
invocation(struct pal_check *c, const struct job *j)
{
	PAL_AUTO_SECRET random = { 0 };
	PAL_AUTO_BUF    hex = pal_buf_of(0);

	if (pal_secret_random(8, &random) != PAL_OK)
		return NULL;
	pal_hex_add(&hex, pal_secret_view(&random));
	return pal_arena_printf(c->arena, "palisade:%s/%s#%s", c->o.pipeline->name, j->name, pal_buf_text(&hex));
}

static enum pal_err
record(struct pal_check *c, const struct pal_statement *s, struct pal_run_result *ret, struct pal_diag *d)
{
	char id[PAL_ID_TEXT];

	PAL_TRY(pal_evidence_add(c->o.workspace, s, NULL, id, d));
	ret->evidence = pal_arena_text(c->arena, pal_view_of(id));
	return pal_arena_err(c->arena);
}

static enum pal_err
state(struct pal_check *c, const struct job *j, const struct pal_list *read, uint64_t started_ms,
      struct pal_run_result *ret, struct pal_diag *d)
{
	struct pal_list       made;
	PAL_AUTO_BUF          predicate = pal_buf_of(0);
	struct pal_provenance p = { .build_type = PAL_BUILD_TYPE,
				    .builder = BUILDER,
				    .invocation = invocation(c, j),
				    .parameters = j->parameters,
				    .inputs = read->items,
				    .input_count = read->count,
				    .started_ms = started_ms,
				    .finished_ms = pal_workspace_now_ms(c->o.workspace) };
	struct pal_statement  s = { .type = PAL_TYPE_PROVENANCE, .time_ms = p.finished_ms };

	PAL_TRY(outputs(c, j, &made, d));
	PAL_TRY(pal_provenance_write(&p, &predicate));
	s.subjects = made.items;
	s.subject_count = made.count;
	s.predicate = pal_buf_text(&predicate);
	return record(c, &s, ret, d);
}

static enum pal_err
run(struct pal_check *c, const struct job *j, bool force, struct pal_run_result *ret, struct pal_diag *d)
{
	struct pal_list       before, files;
	struct pal_run_result r = { .ran = true };
	uint64_t              started_ms = pal_workspace_now_ms(c->o.workspace);

	PAL_TRY(vet(c, j, d));
	if (!force && is_up_to_date(c, j)) {
		*ret = (struct pal_run_result){ .text = "up to date" };
		return PAL_OK;
	}
	PAL_TRY(dependencies(c, j, &before, d));
	PAL_TRY(as_vetted(c, j, &before, d));
	make_folders(c, j);
	files = output_files(c, j);
	PAL_TRY(start(c, c->o.pipeline->folder, j, d));
	PAL_TRY(all_written(c, j, &files, d));
	PAL_TRY(unchanged(c, j, &before, d));
	PAL_TRY(state(c, j, &before, started_ms, &r, d));
	r.text = pal_arena_printf(c->arena, "ran; %zu outputs on record as %.12s", j->output_count, r.evidence);
	*ret = r;
	return pal_arena_err(c->arena);
}

static enum pal_err
job_of_step(struct pal_check *c, const struct pal_step_decl *s, struct job *ret, struct pal_diag *d)
{
	size_t *made = pal_arena_array(c->arena, s->outputs.count, sizeof(*made));

	if (made == NULL)
		return pal_fail(d, PAL_EUSAGE, 0, "step %s makes nothing", s->name);
	for (size_t i = 0; i < s->outputs.count; i++)
		made[i] = pal_output_at(s, i)->artifact;
	*ret = (struct job){ .name = s->name,
			     .command = s->command,
			     .code = s->code,
			     .parameters = pal_step_parameters(s, c->arena),
			     .input_names = s->inputs,
			     .inputs = s->input_artifacts,
			     .outputs = made,
			     .output_count = s->outputs.count };
	return ret->parameters == NULL ? PAL_ENOMEM : PAL_OK;
}

enum pal_err
pal_run_step(struct pal_check *c, const struct pal_step_decl *step, bool force, struct pal_run_result *ret,
	     struct pal_diag *d)
{
	struct job j = { 0 };

	PAL_TRY(job_of_step(c, step, &j, d));
	return run(c, &j, force, ret, d);
}

enum pal_err
pal_run_validation(struct pal_check *c, const struct pal_validation_decl *v, bool force, struct pal_run_result *ret,
		   struct pal_diag *d)
{
	const char          *names[2] = { v->model, v->dataset };
	size_t               inputs[2] = { v->model_artifact, v->dataset_artifact }, made[1] = { v->artifact };
	struct pal_step_decl like = { .name = v->name, .command = v->command };
	struct job           j = { .name = v->name,
				   .command = v->command,
				   .code = v->code,
				   .parameters = pal_step_parameters(&like, c->arena),
				   .input_names = { .items = names, .count = 2 },
				   .inputs = inputs,
				   .outputs = made,
				   .output_count = 1 };

	if (v->command.count == 0) {
		*ret = (struct pal_run_result){ .text = "no command is declared; its predictions come from elsewhere" };
		return PAL_OK;
	}
	return run(c, &j, force, ret, d);
}

/* A copy of one file or folder of the pipeline, at the same relative place below `to`. */
static enum pal_err
copy_in(struct pal_check *c, const char *path, const char *to, struct pal_diag *d)
{
	struct pal_list files = pal_list_of(c->arena, sizeof(struct pal_entry));
	const char     *from = pal_pipeline_path(c->o.pipeline, path, c->arena);

	if (path[0] == '/')
		return PAL_OK; /* an absolute path is read where it is */
	PAL_TRY(pal_walk(from, (size_t)1 << 20, &files, d));
	for (size_t i = 0; i < files.count; i++) {
		const struct pal_entry *e = pal_list_at(&files, i);
		bool                    whole = strcmp(e->path, ".") == 0;
		const char             *name = whole ? path : pal_arena_printf(c->arena, "%s/%s", path, e->path);
		const char             *source = whole ? from : pal_arena_printf(c->arena, "%s/%s", from, e->path);
		PAL_AUTO_BUF            bytes = pal_buf_of(0);

		if (e->kind != PAL_ENTRY_FILE)
			continue;
		make_parents(c, to, name);
		PAL_TRY(pal_file_read(source, SIZE_MAX / 8, &bytes, d));
		PAL_TRY(pal_file_write(pal_arena_printf(c->arena, "%s/%s", to, name), pal_buf_view(&bytes), 0700, d));
	}
	return PAL_OK;
}

static enum pal_err
compare(struct pal_check *c, const struct job *j, const char *scratch, struct pal_run_result *r, struct pal_diag *d)
{
	r->same = true;
	for (size_t i = 0; i < j->output_count; i++) {
		const struct pal_artifact_decl *decl = &c->o.pipeline->artifacts[j->outputs[i]];
		const char                     *first = pal_facts_file_digest(c, decl->path), *second = NULL;

		if (decl->path[0] == '/')
			return pal_fail(d, PAL_EUNSUPPORTED, 0,
					"%s writes %s, an absolute path: it cannot be run beside the first run",
					j->name, decl->path);
		second = pal_facts_file_digest(c, pal_arena_printf(c->arena, "%s/%s", scratch, decl->path));
		if (first == NULL || second == NULL || strcmp(first, second) != 0) {
			r->same = false;
			r->text = pal_arena_printf(c->arena, "%s gave other bytes the second time", decl->path);
			return PAL_OK;
		}
	}
	r->text = "the second run gave the same bytes";
	return PAL_OK;
}

static enum pal_err
state_again(struct pal_check *c, const struct job *j, struct pal_run_result *r, struct pal_diag *d)
{
	struct pal_list        made;
	PAL_AUTO_BUF           predicate = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&predicate, 0);
	struct pal_statement   s = { .type = PAL_TYPE_RERUN, .time_ms = pal_workspace_now_ms(c->o.workspace) };

	PAL_TRY(outputs(c, j, &made, d));
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "step", j->name);
	pal_json_put_bool(&w, "same", r->same);
	pal_json_put_text(&w, "result", r->text);
	pal_json_end(&w, '}');
	PAL_TRY(pal_buf_err(&predicate));
	s.subjects = made.items;
	s.subject_count = made.count;
	s.predicate = pal_buf_text(&predicate);
	return record(c, &s, r, d);
}

static void
remove_tree(struct pal_check *c, const char *folder)
{
	struct pal_texts words = { .items = (const char *const[]){ "rm", "-rf", "--", folder }, .count = 4 };
	struct job       j = { .name = "clean up", .command = words };

	if (start(c, "/", &j, NULL) != PAL_OK)
		return; /* a folder is left in the temporary directory; nothing depends on it */
}

static enum pal_err
run_in(struct pal_check *c, const struct job *j, const char *scratch, struct pal_run_result *r, struct pal_diag *d)
{
	for (size_t i = 0; i < j->input_names.count; i++)
		PAL_TRY(copy_in(c, c->o.pipeline->artifacts[j->inputs[i]].path, scratch, d));
	for (size_t i = 0; i < j->code.count; i++)
		PAL_TRY(copy_in(c, j->code.items[i], scratch, d));
	for (size_t i = 0; i < j->output_count; i++)
		make_parents(c, scratch, c->o.pipeline->artifacts[j->outputs[i]].path);
	PAL_TRY(start(c, scratch, j, d));
	PAL_TRY(compare(c, j, scratch, r, d));
	return state_again(c, j, r, d);
}

enum pal_err
pal_run_again(struct pal_check *c, const struct pal_step_decl *step, struct pal_run_result *ret, struct pal_diag *d)
{
	char                  scratch[] = "/tmp/palisade-again-XXXXXX";
	struct job            j = { 0 };
	struct pal_run_result r = { .ran = true };
	enum pal_err          err = PAL_OK;

	PAL_TRY(job_of_step(c, step, &j, d));
	PAL_TRY(vet(c, &j, d));
	if (mkdtemp(scratch) == NULL)
		return pal_fail(d, PAL_ESYS, 0, "cannot make a temporary folder: %s", strerror(errno));
	err = run_in(c, &j, scratch, &r, d);
	remove_tree(c, scratch);
	PAL_TRY(err);
	*ret = r;
	return PAL_OK;
}
