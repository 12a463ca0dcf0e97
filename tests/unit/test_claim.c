/* test_claim.c - which names claim what, which contents agree, and how foreign content is called. */
#include "check.h"
#include "palisade/claim.h"

static const struct {
	const char *name, *format;
	bool        claims, fits;
} cases[] = {
	{ "model.safetensors", "safetensors", true, true },
	{ "model.safetensors", "pickle", true, false },
	{ "MODEL.SafeTensors", "pickle", true, false },
	{ "a/b/data.pkl", "pickle", true, true },
	{ "data.pkl", "text", true, false },
	{ "weights.pt", "zip", true, true },
	{ "weights.pt", "pickle", true, true },
	{ "weights.pt", "gguf", true, false },
	{ "picture.png", "pickle", true, false },
	{ "table.csv", "csv", true, true },
	{ "table.csv", "text", true, true },
	{ "table.csv", "pickle", true, false },
	{ "a.joblib", "lz4", true, true },
	{ "saved_model.pb", "tensorflow", true, true },
	{ "saved_model.pb", "pickle", true, false },
	{ "model.tflite", "tflite", true, true },
	{ "variables.index", "tf_index", true, true },
	{ "a.pkl", "zstd", true, true },
	{ "legacy.pt", "tar", true, true },
	{ "m.nemo", "gzip", true, true },
	{ "m.nemo", "pickle", true, false },
	{ "a.tar.gz", "gzip", true, true },
	{ "a.tgz", "tar", true, false },
	{ "a.7z", "7z", true, true },
	{ "a.lzma", "xz", true, true },
	{ "notes.dat", "pickle", false, false },
	{ "pkl", "text", false, false },
	{ ".pkl", "text", false, false },
	{ "", "text", false, false },
	{ "pytorch_model.bin", "zip", false, false },
};

static const struct {
	const char *name, *inside;
} unpacked[] = { { "a.tar.gz", "a.tar" },    { "a.TGZ", "a.tar" }, { "m.pkl.lzma", "m.pkl" },
		 { "m.joblib", "m.joblib" }, { ".gz", ".gz" },     { "", "" } };

static void
test_raw(void)
{
	CHECK(pal_claim_raw(pal_view_of("variables.data-00000-of-00001")) != NULL);
	CHECK(pal_claim_raw(pal_view_of("model.ckpt-9.data-00012-of-00128")) != NULL);
	CHECK(pal_claim_raw(pal_view_of("group1-shard1of12.bin")) != NULL);
	CHECK(pal_claim_raw(pal_view_of("face_model-shard1of1")) != NULL);
	CHECK(pal_claim_raw(pal_view_of("-shard1of1.bin")) == NULL);
	CHECK(pal_claim_raw(pal_view_of("group1-shardof1.bin")) == NULL);
	CHECK(pal_claim_raw(pal_view_of("group1-shard1of1.bin.pkl")) == NULL);
	CHECK(pal_claim_raw(pal_view_of(".data-00000-of-00001")) == NULL);
	CHECK(pal_claim_raw(pal_view_of("variables.data-0000a-of-00001")) == NULL);
	CHECK(pal_claim_raw(pal_view_of("variables.data-00000-of-00001.pkl")) == NULL);
	CHECK(pal_claim_raw(pal_view_of("data")) == NULL && pal_claim_raw(pal_view_of("")) == NULL);
}

static void
test_unpacked(void)
{
	for (size_t i = 0; i < sizeof(unpacked) / sizeof(unpacked[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		pal_claim_unpacked(pal_view_of(unpacked[i].name), &b);
		CHECK_SAY(strcmp(pal_buf_text(&b), unpacked[i].inside) == 0, unpacked[i].name);
	}
}

int
main(void)
{
	test_raw();
	test_unpacked();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct pal_claim *c = pal_claim_of(pal_view_of(cases[i].name));

		CHECK_SAY((c != NULL) == cases[i].claims, cases[i].name);
		CHECK_SAY(c == NULL || pal_claim_fits(c, cases[i].format) == cases[i].fits, cases[i].name);
	}
	CHECK(strcmp(pal_claim_looks(pal_view_of("\x7f"
						 "ELF...")),
		     "an ELF program") == 0);
	CHECK(pal_claim_looks(pal_view_of("PNG")) == NULL && pal_claim_looks((struct pal_view){ 0 }) == NULL);
	return check_done();
}
