/* columns.c - the detector that reads tables: one cell proves little, a column of them much. docs/detection.md has the
 * reasoning. */
#include <math.h>
#include <stdio.h>

#include "mask.h"
#include "palisade/mem.h"
#include "rules.h"
#include "sweep.h"

#define COLUMNS_MOST  4096 /* cells beyond are judged as one more */
#define TALLIES_MOST  24   /* types that one column may show */
#define DISTINCT_BITS 1024
#define SURE          (-20.7) /* ln of 1e-9 */
#define LIKELY        (-13.8) /* ln of 1e-6 */

struct tally {
	const struct pal_rule_def *def;
	uint64_t                   valid, best; /* cells that are one; cells where nothing fits better */
	enum pal_belief            belief;      /* the highest of a cell, without its header */
	struct pal_place           first;
	char                       mask[PAL_MASK_TEXT];
};

struct column {
	const char                 *name;   /* NULL: the table has no header */
	struct pal_view             title;  /* the same */
	uint8_t                    *speaks; /* by rule: the header speaks for it */
	const struct pal_rule_def **shaped; /* those of them that judge a cell by its form alone */
	size_t                      shaped_count;
	uint64_t                    filled;
	uint64_t                    distinct[DISTINCT_BITS / 64]; /* linear counting (Whang 1990) */
	struct tally                tallies[TALLIES_MOST];
	size_t                      tally_count;
};

struct state {
	const struct pal_detect  *rules;
	struct pal_engine        *engine;
	struct pal_scanner_state *scanner; /* borrowed */
	struct pal_arena         *arena;
	struct pal_map            by_name;
	struct column           **order; /* of the row's cells */
	size_t                    order_count;
	struct column            *rest;    /* the cells past COLUMNS_MOST are judged as one column */
	struct pal_list           columns; /* of struct column * */
	struct pal_marks          marks;
	const char               *path;

	/* the cell being read */
	struct column            *column;
	const struct pal_content *piece;
	struct pal_view           cell;
	struct pal_findings      *out;
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->rules = rules;
	s->engine = rules->engine;
	s->arena = a;
	s->by_name = pal_map_of(a);
	s->columns = pal_list_of(a, sizeof(struct column *));
	s->order = pal_arena_array(a, COLUMNS_MOST, sizeof(struct column *));
	*ret_state = s;
	return pal_marks_init(&s->marks, rules->defs.count, a);
}

static struct column *
column_new(struct state *s, const char *name)
{
	struct column  *c = pal_arena_array(s->arena, 1, sizeof(*c));
	struct column **place = pal_list_add(&s->columns);

	if (c == NULL || place == NULL)
		return NULL;
	c->name = name;
	c->title = pal_view_of(name);
	c->speaks = pal_arena_array(s->arena, s->rules->defs.count + 1, 1);
	c->shaped = pal_arena_array(s->arena, s->rules->defs.count + 1, sizeof(*c->shaped));
	if (c->speaks == NULL || c->shaped == NULL)
		return NULL;
	pal_marks_clear(&s->marks);
	if (name != NULL)
		pal_context_mark_name(&s->engine->context, pal_view_of(name), &s->marks);
	for (size_t i = 0; i < s->rules->defs.count; i++) {
		const struct pal_rule_def *def = pal_list_at(&s->rules->defs, i);
		uint16_t                   distance;

		c->speaks[i] = pal_marks_has(&s->marks, def, &distance) ? 1 : 0;
		if (c->speaks[i] != 0 && def->how == PAL_HOW_COLUMN)
			c->shaped[c->shaped_count++] = def;
	}
	*place = c;
	return c;
}

/* Headers may come again (files of several tables, records of several forms): a name is one column. */
static enum pal_err
take_header(struct state *s, const struct pal_content *piece)
{
	s->order_count = piece->cell_count < COLUMNS_MOST ? piece->cell_count : COLUMNS_MOST;
	for (size_t i = 0; i < s->order_count; i++) {
		struct pal_view name = pal_view_sub(pal_view_trim(piece->cells[i]), 0, 200);
		struct column  *c = pal_map_get(&s->by_name, name);
		void          **place;

		if (c == NULL && s->columns.count < COLUMNS_MOST) {
			c = column_new(s, pal_arena_text(s->arena, name));
			place = pal_map_put(&s->by_name, name);
			if (place != NULL)
				*place = c;
			PAL_TRY(pal_arena_err(s->arena));
		}
		s->order[i] = c;
	}
	return PAL_OK;
}

static enum pal_err
column_at(struct state *s, size_t i, struct column **ret_column)
{
	while (i < COLUMNS_MOST && i >= s->order_count && s->columns.count < COLUMNS_MOST) {
		char name[32];

		(void)snprintf(name, sizeof(name), "column %zu", s->order_count + 1);
		s->order[s->order_count] = column_new(s, pal_arena_text(s->arena, pal_view_of(name)));
		PAL_TRY(pal_arena_err(s->arena));
		s->order_count++;
	}
	*ret_column = i < s->order_count ? s->order[i] : NULL;
	if (*ret_column == NULL && s->rest == NULL) {
		s->rest = column_new(s, "further columns");
		PAL_TRY(pal_arena_err(s->arena));
	}
	if (*ret_column == NULL)
		*ret_column = s->rest;
	return PAL_OK;
}

static void
count_distinct(struct column *c, struct pal_view cell)
{
	uint64_t h = pal_hash_mix(pal_view_hash(PAL_HASH_START, pal_view_sub(cell, 0, 256)));

	c->distinct[h % DISTINCT_BITS / 64] |= (uint64_t)1 << (h % 64);
}

static double
distinct_of(const struct column *c)
{
	unsigned int zero = 0;

	for (size_t i = 0; i < DISTINCT_BITS / 64; i++)
		for (unsigned int b = 0; b < 64; b++)
			zero += (c->distinct[i] >> b & 1) == 0 ? 1 : 0;
	return zero == 0 ? (double)c->filled : -(double)DISTINCT_BITS * log((double)zero / DISTINCT_BITS);
}

static struct tally *
tally_of(struct column *c, const struct pal_rule_def *def)
{
	for (size_t i = 0; i < c->tally_count; i++)
		if (c->tallies[i].def == def)
			return &c->tallies[i];
	if (c->tally_count == TALLIES_MOST)
		return NULL;
	c->tallies[c->tally_count].def = def;
	return &c->tallies[c->tally_count++];
}

static void
count_valid(struct state *s, const struct pal_rule_def *def, enum pal_belief belief, bool best)
{
	struct tally *t = tally_of(s->column, def);

	if (t == NULL)
		return;
	if (t->valid++ == 0) {
		t->first = s->piece->place;
		t->first.path = s->path;
		(void)pal_mask(s->cell, t->mask);
	}
	t->best += best ? 1 : 0;
	t->belief = belief > t->belief ? belief : t->belief;
}

/* What a hit is worth without the column's name, which is judged for the column as a whole. */
static enum pal_belief
own_belief(const struct pal_hit *h)
{
	if (h->strong)
		return PAL_BELIEF_HIGH;
	if (h->folded)
		return PAL_BELIEF_NONE;
	return h->grouped ? h->def->grouped : h->def->bare;
}

static void
report_inside(struct state *s, const struct pal_hit *h, struct pal_view text)
{
	struct pal_place place = s->piece->place;
	char             mask[PAL_MASK_TEXT];

	place.field = s->column->name;
	place.length = 0;
	pal_found(s->out, &h->def->rule, (enum pal_confidence)(h->belief - 1), &place, "%s %s%s in a cell",
		  h->def->rule.title, pal_mask(pal_view_sub(text, h->value_start, h->value_end - h->value_start), mask),
		  h->in_context ? "; context speaks for it" : "");
}

/* Hits that are the whole cell are counted; hits inside longer text are reported as in any text. */
static enum pal_err
take_hits(void *arg, struct pal_view text, uint64_t at, struct pal_hit *hits, size_t count)
{
	struct state *s = arg;
	size_t        inside = 0, whole = 0;

	for (size_t i = 0; i < count; i++) {
		bool covers = at == 0 && text.len == s->cell.len && hits[i].start == 0 && hits[i].end == text.len;

		if (covers && hits[i].def->rule.data_class != PAL_CLASS_SECRET) {
			struct pal_hit copy = hits[i];
			bool           best = true;

			for (size_t k = 0; k < count && best; k++)
				best = k == i || hits[k].start != 0 || hits[k].end != text.len ||
				       !pal_hit_better(&hits[k], &copy);
			count_valid(s, copy.def, own_belief(&copy), best);
			whole += own_belief(&copy) > PAL_BELIEF_NONE || copy.in_context ? 1 : 0;
		}
	}
	for (size_t i = 0; i < count; i++) {
		bool covers = hits[i].start == 0 && hits[i].end == text.len && at == 0;
		bool secret = hits[i].def->rule.data_class == PAL_CLASS_SECRET;

		if (hits[i].belief > PAL_BELIEF_NONE && (secret || (!covers && whole == 0)))
			hits[inside++] = hits[i];
	}
	inside = pal_hits_resolve(hits, inside);
	for (size_t i = 0; i < inside; i++)
		report_inside(s, &hits[i], text);
	return PAL_OK;
}

/* A decimal number, or too short for anything: nothing that the engine knows looks like it. */
static bool
is_plain_number(struct pal_view cell)
{
	size_t points = 0, digits = 0;

	for (size_t i = 0; i < cell.len; i++) {
		uint8_t c = cell.data[i];

		points += c == '.' ? 1 : 0;
		digits += pal_is_digit(c) ? 1 : 0;
		if (!pal_is_digit(c) && c != '.' && !(c == '-' && i == 0) && c != 'e' && c != 'E' && c != '+')
			return false;
		if ((c == '+' && i == 0) || (c == '-' && i > 0))
			return false;
	}
	return digits < 6 || points == 1;
}

static void
judge_shape(struct state *s)
{
	for (size_t i = 0; i < s->column->shaped_count; i++) {
		struct pal_view cell = s->cell;

		if (s->column->shaped[i]->validator->check(&cell) != PAL_CHECK_FAIL)
			count_valid(s, s->column->shaped[i], PAL_BELIEF_NONE, true);
	}
}

static enum pal_err
take_cell(struct state *s, struct pal_view cell)
{
	struct pal_sweep     w = { s->engine, s->scanner, true, take_hits, s };
	struct pal_scan_text t = { cell, s->column->title };

	s->cell = cell;
	s->column->filled++;
	count_distinct(s->column, cell);
	judge_shape(s);
	return is_plain_number(cell) ? PAL_OK : pal_sweep_text(&w, &t);
}

static enum pal_err
take_row(struct state *s, const struct pal_content *piece, struct pal_findings *out)
{
	s->piece = piece;
	s->out = out;
	if (s->scanner == NULL)
		PAL_TRY(pal_engine_borrow(s->engine, &s->scanner));
	if (s->path == NULL && piece->place.path != NULL)
		s->path = pal_arena_text(s->arena, pal_view_of(piece->place.path));
	for (size_t i = 0; i < piece->cell_count; i++) {
		struct pal_view cell = pal_view_trim(piece->cells[i]);

		if (cell.len == 0)
			continue;
		PAL_TRY(column_at(s, i, &s->column));
		PAL_TRY(take_cell(s, cell));
	}
	return PAL_OK;
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct state *s = state;

	return piece->kind == PAL_CONTENT_COLUMNS ? take_header(s, piece) : take_row(s, piece, out);
}

/*
 * ln of an upper bound (Chernoff) on the probability that of n random strings of the right shape k or more pass a
 * check that one in 1/p passes: -n D(k/n || p).
 */
static double
chance_of(uint64_t k, uint64_t n, double p)
{
	double q = (double)k / (double)n;

	if (q <= p)
		return 0;
	return -(double)n * (q * log(q / p) + (q >= 1 ? 0 : (1 - q) * log((1 - q) / (1 - p))));
}

static enum pal_belief
judge_tally(const struct column *c, const struct tally *t, bool is_main)
{
	uint64_t k = is_main ? t->valid : t->best;
	double   share = (double)k / (double)c->filled, p = t->def->chance_ppm / 1e6;
	double   chance = p >= 1 || k == 0 ? 0 : chance_of(k, c->filled, p);

	if (k == 0)
		return PAL_BELIEF_NONE;
	if (c->speaks[t->def->index] != 0 && is_main) {
		if (share >= 0.5 && (t->def->how != PAL_HOW_COLUMN || k >= 2))
			return t->def->in_context;
		if (chance < LIKELY || t->belief >= PAL_BELIEF_MEDIUM)
			return t->belief > PAL_BELIEF_LOW ? t->belief : PAL_BELIEF_LOW;
	}
	if (t->belief >= PAL_BELIEF_MEDIUM) /* the form is proof enough, even once */
		return t->belief;
	if (t->belief == PAL_BELIEF_LOW && (p <= 1e-5 || chance < LIKELY || (share >= 0.9 && k >= 20)))
		return share >= 0.5 && k >= 10 && chance < SURE ? PAL_BELIEF_MEDIUM : PAL_BELIEF_LOW;
	/* Bare digits below a header that says nothing: nearly all must pass, of many different ones, against the odds.
	 */
	if (is_main && t->belief == PAL_BELIEF_NONE && p <= 0.11 && share >= 0.95 && k >= 20 && distinct_of(c) >= 15 &&
	    chance < SURE)
		return PAL_BELIEF_LOW;
	return PAL_BELIEF_NONE;
}

static void
report(const struct column *c, const struct tally *t, enum pal_belief belief, struct pal_findings *out)
{
	bool               header = c->speaks[t->def->index] != 0;
	uint64_t           percent = t->valid * 100 / c->filled;
	char               text[PAL_DIAG_TEXT];
	struct pal_finding f = { .rule = &t->def->rule,
				 .severity = t->def->rule.severity,
				 .confidence = (enum pal_confidence)(belief - 1),
				 .place = t->first,
				 .count = t->valid,
				 .text = text };

	f.place.field = c->name;
	(void)snprintf(text, sizeof(text), "%s: %llu of %llu values (%llu %%) pass%s; the first is %s",
		       t->def->rule.title, (unsigned long long)t->valid, (unsigned long long)c->filled,
		       (unsigned long long)percent, header ? ", and the header says so" : "", t->mask);
	pal_findings_add(out, &f);
}

/* Which type explains the column best: named by the header, then the more certain, the rarer by chance, the more. */
static bool
explains_better(const struct column *c, const struct tally *a, const struct tally *b)
{
	bool header_a = c->speaks[a->def->index] != 0, header_b = c->speaks[b->def->index] != 0;
	bool most_a = a->valid * 2 >= c->filled, most_b = b->valid * 2 >= c->filled;

	if (most_a != most_b)
		return most_a;
	if (header_a != header_b)
		return header_a;
	if (a->belief != b->belief)
		return a->belief > b->belief;
	if (a->def->chance_ppm != b->def->chance_ppm)
		return a->def->chance_ppm < b->def->chance_ppm;
	return a->valid != b->valid ? a->valid > b->valid : a->def->index < b->def->index;
}

static void
judge_column(const struct column *c, struct pal_findings *out)
{
	size_t main_tally = 0;

	for (size_t i = 1; i < c->tally_count; i++)
		if (explains_better(c, &c->tallies[i], &c->tallies[main_tally]))
			main_tally = i;
	for (size_t i = 0; i < c->tally_count; i++) {
		enum pal_belief belief = judge_tally(c, &c->tallies[i], i == main_tally);

		if (belief > PAL_BELIEF_NONE)
			report(c, &c->tallies[i], belief, out);
	}
}

static enum pal_err
finish(void *state, struct pal_findings *out)
{
	struct state *s = state;

	for (size_t i = 0; i < s->columns.count; i++)
		judge_column(*(struct column **)pal_list_at(&s->columns, i), out);
	pal_engine_return(s->engine, &s->scanner);
	return PAL_OK;
}

const struct pal_detector pal_detector_columns = {
	.name = "columns",
	.summary = "personal, health and financial data and secrets in tables, judged by column",
	.reads = PAL_READS(PAL_CONTENT_COLUMNS) | PAL_READS(PAL_CONTENT_ROW),
	.start = start,
	.feed = feed,
	.finish = finish,
};
