/* clock.c - RFC 3339 both ways, by the civil-from-days formulas (no time zone data is read). */
#include "palisade/clock.h"

#include <stdio.h>
#include <time.h>

#define DAY_S 86400

static uint64_t
system_now_ms(void *arg)
{
	struct timespec t = { 0 };

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const struct pal_clock pal_clock_system = { .now_ms = system_now_ms };

uint64_t
pal_clock_now_ms(const struct pal_clock *c)
{
	return c->now_ms(c->arg);
}

uint64_t
pal_clock_mono_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Days since 1970-01-01 of a Gregorian date; years count from March, so that the leap day ends the year. */
static uint64_t
days_of(uint64_t year, uint64_t month, uint64_t day)
{
	uint64_t y = month <= 2 ? year - 1 : year;
	uint64_t doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + doy - 719468;
}

void
pal_time_format(uint64_t ms, char ret_text[PAL_TIME_TEXT])
{
	uint64_t s = ms / 1000, z = s / DAY_S + 719468, rest = s % DAY_S;
	uint64_t era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2 ? 1 : 0);

	(void)snprintf(ret_text, PAL_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (uint16_t)year, (uint8_t)month,
		       (uint8_t)(doy - (153 * mp + 2) / 5 + 1), (uint8_t)(rest / 3600), (uint8_t)(rest / 60 % 60),
		       (uint8_t)(rest % 60));
}

static bool
digits(struct pal_view v, size_t at, size_t n, uint64_t *ret)
{
	uint64_t x = 0;

	if (at + n > v.len)
		return false;
	for (size_t i = at; i < at + n; i++) {
		if (!pal_is_digit(v.data[i]))
			return false;
		x = x * 10 + (uint64_t)(v.data[i] - '0');
	}
	*ret = x;
	return true;
}

static bool
date_of(struct pal_view v, uint64_t *ret_days)
{
	static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	uint64_t             y = 0, m = 0, d = 0;
	bool                 leap = false;

	if (v.len < 10 || v.data[4] != '-' || v.data[7] != '-' || !digits(v, 0, 4, &y) || !digits(v, 5, 2, &m) ||
	    !digits(v, 8, 2, &d) || y < 1970 || m < 1 || m > 12 || d < 1)
		return false;
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (d > (uint64_t)month_days[m - 1] + (leap && m == 2 ? 1 : 0))
		return false;
	*ret_days = days_of(y, m, d);
	return true;
}

/* "Z" or "+hh:mm" or "-hh:mm", all of v. */
static bool
zone_of(struct pal_view v, uint64_t *ret_minutes, bool *ret_east)
{
	uint64_t h = 0, m = 0;

	*ret_minutes = 0;
	*ret_east = false;
	if (v.len == 1 && (v.data[0] == 'Z' || v.data[0] == 'z'))
		return true;
	if (v.len != 6 || (v.data[0] != '+' && v.data[0] != '-') || v.data[3] != ':' || !digits(v, 1, 2, &h) ||
	    !digits(v, 4, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_minutes = h * 60 + m;
	*ret_east = v.data[0] == '+';
	return true;
}

enum pal_err
pal_time_parse(struct pal_view v, uint64_t *ret_ms)
{
	uint64_t days = 0, h = 0, m = 0, s = 0, zone = 0, ms = 0, total = 0;
	size_t   at = 19;
	bool     east = false;

	if (!date_of(v, &days))
		return PAL_EFORM;
	if (v.len == 10) {
		*ret_ms = days * DAY_S * 1000;
		return PAL_OK;
	}
	if (v.len < 20 || (v.data[10] != 'T' && v.data[10] != 't') || v.data[13] != ':' || v.data[16] != ':' ||
	    !digits(v, 11, 2, &h) || !digits(v, 14, 2, &m) || !digits(v, 17, 2, &s) || h > 23 || m > 59 || s > 60)
		return PAL_EFORM;
	if (v.data[at] == '.') {
		uint64_t scale = 100;

		for (at++; at < v.len && pal_is_digit(v.data[at]); at++) {
			ms += (uint64_t)(v.data[at] - '0') * scale;
			scale /= 10;
		}
	}
	if (!zone_of(pal_view_sub(v, at, SIZE_MAX), &zone, &east))
		return PAL_EFORM;
	total = days * DAY_S + h * 3600 + m * 60 + s;
	if (east && total < zone * 60)
		return PAL_EFORM;
	*ret_ms = (east ? total - zone * 60 : total + zone * 60) * 1000 + ms;
	return PAL_OK;
}
