/* rooms.c - the pipeline map; every number here is a place on the page, every text goes through markup.h. */
#include "rooms.h"

#include "markup.h"
#include "width.h"

#define ROOM         152
#define DOOR         56
#define TOP          8
#define HEIGHT       224
#define SIDE         6
#define CHIPS        4u
#define CHIP_COLUMNS 18u

struct at {
	int x, y;
};

static void
add_cut(struct pal_buf *to, const char *text, unsigned int columns)
{
	PAL_AUTO_BUF cut = pal_buf_of(0);

	(void)pal_width_cut(&cut, pal_view_of(text), columns);
	pal_markup_add(to, pal_buf_view(&cut));
}

static void
text(struct pal_buf *to, const char *class, struct at at, const char *words)
{
	pal_markup_printf(to, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", class, at.x, at.y, words);
}

static void
stakes(struct pal_buf *to, struct at at, const int *offsets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pal_markup_printf(to, "<path d=\"M%d %dv-30l4-6 4 6v30z\"/>", at.x + offsets[i], at.y + 18);
}

/* The door: stakes in a row when it is closed, a way through between two posts when it is open. */
static void
draw_gate(struct pal_buf *to, const struct pal_report_gate *g, struct at at)
{
	static const int closed[] = { 4, 15, 26, 37, 48 }, posts[] = { 2, 50 };

	pal_markup_printf(to, "<g class=\"rm-gate %s\"><title>gate of %s: %s</title>",
			  g->open ? "rm-open" : "rm-closed", g->stage, g->open ? "open" : "closed");
	if (g->open) {
		stakes(to, (struct at){ at.x - 2, at.y }, posts, 2);
		pal_markup_printf(to, "<path class=\"rm-way\" d=\"M%d %dh24m-8 -7l8 7-8 7\"/>", at.x + 16, at.y + 3);
	} else {
		stakes(to, (struct at){ at.x - 2, at.y }, closed, 5);
		pal_markup_printf(to, "<path class=\"rm-bar\" d=\"M%d %dh52m-52 10h52\"/>", at.x + 2, at.y);
	}
	text(to, "rm-word", (struct at){ at.x + DOOR / 2, at.y + 36 }, g->open ? "open" : "closed");
	pal_buf_add_text(to, "</g>\n");
}

/* How the verdicts of a stage divide, as one bar. */
static void
draw_share(struct pal_buf *to, const struct pal_outline_stage *s, struct at at)
{
	static const enum pal_verdict order[] = { PAL_FAIL, PAL_WARN, PAL_WAIVED, PAL_PASS, PAL_NOT_CHECKED };
	static const char *const      classes[PAL_VERDICTS] = { "pass", "warn", "waived", "unchecked", "fail" };
	size_t                        before = 0;
	int                           width = ROOM - 24;

	for (size_t i = 0; i < PAL_VERDICTS && s->row_count > 0; i++) {
		size_t n = s->verdicts[order[i]];
		int    from = (int)((size_t)width * before / s->row_count);
		int    end = (int)((size_t)width * (before + n) / s->row_count);

		before += n;
		if (n > 0)
			pal_markup_printf(to, "<rect class=\"rm-%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"8\"/>",
					  classes[order[i]], at.x + from, at.y, end - from > 1 ? end - from - 1 : 1);
	}
}

/* What is wrong in the first line, what is not in the second. */
static void
draw_counts(struct pal_buf *to, const struct pal_outline_stage *s, struct at at)
{
	static const enum pal_verdict order[] = { PAL_FAIL, PAL_WARN, PAL_WAIVED, PAL_PASS, PAL_NOT_CHECKED };
	static const char *const      words[] = { "passed", "warned", "waived", "unchecked", "failed" };
	PAL_AUTO_BUF                  bad = pal_buf_of(0), good = pal_buf_of(0);

	for (size_t i = 0; i < PAL_VERDICTS; i++) {
		struct pal_buf *line = order[i] == PAL_PASS || order[i] == PAL_NOT_CHECKED ? &good : &bad;
		unsigned int    n = s->verdicts[order[i]];

		if (n > 0)
			pal_buf_printf(line, "%s%u %s", line->len == 0 ? "" : ", ", n, words[order[i]]);
	}
	if (bad.len > 0)
		text(to, s->verdicts[PAL_FAIL] > 0 ? "rm-count rm-failed" : "rm-count", at, pal_buf_text(&bad));
	text(to, "rm-count", (struct at){ at.x, at.y + (bad.len > 0 ? 15 : 0) }, pal_buf_text(&good));
}

static void
draw_chip(struct pal_buf *to, const struct pal_report_node *n, struct at at)
{
	bool tainted = n->taint != NULL;

	pal_markup_printf(to, "<g class=\"rm-chip%s\"><title>%s %s%s%s</title>", tainted ? " rm-tainted" : "", n->kind,
			  n->name, tainted ? ": TAINTED: " : "", pal_outline_text(n->taint));
	pal_markup_printf(to, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"19\" rx=\"4\"/>", at.x, at.y, ROOM - 20);
	if (tainted) /* a shape, because colour alone says nothing to many */
		pal_markup_printf(to, "<path d=\"M%d %dl5.5 10h-11z\"/>", at.x + 11, at.y + 4);
	else
		pal_markup_printf(to, "<circle cx=\"%d\" cy=\"%d\" r=\"3\"/>", at.x + 11, at.y + 10);
	pal_markup_printf(to, "<text x=\"%d\" y=\"%d\">", at.x + 21, at.y + 13);
	add_cut(to, n->name, CHIP_COLUMNS);
	pal_buf_add_text(to, "</text></g>\n");
}

static bool
is_of(const struct pal_report_node *n, const struct pal_outline_stage *s)
{
	return pal_view_eq(pal_view_of(n->stage), pal_view_of(s->name));
}

/* Tainted ones first: they must not be among those that "and 3 more" stands for. */
static void
draw_chips(struct pal_buf *to, const struct pal_outline *o, const struct pal_outline_stage *s, struct at at)
{
	const struct pal_report *r = o->report;
	unsigned int             all = 0, shown = 0;
	PAL_AUTO_BUF             more = pal_buf_of(0);

	for (size_t i = 0; i < r->node_count; i++)
		all += is_of(&r->nodes[i], s) ? 1 : 0;
	for (int tainted = 1; tainted >= 0; tainted--)
		for (size_t i = 0; i < r->node_count; i++) {
			const struct pal_report_node *n = &r->nodes[i];

			if (!is_of(n, s) || (n->taint != NULL) != (tainted == 1) || shown == CHIPS)
				continue;
			draw_chip(to, n, (struct at){ at.x, at.y + 23 * (int)shown++ });
		}
	if (all == shown)
		return;
	pal_buf_printf(&more, "and %u more", all - shown);
	text(to, "rm-more", (struct at){ at.x + 2, at.y + 23 * (int)CHIPS + 12 }, pal_buf_text(&more));
}

static void
draw_room(struct pal_buf *to, const struct pal_outline *o, const struct pal_outline_stage *s, int x)
{
	pal_markup_printf(
	    to,
	    "<g class=\"rm-room\"><rect class=\"rm-wall\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", x,
	    TOP, ROOM, HEIGHT - 2 * TOP);
	pal_markup_printf(to, "<text class=\"rm-name\" x=\"%d\" y=\"%d\">", x + 12, TOP + 24);
	add_cut(to, s->name, 16);
	pal_buf_add_text(to, "</text>\n");
	draw_share(to, s, (struct at){ x + 12, TOP + 34 });
	draw_counts(to, s, (struct at){ x + 12, TOP + 58 });
	draw_chips(to, o, s, (struct at){ x + 10, TOP + 86 });
	pal_buf_add_text(to, "</g>\n");
}

void
pal_rooms_draw(const struct pal_outline *o, struct pal_buf *to)
{
	int          x = SIDE;
	int          width = 2 * SIDE + (int)(o->stage_count > 64 ? 64 : o->stage_count) * (ROOM + DOOR);
	PAL_AUTO_BUF decision = pal_buf_of(0);

	if (o->stage_count == 0)
		return;
	pal_outline_decision(o, &decision);
	pal_markup_printf(
	    to,
	    "<svg class=\"rm\" role=\"img\" aria-labelledby=\"rm-title\" viewBox=\"0 0 %d %d\" width=\"%d\" "
	    "height=\"%d\">\n<title id=\"rm-title\">The pipeline, stage by stage: %s</title>\n",
	    width, HEIGHT, width, HEIGHT, pal_buf_text(&decision));
	for (size_t i = 0; i < o->stage_count && i < 64; i++) {
		draw_room(to, o, &o->stages[i], x);
		if (o->stages[i].gate != NULL)
			draw_gate(to, o->stages[i].gate, (struct at){ x + ROOM, HEIGHT / 2 });
		x += ROOM + DOOR;
	}
	pal_buf_add_text(to, "</svg>\n");
}

void
pal_rooms_stakes(struct pal_buf *to, bool open)
{
	pal_buf_add_text(to, "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\" focusable=\"false\">");
	if (open)
		pal_buf_add_text(to, "<path d=\"M1 22V6l2.5-4L6 6v16zM18 22V6l2.5-4L23 6v16z\"/>"
				     "<path d=\"M8 11.4h5V8l5 4.6-5 4.6v-3.4H8z\"/>");
	else
		pal_buf_add_text(
		    to, "<path d=\"M1 22V6l2.5-4L6 6v16zM7 22V6l2.5-4L12 6v16zM13 22V6l2.5-4L18 6v16zM19 22V6l2"
			".5-4L24 6v16z\"/><path d=\"M0 9.5h24v2.2H0zM0 16h24v2.2H0z\"/>");
	pal_buf_add_text(to, "</svg>");
}
