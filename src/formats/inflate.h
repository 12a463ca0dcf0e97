/*
 * inflate.h - deflate streams (RFC 1950 to 1952) into a buffer that cannot grow past a budget.
 *
 *   units    bytes
 *   memory   the output is the caller's buffer
 *   errors   those of the input, PAL_ENOMEM; a damaged stream is told in the result, with what came before the damage
 *   threads  as the input
 */
#ifndef PALISADE_FORMATS_INFLATE_H
#define PALISADE_FORMATS_INFLATE_H

#include "palisade/buf.h"
#include "palisade/content.h"

#define PAL_INFLATE_MOST  ((uint64_t)512 << 20) /* of one stream */
#define PAL_INFLATE_RATIO 100                   /* bytes out for one in; more than that is a bomb ... */
#define PAL_INFLATE_BOMB  ((uint64_t)16 << 20)  /* ... past this many bytes */

enum pal_wrap { PAL_WRAP_NONE = -15, PAL_WRAP_ZLIB = 15, PAL_WRAP_GZIP = 31 };

enum pal_inflate_end {
	PAL_INFLATE_WHOLE,
	PAL_INFLATE_BROKEN, /* what is not deflate, or a checksum that is wrong */
	PAL_INFLATE_CUT,    /* the input ends first */
	PAL_INFLATE_BOMBED,
	PAL_INFLATE_FULL, /* the budget is used up */
};

struct pal_inflated {
	enum pal_inflate_end end;
	uint64_t             consumed;
};

/* Adds what [at, at + len) holds to out; takes it off limits->output. */
PAL_NODISCARD enum pal_err pal_inflate(struct pal_input *in, uint64_t at, uint64_t len, enum pal_wrap wrap,
				       struct pal_limits *limits, struct pal_buf *out, struct pal_inflated *ret_how);

#endif
