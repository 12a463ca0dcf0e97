/* test_paddle.c - programs and parameters of PaddlePaddle, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_paddle;

static const struct collect_case cases[] = {
	{ "good/program.pdmodel",
	  "TENSOR\nw FP32 2x3 +0\nOP\n:feed\nOP\n:matmul\nTEXT\n<op_callstack>   File \"train.py\"\n"
	  "<op_callstack>     y = f(x)\nOP\n:relu" },
	{ "good/two.pdiparams", "TENSOR @26\nFP32 2x3 +24\nTENSOR\nINT64 2 +16" },
	{ "good/scalar.pdiparams", "TENSOR\nUINT8 +1\nBF16 3 +6" },
	{ "bad/python.pdmodel", ":relu\n:py_func" },
	{ "bad/load.pdmodel", ":load_combine\nMETA\nREFERENCE\nfile_path /etc/passwd" },
	{ "bad/save.pdmodel", ":save\nREFERENCE\nfile_path ../out" },
	{ "bad/send.pdmodel", ":send\nMETA\nendpoints host.example:80" },
	{ "bad/engine.pdmodel", ":tensorrt_engine\nMEMBER\n[exec]" },
	{ "bad/cut.pdmodel", "PADDLE-BROKEN\nlonger than what holds it" },
	{ "bad/short.pdiparams", "PADDLE-PARAMS\ntensor 1, at 0: more numbers than the file has bytes\nBYTES" },
	{ "bad/overflow.pdiparams", "PADDLE-PARAMS\ndimensions that cannot be" },
	{ "bad/negative.pdiparams", "PADDLE-PARAMS\ndimensions that cannot be" },
	{ "bad/rank.pdiparams", "PADDLE-PARAMS\ndimensions that cannot be" },
	{ "bad/type.pdiparams", "TENSOR\nPADDLE-PARAMS\ntensor 2\na type that there is not" },
	{ "bad/version.pdiparams", "TENSOR\nPADDLE-PARAMS\na version other than 0" },
	{ "bad/levels.pdiparams", "TENSOR\nPADDLE-PARAMS\nmore than 16 levels" },
	{ "bad/long.pdiparams", "TENSOR\nPADDLE-PARAMS\nmore than 1024 bytes" },
	{ "bad/trailing.pdiparams", "TENSOR\nPADDLE-PARAMS\nBYTES" },
};

int
main(void)
{
	static const char zeros[64] = { 0 };

	check_cases(&pal_format_paddle, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(pal_format_paddle.probe((struct pal_view){ (const uint8_t *)zeros, 64 }, 64, (struct pal_view){ 0 }) ==
	      0);
	CHECK(PROBE(pal_format_paddle, "hello, world, how are you today?", "m.pdmodel") == 0);
	check_corpus(&pal_format_paddle, 700);
	return check_done();
}
