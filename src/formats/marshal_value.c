/* marshal_value.c - the values of CPython's Python/marshal.c as a tree, without recursion; to audit: take_value(). */
#include "marshal.h"

#include "palisade/reader.h"

#define DEPTH_MOST 2000u /* CPython's MAX_MARSHAL_STACK_DEPTH */
#define NODES_MOST 400000u
#define FLAG_REF   0x80u

/* A container whose children are still to come. */
struct open {
	size_t       node, last; /* index + 1 */
	uint64_t     left;       /* children; UINT64_MAX: up to a NULL */
	unsigned int code;       /* objects of a code object read so far, plus 1; 0: no code object */
	bool         wide;       /* a code object of 3.11 and later */
};

struct parse {
	struct pal_marshal *m;
	struct pal_reader   r;
	struct pal_list     refs;     /* of size_t, index + 1: what FLAG_REF marked */
	struct pal_list     interned; /* the same, of Python 2's strings */
	struct open         open[DEPTH_MOST];
	size_t              depth;
	bool                done;
};

static bool
broken(struct parse *p, const char *why)
{
	if (p->m->why == NULL) {
		p->m->why = why;
		p->m->wrong_at = p->r.offset;
	}
	return false;
}

static struct pal_marshal_node *
node_of(const struct pal_marshal *m, size_t index)
{
	return pal_list_at(&m->nodes, index - 1);
}

const struct pal_marshal_node *
pal_marshal_at(const struct pal_marshal *m, size_t index)
{
	const struct pal_marshal_node *n = index == 0 ? NULL : node_of(m, index);

	/* a reference never means another reference: the reader resolves it when it stands there */
	return n != NULL && n->kind == PAL_MARSHAL_REF ? (n->to == 0 ? NULL : node_of(m, n->to)) : n;
}

static bool
add_index(struct pal_list *l, size_t index)
{
	size_t *slot = pal_list_add(l);

	if (slot == NULL)
		return false;
	*slot = index;
	return true;
}

/* A new node as the next child of the open container; 0 when there is no room. */
static size_t
add_node(struct parse *p, enum pal_marshal_kind kind, bool keep)
{
	struct pal_marshal_node *n = NULL;
	size_t                   index = 0;

	if (p->m->nodes.count >= NODES_MOST) {
		p->m->limit = true;
		(void)broken(p, "more than 400000 values");
		return 0;
	}
	n = pal_list_add(&p->m->nodes);
	if (n == NULL)
		return 0;
	n->kind = kind;
	n->at = p->r.offset - 1;
	index = p->m->nodes.count;
	if (p->depth > 0) {
		struct open *o = &p->open[p->depth - 1];

		if (o->last == 0)
			node_of(p->m, o->node)->first = index;
		else
			node_of(p->m, o->last)->next = index;
		o->last = index;
	}
	return keep && !add_index(&p->refs, index) ? 0 : index;
}

static bool
open_node(struct parse *p, enum pal_marshal_kind kind, bool keep, uint64_t children)
{
	size_t index = add_node(p, kind, keep);

	if (index == 0)
		return false;
	if (children != UINT64_MAX && children > pal_reader_left(&p->r))
		return broken(p, "a container of more values than there are bytes");
	if (p->depth == DEPTH_MOST)
		return broken(p, "values nested more than 2000 levels");
	p->open[p->depth++] = (struct open){ .node = index, .left = children };
	return true;
}

static bool
take_text(struct parse *p, enum pal_marshal_kind kind, uint64_t len, bool keep, bool interned)
{
	size_t index = add_node(p, kind, keep);

	if (index == 0)
		return false;
	if (len > pal_reader_left(&p->r))
		return broken(p, "a string longer than what is left");
	node_of(p->m, index)->at = p->r.offset;
	node_of(p->m, index)->text = pal_read_view(&p->r, len);
	return !interned || add_index(&p->interned, index);
}

static bool
take_ref(struct parse *p, const struct pal_list *from)
{
	uint32_t n = pal_read_u32le(&p->r);
	size_t   index = 0, to = 0;

	if (n >= from->count)
		return broken(p, "a reference to a value that there is not");
	to = *(const size_t *)pal_list_at(from, n);
	index = add_node(p, PAL_MARSHAL_REF, false);
	if (index == 0)
		return false;
	node_of(p->m, index)->to = to;
	return true;
}

static bool
take_plain(struct parse *p, bool keep, uint64_t len)
{
	if (add_node(p, PAL_MARSHAL_OTHER, keep) == 0)
		return false;
	if (len > pal_reader_left(&p->r))
		return broken(p, "a number longer than what is left");
	pal_read_skip(&p->r, len);
	return true;
}

/*
 * How many ints stand before a code object's bytes: four in Python 2, six from 3.8 to 3.10, five in all others. The
 * bytes' length must fit too, for the flags of a nested generator look like their mark.
 */
unsigned int
pal_marshal_ints(struct pal_view v, uint64_t left)
{
	static const uint8_t counts[] = { 5, 6, 4 };

	for (size_t i = 0; i < sizeof(counts); i++) {
		size_t            at = (size_t)counts[i] * 4;
		struct pal_reader r = pal_reader_of(pal_view_sub(v, at, 5));
		uint8_t           mark = pal_read_u8(&r);
		uint32_t          len = pal_read_u32le(&r);

		if (pal_reader_err(&r) == PAL_OK && (mark & 0x7f) == 's' && left >= at + 5 && len <= left - at - 5)
			return counts[i];
	}
	return 0;
}

static bool
take_code(struct parse *p, bool keep)
{
	unsigned int ints = pal_marshal_ints(pal_read_peek(&p->r, 32), pal_reader_left(&p->r));

	if (ints == 0)
		return broken(p, "a code object of no known version");
	if (!open_node(p, PAL_MARSHAL_CODE, keep, UINT64_MAX))
		return false;
	p->open[p->depth - 1].code = 1;
	pal_read_skip(&p->r, (uint64_t)ints * 4);
	return true;
}

/* int: digits of 15 bits, the sign in the count */
static bool
take_long(struct parse *p, bool keep)
{
	uint32_t n = pal_read_u32le(&p->r);
	uint64_t digits = n >> 31 != 0 ? (uint64_t)(~n) + 1 : n;

	return take_plain(p, keep, digits * 2);
}

/* How many bytes follow the types whose values say nothing here; UINT8_MAX: it is none of them. */
static uint8_t
plain_size(uint8_t type)
{
	switch (type) {
	case 'N':
	case 'T':
	case 'F':
	case 'S':
	case '.':
		return 0;
	case 'i':
		return 4;
	case 'I':
	case 'g':
		return 8;
	case 'y':
		return 16;
	default:
		return UINT8_MAX;
	}
}

static bool
take_string(struct parse *p, uint8_t type, bool keep)
{
	uint32_t len = type == 'z' || type == 'Z' ? pal_read_u8(&p->r) : pal_read_u32le(&p->r);

	return take_text(p, type == 's' ? PAL_MARSHAL_BYTES : PAL_MARSHAL_TEXT, len, keep, type == 't');
}

/* The end of a dictionary. */
static bool
take_null(struct parse *p)
{
	if (p->depth == 0 || p->open[p->depth - 1].left != UINT64_MAX || p->open[p->depth - 1].code != 0)
		return broken(p, "a NULL outside of a dictionary");
	p->open[p->depth - 1].left = 0;
	return true;
}

static bool
take_value(struct parse *p)
{
	uint8_t mark = pal_read_u8(&p->r), type = mark & (uint8_t)~FLAG_REF;
	bool    keep = (mark & FLAG_REF) != 0;

	if (pal_reader_err(&p->r) != PAL_OK)
		return broken(p, "the bytes end inside a value");
	if (plain_size(type) != UINT8_MAX)
		return take_plain(p, keep, plain_size(type));
	switch (type) {
	case '0':
		return take_null(p);
	case 'f':
		return take_plain(p, keep, pal_read_u8(&p->r));
	case 'x':
		pal_read_skip(&p->r, pal_read_u8(&p->r));
		return take_plain(p, keep, pal_read_u8(&p->r));
	case 'l':
		return take_long(p, keep);
	case 's':
	case 't':
	case 'u':
	case 'a':
	case 'A':
	case 'z':
	case 'Z':
		return take_string(p, type, keep);
	case ')':
		return open_node(p, PAL_MARSHAL_TUPLE, keep, pal_read_u8(&p->r));
	case '(':
	case '[':
	case '<':
	case '>':
		return open_node(p, PAL_MARSHAL_TUPLE, keep, pal_read_u32le(&p->r));
	case ':':
		return open_node(p, PAL_MARSHAL_TUPLE, keep, 3);
	case '{':
		return open_node(p, PAL_MARSHAL_TUPLE, keep, UINT64_MAX);
	case 'c':
		return take_code(p, keep);
	case 'r':
		return take_ref(p, &p->refs);
	case 'R':
		return take_ref(p, &p->interned);
	default:
		return broken(p, "a type that marshal does not have");
	}
}

/*
 * Which objects follow in a code object. Up to 3.10: bytes, consts, names, varnames, freevars, cellvars, filename,
 * name, an int, lnotab. From 3.11: bytes, consts, names, localsplusnames, localspluskinds (bytes, where the others
 * have a tuple), filename, name, qualname, an int, linetable, exceptiontable.
 */
static void
step_code(struct parse *p, struct open *o)
{
	unsigned int have = o->code++;

	if (have == 5 && o->last != 0) {
		const struct pal_marshal_node *n = pal_marshal_at(p->m, o->last);

		o->wide = n != NULL && n->kind == PAL_MARSHAL_BYTES;
	}
	if (have == 8)
		pal_read_skip(&p->r, 4); /* the first line's number */
	if (have == (o->wide ? 10 : 9))
		o->left = 0;
}

/* After a value: what contains it has one less to come, and may be whole now. */
static void
step(struct parse *p, size_t before)
{
	bool child = before == p->depth;

	while (p->depth > 0) {
		struct open *o = &p->open[p->depth - 1];

		if (child && o->code != 0)
			step_code(p, o);
		else if (child && o->left != UINT64_MAX && o->left > 0)
			o->left--;
		if (o->left != 0)
			return;
		p->depth--;
		child = true;
	}
	p->done = true;
}

enum pal_err
pal_marshal_read(struct pal_marshal *m, struct pal_view v, size_t at)
{
	struct parse *p = pal_arena_array(m->arena, 1, sizeof(*p));

	if (p == NULL)
		return pal_arena_err(m->arena);
	p->m = m;
	p->r = pal_reader_of(v);
	pal_read_skip(&p->r, at);
	p->refs = pal_list_of(m->arena, sizeof(size_t));
	p->interned = pal_list_of(m->arena, sizeof(size_t));
	m->nodes = pal_list_of(m->arena, sizeof(struct pal_marshal_node));
	while (!p->done) {
		size_t before = p->depth;

		if (!take_value(p))
			break;
		if (pal_reader_err(&p->r) != PAL_OK) {
			(void)broken(p, "the bytes end inside a value");
			break;
		}
		step(p, before);
	}
	m->end = p->r.offset;
	return pal_arena_err(m->arena);
}
