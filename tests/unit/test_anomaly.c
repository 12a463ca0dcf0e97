/* test_anomaly.c - every rule is complete, well spelt, and there once. */
#include "palisade/anomaly.h"

#include "check.h"
#include "palisade/view.h"

static bool
id_is_spelt_well(const char *id)
{
	struct pal_view v = pal_view_of(id);
	bool            dash = false;

	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] == '-' && i > 0 && i + 1 < v.len)
			dash = true;
		else if (i > 0 && pal_is_digit(v.data[i]))
			continue; /* BZIP2, LZ4 */
		else if (v.data[i] < 'A' || v.data[i] > 'Z')
			return false;
	}
	return dash;
}

int
main(void)
{
	size_t count = 0;

	for (; pal_anomalies[count] != NULL; count++) {
		const struct pal_rule *r = pal_anomalies[count];

		CHECK_SAY(id_is_spelt_well(r->id), r->id);
		CHECK_SAY(strlen(r->title) > 10 && strlen(r->title) < 80, r->id);
		CHECK_SAY(strlen(r->help) > 20 && r->help[strlen(r->help) - 1] == '.', r->id);
		CHECK_SAY(r->atlas[0] == '\0' || strncmp(r->atlas, "AML.T", 5) == 0, r->id);
		CHECK_SAY(r->owasp[0] == '\0' || strncmp(r->owasp, "LLM", 3) == 0, r->id);
		for (size_t i = 0; i < count; i++)
			CHECK_SAY(strcmp(pal_anomalies[i]->id, r->id) != 0, r->id);
	}
	CHECK(count > 50);
	CHECK(pal_anomaly_zip_bomb.severity == PAL_HIGH);
	return check_done();
}
