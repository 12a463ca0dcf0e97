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

static inline uint32_t
little(const uint8_t *p, size_t n)
{
	uint32_t x = 0;

	for (size_t i = 0; i < n; i++)
		x |= (uint32_t)p[i] << (8 * i);
	return x;
}

static inline void
push(struct pal_pickle *m, struct pal_pickle_value v)
{
	m->stack.items[m->stack.count++] = v;
}

static inline void
push_int(struct pal_pickle *m, int64_t n)
{
	push(m, (struct pal_pickle_value){ .tag = PAL_V_INT, .at = (uint64_t)n });
}

static inline void
push_plain(struct pal_pickle *m)
{
	push(m, (struct pal_pickle_value){ .tag = PAL_V_PLAIN });
}

static inline bool
get(struct pal_pickle *m, uint32_t number)
{
	if (number >= m->memo.count || m->memo.items[number].tag == 0xff)
		return false;
	push(m, m->memo.items[number]);
	return true;
}

/* Into an entry that is there, or the next one. */
static inline bool
put(struct run *r, uint64_t number)
{
	struct pal_pickle *m = r->m;

	if (m->stack.count <= r->low || number > m->memo.count || number >= PAL_PICKLE_MEMO)
		return false;
	if (number == m->memo.count) {
		if (m->memo.count == m->memo.cap)
			return false;
		m->memo.items[m->memo.count++].tag = 0xff;
	}
	m->memo_count += m->memo.items[number].tag == 0xff;
	m->memo.items[number] = m->stack.items[m->stack.count - 1];
	return true;
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
		v.aux = m->nested;
	}
	push(m, v);
	r->i += 2 + len;
	return PAL_OK;
}

static enum pal_err
container(struct run *r, uint8_t tag, size_t n, bool *ret_done)
{
	struct pal_pickle      *m = r->m;
	struct pal_pickle_value v = { 0 };

	*ret_done = m->stack.count - r->low >= n;
	if (!*ret_done)
		return PAL_OK;
	m->op_at = r->base + r->i;
	PAL_TRY(pal_pickle_contain(m, tag, m->stack.items + m->stack.count - n, n, &v));
	m->stack.count -= n;
	push(m, v);
	r->i++;
	return PAL_OK;
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

static enum pal_err
item(struct run *r, uint8_t op, size_t n, bool *ret_done)
{
	struct pal_pickle *m = r->m;

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
	const uint8_t     *p = r->v.data + r->i;
	struct pal_pickle *m = r->m;
	size_t             used = 1;

	switch (p[0]) {
	case 'N':
	case 0x88:
	case 0x89:
		push_plain(m);
		break;
	case 'G':
		push_plain(m);
		used = 9;
		break;
	case 'K':
		push_int(m, p[1]);
		used = 2;
		break;
	case 'M':
		push_int(m, little(p + 1, 2));
		used = 3;
		break;
	case 'J':
		push_int(m, (int32_t)little(p + 1, 4));
		used = 5;
		break;
	case 'h':
		*ret_done = get(m, p[1]);
		used = 2;
		break;
	case 'j':
		*ret_done = get(m, little(p + 1, 4));
		used = 5;
		break;
	case 'q':
		*ret_done = put(r, p[1]);
		used = 2;
		break;
	case 'r':
		*ret_done = put(r, little(p + 1, 4));
		used = 5;
		break;
	case 0x94:
		*ret_done = put(r, m->memo_count);
		break;
	case '(':
		*ret_done = mark(r);
		break;
	case '0':
		*ret_done = m->stack.count > r->low;
		m->stack.count -= *ret_done;
		break;
	case 0x8c:
		return string(r, ret_done);
	case 0x85:
	case 0x86:
	case 0x87:
		return container(r, PAL_V_TUPLE, p[0] - 0x84u, ret_done);
	case ')':
		return container(r, PAL_V_TUPLE, 0, ret_done);
	case ']':
		return container(r, PAL_V_LIST, 0, ret_done);
	case '}':
		return container(r, PAL_V_DICT, 0, ret_done);
	case '1':
	case 't':
	case 'e':
	case 'u':
		return slice(r, p[0], ret_done);
	case 'a':
		return item(r, 'a', 1, ret_done);
	case 's':
		return item(r, 's', 2, ret_done);
	default:
		*ret_done = false;
		break;
	}
	r->i += *ret_done ? used : 0;
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
