/*
 * torch7.h - the values of Torch7's files (torch7, File.lua and DiskFile.c), in binary and in text.
 *
 * In binary an int has 4 bytes, a long and a number 8, all little-endian; a text is its length and its bytes. In
 * text a number stands between blanks, and a text is followed by a line end.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   none; what pal_t7_text() shows lives until the next read
 *   errors   those of the reader; PAL_EFORM for what is no number
 *   threads  as the reader
 */
#ifndef PALISADE_FORMATS_TORCH7_H
#define PALISADE_FORMATS_TORCH7_H

#include "palisade/dtype.h"
#include "palisade/reader.h"

struct pal_t7 {
	struct pal_reader r;
	bool              ascii;
	bool              odd; /* something was no number; sticky */
};

enum pal_t7_type {
	PAL_T7_NIL = 0,
	PAL_T7_NUMBER = 1,
	PAL_T7_STRING = 2,
	PAL_T7_TABLE = 3,
	PAL_T7_OBJECT = 4,
	PAL_T7_BOOLEAN = 5,
	PAL_T7_FUNCTION = 6,
	PAL_T7_OLD_FUNCTION = 7, /* with an index, as the next */
	PAL_T7_SHARED_FUNCTION = 8,
};

/* The numbers of a storage, and what a tensor shows of them. */
struct pal_t7_class {
	bool           tensor, storage;
	enum pal_dtype type;
	const char    *name; /* of the type */
};

int64_t         pal_t7_int(struct pal_t7 *t);
int64_t         pal_t7_long(struct pal_t7 *t);
void            pal_t7_skip_number(struct pal_t7 *t);
struct pal_view pal_t7_text(struct pal_t7 *t, size_t most); /* empty and failed when it is longer */

/* Moves past `count` numbers of a storage. */
void pal_t7_skip_numbers(struct pal_t7 *t, uint64_t count, enum pal_dtype type);
void pal_t7_end_text(struct pal_t7 *t); /* past the line end behind a text, where there is one */

bool pal_t7_failed(const struct pal_t7 *t);

/* "torch.FloatTensor" and its like; false for any other class. */
bool pal_t7_class_of(struct pal_view name, struct pal_t7_class *ret_class);

/* How sure the first bytes are: 0 or 80 to 95. *ret_ascii only when they are. */
unsigned int pal_t7_looks(struct pal_view head, bool *ret_ascii);

#endif
