/* junit.c - the report as JUnit XML: a suite a stage, a case a control and artifact; for a scan, a case a finding. */
#include "markup.h"
#include "outline.h"
#include "writers.h"

static void
put_seconds(struct pal_buf *b, const char *name, uint64_t ms)
{
	pal_buf_printf(b, " %s=\"%llu.%03u\"", name, (unsigned long long)ms / 1000, (unsigned int)(ms % 1000));
}

static void
put_result(struct pal_buf *b, const struct pal_report_row *row)
{
	const char *reason = pal_outline_text(row->reason);

	switch (row->verdict) {
	case PAL_PASS:
		pal_markup_printf(b, "      <system-out>%s</system-out>\n", reason);
		return;
	case PAL_WARN:
		pal_markup_printf(b, "      <system-out>warn: %s</system-out>\n", reason);
		return;
	case PAL_WAIVED:
		pal_markup_printf(b, "      <skipped message=\"waived: %s\"/>\n", reason);
		return;
	case PAL_NOT_CHECKED:
		pal_markup_printf(b, "      <skipped message=\"not checked: %s\"/>\n", reason);
		return;
	case PAL_FAIL:
		break;
	}
	pal_markup_printf(b, "      <failure type=\"%s\" message=\"%s\">%s</failure>\n", row->control, reason, reason);
}

static void
put_row(struct pal_buf *b, const struct pal_report_row *row)
{
	pal_markup_printf(b, "    <testcase classname=\"palisade.%s\" name=\"%s %s", row->stage, row->control,
			  row->title);
	if (row->artifact != NULL)
		pal_markup_printf(b, " [%s]", row->artifact);
	pal_buf_add_text(b, "\" time=\"0\">\n");
	put_result(b, row);
	if (row->evidence != NULL)
		pal_markup_printf(b, "      <system-err>evidence %s</system-err>\n", row->evidence);
	pal_buf_add_text(b, "    </testcase>\n");
}

static void
put_stage(struct pal_buf *b, const struct pal_outline_stage *s, const char *time)
{
	pal_markup_printf(
	    b,
	    "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"0\" "
	    "timestamp=\"%s\">\n",
	    s->name, s->row_count, s->verdicts[PAL_FAIL], s->verdicts[PAL_WAIVED] + s->verdicts[PAL_NOT_CHECKED], time);
	for (size_t i = 0; i < s->row_count; i++)
		put_row(b, s->rows[i]);
	pal_buf_add_text(b, "  </testsuite>\n");
}

static void
put_finding(struct pal_buf *b, const struct pal_report_finding *one, const char *place, bool fails)
{
	const struct pal_finding *f = one->finding;

	pal_markup_printf(b, "    <testcase classname=\"palisade.%s\" name=\"%s\" time=\"0\">\n", f->rule->id, place);
	if (fails)
		pal_markup_printf(b, "      <failure type=\"%s\" message=\"%s: %s\">%s\n%s</failure>\n", f->rule->id,
				  pal_severity_name(f->severity), f->text, f->text, f->rule->help);
	else
		pal_markup_printf(b, "      <system-out>%s, below the limit: %s</system-out>\n",
				  pal_severity_name(f->severity), f->text);
	pal_buf_add_text(b, "    </testcase>\n");
}

/* A scan has no controls, so that its findings are the cases; a clean one still shows what was done. */
static void
put_scan(struct pal_buf *b, const struct pal_outline *o, unsigned int failed)
{
	const struct pal_report *r = o->report;
	size_t                   cases = o->finding_count == 0 ? 1 : o->finding_count;
	PAL_AUTO_BUF             place = pal_buf_of(0);

	pal_markup_printf(
	    b,
	    "  <testsuite name=\"scan\" tests=\"%zu\" failures=\"%u\" errors=\"0\" skipped=\"0\" time=\"0\" "
	    "timestamp=\"%s\">\n",
	    cases, failed, r->time);
	if (o->finding_count == 0)
		pal_markup_printf(
		    b, "    <testcase classname=\"palisade.scan\" name=\"%s: nothing was found\" time=\"0\"/>\n",
		    r->subject);
	for (size_t i = 0; i < o->finding_count; i++) {
		bool fails = r->closed && pal_report_weight(o->findings[i]->finding) >= r->limit;

		pal_buf_clear(&place);
		pal_outline_place(o->findings[i], &place);
		put_finding(b, o->findings[i], pal_buf_text(&place), fails);
	}
	pal_buf_add_text(b, "  </testsuite>\n");
}

enum pal_err
pal_report_write_junit(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	struct pal_outline o = { 0 };
	PAL_AUTO_ARENA     arena;
	unsigned int       failed = 0;
	bool               scan = r->row_count == 0;
	size_t             cases = r->row_count;

	(void)style; /* for people only; what programs read is always complete */
	pal_arena_init(&arena, REPORT_ARENA);
	PAL_TRY(pal_outline_make(r, &arena, &o));
	failed = o.verdicts[PAL_FAIL];
	if (scan && r->closed)
		failed += (unsigned int)pal_outline_over(&o);
	if (scan)
		cases = o.finding_count == 0 ? 1 : o.finding_count;
	pal_markup_printf(out,
			  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"%s %s\" tests=\"%zu\" "
			  "failures=\"%u\" errors=\"0\" skipped=\"%u\"",
			  r->title, r->subject, cases, failed, o.verdicts[PAL_WAIVED] + o.verdicts[PAL_NOT_CHECKED]);
	put_seconds(out, "time", r->elapsed_ms);
	pal_buf_add_text(out, ">\n");
	for (size_t i = 0; i < o.stage_count && !scan; i++)
		put_stage(out, &o.stages[i], r->time);
	if (scan)
		put_scan(out, &o, failed);
	pal_buf_add_text(out, "</testsuites>\n");
	return pal_buf_err(out);
}
