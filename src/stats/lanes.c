/* lanes.c - one simple loop each; to audit: lengths, which are the caller's. */
#include "palisade/lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Which form runs is decided while the program is loaded, when a thread sanitizer is not there yet. clang 14 knows the
 * attribute, but other sources do not find what it makes. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

typedef uint8_t  bytes16 __attribute__((vector_size(16)));
typedef bytes16  bytes16_anywhere __attribute__((aligned(1), may_alias));
typedef uint16_t u16_alias __attribute__((may_alias));
typedef uint32_t u32_alias __attribute__((may_alias));
typedef uint64_t u64_alias __attribute__((may_alias));
typedef uint32_t u32_anywhere __attribute__((aligned(1), may_alias));
typedef uint64_t u64_anywhere __attribute__((aligned(1), may_alias));
typedef double   f64_alias __attribute__((may_alias));
typedef float    f32_alias __attribute__((may_alias));

static inline bytes16
load(const uint8_t *p)
{
	return *(const bytes16_anywhere *)(const void *)p;
}

static inline bool
any(bytes16 v)
{
	typedef uint64_t halves __attribute__((vector_size(16)));
	halves           h = (halves)v;

	return (h[0] | h[1]) != 0;
}

static inline bool
prints32(const uint8_t *p)
{
	bytes16 a = load(p), b = load(p + 16);
	bytes16 bad_a = (bytes16)(a - 0x20 > 0x5e) & (bytes16)(a != '\n') & (bytes16)(a != '\t') & (bytes16)(a != '\r');
	bytes16 bad_b = (bytes16)(b - 0x20 > 0x5e) & (bytes16)(b != '\n') & (bytes16)(b != '\t') & (bytes16)(b != '\r');

	return !any(bad_a | bad_b);
}

bool
pal_lanes_printable(const uint8_t *p)
{
	return prints32(p);
}

/* Hardly any 32 bytes of numbers are. */
static inline bool
is_ascii(const uint8_t *p)
{
	const u64_anywhere *w = (const void *)p;

	return ((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u) == 0;
}

size_t
pal_lanes_printable_next(const uint8_t *p, size_t n, size_t from)
{
	size_t at = (from + 31) / 32 * 32;

	while (at + 32 <= n && !(is_ascii(p + at) && prints32(p + at)))
		at += 32;
	return at + 32 <= n ? at : n;
}

void
pal_lanes_pairs_add(struct pal_lanes_pairs *pairs, uint8_t first, uint8_t second, unsigned int kind)
{
	uint8_t bit = (uint8_t)(1u << kind);

	pairs->first_low[first & 15] |= bit;
	pairs->first_high[first >> 4] |= bit;
	pairs->second_low[second & 15] |= bit;
	pairs->second_high[second >> 4] |= bit;
}

#define CHUNK ((size_t)64)

/* A few bytes, for which tables of all bytes would cost more than they give. */
static size_t
pair_of_few(const uint8_t *p, size_t n, size_t from, const struct pal_lanes_pairs *pairs)
{
	for (size_t i = from; i + 1 < n; i++)
		if ((pairs->first_low[p[i] & 15] & pairs->first_high[p[i] >> 4] & pairs->second_low[p[i + 1] & 15] &
		     pairs->second_high[p[i + 1] >> 4]) != 0)
			return i;
	return n;
}

size_t
pal_lanes_pair_slowly(const uint8_t *p, size_t n, size_t from, const struct pal_lanes_pairs *pairs)
{
	uint8_t first[256], second[256];

	if (from + CHUNK >= n)
		return pair_of_few(p, n, from, pairs);
	for (size_t b = 0; b < 256; b++) {
		first[b] = pairs->first_low[b & 15] & pairs->first_high[b >> 4];
		second[b] = pairs->second_low[b & 15] & pairs->second_high[b >> 4];
	}
	for (size_t at = from; at + 1 < n; at += CHUNK) {
		size_t  some = n - 1 - at < CHUNK ? n - 1 - at : CHUNK;
		uint8_t hit = 0;

		for (size_t i = at; i < at + some; i++)
			hit |= first[p[i]] & second[p[i + 1]];
		for (size_t i = at; hit != 0 && i < at + some; i++)
			if ((first[p[i]] & second[p[i + 1]]) != 0)
				return i;
	}
	return n;
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

AVX2 static __m256i
twice(const uint8_t table[16])
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i_u *)(const void *)table));
}

/* The kinds that bytes can be of, by a table of 16 entries for each of their nibbles (Mula; Langdale, "shufti"). */
AVX2 static __m256i
kinds_of(const uint8_t *p, __m256i low, __m256i high)
{
	__m256i v = _mm256_loadu_si256((const __m256i_u *)(const void *)p), nibble = _mm256_set1_epi8(15);

	return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble)),
				_mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
}

AVX2 static size_t
pair_avx2(const uint8_t *p, size_t n, size_t from, const struct pal_lanes_pairs *pairs)
{
	__m256i first_low = twice(pairs->first_low), first_high = twice(pairs->first_high);
	__m256i second_low = twice(pairs->second_low), second_high = twice(pairs->second_high);
	size_t  at = from;

	for (; at + 33 <= n; at += 32) {
		__m256i  both = _mm256_and_si256(kinds_of(p + at, first_low, first_high),
						 kinds_of(p + at + 1, second_low, second_high));
		uint32_t none = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(both, _mm256_setzero_si256()));

		if (none != UINT32_MAX)
			return at + (size_t)__builtin_ctz(~none);
	}
	return at + 1 < n ? pal_lanes_pair_slowly(p, n, at, pairs) : n;
}
#endif

size_t
pal_lanes_pair(const uint8_t *p, size_t n, size_t from, const struct pal_lanes_pairs *pairs)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return pair_avx2(p, n, from, pairs);
#endif
	return pal_lanes_pair_slowly(p, n, from, pairs);
}

WIDE void
pal_lanes_swap(uint8_t *p, size_t n, unsigned int width)
{
	u16_alias *h = (void *)p;
	u32_alias *w = (void *)p;
	u64_alias *d = (void *)p;

	for (size_t i = 0; width == 2 && i < n; i++)
		h[i] = __builtin_bswap16(h[i]);
	for (size_t i = 0; width == 4 && i < n; i++)
		w[i] = __builtin_bswap32(w[i]);
	for (size_t i = 0; width == 8 && i < n; i++)
		d[i] = __builtin_bswap64(d[i]);
}

WIDE void
pal_lanes_low(const uint8_t *p, size_t n, unsigned int width, uint8_t *out)
{
	const u16_alias *h = (const void *)p;
	const u32_alias *w = (const void *)p;
	const u64_alias *d = (const void *)p;

	for (size_t i = 0; width == 1 && i < n; i++)
		out[i] = p[i];
	for (size_t i = 0; width == 2 && i < n; i++)
		out[i] = (uint8_t)(h[i] & 0xff);
	for (size_t i = 0; width == 4 && i < n; i++)
		out[i] = (uint8_t)(w[i] & 0xff);
	for (size_t i = 0; width == 8 && i < n; i++)
		out[i] = (uint8_t)(d[i] & 0xff);
}

/* Bits of the bytes of one word move together, to twice as many at a time. */
static void
pack_words(const uint64_t *bytes, size_t n, unsigned int bits, unsigned int above, uint8_t *out)
{
	u16_alias *two = (void *)out;
	u32_alias *four = (void *)out;

	for (size_t i = 0; bits == 1 && i < n / 8; i++) {
		uint64_t x = bytes[i] >> above & 0x0101010101010101u;

		x = (x | x >> 7) & 0x0003000300030003u;
		x = (x | x >> 14) & 0x0000000f0000000fu;
		out[i] = (uint8_t)((x | x >> 28) & 0xff);
	}
	for (size_t i = 0; bits == 2 && i < n / 8; i++) {
		uint64_t x = bytes[i] >> above & 0x0303030303030303u;

		x = (x | x >> 6) & 0x000f000f000f000fu;
		x = (x | x >> 12) & 0x000000ff000000ffu;
		two[i] = (uint16_t)((x | x >> 24) & 0xffff);
	}
	for (size_t i = 0; bits == 4 && i < n / 8; i++) {
		uint64_t x = bytes[i] >> above & 0x0f0f0f0f0f0f0f0fu;

		x = (x | x >> 4) & 0x00ff00ff00ff00ffu;
		x = (x | x >> 8) & 0x0000ffff0000ffffu;
		four[i] = (uint32_t)((x | x >> 16) & 0xffffffff);
	}
}

#if defined(__x86_64__)
/* Neighbours are multiplied and added (the higher one by 2^bits), from bytes to words to halves of the 32 bytes. */
AVX2 static void
pack_avx2(const uint8_t *p, size_t n, unsigned int bits, unsigned int above, uint8_t *out)
{
	__m256i mask = _mm256_set1_epi8((char)((1 << bits) - 1)), even = _mm256_set1_epi16(0xff);
	__m256i by = _mm256_set1_epi16((short)(1 | 1 << (8 + bits))), by4 = _mm256_set1_epi32(1 | 1 << 20);
	__m128i shift = _mm_cvtsi32_si128((int)above);

	for (size_t i = 0; i < n; i += 32, out += 4 * bits) {
		__m256i v = _mm256_srl_epi16(_mm256_loadu_si256((const __m256i_u *)(const void *)(p + i)), shift);

		if (bits == 1) {
			*(u32_anywhere *)(void *)out = (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(v, 7));
			continue;
		}
		v = _mm256_maddubs_epi16(_mm256_and_si256(v, mask), by);
		if (bits == 2)
			v = _mm256_packs_epi32(_mm256_madd_epi16(v, by4), _mm256_setzero_si256());
		v = _mm256_packus_epi16(_mm256_and_si256(v, even), _mm256_setzero_si256());
		if (bits == 2)
			*(u64_anywhere *)(void *)out =
			    (uint32_t)_mm256_extract_epi32(v, 0) | (uint64_t)(uint32_t)_mm256_extract_epi32(v, 4) << 32;
		else
			_mm_storeu_si128((__m128i_u *)(void *)out,
					 _mm256_castsi256_si128(_mm256_permute4x64_epi64(v, 8)));
	}
}
#endif

void
pal_lanes_pack(const uint64_t *bytes, size_t n, unsigned int bits, unsigned int above, uint8_t *out)
{
	size_t wide = 0;

#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		wide = n / 32 * 32;
		pack_avx2((const uint8_t *)bytes, wide, bits, above, out);
	}
#endif
	pack_words(bytes + wide / 8, n - wide, bits, above, out + wide / 8 * bits);
}

/* Four tables, so that equal neighbours do not wait for each other's increment. */
WIDE void
pal_lanes_histogram(const uint8_t *p, size_t bytes, uint32_t counts[256])
{
	uint32_t part[4][256] = { { 0 } };
	size_t   i = 0;

	for (; i + 8 <= bytes; i += 8) {
		uint64_t v = *(const u64_anywhere *)(const void *)(p + i);

		part[0][v & 0xff]++;
		part[1][v >> 8 & 0xff]++;
		part[2][v >> 16 & 0xff]++;
		part[3][v >> 24 & 0xff]++;
		part[0][v >> 32 & 0xff]++;
		part[1][v >> 40 & 0xff]++;
		part[2][v >> 48 & 0xff]++;
		part[3][v >> 56]++;
	}
	for (; i < bytes; i++)
		part[0][p[i]]++;
	for (size_t k = 0; k < 256; k++)
		counts[k] += part[0][k] + part[1][k] + part[2][k] + part[3][k];
}

void
pal_lanes_top(const uint8_t *p, size_t n, unsigned int width, size_t step, uint32_t counts[128 * 256])
{
	const u16_alias *h = (const void *)p;
	const u32_alias *w = (const void *)p;

	for (size_t i = 0; width == 2 && i < n; i += step)
		counts[h[i] & 0x7fff]++;
	for (size_t i = 0; width == 4 && i < n; i += step)
		counts[w[i] >> 16 & 0x7fff]++;
}

/* Groups of eight numbers as eight bytes, one a number: not 0 for a dead one. */
WIDE static void
mark_dead(const uint8_t *p, size_t n, unsigned int width, const struct pal_lanes_dead *dead, uint8_t *out)
{
	const u16_alias *h = (const void *)p;
	const u32_alias *w = (const void *)p;
	const u64_alias *d = (const void *)p;
	uint32_t         least = (uint32_t)dead->least, tail = (uint32_t)dead->tail;
	uint16_t         least16 = (uint16_t)(dead->least & 0xffff), tail16 = (uint16_t)(dead->tail & 0xffff);

	for (size_t i = 0; width == 2 && i < n; i++)
		out[i] = (uint8_t)(((h[i] & 0x7fff) < least16) | ((h[i] & tail16) == 0));
	for (size_t i = 0; width == 4 && i < n; i++)
		out[i] = (uint8_t)(((w[i] & 0x7fffffff) < least) | ((w[i] & tail) == 0));
	for (size_t i = 0; width == 8 && i < n; i++)
		out[i] = (uint8_t)(((d[i] & 0x7fffffffffffffffu) < dead->least) | ((d[i] & dead->tail) == 0));
}

size_t
pal_lanes_alive(const uint8_t *p, size_t n, unsigned int width, const struct pal_lanes_dead *dead, uint8_t *low)
{
	uint64_t   marks[512 / 8];
	u64_alias *words = (void *)low;
	size_t     kept = 0;

	for (size_t at = 0; at < n; at += sizeof(marks)) {
		size_t some = n - at < sizeof(marks) ? n - at : sizeof(marks);

		mark_dead(p + at * width, some, width, dead, (uint8_t *)marks);
		for (size_t i = 0; i < some / 8; i++) {
			words[kept] = words[at / 8 + i];
			kept += marks[i] == 0;
		}
	}
	return kept * 8;
}

#define PIECE 4096u /* numbers: counts in lanes of 16 or 32 bits do not overflow */

struct masks {
	uint64_t exponent, huge, tiny, tail;
};

/* Most weights are neither huge nor tiny, and then there is little to count: false when one is. */
WIDE static bool
plain16(const u16_alias *h, size_t n, const struct masks *k, struct pal_patterns *sum)
{
	uint16_t least = (uint16_t)k->tiny, span = (uint16_t)(k->huge - k->tiny), ored = 0, odd = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t v = (uint16_t)(h[i] & 0x7fff);

		odd = (uint16_t)(odd | ((uint16_t)(v - least) > span));
		ored |= v;
	}
	sum->ored |= odd == 0 ? ored : 0;
	return odd == 0;
}

WIDE static bool
plain32(const u32_alias *w, size_t n, const struct masks *k, struct pal_patterns *sum)
{
	uint32_t least = (uint32_t)k->tiny, span = (uint32_t)(k->huge - k->tiny), ored = 0, odd = 0, tailed = 0;
	uint32_t tail = (uint32_t)k->tail;

	for (size_t i = 0; i < n; i++) {
		uint32_t v = w[i] & 0x7fffffff;

		odd |= v - least > span;
		tailed += (v & tail) != 0;
		ored |= v;
	}
	sum->ored |= odd == 0 ? ored : 0;
	sum->tailed += odd == 0 ? tailed : 0;
	return odd == 0;
}

WIDE static void
patterns16(const u16_alias *h, size_t n, const struct masks *k, struct pal_patterns *sum)
{
	uint16_t zeros = 0, denormals = 0, infinities = 0, nans = 0, huge = 0, tiny = 0, ored = 0;
	uint16_t e = (uint16_t)k->exponent, most = (uint16_t)k->huge, least = (uint16_t)k->tiny;

	for (size_t i = 0; i < n; i++) {
		uint16_t v = (uint16_t)(h[i] & 0x7fff), top = (uint16_t)(v & e);

		zeros = (uint16_t)(zeros + (v == 0));
		denormals = (uint16_t)(denormals + (top == 0));
		infinities = (uint16_t)(infinities + (v == e));
		nans = (uint16_t)(nans + (v > e));
		huge = (uint16_t)(huge + (v > most));
		tiny = (uint16_t)(tiny + (v < least));
		ored |= v;
	}
	sum->zeros += zeros;
	sum->denormals += (uint64_t)denormals - zeros;
	sum->infinities += infinities;
	sum->nans += nans;
	sum->huge += huge;
	sum->tiny += (uint64_t)tiny - zeros;
	sum->ored |= ored;
}

WIDE static void
patterns32(const u32_alias *w, size_t n, const struct masks *k, struct pal_patterns *sum)
{
	uint32_t zeros = 0, denormals = 0, infinities = 0, nans = 0, huge = 0, tiny = 0, tailed = 0, ored = 0;
	uint32_t e = (uint32_t)k->exponent, most = (uint32_t)k->huge, least = (uint32_t)k->tiny;
	uint32_t tail = (uint32_t)k->tail;

	for (size_t i = 0; i < n; i++) {
		uint32_t v = w[i] & 0x7fffffff;

		zeros += v == 0;
		denormals += (v & e) == 0;
		infinities += v == e;
		nans += v > e;
		huge += v > most;
		tiny += v < least;
		tailed += (v & tail) != 0;
		ored |= v;
	}
	sum->zeros += zeros;
	sum->denormals += (uint64_t)denormals - zeros;
	sum->infinities += infinities;
	sum->nans += nans;
	sum->huge += huge;
	sum->tiny += (uint64_t)tiny - zeros;
	sum->tailed += tailed;
	sum->ored |= ored;
}

WIDE static void
patterns64(const u64_alias *d, size_t n, const struct masks *k, struct pal_patterns *sum)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = d[i] & 0x7fffffffffffffffu;

		sum->zeros += v == 0;
		sum->denormals += v != 0 && (v & k->exponent) == 0;
		sum->infinities += v == k->exponent;
		sum->nans += v > k->exponent;
		sum->huge += v > k->huge;
		sum->tiny += v != 0 && v < k->tiny;
		sum->tailed += (v & k->tail) != 0;
		sum->ored |= v;
	}
}

void
pal_lanes_patterns(const uint8_t *p, size_t n, unsigned int width, unsigned int exponent_bits, struct pal_patterns *sum)
{
	unsigned int bits = 8 * width - 1 - exponent_bits; /* of the mantissa */
	uint64_t     ones = ((uint64_t)1 << exponent_bits) - 1, bias = ones / 2;
	struct masks k = { .exponent = ones << bits,
			   .huge = (bias + (exponent_bits == 5 ? 8 : 30)) << bits,
			   .tiny = (bias - (exponent_bits == 5 ? 10 : 50)) << bits,
			   .tail = width == 4   ? 0x1fff
				   : width == 8 ? 0x1fffffff
						: 0 };

	for (size_t at = 0; at < n; at += PIECE) {
		size_t         some = n - at < PIECE ? n - at : PIECE;
		const uint8_t *from = p + at * width;

		if (width == 2 && (exponent_bits == 5 || !plain16((const void *)from, some, &k, sum)))
			patterns16((const void *)from, some, &k, sum);
		else if (width == 4 && !plain32((const void *)from, some, &k, sum))
			patterns32((const void *)from, some, &k, sum);
		else if (width == 8)
			patterns64((const void *)from, some, &k, sum);
	}
}

typedef uint16_t halves8 __attribute__((vector_size(16)));
typedef halves8  halves8_anywhere __attribute__((aligned(1), may_alias));
typedef uint32_t words8 __attribute__((vector_size(32)));
typedef float    floats8 __attribute__((vector_size(32)));
typedef floats8  floats8_anywhere __attribute__((aligned(1), may_alias));

/* Half precision: its bits, moved up, lack 112 in the exponent. A denormal one has none: given that of 2^-14, it is too
 * large by that. No step makes a denormal float, with which processors are slow. */
static inline void
of_halves(const u16_alias h[8], float out[8])
{
	words8 v = __builtin_convertvector(*(const halves8_anywhere *)(const void *)h, words8);
	words8 small = (words8)((v & 0x7c00) == 0);
	words8 bits = ((v & 0x7fff) << 13) + ((uint32_t)112 << 23) + (small & (uint32_t)1 << 23);

	bits = (words8)((floats8)bits - (floats8)(small & (uint32_t)113 << 23));
	*(floats8_anywhere *)(void *)out = (floats8)(bits | (v & 0x8000) << 16);
}

WIDE static void
halves(const u16_alias *h, size_t n, float *out)
{
	size_t    whole = n / 8 * 8;
	u16_alias rest[8] = { 0 };
	float     last[8] = { 0 };

	for (size_t i = 0; i < whole; i += 8)
		of_halves(h + i, out + i);
	for (size_t i = whole; i < n; i++)
		rest[i - whole] = h[i];
	of_halves(rest, last);
	for (size_t i = whole; i < n; i++)
		out[i] = last[i - whole];
}

WIDE void
pal_lanes_floats(const uint8_t *p, size_t n, unsigned int width, unsigned int exponent_bits, float *out)
{
	const u16_alias *h = (const void *)p;
	const f32_alias *w = (const void *)p;
	const f64_alias *d = (const void *)p;
	u32_alias       *to = (void *)out;

	if (width == 2 && exponent_bits == 5) {
		halves(h, n, out);
	} else if (width == 2) {
		for (size_t i = 0; i < n; i++)
			to[i] = (uint32_t)h[i] << 16;
	} else if (width == 4) {
		for (size_t i = 0; i < n; i++)
			out[i] = w[i];
	} else {
		for (size_t i = 0; i < n; i++)
			out[i] = d[i] > -0x1p127 && d[i] < 0x1p127 ? (float)d[i] : 0.0f;
	}
}

#define LANES 16u

WIDE void
pal_lanes_moments(const float *x, size_t n, struct pal_moments *sum)
{
	for (size_t at = 0; at < n; at += PIECE) {
		size_t some = n - at < PIECE ? n - at : PIECE, i = 0;
		float  s[LANES] = { 0 }, q[LANES] = { 0 }, p[LANES] = { 0 }, m[LANES] = { 0 };

		for (; i + LANES <= some; i += LANES) {
			for (size_t k = 0; k < LANES; k++) {
				float v = x[at + i + k], a = v < 0 ? -v : v;

				v = a < 0x1p64f ? v : 0; /* also what is no number */
				a = a < 0x1p64f ? a : 0;
				s[k] += v;
				q[k] += v * v;
				p[k] += v > 0 ? v : 0;
				m[k] = a > m[k] ? a : m[k];
			}
		}
		for (; i < some; i++) {
			float v = x[at + i], a = v < 0 ? -v : v;

			if (!(a < 0x1p64f))
				continue;
			s[0] += v;
			q[0] += v * v;
			p[0] += v > 0 ? v : 0;
			m[0] = a > m[0] ? a : m[0];
		}
		for (size_t k = 0; k < LANES; k++) {
			sum->sum += (double)s[k];
			sum->squares += (double)q[k];
			sum->positive += (double)p[k];
			sum->most = m[k] > sum->most ? m[k] : sum->most;
		}
	}
}

WIDE void
pal_lanes_columns(const float *x, size_t n, float *columns)
{
	for (size_t i = 0; i < n; i++)
		columns[i] += x[i] > 0 && x[i] < 0x1p64f ? x[i] : 0;
}
