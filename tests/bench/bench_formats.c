/* bench_formats.c - MB/s of every format that streams, on generated input, one core, from memory. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "palisade/buf.h"
#include "palisade/format.h"

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

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
run(const char *name, const char *what, const struct pal_buf *b)
{
	double best = 0;

	for (int i = 0; i < 3; i++) {
		struct pal_input  in = pal_input_of_view(pal_buf_view(b));
		struct pal_limits limits = pal_limits_default;
		uint64_t          pieces = 0;
		PAL_AUTO_ARENA    arena;
		struct pal_sink   sink = { .take = count, .arg = &pieces, .arena = &arena, .limits = &limits };
		double            start = now(), rate = 0;

		pal_arena_init(&arena, (size_t)64 << 20);
		if (pal_format_named(name)->parse(&in, &sink, NULL) != PAL_OK)
			exit(1);
		rate = (double)b->len / 1e6 / (now() - start);
		best = rate > best ? rate : best;
		if (i == 2)
			printf("%-12s %-34s %8.0f MB/s %12llu pieces\n", name, what, best, (unsigned long long)pieces);
	}
}

int
main(void)
{
	struct pal_buf b = pal_buf_of(0);

	for (unsigned int i = 0; b.len < 100000000; i++)
		pal_buf_printf(&b, "%u,%u.%02u,some words of text in a cell,F,2024-01-%02u,category %u\n", i, i % 977,
			       i % 100, i % 28 + 1, i % 7);
	run("csv", "6 columns, no quotes", &b);
	run("text", "the same as text", &b);
	pal_buf_clear(&b);
	for (unsigned int i = 0; b.len < 100000000; i++)
		pal_buf_printf(&b, "%u,\"words, and \"\"more\"\" words of text in a cell\",\"F\",%u\n", i, i % 7);
	run("csv", "quotes in every record", &b);
	pal_buf_clear(&b);
	for (unsigned int i = 0; b.len < 100000000; i++)
		pal_buf_printf(
		    &b,
		    "{\"id\": %u, \"text\": \"some words of text in a value that goes on for a sentence\", \"label\": "
		    "\"category %u\", \"score\": 0.%u}\n",
		    i, i % 7, i % 1000);
	run("jsonl", "flat objects", &b);
	pal_buf_clear(&b);
	for (unsigned int i = 0; b.len < 100000000; i++)
		pal_buf_printf(
		    &b,
		    "{\"messages\": [{\"role\": \"user\", \"content\": \"What is %u?\\nTell me in one sentence, "
		    "please.\"}, {\"role\": \"assistant\", \"content\": \"It is a number, and it has been one for a "
		    "very long time.\"}]}\n",
		    i);
	run("jsonl", "conversations", &b);
	pal_buf_clear(&b);
	pal_buf_add_text(&b, "\x80\x04]\x94(");
	for (unsigned int i = 0; b.len < 25000000; i++)
		pal_buf_printf(&b, "K%c\x8c\x05token\x86", (int)(i % 10 + '0'));
	pal_buf_add_text(&b, "e.");
	run("pickle", "opcode-dense", &b);
	pal_buf_done(&b);
	return 0;
}
