/* key_file.c - keys as PEM: what is encrypted, how, and that OpenSSL never asks a terminal. */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdint.h>

#include "key_inside.h"
#include "palisade/file.h"
#include "palisade/mem.h"

/* RFC 7914: 16 MiB, about 50 ms. Twice as much would exceed what OpenSSL agrees to read back by default. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1

static void
free_bio(BIO **b)
{
	BIO_free_all(*b);
}

static void
free_info(PKCS8_PRIV_KEY_INFO **p)
{
	PKCS8_PRIV_KEY_INFO_free(*p);
}

static void
free_sealed(X509_SIG **s)
{
	X509_SIG_free(*s);
}

static void
wipe_buf(struct pal_buf *b)
{
	pal_secret_wipe(b->data, b->cap);
	pal_buf_done(b);
}

/* Without a callback OpenSSL would ask on the terminal; with no passphrase this says no. */
static int
give_passphrase(char *room, int size, int writing, void *arg)
{
	const struct pal_secret *s = arg;

	(void)writing;
	if (s == NULL || size < 0 || s->len > (size_t)size)
		return -1;
	pal_mem_copy(room, (size_t)size, s->bytes, s->len);
	return (int)s->len;
}

static enum pal_err
add_bio(BIO *b, struct pal_buf *to)
{
	char *text = NULL;
	long  len = BIO_get_mem_data(b, &text);

	if (len <= 0)
		return PAL_ENOMEM;
	pal_buf_add(to, (struct pal_view){ (const uint8_t *)text, (size_t)len });
	return pal_buf_err(to);
}

enum pal_err
pal_key_public_pem(const struct pal_key *key, struct pal_buf *to)
{
	__attribute__((cleanup(free_bio))) BIO *b = BIO_new(BIO_s_mem());

	if (b == NULL || PEM_write_bio_PUBKEY(b, key->pkey) != 1)
		return PAL_ENOMEM;
	return add_bio(b, to);
}

static enum pal_err
seal(const struct pal_key *key, const struct pal_secret *passphrase, struct pal_buf *to)
{
	__attribute__((cleanup(free_bio))) BIO                  *b = BIO_new(BIO_s_mem());
	__attribute__((cleanup(free_info))) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
	__attribute__((cleanup(free_sealed))) X509_SIG          *sealed = NULL;
	X509_ALGOR *how = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);

	if (b != NULL && info != NULL && how != NULL)
		sealed = PKCS8_set0_pbe((const char *)passphrase->bytes, (int)passphrase->len, info, how);
	if (sealed == NULL) {
		X509_ALGOR_free(how);
		return PAL_ENOMEM;
	}
	if (PEM_write_bio_PKCS8(b, sealed) != 1)
		return PAL_ENOMEM;
	return add_bio(b, to);
}

enum pal_err
pal_key_save_private(const struct pal_key *key, const struct pal_secret *passphrase, const char *path,
		     struct pal_diag *d)
{
	PAL_AUTO_BUF pem = pal_buf_of(0);

	if (!key->private)
		return pal_fail(d, PAL_EKEY, 0, "%s: this key has no private part to save", path);
	if (passphrase == NULL || passphrase->len == 0)
		return pal_fail(d, PAL_EKEY, 0, "%s: a private key is only saved with a passphrase", path);
	if (seal(key, passphrase, &pem) != PAL_OK) {
		ERR_clear_error();
		return pal_fail(d, PAL_ENOMEM, 0, "%s: cannot encrypt the key", path);
	}
	return pal_file_write(path, pal_buf_view(&pem), 0600, d);
}

enum pal_err
pal_key_save_public(const struct pal_key *key, const char *path, struct pal_diag *d)
{
	PAL_AUTO_BUF pem = pal_buf_of(0);

	PAL_TRY(pal_key_public_pem(key, &pem));
	return pal_file_write(path, pal_buf_view(&pem), 0644, d);
}

static bool
contains(struct pal_view text, const char *what)
{
	return pal_view_find(text, pal_view_of(what), 0) != SIZE_MAX;
}

/* Says what is wrong with a PEM that gave no private key: the passphrase, or the text. */
static enum pal_err
explain(struct pal_view pem, const struct pal_secret *passphrase, const char *name, struct pal_diag *d)
{
	ERR_clear_error();
	if (contains(pem, "-----BEGIN PUBLIC KEY-----") || contains(pem, "-----BEGIN CERTIFICATE-----"))
		return pal_fail(d, PAL_EFORM, 0, "%s holds no private key, which is needed here", name);
	if (!contains(pem, "ENCRYPTED"))
		return pal_fail(d, PAL_EFORM, 0, "%s is not a private key in PEM", name);
	if (passphrase == NULL)
		return pal_fail(d, PAL_EKEY, 0, "%s is encrypted: give its passphrase", name);
	return pal_fail(d, PAL_EKEY, 0, "%s: the passphrase is wrong, or the file is damaged", name);
}

enum pal_err
pal_key_of_private_pem(struct pal_view pem, const struct pal_secret *passphrase, const char *name,
		       struct pal_key **ret_key, struct pal_diag *d)
{
	__attribute__((cleanup(free_bio))) BIO *b = NULL;
	/* OpenSSL's callback takes a pointer to what may be written; give_passphrase() only reads it. */
	struct pal_secret given = passphrase == NULL ? (struct pal_secret){ 0 } : *passphrase;
	EVP_PKEY         *pkey = NULL;

	if (pem.len == 0 || pem.len > PAL_KEY_FILE_MOST)
		return pal_fail(d, PAL_EFORM, 0, "%s is not a private key in PEM", name);
	b = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (b == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	pkey = PEM_read_bio_PrivateKey(b, NULL, give_passphrase, passphrase == NULL ? NULL : &given);
	if (pkey == NULL)
		return explain(pem, passphrase, name, d);
	ERR_clear_error();
	return pal_key_adopt(pkey, true, ret_key, d);
}

enum pal_err
pal_key_load_private(const char *path, const struct pal_secret *passphrase, struct pal_key **ret_key,
		     struct pal_diag *d)
{
	__attribute__((cleanup(wipe_buf))) struct pal_buf pem = pal_buf_of(PAL_KEY_FILE_MOST);

	PAL_TRY(pal_file_read(path, PAL_KEY_FILE_MOST, &pem, d));
	return pal_key_of_private_pem(pal_buf_view(&pem), passphrase, path, ret_key, d);
}

enum pal_err
pal_key_of_public_pem(struct pal_view pem, struct pal_key **ret_key, struct pal_diag *d)
{
	__attribute__((cleanup(free_bio))) BIO *b = NULL;
	EVP_PKEY                               *pkey = NULL;

	if (pem.len == 0 || pem.len > PAL_KEY_FILE_MOST)
		return pal_fail(d, PAL_EFORM, 0, "not a public key in PEM");
	b = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (b == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "out of memory");
	pkey = PEM_read_bio_PUBKEY(b, NULL, give_passphrase, NULL);
	ERR_clear_error();
	if (pkey == NULL)
		return pal_fail(d, PAL_EFORM, 0,
				"not a public key in PEM: expected a text from \"-----BEGIN PUBLIC KEY-----\" on");
	return pal_key_adopt(pkey, false, ret_key, d);
}

enum pal_err
pal_key_load_public(const char *path, struct pal_key **ret_key, struct pal_diag *d)
{
	PAL_AUTO_BUF pem = pal_buf_of(PAL_KEY_FILE_MOST);
	enum pal_err err = PAL_OK;

	PAL_TRY(pal_file_read(path, PAL_KEY_FILE_MOST, &pem, d));
	err = pal_key_of_public_pem(pal_buf_view(&pem), ret_key, d);
	return err == PAL_OK ? PAL_OK : pal_fail_in(d, err, path);
}
