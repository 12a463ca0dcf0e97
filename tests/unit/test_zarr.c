/* test_zarr.c - codecs, references and stores in the metadata of Zarr, kerchunk, TensorStore and Orbax. */
#include "collect.h"

extern const struct pal_format pal_format_zarr;

static const struct collect_case cases[] = {
	{ "good/zarray.json", "codec:blosc\ncodec:delta" },
	{ "good/zarr.json", "codec:sharding_indexed\ncodec:bytes\ncodec:zstd\ncodec:crc32c" },
	{ "good/zmetadata.json", "codec:blosc" },
	{ "good/refs.json", "REFERENCE\nchunk data.nc" },
	{ "good/METADATA.json", "TEXT" },
	{ "good/spec.json", "REFERENCE\nkvstore target.kernel/" },
	{ "bad/pickle.json", "codec:pickle" },
	{ "bad/pickle3.json", "codec:numcodecs.pickle" },
	{ "bad/bare.json", "codec:bytes\ncodec:mine.codec" },
	{ "bad/consolidated.json", "codec:pickle" },
	{ "bad/refs.json", "chunk ../../etc/shadow\nchunk http://example.org/x" },
	{ "bad/store.json", "kvstore /root/.ssh/" },
	{ "bad/url.json", "kvstore file:///etc/" },
	{ "bad/shape.json", "ZARR-SHAPE\nthe product of \"chunks\" overflows" },
	{ "bad/cut.json", "JSON-BROKEN\ncodec:pickle" },
};

/* Each file once, however many chunks are in it; a chunk that is written out is no file. */
static void
test_once(void)
{
	struct pal_buf b = collect_file(SOURCE_DIR "/tests/corpus/zarr/good/refs.json");
	struct collect got = collect(&pal_format_zarr, pal_buf_view(&b));

	CHECK(got.counts[PAL_CONTENT_REFERENCE] == 1 && got.counts[PAL_CONTENT_OP] == 0);
	collect_done(&got);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_zarr, cases, sizeof(cases) / sizeof(cases[0]));
	test_once();
	CHECK(PROBE(pal_format_zarr, "{\"zarr_format\": 2", ".zarray") == 91);
	CHECK(PROBE(pal_format_zarr, "{\"driver\": \"x\", \"path\": \"y\"}", "") == 0);
	CHECK(PROBE(pal_format_zarr, "{\"refs\": [1]}", "") == 0 &&
	      PROBE(pal_format_zarr, "[\"zarr_format\"]", "") == 0);
	check_corpus(&pal_format_zarr, 500);
	return check_done();
}
