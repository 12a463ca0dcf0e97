/* 7z_header.c - the database; to audit: every count passes pal_read_count() or count_of() before anything is made of
 * it. */
#include "7z.h"
#include "palisade/utf8.h"

#define FILES_MOST   ((size_t)262144)
#define STREAMS_MOST ((size_t)262144)
#define INDEX_MOST   32u /* coders and streams of one folder */

enum id {
	ID_END,
	ID_HEADER,
	ID_ARCHIVE_PROPERTIES,
	ID_ADDITIONAL_STREAMS,
	ID_MAIN_STREAMS,
	ID_FILES,
	ID_PACK_INFO,
	ID_UNPACK_INFO,
	ID_SUBSTREAMS,
	ID_SIZE,
	ID_CRC,
	ID_FOLDER,
	ID_UNPACK_SIZE,
	ID_STREAM_COUNT,
	ID_EMPTY_STREAM,
	ID_NAMES = 0x11,
	ID_ATTRIBUTES = 0x15,
};

/* Section "UINT64": as many ones from the top of the first byte as bytes follow; its other bits are the highest. */
static uint64_t
number(struct pal_reader *r)
{
	uint8_t  first = pal_read_u8(r), mask = 0x80;
	uint64_t n = 0;

	for (unsigned int i = 0; i < 8; i++, mask >>= 1) {
		if ((first & mask) == 0)
			return n | (uint64_t)(first & (mask - 1)) << (8 * i);
		n |= (uint64_t)pal_read_u8(r) << (8 * i);
	}
	return n;
}

static size_t
count_of(struct pal_reader *r, size_t least, size_t most)
{
	return pal_read_count(r, number(r), least, most);
}

static bool
good(const struct pal_7z *z, const struct pal_reader *r)
{
	return pal_reader_err(r) == PAL_OK && pal_arena_err(&z->arena) == PAL_OK;
}

static bool
is_next(struct pal_reader *r, enum id id)
{
	return pal_read_u8(r) == (uint8_t)id && pal_reader_err(r) == PAL_OK;
}

/* A bit for each of n things, the first one on top; NULL when the format says "all of them", or on failure. */
static const uint8_t *
bits(struct pal_reader *r, size_t n, bool may_be_all)
{
	if (may_be_all && pal_read_u8(r) != 0)
		return NULL;
	return pal_read_view(r, (n + 7) / 8).data;
}

static bool
bit(const uint8_t *v, size_t i)
{
	return v == NULL || (v[i / 8] & (0x80u >> (i % 8))) != 0;
}

static bool
read_packs(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *s)
{
	uint64_t at = number(r), sum = 0;
	size_t   n = count_of(r, 1, STREAMS_MOST);
	uint8_t  id = pal_read_u8(r);

	for (size_t i = 0; id == ID_SIZE && i < n && good(z, r); i++) {
		uint64_t *size = pal_list_add(&s->packs);

		if (size == NULL || sum > z->in->size)
			return false;
		*size = number(r);
		sum += *size > z->in->size ? z->in->size + 1 : *size;
	}
	if (id == ID_SIZE)
		id = pal_read_u8(r);
	if (id == ID_CRC) { /* of packed bytes: nobody writes them */
		const uint8_t *has = bits(r, n, true);

		for (size_t i = 0; i < n && good(z, r); i++)
			pal_read_skip(r, bit(has, i) ? 4 : 0);
		id = pal_read_u8(r);
	}
	if (id != ID_END || !good(z, r) || z->in->size < PAL_7Z_SIGNATURE || at > z->in->size - PAL_7Z_SIGNATURE ||
	    sum > z->in->size - PAL_7Z_SIGNATURE - at)
		return false;
	s->packed_at = PAL_7Z_SIGNATURE + at;
	s->packed = sum;
	return true;
}

/* What a folder's coders and the pairs between them say, before it is known whether they are a chain. */
struct plan {
	struct pal_7z_coder coders[INDEX_MOST];
	size_t              coder_count, in_count, out_count, pack_count;
	size_t              from[INDEX_MOST];  /* by input: the output that feeds it, or INDEX_MOST: a packed stream */
	bool                bound[INDEX_MOST]; /* by output */
	size_t              first_in[INDEX_MOST];  /* by coder */
	size_t              packed_in[INDEX_MOST]; /* by packed stream: the input that reads it */
};

static bool
read_coder(struct pal_reader *r, struct plan *p, struct pal_7z_folder *f)
{
	struct pal_7z_coder *c = &p->coders[p->coder_count++];
	uint8_t              flags = pal_read_u8(r);
	uint64_t             in = 1, out = 1;

	if ((flags & 0xc0) != 0 || (flags & 15) > 8)
		return false;
	for (unsigned int i = 0; i < (flags & 15u); i++)
		c->method = c->method << 8 | pal_read_u8(r);
	if ((flags & 0x10) != 0) {
		in = number(r);
		out = number(r);
	}
	if (in > INDEX_MOST - p->in_count || out > INDEX_MOST - p->out_count || in == 0 || out == 0)
		return false;
	p->first_in[p->coder_count - 1] = p->in_count;
	p->in_count += (size_t)in;
	p->out_count += (size_t)out;
	if (p->coder_count == 1)
		f->method = c->method;
	f->is_chain = f->is_chain && in == 1 && out == 1;
	f->encrypted = f->encrypted || c->method == 0x06f10701 || c->method >> 8 == 0x06f107;
	if ((flags & 0x20) != 0)
		c->properties = pal_read_view(r, number(r));
	return pal_reader_err(r) == PAL_OK;
}

static bool
read_pairs(struct pal_reader *r, struct plan *p)
{
	for (size_t i = 0; i < INDEX_MOST; i++)
		p->from[i] = INDEX_MOST;
	for (size_t i = 0; i + 1 < p->out_count; i++) {
		uint64_t in = number(r), out = number(r);

		if (in >= p->in_count || out >= p->out_count || p->from[in] != INDEX_MOST || p->bound[out])
			return false;
		p->from[in] = (size_t)out;
		p->bound[out] = true;
	}
	if (p->in_count + 1 < p->out_count || p->in_count - (p->out_count - 1) == 0)
		return false;
	p->pack_count = p->in_count - (p->out_count - 1);
	for (size_t i = 0; p->pack_count > 1 && i < p->pack_count; i++) {
		uint64_t in = number(r);

		if (in >= p->in_count)
			return false;
		p->packed_in[i] = (size_t)in;
	}
	return pal_reader_err(r) == PAL_OK;
}

/* From the coder that makes the content to the one that reads the file. */
static void
follow_chain(const struct plan *p, struct pal_7z_folder *f)
{
	size_t at = 0;

	f->is_chain = f->is_chain && p->coder_count <= PAL_7Z_CODERS;
	if (!f->is_chain)
		return;
	while (at < p->out_count && p->bound[at])
		at++;
	for (; at < p->coder_count && f->coder_count < PAL_7Z_CODERS; at = p->from[at])
		f->coders[f->coder_count++] = p->coders[at];
	f->is_chain = f->coder_count == p->coder_count; /* else they run in a circle */
}

static bool
read_folder(struct pal_7z *z, struct pal_reader *r, struct plan *p, struct pal_7z_folder *f)
{
	size_t n = count_of(r, 2, INDEX_MOST);

	f->is_chain = true;
	f->stream_count = 1;
	for (size_t i = 0; i < n; i++)
		if (!read_coder(r, p, f))
			return false;
	if (n == 0 || !read_pairs(r, p))
		return false;
	for (size_t i = 0; i < n; i++)
		p->coders[i].properties = pal_arena_copy(&z->arena, p->coders[i].properties);
	return good(z, r);
}

static bool
place_packed(struct pal_7z_streams *s, struct pal_7z_folder *f, size_t *next, size_t n, uint64_t *at)
{
	f->packed_at = *at;
	for (size_t i = 0; i < n; i++, (*next)++) {
		if (*next >= s->packs.count)
			return false;
		f->packed += *(uint64_t *)pal_list_at(&s->packs, *next);
	}
	*at += f->packed;
	return true;
}

/* Which packed stream of the folder an input reads; false when none does. */
static bool
find_packed(const struct pal_7z_streams *s, const struct plan *p, size_t first, uint64_t at, size_t in,
	    struct pal_7z_part *part)
{
	for (size_t i = 0; i < p->pack_count; i++) {
		part->packed = *(uint64_t *)pal_list_at(&s->packs, first + i);
		part->at = at;
		if (p->packed_in[i] == in)
			return true;
		at += part->packed;
	}
	return false;
}

/* 7-Zip's DOC/Methods.txt, 0303011B: four inputs, each packed bytes or what one coder makes of them. */
static void
follow_bcj2(const struct pal_7z_streams *s, const struct plan *p, size_t first, struct pal_7z_folder *f)
{
	size_t at = 0;

	while (at < p->out_count && p->bound[at])
		at++;
	f->is_bcj2 = !f->is_chain && p->out_count == p->coder_count && p->in_count == p->coder_count + 3 &&
		     at < p->coder_count && p->coders[at].method == 0x0303011b;
	for (size_t i = 0; f->is_bcj2 && i < PAL_7Z_PARTS; i++) {
		struct pal_7z_part *part = &f->parts[i];
		size_t              in = p->first_in[at] + i, from = in < p->in_count ? p->from[in] : at;

		part->coded = from != INDEX_MOST;
		if (part->coded && from < p->coder_count && from != at) {
			part->coder = p->coders[from];
			in = p->first_in[from];
		}
		f->is_bcj2 =
		    in < p->in_count && p->from[in] == INDEX_MOST && find_packed(s, p, first, f->packed_at, in, part);
	}
}

static bool
read_unpack_sizes(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *s, struct plan *plans)
{
	size_t   next = 0;
	uint64_t at = s->packed_at;

	if (!is_next(r, ID_UNPACK_SIZE) || (plans == NULL && s->folders.count > 0))
		return false;
	for (size_t i = 0; i < s->folders.count; i++) {
		struct pal_7z_folder *f = pal_list_at(&s->folders, i);
		struct plan          *p = &plans[i];

		for (size_t k = 0; k < p->out_count; k++) {
			uint64_t size = number(r);

			if (p->out_count == p->coder_count)
				p->coders[k].size = size;
			if (!p->bound[k])
				f->size = size;
		}
		follow_chain(p, f);
		if (!good(z, r) || !place_packed(s, f, &next, p->pack_count, &at))
			return false;
		follow_bcj2(s, p, next - p->pack_count, f);
	}
	return true;
}

static bool
read_folders(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *s)
{
	size_t       n = is_next(r, ID_FOLDER) ? count_of(r, 3, STREAMS_MOST) : 0;
	struct plan *plans = n == 0 ? NULL : pal_arena_array(&z->arena, n, sizeof(*plans));
	uint8_t      id = 0;

	if (pal_read_u8(r) != 0 || !good(z, r)) /* kept elsewhere: nobody does */
		return false;
	for (size_t i = 0; i < n; i++) {
		struct pal_7z_folder *f = pal_list_add(&s->folders);

		if (f == NULL || !read_folder(z, r, &plans[i], f))
			return false;
	}
	if (!read_unpack_sizes(z, r, s, plans))
		return false;
	id = pal_read_u8(r);
	if (id == ID_CRC) {
		const uint8_t *has = bits(r, n, true);

		for (size_t i = 0; i < n && good(z, r); i++) {
			struct pal_7z_folder *f = pal_list_at(&s->folders, i);

			f->has_crc = bit(has, i);
			f->crc = f->has_crc ? pal_read_u32le(r) : 0;
		}
		id = pal_read_u8(r);
	}
	return id == ID_END && good(z, r);
}

/* The sizes of all but the last file of each folder; the last one has what remains. */
static bool
add_streams(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *s, bool sizes)
{
	for (size_t i = 0; i < s->folders.count; i++) {
		const struct pal_7z_folder *f = pal_list_at(&s->folders, i);
		uint64_t                    left = f->size;

		for (uint64_t k = 0; k < f->stream_count; k++) {
			struct pal_7z_stream *one = s->streams.count < STREAMS_MOST ? pal_list_add(&s->streams) : NULL;
			bool                  last = k + 1 == f->stream_count;

			if (one == NULL || (!last && !sizes))
				return false;
			one->size = last ? left : number(r);
			if (one->size > left || !good(z, r))
				return false;
			left -= one->size;
			one->has_crc = f->stream_count == 1 && f->has_crc;
			one->crc = f->crc;
		}
	}
	return true;
}

static bool
read_stream_crcs(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *s)
{
	const uint8_t *has = NULL;
	size_t         unknown = 0, at = 0;

	for (size_t i = 0; i < s->streams.count; i++)
		unknown += !((struct pal_7z_stream *)pal_list_at(&s->streams, i))->has_crc;
	has = bits(r, unknown, true);
	for (size_t i = 0; i < s->streams.count && good(z, r); i++) {
		struct pal_7z_stream *one = pal_list_at(&s->streams, i);

		if (one->has_crc || !bit(has, at++))
			continue;
		one->has_crc = true;
		one->crc = pal_read_u32le(r);
	}
	return good(z, r);
}

static bool
read_substreams(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *s)
{
	uint8_t id = pal_read_u8(r);

	if (id == ID_STREAM_COUNT) {
		for (size_t i = 0; i < s->folders.count; i++)
			((struct pal_7z_folder *)pal_list_at(&s->folders, i))->stream_count = number(r);
		id = pal_read_u8(r);
	}
	if (!add_streams(z, r, s, id == ID_SIZE))
		return false;
	if (id == ID_SIZE)
		id = pal_read_u8(r);
	if (id == ID_CRC) {
		if (!read_stream_crcs(z, r, s))
			return false;
		id = pal_read_u8(r);
	}
	return id == ID_END && good(z, r);
}

bool
pal_7z_read_streams(struct pal_7z *z, struct pal_reader *r, struct pal_7z_streams *ret_streams)
{
	struct pal_7z_streams s = { .packed_at = PAL_7Z_SIGNATURE,
				    .packs = pal_list_of(&z->arena, sizeof(uint64_t)),
				    .folders = pal_list_of(&z->arena, sizeof(struct pal_7z_folder)),
				    .streams = pal_list_of(&z->arena, sizeof(struct pal_7z_stream)) };
	uint8_t               id = pal_read_u8(r);

	if (id == ID_PACK_INFO) {
		if (!read_packs(z, r, &s))
			return false;
		id = pal_read_u8(r);
	}
	if (id == ID_UNPACK_INFO) {
		if (!read_folders(z, r, &s))
			return false;
		id = pal_read_u8(r);
	}
	if (id == ID_SUBSTREAMS) {
		if (!read_substreams(z, r, &s))
			return false;
		id = pal_read_u8(r);
	} else if (!add_streams(z, r, &s, false)) {
		return false;
	}
	*ret_streams = s;
	return id == ID_END && good(z, r);
}

/* One name, UTF-16LE up to its zero, as UTF-8. */
static struct pal_view
read_name(struct pal_7z *z, struct pal_reader *r)
{
	PAL_AUTO_BUF b = pal_buf_of(65536);
	uint8_t      to[4];
	uint32_t     c = pal_read_u16le(r);

	for (; c != 0 && pal_reader_err(r) == PAL_OK; c = pal_read_u16le(r)) {
		if (c >> 10 == 0x36) {
			uint32_t low = pal_read_u16le(r);

			c = low >> 10 == 0x37 ? 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff) : 0xfffd;
		} else if (c >> 10 == 0x37) {
			c = 0xfffd;
		}
		pal_buf_add(&b, (struct pal_view){ to, pal_utf8_encode(c, to) });
	}
	return pal_arena_copy(&z->arena, pal_buf_view(&b));
}

static void
read_attributes(struct pal_7z *z, struct pal_reader *r)
{
	const uint8_t *has = bits(r, z->files.count, true);

	pal_read_skip(r, 1); /* kept elsewhere: nobody does */
	for (size_t i = 0; i < z->files.count && pal_reader_err(r) == PAL_OK; i++)
		if (bit(has, i))
			((struct pal_7z_file *)pal_list_at(&z->files, i))->attributes = pal_read_u32le(r);
}

static void
read_property(struct pal_7z *z, struct pal_reader *r, uint8_t id)
{
	const uint8_t *empty = NULL;

	if (id == ID_ATTRIBUTES) {
		read_attributes(z, r);
	} else if (id == ID_NAMES) {
		pal_read_skip(r, 1);
		for (size_t i = 0; i < z->files.count && pal_reader_err(r) == PAL_OK; i++)
			((struct pal_7z_file *)pal_list_at(&z->files, i))->name = read_name(z, r);
	} else if (id == ID_EMPTY_STREAM) {
		empty = bits(r, z->files.count, false);
		for (size_t i = 0; empty != NULL && i < z->files.count; i++)
			((struct pal_7z_file *)pal_list_at(&z->files, i))->empty = bit(empty, i);
	}
}

static bool
read_files(struct pal_7z *z, struct pal_reader *r)
{
	size_t n = count_of(r, 2, FILES_MOST); /* a name has two bytes at least */

	for (size_t i = 0; i < n; i++)
		if (pal_list_add(&z->files) == NULL)
			return false;
	for (;;) {
		uint8_t           id = pal_read_u8(r);
		struct pal_reader property = { 0 };

		if (id == ID_END || !good(z, r))
			return good(z, r);
		property = pal_read_window(r, number(r));
		read_property(z, &property, id);
		if (!good(z, r) || pal_reader_err(&property) != PAL_OK)
			return false;
	}
}

bool
pal_7z_read_header(struct pal_7z *z, struct pal_reader *r)
{
	uint8_t id = pal_read_u8(r);

	if (id == ID_ARCHIVE_PROPERTIES) {
		while (pal_read_u8(r) != ID_END && good(z, r))
			pal_read_skip(r, number(r));
		id = pal_read_u8(r);
	}
	if (id == ID_ADDITIONAL_STREAMS) {
		struct pal_7z_streams unused = { 0 };

		if (!pal_7z_read_streams(z, r, &unused))
			return false;
		id = pal_read_u8(r);
	}
	if (id == ID_MAIN_STREAMS) {
		if (!pal_7z_read_streams(z, r, &z->main))
			return false;
		id = pal_read_u8(r);
	}
	if (id == ID_FILES) {
		if (!read_files(z, r))
			return false;
		id = pal_read_u8(r);
	}
	return id == ID_END && good(z, r);
}
