/* context.c - words, phrases and camelCase; ASCII letters without case, others byte by byte. */
#include "context.h"

#include "palisade/map.h"

#define WORDS_MOST 96
#define NEAR_MOST  (PAL_WINDOW_BEFORE + PAL_WINDOW_AFTER + 64)
#define AFTER_COST 8             /* what stands before a value names it more often than what follows */
#define SHORT      ((size_t)256) /* so short a text is not worth being looked through before */
#define AHEAD      ((size_t)256) /* of a word that long nothing begins a phrase */

struct phrase {
	struct phrase  *next;
	struct pal_view text; /* lower case, words apart by one blank */
	size_t          rule, words;
	bool            is_header;
};

struct word {
	struct pal_view text;
	size_t          at; /* in the window */
};

struct pal_words {
	uint8_t     low[NEAR_MOST];
	struct word at[WORDS_MOST];
	size_t      count;
};

static bool
is_letter(uint8_t c)
{
	return pal_is_alnum(c) || c >= 0x80;
}

/* A capital after a small letter: patientId. */
static bool
is_hump(struct pal_view v, size_t at)
{
	return v.data[at] >= 'A' && v.data[at] <= 'Z' && v.data[at - 1] >= 'a' && v.data[at - 1] <= 'z';
}

/* Cuts at everything that is no letter or digit, and at humps. */
static void
cut(struct pal_view v, struct pal_words *ret_words)
{
	size_t n = v.len < NEAR_MOST ? v.len : NEAR_MOST, start = 0;

	ret_words->count = 0;
	for (size_t i = 0; i <= n; i++) {
		bool letter = i < n && is_letter(v.data[i]);
		bool hump = letter && i > start && is_hump(v, i);

		if (i < n)
			ret_words->low[i] = pal_to_lower(v.data[i]);
		if (letter && !hump)
			continue;
		if (i > start && ret_words->count < WORDS_MOST)
			ret_words->at[ret_words->count++] =
			    (struct word){ { ret_words->low + start, i - start }, start };
		start = letter ? i : i + 1;
	}
}

static bool
is_foreign(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] >= 0x80)
			return true;
	return false;
}

/* Which bit of the filter a word sets: most words of a text set none that a context word has set. */
static unsigned int
filter_bit(struct pal_view w)
{
	return (w.data[0] * 37u + w.data[w.len / 2] * 101u + (unsigned int)w.len * 11u) % 4096;
}

static enum pal_err
add(struct pal_context *c, struct pal_view text, size_t rule, bool is_header, struct pal_arena *a)
{
	struct pal_words w;
	uint8_t         *joined = pal_arena_array(a, text.len * 2 + 1, 1);
	struct phrase   *p = pal_arena_array(a, 1, sizeof(*p));
	size_t           n = 0;
	void           **place;

	if (joined == NULL || p == NULL)
		return pal_arena_err(a);
	cut(text, &w);
	for (size_t i = 0; i < w.count; i++) {
		for (size_t k = 0; k < w.at[i].text.len; k++)
			joined[n++] = w.at[i].text.data[k];
		joined[n++] = ' ';
	}
	if (w.count == 0)
		return PAL_OK;
	*p = (struct phrase){ .text = { joined, n - 1 }, .rule = rule, .words = w.count, .is_header = is_header };
	if (is_foreign(text)) {
		struct phrase *copy = pal_list_add(&c->foreign);

		if (copy != NULL)
			*copy = *p;
		return pal_arena_err(a);
	}
	c->longest = w.at[0].text.len > c->longest ? w.at[0].text.len : c->longest;
	place = pal_map_put(&c->words, w.at[0].text);
	if (place == NULL)
		return pal_arena_err(a);
	p->next = *place;
	*place = p;
	c->first[filter_bit(w.at[0].text) / 64] |= (uint64_t)1 << (filter_bit(w.at[0].text) % 64);
	return PAL_OK;
}

enum pal_err
pal_context_build(struct pal_context *c, const struct pal_list *defs, struct pal_arena *a)
{
	*c = (struct pal_context){ .words = pal_map_of(a),
				   .foreign = pal_list_of(a, sizeof(struct phrase)),
				   .rule_count = defs->count };
	for (size_t i = 0; i < defs->count; i++) {
		const struct pal_rule_def *def = pal_list_at(defs, i);

		for (size_t k = 0; k < def->context.count; k++)
			PAL_TRY(add(c, def->context.at[k], i, false, a));
		for (size_t k = 0; k < def->headers.count; k++)
			PAL_TRY(add(c, def->headers.at[k], i, true, a));
	}
	return PAL_OK;
}

enum pal_err
pal_marks_init(struct pal_marks *m, size_t rule_count, struct pal_arena *a)
{
	*m = (struct pal_marks){ .epoch = 1,
				 .seen = pal_arena_array(a, rule_count + 1, sizeof(uint32_t)),
				 .before = pal_arena_array(a, rule_count + 1, sizeof(uint16_t)),
				 .after = pal_arena_array(a, rule_count + 1, sizeof(uint16_t)),
				 .words = pal_arena_array(a, 1, sizeof(struct pal_words)) };
	return pal_arena_err(a);
}

void
pal_marks_clear(struct pal_marks *m)
{
	m->epoch++;
}

static void
mark(struct pal_marks *m, size_t rule, size_t before, size_t after)
{
	if (m->seen[rule] != m->epoch) {
		m->seen[rule] = m->epoch;
		m->before[rule] = m->after[rule] = UINT16_MAX;
	}
	if (before < m->before[rule])
		m->before[rule] = (uint16_t)before;
	if (after < m->after[rule])
		m->after[rule] = (uint16_t)after;
}

/* The words from `first` on spell the phrase. A plural s at the end of its last word is the same word. */
static bool
spells(const struct pal_words *w, size_t first, const struct phrase *p)
{
	struct pal_view rest = p->text, want;

	if (first + p->words > w->count)
		return false;
	for (size_t i = first; pal_view_split(&rest, ' ', &want); i++) {
		struct pal_view have = w->at[i].text;

		if (have.len == want.len + 1 && have.data[want.len] == 's' && want.len > 2)
			have.len--;
		if (!pal_view_eq(have, want))
			return false;
	}
	return true;
}

struct window {
	size_t            start, end; /* the candidate's place in it */
	bool              is_name;
	struct pal_marks *marks;
};

static void
mark_phrase(const struct window *win, const struct phrase *p, size_t from, size_t to)
{
	if (win->is_name)
		mark(win->marks, p->rule, 0, 0);
	else if (to <= win->start)
		mark(win->marks, p->rule, win->start - to, UINT16_MAX);
	else if (from >= win->end)
		mark(win->marks, p->rule, UINT16_MAX, from - win->end);
}

static struct phrase *
lookup(const struct pal_context *c, struct pal_view word)
{
	unsigned int bit = filter_bit(word);

	return (c->first[bit / 64] >> (bit % 64) & 1) == 0 ? NULL : pal_map_get(&c->words, word);
}

static void
mark_word(const struct pal_context *c, const struct pal_words *w, size_t i, const struct window *win)
{
	struct pal_view one = w->at[i].text;
	struct phrase  *p = lookup(c, one);

	if (p == NULL && one.len > 3 && one.data[one.len - 1] == 's')
		p = lookup(c, pal_view_sub(one, 0, one.len - 1));
	for (; p != NULL; p = p->next) {
		const struct word *last = &w->at[i + p->words - 1];

		/* A header of one word must be the whole name: "name", but not "file name". */
		if (p->is_header && (!win->is_name || (p->words == 1 && w->count != 1)))
			continue;
		if (spells(w, i, p))
			mark_phrase(win, p, w->at[i].at, last->at + last->text.len);
	}
}

static void
mark_window(const struct pal_context *c, struct pal_view near, const struct window *win)
{
	struct pal_words *w = win->marks->words;

	cut(near, w);
	for (size_t i = 0; i < w->count; i++)
		mark_word(c, w, i, win);
	if (!is_foreign(near))
		return;
	for (size_t i = 0; i < c->foreign.count; i++) {
		const struct phrase *p = pal_list_at(&c->foreign, i);
		struct pal_view      low = { w->low, near.len < NEAR_MOST ? near.len : NEAR_MOST };
		size_t               at = pal_view_find(low, p->text, 0);

		if (at != SIZE_MAX && (!p->is_header || win->is_name))
			mark_phrase(win, p, at, at + p->text.len);
	}
}

/* ---- is there anything near? ---- */

/* Where the word at `at` ends: as cut() does it. */
static size_t
word_end(struct pal_view v, size_t at, size_t end)
{
	size_t i = at;

	while (i < end && is_letter(v.data[i]) && !(i > at && is_hump(v, i)))
		i++;
	return i;
}

static bool
may_begin(const struct pal_context *c, struct pal_view word)
{
	uint8_t         low[64];
	struct pal_view w = { low, word.len };

	if (word.len == 0 || word.len > c->longest + 1)
		return false;
	if (word.len > sizeof(low))
		return true;
	for (size_t i = 0; i < word.len; i++)
		low[i] = pal_to_lower(word.data[i]);
	return lookup(c, w) != NULL ||
	       (w.len > 3 && low[w.len - 1] == 's' && lookup(c, pal_view_sub(w, 0, w.len - 1)) != NULL);
}

static void
note(struct pal_nearby *n, size_t at)
{
	size_t block = at / PAL_NEARBY_BLOCK;

	n->blocks[block / 64] |= (uint64_t)1 << (block % 64);
}

static void
look_through(const struct pal_context *c, struct pal_view text, size_t to, struct pal_nearby *n)
{
	size_t at = n->to, end = to + AHEAD < text.len ? to + AHEAD : text.len;

	while (at < to) {
		size_t stop = word_end(text, at, end);

		if (may_begin(c, pal_view_sub(text, at, stop - at)))
			note(n, at);
		for (size_t i = at; c->foreign.count > 0 && i < stop; i++)
			if (text.data[i] >= 0x80)
				note(n, i);
		at = stop > at ? stop : at + 1;
	}
	n->to = at;
}

static bool
noted(const struct pal_nearby *n, size_t from, size_t to)
{
	for (size_t block = from / PAL_NEARBY_BLOCK; from < to && block <= (to - 1) / PAL_NEARBY_BLOCK; block++)
		if ((n->blocks[block / 64] >> (block % 64) & 1) != 0)
			return true;
	return false;
}

/* The words that the ends of [from, to) cut: they are others than those of the whole text. */
static bool
begins_at_ends(const struct pal_context *c, struct pal_view text, size_t from, size_t to)
{
	size_t at = to;

	while (at > from && is_letter(text.data[at - 1]) && !(at < to && is_hump(text, at)))
		at--;
	return may_begin(c, pal_view_sub(text, from, word_end(text, from, to) - from)) ||
	       may_begin(c, pal_view_sub(text, at, to - at));
}

/* False: no phrase begins in the text's bytes [from, start) and [end, to). */
static bool
may_speak(const struct pal_context *c, struct pal_view text, const size_t edges[4], struct pal_nearby *n)
{
	if (text.len < SHORT || text.len > PAL_NEARBY_MOST)
		return true;
	if (edges[0] < n->from || edges[0] > n->to || n->to == 0) {
		for (size_t i = 0; i * 64 * PAL_NEARBY_BLOCK < text.len; i++)
			n->blocks[i] = 0;
		n->from = n->to = edges[0];
	}
	look_through(c, text, edges[3], n);
	return noted(n, edges[0], edges[1]) || noted(n, edges[2], edges[3]) ||
	       begins_at_ends(c, text, edges[0], edges[1]) || begins_at_ends(c, text, edges[2], edges[3]);
}

void
pal_context_mark(const struct pal_context *c, struct pal_view text, size_t start, size_t end, struct pal_nearby *nearby,
		 struct pal_marks *m)
{
	size_t from = start > PAL_WINDOW_BEFORE ? start - PAL_WINDOW_BEFORE : 0;
	size_t to = end + PAL_WINDOW_AFTER < text.len ? end + PAL_WINDOW_AFTER : text.len;

	if ((from == start && to == end) || !may_speak(c, text, (const size_t[]){ from, start, end, to }, nearby))
		return;
	for (size_t i = from; i + 1 < start; i++) /* a paragraph ends what was said before it */
		if (text.data[i] == '\n' && text.data[i + 1] == '\n')
			from = i + 2;
	/* Words before and after are cut apart, so that a long candidate between them costs nothing. */
	mark_window(c, pal_view_sub(text, from, start - from),
		    &(struct window){ .start = start - from, .end = SIZE_MAX, .marks = m });
	mark_window(c, pal_view_sub(text, end, to - end), &(struct window){ .start = 0, .end = 0, .marks = m });
}

void
pal_context_mark_name(const struct pal_context *c, struct pal_view name, struct pal_marks *m)
{
	mark_window(c, name, &(struct window){ .is_name = true, .marks = m });
}

bool
pal_marks_has(const struct pal_marks *m, const struct pal_rule_def *def, uint16_t *ret_distance)
{
	size_t i = def->index;
	bool   before, after;

	if (m->seen[i] != m->epoch)
		return false;
	before = m->before[i] <= def->before;
	after = m->after[i] <= def->after;
	if (!before && !after)
		return false;
	*ret_distance = before ? m->before[i] : (uint16_t)(m->after[i] + AFTER_COST);
	return true;
}
