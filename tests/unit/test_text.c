/* test_text.c - pieces, encodings, control bytes, and what is taken for text. */
#include "collect.h"

extern const struct pal_format pal_format_text;

static void
test_pieces(void)
{
	struct pal_buf b = pal_buf_of(0);
	struct collect got;

	for (unsigned int i = 0; i < 20000; i++)
		pal_buf_printf(&b, "line %u\n", i);
	got = collect(&pal_format_text, pal_buf_view(&b));
	CHECK(got.bytes == b.len);
	CHECK(got.counts[PAL_CONTENT_TEXT] == (b.len + 65535) / 65536);
	CHECK(strstr(pal_buf_text(&got.out), "TEXT @65530 r6665 line 6664") != NULL);
	collect_done(&got);
	pal_buf_clear(&b);
	for (unsigned int i = 0; i < 200000; i++)
		pal_buf_add_text(&b, "\xc3\xa9"); /* one line without a blank is cut between characters */
	got = collect(&pal_format_text, pal_buf_view(&b));
	CHECK(got.bytes == b.len && got.counts[PAL_CONTENT_ANOMALY] == 0);
	collect_done(&got);
	pal_buf_done(&b);
}

static void
test_encodings(void)
{
	static const char le[] = "\xff\xfeh\0i\0\n\0", be[] = "\xfe\xff\0h\0i\0\n", bare[] = "h\0e\0l\0l\0o\0!\0\n\0";
	static const char lone[] = "\xff\xfe\x3d\xd8x\0", pair[] = "\xff\xfe\x3d\xd8\x00\xde";

	check_given(&pal_format_text, (struct pal_view){ (const uint8_t *)le, 8 }, "TEXT @2 r1 hi\\x0a\n");
	check_given(&pal_format_text, (struct pal_view){ (const uint8_t *)be, 8 }, "TEXT @2 r1 hi\\x0a\n");
	check_given(&pal_format_text, (struct pal_view){ (const uint8_t *)bare, 14 }, "TEXT @0 r1 hello!\\x0a\n");
	check_given(&pal_format_text, (struct pal_view){ (const uint8_t *)pair, 6 },
		    "TEXT @2 r1 \\xf0\\x9f\\x98\\x80\n");
	check_given(&pal_format_text, (struct pal_view){ (const uint8_t *)lone, 6 },
		    "TEXT @2 r1 \\xef\\xbf\\xbdx\nANOMALY TEXT-ENCODING @2 not UTF-8: read as UTF-16LE\n");
	check_given(&pal_format_text, pal_view_of("\xef\xbb\xbfhi"), "TEXT @3 r1 hi\n");
	check_given(&pal_format_text, pal_view_of("caf\xe9"),
		    "TEXT @0 r1 caf\\xc3\\xa9\nANOMALY TEXT-ENCODING @3 not UTF-8: read as Latin-1\n");
	check_given(&pal_format_text, pal_view_of("a\nb\x01"),
		    "ANOMALY TEXT-BINARY @3 byte 0x01 in text, first in line 2\nTEXT @0 r1 a\\x0ab\\x01\n");
	check_given(&pal_format_text, pal_view_of(""), "");
}

static void
test_probe(void)
{
	CHECK(PROBE(pal_format_text, "hello, world\n", "") >= 20);
	CHECK(PROBE(pal_format_text, "a | b\n", "README.md") > 60);
	CHECK(PROBE(pal_format_text, "\x80\x04\x95", "x.txt") == 0);
	CHECK(PROBE(pal_format_text, "", "x.txt") == 0);
	CHECK(pal_format_probe(pal_view_of("on imports\nprint it\n"), 20, pal_view_of("x.py")) == &pal_format_text);
}

int
main(void)
{
	test_pieces();
	test_encodings();
	test_probe();
	check_corpus(&pal_format_text, 400);
	return check_done();
}
