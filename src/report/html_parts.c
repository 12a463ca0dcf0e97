/* html_parts.c - tables of controls, findings, lineage, exceptions, evidence; data goes in through markup.h alone. */
#include "html_parts.h"

#include "markup.h"

#define FINDINGS_MOST 2000u /* more makes a page that browsers choke on; the JSON report has all */
#define EDGES_MOST    5000u

void
pal_html_badge(struct pal_buf *to, const char *class, const char *word)
{
	pal_markup_printf(to, "<span class=\"badge %s\">%s</span>", class, word);
}

const char *
pal_html_verdict_class(enum pal_verdict v)
{
	static const char *const classes[PAL_VERDICTS] = { "pass", "warn", "waived", "unchecked", "fail" };

	return classes[pal_outline_verdict(v)];
}

static void
add_ids(struct pal_buf *to, const char *ids, uint8_t sep)
{
	struct pal_view rest = pal_view_of(ids), id = { 0 };

	while (pal_view_word(&rest, sep, &id)) {
		pal_buf_add_text(to, "<span class=\"id\">");
		pal_markup_add(to, id);
		pal_buf_add_text(to, "</span> ");
	}
}

/* An id that may be broken anywhere and is copied whole. */
static void
add_evidence_id(struct pal_buf *to, const char *id)
{
	if (id == NULL)
		pal_buf_add_text(to, "<span class=\"none\">none</span>");
	else
		pal_markup_printf(to, "<code class=\"hash\" title=\"%s\">%s</code>", id, id);
}

/* ---- controls ---- */

static void
put_row(struct pal_buf *to, const struct pal_report_row *row)
{
	pal_markup_printf(to, "<tr class=\"%s\"><td>", pal_html_verdict_class(row->verdict));
	pal_html_badge(to, pal_html_verdict_class(row->verdict), pal_verdict_name(row->verdict));
	pal_markup_printf(to, "</td><td><b>%s</b> <span class=\"what\">%s</span><div class=\"ids\">", row->control,
			  row->title);
	add_ids(to, row->atlas, ' ');
	add_ids(to, row->owasp, ' ');
	add_ids(to, row->nist, ',');
	pal_markup_printf(to, "</div></td><td>%s</td><td class=\"reason\">%s</td><td>",
			  row->artifact == NULL ? "\xe2\x80\x93" : row->artifact, row->reason);
	add_evidence_id(to, row->evidence);
	pal_buf_add_text(to, "</td></tr>\n");
}

static void
put_rows(struct pal_buf *to, const struct pal_outline_stage *s, const bool wanted[PAL_VERDICTS])
{
	pal_buf_add_text(to,
			 "<div class=\"wide\"><table class=\"rows\"><thead><tr><th scope=\"col\">Verdict</th><th "
			 "scope=\"col\">Control</th><th scope=\"col\">Artifact</th><th scope=\"col\">Reason</th><th "
			 "scope=\"col\">Evidence</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < s->row_count; i++)
		if (wanted[pal_outline_verdict(s->rows[i]->verdict)])
			put_row(to, s->rows[i]);
	pal_buf_add_text(to, "</tbody></table></div>\n");
}

static void
put_folded(struct pal_buf *to, const struct pal_outline_stage *s, enum pal_verdict v, const char *words)
{
	bool         wanted[PAL_VERDICTS] = { false };
	unsigned int n = s->verdicts[v];

	if (n == 0)
		return;
	wanted[v] = true;
	pal_markup_printf(to, "<details class=\"%s\"><summary>%u %s</summary>\n", pal_html_verdict_class(v), n, words);
	put_rows(to, s, wanted);
	pal_buf_add_text(to, "</details>\n");
}

static void
put_stage(struct pal_buf *to, const struct pal_outline_stage *s, size_t at)
{
	static const bool wrong[PAL_VERDICTS] = { [PAL_FAIL] = true, [PAL_WARN] = true, [PAL_WAIVED] = true };

	pal_markup_printf(to, "<section class=\"card stage\" aria-labelledby=\"stage-%zu\"><h3 id=\"stage-%zu\">%s", at,
			  at, s->name);
	if (s->gate != NULL) {
		pal_buf_add_byte(to, ' ');
		pal_html_badge(to, s->gate->open ? "pass" : "fail", s->gate->open ? "gate open" : "gate closed");
	}
	pal_buf_add_text(to, "</h3>\n");
	if (s->gate != NULL && s->gate->decision != NULL)
		pal_markup_printf(to, "<p class=\"decided\">decision <code class=\"hash\">%s</code></p>\n",
				  s->gate->decision);
	if (s->verdicts[PAL_FAIL] + s->verdicts[PAL_WARN] + s->verdicts[PAL_WAIVED] > 0)
		put_rows(to, s, wrong);
	put_folded(to, s, PAL_PASS, s->verdicts[PAL_PASS] == 1 ? "check passed" : "checks passed");
	put_folded(to, s, PAL_NOT_CHECKED,
		   s->verdicts[PAL_NOT_CHECKED] == 1 ? "control was not checked" : "controls were not checked");
	pal_buf_add_text(to, "</section>\n");
}

void
pal_html_controls(const struct pal_outline *o, struct pal_buf *to)
{
	if (o->stage_count == 0)
		return;
	pal_buf_add_text(to, "<section id=\"controls\"><h2>Controls, stage by stage</h2>\n");
	for (size_t i = 0; i < o->stage_count; i++)
		put_stage(to, &o->stages[i], i);
	pal_buf_add_text(to, "</section>\n");
}

/* ---- findings ---- */

static void
put_finding(struct pal_buf *to, const struct pal_report_finding *one)
{
	const struct pal_finding *f = one->finding;
	PAL_AUTO_BUF              place = pal_buf_of(0);

	pal_outline_place(one, &place);
	pal_markup_printf(to, "<article class=\"finding s-%s\"><h3>", pal_severity_name(f->severity));
	pal_html_badge(to, pal_severity_name(f->severity), pal_severity_name(f->severity));
	pal_markup_printf(to, " %s <span class=\"rule\">%s</span></h3>\n<p class=\"place\"><code>%s</code>",
			  f->rule->title, f->rule->id, pal_buf_text(&place));
	if (f->count > 1)
		pal_markup_printf(to, " <span class=\"times\">%llu like it</span>", (unsigned long long)f->count);
	pal_markup_printf(to, "</p>\n<p>%s</p>\n<p class=\"help\"><b>What to do.</b> %s</p>\n<div class=\"ids\">",
			  f->text, f->rule->help);
	add_ids(to, f->rule->atlas, ' ');
	add_ids(to, f->rule->owasp, ' ');
	pal_markup_printf(to, "<span class=\"sure\">confidence %s</span></div></article>\n",
			  pal_confidence_name(f->confidence));
}

void
pal_html_findings(const struct pal_outline *o, struct pal_buf *to)
{
	static const char *const names[PAL_SEVERITIES] = { "info", "low", "medium", "high", "critical" };
	size_t                   shown = o->finding_count < FINDINGS_MOST ? o->finding_count : FINDINGS_MOST;

	pal_buf_add_text(to, "<section id=\"findings\"><h2>Findings</h2>\n");
	if (o->finding_count == 0)
		pal_buf_add_text(to, "<p class=\"card empty\">Nothing was found.</p>\n");
	else
		pal_buf_add_text(to, "<p class=\"tally\">");
	for (unsigned int s = PAL_SEVERITIES; s-- > 0;)
		if (o->severities[s] > 0)
			pal_markup_printf(to, "<span class=\"badge %s\">%u %s</span> ", names[s], o->severities[s],
					  names[s]);
	if (o->finding_count > 0)
		pal_buf_add_text(to, "</p>\n<div class=\"card list\">\n");
	for (size_t i = 0; i < shown; i++)
		put_finding(to, o->findings[i]);
	if (shown < o->finding_count)
		pal_markup_printf(to, "<p class=\"more\">And %zu more, which the JSON report carries.</p>\n",
				  o->finding_count - shown);
	pal_buf_add_text(to, o->finding_count > 0 ? "</div></section>\n" : "</section>\n");
}

/* ---- lineage ---- */

static const char *
name_of(const struct pal_report *r, const char *id)
{
	for (size_t i = 0; i < r->node_count; i++)
		if (pal_view_eq(pal_view_of(r->nodes[i].id), pal_view_of(id)))
			return pal_outline_text(r->nodes[i].name);
	return id;
}

/* The same in words, for those who do not see the picture or want to search it. */
static void
put_edges(struct pal_buf *to, const struct pal_report *r)
{
	size_t shown = r->edge_count < EDGES_MOST ? r->edge_count : EDGES_MOST;

	pal_markup_printf(
	    to,
	    "<details><summary>%zu artifacts and steps, %zu steps of lineage, in words</summary><ul class=\"edges\">\n",
	    r->node_count, r->edge_count);
	for (size_t i = 0; i < shown; i++)
		pal_markup_printf(to, "<li>%s <span class=\"to\">goes into</span> %s</li>\n",
				  name_of(r, r->edges[i].from), name_of(r, r->edges[i].to));
	if (shown < r->edge_count)
		pal_markup_printf(to, "<li>and %zu more, which the JSON report carries</li>\n", r->edge_count - shown);
	pal_buf_add_text(to, "</ul></details>\n");
}

static void
put_tainted(struct pal_buf *to, const struct pal_report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->node_count; i++)
		n += r->nodes[i].taint != NULL ? 1 : 0;
	if (n == 0)
		return;
	pal_markup_printf(to, "<details open class=\"fail\"><summary>%zu tainted</summary><ul class=\"taint\">\n", n);
	for (size_t i = 0; i < r->node_count; i++)
		if (r->nodes[i].taint != NULL)
			pal_markup_printf(to, "<li><b>%s</b> <span class=\"what\">%s</span> %s</li>\n",
					  r->nodes[i].name, r->nodes[i].kind, r->nodes[i].taint);
	pal_buf_add_text(to, "</ul></details>\n");
}

void
pal_html_lineage(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;
	PAL_AUTO_BUF             picture = pal_buf_of(0);
	struct pal_diag          why = { 0 };

	if (r->node_count == 0)
		return;
	pal_buf_add_text(to, "<section id=\"lineage\"><h2>Lineage</h2>\n<div class=\"card\">");
	if (pal_report_svg(r, &picture, &why) == PAL_OK) {
		pal_buf_add_text(to, "<figure class=\"wide\">\n");
		pal_buf_add(to, pal_buf_view(&picture));
		pal_buf_add_text(to, "</figure>\n");
	} else { /* the page is worth having without its picture; the words below say the same */
		pal_markup_printf(to, "<p class=\"empty\">No picture: %s</p>\n", why.text);
	}
	put_tainted(to, r);
	put_edges(to, r);
	pal_buf_add_text(to, "</div></section>\n");
}

/* ---- exceptions and evidence ---- */

static void
put_exception(struct pal_buf *to, const struct pal_report_exception *e)
{
	bool soon = e->counts && e->days_left <= PAL_HTML_SOON_DAYS;

	pal_markup_printf(to, "<tr class=\"%s\"><td>", e->days_left < 0 || !e->counts ? "fail" : soon ? "warn" : "");
	if (e->days_left < 0)
		pal_html_badge(to, "fail", "expired");
	else if (!e->counts)
		pal_html_badge(to, "fail", "does not count");
	else if (soon)
		pal_html_badge(to, "warn", "ends soon");
	else
		pal_html_badge(to, "waived", "counts");
	pal_markup_printf(to, "</td><td><b>%s</b></td><td>%s</td><td class=\"reason\">%s</td><td>%s ", e->control,
			  e->artifact == NULL ? "\xe2\x80\x93" : e->artifact, e->reason, e->expires);
	if (e->days_left < 0)
		pal_markup_printf(to, "<span class=\"what\">%u days ago</span>", 0u - (unsigned int)e->days_left);
	else
		pal_markup_printf(to, "<span class=\"what\">in %d day%s</span>", e->days_left,
				  e->days_left == 1 ? "" : "s");
	pal_markup_printf(to, "</td><td>%s</td></tr>\n", e->approved_by == NULL ? "nobody" : e->approved_by);
}

void
pal_html_exceptions(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;

	if (r->exception_count == 0)
		return;
	pal_buf_add_text(to,
			 "<section id=\"exceptions\"><h2>Exceptions</h2>\n<div class=\"card wide\"><table><thead><tr>"
			 "<th scope=\"col\">State</th><th scope=\"col\">Control</th><th scope=\"col\">Artifact</th>"
			 "<th scope=\"col\">Reason</th><th scope=\"col\">Ends</th><th scope=\"col\">Approved by</th>"
			 "</tr></thead><tbody>\n");
	for (size_t i = 0; i < r->exception_count; i++)
		put_exception(to, &r->exceptions[i]);
	pal_buf_add_text(to, "</tbody></table></div></section>\n");
}

void
pal_html_evidence(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;

	if (r->evidence_count == 0 && r->checkpoint == NULL)
		return;
	pal_buf_add_text(to, "<section id=\"evidence\"><h2>Evidence</h2>\n<div class=\"card\">\n");
	if (r->evidence_count > 0)
		pal_buf_add_text(
		    to, "<div class=\"wide\"><table><thead><tr><th scope=\"col\" class=\"n\">Ledger</th><th "
			"scope=\"col\">Type</th><th scope=\"col\">Subject</th><th scope=\"col\">Signer</th><th "
			"scope=\"col\">Time</th><th scope=\"col\">Id</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < r->evidence_count; i++) {
		const struct pal_report_evidence *e = &r->evidence[i];

		pal_markup_printf(
		    to, "<tr><td class=\"n\">%llu</td><td>%s</td><td>%s</td><td>%s</td><td class=\"when\">%s</td><td>",
		    (unsigned long long)e->index, e->type, e->subject, e->signer, e->time);
		add_evidence_id(to, e->id);
		pal_buf_add_text(to, "</td></tr>\n");
	}
	if (r->evidence_count > 0)
		pal_buf_add_text(to, "</tbody></table></div>\n");
	if (r->checkpoint != NULL)
		pal_markup_printf(
		    to,
		    "<h3>Checkpoint of the ledger</h3><pre>%s</pre>\n<p class=\"what\">Keep it: with it and the "
		    "public key, <code>palisade log verify</code> proves offline that no entry was changed, "
		    "removed or reordered.</p>\n",
		    r->checkpoint);
	pal_buf_add_text(to, "</div></section>\n");
}
