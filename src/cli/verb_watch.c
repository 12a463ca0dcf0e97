/* verb_watch.c - what arrives in a folder is examined; what must not stay is moved away and recorded. To audit:
 * seize(). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arrivals.h"
#include "cli.h"
#include "output.h"
#include "palisade/file.h"
#include "palisade/json.h"
#include "palisade/scan.h"
#include "targets.h"

#define BATCH_MEMORY ((size_t)1 << 30)
#define RECORD       "quarantine.jsonl"

struct watcher {
	const struct cli_args *args;
	const char            *root;
	char                   quarantine[PATH_MAX];
	int                    root_fd, quarantine_fd, record_fd;
	enum pal_severity      limit;
	bool                   lines, verbose;
	struct pal_scanner    *scanner;
	uint64_t               seen, seized;
	struct pal_diag        d;
};

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* ---- one file ---- */

static bool
must_go(const struct watcher *w, const struct pal_scan_file *f)
{
	for (size_t i = 0; i < f->finding_count; i++)
		if (pal_report_weight(&f->findings[i]) >= w->limit)
			return true;
	return false;
}

static enum pal_err
record(struct watcher *w, const struct pal_report *r, const char *to)
{
	PAL_AUTO_BUF           artifact = pal_buf_of(0), line = pal_buf_of(0);
	struct pal_json_writer j = pal_json_writer_of(&line, 0);

	PAL_TRY(pal_report_write(r, PAL_REPORT_JSONL, NULL, &artifact));
	pal_json_begin(&j, NULL, '{');
	pal_json_put_text(&j, "time", r->time);
	pal_json_put_text(&j, "to", to);
	pal_json_put_raw(&j, "artifact", pal_buf_text(&artifact));
	pal_json_end(&j, '}');
	for (size_t i = 0; i < line.len; i++) /* the artifact brought its line end along */
		line.data[i] = line.data[i] == '\n' ? ' ' : line.data[i];
	pal_buf_add_byte(&line, '\n');
	PAL_TRY(pal_buf_err(&line));
	PAL_TRY(pal_file_write_fd(w->record_fd, pal_buf_view(&line), RECORD, &w->d));
	return fsync(w->record_fd) == 0 ? PAL_OK : pal_fail(&w->d, PAL_ESYS, 0, RECORD ": %s", strerror(errno));
}

/* Moves exactly the version that was examined, read-only; *ret_moved says whether it was still there. */
static enum pal_err
seize(struct watcher *w, const struct pal_scan_file *f, const char *to, bool *ret_moved)
{
	const char        *base = NULL;
	PAL_AUTO_FD        parent = -1;
	struct stat        st;
	struct pal_file_id id = { 0 };

	*ret_moved = false;
	if (pal_file_open_parent(w->root_fd, f->path, &parent, &base, NULL) != PAL_OK ||
	    fstatat(parent, base, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return PAL_OK; /* gone */
	id = pal_file_id_of(&st);
	if (!pal_file_id_eq(&id, &f->id))
		return PAL_OK; /* another version, whose arrival will be told */
	if (renameat2(parent, base, w->quarantine_fd, to, RENAME_NOREPLACE) != 0)
		return pal_fail(&w->d, PAL_ESYS, 0, "cannot move %s/%s to %s: %s", w->root, f->path, w->quarantine,
				strerror(errno));
	*ret_moved = true;
	if (fchmodat(w->quarantine_fd, to, 0400, 0) != 0)
		return pal_fail(&w->d, PAL_ESYS, 0, "%s/%s: %s", w->quarantine, to, strerror(errno));
	return PAL_OK;
}

static void
say(const struct watcher *w, const struct pal_report *r, const struct pal_scan_file *f, const char *to)
{
	const struct pal_finding *worst = NULL;
	PAL_AUTO_BUF              line = pal_buf_of(0);

	for (size_t i = 0; i < f->finding_count; i++)
		if (worst == NULL || f->findings[i].severity > worst->severity)
			worst = &f->findings[i];
	if (w->lines) {
		if (pal_report_write(r, PAL_REPORT_JSONL, NULL, &line) == PAL_OK)
			(void)fwrite(line.data, 1, line.len, stdout);
	} else if (to != NULL || w->verbose || pal_scan_verdict_of(f) != PAL_SCAN_CLEAN) {
		pal_buf_printf(&line, "%s  %-9s %s", r->time, pal_scan_verdict_name(r->files->verdict), f->path);
		if (worst != NULL)
			pal_buf_printf(&line, "  %s %s: %s", pal_severity_name(worst->severity), worst->rule->id,
				       worst->text);
		if (to != NULL)
			pal_buf_printf(&line, "  -> %s/%s", w->quarantine, to);
		cli_say(pal_buf_view(&line), stdout);
		(void)putchar('\n');
	}
	(void)fflush(stdout);
}

static enum pal_err
handle(struct watcher *w, const struct pal_scan_file *f, struct pal_arena *a)
{
	struct pal_report_file     file = cli_report_file(f, f->path);
	struct pal_report_finding *findings = pal_arena_array(a, f->finding_count, sizeof(*findings));
	char                       time[PAL_TIME_TEXT];
	struct pal_report          r = { .time = time, .files = &file, .file_count = 1, .findings = findings };
	const char                *to = NULL, *base = strrchr(f->path, '/');
	uint64_t                   now = pal_clock_now_ms(&pal_clock_system);
	bool                       moved = false;

	PAL_TRY(pal_arena_err(a));
	if (strcmp(f->format, "none") == 0 && f->id.inode == 0)
		return PAL_OK; /* gone before it was opened */
	for (size_t i = 0; i < f->finding_count; i++)
		findings[i].finding = &f->findings[i];
	r.finding_count = f->finding_count;
	pal_time_format(now, time);
	w->seen++;
	if (must_go(w, f)) {
		to = pal_arena_printf(a, "%llu-%.16s-%.150s", (unsigned long long)now,
				      f->sha256 == NULL ? "unhashed" : f->sha256, base == NULL ? f->path : base + 1);
		PAL_TRY(pal_arena_err(a));
		PAL_TRY(seize(w, f, to, &moved));
		if (moved)
			PAL_TRY(record(w, &r, to));
		w->seized += moved;
	}
	say(w, &r, f, moved ? to : NULL);
	return PAL_OK;
}

static enum pal_err
handle_all(struct watcher *w, const struct pal_list *paths)
{
	struct pal_scan_result r = { 0 };

	if (paths->count == 0)
		return PAL_OK;
	PAL_TRY(pal_scan(w->scanner, w->root, paths->items, paths->count, paths->arena, &r, &w->d));
	PAL_TRY(pal_scan_hash(w->root, &r, paths->arena, &w->d));
	for (size_t i = 0; i < r.files.count; i++)
		PAL_TRY(handle(w, pal_list_at(&r.files, i), paths->arena));
	return PAL_OK;
}

/* ---- the watch ---- */

/* Beside the folder unless told otherwise; on the same file system, so that a move is one step; never inside. */
static enum pal_err
open_quarantine(struct watcher *w)
{
	const char *given = cli_text(w->args, "quarantine", NULL);
	char        root[PATH_MAX], real[PATH_MAX];
	struct stat a, b;

	if (realpath(w->root, root) == NULL)
		return pal_fail(&w->d, PAL_ENOTFOUND, 0, "%s: %s", w->root, strerror(errno));
	if (snprintf(w->quarantine, sizeof(w->quarantine), given == NULL ? "%.*s.quarantine" : "%.*s", PATH_MAX - 20,
		     given == NULL ? root : given) >= PATH_MAX - 20)
		return pal_fail(&w->d, PAL_EUSAGE, 0, "the name of the quarantine folder is too long");
	PAL_TRY(pal_file_make_dir(w->quarantine, 0700, &w->d));
	w->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->quarantine_fd = open(w->quarantine, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->root_fd < 0 || w->quarantine_fd < 0 || fstat(w->root_fd, &a) != 0 || fstat(w->quarantine_fd, &b) != 0)
		return pal_fail(&w->d, PAL_ESYS, 0, "%s: %s", w->quarantine, strerror(errno));
	if (realpath(w->quarantine, real) == NULL)
		return pal_fail(&w->d, PAL_ESYS, 0, "the quarantine folder: %s", strerror(errno));
	if (strncmp(real, root, strlen(root)) == 0 && (real[strlen(root)] == '/' || real[strlen(root)] == '\0'))
		return pal_fail(&w->d, PAL_EUSAGE, 0, "%s is inside the folder that is watched", w->quarantine);
	if (a.st_dev != b.st_dev)
		return pal_fail(&w->d, PAL_EUSAGE, 0, "%s must be on the file system of %s: a move must be one step",
				w->quarantine, w->root);
	w->record_fd = openat(w->quarantine_fd, RECORD, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return w->record_fd >= 0 ? PAL_OK
				 : pal_fail(&w->d, PAL_ESYS, 0, "%s/" RECORD ": %s", w->quarantine, strerror(errno));
}

static enum pal_err
watch_all(struct watcher *w)
{
	bool                                                            once = cli_flag(w->args, "once");
	__attribute__((cleanup(cli_arrivals_done))) struct cli_arrivals arrivals = { .fd = -1 };
	enum pal_err                                                    e = PAL_OK;

	for (bool first = true; e == PAL_OK && !stopped && (first || !once); first = false) {
		PAL_AUTO_ARENA  a;
		struct pal_list paths;

		pal_arena_init(&a, BATCH_MEMORY);
		paths = pal_list_of(&a, sizeof(const char *));
		e = first ? cli_arrivals_open(&arrivals, w->root, &paths, &w->d)
			  : cli_arrivals_next(&arrivals, &paths, &w->d);
		if (e == PAL_OK)
			e = handle_all(w, &paths);
		if (e == PAL_OK && first && !once && !w->lines) {
			(void)printf("watching %s; bad files go to %s; end with Ctrl-C\n", w->root, w->quarantine);
			(void)fflush(stdout);
		}
	}
	return e;
}

static void
watcher_done(struct watcher *w)
{
	pal_scanner_free(&w->scanner);
	pal_file_close(&w->root_fd);
	pal_file_close(&w->quarantine_fd);
	pal_file_close(&w->record_fd);
}

static int
watch_run(const struct cli_args *a)
{
	__attribute__((cleanup(watcher_done))) struct watcher w = {
		.args = a, .root = a->words[0], .root_fd = -1, .quarantine_fd = -1, .record_fd = -1
	};
	struct pal_scan_options o = { .rules_dir = cli_text(a, "rules", NULL) };
	struct sigaction        act = { .sa_handler = stop };
	uint64_t                jobs = 0;
	enum pal_err            e = PAL_OK;

	if (!cli_number(a, "jobs", 0, 64, &jobs) ||
	    !pal_severity_of(pal_view_of(cli_text(a, "fail-on", "high")), &w.limit))
		return CLI_TROUBLE;
	o.workers = (unsigned int)jobs;
	w.lines = strcmp(cli_text(a, "format", "table"), "jsonl") == 0;
	w.verbose = cli_flag(a, "verbose");
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	e = open_quarantine(&w);
	if (e == PAL_OK)
		e = pal_scanner_new(&o, &w.scanner, &w.d);
	if (e == PAL_OK)
		e = watch_all(&w);
	if (e != PAL_OK)
		return cli_fail(e, &w.d);
	if (!w.lines)
		(void)printf("%llu file%s examined, %llu moved to %s\n", (unsigned long long)w.seen,
			     w.seen == 1 ? "" : "s", (unsigned long long)w.seized, w.quarantine);
	return cli_flag(a, "once") && w.seized > 0 ? CLI_NO : CLI_YES;
}

static const struct cli_option watch_options[] = {
	{ .name = "fail-on",
	  .value = "info|low|medium|high|critical",
	  .help = "move a file away from this severity up; high if absent" },
	{ .name = "quarantine", .value = "DIR", .help = "where to; PATH.quarantine beside the folder if absent" },
	{ .name = "once", .help = "examine what is there, then end; exit 1 when something was moved" },
	{ .name = "format", .value = "table|jsonl", .help = "how to write what came; jsonl as palisade scan does" },
	{ .name = "verbose", .help = "also tell of clean files", .letter = 'v' },
	{ .name = "rules", .value = "DIR", .help = "also use the *.rules files in DIR" },
	{ .name = "jobs", .value = "N", .help = "worker processes; one a core if absent", .letter = 'j' },
	{ 0 },
};

const struct cli_verb cli_verb_watch = {
	.name = "watch",
	.args = "DIR",
	.min = 1,
	.max = 1,
	.summary = "examine what arrives in a folder, and move away what must not stay",
	.about =
	    "Examines every file in DIR and below, then each one that is written or moved there, as palisade scan\n"
	    "does. A file with a finding from --fail-on up is moved, as it was examined and read-only, to the\n"
	    "quarantine folder; quarantine.jsonl there says when, from where, its digest and every finding.\n"
	    "A file that changes meanwhile is left until it is complete: its writer's close brings it back.\n\n"
	    "It ends with SIGINT or SIGTERM.",
	.examples = "palisade watch /srv/models/incoming\tguard a drop folder\n"
		    "palisade watch --once --quarantine /srv/held /srv/models/incoming\tone round, for cron",
	.options = watch_options,
	.run = watch_run,
};
