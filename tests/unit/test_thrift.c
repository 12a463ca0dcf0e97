/* test_thrift.c - the compact protocol: each type, what is passed over, and each way to be cut short or too deep. */
#include "formats/thrift.h"

#include "check.h"
#include "mutate.h"

#define VIEW(text) ((struct pal_view){ (const uint8_t *)(text), sizeof(text) - 1 })

static void
test_fields(void)
{
	/* 1: i32 -1; 2: binary "ab"; 4: true; 5: list of i32 {1, -2}; 20 (by zigzag): i64 300 */
	struct pal_thrift       t = pal_thrift_of(VIEW("\x15\x01\x18\x02"
							     "ab\x21\x19\x25\x02\x03\x06\x28\xd8\x04\x00"));
	struct pal_thrift_field f = { 0 };
	struct pal_thrift_list  l;

	CHECK(pal_thrift_next(&t, &f) && f.id == 1 && pal_thrift_int(&t, &f) == -1);
	CHECK(pal_thrift_next(&t, &f) && f.id == 2 && pal_view_is(pal_thrift_binary(&t, &f), "ab"));
	CHECK(pal_thrift_next(&t, &f) && f.id == 4 && pal_thrift_bool(&t, &f));
	CHECK(pal_thrift_next(&t, &f) && f.id == 5);
	l = pal_thrift_list(&t, &f);
	CHECK(l.left == 2);
	pal_thrift_skip_list(&t, &l);
	CHECK(pal_thrift_next(&t, &f) && f.id == 20 && pal_thrift_int(&t, &f) == 300);
	CHECK(!pal_thrift_next(&t, &f) && pal_thrift_err(&t) == PAL_OK && pal_reader_done(&t.r));
}

/* Fields that nobody takes, of every type, and one that is asked for as another type. */
static void
test_skip(void)
{
	static const uint8_t    bytes[] = { 0x13, 0x7f,                              /* 1: byte */
					    0x17, 1,    2,    3,    4,   5, 6, 7, 8, /* 2: double */
					    0x1b, 0x01, 0x85, 1,    'x', 2,          /* 3: map binary -> i32 */
					    0x1a, 0x21, 0x01, 0x02,                  /* 4: set of two booleans */
					    0x1c, 0x15, 2,    0x00,                  /* 5: struct {1: i32} */
					    0x1d, 1,    2,    3,    4,   5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, /* 6: uuid */
					    0x18, 1,    'y', /* 7: asked for as a number */
					    0x15, 14,   0x00 };
	struct pal_thrift       t = pal_thrift_of((struct pal_view){ bytes, sizeof(bytes) });
	struct pal_thrift_field f = { 0 };

	while (pal_thrift_next(&t, &f) && f.id < 7)
		continue;
	CHECK(f.id == 7 && pal_thrift_int(&t, &f) == 0);
	CHECK(pal_thrift_next(&t, &f) && f.id == 8 && pal_thrift_int(&t, &f) == 7);
	CHECK(!pal_thrift_next(&t, &f) && pal_thrift_err(&t) == PAL_OK);
}

static void
test_refused(void)
{
	uint8_t                 deep[200];
	struct pal_thrift       t = pal_thrift_of(VIEW("\x19\xfc\xff\xff\xff\xff\x0f"));
	struct pal_thrift_field f = { 0 };

	CHECK(pal_thrift_next(&t, &f) && pal_thrift_list(&t, &f).left == 0 && pal_thrift_err(&t) == PAL_ELIMIT);
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = 0x1c;
	t = pal_thrift_of((struct pal_view){ deep, sizeof(deep) });
	f = (struct pal_thrift_field){ 0 };
	CHECK(pal_thrift_next(&t, &f) && !pal_thrift_next(&t, &f) && pal_thrift_err(&t) == PAL_ELIMIT);
	t = pal_thrift_of(VIEW("\x1e"));
	f = (struct pal_thrift_field){ 0 };
	CHECK(pal_thrift_next(&t, &f) && !pal_thrift_next(&t, &f) && pal_thrift_err(&t) == PAL_EFORM);
	t = pal_thrift_of(VIEW("\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	f = (struct pal_thrift_field){ 0 };
	CHECK(pal_thrift_next(&t, &f) && pal_thrift_int(&t, &f) == 0 && pal_thrift_err(&t) == PAL_EFORM);
}

static void
read_all(struct pal_view v, void *arg)
{
	struct pal_thrift       t = pal_thrift_of(v);
	struct pal_thrift_field f = { 0 };

	for (unsigned int n = 0; pal_thrift_next(&t, &f); n++) {
		struct pal_thrift_list l = { 0 };

		if (n % 4 == 0)
			(void)pal_thrift_int(&t, &f);
		else if (n % 4 == 1)
			(void)pal_thrift_binary(&t, &f);
		else if (n % 4 == 2)
			l = pal_thrift_list(&t, &f);
		pal_thrift_skip_list(&t, &l);
	}
	++*(unsigned int *)arg;
}

static void
test_damage(void)
{
	unsigned int runs = 0;

	pal_mutate_all(VIEW("\x15\x01\x18\x02"
			    "ab\x19\x25\x02\x03\x1c\x1b\x01\x85\x01x\x02\x00\x1a\x21\x01\x02\x00"),
		       read_all, &runs);
	CHECK(runs > 200);
}

int
main(void)
{
	test_fields();
	test_skip();
	test_refused();
	test_damage();
	return check_done();
}
