/*
 * dsse.h - the Dead Simple Signing Envelope (secure-systems-lab/dsse, protocol.md v1.0).
 *
 * Reading is strict: duplicate keys, unknown text around the JSON, broken base64
 * and oversize are refused. Reading judges nothing: nothing of an envelope may be
 * believed before pal_dsse_verify() has returned PAL_OK. The key id in an
 * envelope is a hint for people and is never used for trust.
 *
 *   units    bytes
 *   memory   an envelope's texts and payload live in the arena
 *   errors   PAL_EFORM, PAL_ELIMIT, PAL_EVERIFY (no signature by any of the keys), those of key.h
 *   threads  pure
 */
#ifndef PALISADE_DSSE_H
#define PALISADE_DSSE_H

#include "palisade/arena.h"
#include "palisade/json.h"
#include "palisade/key.h"

#define PAL_DSSE_INTOTO         "application/vnd.in-toto+json"
#define PAL_DSSE_MOST           ((size_t)64 << 20) /* bytes of an envelope's JSON */
#define PAL_DSSE_SIGNATURES_MAX 32

struct pal_dsse_signature {
	struct pal_view bytes;
	const char     *key_id; /* NULL: absent or null */
};

struct pal_dsse {
	const char                *type;
	struct pal_view            payload;
	struct pal_dsse_signature *signatures;
	size_t                     signature_count; /* at least 1 */
};

/* "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload: what is signed. */
void pal_dsse_pae(struct pal_view type, struct pal_view payload, struct pal_buf *to);

PAL_NODISCARD enum pal_err pal_dsse_read(struct pal_view json, struct pal_arena *arena, struct pal_dsse *ret,
					 struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_dsse_of_json(const json_t *object, struct pal_arena *arena, struct pal_dsse *ret,
					    struct pal_diag *d);

/* One line of JSON without a line end; equal envelopes give equal bytes. */
void pal_dsse_write(const struct pal_dsse *e, struct pal_buf *to);

/* Signs and writes the envelope, with the key's id. */
PAL_NODISCARD enum pal_err pal_dsse_sign(const struct pal_key *key, const char *type, struct pal_view payload,
					 struct pal_buf *to, struct pal_diag *d);

/*
 * PAL_OK when one signature is by one of the keys; *ret_which (NULL allowed) is that key's index.
 * ECDSA signatures count in DER and as two numbers side by side, since DSSE does not say which.
 */
PAL_NODISCARD enum pal_err pal_dsse_verify(const struct pal_dsse *e, const struct pal_key *const *keys, size_t count,
					   size_t *ret_which, struct pal_diag *d);

#endif
