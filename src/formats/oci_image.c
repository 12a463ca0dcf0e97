/* oci_image.c - blobs of an image in an archive against their digests and against what the documents say of them. */
#include <openssl/evp.h>
#include <string.h>

#include "oci.h"
#include "palisade/hex.h"
#include "palisade/mem.h"

#define SHA256_DIGITS ((size_t)64)
#define WANTED_MOST   100000u

struct blob {
	uint64_t at, size;
	bool     named; /* by a document */
};

struct wanted {
	struct pal_view digest; /* without sha256: */
	uint64_t        size;
	bool            foreign;
};

struct pal_oci
pal_oci_of(struct pal_input *in, struct pal_sink *sink, struct pal_arena *arena)
{
	return (struct pal_oci){ .in = in,
				 .sink = sink,
				 .arena = arena,
				 .blobs = pal_map_of(arena),
				 .wanted = pal_list_of(arena, sizeof(struct wanted)) };
}

static bool
are_digits(struct pal_view v, size_t count)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_digit(v.data[i]) && (v.data[i] < 'a' || v.data[i] > 'f'))
			return false;
	return v.len == count;
}

bool
pal_oci_is_digest(struct pal_view v)
{
	struct pal_view digits = pal_view_sub(v, 7, v.len);

	return (pal_view_starts(v, "sha256:") && are_digits(digits, SHA256_DIGITS)) ||
	       (pal_view_starts(v, "sha512:") && are_digits(digits, 2 * SHA256_DIGITS));
}

bool
pal_oci_is_foreign(const struct pal_oci_descriptor *d)
{
	struct pal_view type = pal_view_of(d->media_type);

	return pal_view_find(type, pal_view_of("foreign"), 0) != SIZE_MAX ||
	       pal_view_find(type, pal_view_of("nondistributable"), 0) != SIZE_MAX;
}

/* --- what documents say */

static enum pal_err
descriptor(const json_t *item, pal_oci_fn *fn, void *arg)
{
	const json_t             *size = json_object_get(item, "size");
	struct pal_oci_descriptor d = { .digest = pal_json_text(item, "digest"),
					.media_type = pal_json_text(item, "mediaType"),
					.urls = pal_json_array(item, "urls") };

	if (d.digest == NULL)
		return PAL_OK;
	d.size =
	    json_is_integer(size) && json_integer_value(size) >= 0 ? (uint64_t)json_integer_value(size) : UINT64_MAX;
	return fn(arg, &d);
}

enum pal_err
pal_oci_each(const json_t *doc, pal_oci_fn *fn, void *arg)
{
	static const char *const lists[] = { "manifests", "layers", "blobs" }, *const alone[] = { "config", "subject" };
	const json_t *item = NULL;
	size_t        i = 0;

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++)
		json_array_foreach(pal_json_array(doc, lists[k]), i, item) PAL_TRY(descriptor(item, fn, arg));
	for (size_t k = 0; k < sizeof(alone) / sizeof(alone[0]); k++)
		if (pal_json_object(doc, alone[k]) != NULL)
			PAL_TRY(descriptor(pal_json_object(doc, alone[k]), fn, arg));
	return PAL_OK;
}

static enum pal_err
want(void *arg, const struct pal_oci_descriptor *d)
{
	struct pal_oci *o = arg;
	struct pal_view digest = pal_view_of(d->digest);
	struct wanted  *w = NULL;

	if (!pal_oci_is_digest(digest) || !pal_view_starts(digest, "sha256:") || o->wanted.count == WANTED_MOST)
		return PAL_OK;
	w = pal_list_add(&o->wanted);
	if (w != NULL)
		*w = (struct wanted){ .digest = pal_arena_copy(o->arena, pal_view_sub(digest, 7, digest.len)),
				      .size = d->size,
				      .foreign = pal_oci_is_foreign(d) };
	return pal_arena_err(o->arena);
}

/* A document that is broken is told by the format that reads it. */
static enum pal_err
read_document(struct pal_oci *o, uint64_t at, uint64_t len)
{
	PAL_AUTO_BUF    text = pal_buf_of(PAL_OCI_JSON_MOST);
	PAL_AUTO_JSON   doc = NULL;
	struct pal_view v = { 0 };

	PAL_TRY(pal_input_view(o->in, at, 0, 1, &v));
	if (len == 0 || len > PAL_OCI_JSON_MOST || v.len == 0 || v.data[0] != '{')
		return PAL_OK;
	while (len > 0) {
		PAL_TRY(pal_input_view(o->in, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		v.len = v.len < len ? v.len : (size_t)len;
		pal_buf_add(&text, v);
		at += v.len;
		len -= v.len;
	}
	PAL_TRY(pal_buf_err(&text));
	if (pal_json_parse(pal_buf_view(&text), PAL_OCI_JSON_MOST, &doc, NULL) != PAL_OK)
		return PAL_OK;
	return pal_oci_each(doc, want, o);
}

/* --- what the blobs are */

static void
context_free(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static enum pal_err
digest_of(struct pal_oci *o, uint64_t at, uint64_t len, struct pal_buf *ret_hex)
{
	__attribute__((cleanup(context_free))) EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t                                            sum[EVP_MAX_MD_SIZE];
	unsigned int                                       size = 0;

	if (c == NULL || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)
		return PAL_ENOMEM;
	while (len > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(o->in, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
		v.len = v.len < len ? v.len : (size_t)len;
		if (EVP_DigestUpdate(c, v.data, v.len) != 1)
			return PAL_ENOMEM;
		at += v.len;
		len -= v.len;
	}
	if (EVP_DigestFinal_ex(c, sum, &size) != 1)
		return PAL_ENOMEM;
	pal_hex_add(ret_hex, (struct pal_view){ sum, size });
	return pal_buf_err(ret_hex);
}

/* The digest that a name promises: blobs/sha256/HEX of a layout, HEX.json of docker save; empty: none. */
static struct pal_view
promised(struct pal_view name)
{
	const char *folder = "blobs/sha256/";

	if (pal_view_starts(name, folder))
		name = pal_view_sub(name, strlen(folder), name.len);
	else if (name.len == SHA256_DIGITS + 5 && pal_view_ends(name, ".json"))
		name.len = SHA256_DIGITS;
	else
		return (struct pal_view){ 0 };
	return are_digits(name, SHA256_DIGITS) ? name : (struct pal_view){ 0 };
}

static enum pal_err
take_blob(struct pal_oci *o, struct pal_view digest, uint64_t at, uint64_t len)
{
	PAL_AUTO_BUF hex = pal_buf_of(256);
	struct blob *b = pal_arena_array(o->arena, 1, sizeof(*b));
	void       **slot = pal_map_put(&o->blobs, pal_arena_copy(o->arena, digest));

	if (b == NULL || slot == NULL)
		return pal_arena_err(o->arena);
	*b = (struct blob){ .at = at, .size = len };
	*slot = b;
	PAL_TRY(digest_of(o, at, len, &hex));
	if (pal_view_eq(pal_buf_view(&hex), digest))
		return PAL_OK;
	return pal_sink_anomaly(o->sink, &pal_anomaly_oci_digest, at,
				"the blob is called %.16s..., but its SHA-256 is %.16s...", (const char *)digest.data,
				pal_buf_text(&hex));
}

enum pal_err
pal_oci_member(struct pal_oci *o, struct pal_view name, uint64_t at, uint64_t len)
{
	struct pal_view digest = { 0 };

	if (pal_view_starts(name, "./"))
		name = pal_view_sub(name, 2, name.len);
	digest = promised(name);
	o->layout = o->layout || pal_view_is(name, "oci-layout") || pal_view_is(name, "index.json");
	if (digest.len > 0)
		PAL_TRY(take_blob(o, digest, at, len));
	if (digest.len > 0 || pal_view_is(name, "index.json"))
		return read_document(o, at, len);
	return PAL_OK;
}

static enum pal_err
check_wanted(struct pal_oci *o, const struct wanted *w)
{
	struct blob *b = pal_map_get(&o->blobs, w->digest);
	int          shown = w->digest.len < 16 ? (int)w->digest.len : 16;

	if (b == NULL)
		return w->foreign ? PAL_OK /* its document says so */
				  : pal_sink_anomaly(o->sink, &pal_anomaly_oci_missing, 0,
						     "the blob %.*s... is named, but is not in the archive", shown,
						     (const char *)w->digest.data);
	b->named = true;
	if (w->size == b->size)
		return PAL_OK;
	return pal_sink_anomaly(o->sink, &pal_anomaly_oci_size, b->at, "the blob %.*s... has %llu bytes, not %llu",
				shown, (const char *)w->digest.data, (unsigned long long)b->size,
				(unsigned long long)w->size);
}

enum pal_err
pal_oci_finish(struct pal_oci *o)
{
	for (size_t i = 0; o->layout && i < o->wanted.count; i++)
		PAL_TRY(check_wanted(o, pal_list_at(&o->wanted, i)));
	return PAL_OK;
}
