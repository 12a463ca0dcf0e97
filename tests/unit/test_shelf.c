/* test_shelf.c - files of a ledger by name: partial and full, too long, too short, links, what is left when writing
 * fails. */
#include "merkle/shelf.h"

#include "ledger_room.h"

static struct pal_hash hashes[PAL_TILE_WIDTH], got[PAL_TILE_WIDTH];

static struct pal_view
bytes(size_t count)
{
	return (struct pal_view){ hashes[0].bytes, count * sizeof(hashes[0]) };
}

static void
test_tiles(const char *dir)
{
	struct pal_tile_id id = { .level = 0, .index = 1000, .width = 9 };
	struct pal_diag    d = { 0 };

	CHECK(pal_shelf_tile(dir, &id, got, &d) == PAL_ENOTFOUND && strstr(d.text, "x001/000.p/9") != NULL);
	CHECK(pal_shelf_write(dir, "tile/0/x001/000.p/9", bytes(9), NULL) == PAL_OK);
	CHECK(pal_shelf_tile(dir, &id, got, NULL) == PAL_OK && memcmp(got, hashes, 9 * sizeof(got[0])) == 0);
	CHECK(pal_shelf_write(dir, "tile/0/x001/000", bytes(256), NULL) == PAL_OK);
	pal_shelf_retire(dir, &id);
	CHECK(pal_shelf_tile(dir, &id, got, NULL) == PAL_OK && memcmp(got, hashes, 9 * sizeof(got[0])) == 0);
	CHECK(pal_shelf_write(dir, "tile/0/x001/000", bytes(255), NULL) == PAL_OK);
	id.width = PAL_TILE_WIDTH;
	CHECK(pal_shelf_tile(dir, &id, got, NULL) == PAL_ETRUNC);
	CHECK(pal_shelf_sync(dir, "tile/0/x001/000", NULL) == PAL_OK && pal_shelf_sync_all(dir, NULL) == PAL_OK);
	CHECK(pal_shelf_sync(dir, "tile/0/x001/001", NULL) == PAL_ENOTFOUND);
}

static void
test_bundles(const char *dir)
{
	struct pal_tile_id id = { .level = PAL_TILE_ENTRIES, .width = 2 };
	struct pal_view    entries[PAL_TILE_WIDTH];
	PAL_AUTO_BUF       b = pal_buf_of(0);
	size_t             count = 0;

	CHECK(pal_shelf_write(dir, "tile/entries/000.p/2", (struct pal_view){ (const uint8_t *)"\0\1a\0\1b", 6 },
			      NULL) == PAL_OK);
	CHECK(pal_shelf_bundle(dir, &id, &b, entries, &count, NULL) == PAL_OK && count == 2 &&
	      pal_view_is(entries[1], "b"));
	CHECK(pal_shelf_write(dir, "tile/entries/000.p/2", (struct pal_view){ (const uint8_t *)"\0\1a", 3 }, NULL) ==
	      PAL_OK);
	CHECK(pal_shelf_bundle(dir, &id, &b, entries, &count, NULL) == PAL_ETRUNC && count == 1);
	CHECK(pal_shelf_write(dir, "tile/entries/000.p/2", (struct pal_view){ (const uint8_t *)"\0\1a\0\5b", 6 },
			      NULL) == PAL_OK);
	CHECK(pal_shelf_bundle(dir, &id, &b, entries, &count, NULL) == PAL_ETRUNC && count == 1);
}

static void
test_files(const char *dir)
{
	PAL_AUTO_BUF b = pal_buf_of(0);
	uint64_t     size = 9;
	char         path[100];

	CHECK(pal_shelf_size(dir, "log", &size, NULL) == PAL_OK && size == 0);
	CHECK(pal_shelf_append(dir, "log", 0, pal_view_of("abc"), NULL) == PAL_OK);
	CHECK(pal_shelf_append(dir, "log", 3, pal_view_of("def"), NULL) == PAL_OK);
	CHECK(pal_shelf_size(dir, "log", &size, NULL) == PAL_OK && size == 6);
	CHECK(pal_shelf_read(dir, "log", 5, &b, NULL) == PAL_ELIMIT);
	CHECK(pal_shelf_read(dir, "log", 6, &b, NULL) == PAL_OK && pal_view_is(pal_buf_view(&b), "abcdef"));
	CHECK(pal_shelf_cut(dir, "log", 2, NULL) == PAL_OK && pal_shelf_size(dir, "log", &size, NULL) == PAL_OK &&
	      size == 2);
	CHECK(pal_shelf_replace(dir, "log", pal_view_of("new"), NULL) == PAL_OK);
	pal_buf_clear(&b);
	CHECK(pal_shelf_read(dir, "log", 6, &b, NULL) == PAL_OK && pal_view_is(pal_buf_view(&b), "new"));
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	CHECK(symlink("log", path) == 0);
	CHECK(pal_shelf_read(dir, "link", 6, &b, NULL) == PAL_EFORM);
	CHECK(pal_shelf_append(dir, "link", 0, pal_view_of("x"), NULL) == PAL_ESYS);
	CHECK(pal_shelf_cut(dir, "link", 0, NULL) == PAL_ESYS);
	pal_shelf_remove(dir, "log");
	CHECK(pal_shelf_read(dir, "log", 6, &b, NULL) == PAL_ENOTFOUND);
	CHECK(pal_shelf_write("/nonexistent", "a/b", pal_view_of("x"), NULL) != PAL_OK);
}

int
main(void)
{
	char dir[] = "/tmp/palisade-shelf-XXXXXX";

	for (size_t i = 0; i < PAL_TILE_WIDTH; i++)
		hashes[i] = pal_hash_of((struct pal_view){ (const uint8_t *)&i, sizeof(i) });
	CHECK(mkdtemp(dir) != NULL);
	test_tiles(dir);
	test_bundles(dir);
	test_files(dir);
	room_remove(dir);
	return check_done();
}
