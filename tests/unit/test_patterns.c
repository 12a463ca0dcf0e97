/* test_patterns.c - texts in one piece and in two, names of keys as context, places, masked texts. */
#include "detecting.h"

static struct pal_detect *rules;

static struct pal_content
text(const char *t, uint64_t at, const char *field)
{
	return (struct pal_content){ .kind = PAL_CONTENT_TEXT,
				     .text = pal_view_of(t),
				     .place = { .path = "a.txt", .field = field, .offset = at } };
}

static void
places(void)
{
	struct detecting          t;
	const struct pal_finding *f;

	detecting_start(&t, rules, &pal_detector_patterns);
	detecting_feed(&t, text("write to anna.b@mail.example.org or bert@mail.example.org", 100, NULL));
	detecting_feed(&t, text("536904399", 500, "$.patient.ssn"));
	detecting_feed(&t, text("111000025", 600, "$.total"));
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_META,
						 .name = pal_view_of("author"),
						 .text = pal_view_of("carl@mail.example.org") });
	detecting_finish(&t);
	f = detecting_found(&t, "PII-EMAIL", NULL);
	CHECK(f != NULL && f->count == 2 && f->place.offset == 109 && f->place.length == 23);
	CHECK(f != NULL && strstr(f->text, "anna") == NULL && strstr(f->text, "a...g (23 characters)") != NULL);
	f = detecting_found(&t, "PII-US-SSN", "$.patient.ssn");
	CHECK(f != NULL && f->confidence == PAL_CONFIDENCE_HIGH && f->place.offset == 500);
	CHECK(detecting_found(&t, "FIN-US-ABA", NULL) == NULL);
	CHECK(detecting_found(&t, "PII-EMAIL", "author") != NULL);
	detecting_done(&t);
}

/* A value cut at any byte between two pieces is found once, where it is. */
static void
seams(void)
{
	static const char whole[] = "the card 4111 1111 1111 1111 and the key AKIAQ3ZR52LMXV7ZPTBW are gone";
	size_t            n = sizeof(whole) - 1;

	for (size_t cut = 0; cut <= n; cut++) {
		struct detecting          t;
		struct pal_content        a = text(whole, 1000, NULL), b = text(whole + cut, 1000 + cut, NULL);
		const struct pal_finding *card, *key;

		a.text.len = cut;
		detecting_start(&t, rules, &pal_detector_patterns);
		detecting_feed(&t, a);
		detecting_feed(&t, b);
		detecting_finish(&t);
		card = detecting_found(&t, "FIN-CARD", NULL);
		key = detecting_found(&t, "SECRET-AWS-KEY-ID", NULL);
		CHECK(card != NULL && card->place.offset == 1009 && card->count == 1);
		CHECK(key != NULL && key->place.offset == 1041 && key->count == 1);
		detecting_done(&t);
	}
}

/* Pieces that do not follow each other are not joined. */
static void
apart(void)
{
	struct detecting t;

	detecting_start(&t, rules, &pal_detector_patterns);
	detecting_feed(&t, text("card 4111 1111 ", 0, NULL));
	detecting_feed(&t, text("1111 1111", 90, NULL));
	detecting_finish(&t);
	CHECK(detecting_found(&t, "FIN-CARD", NULL) == NULL);
	detecting_done(&t);
}

/* Windows: a hit near each border of a long text is found once. */
static void
windows(void)
{
	static char               big[1 << 20];
	static const char         mail[] = " anna@mail.example.org ";
	struct detecting          t;
	const struct pal_finding *f;
	size_t                    put = 0;

	memset(big, 'x', sizeof(big));
	for (size_t i = 0; i < sizeof(big); i += 61)
		big[i] = ' ';
	for (size_t at = 1000; at + 100 < sizeof(big); at += 3779, put++)
		memcpy(big + at, mail, sizeof(mail) - 1);
	detecting_start(&t, rules, &pal_detector_patterns);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_TEXT, .text = { (uint8_t *)big, sizeof(big) } });
	detecting_finish(&t);
	f = detecting_found(&t, "PII-EMAIL", NULL);
	CHECK(f != NULL && f->count == put);
	detecting_done(&t);
}

int
main(void)
{
	rules = detecting_rules();
	if (rules != NULL) {
		places();
		seams();
		apart();
		windows();
	}
	pal_detect_free(&rules);
	return check_done();
}
