/* protobuf.c - the wire format; to audit: pal_pb_next, in which every length is held against the message's end. */
#include "protobuf.h"

#define VARINT_MOST 10u
#define GROUP_END   4u
#define GROUPS_MOST 100u /* as deep as the reference implementation follows */

struct pal_pb
pal_pb_of(struct pal_input *in, uint64_t at, uint64_t len)
{
	bool inside = at <= in->size && len <= in->size - at;

	return (
	    struct pal_pb){ .in = in, .at = at, .end = inside ? at + len : at, .err = inside ? PAL_OK : PAL_ETRUNC };
}

static uint64_t
stop(struct pal_pb *m, enum pal_err e)
{
	m->err = m->err == PAL_OK ? e : m->err;
	return 0;
}

static uint64_t
varint(struct pal_pb *m)
{
	struct pal_view v = { 0 };
	uint64_t        n = 0;
	size_t          most = VARINT_MOST;
	enum pal_err    e = PAL_OK;

	if (m->err != PAL_OK || m->at >= m->end)
		return stop(m, PAL_ETRUNC);
	most = m->end - m->at < most ? (size_t)(m->end - m->at) : most;
	if (m->at < m->in->size && m->in->size - m->at < most) /* a probe sees less than the message */
		most = (size_t)(m->in->size - m->at);
	e = pal_input_view(m->in, m->at, most, most, &v); /* fewer would be what is left of a window */
	if (e != PAL_OK)
		return stop(m, e);
	for (size_t i = 0; i < v.len; i++) {
		m->at++;
		if (i == VARINT_MOST - 1 && v.data[i] > 1)
			return stop(m, PAL_EFORM);
		n |= (uint64_t)(v.data[i] & 0x7f) << (7 * i);
		if ((v.data[i] & 0x80) == 0)
			return n;
	}
	return stop(m, PAL_ETRUNC);
}

static uint64_t
fixed(struct pal_pb *m, size_t width)
{
	struct pal_view v = { 0 };
	uint64_t        n = 0;
	enum pal_err    e = PAL_OK;

	if (m->end - m->at < width)
		return stop(m, PAL_ETRUNC);
	e = pal_input_view(m->in, m->at, width, width, &v);
	if (e != PAL_OK)
		return stop(m, e);
	for (size_t i = width; i > 0; i--)
		n = n << 8 | v.data[i - 1];
	m->at += width;
	return n;
}

static bool
tag(struct pal_pb *m, struct pal_pb_field *f)
{
	uint64_t n = varint(m);

	if (m->err == PAL_OK && (n >> 3 == 0 || n >> 32 != 0))
		(void)stop(m, PAL_EFORM);
	*f = (struct pal_pb_field){ .number = (uint32_t)(n >> 3), .wire = (enum pal_pb_wire)(n & 7) };
	return m->err == PAL_OK;
}

static void
bytes(struct pal_pb *m, struct pal_pb_field *f)
{
	f->len = varint(m);
	f->at = m->at;
	if (m->err == PAL_OK && f->len > m->end - m->at)
		(void)stop(m, PAL_ETRUNC);
	else
		m->at += f->len;
}

/* What stands between a tag and the next one, groups excepted. */
static void
value(struct pal_pb *m, struct pal_pb_field *f)
{
	if (f->wire == PAL_PB_VARINT)
		f->value = varint(m);
	else if (f->wire == PAL_PB_FIXED64)
		f->value = fixed(m, 8);
	else if (f->wire == PAL_PB_FIXED32)
		f->value = fixed(m, 4);
	else if (f->wire == PAL_PB_BYTES)
		bytes(m, f);
	else
		(void)stop(m, PAL_EFORM);
}

/* A group ends with a tag of its own number and wire type 4; groups inside it end before it. */
static void
group(struct pal_pb *m, struct pal_pb_field *f)
{
	uint32_t            open[GROUPS_MOST] = { f->number };
	unsigned int        depth = 1;
	struct pal_pb_field inner = { 0 };

	f->at = m->at;
	while (depth > 0 && m->err == PAL_OK) {
		f->len = m->at - f->at;
		if (!tag(m, &inner))
			return;
		if ((unsigned int)inner.wire == GROUP_END && inner.number == open[depth - 1])
			depth--;
		else if (inner.wire == PAL_PB_GROUP && depth < GROUPS_MOST)
			open[depth++] = inner.number;
		else
			value(m, &inner);
	}
}

bool
pal_pb_next(struct pal_pb *m, struct pal_pb_field *ret_field)
{
	struct pal_pb_field f = { 0 };

	if (m->err != PAL_OK || m->at >= m->end || !tag(m, &f))
		return false;
	if (f.wire == PAL_PB_GROUP)
		group(m, &f);
	else
		value(m, &f);
	*ret_field = f;
	return m->err == PAL_OK;
}

struct pal_pb
pal_pb_sub(const struct pal_pb *m, const struct pal_pb_field *f)
{
	return pal_pb_of(m->in, f->at, f->wire == PAL_PB_BYTES ? f->len : 0);
}

enum pal_err
pal_pb_read(const struct pal_pb *m, const struct pal_pb_field *f, size_t most, struct pal_buf *to)
{
	uint64_t len = f->wire == PAL_PB_BYTES ? f->len : 0;

	len = len < most ? len : most;
	for (uint64_t done = 0; done < len;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(m->in, f->at + done, 1, (size_t)(len - done), &v));
		pal_buf_add(to, v);
		done += v.len;
	}
	return pal_buf_err(to);
}

enum pal_err
pal_pb_text(const struct pal_pb *m, const struct pal_pb_field *f, size_t most, struct pal_arena *a,
	    struct pal_view *ret_text)
{
	PAL_AUTO_BUF b = pal_buf_of(most);

	PAL_TRY(pal_pb_read(m, f, most, &b));
	*ret_text = pal_arena_copy(a, pal_buf_view(&b));
	return pal_arena_err(a);
}
