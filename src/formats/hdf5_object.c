/* hdf5_object.c - object headers (IV.A), versions 1 and 2, and what each message in them leads to. */
#include "hdf5.h"

#define BLOCKS_MOST 4096u /* continuations of one header */

enum {
	MESSAGE_SPACE = 1,
	MESSAGE_LINK_INFO = 2,
	MESSAGE_TYPE = 3,
	MESSAGE_LINK = 6,
	MESSAGE_EXTERNAL = 7,
	MESSAGE_LAYOUT = 8,
	MESSAGE_FILTERS = 11,
	MESSAGE_ATTRIBUTE = 12,
	MESSAGE_COMMENT = 13,
	MESSAGE_CONTINUATION = 16,
	MESSAGE_TABLE = 17,
	MESSAGE_TREE_K = 19,
	MESSAGE_ATTRIBUTE_INFO = 21,
};

#define FLAG_SHARED 2u

struct header {
	struct pal_hdf5    *h;
	struct pal_hdf5_set set;
	struct pal_list     blocks; /* of struct pal_hdf5_extent: continuations, in the order in which they are met */
	bool new, order;            /* version 2; it keeps the order of creation */
};

/* The three parts that stand before an attribute's data: name, datatype, dataspace. */
static bool
attribute_parts(struct pal_hdf5_bytes body, struct pal_hdf5_bytes part[3], uint8_t *ret_flags, uint64_t *ret_data)
{
	struct pal_reader r = pal_reader_of(body.view);
	uint8_t           version = pal_read_u8(&r);
	uint16_t          sizes[3];

	*ret_flags = pal_read_u8(&r);
	for (unsigned int i = 0; i < 3; i++)
		sizes[i] = pal_read_u16le(&r);
	if (version == 3)
		pal_read_skip(&r, 1); /* how the name is encoded */
	for (unsigned int i = 0; i < 3; i++) {
		part[i].at = body.at + r.offset;
		part[i].view = pal_read_view(&r, sizes[i]);
		if (version == 1)
			pal_read_skip(&r, (8 - sizes[i] % 8u) % 8u);
	}
	if (version == 1)
		*ret_flags = 0;
	*ret_data = r.offset;
	return pal_reader_err(&r) == PAL_OK && version >= 1 && version <= 3;
}

/* An attribute with its type and space inside (IV.A.2.m). */
enum pal_err
pal_hdf5_attribute(struct pal_hdf5 *h, const char *path, struct pal_hdf5_bytes body)
{
	struct pal_hdf5_bytes part[3] = { { .at = 0 } };
	struct pal_hdf5_type  t = { .size = 0 };
	struct pal_hdf5_shape s = { .count = 0 };
	uint8_t               flags = 0;
	uint64_t              data = 0, len = 0;

	(void)path;
	if (!attribute_parts(body, part, &flags, &data))
		return pal_hdf5_broken(h, body.at - h->base, "an attribute that is cut short or of no known version");
	if ((flags & 1) != 0)
		PAL_TRY(pal_hdf5_shared(h, &part[1]));
	if (part[1].view.len == 0)
		return PAL_OK; /* told already */
	if (!pal_hdf5_type_of(part[1].view, &t) || !pal_hdf5_shape_of(h, part[2].view, &s) || (flags & 2) != 0)
		return pal_hdf5_broken(h, body.at - h->base, "an attribute of no known type or shape");
	if (s.overflow || __builtin_mul_overflow(s.count, t.size, &len) || len > body.view.len - data)
		return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, body.at,
					"an attribute whose shape has more data than it");
	return pal_hdf5_content(h, pal_hdf5_string(part[0].view, 0), &t, h->in, body.at + data, len);
}

/* ---- messages ---- */

static enum pal_err
take_link_info(struct header *o, struct pal_hdf5_bytes body)
{
	struct pal_reader r = pal_reader_of(body.view);
	uint8_t           version = pal_read_u8(&r), flags = pal_read_u8(&r);
	uint64_t          heap = 0, tree = 0;

	pal_read_skip(&r, (flags & 1) != 0 ? 8 : 0);
	heap = pal_hdf5_address(o->h, &r);
	tree = pal_hdf5_address(o->h, &r);
	if (pal_reader_err(&r) != PAL_OK || version != 0)
		return pal_hdf5_broken(o->h, body.at - o->h->base, "link information that is cut short");
	/* records of the index by name: a hash, then the heap's id */
	return heap == PAL_HDF5_NOWHERE ? PAL_OK : pal_hdf5_dense(o->h, o->set.path, heap, tree, 4, pal_hdf5_link);
}

static enum pal_err
take_attribute_info(struct header *o, struct pal_hdf5_bytes body)
{
	struct pal_reader r = pal_reader_of(body.view);
	uint8_t           version = pal_read_u8(&r), flags = pal_read_u8(&r);
	uint64_t          heap = 0, tree = 0;

	pal_read_skip(&r, (flags & 1) != 0 ? 2 : 0);
	heap = pal_hdf5_address(o->h, &r);
	tree = pal_hdf5_address(o->h, &r);
	if (pal_reader_err(&r) != PAL_OK || version != 0)
		return pal_hdf5_broken(o->h, body.at - o->h->base, "attribute information that is cut short");
	return heap == PAL_HDF5_NOWHERE ? PAL_OK : pal_hdf5_dense(o->h, o->set.path, heap, tree, 0, pal_hdf5_attribute);
}

static enum pal_err
take_continuation(struct header *o, struct pal_hdf5_bytes body)
{
	struct pal_reader       r = pal_reader_of(body.view);
	uint64_t                at = pal_hdf5_address(o->h, &r), len = pal_hdf5_number(&r, o->h->lengths);
	struct pal_hdf5_extent *e = NULL;

	if (pal_reader_err(&r) != PAL_OK || len > UINT64_MAX - at || o->blocks.count >= BLOCKS_MOST ||
	    !pal_hdf5_first(o->h, at))
		return pal_hdf5_broken(o->h, body.at - o->h->base, "a header that continues where it has been");
	e = pal_list_add(&o->blocks);
	if (e != NULL)
		*e = (struct pal_hdf5_extent){ at, at + len };
	return pal_arena_err(&o->h->scratch);
}

static enum pal_err
take_table(struct header *o, struct pal_hdf5_bytes body)
{
	struct pal_reader r = pal_reader_of(body.view);
	uint64_t          tree = pal_hdf5_address(o->h, &r), heap = pal_hdf5_address(o->h, &r);

	if (pal_reader_err(&r) != PAL_OK)
		return pal_hdf5_broken(o->h, body.at - o->h->base, "a symbol table that is cut short");
	return pal_hdf5_table(o->h, o->set.path, tree, heap);
}

static void
take_tree_k(struct pal_hdf5 *h, struct pal_hdf5_bytes body)
{
	struct pal_reader r = pal_reader_of(body.view);

	pal_read_skip(&r, 1);
	h->chunk_k = pal_read_u16le(&r);
	h->node_k = pal_read_u16le(&r);
	h->leaf_k = pal_read_u16le(&r);
}

static enum pal_err
take_message(struct header *o, unsigned int type, unsigned int flags, struct pal_hdf5_bytes body)
{
	struct pal_place place = { .offset = body.at };

	if ((flags & FLAG_SHARED) != 0 && type != MESSAGE_TYPE)
		return type == MESSAGE_ATTRIBUTE || type == MESSAGE_FILTERS || type == MESSAGE_SPACE
			   ? pal_hdf5_broken(o->h, body.at - o->h->base, "a shared message that is not followed here")
			   : PAL_OK;
	switch (type) {
	case MESSAGE_SPACE:
		o->set.space = body;
		return PAL_OK;
	case MESSAGE_TYPE:
		if ((flags & FLAG_SHARED) != 0)
			PAL_TRY(pal_hdf5_shared(o->h, &body));
		o->set.type = body;
		return PAL_OK;
	case MESSAGE_LAYOUT:
		o->set.layout = body;
		return PAL_OK;
	case MESSAGE_FILTERS:
		o->set.filters = body;
		return PAL_OK;
	case MESSAGE_EXTERNAL:
		o->set.external = body;
		return PAL_OK;
	case MESSAGE_LINK:
		return pal_hdf5_link(o->h, o->set.path, body);
	case MESSAGE_ATTRIBUTE:
		return pal_hdf5_attribute(o->h, o->set.path, body);
	case MESSAGE_COMMENT:
		return pal_give_text(o->h->sink, pal_hdf5_string(body.view, 0), &place);
	case MESSAGE_LINK_INFO:
		return take_link_info(o, body);
	case MESSAGE_ATTRIBUTE_INFO:
		return take_attribute_info(o, body);
	case MESSAGE_CONTINUATION:
		return take_continuation(o, body);
	case MESSAGE_TABLE:
		return take_table(o, body);
	case MESSAGE_TREE_K:
		take_tree_k(o->h, body);
		return PAL_OK;
	default:
		return PAL_OK;
	}
}

/* ---- headers ---- */

/* The messages in [from, to) of a block. */
static enum pal_err
take_messages(struct header *o, struct pal_hdf5_bytes block, size_t from, size_t to)
{
	struct pal_reader r = pal_reader_of(pal_view_sub(block.view, 0, to));
	const uint64_t    least = o->new ? (o->order ? 6 : 4) : 8;

	pal_read_skip(&r, from);
	while (pal_reader_left(&r) >= least) {
		unsigned int          type = o->new ? pal_read_u8(&r) : pal_read_u16le(&r);
		uint16_t              size = pal_read_u16le(&r);
		unsigned int          flags = pal_read_u8(&r);
		struct pal_hdf5_bytes body = { .at = 0 };

		pal_read_skip(&r, o->new ? (o->order ? 2 : 0) : 3);
		body.at = block.at + r.offset;
		if (size > pal_reader_left(&r))
			return pal_hdf5_broken(o->h, body.at - o->h->base, "a message longer than its header");
		body.view = pal_read_view(&r, size);
		if (o->h->sink->limits->items > 0)
			o->h->sink->limits->items--;
		PAL_TRY(take_message(o, type, flags, body));
	}
	return PAL_OK;
}

/* Version 2: "OHDR", or "OCHK" for a continuation, and a checksum at the end. */
static enum pal_err
take_first_new(struct header *o, uint64_t at, struct pal_reader *r)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	uint8_t               flags = 0;
	uint64_t              len = 0, head = 0;

	pal_read_skip(r, 1);
	flags = pal_read_u8(r);
	pal_read_skip(r, ((flags & 0x20) != 0 ? 16u : 0u) + ((flags & 0x10) != 0 ? 4u : 0u));
	len = pal_hdf5_number(r, 1u << (flags & 3));
	head = r->offset;
	o->new = true;
	o->order = (flags & 4) != 0;
	if (pal_reader_err(r) != PAL_OK || len > o->h->size)
		return pal_hdf5_broken(o->h, at, "an object header that is cut short");
	PAL_TRY(pal_hdf5_claim(o->h, at, head + len + 4, "an object header"));
	PAL_TRY(pal_hdf5_block(o->h, at, head + len, "an object header", &block));
	return take_messages(o, block, (size_t)head, block.view.len);
}

static enum pal_err
take_first_old(struct header *o, uint64_t at, struct pal_reader *r)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	uint64_t              len = 0;

	pal_read_skip(r, 8 - r->offset);
	len = pal_read_u32le(r);
	if (pal_reader_err(r) != PAL_OK)
		return pal_hdf5_broken(o->h, at, "an object header that is cut short");
	PAL_TRY(pal_hdf5_claim(o->h, at, 16 + len, "an object header"));
	PAL_TRY(pal_hdf5_block(o->h, at, 16 + len, "an object header", &block));
	return take_messages(o, block, 16, block.view.len);
}

static enum pal_err
take_continued(struct header *o, struct pal_hdf5_extent e)
{
	struct pal_hdf5_bytes block = { .at = 0 };

	PAL_TRY(pal_hdf5_claim(o->h, e.begin, e.end - e.begin, "the continuation of an object header"));
	PAL_TRY(pal_hdf5_block(o->h, e.begin, e.end - e.begin, "the continuation of an object header", &block));
	if (block.view.len == 0)
		return PAL_OK;
	if (!o->new)
		return take_messages(o, block, 0, block.view.len);
	if (!pal_view_starts(block.view, "OCHK") || block.view.len < 8)
		return pal_hdf5_broken(o->h, e.begin, "the continuation of a header without its mark");
	return take_messages(o, block, 4, block.view.len - 4);
}

enum pal_err
pal_hdf5_object(struct pal_hdf5 *h, struct pal_hdf5_object object)
{
	struct header         o = { .h = h, .set.path = object.path };
	struct pal_hdf5_bytes head = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              len = object.at < h->size ? h->size - object.at : 0;
	uint8_t               version = 0;

	o.blocks = pal_list_of(&h->scratch, sizeof(struct pal_hdf5_extent));
	if (len == 0)
		return pal_hdf5_claim(h, object.at, 16, "an object header");
	PAL_TRY(pal_hdf5_block(h, object.at, len < 64 ? len : 64, "an object header", &head));
	r = pal_reader_of(head.view);
	if (pal_view_starts(head.view, "OHDR")) {
		pal_read_skip(&r, 4);
		PAL_TRY(take_first_new(&o, object.at, &r));
	} else {
		version = pal_read_u8(&r);
		if (version != 1)
			return pal_hdf5_broken(h, object.at, "neither version 1 nor version 2 of an object header");
		PAL_TRY(take_first_old(&o, object.at, &r));
	}
	for (size_t i = 0; i < o.blocks.count; i++)
		PAL_TRY(take_continued(&o, *(const struct pal_hdf5_extent *)pal_list_at(&o.blocks, i)));
	return pal_hdf5_dataset(h, &o.set);
}
