/* safetensors.c - the header of a safetensors file: every tensor's bytes in order, without holes or overlaps. */
#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/json.h"
#include "palisade/reader.h"
#include "zip.h"

#define HEADER_MOST 100000000u /* the library's own limit */
#define RANK_MOST   64

struct tensor {
	const char *name;
	uint64_t    begin, end;
};

struct header {
	struct pal_input *in;
	struct pal_sink  *sink;
	struct pal_arena  arena;
	struct pal_list   tensors; /* of struct tensor */
	uint64_t          data_at;
};

static unsigned int
safetensors_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_reader r = pal_reader_of(head);
	uint64_t          len = pal_read_u64le(&r);
	struct pal_view   rest = pal_view_sub(head, 9, head.len);

	if (head.len < 10 || head.data[8] != '{')
		return 0;
	while (rest.len > 0 && pal_is_space(rest.data[0]))
		rest = pal_view_sub(rest, 1, rest.len);
	if (rest.len > 0 && rest.data[0] != '"' && rest.data[0] != '}')
		return 0;
	if (len <= size - 8 && len >= 2 && len <= HEADER_MOST)
		return 96;
	/* A broken one is still one, but among random numbers inside another file such bytes are chance. */
	return pal_view_ends(name, ".safetensors") || len <= HEADER_MOST ? 70 : 55;
}

struct type {
	const char    *name;
	unsigned int   bits; /* an element */
	enum pal_dtype type;
};

/* Types below a byte, and the one that holds exponents alone, are packed: nobody reads their numbers one by one. */
static const struct type types[] = {
	{ "BOOL", 8, PAL_DTYPE_BOOL },       { "U8", 8, PAL_DTYPE_U8 },           { "I8", 8, PAL_DTYPE_I8 },
	{ "F8_E5M2", 8, PAL_DTYPE_F8_E5M2 }, { "F8_E4M3", 8, PAL_DTYPE_F8_E4M3 }, { "F8_E8M0", 8, PAL_DTYPE_BLOCKS },
	{ "I16", 16, PAL_DTYPE_I16 },        { "U16", 16, PAL_DTYPE_U16 },        { "F16", 16, PAL_DTYPE_F16 },
	{ "BF16", 16, PAL_DTYPE_BF16 },      { "I32", 32, PAL_DTYPE_I32 },        { "U32", 32, PAL_DTYPE_U32 },
	{ "F32", 32, PAL_DTYPE_F32 },        { "C64", 64, PAL_DTYPE_C64 },        { "F64", 64, PAL_DTYPE_F64 },
	{ "I64", 64, PAL_DTYPE_I64 },        { "U64", 64, PAL_DTYPE_U64 },        { "F4", 4, PAL_DTYPE_BLOCKS },
	{ "F6_E2M3", 6, PAL_DTYPE_BLOCKS },  { "F6_E3M2", 6, PAL_DTYPE_BLOCKS },
};

/* NULL: a type that the format does not have. */
static const struct type *
type_of(const char *dtype)
{
	for (size_t i = 0; dtype != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (pal_view_is(pal_view_of(types[i].name), dtype))
			return &types[i];
	return NULL;
}

static enum pal_err
wrong(struct header *h, const char *name, const char *what)
{
	return pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_tensor, 8, "tensor \"%.100s\": %s", name, what);
}

/* NULL, or what is wrong with the shape. */
static const char *
read_shape(const json_t *shape, uint64_t *dims, size_t *ret_rank, uint64_t *ret_count)
{
	uint64_t count = 1;
	size_t   rank = json_array_size(shape);

	if (!json_is_array(shape) || rank > RANK_MOST)
		return "its shape is no list of at most 64 numbers";
	for (size_t i = 0; i < rank; i++) {
		const json_t *n = json_array_get(shape, i);

		if (!json_is_integer(n) || json_integer_value(n) < 0)
			return "its shape holds something that is no number";
		dims[i] = (uint64_t)json_integer_value(n);
	}
	for (size_t i = 0; i < rank; i++)
		if (__builtin_mul_overflow(count, dims[i], &count))
			return "the product of its shape overflows";
	*ret_rank = rank;
	*ret_count = count;
	return NULL;
}

static const char *
read_offsets(const struct header *h, const json_t *offsets, struct tensor *t)
{
	const json_t *b = json_array_get(offsets, 0), *e = json_array_get(offsets, 1);

	if (!json_is_array(offsets) || json_array_size(offsets) != 2 || !json_is_integer(b) || !json_is_integer(e))
		return "data_offsets is no pair of numbers";
	if (json_integer_value(b) < 0 || json_integer_value(e) < json_integer_value(b))
		return "data_offsets run backwards";
	t->begin = (uint64_t)json_integer_value(b);
	t->end = (uint64_t)json_integer_value(e);
	return t->end > h->in->size - h->data_at ? "it ends behind the file's end" : NULL;
}

static enum pal_err
take_tensor(struct header *h, const char *name, const json_t *info)
{
	uint64_t           dims[RANK_MOST], count = 0, bits = 0;
	size_t             rank = 0;
	const char        *bad = NULL;
	const struct type *type = type_of(pal_json_text(info, "dtype"));
	struct tensor      t = { .name = name };
	struct tensor     *kept = NULL;
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = pal_view_of(name) };

	if (type == NULL)
		return wrong(h, name, "its dtype is none that the format has");
	bad = read_shape(json_object_get(info, "shape"), dims, &rank, &count);
	if (bad == NULL)
		bad = read_offsets(h, json_object_get(info, "data_offsets"), &t);
	if (bad != NULL)
		return wrong(h, name, bad);
	if (__builtin_mul_overflow(count, type->bits, &bits) || bits % 8 != 0 || bits / 8 != t.end - t.begin)
		PAL_TRY(wrong(h, name, "its bytes are not shape times dtype"));
	if (json_object_size(info) != 3)
		PAL_TRY(wrong(h, name, "its description has members that the format does not have"));
	kept = pal_list_add(&h->tensors);
	PAL_TRY(pal_arena_err(&h->arena));
	*kept = t;
	c.place = (struct pal_place){ .offset = h->data_at + t.begin, .length = t.end - t.begin };
	c.tensor =
	    (struct pal_tensor){ .dtype = pal_view_of(type->name), .type = type->type, .shape = dims, .rank = rank };
	return pal_sink_take(h->sink, &c);
}

static enum pal_err
take_metadata(struct header *h, json_t *meta)
{
	const char *key = NULL;
	json_t     *value = NULL;

	if (!json_is_object(meta))
		return pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_header, 8, "__metadata__ is no object");
	json_object_foreach(meta, key, value)
	{
		if (!json_is_string(value)) {
			PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_header, 8,
						 "__metadata__ \"%.100s\" is no string", key));
			continue;
		}
		PAL_TRY(pal_give_meta(
		    h->sink, pal_view_of(key),
		    (struct pal_view){ (const uint8_t *)json_string_value(value), json_string_length(value) }, 8));
	}
	return PAL_OK;
}

static int
by_begin(const void *a, const void *b)
{
	const struct tensor *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static enum pal_err
take_hole(struct header *h, uint64_t from, uint64_t to, const char *where)
{
	PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_hole, h->data_at + from,
				 "%llu bytes %s belong to no tensor", (unsigned long long)(to - from), where));
	if (pal_zip_at_end(h->in))
		return pal_give_bytes(h->sink, h->in, h->data_at + from, to - from);
	return pal_give_stray(h->sink, h->in, h->data_at + from, to - from, pal_view_of("(between tensors)"));
}

static enum pal_err
check_order(struct header *h)
{
	uint64_t at = 0, size = h->in->size - h->data_at;

	pal_list_sort(&h->tensors, by_begin);
	for (size_t i = 0; i < h->tensors.count; i++) {
		const struct tensor *t = pal_list_at(&h->tensors, i);

		if (t->begin > at)
			PAL_TRY(take_hole(h, at, t->begin, "before a tensor"));
		else if (t->begin < at && t->end > t->begin)
			PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_overlap, h->data_at + t->begin,
						 "tensor \"%.100s\" begins %llu bytes before the one before it ends",
						 t->name, (unsigned long long)(at - t->begin)));
		at = t->end > at ? t->end : at;
	}
	return at < size ? take_hole(h, at, size, "behind the last tensor") : PAL_OK;
}

static enum pal_err
take_header(struct header *h, json_t *doc)
{
	const char *key = NULL;
	json_t     *value = NULL;

	if (!json_is_object(doc))
		return pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_header, 8, "the header is no JSON object");
	json_object_foreach(doc, key, value)
	{
		if (pal_view_is(pal_view_of(key), "__metadata__"))
			PAL_TRY(take_metadata(h, value));
		else if (json_is_object(value))
			PAL_TRY(take_tensor(h, key, value));
		else
			PAL_TRY(wrong(h, key, "its description is no object"));
	}
	return check_order(h);
}

/* The header's text, whole: a window is not always enough for it. */
static enum pal_err
read_text(struct pal_input *in, uint64_t len, struct pal_buf *text)
{
	for (uint64_t at = 8; at < 8 + len;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, at, 1, (size_t)(8 + len - at), &v));
		pal_buf_add(text, v);
		at += v.len;
	}
	return pal_buf_err(text);
}

static enum pal_err
parse(struct header *h)
{
	PAL_AUTO_BUF      text = pal_buf_of(HEADER_MOST + 1);
	PAL_AUTO_JSON     doc = NULL;
	struct pal_diag   why = { 0 };
	struct pal_reader r = pal_reader_at(h->in, 0, h->in->size);
	uint64_t          len = pal_read_u64le(&r);
	struct pal_place  place = { .offset = 8 };

	if (len > h->in->size - 8 || len > HEADER_MOST || len > h->sink->limits->text) {
		PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_header, 0,
					 "a header of %llu bytes in a file of %llu", (unsigned long long)len,
					 (unsigned long long)h->in->size));
		return pal_give_bytes(h->sink, h->in, 0, h->in->size);
	}
	PAL_TRY(read_text(h->in, len, &text));
	h->data_at = 8 + len;
	if (pal_json_parse(pal_buf_view(&text), HEADER_MOST, &doc, &why) == PAL_OK)
		return take_header(h, doc);
	PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_safetensors_header, 8 + why.offset, "%s", why.text));
	PAL_TRY(pal_give_text(h->sink, pal_buf_view(&text), &place));
	return pal_give_bytes(h->sink, h->in, h->data_at, h->in->size - h->data_at);
}

static enum pal_err
safetensors_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct header h = { .in = in, .sink = sink };
	enum pal_err  err = PAL_OK;

	if (in->size < 8)
		return pal_sink_anomaly(sink, &pal_anomaly_safetensors_header, 0, "shorter than its length field");
	pal_arena_init(&h.arena, (size_t)64 << 20);
	h.tensors = pal_list_of(&h.arena, sizeof(struct tensor));
	err = parse(&h);
	pal_arena_done(&h.arena);
	if (err == PAL_OK && pal_zip_at_end(in))
		return pal_zip_also(in, sink, d);
	return err;
}

const struct pal_format pal_format_safetensors = {
	.name = "safetensors",
	.summary = "safetensors model files",
	.covers =
	    "The header: every tensor's dtype, shape and place, that these agree, that tensors lie without holes and "
	    "overlaps up to the file's end; __metadata__ as metadata. Keys that stand twice, bytes that belong to "
	    "nothing and "
	    "a zip archive behind the tensors are reported and examined. The tensors' numbers go to the weight tests, "
	    "whole; types below a byte and F8_E8M0 are searched for payloads only.",
	.probe = safetensors_probe,
	.parse = safetensors_parse,
};
