/* test_key.c - every kind of key: sign, verify, save, load, be named; OpenSSL's own tool reads what we write. */
#include "palisade/key.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"
#include "palisade/hex.h"

static char folder[] = "/tmp/palisade-key-XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

struct case_of {
	const struct pal_key *key;
	struct pal_view       message, sig;
	unsigned int          accepted;
};

static void
damaged_signature(struct pal_view v, void *arg)
{
	struct case_of *c = arg;

	if (!pal_view_eq(v, c->sig) && pal_key_verify(c->key, c->message, v, NULL) == PAL_OK)
		c->accepted++;
}

static void
test_sign(enum pal_key_kind kind)
{
	struct pal_view message = pal_view_of("what is signed");
	PAL_AUTO_KEY    key = NULL;
	PAL_AUTO_KEY    other = NULL;
	PAL_AUTO_KEY public = NULL;
	PAL_AUTO_BUF   sig = pal_buf_of(0);
	PAL_AUTO_BUF   pem = pal_buf_of(0);
	struct case_of c = { .message = message };

	CHECK(pal_key_generate(kind, &key, NULL) == PAL_OK && pal_key_generate(kind, &other, NULL) == PAL_OK);
	if (key == NULL || other == NULL)
		return;
	CHECK(pal_key_kind(key) == kind && pal_key_is_private(key) && !pal_key_eq(key, other));
	CHECK(pal_key_sign(key, message, &sig, NULL) == PAL_OK);
	CHECK(pal_key_public_pem(key, &pem) == PAL_OK);
	CHECK(pal_key_of_public_pem(pal_buf_view(&pem), &public, NULL) == PAL_OK);
	if (public == NULL)
		return;
	CHECK(!pal_key_is_private(public) && pal_key_eq(key, public) &&
	      strcmp(pal_key_id(key), pal_key_id(public)) == 0);
	CHECK(pal_key_verify(public, message, pal_buf_view(&sig), NULL) == PAL_OK);
	CHECK(pal_key_verify(other, message, pal_buf_view(&sig), NULL) == PAL_EVERIFY);
	CHECK(pal_key_verify(public, pal_view_of("what is signee"), pal_buf_view(&sig), NULL) == PAL_EVERIFY);
	CHECK(pal_key_verify(public, message, (struct pal_view){ 0 }, NULL) == PAL_EVERIFY);
	CHECK(pal_key_sign(public, message, &sig, NULL) == PAL_EKEY);
	c.key = public;
	c.sig = pal_buf_view(&sig);
	pal_mutate_all(c.sig, damaged_signature, &c);
	CHECK_SAY(c.accepted == 0, pal_key_kind_name(kind));
}

static void
test_files(enum pal_key_kind kind)
{
	PAL_AUTO_SECRET pass = { 0 };
	PAL_AUTO_SECRET wrong = { 0 };
	PAL_AUTO_KEY    key = NULL;
	PAL_AUTO_KEY    back = NULL;
	PAL_AUTO_KEY    none = NULL;
	PAL_AUTO_BUF    text = pal_buf_of(0);
	struct pal_diag d = { 0 };
	struct stat     st = { 0 };

	CHECK(pal_secret_of(pal_view_of("correct horse"), &pass) == PAL_OK);
	CHECK(pal_secret_of(pal_view_of("correct horsf"), &wrong) == PAL_OK);
	CHECK(pal_key_generate(kind, &key, NULL) == PAL_OK);
	(void)unlink(in_folder("k"));
	CHECK(pal_key_save_private(key, NULL, in_folder("k"), &d) == PAL_EKEY && !pal_file_exists(in_folder("k")));
	CHECK(pal_key_save_private(key, &pass, in_folder("k"), &d) == PAL_OK);
	CHECK(stat(in_folder("k"), &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(pal_file_read(in_folder("k"), 65536, &text, NULL) == PAL_OK);
	CHECK(pal_view_starts(pal_buf_view(&text), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
	CHECK(pal_key_load_private(in_folder("k"), &pass, &back, &d) == PAL_OK && pal_key_is_private(back));
	CHECK(pal_key_eq(key, back));
	CHECK(pal_key_load_private(in_folder("k"), &wrong, &none, &d) == PAL_EKEY && strstr(d.text, "wrong") != NULL);
	CHECK(pal_key_load_private(in_folder("k"), NULL, &none, &d) == PAL_EKEY &&
	      strstr(d.text, "give its passphrase") != NULL);
	CHECK(pal_key_load_public(in_folder("k"), &none, &d) == PAL_EFORM);
	CHECK(pal_key_save_public(key, in_folder("p"), &d) == PAL_OK);
	CHECK(pal_key_load_private(in_folder("p"), &pass, &none, &d) == PAL_EFORM &&
	      strstr(d.text, "no private key") != NULL);
	CHECK(pal_key_load_private(in_folder("absent"), &pass, &none, &d) == PAL_ENOTFOUND);
	pal_key_free(&back);
	CHECK(pal_key_load_public(in_folder("p"), &back, &d) == PAL_OK && pal_key_eq(key, back));
	CHECK(pal_key_save_private(back, &pass, in_folder("q"), &d) == PAL_EKEY && none == NULL);
}

/* RFC 8032, 7.1, TEST 1. */
static void
test_ed25519(void)
{
	PAL_AUTO_BUF raw = pal_buf_of(0);
	PAL_AUTO_BUF sig = pal_buf_of(0);
	PAL_AUTO_KEY key = NULL;
	uint8_t      back[PAL_ED25519_LEN] = { 0 };

	CHECK(pal_hex_decode(pal_view_of("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), &raw) ==
	      PAL_OK);
	CHECK(
	    pal_hex_decode(pal_view_of("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33b"
				       "acc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
			   &sig) == PAL_OK);
	CHECK(pal_key_of_ed25519(pal_buf_view(&raw).data, &key, NULL) == PAL_OK);
	CHECK(pal_key_verify(key, (struct pal_view){ 0 }, pal_buf_view(&sig), NULL) == PAL_OK);
	CHECK(pal_key_ed25519(key, back) == PAL_OK && memcmp(back, pal_buf_view(&raw).data, sizeof(back)) == 0);
	CHECK(pal_key_verify_with(key, PAL_SHA256, (struct pal_view){ 0 }, pal_buf_view(&sig), NULL) == PAL_EKEY);
}

/* An RSA key of 2,048 bits and one of 1,024, made once with `openssl genrsa`; public parts. */
static const char rsa_2048[] = "-----BEGIN PUBLIC KEY-----\n"
			       "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqM/PpKdTZx5Jlfm9Txf6\n"
			       "Mtb71hZ4nUGH9W7SD8qNylTbDzITE9FoJApTK/wPfKUDhwcaiY58HHTKhn0LsLTd\n"
			       "otDQheVMNoDHyYLw6/kwBnUO0VnXK6bwDJ2TvlJg3sFNgsEpEAY98ERJYeVRe3o/\n"
			       "l6KH5RZi8McTsKFLozOfOWVa7xU/iZVMGmfCsFK+qM8nNa9NOcdbEM6/1xw2wfS/\n"
			       "mXc+UgeifF/QIZk6+Ul6+dO+kvJr2r7xpCcDhfsmn5Z3WGsDw8HJKr0m8I8dH4TN\n"
			       "RUNEqMr+uKWz0PT10F3dPjjb/hUtzF6LCD65QZPRycXOG/X5bHmMhR39YO6j7+Iv\n"
			       "DQIDAQAB\n"
			       "-----END PUBLIC KEY-----\n";
static const char rsa_1024[] = "-----BEGIN PUBLIC KEY-----\n"
			       "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDe2Z9CwU2zErS9QWCvSxiVScQN\n"
			       "hEmmV7oB0+W1ng11o9iNQ4x9jNjoY7bAmIfhPyMoLgvD5grWSZgCSTOvSWhgzg8V\n"
			       "IRXe+RpIwVVFJwmyzo6MsoX+3dTaWDlVRaYOy2dgtF3s6R4CKYSH3zepdADfyrQm\n"
			       "E96ovVuruhKjp2zhowIDAQAB\n"
			       "-----END PUBLIC KEY-----\n";
static const char rsa_sig[] = /* over "abc", `openssl dgst -sha256 -sign` */
    "675d5bd477e1bed4d740bd71f4b87945168786b27093097eb171c1ea83af6f5479731ca5310bf9f5797f8f6482e03325081c"
    "3aa2aa7e90ffc0f2ee91ea236792b6f5798e796215f87b6089875465e4fabbf6352ebc40a8ef82fe1630b7d677cb99dc1176"
    "be7f63211bd78b232c6912a92e654ebfaeffcacd8e96af61abd68b92b55ee941a4902c33cc1f91e71b57974eda7e25fcb465"
    "33b2f4fd73b80cc9b6a0223f4213dd0c19e671484c5c51cf89cd2ac807f752d745b647462b4f7c8f47fa385657565aae0284"
    "327d0cd7d5b8020e5cc59209cc93f149a593f1c9c6863d3d41ee7e73c8bfec9f5d4228739c875e42a642b37b45b47d819539"
    "2a5a3f888492";
static const char secp256k1[] = "-----BEGIN PUBLIC KEY-----\n"
				"MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEXJnsAnDcqmvEtuYL+TXOBYRDjowJFxv4\n"
				"IJDZm03i1zkfpL9mnKilODlLIqiOnUhnSvETvmA60fiG46tZgHXnrQ==\n"
				"-----END PUBLIC KEY-----\n";

static void
test_others(void)
{
	PAL_AUTO_KEY    key = NULL;
	PAL_AUTO_KEY    none = NULL;
	PAL_AUTO_BUF    sig = pal_buf_of(0);
	struct pal_diag d = { 0 };

	CHECK(pal_key_of_public_pem(pal_view_of(rsa_2048), &key, NULL) == PAL_OK);
	if (key == NULL)
		return;
	CHECK(pal_key_kind(key) == PAL_KEY_RSA && pal_hex_decode(pal_view_of(rsa_sig), &sig) == PAL_OK);
	CHECK(pal_key_verify(key, pal_view_of("abc"), pal_buf_view(&sig), NULL) == PAL_OK);
	CHECK(pal_key_verify(key, pal_view_of("abd"), pal_buf_view(&sig), NULL) == PAL_EVERIFY);
	CHECK(pal_key_of_public_pem(pal_view_of(rsa_1024), &none, &d) == PAL_EUNSUPPORTED);
	CHECK(pal_key_of_public_pem(pal_view_of(secp256k1), &none, &d) == PAL_EUNSUPPORTED);
	CHECK(pal_key_generate(PAL_KEY_RSA, &none, &d) == PAL_EUNSUPPORTED && none == NULL);
}

static void
count_good(struct pal_view v, void *arg)
{
	PAL_AUTO_KEY key = NULL;

	if (pal_key_of_public_pem(v, &key, NULL) == PAL_OK)
		++*(unsigned int *)arg;
}

static void
count_good_der(struct pal_view v, void *arg)
{
	PAL_AUTO_KEY key = NULL;

	if (pal_key_of_public_der(v, &key, NULL) == PAL_OK)
		++*(unsigned int *)arg;
}

static void
test_damage(void)
{
	PAL_AUTO_KEY key = NULL;
	PAL_AUTO_BUF pem = pal_buf_of(0);
	PAL_AUTO_BUF der = pal_buf_of(0);
	unsigned int good = 0, good_der = 0;

	CHECK(pal_key_generate(PAL_KEY_P256, &key, NULL) == PAL_OK);
	CHECK(pal_key_public_pem(key, &pem) == PAL_OK && pal_key_public_der(key, &der) == PAL_OK);
	pal_mutate_all(pal_buf_view(&pem), count_good, &good);
	pal_mutate_all(pal_buf_view(&der), count_good_der, &good_der);
	CHECK(good < pem.len * 12 && good_der < der.len);
}

int
main(void)
{
	if (!CHECK(mkdtemp(folder) != NULL))
		return check_done();
	for (int k = PAL_KEY_P256; k < PAL_KEY_RSA; k++) {
		enum pal_key_kind back = PAL_KEY_RSA;

		test_sign((enum pal_key_kind)k);
		test_files((enum pal_key_kind)k);
		CHECK(pal_key_kind_of(pal_view_of(pal_key_kind_name((enum pal_key_kind)k)), &back) && (int)back == k);
	}
	test_ed25519();
	test_others();
	test_damage();
	(void)unlink(in_folder("k"));
	(void)unlink(in_folder("p"));
	(void)rmdir(folder);
	return check_done();
}
