/*
 * unpack.h - compressed streams of every kind into a buffer that cannot grow past a budget.
 *
 *   units    bytes
 *   memory   the output is the caller's buffer; a decoder has at most PAL_UNPACK_WINDOW of its own
 *   errors   those of the input, PAL_ENOMEM; a damaged stream is told in the result, with what came before the damage
 *   threads  as the input
 */
#ifndef PALISADE_FORMATS_UNPACK_H
#define PALISADE_FORMATS_UNPACK_H

#include "palisade/buf.h"
#include "palisade/content.h"

#define PAL_UNPACK_MOST   ((uint64_t)512 << 20) /* of one stream */
#define PAL_UNPACK_RATIO  100                   /* bytes out for one in; more than that is a bomb ... */
#define PAL_UNPACK_BOMB   ((uint64_t)16 << 20)  /* ... past this many bytes */
#define PAL_UNPACK_WINDOW ((uint64_t)128 << 20) /* what a stream may ask its decoder to look back */

/* A buffer for one stream: the budget is met before this limit is. */
#define PAL_UNPACK_BUF ((size_t)PAL_UNPACK_MOST + ((size_t)1 << 20))

enum pal_codec {
	PAL_CODEC_DEFLATE, /* RFC 1951, bare */
	PAL_CODEC_ZLIB,    /* RFC 1950 */
	PAL_CODEC_GZIP,    /* RFC 1952, one member */
	PAL_CODEC_BZIP2,
	PAL_CODEC_XZ,        /* The .xz File Format 1.1.0, one stream */
	PAL_CODEC_LZMA,      /* the older .lzma file */
	PAL_CODEC_LZMA_RAW,  /* a chain of filters without any header, as zip and 7z keep it */
	PAL_CODEC_LZ4,       /* LZ4 frame format 1.6.2, one frame */
	PAL_CODEC_ZSTD,      /* RFC 8878, one frame */
	PAL_CODEC_DEFLATE64, /* deflate64.h */
	PAL_CODEC_BROTLI,    /* RFC 7932, one stream */
};

/* One of liblzma's filters, and its properties as they are stored. */
struct pal_filter {
	uint64_t        id;
	struct pal_view properties;
};

struct pal_packing {
	enum pal_codec           codec;
	const struct pal_filter *filters; /* of PAL_CODEC_LZMA_RAW, in the order of the encoder: LZMA is the last */
	size_t                   filter_count;
	uint64_t                 size; /* of what they hold; UINT64_MAX: a mark ends it */
};

enum pal_unpack_end {
	PAL_UNPACK_WHOLE,
	PAL_UNPACK_BROKEN, /* not such a stream, or a checksum that is wrong */
	PAL_UNPACK_CUT,    /* the input ends first */
	PAL_UNPACK_BOMBED,
	PAL_UNPACK_FULL,   /* the budget is used up */
	PAL_UNPACK_BEYOND, /* it wants a dictionary, or more memory than PAL_UNPACK_WINDOW */
};

struct pal_unpacked {
	enum pal_unpack_end end;
	uint64_t            consumed;
};

/* Adds what [at, at + len) holds to out; takes it off limits->output. */
PAL_NODISCARD enum pal_err pal_unpack(struct pal_input *in, uint64_t at, uint64_t len, const struct pal_packing *how,
				      struct pal_limits *limits, struct pal_buf *out, struct pal_unpacked *ret_end);

#endif
