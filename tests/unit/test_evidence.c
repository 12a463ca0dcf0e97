/* test_evidence.c - into the ledger and back; tampered envelopes, rows, keys; a lost index; two processes at once. */
#include "palisade/evidence.h"

#include <sqlite3.h>
#include <sys/wait.h>

#include "palisade/dsse.h"
#include "palisade/ledger.h"
#include "workspace_kit.h"

static void
sql(const char *text)
{
	sqlite3 *db = NULL;

	CHECK(sqlite3_open(scratch_path(".palisade/store.db"), &db) == SQLITE_OK);
	CHECK_SAY(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

static size_t
count_found(struct pal_workspace *ws, const char *subject, const char *type)
{
	PAL_AUTO_ARENA  a;
	struct pal_list found;
	struct pal_diag d = { 0 };

	pal_arena_init(&a, (size_t)64 << 20);
	found = pal_list_of(&a, sizeof(struct pal_evidence));
	if (pal_evidence_find(ws, subject, type, &found, &d) != PAL_OK)
		return (size_t)printf("find: %s\n", d.text) * 1000;
	for (size_t i = 1; i < found.count; i++)
		CHECK(((struct pal_evidence *)pal_list_at(&found, i - 1))->index >
		      ((struct pal_evidence *)pal_list_at(&found, i))->index);
	return found.count;
}

static void
test_there_and_back(struct pal_workspace *ws, char ret_id[PAL_ID_TEXT])
{
	PAL_AUTO_ARENA      a;
	struct pal_evidence e = { 0 };
	struct pal_diag     d = { 0 };
	char                prefix[10] = "";

	pal_arena_init(&a, 1 << 20);
	if (kit_add(ws, PAL_TYPE_LABEL, kit_digest(1), "{\"sensitivity\":\"internal\"}", NULL, ret_id) != PAL_OK)
		return;
	CHECK_SAY(pal_evidence_load(ws, ret_id, &a, &e, &d) == PAL_OK, d.text);
	CHECK(strcmp(e.id, ret_id) == 0 && e.index == 0 && strcmp(e.signer, pal_key_id(kit_key)) == 0);
	CHECK(strcmp(e.statement.type, PAL_TYPE_LABEL) == 0 && e.statement.time_ms == kit_now &&
	      strcmp(e.statement.subjects[0].digest, kit_digest(1)) == 0 &&
	      strcmp(e.statement.predicate, "{\"sensitivity\":\"internal\"}") == 0);
	(void)snprintf(prefix, sizeof(prefix), "%.8s", ret_id);
	CHECK(pal_evidence_load(ws, prefix, &a, &e, &d) == PAL_OK && strcmp(e.id, ret_id) == 0);
	CHECK(pal_evidence_load(ws, kit_digest(1), &a, &e, &d) == PAL_ENOTFOUND);
	CHECK(count_found(ws, kit_digest(1), PAL_TYPE_LABEL) == 1 && count_found(ws, kit_digest(1), NULL) == 1);
	CHECK(count_found(ws, kit_digest(2), NULL) == 0 && count_found(ws, NULL, PAL_TYPE_VSA) == 0);
}

static void
test_trust(struct pal_workspace *ws)
{
	PAL_AUTO_ARENA      a;
	struct pal_list     claims;
	struct pal_evidence e = { 0 };
	struct pal_diag     d = { 0 };
	char                id[PAL_ID_TEXT] = "";

	pal_arena_init(&a, 4 << 20);
	pal_workspace_free(&ws);
	ws = kit_open(); /* now it has seen the keys of ann and bo */
	if (kit_add(ws, PAL_TYPE_APPROVAL, kit_digest(5), "{\"by\":\"ann\"}", kit_ann, id) != PAL_OK)
		return;
	CHECK(pal_evidence_load(ws, id, &a, &e, &d) == PAL_EKEY && strstr(d.text, "not trusted") != NULL);
	CHECK(count_found(ws, kit_digest(5), NULL) == 0);
	claims = pal_list_of(&a, sizeof(e));
	CHECK(pal_evidence_claims(ws, kit_digest(5), NULL, &claims, &d) == PAL_OK && claims.count == 1);
	CHECK(pal_workspace_trust(ws, kit_digest(9), &d) == PAL_ENOTFOUND);
	CHECK(pal_workspace_trust(ws, pal_key_id(kit_ann), &d) == PAL_OK);
	CHECK(pal_evidence_load(ws, id, &a, &e, &d) == PAL_OK && strcmp(e.signer, pal_key_id(kit_ann)) == 0);
	CHECK(count_found(ws, kit_digest(5), NULL) == 1);
	pal_workspace_free(&ws);
}

static void
test_refused(struct pal_workspace *ws)
{
	struct pal_resource  r = { .digest = kit_digest(1) };
	struct pal_statement s = { .type = PAL_TYPE_LABEL, .subjects = &r, .subject_count = 1, .predicate = "{}" };
	PAL_AUTO_KEY         stranger = NULL;
	PAL_AUTO_BUF         envelope = pal_buf_of(0);
	PAL_AUTO_BUF         big = pal_buf_of(0);
	PAL_AUTO_BUF         payload = pal_buf_of(0);
	struct pal_diag      d = { 0 };
	char                 id[PAL_ID_TEXT] = "";
	uint64_t             size = pal_ledger_size(pal_workspace_ledger(ws));

	CHECK(pal_key_generate(PAL_KEY_ED25519, &stranger, &d) == PAL_OK);
	CHECK(pal_evidence_add(ws, &s, stranger, id, &d) == PAL_EKEY);
	CHECK(pal_statement_write(&s, &payload, &d) == PAL_OK);
	CHECK(pal_dsse_sign(stranger, PAL_STATEMENT_MIME, pal_buf_view(&payload), &envelope, &d) == PAL_OK);
	CHECK(pal_evidence_add_envelope(ws, pal_buf_view(&envelope), id, &d) == PAL_EVERIFY);
	CHECK(pal_evidence_add_envelope(ws, pal_view_of("{}"), id, &d) == PAL_EFORM);
	pal_buf_clear(&envelope);
	CHECK(pal_dsse_sign(kit_bo, "text/plain", pal_buf_view(&payload), &envelope, &d) == PAL_OK);
	CHECK(pal_evidence_add_envelope(ws, pal_buf_view(&envelope), id, &d) == PAL_EFORM);
	pal_buf_printf(&big, "{\"x\":\"%060000d\"}", 1);
	s.predicate = pal_buf_text(&big);
	CHECK(pal_evidence_add(ws, &s, NULL, id, &d) == PAL_ELIMIT && strstr(d.text, "blob") != NULL);
	CHECK(pal_ledger_size(pal_workspace_ledger(ws)) == size);
	pal_buf_clear(&envelope);
	CHECK(pal_dsse_sign(kit_bo, PAL_STATEMENT_MIME, pal_buf_view(&payload), &envelope, &d) == PAL_OK);
	CHECK(pal_evidence_add_envelope(ws, pal_buf_view(&envelope), id, &d) == PAL_OK);
}

static void
test_read_only(void)
{
	struct pal_workspace *ws = NULL;
	struct pal_diag       d = { 0 };
	struct pal_resource   r = { .digest = kit_digest(1) };
	struct pal_statement  s = { .type = PAL_TYPE_LABEL, .subjects = &r, .subject_count = 1, .predicate = "{}" };
	char                  id[PAL_ID_TEXT] = "";

	CHECK(pal_workspace_open(scratch_root, NULL, &ws, &d) == PAL_OK);
	if (ws == NULL)
		return;
	CHECK(pal_evidence_add(ws, &s, NULL, id, &d) == PAL_EKEY);
	CHECK(pal_evidence_add(ws, &s, kit_ann, id, &d) == PAL_EKEY); /* the ledger's key is needed, too */
	CHECK(count_found(ws, kit_digest(1), PAL_TYPE_LABEL) >= 1);
	pal_workspace_free(&ws);
}

static void
test_batch(struct pal_workspace *ws)
{
	static struct pal_resource  r[300];
	static struct pal_statement s[300];
	static char                 ids[300][PAL_ID_TEXT];
	static char                 digests[300][PAL_ID_TEXT];
	struct pal_diag             d = { 0 };
	uint64_t                    size = pal_ledger_size(pal_workspace_ledger(ws));

	for (unsigned int i = 0; i < 300; i++) {
		(void)snprintf(digests[i], PAL_ID_TEXT, "%s", kit_digest(1000 + i));
		r[i] = (struct pal_resource){ .digest = digests[i] };
		s[i] = (struct pal_statement){
			.type = PAL_TYPE_SOURCE, .subjects = &r[i], .subject_count = 1, .predicate = "{}"
		};
	}
	CHECK_SAY(pal_evidence_add_many(ws, s, 300, NULL, ids, &d) == PAL_OK, d.text);
	CHECK(pal_ledger_size(pal_workspace_ledger(ws)) == size + 300);
	CHECK(count_found(ws, NULL, PAL_TYPE_SOURCE) == 300 && count_found(ws, kit_digest(1299), NULL) == 1);
	s[299].subject_count = 0; /* one is wrong: none is added */
	CHECK(pal_evidence_add_many(ws, s, 300, NULL, ids, &d) != PAL_OK);
	CHECK(pal_ledger_size(pal_workspace_ledger(ws)) == size + 300);
}

/* Rows that lie are found out, whatever they lie about. */
static void
test_rows(struct pal_workspace *ws, const char *id)
{
	static const char *const lies[] = {
		"DELETE FROM evidence WHERE idx = 0",
		"DELETE FROM evidence; DELETE FROM subjects",
		"UPDATE evidence SET idx = 1000000 WHERE idx = 0",
		"UPDATE evidence SET id = replace(id, 'a', 'b')",
		"INSERT INTO evidence (idx, id, type, signer, time_ms) SELECT 99999999, id, type, signer, 1 FROM "
		"evidence "
		"WHERE idx = 0",
		"UPDATE evidence SET idx = idx + 1000; UPDATE subjects SET idx = idx + 1000",
	};
	PAL_AUTO_ARENA      a;
	struct pal_evidence e = { 0 };
	struct pal_reindex  r = { 0 };
	struct pal_diag     d = { 0 };

	pal_arena_init(&a, 16 << 20);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		sql(lies[i]);
		CHECK_SAY(pal_evidence_load(ws, id, &a, &e, &d) == PAL_OK && strcmp(e.id, id) == 0, lies[i]);
		CHECK_SAY(count_found(ws, kit_digest(1), PAL_TYPE_LABEL) >= 1, lies[i]);
	}
	sql("UPDATE evidence SET type = '" PAL_TYPE_VSA "' WHERE idx = 0"); /* a label that poses as a decision */
	CHECK(count_found(ws, kit_digest(1), PAL_TYPE_VSA) == 0);
	sql("INSERT OR IGNORE INTO subjects (digest, idx) VALUES ('" /* a label of something else */
	    "0000000500000000000000000000000000000000000000000000000000000005', 0)");
	CHECK(count_found(ws, kit_digest(5), PAL_TYPE_LABEL) == 0);
	sql("UPDATE evidence SET signer = 'x' WHERE idx = 0; DELETE FROM evidence WHERE idx = 1");
	CHECK(pal_evidence_reindex(ws, &r, &d) == PAL_OK && r.missing == 1 && r.wrong == 1 &&
	      r.entries == pal_ledger_size(pal_workspace_ledger(ws)));
	CHECK(pal_evidence_reindex(ws, &r, &d) == PAL_OK && r.missing == 0 && r.wrong == 0);
}

static void
test_lost_index(const char *id)
{
	struct pal_workspace *ws = NULL;
	PAL_AUTO_ARENA        a;
	struct pal_evidence   e = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, 1 << 20);
	(void)unlink(scratch_path(".palisade/store.db"));
	(void)unlink(scratch_path(".palisade/store.db-wal"));
	(void)unlink(scratch_path(".palisade/store.db-shm"));
	ws = kit_open();
	CHECK_SAY(pal_evidence_load(ws, id, &a, &e, &d) == PAL_OK, d.text);
	pal_workspace_free(&ws);
}

static void
add_some(unsigned int who, unsigned int count)
{
	struct pal_workspace *ws = kit_open();
	char                  id[PAL_ID_TEXT] = "";

	for (unsigned int i = 0; i < count; i++)
		if (kit_add(ws, PAL_TYPE_EVALUATION, kit_digest(who), "{}", NULL, id) != PAL_OK ||
		    count_found(ws, kit_digest(who), NULL) != i + 1)
			_exit(1);
	pal_workspace_free(&ws);
	_exit(check_failed == 0 ? 0 : 2);
}

static void
test_processes(struct pal_workspace *ws)
{
	uint64_t size = pal_ledger_size(pal_workspace_ledger(ws));
	pid_t    pids[3] = { 0 };

	for (unsigned int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			add_some(7000 + i, 15);
	}
	for (unsigned int i = 0; i < 3; i++) {
		int status = -1;

		CHECK(waitpid(pids[i], &status, 0) == pids[i] && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	for (unsigned int i = 0; i < 3; i++)
		CHECK(count_found(ws, kit_digest(7000 + i), NULL) == 15);
	CHECK(pal_ledger_size(pal_workspace_ledger(ws)) == size + 45);
}

static void
spoil(const char *name, long at)
{
	FILE *f = fopen(scratch_path(name), "r+");
	int   c = 0;

	CHECK(f != NULL);
	if (f == NULL)
		return;
	CHECK(fseek(f, at, SEEK_SET) == 0);
	c = fgetc(f);
	CHECK(fseek(f, at, SEEK_SET) == 0 && fputc(c ^ 1, f) != EOF && fclose(f) == 0);
}

/* A byte of an entry is changed in the ledger itself: no evidence comes out of it, and no walk goes past it. */
static void
test_tampered(const char *id)
{
	static const char *const types[] = { PAL_TYPE_LABEL, NULL };
	struct pal_workspace    *ws = NULL;
	PAL_AUTO_ARENA           a;
	struct pal_list          all;
	struct pal_evidence      e = { 0 };
	struct pal_diag          d = { 0 };

	pal_arena_init(&a, 16 << 20);
	ws = kit_open();
	all = pal_list_of(&a, sizeof(e));
	CHECK(pal_evidence_each(ws, types, &all, &d) == PAL_OK && all.count > 0);
	pal_workspace_free(&ws);
	spoil(".palisade/ledger/tile/entries/000", 60);
	ws = kit_open();
	CHECK(pal_evidence_load(ws, id, &a, &e, &d) == PAL_EVERIFY);
	all = pal_list_of(&a, sizeof(e));
	CHECK(pal_evidence_each(ws, types, &all, &d) == PAL_EVERIFY && all.count == 0);
	all = pal_list_of(&a, sizeof(e));
	CHECK(pal_evidence_find(ws, kit_digest(1), PAL_TYPE_LABEL, &all, &d) == PAL_EVERIFY);
	pal_workspace_free(&ws);
	spoil(".palisade/ledger/tile/entries/000", 60);
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();
	char                  id[PAL_ID_TEXT] = "";

	test_there_and_back(ws, id);
	pal_workspace_free(&ws);
	ws = kit_open();
	test_trust(kit_open());
	test_refused(ws);
	test_read_only();
	test_batch(ws);
	test_rows(ws, id);
	test_lost_index(id);
	pal_workspace_free(&ws);
	ws = kit_open();
	test_processes(ws);
	test_tampered(id);
	return kit_done(&ws);
}
