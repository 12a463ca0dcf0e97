/* compare.c - the parent: opens both models, gives a worker the files that it asks for, and believes only records that
 * are vetted. To audit: hear_want() and hear_records(). */
#include "palisade/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "compare_parts.h"
#include "palisade/clock.h"
#include "palisade/walk.h"

#define WANTS_MOST ((uint64_t)1 << 22)

/* One of the two: a file, or the files of a folder. */
struct model {
	const char         *root;
	int                 root_fd; /* -1: a file */
	const char        **files;
	struct pal_file_id *ids;
	size_t              count;
	uint64_t            bytes;
};

struct job {
	const struct pal_compare_options *o;
	struct pal_arena                 *a;
	struct model                      m[2];
	struct pal_asked                  worker;
	struct pal_comparison            *c;
	struct pal_diag                  *d;
};

const char *
pal_compared_state_name(enum pal_compared_state s)
{
	static const char *const names[] = { "same", "cast", "changed", "reshaped", "added", "missing", "unread" };

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}

static enum pal_err
find_files(struct job *j, struct model *m, const char *shown)
{
	struct pal_list entries = pal_list_of(j->a, sizeof(struct pal_entry));
	struct stat     st;

	char real[PATH_MAX];

	if (realpath(shown, real) == NULL)
		return pal_fail(j->d, PAL_ENOTFOUND, 0, "cannot open %s: %s", shown, strerror(errno));
	m->root = pal_arena_text(j->a, pal_view_of(real));
	PAL_TRY(pal_arena_err(j->a));
	PAL_TRY(pal_walk(m->root, PAL_COMPARE_FILES, &entries, j->d));
	if (stat(m->root, &st) == 0 && S_ISDIR(st.st_mode)) {
		m->root_fd = open(m->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (m->root_fd < 0)
			return pal_fail(j->d, PAL_ESYS, 0, "cannot open %s", shown);
	}
	m->files = pal_arena_array(j->a, entries.count + 1, sizeof(*m->files));
	m->ids = pal_arena_array(j->a, entries.count + 1, sizeof(*m->ids));
	PAL_TRY(pal_arena_err(j->a));
	for (size_t i = 0; i < entries.count; i++) {
		const struct pal_entry *e = pal_list_at(&entries, i);

		if (e->kind != PAL_ENTRY_FILE)
			continue;
		m->files[m->count] = m->root_fd >= 0 ? e->path : shown;
		m->ids[m->count++] = e->id;
		m->bytes += e->id.size;
	}
	return m->count > 0 ? PAL_OK : pal_fail(j->d, PAL_ENOTFOUND, 0, "%s has no file to be compared", shown);
}

/* The version that was listed, or none. */
static enum pal_err
open_file(struct job *j, const struct model *m, size_t i, int *ret_fd)
{
	struct pal_file_id id = { 0 };

	if (m->root_fd >= 0)
		PAL_TRY(pal_file_open_below(m->root_fd, m->files[i], ret_fd, &id, j->d));
	else
		PAL_TRY(pal_file_open(m->root, ret_fd, &id, j->d));
	if (pal_file_id_eq(&id, &m->ids[i]))
		return PAL_OK;
	pal_file_close(ret_fd);
	return pal_fail(j->d, PAL_EVERIFY, 0, "%s changed while it was compared", m->files[i]);
}

static enum pal_err
send_file(struct job *j, unsigned int which, size_t i)
{
	const struct model *m = &j->m[which];
	PAL_AUTO_BUF        out = pal_buf_of(0);
	PAL_AUTO_FD         fd = -1;

	PAL_TRY(open_file(j, m, i, &fd));
	pal_serve_words_add(&out, &(struct pal_serve_words){ .first = pal_view_of(m->files[i]),
							     .second = pal_view_of(which == 0 ? "model" : "base"),
							     .number = m->ids[i].size });
	PAL_TRY(pal_buf_err(&out));
	return pal_worker_send(j->worker.worker.fd, PAL_SERVE_LISTED, pal_buf_view(&out), fd, j->d);
}

static enum pal_err
list_files(struct job *j)
{
	for (unsigned int k = 0; k < 2; k++) {
		uint64_t tensors = 0;

		for (size_t i = 0; i < j->m[k].count; i++) {
			struct pal_frame       f = { 0 };
			struct pal_serve_words w = { 0 };

			PAL_TRY(send_file(j, k, i));
			PAL_TRY(pal_ask_more(&j->worker, &f, j->d));
			if (f.type != PAL_SERVE_LISTED || pal_serve_words_of(f.payload, &w) != PAL_OK)
				return pal_fail(j->d, PAL_ESYS, 0, "%s says what no reader says", j->worker.what);
			if (w.number > PAL_COMPARE_TENSORS)
				return pal_fail(j->d, PAL_ELIMIT, 0,
						"%s has more than %u tensors, or needs too much memory", j->m[k].root,
						PAL_COMPARE_TENSORS);
			tensors = w.number;
		}
		if (tensors == 0)
			return pal_fail(j->d, PAL_EFORM, 0, "%s has no tensor that a reader knows", j->m[k].root);
	}
	return PAL_OK;
}

static enum pal_err
hear_want(struct job *j, const struct pal_frame *f)
{
	struct pal_serve_words w = { 0 };
	uint64_t               which = 0, file = 0;

	PAL_TRY(pal_serve_words_of(f->payload, &w));
	which = w.number >> 32;
	file = w.number & UINT32_MAX;
	if (which > PAL_COMPARE_BASE || file >= j->m[which].count)
		return pal_fail(j->d, PAL_ESYS, 0, "%s asks for a file that there is not", j->worker.what);
	return send_file(j, (unsigned int)which, (size_t)file);
}

static enum pal_err
keep(struct job *j, const struct pal_compared *one)
{
	struct pal_compared *kept = NULL;

	pal_compare_count(j->c, one);
	if (one->model.name != NULL)
		pal_progress_add(j->o->progress, one->count * (pal_dtype_bits(one->model.type) / 8));
	if (one->state == PAL_COMPARED_SAME && !one->resized)
		return PAL_OK;
	kept = pal_list_add(&j->c->tensors);
	if (kept == NULL)
		return pal_arena_err(j->a);
	*kept = *one;
	return PAL_OK;
}

static enum pal_err
hear_records(struct job *j, const struct pal_frame *f, bool *ret_done)
{
	struct pal_compare_names names = { .files = { j->m[0].files, j->m[1].files },
					   .counts = { j->m[0].count, j->m[1].count } };
	struct pal_reader        r = pal_reader_of(f->payload);

	*ret_done = f->payload.len == 0;
	while (pal_reader_left(&r) > 0) {
		struct pal_compared one = { 0 };
		enum pal_err        e = pal_compare_decode(&r, &names, j->a, &one);

		if (e != PAL_OK)
			return pal_fail(j->d, e == PAL_EFORM ? PAL_ESYS : e, 0, "%s says what no reader says",
					j->worker.what);
		PAL_TRY(keep(j, &one));
		if (j->c->tensors.count > 2 * (size_t)PAL_COMPARE_TENSORS)
			return pal_fail(j->d, PAL_ESYS, 0, "%s tells of more tensors than it listed", j->worker.what);
	}
	return PAL_OK;
}

static enum pal_err
hear_all(struct job *j)
{
	PAL_AUTO_BUF out = pal_buf_of(0);
	bool         done = false;

	pal_serve_words_add(&out, &(struct pal_serve_words){ 0 });
	PAL_TRY(pal_buf_err(&out));
	PAL_TRY(pal_worker_send(j->worker.worker.fd, PAL_SERVE_LISTED, pal_buf_view(&out), -1, j->d));
	for (uint64_t wants = 0; !done;) {
		struct pal_frame f = { 0 };

		PAL_TRY(pal_ask_more(&j->worker, &f, j->d));
		if (f.type == PAL_SERVE_WANT && wants++ < WANTS_MOST)
			PAL_TRY(hear_want(j, &f));
		else if (f.type == PAL_SERVE_COMPARED)
			PAL_TRY(hear_records(j, &f, &done));
		else
			return pal_fail(j->d, PAL_ESYS, 0, "%s says what no reader says", j->worker.what);
	}
	return PAL_OK;
}

static enum pal_err
ask_worker(struct job *j)
{
	PAL_AUTO_BUF out = pal_buf_of(0);

	PAL_TRY(pal_ask_start_in(&j->worker, "the worker that compares the models", j->o->sandbox, &j->c->sandbox, j->a,
				 j->d));
	pal_serve_words_add(&out, &(struct pal_serve_words){ 0 });
	PAL_TRY(pal_buf_err(&out));
	PAL_TRY(pal_worker_send(j->worker.worker.fd, PAL_SERVE_COMPARE, pal_buf_view(&out), -1, j->d));
	PAL_TRY(list_files(j));
	return hear_all(j);
}

static enum pal_err
compare(struct job *j, const char *model, const char *base)
{
	uint64_t began = pal_clock_mono_us();

	PAL_TRY(find_files(j, &j->m[0], model));
	PAL_TRY(find_files(j, &j->m[1], base));
	PAL_TRY(ask_worker(j));
	PAL_TRY(pal_compare_judge(j->c, j->a));
	j->c->compared = j->m[0].bytes;
	j->c->elapsed_ms = (pal_clock_mono_us() - began) / 1000;
	return PAL_OK;
}

enum pal_err
pal_compare(const char *model, const char *base, const struct pal_compare_options *o, struct pal_arena *a,
	    struct pal_comparison *ret, struct pal_diag *d)
{
	struct pal_comparison c = { .tensors = pal_list_of(a, sizeof(struct pal_compared)), .layer_first = UINT64_MAX };
	struct job            j = { .o = o, .a = a, .c = &c, .d = d };
	enum pal_err          e = PAL_OK;

	j.worker.worker.fd = j.m[0].root_fd = j.m[1].root_fd = -1;
	e = compare(&j, model, base);
	pal_ask_stop(&j.worker);
	pal_file_close(&j.m[0].root_fd);
	pal_file_close(&j.m[1].root_fd);
	PAL_TRY(e);
	*ret = c;
	return pal_arena_err(a);
}
