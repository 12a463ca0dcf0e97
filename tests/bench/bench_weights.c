/*
 * bench_weights.c - how fast the numbers of a model are read: safetensors of float32, bfloat16 and float16, a file with
 * one worker and with all, and structure alone.
 *
 * usage: bench_weights [GB] [FOLDER]; makes a file of GB (4 if absent) below FOLDER (/tmp if absent) at a time.
 *        bench_weights make KIND GB FILE; only makes the file; kinds: float32, bfloat16, float16, "random bytes"
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "palisade/scan.h"
#include "palisade/threads.h"

#define TENSOR ((size_t)64 << 20)

struct kind {
	const char *name, *dtype;
	size_t      width;
	bool        half, noise;
};

static const struct kind kinds[] = {
	{ "float32", "F32", 4, false, false },
	{ "bfloat16", "BF16", 2, false, false },
	{ "float16", "F16", 2, true, false },
	{ "random bytes", "F32", 4, false, true },
};

static uint64_t state = 1;

static float
weight(void)
{
	double sum = 0;

	for (int k = 0; k < 4; k++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		sum += (double)(state >> 40) / 16777216 - 0.5;
	}
	return (float)(sum * 0.0341);
}

/* Round to nearest; the weights here are neither tiny nor huge. */
static uint16_t
half(float f)
{
	uint32_t bits;

	f *= 0x1p-112f;
	memcpy(&bits, &f, 4);
	return (uint16_t)((bits >> 16 & 0x8000) | ((bits & 0x7fffffff) + 0x1000) >> 13);
}

static void
fill(uint8_t *to, const struct kind *k)
{
	for (size_t i = 0; i < TENSOR / k->width; i++) {
		float    f = weight();
		uint16_t h = half(f);

		if (k->noise)
			memcpy(to + i * 4, (const uint8_t *)&state + 4, 4);
		else if (k->half)
			memcpy(to + i * 2, &h, 2);
		else
			memcpy(to + i * k->width, (const uint8_t *)&f + 4 - k->width, k->width);
	}
}

static void
make(const char *path, const struct kind *k, double gb)
{
	size_t   tensors = (size_t)fmax(1, gb * 1e9 / (double)TENSOR), at = 0;
	FILE    *f = fopen(path, "wb");
	uint8_t *numbers = malloc(TENSOR);
	char    *header = malloc(tensors * 160 + 64);
	uint64_t len = 0;

	if (f == NULL || numbers == NULL || header == NULL) {
		perror(path);
		exit(2);
	}
	fill(numbers, k);
	for (size_t i = 0; i < tensors; i++)
		at += (size_t)sprintf(
		    header + at,
		    "%s\"layers.%zu.weight\":{\"dtype\":\"%s\",\"shape\":[4096,%zu],\"data_offsets\":[%zu,%zu]}",
		    i == 0 ? "{" : ",", i, k->dtype, TENSOR / k->width / 4096, i * TENSOR, (i + 1) * TENSOR);
	header[at++] = '}';
	while (at % 8 != 0)
		header[at++] = ' ';
	len = at;
	(void)fwrite(&len, 8, 1, f);
	(void)fwrite(header, 1, at, f);
	for (size_t i = 0; i < tensors; i++) { /* the same numbers, turned, so that no two tensors are equal */
		size_t turn = (i * 977 * k->width) % TENSOR;

		(void)fwrite(numbers + turn, 1, TENSOR - turn, f);
		(void)fwrite(numbers, 1, turn, f);
	}
	if (fclose(f) != 0) {
		perror(path);
		exit(2);
	}
	free(numbers);
	free(header);
}

static double
cpu_of_children(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
measure(const char *what, const char *path, unsigned int workers, bool structure)
{
	struct pal_scan_options o = { .workers = workers, .structure = structure };
	struct pal_scanner     *s = NULL;
	struct pal_scan_result  r = { 0 };
	struct pal_diag         d = { 0 };
	struct rusage           u;
	PAL_AUTO_ARENA          a;
	double                  cpu = cpu_of_children(), gb = 0;

	pal_arena_init(&a, (size_t)64 << 20);
	if (pal_scanner_new(&o, &s, &d) != PAL_OK || pal_scan_file(s, path, &a, &r, &d) != PAL_OK) {
		(void)fprintf(stderr, "%s\n", d.text);
		exit(2);
	}
	pal_scanner_free(&s);
	cpu = cpu_of_children() - cpu;
	gb = (double)r.bytes / 1e9;
	(void)getrusage(RUSAGE_CHILDREN, &u);
	(void)printf("%-14s %2u worker%s %6.2f GB  %8llu ms  %6.2f GB/s  %6.2f GB a CPU-second  %3ld MB in a worker\n",
		     what, workers, workers == 1 ? " " : "s", gb, (unsigned long long)r.elapsed_ms,
		     gb * 1000 / (double)(r.elapsed_ms + (r.elapsed_ms == 0)), gb / cpu, u.ru_maxrss / 1024);
}

static int
only_make(char **argv)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[2]) == 0) {
			make(argv[4], &kinds[i], strtod(argv[3], NULL));
			return 0;
		}
	(void)fprintf(stderr, "bench_weights make: no numbers are called %s\n", argv[2]);
	return 2;
}

int
main(int argc, char **argv)
{
	double       gb = argc > 1 ? strtod(argv[1], NULL) : 4;
	unsigned int cores = pal_thread_count();
	char         root[256], path[300];

	if (argc > 0 && pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main();
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		return only_make(argv);
	(void)snprintf(root, sizeof(root), "%s/palisade-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
	if (mkdtemp(root) == NULL) {
		perror(root);
		return 2;
	}
	(void)snprintf(path, sizeof(path), "%s/a.safetensors", root);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		make(path, &kinds[i], gb);
		measure(kinds[i].name, path, 1, false);
		if (cores > 1)
			measure(kinds[i].name, path, cores, false);
		if (i == 0)
			measure("structure", path, 1, true);
		(void)unlink(path);
	}
	return rmdir(root) == 0 ? 0 : 2;
}
