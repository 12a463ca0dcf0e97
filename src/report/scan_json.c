/* scan_json.c - a scan as JSON, by artifact; docs/schema/scan.schema.json is its contract and a test holds one against
 * the other. */
#include "outline.h"
#include "writers.h"

#define SCHEMA_VERSION "1"

/* "a.zip!/b.pkl" is the member b.pkl of a.zip. */
static void
put_location(struct pal_json_writer *w, const struct pal_report_file *file, const struct pal_place *p)
{
	struct pal_view path = pal_view_of(p->path), own = pal_view_of(file->path);
	struct pal_view inside = pal_view_sub(path, own.len, SIZE_MAX);
	bool            member = pal_view_starts(path, file->path) && pal_view_starts(inside, "!/");

	pal_json_begin(w, "location", '{');
	pal_json_put_text(w, "path", file->path);
	if (member)
		pal_json_put_view(w, "member", pal_view_sub(inside, 2, SIZE_MAX));
	else
		pal_json_put_text(w, "member", NULL);
	pal_outline_put_count(w, "offset", p->offset);
	pal_outline_put_count(w, "length", p->length);
	pal_json_put_text(w, "field", p->field);
	pal_outline_put_count(w, "row", p->row);
	pal_json_end(w, '}');
}

static void
put_finding(struct pal_json_writer *w, const struct pal_report_file *file, const struct pal_report_finding *one)
{
	const struct pal_finding *f = one->finding;

	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "rule", f->rule->id);
	pal_json_put_text(w, "severity", pal_severity_name(f->severity));
	pal_json_put_text(w, "confidence", pal_confidence_name(f->confidence));
	pal_json_put_text(w, "class", pal_data_class_name(f->rule->data_class));
	pal_json_put_text(w, "title", pal_outline_text(f->rule->title));
	pal_json_put_text(w, "message", pal_outline_text(f->text));
	pal_json_put_text(w, "fix", pal_outline_text(f->rule->help));
	put_location(w, file, &f->place);
	pal_outline_put_count(w, "count", f->count);
	pal_json_put_text(w, "loader", f->rule->loader);
	pal_json_put_words(w, "atlas", f->rule->atlas, ' ');
	pal_json_put_words(w, "owasp", f->rule->owasp, ' ');
	pal_json_put_words(w, "cwe", f->rule->cwe, ' ');
	pal_json_put_words(w, "cve", f->rule->cve, ' ');
	pal_json_put_text(w, "accepted", one->accepted);
	pal_json_end(w, '}');
}

static void
put_artifact(struct pal_json_writer *w, const struct pal_report *r, const struct pal_report_file *file)
{
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "path", file->path);
	pal_json_put_text(w, "sha256", file->sha256);
	pal_json_put_text(w, "format", file->format);
	pal_json_put_text(w, "verdict", pal_scan_verdict_name(file->verdict));
	pal_outline_put_count(w, "bytes", file->size);
	pal_outline_put_count(w, "unread", file->unread);
	pal_outline_put_count(w, "members", file->members);
	pal_json_begin(w, "findings", '[');
	for (size_t i = 0; i < file->count; i++)
		put_finding(w, file, &r->findings[file->first + i]);
	pal_json_end(w, ']');
	pal_json_end(w, '}');
}

static void
put_summary(struct pal_json_writer *w, const struct pal_outline *o)
{
	const struct pal_report *r = o->report;

	pal_json_begin(w, "summary", '{');
	pal_json_put_text(w, "decision", r->closed ? "stop" : "pass");
	pal_json_put_text(w, "limit", pal_severity_name(r->limit));
	pal_outline_put_count(w, "artifacts", r->file_count);
	pal_outline_put_count(w, "bytes", r->byte_count);
	for (enum pal_scan_verdict v = PAL_SCAN_CLEAN; v <= PAL_SCAN_ERROR; v++)
		pal_outline_put_count(w, pal_scan_verdict_name(v), pal_outline_count(r, v));
	pal_json_begin(w, "severities", '{');
	for (unsigned int s = PAL_SEVERITIES; s-- > 0;)
		pal_outline_put_count(w, pal_severity_name((enum pal_severity)s), o->severities[s]);
	pal_json_end(w, '}');
	pal_outline_put_count(w, "accepted", o->accepted_count);
	pal_outline_put_count(w, "elapsed_ms", r->elapsed_ms);
	pal_json_put_text(w, "sandbox", r->sandbox);
	pal_json_end(w, '}');
}

static void
put_side(struct pal_json_writer *w, const char *key, const struct pal_compared_side *s)
{
	if (s->name == NULL) {
		pal_json_put_text(w, key, NULL);
		return;
	}
	pal_json_begin(w, key, '{');
	pal_json_put_text(w, "name", s->name);
	pal_json_put_text(w, "file", s->file);
	pal_json_put_text(w, "type", pal_dtype_name(s->type));
	pal_json_begin(w, "shape", '[');
	for (size_t i = 0; i < s->rank; i++)
		pal_outline_put_count(w, NULL, s->shape[i]);
	pal_json_end(w, ']');
	pal_json_end(w, '}');
}

static void
put_change(struct pal_json_writer *w, const struct pal_compared *t)
{
	pal_outline_put_count(w, "numbers", t->count);
	pal_outline_put_count(w, "changed", t->changed);
	pal_outline_put_count(w, "cut", t->cut);
	pal_json_put_real(w, "relative", t->relative);
	pal_json_put_real(w, "most", t->most);
	pal_outline_put_count(w, "low_bits", t->low_bits);
	pal_json_put_real(w, "low_chance", t->low_chance);
	pal_json_put_bool(w, "zeroed", t->zeroed);
	pal_json_put_bool(w, "resized", t->resized);
	pal_outline_put_count(w, "rows", t->rows);
	pal_outline_put_count(w, "rows_changed", t->rows_changed);
	pal_outline_put_count(w, "first_row", t->first_row);
	pal_outline_put_count(w, "columns", t->columns);
	pal_outline_put_count(w, "columns_changed", t->columns_changed);
	pal_outline_put_count(w, "first_column", t->first_column);
	pal_outline_put_count(w, "rank", t->ranked);
	pal_json_put_real(w, "rank_share", t->held);
	pal_json_put_real(w, "first_share", t->first);
	pal_json_put_real(w, "eight_share", t->eight);
	pal_json_put_real(w, "noise_ratio", t->edge);
	pal_json_put_real(w, "lattice", t->lattice);
	pal_json_put_real(w, "kurtosis", t->kurtosis);
}

static void
put_base(struct pal_json_writer *w, const struct pal_report *r)
{
	if (r->base == NULL)
		return;
	pal_json_begin(w, "base", '{');
	pal_json_put_text(w, "path", r->base_path);
	pal_json_put_text(w, "summary", r->base->summary);
	for (enum pal_compared_state s = PAL_COMPARED_SAME; s <= PAL_COMPARED_UNREAD; s++)
		pal_outline_put_count(w, pal_compared_state_name(s), r->base->states[s]);
	pal_outline_put_count(w, "elapsed_ms", r->base->elapsed_ms);
	pal_json_begin(w, "tensors", '[');
	for (size_t i = 0; i < r->base->tensors.count; i++) {
		const struct pal_compared *t = pal_list_at(&r->base->tensors, i);

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "state", pal_compared_state_name(t->state));
		put_side(w, "model", &t->model);
		put_side(w, "base", &t->base);
		put_change(w, t);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
	pal_json_end(w, '}');
}

enum pal_err
pal_report_write_scan_json(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 2);
	struct pal_outline     o = { 0 };
	PAL_AUTO_ARENA         arena;

	(void)style; /* for people only; what programs read is always complete */
	pal_arena_init(&arena, REPORT_ARENA);
	PAL_TRY(pal_outline_make(r, &arena, &o));
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "version", SCHEMA_VERSION);
	pal_json_begin(&w, "tool", '{');
	pal_json_put_text(&w, "name", "palisade");
	pal_json_put_text(&w, "version", pal_outline_text(r->tool_version));
	pal_json_put_text(&w, "rules", r->rules);
	pal_json_end(&w, '}');
	pal_json_put_text(&w, "time", pal_outline_text(r->time));
	pal_json_begin(&w, "artifacts", '[');
	for (uint64_t i = 0; i < r->file_count; i++)
		put_artifact(&w, r, &r->files[i]);
	pal_json_end(&w, ']');
	put_base(&w, r);
	put_summary(&w, &o);
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
	return pal_buf_err(out);
}

enum pal_err
pal_report_write_jsonl(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	(void)style;
	if (r->files == NULL && r->file_count > 0)
		return PAL_EUNSUPPORTED; /* no scan */
	for (uint64_t i = 0; i < r->file_count; i++) {
		struct pal_json_writer w = pal_json_writer_of(out, 0);

		put_artifact(&w, r, &r->files[i]);
		pal_buf_add_byte(out, '\n');
	}
	return pal_buf_err(out);
}
