/* compare_serve.c - the worker: lists, pairs, measures; it asks for the files that it needs, two at a time. */
#include "compare_parts.h"

#include "palisade/file.h"
#include "palisade/serve.h"
#include "palisade/worker.h"

#define LISTS_MEMORY ((size_t)512 << 20)
#define BATCH        ((size_t)256 << 10)

enum pal_err
pal_compare_all(const struct pal_compare_side *model, const struct pal_compare_side *base,
		const struct pal_compare_files *files, struct pal_arena *a)
{
	struct pal_list          pairs = { 0 };
	struct pal_compare_room *room = NULL;
	struct pal_input         in[2] = { { .fd = -1 }, { .fd = -1 } };
	uint32_t                 open[2] = { UINT32_MAX, UINT32_MAX };
	enum pal_err             e = PAL_OK;

	PAL_TRY(pal_compare_pairs(model, base, a, &pairs));
	PAL_TRY(pal_compare_room_new(a, &room));
	for (size_t i = 0; i < pairs.count && e == PAL_OK; i++) {
		const struct pal_compare_pair   *p = pal_list_at(&pairs, i);
		const struct pal_compare_tensor *t[2] = { p->model, p->base };
		struct pal_compared              c = { 0 };

		for (unsigned int k = 0; k < 2 && e == PAL_OK && t[0] != NULL && t[1] != NULL; k++) {
			if (open[k] == t[k]->file)
				continue;
			pal_input_done(&in[k]);
			open[k] = t[k]->file;
			e = files->get(files->arg, (enum pal_compare_which)k, t[k]->file, &in[k]);
		}
		if (e == PAL_OK)
			e = pal_compare_measure(room, p, &in[0], &in[1], &c);
		if (e == PAL_OK)
			e = files->take(files->arg, p, &c);
	}
	pal_input_done(&in[0]);
	pal_input_done(&in[1]);
	return e;
}

/* ---- the worker ---- */

struct server {
	struct pal_arena        arena;
	struct pal_compare_side side[2];
	struct pal_buf          in, out;
	int                     fd[2]; /* of the files that are being compared */
};

static enum pal_err
say(struct server *s, enum pal_serve_frame type, uint64_t number)
{
	PAL_AUTO_BUF out = pal_buf_of(0);

	(void)s;
	pal_serve_words_add(&out, &(struct pal_serve_words){ .number = number });
	PAL_TRY(pal_buf_err(&out));
	return pal_worker_send(PAL_WORKER_CHANNEL, (uint8_t)type, pal_buf_view(&out), -1, NULL);
}

static enum pal_err
hear(struct server *s, struct pal_serve_words *ret_words, int *ret_fd, struct pal_diag *d)
{
	struct pal_frame f = { 0 };

	PAL_TRY(pal_worker_wait(PAL_WORKER_CHANNEL, &s->in, &f, ret_fd, d));
	if (f.type != PAL_SERVE_LISTED || pal_serve_words_of(f.payload, ret_words) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "a frame that is no file to be compared");
	return PAL_OK;
}

/* Until a frame comes without a file. */
static enum pal_err
list_all(struct server *s, struct pal_diag *d)
{
	uint32_t counts[2] = { 0 };

	for (;;) {
		struct pal_serve_words w = { 0 };
		PAL_AUTO_FD            fd = -1;
		struct pal_input       in = { .fd = -1 };
		unsigned int           side = 0;
		const char            *name = NULL;

		PAL_TRY(hear(s, &w, &fd, d));
		if (fd < 0)
			return PAL_OK;
		side = pal_view_is(w.second, "base") ? PAL_COMPARE_BASE : PAL_COMPARE_MODEL;
		name = pal_arena_text(&s->arena, w.first);
		PAL_TRY(pal_arena_err(&s->arena));
		in = pal_input_of_fd(fd, w.number);
		if (pal_compare_list(&s->side[side], &in, name, counts[side]++) != PAL_OK)
			s->side[side].full = true;
		pal_input_done(&in);
		PAL_TRY(say(s, PAL_SERVE_LISTED, s->side[side].full ? UINT64_MAX : s->side[side].tensors.count));
	}
}

static enum pal_err
get(void *arg, enum pal_compare_which which, uint32_t file, struct pal_input *ret_in)
{
	struct server         *s = arg;
	struct pal_serve_words w = { 0 };

	pal_file_close(&s->fd[which]);
	PAL_TRY(say(s, PAL_SERVE_WANT, (uint64_t)which << 32 | file));
	PAL_TRY(hear(s, &w, &s->fd[which], NULL));
	*ret_in = pal_input_of_fd(s->fd[which], w.number);
	return s->fd[which] >= 0 ? PAL_OK : PAL_EFORM;
}

static enum pal_err
flush(struct server *s)
{
	PAL_TRY(pal_buf_err(&s->out));
	PAL_TRY(pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_COMPARED, pal_buf_view(&s->out), -1, NULL));
	pal_buf_clear(&s->out);
	return PAL_OK;
}

/* A large tensor takes a while, and the parent wants to hear of every one. */
static enum pal_err
take(void *arg, const struct pal_compare_pair *p, const struct pal_compared *c)
{
	struct server *s = arg;

	pal_compare_encode(p, c, &s->out);
	return s->out.len >= BATCH || c->count >= ((uint64_t)1 << 20) ? flush(s) : PAL_OK;
}

static enum pal_err
compare(struct server *s, struct pal_diag *d)
{
	struct pal_compare_files files = { .get = get, .take = take, .arg = s };

	PAL_TRY(list_all(s, d));
	PAL_TRY(pal_compare_all(&s->side[PAL_COMPARE_MODEL], &s->side[PAL_COMPARE_BASE], &files, &s->arena));
	if (s->out.len > 0)
		PAL_TRY(flush(s));
	return flush(s);
}

enum pal_err
pal_compare_serve(struct pal_diag *d)
{
	struct server s = { .in = pal_buf_of(0), .out = pal_buf_of(0), .fd = { -1, -1 } };
	enum pal_err  e = PAL_OK;

	pal_arena_init(&s.arena, LISTS_MEMORY);
	for (size_t i = 0; i < 2; i++)
		s.side[i] =
		    (struct pal_compare_side){ .arena = &s.arena,
					       .tensors = pal_list_of(&s.arena, sizeof(struct pal_compare_tensor)) };
	e = compare(&s, d);
	pal_file_close(&s.fd[0]);
	pal_file_close(&s.fd[1]);
	pal_buf_done(&s.in);
	pal_buf_done(&s.out);
	pal_arena_done(&s.arena);
	return e;
}
