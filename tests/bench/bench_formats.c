/* bench_formats.c - MB/s of every format that streams, on generated input, one core, from memory. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

static void
add_varint(struct pal_buf *b, uint64_t n)
{
	for (; n > 127; n >>= 7)
		pal_buf_add_byte(b, (uint8_t)(n & 127) | 128);
	pal_buf_add_byte(b, (uint8_t)n);
}

static void
add_field(struct pal_buf *b, uint32_t number, struct pal_view v)
{
	add_varint(b, (uint64_t)number << 3 | 2);
	add_varint(b, v.len);
	pal_buf_add(b, v);
}

#define TENSORS 300u
#define NUMBERS (uint64_t)1790000 /* in each tensor, four bytes every one */

/* How long it takes to find all that a model of 2 GB says, in a sparse file: the tensors' numbers are not read. */
static void
structure(void)
{
	char              path[] = "/tmp/palisade-bench-XXXXXX";
	int               fd = mkstemp(path);
	struct pal_buf    t = pal_buf_of(0), model = pal_buf_of(0);
	struct pal_view   one = { 0 };
	struct pal_input  in = { .fd = -1 };
	uint64_t          raw = NUMBERS * 4, size = 0, whole = 0, pieces = 0;
	struct pal_limits limits = pal_limits_default;
	PAL_AUTO_ARENA    arena;
	struct pal_sink   sink = { .take = count, .arg = &pieces, .arena = &arena, .limits = &limits };
	double            start = 0;

	add_varint(&t, 1 << 3);
	add_varint(&t, NUMBERS);
	pal_buf_add_text(&t, "\x10\x01");
	add_field(&t, 8, pal_view_of("a tensor"));
	add_varint(&t, 9 << 3 | 2);
	add_varint(&t, raw);
	one = pal_buf_view(&t);
	whole = TENSORS * (one.len + raw + 5); /* a tag, and a length of four bytes */
	pal_buf_add_text(&model, "\x08\x08\x3a");
	add_varint(&model, whole);
	for (unsigned int i = 0; i < TENSORS && fd >= 0; i++) {
		pal_buf_add_byte(&model, 5 << 3 | 2);
		add_varint(&model, one.len + raw);
		pal_buf_add(&model, one);
		if (pwrite(fd, model.data, model.len, (off_t)size) != (ssize_t)model.len)
			exit(1);
		size += model.len + raw;
		pal_buf_clear(&model);
	}
	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		exit(1);
	for (int i = 0; i < 3; i++) {
		pieces = 0;
		in = pal_input_of_fd(fd, size);
		pal_arena_init(&arena, (size_t)64 << 20);
		start = now();
		if (pal_format_named("onnx")->parse(&in, &sink, NULL) != PAL_OK)
			exit(1);
		pal_input_done(&in);
		pal_arena_done(&arena);
	}
	printf("%-12s %-34s %8.1f ms   %12llu pieces\n", "onnx", "structure of 2 GB, 300 tensors",
	       (now() - start) * 1e3, (unsigned long long)pieces);
	(void)unlink(path);
	(void)close(fd);
	pal_buf_done(&t);
	pal_buf_done(&model);
}

int
main(void)
{
	struct pal_buf b = pal_buf_of(0);

	structure();

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
