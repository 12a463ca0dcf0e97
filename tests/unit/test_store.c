/* test_store.c - what every store must do, asked through its table of functions alone. */
#include "palisade/store.h"

#include <sys/wait.h>

#include "check.h"
#include "scratch.h"

typedef enum pal_err open_fn(const char *name, struct pal_store **ret_store, struct pal_diag *d);

#define A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C  "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define A2 "aaaaaaaabbbbbbbbaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
test_files(struct pal_store *s)
{
	struct pal_file_id id = { .device = UINT64_MAX, .inode = 7, .size = 9, .mtime_ns = -1, .ctime_ns = 3 };
	struct pal_file_id changed[5];
	char               digest[PAL_ID_TEXT] = "untouched";
	struct pal_diag    d = { 0 };

	CHECK(s->ops->file_get(s, &id, digest, &d) == PAL_ENOTFOUND && strcmp(digest, "untouched") == 0);
	CHECK(s->ops->file_put(s, &id, A, &d) == PAL_OK);
	CHECK(s->ops->file_get(s, &id, digest, &d) == PAL_OK && strcmp(digest, A) == 0);
	for (size_t i = 0; i < 5; i++)
		changed[i] = id;
	changed[0].device--;
	changed[1].inode++;
	changed[2].size++;
	changed[3].mtime_ns++;
	changed[4].ctime_ns++;
	for (size_t i = 0; i < 5; i++)
		CHECK(s->ops->file_get(s, &changed[i], digest, &d) == PAL_ENOTFOUND);
	CHECK(s->ops->file_put(s, &changed[3], B, &d) == PAL_OK); /* the file was written again */
	CHECK(s->ops->file_get(s, &id, digest, &d) == PAL_ENOTFOUND);
	CHECK(s->ops->file_get(s, &changed[3], digest, &d) == PAL_OK && strcmp(digest, B) == 0);
	CHECK(s->ops->file_put(s, &id, "AAAA", &d) == PAL_EFORM);
	CHECK(s->ops->file_put(s, &id, NULL, &d) == PAL_EFORM);
}

static void
test_results(struct pal_store *s)
{
	PAL_AUTO_BUF    out = pal_buf_of(0);
	PAL_AUTO_BUF    small = pal_buf_of(2);
	struct pal_view bytes = { (const uint8_t *)"\0\xff\0x", 4 };
	struct pal_diag d = { 0 };

	CHECK(s->ops->result_get(s, A, "r1", &out, &d) == PAL_ENOTFOUND && out.len == 0);
	CHECK(s->ops->result_put(s, A, "r1", bytes, &d) == PAL_OK);
	CHECK(s->ops->result_get(s, A, "r2", &out, &d) == PAL_ENOTFOUND);
	CHECK(s->ops->result_get(s, A, "r1", &out, &d) == PAL_OK && pal_view_eq(pal_buf_view(&out), bytes));
	CHECK(s->ops->result_get(s, A, "r1", &small, &d) == PAL_ELIMIT);
	CHECK(s->ops->result_put(s, A, "r1", (struct pal_view){ 0 }, &d) == PAL_OK);
	pal_buf_clear(&out);
	CHECK(s->ops->result_get(s, A, "r1", &out, &d) == PAL_OK && out.len == 0);
}

static size_t
count_artifacts(struct pal_store *s, const char *name, const char *version, const char *digest)
{
	PAL_AUTO_ARENA         a;
	struct pal_list        found;
	struct pal_store_which which = { name, version, digest };
	size_t                 n = SIZE_MAX;

	pal_arena_init(&a, 1 << 20);
	found = pal_list_of(&a, sizeof(struct pal_store_artifact));
	if (s->ops->artifact_find(s, &which, &found, NULL) == PAL_OK)
		n = found.count;
	return n;
}

static void
test_artifacts(struct pal_store *s)
{
	const struct pal_store_artifact put[] = {
		{ "feed", "1", "dataset", A, 1000 }, { "feed", "2", "dataset", B, 2000 },
		{ "feed", "2", "dataset", C, 3000 }, /* a version that changed its content: both stay on record */
		{ "it's", NULL, "model", A2, 4000 }, { "feed", "1", "dataset", A, 9000 },
	};
	struct pal_diag                  d = { 0 };
	PAL_AUTO_ARENA                   a;
	struct pal_list                  found;
	const struct pal_store_artifact *one = NULL;

	pal_arena_init(&a, 1 << 20);
	found = pal_list_of(&a, sizeof(*one));
	for (size_t i = 0; i < sizeof(put) / sizeof(put[0]); i++)
		CHECK(s->ops->artifact_put(s, &put[i], &d) == PAL_OK);
	CHECK(count_artifacts(s, NULL, NULL, NULL) == 4);
	CHECK(count_artifacts(s, "feed", NULL, NULL) == 3);
	CHECK(count_artifacts(s, "feed", "2", NULL) == 2);
	CHECK(count_artifacts(s, "fee", NULL, NULL) == 0);
	CHECK(count_artifacts(s, NULL, NULL, "aaaaaaaa") == 2);
	CHECK(count_artifacts(s, NULL, NULL, "aaaaaaaaa") == 1);
	CHECK(count_artifacts(s, NULL, NULL, B) == 1);
	CHECK(count_artifacts(s, "it's", "", NULL) == 1);
	CHECK(s->ops->artifact_find(s, &(struct pal_store_which){ .name = "feed", .version = "1" }, &found, &d) ==
	      PAL_OK);
	one = found.count == 1 ? pal_list_at(&found, 0) : NULL;
	CHECK(one != NULL && one->first_seen_ms == 1000 && strcmp(one->kind, "dataset") == 0 &&
	      strcmp(one->digest, A) == 0);
}

static enum pal_err
put_evidence(struct pal_store *s, uint64_t index, const char *id, const char *type, const char *subject)
{
	const char *const         subjects[] = { subject, C };
	struct pal_store_evidence one = { .id = id,
					  .type = type,
					  .subjects = subjects,
					  .subject_count = 2,
					  .signer = "k1",
					  .index = index,
					  .time_ms = 5000 + index };

	return s->ops->evidence_put(s, &one, NULL);
}

static void
test_evidence(struct pal_store *s)
{
	struct pal_store_evidence        e = { 0 };
	const struct pal_store_evidence *one = NULL;
	PAL_AUTO_ARENA                   a;
	struct pal_list                  found;
	uint64_t                         n = 99;
	struct pal_diag                  d = { 0 };

	pal_arena_init(&a, 1 << 20);
	CHECK(s->ops->evidence_count(s, &n, &d) == PAL_OK && n == 0);
	CHECK(put_evidence(s, 0, A, "scan", A) == PAL_OK && put_evidence(s, 1, A2, "scan", B) == PAL_OK);
	CHECK(put_evidence(s, 2, B, "vsa", A) == PAL_OK);
	CHECK(put_evidence(s, 3, "zz", "vsa", A) == PAL_EFORM && put_evidence(s, 3, C, "vsa", "zz") == PAL_EFORM);
	CHECK(s->ops->evidence_count(s, &n, &d) == PAL_OK && n == 3);
	CHECK(s->ops->evidence_get(s, B, &a, &e, &d) == PAL_OK && e.index == 2 && e.time_ms == 5002 &&
	      strcmp(e.type, "vsa") == 0 && strcmp(e.signer, "k1") == 0 && e.subject_count == 2 &&
	      strcmp(e.subjects[0], A) == 0 && strcmp(e.subjects[1], C) == 0);
	CHECK(s->ops->evidence_get(s, "bbbb", &a, &e, &d) == PAL_OK && e.index == 2);
	CHECK(s->ops->evidence_at(s, 1, &a, &e, &d) == PAL_OK && strcmp(e.id, A2) == 0 && e.subject_count == 2);
	CHECK(s->ops->evidence_at(s, 3, &a, &e, &d) == PAL_ENOTFOUND);
	CHECK(s->ops->evidence_get(s, "aaaa", &a, &e, &d) == PAL_EUSAGE);
	CHECK(s->ops->evidence_get(s, C, &a, &e, &d) == PAL_ENOTFOUND);
	found = pal_list_of(&a, sizeof(struct pal_store_evidence));
	CHECK(s->ops->evidence_find(s, C, NULL, 0, &found, &d) == PAL_OK && found.count == 3);
	one = found.count == 3 ? pal_list_at(&found, 0) : NULL;
	CHECK(one != NULL && one->index == 2); /* newest first */
	found = pal_list_of(&a, sizeof(struct pal_store_evidence));
	CHECK(s->ops->evidence_find(s, A, "scan", 0, &found, &d) == PAL_OK && found.count == 1);
	found = pal_list_of(&a, sizeof(struct pal_store_evidence));
	CHECK(s->ops->evidence_find(s, NULL, "scan", 1, &found, &d) == PAL_OK && found.count == 1);
	one = found.count == 1 ? pal_list_at(&found, 0) : NULL;
	CHECK(one != NULL && one->index == 1);
	/* The same place again: the row and its subjects are replaced. */
	CHECK(put_evidence(s, 1, C, "label", A) == PAL_OK && s->ops->evidence_count(s, &n, &d) == PAL_OK && n == 3);
	CHECK(s->ops->evidence_get(s, A2, &a, &e, &d) == PAL_ENOTFOUND);
	found = pal_list_of(&a, sizeof(struct pal_store_evidence));
	CHECK(s->ops->evidence_find(s, B, NULL, 0, &found, &d) == PAL_OK && found.count == 0);
}

static void
test_rest(struct pal_store *s)
{
	PAL_AUTO_ARENA               a;
	struct pal_list              edges, quarantines;
	struct pal_store_quarantine *q = NULL;
	uint64_t                     n = 99;
	struct pal_diag              d = { 0 };
	char                         digest[PAL_ID_TEXT] = "";
	struct pal_file_id           id = { .device = 1, .inode = 1 };

	pal_arena_init(&a, 1 << 20);
	edges = pal_list_of(&a, sizeof(struct pal_store_edge));
	quarantines = pal_list_of(&a, sizeof(*q));
	CHECK(s->ops->edge_put(s, &(struct pal_store_edge){ A, B, "split", A2 }, &d) == PAL_OK);
	CHECK(s->ops->edge_put(s, &(struct pal_store_edge){ A, B, "split", A2 }, &d) == PAL_OK);
	CHECK(s->ops->edge_put(s, &(struct pal_store_edge){ B, C, NULL, A2 }, &d) == PAL_OK);
	CHECK(s->ops->edge_put(s, &(struct pal_store_edge){ "x", C, NULL, A2 }, &d) == PAL_EFORM);
	CHECK(s->ops->edge_find(s, A, &edges, &d) == PAL_OK && edges.count == 1);
	CHECK(s->ops->edge_find(s, NULL, &edges, &d) == PAL_OK && edges.count == 3);
	CHECK(s->ops->quarantine_put(s, &(struct pal_store_quarantine){ C, A, "ann", "poison", 7, NULL }, &d) ==
	      PAL_OK);
	CHECK(s->ops->quarantine_lift(s, C, A2, &d) == PAL_OK);
	CHECK(s->ops->quarantine_lift(s, C, B, &d) == PAL_OK); /* the first restore stays */
	CHECK(s->ops->quarantine_find(s, &quarantines, &d) == PAL_OK && quarantines.count == 1);
	q = quarantines.count == 1 ? pal_list_at(&quarantines, 0) : NULL;
	CHECK(q != NULL && strcmp(q->lifted_by, A2) == 0 && strcmp(q->reason, "poison") == 0 && q->time_ms == 7);
	CHECK(s->ops->label_put(s, &(struct pal_store_label){ A, "restricted", "pii phi", C }, &d) == PAL_OK);
	CHECK(s->ops->finding_put(
		  s, &(struct pal_store_finding){ A, "PII-EMAIL", "high", "medium", "pii", "a.csv", NULL, 3, C }, &d) ==
	      PAL_OK);
	CHECK(s->ops->check(s, &d) == PAL_OK);
	CHECK(s->ops->file_put(s, &id, A, &d) == PAL_OK);
	CHECK(s->ops->clear(s, &d) == PAL_OK);
	CHECK(s->ops->evidence_count(s, &n, &d) == PAL_OK && n == 0);
	CHECK(s->ops->file_get(s, &id, digest, &d) == PAL_OK); /* caches stay */
	CHECK(count_artifacts(s, NULL, NULL, NULL) == 4);
}

static void
test_transactions(struct pal_store *s)
{
	uint64_t n = 99;

	CHECK(s->ops->begin(s, NULL) == PAL_OK && put_evidence(s, 0, A, "scan", A) == PAL_OK);
	s->ops->rollback(s);
	CHECK(s->ops->evidence_count(s, &n, NULL) == PAL_OK && n == 0);
	CHECK(s->ops->begin(s, NULL) == PAL_OK && put_evidence(s, 0, A, "scan", A) == PAL_OK);
	CHECK(s->ops->commit(s, NULL) == PAL_OK);
	CHECK(s->ops->evidence_count(s, &n, NULL) == PAL_OK && n == 1);
	s->ops->rollback(s); /* none open */
}

/* Two processes write at once: nothing is lost, nobody fails. */
static void
test_processes(open_fn *open_store, const char *name)
{
	struct pal_store *s = NULL;
	uint64_t          n = 0;
	pid_t             pid[2] = { 0 };

	for (unsigned int p = 0; p < 2; p++) {
		pid[p] = fork();
		if (pid[p] != 0)
			continue;
		if (open_store(name, &s, NULL) != PAL_OK)
			_exit(1);
		for (unsigned int i = 0; i < 100; i++)
			if (put_evidence(s, p * 100 + i, p == 0 ? A : B, "scan", A) != PAL_OK)
				_exit(2);
		pal_store_free(&s);
		_exit(0);
	}
	for (unsigned int p = 0; p < 2; p++) {
		int status = -1;

		CHECK(waitpid(pid[p], &status, 0) == pid[p] && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	CHECK(open_store(name, &s, NULL) == PAL_OK);
	if (s == NULL)
		return;
	CHECK(s->ops->evidence_count(s, &n, NULL) == PAL_OK && n == 200);
	pal_store_free(&s);
	CHECK(s == NULL);
	pal_store_free(&s);
}

static const struct {
	const char  *sql;
	enum pal_err err;
	size_t       rows;
	const char  *first; /* cell; NULL: not looked at */
} queries[] = {
	{ "SELECT name, first_seen FROM v_artifacts ORDER BY name", PAL_OK, 1, "feed" },
	{ "SELECT count(*) FROM v_evidence", PAL_OK, 1, "3" },
	{ "SELECT id FROM v_evidence WHERE type LIKE 'sc%' ;  ", PAL_OK, 3, A },
	{ "SELECT time FROM v_evidence LIMIT 1", PAL_OK, 1, "1970-01-01T00:00:05Z" },
	{ "SELECT source, target FROM v_lineage", PAL_OK, 2, NULL },
	{ "SELECT ancestor FROM v_upstream WHERE digest = '" C "' ORDER BY ancestor", PAL_OK, 2, A },
	{ "SELECT holds FROM v_quarantines", PAL_OK, 1, "1" },
	{ "SELECT sensitivity FROM v_labels", PAL_OK, 1, "restricted" },
	{ "SELECT upper(rule), NULL FROM v_findings", PAL_OK, 1, "PII-EMAIL" },
	{ "SELECT a.name FROM v_artifacts a JOIN v_labels l ON l.digest = a.digest", PAL_OK, 1, "feed" },
	{ "WITH x AS (SELECT rule FROM v_findings) SELECT * FROM x", PAL_OK, 1, "PII-EMAIL" },
	{ "SELECT 1 WHERE 0", PAL_OK, 0, NULL },
	{ "SELECT * FROM evidence", PAL_EDENIED, 0, NULL },
	{ "SELECT * FROM sqlite_schema", PAL_EDENIED, 0, NULL },
	{ "SELECT * FROM pragma_table_info('files')", PAL_EDENIED, 0, NULL },
	{ "SELECT * FROM json_each('[1]')", PAL_EDENIED, 0, NULL },
	{ "SELECT load_extension('x')", PAL_EDENIED, 0, NULL },
	{ "SELECT readfile('/etc/passwd')", PAL_ECONFIG, 0, NULL },
	{ "SELECT zeroblob(1000000000)", PAL_EDENIED, 0, NULL },
	{ "SELECT randomblob(9)", PAL_EDENIED, 0, NULL },
	{ "SELECT printf('%1000000d', 1)", PAL_EDENIED, 0, NULL },
	{ "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", PAL_ELIMIT, 0, NULL },
	{ "WITH v_labels AS (SELECT device FROM files) SELECT * FROM v_labels", PAL_EDENIED, 0, NULL },
	{ "WITH v_labels AS (SELECT sql FROM sqlite_schema) SELECT * FROM v_labels", PAL_EDENIED, 0, NULL },
	{ "ATTACH '/tmp/x' AS y", PAL_EDENIED, 0, NULL },
	{ "PRAGMA user_version", PAL_EDENIED, 0, NULL },
	{ "PRAGMA query_only=OFF", PAL_EDENIED, 0, NULL },
	{ "DELETE FROM v_artifacts", PAL_ECONFIG, 0, NULL },
	{ "DELETE FROM evidence", PAL_EDENIED, 0, NULL },
	{ "CREATE TABLE x (y)", PAL_EDENIED, 0, NULL },
	{ "CREATE TEMP VIEW v_labels AS SELECT * FROM evidence", PAL_EDENIED, 0, NULL },
	{ "VACUUM INTO '/tmp/x'", PAL_EDENIED, 0, NULL },
	{ "BEGIN", PAL_EDENIED, 0, NULL },
	{ "EXPLAIN SELECT * FROM v_labels", PAL_EDENIED, 0, NULL },
	{ "SELECT 1; SELECT 2", PAL_ECONFIG, 0, NULL },
	{ "SELECT 1; DROP TABLE evidence", PAL_ECONFIG, 0, NULL },
	{ "", PAL_ECONFIG, 0, NULL },
	{ "SELEC 1", PAL_ECONFIG, 0, NULL },
	{ "SELECT nothing FROM v_labels", PAL_ECONFIG, 0, NULL },
};

static void
fill_for_queries(struct pal_store *s)
{
	CHECK(put_evidence(s, 0, A, "scan", A) == PAL_OK && put_evidence(s, 1, B, "scan", C) == PAL_OK);
	CHECK(s->ops->artifact_put(s, &(struct pal_store_artifact){ "feed", "1", "dataset", A, 1000 }, NULL) == PAL_OK);
	CHECK(s->ops->edge_put(s, &(struct pal_store_edge){ A, B, "split", A2 }, NULL) == PAL_OK);
	CHECK(s->ops->edge_put(s, &(struct pal_store_edge){ B, C, "fit", A2 }, NULL) == PAL_OK);
	CHECK(s->ops->quarantine_put(s, &(struct pal_store_quarantine){ C, A, "ann", "poison", 7, "" }, NULL) ==
	      PAL_OK);
	CHECK(s->ops->label_put(s, &(struct pal_store_label){ A, "restricted", "pii phi", C }, NULL) == PAL_OK);
	CHECK(s->ops->finding_put(
		  s, &(struct pal_store_finding){ A, "PII-EMAIL", "high", "medium", "pii", "a.csv", "", 3, C }, NULL) ==
	      PAL_OK);
}

static void
test_queries(struct pal_store *s)
{
	struct pal_store_limits few = { .time_ms = 100, .rows = 1 };
	struct pal_store_rows   rows = { 0 };
	struct pal_diag         d = { 0 };

	fill_for_queries(s);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		PAL_AUTO_ARENA a;

		pal_arena_init(&a, 1 << 20);
		rows = (struct pal_store_rows){ 0 };
		if (!CHECK_SAY(s->ops->query(s, queries[i].sql, NULL, &a, &rows, &d) == queries[i].err, queries[i].sql))
			(void)printf("%s\n", d.text);
		CHECK_SAY(rows.row_count == queries[i].rows, queries[i].sql);
		if (queries[i].first != NULL && rows.row_count > 0)
			CHECK_SAY(strcmp(rows.cells[0], queries[i].first) == 0, queries[i].sql);
	}
	{
		PAL_AUTO_ARENA a;
		char           slow[400] = "SELECT count(*) FROM v_evidence a";
		size_t         len = strlen(slow);

		pal_arena_init(&a, 1 << 20);
		CHECK(s->ops->query(s, "SELECT id FROM v_evidence", &few, &a, &rows, &d) == PAL_OK &&
		      rows.row_count == 1 && rows.more && rows.column_count == 1);
		CHECK(strcmp(rows.columns[0], "id") == 0);
		CHECK(s->ops->query(s, "SELECT upper(rule), NULL FROM v_findings", &few, &a, &rows, &d) == PAL_OK &&
		      rows.cells[1] == NULL && !rows.more);
		for (int i = 0; i < 20; i++) /* 4 to the power of 20 rows */
			len += (size_t)snprintf(slow + len, sizeof(slow) - len, ",v_evidence b%d", i);
		CHECK(s->ops->query(s, slow, &few, &a, &rows, &d) == PAL_ELIMIT);
		CHECK(s->ops->query(s,
				    "WITH RECURSIVE n(k, i) AS (SELECT 1, 'xxxxxxxx' UNION SELECT k + 1, "
				    "substr(i || i || '.', 1, 45000) FROM n) SELECT count(*) FROM n",
				    NULL, &a, &rows, &d) == PAL_ELIMIT);
	}
}

static void
contract(open_fn *open_store)
{
	struct pal_store *s = NULL;
	struct pal_diag   d = { 0 };

	CHECK_SAY(open_store("one", &s, &d) == PAL_OK, d.text);
	if (s == NULL)
		return;
	test_files(s);
	test_results(s);
	test_artifacts(s);
	test_evidence(s);
	test_rest(s);
	test_transactions(s);
	pal_store_free(&s);
	CHECK(open_store("one", &s, &d) == PAL_OK && count_artifacts(s, NULL, NULL, NULL) == 4); /* it was kept */
	pal_store_free(&s);
	test_processes(open_store, "two");
	CHECK(open_store("three", &s, &d) == PAL_OK);
	if (s != NULL)
		test_queries(s);
	pal_store_free(&s);
}

static enum pal_err
open_sqlite(const char *name, struct pal_store **ret_store, struct pal_diag *d)
{
	return pal_store_open_sqlite(scratch_path(name), 10000, ret_store, d);
}

int
main(void)
{
	(void)scratch_init();
	CHECK(pal_store_is_digest(A) && !pal_store_is_digest("a" A) && !pal_store_is_digest(""));
	CHECK(!pal_store_is_digest(NULL) && !pal_store_is_digest("A" A) && !pal_store_is_digest(&(A)[1]));
	contract(open_sqlite);
	scratch_done();
	return check_done();
}
