/* hdf5.c - HDF5 files (Keras, PyTables, MATLAB, h5py): the superblock, then every object that a link leads to. */
#include "hdf5.h"

#include "palisade/format.h"
#include "zip.h"

#define MEMORY     ((size_t)44 << 20)
#define SCRATCH    ((size_t)16 << 20)
#define BLOCK_STEP 512u

static const uint8_t mark_bytes[] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };

static bool
has_mark(struct pal_view v, size_t at)
{
	return pal_view_eq(pal_view_sub(v, at, sizeof(mark_bytes)),
			   (struct pal_view){ mark_bytes, sizeof(mark_bytes) });
}

/* II: the superblock is at 0, 512, 1024, 2048 and so on; what stands before it is the user's. */
static unsigned int
hdf5_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	if (has_mark(head, 0))
		return 98;
	for (size_t at = BLOCK_STEP; at < head.len; at *= 2)
		if (has_mark(head, at))
			return 92;
	return 0;
}

static enum pal_err
find_base(struct pal_input *in, uint64_t *ret_base)
{
	struct pal_view v = { 0 };

	for (uint64_t at = 0; at <= in->size - sizeof(mark_bytes); at = at == 0 ? BLOCK_STEP : at * 2) {
		PAL_TRY(pal_input_view(in, at, sizeof(mark_bytes), sizeof(mark_bytes), &v));
		if (has_mark(v, 0)) {
			*ret_base = at;
			return PAL_OK;
		}
		if (at > in->size / 2)
			break;
	}
	*ret_base = PAL_HDF5_NOWHERE;
	return PAL_OK;
}

static enum pal_err
add_root(struct pal_hdf5 *h, uint64_t at, const char *path)
{
	struct pal_hdf5_object *o = NULL;

	if (at == PAL_HDF5_NOWHERE || !pal_hdf5_first(h, at))
		return pal_arena_err(&h->arena);
	o = pal_list_add(&h->todo);
	if (o != NULL)
		*o = (struct pal_hdf5_object){ at, path };
	return pal_arena_err(&h->arena);
}

static bool
is_width(unsigned int n)
{
	return n == 2 || n == 4 || n == 8;
}

/* Versions 0 and 1 (II.A): the root group is the last entry, a symbol with its object header's address. */
static enum pal_err
take_old(struct pal_hdf5 *h, struct pal_reader *r, unsigned int version)
{
	uint64_t end = 0;

	pal_read_skip(r, 4);
	h->offsets = pal_read_u8(r);
	h->lengths = pal_read_u8(r);
	pal_read_skip(r, 1);
	h->leaf_k = pal_read_u16le(r);
	h->node_k = pal_read_u16le(r);
	pal_read_skip(r, 4);
	if (version == 1) {
		h->chunk_k = pal_read_u16le(r);
		pal_read_skip(r, 2);
	}
	if (!is_width(h->offsets) || !is_width(h->lengths))
		return pal_hdf5_broken(h, 13, "addresses or sizes that are not 2, 4 or 8 bytes wide");
	pal_read_skip(r, 2 * (uint64_t)h->offsets); /* base address, free space */
	end = pal_hdf5_address(h, r);
	pal_read_skip(r, 2 * (uint64_t)h->offsets); /* driver, the root's name */
	PAL_TRY(add_root(h, pal_hdf5_address(h, r), ""));
	pal_read_skip(r, 24);
	if (pal_reader_err(r) != PAL_OK)
		return pal_hdf5_broken(h, 0, "a superblock that is cut short");
	PAL_TRY(pal_hdf5_claim(h, 0, r->offset, "the superblock"));
	return end == PAL_HDF5_NOWHERE || end <= h->base + h->size /* with a user block writers count from its start */
		   ? PAL_OK
		   : pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, h->base,
				      "the file should be %llu bytes, and has %llu", (unsigned long long)end,
				      (unsigned long long)h->size);
}

static enum pal_err
take_new(struct pal_hdf5 *h, struct pal_reader *r)
{
	uint64_t end = 0, extension = 0, root = 0;

	h->offsets = pal_read_u8(r);
	h->lengths = pal_read_u8(r);
	pal_read_skip(r, 1);
	if (!is_width(h->offsets) || !is_width(h->lengths))
		return pal_hdf5_broken(h, 9, "addresses or sizes that are not 2, 4 or 8 bytes wide");
	pal_read_skip(r, h->offsets);
	extension = pal_hdf5_address(h, r);
	end = pal_hdf5_address(h, r);
	root = pal_hdf5_address(h, r);
	pal_read_skip(r, 4);
	if (pal_reader_err(r) != PAL_OK)
		return pal_hdf5_broken(h, 0, "a superblock that is cut short");
	PAL_TRY(pal_hdf5_claim(h, 0, r->offset, "the superblock"));
	PAL_TRY(add_root(h, root, ""));
	PAL_TRY(add_root(h, extension, "(superblock)"));           /* read first: it says how wide B-trees are */
	return end == PAL_HDF5_NOWHERE || end <= h->base + h->size /* with a user block writers count from its start */
		   ? PAL_OK
		   : pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, h->base,
				      "the file should be %llu bytes, and has %llu", (unsigned long long)end,
				      (unsigned long long)h->size);
}

static enum pal_err
take_superblock(struct pal_hdf5 *h)
{
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };
	uint8_t           version = 0;

	PAL_TRY(pal_input_view(h->in, h->base, 0, 128, &v));
	r = pal_reader_of(v);
	pal_read_skip(&r, sizeof(mark_bytes));
	version = pal_read_u8(&r);
	if (pal_reader_err(&r) != PAL_OK || version > 3)
		return pal_hdf5_broken(h, 8, "a superblock of no known version");
	return version < 2 ? take_old(h, &r, version) : take_new(h, &r);
}

/* The last object found is read first, so that few wait. */
static enum pal_err
take_objects(struct pal_hdf5 *h)
{
	while (h->todo.count > 0) {
		struct pal_hdf5_object o = *(const struct pal_hdf5_object *)pal_list_at(&h->todo, h->todo.count - 1);
		enum pal_err           err = PAL_OK;

		h->todo.count--;
		err = pal_hdf5_object(h, o);
		if (err == PAL_ELIMIT && pal_arena_err(&h->scratch) == PAL_ELIMIT)
			err = pal_sink_unread(
			    h->sink, &pal_anomaly_format_limit, h->base + (o.at < h->size ? o.at : 0), 0,
			    "object %.200s takes more than %zu MiB to read; it was not examined to its end", o.path,
			    SCRATCH >> 20);
		pal_arena_done(&h->scratch);
		pal_arena_init(&h->scratch, SCRATCH);
		PAL_TRY(err);
		PAL_TRY(pal_hdf5_flush(h));
	}
	return PAL_OK;
}

static enum pal_err
take_file(struct pal_hdf5 *h)
{
	if (h->base > 0) {
		PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_user_block, 0,
					 "%llu bytes stand before the HDF5 file", (unsigned long long)h->base));
		PAL_TRY(pal_give_stray(h->sink, h->in, 0, h->base, pal_view_of("(user block)")));
	}
	PAL_TRY(take_superblock(h));
	PAL_TRY(take_objects(h));
	PAL_TRY(pal_hdf5_heaps(h));
	PAL_TRY(pal_hdf5_rest(h));
	if (h->packed == 0)
		return PAL_OK;
	return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_packed, h->base,
				"%llu datasets of numbers are compressed; their numbers were not read",
				(unsigned long long)h->packed);
}

/* More than fits into memory: the file is given as raw bytes, and is not known to be clean. */
static enum pal_err
give_up(struct pal_hdf5 *h)
{
	PAL_TRY(pal_sink_unread(h->sink, &pal_anomaly_format_limit, h->base, h->size,
				"its objects take more than %zu MiB to follow; the rest was searched as raw bytes",
				MEMORY >> 20));
	return pal_give_bytes(h->sink, h->in, h->base, h->size);
}

static enum pal_err
parse(struct pal_input *side, struct pal_sink *sink)
{
	struct pal_hdf5 h = {
		.in = side, .sink = sink, .offsets = 8, .lengths = 8, .leaf_k = 4, .node_k = 16, .chunk_k = 32
	};
	enum pal_err err = PAL_OK;

	PAL_TRY(find_base(side, &h.base));
	if (h.base == PAL_HDF5_NOWHERE)
		return pal_give_bytes(sink, side, 0, side->size);
	h.size = side->size - h.base;
	h.fuel = h.size > UINT64_MAX / 8 ? UINT64_MAX : 4 * h.size + ((uint64_t)1 << 20);
	pal_arena_init(&h.arena, MEMORY);
	pal_arena_init(&h.scratch, SCRATCH);
	h.todo = pal_list_of(&h.arena, sizeof(struct pal_hdf5_object));
	h.extents = pal_list_of(&h.arena, sizeof(struct pal_hdf5_extent));
	h.heaps = pal_list_of(&h.arena, sizeof(uint64_t));
	h.seen = pal_map_of(&h.arena);
	h.named = pal_map_of(&h.arena);
	h.text = pal_buf_of(4 * PAL_TEXT_PIECE);
	err = take_file(&h);
	if (err == PAL_ELIMIT && pal_arena_err(&h.arena) == PAL_ELIMIT)
		err = give_up(&h);
	pal_buf_done(&h.text);
	pal_arena_done(&h.scratch);
	pal_arena_done(&h.arena);
	return err;
}

static enum pal_err
hdf5_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input side = { .fd = -1 };
	enum pal_err     err = PAL_OK;

	if (in->size < sizeof(mark_bytes))
		return pal_give_bytes(sink, in, 0, in->size);
	PAL_TRY(pal_input_part(in, 0, in->size, &side)); /* members keep windows of their own */
	err = parse(&side, sink);
	pal_input_done(&side);
	return err == PAL_OK && pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : err;
}

const struct pal_format pal_format_hdf5 = {
	.name = "hdf5",
	.summary = "HDF5 files (Keras weights and models, PyTables, MATLAB 7.3)",
	.covers =
	    "Superblocks 0 to 3 at any place, both forms of groups and object headers, dense links and attributes, "
	    "every "
	    "attribute (strings as metadata, JSON and files in them as members), every dataset's name, type, shape and "
	    "place; "
	    "strings of fixed and variable length as text, bytes that are a pickle or another file as members; "
	    "external "
	    "links, external and virtual data; addresses and sizes that lead out of the file, structures that overlap, "
	    "and bytes that belong to nothing. Chunks of strings and structures are unpacked (deflate, shuffle); "
	    "compressed "
	    "numbers are not, which is said; other compressions of strings are reported as not examined.",
	.probe = hdf5_probe,
	.parse = hdf5_parse,
};
