/* policy_ask.c - the questions to a policy; a parameter that is not in the table is our own bug and aborts. */
#include <string.h>

#include "naming.h"
#include "palisade/json.h"
#include "parameters.h"

enum pal_mode
pal_policy_mode(const struct pal_policy *p, const char *control)
{
	const struct pal_control     *c = pal_control_find(&p->controls, control);
	const struct pal_custom_decl *own = p->custom.items;

	if (c != NULL)
		return p->modes[c - p->controls.items];
	for (size_t i = 0; i < p->custom.count; i++)
		if (strcmp(own[i].id, control) == 0)
			return own[i].mode;
	return PAL_ENFORCE; /* unknown is never let off */
}

static const struct pal_policy_value *
value_of(const struct pal_policy *p, const char *control, const char *parameter, enum pal_yaml_type type, bool many)
{
	for (size_t i = 0; i < policy_parameter_count; i++) {
		const struct policy_parameter *row = &policy_parameters[i];

		if (strcmp(row->control, control) != 0 || strcmp(row->key.name, parameter) != 0)
			continue;
		PAL_ASSERT(row->key.many == many && (many || row->key.type == type));
		return &p->values[i];
	}
	pal_assert_failed(parameter, control, 0);
}

int64_t
pal_policy_int(const struct pal_policy *p, const char *control, const char *parameter)
{
	return value_of(p, control, parameter, PAL_YAML_INT, false)->number;
}

double
pal_policy_real(const struct pal_policy *p, const char *control, const char *parameter)
{
	return value_of(p, control, parameter, PAL_YAML_REAL, false)->real;
}

bool
pal_policy_bool(const struct pal_policy *p, const char *control, const char *parameter)
{
	return value_of(p, control, parameter, PAL_YAML_BOOL, false)->yes;
}

const char *
pal_policy_text(const struct pal_policy *p, const char *control, const char *parameter)
{
	return value_of(p, control, parameter, PAL_YAML_ENUM, false)->text;
}

struct pal_texts
pal_policy_list(const struct pal_policy *p, const char *control, const char *parameter)
{
	return value_of(p, control, parameter, PAL_YAML_TEXT, true)->list;
}

struct pal_pairs
pal_policy_map(const struct pal_policy *p, const char *control, const char *parameter)
{
	return value_of(p, control, parameter, PAL_YAML_MAP, false)->map;
}

double
pal_policy_pair_real(const struct pal_pair *pair)
{
	PAL_AUTO_JSON doc = NULL;

	/* The reader of the file has seen that it is a number. */
	PAL_ASSERT(pal_json_parse(pal_view_of(pair->value), 64, &doc, NULL) == PAL_OK);
	return json_number_value(doc);
}

bool
pal_policy_may(const struct pal_policy *p, enum pal_action action, const char *role)
{
	const struct pal_texts *may = &p->roles.may[action];

	for (size_t i = 0; i < may->count; i++)
		if (strcmp(may->items[i], role) == 0)
			return true;
	return false;
}

bool
pal_policy_name_fits(const struct pal_policy *p, const char *name)
{
	return naming_fits(p->naming, name);
}

const char *
pal_profile_name(enum pal_profile profile)
{
	return policy_profile_names[profile];
}

const char *
pal_mode_name(enum pal_mode mode)
{
	return policy_mode_names[mode];
}

const char *
pal_action_name(enum pal_action action)
{
	PAL_ASSERT((size_t)action < pal_roles_schema.count);
	return pal_roles_schema.keys[action].name;
}
