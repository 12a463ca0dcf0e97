/* test_recover.c - death and failure at every step of appending: what was acknowledged is there, and the ledger
 * verifies. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ledger_room.h"

/* Every call that changes the disk passes here; the n-th one kills the process or fails. */
static long calls_left; /* 0: never */
static bool deadly;

static bool
struck(void)
{
	if (calls_left == 0 || --calls_left > 0)
		return false;
	if (deadly)
		(void)kill(getpid(), SIGKILL);
	errno = ENOSPC;
	return true;
}

/* A failing write leaves half of the bytes behind, as a full disk does. */
ssize_t
write(int fd, const void *data, size_t n)
{
	if (!struck())
		return syscall(SYS_write, fd, data, n);
	(void)syscall(SYS_write, fd, data, n / 2);
	errno = ENOSPC;
	return -1;
}

int
rename(const char *from, const char *to)
{
	return struck() ? -1 : (int)syscall(SYS_rename, from, to);
}

int
fsync(int fd)
{
	return struck() ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return struck() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate(int fd, off_t len)
{
	return struck() ? -1 : (int)syscall(SYS_ftruncate, fd, len);
}

int
mkdir(const char *path, mode_t mode)
{
	return struck() ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int
unlinkat(int fd, const char *path, int flags)
{
	return struck() ? -1 : (int)syscall(SYS_unlinkat, fd, path, flags);
}

/* All entries are the model's; acknowledged ones are there; the ledger goes on. */
static void
check_after(const struct room *r, uint64_t acknowledged, const char *what)
{
	PAL_AUTO_LEDGER l = NULL;
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_diag d = { 0 };
	char            room[64];
	uint64_t        before = 0;

	CHECK_SAY(room_is_whole(r, &before) && before >= acknowledged, what);
	if (!CHECK_SAY(pal_ledger_open(&r->at, &l, &d) == PAL_OK, d.text))
		return;
	CHECK_SAY(pal_ledger_size(l) >= acknowledged, what);
	for (size_t i = 0; i < pal_ledger_size(l); i++) {
		pal_buf_clear(&b);
		CHECK(pal_ledger_read_entry(l, i, &b, NULL) == PAL_OK &&
		      pal_view_eq(pal_buf_view(&b), model_entry(i, room)));
	}
	CHECK(room_append(l, 5, NULL) == PAL_OK && pal_ledger_close(&l, NULL) == PAL_OK);
	CHECK_SAY(room_is_whole(r, NULL), what);
}

static const size_t plan[] = { 3, 250, 20, 1, 300, 2 };

#define PLAN (sizeof(plan) / sizeof(plan[0]))

/* Appends the plan with a sync in the middle; counts what was acknowledged. */
static void
follow_plan(const struct room *r, _Atomic uint64_t *acknowledged)
{
	PAL_AUTO_LEDGER l = NULL;

	if (pal_ledger_open(&r->at, &l, NULL) != PAL_OK)
		return;
	for (size_t i = 0; i < PLAN; i++) {
		if (room_append(l, plan[i], NULL) == PAL_OK)
			*acknowledged = pal_ledger_size(l);
		if (i == 3)
			(void)!pal_ledger_sync(l, NULL);
	}
	(void)!pal_ledger_close(&l, NULL);
}

/* Killed at every call in turn, until a run comes through. */
static void
test_every_death(void)
{
	_Atomic uint64_t *acknowledged =
	    mmap(NULL, sizeof(*acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int  status = -1;
	long n = 0;

	for (n = 1; n < 1000 && status != 0; n++) {
		struct room r;
		char        what[64];

		room_open(&r);
		*acknowledged = 0;
		if (fork() == 0) {
			deadly = true;
			calls_left = n;
			follow_plan(&r, acknowledged);
			_exit(0);
		}
		(void)wait(&status);
		(void)snprintf(what, sizeof(what), "killed at call %ld, acknowledged %d", n, (int)*acknowledged);
		check_after(&r, *acknowledged, what);
		room_close(&r);
	}
	printf("killed at each of %ld calls\n", n - 2);
	CHECK(n > 50 && n < 1000);
	(void)munmap(acknowledged, sizeof(*acknowledged));
}

/* Each call fails once: the append says so or all is well; what said no is not there, and goes in the next time. */
static void
test_every_failure(void)
{
	bool struck_once = true;
	long n = 0;

	for (n = 1; n < 1000 && struck_once; n++) {
		struct room     r;
		PAL_AUTO_LEDGER l = NULL;
		char            what[64];
		uint64_t        size = 0;

		(void)snprintf(what, sizeof(what), "failed at call %ld", n);
		room_open(&r);
		CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
		calls_left = n;
		for (size_t i = 0; i < PLAN; i++) {
			uint64_t        before = pal_ledger_size(l);
			struct pal_diag d = { 0 };

			if (room_append(l, plan[i], &d) != PAL_OK) {
				CHECK_SAY(d.code == PAL_ESYS && d.text[0] != '\0', what);
				CHECK_SAY(pal_ledger_size(l) == before && room_is_whole(&r, &size) && size == before,
					  what);
				CHECK_SAY(room_append(l, plan[i], NULL) == PAL_OK, what);
			}
			CHECK_SAY(pal_ledger_size(l) == before + plan[i], what);
			if (i == 3 && pal_ledger_sync(l, NULL) != PAL_OK)
				CHECK_SAY(pal_ledger_sync(l, NULL) == PAL_OK, what);
		}
		if (pal_ledger_sync(l, NULL) != PAL_OK)
			CHECK_SAY(pal_ledger_close(&l, NULL) == PAL_OK, what);
		struck_once = calls_left == 0;
		calls_left = 0;
		pal_ledger_free(&l);
		check_after(&r, 576, what);
		room_close(&r);
	}
	CHECK(n > 50 && n < 1000);
}

/* A writer is killed at random moments, again and again on one ledger, while a reader looks on. */
static void
test_random_kills(void)
{
	_Atomic uint64_t *acknowledged =
	    mmap(NULL, sizeof(*acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	PAL_AUTO_LEDGER reader = NULL;
	unsigned int    seed = 7;
	struct room     r;

	room_open(&r);
	CHECK(pal_ledger_open(&r.reader, &reader, NULL) == PAL_OK);
	*acknowledged = 0;
	for (int round = 0; round < 40; round++) {
		PAL_AUTO_LEDGER l = NULL;
		pid_t           child = fork();
		int             status = 0;

		if (child == 0) {
			if (pal_ledger_open(&r.at, &l, NULL) != PAL_OK)
				_exit(1);
			for (;;)
				if (room_append(l, 1 + (size_t)rand_r(&seed) % 60, NULL) == PAL_OK)
					*acknowledged = pal_ledger_size(l);
		}
		(void)usleep(2000 + (useconds_t)rand_r(&seed) % 20000);
		(void)kill(child, SIGKILL);
		CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
		CHECK(room_is_whole(&r, NULL));
		CHECK(pal_ledger_refresh(reader, NULL) == PAL_OK && pal_ledger_size(reader) >= *acknowledged);
	}
	check_after(&r, *acknowledged, "random kills");
	(void)munmap(acknowledged, sizeof(*acknowledged));
	room_close(&r);
}

/* The command finds the ledger in $D. */
static void
run(const struct room *r, const char *command)
{
	CHECK_SAY(setenv("D", r->dir, 1) == 0 && system(command) == 0, command);
}

/*
 * The power fails: of all that was written after the last flush only the journal is sure to be there. Tiles are as they
 * were, or gone, or cut short; the checkpoint is the old one.
 */
static void
test_power_loss(void)
{
	static const char *const losses[] = {
		"true", /* nothing else was lost */
		"find $D/tile -newer $D/../mark -type f -delete",
		"find $D/tile -newer $D/../mark -type f -exec truncate -s 7 {} +",
		"find $D/tile -newer $D/../mark -type f -exec truncate -s 0 {} +",
	};

	for (size_t k = 0; k < sizeof(losses) / sizeof(losses[0]); k++) {
		struct room     r;
		PAL_AUTO_LEDGER l = NULL;

		room_open(&r);
		CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && room_append(l, 200, NULL) == PAL_OK);
		CHECK(pal_ledger_sync(l, NULL) == PAL_OK);
		run(&r, "cp $D/checkpoint $D/../old && sleep 0.02");
		run(&r, "touch $D/../mark && sleep 0.02");
		CHECK(room_append(l, 40, NULL) == PAL_OK && room_append(l, 400, NULL) == PAL_OK &&
		      room_append(l, 7, NULL) == PAL_OK);
		pal_ledger_free(&l);
		run(&r, "cp $D/../old $D/checkpoint");
		run(&r, losses[k]);
		CHECK(pal_ledger_recover(&r.reader, NULL) == PAL_OK);
		check_after(&r, 647, losses[k]);
		room_close(&r);
	}
}

/* A journal that ends anywhere, or is wrong anywhere, in its last record: the records before count, the rest is cut
 * off. */
static void
test_torn_journal(void)
{
	struct room     r;
	PAL_AUTO_LEDGER l = NULL;
	PAL_AUTO_BUF    journal = pal_buf_of(0);
	PAL_AUTO_BUF    checkpoint = pal_buf_of(0);
	char            path[100], head[100];
	uint64_t        size = 0;

	room_open(&r);
	(void)snprintf(path, sizeof(path), "%s/journal", r.dir);
	(void)snprintf(head, sizeof(head), "%s/checkpoint", r.dir);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && room_append(l, 9, NULL) == PAL_OK);
	CHECK(pal_file_read(head, 4096, &checkpoint, NULL) == PAL_OK);
	CHECK(room_append(l, 4, NULL) == PAL_OK);
	pal_ledger_free(&l);
	CHECK(pal_file_read(path, 1 << 20, &journal, NULL) == PAL_OK && journal.len > 300);
	for (size_t i = 0; i < journal.len; i++) {
		PAL_AUTO_BUF bad = pal_buf_of(0);
		bool         cut = i % 2 == 0;

		pal_buf_add(&bad, pal_view_sub(pal_buf_view(&journal), 0, cut ? i : SIZE_MAX));
		if (!cut)
			bad.data[i] ^= 0x10;
		CHECK(pal_file_write(path, pal_buf_view(&bad), 0600, NULL) == PAL_OK);
		CHECK(pal_file_write(head, pal_buf_view(&checkpoint), 0644, NULL) == PAL_OK);
		CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && pal_ledger_size(l) == 9);
		pal_ledger_free(&l);
		CHECK(room_is_whole(&r, &size) && size == 9);
	}
	room_close(&r);
}

int
main(void)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	test_every_death();
	test_every_failure();
	test_random_kills();
	test_power_loss();
	test_torn_journal();
	return check_done();
}
