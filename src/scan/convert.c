/* convert.c - the parent: asks a worker for the plan, decides what of it may be written, writes the new file whole. */
#include "palisade/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "convert_parts.h"
#include "palisade/file.h"
#include "palisade/json.h"
#include "palisade/map.h"

#define PLAN_MOST   ((size_t)256 << 20)
#define HEADER_MOST ((size_t)100000000) /* safetensors' own limit */
#define GROWTH      4u                  /* times the file, and then */
#define GROWTH_MORE ((uint64_t)256 << 20)
#define TEMP_ENDING ".palisade-new"

struct job {
	const struct pal_convert_options *o;
	const char                       *to;
	struct pal_arena                 *a;
	struct pal_converted              r;
	int                               in;
	struct pal_diag                  *d;
};

static int
shown(struct pal_view v)
{
	return (int)(v.len < 80 ? v.len : 80);
}

static enum pal_err
ask_for_plan(struct job *j)
{
	PAL_AUTO_ASKED         worker = { .worker.fd = -1 };
	PAL_AUTO_BUF           bytes = pal_buf_of(PLAN_MOST);
	struct pal_frame       f = { 0 };
	struct pal_serve_words words = { .first = pal_view_of(j->o->drop ? "drop" : ""), .number = j->r.input_bytes };

	PAL_TRY(pal_ask_start(&worker, "the worker that reads the file", j->d));
	PAL_TRY(pal_ask(&worker, PAL_SERVE_CONVERT, &words, j->in, &f, j->d));
	while (f.type == PAL_SERVE_PLAN && f.payload.len > 0 && pal_buf_err(&bytes) == PAL_OK) {
		pal_buf_add(&bytes, f.payload);
		PAL_TRY(pal_ask_more(&worker, &f, j->d));
	}
	if (f.type != PAL_SERVE_PLAN || pal_buf_err(&bytes) != PAL_OK ||
	    pal_convert_decode(pal_buf_view(&bytes), j->r.input_bytes, j->a, &j->r.plan) != PAL_OK)
		return pal_fail(j->d, PAL_ESYS, 0, "the worker that reads the file says what no reader says");
	return PAL_OK;
}

/* ---- what may be written ---- */

static uint64_t
bytes_of(const struct pal_plan_tensor *t)
{
	return pal_convert_count(t) * (pal_dtype_bits(t->type) / 8);
}

static enum pal_err
check_names(struct job *j)
{
	struct pal_map seen = pal_map_of(j->a);
	uint64_t       sum = 0;

	for (size_t i = 0; i < j->r.plan.tensors.count; i++) {
		const struct pal_plan_tensor *t = pal_list_at(&j->r.plan.tensors, i);
		void                        **slot = pal_map_put(&seen, t->name);

		if (slot == NULL)
			return pal_fail(j->d, PAL_ENOMEM, 0, "no memory for %zu names", j->r.plan.tensors.count);
		if (*slot != NULL)
			return pal_fail(j->d, PAL_EDENIED, 0, "two tensors would be called \"%.*s\"", shown(t->name),
					t->name.data);
		*slot = j;
		if (pal_convert_dtype(t->type) == NULL)
			return pal_fail(j->d, PAL_EDENIED, 0,
					"the tensor \"%.*s\" is refused: safetensors has no type for %s",
					shown(t->name), t->name.data, pal_dtype_name(t->type));
		if (__builtin_add_overflow(sum, bytes_of(t), &sum))
			return pal_fail(j->d, PAL_EDENIED, 0, "the tensors would have more bytes than can be counted");
	}
	if (sum > j->r.input_bytes * GROWTH + GROWTH_MORE)
		return pal_fail(j->d, PAL_EDENIED, 0,
				"the tensors would have %llu bytes, the file has %llu: views that repeat their numbers",
				(unsigned long long)sum, (unsigned long long)j->r.input_bytes);
	return PAL_OK;
}

static int
by_place(const void *a, const void *b)
{
	const struct pal_plan_tensor *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return pal_view_cmp(x->name, y->name);
}

/* As the safetensors library orders them: wide types first, so that each is aligned, then by name. */
static int
by_width(const void *a, const void *b)
{
	const struct pal_plan_tensor *x = a, *y = b;
	unsigned int                  wx = pal_dtype_bits(x->type), wy = pal_dtype_bits(y->type);

	if (wx != wy)
		return wx > wy ? -1 : 1;
	return pal_view_cmp(x->name, y->name);
}

static enum pal_err
find_shared(struct job *j)
{
	uint64_t end = 0;

	j->r.shared = pal_list_of(j->a, sizeof(struct pal_view));
	pal_list_sort(&j->r.plan.tensors, by_place);
	for (size_t i = 0; i < j->r.plan.tensors.count; i++) {
		const struct pal_plan_tensor *t = pal_list_at(&j->r.plan.tensors, i);
		uint64_t                      span = pal_convert_span(t);
		struct pal_view              *to = NULL;

		if (span == 0)
			continue;
		if (t->at < end) {
			if (j->o->refuse_shared)
				return pal_fail(
				    j->d, PAL_EDENIED, 0,
				    "\"%.*s\" shares its bytes with another tensor; safetensors cannot say that",
				    shown(t->name), t->name.data);
			to = pal_list_add(&j->r.shared);
			if (to == NULL)
				return pal_arena_err(j->a);
			*to = t->name;
		}
		end = t->at + span > end ? t->at + span : end;
	}
	pal_list_sort(&j->r.plan.tensors, by_width);
	return PAL_OK;
}

/* ---- the header ---- */

static void
add_metadata(struct job *j, struct pal_buf *b)
{
	pal_buf_add_text(b, "\"__metadata__\":{\"format\":\"pt\"");
	for (size_t i = 0; i < j->r.plan.left.count; i++) {
		const struct pal_plan_left *l = pal_list_at(&j->r.plan.left, i);
		PAL_AUTO_BUF                key = pal_buf_of(8192);

		pal_buf_add_text(&key, "dropped.");
		pal_buf_add(&key, l->name);
		pal_buf_add_byte(b, ',');
		pal_json_add_string(b, pal_buf_view(&key));
		pal_buf_add_byte(b, ':');
		pal_json_add_string(b, l->value);
	}
	pal_buf_add_byte(b, '}');
}

static enum pal_err
make_header(struct job *j, struct pal_buf *b)
{
	uint64_t at = 0;

	pal_buf_add_byte(b, '{');
	add_metadata(j, b);
	for (size_t i = 0; i < j->r.plan.tensors.count; i++) {
		const struct pal_plan_tensor *t = pal_list_at(&j->r.plan.tensors, i);

		pal_buf_add_byte(b, ',');
		pal_json_add_string(b, t->name);
		pal_buf_printf(b, ":{\"dtype\":\"%s\",\"shape\":[", pal_convert_dtype(t->type));
		for (size_t k = 0; k < t->rank; k++)
			pal_buf_printf(b, "%s%llu", k == 0 ? "" : ",", (unsigned long long)t->shape[k]);
		pal_buf_printf(b, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
			       (unsigned long long)(at + bytes_of(t)));
		at += bytes_of(t);
	}
	pal_buf_add_byte(b, '}');
	while (b->len % 8 != 0)
		pal_buf_add_byte(b, ' ');
	if (pal_buf_err(b) != PAL_OK)
		return pal_fail(j->d, PAL_EDENIED, 0, "the header would have more than the %zu bytes that readers take",
				HEADER_MOST);
	j->r.output_bytes = 8 + b->len + at;
	return PAL_OK;
}

/* ---- the file ---- */

static enum pal_err
fill(struct job *j, int fd, const char *temp)
{
	PAL_AUTO_HASHER         hasher = pal_hasher_of(PAL_SHA256);
	PAL_AUTO_BUF            header = pal_buf_of(HEADER_MOST);
	PAL_AUTO_BUF            length = pal_buf_of(0);
	struct pal_convert_copy c = { j->in, fd, temp, &hasher, j->o->progress };

	PAL_TRY(make_header(j, &header));
	pal_buf_add_u64le(&length, header.len);
	PAL_TRY(pal_buf_err(&length));
	PAL_TRY(pal_convert_put(&c, pal_buf_view(&length), j->d));
	PAL_TRY(pal_convert_put(&c, pal_buf_view(&header), j->d));
	for (size_t i = 0; i < j->r.plan.tensors.count; i++)
		PAL_TRY(pal_convert_tensor(&c, pal_list_at(&j->r.plan.tensors, i), j->d));
	if (fsync(fd) != 0)
		return pal_fail(j->d, PAL_ESYS, 0, "cannot flush %s: %s", temp, strerror(errno));
	return pal_hasher_end(&hasher, &j->r.digest);
}

static enum pal_err
check_unchanged(const struct job *j, const struct pal_file_id *id)
{
	struct stat        st;
	struct pal_file_id now = { 0 };

	if (fstat(j->in, &st) == 0)
		now = pal_file_id_of(&st);
	return pal_file_id_eq(id, &now) ? PAL_OK
					: pal_fail(j->d, PAL_EVERIFY, 0, "the file changed while it was converted");
}

static enum pal_err
put_in_place(struct job *j, const char *temp)
{
	char *folder = pal_arena_text(j->a, pal_view_of(j->to));

	if (folder == NULL)
		return pal_arena_err(j->a);
	if (j->o->replace ? rename(temp, j->to) != 0 : link(temp, j->to) != 0)
		return pal_fail(j->d, errno == EEXIST ? PAL_EEXIST : PAL_ESYS, 0, "cannot make %s: %s", j->to,
				strerror(errno));
	if (!j->o->replace)
		(void)unlink(temp);
	return pal_file_sync_dir(dirname(folder), j->d);
}

static enum pal_err
write_file(struct job *j, const struct pal_file_id *id)
{
	const char  *temp = pal_arena_printf(j->a, "%s.%ld" TEMP_ENDING, j->to, (long)getpid());
	PAL_AUTO_FD  fd = -1;
	enum pal_err err = PAL_OK;

	if (temp == NULL)
		return pal_arena_err(j->a);
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return pal_fail(j->d, PAL_ESYS, 0, "cannot make %s: %s", temp, strerror(errno));
	err = fill(j, fd, temp);
	if (err == PAL_OK)
		err = check_unchanged(j, id);
	if (err == PAL_OK)
		err = put_in_place(j, temp);
	if (err != PAL_OK)
		(void)unlink(temp);
	return err;
}

enum pal_err
pal_convert(const char *from, const char *to, const struct pal_convert_options *o, struct pal_arena *a,
	    struct pal_converted *ret, struct pal_diag *d)
{
	struct pal_file_id id = { 0 };
	PAL_AUTO_FD        fd = -1;
	struct job         j = { .o = o, .to = to, .a = a, .d = d };

	PAL_TRY(pal_file_open(from, &fd, &id, d));
	if (!o->replace && pal_file_exists(to))
		return pal_fail(d, PAL_EEXIST, 0, "%s is already there", to);
	j.in = fd;
	j.r.input_bytes = id.size;
	PAL_TRY(ask_for_plan(&j));
	PAL_TRY(check_names(&j));
	PAL_TRY(find_shared(&j));
	if (o->progress != NULL)
		o->progress->total = id.size;
	PAL_TRY(write_file(&j, &id));
	*ret = j.r;
	return pal_arena_err(a);
}
