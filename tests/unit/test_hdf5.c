/* test_hdf5.c - groups, attributes, datasets and heaps of every kind that h5py writes, and each way to mislead a
 * reader. */
#include "collect.h"

extern const struct pal_format pal_format_hdf5;

static const struct collect_case cases[] = {
	{ "good/earliest.h5", "META\nauthor Ada\nTEXT\n/g/w\nTENSOR\n/again/w f4 2x3 +24" },
	{ "good/keras.h5", "META\nkeras_version 2.15.0\nMEMBER\nmodel_config\n[keras_config]\nkeras:Dense" },
	{ "good/latest.h5", "author Ada" },
	{ "good/dense.h5", "note08 value 8\nnote00 value 0\nnote05 value 5" },
	{ "good/strings.h5", "TENSOR\n/fixed string 2 +10\nTEXT\none\\x0athree" },
	{ "good/strings.h5", "/one a single one" },
	{ "good/strings.h5", "beta\\x0aalpha" },
	{ "good/heap.h5", "META\nauthor Ada\nMETA\n/v alpha" },
	{ "good/chunked.h5", "/packed string 40\nTEXT\nsecret words 0\nsecret words 2" },
	{ "good/chunked_latest.h5", "TENSOR\n/tree\ntree 0\ntree 8" },
	{ "good/chunked_latest.h5", "TENSOR\n/fixed\nfixed array 0\nfixed array 8" },
	{ "good/chunked_latest.h5", "TENSOR\n/single\nsingle chunk 0" },
	{ "good/arrays.h5", "/paged string 1100\n0000\nTEXT\n1099" },
	{ "good/arrays.h5", "/grows string 300\nextensible 0\nextensible 299" },
	{ "good/types.h5", "TEXT\nGrace" },
	{ "good/types.h5", "TENSOR\n/rows compound 2 +24\nBYTES\nGrace" },
	{ "good/types.h5", "/typed u2 3 +6" },
	{ "bad/lambda.h5", "MEMBER\nmodel_config\n[keras_config]\nKERAS-LAMBDA\n[marshal]\n__import__" },
	{ "bad/external_link.h5", "REFERENCE\nan external link /etc/passwd\nHDF5-EXTERNAL" },
	{ "bad/external_data.h5", "REFERENCE\nthe data /etc/passwd\nHDF5-EXTERNAL\nTENSOR\n/d u1 4 +0" },
	{ "bad/virtual.h5", "REFERENCE\na virtual dataset /tmp/other.h5\nHDF5-EXTERNAL" },
	{ "bad/pickle_attribute.h5", "MEMBER\ninfo\n[pickle]\nCALL\nsystem" },
	{ "bad/pickle_attribute.h5", "MEMBER\ntext\n[pickle]" },
	{ "bad/pickle_rows.h5", "MEMBER\n[pickle]\nsystem" },
	{ "bad/user_block.h5", "HDF5-USER-BLOCK\n512 bytes\n[exec]\nMETA" },
	{ "bad/lzf.h5", "HDF5-FILTER\n/s" },
	{ "bad/truncated.h5", "HDF5-ADDRESS\nthe file should be" },
	{ "bad/tree.h5", "HDF5-BROKEN\nwithout its mark" },
	{ "bad/dims.h5", "HDF5-ADDRESS\noverflows" },
	{ "bad/overlap.h5", "HDF5-OVERLAP" },
	{ "bad/version.h5", "HDF5-BROKEN\nno known version" },
	{ "bad/gap.h5", "BYTES\nsystem" },
};

static void
check_tensors(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got;

	b = collect_file(SOURCE_DIR "/tests/corpus/hdf5/good/latest.h5");
	got = collect(&pal_format_hdf5, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "/w f8 4 +32") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "/h f2 +2") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "/e i4 0 +0") != NULL);
	collect_done(&got);
}

/* No byte is given by nobody: what belongs to no structure comes as bytes. */
static void
check_every_byte(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got;

	b = collect_file(SOURCE_DIR "/tests/corpus/hdf5/good/earliest.h5");
	pal_buf_add_text(&b, "the words behind the end");
	got = collect(&pal_format_hdf5, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "the words behind the end") != NULL);
	CHECK(got.counts[PAL_CONTENT_BYTES] > 0);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_hdf5, cases, sizeof(cases) / sizeof(cases[0]));
	check_tensors();
	check_every_byte();
	CHECK(PROBE(pal_format_hdf5, "\x89HDF\r\n\x1a\n", "") == 98 &&
	      PROBE(pal_format_hdf5, "\x89HDG\r\n\x1a\n", "") == 0);
	check_corpus(&pal_format_hdf5, 5000);
	return check_done();
}
