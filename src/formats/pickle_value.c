/* pickle_value.c - stack, memo, containers; every array grows in pal_pickle_grow() or by rows, and has a limit that is
 * said when it is met.
 */
#include "palisade/mem.h"
#include "pickle.h"

#define ROW   ((size_t)1024) /* objects that grow together */
#define WORDS 4096u          /* bytes that are read for a text */

/* Four items a byte: an opcode pushes one, and what calls are followed to may push some more. */
static uint32_t
ring_size(uint64_t bytes)
{
	uint32_t n = 1024;

	while (n < PAL_PICKLE_RING && n / 4 < bytes)
		n *= 2;
	return n;
}

enum pal_err
pal_pickle_open(struct pal_pickle *m, struct pal_input *in, struct pal_sink *sink)
{
	*m = (struct pal_pickle){ .in = in, .sink = sink, .protocol = -1, .arrays = true };
	pal_arena_init(&m->arena, 4 * PAL_PICKLE_NAMES);
	m->names = pal_list_of(&m->arena, sizeof(struct pal_pickle_name));
	m->name_index = pal_map_of(&m->arena);
	m->texts = pal_buf_of(4 * PAL_TEXT_PIECE);
	m->scratch = pal_buf_of((size_t)1 << 20);
	m->ring_size = ring_size(in->size);
	m->memo.recent_size = m->ring_size / 4;
	m->ring = pal_mem_new(m->ring_size, sizeof(*m->ring));
	m->memo.recent = pal_mem_new(m->memo.recent_size, sizeof(*m->memo.recent));
	if (m->ring == NULL || m->memo.recent == NULL)
		return PAL_ENOMEM;
	PAL_TRY(pal_input_part(in, 0, in->size, &m->words));
	m->words.steps = true;
	m->words.jump = WORDS;
	return pal_input_part(in, 0, in->size, &m->side);
}

void
pal_pickle_close(struct pal_pickle *m)
{
	pal_input_done(&m->side);
	pal_input_done(&m->words);
	pal_arena_done(&m->arena);
	pal_buf_done(&m->texts);
	pal_buf_done(&m->scratch);
	pal_mem_free(m->stack.items);
	pal_pickle_memo_done(&m->memo);
	pal_mem_free(m->sparse);
	pal_mem_free(m->marks);
	pal_mem_free(m->ring);
	for (size_t i = 0; i < m->object_rows; i++)
		pal_mem_free(m->objects[i]);
	pal_mem_free(m->objects);
	*m = (struct pal_pickle){ .side.fd = -1, .words.fd = -1 };
}

void
pal_pickle_restart(struct pal_pickle *m, uint64_t at)
{
	m->r = pal_reader_at(m->in, at, m->in->size - at);
	m->stack.count = m->memo.count = m->mark_count = 0;
	m->memo.kept = m->sparse_count = 0;
	m->epoch++;
	m->object_count = 0;
	m->start = at;
	m->frame_end = 0;
	m->said = 0;
	m->protocol = -1;
	m->end = PAL_PICKLE_GOES_ON;
}

/* Room for at least one more of `size` bytes; the new part is zero. */
enum pal_err
pal_pickle_grow(void **items, size_t *cap, size_t need, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void  *p = NULL;

	if (need <= *cap)
		return PAL_OK;
	if (more < need)
		more = need;
	p = pal_mem_grow(*items, *cap * size, more * size);
	if (p == NULL)
		return PAL_ENOMEM;
	*items = p;
	*cap = more;
	return PAL_OK;
}

enum pal_err
pal_pickle_push(struct pal_pickle *m, struct pal_pickle_value v)
{
	void *items = m->stack.items;

	if (m->stack.count == PAL_PICKLE_STACK) {
		m->end = PAL_PICKLE_GAVE_UP;
		return pal_pickle_say(m, PAL_SAID_STACK, &pal_anomaly_pickle_limit,
				      "more than 2097152 values on the stack; the rest was searched, not walked");
	}
	PAL_TRY(pal_pickle_grow(&items, &m->stack.cap, m->stack.count + 1, sizeof(v)));
	m->stack.items = items;
	m->stack.items[m->stack.count++] = v;
	return PAL_OK;
}

/* Values below the topmost mark cannot be reached: CPython's unpickler fails there. */
static size_t
fence(const struct pal_pickle *m)
{
	return m->mark_count == 0 ? 0 : m->marks[m->mark_count - 1];
}

enum pal_err
pal_pickle_pop(struct pal_pickle *m, struct pal_pickle_value *ret_value)
{
	*ret_value = (struct pal_pickle_value){ 0 };
	if (m->stack.count <= fence(m))
		return pal_pickle_broken(m, "takes a value from an empty stack");
	*ret_value = m->stack.items[--m->stack.count];
	return PAL_OK;
}

struct pal_pickle_value *
pal_pickle_top(struct pal_pickle *m)
{
	return m->stack.count <= fence(m) ? NULL : &m->stack.items[m->stack.count - 1];
}

enum pal_err
pal_pickle_mark(struct pal_pickle *m)
{
	void *items = m->marks;

	if (m->mark_count == PAL_PICKLE_STACK) {
		m->end = PAL_PICKLE_GAVE_UP;
		return pal_pickle_say(m, PAL_SAID_STACK, &pal_anomaly_pickle_limit,
				      "more than 2097152 marks; the rest was searched, not walked");
	}
	PAL_TRY(pal_pickle_grow(&items, &m->mark_cap, m->mark_count + 1, sizeof(*m->marks)));
	m->marks = items;
	m->marks[m->mark_count++] = (uint32_t)m->stack.count;
	return PAL_OK;
}

enum pal_err
pal_pickle_slice(struct pal_pickle *m, size_t *ret_from)
{
	*ret_from = m->stack.count;
	if (m->mark_count == 0)
		return pal_pickle_broken(m, "wants a mark, and none is set");
	*ret_from = m->marks[--m->mark_count];
	return PAL_OK;
}

/* ---- memo ---- */

static struct pal_pickle_sparse *
sparse_slot(struct pal_pickle *m, uint32_t number)
{
	size_t i = (number * 0x9e3779b1u) & (PAL_PICKLE_SPARSE - 1);

	for (size_t n = 0; n < PAL_PICKLE_SPARSE; n++, i = (i + 1) & (PAL_PICKLE_SPARSE - 1))
		if (m->sparse[i].epoch != m->epoch || m->sparse[i].number == number)
			return &m->sparse[i];
	return NULL;
}

static enum pal_err
put_sparse(struct pal_pickle *m, uint32_t number, struct pal_pickle_value v)
{
	struct pal_pickle_sparse *s = NULL;

	if (m->sparse == NULL)
		m->sparse = pal_mem_new(PAL_PICKLE_SPARSE, sizeof(*m->sparse));
	if (m->sparse == NULL)
		return PAL_ENOMEM;
	s = m->sparse_count >= PAL_PICKLE_SPARSE / 2 ? NULL : sparse_slot(m, number);
	if (s == NULL)
		return pal_pickle_say(m, PAL_SAID_MEMO, &pal_anomaly_pickle_limit,
				      "more memo entries than are kept; what is fetched from the others is unknown");
	m->sparse_count += s->epoch != m->epoch;
	*s = (struct pal_pickle_sparse){ .number = number, .epoch = m->epoch, .value = v };
	return PAL_OK;
}

uint64_t
pal_pickle_memo_count(const struct pal_pickle *m)
{
	return m->memo.kept + m->sparse_count;
}

enum pal_err
pal_pickle_put(struct pal_pickle *m, uint64_t number)
{
	struct pal_pickle_value *top = pal_pickle_top(m);
	uint64_t                 count = pal_pickle_memo_count(m);

	if (top == NULL)
		return pal_pickle_broken(m, "remembers the top of an empty stack");
	if (number > UINT32_MAX)
		return pal_pickle_broken(m, "a memo number above 4294967295");
	if (number > PAL_PICKLE_JUMP && number / 2 > count)
		PAL_TRY(pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				       "a memo number far above the entries that there are; a loader makes room for as "
				       "many"));
	PAL_TRY(pal_pickle_share(m, top));
	/* far above what is there: one PUT must not make a huge array */
	if (number >= PAL_PICKLE_MEMO || number > 2 * count + 65536)
		return put_sparse(m, (uint32_t)number, *top);
	return pal_pickle_memo_set(&m->memo, (uint32_t)number, top);
}

enum pal_err
pal_pickle_get(struct pal_pickle *m, uint64_t number, struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_sparse *s = NULL;

	*ret_value = (struct pal_pickle_value){ 0 };
	if (pal_pickle_memo_get(&m->memo, number, ret_value))
		return PAL_OK;
	if (m->sparse != NULL && number <= UINT32_MAX)
		s = sparse_slot(m, (uint32_t)number);
	if (s != NULL && s->epoch == m->epoch) {
		*ret_value = s->value;
		return PAL_OK;
	}
	if ((m->said & PAL_SAID_MEMO) != 0)
		return PAL_OK;
	return pal_pickle_broken(m, "fetches a memo entry that was never put");
}

/* ---- containers ---- */

struct pal_pickle_heft
pal_pickle_heft_in(const struct pal_pickle_value *v)
{
	union {
		uint32_t bits;
		float    values;
	} u = { .bits = (uint32_t)v->at };

	return (struct pal_pickle_heft){ .values = u.values, .depth = (uint32_t)(v->at >> 32) };
}

void
pal_pickle_weigh(struct pal_pickle_value *v, struct pal_pickle_heft h)
{
	union {
		float    values;
		uint32_t bits;
	} u = { .values = h.values };

	v->at = (uint64_t)(h.depth < INT32_MAX ? h.depth : INT32_MAX) << 32 | u.bits;
}

/* NULL: it is not shared, or one of those that there is no room for. */
static struct pal_pickle_heft *
object_of(const struct pal_pickle *m, const struct pal_pickle_value *v)
{
	size_t n = (size_t)(v->at & UINT32_MAX);

	return (v->at & PAL_V_SHARED) == 0 || n == 0 || n >= m->object_count ? NULL : &m->objects[n / ROW][n % ROW];
}

static struct pal_pickle_heft
heft_of(const struct pal_pickle *m, const struct pal_pickle_value *v)
{
	const struct pal_pickle_heft *o = object_of(m, v);

	if (v->tag == PAL_V_CALLER || (o == NULL && (v->at & PAL_V_SHARED) != 0))
		return (struct pal_pickle_heft){ .values = 1 };
	return o != NULL ? *o : pal_pickle_heft_in(v);
}

/* A row of objects more; objects from 1 on, for 0 stands for none. */
static enum pal_err
more_objects(struct pal_pickle *m)
{
	void *rows = m->objects;

	m->object_count += m->object_count == 0;
	if (m->object_count < m->object_rows * ROW)
		return PAL_OK;
	PAL_TRY(pal_pickle_grow(&rows, &m->object_cap, m->object_rows + 1, sizeof(*m->objects)));
	m->objects = rows;
	m->objects[m->object_rows] = pal_mem_new(ROW, sizeof(**m->objects));
	if (m->objects[m->object_rows] == NULL)
		return PAL_ENOMEM;
	m->object_rows++;
	return PAL_OK;
}

enum pal_err
pal_pickle_share(struct pal_pickle *m, struct pal_pickle_value *v)
{
	struct pal_pickle_heft h = pal_pickle_heft_in(v);

	if ((v->tag != PAL_V_LIST && v->tag != PAL_V_DICT) || (v->at & PAL_V_SHARED) != 0)
		return PAL_OK;
	v->at = PAL_V_SHARED;
	if (m->object_count >= PAL_PICKLE_OBJECTS)
		return pal_pickle_say(m, PAL_SAID_MEMO, &pal_anomaly_pickle_limit,
				      "more lists and dicts than are kept; how large the others are is unknown");
	PAL_TRY(more_objects(m));
	m->objects[m->object_count / ROW][m->object_count % ROW] = h;
	v->at |= m->object_count++;
	return PAL_OK;
}

/* More than any process could walk: 10 billion values, or containers in each other deeper than any stack. */
static enum pal_err
say_size(struct pal_pickle *m, struct pal_pickle_heft h)
{
	if (h.values > 1e10F)
		return pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				      "an object of this pickle holds more than 10 billion values when it is walked");
	if (h.depth > PAL_PICKLE_DEPTH)
		return pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				      "more than 20,000 containers in each other; who compares, copies or prints them "
				      "runs out of stack");
	if (h.values > 1e8F && h.values > 100.0F * (float)m->opcodes)
		return pal_pickle_say(m, PAL_SAID_EXPANSION, &pal_anomaly_pickle_expansion,
				      "an object of this pickle holds more than 100 million values when it is walked");
	return PAL_OK;
}

/* What these items add to a container; `itself`: what an item that is the container has in .at, or 0. */
static void
add_heft(const struct pal_pickle *m, uint64_t itself, struct pal_pickle_heft *h, const struct pal_pickle_value *items,
	 size_t n)
{
	size_t single = 0;

	for (size_t i = 0; i < n; i++) {
		struct pal_pickle_heft in;

		if (items[i].tag < PAL_V_TUPLE) {
			single++;
			continue;
		}
		in = heft_of(m, &items[i]);
		h->values += in.values;
		if (in.depth >= h->depth && (itself == 0 || items[i].at != itself))
			h->depth = in.depth + 1;
	}
	h->values += (float)single;
}

/* Keeps the first items in the ring; returns their place. Values that have just been written are copied as they were
 * written, in two halves: the processor waits for one that is read as a whole. */
static uint32_t
keep(struct pal_pickle *m, const struct pal_pickle_value *items, size_t n)
{
	uint32_t at = m->ring_next, mask = m->ring_size - 1;

	for (size_t i = 0; i < n && i < PAL_PICKLE_ITEMS; i++) {
		struct pal_pickle_value *to = &m->ring[at++ & mask];

		to->tag = items[i].tag;
		to->flag = items[i].flag;
		to->aux = items[i].aux;
		to->len = items[i].len;
		to->at = items[i].at;
	}
	n = m->ring_next;
	m->ring_next = at;
	return (uint32_t)n;
}

static void
holds(struct pal_pickle_value *v, size_t n, uint32_t place)
{
	v->flag = (uint8_t)(v->flag | (n > PAL_PICKLE_ITEMS ? PAL_V_PART : 0u));
	v->aux = (uint16_t)(n < PAL_PICKLE_ITEMS ? n : PAL_PICKLE_ITEMS);
	v->len = place;
}

static inline bool
is_large(struct pal_pickle_heft h)
{
	return h.values > 1e8F || h.depth > PAL_PICKLE_DEPTH;
}

enum pal_err
pal_pickle_contain(struct pal_pickle *m, uint8_t tag, const struct pal_pickle_value *items, size_t n,
		   struct pal_pickle_value *ret_value)
{
	struct pal_pickle_heft h = { .values = 1 };
	uint32_t               place = keep(m, items, n);

	add_heft(m, 0, &h, items, n);
	ret_value->tag = tag;
	ret_value->flag = 0;
	holds(ret_value, n, place);
	pal_pickle_weigh(ret_value, h);
	return is_large(h) ? say_size(m, h) : PAL_OK;
}

enum pal_err
pal_pickle_add(struct pal_pickle *m, struct pal_pickle_value *container, const struct pal_pickle_value *items, size_t n)
{
	struct pal_pickle_heft h = heft_of(m, container), *o = object_of(m, container);
	bool                   shared = (container->at & PAL_V_SHARED) != 0;

	if (container->tag != PAL_V_LIST && container->tag != PAL_V_DICT)
		return PAL_OK;
	holds(container, n, keep(m, items, n));
	add_heft(m, shared ? container->at : 0, &h, items, n);
	if (o != NULL)
		*o = h;
	else if (!shared)
		pal_pickle_weigh(container, h);
	return is_large(h) ? say_size(m, h) : PAL_OK;
}

size_t
pal_pickle_item_count(const struct pal_pickle *m, struct pal_pickle_value v)
{
	if (v.tag < PAL_V_TUPLE || (uint32_t)(m->ring_next - v.len) > m->ring_size)
		return 0;
	return v.aux;
}

struct pal_pickle_value
pal_pickle_item(const struct pal_pickle *m, struct pal_pickle_value v, size_t i)
{
	return m->ring[(v.len + i) & (m->ring_size - 1)];
}
