/* pipeline.c - loads a palisade.yaml, and answers for what it declares. */
#include "palisade/pipeline.h"

#include <string.h>

#include "pipeline_resolve.h"
#include "pipeline_tables.h"

/* @UNSAFE: the lists know the size of their structs by the table that filled them; these are the only casts. */
#define AT_(name, type, list)                                           \
	const struct type *name(const struct pal_pipeline *p, size_t i) \
	{                                                               \
		PAL_ASSERT(i < p->list.count);                          \
		return (const struct type *)p->list.items + i;          \
	}

AT_(pal_person_at, pal_person_decl, people)
AT_(pal_signer_at, pal_signer_decl, signers)
AT_(pal_dataset_at, pal_dataset_decl, datasets)
AT_(pal_validation_at, pal_validation_decl, validation)
AT_(pal_model_at, pal_model_decl, models)
AT_(pal_dependency_at, pal_dependency_decl, dependencies)
AT_(pal_image_at, pal_image_decl, images)
AT_(pal_deployment_at, pal_deployment_decl, deployments)

const struct pal_output_decl *
pal_output_at(const struct pal_step_decl *s, size_t i)
{
	PAL_ASSERT(i < s->outputs.count);
	return (const struct pal_output_decl *)s->outputs.items + i;
}

const struct pal_base_decl *
pal_base_at(const struct pal_model_decl *m, size_t i)
{
	PAL_ASSERT(i < m->base.count);
	return (const struct pal_base_decl *)m->base.items + i;
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

size_t
pal_artifact_find(const struct pal_pipeline *p, const char *name)
{
	for (size_t i = 0; i < p->artifact_count; i++)
		if (same(p->artifacts[i].name, name))
			return i;
	return PAL_NONE;
}

size_t
pal_step_find(const struct pal_pipeline *p, const char *name)
{
	for (size_t i = 0; i < p->step_count; i++)
		if (same(p->steps[i].name, name))
			return i;
	return PAL_NONE;
}

size_t
pal_person_find(const struct pal_pipeline *p, const char *name)
{
	for (size_t i = 0; i < p->people.count; i++)
		if (same(pal_person_at(p, i)->name, name))
			return i;
	return PAL_NONE;
}

size_t
pal_signer_find(const struct pal_pipeline *p, const char *name)
{
	for (size_t i = 0; i < p->signers.count; i++)
		if (same(pal_signer_at(p, i)->name, name))
			return i;
	return PAL_NONE;
}

const char *
pal_artifact_kind_name(enum pal_artifact_kind kind)
{
	static const char *const names[] = { "dataset",    "output", "model",     "validation set",
					     "dependency", "image",  "deployment" };

	return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

const char *
pal_source_kind_name(enum pal_source_kind kind)
{
	return pipeline_source_kinds[kind];
}

const char *
pal_isolation_name(enum pal_isolation isolation)
{
	return pipeline_isolations[isolation];
}

const char *
pal_pipeline_path(const struct pal_pipeline *p, const char *path, struct pal_arena *a)
{
	if (path[0] == '/' || strcmp(p->folder, ".") == 0)
		return pal_arena_text(a, pal_view_of(path));
	if (strcmp(path, ".") == 0)
		return pal_arena_text(a, pal_view_of(p->folder));
	return pal_arena_printf(a, "%s%s%s", p->folder, pal_view_ends(pal_view_of(p->folder), "/") ? "" : "/", path);
}

static const char *
folder_of(const char *path, struct pal_arena *a)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	return pal_arena_text(a, pal_view_sub(pal_view_of(path), 0, slash == path ? 1 : (size_t)(slash - path)));
}

static enum pal_err
read_root(const struct pal_yaml_node *root, const char *path, struct pal_yaml_faults *f,
	  struct pal_pipeline **ret_pipeline, struct pal_diag *d)
{
	struct pal_pipeline       *p = pal_arena_array(f->arena, 1, sizeof(*p));
	const struct pal_yaml_node nothing = { .kind = PAL_YAML_MAPPING, .mark = { 1, 1 } };

	if (p == NULL)
		return pal_yaml_result(f, d);
	pal_yaml_read(&pipeline_schema, root != NULL ? root : &nothing, f, p);
	p->file = pal_arena_text(f->arena, pal_view_of(path));
	p->folder = folder_of(path, f->arena);
	p->policy.roles = p->roles_given;
	PAL_TRY(pal_policy_resolve(&p->policy, f, d));
	if (pal_arena_err(f->arena) == PAL_OK)
		pipeline_resolve(p, f);
	PAL_TRY(pal_yaml_result(f, d));
	*ret_pipeline = p;
	return PAL_OK;
}

enum pal_err
pal_pipeline_parse(const char *path, struct pal_view text, struct pal_arena *a, struct pal_pipeline **ret_pipeline,
		   struct pal_yaml_faults *faults, struct pal_diag *d)
{
	struct pal_yaml_faults own = pal_yaml_faults_of(a, path), *f = faults != NULL ? faults : &own;
	struct pal_yaml_node  *root = NULL;

	*f = own;
	PAL_TRY(pal_yaml_parse(text, f, &root, d));
	return read_root(root, path, f, ret_pipeline, d);
}

enum pal_err
pal_pipeline_load(const char *path, struct pal_arena *a, struct pal_pipeline **ret_pipeline,
		  struct pal_yaml_faults *faults, struct pal_diag *d)
{
	struct pal_yaml_faults own = pal_yaml_faults_of(a, path), *f = faults != NULL ? faults : &own;
	struct pal_yaml_node  *root = NULL;

	*f = own;
	PAL_TRY(pal_yaml_load(path, f, &root, d));
	return read_root(root, path, f, ret_pipeline, d);
}
