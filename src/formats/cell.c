/* cell.c - numbers, dates and times as text; to audit: that no text is longer than PAL_CELL_MOST. */
#include "cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "palisade/mem.h"

#define DAY          ((int64_t)86400)
#define DAYS_MOST    ((int64_t)3652059 * 4) /* years up to about 40,000 */
#define JULIAN_EPOCH 2440588                /* 1970-01-01 */

static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
			       1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19 };

uint64_t
pal_cell_u64le(struct pal_view v)
{
	uint64_t n = 0;

	if (v.len == 8) { /* the common widths without a loop */
		for (unsigned int i = 0; i < 8; i++)
			n |= (uint64_t)v.data[i] << (8 * i);
		return n;
	}
	for (size_t i = 0; i < v.len && i < 8; i++)
		n |= (uint64_t)v.data[i] << (8 * i);
	return n;
}

int64_t
pal_cell_i64le(struct pal_view v)
{
	unsigned int free_bits = v.len < 8 ? 64 - 8 * (unsigned int)v.len : 0;

	return free_bits == 64 ? 0 : (int64_t)(pal_cell_u64le(v) << free_bits) >> free_bits;
}

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
static double
of_half(uint64_t h)
{
	int    exponent = (int)(h >> 10 & 31);
	double fraction = (double)(h & 1023), x = 0;

	if (exponent == 31)
		x = fraction == 0 ? (double)INFINITY : (double)NAN;
	else if (exponent == 0)
		x = ldexp(fraction, -24);
	else
		x = ldexp(fraction + 1024, exponent - 25);
	return (h >> 15 & 1) != 0 ? -x : x;
}

double
pal_cell_double(struct pal_view v)
{
	uint64_t bits = pal_cell_u64le(v);
	union {
		uint64_t n;
		double   x;
	} wide = { bits };
	union {
		uint32_t n;
		float    x;
	} narrow = { (uint32_t)bits };

	return v.len == 8 ? wide.x : v.len == 4 ? (double)narrow.x : of_half(bits);
}

static unsigned int
digits_of(uint64_t n)
{
	unsigned int count = 1;

	for (; n >= 10000; n /= 10000)
		count += 4;
	return count + (n >= 10 ? 1 : 0) + (n >= 100 ? 1 : 0) + (n >= 1000 ? 1 : 0);
}

/* Eight digits at once, by divisions that do not wait for each other. */
static void
put_eight(uint32_t n, char *to)
{
	const uint32_t pairs[4] = { n / 1000000, n / 10000 % 100, n / 100 % 100, n % 100 };

	for (size_t i = 0; i < 4; i++) {
		to[2 * i] = (char)('0' + pairs[i] / 10);
		to[2 * i + 1] = (char)('0' + pairs[i] % 10);
	}
}

/* The lowest `width` digits of n, leading zeros among them. */
static size_t
put_padded(uint64_t n, size_t width, char *to)
{
	size_t i = width;

	for (; i >= 8; i -= 8) {
		put_eight((uint32_t)(n % 100000000), to + i - 8);
		n /= 100000000;
	}
	for (; i > 1; i -= 2) {
		unsigned int pair = (unsigned int)(n % 100);

		n /= 100;
		to[i - 1] = (char)('0' + pair % 10);
		to[i - 2] = (char)('0' + pair / 10);
	}
	if (i == 1)
		to[0] = (char)('0' + n % 10);
	return width;
}

static size_t
put_u64(uint64_t n, char *to)
{
	return put_padded(n, digits_of(n), to);
}

static size_t
put_i64(int64_t n, char *to)
{
	if (n >= 0)
		return put_u64((uint64_t)n, to);
	to[0] = '-';
	return 1 + put_u64(0 - (uint64_t)n, to + 1);
}

static size_t
put_view(const char *text, char *to)
{
	struct pal_view v = pal_view_of(text);

	pal_mem_copy(to, PAL_CELL_MOST, v.data, v.len);
	return v.len;
}

/* The digits of m with a point before the last k of them. */
static size_t
put_fixed(bool negative, uint64_t m, unsigned int k, char *to)
{
	uint64_t unit = (uint64_t)tens[k];
	size_t   n = 0;

	if (negative)
		to[n++] = '-';
	n += put_u64(m / unit, to + n);
	to[n++] = '.';
	return n + (k == 0 ? put_u64(0, to + n) : put_padded(m % unit, k, to + n));
}

static bool
reads_back(double x, double got, bool narrow)
{
	return narrow ? (float)got == (float)x : got == x;
}

/* The rare ones: very large or very small. */
static size_t
put_exponent(double x, bool narrow, char *to)
{
	int n = 0;

	for (int digits = narrow ? 1 : 15; digits <= (narrow ? 9 : 17); digits++) {
		double back = 0;

		n = snprintf(to, PAL_CELL_MOST, "%.*g", digits, x);
		back = strtod(to, NULL);
		if (reads_back(x, back, narrow))
			break;
	}
	return n < 0 ? 0 : (size_t)n;
}

/* a times 10^k, rounded, when that over 10^k reads back to a: correctly rounded below 2^53, both being exact. */
static bool
try_digits(double a, unsigned int k, bool narrow, uint64_t *ret_m)
{
	double m = 0;

	if (a * tens[k] >= 9e15)
		return false;
	*ret_m = (uint64_t)(a * tens[k] + 0.5);
	m = (double)*ret_m;
	return reads_back(a, m / tens[k], narrow);
}

/* The same for 16 and 17 digits, which a long double of 64 bits holds. */
static bool
try_long(double a, unsigned int k, uint64_t *ret_m)
{
	*ret_m = (uint64_t)((long double)a * (long double)tens[k] + 0.5L);
	return reads_back(a, (double)((long double)*ret_m / (long double)tens[k]), false);
}

/* How many digits behind the point make `all` significant ones, of 0.01 <= a < 1e15. */
static unsigned int
places_for(double a, unsigned int all)
{
	unsigned int before = 0;

	while (before < 15 && a >= tens[before])
		before++;
	return before > 0 ? all - before : all + (a < 0.1 ? 1 : 0);
}

/* The digits m of k places without the zeros at their end. */
static size_t
put_stripped(bool negative, uint64_t m, unsigned int k, char *to)
{
	for (; k > 1 && m % 10 == 0; k--)
		m /= 10;
	return put_fixed(negative, m, k, to);
}

static size_t
put_float(double x, bool narrow, char *to)
{
	double   a = fabs(x);
	bool     negative = signbit(x) != 0;
	uint64_t m = 0;

	if (isnan(x))
		return put_view("nan", to);
	if (isinf(x))
		return put_view(negative ? "-inf" : "inf", to);
	for (unsigned int k = 0; k <= 3; k++)
		if (try_digits(a, k, narrow, &m) && (m > 0 || a <= 0))
			return put_fixed(negative, m, k, to);
	if (a < 0.01 || a >= 1e15)
		return put_exponent(x, narrow, to);
	for (unsigned int all = narrow ? 6 : 15; all <= (narrow ? 9 : 15); all++)
		if (try_digits(a, places_for(a, all), narrow, &m))
			return put_stripped(negative, m, places_for(a, all), to);
	for (unsigned int all = 16; all <= 17 && !narrow; all++)
		if (try_long(a, places_for(a, all), &m))
			return put_fixed(negative, m, places_for(a, all), to);
	return put_exponent(x, narrow, to);
}

/* Proleptic Gregorian, from days since 1970-01-01 (Howard Hinnant, chrono-compatible low-level date algorithms). */
static size_t
put_date(int64_t days, char *to)
{
	int64_t  z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	uint64_t doe = (uint64_t)(z - era * 146097), yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
	int64_t  year = (int64_t)yoe + era * 400 + (month <= 2 ? 1 : 0);
	size_t   n = 0;

	if (days > DAYS_MOST || days < -DAYS_MOST)
		return put_i64(days, to);
	if (year < 0)
		to[n++] = '-';
	year = year < 0 ? -year : year;
	n += put_padded((uint64_t)year, year > 9999 ? 5 : 4, to + n);
	to[n++] = '-';
	n += put_padded(month, 2, to + n);
	to[n++] = '-';
	return n + put_padded(day, 2, to + n);
}

/* Seconds of a day, and the fraction in units, when there is one. */
static size_t
put_time(uint64_t seconds, uint64_t fraction, uint32_t per_second, char *to)
{
	size_t n = put_padded(seconds / 3600, 2, to), digits = 0;

	to[n++] = ':';
	n += put_padded(seconds / 60 % 60, 2, to + n);
	to[n++] = ':';
	n += put_padded(seconds % 60, 2, to + n);
	if (fraction == 0)
		return n;
	while (per_second > 1) {
		per_second /= 10;
		digits++;
	}
	to[n++] = '.';
	return n + put_padded(fraction, digits, to + n);
}

static size_t
put_moment(int64_t days, uint64_t of_day, uint32_t per_second, char *to)
{
	size_t n = put_date(days, to);

	to[n++] = ' ';
	return n + put_time(of_day / per_second, of_day % per_second, per_second, to + n);
}

static size_t
put_timestamp(int64_t units, uint32_t per_second, char *to)
{
	int64_t day = DAY * (per_second == 0 ? 1 : per_second), days = units / day;

	days -= units % day < 0 ? 1 : 0;
	if (days > DAYS_MOST || days < -DAYS_MOST)
		return put_i64(units, to);
	return put_moment(days, (uint64_t)(units - days * day), per_second == 0 ? 1 : per_second, to);
}

static size_t
put_int96(struct pal_view v, char *to)
{
	uint64_t nanos = pal_cell_u64le(pal_view_sub(v, 0, 8));
	int64_t  days = (int64_t)pal_cell_u64le(pal_view_sub(v, 8, 4)) - JULIAN_EPOCH;

	if (nanos >= (uint64_t)DAY * 1000000000 || days > DAYS_MOST || days < -DAYS_MOST)
		return put_u64(nanos, to);
	return put_moment(days, nanos, 1000000000, to);
}

/* The magnitude of a two's complement number as 32-bit parts, the highest first; false when it is too long. */
static bool
magnitude(const struct pal_cell_type *t, struct pal_view v, uint32_t parts[PAL_CELL_DECIMAL / 4], bool *ret_negative)
{
	bool     negative = v.len > 0 && v.data[t->big_endian ? 0 : v.len - 1] >= 0x80;
	uint32_t carry = negative ? 1 : 0;

	for (size_t i = 0; i < PAL_CELL_DECIMAL; i++) { /* from the lowest byte */
		uint8_t  b = negative ? 0xff : 0;
		size_t   part = PAL_CELL_DECIMAL / 4 - 1 - i / 4;
		uint32_t n = 0;

		if (i < v.len)
			b = v.data[t->big_endian ? v.len - 1 - i : i];
		n = (negative ? (uint32_t)(uint8_t)~b : b) + carry;
		carry = n >> 8;
		parts[part] |= (n & 255) << (8 * (i % 4));
	}
	*ret_negative = negative;
	return v.len <= PAL_CELL_DECIMAL;
}

/* Divides the number by ten and returns what is left. */
static unsigned int
next_digit(uint32_t parts[PAL_CELL_DECIMAL / 4], bool *ret_more)
{
	uint64_t rest = 0;

	*ret_more = false;
	for (size_t i = 0; i < PAL_CELL_DECIMAL / 4; i++) {
		uint64_t n = rest << 32 | parts[i];

		parts[i] = (uint32_t)(n / 10);
		rest = n % 10;
		*ret_more = *ret_more || parts[i] != 0;
	}
	return (unsigned int)rest;
}

static size_t
put_decimal(const struct pal_cell_type *t, struct pal_view v, char *to)
{
	uint32_t parts[PAL_CELL_DECIMAL / 4] = { 0 };
	char     digits[PAL_CELL_MOST];
	size_t   n = 0, len = 0, scale = t->scale < 0 || t->scale > 77 ? 0 : (size_t)t->scale;
	bool     negative = false, more = false;

	if (!magnitude(t, v, parts, &negative))
		return put_view("(a decimal of more than 32 bytes)", to);
	do {
		digits[len++] = (char)('0' + next_digit(parts, &more));
	} while ((more || len <= scale) && len < 80);
	if (negative)
		to[n++] = '-';
	for (size_t i = len; i > 0; i--) {
		if (i == scale && scale > 0)
			to[n++] = '.';
		to[n++] = digits[i - 1];
	}
	return n;
}

static size_t
put_uuid(struct pal_view v, char *to)
{
	static const char hex[] = "0123456789abcdef";
	size_t            n = 0;

	for (size_t i = 0; i < v.len && i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			to[n++] = '-';
		to[n++] = hex[v.data[i] >> 4];
		to[n++] = hex[v.data[i] & 15];
	}
	return n;
}

static size_t
put_time_of_day(int64_t units, uint32_t per_second, char *to)
{
	uint32_t per = per_second == 0 ? 1 : per_second;

	if (units < 0 || units / per >= DAY)
		return put_i64(units, to);
	return put_time((uint64_t)units / per, (uint64_t)units % per, per, to);
}

size_t
pal_cell_write(const struct pal_cell_type *t, struct pal_view value, char to[PAL_CELL_MOST])
{
	switch (t->kind) {
	case PAL_CELL_BOOL:
		return put_view(value.len > 0 && value.data[0] != 0 ? "true" : "false", to);
	case PAL_CELL_INT:
		return put_i64(pal_cell_i64le(value), to);
	case PAL_CELL_UINT:
		return put_u64(pal_cell_u64le(value), to);
	case PAL_CELL_FLOAT:
		return put_float(pal_cell_double(value), value.len <= 4, to);
	case PAL_CELL_DECIMAL_:
		return put_decimal(t, value, to);
	case PAL_CELL_DATE:
		return put_date(pal_cell_i64le(value), to);
	case PAL_CELL_TIME:
		return put_time_of_day(pal_cell_i64le(value), t->per_second, to);
	case PAL_CELL_TIMESTAMP:
		return put_timestamp(pal_cell_i64le(value), t->per_second, to);
	case PAL_CELL_INT96:
		return put_int96(value, to);
	case PAL_CELL_UUID:
		return put_uuid(value, to);
	case PAL_CELL_TEXT:
	case PAL_CELL_BYTES:
		break;
	}
	return 0;
}
