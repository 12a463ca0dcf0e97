/*
 * parameters.h - the table of what can be set for each control, and how each profile sets it.
 *
 *   units    as the row says
 *   memory   constant
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_POLICY_PARAMETERS_H
#define PALISADE_POLICY_PARAMETERS_H

#include "palisade/policy.h"

struct policy_parameter {
	const char         *control;
	struct pal_yaml_key key; /* a field of struct pal_policy_value */
	const char         *baseline, *strict;
};

struct policy_mode {
	const char   *control;
	enum pal_mode baseline, strict;
};

extern const struct policy_parameter policy_parameters[];
extern const size_t                  policy_parameter_count;

/* Modes of controls that a profile does not simply enforce. */
extern const struct policy_mode policy_modes[];
extern const size_t             policy_mode_count;

extern const char *const policy_mode_names[];        /* by enum pal_mode, then NULL */
extern const char *const policy_profile_names[];     /* by enum pal_profile, then NULL */
extern const char *const policy_sensitivity_names[]; /* by enum pal_sensitivity, then NULL */
extern const char *const policy_class_names[];       /* of data, then NULL */

#endif
