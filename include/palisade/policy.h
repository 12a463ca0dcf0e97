/*
 * policy.h - what the user's policy says about each control, after profile and overrides.
 *
 * A profile sets mode and parameters of every control; `policy: controls:` in
 * palisade.yaml overrides single ones. Ask for the effective values here and
 * nowhere else. Asking for a parameter that the table does not have, or as
 * another type than it has, is our own bug.
 *
 *   units    as the parameter's name says (_days); shares from 0 to 1
 *   memory   a policy and all it points to live in the arena that it was read into
 *   errors   faults of the file go to the list of yaml.h
 *   threads  a policy is constant once read
 */
#ifndef PALISADE_POLICY_H
#define PALISADE_POLICY_H

#include "palisade/control.h"
#include "palisade/digest.h"
#include "palisade/yaml.h"

enum pal_profile { PAL_BASELINE, PAL_STRICT };
enum pal_mode { PAL_ENFORCE, PAL_MODE_WARN, PAL_OFF };

/* What people do that needs a role. */
enum pal_action {
	PAL_ACT_ADMIT,      /* data into the pipeline (COL-05) */
	PAL_ACT_REVIEW,     /* code of transforms (PRE-02) */
	PAL_ACT_RELEASE,    /* a model */
	PAL_ACT_DEPLOY,     /* a release */
	PAL_ACT_EXCEPT,     /* an exception to a control */
	PAL_ACT_QUARANTINE, /* any artifact */
	PAL_ACT_RESTORE,    /* lift a quarantine */
	PAL_ACT_COUNT
};

struct pal_roles {
	struct pal_mark  mark;
	struct pal_texts may[PAL_ACT_COUNT];
};

struct pal_trusted_base {
	struct pal_mark mark;
	const char     *name, *digest; /* "sha256:..." */
};

struct pal_trusted {
	struct pal_mark    mark;
	struct pal_structs bases; /* of struct pal_trusted_base */
	struct pal_texts   signers;
};

struct pal_exception_decl {
	struct pal_mark mark;
	const char     *control, *artifact, *reason;
	struct pal_mark control_mark, artifact_mark;
	uint64_t        expires_ms;
};

struct pal_custom_decl {
	struct pal_mark mark;
	const char     *id, *title, *sql;
	enum pal_stage  stage;
	enum pal_mode   mode;
};

/* A value of a parameter; which field holds it follows from the type in the table. */
struct pal_policy_value {
	const char      *text; /* also of an enum: its name */
	bool             yes;
	int64_t          number;
	double           real;
	struct pal_texts list;
	struct pal_pairs map; /* numbers as text; see pal_policy_pair_real() */
};

struct pal_policy {
	struct pal_mark             mark;
	enum pal_profile            profile;
	bool                        not_checked_closes; /* an enforced control that was not checked closes its gate */
	unsigned int                not_checked;        /* as written: 0 open, 1 closed */
	struct pal_mark             not_checked_mark;   /* line 0: by profile */
	const struct pal_yaml_node *overrides;          /* `controls:` as it stands */
	struct pal_trusted          trusted;
	const char                 *naming; /* regular expression that names of artifacts match as a whole */
	struct pal_mark             naming_mark;
	struct pal_structs          exceptions; /* of struct pal_exception_decl */
	struct pal_structs          custom;     /* of struct pal_custom_decl */
	struct pal_roles            roles;
	struct pal_controls         controls; /* the catalogue */
	enum pal_mode              *modes;    /* by place in the catalogue */
	struct pal_policy_value    *values;   /* by place in the table of parameters */
};

extern const struct pal_yaml_schema pal_policy_schema; /* fills a struct pal_policy */
extern const struct pal_yaml_schema pal_roles_schema;  /* fills a struct pal_roles */

/* After pal_yaml_read() with pal_policy_schema: the catalogue, modes and parameters, and what only they can tell. */
PAL_NODISCARD enum pal_err pal_policy_resolve(struct pal_policy *p, struct pal_yaml_faults *f, struct pal_diag *d);

/* The policy of a palisade.yaml that says nothing about policy. */
PAL_NODISCARD enum pal_err pal_policy_default(enum pal_profile profile, struct pal_arena *a, struct pal_policy *ret,
					      struct pal_diag *d);

enum pal_mode    pal_policy_mode(const struct pal_policy *p, const char *control); /* custom controls, too */
int64_t          pal_policy_int(const struct pal_policy *p, const char *control, const char *parameter);
double           pal_policy_real(const struct pal_policy *p, const char *control, const char *parameter);
bool             pal_policy_bool(const struct pal_policy *p, const char *control, const char *parameter);
const char      *pal_policy_text(const struct pal_policy *p, const char *control, const char *parameter);
struct pal_texts pal_policy_list(const struct pal_policy *p, const char *control, const char *parameter);
struct pal_pairs pal_policy_map(const struct pal_policy *p, const char *control, const char *parameter);
double           pal_policy_pair_real(const struct pal_pair *pair); /* of a map of numbers */

bool        pal_policy_may(const struct pal_policy *p, enum pal_action action, const char *role);
bool        pal_policy_name_fits(const struct pal_policy *p, const char *name);
const char *pal_profile_name(enum pal_profile profile);
const char *pal_mode_name(enum pal_mode mode);
const char *pal_action_name(enum pal_action action); /* "admit" */

/* All that can change a decision, as JSON with sorted keys and without blanks; and its SHA-256. */
void                       pal_policy_write(const struct pal_policy *p, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_policy_digest(const struct pal_policy *p, struct pal_digest *ret);

struct pal_policy_parameter {
	const char *control, *name, *unit, *baseline, *strict, *doc; /* unit may be NULL; values as in the file */
};

/* Row i of the table of parameters, its type in words at the end of `type`; false when there are no more. */
bool pal_policy_parameter_at(size_t i, struct pal_policy_parameter *ret, struct pal_buf *type);

/* The parameters as a section of docs/palisade.yaml.md. */
void pal_policy_reference(struct pal_buf *out);

#endif
