/* disasm.c - finds the pickles of a file and tells their opcodes; to audit: pal_disasm_decode(), which reads what a
 * worker says. */
#include "palisade/disasm.h"

#include <poll.h>

#include "palisade/clock.h"
#include "palisade/detector.h"
#include "palisade/format.h"
#include "palisade/pickle_trace.h"
#include "palisade/reader.h"
#include "palisade/serve.h"
#include "palisade/utf8.h"
#include "palisade/worker.h"

#define MEMORY    ((size_t)64 << 20)
#define MOST_TEXT 4096u
#define BATCH     ((size_t)64 * 1024)
#define QUIET_US  ((uint64_t)120 * 1000000) /* a worker that says nothing for so long hangs */

/* ---- reading ---- */

struct job {
	const struct pal_detect     *rules;
	const struct pal_disasm_out *out;
	struct pal_view              wanted; /* a member; empty: all */
	uint64_t                     found;  /* pickles */
};

/* One file or member. */
struct unit {
	struct job       *job;
	struct pal_view   path; /* inside the file; empty for the file itself */
	struct pal_arena  arena;
	struct pal_limits limits;
	struct pal_sink   sink;
	bool              tells; /* a pickle that is wanted */
	bool              judged;
	enum pal_severity severity;
	struct pal_buf    said; /* what the policy says of the opcode that is being read */
};

static void
note(struct unit *u, enum pal_severity severity)
{
	if (u->said.len > 0)
		pal_buf_add_text(&u->said, "; ");
	u->severity = !u->judged || severity > u->severity ? severity : u->severity;
	u->judged = true;
}

static void
weigh(struct unit *u, const struct pal_content *piece)
{
	const struct pal_rule *rule = NULL;
	enum pal_severity      severity = PAL_INFO;
	const char            *why = "";

	(void)pal_detect_weigh(u->job->rules, piece, &rule, &severity, &why);
	note(u, rule == NULL ? PAL_INFO : severity);
	pal_buf_add_text(&u->said, piece->kind == PAL_CONTENT_CALL ? (piece->made ? "make " : "call ") : "import ");
	pal_utf8_clean(piece->module, 300, &u->said);
	if (piece->name.len > 0)
		pal_buf_add_byte(&u->said, '.');
	pal_utf8_clean(piece->name, 300, &u->said);
	if (piece->kind == PAL_CONTENT_CALL) {
		pal_buf_add_byte(&u->said, '(');
		pal_utf8_clean(piece->text, 200, &u->said);
		pal_buf_add_byte(&u->said, ')');
	}
	pal_buf_printf(&u->said, ": %s, %s", rule == NULL ? "allowed" : rule->id, why);
}

static enum pal_err
tell(struct unit *u, struct pal_disasm_line *l)
{
	enum pal_err err = PAL_OK;

	l->judged = u->judged;
	l->severity = u->severity;
	l->text = pal_buf_view(&u->said);
	err = u->job->out->line(u->job->out->arg, l);
	pal_buf_clear(&u->said);
	u->judged = false;
	u->severity = PAL_INFO;
	return err;
}

static enum pal_err
take_line(void *arg, const struct pal_pickle_line *p)
{
	struct unit           *u = arg;
	struct pal_disasm_line l = { .kind = PAL_DISASM_OP,
				     .code = p->code,
				     .offset = p->offset,
				     .before = p->before,
				     .after = p->after,
				     .memo = p->memo,
				     .argument = p->argument,
				     .top = p->top };

	if (p->module.len + p->attribute.len > 0)
		weigh(u,
		      &(struct pal_content){ .kind = PAL_CONTENT_IMPORT, .module = p->module, .name = p->attribute });
	return tell(u, &l);
}

static enum pal_err read_unit(struct job *j, struct pal_input *in, struct pal_view path,
			      const struct pal_limits *limits, uint64_t *ret_output, struct pal_diag *d);

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
take_member(struct unit *u, const struct pal_content *piece)
{
	PAL_AUTO_BUF      path = pal_buf_of(0);
	struct pal_limits limits = u->limits;
	struct pal_diag   d = { 0 };
	enum pal_err      err = PAL_OK;

	if (limits.depth == 0)
		return PAL_OK;
	limits.depth--;
	limits.items = pal_limits_default.items;
	pal_buf_add(&path, u->path);
	pal_buf_add_text(&path, u->path.len > 0 ? "!/" : "");
	pal_utf8_clean(piece->name, 1024, &path);
	PAL_TRY(pal_buf_err(&path));
	err = read_unit(u->job, piece->member, pal_buf_view(&path), &limits, &u->limits.output, &d);
	if (err == PAL_OK && u->tells) { /* back in this one */
		struct pal_disasm_line l = { .kind = PAL_DISASM_MEMBER, .memo = -1, .text = u->path };

		err = u->job->out->line(u->job->out->arg, &l);
	}
	return err;
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
take(void *arg, const struct pal_content *piece)
{
	struct unit *u = arg;

	if (piece->kind == PAL_CONTENT_MEMBER)
		return take_member(u, piece);
	if (!u->tells)
		return PAL_OK;
	if (piece->kind == PAL_CONTENT_CALL)
		weigh(u, piece);
	if (piece->kind == PAL_CONTENT_ANOMALY) {
		note(u, piece->rule->severity);
		pal_buf_printf(&u->said, "%s, ", piece->rule->id);
		pal_utf8_clean(piece->text, 300, &u->said);
	}
	return PAL_OK;
}

/* The member that was asked for, and what is inside it. */
static bool
is_wanted(const struct job *j, struct pal_view path)
{
	struct pal_view rest = pal_view_sub(path, j->wanted.len, path.len);

	return j->wanted.len == 0 || (pal_view_eq(pal_view_sub(path, 0, j->wanted.len), j->wanted) &&
				      (rest.len == 0 || pal_view_starts(rest, "!/")));
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
read_pickle(struct unit *u, struct pal_input *in, struct pal_diag *d)
{
	struct pal_pickle_watch watch = { .line = take_line, .arg = u };
	struct pal_disasm_line  first = { .kind = PAL_DISASM_MEMBER, .memo = -1, .text = u->path };
	struct pal_disasm_line  last = { .kind = PAL_DISASM_NOTE, .offset = in->size, .memo = -1 };

	u->tells = is_wanted(u->job, u->path);
	if (!u->tells)
		return pal_pickle_trace(in, &u->sink, NULL, d); /* for the members in it */
	u->job->found++;
	PAL_TRY(u->job->out->line(u->job->out->arg, &first));
	PAL_TRY(pal_pickle_trace(in, &u->sink, &watch, d));
	return u->judged ? tell(u, &last) : PAL_OK;
}

/* A file that nothing is known of is read as a pickle when it is what was asked for: so would a loader. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
read_unit(struct job *j, struct pal_input *in, struct pal_view path, const struct pal_limits *limits,
	  uint64_t *ret_output, struct pal_diag *d)
{
	struct unit              u = { .job = j, .path = path, .limits = *limits, .said = pal_buf_of(16384) };
	struct pal_view          head = { 0 };
	const struct pal_format *f = NULL;
	enum pal_err             err = PAL_OK;

	if (in->size == 0)
		return PAL_OK;
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	f = pal_format_probe(head, in->size, path);
	pal_arena_init(&u.arena, MEMORY);
	u.sink = (struct pal_sink){ .take = take, .arg = &u, .arena = &u.arena, .limits = &u.limits };
	if (f == pal_format_named("pickle") || (f == NULL && pal_view_eq(path, j->wanted)))
		err = read_pickle(&u, in, d);
	else if (f != NULL)
		err = f->parse(in, &u.sink, d);
	pal_arena_done(&u.arena);
	pal_buf_done(&u.said);
	*ret_output = u.limits.output;
	return err;
}

enum pal_err
pal_disasm_read(struct pal_input *in, struct pal_view member, const struct pal_detect *rules,
		const struct pal_disasm_out *out, struct pal_diag *d)
{
	struct job j = { .rules = rules, .out = out, .wanted = member };
	uint64_t   output = 0;

	PAL_TRY(read_unit(&j, in, (struct pal_view){ 0 }, &pal_limits_default, &output, d));
	if (j.found > 0)
		return PAL_OK;
	return pal_fail(d, PAL_ENOTFOUND, 0,
			member.len > 0 ? "there is no pickle of that name in it" : "there is no pickle in it");
}

/* ---- between worker and parent ---- */

static void
add_text(struct pal_buf *out, struct pal_view v)
{
	v = pal_view_sub(v, 0, MOST_TEXT);
	pal_buf_add_u32le(out, (uint32_t)v.len);
	pal_buf_add(out, v);
}

void
pal_disasm_encode(const struct pal_disasm_line *l, struct pal_buf *out)
{
	pal_buf_add_byte(out, l->kind);
	pal_buf_add_byte(out, l->code);
	pal_buf_add_byte(out, l->judged);
	pal_buf_add_byte(out, (uint8_t)l->severity);
	pal_buf_add_u64le(out, l->offset);
	pal_buf_add_u64le(out, l->before);
	pal_buf_add_u64le(out, l->after);
	pal_buf_add_u64le(out, (uint64_t)l->memo);
	add_text(out, l->argument);
	add_text(out, l->top);
	add_text(out, l->text);
}

static struct pal_view
read_text(struct pal_reader *r)
{
	return pal_read_view(r, pal_read_count(r, pal_read_u32le(r), 1, MOST_TEXT));
}

enum pal_err
pal_disasm_decode(struct pal_view bytes, const struct pal_disasm_out *out)
{
	struct pal_reader r = pal_reader_of(bytes);

	while (pal_reader_left(&r) > 0) {
		struct pal_disasm_line l = { .kind = pal_read_u8(&r), .code = pal_read_u8(&r) };
		uint8_t                judged = pal_read_u8(&r), severity = pal_read_u8(&r);

		l.judged = judged == 1;
		l.offset = pal_read_u64le(&r);
		l.before = pal_read_u64le(&r);
		l.after = pal_read_u64le(&r);
		l.memo = (int64_t)pal_read_u64le(&r);
		l.argument = read_text(&r);
		l.top = read_text(&r);
		l.text = read_text(&r);
		PAL_TRY(pal_reader_err(&r));
		if (l.kind < PAL_DISASM_MEMBER || l.kind > PAL_DISASM_NOTE || severity > PAL_CRITICAL || judged > 1)
			return PAL_EFORM;
		l.severity = (enum pal_severity)severity;
		PAL_TRY(out->line(out->arg, &l));
	}
	return pal_reader_err(&r);
}

static enum pal_err
send_line(void *arg, const struct pal_disasm_line *l)
{
	struct pal_buf *b = arg;

	pal_disasm_encode(l, b);
	PAL_TRY(pal_buf_err(b));
	if (b->len < BATCH)
		return PAL_OK;
	PAL_TRY(pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_LINES, pal_buf_view(b), -1, NULL));
	pal_buf_clear(b);
	return PAL_OK;
}

enum pal_err
pal_disasm_serve(int fd, const struct pal_serve_words *words, const struct pal_detect *rules, struct pal_diag *d)
{
	PAL_AUTO_BUF          b = pal_buf_of(0);
	struct pal_disasm_out out = { .line = send_line, .arg = &b };
	struct pal_input      in = pal_input_of_fd(fd, words->number);
	enum pal_err          err = pal_disasm_read(&in, words->first, rules, &out, d);

	pal_input_done(&in);
	if (b.len > 0)
		PAL_TRY(pal_worker_send(PAL_WORKER_CHANNEL, PAL_SERVE_LINES, pal_buf_view(&b), -1, NULL));
	return err;
}

static void
stop_worker(struct pal_worker *w)
{
	char how[PAL_WORKER_HOW];

	pal_worker_stop(w, 0, how);
}

static enum pal_err
next_frame(struct pal_worker *w, struct pal_frame *ret_frame, struct pal_diag *d)
{
	uint64_t until_us = pal_clock_mono_us() + QUIET_US;
	bool     whole = false;

	for (;;) {
		enum pal_err  came = PAL_OK;
		struct pollfd p = { .fd = w->fd, .events = POLLIN };

		PAL_TRY(pal_worker_next(w, &whole, ret_frame, d));
		if (whole)
			return PAL_OK;
		if (pal_clock_mono_us() >= until_us || poll(&p, 1, 1000) < 0)
			return pal_fail(d, PAL_ESYS, 0, "the worker that reads the pickle hangs");
		came = pal_worker_read(w, d);
		if (came == PAL_ETRUNC)
			return pal_fail(d, PAL_ESYS, 0, "the worker that reads the pickle died");
		PAL_TRY(came);
	}
}

static enum pal_err
send_words(struct pal_worker *w, enum pal_serve_frame type, const struct pal_serve_words *words, int fd,
	   struct pal_diag *d)
{
	PAL_AUTO_BUF out = pal_buf_of(0);

	pal_serve_words_add(&out, words);
	PAL_TRY(pal_buf_err(&out));
	return pal_worker_send(w->fd, (uint8_t)type, pal_buf_view(&out), fd, d);
}

static enum pal_err
failed(const struct pal_frame *f, struct pal_diag *d)
{
	struct pal_serve_words why = { 0 };

	PAL_TRY(pal_serve_words_of(f->payload, &why));
	return pal_fail(d, why.number == PAL_ENOTFOUND ? PAL_ENOTFOUND : PAL_EFORM, 0, "%.*s",
			(int)(why.first.len < 300 ? why.first.len : 300), (const char *)why.first.data);
}

enum pal_err
pal_disasm(int fd, uint64_t size, const char *member, const char *rules_dir, const struct pal_disasm_out *out,
	   struct pal_diag *d)
{
	__attribute__((cleanup(stop_worker))) struct pal_worker w = { .fd = -1 };
	struct pal_frame                                        f = { 0 };

	PAL_TRY(pal_worker_spawn(&w, d));
	PAL_TRY(send_words(
	    &w, PAL_SERVE_SETUP,
	    &(struct pal_serve_words){ .first = pal_view_of("worker"), .second = pal_view_of(rules_dir) }, -1, d));
	PAL_TRY(next_frame(&w, &f, d));
	if (f.type == PAL_SERVE_FAIL)
		return failed(&f, d);
	PAL_TRY(send_words(&w, PAL_SERVE_DISASM,
			   &(struct pal_serve_words){ .first = pal_view_of(member), .number = size }, fd, d));
	for (;;) {
		PAL_TRY(next_frame(&w, &f, d));
		if (f.type == PAL_SERVE_FAIL)
			return failed(&f, d);
		if (f.type == PAL_SERVE_END)
			return PAL_OK;
		if (f.type != PAL_SERVE_LINES)
			return pal_fail(d, PAL_ESYS, 0,
					"the worker that reads the pickle does not answer as it should");
		if (pal_disasm_decode(f.payload, out) != PAL_OK)
			return pal_fail(d, PAL_ESYS, 0, "the lines of the worker could not be written, or are none");
	}
}
