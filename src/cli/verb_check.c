/* verb_check.c - palisade check: the whole pipeline, stage by stage. */
#include <string.h>

#include "output.h"
#include "project.h"

static int
explain(const struct pal_pipeline *p, const char *id)
{
	const struct pal_control *c = pal_control_find(&p->policy.controls, id);
	const char               *near = c == NULL ? pal_control_nearest(&p->policy.controls, id) : NULL;

	if (near != NULL)
		return cli_usage("there is no control \"%s\"; did you mean \"%s\"?", id, near);
	if (c == NULL)
		return cli_usage("there is no control \"%s\"", id);
	(void)printf("%s  %s\n\nstage         %s\npasses when   %s\nmode          %s (profile %s)\ndecided       %s\n",
		     c->id, c->title, pal_stage_names[c->stage], c->passes,
		     pal_mode_name(pal_policy_mode(&p->policy, id)), pal_profile_name(p->policy.profile),
		     pal_check_decides(id) ? "by this version" : "not by this version: it is reported as not checked");
	(void)printf("MITRE ATLAS   %s\nOWASP LLM     %s\nNIST AI RMF   %s\n", c->atlas, c->owasp, c->nist);
	return CLI_YES;
}

static bool
stages_of(const struct cli_args *a, unsigned int *ret_stages)
{
	const char    *name = cli_text(a, "stage", NULL);
	enum pal_stage stage = PAL_COLLECT;

	*ret_stages = PAL_STAGE_ALL;
	if (name == NULL)
		return true;
	if (!pal_stage_of(name, &stage)) {
		(void)cli_usage(
		    "--stage expects collect, prepare, train, validate, release, deploy or monitor, found \"%s\"",
		    name);
		return false;
	}
	*ret_stages = PAL_STAGE_BIT(stage);
	return true;
}

static int
check(struct session *s, const struct cli_args *a, const struct pal_pipeline *p, unsigned int stages)
{
	struct pal_progress      progress = { 0 };
	struct pal_check_options o = { .pipeline = p,
				       .workspace = s->workspace,
				       .stages = stages,
				       .rules_dir = cli_text(a, "rules", NULL),
				       .no_cache = cli_flag(a, "no-cache"),
				       .progress = &progress };
	struct pal_check         c = { 0 };
	struct pal_report        r = { 0 };
	struct pal_diag          d = { 0 };
	enum pal_err             err = PAL_OK;
	int                      code = CLI_TROUBLE;

	pal_progress_start(&progress, "checking", 0, true);
	err = pal_check_run(&o, &s->arena, &c, &d);
	pal_progress_end(&progress);
	if (err == PAL_OK)
		err = pal_check_report(&c, &r, &d);
	code = err == PAL_OK ? cli_output_report(a, &r) : cli_fail(err, &d) == CLI_YES ? CLI_YES : CLI_TROUBLE;
	pal_check_done(&c);
	return code;
}

static int
check_run(const struct cli_args *a)
{
	SESSION_AUTO         s = { 0 };
	struct pal_diag      d = { 0 };
	struct pal_pipeline *p = NULL;
	unsigned int         stages = 0;
	const char          *control = cli_text(a, "explain", NULL);
	enum pal_err         err = project_load(&s, a, a->word_count > 0 ? a->words[0] : NULL, &p, &d);

	if (err != PAL_OK)
		return cli_fail(err, &d);
	if (control != NULL)
		return explain(p, control);
	if (!stages_of(a, &stages))
		return CLI_TROUBLE;
	if (p->artifact_count == 0)
		(void)cli_usage("%s declares no data and no model, so there is nothing that could fail", p->file);
	err = session_open(&s, a, true, &d);
	if (err != PAL_OK) {
		(void)cli_fail(err, &d);
		return CLI_TROUBLE;
	}
	return check(&s, a, p, stages);
}

static const struct cli_option check_options[] = {
	CLI_OUTPUT_OPTIONS,
	{ .name = "stage", .value = "STAGE", .help = "decide this gate alone" },
	{ .name = "explain", .value = "CONTROL", .help = "say what a control asks and whether it is decided here" },
	{ .name = "no-cache", .help = "hash and examine everything again" },
	{ .name = "rules", .value = "DIR", .help = "further detector rules, *.rules" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_check = {
	.name = "check",
	.args = "[palisade.yaml]",
	.max = 1,
	.summary = "decide every gate of the pipeline, with reasons",
	.about = "Resolves and hashes every declared artifact, examines what changed, signs the evidence, appends\n"
		 "it to the ledger, and evaluates every control. A gate is open when no control of its stage fails.\n"
		 "Exit: 0 all gates are open, 1 a gate is closed, 2 the check itself could not be done.",
	.examples = "palisade check\tthe pipeline of this folder, as a table\n"
		    "palisade check --format sarif -o palisade.sarif\tfor code scanning in CI\n"
		    "palisade check --stage release\tone gate\n"
		    "palisade check --explain COL-05\twhat a control asks",
	.options = check_options,
	.run = check_run,
};
