/* deflate64.c - blocks, codes and copies, each step whole or not at all; to audit: put() and copy(), the only writes.
 */
#include "deflate64.h"

#include "palisade/mem.h"

#define WINDOW    65536u
#define BITS_MOST 15u
#define LITERALS  286u /* codes of literals and lengths that may be used */
#define DISTANCES 32u
#define ORDER     19u

enum state { HEADER, STORED_HEAD, STORED, TABLE_HEAD, TABLE_ORDER, TABLE_LENGTHS, SYMBOL, DISTANCE, COPY, END, BROKEN };

/* A canonical code: how many symbols have each length, and the symbols in the order of their codes. */
struct code {
	uint16_t count[BITS_MOST + 1];
	uint16_t symbol[LITERALS + 2];
};

struct pal_deflate64 {
	enum state   state;
	bool         last, starved; /* starved: a step wanted more bits than there are, and is taken back */
	uint64_t     bits;
	unsigned int have; /* of bits */
	struct code  literals, distances, order;
	uint8_t      lengths[LITERALS + 2 + DISTANCES];
	size_t       length_count, literal_count, distance_count, order_count; /* read; said by the block */
	uint32_t     left;                                                     /* of a stored block, or of a copy */
	uint32_t     distance;                                                 /* of a copy */
	uint64_t     made;
	uint8_t      window[WINDOW];
};

struct pal_deflate64 *
pal_deflate64_new(void)
{
	return pal_mem_new(1, sizeof(struct pal_deflate64));
}

void
pal_deflate64_free(struct pal_deflate64 **d)
{
	pal_mem_free(*d);
	*d = NULL;
}

/* The next n bits, at most 16. A step reads all that it needs before it changes anything. */
static uint32_t
take(struct pal_deflate64 *d, unsigned int n)
{
	uint32_t v = (uint32_t)(d->bits & ((UINT64_C(1) << n) - 1));

	if (n > d->have) {
		d->starved = true;
		return 0;
	}
	d->bits >>= n;
	d->have -= n;
	return v;
}

/* A code from the lengths of its symbols; false when more codes are used than there are. */
static bool
build(struct code *c, const uint8_t *lengths, size_t n)
{
	uint16_t offset[BITS_MOST + 2] = { 0 };
	int32_t  left = 1;

	for (size_t i = 0; i <= BITS_MOST; i++)
		c->count[i] = 0;
	for (size_t i = 0; i < n; i++)
		c->count[lengths[i]]++;
	for (size_t i = 1; i <= BITS_MOST; i++) {
		left = left * 2 - c->count[i];
		if (left < 0)
			return false;
		offset[i + 1] = (uint16_t)(offset[i] + c->count[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (lengths[i] != 0)
			c->symbol[offset[lengths[i]]++] = (uint16_t)i;
	c->count[0] = 0;
	return true;
}

#define NO_CODE UINT32_MAX

/* The next symbol, bit after bit (RFC 1951 section 3.2.2). */
static uint32_t
decode(struct pal_deflate64 *d, const struct code *c)
{
	int32_t  code = 0, first = 0, index = 0;
	uint64_t bits = d->bits;

	for (unsigned int n = 1; n <= BITS_MOST; n++) {
		if (n > d->have) {
			d->starved = true;
			return 0;
		}
		code |= (int32_t)(bits & 1);
		bits >>= 1;
		if (code - c->count[n] < first) {
			(void)take(d, n);
			return c->symbol[index + (code - first)];
		}
		index += c->count[n];
		first = (first + c->count[n]) * 2;
		code *= 2;
	}
	return NO_CODE;
}

static void
put(struct pal_deflate64 *d, struct pal_flow *f, uint8_t byte)
{
	d->window[d->made++ % WINDOW] = byte;
	*f->out++ = byte;
	f->out_left--;
}

/* --- steps; false: more input or room is needed, or it is over */

static bool
fixed_codes(struct pal_deflate64 *d)
{
	for (size_t i = 0; i < 288; i++)
		d->lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	if (!build(&d->literals, d->lengths, 288))
		return false;
	for (size_t i = 0; i < DISTANCES; i++)
		d->lengths[i] = 5;
	return build(&d->distances, d->lengths, DISTANCES);
}

static void
header(struct pal_deflate64 *d)
{
	uint32_t last = 0, kind = 0;

	if (d->last) {
		d->state = END;
		return;
	}
	last = take(d, 1);
	kind = take(d, 2);
	if (d->starved)
		return;
	d->last = last == 1;
	if (kind == 0)
		(void)take(d, d->have % 8);
	d->state = kind == 0 ? STORED_HEAD : kind == 2 ? TABLE_HEAD : kind == 1 && fixed_codes(d) ? SYMBOL : BROKEN;
}

static void
stored_head(struct pal_deflate64 *d)
{
	uint32_t len = take(d, 16), check = take(d, 16);

	if (d->starved)
		return;
	d->left = len;
	d->state = len == (check ^ 0xffffu) ? STORED : BROKEN;
}

static void
stored(struct pal_deflate64 *d, struct pal_flow *f)
{
	uint32_t byte = 0;

	if (d->left == 0) {
		d->state = HEADER;
		return;
	}
	byte = take(d, 8);
	if (d->starved)
		return;
	put(d, f, (uint8_t)byte);
	d->left--;
}

static void
table_head(struct pal_deflate64 *d)
{
	uint32_t literals = take(d, 5), distances = take(d, 5), order = take(d, 4);

	if (d->starved)
		return;
	d->literal_count = literals + 257;
	d->distance_count = distances + 1;
	d->order_count = order + 4;
	d->length_count = 0;
	for (size_t i = 0; i < ORDER; i++)
		d->lengths[i] = 0;
	d->state = d->literal_count > LITERALS ? BROKEN : TABLE_ORDER;
}

static void
table_order(struct pal_deflate64 *d)
{
	static const uint8_t order[ORDER] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	uint32_t             length = take(d, 3);

	if (d->starved)
		return;
	d->lengths[order[d->length_count++]] = (uint8_t)length;
	if (d->length_count < d->order_count)
		return;
	d->length_count = 0;
	d->state = build(&d->order, d->lengths, ORDER) ? TABLE_LENGTHS : BROKEN;
}

static void
end_table(struct pal_deflate64 *d)
{
	bool ok = d->lengths[256] != 0 && build(&d->literals, d->lengths, d->literal_count) &&
		  build(&d->distances, d->lengths + d->literal_count, d->distance_count);

	d->state = ok ? SYMBOL : BROKEN;
}

/* 16 repeats the length before, 17 and 18 are runs of zeros (RFC 1951 section 3.2.7). */
static void
table_lengths(struct pal_deflate64 *d)
{
	size_t   all = d->literal_count + d->distance_count;
	uint32_t symbol = decode(d, &d->order), times = 1;
	uint8_t  length = 0;

	if (symbol == 16)
		times = 3 + take(d, 2);
	else if (symbol == 17)
		times = 3 + take(d, 3);
	else if (symbol == 18)
		times = 11 + take(d, 7);
	if (d->starved)
		return;
	if (symbol == NO_CODE || (symbol == 16 && d->length_count == 0) || times > all - d->length_count) {
		d->state = BROKEN;
		return;
	}
	if (symbol < 16)
		length = (uint8_t)symbol;
	else if (symbol == 16)
		length = d->lengths[d->length_count - 1];
	while (times-- > 0)
		d->lengths[d->length_count++] = length;
	if (d->length_count == all)
		end_table(d);
}

static void
symbol(struct pal_deflate64 *d, struct pal_flow *f)
{
	static const uint8_t base[29] = { 3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
					  31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3 };
	static const uint8_t extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
					   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16 };
	uint32_t             s = decode(d, &d->literals), length = 0;

	if (s > 256 && s < 286)
		length = base[s - 257] + take(d, extra[s - 257]);
	if (d->starved)
		return;
	if (s < 256) {
		put(d, f, (uint8_t)s);
	} else if (s == 256) {
		d->state = HEADER;
	} else if (s < 286) {
		d->left = length;
		d->state = DISTANCE;
	} else {
		d->state = BROKEN;
	}
}

static void
distance(struct pal_deflate64 *d)
{
	uint32_t s = decode(d, &d->distances), extra = s < 4 ? 0 : s / 2 - 1, base = s + 1;

	if (s >= 4 && s < DISTANCES)
		base = ((2 + s % 2) << extra) + 1;
	if (s < DISTANCES)
		base += take(d, extra);
	if (d->starved)
		return;
	d->distance = base;
	d->state = s < DISTANCES && base <= d->made ? COPY : BROKEN;
}

static void
copy(struct pal_deflate64 *d, struct pal_flow *f)
{
	while (d->left > 0 && f->out_left > 0) {
		put(d, f, d->window[(d->made - d->distance) % WINDOW]);
		d->left--;
	}
	if (d->left == 0)
		d->state = SYMBOL;
}

static void
one(struct pal_deflate64 *d, struct pal_flow *f)
{
	switch (d->state) {
	case HEADER:
		header(d);
		break;
	case STORED_HEAD:
		stored_head(d);
		break;
	case STORED:
		stored(d, f);
		break;
	case TABLE_HEAD:
		table_head(d);
		break;
	case TABLE_ORDER:
		table_order(d);
		break;
	case TABLE_LENGTHS:
		table_lengths(d);
		break;
	case SYMBOL:
		symbol(d, f);
		break;
	case DISTANCE:
		distance(d);
		break;
	case COPY:
		copy(d, f);
		break;
	case END:
	case BROKEN:
		break;
	}
}

/* A byte is taken only when a step cannot do without it, so that nothing behind the stream is. */
enum pal_step
pal_deflate64_step(struct pal_deflate64 *d, struct pal_flow *f)
{
	while (d->state != END && d->state != BROKEN && f->out_left > 0) {
		uint64_t     bits = d->bits;
		unsigned int have = d->have;

		d->starved = false;
		one(d, f);
		if (!d->starved)
			continue;
		if (f->in_left == 0) {
			d->bits = bits;
			d->have = have;
			return PAL_STEP_MORE;
		}
		d->bits = bits | (uint64_t)*f->in++ << have; /* no step wants more than 32 bits */
		d->have = have + 8;
		f->in_left--;
	}
	return d->state == END ? PAL_STEP_END : d->state == BROKEN ? PAL_STEP_BROKEN : PAL_STEP_MORE;
}
