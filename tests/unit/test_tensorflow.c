/* test_tensorflow.c - graphs, functions, constants and what stands beside them; which files are taken for which
 * message; and each way in which they can be wrong. */
#include "collect.h"
#include "formats/tf.h"

extern const struct pal_format pal_format_tensorflow;

static const struct collect_case cases[] = {
	{ "good/saved_model.pb",
	  "tag serve\ntensorflow_version 2.21.0\n:MatMul\nfunction:inner\n"
	  ":Placeholder\nvocab /home/me/vocab.txt\n:Const\nTENSOR\nw DT_FLOAT 2x2 +16\n"
	  "words one\\x0atwo\n:StatefulPartitionedCall\n:SaveV2\n"
	  ":InitializeTableFromTextFileV2\nsignature serving_default\ncollection variables\n"
	  "BYTES\ncollection.node save/restore\nREFERENCE\nexternal_data vocab.txt\nMEMBER\n_tf_keras_layer\n"
	  "registered_name Custom>Mine" },
	{ "good/small.pb", ":Placeholder\nw DT_FLOAT 2x2 +16\nREFERENCE" },
	{ "good/model.meta", "meta_graph:Placeholder\nmeta_graph:TFRecordDatasetV2 \"/data/train.tfrecord\"" },
	{ "good/frozen.pb", ":Placeholder\nw DT_FLOAT 2x2 +16\n:MatMul" },
	{ "good/library.pb", ":NoOp" },
	{ "good/keras_metadata.pb", "MEMBER\n_tf_keras_sequential\nMEMBER\n_tf_keras_layer" },
	{ "good/fingerprint.pb", "" },
	{ "bad/readfile.pb", "REFERENCE\npath /etc/passwd\nOP\n:ReadFile \"/etc/passwd\"" },
	{ "bad/in_function.pb", "REFERENCE\npath ../../secret.txt\nWriteFile \"../../secret.txt\"" },
	{ "bad/print.pb", "REFERENCE\nurl file:///tmp/out.txt\nPrintV2 output_stream=file:///tmp/out.txt" },
	{ "bad/debug.pb", "url grpc://198.51.100.7:1\nurl file:///tmp/d\nDebugIdentityV2" },
	{ "bad/custom.pb", ":MyNativeOp" },
	{ "bad/pyfunc.meta", "meta_graph:PyFunc token=pyfunc_0" },
	{ "bad/pickle.pb", "MEMBER\ntoken\n[pickle]\nos:system\nEagerPyFunc" },
	{ "bad/string_pickle.pb", "MEMBER\n[pickle]\nos:system" },
	{ "bad/collection.pb", "(collection)\n[pickle]\nos:system" },
	{ "bad/broken.pb", "TENSORFLOW-BROKEN\na GraphDef that begins at 0\n:Const" },
	{ "bad/size.pb", "TENSORFLOW-TENSOR\nnot as many" },
	{ "bad/huge.pb", "TENSORFLOW-TENSOR\noverflows" },
	{ "bad/negative.pb", "TENSORFLOW-TENSOR\nbelow zero" },
	{ "bad/splat.pb", "TENSORFLOW-TENSOR\nmore than 2^30 items" },
	{ "bad/field.pb", "TENSORFLOW-FIELD\nGraphDef has a field 77\nkept by nobody" },
	{ "bad/asset.pb", "external_data ../../etc/cron.d/job" },
	{ "bad/recursion.pb", "TENSORFLOW-UNFOLD\ncalls itself" },
	{ "bad/unfold.pb", "TENSORFLOW-UNFOLD\nmore than 2^30 nodes" },
	{ "bad/twice.pb", "TENSORFLOW-NAME\ntwo functions are called \"f\"\nReadFile \"/etc/shadow\"" },
	{ "bad/deep.pb", "TENSORFLOW-DEPTH" },
	{ "bad/long.pb", "TENSORFLOW-NAME\na name of 5000 bytes" },
	{ "bad/twice_op.pb", ":ReadFile" },
};

static unsigned int
sure_of(const char *bytes, size_t len)
{
	struct pal_view v = { (const uint8_t *)bytes, len };

	return pal_format_tensorflow.probe(v, len, (struct pal_view){ 0 });
}

/* Messages of other programs that begin alike. */
static void
test_probe(void)
{
	static const struct {
		const char  *bytes;
		size_t       len;
		unsigned int sure;
	} alike[] = {
#define ALIKE(text, sure) { text, sizeof(text) - 1, sure }
		ALIKE("", 0),
		ALIKE("\x08\x07\x12\x07pytorch\x1a\x03"
		      "1.9",
		      0),                                                 /* ONNX: ir_version, producer_name */
		ALIKE("\x0a\x0c\x0a\x05<unk>\x15\0\0\0\0", 0),            /* SentencePiece: piece, score */
		ALIKE("\x0a\x12\x0a\x02in\x12\x08LoopCalc\x1a\x02ok", 0), /* MediaPipe: node {name, calculator} */
		ALIKE("\x0a\x07\x0a\x01n\x12\x02\x01\x02", 0),            /* an operation's name of control bytes */
		ALIKE("\x0a\x09\x0a\x01n\x12\x04NoOp\x22\x03\x08\xbf\x08", 92),
		ALIKE("\x0a\x09\x0a\x01n\x12\x04NoOp", 0), /* a graph by its node alone: could be anybody's */
		ALIKE("\x08\x01\x12\x0d\x12\x0b\x0a\x09\x0a\x01n\x12\x04NoOp", 92),
		ALIKE("\x12\x0b\x0a\x09\x0a\x01n\x12\x04NoOp", 92),
		ALIKE("\x12\x0b\x0a\x09\x0a\x01n\x12\x04NoOp\xf8\x01\x01", 75), /* with a field of a later version */
	};

	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++)
		if (!CHECK(sure_of(alike[i].bytes, alike[i].len) == alike[i].sure))
			printf("case %zu: %u, expected %u\n", i, sure_of(alike[i].bytes, alike[i].len), alike[i].sure);
}

int
main(void)
{
	check_cases(&pal_format_tensorflow, cases, sizeof(cases) / sizeof(cases[0]));
	test_probe();
	check_corpus(&pal_format_tensorflow, 900);
	return check_done();
}
