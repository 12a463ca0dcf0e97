/* test_lowbits.c - under each null the probabilities are what they say (simulated), and what is hidden is far outside.
 */
#include <stdio.h>

#include "check.h"
#include "palisade/lowbits.h"

#define ROUNDS 400

static uint64_t state = 7;

static uint32_t
dice(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static const char text[] = "it was the best of times, it was the worst of times, it was the age of wisdom, it was ";

enum kind { EVEN, GRID, TEXT };

static uint32_t
low_byte(enum kind k, size_t i)
{
	if (k == TEXT)
		return (uint32_t)(uint8_t)text[i % (sizeof(text) - 1)];
	return k == EVEN ? dice() & 0xff : (dice() & 0xff) << dice() % 4 & 0xff;
}

/* How many of the rounds reject at one in ten: about a tenth, never twice that. */
static void
check_null(const char *what, int rejected)
{
	if (!CHECK_SAY(rejected > ROUNDS / 40 && rejected < ROUNDS / 5, what))
		printf("%s: %d of %d rounds below 0.1\n", what, rejected, ROUNDS);
}

static void
test_classes(void)
{
	for (enum kind k = EVEN; k <= GRID; k++) {
		int rejected = 0;

		for (int round = 0; round < ROUNDS; round++) {
			uint32_t counts[256] = { 0 };

			for (size_t i = 0; i < 16384; i++)
				counts[low_byte(k, i)]++;
			rejected += pal_lowbits_classes(counts).log_p < -1;
		}
		check_null(k == EVEN ? "even bytes" : "bytes on a grid", rejected);
	}
	{
		uint32_t           counts[256] = { 0 };
		struct pal_lowbits r;

		for (size_t i = 0; i < 16384; i++)
			counts[low_byte(TEXT, i)]++;
		r = pal_lowbits_classes(counts);
		CHECK(r.log_p < -1000 && r.effect > 1);
	}
	{
		uint32_t zeros[256] = { 60000 }, few[256];

		for (size_t b = 0; b < 256; b++)
			few[b] = 4;
		CHECK(pal_lowbits_classes(zeros).n == 0 && pal_lowbits_classes(zeros).log_p == 0);
		CHECK(pal_lowbits_classes(few).n == 0);
	}
}

/* Parts of 1, 2, 4 bits: uneven, even by place, but none knows its neighbour. */
static void
test_packed(void)
{
	for (unsigned int bits = 1; bits <= 4; bits *= 2) {
		int                rejected = 0;
		uint32_t           hidden[256] = { 0 };
		struct pal_lowbits r;

		for (int round = 0; round < ROUNDS; round++) {
			uint32_t counts[256] = { 0 };

			for (size_t i = 0; i < 16384; i++) {
				uint32_t byte = 0;

				for (unsigned int at = 0; at < 8; at += bits)
					byte |= (dice() & dice() >> (at == 0) & ((1u << bits) - 1)) << at;
				counts[byte]++;
			}
			rejected += pal_lowbits_packed(counts, bits).log_p < -1;
		}
		check_null("independent parts", rejected);
		for (size_t i = 0; i < 8192; i++)
			hidden[low_byte(TEXT, i)]++;
		r = pal_lowbits_packed(hidden, bits);
		CHECK(r.log_p < -300 && r.effect > 0.5);
	}
	{
		uint32_t few[256] = { 0 };

		few[1] = 1000;
		CHECK(pal_lowbits_packed(few, 4).n == 0);
	}
}

/* Overwritten: the leading bits are even in each row. Weights: halves of an octave differ, octaves differ. */
static void
test_top(void)
{
	static uint32_t    overwritten[128 * 256], uniform[128 * 256], triangle[128 * 256];
	struct pal_lowbits r;

	for (size_t i = 0; i < 65536; i++) {
		union {
			float    f;
			uint32_t u;
		} v;

		overwritten[(60 + dice() % 2) * 256 + (dice() & 0xff)]++;
		v.f = ((float)(dice() & 0xffffff) + 1) / 16777216;
		uniform[v.u >> 16 & 0x7fff]++;
		v.f = v.f * ((float)(dice() & 0xffffff) + 1) / 16777216;
		triangle[v.u >> 16 & 0x7fff]++;
	}
	r = pal_lowbits_top(overwritten);
	CHECK(r.n == 65536 && r.effect < 0.005 && r.effect > -0.005);
	CHECK(pal_lowbits_top(uniform).effect > 0.05);
	CHECK(pal_lowbits_top(triangle).effect > 0.03);
}

int
main(void)
{
	test_classes();
	test_packed();
	test_top();
	return check_done();
}
