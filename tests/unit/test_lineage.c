/* test_lineage.c - walks and labels against a naive model on random graphs, cycles included; loading from the ledger.
 */
#include "palisade/lineage.h"

#include "workspace_kit.h"

#define NODES 20

static uint32_t seed = 88172645u;

static uint32_t
roll(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

static const char *
name_of(unsigned int node)
{
	static char text[NODES][PAL_ID_TEXT];

	(void)snprintf(text[node], PAL_ID_TEXT, "%064x", node + 1);
	return text[node];
}

struct model {
	bool             reach[NODES][NODES];
	unsigned int     distance[NODES][NODES];
	struct pal_label own[NODES];
};

static void
close_over(struct model *m)
{
	for (unsigned int i = 0; i < NODES; i++)
		m->distance[i][i] = 0;
	for (unsigned int k = 0; k < NODES; k++)
		for (unsigned int i = 0; i < NODES; i++)
			for (unsigned int j = 0; j < NODES; j++)
				if (m->distance[i][k] + m->distance[k][j] < m->distance[i][j])
					m->distance[i][j] = m->distance[i][k] + m->distance[k][j];
	for (unsigned int i = 0; i < NODES; i++)
		for (unsigned int j = 0; j < NODES; j++)
			m->reach[i][j] = m->distance[i][j] < 1000;
}

static bool
in_list(const struct pal_list *l, size_t node)
{
	for (size_t i = 0; i < l->count; i++)
		if (*(size_t *)pal_list_at(l, i) == node)
			return true;
	return false;
}

static void
compare(const struct model *m, const struct pal_lineage *l, struct pal_arena *a)
{
	for (unsigned int i = 0; i < NODES; i++) {
		struct pal_list  down = pal_list_of(a, sizeof(size_t)), up = pal_list_of(a, sizeof(size_t));
		struct pal_label expected = { 0 }, found = pal_lineage_effective(l, i);
		size_t           wanted_down = 0, wanted_up = 0;

		pal_lineage_reach(l, i, PAL_DOWN, &down);
		pal_lineage_reach(l, i, PAL_UP, &up);
		for (unsigned int j = 0; j < NODES; j++) {
			struct pal_list path = pal_list_of(a, sizeof(size_t));

			pal_lineage_path(l, i, j, &path);
			CHECK(path.count == (m->reach[i][j] ? m->distance[i][j] + 1 : 0)); /* a shortest one */
			CHECK(in_list(&down, j) == m->reach[i][j] && in_list(&up, j) == m->reach[j][i]);
			wanted_down += m->reach[i][j];
			wanted_up += m->reach[j][i];
			if (m->reach[j][i])
				expected = pal_label_join(expected, m->own[j]);
		}
		CHECK(down.count == wanted_down && up.count == wanted_up); /* each once */
		CHECK(*(size_t *)pal_list_at(&down, 0) == i);
		CHECK(found.sensitivity == expected.sensitivity && found.classes == expected.classes);
	}
}

static void
test_random(unsigned int edges)
{
	static struct model m;
	PAL_AUTO_ARENA      a;
	struct pal_lineage  l;

	pal_arena_init(&a, 32 << 20);
	l = pal_lineage_of(&a);
	for (unsigned int i = 0; i < NODES; i++) {
		m.own[i] = (struct pal_label){ (enum pal_sensitivity)(roll(8) == 0 ? roll(4) : 0),
					       roll(8) == 0 ? PAL_CLASS_BIT(1 + roll(4)) : 0 };
		for (unsigned int j = 0; j < NODES; j++)
			m.distance[i][j] = 1000;
		CHECK(pal_lineage_add(&l, name_of(i), NULL, NULL) == i);
		pal_lineage_label(&l, i, m.own[i]);
	}
	for (unsigned int e = 0; e < edges; e++) {
		unsigned int from = roll(NODES), to = roll(NODES);

		m.distance[from][to] = 1;
		pal_lineage_join(&l, from, to, "s", NULL);
	}
	close_over(&m);
	compare(&m, &l, &a);
}

static void
test_small(void)
{
	PAL_AUTO_ARENA     a;
	PAL_AUTO_ARENA     tiny;
	struct pal_lineage l, none;
	struct pal_list    nodes;

	pal_arena_init(&a, 1 << 20);
	pal_arena_init(&tiny, 1);
	l = pal_lineage_of(&a);
	nodes = pal_list_of(&a, sizeof(size_t));
	CHECK(pal_lineage_find(&l, name_of(0)) == PAL_NO_NODE && pal_lineage_find(&l, NULL) == PAL_NO_NODE);
	pal_lineage_reach(&l, PAL_NO_NODE, PAL_UP, &nodes);
	pal_lineage_path(&l, PAL_NO_NODE, 0, &nodes);
	CHECK(nodes.count == 0 && pal_lineage_effective(&l, PAL_NO_NODE).sensitivity == PAL_PUBLIC);
	CHECK(pal_lineage_add(&l, name_of(0), NULL, "dataset") == 0 &&
	      pal_lineage_add(&l, name_of(0), "n", "model") == 0);
	CHECK(strcmp(pal_lineage_at(&l, 0)->name, "n") == 0 && strcmp(pal_lineage_at(&l, 0)->kind, "dataset") == 0);
	(void)pal_lineage_add(&l, name_of(1), NULL, NULL);
	pal_lineage_join(&l, 0, 1, "s", "e");
	pal_lineage_join(&l, 0, 1, "s", "f");
	pal_lineage_join(&l, 0, 1, "t", NULL);
	pal_lineage_join(&l, PAL_NO_NODE, 1, "t", NULL);
	CHECK(l.edges.count == 2 && strcmp(pal_lineage_edge_at(&l, 0)->evidence, "e") == 0);
	pal_lineage_label(&l, PAL_NO_NODE, (struct pal_label){ PAL_RESTRICTED, 0 });
	none = pal_lineage_of(&tiny);
	CHECK(pal_lineage_add(&none, name_of(0), NULL, NULL) == PAL_NO_NODE);
}

static void
add(struct pal_workspace *ws, const char *type, const struct pal_resource *subject, const char *predicate)
{
	struct pal_statement s = { .type = type, .subjects = subject, .subject_count = 1, .predicate = predicate };
	char                 id[PAL_ID_TEXT] = "";
	struct pal_diag      d = { 0 };

	CHECK_SAY(pal_evidence_add(ws, &s, NULL, id, &d) == PAL_OK, d.text);
}

static void
test_load(struct pal_workspace *ws)
{
	const struct pal_resource feed = { .name = "feed", .digest = name_of(0) }, model = { .digest = name_of(1) };
	PAL_AUTO_ARENA            a;
	PAL_AUTO_BUF              step = pal_buf_of(0);
	PAL_AUTO_BUF              text = pal_buf_of(0);
	struct pal_lineage        l;
	struct pal_diag           d = { 0 };

	pal_arena_init(&a, 4 << 20);
	add(ws, PAL_TYPE_LABEL, &feed, "{\"sensitivity\":\"restricted\",\"classes\":[\"phi\"]}");
	CHECK(pal_step_write(&(struct pal_step){ .name = "fit", .kind = "model", .inputs = &feed, .input_count = 1 },
			     &step) == PAL_OK);
	add(ws, PAL_TYPE_STEP, &model, pal_buf_text(&step));
	l = pal_lineage_of(&a);
	CHECK_SAY(pal_lineage_load(ws, &l, &d) == PAL_OK, d.text);
	CHECK(l.nodes.count == 2 && l.edges.count == 1);
	pal_label_add_text(&text, pal_lineage_effective(&l, pal_lineage_find(&l, model.digest)));
	CHECK(strcmp(pal_buf_text(&text), "restricted phi") == 0);
	CHECK(strcmp(pal_lineage_at(&l, pal_lineage_find(&l, model.digest))->kind, "model") == 0);
	add(ws, PAL_TYPE_STEP, &model,
	    "{\"name\":7}"); /* signed by us and broken: nothing may be decided on the rest */
	l = pal_lineage_of(&a);
	CHECK(pal_lineage_load(ws, &l, &d) == PAL_EFORM);
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();

	test_small();
	for (unsigned int i = 0; i < 40; i++)
		test_random(i * 2);
	test_load(ws);
	return kit_done(&ws);
}
