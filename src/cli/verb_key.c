/* verb_key.c - key pairs of people and signers, kept encrypted in .palisade/keys. */
#include <string.h>

#include "palisade/file.h"
#include "palisade/walk.h"
#include "session.h"

static bool
is_name(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!pal_is_alnum((uint8_t)name[i]) && name[i] != '-' && name[i] != '_')
			return false;
	return n > 0 && n <= 64;
}

static enum pal_err
make(struct session *s, const struct cli_args *a, const char *name, struct pal_diag *d)
{
	PAL_AUTO_KEY      key = NULL;
	enum pal_key_kind kind = PAL_KEY_P256;
	const char       *pem = session_key_path(s, name, "pem"), *pub = session_key_path(s, name, "pub");

	if (pem == NULL || pub == NULL)
		return PAL_ENOMEM;
	if (pal_file_exists(pem) || pal_file_exists(pub))
		return pal_fail(d, PAL_EEXIST, 0, "%s is there already; it is not replaced", pem);
	(void)pal_key_kind_of(pal_view_of(cli_text(a, "kind", "ecdsa-p256")), &kind);
	PAL_TRY(session_passphrase(s, a, true, d));
	PAL_TRY(pal_key_generate(kind, &key, d));
	PAL_TRY(pal_key_save_private(key, &s->passphrase, pem, d));
	PAL_TRY(pal_key_save_public(key, pub, d));
	(void)printf("%s\n  private  %s (encrypted; keep it from others)\n  public   %s\n  id       %s\n", name, pem,
		     pub, pal_key_id(key));
	return PAL_OK;
}

static enum pal_err
list(struct session *s, struct pal_diag *d)
{
	const char     *folder = pal_arena_printf(&s->arena, "%s/" PAL_WORKSPACE_FOLDER "/keys", s->folder);
	struct pal_list files = pal_list_of(&s->arena, sizeof(struct pal_entry));

	PAL_TRY(pal_walk(folder, 100000, &files, d));
	for (size_t i = 0; i < files.count; i++) {
		const struct pal_entry *e = pal_list_at(&files, i);
		size_t                  stem = strlen(e->path) - 4;
		PAL_AUTO_KEY            key = NULL;

		if (!pal_view_ends(pal_view_of(e->path), ".pub"))
			continue;
		PAL_TRY(pal_key_load_public(pal_arena_printf(&s->arena, "%s/%s", folder, e->path), &key, d));
		(void)printf("%-20.*s %-12s %s\n", (int)stem, e->path, pal_key_kind_name(pal_key_kind(key)),
			     pal_key_id(key));
	}
	return PAL_OK;
}

static enum pal_err
show(struct session *s, const char *name, struct pal_diag *d)
{
	PAL_AUTO_KEY key = NULL;
	PAL_AUTO_BUF pem = pal_buf_of(0);

	PAL_TRY(pal_key_load_public(session_key_path(s, name, "pub"), &key, d));
	PAL_TRY(pal_key_public_pem(key, &pem));
	(void)fputs(pal_buf_text(&pem), stdout);
	return PAL_OK;
}

static int
key_run(const struct cli_args *a)
{
	SESSION_AUTO    s = { 0 };
	struct pal_diag d = { 0 };
	const char     *what = a->words[0], *name = a->word_count > 1 ? a->words[1] : NULL;
	enum pal_err    err = session_find(&s, a, &d);

	if (err != PAL_OK)
		return cli_fail(err, &d);
	if (strcmp(what, "list") == 0 && name == NULL)
		return cli_fail(list(&s, &d), &d);
	if (name != NULL && !is_name(name))
		return cli_usage("\"%s\" is no name for a key: letters, digits, - and _ only", name);
	if (strcmp(what, "new") == 0 && name != NULL)
		return cli_fail(make(&s, a, name, &d), &d);
	if (strcmp(what, "show") == 0 && name != NULL)
		return cli_fail(show(&s, name, &d), &d);
	return cli_usage("key expects: new NAME, show NAME, or list");
}

static const struct cli_option key_options[] = {
	{ .name = "kind",
	  .value = "ecdsa-p256|ecdsa-p384|ecdsa-p521|ed25519",
	  .help = "kind of a new key (ecdsa-p256)" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_key = {
	.name = "key",
	.args = "new NAME | show NAME | list",
	.words = "new show list",
	.min = 1,
	.max = 2,
	.summary = "make and show the keys of people and signers",
	.about = "Private keys rest encrypted in .palisade/keys/NAME.pem, public ones beside them in NAME.pub.\n"
		 "Name the public key in palisade.yaml under people or signers.",
	.examples = "palisade key new dana\ta key for a person who approves\n"
		    "palisade key show dana > keys/dana.pub\tthe public key, to be handed around",
	.options = key_options,
	.run = key_run,
};
