/* test_ubjson.c - values of every type, lists of every form, and a model in them. */
#include "collect.h"

extern const struct pal_format pal_format_ubjson;

static const struct collect_case cases[] = {
	{ "good/small.ubj", "META\nlearner.attributes.note made by hand\nMETA\nfeature_names age\\x0aweight" },
	{ "good/pickled.ubj", "META\nConfig.x 1" },
	{ "good/plain.ubj", "META\nlist ab\\x0a12\\x0a" },
	{ "bad/circle.ubj", "ANOMALY BOOST-TREE\nreached before, number 0" },
	{ "bad/infinite.ubj", "ANOMALY BOOST-VALUE\n1 thresholds" },
	{ "bad/count.ubj",
	  "ANOMALY UBJSON-COUNT\nmore values than there are bytes, even in the whole file\nANOMALY UBJSON-BROKEN" },
	{ "bad/negative.ubj", "ANOMALY UBJSON-BROKEN\na count that is none" },
	{ "bad/empty_types.ubj", "ANOMALY UBJSON-COUNT\nANOMALY UBJSON-BROKEN" },
	{ "bad/deep.ubj", "ANOMALY UBJSON-BROKEN\nmore than 64 levels" },
	{ "bad/type.ubj", "ANOMALY UBJSON-BROKEN\na type without a count" },
	{ "bad/never.ubj", "ANOMALY UBJSON-BROKEN\na type that there is not" },
	{ "bad/text.ubj", "ANOMALY UBJSON-BROKEN\na text that ends behind the file" },
	{ "bad/cut.ubj", "ANOMALY UBJSON-BROKEN" },
	{ "bad/trailing.ubj", "ANOMALY UBJSON-TRAILING\n26 bytes after the document" },
	{ "bad/pickle.ubj", "MEMBER\nlearner\n[pickle]" },
};

int
main(void)
{
	check_cases(&pal_format_ubjson, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_ubjson, "{i\x07learner{", "") == 94 && PROBE(pal_format_ubjson,
									    "{U\x03"
									    "oneS",
									    "") == 0);
	CHECK(PROBE(pal_format_ubjson,
		    "{U\x03"
		    "oneSi\x02ok}",
		    "") == 62);
	CHECK(PROBE(pal_format_ubjson, "{ \"a\": 1 }", "") == 0 &&
	      PROBE(pal_format_ubjson, "{i am text} and more", "") == 0);
	check_corpus(&pal_format_ubjson, 1000);
	return check_done();
}
