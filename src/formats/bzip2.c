/* bzip2.c - bzip2 streams, one or many in a row. */
#include "packed.h"
#include "palisade/format.h"

/* "BZh", the size of blocks, and the mark of a block (pi) or of the end of an empty stream (its root). */
static bool
begins(struct pal_view head, bool first, enum pal_codec *ret_codec, size_t *ret_skip)
{
	struct pal_view mark = pal_view_sub(head, 4, 6);

	(void)first;
	*ret_codec = PAL_CODEC_BZIP2;
	*ret_skip = 0;
	return pal_view_starts(head, "BZh") && head.len >= 10 && head.data[3] >= '1' && head.data[3] <= '9' &&
	       (pal_view_is(mark, "1AY&SY") || pal_view_is(mark, "\x17\x72\x45\x38\x50\x90"));
}

static unsigned int
bzip2_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	enum pal_codec codec = PAL_CODEC_BZIP2;
	size_t         skip = 0;

	(void)size;
	(void)name;
	return begins(head, true, &codec, &skip) ? 97 : 0;
}

static enum pal_err
bzip2_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	static const struct pal_packed packed = {
		.broken = &pal_anomaly_bzip2_broken,
		.bomb = &pal_anomaly_bzip2_bomb,
		.trailing = &pal_anomaly_bzip2_trailing,
		.beyond = &pal_anomaly_bzip2_broken,
		.begins = begins,
	};

	return pal_packed_parse(in, sink, d, &packed);
}

const struct pal_format pal_format_bzip2 = {
	.name = "bzip2",
	.summary = "bzip2 streams",
	.covers =
	    "The content, unpacked in memory and examined as a file; streams that follow each other are one file. At "
	    "most 512 MiB; a ratio above 100 past 16 MiB is reported as a bomb and stops there. Damage, wrong "
	    "checksums and data behind the stream are reported.",
	.probe = bzip2_probe,
	.parse = bzip2_parse,
};
