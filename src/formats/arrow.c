/* arrow.c - Arrow IPC from message to message, as a stream and as a file; the file's index is held against what came.
 */
#include "arrow.h"

#include "palisade/format.h"
#include "zip.h"

#define MARK       "ARROW1"
#define OLD_MARK   "FEA1"
#define AGAIN      0xffffffffu /* a message begins here (since 0.15) */
#define FILE_HEAD  8u
#define FILE_TAIL  10u /* the footer's length, and the mark */
#define TIMES_SAID 1000u

enum { SCHEMA = 1, DICTIONARY = 2, RECORDS = 3 };

static uint32_t
u32_at(struct pal_view v, size_t at)
{
	return (uint32_t)pal_cell_u64le(pal_view_sub(v, at, 4));
}

/* A stream has no mark but that of its first message, whose metadata is a FlatBuffer with a root inside of it. */
static bool
is_stream(struct pal_view head, uint64_t size)
{
	uint32_t len = u32_at(head, 4), root = u32_at(head, 8);

	return head.len >= 16 && u32_at(head, 0) == AGAIN && len >= 16 && len % 8 == 0 && len <= size - 8 &&
	       root >= 4 && root < len && root % 2 == 0;
}

static unsigned int
arrow_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (pal_view_starts(head, MARK "\0") && head.len >= FILE_HEAD)
		return 96;
	if (pal_view_starts(head, OLD_MARK))
		return 90;
	return is_stream(head, size) ? 80 : 0;
}

static enum pal_err
broken(struct pal_arrow *q, uint64_t at, const char *why)
{
	PAL_TRY(pal_sink_unread(q->sink, &pal_anomaly_arrow_broken, at, q->in->size - at, "at %llu: %s",
				(unsigned long long)at, why));
	return at < q->in->size ? pal_give_bytes(q->sink, q->in, at, q->in->size - at) : PAL_OK;
}

static enum pal_err
read_meta(struct pal_arrow *q, uint64_t at, uint64_t len)
{
	pal_buf_clear(&q->meta);
	for (uint64_t end = at + len; at < end;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(q->in, at, 1, (size_t)(end - at), &v));
		pal_buf_add(&q->meta, v);
		at += v.len;
	}
	return pal_buf_err(&q->meta);
}

/* A dictionary belongs to the fields that name it; the first of them says what its values are. */
static enum pal_err
take_dictionary(struct pal_arrow *q, struct pal_fb *f, const struct pal_fb_table *t, uint64_t at, uint64_t len)
{
	int64_t                      id = (int64_t)pal_fb_uint(f, t, 0, 8, 0);
	struct pal_fb_table          batch = pal_fb_table(f, t, 1);
	struct pal_arrow_field      *of = NULL;
	struct pal_arrow_dictionary *d = NULL;

	for (size_t i = 0; i < q->fields.count && of == NULL; i++) {
		struct pal_arrow_field *a = pal_list_at(&q->fields, i);

		of = a->dictionary && a->id == id ? a : NULL;
	}
	if (of == NULL || of->below > 0)
		return pal_sink_unread(q->sink, of == NULL ? &pal_anomaly_arrow_broken : &pal_anomaly_arrow_type, at,
				       len, "the dictionary %lld %s", (long long)id,
				       of == NULL ? "belongs to no column" : "has values with others inside");
	for (size_t i = 0; i < q->dictionaries.count && d == NULL; i++) {
		d = pal_list_at(&q->dictionaries, i);
		d = d->id == id ? d : NULL;
	}
	if (d == NULL)
		d = pal_list_add(&q->dictionaries);
	if (d == NULL)
		return pal_arena_err(&q->arena);
	if (d->texts.size == 0 || pal_fb_uint(f, t, 2, 1, 0) == 0)
		*d = (struct pal_arrow_dictionary){ id, pal_list_of(&q->arena, sizeof(struct pal_view)) };
	return pal_arrow_batch(q, f, &batch, at, len, of, d);
}

/* One message whose metadata is in q->meta; *ret_body is the length of what follows it. */
static enum pal_err
take_message(struct pal_arrow *q, uint64_t at, uint64_t body_at, uint64_t *ret_body)
{
	struct pal_input    in = pal_input_of_view(pal_buf_view(&q->meta));
	struct pal_fb       f = { 0 };
	struct pal_fb_table root = { 0 }, header = { 0 };
	uint64_t            kind = 0;
	enum pal_err        err = pal_fb_init(&f, &in, q->sink, in.size);

	if (err == PAL_OK) {
		root = pal_fb_root(&f);
		kind = pal_fb_uint(&f, &root, 1, 1, 0);
		header = pal_fb_table(&f, &root, 2);
		*ret_body = pal_fb_uint(&f, &root, 3, 8, 0);
	}
	if (err == PAL_OK && (header.at == 0 || *ret_body > q->in->size - body_at))
		*ret_body = UINT64_MAX; /* said by who reads on */
	else if (err == PAL_OK && kind == SCHEMA && !q->has_schema)
		err = pal_arrow_schema(q, &f, &header, at);
	else if (err == PAL_OK && kind == DICTIONARY && q->has_schema)
		err = take_dictionary(q, &f, &header, body_at, *ret_body);
	else if (err == PAL_OK && kind == RECORDS && q->has_schema)
		err = pal_arrow_batch(q, &f, &header, body_at, *ret_body, NULL, NULL);
	else if (err == PAL_OK)
		err = pal_sink_unread(q->sink, &pal_anomaly_arrow_type, at, *ret_body,
				      "a message of kind %llu, or in a place where it cannot be",
				      (unsigned long long)kind);
	err = err == PAL_OK ? pal_fb_err(&f) : err;
	pal_fb_done(&f);
	return err;
}

/* The messages from `at` on; *ret_end is behind the last one. */
static enum pal_err
take_messages(struct pal_arrow *q, uint64_t at, uint64_t end, uint64_t *ret_end, struct pal_list *seen)
{
	while (end - at >= 4) {
		struct pal_view v = { 0 };
		uint64_t        head = 4, len = 0, body = 0, *place = NULL;

		PAL_TRY(pal_input_view(q->in, at, 0, 8, &v));
		len = u32_at(v, 0);
		if (len == AGAIN) {
			len = v.len >= 8 ? u32_at(v, 4) : 0;
			head = 8;
		}
		*ret_end = at + head < end ? at + head : end;
		if (len == 0)
			return PAL_OK;
		if (len > end - at || len > end - at - head || len > PAL_ARROW_META)
			return broken(q, at, "a message that is longer than the file, or than 16 MiB");
		PAL_TRY(read_meta(q, at + head, len));
		PAL_TRY(take_message(q, at, at + head + len, &body));
		if (body == UINT64_MAX || body > end - at - head - len)
			return broken(q, at, "a message without content, or whose content is longer than the file");
		place = pal_list_add(seen);
		PAL_TRY(pal_arena_err(&q->arena));
		*place = at;
		at += head + len + body;
		*ret_end = at;
	}
	return PAL_OK;
}

/* Footer {2: dictionaries, 3: recordBatches} of Block {offset, metaDataLength, bodyLength}: 24 bytes each. */
static enum pal_err
hold_against_index(struct pal_arrow *q, struct pal_fb *f, const struct pal_list *seen, uint64_t at)
{
	struct pal_fb_table root = pal_fb_root(f);
	size_t              listed = 0, missing = 0;

	for (unsigned int id = 2; id <= 3; id++) {
		struct pal_fb_vector v = pal_fb_vector(f, &root, id, 24);

		v.count = v.count > UINT32_MAX / 3 ? 0 : v.count * 3;
		v.width = 8;
		for (uint32_t i = 0; i < v.count && f->budget > 0; i += 3) {
			uint64_t place = pal_fb_item(f, &v, i);
			size_t   low = 0, high = seen->count;

			while (low < high) {
				size_t middle = (low + high) / 2;

				if (*(const uint64_t *)pal_list_at(seen, middle) < place)
					low = middle + 1;
				else
					high = middle;
			}
			missing += low == seen->count || *(const uint64_t *)pal_list_at(seen, low) != place;
			listed++;
		}
	}
	if (missing == 0 && listed + 1 == seen->count)
		return pal_fb_err(f);
	PAL_TRY(pal_fb_err(f));
	return pal_sink_anomaly(q->sink, &pal_anomaly_arrow_index, at,
				"the index lists %zu parts, %zu of them where none is; from the start on there are %zu",
				listed, missing, seen->count == 0 ? 0 : seen->count - 1);
}

static enum pal_err
take_file(struct pal_arrow *q)
{
	uint64_t         size = q->in->size, at = 0, len = 0, end = FILE_HEAD;
	struct pal_view  v = { 0 };
	struct pal_list  seen = pal_list_of(&q->arena, sizeof(uint64_t));
	struct pal_input in = { .fd = -1 };
	struct pal_fb    f = { 0 };
	enum pal_err     err = PAL_OK;

	if (size >= FILE_HEAD + FILE_TAIL)
		PAL_TRY(pal_input_view(q->in, size - FILE_TAIL, FILE_TAIL, FILE_TAIL, &v));
	len = u32_at(v, 0);
	if (!pal_view_is(pal_view_sub(v, 4, 6), MARK) || len > size - FILE_HEAD - FILE_TAIL || len > PAL_ARROW_META) {
		PAL_TRY(pal_sink_unread(q->sink, &pal_anomaly_arrow_broken, size, 0,
					"the file does not end with an index and ARROW1: it was cut short"));
		return size < FILE_HEAD ? PAL_OK : take_messages(q, FILE_HEAD, size, &end, &seen);
	}
	at = size - FILE_TAIL - len;
	PAL_TRY(take_messages(q, FILE_HEAD, at, &end, &seen));
	if (end < at) {
		PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_arrow_trailing, end,
					 "%llu bytes between the last message and the index",
					 (unsigned long long)(at - end)));
		PAL_TRY(pal_give_stray(q->sink, q->in, end, at - end, pal_view_of("(before the index)")));
	}
	PAL_TRY(read_meta(q, at, len));
	in = pal_input_of_view(pal_buf_view(&q->meta));
	err = pal_fb_init(&f, &in, q->sink, in.size);
	if (err == PAL_OK)
		err = hold_against_index(q, &f, &seen, at);
	pal_fb_done(&f);
	return err;
}

static enum pal_err
take_stream(struct pal_arrow *q)
{
	struct pal_list seen = pal_list_of(&q->arena, sizeof(uint64_t));
	uint64_t        end = 0, size = q->in->size;

	PAL_TRY(take_messages(q, 0, size, &end, &seen));
	if (end >= size)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_arrow_trailing, end, "%llu bytes behind the stream",
				 (unsigned long long)(size - end)));
	return pal_give_stray(q->sink, q->in, end, size - end, pal_view_of("(after the stream)"));
}

static void
done(struct pal_arrow *q)
{
	struct pal_buf *const all[] = { &q->meta, &q->validity, &q->offsets, &q->data, &q->texts };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		pal_buf_done(all[i]);
	for (size_t i = 0; i <= PAL_ARROW_NESTED; i++)
		pal_buf_done(&q->rows[i]);
	pal_arena_done(&q->arena);
}

static enum pal_err
arrow_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(done))) struct pal_arrow q = { .in = in, .sink = sink };
	struct pal_buf *const                           all[] = { &q.meta, &q.validity, &q.offsets, &q.data, &q.texts };
	struct pal_view                                 head = { 0 };

	pal_arena_init(&q.arena, (size_t)128 << 20);
	q.dictionaries = pal_list_of(&q.arena, sizeof(struct pal_arrow_dictionary));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		*all[i] = pal_buf_of(PAL_ARROW_BUFFER + 1);
	for (size_t i = 0; i <= PAL_ARROW_NESTED; i++)
		q.rows[i] = pal_buf_of(PAL_ARROW_BUFFER);
	q.may_give = in->size > UINT64_MAX / 2 / TIMES_SAID ? UINT64_MAX : in->size * TIMES_SAID + sink->limits->output;
	PAL_TRY(pal_input_view(in, 0, 0, FILE_HEAD, &head));
	if (pal_view_starts(head, OLD_MARK)) {
		PAL_TRY(pal_sink_unread(sink, &pal_anomaly_arrow_type, 0, in->size,
					"Feather of version 1, which is not read; pyarrow writes version 2"));
		return pal_give_bytes(sink, in, 0, in->size);
	}
	PAL_TRY(pal_view_starts(head, MARK) ? take_file(&q) : take_stream(&q));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_arrow = {
	.name = "arrow",
	.summary = "Apache Arrow IPC: streams, files, Feather",
	.covers = "Every value of every column of every record batch, as cells with the number of their record; nested "
		  "columns "
		  "under their dotted path. Numbers, booleans, decimals, dates and times, texts and bytes (32 and 64 "
		  "bits), lists, "
		  "structs, maps, dictionaries with their deltas, bodies in LZ4 and Zstandard. The schema with its "
		  "metadata, and "
		  "extension types that are pickles. A file's index is held against its messages; bytes behind them "
		  "are found. "
		  "Reported and not read: unions, run-end encoding, views, intervals and the columns behind them in "
		  "the batch, "
		  "big-endian data, buffers above 64 MiB that are compressed, Feather of version 1. Passed over: "
		  "floating-point numbers in lists.",
	.probe = arrow_probe,
	.parse = arrow_parse,
};
