/* test_checkpoint.c - the three lines, and whose they are. */
#include "palisade/checkpoint.h"

#include "corpus.h"
#include "mutate.h"
#include "palisade/key.h"

#define CORPUS SOURCE_DIR "/tests/corpus/checkpoint"

static void
is_good(struct pal_view sample, const char *what)
{
	struct pal_checkpoint c = { 0 };
	struct pal_note       n = { 0 };

	if (pal_note_parse(sample, &n, NULL) == PAL_OK)
		sample = n.text;
	CHECK_SAY(pal_checkpoint_parse(sample, &c, NULL) == PAL_OK && c.head.size == 700, what);
	CHECK_SAY(pal_view_is(c.origin, "example.org/demo"), what);
}

static void
is_bad(struct pal_view sample, const char *what)
{
	struct pal_checkpoint c = { 0 };
	struct pal_diag       d = { 0 };

	CHECK_SAY(pal_checkpoint_parse(sample, &c, &d) == PAL_EFORM && d.text[0] != '\0', what);
}

/* Damage may leave another valid text; then it must say something else, or say it in extension lines. */
static void
damaged(struct pal_view text, void *arg)
{
	const struct pal_view *good = arg;
	struct pal_checkpoint  a = { 0 }, b = { 0 };

	if (pal_view_eq(text, *good) || pal_checkpoint_parse(text, &a, NULL) != PAL_OK)
		return;
	CHECK(pal_checkpoint_parse(*good, &b, NULL) == PAL_OK);
	CHECK(!pal_view_eq(a.origin, b.origin) || a.head.size != b.head.size ||
	      !pal_hash_eq(&a.head.root, &b.head.root) || !pal_view_eq(a.extensions, b.extensions));
}

static void
test_sign(void)
{
	struct pal_tree_head  head = { .size = 20852163, .root = pal_tree_empty() };
	PAL_AUTO_KEY          key = NULL;
	PAL_AUTO_KEY          other = NULL;
	PAL_AUTO_BUF          b = pal_buf_of(0);
	PAL_AUTO_BUF          cross = pal_buf_of(0);
	struct pal_vkey       vkey = { 0 }, stranger = { 0 };
	struct pal_checkpoint c = { 0 };
	struct pal_diag       d = { 0 };

	CHECK(pal_key_generate(PAL_KEY_ED25519, &key, NULL) == PAL_OK &&
	      pal_key_generate(PAL_KEY_ED25519, &other, NULL) == PAL_OK);
	CHECK(pal_vkey_of("example.com/behind-the-sofa", key, &vkey, NULL) == PAL_OK);
	CHECK(pal_vkey_of("example.com/behind-the-sofa", other, &stranger, NULL) == PAL_OK);
	CHECK(pal_checkpoint_sign(&head, &vkey, key, &b, NULL) == PAL_OK);
	CHECK(pal_view_starts(pal_buf_view(&b), "example.com/behind-the-sofa\n20852163\n"
						"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"));
	CHECK(pal_checkpoint_open(pal_buf_view(&b), &vkey, &c, NULL) == PAL_OK && c.head.size == head.size &&
	      pal_hash_eq(&c.head.root, &head.root) && c.extensions.len == 0);
	CHECK(pal_checkpoint_open(pal_buf_view(&b), &stranger, &c, NULL) == PAL_EVERIFY);

	/* A text about another log, truly signed by this key, is no checkpoint of this log. */
	CHECK(pal_note_sign(pal_view_of("other.example\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), &vkey, key,
			    &cross, NULL) == PAL_OK);
	CHECK(pal_checkpoint_open(pal_buf_view(&cross), &vkey, &c, &d) == PAL_EVERIFY &&
	      strstr(d.text, "other.example") != NULL);
}

int
main(void)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_view v;

	CHECK(corpus_each(CORPUS "/good", is_good) >= 3);
	CHECK(corpus_each(CORPUS "/bad", is_bad) >= 5);
	CHECK(pal_file_read(CORPUS "/good/body", 4096, &b, NULL) == PAL_OK);
	v = pal_buf_view(&b);
	pal_mutate_all(v, damaged, &v);
	test_sign();
	return check_done();
}
