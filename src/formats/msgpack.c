/*
 * msgpack.c - MessagePack documents (msgpack.org, spec.md) as Flax writes them: maps of names to arrays.
 *
 * One pass over the document with a stack of what is still to come, so that depth
 * and counts cost nothing but their bytes. Flax keeps an array as extension 1: a
 * packed triple of shape, NumPy's name of the type, and bytes.
 */
#include <stdio.h>

#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/reader.h"

#define DEPTH_MOST 64u
#define RANK_MOST  32u
#define PATH_MOST  512u
#define KEY_MOST   128u

#define EXT_NDARRAY 1 /* flax.serialization: _MsgpackExtType.ndarray */

struct level {
	uint64_t left; /* values, keys included */
	bool     map;
	size_t   path; /* length of the path above */
};

struct msgpack {
	struct pal_sink  *sink;
	struct pal_input *in, *side; /* side: for reading on while a tensor is looked at */
	struct pal_reader r;
	struct level      levels[DEPTH_MOST];
	size_t            depth;
	char              path[PATH_MOST + KEY_MOST + 2];
	size_t            path_len;
	bool              broken;
};

static enum pal_err
broken(struct msgpack *m, const char *why)
{
	uint64_t at = m->r.offset, left = m->in->size - (at < m->in->size ? at : m->in->size);

	m->broken = true;
	PAL_TRY(pal_sink_unread(m->sink, &pal_anomaly_msgpack_broken, at, left, "%s", why));
	return pal_give_bytes(m->sink, m->in, at, left);
}

/* ---- names ---- */

static bool
is_key(const struct msgpack *m)
{
	const struct level *l = m->depth == 0 ? NULL : &m->levels[m->depth - 1];

	return l != NULL && l->map && l->left % 2 == 0;
}

static void
set_key(struct msgpack *m, struct pal_view key)
{
	size_t at = m->levels[m->depth - 1].path;

	if (at > PATH_MOST)
		return;
	m->path_len =
	    at + (size_t)snprintf(m->path + at, KEY_MOST + 1, "%s%.*s", at == 0 ? "" : ".",
				  (int)(key.len < KEY_MOST - 2 ? key.len : KEY_MOST - 2), (const char *)key.data);
}

static struct pal_view
path_of(const struct msgpack *m)
{
	return (struct pal_view){ (const uint8_t *)m->path, m->path_len };
}

/* ---- values ---- */

/* T5X keeps in the place of an array how TensorStore opens it: {"driver", "kvstore": {"driver", "path"}}. */
static enum pal_err
give_value(struct msgpack *m, struct pal_view v, uint64_t at)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "tensorstore",
				 .name = pal_view_of("kvstore"),
				 .text = v,
				 .place.offset = at };

	PAL_TRY(pal_give_meta(m->sink, path_of(m), v, at));
	if (v.len == 0 || (!pal_view_ends(path_of(m), "kvstore.path") && !pal_view_ends(path_of(m), ".kvstore")))
		return PAL_OK;
	return pal_sink_take(m->sink, &c);
}

static enum pal_err
give_string(struct msgpack *m, uint64_t len)
{
	uint64_t         at = m->r.offset;
	struct pal_place place = { .offset = at };
	struct pal_view  v = { 0 };

	if (len > pal_reader_left(&m->r))
		return broken(m, "a text that ends behind the file");
	if (len > PAL_INPUT_WINDOW / 2) {
		pal_read_skip(&m->r, len);
		return pal_give_bytes(m->sink, m->in, at, len);
	}
	v = pal_read_view(&m->r, len);
	if (is_key(m)) {
		set_key(m, v);
		return pal_give_text(m->sink, v, &place);
	}
	return give_value(m, v, at);
}

static enum pal_err
give_bytes(struct msgpack *m, uint64_t len)
{
	uint64_t at = m->r.offset;

	if (len > pal_reader_left(&m->r))
		return broken(m, "bytes that end behind the file");
	pal_read_skip(&m->r, len);
	return len == 0 ? PAL_OK : pal_give_stray(m->sink, m->in, at, len, path_of(m));
}

/* A whole number that is not negative; false for anything else. */
static bool
read_number(struct pal_reader *r, uint64_t *ret)
{
	uint8_t b = pal_read_u8(r);

	switch (b) {
	case 0xcc:
		*ret = pal_read_u8(r);
		break;
	case 0xcd:
		*ret = pal_read_u16be(r);
		break;
	case 0xce:
		*ret = pal_read_u32be(r);
		break;
	case 0xcf:
		*ret = pal_read_u64be(r);
		break;
	default:
		*ret = b;
		return b < 0x80 && pal_reader_err(r) == PAL_OK;
	}
	return pal_reader_err(r) == PAL_OK;
}

static uint64_t
read_len(struct pal_reader *r, uint8_t b, uint8_t first, uint8_t small, uint8_t small_mask)
{
	if ((b & (uint8_t)~small_mask) == small)
		return b & small_mask;
	return b == first ? pal_read_u8(r) : b == first + 1 ? pal_read_u16be(r) : pal_read_u32be(r);
}

/* [[shape], "float32", bytes]: false when it is anything else. */
static bool
read_array(struct pal_reader *r, struct pal_content *c, uint64_t *shape, char dtype[16], uint64_t *ret_len)
{
	uint8_t         b = 0;
	struct pal_view name = { 0 };

	if (pal_read_u8(r) != 0x93)
		return false;
	b = pal_read_u8(r);
	if ((b & 0xf0) != 0x90 && b != 0xdc)
		return false;
	c->tensor.rank = b == 0xdc ? pal_read_u16be(r) : b & 0x0fu;
	if (c->tensor.rank > RANK_MOST)
		return false;
	for (size_t i = 0; i < c->tensor.rank; i++)
		if (!read_number(r, &shape[i]))
			return false;
	b = pal_read_u8(r);
	if ((b & 0xe0) != 0xa0 && b != 0xd9)
		return false;
	name = pal_read_view(r, read_len(r, b, 0xd9, 0xa0, 0x1f));
	if (name.len == 0 || name.len > 15)
		return false;
	(void)snprintf(dtype, 16, "%.*s", (int)name.len, (const char *)name.data);
	b = pal_read_u8(r);
	if (b < 0xc4 || b > 0xc6)
		return false;
	*ret_len = read_len(r, b, 0xc4, 0xff, 0);
	c->place.offset = r->offset;
	return pal_reader_err(r) == PAL_OK && *ret_len == pal_reader_left(r);
}

static enum pal_err
give_array(struct msgpack *m, uint64_t len)
{
	uint64_t           at = m->r.offset, shape[RANK_MOST], bytes = 0, need = 1;
	char               dtype[16] = "";
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = path_of(m) };
	struct pal_reader  own = pal_reader_at(m->side, at, len);
	bool               over = false;

	if (!read_array(&own, &c, shape, dtype, &bytes)) {
		PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_msgpack_array, at, "%.*s: extension 1 is no array",
					 (int)c.name.len, (const char *)c.name.data));
		m->r = pal_reader_at(m->side, at + len, m->in->size - at - len);
		return pal_give_stray(m->sink, m->in, at, len, path_of(m));
	}
	c.tensor.dtype = pal_view_of(dtype);
	c.tensor.type = pal_dtype_of(c.tensor.dtype);
	c.tensor.shape = shape;
	c.place.length = bytes;
	for (size_t i = 0; i < c.tensor.rank; i++)
		over = over || __builtin_mul_overflow(need, shape[i], &need);
	over = over || __builtin_mul_overflow(need, (uint64_t)pal_dtype_bits(c.tensor.type) / 8, &need);
	if (over || (pal_dtype_bits(c.tensor.type) > 0 && need != bytes))
		PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_msgpack_array, c.place.offset,
					 "%.*s: %llu bytes, but its shape and type need %s%llu", (int)c.name.len,
					 (const char *)c.name.data, (unsigned long long)bytes, over ? "more than " : "",
					 (unsigned long long)(over ? UINT64_MAX : need)));
	m->r = pal_reader_at(m->side, at + len, m->in->size - at - len);
	return pal_sink_take(m->sink, &c);
}

static enum pal_err
give_extension(struct msgpack *m, uint64_t len)
{
	uint8_t type = pal_read_u8(&m->r);

	if (pal_reader_err(&m->r) != PAL_OK || len > pal_reader_left(&m->r))
		return broken(m, "an extension that ends behind the file");
	return type == EXT_NDARRAY ? give_array(m, len) : give_bytes(m, len);
}

static enum pal_err
open_level(struct msgpack *m, uint64_t count, bool map)
{
	uint64_t left = map ? 2 * count : count; /* counts have 32 bits */

	if (m->depth == DEPTH_MOST)
		return broken(m, "more than 64 levels");
	if (left > pal_reader_left(&m->r))
		return broken(m, "a list of more values than there are bytes");
	if (left > 0)
		m->levels[m->depth++] = (struct level){ left, map, m->path_len };
	return PAL_OK;
}

/* One value's first byte and what belongs to it; what is inside lists and maps comes as values of its own. */
static enum pal_err
take_value(struct msgpack *m)
{
	uint8_t b = pal_read_u8(&m->r);

	if (b < 0x80 || b >= 0xe0 || b == 0xc0 || b == 0xc2 || b == 0xc3)
		return PAL_OK;
	if (b < 0x90 || b == 0xde || b == 0xdf)
		return open_level(m,
				  b < 0x90    ? b & 0x0fu
				  : b == 0xde ? pal_read_u16be(&m->r)
					      : pal_read_u32be(&m->r),
				  true);
	if (b < 0xa0 || b == 0xdc || b == 0xdd)
		return open_level(m,
				  b < 0xa0    ? b & 0x0fu
				  : b == 0xdc ? pal_read_u16be(&m->r)
					      : pal_read_u32be(&m->r),
				  false);
	if (b < 0xc0 || (b >= 0xd9 && b <= 0xdb))
		return give_string(m, read_len(&m->r, b, 0xd9, 0xa0, 0x1f));
	if (b >= 0xc4 && b <= 0xc6)
		return give_bytes(m, read_len(&m->r, b, 0xc4, 0xff, 0));
	if (b >= 0xc7 && b <= 0xc9)
		return give_extension(m, read_len(&m->r, b, 0xc7, 0xff, 0));
	if (b >= 0xd4 && b <= 0xd8)
		return give_extension(m, UINT64_C(1) << (b - 0xd4));
	if (b == 0xc1)
		return broken(m, "a byte that means nothing");
	pal_read_skip(&m->r, b == 0xca ? 4 : b == 0xcb ? 8 : UINT64_C(1) << ((b - 0xcc) & 3)); /* floats and numbers */
	return PAL_OK;
}

/* A value is done: so may be what it stands in. */
static void
close_levels(struct msgpack *m, size_t opened)
{
	if (m->depth > opened)
		return;
	while (m->depth > 0 && --m->levels[m->depth - 1].left == 0)
		m->path_len = m->levels[--m->depth].path;
}

static enum pal_err
walk(struct msgpack *m)
{
	do {
		size_t before = m->depth;

		if (m->sink->limits->items == 0)
			return pal_sink_unread(m->sink, &pal_anomaly_format_limit, m->r.offset, pal_reader_left(&m->r),
					       "more values than the limit");
		m->sink->limits->items--;
		PAL_TRY(take_value(m));
		if (m->broken)
			return PAL_OK;
		if (pal_reader_err(&m->r) != PAL_OK)
			return broken(m, "the document is cut short");
		close_levels(m, before);
	} while (m->depth > 0);
	if (pal_reader_left(&m->r) == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_msgpack_trailing, m->r.offset, "%llu bytes after the document",
				 (unsigned long long)pal_reader_left(&m->r)));
	return pal_give_stray(m->sink, m->in, m->r.offset, pal_reader_left(&m->r), pal_view_of("(after the document)"));
}

static enum pal_err
msgpack_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input side = { 0 };
	struct msgpack   m = { .sink = sink, .in = in, .side = &side };
	enum pal_err     e = pal_input_part(in, 0, in->size, &side);

	(void)d;
	PAL_TRY(e);
	m.r = pal_reader_at(&side, 0, in->size);
	e = walk(&m);
	pal_input_done(&side);
	return e;
}

/* A map whose first key is a short name: no text begins so, and no other binary format that is known here. */
static unsigned int
msgpack_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_reader r = pal_reader_of(head);
	uint8_t           b = pal_read_u8(&r);
	uint64_t          count = 0;
	struct pal_view   key = { 0 };

	(void)name;
	if ((b & 0xf0) != 0x80 && b != 0xde && b != 0xdf)
		return 0;
	count = b == 0xde ? pal_read_u16be(&r) : b == 0xdf ? pal_read_u32be(&r) : b & 0x0fu;
	b = pal_read_u8(&r);
	if (count == 0 || count > size || ((b & 0xe0) != 0xa0 && b != 0xd9))
		return 0;
	key = pal_read_view(&r, read_len(&r, b, 0xd9, 0xa0, 0x1f));
	for (size_t i = 0; i < key.len; i++)
		if (!pal_is_alnum(key.data[i]) && key.data[i] != '_' && key.data[i] != '.' && key.data[i] != '/' &&
		    key.data[i] != '-')
			return 0;
	return key.len == 0 ? 0 : key.len < 3 ? 55 : 75;
}

const struct pal_format pal_format_msgpack = {
	.name = "msgpack",
	.summary = "MessagePack: models and checkpoints of Flax and JAX",
	.covers = "Every value: keys and texts with their path (texts that are programs are read as such), bytes "
		  "searched for "
		  "files inside, Flax' arrays as tensors with name, type, shape and place, held against their bytes; "
		  "paths of TensorStore's stores (T5X). Extensions other than arrays are searched as bytes.",
	.probe = msgpack_probe,
	.parse = msgpack_parse,
};
