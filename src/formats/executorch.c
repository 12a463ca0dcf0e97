/* executorch.c - ExecuTorch programs (.pte; program.fbs, extended_header.h): operators, tensors, delegates, segments.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "flatbuffer.h"
#include "give.h"
#include "palisade/format.h"
#include "palisade/list.h"

#define NAME_MOST    ((size_t)4096)
#define RANK_MOST    64u
#define WRONG_MOST   100u
#define HEADER_LEAST 24u /* magic, length, program size, segment base */

enum { LOCATION_SEGMENT = 1, DATA_EXTERNAL = 1, VALUE_TENSOR = 5, VALUE_STRING = 6 };

struct segment {
	uint64_t at, len; /* in the file */
};

struct program {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_fb     fb;
	struct pal_arena  arena;
	struct pal_list   segments; /* of struct segment */
	struct pal_buf    name, value;
	uint64_t          size;         /* of the program itself */
	uint64_t          base;         /* where segments are counted from */
	uint64_t          end;          /* behind the last byte of the segments */
	uint64_t          tensor_bytes; /* of all constants, shared ones counted each time */
	uint64_t          bytes;        /* of delegates' data, shared ones counted each time */
	unsigned int      wrong;
};

static unsigned int
executorch_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_fb_is(head, "ET12") ? 97 : 0;
}

PAL_PRINTF(4, 5)
static enum pal_err
wrong(struct program *p, const struct pal_rule *rule, uint64_t at, const char *fmt, ...)
{
	char    text[PAL_DIAG_TEXT];
	va_list ap;

	PAL_TRY(pal_fb_err(&p->fb));
	if (p->wrong++ >= WRONG_MOST)
		return PAL_OK;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pal_sink_anomaly(p->sink, rule, at, "%s", text);
}

/* "eh00", its length, the program's size, where segments begin; a program without segments needs none. */
static enum pal_err
read_header(struct program *p)
{
	struct pal_reader r = pal_reader_at(p->in, 8, p->in->size < 8 ? 0 : p->in->size - 8);
	struct pal_view   magic = pal_read_view(&r, 4);
	bool              is = pal_view_is(magic, "eh00");
	uint32_t          len = pal_read_u32le(&r);
	uint64_t          size = pal_read_u64le(&r), base = pal_read_u64le(&r);

	p->size = p->in->size;
	if (!is || pal_reader_err(&r) != PAL_OK)
		return PAL_OK;
	if (len < HEADER_LEAST || size > p->in->size || (base != 0 && (base < size || base > p->in->size)))
		return pal_sink_anomaly(p->sink, &pal_anomaly_executorch_header, 8,
					"a header of %" PRIu32 " bytes, a program of %" PRIu64
					" and segments at %" PRIu64 " in a file of %" PRIu64,
					len, size, base, p->in->size);
	p->size = size;
	p->base = base;
	return PAL_OK;
}

static enum pal_err
read_segments(struct program *p, const struct pal_fb_table *root)
{
	struct pal_fb_vector all = pal_fb_vector(&p->fb, root, 4, 4);

	p->end = p->size;
	for (uint32_t i = 0; i < all.count && p->fb.budget > 0; i++) {
		struct pal_fb_table table = pal_fb_item_table(&p->fb, &all, i);
		struct segment     *kept = pal_list_add(&p->segments), s = { 0 };
		uint64_t            offset = pal_fb_uint(&p->fb, &table, 0, 8, 0);

		PAL_TRY(pal_arena_err(&p->arena));
		s.len = pal_fb_uint(&p->fb, &table, 1, 8, 0);
		if (p->base == 0 || offset > p->in->size - p->base || s.len > p->in->size - p->base - offset) {
			PAL_TRY(wrong(p, &pal_anomaly_executorch_segment, table.at,
				      "segment %lu of %" PRIu64 " bytes at %" PRIu64 " ends behind the file's end",
				      (unsigned long)i, s.len, offset));
			continue;
		}
		s.at = p->base + offset;
		if (i > 0 && s.len > 0 && s.at < p->end)
			PAL_TRY(wrong(p, &pal_anomaly_executorch_segment, table.at,
				      "segment %lu at %" PRIu64 " begins before the one before it ends",
				      (unsigned long)i, s.at));
		p->end = s.at + s.len > p->end ? s.at + s.len : p->end;
		*kept = s;
	}
	return pal_fb_err(&p->fb);
}

/* ScalarType (scalar_type.fbs) of an index; OTHER with a NULL name for those that there are not. */
static const char *
scalar_of(uint64_t code, enum pal_dtype *ret)
{
	static const struct {
		const char    *name;
		enum pal_dtype type;
	} types[] = {
		{ "BYTE", PAL_DTYPE_U8 },
		{ "CHAR", PAL_DTYPE_I8 },
		{ "SHORT", PAL_DTYPE_I16 },
		{ "INT", PAL_DTYPE_I32 },
		{ "LONG", PAL_DTYPE_I64 },
		{ "HALF", PAL_DTYPE_F16 },
		{ "FLOAT", PAL_DTYPE_F32 },
		{ "DOUBLE", PAL_DTYPE_F64 },
		{ "COMPLEX32", PAL_DTYPE_OTHER },
		{ "COMPLEX64", PAL_DTYPE_C64 },
		{ "COMPLEX128", PAL_DTYPE_C128 },
		{ "BOOL", PAL_DTYPE_BOOL },
		{ "QINT8", PAL_DTYPE_I8 },
		{ "QUINT8", PAL_DTYPE_U8 },
		{ "QINT32", PAL_DTYPE_I32 },
		{ "BFLOAT16", PAL_DTYPE_BF16 },
		{ "QUINT4X2", PAL_DTYPE_BLOCKS },
		{ "QUINT2X4", PAL_DTYPE_BLOCKS },
		{ "BITS1X8", PAL_DTYPE_BLOCKS },
		{ "BITS2X4", PAL_DTYPE_BLOCKS },
		{ "BITS4X2", PAL_DTYPE_BLOCKS },
		{ "BITS8", PAL_DTYPE_OTHER },
		{ "BITS16", PAL_DTYPE_OTHER },
		{ "FLOAT8E5M2", PAL_DTYPE_F8_E5M2 },
		{ "FLOAT8E4M3FN", PAL_DTYPE_F8_E4M3 },
		{ "FLOAT8E5M2FNUZ", PAL_DTYPE_OTHER },
		{ "FLOAT8E4M3FNUZ", PAL_DTYPE_OTHER },
		{ "UINT16", PAL_DTYPE_U16 },
		{ "UINT32", PAL_DTYPE_U32 },
		{ "UINT64", PAL_DTYPE_U64 },
	};

	*ret = code < sizeof(types) / sizeof(types[0]) ? types[code].type : PAL_DTYPE_OTHER;
	return code < sizeof(types) / sizeof(types[0]) ? types[code].name : NULL;
}

/* Where a constant's bytes begin, and how many there are at most; false when it has none in the file. */
static bool
place_of(struct program *p, const struct pal_fb_table *root, const struct pal_fb_table *tensor, uint64_t index,
	 struct segment *ret, const char **ret_wrong)
{
	struct pal_fb_vector  buffers = pal_fb_vector(&p->fb, root, 2, 4), sets = pal_fb_vector(&p->fb, root, 6, 4);
	struct pal_fb_table   extra = pal_fb_table(&p->fb, tensor, 9), set = pal_fb_table(&p->fb, root, 5);
	struct pal_fb_vector  offsets = { 0 };
	uint64_t              which = pal_fb_uint(&p->fb, &extra, 0, 8, 0), segment = 0, offset = 0;
	const struct segment *s = NULL;

	if (index == 0 || pal_fb_uint(&p->fb, &extra, 2, 1, 0) == DATA_EXTERNAL)
		return false;
	if (buffers.count > 0) {
		struct pal_fb_table  buffer = { 0 };
		struct pal_fb_vector data = { 0 };

		*ret_wrong = "a buffer that there is not";
		if (index >= buffers.count)
			return false;
		*ret_wrong = NULL;
		buffer = pal_fb_item_table(&p->fb, &buffers, (uint32_t)index);
		data = pal_fb_vector(&p->fb, &buffer, 0, 1);
		*ret = (struct segment){ data.at, data.at == 0 ? 0 : data.count };
		return data.at != 0;
	}
	if (pal_fb_has(&p->fb, tensor, 6))
		set =
		    which < sets.count ? pal_fb_item_table(&p->fb, &sets, (uint32_t)which) : (struct pal_fb_table){ 0 };
	offsets = pal_fb_vector(&p->fb, &set, 1, 8);
	segment = pal_fb_uint(&p->fb, &set, 0, 4, 0);
	*ret_wrong = "a place in a segment that there is not";
	if (index >= offsets.count || segment >= p->segments.count)
		return false;
	s = pal_list_at(&p->segments, (size_t)segment);
	offset = pal_fb_item(&p->fb, &offsets, (uint32_t)index);
	if (offset > s->len)
		return false;
	*ret_wrong = NULL;
	*ret = (struct segment){ s->at + offset, s->len - offset };
	return true;
}

static enum pal_err
take_tensor(struct program *p, const struct pal_fb_table *root, const struct pal_fb_table *tensor)
{
	struct pal_fb_vector sizes = pal_fb_vector(&p->fb, tensor, 2, 4);
	struct pal_fb_table  extra = pal_fb_table(&p->fb, tensor, 9);
	struct pal_fb_vector name = pal_fb_string(&p->fb, &extra, 1);
	struct pal_content   c = { .kind = PAL_CONTENT_TENSOR, .place.offset = tensor->at };
	struct segment       place = { 0 };
	const char          *bad = NULL, *type = scalar_of(pal_fb_uint(&p->fb, tensor, 0, 1, 0), &c.tensor.type);
	uint64_t             dims[RANK_MOST], bytes = pal_dtype_bits(c.tensor.type) / 8;
	bool constant = place_of(p, root, tensor, pal_fb_uint(&p->fb, tensor, 5, 4, 0), &place, &bad), wraps = false;

	c.name = pal_fb_text(&p->fb, &name, NAME_MOST, &p->name);
	bad = sizes.count > RANK_MOST ? "more than 64 dimensions" : type == NULL ? "a type that there is not" : bad;
	for (uint32_t i = 0; i < sizes.count && i < RANK_MOST; i++) {
		dims[i] = pal_fb_item(&p->fb, &sizes, i);
		wraps = wraps || dims[i] > INT32_MAX || __builtin_mul_overflow(bytes, dims[i], &bytes);
	}
	bad = wraps ? "a dimension below zero, or a product that overflows" : bad;
	if (bad == NULL && constant && bytes > place.len)
		bad = "more bytes than there are at its place";
	PAL_TRY(pal_fb_err(&p->fb));
	if (bad != NULL)
		return wrong(p, &pal_anomaly_executorch_tensor, tensor->at, "tensor \"%.80s\" has %s",
			     pal_buf_text(&p->name), bad);
	c.tensor.dtype = pal_view_of(type);
	c.tensor.shape = dims;
	c.tensor.rank = sizes.count;
	p->tensor_bytes += constant ? bytes : 0;
	if (p->tensor_bytes / 4 > p->in->size)
		return wrong(p, &pal_anomaly_format_limit, tensor->at,
			     "tensors share their bytes so often that they are longer than four such files; \"%.80s\" "
			     "was not examined",
			     pal_buf_text(&p->name));
	if (constant && bytes > 0)
		c.place = (struct pal_place){ .offset = place.at, .length = bytes };
	return pal_sink_take(p->sink, &c);
}

static enum pal_err
take_values(struct program *p, const struct pal_fb_table *root, const struct pal_fb_table *plan)
{
	struct pal_fb_vector all = pal_fb_vector(&p->fb, plan, 2, 4);

	for (uint32_t i = 0; i < all.count && p->fb.budget > 0; i++) {
		struct pal_fb_table value = pal_fb_item_table(&p->fb, &all, i), inner = { 0 };
		uint64_t            kind = pal_fb_uint(&p->fb, &value, 0, 1, 0);

		if (kind == VALUE_TENSOR || kind == VALUE_STRING)
			inner = pal_fb_table(&p->fb, &value, 1);
		if (inner.at != 0 && kind == VALUE_TENSOR)
			PAL_TRY(take_tensor(p, root, &inner));
		if (inner.at != 0 && kind == VALUE_STRING) {
			struct pal_fb_vector text = pal_fb_string(&p->fb, &inner, 0);

			PAL_TRY(pal_fb_give(&p->fb, &text, "value"));
		}
	}
	return pal_fb_err(&p->fb);
}

/* "aten::add" and its overload "out": the domain, and "add.out". */
static enum pal_err
take_operators(struct program *p, const struct pal_fb_table *plan)
{
	struct pal_fb_vector all = pal_fb_vector(&p->fb, plan, 6, 4);

	for (uint32_t i = 0; i < all.count && p->fb.budget > 0; i++) {
		struct pal_fb_table  op = pal_fb_item_table(&p->fb, &all, i);
		struct pal_fb_vector name = pal_fb_string(&p->fb, &op, 0), overload = pal_fb_string(&p->fb, &op, 1);
		struct pal_view      whole = pal_fb_text(&p->fb, &name, NAME_MOST, &p->name), more = { 0 };
		size_t               colons = pal_view_find(whole, pal_view_of("::"), 0);
		struct pal_content   c = { .kind = PAL_CONTENT_OP, .place.offset = op.at, .loader = "executorch" };

		more = pal_fb_text(&p->fb, &overload, NAME_MOST, &p->value);
		PAL_TRY(pal_fb_err(&p->fb));
		if (op.at == 0)
			continue;
		if (more.len > 0) {
			pal_buf_add_byte(&p->name, '.');
			pal_buf_add(&p->name, more);
		}
		PAL_TRY(pal_buf_err(&p->name));
		whole = pal_buf_view(&p->name);
		c.module = colons == SIZE_MAX ? (struct pal_view){ 0 } : pal_view_sub(whole, 0, colons);
		c.name = colons == SIZE_MAX ? whole : pal_view_sub(whole, colons + 2, whole.len);
		PAL_TRY(pal_sink_take(p->sink, &c));
	}
	return pal_fb_err(&p->fb);
}

/* A delegate's data: in the program, or a segment. */
static bool
delegate_place(struct program *p, const struct pal_fb_table *root, const struct pal_fb_table *delegate,
	       struct segment *ret)
{
	struct pal_fb_table  where = pal_fb_table(&p->fb, delegate, 1), one = { 0 };
	struct pal_fb_vector inlined = pal_fb_vector(&p->fb, root, 3, 4), data = { 0 };
	uint64_t             index = pal_fb_uint(&p->fb, &where, 1, 4, 0);

	if (pal_fb_uint(&p->fb, &where, 0, 1, 0) == LOCATION_SEGMENT) {
		if (index >= p->segments.count)
			return false;
		*ret = *(const struct segment *)pal_list_at(&p->segments, (size_t)index);
		return true;
	}
	if (index >= inlined.count)
		return false;
	one = pal_fb_item_table(&p->fb, &inlined, (uint32_t)index);
	data = pal_fb_vector(&p->fb, &one, 0, 1);
	*ret = (struct segment){ data.at, data.at == 0 ? 0 : data.count };
	return true;
}

static enum pal_err
take_delegate(struct program *p, const struct pal_fb_table *root, const struct pal_fb_table *delegate)
{
	struct pal_fb_vector id = pal_fb_string(&p->fb, delegate, 0), specs = pal_fb_vector(&p->fb, delegate, 2, 4);
	struct segment       place = { 0 };
	bool                 there = delegate_place(p, root, delegate, &place);
	struct pal_content   c = { .kind = PAL_CONTENT_OP,
				   .place.offset = delegate->at,
				   .loader = "executorch",
				   .module = pal_view_of("delegate") };

	c.name = pal_fb_text(&p->fb, &id, NAME_MOST, &p->name);
	PAL_TRY(pal_fb_err(&p->fb));
	PAL_TRY(pal_sink_take(p->sink, &c));
	for (uint32_t i = 0; i < specs.count && p->fb.budget > 0; i++) {
		struct pal_fb_table  spec = pal_fb_item_table(&p->fb, &specs, i);
		struct pal_fb_vector key = pal_fb_string(&p->fb, &spec, 0), value = pal_fb_vector(&p->fb, &spec, 1, 1);

		PAL_TRY(pal_fb_give(&p->fb, &key, "compile_spec"));
		if (value.at != 0 && value.count > 0)
			PAL_TRY(pal_give_stray(p->sink, p->in, value.at, value.count, pal_view_of("(compile spec)")));
	}
	if (!there)
		return wrong(p, &pal_anomaly_executorch_segment, delegate->at,
			     "delegate \"%.80s\" names data that there is not", pal_buf_text(&p->name));
	p->bytes += place.len;
	if (place.len == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_unread(p->sink, &pal_anomaly_executorch_delegate, place.at, place.len,
				"%" PRIu64 " bytes for the delegate \"%.80s\"", place.len, pal_buf_text(&p->name)));
	if (p->bytes / 4 > p->in->size)
		return wrong(p, &pal_anomaly_format_limit, delegate->at,
			     "delegates share their data too often; it was not searched again");
	return pal_give_stray(p->sink, p->in, place.at, place.len, pal_view_of("(delegate)"));
}

static enum pal_err
take_plans(struct program *p, const struct pal_fb_table *root)
{
	struct pal_fb_vector all = pal_fb_vector(&p->fb, root, 1, 4);

	for (uint32_t i = 0; i < all.count && p->fb.budget > 0; i++) {
		struct pal_fb_table  plan = pal_fb_item_table(&p->fb, &all, i);
		struct pal_fb_vector name = pal_fb_string(&p->fb, &plan, 0),
				     delegates = pal_fb_vector(&p->fb, &plan, 7, 4);

		PAL_TRY(pal_fb_give(&p->fb, &name, "method"));
		PAL_TRY(take_operators(p, &plan));
		for (uint32_t k = 0; k < delegates.count && p->fb.budget > 0; k++) {
			struct pal_fb_table delegate = pal_fb_item_table(&p->fb, &delegates, k);

			if (delegate.at != 0)
				PAL_TRY(take_delegate(p, root, &delegate));
		}
		PAL_TRY(take_values(p, root, &plan));
	}
	return pal_fb_err(&p->fb);
}

/* NamedData {0: key, 1: segment}: what delegates share. */
static enum pal_err
take_named(struct program *p, const struct pal_fb_table *root)
{
	struct pal_fb_vector all = pal_fb_vector(&p->fb, root, 7, 4);

	for (uint32_t i = 0; i < all.count && p->fb.budget > 0; i++) {
		struct pal_fb_table   one = pal_fb_item_table(&p->fb, &all, i);
		struct pal_fb_vector  key = pal_fb_string(&p->fb, &one, 0);
		uint64_t              index = pal_fb_uint(&p->fb, &one, 1, 4, 0);
		const struct segment *s = NULL;

		PAL_TRY(pal_fb_give(&p->fb, &key, "named_data"));
		if (one.at != 0 && index >= p->segments.count)
			PAL_TRY(wrong(p, &pal_anomaly_executorch_segment, one.at,
				      "named data in segment %" PRIu64 " of %zu", index, p->segments.count));
		if (index >= p->segments.count)
			continue;
		s = pal_list_at(&p->segments, (size_t)index);
		p->bytes += s->len;
		if (s->len > 0 && p->bytes / 4 <= p->in->size)
			PAL_TRY(pal_give_stray(p->sink, p->in, s->at, s->len, pal_view_of("(named data)")));
	}
	return pal_fb_err(&p->fb);
}

static enum pal_err
parse(struct program *p)
{
	struct pal_fb_table root = { 0 };
	uint64_t            end = 0;

	PAL_TRY(read_header(p));
	PAL_TRY(pal_fb_init(&p->fb, p->in, p->sink, p->size));
	root = pal_fb_root(&p->fb);
	PAL_TRY(read_segments(p, &root));
	PAL_TRY(take_plans(p, &root));
	PAL_TRY(take_named(p, &root));
	if (p->fb.lies > 0)
		return pal_give_bytes(p->sink, p->in, 0, p->in->size); /* what was not understood, as it is */
	end = p->segments.count > 0 || p->base != 0 ? p->end : p->fb.end;
	if (p->in->size - end <= 4096) /* writers fill up to a page */
		return p->in->size > end ? pal_give_bytes(p->sink, p->in, end, p->in->size - end) : PAL_OK;
	PAL_TRY(pal_sink_anomaly(p->sink, &pal_anomaly_executorch_stray, end,
				 "%" PRIu64 " bytes at %" PRIu64 " belong to no part of the program", p->in->size - end,
				 end));
	return pal_give_stray(p->sink, p->in, end, p->in->size - end, pal_view_of("(behind the program)"));
}

static enum pal_err
executorch_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct program p = { .in = in, .sink = sink };
	enum pal_err   err = PAL_OK;

	(void)d;
	pal_arena_init(&p.arena, (size_t)64 << 20);
	p.segments = pal_list_of(&p.arena, sizeof(struct segment));
	p.name = pal_buf_of(2 * NAME_MOST + 2);
	p.value = pal_buf_of(NAME_MOST + 1);
	err = parse(&p);
	pal_fb_done(&p.fb);
	pal_buf_done(&p.name);
	pal_buf_done(&p.value);
	pal_arena_done(&p.arena);
	return err;
}

const struct pal_format pal_format_executorch = {
	.name = "executorch",
	.summary = "ExecuTorch programs (.pte)",
	.covers =
	    "The extended header and every segment's place; the operators of every method; every tensor's type, shape "
	    "and place, and that its bytes are there; strings among the values; delegates by name, their compile "
	    "specs and data as raw bytes, which is said not to be examined: it is a graph or code for a processor. "
	    "Instructions are not followed.",
	.probe = executorch_probe,
	.parse = executorch_parse,
};
