/* test_executorch.c - operators, tensors, delegates and segments, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_executorch;

static const struct collect_case cases[] = {
	{ "good/inline.pte", "method forward\nOP\naten:add.out\nTENSOR\nFLOAT 2x2 +16\nvalue a string" },
	{ "good/segments.pte", "aten:mm.out\nmy_ns:op\ndelegate:XnnpackBackend\ncompile_spec threads\nBYTES\n"
			       "ANOMALY EXECUTORCH-DELEGATE\nBYTES\ndelegate data\nTENSOR\nw.weight FLOAT 2x2 +16\n"
			       "LONG 1 +0\nnamed_data shared" },
	{ "good/inline_delegate.pte", "delegate:QnnBackend\nANOMALY EXECUTORCH-DELEGATE\n12 bytes\nBYTES" },
	{ "bad/header.pte", "EXECUTORCH-HEADER\nmethod forward" },
	{ "bad/base.pte", "EXECUTORCH-HEADER\nmethod forward" },
	{ "bad/segment.pte", "EXECUTORCH-SEGMENT\nsegment 0 of 16 bytes at 8" },
	{ "bad/overlap.pte", "EXECUTORCH-SEGMENT\nsegment 1\nbegins before" },
	{ "bad/offset.pte", "EXECUTORCH-TENSOR\n\"w\" has a place in a segment" },
	{ "bad/size.pte", "EXECUTORCH-TENSOR\n\"w\" has more bytes than there are" },
	{ "bad/negative.pte", "EXECUTORCH-TENSOR\na dimension below zero" },
	{ "bad/type.pte", "EXECUTORCH-TENSOR\na type that there is not" },
	{ "bad/buffer.pte", "EXECUTORCH-TENSOR\na buffer that there is not" },
	{ "bad/delegate.pte", "EXECUTORCH-SEGMENT\ndata that there is not" },
	{ "bad/named.pte", "named_data key\nEXECUTORCH-SEGMENT\nsegment 3 of 0" },
	{ "bad/stray.pte", "EXECUTORCH-STRAY\n4107 bytes at 272\nBYTES" },
	{ "bad/root.pte", "FLATBUFFER-BROKEN\nBYTES" },
	{ "bad/pickle.pte", "delegate:OddBackend\nMEMBER\n[pickle]\nos:system" },
};

int
main(void)
{
	check_cases(&pal_format_executorch, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_executorch, "\x1c\1\1\1ET12", "") == 97);
	CHECK(PROBE(pal_format_executorch, "\x1c\1\1\1ET", "") == 0);
	check_corpus(&pal_format_executorch, 900);
	return check_done();
}
