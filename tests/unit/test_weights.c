/* test_weights.c - numbers as training leaves them, and as formats, pruning and quantising do, give nothing; whatever
 * is written into them is found; every damage to the bytes is read through. */
#include <math.h>
#include <stdlib.h>

#include "detecting.h"
#include "mutate.h"
#include "palisade/crew.h"
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

/* ---- long tensors: segments, by several threads, through windows on a file ---- */

#define LONG ((size_t)1500007) /* float32: three segments, the last one short */

static uint32_t long_numbers[LONG];

static void
look_through(struct detecting *t, struct pal_input *in, unsigned int threads, enum pal_dtype type, bool big_endian)
{
	static const uint64_t shape[] = { 31, 48387 }; /* rows reach over the ends of segments */
	struct pal_crew      *crew = NULL;

	CHECK(pal_crew_start(threads, &crew) == PAL_OK);
	pal_detect_help(rules, crew);
	detecting_start(t, rules, &pal_detector_weights);
	for (int twice = 0; twice < 2; twice++)
		detecting_feed(t, (struct pal_content){ .kind = PAL_CONTENT_TENSOR,
							.name = pal_view_of(twice == 0 ? "head.weight" : "head.bias"),
							.member = in,
							.place = { .length = twice == 0 ? in->size : in->size / 2 },
							.tensor = { .type = type,
								    .big_endian = big_endian,
								    .shape = shape,
								    .rank = type == PAL_DTYPE_F32 ? 2 : 0 } });
	detecting_finish(t);
	pal_detect_help(rules, NULL);
	pal_crew_stop(&crew);
}

/* Every finding, word by word. */
static void
check_same(const struct detecting *a, const struct detecting *b)
{
	CHECK(a->found.list.count == b->found.list.count);
	for (size_t i = 0; i < a->found.list.count && i < b->found.list.count; i++) {
		const struct pal_finding *x = pal_list_at(&a->found.list, i), *y = pal_list_at(&b->found.list, i);

		CHECK(x->rule == y->rule && x->severity == y->severity && x->place.offset == y->place.offset &&
		      x->count == y->count);
		CHECK_SAY(strcmp(x->text, y->text) == 0, y->text);
	}
}

/* By one thread out of memory and by up to four out of a file: the same is found. */
static void
check_long(const char *id, uint64_t least, uint64_t most, enum pal_dtype type, bool big_endian)
{
	size_t           bytes = type == PAL_DTYPE_F32 ? 4 * 31 * (size_t)48387 : sizeof(long_numbers) - 3;
	struct pal_input memory = pal_input_of_view((struct pal_view){ (const uint8_t *)long_numbers, bytes });
	struct detecting one, many;
	FILE            *f = tmpfile();
	bool             there = id == NULL;

	CHECK(f != NULL && fwrite(long_numbers, 1, bytes, f) == bytes && fflush(f) == 0);
	look_through(&one, &memory, 1, type, big_endian);
	for (size_t i = 0; i < one.found.list.count; i++) {
		const struct pal_finding *x = pal_list_at(&one.found.list, i);

		there = there || (strcmp(x->rule->id, id) == 0 && x->place.offset >= least && x->place.offset <= most);
	}
	CHECK_SAY(there, id == NULL ? "" : id);
	CHECK(id != NULL || worst(&one) < PAL_MEDIUM);
	for (unsigned int threads = 1; threads < 5; threads++) {
		struct pal_input in = pal_input_of_fd(fileno(f), bytes);

		look_through(&many, &in, threads, type, big_endian);
		check_same(&one, &many);
		detecting_done(&many);
		pal_input_done(&in);
	}
	detecting_done(&one);
	(void)fclose(f);
}

static void
make_long(void)
{
	for (size_t i = 0; i < LONG; i++) {
		float v = weight();

		memcpy(&long_numbers[i], &v, 4);
	}
}

static void
test_long(void)
{
	static const size_t ends[] = { 524288, 1048576 }; /* in numbers: of the first and the second segment */

	make_long();
	check_long(NULL, 0, 0, PAL_DTYPE_F32, false);
	long_numbers[700000] = 0x7fc00000;
	long_numbers[1200000] = 0x7fc00001;
	check_long("WEIGHTS-NAN", 0, 0, PAL_DTYPE_F32, false);
	for (size_t i = 0; i < LONG; i++)
		long_numbers[i] = __builtin_bswap32(long_numbers[i]);
	check_long("WEIGHTS-NAN", 0, 0, PAL_DTYPE_F32, true);
	for (size_t k = 0; k < 2; k++)
		for (size_t before = 0; before <= 64; before += 16) {
			make_long();
			for (size_t i = 0; i < sizeof(elf); i++) /* in the low bytes, over the end of a segment */
				memcpy(&long_numbers[ends[k] - before + i], &elf[i], 1);
			check_long("WEIGHTS-PAYLOAD", (ends[k] - before) * 4, (ends[k] - before) * 4, PAL_DTYPE_F32,
				   false);
		}
	make_long();
	memcpy((uint8_t *)long_numbers + ends[0] * 4 - 33, elf, sizeof(elf));
	check_long("WEIGHTS-PAYLOAD", ends[0] * 4 - 33, ends[0] * 4 - 33, PAL_DTYPE_U8, false);
	check_long("WEIGHTS-PAYLOAD", ends[0] * 4 - 33, ends[0] * 4 - 33, PAL_DTYPE_BF16, false);
	check_long("WEIGHTS-PAYLOAD", ends[0] * 4 - 33, ends[0] * 4 - 33, PAL_DTYPE_F16, true);
	make_long();
	for (size_t i = 600000; i < 900000; i++)
		long_numbers[i] = (long_numbers[i] & ~0xfu) | ((uint8_t)text[i / 2 % 170] >> 4 * (i % 2) & 0xf);
	check_long("WEIGHTS-LOW-BITS", 524288 * 4, 700000 * 4, PAL_DTYPE_F32, false);
	for (size_t i = 0; i < LONG; i++)
		long_numbers[i] = dice();
	check_long("WEIGHTS-NO-NUMBERS", 0, 0, PAL_DTYPE_F32, false);
	check_long("WEIGHTS-NO-NUMBERS", 0, 0, PAL_DTYPE_F64, false);
}

/* A class and a row that stand out, and a copy, across segments. */
static void
test_long_sums(void)
{
	make_long();
	for (size_t i = 0; i < 48387; i++) {
		float v;

		memcpy(&v, &long_numbers[11 * 48387 + i], 4); /* the row that the first segment ends in is 10 */
		v = fabsf(v) * 9;
		memcpy(&long_numbers[10 * 48387 + i], &v, 4);
	}
	check_long("WEIGHTS-CLASS", 0, 0, PAL_DTYPE_F32, false);
	for (size_t i = 0; i < LONG; i++)
		long_numbers[i] = 0;
	check_long("WEIGHTS-ZERO", 0, 0, PAL_DTYPE_F32, false);
}

int
main(void)
{
	rules = detecting_rules();
	test_long();
	test_long_sums();
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
