/* test_msgpack.c - values, paths and arrays, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_msgpack;

static const struct collect_case cases[] = {
	{ "good/model.msgpack", "TENSOR\nparams.dense.kernel float32 2x3 +24\nparams.dense.bias float32 3 +12\n"
				"META\nparams.note made by hand\nplain bytes of nothing" },
	{ "good/wide.msgpack", "weights float16 2 +4" },
	{ "good/t5x.msgpack", "REFERENCE\nkvstore target.encoder.kernel" },
	{ "bad/t5x.msgpack", "REFERENCE\nkvstore ../../etc/shadow" },
	{ "bad/cut.msgpack", "kernel float32 2x3 +24\nMSGPACK-BROKEN\nbytes that end behind the file" },
	{ "bad/size.msgpack", "MSGPACK-ARRAY\nkernel: 24 bytes, but its shape and type need 32\nTENSOR" },
	{ "bad/shape.msgpack", "MSGPACK-ARRAY\nkernel: extension 1 is no array" },
	{ "bad/trailing.msgpack", "MSGPACK-TRAILING\n15 bytes after the document\nmore bytes here" },
	{ "bad/count.msgpack", "MSGPACK-BROKEN\nmore values than there are bytes" },
	{ "bad/deep.msgpack", "MSGPACK-BROKEN\nmore than 64 levels" },
	{ "bad/never.msgpack", "MSGPACK-BROKEN\na byte that means nothing" },
	{ "bad/program.msgpack", "META\nrestore_fn __import__('os').system('id')\nSOURCE" },
	{ "bad/pickle.msgpack", "MEMBER\nstate\n[pickle]" },
};

int
main(void)
{
	check_cases(&pal_format_msgpack, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_msgpack, "\x81\xa6params\x80", "") == 75 &&
	      PROBE(pal_format_msgpack, "\x81\xa1w\x01", "") == 55);
	CHECK(PROBE(pal_format_msgpack, "\x80\x04\x95", "") == 0 && PROBE(pal_format_msgpack,
									  "\x81\xa4"
									  "a b\x00",
									  "") == 0);
	check_corpus(&pal_format_msgpack, 700);
	return check_done();
}
