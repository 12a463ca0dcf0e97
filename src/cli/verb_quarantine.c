/* verb_quarantine.c - taints an artifact and everything made from it. */
#include "palisade/taint.h"
#include "seize.h"
#include "session.h"

static int
quarantine_run(const struct cli_args *a)
{
	return cli_seize(a, pal_quarantine, "quarantined");
}

static const struct cli_option quarantine_options[] = {
	{ .name = "reason", .value = "TEXT", .help = "why; it is signed" },
	{ .name = "as", .value = "NAME", .help = "who says so; otherwise the user's login name" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_quarantine = {
	.name = "quarantine",
	.args = "REF",
	.min = 1,
	.max = 1,
	.summary = "taint an artifact and everything downstream of it",
	.about =
	    "Adds a signed quarantine of exactly this content to the ledger. From then on it and everything made from\n"
	    "it (datasets, models, releases, deployments) is tainted: palisade check and palisade gate refuse it and\n"
	    "name the path from here. palisade restore takes back what this quarantine caused, and nothing that\n"
	    "another one holds.\n\n"
	    "REF is a declared or known name, NAME@VERSION, sha256:HEX (8 digits or more), or a path.",
	.examples = "palisade quarantine partner-feed --reason \"labels flipped, ticket 4711\"\tstop it and all below\n"
		    "palisade quarantine sha256:0a1b2c3d --reason \"leaked key inside\"\tby the digest of its content",
	.options = quarantine_options,
	.run = quarantine_run,
};
