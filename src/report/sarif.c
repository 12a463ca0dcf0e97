/*
 * sarif.c - the report as SARIF 2.1.0 (OASIS): what failed or warned, and every finding, as results.
 *
 * Passing and unchecked controls are no results: readers that ignore result.kind
 * would raise an alert for each. Audit put_uri() (RFC 3986) and put_region().
 */
#include "palisade/clock.h"
#include "palisade/hex.h"
#include "palisade/json.h"
#include "outline.h"
#include "sarif_rules.h"
#include "writers.h"

/* FNV-1a over the parts and a byte that no text holds between them: equal places in two runs get equal texts. */
static void
put_fingerprint(struct pal_json_writer *w, const char *const parts[4])
{
	uint64_t     h = PAL_HASH_START;
	char         text[24];
	PAL_AUTO_BUF hex = pal_buf_of(sizeof(text));

	for (size_t i = 0; i < 4; i++) {
		h = pal_view_hash(h, pal_view_of(parts[i]));
		h = pal_view_hash(h, pal_view_of("\xff"));
	}
	pal_buf_printf(&hex, "%016llx:1", (unsigned long long)h);
	pal_json_begin(w, "partialFingerprints", '{');
	pal_json_put_text(w, "primaryLocationLineHash", pal_buf_text(&hex));
	pal_json_end(w, '}');
}

static void
put_logical(struct pal_json_writer *w, const char *kind, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return;
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "name", name);
	pal_json_put_text(w, "kind", kind);
	pal_json_end(w, '}');
}

/*
 * Rows are records and are close enough to lines for a reader to find the place; what has no row is a place in bytes.
 * Code scanners want a line in every region, so line 1 stands for "a binary file".
 */
static void
put_region(struct pal_json_writer *w, const struct pal_place *p)
{
	pal_json_begin(w, "region", '{');
	pal_json_put_u64(w, "startLine", p->row == 0 ? 1 : p->row > INT32_MAX ? INT32_MAX : p->row);
	if (p->row == 0 && (p->offset > 0 || p->length > 0) && p->offset <= INT64_MAX) {
		pal_json_put_u64(w, "byteOffset", p->offset);
		if (p->length > 0 && p->length <= INT64_MAX)
			pal_json_put_u64(w, "byteLength", p->length);
	}
	pal_json_end(w, '}');
}

static void
put_uri(struct pal_json_writer *w, const char *artifact, struct pal_view path)
{
	PAL_AUTO_BUF uri = pal_buf_of(0);

	pal_sarif_uri(artifact, path, &uri);
	pal_json_begin(w, "artifactLocation", '{');
	pal_json_put_text(w, "uri", pal_buf_text(&uri));
	pal_json_end(w, '}');
}

/* Offsets in a member count in the unpacked member: the region would be wrong for the file that holds it. */
static void
put_finding_location(struct pal_json_writer *w, const struct pal_report_finding *one)
{
	const struct pal_place *p = &one->finding->place;
	struct pal_view         path = pal_view_of(p->path);
	size_t                  bang = pal_view_find(path, pal_view_of("!/"), 0);
	bool                    member = bang != SIZE_MAX;

	pal_json_begin(w, "locations", '[');
	pal_json_begin(w, NULL, '{');
	pal_json_begin(w, "physicalLocation", '{');
	put_uri(w, one->artifact, member ? pal_view_sub(path, 0, bang) : path);
	if (!member)
		put_region(w, p);
	pal_json_end(w, '}');
	pal_json_begin(w, "logicalLocations", '[');
	put_logical(w, "artifact", one->artifact);
	if (member)
		put_logical(w, "member", p->path + bang + 2);
	put_logical(w, "field", p->field);
	pal_json_end(w, ']');
	pal_json_end(w, '}');
	pal_json_end(w, ']');
}

static void
put_suppression(struct pal_json_writer *w, const char *why)
{
	if (why == NULL)
		return;
	pal_json_begin(w, "suppressions", '[');
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "kind", "external");
	pal_json_put_text(w, "status", "accepted");
	pal_json_put_text(w, "justification", why);
	pal_json_end(w, '}');
	pal_json_end(w, ']');
}

static void
put_finding(struct pal_json_writer *w, const struct pal_sarif_rules *rules, const struct pal_report_finding *one)
{
	static const char *const  levels[PAL_SEVERITIES] = { "note", "note", "warning", "error", "error" };
	const struct pal_finding *f = one->finding;
	const char *const         parts[] = { f->rule->id, one->artifact, f->place.path, f->place.field };

	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "ruleId", pal_outline_text(f->rule->id));
	pal_json_put_u64(w, "ruleIndex", pal_sarif_rule_index(rules, f->rule->id));
	pal_json_put_text(w, "level", levels[pal_outline_severity(f->severity)]);
	pal_sarif_message(w, "message", f->text, "nothing was said about it");
	put_finding_location(w, one);
	put_fingerprint(w, parts);
	put_suppression(w, one->accepted);
	if (f->count > 0)
		pal_json_put_u64(w, "occurrenceCount", f->count > INT32_MAX ? INT32_MAX : f->count);
	pal_json_begin(w, "properties", '{');
	pal_json_put_text(w, "severity", pal_severity_name(f->severity));
	pal_json_put_text(w, "confidence", pal_confidence_name(f->confidence));
	pal_json_put_text(w, "dataClass", pal_data_class_name(f->rule->data_class));
	pal_json_put_u64(w, "byteOffset", f->place.offset > INT64_MAX ? INT64_MAX : f->place.offset);
	pal_json_put_u64(w, "row", f->place.row > INT64_MAX ? INT64_MAX : f->place.row);
	pal_json_end(w, '}');
	pal_json_end(w, '}');
}

/* A decision is about the pipeline, so that it stands at the file that declares it; the artifact is a logical place. */
static void
put_row(struct pal_json_writer *w, const struct pal_sarif_rules *rules, const struct pal_report_row *row)
{
	const char *const parts[] = { row->control, row->artifact, row->stage, "" };

	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "ruleId", pal_outline_text(row->control));
	pal_json_put_u64(w, "ruleIndex", pal_sarif_rule_index(rules, row->control));
	pal_json_put_text(w, "level", row->verdict == PAL_WARN ? "warning" : "error");
	pal_sarif_message(w, "message", row->reason, "no reason was recorded");
	pal_json_begin(w, "locations", '[');
	pal_json_begin(w, NULL, '{');
	pal_json_begin(w, "physicalLocation", '{');
	put_uri(w, NULL, pal_view_of("palisade.yaml"));
	put_region(w, &(struct pal_place){ 0 });
	pal_json_end(w, '}');
	pal_json_begin(w, "logicalLocations", '[');
	put_logical(w, "stage", row->stage);
	put_logical(w, "artifact", row->artifact);
	pal_json_end(w, ']');
	pal_json_end(w, '}');
	pal_json_end(w, ']');
	put_fingerprint(w, parts);
	put_suppression(w, row->verdict == PAL_WAIVED ? pal_outline_text(row->reason) : NULL);
	pal_json_begin(w, "properties", '{');
	pal_json_put_text(w, "verdict", pal_verdict_name(row->verdict));
	pal_json_put_text(w, "evidence", row->evidence);
	pal_json_end(w, '}');
	pal_json_end(w, '}');
}

static void
put_invocation(struct pal_json_writer *w, const struct pal_outline *o)
{
	const struct pal_report *r = o->report;
	PAL_AUTO_BUF             why = pal_buf_of(0);
	char                     end[PAL_TIME_TEXT];
	uint64_t                 ms = 0;

	pal_outline_decision(o, &why);
	pal_json_begin(w, "invocations", '[');
	pal_json_begin(w, NULL, '{');
	pal_json_put_bool(w, "executionSuccessful", true);
	pal_json_put_u64(w, "exitCode", r->closed ? 1 : 0);
	pal_json_put_text(w, "exitCodeDescription", pal_buf_text(&why));
	if (pal_time_parse(pal_view_of(r->time), &ms) == PAL_OK) {
		pal_time_format(ms, end);
		pal_json_put_text(w, "endTimeUtc", end);
	}
	pal_json_end(w, '}');
	pal_json_end(w, ']');
}

/* Code scanning keeps one set of alerts a category; the category is what stands before the last slash. */
static void
put_automation(struct pal_json_writer *w, const struct pal_report *r)
{
	PAL_AUTO_BUF id = pal_buf_of(0);

	pal_buf_printf(&id, "%s/%s/", pal_outline_text(r->title), pal_outline_text(r->subject));
	pal_json_begin(w, "automationDetails", '{');
	pal_json_put_text(w, "id", pal_buf_text(&id));
	pal_json_end(w, '}');
}

static void
put_results(struct pal_json_writer *w, const struct pal_outline *o, const struct pal_sarif_rules *rules)
{
	pal_json_begin(w, "results", '[');
	for (size_t s = 0; s < o->stage_count; s++)
		for (size_t i = 0; i < o->stages[s].row_count; i++)
			if (pal_sarif_is_result(o->stages[s].rows[i]))
				put_row(w, rules, o->stages[s].rows[i]);
	for (size_t i = 0; i < o->finding_count + o->accepted_count; i++)
		put_finding(w, rules, o->findings[i]);
	pal_json_end(w, ']');
}

static void
put_counts(struct pal_json_writer *w, const struct pal_outline *o)
{
	static const char *const keys[PAL_VERDICTS] = { "pass", "warn", "waived", "notChecked", "fail" };

	pal_json_begin(w, "properties", '{');
	pal_json_put_text(w, "decision", o->report->closed ? "closed" : "open");
	pal_json_put_text(w, "profile", o->report->profile);
	for (unsigned int v = 0; v < PAL_VERDICTS; v++)
		pal_json_put_u64(w, keys[v], o->verdicts[v]);
	pal_json_end(w, '}');
}

enum pal_err
pal_report_write_sarif(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 2);
	struct pal_outline     o = { 0 };
	struct pal_sarif_rules rules = { 0 };
	PAL_AUTO_ARENA         arena;

	(void)style; /* for people only; what programs read is always complete */
	pal_arena_init(&arena, REPORT_ARENA);
	PAL_TRY(pal_outline_make(r, &arena, &o));
	PAL_TRY(pal_sarif_rules_make(&o, &arena, &rules));
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	pal_json_put_text(&w, "version", "2.1.0");
	pal_json_begin(&w, "runs", '[');
	pal_json_begin(&w, NULL, '{');
	pal_sarif_put_tool(&w, r, &rules);
	pal_sarif_put_taxonomies(&w, &rules);
	put_automation(&w, r);
	put_invocation(&w, &o);
	put_results(&w, &o, &rules);
	put_counts(&w, &o);
	pal_json_end(&w, '}');
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
	return pal_buf_err(out);
}
