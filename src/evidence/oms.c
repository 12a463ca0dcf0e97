/* oms.c - verifying models; the order of the steps in run() is what to audit. */
#include "palisade/oms.h"

#include <string.h>

#include "oms_inside.h"
#include "palisade/hex.h"

const char *
pal_oms_order_name(enum pal_oms_order order)
{
	return order == PAL_OMS_ORDER_SPEC ? "specification" : "path components";
}

/* Everything that one verification carries from step to step. */
struct check {
	const struct pal_oms_model *model;
	const struct pal_oms_trust *trust;
	struct pal_arena           *arena;
	struct oms_bundle           bundle;
	struct oms_claims           claims;
	struct pal_key             *leaf; /* owned */
	struct pal_oms_report       report;
	struct pal_diag            *d;
};

static void
check_done(struct check *c)
{
	oms_bundle_done(&c->bundle);
	pal_key_free(&c->leaf);
}

static void
note(struct check *c, const char *text)
{
	const char **n = text == NULL ? NULL : pal_list_add(&c->report.notes);

	if (n != NULL)
		*n = text;
}

/* The forms of a hint in use: of the PEM text (OMS), of the DER in hexadecimal, of the DER in base64 (Sigstore). */
static bool
hint_fits(const char *hint, const struct pal_key *key)
{
	PAL_AUTO_BUF digest = pal_buf_of(64);
	PAL_AUTO_BUF text = pal_buf_of(256);

	if (strcmp(hint, pal_key_hint(key)) == 0 || strcmp(hint, pal_key_id(key)) == 0)
		return true;
	if (pal_hex_decode(pal_view_of(pal_key_id(key)), &digest) != PAL_OK)
		return false;
	pal_base64_add(&text, pal_buf_view(&digest));
	return pal_buf_err(&text) == PAL_OK && pal_view_is(pal_buf_view(&text), hint);
}

static enum pal_err
check_named_key(struct check *c)
{
	const struct oms_bundle *b = &c->bundle;
	PAL_AUTO_KEY             named = NULL;
	enum pal_err             err = PAL_OK;

	if (b->kind == OMS_SIGSTORE)
		return pal_fail(c->d, PAL_EUNSUPPORTED, 0,
				"the model is signed by the method \"sigstore\", which is not supported; a key cannot "
				"verify it");
	if (b->hint != NULL && !hint_fits(b->hint, c->trust->key))
		return pal_fail(c->d, PAL_EVERIFY, 0,
				"the model is signed by another key: hint %.80s, the given key's is %s", b->hint,
				pal_key_hint(c->trust->key));
	if (b->old_key.len == 0)
		return PAL_OK;
	err = b->old_key.data[0] == 0x30 ? pal_key_of_public_der(b->old_key, &named, c->d)
					 : pal_key_of_public_pem(b->old_key, &named, c->d);
	if (err != PAL_OK)
		return pal_fail_in(c->d, err, "model signature: the key in the bundle");
	if (!pal_key_eq(named, c->trust->key))
		return pal_fail(c->d, PAL_EVERIFY, 0,
				"the model is signed by another key: %.16s, the given one is %.16s", pal_key_id(named),
				pal_key_id(c->trust->key));
	return PAL_OK;
}

static enum pal_err
check_chain(struct check *c)
{
	PAL_AUTO_BUF subject = pal_buf_of(4096);

	if (c->bundle.kind == OMS_SIGSTORE)
		return pal_fail(c->d, PAL_EUNSUPPORTED, 0,
				"the model is signed by the method \"sigstore\", which is not supported");
	if (c->bundle.kind != OMS_CHAIN)
		return pal_fail(
		    c->d, PAL_EVERIFY, 0,
		    "the model is signed with a bare key and carries no certificate; verify it with that key");
	if (c->bundle.timestamps)
		note(c, "the bundle carries timestamps, which are not verified and not used: validity is judged at the "
			"present time");
	PAL_TRY(pal_chain_verify(c->bundle.chain, c->trust->roots, c->trust->now_ms, &c->leaf, c->d));
	PAL_TRY(pal_certs_subject(c->bundle.chain, 0, &subject));
	c->report.signer = pal_arena_text(c->arena, pal_buf_view(&subject));
	return PAL_OK;
}

static enum pal_err
check_old_signature(struct check *c, const struct pal_key *key)
{
	PAL_AUTO_BUF pae = pal_buf_of(0);

	oms_old_pae(pal_view_of(c->bundle.envelope.type), c->bundle.envelope.payload, &pae);
	PAL_TRY(pal_buf_err(&pae));
	PAL_TRY(pal_key_verify_with(key, PAL_SHA256, pal_buf_view(&pae), c->bundle.envelope.signatures[0].bytes, c->d));
	c->report.old_format = true;
	note(c, "a bundle of v0.2.0: it signs no list of ignored paths and no rule for links");
	return PAL_OK;
}

static enum pal_err
check_signature(struct check *c)
{
	const struct pal_key *key = c->trust->key;
	PAL_AUTO_BUF          pae = pal_buf_of(0);
	enum pal_err          err = PAL_OK;

	c->report.method = key != NULL ? "key" : "certificate";
	PAL_TRY(key != NULL ? check_named_key(c) : check_chain(c));
	key = key != NULL ? key : c->leaf;
	pal_dsse_pae(pal_view_of(c->bundle.envelope.type), c->bundle.envelope.payload, &pae);
	PAL_TRY(pal_buf_err(&pae));
	err = pal_key_verify(key, pal_buf_view(&pae), c->bundle.envelope.signatures[0].bytes, c->d);
	if (err == PAL_EVERIFY && c->trust->old_format && c->leaf != NULL)
		err = check_old_signature(c, key);
	if (err != PAL_OK)
		return pal_fail_in(c->d, err, "model signature");
	c->report.key_id = pal_arena_text(c->arena, pal_view_of(pal_key_id(key)));
	if (c->report.signer == NULL)
		c->report.signer = c->report.key_id;
	if (pal_key_kind(key) == PAL_KEY_ED25519 || pal_key_kind(key) == PAL_KEY_RSA)
		note(c, "the key is of a kind that the specification does not list");
	return pal_arena_err(c->arena);
}

static enum pal_err
fill_report(struct check *c)
{
	const char **left_out = pal_arena_array(c->arena, c->claims.ignore_count, sizeof(*left_out));

	c->report.model = c->claims.model;
	c->report.root = c->claims.root;
	c->report.order = c->claims.order;
	c->report.links_allowed = c->claims.allow_links;
	c->report.shard_size = c->claims.shard_size;
	c->report.alg = c->claims.alg;
	c->report.resources = c->claims.manifest.entries.count;
	for (size_t i = 0; left_out != NULL && i < c->claims.ignore_count; i++)
		if (!oms_is_default_ignore(c->claims.ignore[i]))
			left_out[c->report.ignored_count++] = c->claims.ignore[i];
	c->report.ignored = left_out;
	if (c->trust->strict_order && c->report.order != PAL_OMS_ORDER_SPEC)
		return pal_fail(
		    c->d, PAL_EVERIFY, 0,
		    "model signature: resources are in the order of %s, and the specification's is asked for",
		    pal_oms_order_name(c->report.order));
	return pal_arena_err(c->arena);
}

static enum pal_err
read_claims(struct check *c)
{
	struct pal_view payload = c->bundle.envelope.payload;

	PAL_TRY(c->report.old_format ? oms_read_old_statement(payload, c->arena, &c->claims, c->d)
				     : oms_read_statement(payload, c->arena, &c->claims, c->d));
	return fill_report(c);
}

static enum pal_err
read_model(struct check *c, struct pal_manifest *found)
{
	static int                       yes = 1;
	struct oms_ignored               ignored = { 0 };
	struct pal_map                   only = pal_map_of(c->arena);
	struct pal_manifest_options      o = { 0 };
	const struct pal_manifest_entry *first = pal_list_at(&c->claims.manifest.entries, 0);

	PAL_TRY(oms_collect_ignored(c->model, c->claims.ignore, c->claims.ignore_count, c->arena, &ignored, c->d));
	o = oms_options_of(c->model, &ignored);
	o.alg = c->claims.alg;
	o.shard_size = c->claims.shard_size;
	o.follow_links = c->claims.allow_links;
	for (size_t i = 0; c->trust->ignore_unsigned && i < c->claims.manifest.entries.count; i++) {
		const struct pal_manifest_entry *e = pal_list_at(&c->claims.manifest.entries, i);
		void                           **place = pal_map_put(&only, pal_view_of(e->path));

		if (place == NULL)
			return pal_arena_err(c->arena);
		*place = &yes;
	}
	o.only = c->trust->ignore_unsigned ? &only : NULL;
	PAL_TRY(pal_manifest_make(c->model->path, &o, c->arena, found, c->d));
	PAL_TRY(oms_refuse_others(c->model, found, PAL_EVERIFY, c->d));
	c->report.single_file = found->is_file;
	c->report.bytes = found->bytes;
	return oms_name_single(c->model, found, strcmp(first->path, ".") == 0 ? "." : NULL, c->arena);
}

static void
note_coverage(struct check *c, const struct pal_manifest *found)
{
	if (c->report.ignored_count > 0)
		note(c, pal_arena_printf(c->arena,
					 "the signer left out %zu paths of its own choice; %llu files here "
					 "are ignored",
					 c->report.ignored_count, (unsigned long long)found->ignored));
	if (c->report.shard_size > 0 && found->empty > 0)
		note(c, pal_arena_printf(c->arena, "%llu empty files are not covered: pieces of files leave them out",
					 (unsigned long long)found->empty));
	if (found->links_outside > 0)
		note(c, pal_arena_printf(c->arena, "%llu links lead out of the model",
					 (unsigned long long)found->links_outside));
}

static enum pal_err
compare(struct check *c)
{
	struct pal_manifest              found = { 0 };
	const struct pal_change         *first = NULL;
	const struct pal_manifest_entry *e = NULL;

	PAL_TRY(read_model(c, &found));
	note_coverage(c, &found);
	PAL_TRY(pal_manifest_compare(&c->claims.manifest, &found, &c->report.changes));
	if (c->report.changes.count == 0)
		return PAL_OK;
	first = pal_list_at(&c->report.changes, 0);
	e = first->expected == NULL ? first->found : first->expected;
	return pal_fail(c->d, PAL_EVERIFY, 0,
			"the model is not what was signed (differences: %zu), the first: \"%.200s\" is %s",
			c->report.changes.count, e->path, pal_change_name(first->kind));
}

static enum pal_err
run(struct check *c, struct pal_view bundle)
{
	PAL_TRY(oms_read_bundle(bundle, c->arena, &c->bundle, c->d));
	PAL_TRY(check_signature(c));
	PAL_TRY(read_claims(c));
	return compare(c);
}

enum pal_err
pal_oms_verify(struct pal_view bundle, const struct pal_oms_model *model, const struct pal_oms_trust *trust,
	       struct pal_arena *arena, struct pal_oms_report *ret, struct pal_diag *d)
{
	__attribute__((
	    cleanup(check_done))) struct check c = { .model = model, .trust = trust, .arena = arena, .d = d };
	enum pal_err                           err = PAL_OK;

	if ((trust->key == NULL) == (trust->roots == NULL))
		return pal_fail(d, PAL_EUSAGE, 0, "verification needs a public key or root certificates, and not both");
	c.report.changes = pal_list_of(arena, sizeof(struct pal_change));
	c.report.notes = pal_list_of(arena, sizeof(const char *));
	err = run(&c, bundle);
	*ret = c.report;
	return err;
}
