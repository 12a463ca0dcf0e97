/* hdf5_group.c - what hangs below a group: symbol tables of old files (III.A to III.D), links of new ones (IV.A.2.g).
 */
#include "hdf5.h"
#include "palisade/utf8.h"

#define PATH_MOST    400u
#define OBJECTS_MOST 200000u

enum { LINK_HARD = 0, LINK_SOFT = 1, LINK_EXTERNAL = 64 };

struct pal_view
pal_hdf5_string(struct pal_view heap, uint64_t at)
{
	struct pal_view v = { 0 };
	size_t          end = 0;

	if (at >= heap.len)
		return v;
	v = pal_view_sub(heap, (size_t)at, heap.len);
	end = pal_view_find_byte(v, 0, 0);
	return pal_view_sub(v, 0, end == SIZE_MAX ? v.len : end);
}

/* An object is read once, under the first of its names; groups may hold each other in a circle. */
static enum pal_err
add_object(struct pal_hdf5 *h, const char *path, struct pal_view name, uint64_t at)
{
	struct pal_hdf5_object *o = NULL;
	PAL_AUTO_BUF            full = pal_buf_of(0);

	if (at == PAL_HDF5_NOWHERE || !pal_hdf5_first(h, at))
		return pal_arena_err(&h->arena);
	if (h->todo.count >= OBJECTS_MOST)
		return pal_sink_unread(h->sink, &pal_anomaly_format_limit, h->base, 0,
				       "more than %u objects in wait; the others were searched as raw bytes only",
				       OBJECTS_MOST);
	pal_buf_printf(&full, "%.*s/", (int)PATH_MOST, path);
	pal_utf8_clean(name, PATH_MOST, &full);
	o = pal_list_add(&h->todo);
	if (o == NULL)
		return pal_arena_err(&h->arena);
	o->at = at;
	o->path = pal_arena_text(&h->arena, pal_buf_view(&full));
	return pal_arena_err(&h->arena);
}

enum pal_err
pal_hdf5_outside(struct pal_hdf5 *h, const char *path, struct pal_view file, const char *what, uint64_t at)
{
	PAL_AUTO_BUF       shown = pal_buf_of(1024);
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .place = { .offset = at, .length = file.len, .field = path },
				 .name = pal_view_of(what),
				 .text = file,
				 .loader = "hdf5" };

	PAL_TRY(pal_sink_take(h->sink, &c));
	pal_utf8_clean(file, 200, &shown);
	return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_external, at, "%s of %s leads to the file \"%s\"", what,
				path, pal_buf_text(&shown));
}

/* ---- new files ---- */

static enum pal_err
take_target(struct pal_hdf5 *h, const char *path, struct pal_view name, unsigned int type, struct pal_reader *r,
	    uint64_t at)
{
	struct pal_view value = { 0 };

	if (type == LINK_HARD) {
		uint64_t to = pal_hdf5_address(h, r);

		return pal_reader_err(r) == PAL_OK ? add_object(h, path, name, to) : PAL_OK;
	}
	value = pal_read_view(r, pal_read_u16le(r));
	if (type == LINK_EXTERNAL && value.len > 1) /* a byte of version and flags, the file, the path in it */
		return pal_hdf5_outside(h, path, pal_hdf5_string(value, 1), "an external link", at);
	return pal_give_text(h->sink, value, &(struct pal_place){ .offset = at });
}

enum pal_err
pal_hdf5_link(struct pal_hdf5 *h, const char *path, struct pal_hdf5_bytes body)
{
	struct pal_reader r = pal_reader_of(body.view);
	uint8_t           version = pal_read_u8(&r), flags = pal_read_u8(&r), type = LINK_HARD;
	struct pal_view   name = { 0 };

	if ((flags & 8) != 0)
		type = pal_read_u8(&r);
	pal_read_skip(&r, ((flags & 4) != 0 ? 8u : 0u) + ((flags & 0x10) != 0 ? 1u : 0u));
	name = pal_read_view(&r, pal_hdf5_number(&r, 1u << (flags & 3)));
	if (version == 1 && pal_reader_err(&r) == PAL_OK)
		PAL_TRY(take_target(h, path, name, type, &r, body.at));
	if (version != 1 || pal_reader_err(&r) != PAL_OK)
		return pal_hdf5_broken(h, body.at - h->base, "a link that is cut short or of no known version");
	return PAL_OK;
}

/* ---- old files ---- */

enum pal_err
pal_hdf5_local(struct pal_hdf5 *h, uint64_t at, struct pal_hdf5_bytes *ret_data)
{
	struct pal_hdf5_bytes head = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              size = 8 + 2 * (uint64_t)h->lengths + h->offsets, len = 0, data = 0;

	*ret_data = (struct pal_hdf5_bytes){ .at = h->base };
	PAL_TRY(pal_hdf5_block(h, at, size, "a local heap", &head));
	if (head.view.len == 0)
		return PAL_OK;
	r = pal_reader_of(head.view);
	pal_read_skip(&r, 8);
	len = pal_hdf5_number(&r, h->lengths);
	pal_read_skip(&r, h->lengths);
	data = pal_hdf5_address(h, &r);
	if (!pal_view_starts(head.view, "HEAP"))
		return pal_hdf5_broken(h, at, "a local heap without its mark");
	if (pal_hdf5_first(h, at)) {
		PAL_TRY(pal_hdf5_claim(h, at, size, "a local heap"));
		PAL_TRY(pal_hdf5_claim(h, data, len, "a local heap's data"));
	}
	return pal_hdf5_block(h, data, len, "a local heap's data", ret_data);
}

/* A symbol table node: names with the addresses of their objects; a soft link has its target in the heap. */
static enum pal_err
take_symbols(struct pal_hdf5 *h, const char *path, uint64_t at, struct pal_hdf5_bytes heap)
{
	struct pal_hdf5_bytes node = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              size = 8 + 2 * (uint64_t)h->leaf_k * (2 * h->offsets + 24);
	unsigned int          count = 0;

	PAL_TRY(pal_hdf5_claim(h, at, size, "a symbol table node"));
	PAL_TRY(pal_hdf5_block(h, at, size, "a symbol table node", &node));
	if (node.view.len == 0)
		return PAL_OK;
	r = pal_reader_of(node.view);
	pal_read_skip(&r, 6);
	count = pal_read_u16le(&r);
	if (!pal_view_starts(node.view, "SNOD") || count > 2 * h->leaf_k)
		return pal_hdf5_broken(h, at, "a symbol table node without its mark, or with more names than it holds");
	for (unsigned int i = 0; i < count; i++) {
		struct pal_view name = pal_hdf5_string(heap.view, pal_hdf5_number(&r, h->offsets));
		uint64_t        to = pal_hdf5_address(h, &r);
		uint32_t        kind = pal_read_u32le(&r), link = 0;

		pal_read_skip(&r, 4);
		link = pal_read_u32le(&r);
		pal_read_skip(&r, 12);
		if (kind == 2)
			PAL_TRY(pal_give_text(h->sink, pal_hdf5_string(heap.view, link),
					      &(struct pal_place){ .offset = heap.at + link }));
		else
			PAL_TRY(add_object(h, path, name, to));
	}
	return PAL_OK;
}

/* One node of a group's version 1 B-tree; children go to `nodes`. */
static enum pal_err
take_node(struct pal_hdf5 *h, const char *path, uint64_t at, struct pal_hdf5_bytes heap, struct pal_list *nodes)
{
	struct pal_hdf5_bytes node = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              k2 = 2 * (uint64_t)h->node_k;
	uint64_t              size = 8 + 2 * (uint64_t)h->offsets + k2 * h->offsets + (k2 + 1) * h->lengths;
	unsigned int          kind = 0, level = 0, count = 0;

	PAL_TRY(pal_hdf5_claim(h, at, size, "a group's B-tree node"));
	PAL_TRY(pal_hdf5_block(h, at, size, "a group's B-tree node", &node));
	if (node.view.len == 0)
		return PAL_OK;
	r = pal_reader_of(node.view);
	pal_read_skip(&r, 4);
	kind = pal_read_u8(&r);
	level = pal_read_u8(&r);
	count = pal_read_u16le(&r);
	if (!pal_view_starts(node.view, "TREE") || kind != 0 || count > k2)
		return pal_hdf5_broken(h, at,
				       "a group's B-tree node without its mark, or with more children than it holds");
	pal_read_skip(&r, 2 * (uint64_t)h->offsets);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t child = 0, *slot = NULL;

		pal_read_skip(&r, h->lengths);
		child = pal_hdf5_address(h, &r);
		if (!pal_hdf5_first(h, child)) {
			PAL_TRY(pal_hdf5_broken(h, at, "a B-tree node that leads to where another leads"));
		} else if (level == 0) {
			PAL_TRY(take_symbols(h, path, child, heap));
		} else {
			slot = pal_list_add(nodes);
			if (slot != NULL)
				*slot = child;
		}
	}
	return pal_arena_err(&h->scratch);
}

enum pal_err
pal_hdf5_table(struct pal_hdf5 *h, const char *path, uint64_t tree, uint64_t heap)
{
	struct pal_list       nodes = pal_list_of(&h->scratch, sizeof(uint64_t));
	struct pal_hdf5_bytes names = { .at = 0 };
	uint64_t             *slot = NULL;

	if (tree == PAL_HDF5_NOWHERE || !pal_hdf5_first(h, tree))
		return PAL_OK;
	PAL_TRY(pal_hdf5_local(h, heap, &names));
	slot = pal_list_add(&nodes);
	if (slot != NULL)
		*slot = tree;
	for (size_t i = 0; i < nodes.count; i++)
		PAL_TRY(take_node(h, path, *(const uint64_t *)pal_list_at(&nodes, i), names, &nodes));
	return pal_arena_err(&h->scratch);
}
