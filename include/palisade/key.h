/*
 * key.h - key pairs that sign and public keys that verify: EC, Ed25519, and RSA for verification only.
 *
 * ECDSA signatures are ASN.1 DER over the digest that fits the curve (P-256 with
 * SHA-256, P-384 with SHA-384, P-521 with SHA-512; FIPS 186-5); Ed25519 is RFC
 * 8032; RSA is PKCS #1 v1.5 with SHA-256 (RFC 8017) and at least 2,048 bits.
 * Private keys rest in encrypted PKCS #8 PEM (RFC 5958, scrypt, AES-256-CBC).
 *
 *   units    bytes
 *   memory   a key is owned by the caller: pal_key_free() wipes it, PAL_AUTO_KEY calls that
 *   errors   PAL_EKEY (passphrase missing or wrong, or the key cannot do this), PAL_EFORM (no key of a known kind),
 *            PAL_EVERIFY (the signature is not of this key over this message), PAL_ENOMEM, those of file.h
 *   threads  a key may be used by several threads at once
 */
#ifndef PALISADE_KEY_H
#define PALISADE_KEY_H

#include "palisade/buf.h"
#include "palisade/digest.h"
#include "palisade/secret.h"

enum pal_key_kind { PAL_KEY_P256, PAL_KEY_P384, PAL_KEY_P521, PAL_KEY_ED25519, PAL_KEY_RSA };

#define PAL_ED25519_LEN 32

struct pal_key;

#define PAL_AUTO_KEY __attribute__((cleanup(pal_key_free))) struct pal_key *

PAL_NODISCARD enum pal_err pal_key_generate(enum pal_key_kind kind, struct pal_key **ret_key, struct pal_diag *d);
void                       pal_key_free(struct pal_key **key); /* NULL allowed; sets it to NULL */

enum pal_key_kind pal_key_kind(const struct pal_key *key);
const char       *pal_key_kind_name(enum pal_key_kind kind); /* "ecdsa-p256", "ed25519", "rsa" */
bool              pal_key_kind_of(struct pal_view name, enum pal_key_kind *ret_kind);
bool              pal_key_is_private(const struct pal_key *key);
bool              pal_key_eq(const struct pal_key *a, const struct pal_key *b); /* the same public key */

/* Writes mode 0600, as a whole. A passphrase is required: there is no way to save a key in the clear. */
PAL_NODISCARD enum pal_err pal_key_save_private(const struct pal_key *key, const struct pal_secret *passphrase,
						const char *path, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_save_public(const struct pal_key *key, const char *path, struct pal_diag *d);

/* passphrase NULL: only a key that is not encrypted can be read. `name` is for the diagnosis. */
PAL_NODISCARD enum pal_err pal_key_load_private(const char *path, const struct pal_secret *passphrase,
						struct pal_key **ret_key, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_load_public(const char *path, struct pal_key **ret_key, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_of_private_pem(struct pal_view pem, const struct pal_secret *passphrase,
						  const char *name, struct pal_key **ret_key, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_of_public_pem(struct pal_view pem, struct pal_key **ret_key, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_of_public_der(struct pal_view der, struct pal_key **ret_key, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_of_ed25519(const uint8_t raw[PAL_ED25519_LEN], struct pal_key **ret_key,
					      struct pal_diag *d);

/* The SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). PEM has 64 columns, LF line ends and one at its end (RFC 7468). */
PAL_NODISCARD enum pal_err pal_key_public_der(const struct pal_key *key, struct pal_buf *to);
PAL_NODISCARD enum pal_err pal_key_public_pem(const struct pal_key *key, struct pal_buf *to);
PAL_NODISCARD enum pal_err pal_key_ed25519(const struct pal_key *key, uint8_t ret_raw[PAL_ED25519_LEN]);

const char *pal_key_id(const struct pal_key *key);   /* lower-case hex SHA-256 of the DER; lives as long as key */
const char *pal_key_hint(const struct pal_key *key); /* the same of the PEM text, as OMS bundles want it */

/* Adds the signature to `to`; a raw one of 64 bytes for Ed25519. */
PAL_NODISCARD enum pal_err pal_key_sign(const struct pal_key *key, struct pal_view message, struct pal_buf *to,
					struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_key_verify(const struct pal_key *key, struct pal_view message, struct pal_view signature,
					  struct pal_diag *d);

/* With another digest than the curve's own: only for old signatures that were made so. EC and RSA keys. */
PAL_NODISCARD enum pal_err pal_key_verify_with(const struct pal_key *key, enum pal_digest_alg alg,
					       struct pal_view message, struct pal_view signature, struct pal_diag *d);

/* An ECDSA signature as the two numbers side by side (IEEE P1363), turned into the DER that pal_key_verify() takes. */
PAL_NODISCARD enum pal_err pal_key_der_of_pair(const struct pal_key *key, struct pal_view pair, struct pal_buf *to);

#endif
