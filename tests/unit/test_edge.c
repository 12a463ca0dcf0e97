/* test_edge.c - the right edge of a growing log: its root and the files that it makes, against the whole tree. */
#include "merkle/edge.h"

#include "check.h"
#include "merkle_model.h"

/* The hashes in a tile of level 0 or 1 are what the definition says. */
static void
check_file(const struct pal_edge *e, const struct pal_edge_file *f, const struct pal_hash *leaves)
{
	struct pal_view bytes = pal_edge_bytes(e, f);
	size_t          span = f->id.level == 0 ? 1 : PAL_TILE_WIDTH;

	if (f->id.level == PAL_TILE_ENTRIES) {
		struct pal_view entries[PAL_TILE_WIDTH];
		size_t          count = 0;
		char            room[64];

		CHECK(pal_bundle_split(bytes, entries, &count, NULL) == PAL_OK && count == f->id.width);
		for (size_t i = 0; i < count; i++)
			CHECK(pal_view_eq(entries[i], model_entry(f->id.index * PAL_TILE_WIDTH + i, room)));
		return;
	}
	CHECK(f->id.level < 2 && bytes.len == f->id.width * sizeof(struct pal_hash));
	for (size_t i = 0; i < f->id.width; i++) {
		struct pal_hash want = model_root(leaves + (f->id.index * PAL_TILE_WIDTH + i) * span, span);

		CHECK(memcmp(bytes.data + i * sizeof(want), want.bytes, sizeof(want)) == 0);
	}
}

int
main(void)
{
	struct pal_hash *leaves = model_leaves(1000);
	struct pal_edge *e = calloc(1, sizeof(*e));
	size_t           full = 0, partial = 0;

	if (e == NULL)
		return 1;
	pal_edge_init(e);
	for (size_t n = 0; n < 1000;) {
		char            room[64];
		struct pal_hash root, want;

		pal_edge_add(e, model_entry(n++, room));
		root = pal_edge_root(e);
		want = model_root(leaves, n);
		CHECK(pal_hash_eq(&root, &want));
		if (n % 37 != 0)
			continue;
		pal_edge_close(e);
		CHECK(pal_edge_err(e) == PAL_OK);
		for (size_t i = 0; i < pal_edge_count(e); i++) {
			struct pal_edge_file f = pal_edge_file(e, i);

			check_file(e, &f, leaves);
			full += f.id.width == PAL_TILE_WIDTH;
			partial += f.id.width != PAL_TILE_WIDTH;
		}
		pal_edge_clear(e);
		pal_edge_close(e);
		CHECK(pal_edge_count(e) == 0); /* nothing has changed since */
	}
	CHECK(full == 6);              /* three bundles, three tiles */
	CHECK(partial == 27 + 27 + 3); /* one of each a close; level 1 changes three times */
	pal_edge_done(e);
	free(e);
	free(leaves);
	return check_done();
}
