/* 7z_folder.c - one folder at a time is unpacked into memory and cut into its files; what is stored is read in place.
 */
#include <lzma.h>
#include <zlib.h>

#include "7z.h"
#include "path.h"

#define METHOD_COPY 0u

static int
shown(struct pal_view name)
{
	return (int)(name.len < 120 ? name.len : 120);
}

/* Methods of 7-Zip's DOC/Methods.txt that liblzma has as filters. */
static bool
filter_of(uint64_t method, uint64_t *ret_id)
{
	static const struct {
		uint64_t method, id;
	} filters[] = {
		{ 0x030101, LZMA_FILTER_LZMA1EXT }, { 0x21, LZMA_FILTER_LZMA2 },
		{ 0x03, LZMA_FILTER_DELTA },        { 0x03030103, LZMA_FILTER_X86 },
		{ 0x04, LZMA_FILTER_X86 },          { 0x03030205, LZMA_FILTER_POWERPC },
		{ 0x05, LZMA_FILTER_POWERPC },      { 0x03030401, LZMA_FILTER_IA64 },
		{ 0x06, LZMA_FILTER_IA64 },         { 0x03030501, LZMA_FILTER_ARM },
		{ 0x07, LZMA_FILTER_ARM },          { 0x03030701, LZMA_FILTER_ARMTHUMB },
		{ 0x08, LZMA_FILTER_ARMTHUMB },     { 0x03030805, LZMA_FILTER_SPARC },
		{ 0x09, LZMA_FILTER_SPARC },        { 0x0a, LZMA_FILTER_ARM64 },
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (filters[i].method == method) {
			*ret_id = filters[i].id;
			return true;
		}
	return false;
}

static bool
codec_of(uint64_t method, enum pal_codec *ret_codec)
{
	static const struct {
		uint64_t       method;
		enum pal_codec codec;
	} codecs[] = { { 0x040108, PAL_CODEC_DEFLATE },
		       { 0x040109, PAL_CODEC_DEFLATE64 },
		       { 0x040202, PAL_CODEC_BZIP2 },
		       { 0x04f71101, PAL_CODEC_ZSTD },
		       { 0x04f71104, PAL_CODEC_LZ4 } };

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i].method == method) {
			*ret_codec = codecs[i].codec;
			return true;
		}
	return false;
}

static bool
packing_of(const struct pal_7z_coder *coders, size_t count, struct pal_filter *filters, struct pal_packing *ret_packing)
{
	*ret_packing = (struct pal_packing){ .codec = PAL_CODEC_LZMA_RAW, .filters = filters, .size = UINT64_MAX };
	if (count == 1 && codec_of(coders[0].method, &ret_packing->codec))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (!filter_of(coders[i].method, &filters[i].id))
			return false;
		filters[i].properties = coders[i].properties;
		if (filters[i].id == LZMA_FILTER_LZMA1EXT)
			ret_packing->size = coders[i].size;
	}
	ret_packing->filter_count = count;
	return count > 0;
}

static enum pal_err
say_end(struct pal_7z *z, const struct pal_7z_folder *f, const struct pal_unpacked *how, uint64_t made)
{
	uint64_t here = f->packed_at + how->consumed, left = f->packed - how->consumed;

	switch (how->end) {
	case PAL_UNPACK_WHOLE:
		break;
	case PAL_UNPACK_BROKEN:
	case PAL_UNPACK_CUT:
		return pal_sink_unread(z->sink, &pal_anomaly_7z_broken, here, left,
				       "a block of files is %s at %llu, after %llu of %llu bytes",
				       how->end == PAL_UNPACK_CUT ? "cut short" : "damaged", (unsigned long long)here,
				       (unsigned long long)made, (unsigned long long)f->size);
	case PAL_UNPACK_BOMBED:
		return pal_sink_unread(z->sink, &pal_anomaly_7z_bomb, here, left,
				       "%llu bytes unpack to more than %llu; those were examined",
				       (unsigned long long)how->consumed, (unsigned long long)made);
	case PAL_UNPACK_FULL:
		return pal_sink_unread(z->sink, &pal_anomaly_format_limit, here, left,
				       "only the first %llu unpacked bytes of a block of %llu were examined",
				       (unsigned long long)made, (unsigned long long)f->size);
	case PAL_UNPACK_BEYOND:
		return pal_sink_unread(
		    z->sink, &pal_anomaly_7z_method, here, left,
		    "a block of files needs to look back more than %llu MiB, or has settings that are "
		    "not known",
		    (unsigned long long)(PAL_UNPACK_WINDOW >> 20));
	}
	return PAL_OK;
}

/* One of BCJ2's inputs as bytes; what is stored is copied, so that all four are in memory. */
static enum pal_err
read_part(struct pal_7z *z, const struct pal_7z_part *part, struct pal_buf *out, struct pal_unpacked *how)
{
	struct pal_filter  filter = { 0 };
	struct pal_packing packing = { 0 };
	uint64_t           at = part->at, left = part->packed;

	if (part->coded && !packing_of(&part->coder, 1, &filter, &packing)) {
		how->end = PAL_UNPACK_BEYOND;
		return PAL_OK;
	}
	if (part->coded)
		return pal_unpack(z->in, at, left, &packing, z->sink->limits, out, how);
	while (left > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(z->in, at, 1, left < PAL_INPUT_WINDOW ? (size_t)left : PAL_INPUT_WINDOW, &v));
		v.len = v.len < left ? v.len : (size_t)left;
		pal_buf_add(out, v);
		at += v.len;
		left -= v.len;
	}
	return pal_buf_err(out);
}

/* A target of a call or a jump has four bytes of its own; no stream can make more than all of them have. */
static enum pal_err
unpack_bcj2(struct pal_7z *z, const struct pal_7z_folder *f, struct pal_buf *out, struct pal_unpacked *how)
{
	struct pal_buf  bufs[PAL_7Z_PARTS];
	struct pal_view parts[PAL_7Z_PARTS];
	enum pal_err    err = PAL_OK;

	for (size_t i = 0; i < PAL_7Z_PARTS; i++)
		bufs[i] = pal_buf_of(PAL_UNPACK_BUF);
	for (size_t i = 0; i < PAL_7Z_PARTS && err == PAL_OK && how->end == PAL_UNPACK_WHOLE; i++) {
		err = read_part(z, &f->parts[i], &bufs[i], how);
		parts[i] = pal_buf_view(&bufs[i]);
	}
	if (err == PAL_OK && how->end == PAL_UNPACK_WHOLE && !pal_7z_bcj2(parts, f->size, out))
		how->end = PAL_UNPACK_BROKEN;
	how->consumed = how->end == PAL_UNPACK_WHOLE ? f->packed : 0;
	for (size_t i = 0; i < PAL_7Z_PARTS; i++)
		pal_buf_done(&bufs[i]);
	return err == PAL_OK ? pal_buf_err(out) : err;
}

enum pal_err
pal_7z_unpack(struct pal_7z *z, const struct pal_7z_folder *f, struct pal_buf *out, bool *ret_whole)
{
	struct pal_filter   filters[PAL_7Z_CODERS] = { 0 };
	struct pal_packing  packing = { 0 };
	struct pal_unpacked how = { .end = PAL_UNPACK_WHOLE };

	*ret_whole = false;
	if (f->encrypted) {
		PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_7z_encrypted, f->packed_at, f->packed,
					"%llu bytes are encrypted and were not examined",
					(unsigned long long)f->packed));
		return PAL_OK;
	}
	if (!f->is_bcj2 && (!f->is_chain || !packing_of(f->coders, f->coder_count, filters, &packing))) {
		PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_7z_method, f->packed_at, f->packed,
					"%llu bytes, method %llx: they were not unpacked",
					(unsigned long long)f->packed, (unsigned long long)f->method));
		return pal_give_bytes(z->sink, z->in, f->packed_at, f->packed);
	}
	if (f->is_bcj2)
		PAL_TRY(unpack_bcj2(z, f, out, &how));
	else
		PAL_TRY(pal_unpack(z->in, f->packed_at, f->packed, &packing, z->sink->limits, out, &how));
	*ret_whole = how.end == PAL_UNPACK_WHOLE;
	return say_end(z, f, &how, out->len);
}

/* Where files come from: a folder in memory, or stored in the file itself. */
struct source {
	struct pal_input *in;
	uint64_t          at, len;
	bool              whole;
};

static enum pal_err
check_crc(struct pal_7z *z, const struct source *from, const struct pal_7z_stream *s, struct pal_view name)
{
	uLong    crc = crc32(0, NULL, 0);
	uint64_t at = from->at, left = s->size;

	while (left > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(from->in, at, 1, left < PAL_INPUT_WINDOW ? (size_t)left : PAL_INPUT_WINDOW, &v));
		crc = crc32(crc, v.data, (uInt)v.len);
		at += v.len;
		left -= v.len;
	}
	if ((uint32_t)crc == s->crc)
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_7z_crc_wrong, from->at, "%.*s: CRC-32 %08x, expected %08x",
				shown(name), name.data, (unsigned int)crc, (unsigned int)s->crc);
}

static enum pal_err
check_name(struct pal_7z *z, const struct pal_7z_file *file, uint64_t at)
{
	const char *wrong = pal_path_wrong(file->name);
	void      **slot = NULL;

	if (wrong != NULL)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_7z_path, at, "the name %.*s %s", shown(file->name),
					 file->name.data, wrong));
	/* bit 15: the high half is a mode of Unix, here S_IFLNK; bit 10: a reparse point of Windows */
	if (((file->attributes & 0x8000) != 0 && file->attributes >> 28 == 0xa) || (file->attributes & 0x400) != 0)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_7z_symlink, at, "%.*s is a symbolic link",
					 shown(file->name), file->name.data));
	slot = file->empty ? NULL : pal_map_put(&z->names, file->name);
	if (slot != NULL && *slot != NULL)
		return pal_sink_anomaly(z->sink, &pal_anomaly_7z_duplicate_name, at, "%.*s stands there twice",
					shown(file->name), file->name.data);
	if (slot != NULL)
		*slot = z;
	return PAL_OK;
}

/* The next file that has a stream; NULL when the archive names no more. */
static const struct pal_7z_file *
next_file(struct pal_7z *z, size_t *at)
{
	while (*at < z->files.count) {
		const struct pal_7z_file *f = pal_list_at(&z->files, (*at)++);

		if (!f->empty)
			return f;
	}
	return NULL;
}

static enum pal_err
give_file(struct pal_7z *z, struct source *from, const struct pal_7z_stream *s, const struct pal_7z_file *file)
{
	struct pal_view      name = file != NULL && file->name.len > 0 ? file->name : pal_view_of("(no name)");
	struct pal_7z_stream part = *s;
	uint64_t             at = from->at;

	if (file == NULL)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_7z_hidden_member, at,
					 "%llu bytes of content have no name", (unsigned long long)s->size));
	else
		PAL_TRY(check_name(z, file, at));
	if (part.size > from->len)
		part.size = from->len;
	if (part.size == s->size && s->has_crc)
		PAL_TRY(check_crc(z, from, s, name));
	else if (part.size < s->size && from->whole)
		PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_7z_broken, at, s->size - part.size,
					"%.*s: %llu bytes, but its block ends after %llu", shown(name), name.data,
					(unsigned long long)s->size, (unsigned long long)part.size));
	from->at += part.size;
	from->len -= part.size;
	return pal_give_member(z->sink, from->in, at, part.size, name);
}

static enum pal_err
give_folder(struct pal_7z *z, const struct pal_7z_folder *f, size_t *stream_at, size_t *file_at)
{
	PAL_AUTO_BUF     out = pal_buf_of(PAL_UNPACK_BUF);
	struct pal_input memory = { .fd = -1 };
	struct source    from = { .in = z->in, .at = f->packed_at, .len = f->packed, .whole = true };
	bool             stored = f->is_chain && f->coder_count == 1 && f->coders[0].method == METHOD_COPY;

	if (!stored) {
		PAL_TRY(pal_7z_unpack(z, f, &out, &from.whole));
		memory = pal_input_of_view(pal_buf_view(&out));
		from = (struct source){ .in = &memory, .len = out.len, .whole = from.whole };
	}
	for (uint64_t i = 0; i < f->stream_count && *stream_at < z->main.streams.count; i++)
		PAL_TRY(give_file(z, &from, pal_list_at(&z->main.streams, (*stream_at)++), next_file(z, file_at)));
	if (from.len == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_7z_hidden_member, f->packed_at,
				 "a block of files unpacks to %llu bytes more than it should",
				 (unsigned long long)from.len));
	return pal_give_stray(z->sink, from.in, from.at, from.len, pal_view_of("(behind the last file)"));
}

enum pal_err
pal_7z_give(struct pal_7z *z)
{
	size_t stream_at = 0, file_at = 0;

	for (size_t i = 0; i < z->files.count; i++) {
		const struct pal_7z_file *f = pal_list_at(&z->files, i);

		if (f->empty)
			PAL_TRY(check_name(z, f, 0));
	}
	for (size_t i = 0; i < z->main.folders.count; i++)
		PAL_TRY(give_folder(z, pal_list_at(&z->main.folders, i), &stream_at, &file_at));
	if (next_file(z, &file_at) != NULL)
		return pal_sink_unread(z->sink, &pal_anomaly_7z_broken, PAL_7Z_SIGNATURE, 0,
				       "the archive names more files than it has content for");
	return PAL_OK;
}
