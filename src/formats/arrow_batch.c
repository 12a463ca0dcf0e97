/* arrow_batch.c - the nodes and buffers of a record batch in the order of the fields; to audit: load(), the only place
 * that believes where a buffer is, and fill_lists(). */
#include "arrow.h"

#include "block.h"
#include "cell_blob.h"

enum { LZ4_FRAME, ZSTD, PLAIN };

/* A buffer: in memory, or, when it is large and not compressed, where it stands. */
struct bytes {
	struct pal_view v;
	uint64_t        at, len;
	bool            there; /* in v */
};

struct batch {
	struct pal_arrow             *q;
	struct pal_fb                *f;
	struct pal_fb_vector          nodes, buffers, variadic; /* nodes and buffers: two numbers of eight bytes each */
	uint32_t                      node, buffer, views;
	uint64_t                      at, len; /* of the body */
	unsigned int                  codec;
	struct pal_arrow_dictionary  *into; /* NULL: cells */
	const struct pal_arrow_field *field;
	uint64_t                      length; /* values of the field */
	struct bytes                  valid;
	struct pal_content            piece;
	struct pal_view               cell;
	bool                          lead; /* its pieces count the records */
	const char                   *why;  /* what is wrong; NULL: nothing so far */
	const struct pal_rule        *rule;
};

static bool
wrong(struct batch *b, const char *why)
{
	if (b->why == NULL)
		b->why = why;
	return false;
}

static bool
next_node(struct batch *b)
{
	if (b->node >= b->nodes.count / 2)
		return wrong(b, "there are fewer nodes than fields");
	b->length = pal_fb_item(b->f, &b->nodes, 2 * b->node);
	b->node++;
	return b->length <= INT32_MAX || wrong(b, "a field of more than 2^31 values");
}

static uint64_t
peek_length(const struct batch *b)
{
	return b->node < b->nodes.count / 2 ? pal_fb_item(b->f, &b->nodes, 2 * b->node) : 0;
}

/* A buffer whose length stands before it; -1 there: it is not compressed after all. */
static enum pal_err
unpack(struct batch *b, struct pal_view packed, struct pal_buf *to, struct bytes *ret)
{
	enum pal_block      how = b->codec == LZ4_FRAME ? PAL_BLOCK_LZ4_FRAME : PAL_BLOCK_ZSTD;
	enum pal_unpack_end end = PAL_UNPACK_WHOLE;
	uint64_t            size = pal_cell_u64le(pal_view_sub(packed, 0, 8));

	packed = pal_view_sub(packed, 8, packed.len);
	if (size == UINT64_MAX) {
		pal_buf_clear(to);
		pal_buf_add(to, packed);
	} else if (size > PAL_ARROW_BUFFER) {
		b->rule = &pal_anomaly_format_limit;
		(void)wrong(b, "a buffer is larger than 64 MiB");
		return PAL_OK;
	} else {
		PAL_TRY(pal_block_unpack(how, packed, (size_t)size, to, &end));
	}
	if (end != PAL_UNPACK_WHOLE)
		(void)wrong(b, "a buffer does not unpack to its size");
	ret->v = pal_buf_view(to);
	ret->there = true;
	ret->len = ret->v.len;
	return pal_buf_err(to);
}

/* The next buffer, into `to` unless it may stay in the file; at least `least` bytes, or b->why. */
static enum pal_err
load(struct batch *b, struct pal_buf *to, bool may_stay, uint64_t least, struct bytes *ret)
{
	uint64_t        at = 0, len = 0;
	struct pal_view v = { 0 };

	*ret = (struct bytes){ .there = true };
	if (b->buffer >= b->buffers.count / 2) {
		(void)wrong(b, "there are fewer buffers than fields need");
		return PAL_OK;
	}
	at = pal_fb_item(b->f, &b->buffers, 2 * b->buffer);
	len = pal_fb_item(b->f, &b->buffers, 2 * b->buffer + 1);
	b->buffer++;
	if (at > b->len || len > b->len - at) {
		(void)wrong(b, "a buffer ends behind the body");
		return PAL_OK;
	}
	*ret = (struct bytes){ .at = b->at + at, .len = len };
	if (b->q->in->fd >= 0 &&
	    (len > PAL_ARROW_BUFFER || (may_stay && b->codec == PLAIN && len > PAL_INPUT_WINDOW))) {
		if (!may_stay || b->codec != PLAIN) {
			b->rule = &pal_anomaly_format_limit;
			(void)wrong(b, "a buffer is larger than 64 MiB");
		}
		return PAL_OK;
	}
	pal_buf_clear(&b->q->data);
	while (b->q->in->fd >= 0 && b->q->data.len < len) {
		uint64_t done = b->q->data.len;

		PAL_TRY(pal_input_view(b->q->in, b->at + at + done, 1, (size_t)(len - done), &v));
		pal_buf_add(&b->q->data, v);
		PAL_TRY(pal_buf_err(&b->q->data));
	}
	if (b->q->in->fd < 0)
		PAL_TRY(pal_input_view(b->q->in, b->at + at, 0, (size_t)len, &v));
	else
		v = pal_buf_view(&b->q->data);
	v.len = len == 0 ? 0 : v.len;
	if (b->codec != PLAIN && len >= 8) {
		PAL_TRY(unpack(b, v, to, ret));
	} else {
		if (b->q->in->fd >= 0) {
			pal_buf_clear(to);
			pal_buf_add(to, v);
			v = pal_buf_view(to);
		}
		*ret = (struct bytes){ .v = v, .len = v.len, .there = true };
	}
	if (b->why == NULL && ret->len < least)
		(void)wrong(b, "a buffer has fewer bytes than its values need");
	return pal_buf_err(to);
}

/* An absent validity buffer: all values are there. */
static enum pal_err
load_validity(struct batch *b)
{
	PAL_TRY(load(b, &b->q->validity, false, 0, &b->valid));
	if (b->why == NULL && b->valid.len > 0 && b->valid.len < (b->length + 7) / 8)
		(void)wrong(b, "a validity buffer has fewer bits than there are values");
	return PAL_OK;
}

static bool
is_valid(const struct batch *b, uint64_t i)
{
	return b->valid.v.len == 0 || (b->valid.v.data[i / 8] >> (i % 8) & 1) != 0;
}

/* The record of a value, counted in the batch from 1; 0: a null is above it, or no list has it. */
static uint64_t
record_of(const struct batch *b, uint64_t i)
{
	if (b->field->depth == 0 || b->into != NULL)
		return i + 1;
	return pal_cell_u64le(pal_view_sub(pal_buf_view(&b->q->rows[b->field->depth]), (size_t)i * 4, 4));
}

static uint64_t
number_at(const struct bytes *from, uint64_t i, uint32_t width)
{
	return pal_cell_u64le(pal_view_sub(from->v, (size_t)(i * width), width));
}

/* ---- giving ---- */

static enum pal_err
give(struct batch *b, uint64_t i, struct pal_view cell, bool there)
{
	struct pal_arrow *q = b->q;
	uint64_t          record = record_of(b, i);

	if (b->into != NULL) {
		struct pal_view *text = pal_list_add(&b->into->texts);

		if (text != NULL)
			*text = pal_arena_copy(&q->arena, there ? cell : (struct pal_view){ 0 });
		return pal_arena_err(&q->arena);
	}
	if ((!there && !b->lead) || (b->field->repeated && b->field->cell.kind == PAL_CELL_FLOAT))
		return PAL_OK;
	if (cell.len > q->may_give || q->sink->limits->items == 0) {
		b->rule = &pal_anomaly_format_limit;
		(void)wrong(b, "no budget is left for its values");
		return PAL_OK;
	}
	q->may_give -= cell.len;
	q->sink->limits->items--;
	b->piece.place.row = q->row + record;
	if (b->field->cell.kind == PAL_CELL_BYTES && there && !pal_blob_is_text(cell) && !b->field->dictionary)
		return pal_blob_give(q->sink, cell, &b->piece.place, b->field->path);
	b->cell = cell;
	b->piece.part = !b->lead;
	return pal_sink_take(q->sink, &b->piece);
}

static struct pal_arrow_dictionary *
dictionary_of(const struct pal_arrow *q, int64_t id)
{
	for (size_t i = 0; i < q->dictionaries.count; i++) {
		struct pal_arrow_dictionary *d = pal_list_at(&q->dictionaries, i);

		if (d->id == id)
			return d;
	}
	return NULL;
}

static bool
is_shown(const struct batch *b, uint64_t i)
{
	return is_valid(b, i) && record_of(b, i) != 0;
}

static enum pal_err
take_indexes(struct batch *b)
{
	const struct pal_arrow_field      *a = b->field;
	const struct pal_arrow_dictionary *d = dictionary_of(b->q, a->id);
	struct bytes                       indexes = { 0 };

	PAL_TRY(load_validity(b));
	PAL_TRY(load(b, &b->q->offsets, false, b->length * a->index_width, &indexes));
	if (d == NULL || a->index_width == 0 || a->index_width > 8)
		(void)wrong(b, "its dictionary has not come, or could not be read");
	for (uint64_t i = 0; i < b->length && b->why == NULL; i++) {
		uint64_t index = number_at(&indexes, i, a->index_width);

		if (is_shown(b, i) && index >= d->texts.count)
			(void)wrong(b, "an index that its dictionary does not have");
		else if (is_shown(b, i))
			PAL_TRY(give(b, i, *(const struct pal_view *)pal_list_at(&d->texts, (size_t)index), true));
		else
			PAL_TRY(give(b, i, (struct pal_view){ 0 }, false));
	}
	return PAL_OK;
}

/* Values of one width, or bits. */
static enum pal_err
take_fixed(struct batch *b)
{
	const struct pal_arrow_field *a = b->field;
	static const uint8_t          truth[2] = { 0, 1 };
	bool                          bits = a->type == PAL_ARROW_BOOL;
	struct bytes                  data = { 0 };

	PAL_TRY(load_validity(b));
	if (!bits && (a->width == 0 || a->width > PAL_ARROW_BUFFER))
		(void)wrong(b, "values of a width that cannot be");
	PAL_TRY(load(b, &b->q->offsets, false, bits ? (b->length + 7) / 8 : b->length * a->width, &data));
	for (uint64_t i = 0; i < b->length && b->why == NULL; i++) {
		char            text[PAL_CELL_MOST];
		struct pal_view v = { 0 }, cell = { (const uint8_t *)text, 0 };

		if (!is_shown(b, i)) {
			PAL_TRY(give(b, i, (struct pal_view){ 0 }, false));
			continue;
		}
		v = bits ? (struct pal_view){ &truth[data.v.data[i / 8] >> (i % 8) & 1], 1 }
			 : pal_view_sub(data.v, (size_t)(i * a->width), a->width);
		cell.len = pal_cell_write(&a->cell, v, text);
		PAL_TRY(give(b, i, a->cell.kind == PAL_CELL_BYTES ? v : cell, true));
	}
	return PAL_OK;
}

/* One text of a buffer that is in memory, or through the window. */
static enum pal_err
text_at(struct batch *b, const struct bytes *data, uint64_t from, uint64_t to, struct pal_view *ret)
{
	*ret = (struct pal_view){ 0 };
	if (from > to || to > data->len) {
		(void)wrong(b, "a text that ends behind its buffer");
		return PAL_OK;
	}
	if (from == to) {
		*ret = pal_view_of("");
		return PAL_OK;
	}
	if (data->there) {
		*ret = pal_view_sub(data->v, (size_t)from, (size_t)(to - from));
		return PAL_OK;
	}
	if (to - from > PAL_INPUT_WINDOW) {
		b->rule = &pal_anomaly_format_limit;
		(void)wrong(b, "a text of more than 1 MiB in a buffer of more than that");
		return PAL_OK;
	}
	return pal_input_view(b->q->in, data->at + from, (size_t)(to - from), (size_t)(to - from), ret);
}

static uint32_t
offset_width(const struct pal_arrow_field *a)
{
	bool large =
	    a->type == PAL_ARROW_LARGE_BINARY || a->type == PAL_ARROW_LARGE_UTF8 || a->type == PAL_ARROW_LARGE_LIST;

	return large ? 8 : 4;
}

static enum pal_err
take_texts(struct batch *b)
{
	uint32_t     width = offset_width(b->field);
	struct bytes offsets = { 0 }, data = { 0 };

	PAL_TRY(load_validity(b));
	PAL_TRY(load(b, &b->q->offsets, false, b->length == 0 ? 0 : (b->length + 1) * width, &offsets));
	PAL_TRY(load(b, &b->q->texts, true, 0, &data));
	for (uint64_t i = 0; i < b->length && b->why == NULL; i++) {
		struct pal_view cell = { 0 };

		if (is_shown(b, i))
			PAL_TRY(
			    text_at(b, &data, number_at(&offsets, i, width), number_at(&offsets, i + 1, width), &cell));
		if (b->why == NULL)
			PAL_TRY(give(b, i, cell, is_shown(b, i)));
	}
	return PAL_OK;
}

/* ---- fields with others inside ---- */

static void
put_row(uint8_t *to, uint64_t i, uint64_t record)
{
	for (unsigned int k = 0; k < 4; k++)
		to[i * 4 + k] = (uint8_t)(record >> (8 * k));
}

/* Which record each value below belongs to; lists that overlap would make more of them than there are. */
static void
fill_lists(struct batch *b, const struct bytes *offsets, uint8_t *rows, uint64_t below)
{
	uint32_t width = offset_width(b->field);
	uint64_t last = 0;

	for (uint64_t i = 0; i < b->length && b->why == NULL; i++) {
		uint64_t from = number_at(offsets, i, width), to = number_at(offsets, i + 1, width);

		if (from < last || from > to || to > below)
			(void)wrong(b, "lists that overlap, or end behind their values");
		last = to;
		for (uint64_t k = from; k < to && b->why == NULL && is_valid(b, i); k++)
			put_row(rows, k, record_of(b, i));
	}
}

static void
fill_others(struct batch *b, uint8_t *rows, uint64_t below)
{
	uint64_t each = b->field->type == PAL_ARROW_FIXED_LIST ? b->field->width : 1;

	if (b->length > 0 && below / b->length < each)
		(void)wrong(b, "fewer values inside than it needs");
	for (uint64_t i = 0; i < b->length && b->why == NULL; i++)
		for (uint64_t k = 0; k < each; k++)
			put_row(rows, i * each + k, is_valid(b, i) ? record_of(b, i) : 0);
}

static enum pal_err
take_parent(struct batch *b)
{
	const struct pal_arrow_field *a = b->field;
	bool                          list = a->type != PAL_ARROW_STRUCT && a->type != PAL_ARROW_FIXED_LIST;
	struct pal_buf               *rows = &b->q->rows[a->depth + 1];
	uint64_t                      below = peek_length(b);
	struct bytes                  offsets = { 0 };
	uint8_t                      *to = NULL;

	PAL_TRY(load_validity(b));
	if (list)
		PAL_TRY(
		    load(b, &b->q->offsets, false, b->length == 0 ? 0 : (b->length + 1) * offset_width(a), &offsets));
	if (below > PAL_ARROW_BUFFER / 4) {
		b->rule = &pal_anomaly_format_limit;
		(void)wrong(b, "more than 16 million values inside of one batch's field");
	}
	if (b->why != NULL)
		return PAL_OK;
	pal_buf_clear(rows);
	to = pal_buf_room(rows, (size_t)below * 4);
	if (to == NULL)
		return pal_buf_err(rows);
	for (uint64_t i = 0; i < below; i++)
		put_row(to, i, 0);
	if (list)
		fill_lists(b, &offsets, to, below);
	else
		fill_others(b, to, below);
	return PAL_OK;
}

/* ---- the order of the fields ---- */

static bool
is_parent(enum pal_arrow_type t)
{
	return t == PAL_ARROW_STRUCT || t == PAL_ARROW_LIST || t == PAL_ARROW_LARGE_LIST || t == PAL_ARROW_FIXED_LIST ||
	       t == PAL_ARROW_MAP;
}

static bool
is_text(enum pal_arrow_type t)
{
	return t == PAL_ARROW_UTF8 || t == PAL_ARROW_LARGE_UTF8 || t == PAL_ARROW_BINARY || t == PAL_ARROW_LARGE_BINARY;
}

static bool
is_fixed(enum pal_arrow_type t)
{
	return t == PAL_ARROW_INT || t == PAL_ARROW_FLOAT || t == PAL_ARROW_BOOL || t == PAL_ARROW_DECIMAL ||
	       t == PAL_ARROW_DATE || t == PAL_ARROW_TIME || t == PAL_ARROW_TIMESTAMP || t == PAL_ARROW_FIXED ||
	       t == PAL_ARROW_DURATION;
}

static enum pal_err
give_name(struct batch *b)
{
	struct pal_view    name = pal_view_of(b->field->path);
	struct pal_content piece = {
		.kind = PAL_CONTENT_COLUMNS, .place.offset = b->at, .cells = &name, .cell_count = 1
	};

	return b->into != NULL ? PAL_OK : pal_sink_take(b->q->sink, &piece);
}

/* A record for each piece, though the first column has no cells of its own. */
static enum pal_err
give_records(struct batch *b)
{
	for (uint64_t i = 0; i < b->length && b->lead && b->why == NULL; i++)
		PAL_TRY(give(b, i, (struct pal_view){ 0 }, false));
	return PAL_OK;
}

static enum pal_err
take_one(struct batch *b, bool *ret_known)
{
	const struct pal_arrow_field *a = b->field;

	*ret_known = true;
	if (a->depth > 0 && b->into == NULL && b->length * 4 > b->q->rows[a->depth].len)
		(void)wrong(b, "more values inside than its lists have");
	if (b->why != NULL)
		return PAL_OK;
	PAL_TRY(give_name(b));
	if (a->dictionary && b->into == NULL)
		return take_indexes(b);
	if (is_fixed(a->type))
		return take_fixed(b);
	if (is_text(a->type))
		return take_texts(b);
	PAL_TRY(give_records(b));
	if (is_parent(a->type) && a->below > 0)
		return take_parent(b);
	*ret_known = a->type == PAL_ARROW_NULL;
	return PAL_OK;
}

/* Fields from `first` up to `end`, in preorder; what is behind a type that is not read has no place that is known. */
static enum pal_err
take_fields(struct batch *b, size_t first, size_t end)
{
	for (size_t i = first; i < end && b->why == NULL; i++) {
		bool known = true;

		b->field = pal_list_at(&b->q->fields, i);
		b->lead = i == 0 && b->into == NULL;
		if (!next_node(b))
			break;
		PAL_TRY(take_one(b, &known));
		if (!known) {
			b->rule = &pal_anomaly_arrow_type;
			(void)wrong(b, "unions, runs, views and intervals are not read, nor the columns behind them");
		}
		if (b->field->dictionary && b->into == NULL)
			i += b->field->below;
	}
	return PAL_OK;
}

static struct pal_fb_vector
pairs_of(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id)
{
	struct pal_fb_vector v = pal_fb_vector(f, t, id, 16);

	v.count = v.count > UINT32_MAX / 2 ? 0 : v.count * 2;
	v.width = 8;
	return v;
}

static unsigned int
codec_of(struct pal_fb *f, const struct pal_fb_table *batch)
{
	struct pal_fb_table c = pal_fb_table(f, batch, 3);

	return c.at == 0 ? PLAIN : pal_fb_uint(f, &c, 0, 1, 0) == 0 ? LZ4_FRAME : ZSTD;
}

enum pal_err
pal_arrow_batch(struct pal_arrow *q, struct pal_fb *f, const struct pal_fb_table *batch, uint64_t at, uint64_t len,
		const struct pal_arrow_field *of, struct pal_arrow_dictionary *into)
{
	uint64_t     rows = pal_fb_uint(f, batch, 0, 8, 0);
	struct batch b = { .q = q, .f = f, .at = at, .len = len, .into = into, .rule = &pal_anomaly_arrow_broken };
	size_t       first = 0, end = q->fields.count;

	b.nodes = pairs_of(f, batch, 1);
	b.buffers = pairs_of(f, batch, 2);
	b.codec = codec_of(f, batch);
	b.piece =
	    (struct pal_content){ .kind = PAL_CONTENT_ROW, .place.offset = at, .cells = &b.cell, .cell_count = 1 };
	if (of != NULL) {
		first = (size_t)(of - (const struct pal_arrow_field *)q->fields.items);
		end = first + 1;
	} else if (q->fields.count > 0 && peek_length(&b) != rows) {
		(void)wrong(&b, "the first column has other values than the batch has records");
	}
	PAL_TRY(take_fields(&b, first, end));
	PAL_TRY(pal_fb_err(f));
	if (of == NULL && rows < INT32_MAX)
		q->row += rows;
	if (b.why == NULL)
		return PAL_OK;
	return pal_sink_unread(q->sink, b.rule, at, len, "column \"%.100s\": %s", b.field == NULL ? "" : b.field->path,
			       b.why);
}
