/* edge.c - how leaves become tiles: a full tile of one level is one hash of the next (c2sp.org/tlog-tiles). */
#include "edge.h"

#include "palisade/mem.h"

void
pal_edge_init(struct pal_edge *e)
{
	e->size = e->closed = 0; /* what the tiles hold is told by the size */
	e->bundle = pal_buf_of(0);
	e->files = pal_buf_of(0);
	e->bytes = pal_buf_of(0);
}

void
pal_edge_done(struct pal_edge *e)
{
	pal_buf_done(&e->bundle);
	pal_buf_done(&e->files);
	pal_buf_done(&e->bytes);
}

static void
emit(struct pal_edge *e, unsigned int level, uint64_t index, unsigned int width)
{
	struct pal_edge_file f = { .id = { .level = level, .index = index, .width = width }, .at = e->bytes.len };

	if (level == PAL_TILE_ENTRIES)
		pal_buf_add(&e->bytes, pal_buf_view(&e->bundle));
	else
		pal_buf_add(&e->bytes, (struct pal_view){ e->tiles[level][0].bytes, width * sizeof(struct pal_hash) });
	f.len = e->bytes.len - f.at;
	pal_buf_add(&e->files, (struct pal_view){ (const uint8_t *)&f, sizeof(f) });
}

void
pal_edge_add(struct pal_edge *e, struct pal_view entry)
{
	struct pal_hash h = pal_tree_leaf(entry);
	uint64_t        at = e->size; /* where the hash goes in its level */

	PAL_ASSERT(e->size < UINT64_MAX);
	pal_bundle_add(&e->bundle, entry);
	e->size++;
	if (e->size % PAL_TILE_WIDTH == 0) {
		emit(e, PAL_TILE_ENTRIES, at / PAL_TILE_WIDTH, PAL_TILE_WIDTH);
		pal_buf_clear(&e->bundle);
	}
	for (unsigned int level = 0; level < PAL_TILE_LEVELS; level++, at /= PAL_TILE_WIDTH) {
		e->tiles[level][at % PAL_TILE_WIDTH] = h;
		if (at % PAL_TILE_WIDTH != PAL_TILE_WIDTH - 1)
			break;
		emit(e, level, at / PAL_TILE_WIDTH, PAL_TILE_WIDTH);
		h = pal_tree_root(e->tiles[level], PAL_TILE_WIDTH);
	}
}

struct pal_hash
pal_edge_root(const struct pal_edge *e)
{
	struct pal_hash root = pal_tree_empty();
	bool            some = false;

	for (unsigned int level = 0; level < PAL_TILE_LEVELS; level++) {
		unsigned int at = pal_edge_width(e->size, level);

		for (unsigned int bit = 1; at != 0 && bit < PAL_TILE_WIDTH; bit <<= 1) {
			struct pal_hash left = { 0 };

			if ((at & bit) == 0)
				continue;
			at -= bit;
			left = pal_tree_root(&e->tiles[level][at], bit);
			root = some ? pal_tree_node(&left, &root) : left;
			some = true;
		}
	}
	return root;
}

void
pal_edge_close(struct pal_edge *e)
{
	if (pal_edge_width(e->size, 0) != 0 && e->size != e->closed)
		emit(e, PAL_TILE_ENTRIES, e->size / PAL_TILE_WIDTH, pal_edge_width(e->size, 0));
	for (unsigned int level = 0; level < PAL_TILE_LEVELS; level++)
		if (pal_edge_width(e->size, level) != 0 && e->size >> (8 * level) != e->closed >> (8 * level))
			emit(e, level, e->size >> (8 * level) >> 8, pal_edge_width(e->size, level));
	e->closed = e->size;
}

void
pal_edge_clear(struct pal_edge *e)
{
	pal_buf_clear(&e->files);
	pal_buf_clear(&e->bytes);
}

size_t
pal_edge_count(const struct pal_edge *e)
{
	return e->files.len / sizeof(struct pal_edge_file);
}

struct pal_edge_file
pal_edge_file(const struct pal_edge *e, size_t i)
{
	struct pal_edge_file f = { 0 };

	PAL_ASSERT(i < pal_edge_count(e));
	pal_mem_copy(&f, sizeof(f), e->files.data + i * sizeof(f), sizeof(f));
	return f;
}

struct pal_view
pal_edge_bytes(const struct pal_edge *e, const struct pal_edge_file *f)
{
	return pal_view_sub(pal_buf_view(&e->bytes), f->at, f->len);
}

enum pal_err
pal_edge_err(const struct pal_edge *e)
{
	if (pal_buf_err(&e->bundle) != PAL_OK)
		return pal_buf_err(&e->bundle);
	return pal_buf_err(&e->files) != PAL_OK ? pal_buf_err(&e->files) : pal_buf_err(&e->bytes);
}
