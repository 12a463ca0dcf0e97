/* zip_member.c - one member's content: as it is, or unpacked under the budget; its name and checksum. */
#include <zlib.h>

#include "inflate.h"
#include "palisade/format.h"
#include "zip.h"

static bool
has_parent_step(struct pal_view name)
{
	size_t start = 0;

	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && name.data[i] != '/' && name.data[i] != '\\')
			continue;
		if (i - start == 2 && name.data[start] == '.' && name.data[start + 1] == '.')
			return true;
		start = i + 1;
	}
	return false;
}

static const char *
bad_name(struct pal_view name)
{
	if (name.len == 0)
		return "is empty";
	if (name.data[0] == '/' || name.data[0] == '\\')
		return "is absolute";
	if (name.len > 1 && pal_is_alpha(name.data[0]) && name.data[1] == ':')
		return "names a drive";
	if (has_parent_step(name))
		return "steps out of the folder";
	if (pal_view_find_byte(name, '\\', 0) != SIZE_MAX)
		return "holds a backslash";
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return "holds a control character";
	return NULL;
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

/* torch keeps the numbers of data.pkl's tensors raw, in data/0, data/1 ... beside it. */
static bool
is_storage(const struct pal_zip *z, const struct pal_zip_header *h)
{
	struct pal_view tail = pal_view_sub(h->name, z->torch.len, h->name.len);

	if (z->torch.data == NULL || h->name.len <= z->torch.len + 5 ||
	    !pal_view_eq(pal_view_sub(h->name, 0, z->torch.len), pal_view_sub(z->torch, 0, z->torch.len)) ||
	    !pal_view_starts(tail, "data/"))
		return false;
	for (size_t i = 5; i < tail.len; i++)
		if (!pal_is_digit(tail.data[i]))
			return false;
	return true;
}

/* Unless it is a file that is known by its marks: a pickle under such a name is still a pickle. */
static enum pal_err
give_storage(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = h->name };
	struct pal_view    head = { 0 };

	PAL_TRY(pal_input_view(z->in, at, 0, h->packed < PAL_PROBE_HEAD ? (size_t)h->packed : PAL_PROBE_HEAD, &head));
	if (pal_format_inside(head, h->packed) != NULL)
		return pal_give_member(z->sink, z->in, at, h->packed, h->name);
	c.place = (struct pal_place){ .offset = at, .length = h->packed };
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of("bytes"), .shape = &h->packed, .rank = 1 };
	return pal_sink_take(z->sink, &c);
}

/* Some loaders pay no attention to the flag: what is stored is looked at as it stands, what unpacks is unpacked. */
static enum pal_err
give_encrypted(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	PAL_AUTO_BUF        out = pal_buf_of((size_t)PAL_INFLATE_MOST + (1u << 20));
	struct pal_inflated how = { .end = PAL_INFLATE_BROKEN };
	struct pal_input    member = { .fd = -1 };

	PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_encrypted, at,
				 "%.*s is marked as encrypted; its bytes were examined as they are", shown(h->name),
				 h->name.data));
	if (h->method == 8)
		PAL_TRY(pal_inflate(z->in, at, h->packed, PAL_WRAP_NONE, z->sink->limits, &out, &how));
	if (how.end != PAL_INFLATE_WHOLE)
		return pal_give_stray(z->sink, z->in, at, h->packed, h->name);
	member = pal_input_of_view(pal_buf_view(&out));
	return pal_give_member_input(z->sink, &member, at, h->name);
}

static enum pal_err
give_stored(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	uint64_t left = h->packed, from = at;
	uLong    crc = crc32(0, NULL, 0);

	if (h->packed != h->size && (h->flags & 8) == 0)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_size_mismatch, at,
					 "%.*s: stored without compression, yet %llu bytes are said to be %llu",
					 shown(h->name), h->name.data, (unsigned long long)h->packed,
					 (unsigned long long)h->size));
	if (left <= z->crc_left && h->crc != 0) {
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
	if (is_storage(z, h))
		return give_storage(z, h, at);
	return pal_give_member(z->sink, z->in, at, h->packed, h->name);
}

static enum pal_err
say_end(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, const struct pal_inflated *how,
	const struct pal_buf *out)
{
	if (how->end == PAL_INFLATE_BOMBED)
		return pal_sink_anomaly(z->sink, &pal_anomaly_zip_bomb, at,
					"%.*s: %llu bytes unpack to more than %zu; those were examined", shown(h->name),
					h->name.data, (unsigned long long)how->consumed, out->len);
	if (how->end == PAL_INFLATE_FULL)
		return pal_sink_anomaly(z->sink, &pal_anomaly_format_limit, at,
					"%.*s: only its first %zu unpacked bytes were examined", shown(h->name),
					h->name.data, out->len);
	if (how->end != PAL_INFLATE_WHOLE)
		return pal_sink_anomaly(z->sink, &pal_anomaly_zip_broken, at + how->consumed,
					"%.*s: %s after %zu bytes of content", shown(h->name), h->name.data,
					how->end == PAL_INFLATE_CUT ? "cut short" : "damaged", out->len);
	if (out->len != h->size && h->size != 0)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_size_mismatch, at,
					 "%.*s: unpacks to %zu bytes, expected %llu", shown(h->name), h->name.data,
					 out->len, (unsigned long long)h->size));
	if (h->crc == 0 && (h->flags & 8) != 0)
		return PAL_OK; /* its checksum stands behind it */
	return check_crc(z, h, at, (uint32_t)crc32(0, (const uint8_t *)pal_buf_text(out), (uInt)out->len));
}

static enum pal_err
give_deflated(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at, uint64_t *ret_used)
{
	PAL_AUTO_BUF        out = pal_buf_of((size_t)PAL_INFLATE_MOST + (1u << 20));
	struct pal_inflated how = { .end = PAL_INFLATE_WHOLE };
	struct pal_input    member = { .fd = -1 };

	PAL_TRY(pal_inflate(z->in, at, h->packed, PAL_WRAP_NONE, z->sink->limits, &out, &how));
	PAL_TRY(say_end(z, h, at, &how, &out));
	*ret_used = how.consumed;
	member = pal_input_of_view(pal_buf_view(&out));
	return pal_give_member_input(z->sink, &member, at, h->name);
}

enum pal_err
pal_zip_give(struct pal_zip *z, const struct pal_zip_header *h, uint64_t data_at, uint64_t *ret_used)
{
	const char *bad = bad_name(h->name);

	*ret_used = h->packed;
	if (bad != NULL)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_path, data_at, "the name %.*s %s", shown(h->name),
					 h->name.data, bad));
	if (h->packed == 0 && h->name.len > 0 && h->name.data[h->name.len - 1] == '/')
		return PAL_OK;                            /* a folder */
	if (h->host == 3 && (h->attributes >> 28) == 0xa) /* made on Unix, S_IFLNK */
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_symlink, data_at, "%.*s is a symbolic link",
					 shown(h->name), h->name.data));
	if ((h->flags & 1) != 0)
		return give_encrypted(z, h, data_at);
	if (h->method == 0)
		return give_stored(z, h, data_at);
	if (h->method == 8)
		return give_deflated(z, h, data_at, ret_used);
	PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_method, data_at,
				 "%.*s: method %u, its content was not examined", shown(h->name), h->name.data,
				 (unsigned int)h->method));
	return pal_give_bytes(z->sink, z->in, data_at, h->packed);
}
