/* verb_report.c - palisade report: the state of the pipeline as one page that opens from a mail. */
#include <string.h>

#include "output.h"
#include "project.h"

/* Looks without writing: nothing is examined anew, signed or decided, so no key is needed. */
static int
report(struct session *s, const struct cli_args *a, const struct pal_pipeline *p)
{
	struct pal_check_options o = { .pipeline = p,
				       .workspace = s->workspace,
				       .stages = PAL_STAGE_ALL,
				       .rules_dir = cli_text(a, "rules", NULL),
				       .dry = true };
	struct pal_check         c = { 0 };
	struct pal_report        r = { 0 };
	struct pal_diag          d = { 0 };
	enum pal_err             err = pal_check_run(&o, &s->arena, &c, &d);
	PAL_AUTO_BUF             page = pal_buf_of(0);
	int                      code = CLI_TROUBLE;

	if (err == PAL_OK)
		err = pal_check_report(&c, &r, &d);
	if (err == PAL_OK) {
		r.title = "palisade report";
		err = pal_report_write(&r, PAL_REPORT_HTML, &(struct pal_report_style){ 0 }, &page);
	}
	if (err == PAL_OK)
		code = cli_output(cli_text(a, "output", "palisade-report.html"), pal_buf_view(&page));
	else
		(void)cli_fail(err, &d);
	if (code == CLI_YES)
		(void)printf("wrote %s: %s\n", cli_text(a, "output", "palisade-report.html"),
			     r.closed ? "a gate is closed" : "all gates are open");
	pal_check_done(&c);
	return code;
}

static int
report_run(const struct cli_args *a)
{
	SESSION_AUTO         s = { 0 };
	struct pal_diag      d = { 0 };
	struct pal_pipeline *p = NULL;
	enum pal_err         err = project_load(&s, a, a->word_count > 0 ? a->words[0] : NULL, &p, &d);

	if (err == PAL_OK)
		err = session_open(&s, a, false, &d);
	if (err != PAL_OK) {
		(void)cli_fail(err, &d);
		return CLI_TROUBLE;
	}
	return report(&s, a, p);
}

static const struct cli_option report_options[] = {
	{ .name = "output", .value = "FILE", .help = "where the page goes (palisade-report.html)", .letter = 'o' },
	{ .name = "rules", .value = "DIR", .help = "further detector rules, *.rules" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_report = {
	.name = "report",
	.args = "[palisade.yaml]",
	.max = 1,
	.summary = "write the state of the pipeline as one self-contained HTML page",
	.about = "Pipeline map, gates, controls with reasons, findings, lineage, evidence and exceptions in one file\n"
		 "without scripts or references. Adds nothing to the ledger and needs no passphrase; what has changed\n"
		 "since the last check is examined, but not put on record.\n"
		 "Exit: 0 the page was written, 2 it could not be.",
	.examples = "palisade report\twrites palisade-report.html\n"
		    "palisade report -o /tmp/clinic.html\tsomewhere else",
	.options = report_options,
	.run = report_run,
};
