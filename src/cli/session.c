/* session.c - the nearest .palisade upwards, and what it takes to open it. */
#include "session.h"

#include "palisade/file.h"
#include "passphrase.h"

static bool
is_project(struct session *s, const char *folder)
{
	const char *path = pal_arena_printf(&s->arena, "%s/" PAL_WORKSPACE_FOLDER, folder);

	return path != NULL && pal_file_exists(path);
}

enum pal_err
session_find(struct session *s, const struct cli_args *a, struct pal_diag *d)
{
	const char *given = cli_text(a, "project", NULL);
	const char *folder = given == NULL ? "." : given;

	if (s->arena.limit == 0)
		pal_arena_init(&s->arena, (size_t)1 << 30);
	for (unsigned int up = 0; given == NULL && up < 32 && !is_project(s, folder); up++)
		folder = pal_arena_printf(&s->arena, "%s/..", folder);
	if (folder == NULL || !is_project(s, folder))
		return pal_fail(d, PAL_ENOTFOUND, 0, "no .palisade folder in %s%s; make one with: palisade init",
				given == NULL ? "this folder" : given, given == NULL ? " or above it" : "");
	s->folder = folder;
	return PAL_OK;
}

const char *
session_key_path(struct session *s, const char *name, const char *suffix)
{
	return pal_arena_printf(&s->arena, "%s/" PAL_WORKSPACE_FOLDER "/keys/%s.%s", s->folder, name, suffix);
}

enum pal_err
session_passphrase(struct session *s, const struct cli_args *a, bool fresh, struct pal_diag *d)
{
	if (s->asked)
		return PAL_OK;
	PAL_TRY(cli_passphrase(a, fresh ? NULL : "Passphrase of the keys", &s->passphrase, d));
	if (s->passphrase.len == 0)
		return pal_fail(d, PAL_EKEY, 0, "the passphrase is empty");
	s->asked = true;
	return PAL_OK;
}

static enum pal_err
load_key(struct session *s, const struct cli_args *a, const char *name, struct pal_key **ret_key, struct pal_diag *d)
{
	const char *path = session_key_path(s, name, "pem");

	if (path == NULL)
		return PAL_ENOMEM;
	if (!pal_file_exists(path))
		return pal_fail(d, PAL_EKEY, 0, "there is no private key %s; make it with: palisade key new %s", path,
				name);
	PAL_TRY(session_passphrase(s, a, false, d));
	return pal_workspace_load_key(s->folder, name, &s->passphrase, ret_key, d);
}

enum pal_err
session_key(struct session *s, const struct cli_args *a, const char *name, struct pal_diag *d)
{
	pal_key_free(&s->other);
	return load_key(s, a, name, &s->other, d);
}

enum pal_err
session_open(struct session *s, const struct cli_args *a, bool sign, struct pal_diag *d)
{
	struct pal_workspace_options o = { 0 };

	PAL_TRY(session_find(s, a, d));
	if (sign)
		PAL_TRY(load_key(s, a, PAL_WORKSPACE_KEY, &s->key, d));
	o.key = s->key;
	return pal_workspace_open(s->folder, &o, &s->workspace, d);
}

void
session_done(struct session *s)
{
	pal_workspace_free(&s->workspace);
	pal_key_free(&s->key);
	pal_key_free(&s->other);
	pal_secret_done(&s->passphrase);
	pal_arena_done(&s->arena);
}
