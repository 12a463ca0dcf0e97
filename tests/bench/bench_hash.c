/*
 * bench_hash.c - how fast a tree is hashed and a signed model verified, against what OpenSSL says the cores can do.
 *
 * usage: bench_hash [MEGABYTES [FILES [FOLDER]]]; makes its files below FOLDER (/tmp if absent) and removes them.
 * The yardstick is measured here the way `openssl speed -evp sha256 -bytes 16384` does, on every core at once. Where
 * other programs run at the same time, the figure by processor time is the one to read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "palisade/clock.h"
#include "palisade/oms.h"
#include "palisade/threads.h"

#define CHUNK ((size_t)1 << 20)

static char    root[256];
static uint8_t chunk[CHUNK];

static uint64_t
number(int argc, char **argv, int i, uint64_t otherwise)
{
	uint64_t n = 0;

	return i < argc && pal_view_u64(pal_view_of(argv[i]), &n) && n > 0 ? n : otherwise;
}

static void
stop(const char *what, const struct pal_diag *d)
{
	(void)fprintf(stderr, "bench_hash: %s: %s\n", what, d->text);
	exit(2);
}

/* A stretch of work: time on the wall, and time of all processors together. */
struct span {
	double wall, cpu;
};

static struct span
now(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	return (struct span){ .wall = (double)pal_clock_mono_us() / 1e6,
			      .cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
				     (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6 };
}

static struct span
since(struct span start)
{
	struct span end = now();

	return (struct span){ .wall = end.wall - start.wall, .cpu = end.cpu - start.cpu };
}

/* One second of 16 KiB messages on each thread; *arg counts bytes. */
static enum pal_err
yardstick(void *arg, size_t item, unsigned int thread)
{
	_Atomic uint64_t *bytes = arg;
	uint64_t          start = pal_clock_mono_us(), done = 0;
	struct pal_digest g = { 0 };

	(void)item;
	(void)thread;
	while (pal_clock_mono_us() - start < 1000000) {
		PAL_TRY(pal_digest_of(PAL_SHA256, (struct pal_view){ chunk, 16384 }, &g));
		done += 16384;
	}
	(void)atomic_fetch_add(bytes, done);
	return PAL_OK;
}

static void
make_files(uint64_t bytes, uint64_t files)
{
	uint64_t each = bytes / files;
	char     path[512];

	for (size_t i = 0; i < CHUNK; i++)
		chunk[i] = (uint8_t)(i * 2654435761u >> 13);
	for (uint64_t i = 0; i < files; i++) {
		FILE *f = NULL;

		(void)snprintf(path, sizeof(path), "%s/f%06llu", root, (unsigned long long)i);
		f = fopen(path, "we");
		if (f == NULL) {
			perror(path);
			exit(2);
		}
		for (uint64_t done = 0; done < each; done += CHUNK) {
			size_t n = each - done < CHUNK ? (size_t)(each - done) : CHUNK;

			if (fwrite(chunk, 1, n, f) != n) {
				perror(path);
				exit(2);
			}
		}
		if (fclose(f) != 0)
			perror(path);
	}
}

static struct span
hash_tree(uint64_t shard_size, uint64_t *ret_bytes)
{
	PAL_AUTO_ARENA              arena;
	struct pal_manifest_options o = { .shard_size = shard_size };
	struct pal_manifest         m = { 0 };
	struct pal_diag             d = { 0 };
	struct span                 start = now();

	pal_arena_init(&arena, (size_t)1 << 30);
	if (pal_manifest_make(root, &o, &arena, &m, &d) != PAL_OK)
		stop("hash", &d);
	*ret_bytes = m.bytes;
	return since(start);
}

static struct span
verify_model(void)
{
	PAL_AUTO_ARENA        arena;
	PAL_AUTO_KEY          key = NULL;
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	struct pal_oms_model  m = { .path = root };
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };
	struct span           start;

	pal_arena_init(&arena, (size_t)1 << 30);
	if (pal_key_generate(PAL_KEY_P256, &key, &d) != PAL_OK ||
	    pal_oms_sign(&m, &(struct pal_oms_signer){ .key = key }, &bundle, &d) != PAL_OK)
		stop("sign", &d);
	start = now();
	if (pal_oms_verify(pal_buf_view(&bundle), &m, &(struct pal_oms_trust){ .key = key }, &arena, &r, &d) != PAL_OK)
		stop("verify", &d);
	return since(start);
}

static void
remove_files(uint64_t files)
{
	char path[512];

	for (uint64_t i = 0; i < files; i++) {
		(void)snprintf(path, sizeof(path), "%s/f%06llu", root, (unsigned long long)i);
		(void)unlink(path);
	}
	(void)rmdir(root);
}

/* most: bytes that one processor hashes in a second of its time; rate: all of them together on the wall. */
static void
report(const char *what, struct span t, uint64_t bytes, double rate, double most)
{
	(void)printf("%-24s %7.2f s  %8.0f MB/s  %3.0f %% of the yardstick; by processor time %3.0f %%\n", what, t.wall,
		     (double)bytes / 1e6 / t.wall, 100 * (double)bytes / t.wall / rate,
		     100 * (double)bytes / t.cpu / most);
}

int
main(int argc, char **argv)
{
	uint64_t         bytes = number(argc, argv, 1, 4096) << 20, files = number(argc, argv, 2, 16), read = 0;
	unsigned int     cores = pal_thread_count();
	_Atomic uint64_t yard = 0;
	struct span      start, yard_time;
	double           rate = 0, most = 0;
	struct rusage    use;

	(void)snprintf(root, sizeof(root), "%s/palisade-hash-XXXXXX", argc > 3 ? argv[3] : "/tmp");
	if (mkdtemp(root) == NULL) {
		perror(root);
		return 2;
	}
	make_files(bytes, files);
	start = now();
	if (pal_parallel(cores, cores, yardstick, &yard) != PAL_OK)
		return 2;
	yard_time = since(start);
	rate = (double)yard / yard_time.wall;
	most = (double)yard / yard_time.cpu;
	(void)printf("%llu MB in %llu files, %u cores; sha256 on messages of 16 KiB: %.0f MB/s\n",
		     (unsigned long long)(bytes >> 20), (unsigned long long)files, cores, rate / 1e6);
	(void)hash_tree(0, &read); /* once, so that all runs read from the page cache alike */
	report("hash whole files", hash_tree(0, &read), read, rate, most);
	report("hash pieces of 64 MiB", hash_tree(UINT64_C(64) << 20, &read), read, rate, most);
	report("verify a model", verify_model(), read, rate, most);
	(void)getrusage(RUSAGE_SELF, &use);
	(void)printf("peak memory %.1f MB\n", (double)use.ru_maxrss / 1024);
	remove_files(files);
	return 0;
}
