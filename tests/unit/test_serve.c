/* test_serve.c - the payloads of frames come back, and damaged ones are refused without reading past their end. */
#include "check.h"
#include "mutate.h"
#include "palisade/serve.h"

static void
look(struct pal_view damaged, void *arg)
{
	struct pal_serve_words w = { 0 };
	size_t                *wrong = arg;

	if (pal_serve_words_of(damaged, &w) == PAL_OK)
		*wrong += w.first.len + w.second.len + 16 != damaged.len;
}

int
main(void)
{
	PAL_AUTO_BUF           b = pal_buf_of(0);
	struct pal_serve_words w = { .first = pal_view_of("name"), .second = pal_view_of(""), .number = 1ull << 40 };
	struct pal_serve_words back = { 0 };
	size_t                 wrong = 0;

	pal_serve_words_add(&b, &w);
	CHECK(pal_serve_words_of(pal_buf_view(&b), &back) == PAL_OK);
	CHECK(pal_view_is(back.first, "name") && back.second.len == 0 && back.number == 1ull << 40);
	pal_mutate_all(pal_buf_view(&b), look, &wrong);
	CHECK(wrong == 0);
	pal_buf_add_byte(&b, 0);
	CHECK(pal_serve_words_of(pal_buf_view(&b), &back) == PAL_EFORM);
	CHECK(pal_serve_words_of((struct pal_view){ 0 }, &back) == PAL_ETRUNC);
	return check_done();
}
