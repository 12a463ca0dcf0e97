/* bench_pickle.c - MB/s and memory of the pickle machine, one core, from memory, on streams that are nothing but
 * opcodes and on those that are built to be slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "palisade/buf.h"
#include "palisade/format.h"

#define SIZE ((size_t)32 << 20)

typedef void make_fn(struct pal_buf *b);

static enum pal_err
count(void *arg, const struct pal_content *piece)
{
	uint64_t *pieces = arg;

	(void)piece;
	++*pieces;
	return PAL_OK;
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
make_ints(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04]\x94(");
	for (uint32_t i = 0; b->len < SIZE; i++) {
		pal_buf_add_byte(b, i % 3 == 0 ? 'J' : i % 3 == 1 ? 'M' : 'K');
		pal_buf_add(b, (struct pal_view){ (const uint8_t *)&i, i % 3 == 0 ? 4 : i % 3 == 1 ? 2 : 1 });
		if (i % 1000 == 999)
			pal_buf_add_text(b, "e(");
	}
	pal_buf_add_text(b, "e.");
}

static void
make_strings(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04]\x94(");
	for (uint32_t i = 0; b->len < SIZE; i++) {
		char text[16];
		int  n = snprintf(text, sizeof(text), "token%u", (unsigned int)i);

		pal_buf_printf(b, "\x8c%c%s\x94", n, text);
		if (i % 1000 == 999)
			pal_buf_add_text(b, "e(");
	}
	pal_buf_add_text(b, "e.");
}

static void
make_tuples(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04]\x94(");
	for (uint32_t i = 0; b->len < SIZE; i++) {
		pal_buf_printf(b, "K%cM%c%cN\x87\x94", (int)(i % 200 + 1), (int)(i % 100 + 1), (int)(i % 90 + 1));
		if (i % 1000 == 999)
			pal_buf_add_text(b, "e(");
	}
	pal_buf_add_text(b, "e.");
}

static void
make_dicts(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04]\x94(\x8c\x01"
			    "a\x94\x8c\x01"
			    "b\x94"
			    "1(");
	for (uint32_t i = 0; b->len < SIZE; i++) {
		pal_buf_printf(b, "}\x94(h\x01K%ch\x02G%.8su", (int)(i % 200 + 1), "12345678");
		if (i % 1000 == 999)
			pal_buf_add_text(b, "e(");
	}
	pal_buf_add_text(b, "e.");
}

static void
make_gets(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04](");
	for (uint32_t i = 0; i < 200; i++)
		pal_buf_add_text(b, "K\x01");
	pal_buf_add_text(b, "tq\x01");
	while (b->len < SIZE)
		pal_buf_add_text(b, "h\x01h\x01h\x01h\x01"
				    "0000");
	pal_buf_add_text(b, "a.");
}

static void
make_marks(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04");
	while (b->len < SIZE) {
		for (size_t i = 0; i < 10000; i++)
			pal_buf_add_byte(b, '(');
		for (size_t i = 0; i < 10000; i++)
			pal_buf_add_byte(b, i % 2 == 0 ? 't' : '1');
	}
	pal_buf_add_text(b, "N.");
}

static void
make_memo(struct pal_buf *b)
{
	uint32_t x = 1;

	pal_buf_add_text(b, "\x80\x04N");
	while (b->len < SIZE) {
		x = x * 1664525 + 1013904223;
		pal_buf_add_byte(b, 'r');
		pal_buf_add_u32le(b, x);
	}
	pal_buf_add_byte(b, '.');
}

static void
make_calls(struct pal_buf *b)
{
	pal_buf_add_text(b, "\x80\x04"
			    "cfunctools\npartial\nq\x00"
			    "cdatetime\ndate\nq\x01"
			    "\x85Rq\x02");
	while (b->len < SIZE)
		pal_buf_printf(b, "0h\x02K\x01K\x02K\x03\x87R");
	pal_buf_add_byte(b, '.');
}

static const struct {
	const char *what;
	make_fn    *make;
} cases[] = {
	{ "small integers", make_ints },
	{ "short strings, each remembered", make_strings },
	{ "tuples, each remembered", make_tuples },
	{ "dicts of two keys", make_dicts },
	{ "one big tuple, fetched again", make_gets },
	{ "10,000 marks deep, again", make_marks },
	{ "memo numbers at random", make_memo },
	{ "calls through partial()", make_calls },
};

static void
run(size_t at)
{
	struct pal_buf b = pal_buf_of(0);
	double         best = 0;
	uint64_t       pieces = 0;

	cases[at].make(&b);
	for (int i = 0; i < 3; i++) {
		struct pal_input  in = pal_input_of_view(pal_buf_view(&b));
		struct pal_limits limits = pal_limits_default;
		PAL_AUTO_ARENA    arena;
		struct pal_sink   sink = { .take = count, .arg = &pieces, .arena = &arena, .limits = &limits };
		double            start = now(), rate = 0;

		pieces = 0;
		pal_arena_init(&arena, (size_t)64 << 20);
		if (pal_format_named("pickle")->parse(&in, &sink, NULL) != PAL_OK)
			exit(1);
		rate = (double)b.len / 1e6 / (now() - start);
		best = rate > best ? rate : best;
		pal_input_done(&in);
	}
	printf("%-12s %-34s %8.0f MB/s %12llu pieces\n", "pickle", cases[at].what, best, (unsigned long long)pieces);
	pal_buf_done(&b);
}

int
main(int argc, char **argv)
{
	struct rusage u;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (argc < 2 || strstr(cases[i].what, argv[1]) != NULL)
			run(i);
	if (getrusage(RUSAGE_SELF, &u) == 0)
		printf("%-12s %-34s %8ld MB, %zu of them the input\n", "pickle", "memory at most", u.ru_maxrss / 1024,
		       SIZE >> 20);
	return 0;
}
