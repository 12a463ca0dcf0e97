/* fields.c - types and ranges of untrusted JSON are judged here, and nowhere else in this room. */
#include "fields.h"

#include "palisade/clock.h"
#include "palisade/label.h"

struct fields
fields_of(const json_t *object, const char *what, struct pal_arena *a)
{
	struct fields f = { .object = object, .what = what, .arena = a };

	if (!json_is_object(object))
		(void)pal_fail(&f.why, PAL_EFORM, 0, "%s: an object expected", what);
	return f;
}

void
fields_fail(struct fields *f, const char *key, const char *expected)
{
	if (f->why.code == PAL_OK)
		(void)pal_fail(&f->why, PAL_EFORM, 0, "%s: \"%s\": %s expected", f->what, key, expected);
}

static const json_t *
get(const struct fields *f, const char *key)
{
	const json_t *v = f->why.code == PAL_OK ? json_object_get(f->object, key) : NULL;

	return json_is_null(v) ? NULL : v;
}

static const char *
copy(struct fields *f, const json_t *text)
{
	return pal_arena_text(f->arena, pal_view_of(json_string_value(text)));
}

const char *
field_text(struct fields *f, const char *key)
{
	const json_t *v = get(f, key);

	if (json_is_string(v) && json_string_length(v) > 0)
		return copy(f, v);
	fields_fail(f, key, "a text");
	return NULL;
}

const char *
field_text_or(struct fields *f, const char *key, const char *absent)
{
	const json_t *v = get(f, key);

	if (json_is_string(v))
		return copy(f, v);
	if (v != NULL)
		fields_fail(f, key, "a text");
	return absent;
}

const char *
field_digest(struct fields *f, const char *key)
{
	const char *text = field_text_or(f, key, NULL);

	if (text == NULL || pal_store_is_digest(text))
		return text;
	fields_fail(f, key, "a SHA-256 in 64 lower-case hex digits");
	return NULL;
}

uint64_t
field_u64(struct fields *f, const char *key)
{
	const json_t *v = get(f, key);

	if (v == NULL)
		return 0;
	if (json_is_integer(v) && json_integer_value(v) >= 0)
		return (uint64_t)json_integer_value(v);
	fields_fail(f, key, "a whole number from 0");
	return 0;
}

double
field_real(struct fields *f, const char *key, double absent)
{
	const json_t *v = get(f, key);

	if (v == NULL)
		return absent;
	if (json_is_number(v))
		return json_number_value(v);
	fields_fail(f, key, "a number");
	return absent;
}

uint64_t
field_time(struct fields *f, const char *key)
{
	const char *text = field_text_or(f, key, NULL);
	uint64_t    ms = 0;

	if (text != NULL && pal_time_parse(pal_view_of(text), &ms) != PAL_OK)
		fields_fail(f, key, "a time as in 2026-11-21T03:45:00Z");
	return ms;
}

const json_t *
field_object(struct fields *f, const char *key)
{
	const json_t *v = get(f, key);

	if (v == NULL || json_is_object(v))
		return v;
	fields_fail(f, key, "an object");
	return NULL;
}

const json_t *
field_array(struct fields *f, const char *key)
{
	const json_t *v = get(f, key);

	if (v == NULL || json_is_array(v))
		return v;
	fields_fail(f, key, "an array");
	return NULL;
}

const char *
field_json(struct fields *f, const char *key)
{
	const json_t *v = field_object(f, key);
	PAL_AUTO_BUF  text = pal_buf_of((size_t)1 << 20);

	if (v == NULL)
		return "{}";
	if (json_text_of(v, &text) != PAL_OK)
		fields_fail(f, key, "a shorter object");
	return pal_arena_text(f->arena, pal_buf_view(&text));
}

struct pal_resource
field_resource(struct fields *f, const char *key)
{
	struct pal_resource r = { 0 };
	const json_t       *v = field_object(f, key);

	if (v != NULL && pal_resource_of(v, key, f->arena, &r, &f->why) != PAL_OK)
		(void)pal_fail_in(&f->why, f->why.code, f->what);
	return r;
}

unsigned int
field_classes(struct fields *f)
{
	const json_t *all = field_array(f, "classes");
	unsigned int  classes = 0;

	for (size_t i = 0; i < json_array_size(all); i++) {
		enum pal_data_class c = PAL_CLASS_NONE;

		if (!pal_data_class_of(pal_view_of(json_string_value(json_array_get(all, i))), &c))
			fields_fail(f, "classes", "pii, phi, pci or secret");
		else if (c != PAL_CLASS_NONE)
			classes |= PAL_CLASS_BIT(c);
	}
	return classes;
}

void
field_resources(struct fields *f, const char *key, struct pal_list *resources)
{
	if (f->why.code == PAL_OK && pal_resources_of(f->object, key, resources, &f->why) != PAL_OK)
		(void)pal_fail_in(&f->why, f->why.code, f->what);
}

enum pal_err
fields_err(const struct fields *f, struct pal_diag *d)
{
	if (f->why.code != PAL_OK)
		return pal_fail(d, f->why.code, f->why.offset, "%s", f->why.text);
	if (pal_arena_err(f->arena) != PAL_OK)
		return pal_fail(d, pal_arena_err(f->arena), 0, "%s", f->what);
	return PAL_OK;
}

void
put_time(struct pal_json_writer *w, const char *key, uint64_t ms)
{
	char text[PAL_TIME_TEXT] = "";

	if (ms == 0)
		return;
	pal_time_format(ms, text);
	pal_json_put_text(w, key, text);
}

void
put_if(struct pal_json_writer *w, const char *key, const char *text)
{
	if (text != NULL)
		pal_json_put_text(w, key, text);
}

void
put_resources(struct pal_json_writer *w, const char *key, const struct pal_resource *r, size_t count)
{
	pal_json_begin(w, key, '[');
	for (size_t i = 0; i < count; i++)
		pal_resource_write(w, NULL, &r[i]);
	pal_json_end(w, ']');
}

void
put_classes(struct pal_json_writer *w, unsigned int classes)
{
	pal_json_begin(w, "classes", '[');
	for (int i = PAL_CLASS_PII; i <= PAL_CLASS_SECRET; i++)
		if ((classes & PAL_CLASS_BIT(i)) != 0)
			pal_json_put_text(w, NULL, pal_data_class_name((enum pal_data_class)i));
	pal_json_end(w, ']');
}

static int
add_piece(const char *piece, size_t len, void *arg)
{
	struct pal_buf *out = arg;

	pal_buf_add(out, (struct pal_view){ (const uint8_t *)piece, len });
	return pal_buf_err(out) == PAL_OK ? 0 : -1;
}

enum pal_err
json_text_of(const json_t *value, struct pal_buf *out)
{
	if (json_dump_callback(value, add_piece, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
		return PAL_OK;
	return pal_buf_err(out) == PAL_OK ? PAL_ENOMEM : pal_buf_err(out);
}
