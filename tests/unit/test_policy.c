/* test_policy.c - profile, then overrides; every parameter can be asked for; what the digest covers. */
#include "palisade/policy.h"

#include <stdlib.h>

#include "check.h"
#include "palisade/json.h"
#include "policy/parameters.h"
#include "sample_pipeline.h"

static struct pal_pipeline *
load(const char *policy, struct pal_arena *a)
{
	PAL_AUTO_BUF         text = pal_buf_of(0);
	struct pal_pipeline *p = NULL;
	struct pal_diag      d = { 0 };

	pal_buf_printf(&text, "pipeline: p\n%s", policy);
	if (pal_pipeline_parse("p.yaml", pal_buf_view(&text), a, &p, NULL, &d) != PAL_OK)
		(void)CHECK_SAY(0, d.text);
	return p;
}

static void
test_profiles(void)
{
	PAL_AUTO_ARENA    a;
	struct pal_policy base = { 0 }, strict = { 0 };

	pal_arena_init(&a, (size_t)4 << 20);
	CHECK(pal_policy_default(PAL_BASELINE, &a, &base, NULL) == PAL_OK);
	CHECK(pal_policy_default(PAL_STRICT, &a, &strict, NULL) == PAL_OK);
	CHECK(!base.not_checked_closes && strict.not_checked_closes);
	CHECK(pal_policy_mode(&base, "TRN-03") == PAL_MODE_WARN && pal_policy_mode(&strict, "TRN-03") == PAL_ENFORCE);
	CHECK(pal_policy_mode(&base, "COL-01") == PAL_ENFORCE && pal_policy_mode(&base, "no-such") == PAL_ENFORCE);
	CHECK(pal_policy_int(&base, "COL-10", "max_age_days") == 30 &&
	      pal_policy_int(&strict, "COL-10", "max_age_days") == 7);
	CHECK(pal_policy_real(&base, "PRE-06", "max_overlap") == 0.01 &&
	      pal_policy_real(&strict, "PRE-06", "max_overlap") == 0);
	CHECK(!pal_policy_bool(&base, "PRE-03", "rerun") && pal_policy_bool(&strict, "PRE-03", "rerun"));
	CHECK(strcmp(pal_policy_text(&base, "REL-02", "fail_on"), "high") == 0);
	CHECK(pal_policy_list(&base, "COL-02", "forbid").count == 2 &&
	      pal_policy_list(&strict, "COL-02", "forbid").count == 4);
	CHECK(pal_policy_map(&base, "VAL-02", "thresholds").count == 0);
	CHECK(pal_policy_may(&base, PAL_ACT_EXCEPT, "risk-owner") &&
	      !pal_policy_may(&base, PAL_ACT_EXCEPT, "data-steward"));
	CHECK(pal_policy_name_fits(&base, "risk-1") && !pal_policy_name_fits(&base, "Risk"));
	CHECK(strcmp(pal_profile_name(PAL_STRICT), "strict") == 0 && strcmp(pal_mode_name(PAL_OFF), "off") == 0);
	CHECK(strcmp(pal_action_name(PAL_ACT_ADMIT), "admit") == 0 &&
	      strcmp(pal_action_name(PAL_ACT_RESTORE), "restore") == 0);
}

/* Each row of the table answers under its own type. */
static void
test_every_parameter(void)
{
	PAL_AUTO_ARENA    a;
	struct pal_policy p = { 0 };

	pal_arena_init(&a, (size_t)4 << 20);
	CHECK(pal_policy_default(PAL_STRICT, &a, &p, NULL) == PAL_OK);
	for (size_t i = 0; i < policy_parameter_count; i++) {
		const struct pal_yaml_key *k = &policy_parameters[i].key;
		const char                *control = policy_parameters[i].control;

		if (k->many)
			CHECK_SAY(pal_policy_list(&p, control, k->name).count < 10, k->name);
		else if (k->type == PAL_YAML_INT)
			CHECK_SAY(pal_policy_int(&p, control, k->name) >= (int64_t)k->low, k->name);
		else if (k->type == PAL_YAML_REAL)
			CHECK_SAY(pal_policy_real(&p, control, k->name) <= k->high, k->name);
		else if (k->type == PAL_YAML_ENUM)
			CHECK_SAY(pal_policy_text(&p, control, k->name) != NULL, k->name);
		else if (k->type == PAL_YAML_MAP)
			CHECK_SAY(pal_policy_map(&p, control, k->name).count == 0, k->name);
		else
			(void)pal_policy_bool(&p, control, k->name);
	}
}

static void
test_overrides(void)
{
	PAL_AUTO_ARENA           a;
	const struct pal_policy *p = NULL;
	struct pal_pairs         map = { 0 };

	pal_arena_init(&a, (size_t)8 << 20);
	p = &load("roles: {except: [boss]}\n"
		  "policy:\n"
		  "  profile: strict\n"
		  "  not_checked: open\n"
		  "  controls:\n"
		  "    COL-01: off\n"
		  "    COL-02: {forbid: []}\n"
		  "    COL-10: {mode: warn, max_age_days: 90, current_rules: false}\n"
		  "    VAL-02: {thresholds: {f1: 0.5, accuracy: 1}}\n"
		  "    REL-02: {fail_on: critical}\n"
		  "    TRN-03:\n"
		  "  custom: [{id: X-1, stage: train, title: t, sql: SELECT 1, mode: warn}]\n",
		  &a)
		 ->policy;
	CHECK(p->profile == PAL_STRICT && !p->not_checked_closes);
	CHECK(pal_policy_mode(p, "COL-01") == PAL_OFF && pal_policy_mode(p, "COL-02") == PAL_ENFORCE);
	CHECK(pal_policy_mode(p, "COL-10") == PAL_MODE_WARN && pal_policy_int(p, "COL-10", "max_age_days") == 90);
	CHECK(!pal_policy_bool(p, "COL-10", "current_rules") && pal_policy_list(p, "COL-02", "forbid").count == 0);
	CHECK(pal_policy_mode(p, "X-1") == PAL_MODE_WARN);
	CHECK(strcmp(pal_policy_text(p, "REL-02", "fail_on"), "critical") == 0);
	map = pal_policy_map(p, "VAL-02", "thresholds");
	CHECK(map.count == 2 && strcmp(map.items[0].key, "f1") == 0 && pal_policy_pair_real(&map.items[0]) == 0.5);
	CHECK(pal_policy_may(p, PAL_ACT_EXCEPT, "boss") && !pal_policy_may(p, PAL_ACT_EXCEPT, "risk-owner"));
	CHECK(pal_policy_may(p, PAL_ACT_RELEASE, "release-manager"));
}

static const char *
hex_of(const char *policy, char ret_text[PAL_DIGEST_TEXT])
{
	PAL_AUTO_ARENA    a;
	struct pal_digest g = { 0 };

	pal_arena_init(&a, (size_t)8 << 20);
	CHECK(pal_policy_digest(&load(policy, &a)->policy, &g) == PAL_OK);
	pal_digest_hex(&g, ret_text);
	return ret_text;
}

/* Each of these differs from all others; the ones after differ from the first in nothing that counts. */
static void
test_digest(void)
{
	static const char *const other[] = {
		"",
		"policy: {profile: strict}\n",
		"policy: {not_checked: closed}\n",
		"policy: {controls: {COL-01: warn}}\n",
		"policy: {controls: {COL-10: {max_age_days: 31}}}\n",
		"policy: {controls: {COL-02: {forbid: [pii, pci]}}}\n",
		"policy: {controls: {VAL-02: {thresholds: {f1: 0.5}}}}\n",
		"policy: {naming: \"[a-z]+\"}\n",
		"policy: {exceptions: [{control: COL-01, artifact: p, reason: r, expires: 2027-01-01}]}\n",
		"policy: {exceptions: [{control: COL-01, artifact: p, reason: r, expires: 2027-01-02}]}\n",
		"policy: {exceptions: [{control: COL-01, artifact: p, reason: s, expires: 2027-01-01}]}\n",
		"policy: {custom: [{id: X-1, stage: train, title: t, sql: SELECT 1}]}\n",
		"policy: {custom: [{id: X-1, stage: train, title: t, sql: SELECT 2}]}\n",
		"policy: {trusted: {bases: [{name: b, digest: " SAMPLE_DIGEST "}]}}\n",
		"signers: [{name: s, key: k}]\npolicy: {trusted: {signers: [s]}}\n",
		"roles: {admit: [boss]}\n",
	};
	static const char *const same[] = {
		"policy:\n",
		"policy: {profile: baseline, not_checked: open}\n",
		"policy: {controls: {COL-02: {forbid: [secret, pci]}, COL-10: {max_age_days: 30}}}\n",
		"signers: [{name: s, key: k}]\n",
		"roles: {admit: [privacy-officer, data-steward]}\n",
	};
	char a[PAL_DIGEST_TEXT], b[PAL_DIGEST_TEXT];

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		for (size_t j = 0; j < i; j++)
			CHECK_SAY(strcmp(hex_of(other[i], a), hex_of(other[j], b)) != 0, other[i]);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		CHECK_SAY(strcmp(hex_of(same[i], a), hex_of(other[0], b)) == 0, same[i]);
}

/* The text is JSON, and its keys are sorted. */
static void
test_write(void)
{
	PAL_AUTO_ARENA       a;
	PAL_AUTO_BUF         text = pal_buf_of(0);
	PAL_AUTO_BUF         again = pal_buf_of(0);
	PAL_AUTO_JSON        doc = NULL;
	struct pal_pipeline *p = NULL;
	char                *sorted = NULL;

	pal_arena_init(&a, (size_t)8 << 20);
	CHECK(sample_parse(sample_yaml, &a, &p, NULL, NULL) == PAL_OK);
	pal_policy_write(&p->policy, &text);
	pal_policy_write(&p->policy, &again);
	CHECK(pal_buf_err(&text) == PAL_OK && pal_view_eq(pal_buf_view(&text), pal_buf_view(&again)));
	CHECK(pal_json_parse(pal_buf_view(&text), 1 << 20, &doc, NULL) == PAL_OK);
	sorted = json_dumps(doc, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(10));
	CHECK(sorted != NULL && strcmp(sorted, pal_buf_text(&text)) == 0);
	free(sorted);
	CHECK(json_object_size(pal_json_object(doc, "controls")) == 76);
}

int
main(void)
{
	test_profiles();
	test_every_parameter();
	test_overrides();
	test_digest();
	test_write();
	return check_done();
}
