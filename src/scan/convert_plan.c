/* convert_plan.c - a plan as bytes, and what the parent believes of it. To audit: vet(). */
#include "convert_parts.h"
#include "palisade/buf.h"
#include "palisade/reader.h"
#include "palisade/serve.h"
#include "palisade/utf8.h"

#define PLAN_MEMORY ((size_t)512 << 20)
#define LEFT_MOST   ((size_t)1 << 20)
#define VALUE_MOST  ((size_t)4096)

const char *
pal_convert_dtype(enum pal_dtype t)
{
	static const char *const names[] = {
		[PAL_DTYPE_BOOL] = "BOOL",       [PAL_DTYPE_U8] = "U8",           [PAL_DTYPE_I8] = "I8",
		[PAL_DTYPE_U16] = "U16",         [PAL_DTYPE_I16] = "I16",         [PAL_DTYPE_U32] = "U32",
		[PAL_DTYPE_I32] = "I32",         [PAL_DTYPE_U64] = "U64",         [PAL_DTYPE_I64] = "I64",
		[PAL_DTYPE_F8_E4M3] = "F8_E4M3", [PAL_DTYPE_F8_E5M2] = "F8_E5M2", [PAL_DTYPE_F16] = "F16",
		[PAL_DTYPE_BF16] = "BF16",       [PAL_DTYPE_F32] = "F32",         [PAL_DTYPE_F64] = "F64",
		[PAL_DTYPE_C64] = "C64",
	};

	return (size_t)t < sizeof(names) / sizeof(names[0]) ? names[t] : NULL;
}

uint64_t
pal_convert_count(const struct pal_plan_tensor *t)
{
	uint64_t count = 1;

	for (size_t i = 0; i < t->rank; i++)
		count *= t->shape[i];
	return count;
}

uint64_t
pal_convert_span(const struct pal_plan_tensor *t)
{
	uint64_t last = 0;

	if (pal_convert_count(t) == 0)
		return 0;
	for (size_t i = 0; i < t->rank; i++)
		last += (t->shape[i] - 1) * t->stride[i];
	return (last + 1) * (pal_dtype_bits(t->type) / 8);
}

bool
pal_convert_dense(const struct pal_plan_tensor *t)
{
	uint64_t next = 1;

	for (size_t i = t->rank; i > 0; i--) {
		if (t->shape[i - 1] != 1 && t->stride[i - 1] != next)
			return pal_convert_count(t) == 0;
		next *= t->shape[i - 1];
	}
	return true;
}

static void
add_view(struct pal_buf *out, struct pal_view v)
{
	pal_buf_add_u32le(out, (uint32_t)v.len);
	pal_buf_add(out, v);
}

void
pal_convert_encode(const struct pal_plan *p, struct pal_buf *out)
{
	add_view(out, pal_view_of(p->layout));
	pal_buf_add_u32le(out, (uint32_t)p->tensors.count);
	for (size_t i = 0; i < p->tensors.count; i++) {
		const struct pal_plan_tensor *t = pal_list_at(&p->tensors, i);

		add_view(out, t->name);
		pal_buf_add_byte(out, (uint8_t)t->type);
		pal_buf_add_byte(out, t->big_endian);
		pal_buf_add_byte(out, (uint8_t)t->rank);
		for (size_t k = 0; k < t->rank; k++) {
			pal_buf_add_u64le(out, t->shape[k]);
			pal_buf_add_u64le(out, t->stride[k]);
		}
		pal_buf_add_u64le(out, t->at);
	}
	pal_buf_add_u32le(out, (uint32_t)p->left.count);
	for (size_t i = 0; i < p->left.count; i++) {
		const struct pal_plan_left *l = pal_list_at(&p->left, i);

		add_view(out, l->name);
		add_view(out, l->value);
	}
}

/* Every number of a tensor is a worker's word: nothing may overflow, and no byte may lie outside the file. */
static bool
vet(const struct pal_plan_tensor *t, uint64_t size)
{
	uint64_t count = 1, last = 0, step = 0, bytes = 0;

	if (t->name.len == 0 || !pal_utf8_valid(t->name) || pal_view_is(t->name, "__metadata__") ||
	    pal_view_find_byte(t->name, 0, 0) != SIZE_MAX || pal_dtype_bits(t->type) == 0)
		return false;
	for (size_t i = 0; i < t->rank; i++)
		if (t->shape[i] > INT64_MAX || t->stride[i] > INT64_MAX)
			return false;
	for (size_t i = 0; i < t->rank; i++)
		if (t->shape[i] == 0)
			return true;
	for (size_t i = 0; i < t->rank; i++)
		if (__builtin_mul_overflow(count, t->shape[i], &count) ||
		    __builtin_mul_overflow(t->shape[i] - 1, t->stride[i], &step) ||
		    __builtin_add_overflow(last, step, &last))
			return false;
	if (count > INT64_MAX / 16 || last >= INT64_MAX / 16)
		return false;
	bytes = (last + 1) * (pal_dtype_bits(t->type) / 8);
	return t->at <= size && bytes <= size - t->at;
}

static bool
read_tensor(struct pal_reader *r, struct pal_arena *a, struct pal_plan_tensor *t)
{
	uint64_t *dims = NULL;
	uint8_t   type = 0;

	t->name = pal_arena_copy(a, pal_read_view(r, pal_read_count(r, pal_read_u32le(r), 1, PAL_PLAN_NAME)));
	type = pal_read_u8(r);
	t->big_endian = pal_read_u8(r) != 0;
	t->rank = pal_read_count(r, pal_read_u8(r), 16, PAL_PLAN_RANK);
	dims = t->rank == 0 ? NULL : pal_arena_array(a, 2 * t->rank, sizeof(*dims));
	if (pal_reader_err(r) != PAL_OK || type > PAL_DTYPE_BLOCKS || (t->rank > 0 && dims == NULL))
		return false;
	t->type = (enum pal_dtype)type;
	for (size_t i = 0; i < t->rank; i++) {
		dims[i] = pal_read_u64le(r);
		dims[t->rank + i] = pal_read_u64le(r);
	}
	t->shape = dims;
	t->stride = dims == NULL ? NULL : dims + t->rank;
	t->at = pal_read_u64le(r);
	return pal_reader_err(r) == PAL_OK;
}

static struct pal_view
read_text(struct pal_reader *r, struct pal_arena *a)
{
	struct pal_view v = pal_read_view(r, pal_read_count(r, pal_read_u32le(r), 1, VALUE_MOST));
	PAL_AUTO_BUF    clean = pal_buf_of(4 * VALUE_MOST);

	pal_utf8_clean(v, VALUE_MOST, &clean);
	return pal_arena_copy(a, pal_buf_view(&clean));
}

enum pal_err
pal_convert_decode(struct pal_view bytes, uint64_t size, struct pal_arena *a, struct pal_plan *ret_plan)
{
	struct pal_reader r = pal_reader_of(bytes);
	struct pal_plan   p = { .layout = pal_arena_text(a, read_text(&r, a)) };
	size_t            n = pal_read_count(&r, pal_read_u32le(&r), 16, PAL_PLAN_TENSORS);

	p.tensors = pal_list_of(a, sizeof(struct pal_plan_tensor));
	p.left = pal_list_of(a, sizeof(struct pal_plan_left));
	for (size_t i = 0; i < n; i++) {
		struct pal_plan_tensor *t = pal_list_add(&p.tensors);

		if (t == NULL || !read_tensor(&r, a, t) || !vet(t, size))
			return PAL_EFORM;
	}
	n = pal_read_count(&r, pal_read_u32le(&r), 8, LEFT_MOST);
	for (size_t i = 0; i < n; i++) {
		struct pal_plan_left *l = pal_list_add(&p.left);

		if (l == NULL)
			return PAL_EFORM;
		l->name = read_text(&r, a);
		l->value = read_text(&r, a);
	}
	if (!pal_reader_done(&r) || p.layout == NULL)
		return PAL_EFORM;
	PAL_TRY(pal_arena_err(a));
	*ret_plan = p;
	return PAL_OK;
}

enum pal_err
pal_convert_serve(int fd, const struct pal_serve_words *words, struct pal_buf *out, struct pal_diag *d)
{
	PAL_AUTO_ARENA   a;
	struct pal_input in = pal_input_of_fd(fd, words->number);
	struct pal_plan  plan = { 0 };
	enum pal_err     err = PAL_OK;

	pal_arena_init(&a, PLAN_MEMORY);
	err = pal_torch_plan(&in, pal_view_is(words->first, "drop"), &a, &plan, d);
	pal_input_done(&in);
	PAL_TRY(err);
	pal_convert_encode(&plan, out);
	return pal_buf_err(out);
}
