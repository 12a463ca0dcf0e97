/* parquet_value.c - the encodings of values; to audit: take_plain(), take_delta_bytes() and the sizes of scratch. */
#include "parquet.h"

#include "palisade/mem.h"

#define SCRATCH ((size_t)8 << 20) /* of one batch that is put together; one value may be longer */

bool
pal_parquet_is_dictionary(int64_t encoding)
{
	return encoding == PAL_PARQUET_PLAIN_DICTIONARY || encoding == PAL_PARQUET_RLE_DICTIONARY;
}

static bool
is_number(const struct pal_parquet_leaf *leaf)
{
	return leaf->type == PAL_PARQUET_INT32 || leaf->type == PAL_PARQUET_INT64;
}

/* Encodings.md says which types an encoding may hold. */
bool
pal_parquet_may_hold(int64_t encoding, const struct pal_parquet_leaf *leaf)
{
	switch (encoding) {
	case PAL_PARQUET_PLAIN:
	case PAL_PARQUET_PLAIN_DICTIONARY:
	case PAL_PARQUET_RLE_DICTIONARY:
		return true;
	case PAL_PARQUET_RLE:
		return leaf->type == PAL_PARQUET_BOOLEAN;
	case PAL_PARQUET_DELTA:
		return is_number(leaf);
	case PAL_PARQUET_DELTA_LENGTH:
		return leaf->type == PAL_PARQUET_BYTE_ARRAY;
	case PAL_PARQUET_DELTA_BYTES:
		return leaf->type == PAL_PARQUET_BYTE_ARRAY || leaf->type == PAL_PARQUET_FIXED;
	case PAL_PARQUET_SPLIT:
		return leaf->width > 0 && leaf->type != PAL_PARQUET_INT96;
	default:
		return false;
	}
}

/* RLE of booleans has the length of its bytes before it. */
static const char *
start_booleans(struct pal_parquet_values *v, struct pal_view bytes)
{
	struct pal_reader r = pal_reader_of(bytes);

	v->runs = pal_parquet_runs_of(pal_read_view(&r, pal_read_u32le(&r)), 1);
	return pal_reader_err(&r) == PAL_OK ? NULL : "has booleans that are longer than itself";
}

/* One byte of the width of the indexes stands before them; without values it may be missing. */
static const char *
start_indexes(struct pal_parquet_values *v, struct pal_view bytes)
{
	if (bytes.len == 0 && v->count > 0)
		return "has no indexes";
	if (bytes.len > 0 && bytes.data[0] > 32)
		return "has indexes of more than 32 bits";
	v->runs = pal_parquet_runs_of(pal_view_sub(bytes, 1, bytes.len), bytes.len > 0 ? bytes.data[0] : 0);
	return NULL;
}

static const char *
start_delta(struct pal_parquet_values *v, struct pal_view bytes)
{
	if (v->count == 0)
		return NULL;
	v->first = pal_parquet_delta_of(bytes);
	v->rest = v->encoding == PAL_PARQUET_DELTA ? bytes : pal_parquet_delta_behind(v->first);
	if (v->encoding == PAL_PARQUET_DELTA_BYTES && !v->first.broken) {
		v->second = pal_parquet_delta_of(v->rest);
		v->rest = pal_parquet_delta_behind(v->second);
	}
	return v->first.broken || v->second.broken ? "has differences in blocks that cannot be" : NULL;
}

const char *
pal_parquet_values_start(struct pal_parquet_values *v, const struct pal_parquet_leaf *leaf, int64_t encoding,
			 struct pal_view bytes, size_t count, size_t dictionary)
{
	v->encoding = (enum pal_parquet_encoding)encoding;
	v->leaf = leaf;
	v->rest = bytes;
	v->count = count;
	v->done = 0;
	v->dictionary = dictionary;
	v->second = v->first = (struct pal_parquet_delta){ 0 };
	pal_buf_clear(&v->last);
	if (pal_parquet_is_dictionary(encoding))
		return start_indexes(v, bytes);
	if (encoding == PAL_PARQUET_RLE)
		return start_booleans(v, bytes);
	if (encoding == PAL_PARQUET_PLAIN && leaf->type == PAL_PARQUET_BOOLEAN)
		v->runs = pal_parquet_bits_of(bytes, 1, false);
	if (encoding >= PAL_PARQUET_DELTA && encoding <= PAL_PARQUET_DELTA_BYTES)
		return start_delta(v, bytes);
	if (encoding == PAL_PARQUET_SPLIT)
		v->count = bytes.len / leaf->width; /* how many of its entries have a value, this page alone says */
	return NULL;
}

/* ---- one batch of each encoding ---- */

static size_t
take_indexes(struct pal_parquet_values *v, size_t n)
{
	n = pal_parquet_runs_next(&v->runs, v->index, n);
	for (size_t i = 0; i < n; i++)
		if (v->index[i] >= v->dictionary)
			return i;
	return n;
}

static size_t
take_booleans(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	static const uint8_t values[2] = { 0, 1 };

	n = pal_parquet_runs_next(&v->runs, v->index, n);
	for (size_t i = 0; i < n; i++)
		to[i] = (struct pal_view){ &values[v->index[i] & 1], 1 };
	return n;
}

static size_t
take_fixed(struct pal_view *rest, size_t width, struct pal_view *to, size_t n)
{
	size_t have = rest->len / width;

	n = have < n ? have : n;
	for (size_t i = 0; i < n; i++)
		to[i] = (struct pal_view){ rest->data + i * width, width };
	*rest = pal_view_sub(*rest, n * width, rest->len);
	return n;
}

/* @UNSAFE: four bytes of length before each value; both are held against what is left. */
static size_t
take_plain(struct pal_view *rest, struct pal_view *to, size_t n)
{
	const uint8_t *p = rest->data;
	size_t         left = rest->len, i = 0;

	for (; i < n && left >= 4; i++) {
		uint32_t len = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

		if (len > left - 4)
			break;
		to[i] = (struct pal_view){ p + 4, len };
		p += 4 + (size_t)len;
		left -= 4 + (size_t)len;
	}
	*rest = (struct pal_view){ p, left };
	return i;
}

static size_t
take_numbers(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	uint8_t *at = NULL;
	size_t   width = v->leaf->width;

	n = pal_parquet_delta_next(&v->first, v->numbers, n);
	pal_buf_clear(&v->scratch);
	at = pal_buf_room(&v->scratch, n * width);
	if (at == NULL)
		return 0;
	for (size_t i = 0; i < n; i++, at += width) {
		for (size_t k = 0; k < width; k++)
			at[k] = (uint8_t)((uint64_t)v->numbers[i] >> (8 * k));
		to[i] = (struct pal_view){ at, width };
	}
	return n;
}

static size_t
take_lengths(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	n = pal_parquet_delta_next(&v->first, v->numbers, n);
	for (size_t i = 0; i < n; i++) {
		if (v->numbers[i] < 0 || (uint64_t)v->numbers[i] > v->rest.len)
			return i;
		to[i] = pal_view_sub(v->rest, 0, (size_t)v->numbers[i]);
		v->rest = pal_view_sub(v->rest, to[i].len, v->rest.len);
	}
	return n;
}

/* How long value i is: what it shares with the one before, and its own end; 0 in *ret_fits when it cannot be. */
static size_t
joined(const struct pal_parquet_values *v, size_t i, size_t before, bool *ret_fits)
{
	int64_t shared = v->numbers[i], own = v->more[i];

	*ret_fits = shared >= 0 && (uint64_t)shared <= before && own >= 0 && (uint64_t)own <= v->rest.len;
	return *ret_fits ? (size_t)shared + (size_t)own : 0;
}

/* Each value begins with some of the one before it. The batch ends early when it has grown long. */
static size_t
take_delta_bytes(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	struct pal_parquet_delta first = v->first, second = v->second;
	struct pal_view          before = pal_buf_view(&v->last);
	size_t                   sum = 0, made = 0, len = before.len, some = 0;
	uint8_t                 *at = NULL;
	bool                     fits = true;

	n = pal_parquet_delta_next(&first, v->numbers, n);
	n = pal_parquet_delta_next(&second, v->more, n);
	for (uint64_t used = 0; some < n && sum < SCRATCH; some++) {
		len = joined(v, some, len, &fits);
		used += (uint64_t)v->more[some];
		if (!fits || used > v->rest.len || len > PAL_PARQUET_PAGE)
			break;
		sum += len;
	}
	pal_buf_clear(&v->scratch);
	at = pal_buf_room(&v->scratch, sum);
	for (; at != NULL && made < some; made++) {
		size_t shared = (size_t)v->numbers[made], own = (size_t)v->more[made];

		pal_mem_copy(at, sum, before.data, shared);
		pal_mem_copy(at + shared, sum - shared, v->rest.data, own);
		before = to[made] = (struct pal_view){ at, shared + own };
		v->rest = pal_view_sub(v->rest, own, v->rest.len);
		at += shared + own;
		sum -= shared + own;
	}
	(void)pal_parquet_delta_next(&v->first, v->numbers, made);
	(void)pal_parquet_delta_next(&v->second, v->more, made);
	if (made > 0) {
		pal_buf_clear(&v->last);
		pal_buf_add(&v->last, before);
	}
	return made;
}

/* Byte k of all values stands together (BYTE_STREAM_SPLIT = 9). */
static size_t
take_split(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	size_t   width = v->leaf->width;
	uint8_t *at = NULL;

	while (n > 1 && n * width > PAL_PARQUET_PAGE)
		n /= 2;
	pal_buf_clear(&v->scratch);
	at = pal_buf_room(&v->scratch, n * width);
	if (at == NULL)
		return 0;
	for (size_t i = 0; i < n; i++, at += width) {
		for (size_t k = 0; k < width; k++)
			at[k] = v->rest.data[k * v->count + v->done + i];
		to[i] = (struct pal_view){ at, width };
	}
	return n;
}

static size_t
take_batch(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	switch (v->encoding) {
	case PAL_PARQUET_PLAIN_DICTIONARY:
	case PAL_PARQUET_RLE_DICTIONARY:
		return take_indexes(v, n);
	case PAL_PARQUET_RLE:
		return take_booleans(v, to, n);
	case PAL_PARQUET_DELTA:
		return take_numbers(v, to, n);
	case PAL_PARQUET_DELTA_LENGTH:
		return take_lengths(v, to, n);
	case PAL_PARQUET_DELTA_BYTES:
		return take_delta_bytes(v, to, n);
	case PAL_PARQUET_SPLIT:
		return take_split(v, to, n);
	case PAL_PARQUET_PLAIN:
	case PAL_PARQUET_BIT_PACKED:
		break;
	}
	if (v->leaf->type == PAL_PARQUET_BOOLEAN)
		return take_booleans(v, to, n);
	return v->leaf->width > 0 ? take_fixed(&v->rest, v->leaf->width, to, n) : take_plain(&v->rest, to, n);
}

size_t
pal_parquet_values_next(struct pal_parquet_values *v, struct pal_view *to, size_t n)
{
	size_t left = v->count - v->done;

	n = n < PAL_PARQUET_BATCH ? n : PAL_PARQUET_BATCH;
	n = take_batch(v, to, n < left ? n : left);
	v->done += n;
	return n;
}

/* ---- dictionaries ---- */

struct pal_view
pal_parquet_dictionary_raw(const struct pal_parquet_dictionary *d, const struct pal_parquet_leaf *leaf, size_t i)
{
	size_t width = leaf->width;

	return width == 0 ? d->raws[i] : pal_view_sub(pal_buf_view(&d->page), i * width, width);
}

/* The text of every entry, once. */
static bool
write_texts(struct pal_parquet_dictionary *d, const struct pal_parquet_leaf *leaf, size_t count)
{
	const uint8_t *at = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t   len = d->text.len;
		uint8_t *to = pal_buf_room(&d->text, PAL_CELL_MOST);

		if (to == NULL)
			return false;
		d->texts[i].len = pal_cell_write(&leaf->cell, pal_parquet_dictionary_raw(d, leaf, i), (char *)to);
		d->text.len = len + d->texts[i].len;
	}
	at = pal_buf_view(&d->text).data;
	for (size_t i = 0; i < count; i++) { /* the buffer has stopped moving */
		d->texts[i].data = at;
		at += d->texts[i].len;
	}
	return true;
}

bool
pal_parquet_dictionary_read(struct pal_parquet_dictionary *d, const struct pal_parquet_leaf *leaf, size_t count)
{
	struct pal_view rest = pal_buf_view(&d->page);
	size_t          made = 0;
	bool            as_is = leaf->cell.kind == PAL_CELL_TEXT || leaf->cell.kind == PAL_CELL_BYTES;

	pal_arena_done(&d->arena);
	pal_arena_init(&d->arena, (size_t)160 << 20);
	pal_buf_clear(&d->text);
	d->count = 0;
	d->there = true;
	if (count == 0)
		return true;
	if (leaf->type == PAL_PARQUET_BOOLEAN || count > PAL_PARQUET_ENTRIES ||
	    d->page.len / (leaf->width > 0 ? leaf->width : 4) < count)
		return false;
	d->raws = pal_arena_array(&d->arena, count, sizeof(*d->raws));
	d->texts = as_is ? d->raws : pal_arena_array(&d->arena, count, sizeof(*d->texts));
	d->used = pal_arena_array(&d->arena, count, 1);
	if (pal_arena_err(&d->arena) != PAL_OK)
		return false;
	made = leaf->width > 0 ? take_fixed(&rest, leaf->width, d->raws, count) : take_plain(&rest, d->raws, count);
	if (made < count)
		return false;
	if (!as_is && !write_texts(d, leaf, count))
		return false;
	d->count = count;
	return true;
}
