/* test_workspace.c - made once, opened with the right key, refused with the wrong one or with parts missing. */
#include "palisade/workspace.h"

#include <sys/stat.h>

#include "palisade/ledger.h"
#include "workspace_kit.h"

static enum pal_err
try_open(const struct pal_key *key, struct pal_diag *d)
{
	PAL_AUTO_WORKSPACE           ws = NULL;
	struct pal_workspace_options o = { .key = key, .wait_ms = 200 };

	return pal_workspace_open(scratch_root, &o, &ws, d);
}

static void
test_keys(struct pal_workspace *ws)
{
	PAL_AUTO_SECRET pass = { 0 };
	PAL_AUTO_SECRET wrong = { 0 };
	PAL_AUTO_KEY    key = NULL;
	struct pal_diag d = { 0 };
	size_t          count = 0;

	CHECK(pal_secret_of(pal_view_of("correct horse"), &pass) == PAL_OK);
	CHECK(pal_secret_of(pal_view_of("battery"), &wrong) == PAL_OK);
	CHECK(pal_workspace_new_key(scratch_root, "ann", &pass, &key, &d) == PAL_EEXIST);
	CHECK(pal_workspace_new_key(scratch_root, "../ann", &pass, &key, &d) == PAL_EUSAGE);
	CHECK(pal_workspace_new_key(scratch_root, "", &pass, &key, &d) == PAL_EUSAGE);
	CHECK(pal_workspace_load_key(scratch_root, "ann", &wrong, &key, &d) == PAL_EKEY);
	CHECK(pal_workspace_load_key(scratch_root, "nobody", &pass, &key, &d) == PAL_ENOTFOUND);
	CHECK(pal_workspace_load_key(scratch_root, "ann", &pass, &key, &d) == PAL_OK && pal_key_eq(key, kit_ann));
	(void)pal_workspace_keys(ws, &count);
	CHECK(count == 3);
	CHECK(pal_key_eq(pal_workspace_key_of(ws, "bo"), kit_bo) && pal_workspace_key_of(ws, "cy") == NULL);
	CHECK(pal_key_eq(pal_workspace_key(ws, pal_key_id(kit_ann)), kit_ann));
	CHECK(pal_workspace_trusts(ws, pal_key_id(kit_key)) && !pal_workspace_trusts(ws, pal_key_id(kit_ann)));
	CHECK(pal_workspace_create(scratch_root, "x", &pass, &d) == PAL_EEXIST);
}

static void
test_parts(void)
{
	struct pal_diag d = { 0 };
	struct stat     st;

	CHECK(stat(scratch_path(".palisade"), &st) == 0 && (st.st_mode & 0777) == 0700);
	CHECK(stat(scratch_path(".palisade/keys/workspace.pem"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(try_open(kit_key, &d) == PAL_OK && try_open(NULL, &d) == PAL_OK);
	CHECK(try_open(kit_ann, &d) == PAL_EKEY);
	CHECK(rename(scratch_path(".palisade/keys/workspace.pub"), scratch_path("pub")) == 0);
	CHECK(try_open(kit_key, &d) == PAL_EKEY && strstr(d.text, "workspace.pub") != NULL);
	CHECK(pal_key_save_public(kit_ann, scratch_path(".palisade/keys/workspace.pub"), &d) == PAL_OK);
	CHECK(try_open(NULL, &d) == PAL_EVERIFY); /* a key that the ledger is not of */
	CHECK(rename(scratch_path("pub"), scratch_path(".palisade/keys/workspace.pub")) == 0);
	CHECK(rename(scratch_path(".palisade/ledger"), scratch_path("moved")) == 0);
	CHECK(try_open(kit_key, &d) != PAL_OK);
	CHECK(rename(scratch_path("moved"), scratch_path(".palisade/ledger")) == 0);
	CHECK(rename(scratch_path(".palisade"), scratch_path("away")) == 0);
	CHECK(try_open(kit_key, &d) == PAL_ENOTFOUND && strstr(d.text, "palisade init") != NULL);
	CHECK(rename(scratch_path("away"), scratch_path(".palisade")) == 0);
	CHECK(try_open(kit_key, &d) == PAL_OK);
}

/* A key that is kept elsewhere, as palisade.yaml may declare it. */
static void
test_elsewhere(struct pal_workspace *ws)
{
	PAL_AUTO_KEY    key = NULL;
	struct pal_diag d = { 0 };
	size_t          before = 0, after = 0;

	(void)pal_workspace_keys(ws, &before);
	CHECK(pal_key_generate(PAL_KEY_P256, &key, &d) == PAL_OK);
	CHECK(pal_workspace_lend(ws, key, &d) == PAL_OK && pal_workspace_lend(ws, key, &d) == PAL_OK);
	(void)pal_workspace_keys(ws, &after);
	CHECK(after == before + 1 && pal_workspace_key(ws, pal_key_id(key)) != NULL);
	CHECK(!pal_workspace_trusts(ws, pal_key_id(key)));
	CHECK(pal_workspace_lend(ws, kit_ann, &d) == PAL_OK);
	(void)pal_workspace_keys(ws, &before);
	CHECK(before == after);
}

static void
test_blobs(struct pal_workspace *ws)
{
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; /* FIPS 180-4 */
	PAL_AUTO_BUF      out = pal_buf_of(0);
	PAL_AUTO_ARENA    a;
	char              digest[PAL_ID_TEXT] = "";

	pal_arena_init(&a, 4096);
	CHECK(pal_blob_put(pal_workspace_blobs(ws), pal_view_of("abc"), digest, NULL) == PAL_OK);
	CHECK(strcmp(digest, abc) == 0);
	CHECK(pal_blob_get(pal_workspace_blobs(ws), abc, 3, &out, NULL) == PAL_OK && out.len == 3);
	CHECK(strcmp(pal_workspace_path(ws, "spool", &a), scratch_path(".palisade/spool")) == 0);
	CHECK(pal_workspace_now_ms(ws) == kit_now && pal_workspace_signer(ws) == kit_key);
	CHECK(strcmp(pal_workspace_vkey(ws)->name, "example.org/ledger") == 0);
	CHECK(pal_ledger_size(pal_workspace_ledger(ws)) == 0 && pal_workspace_store(ws) != NULL);
}

static void
test_appending(struct pal_workspace *ws)
{
	struct pal_view entries[2] = { pal_view_of("not evidence"), pal_view_of("neither") };
	uint64_t        first = 9;
	struct pal_diag d = { 0 };

	CHECK(pal_workspace_append(ws, entries, 2, &first, &d) == PAL_OK && first == 0);
	CHECK(pal_workspace_append(ws, entries, 1, &first, &d) == PAL_OK && first == 2);
	CHECK(pal_evidence_sync(ws, &d) == PAL_OK);
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();

	pal_workspace_free(&ws);
	ws = kit_open();
	test_keys(ws);
	test_blobs(ws);
	test_elsewhere(ws);
	test_parts();
	test_appending(ws);
	return kit_done(&ws);
}
