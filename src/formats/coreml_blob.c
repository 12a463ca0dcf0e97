/* coreml_blob.c - weight files of Core ML packages (MILBlob, StorageFormat.hpp of coremltools); audit take_blob(). */
#include "coreml.h"

#include "give.h"
#include "palisade/reader.h"

#define UNIT     UINT64_C(64) /* everything begins on a multiple of it */
#define SENTINEL UINT32_C(0xdeadbeef)
#define VERSION  2u

/* BlobDataType.hpp */
static const struct {
	const char    *name;
	enum pal_dtype type;
	unsigned int   bits; /* of one number */
} types[] = {
	{ "?", PAL_DTYPE_OTHER, 8 },
	{ "Float16", PAL_DTYPE_F16, 16 },
	{ "Float32", PAL_DTYPE_F32, 32 },
	{ "UInt8", PAL_DTYPE_U8, 8 },
	{ "Int8", PAL_DTYPE_I8, 8 },
	{ "BFloat16", PAL_DTYPE_BF16, 16 },
	{ "Int16", PAL_DTYPE_I16, 16 },
	{ "UInt16", PAL_DTYPE_U16, 16 },
	{ "Int4", PAL_DTYPE_OTHER, 4 },
	{ "UInt1", PAL_DTYPE_OTHER, 1 },
	{ "UInt2", PAL_DTYPE_OTHER, 2 },
	{ "UInt4", PAL_DTYPE_OTHER, 4 },
	{ "UInt3", PAL_DTYPE_OTHER, 3 },
	{ "UInt6", PAL_DTYPE_OTHER, 6 },
	{ "Int32", PAL_DTYPE_I32, 32 },
	{ "UInt32", PAL_DTYPE_U32, 32 },
	{ "Float8E4M3FN", PAL_DTYPE_F8_E4M3, 8 },
	{ "Float8E5M2", PAL_DTYPE_F8_E5M2, 8 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

struct blobs {
	struct pal_input *in;
	struct pal_sink  *sink;
	uint64_t          at; /* of the next description */
	bool              stop;
};

bool
pal_coreml_is_blob(struct pal_view head, uint64_t size)
{
	struct pal_reader r = pal_reader_of(head);
	uint32_t          count = pal_read_u32le(&r);

	if (size < 2 * UNIT || count == 0 || pal_read_u32le(&r) != VERSION)
		return false;
	for (size_t i = 0; i < 7; i++)
		if (pal_read_u64le(&r) != 0)
			return false;
	return pal_read_u32le(&r) == SENTINEL && pal_reader_err(&r) == PAL_OK;
}

static enum pal_err
give_up(struct blobs *b, const char *what)
{
	b->stop = true;
	PAL_TRY(pal_sink_unread(b->sink, &pal_anomaly_coreml_blob, b->at, b->in->size - b->at, "weights at %llu: %s",
				(unsigned long long)b->at, what));
	return pal_give_bytes(b->sink, b->in, b->at, b->in->size - b->at);
}

static enum pal_err
give_weights(struct blobs *b, uint32_t type, uint64_t at, uint64_t len)
{
	size_t             i = type < TYPES ? type : 0;
	uint64_t           count = len <= UINT64_MAX / 8 ? len * 8 / types[i].bits : 0;
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .place = { .offset = at, .length = len } };

	c.tensor = (struct pal_tensor){
		.dtype = pal_view_of(types[i].name), .type = types[i].type, .shape = &count, .rank = 1
	};
	return pal_sink_take(b->sink, &c);
}

/* A description of 64 bytes, then, on the next multiple of 64, the numbers, then the next description on another. */
static enum pal_err
take_blob(struct blobs *b)
{
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };
	uint32_t          mark = 0, type = 0;
	uint64_t          len = 0, offset = 0, next = 0;

	if (b->in->size - b->at < UNIT)
		return give_up(b, "the file ends before all weights that it counts");
	PAL_TRY(pal_input_view(b->in, b->at, UNIT, UNIT, &v));
	r = pal_reader_of(v);
	mark = pal_read_u32le(&r);
	type = pal_read_u32le(&r);
	len = pal_read_u64le(&r);
	offset = pal_read_u64le(&r);
	if (mark != SENTINEL)
		return give_up(b, "no description begins here");
	if (offset < b->at + UNIT || offset > b->in->size || len > b->in->size - offset)
		return give_up(b, "they lie outside the file, or before their description");
	if (offset - b->at > UNIT)
		PAL_TRY(pal_give_stray(b->sink, b->in, b->at + UNIT, offset - b->at - UNIT,
				       pal_view_of("(between weights)")));
	PAL_TRY(give_weights(b, type, offset, len));
	next = offset + len;
	b->at = next + (UNIT - next % UNIT) % UNIT;
	b->at = b->at < b->in->size ? b->at : b->in->size;
	return PAL_OK;
}

enum pal_err
pal_coreml_blob(struct pal_input *in, struct pal_sink *sink)
{
	struct blobs    b = { .in = in, .sink = sink, .at = UNIT };
	struct pal_view head = { 0 };
	uint32_t        count = 0;

	PAL_TRY(pal_input_view(in, 0, 4, 4, &head));
	for (size_t i = 4; i > 0; i--)
		count = count << 8 | head.data[i - 1];
	for (uint32_t i = 0; i < count && !b.stop; i++)
		PAL_TRY(take_blob(&b));
	if (b.stop || b.at >= in->size)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_coreml_weights, b.at, "%llu bytes after the last weights",
				 (unsigned long long)(in->size - b.at)));
	return pal_give_stray(sink, in, b.at, in->size - b.at, pal_view_of("(after the weights)"));
}
