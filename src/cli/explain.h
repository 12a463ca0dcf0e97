/*
 * explain.h - what a rule of the scanner means, for people who met it in a report.
 *
 *   units    none
 *   memory   freed before it returns
 *   errors   the exit code, after saying why on standard error
 *   threads  one
 */
#ifndef PALISADE_CLI_EXPLAIN_H
#define PALISADE_CLI_EXPLAIN_H

#include "cli.h"

/* A page on the rule, or with "all" the list of rules; the options' --format json gives the same to programs. */
int cli_explain_rule(const struct cli_args *a, const char *id, const char *rules_dir);

#endif
