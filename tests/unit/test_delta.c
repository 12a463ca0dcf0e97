/* test_delta.c - casts between all types, sums against the obvious ones, and the chance of no carry by simulation. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "palisade/delta.h"

static struct pal_delta_room *room;
static uint64_t               state = 7;

static double
dice(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (double)(state >> 33) / (double)(1u << 31) - 0.5;
}

/* Bits of a double in a type, little-endian, by the compiler's own conversions or by search. */
static size_t
put(enum pal_dtype t, double v, uint8_t *out)
{
	float    f = (float)v;
	uint32_t u = 0;

	memcpy(&u, &f, 4);
	if (t == PAL_DTYPE_F64) {
		memcpy(out, &v, 8);
		return 8;
	}
	if (t == PAL_DTYPE_BF16)
		u = (u + 0x7fff + (u >> 16 & 1)) >> 16;
	memcpy(out, &u, t == PAL_DTYPE_F32 ? 4 : 2);
	return t == PAL_DTYPE_F32 ? 4 : 2;
}

/* A value, rounded through a type that the compiler knows. */
static void
casts(void)
{
	static const enum pal_dtype types[] = { PAL_DTYPE_BF16, PAL_DTYPE_F32, PAL_DTYPE_F64 };
	static uint8_t              x[8 * 1000], y[8 * 1000];

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++) {
			struct pal_delta d;

			for (size_t n = 0; n < 1000; n++) {
				double v = dice() * pow(2, 40 * dice());
				size_t w = pal_dtype_bits(types[i]) / 8, z = pal_dtype_bits(types[k]) / 8;

				put(types[i], types[i] > types[k] ? v : (double)(float)v, x + n * w);
				put(types[k], types[k] > types[i] ? v : (double)(float)v, y + n * z);
			}
			pal_delta_start(room, types[i], types[k], 0, NULL);
			pal_delta_add(room, x, y, 1000);
			d = pal_delta_end(room);
			CHECK(d.count == 1000);
			/* through float32, a float64 may round to another bfloat16 than alone: at most one in 2^13 */
			CHECK(d.changed <= 1);
			CHECK(i != k || d.cast == 0);
			CHECK(i == k || d.cast > 500);
		}
}

/* Half precision, whose values are known: 1, 65504, 2^-24, and what rounds to them. */
static void
halves(void)
{
	static const struct {
		uint16_t half;
		float    near, far;
	} cases[] = { { 0x3c00, 1.0004f, 1.0006f },
		      { 0x7bff, 65519.0f, 65535.0f },
		      { 0x0001, 6e-8f, 1.2e-7f },
		      { 0x8001, -6e-8f, -1.2e-7f },
		      { 0x0400, 6.1035e-5f, 6.12e-5f } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_delta d;

		pal_delta_start(room, PAL_DTYPE_F16, PAL_DTYPE_F32, 0, NULL);
		pal_delta_add(room, (const uint8_t *)&cases[i].half, (const uint8_t *)&cases[i].near, 1);
		d = pal_delta_end(room);
		CHECK(d.changed == 0 && d.cast == 1);
		pal_delta_start(room, PAL_DTYPE_F16, PAL_DTYPE_F32, 0, NULL);
		pal_delta_add(room, (const uint8_t *)&cases[i].half, (const uint8_t *)&cases[i].far, 1);
		d = pal_delta_end(room);
		CHECK(d.changed == 1 || d.cut == 1);
	}
}

static void
sums(void)
{
	static float     x[PAL_DELTA_BLOCK], y[PAL_DELTA_BLOCK], rows[PAL_DELTA_BLOCK / 32];
	double           squares = 0, base = 0, most = 0;
	size_t           changed = 0;
	struct pal_delta d;

	for (size_t i = 0; i < PAL_DELTA_BLOCK; i++) {
		double step = i / 32 % 4 == 1 && i % 2 == 0 ? dice() : 0;

		y[i] = (float)dice();
		x[i] = (float)((double)y[i] + step);
		squares += pow((double)x[i] - (double)y[i], 2);
		base += (double)y[i] * (double)y[i];
		most = fmax(most, fabs((double)x[i] - (double)y[i]));
		changed += x[i] != y[i];
	}
	pal_delta_start(room, PAL_DTYPE_F32, PAL_DTYPE_F32, 32, rows);
	for (size_t at = 0; at < PAL_DELTA_BLOCK; at += 1000) { /* blocks that end inside rows */
		size_t n = PAL_DELTA_BLOCK - at < 1000 ? PAL_DELTA_BLOCK - at : 1000;

		pal_delta_add(room, (const uint8_t *)(x + at), (const uint8_t *)(y + at), n);
	}
	d = pal_delta_end(room);
	CHECK(d.changed == changed && d.rows == PAL_DELTA_BLOCK / 32 && d.rows_changed == d.rows / 4);
	CHECK(d.first_row == 1 && d.columns_changed == 16 && d.first_column == 0);
	CHECK(fabs(d.squares - squares) < 1e-4 * squares && fabs(d.base_squares - base) < 1e-4 * base);
	CHECK(fabs(d.most - most) < 1e-6);
}

/* Numbers that were added to carry as often as is said: the mean of 10^(what no carry is said to be) is its share. */
static void
carries(void)
{
	size_t none = 0, trials = 4000;
	double said = 0;

	for (size_t t = 0; t < trials; t++) {
		float            x[8], y[8];
		struct pal_delta d;

		for (size_t i = 0; i < 8; i++) {
			uint32_t b = (uint32_t)((dice() + 0.5) * 0x7fffff) | 0x3f000000u, a = b + 3;

			memcpy(&y[i], &b, 4);
			memcpy(&x[i], &a, 4);
		}
		pal_delta_start(room, PAL_DTYPE_F32, PAL_DTYPE_F32, 0, NULL);
		pal_delta_add(room, (const uint8_t *)x, (const uint8_t *)y, 8);
		d = pal_delta_end(room);
		none += d.bits < 32;
		for (size_t i = 0; i < room->sample_count; i++) /* the evenness of eight numbers is no question here */
			room->samples[i].base = i * 4;
		said += pow(10, pal_delta_no_carry(room, 5));
	}
	said /= (double)trials; /* (1 - 3/32)^8 */
	CHECK(fabs(said - pow(1 - 3.0 / 32, 8)) < 1e-6);
	CHECK(fabs((double)none / (double)trials - said) < 0.04);
}

/* Numbers that all lie just above 1 have low bits that are not even: nothing is said of them. */
static void
uneven(void)
{
	static float x[200], y[200];

	for (size_t i = 0; i < 200; i++) {
		y[i] = 1.001f + (float)dice() * 1e-4f;
		x[i] = y[i] + (float)dice() * 1e-4f;
	}
	pal_delta_start(room, PAL_DTYPE_F32, PAL_DTYPE_F32, 0, NULL);
	pal_delta_add(room, (const uint8_t *)x, (const uint8_t *)y, 200);
	(void)pal_delta_end(room);
	CHECK(pal_delta_no_carry(room, 16) > -0.001);
	CHECK(pal_delta_no_carry(room, 0) > -0.001 && pal_delta_no_carry(room, 64) > -0.001);
}

static double
lattice_of(double step, double blur)
{
	static float x[4096], y[4096];

	for (size_t i = 0; i < 4096; i++) {
		double k = nearbyint(12 * dice());

		y[i] = (float)dice() * 0.1f;
		x[i] = (float)((double)y[i] + k * step + blur * dice());
	}
	pal_delta_start(room, PAL_DTYPE_F32, PAL_DTYPE_F32, 0, NULL);
	pal_delta_add(room, (const uint8_t *)x, (const uint8_t *)y, 4096);
	(void)pal_delta_end(room);
	return pal_delta_lattice(room);
}

static void
lattices(void)
{
	CHECK(fabs(lattice_of(1e-3, 0) - 1e-3) < 1e-6);
	CHECK(fabs(lattice_of(1e-5, 0) - 1e-5) < 1e-7);
	CHECK(lattice_of(1e-3, 1e-3) <= 0);
	CHECK(lattice_of(0, 1e-3) <= 0);
	CHECK(lattice_of(1e-9, 0) <= 0); /* rounding is coarser */
}

static void
odd_types(void)
{
	uint8_t          x[16] = { 1, 2, 3, 4 }, y[16] = { 1, 2, 9, 4 };
	struct pal_delta d;

	CHECK(!pal_delta_fits(PAL_DTYPE_I8, PAL_DTYPE_I8) && pal_delta_fits(PAL_DTYPE_F16, PAL_DTYPE_F64));
	pal_delta_start(room, PAL_DTYPE_I16, PAL_DTYPE_I16, 0, NULL);
	pal_delta_add(room, x, y, 8);
	d = pal_delta_end(room);
	CHECK(d.count == 8 && d.changed == 1);
	pal_delta_start(room, PAL_DTYPE_BLOCKS, PAL_DTYPE_BLOCKS, 0, NULL);
	pal_delta_add(room, x, y, 16);
	d = pal_delta_end(room);
	CHECK(d.count == 16 && d.changed == 1);
}

int
main(void)
{
	room = calloc(1, sizeof(*room));
	if (room == NULL)
		return 1;
	casts();
	halves();
	sums();
	carries();
	uneven();
	lattices();
	odd_types();
	free(room);
	return check_done();
}
