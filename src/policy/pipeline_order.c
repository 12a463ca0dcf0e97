/* pipeline_order.c - depth first from each step to those that make its inputs; a step met while still open is a cycle.
 */
#include <string.h>

#include "pipeline_resolve.h"

enum state { UNSEEN, OPEN, PLACED };

struct visit {
	size_t step, next; /* next: input to look at */
};

/* Each step is open once at most, so the stack holds as many as there are steps. */
struct walk {
	struct pipeline_resolver *r;
	enum state               *state;
	struct visit             *stack;
	size_t                   *order;
	size_t                    depth, placed;
};

/* "split -> fit -> split", in the direction that data flows: the stack holds makers above those who need them. */
static void
say_cycle(const struct walk *w, size_t maker)
{
	const struct pal_step_decl *steps = w->r->p->steps;
	const struct visit         *top = &w->stack[w->depth - 1];
	const struct pal_step_decl *last = &steps[top->step];
	PAL_AUTO_BUF                text = pal_buf_of((size_t)256);

	pal_buf_add_text(&text, steps[maker].name);
	for (size_t i = w->depth; i > 0; i--) {
		pal_buf_printf(&text, " -> %s", steps[w->stack[i - 1].step].name);
		if (w->stack[i - 1].step == maker)
			break;
	}
	pal_yaml_fault(w->r->f, last->inputs.marks[top->next - 1], "a cycle of steps: %s%s; \"%s\" is made of itself",
		       pal_buf_text(&text), pal_buf_err(&text) == PAL_OK ? "" : " ...",
		       last->inputs.items[top->next - 1]);
}

static void
place(struct walk *w)
{
	size_t step = w->stack[--w->depth].step;

	w->state[step] = PLACED;
	w->order[w->placed++] = step;
}

static void
open_step(struct walk *w, size_t step)
{
	w->state[step] = OPEN;
	w->stack[w->depth++] = (struct visit){ .step = step };
}

/* False when a cycle was found. */
static bool
visit_from(struct walk *w, size_t start)
{
	const struct pal_pipeline *p = w->r->p;

	open_step(w, start);
	while (w->depth > 0) {
		struct visit               *v = &w->stack[w->depth - 1];
		const struct pal_step_decl *s = &p->steps[v->step];
		size_t                      input = PAL_NONE, maker = PAL_NONE;

		if (v->next == s->inputs.count) {
			place(w);
			continue;
		}
		input = s->input_artifacts[v->next++];
		maker = input == PAL_NONE ? PAL_NONE : p->artifacts[input].made_by;
		if (maker == PAL_NONE || w->state[maker] == PLACED)
			continue;
		if (w->state[maker] == OPEN) {
			say_cycle(w, maker);
			return false;
		}
		open_step(w, maker);
	}
	return true;
}

void
pipeline_order_steps(struct pipeline_resolver *r)
{
	size_t      n = r->p->step_count;
	struct walk w = { .r = r };

	w.state = pal_arena_array(r->a, n, sizeof(*w.state));
	w.stack = pal_arena_array(r->a, n, sizeof(*w.stack));
	w.order = pal_arena_array(r->a, n, sizeof(*w.order));
	if (w.state == NULL || w.stack == NULL || w.order == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		/* Faults before may have left an input without a place: its list is not there when the arena is full.
		 */
		if (r->p->steps[i].inputs.count > 0 && r->p->steps[i].input_artifacts == NULL)
			return;
	}
	for (size_t i = 0; i < n; i++)
		if (w.state[i] == UNSEEN && !visit_from(&w, i))
			return;
	r->p->order = w.order;
}
