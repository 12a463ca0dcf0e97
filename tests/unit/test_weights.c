/* test_weights.c - numbers as training leaves them, and as formats, pruning and quantising do, give nothing; whatever
 * is written into them is found; every damage to the bytes is read through. */
#include <math.h>
#include <stdlib.h>

#include "detecting.h"
#include "mutate.h"
#include "palisade/mem.h"

extern const struct pal_detector pal_detector_weights;

#define N 131072u

static struct pal_detect *rules;
static uint32_t           numbers[N];
static uint64_t           state = 11;

static const char text[] =
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, "
    "must be in want of a wife. However little known the feelings or views of such a man may be ";

static const uint8_t elf[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62, [20] = 1, [52] = 64, [54] = 56 };

static uint32_t
dice(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

/* Near enough to a normal distribution: the sum of six. */
static float
weight(void)
{
	double sum = 0;

	for (int k = 0; k < 6; k++)
		sum += dice() / 4294967296.0 - 0.5;
	return (float)(sum * 0.0341);
}

static void
make(void)
{
	for (size_t i = 0; i < N; i++) {
		float f = weight();

		memcpy(&numbers[i], &f, 4);
	}
}

static void
look_at(struct detecting *t, enum pal_dtype type, const void *data, size_t bytes, const uint64_t *shape, size_t rank)
{
	struct pal_input in = pal_input_of_view((struct pal_view){ data, bytes });

	detecting_start(t, rules, &pal_detector_weights);
	detecting_feed(t, (struct pal_content){ .kind = PAL_CONTENT_TENSOR,
						.name = pal_view_of("layer.weight"),
						.member = &in,
						.place = { .length = bytes },
						.tensor = { .type = type, .shape = shape, .rank = rank } });
	detecting_finish(t);
	pal_input_done(&in);
}

static enum pal_severity
worst(const struct detecting *t)
{
	enum pal_severity most = PAL_INFO;

	for (size_t i = 0; i < t->found.list.count; i++) {
		const struct pal_finding *f = pal_list_at(&t->found.list, i);

		most = f->severity > most ? f->severity : most;
	}
	return most;
}

static void
check_clean(const char *what, enum pal_dtype type, size_t bytes)
{
	static const uint64_t shape[] = { 256, 512 };
	struct detecting      t;

	look_at(&t, type, numbers, bytes, shape, 2);
	if (!CHECK_SAY(worst(&t) < PAL_MEDIUM, what))
		printf("%s\n", ((struct pal_finding *)pal_list_at(&t.found.list, 0))->text);
	detecting_done(&t);
}

static float
value(size_t i)
{
	float f;

	memcpy(&f, &numbers[i], 4);
	return f;
}

static void
set(size_t i, float f)
{
	memcpy(&numbers[i], &f, 4);
}

enum benign {
	PLAIN,
	WIDENED_16,
	WIDENED_B16,
	PRUNED,
	DEAD,
	CLIPPED,
	SCALED,
	QUANTISED,
	BY_ROW,
	WHOLE,
	COPIED,
	NEW_ROWS
};

static void
alter(enum benign how, size_t i)
{
	size_t row = i / 512;

	switch (how) {
	case WIDENED_16:
		numbers[i] &= 0xffffe000;
		break;
	case WIDENED_B16:
		numbers[i] &= 0xffff0000;
		break;
	case PRUNED:
		numbers[i] = fabsf(value(i)) < 0.01f ? 0 : numbers[i];
		break;
	case DEAD:
		numbers[i] = row % 3 == 0 || i % 16 == 5 ? (row % 2) * 7 : numbers[i];
		break;
	case CLIPPED:
		set(i, fminf(fmaxf(value(i), -0.01f), 0.01f));
		break;
	case SCALED: /* the comb that multiplying leaves */
		set(i, value(i) * 0.02f / 24);
		break;
	case QUANTISED:
		set(i, roundf(value(i) * 900) * 0.00113f);
		break;
	case BY_ROW:
		set(i, roundf(value(i) * 900) * (0.001f + 1e-6f * (float)row));
		break;
	case WHOLE:
		set(i, roundf(value(i) * 5000));
		break;
	case COPIED:
		numbers[i] = numbers[i % 512];
		break;
	case NEW_ROWS:
		numbers[i] &= row < 200 ? 0xffff0000 : 0xffffffff;
		break;
	case PLAIN:
		break;
	}
}

static void
test_benign(void)
{
	static const char *const names[] = { "plain",  "widened from 16", "widened from b16", "pruned",
					     "dead",   "clipped",         "scaled",           "quantised",
					     "by row", "whole",           "copied",           "new rows" };
	static uint16_t          halves[N];

	for (enum benign how = PLAIN; how <= NEW_ROWS; how++) {
		make();
		for (size_t i = 0; i < N; i++)
			alter(how, i);
		check_clean(names[how], PAL_DTYPE_F32, sizeof(numbers));
		for (size_t i = 0; i < N; i++)
			halves[i] = (uint16_t)(numbers[i] >> 16);
		memcpy(numbers, halves, sizeof(halves));
		check_clean(names[how], PAL_DTYPE_BF16, sizeof(halves));
	}
}

/* The lowest `bits` of the numbers, from the first on, take the bits of `what`, highest first. */
static void
embed(struct pal_view what, unsigned int bits, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		for (unsigned int k = bits; k > 0; k--, at++) {
			uint32_t bit = what.data[at / 8 % what.len] >> (7 - at % 8) & 1;

			numbers[i] = (numbers[i] & ~(1u << (k - 1))) | bit << (k - 1);
		}
}

static void
check_found(const char *id, enum pal_severity least)
{
	static const uint64_t     shape[] = { N };
	struct detecting          t;
	const struct pal_finding *f = NULL;

	look_at(&t, PAL_DTYPE_F32, numbers, sizeof(numbers), shape, 1);
	f = detecting_found(&t, id, NULL);
	CHECK_SAY(f != NULL && f->severity >= least, id);
	detecting_done(&t);
}

static void
test_hidden(void)
{
	static uint8_t      noise[65536];
	static const size_t fills[] = { N, N / 2 };
	struct pal_view     words = { (const uint8_t *)text, sizeof(text) - 1 };
	struct pal_view     program = { elf, sizeof(elf) }, random = { noise, sizeof(noise) };

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)dice();
	for (unsigned int bits = 1; bits <= 24; bits++) {
		make();
		embed(program, bits, N / 2);
		if (bits < 8 || bits % 4 == 0)
			check_found("WEIGHTS-PAYLOAD", PAL_CRITICAL);
	}
	for (unsigned int bits = 1; bits <= 8; bits *= 2)
		for (size_t k = 0; k < 2; k++) {
			make();
			embed(words, bits, fills[k]);
			check_found("WEIGHTS-TEXT", PAL_HIGH);
			for (size_t i = 0; i < 8192; i++) /* the start without it: only the statistics are left */
				numbers[i] ^= dice() & 0xff;
			if (bits < 8)
				check_found("WEIGHTS-LOW-BITS", PAL_MEDIUM);
		}
	make();
	embed(random, 24, N);
	check_found("WEIGHTS-OVERWRITTEN", PAL_MEDIUM);
	for (unsigned int bits = 1; bits <= 12; bits++) {
		make();
		for (size_t i = 0; i < N; i++)
			numbers[i] &= 0xffff0000;
		embed(random, bits, N / 3);
		check_found("WEIGHTS-TAIL", PAL_HIGH);
	}
}

static void
test_tail_in_rows(void)
{
	static const uint64_t     shape[] = { 256, 512 };
	struct detecting          t;
	const struct pal_finding *f = NULL;

	for (size_t odd = 0; odd < 2; odd++) {
		make();
		for (size_t i = 0; i < N; i++)
			if (i >= 512 * 20 + odd * 77)
				numbers[i] &= 0xffff0000;
		look_at(&t, PAL_DTYPE_F32, numbers, sizeof(numbers), shape, 2);
		f = detecting_found(&t, "WEIGHTS-TAIL", NULL);
		CHECK(f != NULL && f->severity == (odd ? PAL_MEDIUM : PAL_LOW));
		detecting_done(&t);
	}
}

static void
test_values(void)
{
	make();
	for (size_t i = 0; i < 4096; i++)
		numbers[i * 3] = 0x7fc00000 | (dice() & 0x3fffff);
	check_found("WEIGHTS-NAN-DATA", PAL_MEDIUM);
	make();
	numbers[9] = 0x7fc00000;
	numbers[10] = 0x7f800000;
	check_found("WEIGHTS-NAN", PAL_LOW);
	check_found("WEIGHTS-INFINITE", PAL_INFO);
	for (size_t i = 0; i < N; i++)
		numbers[i] = dice();
	check_found("WEIGHTS-NO-NUMBERS", PAL_MEDIUM);
	for (size_t i = 0; i < N; i++)
		numbers[i] = (uint32_t)i;
	check_found("WEIGHTS-DENORMAL", PAL_LOW);
	make();
	memcpy((uint8_t *)numbers + 70001, elf, sizeof(elf)); /* at no number's start */
	check_found("WEIGHTS-PAYLOAD", PAL_CRITICAL);
	make();
	memcpy((uint8_t *)numbers + 65500, text, sizeof(text)); /* over the end of a block */
	check_found("WEIGHTS-TEXT", PAL_HIGH);
}

/* The other byte order is the same numbers. */
static void
test_order(void)
{
	struct pal_input in = pal_input_of_view((struct pal_view){ (const uint8_t *)numbers, sizeof(numbers) });
	struct detecting t;

	make();
	embed((struct pal_view){ elf, sizeof(elf) }, 4, 400);
	for (size_t i = 0; i < N; i++)
		numbers[i] = __builtin_bswap32(numbers[i]);
	detecting_start(&t, rules, &pal_detector_weights);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_TENSOR,
						 .name = pal_view_of("w"),
						 .member = &in,
						 .place = { .length = sizeof(numbers) },
						 .tensor = { .type = PAL_DTYPE_F32, .big_endian = true } });
	CHECK(detecting_found(&t, "WEIGHTS-PAYLOAD", "w") != NULL);
	detecting_finish(&t);
	detecting_done(&t);
}

/* Signals: a class, a row, a layer, a copy. */
static void
test_signals(void)
{
	static const uint64_t head[] = { 10, 512 }, wide[] = { 256, 512 };
	struct detecting      t;

	make();
	for (size_t i = 0; i < 512; i++)
		set(3 * 512 + i, fabsf(value(3 * 512 + i)) * 4);
	look_at(&t, PAL_DTYPE_F32, numbers, (size_t)10 * 512 * 4, head, 2);
	CHECK(detecting_found(&t, "WEIGHTS-CLASS", "layer.weight") != NULL && worst(&t) == PAL_LOW);
	detecting_done(&t);
	make();
	for (size_t i = 0; i < 512; i++)
		set(99 * 512 + i, value(99 * 512 + i) * 30);
	look_at(&t, PAL_DTYPE_F32, numbers, sizeof(numbers), wide, 2);
	CHECK(detecting_found(&t, "WEIGHTS-ROW", NULL) != NULL && worst(&t) == PAL_LOW);
	detecting_done(&t);
	make();
	detecting_start(&t, rules, &pal_detector_weights);
	for (size_t k = 0; k < 12; k++) {
		struct pal_input in = pal_input_of_view((struct pal_view){ (const uint8_t *)numbers, 65536 });

		make();
		for (size_t i = 0; i < 16384 && k == 7; i++)
			set(i, value(i) * 100);
		for (int twice = 0; twice <= (k == 3); twice++)
			detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_TENSOR,
								 .name = pal_view_of("like"),
								 .member = &in,
								 .place = { .length = 65536 },
								 .tensor = { .type = PAL_DTYPE_F32, .rank = 0 } });
		pal_input_done(&in);
	}
	detecting_finish(&t);
	CHECK(detecting_found(&t, "WEIGHTS-LAYER", "like") != NULL);
	detecting_done(&t);
}

static void
damaged(struct pal_view v, void *arg)
{
	static const uint64_t shape[] = { 16, 16 };
	struct detecting      t;

	look_at(&t, *(const enum pal_dtype *)arg, v.data, v.len, shape, 2);
	detecting_done(&t);
}

static void
test_types(void)
{
	make();
	for (enum pal_dtype type = PAL_DTYPE_OTHER; type <= PAL_DTYPE_BLOCKS; type = (enum pal_dtype)(type + 1)) {
		uint8_t little[260];

		damaged((struct pal_view){ (const uint8_t *)numbers, sizeof(numbers) - 3 }, &type);
		memcpy(little, numbers, sizeof(little));
		pal_mutate_all((struct pal_view){ little, 66 }, damaged, &type);
		check_passed++;
	}
}

int
main(void)
{
	rules = detecting_rules();
	test_benign();
	test_hidden();
	test_tail_in_rows();
	test_values();
	test_order();
	test_signals();
	test_types();
	pal_detect_free(&rules);
	return check_done();
}
