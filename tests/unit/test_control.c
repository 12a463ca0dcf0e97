/* test_control.c - the catalogue is whole, and a damaged one is refused. */
#include "palisade/control.h"

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"

#define HEAD "id\tstage\ttitle\tpasses when\tatlas\towasp_llm\tnist_ai_rmf\n"

static const char *const bad[] = {
	"",
	"X-1\tcollect\tt\tp\t\t\t\n",
	HEAD "X-1\tcollect\tt\tp\t\t\n",
	HEAD "X-1\tcollect\tt\tp\t\t\t\t\n",
	HEAD "X-1\tcolect\tt\tp\t\t\t\n",
	HEAD "\tcollect\tt\tp\t\t\t\n",
	HEAD "X-1\tcollect\t\tp\t\t\t\n",
	HEAD "X-1\tcollect\tt\tp\t\t\t\nX-1\tcollect\tt\tp\t\t\t\n",
	HEAD "X-1\ttrain\tt\tp\t\t\t\nX-2\tcollect\tt\tp\t\t\t\n",
	HEAD "\n",
};

static void
damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA      a;
	struct pal_controls c = { 0 };

	(void)arg;
	pal_arena_init(&a, (size_t)1 << 16);
	if (pal_controls_parse(v, &a, &c, NULL) != PAL_OK)
		(void)(c.count == 0 || CHECK_SAY(0, "an output was written on failure"));
}

int
main(void)
{
	static const size_t per_stage[PAL_STAGE_COUNT] = { 12, 8, 8, 11, 12, 13, 12 };
	size_t              count[PAL_STAGE_COUNT] = { 0 };
	PAL_AUTO_ARENA      a;
	struct pal_controls c = { 0 };
	struct pal_diag     d = { 0 };
	enum pal_stage      stage = PAL_COLLECT;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK_SAY(pal_controls_load(&a, &c, &d) == PAL_OK, d.text);
	CHECK(c.count == 76);
	for (size_t i = 0; i < c.count; i++) {
		count[c.items[i].stage]++;
		CHECK(pal_control_find(&c, c.items[i].id) == &c.items[i]);
		CHECK(c.items[i].nist[0] != '\0');
	}
	for (size_t i = 0; i < PAL_STAGE_COUNT; i++)
		CHECK_SAY(count[i] == per_stage[i], pal_stage_names[i]);
	CHECK(pal_control_find(&c, "COL-13") == NULL && pal_control_find(&c, "") == NULL);
	CHECK(strcmp(pal_control_nearest(&c, "col-01"), "COL-01") == 0);
	CHECK(strcmp(pal_control_find(&c, "COL-04")->title, "Origin and lineage are known") == 0);
	CHECK(pal_stage_of("monitor", &stage) && stage == PAL_MONITOR && !pal_stage_of("Monitor", &stage));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pal_controls none = { 0 };

		CHECK_SAY(pal_controls_parse(pal_view_of(bad[i]), &a, &none, &d) == PAL_EFORM && none.count == 0,
			  bad[i]);
	}
	pal_mutate_all(pal_view_of(HEAD "X-1\tcollect\tt\tp\tA\t\tN\nX-2\ttrain\tt\tp\t\tO\t\n"), damaged, NULL);
	return check_done();
}
