/* shape.c - sets, repeats and templates of the rule files; matching is one pass over a set of positions. */
#include "shape.h"

static void
set_add(struct pal_charset *s, uint8_t from, uint8_t to)
{
	for (unsigned int c = from; c <= to; c++)
		s->bits[c >> 6] |= (uint64_t)1 << (c & 63);
}

static uint8_t
take_byte(struct pal_view *rest)
{
	uint8_t c = rest->data[0];

	*rest = pal_view_sub(*rest, 1, rest->len);
	return c;
}

/* One character of a set; \n, \r, \t and \s are what they are elsewhere. False at the end of the text. */
static bool
set_char(struct pal_view *rest, uint8_t *ret_c)
{
	bool    escaped = rest->len > 1 && rest->data[0] == '\\';
	uint8_t c;

	if (escaped)
		(void)take_byte(rest);
	if (rest->len == 0)
		return false;
	c = take_byte(rest);
	if (escaped)
		c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == 's' ? ' ' : c;
	*ret_c = c;
	return true;
}

enum pal_err
pal_charset_parse(struct pal_view *rest, struct pal_charset *ret_set, struct pal_diag *d)
{
	struct pal_charset s = { { 0 } };
	struct pal_view    r = *rest;
	uint8_t            from = 0, to = 0;

	if (r.len == 0 || take_byte(&r) != '[')
		return pal_fail(d, PAL_ECONFIG, 0, "expected a set such as [A-Za-z0-9]");
	while (r.len > 0 && r.data[0] != ']') {
		if (!set_char(&r, &from))
			break;
		to = from;
		if (r.len > 1 && r.data[0] == '-' && r.data[1] != ']') {
			(void)take_byte(&r);
			(void)set_char(&r, &to);
		}
		if (to < from)
			return pal_fail(d, PAL_ECONFIG, 0, "range %c-%c runs backwards", from, to);
		set_add(&s, from, to);
	}
	if (r.len == 0)
		return pal_fail(d, PAL_ECONFIG, 0, "set is not closed by ]");
	(void)take_byte(&r);
	*rest = r;
	*ret_set = s;
	return PAL_OK;
}

enum pal_err
pal_repeat_parse(struct pal_view *rest, size_t most, size_t *ret_least, size_t *ret_most, struct pal_diag *d)
{
	struct pal_view r = *rest, inside, low;
	size_t          close;
	uint64_t        a = 1, b = 1;

	if (r.len == 0 || r.data[0] != '{') {
		*ret_least = *ret_most = 1;
		return PAL_OK;
	}
	close = pal_view_find_byte(r, '}', 0);
	if (close == SIZE_MAX)
		return pal_fail(d, PAL_ECONFIG, 0, "{ is not closed by }");
	inside = pal_view_sub(r, 1, close - 1);
	if (!pal_view_split(&inside, ',', &low) || !pal_view_u64(low, &a))
		return pal_fail(d, PAL_ECONFIG, 0, "expected {n} or {n,m}");
	b = a;
	if (inside.len > 0 && !pal_view_u64(inside, &b))
		return pal_fail(d, PAL_ECONFIG, 0, "expected {n} or {n,m}");
	if (b == 0 || a > b || b > most)
		return pal_fail(d, PAL_ECONFIG, 0, "repeat {%llu,%llu} is empty or above %zu", (unsigned long long)a,
				(unsigned long long)b, most);
	*ret_least = (size_t)a;
	*ret_most = (size_t)b;
	*rest = pal_view_sub(r, close + 1, r.len);
	return PAL_OK;
}

static enum pal_err
item_parse(struct pal_view *rest, struct pal_shape_item *ret_item, struct pal_diag *d)
{
	uint8_t c = rest->data[0];

	if (c == '[') {
		PAL_TRY(pal_charset_parse(rest, &ret_item->set, d));
	} else {
		(void)take_byte(rest);
		if (c == '9' || c == 'X')
			set_add(&ret_item->set, '0', '9');
		if (c == 'A' || c == 'X')
			set_add(&ret_item->set, 'A', 'Z');
		if (c != '9' && c != 'A' && c != 'X')
			set_add(&ret_item->set, c, c);
	}
	return pal_repeat_parse(rest, PAL_SHAPE_LONGEST, &ret_item->least, &ret_item->most, d);
}

enum pal_err
pal_shape_parse(struct pal_view text, struct pal_shape *ret_shape, struct pal_diag *d)
{
	struct pal_shape s = { .count = 0 };

	while (text.len > 0) {
		if (s.count == PAL_SHAPE_ITEMS)
			return pal_fail(d, PAL_ECONFIG, 0, "template has more than %d items", PAL_SHAPE_ITEMS);
		PAL_TRY(item_parse(&text, &s.items[s.count], d));
		s.least += s.items[s.count].least;
		s.most += s.items[s.count].most;
		s.count++;
	}
	if (s.count == 0 || s.most > PAL_SHAPE_LONGEST)
		return pal_fail(d, PAL_ECONFIG, 0, "template is empty or longer than %d characters", PAL_SHAPE_LONGEST);
	*ret_shape = s;
	return PAL_OK;
}

/* The positions that one more character of the set leads to; bit i stands for "i characters are used up". */
static uint64_t
step(uint64_t at, const struct pal_charset *set, struct pal_view v)
{
	uint64_t next = 0;

	for (at &= ((uint64_t)1 << v.len) - 1; at != 0; at &= at - 1) {
		int i = __builtin_ctzll(at);

		if (pal_charset_has(set, v.data[i]))
			next |= (uint64_t)2 << i;
	}
	return next;
}

bool
pal_shape_match(const struct pal_shape *s, struct pal_view value)
{
	uint64_t at = 1;

	if (value.len < s->least || value.len > s->most)
		return false;
	if (s->count == 1) { /* the commonest: one set throughout */
		for (size_t i = 0; i < value.len; i++)
			if (!pal_charset_has(&s->items[0].set, value.data[i]))
				return false;
		return true;
	}
	for (size_t i = 0; i < s->count && at != 0; i++) {
		uint64_t some = 0;

		for (size_t n = 1; n <= s->items[i].most && at != 0; n++) {
			if (n > s->items[i].least)
				some |= at;
			at = step(at, &s->items[i].set, value);
		}
		at |= some;
	}
	return (at >> value.len & 1) != 0;
}
