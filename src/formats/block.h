/*
 * block.h - one compressed block whose size is told beside it, as columnar formats keep their pages and buffers.
 *
 *   units    bytes
 *   memory   the output is the caller's buffer, emptied first; a size that the block cannot have is refused before
 *            anything is allocated for it
 *   errors   PAL_ENOMEM and the buffer's limit; a damaged block is told in the result
 *   threads  pure
 */
#ifndef PALISADE_FORMATS_BLOCK_H
#define PALISADE_FORMATS_BLOCK_H

#include "unpack.h"

enum pal_block {
	PAL_BLOCK_SNAPPY,     /* raw format of Snappy's format_description.txt */
	PAL_BLOCK_GZIP,       /* gzip members, or zlib */
	PAL_BLOCK_BROTLI,     /* RFC 7932 */
	PAL_BLOCK_ZSTD,       /* RFC 8878 */
	PAL_BLOCK_LZ4,        /* LZ4 block format, bare */
	PAL_BLOCK_LZ4_HADOOP, /* the same behind two big-endian sizes, in a row; or bare, or a frame */
	PAL_BLOCK_LZ4_FRAME,
	PAL_BLOCK_DEFLATE, /* RFC 1951 */
	PAL_BLOCK_BZIP2,
	PAL_BLOCK_XZ,
};

/* Exactly `size` bytes, or anything else in *ret_end than PAL_UNPACK_WHOLE. */
PAL_NODISCARD enum pal_err pal_block_unpack(enum pal_block how, struct pal_view packed, size_t size,
					    struct pal_buf *out, enum pal_unpack_end *ret_end);

/* A block that does not say its size: at most `most` bytes, for codecs that are streams or, with Snappy, know it. */
PAL_NODISCARD enum pal_err pal_block_unpack_all(enum pal_block how, struct pal_view packed, size_t most,
						struct pal_buf *out, enum pal_unpack_end *ret_end);

/* CRC-32 of IEEE 802.3, as gzip and Parquet's pages have it. */
uint32_t pal_block_crc32(struct pal_view v);

#endif
