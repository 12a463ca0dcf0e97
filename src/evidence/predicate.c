/* predicate.c - scans, sources and evaluations: one writer and one reader each. */
#include "palisade/predicate.h"

#include <string.h>

#include "fields.h"
#include "palisade/label.h"

#define METRICS_MOST 4096

static void
put_finding(struct pal_json_writer *w, const struct pal_finding *one)
{
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "rule", one->rule->id);
	pal_json_put_text(w, "severity", pal_severity_name(one->severity));
	pal_json_put_text(w, "confidence", pal_confidence_name(one->confidence));
	pal_json_put_text(w, "class", pal_data_class_name(one->rule->data_class));
	put_if(w, "path", one->place.path);
	put_if(w, "field", one->place.field);
	pal_json_put_u64(w, "offset", one->place.offset);
	if (one->place.row != 0)
		pal_json_put_u64(w, "row", one->place.row);
	pal_json_put_u64(w, "count", one->count);
	put_if(w, "text", one->text);
	pal_json_end(w, '}');
}

/* The most severe first, as many as fit; the blob has them all. */
static void
put_findings(struct pal_json_writer *w, const struct pal_scan_summary *s)
{
	size_t left = PAL_SCAN_INLINE;

	pal_json_begin(w, "findings", '[');
	for (int severity = PAL_CRITICAL; severity >= PAL_INFO; severity--)
		for (size_t i = 0; i < s->finding_count && left > 0; i++)
			if (s->findings[i].severity == (enum pal_severity)severity) {
				put_finding(w, &s->findings[i]);
				left--;
			}
	pal_json_end(w, ']');
}

enum pal_err
pal_scan_summary_write(const struct pal_scan_summary *s, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_begin(&w, "scanner", '{');
	pal_json_put_text(&w, "name", "palisade");
	put_if(&w, "version", s->version);
	put_if(&w, "rules", s->rules);
	put_if(&w, "sandbox", s->sandbox);
	pal_json_end(&w, '}');
	put_time(&w, "startedOn", s->started_ms);
	put_time(&w, "finishedOn", s->finished_ms);
	pal_json_put_u64(&w, "files", s->files);
	pal_json_put_u64(&w, "bytes", s->bytes);
	pal_json_put_u64(&w, "rows", s->rows);
	pal_json_put_u64(&w, "filesIncomplete", s->files_incomplete);
	pal_json_begin(&w, "counts", '{');
	for (int i = PAL_INFO; i <= PAL_CRITICAL; i++)
		pal_json_put_u64(&w, pal_severity_name((enum pal_severity)i), s->by_severity[i]);
	pal_json_end(&w, '}');
	put_classes(&w, s->classes);
	put_findings(&w, s);
	if (s->report != NULL)
		pal_resource_write(&w, "report", &(struct pal_resource){ .name = "findings", .digest = s->report });
	if (s->manifest != NULL)
		pal_resource_write(&w, "manifest", &(struct pal_resource){ .name = "files", .digest = s->manifest });
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

static struct pal_finding
read_finding(struct fields *f)
{
	struct pal_rule   *rule = pal_arena_array(f->arena, 1, sizeof(*rule));
	struct pal_finding one = { .rule = rule,
				   .place = { .path = field_text_or(f, "path", NULL),
					      .field = field_text_or(f, "field", NULL),
					      .offset = field_u64(f, "offset"),
					      .row = field_u64(f, "row") },
				   .count = field_u64(f, "count"),
				   .text = field_text_or(f, "text", "") };
	const char        *confidence = field_text(f, "confidence");
	bool               known = false;

	if (rule == NULL)
		return one;
	*rule = (struct pal_rule){ .id = field_text(f, "rule"), .title = "", .help = "", .atlas = "", .owasp = "" };
	if (!pal_severity_of(pal_view_of(field_text(f, "severity")), &one.severity))
		fields_fail(f, "severity", "info, low, medium, high or critical");
	if (!pal_data_class_of(pal_view_of(field_text_or(f, "class", "none")), &rule->data_class))
		fields_fail(f, "class", "none, pii, phi, pci or secret");
	for (int c = PAL_CONFIDENCE_LOW; c <= PAL_CONFIDENCE_HIGH && confidence != NULL; c++)
		if (strcmp(confidence, pal_confidence_name((enum pal_confidence)c)) == 0) {
			one.confidence = (enum pal_confidence)c;
			known = true;
		}
	if (!known)
		fields_fail(f, "confidence", "low, medium or high");
	rule->severity = one.severity;
	return one;
}

static void
read_findings(struct fields *f, struct pal_scan_summary *s)
{
	const json_t       *all = field_array(f, "findings");
	size_t              n = json_array_size(all);
	struct pal_finding *findings = NULL;

	if (n > PAL_SCAN_INLINE)
		fields_fail(f, "findings", "at most 40 entries");
	else
		findings = pal_arena_array(f->arena, n, sizeof(*findings));
	for (size_t i = 0; findings != NULL && i < n && f->why.code == PAL_OK; i++) {
		struct fields one = fields_of(json_array_get(all, i), "scan: a finding", f->arena);

		findings[i] = read_finding(&one);
		f->why = one.why;
	}
	s->findings = findings;
	s->finding_count = findings == NULL ? 0 : n;
}

static void
read_counts(struct fields *f, struct pal_scan_summary *s)
{
	struct fields counts = fields_of(json_object_get(f->object, "counts"), "scan: counts", f->arena);

	for (int i = PAL_INFO; i <= PAL_CRITICAL; i++)
		s->by_severity[i] = field_u64(&counts, pal_severity_name((enum pal_severity)i));
	if (f->why.code == PAL_OK)
		f->why = counts.why;
}

enum pal_err
pal_scan_summary_of(const struct pal_statement *s, struct pal_arena *a, struct pal_scan_summary *ret,
		    struct pal_diag *d)
{
	PAL_AUTO_JSON           doc = NULL;
	struct fields           f = { 0 }, scanner = { 0 };
	struct pal_scan_summary sum = { 0 };

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_SCAN, &doc, d));
	f = fields_of(doc, "scan", a);
	scanner = fields_of(json_object_get(doc, "scanner"), "scan: scanner", a);
	sum.version = field_text_or(&scanner, "version", "");
	sum.rules = field_text_or(&scanner, "rules", "");
	sum.sandbox = field_text_or(&scanner, "sandbox", NULL);
	PAL_TRY(fields_err(&scanner, d));
	sum.started_ms = field_time(&f, "startedOn");
	sum.finished_ms = field_time(&f, "finishedOn");
	sum.files = field_u64(&f, "files");
	sum.bytes = field_u64(&f, "bytes");
	sum.rows = field_u64(&f, "rows");
	sum.files_incomplete = field_u64(&f, "filesIncomplete");
	sum.classes = field_classes(&f);
	read_counts(&f, &sum);
	read_findings(&f, &sum);
	sum.report = field_resource(&f, "report").digest;
	sum.manifest = field_resource(&f, "manifest").digest;
	PAL_TRY(fields_err(&f, d));
	*ret = sum;
	return PAL_OK;
}

enum pal_err
pal_source_write(const struct pal_source *s, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "origin", s->origin);
	put_if(&w, "who", s->who);
	put_if(&w, "where", s->where);
	put_if(&w, "licence", s->licence);
	put_if(&w, "purpose", s->purpose);
	put_time(&w, "when", s->when_ms);
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

enum pal_err
pal_source_of(const struct pal_statement *s, struct pal_arena *a, struct pal_source *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON     doc = NULL;
	struct fields     f = { 0 };
	struct pal_source source = { 0 };

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_SOURCE, &doc, d));
	f = fields_of(doc, "source", a);
	source.origin = field_text(&f, "origin");
	source.who = field_text_or(&f, "who", NULL);
	source.where = field_text_or(&f, "where", NULL);
	source.licence = field_text_or(&f, "licence", NULL);
	source.purpose = field_text_or(&f, "purpose", NULL);
	source.when_ms = field_time(&f, "when");
	if (source.origin != NULL && strcmp(source.origin, "internal") != 0 && strcmp(source.origin, "partner") != 0 &&
	    strcmp(source.origin, "web") != 0)
		fields_fail(&f, "origin", "internal, partner or web");
	PAL_TRY(fields_err(&f, d));
	*ret = source;
	return PAL_OK;
}

static void
put_metric(struct pal_json_writer *w, const struct pal_metric *m)
{
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "name", m->name);
	if (m->group != NULL && m->group[0] != '\0')
		pal_json_put_text(w, "group", m->group);
	pal_json_put_real(w, "value", m->value);
	pal_json_put_real(w, "low", m->low);
	pal_json_put_real(w, "high", m->high);
	pal_json_put_u64(w, "count", m->count);
	pal_json_end(w, '}');
}

enum pal_err
pal_evaluation_write(const struct pal_evaluation *e, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "evaluator", e->evaluator);
	pal_resource_write(&w, "data", &e->data);
	put_if(&w, "owner", e->owner);
	put_time(&w, "evaluatedOn", e->time_ms);
	pal_json_begin(&w, "metrics", '[');
	for (size_t i = 0; i < e->metric_count; i++)
		put_metric(&w, &e->metrics[i]);
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

static struct pal_metric
read_metric(struct fields *f)
{
	struct pal_metric m = { .name = field_text(f, "name"), .group = field_text_or(f, "group", "") };

	if (!json_is_number(json_object_get(f->object, "value")))
		fields_fail(f, "value", "a number");
	m.value = field_real(f, "value", 0);
	m.low = field_real(f, "low", m.value);
	m.high = field_real(f, "high", m.value);
	m.count = field_u64(f, "count");
	return m;
}

static void
read_metrics(struct fields *f, struct pal_evaluation *e)
{
	const json_t      *all = field_array(f, "metrics");
	size_t             n = json_array_size(all);
	struct pal_metric *metrics = NULL;

	if (n > METRICS_MOST)
		fields_fail(f, "metrics", "at most 4096 entries");
	else
		metrics = pal_arena_array(f->arena, n, sizeof(*metrics));
	for (size_t i = 0; metrics != NULL && i < n && f->why.code == PAL_OK; i++) {
		struct fields one = fields_of(json_array_get(all, i), "evaluation: a metric", f->arena);

		metrics[i] = read_metric(&one);
		f->why = one.why;
	}
	e->metrics = metrics;
	e->metric_count = metrics == NULL ? 0 : n;
}

enum pal_err
pal_evaluation_of(const struct pal_statement *s, struct pal_arena *a, struct pal_evaluation *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON         doc = NULL;
	struct fields         f = { 0 };
	struct pal_evaluation e = { 0 };

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_EVALUATION, &doc, d));
	f = fields_of(doc, "evaluation", a);
	e.evaluator = field_text(&f, "evaluator");
	e.data = field_resource(&f, "data");
	e.owner = field_text_or(&f, "owner", NULL);
	e.time_ms = field_time(&f, "evaluatedOn");
	read_metrics(&f, &e);
	PAL_TRY(fields_err(&f, d));
	*ret = e;
	return PAL_OK;
}
