/* test_scan_rules.c - the catalogue holds every rule of all three floors once, complete, and its version is a digest.
 */
#include "check.h"
#include "palisade/anomaly.h"
#include "palisade/scan_rules.h"

int
main(void)
{
	struct pal_arena      a;
	struct pal_detect    *detect = NULL;
	struct pal_scan_rules rules = { 0 }, again = { 0 };
	struct pal_diag       d = { 0 };
	size_t                whole = 0;

	pal_arena_init(&a, (size_t)16 << 20);
	CHECK(pal_detect_load(NULL, &detect, &d) == PAL_OK);
	CHECK(pal_scan_rules_of(detect, &a, &rules, &d) == PAL_OK &&
	      pal_scan_rules_of(detect, &a, &again, &d) == PAL_OK);
	for (size_t i = 0; i < rules.all.count; i++) {
		const struct pal_rule *r = *(const struct pal_rule *const *)pal_list_at(&rules.all, i);
		bool                   ok = r->title != NULL && r->help != NULL && r->atlas != NULL && r->owasp != NULL;

		if (!ok)
			printf("incomplete: %s\n", r->id);
		whole += ok && pal_scan_rules_get(&rules, pal_view_of(r->id)) == r;
	}
	CHECK(whole == rules.all.count);
	CHECK(pal_scan_rules_get(&rules, pal_view_of("WORKER-LIMIT")) == &pal_scan_rule_worker_limit);
	CHECK(pal_scan_rules_get(&rules, pal_view_of("FORMAT-LIMIT")) == &pal_anomaly_format_limit);
	CHECK(pal_scan_rules_get(&rules, pal_view_of("scan-crash")) == NULL);
	CHECK(strlen(rules.version) == 64 && strcmp(rules.version, again.version) == 0);
	CHECK(pal_anomaly_zip_encrypted.unread == PAL_HIGH);
	CHECK(pal_anomaly_zip_broken.unread == PAL_MEDIUM);
	CHECK(pal_anomaly_csv_ragged.unread == PAL_INFO);
	pal_detect_free(&detect);
	pal_arena_done(&a);
	return check_done();
}
