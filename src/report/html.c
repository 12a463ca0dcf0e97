/* html.c - one page that needs nothing but itself: no script, nothing fetched, and a policy that forbids both. */
#include "html_parts.h"
#include "markup.h"
#include "rooms.h"
#include "writers.h"

extern const unsigned char pal_data_report_css[];
extern const size_t        pal_data_report_css_len;

static void
put_top(const struct pal_report *r, struct pal_buf *to)
{
	pal_buf_add_text(to, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
			     "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			     "<meta name=\"color-scheme\" content=\"light dark\">\n"
			     "<meta name=\"referrer\" content=\"no-referrer\">\n");
	pal_markup_printf(to, "<title>%s: %s \xe2\x80\x93 %s</title>\n<style>\n", r->closed ? "Closed" : "Open",
			  r->subject, r->title);
	pal_buf_add(to, (struct pal_view){ pal_data_report_css, pal_data_report_css_len });
	pal_buf_add_text(to, "</style>\n</head>\n<body>\n");
}

static void
put_fact(struct pal_buf *to, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		pal_markup_printf(to, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

/* The answer, before anything else. */
static void
put_decision(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;
	PAL_AUTO_BUF             why = pal_buf_of(0), work = pal_buf_of(0);

	pal_outline_decision(o, &why);
	pal_outline_work(r, &work);
	pal_buf_add_text(to, "<header>\n<p class=\"brand\">");
	pal_rooms_stakes(to, false);
	pal_markup_printf(to, "<b>Palisade</b> <span>%s</span></p>\n<div class=\"decision %s\">", r->title,
			  r->closed ? "closed" : "open");
	pal_rooms_stakes(to, !r->closed);
	pal_markup_printf(to, "<div><h1>%s <span>%s</span></h1><p>%s</p></div></div>\n<dl class=\"facts\">\n",
			  r->subject, pal_outline_word(r), pal_buf_text(&why));
	put_fact(to, "Profile", r->profile);
	put_fact(to, "Time", r->time);
	put_fact(to, "Examined", pal_buf_text(&work));
	put_fact(to, "Workers confined by", r->sandbox);
	put_fact(to, "Tool", r->tool_version);
	pal_buf_add_text(to, "</dl>\n</header>\n");
}

static void
put_tile(struct pal_buf *to, unsigned int n, const char *words, const char *target, bool bad)
{
	pal_markup_printf(to, "<li class=\"%s\"><a href=\"#%s\"><b>%u</b> %s</a></li>\n",
			  n == 0 ? "zero"
			  : bad  ? "bad"
				 : "odd",
			  target, n, words);
}

/* Five numbers that link to where they are explained. */
static void
put_tiles(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;
	unsigned int             grave = o->severities[PAL_CRITICAL] + o->severities[PAL_HIGH], tainted = 0, ending = 0;

	for (size_t i = 0; i < r->node_count; i++)
		tainted += r->nodes[i].taint != NULL ? 1 : 0;
	for (size_t i = 0; i < r->exception_count; i++)
		ending += !r->exceptions[i].counts || r->exceptions[i].days_left <= PAL_HTML_SOON_DAYS ? 1 : 0;
	pal_buf_add_text(to, "<nav aria-label=\"What needs attention\"><ul class=\"tiles\">\n");
	if (r->gate_count > 0)
		put_tile(to, o->gates_closed, o->gates_closed == 1 ? "gate closed" : "gates closed", "gates", true);
	if (r->row_count > 0)
		put_tile(to, o->verdicts[PAL_FAIL], o->verdicts[PAL_FAIL] == 1 ? "check failed" : "checks failed",
			 "controls", true);
	put_tile(to, grave, "critical or high", "findings", true);
	if (r->node_count > 0)
		put_tile(to, tainted, "tainted", "lineage", true);
	if (r->exception_count > 0)
		put_tile(to, ending, ending == 1 ? "exception to renew" : "exceptions to renew", "exceptions", false);
	pal_buf_add_text(to, "</ul></nav>\n");
}

static void
put_stop(struct pal_buf *to, const struct pal_report_row *row)
{
	pal_markup_printf(to, "<li><p class=\"who\"><b>%s</b> <span class=\"what\">%s</span>", row->control,
			  row->stage);
	if (row->artifact != NULL)
		pal_markup_printf(to, " <span class=\"on\">%s</span>", row->artifact);
	pal_markup_printf(to, "</p><h3>%s</h3><p>%s</p></li>\n", row->title, row->reason);
}

static void
put_stops(const struct pal_outline *o, struct pal_buf *to)
{
	if (o->verdicts[PAL_FAIL] == 0)
		return;
	pal_buf_add_text(to, "<section id=\"stops\"><h2>What stops it, and what to do</h2>\n<ol class=\"stops\">\n");
	for (size_t s = 0; s < o->stage_count; s++)
		for (size_t i = 0; i < o->stages[s].row_count; i++)
			if (pal_outline_verdict(o->stages[s].rows[i]->verdict) == PAL_FAIL)
				put_stop(to, o->stages[s].rows[i]);
	pal_buf_add_text(to, "</ol></section>\n");
}

static void
put_gate(struct pal_buf *to, const struct pal_report_gate *g)
{
	const unsigned int counts[] = { g->failed, g->warned, g->waived, g->passed, g->not_checked };

	pal_markup_printf(to, "<tr><th scope=\"row\">%s</th><td>", g->stage);
	pal_html_badge(to, g->open ? "pass" : "fail", g->open ? "open" : "closed");
	pal_buf_add_text(to, "</td>");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		pal_markup_printf(to, "<td class=\"n%s\">%u</td>", counts[i] == 0 ? " zero" : "", counts[i]);
	pal_markup_printf(to, "<td><code class=\"hash\">%s</code></td></tr>\n", g->decision);
}

static void
put_gates(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;

	if (o->stage_count == 0)
		return;
	pal_buf_add_text(
	    to, "<section id=\"gates\"><h2>Pipeline and gates</h2>\n<div class=\"card\"><figure class=\"wide\">\n");
	pal_rooms_draw(o, to);
	pal_buf_add_text(to, "</figure>\n");
	if (r->gate_count > 0)
		pal_buf_add_text(to,
				 "<div class=\"wide\"><table class=\"gates\"><thead><tr><th scope=\"col\">Gate</th><th "
				 "scope=\"col\">State</th><th scope=\"col\" class=\"n\">Failed</th><th scope=\"col\" "
				 "class=\"n\">Warned</th><th scope=\"col\" class=\"n\">Waived</th><th scope=\"col\" "
				 "class=\"n\">Passed</th><th scope=\"col\" class=\"n\">Not checked</th><th "
				 "scope=\"col\">Decision</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->gate_count; i++)
		put_gate(to, &r->gates[i]);
	pal_buf_add_text(to, r->gate_count > 0 ? "</tbody></table></div></div></section>\n" : "</div></section>\n");
}

enum pal_err
pal_report_write_html(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     arena;

	(void)style; /* of a terminal; the page follows its reader's settings */
	pal_arena_init(&arena, REPORT_ARENA);
	PAL_TRY(pal_outline_make(r, &arena, &o));
	put_top(r, out);
	put_decision(&o, out);
	if (o.stage_count > 0) /* a scan has but one number, and its findings follow at once */
		put_tiles(&o, out);
	pal_buf_add_text(out, "<main>\n");
	put_stops(&o, out);
	put_gates(&o, out);
	pal_html_controls(&o, out);
	pal_html_findings(&o, out);
	pal_html_lineage(&o, out);
	pal_html_exceptions(&o, out);
	pal_html_evidence(&o, out);
	pal_markup_printf(out,
			  "</main>\n<footer><p>Written by palisade %s at %s. This page holds no script and fetches "
			  "nothing.</p></footer>\n</body>\n</html>\n",
			  r->tool_version, r->time);
	return pal_buf_err(out);
}
