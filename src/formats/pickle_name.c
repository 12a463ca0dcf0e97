/* pickle_name.c - texts of strings, decoded, and the names that opcodes look up. */
#include "palisade/utf8.h"
#include "pickle.h"

bool
pal_pickle_decimal(struct pal_view v, int64_t *ret_n)
{
	int64_t n = 0;
	size_t  i = 0;

	v = pal_view_trim(v);
	i = v.len > 0 && v.data[0] == '-' ? 1 : 0;
	if (v.len > 0 && v.data[v.len - 1] == 'L')
		v.len--;
	if (i == v.len || v.len > 18)
		return false;
	for (; i < v.len; i++) {
		if (!pal_is_digit(v.data[i]))
			return false;
		n = n * 10 + (v.data[i] - '0');
	}
	*ret_n = v.data[0] == '-' ? -n : n;
	return true;
}

static bool
hex_digits(struct pal_view v, size_t n, uint32_t *ret_code)
{
	uint32_t code = 0;

	if (v.len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = pal_to_lower(v.data[i]);

		if (!pal_is_digit(c) && (c < 'a' || c > 'f'))
			return false;
		code = code << 4 | (uint32_t)(pal_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*ret_code = code;
	return true;
}

static void
add_letter(struct pal_buf *out, uint32_t code, bool bytes)
{
	uint8_t utf8[4] = { 0 };

	if (bytes && code <= 0xff)
		pal_buf_add_byte(out, (uint8_t)code);
	else
		pal_buf_add(out, (struct pal_view){ utf8, pal_utf8_encode(code, utf8) });
}

/* The escapes that a name could be hidden behind: \xHH, \uHHHH, \UHHHHHHHH, octal, and one character. */
void
pal_pickle_unescape(struct pal_view v, uint8_t flag, bool bytes, struct pal_buf *out)
{
	bool     repr = flag == PAL_V_REPR;
	uint32_t code = 0;

	while (v.len > 0) {
		uint8_t c = v.data[0], e = v.len > 1 ? v.data[1] : 0;
		size_t  n = e == 'x' && repr ? 2 : e == 'u' ? 4 : e == 'U' ? 8 : 0, used = 1;

		if (c == '\\' && n > 0 && hex_digits(pal_view_sub(v, 2, n), n, &code)) {
			add_letter(out, code, bytes);
			used = 2 + n;
		} else if (c == '\\' && repr && e >= '0' && e <= '7') {
			for (code = 0, used = 1; used < 4 && used < v.len && v.data[used] >= '0' && v.data[used] <= '7';
			     used++)
				code = code * 8 + (uint32_t)(v.data[used] - '0');
			add_letter(out, code, bytes);
		} else if (c == '\\' && repr && v.len > 1) {
			pal_buf_add_byte(out, e == 'n' ? '\n' : e == 't' ? '\t' : e);
			used = 2;
		} else {
			pal_buf_add_byte(out, c);
		}
		v = pal_view_sub(v, used, v.len);
	}
}

enum pal_err
pal_pickle_text(struct pal_pickle *m, struct pal_pickle_value v, size_t most, struct pal_view *ret_text)
{
	size_t n = v.len < most ? v.len : most;

	*ret_text = (struct pal_view){ 0 };
	if ((v.tag != PAL_V_STR && v.tag != PAL_V_BYTES) || n == 0)
		return PAL_OK;
	PAL_TRY(pal_input_view(&m->words, v.at, n, n, ret_text));
	if (v.flag == PAL_V_AS_IS || pal_view_find_byte(*ret_text, '\\', 0) == SIZE_MAX)
		return PAL_OK;
	pal_buf_clear(&m->scratch);
	pal_pickle_unescape(*ret_text, v.flag, false, &m->scratch);
	*ret_text = pal_buf_view(&m->scratch);
	return pal_buf_err(&m->scratch);
}

bool
pal_pickle_text_is(struct pal_pickle *m, struct pal_pickle_value v, const char *text)
{
	struct pal_view t = { 0 };

	return pal_pickle_text(m, v, 256, &t) == PAL_OK && pal_view_is(t, text);
}

static enum pal_err
give_import(struct pal_pickle *m, struct pal_view module, struct pal_view name)
{
	struct pal_content c = { .kind = PAL_CONTENT_IMPORT, .module = module, .name = name };

	c.place.offset = m->op_at;
	return pal_sink_take(m->sink, &c);
}

enum pal_err
pal_pickle_global(struct pal_pickle *m, struct pal_view module, struct pal_view name,
		  struct pal_pickle_value *ret_value)
{
	struct pal_pickle_name *entry = NULL;
	struct pal_view         key = { 0 };
	void                  **slot = NULL;
	struct pal_buf          joined = pal_buf_of(0);

	*ret_value = (struct pal_pickle_value){ 0 };
	pal_buf_printf(&joined, "%zu:", module.len);
	pal_buf_add(&joined, module);
	pal_buf_add(&joined, name);
	key = pal_buf_view(&joined);
	if (pal_buf_err(&joined) == PAL_OK && m->arena.used + 4 * key.len < PAL_PICKLE_NAMES)
		slot = pal_map_put(&m->name_index, key);
	pal_buf_done(&joined);
	if (slot == NULL) { /* no room: it is given each time, and what it stands for is forgotten */
		PAL_TRY(pal_pickle_say(m, PAL_SAID_NAMES, &pal_anomaly_pickle_limit,
				       "more different names than are kept; calls of the others are not told apart"));
		return give_import(m, module, name);
	}
	if (*slot == NULL) {
		entry = pal_list_add(&m->names);
		PAL_TRY(pal_arena_err(&m->arena));
		entry->module = pal_arena_copy(&m->arena, module);
		entry->name = pal_arena_copy(&m->arena, name);
		entry->special = pal_pickle_special(module, name);
		*slot = (void *)(uintptr_t)m->names.count; /* its number, from 1 */
		PAL_TRY(give_import(m, entry->module, entry->name));
	}
	*ret_value = (struct pal_pickle_value){ .tag = PAL_V_GLOBAL, .at = (uintptr_t)*slot };
	return pal_arena_err(&m->arena);
}

const struct pal_pickle_name *
pal_pickle_name(const struct pal_pickle *m, struct pal_pickle_value v)
{
	if ((v.tag != PAL_V_GLOBAL && v.tag != PAL_V_MADE) || v.at == 0 || v.at > m->names.count)
		return NULL;
	return pal_list_at(&m->names, (size_t)v.at - 1);
}

bool
pal_pickle_is(const struct pal_pickle *m, struct pal_pickle_value v, const char *module, const char *name)
{
	const struct pal_pickle_name *n = pal_pickle_name(m, v);

	return n != NULL && pal_view_is(n->module, module) && pal_view_is(n->name, name);
}
