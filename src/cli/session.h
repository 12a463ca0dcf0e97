/*
 * session.h - what most verbs begin with: which project this is, the passphrase, the keys, the open workspace.
 *
 *   units    none
 *   memory   a session is owned by the verb: SESSION_AUTO frees it at the end of the scope
 *   errors   PAL_ENOTFOUND (no .palisade here or above), PAL_EKEY (passphrase), those of the library
 *   threads  one
 */
#ifndef PALISADE_CLI_SESSION_H
#define PALISADE_CLI_SESSION_H

#include "cli.h"
#include "palisade/key.h"
#include "palisade/workspace.h"

#define SESSION_AUTO __attribute__((cleanup(session_done))) struct session

/* Options that every verb with a session takes. */
#define SESSION_OPTIONS                                                                              \
	{ .name = "passphrase-file", .value = "FILE", .help = "first line of FILE opens the keys" }, \
	{                                                                                            \
		.name = "project", .value = "DIR",                                                   \
		.help = "folder with palisade.yaml; the nearest one upwards if absent"               \
	}

struct session {
	struct pal_arena      arena;
	const char           *folder; /* where .palisade is */
	struct pal_secret     passphrase;
	bool                  asked;
	struct pal_key       *key;       /* the workspace's; owned; NULL when opened for reading */
	struct pal_key       *other;     /* a person's or signer's; owned */
	struct pal_workspace *workspace; /* owned */
};

/* Finds the project; opens the workspace, with the workspace's key when `sign`. */
PAL_NODISCARD enum pal_err session_open(struct session *s, const struct cli_args *a, bool sign, struct pal_diag *d);
void                       session_done(struct session *s);

/* The folder of the nearest .palisade, from --project or from here upwards. */
PAL_NODISCARD enum pal_err session_find(struct session *s, const struct cli_args *a, struct pal_diag *d);

/* By passphrase.h, once, and kept in the session; asked for twice when `fresh`. */
PAL_NODISCARD enum pal_err session_passphrase(struct session *s, const struct cli_args *a, bool fresh,
					      struct pal_diag *d);

/* Opens .palisade/keys/NAME.pem into s->other. */
PAL_NODISCARD enum pal_err session_key(struct session *s, const struct cli_args *a, const char *name,
				       struct pal_diag *d);

/* "FOLDER/.palisade/keys/NAME.SUFFIX" in the session's arena. */
const char *session_key_path(struct session *s, const char *name, const char *suffix);

#endif
