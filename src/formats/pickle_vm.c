/* pickle_vm.c - one small function an opcode group (PEP 307, 3154, 574; Lib/pickletools.py names the arguments). */
#include "palisade/utf8.h"
#include "pickle.h"

#define LINE_MOST ((size_t)512 * 1024)
#define NAME_MOST 4096
#define LONG_MOST ((uint64_t)16 << 20)

struct arg {
	uint64_t        n;  /* a number, or the length of what follows */
	uint64_t        at; /* where a line begins */
	struct pal_view line;
};

typedef enum pal_err handler(struct pal_pickle *m, uint8_t op, const struct arg *a);

static enum pal_err
push_tag(struct pal_pickle *m, uint8_t tag)
{
	return pal_pickle_push(m, (struct pal_pickle_value){ .tag = tag });
}

static enum pal_err
do_plain(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)op;
	(void)a;
	return push_tag(m, PAL_V_PLAIN);
}

static enum pal_err
push_int(struct pal_pickle *m, int64_t n)
{
	return pal_pickle_push(m, (struct pal_pickle_value){ .tag = PAL_V_INT, .at = (uint64_t)n });
}

/* LONG1, LONG4: little-endian two's complement; those of more than 8 bytes are of no use here, but for torch's mark. */
static enum pal_err
do_long(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	static const uint8_t magic[] = { 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
	struct pal_view      v = { 0 };
	uint64_t             n = 0;

	if (op == 0x8b && a->n > INT32_MAX)
		return pal_pickle_broken(m, "has a negative length");
	if (a->n > LONG_MOST && a->n > pal_reader_left(&m->r))
		PAL_TRY(pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				       "an integer of more than 16 MB that is not there; a loader makes room for it"));
	v = pal_read_peek(&m->r, a->n < 16 ? (size_t)a->n : 16);
	if (m->op_at <= 2 && pal_view_eq(v, (struct pal_view){ magic, sizeof(magic) }))
		m->magic = true;
	for (size_t i = 0; i < v.len && i < 8; i++)
		n |= (uint64_t)v.data[i] << (8 * i);
	if (v.len > 0 && v.len < 8 && v.data[v.len - 1] >= 0x80)
		n |= UINT64_MAX << (8 * v.len);
	pal_read_skip(&m->r, a->n);
	return a->n > 8 ? push_tag(m, PAL_V_PLAIN) : push_int(m, (int64_t)n);
}

static enum pal_err
do_int(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	int64_t n = 0;

	if (op == 'J')
		return push_int(m, (int32_t)a->n);
	if (op == 'K' || op == 'M')
		return push_int(m, (int64_t)a->n);
	if (op == 'I' && (pal_view_is(a->line, "00") || pal_view_is(a->line, "01")))
		return push_tag(m, PAL_V_PLAIN);
	if (pal_pickle_decimal(a->line, &n))
		return push_int(m, n);
	return push_tag(m, PAL_V_PLAIN);
}

static uint32_t
clip(uint64_t len)
{
	return len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
}

static enum pal_err
do_string(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value v = { .tag = PAL_V_STR, .len = clip(a->n), .at = m->r.offset };

	if (op == 'T' && a->n > INT32_MAX)
		return pal_pickle_broken(m, "has a negative length");
	if ((op == 'T' || op == 'U') && !pal_utf8_valid(pal_read_peek(&m->r, a->n < 1024 ? (size_t)a->n : 1024)) &&
	    a->n <= 1024)
		PAL_TRY(pal_pickle_give_blob(m, a->n)); /* Python 2 kept bytes in strings */
	else
		PAL_TRY(pal_pickle_give_string(m, a->n));
	v.aux = m->told;
	return pal_pickle_push(m, v);
}

/* STRING is a Python literal in quotes, UNICODE has \u escapes alone. */
static enum pal_err
do_string_line(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_view         text = a->line;
	struct pal_pickle_value v = { .tag = PAL_V_STR, .flag = PAL_V_RAW_UNICODE, .at = a->at };

	if (op == 'S') {
		v.flag = PAL_V_REPR;
		text = pal_view_trim(text);
		v.at += text.data == NULL ? 0 : (uint64_t)(text.data - a->line.data);
		if (text.data == NULL || text.len < 2 || text.data[0] != text.data[text.len - 1] ||
		    (text.data[0] != '\'' && text.data[0] != '"'))
			PAL_TRY(pal_pickle_broken(m, "has a string without its quotes"));
		else
			text = pal_view_sub(text, 1, text.len - 2);
		v.at += text.len == 0 ? 0 : 1;
	}
	v.len = clip(text.len);
	PAL_TRY(pal_pickle_give_text(m, text, v.at, v.flag));
	v.aux = m->told;
	return pal_pickle_push(m, v);
}

static enum pal_err
do_bytes(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value v = { .tag = PAL_V_BYTES, .len = clip(a->n), .at = m->r.offset };

	(void)op;
	PAL_TRY(pal_pickle_give_blob(m, a->n));
	v.aux = m->told;
	return pal_pickle_push(m, v);
}

/* ---- containers ---- */

static uint8_t
container_of(uint8_t op)
{
	if (op == ')' || op == 't' || (op >= 0x85 && op <= 0x87))
		return PAL_V_TUPLE;
	return op == '}' || op == 'd' ? PAL_V_DICT : PAL_V_LIST;
}

static enum pal_err
push_container(struct pal_pickle *m, uint8_t op, size_t from)
{
	struct pal_pickle_value v = { 0 };

	PAL_TRY(pal_pickle_contain(m, container_of(op), m->stack.items == NULL ? NULL : m->stack.items + from,
				   m->stack.count - from, &v));
	m->stack.count = from;
	return pal_pickle_push(m, v);
}

static enum pal_err
do_empty(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)a;
	return push_container(m, op, m->stack.count);
}

static enum pal_err
do_slice(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	size_t from = 0;

	(void)a;
	PAL_TRY(pal_pickle_slice(m, &from));
	return push_container(m, op, from);
}

static enum pal_err
do_small_tuple(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	size_t n = (size_t)(op - 0x84), low = m->mark_count == 0 ? 0 : m->marks[m->mark_count - 1];

	(void)a;
	if (m->stack.count - low < n) {
		PAL_TRY(pal_pickle_broken(m, "takes a value from an empty stack"));
		n = m->stack.count - low;
	}
	return push_container(m, op, m->stack.count - n);
}

static enum pal_err
do_add_one(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value items[2] = { { 0 } };
	size_t                  n = op == 's' ? 2 : 1;

	(void)a;
	for (size_t i = n; i > 0; i--)
		PAL_TRY(pal_pickle_pop(m, &items[i - 1]));
	return pal_pickle_put_items(m, op, items, n);
}

static enum pal_err
do_add_slice(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	size_t from = 0, n = 0;

	(void)a;
	PAL_TRY(pal_pickle_slice(m, &from));
	n = m->stack.count - from;
	m->stack.count = from; /* the items stay where they are until the next push */
	return pal_pickle_put_items(m, op, m->stack.items == NULL ? NULL : m->stack.items + from, n);
}

/* ---- stack and memo ---- */

static enum pal_err
do_mark(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)op;
	(void)a;
	return pal_pickle_mark(m);
}

/* POP on a mark takes the mark off, as CPython does. */
static enum pal_err
do_pop(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value v = { 0 };
	size_t                  from = 0;

	(void)a;
	if (op == '0' && (m->mark_count == 0 || m->marks[m->mark_count - 1] != m->stack.count))
		return pal_pickle_pop(m, &v);
	PAL_TRY(pal_pickle_slice(m, &from));
	m->stack.count = from;
	return PAL_OK;
}

static enum pal_err
do_dup(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value *top = pal_pickle_top(m);

	(void)op;
	(void)a;
	if (top == NULL)
		return pal_pickle_broken(m, "doubles a value of an empty stack");
	PAL_TRY(pal_pickle_share(m, top));
	return pal_pickle_push(m, *top);
}

static enum pal_err
do_put(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	int64_t n = 0;

	if (op == 0x94)
		return pal_pickle_put(m, pal_pickle_memo_count(m));
	if (op != 'p')
		return pal_pickle_put(m, a->n);
	if (!pal_pickle_decimal(a->line, &n) || n < 0)
		return pal_pickle_broken(m, "has a memo number that is none");
	return pal_pickle_put(m, (uint64_t)n);
}

static enum pal_err
do_get(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value v = { 0 };
	int64_t                 n = (int64_t)a->n;

	if (op == 'g' && (!pal_pickle_decimal(a->line, &n) || n < 0))
		return pal_pickle_broken(m, "has a memo number that is none");
	PAL_TRY(pal_pickle_get(m, (uint64_t)n, &v));
	return pal_pickle_push(m, v);
}

/* ---- names and calls ---- */

/* The second line of GLOBAL and INST, after the first in a->line. */
static enum pal_err
read_global(struct pal_pickle *m, const struct arg *a, struct pal_pickle_value *ret_value)
{
	PAL_AUTO_BUF    module = pal_buf_of(NAME_MOST);
	struct pal_view name = { 0 };
	bool            whole = false;
	uint64_t        at = 0;

	pal_buf_add(&module, a->line);
	at = m->r.offset;
	if (!pal_read_line(&m->r, NAME_MOST, &name, &whole) || m->r.offset - at == name.len) {
		if (pal_reader_err(&m->r) == PAL_OK && name.len < NAME_MOST)
			pal_read_skip(&m->r, UINT64_MAX); /* the file ends inside the name: cut short */
		name = pal_view_sub(name, 0, name.len);
	}
	if (pal_buf_err(&module) != PAL_OK || !whole || a->line.len == 0 || name.len == 0)
		PAL_TRY(pal_pickle_broken(m, "has a name that is too long or none"));
	return pal_pickle_global(m, pal_buf_view(&module), name, ret_value);
}

static enum pal_err
do_global(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value v = { 0 };

	(void)op;
	PAL_TRY(read_global(m, a, &v));
	return pal_pickle_push(m, v);
}

static enum pal_err
do_stack_global(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	PAL_AUTO_BUF            text = pal_buf_of(NAME_MOST);
	struct pal_view         part = pal_view_of("?");
	struct pal_pickle_value module = { 0 }, name = { 0 }, v = { 0 };

	(void)op;
	(void)a;
	PAL_TRY(pal_pickle_pop(m, &name));
	PAL_TRY(pal_pickle_pop(m, &module));
	if (name.tag != PAL_V_STR || module.tag != PAL_V_STR)
		PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_pickle_computed, m->op_at,
					 "STACK_GLOBAL at %llu looks up a name that is no plain string",
					 (unsigned long long)m->op_at));
	if (module.tag == PAL_V_STR)
		PAL_TRY(pal_pickle_text(m, module, NAME_MOST, &part));
	pal_buf_add(&text, part);
	part = pal_view_of("?");
	if (name.tag == PAL_V_STR)
		PAL_TRY(pal_pickle_text(m, name, NAME_MOST, &part));
	PAL_TRY(pal_pickle_global(m, pal_buf_view(&text), part, &v));
	return pal_pickle_push(m, v);
}

static enum pal_err
call_and_push(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args, size_t n,
	      bool made)
{
	struct pal_pickle_value result = { 0 };

	PAL_TRY(pal_pickle_call(m, callee, args, n, made, &result));
	return pal_pickle_push(m, result);
}

/* INST and OBJ: what stands above the mark are the arguments; OBJ's class is the first of them. */
static enum pal_err
do_inst(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value args[PAL_PICKLE_ITEMS] = { { 0 } }, callee = { 0 };
	size_t                  from = 0, n = 0;

	if (op == 'i')
		PAL_TRY(read_global(m, a, &callee));
	PAL_TRY(pal_pickle_slice(m, &from));
	if (op == 'o' && from < m->stack.count)
		callee = m->stack.items[from];
	for (size_t i = from + (op == 'o'); i < m->stack.count && n < PAL_PICKLE_ITEMS; i++)
		args[n++] = m->stack.items[i];
	m->stack.count = from;
	return call_and_push(m, callee, args, n, false);
}

/* REDUCE, NEWOBJ, NEWOBJ_EX: a callable and a tuple; the keywords of the last one follow the arguments. */
static enum pal_err
do_reduce(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value items[PAL_PICKLE_ITEMS + 2] = { { 0 } }, keywords = { 0 }, args = { 0 }, callee = { 0 };
	size_t                  n = 0;

	(void)a;
	if (op == 0x92)
		PAL_TRY(pal_pickle_pop(m, &keywords));
	PAL_TRY(pal_pickle_pop(m, &args));
	PAL_TRY(pal_pickle_pop(m, &callee));
	for (n = 0; n < pal_pickle_item_count(m, args); n++)
		items[n] = pal_pickle_item(m, args, n);
	if (args.tag != PAL_V_TUPLE)
		items[n++] = args; /* not known, or no tuple at all */
	if (op == 0x92)
		items[n++] = keywords;
	return call_and_push(m, callee, items, n, op != 'R');
}

static enum pal_err
do_build(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value state = { 0 };

	(void)op;
	(void)a;
	PAL_TRY(pal_pickle_pop(m, &state));
	return pal_pickle_build(m, state);
}

static enum pal_err
do_extension(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	return pal_pickle_extension(m, op == 0x84 ? (int32_t)a->n : (int64_t)a->n);
}

/* torch's legacy files keep a module's class, with its source, as ('module', class, file, source). */
static enum pal_err
do_persistent(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	struct pal_pickle_value id = { .tag = PAL_V_STR, .at = a->at, .len = clip(a->line.len) };

	if (op == 'Q')
		PAL_TRY(pal_pickle_pop(m, &id));
	PAL_TRY(pal_pickle_give_persistent(m, id));
	if (pal_pickle_item_count(m, id) >= 2 && pal_pickle_text_is(m, pal_pickle_item(m, id, 0), "module"))
		return pal_pickle_push(m, pal_pickle_item(m, id, 1));
	return push_tag(m, PAL_V_MADE);
}

/* ---- the frame around it all ---- */

static enum pal_err
do_proto(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)op;
	if (m->op_at > m->start || m->protocol >= 0)
		PAL_TRY(
		    pal_pickle_say(m, PAL_SAID_PROTO, &pal_anomaly_pickle_proto,
				   m->protocol >= 0 ? "a second protocol mark" : "a protocol mark inside the pickle"));
	else if (a->n > 5)
		PAL_TRY(pal_pickle_say(m, PAL_SAID_PROTO, &pal_anomaly_pickle_proto, "a protocol above 5"));
	m->protocol = (int)a->n;
	return PAL_OK;
}

static enum pal_err
do_frame(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)op;
	if (m->op_at < m->frame_end)
		PAL_TRY(pal_pickle_say(m, PAL_SAID_FRAME, &pal_anomaly_pickle_frame, "a frame inside a frame"));
	else if (a->n > pal_reader_left(&m->r))
		PAL_TRY(pal_pickle_say(m, PAL_SAID_FRAME, &pal_anomaly_pickle_frame, "a frame longer than the file"));
	m->frame_end = a->n > UINT64_MAX - m->r.offset ? UINT64_MAX : m->r.offset + a->n;
	return PAL_OK;
}

static enum pal_err
do_stop(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)op;
	(void)a;
	if (pal_pickle_top(m) == NULL)
		PAL_TRY(pal_pickle_broken(m, "ends the pickle without a value"));
	m->end = PAL_PICKLE_STOPPED;
	return PAL_OK;
}

static enum pal_err
do_nothing(struct pal_pickle *m, uint8_t op, const struct arg *a)
{
	(void)m;
	(void)op;
	(void)a;
	return PAL_OK;
}

static handler *const handlers[256] = {
	['('] = do_mark,         [')'] = do_empty,        ['.'] = do_stop,          ['0'] = do_pop,
	['1'] = do_pop,          ['2'] = do_dup,          ['B'] = do_bytes,         ['C'] = do_bytes,
	['F'] = do_plain,        ['G'] = do_plain,        ['I'] = do_int,           ['J'] = do_int,
	['K'] = do_int,          ['L'] = do_int,          ['M'] = do_int,           ['N'] = do_plain,
	['P'] = do_persistent,   ['Q'] = do_persistent,   ['R'] = do_reduce,        ['S'] = do_string_line,
	['T'] = do_string,       ['U'] = do_string,       ['V'] = do_string_line,   ['X'] = do_string,
	[']'] = do_empty,        ['a'] = do_add_one,      ['b'] = do_build,         ['c'] = do_global,
	['d'] = do_slice,        ['e'] = do_add_slice,    ['g'] = do_get,           ['h'] = do_get,
	['i'] = do_inst,         ['j'] = do_get,          ['l'] = do_slice,         ['o'] = do_inst,
	['p'] = do_put,          ['q'] = do_put,          ['r'] = do_put,           ['s'] = do_add_one,
	['t'] = do_slice,        ['u'] = do_add_slice,    ['}'] = do_empty,         [0x80] = do_proto,
	[0x81] = do_reduce,      [0x82] = do_extension,   [0x83] = do_extension,    [0x84] = do_extension,
	[0x85] = do_small_tuple, [0x86] = do_small_tuple, [0x87] = do_small_tuple,  [0x88] = do_plain,
	[0x89] = do_plain,       [0x8a] = do_long,        [0x8b] = do_long,         [0x8c] = do_string,
	[0x8d] = do_string,      [0x8e] = do_bytes,       [0x8f] = do_empty,        [0x90] = do_add_slice,
	[0x91] = do_slice,       [0x92] = do_reduce,      [0x93] = do_stack_global, [0x94] = do_put,
	[0x95] = do_frame,       [0x96] = do_bytes,       [0x97] = do_plain,        [0x98] = do_nothing,
};

/* A line without its end is a file that is cut short. */
static void
read_line(struct pal_pickle *m, struct arg *a)
{
	bool whole = false;

	a->at = m->r.offset;
	if (!pal_read_line(&m->r, LINE_MOST, &a->line, &whole) || m->r.offset - a->at == a->line.len)
		pal_read_skip(&m->r, UINT64_MAX);
}

static void
read_arg(struct pal_pickle *m, uint8_t op, struct arg *a)
{
	switch (pal_pickle_args[op]) {
	case PAL_ARG_1:
	case PAL_ARG_LEN1:
		a->n = pal_read_u8(&m->r);
		break;
	case PAL_ARG_2:
		a->n = pal_read_u16le(&m->r);
		break;
	case PAL_ARG_4:
	case PAL_ARG_LEN4:
		a->n = pal_read_u32le(&m->r);
		break;
	case PAL_ARG_8:
	case PAL_ARG_LEN8:
		a->n = pal_read_u64le(&m->r);
		break;
	case PAL_ARG_LINE:
	case PAL_ARG_LINES:
		read_line(m, a);
		break;
	default:
		break;
	}
}

/* The file ends inside an opcode. What was said before stands. */
static enum pal_err
cut_short(struct pal_pickle *m)
{
	enum pal_err err = pal_reader_err(&m->r);

	if (err != PAL_ETRUNC && err != PAL_ELIMIT)
		return err; /* reading itself failed */
	m->end = PAL_PICKLE_GAVE_UP;
	return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_truncated, m->op_at,
				"the file ends inside the opcode at %llu", (unsigned long long)m->op_at);
}

enum pal_err
pal_pickle_step(struct pal_pickle *m)
{
	struct arg a = { 0 };
	uint8_t    op = 0;

	m->op_at = m->r.offset;
	op = pal_read_u8(&m->r);
	if (pal_reader_err(&m->r) != PAL_OK)
		return cut_short(m);
	m->opcodes++;
	if (handlers[op] == NULL) {
		m->end = PAL_PICKLE_GAVE_UP;
		return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_broken, m->op_at,
					"byte 0x%02x at %llu is no opcode", (unsigned int)op,
					(unsigned long long)m->op_at);
	}
	read_arg(m, op, &a);
	if (pal_reader_err(&m->r) != PAL_OK)
		return cut_short(m);
	PAL_TRY(handlers[op](m, op, &a));
	if (pal_reader_err(&m->r) != PAL_OK)
		return cut_short(m);
	if (m->op_at < m->frame_end && m->r.offset > m->frame_end && op != 0x95)
		return pal_pickle_say(m, PAL_SAID_FRAME, &pal_anomaly_pickle_frame,
				      "an opcode that crosses the end of its frame");
	return PAL_OK;
}

enum pal_err
pal_pickle_run(struct pal_pickle *m)
{
	while (m->end == PAL_PICKLE_GOES_ON) {
		if (m->watch == NULL) {
			PAL_TRY(pal_pickle_run_fast(m));
			if (m->end != PAL_PICKLE_GOES_ON)
				break;
		}
		if (m->sink->limits->items == 0) {
			m->end = PAL_PICKLE_GAVE_UP;
			return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_limit, m->r.offset,
						"the budget of opcodes is used up");
		}
		m->sink->limits->items--;
		PAL_TRY(m->watch == NULL ? pal_pickle_step(m) : pal_pickle_step_watched(m));
	}
	return PAL_OK;
}
