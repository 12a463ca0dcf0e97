/* bench_ledger.c - appends a second by batch size, proofs at N entries, verification; usage: bench_ledger [ENTRIES
 * [FOLDER]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "palisade/clock.h"
#include "palisade/file.h"
#include "palisade/key.h"
#include "palisade/ledger.h"

#define ENTRY  300
#define SMALL  32
#define BATCH  ((size_t)1 << 16)
#define PROOFS 2000

static struct pal_view views[1 << 16];
static char            texts[1 << 16][ENTRY];

/* Entries that differ, so that nothing is found to be there already. */
static void
fill(size_t count, size_t len, uint64_t from)
{
	for (size_t i = 0; i < count; i++) {
		int n = snprintf(texts[i], ENTRY, "%020llu", (unsigned long long)(from + i));

		memset(texts[i] + n, '.', len - (size_t)n);
		views[i] = (struct pal_view){ (const uint8_t *)texts[i], len };
	}
}

static void
must(enum pal_err err, const struct pal_diag *d)
{
	if (err == PAL_OK)
		return;
	printf("failed: %s: %s\n", pal_err_text(err), d->text);
	exit(1);
}

/* LEDGER.vkey, where palisade log and other clients find it. */
static void
write_vkey(const char *dir, const struct pal_vkey *vkey)
{
	PAL_AUTO_BUF    path = pal_buf_of(0);
	PAL_AUTO_BUF    text = pal_buf_of(0);
	struct pal_diag d = { 0 };

	pal_buf_printf(&path, "%s.vkey", dir);
	pal_vkey_add(&text, vkey);
	pal_buf_add_byte(&text, '\n');
	must(pal_file_write(pal_buf_text(&path), pal_buf_view(&text), 0644, &d), &d);
}

static void
bench_append(const struct pal_ledger_access *at, size_t batch, size_t total)
{
	PAL_AUTO_LEDGER l = NULL;
	struct pal_diag d = { 0 };
	uint64_t        first = 0, took = 0, start = 0;

	must(pal_ledger_open(at, &l, &d), &d);
	for (size_t done = 0; done < total; done += batch) {
		fill(batch, ENTRY, pal_ledger_size(l));
		start = pal_clock_mono_us();
		must(pal_ledger_append_batch(l, views, batch, &first, &d), &d);
		took += pal_clock_mono_us() - start;
	}
	start = pal_clock_mono_us();
	must(pal_ledger_close(&l, &d), &d);
	took += pal_clock_mono_us() - start;
	printf("append  batches of %6zu x %d bytes: %9.0f entries/s, %8.2f ms a batch\n", batch, ENTRY,
	       (double)total * 1e6 / (double)took, (double)took / 1e3 / ((double)total / (double)batch));
}

static void
grow(const struct pal_ledger_access *at, uint64_t entries)
{
	PAL_AUTO_LEDGER l = NULL;
	struct pal_diag d = { 0 };
	uint64_t        first = 0, start = pal_clock_mono_us();

	must(pal_ledger_open(at, &l, &d), &d);
	while (pal_ledger_size(l) < entries) {
		size_t n = entries - pal_ledger_size(l) < BATCH ? (size_t)(entries - pal_ledger_size(l)) : BATCH;

		fill(n, SMALL, pal_ledger_size(l));
		must(pal_ledger_append_batch(l, views, n, &first, &d), &d);
	}
	must(pal_ledger_close(&l, &d), &d);
	printf("grow    to %llu entries of %d bytes: %.1f s\n", (unsigned long long)entries, SMALL,
	       (double)(pal_clock_mono_us() - start) / 1e6);
}

static int
by_time(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Each proof with a handle of its own: opening, reading the tiles on the path, checking. Then all with one handle. */
static void
bench_proofs(const struct pal_ledger_access *at)
{
	static uint64_t  took[PROOFS];
	struct pal_diag  d = { 0 };
	struct pal_proof p = { 0 };
	unsigned int     seed = 1;
	PAL_AUTO_LEDGER  one = NULL;
	uint64_t         start = 0, sum = 0;

	must(pal_ledger_open(at, &one, &d), &d);
	for (size_t i = 0; i < PROOFS; i++) {
		PAL_AUTO_LEDGER l = NULL;
		uint64_t index = ((uint64_t)rand_r(&seed) << 20 ^ (uint64_t)rand_r(&seed)) % pal_ledger_size(one);

		start = pal_clock_mono_us();
		must(pal_ledger_open(at, &l, &d), &d);
		must(pal_ledger_prove_inclusion(l, index, &p, &d), &d);
		took[i] = pal_clock_mono_us() - start;
		start = pal_clock_mono_us();
		must(pal_ledger_prove_inclusion(one, index, &p, &d), &d);
		sum += pal_clock_mono_us() - start;
	}
	qsort(took, PROOFS, sizeof(took[0]), by_time);
	printf("proof   of %llu entries, a new handle each: median %.3f ms, 99 %% %.3f ms, worst %.3f ms\n",
	       (unsigned long long)pal_ledger_size(one), (double)took[PROOFS / 2] / 1e3,
	       (double)took[PROOFS * 99 / 100] / 1e3, (double)took[PROOFS - 1] / 1e3);
	printf("proof   the same with one handle: %.3f ms on average\n", (double)sum / PROOFS / 1e3);
}

static void
bench_verify(const struct pal_ledger_access *at)
{
	PAL_AUTO_ARENA           a;
	struct pal_ledger_report report = { 0 };
	struct pal_diag          d = { 0 };
	uint64_t                 start = pal_clock_mono_us();

	pal_arena_init(&a, (size_t)64 << 20);
	must(pal_ledger_verify(at->dir, at->vkey, &a, NULL, &report, &d), &d);
	start = pal_clock_mono_us() - start;
	printf("verify  %llu entries: %.2f s, %.0f entries/s\n", (unsigned long long)report.head.size,
	       (double)start / 1e6, (double)report.head.size * 1e6 / (double)start);
}

int
main(int argc, char **argv)
{
	static const size_t      batches[] = { 1, 10, 100, 1000, 10000 };
	uint64_t                 entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	const char              *folder = argc > 2 ? argv[2] : ".";
	char                     dir[256] = "";
	PAL_AUTO_KEY             key = NULL;
	struct pal_vkey          vkey = { 0 };
	struct pal_diag          d = { 0 };
	struct pal_ledger_access at = { .dir = dir, .vkey = &vkey, .wait_ms = 1000 };

	must(pal_key_generate(PAL_KEY_ED25519, &key, &d), &d);
	must(pal_vkey_of("example.org/bench", key, &vkey, &d), &d);
	at.key = key;
	for (size_t i = 0; i <= sizeof(batches) / sizeof(batches[0]); i++) {
		bool last = i == sizeof(batches) / sizeof(batches[0]);

		(void)snprintf(dir, sizeof(dir), "%s/bench-ledger-%zu", folder, i);
		must(pal_ledger_create(&at, &d), &d);
		write_vkey(dir, &vkey);
		if (!last)
			bench_append(&at, batches[i], batches[i] < 100 ? 500 * batches[i] : 100000);
	}
	grow(&at, entries);
	at.key = NULL;
	bench_proofs(&at);
	bench_verify(&at);
	printf("left in %s/bench-ledger-*\n", folder);
	return 0;
}
