/* test_clock.c - RFC 3339 both ways against the C library, over five centuries. */
#include <time.h>

#include "check.h"
#include "palisade/clock.h"

static const struct {
	const char *text;
	uint64_t    ms;
} good[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2026-11-21", 1795219200000 },
	{ "2024-02-29T23:59:59.5Z", 1709251199500 },
	{ "2026-11-21T05:45:00+02:00", 1795232700000 },
	{ "2026-11-21t03:45:00.123456z", 1795232700123 },
	{ "2000-03-01T00:00:00-00:30", 951870600000 },
};

static const char *const bad[] = { "",
				   "2026-11-21T03:45:00",
				   "2026-13-01",
				   "2025-02-29",
				   "2026-11-21 03:45:00Z",
				   "2026-11-21T24:00:00Z",
				   "2026-11-21T03:45:00+2:00",
				   "1969-12-31",
				   "1970-01-01T00:00:00+01:00",
				   "26-11-21",
				   "2026-11-2x",
				   "2026-11-21T03:45:00ZZ" };

int
main(void)
{
	char text[PAL_TIME_TEXT];
	int  agree = 1;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t ms = 1;

		CHECK_SAY(pal_time_parse(pal_view_of(good[i].text), &ms) == PAL_OK && ms == good[i].ms, good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t ms = 0;

		CHECK_SAY(pal_time_parse(pal_view_of(bad[i]), &ms) == PAL_EFORM, bad[i]);
	}
	for (uint64_t s = 0; s < 16000000000u && agree; s += 3989 * 997) {
		time_t    t = (time_t)s;
		struct tm tm;
		char      expected[PAL_TIME_TEXT];
		uint64_t  ms = 0;

		(void)gmtime_r(&t, &tm);
		(void)strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		pal_time_format(s * 1000, text);
		agree =
		    strcmp(text, expected) == 0 && pal_time_parse(pal_view_of(text), &ms) == PAL_OK && ms == s * 1000;
	}
	CHECK_SAY(agree, "every time agrees with gmtime and comes back");
	CHECK(pal_clock_now_ms(&pal_clock_system) > 1700000000000u && pal_clock_mono_us() > 0);
	return check_done();
}
