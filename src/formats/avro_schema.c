/* avro_schema.c - the schema's JSON into a list of types that refer to each other; to audit: read_type() and its depth.
 */
#include "avro.h"

#include "palisade/json.h"
#include "palisade/map.h"

#define SCHEMA_MOST ((size_t)4 << 20)

struct schema {
	struct pal_arena *a;
	struct pal_list  *types;
	struct pal_map    named; /* full name -> struct ref */
	unsigned int      depth;
	const char       *space; /* that names without one are in; NULL: none */
	const char       *wrong;
};

struct ref {
	size_t type;
};

static const char *const names[] = { "null",   "boolean", "int",  "long",  "float", "double", "bytes",
				     "string", "record",  "enum", "array", "map",   "fixed" };

static size_t
fail(struct schema *s, const char *why)
{
	if (s->wrong == NULL)
		s->wrong = why;
	return 0;
}

static struct pal_avro_node *
node_at(const struct schema *s, size_t i)
{
	return pal_list_at(s->types, i);
}

static size_t
add(struct schema *s, enum pal_avro_type type)
{
	struct pal_avro_node *n = s->types->count < PAL_AVRO_TYPES ? pal_list_add(s->types) : NULL;

	if (n == NULL)
		return fail(s, "it has too many types");
	n->type = type;
	n->cell.kind = type == PAL_AVRO_BOOLEAN                            ? PAL_CELL_BOOL
		       : type == PAL_AVRO_INT || type == PAL_AVRO_LONG     ? PAL_CELL_INT
		       : type == PAL_AVRO_FLOAT || type == PAL_AVRO_DOUBLE ? PAL_CELL_FLOAT
		       : type == PAL_AVRO_BYTES || type == PAL_AVRO_FIXED  ? PAL_CELL_BYTES
									   : PAL_CELL_TEXT;
	return s->types->count - 1;
}

static void
set_logical(struct pal_avro_node *n, const json_t *t)
{
	static const struct {
		const char        *name;
		enum pal_cell_kind kind;
		uint32_t           per_second;
	} known[] = {
		{ "date", PAL_CELL_DATE, 1 },
		{ "time-millis", PAL_CELL_TIME, 1000 },
		{ "time-micros", PAL_CELL_TIME, 1000000 },
		{ "timestamp-millis", PAL_CELL_TIMESTAMP, 1000 },
		{ "timestamp-micros", PAL_CELL_TIMESTAMP, 1000000 },
		{ "timestamp-nanos", PAL_CELL_TIMESTAMP, 1000000000 },
		{ "local-timestamp-millis", PAL_CELL_TIMESTAMP, 1000 },
		{ "local-timestamp-micros", PAL_CELL_TIMESTAMP, 1000000 },
	};
	struct pal_view logical = pal_view_of(pal_json_text(t, "logicalType"));
	json_int_t      scale = json_integer_value(json_object_get(t, "scale"));

	if (pal_view_is(logical, "decimal") && (n->type == PAL_AVRO_BYTES || n->type == PAL_AVRO_FIXED))
		n->cell =
		    (struct pal_cell_type){ PAL_CELL_DECIMAL_, true, scale < 0 || scale > 76 ? 0 : (int)scale, 0 };
	if (pal_view_is(logical, "uuid") && n->type == PAL_AVRO_FIXED && n->size == 16)
		n->cell.kind = PAL_CELL_UUID;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (pal_view_is(logical, known[i].name) && (n->type == PAL_AVRO_INT || n->type == PAL_AVRO_LONG)) {
			n->cell.kind = known[i].kind;
			n->cell.per_second = known[i].per_second;
		}
}

static void
put_name(struct schema *s, const char *name, size_t type)
{
	struct ref *r = pal_arena_array(s->a, 1, sizeof(*r));
	void      **place = r == NULL ? NULL : pal_map_put(&s->named, pal_view_of(name));

	if (place == NULL)
		return;
	r->type = type;
	*place = r;
}

/*
 * A name counts under its namespace: its own, the one in the name, or that of the record around it (Specification,
 * "Names"). *ret_space is what holds for what is inside.
 */
static void
remember(struct schema *s, const json_t *t, size_t type, const char **ret_space)
{
	struct pal_view name = pal_view_of(pal_json_text(t, "name"));
	const char     *space = pal_json_text(t, "namespace"), *own = pal_arena_text(s->a, name);
	size_t          dot = name.len;

	while (dot > 0 && name.data[dot - 1] != '.')
		dot--;
	if (dot > 0)
		*ret_space = pal_arena_text(s->a, pal_view_sub(name, 0, dot - 1));
	else if (space != NULL)
		*ret_space = pal_arena_text(s->a, pal_view_of(space));
	if (own == NULL)
		return;
	put_name(s, own, type);
	if (dot == 0 && *ret_space != NULL)
		put_name(s, pal_arena_printf(s->a, "%s.%s", *ret_space, own), type);
}

static size_t read_type(struct schema *s, const json_t *t);

static bool
make_room(struct schema *s, size_t type, size_t count)
{
	struct pal_avro_node *n = node_at(s, type);

	n->count = count;
	n->inside = pal_arena_array(s->a, count + 1, sizeof(*n->inside));
	n->names = pal_arena_array(s->a, count + 1, sizeof(*n->names));
	if (n->inside == NULL || n->names == NULL)
		(void)fail(s, "it needs more memory than allowed");
	return s->wrong == NULL;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
read_record(struct schema *s, const json_t *t, size_t type)
{
	const json_t *fields = pal_json_array(t, "fields");

	if (!make_room(s, type, json_array_size(fields)))
		return;
	for (size_t i = 0; i < json_array_size(fields) && s->wrong == NULL; i++) {
		const json_t *f = json_array_get(fields, i);
		const char   *name = pal_arena_text(s->a, pal_view_of(pal_json_text(f, "name")));
		size_t        inside = read_type(s, json_object_get(f, "type"));

		node_at(s, type)->inside[i] = inside;
		node_at(s, type)->names[i] = pal_view_of(name);
	}
}

static void
read_symbols(struct schema *s, const json_t *t, size_t type)
{
	const json_t *symbols = pal_json_array(t, "symbols");

	if (!make_room(s, type, json_array_size(symbols)))
		return;
	for (size_t i = 0; i < json_array_size(symbols); i++)
		node_at(s, type)->names[i] =
		    pal_view_of(pal_arena_text(s->a, pal_view_of(json_string_value(json_array_get(symbols, i)))));
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
read_items(struct schema *s, const json_t *inside, size_t type)
{
	size_t item = 0;

	if (!make_room(s, type, 1))
		return;
	item = read_type(s, inside);
	node_at(s, type)->inside[0] = item;
}

static size_t
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
read_union(struct schema *s, const json_t *t)
{
	size_t type = add(s, PAL_AVRO_UNION);

	if (s->wrong != NULL || !make_room(s, type, json_array_size(t)))
		return 0;
	for (size_t i = 0; i < json_array_size(t) && s->wrong == NULL; i++) {
		size_t branch = read_type(s, json_array_get(t, i));

		node_at(s, type)->inside[i] = branch;
	}
	return type;
}

/* A name of a type, one of the format's own or one that came before. */
static size_t
read_name(struct schema *s, struct pal_view name)
{
	const struct ref *r = NULL;

	for (size_t i = 0; i <= PAL_AVRO_STRING; i++)
		if (pal_view_is(name, names[i]))
			return add(s, (enum pal_avro_type)i);
	r = pal_map_get(&s->named, name);
	return r == NULL ? fail(s, "it names a type that it does not have") : r->type;
}

static size_t
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
read_object(struct schema *s, const json_t *t)
{
	struct pal_view name = pal_view_of(pal_json_text(t, "type"));
	const char     *around = s->space;
	size_t          kind = PAL_AVRO_RECORD, type = 0;
	json_int_t      size = json_integer_value(json_object_get(t, "size"));

	if (!json_is_string(json_object_get(t, "type")))
		return read_type(s, json_object_get(t, "type"));
	while (kind <= PAL_AVRO_FIXED && !pal_view_is(name, names[kind]))
		kind++;
	type = kind > PAL_AVRO_FIXED ? read_name(s, name) : add(s, (enum pal_avro_type)kind);
	if (s->wrong != NULL)
		return 0;
	if (kind == PAL_AVRO_RECORD || kind == PAL_AVRO_ENUM || kind == PAL_AVRO_FIXED)
		remember(s, t, type, &s->space);
	if (kind == PAL_AVRO_RECORD)
		read_record(s, t, type);
	else if (kind == PAL_AVRO_ENUM)
		read_symbols(s, t, type);
	else if (kind == PAL_AVRO_ARRAY)
		read_items(s, json_object_get(t, "items"), type);
	else if (kind == PAL_AVRO_MAP)
		read_items(s, json_object_get(t, "values"), type);
	else if (kind == PAL_AVRO_FIXED && (size < 0 || size > INT32_MAX))
		return fail(s, "it has values of a size that cannot be");
	s->space = around;
	node_at(s, type)->size = kind == PAL_AVRO_FIXED ? (size_t)size : 0;
	set_logical(node_at(s, type), t);
	return type;
}

static size_t
/* NOLINTNEXTLINE(misc-no-recursion): PAL_AVRO_NESTED ends it */
read_type(struct schema *s, const json_t *t)
{
	size_t type = 0;

	if (s->depth == PAL_AVRO_NESTED)
		return fail(s, "its types are nested too deeply");
	s->depth++;
	if (json_is_string(t))
		type = read_name(s, pal_view_of(json_string_value(t)));
	else if (json_is_array(t))
		type = read_union(s, t);
	else if (json_is_object(t))
		type = read_object(s, t);
	else
		(void)fail(s, "it has a type that is none");
	s->depth--;
	return type;
}

const char *
pal_avro_schema(struct pal_view json, struct pal_arena *a, struct pal_list *types)
{
	PAL_AUTO_JSON   doc = NULL;
	struct schema   s = { .a = a, .types = types };
	struct pal_diag d = { 0 };

	*types = pal_list_of(a, sizeof(struct pal_avro_node));
	s.named = pal_map_of(a);
	if (pal_json_parse(json, SCHEMA_MOST, &doc, &d) != PAL_OK)
		return "it is no JSON";
	(void)read_type(&s, doc);
	if (s.wrong == NULL && (types->count == 0 || pal_arena_err(a) != PAL_OK))
		return "it needs more memory than allowed";
	return s.wrong;
}
