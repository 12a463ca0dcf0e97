/*
 * cli.h - what a verb of the command is, and what verbs share.
 *
 * A verb is one source, src/cli/verb_NAME.c, that exports one constant,
 * cli_verb_NAME, and one line in verbs.def. Usage, --help, the manual page and
 * shell completion are made from these constants.
 *
 *   units    as options say
 *   memory   arguments live as long as argv
 *   errors   run() returns the exit code: 0 yes, 1 a check said no, 2 the work could not be done
 *   threads  one
 */
#ifndef PALISADE_CLI_H
#define PALISADE_CLI_H

#include <stdio.h>

#include "palisade/clock.h"
#include "palisade/err.h"
#include "palisade/view.h"

#define CLI_YES     0
#define CLI_NO      1
#define CLI_TROUBLE 2
#define CLI_WORDS   4096 /* positional arguments, at most */
#define CLI_OPTIONS 256  /* options given, at most */

struct cli_option {
	const char *name;   /* "format", without dashes; NULL ends the table */
	const char *value;  /* "FILE", or "table|json|sarif" for a choice; NULL for a flag */
	const char *help;   /* one line */
	char        letter; /* short form, 0 for none */
	bool        many;   /* may be given more than once */
};

struct cli_given {
	const struct cli_option *option;
	const char              *value; /* "" for a flag */
};

struct cli_args {
	const struct cli_verb *verb;
	const char            *words[CLI_WORDS];
	size_t                 word_count;
	struct cli_given       given[CLI_OPTIONS];
	size_t                 given_count;
};

struct cli_verb {
	const char              *name;
	const char              *args;     /* "PATH..." */
	const char              *words;    /* sub-commands with blanks between, for completion; NULL: none */
	size_t                   min, max; /* positional arguments */
	const char              *summary;  /* one line */
	const char              *about;    /* paragraphs for --help and the manual */
	const char              *examples; /* lines "command\ttext" */
	const struct cli_option *options;
	int (*run)(const struct cli_args *a);
};

extern const struct cli_verb *const cli_verbs[]; /* NULL-terminated */

bool        cli_flag(const struct cli_args *a, const char *name);
const char *cli_text(const struct cli_args *a, const char *name, const char *otherwise); /* the last one given */
size_t      cli_list(const struct cli_args *a, const char *name, const char **ret_values, size_t most);

/* A number of at most `most`; false after saying what was expected when it is none. */
bool cli_number(const struct cli_args *a, const char *name, uint64_t otherwise, uint64_t most, uint64_t *ret_n);

/* Says on standard error what went wrong; returns the exit code that fits. */
int cli_fail(enum pal_err err, const struct pal_diag *d);

/* A line of text that may quote files and names of others: what could steer a terminal is replaced. */
void cli_say(struct pal_view text, FILE *f);

int cli_usage(const char *fmt, ...) PAL_PRINTF(1, 2);

/* Terminal facts: read here, never in the library. */
bool         cli_colour(FILE *f);
unsigned int cli_columns(FILE *f);

void        cli_print_help(const struct cli_verb *v, FILE *f);
const char *cli_nearest_verb(const char *name); /* NULL when none is near */

#endif
