/*
 * pipeline.h - a palisade.yaml: who, what data, which steps, models and deployments, and the policy over them.
 *
 * pal_pipeline_load() reads a file, checks it against its tables, resolves every
 * name and orders the steps. Whether files exist is asked apart, by
 * pal_pipeline_check_files(), because what a step makes may not be there yet.
 * References to other things are given twice: as the name written, and as an
 * index into `artifacts` or `steps` (PAL_NONE: none).
 *
 *   units    lines and columns count from 1; dates are milliseconds since 1970
 *   memory   a pipeline and all it points to live in the caller's arena
 *   errors   PAL_ECONFIG with "file:line:column: what" of the first fault, up to 20 on the list; PAL_ENOTFOUND,
 *            PAL_ESYS, PAL_ELIMIT when the file cannot be read
 *   threads  a pipeline is constant once loaded
 */
#ifndef PALISADE_PIPELINE_H
#define PALISADE_PIPELINE_H

#include "palisade/clock.h"
#include "palisade/label.h"
#include "palisade/policy.h"

#define PAL_NONE SIZE_MAX

enum pal_source_kind { PAL_SOURCE_INTERNAL, PAL_SOURCE_PARTNER, PAL_SOURCE_WEB };
enum pal_isolation { PAL_ISOLATION_NONE, PAL_ISOLATION_SANDBOX, PAL_ISOLATION_TEE };
enum pal_step_kind { PAL_STEP_TRANSFORM, PAL_STEP_TRAINING };

enum pal_artifact_kind {
	PAL_ARTIFACT_DATASET,
	PAL_ARTIFACT_OUTPUT, /* of a step, and no model */
	PAL_ARTIFACT_MODEL,
	PAL_ARTIFACT_VALIDATION, /* path: the predictions; of: the dataset that they are about */
	PAL_ARTIFACT_DEPENDENCY,
	PAL_ARTIFACT_IMAGE,     /* path: NULL, or an OCI layout or Dockerfile on disk */
	PAL_ARTIFACT_DEPLOYMENT /* path: NULL; of: the model that it serves */
};

/* Exactly one of path and id. */
struct pal_key_decl {
	const char     *path; /* of a public key in PEM, as written */
	const char     *id;   /* SHA-256 of its SubjectPublicKeyInfo, in lower-case hex */
	struct pal_mark mark;
};

struct pal_person_decl {
	struct pal_mark     mark;
	const char         *name;
	struct pal_texts    roles;
	const char         *key_text; /* as written */
	struct pal_mark     key_mark;
	struct pal_key_decl key; /* all NULL when no key is given: cannot approve */
};

struct pal_signer_decl {
	struct pal_mark     mark;
	const char         *name;
	const char         *key_text; /* as written */
	struct pal_mark     key_mark;
	struct pal_key_decl key;
};

struct pal_source_decl {
	struct pal_mark      mark; /* line 0: no source given */
	enum pal_source_kind kind;
	const char          *who, *where, *licence, *submitted_by; /* NULL: not given */
	uint64_t             when_ms;                              /* 0: not given */
};

struct pal_signature_decl {
	struct pal_mark  mark; /* line 0: none */
	const char      *file;
	struct pal_mark  file_mark;
	const char      *signer; /* of a dataset, as written; signers holds it, too */
	struct pal_mark  signer_mark;
	struct pal_texts signers;
};

struct pal_dataset_decl {
	struct pal_mark           mark;
	const char               *name, *path;
	struct pal_mark           path_mark;
	struct pal_source_decl    source;
	bool                      labelled; /* `label:` was given */
	enum pal_sensitivity      label;    /* PAL_PUBLIC unless labelled */
	struct pal_mark           label_mark;
	struct pal_texts          classes; /* "phi" ...: known and accepted */
	const char               *label_column;
	const char               *quarantine; /* NULL: none */
	struct pal_mark           quarantine_mark;
	struct pal_signature_decl signature;
	size_t                    artifact;
};

struct pal_output_decl {
	struct pal_mark mark;
	const char     *name, *path; /* path as written; NULL when the output is a declared model */
	struct pal_mark path_mark;
	size_t          artifact;
};

struct pal_step_decl {
	struct pal_mark    mark;
	enum pal_step_kind kind;
	const char        *name;
	struct pal_texts   command, code, inputs;
	struct pal_pairs   parameters;
	struct pal_structs outputs; /* of struct pal_output_decl */
	bool               deterministic;
	struct pal_texts   egress; /* of training: hosts that it may reach */
	enum pal_isolation isolation;
	const size_t      *input_artifacts; /* as many as inputs */
};

struct pal_validation_decl {
	struct pal_mark  mark;
	const char      *name, *dataset, *owner, *model, *predictions, *label, *prediction;
	const char      *group, *positive; /* NULL: none */
	struct pal_mark  dataset_mark, model_mark, predictions_mark;
	struct pal_texts command, code; /* none: the predictions come from elsewhere */
	size_t           dataset_artifact, model_artifact, artifact;
};

struct pal_base_decl {
	struct pal_mark mark;
	const char     *name, *digest, *signer; /* digest "sha256:...", signer: NULL when not given */
	const char     *path;                   /* where its files are, to be compared with; NULL: not given */
	struct pal_mark path_mark;
	struct pal_mark signer_mark;
};

struct pal_model_decl {
	struct pal_mark           mark;
	const char               *name, *version, *path;
	struct pal_mark           path_mark;
	struct pal_structs        base; /* of struct pal_base_decl */
	struct pal_signature_decl signature;
	size_t                    artifact;
};

/* A dependency file. */
struct pal_dependency_decl {
	struct pal_mark mark;
	const char     *name, *path;
	struct pal_mark path_mark;
	size_t          artifact;
};

struct pal_image_decl {
	struct pal_mark mark;
	const char     *name, *reference, *path; /* "registry/name@sha256:..."; path NULL: none */
	struct pal_mark path_mark;
	size_t          artifact;
};

struct pal_deployment_decl {
	struct pal_mark  mark;
	const char      *name, *model, *model_name, *model_version; /* version NULL: none was named */
	struct pal_mark  model_mark;
	const char      *digest; /* "sha256:..."; NULL: not pinned by digest */
	struct pal_texts routes, upstreams, consumers, tools;
	size_t           model_artifact, artifact;
};

struct pal_artifact_decl {
	const char            *name;
	enum pal_artifact_kind kind;
	const char            *path;    /* as written; NULL: none */
	const char            *version; /* NULL: none */
	struct pal_mark        mark, path_mark;
	enum pal_stage         stage;   /* whose gate it meets first */
	size_t                 made_by; /* step; PAL_NONE: by nothing here */
	size_t                 of;      /* artifact that it is about; PAL_NONE: none */
	size_t                 decl;    /* place in the list of its kind; of an output: in its step's */
};

struct pal_pipeline {
	struct pal_mark   mark;
	const char       *file;   /* as given */
	const char       *folder; /* of the file; "." when it was given without one */
	const char       *name;
	struct pal_texts  data_roots;
	struct pal_roles  roles_given; /* effective ones are in policy.roles */
	struct pal_policy policy;

	struct pal_structs people;       /* of struct pal_person_decl */
	struct pal_structs signers;      /* of struct pal_signer_decl */
	struct pal_structs datasets;     /* of struct pal_dataset_decl */
	struct pal_structs transforms;   /* of struct pal_step_decl; use steps */
	struct pal_structs training;     /* of struct pal_step_decl; use steps */
	struct pal_structs validation;   /* of struct pal_validation_decl */
	struct pal_structs models;       /* of struct pal_model_decl */
	struct pal_structs dependencies; /* of struct pal_dependency_decl */
	struct pal_structs images;       /* of struct pal_image_decl */
	struct pal_structs deployments;  /* of struct pal_deployment_decl */

	const struct pal_step_decl     *steps; /* transforms, then training, as declared */
	size_t                          step_count;
	const size_t                   *order; /* of the steps: each after those that make its inputs */
	const struct pal_artifact_decl *artifacts;
	size_t                          artifact_count;
};

/* Typed access to the lists: pal_dataset_at(p, i) and so on; i must be below the count. */
const struct pal_person_decl     *pal_person_at(const struct pal_pipeline *p, size_t i);
const struct pal_signer_decl     *pal_signer_at(const struct pal_pipeline *p, size_t i);
const struct pal_dataset_decl    *pal_dataset_at(const struct pal_pipeline *p, size_t i);
const struct pal_validation_decl *pal_validation_at(const struct pal_pipeline *p, size_t i);
const struct pal_model_decl      *pal_model_at(const struct pal_pipeline *p, size_t i);
const struct pal_dependency_decl *pal_dependency_at(const struct pal_pipeline *p, size_t i);
const struct pal_image_decl      *pal_image_at(const struct pal_pipeline *p, size_t i);
const struct pal_deployment_decl *pal_deployment_at(const struct pal_pipeline *p, size_t i);
const struct pal_output_decl     *pal_output_at(const struct pal_step_decl *s, size_t i);
const struct pal_base_decl       *pal_base_at(const struct pal_model_decl *m, size_t i);

size_t pal_artifact_find(const struct pal_pipeline *p, const char *name); /* PAL_NONE when unknown */
size_t pal_step_find(const struct pal_pipeline *p, const char *name);
size_t pal_person_find(const struct pal_pipeline *p, const char *name);
size_t pal_signer_find(const struct pal_pipeline *p, const char *name);

const char *pal_artifact_kind_name(enum pal_artifact_kind kind); /* "validation set" */
const char *pal_source_kind_name(enum pal_source_kind kind);     /* "partner" */
const char *pal_isolation_name(enum pal_isolation isolation);

/* A declared path as this process can open it: absolute ones as they are, others below the pipeline's folder. */
const char *pal_pipeline_path(const struct pal_pipeline *p, const char *path, struct pal_arena *a);

/* `faults` (NULL allowed) is set whenever the file could be read; its arena is `a`. */
PAL_NODISCARD enum pal_err pal_pipeline_load(const char *path, struct pal_arena *a, struct pal_pipeline **ret_pipeline,
					     struct pal_yaml_faults *faults, struct pal_diag *d);

/* The same for a text; `path` names it in messages and gives the folder. */
PAL_NODISCARD enum pal_err pal_pipeline_parse(const char *path, struct pal_view text, struct pal_arena *a,
					      struct pal_pipeline **ret_pipeline, struct pal_yaml_faults *faults,
					      struct pal_diag *d);

/*
 * Looks for every file that no step makes: datasets, code, keys, signatures of suppliers, dependencies, data roots,
 * predictions. With `outputs` also for what steps make. A dataset that waits in its quarantine is not missing.
 */
PAL_NODISCARD enum pal_err pal_pipeline_check_files(const struct pal_pipeline *p, bool outputs, struct pal_arena *a,
						    struct pal_yaml_faults *faults, struct pal_diag *d);

/* docs/palisade.yaml.md, and the commented file that `palisade init` writes. */
void pal_pipeline_reference(struct pal_buf *out);
void pal_pipeline_starter(struct pal_buf *out);

#endif
