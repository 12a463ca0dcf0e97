/* serve.c - the worker: loads its rules, gives up its power, and only then reads a byte of any file. */
#include "palisade/serve.h"

#include <unistd.h>

#include "batch.h"
#include "palisade/clock.h"
#include "palisade/confine.h"
#include "palisade/detector.h"
#include "palisade/examine.h"
#include "palisade/input.h"
#include "palisade/json.h"
#include "palisade/reader.h"
#include "palisade/scan_result.h"
#include "palisade/worker.h"

#define RULES_MEMORY  ((size_t)64 << 20)
#define RESULT_MEMORY ((size_t)64 << 20)
#define MOST_WORD     65535u
#define PART          ((size_t)1 << 20)
#define PILE          ((size_t)64 << 10) /* answers are sent together up to here, */
#define PILE_US       ((uint64_t)50000)  /* but none is held back for longer while files are examined */

struct server {
	struct pal_arena      arena; /* of the rules' index */
	struct pal_detect    *detect;
	struct pal_scan_rules rules;
	struct pal_buf        out;
	struct pal_buf        pile; /* answers of a batch that are not sent yet */
	bool                  structure;
	void (*before)(const char *name);
};

void
pal_serve_words_add(struct pal_buf *out, const struct pal_serve_words *w)
{
	pal_buf_add_u32le(out, (uint32_t)w->first.len);
	pal_buf_add(out, w->first);
	pal_buf_add_u32le(out, (uint32_t)w->second.len);
	pal_buf_add(out, w->second);
	pal_buf_add_u64le(out, w->number);
}

enum pal_err
pal_serve_words_of(struct pal_view payload, struct pal_serve_words *ret_words)
{
	struct pal_reader      r = pal_reader_of(payload);
	struct pal_serve_words w = { 0 };

	w.first = pal_read_view(&r, pal_read_count(&r, pal_read_u32le(&r), 1, MOST_WORD));
	w.second = pal_read_view(&r, pal_read_count(&r, pal_read_u32le(&r), 1, MOST_WORD));
	w.number = pal_read_u64le(&r);
	if (!pal_reader_done(&r))
		return pal_reader_err(&r) == PAL_OK ? PAL_EFORM : pal_reader_err(&r);
	*ret_words = w;
	return PAL_OK;
}

static enum pal_err
reply(struct server *s, enum pal_serve_frame type, const struct pal_serve_words *w)
{
	pal_buf_clear(&s->out);
	pal_serve_words_add(&s->out, w);
	PAL_TRY(pal_buf_err(&s->out));
	return pal_worker_send(PAL_WORKER_CHANNEL, (uint8_t)type, pal_buf_view(&s->out), -1, NULL);
}

static enum pal_err
set_up(struct server *s, const struct pal_frame *f, struct pal_diag *d)
{
	struct pal_serve_words    w = { 0 };
	PAL_AUTO_BUF              said = pal_buf_of(0);
	const struct pal_sandbox *sandbox = NULL;
	struct pal_confine_limits limits = pal_confine_default;
	const char               *dir = NULL;

	if (f->type != PAL_SERVE_SETUP || pal_serve_words_of(f->payload, &w) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "the first frame is not a set-up");
	sandbox = pal_sandbox_named(pal_arena_text(&s->arena, w.first));
	if (sandbox == NULL)
		return pal_fail(d, PAL_EUSAGE, 0, "there is no sandbox of that name");
	s->structure = (w.number & PAL_SERVE_STRUCTURE) != 0;
	dir = w.second.len == 0 ? NULL : pal_arena_text(&s->arena, w.second);
	PAL_TRY(pal_detect_load(dir, &s->detect, d));
	PAL_TRY(pal_scan_rules_of(s->detect, &s->arena, &s->rules, d));
	PAL_TRY(pal_crew_start((unsigned int)(w.number / PAL_SERVE_THREADS(1) & 0xff), &limits.crew));
	pal_detect_help(s->detect, limits.crew);
	limits.channel = PAL_WORKER_CHANNEL;
	pal_json_prepare();
	PAL_TRY(sandbox->apply(&limits, &said, d));
	return reply(
	    s, PAL_SERVE_HELLO,
	    &(struct pal_serve_words){ .first = pal_view_of(s->rules.version), .second = pal_buf_view(&said) });
}

/* Best effort: a parent that is gone is noticed at the next frame. */
static void
tell_progress(void *arg, uint64_t bytes)
{
	struct server *s = arg;

	(void)reply(s, PAL_SERVE_PROGRESS, &(struct pal_serve_words){ .number = bytes });
}

/* Only what the parent says wrongly, or no memory even for a short answer, ends a worker. */
static enum pal_err
examine(struct server *s, const struct pal_frame *f, int fd, struct pal_diag *d)
{
	PAL_AUTO_ARENA         a;
	struct pal_serve_words w = { 0 };
	struct pal_examiner  e = { .rules = &s->rules, .structure = s->structure, .progress = tell_progress, .arg = s };
	struct pal_scan_file file = { 0 };
	struct pal_input     in = { 0 };
	const char          *name = NULL;
	enum pal_err         err = PAL_OK;

	pal_arena_init(&a, RESULT_MEMORY);
	if (f->type != PAL_SERVE_EXAMINE || fd < 0 || pal_serve_words_of(f->payload, &w) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "a frame that is no request");
	name = pal_arena_text(&a, w.first);
	PAL_TRY(pal_arena_err(&a));
	if (s->before != NULL)
		s->before(name);
	in = pal_input_of_fd(fd, w.number);
	err = pal_examine(&e, &in, name, &a, &file);
	pal_input_done(&in);
	PAL_TRY(err);
	pal_buf_clear(&s->out);
	PAL_TRY(pal_scan_result_encode(&file, &s->out));
	return pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_RESULT, pal_buf_view(&s->out), -1, d);
}

static enum pal_err
examine_small(struct server *s, struct pal_view path, struct pal_view content)
{
	PAL_AUTO_ARENA       a;
	struct pal_examiner  e = { .rules = &s->rules, .structure = s->structure };
	struct pal_scan_file file = { 0 };
	struct pal_input     in = pal_input_of_view(content);
	const char          *name = NULL;

	pal_arena_init(&a, RESULT_MEMORY);
	name = pal_arena_text(&a, path);
	PAL_TRY(pal_arena_err(&a));
	if (s->before != NULL)
		s->before(name);
	PAL_TRY(pal_examine(&e, &in, name, &a, &file));
	pal_buf_clear(&s->out);
	PAL_TRY(pal_scan_result_encode(&file, &s->out));
	pal_worker_add(&s->pile, PAL_SERVE_RESULT, pal_buf_view(&s->out));
	return pal_buf_err(&s->pile);
}

static enum pal_err
examine_batch(struct server *s, const struct pal_frame *f, struct pal_diag *d)
{
	struct pal_reader r = pal_reader_of(f->payload);
	struct pal_view   name = { 0 }, content = { 0 };
	uint64_t          sent_us = pal_clock_mono_us();

	while (pal_scan_batch_next(&r, &name, &content)) {
		PAL_TRY(examine_small(s, name, content));
		if (s->pile.len < PILE && pal_clock_mono_us() - sent_us < PILE_US)
			continue;
		PAL_TRY(pal_worker_flush(PAL_WORKER_CHANNEL, &s->pile, d));
		sent_us = pal_clock_mono_us();
	}
	if (!pal_reader_done(&r))
		return pal_fail(d, PAL_EFORM, 0, "a frame that is no batch");
	return pal_worker_flush(PAL_WORKER_CHANNEL, &s->pile, d);
}

/* A table that cannot be counted is an answer, not the end of the worker. */
static enum pal_err
tally(struct server *s, const struct pal_frame *f, int fd, struct pal_diag *d)
{
	struct pal_serve_words w = { 0 };
	struct pal_diag        why = { 0 };

	if (fd < 0 || pal_serve_words_of(f->payload, &w) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "a frame that is no request");
	pal_buf_clear(&s->out);
	if (pal_tally_serve(fd, &w, &s->out, &why) != PAL_OK)
		return reply(s, PAL_SERVE_FAIL, &(struct pal_serve_words){ .first = pal_view_of(why.text) });
	PAL_TRY(pal_buf_err(&s->out));
	return pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_COUNTS, pal_buf_view(&s->out), -1, d);
}

/* A file without a pickle is an answer too. */
static enum pal_err
disasm(struct server *s, const struct pal_frame *f, int fd, struct pal_diag *d)
{
	struct pal_serve_words w = { 0 };
	struct pal_diag        why = { 0 };
	enum pal_err           err = PAL_OK;

	if (fd < 0 || pal_serve_words_of(f->payload, &w) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "a frame that is no request");
	err = pal_disasm_serve(fd, &w, s->detect, &why);
	if (err != PAL_OK)
		return reply(
		    s, PAL_SERVE_FAIL,
		    &(struct pal_serve_words){ .first = pal_view_of(why.text[0] == '\0' ? pal_err_text(err) : why.text),
					       .number = (uint64_t)err });
	return reply(s, PAL_SERVE_END, &(struct pal_serve_words){ 0 });
}

/* The plan in parts, none longer than a frame; the last one is empty. A file that is refused is an answer, too. */
static enum pal_err
convert(struct server *s, const struct pal_frame *f, int fd, struct pal_diag *d)
{
	struct pal_serve_words w = { 0 };
	struct pal_diag        why = { 0 };
	struct pal_view        rest = { 0 };
	enum pal_err           err = PAL_OK;

	if (fd < 0 || pal_serve_words_of(f->payload, &w) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "a frame that is no request");
	pal_buf_clear(&s->out);
	err = pal_convert_serve(fd, &w, &s->out, &why);
	if (err != PAL_OK)
		return reply(
		    s, PAL_SERVE_FAIL,
		    &(struct pal_serve_words){ .first = pal_view_of(why.text[0] == '\0' ? pal_err_text(err) : why.text),
					       .number = (uint64_t)err });
	PAL_TRY(pal_buf_err(&s->out));
	rest = pal_buf_view(&s->out);
	while (rest.len > 0) {
		struct pal_view part = pal_view_sub(rest, 0, PART);

		PAL_TRY(pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_PLAN, part, -1, d));
		rest = pal_view_sub(rest, part.len, rest.len);
	}
	return pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_PLAN, rest, -1, d);
}

static enum pal_err
answer(struct server *s, const struct pal_frame *f, int fd, struct pal_diag *d)
{
	if (f->type == PAL_SERVE_BATCH)
		return examine_batch(s, f, d);
	if (f->type == PAL_SERVE_TALLY)
		return tally(s, f, fd, d);
	if (f->type == PAL_SERVE_CONVERT)
		return convert(s, f, fd, d);
	if (f->type == PAL_SERVE_COMPARE)
		return pal_compare_serve(d);
	return f->type == PAL_SERVE_DISASM ? disasm(s, f, fd, d) : examine(s, f, fd, d);
}

int
pal_serve(void (*before)(const char *name))
{
	struct server    s = { .before = before, .out = pal_buf_of(0), .pile = pal_buf_of(0) };
	struct pal_diag  d = { 0 };
	struct pal_buf   in = pal_buf_of(0);
	struct pal_frame f = { 0 };
	int              fd = -1;
	enum pal_err     e = PAL_OK;

	pal_arena_init(&s.arena, RULES_MEMORY);
	e = pal_worker_wait(PAL_WORKER_CHANNEL, &in, &f, &fd, &d);
	if (e == PAL_OK)
		e = set_up(&s, &f, &d);
	if (e != PAL_OK)
		(void)reply(
		    &s, PAL_SERVE_FAIL,
		    &(struct pal_serve_words){ .first = pal_view_of(d.text[0] == '\0' ? pal_err_text(e) : d.text),
					       .number = (uint64_t)e });
	while (e == PAL_OK && pal_worker_wait(PAL_WORKER_CHANNEL, &in, &f, &fd, &d) == PAL_OK) {
		e = answer(&s, &f, fd, &d);
		pal_file_close(&fd);
	}
	_exit(e == PAL_OK ? 0 : 3); /* nothing is flushed or freed: the process has nothing but its memory */
}

bool
pal_scan_is_worker(const char *argv0)
{
	return pal_worker_is(argv0);
}

int
pal_scan_worker_main(void)
{
	return pal_serve(NULL);
}
