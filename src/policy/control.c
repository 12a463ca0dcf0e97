/* control.c - the catalogue as tab-separated text, read strictly: a line that does not fit is an error. */
#include "palisade/control.h"

#include <string.h>

#include "palisade/list.h"
#include "palisade/nearest.h"

extern const unsigned char pal_data_controls_tsv[];
extern const size_t        pal_data_controls_tsv_len;

const char *const pal_stage_names[] = {
	"collect", "prepare", "train", "validate", "release", "deploy", "monitor", NULL
};

bool
pal_stage_of(const char *name, enum pal_stage *ret)
{
	for (unsigned int i = 0; i < PAL_STAGE_COUNT; i++)
		if (strcmp(pal_stage_names[i], name) == 0) {
			*ret = (enum pal_stage)i;
			return true;
		}
	return false;
}

static enum pal_err
parse_line(struct pal_view line, size_t number, struct pal_list *list, struct pal_diag *d)
{
	const char         *cells[7] = { NULL };
	struct pal_view     rest = line;
	struct pal_control *c = NULL;
	enum pal_stage      stage = PAL_COLLECT;

	for (size_t i = 0; i < 7; i++) {
		size_t tab = pal_view_find_byte(rest, '\t', 0);

		if ((i < 6) != (tab != SIZE_MAX))
			return pal_fail(d, PAL_EFORM, 0, "controls line %zu: expected 7 columns with tabs between",
					number);
		cells[i] = pal_arena_text(list->arena, pal_view_sub(rest, 0, tab));
		rest = pal_view_sub(rest, tab == SIZE_MAX ? rest.len : tab + 1, SIZE_MAX);
		if (cells[i] == NULL)
			return pal_fail(d, pal_arena_err(list->arena), 0, "controls: no memory");
	}
	if (cells[0][0] == '\0' || cells[2][0] == '\0' || cells[3][0] == '\0' || !pal_stage_of(cells[1], &stage))
		return pal_fail(d, PAL_EFORM, 0, "controls line %zu: id, stage, title or text is missing or wrong",
				number);
	c = pal_list_add(list);
	if (c == NULL)
		return pal_fail(d, pal_arena_err(list->arena), 0, "controls: no memory");
	*c = (struct pal_control){ cells[0], stage, cells[2], cells[3], cells[4], cells[5], cells[6] };
	return PAL_OK;
}

enum pal_err
pal_controls_parse(struct pal_view text, struct pal_arena *a, struct pal_controls *ret, struct pal_diag *d)
{
	struct pal_list list = pal_list_of(a, sizeof(struct pal_control));
	struct pal_view line = { NULL, 0 };

	if (!pal_view_line(&text, &line) || !pal_view_starts(line, "id\tstage\ttitle\tpasses when\t"))
		return pal_fail(d, PAL_EFORM, 0, "controls line 1: expected the names of the columns");
	for (size_t number = 2; pal_view_line(&text, &line); number++) {
		const struct pal_control *c = NULL, *last = NULL;

		PAL_TRY(parse_line(line, number, &list, d));
		c = pal_list_at(&list, list.count - 1);
		last = list.count > 1 ? pal_list_at(&list, list.count - 2) : c;
		if (c->stage < last->stage)
			return pal_fail(d, PAL_EFORM, 0, "controls line %zu: %s stands after a later stage", number,
					c->id);
		for (size_t i = 0; i + 1 < list.count; i++)
			if (strcmp(((const struct pal_control *)pal_list_at(&list, i))->id, c->id) == 0)
				return pal_fail(d, PAL_EFORM, 0, "controls line %zu: %s is there twice", number, c->id);
	}
	*ret = (struct pal_controls){ list.items, list.count };
	return PAL_OK;
}

enum pal_err
pal_controls_load(struct pal_arena *a, struct pal_controls *ret, struct pal_diag *d)
{
	return pal_controls_parse((struct pal_view){ pal_data_controls_tsv, pal_data_controls_tsv_len }, a, ret, d);
}

const struct pal_control *
pal_control_find(const struct pal_controls *c, const char *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->items[i].id, id) == 0)
			return &c->items[i];
	return NULL;
}

const char *
pal_control_nearest(const struct pal_controls *c, const char *id)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(id));

	for (size_t i = 0; i < c->count; i++)
		pal_nearest_try(&near, c->items[i].id);
	return near.best;
}
