/* explain.c - one rule as a page, all rules as a list; both come from the table that the scanner itself uses. */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "palisade/json.h"
#include "palisade/nearest.h"
#include "palisade/scan.h"

static void
put_line(struct pal_buf *b, const char *what, const char *text)
{
	if (text != NULL && text[0] != '\0')
		pal_buf_printf(b, "  %-13s %s\n", what, text);
}

static void
put_page(const struct pal_rule *r, struct pal_buf *b)
{
	pal_buf_printf(b, "%s  %s\n  %s\n\n", r->id, pal_severity_name(r->severity), r->title);
	put_line(b, "what to do", r->help);
	put_line(b, "done by", r->loader);
	if (r->data_class != PAL_CLASS_NONE)
		put_line(b, "data class", pal_data_class_name(r->data_class));
	if (r->unread != PAL_INFO)
		put_line(b, "coverage", "part of the file was not examined: its verdict is partial, unknown or error");
	put_line(b, "MITRE ATLAS", r->atlas);
	put_line(b, "OWASP", r->owasp);
	put_line(b, "CWE", r->cwe);
	put_line(b, "CVE", r->cve);
	pal_buf_printf(b,
		       "\nThe severity may differ from one finding to the next; the finding says which it is.\n"
		       "To accept it in one file: palisade scan --write-baseline known.json --reason \"...\" FILE\n");
}

static void
put_json(struct pal_json_writer *w, const struct pal_rule *r)
{
	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "rule", r->id);
	pal_json_put_text(w, "severity", pal_severity_name(r->severity));
	pal_json_put_text(w, "title", r->title);
	pal_json_put_text(w, "fix", r->help);
	pal_json_put_text(w, "loader", r->loader);
	pal_json_put_text(w, "class", pal_data_class_name(r->data_class));
	pal_json_put_bool(w, "unread", r->unread != PAL_INFO);
	pal_json_put_words(w, "atlas", r->atlas, ' ');
	pal_json_put_words(w, "owasp", r->owasp, ' ');
	pal_json_put_words(w, "cwe", r->cwe, ' ');
	pal_json_put_words(w, "cve", r->cve, ' ');
	pal_json_end(w, '}');
}

static int
by_id(const void *a, const void *b)
{
	const struct pal_rule *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void
put_all(const struct pal_rule *const *rules, size_t count, bool json, struct pal_buf *b)
{
	struct pal_json_writer w = pal_json_writer_of(b, 2);

	if (json)
		pal_json_begin(&w, NULL, '[');
	for (size_t i = 0; i < count; i++)
		if (json)
			put_json(&w, rules[i]);
		else
			pal_buf_printf(b, "%-28s %-9s %s\n", rules[i]->id, pal_severity_name(rules[i]->severity),
				       rules[i]->title);
	if (json)
		pal_json_end(&w, ']');
}

static int
unknown_rule(const struct pal_scanner *s, const char *id)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(id));

	for (size_t i = 0; i < pal_scan_rule_count(s); i++)
		pal_nearest_try(&near, pal_scan_rule_at(s, i)->id);
	return cli_usage("--explain %s: no such rule%s%s; --explain all lists them", id,
			 near.best == NULL ? "" : "; did you mean ", near.best == NULL ? "" : near.best);
}

static int
explain(const struct cli_args *a, const struct pal_scanner *s, const char *id)
{
	PAL_AUTO_ARENA          arena;
	PAL_AUTO_BUF            out = pal_buf_of(0);
	bool                    json = strcmp(cli_text(a, "format", "table"), "json") == 0;
	size_t                  count = strcmp(id, "all") == 0 ? pal_scan_rule_count(s) : 1;
	const struct pal_rule **rules = NULL;

	pal_arena_init(&arena, (size_t)16 << 20);
	rules = pal_arena_array(&arena, count, sizeof(*rules));
	if (rules == NULL)
		return cli_fail(pal_arena_err(&arena), NULL);
	for (size_t i = 0; i < count; i++)
		rules[i] = count > 1 ? pal_scan_rule_at(s, i) : pal_scan_rule(s, pal_view_of(id));
	if (rules[0] == NULL)
		return unknown_rule(s, id);
	qsort(rules, count, sizeof(*rules), by_id);
	if (json || count > 1)
		put_all(rules, count, json, &out);
	else
		put_page(rules[0], &out);
	if (json)
		pal_buf_add_byte(&out, '\n');
	return pal_buf_err(&out) == PAL_OK ? cli_output(cli_text(a, "output", NULL), pal_buf_view(&out))
					   : cli_fail(pal_buf_err(&out), NULL);
}

int
cli_explain_rule(const struct cli_args *a, const char *id, const char *rules_dir)
{
	struct pal_scan_options o = { .rules_dir = rules_dir };
	struct pal_scanner     *s = NULL;
	struct pal_diag         d = { 0 };
	enum pal_err            e = pal_scanner_new(&o, &s, &d);
	int                     code = e == PAL_OK ? explain(a, s, id) : cli_fail(e, &d);

	pal_scanner_free(&s);
	return code;
}
