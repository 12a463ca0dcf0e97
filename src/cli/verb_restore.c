/* verb_restore.c - takes back the quarantines on one artifact, and what they caused. */
#include "palisade/taint.h"
#include "seize.h"
#include "session.h"

static int
restore_run(const struct cli_args *a)
{
	return cli_seize(a, pal_restore, "restored");
}

static const struct cli_option restore_options[] = {
	{ .name = "reason", .value = "TEXT", .help = "why it is safe again; it is signed" },
	{ .name = "as", .value = "NAME", .help = "who says so; otherwise the user's login name" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_restore = {
	.name = "restore",
	.args = "REF",
	.min = 1,
	.max = 1,
	.summary = "lift the quarantines on an artifact",
	.about =
	    "Adds a signed statement to the ledger that lifts every quarantine now on this very artifact. What is\n"
	    "downstream is free again unless another quarantine reaches it; those that stay tainted are listed. An\n"
	    "artifact that is only tainted from above cannot be restored: restore the one that is named.",
	.examples =
	    "palisade restore partner-feed --reason \"supplier sent a corrected file, compared\"\tfree it again",
	.options = restore_options,
	.run = restore_run,
};
