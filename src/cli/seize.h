/* seize.h - what quarantine and restore have in common: both sign a reason about one artifact. */
#ifndef PALISADE_CLI_SEIZE_H
#define PALISADE_CLI_SEIZE_H

#include "cli.h"
#include "palisade/taint.h"

typedef enum pal_err cli_seize_fn(struct pal_workspace *ws, const struct pal_quarantine *q, const struct pal_key *key,
				  char ret_id[PAL_ID_TEXT], struct pal_diag *d);

/* Does it, and says what became of the artifacts downstream. `done` is "quarantined" or "restored". */
int cli_seize(const struct cli_args *a, cli_seize_fn *act, const char *done);

#endif
