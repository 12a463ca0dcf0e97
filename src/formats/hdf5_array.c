/* hdf5_array.c - chunks that arrays index: fixed ones (III.H) for known sizes, extensible ones (III.I) that grow. */
#include "hdf5.h"

#define BITS_MOST 64u

struct array {
	struct pal_hdf5        *h;
	struct pal_hdf5_chunks *c;
	pal_hdf5_chunk_fn      *fn;
	unsigned int            entry;  /* bytes of an element */
	uint64_t                page;   /* elements of a page; blocks of more are in pages */
	unsigned int            prefix; /* bytes before a data block's elements or pages */
	unsigned int            least;  /* elements of the smallest data block */
};

/* An element is a chunk's address; when chunks are filtered, also its size and what of the filters was left out. */
static enum pal_err
take_elements(struct array *a, struct pal_reader *r, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = pal_hdf5_address(a->h, r), len = a->c->bytes;
		uint32_t mask = 0;

		if (a->entry > a->h->offsets + 4) {
			len = pal_hdf5_number(r, a->entry - a->h->offsets - 4);
			mask = pal_read_u32le(r);
		}
		if (pal_reader_err(r) != PAL_OK)
			return PAL_OK;
		PAL_TRY(a->fn(a->h, a->c, at, len, mask));
	}
	return PAL_OK;
}

static enum pal_err
take_run(struct array *a, uint64_t at, uint64_t skip, uint64_t count)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	struct pal_reader     r = { 0 };

	PAL_TRY(pal_hdf5_claim(a->h, at, skip + count * a->entry + 4, "a block of an array of chunks"));
	PAL_TRY(pal_hdf5_block(a->h, at, skip + count * a->entry, "a block of an array of chunks", &block));
	r = pal_reader_of(block.view);
	pal_read_skip(&r, skip);
	return take_elements(a, &r, count);
}

/* Pages that were never written hold anything; a bit for each says which were. */
static enum pal_err
take_pages(struct array *a, uint64_t at, uint64_t count, struct pal_view bits)
{
	for (uint64_t page = 0; count > 0 && page / 8 < bits.len; page++) {
		uint64_t n = count < a->page ? count : a->page;

		if ((bits.data[page / 8] & (0x80u >> (page % 8))) != 0)
			PAL_TRY(take_run(a, at, 0, n));
		at += n * a->entry + 4;
		count -= n;
	}
	return PAL_OK;
}

static enum pal_err
take_block(struct array *a, uint64_t at, uint64_t count, struct pal_view bits)
{
	if (at == PAL_HDF5_NOWHERE || !pal_hdf5_first(a->h, at))
		return PAL_OK;
	if (count > a->h->size / a->entry)
		return pal_hdf5_broken(a->h, at, "an array of more chunks than there are bytes");
	if (count <= a->page)
		return take_run(a, at, a->prefix, count);
	PAL_TRY(pal_hdf5_claim(a->h, at, (uint64_t)a->prefix + 4, "a block of an array of chunks"));
	return take_pages(a, at + a->prefix + 4, count, bits);
}

/* ---- fixed ---- */

enum pal_err
pal_hdf5_fixed(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, pal_hdf5_chunk_fn *fn)
{
	struct array          a = { .h = h, .c = c, .fn = fn };
	struct pal_hdf5_bytes head = { .at = 0 }, bits = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              size = 12 + (uint64_t)h->offsets + h->lengths, count = 0, at = 0, bytes = 0;
	unsigned int          page_bits = 0;

	PAL_TRY(pal_hdf5_claim(h, c->root, size, "a fixed array"));
	PAL_TRY(pal_hdf5_block(h, c->root, size, "a fixed array", &head));
	r = pal_reader_of(head.view);
	pal_read_skip(&r, 6);
	a.entry = pal_read_u8(&r);
	page_bits = pal_read_u8(&r);
	count = pal_hdf5_number(&r, h->lengths);
	at = pal_hdf5_address(h, &r);
	if (pal_reader_err(&r) != PAL_OK || !pal_view_starts(head.view, "FAHD") || a.entry < h->offsets ||
	    page_bits >= 32 || count > h->size)
		return pal_hdf5_broken(h, c->root, "a fixed array without its mark, or of impossible sizes");
	a.page = (uint64_t)1 << page_bits;
	a.prefix = 6 + h->offsets;
	if (count > a.page && at != PAL_HDF5_NOWHERE) {
		bytes = ((count + a.page - 1) / a.page + 7) / 8;
		PAL_TRY(pal_hdf5_block(h, at + a.prefix, bytes, "the pages of a fixed array", &bits));
		a.prefix += (unsigned int)bytes;
	}
	return take_block(&a, at, count, bits.view);
}

/* ---- extensible ---- */

/* How many data blocks a super block has, and how many elements each of them. */
static uint64_t
blocks_of(unsigned int super)
{
	return (uint64_t)1 << (super / 2);
}

static uint64_t
elements_of(const struct array *a, unsigned int super)
{
	return ((uint64_t)1 << ((super + 1) / 2)) * a->least;
}

/* A super block: bits for the pages of each of its data blocks, then their addresses. */
static enum pal_err
take_super(struct array *a, uint64_t at, unsigned int super)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              blocks = blocks_of(super), count = elements_of(a, super), bits = 0, size = 0;

	if (at == PAL_HDF5_NOWHERE || !pal_hdf5_first(a->h, at))
		return PAL_OK;
	bits = count > a->page ? (count / a->page + 7) / 8 : 0;
	if (blocks > a->h->size || bits > a->h->size / blocks)
		return pal_hdf5_broken(a->h, at, "an array of more chunks than there are bytes");
	size = a->prefix + blocks * (bits + a->h->offsets);
	PAL_TRY(pal_hdf5_claim(a->h, at, size + 4, "a super block of an array of chunks"));
	PAL_TRY(pal_hdf5_block(a->h, at, size, "a super block of an array of chunks", &block));
	if (!pal_view_starts(block.view, "EASB"))
		return block.view.len == 0 ? PAL_OK : pal_hdf5_broken(a->h, at, "a super block without its mark");
	r = pal_reader_of(block.view);
	pal_read_skip(&r, a->prefix + blocks * bits);
	for (uint64_t i = 0; i < blocks; i++)
		PAL_TRY(take_block(a, pal_hdf5_address(a->h, &r), count,
				   pal_view_sub(block.view, (size_t)(a->prefix + i * bits), (size_t)bits)));
	return PAL_OK;
}

static unsigned int
log2_of(unsigned int n)
{
	unsigned int bits = 0;

	while (n > 1) {
		n >>= 1;
		bits++;
	}
	return bits;
}

/* The index block: the first elements themselves, addresses of the first data blocks, then of super blocks. */
static enum pal_err
take_index(struct array *a, uint64_t at, unsigned int elements, unsigned int pointers, unsigned int bits)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	struct pal_reader     r = { 0 };
	unsigned int supers = 1 + bits - log2_of(a->least), direct = 2 * log2_of(pointers), head = 6 + a->h->offsets;
	uint64_t     size = 0, addresses = 2 * ((uint64_t)pointers - 1);

	direct = direct < supers ? direct : supers;
	size = head + (uint64_t)elements * a->entry + (addresses + supers - direct) * a->h->offsets;
	PAL_TRY(pal_hdf5_claim(a->h, at, size + 4, "the index of an array of chunks"));
	PAL_TRY(pal_hdf5_block(a->h, at, size, "the index of an array of chunks", &block));
	if (!pal_view_starts(block.view, "EAIB"))
		return block.view.len == 0 ? PAL_OK : pal_hdf5_broken(a->h, at, "an index without its mark");
	r = pal_reader_of(block.view);
	pal_read_skip(&r, head);
	PAL_TRY(take_elements(a, &r, elements));
	for (unsigned int super = 0; super < direct; super++)
		for (uint64_t i = 0; i < blocks_of(super); i++)
			PAL_TRY(
			    take_block(a, pal_hdf5_address(a->h, &r), elements_of(a, super), (struct pal_view){ 0 }));
	for (unsigned int super = direct; super < supers; super++)
		PAL_TRY(take_super(a, pal_hdf5_address(a->h, &r), super));
	return PAL_OK;
}

enum pal_err
pal_hdf5_extensible(struct pal_hdf5 *h, struct pal_hdf5_chunks *c, pal_hdf5_chunk_fn *fn)
{
	struct array          a = { .h = h, .c = c, .fn = fn };
	struct pal_hdf5_bytes head = { .at = 0 };
	struct pal_reader     r = { 0 };
	uint64_t              size = 16 + 6 * (uint64_t)h->lengths + h->offsets, at = 0;
	unsigned int          bits = 0, elements = 0, pointers = 0, page_bits = 0;

	PAL_TRY(pal_hdf5_claim(h, c->root, size, "an extensible array"));
	PAL_TRY(pal_hdf5_block(h, c->root, size, "an extensible array", &head));
	r = pal_reader_of(head.view);
	pal_read_skip(&r, 6);
	a.entry = pal_read_u8(&r);
	bits = pal_read_u8(&r);
	elements = pal_read_u8(&r);
	a.least = pal_read_u8(&r);
	pointers = pal_read_u8(&r);
	page_bits = pal_read_u8(&r);
	pal_read_skip(&r, 6 * (uint64_t)h->lengths);
	at = pal_hdf5_address(h, &r);
	if (pal_reader_err(&r) != PAL_OK || !pal_view_starts(head.view, "EAHD") || a.entry < h->offsets ||
	    a.least == 0 || pointers == 0 || page_bits >= 32 || bits > BITS_MOST || bits < log2_of(a.least))
		return pal_hdf5_broken(h, c->root, "an extensible array without its mark, or of impossible sizes");
	a.page = (uint64_t)1 << page_bits;
	a.prefix = 6 + h->offsets + (bits + 7) / 8;
	return at == PAL_HDF5_NOWHERE ? PAL_OK : take_index(&a, at, elements, pointers, bits);
}
