/* test_tile.c - names of tiles both ways, widths against the specification's examples, bundles split and damaged. */
#include "palisade/tile.h"

#include "corpus.h"
#include "mutate.h"

#define CORPUS SOURCE_DIR "/tests/corpus/tile"

static void
test_paths(void)
{
	static const struct {
		struct pal_tile_id id;
		const char        *path;
	} good[] = {
		{ { 0, 0, 256 }, "tile/0/000" },
		{ { 0, 999, 256 }, "tile/0/999" },
		{ { 0, 1000, 256 }, "tile/0/x001/000" },
		{ { 0, 1234067, 256 }, "tile/0/x001/x234/067" },
		{ { 63, 5, 1 }, "tile/63/005.p/1" },
		{ { PAL_TILE_ENTRIES, 1234067, 255 }, "tile/entries/x001/x234/067.p/255" },
		{ { PAL_TILE_ENTRIES, UINT64_MAX, 17 }, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/17" },
	};
	static const char *const bad[] = {
		"",
		"tile",
		"tile/",
		"tile/0",
		"tile/0/",
		"tile/0/00",
		"tile/0/0000",
		"tile/0/x000/001",
		"tile/0/x001",
		"tile/0/000/000",
		"tile/0/001/002",
		"tile/64/000",
		"tile/00/000",
		"tile/-1/000",
		"tile/0/000.p",
		"tile/0/000.p/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/x000.p/1/001",
		"tile/0/00a",
		"tile/0/000.p/1/2",
		"tile/0/000 ",
		"/tile/0/000",
		"tile//0/000",
		"tile/entry/000",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/999",
		"tile/0/x018/x446/x744/x073/x709/x551/616",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char               path[PAL_TILE_PATH];
		struct pal_tile_id id = { 0 };

		pal_tile_path(&good[i].id, path);
		CHECK_SAY(strcmp(path, good[i].path) == 0, good[i].path);
		CHECK_SAY(pal_tile_path_parse(pal_view_of(path), &id) && id.level == good[i].id.level &&
			      id.index == good[i].id.index && id.width == good[i].id.width,
			  good[i].path);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pal_tile_id id = { 0 };

		CHECK_SAY(!pal_tile_path_parse(pal_view_of(bad[i]), &id), bad[i]);
	}
}

/* "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, ..." */
static void
test_widths(void)
{
	CHECK(pal_tile_width(0, 272, 70000) == 256 && pal_tile_width(0, 273, 70000) == 112 &&
	      pal_tile_width(0, 274, 70000) == 0);
	CHECK(pal_tile_width(1, 0, 70000) == 256 && pal_tile_width(1, 1, 70000) == 17 &&
	      pal_tile_width(1, 2, 70000) == 0);
	CHECK(pal_tile_width(2, 0, 70000) == 1 && pal_tile_width(3, 0, 70000) == 0);
	CHECK(pal_tile_width(0, 0, 256) == 256 && pal_tile_width(0, 1, 256) == 0 && pal_tile_width(1, 0, 256) == 1);
	CHECK(pal_tile_width(PAL_TILE_ENTRIES, 1, 300) == 44 && pal_tile_width(0, 0, 0) == 0);
	CHECK(pal_tile_width(7, 0, UINT64_MAX) == 255 && pal_tile_width(8, 0, UINT64_MAX) == 0 &&
	      pal_tile_width(63, 0, UINT64_MAX) == 0);
}

static void
split_good(struct pal_view sample, const char *what)
{
	struct pal_view entries[PAL_TILE_WIDTH];
	size_t          count = 0;

	if (!pal_view_starts(sample, "tile/"))
		CHECK_SAY(pal_bundle_split(sample, entries, &count, NULL) == PAL_OK, what);
}

static void
split_bad(struct pal_view sample, const char *what)
{
	struct pal_view entries[PAL_TILE_WIDTH];
	size_t          count = 0;
	struct pal_diag d = { 0 };

	CHECK_SAY(pal_bundle_split(sample, entries, &count, &d) != PAL_OK && d.text[0] != '\0', what);
}

static void
damaged(struct pal_view bundle, void *arg)
{
	struct pal_view entries[PAL_TILE_WIDTH];
	size_t          count = 0;
	PAL_AUTO_BUF    b = pal_buf_of(0);

	(void)arg;
	if (pal_bundle_split(bundle, entries, &count, NULL) != PAL_OK)
		return;
	for (size_t i = 0; i < count; i++)
		pal_bundle_add(&b, entries[i]);
	CHECK(pal_view_eq(pal_buf_view(&b), bundle));
}

static void
test_bundle(void)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_view entries[PAL_TILE_WIDTH];
	size_t          count = 9;

	for (size_t i = 0; i < 40; i++)
		pal_bundle_add(&b, pal_view_sub(pal_view_of("0123456789012345678901234567890123456789"), 0, i));
	CHECK(pal_bundle_split(pal_buf_view(&b), entries, &count, NULL) == PAL_OK && count == 40);
	for (size_t i = 0; i < count; i++)
		CHECK(entries[i].len == i);
	pal_mutate_all(pal_buf_view(&b), damaged, NULL);
	CHECK(corpus_each(CORPUS "/good", split_good) >= 3);
	CHECK(corpus_each(CORPUS "/bad", split_bad) >= 3);
}

int
main(void)
{
	test_paths();
	test_widths();
	test_bundle();
	return check_done();
}
