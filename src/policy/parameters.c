/* parameters.c - one row a parameter; a control without a row has its mode alone. Defaults are written as in the file.
 */
#include "parameters.h"

#include "palisade/scores.h"

const char *const policy_mode_names[] = { "enforce", "warn", "off", NULL };
const char *const policy_profile_names[] = { "baseline", "strict", NULL };
const char *const policy_sensitivity_names[] = { "public", "internal", "confidential", "restricted", NULL };
const char *const policy_class_names[] = { "pii", "phi", "pci", "secret", NULL };

static const char *const confidences[] = { "low", "medium", "high", NULL };
static const char *const severities[] = { "info", "low", "medium", "high", "critical", NULL };
static const char *const unknowns[] = { "fail", "accept", NULL };
static const char *const untested[] = { "not-checked", "accept", NULL };
static const char *const source_fields[] = { "who", "where", "when", "licence", "submitted_by", NULL };
static const char *const bounds[] = { "value", "low", NULL };

#define AT(field) .offset = offsetof(struct pal_policy_value, field)

/* A table reads best as rows. */
/* clang-format off */
#define LIST_OF(n, t, v, say)   { .name = n, .type = t, .many = true, .values = v, .doc = say, AT(list) }
#define CHOICE(n, v, say)       { .name = n, .type = PAL_YAML_ENUM, .values = v, .doc = say, AT(text) }
#define NUMBER(n, a, b, u, say) { .name = n, .type = PAL_YAML_INT, .low = a, .high = b, .unit = u, .doc = say, AT(number) }
#define SHARE(n, say)           { .name = n, .type = PAL_YAML_REAL, .low = 0, .high = 1, .unit = "share", .doc = say, AT(real) }
#define FLAG(n, say)            { .name = n, .type = PAL_YAML_BOOL, .doc = say, AT(yes) }

const struct policy_parameter policy_parameters[] = {
	{ "COL-01", CHOICE("unknown", unknowns, "what could not be examined fails, or is accepted"), "fail", "fail" },
	{ "COL-02",
	  LIST_OF("forbid", PAL_YAML_ENUM, policy_class_names, "data classes that may not be in training data"),
	  "[pci, secret]", "[pii, phi, pci, secret]" },
	{ "COL-02", CHOICE("min_confidence", confidences, "findings below it do not count"), "medium", "low" },
	{ "COL-04", LIST_OF("required", PAL_YAML_ENUM, source_fields, "fields of `source` that must be given"),
	  "[who, where]", "[who, where, when, licence]" },
	{ "COL-04", LIST_OF("licences", PAL_YAML_TEXT, NULL, "licences that are allowed; none given: any"), "[]",
	  "[]" },
	{ "COL-05", NUMBER("approvals", 1, 9, "people", "different people who approve internal data below `two_from`"),
	  "1", "1" },
	{ "COL-05",
	  NUMBER("approvals_sensitive", 1, 9, "people",
		 "different people who approve external data and data labelled `two_from` or higher"),
	  "2", "2" },
	{ "COL-05",
	  CHOICE("two_from", policy_sensitivity_names, "label from which `approvals_sensitive` people must approve"),
	  "confidential", "internal" },
	{ "COL-06", FLAG("sandbox", "external data counts as examined only when the worker was confined"), "true",
	  "true" },
	{ "COL-08", CHOICE("min_confidence", confidences, "findings below it do not count"), "medium", "low" },
	{ "COL-10", NUMBER("max_age_days", 1, 3650, "days", "age of the last full examination"), "30", "7" },
	{ "COL-10", FLAG("current_rules", "the examination must have used the rules of this version"), "true", "true" },
	{ "COL-12",
	  LIST_OF("ignore", PAL_YAML_TEXT, NULL, "file names below the data roots that need no record (* and ? match)"),
	  "[]", "[]" },
	{ "PRE-03", FLAG("rerun", "deterministic steps are run again and must give the same bytes"), "false", "true" },
	{ "PRE-06", SHARE("max_overlap", "records of the validation set that the training set holds, too"), "0.01",
	  "0" },
	{ "VAL-01", NUMBER("min_owners", 1, 9, "owners", "different owners of validation sets"), "2", "2" },
	{ "VAL-01", SHARE("max_difference", "by which a metric may differ between owners, overall and by subgroup"),
	  "0.1", "0.05" },
	{ "VAL-01", NUMBER("min_group", 1, 1000000, "records", "smaller subgroups are not compared"), "30", "30" },
	{ "VAL-01", LIST_OF("metrics", PAL_YAML_ENUM, pal_metric_names, "metrics that are compared"), "[accuracy]",
	  "[accuracy]" },
	{ "VAL-02",
	  { .name = "thresholds",
	    .type = PAL_YAML_MAP,
	    .values = pal_metric_names,
	    .low = 0,
	    .high = 1,
	    .unit = "share",
	    .doc = "least value of each metric; none given: the control is not checked",
	    AT(map) },
	  "{}",
	  "{}" },
	{ "VAL-02",
	  CHOICE("bound", bounds, "what must reach the threshold: the value, or the low end of its 95 % interval"),
	  "value", "low" },
	{ "REL-02", CHOICE("fail_on", severities, "findings at or above it fail"), "high", "medium" },
	{ "REL-02", CHOICE("unknown", unknowns, "a file that could not be examined fails, or is accepted"), "fail",
	  "fail" },
	{ "REL-03", CHOICE("fail_on", severities, "findings in numbers, and in the difference to a base, fail from it up"),
	  "high", "medium" },
	{ "REL-03",
	  CHOICE("unknown", untested, "what could not be tested or compared leaves it not checked, or is accepted"),
	  "not-checked", "not-checked" },
};
const size_t policy_parameter_count = sizeof(policy_parameters) / sizeof(policy_parameters[0]);

/* What needs hardware, keys or techniques that a first pipeline does not have only warns in baseline. */
const struct policy_mode policy_modes[] = {
	{ "COL-11", PAL_MODE_WARN, PAL_ENFORCE }, { "TRN-03", PAL_MODE_WARN, PAL_ENFORCE },
	{ "TRN-04", PAL_MODE_WARN, PAL_ENFORCE }, { "TRN-06", PAL_MODE_WARN, PAL_ENFORCE },
	{ "TRN-08", PAL_MODE_WARN, PAL_ENFORCE }, { "DEP-09", PAL_MODE_WARN, PAL_ENFORCE },
	{ "DEP-10", PAL_MODE_WARN, PAL_ENFORCE },
};
const size_t policy_mode_count = sizeof(policy_modes) / sizeof(policy_modes[0]);
/* clang-format on */
