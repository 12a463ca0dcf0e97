/*
 * cell.h - the values of columnar formats as the text that a CSV of the same table would have.
 *
 * Whole numbers in decimal; floating-point numbers as the shortest text that reads
 * back to the same number, with a point ("3.0"), as Python writes them; dates and
 * times as ISO 8601 with a blank between them, fractions only when there are some.
 *
 *   units    none
 *   memory   allocates nothing
 *   errors   none: every value has a text; times that no calendar has are given as their number
 *   threads  pure
 */
#ifndef PALISADE_FORMATS_CELL_H
#define PALISADE_FORMATS_CELL_H

#include "palisade/view.h"

#define PAL_CELL_MOST    96 /* bytes of a text; decimals have at most PAL_CELL_DECIMAL bytes */
#define PAL_CELL_DECIMAL 32

enum pal_cell_kind {
	PAL_CELL_TEXT,  /* the bytes are the text */
	PAL_CELL_BYTES, /* bytes that may be text or anything else */
	PAL_CELL_BOOL,  /* one byte, 0 or not */
	PAL_CELL_INT,
	PAL_CELL_UINT,
	PAL_CELL_FLOAT,     /* of 2, 4 or 8 bytes */
	PAL_CELL_DECIMAL_,  /* two's complement, scale digits behind the point */
	PAL_CELL_DATE,      /* days since 1970-01-01 */
	PAL_CELL_TIME,      /* units since midnight */
	PAL_CELL_TIMESTAMP, /* units since 1970-01-01 */
	PAL_CELL_INT96,     /* nanoseconds of the day (8 bytes), Julian day (4 bytes) */
	PAL_CELL_UUID,
};

struct pal_cell_type {
	enum pal_cell_kind kind;
	bool               big_endian; /* of a decimal; all else is little-endian */
	int                scale;
	uint32_t           per_second; /* units of a time: 1, 1,000, 1,000,000 or 1,000,000,000 */
};

/* Writes what the bytes mean, and returns how many characters; 0 for TEXT and BYTES, whose text is themselves. */
size_t pal_cell_write(const struct pal_cell_type *t, struct pal_view value, char to[PAL_CELL_MOST]);

/* The bytes as a number, at most eight of them. */
uint64_t pal_cell_u64le(struct pal_view v);
int64_t  pal_cell_i64le(struct pal_view v);
double   pal_cell_double(struct pal_view v); /* a float of 2, 4 or 8 bytes */

#endif
