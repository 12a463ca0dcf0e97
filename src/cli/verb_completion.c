/* verb_completion.c - completion scripts for three shells, from the table of verbs. */
#include <string.h>

#include "cli.h"

static void
print_verb_names(const char *between)
{
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		(void)printf("%s%s", v == cli_verbs ? "" : between, (*v)->name);
}

static void
print_option_names(const struct cli_verb *v)
{
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
		(void)printf("--%s ", o->name);
	(void)fputs("--help", stdout);
}

static void
print_choices(const char *value)
{
	for (; *value != '\0'; value++)
		(void)putchar(*value == '|' ? ' ' : *value);
}

static void
bash_verb(const struct cli_verb *v)
{
	(void)printf("  %s)\n    case \"$prev\" in\n", v->name);
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
		if (o->value != NULL && strchr(o->value, '|') != NULL) {
			if (o->letter != 0)
				(void)printf("      -%c |", o->letter);
			(void)printf("      --%s) COMPREPLY=($(compgen -W \"", o->name);
			print_choices(o->value);
			(void)puts("\" -- \"$cur\")); return;;");
		}
	(void)fputs("    esac\n    [[ $cur == -* ]] && COMPREPLY=($(compgen -W \"", stdout);
	print_option_names(v);
	(void)puts("\" -- \"$cur\")) && return");
	if (v->words != NULL)
		(void)printf("    [[ $COMP_CWORD == 2 ]] && COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")) && return\n",
			     v->words);
	(void)puts("    compopt -o default;;");
}

static int
bash_script(void)
{
	(void)fputs("_palisade() {\n  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		    "  COMPREPLY=()\n  if [[ $COMP_CWORD == 1 ]]; then COMPREPLY=($(compgen -W \"",
		    stdout);
	print_verb_names(" ");
	(void)puts("\" -- \"$cur\")); return; fi\n  case ${COMP_WORDS[1]} in");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		bash_verb(*v);
	(void)puts("  esac\n}\ncomplete -F _palisade palisade");
	return CLI_YES;
}

static void
print_quoted(const char *text)
{
	for (; *text != '\0'; text++)
		(void)printf(*text == '\'' ? "'\\''" : "%c", *text);
}

static void
fish_option(const struct cli_verb *v, const struct cli_option *o)
{
	(void)printf("complete -c palisade -n '__fish_seen_subcommand_from %s' -l %s", v->name, o->name);
	if (o->letter != 0)
		(void)printf(" -s %c", o->letter);
	if (o->value != NULL && strchr(o->value, '|') != NULL) {
		(void)fputs(" -xa '", stdout);
		print_choices(o->value);
		(void)putchar('\'');
	} else if (o->value != NULL) {
		(void)fputs(" -r", stdout);
	}
	(void)fputs(" -d '", stdout);
	print_quoted(o->help);
	(void)puts("'");
}

static int
fish_script(void)
{
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++) {
		(void)printf("complete -c palisade -n __fish_use_subcommand -a %s -d '", (*v)->name);
		print_quoted((*v)->summary);
		(void)puts("'");
		if ((*v)->words != NULL)
			(void)printf("complete -c palisade -n '__fish_seen_subcommand_from %s' -a '%s'\n", (*v)->name,
				     (*v)->words);
		for (const struct cli_option *o = (*v)->options; o != NULL && o->name != NULL; o++)
			fish_option(*v, o);
	}
	return CLI_YES;
}

/* In single quotes and in brackets, where a closing bracket and a colon would end the text. */
static void
print_zsh(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			(void)putchar('\\');
		(void)printf(*text == '\'' ? "'\\''" : "%c", *text);
	}
}

static void
zsh_option(const struct cli_option *o)
{
	if (o->letter != 0 && !o->many)
		(void)printf(" '(-%c --%s)'{-%c,--%s}'[", o->letter, o->name, o->letter, o->name);
	else if (o->letter != 0)
		(void)printf(" '*'{-%c,--%s}'[", o->letter, o->name);
	else
		(void)printf(" '%s--%s[", o->many ? "*" : "", o->name);
	print_zsh(o->help);
	(void)putchar(']');
	if (o->value != NULL && strchr(o->value, '|') != NULL) {
		(void)printf(":%s:(", o->name);
		print_choices(o->value);
		(void)putchar(')');
	} else if (o->value != NULL) {
		(void)printf(":%s:%s", o->value, strcmp(o->value, "DIR") == 0 ? "_files -/" : "_files");
	}
	(void)putchar('\'');
}

/* Works from a folder of $fpath, where zsh runs the file as the function itself, and when it is sourced. */
static int
zsh_script(void)
{
	(void)puts("#compdef palisade\n_palisade() {\n  local -a verbs\n  verbs=(");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++) {
		(void)printf("    '%s:", (*v)->name);
		print_zsh((*v)->summary);
		(void)puts("'");
	}
	(void)puts("  )\n  if (( CURRENT == 2 )); then _describe verb verbs; return; fi\n  case ${words[2]} in");
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++) {
		(void)printf("  %s) _arguments '--help[show what it does]'", (*v)->name);
		for (const struct cli_option *o = (*v)->options; o != NULL && o->name != NULL; o++)
			zsh_option(o);
		(void)printf(" '1:verb:' %s%s%s '*:file:_files';;\n", (*v)->words == NULL ? "" : "'2:what:(",
			     (*v)->words == NULL ? "" : (*v)->words, (*v)->words == NULL ? "" : ")'");
	}
	(void)puts("  esac\n}\nif [[ ${funcstack[1]} == _palisade ]]; then _palisade \"$@\"; else compdef _palisade "
		   "palisade; fi");
	return CLI_YES;
}

static int
completion_run(const struct cli_args *a)
{
	if (strcmp(a->words[0], "bash") == 0)
		return bash_script();
	if (strcmp(a->words[0], "zsh") == 0)
		return zsh_script();
	if (strcmp(a->words[0], "fish") == 0)
		return fish_script();
	return cli_usage("completion expects bash, zsh or fish, found \"%s\"", a->words[0]);
}

const struct cli_verb cli_verb_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.words = "bash zsh fish",
	.min = 1,
	.max = 1,
	.summary = "print a completion script for a shell",
	.examples = "source <(palisade completion bash)\tcomplete in this shell",
	.run = completion_run,
};
