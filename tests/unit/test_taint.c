/* test_taint.c - random graphs under random quarantines and restores, against a model that marks nodes by hand. */
#include "palisade/taint.h"

#include "workspace_kit.h"

#define NODES 24
#define TURNS 40

static uint32_t seed = 2463534242u;

static uint32_t
roll(uint32_t below) /* xorshift32: the same numbers on every machine */
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

struct model {
	bool edge[NODES][NODES];
	bool reach[NODES][NODES];
	struct {
		unsigned int node;
		char         id[PAL_ID_TEXT];
		bool         holds;
	} quarantines[TURNS];
	unsigned int quarantine_count;
};

static void
close_over(struct model *m)
{
	for (unsigned int i = 0; i < NODES; i++)
		for (unsigned int j = 0; j < NODES; j++)
			m->reach[i][j] = i == j || m->edge[i][j];
	for (unsigned int k = 0; k < NODES; k++)
		for (unsigned int i = 0; i < NODES; i++)
			for (unsigned int j = 0; j < NODES; j++)
				m->reach[i][j] = m->reach[i][j] || (m->reach[i][k] && m->reach[k][j]);
}

static const char *
name_of(unsigned int node)
{
	static char text[NODES][PAL_ID_TEXT];

	(void)snprintf(text[node], PAL_ID_TEXT, "%064x", node + 1);
	return text[node];
}

static struct pal_evidence
evidence_of(struct pal_arena *a, const char *type, unsigned int node, const char *id, const char *predicate)
{
	struct pal_resource *r = pal_arena_array(a, 1, sizeof(*r));

	*r = (struct pal_resource){ .digest = name_of(node) };
	return (struct pal_evidence){ .id = pal_arena_text(a, pal_view_of(id)),
				      .signer = "k",
				      .statement = { .type = type,
						     .subjects = r,
						     .subject_count = 1,
						     .predicate = pal_arena_text(a, pal_view_of(predicate)),
						     .time_ms = 1000 } };
}

static void
compare(const struct model *m, const struct pal_taint *t, struct pal_arena *a)
{
	for (unsigned int n = 0; n < NODES; n++) {
		struct pal_list causes = pal_list_of(a, sizeof(struct pal_taint_cause));
		size_t          expected = 0;

		for (unsigned int q = 0; q < m->quarantine_count; q++)
			expected += m->quarantines[q].holds && m->reach[m->quarantines[q].node][n];
		CHECK(pal_tainted(t, name_of(n)) == (expected > 0));
		pal_taint_why(t, name_of(n), &causes);
		CHECK(causes.count == expected);
		for (size_t c = 0; c < causes.count; c++) {
			const struct pal_taint_cause *one = pal_list_at(&causes, c);
			bool                          real = one->path_count > 0;

			for (size_t p = 1; p < one->path_count; p++) {
				const char *from = pal_lineage_at(t->lineage, one->path[p - 1])->digest;
				const char *to = pal_lineage_at(t->lineage, one->path[p])->digest;

				real =
				    real && m->edge[strtoul(from + 32, NULL, 16) - 1][strtoul(to + 32, NULL, 16) - 1];
			}
			CHECK(real &&
			      strcmp(pal_lineage_at(t->lineage, one->path[0])->digest, one->quarantine->digest) == 0);
			CHECK(real && strcmp(pal_lineage_at(t->lineage, one->path[one->path_count - 1])->digest,
					     name_of(n)) == 0);
		}
	}
}

static void
quarantine_one(struct model *m, struct pal_taint *t, struct pal_arena *a)
{
	unsigned int        q = m->quarantine_count++;
	struct pal_evidence e;

	m->quarantines[q].node = roll(NODES);
	m->quarantines[q].holds = true;
	(void)snprintf(m->quarantines[q].id, PAL_ID_TEXT, "%064x", 0xabc000 + q);
	e = evidence_of(a, PAL_TYPE_QUARANTINE, m->quarantines[q].node, m->quarantines[q].id,
			"{\"by\":\"ann\",\"reason\":\"test\"}");
	CHECK(pal_taint_take(t, &e, NULL) == PAL_OK);
}

/* Sometimes for the wrong artifact, or for a quarantine that there is not: such a restore lifts nothing. */
static void
restore_one(struct model *m, struct pal_taint *t, struct pal_arena *a)
{
	unsigned int        q = m->quarantine_count == 0 ? 0 : roll(m->quarantine_count);
	unsigned int        node = roll(4) == 0 ? roll(NODES) : m->quarantines[q].node;
	PAL_AUTO_BUF        text = pal_buf_of(0);
	struct pal_evidence e;

	pal_buf_printf(&text, "{\"lifts\":[\"%064x\"", 0xabc000 + (roll(6) == 0 ? 999 : q));
	if (strstr(pal_buf_text(&text), m->quarantines[q].id) != NULL && node == m->quarantines[q].node)
		m->quarantines[q].holds = false;
	pal_buf_add_text(&text, "]}");
	e = evidence_of(a, PAL_TYPE_RESTORE, node, "ff", pal_buf_text(&text));
	CHECK(pal_taint_take(t, &e, NULL) == PAL_OK);
}

static void
test_random(unsigned int edges)
{
	static struct model m;
	PAL_AUTO_ARENA      a;
	struct pal_lineage  l;
	struct pal_taint    t;

	m = (struct model){ 0 };
	pal_arena_init(&a, (size_t)256 << 20);
	l = pal_lineage_of(&a);
	for (unsigned int i = 0; i < NODES; i++)
		(void)pal_lineage_add(&l, name_of(i), NULL, NULL);
	for (unsigned int i = 0; i < edges; i++) { /* cycles and loops on one node included */
		unsigned int from = roll(NODES), to = roll(NODES);

		m.edge[from][to] = true;
		pal_lineage_join(&l, pal_lineage_find(&l, name_of(from)), pal_lineage_find(&l, name_of(to)), "s", NULL);
	}
	close_over(&m);
	t = pal_taint_of(&l);
	for (unsigned int i = 0; i < TURNS; i++) {
		if (roll(2) == 0)
			quarantine_one(&m, &t, &a);
		else if (m.quarantine_count > 0)
			restore_one(&m, &t, &a);
		compare(&m, &t, &a);
	}
}

static void
add_step(struct pal_workspace *ws, const char *name, const struct pal_resource *in, const struct pal_resource *out)
{
	struct pal_step      step = { .name = name, .kind = "dataset", .inputs = in, .input_count = 1 };
	PAL_AUTO_BUF         predicate = pal_buf_of(0);
	struct pal_statement s = { .type = PAL_TYPE_STEP, .subjects = out, .subject_count = 1 };
	char                 id[PAL_ID_TEXT] = "";

	CHECK(pal_step_write(&step, &predicate) == PAL_OK);
	s.predicate = pal_buf_text(&predicate);
	CHECK(pal_evidence_add(ws, &s, NULL, id, NULL) == PAL_OK);
}

static bool
tainted_now(struct pal_workspace *ws, const char *digest, struct pal_buf *why)
{
	PAL_AUTO_ARENA     a;
	struct pal_lineage l;
	struct pal_taint   t = { 0 };
	struct pal_list    causes;
	struct pal_diag    d = { 0 };

	pal_arena_init(&a, 16 << 20);
	l = pal_lineage_of(&a);
	CHECK_SAY(pal_lineage_load(ws, &l, &d) == PAL_OK && pal_taint_load(ws, &l, &t, &d) == PAL_OK, d.text);
	causes = pal_list_of(&a, sizeof(struct pal_taint_cause));
	pal_taint_why(&t, digest, &causes);
	pal_buf_clear(why);
	if (causes.count > 0)
		pal_taint_add_text(&t, pal_list_at(&causes, 0), why);
	return pal_tainted(&t, digest);
}

static void
test_ledger(struct pal_workspace *ws)
{
	struct pal_resource feed = { .name = "feed", .digest = name_of(0) },
			    split = { .name = "split", .digest = name_of(1) },
			    model = { .name = "model", .digest = name_of(2) };
	struct pal_quarantine q = { .digest = feed.digest, .name = "feed", .by = "ann", .reason = "poisoned rows" };
	struct pal_quarantine other = { .digest = split.digest, .name = "split", .by = "bo", .reason = "labels" };
	PAL_AUTO_BUF          why = pal_buf_of(0);
	struct pal_diag       d = { 0 };
	char                  id[PAL_ID_TEXT] = "", id2[PAL_ID_TEXT] = "";

	add_step(ws, "split", &feed, &split);
	add_step(ws, "train", &split, &model);
	CHECK(!tainted_now(ws, model.digest, &why));
	CHECK(pal_restore(ws, &q, NULL, id, &d) == PAL_EUSAGE && strstr(d.text, "not in quarantine") != NULL);
	CHECK_SAY(pal_quarantine(ws, &q, NULL, id, &d) == PAL_OK, d.text);
	CHECK(tainted_now(ws, model.digest, &why));
	CHECK(strstr(pal_buf_text(&why), "by ann: poisoned rows; path: feed -> split -> model") != NULL);
	CHECK_SAY(pal_quarantine(ws, &other, NULL, id2, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_restore(ws, &q, NULL, id2, &d) == PAL_OK, d.text);
	CHECK(!tainted_now(ws, feed.digest, &why) && tainted_now(ws, model.digest, &why)); /* bo's still holds it */
	other.digest = model.digest;
	other.name = "model";
	CHECK(pal_restore(ws, &other, NULL, id2, &d) == PAL_EUSAGE && strstr(d.text, "restore that one") != NULL);
	other.digest = split.digest;
	other.reason = " ";
	CHECK(pal_restore(ws, &other, NULL, id2, &d) == PAL_EUSAGE && strstr(d.text, "reason") != NULL);
	other.reason = "checked";
	CHECK_SAY(pal_restore(ws, &other, NULL, id2, &d) == PAL_OK, d.text);
	CHECK(!tainted_now(ws, model.digest, &why));
	q.digest = "zz";
	CHECK(pal_quarantine(ws, &q, NULL, id, &d) == PAL_EUSAGE);
}

/* A quarantine that a key of ours signed and that cannot be read must not be passed over. */
static void
test_broken(struct pal_workspace *ws)
{
	PAL_AUTO_ARENA     a;
	struct pal_lineage l;
	struct pal_taint   t = { 0 };
	struct pal_diag    d = { 0 };
	char               id[PAL_ID_TEXT] = "";

	pal_arena_init(&a, 16 << 20);
	l = pal_lineage_of(&a);
	(void)kit_add(ws, PAL_TYPE_QUARANTINE, name_of(3), "{\"reason\":7}", NULL, id);
	CHECK(pal_taint_load(ws, &l, &t, &d) == PAL_EFORM && strstr(d.text, id) != NULL);
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();

	for (unsigned int i = 0; i < 30; i++)
		test_random(i * 2 + (i % 3));
	test_ledger(ws);
	test_broken(ws);
	return kit_done(&ws);
}
