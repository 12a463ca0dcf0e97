/* x509.c - pal_chain_verify() sets every rule that OpenSSL applies; what it does not check is in check_usage(). */
#include "palisade/x509.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include "key_inside.h"
#include "palisade/clock.h"
#include "palisade/file.h"
#include "palisade/mem.h"

#define PEM_MOST ((size_t)4 << 20)
#define DER_MOST ((size_t)64 * 1024)

struct pal_certs {
	STACK_OF(X509) * stack; /* owned, with what is in it */
};

static void
free_bio(BIO **b)
{
	BIO_free_all(*b);
}

static void
free_store(X509_STORE **s)
{
	X509_STORE_free(*s);
}

static void
free_check(X509_STORE_CTX **c)
{
	X509_STORE_CTX_free(*c);
}

static void
free_bytes(unsigned char **p)
{
	OPENSSL_free(*p);
}

enum pal_err
pal_certs_new(struct pal_certs **ret_certs)
{
	struct pal_certs *c = pal_mem_new(1, sizeof(*c));

	if (c == NULL)
		return PAL_ENOMEM;
	c->stack = sk_X509_new_null();
	if (c->stack == NULL) {
		pal_mem_free(c);
		return PAL_ENOMEM;
	}
	*ret_certs = c;
	return PAL_OK;
}

void
pal_certs_free(struct pal_certs **certs)
{
	if (*certs == NULL)
		return;
	sk_X509_pop_free((*certs)->stack, X509_free);
	pal_mem_free(*certs);
	*certs = NULL;
}

/* Takes x over, also when it fails. */
static enum pal_err
add(struct pal_certs *certs, X509 *x, struct pal_diag *d)
{
	if (sk_X509_num(certs->stack) >= PAL_CERTS_MAX) {
		X509_free(x);
		return pal_fail(d, PAL_ELIMIT, 0, "more than %d certificates", PAL_CERTS_MAX);
	}
	if (sk_X509_push(certs->stack, x) == 0) {
		X509_free(x);
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	}
	return PAL_OK;
}

enum pal_err
pal_certs_add_der(struct pal_certs *certs, struct pal_view der, struct pal_diag *d)
{
	const unsigned char *at = der.data;
	X509                *x = der.len > DER_MOST ? NULL : d2i_X509(NULL, &at, (long)der.len);

	ERR_clear_error();
	if (x != NULL && at != der.data + der.len) {
		X509_free(x);
		x = NULL;
	}
	if (x == NULL)
		return pal_fail(d, PAL_EFORM, 0, "not a certificate (X.509 in DER)");
	return add(certs, x, d);
}

enum pal_err
pal_certs_add_pem(struct pal_certs *certs, struct pal_view pem, struct pal_diag *d)
{
	__attribute__((cleanup(free_bio))) BIO *b = NULL;
	X509                                   *x = NULL;
	size_t                                  before = pal_certs_count(certs);
	unsigned long                           why = 0;

	if (pem.len == 0 || pem.len > PEM_MOST)
		return pal_fail(d, PAL_EFORM, 0, "no certificate in PEM");
	b = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (b == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	ERR_clear_error();
	while ((x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL)
		PAL_TRY(add(certs, x, d));
	why = ERR_peek_last_error();
	ERR_clear_error();
	/* Running out of "-----BEGIN" lines is the good end; everything else is a damaged certificate. */
	if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
		return pal_fail(d, PAL_EFORM, 0, "certificate %zu in the PEM text is damaged",
				pal_certs_count(certs) - before + 1);
	if (pal_certs_count(certs) == before)
		return pal_fail(d, PAL_EFORM, 0, "no certificate in PEM: expected \"-----BEGIN CERTIFICATE-----\"");
	return PAL_OK;
}

enum pal_err
pal_certs_load(struct pal_certs *certs, const char *path, struct pal_diag *d)
{
	PAL_AUTO_BUF text = pal_buf_of(PEM_MOST);
	enum pal_err err = PAL_OK;

	PAL_TRY(pal_file_read(path, PEM_MOST, &text, d));
	/* 0x30 begins a DER sequence and no PEM text. */
	err = text.len > 0 && text.data[0] == 0x30 ? pal_certs_add_der(certs, pal_buf_view(&text), d)
						   : pal_certs_add_pem(certs, pal_buf_view(&text), d);
	return err == PAL_OK ? PAL_OK : pal_fail_in(d, err, path);
}

size_t
pal_certs_count(const struct pal_certs *certs)
{
	return (size_t)sk_X509_num(certs->stack);
}

static X509 *
at(const struct pal_certs *certs, size_t i)
{
	PAL_ASSERT(i < pal_certs_count(certs));
	return sk_X509_value(certs->stack, (int)i);
}

enum pal_err
pal_certs_der(const struct pal_certs *certs, size_t i, struct pal_buf *to)
{
	__attribute__((cleanup(free_bytes))) unsigned char *der = NULL;
	int                                                 len = i2d_X509(at(certs, i), &der);

	if (len <= 0)
		return PAL_ENOMEM;
	pal_buf_add(to, (struct pal_view){ der, (size_t)len });
	return pal_buf_err(to);
}

enum pal_err
pal_certs_key(const struct pal_certs *certs, size_t i, struct pal_key **ret_key, struct pal_diag *d)
{
	EVP_PKEY *pkey = X509_get_pubkey(at(certs, i));

	ERR_clear_error();
	if (pkey == NULL)
		return pal_fail(d, PAL_EUNSUPPORTED, 0, "the certificate's key is of an unknown kind");
	return pal_key_adopt(pkey, false, ret_key, d);
}

bool
pal_certs_self_issued(const struct pal_certs *certs, size_t i)
{
	return X509_self_signed(at(certs, i), 0) == 1;
}

static enum pal_err
add_subject(const X509 *x, struct pal_buf *to)
{
	__attribute__((cleanup(free_bio))) BIO *b = BIO_new(BIO_s_mem());
	char                                   *text = NULL;
	long                                    len = 0;

	if (b == NULL || X509_NAME_print_ex(b, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) < 0)
		return PAL_ENOMEM;
	len = BIO_get_mem_data(b, &text);
	pal_buf_add(to, (struct pal_view){ (const uint8_t *)text, len < 0 ? 0 : (size_t)len });
	return pal_buf_err(to);
}

enum pal_err
pal_certs_subject(const struct pal_certs *certs, size_t i, struct pal_buf *to)
{
	return add_subject(at(certs, i), to);
}

/* Milliseconds of a certificate's time, 0 before 1970 and for what cannot be told. */
static uint64_t
time_of(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int        days = 0, seconds = 0, ok = 0;

	ok = epoch == NULL ? 0 : ASN1_TIME_diff(&days, &seconds, epoch, t);
	ASN1_TIME_free(epoch);
	return ok != 1 || days < 0 || seconds < 0 ? 0 : ((uint64_t)days * 86400 + (uint64_t)seconds) * 1000;
}

static enum pal_err
explain(X509_STORE_CTX *check, uint64_t now_ms, struct pal_diag *d)
{
	int          why = X509_STORE_CTX_get_error(check);
	const X509  *x = X509_STORE_CTX_get_current_cert(check);
	PAL_AUTO_BUF name = pal_buf_of(200);
	char         limit[PAL_TIME_TEXT] = "", now[PAL_TIME_TEXT] = "";

	if (x != NULL)
		(void)add_subject(x, &name);
	pal_time_format(now_ms, now);
	if (x != NULL && why == X509_V_ERR_CERT_HAS_EXPIRED) {
		pal_time_format(time_of(X509_get0_notAfter(x)), limit);
		return pal_fail(d, PAL_EVERIFY, 0, "certificate \"%s\" expired at %s (checked at %s)",
				pal_buf_text(&name), limit, now);
	}
	if (x != NULL && why == X509_V_ERR_CERT_NOT_YET_VALID) {
		pal_time_format(time_of(X509_get0_notBefore(x)), limit);
		return pal_fail(d, PAL_EVERIFY, 0, "certificate \"%s\" is not valid before %s (checked at %s)",
				pal_buf_text(&name), limit, now);
	}
	return pal_fail(d, PAL_EVERIFY, 0, "certificate \"%s\": %s", pal_buf_text(&name),
			X509_verify_cert_error_string(why));
}

/* OpenSSL 3.0 has no purpose "code signing", so the leaf's usage is checked here. */
static enum pal_err
check_usage(X509 *leaf, struct pal_diag *d)
{
	PAL_AUTO_BUF name = pal_buf_of(200);
	uint32_t     flags = X509_get_extension_flags(leaf);

	(void)add_subject(leaf, &name);
	if ((flags & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) == 0)
		return pal_fail(d, PAL_EVERIFY, 0,
				"certificate \"%s\" is not for signing code: extended key usage codeSigning is missing",
				pal_buf_text(&name));
	if ((flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0)
		return pal_fail(d, PAL_EVERIFY, 0,
				"certificate \"%s\" is not for signatures: key usage digitalSignature is missing",
				pal_buf_text(&name));
	return PAL_OK;
}

/* OpenSSL lets old certificates without basic constraints issue others; here only a root may be that old. */
static enum pal_err
check_issuers(X509_STORE_CTX *check, struct pal_diag *d)
{
	const STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(check);
	PAL_AUTO_BUF name = pal_buf_of(200);

	for (int i = 1; i + 1 < sk_X509_num(built); i++) {
		if (X509_check_ca(sk_X509_value(built, i)) == 1)
			continue;
		(void)add_subject(sk_X509_value(built, i), &name);
		return pal_fail(d, PAL_EVERIFY, 0, "certificate \"%s\" issued another but is no CA certificate",
				pal_buf_text(&name));
	}
	return PAL_OK;
}

static enum pal_err
set_rules(X509_STORE_CTX *check, uint64_t now_ms)
{
	X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(check);

	if (rules == NULL)
		return PAL_ENOMEM;
	X509_VERIFY_PARAM_set_time(rules, (time_t)(now_ms / 1000));
	X509_VERIFY_PARAM_set_auth_level(rules, 2); /* 112 bits: no SHA-1, no RSA under 2,048 bits */
	X509_VERIFY_PARAM_set_depth(rules, 8);
	/* An intermediate that the caller lists as trusted is a trust anchor too. */
	return X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1 ? PAL_OK : PAL_ENOMEM;
}

enum pal_err
pal_chain_verify(const struct pal_certs *chain, const struct pal_certs *roots, uint64_t now_ms,
		 struct pal_key **ret_leaf_key, struct pal_diag *d)
{
	__attribute__((cleanup(free_store))) X509_STORE     *store = X509_STORE_new();
	__attribute__((cleanup(free_check))) X509_STORE_CTX *check = X509_STORE_CTX_new();
	enum pal_err                                         err = PAL_OK;

	if (pal_certs_count(chain) == 0)
		return pal_fail(d, PAL_EFORM, 0, "the certificate chain is empty");
	if (pal_certs_count(roots) == 0)
		return pal_fail(d, PAL_EVERIFY, 0, "no root certificate is trusted; name one");
	if (store == NULL || check == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	for (size_t i = 0; i < pal_certs_count(roots); i++)
		if (X509_STORE_add_cert(store, at(roots, i)) != 1)
			return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	if (X509_STORE_CTX_init(check, store, at(chain, 0), chain->stack) != 1 || set_rules(check, now_ms) != PAL_OK)
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	if (X509_verify_cert(check) != 1)
		err = explain(check, now_ms, d);
	ERR_clear_error();
	PAL_TRY(err);
	PAL_TRY(check_issuers(check, d));
	PAL_TRY(check_usage(at(chain, 0), d));
	return pal_certs_key(chain, 0, ret_leaf_key, d);
}
