/*
 * csv.h - how a table's text is written, and its records one by one.
 *
 * pal_csv_detect() tells the dialect from a file's start; pal_csv_record() finds
 * where a record ends; pal_csv_split() cuts it into cells, unescaping in place.
 *
 *   units    bytes
 *   memory   allocates nothing; cells are views into the record
 *   errors   none: anything can be cut into cells somehow, and what was strange about it is said
 *   threads  pure
 */
#ifndef PALISADE_FORMATS_CSV_H
#define PALISADE_FORMATS_CSV_H

#include "palisade/view.h"

#define PAL_CSV_COLUMNS 16384

struct pal_csv_dialect {
	uint8_t      delimiter, eol;
	bool         blank_after; /* `a, "b"`: blanks after a delimiter do not count */
	size_t       columns;     /* of most records of the sample */
	size_t       records;     /* in the sample */
	unsigned int agreement;   /* percent of the sample's records that have `columns` cells */
};

/* Where the search for a record's end stands, so that it can go on when more bytes are there. */
struct pal_csv_scan {
	size_t at, quote_at;
	bool   quoted, in_cell;
};

struct pal_csv_split {
	size_t count;
	bool   stray; /* text after a closing quote */
	bool   more;  /* more cells than there was room for: the last one holds the rest */
};

/* `whole`: text is all of the file, so that its last record counts too. */
struct pal_csv_dialect pal_csv_detect(struct pal_view text, bool whole);

/* The record at v's start ends before *ret_end, the next one begins at *ret_next; false: it goes on after v. */
bool pal_csv_record(struct pal_view v, const struct pal_csv_dialect *how, struct pal_csv_scan *scan, size_t *ret_end,
		    size_t *ret_next);

/* `quotes` false: a quote is a character like any other. Text is changed in place where quotes were doubled. */
struct pal_csv_split pal_csv_split(uint8_t *text, size_t len, const struct pal_csv_dialect *how, bool quotes,
				   struct pal_view *ret_cells);

/* The first of these rows of cells names the columns. rows[i] has counts[i] cells. */
bool pal_csv_header(struct pal_view *const *rows, const size_t *counts, size_t row_count);

#endif
