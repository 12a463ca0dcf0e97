/* parquet_column.c - the pages of a column chunk, batch by batch, into cells; to audit: the counts in take_levels(). */
#include "parquet.h"

#include "cell_blob.h"

/* What is kept from page to page and column to column; one, of the reader's arena. */
struct pal_parquet_column {
	struct pal_parquet_values     values;
	struct pal_parquet_dictionary dictionary;
	uint32_t                      def[PAL_PARQUET_BATCH], rep[PAL_PARQUET_BATCH];
	struct pal_view               raw[PAL_PARQUET_BATCH];
	char                          text[PAL_PARQUET_BATCH * PAL_CELL_MOST];

	/* the column chunk */
	struct pal_parquet             *q;
	const struct pal_parquet_leaf  *leaf;
	const struct pal_parquet_chunk *chunk;
	struct pal_parquet_promise      promise;
	bool                            lead;  /* its pieces count the rows */
	bool                            drop;  /* its values are decoded and not given */
	uint64_t                        at;    /* of the next page */
	uint64_t                        seen;  /* values, nulls among them */
	uint64_t                        nulls; /* of those */
	uint64_t                        row;   /* of the record that was begun last */
	uint64_t                        liars; /* values that break the promise */
	bool                            broken;

	/* the page */
	struct pal_parquet_page page;
	struct pal_content      piece; /* of one cell */
	struct pal_view         cell;
	struct pal_parquet_runs defs, reps;
	uint64_t                left; /* entries that have not been read */
};

enum pal_err
pal_parquet_column_new(struct pal_parquet *q)
{
	struct pal_parquet_column *c = pal_arena_array(&q->arena, 1, sizeof(*c));

	if (c == NULL)
		return pal_arena_err(&q->arena);
	c->q = q;
	c->values.scratch = pal_buf_of((size_t)(2 * PAL_PARQUET_PAGE));
	c->values.last = pal_buf_of((size_t)PAL_PARQUET_PAGE);
	c->dictionary.page = pal_buf_of((size_t)PAL_PARQUET_PAGE);
	c->dictionary.text = pal_buf_of(PAL_PARQUET_ENTRIES * PAL_CELL_MOST);
	q->column = c;
	return PAL_OK;
}

void
pal_parquet_column_done(struct pal_parquet *q)
{
	struct pal_parquet_column *c = q->column;

	if (c == NULL)
		return;
	pal_buf_done(&c->values.scratch);
	pal_buf_done(&c->values.last);
	pal_buf_done(&c->dictionary.page);
	pal_buf_done(&c->dictionary.text);
	pal_arena_done(&c->dictionary.arena);
	q->column = NULL;
}

/* A page or the rest of it cannot be read: of a flat column, the records after it still have their numbers. */
static enum pal_err
lose(struct pal_parquet_column *c, const struct pal_rule *rule, const char *why)
{
	c->broken = true;
	c->seen += c->left;
	if (c->leaf->max_rep == 0)
		c->row += c->left;
	c->left = 0;
	return pal_sink_unread(c->q->sink, rule, c->page.at, c->page.packed < 0 ? 0 : (uint64_t)c->page.packed,
			       "column \"%.100s\": the page at %llu %s", c->leaf->path, (unsigned long long)c->page.at,
			       why);
}

/* ---- one batch ---- */

static struct pal_view
text_of(struct pal_parquet_column *c, size_t i)
{
	enum pal_cell_kind kind = c->leaf->cell.kind;
	char              *to = c->text + i * PAL_CELL_MOST;

	if (pal_parquet_is_dictionary(c->values.encoding))
		return c->dictionary.texts[c->values.index[i]];
	if (kind == PAL_CELL_TEXT || kind == PAL_CELL_BYTES)
		return c->raw[i];
	return (struct pal_view){ (const uint8_t *)to, pal_cell_write(&c->leaf->cell, c->raw[i], to) };
}

/* Each value once: an entry of a dictionary when it is first used. */
static void
hold_against_promise(struct pal_parquet_column *c, size_t n)
{
	const struct pal_parquet_promise *p = &c->promise;
	bool                              dictionary = pal_parquet_is_dictionary(c->values.encoding);

	if (!p->has_least && !p->has_most && !dictionary)
		return;
	for (size_t i = 0; i < n; i++) {
		struct pal_view raw = c->raw[i];
		size_t          at = c->values.index[i];

		if (dictionary && c->dictionary.used[at] != 0)
			continue;
		if (dictionary) {
			c->dictionary.used[at] = 1;
			raw = pal_parquet_dictionary_raw(&c->dictionary, c->leaf, at);
		}
		c->liars += pal_parquet_keeps(p, raw) ? 0 : 1;
	}
}

/* The piece is kept from cell to cell: only what differs is set. */
static enum pal_err
give_cell(struct pal_parquet_column *c, struct pal_view cell, bool part)
{
	if (c->leaf->cell.kind == PAL_CELL_BYTES && !pal_blob_is_text(cell)) {
		struct pal_place place = { .offset = c->page.at, .row = c->row };

		return pal_blob_give(c->q->sink, cell, &place, c->leaf->path);
	}
	c->cell = cell;
	c->piece.place.row = c->row;
	c->piece.part = part;
	return pal_sink_take(c->q->sink, &c->piece);
}

/* The bytes that cells have, in all, stay within what a file of this size may say. */
static const char *
count_bytes(struct pal_parquet_column *c, size_t n, const struct pal_rule **ret_rule)
{
	struct pal_parquet *q = c->q;
	bool                dictionary = pal_parquet_is_dictionary(c->values.encoding);
	uint64_t            sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += dictionary ? c->dictionary.texts[c->values.index[i]].len : c->raw[i].len;
	*ret_rule = sum > q->may_give ? &pal_anomaly_parquet_bomb : &pal_anomaly_format_limit;
	if (sum > q->may_give)
		return "says more than a thousand times what the file has bytes";
	if (n > q->sink->limits->items)
		return "has values for which no budget is left";
	q->may_give -= sum;
	q->sink->limits->items -= n;
	return NULL;
}

/* The next values of the page, at most n; *ret_have is 0 when they are lost. */
static enum pal_err
refill(struct pal_parquet_column *c, size_t n, size_t *ret_have)
{
	const struct pal_rule *rule = &pal_anomaly_parquet_page;
	const char            *why = "ends before its values do, or has values that cannot be";

	*ret_have = pal_parquet_values_next(&c->values, c->raw, n);
	if (*ret_have > 0)
		why = count_bytes(c, *ret_have, &rule);
	if (why != NULL) {
		*ret_have = 0;
		return lose(c, rule, why);
	}
	hold_against_promise(c, *ret_have);
	return PAL_OK;
}

/* Entries in their order; each new record has the next number, and of a leading column a piece even without a value. */
static enum pal_err
give_entries(struct pal_parquet_column *c, size_t n, size_t values)
{
	size_t have = 0, used = 0;

	for (size_t i = 0; i < n; i++, c->left--, c->seen++) {
		bool begins = c->leaf->max_rep == 0 || c->rep[i] == 0;
		bool there = c->leaf->max_def == 0 || c->def[i] == c->leaf->max_def;
		bool part = !c->lead || !begins;

		if (there && used == have) {
			values -= have;
			used = 0;
			PAL_TRY(refill(c, values, &have));
			if (have == 0)
				return PAL_OK;
		}
		c->row += begins ? 1 : 0;
		c->nulls += there ? 0 : 1;
		if (there && !c->drop)
			PAL_TRY(give_cell(c, text_of(c, used), part));
		else if (!part)
			PAL_TRY(give_cell(c, (struct pal_view){ 0 }, part));
		used += there ? 1 : 0;
	}
	return PAL_OK;
}

/* The levels of the next n entries; *ret_values is how many of them have a value. NULL, or what is wrong. */
static const char *
take_levels(struct pal_parquet_column *c, size_t n, size_t *ret_values)
{
	const struct pal_parquet_leaf *leaf = c->leaf;
	size_t                         values = 0;

	if (leaf->max_rep > 0 && pal_parquet_runs_next(&c->reps, c->rep, n) < n)
		return "has fewer repetition levels than values";
	if (leaf->max_def > 0 && pal_parquet_runs_next(&c->defs, c->def, n) < n)
		return "has fewer definition levels than values";
	for (size_t i = 0; i < n && leaf->max_rep > 0; i++)
		if (c->rep[i] > leaf->max_rep)
			return "has a repetition level that its column cannot have";
	for (size_t i = 0; i < n && leaf->max_def > 0; i++) {
		if (c->def[i] > leaf->max_def)
			return "has a definition level that its column cannot have";
		values += c->def[i] == leaf->max_def ? 1 : 0;
	}
	*ret_values = leaf->max_def > 0 ? values : n;
	return NULL;
}

static enum pal_err
take_batches(struct pal_parquet_column *c)
{
	while (c->left > 0) {
		size_t      n = c->left < PAL_PARQUET_BATCH ? (size_t)c->left : PAL_PARQUET_BATCH, values = 0;
		const char *why = take_levels(c, n, &values);

		if (why != NULL)
			return lose(c, &pal_anomaly_parquet_page, why);
		PAL_TRY(give_entries(c, n, values));
	}
	return PAL_OK;
}

/* ---- one page ---- */

/* The levels of version 1 stand before the values: their length and runs, or bits without a length. */
static bool
cut_levels(const struct pal_parquet_column *c, uint32_t most, int64_t encoding, struct pal_view *body,
	   struct pal_parquet_runs *ret_runs)
{
	struct pal_reader r = pal_reader_of(*body);
	unsigned int      bits = pal_parquet_bits_for(most);
	struct pal_view   v = { 0 };

	if (most == 0)
		return true;
	if (encoding == PAL_PARQUET_BIT_PACKED) {
		v = pal_read_view(&r, (uint64_t)c->page.values * bits / 8 + 1);
		*ret_runs = pal_parquet_bits_of(v, bits, true);
	} else {
		v = pal_read_view(&r, pal_read_u32le(&r));
		*ret_runs = pal_parquet_runs_of(v, bits);
	}
	*body = pal_view_sub(*body, body->len - (size_t)pal_reader_left(&r), body->len);
	return pal_reader_err(&r) == PAL_OK;
}

static bool
start_levels(struct pal_parquet_column *c, struct pal_view levels, struct pal_view *body)
{
	const struct pal_parquet_page *p = &c->page;
	const struct pal_parquet_leaf *leaf = c->leaf;

	if (p->type != PAL_PARQUET_DATA_2)
		return cut_levels(c, leaf->max_rep, p->rep_encoding, body, &c->reps) &&
		       cut_levels(c, leaf->max_def, p->def_encoding, body, &c->defs);
	c->reps = pal_parquet_runs_of(pal_view_sub(levels, 0, (size_t)p->rep_len), pal_parquet_bits_for(leaf->max_rep));
	c->defs = pal_parquet_runs_of(pal_view_sub(levels, (size_t)p->rep_len, levels.len),
				      pal_parquet_bits_for(leaf->max_def));
	return true;
}

static enum pal_err
take_data(struct pal_parquet_column *c)
{
	const struct pal_parquet_page *p = &c->page;
	const struct pal_rule         *rule = NULL;
	struct pal_view                levels = { 0 }, body = { 0 };
	const char                    *why = NULL;

	c->left = (uint64_t)p->values;
	c->piece =
	    (struct pal_content){ .kind = PAL_CONTENT_ROW, .place.offset = p->at, .cells = &c->cell, .cell_count = 1 };
	PAL_TRY(pal_parquet_page_body(c->q, p, c->chunk->codec, &levels, &body, &rule, &why));
	if (why != NULL)
		return lose(c, rule, why);
	if (pal_parquet_is_dictionary(p->encoding) && !c->dictionary.there)
		return lose(c, &pal_anomaly_parquet_page, "refers to a dictionary that could not be had");
	if (!start_levels(c, levels, &body))
		return lose(c, &pal_anomaly_parquet_page, "has levels that are longer than itself");
	if (!pal_parquet_may_hold(p->encoding, c->leaf))
		return lose(c, &pal_anomaly_parquet_codec,
			    "has an encoding that is not known, or that its type does not have");
	why = pal_parquet_values_start(&c->values, c->leaf, p->encoding, body, (size_t)p->values, c->dictionary.count);
	if (why != NULL)
		return lose(c, &pal_anomaly_parquet_page, why);
	return take_batches(c);
}

static enum pal_err
take_dictionary(struct pal_parquet_column *c)
{
	const struct pal_parquet_page *p = &c->page;
	const struct pal_rule         *rule = NULL;
	struct pal_view                levels = { 0 }, body = { 0 };
	const char                    *why = NULL;

	if (c->dictionary.there || c->seen > 0)
		return lose(c, &pal_anomaly_parquet_page, "is a second dictionary, or one behind values");
	PAL_TRY(pal_parquet_page_body(c->q, p, c->chunk->codec, &levels, &body, &rule, &why));
	if (why != NULL)
		return lose(c, rule, why);
	pal_buf_clear(&c->dictionary.page);
	pal_buf_add(&c->dictionary.page, body);
	PAL_TRY(pal_buf_err(&c->dictionary.page));
	if (pal_parquet_dictionary_read(&c->dictionary, c->leaf, (size_t)p->values))
		return PAL_OK;
	c->dictionary.there = false;
	return lose(c,
		    (uint64_t)p->values > PAL_PARQUET_ENTRIES ? &pal_anomaly_format_limit : &pal_anomaly_parquet_page,
		    "is a dictionary that cannot be, or of more than two million values");
}

/* Pages until all values have come; *ret_more is false when nothing can be read behind this one. */
static enum pal_err
take_page(struct pal_parquet_column *c, bool *ret_more)
{
	struct pal_parquet_page *p = &c->page;
	uint64_t                 len = 0;
	bool                     whole = false;

	*ret_more = false;
	PAL_TRY(pal_parquet_page_header(c->q, c->at, p, &whole));
	c->left = 0;
	if (!whole)
		return lose(c, &pal_anomaly_parquet_page, "has no header that can be read");
	len = p->body_at - p->at + (uint64_t)p->packed;
	if ((uint64_t)p->packed > c->q->footer_at - p->body_at || len > c->q->may_read)
		return lose(c, &pal_anomaly_parquet_place,
			    "ends behind the data, or in bytes that others were read from before");
	c->q->may_read -= len;
	c->at += len;
	*ret_more = true;
	if (p->type == PAL_PARQUET_DICTIONARY)
		return take_dictionary(c);
	if (p->type != PAL_PARQUET_DATA && p->type != PAL_PARQUET_DATA_2)
		return PAL_OK; /* an index, or of a type that readers pass over */
	*ret_more = p->values >= 0 && (uint64_t)p->values <= (uint64_t)c->chunk->values - c->seen;
	if (!*ret_more)
		return lose(c, &pal_anomaly_parquet_page, "says that it has more values than its column");
	PAL_TRY(take_data(c));
	*ret_more = !c->broken || c->leaf->max_rep == 0; /* else nobody knows which record comes next */
	return PAL_OK;
}

/* ---- the chunk ---- */

static enum pal_err
give_name(struct pal_parquet_column *c)
{
	struct pal_view    name = pal_view_of(c->leaf->path);
	struct pal_content piece = {
		.kind = PAL_CONTENT_COLUMNS, .place.offset = c->at, .cells = &name, .cell_count = 1
	};

	return pal_sink_take(c->q->sink, &piece);
}

/* Entries of the dictionary that no value refers to are in no record, and in the file all the same. */
static enum pal_err
give_unused(struct pal_parquet_column *c)
{
	struct pal_place place = { .offset = c->at, .field = c->leaf->path };

	for (size_t i = 0; i < c->dictionary.count; i++) {
		struct pal_view text = c->dictionary.texts[i];

		if (c->dictionary.used[i] != 0 || c->drop)
			continue;
		if (c->leaf->cell.kind == PAL_CELL_BYTES && !pal_blob_is_text(text))
			PAL_TRY(pal_blob_give(c->q->sink, text, &place, c->leaf->path));
		else
			PAL_TRY(pal_give_text(c->q->sink, text, &place));
	}
	return PAL_OK;
}

static enum pal_err
compare(struct pal_parquet_column *c, uint64_t rows)
{
	struct pal_sink *s = c->q->sink;
	uint64_t         first = c->q->rows;

	if (c->broken)
		return PAL_OK;
	if (c->seen != (uint64_t)c->chunk->values || c->row - first != rows)
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_parquet_count, c->at,
					 "column \"%.100s\": %llu values in %llu records, expected %lld in %llu",
					 c->leaf->path, (unsigned long long)c->seen,
					 (unsigned long long)(c->row - first), (long long)c->chunk->values,
					 (unsigned long long)rows));
	if (c->liars > 0)
		PAL_TRY(
		    pal_sink_anomaly(s, &pal_anomaly_parquet_statistics, c->at,
				     "column \"%.100s\": %llu different values are outside of least and most in the "
				     "statistics",
				     c->leaf->path, (unsigned long long)c->liars));
	if (c->chunk->has_nulls && c->leaf->max_rep == 0 && (uint64_t)c->chunk->nulls != c->nulls)
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_parquet_statistics, c->at,
					 "column \"%.100s\": %llu empty values, the statistics say %lld", c->leaf->path,
					 (unsigned long long)c->nulls, (long long)c->chunk->nulls));
	return PAL_OK;
}

static void
start(struct pal_parquet_column *c, size_t leaf, const struct pal_parquet_chunk *chunk)
{
	struct pal_parquet *q = c->q;

	c->leaf = pal_list_at(&q->leaves, leaf);
	c->chunk = chunk;
	c->promise = pal_parquet_promise_of(c->leaf, chunk);
	c->lead = leaf == 0;
	c->drop = c->leaf->max_rep > 0 && c->leaf->cell.kind == PAL_CELL_FLOAT;
	c->at = (uint64_t)chunk->data_at;
	if (chunk->dictionary_at > 0 && (chunk->dictionary_at < chunk->data_at || chunk->data_at == 0))
		c->at = (uint64_t)chunk->dictionary_at;
	c->row = q->rows;
	c->seen = c->nulls = c->liars = 0;
	c->broken = c->dictionary.there = false;
	c->dictionary.count = 0;
}

enum pal_err
pal_parquet_column(struct pal_parquet *q, size_t leaf, const struct pal_parquet_chunk *chunk, uint64_t rows)
{
	struct pal_parquet_column *c = q->column;
	uint64_t                   begin = 0;
	bool                       more = true;

	start(c, leaf, chunk);
	begin = c->at;
	PAL_TRY(give_name(c));
	while (more && c->seen < (uint64_t)chunk->values)
		PAL_TRY(take_page(c, &more));
	if (!more && c->seen < (uint64_t)chunk->values)
		PAL_TRY(pal_sink_unread(q->sink, &pal_anomaly_parquet_page, c->at, 0,
					"column \"%.100s\": %llu of %lld values were read before", c->leaf->path,
					(unsigned long long)c->seen, (long long)chunk->values));
	if (c->at > begin)
		pal_parquet_use(q, begin, c->at);
	PAL_TRY(give_unused(c));
	return compare(c, rows);
}
