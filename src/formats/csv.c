/* csv.c - tables as text, a record at a time; what a record without an end does is in take_broken(). */
#include "csv.h"
#include "feed.h"
#include "give.h"
#include "palisade/format.h"
#include "zip.h"
#include "palisade/mem.h"

#define RECORD_MAX   ((size_t)16 << 20)
#define SAMPLE       ((size_t)64 * 1024)
#define SAMPLE_ROWS  24
#define UNCLOSED_MAX 100 /* quotes without an end; past it they are characters like any other */

struct table {
	struct pal_feed        feed;
	struct pal_sink       *sink;
	struct pal_csv_dialect how;
	struct pal_view       *cells; /* of the arena */
	size_t                 columns;
	bool                   header;
	unsigned int           unclosed;
	uint64_t               row; /* of the record that comes next: the header is 0 */
};

static bool
has_nul(struct pal_view head)
{
	return pal_view_find_byte(head, 0, 0) != SIZE_MAX;
}

static unsigned int
csv_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".csv", ".tsv", ".tab", ".psv", NULL };
	struct pal_csv_dialect   how = { 0 };
	size_t                   mark = 0, bad = 0;
	bool                     named = pal_name_ends(name, endings);
	enum pal_encoding        e = pal_encoding_of(head, &mark);

	head = pal_view_sub(head, mark, head.len);
	if (e == PAL_ENCODING_UTF16LE || e == PAL_ENCODING_UTF16BE)
		return named ? 45 : 0;
	if (head.len == 0 || has_nul(head))
		return 0;
	if (!pal_utf8_prefix(head, &bad) && !named)
		return 0;
	how = pal_csv_detect(head, head.len + mark == size);
	if (how.columns > 1 && how.agreement >= 90 && how.records >= (named ? 2u : 3u))
		return named ? 65 : 58;
	return named ? 40 : 0;
}

static enum pal_err
give_columns(struct table *t, size_t count, uint64_t length)
{
	struct pal_content c = { .kind = PAL_CONTENT_COLUMNS, .cells = t->cells, .cell_count = count };

	c.place = (struct pal_place){ .offset = t->feed.offset, .length = length };
	for (size_t i = 0; i < count; i++)
		t->cells[i] = pal_view_trim(t->cells[i]);
	for (size_t i = 1; i < count && count <= 1024; i++)
		for (size_t j = 0; j < i; j++)
			if (pal_view_eq(t->cells[i], t->cells[j]))
				PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_csv_duplicate_column, t->feed.offset,
							 "columns %zu and %zu have one name", j + 1, i + 1));
	return pal_sink_take(t->sink, &c);
}

/* A table without a header: its columns are named by their numbers. */
static enum pal_err
give_numbered_columns(struct table *t)
{
	struct pal_content c = { .kind = PAL_CONTENT_COLUMNS, .cells = t->cells, .cell_count = t->columns };

	for (size_t i = 0; i < t->columns; i++)
		t->cells[i] = pal_view_of(pal_arena_printf(t->sink->arena, "column_%zu", i + 1));
	PAL_TRY(pal_arena_err(t->sink->arena));
	return pal_sink_take(t->sink, &c);
}

/* One record of len bytes at the front of the feed. */
static enum pal_err
take_record(struct table *t, size_t len, bool quotes)
{
	struct pal_content   c = { .kind = PAL_CONTENT_ROW, .cells = t->cells };
	struct pal_csv_split s = { 0 };

	if (len == 0)
		return PAL_OK; /* a blank line is no record */
	if (t->sink->limits->items == 0)
		return PAL_OK;
	s = pal_csv_split(t->feed.data + t->feed.pos, len, &t->how, quotes, t->cells);
	if (s.stray)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_csv_stray_quote, t->feed.offset,
					 "row %llu: text after a closing quote", (unsigned long long)t->row));
	if (t->header && t->row == 0) {
		t->row = 1;
		t->columns = s.count;
		return give_columns(t, s.count, len);
	}
	if (s.more)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_format_limit, t->feed.offset,
					 "row %llu: more than %d cells; the last one holds the rest",
					 (unsigned long long)t->row, PAL_CSV_COLUMNS));
	else if (s.count != t->columns)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_csv_ragged, t->feed.offset,
					 "row %llu: %zu cells, expected %zu", (unsigned long long)t->row, s.count,
					 t->columns));
	c.cell_count = s.count;
	c.place = (struct pal_place){ .offset = t->feed.offset, .length = len, .row = t->row++ };
	if (--t->sink->limits->items == 0)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_format_limit, t->feed.offset,
					 "the budget of records is used up at row %llu",
					 (unsigned long long)c.place.row));
	return pal_sink_take(t->sink, &c);
}

/* No end was found for the record at the front: its quote is taken as a character, and the line as the record. */
static enum pal_err
take_broken(struct table *t, const struct pal_csv_scan *scan)
{
	struct pal_view  v = pal_feed_view(&t->feed);
	struct pal_place place = { .offset = t->feed.offset, .row = t->row };
	size_t           end = pal_view_find_byte(v, t->how.eol, scan->quoted ? scan->quote_at : 0);
	size_t           next = end == SIZE_MAX ? v.len : end + 1;

	if (scan->quoted && t->unclosed++ < UNCLOSED_MAX)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_csv_unclosed_quote,
					 pal_feed_offset(&t->feed, scan->quote_at),
					 "row %llu: the quote is not closed in %zu bytes", (unsigned long long)t->row,
					 v.len - scan->quote_at));
	if (end == SIZE_MAX && v.len >= RECORD_MAX) {
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_format_limit, t->feed.offset,
					 "row %llu: longer than %zu bytes; read as plain text",
					 (unsigned long long)t->row, RECORD_MAX));
		PAL_TRY(pal_give_text(t->sink, v, &place));
	} else {
		end = end == SIZE_MAX ? v.len : end;
		if (end > 0 && v.data[end - 1] == '\r')
			end--;
		PAL_TRY(take_record(t, end, !scan->quoted));
	}
	pal_feed_skip(&t->feed, next);
	return PAL_OK;
}

static enum pal_err
next_record(struct table *t)
{
	struct pal_csv_scan scan = { .in_cell = false };
	size_t              end = 0, next = 0;

	for (;;) {
		enum pal_err err = PAL_OK;

		if (t->unclosed >= UNCLOSED_MAX) {
			end = pal_view_find_byte(pal_feed_view(&t->feed), t->how.eol, 0);
			if (end != SIZE_MAX) {
				PAL_TRY(take_record(t, end, false));
				pal_feed_skip(&t->feed, end + 1);
				return PAL_OK;
			}
		} else if (pal_csv_record(pal_feed_view(&t->feed), &t->how, &scan, &end, &next)) {
			PAL_TRY(take_record(t, end, true));
			pal_feed_skip(&t->feed, next);
			return PAL_OK;
		}
		if (pal_feed_ended(&t->feed)) {
			if (scan.quoted && scan.at + 1 == pal_feed_view(&t->feed).len)
				scan.quoted = false; /* the file ends with the closing quote */
			return take_broken(t, &scan);
		}
		err = pal_feed_more(&t->feed);
		if (err == PAL_ELIMIT)
			return take_broken(t, &scan);
		PAL_TRY(err);
	}
}

/* Splits a copy of the first records, because splitting changes what it splits. */
static enum pal_err
look_for_header(struct table *t, struct pal_view sample, bool whole)
{
	struct pal_view *rows[SAMPLE_ROWS] = { 0 };
	size_t           counts[SAMPLE_ROWS] = { 0 }, n = 0;
	uint8_t         *copy = pal_arena_array(t->sink->arena, sample.len + 1, 1);

	PAL_TRY(pal_arena_err(t->sink->arena));
	pal_mem_copy(copy, sample.len, sample.data, sample.len);
	while (sample.len > 0 && n < SAMPLE_ROWS) {
		struct pal_csv_scan scan = { .in_cell = false };
		size_t              end = sample.len, next = end;

		if (!pal_csv_record(sample, &t->how, &scan, &end, &next) && !whole)
			break;
		if (end > 0) {
			counts[n] = pal_csv_split(copy, end, &t->how, true, t->cells).count;
			rows[n] = pal_arena_array(t->sink->arena, counts[n], sizeof(*rows[n]));
			PAL_TRY(pal_arena_err(t->sink->arena));
			pal_mem_copy(rows[n], counts[n] * sizeof(*rows[n]), t->cells, counts[n] * sizeof(*rows[n]));
			n++;
		}
		copy += next;
		sample = pal_view_sub(sample, next, sample.len);
	}
	t->header = pal_csv_header(rows, counts, n);
	return PAL_OK;
}

static enum pal_err
start(struct table *t)
{
	struct pal_view sample = { 0 };
	bool            whole = false;

	while (!pal_feed_ended(&t->feed) && pal_feed_view(&t->feed).len < SAMPLE)
		PAL_TRY(pal_feed_more(&t->feed));
	sample = pal_view_sub(pal_feed_view(&t->feed), 0, SAMPLE);
	whole = pal_feed_ended(&t->feed) && sample.len == pal_feed_view(&t->feed).len;
	if (sample.len == 0)
		return PAL_OK;
	t->how = pal_csv_detect(sample, whole);
	t->columns = t->how.columns;
	t->cells = pal_arena_array(t->sink->arena, PAL_CSV_COLUMNS, sizeof(*t->cells));
	PAL_TRY(pal_arena_err(t->sink->arena));
	PAL_TRY(look_for_header(t, sample, whole));
	if (t->header)
		return PAL_OK;
	t->row = 1;
	return give_numbered_columns(t);
}

static void
table_done(struct table *t)
{
	pal_feed_close(&t->feed);
}

static enum pal_err
csv_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(table_done))) struct table t = { .sink = sink };

	PAL_TRY(pal_feed_open(&t.feed, in, sink->limits->text < RECORD_MAX ? sink->limits->text : RECORD_MAX));
	PAL_TRY(start(&t));
	while (pal_feed_view(&t.feed).len > 0 || !pal_feed_ended(&t.feed))
		PAL_TRY(next_record(&t));
	if (t.feed.bad)
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_text_encoding, t.feed.bad_at, "not UTF-8: read as %s",
					 t.feed.encoding == PAL_ENCODING_UTF8 ? "it is"
									      : pal_encoding_name(t.feed.encoding)));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_csv = {
	.name = "csv",
	.summary = "tables as text: CSV and TSV",
	.covers =
	    "Every record, streaming, with row (the first record under the header is 1) and offset. The delimiter "
	    "(comma, semicolon, tab, bar), a header, CRLF, byte order marks, UTF-16 and Latin-1 are detected; a table "
	    "without header gets column_1, column_2 ... Quoting as in RFC 4180; ragged records, quotes without an end, "
	    "text after a quote and columns of one name are reported. A record above 16 MiB is read as plain text.",
	.probe = csv_probe,
	.parse = csv_parse,
};
