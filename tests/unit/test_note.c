/* test_note.c - signed notes: the example of the specification, who may sign, and every byte damaged. */
#include "palisade/note.h"

#include "corpus.h"
#include "mutate.h"
#include "palisade/key.h"

#define CORPUS  SOURCE_DIR "/tests/corpus/note"
#define VECTORS SOURCE_DIR "/../shared/vectors/supply/signed_note"
#define KEY     "example.org/demo+41d0a74b+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB"
#define DASH    "\xe2\x80\x94"

static struct pal_vkey corpus_key;

static void
is_good(struct pal_view sample, const char *what)
{
	struct pal_note n = { 0 };

	CHECK_SAY(pal_note_parse(sample, &n, NULL) == PAL_OK, what);
}

static void
is_bad(struct pal_view sample, const char *what)
{
	struct pal_note n = { 0 };
	struct pal_diag d = { 0 };

	CHECK_SAY(pal_note_parse(sample, &n, &d) != PAL_OK && d.text[0] != '\0' && n.count == 0, what);
}

static void
test_corpus(void)
{
	CHECK(corpus_each(CORPUS "/good", is_good) >= 3);
	CHECK(corpus_each(CORPUS "/bad", is_bad) >= 7);
}

/* A note whose every byte matters must not verify once one has changed. */
static void
damaged(struct pal_view note, void *arg)
{
	struct pal_note        n = { 0 };
	const struct pal_view *good = arg;

	if (pal_view_eq(note, *good))
		return;
	CHECK(pal_note_parse(note, &n, NULL) != PAL_OK || pal_note_verify(&n, &corpus_key, 1, NULL) == PAL_EVERIFY);
}

static void
test_damage(void)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_note n = { 0 };
	struct pal_view v;

	CHECK(pal_vkey_parse(pal_view_of(KEY), &corpus_key, NULL) == PAL_OK);
	CHECK(pal_file_read(CORPUS "/good/checkpoint", 4096, &b, NULL) == PAL_OK);
	v = pal_buf_view(&b);
	CHECK(pal_note_parse(v, &n, NULL) == PAL_OK && pal_note_verify(&n, &corpus_key, 1, NULL) == PAL_OK);
	pal_mutate_all(v, damaged, &v);
}

static void
test_vkeys(void)
{
	static const struct {
		const char  *text;
		enum pal_err want;
	} cases[] = {
		{ KEY, PAL_OK },
		{ KEY "\n", PAL_OK },
		{ "", PAL_EFORM },
		{ "example.org/demo", PAL_EFORM },
		{ "+41d0a74b+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB", PAL_EFORM },
		{ "example org+41d0a74b+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB", PAL_EFORM },
		{ "example.org/demo+41d0a74c+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB", PAL_EFORM },
		{ "example.org/demo+41d0a7+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB", PAL_EFORM },
		{ "example.org/demo+41d0a74b+BBynHJCI4SGxECVW6art4uAuUUbOsO5IV+RB0s5MyMYB", PAL_EUNSUPPORTED },
		{ "example.org/demo+41d0a74b+ARynHJCI", PAL_EFORM },
		{ "example.org/demo+41d0a74b+ARynHJCI4SGxECVW6art4uAuUUbOsO5IV-RB0s5MyMYB", PAL_EFORM },
	};
	PAL_AUTO_BUF b = pal_buf_of(0);
	PAL_AUTO_BUF name = pal_buf_of(0);
	PAL_AUTO_KEY wrong = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_vkey v = { 0 };

		CHECK_SAY(pal_vkey_parse(pal_view_of(cases[i].text), &v, NULL) == cases[i].want, cases[i].text);
	}
	pal_vkey_add(&b, &corpus_key);
	CHECK(pal_view_is(pal_buf_view(&b), KEY));
	for (int i = 0; i < 300; i++)
		pal_buf_add_byte(&name, 'n');
	CHECK(pal_key_generate(PAL_KEY_P256, &wrong, NULL) == PAL_OK);
	CHECK(pal_vkey_of("n", wrong, &corpus_key, NULL) == PAL_EKEY);
	pal_key_free(&wrong);
	CHECK(pal_key_generate(PAL_KEY_ED25519, &wrong, NULL) == PAL_OK);
	CHECK(pal_vkey_of(pal_buf_text(&name), wrong, &corpus_key, NULL) == PAL_ELIMIT);
	CHECK(pal_vkey_of("a+b", wrong, &corpus_key, NULL) == PAL_EFORM);
}

/* Several signers: unknown ones do not count, one that is known and fails rejects. */
static void
test_signers(void)
{
	const struct pal_view text = pal_view_of("one\n\ntwo\n");
	PAL_AUTO_KEY          a = NULL;
	PAL_AUTO_KEY          b = NULL;
	struct pal_vkey       keys[2] = { 0 }, twin = { 0 };
	struct pal_note       n = { 0 };
	PAL_AUTO_BUF          note = pal_buf_of(0);
	PAL_AUTO_BUF          forged = pal_buf_of(0);

	CHECK(pal_key_generate(PAL_KEY_ED25519, &a, NULL) == PAL_OK &&
	      pal_key_generate(PAL_KEY_ED25519, &b, NULL) == PAL_OK);
	CHECK(pal_vkey_of("log.example/a", a, &keys[0], NULL) == PAL_OK &&
	      pal_vkey_of("b", b, &keys[1], NULL) == PAL_OK);
	CHECK(pal_note_sign(pal_view_of("no end"), &keys[0], a, &note, NULL) == PAL_EUSAGE && note.len == 0);
	CHECK(pal_note_sign(text, &keys[0], a, &note, NULL) == PAL_OK);
	CHECK(pal_note_parse(pal_buf_view(&note), &n, NULL) == PAL_OK && n.count == 1 && pal_view_eq(n.text, text));
	CHECK(pal_note_verify(&n, &keys[0], 1, NULL) == PAL_OK &&
	      pal_note_verify(&n, &keys[1], 1, NULL) == PAL_EVERIFY);
	CHECK(pal_note_verify(&n, keys, 2, NULL) == PAL_OK && pal_note_verify(&n, keys, 0, NULL) == PAL_EVERIFY);
	CHECK(pal_note_cosign(text, &keys[1], b, &note, NULL) == PAL_OK);
	CHECK(pal_note_parse(pal_buf_view(&note), &n, NULL) == PAL_OK && n.count == 2);
	CHECK(pal_note_verify(&n, keys, 2, NULL) == PAL_OK && pal_note_verify(&n, &keys[1], 1, NULL) == PAL_OK);

	/* b's line is by a's key: whoever knows b rejects, whoever knows only a does not look at it. */
	CHECK(pal_note_sign(text, &keys[0], a, &forged, NULL) == PAL_OK);
	CHECK(pal_note_cosign(text, &keys[1], a, &forged, NULL) == PAL_OK);
	CHECK(pal_note_parse(pal_buf_view(&forged), &n, NULL) == PAL_OK);
	CHECK(pal_note_verify(&n, &keys[0], 1, NULL) == PAL_OK && pal_note_verify(&n, keys, 2, NULL) == PAL_EVERIFY);

	/* The same id under another name is another key. */
	twin = keys[0];
	twin.name[0] = 'x';
	CHECK(pal_note_verify(&n, &twin, 1, NULL) == PAL_EVERIFY);
}

static void
test_limits(void)
{
	PAL_AUTO_BUF    many = pal_buf_of(0);
	PAL_AUTO_BUF    large = pal_buf_of(0);
	struct pal_note n = { 0 };

	pal_buf_add_text(&many, "text\n\n");
	for (int i = 0; i < PAL_NOTE_SIGNATURES; i++)
		pal_buf_add_text(&many, DASH " w AAAAAAE=\n");
	CHECK(pal_note_parse(pal_buf_view(&many), &n, NULL) == PAL_OK && n.count == PAL_NOTE_SIGNATURES);
	pal_buf_add_text(&many, DASH " w AAAAAAE=\n");
	CHECK(pal_note_parse(pal_buf_view(&many), &n, NULL) == PAL_ELIMIT);
	while (large.len <= PAL_NOTE_MOST)
		pal_buf_add_text(&large, "0123456789abcdef\n");
	CHECK(pal_note_parse(pal_buf_view(&large), &n, NULL) == PAL_ELIMIT);
}

static void
test_vector(void)
{
	PAL_AUTO_BUF    note = pal_buf_of(0);
	PAL_AUTO_BUF    key = pal_buf_of(0);
	struct pal_note n = { 0 };
	struct pal_vkey v = { 0 };

	if (pal_file_read(VECTORS "/example.note", 4096, &note, NULL) != PAL_OK) {
		printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	CHECK(pal_file_read(VECTORS "/example.vkey", 4096, &key, NULL) == PAL_OK);
	CHECK(pal_vkey_parse(pal_buf_view(&key), &v, NULL) == PAL_OK);
	CHECK(pal_note_parse(pal_buf_view(&note), &n, NULL) == PAL_OK && pal_note_verify(&n, &v, 1, NULL) == PAL_OK);
	CHECK(pal_view_is(n.text, "This is an example message.\n"));
}

int
main(void)
{
	test_corpus();
	test_damage();
	test_vkeys();
	test_signers();
	test_limits();
	test_vector();
	return check_done();
}
