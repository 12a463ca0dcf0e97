/* test_yaml_config.c - the tags and keys of YAML by which loaders run code, in block and flow style. */
#include "collect.h"

extern const struct pal_format pal_format_yaml_config;

static const struct collect_case cases[] = {
	{ "good/MLmodel", "IMPORT\nmlflow:sklearn\nmodel_path model.pkl\npickled_model model.pkl\nTEXT @0 r1" },
	{ "good/nemo.yaml", "IMPORT\nnemo.collections.asr.models:EncDecCTCModel\nIMPORT\ntorch.optim:AdamW\nTEXT" },
	{ "bad/tags.yaml", "YAML-PYTHON\nobject/apply:os.system\nCALL\nos:system\nIMPORT\nos:popen\n"
			   "YAML-PYTHON\nCALL\nsubprocess:Popen\nCALL\nargparse:Namespace" },
	{ "bad/rename.yaml", "YAML-PYTHON\n%TAG" },
	{ "bad/target.yaml", "CALL\nos:system\nIMPORT\nsubprocess:Popen\nCALL\nbuiltins:exec\nCONFIG-TRUST" },
	{ "bad/MLmodel", "IMPORT\nos:_load_pyfunc\nIMPORT\nevil:mod\npython_model ../../x.pkl" },
	{ "bad/hidden.yaml", "CALL\nos:system\nIMPORT\nsubprocess:Popen\nCALL\nos:popen\nCALL\nbuiltins:exec\n"
			     "CALL\nposix:system\nCALL\nbuiltins:eval\nCALL\nshutil:rmtree\nYAML-PYTHON\nCALL\n"
			     "os:remove\nCALL\npty:spawn\nMETA\nchat_template\n__class__" },
};

/* A comment is none, and a value that is no name of a class is none. */
static void
quiet(void)
{
	static const char *const texts[] = { "# a: !!python/name:os.system\n",
					     "_target_: 1.5\n",
					     "my_target_: a.b\n",
					     "_target_\n",
					     "a: trust_remote_code\n",
					     "b: !!python/tuple [1]\n",
					     "a: |\n  _target_: os.system\nb: 1\n",
					     "a: '_target_: os.system'\n",
					     "_target_: [os.system]\n",
					     "_target_:\n- os.system\n",
					     "_target_: *nobody\n",
					     "_target_: 'os.system\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct collect got = collect(&pal_format_yaml_config, pal_view_of(texts[i]));

		CHECK_SAY(got.counts[PAL_CONTENT_CALL] + got.counts[PAL_CONTENT_IMPORT] +
				  got.counts[PAL_CONTENT_ANOMALY] ==
			      0,
			  texts[i]);
		collect_done(&got);
	}
}

int
main(void)
{
	check_cases(&pal_format_yaml_config, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_yaml_config, "a: 1\nb:\n  c: d\n", "x.yaml") == 70);
	CHECK(PROBE(pal_format_yaml_config, "artifact_path: m\n", "MLmodel") == 70);
	CHECK(PROBE(pal_format_yaml_config, "a: !!python/object/apply:os.system [x]\n", "x") == 40);
	CHECK(PROBE(pal_format_yaml_config, "a: 1\nb: 2\n", "x") == 24);
	CHECK(PROBE(pal_format_yaml_config, "Dear reader,\nnote: this\nis: prose\n", "x") == 0);
	CHECK(PROBE(pal_format_yaml_config, "a: 1\nb: 2\n", "x.md") == 0);
	quiet();
	check_corpus(&pal_format_yaml_config, 400);
	return check_done();
}
