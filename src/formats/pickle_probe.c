/* pickle_probe.c - is this a pickle? Walks the head's opcodes with nothing but a count of what is on the stack. */
#include "pickle.h"

const uint8_t pal_pickle_args[256] = {
	['('] = PAL_ARG_NONE,  [')'] = PAL_ARG_NONE,  ['.'] = PAL_ARG_NONE,  ['0'] = PAL_ARG_NONE,
	['1'] = PAL_ARG_NONE,  ['2'] = PAL_ARG_NONE,  ['B'] = PAL_ARG_LEN4,  ['C'] = PAL_ARG_LEN1,
	['F'] = PAL_ARG_LINE,  ['G'] = PAL_ARG_8,     ['I'] = PAL_ARG_LINE,  ['J'] = PAL_ARG_4,
	['K'] = PAL_ARG_1,     ['L'] = PAL_ARG_LINE,  ['M'] = PAL_ARG_2,     ['N'] = PAL_ARG_NONE,
	['P'] = PAL_ARG_LINE,  ['Q'] = PAL_ARG_NONE,  ['R'] = PAL_ARG_NONE,  ['S'] = PAL_ARG_LINE,
	['T'] = PAL_ARG_LEN4,  ['U'] = PAL_ARG_LEN1,  ['V'] = PAL_ARG_LINE,  ['X'] = PAL_ARG_LEN4,
	[']'] = PAL_ARG_NONE,  ['a'] = PAL_ARG_NONE,  ['b'] = PAL_ARG_NONE,  ['c'] = PAL_ARG_LINES,
	['d'] = PAL_ARG_NONE,  ['e'] = PAL_ARG_NONE,  ['g'] = PAL_ARG_LINE,  ['h'] = PAL_ARG_1,
	['i'] = PAL_ARG_LINES, ['j'] = PAL_ARG_4,     ['l'] = PAL_ARG_NONE,  ['o'] = PAL_ARG_NONE,
	['p'] = PAL_ARG_LINE,  ['q'] = PAL_ARG_1,     ['r'] = PAL_ARG_4,     ['s'] = PAL_ARG_NONE,
	['t'] = PAL_ARG_NONE,  ['u'] = PAL_ARG_NONE,  ['}'] = PAL_ARG_NONE,  [0x80] = PAL_ARG_1,
	[0x81] = PAL_ARG_NONE, [0x82] = PAL_ARG_1,    [0x83] = PAL_ARG_2,    [0x84] = PAL_ARG_4,
	[0x85] = PAL_ARG_NONE, [0x86] = PAL_ARG_NONE, [0x87] = PAL_ARG_NONE, [0x88] = PAL_ARG_NONE,
	[0x89] = PAL_ARG_NONE, [0x8a] = PAL_ARG_LEN1, [0x8b] = PAL_ARG_LEN4, [0x8c] = PAL_ARG_LEN1,
	[0x8d] = PAL_ARG_LEN8, [0x8e] = PAL_ARG_LEN8, [0x8f] = PAL_ARG_NONE, [0x90] = PAL_ARG_NONE,
	[0x91] = PAL_ARG_NONE, [0x92] = PAL_ARG_NONE, [0x93] = PAL_ARG_NONE, [0x94] = PAL_ARG_NONE,
	[0x95] = PAL_ARG_8,    [0x96] = PAL_ARG_LEN8, [0x97] = PAL_ARG_NONE, [0x98] = PAL_ARG_NONE,
};

struct look {
	struct pal_reader r;
	uint64_t          beyond; /* bytes of the file after the head */
	unsigned int      ops, calls, names;
	size_t            depth, marks[64], mark_count;
	bool              stopped, wrong, cut, put; /* put: something is in the memo */
};

static bool
is_name_line(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '_' && v.data[i] != '.' && v.data[i] != '<' &&
		    v.data[i] != '>')
			return false;
	return v.len > 0;
}

static bool
is_number_line(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_digit(v.data[i]) && pal_view_find_byte(pal_view_of("+-.eLnaif"), v.data[i], 0) == SIZE_MAX)
			return false;
	return v.len > 0;
}

static void
look_at_line(struct look *l, uint8_t op)
{
	struct pal_view line = { 0 };
	bool            whole = false;
	uint64_t        at = l->r.offset;

	if (!pal_read_line(&l->r, 4096, &line, &whole) || l->r.offset - at == line.len) {
		l->cut = true;
		l->wrong = l->beyond == 0;
		return;
	}
	if (op == 'c' || op == 'i')
		l->wrong = l->wrong || !is_name_line(line);
	else if (op == 'S')
		l->wrong = l->wrong || line.len < 2 || (line.data[0] != '\'' && line.data[0] != '"');
	else if (op != 'V' && op != 'P')
		l->wrong = l->wrong || !is_number_line(line);
}

static void
look_at_arg(struct look *l, uint8_t op)
{
	static const uint8_t sizes[] = { [PAL_ARG_1] = 1,    [PAL_ARG_2] = 2,    [PAL_ARG_4] = 4,   [PAL_ARG_8] = 8,
					 [PAL_ARG_LEN1] = 1, [PAL_ARG_LEN4] = 4, [PAL_ARG_LEN8] = 8 };
	uint8_t              kind = pal_pickle_args[op];
	uint64_t             n = 0;

	if (kind == PAL_ARG_LINE || kind == PAL_ARG_LINES) {
		look_at_line(l, op);
		if (kind == PAL_ARG_LINES && !l->cut)
			look_at_line(l, op);
		return;
	}
	if (kind == PAL_ARG_NONE)
		return;
	if (sizes[kind] > pal_reader_left(&l->r)) {
		l->cut = true;
		return;
	}
	for (unsigned int i = 0; i < sizes[kind]; i++)
		n |= (uint64_t)pal_read_u8(&l->r) << (8 * i);
	if (kind != PAL_ARG_LEN1 && kind != PAL_ARG_LEN4 && kind != PAL_ARG_LEN8)
		return;
	if (n > pal_reader_left(&l->r)) {
		l->cut = true;
		l->wrong = n - pal_reader_left(&l->r) > l->beyond;
		return;
	}
	pal_read_skip(&l->r, n);
}

/* How many values an opcode takes; 'm' in the second: down to the mark. What it leaves is 1, but for those below. */
static void
look_at_stack(struct look *l, uint8_t op)
{
	static const uint8_t takes[256] = {
		['.'] = 1,  ['0'] = 1,  ['2'] = 1,  ['Q'] = 1,  ['R'] = 2,  ['a'] = 2,  ['b'] = 2,  ['s'] = 3,
		['p'] = 1,  ['q'] = 1,  ['r'] = 1,  [0x81] = 2, [0x85] = 1, [0x86] = 2, [0x87] = 3, [0x92] = 3,
		[0x93] = 2, [0x94] = 1, [0x98] = 1, ['e'] = 1,  ['u'] = 1,  [0x90] = 1,
	};
	bool marked = pal_view_find_byte(pal_view_of("1deiloitu\x90\x91"), op, 0) != SIZE_MAX;

	if (op == 0x80 || op == 0x95)
		return;
	l->put = l->put || op == 'p' || op == 'q' || op == 'r' || op == 0x94;
	if ((op == 'g' || op == 'h' || op == 'j') && !l->put) {
		l->wrong = true; /* no loader gets past it; text that begins with such a letter does not either */
		return;
	}
	if (op == '(') {
		l->wrong = l->mark_count == 64;
		if (!l->wrong)
			l->marks[l->mark_count++] = l->depth;
		return;
	}
	if (op == '0' && l->mark_count > 0 && l->marks[l->mark_count - 1] == l->depth) {
		l->mark_count--;
		return;
	}
	if ((marked && l->mark_count == 0) || (op == 'o' && l->marks[l->mark_count - 1] == l->depth)) {
		l->wrong = true;
		return;
	}
	if (marked)
		l->depth = l->marks[--l->mark_count];
	if (takes[op] > l->depth) {
		l->wrong = true;
		return;
	}
	l->depth -= takes[op];
	l->depth += op == '2' ? 2 : op == '0' || op == '1' || op == '.' ? 0 : 1;
}

static struct look
look_at(struct pal_view head, uint64_t size)
{
	struct look l = { .r = pal_reader_of(head), .beyond = size - head.len };

	while (!l.stopped && !l.wrong && !l.cut && pal_reader_left(&l.r) > 0) {
		uint8_t op = pal_read_u8(&l.r);

		if (pal_pickle_args[op] == PAL_ARG_BAD) {
			l.wrong = true;
			break;
		}
		look_at_arg(&l, op);
		if (l.wrong)
			break;
		look_at_stack(&l, op);
		if (l.wrong)
			break;
		l.ops++;
		l.calls += op == 'R' || op == 'i' || op == 'o' || op == 0x81 || op == 0x92;
		l.names += op == 'c' || op == 'i' || op == 0x93;
		l.stopped = op == '.';
	}
	return l;
}

unsigned int
pal_pickle_likely(struct pal_view head, uint64_t size)
{
	struct look l = { 0 };

	if (head.len < 2 || size < head.len)
		return 0;
	l = look_at(head, size);
	if (head.data[0] == 0x80 && head.data[1] >= 1 && head.data[1] <= 5) {
		if (l.ops >= 3 || (l.stopped && l.ops >= 2))
			return 95;
		return l.ops >= 2 ? 50 : 30;
	}
	if (l.wrong)
		return l.names > 0 && (l.calls > 0 || l.ops >= 5) ? 70 : 0;
	if (l.names > 0 && l.ops >= 2)
		return 80;
	if (l.stopped)
		return l.ops >= 4 ? 66 : 45;
	return l.ops >= 12 ? 64 : 0;
}
