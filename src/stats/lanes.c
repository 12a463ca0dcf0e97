/* lanes.c - one simple loop each; to audit: lengths, which are the caller's. */
#include "palisade/lanes.h"

typedef uint8_t  bytes16 __attribute__((vector_size(16)));
typedef bytes16  bytes16_anywhere __attribute__((aligned(1), may_alias));
typedef uint16_t u16_alias __attribute__((may_alias));
typedef uint32_t u32_alias __attribute__((may_alias));
typedef uint64_t u64_alias __attribute__((may_alias));
typedef double   f64_alias __attribute__((may_alias));
typedef float    f32_alias __attribute__((may_alias));

static bytes16
load(const uint8_t *p)
{
	return *(const bytes16_anywhere *)(const void *)p;
}

static bool
any(bytes16 v)
{
	typedef uint64_t halves __attribute__((vector_size(16)));
	halves           h = (halves)v;

	return (h[0] | h[1]) != 0;
}

bool
pal_lanes_printable(const uint8_t *p)
{
	bytes16 a = load(p), b = load(p + 16);
	bytes16 bad_a = (bytes16)(a - 0x20 > 0x5e) & (bytes16)(a != '\n') & (bytes16)(a != '\t') & (bytes16)(a != '\r');
	bytes16 bad_b = (bytes16)(b - 0x20 > 0x5e) & (bytes16)(b != '\n') & (bytes16)(b != '\t') & (bytes16)(b != '\r');

	return !any(bad_a | bad_b);
}

void
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

void
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

/* Bits of the bytes of one word move together: the multiplication for one bit is known as gathering by carries. */
void
pal_lanes_pack(const uint64_t *bytes, size_t n, unsigned int bits, unsigned int above, uint8_t *out)
{
	for (size_t i = 0; i < n / 8; i++) {
		uint64_t x = bytes[i] >> above;

		if (bits == 1) {
			out[i] = (uint8_t)((x & 0x0101010101010101u) * 0x0102040810204080u >> 56);
		} else if (bits == 2) {
			x &= 0x0303030303030303u;
			x = (x | x >> 6) & 0x000f000f000f000fu;
			x = (x | x >> 12) & 0x000000ff000000ffu;
			out[2 * i] = (uint8_t)(x & 0xff);
			out[2 * i + 1] = (uint8_t)(x >> 32 & 0xff);
		} else {
			x &= 0x0f0f0f0f0f0f0f0fu;
			x |= x >> 4;
			for (size_t k = 0; k < 4; k++)
				out[4 * i + k] = (uint8_t)(x >> 16 * k & 0xff);
		}
	}
}

/* Four tables, so that equal neighbours do not wait for each other's increment. */
void
pal_lanes_histogram(const uint8_t *p, size_t bytes, uint32_t counts[256])
{
	uint32_t part[4][256] = { { 0 } };
	size_t   i = 0;

	for (; i + 4 <= bytes; i += 4) {
		part[0][p[i]]++;
		part[1][p[i + 1]]++;
		part[2][p[i + 2]]++;
		part[3][p[i + 3]]++;
	}
	for (; i < bytes; i++)
		part[0][p[i]]++;
	for (size_t k = 0; k < 256; k++)
		counts[k] += part[0][k] + part[1][k] + part[2][k] + part[3][k];
}

#define PIECE 4096u /* numbers: counts in lanes of 16 or 32 bits do not overflow */

struct masks {
	uint64_t exponent, huge, tiny, tail;
};

static void
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

static void
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

static void
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

		if (width == 2)
			patterns16((const void *)from, some, &k, sum);
		else if (width == 4)
			patterns32((const void *)from, some, &k, sum);
		else
			patterns64((const void *)from, some, &k, sum);
	}
}

/* Half precision: its bits, moved up, are a float that is too small by 2^112 (denormal ones included). */
void
pal_lanes_floats(const uint8_t *p, size_t n, unsigned int width, unsigned int exponent_bits, float *out)
{
	const u16_alias *h = (const void *)p;
	const f32_alias *w = (const void *)p;
	const f64_alias *d = (const void *)p;
	u32_alias       *to = (void *)out;

	if (width == 2 && exponent_bits == 5) {
		for (size_t i = 0; i < n; i++)
			to[i] = (uint32_t)(h[i] & 0x8000) << 16 | (uint32_t)(h[i] & 0x7fff) << 13;
		for (size_t i = 0; i < n; i++)
			out[i] *= 0x1p112f;
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

void
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

void
pal_lanes_columns(const float *x, size_t n, float *columns)
{
	for (size_t i = 0; i < n; i++)
		columns[i] += x[i] > 0 && x[i] < 0x1p64f ? x[i] : 0;
}
