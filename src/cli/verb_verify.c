/* verb_verify.c - does this model have the signature it says, from a key or a root that the user names. */
#include <string.h>

#include "cli.h"
#include "palisade/oms.h"

#define SHOW_MOST 20u /* differences, in the table */

struct trust {
	struct pal_key   *key;   /* owned */
	struct pal_certs *roots; /* owned */
};

static void
trust_done(struct trust *t)
{
	pal_key_free(&t->key);
	pal_certs_free(&t->roots);
}

static enum pal_err
load_trust(const struct cli_args *a, struct trust *t, struct pal_diag *d)
{
	const char *paths[PAL_CERTS_MAX];
	const char *key = cli_text(a, "key", NULL);
	size_t      count = cli_list(a, "root", paths, PAL_CERTS_MAX);

	if ((key == NULL) == (count == 0))
		return pal_fail(d, PAL_EUSAGE, 0,
				"verify: name whom to trust: --key FILE (a public key) or --root FILE (a certificate)");
	if (key != NULL)
		return pal_key_load_public(key, &t->key, d);
	PAL_TRY(pal_certs_new(&t->roots));
	for (size_t i = 0; i < count; i++)
		PAL_TRY(pal_certs_load(t->roots, paths[i], d));
	return PAL_OK;
}

/* Names come from other people's files: quoted and escaped, they cannot steer a terminal. */
static void
print_quoted(const char *text)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_json_add_string(&b, pal_view_of(text));
	(void)fputs(pal_buf_text(&b), stdout);
}

static const char *
path_of(const struct pal_change *c)
{
	return c->expected == NULL ? c->found->path : c->expected->path;
}

static void
print_table(const struct pal_oms_report *r, enum pal_err err, const struct pal_diag *d)
{
	if (err == PAL_OK)
		(void)printf("verified: %llu %s, %.1f MB, signed by method %s\n", (unsigned long long)r->resources,
			     r->shard_size == 0 ? "files" : "pieces", (double)r->bytes / 1e6, r->method);
	else
		(void)fprintf(stderr, "palisade: %s\n", d->text);
	if (r->key_id != NULL) {
		(void)fputs("  signer ", stdout);
		print_quoted(r->signer);
		(void)printf(", key %.16s\n", r->key_id);
	}
	if (r->root != NULL)
		(void)printf("  order of the %s, %s\n", pal_oms_order_name(r->order), pal_digest_alg_name(r->alg));
	for (size_t i = 0; i < r->ignored_count; i++) {
		(void)fputs("  left out by the signer: ", stdout);
		print_quoted(r->ignored[i]);
		(void)fputc('\n', stdout);
	}
	for (size_t i = 0; i < r->notes.count; i++)
		(void)printf("  note: %s\n", *(const char **)pal_list_at(&r->notes, i));
	for (size_t i = 0; i < r->changes.count && i < SHOW_MOST; i++) {
		const struct pal_change *c = pal_list_at(&r->changes, i);

		(void)printf("  %-8s ", pal_change_name(c->kind));
		print_quoted(path_of(c));
		(void)fputc('\n', stdout);
	}
	if (r->changes.count > SHOW_MOST)
		(void)printf("  and %zu more\n", r->changes.count - SHOW_MOST);
}

static void
put_lists(struct pal_json_writer *w, const struct pal_oms_report *r)
{
	pal_json_begin(w, "ignored", '[');
	for (size_t i = 0; i < r->ignored_count; i++)
		pal_json_put_text(w, NULL, r->ignored[i]);
	pal_json_end(w, ']');
	pal_json_begin(w, "notes", '[');
	for (size_t i = 0; i < r->notes.count; i++)
		pal_json_put_text(w, NULL, *(const char **)pal_list_at(&r->notes, i));
	pal_json_end(w, ']');
	pal_json_begin(w, "changes", '[');
	for (size_t i = 0; i < r->changes.count; i++) {
		const struct pal_change *c = pal_list_at(&r->changes, i);

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "change", pal_change_name(c->kind));
		pal_json_put_text(w, "path", path_of(c));
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
print_json(const struct pal_oms_report *r, enum pal_err err, const struct pal_diag *d)
{
	PAL_AUTO_BUF           b = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&b, 2);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_bool(&w, "verified", err == PAL_OK);
	pal_json_put_text(&w, "code", pal_err_name(err));
	pal_json_put_text(&w, "reason", err == PAL_OK ? NULL : d->text);
	pal_json_put_text(&w, "method", r->method);
	pal_json_put_text(&w, "signer", r->signer);
	pal_json_put_text(&w, "keyId", r->key_id);
	pal_json_put_text(&w, "model", r->model);
	pal_json_put_text(&w, "rootDigest", r->root);
	pal_json_put_text(&w, "order", r->root == NULL ? NULL : pal_oms_order_name(r->order));
	pal_json_put_text(&w, "hash", r->root == NULL ? NULL : pal_digest_alg_name(r->alg));
	pal_json_put_u64(&w, "shardSize", r->shard_size);
	pal_json_put_u64(&w, "resources", r->resources);
	pal_json_put_u64(&w, "bytes", r->bytes);
	put_lists(&w, r);
	pal_json_end(&w, '}');
	(void)puts(pal_buf_text(&b));
}

static enum pal_err
verify(const struct cli_args *a, const struct pal_oms_model *m, struct pal_arena *arena, struct pal_oms_report *r,
       struct pal_diag *d)
{
	__attribute__((cleanup(trust_done))) struct trust t = { 0 };
	PAL_AUTO_BUF                                      bundle = pal_buf_of(PAL_OMS_BUNDLE_MOST);
	struct pal_oms_trust                              trust = { .now_ms = pal_clock_now_ms(&pal_clock_system),
								    .ignore_unsigned = cli_flag(a, "ignore-unsigned"),
								    .strict_order = cli_flag(a, "strict-order"),
								    .old_format = cli_flag(a, "old-format") };

	PAL_TRY(load_trust(a, &t, d));
	trust.key = t.key;
	trust.roots = t.roots;
	PAL_TRY(pal_file_read(m->signature_path, PAL_OMS_BUNDLE_MOST, &bundle, d));
	return pal_oms_verify(pal_buf_view(&bundle), m, &trust, arena, r, d);
}

static int
verify_run(const struct cli_args *a)
{
	const char           *ignore[CLI_OPTIONS];
	PAL_AUTO_ARENA        arena;
	struct pal_progress   progress = { 0 };
	struct pal_diag       d = { 0 };
	struct pal_oms_report report = { 0 };
	struct pal_oms_model  model = { .path = a->words[0],
					.signature_path = cli_text(a, "signature", "model.sig"),
					.ignore = ignore,
					.ignore_count = cli_list(a, "ignore", ignore, CLI_OPTIONS),
					.progress = &progress };
	enum pal_err          err = PAL_OK;

	pal_arena_init(&arena, (size_t)4 << 30);
	pal_progress_start(&progress, "hashing", 0, true);
	err = verify(a, &model, &arena, &report, &d);
	pal_progress_end(&progress);
	if (err != PAL_OK && d.text[0] == '\0')
		err = pal_fail(&d, err, 0, "%s", pal_err_text(err));
	if (strcmp(cli_text(a, "format", "table"), "json") == 0)
		print_json(&report, err, &d);
	else
		print_table(&report, err, &d);
	return pal_err_exit(err);
}

static const struct cli_option verify_options[] = {
	{ .name = "signature", .value = "FILE", .help = "the signature (model.sig)", .letter = 's' },
	{ .name = "key", .value = "FILE", .help = "trust this public key in PEM", .letter = 'k' },
	{ .name = "root", .value = "FILE", .help = "trust certificates that lead to this one", .many = true },
	{ .name = "ignore", .value = "PATH", .help = "do not look at this path of the model", .many = true },
	{ .name = "ignore-unsigned", .help = "files that the signature does not name are no fault" },
	{ .name = "strict-order", .help = "take only the specification's order of files" },
	{ .name = "old-format", .help = "also take bundles of v0.2.0" },
	{ .name = "format", .value = "table|json", .help = "how to print it" },
	{ 0 },
};

const struct cli_verb cli_verb_verify = {
	.name = "verify",
	.args = "PATH",
	.min = 1,
	.max = 1,
	.summary = "verify a model's signature and every file of the model",
	.about =
	    "The signature must be by the key, or by a certificate that is valid now and leads to a root, that is "
	    "named "
	    "here; then every file must be there with the signed content, and no other. What the signer left out is "
	    "shown. Exit 0: verified; 1: the signature or the model does not hold; 2: it could not be checked.\n\n"
	    "Bundles of the method \"sigstore\" are not supported.",
	.examples =
	    "palisade verify model/ --signature model.sig --key release.pub\twith a public key\n"
	    "palisade verify model/ -s model.sig --root ca.crt --format json\twith a root certificate, for a program\n",
	.options = verify_options,
	.run = verify_run,
};
