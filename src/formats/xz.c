/* xz.c - xz streams, one or many in a row, and the older .lzma files, which have no mark but a plausible header. */
#include "packed.h"
#include "palisade/format.h"
#include "palisade/reader.h"

static bool
is_xz(struct pal_view v)
{
	return pal_view_starts(v, "\xfd"
				  "7zXZ") &&
	       v.len >= 12 && v.data[5] == 0;
}

/* What xz(1) takes for one: known properties, a dictionary of 2^n or 2^n + 2^(n-1), a size that is unknown or below
 * 256 GiB; and the range coder's first byte, which is always zero. */
static bool
is_lzma(struct pal_view v)
{
	struct pal_reader r = pal_reader_of(v);
	uint8_t           properties = pal_read_u8(&r);
	uint32_t          dictionary = pal_read_u32le(&r), top = dictionary;
	uint64_t          size = pal_read_u64le(&r);

	if (pal_read_u8(&r) != 0 || pal_reader_err(&r) != PAL_OK || properties >= 9 * 5 * 5 || dictionary < 4096)
		return false;
	while ((top & (top - 1)) != 0)
		top &= top - 1;
	if (dictionary != UINT32_MAX && dictionary != top && dictionary != (top | top >> 1))
		return false;
	return size == UINT64_MAX || (size > 0 && size < (uint64_t)1 << 38);
}

static bool
begins(struct pal_view head, bool first, enum pal_codec *ret_codec, size_t *ret_skip)
{
	(void)first;
	*ret_skip = 0;
	*ret_codec = is_xz(head) ? PAL_CODEC_XZ : PAL_CODEC_LZMA;
	return is_xz(head) || is_lzma(head);
}

static unsigned int
xz_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (is_xz(head))
		return 97;
	return is_lzma(head) && pal_packed_unpacks(head, size, PAL_CODEC_LZMA) ? 80 : 0;
}

static enum pal_err
xz_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	static const struct pal_packed packed = {
		.broken = &pal_anomaly_xz_broken,
		.bomb = &pal_anomaly_xz_bomb,
		.trailing = &pal_anomaly_xz_trailing,
		.beyond = &pal_anomaly_xz_memory,
		.begins = begins,
	};

	return pal_packed_parse(in, sink, d, &packed);
}

const struct pal_format pal_format_xz = {
	.name = "xz",
	.summary = "xz and lzma streams",
	.covers =
	    "The content, unpacked in memory and examined as a file: xz streams, alone or in a row, and .lzma files, "
	    "as joblib writes both. At most 512 MiB; a ratio above 100 past 16 MiB is reported as a bomb and stops "
	    "there; so are a dictionary above 128 MiB, damage, wrong checksums and data behind the stream.",
	.probe = xz_probe,
	.parse = xz_parse,
};
