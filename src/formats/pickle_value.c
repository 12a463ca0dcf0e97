/* pickle_value.c - stack, memo, names; every array grows in pal_pickle_grow() alone and has a limit that is said when
 * it is met.
 */
#include "pickle.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

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
	m->ring = pal_mem_new(m->ring_size, sizeof(*m->ring));
	if (m->ring == NULL)
		return PAL_ENOMEM;
	return pal_input_part(in, 0, in->size, &m->side);
}

void
pal_pickle_close(struct pal_pickle *m)
{
	pal_input_done(&m->side);
	pal_arena_done(&m->arena);
	pal_buf_done(&m->texts);
	pal_buf_done(&m->scratch);
	pal_mem_free(m->stack.items);
	pal_mem_free(m->memo.items);
	pal_mem_free(m->sparse);
	pal_mem_free(m->marks);
	pal_mem_free(m->ring);
	pal_mem_free(m->objects);
	*m = (struct pal_pickle){ .side.fd = -1 };
}

void
pal_pickle_restart(struct pal_pickle *m, uint64_t at)
{
	m->r = pal_reader_at(m->in, at, m->in->size - at);
	m->stack.count = m->memo.count = m->mark_count = 0;
	m->memo_count = 0;
	for (size_t i = 0; m->sparse_count > 0 && i < PAL_PICKLE_SPARSE; i++)
		m->sparse[i].used = false;
	m->sparse_count = 0;
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

static struct pal_pickle_sparse *
sparse_slot(struct pal_pickle *m, uint32_t number)
{
	size_t i = (number * 0x9e3779b1u) & (PAL_PICKLE_SPARSE - 1);

	for (size_t n = 0; n < PAL_PICKLE_SPARSE; n++, i = (i + 1) & (PAL_PICKLE_SPARSE - 1))
		if (!m->sparse[i].used || m->sparse[i].number == number)
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
	m->memo_count += !s->used;
	m->sparse_count += !s->used;
	*s = (struct pal_pickle_sparse){ .number = number, .used = true, .value = v };
	return PAL_OK;
}

/* An entry that was never put has the tag 0xff. */
enum pal_err
pal_pickle_put(struct pal_pickle *m, uint64_t number)
{
	const struct pal_pickle_value *top = pal_pickle_top(m);
	void                          *items = m->memo.items;

	if (top == NULL)
		return pal_pickle_broken(m, "remembers the top of an empty stack");
	if (number > UINT32_MAX)
		return pal_pickle_broken(m, "a memo number above 4294967295");
	if (number > PAL_PICKLE_JUMP && number / 2 > m->memo_count)
		PAL_TRY(pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				       "a memo number far above the entries that there are; a loader makes room for as "
				       "many"));
	/* far above what is there: one PUT must not make a huge array */
	if (number >= PAL_PICKLE_MEMO || number > 2 * m->memo_count + 65536)
		return put_sparse(m, (uint32_t)number, *top);
	PAL_TRY(pal_pickle_grow(&items, &m->memo.cap, (size_t)number + 1, sizeof(*top)));
	m->memo.items = items;
	while (m->memo.count <= number)
		m->memo.items[m->memo.count++] = (struct pal_pickle_value){ .tag = 0xff };
	m->memo_count += m->memo.items[number].tag == 0xff;
	m->memo.items[number] = *top;
	return PAL_OK;
}

enum pal_err
pal_pickle_get(struct pal_pickle *m, uint64_t number, struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_sparse *s = NULL;

	*ret_value = (struct pal_pickle_value){ 0 };
	if (number < m->memo.count && m->memo.items[number].tag != 0xff) {
		*ret_value = m->memo.items[number];
		return PAL_OK;
	}
	if (m->sparse != NULL && number <= UINT32_MAX)
		s = sparse_slot(m, (uint32_t)number);
	if (s != NULL && s->used) {
		*ret_value = s->value;
		return PAL_OK;
	}
	if ((m->said & PAL_SAID_MEMO) != 0)
		return PAL_OK;
	return pal_pickle_broken(m, "fetches a memo entry that was never put");
}

/* ---- containers ---- */

static const struct pal_pickle_object *
object_of(const struct pal_pickle *m, struct pal_pickle_value v)
{
	size_t object = (size_t)(v.at >> 32);

	return v.tag < PAL_V_TUPLE || object == 0 || object >= m->object_count ? NULL : &m->objects[object];
}

/* More than any process could walk: 10 billion values, or containers in each other deeper than any stack. */
static enum pal_err
say_size(struct pal_pickle *m, const struct pal_pickle_object *o)
{
	if (o->weight > 1e10F)
		return pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				      "an object of this pickle holds more than 10 billion values when it is walked");
	if (o->depth > PAL_PICKLE_DEPTH)
		return pal_pickle_say(m, PAL_SAID_BOMB, &pal_anomaly_pickle_bomb,
				      "more than 20,000 containers in each other; who compares, copies or prints them "
				      "runs out of stack");
	if (o->weight > 1e8F && o->weight > 100.0F * (float)m->opcodes)
		return pal_pickle_say(m, PAL_SAID_EXPANSION, &pal_anomaly_pickle_expansion,
				      "an object of this pickle holds more than 100 million values when it is walked");
	return PAL_OK;
}

/* Keeps the first items in the ring, and adds up what they weigh. */
static enum pal_err
remember(struct pal_pickle *m, struct pal_pickle_value *v, const struct pal_pickle_value *items, size_t n)
{
	size_t                    object = (size_t)(v->at >> 32);
	struct pal_pickle_object *o = object == 0 ? NULL : &m->objects[object];

	v->aux = (uint16_t)(n < PAL_PICKLE_ITEMS ? n : PAL_PICKLE_ITEMS);
	v->at = (v->at >> 32 << 32) | m->ring_next;
	for (size_t i = 0; i < v->aux; i++)
		m->ring[m->ring_next++ % m->ring_size] = items[i];
	if (o == NULL)
		return PAL_OK;
	for (size_t i = 0; i < n; i++) {
		const struct pal_pickle_object *in = items[i].tag < PAL_V_TUPLE ? NULL : object_of(m, items[i]);

		o->weight += in == NULL ? 1 : in->weight;
		if (in != NULL && in != o && in->depth >= o->depth)
			o->depth = in->depth + 1;
	}
	return o->weight > 1e8F || o->depth > PAL_PICKLE_DEPTH ? say_size(m, o) : PAL_OK;
}

enum pal_err
pal_pickle_contain(struct pal_pickle *m, uint8_t tag, const struct pal_pickle_value *items, size_t n,
		   struct pal_pickle_value *ret_value)
{
	void *objects = m->objects;

	*ret_value = (struct pal_pickle_value){ .tag = tag, .len = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX };
	if (m->object_count < PAL_PICKLE_OBJECTS) {
		m->object_count += m->object_count == 0; /* 0 stands for none */
		if (m->object_count >= m->object_cap) {
			PAL_TRY(pal_pickle_grow(&objects, &m->object_cap, m->object_count + 1, sizeof(*m->objects)));
			m->objects = objects;
		}
		m->objects[m->object_count] = (struct pal_pickle_object){ .weight = 1 };
		ret_value->at = (uint64_t)m->object_count++ << 32;
	}
	return remember(m, ret_value, items, n);
}

enum pal_err
pal_pickle_add(struct pal_pickle *m, struct pal_pickle_value *container, const struct pal_pickle_value *items, size_t n)
{
	if (container->tag != PAL_V_LIST && container->tag != PAL_V_DICT)
		return PAL_OK;
	return remember(m, container, items, n);
}

size_t
pal_pickle_item_count(const struct pal_pickle *m, struct pal_pickle_value v)
{
	if (v.tag < PAL_V_TUPLE || (uint32_t)(m->ring_next - (uint32_t)v.at) > m->ring_size)
		return 0;
	return v.aux;
}

struct pal_pickle_value
pal_pickle_item(const struct pal_pickle *m, struct pal_pickle_value v, size_t i)
{
	return m->ring[((uint32_t)v.at + i) % m->ring_size];
}

/* ---- strings and names ---- */

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
	PAL_TRY(pal_input_view(&m->side, v.at, n, n, ret_text));
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
