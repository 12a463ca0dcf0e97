/* tf_tensor.c - TensorProto (tensor.proto): strings as metadata, numbers as a place in the file, sizes against shapes.
 */
#include "tf.h"

#include "give.h"

#define RANK_MOST   254u                /* TensorShape's own limit */
#define SPLAT_MOST  ((uint64_t)1 << 30) /* items that a constant of few bytes may stand for */
#define STRING_MOST PAL_TEXT_PIECE      /* longer ones are files of their own, or bytes */
#define KEPT_MOST   ((size_t)1024)      /* of a constant that may be a path */

struct tensor {
	uint64_t            dtype;
	uint64_t            dims[RANK_MOST], items;
	size_t              rank;
	const char         *wrong;
	struct pal_pb_field content; /* .len 0: none */
	uint64_t            given;   /* bytes of values that do not stand in the content */
	struct pal_buf      kept;
};

static const struct {
	const char    *name;
	enum pal_dtype type;
	unsigned int   bits;
} types[] = {
	{ "DT_INVALID", PAL_DTYPE_OTHER, 0 },
	{ "DT_FLOAT", PAL_DTYPE_F32, 32 },
	{ "DT_DOUBLE", PAL_DTYPE_F64, 64 },
	{ "DT_INT32", PAL_DTYPE_I32, 32 },
	{ "DT_UINT8", PAL_DTYPE_U8, 8 },
	{ "DT_INT16", PAL_DTYPE_I16, 16 },
	{ "DT_INT8", PAL_DTYPE_I8, 8 },
	{ "DT_STRING", PAL_DTYPE_OTHER, 0 },
	{ "DT_COMPLEX64", PAL_DTYPE_C64, 64 },
	{ "DT_INT64", PAL_DTYPE_I64, 64 },
	{ "DT_BOOL", PAL_DTYPE_BOOL, 8 },
	{ "DT_QINT8", PAL_DTYPE_I8, 8 },
	{ "DT_QUINT8", PAL_DTYPE_U8, 8 },
	{ "DT_QINT32", PAL_DTYPE_I32, 32 },
	{ "DT_BFLOAT16", PAL_DTYPE_BF16, 16 },
	{ "DT_QINT16", PAL_DTYPE_I16, 16 },
	{ "DT_QUINT16", PAL_DTYPE_U16, 16 },
	{ "DT_UINT16", PAL_DTYPE_U16, 16 },
	{ "DT_COMPLEX128", PAL_DTYPE_C128, 128 },
	{ "DT_HALF", PAL_DTYPE_F16, 16 },
	{ "DT_RESOURCE", PAL_DTYPE_OTHER, 0 },
	{ "DT_VARIANT", PAL_DTYPE_OTHER, 0 },
	{ "DT_UINT32", PAL_DTYPE_U32, 32 },
	{ "DT_UINT64", PAL_DTYPE_U64, 64 },
	{ "DT_FLOAT8_E5M2", PAL_DTYPE_F8_E5M2, 8 },
	{ "DT_FLOAT8_E4M3FN", PAL_DTYPE_F8_E4M3, 8 },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

const char *
pal_tf_dtype(uint64_t code, enum pal_dtype *ret_type, unsigned int *ret_bits)
{
	code = code < TYPES ? code : 0;
	*ret_type = types[code].type;
	*ret_bits = types[code].bits;
	return types[code].name;
}

bool
pal_tf_shape(struct pal_pb shape, uint64_t *dims, size_t most, size_t *ret_rank, uint64_t *ret_items)
{
	struct pal_pb_field f = { 0 };
	size_t              rank = 0;
	bool                good = true;

	*ret_items = 1;
	while (pal_pb_next(&shape, &f)) {
		struct pal_pb dim = pal_pb_sub(&shape, &f);
		uint64_t      size = 0;

		if (f.number != 2)
			continue;
		while (pal_pb_next(&dim, &f))
			size = f.number == 1 && f.wire == PAL_PB_VARINT ? f.value : size;
		if (rank == most || size > INT64_MAX || __builtin_mul_overflow(*ret_items, size, ret_items)) {
			good = false;
			continue;
		}
		dims[rank++] = size;
	}
	*ret_rank = rank;
	return good;
}

static enum pal_err
flush(struct pal_tf *t, struct pal_view name, uint64_t at)
{
	enum pal_err e = pal_give_metas(t->sink, name, pal_buf_view(&t->texts), at);

	pal_buf_clear(&t->texts);
	return e;
}

static bool
is_text(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((v.data[i] < 0x20 && !pal_is_space(v.data[i])) || v.data[i] == 0x7f)
			return false;
	return true;
}

/* Strings come together in pieces, one a line; what is no text comes as it is. */
static enum pal_err
take_string(struct pal_tf *t, struct tensor *s, const struct pal_pb_field *f, struct pal_view name)
{
	struct pal_view v = { 0 };

	if (f->len > STRING_MOST)
		return pal_give_stray(t->sink, t->in, f->at, f->len, name);
	PAL_TRY(pal_input_view(t->in, f->at, (size_t)f->len, (size_t)f->len, &v));
	if (!is_text(v))
		return pal_give_stray(t->sink, t->in, f->at, f->len, name);
	if (s->kept.len < KEPT_MOST) {
		if (s->kept.len > 0)
			pal_buf_add_byte(&s->kept, '\n');
		pal_buf_add(&s->kept, pal_view_sub(v, 0, KEPT_MOST));
	}
	pal_buf_add(&t->texts, v);
	pal_buf_add_byte(&t->texts, '\n');
	return t->texts.len < PAL_TEXT_PIECE ? PAL_OK : flush(t, name, f->at);
}

/* What may be a path for an operation of the same scope. */
static enum pal_err
keep(struct pal_tf *t, const struct tensor *s, struct pal_view name)
{
	void **place = NULL;

	if (t->scope == NULL || s->kept.len == 0 || pal_arena_err(&t->scope->arena) != PAL_OK)
		return PAL_OK;
	place = pal_map_put(&t->scope->constants, name);
	if (place != NULL)
		*place = pal_arena_text(&t->scope->arena, pal_buf_view(&s->kept));
	return PAL_OK;
}

static enum pal_err
give(struct pal_tf *t, struct tensor *s, struct pal_view name, uint64_t at)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = name, .place.offset = at };
	unsigned int       bits = 0;
	uint64_t           need = 0;
	bool               wraps = false;

	c.tensor.dtype = pal_view_of(pal_tf_dtype(s->dtype % 100, &c.tensor.type, &bits));
	c.tensor.shape = s->dims;
	c.tensor.rank = s->rank;
	wraps = __builtin_mul_overflow(s->items, (uint64_t)bits / 8, &need);
	if (s->wrong == NULL && s->content.len > 0 && bits > 0 && (wraps || need != s->content.len))
		s->wrong = "bytes that are not as many as its shape and type need";
	if (s->wrong == NULL && s->content.len == 0 && s->items > SPLAT_MOST)
		s->wrong = "a shape of more than 2^30 items, which a few bytes stand for";
	if (s->wrong != NULL)
		return pal_sink_anomaly(t->sink, &pal_anomaly_tensorflow_tensor, at, "constant \"%.*s\" has %s",
					(int)(name.len < 80 ? name.len : 80), (const char *)name.data, s->wrong);
	if (s->content.len == 0 && s->given == 0)
		return PAL_OK;
	if (s->content.len > 0)
		c.place = (struct pal_place){ .offset = s->content.at, .length = s->content.len };
	if (s->content.len > 0 && (c.tensor.type == PAL_DTYPE_OTHER || c.tensor.type == PAL_DTYPE_U8))
		PAL_TRY(pal_give_stray(t->sink, t->in, s->content.at, s->content.len, name));
	return pal_sink_take(t->sink, &c);
}

enum pal_err
pal_tf_tensor(struct pal_tf *t, struct pal_pb tensor, struct pal_view name)
{
	struct tensor       s = { .items = 1, .kept = pal_buf_of(2 * KEPT_MOST + 16) };
	struct pal_pb_field f = { 0 };
	uint64_t            at = tensor.at;
	enum pal_err        err = PAL_OK;

	while (err == PAL_OK && pal_pb_next(&tensor, &f)) {
		if (f.number == 1 && f.wire == PAL_PB_VARINT)
			s.dtype = f.value;
		else if (f.number == 2 && !pal_tf_shape(pal_pb_sub(&tensor, &f), s.dims, RANK_MOST, &s.rank, &s.items))
			s.wrong = "a dimension below zero, a product that overflows, or more than 254 dimensions";
		else if (f.number == 4 && f.wire == PAL_PB_BYTES)
			s.content = f;
		else if (f.number == 8 && f.wire == PAL_PB_BYTES)
			err = take_string(t, &s, &f, name);
		else if (f.number >= 5)
			s.given += f.wire == PAL_PB_BYTES ? f.len : 1;
	}
	if (err == PAL_OK)
		err = pal_tf_end(t, &tensor, at, "TensorProto");
	if (err == PAL_OK)
		err = flush(t, name, at);
	if (err == PAL_OK)
		err = keep(t, &s, name);
	if (err == PAL_OK && s.dtype != 0)
		err = give(t, &s, name, at);
	pal_buf_done(&s.kept);
	return err;
}
