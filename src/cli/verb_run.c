/* verb_run.c - palisade run: the steps of the pipeline, each behind its gate and on record. */
#include <string.h>

#include "palisade/run.h"
#include "project.h"

struct runner {
	struct session            *s;
	const struct cli_args     *a;
	const struct pal_pipeline *p;
	bool                       force, again;
};

static bool
is_asked(const struct runner *r, const char *name)
{
	for (size_t i = 0; i < r->a->word_count; i++)
		if (strcmp(r->a->words[i], name) == 0)
			return true;
	return r->a->word_count == 0;
}

/* Each step sees a fresh check, since the one before it made files. */
static enum pal_err
check_now(const struct runner *r, struct pal_check *c, struct pal_diag *d)
{
	struct pal_check_options o = { .pipeline = r->p,
				       .workspace = r->s->workspace,
				       .stages = PAL_STAGE_BIT(PAL_COLLECT) | PAL_STAGE_BIT(PAL_PREPARE),
				       .rules_dir = cli_text(r->a, "rules", NULL) };

	return pal_check_run(&o, &r->s->arena, c, d);
}

static void
say(const char *name, const struct pal_run_result *result)
{
	(void)printf("%-24s %s\n", name, result->text);
	(void)fflush(stdout);
}

static enum pal_err
run_step(const struct runner *r, const struct pal_step_decl *step, struct pal_diag *d)
{
	struct pal_check      c = { 0 };
	struct pal_run_result result = { 0 };
	enum pal_err          err = check_now(r, &c, d);

	if (err == PAL_OK && r->again && !step->deterministic)
		result.text = "not declared deterministic; left alone";
	else if (err == PAL_OK && r->again)
		err = pal_run_again(&c, step, &result, d);
	else if (err == PAL_OK)
		err = pal_run_step(&c, step, r->force, &result, d);
	if (err == PAL_OK)
		say(step->name, &result);
	if (err == PAL_OK && r->again && result.ran && !result.same)
		err = pal_fail(d, PAL_EDENIED, 0, "%s: %s", step->name, result.text);
	pal_check_done(&c);
	return err;
}

static enum pal_err
run_validation(const struct runner *r, const struct pal_validation_decl *v, struct pal_diag *d)
{
	struct pal_check      c = { 0 };
	struct pal_run_result result = { 0 };
	enum pal_err          err = check_now(r, &c, d);

	if (err == PAL_OK)
		err = pal_run_validation(&c, v, r->force, &result, d);
	if (err == PAL_OK)
		say(v->name, &result);
	pal_check_done(&c);
	return err;
}

static enum pal_err
run_everything(const struct runner *r, struct pal_diag *d)
{
	for (size_t i = 0; i < r->p->step_count; i++) {
		const struct pal_step_decl *step = &r->p->steps[r->p->order[i]];

		if (is_asked(r, step->name))
			PAL_TRY(run_step(r, step, d));
	}
	for (size_t i = 0; !r->again && i < r->p->validation.count; i++) {
		const struct pal_validation_decl *v = pal_validation_at(r->p, i);

		if (is_asked(r, v->name))
			PAL_TRY(run_validation(r, v, d));
	}
	return PAL_OK;
}

static bool
names_exist(const struct runner *r)
{
	for (size_t i = 0; i < r->a->word_count; i++) {
		bool known = pal_step_find(r->p, r->a->words[i]) != PAL_NONE;

		for (size_t k = 0; k < r->p->validation.count; k++)
			known = known || strcmp(pal_validation_at(r->p, k)->name, r->a->words[i]) == 0;
		if (!known) {
			(void)cli_usage("%s declares no step \"%s\"", r->p->file, r->a->words[i]);
			return false;
		}
	}
	return true;
}

static int
run_run(const struct cli_args *a)
{
	SESSION_AUTO         s = { 0 };
	struct pal_diag      d = { 0 };
	struct pal_pipeline *p = NULL;
	struct runner        r = { .s = &s, .a = a, .force = cli_flag(a, "force"), .again = cli_flag(a, "again") };
	enum pal_err         err = project_load(&s, a, cli_text(a, "file", NULL), &p, &d);

	if (err != PAL_OK)
		return cli_fail(err, &d);
	r.p = p;
	if (!names_exist(&r))
		return CLI_TROUBLE;
	err = session_open(&s, a, true, &d);
	if (err == PAL_OK)
		err = run_everything(&r, &d);
	return cli_fail(err, &d);
}

static const struct cli_option run_options[] = {
	{ .name = "again", .help = "run deterministic steps a second time, beside the first, and compare (PRE-03)" },
	{ .name = "force", .help = "run steps that are up to date, too" },
	{ .name = "file",
	  .value = "FILE",
	  .help = "the pipeline; palisade.yaml of the project if absent",
	  .letter = 'f' },
	{ .name = "rules", .value = "DIR", .help = "further detector rules, *.rules" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_run = {
	.name = "run",
	.args = "[STEP...]",
	.max = CLI_WORDS,
	.summary = "run the pipeline's steps behind their gates, with signed provenance",
	.about = "Runs the declared transforms, training steps and evaluations that are not up to date, in order.\n"
		 "A step runs only when each of its inputs has passed its gate and nothing upstream is quarantined;\n"
		 "what it read, the code that ran and what it made go into the ledger as SLSA Provenance v1.\n"
		 "Exit: 0 done, 1 an input was not admitted, 2 a command failed.",
	.examples = "palisade run\teverything that is not up to date\n"
		    "palisade run --again\tdeterministic steps once more, to compare",
	.options = run_options,
	.run = run_run,
};
