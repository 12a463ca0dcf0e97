/* verb_scan.c - examines files and trees without a workspace; what decides the exit code is in accept() and verdict().
 */
#include <string.h>

#include "cli.h"
#include "explain.h"
#include "output.h"
#include "palisade/baseline.h"
#include "palisade/compare.h"
#include "palisade/file.h"
#include "targets.h"

#define MOST_SECONDS 86400u
#define MEMORY       ((size_t)2 << 30)

struct job {
	const struct cli_args  *args;
	struct pal_arena        arena;
	struct cli_targets      targets;
	struct pal_list         files;    /* of struct pal_report_file */
	struct pal_list         findings; /* of struct pal_finding, with whole paths */
	struct pal_list         digests;  /* of const char *: of the file of each finding */
	struct pal_baseline     baseline;
	struct pal_comparison   base;      /* with what --base names */
	bool                    base_told; /* its findings stand with a file */
	struct pal_scanner     *scanner;
	struct pal_progress     progress;
	struct pal_scan_options options;
	struct pal_report       report;
	enum pal_severity       limit;
	enum pal_confidence     least; /* of findings about data; one number in ten passes a check digit by chance */
	uint64_t                now_ms;
	size_t                  examined;
	struct pal_diag         d;
};

/* Programs that read the result, and a baseline, go by digest; people do not wait for one. */
static bool
wants_digests(const struct cli_args *a)
{
	const char *format = cli_text(a, "format", "table");

	return strcmp(format, "json") == 0 || strcmp(format, "jsonl") == 0 || cli_text(a, "baseline", NULL) != NULL ||
	       cli_text(a, "write-baseline", NULL) != NULL;
}

static enum pal_err
take_finding(struct job *j, const struct pal_finding *f, const char *path, const char *sha256)
{
	struct pal_finding *one = pal_list_add(&j->findings);
	const char        **digest = pal_list_add(&j->digests);

	if (one == NULL || digest == NULL)
		return pal_fail(&j->d, pal_arena_err(&j->arena), 0, "more findings than there is memory for");
	*one = *f;
	one->place.path = path;
	*digest = sha256;
	return PAL_OK;
}

/* What the comparison found in this file; what it says of the model as a whole stands with the first file. */
static enum pal_err
take_base(struct job *j, const struct pal_scan_file *f, const char *shown, struct pal_report_file *file)
{
	for (size_t i = 0; i < j->base.findings.list.count; i++) {
		const struct pal_finding *one = pal_list_at(&j->base.findings.list, i);
		bool whole = one->place.path == NULL || strcmp(one->place.path, j->args->words[0]) == 0;

		if (whole ? j->base_told : strcmp(one->place.path, f->path) != 0)
			continue;
		PAL_TRY(take_finding(j, one, shown, f->sha256));
		file->count++;
		if (file->verdict == PAL_SCAN_CLEAN && one->severity > PAL_INFO)
			file->verdict = one->rule->unread == PAL_INFO ? PAL_SCAN_FINDINGS : PAL_SCAN_PARTIAL;
	}
	j->base_told = true;
	return PAL_OK;
}

static enum pal_err
take_file(struct job *j, const struct cli_target *t, const struct pal_scan_file *f)
{
	struct pal_scan_file    kept = *f; /* with the findings that are told */
	struct pal_report_file *file = pal_list_add(&j->files);
	size_t                  first = j->findings.count;

	if (file == NULL)
		return pal_fail(&j->d, pal_arena_err(&j->arena), 0, "more files than there is memory for");
	j->examined += strcmp(f->format, "none") != 0;
	kept.findings = pal_arena_array(&j->arena, f->finding_count, sizeof(*kept.findings));
	PAL_TRY(pal_arena_err(&j->arena));
	kept.finding_count = 0;
	for (size_t i = 0; i < f->finding_count; i++) {
		const struct pal_finding *one = &f->findings[i];

		if (one->rule->data_class != PAL_CLASS_NONE && one->confidence < j->least)
			continue;
		kept.findings[kept.finding_count++] = *one;
		PAL_TRY(take_finding(j, one, cli_target_path(&j->targets, t, one->place.path), f->sha256));
	}
	*file = cli_report_file(&kept, cli_target_path(&j->targets, t, f->path));
	file->first = first;
	PAL_TRY(take_base(j, f, file->path, file));
	return pal_arena_err(&j->arena);
}

static enum pal_err
scan_target(struct job *j, struct cli_target *t)
{
	struct pal_scan_result r = { 0 };

	PAL_TRY(cli_target_scan(j->scanner, t, wants_digests(j->args) && !j->options.structure, &j->arena, &r, &j->d));
	for (size_t i = 0; i < r.files.count; i++)
		PAL_TRY(take_file(j, t, pal_list_at(&r.files, i)));
	j->report.byte_count += r.bytes;
	j->report.elapsed_ms += r.elapsed_ms;
	j->report.sandbox = r.sandbox != NULL ? r.sandbox : j->report.sandbox;
	j->report.rules = r.rules;
	return pal_arena_err(&j->arena);
}

static enum pal_err
compare_base(struct job *j)
{
	struct pal_compare_options o = { .sandbox = j->options.sandbox, .progress = &j->progress };
	const char                *base = cli_text(j->args, "base", NULL);
	enum pal_err               e = PAL_OK;

	if (base == NULL)
		return PAL_OK;
	pal_progress_start(&j->progress, "comparing", j->targets.bytes, true);
	e = pal_compare(j->args->words[0], base, &o, &j->arena, &j->base, &j->d);
	pal_progress_end(&j->progress);
	j->report.base = &j->base;
	j->report.base_path = base;
	return e;
}

static enum pal_err
scan_all(struct job *j)
{
	enum pal_err e = PAL_OK;

	for (size_t i = 0; i < j->args->word_count; i++)
		PAL_TRY(cli_targets_add(&j->targets, j->args->words[i], &j->d));
	PAL_TRY(pal_arena_err(&j->arena));
	j->options.progress = &j->progress;
	j->options.soon = j->targets.list.count > 0;
	j->options.soon_bytes = j->targets.bytes;
	PAL_TRY(pal_scanner_new(&j->options, &j->scanner, &j->d));
	PAL_TRY(compare_base(j));
	pal_progress_start(&j->progress, "scanning", j->targets.bytes, true);
	for (size_t i = 0; i < j->targets.list.count && e == PAL_OK; i++)
		e = scan_target(j, pal_list_at(&j->targets.list, i));
	pal_progress_end(&j->progress);
	return e;
}

/* ---- the baseline ---- */

static enum pal_err
read_baseline(struct job *j)
{
	const char *path = cli_text(j->args, "baseline", NULL), *target = cli_text(j->args, "write-baseline", NULL);

	if (path == NULL && target != NULL && pal_file_exists(target))
		path = target;
	return path == NULL ? PAL_OK : pal_baseline_read(path, &j->arena, &j->baseline, &j->d);
}

/* What would stop this scan, accepted from now on. */
static enum pal_err
write_baseline(struct job *j)
{
	const char               *path = cli_text(j->args, "write-baseline", NULL);
	PAL_AUTO_BUF              out = pal_buf_of(0);
	struct pal_baseline_entry e = { .reason = cli_text(j->args, "reason", NULL),
					.expires = cli_text(j->args, "expires", NULL),
					.expires_ms = UINT64_MAX };

	if (path == NULL)
		return PAL_OK;
	if (e.expires != NULL && pal_time_parse(pal_view_of(e.expires), &e.expires_ms) != PAL_OK)
		return pal_fail(&j->d, PAL_EUSAGE, 0, "--expires %s: expected a day as 2027-01-31", e.expires);
	for (size_t i = 0; i < j->findings.count; i++) {
		const struct pal_finding *f = pal_list_at(&j->findings, i);

		e.sha256 = *(const char **)pal_list_at(&j->digests, i);
		e.rule = f->rule->id;
		e.path = f->place.path;
		if (pal_report_weight(f) >= j->limit && e.sha256 != NULL &&
		    pal_baseline_find(&j->baseline, e.sha256, e.rule, j->now_ms) == NULL)
			pal_baseline_put(&j->baseline, &e);
	}
	pal_baseline_write(&j->baseline, &out);
	PAL_TRY(pal_buf_err(&out));
	return pal_file_write(path, pal_buf_view(&out), 0644, &j->d);
}

static const char *
accepted(const struct job *j, size_t i)
{
	const struct pal_finding        *f = pal_list_at(&j->findings, i);
	const struct pal_baseline_entry *e =
	    pal_baseline_find(&j->baseline, *(const char **)pal_list_at(&j->digests, i), f->rule->id, j->now_ms);

	return e == NULL ? NULL : e->reason;
}

static enum pal_err
fill_report(struct job *j, char time[PAL_TIME_TEXT])
{
	struct pal_report_finding *findings = pal_arena_array(&j->arena, j->findings.count, sizeof(*findings));

	PAL_TRY(pal_arena_err(&j->arena));
	for (size_t i = 0; i < j->findings.count; i++) {
		findings[i].finding = pal_list_at(&j->findings, i);
		findings[i].accepted = accepted(j, i);
		if (findings[i].accepted == NULL && pal_report_weight(findings[i].finding) >= j->limit)
			j->report.closed = true;
	}
	pal_time_format(j->now_ms, time);
	j->report.tool_version = PALISADE_VERSION;
	j->report.title = "palisade scan";
	j->report.subject = j->args->word_count == 1 ? j->args->words[0]
						     : pal_arena_printf(&j->arena, "%s and %zu more", j->args->words[0],
									j->args->word_count - 1);
	j->report.time = time;
	j->report.limit = j->limit;
	j->report.findings = findings;
	j->report.finding_count = j->findings.count;
	j->report.files = j->files.items;
	j->report.file_count = j->files.count;
	return pal_arena_err(&j->arena);
}

/* A scan that looked at nothing must not look like a clean one. */
static int
verdict(const struct job *j, int code)
{
	if (code != CLI_YES || j->examined > 0)
		return code;
	return cli_usage("no file was examined%s", j->findings.count > 0
						       ? "; see the findings (links in a tree: --follow-links)"
						       : "; the folder holds none");
}

static void
job_done(struct job *j)
{
	cli_targets_done(&j->targets);
	pal_scanner_free(&j->scanner);
	pal_arena_done(&j->arena);
}

static bool
read_options(struct job *j)
{
	uint64_t    jobs = 0, seconds = 0;
	const char *limit = cli_text(j->args, "fail-on", "high");
	const char *least = cli_text(j->args, "min-confidence", "medium");

	if (!cli_number(j->args, "jobs", 0, 64, &jobs) || !cli_number(j->args, "timeout", 0, MOST_SECONDS, &seconds) ||
	    !pal_severity_of(pal_view_of(limit), &j->limit))
		return false;
	while (strcmp(pal_confidence_name(j->least), least) != 0)
		j->least = (enum pal_confidence)(j->least + 1);
	j->options = (struct pal_scan_options){ .workers = (unsigned int)jobs,
						.timeout_ms = (unsigned int)seconds * 1000,
						.rules_dir = cli_text(j->args, "rules", NULL),
						.sandbox = cli_text(j->args, "sandbox", NULL),
						.structure = cli_flag(j->args, "structure") };
	return true;
}

/* What the options ask for that cannot be: told before a file is read. CLI_YES when all is well. */
static int
check_words(const struct cli_args *a)
{
	bool writes = cli_text(a, "write-baseline", NULL) != NULL;

	if (a->word_count == 0)
		return cli_usage("scan what? give files or folders, or - for standard input");
	if (writes && cli_text(a, "reason", NULL) == NULL)
		return cli_usage("--write-baseline accepts findings; say why with --reason TEXT");
	if (cli_text(a, "base", NULL) != NULL && (a->word_count != 1 || strcmp(a->words[0], "-") == 0))
		return cli_usage("--base compares one model with its base: give one file or folder");
	if (!writes && (cli_text(a, "reason", NULL) != NULL || cli_text(a, "expires", NULL) != NULL))
		return cli_usage("--reason and --expires belong to --write-baseline FILE");
	return CLI_YES;
}

static int
scan_run(const struct cli_args *a)
{
	__attribute__((cleanup(job_done))) struct job j = { .args = a };
	enum pal_err                                  e = PAL_OK;
	char                                          time[PAL_TIME_TEXT];

	if (cli_text(a, "explain", NULL) != NULL)
		return cli_explain_rule(a, cli_text(a, "explain", NULL), cli_text(a, "rules", NULL));
	if (check_words(a) != CLI_YES)
		return CLI_TROUBLE;
	pal_arena_init(&j.arena, MEMORY);
	j.targets = cli_targets_of(&j.arena, a->word_count, cli_flag(a, "follow-links"));
	j.files = pal_list_of(&j.arena, sizeof(struct pal_report_file));
	j.findings = pal_list_of(&j.arena, sizeof(struct pal_finding));
	j.digests = pal_list_of(&j.arena, sizeof(const char *));
	j.baseline = pal_baseline_of(&j.arena);
	j.now_ms = pal_clock_now_ms(&pal_clock_system);
	if (!read_options(&j))
		return CLI_TROUBLE;
	e = read_baseline(&j);
	if (e == PAL_OK)
		e = scan_all(&j);
	if (e == PAL_OK)
		e = write_baseline(&j);
	if (e == PAL_OK)
		e = fill_report(&j, time);
	return e == PAL_OK ? verdict(&j, cli_output_report(a, &j.report)) : cli_fail(e, &j.d);
}

static const struct cli_option scan_options[] = {
	{ .name = "fail-on",
	  .value = "info|low|medium|high|critical",
	  .help = "exit 1 from this severity up; high if absent (medium also refuses what could not be read)" },
	{ .name = "min-confidence",
	  .value = "low|medium|high",
	  .help = "leave findings about data below it out; medium if absent (low: every lone number that fits)" },
	CLI_OUTPUT_OPTIONS_OF("table|json|jsonl|sarif|junit|html"),
	{ .name = "baseline", .value = "FILE", .help = "findings in FILE are known: they are told, and do not fail" },
	{ .name = "write-baseline",
	  .value = "FILE",
	  .help = "accept what would fail now, by digest and rule, in FILE; with --reason" },
	{ .name = "reason", .value = "TEXT", .help = "why the findings are accepted" },
	{ .name = "expires", .value = "DAY", .help = "from this day on they are not, as 2027-01-31" },
	{ .name = "base", .value = "PATH", .help = "also tell how the model differs from the one it was made from" },
	{ .name = "explain", .value = "RULE", .help = "what a rule means and what to do; all: the list of rules" },
	{ .name = "rules", .value = "DIR", .help = "also use the *.rules files in DIR" },
	{ .name = "jobs", .value = "N", .help = "worker processes; one a core if absent", .letter = 'j' },
	{ .name = "timeout", .value = "S", .help = "seconds for one file; 120 and more for large ones if absent" },
	{ .name = "follow-links", .help = "examine the files that links inside a tree point to" },
	{ .name = "structure", .help = "do not read the numbers of tensors; the result is partial and says so" },
	{ .name = "sandbox", .value = "worker|none", .help = "none: workers keep your rights (no seccomp here)" },
	{ 0 },
};

const struct cli_verb cli_verb_scan = {
	.name = "scan",
	.args = "PATH...",
	.min = 0,
	.max = CLI_WORDS,
	.summary = "examine files and folders for what they should not hold",
	.about =
	    "Reads each file below PATH in a process that has no network, no files and no keys, and reports what its\n"
	    "content shows: code that loading would run, secrets, personal data, files that are not what their name\n"
	    "says. PATH - is standard input. No workspace is needed.\n\n"
	    "What cannot be examined is a finding too: an unknown format, a reader that crashed, a link inside a\n"
	    "tree. Unknown is not clean; --fail-on medium refuses all of it.\n\n"
	    "--base PATH compares the tensors of a model with those of its base, paired by name, whatever their\n"
	    "formats: which changed, by how much, in which bits, by which rank; docs/detection.md has the tests.\n\n"
	    "With --format json or jsonl each file has a verdict: clean, findings, partial (part of it was not\n"
	    "examined), unknown (no reader for it) or error; docs/schema/scan.schema.json describes the rest.\n\n"
	    "Exit code: 0 nothing from --fail-on up, 1 findings, 2 the scan could not be done or examined nothing.",
	.examples = "palisade scan model.pkl\tone file\n"
		    "palisade scan --fail-on medium --format sarif -o scan.sarif models/\ta tree, for a CI system\n"
		    "palisade scan --write-baseline known.json --reason \"reviewed by ml-sec\" --expires 2027-01-31 "
		    "models/\taccept what is known\n"
		    "palisade scan --baseline known.json models/\tfail on what is new\n"
		    "palisade scan tuned.safetensors --base base.safetensors\twhat training changed\n"
		    "palisade scan --explain PICKLE-EXEC\twhat a rule means\n"
		    "curl -s https://example.org/data.csv | palisade scan -\tstandard input",
	.options = scan_options,
	.run = scan_run,
};
