/* test_context.c - words, phrases, plurals, camelCase, headers and distances. */
#include "detecting.h"

static struct pal_detect *rules;
static struct pal_marks   marks;

static bool
has(const char *id, uint16_t *ret_distance)
{
	const struct pal_rule_def *def = pal_map_get(&rules->by_id, pal_view_of(id));

	return def != NULL && pal_marks_has(&marks, def, ret_distance);
}

static const struct {
	const char *name, *id;
	bool        speaks;
} names[] = {
	{ "ssn", "PII-US-SSN", true },
	{ "SSN", "PII-US-SSN", true },
	{ "patient_ssn", "PII-US-SSN", true },
	{ "patientSsn", "PII-US-SSN", true },
	{ "Social-Security No.", "PII-US-SSN", true },
	{ "ssns", "PII-US-SSN", true },
	{ "session", "PII-US-SSN", false },
	{ "socialsecurity", "PII-US-SSN", false },
	{ "social", "PII-US-SSN", true },
	{ "name", "PII-PERSON-NAME", true },
	{ "file name", "PII-PERSON-NAME", false },
	{ "customer_name", "PII-PERSON-NAME", true },
	{ "firstName", "PII-PERSON-NAME", true },
	{ "feature_name", "PII-PERSON-NAME", false },
	{ "\xe8\xba\xab\xe4\xbb\xbd\xe8\xaf\x81\xe5\x8f\xb7", "PII-CN-RIC", true },
	{ "public", "FIN-CARD", false },
	{ "", "FIN-CARD", false },
};

/* The candidate is the part of the text in angle brackets. */
static const struct {
	const char *text, *id;
	int         distance; /* -1: no context */
} texts[] = {
	{ "SSN: <536904399>", "PII-US-SSN", 2 },    { "SSN\n<536904399>", "PII-US-SSN", 1 },
	{ "SSN\n\n<536904399>", "PII-US-SSN", -1 }, { "<536904399> (SSN)", "PII-US-SSN", 11 },
	{ "<536904399>", "PII-US-SSN", -1 },        { "my social  security number is <536904399>", "PII-US-SSN", 11 },
	{ "name <Anna>", "PII-PERSON-NAME", -1 }, /* a header's word is none in text */
};

/* Words, parts of words, humps and letters outside ASCII, with all that may stand between. */
static void
fill(uint8_t *text, size_t len, uint32_t *seed)
{
	static const char *const parts[] = { "ssn",       "SSN",      "social security number",
					     "patientId", "iban",     "e-mail",
					     "x",         "emails",   "Steuernummer",
					     "\xc3\xbc",  "numéro",   "geburtsdatum",
					     "phone",     "12",       "telephones",
					     "a",         "passport", " ",
					     " ",         "\n",       "\n\n",
					     "_",         "-",        "Z" };
	size_t                   n = 0;

	while (n < len) {
		*seed = *seed * 1664525 + 1013904223;
		for (const char *p = parts[(*seed >> 16) % (sizeof(parts) / sizeof(parts[0]))]; *p != '\0' && n < len;
		     p++)
			text[n++] = (uint8_t)*p;
	}
}

static void
same_marks(const struct pal_marks *a, const struct pal_marks *b)
{
	for (size_t i = 0; i < rules->defs.count; i++) {
		const struct pal_rule_def *def = pal_list_at(&rules->defs, i);
		uint16_t                   near[2] = { 0 };
		bool has_a = pal_marks_has(a, def, &near[0]), has_b = pal_marks_has(b, def, &near[1]);

		CHECK_SAY(has_a == has_b && near[0] == near[1], def->rule.id);
	}
}

/* What was looked through once says the same as looking each time, which is what is done with texts that are too long.
 */
static void
test_nearby(struct pal_arena *a)
{
	uint8_t          *text = pal_arena_array(a, PAL_NEARBY_MOST + 1, 1);
	uint32_t          seed = 7;
	struct pal_nearby nearby = { 0 }, none = { 0 };
	struct pal_marks  each;

	if (!CHECK(text != NULL) || !CHECK(pal_marks_init(&each, rules->defs.count, a) == PAL_OK))
		return;
	for (size_t round = 0; round < 4000; round++) {
		size_t          len = 300 + round / 100 * 100, start, end;
		struct pal_view v = { text, len }, longer = { text, PAL_NEARBY_MOST + 1 };

		if (round % 100 == 0) {
			fill(text, len, &seed);
			nearby.from = nearby.to = 0;
		}
		seed = seed * 1664525 + 1013904223;
		start = (seed >> 8) % len;
		end = start + seed % 9;
		end = end < len ? end : len;
		pal_marks_clear(&marks);
		pal_marks_clear(&each);
		pal_context_mark(&rules->engine->context, v, start, end, &nearby, &marks);
		pal_context_mark(&rules->engine->context, longer, start, end, &none, &each);
		same_marks(&marks, &each);
	}
}

int
main(void)
{
	PAL_AUTO_ARENA a;

	rules = detecting_rules();
	pal_arena_init(&a, (size_t)4 << 20);
	if (rules == NULL || !CHECK(pal_marks_init(&marks, rules->defs.count, &a) == PAL_OK))
		return check_done();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint16_t distance;

		pal_marks_clear(&marks);
		pal_context_mark_name(&rules->engine->context, pal_view_of(names[i].name), &marks);
		CHECK_SAY(has(names[i].id, &distance) == names[i].speaks, names[i].name);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pal_view t = pal_view_of(texts[i].text);
		size_t          from = pal_view_find_byte(t, '<', 0), to = pal_view_find_byte(t, '>', 0);
		uint16_t        distance = 0;
		bool            yes;

		pal_marks_clear(&marks);
		pal_context_mark(&rules->engine->context, t, from + 1, to, &(struct pal_nearby){ 0 }, &marks);
		yes = has(texts[i].id, &distance);
		CHECK_SAY(yes == (texts[i].distance >= 0), texts[i].text);
		if (yes && !CHECK(distance == texts[i].distance + (texts[i].text[0] == '<' ? 0 : 1)))
			printf("  %s: %u\n", texts[i].text, distance);
	}
	test_nearby(&a);
	pal_detect_free(&rules);
	return check_done();
}
