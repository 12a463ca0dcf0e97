/* verb_help.c - usage, help and the manual page, all from the table of verbs. */
#include <string.h>

#include "cli.h"
#include "palisade/nearest.h"

static void
print_options(const struct cli_option *o, FILE *f)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[64] = "";
		char letter[8] = "    ";

		if (o->letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->value == NULL ? "" : " ",
			       o->value == NULL ? "" : o->value);
		(void)fprintf(f, "  %-34s %s\n", left, o->help);
	}
	(void)fprintf(f, "  %-34s %s\n", "-h, --help", "show this text");
}

void
cli_print_help(const struct cli_verb *v, FILE *f)
{
	struct pal_view rest = pal_view_of(v->examples), line = { 0 };

	(void)fprintf(f, "palisade %s %s\n  %s\n", v->name, v->args, v->summary);
	if (v->about != NULL)
		(void)fprintf(f, "\n%s\n", v->about);
	(void)fputs("\nOptions:\n", f);
	print_options(v->options, f);
	if (rest.len > 0)
		(void)fputs("\nExamples:\n", f);
	while (pal_view_line(&rest, &line)) {
		struct pal_view tail = line, command = { 0 };

		(void)pal_view_split(&tail, '\t', &command);
		(void)fprintf(f, "  %.*s\n      %.*s\n", (int)command.len, (const char *)command.data, (int)tail.len,
			      (const char *)tail.data);
	}
	(void)fputs("\nExit: 0 yes, 1 a check said no, 2 the work could not be done.\n", f);
}

const char *
cli_nearest_verb(const char *name)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(name));

	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		pal_nearest_try(&near, (*v)->name);
	return near.best;
}

/* Text for roff: a backslash and a leading dot or quote mean something there. */
static void
print_roff(struct pal_view text)
{
	bool start = true;

	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.data[i];

		if (start && (c == '.' || c == '\''))
			(void)fputs("\\&", stdout);
		if (c == '\\')
			(void)fputs("\\e", stdout);
		else
			(void)printf(c == '-' ? "\\-" : "%c", c);
		start = c == '\n';
	}
}

static void
print_man_verb(const struct cli_verb *v)
{
	(void)printf(".SS \"palisade %s %s\"\n", v->name, v->args);
	print_roff(pal_view_of(v->summary));
	(void)puts(".");
	if (v->about != NULL) {
		(void)puts(".PP");
		print_roff(pal_view_of(v->about));
		(void)puts("");
	}
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++) {
		(void)puts(".TP");
		if (o->letter != 0)
			(void)printf("\\fB\\-%c\\fR, ", o->letter);
		(void)printf("\\fB\\-\\-%s\\fR%s%s%s\n", o->name, o->value == NULL ? "" : " \\fI",
			     o->value == NULL ? "" : o->value, o->value == NULL ? "" : "\\fR");
		print_roff(pal_view_of(o->help));
		(void)puts("");
	}
}

static void
print_man_examples(const struct cli_verb *v)
{
	struct pal_view rest = pal_view_of(v->examples), line = { 0 };

	while (pal_view_line(&rest, &line)) {
		struct pal_view tail = line, command = { 0 };

		(void)pal_view_split(&tail, '\t', &command);
		(void)puts(".TP");
		print_roff(command);
		(void)puts("");
		print_roff(tail);
		(void)puts("");
	}
}

static int
print_man(void)
{
	(void)puts(".TH PALISADE 1 \"\" \"palisade " PALISADE_VERSION "\" \"User Commands\"\n.SH NAME\n"
		   "palisade \\- control points for every stage of an AI pipeline\n.SH SYNOPSIS\n"
		   ".B palisade\n\\fIVERB\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH VERBS");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		print_man_verb(*v);
	(void)puts(".SH EXIT STATUS\n.TP\n0\nyes: every gate is open, nothing was found\n.TP\n1\na check said no\n"
		   ".TP\n2\nthe work could not be done\n.SH ENVIRONMENT\n.TP\n.B PALISADE_PASSPHRASE\nopens the keys\n"
		   ".TP\n.B PALISADE_PASSPHRASE_FILE\na file whose first line opens the keys\n"
		   ".TP\n\\fBPALISADE_PASSPHRASE_\\fINAME\\fR\nopens the key of the person NAME\n"
		   ".TP\n.B NO_COLOR\nno colours, when it is set and not empty\n.SH FILES\n"
		   ".TP\n.I palisade.yaml\nthe pipeline: data, steps, models, deployments, people, policy\n"
		   ".TP\n.I .palisade\nthe workspace: store, ledger, encrypted keys, spool\n.SH EXAMPLES");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		print_man_examples(*v);
	(void)puts(".SH SEE ALSO\nThe pages below share/doc/palisade of the installation: concepts, "
		   "palisade.yaml,\ncontrols, formats, files, ci.");
	return CLI_YES;
}

static void
print_markdown_verb(const struct cli_verb *v)
{
	struct pal_view rest = pal_view_of(v->examples), line = { 0 };

	(void)printf("\n## %s\n\n`palisade %s%s%s`: %s.\n", v->name, v->name, v->args[0] == '\0' ? "" : " ", v->args,
		     v->summary);
	if (v->about != NULL)
		(void)printf("\n%s\n", v->about);
	if (v->options != NULL)
		(void)puts("\n| option | value | meaning |\n| --- | --- | --- |");
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++) {
		(void)printf(o->letter == 0 ? "| `--%s` | " : "| `--%s`, `-%c` | ", o->name, o->letter);
		for (const char *c = o->value; c != NULL && *c != '\0'; c++) /* a bar would end the cell */
			(void)(*c == '|' ? fputs(", ", stdout) : putchar(*c));
		(void)printf(" | %s |\n", o->help);
	}
	if (rest.len > 0)
		(void)puts("\n```sh");
	while (pal_view_line(&rest, &line)) {
		struct pal_view tail = line, command = { 0 };

		(void)pal_view_split(&tail, '\t', &command);
		(void)printf("%.*s   # %.*s\n", (int)command.len, (const char *)command.data, (int)tail.len,
			     (const char *)tail.data);
	}
	if (v->examples != NULL)
		(void)puts("```");
}

static int
print_markdown(void)
{
	(void)puts(
	    "# The command\n\nMade by `palisade help --markdown` from the table of verbs.\n\n"
	    "Every verb exits 0 for yes, 1 when a check said no, 2 when the work could not be done. Options may "
	    "stand anywhere;\n`--` ends them, `--name=value` and `--name value` are the same, and every verb knows "
	    "`--help`.\n\n| verb | what |\n| --- | --- |");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		(void)printf("| [%s](#%s) | %s |\n", (*v)->name, (*v)->name, (*v)->summary);
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		print_markdown_verb(*v);
	return CLI_YES;
}

static int
help_run(const struct cli_args *a)
{
	if (cli_flag(a, "man"))
		return print_man();
	if (cli_flag(a, "markdown"))
		return print_markdown();
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		if (a->word_count == 1 && strcmp((*v)->name, a->words[0]) == 0) {
			cli_print_help(*v, stdout);
			return CLI_YES;
		}
	if (a->word_count == 1)
		return cli_usage("there is no \"%s\"; palisade help lists what there is", a->words[0]);
	(void)puts("palisade VERB [ARGUMENTS] [OPTIONS]\n");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		(void)printf("  %-12s %s\n", (*v)->name, (*v)->summary);
	(void)puts("\npalisade VERB --help explains one of them. Start with: palisade scan PATH, or palisade init.");
	return CLI_YES;
}

static const struct cli_option help_options[] = {
	{ .name = "man", .help = "print the manual page, palisade(1)" },
	{ .name = "markdown", .help = "print all of it as docs/cli.md" },
	{ 0 },
};

const struct cli_verb cli_verb_help = {
	.name = "help",
	.args = "[VERB]",
	.max = 1,
	.summary = "list the verbs, or explain one",
	.examples = "palisade help check\twhat check does, with its options",
	.options = help_options,
	.run = help_run,
};
