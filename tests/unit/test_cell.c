/* test_cell.c - numbers, dates and times as text; each float is read back. */
#include "formats/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

#define VIEW(bytes)                                         \
	{                                                   \
		(const uint8_t *)(bytes), sizeof(bytes) - 1 \
	}

struct example {
	struct pal_cell_type type;
	struct pal_view      value;
	const char          *text;
};

static const struct example examples[] = {
	{ { .kind = PAL_CELL_BOOL }, VIEW("\x00"), "false" },
	{ { .kind = PAL_CELL_BOOL }, VIEW("\x01"), "true" },
	{ { .kind = PAL_CELL_INT }, VIEW("\xff"), "-1" },
	{ { .kind = PAL_CELL_INT }, VIEW("\x00\x80"), "-32768" },
	{ { .kind = PAL_CELL_INT }, VIEW("\x00\x00\x00\x00\x00\x00\x00\x80"), "-9223372036854775808" },
	{ { .kind = PAL_CELL_UINT }, VIEW("\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615" },
	{ { .kind = PAL_CELL_UINT }, VIEW("\x00"), "0" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\x00\x3c"), "1.0" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\x00\xfc"), "-inf" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\x01\x00"), "5.9604645e-08" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\xcd\xcc\xcc\x3d"), "0.1" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\x00\x00\xc0\x7f"), "nan" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\x9a\x99\x99\x99\x99\x99\xb9\xbf"), "-0.1" },
	{ { .kind = PAL_CELL_FLOAT }, VIEW("\x00\x00\x00\x00\x00\x00\x00\x80"), "-0.0" },
	{ { .kind = PAL_CELL_DATE }, VIEW("\x00\x00\x00\x00"), "1970-01-01" },
	{ { .kind = PAL_CELL_DATE }, VIEW("\xff\xff\xff\xff"), "1969-12-31" },
	{ { .kind = PAL_CELL_DATE }, VIEW("\xff\xff\xff\x7f"), "2147483647" },
	{ { .kind = PAL_CELL_TIME, .per_second = 1000 }, VIEW("\x01\x00\x00\x00"), "00:00:00.001" },
	{ { .kind = PAL_CELL_TIME, .per_second = 1 }, VIEW("\x7f\x51\x01\x00"), "23:59:59" },
	{ { .kind = PAL_CELL_TIME, .per_second = 1 }, VIEW("\x80\x51\x01\x00"), "86400" },
	{ { .kind = PAL_CELL_TIMESTAMP, .per_second = 1 },
	  VIEW("\xff\xff\xff\xff\xff\xff\xff\xff"),
	  "1969-12-31 23:59:59" },
	{ { .kind = PAL_CELL_TIMESTAMP, .per_second = 1000000 },
	  VIEW("\xff\xff\xff\xff\xff\xff\xff\x7f"),
	  "9223372036854775807" },
	{ { .kind = PAL_CELL_TIMESTAMP, .per_second = 1000000000 },
	  VIEW("\xff\xff\xff\xff\xff\xff\xff\x7f"),
	  "2262-04-11 23:47:16.854775807" },
	{ { .kind = PAL_CELL_DECIMAL_, .scale = 2 }, VIEW("\xff\xff"), "-0.01" },
	{ { .kind = PAL_CELL_DECIMAL_, .scale = 0, .big_endian = true }, VIEW("\x01\x00"), "256" },
	{ { .kind = PAL_CELL_DECIMAL_, .scale = 3, .big_endian = true }, VIEW("\x80"), "-0.128" },
	{ { .kind = PAL_CELL_DECIMAL_, .scale = 1 }, VIEW(""), "0.0" },
	{ { .kind = PAL_CELL_DECIMAL_, .scale = 10, .big_endian = true },
	  VIEW("\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
	  "17014118346046923173168730371.5884105727" },
	{ { .kind = PAL_CELL_UUID },
	  VIEW("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff"),
	  "00010203-0405-0607-0809-0a0b0c0d0eff" },
	{ { .kind = PAL_CELL_INT96 }, VIEW("\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x3d\x25\x00"), "1970-01-01 00:00:00" },
	{ { .kind = PAL_CELL_INT96 },
	  VIEW("\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"),
	  "18446744073709551615" },
};

static void
test_examples(void)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		char            to[PAL_CELL_MOST];
		struct pal_view got = { (const uint8_t *)to, 0 };

		got.len = pal_cell_write(&examples[i].type, examples[i].value, to);
		if (!CHECK_SAY(pal_view_is(got, examples[i].text), examples[i].text))
			printf("got %.*s\n", (int)got.len, to);
	}
}

static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static double
of_text(const char *text, size_t len)
{
	char copy[PAL_CELL_MOST + 1];

	(void)snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
	return strtod(copy, NULL);
}

/* Random bits, and numbers of few digits: what is written reads back to the same number, and is no longer than that. */
static void
test_floats(void)
{
	uint64_t             state = 88172645463325252u;
	struct pal_cell_type type = { .kind = PAL_CELL_FLOAT };
	bool                 same = true, narrow_same = true;

	for (unsigned int i = 0; i < 40000; i++) {
		uint64_t bits = next(&state);
		double   x = i % 2 == 0 ? (double)(int64_t)(bits % 2000000000) / 100 - 1e6 : 0;
		char     to[PAL_CELL_MOST];
		uint8_t  bytes[8];
		union {
			double   x;
			uint64_t n;
		} u = { .x = x };
		struct pal_view v = { bytes, 8 };

		if (i % 2 != 0)
			u.n = bits;
		for (unsigned int k = 0; k < 8; k++)
			bytes[k] = (uint8_t)(u.n >> (8 * k));
		x = of_text(to, pal_cell_write(&type, v, to));
		same = same && (isnan(u.x) || !(x < u.x || x > u.x));
		v.len = 4;
		x = pal_cell_double(v);
		narrow_same = narrow_same && (isnan(x) || (float)of_text(to, pal_cell_write(&type, v, to)) == (float)x);
	}
	CHECK(same);
	CHECK(narrow_same);
}

int
main(void)
{
	test_examples();
	test_floats();
	return check_done();
}
