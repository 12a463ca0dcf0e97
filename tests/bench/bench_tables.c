/* bench_tables.c - MB/s of decoded values of Parquet by type, one core, from memory, without detectors; a table of a
 * million records is made for each. Decoded is what the values take as plain bytes: 8 of a double, the letters of a
 * text. */
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "palisade/buf.h"
#include "palisade/format.h"

#define RECORDS 1000000u
#define A_PAGE  10000u

enum { INT32 = 1, INT64 = 2, DOUBLE = 5, BYTES = 6 };

static uint64_t sum;

static enum pal_err
take(void *arg, const struct pal_content *piece)
{
	++*(uint64_t *)arg;
	for (size_t i = 0; i < piece->cell_count; i++)
		sum += piece->cells[i].len;
	return PAL_OK;
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Thrift, as much as is needed ---- */

static void
varint(struct pal_buf *b, uint64_t n)
{
	for (; n > 127; n >>= 7)
		pal_buf_add_byte(b, (uint8_t)(n & 127) | 128);
	pal_buf_add_byte(b, (uint8_t)n);
}

/* A field whose id is `step` above the last one; types 5 and 6 are i32 and i64, 8 is a text, 9 a list, 12 a struct. */
static void
number(struct pal_buf *b, unsigned int step, unsigned int type, uint64_t n)
{
	pal_buf_add_byte(b, (uint8_t)(step << 4 | type));
	varint(b, n << 1);
}

static void
text(struct pal_buf *b, unsigned int step, const char *s)
{
	pal_buf_add_byte(b, (uint8_t)(step << 4 | 8));
	varint(b, pal_view_of(s).len);
	pal_buf_add_text(b, s);
}

static void
list(struct pal_buf *b, unsigned int step, unsigned int type, unsigned int count)
{
	pal_buf_add_byte(b, (uint8_t)(step << 4 | 9));
	pal_buf_add_byte(b, (uint8_t)(count << 4 | type));
}

struct table {
	const char    *what;
	unsigned int   type;
	bool           words, packed;
	struct pal_buf body, file;
	uint64_t       decoded, values_at, dictionary_at;
};

static void
add_value(struct table *t, unsigned int i)
{
	union {
		double   x;
		uint64_t n;
	} u = { (double)(i * 7919u % 1000000) / 100 };
	char s[64];

	if (t->type == INT32)
		pal_buf_add_u32le(&t->body, i * 2654435761u);
	else if (t->type == INT64)
		pal_buf_add_u64le(&t->body, i * 0x9e3779b97f4a7c15u);
	else if (t->type == DOUBLE && t->words)
		pal_buf_add_u64le(&t->body, (i * 0x9e3779b97f4a7c15u >> 12) | (uint64_t)0x3ff << 52);
	else if (t->type == DOUBLE)
		pal_buf_add_u64le(&t->body, u.n);
	else {
		int n = snprintf(s, sizeof(s), "some words of text in cell %u", i);

		pal_buf_add_u32le(&t->body, (uint32_t)n);
		pal_buf_add_text(&t->body, s);
	}
}

static void
add_page(struct table *t, unsigned int type, unsigned int field, unsigned int count, unsigned int encoding)
{
	struct pal_buf squeezed = pal_buf_of(0);
	size_t         len = snappy_max_compressed_length(t->body.len);

	if (t->packed) {
		if (snappy_compress(t->body.data, t->body.len, (char *)pal_buf_room(&squeezed, len), &len) != SNAPPY_OK)
			exit(1);
		squeezed.len = len;
	} else {
		pal_buf_add(&squeezed, pal_buf_view(&t->body));
	}
	number(&t->file, 1, 5, type);
	number(&t->file, 1, 5, t->body.len);
	number(&t->file, 1, 5, squeezed.len);
	pal_buf_add_byte(&t->file, (uint8_t)((field - 3) << 4 | 12));
	number(&t->file, 1, 5, count);
	number(&t->file, 1, 5, encoding);
	number(&t->file, 1, 5, 3);
	number(&t->file, 1, 5, 3);
	pal_buf_add_byte(&t->file, 0);
	pal_buf_add_byte(&t->file, 0);
	pal_buf_add(&t->file, pal_buf_view(&squeezed));
	pal_buf_done(&squeezed);
	pal_buf_clear(&t->body);
}

static void
add_footer(struct table *t)
{
	size_t at = t->file.len;

	number(&t->file, 1, 5, 1);
	list(&t->file, 1, 12, 2);
	text(&t->file, 4, "schema");
	number(&t->file, 1, 5, 1);
	pal_buf_add_byte(&t->file, 0);
	number(&t->file, 1, 5, t->type);
	number(&t->file, 2, 5, 0);
	text(&t->file, 1, "a");
	if (t->type == BYTES)
		number(&t->file, 2, 5, 0);
	pal_buf_add_byte(&t->file, 0);
	number(&t->file, 1, 6, RECORDS);
	list(&t->file, 1, 12, 1);
	list(&t->file, 1, 12, 1);
	number(&t->file, 2, 6, 4);
	pal_buf_add_byte(&t->file, 1 << 4 | 12);
	number(&t->file, 1, 5, t->type);
	list(&t->file, 2, 8, 1);
	varint(&t->file, 1);
	pal_buf_add_text(&t->file, "a");
	number(&t->file, 1, 5, t->packed ? 1 : 0);
	number(&t->file, 1, 6, RECORDS);
	number(&t->file, 2, 6, at - 4);
	number(&t->file, 2, 6, t->values_at);
	if (t->dictionary_at > 0)
		number(&t->file, 2, 6, t->dictionary_at);
	pal_buf_add_byte(&t->file, 0);
	pal_buf_add_byte(&t->file, 0);
	number(&t->file, 2, 6, RECORDS);
	pal_buf_add_byte(&t->file, 0);
	pal_buf_add_byte(&t->file, 0);
	pal_buf_add_u32le(&t->file, (uint32_t)(t->file.len - at));
	pal_buf_add_text(&t->file, "PAR1");
}

/* Texts of a dictionary of 256, by a byte each. */
static void
add_indexes(struct table *t)
{
	t->dictionary_at = t->file.len;
	for (unsigned int i = 0; i < 256; i++)
		add_value(t, i);
	t->decoded = (t->body.len - 256 * 4) * (uint64_t)RECORDS / 256;
	add_page(t, 2, 7, 256, 0);
	t->values_at = t->file.len;
	for (unsigned int i = 0; i < RECORDS;) {
		pal_buf_add_byte(&t->body, 8);
		varint(&t->body, A_PAGE / 8 << 1 | 1);
		for (unsigned int n = 0; n < A_PAGE; n++, i++)
			pal_buf_add_byte(&t->body, (uint8_t)(i * 31));
		add_page(t, 0, 5, A_PAGE, 8);
	}
}

static void
make(struct table *t)
{
	t->body = pal_buf_of(0);
	t->file = pal_buf_of(0);
	pal_buf_add_text(&t->file, "PAR1");
	t->values_at = 4;
	if (t->type == BYTES && t->words) {
		add_indexes(t);
	} else {
		for (unsigned int i = 0; i < RECORDS;) {
			for (unsigned int n = 0; n < A_PAGE; n++, i++)
				add_value(t, i);
			t->decoded += t->body.len - (t->type == BYTES ? A_PAGE * 4 : 0);
			add_page(t, 0, 5, A_PAGE, 0);
		}
	}
	add_footer(t);
}

static void
run(struct table *t)
{
	double best = 0;

	for (int i = 0; i < 5; i++) {
		struct pal_input  in = pal_input_of_view(pal_buf_view(&t->file));
		struct pal_limits limits = pal_limits_default;
		uint64_t          pieces = 0;
		PAL_AUTO_ARENA    arena;
		struct pal_sink   sink = { .take = take, .arg = &pieces, .arena = &arena, .limits = &limits };
		double            start = now(), rate = 0;

		pal_arena_init(&arena, (size_t)64 << 20);
		if (pal_format_named("parquet")->parse(&in, &sink, NULL) != PAL_OK || pieces < RECORDS)
			exit(1);
		rate = (double)t->decoded / 1e6 / (now() - start);
		best = rate > best ? rate : best;
	}
	printf("%-12s %-34s %8.0f MB/s %8.0f million values/s\n", "parquet", t->what, best,
	       best * RECORDS / (double)t->decoded);
}

int
main(void)
{
	struct table tables[] = {
		{ .what = "texts", .type = BYTES },
		{ .what = "texts, Snappy", .type = BYTES, .packed = true },
		{ .what = "texts of a dictionary", .type = BYTES, .words = true },
		{ .what = "whole numbers of 64 bits", .type = INT64 },
		{ .what = "whole numbers of 32 bits", .type = INT32 },
		{ .what = "prices (doubles)", .type = DOUBLE },
		{ .what = "doubles of 16 digits", .type = DOUBLE, .words = true },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		make(&tables[i]);
		run(&tables[i]);
		pal_buf_done(&tables[i].body);
		pal_buf_done(&tables[i].file);
	}
	return sum == 0;
}
