/*
 * output.h - what a verb has to say, to standard output or to the file of -o.
 *
 * A verb that reports puts CLI_OUTPUT_OPTIONS among its options, fills a struct
 * pal_report, and ends with `return cli_output_report(a, &report);`. The terminal's
 * colour and width are asked for here; a file gets neither.
 *
 *   units    see report.h
 *   memory   what is written is freed before they return
 *   errors   the exit code, after saying why on standard error
 *   threads  one
 */
#ifndef PALISADE_CLI_OUTPUT_H
#define PALISADE_CLI_OUTPUT_H

#include "cli.h"
#include "palisade/report.h"

#define CLI_OUTPUT_OPTIONS CLI_OUTPUT_OPTIONS_OF("table|json|sarif|junit|html")
#define CLI_OUTPUT_OPTIONS_OF(formats)                                                                            \
	{ .name = "format", .value = (formats), .help = "how to write the report (table)" },                      \
	    { .name = "output",                                                                                   \
	      .value = "FILE",                                                                                    \
	      .help = "write it there instead of to standard output",                                             \
	      .letter = 'o' },                                                                                    \
	{                                                                                                         \
		.name = "verbose", .help = "also list each control that passes or was not checked", .letter = 'v' \
	}

/* The content whole: to a file by write, fsync and rename; to standard output when file is NULL or "-". CLI_YES or
 * CLI_TROUBLE. */
int cli_output(const char *file, struct pal_view content);

/* The report as the options say: CLI_YES, CLI_NO when it is closed, CLI_TROUBLE when it could not be written. */
int cli_output_report(const struct cli_args *a, const struct pal_report *r);

#endif
