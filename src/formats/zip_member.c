/* zip_member.c - one member's content: as it is, or unpacked under the budget; its name and checksum. */
#include <lzma.h>
#include <zlib.h>

#include "palisade/format.h"
#include "path.h"
#include "torch_zip.h"
#include "unpack.h"

/* How the content of a member is packed; what the decoder must be told lives here. */
struct way {
	struct pal_packing packing;
	struct pal_filter  filter;
	uint8_t            properties[5];
	uint64_t           skip; /* a header of the method's own */
};

static const char *
bad_name(struct pal_view name)
{
	const char *wrong = pal_path_wrong(name);

	return wrong == NULL && pal_view_find_byte(name, '\\', 0) != SIZE_MAX ? "holds a backslash" : wrong;
}

static int
shown(struct pal_view name)
{
	return (int)(name.len < 120 ? name.len : 120);
}

static enum pal_err
check_crc(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, uint32_t crc)
{
	if (crc == h->crc)
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_zip_crc_wrong, at, "%.*s: CRC-32 %08x, expected %08x",
				shown(h->name), h->name.data, (unsigned int)crc, (unsigned int)h->crc);
}

/* APPNOTE 5.8: version, length of the properties (5), properties; an end mark when general purpose bit 1 is set. */
static enum pal_err
lzma_way(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, struct way *w, bool *ret_known)
{
	struct pal_view v = { 0 };

	*ret_known = false;
	if (h->packed < 9)
		return PAL_OK;
	PAL_TRY(pal_input_view(z->in, at, 9, 9, &v));
	if (pal_zip_u16(v, 2) != sizeof(w->properties))
		return PAL_OK;
	for (size_t i = 0; i < sizeof(w->properties); i++)
		w->properties[i] = v.data[4 + i];
	w->filter = (struct pal_filter){ LZMA_FILTER_LZMA1EXT, { w->properties, sizeof(w->properties) } };
	w->packing = (struct pal_packing){ PAL_CODEC_LZMA_RAW, &w->filter, 1, UINT64_MAX };
	if ((h->flags & 2) == 0 && h->size != 0)
		w->packing.size = h->size;
	w->skip = 9;
	*ret_known = true;
	return PAL_OK;
}

/* APPNOTE 4.4.5. */
static enum pal_err
find_way(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, struct way *w, bool *ret_known)
{
	static const struct {
		uint16_t       method;
		enum pal_codec codec;
	} methods[] = { { 8, PAL_CODEC_DEFLATE }, { 9, PAL_CODEC_DEFLATE64 }, { 12, PAL_CODEC_BZIP2 },
			{ 20, PAL_CODEC_ZSTD },   { 93, PAL_CODEC_ZSTD },     { 95, PAL_CODEC_XZ } };

	*ret_known = false;
	if (h->method == 14)
		return lzma_way(z, h, at, w, ret_known);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && !*ret_known; i++) {
		*ret_known = methods[i].method == h->method;
		w->packing.codec = methods[i].codec;
	}
	return PAL_OK;
}

static enum pal_err
unpack(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, struct pal_buf *out,
       struct pal_unpacked *ret_how, bool *ret_known)
{
	struct way w = { 0 };

	PAL_TRY(find_way(z, h, at, &w, ret_known));
	if (!*ret_known)
		return PAL_OK;
	PAL_TRY(pal_unpack(z->in, at + w.skip, h->packed - w.skip, &w.packing, z->sink->limits, out, ret_how));
	ret_how->consumed += w.skip;
	return PAL_OK;
}

/* Some loaders pay no attention to the flag: what is stored is looked at as it stands, what unpacks is unpacked. */
static enum pal_err
give_encrypted(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	PAL_AUTO_BUF        out = pal_buf_of(PAL_UNPACK_BUF);
	struct pal_unpacked how = { .end = PAL_UNPACK_BROKEN };
	struct pal_input    member = { .fd = -1 };
	bool                known = false;

	PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_zip_encrypted, at, h->packed,
				"%.*s is marked as encrypted; its bytes were examined as they are", shown(h->name),
				h->name.data));
	PAL_TRY(unpack(z, h, at, &out, &how, &known));
	if (how.end != PAL_UNPACK_WHOLE)
		return pal_give_stray(z->sink, z->in, at, h->packed, h->name);
	member = pal_input_of_view(pal_buf_view(&out));
	return pal_give_member_input(z->sink, &member, at, h->name);
}

static enum pal_err
give_code(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	struct pal_input member = { .fd = -1 };
	enum pal_err     err = PAL_OK;

	PAL_TRY(pal_input_part(z->in, at, h->packed, &member));
	err = pal_torch_zip_code(z->view, z, h->name, &member, at);
	pal_input_done(&member);
	return err;
}

static enum pal_err
give_stored(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	uint64_t left = h->packed, from = at;
	uLong    crc = crc32(0, NULL, 0);
	bool     taken = false;

	if (h->packed != h->size && (h->flags & 8) == 0)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_size_mismatch, at,
					 "%.*s: stored without compression, yet %llu bytes are said to be %llu",
					 shown(h->name), h->name.data, (unsigned long long)h->packed,
					 (unsigned long long)h->size));
	if (left <= z->crc_left && (h->crc != 0 || (h->flags & 8) == 0)) {
		z->crc_left -= left;
		while (left > 0) {
			struct pal_view v = { 0 };

			PAL_TRY(pal_input_view(z->in, from, 1,
					       left < PAL_INPUT_WINDOW ? (size_t)left : PAL_INPUT_WINDOW, &v));
			crc = crc32(crc, v.data, (uInt)v.len);
			from += v.len;
			left -= v.len;
		}
		PAL_TRY(check_crc(z, h, at, (uint32_t)crc));
	}
	PAL_TRY(pal_torch_zip_give(z->view, z, h, at, &taken));
	if (taken)
		return PAL_OK;
	PAL_TRY(pal_give_member(z->sink, z->in, at, h->packed, h->name));
	return give_code(z, h, at);
}

static enum pal_err
say_end(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, const struct pal_unpacked *how,
	const struct pal_buf *out)
{
	uint64_t here = at + how->consumed, left = h->packed - how->consumed;

	switch (how->end) {
	case PAL_UNPACK_WHOLE:
		break;
	case PAL_UNPACK_BOMBED:
		return pal_sink_unread(z->sink, &pal_anomaly_zip_bomb, at, left,
				       "%.*s: %llu bytes unpack to more than %zu; those were examined", shown(h->name),
				       h->name.data, (unsigned long long)how->consumed, out->len);
	case PAL_UNPACK_FULL:
		return pal_sink_unread(z->sink, &pal_anomaly_format_limit, at, left,
				       "%.*s: only its first %zu unpacked bytes were examined", shown(h->name),
				       h->name.data, out->len);
	case PAL_UNPACK_BEYOND:
		return pal_sink_unread(z->sink, &pal_anomaly_zip_method, at, left,
				       "%.*s: needs a dictionary, or to look back more than %llu MiB", shown(h->name),
				       h->name.data, (unsigned long long)(PAL_UNPACK_WINDOW >> 20));
	case PAL_UNPACK_BROKEN:
	case PAL_UNPACK_CUT:
		return pal_sink_unread(z->sink, &pal_anomaly_zip_broken, here, left,
				       "%.*s: %s after %zu bytes of content", shown(h->name), h->name.data,
				       how->end == PAL_UNPACK_CUT ? "cut short" : "damaged", out->len);
	}
	if (out->len != h->size && h->size != 0)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_size_mismatch, at,
					 "%.*s: unpacks to %zu bytes, expected %llu", shown(h->name), h->name.data,
					 out->len, (unsigned long long)h->size));
	if (h->crc == 0 && (h->flags & 8) != 0)
		return PAL_OK; /* its checksum stands behind it */
	return check_crc(z, h, at, (uint32_t)crc32(0, (const uint8_t *)pal_buf_text(out), (uInt)out->len));
}

/* What a stream leaves of its member's bytes belongs to nobody: it is not used, and the gaps are looked at. */
static enum pal_err
give_packed(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, uint64_t *ret_used)
{
	PAL_AUTO_BUF        out = pal_buf_of(PAL_UNPACK_BUF);
	struct pal_unpacked how = { .end = PAL_UNPACK_WHOLE };
	struct pal_input    member = { .fd = -1 };
	bool                known = false;

	PAL_TRY(unpack(z, h, at, &out, &how, &known));
	if (!known) {
		PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_zip_method, at, h->packed,
					"%.*s: method %u, its content was not examined", shown(h->name), h->name.data,
					(unsigned int)h->method));
		return pal_give_bytes(z->sink, z->in, at, h->packed);
	}
	PAL_TRY(say_end(z, h, at, &how, &out));
	if (how.end == PAL_UNPACK_WHOLE || how.end == PAL_UNPACK_BROKEN)
		*ret_used = how.consumed;
	member = pal_input_of_view(pal_buf_view(&out));
	PAL_TRY(pal_give_member_input(z->sink, &member, at, h->name));
	return pal_torch_zip_code(z->view, z, h->name, &member, at);
}

/* Each byte of the file is read once for nothing; members that share bytes are paid for, or a small file of many
 * overlapping members would take hours. */
static bool
pay(struct pal_zip *z, uint64_t packed)
{
	uint64_t more = packed <= z->unpaid ? 0 : packed - z->unpaid;

	z->unpaid -= packed - more;
	if (more > z->sink->limits->output)
		return false;
	z->sink->limits->output -= more;
	return true;
}

static enum pal_err
check_names(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	struct pal_view names[] = { h->name, h->unicode };

	for (size_t i = 0; i < 2; i++) {
		const char *bad = i > 0 && names[i].len == 0 ? NULL : bad_name(names[i]);

		if (bad != NULL)
			PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_path, at, "the name %.*s %s",
						 shown(names[i]), names[i].data, bad));
	}
	return PAL_OK;
}

/* Made on Unix (3) or macOS (19), S_IFLNK. */
static bool
is_link(const struct pal_zip_header *h)
{
	return (h->host == 3 || h->host == 19) && (h->attributes >> 28) == 0xa;
}

enum pal_err
pal_zip_give(struct pal_zip *z, const struct pal_zip_header *h, uint64_t data_at, uint64_t *ret_used)
{
	*ret_used = h->packed;
	pal_torch_zip_met(z->view, h->name);
	PAL_TRY(check_names(z, h, data_at));
	if (h->packed == 0 && h->name.len > 0 && h->name.data[h->name.len - 1] == '/')
		return PAL_OK; /* a folder */
	if (is_link(h))
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_symlink, data_at, "%.*s is a symbolic link",
					 shown(h->name), h->name.data));
	if (!pay(z, h->packed))
		return pal_sink_unread(z->sink, &pal_anomaly_format_limit, data_at, h->packed,
				       "%.*s shares its bytes with other members; they were not examined once more",
				       shown(h->name), h->name.data);
	if ((h->flags & 1) != 0)
		return give_encrypted(z, h, data_at);
	return h->method == 0 ? give_stored(z, h, data_at) : give_packed(z, h, data_at, ret_used);
}
