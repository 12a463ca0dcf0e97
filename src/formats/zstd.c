/* zstd.c - Zstandard frames (RFC 8878), one or many in a row, skippable ones among them. */
#include "packed.h"
#include "palisade/format.h"

#define MAGIC 0xfd2fb528u

static bool
is_frame(struct pal_view v)
{
	return pal_packed_u32(v) == MAGIC && v.len >= 6 && (v.data[4] & 0x08) == 0; /* the reserved bit */
}

static bool
begins(struct pal_view head, bool first, enum pal_codec *ret_codec, size_t *ret_skip)
{
	(void)first;
	*ret_codec = PAL_CODEC_ZSTD;
	*ret_skip = 0;
	return is_frame(head);
}

/* A skippable frame whose end is out of sight is taken for one of zstd: pzstd begins with them, lz4's tools never do.
 */
static unsigned int
zstd_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view past = pal_packed_past_skippable(head);

	(void)size;
	(void)name;
	if (is_frame(head))
		return 95;
	if (pal_packed_is_skippable(head) && past.len == 0)
		return 70;
	return is_frame(past) ? 90 : 0;
}

static enum pal_err
zstd_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	static const struct pal_packed packed = {
		.broken = &pal_anomaly_zstd_broken,
		.bomb = &pal_anomaly_zstd_bomb,
		.trailing = &pal_anomaly_zstd_trailing,
		.beyond = &pal_anomaly_zstd_memory,
		.begins = begins,
		.skippable = true,
	};

	return pal_packed_parse(in, sink, d, &packed);
}

const struct pal_format pal_format_zstd = {
	.name = "zstd",
	.summary = "Zstandard frames",
	.covers =
	    "The content, unpacked in memory and examined as a file; frames that follow each other are one file, the "
	    "content of skippable frames is searched as raw bytes. At most 512 MiB; a ratio above 100 past 16 MiB is "
	    "reported as a bomb "
	    "and stops there; so are a window above 128 MiB, a dictionary that is not at hand, damage, wrong "
	    "checksums and data behind the frames.",
	.probe = zstd_probe,
	.parse = zstd_parse,
};
