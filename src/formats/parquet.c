/* parquet.c - Apache Parquet from its end: where the footer is, and what one file may cost. */
#include "parquet.h"

#include "palisade/format.h"
#include "zip.h"

#define TAIL       8u /* the footer's length and the mark */
#define TIMES_READ 2u
#define TIMES_SAID 1000u
#define SPARE_READ ((uint64_t)1 << 20)

static unsigned int
parquet_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (!pal_view_starts(head, "PAR1") && !pal_view_starts(head, "PARE"))
		return 0;
	return size >= 12 ? 96 : 70;
}

static enum pal_err
raw(struct pal_parquet *q, const char *why)
{
	PAL_TRY(pal_sink_unread(q->sink, &pal_anomaly_parquet_footer, q->in->size, q->in->size, "%s", why));
	return pal_give_bytes(q->sink, q->in, 0, q->in->size);
}

static enum pal_err
read_footer(struct pal_parquet *q, uint64_t at, uint64_t len)
{
	q->footer_at = at;
	for (uint64_t end = at + len; at < end;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(q->in, at, 1, (size_t)(end - at), &v));
		pal_buf_add(&q->footer, v);
		at += v.len;
	}
	return pal_buf_err(&q->footer);
}

static uint64_t
times(uint64_t size, uint64_t factor, uint64_t spare)
{
	return spare > UINT64_MAX / 2 || size > UINT64_MAX / 2 / factor ? UINT64_MAX : size * factor + spare;
}

static enum pal_err
parse(struct pal_parquet *q)
{
	uint64_t          size = q->in->size;
	struct pal_reader r = pal_reader_at(q->in, size < TAIL ? size : size - TAIL, size < TAIL ? 0 : TAIL);
	uint64_t          len = pal_read_u32le(&r);
	struct pal_view   mark = pal_read_view(&r, 4);

	if (pal_view_is(mark, "PARE")) {
		PAL_TRY(pal_sink_unread(q->sink, &pal_anomaly_parquet_encrypted, 0, size,
					"the footer and all columns are encrypted"));
		return pal_give_bytes(q->sink, q->in, 0, size);
	}
	if (!pal_view_is(mark, "PAR1"))
		return raw(q, "the file does not end with PAR1: it was cut short, or something was put behind it");
	if (size < TAIL + 4 || len > size - TAIL - 4)
		return raw(q, "the footer is longer than the file");
	if (len > PAL_PARQUET_FOOTER)
		return raw(q, "the footer is longer than 128 MiB");
	PAL_TRY(read_footer(q, size - TAIL - len, len));
	q->may_read = times(size, TIMES_READ, SPARE_READ);
	q->may_give = times(size, TIMES_SAID, q->sink->limits->output);
	PAL_TRY(pal_parquet_column_new(q));
	PAL_TRY(pal_parquet_footer(q));
	return pal_parquet_places(q);
}

static void
done(struct pal_parquet *q)
{
	pal_parquet_column_done(q);
	pal_buf_done(&q->footer);
	pal_buf_done(&q->packed);
	pal_buf_done(&q->page);
	pal_arena_done(&q->arena);
}

static enum pal_err
parquet_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(done))) struct pal_parquet q = { .in = in, .sink = sink };

	pal_arena_init(&q.arena, (size_t)128 << 20);
	q.leaves = pal_list_of(&q.arena, sizeof(struct pal_parquet_leaf));
	q.ranges = pal_list_of(&q.arena, sizeof(struct pal_parquet_range));
	q.footer = pal_buf_of((size_t)PAL_PARQUET_FOOTER);
	q.packed = pal_buf_of((size_t)PAL_PARQUET_PAGE);
	q.page = pal_buf_of((size_t)PAL_PARQUET_PAGE + 1);
	PAL_TRY(parse(&q));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_parquet = {
	.name = "parquet",
	.summary = "Apache Parquet tables",
	.covers =
	    "Every value of every column, page by page, as cells with the number of their record; nested columns under "
	    "their dotted path, each value a cell. All types and encodings of parquet-format 2.11 (plain, "
	    "dictionaries, "
	    "runs, packed bits, the three kinds of differences, split streams), both page versions, Snappy, gzip, "
	    "Brotli, "
	    "Zstandard and LZ4. Footer, schema and row groups, key-value metadata (Arrow's schema as a file of its "
	    "own), "
	    "checksums of pages, counts, statistics against the values, and whether parts overlap, leave the file or "
	    "leave "
	    "bytes that belong to nothing. Values of bytes that are files are members. Reported and not read: "
	    "encrypted "
	    "columns and footers, LZO, pages above 64 MiB, dictionaries above two million values. Passed over: column "
	    "indexes, Bloom filters, and floating-point numbers in lists.",
	.probe = parquet_probe,
	.parse = parquet_parse,
};
