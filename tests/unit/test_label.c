/* test_label.c - the table of demands, joining as a lattice does, and label texts and statements. */
#include "palisade/label.h"

#include "check.h"

static const struct {
	enum pal_data_class  c;
	enum pal_confidence  confidence;
	enum pal_sensitivity demands;
} demands[] = {
	{ PAL_CLASS_NONE, PAL_CONFIDENCE_HIGH, PAL_PUBLIC },
	{ PAL_CLASS_PII, PAL_CONFIDENCE_LOW, PAL_PUBLIC },
	{ PAL_CLASS_PII, PAL_CONFIDENCE_MEDIUM, PAL_CONFIDENTIAL },
	{ PAL_CLASS_PHI, PAL_CONFIDENCE_HIGH, PAL_RESTRICTED },
	{ PAL_CLASS_PCI, PAL_CONFIDENCE_MEDIUM, PAL_RESTRICTED },
	{ PAL_CLASS_SECRET, PAL_CONFIDENCE_HIGH, PAL_RESTRICTED },
	{ PAL_CLASS_SECRET, PAL_CONFIDENCE_LOW, PAL_PUBLIC },
};

static void
test_findings(void)
{
	struct pal_rule    pii = { .id = "PII-EMAIL", .data_class = PAL_CLASS_PII };
	struct pal_rule    phi = { .id = "PHI-MRN", .data_class = PAL_CLASS_PHI };
	struct pal_finding found[] = {
		{ .rule = &pii, .confidence = PAL_CONFIDENCE_HIGH, .place = { .path = "a.csv" } },
		{ .rule = &phi, .confidence = PAL_CONFIDENCE_MEDIUM, .place = { .path = "b.csv", .field = "mrn" } }
	};
	PAL_AUTO_BUF     why = pal_buf_of(0);
	struct pal_label l = { 0 };

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
		struct pal_rule    rule = { .id = "X", .data_class = demands[i].c };
		struct pal_finding one = { .rule = &rule, .confidence = demands[i].confidence };

		l = pal_label_of_findings(&one, 1, NULL);
		CHECK(l.sensitivity == demands[i].demands && (l.classes != 0) == (l.sensitivity != PAL_PUBLIC));
	}
	l = pal_label_of_findings(found, 2, &why);
	CHECK(l.sensitivity == PAL_RESTRICTED &&
	      l.classes == (PAL_CLASS_BIT(PAL_CLASS_PII) | PAL_CLASS_BIT(PAL_CLASS_PHI)));
	CHECK(strcmp(pal_buf_text(&why), "restricted: PHI-MRN (phi) in b.csv, mrn") == 0);
	pal_buf_clear(&why);
	l = pal_label_of_findings(NULL, 0, &why);
	CHECK(l.sensitivity == PAL_PUBLIC && l.classes == 0 && strstr(pal_buf_text(&why), "no personal") != NULL);
}

static void
test_join(void)
{
	for (unsigned int i = 0; i < 4 * 32; i++)
		for (unsigned int j = 0; j < 4 * 32; j++) {
			struct pal_label a = { (enum pal_sensitivity)(i / 32), i % 32 & ~1u };
			struct pal_label b = { (enum pal_sensitivity)(j / 32), j % 32 & ~1u };
			struct pal_label ab = pal_label_join(a, b), ba = pal_label_join(b, a);

			if (ab.sensitivity != ba.sensitivity || ab.classes != ba.classes || !pal_label_covers(ab, a) ||
			    !pal_label_covers(ab, b) ||
			    (pal_label_covers(a, b) && pal_label_join(a, b).classes != a.classes))
				CHECK_SAY(0, "join");
		}
	CHECK(!pal_label_covers((struct pal_label){ PAL_RESTRICTED, 0 }, (struct pal_label){ PAL_PUBLIC, 2 }));
	CHECK(!pal_label_covers((struct pal_label){ PAL_INTERNAL, 2 }, (struct pal_label){ PAL_CONFIDENTIAL, 2 }));
}

static void
test_text(void)
{
	static const char *const bad[] = {
		"", " ", "secret", "publik", "restricted none", "restricted pii,phi", "internal x"
	};
	PAL_AUTO_BUF     text = pal_buf_of(0);
	struct pal_label l = { 0 };
	struct pal_diag  d = { 0 };

	CHECK(pal_label_parse(pal_view_of(" restricted  phi pii "), &l, &d) == PAL_OK &&
	      l.sensitivity == PAL_RESTRICTED);
	pal_label_add_text(&text, l);
	CHECK(strcmp(pal_buf_text(&text), "restricted pii phi") == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_SAY(pal_label_parse(pal_view_of(bad[i]), &l, &d) == PAL_EFORM && d.text[0] != '\0', bad[i]);
}

static void
test_statement(void)
{
	const struct pal_resource  subject = { .digest = "x" };
	struct pal_label_statement l = { .label = { PAL_CONFIDENTIAL, PAL_CLASS_BIT(PAL_CLASS_PII) },
					 .reason = "r",
					 .by = "b" };
	struct pal_label_statement back = { 0 };
	PAL_AUTO_BUF               text = pal_buf_of(0);
	PAL_AUTO_ARENA             a;
	struct pal_statement       s = { .type = PAL_TYPE_LABEL, .subjects = &subject, .subject_count = 1 };
	struct pal_diag            d = { 0 };

	pal_arena_init(&a, 1 << 16);
	CHECK(pal_label_write(&l, &text) == PAL_OK);
	s.predicate = pal_buf_text(&text);
	CHECK(pal_label_of(&s, &a, &back, &d) == PAL_OK && back.label.sensitivity == PAL_CONFIDENTIAL &&
	      back.label.classes == l.label.classes && strcmp(back.reason, "r") == 0 && strcmp(back.by, "b") == 0);
	s.predicate = "{\"sensitivity\":\"top\"}";
	CHECK(pal_label_of(&s, &a, &back, &d) == PAL_EFORM && strstr(d.text, "sensitivity") != NULL);
	s.predicate = "{\"sensitivity\":\"public\",\"classes\":[\"x\"]}";
	CHECK(pal_label_of(&s, &a, &back, &d) == PAL_EFORM);
	s.predicate = "{}";
	CHECK(pal_label_of(&s, &a, &back, &d) == PAL_EFORM);
}

int
main(void)
{
	test_findings();
	test_join();
	test_text();
	test_statement();
	return check_done();
}
