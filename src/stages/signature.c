/* signature.c - declared signers' keys, and Model Signing bundles against them. */
#include <string.h>

#include "palisade/key.h"
#include "palisade/oms.h"
#include "controls.h"

static enum pal_err
key_of(struct pal_check *c, const struct pal_signer_decl *s, struct pal_key **ret_key, struct pal_diag *d)
{
	if (s->key.path == NULL)
		return pal_fail(d, PAL_EKEY, 0,
				"signer %s has a key id but no key file; name the file of its public key", s->name);
	return pal_key_load_public(pal_pipeline_path(c->o.pipeline, s->key.path, c->arena), ret_key, d);
}

/* What the signature must cover: everything that was hashed and examined, but itself. */
static uint64_t
files_to_cover(const struct pal_fact *f, const char *signature, uint64_t *ret_bytes)
{
	size_t   n = strlen(f->path);
	uint64_t files = 0;

	*ret_bytes = 0;
	for (size_t i = 0; i < f->manifest.entries.count; i++) {
		const struct pal_manifest_entry *e = pal_list_at(&f->manifest.entries, i);

		if (strncmp(signature, f->path, n) == 0 && signature[n] == '/' &&
		    strcmp(signature + n + 1, e->path) == 0)
			continue;
		files++;
		*ret_bytes += e->size;
	}
	return files;
}

/* Default ignored paths and empty files among shards are nowhere in a signature, so they are counted here. */
static enum pal_err
covers_all(const struct pal_fact *f, const struct pal_oms_model *model, const struct pal_oms_report *r,
	   struct pal_diag *d)
{
	uint64_t bytes = 0, files = files_to_cover(f, model->signature_path, &bytes);

	if (r->ignored_count > 0)
		return pal_fail(d, PAL_EVERIFY, 0, "the signature leaves %s out (%zu paths in all); sign all of it",
				r->ignored[0], r->ignored_count);
	if (r->bytes != bytes || (r->shard_size == 0 && r->resources != files) ||
	    (r->shard_size != 0 && f->manifest.empty > 0))
		return pal_fail(d, PAL_EVERIFY, 0,
				"the signature does not cover all %llu files (%llu bytes) that are there; files that "
				"signers leave out, such as .git, must not lie in it",
				(unsigned long long)files, (unsigned long long)bytes);
	return PAL_OK;
}

static enum pal_err
check_one(struct pal_check *c, const struct pal_fact *f, const struct pal_oms_model *model, struct pal_view bundle,
	  const char *signer, struct pal_diag *d)
{
	PAL_AUTO_KEY          key = NULL;
	struct pal_oms_trust  trust = { .now_ms = c->now_ms };
	struct pal_oms_report report = { 0 };
	size_t                i = pal_signer_find(c->o.pipeline, signer);

	if (i == PAL_NONE)
		return pal_fail(d, PAL_ECONFIG, 0, "no signer is called %s", signer);
	PAL_TRY(key_of(c, pal_signer_at(c->o.pipeline, i), &key, d));
	trust.key = key;
	PAL_TRY(pal_oms_verify(bundle, model, &trust, c->arena, &report, d));
	return covers_all(f, model, &report, d);
}

enum pal_err
pal_signature_check(struct pal_check *c, const struct pal_fact *f, const struct pal_signature_decl *s,
		    const char **ret_signer, struct pal_diag *d)
{
	struct pal_digest_cache cache = pal_facts_cache(c);
	struct pal_oms_model    model = { .path = f->path, .cache = &cache };
	PAL_AUTO_BUF            bundle = pal_buf_of(0);
	enum pal_err            err = PAL_EVERIFY;
	size_t                  most = s->signers.count == 0 ? c->o.pipeline->signers.count : s->signers.count;

	model.signature_path = pal_pipeline_path(c->o.pipeline, s->file, c->arena);
	if (model.signature_path == NULL)
		return pal_arena_err(c->arena);
	if (most == 0)
		return pal_fail(d, PAL_EKEY, 0, "palisade.yaml declares no `signers:`");
	PAL_TRY(pal_file_read(model.signature_path, PAL_OMS_BUNDLE_MOST, &bundle, d));
	for (size_t i = 0; i < most; i++) {
		const char *signer =
		    s->signers.count == 0 ? pal_signer_at(c->o.pipeline, i)->name : s->signers.items[i];

		err = check_one(c, f, &model, pal_buf_view(&bundle), signer, d);
		if (err == PAL_OK) {
			*ret_signer = signer;
			return PAL_OK;
		}
	}
	return err;
}
