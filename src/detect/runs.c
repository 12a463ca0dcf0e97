/* runs.c - the run scanner: a table of character classes, a tree of group lengths, templates at its ends. */
#include "runs.h"

#define GROUPS_MOST 12
#define SEPARATORS  4
static const char separators[] = " -./";

struct node {
	uint16_t next[PAL_SHAPE_LONGEST + 1][SEPARATORS]; /* by length of this group and what follows it; 0: nothing */
	uint16_t end[PAL_SHAPE_LONGEST + 1];              /* first of the rules that end here, + 1 */
};

struct end {
	uint16_t shape, next; /* next: + 1 */
};

struct shape {
	const struct pal_rule_def *def;
	struct pal_shape           shape;
};

struct groups {
	uint8_t len[GROUPS_MOST], separator[GROUPS_MOST]; /* separator: after the group */
	size_t  count, total;
	bool    repeats;
};

enum { C_DIGIT = 1, C_UPPER = 2, C_OTHER = 4, C_SEPARATOR = 8, C_LOWER = 16 };

#define D C_DIGIT
#define U C_UPPER
#define O C_OTHER
#define S C_SEPARATOR
#define L C_LOWER
static const uint8_t classes[256] = {
	[' '] = S, ['-'] = S, ['.'] = S, ['/'] = S, ['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D,
	['6'] = D, ['7'] = D, ['8'] = D, ['9'] = D, ['A'] = U, ['B'] = U, ['C'] = U, ['D'] = U, ['E'] = U, ['F'] = U,
	['G'] = U, ['H'] = U, ['I'] = U, ['J'] = U, ['K'] = U, ['L'] = U, ['M'] = U, ['N'] = U, ['O'] = U, ['P'] = U,
	['Q'] = U, ['R'] = U, ['S'] = U, ['T'] = U, ['U'] = U, ['V'] = U, ['W'] = U, ['X'] = U, ['Y'] = U, ['Z'] = U,
	['_'] = O, ['a'] = L, ['b'] = L, ['c'] = L, ['d'] = L, ['e'] = L, ['f'] = L, ['g'] = L, ['h'] = L, ['i'] = L,
	['j'] = L, ['k'] = L, ['l'] = L, ['m'] = L, ['n'] = L, ['o'] = L, ['p'] = L, ['q'] = L, ['r'] = L, ['s'] = L,
	['t'] = L, ['u'] = L, ['v'] = L, ['w'] = L, ['x'] = L, ['y'] = L, ['z'] = L,
};
#undef D
#undef U
#undef O
#undef S
#undef L

static size_t
separator_of(uint8_t c)
{
	return pal_view_find_byte(pal_view_of(separators), c, 0);
}

static bool
groups_parse(struct pal_view v, struct groups *ret)
{
	struct groups g = { .count = 0 };
	size_t        i = 0;

	while (i < v.len) {
		unsigned int n = 0;

		if (g.count == GROUPS_MOST || g.repeats)
			return false;
		g.repeats = v.data[i] == '*';
		for (; i < v.len && pal_is_digit(v.data[i]) && n < 100; i++)
			n = n * 10 + (unsigned int)(v.data[i] - '0');
		i += g.repeats ? 1 : 0;
		if (!g.repeats && (n == 0 || n > PAL_SHAPE_LONGEST))
			return false;
		g.len[g.count] = (uint8_t)n;
		g.total += n;
		if (i < v.len && (separator_of(v.data[i]) == SIZE_MAX || i + 1 == v.len))
			return false;
		g.separator[g.count++] = i < v.len ? v.data[i++] : 0;
	}
	*ret = g;
	return g.count >= 2 && !(g.repeats && g.count < 3);
}

static enum pal_err
put_end(struct pal_runs *r, size_t node, size_t len, size_t shape)
{
	struct end  *e = pal_list_add(&r->ends);
	struct node *n = pal_list_at(&r->nodes, node);

	if (e == NULL)
		return pal_arena_err(r->ends.arena);
	e->shape = (uint16_t)shape;
	e->next = n->end[len];
	n->end[len] = (uint16_t)r->ends.count;
	return PAL_OK;
}

/* The node behind a group of this length and this separator, made when it is not there. */
static enum pal_err
follow(struct pal_runs *r, size_t *node, size_t len, uint8_t separator)
{
	size_t       s = separator_of(separator), next;
	struct node *n = pal_list_at(&r->nodes, *node);

	next = n->next[len][s];
	if (next == 0) {
		if (r->nodes.count > UINT16_MAX - 1 || pal_list_add(&r->nodes) == NULL)
			return PAL_ELIMIT;
		next = r->nodes.count - 1;
		n = pal_list_at(&r->nodes, *node);
		n->next[len][s] = (uint16_t)next;
	}
	*node = next;
	return PAL_OK;
}

static enum pal_err
put_groups(struct pal_runs *r, const struct groups *g, size_t shape)
{
	size_t node = 0;

	for (size_t i = 0; i + 1 < g->count; i++)
		PAL_TRY(follow(r, &node, g->len[i], g->separator[i]));
	return put_end(r, node, g->len[g->count - 1], shape);
}

/* "4 4 *": groups of the last length until less is left, for every length that the template allows. */
static enum pal_err
put_repeating(struct pal_runs *r, const struct groups *g, const struct pal_shape *s, size_t shape)
{
	size_t  unit = g->len[g->count - 2];
	uint8_t separator = g->separator[g->count - 2];

	for (size_t total = s->least; total <= s->most; total++) {
		size_t node = 0, left = total;

		for (size_t i = 0; i + 1 < g->count && left > g->len[i]; i++) {
			PAL_TRY(follow(r, &node, g->len[i], g->separator[i]));
			left -= g->len[i];
		}
		for (; left > unit; left -= unit)
			PAL_TRY(follow(r, &node, unit, separator));
		PAL_TRY(put_end(r, node, left, shape));
	}
	return PAL_OK;
}

static enum pal_err
put_bare(struct pal_runs *r, const struct pal_shape *s, size_t shape)
{
	for (size_t total = s->least; total <= s->most; total++)
		PAL_TRY(put_end(r, 0, total, shape));
	return PAL_OK;
}

static enum pal_err
put_shape(struct pal_runs *r, const struct pal_rule_def *def, struct pal_view text, struct pal_diag *d)
{
	struct shape *s = pal_list_add(&r->shapes);
	size_t        at = r->shapes.count - 1;
	bool          fits = false;

	if (s == NULL)
		return pal_arena_err(r->shapes.arena);
	s->def = def;
	PAL_TRY(pal_shape_parse(text, &s->shape, d));
	if (def->groups.count == 0)
		return put_bare(r, &s->shape, at);
	for (size_t i = 0; i < def->groups.count; i++) {
		struct groups g;

		if (pal_view_is(def->groups.at[i], "none")) {
			PAL_TRY(put_bare(r, &s->shape, at));
			fits = true;
			continue;
		}
		if (!groups_parse(def->groups.at[i], &g))
			return pal_fail(d, PAL_ECONFIG, def->line,
					"%s:%zu: groups: \"%.*s\" is not lengths with one of - . / or a blank between",
					def->file, def->line, (int)def->groups.at[i].len,
					(const char *)def->groups.at[i].data);
		if (g.repeats)
			PAL_TRY(put_repeating(r, &g, &s->shape, at));
		else if (g.total >= s->shape.least && g.total <= s->shape.most)
			PAL_TRY(put_groups(r, &g, at));
		fits |= g.repeats || (g.total >= s->shape.least && g.total <= s->shape.most);
	}
	if (!fits)
		return pal_fail(d, PAL_ECONFIG, def->line,
				"%s:%zu: %s: no groups: add up to the length of run:", def->file, def->line,
				def->rule.id);
	return PAL_OK;
}

enum pal_err
pal_runs_build(struct pal_runs *r, const struct pal_list *defs, struct pal_arena *a, struct pal_diag *d)
{
	*r = (struct pal_runs){ .nodes = pal_list_of(a, sizeof(struct node)),
				.shapes = pal_list_of(a, sizeof(struct shape)),
				.ends = pal_list_of(a, sizeof(struct end)) };
	if (pal_list_add(&r->nodes) == NULL)
		return pal_arena_err(a);
	for (size_t i = 0; i < defs->count; i++) {
		const struct pal_rule_def *def = pal_list_at(defs, i);

		for (size_t k = 0; def->how == PAL_HOW_RUN && k < def->runs.count; k++)
			PAL_TRY(put_shape(r, def, def->runs.at[k], d));
	}
	if (r->ends.count > UINT16_MAX - 1)
		return pal_fail(d, PAL_ELIMIT, 0, "rules: more than 65,534 forms of runs");
	return pal_arena_err(a);
}

/* What stands beside a run and makes it part of something longer: 1.5, a-b, path/x, $5, 50%, x@y. */
static bool
joined_left(struct pal_view text, size_t start)
{
	uint8_t c = start > 0 ? text.data[start - 1] : ' ';

	if (c == '+' || c == '$' || c == '\\' || c == '&' || c == '%')
		return true;
	return (c == '-' || c == '.' || c == '/') && start > 1 && pal_is_alnum(text.data[start - 2]);
}

static bool
joined_right(struct pal_view text, size_t end)
{
	uint8_t c = end < text.len ? text.data[end] : ' ';

	if (c == '%' || c == '@')
		return true;
	return (c == '-' || c == '.' || c == '/') && end + 1 < text.len && pal_is_alnum(text.data[end + 1]);
}

/* Digits of this length across one blank, on either side: the run is part of a list of numbers. */
static bool
listed(struct pal_view text, size_t start, size_t end, size_t first, size_t last)
{
	size_t left = 0, right = 0;

	while (start > left + 1 && pal_is_digit(text.data[start - 2 - left]))
		left++;
	while (end + 1 + right < text.len && pal_is_digit(text.data[end + 1 + right]))
		right++;
	return (start > 0 && text.data[start - 1] == ' ' && left == first) ||
	       (end < text.len && text.data[end] == ' ' && right == last);
}

struct walk {
	const struct pal_runs *runs;
	struct pal_view        text;
	pal_run_fn            *fn;
	void                  *arg;
	size_t                 start;
	size_t                 first, last; /* lengths of the first and the last group; 0: not apart by blanks */
	uint8_t                seen;        /* classes of all its characters */
	uint8_t                compact[PAL_SHAPE_LONGEST];
	size_t                 len;
};

static void
report(struct walk *w, uint16_t first, size_t end, bool grouped)
{
	struct pal_view compact = { w->compact, w->len };

	if (joined_right(w->text, end) || (w->last > 0 && listed(w->text, w->start, end, w->first, w->last)))
		return;
	for (uint16_t e = first; e != 0;) {
		const struct end   *one = pal_list_at(&w->runs->ends, (size_t)(e - 1));
		const struct shape *s = pal_list_at(&w->runs->shapes, one->shape);

		if (pal_shape_match(&s->shape, compact))
			w->fn(w->arg, &(struct pal_run_hit){ s->def, w->start, end, compact, grouped,
							     (w->seen & C_LOWER) != 0 });
		e = one->next;
	}
}

/* The end of the word at `start`, and what it is made of. */
static size_t
word_end(struct pal_view text, size_t start, uint8_t *ret_seen)
{
	size_t  end = start;
	uint8_t seen = 0;

	while (end < text.len && (classes[text.data[end]] & (C_DIGIT | C_UPPER | C_LOWER | C_OTHER)) != 0)
		seen |= classes[text.data[end++]];
	*ret_seen = seen;
	return end;
}

/* 804-875-6911x628: an extension ends the last group of a phone number, which has four digits. */
static bool
has_extension(struct pal_view text, size_t start, size_t end)
{
	for (size_t i = start; i < start + 4 && i < end; i++)
		if (!pal_is_digit(text.data[i]))
			return false;
	return end - start > 5 && text.data[start + 4] == 'x' && pal_is_digit(text.data[start + 5]);
}

/* Digits and letters of one case; a word of small letters alone is a word. */
static bool
could_be(uint8_t seen, size_t len)
{
	if ((seen & C_OTHER) != 0 || (seen & (C_UPPER | C_LOWER)) == (C_UPPER | C_LOWER))
		return false;
	return (seen & C_LOWER) == 0 || (seen & C_DIGIT) != 0 || len == 1;
}

/* Follows the tree from the word [start, end) over as many groups as it knows. */
static void
walk(struct walk *w, size_t start, size_t end, uint8_t seen)
{
	size_t node = 0;
	bool   grouped = false;

	w->start = start;
	w->len = 0;
	w->seen = 0;
	w->first = w->last = 0;
	for (;;) {
		const struct node *n = pal_list_at(&w->runs->nodes, node);
		size_t             len = end - start;

		w->seen |= seen;
		w->first = grouped ? w->first : len;
		if (len > PAL_SHAPE_LONGEST || w->len + len > PAL_SHAPE_LONGEST || !could_be(w->seen, len))
			return;
		for (size_t i = start; i < end; i++) {
			uint8_t c = w->text.data[i];

			w->compact[w->len++] = c >= 'a' ? (uint8_t)(c - ('a' - 'A')) : c;
		}
		if (n->end[len] != 0)
			report(w, n->end[len], end, grouped);
		if (end >= w->text.len || (classes[w->text.data[end]] & C_SEPARATOR) == 0)
			return;
		node = n->next[len][separator_of(w->text.data[end])];
		start = end + 1;
		if (node == 0)
			return;
		end = word_end(w->text, start, &seen);
		if (has_extension(w->text, start, end)) {
			end = start + 4;
			seen = C_DIGIT;
		}
		if (end == start || !could_be(seen, end - start))
			return;
		grouped = true;
		w->last = w->text.data[start - 1] == ' ' ? end - start : 0;
	}
}

void
pal_runs_scan(const struct pal_runs *r, struct pal_view text, pal_run_fn *fn, void *arg)
{
	struct walk w = { .runs = r, .text = text, .fn = fn, .arg = arg };

	for (size_t i = 0; i < text.len;) {
		size_t  start = i;
		uint8_t seen;

		i = word_end(text, start, &seen);
		if (i == start)
			i++;
		else if (could_be(seen, i - start) && !joined_left(text, start))
			walk(&w, start, i, seen);
	}
}
