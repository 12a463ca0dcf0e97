/* test_sarif_rules.c - addresses of files, lists without doubles, messages that hold no link. */
#include "report/sarif_rules.h"

#include "check.h"
#include "sample_report.h"

static void
test_uri(void)
{
	static const char *const cases[][3] = {
		{ "models", "a/b.pkl", "models/a/b.pkl" },
		{ "models/", "b.pkl", "models/b.pkl" },
		{ "./models", "./b.pkl", "models/b.pkl" },
		{ ".", "b.pkl", "b.pkl" },
		{ NULL, "b.pkl", "b.pkl" },
		{ "model.pkl", NULL, "model.pkl" },
		{ "model.pkl", "model.pkl", "model.pkl" },
		{ "/data", "b.pkl", "file:///data/b.pkl" },
		{ "x", "/data/b.pkl", "file:///data/b.pkl" },
		{ "a b", "c%d#e?f.csv", "a%20b/c%25d%23e%3Ff.csv" },
		{ NULL, "c:d", "c%3Ad" }, /* RFC 3986, 4.2: or "c" would be a scheme */
		{ NULL, "\xff\n\"<>\\^`{|}", "%FF%0A%22%3C%3E%5C%5E%60%7B%7C%7D" },
		{ NULL, NULL, "." },
		{ "", "", "." },
		{ "/", "x", "file:///x" },
		{ NULL, "\xc3\xa9", "%C3%A9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_sarif_uri(cases[i][0], pal_view_of(cases[i][1]), &b);
		CHECK_SAY(strcmp(pal_buf_text(&b), cases[i][2]) == 0, pal_buf_text(&b));
	}
}

static void
test_message(void)
{
	static const char *const cases[][2] = {
		{ "plain", "{\"m\":{\"text\":\"plain\"}}" },
		{ NULL, "{\"m\":{\"text\":\"otherwise\"}}" },
		{ "", "{\"m\":{\"text\":\"otherwise\"}}" },
		{ "[x](http://y)", "{\"m\":{\"text\":\"[x] (http://y)\"}}" },
		{ "{0}", "{\"m\":{\"text\":\"{{0}}\"}}" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_BUF           b = pal_buf_of(0);
		struct pal_json_writer w = pal_json_writer_of(&b, 0);

		pal_json_begin(&w, NULL, '{');
		pal_sarif_message(&w, "m", cases[i][0], "otherwise");
		pal_json_end(&w, '}');
		CHECK_SAY(strcmp(pal_buf_text(&b), cases[i][1]) == 0, pal_buf_text(&b));
	}
}

static void
test_lists(void)
{
	struct pal_report      r = sample_report();
	struct pal_outline     o = { 0 };
	struct pal_sarif_rules s = { 0 };
	PAL_AUTO_ARENA         a;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(pal_outline_make(&r, &a, &o) == PAL_OK && pal_sarif_rules_make(&o, &a, &s) == PAL_OK);
	CHECK(s.rules.count == 5 + 1 + 1 + 6);
	for (size_t i = 0; i < s.rules.count; i++) {
		const struct pal_sarif_rule *rule = pal_list_at(&s.rules, i);

		CHECK_SAY(pal_sarif_rule_index(&s, rule->id) == i, rule->id);
	}
	for (size_t t = 0; t < PAL_SARIF_TAXONOMIES; t++) {
		CHECK(s.taxa[t].count > 0);
		for (size_t i = 0; i < s.taxa[t].count; i++)
			for (size_t n = 0; n < i; n++)
				CHECK(!pal_view_eq(*(struct pal_view *)pal_list_at(&s.taxa[t], i),
						   *(struct pal_view *)pal_list_at(&s.taxa[t], n)));
	}
	CHECK(!pal_sarif_is_result(&sample_rows[0 + 1]) && pal_sarif_is_result(&sample_rows[2]));
}

int
main(void)
{
	test_uri();
	test_message();
	test_lists();
	return check_done();
}
