/* avro.c - the blocks of an object container file, record by record along the schema; to audit: take_value() and its
 * budgets of depth and items. */
#include "avro.h"

#include "block.h"
#include "cell_blob.h"
#include "json_record.h"
#include "palisade/format.h"
#include "zip.h"

#define MARK       "Obj\001"
#define BLOCK_MOST ((uint64_t)64 << 20)
#define META_MOST  1000u /* pairs in the header */
#define LONG_LEAST 7u    /* digits of a whole number in a list that is worth a look */
#define PATH_MOST  ((size_t)4096)
#define EMPTY_MOST ((uint64_t)1 << 20) /* records and items that take no byte */

struct table {
	struct pal_input   *in;
	struct pal_sink    *sink;
	struct pal_arena    arena;
	struct pal_list     types;
	struct pal_json_row row;
	struct pal_buf      schema, codec, packed, block, text, path;
	uint8_t             sync[16];
	uint64_t            records, empty;
	struct pal_place    place;

	/* the block */
	struct pal_reader r;
	unsigned int      depth, lists;
	const char       *wrong;
};

static unsigned int
avro_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_view_starts(head, MARK) ? 96 : 0;
}

/* Variable-length zig-zag (Specification, "Binary Encoding"). */
static int64_t
read_long(struct pal_reader *r)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t b = pal_read_u8(r);

		n |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			break;
	}
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static struct pal_view
read_bytes(struct pal_reader *r)
{
	int64_t len = read_long(r);

	return pal_read_view(r, len < 0 ? UINT64_MAX : (uint64_t)len);
}

/* The next block of an array or a map: how many items; a negative count has the size of the block behind it. */
static uint64_t
read_count(struct pal_reader *r)
{
	int64_t n = read_long(r);

	if (n >= 0)
		return (uint64_t)n;
	(void)read_long(r);
	return 0 - (uint64_t)n;
}

/* ---- values ---- */

static void
wrong(struct table *t, const char *why)
{
	if (t->wrong == NULL)
		t->wrong = why;
}

/* A count says nothing about the time that values without a byte may take. */
static void
count_empty(struct table *t, uint64_t before)
{
	if (t->r.offset == before && ++t->empty > EMPTY_MOST)
		wrong(t, "more than 1,048,576 values without a byte");
}

/* Inside of lists and maps there is no column: texts, and numbers long enough to be somebody's. */
static enum pal_err
give_loose(struct table *t, const struct pal_avro_node *n, struct pal_view text)
{
	struct pal_place place = t->place;
	bool             number = n->type == PAL_AVRO_INT || n->type == PAL_AVRO_LONG;

	place.field = pal_buf_text(&t->path);
	if (n->cell.kind == PAL_CELL_FLOAT || n->cell.kind == PAL_CELL_BOOL || (number && text.len < LONG_LEAST))
		return PAL_OK;
	return pal_give_text(t->sink, text, &place);
}

static enum pal_err
give_value(struct table *t, const struct pal_avro_node *n, struct pal_view raw)
{
	char            written[PAL_CELL_MOST];
	struct pal_view text = raw;
	size_t          column = 0;

	if (n->cell.kind == PAL_CELL_BYTES && !pal_blob_is_text(raw))
		return pal_blob_give(t->sink, raw, &t->place, pal_buf_text(&t->path));
	if (n->cell.kind != PAL_CELL_BYTES && n->cell.kind != PAL_CELL_TEXT)
		text = (struct pal_view){ (const uint8_t *)written, pal_cell_write(&n->cell, raw, written) };
	column = t->lists > 0 ? PAL_JSON_COLUMNS : pal_json_row_column(&t->row, pal_buf_view(&t->path));
	if (column == PAL_JSON_COLUMNS || pal_json_row_has(&t->row, column))
		return give_loose(t, n, text);
	pal_json_row_set(&t->row, column, t->text.len, text.len);
	pal_buf_add(&t->text, text);
	return pal_buf_err(&t->text);
}

static enum pal_err
take_plain(struct table *t, const struct pal_avro_node *n)
{
	uint8_t         bytes[8];
	struct pal_view v = { bytes, 8 };
	uint64_t        number = 0;

	if (n->type == PAL_AVRO_BYTES || n->type == PAL_AVRO_STRING)
		v = read_bytes(&t->r);
	else if (n->type == PAL_AVRO_FIXED)
		v = pal_read_view(&t->r, n->size);
	else if (n->type == PAL_AVRO_BOOLEAN)
		v = pal_read_view(&t->r, 1);
	else if (n->type == PAL_AVRO_FLOAT)
		v = pal_read_view(&t->r, 4);
	else if (n->type == PAL_AVRO_DOUBLE)
		v = pal_read_view(&t->r, 8);
	else
		number = (uint64_t)read_long(&t->r);
	if (v.data == bytes)
		for (unsigned int i = 0; i < 8; i++)
			bytes[i] = (uint8_t)(number >> (8 * i));
	if (pal_reader_err(&t->r) == PAL_OK && n->type == PAL_AVRO_ENUM) {
		if (number >= n->count)
			wrong(t, "a symbol that its enumeration does not have");
		else
			v = n->names[number];
	}
	return pal_reader_err(&t->r) == PAL_OK && t->wrong == NULL ? give_value(t, n, v) : PAL_OK;
}

static enum pal_err take_value(struct table *t, const struct pal_avro_node *n);

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
take_inside(struct table *t, size_t type, struct pal_view name)
{
	size_t       len = t->path.len;
	enum pal_err err = PAL_OK;

	if (len > 0 && name.len > 0 && !pal_view_is(name, "[]"))
		pal_buf_add_byte(&t->path, '.');
	for (size_t i = 0; i < name.len && i < 200 && t->path.len < PATH_MOST; i++)
		pal_buf_add_byte(&t->path, name.data[i] < 0x20 || name.data[i] == 0x7f ? '?' : name.data[i]);
	err = take_value(t, pal_list_at(&t->types, type));
	t->path.len = len;
	t->path.data[len] = '\0';
	return err;
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
take_items(struct table *t, const struct pal_avro_node *n)
{
	enum pal_err err = PAL_OK;

	t->lists++;
	for (uint64_t left = read_count(&t->r); left > 0 && err == PAL_OK; left = read_count(&t->r)) {
		for (; left > 0 && err == PAL_OK && t->wrong == NULL && pal_reader_err(&t->r) == PAL_OK; left--) {
			struct pal_view key = pal_view_of("[]");
			uint64_t        before = t->r.offset;

			if (n->type == PAL_AVRO_MAP)
				key = read_bytes(&t->r);
			err = take_inside(t, n->inside[0], key);
			count_empty(t, before);
		}
		if (t->wrong != NULL || pal_reader_err(&t->r) != PAL_OK)
			break;
	}
	t->lists--;
	return err;
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
take_parts(struct table *t, const struct pal_avro_node *n)
{
	uint64_t branch = 0;

	if (n->type == PAL_AVRO_ARRAY || n->type == PAL_AVRO_MAP)
		return take_items(t, n);
	if (n->type == PAL_AVRO_UNION) {
		branch = (uint64_t)read_long(&t->r);
		if (branch < n->count)
			return take_inside(t, n->inside[branch], (struct pal_view){ 0 });
		wrong(t, "a branch that its union does not have");
		return PAL_OK;
	}
	for (size_t i = 0; i < n->count && t->wrong == NULL && pal_reader_err(&t->r) == PAL_OK; i++)
		PAL_TRY(take_inside(t, n->inside[i], n->names[i]));
	return PAL_OK;
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
take_value(struct table *t, const struct pal_avro_node *n)
{
	bool parts = n->type == PAL_AVRO_RECORD || n->type == PAL_AVRO_ARRAY || n->type == PAL_AVRO_MAP ||
		     n->type == PAL_AVRO_UNION;
	enum pal_err err = PAL_OK;

	if (t->depth == PAL_AVRO_NESTED || t->sink->limits->items == 0) {
		wrong(t,
		      t->depth == PAL_AVRO_NESTED ? "values nested too deeply" : "values for which no budget is left");
		return PAL_OK;
	}
	t->sink->limits->items--;
	if (n->type == PAL_AVRO_NULL)
		return PAL_OK;
	if (!parts)
		return take_plain(t, n);
	t->depth++;
	err = take_parts(t, n);
	t->depth--;
	return err;
}

/* ---- blocks ---- */

static enum pal_err
take_records(struct table *t, uint64_t count, uint64_t at, uint64_t len)
{
	const char *why = NULL;

	t->wrong = NULL;
	for (uint64_t i = 0; i < count && t->wrong == NULL && pal_reader_err(&t->r) == PAL_OK; i++) {
		uint64_t before = t->r.offset;

		pal_buf_clear(&t->text);
		pal_json_row_start(&t->row);
		t->place.row = ++t->records;
		PAL_TRY(take_inside(t, 0, (struct pal_view){ 0 }));
		PAL_TRY(pal_json_row_give(&t->row, pal_buf_view(&t->text), &t->place));
		count_empty(t, before);
	}
	why = t->wrong != NULL                  ? t->wrong
	      : pal_reader_err(&t->r) != PAL_OK ? "values that end behind their block"
	      : !pal_reader_done(&t->r)         ? "bytes behind its records"
						: NULL;
	if (why == NULL)
		return PAL_OK;
	return pal_sink_unread(t->sink, &pal_anomaly_avro_broken, at, len, "the block at %llu has %s",
			       (unsigned long long)at, why);
}

/* Snappy's blocks have the CRC-32 of their content behind them. */
static enum pal_err
unpack(struct table *t, struct pal_view packed, bool *ret_known, enum pal_unpack_end *ret_end)
{
	static const struct {
		const char    *name;
		enum pal_block how;
	} codecs[] = { { "deflate", PAL_BLOCK_DEFLATE },
		       { "snappy", PAL_BLOCK_SNAPPY },
		       { "zstandard", PAL_BLOCK_ZSTD },
		       { "bzip2", PAL_BLOCK_BZIP2 },
		       { "xz", PAL_BLOCK_XZ } };
	struct pal_view codec = pal_buf_view(&t->codec);

	*ret_known = codec.len == 0 || pal_view_is(codec, "null");
	*ret_end = PAL_UNPACK_WHOLE;
	if (*ret_known) {
		t->r = pal_reader_of(packed);
		return PAL_OK;
	}
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]) && !*ret_known; i++) {
		if (!pal_view_is(codec, codecs[i].name))
			continue;
		*ret_known = true;
		if (codecs[i].how == PAL_BLOCK_SNAPPY)
			packed.len = packed.len < 4 ? 0 : packed.len - 4;
		PAL_TRY(pal_block_unpack_all(codecs[i].how, packed, (size_t)BLOCK_MOST, &t->block, ret_end));
		t->r = pal_reader_of(pal_buf_view(&t->block));
	}
	return PAL_OK;
}

static enum pal_err
take_block(struct table *t, uint64_t count, uint64_t at, uint64_t len)
{
	struct pal_view     packed = { 0 };
	bool                known = false;
	enum pal_unpack_end end = PAL_UNPACK_WHOLE;

	t->place = (struct pal_place){ .offset = at };
	if (len > BLOCK_MOST)
		return pal_sink_unread(t->sink, &pal_anomaly_format_limit, at, len, "a block of more than 64 MiB");
	pal_buf_clear(&t->packed);
	while (t->in->fd >= 0 && t->packed.len < len) {
		uint64_t done = t->packed.len;

		PAL_TRY(pal_input_view(t->in, at + done, 1, (size_t)(len - done), &packed));
		pal_buf_add(&t->packed, packed);
		PAL_TRY(pal_buf_err(&t->packed));
	}
	packed = pal_buf_view(&t->packed);
	if (t->in->fd < 0)
		PAL_TRY(pal_input_view(t->in, at, (size_t)len, (size_t)len, &packed));
	PAL_TRY(unpack(t, packed, &known, &end));
	if (known && end == PAL_UNPACK_WHOLE)
		return take_records(t, count, at, len);
	return pal_sink_unread(t->sink, !known ? &pal_anomaly_avro_codec : &pal_anomaly_avro_broken, at, len,
			       "the block at %llu %s", (unsigned long long)at,
			       known ? "does not unpack, or to more than 64 MiB"
				     : "is compressed in a way that is not known");
}

static enum pal_err
broken(struct table *t, uint64_t at, const char *why)
{
	PAL_TRY(pal_sink_unread(t->sink, &pal_anomaly_avro_broken, at, t->in->size - at, "at %llu: %s",
				(unsigned long long)at, why));
	return pal_give_bytes(t->sink, t->in, at, t->in->size - at);
}

/* Blocks: a count of records, a size, the records, and the mark that the header has. */
static enum pal_err
take_blocks(struct table *t, uint64_t at)
{
	while (at < t->in->size) {
		struct pal_reader r = pal_reader_at(t->in, at, t->in->size - at);
		int64_t           count = read_long(&r), len = read_long(&r);
		uint64_t          body = t->in->size - pal_reader_left(&r);
		struct pal_view   sync = { 0 };

		if (pal_reader_err(&r) != PAL_OK || count < 0 || len < 0 || (uint64_t)len > t->in->size - body ||
		    t->in->size - body - (uint64_t)len < sizeof(t->sync))
			return broken(t, at, "a block that is cut short, or longer than the file");
		PAL_TRY(take_block(t, (uint64_t)count, body, (uint64_t)len));
		PAL_TRY(pal_input_view(t->in, body + (uint64_t)len, sizeof(t->sync), sizeof(t->sync), &sync));
		if (!pal_view_eq(pal_view_sub(sync, 0, sizeof(t->sync)), (struct pal_view){ t->sync, sizeof(t->sync) }))
			return broken(t, body + (uint64_t)len, "a block does not end with the mark of the header");
		at = body + (uint64_t)len + sizeof(t->sync);
	}
	return PAL_OK;
}

static enum pal_err
take_pair(struct table *t, struct pal_reader *r)
{
	PAL_AUTO_BUF    key = pal_buf_of(4096);
	struct pal_view v = read_bytes(r);

	pal_buf_add(&key, pal_view_sub(v, 0, 4000));
	v = read_bytes(r);
	if (pal_view_is(pal_buf_view(&key), "avro.schema"))
		pal_buf_add(&t->schema, v);
	else if (pal_view_is(pal_buf_view(&key), "avro.codec"))
		pal_buf_add(&t->codec, v);
	return v.len == 0 ? PAL_OK : pal_give_metas(t->sink, pal_buf_view(&key), v, 4);
}

static enum pal_err
parse(struct table *t)
{
	struct pal_reader r = pal_reader_at(t->in, 4, t->in->size < 4 ? 0 : t->in->size - 4);
	const char       *why = NULL;
	unsigned int      pairs = 0;

	for (uint64_t left = read_count(&r); left > 0; left = read_count(&r))
		for (; left > 0 && pal_reader_err(&r) == PAL_OK && pairs <= META_MOST; left--, pairs++)
			PAL_TRY(take_pair(t, &r));
	for (size_t i = 0; i < sizeof(t->sync); i++)
		t->sync[i] = pal_read_u8(&r);
	if (pal_reader_err(&r) != PAL_OK || pairs > META_MOST)
		return broken(t, 0, "a header that is cut short, or has too many entries");
	why = pal_avro_schema(pal_buf_view(&t->schema), &t->arena, &t->types);
	if (why == NULL)
		return take_blocks(t, t->in->size - pal_reader_left(&r));
	PAL_TRY(
	    pal_sink_unread(t->sink, &pal_anomaly_avro_broken, 4, t->in->size, "the schema cannot be used: %s", why));
	return pal_give_bytes(t->sink, t->in, 0, t->in->size);
}

static void
done(struct table *t)
{
	struct pal_buf *const all[] = { &t->schema, &t->codec, &t->packed, &t->block, &t->text, &t->path };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		pal_buf_done(all[i]);
	pal_arena_done(&t->arena);
}

static enum pal_err
avro_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(done))) struct table t = { .in = in, .sink = sink };

	pal_arena_init(&t.arena, (size_t)64 << 20);
	t.schema = pal_buf_of((size_t)4 << 20);
	t.codec = pal_buf_of(4096);
	t.packed = pal_buf_of((size_t)BLOCK_MOST);
	t.block = pal_buf_of((size_t)BLOCK_MOST + ((size_t)1 << 20));
	t.text = pal_buf_of((size_t)2 * BLOCK_MOST);
	t.path = pal_buf_of(2 * PATH_MOST);
	pal_buf_add_text(&t.path, "");
	PAL_TRY(pal_json_row_init(&t.row, sink));
	PAL_TRY(parse(&t));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_avro = {
	.name = "avro",
	.summary = "Apache Avro object container files",
	.covers = "Every value of every record along the file's own schema: plain members as cells of a row, under "
		  "their dotted "
		  "path; texts, and whole numbers of 7 digits and more, inside of arrays and maps as text with their "
		  "path. All types, "
		  "unions, names that refer to each other, the usual logical types; blocks bare or with deflate, "
		  "Snappy, Zstandard, "
		  "bzip2 and xz. The schema and other metadata; blocks that break off, or do not end with the file's "
		  "mark. Values "
		  "more than 64 levels deep and blocks above 64 MiB are reported and not read; Snappy's checksums are "
		  "not checked.",
	.probe = avro_probe,
	.parse = avro_parse,
};
