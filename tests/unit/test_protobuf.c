/* test_protobuf.c - each wire type, nesting, and every message that is cut short or overlong. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "formats/protobuf.h"

#define WHOLE                                                   \
	"\x08\x96\x01" /* 1: varint 150 */                      \
	"\x12\x03"                                              \
	"abc"                                  /* 2: bytes */   \
	"\x1d\x01\x02\x03\x04"                 /* 3: fixed32 */ \
	"\x21\x01\x00\x00\x00\x00\x00\x00\x80" /* 4: fixed64 */ \
	"\x2a\x02\x08\x07"                     /* 5: a message, 1: varint 7 */

static struct pal_input
input_of(const char *text, size_t len)
{
	return pal_input_of_view((struct pal_view){ (const uint8_t *)text, len });
}

static void
test_whole(void)
{
	PAL_AUTO_ARENA      a;
	struct pal_input    in = input_of(WHOLE, sizeof(WHOLE) - 1);
	struct pal_pb       m = pal_pb_of(&in, 0, in.size), inner = { 0 };
	struct pal_pb_field f = { 0 };
	struct pal_view     text = { 0 };

	pal_arena_init(&a, 4096);
	CHECK(pal_pb_next(&m, &f) && f.number == 1 && f.wire == PAL_PB_VARINT && f.value == 150);
	CHECK(pal_pb_sub(&m, &f).end == pal_pb_sub(&m, &f).at);
	CHECK(pal_pb_next(&m, &f) && f.number == 2 && f.wire == PAL_PB_BYTES && f.len == 3);
	CHECK(pal_pb_text(&m, &f, 100, &a, &text) == PAL_OK && pal_view_is(text, "abc"));
	CHECK(pal_pb_text(&m, &f, 2, &a, &text) == PAL_OK && pal_view_is(text, "ab"));
	CHECK(pal_pb_next(&m, &f) && f.number == 3 && f.value == 0x04030201);
	CHECK(pal_pb_next(&m, &f) && f.number == 4 && f.value == UINT64_C(0x8000000000000001));
	CHECK(pal_pb_next(&m, &f) && f.number == 5);
	inner = pal_pb_sub(&m, &f);
	CHECK(pal_pb_next(&inner, &f) && f.number == 1 && f.value == 7);
	CHECK(!pal_pb_next(&inner, &f) && inner.err == PAL_OK);
	CHECK(!pal_pb_next(&m, &f) && m.err == PAL_OK);
}

/* Between two fields a cut leaves a message; anywhere else it does not. */
static void
test_cut(void)
{
	static const size_t whole_at[] = { 0, 3, 8, 13, 22, 26 };

	for (size_t n = 0; n < sizeof(WHOLE); n++) {
		struct pal_input    in = input_of(WHOLE, n);
		struct pal_pb       m = pal_pb_of(&in, 0, n);
		struct pal_pb_field f = { 0 };
		int                 whole = 0;

		for (size_t i = 0; i < sizeof(whole_at) / sizeof(whole_at[0]); i++)
			whole = whole || whole_at[i] == n;
		while (pal_pb_next(&m, &f))
			CHECK(f.at + f.len <= n);
		CHECK(m.err == (whole ? PAL_OK : PAL_ETRUNC));
	}
}

static void
test_wrong(void)
{
	static const struct {
		const char  *bytes;
		size_t       len;
		enum pal_err err;
	} cases[] = {
		{ "\x00\x01", 2, PAL_EFORM },                                      /* field 0 */
		{ "\x0b", 1, PAL_ETRUNC },                                         /* a group without its end */
		{ "\x0e", 1, PAL_EFORM },                                          /* wire type 6 */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, PAL_EFORM }, /* above 64 bits */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11, PAL_EFORM },
		{ "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, PAL_ETRUNC }, /* a length of 2^64-1 */
		{ "\xf8\xff\xff\xff\xff\x01\x00", 7, PAL_EFORM },                   /* a field number above 32 bits */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_input    in = input_of(cases[i].bytes, cases[i].len);
		struct pal_pb       m = pal_pb_of(&in, 0, in.size);
		struct pal_pb_field f = { 0 };

		CHECK(!pal_pb_next(&m, &f) && m.err == cases[i].err);
		CHECK(!pal_pb_next(&m, &f) && m.err == cases[i].err);
	}
}

static void
test_outside(void)
{
	struct pal_input in = input_of(WHOLE, sizeof(WHOLE) - 1);

	CHECK(pal_pb_of(&in, 5, in.size).err == PAL_ETRUNC && pal_pb_of(&in, UINT64_MAX, 2).err == PAL_ETRUNC);
	CHECK(pal_pb_of(&in, in.size, 0).err == PAL_OK);
}

static const struct {
	const char  *text;
	size_t       len, content; /* of the group */
	enum pal_err err;
} groups[] = {
	{ "\x0b\x0c\x10\x07", 4, 0, PAL_OK },
	{ "\x0b\x10\x05\x0c\x10\x07", 6, 2, PAL_OK },
	{ "\x0b\x13\x1a\x01\x0c\x14\x0c\x10\x07", 9, 5, PAL_OK }, /* a group and bytes inside */
	{ "\x0b\x13\x0c\x14\x10\x07", 6, 0, PAL_EFORM },          /* ends that cross */
	{ "\x0b\x10\x05", 3, 0, PAL_ETRUNC },
	{ "\x0c\x10\x07", 3, 0, PAL_EFORM },
};

static void
test_groups(void)
{
	char deep[300];

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct pal_input    in = input_of(groups[i].text, groups[i].len);
		struct pal_pb       m = pal_pb_of(&in, 0, in.size);
		struct pal_pb_field f = { 0 };
		bool                ok = pal_pb_next(&m, &f);

		CHECK(m.err == groups[i].err && ok == (m.err == PAL_OK));
		if (!ok)
			continue;
		CHECK(f.number == 1 && f.wire == PAL_PB_GROUP && f.at == 1 && f.len == groups[i].content);
		CHECK(pal_pb_next(&m, &f) && f.number == 2 && f.value == 7);
	}
	for (size_t n = 99; n < 103; n++) {
		struct pal_input    in = input_of(deep, 2 * n);
		struct pal_pb       m = pal_pb_of(&in, 0, in.size);
		struct pal_pb_field f = { 0 };

		memset(deep, 0x0b, n);
		memset(deep + n, 0x0c, n);
		CHECK(pal_pb_next(&m, &f) == (n <= 100));
	}
}

/* Numbers of three bytes across every end of a window, read on and after jumps. */
static void
test_windows(void)
{
	char                path[] = "/tmp/test_protobuf_XXXXXX";
	int                 fd = mkstemp(path);
	static uint8_t      bytes[3 << 20];
	size_t              count = sizeof(bytes) / 5, got = 0;
	struct pal_input    in = { .fd = -1 };
	struct pal_pb       m = { 0 };
	struct pal_pb_field f = { 0 };

	for (size_t i = 0; i < count; i++)
		memcpy(bytes + 5 * i, "\x98\x01\x81\x82\x03", 5); /* 19: varint 49409 */
	CHECK(fd >= 0 && unlink(path) == 0 && write(fd, bytes, 5 * count) == (ssize_t)(5 * count));
	for (size_t from = 0; from < 5 * count; from += 5 * (from == 0 ? 13109 : count)) { /* 65545: a jump */
		in = pal_input_of_fd(fd, 5 * count);
		m = pal_pb_of(&in, from, in.size - from);
		for (got = 0; pal_pb_next(&m, &f); got++)
			if (f.number != 19 || f.value != 49409)
				break;
		CHECK(m.err == PAL_OK && got == count - from / 5);
		pal_input_done(&in);
	}
	(void)close(fd);
}

int
main(void)
{
	test_groups();
	test_whole();
	test_cut();
	test_wrong();
	test_windows();
	test_outside();
	return check_done();
}
