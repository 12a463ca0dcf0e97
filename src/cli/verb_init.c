/* verb_init.c - palisade init: a workspace and a commented palisade.yaml. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/file.h"
#include "palisade/pipeline.h"
#include "session.h"

static enum pal_err
write_starter(const char *folder, struct session *s, struct pal_diag *d)
{
	const char  *path = pal_arena_printf(&s->arena, "%s/palisade.yaml", folder);
	PAL_AUTO_BUF text = pal_buf_of(0);

	if (path == NULL)
		return pal_arena_err(&s->arena);
	if (pal_file_exists(path)) {
		(void)printf("kept      %s\n", path);
		return PAL_OK;
	}
	pal_pipeline_starter(&text);
	PAL_TRY(pal_buf_err(&text));
	PAL_TRY(pal_file_write(path, pal_buf_view(&text), 0644, d));
	(void)printf("wrote     %s\n", path);
	return PAL_OK;
}

/* Private things of the workspace are not for version control; the ledger and public keys are. */
static enum pal_err
write_ignore(const char *folder, struct session *s, struct pal_diag *d)
{
	static const char text[] =
	    "# Private or made again when needed; the ledger, blobs and public keys may be committed.\n"
	    "keys/*.pem\nstore.db*\nspool/\n*.lock\n";

	const char *dir = pal_arena_printf(&s->arena, "%s/" PAL_WORKSPACE_FOLDER, folder);
	const char *path = pal_arena_printf(&s->arena, "%s/" PAL_WORKSPACE_FOLDER "/.gitignore", folder);

	if (dir == NULL || path == NULL)
		return pal_arena_err(&s->arena);
	PAL_TRY(pal_file_make_dir(dir, 0700, d));
	return pal_file_write(path, pal_view_of(text), 0644, d);
}

static const char *
origin_of(const struct cli_args *a, struct session *s)
{
	char        host[128] = "localhost";
	const char *given = cli_text(a, "origin", NULL);

	if (given != NULL)
		return given;
	(void)gethostname(host, sizeof(host) - 1);
	return pal_arena_printf(&s->arena, "%s/palisade", host);
}

static int
init_run(const struct cli_args *a)
{
	SESSION_AUTO    s = { 0 };
	struct pal_diag d = { 0 };
	const char     *folder = a->word_count > 0 ? a->words[0] : ".";
	enum pal_err    err = PAL_OK;

	pal_arena_init(&s.arena, (size_t)1 << 24);
	if (pal_file_exists(pal_arena_printf(&s.arena, "%s/" PAL_WORKSPACE_FOLDER "/ledger/checkpoint", folder)))
		return cli_usage("%s/" PAL_WORKSPACE_FOLDER " is a workspace already; nothing was changed", folder);
	err = session_passphrase(&s, a, true, &d);
	/* The workspace counts as made when its ledger is there: that comes last, so that init can be tried again. */
	if (err == PAL_OK)
		err = write_ignore(folder, &s, &d);
	if (err == PAL_OK)
		err = write_starter(folder, &s, &d);
	if (err == PAL_OK)
		err = pal_workspace_create(folder, origin_of(a, &s), &s.passphrase, &d);
	if (err == PAL_OK)
		(void)printf("made      %s/" PAL_WORKSPACE_FOLDER "  store, ledger, encrypted keys, spool\n", folder);
	if (err != PAL_OK) {
		(void)cli_fail(err, &d);
		return CLI_TROUBLE;
	}
	(void)puts("\nnext      declare your data and models in palisade.yaml, then: palisade check\n"
		   "          keys for people who approve and for signers: palisade key new NAME");
	return CLI_YES;
}

static const struct cli_option init_options[] = {
	{ .name = "origin", .value = "NAME", .help = "name of the ledger; HOST/palisade if absent" },
	{ .name = "passphrase-file", .value = "FILE", .help = "first line of FILE opens the keys" },
	{ 0 },
};

const struct cli_verb cli_verb_init = {
	.name = "init",
	.args = "[DIR]",
	.max = 1,
	.summary = "make a workspace (.palisade) and a commented palisade.yaml",
	.about = "Makes store, ledger, spool and an encrypted key pair. A palisade.yaml that is there is kept;\n"
		 "a workspace that is there is never overwritten.",
	.examples = "palisade init\tin this folder; asks for a passphrase\n"
		    "palisade init --passphrase-file ~/.palisade-pass\tin a script",
	.options = init_options,
	.run = init_run,
};
