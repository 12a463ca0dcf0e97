/*
 * arrow.h - the parts of the reader of Apache Arrow's IPC (Columnar.rst and format/{Schema,Message,File}.fbs of Arrow
 * 18).
 *
 * A stream is messages: a schema, then dictionaries and record batches, each a
 * FlatBuffer and a body of buffers. A file is a stream between two marks with an
 * index behind it. Columns are given one at a time, each value a cell with the
 * number of its record; what stands below a null or outside of every list is none.
 *
 *   units    bytes; offsets from the start of the input; rows count from 1
 *   memory   a message's metadata, the dictionaries, of one column the buffers that are not read through a window, and
 *            four bytes for each value of a nested column
 *   errors   those of the sink and of the input; a broken file is an anomaly with its place
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_ARROW_H
#define PALISADE_FORMATS_ARROW_H

#include "cell.h"
#include "flatbuffer.h"
#include "give.h"

#define PAL_ARROW_META   ((size_t)16 << 20) /* of one message */
#define PAL_ARROW_BUFFER ((size_t)64 << 20) /* of one buffer in memory */
#define PAL_ARROW_NESTED 32u
#define PAL_ARROW_FIELDS 20000u

/* Schema.fbs: union Type */
enum pal_arrow_type {
	PAL_ARROW_NULL = 1,
	PAL_ARROW_INT,
	PAL_ARROW_FLOAT,
	PAL_ARROW_BINARY,
	PAL_ARROW_UTF8,
	PAL_ARROW_BOOL,
	PAL_ARROW_DECIMAL,
	PAL_ARROW_DATE,
	PAL_ARROW_TIME,
	PAL_ARROW_TIMESTAMP,
	PAL_ARROW_INTERVAL,
	PAL_ARROW_LIST,
	PAL_ARROW_STRUCT,
	PAL_ARROW_UNION,
	PAL_ARROW_FIXED,
	PAL_ARROW_FIXED_LIST,
	PAL_ARROW_MAP,
	PAL_ARROW_DURATION,
	PAL_ARROW_LARGE_BINARY,
	PAL_ARROW_LARGE_UTF8,
	PAL_ARROW_LARGE_LIST,
	PAL_ARROW_RUNS,
	PAL_ARROW_BINARY_VIEW,
	PAL_ARROW_UTF8_VIEW,
	PAL_ARROW_LIST_VIEW,
	PAL_ARROW_LARGE_LIST_VIEW,
};

/* A column or a part of one, in preorder. */
struct pal_arrow_field {
	const char          *path;
	enum pal_arrow_type  type;
	unsigned int         depth;
	uint32_t             below; /* fields inside of it, at any depth */
	uint32_t             width; /* of a value; of a fixed list how many values */
	struct pal_cell_type cell;
	bool                 dictionary, index_signed;
	bool                 repeated; /* a list is above it */
	uint32_t             index_width;
	int64_t              id; /* of the dictionary */
};

struct pal_arrow_dictionary {
	int64_t         id;
	struct pal_list texts; /* of struct pal_view */
};

struct pal_arrow {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena  arena;        /* fields and dictionaries */
	struct pal_list   fields;       /* of struct pal_arrow_field */
	struct pal_list   dictionaries; /* of struct pal_arrow_dictionary */
	struct pal_buf    meta, validity, offsets, data, texts;
	struct pal_buf    rows[PAL_ARROW_NESTED + 1]; /* of a depth: the record of each value, 0 for none */
	uint64_t          row;                        /* records before this batch */
	uint64_t          may_give;
	bool              has_schema;
};

/* arrow_schema.c */
PAL_NODISCARD enum pal_err pal_arrow_schema(struct pal_arrow *q, struct pal_fb *f, const struct pal_fb_table *schema,
					    uint64_t at);

/* arrow_batch.c: a RecordBatch whose body is [at, at + len) of the input; into the dictionary when that is not NULL. */
PAL_NODISCARD enum pal_err pal_arrow_batch(struct pal_arrow *q, struct pal_fb *f, const struct pal_fb_table *batch,
					   uint64_t at, uint64_t len, const struct pal_arrow_field *of,
					   struct pal_arrow_dictionary *into);

#endif
