/* test_oms_read.c - statements on their own: the reference's expected payloads and manifests, and damage to ours. */
#include <dirent.h>
#include <stdlib.h>

#include "check.h"
#include "evidence/oms_inside.h"
#include "mutate.h"
#include "palisade/hex.h"
#include "tree.h"

#define SUPPLY    "../shared/vectors/supply/"
#define MANIFESTS SUPPLY "model_transparency/goldens_manifest/"
#define PAYLOADS  SUPPLY "model_transparency/goldens_payload/signing/TestPayload/"

static char root[] = "/tmp/palisade-oms-read-XXXXXX";

/* The models that the reference's tests make (tests/conftest.py). */
static const char *const models[] = { "deep_model_folder",   "empty_model_file",
				      "empty_model_folder",  "model_folder_with_empty_file",
				      "sample_model_folder", "sample_model_file",
				      "symlink_model_folder" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
make_models(void)
{
	static const char simple[] = "This is a simple model";
	char              name[128], text[128];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "sample_model_folder/f%d", i);
		(void)snprintf(text, sizeof(text), "This is file f%d in root.", i);
		tree_put(root, name, text);
		(void)snprintf(name, sizeof(name), "deep_model_folder/d0/d1/d2/d3/d4/f%d", i);
		(void)snprintf(text, sizeof(text), "This is file f%d.", i);
		tree_put(root, name, text);
	}
	for (int i = 0; i < 6; i++) {
		(void)snprintf(name, sizeof(name), "sample_model_folder/d%d/f%d%d", i / 3, i / 3, i % 3);
		(void)snprintf(text, sizeof(text), "This is file f%d%d in d%d.", i / 3, i % 3, i / 3);
		tree_put(root, name, text);
	}
	tree_put(root, "model_folder_with_empty_file/empty_file", "");
	tree_put(root, "empty_model_file", "");
	tree_put(root, "sample_model_file", simple);
	tree_put(root, "outside", simple);
	CHECK(mkdir(tree_path(root, "empty_model_folder"), 0755) == 0);
	CHECK(mkdir(tree_path(root, "symlink_model_folder"), 0755) == 0);
	CHECK(symlink("../outside", tree_path(root, "symlink_model_folder/symlink_file")) == 0);
}

static void
write_lines(const struct pal_manifest *m, bool shards, struct pal_arena *arena, struct pal_buf *to)
{
	for (size_t i = 0; i < m->entries.count; i++) {
		const struct pal_manifest_entry *e = pal_list_at(&m->entries, i);
		char                             hex[PAL_DIGEST_TEXT];

		pal_digest_hex(&e->digest, hex);
		pal_buf_printf(to, "%s:%s\n", shards ? oms_piece_name(arena, e) : e->path, hex);
	}
}

static void
test_manifest(const char *model, const char *folder, const char *suffix, uint64_t shard_size)
{
	PAL_AUTO_ARENA              arena;
	PAL_AUTO_BUF                want = pal_buf_of(0);
	PAL_AUTO_BUF                have = pal_buf_of(0);
	struct pal_manifest_options o = { .shard_size = shard_size, .follow_links = true };
	struct pal_manifest         m = { 0 };
	struct pal_diag             d = { 0 };
	char                        path[512];

	pal_arena_init(&arena, (size_t)4 << 20);
	(void)snprintf(path, sizeof(path), MANIFESTS "%s/TestSerializer/%s%s", folder, model, suffix);
	CHECK_SAY(pal_file_read(path, 1 << 20, &want, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_manifest_make(tree_path(root, model), &o, &arena, &m, &d) == PAL_OK, d.text);
	write_lines(&m, shard_size > 0, &arena, &have);
	if (!CHECK_SAY(pal_view_eq(pal_view_trim(pal_buf_view(&want)), pal_view_trim(pal_buf_view(&have))), path))
		printf("expected:\n%sfound:\n%s", pal_buf_text(&want), pal_buf_text(&have));
}

/* Signed with a key of ours, the reference's payload must verify against the model that it was made from. */
static void
test_payload(const struct pal_key *key, const char *model, const char *suffix)
{
	PAL_AUTO_ARENA        arena;
	PAL_AUTO_BUF          payload = pal_buf_of(0);
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	struct pal_oms_model  m = { .path = tree_path(root, model) };
	struct pal_oms_trust  t = { .key = key };
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };
	char                  path[512];
	int                   want = PAL_OK;

	pal_arena_init(&arena, (size_t)4 << 20);
	(void)snprintf(path, sizeof(path), PAYLOADS "%s%s", model, suffix);
	CHECK_SAY(pal_file_read(path, 1 << 20, &payload, &d) == PAL_OK, d.text);
	if (pal_view_find(pal_buf_view(&payload), pal_view_of("\"resources\": []"), 0) != SIZE_MAX)
		want = PAL_EFORM; /* 6.1: an empty model is refused now */
	pal_buf_add_text(&bundle, "{\"mediaType\":\"" PAL_OMS_MEDIA_TYPE
				  "\",\"verificationMaterial\":{\"publicKey\":{}},\"dsseEnvelope\":");
	CHECK(pal_dsse_sign(key, PAL_DSSE_INTOTO, pal_buf_view(&payload), &bundle, &d) == PAL_OK);
	pal_buf_add_byte(&bundle, '}');
	if (!CHECK_SAY((int)pal_oms_verify(pal_buf_view(&bundle), &m, &t, &arena, &r, &d) == want, path))
		printf("  %s\n", d.text);
}

static void
test_wrong_predicate(void)
{
	PAL_AUTO_ARENA    arena;
	PAL_AUTO_BUF      text = pal_buf_of(0);
	struct oms_bundle b = { 0 };
	struct oms_claims c = { 0 };
	struct pal_diag   d = { 0 };

	pal_arena_init(&arena, (size_t)4 << 20);
	CHECK(pal_file_read(SUPPLY "oms_spec/test-vectors/invalid-payload/wrong-predicate.bundle.json", 1 << 20, &text,
			    NULL) == PAL_OK);
	CHECK_SAY(oms_read_bundle(pal_buf_view(&text), &arena, &b, &d) == PAL_OK, d.text);
	CHECK(oms_read_statement(b.envelope.payload, &arena, &c, &d) == PAL_EFORM &&
	      strstr(d.text, "predicateType") != NULL);
	oms_bundle_done(&b);
}

static void
test_vectors(void)
{
	PAL_AUTO_KEY key = NULL;

	CHECK(pal_key_generate(PAL_KEY_P256, &key, NULL) == PAL_OK);
	make_models();
	for (size_t i = 0; i < COUNT(models); i++) {
		test_manifest(models[i], "file", "", 0);
		test_manifest(models[i], "file_shard", "", PAL_SHARD_SIZE);
		test_manifest(models[i], "file_shard", "_small_shards", 8);
		test_payload(key, models[i], "");
		test_payload(key, models[i], "_shard");
		test_payload(key, models[i], "_small_shards");
	}
	test_wrong_predicate();
}

static void
read_damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA    arena;
	struct oms_claims c = { 0 };
	struct oms_bundle b = { 0 };

	pal_arena_init(&arena, (size_t)4 << 20);
	if (oms_read_statement(v, &arena, &c, NULL) == PAL_OK)
		++*(unsigned int *)arg;
	if (oms_read_old_statement(v, &arena, &c, NULL) == PAL_OK)
		++*(unsigned int *)arg;
	if (oms_read_bundle(v, &arena, &b, NULL) == PAL_OK) {
		oms_bundle_done(&b);
		++*(unsigned int *)arg;
	}
}

/* Every good sample of the corpus is read, damaged in every place; every bad one is refused. */
static void
test_corpus(const char *folder, bool good)
{
	char           path[512];
	DIR           *dir = opendir(folder);
	struct dirent *e = NULL;
	unsigned int   samples = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL) { /* NOLINT(concurrency-mt-unsafe) */
		PAL_AUTO_BUF text = pal_buf_of(0);
		unsigned int accepted = 0, damaged = 0;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		CHECK(pal_file_read(path, 1 << 20, &text, NULL) == PAL_OK);
		read_damaged(pal_buf_view(&text), &accepted);
		CHECK_SAY((accepted == 1) == good, path);
		if (good)
			pal_mutate_all(pal_buf_view(&text), read_damaged, &damaged);
		samples++;
	}
	CHECK(samples >= 4);
	if (dir != NULL)
		(void)closedir(dir);
}

static void
test_paths(void)
{
	static const char *const good[] = { "a", "a/b", "..a", "a..", ".git", "a/.b", "a b", "\xc3\xa9" };
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/../b", "../a" };

	for (size_t i = 0; i < COUNT(good); i++)
		CHECK_SAY(oms_path_is_legal(good[i]), good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_SAY(!oms_path_is_legal(bad[i]), bad[i]);
}

/* Python's repr() of bytes, by hand. */
static void
test_old_pae(void)
{
	static const struct {
		const char *payload, *want;
	} cases[] = {
		{ "ab", "DSSEV1 1 t 2 b'ab'" },
		{ "a'b", "DSSEV1 1 t 3 b\"a'b\"" },
		{ "a'\"b", "DSSEV1 1 t 4 b'a\\'\"b'" },
		{ "a\n\t\r\\", "DSSEV1 1 t 5 b'a\\n\\t\\r\\\\'" },
		{ "\x01\x7f\xc3\xa9", "DSSEV1 1 t 4 b'\\x01\\x7f\\xc3\\xa9'" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		oms_old_pae(pal_view_of("t"), pal_view_of(cases[i].payload), &b);
		CHECK_SAY(pal_view_is(pal_buf_view(&b), cases[i].want), cases[i].want);
	}
}

int
main(void)
{
	if (!CHECK(mkdtemp(root) != NULL))
		return check_done();
	test_paths();
	test_old_pae();
	test_corpus("tests/corpus/oms/good", true);
	test_corpus("tests/corpus/oms/bad", false);
	if (pal_file_exists(SUPPLY "manifest.tsv"))
		test_vectors();
	else
		printf("skipped: ../shared/vectors is not here\n");
	tree_drop(root);
	return check_done();
}
