/* oms_read.c - bundles and statements of Model Signing, as strict as the specification; names are what to audit. */
#include <string.h>

#include "oms_inside.h"
#include "palisade/hex.h"

static bool
is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Refuses members that are not in the list: the schemas say additionalProperties false. */
static enum pal_err
only_members(json_t *object, const char *const *list, size_t count, const char *where, struct pal_diag *d)
{
	for (void *i = json_object_iter(object); i != NULL; i = json_object_iter_next(object, i)) {
		const char *key = json_object_iter_key(i);

		if (!is_one_of(key, list, count))
			return pal_fail(d, PAL_EFORM, 0, "model signature: unknown member \"%.60s\" in %s", key, where);
	}
	return PAL_OK;
}

static enum pal_err
decode(const json_t *object, struct pal_arena *arena, struct pal_view *ret, struct pal_diag *d)
{
	const char  *text = pal_json_text(object, "rawBytes");
	PAL_AUTO_BUF bytes = pal_buf_of(1 << 20);

	if (text == NULL || pal_base64_decode(pal_view_of(text), &bytes) != PAL_OK || bytes.len == 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"rawBytes\" is missing or not base64");
	*ret = pal_arena_copy(arena, pal_buf_view(&bytes));
	return pal_arena_err(arena);
}

static enum pal_err
read_key(const json_t *key, struct pal_arena *arena, struct oms_bundle *b, struct pal_diag *d)
{
	const json_t *hint = json_object_get(key, "hint");

	b->kind = OMS_KEY;
	if (json_is_string(hint) && json_string_length(hint) > 0)
		b->hint = pal_arena_text(arena, pal_view_of(json_string_value(hint)));
	else if (hint != NULL && !json_is_string(hint))
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"hint\" is not a string");
	if (json_object_get(key, "rawBytes") != NULL)
		return decode(key, arena, &b->old_key, d);
	return pal_arena_err(arena);
}

static enum pal_err
read_chain(const json_t *object, struct pal_arena *arena, struct oms_bundle *b, struct pal_diag *d)
{
	const json_t *list = pal_json_array(object, "certificates");

	b->kind = OMS_CHAIN;
	if (json_array_size(list) == 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: the certificate chain is empty");
	PAL_TRY(pal_certs_new(&b->chain));
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct pal_view der = { 0 };
		enum pal_err    err = PAL_OK;

		PAL_TRY(decode(json_array_get(list, i), arena, &der, d));
		err = pal_certs_add_der(b->chain, der, d);
		if (err != PAL_OK)
			return pal_fail_in(d, err, "model signature");
	}
	return PAL_OK;
}

static enum pal_err
read_material(const json_t *m, struct pal_arena *arena, struct oms_bundle *b, struct pal_diag *d)
{
	const json_t *key = json_object_get(m, "publicKey"), *chain = json_object_get(m, "x509CertificateChain");
	const json_t *leaf = json_object_get(m, "certificate"), *entries = json_object_get(m, "tlogEntries");
	const json_t *times = pal_json_object(m, "timestampVerificationData");

	if ((key != NULL) + (chain != NULL) + (leaf != NULL) != 1)
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: verificationMaterial must have exactly one of publicKey, "
				"x509CertificateChain and certificate");
	if (entries != NULL && !json_is_array(entries))
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"tlogEntries\" is not an array");
	b->timestamps = json_array_size(json_object_get(times, "rfc3161Timestamps")) > 0;
	if (json_is_object(key))
		return read_key(key, arena, b, d);
	if (json_is_object(chain))
		return read_chain(chain, arena, b, d);
	if (!json_is_object(leaf))
		return pal_fail(d, PAL_EFORM, 0, "model signature: the verification material is not an object");
	if (json_array_size(entries) == 0)
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: a Sigstore certificate needs at least one entry in \"tlogEntries\"");
	b->kind = OMS_SIGSTORE;
	return PAL_OK;
}

static enum pal_err
read_envelope(json_t *object, struct pal_arena *arena, struct oms_bundle *b, struct pal_diag *d)
{
	static const char *const members[] = { "payload", "payloadType", "signatures" };

	if (!json_is_object(object))
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"dsseEnvelope\" is missing");
	PAL_TRY(only_members(object, members, LENGTH(members), "the envelope", d));
	PAL_TRY(pal_dsse_of_json(object, arena, &b->envelope, d));
	if (b->envelope.signature_count != 1)
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: %zu signatures in the envelope, exactly one is allowed",
				b->envelope.signature_count);
	if (strcmp(b->envelope.type, PAL_DSSE_INTOTO) != 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: payloadType is \"%.80s\", expected \"%s\"",
				b->envelope.type, PAL_DSSE_INTOTO);
	return PAL_OK;
}

enum pal_err
oms_read_bundle(struct pal_view text, struct pal_arena *arena, struct oms_bundle *ret, struct pal_diag *d)
{
	static const char *const types[] = { PAL_OMS_MEDIA_TYPE, "application/vnd.dev.sigstore.bundle+json;version=0.1",
					     "application/vnd.dev.sigstore.bundle+json;version=0.2",
					     "application/vnd.dev.sigstore.bundle+json;version=0.3" };
	static const char *const members[] = { "mediaType", "verificationMaterial", "dsseEnvelope" };
	PAL_AUTO_JSON            doc = NULL;
	struct oms_bundle        b = { 0 };
	const char              *type = NULL;
	enum pal_err             err = pal_json_parse(text, PAL_OMS_BUNDLE_MOST, &doc, d);

	if (err != PAL_OK)
		return pal_fail_in(d, err, "model signature");
	if (!json_is_object(doc))
		return pal_fail(d, PAL_EFORM, 0, "model signature: a JSON object expected");
	PAL_TRY(only_members(doc, members, LENGTH(members), "the bundle", d));
	type = pal_json_text(doc, "mediaType");
	if (type == NULL || !is_one_of(type, types, LENGTH(types)))
		return pal_fail(d, PAL_EFORM, 0, "model signature: mediaType is %s%.80s, expected \"%s\"",
				type == NULL ? "missing" : "", type == NULL ? "" : type, PAL_OMS_MEDIA_TYPE);
	if (pal_json_object(doc, "verificationMaterial") == NULL)
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"verificationMaterial\" is missing");
	PAL_TRY(read_envelope(json_object_get(doc, "dsseEnvelope"), arena, &b, d));
	err = read_material(pal_json_object(doc, "verificationMaterial"), arena, &b, d);
	if (err != PAL_OK) {
		oms_bundle_done(&b);
		return err;
	}
	*ret = b;
	return PAL_OK;
}

void
oms_bundle_done(struct oms_bundle *b)
{
	pal_certs_free(&b->chain);
}

bool
oms_path_is_legal(const char *path)
{
	struct pal_view rest = pal_view_of(path), part = { 0 };

	if (rest.len == 0 || rest.data[rest.len - 1] == '/')
		return false;
	while (pal_view_split(&rest, '/', &part))
		if (part.len == 0 || pal_view_is(part, ".") || pal_view_is(part, ".."))
			return false;
	return true;
}

const char *
oms_piece_name(struct pal_arena *arena, const struct pal_manifest_entry *e)
{
	return pal_arena_printf(arena, "%s:%llu:%llu", e->path, (unsigned long long)e->start,
				(unsigned long long)e->end);
}

/* The last ":NUMBER" off *text. */
static bool
take_number(struct pal_view *text, uint64_t *ret)
{
	size_t at = text->len;

	while (at > 0 && text->data[at - 1] != ':')
		at--;
	if (at == 0 || !pal_view_u64(pal_view_sub(*text, at, SIZE_MAX), ret))
		return false;
	text->len = at - 1;
	return true;
}

/* 6.3.2: "parsers MUST identify the byte-range suffix by matching the last two colon-separated decimal integers". */
static enum pal_err
read_name(const char *name, const struct oms_claims *c, struct pal_arena *arena, struct pal_manifest_entry *e,
	  struct pal_diag *d)
{
	struct pal_view path = pal_view_of(name);

	if (c->shard_size > 0) {
		if (!take_number(&path, &e->end) || !take_number(&path, &e->start))
			return pal_fail(d, PAL_EFORM, 0, "model signature: \"%.200s\" is not PATH:START:END", name);
		if (e->start >= e->end || e->start % c->shard_size != 0 || e->end - e->start > c->shard_size)
			return pal_fail(d, PAL_EFORM, 0,
					"model signature: \"%.200s\" is no piece of a file cut every %llu bytes", name,
					(unsigned long long)c->shard_size);
	}
	e->path = pal_arena_text(arena, path);
	if (e->path == NULL)
		return pal_fail(d, pal_arena_err(arena), 0, "model signature: too many names");
	if (strcmp(e->path, ".") != 0 && !oms_path_is_legal(e->path))
		return pal_fail(
		    d, PAL_EFORM, 0,
		    "model signature: \"%.200s\" is not a path below the model (6.1.2: relative, normal form)", name);
	return PAL_OK;
}

/* The registry's name, or what the Python reference writes for pieces: "sha256-sharded-1000000000". */
static bool
algorithm_fits(const char *name, const struct oms_claims *c)
{
	const char     *alg = pal_digest_alg_name(c->alg);
	struct pal_view rest = pal_view_of(name);
	uint64_t        n = 0;

	if (strcmp(name, alg) == 0)
		return true;
	if (c->shard_size == 0 || !pal_view_starts(rest, alg))
		return false;
	rest = pal_view_sub(rest, strlen(alg), SIZE_MAX);
	return pal_view_starts(rest, "-sharded-") && pal_view_u64(pal_view_sub(rest, 9, SIZE_MAX), &n) &&
	       n == c->shard_size;
}

static enum pal_err
read_resource(const json_t *r, struct oms_claims *c, struct pal_arena *arena, struct pal_diag *d)
{
	const char                *name = pal_json_text(r, "name"), *digest = pal_json_text(r, "digest");
	const char                *alg = pal_json_text(r, "algorithm");
	struct pal_manifest_entry *e = pal_list_add(&c->manifest.entries);

	if (e == NULL)
		return pal_fail(d, pal_arena_err(arena), 0, "model signature: too many resources");
	if (name == NULL || digest == NULL || alg == NULL)
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: resource %zu has no name, digest or algorithm as a string",
				c->manifest.entries.count);
	PAL_TRY(read_name(name, c, arena, e, d));
	if (!algorithm_fits(alg, c))
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"%.200s\" is in \"%.40s\", expected \"%s\"", name,
				alg, pal_digest_alg_name(c->alg));
	if (pal_digest_parse(c->alg, pal_view_of(digest), &e->digest) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: the digest of \"%.200s\" is not %zu hexadecimal digits", name,
				2 * pal_digest_size(c->alg));
	return PAL_OK;
}

static int
by_offset(const struct pal_manifest_entry *a, const struct pal_manifest_entry *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end == b->end ? 0 : a->end < b->end ? -1 : 1;
}

static int
by_path(const void *a, const void *b)
{
	const struct pal_manifest_entry *x = a, *y = b;
	int                              c = strcmp(x->path, y->path);

	return c != 0 ? c : by_offset(x, y);
}

/* Python's order of paths: as lists of parts, so '/' comes before everything else. */
static int
by_components(const struct pal_manifest_entry *a, const struct pal_manifest_entry *b)
{
	const char *x = a->path, *y = b->path;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return by_offset(a, b);
	if (*x == '\0' || *y == '\0')
		return *x == '\0' ? -1 : 1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
}

static enum pal_err
find_order(const json_t *resources, struct oms_claims *c, struct pal_diag *d)
{
	bool spec = true, components = true;

	for (size_t i = 1; i < c->manifest.entries.count; i++) {
		const char *before = pal_json_text(json_array_get(resources, i - 1), "name");
		const char *name = pal_json_text(json_array_get(resources, i), "name");

		if (strcmp(before, name) == 0)
			return pal_fail(d, PAL_EFORM, 0, "model signature: \"%.200s\" is named twice", name);
		spec = spec && strcmp(before, name) < 0;
		components = components && by_components(pal_list_at(&c->manifest.entries, i - 1),
							 pal_list_at(&c->manifest.entries, i)) < 0;
		if (spec || components)
			continue;
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: resources are not sorted: \"%.100s\" stands before \"%.100s\"",
				before, name);
	}
	c->order = spec ? PAL_OMS_ORDER_SPEC : PAL_OMS_ORDER_COMPONENTS;
	return PAL_OK;
}

/* Sorts, and refuses what is there twice; pieces of one file may not overlap. */
static enum pal_err
sort_unique(struct oms_claims *c, struct pal_diag *d)
{
	struct pal_list *l = &c->manifest.entries;

	pal_list_sort(l, by_path);
	for (size_t i = 1; i < l->count; i++) {
		const struct pal_manifest_entry *a = pal_list_at(l, i - 1), *b = pal_list_at(l, i);

		if (strcmp(a->path, b->path) == 0 && (c->shard_size == 0 || a->end > b->start))
			return pal_fail(d, PAL_EFORM, 0, "model signature: \"%.200s\" is named twice", a->path);
	}
	return PAL_OK;
}

static enum pal_err
check_root(const json_t *resources, const struct oms_claims *c, struct pal_diag *d)
{
	PAL_AUTO_HASHER   h = pal_hasher_of(PAL_SHA256);
	PAL_AUTO_BUF      bytes = pal_buf_of(0);
	struct pal_digest g = { 0 };
	char              hex[PAL_DIGEST_TEXT] = "";

	/* 6.5.1: SHA-256 over the raw digests in the order of the array, whatever hash_type is */
	for (size_t i = 0; i < json_array_size(resources); i++) {
		pal_buf_clear(&bytes);
		PAL_TRY(pal_hex_decode(pal_view_of(pal_json_text(json_array_get(resources, i), "digest")), &bytes));
		pal_hasher_add(&h, pal_buf_view(&bytes));
	}
	PAL_TRY(pal_hasher_end(&h, &g));
	pal_digest_hex(&g, hex);
	if (strcmp(hex, c->root) != 0)
		return pal_fail(
		    d, PAL_EVERIFY, 0,
		    "model signature: the subject's digest is not that of the resources: %.64s, expected %s", c->root,
		    hex);
	return PAL_OK;
}

static enum pal_err
read_resources(const json_t *predicate, struct oms_claims *c, struct pal_arena *arena, struct pal_diag *d)
{
	const json_t *resources = pal_json_array(predicate, "resources");

	if (json_array_size(resources) == 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: it names no file, so it signs nothing");
	for (size_t i = 0; i < json_array_size(resources); i++)
		PAL_TRY(read_resource(json_array_get(resources, i), c, arena, d));
	PAL_TRY(check_root(resources, c, d));
	PAL_TRY(find_order(resources, c, d));
	return sort_unique(c, d);
}

static enum pal_err
read_shard_size(const json_t *s, struct oms_claims *c, struct pal_diag *d)
{
	const json_t *size = json_object_get(s, "shard_size");
	const char   *method = pal_json_text(s, "method");
	double        real = json_real_value(size);

	if (method != NULL && strcmp(method, "files") == 0 && size == NULL)
		return PAL_OK;
	if (method == NULL || strcmp(method, "shards") != 0)
		return pal_fail(d, PAL_EFORM, 0,
				"model signature: method is %.40s%s, expected \"files\" without or \"shards\" with a "
				"shard_size",
				method == NULL ? "missing" : method, size == NULL ? "" : " with a shard_size");
	if (json_is_integer(size) && json_integer_value(size) > 0)
		c->shard_size = (uint64_t)json_integer_value(size);
	else if (json_is_real(size) && real >= 1 && real <= 9007199254740992.0 && real == (double)(uint64_t)real)
		c->shard_size = (uint64_t)real; /* the Python reference writes 1000000000.0 */
	else
		return pal_fail(d, PAL_EFORM, 0, "model signature: shard_size is not a positive whole number");
	return PAL_OK;
}

static enum pal_err
read_ignore(const json_t *s, struct oms_claims *c, struct pal_arena *arena, struct pal_diag *d)
{
	const json_t *list = json_object_get(s, "ignore_paths");

	if (list == NULL)
		return PAL_OK;
	if (!json_is_array(list) || json_array_size(list) > OMS_IGNORE_MOST)
		return pal_fail(d, PAL_EFORM, 0, "model signature: ignore_paths is not a list of at most %d paths",
				OMS_IGNORE_MOST);
	c->ignore = pal_arena_array(arena, json_array_size(list), sizeof(*c->ignore));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *path = json_string_value(json_array_get(list, i));

		if (path == NULL || !oms_path_is_legal(path))
			return pal_fail(d, PAL_EFORM, 0,
					"model signature: ignore path \"%.200s\" is not a path below the model",
					path == NULL ? "" : path);
		if (c->ignore != NULL)
			c->ignore[c->ignore_count++] = pal_arena_text(arena, pal_view_of(path));
	}
	return pal_arena_err(arena);
}

static enum pal_err
read_serialization(json_t *s, struct oms_claims *c, struct pal_arena *arena, struct pal_diag *d)
{
	static const char *const members[] = { "method", "hash_type", "allow_symlinks", "shard_size", "ignore_paths" };
	const char              *hash = pal_json_text(s, "hash_type");
	const json_t            *links = json_object_get(s, "allow_symlinks");

	if (!json_is_object(s))
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"serialization\" is missing");
	PAL_TRY(only_members(s, members, LENGTH(members), "serialization", d));
	if (hash != NULL && strcmp(hash, "blake3") == 0)
		return pal_fail(d, PAL_EUNSUPPORTED, 0, "model signature: hash_type blake3 is not supported");
	if (hash == NULL || !pal_digest_alg_of(pal_view_of(hash), &c->alg) ||
	    (c->alg != PAL_SHA256 && c->alg != PAL_BLAKE2B))
		return pal_fail(d, PAL_EFORM, 0, "model signature: hash_type is not \"sha256\" or \"blake2b\"");
	if (!json_is_boolean(links))
		return pal_fail(d, PAL_EFORM, 0, "model signature: allow_symlinks is not true or false");
	c->allow_links = json_is_true(links);
	PAL_TRY(read_shard_size(s, c, d));
	return read_ignore(s, c, arena, d);
}

static enum pal_err
read_subject(const json_t *statement, struct oms_claims *c, struct pal_arena *arena, struct pal_diag *d)
{
	const json_t     *list = pal_json_array(statement, "subject"), *one = json_array_get(list, 0);
	const char       *name = pal_json_text(one, "name");
	const char       *root = pal_json_text(pal_json_object(one, "digest"), "sha256");
	struct pal_digest g = { 0 };

	if (json_array_size(list) != 1)
		return pal_fail(d, PAL_EFORM, 0, "model signature: %zu subjects, exactly one is allowed",
				json_array_size(list));
	if (name == NULL || name[0] == '\0')
		return pal_fail(d, PAL_EFORM, 0, "model signature: the subject has no name");
	if (root == NULL || pal_digest_parse(PAL_SHA256, pal_view_of(root), &g) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "model signature: the subject has no SHA-256 digest");
	c->model = pal_arena_text(arena, pal_view_of(name));
	c->root = pal_arena_text(arena, pal_view_of(root));
	return pal_arena_err(arena);
}

static enum pal_err
read_head(struct pal_view payload, const char *predicate_type, json_t **ret_doc, struct pal_diag *d)
{
	PAL_AUTO_JSON doc = NULL;
	const char   *type = NULL, *predicate = NULL;
	enum pal_err  err = pal_json_parse(payload, PAL_OMS_BUNDLE_MOST, &doc, d);

	if (err != PAL_OK)
		return pal_fail_in(d, err, "model signature: statement");
	type = pal_json_text(doc, "_type");
	predicate = pal_json_text(doc, "predicateType");
	if (type == NULL || strcmp(type, "https://in-toto.io/Statement/v1") != 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: the payload is no in-toto Statement v1");
	if (predicate == NULL || strcmp(predicate, predicate_type) != 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: predicateType is \"%.100s\", expected \"%s\"",
				predicate == NULL ? "" : predicate, predicate_type);
	*ret_doc = doc;
	doc = NULL;
	return PAL_OK;
}

enum pal_err
oms_read_statement(struct pal_view payload, struct pal_arena *arena, struct oms_claims *ret, struct pal_diag *d)
{
	static const char *const members[] = { "resources", "serialization" };
	PAL_AUTO_JSON            doc = NULL;
	json_t                  *predicate = NULL;
	struct oms_claims        c = { .manifest.entries = pal_list_of(arena, sizeof(struct pal_manifest_entry)) };

	PAL_TRY(read_head(payload, PAL_OMS_PREDICATE, &doc, d));
	predicate = json_object_get(doc, "predicate");
	if (!json_is_object(predicate))
		return pal_fail(d, PAL_EFORM, 0, "model signature: \"predicate\" is missing");
	PAL_TRY(only_members(predicate, members, LENGTH(members), "the predicate", d));
	PAL_TRY(read_subject(doc, &c, arena, d));
	PAL_TRY(read_serialization(json_object_get(predicate, "serialization"), &c, arena, d));
	PAL_TRY(read_resources(predicate, &c, arena, d));
	*ret = c;
	return PAL_OK;
}

static enum pal_err
read_old_subject(const json_t *one, struct oms_claims *c, struct pal_arena *arena, struct pal_diag *d)
{
	const char                *name = pal_json_text(one, "name");
	const char                *digest = pal_json_text(pal_json_object(one, "digest"), "sha256");
	const char                *how = pal_json_text(pal_json_object(one, "annotations"), "actual_hash_algorithm");
	struct pal_manifest_entry *e = pal_list_add(&c->manifest.entries);

	if (e == NULL)
		return pal_fail(d, pal_arena_err(arena), 0, "model signature: too many subjects");
	if (name == NULL || digest == NULL)
		return pal_fail(d, PAL_EFORM, 0, "model signature: a subject has no name or no SHA-256 digest");
	if (how != NULL && strcmp(how, "file-sha256") != 0)
		return pal_fail(d, PAL_EUNSUPPORTED, 0, "model signature: files hashed by \"%.40s\" are not supported",
				how);
	if (pal_digest_parse(PAL_SHA256, pal_view_of(digest), &e->digest) != PAL_OK)
		return pal_fail(d, PAL_EFORM, 0, "model signature: the digest of \"%.200s\" is no SHA-256", name);
	return read_name(name, c, arena, e, d);
}

enum pal_err
oms_read_old_statement(struct pal_view payload, struct pal_arena *arena, struct oms_claims *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON     doc = NULL;
	const json_t     *subjects = NULL;
	struct oms_claims c = { .model = "",
				.root = "",
				.manifest.entries = pal_list_of(arena, sizeof(struct pal_manifest_entry)) };

	PAL_TRY(read_head(payload, OMS_OLD_PREDICATE, &doc, d));
	subjects = pal_json_array(doc, "subject");
	if (json_array_size(subjects) == 0)
		return pal_fail(d, PAL_EFORM, 0, "model signature: it names no file, so it signs nothing");
	for (size_t i = 0; i < json_array_size(subjects); i++)
		PAL_TRY(read_old_subject(json_array_get(subjects, i), &c, arena, d));
	PAL_TRY(sort_unique(&c, d));
	*ret = c;
	return PAL_OK;
}

void
oms_old_pae(struct pal_view type, struct pal_view payload, struct pal_buf *to)
{
	bool    single = pal_view_find_byte(payload, '\'', 0) != SIZE_MAX;
	bool    twice = pal_view_find_byte(payload, '"', 0) != SIZE_MAX;
	uint8_t quote = single && !twice ? '"' : '\'';

	pal_buf_printf(to, "DSSEV1 %zu ", type.len);
	pal_buf_add(to, type);
	pal_buf_printf(to, " %zu b%c", payload.len, quote);
	for (size_t i = 0; i < payload.len; i++) {
		uint8_t c = payload.data[i];

		if (c == '\\' || c == quote)
			pal_buf_printf(to, "\\%c", c);
		else if (c == '\t' || c == '\n' || c == '\r')
			pal_buf_add_text(to, c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\r");
		else if (c < 0x20 || c >= 0x7f)
			pal_buf_printf(to, "\\x%02x", c);
		else
			pal_buf_add_byte(to, c);
	}
	pal_buf_add_byte(to, quote);
}
