/* pipeline_tables.c - one row a key of palisade.yaml: type, need, default, and the line that the manual prints. */
#include "pipeline_tables.h"

#include "parameters.h"

const char *const pipeline_source_kinds[] = { "internal", "partner", "web", NULL };
const char *const pipeline_isolations[] = { "none", "sandbox", "tee", NULL };

/* A table reads best as rows: R is a key that must be there, O one that may be missing. */
/* clang-format off */
#define O(s, f, n, t, say)       { .name = n, .type = PAL_YAML_##t, .offset = offsetof(struct s, f), .doc = say }
#define R(s, f, n, t, say)       { .name = n, .type = PAL_YAML_##t, .offset = offsetof(struct s, f), .doc = say, .required = true }
#define R_AT(s, f, m, n, t, say) { .name = n, .type = PAL_YAML_##t, .offset = offsetof(struct s, f), .doc = say, .required = true, .mark = offsetof(struct s, m) }
#define O_AT(s, f, m, n, t, say) { .name = n, .type = PAL_YAML_##t, .offset = offsetof(struct s, f), .doc = say, .mark = offsetof(struct s, m) }
#define LIST(s, f, n, t, say)    { .name = n, .type = PAL_YAML_##t, .offset = offsetof(struct s, f), .doc = say, .many = true }
#define R_LIST(s, f, n, t, say)  { .name = n, .type = PAL_YAML_##t, .offset = offsetof(struct s, f), .doc = say, .many = true, .required = true }
#define ONE(s, f, n, table, say)     { .name = n, .type = PAL_YAML_STRUCT, .schema = &table, .offset = offsetof(struct s, f), .doc = say }
#define MANY(s, f, n, table, say)    { .name = n, .type = PAL_YAML_STRUCT, .schema = &table, .offset = offsetof(struct s, f), .doc = say, .many = true }
#define R_MANY(s, f, n, table, say)  { .name = n, .type = PAL_YAML_STRUCT, .schema = &table, .offset = offsetof(struct s, f), .doc = say, .many = true, .required = true }
#define TABLE(s, keys_, name_, doc_, ...) { .name = name_, .doc = doc_, PAL_YAML_KEYS(keys_), .size = sizeof(struct s), __VA_ARGS__ }

#define KEY_DOC "public key in PEM, as a path; or its key id: SHA-256 of the SubjectPublicKeyInfo in hex"

static const struct pal_yaml_key person_keys[] = {
	R(pal_person_decl, name, "name", NAME, "name, as in evidence"),
	R_LIST(pal_person_decl, roles, "roles", NAME, "roles that the person holds; see `roles`"),
	O_AT(pal_person_decl, key_text, key_mark, "key", PATH, KEY_DOC "; without one the person cannot approve"),
};
static const struct pal_yaml_schema person_table = TABLE(pal_person_decl, person_keys, "a person",
	"Somebody who may approve. Approvals are signed with the person's own key.", .unique = "name");

static const struct pal_yaml_key signer_keys[] = {
	R(pal_signer_decl, name, "name", NAME, "name, as other keys refer to it"),
	R_AT(pal_signer_decl, key_text, key_mark, "key", PATH, KEY_DOC),
};
static const struct pal_yaml_schema signer_table = TABLE(pal_signer_decl, signer_keys, "a signer",
	"A key whose signatures on artifacts are looked for.", .unique = "name");

static const struct pal_yaml_key source_keys[] = {
	{ .name = "kind", .type = PAL_YAML_ENUM, .values = pipeline_source_kinds, .required = true,
	  .offset = offsetof(struct pal_source_decl, kind), .doc = "partner and web data waits in quarantine until it is admitted" },
	O(pal_source_decl, who, "who", TEXT, "person or organisation that it comes from"),
	O(pal_source_decl, where, "where", TEXT, "system, address or contract"),
	O(pal_source_decl, when_ms, "when", DATE, "when it was taken"),
	O(pal_source_decl, licence, "licence", TEXT, "SPDX id, or the name of the agreement"),
	O(pal_source_decl, submitted_by, "submitted_by", NAME, "who brought it in; may not approve it"),
};
static const struct pal_yaml_schema source_table = TABLE(pal_source_decl, source_keys, "source",
	"Where a dataset comes from (COL-04).", .unique = NULL);

static const struct pal_yaml_key supplier_keys[] = {
	R_AT(pal_signature_decl, file, file_mark, "file", PATH, "the signature"),
	R_AT(pal_signature_decl, signer, signer_mark, "signer", NAME, "who must have signed; a name of `signers`"),
};
static const struct pal_yaml_schema supplier_table = TABLE(pal_signature_decl, supplier_keys, "a supplier's signature",
	"A signature that came with the data.", .unique = NULL);

static const struct pal_yaml_key dataset_keys[] = {
	R(pal_dataset_decl, name, "name", NAME, "name of the artifact"),
	R_AT(pal_dataset_decl, path, path_mark, "path", PATH, "file or folder"),
	ONE(pal_dataset_decl, source, "source", source_table, "where it comes from"),
	{ .name = "label", .type = PAL_YAML_ENUM, .values = policy_sensitivity_names, .offset = offsetof(struct pal_dataset_decl, label),
	  .mark = offsetof(struct pal_dataset_decl, label_mark), .doc = "declared sensitivity (COL-01)" },
	{ .name = "classes", .type = PAL_YAML_ENUM, .many = true, .values = policy_class_names,
	  .offset = offsetof(struct pal_dataset_decl, classes), .doc = "data classes that are known and accepted in it" },
	O(pal_dataset_decl, label_column, "label_column", TEXT, "column that a model learns to predict"),
	O_AT(pal_dataset_decl, quarantine, quarantine_mark, "quarantine", PATH, "where it waits until it is admitted (COL-06)"),
	ONE(pal_dataset_decl, signature, "signature", supplier_table, "the supplier's signature"),
};
static const struct pal_yaml_schema dataset_table = TABLE(pal_dataset_decl, dataset_keys, "a dataset",
	"Data that comes from outside of the pipeline.", .unique = "name");

static const struct pal_yaml_key output_keys[] = {
	R(pal_output_decl, name, "name", NAME, "name of the artifact; alone: a model declared under `models`"),
	O_AT(pal_output_decl, path, path_mark, "path", PATH, "file or folder that the step writes; of a model: see there"),
};
static const struct pal_yaml_schema output_table = TABLE(pal_output_decl, output_keys, "an output",
	"What a step makes.", .short_key = "name", .unique = "name");

#define STEP_KEYS \
	R(pal_step_decl, name, "name", NAME, "name of the step"), \
	R_LIST(pal_step_decl, command, "command", TEXT, "program and arguments; run in the folder of this file, without a shell"), \
	LIST(pal_step_decl, code, "code", PATH, "files and folders of code that the command runs"), \
	LIST(pal_step_decl, inputs, "inputs", NAME, "artifacts that it reads"), \
	R_MANY(pal_step_decl, outputs, "outputs", output_table, "artifacts that it makes"), \
	O(pal_step_decl, parameters, "parameters", MAP, "settings, recorded with the run")

static const struct pal_yaml_key transform_keys[] = {
	STEP_KEYS,
	O(pal_step_decl, deterministic, "deterministic", BOOL, "the same inputs give the same bytes (PRE-03)"),
};
static const struct pal_yaml_schema transform_table = TABLE(pal_step_decl, transform_keys, "a transform",
	"A step that prepares data.", .unique = "name");

static const struct pal_yaml_key training_keys[] = {
	STEP_KEYS,
	LIST(pal_step_decl, egress, "egress", TEXT, "hosts that it may reach (TRN-02)"),
	{ .name = "isolation", .type = PAL_YAML_ENUM, .values = pipeline_isolations, .preset = "none",
	  .offset = offsetof(struct pal_step_decl, isolation), .doc = "how it is kept apart while it runs" },
};
static const struct pal_yaml_schema training_table = TABLE(pal_step_decl, training_keys, "a training step",
	"A step that makes models.", .unique = "name");

static const struct pal_yaml_key validation_keys[] = {
	R(pal_validation_decl, name, "name", NAME, "name of the artifact"),
	R_AT(pal_validation_decl, dataset, dataset_mark, "dataset", NAME, "the records: a dataset or an output"),
	R(pal_validation_decl, owner, "owner", NAME, "who answers for the set; VAL-01 asks for different ones"),
	R_AT(pal_validation_decl, model, model_mark, "model", NAME, "the model that made the predictions"),
	R_AT(pal_validation_decl, predictions, predictions_mark, "predictions", PATH, "CSV of truth and prediction, a line a record"),
	R(pal_validation_decl, label, "label", TEXT, "column of the truth"),
	R(pal_validation_decl, prediction, "prediction", TEXT, "column of the prediction"),
	O(pal_validation_decl, group, "group", TEXT, "column of the subgroup"),
	O(pal_validation_decl, positive, "positive", TEXT, "class that precision and recall are about; none: the mean over all"),
	LIST(pal_validation_decl, command, "command", TEXT, "makes the predictions; run in the folder of this file, without a shell"),
	LIST(pal_validation_decl, code, "code", PATH, "files and folders of code that the command runs"),
};
static const struct pal_yaml_schema validation_table = TABLE(pal_validation_decl, validation_keys, "a validation set",
	"Predictions on records that training did not see.", .unique = "name");

static const struct pal_yaml_key base_keys[] = {
	R(pal_base_decl, name, "name", TEXT, "name of the pre-trained part"),
	O(pal_base_decl, digest, "digest", DIGEST, "its digest"),
	O_AT(pal_base_decl, signer, signer_mark, "signer", NAME, "who signed it; a name of `signers`"),
	O_AT(pal_base_decl, path, path_mark, "path", PATH, "file or folder; the model is compared with it (REL-03)"),
};
static const struct pal_yaml_schema base_table = TABLE(pal_base_decl, base_keys, "a base",
	"A pre-trained part that the model is built on (REL-11).", .unique = "name");

static const struct pal_yaml_key signature_keys[] = {
	R_AT(pal_signature_decl, file, file_mark, "file", PATH, "the signature: a Sigstore bundle of OpenSSF Model Signing"),
	R_LIST(pal_signature_decl, signers, "signers", NAME, "who may have signed; names of `signers`"),
};
static const struct pal_yaml_schema signature_table = TABLE(pal_signature_decl, signature_keys, "a signature",
	"The signature of a model (REL-01).", .unique = NULL);

static const struct pal_yaml_key model_keys[] = {
	R(pal_model_decl, name, "name", NAME, "name of the artifact"),
	R(pal_model_decl, version, "version", NAME, "a version never changes its content (REL-08)"),
	R_AT(pal_model_decl, path, path_mark, "path", PATH, "file or folder"),
	MANY(pal_model_decl, base, "base", base_table, "pre-trained parts that it is built on"),
	ONE(pal_model_decl, signature, "signature", signature_table, "its signature"),
};
static const struct pal_yaml_schema model_table = TABLE(pal_model_decl, model_keys, "a model",
	"What is trained, released and served.", .unique = "name");

static const struct pal_yaml_key dependency_keys[] = {
	R(pal_dependency_decl, name, "name", NAME, "name of the artifact"),
	R_AT(pal_dependency_decl, path, path_mark, "path", PATH, "lockfile or list of requirements"),
};
static const struct pal_yaml_schema dependency_table = TABLE(pal_dependency_decl, dependency_keys, "a dependency file",
	"Packages that steps or deployments need.", .unique = "name");

static const struct pal_yaml_key image_keys[] = {
	R(pal_image_decl, name, "name", NAME, "name of the artifact"),
	R(pal_image_decl, reference, "reference", TEXT, "registry/name@sha256:..."),
	O_AT(pal_image_decl, path, path_mark, "path", PATH, "Dockerfile, or OCI layout, on disk"),
};
static const struct pal_yaml_schema image_table = TABLE(pal_image_decl, image_keys, "an image",
	"A container image that something runs in.", .unique = "name");

static const struct pal_yaml_key deployment_keys[] = {
	R(pal_deployment_decl, name, "name", NAME, "name of the artifact"),
	R_AT(pal_deployment_decl, model, model_mark, "model", TEXT, "NAME@VERSION of a declared model (REL-12)"),
	O(pal_deployment_decl, digest, "digest", DIGEST, "digest of the model that may run"),
	LIST(pal_deployment_decl, routes, "routes", TEXT, "paths that it answers on"),
	LIST(pal_deployment_decl, upstreams, "upstreams", TEXT, "addresses of the servers behind it"),
	LIST(pal_deployment_decl, consumers, "consumers", TEXT, "who may call it"),
	LIST(pal_deployment_decl, tools, "tools", TEXT, "tools that it may call"),
};
static const struct pal_yaml_schema deployment_table = TABLE(pal_deployment_decl, deployment_keys, "a deployment",
	"A model that is served.", .unique = "name");

static const struct pal_yaml_key pipeline_keys[] = {
	R(pal_pipeline, name, "pipeline", NAME, "name of the pipeline"),
	MANY(pal_pipeline, people, "people", person_table, "who may approve"),
	ONE(pal_pipeline, roles_given, "roles", pal_roles_schema, "which roles may do what"),
	MANY(pal_pipeline, signers, "signers", signer_table, "who may sign artifacts"),
	LIST(pal_pipeline, data_roots, "data_roots", PATH, "folders in which every file needs a record (COL-12)"),
	MANY(pal_pipeline, datasets, "datasets", dataset_table, "data that comes from outside of the pipeline"),
	MANY(pal_pipeline, transforms, "transforms", transform_table, "steps that prepare data"),
	MANY(pal_pipeline, training, "training", training_table, "steps that make models"),
	MANY(pal_pipeline, validation, "validation", validation_table, "predictions on records that training did not see"),
	MANY(pal_pipeline, models, "models", model_table, "what is trained, released and served"),
	MANY(pal_pipeline, dependencies, "dependencies", dependency_table, "packages that are needed"),
	MANY(pal_pipeline, images, "images", image_table, "container images"),
	MANY(pal_pipeline, deployments, "deployments", deployment_table, "models that are served"),
	ONE(pal_pipeline, policy, "policy", pal_policy_schema, "what each control asks"),
};
const struct pal_yaml_schema pipeline_schema = TABLE(pal_pipeline, pipeline_keys, "palisade.yaml",
	"A pipeline and the policy over it.", .unique = NULL);
/* clang-format on */
