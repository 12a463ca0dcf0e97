/* gguf.c - llama.cpp's model files (ggml/docs/gguf.md, versions 1 to 3, either byte order): pairs, then tensors. */
#include "ggml_type.h"
#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/map.h"
#include "palisade/reader.h"
#include "zip.h"

#define PAIRS_MOST   65536u
#define TENSORS_MOST 1000000u
#define KEY_MOST     65535u
#define NAME_MOST    65535u
#define DIMS_MOST    4u
#define NESTED_MOST  8u

enum { GGUF_STRING = 8, GGUF_ARRAY = 9, GGUF_BOOL = 7, GGUF_U32 = 4 };

struct tensor {
	uint64_t                    begin, len; /* of the bytes, from the start of the data */
	uint64_t                    at;         /* of the description */
	struct pal_view             name;
	const struct pal_ggml_type *type; /* NULL: none that there is */
	uint64_t                    dims[DIMS_MOST];
	uint32_t                    rank;
};

struct gguf {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_reader r;
	struct pal_arena  arena;
	struct pal_map    keys;
	struct pal_list   tensors; /* of struct tensor */
	struct pal_buf    texts;   /* an array's strings on their way to the sink */
	bool              big;
	bool              first; /* version 1: counts and lengths have 32 bits */
	uint64_t          alignment;
	bool              stop; /* what follows cannot be found */
};

static unsigned int
gguf_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_view_starts(head, "GGUF") ? 97 : 0;
}

static uint32_t
read_u32(struct gguf *g)
{
	return g->big ? pal_read_u32be(&g->r) : pal_read_u32le(&g->r);
}

static uint64_t
read_u64(struct gguf *g)
{
	return g->big ? pal_read_u64be(&g->r) : pal_read_u64le(&g->r);
}

/* A count or a length. */
static uint64_t
read_size(struct gguf *g)
{
	return g->first ? read_u32(g) : read_u64(g);
}

/* The rest of the file is given as it is: it cannot be read, so it is not known to be clean. */
static enum pal_err
give_up(struct gguf *g, uint64_t at, const char *what)
{
	enum pal_err err = pal_reader_err(&g->r);

	if (err != PAL_OK && err != PAL_ETRUNC && err != PAL_ELIMIT)
		return err;
	g->stop = true;
	at = at < g->in->size ? at : g->in->size;
	PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_gguf_header, at, "at %llu: %s", (unsigned long long)at, what));
	return pal_give_bytes(g->sink, g->in, at, g->in->size - at);
}

/* Bytes of a plain value; 0 for strings, arrays, and what there is not. */
static unsigned int
size_of(uint32_t type)
{
	static const uint8_t sizes[] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

	return type < sizeof(sizes) ? sizes[type] : 0;
}

static enum pal_err
flush(struct gguf *g, struct pal_view key, uint64_t at)
{
	enum pal_err e = pal_give_metas(g->sink, key, pal_buf_view(&g->texts), at);

	pal_buf_clear(&g->texts);
	return e;
}

/* Strings of an array (a vocabulary) come together in pieces, one a line; a string of its own comes alone. */
static enum pal_err
take_string(struct gguf *g, struct pal_view key, bool alone)
{
	uint64_t           at = g->r.offset, len = read_size(g);
	struct pal_content c = { .kind = PAL_CONTENT_META, .name = key };

	if (pal_reader_err(&g->r) != PAL_OK || len > pal_reader_left(&g->r))
		return give_up(g, at, "a string longer than the file");
	if (!alone && len < PAL_TEXT_PIECE) {
		pal_buf_add(&g->texts, pal_read_view(&g->r, len));
		pal_buf_add_byte(&g->texts, '\n');
		return g->texts.len < PAL_TEXT_PIECE ? PAL_OK : flush(g, key, at);
	}
	while (len > 0 && pal_reader_err(&g->r) == PAL_OK) {
		c.place.offset = g->r.offset;
		c.text = pal_read_peek(&g->r, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW);
		if (c.text.len < len)
			c.text.len = pal_text_cut(c.text); /* only a string above 1 MiB comes in pieces */
		c.place.length = c.text.len;
		PAL_TRY(pal_sink_take(g->sink, &c));
		pal_read_skip(&g->r, c.text.len);
		len -= c.text.len;
	}
	return pal_reader_err(&g->r);
}

/* Arrays of arrays, by a row of what is left at each level. */
static enum pal_err
take_array(struct gguf *g, struct pal_view key)
{
	struct {
		uint32_t type;
		uint64_t left;
	} level[NESTED_MOST];
	size_t   depth = 0;
	uint64_t at = g->r.offset;

	do {
		if (depth == 0 || level[depth - 1].type == GGUF_ARRAY) {
			if (depth == NESTED_MOST)
				return give_up(g, g->r.offset, "arrays nested more than 8 levels");
			if (depth > 0)
				level[depth - 1].left--;
			level[depth].type = read_u32(g);
			level[depth].left = read_size(g);
			if (pal_reader_err(&g->r) != PAL_OK || level[depth].type > 12 ||
			    (size_of(level[depth].type) == 0 &&
			     level[depth].left > pal_reader_left(&g->r) / (g->first ? 4 : 8)) ||
			    (size_of(level[depth].type) > 0 &&
			     level[depth].left > pal_reader_left(&g->r) / size_of(level[depth].type)))
				return give_up(g, at, "an array of a type that there is not, or longer than the file");
			depth++;
		}
		if (size_of(level[depth - 1].type) > 0) {
			pal_read_skip(&g->r, level[depth - 1].left * size_of(level[depth - 1].type));
			level[depth - 1].left = 0;
		}
		while (level[depth - 1].type == GGUF_STRING && level[depth - 1].left > 0 && !g->stop) {
			level[depth - 1].left--;
			PAL_TRY(take_string(g, key, false));
		}
		while (depth > 0 && level[depth - 1].left == 0)
			depth--;
	} while (depth > 0 && !g->stop);
	return g->stop ? PAL_OK : flush(g, key, at);
}

static enum pal_err
take_value(struct gguf *g, struct pal_view key, uint32_t type)
{
	uint64_t at = g->r.offset, n = 0;

	if (type == GGUF_STRING)
		return take_string(g, key, true);
	if (type == GGUF_ARRAY)
		return take_array(g, key);
	if (size_of(type) == 0)
		return give_up(g, at, "a value of a type that there is not");
	if (type == GGUF_U32 && pal_view_is(key, "general.alignment")) {
		n = read_u32(g);
		if (n == 0 || n % 8 != 0 || (n & (n - 1)) != 0)
			return pal_sink_anomaly(g->sink, &pal_anomaly_gguf_header, at,
						"general.alignment %llu is no power of two, or below 8",
						(unsigned long long)n);
		g->alignment = n;
		return PAL_OK;
	}
	if (type == GGUF_BOOL && pal_read_u8(&g->r) > 1)
		return pal_sink_anomaly(g->sink, &pal_anomaly_gguf_header, at, "%.*s is a bool that is neither 0 nor 1",
					(int)(key.len < 80 ? key.len : 80), key.data);
	pal_read_skip(&g->r, type == GGUF_BOOL ? 0 : size_of(type));
	return PAL_OK;
}

/* gguf.md: "a hierarchical key, where each segment is lower_snake_case and separated by a `.`", in ASCII. Case and
 * dashes are taken lightly, as everybody does; a segment that is empty and bytes that are no text are in no key. */
static const char *
wrong_in_key(struct pal_view key)
{
	if (key.len == 0)
		return "has no name";
	for (size_t i = 0; i < key.len; i++) {
		if (key.data[i] < 0x20 || key.data[i] > 0x7e)
			return "holds what is no printable ASCII";
		if (key.data[i] == '.' && (i == 0 || i + 1 == key.len || key.data[i - 1] == '.'))
			return "has an empty segment";
	}
	return NULL;
}

static enum pal_err
take_pair(struct gguf *g)
{
	const char     *wrong = NULL;
	uint64_t        at = g->r.offset, len = read_size(g);
	struct pal_view key = { 0 };
	uint32_t        type = 0;
	void          **slot = NULL;

	if (pal_reader_err(&g->r) != PAL_OK || len > KEY_MOST || len > pal_reader_left(&g->r))
		return give_up(g, at, "a key of more than 65535 bytes, or longer than the file");
	key = pal_arena_copy(&g->arena, pal_read_view(&g->r, len));
	type = read_u32(g);
	PAL_TRY(pal_arena_err(&g->arena));
	if (pal_reader_err(&g->r) != PAL_OK)
		return give_up(g, at, "the file ends inside a pair");
	slot = pal_map_put(&g->keys, key);
	PAL_TRY(pal_arena_err(&g->arena));
	if (*slot != NULL)
		PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_gguf_duplicate_key, at, "the key \"%.*s\" stands twice",
					 (int)(key.len < 80 ? key.len : 80), key.data));
	*slot = g;
	wrong = wrong_in_key(key);
	if (wrong != NULL)
		PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_gguf_header, at, "the key \"%.*s\" %s",
					 (int)(key.len < 80 ? key.len : 80), key.data, wrong));
	PAL_TRY(take_value(g, key, type));
	if (!g->stop && pal_reader_err(&g->r) != PAL_OK)
		return give_up(g, at, "the file ends inside a value");
	return PAL_OK;
}

static enum pal_err
read_tensor(struct gguf *g)
{
	uint64_t       at = g->r.offset, len = read_size(g);
	struct tensor *t = NULL;
	const char    *bad = NULL;

	if (pal_reader_err(&g->r) != PAL_OK || len > NAME_MOST || len > pal_reader_left(&g->r))
		return give_up(g, at, "a tensor's name of more than 65535 bytes, or longer than the file");
	t = pal_list_add(&g->tensors);
	PAL_TRY(pal_arena_err(&g->arena));
	*t = (struct tensor){ .at = at, .name = pal_arena_copy(&g->arena, pal_read_view(&g->r, len)) };
	t->rank = read_u32(g);
	if (t->rank > DIMS_MOST) {
		t->rank = 0;
		return give_up(g, at, "a tensor of more than 4 dimensions");
	}
	for (uint32_t i = 0; i < t->rank; i++)
		t->dims[i] = read_size(g);
	t->type = pal_ggml_type_of(read_u32(g));
	t->begin = read_u64(g);
	PAL_TRY(pal_arena_err(&g->arena));
	if (pal_reader_err(&g->r) != PAL_OK)
		return give_up(g, at, "the file ends inside a tensor's description");
	bad = pal_ggml_measure(t->type, t->dims, t->rank, &t->len);
	if (bad == NULL)
		return PAL_OK;
	return pal_sink_anomaly(g->sink, &pal_anomaly_gguf_tensor, at, "tensor \"%.*s\": %s",
				(int)(t->name.len < 80 ? t->name.len : 80), t->name.data, bad);
}

/* Where the data begins, `data`, is known only behind all descriptions; UINT64_MAX: never known. */
static enum pal_err
give_tensors(struct gguf *g, uint64_t data)
{
	for (size_t i = 0; i < g->tensors.count; i++) {
		const struct tensor *t = pal_list_at(&g->tensors, i);
		struct pal_content   c = { .kind = PAL_CONTENT_TENSOR, .name = t->name, .place.offset = t->at };
		uint64_t             dims[DIMS_MOST] = { 0 };

		if (data <= g->in->size && t->begin <= g->in->size - data && t->len <= g->in->size - data - t->begin)
			c.place = (struct pal_place){ .offset = data + t->begin, .length = t->len };
		for (uint32_t k = 0; k < t->rank; k++)
			dims[k] = t->dims[t->rank - 1 - k]; /* ggml counts from the innermost dimension */
		c.tensor = (struct pal_tensor){ .dtype = pal_view_of(t->type == NULL ? "?" : t->type->name),
						.type = t->type == NULL ? PAL_DTYPE_OTHER : t->type->type,
						.big_endian = g->big,
						.shape = dims,
						.rank = t->rank };
		PAL_TRY(pal_sink_take(g->sink, &c));
	}
	return PAL_OK;
}

static int
by_begin(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static enum pal_err
take_hole(struct gguf *g, uint64_t from, uint64_t to)
{
	PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_gguf_hole, from, "%llu bytes at %llu belong to no tensor",
				 (unsigned long long)(to - from), (unsigned long long)from));
	if (pal_zip_at_end(g->in))
		return pal_give_bytes(g->sink, g->in, from, to - from);
	return pal_give_stray(g->sink, g->in, from, to - from, pal_view_of("(between tensors)"));
}

/* Where tensors lie: on the alignment, in the file, side by side. */
static enum pal_err
check_places(struct gguf *g, uint64_t data)
{
	uint64_t at = 0, size = 0;

	if (g->tensors.count == 0 && data >= g->in->size)
		return PAL_OK;
	if (data > g->in->size)
		return pal_sink_anomaly(g->sink, &pal_anomaly_gguf_tensor, g->r.offset,
					"the file ends before the tensors' data");
	size = g->in->size - data;
	pal_list_sort(&g->tensors, by_begin);
	for (size_t i = 0; i < g->tensors.count; i++) {
		const struct tensor *t = pal_list_at(&g->tensors, i);

		if (t->begin % g->alignment != 0)
			PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_gguf_tensor, data,
						 "offset %llu is not on the alignment of %llu",
						 (unsigned long long)t->begin, (unsigned long long)g->alignment));
		if (t->begin > size || t->len > size - t->begin)
			return pal_sink_anomaly(g->sink, &pal_anomaly_gguf_tensor, data,
						"a tensor of %llu bytes at %llu ends behind the file's end",
						(unsigned long long)t->len, (unsigned long long)t->begin);
		if (t->begin < at && t->len > 0)
			PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_gguf_overlap, data + t->begin,
						 "a tensor begins %llu bytes before the one before it ends",
						 (unsigned long long)(at - t->begin)));
		else if (t->begin - at >= g->alignment)
			PAL_TRY(take_hole(g, data + at, data + t->begin));
		at = t->begin + t->len > at ? t->begin + t->len : at;
	}
	return size - at >= g->alignment ? take_hole(g, data + at, g->in->size) : PAL_OK;
}

/*
 * The specification pads before the data, not before the descriptions; a writer that does so all the same is followed,
 * for bytes that are read are better than bytes that are not. Zeros up to the alignment, then a name that can be.
 */
static enum pal_err
skip_padding(struct gguf *g)
{
	uint64_t          from = g->r.offset, to = (from + g->alignment - 1) / g->alignment * g->alignment, len = 0;
	struct pal_view   pad = pal_read_peek(&g->r, (size_t)(to - from < 4096 ? to - from : 4096));
	struct pal_input *in = g->r.input; /* a reader that is put back must fill its window anew */

	if (to == from || pad.len < to - from)
		return PAL_OK;
	for (size_t i = 0; i < pad.len; i++)
		if (pad.data[i] != 0)
			return PAL_OK;
	g->r = pal_reader_at(in, to, in->size - to);
	len = read_size(g);
	if (pal_reader_err(&g->r) != PAL_OK || len == 0 || len > NAME_MOST) {
		g->r = pal_reader_at(in, from, in->size - from);
		return PAL_OK;
	}
	g->r = pal_reader_at(in, to, in->size - to);
	return pal_sink_anomaly(g->sink, &pal_anomaly_gguf_padding, from,
				"%llu zeros before the tensors' descriptions, where the specification has none",
				(unsigned long long)(to - from));
}

static enum pal_err
read_tensors(struct gguf *g, uint64_t tensors)
{
	uint64_t data = 0;
	size_t   n = 0;

	if (tensors > 0)
		PAL_TRY(skip_padding(g));
	n = pal_read_count(&g->r, tensors, g->first ? 20 : 24, TENSORS_MOST);
	if (pal_reader_err(&g->r) != PAL_OK)
		return give_up(g, 8, "more tensors than fit into the file, or than 1000000");
	for (size_t i = 0; i < n && !g->stop; i++)
		PAL_TRY(read_tensor(g));
	if (g->stop)
		return give_tensors(g, UINT64_MAX);
	data = (g->r.offset + g->alignment - 1) / g->alignment * g->alignment;
	PAL_TRY(give_tensors(g, data));
	return check_places(g, data);
}

static enum pal_err
parse(struct gguf *g)
{
	uint32_t version = 0;
	uint64_t tensors = 0, pairs = 0;
	size_t   n = 0;

	pal_read_skip(&g->r, 4);
	version = pal_read_u32le(&g->r);
	g->big = version != 0 && (version & 0xffff) == 0;
	version = g->big ? version >> 24 : version;
	g->first = version == 1;
	tensors = read_size(g);
	pairs = read_size(g);
	if (pal_reader_err(&g->r) != PAL_OK || version < 1 || version > 3)
		return give_up(g, 4, "a version other than 1 to 3, or no whole header");
	n = pal_read_count(&g->r, pairs, g->first ? 9 : 13, PAIRS_MOST);
	if (pal_reader_err(&g->r) != PAL_OK)
		return give_up(g, 16, "more pairs than fit into the file, or than 65536");
	for (size_t i = 0; i < n && !g->stop; i++)
		PAL_TRY(take_pair(g));
	return g->stop ? PAL_OK : read_tensors(g, tensors);
}

static enum pal_err
gguf_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct gguf     *g = NULL;
	struct pal_input side = { .fd = -1 };
	enum pal_err     err = PAL_OK;
	struct gguf      state = { .sink = sink, .alignment = 32, .r = pal_reader_at(in, 0, in->size) };

	PAL_TRY(pal_input_part(in, 0, in->size, &side)); /* the reader keeps the window of `in` */
	g = &state;
	g->in = &side;
	pal_arena_init(&g->arena, (size_t)256 << 20);
	g->keys = pal_map_of(&g->arena);
	g->tensors = pal_list_of(&g->arena, sizeof(struct tensor));
	g->texts = pal_buf_of(4 * PAL_TEXT_PIECE);
	err = parse(g);
	pal_buf_done(&g->texts);
	pal_arena_done(&g->arena);
	pal_input_done(&side);
	if (err == PAL_OK && pal_zip_at_end(in))
		return pal_zip_also(in, sink, d);
	return err;
}

const struct pal_format pal_format_gguf = {
	.name = "gguf",
	.summary = "llama.cpp model files",
	.covers = "Versions 1 to 3 in either byte order: every metadata pair (strings as metadata, chat templates "
		  "among them, and "
		  "arrays of strings in pieces), every tensor's name, type, dimensions and place; keys that stand "
		  "twice, counts, "
		  "lengths and products that cannot be, alignment, overlaps, and bytes that belong to no tensor. "
		  "Tensors "
		  "of plain numbers go to the weight tests; quantised blocks are searched for payloads only.",
	.probe = gguf_probe,
	.parse = gguf_parse,
};
