/*
 * ocdbt.c - manifests and nodes of OCDBT stores, in which Orbax keeps JAX's checkpoints (TensorStore, kvstore/ocdbt).
 *
 * A manifest or node is a mark, its length, a body (bare or a Zstandard frame), and a CRC-32C. The body has a table of
 * the files that it refers to, each with the path that reading opens; a leaf has keys, and values that are small. To
 * audit: read_path(), take_leaf().
 */
#include "give.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "palisade/reader.h"
#include "unpack.h"

#define MANIFEST  0x0cdb3a2au
#define VERSIONS  0x0cdb1234u
#define BTREE     0x0cdb20deu
#define HEAD      14u /* mark, length, version, compression */
#define BODY_MOST ((size_t)64 << 20)
#define PATH_MOST 65535u
#define MOST      1000000u /* files or keys of a node */

struct ocdbt {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena  arena; /* of one node */
	struct pal_reader r;     /* on its body */
	uint64_t          at;    /* of the node in the file */
};

static enum pal_err
broken(struct ocdbt *o, uint64_t at, uint64_t len, const char *what)
{
	PAL_TRY(pal_sink_unread(o->sink, &pal_anomaly_ocdbt_broken, at, len, "a node at %llu: %s",
				(unsigned long long)at, what));
	return pal_give_bytes(o->sink, o->in, at, len);
}

/* LEB128, at most 64 bits. */
static uint64_t
read_varint(struct ocdbt *o)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t b = pal_read_u8(&o->r);

		n |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return n;
	}
	o->r.err = o->r.err == PAL_OK ? PAL_EFORM : o->r.err;
	return 0;
}

/* `count` numbers as they stand in a column; NULL and a failed reader when they cannot be. */
static uint64_t *
read_column(struct ocdbt *o, size_t count)
{
	uint64_t *c = pal_arena_array(&o->arena, count + 1, sizeof(*c));

	for (size_t i = 0; c != NULL && i < count; i++)
		c[i] = read_varint(o);
	return c;
}

/* What the prefix and the suffix of a path or key make of the one before it, in `text`. */
static bool
read_path(struct ocdbt *o, uint64_t prefix, uint64_t suffix, uint8_t *text, size_t *len)
{
	struct pal_view v = { 0 };

	if (prefix > *len || suffix > PATH_MOST - prefix)
		return false;
	v = pal_read_view(&o->r, suffix);
	if (pal_reader_err(&o->r) != PAL_OK)
		return false;
	pal_mem_copy(text + prefix, PATH_MOST - (size_t)prefix, v.data, v.len);
	*len = (size_t)prefix + v.len;
	return true;
}

/* The data file table: what reading the node's children opens. NULL, or what is wrong. */
static enum pal_err
take_files(struct ocdbt *o, const char **ret_bad)
{
	size_t             count = pal_read_count(&o->r, read_varint(o), 2, MOST), len = 0;
	uint64_t          *prefix = read_column(o, count == 0 ? 0 : count - 1), *suffix = read_column(o, count);
	uint8_t           *text = pal_arena_array(&o->arena, PATH_MOST, 1);
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "tensorstore",
				 .name = pal_view_of("external_data"),
				 .place.offset = o->at };

	for (size_t i = 0; i < count; i++)
		(void)read_varint(o); /* how much of it is the base path */
	PAL_TRY(pal_arena_err(&o->arena));
	for (size_t i = 0; i < count && *ret_bad == NULL; i++) {
		if (!read_path(o, i == 0 ? 0 : prefix[i - 1], suffix[i], text, &len))
			*ret_bad = "a path longer than the node, or than 65535 bytes";
		c.text = (struct pal_view){ text, len };
		if (*ret_bad == NULL && len > 0)
			PAL_TRY(pal_sink_take(o->sink, &c));
	}
	if (pal_reader_err(&o->r) != PAL_OK && *ret_bad == NULL)
		*ret_bad = "a table of files longer than the node";
	return PAL_OK;
}

static enum pal_err
give_value(struct ocdbt *o, struct pal_view key, uint64_t len)
{
	struct pal_view  v = pal_read_view(&o->r, len);
	struct pal_input in = pal_input_of_view(v);

	if (pal_reader_err(&o->r) != PAL_OK || v.len == 0)
		return PAL_OK;
	return pal_give_stray(o->sink, &in, 0, v.len, key);
}

/* Keys, lengths and kinds, each in a column; then, of values kept elsewhere, the places; then the values kept here. */
static enum pal_err
take_leaf(struct ocdbt *o, const char **ret_bad)
{
	size_t           count = pal_read_count(&o->r, read_varint(o), 4, MOST), len = 0;
	uint64_t        *prefix = read_column(o, count == 0 ? 0 : count - 1), *suffix = read_column(o, count);
	uint64_t        *size = NULL, *kind = NULL;
	struct pal_view *keys = pal_arena_array(&o->arena, count + 1, sizeof(*keys));
	uint8_t         *text = pal_arena_array(&o->arena, PATH_MOST, 1);

	PAL_TRY(pal_arena_err(&o->arena));
	for (size_t i = 0; i < count && *ret_bad == NULL; i++) {
		if (!read_path(o, i == 0 ? 0 : prefix[i - 1], suffix[i], text, &len))
			*ret_bad = "a key longer than the node, or than 65535 bytes";
		keys[i] = pal_arena_copy(&o->arena, (struct pal_view){ text, len });
	}
	size = read_column(o, count);
	kind = read_column(o, count);
	PAL_TRY(pal_arena_err(&o->arena));
	for (size_t pass = 0; pass < 2 && *ret_bad == NULL; pass++)
		for (size_t i = 0; i < count; i++)
			if (kind[i] == 1)
				(void)read_varint(o); /* the file, then the offset in it */
	for (size_t i = 0; i < count && *ret_bad == NULL && pal_reader_err(&o->r) == PAL_OK; i++)
		if (kind[i] == 0)
			PAL_TRY(give_value(o, keys[i], size[i]));
	if (pal_reader_err(&o->r) != PAL_OK && *ret_bad == NULL)
		*ret_bad = "keys or values longer than the node";
	return PAL_OK;
}

static enum pal_err
take_body(struct ocdbt *o, uint32_t magic, const char **ret_bad)
{
	uint8_t  height = 0;
	uint64_t kind = 0;

	if (magic == MANIFEST) {
		pal_read_skip(&o->r, 16); /* its identifier */
		kind = read_varint(o);
		(void)read_varint(o);
		(void)read_varint(o);
		pal_read_skip(&o->r, 1);
		if (read_varint(o) == 1)
			pal_read_skip(&o->r, 4);                    /* Zstandard's level */
		return kind == 0 ? take_files(o, ret_bad) : PAL_OK; /* 1: the versions are in files with numbers */
	}
	if (magic == VERSIONS)
		pal_read_skip(&o->r, 1);
	height = pal_read_u8(&o->r);
	PAL_TRY(take_files(o, ret_bad));
	return magic == BTREE && height == 0 && *ret_bad == NULL ? take_leaf(o, ret_bad) : PAL_OK;
}

/* Castagnoli's polynomial, reflected (RFC 3720, B.4). */
static enum pal_err
crc_of(struct ocdbt *o, uint64_t at, uint64_t len, uint32_t *ret_crc)
{
	uint32_t crc = UINT32_MAX;

	while (len > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(o->in, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		v.len = v.len < len ? v.len : (size_t)len;
		for (size_t i = 0; i < v.len; i++) {
			crc ^= v.data[i];
			for (int bit = 0; bit < 8; bit++)
				crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1u)));
		}
		at += v.len;
		len -= v.len;
	}
	*ret_crc = ~crc;
	return PAL_OK;
}

static enum pal_err
check_crc(struct ocdbt *o, uint64_t len)
{
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };
	uint32_t          crc = 0;

	PAL_TRY(crc_of(o, o->at, len - 4, &crc));
	PAL_TRY(pal_input_view(o->in, o->at + len - 4, 4, 4, &v));
	r = pal_reader_of(v);
	return pal_read_u32le(&r) == crc
		   ? PAL_OK
		   : pal_sink_anomaly(o->sink, &pal_anomaly_ocdbt_crc, o->at,
				      "a node of %llu bytes does not match its CRC-32C", (unsigned long long)len);
}

/* The body as bytes in `body`; NULL, or what is wrong. */
static enum pal_err
read_body(struct ocdbt *o, uint64_t len, uint8_t packed, struct pal_buf *body, const char **ret_bad)
{
	struct pal_packing  how = { .codec = PAL_CODEC_ZSTD, .size = UINT64_MAX };
	struct pal_unpacked end = { 0 };
	uint64_t            at = o->at + HEAD, left = len - HEAD - 4;

	if (packed == 1) {
		PAL_TRY(pal_unpack(o->in, at, left, &how, o->sink->limits, body, &end));
		if (end.end != PAL_UNPACK_WHOLE)
			*ret_bad = "its Zstandard frame is damaged, or holds more than is allowed";
		return PAL_OK;
	}
	while (packed == 0 && left > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(o->in, at, 1, left < PAL_INPUT_WINDOW ? (size_t)left : PAL_INPUT_WINDOW, &v));
		v.len = v.len < left ? v.len : (size_t)left;
		pal_buf_add(body, v);
		at += v.len;
		left -= v.len;
	}
	if (packed > 1 || pal_buf_err(body) != PAL_OK)
		*ret_bad = "a compression that there is not, or more than 64 MiB";
	return PAL_OK;
}

/* A node that begins at o->at; *ret_len 0: none does. */
static enum pal_err
take_node(struct ocdbt *o, uint64_t *ret_len)
{
	PAL_AUTO_BUF      body = pal_buf_of(BODY_MOST);
	struct pal_view   head = { 0 };
	struct pal_reader r = { 0 };
	uint32_t          magic = 0;
	uint64_t          len = 0;
	uint8_t           version = 0, packed = 0;
	const char       *bad = NULL;
	enum pal_err      err = PAL_OK;

	*ret_len = 0;
	PAL_TRY(pal_input_view(o->in, o->at, 0, HEAD, &head));
	r = pal_reader_of(head);
	magic = pal_read_u32be(&r);
	len = pal_read_u64le(&r);
	version = pal_read_u8(&r);
	packed = pal_read_u8(&r);
	if (pal_reader_err(&r) != PAL_OK || (magic != MANIFEST && magic != VERSIONS && magic != BTREE))
		return PAL_OK;
	*ret_len = len < HEAD + 4 || len > o->in->size - o->at ? o->in->size - o->at : len;
	if (len != *ret_len || version != 0)
		return broken(o, o->at, *ret_len, "a length that cannot be, or a version other than 0");
	PAL_TRY(check_crc(o, len));
	PAL_TRY(read_body(o, len, packed, &body, &bad));
	if (bad == NULL) {
		pal_arena_init(&o->arena, (size_t)128 << 20);
		o->r = pal_reader_of(pal_buf_view(&body));
		err = take_body(o, magic, &bad);
		pal_arena_done(&o->arena);
	}
	PAL_TRY(err);
	return bad == NULL ? PAL_OK : broken(o, o->at, len, bad);
}

/* A node begins here, as far as its first bytes tell; one among values must be whole. */
static bool
is_node(struct pal_view head, uint64_t left, bool among)
{
	struct pal_reader r = pal_reader_of(head);
	uint32_t          magic = pal_read_u32be(&r);
	uint64_t          len = pal_read_u64le(&r);
	uint8_t           version = pal_read_u8(&r), packed = pal_read_u8(&r);

	if (left < HEAD + 4 || (magic != MANIFEST && magic != VERSIONS && magic != BTREE))
		return false;
	return !among ||
	       (pal_reader_err(&r) == PAL_OK && len >= HEAD + 4 && len <= left && version == 0 && packed <= 1);
}

static unsigned int
ocdbt_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (is_node(head, size, false))
		return 95;
	if (head.len == 0 || head.data[0] != '{') /* anything may hold these bytes; of values only Zarr's are text */
		return 0;
	for (size_t i = pal_view_find_byte(head, 0x0c, 0); i != SIZE_MAX; i = pal_view_find_byte(head, 0x0c, i + 1))
		if (is_node(pal_view_sub(head, i, HEAD), size - i, true))
			return 62;
	return 0;
}

/* Where the next node begins, from o->at on; the file's end when none does. */
static enum pal_err
find_node(struct ocdbt *o, uint64_t *ret_at)
{
	uint64_t at = o->at;

	*ret_at = o->in->size;
	while (at < o->in->size) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(o->in, at, 1, PAL_INPUT_WINDOW, &v));
		for (size_t i = pal_view_find_byte(v, 0x0c, 0); i != SIZE_MAX; i = pal_view_find_byte(v, 0x0c, i + 1))
			if (is_node(pal_view_sub(v, i, HEAD), o->in->size - at - i, true)) {
				*ret_at = at + i;
				return PAL_OK;
			}
		at += v.len > HEAD && at + v.len < o->in->size ? v.len - HEAD : v.len;
	}
	return PAL_OK;
}

/* Values stand among the nodes of data files; only their leaves say what they are. */
static enum pal_err
take_values(struct ocdbt *o, uint64_t to)
{
	uint64_t        len = to - o->at;
	struct pal_view head = { 0 };

	PAL_TRY(pal_input_view(o->in, o->at, 0, len < PAL_PROBE_HEAD ? (size_t)len : PAL_PROBE_HEAD, &head));
	head.len = head.len < len ? head.len : (size_t)len;
	if (pal_format_inside(head, len) != NULL)
		return pal_give_member(o->sink, o->in, o->at, len, pal_view_of("(value)"));
	PAL_TRY(pal_sink_unread(o->sink, &pal_anomaly_ocdbt_values, o->at, len,
				"%llu bytes of values that only the store's leaves describe", (unsigned long long)len));
	return pal_give_bytes(o->sink, o->in, o->at, len);
}

static enum pal_err
ocdbt_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct ocdbt o = { .in = in, .sink = sink };

	(void)d;
	while (o.at < in->size) {
		uint64_t len = 0, next = 0;

		if (sink->limits->items == 0)
			return pal_sink_unread(sink, &pal_anomaly_format_limit, o.at, in->size - o.at,
					       "more nodes than the limit");
		sink->limits->items--;
		PAL_TRY(take_node(&o, &len));
		o.at += len;
		if (len > 0)
			continue;
		PAL_TRY(find_node(&o, &next));
		PAL_TRY(take_values(&o, next));
		o.at = next;
	}
	return PAL_OK;
}

const struct pal_format pal_format_ocdbt = {
	.name = "ocdbt",
	.summary = "OCDBT stores: checkpoints of Orbax (manifest.ocdbt, d/*)",
	.covers =
	    "Manifests and nodes, bare and compressed, with their checksums: every path that reading opens; in "
	    "leaves every key with a value of its own, which is examined as a file (Zarr's metadata is). Values in "
	    "data files are numbers without marks, as a rule compressed: they are searched as raw bytes and said "
	    "not to be examined. Data files that begin with a value are told by nothing and are unknown.",
	.probe = ocdbt_probe,
	.parse = ocdbt_parse,
};
