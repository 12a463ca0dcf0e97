/* arrow_schema.c - fields in preorder, their types and what their metadata would load. */
#include "arrow.h"

#define NAME_MOST 200u

/* Children of a field that have not been read yet. */
struct level {
	struct pal_fb_vector fields;
	uint32_t             next;
	size_t               owner; /* index of the field that they belong to */
	size_t               path_len;
};

struct walk {
	struct pal_arrow *q;
	struct pal_fb    *f;
	struct pal_buf    path, key, value;
	struct level      stack[PAL_ARROW_NESTED];
	unsigned int      depth;
	uint64_t          at;
};

static uint32_t
per_second(uint64_t unit)
{
	static const uint32_t units[] = { 1, 1000, 1000000, 1000000000 };

	return units[unit < 4 ? unit : 3];
}

static void
set_time(struct pal_arrow_field *a, struct pal_fb *f, const struct pal_fb_table *t)
{
	if (a->type == PAL_ARROW_DATE) {
		bool days = pal_fb_uint(f, t, 0, 2, 1) == 0;

		a->width = days ? 4 : 8;
		a->cell.kind = days ? PAL_CELL_DATE : PAL_CELL_TIMESTAMP;
		a->cell.per_second = 1000;
	} else if (a->type == PAL_ARROW_TIME) {
		a->width = (uint32_t)pal_fb_uint(f, t, 1, 4, 32) / 8;
		a->cell.kind = PAL_CELL_TIME;
		a->cell.per_second = per_second(pal_fb_uint(f, t, 0, 2, 1));
	} else {
		a->width = 8;
		a->cell.kind = a->type == PAL_ARROW_TIMESTAMP ? PAL_CELL_TIMESTAMP : PAL_CELL_INT;
		a->cell.per_second = per_second(pal_fb_uint(f, t, 0, 2, a->type == PAL_ARROW_TIMESTAMP ? 0 : 1));
	}
}

static void
set_type(struct pal_arrow_field *a, struct pal_fb *f, const struct pal_fb_table *t)
{
	a->cell.kind = PAL_CELL_BYTES;
	if (a->type == PAL_ARROW_INT) {
		a->width = (uint32_t)pal_fb_uint(f, t, 0, 4, 0) / 8;
		a->cell.kind = pal_fb_uint(f, t, 1, 1, 0) != 0 ? PAL_CELL_INT : PAL_CELL_UINT;
	} else if (a->type == PAL_ARROW_FLOAT) {
		a->width = 2u << (pal_fb_uint(f, t, 0, 2, 0) & 3);
		a->cell.kind = PAL_CELL_FLOAT;
	} else if (a->type == PAL_ARROW_DECIMAL) {
		a->width = (uint32_t)pal_fb_uint(f, t, 2, 4, 128) / 8;
		a->cell.kind = PAL_CELL_DECIMAL_;
		a->cell.scale = (int)(pal_fb_uint(f, t, 1, 4, 0) % 77);
	} else if (a->type == PAL_ARROW_FIXED || a->type == PAL_ARROW_FIXED_LIST) {
		a->width = (uint32_t)pal_fb_uint(f, t, 0, 4, 0);
	} else if (a->type == PAL_ARROW_BOOL) {
		a->cell.kind = PAL_CELL_BOOL;
	} else if (a->type == PAL_ARROW_UTF8 || a->type == PAL_ARROW_LARGE_UTF8) {
		a->cell.kind = PAL_CELL_TEXT;
	} else if (a->type == PAL_ARROW_DATE || a->type == PAL_ARROW_TIME || a->type == PAL_ARROW_TIMESTAMP ||
		   a->type == PAL_ARROW_DURATION) {
		set_time(a, f, t);
	}
}

static void
set_dictionary(struct pal_arrow_field *a, struct pal_fb *f, const struct pal_fb_table *field)
{
	struct pal_fb_table encoding = pal_fb_table(f, field, 4), index = pal_fb_table(f, &encoding, 1);

	if (encoding.at == 0)
		return;
	a->dictionary = true;
	a->id = (int64_t)pal_fb_uint(f, &encoding, 0, 8, 0);
	a->index_width = index.at == 0 ? 4 : (uint32_t)pal_fb_uint(f, &index, 0, 4, 0) / 8;
	a->index_signed = index.at == 0 || pal_fb_uint(f, &index, 1, 1, 0) != 0;
}

/*
 * Key-value metadata. An extension type of Python is a pickle, which pyarrow before 14.0.1 loaded by itself
 * (CVE-2023-47248).
 */
static enum pal_err
take_pairs(struct walk *w, const struct pal_fb_table *owner, unsigned int id)
{
	struct pal_fb_vector pairs = pal_fb_vector(w->f, owner, id, 4);
	bool                 python = false;

	for (uint32_t i = 0; i < pairs.count && w->f->budget > 0; i++) {
		struct pal_fb_table  pair = pal_fb_item_table(w->f, &pairs, i);
		struct pal_fb_vector k = pal_fb_string(w->f, &pair, 0), v = pal_fb_string(w->f, &pair, 1);
		struct pal_view      key = pal_fb_text(w->f, &k, NAME_MOST, &w->key);
		struct pal_view      value = pal_fb_text(w->f, &v, PAL_ARROW_META, &w->value);
		struct pal_input     member = pal_input_of_view(value);

		python = python ||
			 (pal_view_is(key, "ARROW:extension:name") && pal_view_is(value, "arrow.py_extension_type"));
		if (value.len == 0)
			continue;
		if (pal_view_is(key, "ARROW:extension:metadata") &&
		    pal_format_inside(pal_view_sub(value, 0, 4096), value.len) != NULL)
			PAL_TRY(pal_give_member_input(w->q->sink, &member, w->at, key));
		else
			PAL_TRY(pal_give_metas(w->q->sink, key.len == 0 ? pal_view_of("(no key)") : key, value, w->at));
	}
	return python ? pal_sink_anomaly(w->q->sink, &pal_anomaly_arrow_pickle, w->at,
					 "column \"%.100s\" has a type that is a pickle", pal_buf_text(&w->path))
		      : pal_fb_err(w->f);
}

static void
add_name(struct walk *w, const struct pal_fb_table *field)
{
	struct pal_fb_vector text = pal_fb_string(w->f, field, 0);
	struct pal_view      name = pal_fb_text(w->f, &text, NAME_MOST, &w->key);

	if (w->path.len > 0)
		pal_buf_add_byte(&w->path, '.');
	for (size_t i = 0; i < name.len; i++)
		pal_buf_add_byte(&w->path, name.data[i] < 0x20 || name.data[i] == 0x7f ? '?' : name.data[i]);
}

static bool
is_list(enum pal_arrow_type t)
{
	return t == PAL_ARROW_LIST || t == PAL_ARROW_LARGE_LIST || t == PAL_ARROW_FIXED_LIST || t == PAL_ARROW_MAP ||
	       t == PAL_ARROW_LIST_VIEW || t == PAL_ARROW_LARGE_LIST_VIEW;
}

static bool
is_repeated(const struct walk *w)
{
	for (unsigned int i = 1; i < w->depth; i++)
		if (is_list(((const struct pal_arrow_field *)pal_list_at(&w->q->fields, w->stack[i].owner))->type))
			return true;
	return false;
}

static enum pal_err
take_field(struct walk *w, const struct pal_fb_table *field)
{
	struct pal_fb_table     type = pal_fb_table(w->f, field, 3);
	struct pal_fb_vector    children = pal_fb_vector(w->f, field, 5, 4);
	struct pal_arrow_field *a = pal_list_add(&w->q->fields);
	size_t                  len = w->path.len, index = w->q->fields.count - 1;

	if (a == NULL)
		return pal_arena_err(&w->q->arena);
	add_name(w, field);
	*a = (struct pal_arrow_field){ .path = pal_arena_text(&w->q->arena, pal_buf_view(&w->path)),
				       .type = (enum pal_arrow_type)pal_fb_uint(w->f, field, 2, 1, 0),
				       .depth = w->depth - 1,
				       .repeated = is_repeated(w) };
	set_type(a, w->f, &type);
	set_dictionary(a, w->f, field);
	for (unsigned int i = 1; i < w->depth; i++)
		((struct pal_arrow_field *)pal_list_at(&w->q->fields, w->stack[i].owner))->below++;
	PAL_TRY(take_pairs(w, field, 6));
	if (children.count > 0 && w->depth < PAL_ARROW_NESTED)
		w->stack[w->depth++] = (struct level){ children, 0, index, len };
	else if (children.count > 0)
		return PAL_ELIMIT;
	else
		w->path.len = len;
	return PAL_OK;
}

static enum pal_err
take_fields(struct walk *w, const struct pal_fb_table *schema)
{
	w->stack[0] = (struct level){ .fields = pal_fb_vector(w->f, schema, 1, 4) };
	w->depth = 1;
	while (w->depth > 0 && w->f->budget > 0) {
		struct level       *l = &w->stack[w->depth - 1];
		struct pal_fb_table field = { 0 };

		if (l->next == l->fields.count) {
			w->path.len = l->path_len;
			w->depth--;
			continue;
		}
		if (w->q->fields.count == PAL_ARROW_FIELDS)
			return PAL_ELIMIT;
		field = pal_fb_item_table(w->f, &l->fields, l->next++);
		PAL_TRY(take_field(w, &field));
	}
	return pal_fb_err(w->f);
}

enum pal_err
pal_arrow_schema(struct pal_arrow *q, struct pal_fb *f, const struct pal_fb_table *schema, uint64_t at)
{
	struct walk  w = { .q = q, .f = f, .at = at };
	enum pal_err err = PAL_OK;

	w.path = pal_buf_of((size_t)64 << 10);
	w.key = pal_buf_of(0);
	w.value = pal_buf_of(0);
	q->fields = pal_list_of(&q->arena, sizeof(struct pal_arrow_field));
	err = take_pairs(&w, schema, 2);
	if (err == PAL_OK)
		err = take_fields(&w, schema);
	pal_buf_done(&w.path);
	pal_buf_done(&w.key);
	pal_buf_done(&w.value);
	q->has_schema = err == PAL_OK && pal_fb_uint(f, schema, 0, 2, 0) == 0;
	if (err == PAL_OK && !q->has_schema)
		return pal_sink_unread(q->sink, &pal_anomaly_arrow_type, at, q->in->size - at,
				       "its numbers are big-endian, which is not read");
	if (err != PAL_ELIMIT)
		return err;
	return pal_sink_unread(q->sink, &pal_anomaly_arrow_broken, at, q->in->size - at,
			       "the schema has more than %u fields, or more than %u inside each other",
			       PAL_ARROW_FIELDS, PAL_ARROW_NESTED);
}
