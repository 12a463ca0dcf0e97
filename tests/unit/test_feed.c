/* test_feed.c - text in any encoding through small steps, with offsets that are the file's. */
#include "collect.h"
#include "formats/feed.h"
#include "formats/give.h"
#include "palisade/utf8.h"

/* Each text as UTF-8, UTF-16 in both orders and Latin-1: all of it comes out, and offsets grow as the file does. */
static void
round_trip(const char *utf8, enum pal_encoding as)
{
	struct pal_buf   raw = pal_buf_of(0), got = pal_buf_of(0);
	struct pal_view  rest = pal_view_of(utf8);
	struct pal_feed  f;
	struct pal_input in;
	uint64_t         last = 0;

	while (rest.len > 0) {
		struct pal_view before = rest;
		uint32_t        c = pal_utf8_next(&rest);

		if (as == PAL_ENCODING_UTF8)
			pal_buf_add(&raw, pal_view_sub(before, 0, before.len - rest.len));
		else if (as == PAL_ENCODING_LATIN1)
			pal_buf_add_byte(&raw, (uint8_t)c);
		else
			for (int i = 0; i < (c > 0xffff ? 2 : 1); i++) {
				uint32_t u = c <= 0xffff ? c : i == 0 ? 0xd7c0 + (c >> 10) : 0xdc00 + (c & 0x3ff);

				pal_buf_add_byte(&raw, (uint8_t)(as == PAL_ENCODING_UTF16LE ? u : u >> 8));
				pal_buf_add_byte(&raw, (uint8_t)(as == PAL_ENCODING_UTF16LE ? u >> 8 : u));
			}
	}
	in = pal_input_of_view(pal_buf_view(&raw));
	CHECK(pal_feed_open(&f, &in, (size_t)1 << 20) == PAL_OK);
	CHECK(f.encoding == as);
	while (!pal_feed_ended(&f) || pal_feed_view(&f).len > 0) {
		struct pal_view v = { 0 };

		CHECK(pal_feed_more(&f) == PAL_OK);
		v = pal_view_sub(pal_feed_view(&f), 0, 7);
		pal_buf_add(&got, v);
		pal_feed_skip(&f, v.len);
		if (f.offset < last)
			check_failed++;
		last = f.offset;
	}
	CHECK(last == raw.len);
	CHECK(pal_view_is(pal_buf_view(&got), utf8));
	pal_feed_close(&f);
	pal_buf_done(&raw);
	pal_buf_done(&got);
}

static void
test_limit(void)
{
	struct pal_buf   b = pal_buf_of(0);
	struct pal_feed  f;
	struct pal_input in;
	enum pal_err     err = PAL_OK;

	for (size_t i = 0; i < 300000; i++)
		pal_buf_add_text(&b, "abcd");
	in = pal_input_of_view(pal_buf_view(&b));
	CHECK(pal_feed_open(&f, &in, 1000) == PAL_OK);
	for (int i = 0; i < 100 && err == PAL_OK; i++)
		err = pal_feed_more(&f);
	CHECK(err == PAL_ELIMIT);
	pal_feed_skip(&f, pal_feed_view(&f).len);
	CHECK(pal_feed_more(&f) == PAL_OK);
	pal_feed_close(&f);
	pal_buf_done(&b);
}

static void
test_helpers(void)
{
	size_t                   bad = 0;
	static const char *const ends[] = { ".csv", NULL };

	CHECK(pal_utf8_prefix(pal_view_of("caf\xc3"), &bad));
	CHECK(!pal_utf8_prefix(pal_view_of("caf\xe9 x"), &bad) && bad == 3);
	CHECK(!pal_utf8_prefix(pal_view_of("\xff"), &bad) && bad == 0);
	CHECK(pal_name_ends(pal_view_of("a/B.CSV"), ends) && !pal_name_ends(pal_view_of("csv"), ends));
	CHECK(pal_text_cut(pal_view_of("short")) == 5);
	CHECK(pal_format_inside(pal_view_of("plain text"), 10) == NULL);
	CHECK(pal_format_inside(pal_view_of("\x93NUMPY"), 6) == pal_format_named("npy"));
}

int
main(void)
{
	round_trip("plain text that goes on for a while\n", PAL_ENCODING_UTF8);
	round_trip("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 and the rest of it\n", PAL_ENCODING_UTF8);
	round_trip("caf\xc3\xa9 and the rest of it\n", PAL_ENCODING_LATIN1);
	round_trip("plain text that goes on for a while \xf0\x9f\x98\x80\n", PAL_ENCODING_UTF16LE);
	round_trip("plain text that goes on for a while \xf0\x9f\x98\x80\n", PAL_ENCODING_UTF16BE);
	test_limit();
	test_helpers();
	return check_done();
}
