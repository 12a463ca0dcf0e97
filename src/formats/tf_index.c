/* tf_index.c - the index of a TensorFlow checkpoint (tensor_bundle.proto in a LevelDB table,
 * leveldb/doc/table_format.md): every tensor's name, type, shape and place in the shards beside it. */
#include <stdarg.h>
#include <stdio.h>

#include "give.h"
#include "palisade/format.h"
#include "tf.h"

#define FOOTER     48u
#define MAGIC      UINT64_C(0xdb4775248b80fb57)
#define TRAILER    5u /* behind a block: how it is compressed, and its checksum */
#define BLOCK_MOST ((uint64_t)PAL_INPUT_WINDOW)
#define KEY_MOST   ((size_t)65536)
#define RANK_MOST  254u
#define SAID_MOST  50u

struct entry {
	uint64_t shard, at, len;
};

struct handle {
	uint64_t at, len;
};

struct index {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena  arena;
	struct pal_list   entries;     /* of struct entry */
	struct pal_buf    index_block; /* copies: sinks may read the file in between */
	struct pal_buf    block;
	struct pal_buf    key, before; /* of this entry, and of the one before it */
	uint64_t          shards;
	uint64_t          covered; /* bytes of the file that blocks and the footer are */
	unsigned int      said;
	bool              header; /* was seen */
};

PAL_PRINTF(4, 5)
static enum pal_err
say(struct index *x, const struct pal_rule *rule, uint64_t at, const char *fmt, ...)
{
	char    text[PAL_DIAG_TEXT];
	va_list ap;

	if (x->said++ >= SAID_MOST)
		return PAL_OK;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pal_sink_anomaly(x->sink, rule, at, "%s", text);
}

/* A varint of the view at *at; false when it is cut short or longer than 64 bits. */
static bool
varint(struct pal_view v, size_t *at, uint64_t *ret)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; shift < 64 && *at < v.len; shift += 7) {
		uint8_t byte = v.data[(*at)++];

		n |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*ret = n;
			return true;
		}
	}
	return false;
}

/* The first record of every bundle: an empty key with BundleHeaderProto {1: shards, 2: endianness, 3: version}. */
static unsigned int
tf_index_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view     value = head.len > 3 ? pal_view_sub(head, 3, head.data[2]) : (struct pal_view){ 0 };
	struct pal_input    in = pal_input_of_view(value);
	struct pal_pb       m = pal_pb_of(&in, 0, value.len);
	struct pal_pb_field f = { 0 };
	bool                shards = false, version = false;

	(void)name;
	if (size < FOOTER + 8 || value.len < 4 || head.data[0] != 0 || head.data[1] != 0 || value.len != head.data[2])
		return 0;
	while (pal_pb_next(&m, &f)) {
		if (f.number > 3 || (f.number < 3) != (f.wire == PAL_PB_VARINT))
			return 0;
		shards = shards || (f.number == 1 && f.value > 0);
		version = version || (f.number == 3 && f.wire == PAL_PB_BYTES);
	}
	return m.err == PAL_OK && shards && version ? 85 : 0;
}

static enum pal_err
broken(struct index *x, uint64_t at, uint64_t len, const char *what)
{
	at = at < x->in->size ? at : x->in->size;
	len = len < x->in->size - at ? len : x->in->size - at;
	PAL_TRY(pal_sink_unread(x->sink, &pal_anomaly_tf_index_broken, at, len, "at %llu: %s", (unsigned long long)at,
				what));
	return pal_give_bytes(x->sink, x->in, at, len);
}

/* A block's entries, without its restart points; *ret_good when it is there, whole and not compressed. */
static enum pal_err
read_block(struct index *x, const struct handle *h, struct pal_buf *b, bool *ret_good)
{
	struct pal_view v = { 0 };
	uint64_t        restarts = 0;

	*ret_good = false;
	if (h->at > x->in->size || h->len > x->in->size - h->at || x->in->size - h->at - h->len < TRAILER ||
	    h->len < 4 || h->len > BLOCK_MOST - TRAILER)
		return broken(x, h->at, h->len, "a block that leaves the file, or of more than 1 MiB");
	x->covered += h->len + TRAILER;
	PAL_TRY(pal_input_view(x->in, h->at, (size_t)h->len + TRAILER, (size_t)h->len + TRAILER, &v));
	if (v.data[h->len] != 0)
		return broken(x, h->at, h->len, "a compressed block, which TensorFlow does not write");
	for (size_t i = 4; i > 0; i--)
		restarts = restarts << 8 | v.data[h->len - 5 + i];
	if (restarts > (h->len - 4) / 4)
		return broken(x, h->at, h->len, "a block with more restart points than it has room for");
	pal_buf_clear(b);
	pal_buf_add(b, pal_view_sub(v, 0, (size_t)(h->len - 4 - 4 * restarts)));
	*ret_good = true;
	return pal_buf_err(b);
}

/* The next entry of a block: its key to x->key when `keyed`, its value; false at the end and when it is cut short. */
static bool
next_entry(struct index *x, struct pal_view block, size_t *at, bool keyed, struct pal_view *ret_value, bool *ret_cut)
{
	uint64_t        shared = 0, more = 0, len = 0;
	struct pal_view added = { 0 };

	*ret_cut = false;
	if (*at >= block.len)
		return false;
	*ret_cut = true;
	if (!varint(block, at, &shared) || !varint(block, at, &more) || !varint(block, at, &len) ||
	    more > block.len - *at || len > block.len - *at - more)
		return false;
	added = pal_view_sub(block, *at, (size_t)more);
	*ret_value = pal_view_sub(block, *at + (size_t)more, (size_t)len);
	*at += (size_t)(more + len);
	if (keyed) {
		if (shared > x->key.len || shared + more > KEY_MOST)
			return false;
		pal_buf_clear(&x->before);
		pal_buf_add(&x->before, pal_buf_view(&x->key));
		pal_buf_clear(&x->key);
		pal_buf_add(&x->key, pal_view_sub(pal_buf_view(&x->before), 0, (size_t)shared));
		pal_buf_add(&x->key, added);
	}
	*ret_cut = false;
	return pal_buf_err(&x->key) == PAL_OK && pal_buf_err(&x->before) == PAL_OK;
}

static enum pal_err
take_header(struct index *x, struct pal_view value, uint64_t at)
{
	struct pal_input    in = pal_input_of_view(value);
	struct pal_pb       m = pal_pb_of(&in, 0, value.len);
	struct pal_pb_field f = { 0 };

	x->header = true;
	while (pal_pb_next(&m, &f))
		if (f.number == 1)
			x->shards = f.value;
	if (m.err != PAL_OK || x->shards == 0)
		return say(x, &pal_anomaly_tf_index_entry, at, "a header without a number of shards");
	return PAL_OK;
}

/* One tensor: BundleEntryProto {1: dtype, 2: shape, 3: shard, 4: offset, 5: size, 7: slices}. */
static enum pal_err
take_tensor(struct index *x, struct pal_view value, uint64_t at)
{
	struct pal_input    in = pal_input_of_view(value);
	struct pal_pb       m = pal_pb_of(&in, 0, value.len);
	struct pal_pb_field f = { 0 };
	struct entry        e = { 0 }, *kept = NULL;
	uint64_t            dims[RANK_MOST], items = 1, dtype = 0, bytes = 0;
	unsigned int        bits = 0;
	bool                sliced = false, shaped = true;
	struct pal_content  c = { .kind = PAL_CONTENT_TENSOR, .name = pal_buf_view(&x->key), .place.offset = at };
	const char         *name = pal_buf_text(&x->key);

	while (pal_pb_next(&m, &f)) {
		dtype = f.number == 1 ? f.value : dtype;
		e.shard = f.number == 3 ? f.value : e.shard;
		e.at = f.number == 4 ? f.value : e.at;
		e.len = f.number == 5 ? f.value : e.len;
		sliced = sliced || f.number == 7;
		if (f.number == 2)
			shaped = pal_tf_shape(pal_pb_sub(&m, &f), dims, RANK_MOST, &c.tensor.rank, &items);
	}
	c.tensor.dtype = pal_view_of(pal_tf_dtype(dtype, &c.tensor.type, &bits));
	c.tensor.shape = dims;
	if (m.err != PAL_OK || !shaped)
		return say(x, &pal_anomaly_tf_index_entry, at, "tensor \"%.100s\": no entry, or no shape", name);
	if (__builtin_mul_overflow(items, (uint64_t)bits / 8, &bytes) || (bits > 0 && !sliced && bytes != e.len))
		return say(x, &pal_anomaly_tf_index_entry, at,
			   "tensor \"%.100s\" has %llu bytes, its shape and type need another number", name,
			   (unsigned long long)e.len);
	if (e.shard >= x->shards || e.at > INT64_MAX || e.len > INT64_MAX - e.at)
		return say(x, &pal_anomaly_tf_index_entry, at,
			   "tensor \"%.100s\" is at %llu in shard %llu of %llu, which cannot be", name,
			   (unsigned long long)e.at, (unsigned long long)e.shard, (unsigned long long)x->shards);
	kept = e.len == 0 ? NULL : pal_list_add(&x->entries);
	if (kept != NULL)
		*kept = e;
	PAL_TRY(pal_arena_err(&x->arena));
	return pal_sink_take(x->sink, &c);
}

static enum pal_err
take_data(struct index *x, const struct handle *h)
{
	struct pal_view value = { 0 };
	size_t          at = 0;
	bool            good = false, cut = false, first = true;

	PAL_TRY(read_block(x, h, &x->block, &good));
	pal_buf_clear(&x->key);
	while (good && next_entry(x, pal_buf_view(&x->block), &at, true, &value, &cut)) {
		uint64_t place = h->at + at - value.len;

		if (!first && pal_view_cmp(pal_buf_view(&x->before), pal_buf_view(&x->key)) >= 0)
			PAL_TRY(
			    say(x, &pal_anomaly_tf_index_entry, place,
				"\"%.100s\" stands behind a name that is not before it: readers find one or the other",
				pal_buf_text(&x->key)));
		first = false;
		PAL_TRY(x->key.len == 0 && !x->header ? take_header(x, value, place) : take_tensor(x, value, place));
	}
	PAL_TRY(pal_buf_err(&x->key));
	return cut ? broken(x, h->at, h->len, "an entry that leaves its block") : PAL_OK;
}

static int
by_place(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static enum pal_err
check_overlaps(struct index *x)
{
	pal_list_sort(&x->entries, by_place);
	for (size_t i = 1; i < x->entries.count; i++) {
		const struct entry *a = pal_list_at(&x->entries, i - 1), *b = pal_list_at(&x->entries, i);

		if (a->shard == b->shard && b->at < a->at + a->len)
			PAL_TRY(say(x, &pal_anomaly_tf_index_entry, 0, "two tensors share bytes of shard %llu, at %llu",
				    (unsigned long long)a->shard, (unsigned long long)b->at));
	}
	return PAL_OK;
}

static bool
read_handle(struct pal_view v, size_t *at, struct handle *ret)
{
	return varint(v, at, &ret->at) && varint(v, at, &ret->len);
}

static enum pal_err
parse(struct index *x)
{
	struct pal_view v = { 0 }, value = { 0 };
	struct handle   meta = { 0 }, index = { 0 }, data = { 0 };
	uint64_t        magic = 0;
	size_t          at = 0;
	bool            good = false, cut = false;

	if (x->in->size < FOOTER)
		return broken(x, 0, x->in->size, "a file too short for its footer");
	PAL_TRY(pal_input_view(x->in, x->in->size - FOOTER, FOOTER, FOOTER, &v));
	for (size_t i = 8; i > 0; i--)
		magic = magic << 8 | v.data[FOOTER - 9 + i];
	if (magic != MAGIC || !read_handle(v, &at, &meta) || !read_handle(v, &at, &index))
		return broken(x, 0, x->in->size, "no footer at the end: cut short, or something stands behind it");
	x->covered = FOOTER;
	PAL_TRY(read_block(x, &meta, &x->block, &good));
	PAL_TRY(read_block(x, &index, &x->index_block, &good));
	for (at = 0; good && next_entry(x, pal_buf_view(&x->index_block), &at, false, &value, &cut);) {
		size_t from = 0;

		if (x->covered > x->in->size)
			return broken(x, index.at, index.len, "blocks that are listed more than once");
		if (!read_handle(value, &from, &data))
			return broken(x, index.at, index.len, "an entry without a block");
		PAL_TRY(take_data(x, &data));
	}
	if (cut)
		PAL_TRY(broken(x, index.at, index.len, "an entry that leaves its block"));
	if (good && x->covered != x->in->size) {
		PAL_TRY(say(x, &pal_anomaly_tf_index_stray, 0, "blocks are %llu of the file's %llu bytes",
			    (unsigned long long)x->covered, (unsigned long long)x->in->size));
		PAL_TRY(pal_give_bytes(x->sink, x->in, 0, x->in->size));
	}
	return check_overlaps(x);
}

static enum pal_err
tf_index_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct index x = { .in = in, .sink = sink };
	enum pal_err err = PAL_OK;

	(void)d;
	pal_arena_init(&x.arena, (size_t)128 << 20);
	x.entries = pal_list_of(&x.arena, sizeof(struct entry));
	x.block = pal_buf_of(BLOCK_MOST);
	x.index_block = pal_buf_of(BLOCK_MOST);
	x.key = pal_buf_of(KEY_MOST);
	x.before = pal_buf_of(KEY_MOST);
	err = parse(&x);
	pal_buf_done(&x.block);
	pal_buf_done(&x.index_block);
	pal_buf_done(&x.key);
	pal_buf_done(&x.before);
	pal_arena_done(&x.arena);
	return err;
}

const struct pal_format pal_format_tf_index = {
	.name = "tf_index",
	.summary = "indexes of TensorFlow checkpoints (.index)",
	.covers =
	    "Every tensor's name, type, shape and place in the shards beside the index, and that these agree: sizes, "
	    "shards, overlaps, names in order; blocks that leave the file, bytes that belong to no block. The "
	    "shards themselves (.data-00000-of-00001) are numbers without marks and are searched as raw bytes; "
	    "compressed blocks, which TensorFlow does not write, are reported as not examined.",
	.probe = tf_index_probe,
	.parse = tf_index_parse,
};
