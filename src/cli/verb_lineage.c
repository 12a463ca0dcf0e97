/* verb_lineage.c - what an artifact was made from and what was made from it: as a table, JSON, or a picture. */
#include <string.h>

#include "output.h"
#include "palisade/json.h"
#include "palisade/openlineage.h"
#include "palisade/taint.h"
#include "ref.h"
#include "session.h"

/* The part of the graph that was asked for. */
struct picture {
	struct pal_arena               *arena;
	struct pal_lineage              lineage;
	struct pal_taint                taint;
	struct cli_ref                  ref;
	size_t                          start;
	struct pal_list                 nodes; /* of size_t, the artifact first */
	bool                           *shown; /* for each node of the lineage */
	struct pal_report_node         *report_nodes;
	struct pal_report_edge         *report_edges;
	const struct pal_lineage_edge **edges;
	size_t                          edge_count;
};

/* What the artifacts are called and are, as far as a check has seen them: for the eye, nothing is decided on it. */
static enum pal_err
name_kinds(struct pal_workspace *ws, struct picture *p, struct pal_diag *d)
{
	struct pal_store *s = pal_workspace_store(ws);
	struct pal_list   all = pal_list_of(p->arena, sizeof(struct pal_store_artifact));

	PAL_TRY(s->ops->artifact_find(s, &(struct pal_store_which){ 0 }, &all, d));
	for (size_t i = 0; i < all.count; i++) {
		const struct pal_store_artifact *one = pal_list_at(&all, i);

		if (pal_lineage_find(&p->lineage, one->digest) != PAL_NO_NODE)
			(void)pal_lineage_add(&p->lineage, one->digest, NULL, one->kind);
	}
	return PAL_OK;
}

static enum pal_err
load(struct session *session, const struct cli_args *a, struct picture *p, struct pal_diag *d)
{
	struct pal_workspace *ws = session->workspace;
	bool                  up = cli_flag(a, "up"), down = cli_flag(a, "down");

	PAL_TRY(cli_ref(session, a->words[0], &p->ref, d));
	p->lineage = pal_lineage_of(p->arena);
	PAL_TRY(pal_lineage_load(ws, &p->lineage, d));
	PAL_TRY(pal_taint_load(ws, &p->lineage, &p->taint, d));
	p->start = pal_lineage_add(&p->lineage, p->ref.digest, p->ref.name, p->ref.kind);
	PAL_TRY(name_kinds(ws, p, d));
	p->nodes = pal_list_of(p->arena, sizeof(size_t));
	if (down || !up)
		pal_lineage_reach(&p->lineage, p->start, PAL_DOWN, &p->nodes);
	if (up || !down)
		pal_lineage_reach(&p->lineage, p->start, PAL_UP, &p->nodes);
	p->shown = pal_arena_array(p->arena, p->lineage.nodes.count, sizeof(bool));
	return pal_arena_err(p->arena) == PAL_OK ? PAL_OK : pal_fail(d, pal_arena_err(p->arena), 0, "lineage");
}

static const char *
taint_text(const struct picture *p, const char *digest)
{
	PAL_AUTO_BUF    text = pal_buf_of(0);
	struct pal_list causes = pal_list_of(p->arena, sizeof(struct pal_taint_cause));

	pal_taint_why(&p->taint, digest, &causes);
	if (causes.count == 0)
		return NULL;
	pal_taint_add_text(&p->taint, pal_list_at(&causes, 0), &text);
	return pal_arena_text(p->arena, pal_buf_view(&text));
}

static const char *
label_text(const struct picture *p, size_t node)
{
	struct pal_label l = pal_lineage_effective(&p->lineage, node);
	PAL_AUTO_BUF     text = pal_buf_of(0);

	if (l.sensitivity == PAL_PUBLIC && l.classes == 0)
		return NULL;
	pal_label_add_text(&text, l);
	return pal_arena_text(p->arena, pal_buf_view(&text));
}

/* Each node once, though it may be both above and below, and the edges between those that are shown. */
static enum pal_err
prepare(struct picture *p, struct pal_diag *d)
{
	size_t count = 0;

	p->report_nodes = pal_arena_array(p->arena, p->nodes.count, sizeof(*p->report_nodes));
	p->report_edges = pal_arena_array(p->arena, p->lineage.edges.count + 1, sizeof(*p->report_edges));
	p->edges = pal_arena_array(p->arena, p->lineage.edges.count + 1, sizeof(*p->edges));
	for (size_t i = 0; i < p->nodes.count && pal_arena_err(p->arena) == PAL_OK; i++) {
		size_t                         at = *(size_t *)pal_list_at(&p->nodes, i);
		const struct pal_lineage_node *n = pal_lineage_at(&p->lineage, at);

		if (p->shown[at])
			continue;
		p->shown[at] = true;
		p->report_nodes[count++] = (struct pal_report_node){ .id = n->digest,
								     .name = n->name == NULL ? n->digest : n->name,
								     .kind = n->kind == NULL ? "artifact" : n->kind,
								     .label = label_text(p, at),
								     .taint = taint_text(p, n->digest),
								     .stage = "" };
	}
	p->nodes.count = count;
	for (size_t i = 0; i < p->lineage.edges.count && pal_arena_err(p->arena) == PAL_OK; i++) {
		const struct pal_lineage_edge *e = pal_lineage_edge_at(&p->lineage, i);

		if (!p->shown[e->from] || !p->shown[e->to])
			continue;
		p->edges[p->edge_count] = e;
		p->report_edges[p->edge_count++] =
		    (struct pal_report_edge){ .from = pal_lineage_at(&p->lineage, e->from)->digest,
					      .to = pal_lineage_at(&p->lineage, e->to)->digest };
	}
	return pal_arena_err(p->arena) == PAL_OK ? PAL_OK : pal_fail(d, pal_arena_err(p->arena), 0, "lineage");
}

/* Every quarantine that holds this node, with the way from it: the first one alone would hide the others. */
static void
put_causes(const struct picture *p, const char *digest, struct pal_json_writer *w)
{
	struct pal_list causes = pal_list_of(p->arena, sizeof(struct pal_taint_cause));

	pal_taint_why(&p->taint, digest, &causes);
	pal_json_begin(w, "causes", '[');
	for (size_t i = 0; i < causes.count; i++) {
		const struct pal_taint_cause *c = pal_list_at(&causes, i);

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "quarantine", c->quarantine->id);
		pal_json_put_text(w, "artifact", c->quarantine->digest);
		pal_json_put_text(w, "by", c->quarantine->by);
		pal_json_put_text(w, "reason", c->quarantine->reason);
		pal_json_begin(w, "path", '[');
		for (size_t n = 0; n < c->path_count; n++)
			pal_json_put_text(w, NULL, pal_lineage_at(&p->lineage, c->path[n])->digest);
		pal_json_end(w, ']');
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
write_json(const struct picture *p, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 2);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "artifact", p->ref.digest);
	pal_json_begin(&w, "nodes", '[');
	for (size_t i = 0; i < p->nodes.count; i++) {
		const struct pal_report_node *n = &p->report_nodes[i];

		pal_json_begin(&w, NULL, '{');
		pal_json_put_text(&w, "digest", n->id);
		pal_json_put_text(&w, "name", n->name);
		pal_json_put_text(&w, "kind", n->kind);
		pal_json_put_text(&w, "label", n->label);
		pal_json_put_text(&w, "taint", n->taint);
		put_causes(p, n->id, &w);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
	pal_json_begin(&w, "edges", '[');
	for (size_t i = 0; i < p->edge_count; i++) {
		pal_json_begin(&w, NULL, '{');
		pal_json_put_text(&w, "from", p->report_edges[i].from);
		pal_json_put_text(&w, "to", p->report_edges[i].to);
		pal_json_put_text(&w, "step", p->edges[i]->step);
		pal_json_put_text(&w, "evidence", p->edges[i]->evidence);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
}

static void
add_named(struct pal_buf *out, const char *name, const char *digest)
{
	if (strcmp(name, digest) != 0) {
		cli_add_safe(out, name);
		pal_buf_add_byte(out, ' ');
	}
	pal_buf_printf(out, "sha256:%.12s", digest);
}

static void
write_table(const struct picture *p, struct pal_buf *out)
{
	for (size_t i = 0; i < p->nodes.count; i++) {
		const struct pal_report_node *n = &p->report_nodes[i];

		pal_buf_add_text(out, strcmp(n->id, p->ref.digest) == 0 ? "* " : "  ");
		add_named(out, n->name, n->id);
		pal_buf_printf(out, "  %s", n->kind);
		if (n->label != NULL)
			pal_buf_printf(out, "  [%s]", n->label);
		pal_buf_add_byte(out, '\n');
		if (n->taint == NULL)
			continue;
		pal_buf_add_text(out, "    tainted: ");
		cli_add_safe(out, n->taint);
		pal_buf_add_byte(out, '\n');
	}
	for (size_t i = 0; i < p->edge_count; i++) {
		const struct pal_lineage_node *from = pal_lineage_at(&p->lineage, p->edges[i]->from),
					      *to = pal_lineage_at(&p->lineage, p->edges[i]->to);

		pal_buf_add_text(out, "  ");
		add_named(out, from->name == NULL ? from->digest : from->name, from->digest);
		pal_buf_add_text(out, " -> ");
		add_named(out, to->name == NULL ? to->digest : to->name, to->digest);
		pal_buf_add_text(out, "  by ");
		cli_add_safe(out, p->edges[i]->step);
		pal_buf_add_byte(out, '\n');
	}
}

static enum pal_err
write_svg(const struct picture *p, const char *file, struct pal_diag *d)
{
	PAL_AUTO_BUF      svg = pal_buf_of(0);
	struct pal_report r = { .tool_version = PALISADE_VERSION,
				.title = "palisade lineage",
				.subject = p->ref.name == NULL ? p->ref.digest : p->ref.name,
				.nodes = p->report_nodes,
				.node_count = p->nodes.count,
				.edges = p->report_edges,
				.edge_count = p->edge_count };

	PAL_TRY(pal_report_svg(&r, &svg, d));
	return pal_file_write(file, pal_buf_view(&svg), 0644, d);
}

static enum pal_err
show(const struct cli_args *a, struct session *session, struct pal_buf *out, struct pal_diag *d)
{
	PAL_AUTO_ARENA arena;
	struct picture p = { .arena = &arena };
	const char    *file = cli_text(a, "svg", NULL);

	pal_arena_init(&arena, (size_t)2 << 30);
	PAL_TRY(load(session, a, &p, d));
	PAL_TRY(prepare(&p, d));
	if (file != NULL)
		PAL_TRY(write_svg(&p, file, d));
	if (strcmp(cli_text(a, "format", "table"), "json") == 0)
		write_json(&p, out);
	else
		write_table(&p, out);
	return pal_buf_err(out);
}

static enum pal_err
import(const struct cli_args *a, struct session *session, struct pal_buf *out, struct pal_diag *d)
{
	PAL_AUTO_ARENA         arena;
	PAL_AUTO_BUF           text = pal_buf_of(0);
	struct pal_openlineage o = { 0 };
	enum pal_err           err = PAL_OK;

	pal_arena_init(&arena, PAL_OPENLINEAGE_MOST * 8);
	PAL_TRY(pal_file_read(a->words[1], PAL_OPENLINEAGE_MOST, &text, d));
	err = pal_openlineage_parse(pal_buf_view(&text), &arena, &o, d);
	if (err != PAL_OK)
		return pal_fail_in(d, err, a->words[1]);
	PAL_TRY(pal_openlineage_add(session->workspace, &o, NULL, d));
	pal_buf_printf(
	    out,
	    "%llu events (%llu of runs, %llu of jobs, %llu of datasets): %zu steps signed; %llu runs or jobs "
	    "without outputs, or not ended well, gave none\n",
	    (unsigned long long)o.events, (unsigned long long)o.run_events, (unsigned long long)o.job_events,
	    (unsigned long long)o.dataset_events, o.steps.count, (unsigned long long)o.unfinished);
	return pal_buf_err(out);
}

static int
lineage_run(const struct cli_args *a)
{
	SESSION_AUTO    session = { 0 };
	PAL_AUTO_BUF    out = pal_buf_of(0);
	struct pal_diag d = { 0 };
	bool            imports = a->word_count == 2;
	enum pal_err    err = PAL_OK;

	if (imports && strcmp(a->words[0], "import") != 0)
		return cli_usage("usage: palisade lineage REF, or palisade lineage import FILE");
	err = session_open(&session, a, imports, &d);
	if (err == PAL_OK)
		err = imports ? import(a, &session, &out, &d) : show(a, &session, &out, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	return cli_output(NULL, pal_buf_view(&out));
}

static const struct cli_option lineage_options[] = {
	{ .name = "up", .help = "only what it was made from" },
	{ .name = "down", .help = "only what was made from it" },
	{ .name = "svg", .value = "FILE", .help = "also draw the graph into FILE" },
	{ .name = "format", .value = "table|json", .help = "how to print" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_lineage = {
	.name = "lineage",
	.args = "REF | import FILE",
	.words = "import",
	.min = 1,
	.max = 2,
	.summary = "show what an artifact was made from, and what was made from it",
	.about =
	    "Reads the signed steps and provenance out of the ledger, verifies them, and shows the graph around REF\n"
	    "with labels, which flow downstream, and taint with its cause.\n\n"
	    "REF is a declared or known name, NAME@VERSION, sha256:HEX (8 digits or more), or a path.\n\n"
	    "import takes OpenLineage 2-0-2 events (one, an array, or JSON lines) and signs a step for each run, job\n"
	    "or dataset. A dataset is NAMESPACE:NAME[:VERSION]; a datasetVersion of sha256:HEX is its digest.",
	.examples = "palisade lineage model --svg model.svg\tdraw where a model came from and where it went\n"
		    "palisade lineage partner-feed --down\twhat would a quarantine reach?\n"
		    "palisade lineage import airflow.jsonl\tadd lineage from elsewhere",
	.options = lineage_options,
	.run = lineage_run,
};
