/* oms_sign.c - writing statements and bundles; nothing untrusted is read here but the model. */
#include <limits.h>
#include <string.h>

#include "oms_inside.h"
#include "palisade/hex.h"

struct written {
	const char              *name;
	const struct pal_digest *digest;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct written *)a)->name, ((const struct written *)b)->name);
}

/* 5.2.1: "sorted lexicographically by the name field", which for pieces is another order than by offset. */
static enum pal_err
name_resources(const struct pal_manifest *m, uint64_t shard_size, struct pal_list *ret)
{
	for (size_t i = 0; i < m->entries.count; i++) {
		const struct pal_manifest_entry *e = pal_list_at(&m->entries, i);
		struct written                  *w = pal_list_add(ret);

		if (w != NULL)
			*w = (struct written){ .name = shard_size == 0 ? e->path : oms_piece_name(ret->arena, e),
					       .digest = &e->digest };
	}
	PAL_TRY(pal_arena_err(ret->arena));
	pal_list_sort(ret, by_name);
	return PAL_OK;
}

static enum pal_err
root_of(const struct pal_list *resources, char ret_hex[PAL_DIGEST_TEXT])
{
	PAL_AUTO_HASHER   h = pal_hasher_of(PAL_SHA256);
	struct pal_digest g = { 0 };

	for (size_t i = 0; i < resources->count; i++) {
		const struct written *w = pal_list_at(resources, i);

		pal_hasher_add(&h, pal_digest_view(w->digest));
	}
	PAL_TRY(pal_hasher_end(&h, &g));
	pal_digest_hex(&g, ret_hex);
	return PAL_OK;
}

static void
write_resources(struct pal_json_writer *w, const struct pal_list *resources, enum pal_digest_alg alg)
{
	pal_json_begin(w, "resources", '[');
	for (size_t i = 0; i < resources->count; i++) {
		const struct written *r = pal_list_at(resources, i);
		char                  hex[PAL_DIGEST_TEXT];

		pal_digest_hex(r->digest, hex);
		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "name", r->name);
		pal_json_put_text(w, "digest", hex);
		pal_json_put_text(w, "algorithm", pal_digest_alg_name(alg));
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
write_serialization(struct pal_json_writer *w, const struct pal_oms_signer *signer, const struct oms_ignored *ignored)
{
	pal_json_begin(w, "serialization", '{');
	pal_json_put_text(w, "method", signer->shard_size == 0 ? "files" : "shards");
	pal_json_put_text(w, "hash_type", pal_digest_alg_name(signer->alg));
	pal_json_put_bool(w, "allow_symlinks", signer->allow_links);
	if (signer->shard_size > 0)
		pal_json_put_u64(w, "shard_size", signer->shard_size);
	pal_json_begin(w, "ignore_paths", '[');
	for (size_t i = 0; i < ignored->count; i++)
		pal_json_put_text(w, NULL, ignored->paths[i]);
	pal_json_end(w, ']');
	pal_json_end(w, '}');
}

static enum pal_err
write_statement(const struct pal_oms_model *m, const struct pal_oms_signer *signer, const struct oms_ignored *ignored,
		const struct pal_list *resources, struct pal_buf *to)
{
	struct pal_json_writer w = pal_json_writer_of(to, 0);
	char                   root[PAL_DIGEST_TEXT] = "", name[OMS_NAME_ROOM] = "";

	PAL_TRY(root_of(resources, root));
	oms_base_name(m->path, name);
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "_type", "https://in-toto.io/Statement/v1");
	pal_json_begin(&w, "subject", '[');
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "name", name);
	pal_json_begin(&w, "digest", '{');
	pal_json_put_text(&w, "sha256", root);
	pal_json_end(&w, '}');
	pal_json_end(&w, '}');
	pal_json_end(&w, ']');
	pal_json_put_text(&w, "predicateType", PAL_OMS_PREDICATE);
	pal_json_begin(&w, "predicate", '{');
	write_resources(&w, resources, signer->alg);
	write_serialization(&w, signer, ignored);
	pal_json_end(&w, '}');
	pal_json_end(&w, '}');
	return pal_buf_err(to);
}

static enum pal_err
write_chain(const struct pal_certs *chain, struct pal_buf *to)
{
	bool some = false;

	pal_buf_add_text(to, "\"x509CertificateChain\":{\"certificates\":[");
	for (size_t i = 0; i < pal_certs_count(chain); i++) {
		PAL_AUTO_BUF der = pal_buf_of(0);

		if (i > 0 && pal_certs_self_issued(chain, i)) /* a root in a bundle proves nothing */
			continue;
		PAL_TRY(pal_certs_der(chain, i, &der));
		pal_buf_add_text(to, some ? ",{\"rawBytes\":\"" : "{\"rawBytes\":\"");
		pal_base64_add(to, pal_buf_view(&der));
		pal_buf_add_text(to, "\"}");
		some = true;
	}
	pal_buf_add_text(to, "]}");
	return pal_buf_err(to);
}

static enum pal_err
write_bundle(const struct pal_oms_signer *signer, struct pal_view payload, struct pal_buf *to, struct pal_diag *d)
{
	PAL_AUTO_BUF              pae = pal_buf_of(0);
	PAL_AUTO_BUF              sig = pal_buf_of(0);
	struct pal_dsse_signature one = { .key_id = "" };
	struct pal_dsse e = { .type = PAL_DSSE_INTOTO, .payload = payload, .signatures = &one, .signature_count = 1 };

	pal_dsse_pae(pal_view_of(e.type), payload, &pae);
	PAL_TRY(pal_buf_err(&pae));
	PAL_TRY(pal_key_sign(signer->key, pal_buf_view(&pae), &sig, d));
	one.bytes = pal_buf_view(&sig);
	pal_buf_add_text(to, "{\"mediaType\":\"" PAL_OMS_MEDIA_TYPE "\",\"verificationMaterial\":{");
	if (signer->chain != NULL)
		PAL_TRY(write_chain(signer->chain, to));
	else
		pal_buf_printf(to, "\"publicKey\":{\"hint\":\"%s\"}", pal_key_hint(signer->key));
	pal_buf_add_text(to, ",\"tlogEntries\":[]},\"dsseEnvelope\":");
	pal_dsse_write(&e, to);
	pal_buf_add_text(to, "}\n");
	return pal_buf_err(to);
}

/* Refuses to sign what nobody could verify. */
static enum pal_err
check_signer(const struct pal_oms_signer *s, struct pal_diag *d)
{
	PAL_AUTO_KEY leaf = NULL;

	if (!pal_key_is_private(s->key))
		return pal_fail(d, PAL_EKEY, 0, "signing needs a private key");
	if (pal_key_kind(s->key) == PAL_KEY_ED25519 || pal_key_kind(s->key) == PAL_KEY_RSA)
		return pal_fail(d, PAL_EUSAGE, 0,
				"Model Signing knows EC keys only (P-256, P-384, P-521); this one is of kind %s",
				pal_key_kind_name(pal_key_kind(s->key)));
	if (s->alg != PAL_SHA256 && s->alg != PAL_BLAKE2B)
		return pal_fail(d, PAL_EUSAGE, 0, "Model Signing knows sha256 and blake2b, not %s",
				pal_digest_alg_name(s->alg));
	if (s->chain == NULL)
		return PAL_OK;
	/* Trusting the chain's own certificates checks the leaf's validity and usage and nothing else. */
	PAL_TRY(pal_chain_verify(s->chain, s->chain, s->now_ms, &leaf, d));
	if (!pal_key_eq(leaf, s->key))
		return pal_fail(d, PAL_EKEY, 0, "the signing certificate is for another key than the one given");
	return PAL_OK;
}

enum pal_err
pal_oms_sign(const struct pal_oms_model *model, const struct pal_oms_signer *signer, struct pal_buf *bundle,
	     struct pal_diag *d)
{
	PAL_AUTO_ARENA              arena;
	PAL_AUTO_BUF                payload = pal_buf_of(PAL_OMS_BUNDLE_MOST);
	struct oms_ignored          ignored = { 0 };
	struct pal_manifest_options o = { 0 };
	struct pal_manifest         m = { 0 };
	struct pal_list             resources = { 0 };

	pal_arena_init(&arena, (size_t)4 << 30);
	resources = pal_list_of(&arena, sizeof(struct written));
	PAL_TRY(check_signer(signer, d));
	PAL_TRY(oms_collect_ignored(model, NULL, 0, &arena, &ignored, d));
	o = oms_options_of(model, &ignored);
	o.alg = signer->alg;
	o.shard_size = signer->shard_size;
	o.follow_links = signer->allow_links;
	PAL_TRY(pal_manifest_make(model->path, &o, &arena, &m, d));
	PAL_TRY(oms_refuse_others(model, &m, PAL_EFORM, d));
	if (m.entries.count == 0) /* 6.1: "an empty model MUST be rejected" */
		return pal_fail(d, PAL_EFORM, 0, "%s holds nothing to sign", model->path);
	PAL_TRY(oms_name_single(model, &m, NULL, &arena));
	PAL_TRY(name_resources(&m, signer->shard_size, &resources));
	PAL_TRY(write_statement(model, signer, &ignored, &resources, &payload));
	return write_bundle(signer, pal_buf_view(&payload), bundle, d);
}
