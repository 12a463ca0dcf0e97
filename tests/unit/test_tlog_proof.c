/* test_tlog_proof.c - proof files: a good one, broken ones, and every byte of a good one changed. */
#include "palisade/tlog_proof.h"

#include "corpus.h"
#include "mutate.h"

#define CORPUS SOURCE_DIR "/tests/corpus/tlog_proof"
#define KEY    "example.org/demo+41d0a74b+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB"
#define ENTRY  "entry number 17"

static struct pal_vkey key;

static enum pal_err
check_text(struct pal_view text, const char *entry, struct pal_diag *d)
{
	struct pal_tlog_proof p = { 0 };
	struct pal_tree_head  head = { 0 };

	PAL_TRY(pal_tlog_proof_parse(text, &p, d));
	PAL_TRY(pal_tlog_proof_check(&p, &key, pal_view_of(entry), &head, d));
	CHECK(p.index == 17 && head.size == 700);
	return PAL_OK;
}

static void
is_good(struct pal_view sample, const char *what)
{
	CHECK_SAY(check_text(sample, ENTRY, NULL) == PAL_OK, what);
	CHECK_SAY(check_text(sample, "entry number 18", NULL) == PAL_EVERIFY, what);
}

static void
is_bad(struct pal_view sample, const char *what)
{
	struct pal_tlog_proof p = { 0 };
	struct pal_diag       d = { 0 };

	CHECK_SAY(pal_tlog_proof_parse(sample, &p, &d) != PAL_OK && d.text[0] != '\0', what);
}

static void
damaged(struct pal_view text, void *arg)
{
	const struct pal_view *good = arg;

	CHECK(pal_view_eq(text, *good) || check_text(text, ENTRY, NULL) != PAL_OK);
}

int
main(void)
{
	PAL_AUTO_BUF          b = pal_buf_of(0);
	PAL_AUTO_BUF          again = pal_buf_of(0);
	struct pal_tlog_proof p = { 0 };
	struct pal_view       v;

	CHECK(pal_vkey_parse(pal_view_of(KEY), &key, NULL) == PAL_OK);
	CHECK(corpus_each(CORPUS "/good", is_good) >= 2);
	CHECK(corpus_each(CORPUS "/bad", is_bad) >= 6);
	CHECK(pal_file_read(CORPUS "/good/17", 4096, &b, NULL) == PAL_OK);
	v = pal_buf_view(&b);
	CHECK(pal_tlog_proof_parse(v, &p, NULL) == PAL_OK && p.extra.len == 0);
	pal_tlog_proof_add(&again, p.index, &p.proof, p.checkpoint);
	CHECK(pal_view_eq(pal_buf_view(&again), v));
	pal_mutate_all(v, damaged, &v);
	return check_done();
}
