/* pickle_search.c - bytes that were not walked may still be run by somebody: names are searched for in them. */
#include "pickle.h"

#define NAME_MAX_ 256
#define OVERLAP   2048

static size_t
identifier(struct pal_view v, size_t at)
{
	size_t n = 0;

	while (at + n < v.len && n < NAME_MAX_ &&
	       (pal_is_alnum(v.data[at + n]) || v.data[at + n] == '_' || v.data[at + n] == '.'))
		n++;
	return n;
}

static bool
sets_off_a_call(uint8_t c)
{
	static const uint8_t next[] = { '(', ')', 'q', 'p', 'r', 0x94, 0x85, 0x8c, '.', 'R', '0', 'b' };

	for (size_t i = 0; i < sizeof(next); i++)
		if (next[i] == c)
			return true;
	return false;
}

/* GLOBAL or INST at v[0]: two lines that are identifiers, and an opcode that goes on with them. */
static bool
two_lines(struct pal_view v, struct pal_view *ret_module, struct pal_view *ret_name)
{
	size_t m = identifier(v, 1), n = 0;

	if (m < 2 || 1 + m >= v.len || v.data[1 + m] != '\n')
		return false;
	n = identifier(v, 2 + m);
	if (n < 3 || 2 + m + n >= v.len || v.data[2 + m + n] != '\n')
		return false;
	*ret_module = pal_view_sub(v, 1, m);
	*ret_name = pal_view_sub(v, 2 + m, n);
	return 3 + m + n == v.len || sets_off_a_call(v.data[3 + m + n]);
}

/* A string opcode at v[*at] and what remembers it; *at moves behind both. */
static bool
short_string(struct pal_view v, size_t *at, struct pal_view *ret_text)
{
	size_t head = 2, len = 0;

	if (v.len - *at < 6)
		return false;
	len = v.data[*at + 1];
	if (v.data[*at] == 'X') {
		if (v.data[*at + 2] != 0 || v.data[*at + 3] != 0 || v.data[*at + 4] != 0)
			return false;
		head = 5;
	} else if (v.data[*at] != 0x8c) {
		return false;
	}
	if (len < 2 || identifier(v, *at + head) < len)
		return false;
	*ret_text = pal_view_sub(v, *at + head, len);
	*at += head + len;
	if (*at < v.len && v.data[*at] == 0x94)
		*at += 1;
	else if (*at < v.len && v.data[*at] == 'q')
		*at += 2;
	else if (*at < v.len && v.data[*at] == 'r')
		*at += 5;
	return *at < v.len;
}

static bool
two_strings(struct pal_view v, struct pal_view *ret_module, struct pal_view *ret_name)
{
	size_t at = 0;

	return short_string(v, &at, ret_module) && short_string(v, &at, ret_name) && v.data[at] == 0x93;
}

static const bool may_begin[256] = { ['c'] = 1, ['i'] = 1, ['X'] = 1, [0x8c] = 1 };

static enum pal_err
search_window(struct pal_pickle *m, struct pal_view v, size_t until, uint64_t at)
{
	for (size_t i = 0; i < until; i++) {
		struct pal_view         rest = { 0 }, module = { 0 }, name = { 0 };
		struct pal_pickle_value unused = { 0 };

		if (!may_begin[v.data[i]])
			continue;
		rest = pal_view_sub(v, i, OVERLAP);
		if (!(v.data[i] == 'c' || v.data[i] == 'i' ? two_lines(rest, &module, &name)
							   : two_strings(rest, &module, &name)))
			continue;
		m->op_at = at + i;
		if (!m->searched)
			PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_pickle_trailing, at + i,
						 "opcodes that look up %.*s.%.*s stand where no opcodes are expected",
						 (int)module.len, module.data, (int)name.len, name.data));
		m->searched = true;
		PAL_TRY(pal_pickle_global(m, module, name, &unused));
	}
	return PAL_OK;
}

enum pal_err
pal_pickle_search(struct pal_pickle *m, uint64_t at, uint64_t len)
{
	PAL_TRY(pal_pickle_flush(m));
	while (len > 0) {
		struct pal_view v = { 0 };
		size_t          until = 0;

		PAL_TRY(pal_input_view(&m->side, at, len < OVERLAP ? (size_t)len : OVERLAP,
				       len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		until = v.len == len ? v.len : v.len - OVERLAP + 1;
		PAL_TRY(search_window(m, v, until, at));
		at += until;
		len -= until;
	}
	return PAL_OK;
}
