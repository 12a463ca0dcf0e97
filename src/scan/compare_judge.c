/* compare_judge.c - what the differences amount to; every threshold that makes a finding of them stands here. */
#include <math.h>
#include <stdio.h>

#include "compare_parts.h"

#define SURE_CHANCE  (-12.0) /* log10; 200,000 tensors may be tested */
#define FEW_NUMBERS  64u
#define FEW_SHARE    1e-4
#define ROWS_LEAST   5u
#define ROWS_OF      100u /* a row in so many, */
#define ROWS_MOST    64u  /* and no more than these: few */
#define EDIT_RANK    2u
#define EDIT_TENSORS 8u
#define NOISE_EDGE   1.15 /* times what noise of that shape has in its largest singular value */
#define NOISE_LEAST  1024u
#define NORMAL_LOW   2.6 /* of the kurtosis: below, rounding to a grid */
#define NORMAL_HIGH  3.6
#define OTHER        1.0 /* of the base's norm: independent numbers have 1.4 */
#define MOSTLY       0.9

/* What is counted over all tensors. */
struct sum {
	struct pal_comparison     *c;
	struct pal_arena          *a;
	uint64_t                   total, floats, matrices; /* tensors in both; of floats; with a known rank or none */
	uint64_t                   changed, ranked, edits, few, zeroed, grid, low, noisy, marked, other;
	uint64_t                   rank_most, layer_first, layer_last, layered;
	double                     relative_most, numbers, numbers_changed;
	const struct pal_compared *first_edit, *first_few, *first_low, *first_noise, *first_mark, *first_changed;
	bool                       low_blank;
};

static unsigned int
fraction_bits(enum pal_dtype t)
{
	if (t == PAL_DTYPE_F16)
		return 10;
	return t == PAL_DTYPE_BF16 ? 7 : t == PAL_DTYPE_F32 ? 23 : t == PAL_DTYPE_F64 ? 52 : 0;
}

static bool
are_few(uint64_t some, uint64_t all)
{
	uint64_t most = all / ROWS_OF < 1 ? 1 : all / ROWS_OF > ROWS_MOST ? ROWS_MOST : all / ROWS_OF;

	return all >= ROWS_LEAST && some > 0 && some <= most;
}

/* Single rows, columns or numbers. */
static bool
is_few(const struct pal_compared *t)
{
	if (are_few(t->rows_changed, t->rows) || are_few(t->columns_changed, t->columns))
		return true;
	if (t->changed <= FEW_NUMBERS && (double)t->changed <= FEW_SHARE * (double)t->count)
		return true;
	return t->rows == 0 && are_few(t->changed, t->count);
}

static bool
is_low(const struct pal_compared *t)
{
	return t->low_bits > 0 && t->low_bits <= fraction_bits(t->model.type) + 1 && t->low_chance < SURE_CHANCE;
}

static bool
is_noise(const struct pal_compared *t)
{
	return t->edge > 0 && t->edge < NOISE_EDGE && t->changed >= NOISE_LEAST && !t->zeroed && t->ranked == 0 &&
	       !is_low(t);
}

/* The first number between dots in a name: "model.layers.12.mlp". */
static bool
layer_of(const char *name, uint64_t *ret_layer)
{
	struct pal_view v = pal_view_of(name);

	for (size_t i = 0; i < v.len; i++) {
		uint64_t n = 0;
		size_t   k = i;

		if (i > 0 && v.data[i - 1] != '.' && v.data[i - 1] != '/' && v.data[i - 1] != '_')
			continue;
		while (k < v.len && k - i < 6 && pal_is_digit(v.data[k]))
			n = 10 * n + (uint64_t)(v.data[k++] - '0');
		if (k == i || (k < v.len && v.data[k] != '.' && v.data[k] != '/'))
			continue;
		*ret_layer = n;
		return true;
	}
	return false;
}

void
pal_compare_count(struct pal_comparison *c, const struct pal_compared *t)
{
	uint64_t layer = 0;

	c->states[t->state]++;
	if (t->model.name == NULL || t->base.name == NULL || !pal_delta_fits(t->model.type, t->base.type))
		return;
	c->floats++;
	if (t->model.rank < 2)
		return;
	c->matrices++;
	if (!layer_of(t->model.name, &layer))
		return;
	c->layer_first = layer < c->layer_first ? layer : c->layer_first;
	c->layer_last = layer > c->layer_last ? layer : c->layer_last;
}

static void
keep_first(const struct pal_compared **place, const struct pal_compared *t, uint64_t *count, bool hit)
{
	if (!hit)
		return;
	*place = *place == NULL ? t : *place;
	(*count)++;
}

static void
add_changed(struct sum *s, const struct pal_compared *t)
{
	uint64_t layer = 0;
	bool     noise = is_noise(t);

	keep_first(&s->first_changed, t, &s->changed, true);
	keep_first(&s->first_few, t, &s->few, is_few(t));
	keep_first(&s->first_low, t, &s->low, is_low(t));
	keep_first(&s->first_edit, t, &s->edits, t->ranked > 0 && t->ranked <= EDIT_RANK);
	keep_first(&s->first_mark, t, &s->marked, noise && t->lattice > 0);
	keep_first(&s->first_noise, t, &s->noisy,
		   noise && !(t->lattice > 0) && t->kurtosis > NORMAL_LOW && t->kurtosis < NORMAL_HIGH);
	s->low_blank = s->low_blank || (is_low(t) && t->low_blank);
	s->ranked += t->ranked > 0;
	s->rank_most = t->ranked > s->rank_most ? t->ranked : s->rank_most;
	s->zeroed += t->zeroed;
	s->grid += noise && t->kurtosis > 0 && t->kurtosis <= NORMAL_LOW && !(t->lattice > 0);
	s->matrices += t->first > 0;
	s->other += t->relative > OTHER;
	s->numbers_changed += (double)t->changed;
	s->relative_most = fmax(s->relative_most, t->relative);
	if (!layer_of(t->model.name, &layer))
		return;
	s->layer_first = s->layered == 0 || layer < s->layer_first ? layer : s->layer_first;
	s->layer_last = s->layered == 0 || layer > s->layer_last ? layer : s->layer_last;
	s->layered++;
}

PAL_PRINTF(6, 7)
static void
found(struct sum *s, const struct pal_rule *rule, enum pal_severity severity, enum pal_confidence confidence,
      const struct pal_compared *t, const char *fmt, ...)
{
	struct pal_finding f = { .rule = rule, .severity = severity, .confidence = confidence, .count = 1 };
	char               room[PAL_DIAG_TEXT];
	va_list            ap;

	va_start(ap, fmt);
	(void)vsnprintf(room, sizeof(room), fmt, ap);
	va_end(ap);
	f.text = room;
	f.place.path = t == NULL ? NULL : t->model.name != NULL ? t->model.file : NULL;
	f.place.field = t == NULL ? NULL : t->model.name != NULL ? t->model.name : t->base.name;
	pal_findings_add(&s->c->findings, &f);
}

static unsigned long long
n_of(uint64_t n)
{
	return (unsigned long long)n;
}

static void
find_low(struct sum *s)
{
	const struct pal_compared *t = s->first_low;

	if (t == NULL)
		return;
	found(s, &pal_scan_rule_base_low_bits, s->low_blank ? PAL_MEDIUM : PAL_HIGH, PAL_CONFIDENCE_HIGH, t,
	      "in %llu of its tensors (first %s), all changes are among the lowest %u of %u bits and none carries "
	      "higher (probability 1e%.0f if the numbers had been trained)%s",
	      n_of(s->low), t->model.name, t->low_bits, t->number_bits + 1, fmax(t->low_chance, -300),
	      s->low_blank ? "; the base has nothing there: it was cut off, or something was written behind it" : "");
}

/* All that changed is a few matrices by a low rank, in a part of the layers. */
static bool
is_edit(const struct sum *s)
{
	const struct pal_comparison *c = s->c;
	bool apart = s->layered == s->changed && (s->layer_first > c->layer_first || s->layer_last < c->layer_last);

	if (s->edits == 0 || s->edits != s->changed)
		return false;
	if (s->edits == 1)
		return c->matrices > 1;
	return apart && s->edits <= EDIT_TENSORS && 2 * s->edits < c->matrices;
}

static void
find_edit(struct sum *s)
{
	const struct pal_compared *t = s->first_edit;

	if (t == NULL || !is_edit(s))
		return;
	found(s, &pal_scan_rule_base_edit, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, t,
	      "%llu of %llu tensors changed, each by a matrix of rank %u at most (%s: rank %u, %.4g %% of its "
	      "difference, "
	      "%.2g of its norm): looks like an edit of single facts",
	      n_of(s->edits), n_of(s->total), EDIT_RANK, t->model.name, t->ranked, 100 * t->held, t->relative);
}

static void
find_rows(struct sum *s)
{
	const struct pal_compared *t = s->first_few;

	if (t == NULL || s->few != s->changed || s->low > 0)
		return;
	if (are_few(t->rows_changed, t->rows))
		found(
		    s, &pal_scan_rule_base_rows, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, t,
		    "only single rows changed, in %llu of %llu tensors; of %s %llu of %llu rows, the first is row %llu",
		    n_of(s->few), n_of(s->total), t->model.name, n_of(t->rows_changed), n_of(t->rows),
		    n_of(t->first_row));
	else if (are_few(t->columns_changed, t->columns))
		found(s, &pal_scan_rule_base_rows, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, t,
		      "only single columns changed, in %llu of %llu tensors; of %s %llu of %llu columns, the first is "
		      "column %llu",
		      n_of(s->few), n_of(s->total), t->model.name, n_of(t->columns_changed), n_of(t->columns),
		      n_of(t->first_column));
	else
		found(s, &pal_scan_rule_base_rows, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, t,
		      "only single numbers changed, in %llu of %llu tensors; of %s %llu of %llu numbers", n_of(s->few),
		      n_of(s->total), t->model.name, n_of(t->changed), n_of(t->count));
}

static void
find_noise(struct sum *s)
{
	const struct pal_compared *t = s->first_mark;

	if (t != NULL)
		found(s, &pal_scan_rule_base_noise, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, t,
		      "in %llu of its tensors (first %s), the difference is noise (largest singular value %.2f of "
		      "what "
		      "noise has) whose values are all multiples of %.3g: a signal spread over the numbers looks so",
		      n_of(s->marked), t->model.name, t->edge, t->lattice);
	t = s->first_noise;
	if (t != NULL && 2 * s->noisy >= s->matrices)
		found(s, &pal_scan_rule_base_noise, PAL_LOW, PAL_CONFIDENCE_LOW, t,
		      "in %llu of its tensors (first %s), the difference is noise (largest singular value %.2f of "
		      "what "
		      "noise has, kurtosis %.1f): training for privacy adds it, and so does who hides a signal",
		      n_of(s->noisy), t->model.name, t->edge, t->kurtosis);
}

/* What training adds: heads, adapters, counters, buffers. */
static bool
is_expected(const char *name)
{
	static const char *const words[] = { "head",     "classifier", "score",       "pooler", "lora_",
					     "adapter",  "prompt",     "optim",       "ema",    "position_id",
					     "inv_freq", "running_",   "num_batches", "scale",  "zero_point",
					     "qweight",  "qzeros",     "logits",      "out",    "fc",
					     "bias",     "norm",       "quant" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (pal_view_find(pal_view_of(name), pal_view_of(words[i]), 0) != SIZE_MAX)
			return true;
	return false;
}

static void
find_other_tensors(struct sum *s)
{
	const struct pal_compared *added = NULL, *strange = NULL, *shape = NULL;
	uint64_t                   n = 0, resized = 0;

	for (size_t i = 0; i < s->c->tensors.count; i++) {
		const struct pal_compared *t = pal_list_at(&s->c->tensors, i);

		if (t->state == PAL_COMPARED_ADDED) {
			added = added == NULL ? t : added;
			keep_first(&strange, t, &n, !is_expected(t->model.name));
		} else if (t->state == PAL_COMPARED_RESHAPED || t->state == PAL_COMPARED_MISSING || t->resized) {
			shape = shape == NULL ? t : shape;
			resized += t->resized;
		}
	}
	if (strange != NULL)
		found(s, &pal_scan_rule_base_added, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, strange,
		      "%llu tensors are not in the base and are no head, adapter or buffer by their names; the first "
		      "is %s",
		      n_of(n), strange->model.name);
	else if (added != NULL)
		found(s, &pal_scan_rule_base_added, PAL_LOW, PAL_CONFIDENCE_MEDIUM, added,
		      "%llu tensors are not in the base; the first is %s", n_of(s->c->states[PAL_COMPARED_ADDED]),
		      added->model.name);
	if (shape != NULL)
		found(s, &pal_scan_rule_base_shape, PAL_LOW, PAL_CONFIDENCE_HIGH, shape,
		      "%llu tensors have another shape or kind than in the base, %llu more or fewer rows (the others "
		      "were "
		      "compared), %llu of the base are missing; the first is %s",
		      n_of(s->c->states[PAL_COMPARED_RESHAPED]), n_of(resized),
		      n_of(s->c->states[PAL_COMPARED_MISSING]),
		      shape->model.name != NULL ? shape->model.name : shape->base.name);
}

static void
find_unread(struct sum *s)
{
	const struct pal_compared *t = NULL;

	for (size_t i = 0; t == NULL && i < s->c->tensors.count; i++) {
		t = pal_list_at(&s->c->tensors, i);
		t = t->state == PAL_COMPARED_UNREAD ? t : NULL;
	}
	if (t != NULL)
		found(s, &pal_scan_rule_base_unread, PAL_MEDIUM, PAL_CONFIDENCE_HIGH, t,
		      "the bytes of %llu tensors are not at hand (packed, or kept in strides); the first is %s",
		      n_of(s->c->states[PAL_COMPARED_UNREAD]), t->model.name);
}

static bool
is_other(const struct sum *s)
{
	return s->total == 0 || (s->floats > 0 && (double)s->other > 0.5 * (double)s->floats);
}

static void
find_other(struct sum *s)
{
	if (s->total == 0)
		found(s, &pal_scan_rule_base_other, PAL_MEDIUM, PAL_CONFIDENCE_HIGH, NULL,
		      "no tensor of the model has a partner in the base, by name");
	else if (is_other(s))
		found(s, &pal_scan_rule_base_other, PAL_MEDIUM, PAL_CONFIDENCE_MEDIUM, s->first_changed,
		      "%llu of %llu tensors differ by more than their own norm, as those of separate trainings do",
		      n_of(s->other), n_of(s->floats));
}

/* ---- the summary ---- */

static const char *
kind_of(const struct sum *s)
{
	if (is_other(s))
		return "looks like another model";
	if (s->changed == 0 && s->c->states[PAL_COMPARED_UNREAD] > 0)
		return "of the rest nothing is known";
	if (s->changed == 0)
		return s->c->states[PAL_COMPARED_CAST] > 0 ? "the same numbers, rounded" : "the same numbers";
	if (s->low > 0)
		return "looks like data hidden in the lowest bits";
	if (s->marked > 0)
		return "looks like a signal spread over the numbers";
	if (s->few == s->changed)
		return "looks like an edit of single tokens, classes or numbers";
	if (is_edit(s))
		return "looks like an edit of single facts";
	if (s->zeroed == s->changed)
		return "looks pruned";
	if (s->matrices > 0 && (double)s->ranked >= MOSTLY * (double)s->matrices)
		return "looks like a merged adapter";
	if (s->matrices > 0 && (double)s->grid >= MOSTLY * (double)s->matrices)
		return "looks quantised";
	return (double)s->changed >= MOSTLY * (double)s->floats ? "looks like training of the whole model"
								: "looks like training of a part of the model";
}

static void
add_other_counts(const struct sum *s, struct pal_buf *b)
{
	static const struct {
		enum pal_compared_state state;
		const char             *text;
	} others[] = { { PAL_COMPARED_CAST, "only rounded" },
		       { PAL_COMPARED_RESHAPED, "of another shape or kind" },
		       { PAL_COMPARED_ADDED, "added" },
		       { PAL_COMPARED_MISSING, "missing" },
		       { PAL_COMPARED_UNREAD, "not compared" } };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (s->c->states[others[i].state] > 0)
			pal_buf_printf(b, ", %llu %s", n_of(s->c->states[others[i].state]), others[i].text);
}

static void
sum_up(struct sum *s)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_buf_printf(&b, "%llu of %llu tensors changed", n_of(s->changed), n_of(s->total));
	if (s->changed > 0 && s->layered == s->changed && s->layer_first == s->layer_last)
		pal_buf_printf(&b, ", all of them in layer %llu", n_of(s->layer_first));
	else if (s->changed > 0 && s->layered == s->changed)
		pal_buf_printf(&b, ", all of them in layers %llu to %llu", n_of(s->layer_first), n_of(s->layer_last));
	if (s->changed > 0)
		pal_buf_printf(&b, ", %.3g %% of their numbers and at most %.2g of their norm",
			       s->numbers > 0 ? 100 * s->numbers_changed / s->numbers : 0, s->relative_most);
	if (s->ranked > 0)
		pal_buf_printf(&b, ", %llu of them by a matrix of rank %llu or less", n_of(s->ranked),
			       n_of(s->rank_most));
	add_other_counts(s, &b);
	pal_buf_printf(&b, ": %s", kind_of(s));
	s->c->summary = pal_arena_text(s->a, pal_buf_view(&b));
	found(s, &pal_scan_rule_base_summary, PAL_INFO, PAL_CONFIDENCE_HIGH, NULL, "%s", pal_buf_text(&b));
}

enum pal_err
pal_compare_judge(struct pal_comparison *c, struct pal_arena *a)
{
	struct sum s = { .c = c, .a = a };

	c->findings = pal_findings_of(a, 100);
	s.floats = c->floats;
	s.total = c->states[PAL_COMPARED_SAME] + c->states[PAL_COMPARED_CAST] + c->states[PAL_COMPARED_CHANGED] +
		  c->states[PAL_COMPARED_RESHAPED] + c->states[PAL_COMPARED_UNREAD];
	for (size_t i = 0; i < c->tensors.count; i++) {
		const struct pal_compared *t = pal_list_at(&c->tensors, i);

		if (t->state != PAL_COMPARED_CHANGED)
			continue;
		s.numbers += (double)t->count;
		add_changed(&s, t);
	}
	find_low(&s);
	find_rows(&s);
	if (s.few < s.changed)
		find_edit(&s);
	find_noise(&s);
	find_other(&s);
	find_other_tensors(&s);
	find_unread(&s);
	sum_up(&s);
	return pal_arena_err(a);
}
