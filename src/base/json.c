/* json.c - strictness is in the flags of pal_json_parse(); escaping is in pal_json_add_string(). */
#include "palisade/json.h"

#include <math.h>

#include "palisade/utf8.h"

void
pal_json_prepare(void)
{
	json_object_seed(0);
}

enum pal_err
pal_json_parse(struct pal_view text, size_t most, json_t **ret_doc, struct pal_diag *d)
{
	json_error_t why;
	json_t      *doc = NULL;

	if (text.len > most)
		return pal_fail(d, PAL_ELIMIT, most, "JSON of %zu bytes, at most %zu are read", text.len, most);
	if (text.len == 0)
		return pal_fail(d, PAL_EFORM, 0, "JSON expected, found nothing");
	doc = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (doc == NULL)
		return pal_fail(d, PAL_EFORM, why.position < 0 ? 0 : (uint64_t)why.position,
				"JSON line %d column %d: %s", why.line, why.column, why.text);
	*ret_doc = doc;
	return PAL_OK;
}

void
pal_json_free(json_t **doc)
{
	json_decref(*doc);
	*doc = NULL;
}

const char *
pal_json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const json_t *
pal_json_array(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_array(v) ? v : NULL;
}

const json_t *
pal_json_object(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_object(v) ? v : NULL;
}

static void
add_escaped(struct pal_buf *b, uint32_t c)
{
	static const char short_form[] = "btn\0fr"; /* U+0008 to U+000D */

	if (c >= 8 && c <= 13 && short_form[c - 8] != '\0')
		pal_buf_printf(b, "\\%c", short_form[c - 8]);
	else
		pal_buf_printf(b, "\\u%04x", (unsigned int)c);
}

void
pal_json_add_string(struct pal_buf *b, struct pal_view text)
{
	pal_buf_add_byte(b, '"');
	while (text.len > 0) {
		struct pal_view at = text;
		uint32_t        c = pal_utf8_next(&text);

		if (c == '"' || c == '\\')
			pal_buf_printf(b, "\\%c", (char)c);
		else if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029)
			add_escaped(b, c);
		else if (c == PAL_UTF8_BAD)
			pal_buf_add_text(b, "\xef\xbf\xbd");
		else
			pal_buf_add(b, pal_view_sub(at, 0, at.len - text.len));
	}
	pal_buf_add_byte(b, '"');
}

struct pal_json_writer
pal_json_writer_of(struct pal_buf *to, unsigned int indent)
{
	return (struct pal_json_writer){ .to = to, .indent = indent };
}

static void
new_line(struct pal_json_writer *w)
{
	if (w->indent == 0)
		return;
	pal_buf_add_byte(w->to, '\n');
	for (unsigned int i = 0; i < w->depth * w->indent; i++)
		pal_buf_add_byte(w->to, ' ');
}

static void
before(struct pal_json_writer *w, const char *key)
{
	if (w->some[w->depth])
		pal_buf_add_byte(w->to, ',');
	w->some[w->depth] = true;
	if (w->depth > 0)
		new_line(w);
	if (key == NULL)
		return;
	pal_json_add_string(w->to, pal_view_of(key));
	pal_buf_add_text(w->to, w->indent > 0 ? ": " : ":");
}

void
pal_json_begin(struct pal_json_writer *w, const char *key, char open)
{
	before(w, key);
	pal_buf_add_byte(w->to, (uint8_t)open);
	PAL_ASSERT(w->depth < 32);
	w->some[++w->depth] = false;
}

void
pal_json_end(struct pal_json_writer *w, char close)
{
	bool some = w->some[w->depth];

	PAL_ASSERT(w->depth > 0);
	w->depth--;
	if (some)
		new_line(w);
	pal_buf_add_byte(w->to, (uint8_t)close);
}

void
pal_json_put_text(struct pal_json_writer *w, const char *key, const char *text)
{
	if (text == NULL)
		pal_json_put_raw(w, key, "null");
	else
		pal_json_put_view(w, key, pal_view_of(text));
}

void
pal_json_put_view(struct pal_json_writer *w, const char *key, struct pal_view text)
{
	before(w, key);
	pal_json_add_string(w->to, text);
}

void
pal_json_put_u64(struct pal_json_writer *w, const char *key, uint64_t n)
{
	before(w, key);
	pal_buf_printf(w->to, "%llu", (unsigned long long)n);
}

void
pal_json_put_real(struct pal_json_writer *w, const char *key, double x)
{
	before(w, key);
	if (isfinite(x))
		pal_buf_printf(w->to, "%.10g", x);
	else
		pal_buf_add_text(w->to, "null");
}

void
pal_json_put_bool(struct pal_json_writer *w, const char *key, bool yes)
{
	pal_json_put_raw(w, key, yes ? "true" : "false");
}

void
pal_json_put_words(struct pal_json_writer *w, const char *key, const char *list, char sep)
{
	struct pal_view rest = pal_view_of(list), word = { 0 };

	pal_json_begin(w, key, '[');
	while (pal_view_word(&rest, (uint8_t)sep, &word))
		pal_json_put_view(w, NULL, word);
	pal_json_end(w, ']');
}

void
pal_json_put_raw(struct pal_json_writer *w, const char *key, const char *json)
{
	before(w, key);
	pal_buf_add_text(w->to, json);
}
