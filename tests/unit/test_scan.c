/* test_scan.c - whole scans with real workers: this program is its own worker, and some files make it go wrong. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "palisade/buf.h"
#include "palisade/scan.h"
#include "palisade/serve.h"
#include "palisade/walk.h"
#include "palisade/worker.h"

#define FILES 40

static char root[64] = "/tmp/palisade-scan-XXXXXX";

/* Runs in the worker, confined. What it tries here, an exploited parser could try. */
static void
misbehave(const char *name)
{
	static const uint8_t junk[] = { 3, 0, 0, 0, PAL_SERVE_RESULT, 9, 9, 9 };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0x7f, PAL_SERVE_RESULT };

	if (strcmp(name, "bad-abort") == 0)
		abort();
	else if (strcmp(name, "bad-segv") == 0)
		(void)raise(SIGSEGV);
	else if (strcmp(name, "bad-open") == 0)
		(void)open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	else if (strcmp(name, "bad-socket") == 0)
		(void)socket(AF_INET, SOCK_STREAM, 0);
	else if (strcmp(name, "bad-exit") == 0)
		_exit(0);
	else if (strcmp(name, "bad-hang") == 0)
		for (;;)
			(void)sched_yield();
	else if (strcmp(name, "bad-junk") == 0)
		(void)!write(PAL_WORKER_CHANNEL, junk, sizeof(junk));
	else if (strcmp(name, "bad-huge") == 0)
		(void)!write(PAL_WORKER_CHANNEL, huge, sizeof(huge));
}

static void
make(const char *name, const char *content)
{
	char path[256];
	int  fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	(void)close(fd);
}

static struct pal_scanner *
scanner(const struct pal_scan_options *o)
{
	struct pal_scanner *s = NULL;
	struct pal_diag     d = { 0 };

	if (!CHECK_SAY(pal_scanner_new(o, &s, &d) == PAL_OK, d.text))
		exit(1);
	return s;
}

static struct pal_scan_result
scan(struct pal_scanner *s, const char *const *paths, size_t n, struct pal_arena *a)
{
	struct pal_scan_result r = { 0 };
	struct pal_diag        d = { 0 };

	if (!CHECK_SAY(pal_scan(s, root, paths, n, a, &r, &d) == PAL_OK, d.text))
		exit(1);
	return r;
}

static const struct pal_scan_file *
file_of(const struct pal_scan_result *r, size_t i)
{
	return pal_list_at(&r->files, i);
}

static bool
has(const struct pal_scan_file *f, const char *rule)
{
	for (size_t i = 0; i < f->finding_count; i++)
		if (strcmp(f->findings[i].rule->id, rule) == 0 && strcmp(f->findings[i].place.path, f->path) == 0)
			return true;
	return false;
}

static const struct {
	const char *name, *rule, *says;
} bad[] = {
	{ "bad-abort", "WORKER-LIMIT", "signal 6" },   { "bad-segv", "WORKER-LIMIT", "killed" },
	{ "bad-open", "WORKER-LIMIT", "forbidden" },   { "bad-socket", "WORKER-LIMIT", "forbidden" },
	{ "bad-exit", "WORKER-LIMIT", "exit code 0" }, { "bad-hang", "WORKER-LIMIT", "killed" },
	{ "bad-junk", "WORKER-LIMIT", "version" },     { "bad-huge", "WORKER-LIMIT", "frame" },
};

#define BAD (sizeof(bad) / sizeof(bad[0]))

/* Each bad file costs its worker, is named, and every other file is examined all the same. */
static void
test_bad_files(void)
{
	struct pal_scan_options o = { .workers = 2, .timeout_ms = 10000 };
	struct pal_scanner     *s = scanner(&o);
	const char             *paths[BAD + 2];
	struct pal_scan_result  r;
	PAL_AUTO_ARENA          a;

	pal_arena_init(&a, (size_t)16 << 20);
	for (size_t i = 0; i < BAD; i++) {
		make(bad[i].name, "words\n");
		paths[i] = bad[i].name;
	}
	paths[BAD] = "0.csv";
	paths[BAD + 1] = "1.csv";
	r = scan(s, paths, BAD + 2, &a);
	CHECK(r.files.count == BAD + 2);
	for (size_t i = 0; i < BAD; i++) {
		const struct pal_scan_file *f = file_of(&r, i);

		CHECK_SAY(has(f, bad[i].rule) && !f->complete, bad[i].name);
		CHECK_SAY(f->finding_count == 1 && strstr(f->findings[0].text, bad[i].says) != NULL,
			  f->finding_count == 1 ? f->findings[0].text : bad[i].name);
	}
	CHECK(file_of(&r, BAD)->complete && file_of(&r, BAD)->rows == 3);
	CHECK(file_of(&r, BAD + 1)->complete);
	CHECK(r.sandbox != NULL && strstr(r.sandbox, "seccomp") != NULL);
	pal_scanner_free(&s);
	CHECK_SAY(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no worker is left");
}

#define MANY 150

/* In the middle of many small files that one worker has at once: the one that is bad is named, no other suffers. */
static void
test_bad_in_batch(void)
{
	struct pal_scan_options o = { .workers = 1, .timeout_ms = 2000 };
	struct pal_scanner     *s = scanner(&o);
	struct pal_scan_result  r;
	char                    names[MANY][16];
	const char             *paths[MANY];
	PAL_AUTO_ARENA          a;

	pal_arena_init(&a, (size_t)16 << 20);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "many-%zu", i);
		paths[i] = i % 40 == 20 ? bad[i / 40 * 2 + 1].name : names[i];
		make(paths[i], "words\n");
	}
	r = scan(s, paths, MANY, &a);
	for (size_t i = 0; i < MANY; i++) {
		const struct pal_scan_file *f = file_of(&r, i);
		bool                        is_bad = paths[i] != names[i];

		CHECK_SAY(strcmp(f->path, paths[i]) == 0 && f->complete == !is_bad, f->path);
		CHECK_SAY(!is_bad || (f->finding_count == 1 && has(f, bad[i / 40 * 2 + 1].rule)), f->path);
	}
	pal_scanner_free(&s);
}

static void
test_not_files(void)
{
	static const char *const paths[] = { "absent", "folder", "link", "pipe", "../escape" };
	static const char *const expected[] = { "SCAN-UNREADABLE", "SCAN-SPECIAL", "SCAN-LINK", "SCAN-SPECIAL",
						"SCAN-UNREADABLE" };
	struct pal_scan_options  o = { .workers = 1 };
	struct pal_scanner      *s = scanner(&o);
	struct pal_scan_result   r;
	PAL_AUTO_ARENA           a;
	char                     path[256];

	pal_arena_init(&a, (size_t)16 << 20);
	(void)snprintf(path, sizeof(path), "%s/folder", root);
	CHECK(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/link", root);
	CHECK(symlink("/etc/passwd", path) == 0);
	(void)snprintf(path, sizeof(path), "%s/pipe", root);
	CHECK(mkfifo(path, 0600) == 0);
	r = scan(s, paths, 5, &a);
	for (size_t i = 0; i < 5; i++)
		CHECK_SAY(has(file_of(&r, i), expected[i]) && !file_of(&r, i)->complete, paths[i]);
	CHECK_SAY(r.sandbox == NULL, "no worker was needed");
	pal_scanner_free(&s);
}

static void
say_all(const struct pal_scan_result *r, struct pal_buf *out)
{
	for (size_t i = 0; i < r->files.count; i++) {
		const struct pal_scan_file *f = file_of(r, i);

		pal_buf_printf(out, "%s %s %llu %llu %d %zu\n", f->path, f->format, (unsigned long long)f->size,
			       (unsigned long long)f->rows, (int)f->complete, f->finding_count);
		for (size_t k = 0; k < f->finding_count; k++)
			pal_buf_printf(out, "  %s %d %s %s\n", f->findings[k].rule->id, (int)f->findings[k].severity,
				       f->findings[k].place.path, f->findings[k].text);
	}
}

/* One worker, many, or none at all: the same results in the same order. */
static void
test_same_for_any_number(void)
{
	static const struct pal_scan_options with[] = { { .workers = 1, .soon = true },
							{ .workers = 2 },
							{ .workers = 5, .sandbox = "none" },
							{ .no_sandbox = true, .soon = true } };
	char                                 names[FILES][16];
	const char                          *paths[FILES];
	PAL_AUTO_BUF                         first = pal_buf_of(0);

	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%zu.%s", i, i % 4 == 3 ? "bin" : "csv");
		paths[i] = names[i];
		make(names[i], i % 4 == 3   ? "\x01\x02\x03\xff\xfe"
			       : i % 4 == 2 ? "a,b\n1\n2,3,4\n5,6\n"
					    : "a,b\n1,2\n3,4\n5,6\n");
	}
	for (size_t k = 0; k < sizeof(with) / sizeof(with[0]); k++) {
		struct pal_scanner    *s = scanner(&with[k]);
		struct pal_scan_result r;
		PAL_AUTO_BUF           text = pal_buf_of(0);
		PAL_AUTO_ARENA         a;

		pal_arena_init(&a, (size_t)16 << 20);
		r = scan(s, paths, FILES, &a);
		say_all(&r, k == 0 ? &first : &text);
		CHECK_SAY(k == 0 || pal_view_eq(pal_buf_view(&first), pal_buf_view(&text)), pal_buf_text(&text));
		CHECK(r.sandbox != NULL && (strstr(r.sandbox, "none") != NULL) == (k >= 2));
		pal_scanner_free(&s);
	}
	CHECK(strstr(pal_buf_text(&first), "SCAN-UNKNOWN") != NULL);
}

struct cache {
	struct pal_buf kept[FILES];
	bool           damaged;
	unsigned int   gets, puts;
};

static bool
cache_get(void *arg, size_t item, const struct pal_file_id *id, struct pal_buf *bytes)
{
	struct cache *c = arg;

	CHECK(id->size > 0);
	c->gets++;
	pal_buf_add(bytes, pal_buf_view(&c->kept[item]));
	if (c->damaged && bytes->len > 3)
		bytes->data[3] ^= 0x40;
	return c->kept[item].len > 0;
}

static void
cache_put(void *arg, size_t item, const struct pal_file_id *id, struct pal_view bytes)
{
	struct cache *c = arg;

	CHECK(id->size > 0);
	c->puts++;
	pal_buf_clear(&c->kept[item]);
	pal_buf_add(&c->kept[item], bytes);
}

static void
test_cache(void)
{
	static struct cache         c;
	const struct pal_scan_cache hooks = { .get = cache_get, .put = cache_put, .arg = &c };
	struct pal_scan_options     o = { .workers = 2, .timeout_ms = 20000, .cache = &hooks };
	static const char *const    paths[] = { "0.csv", "bad-abort", "3.bin" };
	PAL_AUTO_ARENA              a;
	PAL_AUTO_BUF                first = pal_buf_of(0);

	pal_arena_init(&a, (size_t)64 << 20);
	for (size_t i = 0; i < FILES; i++)
		c.kept[i] = pal_buf_of(0);
	for (int round = 0; round < 3; round++) {
		struct pal_scanner    *s = scanner(&o);
		PAL_AUTO_BUF           text = pal_buf_of(0);
		struct pal_scan_result r;

		c.damaged = round == 2;
		c.puts = 0;
		r = scan(s, paths, 3, &a);
		say_all(&r, round == 0 ? &first : &text);
		CHECK_SAY(round == 0 || pal_view_eq(pal_buf_view(&first), pal_buf_view(&text)), pal_buf_text(&text));
		CHECK_SAY(r.cached == (round == 1 ? 2u : 0u),
			  "what crashed is never cached, what is damaged never used");
		CHECK(file_of(&r, 0)->cached == (round == 1) && !file_of(&r, 1)->cached);
		CHECK(c.puts == (round == 1 ? 0u : 2u));
		pal_scanner_free(&s);
	}
	for (size_t i = 0; i < FILES; i++)
		pal_buf_done(&c.kept[i]);
}

static void
count_files(void *arg, const struct pal_scan_file *f)
{
	size_t *seen = arg;

	*seen += f->finding_count > 0 ? 100 : 1;
}

/* One file by its path or through a link; digests of what is still the same; told as each is done. */
static void
test_file_and_digests(void)
{
	size_t                  seen = 0;
	struct pal_scan_options o = { .workers = 1, .found = count_files, .arg = &seen };
	struct pal_scanner     *s = scanner(&o);
	struct pal_scan_result  r = { 0 };
	struct pal_diag         d = { 0 };
	PAL_AUTO_ARENA          a;
	char                    path[256], link[256];
	const char             *first = NULL;
	struct pal_scan_file   *changed = NULL;

	pal_arena_init(&a, (size_t)16 << 20);
	(void)snprintf(path, sizeof(path), "%s/0.csv", root);
	(void)snprintf(link, sizeof(link), "%s-link", root);
	CHECK(symlink(path, link) == 0);
	CHECK(pal_scan_file(s, path, &a, &r, &d) == PAL_OK && seen == 1);
	CHECK(pal_scan_verdict_of(file_of(&r, 0)) == PAL_SCAN_CLEAN && file_of(&r, 0)->sha256 == NULL);
	CHECK(pal_scan_hash(path, &r, &a, &d) == PAL_OK);
	first = file_of(&r, 0)->sha256;
	CHECK(first != NULL && strlen(first) == 64);
	CHECK(pal_scan_file(s, link, &a, &r, &d) == PAL_OK && seen == 2);
	CHECK(pal_scan_file(s, "/nowhere/at/all", &a, &r, &d) == PAL_ENOTFOUND &&
	      pal_scan_file(s, root, &a, &r, &d) != PAL_OK);
	CHECK(pal_scan(s, root, (const char *const[]){ "0.csv" }, 1, &a, &r, &d) == PAL_OK);
	CHECK(pal_scan_hash(root, &r, &a, &d) == PAL_OK && strcmp(file_of(&r, 0)->sha256, first) == 0);
	changed = pal_list_at(&r.files, 0);
	changed->id.mtime_ns++;
	changed->sha256 = NULL;
	CHECK_SAY(pal_scan_hash(root, &r, &a, &d) == PAL_OK && file_of(&r, 0)->sha256 == NULL,
		  "what is no longer what was examined has no digest");
	(void)unlink(link);
	pal_scanner_free(&s);
}

static void
test_descriptor_and_rules(void)
{
	struct pal_scan_options o = { .workers = 1 };
	struct pal_scanner     *s = scanner(&o);
	struct pal_scan_result  r = { 0 };
	struct pal_diag         d = { 0 };
	PAL_AUTO_ARENA          a;
	PAL_AUTO_BUF            key = pal_buf_of(0);
	char                    path[256];
	int                     fd = -1;

	pal_arena_init(&a, (size_t)16 << 20);
	(void)snprintf(path, sizeof(path), "%s/0.csv", root);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(pal_scan_fd(s, fd, "standard input", &a, &r, &d) == PAL_OK && r.files.count == 1);
	CHECK(file_of(&r, 0)->complete && strcmp(file_of(&r, 0)->path, "standard input") == 0);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	(void)close(fd);
	CHECK(pal_scan(s, path, (const char *const[]){ "." }, 1, &a, &r, &d) == PAL_OK);
	CHECK(strcmp(file_of(&r, 0)->path, path) == 0 && file_of(&r, 0)->rows == 3);
	CHECK(pal_scan(s, path, (const char *const[]){ "x" }, 1, &a, &r, &d) == PAL_EUSAGE);
	CHECK(pal_scan(s, "/nowhere/at/all", NULL, 0, &a, &r, &d) == PAL_ENOTFOUND);
	CHECK(pal_scan(s, root, NULL, 0, &a, &r, &d) == PAL_OK && r.files.count == 0);
	CHECK(pal_scan_rule(s, pal_view_of("SCAN-LINK")) != NULL && pal_scan_rule_at(s, 0) != NULL);
	CHECK(pal_scan_rule_count(s) > 12 && strcmp(r.rules, pal_scan_version(s)) == 0);
	pal_scan_cache_key(s, pal_view_of("\x01\x02"), "dir/m.pkl", &key);
	CHECK(strstr(pal_buf_text(&key), " 0102 m.pkl") != NULL);
	pal_scanner_free(&s);
	pal_scanner_free(&s);
	o.sandbox = "bubble";
	CHECK(pal_scanner_new(&o, &s, &d) == PAL_EUSAGE && s == NULL);
}

/* Every sample of every format, good and bad, in a confined worker: none may need what the worker gave up. */
static void
test_all_samples(void)
{
	struct pal_scan_options o = { .workers = 2 };
	struct pal_scanner     *s = scanner(&o);
	struct pal_scan_result  r = { 0 };
	struct pal_diag         d = { 0 };
	struct pal_list         entries;
	const char            **paths = NULL;
	PAL_AUTO_ARENA          a;

	pal_arena_init(&a, (size_t)256 << 20);
	entries = pal_list_of(&a, sizeof(struct pal_entry));
	CHECK(pal_walk(SOURCE_DIR "/tests/corpus", 100000, &entries, &d) == PAL_OK && entries.count > 50);
	paths = pal_arena_array(&a, entries.count, sizeof(*paths));
	for (size_t i = 0; i < entries.count && paths != NULL; i++)
		paths[i] = ((const struct pal_entry *)pal_list_at(&entries, i))->path;
	CHECK(pal_scan(s, SOURCE_DIR "/tests/corpus", paths, entries.count, &a, &r, &d) == PAL_OK);
	for (size_t i = 0; i < r.files.count; i++)
		CHECK_SAY(!has(file_of(&r, i), "WORKER-LIMIT"), file_of(&r, i)->path);
	pal_scanner_free(&s);
}

int
main(int argc, char **argv)
{
	char command[128];

	if (argc > 0 && pal_scan_is_worker(argv[0]))
		return pal_serve(misbehave);
	CHECK(mkdtemp(root) != NULL);
	test_same_for_any_number();
	test_bad_files();
	test_bad_in_batch();
	test_not_files();
	test_cache();
	test_file_and_digests();
	test_descriptor_and_rules();
	test_all_samples();
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	CHECK(system(command) == 0);
	return check_done();
}
