/* test_oms.c - bundles of the reference, then what the specification and its traps imply, signed here with real keys.
 */
#include "palisade/oms.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "certs.h"
#include "check.h"
#include "mutate.h"
#include "palisade/clock.h"
#include "palisade/hex.h"
#include "tree.h"

#define SUPPLY     "../shared/vectors/supply/"
#define OLD        SUPPLY "model_transparency/scripts_tests/"
#define KEYS       OLD "keys/certificate/"
#define LEAF_USAGE "critical,digitalSignature"
#define CA_USAGE   "critical,keyCertSign"

static char            root[] = "/tmp/palisade-oms-XXXXXX";
static struct pal_key *signer, *stranger;
static uint64_t        now_ms;

static const char *
below(const char *name)
{
	static char   rooms[4][256];
	static size_t next;

	next = (next + 1) % 4;
	(void)snprintf(rooms[next], sizeof(rooms[next]), "%s/%s", root, name);
	return rooms[next];
}

/* --- the reference's own signatures ------------------------------------------------------------------------------ */

enum how { BY_KEY, BY_CERT };

static const struct {
	const char *folder, *file; /* file: NULL, or the model is this file of the folder */
	const char *ignore;
	enum how    how;
	bool        old_format;
	int         want;
} vectors[] = {
	{ "v0.2.0-certificate", NULL, NULL, BY_CERT, true, PAL_OK },
	{ "v0.2.0-certificate", NULL, NULL, BY_CERT, false, PAL_EVERIFY },
	{ "v0.2.0-certificate", NULL, NULL, BY_KEY, true, PAL_EVERIFY },
	{ "v0.3.1-certificate", NULL, NULL, BY_CERT, false, PAL_OK },
	{ "v0.3.1-certificate", NULL, NULL, BY_KEY, false, PAL_OK },
	{ "v0.3.1-elliptic-key", "signme-1", NULL, BY_KEY, false, PAL_OK },
	{ "v0.3.1-elliptic-key", "signme-1", NULL, BY_CERT, false, PAL_EVERIFY },
	{ "v1.0.0-certificate", NULL, NULL, BY_CERT, false, PAL_OK },
	{ "v1.0.0-certificate", NULL, NULL, BY_KEY, false, PAL_OK },
	{ "v1.0.0-elliptic-key", "signme-1", NULL, BY_KEY, false, PAL_OK },
	{ "v1.0.1-certificate", NULL, "ignore-me", BY_CERT, false, PAL_OK },
	{ "v1.0.1-certificate", NULL, NULL, BY_CERT, false, PAL_EVERIFY },
	{ "v1.0.1-elliptic-key", NULL, "ignore-me", BY_KEY, false, PAL_OK },
	{ "v1.0.1-elliptic-key", NULL, NULL, BY_KEY, false, PAL_EVERIFY },
	{ "v1.1.0-certificate", NULL, NULL, BY_CERT, false, PAL_OK },
	{ "v1.1.0-elliptic-key", NULL, NULL, BY_KEY, false, PAL_OK },
	{ "v0.3.1-sigstore", NULL, NULL, BY_CERT, false, PAL_EUNSUPPORTED },
	{ "v1.0.0-sigstore", NULL, NULL, BY_CERT, false, PAL_EUNSUPPORTED },
	{ "v1.0.1-sigstore", NULL, "ignore-me", BY_CERT, false, PAL_EUNSUPPORTED },
	{ "v1.1.0-sigstore", NULL, NULL, BY_KEY, false, PAL_EUNSUPPORTED },
};

static void
test_vectors(void)
{
	PAL_AUTO_KEY   key = NULL;
	PAL_AUTO_CERTS roots = NULL;
	unsigned int   unsupported = 0;

	CHECK(pal_key_load_public(KEYS "signing-key-pub.pem", &key, NULL) == PAL_OK);
	CHECK(pal_certs_new(&roots) == PAL_OK && pal_certs_load(roots, KEYS "ca-cert.pem", NULL) == PAL_OK);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		PAL_AUTO_ARENA        arena;
		PAL_AUTO_BUF          text = pal_buf_of(0);
		char                  path[256], sig[256];
		struct pal_oms_model  m = { .path = path, .signature_path = sig, .ignore = &vectors[i].ignore };
		struct pal_oms_trust  t = { .now_ms = now_ms, .old_format = vectors[i].old_format };
		struct pal_oms_report r = { 0 };
		struct pal_diag       d = { 0 };

		pal_arena_init(&arena, (size_t)64 << 20);
		t.key = vectors[i].how == BY_KEY ? key : NULL;
		t.roots = vectors[i].how == BY_CERT ? roots : NULL;
		m.ignore_count = vectors[i].ignore == NULL ? 0 : 1;
		(void)snprintf(path, sizeof(path), OLD "%s%s%s", vectors[i].folder, vectors[i].file == NULL ? "" : "/",
			       vectors[i].file == NULL ? "" : vectors[i].file);
		(void)snprintf(sig, sizeof(sig), OLD "%s/model.sig", vectors[i].folder);
		CHECK(pal_file_read(sig, 1 << 20, &text, NULL) == PAL_OK);
		if (!CHECK_SAY((int)pal_oms_verify(pal_buf_view(&text), &m, &t, &arena, &r, &d) == vectors[i].want,
			       vectors[i].folder))
			printf("  %s\n", d.text);
		unsupported += vectors[i].want == PAL_EUNSUPPORTED ? 1 : 0;
	}
	printf("not supported: %u Sigstore bundles\n", unsupported);
}

/* Bundles that the specification's own vectors call valid or invalid by their form. Their models are not at hand, so
 * a valid one gets as far as the key (no: another key) or the certificate. */
static void
test_forms(void)
{
	static const struct {
		const char *name;
		int         want;
	} forms[] = {
		{ "valid/key", PAL_EVERIFY },
		{ "valid/certificate", PAL_EVERIFY },
		{ "valid/sigstore", PAL_EUNSUPPORTED },
		{ "invalid/empty", PAL_EFORM },
		{ "invalid/missing-envelope", PAL_EFORM },
		{ "invalid/missing-tlog-entries", PAL_EFORM },
		{ "invalid/missing-verification-material", PAL_EFORM },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		PAL_AUTO_ARENA        arena;
		PAL_AUTO_BUF          text = pal_buf_of(0);
		char                  path[256];
		struct pal_oms_model  m = { .path = root };
		struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms };
		struct pal_oms_report r = { 0 };

		pal_arena_init(&arena, (size_t)64 << 20);
		(void)snprintf(path, sizeof(path), SUPPLY "oms_spec/test-vectors/%s.bundle.json", forms[i].name);
		CHECK(pal_file_read(path, 1 << 20, &text, NULL) == PAL_OK);
		CHECK_SAY((int)pal_oms_verify(pal_buf_view(&text), &m, &t, &arena, &r, NULL) == forms[i].want,
			  forms[i].name);
	}
}

/* --- bundles made here from a written-out statement ----------------------------------------------------------------
 */

static void
make_bundle(const struct pal_key *key, const char *statement, const char *material, unsigned int signatures,
	    struct pal_buf *to)
{
	PAL_AUTO_BUF pae = pal_buf_of(0);

	pal_dsse_pae(pal_view_of(PAL_DSSE_INTOTO), pal_view_of(statement), &pae);
	pal_buf_printf(to, "{\"mediaType\":\"%s\",\"verificationMaterial\":%s,\"dsseEnvelope\":{\"payload\":\"",
		       PAL_OMS_MEDIA_TYPE, material);
	pal_base64_add(to, pal_view_of(statement));
	pal_buf_add_text(to, "\",\"payloadType\":\"" PAL_DSSE_INTOTO "\",\"signatures\":[");
	for (unsigned int i = 0; i < signatures; i++) {
		PAL_AUTO_BUF sig = pal_buf_of(0);

		CHECK(pal_key_sign(key, pal_buf_view(&pae), &sig, NULL) == PAL_OK);
		pal_buf_add_text(to, i == 0 ? "{\"sig\":\"" : ",{\"sig\":\"");
		pal_base64_add(to, pal_buf_view(&sig));
		pal_buf_add_text(to, "\",\"keyid\":null}");
	}
	pal_buf_add_text(to, "]}}");
}

static const char *
hex_of(enum pal_digest_alg alg, const char *text)
{
	static char       rooms[4][PAL_DIGEST_TEXT];
	static size_t     next;
	struct pal_digest g = { 0 };

	next = (next + 1) % 4;
	CHECK(pal_digest_of(alg, pal_view_of(text), &g) == PAL_OK);
	pal_digest_hex(&g, rooms[next]);
	return rooms[next];
}

/* The model of the cases: "a.txt" holds "A", "a/b" holds "B", "z" holds "Z". Names and contents of the manifest. */
struct resource {
	const char *name, *content, *algorithm;
};

#define FILES(alg) "\"method\":\"files\",\"hash_type\":\"" alg "\",\"allow_symlinks\":false"
#define PLAIN      FILES("sha256")

static const struct trap {
	const char     *what;
	struct resource r[6];                  /* name NULL ends */
	const char     *serialization, *extra; /* extra: members after the predicate */
	bool            ignore_unsigned, strict, wrong_root;
	unsigned int    signatures; /* 0: one */
	int             want;
	const char     *say; /* part of the diagnosis */
} traps[] = {
	{ "as the specification says",
	  { { "a.txt", "A", NULL }, { "a/b", "B", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  true,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "Python's order",
	  { { "a/b", "B", NULL }, { "a.txt", "A", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "Python's order, strict",
	  { { "a/b", "B", NULL }, { "a.txt", "A", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  true,
	  false,
	  0,
	  PAL_EVERIFY,
	  "order of path components" },
	{ "no order",
	  { { "z", "Z", NULL }, { "a.txt", "A", NULL }, { "a/b", "B", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "not sorted" },
	{ "swapped names",
	  { { "a.txt", "B", NULL }, { "a/b", "A", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "differences: 2" },
	{ "missing file",
	  { { "a.txt", "A", NULL }, { "a/b", "B", NULL }, { "m", "M", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "\"m\" is missing" },
	{ "missing file, unsigned ignored",
	  { { "a.txt", "A", NULL }, { "m", "M", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "\"m\" is missing" },
	{ "extra file",
	  { { "a.txt", "A", NULL }, { "a/b", "B", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "\"z\" is extra" },
	{ "extra file, unsigned ignored",
	  { { "a.txt", "A", NULL }, { "a/b", "B", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "changed file",
	  { { "a.txt", "A", NULL }, { "a/b", "X", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "\"a/b\" is changed" },
	{ "changed file, unsigned ignored",
	  { { "a/b", "X", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "changed" },
	{ "nothing signed", { { NULL, NULL, NULL } }, PLAIN, "", false, false, false, 0, PAL_EFORM, "names no file" },
	{ "nothing signed, unsigned ignored",
	  { { NULL, NULL, NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "names no file" },
	{ "name that leaves the folder",
	  { { "../secret", "S", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "not a path below" },
	{ "name that leaves inside",
	  { { "a/../../secret", "S", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "not a path below" },
	{ "absolute name",
	  { { "/etc/hostname", "S", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "not a path below" },
	{ "dot in a name", { { "./z", "Z", NULL } }, PLAIN, "", true, false, false, 0, PAL_EFORM, "not a path below" },
	{ "two slashes", { { "a//b", "B", NULL } }, PLAIN, "", true, false, false, 0, PAL_EFORM, "not a path below" },
	{ "slash at the end",
	  { { "z/", "Z", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "not a path below" },
	{ "empty name", { { "", "Z", NULL } }, PLAIN, "", true, false, false, 0, PAL_EFORM, "not a path below" },
	{ "dot for a folder",
	  { { ".", "Z", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "\".\" is missing" },
	{ "a name twice",
	  { { "a.txt", "A", NULL }, { "a.txt", "A", NULL } },
	  PLAIN,
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "twice" },
	{ "two signatures",
	  { { "a.txt", "A", NULL }, { "a/b", "B", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  false,
	  2,
	  PAL_EFORM,
	  "2 signatures" },
	{ "no signature", { { "a.txt", "A", NULL } }, PLAIN, "", true, false, false, 99, PAL_EFORM, "signatures" },
	{ "wrong root digest",
	  { { "a.txt", "A", NULL }, { "a/b", "B", NULL }, { "z", "Z", NULL } },
	  PLAIN,
	  "",
	  false,
	  false,
	  true,
	  0,
	  PAL_EVERIFY,
	  "subject's digest" },
	{ "key twice in the JSON",
	  { { "z", "Z", NULL } },
	  PLAIN,
	  ",\"predicateType\":\"x\"",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "duplicate" },
	{ "BLAKE2b",
	  { { "a.txt", "A", "blake2b" }, { "a/b", "B", "blake2b" }, { "z", "Z", "blake2b" } },
	  FILES("blake2b"),
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "BLAKE2b said, SHA-256 given",
	  { { "z", "Z", NULL } },
	  FILES("blake2b"),
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "expected \"blake2b\"" },
	{ "BLAKE3", { { "z", "Z", NULL } }, FILES("blake3"), "", true, false, false, 0, PAL_EUNSUPPORTED, "blake3" },
	{ "MD5", { { "z", "Z", NULL } }, FILES("md5"), "", true, false, false, 0, PAL_EFORM, "hash_type" },
	{ "hidden by the signer",
	  { { "a.txt", "A", NULL }, { "z", "Z", NULL } },
	  PLAIN ",\"ignore_paths\":[\"a\"]",
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "everything ignored",
	  { { "z", "Z", NULL } },
	  PLAIN ",\"ignore_paths\":[\".\"]",
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "ignore path" },
	{ "ignore path that leaves",
	  { { "z", "Z", NULL } },
	  PLAIN ",\"ignore_paths\":[\"../a\"]",
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "ignore path" },
	{ "ignore path that is absolute",
	  { { "z", "Z", NULL } },
	  PLAIN ",\"ignore_paths\":[\"/a\"]",
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "ignore path" },
	{ "unknown member",
	  { { "z", "Z", NULL } },
	  PLAIN ",\"more\":1",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "unknown member" },
	{ "shard size with files",
	  { { "z", "Z", NULL } },
	  PLAIN ",\"shard_size\":8",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "shard_size" },
	{ "no rule for links",
	  { { "z", "Z", NULL } },
	  "\"method\":\"files\",\"hash_type\":\"sha256\"",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "allow_symlinks" },
};

static void
add_resources(const struct trap *t, bool root_too, struct pal_buf *b, struct pal_hasher *h)
{
	for (size_t i = 0; i < 6 && t->r[i].name != NULL; i++) {
		enum pal_digest_alg alg = PAL_SHA256;
		struct pal_digest   g = { 0 };
		const char         *name = t->r[i].algorithm == NULL ? "sha256" : t->r[i].algorithm;

		(void)pal_digest_alg_of(pal_view_of(name), &alg);
		CHECK(pal_digest_of(alg, pal_view_of(t->r[i].content), &g) == PAL_OK);
		pal_buf_printf(b, "%s{\"name\":\"%s\",\"digest\":\"%s\",\"algorithm\":\"%s\",\"uri\":\"x\"}",
			       i == 0 ? "" : ",", t->r[i].name, hex_of(alg, t->r[i].content), name);
		if (root_too)
			pal_hasher_add(h, pal_digest_view(&g));
	}
}

static void
write_statement(const struct trap *t, struct pal_buf *to)
{
	PAL_AUTO_BUF      resources = pal_buf_of(0);
	PAL_AUTO_HASHER   h = pal_hasher_of(PAL_SHA256);
	struct pal_digest g = { 0 };
	char              hex[PAL_DIGEST_TEXT];

	add_resources(t, !t->wrong_root, &resources, &h);
	CHECK(pal_hasher_end(&h, &g) == PAL_OK);
	pal_digest_hex(&g, hex);
	pal_buf_printf(to,
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"m\",\"digest\":{"
		       "\"sha256\":\"%s\"}}],\"predicateType\":\"%s\",\"predicate\":{\"resources\":[%s],"
		       "\"serialization\":{%s}}%s}",
		       hex, PAL_OMS_PREDICATE, pal_buf_text(&resources), t->serialization, t->extra);
}

static void
run_trap(const struct trap *t, const char *model)
{
	PAL_AUTO_ARENA       arena;
	PAL_AUTO_BUF         statement = pal_buf_of(0);
	PAL_AUTO_BUF         bundle = pal_buf_of(0);
	struct pal_oms_model m = { .path = model };
	struct pal_oms_trust trust = {
		.key = signer, .now_ms = now_ms, .ignore_unsigned = t->ignore_unsigned, .strict_order = t->strict
	};
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	write_statement(t, &statement);
	make_bundle(signer, pal_buf_text(&statement), "{\"publicKey\":{}}",
		    t->signatures == 0    ? 1
		    : t->signatures == 99 ? 0
					  : t->signatures,
		    &bundle);
	if (!CHECK_SAY((int)pal_oms_verify(pal_buf_view(&bundle), &m, &trust, &arena, &r, &d) == t->want, t->what) ||
	    !CHECK_SAY(t->say == NULL || strstr(d.text, t->say) != NULL, t->what))
		printf("  %s: %s\n", t->what, d.text);
	if (strcmp(t->what, "hidden by the signer") == 0)
		CHECK(r.ignored_count == 1 && strcmp(r.ignored[0], "a") == 0 && r.notes.count == 1);
	trust.key = stranger;
	CHECK_SAY(pal_oms_verify(pal_buf_view(&bundle), &m, &trust, &arena, &r, NULL) != PAL_OK, t->what);
}

static void
test_traps(void)
{
	tree_put(root, "secret", "S");
	tree_put(root, "model/a.txt", "A");
	tree_put(root, "model/a/b", "B");
	tree_put(root, "model/z", "Z");
	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
		run_trap(&traps[i], below("model"));
}

/* --- pieces ---------------------------------------------------------------------------------------------------------
 */

#define SHARDS "\"method\":\"shards\",\"hash_type\":\"sha256\",\"allow_symlinks\":false,\"shard_size\":"

/* The model: "w" holds "0123456789ab", "w:0:4" holds "x"; zero holds nothing. Cut every 4 bytes. */
static const struct trap shards[] = {
	{ "pieces as specified",
	  { { "w:0:4", "0123", NULL },
	    { "w:0:4:0:1", "x", NULL },
	    { "w:4:8", "4567", NULL },
	    { "w:8:12", "89ab", NULL } },
	  SHARDS "4",
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "Python's algorithm and number",
	  { { "w:0:4", "0123", "sha256-sharded-4" },
	    { "w:4:8", "4567", "sha256-sharded-4" },
	    { "w:8:12", "89ab", "sha256-sharded-4" },
	    { "w:0:4:0:1", "x", "sha256-sharded-4" } },
	  SHARDS "4.0",
	  "",
	  false,
	  false,
	  false,
	  0,
	  PAL_OK,
	  NULL },
	{ "another size in the algorithm",
	  { { "w:0:4", "0123", "sha256-sharded-8" } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "sha256-sharded-8" },
	{ "last piece missing",
	  { { "w:0:4", "0123", NULL }, { "w:4:8", "4567", NULL } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EVERIFY,
	  "\"w\" is extra" },
	{ "piece off the grid",
	  { { "w:2:4", "23", NULL } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "no piece" },
	{ "piece too long",
	  { { "w:0:8", "01234567", NULL } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "no piece" },
	{ "piece backwards", { { "w:4:4", "", NULL } }, SHARDS "4", "", true, false, false, 0, PAL_EFORM, "no piece" },
	{ "overlap",
	  { { "w:0:3", "012", NULL }, { "w:0:4", "0123", NULL } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "twice" },
	{ "no offsets",
	  { { "w", "0123456789ab", NULL } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "PATH:START:END" },
	{ "leading zero",
	  { { "w:00:4", "0123", NULL } },
	  SHARDS "4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "PATH:START:END" },
	{ "size 0", { { "w:0:4", "0123", NULL } }, SHARDS "0", "", true, false, false, 0, PAL_EFORM, "shard_size" },
	{ "size below 0",
	  { { "w:0:4", "0123", NULL } },
	  SHARDS "-4",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "shard_size" },
	{ "size not whole",
	  { { "w:0:4", "0123", NULL } },
	  SHARDS "4.5",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "shard_size" },
	{ "size too large",
	  { { "w:0:4", "0123", NULL } },
	  SHARDS "1e300",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "shard_size" },
	{ "size as text",
	  { { "w:0:4", "0123", NULL } },
	  SHARDS "\"4\"",
	  "",
	  true,
	  false,
	  false,
	  0,
	  PAL_EFORM,
	  "shard_size" },
};

static void
test_shards(void)
{
	tree_put(root, "pieces/w", "0123456789ab");
	tree_put(root, "pieces/w:0:4", "x");
	tree_put(root, "pieces/zero", "");
	for (size_t i = 0; i < sizeof(shards) / sizeof(shards[0]); i++)
		run_trap(&shards[i], below("pieces"));
}

/* --- one file -------------------------------------------------------------------------------------------------------
 */

static void
test_single(void)
{
	static const struct trap as_dot = {
		"one file as \".\"", { { ".", "Z", NULL } }, PLAIN, "", false, false, false, 0, PAL_OK, NULL
	};
	static const struct trap as_name = {
		"one file by name", { { "z", "Z", NULL } }, PLAIN, "", false, false, false, 0, PAL_OK, NULL
	};
	static const struct trap as_other = { "one file by another name",
					      { { "y", "Z", NULL } },
					      PLAIN,
					      "",
					      false,
					      false,
					      false,
					      0,
					      PAL_EVERIFY,
					      "missing" };
	static const struct trap changed = {
		"one file, changed", { { "z", "Y", NULL } }, PLAIN, "", true, false, false, 0, PAL_EVERIFY, "changed"
	};

	run_trap(&as_dot, below("model/z"));
	run_trap(&as_name, below("model/z"));
	run_trap(&as_other, below("model/z"));
	run_trap(&changed, below("model/z"));
}

/* --- our own signatures ---------------------------------------------------------------------------------------------
 */

static enum pal_err
sign_and_verify(const struct pal_oms_model *m, const struct pal_oms_signer *s, const struct pal_oms_trust *t,
		struct pal_oms_report *r, struct pal_arena *arena, struct pal_diag *d)
{
	PAL_AUTO_BUF bundle = pal_buf_of(0);

	PAL_TRY(pal_oms_sign(m, s, &bundle, d));
	return pal_oms_verify(pal_buf_view(&bundle), m, t, arena, r, d);
}

static void
test_round_trip(void)
{
	static const struct {
		enum pal_digest_alg alg;
		uint64_t            shard_size;
		const char         *model;
	} cases[] = { { PAL_SHA256, 0, "model" },   { PAL_BLAKE2B, 0, "model" },  { PAL_SHA256, 5, "pieces" },
		      { PAL_BLAKE2B, 1, "pieces" }, { PAL_SHA256, 0, "model/z" }, { PAL_SHA256, 1, "model/z" } };
	PAL_AUTO_ARENA arena;

	pal_arena_init(&arena, (size_t)16 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_oms_model  m = { .path = below(cases[i].model) };
		struct pal_oms_signer s = { .key = signer, .alg = cases[i].alg, .shard_size = cases[i].shard_size };
		struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms, .strict_order = true };
		struct pal_oms_report r = { 0 };
		struct pal_diag       d = { 0 };

		CHECK_SAY(sign_and_verify(&m, &s, &t, &r, &arena, &d) == PAL_OK, d.text);
		CHECK(r.order == PAL_OMS_ORDER_SPEC && r.alg == cases[i].alg && r.shard_size == cases[i].shard_size);
		CHECK(strcmp(r.method, "key") == 0 && strcmp(r.key_id, pal_key_id(signer)) == 0);
		t.key = stranger;
		CHECK(sign_and_verify(&m, &s, &t, &r, &arena, &d) == PAL_EVERIFY &&
		      strstr(d.text, "another key") != NULL);
	}
}

static void
test_sign_refuses(void)
{
	PAL_AUTO_ARENA        arena;
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	PAL_AUTO_KEY          ed = NULL;
	static const char    *bad_ignore = "../x", *ignore_link = "link";
	struct pal_oms_model  m = { .path = below("empty") };
	struct pal_oms_signer s = { .key = signer };
	struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms };
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	CHECK(mkdir(below("empty"), 0755) == 0);
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_EFORM && strstr(d.text, "nothing to sign") != NULL);
	tree_put(root, "empty/.git/config", "left out");
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_EFORM && strstr(d.text, "nothing to sign") != NULL);
	tree_put(root, "empty/sub/.git", "not left out");
	CHECK(symlink("sub", tree_path(root, "empty/link")) == 0);
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_EFORM && strstr(d.text, "symbolic link") != NULL);
	m.ignore = &ignore_link;
	m.ignore_count = 1;
	CHECK_SAY(sign_and_verify(&m, &s, &t, &r, &arena, &d) == PAL_OK && r.resources == 1, d.text);
	CHECK(r.ignored_count == 1 && strcmp(r.ignored[0], "link") == 0);
	CHECK(unlink(tree_path(root, "empty/link")) == 0 && symlink("sub/.git", tree_path(root, "empty/link")) == 0);
	m.ignore_count = 0;
	s.allow_links = true;
	CHECK_SAY(sign_and_verify(&m, &s, &t, &r, &arena, &d) == PAL_OK && r.resources == 2 && r.links_allowed, d.text);
	m.ignore = &bad_ignore;
	m.ignore_count = 1;
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_EUSAGE);
	m.ignore_count = 0;
	m.path = below("nowhere");
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_ENOTFOUND);
	CHECK(pal_key_generate(PAL_KEY_ED25519, &ed, NULL) == PAL_OK);
	s.key = ed;
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_EUSAGE && bundle.len == 0);
	CHECK(pal_oms_verify(pal_view_of("{}"), &m, &(struct pal_oms_trust){ 0 }, &arena, &r, &d) == PAL_EUSAGE);
}

/* A link that takes a signed file's place afterwards is refused, even to the same content. */
static void
test_link_later(void)
{
	PAL_AUTO_ARENA        arena;
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	struct pal_oms_model  m = { .path = below("linked") };
	struct pal_oms_signer s = { .key = signer };
	struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms };
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	tree_put(root, "linked/f", "same");
	tree_put(root, "outside", "same");
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_OK);
	CHECK(unlink(tree_path(root, "linked/f")) == 0 && symlink("../outside", tree_path(root, "linked/f")) == 0);
	for (int i = 0; i < 2; i++) {
		t.ignore_unsigned = i == 1;
		CHECK(pal_oms_verify(pal_buf_view(&bundle), &m, &t, &arena, &r, &d) == PAL_EVERIFY);
		CHECK(strstr(d.text, "symbolic link") != NULL);
	}
}

/* The signature inside the model is not part of it; a copy of it under another name is. */
static void
test_signature_inside(void)
{
	PAL_AUTO_ARENA        arena;
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	char                  sig[256];
	struct pal_oms_model  m = { .path = below("inside"), .signature_path = sig };
	struct pal_oms_signer s = { .key = signer };
	struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms };
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	(void)snprintf(sig, sizeof(sig), "%s/inside/model.sig", root);
	tree_put(root, "inside/f", "data");
	CHECK(pal_oms_sign(&m, &s, &bundle, &d) == PAL_OK);
	CHECK(pal_file_write(sig, pal_buf_view(&bundle), 0644, &d) == PAL_OK);
	CHECK_SAY(pal_oms_verify(pal_buf_view(&bundle), &m, &t, &arena, &r, &d) == PAL_OK, d.text);
	tree_put(root, "inside/other.sig", "data");
	CHECK(pal_oms_verify(pal_buf_view(&bundle), &m, &t, &arena, &r, &d) == PAL_EVERIFY);
	CHECK(r.changes.count == 1 && ((struct pal_change *)pal_list_at(&r.changes, 0))->kind == PAL_CHANGE_EXTRA);
}

/* --- certificates ----------------------------------------------------------------------------------------------------
 */

static const struct {
	const char *what;
	long        from, to; /* of the leaf, in days from now */
	long        at;       /* when it is verified */
	const char *extended;
	bool        give_root, other_root;
	int         want;
	const char *say;
} certificates[] = {
	{ "good", -1, 1, 0, "codeSigning", false, false, PAL_OK, NULL },
	{ "root in the bundle", -1, 1, 0, "codeSigning", true, false, PAL_OK, NULL },
	{ "expired since", -1, 1, 2, "codeSigning", false, false, PAL_EVERIFY, "expired" },
	{ "not yet valid", -1, 1, -2, "codeSigning", false, false, PAL_EVERIFY, "not valid before" },
	{ "another root", -1, 1, 0, "codeSigning", false, true, PAL_EVERIFY, "CN=" },
};

static void
test_certificate(size_t i)
{
	static const struct cert_wish root_wish = { "root", -9 * DAY, 9 * DAY, true, CA_USAGE, NULL };
	struct cert_wish      leaf_wish = { "leaf",     certificates[i].from * DAY, certificates[i].to * DAY, false,
					    LEAF_USAGE, certificates[i].extended };
	PAL_AUTO_ARENA        arena;
	EVP_PKEY             *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	struct cert_pair      ca = cert_make(&root_wish, NULL, NULL), other = cert_make(&root_wish, NULL, NULL);
	struct cert_pair      leaf = cert_make(&leaf_wish, &ca, pkey);
	PAL_AUTO_CERTS        chain = NULL;
	PAL_AUTO_CERTS        roots = NULL;
	PAL_AUTO_KEY          key = NULL;
	BIO                  *b = BIO_new(BIO_s_mem());
	char                 *pem = NULL;
	long                  pem_len = 0;
	struct pal_oms_model  m = { .path = below("model") };
	struct pal_oms_signer s = { .now_ms = now_ms };
	struct pal_oms_trust  t = { .now_ms = (uint64_t)((int64_t)now_ms + certificates[i].at * DAY * 1000) };
	struct pal_oms_report r = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	(void)PEM_write_bio_PrivateKey(b, pkey, NULL, NULL, 0, NULL, NULL);
	pem_len = BIO_get_mem_data(b, &pem);
	CHECK(pal_key_of_private_pem((struct pal_view){ (const uint8_t *)pem, (size_t)pem_len }, NULL, "k", &key,
				     NULL) == PAL_OK);
	CHECK(pal_certs_new(&chain) == PAL_OK && pal_certs_new(&roots) == PAL_OK);
	CHECK(cert_add(chain, &leaf) == PAL_OK && cert_add(roots, certificates[i].other_root ? &other : &ca) == PAL_OK);
	CHECK(!certificates[i].give_root || cert_add(chain, &ca) == PAL_OK);
	s.key = key;
	s.chain = chain;
	t.roots = roots;
	CHECK_SAY((int)sign_and_verify(&m, &s, &t, &r, &arena, &d) == certificates[i].want, certificates[i].what);
	if (!CHECK_SAY(certificates[i].say == NULL || strstr(d.text, certificates[i].say) != NULL,
		       certificates[i].what))
		printf("  %s\n", d.text);
	if (certificates[i].want == PAL_OK) {
		CHECK(strcmp(r.method, "certificate") == 0 && strcmp(r.signer, "CN=leaf") == 0);
		t = (struct pal_oms_trust){ .key = key, .now_ms = now_ms };
		CHECK_SAY(sign_and_verify(&m, &s, &t, &r, &arena, &d) == PAL_OK, d.text);
		s.now_ms += (uint64_t)(9 * DAY * 1000);
		CHECK(sign_and_verify(&m, &s, &t, &r, &arena, &d) ==
		      PAL_EVERIFY); /* no signing with what has expired */
		s.now_ms = now_ms;
		s.key = signer;
		CHECK(sign_and_verify(&m, &s, &t, &r, &arena, &d) == PAL_EKEY);
	}
	(void)BIO_free(b);
	EVP_PKEY_up_ref(pkey);
	cert_drop(&leaf);
	cert_drop(&ca);
	cert_drop(&other);
	EVP_PKEY_free(pkey);
}

/* --- material and damage
 * ----------------------------------------------------------------------------------------------- */

static void
test_material(void)
{
	static const struct trap good = {
		"good", { { "z", "Z", NULL } }, PLAIN, "", true, false, false, 0, PAL_OK, NULL
	};
	PAL_AUTO_BUF statement = pal_buf_of(0);
	PAL_AUTO_BUF pem = pal_buf_of(0);
	PAL_AUTO_BUF old = pal_buf_of(0);
	PAL_AUTO_BUF old_other = pal_buf_of(0);
	PAL_AUTO_BUF hint = pal_buf_of(0);
	PAL_AUTO_BUF both = pal_buf_of(0);

	write_statement(&good, &statement);
	pal_buf_add_text(&old, "{\"publicKey\":{\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\",\"rawBytes\":\"");
	CHECK(pal_key_public_pem(signer, &pem) == PAL_OK);
	pal_base64_add(&old, pal_buf_view(&pem));
	pal_buf_add_text(&old, "\"}}");
	pal_buf_clear(&pem);
	pal_buf_add_text(&old_other, "{\"publicKey\":{\"rawBytes\":\"");
	CHECK(pal_key_public_der(stranger, &pem) == PAL_OK);
	pal_base64_add(&old_other, pal_buf_view(&pem));
	pal_buf_add_text(&old_other, "\"}}");
	pal_buf_printf(&hint, "{\"publicKey\":{\"hint\":\"%s\"},\"tlogEntries\":[]}", pal_key_hint(signer));
	pal_buf_printf(&both, "{\"publicKey\":{\"hint\":\"%s\"},\"x509CertificateChain\":{\"certificates\":[]}}",
		       pal_key_hint(signer));
	const struct {
		const char *material;
		int         want;
	} cases[] = {
		{ pal_buf_text(&old), PAL_OK },
		{ pal_buf_text(&old_other), PAL_EVERIFY },
		{ pal_buf_text(&hint), PAL_OK },
		{ "{\"publicKey\":{\"hint\":\"\"}}", PAL_OK },
		{ "{\"publicKey\":{\"hint\":\"00\"}}", PAL_EVERIFY },
		{ "{\"publicKey\":{\"hint\":7}}", PAL_EFORM },
		{ "{\"publicKey\":[]}", PAL_EFORM },
		{ "{\"publicKey\":{\"rawBytes\":\"!\"}}", PAL_EFORM },
		{ "{\"publicKey\":{\"rawBytes\":\"YWJj\"}}", PAL_EFORM },
		{ pal_buf_text(&both), PAL_EFORM },
		{ "{\"x509CertificateChain\":{\"certificates\":[]}}", PAL_EFORM },
		{ "{\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"MAA=\"}]}}", PAL_EFORM },
		{ "{\"certificate\":{\"rawBytes\":\"MAA=\"}}", PAL_EFORM },
		{ "{\"certificate\":{\"rawBytes\":\"MAA=\"},\"tlogEntries\":[{}]}", PAL_EUNSUPPORTED },
		{ "{}", PAL_EFORM },
		{ "[]", PAL_EFORM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA        arena;
		PAL_AUTO_BUF          bundle = pal_buf_of(0);
		struct pal_oms_model  m = { .path = below("model") };
		struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms, .ignore_unsigned = true };
		struct pal_oms_report r = { 0 };
		struct pal_diag       d = { 0 };

		pal_arena_init(&arena, (size_t)16 << 20);
		make_bundle(signer, pal_buf_text(&statement), cases[i].material, 1, &bundle);
		if (!CHECK_SAY((int)pal_oms_verify(pal_buf_view(&bundle), &m, &t, &arena, &r, &d) == cases[i].want,
			       cases[i].material))
			printf("  %s\n", d.text);
	}
}

static void
damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA        arena;
	struct pal_oms_model  m = { .path = below("model/z") };
	struct pal_oms_trust  t = { .key = signer, .now_ms = now_ms };
	struct pal_oms_report r = { 0 };

	pal_arena_init(&arena, (size_t)4 << 20);
	if (pal_oms_verify(v, &m, &t, &arena, &r, NULL) == PAL_OK)
		++*(unsigned int *)arg;
}

/* What remains accepted is what no signature covers: the spelling of the JSON around it, and the key id. */
static void
test_damage(void)
{
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	struct pal_oms_model  m = { .path = below("model/z") };
	struct pal_oms_signer s = { .key = signer };
	unsigned int          accepted = 0;

	CHECK(pal_oms_sign(&m, &s, &bundle, NULL) == PAL_OK);
	pal_mutate_all(pal_buf_view(&bundle), damaged, &accepted);
	CHECK_SAY(accepted < 200, "damage accepted");
	printf("damaged bundles of the same meaning: %u\n", accepted);
}

int
main(void)
{
	now_ms = pal_clock_now_ms(&pal_clock_system);
	if (!CHECK(mkdtemp(root) != NULL))
		return check_done();
	CHECK(pal_key_generate(PAL_KEY_P256, &signer, NULL) == PAL_OK);
	CHECK(pal_key_generate(PAL_KEY_P384, &stranger, NULL) == PAL_OK);
	test_traps();
	test_shards();
	test_single();
	test_round_trip();
	test_sign_refuses();
	test_link_later();
	test_signature_inside();
	for (size_t i = 0; i < sizeof(certificates) / sizeof(certificates[0]); i++)
		test_certificate(i);
	test_material();
	test_damage();
	if (pal_file_exists(SUPPLY "manifest.tsv")) {
		test_vectors();
		test_forms();
	} else {
		printf("skipped: ../shared/vectors is not here\n");
	}
	pal_key_free(&signer);
	pal_key_free(&stranger);
	tree_drop(root);
	return check_done();
}
