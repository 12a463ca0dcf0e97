/* claim.c - endings and what they promise; marks of foreign content, so that a reader learns what was not examined. */
#include "palisade/claim.h"

#include <string.h>

#define STREAMS "gzip bzip2 lz4 xz zstd" /* joblib and pandas write any of these under any name */
#define TEXTS                                                                                                   \
	"text csv json jsonl keras_config model_config jinja python markdown html script exec_script tfjs xml " \
	"yaml_config mxnet_symbol zarr oci xgboost lightgbm ncnn"

static const struct pal_claim claims[] = {
	{ ".safetensors", "safetensors" },
	{ ".gguf", "gguf" },
	{ ".ggml", "gguf ggml" },
	{ ".ggjt", "ggml" },
	{ ".npy", "npy" },
	{ ".npz", "zip" },
	{ ".pkl", "pickle zip " STREAMS },
	{ ".pickle", "pickle zip " STREAMS },
	{ ".joblib", "pickle zip " STREAMS },
	{ ".dill", "pickle zip " STREAMS },
	{ ".pt", "pickle zip tar" },
	{ ".pt2", "zip" },
	{ ".ptl", "zip" },
	{ ".pth", "pickle zip tar" },
	{ ".ckpt", "pickle zip tar" },
	{ ".keras", "zip hdf5" },
	{ ".mar", "zip tar gzip" },
	{ ".nemo", "tar gzip" },
	{ ".skops", "zip" },
	{ ".zip", "zip" },
	{ ".7z", "7z" },
	{ ".rar", "archive" },
	{ ".deb", "archive" },
	{ ".rpm", "archive" },
	{ ".cab", "archive" },
	{ ".tar", "tar" },
	{ ".tgz", "gzip" },
	{ ".tbz2", "bzip2" },
	{ ".txz", "xz" },
	{ ".tzst", "zstd" },
	{ ".gz", "gzip" },
	{ ".z", "gzip" },
	{ ".zlib", "gzip" },
	{ ".bz2", "bzip2" },
	{ ".xz", "xz" },
	{ ".lzma", "xz" },
	{ ".lz4", "lz4" },
	{ ".zst", "zstd" },
	{ ".h5", "hdf5" },
	{ ".hdf5", "hdf5" },
	{ ".hdf", "hdf5" },
	{ ".he5", "hdf5" },
	{ ".pyc", "marshal" },
	{ ".engine", "compiled" },
	{ ".hef", "compiled" },
	{ ".om", "compiled" },
	{ ".ort", "compiled" },
	{ ".plan", "compiled" },
	{ ".rknn", "compiled" },
	{ ".trt", "compiled" },
	{ ".mlmodel", "coreml" },
	{ ".ocdbt", "ocdbt" },
	{ ".onnx", "onnx" },
	{ ".pdiparams", "paddle pickle" },
	{ ".pdmodel", "paddle" },
	{ ".pdopt", "pickle" },
	{ ".pdparams", "pickle" },
	{ ".tflite", "tflite" },
	{ ".pbtxt", TEXTS " tf_text" },
	{ ".pte", "executorch" },
	{ ".pb", "tensorflow onnx" },
	{ ".index", TEXTS " tf_index" },
	{ ".meta", TEXTS " tensorflow" },
	{ ".lite", "tflite" },
	{ ".parquet", "parquet" },
	{ ".pq", "parquet" },
	{ ".arrow", "arrow" },
	{ ".feather", "arrow" },
	{ ".avro", "avro" },
	{ ".orc", "orc" },
	{ ".csv", TEXTS },
	{ ".tsv", TEXTS },
	{ ".json", TEXTS },
	{ ".jsonl", TEXTS },
	{ ".ndjson", TEXTS },
	{ ".txt", TEXTS },
	{ ".md", TEXTS },
	{ ".ubj", "ubjson" },
	{ ".bst", "xgboost xgboost_binary ubjson lightgbm" },
	{ ".xgb", "xgboost xgboost_binary ubjson" },
	{ ".lgb", "lightgbm" },
	{ ".lightgbm", "lightgbm" },
	{ ".cbm", "catboost" },
	{ ".rds", "rdata " STREAMS },
	{ ".rda", "rdata " STREAMS },
	{ ".rdata", "rdata " STREAMS },
	{ ".param", TEXTS " ncnn" },
	{ ".msgpack", "msgpack" },
	{ ".flax", "msgpack" },
	{ ".pmml", "xml" },
	{ ".svg", "xml" },
	{ ".xml", "xml text" },
	{ ".yaml", TEXTS },
	{ ".yml", TEXTS },
	{ ".py", "python text" },
	{ ".jinja", "jinja text" },
	{ ".j2", "jinja text" },
	{ ".png", "png" },
	{ ".jpg", "jpeg" },
	{ ".jpeg", "jpeg" },
	{ ".gif", "gif" },
	{ ".webp", "webp" },
	{ ".wav", "wav" },
	{ ".mp3", "mp3" },
	{ ".mp4", "mp4" },
	{ ".pdf", "pdf" },
};

/* One mark of each kind of content that is often met and has no reader here. */
static const struct {
	size_t      at;
	const char *mark;
	size_t      len;
	const char *looks;
} marks[] = {
	{ 0, "\x89PNG\r\n", 6, "a PNG picture" },
	{ 0, "\xff\xd8\xff", 3, "a JPEG picture" },
	{ 0, "GIF8", 4, "a GIF picture" },
	{ 8, "WEBP", 4, "a WebP picture" },
	{ 8, "WAVE", 4, "a WAV sound" },
	{ 0, "OggS", 4, "an Ogg stream" },
	{ 0, "fLaC", 4, "a FLAC sound" },
	{ 0, "ID3", 3, "an MP3 sound" },
	{ 4, "ftyp", 4, "an MP4 video" },
	{ 0, "%PDF-", 5, "a PDF document" },
	{ 0, "\x02\x21\x4c\x18", 4, "an LZ4 legacy frame" },
	{ 0,
	  "\x7f"
	  "ELF",
	  4, "an ELF program" },
	{ 0, "MZ", 2, "a Windows program" },
	{ 0, "\xcf\xfa\xed\xfe", 4, "a macOS program" },
	{ 0, "\xca\xfe\xba\xbe", 4, "Java or macOS code" },
	{ 0, "SQLite format 3", 15, "an SQLite database" },
};

static bool
ends_nocase(struct pal_view v, const char *ending)
{
	struct pal_view e = pal_view_of(ending);

	return v.len > e.len && pal_view_is_nocase(pal_view_sub(v, v.len - e.len, e.len), ending);
}

const struct pal_claim *
pal_claim_of(struct pal_view name)
{
	size_t          dot = name.len;
	struct pal_view ending = { 0 };

	while (dot > 0 && name.data[dot - 1] != '.')
		dot--;
	if (dot < 2 || dot == name.len) /* no dot, or nothing before or behind it */
		return NULL;
	ending = pal_view_sub(name, dot - 1, name.len - dot + 1);
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (claims[i].ending[1] == pal_to_lower(ending.data[1]) && pal_view_is_nocase(ending, claims[i].ending))
			return &claims[i];
	return NULL;
}

/* The name ends like `form`, in which N is a digit and + is one or more of them. */
static bool
ends_as(struct pal_view name, const char *form)
{
	struct pal_view f = pal_view_of(form);
	size_t          at = name.len;

	for (size_t i = f.len; i > 0; i--) {
		bool more = f.data[i - 1] == '+';

		if (at == 0 || (more || f.data[i - 1] == 'N' ? !pal_is_digit(name.data[at - 1])
							     : name.data[at - 1] != f.data[i - 1]))
			return false;
		at--;
		while (more && at > 0 && pal_is_digit(name.data[at - 1]))
			at--;
	}
	return at > 0;
}

const char *
pal_claim_raw(struct pal_view name)
{
	if (ends_as(name, ".data-NNNNN-of-NNNNN"))
		return "a shard of a TensorFlow checkpoint, numbers that only its index describes";
	if (ends_as(name, ".ncnn.bin"))
		return "weights of ncnn, numbers that only its .param describes";
	if (ends_as(name, ".mnn"))
		return "a model of MNN by its name, a FlatBuffer without a mark";
	if (ends_as(name, ".tnnmodel"))
		return "weights of TNN by their name, numbers that only its .tnnproto describes";
	if (ends_as(name, "-shard+of+.bin") || ends_as(name, "-shard+of+"))
		return "a shard of a TensorFlow.js model, numbers that only its model.json describes";
	return NULL;
}

bool
pal_claim_fits(const struct pal_claim *c, const char *format)
{
	struct pal_view rest = pal_view_of(c->formats), one = { 0 };

	while (pal_view_split(&rest, ' ', &one))
		if (pal_view_is(one, format))
			return true;
	return false;
}

void
pal_claim_unpacked(struct pal_view name, struct pal_buf *out)
{
	static const struct {
		const char *ending, *instead;
	} endings[] = { { ".tgz", ".tar" }, { ".tbz2", ".tar" }, { ".txz", ".tar" }, { ".tzst", ".tar" },
			{ ".gz", "" },      { ".z", "" },        { ".zlib", "" },    { ".bz2", "" },
			{ ".xz", "" },      { ".lzma", "" },     { ".lz4", "" },     { ".zst", "" } };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_nocase(name, endings[i].ending)) {
			pal_buf_add(out, pal_view_sub(name, 0, name.len - pal_view_of(endings[i].ending).len));
			pal_buf_add_text(out, endings[i].instead);
			return;
		}
	pal_buf_add(out, name);
}

static size_t
mark_of(struct pal_view head)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct pal_view mark = { (const uint8_t *)marks[i].mark, marks[i].len };

		if (pal_view_eq(pal_view_sub(head, marks[i].at, mark.len), mark))
			return i;
	}
	return SIZE_MAX;
}

const char *
pal_claim_looks(struct pal_view head)
{
	size_t i = mark_of(head);

	return i == SIZE_MAX ? NULL : marks[i].looks;
}
