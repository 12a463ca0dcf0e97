/*
 * cntk.c - CNTK's models: version 2, a Dictionary of Protocol Buffers (CNTK.proto), and the wide strings of version 1.
 *
 * A function of the user's is a dictionary with the module that loading imports, or, when it is native, the library
 * that loading opens, and the method that is called (UserDefinedFunction.cpp). To audit: give_view(), take_runs().
 */
#include <string.h>

#include "palisade/format.h"
#include "palisade/mem.h"
#include "palisade/reader.h"
#include "pb_walk.h"

#define RANK_MOST 32u
#define RUN_LEAST 4u

enum { DICTIONARY, ENTRY, VALUE, VECTOR, AXIS };

static const char own_string[] = "string", own_view[] = "view";

static const struct pal_pb_known fields[] = {
	{ DICTIONARY, 2, PAL_PB_DOWN, ENTRY, "data" }, { ENTRY, 2, PAL_PB_DOWN, VALUE, "value" },
	{ VALUE, 8, PAL_PB_OWN, 0, own_string },       { VALUE, 10, PAL_PB_DOWN, AXIS, "axis" },
	{ VALUE, 11, PAL_PB_DOWN, VECTOR, "vector" },  { VALUE, 12, PAL_PB_DOWN, DICTIONARY, "dictionary" },
	{ VALUE, 13, PAL_PB_OWN, 0, own_view },        { VECTOR, 1, PAL_PB_DOWN, VALUE, "value" },
	{ AXIS, 2, PAL_PB_TEXT, 0, "axis" },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* --- functions of the user's */

enum { TYPE, UID, MODULE, CLASS, METHOD, OP, KEYS };

struct function {
	char text[KEYS][PAL_PB_NAME + 1];
};

static enum pal_err
read_entry(struct pal_pb entry, struct function *f)
{
	static const char *const keys[KEYS] = { "type", "uid", "module", "class", "deserialize_method", "op" };
	struct pal_pb_field      at = { 0 };
	char                     key[PAL_PB_NAME + 1] = "";

	while (pal_pb_next(&entry, &at)) {
		struct pal_pb value = { 0 };

		if (at.number == 1)
			PAL_TRY(pal_pb_name(&entry, &at, key));
		if (at.number != 2)
			continue;
		value = pal_pb_sub(&entry, &at);
		for (size_t i = 0; i < KEYS; i++)
			if (strcmp(key, keys[i]) == 0)
				PAL_TRY(pal_pb_find_name(value, 8, f->text[i]));
	}
	return PAL_OK;
}

/* The telling strings of a dictionary; a copy of the message is read, the walk goes its own way. */
static enum pal_err
read_function(struct pal_pb dictionary, struct function *ret_function)
{
	struct pal_pb_field f = { 0 };

	*ret_function = (struct function){ 0 };
	while (pal_pb_next(&dictionary, &f))
		if (f.number == 2 && f.wire == PAL_PB_BYTES)
			PAL_TRY(read_entry(pal_pb_sub(&dictionary, &f), ret_function));
	return PAL_OK;
}

static enum pal_err
give_python(struct pal_pb_walk *w, const struct function *f, uint64_t at)
{
	const char        *name = f->text[CLASS][0] != '\0' ? f->text[CLASS] : f->text[METHOD];
	struct pal_content c = { .kind = PAL_CONTENT_CALL,
				 .loader = "cntk",
				 .module = pal_view_of(f->text[MODULE]),
				 .name = pal_view_of(name),
				 .text = pal_view_of(f->text[METHOD]),
				 .place.offset = at };

	PAL_TRY(pal_sink_anomaly(w->sink, &pal_anomaly_cntk_function, at,
				 "a function of the user's: loading imports %s and calls %s (%s)", f->text[MODULE],
				 name, f->text[METHOD]));
	return pal_sink_take(w->sink, &c);
}

static enum pal_err
give_native(struct pal_pb_walk *w, const struct function *f, uint64_t at)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .loader = "cntk",
				 .name = pal_view_of("library"),
				 .text = pal_view_of(f->text[MODULE]),
				 .place = { .offset = at, .field = f->text[OP] } };

	PAL_TRY(pal_sink_anomaly(w->sink, &pal_anomaly_cntk_native, at,
				 "a native function %s: loading opens the library %s and calls %s in it", f->text[OP],
				 f->text[MODULE], f->text[METHOD]));
	return pal_sink_take(w->sink, &c);
}

static enum pal_err
enter(struct pal_pb_walk *w, struct pal_pb_frame *in)
{
	struct function f;

	if (in->what == ENTRY)
		return pal_pb_find_name(in->m, 1, in->name);
	if (in->what != DICTIONARY)
		return PAL_OK;
	PAL_TRY(read_function(in->m, &f));
	if (f.text[UID][0] != '\0')
		pal_mem_copy(in->name, sizeof(in->name), f.text[UID], sizeof(f.text[UID]));
	if (f.text[MODULE][0] == '\0' || (f.text[METHOD][0] == '\0' && f.text[CLASS][0] == '\0'))
		return PAL_OK;
	return strncmp(f.text[TYPE], "Native", 6) == 0 ? give_native(w, &f, in->m.at) : give_python(w, &f, in->m.at);
}

/* --- numbers */

struct view {
	uint64_t dims[RANK_MOST], type, at, len; /* at, len: of the numbers */
	size_t   rank;
	bool     wrong;
};

static void
read_shape(struct pal_pb shape, struct view *v)
{
	struct pal_pb_field f = { 0 };

	while (pal_pb_next(&shape, &f)) {
		struct pal_pb packed = { .in = shape.in, .at = f.at, .end = f.at + f.len };

		if (f.number != 1 || f.wire != PAL_PB_BYTES)
			continue;
		while (packed.at < packed.end) { /* varints one behind the other */
			uint64_t        n = 0;
			struct pal_view b = { 0 };

			for (unsigned int shift = 0; shift < 64; shift += 7) {
				if (packed.at >= packed.end ||
				    pal_input_view(packed.in, packed.at++, 1, 1, &b) != PAL_OK)
					break;
				n |= (uint64_t)(b.data[0] & 0x7f) << shift;
				if (b.data[0] < 0x80)
					break;
			}
			v->wrong = v->wrong || v->rank == RANK_MOST;
			if (!v->wrong)
				v->dims[v->rank++] = n;
		}
	}
}

static const struct {
	uint64_t       id;
	const char    *name;
	enum pal_dtype type;
} types[] = {
	{ 1, "Float", PAL_DTYPE_F32 }, { 2, "Double", PAL_DTYPE_F64 }, { 4, "Float16", PAL_DTYPE_F16 },
	{ 5, "Int8", PAL_DTYPE_I8 },   { 6, "Int16", PAL_DTYPE_I16 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static void
read_view(struct pal_pb m, struct view *v)
{
	struct pal_pb_field f = { 0 }, values = { 0 };

	while (pal_pb_next(&m, &f)) {
		if (f.number == 1)
			v->type = f.value;
		else if (f.number == 3)
			read_shape(pal_pb_sub(&m, &f), v);
		else if (f.number >= 4 && f.number <= 6 && f.wire == PAL_PB_BYTES) {
			struct pal_pb below = pal_pb_sub(&m, &f);

			while (pal_pb_next(&below, &values))
				if (values.number == 1 && values.wire == PAL_PB_BYTES && values.len > v->len) {
					v->at = values.at;
					v->len = values.len;
				}
		}
	}
	v->wrong = v->wrong || m.err != PAL_OK;
}

/* The dictionary that the numbers stand in says whose they are. */
static const char *
owner_of(const struct pal_pb_walk *w)
{
	for (size_t i = w->depth; i > 0; i--)
		if (w->frames[i - 1].what == DICTIONARY)
			return w->frames[i - 1].name;
	return "";
}

static enum pal_err
give_view(struct pal_pb_walk *w, const struct pal_pb_frame *in, const struct pal_pb_field *f)
{
	struct view        v = { .rank = 0 };
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = pal_view_of(owner_of(w)) };
	uint64_t           need = 0;
	size_t             i = 0;
	bool               over = false;

	read_view(pal_pb_sub(&in->m, f), &v);
	while (i < TYPES && types[i].id != v.type)
		i++;
	need = i < TYPES ? pal_dtype_bits(types[i].type) / 8 : 0;
	for (size_t k = 0; k < v.rank; k++)
		over = over || __builtin_mul_overflow(need, v.dims[k], &need);
	if (v.len > 0 && (v.wrong || over || i == TYPES || need != v.len)) {
		PAL_TRY(pal_sink_anomaly(w->sink, &pal_anomaly_cntk_view, f->at,
					 "%s: %llu bytes of numbers that do not fit type and shape", owner_of(w),
					 (unsigned long long)v.len));
		return pal_give_bytes(w->sink, w->in, f->at, f->len);
	}
	c.place.offset = v.at;
	c.place.length = v.len;
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(i < TYPES ? types[i].name : "?"),
					.type = i < TYPES ? types[i].type : PAL_DTYPE_OTHER,
					.shape = v.dims,
					.rank = v.rank };
	return pal_sink_take(w->sink, &c);
}

static enum pal_err
own(struct pal_pb_walk *w, struct pal_pb_frame *in, const struct pal_pb_known *k, const struct pal_pb_field *f)
{
	return k->name == own_view ? give_view(w, in, f) : pal_pb_give(w->sink, &in->m, f, in->name);
}

/* --- version 1: names and operations are wide strings, and nothing else of it is read */

static enum pal_err
take_runs(struct pal_input *in, struct pal_sink *sink)
{
	PAL_AUTO_BUF     run = pal_buf_of(PAL_TEXT_PIECE), out = pal_buf_of(4 * PAL_TEXT_PIECE);
	struct pal_place place = { .offset = 0 };

	for (uint64_t at = 0; at < in->size;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, at, 1, PAL_INPUT_WINDOW, &v));
		for (size_t i = 0; i + 1 < v.len; i++) {
			bool wide = v.data[i] >= ' ' && v.data[i] < 0x7f && v.data[i + 1] == 0 && run.len < 4096;

			if (wide) {
				pal_buf_add_byte(&run, v.data[i++]);
				continue;
			}
			if (run.len >= RUN_LEAST) {
				pal_buf_add(&out, pal_buf_view(&run));
				pal_buf_add_byte(&out, '\n');
			}
			pal_buf_clear(&run);
			PAL_TRY(pal_buf_err(&out));
			if (out.len >= PAL_TEXT_PIECE) {
				PAL_TRY(pal_give_text(sink, pal_buf_view(&out), &place));
				pal_buf_clear(&out);
				place.offset = at + i;
			}
		}
		at += v.len;
	}
	return pal_give_text(sink, pal_buf_view(&out), &place);
}

static bool
is_first(struct pal_view head)
{
	static const uint8_t mark[8] = { 'B', 0, 'C', 0, 'N', 0, 0, 0 };

	return pal_view_eq(pal_view_sub(head, 0, sizeof(mark)), (struct pal_view){ mark, sizeof(mark) });
}

/* A version, then an entry with a key that is a name and a value that begins with its own version and type. */
static bool
is_second(struct pal_view head, uint64_t size)
{
	struct pal_input    in = pal_input_of_view(head);
	struct pal_pb       m = { .in = &in, .end = size }, entry = { 0 }, value = { 0 };
	struct pal_pb_field f = { 0 };
	struct pal_view     key = { 0 };

	if (!pal_pb_next(&m, &f) || f.number != 1 || f.wire != PAL_PB_VARINT || f.value == 0 || f.value > 9)
		return false;
	if (!pal_pb_next(&m, &f) || f.number != 2 || f.wire != PAL_PB_BYTES)
		return false;
	entry = (struct pal_pb){ .in = &in, .at = f.at, .end = f.at + f.len };
	if (!pal_pb_next(&entry, &f) || f.number != 1 || f.wire != PAL_PB_BYTES || f.len == 0 || f.len > 64)
		return false;
	key = pal_view_sub(head, (size_t)f.at, (size_t)f.len);
	for (size_t i = 0; i < key.len; i++)
		if (!pal_is_alnum(key.data[i]) && key.data[i] != '_')
			return false;
	if (key.len == 0 || !pal_pb_next(&entry, &f) || f.number != 2 || f.wire != PAL_PB_BYTES)
		return false;
	value = (struct pal_pb){ .in = &in, .at = f.at, .end = f.at + f.len };
	return pal_pb_next(&value, &f) && f.number == 1 && f.wire == PAL_PB_VARINT && f.value <= 9 &&
	       pal_pb_next(&value, &f) && f.number == 2 && f.wire == PAL_PB_VARINT && f.value <= 20;
}

static unsigned int
cntk_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (is_first(head))
		return 93;
	return is_second(head, size) ? 92 : 0;
}

static enum pal_err
cntk_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_view    head = { 0 };
	struct pal_pb_walk w = { .in = in,
				 .sink = sink,
				 .fields = fields,
				 .field_count = FIELDS,
				 .broken = &pal_anomaly_cntk_broken,
				 .deep = &pal_anomaly_cntk_broken,
				 .enter = enter,
				 .own = own };

	(void)d;
	PAL_TRY(pal_input_view(in, 0, 0, 8, &head));
	if (!is_first(head))
		return pal_pb_walk(&w, DICTIONARY);
	PAL_TRY(pal_sink_unread(sink, &pal_anomaly_cntk_first, 0, in->size,
				"%llu bytes of a model of version 1; its names were read, its numbers were not",
				(unsigned long long)in->size));
	PAL_TRY(take_runs(in, sink));
	return pal_give_bytes(sink, in, 0, in->size);
}

const struct pal_format pal_format_cntk = {
	.name = "cntk",
	.summary = "CNTK models (.model, .dnn) and checkpoints",
	.covers =
	    "Version 2: every dictionary, its strings by key, functions of the user's with the module that loading "
	    "imports or the library that it opens, every parameter's type, shape and bytes, which go to the "
	    "weight tests (sparse and packed whole numbers do not). Version 1: names as text and all bytes as "
	    "such, which is reported as not examined. The operations' own numbers are not judged.",
	.probe = cntk_probe,
	.parse = cntk_parse,
};
