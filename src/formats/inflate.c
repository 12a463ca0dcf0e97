/* inflate.c - zlib behind a budget: the output grows by CHUNK, and every chunk is counted before it is asked for. */
#include "inflate.h"

#define ZLIB_CONST
#include <zlib.h>

#define CHUNK ((size_t)128 * 1024)

static void
stream_done(z_stream *z)
{
	(void)inflateEnd(z);
}

/* One chunk more of output; what zlib leaves unused is given back. */
static int
one_chunk(z_stream *z, struct pal_limits *limits, struct pal_buf *out)
{
	size_t   room = limits->output < CHUNK ? (size_t)limits->output : CHUNK;
	uint8_t *to = pal_buf_room(out, room);
	int      r = 0;

	if (to == NULL)
		return Z_MEM_ERROR;
	z->next_out = to;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	limits->output -= room - z->avail_out;
	out->len -= z->avail_out;
	out->data[out->len] = '\0';
	return r;
}

static enum pal_inflate_end
judge(int r, const struct pal_inflated *how, uint64_t made, const struct pal_limits *limits, uint64_t len)
{
	if (r == Z_STREAM_END)
		return PAL_INFLATE_WHOLE;
	if (r != Z_OK && r != Z_BUF_ERROR)
		return PAL_INFLATE_BROKEN;
	if (made > PAL_INFLATE_BOMB && made / PAL_INFLATE_RATIO > how->consumed)
		return PAL_INFLATE_BOMBED;
	if (limits->output == 0 || made >= PAL_INFLATE_MOST)
		return PAL_INFLATE_FULL;
	return how->consumed >= len ? PAL_INFLATE_CUT : PAL_INFLATE_WHOLE;
}

enum pal_err
pal_inflate(struct pal_input *in, uint64_t at, uint64_t len, enum pal_wrap wrap, struct pal_limits *limits,
	    struct pal_buf *out, struct pal_inflated *ret_how)
{
	__attribute__((cleanup(stream_done))) z_stream z = { 0 };
	struct pal_inflated                            how = { .end = PAL_INFLATE_WHOLE };
	uint64_t                                       before = out->len;
	int                                            r = inflateInit2(&z, (int)wrap);

	if (r != Z_OK)
		return PAL_ENOMEM;
	while (r != Z_STREAM_END && how.end == PAL_INFLATE_WHOLE) {
		struct pal_view v = { 0 };
		uint64_t        left = len - how.consumed;

		PAL_TRY(pal_input_view(in, at + how.consumed, left > 0, left < CHUNK ? (size_t)left : CHUNK, &v));
		z.next_in = v.data == NULL ? (const uint8_t *)"" : v.data;
		z.avail_in = (uInt)v.len;
		do {
			r = one_chunk(&z, limits, out);
			if (r == Z_MEM_ERROR)
				return PAL_ENOMEM;
			how.end = judge(r, &(struct pal_inflated){ .consumed = how.consumed + v.len - z.avail_in },
					out->len - before, limits, UINT64_MAX);
		} while (r == Z_OK && how.end == PAL_INFLATE_WHOLE && z.avail_out == 0);
		how.consumed += v.len - z.avail_in;
		if (r != Z_STREAM_END && how.end == PAL_INFLATE_WHOLE)
			how.end = judge(r, &how, out->len - before, limits, z.avail_in == 0 ? len : UINT64_MAX);
	}
	*ret_how = how;
	return PAL_OK;
}
