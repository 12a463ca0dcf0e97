/* tar.c - from header to header, on every multiple of 512 where one can stand: also where other readers have stopped.
 */
#include "tar.h"

#include "palisade/format.h"
#include "zip.h"

#define MEMORY     ((size_t)128 << 20)
#define USTAR_MOST ((uint64_t)1 << 33) /* what 11 octal digits cannot say any more */

static unsigned int
tar_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view block = pal_view_sub(head, 0, PAL_TAR_BLOCK);
	bool            magic = pal_view_is(pal_view_sub(block, 257, 5), "ustar");

	(void)size;
	(void)name;
	if (pal_tar_is_header(block))
		return magic ? 97 : 85;
	return magic && block.len == PAL_TAR_BLOCK ? 65 : 0; /* damaged; readers that resume find its members */
}

static uint64_t
padded(uint64_t n)
{
	return n > UINT64_MAX - PAL_TAR_BLOCK ? n : (n + PAL_TAR_BLOCK - 1) / PAL_TAR_BLOCK * PAL_TAR_BLOCK;
}

/* The next header from `at` on; the end of the file when there is none. */
static enum pal_err
find_header(struct pal_tar *t, uint64_t at, uint64_t *ret_at)
{
	*ret_at = t->in->size;
	while (at < t->in->size && t->in->size - at >= PAL_TAR_BLOCK) {
		struct pal_view v = { 0 };
		size_t          i = 0;

		PAL_TRY(pal_input_view(t->in, at, PAL_TAR_BLOCK, PAL_INPUT_WINDOW, &v));
		for (; v.len - i >= PAL_TAR_BLOCK; i += PAL_TAR_BLOCK)
			if (pal_tar_is_header(pal_view_sub(v, i, PAL_TAR_BLOCK))) {
				*ret_at = at + i;
				return PAL_OK;
			}
		at += i;
	}
	return PAL_OK;
}

static enum pal_err
skip_zeros(struct pal_tar *t, uint64_t at, uint64_t end, uint64_t *ret_at)
{
	while (at < end) {
		struct pal_view v = { 0 };
		size_t          i = 0;

		PAL_TRY(pal_input_view(t->in, at, 1,
				       end - at < PAL_INPUT_WINDOW ? (size_t)(end - at) : PAL_INPUT_WINDOW, &v));
		while (i < v.len && v.data[i] == 0)
			i++;
		at += i;
		if (i < v.len)
			break;
	}
	*ret_at = at;
	return PAL_OK;
}

/* Bytes that belong to no member. A header that is damaged is passed over: what it stood for may be known by its marks,
 * and as an archive of its own it would be this one once more. */
static enum pal_err
give_gap(struct pal_tar *t, uint64_t from, uint64_t to)
{
	while (from < to) {
		struct pal_view head = { 0 };
		uint64_t        left = to - from < PAL_TAR_BLOCK ? to - from : PAL_TAR_BLOCK;

		PAL_TRY(pal_input_view(t->in, from, (size_t)left, (size_t)left, &head));
		if (tar_probe(head, to - from, (struct pal_view){ 0 }) == 0)
			return pal_give_stray(t->sink, t->in, from, to - from, pal_view_of("(between members)"));
		PAL_TRY(pal_give_bytes(t->sink, t->in, from, left));
		from += left;
	}
	return PAL_OK;
}

/* A zip reader looks for its directory from the end on, and takes the whole file for its archive. */
static enum pal_err
say_zip_behind(struct pal_tar *t, uint64_t from)
{
	struct pal_input rest = { .fd = -1 };
	bool             zip = false;

	PAL_TRY(pal_input_part(t->in, from, t->in->size - from, &rest));
	zip = pal_zip_at_end(&rest);
	pal_input_done(&rest);
	return zip ? pal_sink_anomaly(t->sink, &pal_anomaly_zip_polyglot, from,
				      "a tar archive from the start, a zip archive from the end")
		   : PAL_OK;
}

/* No header stands at `at`: a block of zeros is the end, which most readers believe; anything else is damage, behind
 * which some of them resume. */
static enum pal_err
take_gap(struct pal_tar *t, struct pal_view block, uint64_t at, uint64_t *ret_next)
{
	uint64_t from = at;

	PAL_TRY(find_header(t, at, ret_next));
	PAL_TRY(skip_zeros(t, at, *ret_next, &from));
	if (!pal_tar_is_zero(block)) {
		PAL_TRY(pal_sink_unread(t->sink, &pal_anomaly_tar_broken, at, *ret_next - at,
					"no header at %llu; %llu bytes were examined as they are",
					(unsigned long long)at, (unsigned long long)(*ret_next - at)));
	} else if (*ret_next < t->in->size) {
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_hidden_member, *ret_next,
					 "the archive ends at %llu, but at %llu another member begins",
					 (unsigned long long)at, (unsigned long long)*ret_next));
	} else if (from < t->in->size) {
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_trailing, from,
					 "the archive ends at %llu, but %llu bytes follow", (unsigned long long)at,
					 (unsigned long long)(t->in->size - from)));
		PAL_TRY(say_zip_behind(t, from));
	}
	return give_gap(t, from, *ret_next);
}

static enum pal_err
say_cut(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at, uint64_t size, uint64_t left)
{
	return pal_sink_unread(t->sink, &pal_anomaly_tar_broken, at, left,
			       "%.*s: %llu bytes, but the file ends after %llu", pal_tar_shown(h->name), h->name.data,
			       (unsigned long long)size, (unsigned long long)left);
}

/* The map of a sparse file goes on in blocks of its own as long as byte 504 says so (GNU tar, "sparse_header"). */
static enum pal_err
skip_sparse(struct pal_tar *t, bool more, uint64_t *at)
{
	while (more && t->in->size - *at >= PAL_TAR_BLOCK) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(t->in, *at, PAL_TAR_BLOCK, PAL_TAR_BLOCK, &v));
		more = v.data[504] != 0;
		*at += PAL_TAR_BLOCK;
	}
	return PAL_OK;
}

/* Version 1.0 of pax keeps the map before the content, as decimal lines in whole blocks: a count, then an offset and a
 * length for each part (GNU tar, "PAX Format, Version 1.0"). */
static enum pal_err
sparse_map(struct pal_tar *t, uint64_t at, uint64_t size, uint64_t *ret_len)
{
	struct pal_view v = { 0 }, rest = { 0 }, line = { 0 };
	uint64_t        parts = 0, lines = 0;

	*ret_len = 0;
	PAL_TRY(pal_input_view(t->in, at, 0, size < PAL_INPUT_WINDOW ? (size_t)size : PAL_INPUT_WINDOW, &v));
	rest = v;
	if (!pal_view_line(&rest, &line) || !pal_view_u64(line, &parts) || parts > v.len)
		return PAL_OK;
	while (lines < 2 * parts && pal_view_line(&rest, &line))
		lines++;
	if (lines == 2 * parts && padded(v.len - rest.len) <= size)
		*ret_len = padded(v.len - rest.len);
	return PAL_OK;
}

static enum pal_err
take_sparse(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at, uint64_t size)
{
	uint64_t map = 0;

	PAL_TRY(pal_sink_unread(t->sink, &pal_anomaly_tar_sparse, at, size,
				"%.*s has holes; its parts were examined one behind the other", pal_tar_shown(h->name),
				h->name.data));
	if (h->type != 'S')
		PAL_TRY(sparse_map(t, at, size, &map));
	return pal_give_member(t->sink, t->in, at + map, size - map,
			       h->name.len > 0 ? h->name : pal_view_of("(no name)"));
}

/* The header and what extends it give two sizes: one reader goes on where another still sees content. */
static enum pal_err
take_two_sizes(struct pal_tar *t, const struct pal_tar_header *h, uint64_t data_at, uint64_t end)
{
	struct pal_view v = { 0 };
	uint64_t        other = padded(h->short_size);

	if (!h->good_size || h->size == h->short_size || h->sparse || h->size >= USTAR_MOST)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_size_mismatch, data_at,
				 "%.*s: %llu bytes in the header, %llu in the one that extends it",
				 pal_tar_shown(h->name), h->name.data, (unsigned long long)h->short_size,
				 (unsigned long long)h->size));
	if (other >= end - data_at)
		return PAL_OK; /* what lies behind the longer one is walked over anyway */
	PAL_TRY(pal_input_view(t->in, data_at + other, 0, PAL_TAR_BLOCK, &v));
	if (!pal_tar_is_header(pal_view_sub(v, 0, PAL_TAR_BLOCK)))
		return PAL_OK;
	return pal_give_member(t->sink, t->in, data_at + other, end - data_at - other,
			       pal_view_of("(behind the shorter size)"));
}

static enum pal_err
take_content(struct pal_tar *t, const struct pal_tar_header *h, uint64_t data_at, uint64_t *ret_next)
{
	uint64_t size = h->size, left = 0;

	PAL_TRY(skip_sparse(t, h->more_sparse, &data_at));
	left = t->in->size - data_at;
	if (size > left) {
		PAL_TRY(say_cut(t, h, data_at, size, left));
		size = left;
	}
	PAL_TRY(take_two_sizes(t, h, data_at, data_at + size));
	*ret_next = data_at + (padded(size) < left ? padded(size) : left);
	if (h->sparse)
		return take_sparse(t, h, data_at, size);
	PAL_TRY(pal_oci_member(&t->image, h->name, data_at, size));
	return pal_give_member(t->sink, t->in, data_at, size, h->name.len > 0 ? h->name : pal_view_of("(no name)"));
}

/* Links, folders and devices have no content, whatever their headers say: most readers look for a header behind them.
 */
static bool
has_content(const struct pal_tar_header *h)
{
	if (h->type == 0 && h->name.len > 0 && h->name.data[h->name.len - 1] == '/')
		return false; /* so spelled before POSIX */
	return h->type < '1' || h->type > '6';
}

static enum pal_err
take_member(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at, uint64_t *ret_next)
{
	*ret_next = at + PAL_TAR_BLOCK;
	if (!h->good_size)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_broken, at + 124,
					 "%.*s: a size that is no octal number", pal_tar_shown(h->name), h->name.data));
	if (h->type == 'V')
		return pal_give_meta(t->sink, pal_view_of("label"), h->name, at);
	PAL_TRY(pal_tar_names(t, h, at));
	if (has_content(h))
		return take_content(t, h, at + PAL_TAR_BLOCK, ret_next);
	if (h->size == 0 && h->short_size == 0)
		return PAL_OK;
	return pal_sink_anomaly(t->sink, &pal_anomaly_tar_size_mismatch, at,
				"%.*s is a link, folder or device, yet has %llu bytes of content",
				pal_tar_shown(h->name), h->name.data,
				(unsigned long long)(h->size > h->short_size ? h->size : h->short_size));
}

static enum pal_err
take_extension(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at, uint64_t *ret_next)
{
	uint64_t data_at = at + PAL_TAR_BLOCK, left = t->in->size - data_at, size = h->short_size;

	if (!h->good_size || size > left) {
		PAL_TRY(say_cut(t, h, data_at, size, left));
		size = size < left ? size : left;
	}
	*ret_next = data_at + (padded(size) < left ? padded(size) : left);
	return pal_tar_extend(t, h->type, data_at, size);
}

static bool
is_extension(uint8_t type)
{
	return type == 'L' || type == 'K' || type == 'x' || type == 'X' || type == 'g';
}

static enum pal_err
take_header(struct pal_tar *t, struct pal_view block, uint64_t at, uint64_t *ret_next)
{
	struct pal_tar_header h = { 0 };

	pal_tar_read(t, block, &h);
	if (is_extension(h.type))
		return take_extension(t, &h, at, ret_next);
	PAL_TRY(take_member(t, &h, at, ret_next));
	t->next = (struct pal_tar_extra){ 0 };
	pal_arena_done(&t->arena);
	pal_arena_init(&t->arena, MEMORY / 8);
	return PAL_OK;
}

static enum pal_err
parse(struct pal_tar *t)
{
	uint64_t at = 0;

	while (at < t->in->size) {
		struct pal_view v = { 0 };
		uint64_t        left = t->in->size - at;

		if (pal_arena_err(&t->arena) != PAL_OK || pal_arena_err(&t->kept) != PAL_OK)
			return pal_sink_unread(t->sink, &pal_anomaly_format_limit, at, left,
					       "the names of the members before %llu take all memory that there is",
					       (unsigned long long)at);
		PAL_TRY(pal_input_view(t->in, at, 1, PAL_TAR_BLOCK, &v));
		if (v.len < PAL_TAR_BLOCK && left >= PAL_TAR_BLOCK)
			PAL_TRY(pal_input_view(t->in, at, PAL_TAR_BLOCK, PAL_TAR_BLOCK, &v));
		if (pal_tar_is_header(v))
			PAL_TRY(take_header(t, v, at, &at));
		else
			PAL_TRY(take_gap(t, v, at, &at));
	}
	PAL_TRY(pal_oci_finish(&t->image));
	return pal_tar_roots(t);
}

static enum pal_err
tar_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_tar t = { .in = in, .sink = sink };
	enum pal_err   err = PAL_OK;

	(void)d;
	pal_arena_init(&t.arena, MEMORY / 8);
	pal_arena_init(&t.kept, MEMORY);
	t.names = pal_map_of(&t.kept);
	t.links = pal_map_of(&t.kept);
	t.absolute = pal_list_of(&t.kept, sizeof(struct pal_tar_link));
	t.image = pal_oci_of(in, sink, &t.kept);
	err = parse(&t);
	pal_arena_done(&t.arena);
	pal_arena_done(&t.kept);
	return err;
}

const struct pal_format pal_format_tar = {
	.name = "tar",
	.summary = "tar archives: torch (legacy), NeMo, layers of container images",
	.covers =
	    "Every member, in place, whatever the size of the archive: ustar, pax, GNU long names, base-256 sizes, "
	    "headers "
	    "before POSIX. Links that leave the folder or go through each other, members written through such links, "
	    "absolute names and steps out of the folder, devices, names that stand twice, names and sizes that the "
	    "header and its extension give differently, content of what can have none, damaged headers (the walk "
	    "resumes "
	    "behind them), members behind the end, data behind it, members that overrun the file. Absolute links count "
	    "little in the root of a system (a layer of a container image). Sparse files are reported; their parts are "
	    "examined one behind the other. Files of lower layers that a layer removes are counted; the blobs of an "
	    "image are held against digests and sizes (see oci). Only names are held in memory.",
	.probe = tar_probe,
	.parse = tar_parse,
};
