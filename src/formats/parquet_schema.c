/* parquet_schema.c - the tree of columns, depth first as it is stored; to audit: the stack of open groups. */
#include "parquet.h"

enum { REQUIRED, OPTIONAL, REPEATED };

/* parquet.thrift: struct SchemaElement */
struct element {
	struct pal_view name;
	int64_t         type, width, repetition, children, converted, scale;
	bool            has_type;
	int16_t         logical; /* a member of union LogicalType; 0: none */
	int64_t         bits, unit;
	bool            is_signed;
};

struct group {
	uint64_t left;     /* children that have not come yet */
	size_t   path_len; /* of what names it */
	uint32_t def, rep;
};

struct schema {
	struct pal_parquet *q;
	struct pal_buf      path;
	struct group        stack[PAL_PARQUET_NESTED];
	unsigned int        depth;
	const char         *wrong; /* why the tree cannot be; NULL: it can */
};

/* parquet.thrift: enum ConvertedType */
enum {
	UTF8 = 0,
	ENUM = 4,
	DECIMAL = 5,
	DATE = 6,
	TIME_MILLIS = 7,
	TIME_MICROS = 8,
	TIMESTAMP_MILLIS = 9,
	TIMESTAMP_MICROS = 10,
	UINT_8 = 11,
	UINT_64 = 14,
	JSON = 19
};

/* parquet.thrift: union LogicalType */
enum {
	L_STRING = 1,
	L_ENUM = 4,
	L_DECIMAL = 5,
	L_DATE = 6,
	L_TIME = 7,
	L_TIMESTAMP = 8,
	L_INTEGER = 10,
	L_JSON = 12,
	L_UUID = 14,
	L_FLOAT16 = 15
};

/* DecimalType {1: scale}, TimeType and TimestampType {2: unit}, IntType {2: isSigned}. */
static void
read_logical_parts(struct pal_thrift *t, struct element *e)
{
	struct pal_thrift_field f = { 0 };

	while (pal_thrift_next(t, &f)) {
		if (e->logical == L_DECIMAL && f.id == 1)
			e->scale = pal_thrift_int(t, &f);
		else if (e->logical == L_INTEGER && f.id == 2)
			e->is_signed = pal_thrift_bool(t, &f);
		else if ((e->logical == L_TIME || e->logical == L_TIMESTAMP) && f.id == 2 && pal_thrift_struct(t, &f)) {
			struct pal_thrift_field unit = { 0 };

			while (pal_thrift_next(t, &unit))
				e->unit = unit.id;
		}
	}
}

static void
read_logical(struct pal_thrift *t, struct element *e)
{
	struct pal_thrift_field f = { 0 };

	while (pal_thrift_next(t, &f)) {
		e->logical = f.id;
		e->is_signed = true;
		if (pal_thrift_struct(t, &f))
			read_logical_parts(t, e);
	}
}

static void
read_element(struct pal_thrift *t, struct element *e)
{
	struct pal_thrift_field f = { 0 };

	while (pal_thrift_next(t, &f)) {
		if (f.id == 1) {
			e->type = pal_thrift_int(t, &f);
			e->has_type = true;
		} else if (f.id == 2) {
			e->width = pal_thrift_int(t, &f);
		} else if (f.id == 3) {
			e->repetition = pal_thrift_int(t, &f);
		} else if (f.id == 4) {
			e->name = pal_thrift_binary(t, &f);
		} else if (f.id == 5) {
			e->children = pal_thrift_int(t, &f);
		} else if (f.id == 6) {
			e->converted = pal_thrift_int(t, &f);
		} else if (f.id == 7) {
			e->scale = pal_thrift_int(t, &f);
		} else if (f.id == 10 && pal_thrift_struct(t, &f)) {
			read_logical(t, e);
		}
	}
}

static enum pal_cell_kind
kind_of_text(const struct element *e)
{
	bool text = e->converted == UTF8 || e->converted == ENUM || e->converted == JSON || e->logical == L_STRING ||
		    e->logical == L_ENUM || e->logical == L_JSON;

	return text ? PAL_CELL_TEXT : PAL_CELL_BYTES;
}

static enum pal_cell_kind
kind_of_number(const struct element *e)
{
	if (e->logical == L_DATE || e->converted == DATE)
		return PAL_CELL_DATE;
	if (e->logical == L_TIME || e->converted == TIME_MILLIS || e->converted == TIME_MICROS)
		return PAL_CELL_TIME;
	if (e->logical == L_TIMESTAMP || e->converted == TIMESTAMP_MILLIS || e->converted == TIMESTAMP_MICROS)
		return PAL_CELL_TIMESTAMP;
	if ((e->logical == L_INTEGER && !e->is_signed) || (e->converted >= UINT_8 && e->converted <= UINT_64))
		return PAL_CELL_UINT;
	return PAL_CELL_INT;
}

static uint32_t
per_second_of(const struct element *e)
{
	if (e->unit == 1 || e->converted == TIME_MILLIS || e->converted == TIMESTAMP_MILLIS)
		return 1000;
	return e->unit == 3 ? 1000000000 : 1000000;
}

static struct pal_cell_type
cell_of(const struct element *e)
{
	bool                 decimal = e->logical == L_DECIMAL || e->converted == DECIMAL;
	bool                 bytes = e->type == PAL_PARQUET_BYTE_ARRAY || e->type == PAL_PARQUET_FIXED;
	struct pal_cell_type c = { .kind = PAL_CELL_BYTES, .big_endian = bytes, .per_second = per_second_of(e) };

	c.scale = e->scale < 0 || e->scale > 76 ? 0 : (int)e->scale;
	if (decimal && (bytes || e->type == PAL_PARQUET_INT32 || e->type == PAL_PARQUET_INT64))
		c.kind = PAL_CELL_DECIMAL_;
	else if (e->type == PAL_PARQUET_BOOLEAN)
		c.kind = PAL_CELL_BOOL;
	else if (e->type == PAL_PARQUET_INT32 || e->type == PAL_PARQUET_INT64)
		c.kind = kind_of_number(e);
	else if (e->type == PAL_PARQUET_INT96)
		c.kind = PAL_CELL_INT96;
	else if (e->type == PAL_PARQUET_FLOAT || e->type == PAL_PARQUET_DOUBLE)
		c.kind = PAL_CELL_FLOAT;
	else if (e->logical == L_UUID && e->width == 16)
		c.kind = PAL_CELL_UUID;
	else if (e->logical == L_FLOAT16 && e->width == 2)
		c.kind = PAL_CELL_FLOAT;
	else
		c.kind = kind_of_text(e);
	return c;
}

static void
add_leaf(struct schema *s, const struct element *e, uint32_t def, uint32_t rep)
{
	static const uint32_t    widths[PAL_PARQUET_TYPES] = { 1, 4, 8, 12, 4, 8, 0, 0 };
	struct pal_parquet_leaf *leaf = NULL;

	if (!e->has_type || e->type < 0 || e->type >= PAL_PARQUET_TYPES) {
		s->wrong = "a column of a type that the format does not have";
		return;
	}
	if (e->type == PAL_PARQUET_FIXED && (e->width <= 0 || (uint64_t)e->width > PAL_PARQUET_PAGE)) {
		s->wrong = "values of a fixed length that cannot be";
		return;
	}
	leaf = pal_list_add(&s->q->leaves);
	if (leaf == NULL)
		return; /* sticky in the arena */
	*leaf = (struct pal_parquet_leaf){
		.path = pal_arena_text(&s->q->arena, pal_buf_view(&s->path)),
		.type = (enum pal_parquet_type)e->type,
		.width = e->type == PAL_PARQUET_FIXED ? (uint32_t)e->width : widths[e->type],
		.max_def = def,
		.max_rep = rep,
		.cell = cell_of(e),
	};
}

static void
add_name(struct schema *s, struct pal_view name)
{
	if (s->path.len > 0)
		pal_buf_add_byte(&s->path, '.');
	for (size_t i = 0; i < name.len && i < 200; i++)
		pal_buf_add_byte(&s->path, name.data[i] < 0x20 || name.data[i] == 0x7f ? '?' : name.data[i]);
}

static void
add_element(struct schema *s, const struct element *e)
{
	struct group *parent = &s->stack[s->depth - 1];
	size_t        len = s->path.len;
	uint32_t      def = parent->def + (e->repetition == REQUIRED ? 0 : 1);
	uint32_t      rep = parent->rep + (e->repetition == REPEATED ? 1 : 0);

	parent->left--;
	add_name(s, e->name);
	if (e->children <= 0 && e->has_type) {
		add_leaf(s, e, def, rep);
	} else if (s->depth == PAL_PARQUET_NESTED) {
		s->wrong = "groups nested too deeply";
	} else if (e->children > 0) {
		s->stack[s->depth++] = (struct group){ (uint64_t)e->children, len, def, rep };
		return;
	}
	s->path.len = len;
}

static void
leave_groups(struct schema *s)
{
	while (s->depth > 0 && s->stack[s->depth - 1].left == 0) {
		s->path.len = s->stack[s->depth - 1].path_len;
		s->depth--;
	}
}

static void
read_tree(struct schema *s, struct pal_thrift *t, struct pal_thrift_list *l)
{
	struct element root = { .converted = -1 };

	if (pal_thrift_item_struct(t, l))
		read_element(t, &root);
	if (root.children > 0)
		s->stack[s->depth++] = (struct group){ .left = (uint64_t)root.children };
	while (s->depth > 0 && s->wrong == NULL && pal_thrift_item_struct(t, l)) {
		struct element e = { .converted = -1 };

		read_element(t, &e);
		add_element(s, &e);
		leave_groups(s);
	}
	if (s->wrong == NULL && (s->depth > 0 || l->left > 0 || pal_thrift_err(t) != PAL_OK))
		s->wrong = "groups that say how many columns they have, and have others";
}

enum pal_err
pal_parquet_schema(struct pal_parquet *q, struct pal_thrift t, struct pal_thrift_list l, bool *ret_whole)
{
	struct schema s = { .q = q, .path = pal_buf_of((size_t)64 << 10) };
	enum pal_err  err = PAL_OK;

	read_tree(&s, &t, &l);
	err = pal_buf_err(&s.path);
	pal_buf_done(&s.path);
	if (err == PAL_ELIMIT)
		s.wrong = "groups nested too deeply";
	*ret_whole = s.wrong == NULL;
	if (s.wrong != NULL)
		PAL_TRY(pal_sink_unread(q->sink, &pal_anomaly_parquet_footer, q->footer_at, q->footer_at,
					"the schema has %s", s.wrong));
	return pal_arena_err(&q->arena);
}
