/*
 * x509.h - certificates, and chains of them checked against roots that the caller trusts (RFC 5280).
 *
 * A set of certificates comes from PEM or DER. pal_chain_verify() takes a chain
 * (leaf first) and a set of roots and gives the leaf's key; nothing else of a
 * certificate may be believed before that. The time is the caller's: the current
 * time, or one that was itself verified. It is never taken from the certificate.
 * No system trust store is read and no revocation is looked up.
 *
 *   units    milliseconds since 1970
 *   memory   a set is owned by the caller: PAL_AUTO_CERTS frees it
 *   errors   PAL_EFORM (no certificate), PAL_ELIMIT (more than PAL_CERTS_MAX), PAL_EVERIFY (the chain does not hold:
 *            the text names the certificate and says why), PAL_EUNSUPPORTED (a leaf key of an unknown kind)
 *   threads  a finished set may be read by several threads at once
 */
#ifndef PALISADE_X509_H
#define PALISADE_X509_H

#include "palisade/key.h"

#define PAL_CERTS_MAX 256

struct pal_certs;

#define PAL_AUTO_CERTS __attribute__((cleanup(pal_certs_free))) struct pal_certs *

PAL_NODISCARD enum pal_err pal_certs_new(struct pal_certs **ret_certs);
void                       pal_certs_free(struct pal_certs **certs); /* NULL allowed; sets it to NULL */

PAL_NODISCARD enum pal_err pal_certs_add_der(struct pal_certs *certs, struct pal_view der, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_certs_add_pem(struct pal_certs *certs, struct pal_view pem, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_certs_load(struct pal_certs *certs, const char *path, struct pal_diag *d);

size_t                     pal_certs_count(const struct pal_certs *certs);
PAL_NODISCARD enum pal_err pal_certs_der(const struct pal_certs *certs, size_t i, struct pal_buf *to);
PAL_NODISCARD enum pal_err pal_certs_key(const struct pal_certs *certs, size_t i, struct pal_key **ret_key,
					 struct pal_diag *d);
bool                       pal_certs_self_issued(const struct pal_certs *certs, size_t i); /* signed by itself */

/* "CN=release signer,O=Example", RFC 2253 form; for people, never for decisions. */
PAL_NODISCARD enum pal_err pal_certs_subject(const struct pal_certs *certs, size_t i, struct pal_buf *to);

/*
 * The leaf is chain's first certificate; the others help to reach a root and are trusted for nothing.
 * The leaf must be within its validity and be meant for signing code: extended key usage codeSigning, and key usage
 * digitalSignature where the extension is there. Signatures in the chain need at least 112 bits of security.
 */
PAL_NODISCARD enum pal_err pal_chain_verify(const struct pal_certs *chain, const struct pal_certs *roots,
					    uint64_t now_ms, struct pal_key **ret_leaf_key, struct pal_diag *d);

#endif
