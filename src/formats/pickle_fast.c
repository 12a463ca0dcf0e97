/* pickle_fast.c - runs of the commonest opcodes, straight from the window; what is not plain is left to pickle_vm.c.
 * To audit: each case does what the handler there does; a test compares the two on every sample and its damage. */
#include "pickle.h"

#define AT_HAND ((size_t)16384)
#define LONGEST 9u /* bytes of an opcode and its fixed argument */

struct run {
	struct pal_pickle *m;
	struct pal_view    v;
	uint64_t           base; /* offset of v */
	size_t             i;
	size_t             low; /* values below it are behind the topmost mark */
};

/* What is done with an opcode here; the argument's length, where it has one. */
enum { LEFT, PLAIN, NUMBER, GET, PUT, MARK, POP, STRING, TUPLE, LIST, DICT, SLICE, ITEMS };

static const struct {
	uint8_t what, size;
} quick[256] = {
	['N'] = { PLAIN, 0 },  [0x88] = { PLAIN, 0 },  [0x89] = { PLAIN, 0 }, ['G'] = { PLAIN, 8 },
	['K'] = { NUMBER, 1 }, ['M'] = { NUMBER, 2 },  ['J'] = { NUMBER, 4 }, ['h'] = { GET, 1 },
	['j'] = { GET, 4 },    ['q'] = { PUT, 1 },     ['r'] = { PUT, 4 },    ['('] = { MARK, 0 },
	['0'] = { POP, 0 },    [0x8c] = { STRING, 1 }, [')'] = { TUPLE, 0 },  [0x85] = { TUPLE, 0 },
	[0x86] = { TUPLE, 0 }, [0x87] = { TUPLE, 0 },  [']'] = { LIST, 0 },   ['}'] = { DICT, 0 },
	['1'] = { SLICE, 0 },  ['t'] = { SLICE, 0 },   ['e'] = { SLICE, 0 },  ['u'] = { SLICE, 0 },
	['a'] = { ITEMS, 0 },  ['s'] = { ITEMS, 0 },   [0x94] = { PUT, 0 },
};

/* The first `size` of four bytes, little-endian. */
static inline uint32_t
little(const uint8_t *p, size_t size)
{
	static const uint32_t mask[] = { 0, 0xff, 0xffff, 0xffffff, 0xffffffff };

	return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24) & mask[size];
}

static inline void
push(struct pal_pickle *m, struct pal_pickle_value v)
{
	m->stack.items[m->stack.count++] = v;
}

static inline bool
get(struct pal_pickle *m, uint32_t number)
{
	bool found = pal_pickle_memo_get(&m->memo, number, &m->stack.items[m->stack.count]);

	m->stack.count += found;
	return found;
}

/* Into an entry that is there, or the next one. */
static inline enum pal_err
put(struct run *r, uint64_t number, bool *ret_done)
{
	struct pal_pickle       *m = r->m;
	struct pal_pickle_value *top = NULL;

	*ret_done = m->stack.count > r->low && number <= m->memo.count && number < PAL_PICKLE_MEMO;
	if (!*ret_done)
		return PAL_OK;
	top = &m->stack.items[m->stack.count - 1];
	m->op_at = r->base + r->i;
	PAL_TRY(pal_pickle_share(m, top));
	return pal_pickle_memo_set(&m->memo, (uint32_t)number, top);
}

static inline void
set_low(struct run *r)
{
	r->low = r->m->mark_count == 0 ? 0 : r->m->marks[r->m->mark_count - 1];
}

static inline bool
mark(struct run *r)
{
	struct pal_pickle *m = r->m;

	if (m->mark_count == m->mark_cap)
		return false;
	m->marks[m->mark_count++] = (uint32_t)m->stack.count;
	r->low = m->stack.count;
	return true;
}

/* One byte of length and a string that is all here. */
static enum pal_err
string(struct run *r, bool *ret_done)
{
	struct pal_pickle      *m = r->m;
	size_t                  len = r->v.data[r->i + 1];
	struct pal_pickle_value v = { .tag = PAL_V_STR, .len = (uint32_t)len, .at = r->base + r->i + 2 };

	*ret_done = len <= r->v.len - r->i - 2;
	if (!*ret_done)
		return PAL_OK;
	if (len >= PAL_PICKLE_SHORT) {
		m->op_at = r->base + r->i;
		PAL_TRY(pal_pickle_give_text(m, pal_view_sub(r->v, r->i + 2, len), v.at, PAL_V_AS_IS));
		v.aux = m->told;
	}
	push(m, v);
	r->i += 2 + len;
	return PAL_OK;
}

static enum pal_err
container(struct run *r, uint8_t tag, size_t n, bool *ret_done)
{
	struct pal_pickle       *m = r->m;
	struct pal_pickle_value *from = m->stack.items + m->stack.count - n;

	*ret_done = m->stack.count - r->low >= n;
	if (!*ret_done)
		return PAL_OK;
	m->op_at = r->base + r->i;
	m->stack.count -= n;
	m->stack.count++;
	r->i++;
	return pal_pickle_contain(m, tag, from, n, from);
}

static enum pal_err
slice(struct run *r, uint8_t op, bool *ret_done)
{
	struct pal_pickle *m = r->m;
	size_t             from = r->low, n = m->stack.count - r->low;

	*ret_done = m->mark_count > 0;
	if (!*ret_done)
		return PAL_OK;
	m->op_at = r->base + r->i;
	m->mark_count--;
	set_low(r);
	if (op == 't')
		return container(r, PAL_V_TUPLE, n, ret_done);
	m->stack.count = from;
	r->i++;
	if (op == '1')
		return PAL_OK;
	return pal_pickle_put_items(m, op, m->stack.items + from, n);
}

/* APPEND and SETITEM */
static enum pal_err
items(struct run *r, uint8_t op, bool *ret_done)
{
	struct pal_pickle *m = r->m;
	size_t             n = op == 's' ? 2 : 1;

	*ret_done = m->stack.count - r->low >= n;
	if (!*ret_done)
		return PAL_OK;
	m->op_at = r->base + r->i;
	m->stack.count -= n;
	r->i++;
	return pal_pickle_put_items(m, op, m->stack.items + m->stack.count, n);
}

/* *ret_done false: the opcode is not for here; nothing was changed. */
static enum pal_err
one(struct run *r, bool *ret_done)
{
	const uint8_t      op = r->v.data[r->i];
	const size_t       size = quick[op].size;
	struct pal_pickle *m = r->m;
	uint32_t           n = little(r->v.data + r->i + 1, size <= 4 ? size : 0);

	switch (quick[op].what) {
	case PLAIN:
		push(m, (struct pal_pickle_value){ .tag = PAL_V_PLAIN });
		break;
	case NUMBER: /* only BININT fills the sign */
		push(m, (struct pal_pickle_value){ .tag = PAL_V_INT, .at = (uint64_t)(int32_t)n });
		break;
	case GET:
		*ret_done = get(m, n);
		break;
	case PUT:
		PAL_TRY(put(r, size == 0 ? pal_pickle_memo_count(m) : n, ret_done));
		break;
	case MARK:
		*ret_done = mark(r);
		break;
	case POP:
		*ret_done = m->stack.count > r->low;
		m->stack.count -= *ret_done;
		break;
	case STRING:
		return string(r, ret_done);
	case TUPLE:
		return container(r, PAL_V_TUPLE, op == ')' ? 0 : op - 0x84u, ret_done);
	case LIST:
		return container(r, PAL_V_LIST, 0, ret_done);
	case DICT:
		return container(r, PAL_V_DICT, 0, ret_done);
	case SLICE:
		return slice(r, op, ret_done);
	case ITEMS:
		return items(r, op, ret_done);
	default:
		*ret_done = false;
		break;
	}
	r->i += *ret_done ? 1 + size : 0;
	return PAL_OK;
}

/* Opcodes that end before the window and the frame do. */
static size_t
length_at_hand(const struct pal_pickle *m, struct pal_view v, uint64_t base)
{
	uint64_t n = v.len;

	if (m->frame_end > base && m->frame_end - base < n)
		n = m->frame_end - base;
	return (size_t)n;
}

enum pal_err
pal_pickle_run_fast(struct pal_pickle *m)
{
	struct run r = { .m = m, .v = pal_read_peek(&m->r, AT_HAND), .base = m->r.offset };
	uint64_t   most = m->sink->limits->items, did = 0;
	bool       done = true;

	if (pal_reader_err(&m->r) != PAL_OK)
		return PAL_OK;
	r.v.len = length_at_hand(m, r.v, r.base);
	set_low(&r);
	while (did < most && r.i + LONGEST <= r.v.len && m->stack.count < m->stack.cap &&
	       m->end == PAL_PICKLE_GOES_ON) {
		m->opcodes++;
		done = true;
		PAL_TRY(one(&r, &done));
		if (!done) {
			m->opcodes--;
			break;
		}
		did++;
	}
	m->sink->limits->items -= did;
	pal_read_skip(&m->r, r.i);
	return PAL_OK;
}
