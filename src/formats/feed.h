/*
 * feed.h - the text of a file as UTF-8, a stretch at a time, whatever its encoding.
 *
 * pal_feed_view() is what is at hand; pal_feed_more() adds to it, pal_feed_skip()
 * takes from its front. A parser that needs a whole record asks for more until it
 * has one. The bytes at hand belong to the parser, which may unescape in place.
 *
 *   units    bytes; offsets are those of the file, before any conversion
 *   memory   owned by the feed until pal_feed_close(); a view dies with the next pal_feed_more()
 *   errors   PAL_ELIMIT (`most` bytes are at hand already), PAL_ENOMEM, and those of the input
 *   threads  one feed belongs to one thread
 */
#ifndef PALISADE_FORMATS_FEED_H
#define PALISADE_FORMATS_FEED_H

#include "palisade/input.h"

enum pal_encoding { PAL_ENCODING_UTF8, PAL_ENCODING_UTF16LE, PAL_ENCODING_UTF16BE, PAL_ENCODING_LATIN1 };

struct pal_feed {
	struct pal_input *in;
	enum pal_encoding encoding;
	uint64_t          next;   /* the byte of the file to be read next */
	uint64_t          offset; /* of data[pos] in the file */
	uint8_t          *data;   /* owned */
	size_t            pos, len, cap, most;
	size_t            checked; /* data before it is known to be UTF-8, or was found not to be */
	bool              bad;     /* something broke the encoding ... */
	uint64_t          bad_at;  /* ... first here */
};

#define PAL_AUTO_FEED __attribute__((cleanup(pal_feed_close))) struct pal_feed

PAL_NODISCARD enum pal_err pal_feed_open(struct pal_feed *f, struct pal_input *in, size_t most);
void                       pal_feed_close(struct pal_feed *f);

PAL_NODISCARD enum pal_err pal_feed_more(struct pal_feed *f); /* nothing is added at the end of the file */
bool                       pal_feed_ended(const struct pal_feed *f);
struct pal_view            pal_feed_view(const struct pal_feed *f);
void                       pal_feed_skip(struct pal_feed *f, size_t n);
uint64_t pal_feed_offset(const struct pal_feed *f, size_t ahead); /* of the byte `ahead` in the file */

/* The encoding that a file's first bytes show, and how long its byte order mark is. */
enum pal_encoding pal_encoding_of(struct pal_view head, size_t *ret_mark);

/* v is UTF-8, but for a sequence cut short at its end; if not, *ret_bad is where it is broken. */
bool pal_utf8_prefix(struct pal_view v, size_t *ret_bad);

const char *pal_encoding_name(enum pal_encoding e);

#endif
