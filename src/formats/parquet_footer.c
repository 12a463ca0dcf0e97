/* parquet_footer.c - FileMetaData of parquet.thrift, and through it all that the file holds. */
#include "parquet.h"

#include "palisade/hex.h"

#define EMPTY_MOST 256 /* bytes of a chunk without values */

/* Where the parts of the footer begin; they are read in an order of ours. */
struct parts {
	struct pal_thrift      schema_at, groups_at, pairs_at;
	struct pal_thrift_list schema, groups, pairs;
	unsigned int           schemas, group_lists;
	int64_t                rows;
	struct pal_view        writer;
};

static enum pal_err
broken(struct pal_parquet *q, const char *what)
{
	return pal_sink_unread(q->sink, &pal_anomaly_parquet_footer, q->footer_at, 0, "the footer %s", what);
}

static void
read_parts(struct pal_thrift *t, struct parts *p)
{
	struct pal_thrift_field f = { 0 };

	while (pal_thrift_next(t, &f)) {
		struct pal_thrift_list l = { 0 };

		if (f.id == 3)
			p->rows = pal_thrift_int(t, &f);
		else if (f.id == 6)
			p->writer = pal_thrift_binary(t, &f);
		if (f.id != 2 && f.id != 4 && f.id != 5)
			continue;
		l = pal_thrift_list(t, &f);
		if (f.id == 2) {
			p->schema_at = *t;
			p->schema = l;
			p->schemas++;
		} else if (f.id == 4) {
			p->groups_at = *t;
			p->groups = l;
			p->group_lists++;
		} else {
			p->pairs_at = *t;
			p->pairs = l;
		}
		pal_thrift_skip_list(t, &l);
	}
}

/* A table of Arrow keeps its own schema in base64: types of extensions, and what loads them, are in there. */
static enum pal_err
give_pair(struct pal_parquet *q, struct pal_view key, struct pal_view value)
{
	PAL_AUTO_BUF     bytes = pal_buf_of((size_t)PAL_PARQUET_FOOTER);
	struct pal_input member = { .fd = -1 };

	if (pal_view_is(key, "ARROW:schema") && pal_base64_decode_padded(value, &bytes) == PAL_OK) {
		member = pal_input_of_view(pal_buf_view(&bytes));
		return pal_give_member_input(q->sink, &member, q->footer_at, key);
	}
	return pal_give_metas(q->sink, key.len == 0 ? pal_view_of("(no key)") : key, value, q->footer_at);
}

static enum pal_err
give_pairs(struct pal_parquet *q, struct parts *p)
{
	struct pal_thrift *t = &p->pairs_at;

	if (p->writer.len > 0)
		PAL_TRY(pal_give_metas(q->sink, pal_view_of("created_by"), p->writer, q->footer_at));
	while (pal_thrift_item_struct(t, &p->pairs)) {
		struct pal_thrift_field f = { 0 };
		struct pal_view         key = { 0 }, value = { 0 };

		while (pal_thrift_next(t, &f)) {
			if (f.id == 1)
				key = pal_thrift_binary(t, &f);
			else if (f.id == 2)
				value = pal_thrift_binary(t, &f);
		}
		PAL_TRY(give_pair(q, key, value));
	}
	return PAL_OK;
}

/* ---- one column chunk ---- */

static void
read_statistics(struct pal_thrift *t, struct pal_parquet_chunk *c)
{
	struct pal_thrift_field f = { 0 };
	struct pal_view *const  views[] = { NULL, &c->old_most, &c->old_least, NULL, NULL, &c->most, &c->least };
	bool *const has[] = { NULL, &c->has_old_most, &c->has_old_least, NULL, NULL, &c->has_most, &c->has_least };

	while (pal_thrift_next(t, &f)) {
		if (f.id == 3) {
			c->nulls = pal_thrift_int(t, &f);
			c->has_nulls = true;
		} else if (f.id >= 1 && f.id <= 6 && views[f.id] != NULL) {
			*views[f.id] = pal_thrift_binary(t, &f);
			*has[f.id] = true;
		}
	}
}

/* The same letters as a leaf's path has, without building it. */
static uint64_t
hash_path(struct pal_thrift *t, struct pal_thrift_list *l)
{
	struct pal_view part = { 0 };
	uint64_t        h = PAL_HASH_START;

	for (bool first = true; pal_thrift_item_binary(t, l, &part); first = false) {
		if (!first)
			h = pal_view_hash(h, pal_view_of("."));
		for (size_t i = 0; i < part.len && i < 200; i++) {
			uint8_t c = part.data[i] < 0x20 || part.data[i] == 0x7f ? '?' : part.data[i];

			h = pal_view_hash(h, (struct pal_view){ &c, 1 });
		}
	}
	return h;
}

static void
read_column_meta(struct pal_thrift *t, struct pal_parquet_chunk *c)
{
	struct pal_thrift_field f = { 0 };
	int64_t *const          parts[] = { NULL, &c->type,   NULL,         NULL,         &c->codec, &c->values,
					    NULL, &c->packed, NULL,         &c->data_at,  NULL,      &c->dictionary_at,
					    NULL, NULL,       &c->bloom_at, &c->bloom_len };

	c->has_meta = true;
	while (pal_thrift_next(t, &f)) {
		if (f.id == 3) {
			struct pal_thrift_list l = pal_thrift_list(t, &f);

			c->path = hash_path(t, &l);
		} else if (f.id == 12 && pal_thrift_struct(t, &f)) {
			read_statistics(t, c);
		} else if (f.id >= 1 && f.id <= 15 && parts[f.id] != NULL) {
			*parts[f.id] = pal_thrift_int(t, &f);
		}
	}
}

static void
read_chunk(struct pal_thrift *t, struct pal_parquet_chunk *c)
{
	struct pal_thrift_field f = { 0 };
	int64_t *const          parts[] = {
			 NULL, NULL, NULL, NULL, &c->offsets_at, &c->offsets_len, &c->index_at, &c->index_len
	};

	while (pal_thrift_next(t, &f)) {
		c->encrypted = c->encrypted || f.id == 8 || f.id == 9;
		if (f.id == 1)
			c->file = pal_thrift_binary(t, &f);
		else if (f.id == 3 && pal_thrift_struct(t, &f))
			read_column_meta(t, c);
		else if (f.id >= 4 && f.id <= 7)
			*parts[f.id] = pal_thrift_int(t, &f);
	}
}

static void
use(struct pal_parquet *q, int64_t at, int64_t len)
{
	uint64_t end = q->footer_at;

	if (at <= 0 || len < 0 || (uint64_t)at > end || (uint64_t)len > end - (uint64_t)at)
		return;
	pal_parquet_use(q, (uint64_t)at, (uint64_t)at + (uint64_t)len);
}

/* Column indexes and Bloom filters say what the pages say, in short; they are known, and not read. */
static void
use_indexes(struct pal_parquet *q, const struct pal_parquet_chunk *c)
{
	use(q, c->offsets_at, c->offsets_len);
	use(q, c->index_at, c->index_len);
	use(q, c->bloom_at, c->bloom_len);
	if (c->bloom_len == 0) /* older writers do not say how long it is */
		use(q, c->bloom_at, 0);
}

/* The data is in another file of the same folder (_metadata of a partitioned table): examined as what it is. */
static enum pal_err
take_elsewhere(struct pal_parquet *q, const struct pal_parquet_leaf *leaf, const struct pal_parquet_chunk *c)
{
	struct pal_content piece = {
		.kind = PAL_CONTENT_REFERENCE,
		.place = { .offset = q->footer_at, .field = leaf->path },
		.name = pal_view_of("file_path"),
		.text = c->file,
		.loader = "parquet",
	};

	if (!q->elsewhere)
		PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_parquet_elsewhere, q->footer_at,
					 "the values of columns are in other files, \"%.*s\" the first",
					 (int)(c->file.len < 100 ? c->file.len : 100), (const char *)c->file.data));
	q->elsewhere = true;
	return pal_sink_take(q->sink, &piece);
}

/* Where the chunk begins: at its dictionary, when it has one; older writers do not say that it does. */
static int64_t
begin_of(const struct pal_parquet_chunk *c)
{
	bool first = c->dictionary_at > 0 && (c->dictionary_at < c->data_at || c->data_at == 0);

	return first ? c->dictionary_at : c->data_at;
}

/* Without values there is nothing to read; the header of a dictionary may stand there all the same. */
static bool
is_empty(const struct pal_parquet_chunk *c)
{
	return c->values == 0 && c->packed >= 0 && c->packed < EMPTY_MOST;
}

static enum pal_err
take_chunk(struct pal_parquet *q, size_t i, const struct pal_parquet_chunk *c, uint64_t rows)
{
	const struct pal_parquet_leaf *leaf = pal_list_at(&q->leaves, i);
	int64_t                        at = begin_of(c);

	if (c->file.len > 0)
		return take_elsewhere(q, leaf, c);
	if (c->encrypted) {
		use(q, at, c->packed);
		return pal_sink_unread(q->sink, &pal_anomaly_parquet_encrypted, at < 0 ? 0 : (uint64_t)at,
				       c->packed < 0 ? 0 : (uint64_t)c->packed, "column \"%.100s\" is encrypted",
				       leaf->path);
	}
	if (is_empty(c)) {
		use(q, at, c->packed);
		return rows == 0 ? PAL_OK : pal_parquet_column(q, i, c, rows);
	}
	if (!c->has_meta || c->values < 0 || at < 4 || (uint64_t)at >= q->footer_at || c->packed < 0 ||
	    (uint64_t)c->packed > q->footer_at - (uint64_t)at)
		return pal_sink_unread(q->sink, &pal_anomaly_parquet_place, q->footer_at, 0,
				       "column \"%.100s\": %lld bytes at %lld, in a file whose data end at %llu",
				       leaf->path, (long long)c->packed, (long long)at,
				       (unsigned long long)q->footer_at);
	use_indexes(q, c);
	if (c->type != (int64_t)leaf->type || c->path != pal_view_hash(PAL_HASH_START, pal_view_of(leaf->path)))
		PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_parquet_schema, q->footer_at,
					 "column \"%.100s\": its row group gives it another name or type", leaf->path));
	return pal_parquet_column(q, i, c, rows);
}

/* ---- row groups ---- */

static enum pal_err
take_chunks(struct pal_parquet *q, struct pal_thrift *t, struct pal_thrift_list *l, uint64_t rows)
{
	size_t i = 0;

	for (; pal_thrift_item_struct(t, l); i++) {
		struct pal_parquet_chunk c = { .type = -1, .codec = -1, .values = -1, .packed = -1, .data_at = -1 };

		read_chunk(t, &c);
		if (i < q->leaves.count)
			PAL_TRY(take_chunk(q, i, &c, rows));
	}
	if (i == q->leaves.count)
		return PAL_OK;
	return pal_sink_unread(q->sink, &pal_anomaly_parquet_footer, q->footer_at, 0,
			       "a row group has %zu columns, the schema %zu", i, q->leaves.count);
}

/* RowGroup {1: columns, 3: num_rows}: the columns come first, and want to know the rows. */
static enum pal_err
take_group(struct pal_parquet *q, struct pal_thrift *t)
{
	struct pal_thrift_field f = { 0 };
	struct pal_thrift       columns_at = *t;
	struct pal_thrift_list  columns = { 0 };
	int64_t                 rows = 0;

	while (pal_thrift_next(t, &f)) {
		if (f.id == 1) {
			struct pal_thrift_list l = pal_thrift_list(t, &f);

			columns_at = *t;
			columns = l;
			pal_thrift_skip_list(t, &l);
		} else if (f.id == 3) {
			rows = pal_thrift_int(t, &f);
		}
	}
	if (pal_thrift_err(t) != PAL_OK || rows < 0 || (uint64_t)rows > INT64_MAX - q->rows)
		return PAL_OK; /* said by who reads on */
	PAL_TRY(take_chunks(q, &columns_at, &columns, (uint64_t)rows));
	q->rows += (uint64_t)rows;
	return PAL_OK;
}

static enum pal_err
take_groups(struct pal_parquet *q, struct parts *p)
{
	struct pal_thrift *t = &p->groups_at;

	while (pal_thrift_item_struct(t, &p->groups))
		PAL_TRY(take_group(q, t));
	if (pal_thrift_err(t) == PAL_OK && q->rows != (uint64_t)p->rows)
		return pal_sink_anomaly(q->sink, &pal_anomaly_parquet_count, q->footer_at,
					"the row groups have %llu records, the footer says %lld",
					(unsigned long long)q->rows, (long long)p->rows);
	return PAL_OK;
}

enum pal_err
pal_parquet_footer(struct pal_parquet *q)
{
	struct pal_thrift t = pal_thrift_of(pal_buf_view(&q->footer));
	struct parts      p = { .rows = 0 };
	bool              whole = false;

	read_parts(&t, &p);
	if (pal_thrift_err(&t) != PAL_OK)
		PAL_TRY(broken(q, "breaks off, or is nested too deeply"));
	if (p.schemas > 1 || p.group_lists > 1)
		PAL_TRY(broken(q, "says twice what the columns or the row groups are"));
	PAL_TRY(give_pairs(q, &p));
	if (p.schemas == 0)
		return broken(q, "has no schema");
	PAL_TRY(pal_parquet_schema(q, p.schema_at, p.schema, &whole));
	return whole ? take_groups(q, &p) : PAL_OK;
}
