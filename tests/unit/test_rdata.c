/* test_rdata.c - R's serialization in its three forms: what is called when, and each way in which it can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_rdata;

static const struct collect_case cases[] = {
	{ "good/model_xdr.rds", "TEXT\nx\\x0aa\\x0ab\\x0acoef\\x0aterms\\x0an\\x0a" },
	{ "good/model_ascii.rds", "x\\x0aa\\x0ab\\x0acoef" },
	{ "good/model_native.rds", "x\\x0aa\\x0ab\\x0acoef" },
	{ "good/version2.rds", "TEXT\nx\\x0aa" },
	{ "good/all_xdr.rds", "BYTES\nOP\nnamespace:base\nOP\ncall:f\nOP\ncall:f\nOP\nexpression:lm" },
	{ "good/all_ascii.rds", "BYTES\nnamespace:base\ncall:f\ncall:f\nexpression:lm" },
	{ "good/all_native.rds", "BYTES\nnamespace:base\ncall:f\ncall:f\nexpression:lm" },
	{ "good/workspace.rda", "TEXT\nx\\x0aa" },
	{ "good/workspace_ascii.rda", "TEXT\nx\\x0aa" },
	{ "good/closure.rds", "closure:f\nclosure:{\nbytecode:x\nclosure:lm" },
	{ "good/forced.rds", "OP\npast:system id" },
	{ "good/waiting.rds", "promise:+" },
	{ "good/compact.rds", "altrep:compact_intseq" },
	{ "bad/promise.rds", "ANOMALY R-PROMISE\npromise:system id" },
	{ "bad/promise_ascii.rds", "ANOMALY R-PROMISE\npromise:system id" },
	{ "bad/promise_in_list.rds", "ANOMALY R-PROMISE\npromise:parse cat(1)\npromise:eval" },
	{ "bad/promise_in_workspace.rda", "ANOMALY R-PROMISE\npromise:system" },
	{ "bad/delayed.rds", "promise:system id" },
	{ "bad/active.rds", "active:system id" },
	{ "bad/closure.rds", "closure:system id" },
	{ "bad/formals.rds", "closure:system2 id" },
	{ "bad/package.rds", "closure:processx::run" },
	{ "bad/value.rds", "closure:<-\nclosure:system" },
	{ "bad/docall.rds", "closure:list id\nclosure:do.call system\nclosure:system" },
	{ "bad/lapply.rds", "closure:system\nclosure:lapply id" },
	{ "bad/inline.rds", "call:system id" },
	{ "bad/lambda.rds", "closure:system id" },
	{ "bad/bytecode.rds", "bytecode:system" },
	{ "bad/constants.rds", "closure:system id" },
	{ "bad/expression.rds", "expression:system id" },
	{ "bad/first.rda", "startup:system id\nworkspace:.First" },
	{ "bad/mask.rda", "workspace:library" },
	{ "bad/mmap.rds", "altrep:mmap_integer" },
	{ "bad/altrep.rds", "altrep:acme::other" },
	{ "bad/hook.rds", "persistent:key" },
	{ "bad/pickle.rds", "MEMBER\n[pickle]" },
	{ "bad/pickle_ascii.rds", "MEMBER\n[pickle]" },
	{ "bad/reference.rds", "ANOMALY R-BROKEN\na reference to what was not read before" },
	{ "bad/type.rds", "ANOMALY R-BROKEN\na type that R does not write" },
	{ "bad/length.rds", "ANOMALY R-BROKEN\nmore numbers than there are bytes" },
	{ "bad/long_length.rds", "ANOMALY R-BROKEN\na list of more values than there are bytes" },
	{ "bad/negative.rds", "ANOMALY R-BROKEN\na text of a length below zero" },
	{ "bad/deep.rds", "ANOMALY FORMAT-LIMIT\nmore than 4096 deep" },
	{ "bad/cut.rds", "ANOMALY R-BROKEN\ncut short" },
	{ "bad/word.rds", "ANOMALY R-BROKEN\na word that is no number" },
	{ "bad/trailing.rds", "ANOMALY R-TRAILING\n22 bytes after the object" },
	{ "bad/version.rda", "ANOMALY R-BROKEN\nneither version 2 nor 3" },
};

/* A list of 100,000 cells has no depth, and its texts come in pieces. */
static void
long_list(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got = { 0 };

	pal_buf_add_text(&b, "A\n2\n262658\n131840\n");
	for (int i = 0; i < 100000; i++)
		pal_buf_add_text(&b, "2\n16\n1\n9\n4\ntext\n");
	pal_buf_add_text(&b, "254\n");
	got = collect(&pal_format_rdata, pal_buf_view(&b));
	CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0);
	CHECK(got.counts[PAL_CONTENT_TEXT] == 8 && got.bytes == 500000);
	collect_done(&got);
}

/* The same list as a call's arguments, each of them a call: depth is that of one. */
static void
long_call(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got = { 0 };

	pal_buf_add_text(&b, "A\n2\n262658\n131840\n6\n1\n9\n4\nlist\n");
	for (int i = 0; i < 5000; i++)
		pal_buf_add_text(&b, "2\n6\n255\n1\n254\n");
	pal_buf_add_text(&b, "254\n");
	got = collect(&pal_format_rdata, pal_buf_view(&b));
	CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0 && got.counts[PAL_CONTENT_OP] == 5001);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_rdata, cases, sizeof(cases) / sizeof(cases[0]));
	long_list();
	long_call();
	CHECK(PROBE(pal_format_rdata, "A\n3\n262658\n197888\n5\nUTF-8\n", "") == 95);
	CHECK(PROBE(pal_format_rdata, "X\nmodel\nglm\n", "") == 0 &&
	      PROBE(pal_format_rdata, "A\nplain list\n", "") == 0);
	CHECK(PROBE(pal_format_rdata, "RDX2\nX\nworkspace\n", "") == 0);
	CHECK(PROBE(pal_format_rdata, "A\n2\n3\n4\n5\n", "column.csv") == 0);
	check_corpus(&pal_format_rdata, 1000);
	return check_done();
}
