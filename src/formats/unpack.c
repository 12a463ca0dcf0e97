/* unpack.c - any decompressor behind a budget: the output grows by CHUNK, and every chunk is counted before it is asked
 * for. */
#include "unpack.h"

#include "codec.h"

#define CHUNK ((size_t)128 * 1024)

struct run {
	const struct pal_codec_ops *codec;
	union pal_codec_state       state;
	struct pal_limits          *limits;
	struct pal_buf             *out;
	uint64_t                    before; /* what out held at the start */
	uint64_t                    consumed;
	uint64_t                    careful; /* from here on, byte by byte */
	enum pal_step               step;
};

/* One chunk more of output; what is left unused is given back. */
static void
one_chunk(struct run *r, struct pal_flow *f, bool *ret_stuck)
{
	size_t   room = r->limits->output < CHUNK ? (size_t)r->limits->output : CHUNK, in = f->in_left;
	uint8_t *to = pal_buf_room(r->out, room);

	if (to == NULL) {
		r->step = PAL_STEP_MEMORY;
		return;
	}
	f->out = to;
	f->out_left = room;
	r->step = r->codec->step(&r->state, f);
	r->limits->output -= room - f->out_left;
	r->consumed += in - f->in_left;
	r->out->len -= f->out_left;
	r->out->data[r->out->len] = '\0';
	*ret_stuck = f->out_left == room && f->in_left == in && room > 0;
}

static enum pal_unpack_end
judge(const struct run *r)
{
	uint64_t made = r->out->len - r->before;

	if (r->step == PAL_STEP_BROKEN)
		return PAL_UNPACK_BROKEN;
	if (r->step == PAL_STEP_BEYOND)
		return PAL_UNPACK_BEYOND;
	if (r->step == PAL_STEP_END)
		return PAL_UNPACK_WHOLE;
	if (made > PAL_UNPACK_BOMB && made / PAL_UNPACK_RATIO > r->consumed)
		return PAL_UNPACK_BOMBED;
	return r->limits->output == 0 || r->out->len >= PAL_UNPACK_MOST ? PAL_UNPACK_FULL : PAL_UNPACK_WHOLE;
}

/* All that one piece of the input makes. */
static enum pal_unpack_end
one_view(struct run *r, struct pal_view v, bool last)
{
	struct pal_flow f = { .in = v.data == NULL ? (const uint8_t *)"" : v.data, .in_left = v.len };

	for (;;) {
		bool                stuck = false;
		enum pal_unpack_end end = PAL_UNPACK_WHOLE;

		one_chunk(r, &f, &stuck);
		end = judge(r);
		if (r->step != PAL_STEP_MORE || end != PAL_UNPACK_WHOLE)
			return end;
		if (stuck && f.in_left > 0)
			return PAL_UNPACK_BROKEN;
		if (f.in_left == 0 && f.out_left > 0)
			return last ? PAL_UNPACK_CUT : PAL_UNPACK_WHOLE;
	}
}

static enum pal_err
all_views(struct run *r, struct pal_input *in, uint64_t at, uint64_t len, enum pal_unpack_end *ret_end)
{
	while (r->step == PAL_STEP_MORE && *ret_end == PAL_UNPACK_WHOLE) {
		struct pal_view v = { 0 };
		uint64_t        left = len - r->consumed;
		size_t          most = r->consumed >= r->careful ? 1 : CHUNK;

		PAL_TRY(pal_input_view(in, at + r->consumed, left > 0, left < most ? (size_t)left : most, &v));
		*ret_end = one_view(r, v, v.len == left);
	}
	return r->step == PAL_STEP_MEMORY ? PAL_ENOMEM : PAL_OK;
}

static enum pal_err
run(struct run *r, struct pal_input *in, uint64_t at, uint64_t len, const struct pal_packing *how,
    enum pal_unpack_end *ret_end)
{
	enum pal_err err = PAL_OK;

	*ret_end = PAL_UNPACK_WHOLE;
	r->step = r->codec->start(&r->state, how);
	if (r->step == PAL_STEP_MORE)
		err = all_views(r, in, at, len, ret_end);
	else if (r->step == PAL_STEP_MEMORY)
		err = PAL_ENOMEM;
	else
		*ret_end = judge(r);
	r->codec->stop(&r->state);
	return err;
}

enum pal_err
pal_unpack(struct pal_input *in, uint64_t at, uint64_t len, const struct pal_packing *how, struct pal_limits *limits,
	   struct pal_buf *out, struct pal_unpacked *ret_end)
{
	struct run          r = { .codec = &pal_codecs[how->codec],
				  .limits = limits,
				  .out = out,
				  .before = out->len,
				  .careful = UINT64_MAX };
	enum pal_unpack_end end = PAL_UNPACK_WHOLE;
	uint64_t            output = limits->output;

	PAL_TRY(run(&r, in, at, len, how, &end));
	if (end == PAL_UNPACK_BROKEN && r.codec->forgets) {
		/* Loaders have what came before the damage: a wrong checksum at the end hides nothing. */
		r.careful = r.consumed;
		r.consumed = 0;
		out->len = (size_t)r.before;
		limits->output = output;
		PAL_TRY(run(&r, in, at, len, how, &end));
	}
	*ret_end = (struct pal_unpacked){ .end = end, .consumed = r.consumed };
	return PAL_OK;
}
