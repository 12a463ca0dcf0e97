/* cli.c - arguments against the table of options; messages; what the terminal can do. */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "palisade/buf.h"
#include "palisade/utf8.h"

bool
cli_flag(const struct cli_args *a, const char *name)
{
	return cli_text(a, name, NULL) != NULL;
}

const char *
cli_text(const struct cli_args *a, const char *name, const char *otherwise)
{
	for (size_t i = a->given_count; i > 0; i--)
		if (strcmp(a->given[i - 1].option->name, name) == 0)
			return a->given[i - 1].value;
	return otherwise;
}

size_t
cli_list(const struct cli_args *a, const char *name, const char **ret_values, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < a->given_count && n < most; i++)
		if (strcmp(a->given[i].option->name, name) == 0)
			ret_values[n++] = a->given[i].value;
	return n;
}

bool
cli_number(const struct cli_args *a, const char *name, uint64_t otherwise, uint64_t most, uint64_t *ret_n)
{
	const char *text = cli_text(a, name, NULL);

	if (text == NULL) {
		*ret_n = otherwise;
		return true;
	}
	if (pal_view_u64(pal_view_of(text), ret_n) && *ret_n <= most)
		return true;
	(void)cli_usage("--%s expects a whole number of at most %llu, found \"%s\"", name, (unsigned long long)most,
			text);
	return false;
}

void
cli_say(struct pal_view text, FILE *f)
{
	PAL_AUTO_BUF clean = pal_buf_of(0);

	pal_utf8_clean(text, text.len * 4, &clean);
	if (pal_buf_err(&clean) == PAL_OK)
		(void)fprintf(f, "%s\n", pal_buf_text(&clean));
	else
		(void)fputs("out of memory\n", f);
}

int
cli_fail(enum pal_err err, const struct pal_diag *d)
{
	if (err == PAL_OK)
		return CLI_YES;
	(void)fputs("palisade: ", stderr);
	cli_say(pal_view_of(d != NULL && d->text[0] != '\0' ? d->text : pal_err_text(err)), stderr);
	return pal_err_exit(err);
}

int
cli_usage(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("palisade: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return CLI_TROUBLE;
}

bool
cli_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(f)) == 1 && (no == NULL || no[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

unsigned int
cli_columns(FILE *f)
{
	struct winsize w = { 0 };

	if (isatty(fileno(f)) != 1)
		return 0;
	if (ioctl(fileno(f), TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
		return w.ws_col;
	return 80;
}
