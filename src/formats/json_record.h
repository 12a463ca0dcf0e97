/*
 * json_record.h - a JSON object's plain members as a row of a table whose columns grow as new keys appear.
 *
 *   units    cells are places from the feed's front, until pal_json_row_give()
 *   memory   column names live in the sink's arena
 *   errors   those of the sink and its arena
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_JSON_RECORD_H
#define PALISADE_FORMATS_JSON_RECORD_H

#include "palisade/content.h"
#include "palisade/map.h"

#define PAL_JSON_COLUMNS 4096

struct pal_json_cell {
	size_t   at, len;
	uint64_t stamp; /* the record that set it */
};

struct pal_json_row {
	struct pal_sink      *sink;
	struct pal_map        index;
	struct pal_view      *names, *views; /* PAL_JSON_COLUMNS of each */
	struct pal_json_cell *cells;
	size_t                count, next; /* next: the column that the next key probably names */
	bool                  grown;       /* columns were added since they were given */
	uint64_t              stamp;
	size_t                filled;
};

PAL_NODISCARD enum pal_err pal_json_row_init(struct pal_json_row *r, struct pal_sink *sink);

void pal_json_row_start(struct pal_json_row *r);

/* The column that a key names; PAL_JSON_COLUMNS when there are too many. */
size_t pal_json_row_column(struct pal_json_row *r, struct pal_view key);

bool pal_json_row_has(const struct pal_json_row *r, size_t column); /* in this record already */
void pal_json_row_set(struct pal_json_row *r, size_t column, size_t at, size_t len);

/* COLUMNS when there are new ones, then ROW; nothing for a record without plain members. */
PAL_NODISCARD enum pal_err pal_json_row_give(struct pal_json_row *r, struct pal_view feed,
					     const struct pal_place *place);

#endif
