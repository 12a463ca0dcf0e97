/*
 * sarif_rules.h - the parts of a SARIF run that results refer to: rules, taxonomies, addresses of files.
 *
 * A rule is a detector's rule or a control; each id is listed once. A taxon is an
 * ATLAS, OWASP or NIST id that a listed rule names. Results refer to rules by index,
 * rules refer to taxa by index, so that the lists are made before anything is written.
 *
 *   units    indexes from 0
 *   memory   lives in the caller's arena and points into the report
 *   errors   PAL_ELIMIT, PAL_ENOMEM of the arena
 *   threads  pure
 */
#ifndef PALISADE_REPORT_SARIF_RULES_H
#define PALISADE_REPORT_SARIF_RULES_H

#include "palisade/json.h"
#include "palisade/map.h"
#include "outline.h"

#define PAL_SARIF_TAXONOMIES 4
#define PAL_SARIF_CWE        3 /* its place among them */

struct pal_sarif_rule {
	const char       *id, *title, *help, *ids[PAL_SARIF_TAXONOMIES];
	const char       *cve, *loader;
	enum pal_severity severity;
	bool              control;
};

struct pal_sarif_rules {
	struct pal_list rules; /* of struct pal_sarif_rule */
	struct pal_map  by_id;
	struct pal_list taxa[PAL_SARIF_TAXONOMIES]; /* of struct pal_view */
	struct pal_map  by_taxon[PAL_SARIF_TAXONOMIES];
};

bool pal_sarif_is_result(const struct pal_report_row *row); /* fail, warn, waived */

PAL_NODISCARD enum pal_err pal_sarif_rules_make(const struct pal_outline *o, struct pal_arena *a,
						struct pal_sarif_rules *ret);
size_t                     pal_sarif_rule_index(const struct pal_sarif_rules *rules, const char *id);

void pal_sarif_put_tool(struct pal_json_writer *w, const struct pal_report *r, const struct pal_sarif_rules *rules);
void pal_sarif_put_taxonomies(struct pal_json_writer *w, const struct pal_sarif_rules *rules);

/* A message object; `otherwise` where the text is NULL or empty. */
void pal_sarif_message(struct pal_json_writer *w, const char *key, const char *text, const char *otherwise);

/* A relative reference or a file: URI of RFC 3986 for a path inside an artifact; never empty. */
void pal_sarif_uri(const char *artifact, struct pal_view path, struct pal_buf *to);

#endif
