/* sarif_rules.c - the lists that SARIF results refer to; add_encoded() is what keeps a URI legal. */
#include "sarif_rules.h"

struct taxonomy {
	const char *name, *organization, *version, *about, *uri, *taxon_uri;
	char        sep; /* a comma where ids hold blanks: "MAP 4.1" */
};

static const struct taxonomy taxonomies[PAL_SARIF_TAXONOMIES] = {
	{ "MITRE ATLAS", "MITRE", NULL, "Adversarial Threat Landscape for Artificial-Intelligence Systems",
	  "https://atlas.mitre.org/", "https://atlas.mitre.org/techniques/", ' ' },
	{ "OWASP LLM Top 10", "OWASP", "2025", "Top 10 risks of applications of large language models",
	  "https://genai.owasp.org/llm-top-10/", NULL, ' ' },
	{ "NIST AI RMF", "NIST", "1.0", "Artificial Intelligence Risk Management Framework",
	  "https://www.nist.gov/itl/ai-risk-management-framework", NULL, ',' },
	{ "CWE", "MITRE", NULL, "Common Weakness Enumeration", "https://cwe.mitre.org/", NULL, ' ' },
};

bool
pal_sarif_is_result(const struct pal_report_row *row)
{
	return row->verdict != PAL_PASS && row->verdict != PAL_NOT_CHECKED;
}

/* ---- making the lists ---- */

static void
add_taxa(struct pal_sarif_rules *s, const struct pal_sarif_rule *rule)
{
	for (size_t t = 0; t < PAL_SARIF_TAXONOMIES; t++) {
		struct pal_view rest = pal_view_of(rule->ids[t]), id = { 0 };

		while (pal_view_word(&rest, (uint8_t)taxonomies[t].sep, &id)) {
			void           **place = pal_map_put(&s->by_taxon[t], id);
			struct pal_view *taxon = place == NULL || *place != NULL ? NULL : pal_list_add(&s->taxa[t]);

			if (taxon == NULL)
				continue;
			*taxon = id;
			*place = (void *)(uintptr_t)s->taxa[t].count; /* index + 1: items move when the list grows */
		}
	}
}

static void
add_rule(struct pal_sarif_rules *s, const struct pal_sarif_rule *rule)
{
	void                 **place = pal_map_put(&s->by_id, pal_view_of(rule->id));
	struct pal_sarif_rule *copy = place == NULL || *place != NULL ? NULL : pal_list_add(&s->rules);

	if (copy == NULL)
		return;
	*copy = *rule;
	*place = (void *)(uintptr_t)s->rules.count;
	add_taxa(s, rule);
}

enum pal_err
pal_sarif_rules_make(const struct pal_outline *o, struct pal_arena *a, struct pal_sarif_rules *ret)
{
	struct pal_sarif_rules s = { .rules = pal_list_of(a, sizeof(struct pal_sarif_rule)), .by_id = pal_map_of(a) };

	for (size_t t = 0; t < PAL_SARIF_TAXONOMIES; t++) {
		s.taxa[t] = pal_list_of(a, sizeof(struct pal_view));
		s.by_taxon[t] = pal_map_of(a);
	}
	for (size_t i = 0; i < o->stage_count; i++)
		for (size_t n = 0; n < o->stages[i].row_count; n++) {
			const struct pal_report_row *row = o->stages[i].rows[n];

			if (pal_sarif_is_result(row))
				add_rule(&s, &(struct pal_sarif_rule){ .id = row->control,
								       .title = row->title,
								       .ids = { row->atlas, row->owasp, row->nist },
								       .severity = row->verdict == PAL_WARN ? PAL_MEDIUM
													    : PAL_HIGH,
								       .control = true });
		}
	for (size_t i = 0; i < o->finding_count + o->accepted_count; i++) {
		const struct pal_rule *rule = o->findings[i]->finding->rule;

		add_rule(&s, &(struct pal_sarif_rule){ .id = rule->id,
						       .title = rule->title,
						       .help = rule->help,
						       .ids = { rule->atlas, rule->owasp, NULL, rule->cwe },
						       .cve = rule->cve,
						       .loader = rule->loader,
						       .severity = rule->severity });
	}
	PAL_TRY(pal_arena_err(a));
	*ret = s;
	return PAL_OK;
}

size_t
pal_sarif_rule_index(const struct pal_sarif_rules *rules, const char *id)
{
	size_t at = (size_t)(uintptr_t)pal_map_get(&rules->by_id, pal_view_of(id));

	PAL_ASSERT(at > 0); /* every result's rule was listed */
	return at - 1;
}

/* ---- writing them ---- */

/*
 * Section 3.11.5: braces that are no placeholder are doubled. Section 3.11.6: "[text](target)" is a link, which no
 * text of an artifact may make.
 */
static void
add_message_text(struct pal_buf *to, struct pal_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		pal_buf_add_byte(to, c);
		if (c == '{' || c == '}')
			pal_buf_add_byte(to, c);
		else if (c == ']' && i + 1 < text.len && text.data[i + 1] == '(')
			pal_buf_add_byte(to, ' ');
	}
}

void
pal_sarif_message(struct pal_json_writer *w, const char *key, const char *text, const char *otherwise)
{
	bool         empty = text == NULL || text[0] == '\0';
	PAL_AUTO_BUF safe = pal_buf_of(0);

	add_message_text(&safe, pal_view_of(empty ? otherwise : text));
	pal_json_begin(w, key, '{');
	pal_json_put_view(w, "text", pal_buf_view(&safe));
	pal_json_end(w, '}');
}

static void
put_relationships(struct pal_json_writer *w, const struct pal_sarif_rules *s, const struct pal_sarif_rule *rule)
{
	pal_json_begin(w, "relationships", '[');
	for (size_t t = 0; t < PAL_SARIF_TAXONOMIES; t++) {
		struct pal_view rest = pal_view_of(rule->ids[t]), id = { 0 };

		while (pal_view_word(&rest, (uint8_t)taxonomies[t].sep, &id)) {
			size_t at = (size_t)(uintptr_t)pal_map_get(&s->by_taxon[t], id);

			if (at == 0)
				continue;
			pal_json_begin(w, NULL, '{');
			pal_json_begin(w, "target", '{');
			pal_json_put_view(w, "id", id);
			pal_json_put_u64(w, "index", at - 1);
			pal_json_begin(w, "toolComponent", '{');
			pal_json_put_text(w, "name", taxonomies[t].name);
			pal_json_put_u64(w, "index", t);
			pal_json_end(w, '}');
			pal_json_end(w, '}');
			pal_json_begin(w, "kinds", '[');
			pal_json_put_text(w, NULL, "relevant");
			pal_json_end(w, ']');
			pal_json_end(w, '}');
		}
	}
	pal_json_end(w, ']');
}

/* "external/cwe/cwe-502" is how GitHub knows a weakness. */
static void
put_tag_ids(struct pal_json_writer *w, const char *prefix, const char *ids)
{
	struct pal_view rest = pal_view_of(ids), id = { 0 };

	while (pal_view_word(&rest, ' ', &id)) {
		PAL_AUTO_BUF tag = pal_buf_of(0);

		pal_buf_add_text(&tag, prefix);
		for (size_t i = 0; i < id.len; i++)
			pal_buf_add_byte(&tag, prefix[0] == '\0' ? id.data[i]
								 : (uint8_t)(id.data[i] >= 'A' && id.data[i] <= 'Z'
										 ? id.data[i] | 0x20
										 : id.data[i]));
		pal_json_put_view(w, NULL, pal_buf_view(&tag));
	}
}

/* The ids as tags too: code scanning shows and filters tags, not relationships. Tags are unique (section 3.8.2). */
static void
put_tags(struct pal_json_writer *w, const struct pal_sarif_rule *rule)
{
	pal_json_begin(w, "tags", '[');
	pal_json_put_text(w, NULL, "security");
	pal_json_put_text(w, NULL, rule->control ? "palisade/control" : "palisade/detector");
	put_tag_ids(w, "external/cwe/", rule->ids[PAL_SARIF_CWE]);
	put_tag_ids(w, "", rule->cve);
	pal_json_end(w, ']');
}

static void
put_rule(struct pal_json_writer *w, const struct pal_sarif_rules *s, const struct pal_sarif_rule *rule)
{
	/* GitHub: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low */
	static const char *const scores[PAL_SEVERITIES] = { "0.1", "2.5", "5.5", "8.0", "9.5" };
	static const char *const levels[PAL_SEVERITIES] = { "note", "note", "warning", "error", "error" };
	unsigned int             severity = pal_outline_severity(rule->severity);

	pal_json_begin(w, NULL, '{');
	pal_json_put_text(w, "id", pal_outline_text(rule->id));
	pal_sarif_message(w, "shortDescription", rule->title, "no title");
	pal_sarif_message(w, "fullDescription", rule->title, "no title");
	pal_sarif_message(w, "help", rule->help,
			  rule->control ? "The result's message says what to do; palisade check --explain tells more."
					: "Examine the place that the result names.");
	pal_json_begin(w, "defaultConfiguration", '{');
	pal_json_put_text(w, "level", levels[severity]);
	pal_json_end(w, '}');
	put_relationships(w, s, rule);
	pal_json_begin(w, "properties", '{');
	put_tags(w, rule);
	pal_json_put_text(w, "security-severity", scores[severity]);
	if (rule->loader != NULL)
		pal_json_put_text(w, "loader", rule->loader);
	pal_json_put_text(w, "problem.severity",
			  severity >= PAL_HIGH     ? "error"
			  : severity == PAL_MEDIUM ? "warning"
						   : "recommendation");
	pal_json_end(w, '}');
	pal_json_end(w, '}');
}

void
pal_sarif_put_tool(struct pal_json_writer *w, const struct pal_report *r, const struct pal_sarif_rules *s)
{
	pal_json_begin(w, "tool", '{');
	pal_json_begin(w, "driver", '{');
	pal_json_put_text(w, "name", "Palisade");
	pal_json_put_text(w, "version", pal_outline_text(r->tool_version));
	pal_json_begin(w, "rules", '[');
	for (size_t i = 0; i < s->rules.count; i++)
		put_rule(w, s, pal_list_at(&s->rules, i));
	pal_json_end(w, ']');
	pal_json_begin(w, "supportedTaxonomies", '[');
	for (size_t t = 0; t < PAL_SARIF_TAXONOMIES; t++) {
		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "name", taxonomies[t].name);
		pal_json_put_u64(w, "index", t);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
	pal_json_end(w, '}');
	pal_json_end(w, '}');
}

static void
add_encoded(struct pal_buf *to, struct pal_view path)
{
	static const char plain[] = "-._~/!$&'()*+,;=@";

	for (size_t i = 0; i < path.len; i++) {
		uint8_t c = path.data[i];

		if (pal_is_alnum(c) || pal_view_find_byte(pal_view_of(plain), c, 0) != SIZE_MAX)
			pal_buf_add_byte(to, c);
		else
			pal_buf_printf(to, "%%%02X", c);
	}
}

static void
put_taxon(struct pal_json_writer *w, const struct taxonomy *t, struct pal_view id)
{
	PAL_AUTO_BUF uri = pal_buf_of(0);

	pal_json_begin(w, NULL, '{');
	pal_json_put_view(w, "id", id);
	if (t->taxon_uri != NULL) {
		pal_buf_add_text(&uri, t->taxon_uri);
		add_encoded(&uri, id);
		pal_json_put_text(w, "helpUri", pal_buf_text(&uri));
	}
	pal_json_end(w, '}');
}

void
pal_sarif_put_taxonomies(struct pal_json_writer *w, const struct pal_sarif_rules *s)
{
	pal_json_begin(w, "taxonomies", '[');
	for (size_t t = 0; t < PAL_SARIF_TAXONOMIES; t++) {
		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "name", taxonomies[t].name);
		pal_json_put_text(w, "organization", taxonomies[t].organization);
		if (taxonomies[t].version != NULL)
			pal_json_put_text(w, "version", taxonomies[t].version);
		pal_sarif_message(w, "shortDescription", taxonomies[t].about, "");
		pal_json_put_text(w, "informationUri", taxonomies[t].uri);
		pal_json_begin(w, "taxa", '[');
		for (size_t i = 0; i < s->taxa[t].count; i++)
			put_taxon(w, &taxonomies[t], *(const struct pal_view *)pal_list_at(&s->taxa[t], i));
		pal_json_end(w, ']');
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static struct pal_view
without_dots(struct pal_view path)
{
	while (pal_view_starts(path, "./"))
		path = pal_view_sub(path, 2, SIZE_MAX);
	return path;
}

void
pal_sarif_uri(const char *artifact, struct pal_view path, struct pal_buf *to)
{
	struct pal_view base = without_dots(pal_view_of(artifact));
	size_t          start = 0;

	path = without_dots(path);
	if (pal_view_starts(path, "/") || pal_view_eq(base, path) || pal_view_is(base, "."))
		base = (struct pal_view){ 0 };
	while (base.len > 0 && base.data[base.len - 1] == '/' && base.len > 1)
		base.len--;
	if (pal_view_starts(base.len > 0 ? base : path, "/"))
		pal_buf_add_text(to, "file://");
	start = to->len;
	add_encoded(to, base);
	if (base.len > 0 && path.len > 0 && base.data[base.len - 1] != '/')
		pal_buf_add_byte(to, '/');
	add_encoded(to, path);
	if (to->len == start)
		pal_buf_add_text(to, ".");
}
