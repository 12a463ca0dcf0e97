/* npy_header.c - the grammar (numpy/lib/format.py); every read goes through peek(), nesting is bounded.
 */
#include "npy_header.h"

#define FIELDS_DEEP 64u

struct cursor {
	struct pal_view text;
	size_t          at;
	const char     *why;
};

static bool
wrong(struct cursor *c, const char *why)
{
	if (c->why == NULL)
		c->why = why;
	return false;
}

static int
peek(struct cursor *c)
{
	while (c->at < c->text.len && pal_is_space(c->text.data[c->at]))
		c->at++;
	return c->at < c->text.len ? c->text.data[c->at] : -1;
}

static bool
take(struct cursor *c, char sign)
{
	if (peek(c) != sign)
		return false;
	c->at++;
	return true;
}

static bool
take_string(struct cursor *c, struct pal_view *ret_text)
{
	int    quote = peek(c);
	size_t from = c->at + 1;

	if (quote != '\'' && quote != '"')
		return wrong(c, "a string expected");
	for (size_t i = from; i < c->text.len; i++) {
		if (c->text.data[i] == '\\')
			return wrong(c, "an escape in a string");
		if (c->text.data[i] != quote)
			continue;
		*ret_text = pal_view_sub(c->text, from, i - from);
		c->at = i + 1;
		return true;
	}
	return wrong(c, "a string without its end");
}

static bool
take_number(struct cursor *c, uint64_t *ret_n)
{
	size_t from = 0;

	(void)peek(c);
	from = c->at;
	while (c->at < c->text.len && pal_is_digit(c->text.data[c->at]))
		c->at++;
	if (!pal_view_u64(pal_view_sub(c->text, from, c->at - from), ret_n))
		return wrong(c, "a number expected");
	if (c->at < c->text.len && c->text.data[c->at] == 'L')
		c->at++; /* Python 2 */
	return true;
}

static bool
take_shape(struct cursor *c, uint64_t *shape, size_t *ret_rank)
{
	size_t rank = 0;
	bool   comma = true;

	if (!take(c, '('))
		return wrong(c, "a shape in parentheses expected");
	while (!take(c, ')')) {
		if (rank == PAL_NPY_RANK || !comma)
			return wrong(c, "a shape of more than 64 numbers, or without commas");
		if (!take_number(c, &shape[rank]))
			return false;
		rank++;
		comma = take(c, ',');
	}
	if (rank == 1 && !comma)
		return wrong(c, "a number in parentheses is no shape");
	*ret_rank = rank;
	return true;
}

/* The unit of a time: "M8[ns]", "m8[25s]". */
static bool
is_unit(struct pal_view v)
{
	return v.len >= 3 && v.data[0] == '[' && v.data[v.len - 1] == ']';
}

/* '<f8': order, kind, size. What its items need; objects are a pointer that stands for a pickle. Nothing may follow:
 * NumPy takes "f4,O" for two fields, and writes neither that nor a type without its size. */
static bool
read_type(struct cursor *c, struct pal_view type, uint64_t *ret_item, bool *ret_objects)
{
	uint64_t size = 0;
	size_t   i = 1;

	if (type.len > 0 && pal_view_find_byte(pal_view_of("<>|="), type.data[0], 0) != SIZE_MAX)
		type = pal_view_sub(type, 1, type.len);
	if (type.len == 0 || pal_view_find_byte(pal_view_of("biufcSaUVOMm?"), type.data[0], 0) == SIZE_MAX)
		return wrong(c, "a type that NumPy does not have");
	*ret_objects = *ret_objects || type.data[0] == 'O';
	for (; i < type.len && pal_is_digit(type.data[i]); i++)
		size = size > UINT32_MAX ? size : size * 10 + (uint64_t)(type.data[i] - '0');
	if (size > UINT32_MAX)
		return wrong(c, "an item of more than 4 GiB");
	if (i < type.len && !((type.data[0] == 'M' || type.data[0] == 'm') && is_unit(pal_view_sub(type, i, type.len))))
		return wrong(c, "a type with more behind it than its size");
	if (i == 1 && type.data[0] != 'O' && type.data[0] != '?')
		return wrong(c, "a type without its size");
	*ret_item = type.data[0] == 'O' ? 8 : type.data[0] == '?' ? 1 : type.data[0] == 'U' ? 4 * size : size;
	return true;
}

static bool take_type(struct cursor *c, unsigned int depth, uint64_t *ret_item, bool *ret_objects);

/* How often an item stands in its field: a shape, or a number. */
static bool
take_times(struct cursor *c, uint64_t *item)
{
	uint64_t shape[PAL_NPY_RANK] = { 0 };
	size_t   rank = 1;
	int      sign = peek(c);

	if (sign == '(' ? !take_shape(c, shape, &rank) : !take_number(c, &shape[0]))
		return false;
	for (size_t i = 0; i < rank; i++)
		if (__builtin_mul_overflow(*item, shape[i], item))
			return wrong(c, "a field whose size overflows");
	return true;
}

/* 'name', or ('title', 'name'). */
static bool
take_field_name(struct cursor *c)
{
	struct pal_view name = { 0 };
	bool            titled = take(c, '(');

	if (!take_string(c, &name))
		return false;
	return !titled || (take(c, ',') && take_string(c, &name) && take(c, ')')) ||
	       wrong(c, "a title and a name expected");
}

/* ('name', type) or ('name', type, shape). */
static bool
/* NOLINTNEXTLINE(misc-no-recursion): depth ends it */
take_field(struct cursor *c, unsigned int depth, uint64_t *ret_item, bool *ret_objects)
{
	if (!take(c, '(') || !take_field_name(c) || !take(c, ','))
		return wrong(c, "a field in parentheses expected");
	if (!take_type(c, depth + 1, ret_item, ret_objects))
		return false;
	if (take(c, ',') && peek(c) != ')' && !take_times(c, ret_item))
		return false;
	(void)take(c, ',');
	return take(c, ')') || wrong(c, "a field without its end");
}

static bool
/* NOLINTNEXTLINE(misc-no-recursion): depth ends it */
take_fields(struct cursor *c, unsigned int depth, uint64_t *ret_item, bool *ret_objects)
{
	uint64_t sum = 0;

	while (!take(c, ']')) {
		uint64_t item = 0;

		if (!take_field(c, depth, &item, ret_objects))
			return false;
		if (__builtin_add_overflow(sum, item, &sum))
			return wrong(c, "fields whose size overflows");
		if (!take(c, ',') && peek(c) != ']')
			return wrong(c, "a list of fields that is none");
	}
	*ret_item = sum;
	return true;
}

/* numpy/lib/format.py, descr_to_dtype(): a string, a list of fields, or (type, shape). */
static bool
/* NOLINTNEXTLINE(misc-no-recursion): depth ends it */
take_type(struct cursor *c, unsigned int depth, uint64_t *ret_item, bool *ret_objects)
{
	struct pal_view type = { 0 };

	if (depth > FIELDS_DEEP)
		return wrong(c, "fields nested more than 64 levels");
	if (take(c, '['))
		return take_fields(c, depth, ret_item, ret_objects);
	if (!take(c, '('))
		return take_string(c, &type) && read_type(c, type, ret_item, ret_objects);
	if (!take_type(c, depth + 1, ret_item, ret_objects) || !take(c, ',') || !take_times(c, ret_item))
		return wrong(c, "a type and a shape expected");
	(void)take(c, ',');
	return take(c, ')') || wrong(c, "a type and a shape expected");
}

static bool
take_descr(struct cursor *c, struct pal_npy *n)
{
	int    sign = peek(c);
	size_t from = c->at;
	bool   plain = sign == '\'' || sign == '"';

	if (!take_type(c, 0, &n->item, &n->objects))
		return false;
	n->descr =
	    plain ? pal_view_sub(c->text, from + 1, c->at - from - 2) : pal_view_sub(c->text, from, c->at - from);
	return true;
}

static bool
take_bool(struct cursor *c, bool *ret_yes)
{
	struct pal_view rest = { 0 };

	(void)peek(c);
	rest = pal_view_sub(c->text, c->at, c->text.len);
	*ret_yes = pal_view_starts(rest, "True");
	if (!*ret_yes && !pal_view_starts(rest, "False"))
		return wrong(c, "True or False expected");
	c->at += *ret_yes ? 4 : 5;
	return true;
}

static bool
take_pair(struct cursor *c, struct pal_npy *n, unsigned int *seen)
{
	static const char *const keys[] = { "descr", "fortran_order", "shape" };
	struct pal_view          key = { 0 };
	unsigned int             k = 0;

	if (!take_string(c, &key))
		return false;
	while (k < 3 && !pal_view_is(key, keys[k]))
		k++;
	if (k == 3 || (*seen & 1u << k) != 0)
		return wrong(c, k == 3 ? "a key that NumPy does not have" : "a key twice");
	*seen |= 1u << k;
	if (!take(c, ':'))
		return wrong(c, "a colon expected");
	if (k == 0)
		return take_descr(c, n);
	return k == 1 ? take_bool(c, &n->fortran) : take_shape(c, n->shape, &n->rank);
}

static bool
take_dict(struct cursor *c, struct pal_npy *n)
{
	unsigned int seen = 0;

	if (!take(c, '{'))
		return wrong(c, "a dict expected");
	while (!take(c, '}')) {
		if (!take_pair(c, n, &seen))
			return false;
		if (!take(c, ',') && peek(c) != '}')
			return wrong(c, "a comma expected");
	}
	if (seen != 7)
		return wrong(c, "descr, fortran_order or shape is missing");
	if (peek(c) != -1)
		return wrong(c, "text after the dict");
	return true;
}

bool
pal_npy_header(struct pal_view text, struct pal_npy *ret_npy)
{
	struct cursor  c = { .text = text };
	struct pal_npy n = { .item = 0 };
	bool           good = take_dict(&c, &n);

	n.why = c.why;
	n.at = c.at;
	*ret_npy = n;
	return good;
}
