/* verb_formats.c - the table of formats, for people and for docs/formats.md. */
#include <string.h>

#include "cli.h"
#include "palisade/format.h"

static int
formats_run(const struct cli_args *a)
{
	bool markdown = strcmp(cli_text(a, "format", "table"), "markdown") == 0;

	if (markdown)
		(void)puts(
		    "# File formats\n\nMade by `palisade formats --format markdown` from the table of formats.\n\n"
		    "| format | what | examined, and not |\n| --- | --- | --- |");
	for (const struct pal_format *const *f = pal_formats; *f != NULL; f++)
		(void)printf(markdown ? "| %s | %s | %s |\n" : "%-12s %s\n    %s\n", (*f)->name, (*f)->summary,
			     (*f)->covers);
	return CLI_YES;
}

static const struct cli_option formats_options[] = {
	{ .name = "format", .value = "table|markdown", .help = "how to print it" },
	{ 0 },
};

const struct cli_verb cli_verb_formats = {
	.name = "formats",
	.args = "",
	.summary = "list the file formats that are examined, and what of each",
	.options = formats_options,
	.run = formats_run,
};
