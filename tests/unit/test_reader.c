/* test_reader.c - every read against a naive model, from memory and through the window of a file; sizes that would
 * wrap. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "palisade/input.h"
#include "palisade/reader.h"

static uint8_t bytes[3 * PAL_INPUT_WINDOW / 2];

static void
test_values(void)
{
	static const uint8_t b[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };
	struct pal_reader    r = pal_reader_of((struct pal_view){ b, sizeof(b) });

	CHECK(pal_read_u8(&r) == 1);
	CHECK(pal_read_u16le(&r) == 0x0302);
	CHECK(pal_read_u32le(&r) == 0x07060504);
	CHECK(pal_read_u16be(&r) == 0x0809);
	CHECK(pal_read_u64be(&r) == 0x0a0b0c0d0e0f1011u);
	CHECK(pal_reader_left(&r) == 1 && r.offset == 17);
	CHECK(pal_read_u16le(&r) == 0 && pal_reader_err(&r) == PAL_ETRUNC);
	CHECK_SAY(pal_read_u8(&r) == 0 && r.offset == 17, "a failed reader stays where it failed");
	CHECK(!pal_reader_done(&r) && pal_reader_left(&r) == 0);
}

static void
test_counts(void)
{
	static const uint8_t b[100];
	struct pal_reader    r = pal_reader_of((struct pal_view){ b, sizeof(b) });

	CHECK(pal_read_count(&r, 10, 10, 100) == 10);
	CHECK(pal_read_count(&r, 11, 10, 100) == 0 && pal_reader_err(&r) == PAL_ELIMIT);
	r = pal_reader_of((struct pal_view){ b, sizeof(b) });
	CHECK(pal_read_count(&r, UINT64_MAX, 8, SIZE_MAX) == 0);
	r = pal_reader_of((struct pal_view){ b, sizeof(b) });
	CHECK(pal_read_view(&r, UINT64_MAX).len == 0 && pal_reader_err(&r) == PAL_ETRUNC);
}

static void
test_window(void)
{
	struct pal_reader r = pal_reader_of((struct pal_view){ bytes, 20 });
	struct pal_reader w = pal_read_window(&r, 8);

	CHECK(pal_reader_left(&w) == 8 && r.offset == 8);
	pal_read_skip(&w, 8);
	CHECK(pal_reader_done(&w) && pal_read_u8(&w) == 0 && pal_reader_err(&w) == PAL_ETRUNC);
	w = pal_read_window(&r, 13);
	CHECK(pal_reader_err(&w) == PAL_ETRUNC && pal_reader_err(&r) == PAL_ETRUNC);
}

/* One step of a random walk; both readers must agree with the bytes themselves. */
static int
step(struct pal_reader *r, uint64_t *at)
{
	uint64_t        left = sizeof(bytes) - *at, n = (uint64_t)random() % 70000;
	struct pal_view v = { 0 };

	if (n > left)
		n = left;
	switch (random() % 4) {
	case 0:
		pal_read_skip(r, n);
		break;
	case 1:
		v = pal_read_view(r, n);
		if (v.len != n || (n > 0 && memcmp(v.data, bytes + *at, n) != 0))
			return 0;
		break;
	case 2:
		v = pal_read_some(r, n);
		n = v.len;
		if (n > 0 && memcmp(v.data, bytes + *at, n) != 0)
			return 0;
		break;
	default:
		v = pal_read_peek(r, n);
		if (v.len != n || (n > 0 && memcmp(v.data, bytes + *at, n) != 0))
			return 0;
		n = 0;
		break;
	}
	*at += n;
	return r->offset == *at && pal_reader_left(r) == sizeof(bytes) - *at;
}

static void
test_walk(struct pal_input *in)
{
	int good = 1;

	for (int round = 0; round < 50 && good; round++) {
		struct pal_reader r = pal_reader_at(in, 0, in->size);
		uint64_t          at = 0;

		for (int i = 0; i < 200 && at < sizeof(bytes) && good; i++)
			good = step(&r, &at);
	}
	CHECK_SAY(good, "random reads agree with the bytes");
}

static void
test_file(void)
{
	char             name[] = "/tmp/palisade-reader-XXXXXX";
	int              fd = mkstemp(name);
	struct pal_input in = pal_input_of_fd(fd, sizeof(bytes)), part, memory;
	struct pal_view  v = { 0 };

	CHECK(fd >= 0 && write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
	test_walk(&in);
	memory = pal_input_of_view((struct pal_view){ bytes, sizeof(bytes) });
	test_walk(&memory);
	CHECK(pal_input_part(&in, 10, 20, &part) == PAL_OK && part.size == 20);
	CHECK(pal_input_view(&part, 5, 15, 15, &v) == PAL_OK && v.len == 15 && memcmp(v.data, bytes + 15, 15) == 0);
	CHECK(pal_input_view(&part, 5, 16, 16, &v) == PAL_ETRUNC);
	CHECK(pal_input_part(&in, sizeof(bytes), 1, &part) == PAL_ETRUNC);
	CHECK(pal_input_view(&in, 0, PAL_INPUT_WINDOW + 1, SIZE_MAX, &v) == PAL_ELIMIT);
	pal_input_done(&in);
	in = pal_input_of_fd(fd, sizeof(bytes));
	CHECK(ftruncate(fd, 100) == 0);
	CHECK_SAY(pal_input_view(&in, 0, 200, 200, &v) == PAL_ETRUNC, "a file that shrank is an error, not a crash");
	pal_input_done(&in);
	pal_input_done(&part);
	(void)close(fd);
	(void)unlink(name);
}

static void
test_lines(void)
{
	static const char text[] = "one\ntwo\r\n\nlong line\nlast";
	struct pal_reader r = pal_reader_of(pal_view_of(text));
	struct pal_view   line = { 0 };
	bool              whole = false;
	int               n = 0, parts = 0;

	while (pal_read_line(&r, 5, &line, &whole)) {
		n++;
		parts += !whole;
	}
	CHECK(n == 6 && parts == 1); /* "long " is cut, "line" follows */
	CHECK(pal_reader_done(&r));
}

int
main(void)
{
	srandom(7);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)random();
	test_values();
	test_counts();
	test_window();
	test_file();
	test_lines();
	return check_done();
}
