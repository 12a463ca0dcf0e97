/* json_record.c - which column a key is: the expected one first, then the index. */
#include "json_record.h"

enum pal_err
pal_json_row_init(struct pal_json_row *r, struct pal_sink *sink)
{
	*r = (struct pal_json_row){ .sink = sink, .index = pal_map_of(sink->arena) };
	r->names = pal_arena_array(sink->arena, PAL_JSON_COLUMNS, sizeof(*r->names));
	r->views = pal_arena_array(sink->arena, PAL_JSON_COLUMNS, sizeof(*r->views));
	r->cells = pal_arena_array(sink->arena, PAL_JSON_COLUMNS, sizeof(*r->cells));
	return pal_arena_err(sink->arena);
}

void
pal_json_row_start(struct pal_json_row *r)
{
	r->stamp++;
	r->next = r->filled = 0;
}

size_t
pal_json_row_column(struct pal_json_row *r, struct pal_view key)
{
	const struct pal_json_cell *known = NULL;
	void                      **slot = NULL;

	if (r->next < r->count && pal_view_eq(r->names[r->next], key))
		return r->next;
	known = pal_map_get(&r->index, key);
	if (known != NULL)
		return (size_t)(known - r->cells);
	if (r->count == PAL_JSON_COLUMNS)
		return PAL_JSON_COLUMNS;
	slot = pal_map_put(&r->index, key);
	if (slot == NULL)
		return PAL_JSON_COLUMNS;
	*slot = &r->cells[r->count];
	r->names[r->count] = pal_arena_copy(r->sink->arena, key);
	r->grown = true;
	return r->count++;
}

bool
pal_json_row_has(const struct pal_json_row *r, size_t column)
{
	return r->cells[column].stamp == r->stamp;
}

void
pal_json_row_set(struct pal_json_row *r, size_t column, size_t at, size_t len)
{
	r->cells[column] = (struct pal_json_cell){ .at = at, .len = len, .stamp = r->stamp };
	r->next = column + 1;
	r->filled++;
}

enum pal_err
pal_json_row_give(struct pal_json_row *r, struct pal_view feed, const struct pal_place *place)
{
	struct pal_content c = { .kind = PAL_CONTENT_COLUMNS, .place = *place, .cells = r->names };

	if (r->filled == 0)
		return PAL_OK;
	c.cell_count = r->count;
	c.place.row = 0;
	if (r->grown)
		PAL_TRY(pal_sink_take(r->sink, &c));
	r->grown = false;
	for (size_t i = 0; i < r->count; i++) {
		const struct pal_json_cell *cell = &r->cells[i];

		r->views[i] =
		    cell->stamp == r->stamp ? pal_view_sub(feed, cell->at, cell->len) : (struct pal_view){ 0 };
	}
	c.kind = PAL_CONTENT_ROW;
	c.cells = r->views;
	c.place.row = place->row;
	return pal_sink_take(r->sink, &c);
}
