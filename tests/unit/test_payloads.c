/* test_payloads.c - sound headers at any place, unsound ones, and every byte damaged. */
#include "detecting.h"
#include "mutate.h"

static struct pal_detect *rules;

static const uint8_t elf[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62, [20] = 1, [52] = 64, [54] = 56 };
static const uint8_t macho[32] = { 0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 2, 0, 0, 0, 16, 0, 0, 0, 0, 8 };
static const uint8_t pickle[] = { 0x80, 4, 0x95, 6, 0, 0, 0, 0, 0, 0, 0, 0x8c, 2, 'o', 's', 0x94, '.' };
static uint8_t       pe[256] = {
	      'M', 'Z', [0x3c] = 0x80, [0x80] = 'P', [0x81] = 'E', [0x84] = 0x64, [0x85] = 0x86, [0x98] = 0x0b, [0x99] = 0x02
};
static const char script[] = "#!/bin/sh\nrm -rf /\n";

static size_t
look(struct pal_view before, struct pal_view what, uint64_t at, const char *id)
{
	struct detecting          t;
	static uint8_t            room[4096];
	size_t                    n = 0;
	const struct pal_finding *f;

	memcpy(room, before.data == NULL ? (const uint8_t *)"" : before.data, before.len);
	memcpy(room + before.len, what.data, what.len);
	n = before.len + what.len;
	detecting_start(&t, rules, &pal_detector_payloads);
	detecting_feed(
	    &t, (struct pal_content){ .kind = PAL_CONTENT_BYTES, .text = { room, n }, .place = { .offset = at } });
	detecting_finish(&t);
	f = detecting_found(&t, id, NULL);
	n = f == NULL ? SIZE_MAX : (size_t)(f->place.offset - at);
	detecting_done(&t);
	return n;
}

static const struct {
	const char    *id;
	const uint8_t *data;
	size_t         len;
} goods[] = {
	{ "PAYLOAD-ELF", elf, sizeof(elf) },
	{ "PAYLOAD-MACHO", macho, sizeof(macho) },
	{ "PAYLOAD-PE", pe, sizeof(pe) },
	{ "PAYLOAD-PICKLE", pickle, sizeof(pickle) },
	{ "PAYLOAD-SCRIPT", (const uint8_t *)script, sizeof(script) - 1 },
};

static void
damaged(struct pal_view v, void *arg)
{
	struct detecting t;

	(void)arg;
	detecting_start(&t, rules, &pal_detector_payloads);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_BYTES, .text = v });
	detecting_done(&t);
}

/* A header that is cut by the end of a piece is seen when the next one comes. */
static void
cut(void)
{
	static uint8_t big[1000];

	memcpy(big + 480, elf, sizeof(elf));
	for (size_t at = 481; at < 480 + sizeof(elf); at++) {
		struct detecting          t;
		struct pal_content        a = { .kind = PAL_CONTENT_BYTES, .text = { big, at } };
		struct pal_content        b = { .kind = PAL_CONTENT_BYTES,
						.text = { big + at, sizeof(big) - at },
						.place = { .offset = at } };
		const struct pal_finding *f;

		detecting_start(&t, rules, &pal_detector_payloads);
		detecting_feed(&t, a);
		detecting_feed(&t, b);
		f = detecting_found(&t, "PAYLOAD-ELF", NULL);
		CHECK(f != NULL && f->place.offset == 480);
		detecting_done(&t);
	}
}

int
main(void)
{
	static const uint8_t zeros[777];

	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		struct pal_view v = { goods[i].data, goods[i].len }, none = { NULL, 0 };

		CHECK_SAY(look(none, v, 0, goods[i].id) == 0, goods[i].id);
		CHECK_SAY(look((struct pal_view){ zeros, sizeof(zeros) }, v, 5000, goods[i].id) == sizeof(zeros),
			  goods[i].id);
		pal_mutate_all(v, damaged, NULL);
	}
	CHECK(look((struct pal_view){ NULL, 0 },
		   pal_view_of("\x7f"
			       "ELF and MZ and #! are words"),
		   0, "PAYLOAD-ELF") == SIZE_MAX);
	CHECK(look((struct pal_view){ NULL, 0 }, pal_view_of("see #!/bin/sh\n"), 0, "PAYLOAD-SCRIPT") == SIZE_MAX);
	cut();
	pal_detect_free(&rules);
	return check_done();
}
