/* test_lanes.c - every loop against the obvious one, at every length and on every kind of number. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "palisade/lanes.h"

static uint64_t state = 1;

static uint32_t
dice(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static void
test_bytes(void)
{
	uint64_t words[64];
	uint8_t *p = (uint8_t *)words, low[256], packed[256];
	uint32_t counts[256] = { 0 };

	for (size_t i = 0; i < sizeof(words); i++)
		p[i] = (uint8_t)dice();
	for (unsigned int width = 1; width <= 8; width *= 2) {
		size_t n = sizeof(words) / width < 256 ? sizeof(words) / width : 256;

		pal_lanes_low(p, n, width, low);
		for (size_t i = 0; i < n; i++)
			CHECK(low[i] == p[i * width]);
	}
	for (unsigned int bits = 1; bits <= 4; bits *= 2)
		for (unsigned int above = 0; above <= 4; above += 4) {
			pal_lanes_pack(words, 256, bits, above, packed);
			for (size_t i = 0; i < 256; i++) {
				unsigned int got =
				    (unsigned int)packed[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1);

				CHECK(got == ((unsigned int)p[i] >> above & ((1u << bits) - 1)));
			}
		}
	for (size_t n = 0; n < 40; n++) {
		uint32_t sum = 0;

		for (size_t k = 0; k < 256; k++)
			counts[k] = 0;
		pal_lanes_histogram(p, n, counts);
		for (size_t k = 0; k < 256; k++)
			sum += counts[k];
		CHECK(sum == n && (n == 0 || counts[p[n - 1]] > 0));
	}
}

static void
test_printable(void)
{
	uint8_t text[33] = "0123456789 abcdefghijklmn\n\tXYZ~~";

	CHECK(pal_lanes_printable(text));
	for (size_t at = 0; at < 32; at++)
		for (unsigned int c = 0; c < 256; c++) {
			uint8_t before = text[at];
			bool    prints = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' || c == '\r';

			text[at] = (uint8_t)c;
			CHECK(pal_lanes_printable(text) == prints);
			text[at] = before;
		}
}

/* Lengths that no vector divides, and places that no word begins at. */
static void
test_pack_lengths(void)
{
	uint64_t words[32];
	uint8_t *p = (uint8_t *)words, packed[130];

	for (size_t i = 0; i < sizeof(words); i++)
		p[i] = (uint8_t)dice();
	for (unsigned int bits = 1; bits <= 4; bits *= 2)
		for (size_t n = 0; n <= sizeof(words); n += 8) {
			memset(packed, 0xa5, sizeof(packed));
			pal_lanes_pack(words, n, bits, 8 - bits, packed);
			for (size_t i = 0; i < n; i++)
				CHECK(((unsigned int)packed[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1)) ==
				      (unsigned int)p[i] >> (8 - bits));
			CHECK(packed[n * bits / 8] == 0xa5);
		}
}

static void
test_printable_next(void)
{
	static uint8_t bytes[1000];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(dice() | 0x80);
	for (size_t n = 0; n < sizeof(bytes); n += 37)
		CHECK(pal_lanes_printable_next(bytes, n, 0) == n);
	memset(bytes + 60, 'x', 90);
	CHECK(pal_lanes_printable_next(bytes, sizeof(bytes), 0) == 64);
	CHECK(pal_lanes_printable_next(bytes, sizeof(bytes), 65) == 96);
	CHECK(pal_lanes_printable_next(bytes, sizeof(bytes), 97) == sizeof(bytes));
	CHECK(pal_lanes_printable_next(bytes, 95, 0) == 95);
	bytes[80] = 1;
	CHECK(pal_lanes_printable_next(bytes, sizeof(bytes), 0) == 96);
}

/* Both forms against the definition, at every length and from every place. */
static void
test_pairs(void)
{
	static const uint8_t wanted[][3] = {
		{ 0x80, 2, 0 }, { 0x80, 5, 0 }, { 'P', 'K', 3 }, { 'R', 'a', 3 }, { 0, 0, 7 }
	};
	struct pal_lanes_pairs pairs = { 0 };
	uint8_t                bytes[200];

	for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
		pal_lanes_pairs_add(&pairs, wanted[k][0], wanted[k][1], wanted[k][2]);
	for (int round = 0; round < 300; round++) {
		size_t n = dice() % sizeof(bytes), from = dice() % 20, want = from;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(dice() | 8);
		if (n > 1 && round % 3 != 0)
			memcpy(bytes + dice() % (n - 1), wanted[dice() % 5], 2);
		for (; want + 1 < n; want++) {
			uint8_t a = bytes[want], b = bytes[want + 1];

			if ((pairs.first_low[a & 15] & pairs.first_high[a >> 4] & pairs.second_low[b & 15] &
			     pairs.second_high[b >> 4]) != 0)
				break;
		}
		want = want + 1 < n ? want : n;
		CHECK(pal_lanes_pair(bytes, n, from, &pairs) == want);
		CHECK(pal_lanes_pair_slowly(bytes, n, from, &pairs) == want);
	}
}

/* Zeros, small numbers and numbers without a tail take the seven beside them along. */
static void
test_alive(void)
{
	for (unsigned int width = 2; width <= 8; width *= 2) {
		static uint64_t       room[1032], low[1032 / 8];
		struct pal_lanes_dead dead = { .least = 0x100, .tail = 0x0f };
		uint8_t               want[1032], *bytes = (uint8_t *)low;
		size_t                kept = 0, n = 1032;

		memset(room, 0, sizeof(room));
		for (size_t i = 0; i < n; i++) {
			uint64_t sign = (uint64_t)(dice() & 1) << (8 * width - 1);
			uint64_t v = (dice() % 40 == 0 ? 0x01 : dice() % 40 == 0 ? 0x110 : 0x137) | sign;

			memcpy((uint8_t *)room + i * width, &v, width);
			bytes[i] = (uint8_t)i;
		}
		for (size_t i = 0; i < n; i += 8) {
			bool alive = true;

			for (size_t k = i; k < i + 8; k++)
				alive = alive && (((uint8_t *)room)[k * width] & 0x3f) == 0x37;
			for (size_t k = i; alive && k < i + 8; k++)
				want[kept++] = (uint8_t)k;
		}
		CHECK(kept > 0 && kept < n);
		CHECK(pal_lanes_alive((uint8_t *)room, n, width, &dead, bytes) == kept);
		CHECK(memcmp(bytes, want, kept) == 0);
	}
}

static void
test_top(void)
{
	static uint32_t counts[128 * 256];
	uint32_t        words[100] = { 0xbf812345, 0x3f81ffff };
	uint16_t        halves[100] = { 0xbf81, 0, 0x3f81 };

	pal_lanes_top((uint8_t *)words, 100, 4, 1, counts);
	CHECK(counts[0x3f81] == 2 && counts[0] == 98);
	pal_lanes_top((uint8_t *)halves, 100, 2, 2, counts);
	CHECK(counts[0x3f81] == 4 && counts[0] == 146);
}

/* The last few, which fill no vector. */
static void
test_few_halves(void)
{
	uint64_t room[8];
	float    all[32], some[33];

	for (size_t i = 0; i < 8; i++)
		room[i] = ((uint64_t)dice() << 32 | dice()) & 0xbfffbfffbfffbfffu;
	pal_lanes_floats((uint8_t *)room, 32, 2, 5, all);
	for (size_t n = 0; n <= 32; n++) {
		some[n] = 7;
		pal_lanes_floats((uint8_t *)room, n, 2, 5, some);
		CHECK(memcmp(all, some, n * sizeof(float)) == 0 && some[n] == 7);
	}
}

static void
test_swap(void)
{
	uint64_t w[2] = { 0x0102030405060708u, 0x1112131415161718u };

	pal_lanes_swap((uint8_t *)w, 8, 2);
	CHECK(w[0] == 0x0201040306050807u);
	pal_lanes_swap((uint8_t *)w, 8, 2);
	pal_lanes_swap((uint8_t *)w, 4, 4);
	CHECK(w[1] == 0x1413121118171615u);
	pal_lanes_swap((uint8_t *)w, 4, 4);
	pal_lanes_swap((uint8_t *)w, 2, 8);
	CHECK(w[0] == 0x0807060504030201u);
}

/* One of each kind in each width: zero, minus zero, denormal, tiny, one, huge, infinite, no number. */
static const struct {
	unsigned int width, exponent;
	uint64_t     values[8];
} kinds[] = {
	{ 2, 5, { 0, 0x8000, 1, 0x0401, 0x3c00, 0x7bff, 0xfc00, 0x7e00 } },
	{ 2, 8, { 0, 0x8000, 1, 0x0081, 0x3f80, 0x7f00, 0xff80, 0x7fc0 } },
	{ 4, 8, { 0, 0x80000000u, 1, 0x00800001, 0x3f800000, 0x7f000000, 0xff800000u, 0x7fc00000 } },
	{ 8,
	  11,
	  { 0, 0x8000000000000000u, 1, 0x0010000000000001u, 0x3ff0000000000000u, 0x7fe0000000000000u,
	    0xfff0000000000000u, 0x7ff8000000000000u } },
};

static void
test_patterns(void)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		static uint64_t     room[9000];
		struct pal_patterns p = { 0 };
		size_t              n = 9000;

		for (size_t i = 0; i < n; i++)
			memcpy((uint8_t *)room + i * kinds[k].width, &kinds[k].values[i % 8], kinds[k].width);
		pal_lanes_patterns((uint8_t *)room, n, kinds[k].width, kinds[k].exponent, &p);
		CHECK(p.zeros == n / 4 && p.denormals == n / 8 && p.infinities == n / 8 && p.nans == n / 8);
		CHECK(p.huge == 3 * n / 8 && p.tiny == 2 * n / 8 && (p.ored & 1) == 1);
		CHECK(p.tailed == (kinds[k].width > 2 ? 2 * n / 8 : 0));
	}
}

/* A chunk without anything odd is counted on a shorter way. */
static void
test_plain(void)
{
	static uint64_t     room[9000];
	struct pal_patterns p = { 0 };

	for (size_t i = 0; i < 9000; i++)
		((uint32_t *)(void *)room)[i] = 0x3f800000 | (i % 9 == 0 ? 0x1000 : 0x2000);
	pal_lanes_patterns((uint8_t *)room, 9000, 4, 8, &p);
	CHECK(p.zeros + p.denormals + p.infinities + p.nans + p.huge + p.tiny == 0);
	CHECK(p.tailed == 1000 && p.ored == 0x3f803000);
	((uint32_t *)(void *)room)[8999] = 0;
	p = (struct pal_patterns){ 0 };
	pal_lanes_patterns((uint8_t *)room, 9000, 4, 8, &p);
	CHECK(p.zeros == 1 && p.huge + p.tiny == 0 && p.tailed == 1000 && p.ored == 0x3f803000);
	for (size_t i = 0; i < 9000; i++)
		((uint16_t *)(void *)room)[i] = 0xbf80;
	p = (struct pal_patterns){ 0 };
	pal_lanes_patterns((uint8_t *)room, 9000, 2, 8, &p);
	CHECK(p.zeros + p.huge + p.tiny == 0 && p.ored == 0x3f80);
}

static void
test_floats(void)
{
	static uint64_t room[16384];
	static float    out[65536];
	uint16_t       *h = (uint16_t *)(void *)room;
	double          d[3] = { 1.5, 1e300, -0.25 };
	uint64_t        raw[3];

	for (uint32_t i = 0; i < 65536; i++)
		h[i] = (uint16_t)i;
	pal_lanes_floats((uint8_t *)room, 65536, 2, 5, out);
	for (uint32_t i = 0; i < 65536; i++) {
		int    e = (int)(i >> 10 & 31), m = (int)(i & 1023);
		double v = e == 0 ? ldexp(m, -24) : ldexp(1024 + m, e - 25);

		CHECK(e == 31 || (double)out[i] == (i >> 15 ? -v : v));
	}
	pal_lanes_floats((uint8_t *)room, 65536, 2, 8, out);
	CHECK(out[0x3f80] == 1.0f && out[0xc000] == -2.0f);
	memcpy(raw, d, sizeof(raw));
	pal_lanes_floats((uint8_t *)raw, 3, 8, 11, out);
	CHECK(out[0] == 1.5f && out[1] == 0.0f && out[2] == -0.25f);
}

static void
test_moments(void)
{
	static float x[5000], columns[5000];

	for (size_t i = 0; i < 5000; i++)
		x[i] = (float)((int)(dice() % 2001) - 1000) / 1000;
	x[7] = NAN;
	x[8] = INFINITY;
	for (size_t n = 0; n < 5000; n += n < 40 ? 1 : 487) {
		struct pal_moments m = { 0 };
		double             sum = 0, squares = 0, positive = 0, most = 0;

		for (size_t i = 0; i < n; i++) {
			double v = isfinite(x[i]) ? (double)x[i] : 0;

			sum += v;
			squares += v * v;
			positive += v > 0 ? v : 0;
			most = fabs(v) > most ? fabs(v) : most;
		}
		pal_lanes_moments(x, n, &m);
		CHECK(fabs(m.sum - sum) < 1e-2 && fabs(m.squares - squares) < 1e-2 &&
		      fabs(m.positive - positive) < 1e-2);
		CHECK((double)m.most == most);
	}
	pal_lanes_columns(x, 5000, columns);
	pal_lanes_columns(x, 5000, columns);
	for (size_t i = 0; i < 5000; i++)
		CHECK(columns[i] == (x[i] > 0 && isfinite(x[i]) ? 2 * x[i] : 0));
}

int
main(void)
{
	test_bytes();
	test_printable();
	test_printable_next();
	test_pack_lengths();
	test_pairs();
	test_alive();
	test_top();
	test_few_halves();
	test_swap();
	test_patterns();
	test_plain();
	test_floats();
	test_moments();
	return check_done();
}
