/* test_deflate64.c - blocks of deflate64 against what they say, whole and in pieces, and each way they can be wrong. */
#include "check.h"
#include "formats/deflate64.h"

#define MOST 300000u

/* Bits from the lowest on; a code goes from its highest bit. */
struct writer {
	uint8_t  bytes[80000];
	size_t   len;
	uint32_t bits;
	unsigned have;
};

static void
put_bits(struct writer *w, uint32_t value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		w->bits |= (value >> i & 1u) << w->have++;
		if (w->have == 8) {
			w->bytes[w->len++] = (uint8_t)w->bits;
			w->bits = w->have = 0;
		}
	}
}

static void
put_code(struct writer *w, uint32_t code, unsigned int n)
{
	for (unsigned int i = n; i > 0; i--)
		put_bits(w, code >> (i - 1) & 1u, 1);
}

static void
align(struct writer *w)
{
	while (w->have != 0)
		put_bits(w, 0, 1);
}

static uint8_t
pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void
put_stored(struct writer *w, size_t from, uint32_t count, bool last)
{
	put_bits(w, last, 1);
	put_bits(w, 0, 2);
	align(w);
	put_bits(w, count, 16);
	put_bits(w, count ^ 0xffff, 16);
	for (size_t i = 0; i < count; i++)
		put_bits(w, pattern(from + i), 8);
}

/* Length code 285 and a distance code with its extra bits, in the fixed codes. */
static void
put_match(struct writer *w, uint32_t length, uint32_t distance_code, unsigned int extra_bits, uint32_t extra)
{
	put_code(w, 0xc5, 8);
	put_bits(w, length - 3, 16);
	put_code(w, distance_code, 5);
	put_bits(w, extra, extra_bits);
}

static uint8_t made[MOST];

/* In pieces of `in` and `out` bytes; *ret_len is what was made, *ret_used what was taken. */
static enum pal_step
run(const struct writer *w, size_t in, size_t out, size_t *ret_len, size_t *ret_used)
{
	struct pal_deflate64 *d = pal_deflate64_new();
	enum pal_step         step = PAL_STEP_MORE;
	size_t                used = 0, len = 0, idle = 0;

	while (d != NULL && step == PAL_STEP_MORE && idle < 2) {
		size_t give = w->len - used < in ? w->len - used : in, room = MOST - len < out ? MOST - len : out;
		struct pal_flow f = { w->bytes + used, give, made + len, room };

		step = pal_deflate64_step(d, &f);
		idle = f.in_left == give && f.out_left == room ? idle + 1 : 0;
		used += give - f.in_left;
		len += room - f.out_left;
	}
	pal_deflate64_free(&d);
	*ret_len = len;
	*ret_used = used;
	return step;
}

/* The widest reach and the longest copy that plain deflate does not have. */
static void
test_far(void)
{
	static struct writer w;
	static const size_t  sizes[] = { 1, 7, MOST };
	size_t               len = 0, used = 0, whole = 0;

	put_stored(&w, 0, 65535, false);
	put_stored(&w, 65535, 1, false);
	put_bits(&w, 1, 1);
	put_bits(&w, 1, 2);
	put_match(&w, 65538, 31, 14, 16383); /* 65,536 back */
	put_match(&w, 300, 30, 14, 0);       /* 32,769 back */
	put_code(&w, 0, 7);
	align(&w);
	whole = w.len;
	w.bytes[w.len++] = 0xaa; /* is not the stream's */
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++) {
			CHECK(run(&w, sizes[i], sizes[k], &len, &used) == PAL_STEP_END && used == whole);
			CHECK(len == 65536 + 65538 + 300);
			for (size_t at = 0; at < 65538; at++)
				if (made[65536 + at] != made[at] || made[at % 65536] != pattern(at % 65536)) {
					CHECK_SAY(false, "the far copy");
					break;
				}
			CHECK(made[131074] == made[131074 - 32769] && made[len - 1] == made[len - 1 - 32769]);
		}
}

static enum pal_step
run_bits(const uint32_t *fields, size_t count)
{
	static struct writer w;
	size_t               len = 0, used = 0;

	w = (struct writer){ .len = 0 };
	for (size_t i = 0; i < count; i += 2)
		put_bits(&w, fields[i], fields[i + 1]);
	align(&w);
	return run(&w, MOST, MOST, &len, &used);
}

static void
test_wrong(void)
{
	static const uint32_t kind[] = { 1, 1, 3, 2 }, lengths[] = { 1, 1, 0, 2, 0, 5, 5, 16, 5, 16 };
	static const uint32_t before[] = { 1, 1, 1, 2, 0xa3, 8, 0, 16, 0, 5 }; /* a copy of what is not there */
	static const uint32_t literals[] = { 1, 1, 2, 2, 31, 5, 0, 5, 0, 4 };
	static const uint32_t repeat[] = { 1, 1, 2, 2, 0, 5, 0, 5, 0, 4, 1, 3, 1, 3, 0, 3, 0, 3, 0, 2 };
	static const uint32_t over[] = { 1, 1, 2, 2, 0, 5, 0, 5, 0, 4, 1, 3, 1, 3, 1, 3, 1, 3 };
	static const uint32_t cut[] = { 1, 1, 1, 2, 0, 5 };

	CHECK(run_bits(kind, 4) == PAL_STEP_BROKEN && run_bits(lengths, 10) == PAL_STEP_BROKEN);
	CHECK(run_bits(before, 10) == PAL_STEP_BROKEN && run_bits(literals, 10) == PAL_STEP_BROKEN);
	CHECK(run_bits(repeat, 20) == PAL_STEP_BROKEN && run_bits(over, 18) == PAL_STEP_BROKEN);
	CHECK(run_bits(cut, 6) == PAL_STEP_MORE);
}

int
main(void)
{
	test_far();
	test_wrong();
	return check_done();
}
