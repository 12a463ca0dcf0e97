/* hdf5_chunk.c - where a dataset's chunks are (III.A.1, VII) and what is in them, for all that is not only numbers. */
#include "hdf5.h"
#include "unpack.h"

#define CHUNK_MOST ((uint64_t)64 << 20)

enum { FILTER_DEFLATE = 1, FILTER_SHUFFLE = 2, FILTER_FLETCHER = 3 };

/* Undone are shuffle, deflate and Fletcher's checksum in this order, as every writer sets them (IV.A.2.l). */
static void
read_filters(struct pal_hdf5_chunks *c, struct pal_view body)
{
	struct pal_reader r = pal_reader_of(body);
	uint8_t           version = pal_read_u8(&r);
	unsigned int      last = 0;

	c->filters = body.len == 0 ? 0 : pal_read_u8(&r);
	pal_read_skip(&r, version == 1 ? 6 : 0);
	for (unsigned int i = 0; i < c->filters; i++) {
		unsigned int id = pal_read_u16le(&r), name = version == 1 || id >= 256 ? pal_read_u16le(&r) : 0,
			     rank = 0;
		unsigned int values = 0;

		pal_read_skip(&r, 2);
		values = pal_read_u16le(&r);
		pal_read_skip(&r, version == 1 ? (name + 7) / 8 * 8 : name);
		if (id == FILTER_SHUFFLE)
			c->shuffle = values > 0 ? pal_read_u32le(&r) : (unsigned int)(c->type->size & 0xffff);
		pal_read_skip(&r, 4 * (uint64_t)(values - (id == FILTER_SHUFFLE && values > 0)));
		pal_read_skip(&r, version == 1 && values % 2 != 0 ? 4 : 0);
		c->deflate = c->deflate || id == FILTER_DEFLATE;
		c->checked = c->checked || id == FILTER_FLETCHER;
		rank = id == FILTER_SHUFFLE ? 1 : id == FILTER_DEFLATE ? 2 : id == FILTER_FLETCHER ? 3 : 0;
		c->other = c->other || rank <= last;
		last = rank;
	}
	c->other = c->other || (body.len > 0 && pal_reader_err(&r) != PAL_OK);
}

/* Byte i of every value stands together; what does not fill a value stands at the end as it was. */
static enum pal_err
unshuffle(struct pal_buf *bytes, size_t width)
{
	PAL_AUTO_BUF plain = pal_buf_of(0);
	size_t       count = width == 0 ? 0 : bytes->len / width;
	uint8_t     *to = NULL;

	if (width < 2 || count < 2)
		return PAL_OK;
	to = pal_buf_room(&plain, bytes->len);
	if (to == NULL)
		return pal_buf_err(&plain);
	for (size_t i = 0; i < bytes->len; i++)
		to[i < count * width ? i % count * width + i / count : i] = (uint8_t)bytes->data[i];
	pal_buf_clear(bytes);
	pal_buf_add(bytes, pal_buf_view(&plain));
	return pal_buf_err(bytes);
}

static enum pal_err
give_unpacked(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, uint64_t at, uint64_t len)
{
	static const struct pal_packing zlib = { .codec = PAL_CODEC_ZLIB, .size = UINT64_MAX };
	PAL_AUTO_BUF                    bytes = pal_buf_of(PAL_UNPACK_BUF);
	struct pal_unpacked             how = { .end = PAL_UNPACK_WHOLE };
	struct pal_limits               limits = *h->sink->limits;
	struct pal_input                plain = { .fd = -1 };
	struct pal_view                 v = { 0 };

	len -= c->checked && len >= 4 ? 4 : 0;
	limits.output = limits.output < c->bytes ? limits.output : c->bytes; /* a chunk has no more than its shape */
	if (c->deflate)
		PAL_TRY(pal_unpack(h->in, h->base + at, len, &zlib, &limits, &bytes, &how));
	h->sink->limits->output -= bytes.len < h->sink->limits->output ? bytes.len : h->sink->limits->output;
	for (uint64_t n = 0; !c->deflate && n < len; n += v.len) {
		PAL_TRY(pal_input_view(h->in, h->base + at + n, 1, (size_t)(len - n), &v));
		pal_buf_add(&bytes, v);
	}
	c->skipped = c->skipped || how.end != PAL_UNPACK_WHOLE || pal_buf_err(&bytes) != PAL_OK;
	if (c->shuffle != 0 && pal_buf_err(&bytes) == PAL_OK)
		PAL_TRY(unshuffle(&bytes, c->shuffle));
	plain = pal_input_of_view(pal_buf_view(&bytes));
	return pal_hdf5_content(h, (struct pal_view){ 0 }, c->type, &plain, 0, plain.size);
}

static enum pal_err
take_chunk(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, uint64_t at, uint64_t len, uint32_t mask)
{
	if (at == PAL_HDF5_NOWHERE)
		return PAL_OK;
	PAL_TRY(pal_hdf5_claim(h, at, len, "a chunk"));
	if (at > h->size || len > h->size - at || (!pal_hdf5_is_content(c->type) && c->type->size != 1))
		return PAL_OK;
	if (c->filters == 0 || mask == ((uint32_t)1 << (c->filters & 31)) - 1)
		return pal_hdf5_content(h, (struct pal_view){ 0 }, c->type, h->in, h->base + at, len);
	if (!pal_hdf5_is_content(c->type))
		return PAL_OK;
	if (c->other || mask != 0 || c->bytes > CHUNK_MOST) {
		c->skipped = true;
		return PAL_OK;
	}
	return give_unpacked(h, c, at, len);
}

/* A node of a version 1 B-tree: keys of size, mask and offsets before each child. */
static enum pal_err
take_node(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, uint64_t at, struct pal_list *nodes)
{
	struct pal_hdf5_bytes node = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              k2 = 2 * (uint64_t)h->chunk_k, key = 8 + 8 * (uint64_t)c->rank;
	uint64_t              size = 8 + 2 * (uint64_t)h->offsets + k2 * h->offsets + (k2 + 1) * key;
	unsigned int          level = 0, count = 0;

	PAL_TRY(pal_hdf5_claim(h, at, size, "a B-tree node of chunks"));
	PAL_TRY(pal_hdf5_block(h, at, size, "a B-tree node of chunks", &node));
	if (node.view.len == 0)
		return PAL_OK;
	r = pal_reader_of(node.view);
	pal_read_skip(&r, 5);
	level = pal_read_u8(&r);
	count = pal_read_u16le(&r);
	pal_read_skip(&r, 2 * (uint64_t)h->offsets);
	if (!pal_view_starts(node.view, "TREE\1") || count > k2)
		return pal_hdf5_broken(h, at, "a B-tree node of chunks without its mark, or with more than it holds");
	for (unsigned int i = 0; i < count; i++) {
		uint32_t len = pal_read_u32le(&r), mask = pal_read_u32le(&r);
		uint64_t child = 0, *slot = NULL;

		pal_read_skip(&r, key - 8);
		child = pal_hdf5_address(h, &r);
		if (level == 0) {
			PAL_TRY(take_chunk(h, c, child, len, mask));
		} else if (pal_hdf5_first(h, child)) {
			slot = pal_list_add(nodes);
			if (slot != NULL)
				*slot = child;
		}
	}
	return pal_arena_err(&h->scratch);
}

static enum pal_err
take_tree(struct pal_hdf5 *h, struct pal_hdf5_chunks *c)
{
	struct pal_list nodes = pal_list_of(&h->scratch, sizeof(uint64_t));
	uint64_t       *slot = NULL;

	if (!pal_hdf5_first(h, c->root))
		return PAL_OK;
	slot = pal_list_add(&nodes);
	if (slot != NULL)
		*slot = c->root;
	for (size_t i = 0; i < nodes.count; i++)
		PAL_TRY(take_node(h, c, *(const uint64_t *)pal_list_at(&nodes, i), &nodes));
	return pal_arena_err(&h->scratch);
}

/* Records of a version 2 B-tree of chunks: an address; with filters a size of its own and a mask. */
static enum pal_err
take_record(struct pal_hdf5 *h, void *arg, struct pal_view record)
{
	struct pal_hdf5_chunks *c = arg;
	struct pal_reader       r = pal_reader_of(record);
	uint64_t                at = pal_hdf5_address(h, &r), len = c->bytes;
	uint64_t                rest = 8 * (uint64_t)(c->rank - 1) + h->offsets + 4;
	uint32_t                mask = 0;

	if (c->filters > 0) {
		len = record.len > rest && record.len - rest <= 8
			  ? pal_hdf5_number(&r, (unsigned int)(record.len - rest))
			  : 0;
		mask = pal_read_u32le(&r);
	}
	return pal_reader_err(&r) != PAL_OK ? PAL_OK : take_chunk(h, c, at, len, mask);
}

enum pal_err
pal_hdf5_chunks(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, struct pal_view filters)
{
	read_filters(c, filters);
	switch (c->index) {
	case 0:
		return take_tree(h, c);
	case 1:
		return take_chunk(h, c, c->root, c->single != 0 ? c->single : c->bytes, 0);
	case 3:
		return pal_hdf5_first(h, c->root) ? pal_hdf5_fixed(h, c, take_chunk) : PAL_OK;
	case 4:
		return pal_hdf5_first(h, c->root) ? pal_hdf5_extensible(h, c, take_chunk) : PAL_OK;
	case 5:
		return c->rank == 0 ? PAL_OK : pal_hdf5_tree(h, c->root, take_record, c);
	default:
		/* implicit, never filtered: the chunks are found as bytes that belong to nothing */
		c->skipped = pal_hdf5_is_content(c->type) && c->filters > 0;
		return PAL_OK;
	}
}
