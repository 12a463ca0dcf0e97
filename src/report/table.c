/*
 * table.c - the report for a person at a terminal: what is decided a line each, what stops the pipeline once more at
 * the end. All text of others goes through width.h; colours are the only escape sequences and are ours.
 */
#include "outline.h"
#include "width.h"
#include "writers.h"

#define BOLD   "1"
#define DIM    "2"
#define RED    "31"
#define RED_B  "1;31"
#define GREEN  "32"
#define YELLOW "33"
#define BLUE   "34"
#define PURPLE "35"

#define SCAN_MOST    200u /* findings that a scan lists unless verbose; a check, whose reasons name them, lists fewer */
#define CHECK_MOST   12u
#define SOON_DAYS    30
#define NAME_MOST    24u
#define EVIDENCE_CUT 12u
#define REASON_LEAST 34u

struct page {
	const struct pal_outline      *o;
	const struct pal_report       *r;
	const struct pal_report_style *style;
	struct pal_buf                *to;
	unsigned int                   verdict, control, artifact, evidence; /* columns; evidence 0: no column for it */
	unsigned int                   indent;                               /* of a reason */
};

/* ---- pieces ---- */

static void
blanks(struct page *p, unsigned int n)
{
	while (n-- > 0)
		pal_buf_add_byte(p->to, ' ');
}

static void
ink(struct page *p, const char *colour)
{
	if (p->style->colour && colour != NULL)
		pal_buf_printf(p->to, "\033[%sm", colour);
}

static void
ink_off(struct page *p, const char *colour)
{
	if (p->style->colour && colour != NULL)
		pal_buf_add_text(p->to, "\033[0m");
}

static void
say(struct page *p, const char *colour, const char *text)
{
	ink(p, colour);
	pal_width_add(p->to, pal_view_of(text));
	ink_off(p, colour);
}

/* A cell of a fixed width, and the two blanks after it. */
static void
cell(struct page *p, const char *colour, const char *text, unsigned int width)
{
	unsigned int used = 0;

	ink(p, colour);
	used = pal_width_cut(p->to, pal_view_of(text), width);
	ink_off(p, colour);
	blanks(p, (width > used ? width - used : 0) + 2);
}

/* Text at `indent`, wrapped at the terminal's width; `at` is the column where the first line goes on. */
static void
paragraph(struct page *p, const char *colour, const char *text, unsigned int indent, unsigned int at)
{
	unsigned int    columns = p->style->columns;
	struct pal_view rest = pal_view_of(text);

	do {
		unsigned int    from = at > indent ? at : indent;
		unsigned int    room = columns == 0 ? 0 : columns > from + 20 ? columns - from : 20;
		struct pal_view line = pal_width_line(&rest, room);

		blanks(p, from - at);
		ink(p, colour);
		pal_width_add(p->to, line);
		ink_off(p, colour);
		pal_buf_add_byte(p->to, '\n');
		at = 0;
	} while (rest.len > 0);
}

static void
count(struct page *p, unsigned int n, const char *colour, const char *what)
{
	if (n == 0)
		return;
	pal_buf_add_text(p->to, "  ");
	ink(p, colour);
	pal_buf_printf(p->to, "%u %s", n, what);
	ink_off(p, colour);
}

/* ---- columns ---- */

static const char *
verdict_word(unsigned int v)
{
	static const char *const words[PAL_VERDICTS] = { "pass", "warn", "waived", "not checked", "FAIL" };

	return words[v];
}

static const char *
verdict_colour(unsigned int v)
{
	static const char *const colours[PAL_VERDICTS] = { GREEN, YELLOW, BLUE, DIM, RED_B };

	return colours[v];
}

/* An id as people compare it: the algorithm's name says nothing, and the first twelve digits are enough. */
static void
short_id(const struct page *p, const char *id, struct pal_buf *to)
{
	struct pal_view v = pal_view_of(id);
	size_t          colon = pal_view_find_byte(v, ':', 0);
	bool            cut = !p->style->verbose && p->style->columns > 0;

	if (colon != SIZE_MAX && colon + 1 < v.len)
		v = pal_view_sub(v, colon + 1, SIZE_MAX);
	pal_buf_add(to, cut ? pal_view_sub(v, 0, EVIDENCE_CUT) : v);
}

static unsigned int
most(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

static void
measure(struct page *p)
{
	unsigned int columns = p->style->columns, artifact = 0, control = 6;
	bool         evidence = false;

	for (size_t i = 0; i < p->r->row_count; i++) {
		const struct pal_report_row *row = &p->r->rows[i];

		artifact = most(artifact, pal_width_text(pal_view_of(row->artifact)));
		control = most(control, pal_width_text(pal_view_of(row->control)));
		evidence = evidence || row->evidence != NULL;
	}
	p->verdict = p->style->verbose ? 11 : 6;
	p->control = control > 16 ? 16 : control;
	p->artifact = artifact > NAME_MOST ? NAME_MOST : most(artifact, 8);
	p->evidence = evidence ? EVIDENCE_CUT : 0;
	p->indent = 2 + p->verdict + 2 + p->control + 2 + p->artifact + 2;
	if (columns > 0 && columns < p->indent + REASON_LEAST + 2 + p->evidence)
		p->indent = 2 + p->verdict + 2; /* a narrow terminal: the reason goes below */
}

/* ---- rows ---- */

static bool
is_stacked(const struct page *p)
{
	return p->indent == 2 + p->verdict + 2;
}

/* The last cell of a row's first line. */
static void
put_evidence(struct page *p, const char *id, unsigned int at)
{
	unsigned int columns = p->style->columns, start = columns > EVIDENCE_CUT ? columns - EVIDENCE_CUT : 0;
	PAL_AUTO_BUF text = pal_buf_of(0);

	if (id == NULL)
		return;
	short_id(p, id, &text);
	blanks(p, columns > 0 && start > at ? start - at : 2);
	say(p, DIM, pal_buf_text(&text));
}

/* The reason beside the row: its first line shares the line with the evidence, the others follow under it. */
static void
put_reason(struct page *p, const char *colour, const char *reason, const char *evidence)
{
	unsigned int    columns = p->style->columns, used = 0;
	unsigned int    room = columns == 0 ? 0 : columns - p->indent - (p->evidence > 0 ? p->evidence + 2 : 0);
	struct pal_view rest = pal_view_of(reason), line = pal_width_line(&rest, room);

	ink(p, colour);
	used = pal_width_cut(p->to, line, 0);
	ink_off(p, colour);
	put_evidence(p, evidence, p->indent + used);
	pal_buf_add_byte(p->to, '\n');
	while (rest.len > 0) {
		line = pal_width_line(&rest, room);
		blanks(p, p->indent);
		ink(p, colour);
		pal_width_add(p->to, line);
		ink_off(p, colour);
		pal_buf_add_byte(p->to, '\n');
	}
}

static void
put_under(struct page *p, const char *reason)
{
	unsigned int    columns = p->style->columns;
	unsigned int    side = p->evidence > 0 && !is_stacked(p) ? p->evidence + 2 : 0;
	unsigned int    room = columns == 0 ? 0 : most(columns > p->indent + side ? columns - p->indent - side : 0, 20);
	struct pal_view rest = pal_view_of(reason);

	while (rest.len > 0) {
		struct pal_view line = pal_width_line(&rest, room);

		blanks(p, p->indent);
		pal_width_add(p->to, line);
		pal_buf_add_byte(p->to, '\n');
	}
}

struct line {
	unsigned int verdict;
	const char  *control, *artifact, *title, *reason, *evidence;
};

/* What is wrong starts with the title of the control, so that nobody has to know it by its number. */
static void
put_line(struct page *p, const struct line *l)
{
	bool wrong = l->verdict != PAL_PASS && l->verdict != PAL_NOT_CHECKED;
	bool titled = wrong && l->title != NULL && l->title[0] != '\0';

	blanks(p, 2);
	cell(p, verdict_colour(l->verdict), verdict_word(l->verdict), p->verdict);
	cell(p, wrong ? BOLD : NULL, l->control, p->control);
	cell(p, NULL, l->artifact == NULL ? "-" : l->artifact, p->artifact);
	if (is_stacked(p)) {
		put_evidence(p, l->evidence, 2 + p->verdict + 2 + p->control + 2 + p->artifact + 2);
		pal_buf_add_byte(p->to, '\n');
		if (titled) {
			blanks(p, p->indent);
			say(p, BOLD, l->title);
			pal_buf_add_byte(p->to, '\n');
		}
		put_under(p, l->reason);
		return;
	}
	put_reason(p, titled ? BOLD : NULL, titled ? l->title : l->reason, l->evidence);
	if (titled)
		put_under(p, l->reason);
}

static void
put_row(struct page *p, const struct pal_report_row *row)
{
	put_line(p, &(struct line){ pal_outline_verdict(row->verdict), row->control, row->artifact, row->title,
				    pal_outline_text(row->reason), row->evidence });
}

static bool
is_pass_of(const struct pal_report_row *row, const char *control)
{
	return row->verdict == PAL_PASS && pal_view_eq(pal_view_of(row->control), pal_view_of(control));
}

/* One line for a control that passes on many artifacts; the first of them speaks for all. */
static void
put_passes(struct page *p, const struct pal_outline_stage *s, size_t first)
{
	const struct pal_report_row *row = s->rows[first];
	PAL_AUTO_BUF                 artifacts = pal_buf_of(0);
	unsigned int                 n = 0;

	for (size_t i = 0; i < first; i++)
		if (is_pass_of(s->rows[i], row->control))
			return;
	for (size_t i = first; i < s->row_count; i++)
		n += is_pass_of(s->rows[i], row->control) ? 1 : 0;
	if (n == 1) {
		put_row(p, row);
		return;
	}
	pal_buf_printf(&artifacts, "%u artifacts", n);
	put_line(p, &(struct line){ PAL_PASS, row->control, pal_buf_text(&artifacts), NULL,
				    pal_outline_text(row->title), NULL });
}

/* "4 controls not checked: COL-07 COL-09 ..." */
static void
put_unchecked(struct page *p, const struct pal_outline_stage *s)
{
	PAL_AUTO_BUF text = pal_buf_of(0), line = pal_buf_of(0);
	unsigned int n = 0;
	const char  *before = NULL;

	for (size_t i = 0; i < s->row_count; i++) {
		const struct pal_report_row *row = s->rows[i];

		if (row->verdict != PAL_NOT_CHECKED)
			continue;
		if (before == NULL || !pal_view_eq(pal_view_of(before), pal_view_of(row->control))) {
			pal_buf_printf(&text, "%s%s", n == 0 ? "" : " ", pal_outline_text(row->control));
			n++;
		}
		before = row->control;
	}
	if (n == 0)
		return;
	blanks(p, 2);
	cell(p, DIM, "-", p->verdict);
	pal_buf_printf(&line, "%u not checked: %s", n, pal_buf_text(&text));
	paragraph(p, DIM, pal_buf_text(&line), 4 + p->verdict, 4 + p->verdict);
}

static void
put_stage(struct page *p, const struct pal_outline_stage *s)
{
	const struct pal_report_gate *g = s->gate;

	pal_buf_add_byte(p->to, '\n');
	say(p, BOLD, s->name);
	if (g != NULL) {
		pal_buf_add_text(p->to, "  gate ");
		say(p, g->open ? GREEN : RED_B, g->open ? "OPEN" : "CLOSED");
		count(p, g->failed, RED, "failed");
		count(p, g->warned, YELLOW, "warned");
		count(p, g->waived, BLUE, "waived");
		count(p, g->passed, GREEN, "passed");
		count(p, g->not_checked, DIM, "not checked");
	}
	pal_buf_add_byte(p->to, '\n');
	for (size_t i = 0; i < s->row_count; i++) {
		enum pal_verdict v = s->rows[i]->verdict;

		if (v == PAL_NOT_CHECKED && !p->style->verbose)
			continue;
		if (v == PAL_PASS && !p->style->verbose)
			put_passes(p, s, i);
		else
			put_row(p, s->rows[i]);
	}
	if (!p->style->verbose)
		put_unchecked(p, s);
}

/* ---- findings ---- */

static void
put_help(struct page *p, const struct pal_rule *rule)
{
	PAL_AUTO_BUF text = pal_buf_of(0);

	pal_buf_printf(&text, "do: %s", pal_outline_text(rule->help));
	if (rule->atlas != NULL && rule->atlas[0] != '\0')
		pal_buf_printf(&text, "  %s", rule->atlas);
	if (rule->owasp != NULL && rule->owasp[0] != '\0')
		pal_buf_printf(&text, "  %s", rule->owasp);
	paragraph(p, DIM, pal_buf_text(&text), 12, 0);
}

static void
put_finding(struct page *p, size_t at)
{
	static const char *const  colours[PAL_SEVERITIES] = { DIM, BLUE, YELLOW, RED, RED_B };
	const struct pal_finding *f = p->o->findings[at]->finding;
	const struct pal_rule    *before = at == 0 ? NULL : p->o->findings[at - 1]->finding->rule;
	PAL_AUTO_BUF              line = pal_buf_of(0);

	blanks(p, 2);
	cell(p, colours[pal_outline_severity(f->severity)], pal_severity_name(f->severity), 8);
	say(p, BOLD, pal_outline_text(f->rule->id));
	pal_buf_add_text(p->to, "  ");
	pal_outline_place(p->o->findings[at], &line);
	if (f->count > 1)
		pal_buf_printf(&line, " (%llu like it)", (unsigned long long)f->count);
	paragraph(p, NULL, pal_buf_text(&line), 12, 14 + pal_width_text(pal_view_of(f->rule->id)));
	paragraph(p, NULL, pal_outline_text(f->text), 12, 0);
	if (f->rule != before) /* said once for a run of the same rule */
		put_help(p, f->rule);
}

static void
put_findings(struct page *p)
{
	const struct pal_outline *o = p->o;
	size_t                    limit = p->r->row_count > 0 ? CHECK_MOST : SCAN_MOST;
	size_t                    shown = p->style->verbose || o->finding_count <= limit ? o->finding_count : limit;

	if (o->finding_count == 0)
		return;
	pal_buf_add_byte(p->to, '\n');
	say(p, BOLD, "findings");
	count(p, o->severities[PAL_CRITICAL], RED_B, "critical");
	count(p, o->severities[PAL_HIGH], RED, "high");
	count(p, o->severities[PAL_MEDIUM], YELLOW, "medium");
	count(p, o->severities[PAL_LOW], BLUE, "low");
	count(p, o->severities[PAL_INFO], DIM, "info");
	pal_buf_add_byte(p->to, '\n');
	for (size_t i = 0; i < shown; i++)
		put_finding(p, i);
	if (shown == o->finding_count)
		return;
	ink(p, DIM);
	pal_buf_printf(p->to, "  and %zu more: --verbose lists them, --format json and html carry them all\n",
		       o->finding_count - shown);
	ink_off(p, DIM);
}

/* ---- exceptions, and the end ---- */

static void
put_exception(struct page *p, const struct pal_report_exception *e)
{
	PAL_AUTO_BUF line = pal_buf_of(0);
	bool         expired = e->days_left < 0;

	pal_buf_printf(&line, "%s%s%s: ", pal_outline_text(e->control), e->artifact == NULL ? "" : " on ",
		       pal_outline_text(e->artifact));
	if (expired)
		pal_buf_printf(&line, "expired on %s and no longer counts; renew it or fix the cause",
			       pal_outline_text(e->expires));
	else if (!e->counts)
		pal_buf_add_text(&line, "does not count: it needs a signed approval");
	else
		pal_buf_printf(&line, "expires in %d day%s, on %s", e->days_left, e->days_left == 1 ? "" : "s",
			       pal_outline_text(e->expires));
	blanks(p, 2);
	cell(p, expired || !e->counts ? RED : YELLOW, expired ? "expired" : e->counts ? "soon" : "unsigned", 8);
	paragraph(p, NULL, pal_buf_text(&line), 12, 12);
}

static void
put_exceptions(struct page *p)
{
	bool begun = false;

	for (size_t i = 0; i < p->r->exception_count; i++) {
		const struct pal_report_exception *e = &p->r->exceptions[i];

		if (e->counts && e->days_left > SOON_DAYS)
			continue;
		if (!begun) {
			pal_buf_add_byte(p->to, '\n');
			say(p, BOLD, "exceptions");
			pal_buf_add_byte(p->to, '\n');
		}
		begun = true;
		put_exception(p, e);
	}
}

static void
put_end(struct page *p)
{
	const struct pal_report *r = p->r;
	PAL_AUTO_BUF             line = pal_buf_of(0);

	pal_buf_add_byte(p->to, '\n');
	for (const char *w = pal_outline_word(r); *w != '\0'; w++)
		pal_buf_add_byte(&line, (uint8_t)(*w - 'a' + 'A'));
	cell(p, r->closed ? RED_B : GREEN, pal_buf_text(&line), 6);
	pal_buf_clear(&line);
	pal_outline_decision(p->o, &line);
	paragraph(p, NULL, pal_buf_text(&line), 8, 8);
	if (p->o->verdicts[PAL_FAIL] > 0)
		paragraph(p, NULL, "Each FAIL line says what to do; palisade check --explain CONTROL tells more.", 8,
			  0);
	pal_buf_clear(&line);
	pal_outline_work(r, &line);
	if (r->evidence_count > 0)
		pal_buf_printf(&line, "; %zu piece%s of evidence", r->evidence_count,
			       pal_outline_plural(r->evidence_count, "s"));
	pal_buf_printf(&line, "; examined in: %s", r->sandbox == NULL ? "nothing new to examine" : r->sandbox);
	paragraph(p, DIM, pal_buf_text(&line), 8, 0);
}

static void
put_head(struct page *p)
{
	PAL_AUTO_BUF rest = pal_buf_of(0);

	say(p, BOLD, pal_outline_text(p->r->title));
	pal_buf_printf(&rest, "  %s", pal_outline_text(p->r->subject));
	if (p->r->profile != NULL)
		pal_buf_printf(&rest, "  profile %s", p->r->profile);
	if (p->r->time != NULL)
		pal_buf_printf(&rest, "  %s", p->r->time);
	say(p, NULL, pal_buf_text(&rest));
	pal_buf_add_byte(p->to, '\n');
}

enum pal_err
pal_report_write_table(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     arena;
	struct page        p = { .o = &o, .r = r, .style = style, .to = out };

	pal_arena_init(&arena, REPORT_ARENA);
	PAL_TRY(pal_outline_make(r, &arena, &o));
	measure(&p);
	put_head(&p);
	for (size_t i = 0; i < o.stage_count; i++)
		put_stage(&p, &o.stages[i]);
	put_findings(&p);
	put_exceptions(&p);
	put_end(&p);
	return pal_buf_err(out);
}
