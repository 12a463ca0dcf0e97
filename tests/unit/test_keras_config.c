/* test_keras_config.c - what Keras would look up, open and run for a configuration, and what JSON can hide from it. */
#include "collect.h"

extern const struct pal_format pal_format_keras_config, pal_format_jsonl;

static const struct collect_case cases[] = {
	{ "good/keras3.json",
	  "IMPORT\nkeras:Sequential\nkeras.layers:Dense\nkeras.initializers:GlorotUniform\nbuiltins:my_loss" },
	{ "good/keras2.json", "keras:Sequential\nkeras:Dense\nmine:Custom" },
	{ "good/vocabulary.json", "TEXT\none\nkeras.layers:StringLookup" },
	{ "bad/lambda3.json",
	  "KERAS-LAMBDA\nlayer \"l\": its function\n[marshal]\nCALL\nbuiltins:__import__ os, echo hi" },
	{ "bad/lambda2.json",
	  "KERAS-LAMBDA\nits function\n[marshal]\nKERAS-LAMBDA\nits output_shape\n[marshal]\n__import__" },
	{ "bad/lambda_raw.json", "KERAS-LAMBDA\n[marshal]\nbuiltins:open" },
	{ "bad/lambda_nested.json", "KERAS-LAMBDA\nlayer \"in\": its mask\n[marshal]\n__import__" },
	{ "bad/lambda_source.json", "SOURCE\npython\nKERAS-LAMBDA\nsource: lambda x: exec" },
	{ "bad/lambda_junk.json", "KERAS-LAMBDA\n[marshal]\n__import__" },
	{ "bad/function.json", "CALL\nos:system echo hi" },
	{ "bad/kwargs.json", "CALL\nsubprocess:Popen" },
	{ "bad/loss.json", "IMPORT\nshutil:rmtree" },
	{ "bad/get_file.json", "keras.utils:get_file" },
	{ "bad/unsafe.json", "keras.config:enable_unsafe_deserialization" },
	{ "bad/typespec.json", "os.path:join" },
	{ "bad/saved_model.json", "REFERENCE\nfilepath /tmp/other\nKERAS-SAVED-MODEL" },
	{ "bad/torch.json", "KERAS-TORCH-MODULE\n[pickle]\nsystem" },
	{ "bad/vocabulary.json", "REFERENCE\nvocabulary /etc/passwd\nKERAS-FILE-OUTSIDE\nwords.txt\nKERAS-FILE \n"
				 "http://example.org/v\nKERAS-FILE-OUTSIDE" },
	{ "bad/duplicate.json", "JSON-DUPLICATE-KEY\n\"config\"\nKERAS-LAMBDA\n[marshal]" },
	{ "bad/deep.json", "JSON-DEPTH" },
	{ "bad/cut.json", "JSON-BROKEN\nKERAS-LAMBDA\n[marshal]" },
};

/* Behind so much text that the probe does not see class_name, the reader of JSON notices it. */
static void
check_late(void)
{
	PAL_AUTO_BUF   b = pal_buf_of(0), late = pal_buf_of(0);
	struct collect got;

	b = collect_file(SOURCE_DIR "/tests/corpus/keras_config/bad/late.json");
	pal_buf_add_text(&late, "{\"a\": \"");
	for (int i = 0; i < 6000; i++)
		pal_buf_add_byte(&late, 'x');
	pal_buf_add_text(&late, "\", ");
	pal_buf_add(&late, pal_view_sub(pal_buf_view(&b), 1, b.len));
	CHECK(pal_format_keras_config.probe(pal_view_sub(pal_buf_view(&late), 0, PAL_PROBE_HEAD), late.len,
					    (struct pal_view){ 0 }) == 0);
	got = collect(&pal_format_jsonl, pal_buf_view(&late));
	CHECK(strstr(pal_buf_text(&got.out), "KERAS-LAMBDA") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "builtins:__import__") != NULL);
	collect_done(&got);
}

/* The budget of nodes ends; what is behind it is said to be unread, and its strings are still text. */
static void
check_full(void)
{
	PAL_AUTO_BUF     b = pal_buf_of(0);
	struct collect   got = collect_of();
	struct pal_input in;

	pal_buf_add_text(&b, "{\"class_name\": \"A\", \"config\": [");
	for (int i = 0; i < 210000; i++)
		pal_buf_add_text(&b, "{},");
	pal_buf_add_text(&b, "\"the last words\"]}");
	in = pal_input_of_view(pal_buf_view(&b));
	CHECK(collect_parse(&got, &pal_format_keras_config, &in) == PAL_OK);
	CHECK(strstr(pal_buf_text(&got.out), "FORMAT-LIMIT") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "the last words") != NULL);
	collect_done(&got);
	pal_input_done(&in);
}

int
main(void)
{
	check_cases(&pal_format_keras_config, cases, sizeof(cases) / sizeof(cases[0]));
	check_late();
	check_full();
	CHECK(PROBE(pal_format_keras_config, "{\"class_name\": \"Dense\", \"config\": {}}", "") == 89);
	CHECK(PROBE(pal_format_keras_config, "{\"text\": \"class_name\"}", "") == 0);
	CHECK(PROBE(pal_format_keras_config, "[{\"class_name\": 1}]", "") == 0);
	CHECK(PROBE(pal_format_keras_config, "{", "") == 0);
	check_corpus(&pal_format_keras_config, 700);
	return check_done();
}
