/*
 * svg.c - the lineage of a report as a picture: Graphviz says where, this file draws.
 *
 * Graphviz never sees a name: nodes are n0, n1, ... of one fixed size, so that no text of an artifact reaches its
 * parsers, the picture is the same on every machine, and no font library is loaded. The layout plugin is linked, not
 * searched for at run time. Audit find_nodes() and find_edges(): they turn ids into indexes.
 */
#include <pthread.h>
#include <stdio.h>

#include <graphviz/gvc.h>

#include "palisade/map.h"
#include "markup.h"
#include "outline.h"
#include "width.h"
#include "writers.h"

#define NODE_WIDTH    190.0
#define NODE_HEIGHT   66.0
#define MARGIN        14.0
#define NODES_MOST    400u /* a layout's time grows faster than its size, and nobody reads a larger picture */
#define EDGES_MOST    800u
#define NAME_COLUMNS  24u
#define LABEL_COLUMNS 25u
#define PAGE_WIDTH    1080.0 /* of a page; a picture that is wider runs from top to bottom, if that helps */

extern gvplugin_library_t gvplugin_dot_layout_LTX_library; /* of libgvplugin_dot_layout, which has no header */

struct picture {
	const struct pal_report *r;
	struct pal_arena         arena;
	struct pal_map           by_id; /* index + 1 */
	GVC_t                   *context;
	Agraph_t                *graph;
	bool                     placed;
	Agnode_t               **nodes;
	struct drawn_edge {
		Agedge_t *edge;
		size_t    from, to;
		bool      turned; /* in the layout it runs from `to` to `from` */
	} * edges;
	size_t edge_count;
	double height;
};

/* Graphviz keeps its parser's state in globals. */
static pthread_mutex_t graphviz = PTHREAD_MUTEX_INITIALIZER;

/* ---- layout ---- */

static void
set(Agraph_t *g, int kind, const char *key, const char *value)
{
	char k[16], v[16]; /* cgraph's parameters are not const; it copies them */

	(void)snprintf(k, sizeof(k), "%s", key);
	(void)snprintf(v, sizeof(v), "%s", value);
	(void)agattr(g, kind, k, v);
}

static enum pal_err
find_nodes(struct picture *p)
{
	p->nodes = pal_arena_array(&p->arena, p->r->node_count, sizeof(*p->nodes));
	for (size_t i = 0; i < p->r->node_count; i++) {
		void **place = pal_map_put(&p->by_id, pal_view_of(p->r->nodes[i].id));

		if (place != NULL && *place == NULL) /* of two with one id, the first has the edges */
			*place = (void *)(uintptr_t)(i + 1);
	}
	return pal_arena_err(&p->arena);
}

static enum pal_err
add_nodes(struct picture *p, struct pal_diag *d)
{
	for (size_t i = 0; i < p->r->node_count; i++) {
		char name[24];

		(void)snprintf(name, sizeof(name), "n%zu", i);
		p->nodes[i] = agnode(p->graph, name, 1);
		if (p->nodes[i] == NULL)
			return pal_fail(d, PAL_ENOMEM, 0, "lineage: no memory for a node of the picture");
	}
	return PAL_OK;
}

static bool
is_drawn(const struct picture *p, size_t from, size_t to)
{
	for (size_t i = 0; i < p->edge_count; i++)
		if (p->edges[i].from == from && p->edges[i].to == to)
			return true;
	return false;
}

/* An edge to itself, a second one between the same two, and one to a node that the report leaves out draw nothing. */
static enum pal_err
find_edges(struct picture *p)
{
	p->edges = pal_arena_array(&p->arena, p->r->edge_count, sizeof(*p->edges));
	for (size_t i = 0; i < p->r->edge_count && p->edges != NULL; i++) {
		size_t from = (size_t)(uintptr_t)pal_map_get(&p->by_id, pal_view_of(p->r->edges[i].from));
		size_t to = (size_t)(uintptr_t)pal_map_get(&p->by_id, pal_view_of(p->r->edges[i].to));

		if (from != 0 && to != 0 && from != to && !is_drawn(p, from - 1, to - 1))
			p->edges[p->edge_count++] = (struct drawn_edge){ .from = from - 1, .to = to - 1 };
	}
	return pal_arena_err(&p->arena);
}

/* The next node in an order of flow: one that nothing left flows into, or the first one left when all are in a cycle.
 */
static size_t
next_in_order(const size_t *into, const bool *taken, size_t n)
{
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		if (taken[i])
			continue;
		if (into[i] == 0)
			return i;
		if (first == SIZE_MAX)
			first = i;
	}
	return first;
}

/*
 * Graphviz is given no cycle: it would turn edges round by itself, and leaks memory for each. An edge against the order
 * is handed over turned round, and drawn from its end.
 */
static enum pal_err
turn_cycles(struct picture *p)
{
	size_t  n = p->r->node_count;
	size_t *into = pal_arena_array(&p->arena, n, sizeof(*into)),
	       *order = pal_arena_array(&p->arena, n, sizeof(*order));
	bool *taken = pal_arena_array(&p->arena, n, sizeof(*taken));

	PAL_TRY(pal_arena_err(&p->arena));
	for (size_t i = 0; i < p->edge_count; i++)
		into[p->edges[i].to]++;
	for (size_t step = 0; step < n; step++) {
		size_t next = next_in_order(into, taken, n);

		taken[next] = true;
		order[next] = step;
		for (size_t i = 0; i < p->edge_count; i++)
			if (p->edges[i].from == next)
				into[p->edges[i].to]--;
	}
	for (size_t i = 0; i < p->edge_count; i++)
		p->edges[i].turned = order[p->edges[i].from] > order[p->edges[i].to];
	return PAL_OK;
}

static enum pal_err
add_edges(struct picture *p, struct pal_diag *d)
{
	for (size_t i = 0; i < p->edge_count; i++) {
		struct drawn_edge *e = &p->edges[i];
		Agnode_t *tail = p->nodes[e->turned ? e->to : e->from], *head = p->nodes[e->turned ? e->from : e->to];

		e->edge =
		    agedge(p->graph, tail, head, NULL, 1); /* the graph is strict: the one that is there, if any */
		if (e->edge == NULL)
			return pal_fail(d, PAL_ENOMEM, 0, "lineage: no memory for an edge of the picture");
	}
	return PAL_OK;
}

static enum pal_err
place_all(struct picture *p, const char *direction, struct pal_diag *d)
{
	char         name[] = "lineage";
	lt_symlist_t linked[] = { { "gvplugin_dot_layout_LTX_library", &gvplugin_dot_layout_LTX_library },
				  { NULL, NULL } };

	(void)agseterr(AGMAX); /* or it prints on its own */
	p->context = gvContextPlugins(linked, 0);
	p->graph = p->context == NULL ? NULL : agopen(name, Agstrictdirected, NULL);
	if (p->graph == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "lineage: Graphviz could not begin a picture");
	set(p->graph, AGRAPH, "rankdir", direction);
	set(p->graph, AGRAPH, "nodesep", "0.22");
	set(p->graph, AGRAPH, "ranksep", "0.55");
	set(p->graph, AGRAPH, "nslimit", "20");
	set(p->graph, AGRAPH, "mclimit", "1");
	set(p->graph, AGNODE, "shape", "box");
	set(p->graph, AGNODE, "fixedsize", "true");
	set(p->graph, AGNODE, "label", "");
	set(p->graph, AGNODE, "width", "2.6389"); /* NODE_WIDTH and NODE_HEIGHT in inches of 72 */
	set(p->graph, AGNODE, "height", "0.9167");
	set(p->graph, AGEDGE, "arrowhead", "none");
	PAL_TRY(add_nodes(p, d));
	PAL_TRY(add_edges(p, d));
	if (gvLayout(p->context, p->graph, "dot") != 0)
		return pal_fail(d, PAL_EUNSUPPORTED, 0, "lineage: Graphviz could not lay the picture out");
	p->placed = true;
	return PAL_OK;
}

static void
forget_places(struct picture *p)
{
	if (p->placed)
		(void)gvFreeLayout(p->context, p->graph);
	if (p->graph != NULL)
		(void)agclose(p->graph);
	if (p->context != NULL)
		(void)gvFreeContext(p->context);
	p->placed = false;
	p->graph = NULL;
	p->context = NULL;
}

static double
width_of(const struct picture *p)
{
	boxf bounds = GD_bb(p->graph);

	return bounds.UR.x - bounds.LL.x + 2 * MARGIN;
}

/* From left to right as people draw pipelines, or from top to bottom where that is what a page has room for. */
static enum pal_err
place_to_fit(struct picture *p, struct pal_diag *d)
{
	double wide = 0;

	PAL_TRY(find_nodes(p));
	PAL_TRY(find_edges(p));
	PAL_TRY(turn_cycles(p));
	PAL_TRY(place_all(p, "LR", d));
	wide = width_of(p);
	if (wide <= PAGE_WIDTH)
		return PAL_OK;
	forget_places(p);
	PAL_TRY(place_all(p, "TB", d));
	if (width_of(p) <= wide)
		return PAL_OK;
	forget_places(p);
	return place_all(p, "LR", d);
}

/* ---- drawing ---- */

static void
add_point(struct pal_buf *to, const struct picture *p, pointf at)
{
	pal_markup_tenths(to, at.x + MARGIN);
	pal_buf_add_byte(to, ' ');
	pal_markup_tenths(to, p->height - at.y + MARGIN); /* Graphviz counts up, SVG down */
}

static bool
is_tainted(const struct pal_report_node *n)
{
	return n->taint != NULL;
}

static void
draw_edge(struct pal_buf *to, const struct picture *p, const struct drawn_edge *e)
{
	bool           tainted = is_tainted(&p->r->nodes[e->from]) && is_tainted(&p->r->nodes[e->to]);
	const splines *s = ED_spl(e->edge);

	for (size_t i = 0; s != NULL && i < (size_t)s->size; i++) {
		const bezier *b = &s->list[i];

		if (b->size < 4)
			continue;
		pal_buf_printf(to, "<path class=\"pl-edge%s\" marker-end=\"url(#pl-%s)\" d=\"",
			       tainted ? " pl-bad" : "", tainted ? "badtip" : "tip");
		for (size_t n = 0; n < (size_t)b->size; n++) {
			pal_buf_add_text(to, n == 0 ? "M" : n % 3 == 1 ? "C" : " ");
			add_point(to, p, b->list[e->turned ? (size_t)b->size - 1 - n : n]);
		}
		pal_buf_add_text(to, "\"/>\n");
	}
}

/* The colour of a kind; a kind of the user's own is drawn in grey. */
static const char *
class_of_kind(const char *kind)
{
	static const char *const kinds[][2] = {
		{ "dataset", "data" },  { "documents", "data" }, { "validation", "data" }, { "feed", "data" },
		{ "source", "data" },   { "step", "step" },      { "transform", "step" },  { "training", "step" },
		{ "run", "step" },      { "model", "model" },    { "release", "release" }, { "deployment", "release" },
		{ "image", "release" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (pal_view_is(pal_view_of(kind), kinds[i][0]))
			return kinds[i][1];
	return "other";
}

static void
add_cut(struct pal_buf *to, const char *text, unsigned int columns)
{
	PAL_AUTO_BUF cut = pal_buf_of(0);

	(void)pal_width_cut(&cut, pal_view_of(text), columns);
	pal_markup_add(to, pal_buf_view(&cut));
}

static void
draw_box(struct pal_buf *to, const char *class, const double at[4], double radius)
{
	static const char *const names[] = { "x", "y", "width", "height" };

	pal_buf_printf(to, "<rect class=\"%s\"", class);
	for (size_t i = 0; i < 4; i++) {
		pal_buf_printf(to, " %s=\"", names[i]);
		pal_markup_tenths(to, at[i]);
		pal_buf_add_byte(to, '"');
	}
	pal_buf_add_text(to, " rx=\"");
	pal_markup_tenths(to, radius);
	pal_buf_add_text(to, "\"/>");
}

static void
draw_words(struct pal_buf *to, const char *class, double x, double y)
{
	pal_buf_printf(to, "<text class=\"%s\" x=\"", class);
	pal_markup_tenths(to, x);
	pal_buf_add_text(to, "\" y=\"");
	pal_markup_tenths(to, y);
	pal_buf_add_text(to, "\">");
}

static void
draw_label(struct pal_buf *to, const struct pal_report_node *n, double x, double y)
{
	struct pal_view label = pal_view_of(n->label);
	bool            grave = pal_view_starts(label, "restricted") || pal_view_starts(label, "confidential");
	unsigned int    columns = pal_width_text(label);

	if (label.len == 0)
		return;
	columns = columns > LABEL_COLUMNS ? LABEL_COLUMNS : columns;
	draw_box(to, grave ? "pl-label pl-grave" : "pl-label", (double[]){ x, y, columns * 6.0 + 12, 15 }, 4);
	draw_words(to, grave ? "pl-labeltext pl-grave" : "pl-labeltext", x + 6, y + 11);
	add_cut(to, n->label, LABEL_COLUMNS);
	pal_buf_add_text(to, "</text>\n");
}

static void
draw_taint(struct pal_buf *to, double x, double y)
{
	draw_box(to, "pl-flag", (double[]){ x + NODE_WIDTH - 64, y + 7, 56, 16 }, 8);
	draw_words(to, "pl-flagtext", x + NODE_WIDTH - 36, y + 18.5);
	pal_buf_add_text(to, "tainted</text>\n");
}

static void
draw_inside(struct pal_buf *to, const struct pal_report_node *n, double x, double y)
{
	draw_words(to, "pl-kind", x, y + 19);
	add_cut(to, n->kind, is_tainted(n) ? 16 : NAME_COLUMNS);
	pal_buf_add_text(to, "</text>");
	draw_words(to, "pl-name", x, n->label == NULL ? y + 42 : y + 37);
	add_cut(to, n->name, NAME_COLUMNS);
	pal_buf_add_text(to, "</text>\n");
	draw_label(to, n, x - 1, y + 44);
}

static void
draw_node(struct pal_buf *to, const struct picture *p, size_t i)
{
	const struct pal_report_node *n = &p->r->nodes[i];
	pointf                        at = ND_coord(p->nodes[i]);
	double                        x = at.x - NODE_WIDTH / 2 + MARGIN;
	double                        y = p->height - at.y - NODE_HEIGHT / 2 + MARGIN;
	bool                          step = pal_view_is(pal_view_of(class_of_kind(n->kind)), "step");

	pal_markup_printf(to, "<g id=\"pl-n%zu\" class=\"pl-%s%s\"><title>%s: %s, %s", i, class_of_kind(n->kind),
			  is_tainted(n) ? " pl-tainted" : "", n->kind, n->name, n->id);
	if (n->label != NULL)
		pal_markup_printf(to, "; label %s", n->label);
	if (is_tainted(n))
		pal_markup_printf(to, "; TAINTED: %s", n->taint);
	pal_buf_add_text(to, "</title>\n");
	draw_box(to, "pl-box", (double[]){ x, y, NODE_WIDTH, NODE_HEIGHT }, step ? 22 : 6);
	if (!step) /* a step is told by its round ends, a thing by the bar at its side */
		draw_box(to, "pl-bar", (double[]){ x + 5, y + 9, 3.5, NODE_HEIGHT - 18 }, 1.7);
	draw_inside(to, n, x + 17, y);
	if (is_tainted(n))
		draw_taint(to, x, y);
	pal_buf_add_text(to, "</g>\n");
}

static const char style_text[] =
    "<style>"
    ".pl{--pl-ink:#1b2430;--pl-dim:#5a6675;--pl-box:#ffffff;--pl-line:#c3ccd6;--pl-edge:#8b97a5;--pl-bad:#c62f2a;"
    "--pl-badbox:#fdf0ef;--pl-data:#2563a8;--pl-step:#7a8594;--pl-model:#7a46b5;--pl-release:#17795e;--pl-pill:#eef1f5;"
    "--pl-gravebox:#fcf2dc;--pl-grave:#7d5200;"
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}"
    "@media (prefers-color-scheme:dark){.pl{--pl-ink:#e8edf3;--pl-dim:#a3afbd;--pl-box:#1a222c;--pl-line:#3b4756;"
    "--pl-edge:#7f8c9b;--pl-bad:#ff7a72;--pl-badbox:#361c1e;--pl-data:#69a8ee;--pl-step:#94a0af;--pl-model:#bb93ee;"
    "--pl-release:#4fc3a1;--pl-pill:#26303c;--pl-gravebox:#3b2e13;--pl-grave:#f0bb5e}}"
    "@media print{.pl{--pl-ink:#000;--pl-dim:#444;--pl-box:#fff;--pl-line:#999;--pl-edge:#555;--pl-bad:#b00;"
    "--pl-badbox:#fff}}"
    ".pl-box{fill:var(--pl-box);stroke:var(--pl-line);stroke-width:1.2}"
    ".pl-name{font-size:13px;font-weight:600;fill:var(--pl-ink)}"
    ".pl-kind{font-size:11px;fill:var(--pl-dim)}"
    ".pl-label{fill:var(--pl-pill)}.pl-labeltext{font-size:10.5px;fill:var(--pl-dim)}"
    ".pl-label.pl-grave{fill:var(--pl-gravebox)}.pl-labeltext.pl-grave{fill:var(--pl-grave)}"
    ".pl-bar{fill:var(--pl-step)}.pl-data .pl-bar{fill:var(--pl-data)}.pl-model .pl-bar{fill:var(--pl-model)}"
    ".pl-release .pl-bar{fill:var(--pl-release)}"
    ".pl-tainted .pl-box{fill:var(--pl-badbox);stroke:var(--pl-bad);stroke-width:1.8}"
    ".pl-flag{fill:var(--pl-bad)}"
    ".pl-flagtext{font-size:10.5px;font-weight:600;fill:var(--pl-box);text-anchor:middle}"
    ".pl-edge{fill:none;stroke:var(--pl-edge);stroke-width:1.4}.pl-tip{fill:var(--pl-edge)}"
    ".pl-edge.pl-bad{stroke:var(--pl-bad);stroke-width:2.4}.pl-badtip{fill:var(--pl-bad)}"
    "</style>\n";

static void
draw_tip(struct pal_buf *to, const char *name, unsigned int size)
{
	pal_buf_printf(to,
		       "<marker id=\"pl-%s\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"%u\" "
		       "markerHeight=\"%u\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"pl-%s\" "
		       "d=\"M0 .6L8 4L0 7.4z\"/></marker>",
		       name, size, size, name);
}

static void
draw(struct pal_buf *to, struct picture *p)
{
	boxf   bounds = GD_bb(p->graph);
	double width = width_of(p);
	size_t tainted = 0;

	p->height = bounds.UR.y - bounds.LL.y;
	for (size_t i = 0; i < p->r->node_count; i++)
		tainted += is_tainted(&p->r->nodes[i]) ? 1 : 0;
	pal_buf_add_text(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pl\" role=\"img\" "
			     "aria-labelledby=\"pl-title\" width=\"");
	pal_markup_tenths(to, width);
	pal_buf_add_text(to, "\" height=\"");
	pal_markup_tenths(to, p->height + 2 * MARGIN);
	pal_buf_add_text(to, "\" viewBox=\"0 0 ");
	pal_markup_tenths(to, width);
	pal_buf_add_byte(to, ' ');
	pal_markup_tenths(to, p->height + 2 * MARGIN);
	pal_markup_printf(
	    to, "\">\n<title id=\"pl-title\">Lineage of %s: %zu artifacts and steps, %zu of them tainted</title>\n",
	    p->r->subject, p->r->node_count, tainted);
	pal_buf_add_text(to, style_text);
	pal_buf_add_text(to, "<defs>");
	draw_tip(to, "tip", 9);
	draw_tip(to, "badtip", 11);
	pal_buf_add_text(to, "</defs>\n");
	for (size_t i = 0; i < p->edge_count; i++)
		draw_edge(to, p, &p->edges[i]);
	for (size_t i = 0; i < p->r->node_count; i++)
		draw_node(to, p, i);
	pal_buf_add_text(to, "</svg>\n");
}

enum pal_err
pal_report_svg(const struct pal_report *r, struct pal_buf *out, struct pal_diag *d)
{
	struct picture p = { .r = r };
	enum pal_err   err = PAL_OK;

	if (r->node_count == 0)
		return pal_fail(d, PAL_ENOTFOUND, 0, "lineage: there is no node to draw");
	if (r->node_count > NODES_MOST || r->edge_count > EDGES_MOST)
		return pal_fail(
		    d, PAL_ELIMIT, 0,
		    "lineage: %zu nodes and %zu edges make no readable picture, at most %u and %u are drawn: "
		    "ask for one artifact, with --up or --down",
		    r->node_count, r->edge_count, NODES_MOST, EDGES_MOST);
	pal_arena_init(&p.arena, REPORT_ARENA);
	p.by_id = pal_map_of(&p.arena);
	if (pthread_mutex_lock(&graphviz) != 0)
		return pal_fail(d, PAL_ESYS, 0, "lineage: the lock around Graphviz does not work");
	err = place_to_fit(&p, d);
	if (err == PAL_OK)
		draw(out, &p);
	forget_places(&p);
	pal_arena_done(&p.arena);
	(void)pthread_mutex_unlock(&graphviz);
	return err == PAL_OK ? pal_buf_err(out) : err;
}
