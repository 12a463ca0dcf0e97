/* verb_scan.c - examines files and trees without a workspace; what decides the exit code is in verdict(). */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "output.h"
#include "palisade/arena.h"
#include "palisade/scan.h"
#include "palisade/walk.h"

#define MOST_FILES   ((size_t)10 << 20)
#define MOST_SECONDS 86400u
#define MEMORY       ((size_t)2 << 30)

/* Files below one folder, to be scanned together; or one link or standard input, by its descriptor. */
struct target {
	const char  *root;   /* as given; NULL: a descriptor */
	const char  *prefix; /* before each path when it is shown; NULL: the path alone */
	const char **paths;
	size_t       count;
	int          fd;
	const char  *name; /* of the descriptor */
};

struct job {
	const struct cli_args  *args;
	struct pal_arena        arena;
	struct pal_list         targets;  /* of struct target */
	struct pal_list         findings; /* of struct pal_finding, with whole paths */
	struct pal_scanner     *scanner;
	struct pal_progress     progress;
	struct pal_scan_options options;
	struct pal_report       report;
	enum pal_severity       limit;
	enum pal_confidence     least; /* of findings about data; one number in ten passes a check digit by chance */
	uint64_t                total; /* bytes */
	size_t                  examined;
	bool                    failed;
	struct pal_diag         d;
};

static struct target *
add_target(struct job *j)
{
	struct target *t = pal_list_add(&j->targets);

	if (t != NULL)
		t->fd = -1;
	return t;
}

static enum pal_err
add_descriptor(struct job *j, int fd, const char *name)
{
	struct target *t = add_target(j);
	struct stat    st;

	if (t == NULL) {
		(void)close(fd);
		return pal_arena_err(&j->arena);
	}
	t->fd = fd;
	t->name = name;
	if (fstat(fd, &st) == 0)
		j->total += (uint64_t)st.st_size;
	return PAL_OK;
}

/* Workers read at any offset, which a pipe does not let them: standard input goes to a file without a name. */
static enum pal_err
add_standard_input(struct job *j)
{
	FILE  *spool = tmpfile();
	char   path[64], chunk[8192];
	size_t n = 0;
	int    fd = -1;
	bool   ok = spool != NULL;

	while (ok && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		ok = fwrite(chunk, 1, n, spool) == n;
	ok = ok && ferror(stdin) == 0 && fflush(spool) == 0;
	if (ok) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(spool));
		fd = open(path, O_RDONLY | O_CLOEXEC); /* the worker gets no right to write */
	}
	n = (size_t)errno;
	if (spool != NULL)
		(void)fclose(spool);
	return fd >= 0 ? add_descriptor(j, fd, "standard input")
		       : pal_fail(&j->d, PAL_ESYS, 0, "cannot keep standard input in a temporary file: %s",
				  strerror((int)n));
}

/* A link that the user named, or asked to follow: its content under its own name, whose ending says what it claims. */
static enum pal_err
add_link(struct job *j, const char *path)
{
	char        real[PATH_MAX];
	struct stat st;
	int         fd =
            realpath(path, real) == NULL ? -1 : open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (ok)
		return add_descriptor(j, fd, pal_arena_text(&j->arena, pal_view_of(path)));
	if (fd >= 0)
		(void)close(fd);
	return pal_fail(&j->d, PAL_ENOTFOUND, 0, "%s is a link to nothing that is a readable file", path);
}

static bool
leads_to_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static enum pal_err
add_tree(struct job *j, const char *root)
{
	struct pal_list entries = pal_list_of(&j->arena, sizeof(struct pal_entry));
	bool            follow = cli_flag(j->args, "follow-links");
	struct target  *t = NULL;
	const char    **paths = NULL;
	size_t          n = 0;

	PAL_TRY(pal_walk(root, MOST_FILES, &entries, &j->d));
	paths = pal_arena_array(&j->arena, entries.count, sizeof(*paths));
	for (size_t i = 0; i < entries.count && paths != NULL; i++) {
		const struct pal_entry *e = pal_list_at(&entries, i);
		const char             *whole =
                    e->kind == PAL_ENTRY_LINK && follow ? pal_arena_printf(&j->arena, "%s/%s", root, e->path) : NULL;

		if (whole != NULL && leads_to_file(whole)) {
			PAL_TRY(add_link(j, whole));
			continue;
		}
		j->total += e->kind == PAL_ENTRY_FILE ? e->id.size : 0;
		paths[n++] = e->path;
	}
	t = n == 0 ? NULL : add_target(j);
	if (t != NULL) {
		t->root = root;
		t->prefix = root;
		t->paths = paths;
		t->count = n;
	}
	return pal_arena_err(&j->arena);
}

/* Files of one folder that stand side by side on the command line (as a shell writes them) are scanned together. */
static enum pal_err
add_file(struct job *j, const char *path, const struct stat *st)
{
	char          *folder_of = pal_arena_text(&j->arena, pal_view_of(path));
	char          *name_of = pal_arena_text(&j->arena, pal_view_of(path));
	const char    *folder = folder_of == NULL ? NULL : dirname(folder_of);
	struct target *t = j->targets.count == 0 ? NULL : pal_list_at(&j->targets, j->targets.count - 1);

	if (folder == NULL || name_of == NULL)
		return pal_arena_err(&j->arena);
	if (t == NULL || t->root == NULL || t->prefix == t->root || strcmp(t->root, folder) != 0) {
		t = add_target(j);
		if (t == NULL)
			return pal_arena_err(&j->arena);
		t->root = folder;
		t->prefix = strchr(path, '/') == NULL ? NULL : pal_arena_text(&j->arena, pal_view_of(folder));
		t->paths = pal_arena_array(&j->arena, j->args->word_count, sizeof(*t->paths));
	}
	if (t->paths == NULL)
		return pal_arena_err(&j->arena);
	t->paths[t->count++] = basename(name_of);
	j->total += (uint64_t)st->st_size;
	return PAL_OK;
}

static enum pal_err
add_word(struct job *j, const char *word)
{
	struct stat st, link;

	if (strcmp(word, "-") == 0)
		return add_standard_input(j);
	if (stat(word, &st) != 0 || lstat(word, &link) != 0)
		return pal_fail(&j->d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open %s: %s", word,
				strerror(errno));
	if (S_ISDIR(st.st_mode))
		return add_tree(j, word);
	return S_ISLNK(link.st_mode) ? add_link(j, word) : add_file(j, word, &st);
}

static const char *
whole_path(struct job *j, const struct target *t, const char *path)
{
	struct pal_view prefix = pal_view_of(t->prefix);

	if (t->root == NULL || t->prefix == NULL)
		return path;
	return pal_arena_printf(&j->arena, pal_view_ends(prefix, "/") ? "%s%s" : "%s/%s", t->prefix, path);
}

static enum pal_err
take_file(struct job *j, const struct target *t, const struct pal_scan_file *f)
{
	j->examined += strcmp(f->format, "none") != 0;
	for (size_t i = 0; i < f->finding_count; i++) {
		struct pal_finding *one = NULL;

		if (f->findings[i].rule->data_class != PAL_CLASS_NONE && f->findings[i].confidence < j->least)
			continue;
		one = pal_list_add(&j->findings);
		if (one == NULL)
			return pal_fail(&j->d, pal_arena_err(&j->arena), 0, "more findings than there is memory for");
		*one = f->findings[i];
		one->place.path = whole_path(j, t, one->place.path);
		j->failed = j->failed || one->severity >= j->limit;
	}
	return PAL_OK;
}

static enum pal_err
scan_target(struct job *j, struct target *t)
{
	struct pal_scan_result r = { 0 };

	if (t->root != NULL)
		PAL_TRY(pal_scan(j->scanner, t->root, t->paths, t->count, &j->arena, &r, &j->d));
	else
		PAL_TRY(pal_scan_fd(j->scanner, t->fd, t->name, &j->arena, &r, &j->d));
	for (size_t i = 0; i < r.files.count; i++)
		PAL_TRY(take_file(j, t, pal_list_at(&r.files, i)));
	j->report.file_count += r.files.count;
	j->report.byte_count += r.bytes;
	j->report.elapsed_ms += r.elapsed_ms;
	j->report.sandbox = r.sandbox != NULL ? r.sandbox : j->report.sandbox;
	return pal_arena_err(&j->arena);
}

static enum pal_err
scan_all(struct job *j)
{
	enum pal_err e = PAL_OK;

	for (size_t i = 0; i < j->args->word_count; i++)
		PAL_TRY(add_word(j, j->args->words[i]));
	PAL_TRY(pal_arena_err(&j->arena));
	j->options.progress = &j->progress;
	PAL_TRY(pal_scanner_new(&j->options, &j->scanner, &j->d));
	pal_progress_start(&j->progress, "scanning", j->total, true);
	for (size_t i = 0; i < j->targets.count && e == PAL_OK; i++)
		e = scan_target(j, pal_list_at(&j->targets, i));
	pal_progress_end(&j->progress);
	return e;
}

static enum pal_err
fill_report(struct job *j, char time[PAL_TIME_TEXT])
{
	struct pal_report_finding *findings = pal_arena_array(&j->arena, j->findings.count, sizeof(*findings));

	PAL_TRY(pal_arena_err(&j->arena));
	for (size_t i = 0; i < j->findings.count; i++)
		findings[i].finding = pal_list_at(&j->findings, i);
	pal_time_format(pal_clock_now_ms(&pal_clock_system), time);
	j->report.tool_version = PALISADE_VERSION;
	j->report.title = "palisade scan";
	j->report.subject = j->args->word_count == 1 ? j->args->words[0]
						     : pal_arena_printf(&j->arena, "%s and %zu more", j->args->words[0],
									j->args->word_count - 1);
	j->report.time = time;
	j->report.limit = j->limit;
	j->report.closed = j->failed;
	j->report.findings = findings;
	j->report.finding_count = j->findings.count;
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
	for (size_t i = 0; i < j->targets.count; i++) {
		struct target *t = pal_list_at(&j->targets, i);

		if (t->fd >= 0)
			(void)close(t->fd);
	}
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
						.sandbox = cli_text(j->args, "sandbox", NULL) };
	return true;
}

static int
scan_run(const struct cli_args *a)
{
	__attribute__((cleanup(job_done))) struct job j = { .args = a };
	enum pal_err                                  e = PAL_OK;
	char                                          time[PAL_TIME_TEXT];

	pal_arena_init(&j.arena, MEMORY);
	j.targets = pal_list_of(&j.arena, sizeof(struct target));
	j.findings = pal_list_of(&j.arena, sizeof(struct pal_finding));
	if (!read_options(&j))
		return CLI_TROUBLE;
	e = scan_all(&j);
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
	CLI_OUTPUT_OPTIONS,
	{ .name = "rules", .value = "DIR", .help = "also use the *.rules files in DIR" },
	{ .name = "jobs", .value = "N", .help = "worker processes; one a core if absent", .letter = 'j' },
	{ .name = "timeout", .value = "S", .help = "seconds for one file; 120 and more for large ones if absent" },
	{ .name = "follow-links", .help = "examine the files that links inside a tree point to" },
	{ .name = "sandbox", .value = "worker|none", .help = "none: workers keep your rights (no seccomp here)" },
	{ 0 },
};

const struct cli_verb cli_verb_scan = {
	.name = "scan",
	.args = "PATH...",
	.min = 1,
	.max = CLI_WORDS,
	.summary = "examine files and folders for what they should not hold",
	.about =
	    "Reads each file below PATH in a process that has no network, no files and no keys, and reports what its\n"
	    "content shows: code that loading would run, secrets, personal data, files that are not what their name\n"
	    "says. PATH - is standard input. No workspace is needed.\n\n"
	    "What cannot be examined is a finding too: an unknown format, a reader that crashed, a link inside a\n"
	    "tree. Unknown is not clean; --fail-on medium refuses all of it.\n\n"
	    "Exit code: 0 nothing from --fail-on up, 1 findings, 2 the scan could not be done or examined nothing.",
	.examples = "palisade scan model.pkl\tone file\n"
		    "palisade scan --fail-on medium --format sarif -o scan.sarif models/\ta tree, for a CI system\n"
		    "curl -s https://example.org/data.csv | palisade scan -\tstandard input",
	.options = scan_options,
	.run = scan_run,
};
