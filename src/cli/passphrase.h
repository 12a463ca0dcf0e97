/*
 * passphrase.h - where a verb gets the passphrase of a private key from.
 *
 * In this order: the file of --passphrase-file or of PALISADE_PASSPHRASE_FILE, the
 * environment variable PALISADE_PASSPHRASE, a question on the terminal without
 * echo. A passphrase is never an argument, which other users could see.
 *
 *   units    none
 *   memory   the secret is the caller's
 *   errors   PAL_EKEY (none of the three), those of secret.h
 *   threads  one
 */
#ifndef PALISADE_CLI_PASSPHRASE_H
#define PALISADE_CLI_PASSPHRASE_H

#include "cli.h"
#include "palisade/key.h"

#define CLI_PASSPHRASE_OPTION                                                                                       \
	{                                                                                                           \
		.name = "passphrase-file", .value = "FILE", .help = "read the key's passphrase from the first line" \
	}

/* `what` is the question; NULL: a new one, which is asked for twice. */
PAL_NODISCARD enum pal_err cli_passphrase(const struct cli_args *a, const char *what, struct pal_secret *ret,
					  struct pal_diag *d);

/* Loads a private key and asks for its passphrase only when it is encrypted. */
PAL_NODISCARD enum pal_err cli_private_key(const struct cli_args *a, const char *path, struct pal_key **ret_key,
					   struct pal_diag *d);

#endif
