/* test_tf_index.c - tensors over several blocks, and each way in which an index can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_tf_index;

static const struct collect_case cases[] = {
	{ "good/two.index", "_CHECKPOINTABLE_OBJECT_GRAPH DT_STRING +0\ndense/bias DT_FLOAT 3 +0\n"
			    "dense/kernel DT_FLOAT 4x3 +0\nstep DT_INT64 +0" },
	{ "good/sliced.index", "part DT_FLOAT 8x3\nx DT_BFLOAT16 2" },
	{ "bad/size.index", "TF-INDEX-ENTRY\n\"w\" has 47 bytes" },
	{ "bad/shard.index", "TF-INDEX-ENTRY\nin shard 7 of 1" },
	{ "bad/offset.index", "TF-INDEX-ENTRY\nat 18446744073709551608" },
	{ "bad/negative.index", "TF-INDEX-ENTRY\nno shape" },
	{ "bad/overlap.index", "TENSOR\nTENSOR\nTF-INDEX-ENTRY\nshare bytes of shard 0, at 8" },
	{ "bad/order.index", "TF-INDEX-ENTRY\n\"a\" stands behind" },
	{ "bad/twice.index", "TF-INDEX-ENTRY\n\"a\" stands behind" },
	{ "bad/snappy.index", "TF-INDEX-BROKEN\na compressed block\nBYTES" },
	{ "bad/tail.index", "TF-INDEX-BROKEN\nno footer\nBYTES" },
	{ "bad/hidden.index", "a DT_FLOAT\nTF-INDEX-STRAY\nBYTES\nhidden between" },
	{ "bad/block.index", "TF-INDEX-BROKEN\na block that leaves" },
	{ "bad/again.index", "a DT_FLOAT\nTF-INDEX-BROKEN\nmore than once" },
	{ "bad/entry.index", "TF-INDEX-BROKEN\nan entry that leaves" },
	{ "bad/shared.index", "TF-INDEX-BROKEN\nan entry that leaves" },
	{ "bad/restarts.index", "TF-INDEX-BROKEN\nmore restart points" },
};

static void
test_probe(void)
{
	static const struct {
		const char  *bytes;
		size_t       len;
		unsigned int sure;
	} heads[] = {
		{ "\0\0\6\x08\1\x1a\2\x08\1", 9, 85 }, { "\0\0\6\x08\0\x1a\2\x08\1", 9, 0 }, /* no shard */
		{ "\0\0\6\x08\1\x22\2\x08\1", 9, 0 },  { "\0\0\2\x08\1", 5, 0 },             /* no version */
		{ "\0\0\0\0\0\0\0\0\0", 9, 0 },        { "\0\1\6\x08\1\x1a\2\x08\1", 9, 0 }, /* a key */
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct pal_view v = { (const uint8_t *)heads[i].bytes, heads[i].len };

		CHECK(pal_format_tf_index.probe(v, 100, (struct pal_view){ 0 }) == heads[i].sure);
		CHECK(pal_format_tf_index.probe(v, 40, (struct pal_view){ 0 }) == 0);
	}
}

int
main(void)
{
	check_cases(&pal_format_tf_index, cases, sizeof(cases) / sizeof(cases[0]));
	test_probe();
	check_corpus(&pal_format_tf_index, 700);
	return check_done();
}
