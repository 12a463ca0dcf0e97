/* json_report.c - the report as JSON; docs/schema/report.schema.json is its contract and a test holds one against the
 * other.
 */
#include "palisade/json.h"
#include "outline.h"
#include "writers.h"

static void
put_gates(struct pal_json_writer *w, const struct pal_report *r)
{
	pal_json_begin(w, "gates", '[');
	for (size_t i = 0; i < r->gate_count; i++) {
		const struct pal_report_gate *g = &r->gates[i];

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "stage", pal_outline_text(g->stage));
		pal_json_put_bool(w, "open", g->open);
		pal_outline_put_count(w, "passed", g->passed);
		pal_outline_put_count(w, "failed", g->failed);
		pal_outline_put_count(w, "warned", g->warned);
		pal_outline_put_count(w, "waived", g->waived);
		pal_outline_put_count(w, "not_checked", g->not_checked);
		pal_json_put_text(w, "decision", g->decision);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
put_row(struct pal_json_writer *w, const struct pal_report_row *row)
{
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "stage", pal_outline_text(row->stage));
	pal_json_put_text(w, "control", pal_outline_text(row->control));
	pal_json_put_text(w, "title", pal_outline_text(row->title));
	pal_json_put_text(w, "artifact", row->artifact);
	pal_json_put_text(w, "verdict", pal_verdict_name(row->verdict));
	pal_json_put_text(w, "reason", pal_outline_text(row->reason));
	pal_json_put_text(w, "evidence", row->evidence);
	pal_json_put_words(w, "atlas", row->atlas, ' ');
	pal_json_put_words(w, "owasp", row->owasp, ' ');
	pal_json_put_words(w, "nist", row->nist, ',');
	pal_json_end(w, '}');
}

static void
put_rows(struct pal_json_writer *w, const struct pal_outline *o)
{
	pal_json_begin(w, "rows", '[');
	for (size_t s = 0; s < o->stage_count; s++)
		for (size_t i = 0; i < o->stages[s].row_count; i++)
			put_row(w, o->stages[s].rows[i]);
	pal_json_end(w, ']');
}

static void
put_place(struct pal_json_writer *w, const struct pal_place *p)
{
	pal_json_begin(w, "place", '{');
	pal_json_put_text(w, "path", p->path);
	pal_json_put_text(w, "field", p->field);
	pal_outline_put_count(w, "offset", p->offset);
	pal_outline_put_count(w, "length", p->length);
	pal_outline_put_count(w, "row", p->row);
	pal_json_end(w, '}');
}

static void
put_findings(struct pal_json_writer *w, const struct pal_outline *o)
{
	pal_json_begin(w, "findings", '[');
	for (size_t i = 0; i < o->finding_count; i++) {
		const struct pal_finding *f = o->findings[i]->finding;

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "rule", pal_outline_text(f->rule->id));
		pal_json_put_text(w, "title", pal_outline_text(f->rule->title));
		pal_json_put_text(w, "help", pal_outline_text(f->rule->help));
		pal_json_put_text(w, "severity", pal_severity_name(f->severity));
		pal_json_put_text(w, "confidence", pal_confidence_name(f->confidence));
		pal_json_put_text(w, "class", pal_data_class_name(f->rule->data_class));
		pal_json_put_words(w, "atlas", f->rule->atlas, ' ');
		pal_json_put_words(w, "owasp", f->rule->owasp, ' ');
		pal_json_put_words(w, "cwe", f->rule->cwe, ' ');
		pal_json_put_words(w, "cve", f->rule->cve, ' ');
		pal_json_put_text(w, "loader", f->rule->loader);
		pal_json_put_text(w, "artifact", o->findings[i]->artifact);
		put_place(w, &f->place);
		pal_outline_put_count(w, "count", f->count);
		pal_json_put_text(w, "text", pal_outline_text(f->text));
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
put_lineage(struct pal_json_writer *w, const struct pal_report *r)
{
	pal_json_begin(w, "lineage", '{');
	pal_json_begin(w, "nodes", '[');
	for (size_t i = 0; i < r->node_count; i++) {
		const struct pal_report_node *n = &r->nodes[i];

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "id", pal_outline_text(n->id));
		pal_json_put_text(w, "name", pal_outline_text(n->name));
		pal_json_put_text(w, "kind", pal_outline_text(n->kind));
		pal_json_put_text(w, "stage", n->stage);
		pal_json_put_text(w, "label", n->label);
		pal_json_put_text(w, "taint", n->taint);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
	pal_json_begin(w, "edges", '[');
	for (size_t i = 0; i < r->edge_count; i++) {
		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "from", pal_outline_text(r->edges[i].from));
		pal_json_put_text(w, "to", pal_outline_text(r->edges[i].to));
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
	pal_json_end(w, '}');
}

static void
put_evidence(struct pal_json_writer *w, const struct pal_report *r)
{
	pal_json_begin(w, "evidence", '[');
	for (size_t i = 0; i < r->evidence_count; i++) {
		const struct pal_report_evidence *e = &r->evidence[i];

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "id", pal_outline_text(e->id));
		pal_json_put_text(w, "time", pal_outline_text(e->time));
		pal_json_put_text(w, "type", pal_outline_text(e->type));
		pal_json_put_text(w, "subject", e->subject);
		pal_json_put_text(w, "signer", e->signer);
		pal_outline_put_count(w, "index", e->index);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
put_exceptions(struct pal_json_writer *w, const struct pal_report *r)
{
	pal_json_begin(w, "exceptions", '[');
	for (size_t i = 0; i < r->exception_count; i++) {
		const struct pal_report_exception *e = &r->exceptions[i];

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "control", pal_outline_text(e->control));
		pal_json_put_text(w, "artifact", e->artifact);
		pal_json_put_text(w, "reason", pal_outline_text(e->reason));
		pal_json_put_text(w, "expires", pal_outline_text(e->expires));
		pal_json_put_text(w, "approved_by", e->approved_by);
		pal_json_put_real(w, "days_left", e->days_left);
		pal_json_put_bool(w, "counts", e->counts);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
put_head(struct pal_json_writer *w, const struct pal_report *r)
{
	pal_json_put_text(w, "format", "palisade-report");
	pal_json_put_u64(w, "format_version", 1);
	pal_json_begin(w, "tool", '{');
	pal_json_put_text(w, "name", "palisade");
	pal_json_put_text(w, "version", pal_outline_text(r->tool_version));
	pal_json_end(w, '}');
	pal_json_put_text(w, "title", pal_outline_text(r->title));
	pal_json_put_text(w, "subject", pal_outline_text(r->subject));
	pal_json_put_text(w, "time", pal_outline_text(r->time));
	pal_json_put_text(w, "profile", r->profile);
	pal_json_put_text(w, "decision", r->closed ? "closed" : "open");
	pal_json_put_text(w, "checkpoint", r->checkpoint);
}

static void
put_work(struct pal_json_writer *w, const struct pal_report *r)
{
	pal_json_begin(w, "work", '{');
	pal_outline_put_count(w, "files", r->file_count);
	pal_outline_put_count(w, "bytes", r->byte_count);
	pal_outline_put_count(w, "elapsed_ms", r->elapsed_ms);
	pal_json_put_text(w, "sandbox", r->sandbox);
	pal_json_end(w, '}');
}

enum pal_err
pal_report_write_json(const struct pal_report *r, const struct pal_report_style *style, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 2);
	struct pal_outline     o = { 0 };
	PAL_AUTO_ARENA         arena;

	(void)style; /* for people only; what programs read is always complete */
	pal_arena_init(&arena, REPORT_ARENA);
	PAL_TRY(pal_outline_make(r, &arena, &o));
	pal_json_begin(&w, NULL, '{');
	put_head(&w, r);
	put_gates(&w, r);
	put_rows(&w, &o);
	put_findings(&w, &o);
	put_evidence(&w, r);
	put_lineage(&w, r);
	put_exceptions(&w, r);
	put_work(&w, r);
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
	return pal_buf_err(out);
}
