/* test_journal.c - records both ways; whatever is damaged is not read, and what stands before it is. */
#include "merkle/journal.h"

#include "corpus.h"
#include "mutate.h"

#define CORPUS SOURCE_DIR "/tests/corpus/journal"

static size_t
count_records(struct pal_view journal)
{
	struct pal_journal_record r = { 0 };
	size_t                    n = 0;

	for (; pal_journal_next(&journal, &r); n++)
		CHECK(r.first == 5 && r.count == 2 && r.entries.len == 8 &&
		      pal_view_starts(r.checkpoint, "example.org"));
	return n;
}

static void
is_good(struct pal_view sample, const char *what)
{
	CHECK_SAY(count_records(sample) == (strcmp(what, "two") == 0 ? 2 : 1), what);
}

static void
is_bad(struct pal_view sample, const char *what)
{
	CHECK_SAY(count_records(sample) == 0, what);
}

static void
damaged(struct pal_view journal, void *arg)
{
	const struct pal_view *good = arg;
	size_t                 n = count_records(journal);
	size_t                 first = 0;

	while (first < journal.len && journal.data[first] == good->data[first])
		first++;
	CHECK(pal_view_eq(journal, *good) ? n == 2 : n == (first >= good->len / 2 ? 1u : 0u));
}

int
main(void)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_view v;

	CHECK(corpus_each(CORPUS "/good", is_good) == 2);
	CHECK(corpus_each(CORPUS "/bad", is_bad) == 2);
	CHECK(pal_file_read(CORPUS "/good/two", 4096, &b, NULL) == PAL_OK);
	v = pal_buf_view(&b);
	pal_mutate_all(v, damaged, &v);
	return check_done();
}
