/*
 * ref.h - REF: how users name an artifact on the command line.
 *
 * A name declared in palisade.yaml stands for what is there now and is hashed; so
 * is a path. Names of other things that palisade has seen (imported, or of older
 * declarations) stand for the content that was first seen last. NAME@VERSION asks
 * for a version; sha256:HEX needs at least 8 digits that fit one artifact only;
 * exception:CONTROL or exception:CONTROL:ARTIFACT is a declared exception, whose
 * approval is about its wording.
 *
 *   units    digests are 64 lower-case hex digits
 *   memory   texts live in the arena of the session
 *   errors   PAL_ENOTFOUND, PAL_EUSAGE (more than one fits), PAL_ECONFIG (palisade.yaml), those of manifest.h
 *   threads  one
 */
#ifndef PALISADE_CLI_REF_H
#define PALISADE_CLI_REF_H

#include "session.h"

struct cli_ref {
	const char *digest;
	const char *name, *version; /* NULL: not known */
	const char *kind;           /* NULL: not known */
	const char *purpose;        /* what an approval of it is for; NULL: the caller's default */
	size_t      others;         /* other contents that the same name has had */
};

/* The session's workspace must be open. */
enum pal_err cli_ref(struct session *s, const char *text, struct cli_ref *ret, struct pal_diag *d);

/* A line that says that the name has had other contents; nothing when it has not. */
void cli_add_others(struct pal_buf *b, const struct cli_ref *ref);

/* Adds text for a terminal: controls and characters that change its direction become U+FFFD. */
void cli_add_safe(struct pal_buf *b, const char *text);

#endif
