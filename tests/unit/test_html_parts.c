/* test_html_parts.c - each section alone: absent when there is nothing to say, bounded when there is too much. */
#include "report/html_parts.h"

#include <stdio.h>

#include "check.h"
#include "sample_report.h"
#include "well_formed.h"

typedef void part_fn(const struct pal_outline *o, struct pal_buf *to);

static part_fn *const parts[] = { pal_html_controls, pal_html_findings, pal_html_lineage, pal_html_exceptions,
				  pal_html_evidence };

static bool
has(const struct pal_buf *b, const char *text)
{
	return pal_view_find(pal_buf_view(b), pal_view_of(text), 0) != SIZE_MAX;
}

static void
test_parts(const struct pal_report *r, bool empty)
{
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     a;

	pal_arena_init(&a, (size_t)16 << 20);
	CHECK(pal_outline_make(r, &a, &o) == PAL_OK);
	for (size_t i = 0; i < SAMPLE_COUNT(parts); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		parts[i](&o, &b);
		CHECK(well_formed(pal_buf_view(&b), true));
		CHECK((b.len == 0) == (empty && parts[i] != pal_html_findings));
	}
}

/* More findings than a browser bears, more nodes than a picture: said, not dropped in silence. */
static void
test_many(void)
{
	static struct pal_report_finding findings[3000];
	static struct pal_report_node    nodes[700];
	static char                      ids[700][8];
	struct pal_report  r = { .findings = findings, .finding_count = 3000, .nodes = nodes, .node_count = 700 };
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     a;
	PAL_AUTO_BUF       f = pal_buf_of(0), l = pal_buf_of(0);

	for (size_t i = 0; i < 3000; i++)
		findings[i] = sample_findings[i % 6];
	for (size_t i = 0; i < 700; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "%zu", i);
		nodes[i] = (struct pal_report_node){ .id = ids[i], .name = ids[i], .kind = "dataset" };
	}
	pal_arena_init(&a, (size_t)16 << 20);
	CHECK(pal_outline_make(&r, &a, &o) == PAL_OK);
	pal_html_findings(&o, &f);
	CHECK(has(&f, "And 1000 more") && well_formed(pal_buf_view(&f), true));
	pal_html_lineage(&o, &l);
	CHECK(has(&l, "No picture: ") && has(&l, "700 artifacts and steps") && well_formed(pal_buf_view(&l), true));
}

int
main(void)
{
	struct pal_report r = sample_report(), empty = { 0 };
	PAL_AUTO_BUF      b = pal_buf_of(0);

	test_parts(&r, false);
	test_parts(&empty, true);
	test_many();
	pal_html_badge(&b, "fail", "<x>");
	CHECK(strcmp(pal_buf_text(&b), "<span class=\"badge fail\">&lt;x&gt;</span>") == 0);
	CHECK(strcmp(pal_html_verdict_class(PAL_PASS), "pass") == 0);
	CHECK(strcmp(pal_html_verdict_class((enum pal_verdict)50), "fail") == 0);
	return check_done();
}
