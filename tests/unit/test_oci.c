/* test_oci.c - documents of container images, and images in tar archives against their own digests and sizes. */
#include "collect.h"

extern const struct pal_format pal_format_oci, pal_format_tar;

static const struct collect_case documents[] = {
	{ "good/manifest.json", "TEXT" },
	{ "good/index.json", "TEXT" },
	{ "good/oci-layout", "1.0.0" },
	{ "bad/config.json", "OCI-START\nstarts /serve --port 8080 as root" },
	{ "bad/foreign.json", "OCI-FOREIGN\nlayer http://example.org/layer.tar\nlayer file:///etc/passwd" },
	{ "bad/digest.json", "OCI-DIGEST\nis no digest that can be checked" },
	{ "bad/cut.json", "JSON-BROKEN" },
};

static const struct collect_case images[] = {
	{ "good/image.tar",
	  "MEMBER\noci-layout\n[oci]\nMEMBER\nindex.json\n[oci]\nANOMALY OCI-START\n[tar]\nTAR-WHITEOUT" },
	{ "bad/image-changed.tar", "OCI-DIGEST\nbut its SHA-256 is" },
	{ "bad/image-longer.tar", "OCI-DIGEST\nOCI-SIZE\nhas 10752 bytes, not 10240" },
	{ "bad/image-missing.tar", "OCI-MISSING\nis named, but is not in the archive" },
	{ "bad/image-saved.tar", "OCI-DIGEST\nbut its SHA-256 is\nlayers one/layer.tar" },
};

/* What is right about an image is not reported. */
static void
test_right(void)
{
	struct pal_buf b = collect_file(SOURCE_DIR "/tests/corpus/tar/good/image.tar");
	struct collect got = collect(&pal_format_tar, pal_buf_view(&b));

	CHECK(strstr(pal_buf_text(&got.out), "OCI-DIGEST") == NULL);
	CHECK(strstr(pal_buf_text(&got.out), "OCI-SIZE") == NULL);
	CHECK(strstr(pal_buf_text(&got.out), "OCI-MISSING") == NULL);
	collect_done(&got);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_oci, documents, sizeof(documents) / sizeof(documents[0]));
	check_cases(&pal_format_tar, images, sizeof(images) / sizeof(images[0]));
	test_right();
	CHECK(PROBE(pal_format_oci, "{\"imageLayoutVersion\": \"1.0.0\"}", "") == 92);
	CHECK(PROBE(pal_format_oci, "{\"schemaVersion\": 2}", "index.json") == 0);
	CHECK(PROBE(pal_format_oci, "{\"architecture\": \"resnet\", \"os\": \"any\"}", "") == 0);
	check_corpus(&pal_format_oci, 700);
	return check_done();
}
