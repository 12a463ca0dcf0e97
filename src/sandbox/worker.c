/* worker.c - starting a worker and talking to it; to audit: child(), which decides what a worker inherits. */
#include "palisade/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "palisade/file.h"
#include "palisade/mem.h"
#include "palisade/reader.h"

#define HEADER ((size_t)5) /* u32le length of the payload, u8 type */
#define PIECE  ((size_t)64 * 1024)
#define SEND_S 5

bool
pal_worker_is(const char *argv0)
{
	return argv0 != NULL && strcmp(argv0, PAL_WORKER_NAME) == 0;
}

/* Between fork and exec: async-signal-safe calls only. */
_Noreturn static void
child(int channel)
{
	char *const argv[] = { (char[]){ PAL_WORKER_NAME }, NULL };
	char *const empty[] = { NULL };
	sigset_t    none;
	int         high = fcntl(channel, F_DUPFD, 16); /* out of the way of what comes next */
	int         null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (high < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(127);
#ifndef __SANITIZE_ADDRESS__ /* a sanitizer reports there; otherwise a worker has no way to the user's terminal */
	if (dup2(null, STDERR_FILENO) < 0)
		_exit(127);
#endif
	if (dup2(high, PAL_WORKER_CHANNEL) < 0 || close_range(PAL_WORKER_CHANNEL + 1, UINT_MAX, 0) != 0)
		_exit(127);
	(void)execve("/proc/self/exe", argv, empty);
	_exit(127);
}

enum pal_err
pal_worker_spawn(struct pal_worker *ret_worker, struct pal_diag *d)
{
	struct timeval patience = { .tv_sec = SEND_S };
	PAL_AUTO_FD    ours = -1;
	PAL_AUTO_FD    theirs = -1;
	int            pair[2];
	pid_t          pid = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return pal_fail(d, PAL_ESYS, 0, "cannot make a socket pair for a worker: %s", strerror(errno));
	ours = pair[0];
	theirs = pair[1];
	if (setsockopt(ours, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0)
		return pal_fail(d, PAL_ESYS, 0, "cannot limit the time of a socket: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child(theirs);
	if (pid < 0)
		return pal_fail(d, PAL_ESYS, 0, "cannot start a worker process: %s", strerror(errno));
	*ret_worker =
	    (struct pal_worker){ .pid = pid, .fd = ours, .in = pal_buf_of(HEADER + PAL_WORKER_FRAME + PIECE) };
	ours = -1;
	return PAL_OK;
}

static enum pal_err
gone(struct pal_diag *d, const char *what)
{
	return pal_fail(d, errno == EPIPE || errno == ECONNRESET ? PAL_ETRUNC : PAL_ESYS, 0, "%s: %s", what,
			strerror(errno));
}

/* The first sendmsg(2) carries the descriptor; what it left over follows without. */
static enum pal_err
send_some(int fd, struct iovec iov[2], int *pass_fd, size_t *ret_sent, struct pal_diag *d)
{
	union {
		struct cmsghdr header;
		char           room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t       n = 0;

	if (*pass_fd >= 0) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS,
						   .cmsg_len = CMSG_LEN(sizeof(int)) };
		pal_mem_copy(CMSG_DATA(&control.header), sizeof(int), pass_fd, sizeof(int));
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return gone(d, "cannot write to the other process");
	*pass_fd = -1;
	*ret_sent = (size_t)n;
	return PAL_OK;
}

enum pal_err
pal_worker_send(int fd, uint8_t type, struct pal_view payload, int pass_fd, struct pal_diag *d)
{
	uint8_t header[HEADER] = { (uint8_t)payload.len, (uint8_t)(payload.len >> 8), (uint8_t)(payload.len >> 16),
				   (uint8_t)(payload.len >> 24), type };
	size_t  at = 0, sent = 0;

	if (payload.len > PAL_WORKER_FRAME)
		return pal_fail(d, PAL_ELIMIT, 0, "a frame has %zu bytes, at most %zu are sent", payload.len,
				PAL_WORKER_FRAME);
	while (at < HEADER + payload.len) {
		size_t          done = at < HEADER ? at : HEADER;
		struct pal_view rest = pal_view_sub(payload, at - done, payload.len);
		struct iovec    iov[2] = { { header + done, HEADER - done },
					   /* iovec has no const; sendmsg(2) does not write to it */
					   { (void *)(uintptr_t)rest.data, rest.len } };

		PAL_TRY(send_some(fd, iov, &pass_fd, &sent, d));
		at += sent;
	}
	return PAL_OK;
}

void
pal_worker_add(struct pal_buf *out, uint8_t type, struct pal_view payload)
{
	PAL_ASSERT(payload.len <= PAL_WORKER_FRAME);
	pal_buf_add_u32le(out, (uint32_t)payload.len);
	pal_buf_add_byte(out, type);
	pal_buf_add(out, payload);
}

enum pal_err
pal_worker_flush(int fd, struct pal_buf *out, struct pal_diag *d)
{
	struct pal_view rest = pal_buf_view(out);
	int             none = -1;

	PAL_TRY(pal_buf_err(out));
	while (rest.len > 0) {
		struct iovec iov[2] = { { (void *)(uintptr_t)rest.data, rest.len }, { NULL, 0 } };
		size_t       sent = 0;

		PAL_TRY(send_some(fd, iov, &none, &sent, d));
		rest = pal_view_sub(rest, sent, rest.len);
	}
	pal_buf_clear(out);
	return PAL_OK;
}

enum pal_err
pal_worker_read(struct pal_worker *w, struct pal_diag *d)
{
	uint8_t *room = NULL;
	ssize_t  n = 0;

	if (w->taken > 0) {
		pal_mem_move(w->in.data, w->in.len, w->in.data + w->taken, w->in.len - w->taken);
		w->in.len -= w->taken;
		w->taken = 0;
	}
	room = pal_buf_room(&w->in, PIECE);
	if (room == NULL)
		return pal_fail(d, pal_buf_err(&w->in), 0, "a worker says more than a frame at once");
	n = recv(w->fd, room, PIECE, MSG_DONTWAIT); /* descriptors that a worker might send are dropped */
	w->in.len -= PIECE - (n > 0 ? (size_t)n : 0);
	if (n == 0)
		return pal_fail(d, PAL_ETRUNC, 0, "the worker hung up");
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return gone(d, "cannot read from a worker");
	return PAL_OK;
}

enum pal_err
pal_worker_next(struct pal_worker *w, bool *ret_whole, struct pal_frame *ret_frame, struct pal_diag *d)
{
	struct pal_view   all = pal_buf_view(&w->in);
	struct pal_reader r = pal_reader_of(pal_view_sub(all, w->taken, all.len));
	uint32_t          len = pal_read_u32le(&r);
	struct pal_frame  f = { .type = pal_read_u8(&r) };

	if (pal_reader_err(&r) == PAL_OK && len > PAL_WORKER_FRAME)
		return pal_fail(d, PAL_EFORM, 0, "a worker announces a frame of %u bytes, at most %zu are read", len,
				PAL_WORKER_FRAME);
	f.payload = pal_read_view(&r, len);
	*ret_whole = pal_reader_err(&r) == PAL_OK;
	if (*ret_whole) {
		w->taken += HEADER + len;
		*ret_frame = f;
	}
	return PAL_OK;
}

/* Takes the first descriptor of a message; a second one is closed. */
static int
descriptor_of(struct msghdr *m)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		int one = -1;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(sizeof(int)))
			continue;
		pal_mem_copy(&one, sizeof(one), CMSG_DATA(c), sizeof(one));
		if (fd < 0)
			fd = one;
		else
			(void)close(one);
	}
	return fd;
}

/* Exactly n bytes, and the descriptor that came with any of them. */
static enum pal_err
wait_for(int fd, uint8_t *to, size_t n, int *passed, struct pal_diag *d) /* NOLINT(readability-non-const-parameter) */
{
	while (n > 0) {
		union {
			struct cmsghdr header;
			char           room[CMSG_SPACE(sizeof(int))];
		} control;
		struct iovec  iov = { to, n };
		struct msghdr m = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control.room,
				    .msg_controllen = sizeof(control.room) };
		ssize_t       got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return gone(d, "cannot read from the parent process");
		if (got == 0)
			return pal_fail(d, PAL_ETRUNC, 0, "the parent process hung up");
		if (*passed < 0)
			*passed = descriptor_of(&m);
		to += got;
		n -= (size_t)got;
	}
	return PAL_OK;
}

enum pal_err
pal_worker_wait(int fd, struct pal_buf *b, struct pal_frame *ret_frame, int *ret_fd, struct pal_diag *d)
{
	uint8_t     header[HEADER];
	PAL_AUTO_FD passed = -1;
	uint32_t    len = 0;
	uint8_t    *room = NULL;

	PAL_TRY(wait_for(fd, header, HEADER, &passed, d));
	len = (uint32_t)header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16 | (uint32_t)header[3] << 24;
	if (len > PAL_WORKER_FRAME)
		return pal_fail(d, PAL_EFORM, 0, "the parent announces a frame of %u bytes", len);
	pal_buf_clear(b);
	room = len == 0 ? NULL : pal_buf_room(b, len);
	if (len > 0 && room == NULL)
		return pal_fail(d, pal_buf_err(b), 0, "no room for a frame of %u bytes", len);
	if (len > 0)
		PAL_TRY(wait_for(fd, room, len, &passed, d));
	*ret_frame = (struct pal_frame){ .type = header[4], .payload = pal_view_sub(pal_buf_view(b), 0, len) };
	*ret_fd = passed;
	passed = -1;
	return PAL_OK;
}

static void
say_how(int status, char ret_how[PAL_WORKER_HOW])
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		(void)snprintf(ret_how, PAL_WORKER_HOW, "killed for a forbidden system call");
	else if (WIFSIGNALED(status))
		(void)snprintf(ret_how, PAL_WORKER_HOW, "killed by signal %d (%s)", WTERMSIG(status),
			       sigdescr_np(WTERMSIG(status)) == NULL ? "unknown" : sigdescr_np(WTERMSIG(status)));
	else
		(void)snprintf(ret_how, PAL_WORKER_HOW, "ended with exit code %d", WEXITSTATUS(status));
}

void
pal_worker_stop(struct pal_worker *w, unsigned int wait_ms, char ret_how[PAL_WORKER_HOW])
{
	struct timespec tick = { .tv_nsec = 1000000 };
	int             status = 0;
	pid_t           ended = 0;

	ret_how[0] = '\0';
	if (w->pid > 0) {
		for (unsigned int ms = 0; (ended = waitpid(w->pid, &status, WNOHANG)) == 0 && ms < wait_ms; ms++)
			(void)nanosleep(&tick, NULL);
		if (ended == 0) {
			(void)kill(w->pid, SIGKILL);
			do
				ended = waitpid(w->pid, &status, 0);
			while (ended < 0 && errno == EINTR);
		}
		if (ended == w->pid)
			say_how(status, ret_how);
	}
	if (w->pid > 0)
		pal_file_close(&w->fd);
	pal_buf_done(&w->in);
	*w = (struct pal_worker){ .fd = -1 };
}
