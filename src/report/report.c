/* report.c - names of verdicts and formats, and the choice among the writers. */
#include "palisade/report.h"

#include "writers.h"

typedef enum pal_err writer_fn(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out);

static const struct {
	const char *name;
	writer_fn  *write;
} formats[] = {
	[PAL_REPORT_TABLE] = { "table", pal_report_write_table },
	[PAL_REPORT_JSON] = { "json", pal_report_write_json },
	[PAL_REPORT_SARIF] = { "sarif", pal_report_write_sarif },
	[PAL_REPORT_JUNIT] = { "junit", pal_report_write_junit },
	[PAL_REPORT_JSONL] = { "jsonl", pal_report_write_jsonl },
	[PAL_REPORT_HTML] = { "html", pal_report_write_html },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

enum pal_severity
pal_report_weight(const struct pal_finding *f)
{
	return f->rule->unread != PAL_INFO && f->severity < PAL_MEDIUM ? PAL_MEDIUM : f->severity;
}

const char *
pal_verdict_name(enum pal_verdict v)
{
	static const char *const names[] = { [PAL_PASS] = "pass",
					     [PAL_WARN] = "warn",
					     [PAL_WAIVED] = "waived",
					     [PAL_NOT_CHECKED] = "not checked",
					     [PAL_FAIL] = "fail" };

	return (size_t)v < sizeof(names) / sizeof(names[0]) ? names[v] : "fail";
}

bool
pal_report_format_of(const char *name, enum pal_report_format *ret)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (pal_view_is(pal_view_of(name), formats[i].name)) {
			*ret = (enum pal_report_format)i;
			return true;
		}
	return false;
}

enum pal_err
pal_report_write(const struct pal_report *r, enum pal_report_format format, const struct pal_report_style *style,
		 struct pal_buf *out)
{
	static const struct pal_report_style plain = { 0 };

	if ((size_t)format >= FORMATS)
		return PAL_EUNSUPPORTED;
	if (format == PAL_REPORT_JSON && r->files != NULL)
		PAL_TRY(pal_report_write_scan_json(r, &plain, out));
	else
		PAL_TRY(formats[format].write(r, style == NULL ? &plain : style, out));
	return pal_buf_err(out);
}
