/* test_sqlite.c - files that are no store, newer, damaged, locked, unwritable, and a disk that is full. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "palisade/store.h"

#include "check.h"
#include "scratch.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
sql(const char *path, const char *text)
{
	sqlite3 *db = NULL;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
	(void)sqlite3_close(db);
}

static enum pal_err
try_open(const char *path, struct pal_diag *d)
{
	PAL_AUTO_STORE s = NULL;

	return pal_store_open_sqlite(path, 200, &s, d);
}

static void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
test_refused(void)
{
	struct pal_diag d = { 0 };
	struct stat     st;
	char            junk[3000];

	CHECK(try_open(scratch_path("new"), &d) == PAL_OK);
	CHECK(stat(scratch_path("new"), &st) == 0 && (st.st_mode & 0777) == 0600);
	sql(scratch_path("new"), "PRAGMA user_version=999");
	CHECK(try_open(scratch_path("new"), &d) == PAL_EUNSUPPORTED && strstr(d.text, "newer") != NULL);
	sql(scratch_path("other"), "CREATE TABLE t (x)");
	CHECK(try_open(scratch_path("other"), &d) == PAL_EFORM && strstr(d.text, "not a store") != NULL);
	memset(junk, 'x', sizeof(junk) - 1);
	junk[sizeof(junk) - 1] = '\0';
	write_text(scratch_path("junk"), junk);
	CHECK(try_open(scratch_path("junk"), &d) == PAL_EFORM && strstr(d.text, "made") != NULL);
	CHECK(try_open(scratch_path("no/such/folder"), &d) == PAL_ESYS);
	CHECK(try_open("/dev/null/x", &d) == PAL_ESYS);
	CHECK(symlink(scratch_path("new"), scratch_path("link")) == 0 &&
	      try_open(scratch_path("link"), &d) == PAL_ESYS);
	(void)mkdir(scratch_path("dir"), 0700);
	CHECK(try_open(scratch_path("dir"), &d) == PAL_ESYS);
}

static void
test_locked(void)
{
	PAL_AUTO_STORE  one = NULL;
	PAL_AUTO_STORE  two = NULL;
	struct pal_diag d = { 0 };

	CHECK(pal_store_open_sqlite(scratch_path("lock"), 100, &one, &d) == PAL_OK);
	CHECK(pal_store_open_sqlite(scratch_path("lock"), 100, &two, &d) == PAL_OK);
	if (one == NULL || two == NULL)
		return;
	CHECK(one->ops->begin(one, &d) == PAL_OK);
	CHECK(two->ops->begin(two, &d) == PAL_ELOCKED && strstr(d.text, "another process") != NULL);
	CHECK(two->ops->file_put(two, &(struct pal_file_id){ 0 }, A, &d) == PAL_ELOCKED);
	CHECK(one->ops->commit(one, &d) == PAL_OK);
	CHECK(two->ops->begin(two, &d) == PAL_OK);
	two->ops->rollback(two);
}

/* A limit on file size stands for a disk that is full; in a child, since it cannot be taken back. */
static int
fill_up(void)
{
	struct rlimit     most = { 200 << 10, 200 << 10 };
	struct pal_store *s = NULL;
	struct pal_diag   d = { 0 };
	static uint8_t    bytes[64 << 10];
	enum pal_err      err = PAL_OK;
	uint64_t          n = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (pal_store_open_sqlite(scratch_path("full"), 100, &s, &d) != PAL_OK || setrlimit(RLIMIT_FSIZE, &most) != 0)
		return 1;
	for (unsigned int i = 0; i < 20 && err == PAL_OK; i++) {
		char rules[8] = "";

		(void)snprintf(rules, sizeof(rules), "%u", i);
		err = s->ops->result_put(s, A, rules, (struct pal_view){ bytes, sizeof(bytes) }, &d);
	}
	if (err != PAL_ESYS || strstr(d.text, "full") == NULL)
		return 2;
	if (s->ops->evidence_count(s, &n, &d) != PAL_OK)
		return 3;
	pal_store_free(&s);
	return 0;
}

static void
test_full(void)
{
	PAL_AUTO_STORE s = NULL;
	int            status = -1;
	pid_t          pid = fork();

	if (pid == 0)
		_exit(fill_up());
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(pal_store_open_sqlite(scratch_path("full"), 100, &s, NULL) == PAL_OK);
	if (s != NULL)
		CHECK(s->ops->check(s, NULL) == PAL_OK);
}

static void
read_all(struct pal_store *s)
{
	PAL_AUTO_ARENA        a;
	PAL_AUTO_BUF          out = pal_buf_of(0);
	struct pal_list       l;
	uint64_t              n = 0;
	struct pal_store_rows rows = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, 4 << 20);
	(void)s->ops->check(s, &d);
	l = pal_list_of(&a, sizeof(struct pal_store_evidence));
	(void)s->ops->evidence_find(s, NULL, NULL, 0, &l, &d);
	l = pal_list_of(&a, sizeof(struct pal_store_artifact));
	(void)s->ops->artifact_find(s, &(struct pal_store_which){ 0 }, &l, &d);
	(void)s->ops->result_get(s, A, "r", &out, &d);
	(void)s->ops->evidence_count(s, &n, &d);
	(void)s->ops->query(s, "SELECT * FROM v_evidence", NULL, &a, &rows, &d);
}

/* Bytes of the file are set to other values, one at a time: errors are right, crashes are not. */
static void
test_damaged(void)
{
	const char       *subjects[] = { A };
	struct pal_store *s = NULL;
	PAL_AUTO_BUF      good = pal_buf_of(0);
	unsigned int      refused = 0;

	CHECK(pal_store_open_sqlite(scratch_path("good"), 100, &s, NULL) == PAL_OK);
	if (s == NULL)
		return;
	for (unsigned int i = 0; i < 30; i++)
		CHECK(s->ops->evidence_put(s, &(struct pal_store_evidence){ A, "scan", subjects, 1, "k", i, i },
					   NULL) == PAL_OK);
	CHECK(s->ops->artifact_put(s, &(struct pal_store_artifact){ "n", "v", "k", A, 1 }, NULL) == PAL_OK);
	CHECK(s->ops->result_put(s, A, "r", pal_view_of("result"), NULL) == PAL_OK);
	pal_store_free(&s); /* the last one to close puts all into the one file */
	CHECK(pal_file_read(scratch_path("good"), 1 << 22, &good, NULL) == PAL_OK);
	for (size_t at = 0; at < good.len; at += at < 200 ? 1 : 211) {
		char old = good.data[at];

		good.data[at] = (char)(old ^ 0x55);
		(void)unlink(scratch_path("bad-wal"));
		(void)unlink(scratch_path("bad-shm"));
		if (pal_file_write(scratch_path("bad"), pal_buf_view(&good), 0600, NULL) == PAL_OK &&
		    pal_store_open_sqlite(scratch_path("bad"), 0, &s, NULL) == PAL_OK)
			read_all(s);
		else
			refused++;
		pal_store_free(&s);
		good.data[at] = old;
	}
	CHECK(refused > 10);
}

int
main(void)
{
	(void)scratch_init();
	test_refused();
	test_locked();
	test_full();
	test_damaged();
	scratch_done();
	return check_done();
}
