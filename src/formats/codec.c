/* codec.c - zlib, bzip2, liblzma, lz4, zstd and brotli behind one shape; each is told how much memory it may ask for.
 */
#include "codec.h"

#include "deflate64.h"

#include <zstd_errors.h>

#define LZMA_MEMORY (PAL_UNPACK_WINDOW + ((uint64_t)32 << 20)) /* its tables besides the dictionary */

static enum pal_step
start_inflate(union pal_codec_state *s, int window)
{
	s->z = (z_stream){ 0 };
	return inflateInit2(&s->z, window) == Z_OK ? PAL_STEP_MORE : PAL_STEP_MEMORY;
}

static enum pal_step
start_deflate_bare(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	return start_inflate(s, -15);
}

static enum pal_step
start_zlib(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	return start_inflate(s, 15);
}

static enum pal_step
start_gzip(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	return start_inflate(s, 31);
}

static enum pal_step
step_inflate(union pal_codec_state *s, struct pal_flow *f)
{
	int r = 0;

	s->z.next_in = f->in;
	s->z.avail_in = (uInt)f->in_left;
	s->z.next_out = f->out;
	s->z.avail_out = (uInt)f->out_left;
	r = inflate(&s->z, Z_NO_FLUSH);
	*f = (struct pal_flow){ s->z.next_in, s->z.avail_in, s->z.next_out, s->z.avail_out };
	if (r == Z_OK || r == Z_BUF_ERROR)
		return PAL_STEP_MORE;
	if (r == Z_STREAM_END)
		return PAL_STEP_END;
	if (r == Z_NEED_DICT)
		return PAL_STEP_BEYOND;
	return r == Z_MEM_ERROR ? PAL_STEP_MEMORY : PAL_STEP_BROKEN;
}

static void
stop_inflate(union pal_codec_state *s)
{
	(void)inflateEnd(&s->z);
}

static enum pal_step
start_bzip2(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->bz = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(&s->bz, 0, 0) == BZ_OK ? PAL_STEP_MORE : PAL_STEP_MEMORY;
}

/* bzlib.h has no const: it does not write to next_in. */
static enum pal_step
step_bzip2(union pal_codec_state *s, struct pal_flow *f)
{
	int r = 0;

	s->bz.next_in = (char *)(uintptr_t)f->in;
	s->bz.avail_in = (unsigned int)f->in_left;
	s->bz.next_out = (char *)f->out;
	s->bz.avail_out = (unsigned int)f->out_left;
	r = BZ2_bzDecompress(&s->bz);
	f->in += f->in_left - s->bz.avail_in;
	f->in_left = s->bz.avail_in;
	f->out += f->out_left - s->bz.avail_out;
	f->out_left = s->bz.avail_out;
	if (r == BZ_OK)
		return PAL_STEP_MORE;
	if (r == BZ_STREAM_END)
		return PAL_STEP_END;
	return r == BZ_MEM_ERROR ? PAL_STEP_MEMORY : PAL_STEP_BROKEN;
}

static void
stop_bzip2(union pal_codec_state *s)
{
	(void)BZ2_bzDecompressEnd(&s->bz);
}

static enum pal_step
of_lzma(lzma_ret r)
{
	if (r == LZMA_OK || r == LZMA_BUF_ERROR)
		return PAL_STEP_MORE;
	if (r == LZMA_STREAM_END)
		return PAL_STEP_END;
	if (r == LZMA_MEMLIMIT_ERROR || r == LZMA_OPTIONS_ERROR)
		return PAL_STEP_BEYOND;
	return r == LZMA_MEM_ERROR ? PAL_STEP_MEMORY : PAL_STEP_BROKEN;
}

static enum pal_step
start_xz(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return of_lzma(lzma_stream_decoder(&s->lzma, LZMA_MEMORY, 0));
}

static enum pal_step
start_lzma(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return of_lzma(lzma_alone_decoder(&s->lzma, LZMA_MEMORY));
}

/* LZMA without an end mark does not know where it ends: it is told. */
static void
tell_size(const lzma_filter *f, uint64_t size)
{
	lzma_options_lzma *o = f->options;

	if (f->id != LZMA_FILTER_LZMA1EXT || o == NULL)
		return;
	o->ext_flags = LZMA_LZMA1EXT_ALLOW_EOPM;
	lzma_set_ext_size(*o, size);
}

static enum pal_step
start_lzma_raw(union pal_codec_state *s, const struct pal_packing *how)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1] = { 0 };
	lzma_ret    r = LZMA_OK;
	size_t      n = 0;

	s->lzma = (lzma_stream)LZMA_STREAM_INIT;
	for (size_t i = 0; i <= LZMA_FILTERS_MAX; i++)
		filters[i].id = LZMA_VLI_UNKNOWN;
	for (; n < how->filter_count && n < LZMA_FILTERS_MAX && r == LZMA_OK; n++) {
		const struct pal_filter *from = &how->filters[n];

		filters[n].id = from->id;
		r = lzma_properties_decode(&filters[n], NULL, from->properties.data, from->properties.len);
		if (r == LZMA_OK)
			tell_size(&filters[n], how->size);
	}
	if (r == LZMA_OK && lzma_raw_decoder_memusage(filters) > LZMA_MEMORY)
		r = LZMA_MEMLIMIT_ERROR; /* or UINT64_MAX: no such chain */
	if (r == LZMA_OK)
		r = lzma_raw_decoder(&s->lzma, filters);
	lzma_filters_free(filters, NULL);
	return of_lzma(r);
}

static enum pal_step
step_lzma(union pal_codec_state *s, struct pal_flow *f)
{
	lzma_ret r = LZMA_OK;

	s->lzma.next_in = f->in;
	s->lzma.avail_in = f->in_left;
	s->lzma.next_out = f->out;
	s->lzma.avail_out = f->out_left;
	r = lzma_code(&s->lzma, LZMA_RUN);
	*f = (struct pal_flow){ s->lzma.next_in, s->lzma.avail_in, s->lzma.next_out, s->lzma.avail_out };
	return of_lzma(r);
}

static void
stop_lzma(union pal_codec_state *s)
{
	lzma_end(&s->lzma);
}

static enum pal_step
start_lz4(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->lz4 = NULL;
	return LZ4F_isError(LZ4F_createDecompressionContext(&s->lz4, LZ4F_VERSION)) ? PAL_STEP_MEMORY : PAL_STEP_MORE;
}

static enum pal_step
step_lz4(union pal_codec_state *s, struct pal_flow *f)
{
	size_t in = f->in_left, out = f->out_left, r = 0;

	r = LZ4F_decompress(s->lz4, f->out, &out, f->in, &in, NULL);
	if (LZ4F_isError(r))
		return PAL_STEP_BROKEN;
	*f = (struct pal_flow){ f->in + in, f->in_left - in, f->out + out, f->out_left - out };
	return r == 0 ? PAL_STEP_END : PAL_STEP_MORE;
}

static void
stop_lz4(union pal_codec_state *s)
{
	(void)LZ4F_freeDecompressionContext(s->lz4);
}

static enum pal_step
start_zstd(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->zstd = ZSTD_createDCtx();
	return s->zstd == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, 27))
		   ? PAL_STEP_MEMORY
		   : PAL_STEP_MORE;
}

static enum pal_step
of_zstd(size_t r)
{
	ZSTD_ErrorCode code = ZSTD_getErrorCode(r);

	if (code == ZSTD_error_frameParameter_windowTooLarge || code == ZSTD_error_dictionary_wrong)
		return PAL_STEP_BEYOND;
	return code == ZSTD_error_memory_allocation ? PAL_STEP_MEMORY : PAL_STEP_BROKEN;
}

static enum pal_step
step_zstd(union pal_codec_state *s, struct pal_flow *f)
{
	ZSTD_inBuffer  in = { f->in, f->in_left, 0 };
	ZSTD_outBuffer out = { f->out, f->out_left, 0 };
	size_t         r = ZSTD_decompressStream(s->zstd, &out, &in);

	if (ZSTD_isError(r))
		return of_zstd(r);
	*f = (struct pal_flow){ f->in + in.pos, f->in_left - in.pos, f->out + out.pos, f->out_left - out.pos };
	return r == 0 ? PAL_STEP_END : PAL_STEP_MORE;
}

static void
stop_zstd(union pal_codec_state *s)
{
	(void)ZSTD_freeDCtx(s->zstd);
}

static enum pal_step
start_deflate64(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->deflate64 = pal_deflate64_new();
	return s->deflate64 == NULL ? PAL_STEP_MEMORY : PAL_STEP_MORE;
}

static enum pal_step
step_deflate64(union pal_codec_state *s, struct pal_flow *f)
{
	return pal_deflate64_step(s->deflate64, f);
}

static void
stop_deflate64(union pal_codec_state *s)
{
	pal_deflate64_free(&s->deflate64);
}

/* A window of at most 16 MiB: large windows (lgwin above 24) are an extension that is off unless asked for. */
static enum pal_step
start_brotli(union pal_codec_state *s, const struct pal_packing *how)
{
	(void)how;
	s->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return s->brotli == NULL ? PAL_STEP_MEMORY : PAL_STEP_MORE;
}

static enum pal_step
step_brotli(union pal_codec_state *s, struct pal_flow *f)
{
	BrotliDecoderResult r =
	    BrotliDecoderDecompressStream(s->brotli, &f->in_left, &f->in, &f->out_left, &f->out, NULL);

	if (r == BROTLI_DECODER_RESULT_ERROR)
		return PAL_STEP_BROKEN;
	return r == BROTLI_DECODER_RESULT_SUCCESS ? PAL_STEP_END : PAL_STEP_MORE;
}

static void
stop_brotli(union pal_codec_state *s)
{
	BrotliDecoderDestroyInstance(s->brotli);
}

const struct pal_codec_ops pal_codecs[] = {
	[PAL_CODEC_DEFLATE] = { start_deflate_bare, step_inflate, stop_inflate, false },
	[PAL_CODEC_ZLIB] = { start_zlib, step_inflate, stop_inflate, false },
	[PAL_CODEC_GZIP] = { start_gzip, step_inflate, stop_inflate, false },
	[PAL_CODEC_BZIP2] = { start_bzip2, step_bzip2, stop_bzip2, false },
	[PAL_CODEC_XZ] = { start_xz, step_lzma, stop_lzma, false },
	[PAL_CODEC_LZMA] = { start_lzma, step_lzma, stop_lzma, false },
	[PAL_CODEC_LZMA_RAW] = { start_lzma_raw, step_lzma, stop_lzma, false },
	[PAL_CODEC_LZ4] = { start_lz4, step_lz4, stop_lz4, true },
	[PAL_CODEC_ZSTD] = { start_zstd, step_zstd, stop_zstd, true },
	[PAL_CODEC_DEFLATE64] = { start_deflate64, step_deflate64, stop_deflate64, false },
	[PAL_CODEC_BROTLI] = { start_brotli, step_brotli, stop_brotli, false },
};
