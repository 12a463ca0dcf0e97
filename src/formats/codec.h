/*
 * codec.h - what a decompressor is to unpack.c: started, given bytes and room until it ends, stopped.
 *
 * A step takes from `in` and fills `out`, and moves both; it need not use up
 * either. With neither moved, it cannot go on.
 *
 *   units    bytes
 *   memory   the state is the caller's; what a library allocates for it is freed by stop()
 *   errors   the result of a step
 *   threads  a state belongs to one thread
 */
#ifndef PALISADE_FORMATS_CODEC_H
#define PALISADE_FORMATS_CODEC_H

#include <brotli/decode.h>
#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zstd.h>

#include "unpack.h"

#define ZLIB_CONST
#include <zlib.h>

enum pal_step { PAL_STEP_MORE, PAL_STEP_END, PAL_STEP_BROKEN, PAL_STEP_BEYOND, PAL_STEP_MEMORY };

struct pal_flow {
	const uint8_t *in;
	size_t         in_left;
	uint8_t       *out;
	size_t         out_left;
};

struct pal_deflate64;

union pal_codec_state {
	z_stream              z;
	bz_stream             bz;
	lzma_stream           lzma;
	LZ4F_dctx            *lz4;
	ZSTD_DCtx            *zstd;
	struct pal_deflate64 *deflate64;
	BrotliDecoderState   *brotli;
};

struct pal_codec_ops {
	enum pal_step (*start)(union pal_codec_state    *s,
			       const struct pal_packing *how); /* PAL_STEP_MORE when it began */
	enum pal_step (*step)(union pal_codec_state *s, struct pal_flow *f);
	void (*stop)(union pal_codec_state *s);
	bool forgets; /* a step that fails does not say what it made before: smaller steps lose less */
};

/* In the order of enum pal_codec. */
extern const struct pal_codec_ops pal_codecs[];

#endif
