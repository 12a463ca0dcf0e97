/* test_serve.c - the payloads of frames come back, and damaged ones are refused without reading past their end. */
#include "check.h"
#include "mutate.h"
#include "palisade/serve.h"
#include "scan/batch.h"

static void
look(struct pal_view damaged, void *arg)
{
	struct pal_serve_words w = { 0 };
	size_t                *wrong = arg;

	if (pal_serve_words_of(damaged, &w) == PAL_OK)
		*wrong += w.first.len + w.second.len + 16 != damaged.len;
}

/* Whatever is damaged: no view leaves the frame, and what is said to be whole has every byte in its place. */
static void
look_at_batch(struct pal_view damaged, void *arg)
{
	struct pal_reader r = pal_reader_of(damaged);
	struct pal_view   name = { 0 }, content = { 0 };
	size_t            bytes = 0, *wrong = arg;

	while (pal_scan_batch_next(&r, &name, &content))
		bytes += 8 + name.len + content.len;
	*wrong += pal_reader_done(&r) ? bytes != damaged.len : pal_reader_err(&r) == PAL_OK;
}

static void
test_batch(void)
{
	static const char *const names[] = { "a.pkl", "folder/b", "" };
	PAL_AUTO_BUF             b = pal_buf_of(0);
	struct pal_reader        r = { 0 };
	struct pal_view          name = { 0 }, content = { 0 };
	size_t                   wrong = 0;

	for (size_t i = 0; i < 3; i++) {
		uint8_t *room = pal_scan_batch_add(&b, pal_view_of(names[i]), i * 3);

		CHECK(room != NULL);
		for (size_t k = 0; k < i * 3; k++)
			room[k] = (uint8_t)('0' + i);
	}
	r = pal_reader_of(pal_buf_view(&b));
	for (size_t i = 0; i < 3; i++) {
		CHECK(pal_scan_batch_next(&r, &name, &content) && pal_view_is(name, names[i]));
		CHECK(content.len == i * 3 && (i == 0 || content.data[i * 3 - 1] == '0' + i));
	}
	CHECK(!pal_scan_batch_next(&r, &name, &content) && pal_reader_done(&r));
	pal_mutate_all(pal_buf_view(&b), look_at_batch, &wrong);
	CHECK(wrong == 0);
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
	test_batch();
	return check_done();
}
