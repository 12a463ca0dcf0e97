/* test_custom.c - queries of users against a real store: no row passes, rows fail with their first cells. */
#include "palisade/custom.h"

#include "check.h"
#include "scratch.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char      *sql;
	enum pal_verdict verdict;
	const char      *reason; /* begins with */
} cases[] = {
	{ "SELECT name FROM v_artifacts WHERE kind = 'none'", PAL_PASS, "the query found nothing, as it should" },
	{ "SELECT name, version FROM v_artifacts", PAL_FAIL, "the query found 1 row: name risk, version 1.0.0" },
	{ "SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT NULL ORDER BY 1", PAL_FAIL,
	  "the query found 4 rows: n nothing; n 1; n 2; ..." },
	{ "SELECT 1 a, 2 b, 3 c, 4 d, 5 e, 6 f, 7 g", PAL_FAIL,
	  "the query found 1 row: a 1, b 2, c 3, d 4, e 5, f 6, ..." },
	{ "SELECT name || "
	  "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' AS n "
	  "FROM v_artifacts",
	  PAL_FAIL, "the query found 1 row: n riskxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." },
	{ "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 50) SELECT n FROM t", PAL_FAIL,
	  "the query found more than 20 rows: n 1; n 2; n 3; ..." },
	{ "DELETE FROM artifact", PAL_FAIL, "the query could not be run: " },
	{ "SELECT * FROM sqlite_master", PAL_FAIL, "the query could not be run: " },
	{ "SELECT nothing FROM v_artifacts", PAL_FAIL, "the query could not be run: " },
	{ "", PAL_FAIL, "the query could not be run: " },
	{ "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t", PAL_FAIL,
	  "the query could not be run: " },
};

static enum pal_err
broken(struct pal_store *s, const char *sql, const struct pal_store_limits *limits, struct pal_arena *a,
       struct pal_store_rows *ret_rows, struct pal_diag *d)
{
	(void)s;
	(void)sql;
	(void)limits;
	(void)a;
	(void)ret_rows;
	return pal_fail(d, PAL_ELOCKED, 0, "store.db is in use");
}

int
main(void)
{
	const struct pal_store_artifact one = { "risk", "1.0.0", "model", A, 1 };
	const struct pal_store_limits   limits = { .time_ms = 200, .rows = 20 };
	PAL_AUTO_STORE                  store = NULL;
	PAL_AUTO_ARENA                  a;
	struct pal_diag                 d = { 0 };
	struct pal_custom_decl          c = { .id = "ORG-01", .title = "t", .stage = PAL_COLLECT };
	struct pal_control_result       r = { 0 };
	const struct pal_store_ops      ops = { .query = broken };
	struct pal_store                locked = { &ops };

	(void)scratch_init();
	pal_arena_init(&a, (size_t)8 << 20);
	CHECK_SAY(pal_store_open_sqlite(scratch_path("store.db"), 100, &store, &d) == PAL_OK, d.text);
	CHECK(store->ops->artifact_put(store, &one, &d) == PAL_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c.sql = cases[i].sql;
		CHECK_SAY(pal_custom_run(&c, store, &limits, &a, &r, &d) == PAL_OK, c.sql);
		CHECK_SAY(r.verdict == cases[i].verdict && strcmp(r.control, "ORG-01") == 0 && r.artifact == NULL,
			  c.sql);
		CHECK_SAY(strncmp(r.reason, cases[i].reason, strlen(cases[i].reason)) == 0, r.reason);
	}
	r = (struct pal_control_result){ 0 };
	CHECK(pal_custom_run(&c, &locked, &limits, &a, &r, &d) == PAL_ELOCKED && r.control == NULL);
	CHECK_SAY(strcmp(d.text, "ORG-01: store.db is in use") == 0, d.text);
	scratch_done();
	return check_done();
}
