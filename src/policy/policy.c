/* policy.c - profile first, then what the file overrides; what to audit: read_override(). */
#include "palisade/policy.h"

#include <string.h>

#include "naming.h"
#include "palisade/json.h"
#include "palisade/map.h"
#include "palisade/nearest.h"
#include "parameters.h"
#include "yaml_value.h"

static const char *const doors[] = { "open", "closed", NULL };

#define AT(type, field) .offset = offsetof(struct type, field)

static const struct pal_yaml_key role_keys[] = {
	{ .name = "admit",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[data-steward, privacy-officer]",
	  .doc = "who may approve data (COL-05)",
	  AT(pal_roles, may[PAL_ACT_ADMIT]) },
	{ .name = "review",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[code-reviewer, ml-engineer]",
	  .doc = "who may approve the code of transforms (PRE-02)",
	  AT(pal_roles, may[PAL_ACT_REVIEW]) },
	{ .name = "release",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[release-manager]",
	  .doc = "who may approve a release",
	  AT(pal_roles, may[PAL_ACT_RELEASE]) },
	{ .name = "deploy",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[release-manager, operator]",
	  .doc = "who may approve a deployment",
	  AT(pal_roles, may[PAL_ACT_DEPLOY]) },
	{ .name = "except",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[risk-owner]",
	  .doc = "who may approve an exception",
	  AT(pal_roles, may[PAL_ACT_EXCEPT]) },
	{ .name = "quarantine",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[data-steward, release-manager, risk-owner, security-officer]",
	  .doc = "who may quarantine an artifact",
	  AT(pal_roles, may[PAL_ACT_QUARANTINE]) },
	{ .name = "restore",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .preset = "[risk-owner, security-officer]",
	  .doc = "who may lift a quarantine",
	  AT(pal_roles, may[PAL_ACT_RESTORE]) },
};

const struct pal_yaml_schema pal_roles_schema = {
	.name = "roles",
	.doc = "Which roles may do what; an action that is not named keeps its default.",
	PAL_YAML_KEYS(role_keys),
	.size = sizeof(struct pal_roles)
};

static const struct pal_yaml_key base_keys[] = {
	{ .name = "name",
	  .type = PAL_YAML_TEXT,
	  .required = true,
	  .doc = "name of the pre-trained part",
	  AT(pal_trusted_base, name) },
	{ .name = "digest",
	  .type = PAL_YAML_DIGEST,
	  .required = true,
	  .doc = "digest that it must have",
	  AT(pal_trusted_base, digest) },
};

static const struct pal_yaml_schema base_schema = { .name = "a trusted base",
						    .doc = "A pre-trained part that may be built on (REL-11).",
						    PAL_YAML_KEYS(base_keys),
						    .size = sizeof(struct pal_trusted_base),
						    .unique = "digest" };

static const struct pal_yaml_key trusted_keys[] = {
	{ .name = "bases",
	  .type = PAL_YAML_STRUCT,
	  .many = true,
	  .schema = &base_schema,
	  .doc = "pre-trained parts that may be built on",
	  AT(pal_trusted, bases) },
	{ .name = "signers",
	  .type = PAL_YAML_NAME,
	  .many = true,
	  .doc = "signers whose artifacts are trusted; names of `signers`",
	  AT(pal_trusted, signers) },
};

static const struct pal_yaml_schema trusted_schema = { .name = "trusted",
						       .doc = "Origins that policy trusts.",
						       PAL_YAML_KEYS(trusted_keys),
						       .size = sizeof(struct pal_trusted) };

static const struct pal_yaml_key exception_keys[] = {
	{ .name = "control",
	  .type = PAL_YAML_NAME,
	  .required = true,
	  .doc = "id of the control",
	  AT(pal_exception_decl, control),
	  .mark = offsetof(struct pal_exception_decl, control_mark) },
	{ .name = "artifact",
	  .type = PAL_YAML_NAME,
	  .required = true,
	  .doc = "name of the artifact or step; the pipeline's name for a stage as a whole",
	  AT(pal_exception_decl, artifact),
	  .mark = offsetof(struct pal_exception_decl, artifact_mark) },
	{ .name = "reason", .type = PAL_YAML_TEXT, .required = true, .doc = "why", AT(pal_exception_decl, reason) },
	{ .name = "expires",
	  .type = PAL_YAML_DATE,
	  .required = true,
	  .doc = "when it stops to count (UTC)",
	  AT(pal_exception_decl, expires_ms) },
};

static const struct pal_yaml_schema exception_schema = {
	.name = "an exception",
	.doc =
	    "A control that may fail for one artifact for a while. It counts only when it is approved with a signature "
	    "by a role that may `except`; a change of reason or date needs a new approval.",
	PAL_YAML_KEYS(exception_keys),
	.size = sizeof(struct pal_exception_decl)
};

static const struct pal_yaml_key custom_keys[] = {
	{ .name = "id",
	  .type = PAL_YAML_NAME,
	  .required = true,
	  .doc = "id, unlike any of the catalogue",
	  AT(pal_custom_decl, id) },
	{ .name = "stage",
	  .type = PAL_YAML_ENUM,
	  .values = pal_stage_names,
	  .required = true,
	  .doc = "whose gate it guards",
	  AT(pal_custom_decl, stage) },
	{ .name = "title",
	  .type = PAL_YAML_TEXT,
	  .required = true,
	  .doc = "in a few words",
	  AT(pal_custom_decl, title) },
	{ .name = "sql",
	  .type = PAL_YAML_TEXT,
	  .required = true,
	  .doc = "one SELECT over the views of docs/views.md; it passes when no row comes back",
	  AT(pal_custom_decl, sql) },
	{ .name = "mode",
	  .type = PAL_YAML_ENUM,
	  .values = policy_mode_names,
	  .preset = "enforce",
	  .doc = "what a fail does to the gate",
	  AT(pal_custom_decl, mode) },
};

static const struct pal_yaml_schema custom_schema = { .name = "a custom control",
						      .doc = "A control of your own.",
						      PAL_YAML_KEYS(custom_keys),
						      .size = sizeof(struct pal_custom_decl),
						      .unique = "id" };

static const struct pal_yaml_key policy_keys[] = {
	{ .name = "profile",
	  .type = PAL_YAML_ENUM,
	  .values = policy_profile_names,
	  .preset = "baseline",
	  .doc = "where modes and parameters start from",
	  AT(pal_policy, profile) },
	{ .name = "not_checked",
	  .type = PAL_YAML_ENUM,
	  .values = doors,
	  .doc = "gate of an enforced control that was not checked; baseline: open, strict: closed",
	  AT(pal_policy, not_checked),
	  .mark = offsetof(struct pal_policy, not_checked_mark) },
	{ .name = "controls",
	  .type = PAL_YAML_TREE,
	  .doc = "by id: a mode alone, or a map of `mode` and the control's parameters",
	  AT(pal_policy, overrides) },
	{ .name = "trusted",
	  .type = PAL_YAML_STRUCT,
	  .schema = &trusted_schema,
	  .doc = "origins that policy trusts",
	  AT(pal_policy, trusted) },
	{ .name = "naming",
	  .type = PAL_YAML_TEXT,
	  .preset = "[a-z0-9][a-z0-9-]*",
	  .doc = "regular expression that names of artifacts match as a whole (REL-08)",
	  AT(pal_policy, naming),
	  .mark = offsetof(struct pal_policy, naming_mark) },
	{ .name = "exceptions",
	  .type = PAL_YAML_STRUCT,
	  .many = true,
	  .schema = &exception_schema,
	  .doc = "controls that may fail for a while",
	  AT(pal_policy, exceptions) },
	{ .name = "custom",
	  .type = PAL_YAML_STRUCT,
	  .many = true,
	  .schema = &custom_schema,
	  .doc = "controls of your own",
	  AT(pal_policy, custom) },
};

const struct pal_yaml_schema pal_policy_schema = { .name = "policy",
						   .doc = "What each control asks, and what its fail does.",
						   PAL_YAML_KEYS(policy_keys),
						   .size = sizeof(struct pal_policy) };

/* An enum among parameters is kept as its text; all else as the reader of YAML keeps it. */
static void
read_parameter(const struct policy_parameter *p, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
	       struct pal_policy_value *value)
{
	if (p->key.type == PAL_YAML_ENUM && !p->key.many)
		(void)yaml_value_text(&p->key, n, f, &value->text);
	else
		pal_yaml_read_value(&p->key, n, f, value);
}

static void
preset_parameters(struct pal_policy *p, struct pal_yaml_faults *f)
{
	for (size_t i = 0; i < policy_parameter_count; i++) {
		const struct policy_parameter *row = &policy_parameters[i];
		const char                    *preset = p->profile == PAL_STRICT ? row->strict : row->baseline;
		struct pal_yaml_key            key = row->key;

		key.preset = preset;
		if (key.type == PAL_YAML_ENUM && !key.many)
			p->values[i].text = preset;
		else
			pal_yaml_preset(&key, f, &p->values[i]);
	}
}

static void
preset_modes(struct pal_policy *p)
{
	for (size_t i = 0; i < policy_mode_count; i++) {
		const struct pal_control *c = pal_control_find(&p->controls, policy_modes[i].control);

		PAL_ASSERT(c != NULL);
		p->modes[c - p->controls.items] =
		    p->profile == PAL_STRICT ? policy_modes[i].strict : policy_modes[i].baseline;
	}
}

static void
say_unknown_parameter(const char *control, const struct pal_yaml_node *n, struct pal_yaml_faults *f)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(n->key));
	PAL_AUTO_BUF       known = pal_buf_of(0);

	pal_buf_add_text(&known, "mode");
	pal_nearest_try(&near, "mode");
	for (size_t i = 0; i < policy_parameter_count; i++)
		if (strcmp(policy_parameters[i].control, control) == 0) {
			pal_nearest_try(&near, policy_parameters[i].key.name);
			pal_buf_printf(&known, ", %s", policy_parameters[i].key.name);
		}
	if (near.best != NULL)
		pal_yaml_fault(f, n->key_mark, "unknown parameter \"%.64s\" of %s; did you mean \"%s\"?", n->key,
			       control, near.best);
	else
		pal_yaml_fault(f, n->key_mark, "unknown parameter \"%.64s\" of %s; known are %s", n->key, control,
			       pal_buf_text(&known));
}

static void
read_mode(const struct pal_yaml_node *n, struct pal_yaml_faults *f, enum pal_mode *ret_mode)
{
	const struct pal_yaml_key key = { .name = "mode", .type = PAL_YAML_ENUM, .values = policy_mode_names };
	unsigned int              index = 0;

	if (yaml_value_enum(&key, n, f, &index))
		*ret_mode = (enum pal_mode)index;
}

static void
read_override(struct pal_policy *p, const struct pal_control *c, const struct pal_yaml_node *n,
	      struct pal_yaml_faults *f)
{
	enum pal_mode *mode = &p->modes[c - p->controls.items];

	if (n->kind == PAL_YAML_SCALAR) {
		read_mode(n, f, mode);
		return;
	}
	if (n->kind == PAL_YAML_NOTHING) /* all lines below it commented out */
		return;
	if (n->kind != PAL_YAML_MAPPING) {
		pal_yaml_fault(f, n->mark, "%s: expected enforce, warn, off, or a map of parameters, found %s", c->id,
			       pal_yaml_found(n, f->arena));
		return;
	}
	for (const struct pal_yaml_node *one = n->first; one != NULL; one = one->next) {
		size_t row = 0;

		if (strcmp(one->key, "mode") == 0) {
			read_mode(one, f, mode);
			continue;
		}
		while (row < policy_parameter_count && (strcmp(policy_parameters[row].control, c->id) != 0 ||
							strcmp(policy_parameters[row].key.name, one->key) != 0))
			row++;
		if (row < policy_parameter_count)
			read_parameter(&policy_parameters[row], one, f, &p->values[row]);
		else
			say_unknown_parameter(c->id, one, f);
	}
}

static const struct pal_custom_decl *
custom_find(const struct pal_policy *p, const char *id)
{
	const struct pal_custom_decl *all = p->custom.items;

	for (size_t i = 0; i < p->custom.count; i++)
		if (all[i].id != NULL && strcmp(all[i].id, id) == 0)
			return &all[i];
	return NULL;
}

static void
say_unknown_control(const struct pal_policy *p, struct pal_mark at, const char *id, struct pal_yaml_faults *f)
{
	const char *near = pal_control_nearest(&p->controls, id);

	if (near != NULL)
		pal_yaml_fault(f, at, "unknown control \"%.64s\"; did you mean \"%s\"?", id, near);
	else
		pal_yaml_fault(f, at, "unknown control \"%.64s\"; docs/controls.md lists them", id);
}

static void
read_overrides(struct pal_policy *p, struct pal_yaml_faults *f)
{
	if (p->overrides == NULL)
		return;
	for (const struct pal_yaml_node *n = p->overrides->first; n != NULL; n = n->next) {
		const struct pal_control *c = pal_control_find(&p->controls, n->key);

		if (c != NULL)
			read_override(p, c, n, f);
		else if (custom_find(p, n->key) != NULL)
			pal_yaml_fault(f, n->key_mark, "%.64s is a custom control; set its mode where it is declared",
				       n->key);
		else
			say_unknown_control(p, n->key_mark, n->key, f);
	}
}

static void
check_exceptions(const struct pal_policy *p, struct pal_yaml_faults *f)
{
	struct pal_map                   seen = pal_map_of(f->arena);
	const struct pal_exception_decl *all = p->exceptions.items;

	for (size_t i = 0; i < p->exceptions.count; i++) {
		const char *key = NULL;
		void      **at = NULL;

		if (all[i].control == NULL || all[i].artifact == NULL)
			continue;
		if (pal_control_find(&p->controls, all[i].control) == NULL && custom_find(p, all[i].control) == NULL)
			say_unknown_control(p, all[i].control_mark, all[i].control, f);
		key = pal_arena_printf(f->arena, "%s %s", all[i].control, all[i].artifact);
		at = key == NULL ? NULL : pal_map_put(&seen, pal_view_of(key));
		if (at == NULL)
			return;
		if (*at != NULL)
			pal_yaml_fault(f, all[i].mark, "a second exception to %s for \"%s\", first in line %u",
				       all[i].control, all[i].artifact, ((const struct pal_mark *)*at)->line);
		else
			*at = pal_arena_array(f->arena, 1, sizeof(struct pal_mark));
		if (*at != NULL && ((struct pal_mark *)*at)->line == 0)
			*(struct pal_mark *)*at = all[i].mark;
	}
}

static void
check_custom(const struct pal_policy *p, struct pal_yaml_faults *f)
{
	const struct pal_custom_decl *all = p->custom.items;

	for (size_t i = 0; i < p->custom.count; i++)
		if (all[i].id != NULL && pal_control_find(&p->controls, all[i].id) != NULL)
			pal_yaml_fault(f, all[i].mark, "custom control %s has an id of the catalogue; choose another",
				       all[i].id);
}

enum pal_err
pal_policy_resolve(struct pal_policy *p, struct pal_yaml_faults *f, struct pal_diag *d)
{
	const char *fault = NULL;

	PAL_TRY(pal_controls_load(f->arena, &p->controls, d));
	p->modes = pal_arena_array(f->arena, p->controls.count, sizeof(*p->modes));
	p->values = pal_arena_array(f->arena, policy_parameter_count, sizeof(*p->values));
	if (p->modes == NULL || p->values == NULL)
		return pal_fail(d, pal_arena_err(f->arena), 0, "policy: no memory");
	p->not_checked_closes = p->not_checked_mark.line > 0 ? p->not_checked == 1 : p->profile == PAL_STRICT;
	preset_modes(p);
	preset_parameters(p, f);
	read_overrides(p, f);
	check_exceptions(p, f);
	check_custom(p, f);
	fault = p->naming_mark.line > 0 ? naming_fault(p->naming, f->arena) : NULL;
	if (fault != NULL)
		pal_yaml_fault(f, p->naming_mark, "naming: %s", fault);
	return PAL_OK;
}

enum pal_err
pal_policy_default(enum pal_profile profile, struct pal_arena *a, struct pal_policy *ret, struct pal_diag *d)
{
	const struct pal_yaml_node empty = { .kind = PAL_YAML_MAPPING };
	struct pal_yaml_faults     f = pal_yaml_faults_of(a, "policy");
	struct pal_policy          p = { 0 };

	pal_yaml_read(&pal_policy_schema, &empty, &f, &p);
	pal_yaml_read(&pal_roles_schema, &empty, &f, &p.roles);
	p.profile = profile;
	PAL_TRY(pal_policy_resolve(&p, &f, d));
	PAL_TRY(pal_yaml_result(&f, d));
	*ret = p;
	return PAL_OK;
}
