/* scores.c - confusion counts, the four metrics over them, and their intervals. */
#include "palisade/scores.h"

#include <math.h>
#include <string.h>

#include "palisade/buf.h"

#define Z95    1.959963984540054 /* 97.5 % point of the standard normal */
#define ROUNDS 1000
#define SEED   0x9e3779b97f4a7c15u

const char *const pal_metric_names[] = { "accuracy", "precision", "recall", "f1", NULL };

/* Counts of one group, by class. */
struct counts {
	double hit[PAL_SCORES_CLASSES], truth[PAL_SCORES_CLASSES], predicted[PAL_SCORES_CLASSES];
	double records, hits;
};

struct pal_scores
pal_scores_of(struct pal_arena *a)
{
	struct pal_scores s = { .arena = a,
				.classes = pal_map_of(a),
				.names = pal_list_of(a, sizeof(const char *)),
				.groups = pal_list_of(a, sizeof(const char *)),
				.cells = pal_list_of(a, sizeof(struct pal_score_cell)),
				.cell_index = pal_map_of(a) };
	const char      **everybody = pal_list_add(&s.groups);

	if (everybody != NULL)
		*everybody = "";
	return s;
}

/* The number of a name in its list, added when new; `kind` keeps groups and classes apart in one map. */
static uint16_t
number_of(struct pal_scores *s, struct pal_list *names, char kind, struct pal_view name, size_t most)
{
	PAL_AUTO_BUF key = pal_buf_of(0);
	void       **place = NULL;
	const char **text = NULL;

	pal_buf_add_byte(&key, (uint8_t)kind);
	pal_buf_add(&key, name);
	place = pal_map_put(&s->classes, pal_buf_view(&key));
	if (place == NULL) {
		s->err = pal_arena_err(s->arena);
		return 0;
	}
	if (*place != NULL)
		return (uint16_t)((uintptr_t)*place - 1);
	if (names->count >= most) {
		s->err = PAL_ELIMIT;
		return 0;
	}
	text = pal_list_add(names);
	if (text == NULL || (*text = pal_arena_text(s->arena, name)) == NULL) {
		s->err = pal_arena_err(s->arena);
		return 0;
	}
	*place = (void *)(uintptr_t)names->count;
	return (uint16_t)(names->count - 1);
}

static void
count_cell(struct pal_scores *s, struct pal_score_cell cell)
{
	uint8_t                key[6] = { (uint8_t)cell.group,        (uint8_t)(cell.group >> 8), (uint8_t)cell.truth,
					  (uint8_t)(cell.truth >> 8), (uint8_t)cell.predicted,    (uint8_t)(cell.predicted >> 8) };
	void                 **place = pal_map_put(&s->cell_index, (struct pal_view){ key, sizeof(key) });
	struct pal_score_cell *c = NULL;

	if (place == NULL) {
		s->err = pal_arena_err(s->arena);
		return;
	}
	if (*place != NULL) {
		c = pal_list_at(&s->cells, (size_t)(uintptr_t)*place - 1);
		c->count += cell.count;
		return;
	}
	c = pal_list_add(&s->cells);
	if (c == NULL) {
		s->err = pal_arena_err(s->arena);
		return;
	}
	*c = cell;
	*place = (void *)(uintptr_t)s->cells.count;
}

void
pal_scores_put(struct pal_scores *s, struct pal_view truth, struct pal_view predicted, struct pal_view group,
	       uint64_t count)
{
	struct pal_score_cell cell = { .count = count };

	if (s->err != PAL_OK)
		return;
	cell.truth = number_of(s, &s->names, 'c', truth, PAL_SCORES_CLASSES);
	cell.predicted = number_of(s, &s->names, 'c', predicted, PAL_SCORES_CLASSES);
	if (group.len > 0)
		cell.group = number_of(s, &s->groups, 'g', group, PAL_SCORES_GROUPS);
	if (s->err == PAL_OK)
		count_cell(s, cell);
}

void
pal_scores_add(struct pal_scores *s, struct pal_view truth, struct pal_view predicted, struct pal_view group,
	       uint64_t count)
{
	pal_scores_put(s, truth, predicted, (struct pal_view){ 0 }, count);
	if (group.len > 0)
		pal_scores_put(s, truth, predicted, group, count);
}

enum pal_err
pal_scores_err(const struct pal_scores *s)
{
	return s->err;
}

static uint64_t
next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static double
uniform(uint64_t *state)
{
	return ((double)(next_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

/* Poisson with mean n: by products of uniforms when small, by the normal when large. */
static double
poisson(double n, uint64_t *state)
{
	double p = 1, limit = exp(-n), k = -1;

	if (n > 100) {
		double z = sqrt(-2 * log(uniform(state))) * cos(2 * 3.14159265358979323846 * uniform(state));

		return fmax(0, floor(n + sqrt(n) * z + 0.5));
	}
	do {
		p *= uniform(state);
		k++;
	} while (p > limit);
	return k;
}

/* Counts of the group; with a state, each cell is redrawn around what it is. */
static void
tally(const struct pal_scores *s, size_t group, uint64_t *state, struct counts *c)
{
	*c = (struct counts){ 0 };
	for (size_t i = 0; i < s->cells.count; i++) {
		const struct pal_score_cell *cell = pal_list_at(&s->cells, i);
		double                       n = (double)cell->count;

		if (cell->group != group)
			continue;
		if (state != NULL)
			n = poisson(n, state);
		c->records += n;
		c->truth[cell->truth] += n;
		c->predicted[cell->predicted] += n;
		if (cell->truth == cell->predicted) {
			c->hit[cell->truth] += n;
			c->hits += n;
		}
	}
}

static double
share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static double
of_class(const struct counts *c, const char *metric, size_t k)
{
	double precision = share(c->hit[k], c->predicted[k]), recall = share(c->hit[k], c->truth[k]);

	if (strcmp(metric, "precision") == 0)
		return precision;
	if (strcmp(metric, "recall") == 0)
		return recall;
	return share(2 * precision * recall, precision + recall);
}

/* `only` is the positive class, or SIZE_MAX for the mean over the classes that the truth knows. */
static double
value_of(const struct pal_scores *s, const struct counts *c, const char *metric, size_t only)
{
	double sum = 0, classes = 0;

	if (strcmp(metric, "accuracy") == 0)
		return share(c->hits, c->records);
	if (only != SIZE_MAX)
		return of_class(c, metric, only);
	for (size_t k = 0; k < s->names.count; k++)
		if (c->truth[k] > 0) {
			sum += of_class(c, metric, k);
			classes++;
		}
	return share(sum, classes);
}

static void
wilson(struct pal_metric *m, double n)
{
	double centre = (m->value + Z95 * Z95 / (2 * n)) / (1 + Z95 * Z95 / n);
	double half = Z95 / (1 + Z95 * Z95 / n) * sqrt(m->value * (1 - m->value) / n + Z95 * Z95 / (4 * n * n));

	m->low = fmax(0, centre - half);
	m->high = fmin(1, centre + half);
}

/* Insertion keeps the rounds sorted; a thousand of them need no better. */
static void
insert(double *sorted, size_t n, double x)
{
	size_t i = n;

	for (; i > 0 && sorted[i - 1] > x; i--)
		sorted[i] = sorted[i - 1];
	sorted[i] = x;
}

static void
bootstrap(const struct pal_scores *s, size_t group, size_t only, struct counts *c, struct pal_metric *m)
{
	double   rounds[ROUNDS] = { 0 };
	uint64_t state = SEED;

	for (size_t i = 0; i < ROUNDS; i++) {
		tally(s, group, &state, c);
		insert(rounds, i, value_of(s, c, m->name, only));
	}
	m->low = rounds[ROUNDS * 25 / 1000];
	m->high = rounds[ROUNDS * 975 / 1000 - 1];
}

static size_t
find(const struct pal_list *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(*(const char **)pal_list_at(names, i), name) == 0)
			return i;
	return SIZE_MAX;
}

enum pal_err
pal_scores_metric(const struct pal_scores *s, const char *name, const char *group, const char *positive,
		  struct pal_metric *ret_metric)
{
	struct pal_metric m = { .group = group };
	size_t            g = find(&s->groups, group), only = positive == NULL ? SIZE_MAX : find(&s->names, positive);
	struct counts    *c = pal_arena_array(s->arena, 1, sizeof(*c));

	if (c == NULL)
		return pal_arena_err(s->arena);
	for (const char *const *known = pal_metric_names; *known != NULL; known++)
		if (strcmp(*known, name) == 0)
			m.name = *known;
	if (m.name == NULL || g == SIZE_MAX || (positive != NULL && only == SIZE_MAX))
		return PAL_ENOTFOUND;
	tally(s, g, NULL, c);
	if (c->records < 1)
		return PAL_ENOTFOUND;
	m.count = (uint64_t)c->records;
	m.value = value_of(s, c, m.name, only);
	if (strcmp(m.name, "accuracy") == 0)
		wilson(&m, c->records);
	else
		bootstrap(s, g, only, c, &m);
	*ret_metric = m;
	return PAL_OK;
}
