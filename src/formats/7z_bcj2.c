/*
 * 7z_bcj2.c - 7-Zip's BCJ2 (method 0303011B): programs for x86 whose targets of calls and jumps stand in streams of
 * their own, as absolute addresses. A range coder says of each E8, E9 and 0F 8x whether its target was taken out.
 */
#include "7z.h"

#define MODELS 258u /* one for each byte before E8, one for E9, one for 0F 8x */
#define TOTAL  11u  /* bits of a probability */
#define MOVE   5u
#define TOP    (UINT32_C(1) << 24)

struct decisions {
	struct pal_view rest;
	uint32_t        range, code;
	uint16_t        models[MODELS];
	bool            ended; /* more decisions were wanted than there are */
};

static uint8_t
next_byte(struct pal_view *v, bool *ret_ended)
{
	uint8_t b = 0;

	if (v->len == 0) {
		*ret_ended = true;
		return 0;
	}
	b = v->data[0];
	*v = pal_view_sub(*v, 1, v->len);
	return b;
}

static void
start(struct decisions *d, struct pal_view stream)
{
	*d = (struct decisions){ .rest = stream, .range = UINT32_MAX };
	for (size_t i = 0; i < MODELS; i++)
		d->models[i] = 1u << (TOTAL - 1);
	for (int i = 0; i < 5; i++)
		d->code = d->code << 8 | next_byte(&d->rest, &d->ended);
}

static bool
decide(struct decisions *d, size_t model)
{
	uint16_t p = d->models[model];
	uint32_t bound = (d->range >> TOTAL) * p;
	bool     one = d->code >= bound;

	if (one) {
		d->range -= bound;
		d->code -= bound;
		d->models[model] = (uint16_t)(p - (p >> MOVE));
	} else {
		d->range = bound;
		d->models[model] = (uint16_t)(p + (((1u << TOTAL) - p) >> MOVE));
	}
	if (d->range < TOP) {
		d->range <<= 8;
		d->code = d->code << 8 | next_byte(&d->rest, &d->ended);
	}
	return one;
}

static bool
is_jump(uint8_t before, uint8_t b)
{
	return (b & 0xfe) == 0xe8 || (before == 0x0f && (b & 0xf0) == 0x80);
}

/* The address is kept as it would be in memory, the highest byte first; in the program it counts from its own end. */
static uint32_t
target_of(struct pal_view *from, uint64_t made, bool *ret_ended)
{
	uint32_t target = 0;

	for (int i = 0; i < 4; i++)
		target = target << 8 | next_byte(from, ret_ended);
	return target - (uint32_t)(made + 4);
}

bool
pal_7z_bcj2(const struct pal_view parts[PAL_7Z_PARTS], uint64_t size, struct pal_buf *out)
{
	struct pal_view  rest = parts[0], calls = parts[1], jumps = parts[2];
	struct decisions d;
	uint8_t          before = 0;
	uint64_t         made = 0;
	bool             ended = false;

	start(&d, parts[3]);
	while (made < size && !ended && !d.ended && pal_buf_err(out) == PAL_OK) {
		uint8_t  b = next_byte(&rest, &ended);
		uint32_t target = 0;

		if (ended)
			break;
		pal_buf_add_byte(out, b);
		made++;
		if (!is_jump(before, b) || made == size || !decide(&d, b == 0xe8 ? before : b == 0xe9 ? 256 : 257)) {
			before = b;
			continue;
		}
		target = target_of(b == 0xe8 ? &calls : &jumps, made, &ended);
		for (unsigned int i = 0; i < 4 && made < size && !ended; i++, made++)
			pal_buf_add_byte(out, (uint8_t)(target >> (8 * i)));
		before = (uint8_t)(target >> 24);
	}
	return made == size && !ended;
}
