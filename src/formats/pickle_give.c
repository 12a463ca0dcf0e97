/* pickle_give.c - what a pickle says goes to the sink here; strings in batches, calls with what is known of them. */
#include <string.h>

#include "palisade/format.h"
#include "palisade/hex.h"
#include "palisade/utf8.h"
#include "pickle.h"

#define STRING_BATCHED  4096 /* longer ones are a piece of their own */
#define CALLS_SAID      1000 /* of one name; after that they are counted */
#define PERSISTENT_SAID 10000
#define ARGUMENT_TEXT   120
#define PREVIEW_DEPTH   3

enum pal_err
pal_pickle_say(struct pal_pickle *m, unsigned int once, const struct pal_rule *rule, const char *text)
{
	if ((m->said & once) != 0)
		return PAL_OK;
	m->said |= once;
	return pal_sink_anomaly(m->sink, rule, m->op_at, "%s", text);
}

enum pal_err
pal_pickle_broken(struct pal_pickle *m, const char *what)
{
	if ((m->said & PAL_SAID_BROKEN) != 0)
		return PAL_OK;
	m->said |= PAL_SAID_BROKEN;
	return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_broken, m->op_at,
				"the opcode at %llu %s; a loader stops here, the examination goes on",
				(unsigned long long)m->op_at, what);
}

/* ---- calls ---- */

static enum pal_err
preview_one(struct pal_pickle *m, struct pal_pickle_value v, struct pal_buf *out)
{
	const struct pal_pickle_name *n = pal_pickle_name(m, v);
	struct pal_view               text = { 0 };

	if (n != NULL) {
		pal_buf_add(out, n->module);
		pal_buf_add_text(out, n->name.len > 0 ? "." : "");
		pal_buf_add(out, n->name);
		pal_buf_add_text(out, v.tag == PAL_V_MADE ? "(...)" : "");
	} else if (v.tag == PAL_V_STR || v.tag == PAL_V_BYTES) {
		PAL_TRY(pal_pickle_text(m, v, ARGUMENT_TEXT, &text));
		pal_buf_add_text(out, v.tag == PAL_V_BYTES ? "b'" : "'");
		for (size_t i = 0; i < text.len; i++)
			pal_buf_add_byte(out, text.data[i] < 0x20 || text.data[i] == 0x7f ? '?' : text.data[i]);
		pal_buf_add_text(out, v.len > ARGUMENT_TEXT ? "...'" : "'");
	} else if (v.tag == PAL_V_INT) {
		pal_buf_printf(out, "%lld", (long long)(int64_t)v.at);
	} else {
		pal_buf_add_text(out, v.tag == PAL_V_LIST ? "[...]" : v.tag == PAL_V_DICT ? "{...}" : "_");
	}
	return PAL_OK;
}

/* Tuples within tuples, without recursion: a row of what is still to be written at each level. */
enum pal_err
pal_pickle_preview(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_buf *out)
{
	struct {
		struct pal_pickle_value tuple;
		size_t                  next, count;
	} level[PREVIEW_DEPTH];
	size_t depth = 0;

	for (size_t i = 0; i < n && i < PAL_PICKLE_ITEMS; i++) {
		struct pal_pickle_value v = args[i];

		pal_buf_add_text(out, i > 0 ? ", " : "");
		for (;;) {
			if (v.tag == PAL_V_TUPLE && depth < PREVIEW_DEPTH) {
				level[depth].tuple = v;
				level[depth].next = 0;
				level[depth++].count = pal_pickle_item_count(m, v);
				pal_buf_add_byte(out, '(');
			} else {
				PAL_TRY(preview_one(m, v, out));
			}
			while (depth > 0 && level[depth - 1].next == level[depth - 1].count) {
				pal_buf_add_byte(out, ')');
				depth--;
			}
			if (depth == 0)
				break;
			pal_buf_add_text(out, level[depth - 1].next > 0 ? ", " : "");
			v = pal_pickle_item(m, level[depth - 1].tuple, level[depth - 1].next++);
		}
	}
	return PAL_OK;
}

/* Of a code object's parts the tuples tell most: its constants and the names that it looks up. */
static size_t
telling_parts(const struct pal_pickle_name *name, const struct pal_pickle_value *args, size_t n,
	      struct pal_pickle_value *ret_parts)
{
	size_t count = 0;

	for (size_t i = 0; i < n && i < PAL_PICKLE_ITEMS; i++)
		if (!pal_view_ends(name->name, "CodeType") || args[i].tag == PAL_V_TUPLE)
			ret_parts[count++] = args[i];
	return count;
}

static enum pal_err
say_computed(struct pal_pickle *m, const struct pal_pickle_name *name)
{
	PAL_AUTO_BUF text = pal_buf_of(4096);

	if (name == NULL)
		return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_computed, m->op_at,
					"the opcode at %llu calls what another call gave",
					(unsigned long long)m->op_at);
	pal_utf8_clean(name->module, 200, &text);
	pal_buf_add_byte(&text, '.');
	pal_utf8_clean(name->name, 200, &text);
	return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_computed, m->op_at,
				"the opcode at %llu calls what %s gave", (unsigned long long)m->op_at,
				pal_buf_text(&text));
}

static enum pal_err
say_call(struct pal_pickle *m, const struct pal_pickle_name *name, const struct pal_pickle_value *args, size_t n,
	 unsigned int how)
{
	PAL_AUTO_BUF            text = pal_buf_of(64 * 1024);
	struct pal_content      c = { .kind = PAL_CONTENT_CALL, .module = name->module, .name = name->name };
	struct pal_pickle_value parts[PAL_PICKLE_ITEMS] = { { 0 } };

	n = telling_parts(name, args, n, parts);
	c.place.offset = m->op_at;
	c.made = (how & PAL_CALL_MADE) != 0;
	c.followed = (how & PAL_CALL_FOLLOWED) != 0;
	PAL_TRY(pal_pickle_preview(m, parts, n, &text));
	c.text = pal_buf_view(&text);
	return pal_sink_take(m->sink, &c);
}

enum pal_err
pal_pickle_give_call(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args,
		     size_t n, unsigned int how)
{
	const struct pal_pickle_name *name = pal_pickle_name(m, callee);
	struct pal_pickle_name        computed = { .module = pal_view_of("(computed)") };

	m->given++;
	if (callee.tag == PAL_V_GLOBAL && name != NULL) {
		struct pal_pickle_name *counted = pal_list_at(&m->names, (size_t)callee.at - 1);

		return ++counted->calls > CALLS_SAID ? PAL_OK : say_call(m, name, args, n, how);
	}
	if (m->computed++ >= PAL_PICKLE_COMPUTED)
		return PAL_OK;
	PAL_TRY(say_computed(m, name));
	computed.name = name == NULL ? (struct pal_view){ 0 } : name->name;
	return say_call(m, &computed, args, n, how);
}

enum pal_err
pal_pickle_give_persistent(struct pal_pickle *m, struct pal_pickle_value id)
{
	PAL_AUTO_BUF text = pal_buf_of(64 * 1024);

	if (m->persistent++ >= PERSISTENT_SAID)
		return PAL_OK;
	PAL_TRY(pal_pickle_preview(m, &id, 1, &text));
	return pal_give_meta(m->sink, pal_view_of("persistent_id"), pal_buf_view(&text), m->op_at);
}

/* ---- strings and blobs ---- */

enum pal_err
pal_pickle_flush(struct pal_pickle *m)
{
	struct pal_place place = { .offset = m->texts_at };
	enum pal_err     err = pal_give_text(m->sink, pal_buf_view(&m->texts), &place);

	pal_buf_clear(&m->texts);
	return err;
}

/* torch.storage._load_from_bytes is how tensors are pickled outside of torch.save(): a pickle is its one argument. */
static bool
is_expected(const struct pal_pickle *m)
{
	for (size_t i = m->stack.count, n = 0; i > 0 && n < 2; i--, n++)
		if (m->stack.items[i - 1].tag == PAL_V_GLOBAL &&
		    pal_pickle_is(m, m->stack.items[i - 1], "torch.storage", "_load_from_bytes"))
			return true;
	return false;
}

/* Raw bytes that are a file by themselves. */
static enum pal_err
look_inside(struct pal_pickle *m, struct pal_view head, uint64_t at, uint64_t len, bool *ret_nested)
{
	const struct pal_format *f = head.len < 4 ? NULL : pal_format_inside(head, len);

	*ret_nested = f != NULL;
	if (f == NULL)
		return PAL_OK;
	if (!is_expected(m))
		PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_pickle_nested, at, "%llu bytes that are a %s file",
					 (unsigned long long)len, f->name));
	return pal_give_member(m->sink, &m->side, at, len, pal_view_of("(inside the pickle)"));
}

/* Bytes that were decoded from a string. An encoded pickle that is whole was put there to be found by nobody. */
static enum pal_err
look_inside_decoded(struct pal_pickle *m, const struct pal_buf *raw, uint64_t at, const char *how, bool *ret_nested)
{
	struct pal_input         member = { .fd = -1 };
	struct pal_view          v = pal_buf_view(raw);
	const struct pal_format *f = pal_buf_err(raw) != PAL_OK || v.len < 8
					 ? NULL
					 : pal_format_inside(pal_view_sub(v, 0, PAL_PROBE_HEAD), v.len);
	bool hidden = f != NULL && strcmp(f->name, "pickle") == 0 && pal_view_ends(pal_view_trim(v), ".") &&
		      strcmp(how, "Latin-1") != 0;

	*ret_nested = f != NULL;
	if (f == NULL)
		return PAL_OK;
	if (!is_expected(m))
		PAL_TRY(pal_sink_anomaly(m->sink, hidden ? &pal_anomaly_pickle_hidden : &pal_anomaly_pickle_nested, at,
					 "%s of %zu bytes that are a %s file", how, v.len, f->name));
	member = pal_input_of_view(v);
	return pal_give_member_input(m->sink, &member, at, pal_view_of("(decoded, inside the pickle)"));
}

static bool
is_base64(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '+' && v.data[i] != '/' && v.data[i] != '-' &&
		    v.data[i] != '_' && !(v.data[i] == '=' && i + 2 >= v.len))
			return false;
	return true;
}

static bool
is_hex(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_digit(v.data[i]) && (pal_to_lower(v.data[i]) < 'a' || pal_to_lower(v.data[i]) > 'f'))
			return false;
	return v.len % 2 == 0;
}

static enum pal_err
look_behind_encoding(struct pal_pickle *m, struct pal_view text, uint64_t at, bool *ret_nested)
{
	PAL_AUTO_BUF raw = pal_buf_of((size_t)1 << 20);

	if (is_hex(text) && pal_hex_decode(text, &raw) == PAL_OK)
		return look_inside_decoded(m, &raw, at, "hexadecimal digits", ret_nested);
	pal_buf_clear(&raw);
	if (!is_base64(text) || pal_base64_decode(text, &raw) != PAL_OK)
		return PAL_OK;
	return look_inside_decoded(m, &raw, at, "base 64", ret_nested);
}

/* Before protocol 3 bytes are written as a string of Latin-1 letters that _codecs.encode() turns into bytes. */
static bool
may_be_latin1(struct pal_view text, uint8_t flag)
{
	if (flag == PAL_V_AS_IS)
		return text.data[0] == 0xc2;
	return text.data[0] == 0x80 || pal_view_find_byte(text, '\\', 0) != SIZE_MAX;
}

static enum pal_err
look_behind_latin1(struct pal_pickle *m, struct pal_view text, uint64_t at, uint8_t flag, bool *ret_nested)
{
	PAL_AUTO_BUF plain = pal_buf_of((size_t)16 << 20);
	PAL_AUTO_BUF raw = pal_buf_of((size_t)16 << 20);

	if (flag == PAL_V_AS_IS) {
		while (text.len > 0) {
			uint32_t c = pal_utf8_next(&text);

			if (c > 0xff)
				return PAL_OK;
			pal_buf_add_byte(&raw, (uint8_t)c);
		}
		return look_inside_decoded(m, &raw, at, "Latin-1", ret_nested);
	}
	pal_pickle_unescape(text, flag, true, &plain);
	return look_inside_decoded(m, &plain, at, "Latin-1", ret_nested);
}

static bool
worth_a_look(uint8_t first)
{
	return first == 'c' || first == '(' || first == 0x80 || first == 'P' || first == ']' || first == '}';
}

static enum pal_err
look_inside_text(struct pal_pickle *m, struct pal_view text, uint64_t at, uint8_t flag)
{
	bool nested = false;

	if (text.len < 8)
		return PAL_OK;
	if (may_be_latin1(text, flag))
		PAL_TRY(look_behind_latin1(m, text, at, flag, &nested));
	if (!nested && worth_a_look(text.data[0]))
		PAL_TRY(look_inside(m, pal_view_sub(text, 0, PAL_PROBE_HEAD), at, text.len, &nested));
	if (!nested && text.len >= 16 && is_base64(pal_view_sub(text, 0, 16)))
		PAL_TRY(look_behind_encoding(m, text, at, &nested));
	m->told |= nested ? PAL_V_NESTED : 0;
	return PAL_OK;
}

/* In a state, the next BUILD calls what this key stands for. */
static bool
spells_setter(struct pal_pickle *m, struct pal_view text, uint8_t flag)
{
	if (flag == PAL_V_AS_IS || pal_view_find_byte(text, '\\', 0) == SIZE_MAX)
		return text.len == 12 && pal_view_is(text, "__setstate__");
	if (text.len > 10 * 12)
		return false;
	pal_buf_clear(&m->scratch);
	pal_pickle_unescape(text, flag, false, &m->scratch);
	return pal_view_is(pal_buf_view(&m->scratch), "__setstate__");
}

/* Will what is pushed now be the value of a dict's key? A program there is a setting; in a list it is a word of many.
 */
static bool
is_set(const struct pal_pickle *m)
{
	const struct pal_pickle_value *items = m->stack.items;
	size_t                         n = m->stack.count, from = m->mark_count == 0 ? 0 : m->marks[m->mark_count - 1];

	if (from > 0 && from <= n && items[from - 1].tag == PAL_V_DICT && (n - from) % 2 == 1)
		return true;
	return n >= 2 && items[n - 1].tag == PAL_V_STR && items[n - 2].tag == PAL_V_DICT;
}

enum pal_err
pal_pickle_give_text(struct pal_pickle *m, struct pal_view text, uint64_t at, uint8_t flag)
{
	m->told = 0;
	if (text.len < PAL_PICKLE_SHORT)
		return PAL_OK;
	m->told = spells_setter(m, text, flag) ? PAL_V_SETTING : 0;
	PAL_TRY(look_inside_text(m, text, at, flag));
	if (is_set(m))
		PAL_TRY(pal_give_program(m->sink, text, at, "pickle"));
	if (text.len > STRING_BATCHED) {
		struct pal_place place = { .offset = at };

		PAL_TRY(pal_pickle_flush(m));
		return pal_give_text(m->sink, text, &place);
	}
	if (m->texts.len == 0)
		m->texts_at = at;
	pal_buf_add(&m->texts, text);
	pal_buf_add_byte(&m->texts, '\n');
	return m->texts.len < PAL_TEXT_PIECE ? PAL_OK : pal_pickle_flush(m);
}

enum pal_err
pal_pickle_give_string(struct pal_pickle *m, uint64_t len)
{
	uint64_t at = m->r.offset;

	if (len > pal_reader_left(&m->r) || len > PAL_INPUT_WINDOW)
		return pal_pickle_give_blob(m, len);
	return pal_pickle_give_text(m, pal_read_view(&m->r, len), at, PAL_V_AS_IS);
}

enum pal_err
pal_pickle_give_blob(struct pal_pickle *m, uint64_t len)
{
	struct pal_content c = { .kind = PAL_CONTENT_BYTES };
	bool               nested = false;

	m->told = 0;
	if (len > PAL_PICKLE_LENGTH)
		PAL_TRY(pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				       "a string that is longer than all memory; a loader makes room for it"));
	if (len > pal_reader_left(&m->r)) { /* cut short: what is there is given all the same */
		len = pal_reader_left(&m->r);
		PAL_TRY(pal_give_bytes(m->sink, &m->side, m->r.offset, len));
		pal_read_skip(&m->r, len + 1);
		return PAL_OK;
	}
	PAL_TRY(look_inside(m, pal_read_peek(&m->r, len < PAL_PROBE_HEAD ? (size_t)len : PAL_PROBE_HEAD), m->r.offset,
			    len, &nested));
	m->told = nested ? PAL_V_NESTED : 0;
	if (nested || len < PAL_PICKLE_SHORT) {
		pal_read_skip(&m->r, len);
		return PAL_OK;
	}
	if (len <= PAL_TEXT_PIECE && is_set(m))
		PAL_TRY(pal_give_program(m->sink, pal_read_peek(&m->r, (size_t)len), m->r.offset, "pickle"));
	while (len > 0 && pal_reader_err(&m->r) == PAL_OK) {
		c.place.offset = m->r.offset;
		c.text = pal_read_some(&m->r, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW);
		c.place.length = c.text.len;
		len -= c.text.len;
		if (c.text.len > 0)
			PAL_TRY(pal_sink_take(m->sink, &c));
	}
	return PAL_OK;
}
