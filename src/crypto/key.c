/* key.c - which kinds of key exist, and how each signs, verifies and is named; files are in key_file.c. */
#include "palisade/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "key_inside.h"
#include "palisade/mem.h"

#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST  8192

static const struct {
	const char *name;
	const char *group; /* EC only */
	const char *digest;
	size_t      number; /* bytes of r and of s */
} kinds[] = {
	[PAL_KEY_P256] = { "ecdsa-p256", "P-256", "SHA256", 32 },
	[PAL_KEY_P384] = { "ecdsa-p384", "P-384", "SHA384", 48 },
	[PAL_KEY_P521] = { "ecdsa-p521", "P-521", "SHA512", 66 },
	[PAL_KEY_ED25519] = { "ed25519", NULL, NULL, 0 },
	[PAL_KEY_RSA] = { "rsa", NULL, "SHA256", 0 },
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static void
free_context(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void
free_bytes(unsigned char **p)
{
	OPENSSL_free(*p);
}

static void
free_signature(ECDSA_SIG **s)
{
	ECDSA_SIG_free(*s);
}

/* Only named curves, so that parameters cannot be chosen by whoever made the key. */
static bool
ec_kind(const EVP_PKEY *pkey, enum pal_key_kind *ret)
{
	static const struct {
		const char       *name;
		enum pal_key_kind kind;
	} groups[] = { { "prime256v1", PAL_KEY_P256 }, { "secp384r1", PAL_KEY_P384 }, { "secp521r1", PAL_KEY_P521 } };
	char   group[64] = "";
	size_t len = 0;

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), &len) != 1)
		return false;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(group, groups[i].name) != 0)
			continue;
		*ret = groups[i].kind;
		return true;
	}
	return false;
}

static bool
kind_of(const EVP_PKEY *pkey, enum pal_key_kind *ret)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_is_a(pkey, "ED25519") == 1) {
		*ret = PAL_KEY_ED25519;
		return true;
	}
	if (EVP_PKEY_is_a(pkey, "RSA") == 1 && bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST) {
		*ret = PAL_KEY_RSA;
		return true;
	}
	return EVP_PKEY_is_a(pkey, "EC") == 1 && ec_kind(pkey, ret);
}

static enum pal_err
name_key(struct pal_key *key)
{
	PAL_AUTO_BUF      der = pal_buf_of(0);
	PAL_AUTO_BUF      pem = pal_buf_of(0);
	struct pal_digest g = { 0 };

	PAL_TRY(pal_key_public_der(key, &der));
	PAL_TRY(pal_digest_of(PAL_SHA256, pal_buf_view(&der), &g));
	pal_digest_hex(&g, key->id);
	PAL_TRY(pal_key_public_pem(key, &pem));
	PAL_TRY(pal_digest_of(PAL_SHA256, pal_buf_view(&pem), &g));
	pal_digest_hex(&g, key->hint);
	return PAL_OK;
}

enum pal_err
pal_key_adopt(EVP_PKEY *pkey, bool private, struct pal_key **ret_key, struct pal_diag *d)
{
	PAL_AUTO_KEY key = pal_mem_new(1, sizeof(*key));

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	}
	key->pkey = pkey;
	key->private = private;
	if (!kind_of(pkey, &key->kind))
		return pal_fail(d, PAL_EUNSUPPORTED, 0,
				"a key of this kind is not supported; use EC P-256, P-384 or P-521, Ed25519, or RSA of "
				"%d to %d bits for verification",
				RSA_BITS_LEAST, RSA_BITS_MOST);
	PAL_TRY(name_key(key));
	*ret_key = key;
	key = NULL;
	return PAL_OK;
}

enum pal_err
pal_key_generate(enum pal_key_kind kind, struct pal_key **ret_key, struct pal_diag *d)
{
	EVP_PKEY *pkey = NULL;

	PAL_ASSERT((size_t)kind < KIND_COUNT);
	if (kind == PAL_KEY_RSA)
		return pal_fail(d, PAL_EUNSUPPORTED, 0, "RSA keys are not made here; use an EC or an Ed25519 key");
	pkey = kind == PAL_KEY_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
				       : EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[kind].group);
	if (pkey == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "cannot make a key of kind %s", kinds[kind].name);
	return pal_key_adopt(pkey, true, ret_key, d);
}

void
pal_key_free(struct pal_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey); /* OpenSSL wipes private parts */
	pal_mem_free(*key);
	*key = NULL;
}

enum pal_key_kind
pal_key_kind(const struct pal_key *key)
{
	return key->kind;
}

const char *
pal_key_kind_name(enum pal_key_kind kind)
{
	PAL_ASSERT((size_t)kind < KIND_COUNT);
	return kinds[kind].name;
}

bool
pal_key_kind_of(struct pal_view name, enum pal_key_kind *ret_kind)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (!pal_view_is(name, kinds[i].name))
			continue;
		*ret_kind = (enum pal_key_kind)i;
		return true;
	}
	return false;
}

bool
pal_key_is_private(const struct pal_key *key)
{
	return key->private;
}

bool
pal_key_eq(const struct pal_key *a, const struct pal_key *b)
{
	return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

const char *
pal_key_id(const struct pal_key *key)
{
	return key->id;
}

const char *
pal_key_hint(const struct pal_key *key)
{
	return key->hint;
}

enum pal_err
pal_key_of_public_der(struct pal_view der, struct pal_key **ret_key, struct pal_diag *d)
{
	const unsigned char *at = der.data;
	EVP_PKEY            *pkey = der.len > PAL_KEY_FILE_MOST ? NULL : d2i_PUBKEY(NULL, &at, (long)der.len);

	ERR_clear_error();
	if (pkey != NULL && at != der.data + der.len) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	if (pkey == NULL)
		return pal_fail(d, PAL_EFORM, 0, "not a public key (SubjectPublicKeyInfo in DER)");
	return pal_key_adopt(pkey, false, ret_key, d);
}

enum pal_err
pal_key_of_ed25519(const uint8_t raw[PAL_ED25519_LEN], struct pal_key **ret_key, struct pal_diag *d)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw, PAL_ED25519_LEN);

	if (pkey == NULL)
		return pal_fail(d, PAL_EFORM, 0, "not an Ed25519 public key");
	return pal_key_adopt(pkey, false, ret_key, d);
}

enum pal_err
pal_key_public_der(const struct pal_key *key, struct pal_buf *to)
{
	__attribute__((cleanup(free_bytes))) unsigned char *der = NULL;
	int                                                 len = i2d_PUBKEY(key->pkey, &der);

	if (len <= 0)
		return PAL_ENOMEM;
	pal_buf_add(to, (struct pal_view){ der, (size_t)len });
	return pal_buf_err(to);
}

enum pal_err
pal_key_ed25519(const struct pal_key *key, uint8_t ret_raw[PAL_ED25519_LEN])
{
	uint8_t raw[PAL_ED25519_LEN];
	size_t  len = sizeof(raw);

	if (key->kind != PAL_KEY_ED25519)
		return PAL_EKEY;
	if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) != 1 || len != sizeof(raw))
		return PAL_ENOMEM;
	pal_mem_copy(ret_raw, PAL_ED25519_LEN, raw, sizeof(raw));
	return PAL_OK;
}

enum pal_err
pal_key_sign(const struct pal_key *key, struct pal_view message, struct pal_buf *to, struct pal_diag *d)
{
	__attribute__((cleanup(free_context))) EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t                                            sig[256];
	size_t                                             len = sizeof(sig);

	if (!key->private)
		return pal_fail(d, PAL_EKEY, 0, "key %.16s is public: signing needs the private key", key->id);
	if (key->kind == PAL_KEY_RSA)
		return pal_fail(d, PAL_EKEY, 0, "an RSA key only verifies here; sign with an EC or an Ed25519 key");
	if (c == NULL || EVP_DigestSignInit_ex(c, NULL, kinds[key->kind].digest, NULL, NULL, key->pkey, NULL) != 1 ||
	    EVP_DigestSign(c, sig, &len, message.data, message.len) != 1) {
		ERR_clear_error();
		return pal_fail(d, PAL_ENOMEM, 0, "cannot sign with key %.16s", key->id);
	}
	pal_buf_add(to, (struct pal_view){ sig, len });
	return pal_buf_err(to);
}

static enum pal_err
verify(const struct pal_key *key, const char *digest, struct pal_view message, struct pal_view signature,
       struct pal_diag *d)
{
	__attribute__((cleanup(free_context))) EVP_MD_CTX *c = EVP_MD_CTX_new();
	int                                                ok = 0;

	if (c == NULL || EVP_DigestVerifyInit_ex(c, NULL, digest, NULL, NULL, key->pkey, NULL) != 1) {
		ERR_clear_error();
		return pal_fail(d, PAL_EKEY, 0, "key %.16s cannot verify a signature over %s", key->id,
				digest == NULL ? "the message" : digest);
	}
	ok = EVP_DigestVerify(c, signature.data, signature.len, message.data, message.len);
	ERR_clear_error();
	if (ok != 1)
		return pal_fail(d, PAL_EVERIFY, 0, "the signature is not by key %.16s over these bytes", key->id);
	return PAL_OK;
}

enum pal_err
pal_key_verify(const struct pal_key *key, struct pal_view message, struct pal_view signature, struct pal_diag *d)
{
	return verify(key, kinds[key->kind].digest, message, signature, d);
}

enum pal_err
pal_key_verify_with(const struct pal_key *key, enum pal_digest_alg alg, struct pal_view message,
		    struct pal_view signature, struct pal_diag *d)
{
	if (kinds[key->kind].digest == NULL)
		return pal_fail(d, PAL_EKEY, 0, "an %s key signs without a separate digest", kinds[key->kind].name);
	return verify(key, pal_digest_alg_name(alg), message, signature, d);
}

enum pal_err
pal_key_der_of_pair(const struct pal_key *key, struct pal_view pair, struct pal_buf *to)
{
	__attribute__((cleanup(free_signature))) ECDSA_SIG *sig = ECDSA_SIG_new();
	__attribute__((cleanup(free_bytes))) unsigned char *der = NULL;
	size_t                                              n = kinds[key->kind].number;
	BIGNUM                                             *r = NULL, *s = NULL;
	int                                                 len = 0;

	if (n == 0 || pair.len != 2 * n)
		return PAL_EFORM;
	r = BN_bin2bn(pair.data, (int)n, NULL);
	s = BN_bin2bn(pair.data + n, (int)n, NULL);
	if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return PAL_ENOMEM;
	}
	len = i2d_ECDSA_SIG(sig, &der);
	if (len <= 0)
		return PAL_ENOMEM;
	pal_buf_add(to, (struct pal_view){ der, (size_t)len });
	return pal_buf_err(to);
}
