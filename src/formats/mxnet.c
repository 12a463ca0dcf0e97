/*
 * mxnet.c - MXNet's parameters (.params): a list of arrays, then their names; to audit: take_array(), measure().
 *
 * As MXNet's NDArray::Save writes them: u64 0x112, u64 0, u64 count, the arrays, u64 count, the names. An array begins
 * with 0xF993fac8 to ..ca (versions 1 to 3); before that, with its rank. Sparse arrays have a shape of what is stored
 * and one more part (rows) or two (csr) of indices.
 */
#include "give.h"
#include "palisade/format.h"
#include "palisade/list.h"
#include "palisade/reader.h"

#define LIST_MAGIC  UINT64_C(0x112)
#define ARRAY_V1    0xf993fac8u
#define ARRAY_V2    0xf993fac9u
#define ARRAY_V3    0xf993facau
#define RANK_MOST   32u
#define ARRAYS_MOST 1000000u
#define NAME_MOST   4096u
#define AUX_MOST    2u
#define ARRAY_LEAST 4u /* bytes: an array that was never set is its rank, 0 */

struct shape {
	uint64_t dims[RANK_MOST];
	uint32_t rank;
	bool     unknown; /* nothing is stored */
};

/* What is kept of an array until its name is known. */
struct array {
	uint64_t  at, len; /* of the numbers */
	uint64_t *dims;
	uint32_t  rank, type;
};

struct mxnet {
	struct pal_input *in, *side; /* side: what the reader reads; in: for bytes that are given */
	struct pal_sink  *sink;
	struct pal_reader r;
	struct pal_arena  arena;
	struct pal_list   arrays; /* of struct array */
	bool              stop;
};

/* mshadow/base.h, TypeFlag */
static const struct {
	const char    *name;
	enum pal_dtype type;
} types[] = {
	{ "float32", PAL_DTYPE_F32 },   { "float64", PAL_DTYPE_F64 }, { "float16", PAL_DTYPE_F16 },
	{ "uint8", PAL_DTYPE_U8 },      { "int32", PAL_DTYPE_I32 },   { "int8", PAL_DTYPE_I8 },
	{ "int64", PAL_DTYPE_I64 },     { "bool", PAL_DTYPE_BOOL },   { "int16", PAL_DTYPE_I16 },
	{ "uint16", PAL_DTYPE_U16 },    { "uint32", PAL_DTYPE_U32 },  { "uint64", PAL_DTYPE_U64 },
	{ "bfloat16", PAL_DTYPE_BF16 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static enum pal_err
give_up(struct mxnet *m, uint64_t at, const char *what)
{
	enum pal_err err = pal_reader_err(&m->r);

	if (err != PAL_OK && err != PAL_ETRUNC && err != PAL_ELIMIT)
		return err;
	m->stop = true;
	at = at < m->in->size ? at : m->in->size;
	PAL_TRY(pal_sink_unread(m->sink, &pal_anomaly_mxnet_params, at, m->in->size - at, "array %zu, at %llu: %s",
				m->arrays.count, (unsigned long long)at, what));
	return pal_give_bytes(m->sink, m->in, at, m->in->size - at);
}

/* Dimensions of `width` bytes; what was written before it had a shape has a rank of -1, or, before version 3, of 0. */
static bool
read_shape(struct mxnet *m, uint32_t rank, unsigned int width, struct shape *ret_shape)
{
	struct shape s = { .rank = rank, .unknown = rank == UINT32_MAX };

	if (s.unknown)
		s.rank = 0;
	if (s.rank > RANK_MOST)
		return false;
	for (uint32_t i = 0; i < s.rank; i++) {
		s.dims[i] = width == 4 ? pal_read_u32le(&m->r) : pal_read_u64le(&m->r);
		s.unknown = s.unknown || s.dims[i] == UINT64_MAX;
	}
	*ret_shape = s;
	return pal_reader_err(&m->r) == PAL_OK;
}

/* Bytes of the numbers; false when no file can hold them. */
static bool
measure(const struct shape *s, uint32_t type, uint64_t *ret_len)
{
	uint64_t n = type < TYPES ? pal_dtype_bits(types[type].type) / 8 : 0;

	for (uint32_t i = 0; i < s->rank; i++)
		if (s->dims[i] > INT64_MAX || __builtin_mul_overflow(n, s->dims[i], &n))
			return false;
	*ret_len = n;
	return type < TYPES;
}

static enum pal_err
keep(struct mxnet *m, const struct shape *s, uint32_t type, uint64_t at, uint64_t len)
{
	struct array *a = pal_list_add(&m->arrays);

	PAL_TRY(pal_arena_err(&m->arena));
	*a = (struct array){ .at = at, .len = len, .rank = s->rank, .type = type };
	a->dims = pal_arena_array(&m->arena, s->rank + 1, sizeof(*a->dims));
	PAL_TRY(pal_arena_err(&m->arena));
	for (uint32_t i = 0; i < s->rank; i++)
		a->dims[i] = s->dims[i];
	return PAL_OK;
}

struct head {
	struct shape shape, stored, aux_shapes[AUX_MOST];
	uint32_t     type, aux_types[AUX_MOST], aux;
};

/* The device and the type of the numbers; of a sparse array, the same of its indices. NULL, or what is wrong. */
static const char *
read_types(struct mxnet *m, struct head *h)
{
	pal_read_skip(&m->r, 8); /* the device that it was on: no reader but asks for it again */
	h->type = pal_read_u32le(&m->r);
	for (uint32_t i = 0; i < h->aux; i++) {
		h->aux_types[i] = pal_read_u32le(&m->r);
		if (!read_shape(m, pal_read_u32le(&m->r), 8, &h->aux_shapes[i]))
			return "indices of more than 32 dimensions, or the file ends";
	}
	if (h->aux > 0 && h->stored.rank > 0 &&
	    h->stored.dims[0] == 0) /* written before it was known: the indices tell */
		h->stored.dims[0] = h->aux_shapes[h->aux - 1].rank == 0 ? 0 : h->aux_shapes[h->aux - 1].dims[0];
	return pal_reader_err(&m->r) == PAL_OK ? NULL : "the file ends";
}

/* Up to the numbers. NULL, or what is wrong. */
static const char *
read_head(struct mxnet *m, struct head *h)
{
	uint32_t magic = pal_read_u32le(&m->r), kind = 0;
	bool     listed = magic == ARRAY_V2 || magic == ARRAY_V3;

	if (listed) {
		kind = pal_read_u32le(&m->r);
		if (kind > AUX_MOST && kind != UINT32_MAX)
			return "a kind of storage that there is not";
		h->aux = kind == UINT32_MAX ? 0 : kind;
		if (h->aux > 0 && !read_shape(m, pal_read_u32le(&m->r), 8, &h->stored))
			return "more than 32 dimensions, or the file ends";
	}
	if (!read_shape(m, listed || magic == ARRAY_V1 ? pal_read_u32le(&m->r) : magic,
			listed || magic == ARRAY_V1 ? 8 : 4, &h->shape))
		return "no mark of an array, more than 32 dimensions, or the file ends";
	h->shape.unknown = h->shape.unknown || (magic != ARRAY_V3 && h->shape.rank == 0);
	if (h->aux == 0)
		h->stored = h->shape;
	return h->shape.unknown ? NULL : read_types(m, h);
}

static enum pal_err
take_numbers(struct mxnet *m, const struct shape *s, uint32_t type, bool own)
{
	uint64_t at = m->r.offset, len = 0;

	if (!measure(s, type, &len))
		return give_up(m, at, "a type that there is not, or dimensions whose product overflows");
	if (len > pal_reader_left(&m->r))
		return give_up(m, at, "more numbers than the file has bytes");
	pal_read_skip(&m->r, len);
	return own ? keep(m, s, type, at, len) : PAL_OK;
}

static enum pal_err
take_array(struct mxnet *m)
{
	struct head h = { .type = 0 };
	uint64_t    at = m->r.offset;
	const char *bad = read_head(m, &h);

	if (bad != NULL)
		return give_up(m, at, bad);
	if (h.shape.unknown)
		return keep(m, &h.shape, 0, m->r.offset, 0);
	PAL_TRY(take_numbers(m, &h.stored, h.type, true));
	for (uint32_t i = 0; i < h.aux && !m->stop; i++)
		PAL_TRY(take_numbers(m, &h.aux_shapes[i], h.aux_types[i], false));
	return PAL_OK;
}

static enum pal_err
give_array(struct mxnet *m, size_t i, struct pal_view name)
{
	const struct array *a = pal_list_at(&m->arrays, i);
	struct pal_content  c = { .kind = PAL_CONTENT_TENSOR, .name = name };

	c.place = (struct pal_place){ .offset = a->at, .length = a->len };
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(types[a->type].name),
					.type = types[a->type].type,
					.shape = a->dims,
					.rank = a->rank };
	return pal_sink_take(m->sink, &c);
}

/* The names in the order of the arrays; a list may have none at all. */
static enum pal_err
take_names(struct mxnet *m)
{
	uint64_t at = m->r.offset, count = pal_read_u64le(&m->r), given = 0;
	bool     whole = pal_reader_err(&m->r) == PAL_OK && (count == 0 || count == m->arrays.count);

	for (; whole && given < count; given++) {
		uint64_t        len = pal_read_u64le(&m->r);
		struct pal_view name = { 0 };

		if (pal_reader_err(&m->r) != PAL_OK || len > NAME_MOST || len > pal_reader_left(&m->r))
			break;
		name = pal_arena_copy(&m->arena, pal_read_view(&m->r, len));
		PAL_TRY(pal_arena_err(&m->arena));
		PAL_TRY(give_array(m, (size_t)given, name));
	}
	for (size_t i = (size_t)given; i < m->arrays.count; i++)
		PAL_TRY(give_array(m, i, (struct pal_view){ 0 }));
	if (!whole || given < count)
		return give_up(m, at, "as many names as arrays were expected, or none, each of at most 4096 bytes");
	return PAL_OK;
}

static enum pal_err
read_list(struct mxnet *m)
{
	uint64_t count = 0, left = 0;
	size_t   n = 0;

	pal_read_skip(&m->r, 16);
	count = pal_read_u64le(&m->r);
	n = pal_read_count(&m->r, count, ARRAY_LEAST, ARRAYS_MOST);
	if (pal_reader_err(&m->r) != PAL_OK)
		return give_up(m, 16, "more arrays than fit into the file, or than 1000000");
	for (size_t i = 0; i < n && !m->stop; i++)
		PAL_TRY(take_array(m));
	for (size_t i = 0; m->stop && i < m->arrays.count; i++)
		PAL_TRY(give_array(m, i, (struct pal_view){ 0 }));
	if (!m->stop)
		PAL_TRY(take_names(m));
	left = pal_reader_left(&m->r);
	if (m->stop || left == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_mxnet_trailing, m->r.offset, "%llu bytes after the names",
				 (unsigned long long)left));
	return pal_give_stray(m->sink, m->in, m->r.offset, left, pal_view_of("(after the names)"));
}

static unsigned int
mxnet_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_reader r = pal_reader_of(head);

	(void)size;
	(void)name;
	return pal_read_u64le(&r) == LIST_MAGIC && pal_read_u64le(&r) == 0 && pal_reader_err(&r) == PAL_OK ? 94 : 0;
}

static enum pal_err
mxnet_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input side = { .fd = -1 };
	struct mxnet     m = { .in = in, .side = &side, .sink = sink };
	enum pal_err     err = PAL_OK;

	(void)d;
	PAL_TRY(pal_input_part(in, 0, in->size, &side));
	m.r = pal_reader_at(&side, 0, side.size);
	pal_arena_init(&m.arena, (size_t)256 << 20);
	m.arrays = pal_list_of(&m.arena, sizeof(struct array));
	err = read_list(&m);
	pal_arena_done(&m.arena);
	pal_input_done(&side);
	return err;
}

const struct pal_format pal_format_mxnet = {
	.name = "mxnet",
	.summary = "MXNet parameters (.params)",
	.covers = "Lists of arrays of every version (before 1.0, 1, 2, 3), dense and sparse: each with name, type, "
		  "shape and place, held against the file; the numbers go to the weight tests. Of sparse arrays the "
		  "indices are measured and not judged. What follows the names is reported and examined.",
	.probe = mxnet_probe,
	.parse = mxnet_parse,
};
