/* run.c - hands files to workers and collects what they say; to audit: hear(), which believes nothing it is told. */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "palisade/clock.h"
#include "palisade/examine.h"
#include "palisade/scan_result.h"
#include "palisade/serve.h"
#include "palisade/utf8.h"

#define START_US     ((uint64_t)120 * 1000000) /* to load the rules and confine itself */
#define TIMEOUT_MS   120000u
#define STEP_US      ((uint64_t)60 * 1000000) /* for the next step of progress, when no limit was asked for */
#define BYTES_A_MS   10000u                   /* one second more for every 10 MB */
#define RECYCLE      ((uint64_t)256 << 30)    /* bytes after which a worker makes room for a fresh one */
#define GRACE_MS     1000u                    /* for a worker that hung up to be gone, so that we learn how it ended */
#define RESULT_ARENA ((size_t)64 << 20)

static uint64_t
timeout_us(const struct pal_scanner *s, uint64_t size)
{
	uint64_t ms = s->timeout_ms != 0 ? s->timeout_ms : TIMEOUT_MS + size / BYTES_A_MS;

	return ms * 1000;
}

/* A large file gets what the other large ones leave of the cores. */
static unsigned int
threads_for(const struct pal_scan_run *r, const struct pal_scan_slot *slot)
{
	size_t large = r->large < 1 ? 1 : r->large < r->s->slot_count ? r->large : r->s->slot_count;

	if (slot->batch.count > 0 || slot->id.size < PAL_SCAN_LARGE || r->s->structure)
		return 1;
	return r->s->slot_count / (unsigned int)large;
}

static enum pal_err
start(struct pal_scan_run *r, struct pal_scan_slot *slot, unsigned int threads)
{
	PAL_AUTO_BUF out = pal_buf_of(0);
	uint64_t     number = PAL_SERVE_THREADS(threads) | (r->s->structure ? PAL_SERVE_STRUCTURE : 0);

	PAL_TRY(pal_worker_spawn(&slot->worker, r->d));
	slot->state = SLOT_STARTING;
	slot->deadline_us = pal_clock_mono_us() + START_US;
	slot->bytes = 0;
	pal_serve_words_add(&out, &(struct pal_serve_words){ .first = pal_view_of(r->s->sandbox),
							     .second = pal_view_of(r->s->rules_dir),
							     .number = number });
	PAL_TRY(pal_buf_err(&out));
	return pal_worker_send(slot->worker.fd, PAL_SERVE_SETUP, pal_buf_view(&out), -1, r->d);
}

enum pal_err
pal_scan_start_first(struct pal_scanner *s, uint64_t bytes, struct pal_diag *d)
{
	unsigned int threads = bytes < PAL_SCAN_LARGE || s->structure ? 1 : s->slot_count;

	return start(&(struct pal_scan_run){ .s = s, .d = d }, &s->slots[0], threads);
}

static void
stop(struct pal_scan_slot *slot, unsigned int wait_ms, char ret_how[PAL_WORKER_HOW])
{
	pal_worker_stop(&slot->worker, wait_ms, ret_how);
	slot->state = SLOT_EMPTY;
}

/* The worker is lost; what it was reading is not known to be clean. */
static enum pal_err
lose(struct pal_scan_run *r, struct pal_scan_slot *slot, bool late, const char *why)
{
	struct pal_scan_file f = {
		.path = r->files[slot->item].path, .format = "unknown", .size = slot->id.size, .unread = slot->id.size
	};
	char how[PAL_WORKER_HOW];

	stop(slot, late || slot->batch.count > 0 ? 0 : GRACE_MS, how);
	if (slot->batch.count > 0)
		return pal_scan_lose_batch(r, slot);
	if (late)
		pal_scan_add_finding(r, &f, &pal_scan_rule_worker_limit, "%s", why);
	else
		pal_scan_add_finding(r, &f, &pal_scan_rule_worker_limit, "%s: the worker was %s", why,
				     how[0] == '\0' ? "gone" : how);
	return pal_scan_finish_item(r, slot, &f, (struct pal_view){ 0 });
}

static enum pal_err
ask(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	PAL_AUTO_BUF    out = pal_buf_of(0);
	struct pal_diag d = { 0 };
	bool            many = slot->batch.count > 0;

	if (!many)
		pal_serve_words_add(&out, &(struct pal_serve_words){ .first = pal_view_of(r->files[slot->item].path),
								     .number = slot->id.size });
	PAL_TRY(pal_buf_err(&out));
	slot->state = SLOT_BUSY;
	slot->began_us = pal_clock_mono_us();
	slot->deadline_us = slot->began_us + (many ? pal_scan_batch_limit(r->s) : timeout_us(r->s, slot->id.size));
	slot->bytes += many ? slot->batch.size : slot->id.size;
	if (pal_worker_send(slot->worker.fd, many ? PAL_SERVE_BATCH : PAL_SERVE_EXAMINE,
			    pal_buf_view(many ? &slot->batch.frame : &out), many ? -1 : slot->fd, &d) != PAL_OK)
		return lose(r, slot, false, d.text);
	return PAL_OK;
}

static enum pal_err
hear_hello(struct pal_scan_run *r, struct pal_scan_slot *slot, const struct pal_frame *f)
{
	struct pal_serve_words w = { 0 };
	PAL_AUTO_BUF           clean = pal_buf_of(0);
	enum pal_err           e = pal_serve_words_of(f->payload, &w);

	if (e == PAL_OK && f->type == PAL_SERVE_FAIL) {
		pal_utf8_clean(w.first, PAL_DIAG_TEXT, &clean);
		return pal_fail(r->d, PAL_EUNSUPPORTED, 0, "a scan worker cannot work: %s", pal_buf_text(&clean));
	}
	if (e != PAL_OK || f->type != PAL_SERVE_HELLO || !pal_view_is(w.first, r->s->rules.version))
		return pal_fail(r->d, PAL_ESYS, 0,
				"a scan worker does not answer as this version of the program does; was the program "
				"or its rules replaced while it runs?");
	pal_utf8_clean(w.second, PAL_SCAN_SAID - 1, &clean);
	(void)snprintf(r->s->said, sizeof(r->s->said), "%s", pal_buf_text(&clean));
	slot->state = SLOT_READY;
	return slot->has_item ? ask(r, slot) : PAL_OK;
}

/* A large file on a slow machine is not a hang; steps that are too small to be ours buy no time. */
static void
hear_progress(struct pal_scanner *s, struct pal_scan_slot *slot, uint64_t done)
{
	uint64_t until = pal_clock_mono_us() + STEP_US;

	if (s->timeout_ms == 0 && done - slot->progressed >= PAL_EXAMINE_TICK && until > slot->deadline_us)
		slot->deadline_us = until;
	pal_progress_add(s->progress, done - slot->progressed);
	slot->progressed = done;
}

static enum pal_err
hear_busy(struct pal_scan_run *r, struct pal_scan_slot *slot, const struct pal_frame *f)
{
	struct pal_scan_file   file = { 0 };
	struct pal_serve_words w = { 0 };
	struct pal_diag        d = { 0 };
	bool                   wrong = false;

	if (slot->batch.count > 0) {
		PAL_TRY(pal_scan_hear_batch(r, slot, f, &wrong));
		return wrong ? lose(r, slot, false, "") : PAL_OK;
	}
	if (f->type == PAL_SERVE_PROGRESS && pal_serve_words_of(f->payload, &w) == PAL_OK &&
	    w.number >= slot->progressed && w.number <= slot->id.size) {
		hear_progress(r->s, slot, w.number);
		return PAL_OK;
	}
	if (f->type != PAL_SERVE_RESULT)
		return lose(r, slot, false, "the reader said what no reader says");
	if (pal_scan_result_decode(f->payload, r->files[slot->item].path, &r->s->rules, r->a, &file, &d) != PAL_OK ||
	    file.size != slot->id.size) {
		if (pal_arena_err(r->a) != PAL_OK)
			return pal_fail(r->d, pal_arena_err(r->a), 0, "the results of the scan need too much memory");
		return lose(r, slot, false, d.text[0] == '\0' ? "a result for another file" : d.text);
	}
	slot->state = SLOT_READY;
	return pal_scan_finish_item(r, slot, &file, f->payload);
}

/* What has come from one worker, a read at a time, so that none keeps the others waiting. */
static enum pal_err
hear(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	struct pal_diag  d = { 0 };
	struct pal_frame f = { 0 };
	bool             whole = true;
	enum pal_err     came = pal_worker_read(&slot->worker, &d), e = PAL_OK;

	while (whole && slot->state != SLOT_EMPTY && (e = pal_worker_next(&slot->worker, &whole, &f, &d)) == PAL_OK) {
		if (!whole)
			break;
		if (slot->state == SLOT_STARTING)
			PAL_TRY(hear_hello(r, slot, &f));
		else if (slot->state == SLOT_BUSY)
			PAL_TRY(hear_busy(r, slot, &f));
		else
			e = pal_fail(&d, PAL_EFORM, 0, "a worker talks out of turn");
		if (e != PAL_OK)
			break;
	}
	e = e == PAL_OK ? came : e;
	if (e == PAL_OK || slot->state == SLOT_EMPTY)
		return PAL_OK;
	if (slot->state == SLOT_STARTING)
		return pal_fail(r->d, PAL_ESYS, 0, "a scan worker ended before it was ready: %s", d.text);
	if (slot->state == SLOT_BUSY)
		return lose(r, slot, false, d.text);
	stop(slot, 0, (char[PAL_WORKER_HOW]){ 0 }); /* it had nothing to do; the next file gets a fresh one */
	return PAL_OK;
}

static enum pal_err
check_time(struct pal_scan_run *r, struct pal_scan_slot *slot, uint64_t now)
{
	char why[PAL_WORKER_HOW];

	if ((slot->state != SLOT_BUSY && slot->state != SLOT_STARTING) || now < slot->deadline_us)
		return PAL_OK;
	if (slot->state == SLOT_STARTING)
		return pal_fail(r->d, PAL_ESYS, 0, "a scan worker was not ready within %llu seconds",
				(unsigned long long)(START_US / 1000000));
	(void)snprintf(why, sizeof(why), "not done after %llu ms; the worker was killed",
		       (unsigned long long)((now - slot->began_us) / 1000));
	return lose(r, slot, true, why);
}

/* Gives every idle worker something to do; starts workers only for files that need one. */
static enum pal_err
hand_out(struct pal_scan_run *r)
{
	for (unsigned int i = 0; i < r->s->slot_count; i++) {
		struct pal_scan_slot *slot = &r->s->slots[i];

		if (slot->has_item)
			continue;
		PAL_TRY(pal_scan_take_work(r, slot));
		if (!slot->has_item)
			continue;
		if (slot->state == SLOT_READY && slot->bytes > RECYCLE)
			stop(slot, 0, (char[PAL_WORKER_HOW]){ 0 });
		if (slot->state == SLOT_EMPTY)
			PAL_TRY(start(r, slot, threads_for(r, slot)));
		else if (slot->state == SLOT_READY)
			PAL_TRY(ask(r, slot));
	}
	return PAL_OK;
}

static enum pal_err
wait_and_hear(struct pal_scan_run *r)
{
	struct pollfd polls[PAL_SCAN_WORKERS];
	uint64_t      now = pal_clock_mono_us(), until = now + START_US;

	for (unsigned int i = 0; i < r->s->slot_count; i++) {
		const struct pal_scan_slot *slot = &r->s->slots[i];

		polls[i] = (struct pollfd){ .fd = slot->state == SLOT_EMPTY ? -1 : slot->worker.fd, .events = POLLIN };
		if (slot->state == SLOT_BUSY || slot->state == SLOT_STARTING)
			until = slot->deadline_us < until ? slot->deadline_us : until;
	}
	if (poll(polls, r->s->slot_count, until <= now ? 0 : (int)((until - now) / 1000 + 1)) < 0 && errno != EINTR)
		return pal_fail(r->d, PAL_ESYS, 0, "poll: %s", strerror(errno));
	now = pal_clock_mono_us();
	for (unsigned int i = 0; i < r->s->slot_count; i++) {
		if (polls[i].fd >= 0 && polls[i].revents != 0)
			PAL_TRY(hear(r, &r->s->slots[i]));
		PAL_TRY(check_time(r, &r->s->slots[i], now));
	}
	return PAL_OK;
}

/* The same in this process, through the same bytes, so that results do not depend on where they were made. */
static enum pal_err
examine_here(struct pal_scan_run *r)
{
	struct pal_scan_slot *slot = &r->s->slots[0];

	(void)snprintf(r->s->said, sizeof(r->s->said), "none (examined in the program's own process)");
	for (;;) {
		PAL_AUTO_ARENA       a;
		PAL_AUTO_BUF         bytes = pal_buf_of(0);
		struct pal_examiner  e = { .rules = &r->s->rules, .structure = r->s->structure };
		struct pal_scan_file f = { 0 };
		struct pal_input     in = { 0 };
		enum pal_err         err = PAL_OK;

		pal_arena_init(&a, RESULT_ARENA);
		PAL_TRY(pal_scan_take_item(r, slot));
		if (!slot->has_item)
			return PAL_OK;
		in = pal_input_of_fd(slot->fd, slot->id.size);
		err = pal_examine(&e, &in, r->files[slot->item].path, &a, &f);
		pal_input_done(&in);
		PAL_TRY(err);
		PAL_TRY(pal_scan_result_encode(&f, &bytes));
		PAL_TRY(pal_scan_result_decode(pal_buf_view(&bytes), r->files[slot->item].path, &r->s->rules, r->a, &f,
					       r->d));
		PAL_TRY(pal_scan_finish_item(r, slot, &f, pal_buf_view(&bytes)));
	}
}

/* After an error nothing may be left half done: workers that were reading are killed, descriptors closed. */
void
pal_scan_drop_all(struct pal_scanner *s)
{
	char how[PAL_WORKER_HOW];

	for (unsigned int i = 0; i < PAL_SCAN_WORKERS; i++) {
		if (s->slots[i].state != SLOT_EMPTY)
			stop(&s->slots[i], 0, how);
		pal_file_close(&s->slots[i].fd);
		pal_buf_done(&s->slots[i].batch.frame);
		s->slots[i].batch.frame = pal_buf_of(0);
		s->slots[i].batch.count = 0;
		s->slots[i].has_item = false;
	}
}

enum pal_err
pal_scan_run_all(struct pal_scan_run *r)
{
	uint64_t     began = pal_clock_mono_us();
	enum pal_err e = r->s->here ? examine_here(r) : PAL_OK;

	while (e == PAL_OK && r->done < r->count) {
		e = hand_out(r);
		if (e == PAL_OK && r->done < r->count)
			e = wait_and_hear(r);
	}
	if (e != PAL_OK) {
		pal_scan_drop_all(r->s);
		return e;
	}
	r->result->files = (struct pal_list){
		.arena = r->a, .items = r->files, .count = r->count, .cap = r->count, .size = sizeof(*r->files)
	};
	r->result->rules = pal_arena_text(r->a, pal_view_of(r->s->rules.version));
	if (r->s->said[0] != '\0')
		r->result->sandbox = pal_arena_text(r->a, pal_view_of(r->s->said));
	r->result->elapsed_ms = (pal_clock_mono_us() - began) / 1000;
	return pal_arena_err(r->a);
}
