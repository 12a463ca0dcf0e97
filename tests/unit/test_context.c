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

int
main(void)
{
	PAL_AUTO_ARENA a;

	rules = detecting_rules();
	pal_arena_init(&a, (size_t)1 << 20);
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
		pal_context_mark(&rules->engine->context, t, from + 1, to, &marks);
		yes = has(texts[i].id, &distance);
		CHECK_SAY(yes == (texts[i].distance >= 0), texts[i].text);
		if (yes && !CHECK(distance == texts[i].distance + (texts[i].text[0] == '<' ? 0 : 1)))
			printf("  %s: %u\n", texts[i].text, distance);
	}
	pal_detect_free(&rules);
	return check_done();
}
