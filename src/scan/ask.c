/* ask.c - the parent's side of a worker that does one thing; no frame makes it wait for ever. */
#include "ask.h"

#include <poll.h>

#include "palisade/clock.h"
#include "palisade/utf8.h"

#define TIMEOUT_US ((uint64_t)300 * 1000000)
#define SAID_MOST  400

void
pal_ask_stop(struct pal_asked *a)
{
	char how[PAL_WORKER_HOW];

	pal_worker_stop(&a->worker, 0, how);
}

enum pal_err
pal_ask_more(struct pal_asked *a, struct pal_frame *ret_frame, struct pal_diag *d)
{
	uint64_t               until_us = pal_clock_mono_us() + TIMEOUT_US;
	struct pal_serve_words why = { 0 };
	bool                   whole = false;

	for (;;) {
		enum pal_err  came = PAL_OK;
		struct pollfd p = { .fd = a->worker.fd, .events = POLLIN };

		PAL_TRY(pal_worker_next(&a->worker, &whole, ret_frame, d));
		if (whole)
			break;
		if (pal_clock_mono_us() >= until_us || poll(&p, 1, 1000) < 0)
			return pal_fail(d, PAL_ESYS, 0, "%s took too long", a->what);
		came = pal_worker_read(&a->worker, d);
		if (came == PAL_ETRUNC)
			return pal_fail(d, PAL_ESYS, 0, "%s died", a->what);
		PAL_TRY(came);
	}
	if (ret_frame->type != PAL_SERVE_FAIL)
		return PAL_OK;
	PAL_TRY(pal_serve_words_of(ret_frame->payload, &why));
	return pal_fail(d, why.number == PAL_EDENIED ? PAL_EDENIED : PAL_EFORM, 0, "%.*s",
			(int)(why.first.len < 300 ? why.first.len : 300), (const char *)why.first.data);
}

enum pal_err
pal_ask(struct pal_asked *a, enum pal_serve_frame type, const struct pal_serve_words *words, int fd,
	struct pal_frame *ret_frame, struct pal_diag *d)
{
	PAL_AUTO_BUF out = pal_buf_of(0);

	pal_serve_words_add(&out, words);
	PAL_TRY(pal_buf_err(&out));
	PAL_TRY(pal_worker_send(a->worker.fd, (uint8_t)type, pal_buf_view(&out), fd, d));
	return pal_ask_more(a, ret_frame, d);
}

static enum pal_err
start(struct pal_asked *a, const char *what, const char *sandbox, struct pal_serve_words *ret_said, struct pal_diag *d)
{
	struct pal_frame f = { 0 };

	a->what = what;
	PAL_TRY(pal_worker_spawn(&a->worker, d));
	PAL_TRY(pal_ask(a, PAL_SERVE_SETUP, &(struct pal_serve_words){ .first = pal_view_of(sandbox) }, -1, &f, d));
	if (f.type != PAL_SERVE_HELLO || pal_serve_words_of(f.payload, ret_said) != PAL_OK)
		return pal_fail(d, PAL_ESYS, 0, "%s does not answer as it should", what);
	return PAL_OK;
}

enum pal_err
pal_ask_start(struct pal_asked *a, const char *what, struct pal_diag *d)
{
	struct pal_serve_words said = { 0 };

	return start(a, what, "worker", &said, d);
}

enum pal_err
pal_ask_start_in(struct pal_asked *a, const char *what, const char *sandbox, const char **ret_said,
		 struct pal_arena *arena, struct pal_diag *d)
{
	struct pal_serve_words said = { 0 };
	PAL_AUTO_BUF           clean = pal_buf_of(0);

	PAL_TRY(start(a, what, sandbox == NULL ? "worker" : sandbox, &said, d));
	pal_utf8_clean(said.second, SAID_MOST, &clean);
	*ret_said = pal_arena_text(arena, pal_buf_view(&clean));
	return pal_arena_err(arena);
}
