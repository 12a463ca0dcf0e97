/* custom.c - one query, one verdict; whatever keeps the query from an answer is a fail. */
#include "palisade/custom.h"

#define SHOWN_ROWS  3
#define SHOWN_CELL  60
#define SHOWN_CELLS 6

static void
add_row(const struct pal_store_rows *rows, size_t row, struct pal_buf *out)
{
	size_t cells = rows->column_count < SHOWN_CELLS ? rows->column_count : SHOWN_CELLS;

	for (size_t i = 0; i < cells; i++) {
		const char     *text = rows->cells[row * rows->column_count + i];
		struct pal_view cell = pal_view_of(text != NULL ? text : "nothing");

		pal_buf_printf(out, "%s%s ", i > 0 ? ", " : "", rows->columns[i]);
		pal_buf_add(out, pal_view_sub(cell, 0, SHOWN_CELL));
		if (cell.len > SHOWN_CELL)
			pal_buf_add_text(out, "...");
	}
	if (cells < rows->column_count)
		pal_buf_add_text(out, ", ...");
}

static const char *
reason_of(const struct pal_store_rows *rows, struct pal_arena *a)
{
	PAL_AUTO_BUF b = pal_buf_of((size_t)64 << 10);

	if (rows->row_count == 0)
		return "the query found nothing, as it should";
	pal_buf_printf(&b, "the query found %s%zu row%s: ", rows->more ? "more than " : "", rows->row_count,
		       rows->row_count == 1 && !rows->more ? "" : "s");
	for (size_t i = 0; i < rows->row_count && i < SHOWN_ROWS; i++) {
		if (i > 0)
			pal_buf_add_text(&b, "; ");
		add_row(rows, i, &b);
	}
	if (rows->row_count > SHOWN_ROWS)
		pal_buf_add_text(&b, "; ...");
	return pal_arena_text(a, pal_buf_view(&b));
}

enum pal_err
pal_custom_run(const struct pal_custom_decl *c, struct pal_store *store, const struct pal_store_limits *limits,
	       struct pal_arena *a, struct pal_control_result *ret_result, struct pal_diag *d)
{
	struct pal_diag           why = { 0 };
	struct pal_store_rows     rows = { 0 };
	struct pal_control_result r = { .control = c->id, .verdict = PAL_FAIL };
	enum pal_err              e = store->ops->query(store, c->sql, limits, a, &rows, &why);

	/* A store that cannot be read is no answer of the control: the check itself could not be done. */
	if (e == PAL_ELOCKED || e == PAL_ESYS || e == PAL_ENOMEM)
		return pal_fail(d, e, why.offset, "%s: %s", c->id, why.text);
	if (e != PAL_OK) {
		r.reason = pal_arena_printf(a, "the query could not be run: %s", why.text);
	} else {
		r.verdict = rows.row_count == 0 ? PAL_PASS : PAL_FAIL;
		r.reason = reason_of(&rows, a);
	}
	if (r.reason == NULL)
		return pal_fail(d, pal_arena_err(a), 0, "%s: no memory for its rows", c->id);
	*ret_result = r;
	return PAL_OK;
}
