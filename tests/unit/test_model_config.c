/* test_model_config.c - what loaders take from configurations, at any depth, and that prose is none. */
#include "collect.h"

extern const struct pal_format pal_format_model_config, pal_format_jsonl;

static const struct collect_case cases[] = {
	{ "good/config.json", "COLUMNS\nROW" },
	{ "good/tokenizer_config.json",
	  "META\nchat_template.default {{ messages }}\nchat_template.tool_use {{ tools }}" },
	{ "good/adapter_config.json",
	  "base_model acme/tiny\nIMPORT\ntransformers.models.tiny.modeling_tiny:TinyModel" },
	{ "good/model_index.json", "IMPORT\ndiffusers:UNet2DModel" },
	{ "good/modules.json", "IMPORT\nsentence_transformers.models:Transformer\nIMPORT\npath 1_Pooling" },
	{ "good/index.json", "weight_map model-1.safetensors\nweight_map model-2.safetensors" },
	{ "good/schema.json", "IMPORT\nbuiltins:dict\nIMPORT\nsklearn.linear_model._logistic:LogisticRegression" },
	{ "good/manifest.json", "serializedFile m.pt\nhandler handler.py:handle\nextraFiles labels.json" },
	{ "bad/remote.json", "CONFIG-LOCAL-CODE\nconfiguration_x.XConfig\nCONFIG-REMOTE-CODE\nother/repo\n"
			     "CONFIG-LOCAL-CODE\ntokenization_x.XTokenizer\nCONFIG-TRUST" },
	{ "bad/traversal.json", "auto_map ../../evil.Model\nweight_map ../../../etc/passwd" },
	{ "bad/target.json", "CALL\nos:system\nIMPORT\nsubprocess:Popen" },
	{ "bad/pipelines.json", "CONFIG-LOCAL-CODE\nmy_pipeline.Pipe\nCONFIG-REMOTE-CODE\na/b" },
	{ "bad/modules.json", "CALL\nos:system\npath ../0" },
	{ "bad/adapter.json", "base_model /etc/passwd\nIMPORT\nos:system" },
	{ "bad/operator.json", "SKOPS-OPERATOR\nbuiltins.methodcaller\nIMPORT\noperator:methodcaller" },
	{ "bad/method2.json", "SKOPS-METHOD\n__init__.__globals__\nIMPORT\nbuiltins:method" },
	{ "bad/method.json", "SKOPS-METHOD\n__init__.__globals__" },
	{ "bad/method_class.json",
	  "SKOPS-METHOD\nsklearn.linear_model.Lasso; its object is a sklearn.linear_model.Ridge" },
	{ "bad/function.json", "IMPORT\nos:system\nIMPORT\nbuiltins:function" },
	{ "bad/generator.json", "IMPORT\nnumpy.random:test\nIMPORT\nbuiltins:str" },
	{ "good/generator.json", "IMPORT\nnumpy.random:PCG64" },
	{ "good/method.json", "IMPORT\nsklearn.linear_model:Ridge" },
	{ "bad/layers.json", "layers ../outside.tar\nlayers /tmp/layer.tar" },
	{ "bad/open.json", "JSON-BROKEN\nCONFIG-LOCAL-CODE" },
	{ "bad/deep.json", "JSON-DEPTH" },
};

static void
probes(void)
{
	CHECK(PROBE(pal_format_model_config, "{\"model_type\": \"x\"}", "config.json") == 90);
	CHECK(PROBE(pal_format_model_config, "{\"model_type\": \"x\"}", "a") == 80);
	CHECK(PROBE(pal_format_model_config, "{\"model\": \"x\"}", "config.json") == 0);
	CHECK(PROBE(pal_format_model_config, "the key \"model_type\" of a", "config.json") == 0);
	CHECK(PROBE(pal_format_model_config, "{\"model_type\": 1}\n{\"model_type\": 2}\n", "a.jsonl") == 0);
}

/* The key comes behind all that the probe sees, and in a file that is not called so. */
static void
padded(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0);
	struct collect got;

	pal_buf_add_text(&b, "{\"a\": \"");
	for (size_t i = 0; i < 3 * PAL_PROBE_HEAD; i++)
		pal_buf_add_byte(&b, 'x');
	pal_buf_add_text(&b, "\", \"auto_map\": {\"AutoModel\": \"o/r--m.C\"}}");
	got = collect(&pal_format_jsonl, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "CONFIG-REMOTE-CODE") != NULL);
	collect_done(&got);
}

/* Records that only tell of such keys configure nothing. */
static void
records(void)
{
	struct pal_view v = pal_view_of("{\"a\":1}\n{\"auto_map\":{\"A\":\"o/r--m.C\"}}\n{\"a\":2}\n{\"a\":3}\n");
	struct collect  got = collect(&pal_format_jsonl, v);

	CHECK(strstr(pal_buf_text(&got.out), "CONFIG-REMOTE-CODE") == NULL);
	collect_done(&got);
}

int
main(void)
{
	check_cases(&pal_format_model_config, cases, sizeof(cases) / sizeof(cases[0]));
	probes();
	padded();
	records();
	check_corpus(&pal_format_model_config, 400);
	return check_done();
}
