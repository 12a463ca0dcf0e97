/* verb_controls.c - the catalogue of controls, what this version decides of it, and docs/controls.md. */
#include <string.h>

#include "output.h"
#include "palisade/check.h"
#include "palisade/json.h"
#include "palisade/policy.h"

#define PROFILES 2

/* What all the forms are written from. */
struct catalogue {
	struct pal_arena  arena;
	struct pal_policy profiles[PROFILES]; /* by enum pal_profile */
	unsigned int      stages;
};

static bool
wanted(const struct catalogue *c, const struct pal_control *control)
{
	return (c->stages & PAL_STAGE_BIT(control->stage)) != 0;
}

static const char *
mode_in(const struct catalogue *c, enum pal_profile profile, const struct pal_control *control)
{
	return pal_mode_name(pal_policy_mode(&c->profiles[profile], control->id));
}

static void
write_table(const struct catalogue *c, const struct pal_controls *all, struct pal_buf *out)
{
	size_t decided = 0, count = 0;

	pal_buf_printf(out, "%-8s %-9s %-8s %-8s %-8s %s\n", "control", "stage", "decided", "baseline", "strict",
		       "title");
	for (size_t i = 0; i < all->count; i++) {
		const struct pal_control *one = &all->items[i];

		if (!wanted(c, one))
			continue;
		count++;
		decided += pal_check_decides(one->id) ? 1 : 0;
		pal_buf_printf(out, "%-8s %-9s %-8s %-8s %-8s %s\n", one->id, pal_stage_names[one->stage],
			       pal_check_decides(one->id) ? "yes" : "no", mode_in(c, PAL_BASELINE, one),
			       mode_in(c, PAL_STRICT, one), one->title);
	}
	pal_buf_printf(out, "\n%zu controls; this version decides %zu, and reports the others as not checked\n", count,
		       decided);
}

static void
json_parameters(struct pal_json_writer *w, const char *control)
{
	struct pal_policy_parameter p = { 0 };
	PAL_AUTO_BUF                type = pal_buf_of(0);

	pal_json_begin(w, "parameters", '[');
	for (size_t i = 0; pal_policy_parameter_at(i, &p, &type); i++) {
		if (strcmp(p.control, control) == 0) {
			pal_json_begin(w, NULL, '{');
			pal_json_put_text(w, "name", p.name);
			pal_json_put_view(w, "type", pal_buf_view(&type));
			pal_json_put_text(w, "unit", p.unit);
			pal_json_put_text(w, "baseline", p.baseline);
			pal_json_put_text(w, "strict", p.strict);
			pal_json_put_text(w, "meaning", p.doc);
			pal_json_end(w, '}');
		}
		pal_buf_clear(&type);
	}
	pal_json_end(w, ']');
}

static void
write_json(const struct catalogue *c, const struct pal_controls *all, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 2);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "version", PALISADE_VERSION);
	pal_json_begin(&w, "controls", '[');
	for (size_t i = 0; i < all->count; i++) {
		const struct pal_control *one = &all->items[i];

		if (!wanted(c, one))
			continue;
		pal_json_begin(&w, NULL, '{');
		pal_json_put_text(&w, "id", one->id);
		pal_json_put_text(&w, "stage", pal_stage_names[one->stage]);
		pal_json_put_text(&w, "title", one->title);
		pal_json_put_text(&w, "passes", one->passes);
		pal_json_put_bool(&w, "decided", pal_check_decides(one->id));
		pal_json_put_text(&w, "baseline", mode_in(c, PAL_BASELINE, one));
		pal_json_put_text(&w, "strict", mode_in(c, PAL_STRICT, one));
		pal_json_put_text(&w, "atlas", one->atlas);
		pal_json_put_text(&w, "owasp", one->owasp);
		pal_json_put_text(&w, "nist", one->nist);
		json_parameters(&w, one->id);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
}

static void
markdown_parameters(const char *control, struct pal_buf *out)
{
	struct pal_policy_parameter p = { 0 };
	PAL_AUTO_BUF                type = pal_buf_of(0);
	bool                        some = false;

	for (size_t i = 0; pal_policy_parameter_at(i, &p, &type); i++) {
		if (strcmp(p.control, control) == 0) {
			if (!some)
				pal_buf_add_text(out, "\n| parameter | type | unit | baseline | strict | meaning |\n"
						      "| --- | --- | --- | --- | --- | --- |\n");
			some = true;
			pal_buf_printf(out, "| `%s` | %s | %s | `%s` | `%s` | %s |\n", p.name, pal_buf_text(&type),
				       p.unit == NULL ? "" : p.unit, p.baseline, p.strict, p.doc);
		}
		pal_buf_clear(&type);
	}
}

static void
write_markdown(const struct catalogue *c, const struct pal_controls *all, struct pal_buf *out)
{
	size_t stage = PAL_STAGE_COUNT;

	pal_buf_add_text(out,
			 "# Controls\n\nMade by `palisade controls --format markdown` from rules/controls.tsv and the "
			 "tables of the program.\n\n"
			 "Every control has a mode: `enforce` (a fail closes the gate), `warn` (a fail is shown) or "
			 "`off`. What this version\ndoes not decide is reported as *not checked*, never as passed. "
			 "Modes and parameters are set under `policy: controls:` in\n[palisade.yaml]"
			 "(palisade.yaml.md).\n");
	for (size_t i = 0; i < all->count; i++) {
		const struct pal_control *one = &all->items[i];

		if (!wanted(c, one))
			continue;
		if (stage != one->stage) {
			stage = one->stage;
			pal_buf_printf(out, "\n## %s\n", pal_stage_names[stage]);
		}
		pal_buf_printf(out, "\n### %s %s\n\nPasses when %s.\n\n", one->id, one->title, one->passes);
		pal_buf_printf(out, "- decided by this version: %s\n- mode: %s in baseline, %s in strict\n",
			       pal_check_decides(one->id) ? "yes" : "no", mode_in(c, PAL_BASELINE, one),
			       mode_in(c, PAL_STRICT, one));
		if (one->atlas[0] != '\0')
			pal_buf_printf(out, "- MITRE ATLAS: %s\n", one->atlas);
		if (one->owasp[0] != '\0')
			pal_buf_printf(out, "- OWASP LLM: %s\n", one->owasp);
		if (one->nist[0] != '\0')
			pal_buf_printf(out, "- NIST AI RMF: %s\n", one->nist);
		markdown_parameters(one->id, out);
	}
}

static enum pal_err
load(struct catalogue *c, struct pal_diag *d)
{
	pal_arena_init(&c->arena, (size_t)4 << 20);
	PAL_TRY(pal_policy_default(PAL_BASELINE, &c->arena, &c->profiles[PAL_BASELINE], d));
	return pal_policy_default(PAL_STRICT, &c->arena, &c->profiles[PAL_STRICT], d);
}

static int
controls_run(const struct cli_args *a)
{
	struct catalogue           c = { .stages = PAL_STAGE_ALL };
	const struct pal_controls *all = &c.profiles[PAL_BASELINE].controls;
	const char                *format = cli_text(a, "format", "table");
	enum pal_stage             stage = PAL_COLLECT;
	PAL_AUTO_BUF               out = pal_buf_of(0);
	struct pal_diag            d = { 0 };
	enum pal_err               err = PAL_OK;

	if (a->word_count > 0 && !pal_stage_of(a->words[0], &stage))
		return cli_usage("there is no stage \"%s\"; expected collect, prepare, train, validate, release, "
				 "deploy or monitor",
				 a->words[0]);
	if (a->word_count > 0)
		c.stages = PAL_STAGE_BIT(stage);
	err = load(&c, &d);
	if (err == PAL_OK && strcmp(format, "json") == 0)
		write_json(&c, all, &out);
	else if (err == PAL_OK && strcmp(format, "markdown") == 0)
		write_markdown(&c, all, &out);
	else if (err == PAL_OK)
		write_table(&c, all, &out);
	pal_arena_done(&c.arena);
	if (err == PAL_OK)
		err = pal_buf_err(&out);
	return err == PAL_OK ? cli_output(cli_text(a, "output", NULL), pal_buf_view(&out)) : cli_fail(err, &d);
}

static const struct cli_option controls_options[] = {
	{ .name = "format", .value = "table|json|markdown", .help = "how to print it (table)" },
	{ .name = "output", .value = "FILE", .help = "write it there instead of to standard output", .letter = 'o' },
	{ 0 },
};

const struct cli_verb cli_verb_controls = {
	.name = "controls",
	.args = "[STAGE]",
	.words = "collect prepare train validate release deploy monitor",
	.max = 1,
	.summary = "list the controls, their parameters, and which of them are decided",
	.about =
	    "Every control of the catalogue, whether this version decides it (what it does not is reported as not\n"
	    "checked, never as passed), its mode in both profiles, and in json and markdown its parameters.\n"
	    "palisade check --explain CONTROL says what holds for the pipeline at hand.",
	.examples = "palisade controls collect\tthe controls of one stage\n"
		    "palisade controls --format json\tfor programs, with parameters",
	.options = controls_options,
	.run = controls_run,
};
