/* pickle_trace.c - one step of the machine, told; names of opcodes as in Lib/pickletools.py. */
#include "palisade/pickle_trace.h"

#include <inttypes.h>
#include <string.h>

#include "pickle.h"

#define SHOWN ((size_t)160) /* bytes of an argument */

static const char *const names[256] = {
	['('] = "MARK",          [')'] = "EMPTY_TUPLE",
	['.'] = "STOP",          ['0'] = "POP",
	['1'] = "POP_MARK",      ['2'] = "DUP",
	['B'] = "BINBYTES",      ['C'] = "SHORT_BINBYTES",
	['F'] = "FLOAT",         ['G'] = "BINFLOAT",
	['I'] = "INT",           ['J'] = "BININT",
	['K'] = "BININT1",       ['L'] = "LONG",
	['M'] = "BININT2",       ['N'] = "NONE",
	['P'] = "PERSID",        ['Q'] = "BINPERSID",
	['R'] = "REDUCE",        ['S'] = "STRING",
	['T'] = "BINSTRING",     ['U'] = "SHORT_BINSTRING",
	['V'] = "UNICODE",       ['X'] = "BINUNICODE",
	[']'] = "EMPTY_LIST",    ['a'] = "APPEND",
	['b'] = "BUILD",         ['c'] = "GLOBAL",
	['d'] = "DICT",          ['e'] = "APPENDS",
	['g'] = "GET",           ['h'] = "BINGET",
	['i'] = "INST",          ['j'] = "LONG_BINGET",
	['l'] = "LIST",          ['o'] = "OBJ",
	['p'] = "PUT",           ['q'] = "BINPUT",
	['r'] = "LONG_BINPUT",   ['s'] = "SETITEM",
	['t'] = "TUPLE",         ['u'] = "SETITEMS",
	['}'] = "EMPTY_DICT",    [0x80] = "PROTO",
	[0x81] = "NEWOBJ",       [0x82] = "EXT1",
	[0x83] = "EXT2",         [0x84] = "EXT4",
	[0x85] = "TUPLE1",       [0x86] = "TUPLE2",
	[0x87] = "TUPLE3",       [0x88] = "NEWTRUE",
	[0x89] = "NEWFALSE",     [0x8a] = "LONG1",
	[0x8b] = "LONG4",        [0x8c] = "SHORT_BINUNICODE",
	[0x8d] = "BINUNICODE8",  [0x8e] = "BINBYTES8",
	[0x8f] = "EMPTY_SET",    [0x90] = "ADDITEMS",
	[0x91] = "FROZENSET",    [0x92] = "NEWOBJ_EX",
	[0x93] = "STACK_GLOBAL", [0x94] = "MEMOIZE",
	[0x95] = "FRAME",        [0x96] = "BYTEARRAY8",
	[0x97] = "NEXT_BUFFER",  [0x98] = "READONLY_BUFFER",
};

const char *
pal_pickle_op_name(uint8_t code)
{
	return names[code];
}

static uint64_t
number_of(struct pal_view v, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size && i < v.len; i++)
		n |= (uint64_t)v.data[i] << (8 * i);
	return n;
}

static void
add_quoted(struct pal_buf *out, struct pal_view v, uint64_t whole)
{
	pal_buf_add_byte(out, '\'');
	pal_buf_add(out, pal_view_sub(v, 0, SHOWN));
	pal_buf_add_byte(out, '\'');
	if (whole > v.len || v.len > SHOWN)
		pal_buf_printf(out, "... (%" PRIu64 " bytes)", whole);
}

static void
add_lines(struct pal_buf *out, struct pal_view v, size_t count)
{
	struct pal_view line = { 0 };

	for (size_t i = 0; i < count && pal_view_split(&v, '\n', &line); i++) {
		pal_buf_add_text(out, i > 0 ? " " : "");
		pal_buf_add(out, pal_view_sub(line, 0, SHOWN));
	}
}

static void
add_number(struct pal_buf *out, uint8_t op, struct pal_view v, size_t size)
{
	uint64_t n = number_of(v, size);
	double   x = 0;

	if (op == 'G') {
		n = __builtin_bswap64(n);
		_Static_assert(sizeof(x) == sizeof(n), "BINFLOAT is a binary64");
		x = ((union {
			    uint64_t u;
			    double   d;
		    }){ .u = n })
			.d;
		pal_buf_printf(out, "%.17g", x);
	} else if (op == 'J' || op == 0x84) {
		pal_buf_printf(out, "%" PRId32, (int32_t)(uint32_t)n);
	} else {
		pal_buf_printf(out, "%" PRIu64, n);
	}
}

/* v: the bytes after the opcode, as far as they are shown; len: how many belong to it. */
static void
describe(uint8_t op, struct pal_view v, uint64_t len, struct pal_buf *out)
{
	static const size_t sizes[] = { [PAL_ARG_1] = 1,    [PAL_ARG_2] = 2,    [PAL_ARG_4] = 4,   [PAL_ARG_8] = 8,
					[PAL_ARG_LEN1] = 1, [PAL_ARG_LEN4] = 4, [PAL_ARG_LEN8] = 8 };
	uint8_t             kind = pal_pickle_args[op];

	switch (kind) {
	case PAL_ARG_1:
	case PAL_ARG_2:
	case PAL_ARG_4:
	case PAL_ARG_8:
		add_number(out, op, v, sizes[kind]);
		break;
	case PAL_ARG_LINE:
		add_lines(out, v, 1);
		break;
	case PAL_ARG_LINES:
		add_lines(out, v, 2);
		break;
	case PAL_ARG_LEN1:
	case PAL_ARG_LEN4:
	case PAL_ARG_LEN8:
		add_quoted(out, pal_view_sub(v, sizes[kind], SHOWN + 1), len < sizes[kind] ? 0 : len - sizes[kind]);
		break;
	default:
		break;
	}
}

static int64_t
memo_of(uint8_t op, struct pal_view v, uint64_t count)
{
	struct pal_view line = { 0 };
	int64_t         n = 0;

	if (op == 0x94)
		return count > INT64_MAX ? -1 : (int64_t)count;
	if (op == 'q' || op == 'h')
		return (int64_t)number_of(v, 1);
	if (op == 'r' || op == 'j')
		return (int64_t)number_of(v, 4);
	if ((op == 'p' || op == 'g') && pal_view_split(&v, '\n', &line) && pal_pickle_decimal(line, &n))
		return n;
	return -1;
}

static uint64_t
depth_of(const struct pal_pickle *m)
{
	return (uint64_t)m->stack.count + m->mark_count;
}

static enum pal_err
tell(struct pal_pickle *m, struct pal_pickle_line *l, uint64_t memos)
{
	uint64_t                       from = l->offset + 1, end = m->r.offset < from ? m->in->size : m->r.offset;
	PAL_AUTO_BUF                   argument = pal_buf_of(4096);
	PAL_AUTO_BUF                   top = pal_buf_of(64 * 1024);
	const struct pal_pickle_value *v = NULL;
	const struct pal_pickle_name  *name = NULL;
	struct pal_view                bytes = { 0 };

	if (end > from)
		PAL_TRY(pal_input_view(&m->side, from, 0, end - from < 400 ? (size_t)(end - from) : 400, &bytes));
	describe(l->code, bytes, end > from ? end - from : 0, &argument);
	l->memo = memo_of(l->code, bytes, memos);
	v = pal_reader_err(&m->r) == PAL_OK ? pal_pickle_top(m)
					    : NULL; /* what was cut short is not there to be shown */
	if (v != NULL) {
		PAL_TRY(pal_pickle_preview(m, v, 1, &top));
		name = v->tag == PAL_V_GLOBAL ? pal_pickle_name(m, *v) : NULL;
	}
	if (name != NULL && (l->code == 'c' || l->code == 0x93 || (l->code >= 0x82 && l->code <= 0x84))) {
		l->module = name->module;
		l->attribute = name->name;
	}
	l->name = names[l->code] == NULL ? "(no opcode)" : names[l->code];
	l->argument = pal_buf_view(&argument);
	l->top = pal_buf_view(&top);
	l->after = depth_of(m) - (l->code == '.' && v != NULL); /* STOP takes the result off */
	return m->watch->line(m->watch->arg, l);
}

enum pal_err
pal_pickle_step_watched(struct pal_pickle *m)
{
	struct pal_pickle_line l = { .offset = m->r.offset, .before = depth_of(m), .memo = -1 };
	uint64_t               memos = pal_pickle_memo_count(m);
	struct pal_view        op = { 0 };

	if (l.offset < m->in->size)
		PAL_TRY(pal_input_view(&m->side, l.offset, 1, 1, &op));
	PAL_TRY(pal_pickle_step(m));
	if (op.len == 0)
		return PAL_OK;
	PAL_TRY(pal_input_view(&m->side, l.offset, 1, 1, &op));
	l.code = op.data[0];
	return tell(m, &l, memos);
}

enum pal_err
pal_pickle_trace(struct pal_input *in, struct pal_sink *sink, const struct pal_pickle_watch *watch, struct pal_diag *d)
{
	return pal_pickle_parse(in, sink, watch, d);
}
