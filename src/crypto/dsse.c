/* dsse.c - pal_dsse_pae() makes what is signed; of_json() is what untrusted envelopes meet. */
#include "palisade/dsse.h"

#include <string.h>

#include "palisade/hex.h"

void
pal_dsse_pae(struct pal_view type, struct pal_view payload, struct pal_buf *to)
{
	/* protocol.md: PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body */
	pal_buf_printf(to, "DSSEv1 %zu ", type.len);
	pal_buf_add(to, type);
	pal_buf_printf(to, " %zu ", payload.len);
	pal_buf_add(to, payload);
}

static enum pal_err
decode(const json_t *object, const char *key, struct pal_arena *arena, struct pal_view *ret, struct pal_diag *d)
{
	const json_t *text = json_object_get(object, key);
	PAL_AUTO_BUF  bytes = pal_buf_of(PAL_DSSE_MOST);
	enum pal_err  err = PAL_OK;

	if (!json_is_string(text))
		return pal_fail(d, PAL_EFORM, 0, "DSSE envelope: \"%s\" is missing or not a string", key);
	err = pal_base64_decode((struct pal_view){ (const uint8_t *)json_string_value(text), json_string_length(text) },
				&bytes);
	if (err != PAL_OK)
		return pal_fail(d, err, 0, "DSSE envelope: \"%s\" is not base64", key);
	*ret = pal_arena_copy(arena, pal_buf_view(&bytes));
	return pal_arena_err(arena) == PAL_OK
		   ? PAL_OK
		   : pal_fail(d, pal_arena_err(arena), 0, "DSSE envelope: \"%s\" does not fit in memory", key);
}

static enum pal_err
read_signature(const json_t *object, struct pal_arena *arena, struct pal_dsse_signature *s, struct pal_diag *d)
{
	const json_t *id = json_object_get(object, "keyid");

	if (!json_is_object(object))
		return pal_fail(d, PAL_EFORM, 0, "DSSE envelope: a signature is not an object");
	if (id != NULL && !json_is_null(id) && !json_is_string(id))
		return pal_fail(d, PAL_EFORM, 0, "DSSE envelope: \"keyid\" is not a string");
	PAL_TRY(decode(object, "sig", arena, &s->bytes, d));
	if (s->bytes.len == 0)
		return pal_fail(d, PAL_EFORM, 0, "DSSE envelope: a signature is empty");
	s->key_id = json_is_string(id) ? pal_arena_text(arena, pal_view_of(json_string_value(id))) : NULL;
	return pal_arena_err(arena);
}

enum pal_err
pal_dsse_of_json(const json_t *object, struct pal_arena *arena, struct pal_dsse *ret, struct pal_diag *d)
{
	const char     *type = pal_json_text(object, "payloadType");
	const json_t   *signatures = pal_json_array(object, "signatures");
	struct pal_dsse e = { .signature_count = json_array_size(signatures) };

	if (type == NULL || type[0] == '\0')
		return pal_fail(d, PAL_EFORM, 0, "DSSE envelope: \"payloadType\" is missing or not a string");
	if (e.signature_count == 0)
		return pal_fail(d, PAL_EFORM, 0, "DSSE envelope: \"signatures\" is missing or empty");
	if (e.signature_count > PAL_DSSE_SIGNATURES_MAX)
		return pal_fail(d, PAL_ELIMIT, 0, "DSSE envelope: %zu signatures, at most %d are read",
				e.signature_count, PAL_DSSE_SIGNATURES_MAX);
	PAL_TRY(decode(object, "payload", arena, &e.payload, d));
	e.type = pal_arena_text(arena, pal_view_of(type));
	e.signatures = pal_arena_array(arena, e.signature_count, sizeof(*e.signatures));
	PAL_TRY(pal_arena_err(arena));
	for (size_t i = 0; i < e.signature_count; i++)
		PAL_TRY(read_signature(json_array_get(signatures, i), arena, &e.signatures[i], d));
	*ret = e;
	return PAL_OK;
}

enum pal_err
pal_dsse_read(struct pal_view json, struct pal_arena *arena, struct pal_dsse *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON doc = NULL;
	enum pal_err  err = pal_json_parse(json, PAL_DSSE_MOST, &doc, d);

	if (err != PAL_OK)
		return pal_fail_in(d, err, "DSSE envelope");
	return pal_dsse_of_json(doc, arena, ret, d);
}

static void
put_base64(struct pal_buf *to, const char *before, struct pal_view bytes)
{
	pal_buf_add_text(to, before);
	pal_base64_add(to, bytes);
	pal_buf_add_byte(to, '"');
}

void
pal_dsse_write(const struct pal_dsse *e, struct pal_buf *to)
{
	put_base64(to, "{\"payload\":\"", e->payload);
	pal_buf_add_text(to, ",\"payloadType\":");
	pal_json_add_string(to, pal_view_of(e->type));
	pal_buf_add_text(to, ",\"signatures\":[");
	for (size_t i = 0; i < e->signature_count; i++) {
		put_base64(to, i == 0 ? "{\"sig\":\"" : ",{\"sig\":\"", e->signatures[i].bytes);
		if (e->signatures[i].key_id != NULL) {
			pal_buf_add_text(to, ",\"keyid\":");
			pal_json_add_string(to, pal_view_of(e->signatures[i].key_id));
		}
		pal_buf_add_byte(to, '}');
	}
	pal_buf_add_text(to, "]}");
}

enum pal_err
pal_dsse_sign(const struct pal_key *key, const char *type, struct pal_view payload, struct pal_buf *to,
	      struct pal_diag *d)
{
	PAL_AUTO_BUF              pae = pal_buf_of(0);
	PAL_AUTO_BUF              sig = pal_buf_of(0);
	struct pal_dsse_signature one = { .key_id = pal_key_id(key) };
	struct pal_dsse           e = { .type = type, .payload = payload, .signatures = &one, .signature_count = 1 };

	pal_dsse_pae(pal_view_of(type), payload, &pae);
	PAL_TRY(pal_buf_err(&pae));
	PAL_TRY(pal_key_sign(key, pal_buf_view(&pae), &sig, d));
	one.bytes = pal_buf_view(&sig);
	pal_dsse_write(&e, to);
	return pal_buf_err(to);
}

static bool
signed_by(const struct pal_key *key, struct pal_view pae, struct pal_view sig)
{
	PAL_AUTO_BUF der = pal_buf_of(0);

	if (pal_key_verify(key, pae, sig, NULL) == PAL_OK)
		return true;
	return pal_key_der_of_pair(key, sig, &der) == PAL_OK &&
	       pal_key_verify(key, pae, pal_buf_view(&der), NULL) == PAL_OK;
}

enum pal_err
pal_dsse_verify(const struct pal_dsse *e, const struct pal_key *const *keys, size_t count, size_t *ret_which,
		struct pal_diag *d)
{
	PAL_AUTO_BUF pae = pal_buf_of(0);

	pal_dsse_pae(pal_view_of(e->type), e->payload, &pae);
	PAL_TRY(pal_buf_err(&pae));
	for (size_t s = 0; s < e->signature_count; s++)
		for (size_t k = 0; k < count; k++) {
			if (!signed_by(keys[k], pal_buf_view(&pae), e->signatures[s].bytes))
				continue;
			if (ret_which != NULL)
				*ret_which = k;
			return PAL_OK;
		}
	return pal_fail(d, PAL_EVERIFY, 0, "DSSE envelope: none of its %zu signatures is by one of the %zu known keys",
			e->signature_count, count);
}
