/* torch_type.c - torch's names of numbers, and what a tensor's offset, size and stride come to in bytes. To audit:
 * reach(). */
#include "torch.h"

static const struct pal_torch_type types[] = {
	{ "FloatStorage", "float32", PAL_DTYPE_F32, 4 },
	{ "HalfStorage", "float16", PAL_DTYPE_F16, 2 },
	{ "BFloat16Storage", "bfloat16", PAL_DTYPE_BF16, 2 },
	{ "DoubleStorage", "float64", PAL_DTYPE_F64, 8 },
	{ "LongStorage", "int64", PAL_DTYPE_I64, 8 },
	{ "IntStorage", "int32", PAL_DTYPE_I32, 4 },
	{ "ShortStorage", "int16", PAL_DTYPE_I16, 2 },
	{ "CharStorage", "int8", PAL_DTYPE_I8, 1 },
	{ "ByteStorage", "uint8", PAL_DTYPE_U8, 1 },
	{ "BoolStorage", "bool", PAL_DTYPE_BOOL, 1 },
	{ "ComplexFloatStorage", "complex64", PAL_DTYPE_C64, 8 },
	{ "ComplexDoubleStorage", "complex128", PAL_DTYPE_C128, 16 },
	{ "QInt8Storage", "qint8", PAL_DTYPE_I8, 1 },
	{ "QUInt8Storage", "quint8", PAL_DTYPE_U8, 1 },
	{ "QInt32Storage", "qint32", PAL_DTYPE_I32, 4 },
	{ "QUInt4x2Storage", "quint4x2", PAL_DTYPE_OTHER, 0 },
	{ "QUInt2x4Storage", "quint2x4", PAL_DTYPE_OTHER, 0 },
	{ "UntypedStorage", "untyped", PAL_DTYPE_OTHER, 1 },
	{ NULL, "uint16", PAL_DTYPE_U16, 2 },
	{ NULL, "uint32", PAL_DTYPE_U32, 4 },
	{ NULL, "uint64", PAL_DTYPE_U64, 8 },
	{ NULL, "float8_e4m3fn", PAL_DTYPE_F8_E4M3, 1 },
	{ NULL, "float8_e5m2", PAL_DTYPE_F8_E5M2, 1 },
	{ NULL, "float8_e4m3fnuz", PAL_DTYPE_OTHER, 1 },
	{ NULL, "float8_e5m2fnuz", PAL_DTYPE_OTHER, 1 },
	{ NULL, "float8_e8m0fnu", PAL_DTYPE_OTHER, 1 },
	{ NULL, "complex32", PAL_DTYPE_OTHER, 4 },
};

const struct pal_torch_type *
pal_torch_storage_type(struct pal_view name)
{
	if (pal_view_is(name, "_UntypedStorage"))
		name = pal_view_of("UntypedStorage");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].storage != NULL && pal_view_is(name, types[i].storage))
			return &types[i];
	return NULL;
}

const struct pal_torch_type *
pal_torch_dtype(struct pal_view name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (pal_view_is(name, types[i].dtype))
			return &types[i];
	return NULL;
}

/* The numbers of a tuple that are none below zero. */
static bool
read_numbers(struct pal_torch_value v, uint64_t *to, size_t *ret_count)
{
	size_t n = 0;

	if ((v.tag != PAL_T_TUPLE && v.tag != PAL_T_LIST) || pal_torch_count(v) > PAL_TORCH_RANK)
		return false;
	for (const struct pal_torch_chunk *c = v.is.object->first; c != NULL; c = c->next)
		for (size_t i = 0; i < c->count; i++) {
			if (c->items[i].tag != PAL_T_INT || c->items[i].is.n < 0)
				return false;
			to[n++] = (uint64_t)c->items[i].is.n;
		}
	*ret_count = n;
	return true;
}

/* How far behind its first element the last one lies, in elements; false when that overflows. */
static bool
reach(const struct pal_torch_measure *m, uint64_t *ret_far)
{
	uint64_t far = 0, step = 0;

	for (size_t i = 0; i < m->rank; i++)
		if (__builtin_mul_overflow(m->shape[i] - 1, m->stride[i], &step) ||
		    __builtin_add_overflow(far, step, &far))
			return false;
	*ret_far = far;
	return true;
}

static bool
is_dense(const struct pal_torch_measure *m)
{
	uint64_t next = 1;

	for (size_t i = m->rank; i > 0; i--) {
		if (m->shape[i - 1] != 1 && m->stride[i - 1] != next)
			return false;
		next *= m->shape[i - 1]; /* the product of all is known to fit */
	}
	return true;
}

static const char *
place(const struct pal_torch_tensor *t, struct pal_torch_measure *m)
{
	const struct pal_torch_slice *s = t->slice;
	uint64_t                      far = 0, end = 0, room = 0, from = 0, width = t->type->width;

	if (t->offset < 0 || s->from < 0 || s->numel < 0)
		return "its offset or its storage is below zero";
	if (s->storage->numel < s->from || s->storage->numel - s->from < s->numel)
		return "its storage is a part of another one, and reaches beyond that";
	if (m->count == 0)
		return NULL;
	if (!reach(m, &far) || __builtin_add_overflow(far, (uint64_t)t->offset, &end) || end >= INT64_MAX)
		return "its size and stride overflow";
	if (width == 0 || s->type->width == 0)
		return NULL;
	if (__builtin_mul_overflow((uint64_t)s->numel, s->type->width, &room) ||
	    __builtin_mul_overflow((uint64_t)s->from, s->type->width, &from))
		return "the bytes of its storage overflow";
	if (end >= room / width)
		return "it reaches beyond its storage";
	m->at = from + (uint64_t)t->offset * width;
	m->span = (far + 1) * width;
	return NULL;
}

const char *
pal_torch_measure(const struct pal_torch_tensor *t, struct pal_torch_measure *ret)
{
	struct pal_torch_measure m = { .count = 1 };
	size_t                   strides = 0;
	const char              *bad = NULL;

	if (!read_numbers(t->size, m.shape, &m.rank))
		return "its size is no list of at most 64 numbers from zero up";
	if (!read_numbers(t->stride, m.stride, &strides) || strides != m.rank)
		return "its stride is no list of as many numbers from zero up as its size has";
	for (size_t i = 0; i < m.rank; i++)
		m.count = m.shape[i] == 0 ? 0 : m.count;
	for (size_t i = 0; i < m.rank && m.count > 0; i++)
		if (__builtin_mul_overflow(m.count, m.shape[i], &m.count) || m.count > INT64_MAX / 16)
			return "the product of its size overflows";
	if (t->slice != NULL)
		bad = place(t, &m);
	if (bad != NULL)
		return bad;
	m.dense = m.count == 0 || is_dense(&m);
	*ret = m;
	return NULL;
}
