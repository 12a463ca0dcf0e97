/* test_x509.c - chains that hold and each way in which one does not, with certificates made here. */
#include "palisade/x509.h"

#include <unistd.h>

#include "certs.h"
#include "check.h"
#include "mutate.h"
#include "palisade/clock.h"
#include "palisade/file.h"

#define KEYS "../shared/vectors/supply/model_transparency/scripts_tests/keys/certificate/"

#define CA_USAGE "critical,keyCertSign,cRLSign"
#define GOOD     "critical,digitalSignature"

/* What a leaf is like, what its issuer is like, how much of the chain is given, and what comes out. */
static const struct {
	const char      *what;
	struct cert_wish middle, leaf;
	bool             give_middle, other_root;
	const char      *want; /* part of the diagnosis; NULL: it holds */
} cases[] = {
	{ "good",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "codeSigning" },
	  true,
	  false,
	  NULL },
	{ "no key usage extension",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, NULL, "codeSigning" },
	  true,
	  false,
	  NULL },
	{ "several extended usages",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "clientAuth,codeSigning" },
	  true,
	  false,
	  NULL },
	{ "expired leaf",
	  { "mid", -9 * DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -2 * DAY, -DAY, false, GOOD, "codeSigning" },
	  true,
	  false,
	  "\"CN=leaf\" expired at" },
	{ "leaf not yet valid",
	  { "mid", -DAY, 9 * DAY, true, CA_USAGE, NULL },
	  { "leaf", DAY, 2 * DAY, false, GOOD, "codeSigning" },
	  true,
	  false,
	  "\"CN=leaf\" is not valid before" },
	{ "expired issuer",
	  { "mid", -2 * DAY, -DAY, true, CA_USAGE, NULL },
	  { "leaf", -2 * DAY, DAY, false, GOOD, "codeSigning" },
	  true,
	  false,
	  "\"CN=mid\" expired at" },
	{ "issuer missing",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "codeSigning" },
	  false,
	  false,
	  "issuer" },
	{ "issuer is no CA",
	  { "mid", -DAY, DAY, false, GOOD, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "codeSigning" },
	  true,
	  false,
	  "\"CN=mid\"" },
	{ "issuer may not sign certificates",
	  { "mid", -DAY, DAY, true, GOOD, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "codeSigning" },
	  true,
	  false,
	  "CN=" },
	{ "another root",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "codeSigning" },
	  true,
	  true,
	  "signature failure" },
	{ "for servers",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "serverAuth" },
	  true,
	  false,
	  "codeSigning" },
	{ "no extended usage",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, NULL },
	  true,
	  false,
	  "codeSigning" },
	{ "any extended usage",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, GOOD, "anyExtendedKeyUsage" },
	  true,
	  false,
	  "codeSigning" },
	{ "key usage without signatures",
	  { "mid", -DAY, DAY, true, CA_USAGE, NULL },
	  { "leaf", -DAY, DAY, false, "critical,keyEncipherment", "codeSigning" },
	  true,
	  false,
	  "digitalSignature" },
};

static void
test_case(size_t i, uint64_t now_ms)
{
	static const struct cert_wish root_wish = { "root", -9 * DAY, 9 * DAY, true, CA_USAGE, NULL };
	struct cert_pair root = cert_make(&root_wish, NULL, NULL), other = cert_make(&root_wish, NULL, NULL);
	struct cert_pair middle = cert_make(&cases[i].middle, &root, NULL);
	struct cert_pair leaf = cert_make(&cases[i].leaf, &middle, NULL);
	PAL_AUTO_CERTS   chain = NULL;
	PAL_AUTO_CERTS   roots = NULL;
	PAL_AUTO_KEY     key = NULL;
	struct pal_diag  d = { 0 };
	enum pal_err     err = PAL_OK;

	CHECK(pal_certs_new(&chain) == PAL_OK && pal_certs_new(&roots) == PAL_OK);
	CHECK(cert_add(chain, &leaf) == PAL_OK && cert_add(roots, cases[i].other_root ? &other : &root) == PAL_OK);
	if (cases[i].give_middle)
		CHECK(cert_add(chain, &middle) == PAL_OK);
	err = pal_chain_verify(chain, roots, now_ms, &key, &d);
	CHECK_SAY(err == (cases[i].want == NULL ? PAL_OK : PAL_EVERIFY), cases[i].what);
	CHECK_SAY((key != NULL) == (err == PAL_OK), cases[i].what);
	if (cases[i].want != NULL && !CHECK_SAY(strstr(d.text, cases[i].want) != NULL, cases[i].what))
		printf("  %s\n", d.text);
	cert_drop(&leaf);
	cert_drop(&middle);
	cert_drop(&root);
	cert_drop(&other);
}

/* The same certificates at other times: the time is the caller's and nobody else's. */
static void
test_times(uint64_t now_ms)
{
	static const struct cert_wish root_wish = { "root", -9 * DAY, 9 * DAY, true, CA_USAGE, NULL };
	static const struct cert_wish leaf_wish = { "leaf", -2 * DAY, 2 * DAY, false, GOOD, "codeSigning" };
	static const struct {
		long days;
		int  want;
	} times[] = { { -10, PAL_EVERIFY }, { -3, PAL_EVERIFY }, { -1, PAL_OK }, { 1, PAL_OK }, { 3, PAL_EVERIFY } };
	struct cert_pair root = cert_make(&root_wish, NULL, NULL), leaf = cert_make(&leaf_wish, &root, NULL);
	PAL_AUTO_CERTS   chain = NULL;
	PAL_AUTO_CERTS   roots = NULL;
	PAL_AUTO_CERTS   none = NULL;
	PAL_AUTO_KEY     unused = NULL;

	CHECK(pal_certs_new(&chain) == PAL_OK && pal_certs_new(&roots) == PAL_OK && pal_certs_new(&none) == PAL_OK);
	CHECK(cert_add(chain, &leaf) == PAL_OK && cert_add(roots, &root) == PAL_OK);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		PAL_AUTO_KEY key = NULL;
		uint64_t     at = (uint64_t)((int64_t)now_ms + times[i].days * DAY * 1000);

		CHECK((int)pal_chain_verify(chain, roots, at, &key, NULL) == times[i].want);
	}
	CHECK(pal_chain_verify(chain, none, now_ms, &unused, NULL) == PAL_EVERIFY);
	CHECK(pal_chain_verify(none, roots, now_ms, &unused, NULL) == PAL_EFORM && unused == NULL);
	CHECK(pal_certs_self_issued(roots, 0) && !pal_certs_self_issued(chain, 0));
	cert_drop(&leaf);
	cert_drop(&root);
}

static void
read_damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_CERTS certs = NULL;
	PAL_AUTO_CERTS pem = NULL;

	if (pal_certs_new(&certs) == PAL_OK && pal_certs_add_der(certs, v, NULL) == PAL_OK)
		++*(unsigned int *)arg;
	if (pal_certs_new(&pem) == PAL_OK && pal_certs_add_pem(pem, v, NULL) == PAL_OK)
		++*(unsigned int *)arg;
}

static void
test_reading(void)
{
	static const struct cert_wish wish = { "one", -DAY, DAY, true, CA_USAGE, NULL };
	struct cert_pair              one = cert_make(&wish, NULL, NULL);
	PAL_AUTO_CERTS                certs = NULL;
	PAL_AUTO_BUF                  der = pal_buf_of(0);
	PAL_AUTO_BUF                  name = pal_buf_of(0);
	struct pal_diag               d = { 0 };
	unsigned int                  good = 0;

	CHECK(pal_certs_new(&certs) == PAL_OK && cert_add(certs, &one) == PAL_OK);
	CHECK(pal_certs_der(certs, 0, &der) == PAL_OK && pal_certs_subject(certs, 0, &name) == PAL_OK);
	CHECK(pal_view_is(pal_buf_view(&name), "CN=one"));
	pal_mutate_all(pal_buf_view(&der), read_damaged, &good);
	CHECK(good > 0);
	pal_buf_add_byte(&der, 0);
	CHECK(pal_certs_add_der(certs, pal_buf_view(&der), &d) == PAL_EFORM);
	CHECK(pal_certs_add_pem(certs, pal_view_of(""), &d) == PAL_EFORM);
	CHECK(pal_certs_add_pem(certs, pal_view_of("no PEM here"), &d) == PAL_EFORM);
	CHECK(pal_certs_add_pem(certs, pal_view_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
				&d) == PAL_EFORM);
	while (pal_certs_count(certs) < PAL_CERTS_MAX)
		CHECK(cert_add(certs, &one) == PAL_OK);
	CHECK(cert_add(certs, &one) == PAL_ELIMIT && pal_certs_count(certs) == PAL_CERTS_MAX);
	cert_drop(&one);
}

/* Names of leaf and issuer are equal there, and the leaf claims to be a CA: only its key identifiers tell. */
static void
test_vector(uint64_t now_ms)
{
	PAL_AUTO_CERTS chain = NULL;
	PAL_AUTO_CERTS roots = NULL;
	PAL_AUTO_KEY   key = NULL;
	PAL_AUTO_KEY public = NULL;
	struct pal_diag d = { 0 };

	if (!pal_file_exists(KEYS)) {
		printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	CHECK(pal_certs_new(&chain) == PAL_OK && pal_certs_new(&roots) == PAL_OK);
	CHECK(pal_certs_load(chain, KEYS "signing-key-cert.pem", &d) == PAL_OK);
	CHECK(pal_certs_load(chain, KEYS "int-ca-cert.pem", &d) == PAL_OK);
	CHECK(pal_certs_load(roots, KEYS "ca-cert.pem", &d) == PAL_OK);
	CHECK_SAY(pal_chain_verify(chain, roots, now_ms, &key, &d) == PAL_OK, d.text);
	CHECK(pal_key_load_public(KEYS "signing-key-pub.pem", &public, &d) == PAL_OK);
	CHECK(key != NULL && public != NULL && pal_key_eq(key, public));
}

int
main(void)
{
	uint64_t now_ms = pal_clock_now_ms(&pal_clock_system);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		test_case(i, now_ms);
	test_times(now_ms);
	test_reading();
	test_vector(now_ms);
	return check_done();
}
