/* test_manifest.c - trees, pieces, links, caches, the digest that names a folder, and differences by name. */
#include "palisade/manifest.h"

#include "check.h"
#include "tree.h"

#define DIRHASH "../shared/vectors/supply/intoto/dirhash_input.txt"

static char root[] = "/tmp/palisade-manifest-XXXXXX";

static const struct pal_manifest_entry *
entry(const struct pal_manifest *m, size_t i)
{
	return pal_list_at(&m->entries, i);
}

static void
test_tree(struct pal_arena *arena)
{
	static const char *const    ignore[] = { "skip", "d/x" };
	struct pal_manifest_options o = { .ignore = ignore, .ignore_count = 2 };
	struct pal_manifest         m = { 0 };
	struct pal_diag             d = { 0 };
	struct pal_digest           g = { 0 };

	tree_put(root, "b", "bb");
	tree_put(root, "d/a", "aaa");
	tree_put(root, "d-1", "");
	tree_put(root, "d/x/y", "ignored");
	tree_put(root, "skip", "ignored");
	tree_put(root, "skipper", "kept");
	CHECK(symlink("b", tree_path(root, "link")) == 0 && mkfifo(tree_path(root, "pipe"), 0600) == 0);
	CHECK_SAY(pal_manifest_make(root, &o, arena, &m, &d) == PAL_OK, d.text);
	CHECK(m.entries.count == 4 && m.files == 4 && m.bytes == 9 && m.ignored == 2 && m.empty == 1 && !m.is_file);
	CHECK(strcmp(entry(&m, 0)->path, "b") == 0 && strcmp(entry(&m, 1)->path, "d-1") == 0);
	CHECK(strcmp(entry(&m, 2)->path, "d/a") == 0 && strcmp(entry(&m, 3)->path, "skipper") == 0);
	CHECK(pal_digest_of(PAL_SHA256, pal_view_of("bb"), &g) == PAL_OK && pal_digest_eq(&g, &entry(&m, 0)->digest));
	CHECK(m.others.count == 2); /* link, pipe: listed, not read */
	CHECK(unlink(tree_path(root, "pipe")) == 0);
	o.follow_links = true;
	CHECK_SAY(pal_manifest_make(root, &o, arena, &m, &d) == PAL_OK, d.text);
	CHECK(m.entries.count == 5 && m.others.count == 0 && m.links_outside == 0);
	CHECK(strcmp(entry(&m, 3)->path, "link") == 0 && pal_digest_eq(&g, &entry(&m, 3)->digest));
	CHECK(unlink(tree_path(root, "link")) == 0 && symlink("/etc/hostname", tree_path(root, "link")) == 0);
	CHECK_SAY(pal_manifest_make(root, &o, arena, &m, &d) == PAL_OK && m.links_outside == 1, d.text);
	CHECK(unlink(tree_path(root, "link")) == 0 && symlink("nowhere", tree_path(root, "link")) == 0);
	CHECK(pal_manifest_make(root, &o, arena, &m, &d) == PAL_EFORM && strstr(d.text, "nowhere") != NULL);
	CHECK(unlink(tree_path(root, "link")) == 0 && symlink("d", tree_path(root, "link")) == 0);
	CHECK(pal_manifest_make(root, &o, arena, &m, &d) == PAL_EFORM && strstr(d.text, "no file") != NULL);
	CHECK(unlink(tree_path(root, "link")) == 0);
	CHECK(pal_manifest_make("/nonexistent", &o, arena, &m, &d) == PAL_ENOTFOUND);
	o.most = 3;
	CHECK(pal_manifest_make(root, &o, arena, &m, &d) == PAL_ELIMIT);
}

static void
test_only(struct pal_arena *arena)
{
	struct pal_map              only = pal_map_of(arena);
	struct pal_manifest_options o = { .only = &only };
	struct pal_manifest         m = { 0 };
	static int                  yes = 1;

	*pal_map_put(&only, pal_view_of("d/a")) = &yes;
	*pal_map_put(&only, pal_view_of("../b")) = &yes;
	*pal_map_put(&only, pal_view_of("/etc/hostname")) = &yes;
	CHECK(pal_manifest_make(root, &o, arena, &m, NULL) == PAL_OK && m.entries.count == 1);
	CHECK(strcmp(entry(&m, 0)->path, "d/a") == 0);
}

static void
test_pieces(struct pal_arena *arena)
{
	static uint8_t              bytes[1000];
	struct pal_manifest_options o = { .shard_size = 300, .alg = PAL_BLAKE2B };
	struct pal_manifest         m = { 0 };
	struct pal_digest           g = { 0 };
	char                        path[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	tree_put_bytes(root, "big/one", bytes, sizeof(bytes));
	tree_put_bytes(root, "big/two", bytes, 600);
	tree_put(root, "big/zero", "");
	(void)snprintf(path, sizeof(path), "%s/big", root);
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK && m.entries.count == 6 && m.empty == 1);
	for (size_t i = 0; i < 4; i++) {
		uint64_t end = i == 3 ? 1000 : (i + 1) * 300;

		CHECK(entry(&m, i)->start == i * 300 && entry(&m, i)->end == end);
		CHECK(pal_digest_of(PAL_BLAKE2B, (struct pal_view){ bytes + i * 300, end - i * 300 }, &g) == PAL_OK);
		CHECK(pal_digest_eq(&g, &entry(&m, i)->digest));
	}
	CHECK(entry(&m, 5)->start == 300 && entry(&m, 5)->end == 600);
	CHECK(pal_manifest_digest(&m, &g, NULL) == PAL_EUSAGE);
	o.shard_size = UINT64_MAX;
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK && m.entries.count == 2);
}

static void
test_file(struct pal_arena *arena)
{
	struct pal_manifest_options o = { 0 };
	struct pal_manifest         m = { 0 };
	struct pal_digest           g = { 0 }, want = { 0 };
	char                        path[256];

	(void)snprintf(path, sizeof(path), "%s/d/a", root);
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK && m.is_file && m.entries.count == 1);
	CHECK(strcmp(entry(&m, 0)->path, ".") == 0 && pal_manifest_digest(&m, &g, NULL) == PAL_OK);
	CHECK(pal_digest_of(PAL_SHA256, pal_view_of("aaa"), &want) == PAL_OK && pal_digest_eq(&g, &want));
	CHECK(symlink("d/a", tree_path(root, "named")) == 0);
	(void)snprintf(path, sizeof(path), "%s/named", root);
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK && m.is_file &&
	      pal_digest_eq(&entry(&m, 0)->digest, &want));
	CHECK(unlink(tree_path(root, "named")) == 0);
}

/* The digest of a folder is sha256sum's output hashed again; written out by hand here. */
static void
test_digest(struct pal_arena *arena)
{
	struct pal_manifest_options o = { 0 };
	struct pal_manifest         m = { 0 };
	struct pal_digest           g = { 0 }, a = { 0 }, want = { 0 };
	char                        path[256], hex[PAL_DIGEST_TEXT], text[1024];

	tree_put(root, "dir/z", "z");
	tree_put(root, "dir/a b", "a");
	(void)snprintf(path, sizeof(path), "%s/dir", root);
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK && pal_manifest_digest(&m, &g, NULL) == PAL_OK);
	CHECK(pal_digest_of(PAL_SHA256, pal_view_of("a"), &a) == PAL_OK);
	pal_digest_hex(&a, hex);
	(void)snprintf(text, sizeof(text), "%s  a b\n", hex);
	CHECK(pal_digest_of(PAL_SHA256, pal_view_of("z"), &a) == PAL_OK);
	pal_digest_hex(&a, hex);
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s  z\n", hex);
	CHECK(pal_digest_of(PAL_SHA256, pal_view_of(text), &want) == PAL_OK && pal_digest_eq(&g, &want));
	tree_put(root, "dir/new\nline", "z");
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK);
	CHECK(pal_manifest_digest(&m, &g, NULL) == PAL_EFORM);
}

static void
test_dirhash_vector(struct pal_arena *arena)
{
	PAL_AUTO_BUF        text = pal_buf_of(0);
	struct pal_manifest m = { .entries = pal_list_of(arena, sizeof(struct pal_manifest_entry)) };
	struct pal_view     rest = { 0 }, line = { 0 };
	struct pal_digest   g = { 0 };
	char                hex[PAL_DIGEST_TEXT] = "";

	if (pal_file_read(DIRHASH, 65536, &text, NULL) != PAL_OK) {
		printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	rest = pal_buf_view(&text);
	while (pal_view_line(&rest, &line)) {
		struct pal_manifest_entry *e = pal_list_add(&m.entries);

		CHECK(pal_digest_parse(PAL_SHA256, pal_view_sub(line, 0, 64), &e->digest) == PAL_OK);
		e->path = pal_arena_text(arena, pal_view_sub(line, 66, SIZE_MAX));
	}
	CHECK(pal_manifest_digest(&m, &g, NULL) == PAL_OK);
	pal_digest_hex(&g, hex);
	CHECK(strcmp(hex, "2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f") == 0);
}

struct fake_cache {
	struct pal_file_id id;
	struct pal_digest  digest;
	unsigned int       asked, told;
};

static bool
fake_get(void *arg, const struct pal_file_id *id, enum pal_digest_alg alg, struct pal_digest *ret)
{
	struct fake_cache *c = arg;

	c->asked++;
	if (id->inode != c->id.inode || id->mtime_ns != c->id.mtime_ns || alg != c->digest.alg)
		return false;
	*ret = c->digest;
	return true;
}

static void
fake_put(void *arg, const struct pal_file_id *id, const struct pal_digest *digest)
{
	struct fake_cache *c = arg;

	c->told++;
	c->id = *id;
	c->digest = *digest;
}

static void
test_cache(struct pal_arena *arena)
{
	struct fake_cache           fake = { 0 };
	struct pal_digest_cache     cache = { .arg = &fake, .get = fake_get, .put = fake_put };
	struct pal_progress         progress = { 0 };
	struct pal_manifest_options o = { .cache = &cache, .progress = &progress };
	struct pal_manifest         m = { 0 };
	char                        path[256];

	tree_put(root, "cached/f", "some bytes");
	(void)snprintf(path, sizeof(path), "%s/cached", root);
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK);
	CHECK(fake.asked == 1 && fake.told == 0 && m.from_cache == 0); /* too fresh to be remembered */
	(void)usleep(2200 * 1000);
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK);
	CHECK(fake.told == 1 && m.from_cache == 0 && progress.total == 10);
	fake.digest.bytes[0] ^= 1; /* to see that it is used */
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK);
	CHECK(m.from_cache == 1 && pal_digest_eq(&fake.digest, &entry(&m, 0)->digest) && progress.total == 0);
	tree_put(root, "cached/f", "other byte");
	CHECK(pal_manifest_make(path, &o, arena, &m, NULL) == PAL_OK && m.from_cache == 0);
}

static void
test_compare(struct pal_arena *arena)
{
	struct pal_manifest         a = { 0 }, b = { 0 };
	struct pal_list             changes = pal_list_of(arena, sizeof(struct pal_change));
	static const char          *names[] = { "added", "changed", "gone" };
	static const int            kinds[] = { PAL_CHANGE_EXTRA, PAL_CHANGE_DIFFERS, PAL_CHANGE_MISSING };
	struct pal_manifest_options o = { 0 };
	char                        path[256];

	tree_put(root, "cmp/changed", "1");
	tree_put(root, "cmp/gone", "2");
	tree_put(root, "cmp/same", "3");
	(void)snprintf(path, sizeof(path), "%s/cmp", root);
	CHECK(pal_manifest_make(path, &o, arena, &a, NULL) == PAL_OK);
	CHECK(pal_manifest_compare(&a, &a, &changes) == PAL_OK && changes.count == 0);
	tree_put(root, "cmp/changed", "longer");
	tree_put(root, "cmp/added", "4");
	CHECK(unlink(tree_path(root, "cmp/gone")) == 0);
	CHECK(pal_manifest_make(path, &o, arena, &b, NULL) == PAL_OK);
	CHECK(pal_manifest_compare(&a, &b, &changes) == PAL_OK && changes.count == 3);
	for (size_t i = 0; i < 3 && i < changes.count; i++) {
		const struct pal_change         *c = pal_list_at(&changes, i);
		const struct pal_manifest_entry *e = c->expected == NULL ? c->found : c->expected;

		CHECK((int)c->kind == kinds[i] && strcmp(e->path, names[i]) == 0);
		CHECK((c->expected == NULL) == (c->kind == PAL_CHANGE_EXTRA));
	}
	CHECK(strcmp(pal_change_name(PAL_CHANGE_EXTRA), "extra") == 0);
}

static void
test_ignored(void)
{
	static const char *const ignore[] = { "a", "b/c", "" };

	CHECK(pal_path_ignored("a", ignore, 3) && pal_path_ignored("a/b", ignore, 3));
	CHECK(pal_path_ignored("b/c", ignore, 3) && pal_path_ignored("b/c/d", ignore, 3));
	CHECK(!pal_path_ignored("ab", ignore, 3) && !pal_path_ignored("b", ignore, 3));
	CHECK(!pal_path_ignored("x/a", ignore, 3) && !pal_path_ignored("b/cd", ignore, 3));
}

/* Many small files on several threads, with one that cannot be read: the first failure is told, by name. */
static void
test_many(struct pal_arena *arena)
{
	struct pal_manifest_options o = { .threads = 8 };
	struct pal_manifest         m = { 0 };
	struct pal_diag             d = { 0 };
	char                        path[256], name[64];

	for (unsigned int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "many/%u/f%u", i % 7, i);
		tree_put(root, name, name);
	}
	(void)snprintf(path, sizeof(path), "%s/many", root);
	CHECK(pal_manifest_make(path, &o, arena, &m, &d) == PAL_OK && m.entries.count == 300);
	for (size_t i = 1; i < m.entries.count; i++)
		CHECK(strcmp(entry(&m, i - 1)->path, entry(&m, i)->path) < 0);
	CHECK(chmod(tree_path(root, "many/3/f3"), 0) == 0);
	if (geteuid() != 0)
		CHECK(pal_manifest_make(path, &o, arena, &m, &d) == PAL_ESYS && strstr(d.text, "many/3/f3") != NULL);
}

int
main(void)
{
	PAL_AUTO_ARENA arena;

	pal_arena_init(&arena, (size_t)64 << 20);
	if (!CHECK(mkdtemp(root) != NULL))
		return check_done();
	test_tree(&arena);
	test_only(&arena);
	test_pieces(&arena);
	test_file(&arena);
	test_digest(&arena);
	test_dirhash_vector(&arena);
	test_cache(&arena);
	test_compare(&arena);
	test_ignored();
	test_many(&arena);
	tree_drop(root);
	return check_done();
}
