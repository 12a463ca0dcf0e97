/* certs.h - certificates made by tests for themselves: a root, issuers, leaves, with whatever is to be wrong in them.
 */
#ifndef PALISADE_TEST_CERTS_H
#define PALISADE_TEST_CERTS_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "palisade/x509.h"

#define DAY 86400L

struct cert_wish {
	const char *name;
	long        from, to; /* seconds from now */
	bool        ca;
	const char *usage, *extended; /* as OpenSSL's configuration spells them; NULL: none */
};

struct cert_pair {
	X509     *x;
	EVP_PKEY *key;
};

static inline void
cert_extend(X509 *x, X509V3_CTX *c, int nid, const char *value)
{
	X509_EXTENSION *e = value == NULL ? NULL : X509V3_EXT_conf_nid(NULL, c, nid, value);

	if (e != NULL)
		(void)X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

/* issuer NULL: signed by itself. key NULL: a new P-256 key. */
static inline struct cert_pair
cert_make(const struct cert_wish *w, const struct cert_pair *issuer, EVP_PKEY *key)
{
	static long      serial = 1000;
	struct cert_pair p = { .x = X509_new(),
			       .key = key == NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256") : key };
	X509_NAME       *name = X509_get_subject_name(p.x);
	X509V3_CTX       c;

	(void)X509_set_version(p.x, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(p.x), serial++);
	(void)X509_gmtime_adj(X509_getm_notBefore(p.x), w->from);
	(void)X509_gmtime_adj(X509_getm_notAfter(p.x), w->to);
	(void)X509_set_pubkey(p.x, p.key);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)w->name, -1, -1, 0);
	(void)X509_set_issuer_name(p.x, issuer == NULL ? name : X509_get_subject_name(issuer->x));
	X509V3_set_ctx(&c, issuer == NULL ? p.x : issuer->x, p.x, NULL, NULL, 0);
	cert_extend(p.x, &c, NID_basic_constraints, w->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	cert_extend(p.x, &c, NID_subject_key_identifier, "hash");
	cert_extend(p.x, &c, NID_key_usage, w->usage);
	cert_extend(p.x, &c, NID_ext_key_usage, w->extended);
	(void)X509_sign(p.x, issuer == NULL ? p.key : issuer->key, EVP_sha256());
	return p;
}

static inline void
cert_drop(struct cert_pair *p)
{
	X509_free(p->x);
	EVP_PKEY_free(p->key);
	*p = (struct cert_pair){ 0 };
}

static inline enum pal_err
cert_add(struct pal_certs *set, const struct cert_pair *p)
{
	unsigned char *der = NULL;
	int            len = i2d_X509(p->x, &der);
	enum pal_err   err = pal_certs_add_der(set, (struct pal_view){ der, len < 0 ? 0 : (size_t)len }, NULL);

	OPENSSL_free(der);
	return err;
}

#endif
