/* weights_rank.c - classes, rows and layers that differ from their like: reasons to look closer, never a verdict. */
#include <math.h>

#include "palisade/chance.h"
#include "palisade/mem.h"
#include "mask.h"
#include "weights.h"

#define CLASSES_LEAST 5u
#define CLASS_SCORE   4.0 /* robust deviations; clean classifiers of ten classes stay below in 97 of 100 */
#define DRAWS         4000u
#define ROWS_LEAST    32u
#define ROW_SCORE     20.0
#define ROW_TIMES     4.0 /* of the median norm */
#define LIKE_LEAST    8u  /* layers of one shape */
#define NORM_SCORE    20.0
#define NORM_TIMES    8.0
#define NOTES_MOST    200000u

static bool
says_head(struct pal_view name)
{
	static const char *const words[] = { "classifier", "head",   "logits", "score",
					     "out_proj",   "output", "fc",     "predictions" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (pal_view_find(name, pal_view_of(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

/* The last weight matrix of the file could be the classifier, and one whose name says so even more. The smaller side
 * is that of the classes: PyTorch has them in rows, Keras in columns. */
void
pal_weights_head(struct pal_weights *w)
{
	struct pal_weight_head *h = &w->last_layer;
	struct pal_weight_run  *t = &w->run;
	bool                    by_row = t->shape[0] < t->shape[1];
	size_t                  classes = (size_t)(by_row ? t->shape[0] : t->shape[1]);
	bool                    named = says_head(t->piece->name);

	if (!t->sides || t->shape[0] == t->shape[1] || classes < CLASSES_LEAST || classes > PAL_WEIGHTS_SIDE ||
	    (h->named && !named))
		return;
	(void)pal_excerpt(t->piece->name, 100, h->name);
	h->named = named;
	h->classes = classes;
	for (size_t i = 0; i < classes; i++)
		h->sums[i] = by_row ? w->sums->row_positive[i] : (double)w->sums->column_positive[i];
}

/* A number that looks normal: Box and Muller (1958) on two steps of splitmix64. */
static double
normal(uint64_t *state)
{
	double u[2];

	for (size_t i = 0; i < 2; i++) {
		uint64_t z = *state += 0x9e3779b97f4a7c15u;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
		z = (z ^ z >> 27) * 0x94d049bb133111ebu;
		u[i] = ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
	}
	return sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]);
}

/* How often classes that are alike have one so far out, by simulation: few classes spread unevenly often enough. */
static double
chance_of(size_t classes, double score, double *room)
{
	uint64_t state = 1;
	size_t   hits = 0, draws = classes <= 64 ? DRAWS : DRAWS / 8;

	for (size_t k = 0; k < draws; k++) {
		double most = 0;

		for (size_t i = 0; i < classes; i++) {
			room[i] = normal(&state);
			most = i == 0 || room[i] > most ? room[i] : most;
		}
		hits += pal_robust_score(room, classes, most) >= score;
	}
	return (double)(hits + 1) / (double)(draws + 1);
}

static void
rank_classes(struct pal_weights *w, struct pal_findings *out)
{
	struct pal_weight_head *h = &w->last_layer;
	PAL_AUTO_ARENA          a;
	double                 *sums = NULL, score = 0;
	size_t                  most = 0;

	pal_arena_init(&a, 1 << 20);
	sums = h->classes == 0 ? NULL : pal_arena_array(&a, h->classes, sizeof(*sums));
	if (sums == NULL)
		return;
	for (size_t i = 0; i < h->classes; i++) {
		sums[i] = h->sums[i];
		most = h->sums[i] > h->sums[most] ? i : most;
	}
	score = pal_robust_score(sums, h->classes, h->sums[most]);
	if (score < CLASS_SCORE || !isfinite(score))
		return;
	pal_found(
	    out, w->head, PAL_CONFIDENCE_LOW, &(struct pal_place){ .field = h->name },
	    "class %zu of %zu has the largest sum of positive weights, %.1f robust deviations from the others, "
	    "which %.1f %% of classifiers whose classes are alike have as well: a reason to look at this class, no "
	    "verdict",
	    most, h->classes, score, 100 * chance_of(h->classes, score, sums));
}

/* When more than half of the rows are that near to the largest one, the median is, and there is nothing to sort. */
static bool
stands_out(const float *squares, size_t n, float most)
{
	float  near = most / (float)(ROW_TIMES * ROW_TIMES) * 1.001f;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += squares[i] > near;
	return count <= n / 2 + 1;
}

void
pal_weights_rows(struct pal_weights *w, struct pal_findings *out)
{
	struct pal_weight_run *t = &w->run;
	const float           *squares = w->sums->row_squares;
	size_t                 n = (size_t)t->shape[0], most = 0;
	PAL_AUTO_ARENA         a;
	double                *norms = NULL, middle = 0, score = 0;

	pal_arena_init(&a, (size_t)8 << 20);
	if (!t->rows || n < ROWS_LEAST)
		return;
	for (size_t i = 0; i < n; i++)
		most = squares[i] > squares[most] ? i : most;
	norms = !stands_out(squares, n, squares[most]) ? NULL : pal_arena_array(&a, n, sizeof(*norms));
	if (norms == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		norms[i] = sqrt((double)squares[i]);
	middle = pal_median(norms, n);
	score = pal_robust_score(norms, n, sqrt((double)squares[most]));
	if (score < ROW_SCORE || sqrt((double)squares[most]) < ROW_TIMES * middle || middle <= 0)
		return;
	pal_weights_found(w, out, w->row, w->row->severity, most * t->shape[1] * t->width,
			  "row %zu of %zu has %.1f times the usual norm: a token or unit that was treated apart", most,
			  n, sqrt((double)squares[most]) / middle);
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0x9e3779b97f4a7c15u;
	return a ^ a >> 29;
}

enum pal_err
pal_weights_note(struct pal_weights *w)
{
	struct pal_weight_run  *t = &w->run;
	struct pal_weight_note *n = NULL;

	if (t->exponent == 0 || w->notes.count >= NOTES_MOST)
		return PAL_OK;
	n = pal_list_add(&w->notes);
	PAL_TRY(pal_arena_err(w->arena));
	*n = (struct pal_weight_note){ .name = pal_arena_text(w->arena, pal_view_sub(t->piece->name, 0, 120)),
				       .offset = t->piece->place.offset,
				       .count = t->count,
				       .shape = mix(t->width, t->exponent),
				       .content = mix(t->digest, t->patterns.zeros),
				       .rms = sqrt(t->moments.squares / (double)t->count),
				       .plain = t->constant || t->count < 256 };
	for (size_t i = 0; i < t->piece->tensor.rank; i++)
		n->shape = mix(n->shape, t->piece->tensor.shape[i]);
	n->content = mix(n->content, n->shape);
	return pal_arena_err(w->arena);
}

static int
by_content(const void *a, const void *b)
{
	const struct pal_weight_note *x = a, *y = b;

	if (x->plain != y->plain)
		return x->plain ? 1 : -1;
	if (x->content != y->content)
		return x->content < y->content ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int
by_shape(const void *a, const void *b)
{
	const struct pal_weight_note *x = a, *y = b;

	if (x->shape != y->shape)
		return x->shape < y->shape ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Embeddings are tied, layers are shared, and both share one storage in most files; copies are told, no more. */
static void
rank_copies(struct pal_weights *w, struct pal_findings *out)
{
	pal_list_sort(&w->notes, by_content);
	for (size_t i = 1; i < w->notes.count; i++) {
		const struct pal_weight_note *a = pal_list_at(&w->notes, i - 1), *b = pal_list_at(&w->notes, i);

		if (b->plain)
			break;
		if (a->content == b->content && a->offset != b->offset)
			pal_found(out, w->duplicate, PAL_CONFIDENCE_MEDIUM, &(struct pal_place){ .offset = b->offset },
				  "%s holds the same numbers as %s", b->name, a->name);
	}
}

static enum pal_err
rank_like(struct pal_weights *w, size_t from, size_t n, struct pal_findings *out)
{
	PAL_AUTO_ARENA                a;
	double                       *rms = NULL, middle = 0, score = 0;
	const struct pal_weight_note *most = pal_list_at(&w->notes, from);

	pal_arena_init(&a, (size_t)8 << 20);
	rms = pal_arena_array(&a, n, sizeof(*rms));
	if (rms == NULL)
		return pal_arena_err(&a);
	for (size_t i = 0; i < n; i++) {
		const struct pal_weight_note *one = pal_list_at(&w->notes, from + i);

		rms[i] = one->rms;
		most = one->rms > most->rms ? one : most;
	}
	middle = pal_median(rms, n);
	score = pal_robust_score(rms, n, most->rms);
	if (score >= NORM_SCORE && most->rms >= NORM_TIMES * middle && middle > 0)
		pal_found(out, w->norm, PAL_CONFIDENCE_LOW,
			  &(struct pal_place){ .field = most->name, .offset = most->offset },
			  "its numbers are %.1f times as large as those of the %zu other tensors of its shape",
			  most->rms / middle, n - 1);
	return PAL_OK;
}

enum pal_err
pal_weights_rank(struct pal_weights *w, struct pal_findings *out)
{
	rank_classes(w, out);
	rank_copies(w, out);
	pal_list_sort(&w->notes, by_shape);
	for (size_t from = 0, to = 0; from < w->notes.count; from = to) {
		const struct pal_weight_note *one = pal_list_at(&w->notes, from);

		for (to = from; to < w->notes.count; to++)
			if (((const struct pal_weight_note *)pal_list_at(&w->notes, to))->shape != one->shape)
				break;
		if (to - from >= LIKE_LEAST && !one->plain)
			PAL_TRY(rank_like(w, from, to - from, out));
	}
	return PAL_OK;
}
