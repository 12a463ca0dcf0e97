/* test_engine.c - every rule's match: and nomatch: lines through the real engine; overlaps, windows, saving. */
#include "detect/rules.h"

#include <hs/hs.h>

#include "check.h"
#include "detect/database.h"

extern const struct pal_detector pal_detector_columns;

static struct pal_detect *rules;

/* The rule's id among the hits of text, with the column's name when there is one. */
static bool
hits(struct pal_scanner_state *s, struct pal_view text, const char *name, const char *id, struct pal_hit *ret_hit)
{
	struct pal_scan_text t = { text, pal_view_of(name) };

	if (pal_engine_scan(rules->engine, s, &t, false) != PAL_OK)
		return false;
	for (size_t i = 0; i < s->hit_count; i++)
		if (strcmp(s->hits[i].def->rule.id, id) == 0) {
			*ret_hit = s->hits[i];
			return true;
		}
	return false;
}

/* A rule of columns: "header = value | value" through the detector of tables. */
static bool
column_hits(struct pal_view line, const char *id)
{
	PAL_AUTO_ARENA      a;
	struct pal_findings found;
	struct pal_view     header, value;
	void               *state = NULL;
	bool                yes = false;

	pal_arena_init(&a, (size_t)4 << 20);
	found = pal_findings_of(&a, 100);
	if (!pal_view_split(&line, '=', &header) || pal_detector_columns.start(rules, &a, &state) != PAL_OK)
		return false;
	header = pal_view_trim(header);
	(void)CHECK(pal_detector_columns.feed(
			state, &(struct pal_content){ .kind = PAL_CONTENT_COLUMNS, .cells = &header, .cell_count = 1 },
			&found) == PAL_OK);
	while (pal_view_split(&line, '|', &value)) {
		struct pal_content row = { .kind = PAL_CONTENT_ROW, .cells = &value, .cell_count = 1 };

		(void)CHECK(pal_detector_columns.feed(state, &row, &found) == PAL_OK);
	}
	(void)CHECK(pal_detector_columns.finish(state, &found) == PAL_OK);
	for (size_t i = 0; i < found.list.count; i++)
		yes |= strcmp(((struct pal_finding *)pal_list_at(&found.list, i))->rule->id, id) == 0;
	return yes;
}

static void
sample(struct pal_scanner_state *s, const struct pal_rule_def *def, struct pal_view line, bool want)
{
	struct pal_hit h;
	bool           have =
            def->how == PAL_HOW_COLUMN ? column_hits(line, def->rule.id) : hits(s, line, NULL, def->rule.id, &h);

	if (!CHECK(have == want))
		printf("  %s:%zu: %s: %s: %.*s\n", def->file, def->line, def->rule.id, want ? "match" : "nomatch",
		       (int)line.len, (const char *)line.data);
}

static void
samples(struct pal_scanner_state *s)
{
	size_t tried = 0;

	for (size_t i = 0; i < rules->defs.count; i++) {
		const struct pal_rule_def *def = pal_list_at(&rules->defs, i);

		for (size_t k = 0; k < def->match.count; k++)
			sample(s, def, def->match.at[k], true);
		for (size_t k = 0; k < def->nomatch.count; k++)
			sample(s, def, def->nomatch.at[k], false);
		tried += def->match.count + def->nomatch.count;
		CHECK_SAY(def->how == PAL_HOW_CODE || def->match.count > 0, def->rule.id);
	}
	printf("%zu rules, %zu lines\n", rules->defs.count, tried);
}

static void
places(struct pal_scanner_state *s)
{
	struct pal_hit h;

	CHECK(hits(s, pal_view_of("mail: <anna@post.example.com>."), NULL, "PII-EMAIL", &h));
	CHECK(h.start == 7 && h.end == 28 && h.in_context && h.belief == PAL_BELIEF_HIGH);
	CHECK(hits(s, pal_view_of("x 536-90-4399 y"), NULL, "PII-US-SSN", &h));
	CHECK(h.start == 2 && h.end == 13 && !h.in_context && h.belief == PAL_BELIEF_MEDIUM);
	CHECK(hits(s, pal_view_of("536904399"), "patient_ssn", "PII-US-SSN", &h) && h.belief == PAL_BELIEF_HIGH);
	CHECK(hits(s, pal_view_of("536904399"), "patientSsn", "PII-US-SSN", &h));
	CHECK(!hits(s, pal_view_of("536904399"), "session", "PII-US-SSN", &h));
	/* The nearer word decides what nine digits are. */
	CHECK(hits(s, pal_view_of("SSN on file; routing number 111000025"), NULL, "FIN-US-ABA", &h));
	CHECK(!hits(s, pal_view_of("SSN\n\nnumber of the order: 536904399"), NULL, "PII-US-SSN", &h));
}

static void
saved(void)
{
	struct pal_detect *other = NULL;
	PAL_AUTO_BUF       b = pal_buf_of(0);
	struct pal_diag    d;

	CHECK(pal_detect_save(rules, &b, &d) == PAL_OK && b.len > 1000);
	CHECK(pal_detect_load(NULL, &other, &d) == PAL_OK);
	CHECK(pal_detect_restore(other, pal_view_of("not a database"), &d) == PAL_EFORM);
	CHECK(pal_detect_restore(other, pal_buf_view(&b), &d) == PAL_OK);
	CHECK(strcmp(pal_detect_version(other), pal_detect_version(rules)) == 0);
	pal_detect_free(&other);
	CHECK(other == NULL);
}

/* Text made of anchors takes no more than a few times what any text takes. */
static void
hostile(struct pal_scanner_state *s)
{
	static uint8_t           text[256 << 10];
	static const char *const parts[] = {
		"a@", "eyJ.eyJ", ".eyJabcdefghij", "T3BlbkFJ", "://a:b", "1-1/1.1 ", "0x", "-----BEGIN PRIVATE KEY-----"
	};

	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		struct pal_scan_text t = { { text, sizeof(text) }, pal_view_of("") };

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (uint8_t)parts[p][i % strlen(parts[p])];
		CHECK_SAY(pal_engine_scan(rules->engine, s, &t, false) == PAL_OK, parts[p]);
	}
}

/* What the build compiled is for these rules only, finds what is compiled here, and is not taken for other rules. */
static void
built_in(void)
{
	static const char   other[] = "0000000000000000000000000000000000000000000000000000000000000000";
	struct hs_database *made = pal_database_built_in(pal_detect_version(rules)), *here = NULL;
	hs_scratch_t       *scratch = NULL;
	struct pal_diag     d = { .text = "" };

	CHECK(pal_database_built_in(other) == NULL && pal_database_built_in("") == NULL);
	CHECK(made != NULL && pal_database_compile(&rules->defs, &here, &d) == PAL_OK && here != NULL);
	if (made == NULL || here == NULL || !CHECK(hs_alloc_scratch(made, &scratch) == HS_SUCCESS) ||
	    !CHECK(hs_alloc_scratch(here, &scratch) == HS_SUCCESS))
		return;
	CHECK_SAY(pal_database_try(made, scratch, &rules->defs, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_database_try(here, scratch, &rules->defs, &d) == PAL_OK, d.text);
	CHECK(hs_free_scratch(scratch) == HS_SUCCESS && hs_free_database(made) == HS_SUCCESS &&
	      hs_free_database(here) == HS_SUCCESS);
}

int
main(void)
{
	struct pal_scanner_state *s = NULL;
	struct pal_diag           d = { .text = "" };

	if (!CHECK(pal_detect_load(NULL, &rules, &d) == PAL_OK)) {
		printf("%s\n", d.text);
		return check_done();
	}
	if (!CHECK(pal_detect_compile(rules, &d) == PAL_OK)) {
		printf("%s\n", d.text);
		return check_done();
	}
	if (CHECK(pal_engine_borrow(rules->engine, &s) == PAL_OK)) {
		samples(s);
		places(s);
		hostile(s);
		pal_engine_return(rules->engine, &s);
	}
	saved();
	built_in();
	pal_detect_free(&rules);
	return check_done();
}
