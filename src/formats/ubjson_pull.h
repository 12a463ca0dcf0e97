/*
 * ubjson_pull.h - UBJSON (ubjson.org, draft 12) value by value, without recursion and without a tree.
 *
 * pal_ubjson_next() says what comes next; what `count` and `type` promise of a list is
 * held against the bytes that are left before it is believed. Draft 12 has lists with
 * a count, with a type, and with neither; all are read.
 *
 *   units    offsets are bytes in the file
 *   memory   allocates nothing; a text lives until the next call
 *   errors   none but the reader's: a broken document is BROKEN with `why`, and the walk is over
 *   threads  as the reader
 */
#ifndef PALISADE_FORMATS_UBJSON_PULL_H
#define PALISADE_FORMATS_UBJSON_PULL_H

#include "palisade/reader.h"

#define PAL_UBJSON_DEPTH 64

enum pal_ubjson_token {
	PAL_UBJSON_END, /* of the document */
	PAL_UBJSON_OBJECT,
	PAL_UBJSON_ARRAY,
	PAL_UBJSON_CLOSE,
	PAL_UBJSON_KEY,
	PAL_UBJSON_TEXT,
	PAL_UBJSON_LONG, /* a text longer than a window: skipped, `len` bytes at `at` */
	PAL_UBJSON_WHOLE,
	PAL_UBJSON_FLOAT,
	PAL_UBJSON_WORD, /* null, true, false */
	PAL_UBJSON_RUN,  /* a list of equal numbers: `len` bytes at `at`, just behind its ARRAY; its numbers follow */
	PAL_UBJSON_BROKEN,
};

struct pal_ubjson_level {
	bool     array, counted;
	uint8_t  type; /* of every value; 0: each says its own */
	uint64_t left; /* when counted */
};

struct pal_ubjson {
	struct pal_reader      *r;
	struct pal_ubjson_level levels[PAL_UBJSON_DEPTH];
	unsigned int            depth;
	bool                    begun, keyed, run; /* keyed: a key was read, its value comes; run: RUN is due */
	bool                    over;              /* BROKEN: by a count that the whole file could not hold */
	uint64_t                size;              /* of the document, at most */
	uint64_t                at, len;
	struct pal_view         text;
	int64_t                 number;
	bool                    finite;
	const char             *why;
};

void                  pal_ubjson_init(struct pal_ubjson *u, struct pal_reader *r);
enum pal_ubjson_token pal_ubjson_next(struct pal_ubjson *u);

#endif
