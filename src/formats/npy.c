/* npy.c - NumPy arrays (.npy 1.0 to 3.0): header, size, and the pickle that an array of objects is. */
#include "npy_header.h"

#include "give.h"
#include "palisade/format.h"
#include "palisade/reader.h"
#include "zip.h"

static unsigned int
npy_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_view_starts(head, "\x93NUMPY") ? 98 : 0;
}

/* '<f4' and its like as one of ours; strings, times, objects and fields are other. */
static enum pal_dtype
type_of(struct pal_view descr, bool *ret_big)
{
	static const struct {
		const char    *name;
		enum pal_dtype type;
	} types[] = {
		{ "b1", PAL_DTYPE_BOOL }, { "?", PAL_DTYPE_BOOL }, { "u1", PAL_DTYPE_U8 },    { "i1", PAL_DTYPE_I8 },
		{ "u2", PAL_DTYPE_U16 },  { "i2", PAL_DTYPE_I16 }, { "u4", PAL_DTYPE_U32 },   { "i4", PAL_DTYPE_I32 },
		{ "u8", PAL_DTYPE_U64 },  { "i8", PAL_DTYPE_I64 }, { "f2", PAL_DTYPE_F16 },   { "f4", PAL_DTYPE_F32 },
		{ "f8", PAL_DTYPE_F64 },  { "c8", PAL_DTYPE_C64 }, { "c16", PAL_DTYPE_C128 },
	};
	bool order = descr.len > 0 && pal_view_find_byte(pal_view_of("<>|="), descr.data[0], 0) != SIZE_MAX;

	*ret_big = order && descr.data[0] == '>';
	if (order)
		descr = pal_view_sub(descr, 1, descr.len);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (pal_view_is(descr, types[i].name))
			return types[i].type;
	return PAL_DTYPE_OTHER;
}

static enum pal_err
take_data(struct pal_input *in, struct pal_sink *sink, const struct pal_npy *n, uint64_t at)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .place.offset = at };
	uint64_t           bytes = n->item, left = in->size - at;

	if (n->objects) {
		PAL_TRY(pal_sink_anomaly(
		    sink, &pal_anomaly_npy_object, at, "dtype %.*s: the array is a pickle of %llu bytes",
		    (int)(n->descr.len < 80 ? n->descr.len : 80), n->descr.data, (unsigned long long)left));
		return pal_give_member(sink, in, at, left, pal_view_of("(objects)"));
	}
	for (size_t i = 0; i < n->rank; i++)
		if (__builtin_mul_overflow(bytes, n->shape[i], &bytes))
			return pal_sink_anomaly(sink, &pal_anomaly_npy_header, 0, "the product of the shape overflows");
	c.place.length = bytes < left ? bytes : left;
	c.tensor = (struct pal_tensor){ .dtype = n->descr, .shape = n->shape, .rank = n->rank };
	c.tensor.type = type_of(n->descr, &c.tensor.big_endian);
	PAL_TRY(pal_sink_take(sink, &c));
	if (bytes == left)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_npy_size, at, "%llu bytes of data, expected %llu",
				 (unsigned long long)left, (unsigned long long)bytes));
	if (bytes > left)
		return PAL_OK;
	return pal_give_stray(sink, in, at + bytes, left - bytes, pal_view_of("(after the array)"));
}

static enum pal_err
npy_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_reader r = pal_reader_at(in, 0, in->size);
	struct pal_npy    n = { .item = 0 };
	struct pal_view   text = { 0 };
	uint8_t           major = 0;
	uint32_t          len = 0;
	uint64_t          at = 0;

	pal_read_skip(&r, 6);
	major = pal_read_u8(&r);
	pal_read_skip(&r, 1);
	len = major == 1 ? pal_read_u16le(&r) : pal_read_u32le(&r);
	if (pal_reader_err(&r) != PAL_OK || major < 1 || major > 3 || len > pal_reader_left(&r)) {
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_npy_header, 6, "version %u with a header of %u bytes",
					 (unsigned int)major, (unsigned int)len));
		return pal_give_bytes(sink, in, 0, in->size);
	}
	at = r.offset + len;
	if (len <= PAL_INPUT_WINDOW / 2)
		text = pal_arena_copy(sink->arena, pal_read_view(&r, len));
	PAL_TRY(pal_arena_err(sink->arena));
	if (!pal_npy_header(text, &n)) {
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_npy_header, at - len + n.at, "%s", n.why));
		return pal_give_stray(sink, in, at, in->size - at, pal_view_of("(after the header)"));
	}
	PAL_TRY(take_data(in, sink, &n, at));
	return !n.objects && pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_npy = {
	.name = "npy",
	.summary = "NumPy arrays",
	.covers = "The header, versions 1.0 to 3.0, by a strict grammar (nothing is evaluated): type, order and shape, "
		  "and that "
		  "the data is as long as they say. Arrays of objects are reported and their pickle is examined; data "
		  "behind the "
		  "array too. Arrays of numbers go to the weight tests; strings, times and structures are searched for "
		  "payloads only.",
	.probe = npy_probe,
	.parse = npy_parse,
};
