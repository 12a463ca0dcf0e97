/* hdf5_heap.c - messages of groups and objects that have many: fractal heaps (III.G), version 2 B-trees (III.A.2). */
#include "hdf5.h"

#define ROWS_MOST   64u
#define BLOCKS_MOST 100000u
#define DEPTH_MOST  16u

/* A direct block: what it covers of the heap's own address space. */
struct direct {
	uint64_t offset, size, at;
};

struct heap {
	struct pal_hdf5 *h;
	const char      *path;
	size_t           id_at; /* of the heap's id in a record */

	pal_hdf5_message_fn *fn;
	uint64_t             start, direct_most, huge_tree;
	unsigned int         width, offset_bytes, length_bytes, id_len;
	bool                 checked; /* direct blocks have a checksum in their header */
	struct pal_list      blocks;  /* of struct direct, by offset */
};

static unsigned int
bytes_for(uint64_t n)
{
	unsigned int bytes = 1;

	while (bytes < 8 && n >> (8 * bytes) != 0)
		bytes++;
	return bytes;
}

static unsigned int
log2_of(uint64_t n)
{
	unsigned int bits = 0;

	while (n > 1) {
		n >>= 1;
		bits++;
	}
	return bits;
}

/* ---- version 2 B-trees ---- */

struct tree {
	unsigned int node, record, depth;
	unsigned int count_bytes;             /* of a child's number of records */
	unsigned int total_bytes[DEPTH_MOST]; /* of the number of records below a node at a depth */
};

struct node {
	uint64_t     at;
	uint64_t     count;
	unsigned int depth;
};

/* How wide a child's counts are follows from how many records can be below it. */
static bool
size_tree(const struct pal_hdf5 *h, struct tree *t)
{
	uint64_t most = (t->node - 10) / t->record, total = most;

	t->count_bytes = bytes_for(most);
	t->total_bytes[0] = 0;
	for (unsigned int d = 1; d <= t->depth; d++) {
		unsigned int pointer = h->offsets + t->count_bytes + t->total_bytes[d - 1];

		if (t->node < 10 + pointer + t->record + pointer)
			return false;
		most = (t->node - 10 - pointer) / (t->record + pointer);
		if (__builtin_mul_overflow(total, most + 1, &total) || __builtin_add_overflow(total, most, &total))
			return false;
		t->total_bytes[d] = bytes_for(total);
	}
	return true;
}

static enum pal_err
take_node(struct pal_hdf5 *h, const struct tree *t, struct node n, struct pal_list *nodes, pal_hdf5_record_fn *fn,
	  void *arg)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	struct pal_reader     r = { 0 };

	if (!pal_hdf5_first(h, n.at))
		return pal_hdf5_broken(h, n.at, "a B-tree node that leads to where another leads");
	PAL_TRY(pal_hdf5_claim(h, n.at, t->node, "a B-tree node"));
	PAL_TRY(pal_hdf5_block(h, n.at, t->node, "a B-tree node", &block));
	if (block.view.len == 0)
		return PAL_OK;
	if (!pal_view_starts(block.view, n.depth == 0 ? "BTLF" : "BTIN") || n.count > t->node / t->record)
		return pal_hdf5_broken(h, n.at, "a B-tree node without its mark, or with more records than it holds");
	r = pal_reader_of(block.view);
	pal_read_skip(&r, 6);
	for (uint64_t i = 0; i < n.count; i++) {
		struct pal_view record = pal_read_view(&r, t->record);

		if (pal_reader_err(&r) == PAL_OK)
			PAL_TRY(fn(h, arg, record));
	}
	for (uint64_t i = 0; n.depth > 0 && i <= n.count; i++) {
		struct node *child = pal_list_add(nodes);

		if (child == NULL)
			return pal_arena_err(&h->scratch);
		child->at = pal_hdf5_address(h, &r);
		child->count = pal_hdf5_number(&r, t->count_bytes);
		child->depth = n.depth - 1;
		pal_read_skip(&r, t->total_bytes[n.depth - 1]);
	}
	return pal_reader_err(&r) == PAL_OK ? PAL_OK : pal_hdf5_broken(h, n.at, "a B-tree node that is cut short");
}

enum pal_err
pal_hdf5_tree(struct pal_hdf5 *h, uint64_t at, pal_hdf5_record_fn *fn, void *arg)
{
	struct pal_list       nodes = pal_list_of(&h->scratch, sizeof(struct node));
	struct pal_hdf5_bytes head = { .at = 0 };
	struct pal_reader     r = { 0 };
	struct tree           t = { .node = 0 };
	struct node          *root = NULL;
	uint64_t              size = 22 + (uint64_t)h->offsets + h->lengths;

	if (!pal_hdf5_first(h, at))
		return PAL_OK;
	PAL_TRY(pal_hdf5_claim(h, at, size, "a B-tree"));
	PAL_TRY(pal_hdf5_block(h, at, size, "a B-tree", &head));
	if (head.view.len == 0)
		return PAL_OK;
	r = pal_reader_of(head.view);
	pal_read_skip(&r, 6);
	t.node = pal_read_u32le(&r);
	t.record = pal_read_u16le(&r);
	t.depth = pal_read_u16le(&r);
	pal_read_skip(&r, 2);
	if (!pal_view_starts(head.view, "BTHD") || t.record == 0 || t.node < 10 + t.record || t.depth >= DEPTH_MOST ||
	    !size_tree(h, &t))
		return pal_hdf5_broken(h, at, "a B-tree without its mark, or of impossible sizes");
	root = pal_list_add(&nodes);
	if (root == NULL)
		return pal_arena_err(&h->scratch);
	root->at = pal_hdf5_address(h, &r);
	root->count = pal_read_u16le(&r);
	root->depth = t.depth;
	if (root->at == PAL_HDF5_NOWHERE)
		return PAL_OK;
	for (size_t i = 0; i < nodes.count; i++)
		PAL_TRY(take_node(h, &t, *(const struct node *)pal_list_at(&nodes, i), &nodes, fn, arg));
	return PAL_OK;
}

/* ---- fractal heaps ---- */

static uint64_t
row_size(const struct heap *f, unsigned int row)
{
	return row < 2 ? f->start : row < ROWS_MOST ? f->start << (row - 1) : 0;
}

static enum pal_err
add_direct(struct heap *f, uint64_t offset, uint64_t size, uint64_t at)
{
	struct direct *d = NULL;

	if (at == PAL_HDF5_NOWHERE)
		return PAL_OK;
	if (f->blocks.count >= BLOCKS_MOST || !pal_hdf5_first(f->h, at))
		return pal_hdf5_broken(f->h, at, "a fractal heap that leads to where it has been");
	PAL_TRY(pal_hdf5_claim(f->h, at, size, "a block of a fractal heap"));
	d = pal_list_add(&f->blocks);
	if (d == NULL)
		return pal_arena_err(&f->h->scratch);
	*d = (struct direct){ offset, size, at };
	return PAL_OK;
}

/* What an indirect block leads to: rows of direct blocks, then rows of indirect ones. */
struct indirect {
	uint64_t     at, offset;
	unsigned int rows;
};

static enum pal_err
take_indirect(struct heap *f, struct indirect in, struct pal_list *todo)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              head = 5 + (uint64_t)f->h->offsets + f->offset_bytes;
	uint64_t              size = head + (uint64_t)in.rows * f->width * f->h->offsets + 4, offset = in.offset;

	if (!pal_hdf5_first(f->h, in.at))
		return pal_hdf5_broken(f->h, in.at, "a fractal heap that leads to where it has been");
	PAL_TRY(pal_hdf5_claim(f->h, in.at, size, "a fractal heap's indirect block"));
	PAL_TRY(pal_hdf5_block(f->h, in.at, size, "a fractal heap's indirect block", &block));
	if (block.view.len == 0)
		return PAL_OK;
	if (!pal_view_starts(block.view, "FHIB"))
		return pal_hdf5_broken(f->h, in.at, "a fractal heap's indirect block without its mark");
	r = pal_reader_of(block.view);
	pal_read_skip(&r, head);
	for (unsigned int row = 0; row < in.rows; row++) {
		uint64_t each = row_size(f, row);

		for (unsigned int i = 0; i < f->width; i++, offset += each) {
			uint64_t         at = pal_hdf5_address(f->h, &r);
			struct indirect *next = NULL;

			if (each <= f->direct_most) {
				PAL_TRY(add_direct(f, offset, each, at));
			} else if (at != PAL_HDF5_NOWHERE) {
				next = pal_list_add(todo);
				if (next == NULL)
					return pal_arena_err(&f->h->scratch);
				*next =
				    (struct indirect){ at, offset, log2_of(each) - log2_of(f->start * f->width) + 1 };
			}
		}
	}
	return PAL_OK;
}

static int
by_offset(const void *a, const void *b)
{
	const struct direct *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The heap's header (III.G): sizes, then the root: one direct block, or an indirect one of so many rows. */
static enum pal_err
open_heap(struct heap *f, uint64_t at, bool *ret_open)
{
	struct pal_hdf5      *h = f->h;
	struct pal_list       todo = pal_list_of(&h->scratch, sizeof(struct indirect));
	struct pal_hdf5_bytes head = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t         size = 26 + 3 * (uint64_t)h->offsets + 12 * (uint64_t)h->lengths, object_most = 0, root = 0;
	unsigned int     filters = 0, flags = 0, bits = 0, rows = 0;
	struct indirect *in = NULL;

	*ret_open = false;
	PAL_TRY(pal_hdf5_claim(h, at, size, "a fractal heap"));
	PAL_TRY(pal_hdf5_block(h, at, size, "a fractal heap", &head));
	if (head.view.len == 0)
		return PAL_OK;
	r = pal_reader_of(head.view);
	pal_read_skip(&r, 5);
	f->id_len = pal_read_u16le(&r);
	filters = pal_read_u16le(&r);
	flags = pal_read_u8(&r);
	object_most = pal_read_u32le(&r);
	pal_read_skip(&r, h->lengths);
	f->huge_tree = pal_hdf5_address(h, &r);
	pal_read_skip(&r, h->lengths + (uint64_t)h->offsets + 8 * (uint64_t)h->lengths);
	f->width = pal_read_u16le(&r);
	f->start = pal_hdf5_number(&r, h->lengths);
	f->direct_most = pal_hdf5_number(&r, h->lengths);
	bits = pal_read_u16le(&r);
	pal_read_skip(&r, 2);
	root = pal_hdf5_address(h, &r);
	rows = pal_read_u16le(&r);
	f->checked = (flags & 2) != 0;
	f->offset_bytes = (bits + 7) / 8;
	f->length_bytes = (log2_of(f->direct_most) + 7) / 8;
	if ((log2_of(object_most) + 7) / 8 < f->length_bytes)
		f->length_bytes = (log2_of(object_most) + 7) / 8;
	if (!pal_view_starts(head.view, "FRHP") || f->width == 0 || f->start == 0 || f->start > (uint64_t)1 << 32 ||
	    f->direct_most < f->start || f->direct_most > (uint64_t)1 << 32 || bits == 0 || bits > 64 ||
	    rows > ROWS_MOST)
		return pal_hdf5_broken(h, at, "a fractal heap without its mark, or of impossible sizes");
	if (filters != 0)
		return pal_hdf5_broken(h, at, "a fractal heap that is compressed, which is not unpacked here");
	*ret_open = true;
	if (root == PAL_HDF5_NOWHERE)
		return PAL_OK;
	if (rows == 0)
		return add_direct(f, 0, f->start, root);
	in = pal_list_add(&todo);
	if (in == NULL)
		return pal_arena_err(&h->scratch);
	*in = (struct indirect){ root, 0, rows };
	for (size_t i = 0; i < todo.count; i++) {
		struct indirect next = *(const struct indirect *)pal_list_at(&todo, i);

		if (next.rows > ROWS_MOST)
			return pal_hdf5_broken(h, next.at, "a fractal heap of impossible sizes");
		PAL_TRY(take_indirect(f, next, &todo));
	}
	pal_list_sort(&f->blocks, by_offset);
	return PAL_OK;
}

/* Records of huge objects that have no filter (type 1): address, length, id. */
static enum pal_err
match_huge(struct pal_hdf5 *h, void *arg, struct pal_view record)
{
	struct heap      *f = arg;
	struct pal_reader r = pal_reader_of(record);
	uint64_t          at = pal_hdf5_address(h, &r), len = pal_hdf5_number(&r, h->lengths);
	struct direct    *d = NULL;

	/* the tree is read once: all huge objects are kept, beside the blocks, with ids that no offset has */
	d = pal_list_add(&f->blocks);
	if (d == NULL)
		return pal_arena_err(&h->scratch);
	*d = (struct direct){ ((uint64_t)1 << 63) | pal_hdf5_number(&r, h->lengths), len, at };
	return pal_hdf5_claim(h, at, len, "a huge object of a fractal heap");
}

static const struct direct *
find_block(const struct heap *f, uint64_t offset)
{
	size_t from = 0, to = f->blocks.count;

	while (from < to) {
		size_t               middle = from + (to - from) / 2;
		const struct direct *d = pal_list_at(&f->blocks, middle);

		if (offset < d->offset)
			to = middle;
		else if (offset - d->offset < d->size)
			return d;
		else
			from = middle + 1;
	}
	return NULL;
}

static const struct direct *
find_huge(const struct heap *f, uint64_t id)
{
	for (size_t i = f->blocks.count; i > 0; i--) {
		const struct direct *d = pal_list_at(&f->blocks, i - 1);

		if (d->offset == (((uint64_t)1 << 63) | id))
			return d;
		if (d->offset >> 63 == 0)
			break;
	}
	return NULL;
}

static enum pal_err
give_object(struct heap *f, uint64_t at, uint64_t len)
{
	struct pal_hdf5_bytes body = { .at = 0 };

	PAL_TRY(pal_hdf5_block(f->h, at, len, "an object of a fractal heap", &body));
	return body.view.len == 0 ? PAL_OK : f->fn(f->h, f->path, body);
}

/* III.G: managed (offset and length in the heap), huge (in the file by itself) or tiny (in the id). */
static enum pal_err
take_record(struct pal_hdf5 *h, void *arg, struct pal_view record)
{
	struct heap         *f = arg;
	struct pal_reader    r = pal_reader_of(pal_view_sub(record, f->id_at, record.len));
	uint8_t              kind = pal_read_u8(&r) >> 4 & 3;
	unsigned int         id_bytes = f->id_len > h->lengths ? h->lengths : f->id_len > 0 ? f->id_len - 1 : 0;
	uint64_t             a = pal_hdf5_number(&r, kind == 0 ? f->offset_bytes : id_bytes);
	uint64_t             len = kind == 0 ? pal_hdf5_number(&r, f->length_bytes) : 0;
	const struct direct *d = NULL;

	if (pal_reader_err(&r) != PAL_OK)
		return pal_hdf5_broken(h, 0, "a record without an id of its fractal heap");
	if (kind == 2) {
		struct pal_hdf5_bytes body = { pal_view_sub(record, f->id_at + 1, (record.data[f->id_at] & 15) + 1u),
					       h->base };

		return f->fn(h, f->path, body);
	}
	d = kind == 0 ? find_block(f, a) : find_huge(f, a);
	if (d != NULL && kind == 1)
		return give_object(f, d->at, d->size);
	if (d == NULL || kind > 1 || len > d->size - (a - d->offset))
		return pal_hdf5_broken(h, 0, "an id that its fractal heap does not have");
	return give_object(f, d->at + (a - d->offset), len);
}

enum pal_err
pal_hdf5_dense(struct pal_hdf5 *h, const char *path, uint64_t heap, uint64_t tree, size_t id_at,
	       pal_hdf5_message_fn *fn)
{
	struct heap f = { .h = h, .path = path, .id_at = id_at, .fn = fn };
	bool        open = false;

	if (!pal_hdf5_first(h, heap))
		return PAL_OK;
	f.blocks = pal_list_of(&h->scratch, sizeof(struct direct));
	PAL_TRY(open_heap(&f, heap, &open));
	if (!open || tree == PAL_HDF5_NOWHERE)
		return PAL_OK;
	if (f.huge_tree != PAL_HDF5_NOWHERE) {
		PAL_TRY(pal_hdf5_tree(h, f.huge_tree, match_huge, &f));
		pal_list_sort(&f.blocks, by_offset);
	}
	return pal_hdf5_tree(h, tree, take_record, &f);
}
