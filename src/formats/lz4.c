/* lz4.c - LZ4 frames, one or many in a row, skippable ones among them. */
#include "packed.h"
#include "palisade/format.h"

#define MAGIC 0x184d2204u

/* The mark, and the version in the two top bits of FLG (LZ4 frame format 1.6.2, "Frame Descriptor"). */
static bool
is_frame(struct pal_view v)
{
	return pal_packed_u32(v) == MAGIC && v.len >= 7 && v.data[4] >> 6 == 1;
}

static bool
begins(struct pal_view head, bool first, enum pal_codec *ret_codec, size_t *ret_skip)
{
	(void)first;
	*ret_codec = PAL_CODEC_LZ4;
	*ret_skip = 0;
	return is_frame(head);
}

static unsigned int
lz4_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	if (is_frame(head))
		return 95;
	return is_frame(pal_packed_past_skippable(head)) ? 90 : 0;
}

static enum pal_err
lz4_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	static const struct pal_packed packed = {
		.broken = &pal_anomaly_lz4_broken,
		.bomb = &pal_anomaly_lz4_bomb,
		.trailing = &pal_anomaly_lz4_trailing,
		.beyond = &pal_anomaly_lz4_broken,
		.begins = begins,
		.skippable = true,
	};

	return pal_packed_parse(in, sink, d, &packed);
}

const struct pal_format pal_format_lz4 = {
	.name = "lz4",
	.summary = "LZ4 frames",
	.covers =
	    "The content, unpacked in memory and examined as a file; frames that follow each other are one file, the "
	    "content of skippable frames is searched as raw bytes. At most 512 MiB; a ratio above 100 past 16 MiB is "
	    "reported as a bomb "
	    "and stops there. Damage, wrong checksums and data behind the frames are reported. The legacy frame is "
	    "not read.",
	.probe = lz4_probe,
	.parse = lz4_parse,
};
