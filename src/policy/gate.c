/* gate.c - the one place where a verdict becomes an open or a closed gate; what to audit: judge() and closes(). */
#include "palisade/gate.h"

#include <string.h>

struct deciding {
	const struct pal_gate_input *in;
	struct pal_arena            *a;
	struct pal_list              rows; /* of struct pal_report_row */
	struct pal_report_gate       gates[PAL_STAGE_COUNT];
	enum pal_stage               stages[PAL_STAGE_COUNT]; /* of the gates */
	size_t                       gate_count;
};

static const struct pal_custom_decl *
custom_at(const struct pal_policy *p, size_t i)
{
	return (const struct pal_custom_decl *)p->custom.items + i;
}

/* What the row says once mode and exceptions have been applied to what the control found. */
static void
judge(const struct deciding *g, enum pal_mode mode, struct pal_report_row *row)
{
	const struct pal_exception_state *x =
	    pal_exception_for(g->in->exceptions, row->control, row->artifact != NULL ? row->artifact : g->in->pipeline);

	if (row->verdict == PAL_WAIVED) /* only this function waives */
		row->verdict = PAL_FAIL;
	if (row->verdict != PAL_FAIL)
		return;
	if (x != NULL && x->counts) {
		row->verdict = PAL_WAIVED;
		row->reason = pal_arena_printf(g->a, "%s; waived: %s", row->reason, x->why);
		return;
	}
	if (mode == PAL_MODE_WARN)
		row->verdict = PAL_WARN;
	if (x != NULL)
		row->reason = pal_arena_printf(g->a, "%s; %s", row->reason, x->why);
}

static bool
closes(const struct deciding *g, enum pal_mode mode, enum pal_verdict v)
{
	switch (v) {
	case PAL_PASS:
	case PAL_WARN:
	case PAL_WAIVED:
		return false;
	case PAL_NOT_CHECKED:
		return mode == PAL_ENFORCE && g->in->policy->not_checked_closes;
	case PAL_FAIL:
		return true;
	}
	return true; /* a verdict that does not exist is no pass */
}

static void
count(struct pal_report_gate *gate, enum pal_verdict v)
{
	switch (v) {
	case PAL_PASS:
		gate->passed++;
		return;
	case PAL_WARN:
		gate->warned++;
		return;
	case PAL_WAIVED:
		gate->waived++;
		return;
	case PAL_NOT_CHECKED:
		gate->not_checked++;
		return;
	case PAL_FAIL:
		gate->failed++;
		return;
	}
}

static void
add_row(struct deciding *g, size_t gate, enum pal_mode mode, struct pal_report_row row, bool firm)
{
	struct pal_report_row *at = pal_list_add(&g->rows);

	if (at == NULL)
		return;
	if (row.reason == NULL)
		row.reason = "";
	if (!firm || row.verdict != PAL_FAIL)
		judge(g, mode, &row);
	count(&g->gates[gate], row.verdict);
	if (closes(g, mode, row.verdict))
		g->gates[gate].open = false;
	*at = row;
}

/* All results of one control; a control that gave none was not checked. */
static void
add_control(struct deciding *g, size_t gate, const struct pal_report_row *form, enum pal_mode mode)
{
	bool any = false;

	for (size_t i = 0; i < g->in->result_count; i++) {
		const struct pal_control_result *r = &g->in->results[i];
		struct pal_report_row            row = *form;

		if (strcmp(r->control, form->control) != 0 || (mode == PAL_OFF && !r->firm))
			continue;
		any = true;
		row.artifact = r->artifact;
		row.verdict = r->verdict;
		row.reason = r->reason;
		row.evidence = r->evidence;
		add_row(g, gate, mode, row, r->firm);
	}
	if (!any && mode != PAL_OFF) {
		struct pal_report_row row = *form;

		row.verdict = PAL_NOT_CHECKED;
		row.reason = "nothing looked at this control";
		add_row(g, gate, mode, row, false);
	}
}

static void
decide_stage(struct deciding *g, size_t gate)
{
	const struct pal_policy *p = g->in->policy;
	enum pal_stage           stage = g->stages[gate];

	for (size_t i = 0; i < p->controls.count; i++) {
		const struct pal_control   *c = &p->controls.items[i];
		const struct pal_report_row form = { .stage = pal_stage_names[stage],
						     .control = c->id,
						     .title = c->title,
						     .atlas = c->atlas,
						     .owasp = c->owasp,
						     .nist = c->nist };

		if (c->stage == stage)
			add_control(g, gate, &form, p->modes[i]);
	}
	for (size_t i = 0; i < p->custom.count; i++) {
		const struct pal_custom_decl *c = custom_at(p, i);
		const struct pal_report_row   form = { .stage = pal_stage_names[stage],
						       .control = c->id,
						       .title = c->title,
						       .atlas = "",
						       .owasp = "",
						       .nist = "" };

		if (c->stage == stage)
			add_control(g, gate, &form, c->mode);
	}
}

static bool
is_known(const struct pal_policy *p, const char *control)
{
	if (pal_control_find(&p->controls, control) != NULL)
		return true;
	for (size_t i = 0; i < p->custom.count; i++)
		if (strcmp(custom_at(p, i)->id, control) == 0)
			return true;
	return false;
}

enum pal_err
pal_gate_decide(const struct pal_gate_input *in, struct pal_arena *a, struct pal_gate_decision *ret, struct pal_diag *d)
{
	struct deciding          g = { .in = in, .a = a, .rows = pal_list_of(a, sizeof(struct pal_report_row)) };
	struct pal_gate_decision out = { 0 };

	for (size_t i = 0; i < in->result_count; i++)
		if (!is_known(in->policy, in->results[i].control))
			return pal_fail(d, PAL_EUSAGE, 0, "a result of %s, which is no control",
					in->results[i].control);
	for (unsigned int stage = 0; stage < PAL_STAGE_COUNT; stage++) {
		if ((in->stages & PAL_STAGE_BIT(stage)) == 0)
			continue;
		g.stages[g.gate_count] = (enum pal_stage)stage;
		g.gates[g.gate_count] = (struct pal_report_gate){ .stage = pal_stage_names[stage], .open = true };
		decide_stage(&g, g.gate_count++);
	}
	if (pal_arena_err(a) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "no memory for the decision");
	for (size_t i = 0; i < g.gate_count; i++) {
		out.gates[i] = g.gates[i];
		out.closed = out.closed || !g.gates[i].open;
	}
	out.gate_count = g.gate_count;
	out.rows = g.rows.items;
	out.row_count = g.rows.count;
	*ret = out;
	return PAL_OK;
}
