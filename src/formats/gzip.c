/* gzip.c - gzip (RFC 1952), one member or many, and zlib streams (RFC 1950), bare or behind joblib's old header. */
#include "packed.h"
#include "palisade/format.h"

#define OLD_JOBLIB "ZF0x" /* joblib below 0.10 wrote it with the length of the content in 17 digits and blanks */
#define OLD_HEADER ((size_t)21)

static bool
is_gzip(struct pal_view v)
{
	return v.len >= 3 && v.data[0] == 0x1f && v.data[1] == 0x8b && v.data[2] == 8;
}

/* CM 8, a window of at most 32 KiB, a sum that is a multiple of 31, no dictionary. */
static bool
is_zlib(struct pal_view v)
{
	return v.len >= 8 && (v.data[0] & 0x8f) == 0x08 && (v.data[1] & 0x20) == 0 &&
	       (v.data[0] * 256 + v.data[1]) % 31 == 0;
}

static bool
is_old_joblib(struct pal_view v, size_t *ret_skip)
{
	if (!pal_view_starts(v, OLD_JOBLIB) || v.len <= OLD_HEADER)
		return false;
	*ret_skip = OLD_HEADER + (v.data[OLD_HEADER] == ' '); /* Python 2 wrote one more */
	return is_zlib(pal_view_sub(v, *ret_skip, v.len));
}

static bool
begins(struct pal_view head, bool first, enum pal_codec *ret_codec, size_t *ret_skip)
{
	*ret_skip = 0;
	*ret_codec = PAL_CODEC_ZLIB;
	if (is_gzip(head))
		*ret_codec = PAL_CODEC_GZIP;
	else
		return first && (is_old_joblib(head, ret_skip) || is_zlib(head));
	return true;
}

static unsigned int
gzip_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	size_t skip = 0;

	(void)name;
	if (is_gzip(head))
		return 95;
	if (is_old_joblib(head, &skip))
		return 90;
	return is_zlib(head) && pal_packed_unpacks(head, size, PAL_CODEC_ZLIB) ? 80 : 0;
}

/* The name that the first member's header gives (RFC 1952 section 2.3). */
static struct pal_view
stored_name(struct pal_view head)
{
	size_t at = 10, end = 0;

	if (!is_gzip(head) || head.len < 12 || (head.data[3] & 0x08) == 0)
		return (struct pal_view){ 0 };
	if ((head.data[3] & 0x04) != 0)
		at += 2 + (size_t)head.data[10] + ((size_t)head.data[11] << 8);
	end = pal_view_find_byte(head, 0, at);
	return end == SIZE_MAX ? (struct pal_view){ 0 } : pal_view_sub(head, at, end - at);
}

static enum pal_err
gzip_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	static const struct pal_packed packed = {
		.broken = &pal_anomaly_gzip_broken,
		.bomb = &pal_anomaly_gzip_bomb,
		.trailing = &pal_anomaly_gzip_trailing,
		.beyond = &pal_anomaly_gzip_broken,
		.begins = begins,
		.name = stored_name,
	};

	return pal_packed_parse(in, sink, d, &packed);
}

const struct pal_format pal_format_gzip = {
	.name = "gzip",
	.summary = "gzip and zlib streams",
	.covers =
	    "The content, unpacked in memory and examined as a file: gzip with one or many members, bare zlib "
	    "streams (joblib), and those behind the header of joblib before 0.10. At most 512 MiB a file; a ratio "
	    "above 100 past 16 MiB is reported as a bomb and stops there. Damage, wrong checksums and data behind "
	    "the stream are reported.",
	.probe = gzip_probe,
	.parse = gzip_parse,
};
