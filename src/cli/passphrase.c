/* passphrase.c - file, environment, terminal; the terminal's echo is restored whatever happens in between. */
#include "passphrase.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "palisade/file.h"

static enum pal_err
ask(const char *what, struct pal_secret *ret, struct pal_diag *d)
{
	PAL_AUTO_FD    tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios before, quiet;
	enum pal_err   err = PAL_OK;

	if (tty < 0 || tcgetattr(tty, &before) != 0)
		return pal_fail(d, PAL_EKEY, 0,
				"%s is needed: give --passphrase-file FILE, or set PALISADE_PASSPHRASE_FILE or "
				"PALISADE_PASSPHRASE, or run on a terminal",
				what);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)dprintf(tty, "%s: ", what);
	(void)tcsetattr(tty, TCSAFLUSH, &quiet);
	err = pal_secret_read_fd(tty, "the terminal", ret, d);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	(void)dprintf(tty, "\n");
	return err;
}

static enum pal_err
ask_twice(struct pal_secret *ret, struct pal_diag *d)
{
	PAL_AUTO_SECRET again = { 0 };

	PAL_TRY(ask("New passphrase", ret, d));
	PAL_TRY(ask("The same once more", &again, d));
	if (!pal_secret_eq(pal_secret_view(ret), pal_secret_view(&again)))
		return pal_fail(d, PAL_EKEY, 0, "the two passphrases differ; nothing was made");
	return PAL_OK;
}

enum pal_err
cli_passphrase(const struct cli_args *a, const char *what, struct pal_secret *ret, struct pal_diag *d)
{
	const char *file = cli_text(a, "passphrase-file", NULL);
	const char *given = getenv("PALISADE_PASSPHRASE");

	if (file == NULL)
		file = getenv("PALISADE_PASSPHRASE_FILE");
	if (file != NULL)
		return pal_secret_read(file, ret, d);
	if (given != NULL && given[0] != '\0')
		return pal_secret_of(pal_view_of(given), ret);
	return what == NULL ? ask_twice(ret, d) : ask(what, ret, d);
}

enum pal_err
cli_private_key(const struct cli_args *a, const char *path, struct pal_key **ret_key, struct pal_diag *d)
{
	PAL_AUTO_SECRET passphrase = { 0 };
	char            what[256];
	enum pal_err    err = pal_key_load_private(path, NULL, ret_key, d);

	if (err != PAL_EKEY)
		return err;
	(void)snprintf(what, sizeof(what), "Passphrase of %s", path);
	PAL_TRY(cli_passphrase(a, what, &passphrase, d));
	return pal_key_load_private(path, &passphrase, ret_key, d);
}
