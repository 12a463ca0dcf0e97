/* test_7z_bcj2.c - BCJ2's four streams: what fits, what is cut short, and every damage to each of them. */
#include "collect.h"
#include "formats/7z.h"
#include "mutate.h"

/* Decisions of nothing but no: a range coder whose code is zero takes the lower half each time. */
static const uint8_t none[64];

static bool
decode(struct pal_view rest, struct pal_view calls, struct pal_view jumps, struct pal_view decisions, uint64_t size,
       struct pal_buf *out)
{
	const struct pal_view parts[PAL_7Z_PARTS] = { rest, calls, jumps, decisions };

	pal_buf_clear(out);
	return pal_7z_bcj2(parts, size, out);
}

static void
test_plain(void)
{
	PAL_AUTO_BUF    out = pal_buf_of(1 << 20);
	struct pal_view no = { none, sizeof(none) }, text = pal_view_of("no jump in here, \xe8 but one that stays");

	CHECK(decode(text, (struct pal_view){ 0 }, (struct pal_view){ 0 }, no, text.len, &out));
	CHECK(pal_view_eq(pal_buf_view(&out), text));
	CHECK(!decode(text, (struct pal_view){ 0 }, (struct pal_view){ 0 }, no, text.len + 1, &out));
	CHECK(pal_view_eq(pal_buf_view(&out), text)); /* what there was */
	CHECK(!decode(text, (struct pal_view){ 0 }, (struct pal_view){ 0 }, pal_view_of("abc"), text.len, &out));
	CHECK(decode((struct pal_view){ 0 }, (struct pal_view){ 0 }, (struct pal_view){ 0 }, no, 0, &out));
}

/* A code that is as high as it can be says yes: the call's target comes from the second stream, counted back. */
static void
test_call(void)
{
	static const uint8_t program[] = { 0x90, 0xe8, 0xc3 }, target[] = { 0, 0, 1, 6 },
			     made[] = { 0x90, 0xe8, 0, 1, 0, 0, 0xc3 };
	static const uint8_t yes[16] = { 0, 0xff, 0xff, 0xff, 0xfe };
	PAL_AUTO_BUF         out = pal_buf_of(1 << 20);
	struct pal_view      rest = { program, sizeof(program) }, calls = { target, sizeof(target) };

	CHECK(decode(rest, calls, (struct pal_view){ 0 }, (struct pal_view){ yes, sizeof(yes) }, 7, &out));
	CHECK(pal_view_eq(pal_buf_view(&out), (struct pal_view){ made, sizeof(made) }));
	calls.len = 3;
	CHECK(!decode(rest, calls, (struct pal_view){ 0 }, (struct pal_view){ yes, sizeof(yes) }, 7, &out));
	calls.len = 4;
	CHECK(decode(rest, calls, (struct pal_view){ 0 }, (struct pal_view){ yes, sizeof(yes) }, 4, &out) &&
	      out.len == 4);
}

struct streams {
	struct pal_view parts[PAL_7Z_PARTS];
	size_t          which;
};

static void
damaged(struct pal_view v, void *arg)
{
	struct streams *s = arg;
	struct pal_view parts[PAL_7Z_PARTS];
	PAL_AUTO_BUF    out = pal_buf_of(1 << 20);

	for (size_t i = 0; i < PAL_7Z_PARTS; i++)
		parts[i] = i == s->which ? v : s->parts[i];
	CHECK(pal_7z_bcj2(parts, 400, &out) == (out.len == 400));
}

static void
test_damage(void)
{
	static uint8_t noise[4][128];
	struct streams s = { .which = 0 };

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i / 128][i % 128] = i % 5 == 0 && i < 128 ? 0xe8 : (uint8_t)(i * 167 + i / 3);
	for (size_t i = 0; i < PAL_7Z_PARTS; i++)
		s.parts[i] = (struct pal_view){ noise[i], sizeof(noise[i]) };
	for (s.which = 0; s.which < PAL_7Z_PARTS; s.which++)
		pal_mutate_all(s.parts[s.which], damaged, &s);
}

int
main(void)
{
	test_plain();
	test_call();
	test_damage();
	return check_done();
}
