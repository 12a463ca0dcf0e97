/* test_worker.c - this program is its own worker: frames both ways, descriptors, and workers that lie, hang or die. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "palisade/confine.h"
#include "palisade/worker.h"

enum {
	PILE = 77,
	ECHO = 1,
	READ_FILE,
	ENVIRONMENT,
	DESCRIPTORS,
	HUGE_FRAME,
	HALF_FRAME,
	HANG,
	ABORT,
	OPEN,
	FLOOD,
	EXIT
};

static void
say(uint8_t type, const char *text)
{
	if (pal_worker_send(PAL_WORKER_CHANNEL, type, pal_view_of(text), -1, NULL) != PAL_OK)
		_exit(5);
}

static void
say_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	say(DESCRIPTORS, count == PAL_WORKER_CHANNEL + 1 ? "four" : "more");
}

static void
say_file(int fd)
{
	char    text[64] = "";
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)close(fd);
	say(READ_FILE, n < 0 ? strerror(errno) : text);
}

/* Frames that are sent with one call. */
static void
say_pile(void)
{
	struct pal_buf out = pal_buf_of(0);

	for (uint8_t i = 0; i < 200; i++)
		pal_worker_add(&out, (uint8_t)(i + 1), (struct pal_view){ (uint8_t[1000]){ i }, (size_t)i * 5 });
	if (pal_worker_flush(PAL_WORKER_CHANNEL, &out, NULL) != PAL_OK || out.len != 0)
		_exit(8);
	pal_buf_done(&out);
}

static void
lie(uint8_t type)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 1 }, half[] = { 10, 0, 0, 0, 1, 'a' };
	bool                 big = type == HUGE_FRAME;

	if (write(PAL_WORKER_CHANNEL, big ? huge : half, big ? sizeof(huge) : sizeof(half)) < 0)
		_exit(6);
}

static void
act(const struct pal_frame *f, int fd)
{
	switch (f->type) {
	case ECHO:
		if (pal_worker_send(PAL_WORKER_CHANNEL, ECHO, f->payload, -1, NULL) != PAL_OK)
			_exit(7);
		break;
	case READ_FILE:
		say_file(fd);
		break;
	case PILE:
		say_pile();
		break;
	case ENVIRONMENT:
		say(ENVIRONMENT, environ[0] == NULL ? "empty" : environ[0]);
		break;
	case DESCRIPTORS:
		say_descriptors();
		break;
	case HUGE_FRAME:
	case HALF_FRAME:
		lie(f->type);
		break;
	case HANG:
		for (;;)
			(void)pause();
	case ABORT:
		abort();
	case FLOOD:
		for (;;)
			say(FLOOD, "more and more");
	default:
		_exit(3);
	}
}

_Noreturn static void
worker(void)
{
	struct pal_buf   b = pal_buf_of(0);
	struct pal_frame f = { 0 };
	int              fd = -1;

	while (pal_worker_wait(PAL_WORKER_CHANNEL, &b, &f, &fd, NULL) == PAL_OK)
		act(&f, fd);
	_exit(0);
}

/* What the worker says in 0.3 s: a frame, PAL_ETRUNC when it hung up, PAL_ELOCKED when it said nothing. */
static enum pal_err
hear(struct pal_worker *w, struct pal_frame *ret_frame)
{
	struct pollfd   p = { .fd = w->fd, .events = POLLIN };
	struct pal_diag d = { 0 };
	bool            whole = false;

	for (;;) {
		enum pal_err e = pal_worker_next(w, &whole, ret_frame, &d);

		if (e != PAL_OK || whole)
			return e;
		if (poll(&p, 1, 300) == 0)
			return PAL_ELOCKED;
		e = pal_worker_read(w, &d);
		if (e != PAL_OK)
			return e;
	}
}

static enum pal_err
ask(struct pal_worker *w, uint8_t type, const char *text, int fd, struct pal_frame *ret_frame)
{
	enum pal_err e = pal_worker_send(w->fd, type, pal_view_of(text), fd, NULL);

	return e != PAL_OK ? e : hear(w, ret_frame);
}

static void
test_talk(void)
{
	struct pal_worker w = { 0 };
	struct pal_frame  f = { 0 };
	struct pal_diag   d = { 0 };
	char              how[PAL_WORKER_HOW];
	int               secret = open("/proc/self/status", O_RDONLY); /* NOLINT: not O_CLOEXEC on purpose */
	int               file = open(SOURCE_DIR "/CMakeLists.txt", O_RDONLY | O_CLOEXEC);

	if (!CHECK(pal_worker_spawn(&w, &d) == PAL_OK))
		return;
	CHECK(ask(&w, ECHO, "hello", -1, &f) == PAL_OK && f.type == ECHO && pal_view_is(f.payload, "hello"));
	CHECK(ask(&w, ECHO, "", -1, &f) == PAL_OK && f.payload.len == 0);
	CHECK(ask(&w, ENVIRONMENT, "", -1, &f) == PAL_OK && pal_view_is(f.payload, "empty"));
	CHECK(ask(&w, DESCRIPTORS, "", -1, &f) == PAL_OK && pal_view_is(f.payload, "four"));
	CHECK(ask(&w, READ_FILE, "", file, &f) == PAL_OK && pal_view_starts(f.payload, "cmake_minimum"));
	CHECK(ask(&w, READ_FILE, "", -1, &f) == PAL_OK && pal_view_is(f.payload, strerror(EBADF)));
	CHECK(ask(&w, DESCRIPTORS, "", -1, &f) == PAL_OK && pal_view_is(f.payload, "four"));
	pal_worker_stop(&w, 0, how);
	CHECK(strstr(how, "signal 9") != NULL && w.pid == 0 && w.fd == -1);
	pal_worker_stop(&w, 0, how);
	CHECK_SAY(how[0] == '\0', "stopping twice is nothing");
	(void)close(secret);
	(void)close(file);
}

static void
test_long_frame(void)
{
	struct pal_worker w = { 0 };
	struct pal_frame  f = { 0 };
	char              how[PAL_WORKER_HOW];
	size_t            n = (size_t)1 << 17; /* more than a read, less than the socket holds */
	char             *text = malloc(n + 1);

	if (!CHECK(text != NULL) || !CHECK(pal_worker_spawn(&w, NULL) == PAL_OK))
		return;
	memset(text, 'x', n);
	text[n] = '\0';
	CHECK(ask(&w, ECHO, text, -1, &f) == PAL_OK && f.payload.len == n && f.payload.data[n - 1] == 'x');
	free(text);
	pal_worker_stop(&w, 0, how);
}

static void
test_pile(void)
{
	struct pal_worker w = { 0 };
	struct pal_frame  f = { 0 };
	char              how[PAL_WORKER_HOW];

	if (!CHECK(pal_worker_spawn(&w, NULL) == PAL_OK))
		return;
	for (size_t i = 0; i < 200; i++)
		CHECK((i == 0 ? ask(&w, PILE, "", -1, &f) : hear(&w, &f)) == PAL_OK && f.type == i + 1 &&
		      f.payload.len == i * 5 && (i == 0 || f.payload.data[0] == i));
	CHECK(hear(&w, &f) == PAL_ELOCKED);
	pal_worker_stop(&w, 0, how);
}

static void
test_bad_workers(void)
{
	static const struct {
		uint8_t      type;
		enum pal_err expected;
		const char  *how; /* after half a second of patience */
	} cases[] = {
		{ HUGE_FRAME, PAL_EFORM, "signal 9" }, { HALF_FRAME, PAL_ELOCKED, "signal 9" },
		{ HANG, PAL_ELOCKED, "signal 9" },     { ABORT, PAL_ETRUNC, "signal 6" },
		{ EXIT, PAL_ETRUNC, "exit code 3" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_worker w = { 0 };
		struct pal_frame  f = { 0 };
		char              how[PAL_WORKER_HOW];

		if (!CHECK(pal_worker_spawn(&w, NULL) == PAL_OK))
			return;
		CHECK_SAY(ask(&w, cases[i].type, "", -1, &f) == cases[i].expected, cases[i].how);
		pal_worker_stop(&w, 500, how);
		CHECK_SAY(strstr(how, cases[i].how) != NULL, how);
	}
}

/* A worker that never stops talking costs the parent no more than its buffer. */
static void
test_flood(void)
{
	struct pal_worker w = { 0 };
	struct pal_frame  f = { 0 };
	char              how[PAL_WORKER_HOW];

	if (!CHECK(pal_worker_spawn(&w, NULL) == PAL_OK))
		return;
	CHECK(ask(&w, FLOOD, "", -1, &f) == PAL_OK);
	for (int i = 0; i < 10000; i++)
		if (hear(&w, &f) != PAL_OK || f.type != FLOOD)
			CHECK_SAY(false, "flood");
	CHECK(w.in.cap < (size_t)1 << 20);
	pal_worker_stop(&w, 0, how);
}

int
main(int argc, char **argv)
{
	struct pal_frame f = { 0 };

	if (argc > 0 && pal_worker_is(argv[0]))
		worker();
	CHECK(!pal_worker_is(NULL) && !pal_worker_is("palisade") && pal_worker_is("palisade-worker"));
	test_talk();
	test_long_frame();
	test_pile();
	test_bad_workers();
	test_flood();
	f.payload.len = PAL_WORKER_FRAME + 1;
	CHECK(pal_worker_send(-1, 1, f.payload, -1, NULL) == PAL_ELIMIT);
	CHECK_SAY(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no zombie is left");
	return check_done();
}
