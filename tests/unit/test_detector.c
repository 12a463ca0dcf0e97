/* test_detector.c - loading: the catalogue, the user's folder, its mistakes, the version, many threads at once. */
#include <stdlib.h>
#include <unistd.h>

#include "palisade/file.h"
#include "palisade/threads.h"

#include "detecting.h"

static char dir[] = "/tmp/test_detector.XXXXXX";

static void
put(const char *name, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK(pal_file_write(path, pal_view_of(text), 0600, NULL) == PAL_OK);
}

static void
away(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)unlink(path);
}

static void
catalogue(const struct pal_detect *r)
{
	size_t personal = 0, secrets = 0;

	for (size_t i = 0; i < pal_detect_rule_count(r); i++) {
		const struct pal_rule *rule = pal_detect_rule_at(r, i);

		CHECK_SAY(pal_detect_rule(r, pal_view_of(rule->id)) == rule, rule->id);
		CHECK_SAY(rule->title[0] != '\0' && rule->help[0] != '\0' && rule->atlas[0] != '\0' &&
			      rule->owasp[0] != '\0',
			  rule->id);
		personal += rule->data_class == PAL_CLASS_PII || rule->data_class == PAL_CLASS_PHI ||
			    rule->data_class == PAL_CLASS_PCI;
		secrets += rule->data_class == PAL_CLASS_SECRET;
	}
	printf("%zu personal, health and financial types, %zu secret families\n", personal, secrets);
	CHECK(personal >= 60 && secrets >= 60);
	CHECK(pal_detect_rule(r, pal_view_of("NO-SUCH")) == NULL);
	CHECK(strlen(pal_detect_version(r)) == 64);
	for (size_t i = 0; pal_detectors[i] != NULL; i++)
		CHECK(pal_detectors[i]->reads != 0 && pal_detectors[i]->summary[0] != '\0');
}

static const struct {
	const char *text, *says;
} bads[] = {
	{ "rule: MY-KEY\ntitle: x\npatern: a\n", "mine.rules:3: unknown key \"patern\"; did you mean \"pattern\"?" },
	{ "rule: MY-KEY\ntitle: x\npattern: a(b\nmatch: a\n", "mine.rules:1: pattern of MY-KEY does not compile" },
	{ "rule: PII-EMAIL\ntitle: x\npattern: a\nmatch: a\n", "already defined at built-in" },
	{ "rule: MY-ID\ntitle: x\nrun: 9{4}\ngroups: 2-3\nmatch: a\n", "add up to the length" },
};

static void
user(const struct pal_detect *r)
{
	struct pal_detect *mine = NULL;
	struct pal_diag    d = { .text = "" };
	struct detecting   t;

	put("mine.rules", "rule: MY-BADGE\ntitle: Badge\nhelp: h\nclass: pii\npattern: BDG-[0-9]{6}\nconfidence: "
			  "high\nmatch: BDG-123456\n");
	put("notes.txt", "not rules at all");
	put("globals.tsv", "mycompany.models\tC*\tallow\tours\n");
	if (!CHECK_SAY(pal_detect_load(dir, &mine, &d) == PAL_OK, d.text))
		return;
	CHECK(strcmp(pal_detect_version(mine), pal_detect_version(r)) != 0);
	CHECK(pal_detect_rule_count(mine) == pal_detect_rule_count(r) + 1);
	detecting_start(&t, mine, &pal_detector_patterns);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_TEXT, .text = pal_view_of("badge BDG-481516") });
	detecting_finish(&t);
	CHECK(detecting_found(&t, "MY-BADGE", NULL) != NULL);
	detecting_done(&t);
	CHECK(pal_globals_judge(&mine->globals, NULL, pal_view_of("mycompany.models"), pal_view_of("Net")).verdict ==
	      PAL_VERDICT_ALLOW);
	pal_detect_free(&mine);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		put("mine.rules", bads[i].text);
		CHECK(pal_detect_load(dir, &mine, &d) == PAL_ECONFIG && mine == NULL);
		if (!CHECK_SAY(strstr(d.text, bads[i].says) != NULL, bads[i].says))
			printf("  says: %s\n", d.text);
	}
	put("mine.rules", "rule: MY-A\n");
	CHECK(pal_detect_load("/nonexistent/rules", &mine, &d) != PAL_OK);
}

static enum pal_err
scan_item(void *arg, size_t item, unsigned int thread)
{
	struct pal_detect        *r = arg;
	struct pal_scanner_state *s = NULL;
	struct pal_scan_text      t = { pal_view_of("SSN 536-90-4399, anna@mail.example.org"), { NULL, 0 } };
	enum pal_err              err = PAL_OK;

	(void)item;
	(void)thread;
	PAL_TRY(pal_engine_borrow(r->engine, &s));
	for (size_t i = 0; i < 200 && err == PAL_OK; i++) {
		err = pal_engine_scan(r->engine, s, &t, false);
		if (err == PAL_OK && s->hit_count != 2)
			err = PAL_EVERIFY;
	}
	pal_engine_return(r->engine, &s);
	return err;
}

int
main(void)
{
	struct pal_detect *r = detecting_rules();

	if (r == NULL || !CHECK(mkdtemp(dir) != NULL))
		return check_done();
	catalogue(r);
	CHECK(pal_parallel(4, 16, scan_item, r) == PAL_OK);
	user(r);
	away("mine.rules");
	away("notes.txt");
	away("globals.tsv");
	(void)rmdir(dir);
	pal_detect_free(&r);
	return check_done();
}
