/* test_overlap.c - shared records counted by hand and against a naive model. */
#include <stdlib.h>

#include "check.h"
#include "palisade/buf.h"
#include "palisade/overlap.h"

static struct pal_overlap
of(const char *a, const char *b)
{
	struct pal_input   x = pal_input_of_view(pal_view_of(a)), y = pal_input_of_view(pal_view_of(b));
	struct pal_overlap o = { 0 };

	CHECK(pal_overlap(&x, &y, 1000, &o) == PAL_OK);
	return o;
}

static void
test_by_hand(void)
{
	struct pal_overlap o = of("h\n1\n2\n2\n3\n", "h\n2\n4\n2");

	CHECK(o.first == 4 && o.second == 3 && o.shared == 2 && o.repeated == 1);
	o = of("h\r\n1\r\n", "h\n1\n");
	CHECK(o.first == 1 && o.second == 1 && o.shared == 1);
	o = of("1\n2\n", "3\n1\n");
	CHECK(o.first == 2 && o.second == 2 && o.shared == 1);
	o = of("", "a\nb\n");
	CHECK(o.first == 0 && o.second == 2 && o.shared == 0);
	o = of("a\nb\n", "");
	CHECK(o.first == 2 && o.second == 0 && o.shared == 0);
}

static void
test_model(void)
{
	srandom(2);
	for (int round = 0; round < 30; round++) {
		PAL_AUTO_BUF       a = pal_buf_of(0);
		PAL_AUTO_BUF       b = pal_buf_of(0);
		int                in_a[100] = { 0 };
		uint64_t           shared = 0, repeated = 0;
		struct pal_overlap o;

		pal_buf_add_text(&a, "head\n");
		pal_buf_add_text(&b, "head\n");
		for (int i = 0; i < 60; i++) {
			long k = random() % 100;

			repeated += in_a[k]++ > 0;
			pal_buf_printf(&a, "record %ld\n", k);
		}
		for (int i = 0; i < 60; i++) {
			long k = random() % 100;

			shared += in_a[k] > 0;
			pal_buf_printf(&b, "record %ld\n", k);
		}
		o = of(pal_buf_text(&a), pal_buf_text(&b));
		CHECK(o.first == 60 && o.second == 60 && o.shared == shared && o.repeated == repeated);
	}
}

int
main(void)
{
	struct pal_input   x = pal_input_of_view(pal_view_of("a\nb\nc\n")), y = x;
	struct pal_overlap o;

	test_by_hand();
	test_model();
	CHECK(pal_overlap(&x, &y, 1, &o) == PAL_ELIMIT);
	return check_done();
}
