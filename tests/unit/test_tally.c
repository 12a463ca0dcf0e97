/* test_tally.c - a table counted in a real worker, tables that cannot be counted, and a worker that lies. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "mutate.h"
#include "palisade/buf.h"
#include "palisade/scan.h"
#include "palisade/tally.h"

static const struct pal_tally_columns columns = { .truth = "y", .predicted = "p", .group = "sex" };

static enum pal_err
count(const char *text, struct pal_arena *a, struct pal_scores *s, struct pal_diag *d)
{
	char         name[] = "/tmp/palisade-tally-XXXXXX";
	int          fd = mkstemp(name);
	enum pal_err err = PAL_OK;

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	err = pal_tally(fd, strlen(text), &columns, a, s, d);
	(void)close(fd);
	(void)unlink(name);
	return err;
}

static void
expect_error(const char *text, const char *words)
{
	struct pal_arena  a;
	struct pal_scores s;
	struct pal_diag   d = { 0 };

	pal_arena_init(&a, 1 << 24);
	CHECK_SAY(count(text, &a, &s, &d) != PAL_OK && strstr(d.text, words) != NULL, d.text);
	pal_arena_done(&a);
}

static int right; /* damaged copies that still decode: counts changed, nothing worse */

static void
decode(struct pal_view damaged, void *arg)
{
	struct pal_arena  a;
	struct pal_scores s;

	(*(int *)arg)++;
	pal_arena_init(&a, 1 << 20);
	right += pal_tally_decode(damaged, &a, &s) == PAL_OK;
	pal_arena_done(&a);
}

int
main(int argc, char **argv)
{
	struct pal_arena  a;
	struct pal_scores s, again;
	struct pal_metric m = { 0 };
	struct pal_diag   d = { 0 };
	PAL_AUTO_BUF      bytes = pal_buf_of(0);
	int               tried = 0;

	(void)argc;
	if (pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main();
	pal_arena_init(&a, 1 << 24);
	CHECK_SAY(count("id,y,p,sex\n1,a,a,f\n2,a,b,m\n3,b,b,f\n4,b,b,m\n", &a, &s, &d) == PAL_OK, d.text);
	CHECK(pal_scores_metric(&s, "accuracy", "", NULL, &m) == PAL_OK && m.count == 4 && m.value > 0.74 &&
	      m.value < 0.76);
	CHECK(pal_scores_metric(&s, "accuracy", "f", NULL, &m) == PAL_OK && m.count == 2 && m.value > 0.99);
	pal_tally_encode(&s, &bytes);
	CHECK(pal_tally_decode(pal_buf_view(&bytes), &a, &again) == PAL_OK && again.cells.count == s.cells.count);
	pal_mutate_all(pal_buf_view(&bytes), decode, &tried);
	CHECK(tried > 1000 && right < tried);
	pal_arena_done(&a);
	expect_error("id,y,sex\n1,a,f\n", "no column \"p\"");
	expect_error("y,p,sex\na,b,f\nb,b,m\na\n", "row 3");
	expect_error("\x89PNG....", "column");
	return check_done();
}
