/* test_approval.c - who counts and who does not, each with its reason; then the same through the ledger. */
#include "palisade/approval.h"

#include "workspace_kit.h"

#define HEX  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX2 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define NOW  1700000000000u

static const char *const steward[] = { "steward" }, *const both[] = { "auditor", "steward" },
			 *const cook[] = { "cook" };

static const struct pal_person people[] = {
	{ "ann", steward, 1, "ka" },      { "bo", both, 2, "kb" },      { "cy", cook, 1, "kc" },
	{ "sam", steward, 1, "ks" },      { "twin", steward, 1, "ka" }, { "keyless", steward, 1, NULL },
	{ "samalias", steward, 1, "ks" },
};

/* One approval and what is wrong with it: NULL when it counts. */
static const struct {
	const char *by, *signer, *role, *purpose, *subject;
	uint64_t    time_ms, expires_ms;
	const char *why_not;
} cases[] = {
	{ "ann", "ka", NULL, "COL-05", HEX, NOW, 0, NULL },
	{ "ann", "ka", "steward", "COL-05", HEX, NOW - 5, NOW + 1000, NULL },
	{ "bo", "kb", "steward", "COL-05", HEX, NOW, 0, NULL },
	{ "bo", "kb", "auditor", "COL-05", HEX, NOW, 0, "no role" },
	{ "ann", "ka", "auditor", "COL-05", HEX, NOW, 0, "no role" },
	{ "cy", "kc", NULL, "COL-05", HEX, NOW, 0, "no role" },
	{ "sam", "ks", NULL, "COL-05", HEX, NOW, 0, "submitted" },
	{ "samalias", "ks", NULL, "COL-05", HEX, NOW, 0, "submitted" }, /* another name with the submitter's key */
	{ "ann", "kb", NULL, "COL-05", HEX, NOW, 0, "not the one of ann" },
	{ "ann", "", NULL, "COL-05", HEX, NOW, 0, "no known key" },
	{ "eve", "ke", NULL, "COL-05", HEX, NOW, 0, "not declared" },
	{ "keyless", "ka", NULL, "COL-05", HEX, NOW, 0, "no key is declared" },
	{ "ann", "ka", NULL, "REL-01", HEX, NOW, 0, "for REL-01" },
	{ "ann", "ka", NULL, "COL-05", HEX2, NOW, 0, "another artifact" },
	{ "ann", "ka", NULL, "COL-05", HEX, NOW - 5, NOW - 1, "expired on 2023-11-14" },
	{ "ann", "ka", NULL, "COL-05", HEX, NOW - 5, NOW, "expired" },
	{ "ann", "ka", NULL, "COL-05", HEX, NOW + 3600000, 0, "future" },
};

static struct pal_evidence
evidence_of(struct pal_arena *a, size_t i)
{
	struct pal_resource *r = pal_arena_array(a, 1, sizeof(*r));
	struct pal_approval  ap = { .purpose = cases[i].purpose,
				    .by = cases[i].by,
				    .role = cases[i].role,
				    .reason = "seen",
				    .time_ms = cases[i].time_ms,
				    .expires_ms = cases[i].expires_ms };
	PAL_AUTO_BUF         text = pal_buf_of(0);

	*r = (struct pal_resource){ .digest = cases[i].subject };
	CHECK(pal_approval_write(&ap, &text) == PAL_OK);
	return (struct pal_evidence){ .id = "e",
				      .signer = cases[i].signer,
				      .statement = { .type = PAL_TYPE_APPROVAL,
						     .subjects = r,
						     .subject_count = 1,
						     .predicate = pal_arena_text(a, pal_buf_view(&text)) } };
}

static struct pal_approval_rule
rule_of(unsigned int need)
{
	return (struct pal_approval_rule){ .subject = HEX,
					   .purpose = "COL-05",
					   .roles = steward,
					   .role_count = 1,
					   .need = need,
					   .submitter = "sam",
					   .people = people,
					   .person_count = sizeof(people) / sizeof(people[0]),
					   .now_ms = NOW };
}

static struct pal_approval_verdict
judge(struct pal_arena *a, const struct pal_approval_rule *rule, const size_t *which, size_t count)
{
	struct pal_list             evidence = pal_list_of(a, sizeof(struct pal_evidence));
	struct pal_approval_verdict v = { 0 };

	for (size_t i = 0; i < count; i++)
		*(struct pal_evidence *)pal_list_add(&evidence) = evidence_of(a, which[i]);
	CHECK(pal_approval_judge(rule, &evidence, a, &v, NULL) == PAL_OK);
	return v;
}

static void
test_each(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA                 a;
		struct pal_approval_rule       rule = rule_of(1);
		struct pal_approval_verdict    v = { 0 };
		const struct pal_approval_one *one = NULL;

		pal_arena_init(&a, 1 << 20);
		v = judge(&a, &rule, &i, 1);
		one = pal_list_at(&v.all, 0);
		CHECK_SAY(v.enough == (cases[i].why_not == NULL) && v.counted == v.enough, v.text);
		CHECK_SAY((one->why_not == NULL) == (cases[i].why_not == NULL), v.text);
		if (cases[i].why_not != NULL && one->why_not != NULL)
			CHECK_SAY(strstr(one->why_not, cases[i].why_not) != NULL, one->why_not);
	}
}

static void
test_two(void)
{
	static const struct {
		size_t       which[3], count;
		unsigned int counted;
	} sets[] = {
		{ { 0, 2 }, 2, 2 },    { { 0, 1 }, 2, 1 },    { { 0, 0, 1 }, 3, 1 },
		{ { 0, 6, 7 }, 3, 1 }, { { 0, 3, 2 }, 3, 2 }, { { 0 }, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		PAL_AUTO_ARENA              a;
		struct pal_approval_rule    rule = rule_of(2);
		struct pal_approval_verdict v = { 0 };

		pal_arena_init(&a, 1 << 20);
		v = judge(&a, &rule, sets[i].which, sets[i].count);
		CHECK_SAY(v.counted == sets[i].counted && v.enough == (sets[i].counted >= 2), v.text);
	}
}

/* Two declared names with one key are one person. */
static void
test_twin(void)
{
	PAL_AUTO_ARENA              a;
	struct pal_approval_rule    rule = rule_of(2);
	struct pal_list             evidence;
	struct pal_approval_verdict v = { 0 };
	struct pal_evidence        *e = NULL;

	pal_arena_init(&a, 1 << 20);
	evidence = pal_list_of(&a, sizeof(struct pal_evidence));
	*(struct pal_evidence *)pal_list_add(&evidence) = evidence_of(&a, 0);
	e = pal_list_add(&evidence);
	*e = evidence_of(&a, 0);
	e->statement.predicate = "{\"purpose\":\"COL-05\",\"by\":\"twin\",\"reason\":\"x\"}";
	*(struct pal_evidence *)pal_list_add(&evidence) = *e;
	((struct pal_evidence *)pal_list_at(&evidence, 2))->statement.predicate = "{\"by\":7}";
	CHECK(pal_approval_judge(&rule, &evidence, &a, &v, NULL) == PAL_OK && v.counted == 1 && !v.enough);
	CHECK(strstr(v.text, "1 of 2") != NULL && strstr(v.text, "counted already") != NULL &&
	      strstr(v.text, "role steward") != NULL);
	rule.role_count = 0; /* anybody declared */
	rule.need = 0;
	CHECK(pal_approval_judge(&rule, &evidence, &a, &v, NULL) == PAL_OK && v.enough);
}

static void
test_ledger(struct pal_workspace *ws)
{
	const struct pal_person  real[] = { { "ann", steward, 1, pal_key_id(kit_ann) },
					    { "bo", both, 2, pal_key_id(kit_bo) } };
	struct pal_approval_rule rule = rule_of(2);
	struct pal_approval      ap = {
		     .subject = { .name = "feed", .digest = HEX }, .purpose = "COL-05", .by = "ann", .reason = "ok"
	};
	struct pal_approval_verdict v = { 0 };
	PAL_AUTO_ARENA              a;
	char                        id[PAL_ID_TEXT] = "";
	struct pal_diag             d = { 0 };

	pal_arena_init(&a, 4 << 20);
	rule.people = real;
	rule.person_count = 2;
	rule.now_ms = kit_now;
	CHECK(pal_approval_check(ws, &rule, &a, &v, &d) == PAL_OK && v.counted == 0);
	CHECK_SAY(pal_approval_add(ws, &ap, kit_ann, id, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_approval_add(ws, &ap, kit_bo, id, &d) == PAL_OK, d.text); /* bo in ann's name */
	CHECK(pal_approval_check(ws, &rule, &a, &v, &d) == PAL_OK && v.counted == 1 && v.all.count == 2);
	CHECK(strstr(v.text, "not the one of ann") != NULL);
	ap.by = "bo";
	CHECK(pal_approval_add(ws, &ap, NULL, id, &d) == PAL_OK); /* the workspace's key is nobody's approval */
	CHECK(pal_approval_check(ws, &rule, &a, &v, &d) == PAL_OK && v.counted == 1);
	CHECK_SAY(pal_approval_add(ws, &ap, kit_bo, id, &d) == PAL_OK, d.text);
	CHECK(pal_approval_check(ws, &rule, &a, &v, &d) == PAL_OK && v.enough && v.counted == 2);
	ap.reason = " ";
	CHECK(pal_approval_add(ws, &ap, kit_bo, id, &d) == PAL_EUSAGE);
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();

	test_each();
	test_two();
	test_twin();
	test_ledger(ws);
	return kit_done(&ws);
}
