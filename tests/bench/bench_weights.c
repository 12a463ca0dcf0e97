/*
 * bench_weights.c - how fast the numbers of a model are read: safetensors of float32 and bfloat16, and structure alone.
 *
 * usage: bench_weights [GB] [FOLDER]; makes files of GB (4 if absent) below FOLDER (/tmp if absent) and removes them.
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

static void
fill(uint8_t *to, size_t width)
{
	for (size_t i = 0; i < TENSOR / width; i++) {
		float f = weight();

		memcpy(to + i * width, (const uint8_t *)&f + 4 - width, width);
	}
}

static void
make(const char *path, const char *dtype, size_t width, size_t tensors)
{
	FILE    *f = fopen(path, "wb");
	uint8_t *numbers = malloc(TENSOR);
	char    *header = malloc(tensors * 160 + 64);
	uint64_t len = 0;
	size_t   at = 0;

	if (f == NULL || numbers == NULL || header == NULL) {
		perror(path);
		exit(2);
	}
	fill(numbers, width);
	for (size_t i = 0; i < tensors; i++)
		at += (size_t)sprintf(
		    header + at,
		    "%s\"layers.%zu.weight\":{\"dtype\":\"%s\",\"shape\":[4096,%zu],\"data_offsets\":[%zu,%zu]}",
		    i == 0 ? "{" : ",", i, dtype, TENSOR / width / 4096, i * TENSOR, (i + 1) * TENSOR);
	header[at++] = '}';
	len = at;
	(void)fwrite(&len, 8, 1, f);
	(void)fwrite(header, 1, at, f);
	for (size_t i = 0; i < tensors; i++) { /* the same numbers, turned, so that no two tensors are equal */
		size_t turn = (i * 977 * width) % TENSOR;

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
measure(const char *what, const char *root, const char *const *paths, size_t count, bool structure)
{
	struct pal_scan_options o = { .workers = (unsigned int)count, .structure = structure };
	struct pal_scanner     *s = NULL;
	struct pal_scan_result  r = { 0 };
	struct pal_diag         d = { 0 };
	struct rusage           u;
	PAL_AUTO_ARENA          a;
	double                  cpu = cpu_of_children(), gb = 0;

	pal_arena_init(&a, (size_t)64 << 20);
	if (pal_scanner_new(&o, &s, &d) != PAL_OK || pal_scan(s, root, paths, count, &a, &r, &d) != PAL_OK) {
		(void)fprintf(stderr, "%s\n", d.text);
		exit(2);
	}
	pal_scanner_free(&s);
	cpu = cpu_of_children() - cpu;
	gb = (double)r.bytes / 1e9;
	(void)getrusage(RUSAGE_CHILDREN, &u);
	(void)printf("%-32s %6.2f GB  %8llu ms  %6.2f GB/s  %6.2f GB a CPU-second  %3ld MB in a worker\n", what, gb,
		     (unsigned long long)r.elapsed_ms, gb * 1000 / (double)(r.elapsed_ms + (r.elapsed_ms == 0)),
		     gb / cpu, u.ru_maxrss / 1024);
}

int
main(int argc, char **argv)
{
	static const char *const one[] = { "a.safetensors", "b.safetensors" };
	double                   gb = argc > 1 ? strtod(argv[1], NULL) : 4;
	size_t                   tensors = (size_t)fmax(1, gb * 1e9 / (double)TENSOR / 2);
	char                     root[256], a[300], b[300];

	if (argc > 0 && pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main();
	(void)snprintf(root, sizeof(root), "%s/palisade-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
	if (mkdtemp(root) == NULL) {
		perror(root);
		return 2;
	}
	(void)snprintf(a, sizeof(a), "%s/a.safetensors", root);
	(void)snprintf(b, sizeof(b), "%s/b.safetensors", root);
	make(a, "F32", 4, tensors);
	make(b, "BF16", 2, tensors);
	measure("float32, 1 worker", root, one, 1, false);
	measure("bfloat16, 1 worker", root, one + 1, 1, false);
	if (pal_thread_count() > 1)
		measure("both, 2 workers", root, one, 2, false);
	measure("float32, structure alone", root, one, 1, true);
	(void)unlink(a);
	(void)unlink(b);
	return rmdir(root) == 0 ? 0 : 2;
}
