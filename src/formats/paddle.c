/* paddle.c - PaddlePaddle's programs (framework.proto, ProgramDesc) and combined parameters; to audit: take_param(). */
#include <string.h>

#include "palisade/format.h"
#include "palisade/reader.h"
#include "pb_walk.h"

#define TRACE_MOST 4096u /* bytes of a line of a traceback */
#define RANK_MOST  16u
#define DESC_MOST  1024u /* bytes of a TensorDesc; each dimension takes eleven at most */
#define LOD_MOST   16u

enum { PROGRAM, BLOCK, VAR, VAR_TYPE, OP, ATTRIBUTE };

static const char own_string[] = "string";

static const struct pal_pb_known fields[] = {
	{ PROGRAM, 1, PAL_PB_DOWN, BLOCK, "blocks" }, { BLOCK, 1, PAL_PB_PASS, 0, "idx" },
	{ BLOCK, 2, PAL_PB_PASS, 0, "parent_idx" },   { BLOCK, 3, PAL_PB_DOWN, VAR, "vars" },
	{ BLOCK, 4, PAL_PB_DOWN, OP, "ops" },         { BLOCK, 5, PAL_PB_PASS, 0, "forward_block_idx" },
	{ VAR, 7, PAL_PB_DOWN, ATTRIBUTE, "attrs" },  { OP, 4, PAL_PB_DOWN, ATTRIBUTE, "attrs" },
	{ ATTRIBUTE, 5, PAL_PB_OWN, 0, own_string },  { ATTRIBUTE, 8, PAL_PB_OWN, 0, own_string },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* framework.proto, VarType.Type */
static const struct {
	uint32_t       id;
	const char    *name;
	enum pal_dtype type;
} types[] = {
	{ 0, "BOOL", PAL_DTYPE_BOOL },
	{ 1, "INT16", PAL_DTYPE_I16 },
	{ 2, "INT32", PAL_DTYPE_I32 },
	{ 3, "INT64", PAL_DTYPE_I64 },
	{ 4, "FP16", PAL_DTYPE_F16 },
	{ 5, "FP32", PAL_DTYPE_F32 },
	{ 6, "FP64", PAL_DTYPE_F64 },
	{ 20, "UINT8", PAL_DTYPE_U8 },
	{ 21, "INT8", PAL_DTYPE_I8 },
	{ 22, "BF16", PAL_DTYPE_BF16 },
	{ 23, "COMPLEX64", PAL_DTYPE_C64 },
	{ 24, "COMPLEX128", PAL_DTYPE_C128 },
	{ 32, "FP8_E4M3FN", PAL_DTYPE_F8_E4M3 },
	{ 33, "FP8_E5M2", PAL_DTYPE_F8_E5M2 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

struct desc {
	uint64_t type, dims[RANK_MOST];
	size_t   rank;
	bool     wrong; /* too many dimensions */
};

static size_t
type_at(uint64_t id)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].id == id)
			return i;
	return TYPES;
}

/* --- programs */

/* A variable of tensor type is told by name, type and shape; where its numbers are is not known here. */
static enum pal_err
read_desc(struct pal_pb m, struct desc *t)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&m, &f)) {
		if (f.number == 1)
			t->type = f.value;
		else if (f.number == 2 && f.wire == PAL_PB_VARINT && t->rank < RANK_MOST)
			t->dims[t->rank++] = f.value;
		else if (f.number == 2)
			t->wrong = true;
	}
	return m.err == PAL_EFORM || m.err == PAL_ETRUNC ? PAL_OK : m.err;
}

static enum pal_err
give_tensor(struct pal_sink *s, const struct desc *t, struct pal_view name, uint64_t at, uint64_t len)
{
	size_t             i = type_at(t->type);
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = name, .place = { .offset = at, .length = len } };

	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(i < TYPES ? types[i].name : "?"),
					.type = i < TYPES ? types[i].type : PAL_DTYPE_OTHER,
					.shape = t->dims,
					.rank = t->rank };
	return pal_sink_take(s, &c);
}

/* VarDesc: 2 type {3 lod_tensor {1 tensor}}, 3 persistable. */
static enum pal_err
give_var(struct pal_pb_walk *w, const struct pal_pb_frame *in)
{
	struct pal_pb       levels[3] = { in->m };
	static const int    wanted[3] = { 2, 3, 1 };
	struct pal_pb_field f = { 0 };
	struct desc         t = { 0 };
	size_t              level = 0;

	while (level < 3 && pal_pb_next(&levels[level], &f)) {
		struct pal_pb below = pal_pb_sub(&levels[level], &f);

		if (f.number != (uint32_t)wanted[level] || f.wire != PAL_PB_BYTES)
			continue;
		if (level == 2) {
			PAL_TRY(read_desc(below, &t));
			return give_tensor(w->sink, &t, pal_view_of(in->name), in->m.at, 0);
		}
		levels[++level] = below;
	}
	return PAL_OK;
}

/* OpDesc: 3 type; its attributes' strings that name a path are its telling arguments. */
static enum pal_err
give_op(struct pal_pb_walk *w, const struct pal_pb_frame *in)
{
	char               op[PAL_PB_NAME + 1] = "";
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .loader = "paddle",
				 .place = { .offset = in->m.at, .length = in->m.end - in->m.at } };

	PAL_TRY(pal_pb_find_name(in->m, 3, op));
	c.name = pal_view_of(op);
	return pal_sink_take(w->sink, &c);
}

static enum pal_err
enter(struct pal_pb_walk *w, struct pal_pb_frame *f)
{
	switch (f->what) {
	case VAR:
		PAL_TRY(pal_pb_find_name(f->m, 1, f->name));
		return give_var(w, f);
	case OP:
		return give_op(w, f);
	case ATTRIBUTE:
		return pal_pb_find_name(f->m, 1, f->name);
	default:
		return PAL_OK;
	}
}

static bool
names_path(const char *attribute)
{
	static const char *const names[] = { "file_path", "model_path", "filename",  "file_name",    "path",
					     "dirname",   "model_dir",  "save_path", "library_path", "program_path" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(attribute, names[i]) == 0)
			return true;
	return false;
}

/* The lines of the program that made an operation, as tracebacks quote them: text, which nothing runs. */
static enum pal_err
give_trace(struct pal_pb_walk *w, const struct pal_pb_frame *in, const struct pal_pb_field *f)
{
	PAL_AUTO_BUF     line = pal_buf_of(TRACE_MOST);
	struct pal_place place = { .offset = f->at, .length = f->len, .field = in->name };

	PAL_TRY(pal_pb_read(&in->m, f, TRACE_MOST, &line));
	return pal_give_text(w->sink, pal_buf_view(&line), &place);
}

static enum pal_err
own(struct pal_pb_walk *w, struct pal_pb_frame *in, const struct pal_pb_known *k, const struct pal_pb_field *f)
{
	PAL_AUTO_BUF       path = pal_buf_of(4096);
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "paddle",
				 .name = pal_view_of(in->name),
				 .place = { .offset = f->at, .length = f->len } };

	(void)k;
	if (strcmp(in->name, "op_callstack") == 0 && f->wire == PAL_PB_BYTES && f->len <= TRACE_MOST)
		return give_trace(w, in, f);
	PAL_TRY(pal_pb_give(w->sink, &in->m, f, in->name));
	if (!names_path(in->name))
		return PAL_OK;
	PAL_TRY(pal_pb_read(&in->m, f, 4096, &path));
	c.text = pal_buf_view(&path);
	return c.text.len == 0 ? PAL_OK : pal_sink_take(w->sink, &c);
}

/* --- combined parameters: tensor after tensor, without names */

struct params {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_reader r;
	uint64_t          count;
	bool              stop;
};

static enum pal_err
give_up(struct params *p, uint64_t at, const char *what)
{
	enum pal_err err = pal_reader_err(&p->r);

	if (err != PAL_OK && err != PAL_ETRUNC && err != PAL_ELIMIT)
		return err;
	p->stop = true;
	PAL_TRY(pal_sink_unread(p->sink, &pal_anomaly_paddle_params, at, p->in->size - at, "tensor %llu, at %llu: %s",
				(unsigned long long)p->count, (unsigned long long)at, what));
	return pal_give_bytes(p->sink, p->in, at, p->in->size - at);
}

/* Bytes of the numbers; false when no file can hold them, or the type has no width. */
static bool
measure(const struct desc *t, uint64_t *ret_len)
{
	size_t   i = type_at(t->type);
	uint64_t n = i < TYPES ? pal_dtype_bits(types[i].type) / 8 : 0;

	for (size_t k = 0; k < t->rank; k++)
		if (t->dims[k] > INT64_MAX || __builtin_mul_overflow(n, t->dims[k], &n))
			return false;
	*ret_len = n;
	return i < TYPES && !t->wrong;
}

/* tensor_util.cc, TensorToStream: u32 version, i32 length, TensorDesc, numbers; before it the levels of detail. */
static enum pal_err
take_param(struct params *p)
{
	uint64_t         at = p->r.offset, levels = 0, len = 0;
	uint32_t         size = 0;
	struct desc      t = { 0 };
	struct pal_view  desc = { 0 };
	struct pal_input small = { .fd = -1 };

	if (pal_read_u32le(&p->r) != 0)
		return give_up(p, at, "a version other than 0");
	levels = pal_read_u64le(&p->r);
	if (levels > LOD_MOST)
		return give_up(p, at, "more than 16 levels of detail");
	for (uint64_t i = 0; i < levels && pal_reader_err(&p->r) == PAL_OK; i++)
		pal_read_skip(&p->r, pal_read_u64le(&p->r));
	if (pal_read_u32le(&p->r) != 0)
		return give_up(p, at, "a tensor's version other than 0");
	size = pal_read_u32le(&p->r);
	if (pal_reader_err(&p->r) != PAL_OK || size > DESC_MOST)
		return give_up(p, at, "a description of more than 1024 bytes, or the file ends");
	desc = pal_read_view(&p->r, size);
	small = pal_input_of_view(desc);
	PAL_TRY(read_desc(pal_pb_of(&small, 0, desc.len), &t));
	if (pal_reader_err(&p->r) != PAL_OK || !measure(&t, &len))
		return give_up(p, at, "a type that there is not, or dimensions that cannot be");
	if (len > pal_reader_left(&p->r))
		return give_up(p, at, "more numbers than the file has bytes");
	PAL_TRY(give_tensor(p->sink, &t, (struct pal_view){ 0 }, p->r.offset, len));
	pal_read_skip(&p->r, len);
	return pal_reader_err(&p->r);
}

static enum pal_err
parse_params(struct pal_input *in, struct pal_sink *sink)
{
	struct params    p = { .in = in, .sink = sink };
	struct pal_input side = { .fd = -1 };
	enum pal_err     err = PAL_OK;

	PAL_TRY(pal_input_part(in, 0, in->size, &side)); /* the reader keeps a window of its own */
	p.r = pal_reader_at(&side, 0, side.size);
	while (err == PAL_OK && !p.stop && pal_reader_left(&p.r) > 0) {
		p.count++;
		err = take_param(&p);
	}
	pal_input_done(&side);
	return err;
}

/* u32 0, u64 of at most 16, and without levels: u32 0, a small length, 08 and a type, 10. */
static bool
is_params(struct pal_view head, uint64_t size)
{
	static const uint8_t start[16] = { 0 };
	uint32_t             len = 0;
	struct pal_reader    r = pal_reader_of(head);

	if (size < 24 || !pal_view_eq(pal_view_sub(head, 0, 16), (struct pal_view){ start, 16 }))
		return false;
	pal_read_skip(&r, 16);
	len = pal_read_u32le(&r);
	return len >= 2 && len <= DESC_MOST && pal_read_u8(&r) == 0x08 && type_at(pal_read_u8(&r)) < TYPES &&
	       (len == 2 || pal_read_u8(&r) == 0x10) && pal_reader_err(&r) == PAL_OK;
}

/* The first field is block 0, whose parent is -1, with variables or operations in it. */
static bool
is_program(struct pal_view head, uint64_t size)
{
	struct pal_input    in = pal_input_of_view(head);
	struct pal_pb       m = { .in = &in, .end = size };
	struct pal_pb_field f = { 0 };
	struct pal_pb       block = { .in = &in };

	if (!pal_pb_next(&m, &f) || f.number != 1 || f.wire != PAL_PB_BYTES || f.len < 4)
		return false;
	block.at = f.at;
	block.end = f.at + f.len;
	if (!pal_pb_next(&block, &f) || f.number != 1 || f.wire != PAL_PB_VARINT || f.value != 0)
		return false;
	if (!pal_pb_next(&block, &f) || f.number != 2 || f.wire != PAL_PB_VARINT || (int64_t)f.value < -1 ||
	    (int64_t)f.value > 0)
		return false;
	return block.at >= block.end || (pal_pb_next(&block, &f) && (f.number == 3 || f.number == 4 || f.number == 5));
}

static unsigned int
paddle_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (is_program(head, size))
		return 92;
	return is_params(head, size) ? 85 : 0;
}

static enum pal_err
paddle_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_view    head = { 0 };
	struct pal_pb_walk w = { .in = in,
				 .sink = sink,
				 .fields = fields,
				 .field_count = FIELDS,
				 .broken = &pal_anomaly_paddle_broken,
				 .deep = &pal_anomaly_paddle_broken,
				 .enter = enter,
				 .own = own };

	(void)d;
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	if (head.len > 0 && head.data[0] == 0)
		return parse_params(in, sink);
	return pal_pb_walk(&w, PROGRAM);
}

const struct pal_format pal_format_paddle = {
	.name = "paddle",
	.summary = "PaddlePaddle programs and combined parameters",
	.covers =
	    "Programs (.pdmodel, __model__): every operation in every block, strings of attributes, paths among them, "
	    "variables with type and shape. Parameters (.pdiparams): every tensor's type, shape and place, held "
	    "against "
	    "the file. Programs in JSON (PIR) are read as JSON.",
	.probe = paddle_probe,
	.parse = paddle_parse,
};
