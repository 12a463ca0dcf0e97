/* facts.c - what every declared artifact is right now: its bytes by digest, its label, its ancestors, its taint. */
#include <stdio.h>
#include <string.h>

#include "palisade/cache.h"
#include "palisade/digest.h"
#include "palisade/file.h"
#include "palisade/key.h"
#include "stage.h"

struct pal_digest_cache
pal_facts_cache(struct pal_check *c)
{
	struct pal_digest_cache cache = pal_cache_of_digests(c->o.workspace);

	if (c->o.no_cache)
		cache.get = NULL;
	return cache;
}

const struct pal_fact *
pal_fact_of(const struct pal_check *c, size_t artifact)
{
	return artifact == PAL_NONE ? NULL : &c->facts[artifact];
}

const struct pal_fact *
pal_fact_named(const struct pal_check *c, const char *name)
{
	return pal_fact_of(c, pal_artifact_find(c->o.pipeline, name));
}

const char *
pal_facts_file_digest(struct pal_check *c, const char *path)
{
	const char                 *full = pal_pipeline_path(c->o.pipeline, path, c->arena);
	struct pal_digest_cache     cache = pal_facts_cache(c);
	struct pal_manifest_options o = { .alg = PAL_SHA256, .cache = &cache };
	struct pal_manifest         m = { 0 };
	struct pal_digest           g = { 0 };
	char                        hex[PAL_DIGEST_TEXT];

	if (full == NULL || pal_manifest_make(full, &o, c->arena, &m, NULL) != PAL_OK || m.others.count > 0 ||
	    pal_manifest_digest(&m, &g, NULL) != PAL_OK)
		return NULL; /* a link's content is in no digest */
	pal_digest_hex(&g, hex);
	return pal_arena_text(c->arena, pal_view_of(hex));
}

/* A step would read through a link or from a pipe what neither the digest nor the examination has seen. */
static const char *
unnamed(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_entry *e = pal_list_at(&f->manifest.others, 0);

	return pal_arena_printf(c->arena,
				"%s/%s is %s, whose content the digest of the artifact cannot cover; put a file in its "
				"place, or remove it (%zu such)",
				f->decl->path, e->path,
				e->kind == PAL_ENTRY_LINK ? "a symbolic link" : "neither a file nor a folder",
				f->manifest.others.count);
}

static void
resolve_file(struct pal_check *c, struct pal_fact *f)
{
	struct pal_digest_cache     cache = pal_facts_cache(c);
	struct pal_manifest_options o = { .alg = PAL_SHA256, .cache = &cache, .progress = c->o.progress };
	struct pal_digest           g = { 0 };
	struct pal_diag             d = { 0 };
	char                        hex[PAL_DIGEST_TEXT];

	f->path = pal_pipeline_path(c->o.pipeline, f->decl->path, c->arena);
	if (f->path == NULL)
		return;
	if (pal_manifest_make(f->path, &o, c->arena, &f->manifest, &d) != PAL_OK ||
	    pal_manifest_digest(&f->manifest, &g, &d) != PAL_OK) {
		f->trouble = pal_arena_text(c->arena, pal_view_of(d.text));
		return;
	}
	if (f->manifest.others.count > 0) {
		f->trouble = unnamed(c, f);
		return;
	}
	if (f->manifest.entries.count == 0) {
		f->trouble = pal_arena_printf(c->arena, "%s holds no file", f->path);
		return;
	}
	if (f->manifest.others.count > 0) {
		f->trouble = pal_arena_printf(
		    c->arena, "%s in it is a link or no file, which no digest covers; put the file itself there",
		    ((const struct pal_entry *)pal_list_at(&f->manifest.others, 0))->path);
		return;
	}
	pal_digest_hex(&g, hex);
	f->digest = pal_arena_text(c->arena, pal_view_of(hex));
	c->files += f->manifest.files;
	c->bytes += f->manifest.bytes;
}

static const char *
version_of(const struct pal_artifact_decl *decl)
{
	return decl->version == NULL ? "" : decl->version;
}

/* Remembers when this name, version and digest were first seen together, for references by name. */
static enum pal_err
remember(struct pal_check *c, const struct pal_fact *f, struct pal_diag *d)
{
	struct pal_store         *s = pal_workspace_store(c->o.workspace);
	struct pal_store_artifact one = { .name = f->decl->name,
					  .version = version_of(f->decl),
					  .kind = pal_artifact_kind_name(f->decl->kind),
					  .digest = f->digest,
					  .first_seen_ms = c->now_ms };

	return f->digest == NULL ? PAL_OK : s->ops->artifact_put(s, &one, d);
}

static const char *
pinned(const struct pal_deployment_decl *dep, struct pal_arena *a)
{
	if (dep->digest == NULL)
		return NULL;
	return pal_arena_text(a, pal_view_of(dep->digest + strlen("sha256:")));
}

/* A deployment is the bytes that it serves: the pinned digest, else the declared model's. */
static void
resolve_deployment(struct pal_check *c, struct pal_fact *f)
{
	const struct pal_fact *model = pal_fact_of(c, f->decl->of);

	f->digest = pinned(pal_deployment_at(c->o.pipeline, f->decl->decl), c->arena);
	if (f->digest == NULL && model != NULL) {
		f->digest = model->digest;
		f->trouble = model->trouble;
	}
}

enum pal_err
pal_facts_resolve(struct pal_check *c, struct pal_diag *d)
{
	const struct pal_pipeline *p = c->o.pipeline;
	struct pal_store          *s = pal_workspace_store(c->o.workspace);

	c->facts = pal_arena_array(c->arena, p->artifact_count == 0 ? 1 : p->artifact_count, sizeof(*c->facts));
	if (c->facts == NULL)
		return pal_arena_err(c->arena);
	PAL_TRY(s->ops->begin(s, d));
	for (size_t i = 0; i < p->artifact_count; i++) {
		c->facts[i].decl = &p->artifacts[i];
		if (p->artifacts[i].path != NULL)
			resolve_file(c, &c->facts[i]);
	}
	for (size_t i = 0; i < p->artifact_count; i++) {
		enum pal_err err = PAL_OK;

		if (p->artifacts[i].kind == PAL_ARTIFACT_DEPLOYMENT)
			resolve_deployment(c, &c->facts[i]);
		err = remember(c, &c->facts[i], d);
		if (err != PAL_OK) {
			s->ops->rollback(s);
			return err;
		}
	}
	PAL_TRY(s->ops->commit(s, d));
	return pal_arena_err(c->arena);
}

static struct pal_label
declared_label(const struct pal_pipeline *p, const struct pal_artifact_decl *decl)
{
	struct pal_label               label = { .sensitivity = PAL_PUBLIC };
	const struct pal_dataset_decl *ds = NULL;

	if (decl->kind != PAL_ARTIFACT_DATASET)
		return label;
	ds = pal_dataset_at(p, decl->decl);
	label.sensitivity = ds->label;
	for (size_t i = 0; i < ds->classes.count; i++) {
		enum pal_data_class k = PAL_CLASS_NONE;

		if (pal_data_class_of(pal_view_of(ds->classes.items[i]), &k))
			label.classes |= PAL_CLASS_BIT(k);
	}
	return label;
}

static void
label_fact(struct pal_check *c, struct pal_fact *f, size_t node)
{
	PAL_AUTO_BUF reason = pal_buf_of(0);

	f->declared = declared_label(c->o.pipeline, f->decl);
	f->found = pal_label_of_findings(f->findings, f->finding_count, &reason);
	f->label_reason = pal_arena_text(c->arena, pal_buf_view(&reason));
	pal_lineage_label(&c->lineage, node, pal_label_join(f->declared, f->found));
}

static void
join_from(struct pal_check *c, const struct pal_fact *from, size_t to, const char *step)
{
	if (from != NULL && from->digest != NULL)
		pal_lineage_join(&c->lineage, pal_lineage_find(&c->lineage, from->digest), to, step, NULL);
}

/* Predictions come of data and model, a model of its declared bases. */
static void
join_parts(struct pal_check *c, const struct pal_fact *f, size_t to)
{
	const struct pal_pipeline *p = c->o.pipeline;

	if (f->decl->kind == PAL_ARTIFACT_VALIDATION) {
		const struct pal_validation_decl *v = pal_validation_at(p, f->decl->decl);

		join_from(c, pal_fact_of(c, v->dataset_artifact), to, v->name);
		join_from(c, pal_fact_of(c, v->model_artifact), to, v->name);
	}
	if (f->decl->kind == PAL_ARTIFACT_MODEL) {
		const struct pal_model_decl *m = pal_model_at(p, f->decl->decl);

		for (size_t i = 0; i < m->base.count; i++) {
			const struct pal_base_decl *b = pal_base_at(m, i);

			if (b->digest != NULL)
				pal_lineage_join(
				    &c->lineage,
				    pal_lineage_add(&c->lineage, b->digest + strlen("sha256:"), b->name, "base model"),
				    to, "base", NULL);
		}
	}
}

/* Declared edges: they say what should be made of what, before anything is signed. */
static void
join_declared(struct pal_check *c)
{
	const struct pal_pipeline *p = c->o.pipeline;

	for (size_t i = 0; i < p->artifact_count; i++) {
		const struct pal_fact      *f = &c->facts[i], *model = NULL;
		const struct pal_step_decl *step = NULL;
		size_t to = f->digest == NULL ? PAL_NO_NODE : pal_lineage_find(&c->lineage, f->digest);

		if (to == PAL_NO_NODE)
			continue;
		if (f->decl->made_by != PAL_NONE)
			step = &p->steps[f->decl->made_by];
		for (size_t k = 0; step != NULL && k < step->inputs.count; k++)
			join_from(c, pal_fact_of(c, step->input_artifacts[k]), to, step->name);
		model = f->decl->kind == PAL_ARTIFACT_DEPLOYMENT ? pal_fact_of(c, f->decl->of) : NULL;
		if (model != NULL && model->digest != NULL && strcmp(model->digest, f->digest) != 0)
			join_from(c, model, to, "deploy");
		join_parts(c, f, to);
	}
}

static void
taint_fact(struct pal_check *c, struct pal_fact *f)
{
	struct pal_list causes = pal_list_of(c->arena, sizeof(struct pal_taint_cause));
	PAL_AUTO_BUF    text = pal_buf_of(0);

	if (f->digest == NULL || !pal_tainted(&c->taint, f->digest))
		return;
	pal_taint_why(&c->taint, f->digest, &causes);
	if (causes.count > 0)
		pal_taint_add_text(&c->taint, pal_list_at(&causes, 0), &text);
	f->taint = pal_arena_text(c->arena, pal_buf_view(&text));
	if (f->taint == NULL || f->taint[0] == '\0')
		f->taint = "it is tainted";
}

enum pal_err
pal_facts_relate(struct pal_check *c, struct pal_diag *d)
{
	c->lineage = pal_lineage_of(c->arena);
	PAL_TRY(pal_lineage_load(c->o.workspace, &c->lineage, d));
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++) {
		struct pal_fact *f = &c->facts[i];
		size_t           node = PAL_NO_NODE;

		if (f->digest == NULL)
			continue;
		node = pal_lineage_add(&c->lineage, f->digest, f->decl->name, pal_artifact_kind_name(f->decl->kind));
		if (node == PAL_NO_NODE)
			return pal_arena_err(c->arena);
		label_fact(c, f, node);
	}
	join_declared(c);
	PAL_TRY(pal_taint_load(c->o.workspace, &c->lineage, &c->taint, d));
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++) {
		struct pal_fact *f = &c->facts[i];

		if (f->digest == NULL)
			continue;
		f->label = pal_lineage_effective(&c->lineage, pal_lineage_find(&c->lineage, f->digest));
		taint_fact(c, f);
	}
	return pal_arena_err(c->arena);
}
