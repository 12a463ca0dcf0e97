/* test_utf8.c - every code point comes back; malformed sequences of RFC 3629 are refused. */
#include "check.h"
#include "palisade/utf8.h"

static const char *const bad[] = { "\x80",
				   "\xc0\x80",
				   "\xc1\xbf",
				   "\xe0\x80\x80",
				   "\xed\xa0\x80",
				   "\xf0\x80\x80\x80",
				   "\xf4\x90\x80\x80",
				   "\xf8\x88\x80\x80",
				   "\xe2\x82",
				   "\xff" };

static const struct {
	const char *in;
	size_t      most;
	const char *out;
} clean[] = {
	{ "plain", 100, "plain" },
	{ "caf\xc3\xa9", 4, "caf" }, /* cut at a whole character */
	{ "caf\xc3\xa9", 5, "caf\xc3\xa9" },
	{ "a\nb\x1b[0m", 100,
	  "a\xef\xbf\xbd"
	  "b\xef\xbf\xbd[0m" },
	{ "\xff", 100, "\xef\xbf\xbd" },
	{ "x\xe2\x80\xaey", 100, "x\xef\xbf\xbdy" }, /* U+202E turns what follows around */
	{ "", 0, "" },
};

static void
test_clean(void)
{
	for (size_t i = 0; i < sizeof(clean) / sizeof(clean[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_utf8_clean(pal_view_of(clean[i].in), clean[i].most, &b);
		CHECK_SAY(strcmp(pal_buf_text(&b), clean[i].out) == 0, clean[i].in);
	}
}

int
main(void)
{
	int good = 1;

	test_clean();

	for (uint32_t c = 0; c <= 0x10ffff && good; c++) {
		uint8_t         bytes[4];
		size_t          n = pal_utf8_encode(c, bytes);
		struct pal_view v = { bytes, n };

		if (c >= 0xd800 && c <= 0xdfff)
			good = n == 0;
		else
			good = n > 0 && pal_utf8_valid(v) && pal_utf8_next(&v) == c && v.len == 0;
	}
	CHECK_SAY(good, "every code point comes back");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pal_view v = pal_view_of(bad[i]);

		CHECK(!pal_utf8_valid(v));
		CHECK(pal_utf8_next(&v) == PAL_UTF8_BAD && v.len == strlen(bad[i]) - 1);
	}
	CHECK(pal_utf8_valid(pal_view_of("caf\xc3\xa9")) && pal_utf8_encode(0x110000, (uint8_t[4]){ 0 }) == 0);
	return check_done();
}
