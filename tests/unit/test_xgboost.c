/* test_xgboost.c - models as JSON: trees, counts, names, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_xgboost;

static const struct collect_case cases[] = {
	{ "good/small.json", "made by hand" },
	{ "good/spaced.json", "" },
	{ "bad/circle.json", "ANOMALY BOOST-TREE\nnode 1 leads to a node that was reached before, number 0 (of 3)" },
	{ "bad/outside.json", "ANOMALY BOOST-TREE\nnode 0 leads to a node that there is not, number 7" },
	{ "bad/twice.json", "ANOMALY BOOST-TREE\nreached before, number 1" },
	{ "bad/one_child.json", "ANOMALY BOOST-TREE\nnode 0 has one child, number 1" },
	{ "bad/feature.json", "ANOMALY BOOST-TREE\nasks for a feature that there is not, number 2" },
	{ "bad/parent.json", "ANOMALY BOOST-TREE\nhas a child that names another parent, number 1" },
	{ "bad/fraction.json", "ANOMALY BOOST-TREE\nnode 0 has one child" },
	{ "bad/count.json", "ANOMALY BOOST-COUNT\nleft_children: 3, expected 900" },
	{ "bad/no_count.json", "ANOMALY BOOST-COUNT" },
	{ "bad/categories.json", "ANOMALY BOOST-COUNT\nruns of categories beyond the list" },
	{ "bad/trees.json", "ANOMALY BOOST-COUNT\n1 trees, and num_trees is 5" },
	{ "bad/infos.json", "ANOMALY BOOST-COUNT\n1 trees, and tree_info has 2" },
	{ "bad/output.json", "ANOMALY BOOST-COUNT\na tree adds to output 3 of 1" },
	{ "bad/features.json", "ANOMALY BOOST-COUNT\na tree takes 9 features, and the model has 2" },
	{ "bad/no_features.json", "ANOMALY BOOST-COUNT\na tree asks for feature 8 of 2" },
	{ "bad/infinite.json", "ANOMALY BOOST-VALUE\n2 thresholds and leaves are NaN or infinite" },
	{ "bad/custom.json",
	  "ANOMALY BOOST-CUSTOM\nthe booster \"acme\"\nANOMALY BOOST-CUSTOM\nthe objective \"acme:loss\"" },
	{ "bad/program.json", "SOURCE\nimport os; os.system" },
	{ "bad/cut.json", "ANOMALY JSON-BROKEN" },
};

int
main(void)
{
	check_cases(&pal_format_xgboost, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_xgboost, "{\"learner\":{\"attributes\":{}}}", "") == 92);
	CHECK(PROBE(pal_format_xgboost, "{\"version\":1,\"learner\":{\"gradient_booster\":{}}}", "") == 90);
	CHECK(PROBE(pal_format_xgboost, "{\"teacher\":1,\"learner\":2}", "") == 0);
	check_corpus(&pal_format_xgboost, 1000);
	return check_done();
}
