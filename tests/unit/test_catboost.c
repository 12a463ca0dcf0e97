/* test_catboost.c - the core of a model, its trees of both kinds, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_catboost;

static const struct collect_case cases[] = {
	{ "good/small.cbm", "META\nformat_version FlabuffersModel_v1\nMETA\nfeature age\nMETA\nparams" },
	{ "good/steps.cbm", "META" },
	{ "good/parts.cbm", "META\npart static_provider_v1\nBYTES" },
	{ "good/version.cbm", "BYTES\nby someone@example.com" },
	{ "bad/start.cbm", "ANOMALY BOOST-COUNT\nthe end of tree 1 is 10, of 2" },
	{ "bad/condition.cbm", "ANOMALY BOOST-COUNT\nthe condition of split 1 is 77, of 2" },
	{ "bad/leaves.cbm", "ANOMALY BOOST-COUNT\n2 leaves, and the trees need 4" },
	{ "bad/depth.cbm", "ANOMALY BOOST-COUNT\nthe end of tree 1 is 61" },
	{ "bad/step.cbm", "ANOMALY BOOST-TREE\nnode 0 steps 9 nodes on, out of its tree" },
	{ "bad/leaf.cbm", "ANOMALY BOOST-COUNT\nthe leaf of node 2 is 900" },
	{ "bad/nodes.cbm", "ANOMALY BOOST-COUNT\n3 nodes have 3 steps and 1 leaves" },
	{ "bad/outputs.cbm", "ANOMALY BOOST-COUNT\nthe number of outputs" },
	{ "bad/size.cbm", "ANOMALY BOOST-BROKEN\na model of 2147483648 bytes" },
	{ "bad/trailing.cbm", "ANOMALY BOOST-TRAILING\n23 bytes" },
	{ "bad/program.cbm", "META\nnote import os\nSOURCE" },
	{ "bad/cut.cbm", "ANOMALY BOOST-BROKEN" },
};

int
main(void)
{
	check_cases(&pal_format_catboost, cases, sizeof(cases) / sizeof(cases[0]));
	check_corpus(&pal_format_catboost, 1000);
	return check_done();
}
