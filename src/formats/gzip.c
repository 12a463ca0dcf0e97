/* gzip.c - gzip (RFC 1952), one member or many, and bare zlib streams (RFC 1950): unpacked under a budget. */
#include <zlib.h>

#include "give.h"
#include "inflate.h"
#include "palisade/format.h"
#include "zip.h"

static bool
is_gzip(struct pal_view v)
{
	return v.len >= 3 && v.data[0] == 0x1f && v.data[1] == 0x8b && v.data[2] == 8;
}

/* CM 8, a window of at most 32 KiB, a sum that is a multiple of 31, no dictionary; and the head really unpacks. */
static bool
is_zlib(struct pal_view head, uint64_t size)
{
	PAL_AUTO_BUF        out = pal_buf_of(256 * 1024);
	struct pal_input    in = pal_input_of_view(head);
	struct pal_limits   limits = { .output = 1024 };
	struct pal_inflated how = { .end = PAL_INFLATE_BROKEN };

	if (head.len < 8 || (head.data[0] & 0x8f) != 0x08 || (head.data[1] & 0x20) != 0 ||
	    (head.data[0] * 256 + head.data[1]) % 31 != 0)
		return false;
	if (pal_inflate(&in, 0, head.len, PAL_WRAP_ZLIB, &limits, &out, &how) != PAL_OK)
		return false;
	if (how.end == PAL_INFLATE_CUT)
		return head.len < size && out.len >= 16;
	return how.end == PAL_INFLATE_WHOLE || (how.end == PAL_INFLATE_FULL && out.len >= 16);
}

static unsigned int
gzip_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	if (is_gzip(head))
		return 95;
	return is_zlib(head, size) ? 80 : 0;
}

/* The name that the first member's header gives (RFC 1952 section 2.3). */
static struct pal_view
stored_name(struct pal_view head, struct pal_arena *a)
{
	size_t at = 10, end = 0;

	if (!is_gzip(head) || head.len < 12 || (head.data[3] & 0x08) == 0)
		return (struct pal_view){ 0 };
	if ((head.data[3] & 0x04) != 0)
		at += 2 + (size_t)head.data[10] + ((size_t)head.data[11] << 8);
	end = pal_view_find_byte(head, 0, at);
	return end == SIZE_MAX ? (struct pal_view){ 0 } : pal_arena_copy(a, pal_view_sub(head, at, end - at));
}

static enum pal_err
say_end(struct pal_sink *sink, const struct pal_inflated *how, uint64_t at, uint64_t made)
{
	switch (how->end) {
	case PAL_INFLATE_WHOLE:
		break;
	case PAL_INFLATE_BROKEN:
	case PAL_INFLATE_CUT:
		return pal_sink_anomaly(sink, &pal_anomaly_gzip_broken, at + how->consumed,
					"%s at %llu, after %llu bytes of content",
					how->end == PAL_INFLATE_CUT ? "cut short" : "damaged",
					(unsigned long long)(at + how->consumed), (unsigned long long)made);
	case PAL_INFLATE_BOMBED:
		return pal_sink_anomaly(sink, &pal_anomaly_gzip_bomb, at,
					"%llu bytes unpack to more than %llu; the first of them were examined",
					(unsigned long long)how->consumed, (unsigned long long)made);
	case PAL_INFLATE_FULL:
		return pal_sink_anomaly(sink, &pal_anomaly_format_limit, at,
					"only the first %llu unpacked bytes were examined", (unsigned long long)made);
	}
	return PAL_OK;
}

static enum pal_err
take_trailing(struct pal_input *in, struct pal_sink *sink, uint64_t at)
{
	struct pal_view v = { 0 };
	bool            zeros = true;

	PAL_TRY(pal_input_view(in, at, 0, PAL_INPUT_WINDOW, &v));
	for (size_t i = 0; i < v.len && zeros; i++)
		zeros = v.data[i] == 0;
	if (zeros && v.len == in->size - at)
		return PAL_OK; /* padding, as tapes want it */
	PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_gzip_trailing, at, "%llu bytes after the compressed stream",
				 (unsigned long long)(in->size - at)));
	return pal_give_stray(sink, in, at, in->size - at, pal_view_of("(after the stream)"));
}

static enum pal_err
gzip_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_AUTO_BUF        out = pal_buf_of((size_t)PAL_INFLATE_MOST + (1u << 20));
	struct pal_inflated how = { .end = PAL_INFLATE_WHOLE };
	struct pal_view     head = { 0 }, name = { 0 };
	struct pal_input    member = { .fd = -1 };
	uint64_t            at = 0;

	(void)d;
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	name = stored_name(head, sink->arena);
	do {
		PAL_TRY(pal_inflate(in, at, in->size - at, is_gzip(head) ? PAL_WRAP_GZIP : PAL_WRAP_ZLIB, sink->limits,
				    &out, &how));
		PAL_TRY(say_end(sink, &how, at, out.len));
		at += how.consumed;
		PAL_TRY(pal_input_view(in, at, 0, 3, &head));
	} while (how.end == PAL_INFLATE_WHOLE && is_gzip(head));
	member = pal_input_of_view(pal_buf_view(&out));
	PAL_TRY(pal_give_member_input(sink, &member, 0, name.len > 0 ? name : pal_view_of("(unpacked)")));
	if (pal_zip_at_end(in))
		return pal_zip_also(in, sink, d);
	if (how.end == PAL_INFLATE_WHOLE && at < in->size)
		return take_trailing(in, sink, at);
	return PAL_OK;
}

const struct pal_format pal_format_gzip = {
	.name = "gzip",
	.summary = "gzip and zlib streams",
	.covers = "The content, unpacked and examined as a file: gzip with one or many members, bare zlib streams "
		  "(joblib). At most "
		  "512 MiB a file; a ratio above 100 past 16 MiB is reported as a bomb and stops there. Damage, wrong "
		  "checksums and data behind the stream are reported.",
	.probe = gzip_probe,
	.parse = gzip_parse,
};
