/* thrift.c - the compact protocol; to audit: varint(), skip() and its stack of what is still open. */
#include "thrift.h"

enum {
	STOP = 0,
	TRUE_ = 1,
	FALSE_ = 2,
	BYTE = 3,
	I16 = 4,
	I32 = 5,
	I64 = 6,
	DOUBLE = 7,
	BINARY = 8,
	LIST = 9,
	SET = 10,
	MAP = 11,
	STRUCT = 12,
	UUID = 13
};

/* A container that skip() is inside of: items of alternating types, or fields until a stop. */
struct open {
	uint8_t  types[2];
	uint64_t left; /* items; of a struct: not used */
	bool     fields;
};

struct pal_thrift
pal_thrift_of(struct pal_view v)
{
	return (struct pal_thrift){ .r = pal_reader_of(v) };
}

enum pal_err
pal_thrift_err(const struct pal_thrift *t)
{
	return t->err != PAL_OK ? t->err : pal_reader_err(&t->r);
}

static void
refuse(struct pal_thrift *t, enum pal_err e)
{
	if (t->err == PAL_OK)
		t->err = e;
}

static uint64_t
varint(struct pal_thrift *t)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t b = pal_read_u8(&t->r);

		n |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return n;
	}
	refuse(t, PAL_EFORM);
	return 0;
}

static int64_t
zigzag(uint64_t n)
{
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static struct pal_view
binary(struct pal_thrift *t)
{
	return pal_read_view(&t->r, varint(t));
}

/* The header of a list or a set; each item has a byte at least, but for the booleans, which have one too. */
static struct pal_thrift_list
list_header(struct pal_thrift *t)
{
	uint8_t  head = pal_read_u8(&t->r);
	uint64_t n = head >> 4 == 15 ? varint(t) : head >> 4;

	return (struct pal_thrift_list){ .type = head & 15, .left = pal_read_count(&t->r, n, 1, SIZE_MAX) };
}

static void
open_map(struct pal_thrift *t, struct open *o)
{
	uint64_t n = varint(t);
	uint8_t  types = n == 0 ? 0 : pal_read_u8(&t->r);

	o->types[0] = types >> 4;
	o->types[1] = types & 15;
	o->left = 2 * (uint64_t)pal_read_count(&t->r, n, 2, SIZE_MAX / 2);
}

/* A value that holds others: true, with what it holds. All else is passed over here. */
static bool
enter(struct pal_thrift *t, uint8_t type, bool item, struct open *o)
{
	*o = (struct open){ .fields = type == STRUCT };
	if (type == TRUE_ || type == FALSE_)
		pal_read_skip(&t->r, item ? 1 : 0);
	else if (type == BYTE)
		pal_read_skip(&t->r, 1);
	else if (type == I16 || type == I32 || type == I64)
		(void)varint(t);
	else if (type == DOUBLE)
		pal_read_skip(&t->r, 8);
	else if (type == UUID)
		pal_read_skip(&t->r, 16);
	else if (type == BINARY)
		(void)binary(t);
	else if (type == LIST || type == SET) {
		struct pal_thrift_list l = list_header(t);

		o->types[0] = o->types[1] = l.type;
		o->left = l.left;
	} else if (type == MAP)
		open_map(t, o);
	else if (type != STRUCT)
		refuse(t, PAL_EFORM);
	return o->fields || o->left > 0;
}

/* The type of the next value in o; STOP when there is none. */
static uint8_t
next_type(struct pal_thrift *t, struct open *o)
{
	uint8_t head = STOP;

	if (!o->fields)
		return o->left == 0 ? STOP : o->types[o->left-- % 2];
	head = pal_read_u8(&t->r);
	if ((head & 15) != STOP && head >> 4 == 0)
		(void)varint(t);
	return head & 15;
}

static void
skip(struct pal_thrift *t, uint8_t type, bool item)
{
	struct open  stack[PAL_THRIFT_DEPTH];
	unsigned int depth = enter(t, type, item, &stack[0]) ? 1 : 0;

	while (depth > 0 && pal_thrift_err(t) == PAL_OK) {
		struct open *o = &stack[depth - 1];
		bool         of_list = !o->fields;
		uint8_t      inner = next_type(t, o);

		if (inner == STOP) {
			if (of_list && o->left > 0)
				refuse(t, PAL_EFORM);
			depth--;
			continue;
		}
		if (depth == PAL_THRIFT_DEPTH) {
			refuse(t, PAL_ELIMIT);
			return;
		}
		depth += enter(t, inner, of_list, &stack[depth]) ? 1 : 0;
	}
}

static void
pass(struct pal_thrift *t, struct pal_thrift_field *f)
{
	if (f->untaken)
		skip(t, f->type, false);
	f->untaken = false;
}

bool
pal_thrift_next(struct pal_thrift *t, struct pal_thrift_field *f)
{
	uint8_t head = 0;

	pass(t, f);
	head = pal_read_u8(&t->r);
	if (pal_thrift_err(t) != PAL_OK || (head & 15) == STOP)
		return false;
	f->id = head >> 4 != 0 ? (int16_t)(f->id + (head >> 4)) : (int16_t)zigzag(varint(t));
	f->type = head & 15;
	f->untaken = true;
	return pal_thrift_err(t) == PAL_OK;
}

int64_t
pal_thrift_int(struct pal_thrift *t, struct pal_thrift_field *f)
{
	if (f->type == BYTE) {
		f->untaken = false;
		return (int8_t)pal_read_u8(&t->r);
	}
	if (f->type != I16 && f->type != I32 && f->type != I64) {
		pass(t, f);
		return 0;
	}
	f->untaken = false;
	return zigzag(varint(t));
}

bool
pal_thrift_bool(struct pal_thrift *t, struct pal_thrift_field *f)
{
	pass(t, f);
	return f->type == TRUE_;
}

struct pal_view
pal_thrift_binary(struct pal_thrift *t, struct pal_thrift_field *f)
{
	if (f->type != BINARY) {
		pass(t, f);
		return (struct pal_view){ 0 };
	}
	f->untaken = false;
	return binary(t);
}

bool
pal_thrift_struct(struct pal_thrift *t, struct pal_thrift_field *f)
{
	if (f->type != STRUCT) {
		pass(t, f);
		return false;
	}
	f->untaken = false;
	return true;
}

struct pal_thrift_list
pal_thrift_list(struct pal_thrift *t, struct pal_thrift_field *f)
{
	if (f->type != LIST) {
		pass(t, f);
		return (struct pal_thrift_list){ 0 };
	}
	f->untaken = false;
	return list_header(t);
}

bool
pal_thrift_item_struct(struct pal_thrift *t, struct pal_thrift_list *l)
{
	if (l->type != STRUCT)
		pal_thrift_skip_list(t, l);
	if (l->left == 0 || pal_thrift_err(t) != PAL_OK)
		return false;
	l->left--;
	return true;
}

bool
pal_thrift_item_binary(struct pal_thrift *t, struct pal_thrift_list *l, struct pal_view *ret_text)
{
	if (l->type != BINARY)
		pal_thrift_skip_list(t, l);
	if (l->left == 0 || pal_thrift_err(t) != PAL_OK)
		return false;
	l->left--;
	*ret_text = binary(t);
	return pal_thrift_err(t) == PAL_OK;
}

void
pal_thrift_skip_list(struct pal_thrift *t, struct pal_thrift_list *l)
{
	for (; l->left > 0 && pal_thrift_err(t) == PAL_OK; l->left--)
		skip(t, l->type, true);
	l->left = 0;
}
