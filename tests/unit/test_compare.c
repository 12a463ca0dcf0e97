/* test_compare.c - what was done to a model is told from the difference to its base; damaged files and records harm
 * nobody. */
#include "check.h"
#include "comparing.h"
#include "mutate.h"

static struct toy base, model;

static uint32_t *
bits_of(float *x)
{
	return (uint32_t *)(void *)x;
}

static void
keep(void)
{
}

/* Stands for training: every number moves, and the moves have structure. */
static void
train(void)
{
	float row[ROWS], column[COLUMNS];

	toy_fill(row, ROWS);
	toy_fill(column, COLUMNS);
	for (size_t i = 0; i < ROWS * COLUMNS; i++) {
		model.up[i] += row[i / COLUMNS] * column[i % COLUMNS] * 0.1f + toy_normal() * 0.002f;
		model.down[i] += row[i % ROWS] * column[i / ROWS] * 0.1f + toy_normal() * 0.002f;
	}
	for (size_t i = 0; i < ROWS; i++)
		model.bias[i] += toy_normal() * 0.01f;
}

static void
edit(void)
{
	float row[ROWS], column[COLUMNS];

	toy_fill(row, ROWS);
	toy_fill(column, COLUMNS);
	for (size_t i = 0; i < ROWS * COLUMNS; i++)
		model.up[i] += row[i / COLUMNS] * column[i % COLUMNS] * 0.1f;
}

static void
adapt(void)
{
	float row[ROWS * 4], column[COLUMNS * 4];

	toy_fill(row, ROWS * 4);
	toy_fill(column, COLUMNS * 4);
	for (size_t k = 0; k < 4; k++)
		for (size_t i = 0; i < ROWS * COLUMNS; i++) {
			model.up[i] += row[4 * (i / COLUMNS) + k] * column[4 * (i % COLUMNS) + k];
			model.down[i] += row[4 * (i % ROWS) + k] * column[4 * (i / ROWS) + k];
		}
}

static void
hide_1(void)
{
	for (size_t i = 0; i < 400; i++)
		bits_of(model.up)[i] = (bits_of(model.up)[i] & ~1u) | (toy_dice() > 0);
}

static void
hide_8(void)
{
	for (size_t i = 0; i < 60; i++)
		bits_of(model.down)[i] = (bits_of(model.down)[i] & ~255u) | (uint32_t)((toy_dice() + 0.5) * 256);
}

static void
hide_16(void)
{
	for (size_t i = 0; i < ROWS * COLUMNS; i++)
		bits_of(model.up)[i] = (bits_of(model.up)[i] & ~65535u) | (uint32_t)((toy_dice() + 0.5) * 65536);
}

/* The same size of change as one hidden bit, but added: it carries. */
static void
nudge(void)
{
	for (size_t i = 0; i < ROWS * COLUMNS; i++)
		bits_of(model.up)[i] += toy_dice() > 0 ? 1u : 0u;
}

static void
spread(void)
{
	for (size_t i = 0; i < ROWS * COLUMNS; i++) {
		int sum = 0;

		for (unsigned int k = 0; k < 20; k++)
			sum += toy_dice() > 0 ? 1 : -1;
		model.up[i] += 0.001f * (float)sum;
	}
}

static void
blur(void)
{
	for (size_t i = 0; i < ROWS * COLUMNS; i++) {
		model.up[i] += toy_normal() * 0.05f;
		model.down[i] += toy_normal() * 0.05f;
	}
}

static void
one_row(void)
{
	for (size_t i = 0; i < ROWS; i++)
		model.down[7 * ROWS + i] += 0.01f;
}

static void
one_column(void)
{
	for (size_t i = 0; i < ROWS; i++)
		model.up[i * COLUMNS + 3] += 0.01f;
}

static void
one_number(void)
{
	model.up[77] = -model.up[77];
}

static void
all_to_16(void)
{
	float *const parts[] = { model.up, model.down, model.bias };

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < (k < 2 ? ROWS * COLUMNS : ROWS); i++) {
			uint32_t *b = &bits_of(parts[k])[i];

			*b = (*b + 0x7fff + (*b >> 16 & 1)) & 0xffff0000u;
		}
}

static void
prune(void)
{
	for (size_t i = 0; i < ROWS * COLUMNS; i++) {
		model.up[i] = fabsf(model.up[i]) < 0.02f ? 0 : model.up[i];
		model.down[i] = fabsf(model.down[i]) < 0.02f ? 0 : model.down[i];
	}
}

static void
quantise(void)
{
	for (size_t i = 0; i < ROWS * COLUMNS; i++) {
		model.up[i] = nearbyintf(model.up[i] / 0.0031f) * 0.0031f;
		model.down[i] = nearbyintf(model.down[i] / 0.0031f) * 0.0031f;
	}
}

static void
replace(void)
{
	toy_make(&model, 999);
}

static void
break_numbers(void)
{
	model.up[5] = NAN;
	model.up[6] = INFINITY;
	train();
}

static const struct {
	const char *what;
	void (*change)(void);
	const char       *rule; /* the worst; NULL: the summary alone */
	enum pal_severity severity;
	const char       *summary;
} cases[] = {
	{ "nothing", keep, NULL, PAL_INFO, "0 of 3 tensors changed: the same numbers" },
	{ "training", train, NULL, PAL_INFO, "3 of 3 tensors changed, all of them in layers 0 to 1" },
	{ "an adapter", adapt, NULL, PAL_INFO, "rank 4 or less: looks like a merged adapter" },
	{ "added steps", nudge, "BASE-NOISE", PAL_LOW, "1 of 3 tensors changed" },
	{ "rounding", all_to_16, NULL, PAL_INFO, "0 of 3 tensors changed, 3 only rounded: the same numbers, rounded" },
	{ "pruning", prune, NULL, PAL_INFO, "looks pruned" },
	{ "a grid", quantise, NULL, PAL_INFO, "looks quantised" },
	{ "numbers that are none", break_numbers, NULL, PAL_INFO, "3 of 3 tensors changed" },
	{ "noise", blur, "BASE-NOISE", PAL_LOW, "2 of 3 tensors changed" },
	{ "an edit", edit, "BASE-EDIT", PAL_MEDIUM, "1 of 3 tensors changed, all of them in layer 0" },
	{ "a row", one_row, "BASE-ROWS", PAL_MEDIUM, "edit of single tokens" },
	{ "a column", one_column, "BASE-ROWS", PAL_MEDIUM, "edit of single tokens" },
	{ "a number", one_number, "BASE-ROWS", PAL_MEDIUM, "edit of single tokens" },
	{ "a spread signal", spread, "BASE-NOISE", PAL_MEDIUM, "a signal spread over the numbers" },
	{ "another model", replace, "BASE-OTHER", PAL_MEDIUM, "looks like another model" },
	{ "one bit", hide_1, "BASE-LOW-BITS", PAL_HIGH, "data hidden in the lowest bits" },
	{ "eight bits", hide_8, "BASE-LOW-BITS", PAL_HIGH, "data hidden in the lowest bits" },
	{ "sixteen bits", hide_16, "BASE-LOW-BITS", PAL_HIGH, "data hidden in the lowest bits" },
};

static const struct pal_finding *
worst_of(const struct pal_comparison *c)
{
	const struct pal_finding *worst = NULL;

	for (size_t i = 0; i < c->findings.list.count; i++) {
		const struct pal_finding *f = pal_list_at(&c->findings.list, i);

		worst = worst == NULL || f->severity > worst->severity ? f : worst;
	}
	return worst;
}

static void
what_was_done(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA            a;
		PAL_AUTO_BUF              first = pal_buf_of(0);
		PAL_AUTO_BUF              second = pal_buf_of(0);
		struct comparing          g;
		const struct pal_finding *worst = NULL;

		pal_arena_init(&a, (size_t)256 << 20);
		toy_make(&base, 42);
		model = base;
		cases[i].change();
		toy_write(&model, i % 2 == 0 ? "" : "module.", &first);
		toy_write(&base, "", &second);
		if (!CHECK_SAY(comparing_run(&g, pal_buf_view(&first), pal_buf_view(&second), &a) == PAL_OK,
			       cases[i].what))
			continue;
		pal_buf_done(&g.records);
		worst = worst_of(&g.c);
		if (!CHECK_SAY(worst != NULL && worst->severity == cases[i].severity &&
				   (cases[i].rule == NULL || strcmp(worst->rule->id, cases[i].rule) == 0),
			       cases[i].what))
			printf("got %s\n", worst == NULL ? "nothing" : worst->text);
		if (!CHECK_SAY(g.c.summary != NULL && strstr(g.c.summary, cases[i].summary) != NULL, cases[i].what))
			printf("got %s\n", g.c.summary);
	}
}

/* ---- names ---- */

static const struct {
	const char *model[4], *base[4];
	uint64_t    same, added, missing;
} names[] = {
	{ { "a", "b" }, { "a", "b" }, 2, 0, 0 },
	{ { "module.a", "module.b" }, { "a", "b" }, 2, 0, 0 },
	{ { "base_model.model.model.a" }, { "model.a" }, 1, 0, 0 },
	{ { "a" }, { "module.a", "model.a" }, 0, 1, 2 }, /* not one to one */
	{ { "model.a", "module.a" }, { "a" }, 0, 2, 1 },
	{ { "a", "model.a" }, { "a" }, 1, 1, 0 },
	{ { "x" }, { "y" }, 0, 1, 1 },
};

static void
write_names(const char *const *list, struct pal_buf *out)
{
	PAL_AUTO_BUF head = pal_buf_of(0);
	size_t       n = 0;

	for (; n < 4 && list[n] != NULL; n++)
		pal_buf_printf(&head, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%zu,%zu]}",
			       n == 0 ? "{" : ",", list[n], 8 * n, 8 * n + 8);
	pal_buf_add_byte(&head, '}');
	pal_buf_add_u64le(out, head.len);
	pal_buf_add(out, pal_buf_view(&head));
	for (size_t i = 0; i < n; i++)
		pal_buf_add_u64le(out, 0x3f8000003f800000u);
}

static void
pairs(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PAL_AUTO_ARENA   a;
		PAL_AUTO_BUF     first = pal_buf_of(0);
		PAL_AUTO_BUF     second = pal_buf_of(0);
		struct comparing g;

		pal_arena_init(&a, (size_t)64 << 20);
		write_names(names[i].model, &first);
		write_names(names[i].base, &second);
		CHECK(comparing_run(&g, pal_buf_view(&first), pal_buf_view(&second), &a) == PAL_OK);
		pal_buf_done(&g.records);
		CHECK(g.c.states[PAL_COMPARED_SAME] == names[i].same);
		CHECK(g.c.states[PAL_COMPARED_ADDED] == names[i].added);
		CHECK(g.c.states[PAL_COMPARED_MISSING] == names[i].missing);
	}
}

/* A file of one matrix. */
static void
write_rows(const float *x, unsigned int rows, struct pal_buf *out)
{
	PAL_AUTO_BUF text = pal_buf_of(0);
	size_t       n = (size_t)rows * COLUMNS;

	pal_buf_printf(&text, "{\"e\":{\"dtype\":\"F32\",\"shape\":[%u,%u],\"data_offsets\":[0,%zu]}}", rows, COLUMNS,
		       4 * n);
	pal_buf_add_u64le(out, text.len);
	pal_buf_add(out, pal_buf_view(&text));
	pal_buf_add(out, toy_bytes(x, n));
}

/* More rows than the base has: those that both have are compared. */
static void
grown(void)
{
	for (unsigned int hidden = 0; hidden < 2; hidden++) {
		PAL_AUTO_ARENA             a;
		PAL_AUTO_BUF               first = pal_buf_of(0);
		PAL_AUTO_BUF               second = pal_buf_of(0);
		struct comparing           g;
		const struct pal_compared *t = NULL;

		pal_arena_init(&a, (size_t)64 << 20);
		toy_make(&base, 42);
		model = base;
		for (size_t i = 0; hidden == 1 && i < 300; i++)
			bits_of(model.up)[i] = (bits_of(model.up)[i] & ~3u) | (uint32_t)((toy_dice() + 0.5) * 4);
		write_rows(model.up, ROWS, &first);
		write_rows(base.up, ROWS - 3, &second);
		CHECK(comparing_run(&g, pal_buf_view(&first), pal_buf_view(&second), &a) == PAL_OK);
		t = g.c.tensors.count == 1 ? pal_list_at(&g.c.tensors, 0) : NULL;
		CHECK(t != NULL && t->resized);
		CHECK(t != NULL && t->state == (hidden == 1 ? PAL_COMPARED_CHANGED : PAL_COMPARED_SAME));
		CHECK(worst_of(&g.c)->severity == (hidden == 1 ? PAL_HIGH : PAL_LOW));
		pal_buf_done(&g.records);
	}
}

/* ---- damage ---- */

struct damage {
	struct pal_view other;
	struct pal_buf *records;
	const char     *files[2][1];
};

static void
damaged_file(struct pal_view v, void *arg)
{
	struct damage   *d = arg;
	PAL_AUTO_ARENA   a;
	struct comparing g;

	pal_arena_init(&a, (size_t)64 << 20);
	CHECK(comparing_run(&g, v, d->other, &a) == PAL_OK);
	pal_buf_done(&g.records);
}

/* What is accepted is sound. */
static void
damaged_record(struct pal_view v, void *arg)
{
	struct damage           *d = arg;
	struct pal_compare_names n = { .files = { d->files[0], d->files[1] }, .counts = { 1, 1 } };
	struct pal_reader        r = pal_reader_of(v);
	struct pal_compared      c = { 0 };
	PAL_AUTO_ARENA           a;

	pal_arena_init(&a, (size_t)1 << 20);
	if (pal_compare_decode(&r, &n, &a, &c) != PAL_OK)
		return;
	CHECK(c.changed <= c.count && c.state <= PAL_COMPARED_UNREAD && c.rows_changed <= c.rows);
	CHECK((c.model.name != NULL) == (c.state != PAL_COMPARED_MISSING));
	CHECK((c.base.name != NULL) == (c.state != PAL_COMPARED_ADDED));
	CHECK(!isnan(c.relative) && !isnan(c.lattice));
}

static void
damage(void)
{
	PAL_AUTO_ARENA   a;
	PAL_AUTO_BUF     first = pal_buf_of(0);
	PAL_AUTO_BUF     second = pal_buf_of(0);
	struct comparing g;
	struct damage    d = { .files = { { "model" }, { "base" } } };

	pal_arena_init(&a, (size_t)64 << 20);
	write_names(names[1].model, &first);
	write_names(names[1].base, &second);
	d.other = pal_buf_view(&second);
	pal_mutate_all(pal_buf_view(&first), damaged_file, &d);
	CHECK(comparing_run(&g, pal_buf_view(&first), d.other, &a) == PAL_OK);
	pal_mutate_all(pal_buf_view(&g.records), damaged_record, &d);
	pal_buf_done(&g.records);
}

int
main(void)
{
	what_was_done();
	pairs();
	grown();
	damage();
	return check_done();
}
