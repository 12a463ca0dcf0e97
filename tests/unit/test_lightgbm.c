/* test_lightgbm.c - text models: trees, lists, jumps, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_lightgbm;

static const struct collect_case cases[] = {
	{ "good/small.txt", "TEXT" },
	{ "good/three.txt", "TEXT" },
	{ "good/old.txt", "TEXT" },
	{ "bad/circle.txt", "ANOMALY BOOST-TREE\nnode 0 leads to a node that was reached before, number 0" },
	{ "bad/outside.txt", "ANOMALY BOOST-TREE\nthere is not, number 9" },
	{ "bad/leaf.txt", "ANOMALY BOOST-TREE\nthere is not, number -9" },
	{ "bad/leaf_twice.txt", "ANOMALY BOOST-TREE\nreached before, number -1" },
	{ "bad/feature.txt", "ANOMALY BOOST-TREE\na feature that there is not, number 7" },
	{ "bad/count.txt", "ANOMALY BOOST-COUNT\nleft_child: 2, expected 899" },
	{ "bad/values.txt", "ANOMALY BOOST-COUNT\nleaf_value: 1, expected 3" },
	{ "bad/boundary.txt", "ANOMALY BOOST-COUNT\na boundary of categories: 9, expected 1" },
	{ "bad/category.txt", "ANOMALY BOOST-COUNT\na set of categories that there is not: 4" },
	{ "bad/linear.txt", "ANOMALY BOOST-COUNT\na leaf with a feature that there is not: 9" },
	{ "bad/linear_count.txt", "ANOMALY BOOST-COUNT\nleaf_features: 1, expected 2" },
	{ "bad/infinite.txt", "ANOMALY BOOST-VALUE\n2 thresholds" },
	{ "bad/sizes.txt", "ANOMALY BOOST-COUNT\n1 trees, and tree_sizes has 2" },
	{ "bad/jump.txt", "ANOMALY BOOST-COUNT\ntree 1 begins at byte" },
	{ "bad/order.txt", "ANOMALY BOOST-COUNT\n\"Tree=4\" where tree 0 was expected" },
	{ "bad/custom.txt", "ANOMALY BOOST-CUSTOM\nthe objective \"acme\"" },
	{ "bad/names.txt", "ANOMALY BOOST-COUNT\nfeature_names has 3" },
	{ "bad/files.txt",
	  "ANOMALY BOOST-FILE\n/home/ann/patients.csv\nANOMALY BOOST-FILE\nmachines names \"10.0.0.1" },
	{ "bad/cut.txt", "ANOMALY BOOST-COUNT" },
};

/* A list of more than what is read at once: words that lie across two pieces stay whole. */
static void
long_list(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got = { 0 };

	pal_buf_add_text(&b, "tree\nversion=v4\nmax_feature_idx=99999\nobjective=binary\nfeature_names=");
	for (int i = 0; i < 100000; i++)
		pal_buf_printf(&b, "column_%d ", i);
	pal_buf_add_text(&b, "\nfeature_infos=");
	for (int i = 0; i < 100000; i++)
		pal_buf_add_text(&b, "[0:1] ");
	pal_buf_add_text(&b, "\n\nend of trees\n");
	got = collect(&pal_format_lightgbm, pal_buf_view(&b));
	CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_lightgbm, cases, sizeof(cases) / sizeof(cases[0]));
	long_list();
	CHECK(PROBE(pal_format_lightgbm, "tree\nversion=v3\n", "") == 92);
	CHECK(PROBE(pal_format_lightgbm, "tree\nof life\n", "") == 0 && PROBE(pal_format_lightgbm, "tree", "") == 0);
	check_corpus(&pal_format_lightgbm, 1000);
	return check_done();
}
