/*
 * bench_scan.c - what workers cost and give: many small files (a process boundary each), one large table, memory.
 *
 * usage: bench_scan [FOLDER]; makes its files below FOLDER (/tmp if absent) and removes them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/scan.h"
#include "palisade/threads.h"

#define SMALL_FILES 10000
#define LARGE_ROWS  8000000

static char        root[256];
static char        names[SMALL_FILES][16];
static const char *paths[SMALL_FILES];

static FILE *
make(const char *name)
{
	char  path[512];
	FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "we");
	if (f == NULL) {
		perror(path);
		exit(2);
	}
	return f;
}

static void
make_small(void)
{
	for (size_t i = 0; i < SMALL_FILES; i++) {
		FILE *f = NULL;

		(void)snprintf(names[i], sizeof(names[i]), "%zu.csv", i);
		paths[i] = names[i];
		f = make(names[i]);
		(void)fputs("id,colour,weight\n", f);
		for (size_t row = 0; row < 20; row++)
			(void)fprintf(f, "%zu,colour %zu,%zu.5\n", row, i % 17, row * i % 101);
		(void)fclose(f);
	}
}

static void
make_large(void)
{
	FILE *f = make("large.csv");

	(void)fputs("id,colour,weight\n", f);
	for (size_t row = 0; row < LARGE_ROWS; row++)
		(void)fprintf(f, "%zu,colour %zu,%zu.5\n", row, row % 17, row % 101);
	(void)fclose(f);
}

static void
measure(const char *what, unsigned int workers, bool here, const char *const *files, size_t count)
{
	struct pal_scan_options o = { .workers = workers, .no_sandbox = here };
	struct pal_scanner     *s = NULL;
	struct pal_scan_result  r = { 0 };
	struct pal_diag         d = { 0 };
	struct rusage           parent, children;
	PAL_AUTO_ARENA          a;
	double                  seconds = 0;

	pal_arena_init(&a, (size_t)1 << 30);
	if (pal_scanner_new(&o, &s, &d) != PAL_OK || pal_scan(s, root, files, count, &a, &r, &d) != PAL_OK) {
		(void)fprintf(stderr, "%s\n", d.text);
		exit(2);
	}
	pal_scanner_free(&s);
	(void)getrusage(RUSAGE_SELF, &parent);
	(void)getrusage(RUSAGE_CHILDREN, &children);
	seconds = (double)(r.elapsed_ms == 0 ? 1 : r.elapsed_ms) / 1000;
	(void)printf("%-24s %2u %s  %7.3f s  %9.0f files/s  %8.1f MB/s  most memory: worker %ld MB, parent %ld MB\n",
		     what, workers, here ? "in process " : "worker(s)  ", seconds, (double)count / seconds,
		     (double)r.bytes / 1e6 / seconds, children.ru_maxrss / 1024, parent.ru_maxrss / 1024);
}

int
main(int argc, char **argv)
{
	static const char *const large[] = { "large.csv" };
	char                     command[300];
	unsigned int             cores = pal_thread_count();

	if (argc > 0 && pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main();
	(void)snprintf(root, sizeof(root), "%s/palisade-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
	if (mkdtemp(root) == NULL) {
		perror(root);
		return 2;
	}
	make_small();
	make_large();
	measure("10,000 small files", 1, true, paths, SMALL_FILES);
	measure("10,000 small files", 1, false, paths, SMALL_FILES);
	if (cores > 1)
		measure("10,000 small files", cores, false, paths, SMALL_FILES);
	measure("one table, 150 MB", 1, false, large, 1);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command) == 0 ? 0 : 2;
}
