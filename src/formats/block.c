/* block.c - codecs of blocks; to audit: what is known of a size before room is made for it. */
#include "block.h"

#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>

#include "palisade/reader.h"

#define LZ4_RATIO    255u /* LZ4 block format: a byte of a length adds at most so many */
#define SNAPPY_RATIO 64u  /* a copy of three bytes makes at most so many */
#define LZ4_MAGIC    0x184d2204u
#define FIXED        64u /* so small a size needs no thought */

static bool
can_be(size_t size, size_t packed, size_t ratio)
{
	return size <= FIXED || size / ratio <= packed;
}

static enum pal_err
unpack_snappy(struct pal_view v, size_t size, struct pal_buf *out, bool *ret_whole)
{
	size_t   told = 0, made = size;
	uint8_t *to = NULL;

	*ret_whole = false;
	if (snappy_uncompressed_length((const char *)v.data, v.len, &told) != SNAPPY_OK || told != size ||
	    !can_be(size, v.len, SNAPPY_RATIO))
		return PAL_OK;
	to = pal_buf_room(out, size);
	if (to == NULL)
		return pal_buf_err(out);
	*ret_whole = snappy_uncompress((const char *)v.data, v.len, (char *)to, &made) == SNAPPY_OK && made == size;
	return PAL_OK;
}

static enum pal_err
unpack_lz4(struct pal_view v, size_t size, struct pal_buf *out, bool *ret_whole)
{
	uint8_t *to = NULL;

	*ret_whole = false;
	if (v.len > INT32_MAX || size > INT32_MAX || !can_be(size, v.len, LZ4_RATIO))
		return PAL_OK;
	to = pal_buf_room(out, size);
	if (to == NULL)
		return pal_buf_err(out);
	*ret_whole = LZ4_decompress_safe((const char *)v.data, (char *)to, (int)v.len, (int)size) == (int)size;
	return PAL_OK;
}

/*
 * Streams: the output grows as it is made, so a size that is a lie costs nothing. Members and frames may follow each
 * other; behind bare deflate and zlib some writers leave a part of the checksum, which readers do not look at.
 */
static enum pal_err
unpack_stream(enum pal_codec codec, struct pal_view v, size_t most, struct pal_buf *out, enum pal_unpack_end *ret_end)
{
	struct pal_input    in = pal_input_of_view(v);
	struct pal_limits   limits = pal_limits_default;
	struct pal_unpacked how = { .end = PAL_UNPACK_WHOLE };
	bool                many = codec != PAL_CODEC_ZLIB && codec != PAL_CODEC_DEFLATE;
	uint64_t            at = 0;

	limits.output = (uint64_t)most + 1;
	do {
		PAL_TRY(pal_unpack(&in, at, v.len - at, &(struct pal_packing){ .codec = codec }, &limits, out, &how));
		at += how.consumed;
	} while (how.end == PAL_UNPACK_WHOLE && at < v.len && how.consumed > 0 && many);
	*ret_end = how.end;
	return PAL_OK;
}

/* Hadoop's framing: the size of the content and of the block, big-endian, before each block. */
static enum pal_err
unpack_hadoop(struct pal_view v, size_t size, struct pal_buf *out, bool *ret_whole)
{
	struct pal_reader r = pal_reader_of(v);

	*ret_whole = false;
	while (pal_reader_left(&r) > 0) {
		uint64_t        made = pal_read_u32be(&r), packed = pal_read_u32be(&r);
		struct pal_view block = pal_read_view(&r, packed);

		if (pal_reader_err(&r) != PAL_OK || made > size - out->len)
			return PAL_OK;
		PAL_TRY(unpack_lz4(block, (size_t)made, out, ret_whole));
		if (!*ret_whole)
			return PAL_OK;
	}
	*ret_whole = out->len == size;
	return PAL_OK;
}

/* What writers put under the old name: Hadoop's framing, a frame, or a bare block. */
static enum pal_err
unpack_old_lz4(struct pal_view v, size_t size, struct pal_buf *out, enum pal_unpack_end *ret_end)
{
	struct pal_reader r = pal_reader_of(v);
	bool              whole = false;

	if (pal_read_u32le(&r) == LZ4_MAGIC)
		return unpack_stream(PAL_CODEC_LZ4, v, size, out, ret_end);
	PAL_TRY(unpack_hadoop(v, size, out, &whole));
	if (!whole) {
		pal_buf_clear(out);
		PAL_TRY(unpack_lz4(v, size, out, &whole));
	}
	*ret_end = whole ? PAL_UNPACK_WHOLE : PAL_UNPACK_BROKEN;
	return PAL_OK;
}

static enum pal_codec
codec_of(enum pal_block how, struct pal_view v)
{
	switch (how) {
	case PAL_BLOCK_GZIP:
		return v.len > 1 && v.data[0] == 0x1f ? PAL_CODEC_GZIP : PAL_CODEC_ZLIB;
	case PAL_BLOCK_BROTLI:
		return PAL_CODEC_BROTLI;
	case PAL_BLOCK_LZ4_FRAME:
		return PAL_CODEC_LZ4;
	case PAL_BLOCK_DEFLATE:
		return PAL_CODEC_DEFLATE;
	case PAL_BLOCK_BZIP2:
		return PAL_CODEC_BZIP2;
	case PAL_BLOCK_XZ:
		return PAL_CODEC_XZ;
	case PAL_BLOCK_ZSTD:
	case PAL_BLOCK_SNAPPY:
	case PAL_BLOCK_LZ4:
	case PAL_BLOCK_LZ4_HADOOP:
		break;
	}
	return PAL_CODEC_ZSTD;
}

enum pal_err
pal_block_unpack(enum pal_block how, struct pal_view packed, size_t size, struct pal_buf *out,
		 enum pal_unpack_end *ret_end)
{
	bool whole = false;

	pal_buf_clear(out);
	*ret_end = PAL_UNPACK_BROKEN;
	if (how == PAL_BLOCK_LZ4_HADOOP)
		return unpack_old_lz4(packed, size, out, ret_end);
	if (how == PAL_BLOCK_SNAPPY || how == PAL_BLOCK_LZ4) {
		PAL_TRY(how == PAL_BLOCK_SNAPPY ? unpack_snappy(packed, size, out, &whole)
						: unpack_lz4(packed, size, out, &whole));
		*ret_end = whole ? PAL_UNPACK_WHOLE : PAL_UNPACK_BROKEN;
		return PAL_OK;
	}
	PAL_TRY(unpack_stream(codec_of(how, packed), packed, size, out, ret_end));
	if (*ret_end == PAL_UNPACK_WHOLE && out->len != size)
		*ret_end = PAL_UNPACK_BROKEN;
	return PAL_OK;
}

enum pal_err
pal_block_unpack_all(enum pal_block how, struct pal_view packed, size_t most, struct pal_buf *out,
		     enum pal_unpack_end *ret_end)
{
	size_t told = 0;

	if (how == PAL_BLOCK_SNAPPY) {
		if (snappy_uncompressed_length((const char *)packed.data, packed.len, &told) != SNAPPY_OK)
			told = SIZE_MAX;
		*ret_end = told == SIZE_MAX ? PAL_UNPACK_BROKEN : PAL_UNPACK_FULL;
		return told > most ? PAL_OK : pal_block_unpack(how, packed, told, out, ret_end);
	}
	pal_buf_clear(out);
	return unpack_stream(codec_of(how, packed), packed, most, out, ret_end);
}

uint32_t
pal_block_crc32(struct pal_view v)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), v.data, v.len);
}
