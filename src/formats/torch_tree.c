/* torch_tree.c - a pickle as a tree. One small function an opcode group; what a loader would refuse ends it. */
#include "torch.h"

#include "palisade/mem.h"
#include "pickle.h"

#define STACK_MOST ((size_t)1 << 20)
#define MEMO_MOST  ((size_t)4 << 20)
#define LINE_MOST  ((size_t)64 * 1024)

struct arg {
	uint64_t        n;
	struct pal_view line;
};

typedef enum pal_err handler(struct pal_torch_tree *t, uint8_t op, const struct arg *a);

void
pal_torch_tree_init(struct pal_torch_tree *t, struct pal_input *in, struct pal_arena *a)
{
	*t = (struct pal_torch_tree){ .in = in, .arena = a };
	t->names = pal_list_of(a, sizeof(struct pal_torch_name *));
	t->name_index = pal_map_of(a);
	t->storages = pal_list_of(a, sizeof(struct pal_torch_storage *));
	t->storage_index = pal_map_of(a);
}

void
pal_torch_tree_done(struct pal_torch_tree *t)
{
	pal_mem_free(t->stack);
	pal_mem_free(t->memo);
	pal_mem_free(t->marks);
	t->stack = t->memo = NULL;
	t->marks = NULL;
	t->stack_cap = t->memo_cap = t->mark_cap = 0;
}

static enum pal_err
push(struct pal_torch_tree *t, struct pal_torch_value v)
{
	void *items = t->stack;

	if (t->stack_count == STACK_MOST)
		return pal_torch_lost(t, "more values on the stack than are kept");
	PAL_TRY(pal_pickle_grow(&items, &t->stack_cap, t->stack_count + 1, sizeof(v)));
	t->stack = items;
	t->stack[t->stack_count++] = v;
	return PAL_OK;
}

static size_t
fence(const struct pal_torch_tree *t)
{
	return t->mark_count == 0 ? 0 : t->marks[t->mark_count - 1];
}

static enum pal_err
pop(struct pal_torch_tree *t, struct pal_torch_value *ret)
{
	*ret = (struct pal_torch_value){ 0 };
	if (t->stack_count <= fence(t))
		return pal_torch_lost(t, "a value is taken from an empty stack");
	*ret = t->stack[--t->stack_count];
	return PAL_OK;
}

static enum pal_err
slice(struct pal_torch_tree *t, size_t *ret_from)
{
	*ret_from = t->stack_count;
	if (t->mark_count == 0)
		return pal_torch_lost(t, "a mark is wanted, and none is set");
	*ret_from = t->marks[--t->mark_count];
	return PAL_OK;
}

/* ---- containers ---- */

static uint8_t
container_of(uint8_t op)
{
	if (op == ')' || op == 't' || (op >= 0x85 && op <= 0x87))
		return PAL_T_TUPLE;
	if (op == 0x8f || op == 0x91)
		return PAL_T_SET;
	return op == '}' || op == 'd' ? PAL_T_DICT : PAL_T_LIST;
}

static enum pal_err
push_container(struct pal_torch_tree *t, uint8_t op, size_t from)
{
	struct pal_torch_value v = { 0 };

	if (t->stopped)
		return PAL_OK;
	PAL_TRY(pal_torch_object_new(t, container_of(op), t->stack == NULL ? NULL : t->stack + from,
				     t->stack_count - from, &v));
	t->stack_count = from;
	return push(t, v);
}

static enum pal_err
do_empty(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	(void)a;
	return push_container(t, op, t->stack_count);
}

static enum pal_err
do_slice(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	size_t from = 0;

	(void)a;
	PAL_TRY(slice(t, &from));
	return push_container(t, op, from);
}

static enum pal_err
do_small_tuple(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	size_t n = (size_t)(op - 0x84);

	(void)a;
	if (t->stack_count - fence(t) < n)
		return pal_torch_lost(t, "a value is taken from an empty stack");
	return push_container(t, op, t->stack_count - n);
}

/* Only containers take items; what a class of its own does with them cannot be told. */
static enum pal_err
add_to_top(struct pal_torch_tree *t, const struct pal_torch_value *items, size_t n)
{
	struct pal_torch_value top = { 0 };

	if (t->stopped)
		return PAL_OK;
	if (t->stack_count <= fence(t))
		return pal_torch_lost(t, "items are added to nothing");
	top = t->stack[t->stack_count - 1];
	if (top.tag != PAL_T_LIST && top.tag != PAL_T_SET && top.tag != PAL_T_DICT && top.tag != PAL_T_MADE)
		return pal_torch_lost(t, "items are added to what takes none");
	return pal_torch_add(t, top.is.object, items, n);
}

static enum pal_err
do_add_one(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value items[2] = { { 0 } };
	size_t                 n = op == 's' ? 2 : 1;

	(void)a;
	for (size_t i = n; i > 0; i--)
		PAL_TRY(pop(t, &items[i - 1]));
	return add_to_top(t, items, n);
}

static enum pal_err
do_add_slice(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	size_t from = 0, n = 0;

	(void)a;
	PAL_TRY(slice(t, &from));
	n = t->stack_count - from;
	t->stack_count = from;
	if (op == 'u' && n % 2 != 0)
		return pal_torch_lost(t, "a dictionary is given a key without a value");
	return add_to_top(t, t->stack == NULL ? NULL : t->stack + from, n);
}

/* ---- plain values ---- */

static enum pal_err
push_n(struct pal_torch_tree *t, uint8_t tag, int64_t n)
{
	return push(t, (struct pal_torch_value){ .tag = tag, .is.n = n });
}

static enum pal_err
push_text(struct pal_torch_tree *t, struct pal_view text)
{
	struct pal_view kept = pal_arena_copy(t->arena, text);

	if (pal_arena_err(t->arena) != PAL_OK)
		return pal_torch_lost(t, "it needs more memory than is given to it");
	return push(t, (struct pal_torch_value){ .tag = PAL_T_STR,
						 .len = (uint32_t)kept.len,
						 .is.text = kept.data == NULL ? (const uint8_t *)"" : kept.data });
}

static enum pal_err
do_plain(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	union {
		uint64_t n;
		double   x;
	} is = { .n = 0 };

	if (op == 'N')
		return push_n(t, PAL_T_NONE, 0);
	if (op == 0x88 || op == 0x89)
		return push_n(t, PAL_T_BOOL, op == 0x88);
	if (op != 'G')
		return push_text(t, pal_view_sub(a->line, 0, PAL_TORCH_TEXT)); /* written as text, and kept as such */
	for (unsigned int i = 0; i < 8; i++)
		is.n |= (a->n >> (8 * i) & 0xff) << (56 - 8 * i);
	return push(t, (struct pal_torch_value){ .tag = PAL_T_FLOAT, .is.x = is.x });
}

static enum pal_err
do_int(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	int64_t n = 0;

	if (op == 'J')
		return push_n(t, PAL_T_INT, (int32_t)a->n);
	if (op == 'K' || op == 'M')
		return push_n(t, PAL_T_INT, (int64_t)a->n);
	if (op == 'I' && (pal_view_is(a->line, "00") || pal_view_is(a->line, "01")))
		return push_n(t, PAL_T_BOOL, a->line.data[1] == '1');
	return pal_pickle_decimal(a->line, &n) ? push_n(t, PAL_T_INT, n) : push_n(t, PAL_T_BIG, 0);
}

static enum pal_err
do_long(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_view v = { 0 };
	uint64_t        n = 0;

	if (op == 0x8b && a->n > INT32_MAX)
		return pal_torch_lost(t, "an integer has a negative length");
	v = pal_read_peek(&t->r, a->n < 8 ? (size_t)a->n : 8);
	for (size_t i = 0; i < v.len; i++)
		n |= (uint64_t)v.data[i] << (8 * i);
	if (v.len > 0 && v.len < 8 && v.data[v.len - 1] >= 0x80)
		n |= UINT64_MAX << (8 * v.len);
	pal_read_skip(&t->r, a->n);
	return a->n > 8 ? push_n(t, PAL_T_BIG, 0) : push_n(t, PAL_T_INT, (int64_t)n);
}

static enum pal_err
do_string(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	(void)op;
	if (a->n <= PAL_TORCH_TEXT)
		return push_text(t, pal_read_view(&t->r, a->n));
	pal_read_skip(&t->r, a->n);
	return push(t, (struct pal_torch_value){ .tag = PAL_T_STR });
}

/* STRING has quotes. A name with escapes in it is no name of a tensor's: it stays as it is written. */
static enum pal_err
do_string_line(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_view text = a->line;

	if (op == 'S') {
		text = pal_view_trim(text);
		if (text.len < 2)
			return pal_torch_lost(t, "a string is without its quotes");
		text = pal_view_sub(text, 1, text.len - 2);
	}
	return text.len <= PAL_TORCH_TEXT ? push_text(t, text) : push(t, (struct pal_torch_value){ .tag = PAL_T_STR });
}

static enum pal_err
do_bytes(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value v = { .tag = PAL_T_BYTES, .len = (uint32_t)a->n, .is.at = t->r.offset };

	(void)op;
	if (a->n > UINT32_MAX)
		return pal_torch_lost(t, "a string of bytes of more than 4 GiB");
	pal_read_skip(&t->r, a->n);
	return push(t, v);
}

/* ---- stack and memo ---- */

static enum pal_err
do_mark(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	void *marks = t->marks;

	(void)op;
	(void)a;
	if (t->mark_count == STACK_MOST)
		return pal_torch_lost(t, "more marks than are kept");
	PAL_TRY(pal_pickle_grow(&marks, &t->mark_cap, t->mark_count + 1, sizeof(*t->marks)));
	t->marks = marks;
	t->marks[t->mark_count++] = t->stack_count;
	return PAL_OK;
}

static enum pal_err
do_pop(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value v = { 0 };

	(void)a;
	if (op == '0' && (t->mark_count == 0 || fence(t) != t->stack_count))
		return pop(t, &v);
	return slice(t, &t->stack_count);
}

static enum pal_err
do_dup(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	(void)op;
	(void)a;
	if (t->stack_count <= fence(t))
		return pal_torch_lost(t, "a value is taken from an empty stack");
	return push(t, t->stack[t->stack_count - 1]);
}

static enum pal_err
do_put(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	void   *items = t->memo;
	int64_t n = op == 0x94 ? (int64_t)t->memo_count : (int64_t)a->n;

	if ((op == 'p' && !pal_pickle_decimal(a->line, &n)) || n < 0 || (uint64_t)n >= MEMO_MOST ||
	    (uint64_t)n > 2 * t->memo_count + 65536)
		return pal_torch_lost(t, "a number of the memo that is too large");
	if (t->stack_count <= fence(t))
		return pal_torch_lost(t, "the top of an empty stack is remembered");
	PAL_TRY(pal_pickle_grow(&items, &t->memo_cap, (size_t)n + 1, sizeof(*t->memo)));
	t->memo = items;
	while (t->memo_count <= (size_t)n)
		t->memo[t->memo_count++] = (struct pal_torch_value){ .tag = 0xff };
	t->memo[n] = t->stack[t->stack_count - 1];
	return PAL_OK;
}

static enum pal_err
do_get(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	int64_t n = (int64_t)a->n;

	if ((op == 'g' && !pal_pickle_decimal(a->line, &n)) || n < 0 || (uint64_t)n >= t->memo_count ||
	    t->memo[n].tag == 0xff)
		return pal_torch_lost(t, "an entry of the memo that was never put there");
	return push(t, t->memo[n]);
}

/* ---- names and calls ---- */

static enum pal_err
push_name(struct pal_torch_tree *t, struct pal_view module, struct pal_view name)
{
	PAL_AUTO_BUF           key = pal_buf_of(4 * PAL_TORCH_TEXT);
	struct pal_torch_name *n = NULL;
	void                 **slot = NULL;

	pal_buf_printf(&key, "%zu:", module.len);
	pal_buf_add(&key, module);
	pal_buf_add(&key, name);
	if (pal_buf_err(&key) != PAL_OK)
		return pal_torch_lost(t, "a name that is too long");
	slot = pal_map_put(&t->name_index, pal_buf_view(&key));
	if (slot != NULL && *slot == NULL) {
		n = pal_arena_array(t->arena, 1, sizeof(*n));
		if (n != NULL)
			*n =
			    (struct pal_torch_name){ pal_arena_copy(t->arena, module), pal_arena_copy(t->arena, name) };
		*slot = n;
	}
	if (slot == NULL || *slot == NULL || pal_arena_err(t->arena) != PAL_OK)
		return pal_torch_lost(t, "it needs more memory than is given to it");
	return push(t, (struct pal_torch_value){ .tag = PAL_T_NAME, .is.name = *slot });
}

static enum pal_err
do_global(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	PAL_AUTO_BUF    module = pal_buf_of(PAL_TORCH_TEXT);
	struct pal_view name = { 0 };
	bool            whole = false;

	(void)op;
	pal_buf_add(&module, a->line);
	if (!pal_read_line(&t->r, PAL_TORCH_TEXT, &name, &whole) || !whole || pal_buf_err(&module) != PAL_OK)
		return pal_torch_lost(t, "a name that is too long or none");
	return push_name(t, pal_buf_view(&module), name);
}

static enum pal_err
do_stack_global(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value module = { 0 }, name = { 0 };

	(void)op;
	(void)a;
	PAL_TRY(pop(t, &name));
	PAL_TRY(pop(t, &module));
	if (name.tag != PAL_T_STR || module.tag != PAL_T_STR || name.is.text == NULL || module.is.text == NULL)
		return pal_torch_lost(t, "a name that is computed");
	return push_name(t, pal_torch_text(module), pal_torch_text(name));
}

static enum pal_err
call_and_push(struct pal_torch_tree *t, struct pal_torch_value callee, struct pal_torch_value args)
{
	struct pal_torch_value made = { 0 };

	if (t->stopped)
		return PAL_OK;
	PAL_TRY(pal_torch_call(t, callee, args, &made));
	return push(t, made);
}

/* INST and OBJ: the class is named, or the first above the mark. */
static enum pal_err
do_inst(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value callee = { 0 }, args = { 0 };
	size_t                 base = 0, from = 0;

	if (op == 'i') {
		PAL_TRY(do_global(t, op, a));
		PAL_TRY(pop(t, &callee));
	}
	PAL_TRY(slice(t, &base));
	from = base;
	if (op == 'o' && from < t->stack_count)
		callee = t->stack[from++];
	if (t->stopped)
		return PAL_OK;
	PAL_TRY(pal_torch_object_new(t, PAL_T_TUPLE, t->stack == NULL ? NULL : t->stack + from, t->stack_count - from,
				     &args));
	t->stack_count = base;
	return call_and_push(t, callee, args);
}

static enum pal_err
do_reduce(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value args = { 0 }, callee = { 0 }, keywords = { 0 };

	(void)a;
	if (op == 0x92)
		PAL_TRY(pop(t, &keywords));
	PAL_TRY(pop(t, &args));
	PAL_TRY(pop(t, &callee));
	return call_and_push(t, callee, args);
}

/* State on a dictionary (a state_dict carries version numbers there) is no part of what it holds. */
static enum pal_err
do_build(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value state = { 0 }, top = { 0 };

	(void)op;
	(void)a;
	PAL_TRY(pop(t, &state));
	if (t->stack_count <= fence(t))
		return pal_torch_lost(t, "state is set on nothing");
	top = t->stack[t->stack_count - 1];
	if (top.tag >= PAL_T_TUPLE && top.tag <= PAL_T_MADE)
		top.is.object->state = state;
	else if (top.tag != PAL_T_TENSOR)
		return pal_torch_lost(t, "state is set on what has none");
	return PAL_OK;
}

static enum pal_err
do_persistent(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	struct pal_torch_value id = { 0 }, made = { 0 };

	(void)a;
	if (op == 'Q')
		PAL_TRY(pop(t, &id));
	if (t->stopped)
		return PAL_OK;
	PAL_TRY(pal_torch_persistent(t, id, &made));
	return push(t, made);
}

static enum pal_err
do_stop(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	(void)op;
	(void)a;
	if (t->stack_count <= fence(t))
		return pal_torch_lost(t, "the pickle ends without a value");
	t->stopped = true;
	return PAL_OK;
}

static enum pal_err
do_nothing(struct pal_torch_tree *t, uint8_t op, const struct arg *a)
{
	(void)t;
	(void)op;
	(void)a;
	return PAL_OK;
}

/* The codes of the extension registry (0x82 to 0x84) and out-of-band buffers (0x97) have no place in such files. */
static handler *const handlers[256] = {
	[0x80] = do_nothing,     [0x95] = do_nothing,      [')'] = do_empty,        [']'] = do_empty,
	['}'] = do_empty,        [0x8f] = do_empty,        ['d'] = do_slice,        ['l'] = do_slice,
	['t'] = do_slice,        [0x91] = do_slice,        [0x85] = do_small_tuple, [0x86] = do_small_tuple,
	[0x87] = do_small_tuple, ['a'] = do_add_one,       ['s'] = do_add_one,      ['e'] = do_add_slice,
	['u'] = do_add_slice,    [0x90] = do_add_slice,    ['F'] = do_plain,        ['G'] = do_plain,
	['N'] = do_plain,        [0x88] = do_plain,        [0x89] = do_plain,       ['I'] = do_int,
	['J'] = do_int,          ['K'] = do_int,           ['L'] = do_int,          ['M'] = do_int,
	[0x8a] = do_long,        [0x8b] = do_long,         ['T'] = do_string,       ['U'] = do_string,
	['X'] = do_string,       [0x8c] = do_string,       [0x8d] = do_string,      ['S'] = do_string_line,
	['V'] = do_string_line,  ['B'] = do_bytes,         ['C'] = do_bytes,        [0x8e] = do_bytes,
	[0x96] = do_bytes,       ['('] = do_mark,          ['0'] = do_pop,          ['1'] = do_pop,
	['2'] = do_dup,          ['p'] = do_put,           ['q'] = do_put,          ['r'] = do_put,
	[0x94] = do_put,         ['g'] = do_get,           ['h'] = do_get,          ['j'] = do_get,
	['c'] = do_global,       [0x93] = do_stack_global, ['i'] = do_inst,         ['o'] = do_inst,
	['R'] = do_reduce,       [0x81] = do_reduce,       [0x92] = do_reduce,      ['b'] = do_build,
	['P'] = do_persistent,   ['Q'] = do_persistent,    ['.'] = do_stop,
};

static void
read_arg(struct pal_torch_tree *t, uint8_t op, struct arg *a)
{
	static const uint8_t sizes[] = { [PAL_ARG_1] = 1,    [PAL_ARG_2] = 2,    [PAL_ARG_4] = 4,   [PAL_ARG_8] = 8,
					 [PAL_ARG_LEN1] = 1, [PAL_ARG_LEN4] = 4, [PAL_ARG_LEN8] = 8 };
	uint8_t              kind = pal_pickle_args[op];
	bool                 whole = false;

	if (kind == PAL_ARG_LINE || kind == PAL_ARG_LINES) {
		if (!pal_read_line(&t->r, LINE_MOST, &a->line, &whole) || !whole)
			pal_read_skip(&t->r, UINT64_MAX);
		return;
	}
	for (unsigned int i = 0; kind != PAL_ARG_NONE && i < sizes[kind]; i++)
		a->n |= (uint64_t)pal_read_u8(&t->r) << (8 * i);
}

static enum pal_err
step(struct pal_torch_tree *t)
{
	struct arg a = { 0 };
	uint8_t    op = 0;

	t->op_at = t->r.offset;
	op = pal_read_u8(&t->r);
	if (pal_reader_err(&t->r) == PAL_OK && handlers[op] == NULL)
		return pal_torch_lost(t, "an opcode that is none, or has no place in such a file");
	if (pal_reader_err(&t->r) == PAL_OK)
		read_arg(t, op, &a);
	if (pal_reader_err(&t->r) == PAL_OK)
		PAL_TRY(handlers[op](t, op, &a));
	if (pal_reader_err(&t->r) == PAL_ETRUNC || pal_reader_err(&t->r) == PAL_ELIMIT)
		return pal_torch_lost(t, "the pickle is cut short");
	return pal_reader_err(&t->r);
}

enum pal_err
pal_torch_read(struct pal_torch_tree *t, uint64_t at, struct pal_torch_value *ret_value, uint64_t *ret_end)
{
	if (at > t->in->size)
		return PAL_ETRUNC;
	t->r = pal_reader_at(t->in, at, t->in->size - at);
	t->stack_count = t->memo_count = t->mark_count = 0;
	t->stopped = false;
	t->why = NULL;
	while (!t->stopped)
		PAL_TRY(step(t));
	*ret_value = (struct pal_torch_value){ 0 };
	if (t->why == NULL && t->stack_count > 0)
		*ret_value = t->stack[t->stack_count - 1];
	*ret_end = t->r.offset;
	return PAL_OK;
}
