/* test_xgboost_binary.c - models in binary form, with each header, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_xgboost_binary;

static const struct collect_case cases[] = {
	{ "good/plain.model", "META\nnote made by hand" },
	{ "good/binf.model", "" },
	{ "good/dart.model", "" },
	{ "good/vector.model", "" },
	{ "good/poisson.model", "" },
	{ "good/linear.model", "" },
	{ "good/config.bin", "META\nnote made by hand\nMEMBER\nconfig.json\n[xgboost]" },
	{ "good/text.model", "MEMBER\n(base64)\n[xgboost_binary]\nnote made by hand" },
	{ "bad/circle.model", "ANOMALY BOOST-TREE\nnode 1 leads to a node that was reached before, number 0" },
	{ "bad/outside.model", "ANOMALY BOOST-TREE\nleads to a node that there is not, number 900" },
	{ "bad/feature.model", "ANOMALY BOOST-TREE\nasks for a feature that there is not, number 9" },
	{ "bad/nodes.model", "ANOMALY BOOST-COUNT\n1073741824 nodes of a tree in a file of\nANOMALY BOOST-BROKEN" },
	{ "bad/none.model", "ANOMALY BOOST-BROKEN" },
	{ "bad/trees.model", "ANOMALY BOOST-COUNT\n1073741824 trees in a file\nANOMALY BOOST-BROKEN" },
	{ "bad/output.model", "ANOMALY BOOST-COUNT\ntree 0 adds to output 5 of 1" },
	{ "bad/infinite.model", "ANOMALY BOOST-VALUE" },
	{ "bad/custom.model", "ANOMALY BOOST-CUSTOM\nacme:loss" },
	{ "bad/attribute.model", "META\nnote curl\nSOURCE\nshell" },
	{ "bad/trailing.model", "ANOMALY BOOST-TRAILING\n22 bytes after the model\nBYTES" },
	{ "bad/cut.model", "ANOMALY BOOST-BROKEN\nattributes or metrics that end behind the file" },
	{ "bad/digits.model", "ANOMALY BOOST-BROKEN\nbase64 that is none" },
};

int
main(void)
{
	check_cases(&pal_format_xgboost_binary, cases, sizeof(cases) / sizeof(cases[0]));
	check_corpus(&pal_format_xgboost_binary, 1000);
	return check_done();
}
