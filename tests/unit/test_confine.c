/* test_confine.c - a confined process that tries each forbidden thing is killed or refused; what it needs still works.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "palisade/confine.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define REFUSED 3
#define DONE    0
#define FAILED  4 /* it got what it must not get */

static int channel[2];
static int file = -1;

static int
refused_or(int result)
{
	return result < 0 ? REFUSED : FAILED;
}

static int
try_open(void)
{
	return refused_or(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int
try_create(void)
{
	return refused_or(open("/tmp/palisade-confine", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int
try_socket(void)
{
	return refused_or(socket(AF_INET, SOCK_STREAM, 0));
}

static int
try_fork(void)
{
	return refused_or((int)fork());
}

static int
try_exec(void)
{
	char *const argv[] = { NULL };

	return refused_or(execve("/bin/true", argv, argv));
}

static int
try_kill(void)
{
	return refused_or(kill(getppid(), 0));
}

static int
try_ptrace(void)
{
	return refused_or((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? REFUSED
													 : FAILED;
}

static int
try_map_file(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0) == MAP_FAILED ? REFUSED : FAILED;
}

static int
try_write_elsewhere(void)
{
	return refused_or((int)write(channel[0], "x", 1));
}

static int
try_io_uring(void)
{
	return refused_or((int)syscall(SYS_io_uring_setup, 1, NULL));
}

static int
try_much_memory(void)
{
	return mmap(NULL, (size_t)8 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? REFUSED
		   : FAILED;
}

static int
use_what_is_allowed(void)
{
	char  head[16];
	void *more = malloc((size_t)8 << 20);
	int   ok = more != NULL && pread(file, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
		 write(channel[1], "ok", 2) == 2;

	free(more);
	return ok ? DONE : FAILED;
}

static const struct {
	const char *name;
	int (*act)(void);
	bool killed; /* by seccomp; otherwise it must be refused */
	bool plain;  /* not in a sanitizer build */
} cases[] = {
	{ "open a file", try_open, true, false },
	{ "create a file", try_create, true, false },
	{ "make a socket", try_socket, true, false },
	{ "fork", try_fork, true, false },
	{ "exec", try_exec, true, false },
	{ "signal another process", try_kill, true, false },
	{ "ptrace", try_ptrace, true, false },
	{ "map executable memory", try_executable_memory, true, false },
	{ "map a file", try_map_file, true, false },
	{ "write to another descriptor", try_write_elsewhere, true, false },
	{ "io_uring", try_io_uring, true, false },
	{ "allocate beyond the limit", try_much_memory, false, true },
};

struct acting {
	int (*act)(void);
	int result;
};

static enum pal_err
act_in_thread(void *arg, size_t item, unsigned int thread)
{
	struct acting *a = arg;

	(void)item;
	(void)thread;
	a->result = a->act();
	return PAL_OK;
}

/* Confines a child, lets it (or a thread that was there before) act, and returns its wait status. */
static int
confined(const char *sandbox, int (*act)(void), bool in_thread)
{
	struct pal_confine_limits l = pal_confine_default;
	struct acting             acting = { act, FAILED };
	int                       status = -1;
	pid_t                     pid = fork();

	if (pid == 0) {
		struct pal_buf  said = pal_buf_of(0);
		struct pal_diag d = { 0 };

		l.channel = channel[1];
		if (in_thread && (pal_crew_start(2, &l.crew) != PAL_OK || pal_crew_size(l.crew) != 2))
			_exit(10);
		if (pal_sandbox_named(sandbox)->apply(&l, &said, &d) != PAL_OK)
			_exit(9);
		if (in_thread && pal_crew_each(l.crew, act_in_thread, &acting) != PAL_OK)
			_exit(10);
		_exit(in_thread ? acting.result : act());
	}
	(void)waitpid(pid, &status, 0);
	return status;
}

static int
say_what_was_applied(void)
{
	return DONE;
}

static void
test_words(void)
{
	PAL_AUTO_BUF              said = pal_buf_of(0);
	struct pal_confine_limits l = pal_confine_default;
	struct pal_diag           d = { 0 };
	int                       back[2];
	char                      text[400] = "";

	CHECK(pal_sandbox_named(NULL) == pal_sandboxes[0]);
	CHECK(pal_sandbox_named("bubble") == NULL);
	CHECK(pal_sandbox_named("none")->apply(&l, &said, &d) == PAL_OK);
	CHECK(strstr(pal_buf_text(&said), "none") != NULL);
	CHECK(pipe(back) == 0);
	if (fork() == 0) {
		struct pal_buf b = pal_buf_of(0);

		l.channel = back[1];
		if (pal_sandbox_named("worker")->apply(&l, &b, &d) == PAL_OK)
			_exit(write(back[1], b.data, b.len) < 0);
		_exit(1);
	}
	CHECK(read(back[0], text, sizeof(text) - 1) > 0);
	CHECK(strstr(text, "no_new_privs") != NULL && strstr(text, "seccomp") != NULL &&
	      strstr(text, "rlimits") != NULL);
	CHECK((strstr(text, "memory limit") != NULL) == (SANITIZED == 1));
	printf("applied: %s\n", text);
	(void)close(back[0]);
	(void)close(back[1]);
	(void)wait(NULL);
}

int
main(void)
{
	CHECK(pipe(channel) == 0);
	file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	CHECK(file >= 0);
	test_words();
	CHECK(WIFEXITED(confined("worker", say_what_was_applied, false)));
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool in_thread = i % 2 == 1;
		int  status = cases[i / 2].plain && SANITIZED ? -1 : confined("worker", cases[i / 2].act, in_thread);

		if (status == -1)
			continue;
		CHECK_SAY(cases[i / 2].killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS
					      : WIFEXITED(status) && WEXITSTATUS(status) == REFUSED,
			  cases[i / 2].name);
	}
	for (size_t i = 0; i < 2; i++) {
		CHECK_SAY(confined("worker", use_what_is_allowed, i == 1) == 0, "reading, memory and the channel stay");
		CHECK_SAY(WEXITSTATUS(confined("none", try_open, i == 1)) == FAILED, "the row none forbids nothing");
	}
	return check_done();
}
