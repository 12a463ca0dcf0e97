/* hdf5_data.c - what datasets and attributes hold: tensors, strings as text or metadata, files inside as members. */
#include "hdf5.h"

#include "feed.h"
#include "palisade/format.h"
#include "palisade/utf8.h"

#define FILE_LEAST  8u    /* shorter is no file inside */
#define NAMED_MOST  4096u /* strings of one attribute that are given with its name */
#define STRING_MOST 65536u
#define RUN_LEAST   5u

enum { LAYOUT_COMPACT, LAYOUT_CONTIGUOUS, LAYOUT_CHUNKED, LAYOUT_VIRTUAL };

/* ---- values ---- */

enum pal_err
pal_hdf5_flush(struct pal_hdf5 *h)
{
	struct pal_place place = { .offset = h->text_at };
	enum pal_err     err = pal_buf_err(&h->text);

	if (err == PAL_OK)
		err = pal_give_text(h->sink, pal_buf_view(&h->text), &place);
	pal_buf_clear(&h->text);
	return err;
}

/* Long text, a window at a time; named text is metadata. */
static enum pal_err
give_long(struct pal_hdf5 *h, struct pal_view name, struct pal_input *from, uint64_t at, uint64_t len)
{
	struct pal_view v = { 0 };

	while (len > 0) {
		struct pal_place place = { .offset = at };

		PAL_TRY(pal_input_view(from, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		v = pal_view_sub(v, 0, pal_text_cut(v));
		PAL_TRY(name.len > 0 ? pal_give_meta(h->sink, name, v, at) : pal_give_text(h->sink, v, &place));
		at += v.len;
		len -= v.len;
	}
	return PAL_OK;
}

static bool
is_text(struct pal_view head)
{
	size_t bad = 0;

	return pal_view_find_byte(head, 0, 0) == SIZE_MAX && pal_utf8_prefix(head, &bad);
}

enum pal_err
pal_hdf5_value(struct pal_hdf5 *h, struct pal_view name, struct pal_input *from, uint64_t at, uint64_t len)
{
	struct pal_view head = { 0 };

	if (len == 0)
		return PAL_OK;
	PAL_TRY(pal_input_view(from, at, 1, len < PAL_PROBE_HEAD ? (size_t)len : PAL_PROBE_HEAD, &head));
	/* named JSON is a file whatever it says at its start: a configuration of Keras can hide its class_name far
	 * behind */
	if (len >= FILE_LEAST &&
	    (pal_format_inside(head, len) != NULL || (name.len > 0 && pal_view_starts(pal_view_trim(head), "{"))))
		return pal_give_member(h->sink, from, at, len, name.len > 0 ? name : pal_view_of("(string)"));
	if (!is_text(head))
		return pal_give_bytes(h->sink, from, at, len);
	if (name.len > 0 || len > PAL_TEXT_PIECE)
		return give_long(h, name, from, at, len);
	PAL_TRY(pal_input_view(from, at, (size_t)len, (size_t)len, &head));
	if (h->text.len == 0)
		h->text_at = at;
	pal_buf_add(&h->text, head);
	pal_buf_add_byte(&h->text, '\n');
	return h->text.len < PAL_TEXT_PIECE ? PAL_OK : pal_hdf5_flush(h);
}

/* Strings of one length, filled up with NULs or blanks. */
static enum pal_err
give_fixed(struct pal_hdf5 *h, struct pal_view name, uint64_t size, struct pal_input *from, uint64_t at, uint64_t len)
{
	struct pal_view none = { 0 }, v = { 0 };
	uint64_t        count = size == 0 ? 0 : len / size;

	if (count == 0)
		return PAL_OK;
	for (uint64_t i = 0; i < count; i++, at += size) {
		uint64_t n = size;

		if (size <= STRING_MOST) {
			PAL_TRY(pal_input_view(from, at, (size_t)size, (size_t)size, &v));
			while (n > 0 && v.data[n - 1] == 0)
				n--;
		}
		PAL_TRY(pal_hdf5_value(h, count <= NAMED_MOST ? name : none, from, at, n));
	}
	return pal_hdf5_flush(h);
}

/* Strings of variable length: a length, and an object of a global heap (III.E); the heap knows the length itself. */
static enum pal_err
give_variable(struct pal_hdf5 *h, struct pal_view name, struct pal_input *from, uint64_t at, uint64_t len)
{
	const uint64_t    size = 8 + (uint64_t)h->offsets;
	const bool        named = name.len > 0 && len / size <= NAMED_MOST;
	struct pal_view   v = { 0 };
	struct pal_reader r = { 0 };

	for (; len >= size; at += size, len -= size) {
		uint64_t heap = 0, place = PAL_HDF5_NOWHERE, bytes = 0;
		uint32_t length = 0, index = 0;

		PAL_TRY(pal_input_view(from, at, (size_t)size, (size_t)size, &v));
		r = pal_reader_of(v);
		length = pal_read_u32le(&r);
		heap = pal_hdf5_address(h, &r);
		index = pal_read_u32le(&r);
		if (length == 0 || heap == PAL_HDF5_NOWHERE || index == 0)
			continue;
		if (!named) {
			PAL_TRY(pal_hdf5_heap_note(h, heap));
			continue;
		}
		PAL_TRY(pal_hdf5_heap_object(h, heap, index, &place, &bytes));
		if (place != PAL_HDF5_NOWHERE)
			PAL_TRY(pal_hdf5_value(h, name, h->in, h->base + place, bytes));
	}
	return PAL_OK;
}

/* Strings among the numbers of structures: runs of letters that are long enough not to be chance. */
static enum pal_err
give_runs(struct pal_hdf5 *h, struct pal_input *from, uint64_t at, uint64_t len)
{
	struct pal_view v = { 0 };

	for (; len > 0; at += v.len, len -= v.len) {
		size_t begin = 0;

		PAL_TRY(pal_input_view(from, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		for (size_t i = 0; i <= v.len; i++) {
			bool letter = i < v.len && v.data[i] >= 0x20 && v.data[i] < 0x7f;

			if (letter && i - begin < PAL_TEXT_PIECE)
				continue;
			if (i - begin >= RUN_LEAST) {
				h->text_at = h->text.len == 0 ? at + begin : h->text_at;
				pal_buf_add(&h->text, pal_view_sub(v, begin, i - begin));
				pal_buf_add_byte(&h->text, '\n');
			}
			begin = letter ? i : i + 1;
			if (h->text.len >= PAL_TEXT_PIECE)
				PAL_TRY(pal_hdf5_flush(h));
		}
	}
	return pal_hdf5_flush(h);
}

bool
pal_hdf5_is_content(const struct pal_hdf5_type *t)
{
	return t->class == PAL_HDF5_STRING || t->class == PAL_HDF5_VARIABLE || t->class == PAL_HDF5_OPAQUE ||
	       t->class == PAL_HDF5_COMPOUND || t->class == PAL_HDF5_ARRAY;
}

enum pal_err
pal_hdf5_content(struct pal_hdf5 *h, struct pal_view name, const struct pal_hdf5_type *t, struct pal_input *from,
		 uint64_t at, uint64_t len)
{
	struct pal_view head = { 0 };

	if (at > from->size || len > from->size - at)
		return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, 0, "data that end behind the file's end");
	if (len == 0)
		return PAL_OK;
	if (t->class == PAL_HDF5_STRING)
		return give_fixed(h, name, t->size, from, at, len);
	if (t->class == PAL_HDF5_VARIABLE)
		return give_variable(h, name, from, at, len);
	if (!pal_hdf5_is_content(t) && (t->size != 1 || t->class > PAL_HDF5_BITS))
		return PAL_OK; /* numbers, references, names of values */
	PAL_TRY(pal_input_view(from, at, 1, len < PAL_PROBE_HEAD ? (size_t)len : PAL_PROBE_HEAD, &head));
	if (len >= FILE_LEAST && pal_format_inside(head, len) != NULL)
		return pal_give_member(h->sink, from, at, len, name.len > 0 ? name : pal_view_of("(bytes)"));
	if (t->class == PAL_HDF5_COMPOUND || t->class == PAL_HDF5_ARRAY)
		PAL_TRY(give_runs(h, from, at, len));
	return pal_hdf5_is_content(t) ? pal_give_bytes(h->sink, from, at, len) : PAL_OK;
}

/* ---- datasets ---- */

struct set {
	const struct pal_hdf5_set *set;
	struct pal_hdf5_type       type;
	struct pal_hdf5_shape      shape;
	struct pal_view            path;
	uint64_t                   total; /* bytes of all values */
};

static enum pal_err
give_tensor(struct pal_hdf5 *h, const struct set *s, uint64_t at, uint64_t len)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR,
				 .place = { .offset = at, .length = len },
				 .name = s->path,
				 .tensor = { .dtype = pal_view_of(s->type.spelled),
					     .type = s->type.dtype,
					     .big_endian = s->type.big_endian,
					     .shape = s->shape.dims,
					     .rank = s->shape.rank } };

	return pal_sink_take(h->sink, &c);
}

/* `len` bytes at the place `at` of the file are the dataset, whole. */
static enum pal_err
give_dense(struct pal_hdf5 *h, const struct set *s, uint64_t at, uint64_t len)
{
	if (len < s->total)
		PAL_TRY(pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, at,
					 "dataset %.200s: %llu bytes of data, its shape has %llu", s->set->path,
					 (unsigned long long)len, (unsigned long long)s->total));
	len = len < s->total ? len : s->total;
	PAL_TRY(give_tensor(h, s, at, len));
	return pal_hdf5_content(h, s->shape.count == 1 ? s->path : (struct pal_view){ 0 }, &s->type, h->in, at, len);
}

static enum pal_err
take_contiguous(struct pal_hdf5 *h, const struct set *s, uint64_t at, uint64_t len)
{
	if (at == PAL_HDF5_NOWHERE || s->set->external.view.len > 0)
		return give_tensor(h, s, h->base, 0); /* never written, or in another file */
	PAL_TRY(pal_hdf5_claim(h, at, len, s->set->path));
	if (at > h->size || len > h->size - at)
		return give_tensor(h, s, h->base, 0);
	return give_dense(h, s, h->base + at, len);
}

/* Dimensions of a chunk with the size of a value as the last; false: their product overflows, or they are not there. */
static bool
chunk_bytes(struct pal_reader *r, unsigned int rank, unsigned int width, uint64_t *ret_bytes)
{
	uint64_t bytes = 1;
	bool     overflow = false;

	for (unsigned int i = 0; i < rank; i++)
		overflow = __builtin_mul_overflow(bytes, pal_hdf5_number(r, width), &bytes) || overflow;
	*ret_bytes = bytes;
	return !overflow && pal_reader_err(r) == PAL_OK;
}

static enum pal_err
take_chunked(struct pal_hdf5 *h, const struct set *s, unsigned int version, struct pal_reader *r)
{
	struct pal_hdf5_chunks c = { .path = s->path, .type = &s->type };
	uint8_t                flags = version >= 4 ? pal_read_u8(r) : 0;
	bool                   fits = false;

	c.rank = pal_read_u8(r);
	if (version < 3)
		pal_read_skip(r, 6); /* the class again, reserved */
	if (version < 4)
		c.root = pal_hdf5_address(h, r);
	fits = c.rank <= PAL_HDF5_RANK + 1 && chunk_bytes(r, c.rank, version < 4 ? 4 : pal_read_u8(r), &c.bytes);
	if (!fits)
		return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, s->set->layout.at,
					"dataset %.200s: the product of its chunk's dimensions overflows",
					s->set->path);
	if (version >= 4) {
		c.index = pal_read_u8(r);
		if (c.index == 1 && (flags & 2) != 0) {
			c.single = pal_hdf5_number(r, h->lengths);
			pal_read_skip(r, 4);
		} else if (c.index >= 3) {
			pal_read_skip(r, c.index == 3 ? 1 : c.index == 4 ? 5 : 6);
		}
		c.root = pal_hdf5_address(h, r);
	}
	if (pal_reader_err(r) != PAL_OK)
		return pal_hdf5_broken(h, s->set->layout.at - h->base, "a layout that is cut short");
	PAL_TRY(give_tensor(h, s, h->base, 0));
	if (c.root == PAL_HDF5_NOWHERE)
		return PAL_OK;
	PAL_TRY(pal_hdf5_chunks(h, &c, s->set->filters.view));
	if (c.filters > 0 && !pal_hdf5_is_content(&s->type))
		h->packed++;
	return c.skipped ? pal_sink_unread(h->sink, &pal_anomaly_hdf5_filter, s->set->layout.at, 0,
					   "dataset %.200s: its strings or bytes were not unpacked", s->set->path)
			 : PAL_OK;
}

/* A virtual dataset names the files that its parts are in; "." is this one (III.E, the block of a virtual dataset). */
static enum pal_err
take_virtual(struct pal_hdf5 *h, const struct set *s, struct pal_reader *r)
{
	uint64_t              heap = pal_hdf5_address(h, r), at = PAL_HDF5_NOWHERE, len = 0;
	uint32_t              index = pal_read_u32le(r);
	struct pal_hdf5_bytes block = { .at = 0 };
	struct pal_view       file = { 0 };

	PAL_TRY(give_tensor(h, s, h->base, 0));
	if (heap == PAL_HDF5_NOWHERE || index == 0)
		return PAL_OK;
	PAL_TRY(pal_hdf5_heap_object(h, heap, index, &at, &len));
	if (at == PAL_HDF5_NOWHERE)
		return PAL_OK;
	PAL_TRY(pal_hdf5_block(h, at, len, "the sources of a virtual dataset", &block));
	file = pal_hdf5_string(block.view, 1 + (uint64_t)h->lengths);
	PAL_TRY(pal_give_bytes(h->sink, h->in, h->base + at, len));
	return file.len == 0 || pal_view_is(file, ".")
		   ? PAL_OK
		   : pal_hdf5_outside(h, s->set->path, file, "a virtual dataset", h->base + at);
}

/* External files (IV.A.2.h): names in a local heap, each with the place of the data in it. */
static enum pal_err
take_external(struct pal_hdf5 *h, const struct set *s)
{
	struct pal_reader     r = pal_reader_of(s->set->external.view);
	struct pal_hdf5_bytes names = { .at = 0 };
	unsigned int          used = 0;

	pal_read_skip(&r, 6);
	used = pal_read_u16le(&r);
	PAL_TRY(pal_hdf5_local(h, pal_hdf5_address(h, &r), &names));
	for (unsigned int i = 0; i < used; i++) {
		uint64_t at = pal_hdf5_number(&r, h->lengths);

		pal_read_skip(&r, 2 * (uint64_t)h->lengths);
		if (pal_reader_err(&r) != PAL_OK)
			return pal_hdf5_broken(h, s->set->external.at - h->base, "a list of files that is cut short");
		PAL_TRY(pal_hdf5_outside(h, s->set->path, pal_hdf5_string(names.view, at), "the data",
					 s->set->external.at));
	}
	return PAL_OK;
}

static enum pal_err
take_layout(struct pal_hdf5 *h, const struct set *s)
{
	struct pal_reader r = pal_reader_of(s->set->layout.view);
	uint8_t           version = pal_read_u8(&r), class = 0;
	uint64_t          at = 0, len = s->total;

	if (version < 3) {
		struct pal_reader look = r;

		pal_read_skip(&look, 1);
		class = pal_read_u8(&look);
		if (class != LAYOUT_CHUNKED)
			r = look;
		pal_read_skip(&r, class == LAYOUT_CHUNKED ? 0 : 5);
	} else {
		class = pal_read_u8(&r);
	}
	if (version == 0 || version > 5 || class > LAYOUT_VIRTUAL || pal_reader_err(&r) != PAL_OK)
		return pal_hdf5_broken(h, s->set->layout.at - h->base, "a layout of no known version");
	if (class == LAYOUT_CHUNKED)
		return take_chunked(h, s, version, &r);
	if (class == LAYOUT_VIRTUAL)
		return take_virtual(h, s, &r);
	if (class == LAYOUT_CONTIGUOUS) {
		at = pal_hdf5_address(h, &r);
		len = version < 3 ? len : pal_hdf5_number(&r, h->lengths);
	} else {
		pal_read_skip(&r, version < 3 ? 4 * (uint64_t)s->set->layout.view.data[1] : 0);
		len = version < 3 ? pal_read_u32le(&r) : pal_read_u16le(&r);
		at = s->set->layout.at + r.offset;
	}
	if (pal_reader_err(&r) != PAL_OK || (class == LAYOUT_COMPACT && len > pal_reader_left(&r)))
		return pal_hdf5_broken(h, s->set->layout.at - h->base, "a layout that is cut short");
	return class == LAYOUT_COMPACT ? give_dense(h, s, at, len) : take_contiguous(h, s, at, len);
}

enum pal_err
pal_hdf5_dataset(struct pal_hdf5 *h, const struct pal_hdf5_set *set)
{
	struct set s = { .set = set, .path = pal_view_of(set->path) };

	if (set->layout.view.len == 0 || set->type.view.len == 0 || set->space.view.len == 0)
		return PAL_OK; /* a group, a named type */
	if (!pal_hdf5_type_of(set->type.view, &s.type) || !pal_hdf5_shape_of(h, set->space.view, &s.shape))
		return pal_hdf5_broken(h, set->layout.at - h->base, "a dataset of no known type or shape");
	if (s.shape.overflow || __builtin_mul_overflow(s.shape.count, s.type.size, &s.total))
		return pal_sink_anomaly(h->sink, &pal_anomaly_hdf5_address, set->space.at,
					"dataset %.200s: the product of its dimensions overflows", set->path);
	if (set->external.view.len > 0)
		PAL_TRY(take_external(h, &s));
	return take_layout(h, &s);
}
