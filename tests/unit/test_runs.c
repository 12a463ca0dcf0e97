/* test_runs.c - templates, groups and what stands beside a run; chances declared in the rules against simulation. */
#include "detect/rules.h"

#include "check.h"

static struct pal_detect *rules;

static const struct {
	const char *shape, *value;
	bool        fits;
} shapes[] = {
	{ "9{3}", "123", true },
	{ "9{3}", "12A", false },
	{ "9{3}", "1234", false },
	{ "A9{2,4}X", "B12Z", true },
	{ "A9{2,4}X", "B123456", false },
	{ "A9{2,4}X", "B12349", true },
	{ "[XYZ0-9]9{7}A", "Y1234567K", true },
	{ "[XYZ0-9]9{7}A", "W1234567K", false },
	{ "X{1,3}A", "A", false },
	{ "X{1,3}A", "1A", true },
	{ "X{1,3}A", "ABCD", true },
	{ "7569{10}", "7560000000000", true },
	{ "X{40}", "0123456789012345678901234567890123456789", true },
};

static const char *const bad_shapes[] = {
	"", "9{", "9{0}", "9{5,2}", "9{41}", "[a", "[z-a]", "9{1,2,3}", "9{x}", "X{20}X{21}", "9A9A9A9A9A9A9A9A9A"
};

static void
templates(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct pal_shape s;

		CHECK(pal_shape_parse(pal_view_of(shapes[i].shape), &s, NULL) == PAL_OK);
		CHECK_SAY(pal_shape_match(&s, pal_view_of(shapes[i].value)) == shapes[i].fits, shapes[i].value);
	}
	for (size_t i = 0; i < sizeof(bad_shapes) / sizeof(bad_shapes[0]); i++) {
		struct pal_shape s;
		struct pal_diag  d;

		CHECK_SAY(pal_shape_parse(pal_view_of(bad_shapes[i]), &s, &d) == PAL_ECONFIG, bad_shapes[i]);
	}
}

struct seen {
	const char *id;
	size_t      count, start, end;
	bool        grouped, folded;
	char        compact[48];
};

static void
take(void *arg, const struct pal_run_hit *h)
{
	struct seen *s = arg;

	if (strcmp(h->def->rule.id, s->id) != 0)
		return;
	s->count++;
	s->start = h->start;
	s->end = h->end;
	s->grouped = h->grouped;
	s->folded = h->folded;
	memcpy(s->compact, h->compact.data, h->compact.len);
	s->compact[h->compact.len] = '\0';
}

static const struct {
	const char *id, *text, *compact; /* compact NULL: no run */
	size_t      start, end;
	bool        grouped;
} cases[] = {
	{ "PII-US-SSN", "x 536-90-4399 y", "536904399", 2, 13, true },
	{ "PII-US-SSN", "536904399", "536904399", 0, 9, false },
	{ "PII-US-SSN", "(536 90 4399)", "536904399", 1, 12, true },
	{ "PII-US-SSN", "536-90 4399", NULL, 0, 0, false },
	{ "PII-US-SSN", "536.904399", NULL, 0, 0, false },
	{ "PII-US-SSN", "0.536904399", NULL, 0, 0, false },
	{ "PII-US-SSN", "536904399.5", NULL, 0, 0, false },
	{ "PII-US-SSN", "536904399.", "536904399", 0, 9, false },
	{ "PII-US-SSN", "a-536904399", NULL, 0, 0, false },
	{ "PII-US-SSN", "$536904399", NULL, 0, 0, false },
	{ "PII-US-SSN", "536904399%", NULL, 0, 0, false },
	{ "PII-US-SSN", "_536904399", NULL, 0, 0, false },
	{ "PII-US-SSN", "x536904399", NULL, 0, 0, false },
	{ "PII-US-SSN", "1-536-90-4399", NULL, 0, 0, false },
	{ "PII-US-SSN", "536-90-4399-1", NULL, 0, 0, false },
	{ "PII-US-SSN",
	  "\xe5\x8f\xb7"
	  "536904399",
	  "536904399", 3, 12, false },
	{ "FIN-IBAN", "GB82 WEST 1234 5698 7654 32.", "GB82WEST12345698765432", 0, 27, true },
	{ "FIN-IBAN", "gb82west12345698765432", "GB82WEST12345698765432", 0, 22, false },
	{ "FIN-IBAN", "Gb82west12345698765432", NULL, 0, 0, false },
	{ "PII-PHONE-US", "804-875-6911x628", "8048756911", 0, 12, true },
	{ "PII-BR-CPF", "390.533.447-05", "39053344705", 0, 14, true },
	{ "PII-IN-AADHAAR", "2341 2341 2346", "234123412346", 0, 14, true },
	{ "PII-IN-AADHAAR", "2341 2341 2346 2347 2348", NULL, 0, 0, false },
	{ "PII-IN-AADHAAR", "2020 2341 2341 2346", NULL, 0, 0, false },
	{ "PII-IN-AADHAAR", "of 20 2341 2341 2346 12", "234123412346", 6, 20, true },
	{ "PII-IPV4", "81.2.69.142", "81269142", 0, 11, true },
	{ "PII-IPV4", "81.2.69.142.3", NULL, 0, 0, false },
	{ "PII-ES-DNI", "X-2494789-W", "X2494789W", 0, 11, true },
};

static void
runs(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen s = { .id = cases[i].id };

		pal_runs_scan(&rules->engine->runs, pal_view_of(cases[i].text), take, &s);
		if (!CHECK_SAY((s.count > 0) == (cases[i].compact != NULL), cases[i].text) || s.count == 0)
			continue;
		CHECK_SAY(strcmp(s.compact, cases[i].compact) == 0, s.compact);
		CHECK_SAY(s.start == cases[i].start && s.end == cases[i].end, cases[i].text);
		CHECK_SAY(s.grouped == cases[i].grouped, cases[i].text);
	}
}

static uint64_t seed = 20261121;

static uint32_t
chance(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static uint8_t
any_of(const struct pal_charset *set)
{
	uint8_t c;

	do
		c = (uint8_t)chance(256);
	while (!pal_charset_has(set, c));
	return c;
}

/* A random string that the template allows; columns of random digits are such strings. */
static struct pal_view
random_value(const struct pal_shape *s, uint8_t *room)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		size_t times = s->items[i].least + chance((uint32_t)(s->items[i].most - s->items[i].least + 1));

		while (times-- > 0)
			room[n++] = any_of(&s->items[i].set);
	}
	return (struct pal_view){ room, n };
}

/* The null hypothesis of docs/detection.md: `chance:` in a rule is no less than what random strings reach. */
static void
chances(void)
{
	enum { TRIES = 20000 };

	for (size_t i = 0; i < rules->defs.count; i++) {
		const struct pal_rule_def *def = pal_list_at(&rules->defs, i);
		struct pal_shape           s;
		uint8_t                    room[PAL_SHAPE_LONGEST];
		size_t                     passed = 0;
		double                     p;

		if (def->how != PAL_HOW_RUN || def->validator == NULL || def->validator->whole ||
		    pal_shape_parse(def->runs.at[0], &s, NULL) != PAL_OK)
			continue;
		for (size_t k = 0; k < TRIES; k++) {
			struct pal_view v = random_value(&s, room);

			passed += def->validator->check(&v) != PAL_CHECK_FAIL;
		}
		p = (double)passed / TRIES;
		/* five standard errors of a proportion near the declared one, and one hit for the rarest */
		if (!CHECK_SAY(p <= def->chance_ppm / 1e6 * 1.15 + 0.0003, def->rule.id))
			printf("  declared %.6f, measured %.6f\n", def->chance_ppm / 1e6, p);
	}
}

int
main(void)
{
	struct pal_diag d = { .text = "" };

	templates();
	if (CHECK_SAY(pal_detect_load(NULL, &rules, &d) == PAL_OK, d.text)) {
		runs();
		chances();
	}
	pal_detect_free(&rules);
	return check_done();
}
