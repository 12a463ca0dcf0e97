/*
 * bench_detect.c - the detectors alone on files of text: speed of one core, and what they find.
 *
 *   bench_detect FILE...            MB a CPU-second for each part, best of three
 *   bench_detect --hits FILE...     one line a hit: file, offset, rule, confidence
 *   bench_detect --lines FILE       one line of the file at a time; line number, rule, confidence, start, end
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "palisade/file.h"

#include "../../src/detect/rules.h"
#include "../../src/detect/sweep.h"

static double
cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct count {
	const char *path;
	uint64_t    hits, low;
	bool        print;
};

static enum pal_err
take(void *arg, struct pal_view text, uint64_t at, struct pal_hit *hits, size_t n)
{
	static const char *const names[] = { "none", "low", "medium", "high" };
	struct count            *c = arg;

	(void)text;
	c->hits += n;
	for (size_t i = 0; i < n; i++) {
		c->low += hits[i].belief == PAL_BELIEF_LOW;
		if (c->print)
			printf("%s\t%llu\t%s\t%s\n", c->path, (unsigned long long)(at + hits[i].start),
			       hits[i].def->rule.id, names[hits[i].belief]);
	}
	return PAL_OK;
}

static void
no_run(void *arg, const struct pal_run_hit *hit)
{
	(void)hit;
	++*(uint64_t *)arg;
}

static int
bench(struct pal_detect *rules, struct pal_scanner_state *s, struct pal_view text, const char *path, bool print)
{
	struct count         c = { .path = path, .print = print };
	struct pal_sweep     w = { rules->engine, s, false, take, &c };
	struct pal_scan_text t = { text, { NULL, 0 } };
	double               best = 1e9, runs = 1e9;
	uint64_t             shapes = 0;

	for (int k = 0; k < (print ? 1 : 3); k++) {
		double began = cpu_seconds(), took;

		c.hits = c.low = 0;
		if (pal_sweep_text(&w, &t) != PAL_OK)
			return 1;
		took = cpu_seconds() - began;
		best = took < best ? took : best;
		began = cpu_seconds();
		pal_runs_scan(&rules->engine->runs, text, no_run, &shapes);
		took = cpu_seconds() - began;
		runs = took < runs ? took : runs;
	}
	if (!print)
		printf("%s: %.1f MB, all %.0f MB/s, run scanner alone %.0f MB/s, %llu hits, %llu of low confidence\n",
		       path, (double)text.len / 1e6, (double)text.len / 1e6 / best, (double)text.len / 1e6 / runs,
		       (unsigned long long)c.hits, (unsigned long long)c.low);
	return 0;
}

static int
lines(struct pal_detect *rules, struct pal_scanner_state *s, struct pal_view text)
{
	struct pal_view line;
	size_t          number = 0;

	while (pal_view_line(&text, &line)) {
		struct pal_scan_text t = { line, { NULL, 0 } };

		number++;
		if (pal_engine_scan(rules->engine, s, &t, false) != PAL_OK)
			return 1;
		for (size_t i = 0; i < s->hit_count; i++)
			printf("%zu\t%s\t%d\t%zu\t%zu\n", number, s->hits[i].def->rule.id, (int)s->hits[i].belief,
			       s->hits[i].start, s->hits[i].end);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct pal_detect        *rules = NULL;
	struct pal_scanner_state *s = NULL;
	struct pal_diag           d = { .text = "" };
	bool                      print = argc > 1 && strcmp(argv[1], "--hits") == 0;
	bool                      by_line = argc > 1 && strcmp(argv[1], "--lines") == 0;
	double                    began = cpu_seconds();
	int                       bad = 0;

	if (pal_detect_load(NULL, &rules, &d) != PAL_OK) {
		printf("%s\n", d.text);
		return 2;
	}
	if (!print && !by_line)
		printf("rules loaded in %.2f ms", (cpu_seconds() - began) * 1e3);
	began = cpu_seconds();
	if (pal_engine_borrow(rules->engine, &s) != PAL_OK)
		return 2;
	if (!print && !by_line)
		printf(", patterns compiled in %.0f ms\n", (cpu_seconds() - began) * 1e3);
	for (int i = print || by_line ? 2 : 1; i < argc; i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		if (pal_file_read(argv[i], (size_t)1 << 30, &b, &d) != PAL_OK) {
			printf("%s\n", d.text);
			bad = 2;
			continue;
		}
		bad |= by_line ? lines(rules, s, pal_buf_view(&b)) : bench(rules, s, pal_buf_view(&b), argv[i], print);
	}
	pal_engine_return(rules->engine, &s);
	pal_detect_free(&rules);
	return bad;
}
