/* verb_sign.c - a model gets a signature beside it (OpenSSF Model Signing v1.0). */
#include <string.h>

#include "cli.h"
#include "palisade/oms.h"
#include "passphrase.h"
#include "session.h"

#define SHARD_MOST (UINT64_C(1) << 53) /* what every JSON reader can represent */

static enum pal_err
load_chain(const struct cli_args *a, struct pal_certs **ret_chain, struct pal_diag *d)
{
	const char    *paths[PAL_CERTS_MAX];
	const char    *leaf = cli_text(a, "cert", NULL);
	size_t         count = cli_list(a, "chain", paths, PAL_CERTS_MAX);
	PAL_AUTO_CERTS chain = NULL;

	if (leaf == NULL && count > 0)
		return pal_fail(d, PAL_EUSAGE, 0, "--chain goes with --cert, which names the signing certificate");
	if (leaf == NULL)
		return PAL_OK;
	PAL_TRY(pal_certs_new(&chain));
	PAL_TRY(pal_certs_load(chain, leaf, d));
	for (size_t i = 0; i < count; i++)
		PAL_TRY(pal_certs_load(chain, paths[i], d));
	*ret_chain = chain;
	chain = NULL;
	return PAL_OK;
}

/* --key FILE, or --as NAME: the key of that name in .palisade/keys. */
static enum pal_err
load_key(const struct cli_args *a, struct pal_key **ret_key, struct pal_diag *d)
{
	SESSION_AUTO s = { 0 };
	const char  *name = cli_text(a, "as", NULL);

	if (name == NULL)
		return cli_private_key(a, cli_text(a, "key", ""), ret_key, d);
	PAL_TRY(session_find(&s, a, d));
	PAL_TRY(session_key(&s, a, name, d));
	*ret_key = s.other;
	s.other = NULL;
	return PAL_OK;
}

static enum pal_err
sign(const struct cli_args *a, const struct pal_oms_model *model, struct pal_oms_signer *s, struct pal_diag *d)
{
	PAL_AUTO_KEY   key = NULL;
	PAL_AUTO_CERTS chain = NULL;
	PAL_AUTO_BUF   bundle = pal_buf_of(PAL_OMS_BUNDLE_MOST);

	PAL_TRY(load_chain(a, &chain, d));
	PAL_TRY(load_key(a, &key, d));
	s->key = key;
	s->chain = chain;
	PAL_TRY(pal_oms_sign(model, s, &bundle, d));
	PAL_TRY(pal_file_write(model->signature_path, pal_buf_view(&bundle), 0644, d));
	(void)printf("signed %s with key %.16s: %s\n", model->path, pal_key_id(key), model->signature_path);
	return PAL_OK;
}

static int
sign_run(const struct cli_args *a)
{
	const char           *ignore[CLI_OPTIONS];
	struct pal_progress   progress = { 0 };
	struct pal_diag       d = { 0 };
	struct pal_oms_signer s = { .now_ms = pal_clock_now_ms(&pal_clock_system),
				    .allow_links = cli_flag(a, "allow-symlinks") };
	struct pal_oms_model  model = { .path = a->words[0],
					.signature_path = cli_text(a, "output", "model.sig"),
					.ignore = ignore,
					.ignore_count = cli_list(a, "ignore", ignore, CLI_OPTIONS),
					.progress = &progress };
	enum pal_err          err = PAL_OK;

	if ((cli_text(a, "key", NULL) == NULL) == (cli_text(a, "as", NULL) == NULL))
		return cli_usage(
		    "sign expects --as NAME, a key made by palisade key new, or --key FILE, a private EC key");
	if (strcmp(cli_text(a, "hash", "sha256"), "blake2b") == 0)
		s.alg = PAL_BLAKE2B;
	if (!cli_number(a, "shard-size", cli_flag(a, "shards") ? PAL_SHARD_SIZE : 0, SHARD_MOST, &s.shard_size))
		return CLI_TROUBLE;
	pal_progress_start(&progress, "hashing", 0, true);
	err = sign(a, &model, &s, &d);
	pal_progress_end(&progress);
	return cli_fail(err, &d);
}

static const struct cli_option sign_options[] = {
	{ .name = "key", .value = "FILE", .help = "private EC key (P-256, P-384 or P-521) in PEM", .letter = 'k' },
	{ .name = "as", .value = "NAME", .help = "sign with .palisade/keys/NAME.pem, made by palisade key new NAME" },
	SESSION_OPTIONS,
	{ .name = "cert", .value = "FILE", .help = "sign with this certificate of the key" },
	{ .name = "chain", .value = "FILE", .help = "certificate of an issuer", .many = true },
	{ .name = "output", .value = "FILE", .help = "where the signature goes (model.sig)", .letter = 'o' },
	{ .name = "ignore", .value = "PATH", .help = "leave this path of the model out", .many = true },
	{ .name = "shards", .help = "sign pieces of 1 GB, which are hashed side by side" },
	{ .name = "shard-size", .value = "BYTES", .help = "sign pieces of this size" },
	{ .name = "hash", .value = "sha256|blake2b", .help = "digest of the files" },
	{ .name = "allow-symlinks", .help = "sign what links to files lead to (deprecated by the specification)" },
	{ 0 },
};

const struct cli_verb cli_verb_sign = {
	.name = "sign",
	.args = "PATH",
	.min = 1,
	.max = 1,
	.summary = "sign a model: a file or a folder (OpenSSF Model Signing)",
	.about =
	    "Hashes every file of the model on all cores and writes one signature over all of them, which other "
	    "tools for OpenSSF Model Signing v1.0 verify too. A .git folder, the git files beside it and the "
	    "signature itself are left out at the top of the model; what else is to be left out is recorded in the "
	    "signature, and verification shows it. Links are refused.\n\n"
	    "The passphrase of the key comes from --passphrase-file, from the environment, or from the terminal.",
	.examples =
	    "palisade sign models/risk --as ml-release -o models/risk.sig\twith a key of the workspace\n"
	    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -out release.pem\ta key\n"
	    "palisade sign model/ --key release.pem -o model.sig\tsign a folder\n"
	    "palisade sign model/ --key release.pem --cert release.crt --chain ca.crt\twith a certificate\n",
	.options = sign_options,
	.run = sign_run,
};
