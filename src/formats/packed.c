/* packed.c - stream after stream into one buffer; then what the buffer holds, and what stands behind the streams. */
#include "packed.h"

#include "palisade/format.h"
#include "palisade/reader.h"
#include "zip.h"

#define SKIPPABLE_HEADER 8u

bool
pal_packed_unpacks(struct pal_view head, uint64_t size, enum pal_codec codec)
{
	PAL_AUTO_BUF        out = pal_buf_of(256 * 1024);
	struct pal_input    in = pal_input_of_view(head);
	struct pal_limits   limits = { .output = 1024 };
	struct pal_unpacked how = { .end = PAL_UNPACK_BROKEN };

	if (pal_unpack(&in, 0, head.len, &(struct pal_packing){ .codec = codec }, &limits, &out, &how) != PAL_OK)
		return false;
	if (how.end == PAL_UNPACK_CUT && head.len == size) /* loaders read what there is, before they notice */
		return pal_format_inside(pal_buf_view(&out), out.len) != NULL;
	return how.end == PAL_UNPACK_WHOLE || how.end == PAL_UNPACK_BEYOND ||
	       (how.end != PAL_UNPACK_BROKEN && out.len >= 16);
}

uint32_t
pal_packed_u32(struct pal_view head)
{
	struct pal_reader r = pal_reader_of(head);

	return pal_read_u32le(&r);
}

bool
pal_packed_is_skippable(struct pal_view head)
{
	return head.len >= SKIPPABLE_HEADER && (pal_packed_u32(head) & 0xfffffff0u) == 0x184d2a50u;
}

struct pal_view
pal_packed_past_skippable(struct pal_view head)
{
	while (pal_packed_is_skippable(head)) {
		uint64_t len = SKIPPABLE_HEADER + (uint64_t)pal_packed_u32(pal_view_sub(head, 4, 4));

		head = len < head.len ? pal_view_sub(head, (size_t)len, head.len) : (struct pal_view){ 0 };
	}
	return head;
}

static enum pal_err
say_end(struct pal_sink *sink, const struct pal_packed *p, const struct pal_unpacked *how, uint64_t at, uint64_t size,
	uint64_t made)
{
	unsigned long long here = at + how->consumed, left = size - here;

	switch (how->end) {
	case PAL_UNPACK_WHOLE:
		break;
	case PAL_UNPACK_BROKEN:
		return pal_sink_unread(sink, p->broken, here, left, "damaged at %llu, after %llu bytes of content",
				       here, (unsigned long long)made);
	case PAL_UNPACK_CUT:
		return pal_sink_unread(sink, p->broken, here, left, "cut short at %llu, after %llu bytes of content",
				       here, (unsigned long long)made);
	case PAL_UNPACK_BOMBED:
		return pal_sink_unread(sink, p->bomb, here, left,
				       "%llu bytes unpack to more than %llu; the first of them were examined",
				       (unsigned long long)how->consumed, (unsigned long long)made);
	case PAL_UNPACK_FULL:
		return pal_sink_unread(sink, &pal_anomaly_format_limit, here, left,
				       "only the first %llu unpacked bytes were examined", (unsigned long long)made);
	case PAL_UNPACK_BEYOND:
		return pal_sink_unread(
		    sink, p->beyond, here, left,
		    "needs a dictionary, or to look back more than %llu MiB; %llu bytes were examined",
		    (unsigned long long)(PAL_UNPACK_WINDOW >> 20), (unsigned long long)made);
	}
	return PAL_OK;
}

static enum pal_err
skip_zeros(struct pal_input *in, uint64_t at, uint64_t *ret_at)
{
	while (at < in->size) {
		struct pal_view v = { 0 };
		size_t          i = 0;

		PAL_TRY(pal_input_view(in, at, 1, PAL_INPUT_WINDOW, &v));
		while (i < v.len && v.data[i] == 0)
			i++;
		at += i;
		if (i < v.len)
			break;
	}
	*ret_at = at;
	return PAL_OK;
}

/* What a skippable frame holds is nobody's content; it is looked at as it stands. */
static enum pal_err
take_skippable(struct pal_input *in, struct pal_sink *sink, const struct pal_packed *p, struct pal_view head,
	       uint64_t *at)
{
	uint64_t len = pal_packed_u32(pal_view_sub(head, 4, 4)), left = in->size - *at - SKIPPABLE_HEADER;

	if (len > left)
		PAL_TRY(pal_sink_unread(sink, p->broken, *at, in->size - *at,
					"a skippable frame of %llu bytes at %llu, but the file ends after %llu",
					(unsigned long long)len, (unsigned long long)*at, (unsigned long long)left));
	len = len < left ? len : left;
	*at += SKIPPABLE_HEADER + len;
	return len == 0 ? PAL_OK : pal_give_stray(sink, in, *at - len, len, pal_view_of("(skippable frame)"));
}

/* All that follow each other; *ret_at is where the last one ends. */
static enum pal_err
take_streams(struct pal_input *in, struct pal_sink *sink, const struct pal_packed *p, struct pal_buf *out,
	     uint64_t *ret_at, bool *ret_whole)
{
	struct pal_packing  packing = { 0 };
	struct pal_unpacked how = { .end = PAL_UNPACK_WHOLE };
	struct pal_view     head = { 0 };
	uint64_t            next = 0;
	size_t              skip = 0;

	for (bool first = true; how.end == PAL_UNPACK_WHOLE; first = false) {
		PAL_TRY(pal_input_view(in, next, 0, PAL_PROBE_HEAD, &head));
		if (p->skippable && pal_packed_is_skippable(head)) {
			PAL_TRY(take_skippable(in, sink, p, head, &next));
			*ret_at = next;
			continue;
		}
		if (!p->begins(head, first, &packing.codec, &skip))
			break;
		next += skip;
		PAL_TRY(pal_unpack(in, next, in->size - next, &packing, sink->limits, out, &how));
		PAL_TRY(say_end(sink, p, &how, next, in->size, out->len));
		*ret_at = next + how.consumed;
		PAL_TRY(skip_zeros(in, *ret_at, &next));
	}
	*ret_whole = how.end == PAL_UNPACK_WHOLE;
	return PAL_OK;
}

/* Zeros are padding, as tapes want it; anything else belongs to nobody. */
static enum pal_err
take_trailing(struct pal_input *in, struct pal_sink *sink, const struct pal_packed *p, uint64_t at)
{
	uint64_t next = at;

	PAL_TRY(skip_zeros(in, at, &next));
	if (next == in->size)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(sink, p->trailing, at, "%llu bytes after the compressed stream",
				 (unsigned long long)(in->size - at)));
	return pal_give_stray(sink, in, at, in->size - at, pal_view_of("(after the stream)"));
}

enum pal_err
pal_packed_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d, const struct pal_packed *p)
{
	PAL_AUTO_BUF     out = pal_buf_of(PAL_UNPACK_BUF);
	struct pal_view  head = { 0 }, name = { 0 };
	struct pal_input member = { .fd = -1 };
	uint64_t         end = 0;
	bool             whole = false;

	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	if (p->name != NULL)
		name = p->name(head);
	if (name.len > 0) /* what is inside keeps the file's own name: loaders do not look at this one */
		PAL_TRY(pal_give_meta(sink, pal_view_of("name"), name, 0));
	PAL_TRY(take_streams(in, sink, p, &out, &end, &whole));
	member = pal_input_of_view(pal_buf_view(&out));
	PAL_TRY(pal_give_member_input(sink, &member, 0, (struct pal_view){ 0 }));
	if (pal_zip_at_end(in))
		return pal_zip_also(in, sink, d);
	return whole ? take_trailing(in, sink, p, end) : PAL_OK;
}
