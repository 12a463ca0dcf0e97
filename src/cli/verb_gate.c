/* verb_gate.c - palisade gate: one artifact at one gate, for CI steps and admission hooks. */
#include <string.h>

#include "output.h"
#include "project.h"

/* A deployment is admitted on proof of its model's release, so both gates are decided. */
static unsigned int
stages_for(enum pal_stage stage)
{
	return stage == PAL_DEPLOY ? PAL_STAGE_BIT(PAL_RELEASE) | PAL_STAGE_BIT(PAL_DEPLOY) : PAL_STAGE_BIT(stage);
}

static int
decide(struct session *s, const struct cli_args *a, const struct pal_pipeline *p, enum pal_stage stage,
       const char *artifact)
{
	struct pal_check_options o = { .pipeline = p,
				       .workspace = s->workspace,
				       .stages = stages_for(stage),
				       .artifact = artifact,
				       .rules_dir = cli_text(a, "rules", NULL),
				       .no_cache = cli_flag(a, "no-cache") };
	struct pal_check         c = { 0 };
	struct pal_report        r = { 0 };
	struct pal_diag          d = { 0 };
	enum pal_err             err = pal_check_run(&o, &s->arena, &c, &d);
	int                      code = CLI_TROUBLE;

	if (err == PAL_OK)
		err = pal_check_report(&c, &r, &d);
	if (err == PAL_OK) {
		r.title = "palisade gate";
		r.subject = pal_arena_printf(&s->arena, "%s at the gate of %s", artifact, pal_stage_names[stage]);
		r.closed = !pal_check_passed(&c, stage, artifact);
		code = cli_output_report(a, &r);
	} else {
		(void)cli_fail(err, &d);
	}
	pal_check_done(&c);
	return code;
}

static int
gate_run(const struct cli_args *a)
{
	SESSION_AUTO                    s = { 0 };
	struct pal_diag                 d = { 0 };
	struct pal_pipeline            *p = NULL;
	enum pal_stage                  stage = PAL_COLLECT;
	const struct pal_artifact_decl *artifact = NULL;
	enum pal_err                    err = project_load(&s, a, cli_text(a, "file", NULL), &p, &d);

	if (err != PAL_OK)
		return cli_fail(err, &d);
	if (!pal_stage_of(a->words[0], &stage))
		return cli_usage(
		    "gate expects collect, prepare, train, validate, release, deploy or monitor, found \"%s\"",
		    a->words[0]);
	artifact = project_artifact(p, a->words[1]);
	if (artifact == NULL)
		return cli_usage("%s declares no artifact \"%s\"", p->file, a->words[1]);
	err = session_open(&s, a, true, &d);
	if (err != PAL_OK) {
		(void)cli_fail(err, &d);
		return CLI_TROUBLE;
	}
	return decide(&s, a, p, stage, artifact->name);
}

static const struct cli_option gate_options[] = {
	CLI_OUTPUT_OPTIONS,
	{ .name = "file",
	  .value = "FILE",
	  .help = "the pipeline; palisade.yaml of the project if absent",
	  .letter = 'f' },
	{ .name = "no-cache", .help = "hash and examine everything again" },
	{ .name = "rules", .value = "DIR", .help = "further detector rules, *.rules" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_gate = {
	.name = "gate",
	.args = "STAGE REF",
	.words = "collect prepare train validate release deploy monitor",
	.min = 2,
	.max = 2,
	.summary = "decide one gate for one artifact; the decision is a signed SLSA VSA",
	.about = "REF is a declared name or NAME@VERSION. The decision is written into the ledger as a SLSA\n"
		 "Verification Summary about exactly the bytes that are there now.\n"
		 "Exit: 0 the gate is open for it, 1 it is closed, 2 it could not be decided.",
	.examples = "palisade gate release risk@1.0.0\ta step in CI before publishing\n"
		    "palisade gate deploy ward-api\tbefore a rollout",
	.options = gate_options,
	.run = gate_run,
};
