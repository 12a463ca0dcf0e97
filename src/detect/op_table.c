/* op_table.c - reads the table of operations and finds the row for one; to audit: better(), which decides between rows.
 */
#include "op_table.h"

#include "palisade/utf8.h"

static const char *const families[] = { "OP-CODE", "OP-FILE-READ", "OP-FILE-WRITE", "OP-NETWORK", "OP-CUSTOM" };

struct pal_op_table
pal_op_table_of(struct pal_arena *a)
{
	return (struct pal_op_table){ .arena = a, .loaders = pal_map_of(a) };
}

static bool
take_star(struct pal_view *v)
{
	if (!pal_view_ends(*v, "*"))
		return false;
	v->len--;
	return true;
}

static const char *
family_of(struct pal_view v)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (pal_view_is(v, families[i]))
			return families[i];
	return NULL;
}

struct line {
	const char      *file;
	size_t           number;
	struct pal_diag *d;
};

static enum pal_err
wrong(const struct line *at, const char *column, struct pal_view found, const char *expected)
{
	return pal_fail(at->d, PAL_ECONFIG, at->number, "%s:%zu: %s is \"%.*s\", expected %s", at->file, at->number,
			column, (int)(found.len < 40 ? found.len : 40), (const char *)found.data, expected);
}

static enum pal_err
take_verdict(const struct line *at, struct pal_view verdict, struct pal_view severity, struct pal_view family,
	     struct pal_op_row *row)
{
	row->allow = pal_view_is(verdict, "allow");
	row->certain = pal_view_is(verdict, "deny");
	if (row->allow)
		return PAL_OK;
	if (!row->certain && !pal_view_is(verdict, "suspicious"))
		return wrong(at, "verdict", verdict, "allow, suspicious or deny");
	if (!pal_severity_of(severity, &row->severity))
		return wrong(at, "severity", severity, "info, low, medium, high or critical");
	row->family = family_of(family);
	if (row->family == NULL)
		return wrong(at, "rule", family, "OP-CODE, OP-FILE-READ, OP-FILE-WRITE, OP-NETWORK or OP-CUSTOM");
	return PAL_OK;
}

static struct pal_list *
rows_of(struct pal_op_table *t, struct pal_view loader)
{
	void           **place = pal_map_put(&t->loaders, loader);
	struct pal_list *rows = NULL;

	if (place == NULL)
		return NULL;
	if (*place != NULL)
		return *place;
	rows = pal_arena_array(t->arena, 1, sizeof(*rows));
	if (rows != NULL)
		*rows = pal_list_of(t->arena, sizeof(struct pal_op_row));
	*place = rows;
	return rows;
}

static enum pal_err
take_row(struct pal_op_table *t, struct pal_view line, const struct line *at)
{
	struct pal_view   loader, domain, ops, verdict, severity, family, op;
	struct pal_op_row row = { 0 };
	struct pal_list  *rows = NULL;

	if (!pal_view_split(&line, '\t', &loader) || !pal_view_split(&line, '\t', &domain) ||
	    !pal_view_split(&line, '\t', &ops) || !pal_view_split(&line, '\t', &verdict) ||
	    !pal_view_split(&line, '\t', &severity) || !pal_view_split(&line, '\t', &family) || loader.len == 0 ||
	    ops.len == 0)
		return pal_fail(
		    at->d, PAL_ECONFIG, at->number,
		    "%s:%zu: expected loader, domain or -, operations or *, verdict, severity, rule and what it "
		    "does, with tabs between",
		    at->file, at->number);
	PAL_TRY(take_verdict(at, verdict, severity, family, &row));
	domain = pal_view_is(domain, "-") ? (struct pal_view){ 0 } : domain;
	row.domain_any = take_star(&domain);
	row.domain = pal_arena_copy(t->arena, domain);
	row.does = pal_arena_text(t->arena, line);
	rows = rows_of(t, loader);
	while (rows != NULL && pal_view_split(&ops, ' ', &op)) {
		struct pal_op_row *added = op.len == 0 ? NULL : pal_list_add(rows);

		if (added == NULL)
			continue;
		*added = row;
		added->op_any = take_star(&op);
		added->op = pal_arena_copy(t->arena, op);
	}
	if (pal_arena_err(t->arena) != PAL_OK)
		return pal_fail(at->d, pal_arena_err(t->arena), 0, "%s: rules do not fit in memory", at->file);
	return PAL_OK;
}

enum pal_err
pal_op_table_parse(struct pal_op_table *t, struct pal_view text, const char *file, struct pal_diag *d)
{
	struct line     at = { .file = file, .d = d };
	struct pal_view line;

	if (!pal_utf8_valid(text))
		return pal_fail(d, PAL_ECONFIG, 0, "%s: the table is UTF-8, and this file is not", file);
	while (pal_view_line(&text, &line)) {
		at.number++;
		if (line.len > 0 && line.data[0] != '#')
			PAL_TRY(take_row(t, line, &at));
	}
	return PAL_OK;
}

static bool
fits(struct pal_view have, struct pal_view pattern, bool any)
{
	if (!any)
		return pal_view_eq(have, pattern);
	return have.len >= pattern.len && pal_view_eq(pal_view_sub(have, 0, pattern.len), pattern);
}

/* Positive when a names the thing more exactly than b. */
static int
exactness(struct pal_view a, bool a_any, struct pal_view b, bool b_any)
{
	if (a_any != b_any)
		return a_any ? -1 : 1;
	return a.len == b.len ? 0 : a.len > b.len ? 1 : -1;
}

static bool
better(const struct pal_op_row *a, const struct pal_op_row *b)
{
	int op = exactness(a->op, a->op_any, b->op, b->op_any);

	return op != 0 ? op > 0 : exactness(a->domain, a->domain_any, b->domain, b->domain_any) >= 0;
}

const struct pal_op_row *
pal_op_table_judge(const struct pal_op_table *t, struct pal_view loader, struct pal_view domain, struct pal_view op)
{
	const struct pal_list   *rows = pal_map_get(&t->loaders, loader);
	const struct pal_op_row *best = NULL;

	for (size_t i = 0; rows != NULL && i < rows->count; i++) {
		const struct pal_op_row *row = pal_list_at(rows, i);

		if (fits(op, row->op, row->op_any) && fits(domain, row->domain, row->domain_any) &&
		    (best == NULL || better(row, best)))
			best = row;
	}
	return best;
}
