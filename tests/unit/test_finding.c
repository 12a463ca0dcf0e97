/* test_finding.c - equal findings are counted, the list is bounded, names come back. */
#include "check.h"
#include "palisade/buf.h"
#include "palisade/finding.h"

static const struct pal_rule rule_a = { .id = "A", .severity = PAL_LOW, .atlas = "", .owasp = "" };
static const struct pal_rule rule_b = { .id = "B", .severity = PAL_HIGH, .atlas = "", .owasp = "" };

int
main(void)
{
	struct pal_arena    a;
	struct pal_findings f;
	struct pal_place    place = { .path = "data.csv", .field = "ssn", .row = 2 };
	enum pal_severity   s = PAL_INFO;
	enum pal_data_class c = PAL_CLASS_NONE;

	pal_arena_init(&a, 1 << 20);
	f = pal_findings_of(&a, 3);
	for (unsigned int i = 0; i < 1000; i++)
		pal_found(&f, &rule_a, i == 500 ? PAL_CONFIDENCE_HIGH : PAL_CONFIDENCE_LOW, &place, "value %u", i);
	CHECK(f.list.count == 1);
	CHECK(((struct pal_finding *)f.list.items)[0].count == 1000);
	CHECK(((struct pal_finding *)f.list.items)[0].confidence == PAL_CONFIDENCE_HIGH);
	CHECK(strcmp(((struct pal_finding *)f.list.items)[0].text, "value 0") == 0);
	pal_found(&f, &rule_b, PAL_CONFIDENCE_LOW, &place, "other rule");
	place.field = NULL;
	pal_found(&f, &rule_b, PAL_CONFIDENCE_LOW, &place, "other field");
	place.path = "more.csv";
	pal_found(&f, &rule_b, PAL_CONFIDENCE_LOW, &place, "one too many");
	place.path = "data.csv";
	pal_found(&f, &rule_b, PAL_CONFIDENCE_LOW, &place, "counted although the list is full");
	CHECK(f.list.count == 3 && f.dropped == 1 && f.dropped_worst == PAL_HIGH);
	CHECK(((struct pal_finding *)f.list.items)[2].count == 2);
	for (int i = PAL_INFO; i <= PAL_CRITICAL; i++)
		CHECK(pal_severity_of(pal_view_of(pal_severity_name((enum pal_severity)i)), &s) && (int)s == i);
	for (int i = PAL_CLASS_NONE; i <= PAL_CLASS_SECRET; i++)
		CHECK(pal_data_class_of(pal_view_of(pal_data_class_name((enum pal_data_class)i)), &c) && (int)c == i);
	CHECK(!pal_severity_of(pal_view_of("High"), &s));
	pal_arena_done(&a);
	return check_done();
}
