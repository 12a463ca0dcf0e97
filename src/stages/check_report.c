/* check_report.c - a check as the picture that the report writers know. */
#include <string.h>

#include "palisade/ledger.h"
#include "stage.h"

#define EVIDENCE_MOST 500

static const char *
copy(const struct pal_check *c, const char *text)
{
	return text == NULL ? NULL : pal_arena_text(c->arena, pal_view_of(text));
}

static const char *
time_text(const struct pal_check *c, uint64_t ms)
{
	char text[PAL_TIME_TEXT];

	pal_time_format(ms, text);
	return copy(c, text);
}

static enum pal_err
put_findings(const struct pal_check *c, struct pal_report *r)
{
	struct pal_list list = pal_list_of(c->arena, sizeof(struct pal_report_finding));

	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++) {
		const struct pal_fact *f = &c->facts[i];

		for (size_t k = 0; k < f->finding_count; k++) {
			struct pal_report_finding *one = pal_list_add(&list);

			if (one == NULL)
				return pal_arena_err(c->arena);
			*one = (struct pal_report_finding){ .artifact = f->decl->name, .finding = &f->findings[k] };
		}
	}
	r->findings = list.items;
	r->finding_count = list.count;
	return PAL_OK;
}

static const char *
label_text(const struct pal_check *c, struct pal_label label)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_label_add_text(&b, label);
	return copy(c, pal_buf_text(&b));
}

static const struct pal_fact *
fact_with(const struct pal_check *c, const char *digest)
{
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++)
		if (c->facts[i].digest != NULL && c->facts[i].decl->kind != PAL_ARTIFACT_DEPLOYMENT &&
		    strcmp(c->facts[i].digest, digest) == 0)
			return &c->facts[i];
	return NULL;
}

/* A deployment has the digest of its model, so it is a node by its name. */
static void
put_deployments(const struct pal_check *c, struct pal_list *nodes, struct pal_list *edges)
{
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++) {
		const struct pal_fact  *f = &c->facts[i], *model = pal_fact_of(c, f->decl->of);
		struct pal_report_node *node = NULL;
		struct pal_report_edge *edge = NULL;

		if (f->decl->kind != PAL_ARTIFACT_DEPLOYMENT || f->digest == NULL)
			continue;
		node = pal_list_add(nodes);
		edge = model == NULL || model->digest == NULL ? NULL : pal_list_add(edges);
		if (node != NULL)
			*node = (struct pal_report_node){ .id = f->decl->name,
							  .name = f->decl->name,
							  .kind = pal_artifact_kind_name(f->decl->kind),
							  .label = label_text(c, f->label),
							  .taint = f->taint,
							  .stage = pal_stage_names[f->decl->stage] };
		if (edge != NULL)
			*edge = (struct pal_report_edge){ .from = model->digest, .to = f->decl->name };
	}
}

/* What is declared and what it was made of; older versions in the ledger are left to palisade lineage. */
static enum pal_err
put_lineage(const struct pal_check *c, struct pal_report *r)
{
	struct pal_list nodes = pal_list_of(c->arena, sizeof(struct pal_report_node));
	struct pal_list edges = pal_list_of(c->arena, sizeof(struct pal_report_edge));

	for (size_t i = 0; i < c->lineage.nodes.count; i++) {
		const struct pal_lineage_node *n = pal_lineage_at(&c->lineage, i);
		const struct pal_fact         *f = fact_with(c, n->digest);
		struct pal_report_node        *one = f == NULL ? NULL : pal_list_add(&nodes);

		if (one != NULL)
			*one = (struct pal_report_node){ .id = n->digest,
							 .name = f->decl->name,
							 .kind = pal_artifact_kind_name(f->decl->kind),
							 .label = label_text(c, f->label),
							 .taint = f->taint,
							 .stage = pal_stage_names[f->decl->stage] };
	}
	for (size_t i = 0; i < c->lineage.edges.count; i++) {
		const struct pal_lineage_edge *e = pal_lineage_edge_at(&c->lineage, i);
		const char                    *from = pal_lineage_at(&c->lineage, e->from)->digest,
			   *to = pal_lineage_at(&c->lineage, e->to)->digest;
		struct pal_report_edge *one = NULL;

		if (fact_with(c, from) == NULL || fact_with(c, to) == NULL)
			continue;
		one = pal_list_add(&edges);
		if (one != NULL)
			*one = (struct pal_report_edge){ .from = from, .to = to };
	}
	put_deployments(c, &nodes, &edges);
	r->nodes = nodes.items;
	r->node_count = nodes.count;
	r->edges = edges.items;
	r->edge_count = edges.count;
	return pal_arena_err(c->arena);
}

static void
put_one_evidence(const struct pal_check *c, const struct pal_evidence *e, struct pal_list *list)
{
	struct pal_report_evidence *one = pal_list_add(list);

	if (one != NULL)
		*one = (struct pal_report_evidence){ .id = e->id,
						     .time = time_text(c, e->statement.time_ms),
						     .type = e->statement.type,
						     .subject = e->statement.subject_count > 0 &&
									e->statement.subjects[0].name != NULL
								    ? e->statement.subjects[0].name
								    : "",
						     .signer = e->signer,
						     .index = e->index };
}

static int
newest_first(const void *a, const void *b)
{
	const struct pal_report_evidence *x = a, *y = b;

	return x->index == y->index ? 0 : x->index < y->index ? 1 : -1;
}

static enum pal_err
put_evidence(const struct pal_check *c, struct pal_report *r)
{
	struct pal_list list = pal_list_of(c->arena, sizeof(struct pal_report_evidence));
	struct pal_map  seen = pal_map_of(c->arena);

	for (size_t i = 0; i < c->o.pipeline->artifact_count && list.count < EVIDENCE_MOST; i++) {
		struct pal_list found = pal_list_of(c->arena, sizeof(struct pal_evidence));

		if (c->facts[i].digest == NULL ||
		    pal_evidence_find(c->o.workspace, c->facts[i].digest, NULL, &found, NULL) != PAL_OK)
			continue;
		for (size_t k = 0; k < found.count; k++) {
			const struct pal_evidence *e = pal_list_at(&found, k);
			void                     **place = pal_map_put(&seen, pal_view_of(e->id));

			if (place == NULL)
				return pal_arena_err(c->arena);
			if (*place == NULL)
				put_one_evidence(c, e, &list);
			*place = &seen;
		}
	}
	pal_list_sort(&list, newest_first);
	r->evidence = list.items;
	r->evidence_count = list.count;
	return pal_arena_err(c->arena);
}

static enum pal_err
put_exceptions(const struct pal_check *c, struct pal_report *r)
{
	struct pal_report_exception *list = pal_arena_array(c->arena, c->exceptions.count, sizeof(*list));

	for (size_t i = 0; list != NULL && i < c->exceptions.count; i++) {
		const struct pal_exception_state *x = &c->exceptions.items[i];

		list[i] = (struct pal_report_exception){ .control = x->decl->control,
							 .artifact = x->decl->artifact,
							 .reason = x->decl->reason,
							 .expires = time_text(c, x->decl->expires_ms),
							 .approved_by = x->approved_by,
							 .days_left = x->days_left,
							 .counts = x->counts };
	}
	r->exceptions = list;
	r->exception_count = list == NULL ? 0 : c->exceptions.count;
	return pal_arena_err(c->arena);
}

enum pal_err
pal_check_report(const struct pal_check *c, struct pal_report *ret_report, struct pal_diag *d)
{
	struct pal_ledger *ledger = pal_workspace_ledger(c->o.workspace);
	struct pal_report  r = { .tool_version = PALISADE_VERSION,
				 .title = "palisade check",
				 .subject = c->o.pipeline->name,
				 .time = time_text(c, c->now_ms),
				 .profile = pal_profile_name(c->o.pipeline->policy.profile),
				 .closed = c->decision.closed,
				 .gates = c->decision.gates,
				 .gate_count = c->decision.gate_count,
				 .rows = c->decision.rows,
				 .row_count = c->decision.row_count,
				 .file_count = c->files,
				 .byte_count = c->bytes,
				 .sandbox = c->sandbox };

	PAL_TRY(pal_ledger_refresh(ledger, d));
	r.checkpoint = pal_arena_text(c->arena, pal_ledger_checkpoint(ledger));
	PAL_TRY(put_findings(c, &r));
	PAL_TRY(put_lineage(c, &r));
	PAL_TRY(put_evidence(c, &r));
	PAL_TRY(put_exceptions(c, &r));
	r.elapsed_ms = pal_workspace_now_ms(c->o.workspace) - c->now_ms;
	*ret_report = r;
	return pal_arena_err(c->arena);
}
