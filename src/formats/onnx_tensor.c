/* onnx_tensor.c - TensorProto of ONNX: what a tensor says of itself against the bytes that it has, here or elsewhere.
 */
#include <string.h>

#include "onnx.h"
#include "palisade/format.h"

#define RANK_MOST  64u /* more than any library takes */
#define NAMES_MOST 50000u
#define PATH_MOST  8192u
#define MAGIC      16u

/* onnx.proto, TensorProto.DataType */
static const struct {
	const char    *name;
	enum pal_dtype type;
	unsigned int   bits;
} types[] = {
	{ "UNDEFINED", PAL_DTYPE_OTHER, 0 },
	{ "FLOAT", PAL_DTYPE_F32, 32 },
	{ "UINT8", PAL_DTYPE_U8, 8 },
	{ "INT8", PAL_DTYPE_I8, 8 },
	{ "UINT16", PAL_DTYPE_U16, 16 },
	{ "INT16", PAL_DTYPE_I16, 16 },
	{ "INT32", PAL_DTYPE_I32, 32 },
	{ "INT64", PAL_DTYPE_I64, 64 },
	{ "STRING", PAL_DTYPE_OTHER, 0 },
	{ "BOOL", PAL_DTYPE_BOOL, 8 },
	{ "FLOAT16", PAL_DTYPE_F16, 16 },
	{ "DOUBLE", PAL_DTYPE_F64, 64 },
	{ "UINT32", PAL_DTYPE_U32, 32 },
	{ "UINT64", PAL_DTYPE_U64, 64 },
	{ "COMPLEX64", PAL_DTYPE_C64, 64 },
	{ "COMPLEX128", PAL_DTYPE_C128, 128 },
	{ "BFLOAT16", PAL_DTYPE_BF16, 16 },
	{ "FLOAT8E4M3FN", PAL_DTYPE_F8_E4M3, 8 },
	{ "FLOAT8E4M3FNUZ", PAL_DTYPE_OTHER, 8 },
	{ "FLOAT8E5M2", PAL_DTYPE_F8_E5M2, 8 },
	{ "FLOAT8E5M2FNUZ", PAL_DTYPE_OTHER, 8 },
	{ "UINT4", PAL_DTYPE_OTHER, 4 },
	{ "INT4", PAL_DTYPE_OTHER, 4 },
	{ "FLOAT4E2M1", PAL_DTYPE_OTHER, 4 },
	{ "FLOAT8E8M0", PAL_DTYPE_OTHER, 8 },
	{ "UINT2", PAL_DTYPE_OTHER, 2 },
	{ "INT2", PAL_DTYPE_OTHER, 2 },
};
#define TYPES       (sizeof(types) / sizeof(types[0]))
#define TYPE_FLOAT  1u
#define TYPE_TEXT   8u
#define TYPE_DOUBLE 11u

enum {
	T_DIMS = 1,
	T_TYPE,
	T_SEGMENT,
	T_FLOAT,
	T_INT32,
	T_STRING,
	T_INT64,
	T_NAME,
	T_RAW,
	T_DOUBLE,
	T_UINT64,
	T_DOC,
	T_EXTERNAL,
	T_LOCATION,
	T_16 = 16
};

struct extent {
	uint64_t at, len; /* of the first */
	uint64_t total;   /* bytes of all */
	uint64_t count;   /* how many fields */
};

struct tensor {
	uint64_t      at, type, location;
	uint64_t      dims[RANK_MOST];
	size_t        rank;
	bool          too_many;
	struct extent raw, floats, doubles, ints, strings; /* ints: of any width, as varints */
	uint64_t      externals;
	char          name[PAL_PB_NAME + 1];
};

/* An entry of external_data, onnx/docs/ExternalData.md */
struct external {
	bool     location, has_offset, has_length;
	uint64_t offset, length;
};

static enum pal_err
wrong(struct onnx *o, const struct tensor *t, const struct pal_rule *rule, const char *what)
{
	return pal_sink_anomaly(o->sink, rule, t->at, "tensor \"%s\": %s", t->name, what);
}

static void
add_dim(struct tensor *t, uint64_t n)
{
	if (t->rank < RANK_MOST)
		t->dims[t->rank++] = n;
	else
		t->too_many = true;
}

/* Repeated numbers come one by one or packed in one field. */
static enum pal_err
take_dims(struct tensor *t, const struct pal_pb *m, const struct pal_pb_field *f)
{
	uint8_t      bytes[RANK_MOST * 10 + 1];
	PAL_AUTO_BUF b = pal_buf_of(sizeof(bytes));
	uint64_t     n = 0;
	unsigned int shift = 0;

	if (f->wire == PAL_PB_VARINT)
		add_dim(t, f->value);
	if (f->wire != PAL_PB_BYTES)
		return PAL_OK;
	PAL_TRY(pal_pb_read(m, f, sizeof(bytes), &b));
	t->too_many = t->too_many || f->len >= sizeof(bytes);
	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = pal_buf_view(&b).data[i];

		n |= shift < 64 ? (uint64_t)(c & 0x7f) << shift : 0;
		shift += 7;
		if ((c & 0x80) != 0)
			continue;
		add_dim(t, n);
		n = 0;
		shift = 0;
	}
	return PAL_OK;
}

static void
add_extent(struct extent *e, const struct pal_pb_field *f)
{
	uint64_t len = f->wire == PAL_PB_BYTES     ? f->len
		       : f->wire == PAL_PB_FIXED64 ? 8
		       : f->wire == PAL_PB_FIXED32 ? 4
						   : 1;

	if (e->count++ == 0) {
		e->at = f->at;
		e->len = f->wire == PAL_PB_BYTES ? f->len : 0;
	}
	e->total += len; /* no more than the file has */
}

/* Loaders of ONNX Runtime once took this for a pointer into their own memory. */
static bool
is_address(struct pal_view location)
{
	return pal_view_find(location, pal_view_of("_ORT_MEM_ADDR_"), 0) != SIZE_MAX;
}

static enum pal_err
give_location(struct onnx *o, const struct tensor *t, const struct pal_pb *m, const struct pal_pb_field *f)
{
	PAL_AUTO_BUF       path = pal_buf_of(PATH_MOST);
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "onnx",
				 .name = pal_view_of("external_data"),
				 .place = { .offset = f->at, .length = f->len, .field = t->name } };

	PAL_TRY(pal_pb_read(m, f, PATH_MOST, &path));
	c.text = pal_buf_view(&path);
	if (is_address(c.text))
		return pal_sink_anomaly(o->sink, &pal_anomaly_onnx_memory, f->at,
					"tensor \"%s\" is kept at an address of the loader's memory", t->name);
	return pal_sink_take(o->sink, &c);
}

static enum pal_err
take_number(struct onnx *o, const struct tensor *t, struct pal_view value, const char *key, bool *seen, uint64_t *n)
{
	if (*seen)
		PAL_TRY(pal_sink_anomaly(o->sink, &pal_anomaly_onnx_external, t->at,
					 "tensor \"%s\": external_data has %s twice", t->name, key));
	*seen = true;
	if (pal_view_u64(value, n) && *n <= INT64_MAX)
		return PAL_OK;
	*n = 0;
	return pal_sink_anomaly(o->sink, &pal_anomaly_onnx_external, t->at,
				"tensor \"%s\": the %s of external_data is no number from 0 to 2^63-1", t->name, key);
}

static enum pal_err
take_external(struct onnx *o, const struct tensor *t, struct pal_pb m, struct external *e)
{
	struct pal_pb_field f = { 0 }, value = { 0 };
	char                key[PAL_PB_NAME + 1] = "", text[PAL_PB_NAME + 1] = "";

	while (pal_pb_next(&m, &f)) {
		if (f.number == 1)
			PAL_TRY(pal_pb_name(&m, &f, key));
		else if (f.number == 2)
			value = f;
	}
	PAL_TRY(onnx_check(o, &m, "an entry of external_data"));
	if (strcmp(key, "location") == 0) {
		if (e->location)
			PAL_TRY(wrong(o, t, &pal_anomaly_onnx_external, "external_data has location twice"));
		e->location = true;
		return give_location(o, t, &m, &value);
	}
	PAL_TRY(pal_pb_name(&m, &value, text));
	if (strcmp(key, "offset") == 0)
		return take_number(o, t, pal_view_of(text), key, &e->has_offset, &e->offset);
	if (strcmp(key, "length") == 0)
		return take_number(o, t, pal_view_of(text), key, &e->has_length, &e->length);
	return pal_pb_give(o->sink, &m, &value, key);
}

static enum pal_err
take_field(struct onnx *o, struct tensor *t, struct external *e, const struct pal_pb *m, const struct pal_pb_field *f)
{
	switch (f->number) {
	case T_DIMS:
		return take_dims(t, m, f);
	case T_TYPE:
		t->type = f->value;
		return PAL_OK;
	case T_FLOAT:
		add_extent(&t->floats, f);
		return PAL_OK;
	case T_INT32:
	case T_INT64:
	case T_UINT64:
		add_extent(&t->ints, f);
		return PAL_OK;
	case T_STRING:
		add_extent(&t->strings, f);
		return onnx_collect(o, m, f, t->name[0] == '\0' ? "string_data" : t->name);
	case T_RAW:
		add_extent(&t->raw, f);
		return PAL_OK;
	case T_DOUBLE:
		add_extent(&t->doubles, f);
		return PAL_OK;
	case T_DOC:
		return pal_pb_give(o->sink, m, f, "doc_string");
	case T_EXTERNAL:
		t->externals++;
		return take_external(o, t, pal_pb_sub(m, f), e);
	case T_LOCATION:
		t->location = f->value;
		return PAL_OK;
	case T_16:
		return pal_pb_give_entry(o->sink, pal_pb_sub(m, f), &pal_anomaly_onnx_broken);
	default:
		return PAL_OK; /* the name, which is known already, and the segment of old files */
	}
}

/* Bytes that the tensor must have; false when that cannot be told. */
static bool
measure(const struct tensor *t, uint64_t *ret_items, uint64_t *ret_bytes)
{
	uint64_t items = 1, bits = 0;

	for (size_t i = 0; i < t->rank; i++)
		if (t->dims[i] > INT64_MAX || __builtin_mul_overflow(items, t->dims[i], &items))
			return false;
	if (t->type >= TYPES || __builtin_mul_overflow(items, (uint64_t)types[t->type].bits, &bits) ||
	    bits > UINT64_MAX - 7)
		return false;
	*ret_items = items;
	*ret_bytes = (bits + 7) / 8;
	return true;
}

/* How many places hold data: more than one, and readers differ on which they take. */
static unsigned int
places(const struct tensor *t, const struct external *e)
{
	return (t->raw.total > 0 ? 1u : 0u) + (t->floats.total > 0 ? 1u : 0u) + (t->doubles.total > 0 ? 1u : 0u) +
	       (t->ints.total > 0 ? 1u : 0u) + (t->strings.count > 0 ? 1u : 0u) +
	       (e->location && t->location == 1 ? 1u : 0u);
}

/* The tensor's bytes against what they should be; `items` of complex types are pairs. */
static const char *
judge_data(const struct tensor *t, const struct external *e, uint64_t items, uint64_t bytes)
{
	uint64_t pairs = t->type == 14 || t->type == 15 ? 2 : 1, numbers = 0;

	if (__builtin_mul_overflow(items, pairs, &numbers))
		return "the product of its dimensions overflows";
	if (t->location == 1 && e->has_length && e->length != bytes)
		return "its length elsewhere is not what its dimensions and type need";
	if (t->location == 1 && e->offset > INT64_MAX - (e->has_length ? e->length : bytes))
		return "its place elsewhere overflows";
	if (t->raw.count > 0 && t->type == TYPE_TEXT)
		return "strings kept as raw bytes, which no reader takes";
	if (t->raw.total > 0 && t->raw.total != bytes)
		return "it has more or fewer raw bytes than its dimensions and type need";
	if (t->floats.total > 0 && (t->floats.total % 4 != 0 || t->floats.total / 4 != numbers))
		return "it has more or fewer numbers than its dimensions need";
	if (t->doubles.total > 0 && (t->doubles.total % 8 != 0 || t->doubles.total / 8 != numbers))
		return "it has more or fewer numbers than its dimensions need";
	if (t->ints.total > 0 &&
	    (t->ints.total / 10 > numbers || (types[t->type].bits >= 8 && t->ints.total < numbers)))
		return "it cannot have as many numbers as its dimensions need";
	if (t->strings.count > 0 && t->strings.count != items)
		return "it has more or fewer strings than its dimensions need";
	return NULL;
}

static enum pal_err
check(struct onnx *o, const struct tensor *t, const struct external *e)
{
	uint64_t    items = 0, bytes = 0;
	const char *bad = NULL;

	if (t->too_many)
		return wrong(o, t, &pal_anomaly_onnx_tensor, "more than 64 dimensions");
	if (t->type >= TYPES)
		return pal_sink_anomaly(o->sink, &pal_anomaly_onnx_type, t->at,
					"tensor \"%s\": data type %llu is not known", t->name,
					(unsigned long long)t->type);
	if (!measure(t, &items, &bytes))
		return wrong(o, t, &pal_anomaly_onnx_tensor, "a negative dimension, or a product that overflows");
	if (places(t, e) > 1)
		PAL_TRY(wrong(o, t, &pal_anomaly_onnx_two_data, "data stands in more than one place"));
	if (t->raw.count > 1)
		PAL_TRY(wrong(o, t, &pal_anomaly_onnx_two_data, "raw_data stands there twice"));
	if (t->location == 1 && !e->location)
		PAL_TRY(wrong(o, t, &pal_anomaly_onnx_external, "kept elsewhere, but external_data names no location"));
	bad = judge_data(t, e, items, bytes);
	return bad == NULL ? PAL_OK : wrong(o, t, &pal_anomaly_onnx_tensor, bad);
}

/* Where numbers lie side by side as they are: raw bytes, or packed floats and doubles (little-endian, as the wire is).
 */
static struct pal_place
data_place(const struct tensor *t)
{
	const struct extent *e = &t->raw;

	if (t->raw.count == 0 && t->type == TYPE_FLOAT)
		e = &t->floats;
	else if (t->raw.count == 0 && t->type == TYPE_DOUBLE)
		e = &t->doubles;
	if (e->count != 1 || e->len == 0)
		return (struct pal_place){ .offset = t->at };
	return (struct pal_place){ .offset = e->at, .length = e->len };
}

static enum pal_err
give(struct onnx *o, const struct tensor *t)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = pal_view_of(t->name), .place = data_place(t) };
	const char        *spelt = t->type < TYPES ? types[t->type].name : "?";

	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(spelt),
					.type = t->type < TYPES ? types[t->type].type : PAL_DTYPE_OTHER,
					.shape = t->dims,
					.rank = t->rank };
	return pal_sink_take(o->sink, &c);
}

/* Whole files are kept in tensors of bytes: a tokenizer's by right, a program's by nobody's. */
static enum pal_err
look_inside(struct onnx *o, const struct tensor *t)
{
	struct pal_view          head = { 0 };
	const struct pal_format *f = NULL;

	if (t->raw.len < MAGIC)
		return PAL_OK;
	PAL_TRY(pal_input_view(o->in, t->raw.at, 1, t->raw.len < PAL_PROBE_HEAD ? (size_t)t->raw.len : PAL_PROBE_HEAD,
			       &head));
	f = pal_format_inside(head, t->raw.len);
	if (f == NULL)
		return PAL_OK;
	return pal_give_member(o->sink, o->in, t->raw.at, t->raw.len, pal_view_of(t->name));
}

/* onnx.proto: the names of a graph's initializers are unique. */
static enum pal_err
compare_names(struct onnx *o, const struct tensor *t, uint32_t graph)
{
	PAL_AUTO_BUF key = pal_buf_of(0);
	void       **slot = NULL;

	if (graph == 0 || t->name[0] == '\0' || o->many_told)
		return PAL_OK;
	pal_buf_printf(&key, "%u %s", graph, t->name);
	PAL_TRY(pal_buf_err(&key));
	if (o->initializers.count >= NAMES_MOST) {
		o->many_told = true;
		return pal_sink_anomaly(o->sink, &pal_anomaly_onnx_duplicate, t->at,
					"more than %u initializers; from here on their names were not compared",
					NAMES_MOST);
	}
	slot = pal_map_put(&o->initializers, pal_buf_view(&key));
	PAL_TRY(pal_arena_err(&o->arena));
	if (*slot != NULL && strlen(t->name) < PAL_PB_NAME)
		return wrong(o, t, &pal_anomaly_onnx_duplicate, "an initializer of this name stands there already");
	*slot = o;
	return PAL_OK;
}

static enum pal_err
find_name(struct tensor *t, struct pal_pb m)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&m, &f))
		if (f.number == T_NAME)
			return pal_pb_name(&m, &f, t->name);
	return PAL_OK;
}

enum pal_err
onnx_tensor(struct onnx *o, struct pal_pb m, uint32_t graph)
{
	struct tensor       t = { .at = m.at };
	struct external     e = { 0 };
	struct pal_pb_field f = { 0 };
	bool                go_on = true;

	PAL_TRY(onnx_flush(o));
	PAL_TRY(find_name(&t, m));
	while (go_on && pal_pb_next(&m, &f)) {
		PAL_TRY(onnx_charge(o, f.at, &go_on));
		PAL_TRY(take_field(o, &t, &e, &m, &f));
	}
	PAL_TRY(onnx_flush(o));
	PAL_TRY(onnx_check(o, &m, "a tensor"));
	PAL_TRY(compare_names(o, &t, graph));
	PAL_TRY(check(o, &t, &e));
	PAL_TRY(give(o, &t));
	return look_inside(o, &t);
}
