/* test_svg.c - the lineage picture: every node and edge once, taint in its path, any graph, any name. */
#include "palisade/report.h"

#include <stdio.h>

#include "check.h"
#include "run_check.h"
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
test_sample(void)
{
	struct pal_report r = sample_report();
	PAL_AUTO_BUF      b = pal_buf_of(0), again = pal_buf_of(0);
	int               status = 0;

	CHECK(pal_report_svg(&r, &b, NULL) == PAL_OK && pal_report_svg(&r, &again, NULL) == PAL_OK);
	CHECK(pal_view_eq(pal_buf_view(&b), pal_buf_view(&again)));
	CHECK(pal_view_starts(pal_buf_view(&b), "<svg xmlns=") && well_formed(pal_buf_view(&b), true));
	CHECK(count_of(&b, "<g id=\"pl-n") == r.node_count && count_of(&b, "class=\"pl-edge") == r.edge_count);
	CHECK(count_of(&b, "class=\"pl-edge pl-bad\"") == 7 && count_of(&b, "TAINTED: ") == 8);
	CHECK(count_of(&b, ">partner-visits</text>") == 1 && count_of(&b, "restricted pii secret") == 2);
	status = run_check("xmllint --noout --nonet 2>&1", &b);
	CHECK(status == 0 || status == 127);
}

/* Cycles, loops, doubles, edges to nowhere, equal ids: drawn or left out, never a fault. */
static void
test_any_graph(void)
{
	static char ids[40][8];
	uint32_t    seed = 7;

	for (size_t i = 0; i < 40; i++)
		(void)snprintf(ids[i], sizeof(ids[i]), "%zu", i % 37);
	for (size_t round = 0; round < 60; round++) {
		struct pal_report_node nodes[40];
		struct pal_report_edge edges[80];
		struct pal_report      r = {
			     .nodes = nodes, .node_count = 1 + round % 40, .edges = edges, .edge_count = 80
		};
		PAL_AUTO_BUF b = pal_buf_of(0);

		for (size_t i = 0; i < 40; i++)
			nodes[i] =
			    (struct pal_report_node){ ids[i], ids[i], "model", NULL, i % 3 == 0 ? "t" : NULL, NULL };
		for (size_t i = 0; i < 80; i++) {
			seed = seed * 1664525u + 1013904223u;
			edges[i] = (struct pal_report_edge){ ids[(seed >> 8) % 40], ids[(seed >> 20) % 40] };
		}
		CHECK(pal_report_svg(&r, &b, NULL) == PAL_OK);
		CHECK(count_of(&b, "<g id=\"pl-n") == r.node_count && well_formed(pal_buf_view(&b), true));
	}
}

static void
test_limits(void)
{
	static struct pal_report_node nodes[401];
	struct pal_report             none = { 0 }, many = { .nodes = nodes, .node_count = 401 }, r = sample_report();
	struct pal_diag               d = { 0 };
	PAL_AUTO_BUF                  b = pal_buf_of(0), small = pal_buf_of(64);

	CHECK(pal_report_svg(&none, &b, &d) == PAL_ENOTFOUND && b.len == 0);
	CHECK(pal_report_svg(&many, &b, &d) == PAL_ELIMIT && b.len == 0 && strstr(d.text, "--up") != NULL);
	CHECK(pal_report_svg(&r, &small, NULL) == PAL_ELIMIT);
}

int
main(void)
{
	test_sample();
	test_any_graph();
	test_limits();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile h;
		PAL_AUTO_BUF          b = pal_buf_of(0);

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		CHECK(pal_report_svg(&h.report, &b, NULL) == PAL_OK);
		CHECK_SAY(well_formed(pal_buf_view(&b), true), sample_hostile_texts[i]);
	}
	return check_done();
}
