/* test_rooms.c - the pipeline map: a room a stage, a gate a door, tainted artifacts never hidden behind "more". */
#include "report/rooms.h"

#include <stdio.h>

#include "check.h"
#include "sample_report.h"
#include "well_formed.h"

static size_t
count_of(const struct pal_buf *b, const char *text)
{
	size_t n = 0, at = 0;

	while ((at = pal_view_find(pal_buf_view(b), pal_view_of(text), at)) != SIZE_MAX) {
		n++;
		at++;
	}
	return n;
}

static void
draw(const struct pal_report *r, struct pal_buf *b)
{
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     a;

	pal_arena_init(&a, (size_t)16 << 20);
	CHECK(pal_outline_make(r, &a, &o) == PAL_OK);
	pal_rooms_draw(&o, b);
	CHECK(well_formed(pal_buf_view(b), true));
}

static void
test_sample(void)
{
	struct pal_report r = sample_report();
	PAL_AUTO_BUF      b = pal_buf_of(0);

	draw(&r, &b);
	CHECK(count_of(&b, "class=\"rm-room\"") == 6);
	CHECK(count_of(&b, "rm-gate rm-open") == 3 && count_of(&b, "rm-gate rm-closed") == 3);
	CHECK(count_of(&b, "rm-chip rm-tainted") == 8 && count_of(&b, "class=\"rm-chip\"") == 5);
	CHECK(count_of(&b, "<title id=\"rm-title\">The pipeline, stage by stage: 3 of 6 gates are closed") == 1);
}

static void
test_crowd(void)
{
	struct pal_report_gate gate = { .stage = "collect", .open = true };
	struct pal_report_node nodes[9];
	struct pal_report      r = { .gates = &gate, .gate_count = 1, .nodes = nodes, .node_count = 9 };
	PAL_AUTO_BUF           b = pal_buf_of(0), none = pal_buf_of(0);

	for (size_t i = 0; i < 9; i++)
		nodes[i] = (struct pal_report_node){ "x", "n", "dataset", NULL, i == 8 ? "why" : NULL, "collect" };
	draw(&r, &b);
	CHECK(count_of(&b, "rm-tainted") == 1 && count_of(&b, "class=\"rm-chip") == 4 &&
	      count_of(&b, "and 5 more") == 1);
	draw(&(struct pal_report){ 0 }, &none);
	CHECK(none.len == 0);
}

int
main(void)
{
	PAL_AUTO_BUF marks = pal_buf_of(0);

	test_sample();
	test_crowd();
	pal_rooms_stakes(&marks, true);
	pal_rooms_stakes(&marks, false);
	CHECK(well_formed(pal_buf_view(&marks), true));
	return check_done();
}
