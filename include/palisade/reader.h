/*
 * reader.h - a bounded cursor over untrusted bytes.
 *
 * Every read takes exactly what it asks for, or takes nothing and marks the
 * reader failed. A failed reader stays failed and yields zeros and empty views,
 * so a parser reads a whole record, then asks once: pal_reader_err().
 *
 *   units    sizes and offsets are bytes; offsets count from the start of the file
 *   memory   allocates nothing; a view into memory lives as long as the input; a view from a reader on a
 *            pal_input (input.h) lives until the next read of that reader
 *   errors   PAL_ETRUNC (too short), PAL_ELIMIT (count too big, or a view longer than the window of a file); the
 *            first one stays
 *   threads  one reader belongs to one thread
 */
#ifndef PALISADE_READER_H
#define PALISADE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "palisade/err.h"
#include "palisade/view.h"

struct pal_input;

/* The fields are for reader.c alone; the struct is public so that it can live on the stack. */
struct pal_reader {
	const uint8_t    *next;
	size_t            left;   /* bytes at next */
	uint64_t          offset; /* of next, from the start of the file */
	uint64_t          beyond; /* bytes of the file after the ones at next; 0 for memory */
	struct pal_input *input;  /* where they come from; NULL for memory */
	enum pal_err      err;
};

struct pal_reader pal_reader_of(struct pal_view input);

/* Reads len bytes of a file from offset at, a window at a time. One reader at a time may use an input. */
struct pal_reader pal_reader_at(struct pal_input *input, uint64_t at, uint64_t len);

uint8_t  pal_read_u8(struct pal_reader *r);
uint16_t pal_read_u16le(struct pal_reader *r);
uint16_t pal_read_u16be(struct pal_reader *r);
uint32_t pal_read_u32be(struct pal_reader *r);
uint64_t pal_read_u64be(struct pal_reader *r);
uint32_t pal_read_u32le(struct pal_reader *r);
uint64_t pal_read_u64le(struct pal_reader *r);

struct pal_view pal_read_view(struct pal_reader *r, uint64_t len);
void            pal_read_skip(struct pal_reader *r, uint64_t len);

/* A reader on the next len bytes and on nothing else; r moves past them. For nested, length-prefixed data. */
struct pal_reader pal_read_window(struct pal_reader *r, uint64_t len);

/*
 * Vets an element count n read from the file before anything is allocated or looped over:
 * returns n if n <= most and n * least bytes are still there, else fails the reader and returns 0.
 */
size_t pal_read_count(struct pal_reader *r, uint64_t n, size_t least, size_t most);

/* As many bytes as are at hand, at least one and at most `most`; empty at the end or when failed. For streaming. */
struct pal_view pal_read_some(struct pal_reader *r, size_t most);

/* The next line without its LF; at most `most` bytes of it, *ret_whole telling whether that was all. False at the end.
 */
bool pal_read_line(struct pal_reader *r, size_t most, struct pal_view *ret_line, bool *ret_whole);

/* The next len bytes (fewer at the end) without moving. */
struct pal_view pal_read_peek(struct pal_reader *r, size_t len);

uint64_t     pal_reader_left(const struct pal_reader *r); /* bytes not yet read; 0 when failed */
enum pal_err pal_reader_err(const struct pal_reader *r);
bool         pal_reader_done(const struct pal_reader *r); /* not failed, and nothing left over */

#endif
