/* manual.c - docs/palisade.yaml.md and docs/controls.md, written from the tables that the reader obeys. */
#include "manual.h"

#include <string.h>

#include "palisade/pipeline.h"
#include "parameters.h"
#include "pipeline_tables.h"

#define DEEPEST 4 /* schemas in each other */

static void
add_values(const char *const *values, struct pal_buf *out)
{
	for (size_t i = 0; values[i] != NULL; i++)
		pal_buf_printf(out, "%s`%s`", i > 0 ? ", " : "", values[i]);
}

void
manual_type(const struct pal_yaml_key *k, struct pal_buf *out)
{
	static const char *const one[] = {
		[PAL_YAML_TEXT] = "text",        [PAL_YAML_NAME] = "name",    [PAL_YAML_PATH] = "path",
		[PAL_YAML_DIGEST] = "digest",    [PAL_YAML_ENUM] = "one of ", [PAL_YAML_BOOL] = "`true`, `false`",
		[PAL_YAML_INT] = "whole number", [PAL_YAML_REAL] = "number",  [PAL_YAML_DATE] = "date",
		[PAL_YAML_MAP] = "map",          [PAL_YAML_STRUCT] = "map",   [PAL_YAML_TREE] = "map",
	};

	if (k->many && k->type == PAL_YAML_ENUM)
		pal_buf_add_text(out, "list of ");
	else if (k->many)
		pal_buf_printf(out, "list of %ss", one[k->type]);
	else
		pal_buf_add_text(out, one[k->type]);
	if (k->type == PAL_YAML_ENUM)
		add_values(k->values, out);
	if (k->type == PAL_YAML_MAP && k->values != NULL) {
		pal_buf_add_text(out, " of ");
		add_values(k->values, out);
	}
	if (k->low != 0 || k->high != 0)
		pal_buf_printf(out, ", %.10g to %.10g", k->low, k->high);
}

static void
add_rows(const struct pal_yaml_schema *s, struct pal_buf *out)
{
	pal_buf_add_text(out, "| key | type | needed | default | meaning |\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < s->count; i++) {
		const struct pal_yaml_key *k = &s->keys[i];

		pal_buf_printf(out, "| `%s` | ", k->name);
		manual_type(k, out);
		pal_buf_printf(out, " | %s | ", k->required ? "yes" : "");
		if (k->preset != NULL)
			pal_buf_printf(out, "`%s`", k->preset);
		pal_buf_printf(out, " | %s |\n", k->doc);
	}
}

static void
add_section(const struct pal_yaml_schema *s, const char *path, struct pal_buf *out)
{
	pal_buf_printf(out, "\n## %s\n\n%s", path, s->doc);
	if (s->short_key != NULL)
		pal_buf_printf(out, " A text in place of the map means its `%s`.", s->short_key);
	if (s->unique != NULL)
		pal_buf_printf(out, " No two may have the same `%s`.", s->unique);
	pal_buf_add_text(out, "\n\n");
	add_rows(s, out);
}

/* Depth first over the tables with a stack: tables are few, and none holds itself. */
void
manual_schema(const struct pal_yaml_schema *s, const char *path, struct pal_buf *out)
{
	struct {
		const struct pal_yaml_schema *schema;
		size_t                        next;
	} stack[DEEPEST] = { { s, 0 } };
	size_t       depth = 1;
	PAL_AUTO_BUF name = pal_buf_of(0);

	if (path[0] == '\0')
		add_rows(s, out);
	else
		add_section(s, path, out);
	while (depth > 0) {
		const struct pal_yaml_schema *top = stack[depth - 1].schema;
		const struct pal_yaml_key    *k = NULL;

		if (stack[depth - 1].next == top->count) {
			depth--;
			continue;
		}
		k = &top->keys[stack[depth - 1].next++];
		if (k->schema == NULL)
			continue;
		pal_buf_clear(&name);
		pal_buf_add_text(&name, path);
		for (size_t i = 0; i < depth; i++)
			pal_buf_printf(&name, "%s%s", name.len > 0 ? ": " : "",
				       stack[i].schema->keys[stack[i].next - 1].name);
		PAL_ASSERT(depth < DEEPEST);
		stack[depth].schema = k->schema;
		stack[depth++].next = 0;
		add_section(k->schema, pal_buf_text(&name), out);
	}
}

void
pal_policy_reference(struct pal_buf *out)
{
	pal_buf_add_text(
	    out,
	    "\n## policy: controls\n\n"
	    "Every control has `mode`: `enforce` (a fail closes the gate), `warn` (a fail is shown) or `off` (not\n"
	    "looked at). `COL-02: off` is short for `COL-02: {mode: off}`. docs/controls.md lists the controls. The\n"
	    "parameters, and what each profile sets them to:\n\n"
	    "| control | parameter | type | unit | baseline | strict | meaning |\n"
	    "| --- | --- | --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < policy_parameter_count; i++) {
		const struct policy_parameter *p = &policy_parameters[i];

		pal_buf_printf(out, "| %s | `%s` | ", p->control, p->key.name);
		manual_type(&p->key, out);
		pal_buf_printf(out, " | %s | `%s` | `%s` | %s |\n", p->key.unit != NULL ? p->key.unit : "", p->baseline,
			       p->strict, p->key.doc);
	}
}

bool
pal_policy_parameter_at(size_t i, struct pal_policy_parameter *ret, struct pal_buf *type)
{
	const struct policy_parameter *p = &policy_parameters[i];

	if (i >= policy_parameter_count)
		return false;
	manual_type(&p->key, type);
	*ret =
	    (struct pal_policy_parameter){ p->control, p->key.name, p->key.unit, p->baseline, p->strict, p->key.doc };
	return true;
}

void
pal_pipeline_reference(struct pal_buf *out)
{
	pal_buf_printf(
	    out,
	    "# palisade.yaml\n\n"
	    "Written by the program from the tables that it reads the file by; a test keeps the two equal.\n\n"
	    "The file is YAML 1.2 in UTF-8, at most %zu KiB. Unknown keys, duplicate keys, wrong types and names that "
	    "are\n"
	    "declared nowhere are errors with line and column. Anchors, aliases, tags and second documents are "
	    "refused.\n\n"
	    "Types: a *name* is letters, digits, `.`, `_` and `-`, at most 128; a *path* is absolute or below the "
	    "folder of the\n"
	    "file (no `..`); a *digest* is `sha256:` and 64 hex digits in lower case; a *date* is `2027-03-01` (its "
	    "first\n"
	    "moment in UTC) or an RFC 3339 time; a *map* here has names of your own. Artifacts and steps share one "
	    "namespace.\n\n",
	    PAL_YAML_SIZE >> 10);
	manual_schema(&pipeline_schema, "", out);
	pal_policy_reference(out);
}
