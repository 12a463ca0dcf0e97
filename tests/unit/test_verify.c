/* test_verify.c - every byte of a ledger's folder changed in turn, and what people do to logs: each is found and named.
 */
#include "ledger_room.h"
#include "palisade/walk.h"

static void
put(const char *path, struct pal_view bytes)
{
	FILE *f = fopen(path, "wb");

	CHECK(f != NULL && (bytes.len == 0 || fwrite(bytes.data, 1, bytes.len, f) == bytes.len));
	(void)fclose(f);
}

static void
path_of(const struct room *r, const char *name, char ret_path[200])
{
	(void)snprintf(ret_path, 200, "%s/%s", r->dir, name);
}

/* Flips a bit at every step-th byte of every file, one at a time. */
static void
flip_all(const struct room *r, size_t step)
{
	PAL_AUTO_ARENA  a;
	struct pal_list files = { 0 };
	size_t          flips = 0;

	pal_arena_init(&a, (size_t)1 << 20);
	files = pal_list_of(&a, sizeof(struct pal_entry));
	CHECK(pal_walk(r->dir, 1000, &files, NULL) == PAL_OK);
	for (size_t f = 0; f < files.count; f++) {
		const char  *name = ((const struct pal_entry *)pal_list_at(&files, f))->path;
		PAL_AUTO_BUF b = pal_buf_of(0);
		char         path[200];

		path_of(r, name, path);
		CHECK(pal_file_read(path, 1 << 20, &b, NULL) == PAL_OK);
		for (size_t i = f % step; i < b.len; i += step) {
			PAL_AUTO_ARENA           own;
			struct pal_ledger_report report = { 0 };
			struct pal_diag          d = { 0 };
			bool                     named = false;

			pal_arena_init(&own, (size_t)1 << 20);
			b.data[i] = (char)(b.data[i] ^ (1 << i % 8));
			put(path, pal_buf_view(&b));
			CHECK_SAY(pal_ledger_verify(r->dir, &r->vkey, &own, NULL, &report, &d) == PAL_EVERIFY, name);
			for (size_t k = 0; k < report.faults.count; k++)
				named |= strcmp(((const struct pal_ledger_fault *)pal_list_at(&report.faults, k))->file,
						name) == 0;
			CHECK_SAY(named, name);
			b.data[i] = (char)(b.data[i] ^ (1 << i % 8));
			flips++;
		}
		put(path, pal_buf_view(&b));
	}
	printf("%zu flips in %zu files\n", flips, files.count);
	CHECK(room_is_whole(r, NULL));
}

static void
test_flips(void)
{
	struct room     r;
	PAL_AUTO_LEDGER l = NULL;

	room_open(&r);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
	CHECK(room_append(l, 7, NULL) == PAL_OK && room_append(l, 6, NULL) == PAL_OK &&
	      room_append(l, 12, NULL) == PAL_OK);
	CHECK(pal_ledger_close(&l, NULL) == PAL_OK);
	flip_all(&r, 1);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && room_append(l, 500, NULL) == PAL_OK);
	CHECK(pal_ledger_close(&l, NULL) == PAL_OK);
	flip_all(&r, 23);
	room_close(&r);
}

/* The entries of a bundle as a list to be rearranged. */
struct bundle {
	struct pal_buf  bytes;
	struct pal_view entries[PAL_TILE_WIDTH];
	size_t          count;
};

static void
load(const struct room *r, const char *name, struct bundle *b)
{
	char path[200];

	path_of(r, name, path);
	b->bytes = pal_buf_of(0);
	CHECK(pal_file_read(path, 1 << 20, &b->bytes, NULL) == PAL_OK);
	CHECK(pal_bundle_split(pal_buf_view(&b->bytes), b->entries, &b->count, NULL) == PAL_OK);
}

static void
store(const struct room *r, const char *name, const struct bundle *b)
{
	PAL_AUTO_BUF out = pal_buf_of(0);
	char         path[200];

	for (size_t i = 0; i < b->count; i++)
		pal_bundle_add(&out, b->entries[i]);
	path_of(r, name, path);
	put(path, pal_buf_view(&out));
}

static void
damage_change(struct bundle *b)
{
	b->entries[10] = pal_view_of("something else");
}

static void
damage_remove(struct bundle *b)
{
	for (size_t i = 10; i + 1 < b->count; i++)
		b->entries[i] = b->entries[i + 1];
	b->count--;
}

static void
damage_swap(struct bundle *b)
{
	struct pal_view e = b->entries[10];

	b->entries[10] = b->entries[20];
	b->entries[20] = e;
}

static void
damage_cut(struct bundle *b)
{
	b->count = 10;
}

static void
damage_repeat(struct bundle *b)
{
	b->entries[10] = b->entries[9];
}

static void
damage_all(struct bundle *b)
{
	for (size_t i = 10; i < b->count; i++)
		b->entries[i] = pal_view_of("x");
}

static const struct {
	void (*damage)(struct bundle *b);
	const char *says; /* for entry 10 of the bundle, after its number */
	size_t      least, most;
} deeds[] = {
	{ damage_change, "the entry was changed", 1, 1 }, { damage_remove, "is missing", 1, 2 },
	{ damage_swap, "order changed", 2, 2 },           { damage_cut, "cannot be read", 1, 1 },
	{ damage_repeat, "order changed", 1, 1 },         { damage_all, "hash", 9, 9 },
};

/* Whether some fault is about the entry and has the words. */
static bool
says(const struct pal_ledger_report *report, uint64_t index, const char *file, const char *words)
{
	for (size_t i = 0; i < report->faults.count; i++) {
		const struct pal_ledger_fault *f = pal_list_at(&report->faults, i);

		if (f->index == index && strcmp(f->file, file) == 0 && strstr(f->text, words) != NULL)
			return true;
	}
	return false;
}

static void
test_deeds(void)
{
	struct room     r;
	PAL_AUTO_LEDGER l = NULL;
	const char     *name = "tile/entries/001";

	room_open(&r);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && room_append(l, 700, NULL) == PAL_OK);
	CHECK(pal_ledger_close(&l, NULL) == PAL_OK);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		struct bundle            b = { 0 }, good = { 0 };
		struct pal_ledger_report report = { 0 };
		PAL_AUTO_ARENA           a;

		pal_arena_init(&a, (size_t)1 << 20);
		load(&r, name, &b);
		load(&r, name, &good);
		deeds[i].damage(&b);
		store(&r, name, &b);
		CHECK(room_verify(&r, &report, &a) == PAL_EVERIFY);
		CHECK_SAY(says(&report, 266, name, deeds[i].says), deeds[i].says);
		CHECK_SAY(report.faults.count >= deeds[i].least && report.faults.count <= deeds[i].most, deeds[i].says);
		store(&r, name, &good);
		pal_buf_done(&b.bytes);
		pal_buf_done(&good.bytes);
	}
	CHECK(room_is_whole(&r, NULL));
	room_close(&r);
}

/* Files taken away, put in, replaced by a link; a checkpoint by somebody else. */
static void
test_files(void)
{
	static const char *const parts[] = { "tile/entries/000", "tile/entries/002.p/188", "tile/0/001",
					     "tile/0/002.p/188", "tile/1/000.p/2" };
	struct room              r, other;
	PAL_AUTO_LEDGER          l = NULL;
	char                     path[200], away[200];

	room_open(&r);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && room_append(l, 700, NULL) == PAL_OK);
	CHECK(pal_ledger_close(&l, NULL) == PAL_OK);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		PAL_AUTO_ARENA           a;
		struct pal_ledger_report report = { 0 };

		pal_arena_init(&a, (size_t)1 << 20);
		path_of(&r, parts[i], path);
		(void)snprintf(away, sizeof(away), "%s/away", r.base);
		CHECK(rename(path, away) == 0 && room_verify(&r, &report, &a) == PAL_EVERIFY);
		CHECK_SAY(strcmp(((const struct pal_ledger_fault *)pal_list_at(&report.faults, 0))->file, parts[i]) ==
			      0,
			  parts[i]);
		CHECK(symlink(away, path) == 0 && room_verify(&r, &report, &a) == PAL_EVERIFY);
		CHECK(unlink(path) == 0 && rename(away, path) == 0);
	}
	path_of(&r, "tile/0/readme", path);
	put(path, pal_view_of("x"));
	CHECK(!room_is_whole(&r, NULL) && unlink(path) == 0 && room_is_whole(&r, NULL));
	room_open(&other);
	r.vkey = other.vkey;
	CHECK(!room_is_whole(&r, NULL));
	(void)snprintf(r.dir, sizeof(r.dir), "%s/nothing", r.base);
	{
		PAL_AUTO_ARENA           a;
		struct pal_ledger_report report = { 0 };

		pal_arena_init(&a, 4096);
		CHECK(room_verify(&r, &report, &a) == PAL_ENOTFOUND);
	}
	room_close(&other);
	room_close(&r);
}

int
main(void)
{
	test_flips();
	test_deeds();
	test_files();
	return check_done();
}
