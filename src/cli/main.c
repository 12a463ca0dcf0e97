/* main.c - the palisade command: a table of verbs, and nothing that the library should know. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "palisade/digest.h"
#include "palisade/scan.h"

#define CLI_VERB(name) extern const struct cli_verb cli_verb_##name;
#include "verbs.def"
#undef CLI_VERB

const struct cli_verb *const cli_verbs[] = {
#define CLI_VERB(name) &cli_verb_##name,
#include "verbs.def"
#undef CLI_VERB
	NULL,
};

static const struct cli_verb *
verb_named(const char *name)
{
	for (const struct cli_verb *const *v = cli_verbs; *v != NULL; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

static const struct cli_option *
option_named(const struct cli_verb *v, struct pal_view name)
{
	for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
		if (name.len == 1 ? o->letter == (char)name.data[0] : pal_view_is(name, o->name))
			return o;
	return NULL;
}

/* "table|json": is value one of them? A value name without '|' takes anything. */
static bool
value_fits(const struct cli_option *o, const char *value)
{
	struct pal_view rest = pal_view_of(o->value), one = { 0 };

	if (strchr(o->value, '|') == NULL)
		return true;
	while (pal_view_split(&rest, '|', &one))
		if (pal_view_is(one, value))
			return true;
	return false;
}

/* Takes the option at argv[i]; returns how many words it took, 0 after saying what is wrong. */
static int
take_option(struct cli_args *a, int argc, char **argv, int i)
{
	const char              *word = argv[i] + (argv[i][1] == '-' ? 2 : 1);
	struct pal_view          rest = pal_view_of(word), name = { 0 };
	const struct cli_option *o = NULL;
	const char              *value = strchr(word, '=');
	int                      took = 1;

	(void)pal_view_split(&rest, '=', &name);
	o = option_named(a->verb, name);
	if (o == NULL || a->given_count == CLI_OPTIONS) {
		(void)cli_usage("%s knows no option %s; see palisade %s --help", a->verb->name, argv[i], a->verb->name);
		return 0;
	}
	if (o->value == NULL && value != NULL) {
		(void)cli_usage("--%s takes no value", o->name);
		return 0;
	}
	if (o->value != NULL && value == NULL) {
		if (i + 1 >= argc) {
			(void)cli_usage("--%s expects %s", o->name, o->value);
			return 0;
		}
		value = argv[i + 1];
		took = 2;
	} else if (value != NULL) {
		value++;
	}
	if (o->value != NULL && !value_fits(o, value)) {
		(void)cli_usage("--%s expects one of %s, found \"%s\"", o->name, o->value, value);
		return 0;
	}
	a->given[a->given_count++] = (struct cli_given){ o, value == NULL ? "" : value };
	return took;
}

static int
run(const struct cli_verb *v, int argc, char **argv)
{
	static struct cli_args a;
	bool                   only_words = false;
	struct pal_diag        d = { 0 };
	enum pal_err           err = PAL_OK;

	a.verb = v;
	for (int i = 0; i < argc;) {
		if (!only_words && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			cli_print_help(v, stdout);
			return CLI_YES;
		}
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
			i++;
		} else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
			int took = take_option(&a, argc, argv, i);

			if (took == 0)
				return CLI_TROUBLE;
			i += took;
		} else if (a.word_count == CLI_WORDS) {
			return cli_usage("more than %d arguments", CLI_WORDS);
		} else {
			a.words[a.word_count++] = argv[i++];
		}
	}
	if (a.word_count < v->min || a.word_count > v->max)
		return cli_usage("usage: palisade %s %s; see palisade %s --help", v->name, v->args, v->name);
	err = pal_digest_start(&d);
	return err == PAL_OK ? v->run(&a) : cli_fail(err, &d);
}

int
main(int argc, char **argv)
{
	const struct cli_verb *v = NULL;
	const char            *name = argc > 1 ? argv[1] : "help", *near = NULL;

	if (argc > 0 && pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main(); /* this program again, to read one file at a time and nothing else */
	if (strcmp(name, "--version") == 0) {
		(void)puts("palisade " PALISADE_VERSION);
		return CLI_YES;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	v = verb_named(name);
	if (v != NULL) {
		int code = run(v, argc - (argc > 1 ? 2 : 1), argv + (argc > 1 ? 2 : 1));

		if (fflush(stdout) != 0 || ferror(stdout) != 0)
			return cli_usage("standard output cannot be written");
		return code;
	}
	near = cli_nearest_verb(name);
	if (near != NULL)
		return cli_usage("there is no \"%s\"; did you mean \"%s\"? palisade help lists what there is", name,
				 near);
	return cli_usage("there is no \"%s\"; palisade help lists what there is", name);
}
