/* weights_merge.c - what segments say, put together in their order; to audit: that nothing depends on who read them. */
#include "weights.h"

void
pal_weights_patterns(struct pal_patterns *sum, const struct pal_patterns *one)
{
	sum->zeros += one->zeros;
	sum->denormals += one->denormals;
	sum->infinities += one->infinities;
	sum->nans += one->nans;
	sum->huge += one->huge;
	sum->tiny += one->tiny;
	sum->tailed += one->tailed;
	sum->ored |= one->ored;
}

static void
add_test(struct pal_weight_test *sum, const struct pal_weight_test *one)
{
	sum->tested += one->tested;
	if (one->hits == 0)
		return;
	if (sum->hits == 0 || one->effect > sum->effect) {
		sum->effect = one->effect;
		sum->log_p = one->log_p;
	}
	sum->first = sum->hits == 0 ? one->first : sum->first;
	sum->hits += one->hits;
}

static void
add_nans(struct pal_weight_run *t, const struct pal_weight_run *part)
{
	for (size_t i = 0; i < part->nan_kinds && t->nan_kinds < 32; i++) {
		size_t k = 0;

		while (k < t->nan_kinds && t->nan_seen[k] != part->nan_seen[i])
			k++;
		if (k == t->nan_kinds)
			t->nan_seen[t->nan_kinds++] = part->nan_seen[i];
	}
}

/* The first segment's numbers are compared with each other there, and with the rest's first here. */
static void
add_values(struct pal_weight_run *t, const struct pal_weight_run *part)
{
	if (part->from == 0)
		t->first = part->first;
	t->constant = t->constant && part->constant && part->first == t->first; /* NOLINT: exact on purpose */
	t->moments.sum += part->moments.sum;
	t->moments.squares += part->moments.squares;
	t->moments.positive += part->moments.positive;
	t->moments.most = part->moments.most > t->moments.most ? part->moments.most : t->moments.most;
	t->digest = part->from == 0 ? part->digest : (t->digest ^ part->digest) * 0x9e3779b97f4a7c15u;
	t->distinct = part->distinct;
}

static void
add_sums(struct pal_weights *w, const struct pal_weight_run *part)
{
	for (size_t k = 0; part->rows && k < 2; k++) {
		const struct pal_weight_edge *e = &part->edges[k];

		w->sums->row_squares[e->row] += (float)e->squares;
		if (part->sides && e->row < PAL_WEIGHTS_SIDE)
			w->sums->row_positive[e->row] += e->positive;
	}
	for (size_t i = 0; part->columns != NULL && i < part->shape[1] && i < PAL_WEIGHTS_SIDE; i++)
		w->sums->column_positive[i] += part->columns[i];
}

void
pal_weights_merge(struct pal_weights *w, const struct pal_weight_run *part)
{
	struct pal_weight_run *t = &w->run;

	if (t->said.rule == NULL)
		t->said = part->said;
	if (t->exponent == 0)
		return;
	pal_weights_patterns(&t->patterns, &part->patterns);
	for (size_t k = 0; k < PAL_PACKED; k++)
		add_test(&t->packed[k], &part->packed[k]);
	add_test(&t->top, &part->top);
	add_test(&t->gap, &part->gap);
	t->uneven = t->uneven || part->uneven;
	t->tails = t->tails || part->tails;
	if (part->tail_first != UINT64_MAX) {
		t->tail_first = t->tail_first == UINT64_MAX ? part->tail_first : t->tail_first;
		t->tail_last = part->tail_last;
	}
	add_nans(t, part);
	add_values(t, part);
	add_sums(w, part);
}
