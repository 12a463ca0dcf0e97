/*
 * parquet.h - the parts of the reader of Apache Parquet (parquet-format 2.11: README, Encodings.md, LogicalTypes.md,
 * parquet.thrift).
 *
 * The footer is held whole; row groups are read from it one at a time, of each
 * its column chunks in turn, of each of those a page at a time. A column's values
 * are decoded in batches and given as cells, each with the number of its record.
 *
 *   units    bytes; offsets from the start of the file; rows count from 1
 *   memory   the footer (at most FOOTER_MOST), one page packed and unpacked, one dictionary, a batch of cells
 *   errors   those of the sink and of the input; a broken file is an anomaly with its place
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_PARQUET_H
#define PALISADE_FORMATS_PARQUET_H

#include "cell.h"
#include "give.h"
#include "palisade/buf.h"
#include "thrift.h"

#define PAL_PARQUET_BATCH   1024u
#define PAL_PARQUET_FOOTER  ((uint64_t)128 << 20)
#define PAL_PARQUET_PAGE    ((uint64_t)64 << 20) /* of a page, packed or not */
#define PAL_PARQUET_ENTRIES ((size_t)2 << 20)    /* of a dictionary */
#define PAL_PARQUET_NESTED  64u                  /* groups inside groups */

/* parquet.thrift: enum Type */
enum pal_parquet_type {
	PAL_PARQUET_BOOLEAN,
	PAL_PARQUET_INT32,
	PAL_PARQUET_INT64,
	PAL_PARQUET_INT96,
	PAL_PARQUET_FLOAT,
	PAL_PARQUET_DOUBLE,
	PAL_PARQUET_BYTE_ARRAY,
	PAL_PARQUET_FIXED,
	PAL_PARQUET_TYPES
};

/* parquet.thrift: enum Encoding */
enum pal_parquet_encoding {
	PAL_PARQUET_PLAIN = 0,
	PAL_PARQUET_PLAIN_DICTIONARY = 2,
	PAL_PARQUET_RLE = 3,
	PAL_PARQUET_BIT_PACKED = 4,
	PAL_PARQUET_DELTA = 5,
	PAL_PARQUET_DELTA_LENGTH = 6,
	PAL_PARQUET_DELTA_BYTES = 7,
	PAL_PARQUET_RLE_DICTIONARY = 8,
	PAL_PARQUET_SPLIT = 9,
};

/* A column that has values. */
struct pal_parquet_leaf {
	const char           *path; /* dotted, without the root */
	enum pal_parquet_type type;
	uint32_t              width; /* of a value; 0: each has its own */
	uint32_t              max_def, max_rep;
	struct pal_cell_type  cell;
};

struct pal_parquet_range {
	uint64_t begin, end;
};

struct pal_parquet {
	struct pal_input          *in;
	struct pal_sink           *sink;
	struct pal_arena           arena;
	struct pal_list            leaves; /* of struct pal_parquet_leaf */
	struct pal_list            ranges; /* of struct pal_parquet_range: what the file's parts take up */
	struct pal_buf             footer, packed, page;
	uint64_t                   footer_at; /* where the data end */
	uint64_t                   rows;      /* of the row groups before this one */
	uint64_t                   may_read;  /* bytes: parts that share their bytes are not read over and over */
	uint64_t                   may_give;  /* bytes of cells: a few bytes can say a text very often */
	bool                       elsewhere; /* it was said that data is in other files */
	struct pal_parquet_column *column;    /* the scratch of the column that is being read */
};

/* What the footer says of one column in one row group. */
struct pal_parquet_chunk {
	struct pal_view file;
	int64_t         type, codec, values, packed;
	int64_t         data_at, dictionary_at;
	int64_t         bloom_at, bloom_len, offsets_at, offsets_len, index_at, index_len;
	struct pal_view least, most, old_least, old_most; /* old: of an order that only signed numbers have */
	int64_t         nulls;
	uint64_t        path; /* a hash of the path as a leaf has it */
	bool            has_meta, has_nulls, has_least, has_most, has_old_least, has_old_most, encrypted;
};

struct pal_parquet_page {
	uint64_t at, body_at; /* of the header, of what follows it */
	int64_t  type, size, packed, crc, values, encoding, def_encoding, rep_encoding, nulls, rows, def_len, rep_len;
	bool     has_crc, unpacked; /* unpacked: version 2, and its values are not compressed */
};

enum pal_parquet_order {
	PAL_PARQUET_NO_ORDER,
	PAL_PARQUET_SIGNED,
	PAL_PARQUET_UNSIGNED,
	PAL_PARQUET_REAL,
	PAL_PARQUET_OF_BYTES
};

/* What the statistics of a column chunk promise, read into numbers once. */
struct pal_parquet_promise {
	enum pal_parquet_order order;
	struct pal_view        least, most;
	int64_t                least_int, most_int;
	double                 least_real, most_real;
	bool                   has_least, has_most;
};

/* parquet_stat.c: what is promised, and whether a raw value keeps it. */
struct pal_parquet_promise pal_parquet_promise_of(const struct pal_parquet_leaf  *leaf,
						  const struct pal_parquet_chunk *chunk);
bool                       pal_parquet_keeps(const struct pal_parquet_promise *s, struct pal_view raw);

enum { PAL_PARQUET_DATA = 0, PAL_PARQUET_INDEX = 1, PAL_PARQUET_DICTIONARY = 2, PAL_PARQUET_DATA_2 = 3 };

/* parquet_schema.c: the leaves, in their order; false when the schema is broken, which is then said. */
PAL_NODISCARD enum pal_err pal_parquet_schema(struct pal_parquet *q, struct pal_thrift t, struct pal_thrift_list l,
					      bool *ret_whole);

/* parquet_footer.c: all that the footer says, and through it all pages. */
PAL_NODISCARD enum pal_err pal_parquet_footer(struct pal_parquet *q);
void                       pal_parquet_use(struct pal_parquet *q, uint64_t begin, uint64_t end);

/* parquet_place.c: overlaps, and bytes that belong to nothing. */
PAL_NODISCARD enum pal_err pal_parquet_places(struct pal_parquet *q);

/*
 * parquet_page.c: a page's header (false: there is none), and its content: of version 2 the levels apart from the
 * values. When *ret_why is set the content cannot be had, and the rule says what that is.
 */
PAL_NODISCARD enum pal_err pal_parquet_page_header(struct pal_parquet *q, uint64_t at, struct pal_parquet_page *p,
						   bool *ret_whole);
PAL_NODISCARD enum pal_err pal_parquet_page_body(struct pal_parquet *q, const struct pal_parquet_page *p, int64_t codec,
						 struct pal_view *ret_levels, struct pal_view *ret_body,
						 const struct pal_rule **ret_rule, const char **ret_why);

/* parquet_column.c: one column chunk, all of its pages; rows is how many its row group has. */
PAL_NODISCARD enum pal_err pal_parquet_column(struct pal_parquet *q, size_t leaf, const struct pal_parquet_chunk *chunk,
					      uint64_t rows);
PAL_NODISCARD enum pal_err pal_parquet_column_new(struct pal_parquet *q);
void                       pal_parquet_column_done(struct pal_parquet *q);

/* ---- parquet_level.c: runs and packed bits (Encodings.md, RLE = 3) ---- */

struct pal_parquet_runs {
	const uint8_t *next, *end;
	unsigned int   bits;
	uint64_t       left;               /* in this run */
	uint64_t       bit;                /* in a packed run: the next one's first bit, from `next` */
	uint32_t       value;              /* of a repeated run */
	bool           packed, high_first; /* high_first: BIT_PACKED = 4 */
};

struct pal_parquet_runs pal_parquet_runs_of(struct pal_view v, unsigned int bits);
struct pal_parquet_runs pal_parquet_bits_of(struct pal_view v, unsigned int bits, bool high_first); /* no headers */

/* The next values, up to n; fewer when the bytes end. */
size_t       pal_parquet_runs_next(struct pal_parquet_runs *r, uint32_t *to, size_t n);
unsigned int pal_parquet_bits_for(uint32_t most);

/* ---- parquet_delta.c: DELTA_BINARY_PACKED = 5 ---- */

struct pal_parquet_delta {
	struct pal_view rest; /* of this miniblock on */
	uint64_t        block, minis, per_mini, total, done;
	uint64_t        last, least; /* as two's complement: sums wrap */
	struct pal_view widths;
	uint64_t        mini, in_mini;
	bool            broken;
};

struct pal_parquet_delta pal_parquet_delta_of(struct pal_view v);
size_t                   pal_parquet_delta_next(struct pal_parquet_delta *d, int64_t *to, size_t n);
struct pal_view          pal_parquet_delta_behind(struct pal_parquet_delta d); /* what follows the last value */

/* ---- parquet_value.c: the values of a page, without its levels ---- */

struct pal_parquet_dictionary {
	struct pal_buf   page, text; /* the entries as they stand there, and as they are written out */
	struct pal_view *raws, *texts;
	size_t           count;
	bool             there;
	uint8_t         *used; /* an entry has a value that refers to it */
	struct pal_arena arena;
};

struct pal_parquet_values {
	enum pal_parquet_encoding      encoding;
	const struct pal_parquet_leaf *leaf;
	struct pal_view                rest;
	struct pal_parquet_runs        runs;
	struct pal_parquet_delta       first, second; /* numbers or lengths; lengths behind a shared start */
	size_t                         count, done;   /* values that the page has, and that have been read */
	struct pal_buf                 scratch;       /* a batch's bytes, where they do not stand in the page */
	struct pal_buf                 last;          /* of DELTA_BYTE_ARRAY: the value before this batch */
	size_t                         dictionary;    /* entries */
	uint32_t                       index[PAL_PARQUET_BATCH]; /* of a batch, into the dictionary */
	int64_t                        numbers[PAL_PARQUET_BATCH], more[PAL_PARQUET_BATCH];
};

/* An encoding that is known, and that the type of the leaf can have. */
bool pal_parquet_may_hold(int64_t encoding, const struct pal_parquet_leaf *leaf);

/* NULL, or why the page's values cannot be read; the encoding may hold them. */
const char *pal_parquet_values_start(struct pal_parquet_values *v, const struct pal_parquet_leaf *leaf,
				     int64_t encoding, struct pal_view bytes, size_t count, size_t dictionary);

/* Up to n raw values (of a dictionary: their indexes alone, into v->index); 0 when the bytes break off. */
size_t pal_parquet_values_next(struct pal_parquet_values *v, struct pal_view *to, size_t n);
bool   pal_parquet_is_dictionary(int64_t encoding);

/* Reads a PLAIN dictionary page that is in d->page; false when it holds something else than `count` values. */
bool pal_parquet_dictionary_read(struct pal_parquet_dictionary *d, const struct pal_parquet_leaf *leaf, size_t count);
struct pal_view pal_parquet_dictionary_raw(const struct pal_parquet_dictionary *d, const struct pal_parquet_leaf *leaf,
					   size_t i);

#endif
