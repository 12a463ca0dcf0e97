/* test_decide.c - decisions on record say what was decided last, and an edited store cannot hide the last one. */
#include "workspace_fixture.h"

static size_t
count(const char *type)
{
	const char *const types[] = { type, NULL };
	struct pal_list   all = pal_list_of(&fix_arena, sizeof(struct pal_evidence));

	CHECK(pal_evidence_each(fix_ws, types, &all, NULL) == PAL_OK);
	return all.count;
}

static void
test_repeat(void)
{
	size_t before = 0;

	fix_judge(); /* now the deployment knows the id of the release's decision */
	before = count(PAL_TYPE_VSA);
	fix_judge();
	CHECK(count(PAL_TYPE_VSA) == before); /* nothing new was decided */
	fix_load(FIX_YAML "    COL-04: {licences: [MIT]}\n");
	fix_judge();
	CHECK(count(PAL_TYPE_VSA) > before);
	CHECK(fix_check.decisions[PAL_COLLECT] != NULL);
	fix_load(FIX_YAML);
}

/* The row of the newest decision, which failed, is made to be about something else: an older one passed. */
static void
test_hidden(void)
{
	struct pal_store         *s = pal_workspace_store(fix_ws);
	struct pal_list           rows = pal_list_of(&fix_arena, sizeof(struct pal_store_evidence));
	struct pal_store_evidence last = { 0 };
	const char               *other = kit_digest(8);
	struct pal_diag           d = { 0 };

	fix_load(FIX_YAML "    COL-04: {licences: [MIT]}\n");
	fix_judge(); /* feed fails now */
	CHECK(s->ops->evidence_find(s, fix_digest("feed"), PAL_TYPE_VSA, 1, &rows, NULL) == PAL_OK && rows.count == 1);
	last = *(const struct pal_store_evidence *)pal_list_at(&rows, 0);
	last.subjects = &other;
	last.subject_count = 1;
	CHECK(s->ops->evidence_put(s, &last, NULL) == PAL_OK);
	fix_judge();
	fix_expect("COL-04", "feed", PAL_FAIL, "licence");
	CHECK(!pal_check_passed(&fix_check, PAL_COLLECT, "feed"));
	CHECK(fix_run("split", true, &d) == PAL_EDENIED);
	fix_load(FIX_YAML);
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	test_repeat();
	test_hidden();
	return fix_done();
}
