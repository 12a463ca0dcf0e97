/* test_rulefile.c - rule files that are right, and each way of being wrong with what the message must say. */
#include "detect/rulefile.h"

#include "check.h"
#include "mutate.h"

static const char good[] = "# comment\n"
			   "class: secret\n"
			   "severity: high\n"
			   "cwe: CWE-798 CWE-540\n"
			   "\n"
			   "rule: MY-KEY\n"
			   "title: Our key\n"
			   "pattern: ourkey_[a-z0-9]{8}\n"
			   "grow-right: [a-z0-9\\-]{0,20}\n"
			   "entropy: 2.5\n"
			   "match: our\\&key_ab12cd34\n"
			   "rule: MY-ID\n"
			   "title: Our id\n"
			   "cve: CVE-2024-0001\n"
			   "loader: mine.load\n"
			   "class: pii\n"
			   "run: A9{7}\n"
			   "groups: none, 4-4\n"
			   "validator: digits_some\n"
			   "context: our id, \xd0\xb8\xd0\xb4\n"
			   "confidence: none\n"
			   "confidence-context: high\n"
			   "window: 40 8\n"
			   "chance: 0.25\n"
			   "match: our id A1234567\n"
			   "nomatch: A1234567\n";

static const struct {
	const char *text, *says;
} bads[] = {
	{ "rule: A-B\ntitle: x\nsevrity: high\n", "t.rules:3: unknown key \"sevrity\"; did you mean \"severity\"?" },
	{ "rule: A-B\ntitle: x\nseverity: huge\n", "t.rules:3: severity: expected info, low" },
	{ "rule: A-B\ntitle: x\nvalidator: lunh\n", "did you mean \"luhn\"?" },
	{ "rule: A-B\ntitle: x\n", "t.rules:1: A-B: needs pattern:" },
	{ "rule: A-B\npattern: abc\nmatch: abc\n", "t.rules:1: A-B: has no title:" },
	{ "rule: A-B\ntitle: x\npattern: abc\n", "has no match: line" },
	{ "rule: A-B\ntitle: x\npattern: abc\nrun: 9{3}\nmatch: abc\n", "more than one of" },
	{ "rule: A-B\ntitle: x\npattern: abc\nmatch: abc\nconfidence: none\n", "can never be reported" },
	{ "rule: A-B\ntitle: x\npattern: abc\nmatch: abc\nrule: A-B\n",
	  "t.rules:5: rule A-B is already defined at t.rules:1" },
	{ "rule: a b\n", "3 to 48 capitals" },
	{ "title: x\n", "belongs to a rule" },
	{ "rule: A-B\nno colon here\n", "t.rules:2: line: expected \"key: value\"" },
	{ "rule: A-B\ntitle:\n", "has no value" },
	{ "rule: A-B\ntitle: x\nrun: 9{50}\n", "above 40" },
	{ "rule: A-B\ntitle: x\nrun: 9{3}\ngroups: 1+2\n", "expected none, or lengths" },
	{ "rule: A-B\ntitle: x\ngrow-right: abc\n", "expected a set" },
	{ "rule: A-B\ntitle: x\ngrow-right: [a]{2} x\n", "expected one set" },
	{ "rule: A-B\ntitle: x\nentropy: 9\n", "0 to 8" },
	{ "rule: A-B\ntitle: x\nchance: 2\n", "probability" },
	{ "rule: A-B\ntitle: x\nwindow: 1\n", "two numbers" },
	{ "rule: A-B\ntitle: x\nnocase: maybe\n", "expected yes or no" },
	{ "rule: A-B\ntitle: x\nvalue: grown\npattern: x\nmatch: x\n", "needs grow-right" },
	{ "rule: A-B\ntitle: x\ncontext: a,,b\n", "empty value between commas" },
	{ "rule: A-B\ntitle: \xff\n", "not" },
};

static enum pal_err
parse(struct pal_view text, struct pal_arena *a, struct pal_list *defs, struct pal_diag *d)
{
	pal_arena_init(a, (size_t)4 << 20);
	*defs = pal_list_of(a, sizeof(struct pal_rule_def));
	return pal_rulefile_parse(text, "t.rules", a, defs, d);
}

static void
right(void)
{
	PAL_AUTO_ARENA             a;
	struct pal_list            defs;
	struct pal_diag            d = { .text = "" };
	const struct pal_rule_def *key, *id;

	if (!CHECK_SAY(parse(pal_view_of(good), &a, &defs, &d) == PAL_OK, d.text) || !CHECK(defs.count == 2))
		return;
	key = pal_list_at(&defs, 0);
	id = pal_list_at(&defs, 1);
	CHECK(strcmp(key->rule.id, "MY-KEY") == 0 && key->rule.data_class == PAL_CLASS_SECRET && key->line == 6);
	CHECK(strcmp(key->rule.cwe, "CWE-798 CWE-540") == 0 && key->rule.cve == NULL && key->rule.loader == NULL);
	CHECK(strcmp(id->rule.cve, "CVE-2024-0001") == 0 && strcmp(id->rule.loader, "mine.load") == 0);
	CHECK(key->how == PAL_HOW_PATTERN && key->entropy_milli == 2500 && key->right.most == 20);
	CHECK(pal_charset_has(&key->right.set, '-') && !pal_charset_has(&key->right.set, 'A'));
	CHECK(key->match.count == 1 && pal_view_is(key->match.at[0], "ourkey_ab12cd34"));
	CHECK(id->rule.data_class == PAL_CLASS_PII && id->rule.severity == PAL_HIGH && id->how == PAL_HOW_RUN);
	CHECK(id->groups.count == 2 && id->context.count == 2 && id->chance_ppm == 250000);
	CHECK(id->bare == PAL_BELIEF_NONE && id->grouped == PAL_BELIEF_NONE && id->in_context == PAL_BELIEF_HIGH);
	CHECK(id->before == 40 && id->after == 8 && id->index == 1);
}

static void
wrong(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		PAL_AUTO_ARENA  a;
		struct pal_list defs;
		struct pal_diag d = { .text = "" };

		CHECK_SAY(parse(pal_view_of(bads[i].text), &a, &defs, &d) == PAL_ECONFIG, bads[i].text);
		if (!CHECK_SAY(strstr(d.text, bads[i].says) != NULL, bads[i].says))
			printf("  says: %s\n", d.text);
	}
}

static void
damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA  a;
	struct pal_list defs;
	struct pal_diag d;
	enum pal_err    err = parse(v, &a, &defs, &d);

	(void)arg;
	CHECK(err == PAL_OK || err == PAL_ECONFIG);
}

int
main(void)
{
	right();
	wrong();
	pal_mutate_all(pal_view_of(good), damaged, NULL);
	return check_done();
}
