/* parquet_page.c - a page's header and its bytes; to audit: what is known of its sizes before it is read. */
#include "parquet.h"

#include "block.h"

#define HEADER_MOST ((size_t)1 << 20) /* statistics stand in it */
#define HEADER_NEAR ((size_t)64)      /* where most headers end */

enum { NONE, SNAPPY, GZIP, LZO, BROTLI, LZ4, ZSTD, LZ4_RAW, CODECS };

/* DataPageHeader {1: num_values, 2: encoding, 3: definition, 4: repetition}; DictionaryPageHeader begins like it. */
static void
read_data(struct pal_thrift *t, struct pal_parquet_page *p)
{
	struct pal_thrift_field f = { 0 };

	while (pal_thrift_next(t, &f)) {
		if (f.id == 1)
			p->values = pal_thrift_int(t, &f);
		else if (f.id == 2)
			p->encoding = pal_thrift_int(t, &f);
		else if (f.id == 3)
			p->def_encoding = pal_thrift_int(t, &f);
		else if (f.id == 4)
			p->rep_encoding = pal_thrift_int(t, &f);
	}
}

/* DataPageHeaderV2 {1: num_values, 2: num_nulls, 3: num_rows, 4: encoding, 5, 6: lengths of levels, 7: compressed} */
static void
read_data_2(struct pal_thrift *t, struct pal_parquet_page *p)
{
	struct pal_thrift_field f = { 0 };
	int64_t *const parts[] = { NULL, &p->values, &p->nulls, &p->rows, &p->encoding, &p->def_len, &p->rep_len };

	while (pal_thrift_next(t, &f)) {
		if (f.id >= 1 && f.id <= 6)
			*parts[f.id] = pal_thrift_int(t, &f);
		else if (f.id == 7)
			p->unpacked = !pal_thrift_bool(t, &f);
	}
}

static void
read_header(struct pal_thrift *t, struct pal_parquet_page *p)
{
	struct pal_thrift_field f = { 0 };
	int64_t *const          parts[] = { NULL, &p->type, &p->size, &p->packed, &p->crc };

	while (pal_thrift_next(t, &f)) {
		p->has_crc = p->has_crc || f.id == 4;
		if (f.id >= 1 && f.id <= 4)
			*parts[f.id] = pal_thrift_int(t, &f);
		else if ((f.id == 5 || f.id == 7) && pal_thrift_struct(t, &f))
			read_data(t, p);
		else if (f.id == 8 && pal_thrift_struct(t, &f))
			read_data_2(t, p);
	}
}

enum pal_err
pal_parquet_page_header(struct pal_parquet *q, uint64_t at, struct pal_parquet_page *p, bool *ret_whole)
{
	uint64_t left = at < q->footer_at ? q->footer_at - at : 0;

	*ret_whole = false;
	for (size_t most = HEADER_NEAR; left > 0 && !*ret_whole; most = HEADER_MOST) {
		struct pal_view   v = { 0 };
		struct pal_thrift t = { 0 };

		*p = (struct pal_parquet_page){ .at = at, .type = -1, .size = -1, .packed = -1, .values = -1 };
		PAL_TRY(pal_input_view(q->in, at, 0, left < most ? (size_t)left : most, &v));
		v = pal_view_sub(v, 0, left < most ? (size_t)left : most);
		t = pal_thrift_of(v);
		read_header(&t, p);
		*ret_whole = pal_thrift_err(&t) == PAL_OK && p->type >= 0 && p->size >= 0 && p->packed >= 0;
		p->body_at = at + v.len - pal_reader_left(&t.r);
		if (most == HEADER_MOST)
			break;
	}
	return PAL_OK;
}

/* The page as it stands in the file: a view of it, or a copy when it is longer than a window. */
static enum pal_err
read_packed(struct pal_parquet *q, const struct pal_parquet_page *p, struct pal_view *ret_packed)
{
	uint64_t at = p->body_at, end = at + (uint64_t)p->packed;

	if (q->in->fd < 0 || (uint64_t)p->packed <= PAL_INPUT_WINDOW) {
		PAL_TRY(pal_input_view(q->in, at, (size_t)p->packed, (size_t)p->packed, ret_packed));
		return PAL_OK;
	}
	pal_buf_clear(&q->packed);
	while (at < end) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(q->in, at, 1, (size_t)(end - at), &v));
		pal_buf_add(&q->packed, v);
		at += v.len;
	}
	*ret_packed = pal_buf_view(&q->packed);
	return pal_buf_err(&q->packed);
}

static const char *
why_not_size(const struct pal_parquet *q, const struct pal_parquet_page *p, const struct pal_rule **ret_rule)
{
	*ret_rule = &pal_anomaly_parquet_page;
	if (p->body_at > q->footer_at || (uint64_t)p->packed > q->footer_at - p->body_at)
		return "ends behind the data";
	if ((uint64_t)p->packed > PAL_PARQUET_PAGE || (uint64_t)p->size > PAL_PARQUET_PAGE) {
		*ret_rule = &pal_anomaly_format_limit;
		return "is larger than 64 MiB";
	}
	return NULL;
}

static const char *
why_not_unpacked(enum pal_unpack_end end, const struct pal_rule **ret_rule)
{
	*ret_rule = end == PAL_UNPACK_BOMBED ? &pal_anomaly_parquet_bomb : &pal_anomaly_parquet_page;
	return end == PAL_UNPACK_BOMBED  ? "unpacks to more than a hundred times its size"
	       : end == PAL_UNPACK_WHOLE ? NULL
					 : "does not unpack to the size that its header says";
}

/* The levels of version 2 stand before the values and are never compressed. */
static enum pal_err
unpack(struct pal_parquet *q, const struct pal_parquet_page *p, enum pal_block how, struct pal_view *body,
       enum pal_unpack_end *ret_end)
{
	size_t levels = p->type == PAL_PARQUET_DATA_2 ? (size_t)(p->def_len + p->rep_len) : 0;

	PAL_TRY(
	    pal_block_unpack(how, pal_view_sub(*body, levels, body->len), (size_t)p->size - levels, &q->page, ret_end));
	*body = pal_buf_view(&q->page);
	return PAL_OK;
}

static bool
levels_fit(const struct pal_parquet_page *p)
{
	return p->def_len >= 0 && p->rep_len >= 0 && p->def_len <= p->packed && p->rep_len <= p->packed - p->def_len &&
	       p->def_len <= p->size && p->rep_len <= p->size - p->def_len;
}

enum pal_err
pal_parquet_page_body(struct pal_parquet *q, const struct pal_parquet_page *p, int64_t codec,
		      struct pal_view *ret_levels, struct pal_view *ret_body, const struct pal_rule **ret_rule,
		      const char **ret_why)
{
	static const enum pal_block blocks[CODECS] = {
		[SNAPPY] = PAL_BLOCK_SNAPPY,  [GZIP] = PAL_BLOCK_GZIP, [BROTLI] = PAL_BLOCK_BROTLI,
		[LZ4] = PAL_BLOCK_LZ4_HADOOP, [ZSTD] = PAL_BLOCK_ZSTD, [LZ4_RAW] = PAL_BLOCK_LZ4
	};
	enum pal_unpack_end end = PAL_UNPACK_WHOLE;
	struct pal_view     v = { 0 };

	*ret_why = why_not_size(q, p, ret_rule);
	if (*ret_why == NULL && (codec < 0 || codec >= CODECS || codec == LZO)) {
		*ret_rule = &pal_anomaly_parquet_codec;
		*ret_why = "is compressed in a way that is not known";
	}
	if (*ret_why == NULL && p->type == PAL_PARQUET_DATA_2 && !levels_fit(p))
		*ret_why = "has levels that are longer than itself";
	if (*ret_why != NULL)
		return PAL_OK;
	PAL_TRY(read_packed(q, p, &v));
	if (p->has_crc && (uint32_t)p->crc != pal_block_crc32(v))
		PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_parquet_crc, p->at,
					 "the page at %llu does not match its checksum", (unsigned long long)p->at));
	if (p->type == PAL_PARQUET_DATA_2)
		*ret_levels = pal_view_sub(v, 0, (size_t)(p->def_len + p->rep_len));
	if ((uint64_t)p->size == ret_levels->len) /* no values; codecs differ in what they make of nothing */
		v.len = 0;
	else if (codec == NONE || p->unpacked)
		v = pal_view_sub(v, ret_levels->len, v.len);
	else
		PAL_TRY(unpack(q, p, blocks[codec], &v, &end));
	*ret_body = v;
	*ret_why = why_not_unpacked(end, ret_rule);
	if (*ret_why == NULL && ret_levels->len + v.len != (size_t)p->size)
		*ret_why = "is not as long as its header says";
	return PAL_OK;
}
