/* test_mxnet_symbol.c - operations of MXNet's and TVM's graphs, nested and under old keys. */
#include "collect.h"

extern const struct pal_format pal_format_mxnet_symbol;

static const struct collect_case cases[] = {
	{ "good/net.json", "OP @\n<fc1>\n:FullyConnected" },
	{ "good/loop.json", "<relu>\n:Activation\n<foreach0>\n:_foreach" },
	{ "good/tvm.json", "<fused>\n:tvm_op fused_nn_dense" },
	{ "bad/custom.json", "<hook>\n:Custom run_me" },
	{ "bad/nested.json", "<hook>\n:Custom run_me\n<c>\n:_cond" },
	{ "bad/native.json", "<native>\n:_Native" },
	{ "bad/lua.json", "<t>\n:TorchModule" },
	{ "bad/read.json", "REFERENCE\n<i>\nfilename ../../etc/passwd\n:_cvimread" },
	{ "bad/cut.json", "JSON-BROKEN\n:Custom run_me" },
};

/* "op" and "name" under other keys, or outside of a node, are nothing. */
static void
test_elsewhere(void)
{
	struct collect got =
	    collect(&pal_format_mxnet_symbol,
		    pal_view_of("{\"nodes\": [{\"attrs\": {\"op\": \"Custom\"}, \"inputs\": [{\"op\": \"Custom\"}]}],"
				" \"extra\": [{\"op\": \"Custom\"}], \"op\": \"Custom\"}"));

	CHECK(got.counts[PAL_CONTENT_OP] == 0);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_mxnet_symbol, cases, sizeof(cases) / sizeof(cases[0]));
	test_elsewhere();
	CHECK(PROBE(pal_format_mxnet_symbol, "{\"nodes\": [{\"op\": \"null\", \"inputs\": []", "") == 92);
	CHECK(PROBE(pal_format_mxnet_symbol, "{\"nodes\": [{\"type\": \"null\", \"inputs\": []", "") == 0);
	CHECK(PROBE(pal_format_mxnet_symbol, "[{\"nodes\": [{\"op\": \"null\", \"inputs\": []", "") == 0);
	check_corpus(&pal_format_mxnet_symbol, 700);
	return check_done();
}
