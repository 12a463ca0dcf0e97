/* lineage.c - the graph and its walks: breadth first, each node once, no recursion. */
#include "palisade/lineage.h"

#include <string.h>

#define NODES_MOST ((size_t)4 << 20)

struct pal_lineage
pal_lineage_of(struct pal_arena *a)
{
	return (struct pal_lineage){ .arena = a,
				     .nodes = pal_list_of(a, sizeof(struct pal_lineage_node)),
				     .edges = pal_list_of(a, sizeof(struct pal_lineage_edge)),
				     .by_digest = pal_map_of(a),
				     .by_edge = pal_map_of(a) };
}

/* Maps keep an index as a pointer that is one higher, since NULL means absent. */
static void *
index_in(size_t i)
{
	return (void *)(uintptr_t)(i + 1);
}

size_t
pal_lineage_find(const struct pal_lineage *l, const char *digest)
{
	const void *p = digest == NULL ? NULL : pal_map_get(&l->by_digest, pal_view_of(digest));

	return p == NULL ? PAL_NO_NODE : (size_t)(uintptr_t)p - 1;
}

static void
fill(struct pal_lineage *l, struct pal_lineage_node *n, const char *name, const char *kind)
{
	if (n->name == NULL && name != NULL)
		n->name = pal_arena_text(l->arena, pal_view_of(name));
	if (n->kind == NULL && kind != NULL)
		n->kind = pal_arena_text(l->arena, pal_view_of(kind));
}

size_t
pal_lineage_add(struct pal_lineage *l, const char *digest, const char *name, const char *kind)
{
	size_t                   i = pal_lineage_find(l, digest);
	struct pal_lineage_node *n = NULL;
	void                   **place = NULL;

	if (i != PAL_NO_NODE) {
		fill(l, pal_list_at(&l->nodes, i), name, kind);
		return i;
	}
	n = l->nodes.count < NODES_MOST ? pal_list_add(&l->nodes) : NULL;
	place = n == NULL ? NULL : pal_map_put(&l->by_digest, pal_view_of(digest));
	if (place == NULL)
		return PAL_NO_NODE;
	*n = (struct pal_lineage_node){ .digest = pal_arena_text(l->arena, pal_view_of(digest)),
					.first_in = PAL_NO_NODE,
					.first_out = PAL_NO_NODE };
	fill(l, n, name, kind);
	i = l->nodes.count - 1;
	*place = index_in(i);
	return i;
}

void
pal_lineage_join(struct pal_lineage *l, size_t from, size_t to, const char *step, const char *evidence)
{
	struct pal_lineage_edge *e = NULL;
	PAL_AUTO_BUF             key = pal_buf_of(0);
	void                   **place = NULL;

	if (from == PAL_NO_NODE || to == PAL_NO_NODE)
		return;
	pal_buf_printf(&key, "%zu %zu %s", from, to, step == NULL ? "" : step);
	place = pal_map_put(&l->by_edge, pal_buf_view(&key));
	if (place == NULL || *place != NULL) /* said before: once is enough */
		return;
	e = pal_list_add(&l->edges);
	if (e == NULL)
		return;
	*place = index_in(l->edges.count - 1);
	*e = (struct pal_lineage_edge){ .from = from,
					.to = to,
					.step = pal_arena_text(l->arena, pal_view_of(step)),
					.next_in = pal_lineage_at(l, to)->first_in,
					.next_out = pal_lineage_at(l, from)->first_out };
	if (evidence != NULL)
		e->evidence = pal_arena_text(l->arena, pal_view_of(evidence));
	((struct pal_lineage_node *)pal_list_at(&l->nodes, to))->first_in = l->edges.count - 1;
	((struct pal_lineage_node *)pal_list_at(&l->nodes, from))->first_out = l->edges.count - 1;
}

void
pal_lineage_label(struct pal_lineage *l, size_t node, struct pal_label label)
{
	struct pal_lineage_node *n = NULL;

	if (node == PAL_NO_NODE)
		return;
	n = pal_list_at(&l->nodes, node);
	n->own = pal_label_join(n->own, label);
}

const struct pal_lineage_node *
pal_lineage_at(const struct pal_lineage *l, size_t node)
{
	return pal_list_at(&l->nodes, node);
}

const struct pal_lineage_edge *
pal_lineage_edge_at(const struct pal_lineage *l, size_t edge)
{
	return pal_list_at(&l->edges, edge);
}

static size_t
first_edge(const struct pal_lineage *l, size_t node, enum pal_direction way)
{
	const struct pal_lineage_node *n = pal_lineage_at(l, node);

	return way == PAL_UP ? n->first_in : n->first_out;
}

static size_t
next_edge(const struct pal_lineage *l, size_t edge, enum pal_direction way)
{
	const struct pal_lineage_edge *e = pal_lineage_edge_at(l, edge);

	return way == PAL_UP ? e->next_in : e->next_out;
}

static size_t
other_end(const struct pal_lineage *l, size_t edge, enum pal_direction way)
{
	const struct pal_lineage_edge *e = pal_lineage_edge_at(l, edge);

	return way == PAL_UP ? e->from : e->to;
}

struct walk {
	size_t *queue; /* nodes in the order in which they were reached */
	size_t *came;  /* for each node, the node that led to it, plus 1; 0: not reached */
	size_t  count;
};

/* Stops when `until` has been reached. An empty walk when there is no memory. */
static struct walk
walk_from(const struct pal_lineage *l, size_t start, enum pal_direction way, size_t until, struct pal_arena *scratch)
{
	struct walk w = { .queue = pal_arena_array(scratch, l->nodes.count, sizeof(size_t)),
			  .came = pal_arena_array(scratch, l->nodes.count, sizeof(size_t)) };

	if (w.queue == NULL || w.came == NULL || start == PAL_NO_NODE)
		return (struct walk){ 0 };
	w.queue[w.count++] = start;
	w.came[start] = start + 1;
	for (size_t next = 0; next < w.count && (until == PAL_NO_NODE || w.came[until] == 0); next++) {
		size_t e = first_edge(l, w.queue[next], way);

		for (; e != PAL_NO_NODE; e = next_edge(l, e, way)) {
			size_t to = other_end(l, e, way);

			if (w.came[to] != 0)
				continue;
			w.came[to] = w.queue[next] + 1;
			w.queue[w.count++] = to;
		}
	}
	return w;
}

static void
init_scratch(const struct pal_lineage *l, struct pal_arena *scratch)
{
	pal_arena_init(scratch, l->nodes.count * 2 * sizeof(size_t) + ((size_t)1 << 20));
}

/* A walk that could not be done must not look like one that found nothing: the lineage's arena carries the error. */
static void
note_failure(const struct pal_lineage *l, const struct pal_arena *scratch)
{
	if (pal_arena_err(scratch) != PAL_OK && l->arena->err == PAL_OK)
		l->arena->err = pal_arena_err(scratch);
}

void
pal_lineage_reach(const struct pal_lineage *l, size_t start, enum pal_direction way, struct pal_list *nodes)
{
	PAL_AUTO_ARENA scratch;
	struct walk    w = { 0 };

	init_scratch(l, &scratch);
	w = walk_from(l, start, way, PAL_NO_NODE, &scratch);
	note_failure(l, &scratch);
	for (size_t i = 0; i < w.count; i++) {
		size_t *place = pal_list_add(nodes);

		if (place == NULL)
			return;
		*place = w.queue[i];
	}
}

void
pal_lineage_path(const struct pal_lineage *l, size_t from, size_t to, struct pal_list *nodes)
{
	PAL_AUTO_ARENA scratch;
	struct walk    w = { 0 };

	init_scratch(l, &scratch);
	if (from == PAL_NO_NODE || to == PAL_NO_NODE)
		return;
	/* Walked upstream, so that following who led where gives the path in its direction. */
	w = walk_from(l, to, PAL_UP, from, &scratch);
	note_failure(l, &scratch);
	if (w.count == 0 || w.came[from] == 0)
		return;
	for (size_t at = from;; at = w.came[at] - 1) {
		size_t *place = pal_list_add(nodes);

		if (place == NULL)
			return;
		*place = at;
		if (at == to)
			return;
	}
}

struct pal_label
pal_lineage_effective(const struct pal_lineage *l, size_t node)
{
	PAL_AUTO_ARENA   scratch;
	struct walk      w = { 0 };
	struct pal_label label = { 0 };

	init_scratch(l, &scratch);
	w = walk_from(l, node, PAL_UP, PAL_NO_NODE, &scratch);
	note_failure(l, &scratch);
	for (size_t i = 0; i < w.count; i++)
		label = pal_label_join(label, pal_lineage_at(l, w.queue[i])->own);
	return label;
}

static void
take_flow(struct pal_lineage *l, const struct pal_evidence *e, const struct pal_resource *input, const char *input_kind,
	  const char *step, const char *kind)
{
	size_t from = PAL_NO_NODE;

	if (input->digest == NULL)
		return;
	from = pal_lineage_add(l, input->digest, input->name == NULL ? input->uri : input->name, input_kind);
	for (size_t i = 0; i < e->statement.subject_count; i++) {
		const struct pal_resource *s = &e->statement.subjects[i];

		if (s->digest != NULL)
			pal_lineage_join(l, from, pal_lineage_add(l, s->digest, s->name, kind), step, e->id);
	}
}

static enum pal_err
take_step(struct pal_lineage *l, const struct pal_evidence *e, struct pal_diag *d)
{
	struct pal_step step = { 0 };

	PAL_TRY(pal_step_of(&e->statement, l->arena, &step, d));
	for (size_t i = 0; i < e->statement.subject_count; i++)
		if (e->statement.subjects[i].digest != NULL)
			(void)pal_lineage_add(l, e->statement.subjects[i].digest, e->statement.subjects[i].name,
					      step.kind);
	for (size_t i = 0; i < step.input_count; i++)
		take_flow(l, e, &step.inputs[i], NULL, step.name, step.kind);
	take_flow(l, e, &step.code, "transform", step.name, step.kind);
	return PAL_OK;
}

static bool
is_code(const struct pal_resource *input)
{
	return input->uri != NULL && pal_view_starts(pal_view_of(input->uri), "palisade:code/");
}

static enum pal_err
take_provenance(struct pal_lineage *l, const struct pal_evidence *e, struct pal_diag *d)
{
	struct pal_provenance p = { 0 };

	PAL_TRY(pal_provenance_of(&e->statement, l->arena, &p, d));
	for (size_t i = 0; i < p.input_count; i++)
		take_flow(l, e, &p.inputs[i], is_code(&p.inputs[i]) ? "code" : NULL, p.step, NULL);
	return PAL_OK;
}

static enum pal_err
take_label(struct pal_lineage *l, const struct pal_evidence *e, struct pal_diag *d)
{
	struct pal_label_statement label = { 0 };

	PAL_TRY(pal_label_of(&e->statement, l->arena, &label, d));
	for (size_t i = 0; i < e->statement.subject_count; i++) {
		const struct pal_resource *s = &e->statement.subjects[i];

		if (s->digest != NULL)
			pal_lineage_label(l, pal_lineage_add(l, s->digest, s->name, NULL), label.label);
	}
	return PAL_OK;
}

enum pal_err
pal_lineage_take(struct pal_lineage *l, const struct pal_evidence *e, struct pal_diag *d)
{
	enum pal_err err = PAL_OK;

	if (strcmp(e->statement.type, PAL_TYPE_STEP) == 0)
		err = take_step(l, e, d);
	else if (strcmp(e->statement.type, PAL_TYPE_PROVENANCE) == 0)
		err = take_provenance(l, e, d);
	else if (strcmp(e->statement.type, PAL_TYPE_LABEL) == 0)
		err = take_label(l, e, d);
	if (err == PAL_OK && pal_arena_err(l->arena) != PAL_OK)
		err = pal_fail(d, pal_arena_err(l->arena), 0, "the lineage is too big");
	if (err == PAL_OK && l->nodes.count == NODES_MOST)
		err = pal_fail(d, PAL_ELIMIT, 0, "the lineage has more than %zu artifacts", NODES_MOST);
	return err;
}

enum pal_err
pal_lineage_load(struct pal_workspace *ws, struct pal_lineage *l, struct pal_diag *d)
{
	static const char *const types[] = { PAL_TYPE_STEP, PAL_TYPE_PROVENANCE, PAL_TYPE_LABEL, NULL };
	struct pal_list          evidence = pal_list_of(l->arena, sizeof(struct pal_evidence));

	PAL_TRY(pal_evidence_each(ws, types, &evidence, d));
	for (size_t i = 0; i < evidence.count; i++) {
		const struct pal_evidence *e = pal_list_at(&evidence, i);
		enum pal_err               err = pal_lineage_take(l, e, d);

		/* Signed by one of ours and yet broken: what it says is unknown, so nothing may be decided on it. */
		if (err != PAL_OK)
			return pal_fail_in(d, err, e->id);
	}
	return PAL_OK;
}
