/* engine.c - Vectorscan for patterns with a literal, the run scanner for the rest, one judgement for both. */
#include "engine.h"

#include <hs/hs.h>
#include <limits.h>
#include <stdlib.h>

#include "database.h"
#include "palisade/mem.h"
#include "secrets.h"

#define RAW_MOST   ((size_t)1 << 20)
#define FAILS_MOST 8 /* tries to grow inside text that growth has already covered */

enum pal_err
pal_engine_init(struct pal_engine *e, const struct pal_list *defs, struct pal_arena *a, struct pal_diag *d)
{
	e->defs = defs;
	PAL_TRY(pal_context_build(&e->context, defs, a));
	PAL_TRY(pal_runs_build(&e->runs, defs, a, d));
	if (pthread_mutex_init(&e->lock, NULL) != 0)
		return pal_fail(d, PAL_ENOMEM, 0, "rules: no lock");
	return PAL_OK;
}

static void
scanner_free(struct pal_scanner_state *s)
{
	if (s->scratch != NULL)
		(void)hs_free_scratch(s->scratch);
	pal_mem_free(s->raw);
	pal_mem_free(s->hits);
	pal_arena_done(&s->arena);
	pal_mem_free(s);
}

void
pal_engine_done(struct pal_engine *e)
{
	while (e->all != NULL) {
		struct pal_scanner_state *s = e->all;

		e->all = s->next;
		scanner_free(s);
	}
	if (e->scratch != NULL)
		(void)hs_free_scratch(e->scratch);
	if (e->database != NULL)
		(void)hs_free_database(e->database);
	(void)pthread_mutex_destroy(&e->lock);
}

static enum pal_err
compile_locked(struct pal_engine *e, struct pal_diag *d)
{
	if (e->compiled)
		return PAL_OK;
	if (e->database == NULL && e->version != NULL)
		e->database = pal_database_built_in(e->version);
	if (e->database == NULL)
		PAL_TRY(pal_database_compile(e->defs, &e->database, d));
	if (e->database != NULL && hs_alloc_scratch(e->database, &e->scratch) != HS_SUCCESS)
		return pal_fail(d, PAL_ENOMEM, 0, "rules: no memory for scanning");
	if (e->database != NULL)
		PAL_TRY(pal_database_try(e->database, e->scratch, e->defs, d));
	e->compiled = true;
	return PAL_OK;
}

enum pal_err
pal_engine_compile(struct pal_engine *e, struct pal_diag *d)
{
	enum pal_err err;

	(void)pthread_mutex_lock(&e->lock);
	err = compile_locked(e, d);
	(void)pthread_mutex_unlock(&e->lock);
	return err;
}

enum pal_err
pal_engine_save(struct pal_engine *e, struct pal_buf *b, struct pal_diag *d)
{
	char  *bytes = NULL;
	size_t len = 0;

	PAL_TRY(pal_engine_compile(e, d));
	if (e->database == NULL)
		return PAL_OK;
	if (hs_serialize_database(e->database, &bytes, &len) != HS_SUCCESS)
		return pal_fail(d, PAL_ENOMEM, 0, "rules: compiled patterns do not fit in memory");
	pal_buf_add(b, (struct pal_view){ (const uint8_t *)bytes, len });
	free(bytes); /* hs_serialize_database(3): allocated with malloc */
	return pal_buf_err(b);
}

enum pal_err
pal_engine_restore(struct pal_engine *e, struct pal_view bytes, struct pal_diag *d)
{
	enum pal_err err = PAL_OK;

	(void)pthread_mutex_lock(&e->lock);
	if (!e->compiled && bytes.len > 0 &&
	    hs_deserialize_database((const char *)bytes.data, bytes.len, &e->database) != HS_SUCCESS) {
		e->database = NULL;
		err = pal_fail(d, PAL_EFORM, 0, "rules: compiled patterns are from another version or processor");
	}
	if (err == PAL_OK)
		err = compile_locked(e, d);
	(void)pthread_mutex_unlock(&e->lock);
	return err;
}

static enum pal_err
scanner_fill(struct pal_scanner_state *s, const struct pal_engine *e)
{
	size_t n = e->defs->count;

	pal_arena_init(&s->arena, (size_t)1 << 20);
	s->raw_cap = s->hit_cap = 256;
	s->raw = pal_mem_new(s->raw_cap, sizeof(*s->raw));
	s->hits = pal_mem_new(s->hit_cap, sizeof(*s->hits));
	s->rule_raw = pal_arena_array(&s->arena, n + 1, sizeof(*s->rule_raw));
	s->rule_tried = pal_arena_array(&s->arena, n + 1, sizeof(*s->rule_tried));
	s->rule_failed = pal_arena_array(&s->arena, n + 1, sizeof(*s->rule_failed));
	PAL_TRY(pal_marks_init(&s->marks, n, &s->arena));
	PAL_TRY(pal_marks_init(&s->named, n, &s->arena));
	if (s->raw == NULL || s->hits == NULL ||
	    (e->scratch != NULL && hs_clone_scratch(e->scratch, &s->scratch) != HS_SUCCESS))
		return PAL_ENOMEM;
	return PAL_OK;
}

static enum pal_err
borrow_locked(struct pal_engine *e, struct pal_scanner_state **ret_s)
{
	struct pal_scanner_state *s = e->idle;

	PAL_TRY(compile_locked(e, NULL));
	if (s != NULL) {
		e->idle = s->next_idle;
	} else {
		s = pal_mem_new(1, sizeof(*s));
		if (s == NULL)
			return PAL_ENOMEM;
		s->next = e->all;
		e->all = s;
		PAL_TRY(scanner_fill(s, e));
	}
	*ret_s = s;
	return PAL_OK;
}

enum pal_err
pal_engine_borrow(struct pal_engine *e, struct pal_scanner_state **ret_s)
{
	enum pal_err err;

	(void)pthread_mutex_lock(&e->lock);
	err = borrow_locked(e, ret_s);
	(void)pthread_mutex_unlock(&e->lock);
	return err;
}

void
pal_engine_return(struct pal_engine *e, struct pal_scanner_state **s)
{
	if (*s == NULL)
		return;
	(void)pthread_mutex_lock(&e->lock);
	(*s)->next_idle = e->idle;
	e->idle = *s;
	(void)pthread_mutex_unlock(&e->lock);
	*s = NULL;
}

/* Makes room for one more item; false when memory or the bound is reached. */
static bool
room(void **items, size_t count, size_t *cap, size_t size)
{
	void *bigger;

	if (count < *cap)
		return true;
	if (*cap >= RAW_MOST)
		return false;
	bigger = pal_mem_grow(*items, *cap * size, *cap * 2 * size);
	if (bigger == NULL)
		return false;
	*items = bigger;
	*cap *= 2;
	return true;
}

struct scan {
	struct pal_engine          *engine;
	struct pal_scanner_state   *s;
	const struct pal_scan_text *t;
	bool                        all;
};

static int
on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *arg)
{
	struct scan              *c = arg;
	struct pal_scanner_state *s = c->s;
	size_t                    last = s->rule_raw[id];
	void                     *items = s->raw;

	(void)flags;
	/* Every longer end of one match is reported again: keep the longest. */
	if (last > 0 && s->raw[last - 1].start == from) {
		s->raw[last - 1].end = (size_t)to;
		return 0;
	}
	if (!room(&items, s->raw_count, &s->raw_cap, sizeof(*s->raw))) {
		s->failed = true;
		return 1;
	}
	s->raw = items;
	s->raw[s->raw_count++] = (struct pal_raw){ pal_list_at(c->engine->defs, id), (size_t)from, (size_t)to };
	s->rule_raw[id] = s->raw_count;
	return 0;
}

static size_t
grow_left(struct pal_view text, size_t at, const struct pal_grow *g)
{
	size_t n = 0;

	while (n < g->most && n < at && pal_charset_has(&g->set, text.data[at - 1 - n]))
		n++;
	return n;
}

static size_t
grow_right(struct pal_view text, size_t at, const struct pal_grow *g)
{
	size_t n = 0;

	while (n < g->most && at + n < text.len && pal_charset_has(&g->set, text.data[at + n]))
		n++;
	return n;
}

static bool
is_word(uint8_t c)
{
	return pal_is_alnum(c) || c == '_';
}

/* A hit that begins or ends inside a word is a part of something else. */
static bool
stands_alone(struct pal_view text, const struct pal_rule_def *def, size_t start, size_t end)
{
	if (end <= start || (start > 0 && pal_charset_has(&def->not_after, text.data[start - 1])) ||
	    (end < text.len && pal_charset_has(&def->not_before, text.data[end])))
		return false;
	if (!def->open_left && start > 0 && is_word(text.data[start]) && is_word(text.data[start - 1]))
		return false;
	return def->open_right || end == text.len || !is_word(text.data[end - 1]) || !is_word(text.data[end]);
}

static bool
value_convinces(const struct pal_rule_def *def, struct pal_view value)
{
	if (def->entropy_milli > 0 && pal_entropy_milli(value) < def->entropy_milli)
		return false;
	return def->placeholders || !pal_is_placeholder(value);
}

/* What the name of the column, key or field speaks for; most texts have the name of the one before. */
static void
name_marks(struct scan *c)
{
	struct pal_scanner_state *s = c->s;
	struct pal_view           name = c->t->name;

	if (s->name_known && pal_view_eq(name, (struct pal_view){ s->name, s->name_len }))
		return;
	pal_marks_clear(&s->named);
	pal_context_mark_name(&c->engine->context, name, &s->named);
	s->name_known = name.len <= sizeof(s->name);
	s->name_len = s->name_known ? name.len : 0;
	pal_mem_copy(s->name, sizeof(s->name), name.data, s->name_len);
}

static void
weigh_context(struct scan *c, struct pal_hit *h)
{
	struct pal_scanner_state *s = c->s;

	if (!s->marked || s->marked_start != h->start || s->marked_end != h->end) {
		name_marks(c);
		pal_marks_clear(&s->marks);
		pal_context_mark(&c->engine->context, c->t->text, h->start, h->end, &s->nearby, &s->marks);
		s->marked = true;
		s->marked_start = h->start;
		s->marked_end = h->end;
	}
	h->belief = h->folded ? PAL_BELIEF_NONE : h->grouped ? h->def->grouped : h->def->bare;
	h->in_context =
	    pal_marks_has(&s->named, h->def, &h->distance) || pal_marks_has(&s->marks, h->def, &h->distance);
	if (h->in_context && h->def->in_context > h->belief)
		h->belief = h->def->in_context;
	if (h->strong)
		h->belief = PAL_BELIEF_HIGH;
}

static void
keep(struct scan *c, struct pal_hit *h)
{
	struct pal_scanner_state *s = c->s;
	void                     *items = s->hits;

	weigh_context(c, h);
	if (h->belief == PAL_BELIEF_NONE && !c->all)
		return;
	if (!room(&items, s->hit_count, &s->hit_cap, sizeof(*s->hits))) {
		s->failed = true;
		return;
	}
	s->hits = items;
	s->hits[s->hit_count++] = *h;
}

static void
on_run(void *arg, const struct pal_run_hit *r)
{
	struct scan    *c = arg;
	struct pal_view value = r->compact;
	enum pal_check  check = PAL_CHECK_PASS;
	struct pal_hit  h = { .def = r->def,
			      .start = r->start,
			      .end = r->end,
			      .value_start = r->start,
			      .value_end = r->end,
			      .grouped = r->grouped,
			      .folded = r->folded };

	/* Dates and addresses are judged by their parts, so they keep their separators. */
	if (r->def->validator != NULL && r->def->validator->whole)
		value = pal_view_sub(c->t->text, r->start, r->end - r->start);
	if (r->def->validator != NULL)
		check = r->def->validator->check(&value);
	h.strong = check == PAL_CHECK_STRONG;
	/* The run scanner has looked at what stands beside the run. */
	if (check != PAL_CHECK_FAIL && value_convinces(r->def, value))
		keep(c, &h);
}

/* Grows, validates and keeps one raw match of a pattern; false when it was none. */
static bool
judge(struct scan *c, const struct pal_raw *raw, size_t *ret_end)
{
	const struct pal_rule_def *def = raw->def;
	struct pal_view            text = c->t->text, value;
	size_t                     left = grow_left(text, raw->start, &def->left);
	size_t                     right = grow_right(text, raw->end, &def->right);
	enum pal_check             check = PAL_CHECK_PASS;
	struct pal_hit             h = { .def = def, .start = raw->start - left, .end = raw->end + right };

	*ret_end = h.end;
	if (left < def->left.least || right < def->right.least)
		return false;
	h.value_start = def->value_grown ? raw->end : h.start;
	value = pal_view_sub(text, h.value_start, h.end - h.value_start);
	if (def->validator != NULL)
		check = def->validator->check(&value);
	if (check == PAL_CHECK_FAIL || value.len == 0 || !value_convinces(def, value))
		return false;
	h.value_start = (size_t)(value.data - text.data);
	h.value_end = h.value_start + value.len;
	h.start = def->value_grown ? h.start : h.value_start;
	h.end = h.value_end;
	h.strong = check == PAL_CHECK_STRONG;
	if (!stands_alone(text, def, h.start, h.end))
		return false;
	keep(c, &h);
	return true;
}

/* Text made of anchors ("a@a@a@") would be grown over again and again; after some failures in one stretch, no more. */
static void
judge_all(struct scan *c)
{
	struct pal_scanner_state *s = c->s;

	for (size_t i = 0; i < s->raw_count; i++) {
		const struct pal_raw *raw = &s->raw[i];
		size_t                rule = raw->def->index, end = 0;

		if (raw->start >= s->rule_tried[rule])
			s->rule_failed[rule] = 0;
		else if (s->rule_failed[rule] >= FAILS_MOST)
			continue;
		if (judge(c, raw, &end))
			s->rule_failed[rule] = FAILS_MOST; /* found: what is inside it is the same */
		else
			s->rule_failed[rule]++;
		if (end > s->rule_tried[rule])
			s->rule_tried[rule] = end;
	}
}

bool
pal_hit_better(const struct pal_hit *a, const struct pal_hit *b)
{
	if (a->belief != b->belief)
		return a->belief > b->belief;
	if (a->in_context != b->in_context)
		return a->in_context;
	if (a->in_context && a->distance != b->distance)
		return a->distance < b->distance;
	if (a->def->chance_ppm != b->def->chance_ppm)
		return a->def->chance_ppm < b->def->chance_ppm;
	if (a->def->rule.severity != b->def->rule.severity)
		return a->def->rule.severity > b->def->rule.severity;
	if (a->end - a->start != b->end - b->start)
		return a->end - a->start > b->end - b->start;
	return a->def->index < b->def->index;
}

static int
by_start(const void *x, const void *y)
{
	const struct pal_hit *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return a->def->index < b->def->index ? -1 : a->def->index > b->def->index;
}

size_t
pal_hits_resolve(struct pal_hit *hits, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && hits[i].start < hits[kept - 1].end) {
			if (pal_hit_better(&hits[i], &hits[kept - 1]))
				hits[kept - 1] = hits[i];
			continue;
		}
		hits[kept++] = hits[i];
	}
	return kept;
}

enum pal_err
pal_engine_scan(struct pal_engine *e, struct pal_scanner_state *s, const struct pal_scan_text *t, bool all)
{
	struct scan c = { e, s, t, all };
	hs_error_t  err = HS_SUCCESS;

	PAL_ASSERT(t->text.len <= UINT_MAX);
	for (size_t i = 0; i < s->raw_count; i++) /* of the last text */
		s->rule_raw[s->raw[i].def->index] = s->rule_tried[s->raw[i].def->index] = 0;
	s->raw_count = s->hit_count = 0;
	s->marked = s->failed = false;
	s->nearby.from = s->nearby.to = 0;
	if (t->text.len == 0)
		return PAL_OK;
	if (e->database != NULL)
		err = hs_scan(e->database, (const char *)t->text.data, (unsigned int)t->text.len, 0, s->scratch,
			      on_match, &c);
	if (s->failed || (err != HS_SUCCESS && err != HS_SCAN_TERMINATED))
		return PAL_ELIMIT;
	judge_all(&c);
	pal_runs_scan(&e->runs, t->text, on_run, &c);
	if (s->failed)
		return PAL_ELIMIT;
	if (s->hit_count > 1)
		qsort(s->hits, s->hit_count, sizeof(*s->hits), by_start);
	if (!all)
		s->hit_count = pal_hits_resolve(s->hits, s->hit_count);
	return PAL_OK;
}
