/* test_compiled.c - compiled models are told, never called examined, and their strings are given. */
#include "collect.h"

extern const struct pal_format pal_format_compiled;

static const struct collect_case cases[] = {
	{ "good/model.engine", "ANOMALY COMPILED-OPAQUE @0 a TensorRT engine: 71 bytes\nTEXT @18 "
			       "IPluginV2DynamicExt\\x0alibplugin.so.1 of a vendor\\x0a" },
	{ "good/model.rknn", "ANOMALY COMPILED-OPAQUE\na Rockchip RKNN model" },
	{ "good/model.hef", "ANOMALY COMPILED-OPAQUE\na Hailo executable" },
	{ "good/model.om", "ANOMALY COMPILED-OPAQUE\nan Ascend offline model" },
	{ "good/model.ort", "ANOMALY COMPILED-OPAQUE\nORT's own form" },
	{ "bad/path.engine", "COMPILED-OPAQUE\nTEXT @16 /etc/passwd and /root/.ssh/id_rsa" },
	{ "bad/command.plan", "COMPILED-OPAQUE\nSOURCE @21 shell\nTEXT @16 note=curl" },
	{ "bad/long.rknn", "an encrypted\nTEXT @16\nTEXT @65552" },
};

int
main(void)
{
	static const char binary[] = "RKNN\0\0\0\0\0\0\0\0\0\0\0\0";
	struct pal_view   v = { (const uint8_t *)binary, 16 };

	check_cases(&pal_format_compiled, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(pal_format_compiled.probe(v, 16, (struct pal_view){ 0 }) == 88);
	CHECK(PROBE(pal_format_compiled, "RKNN models are described here.", "notes.txt") == 0);
	CHECK(PROBE(pal_format_compiled, "RKNN and then words, no zeros.", "m.rknn") == 50);
	CHECK(PROBE(pal_format_compiled, "nothing of the kind stands here", "m.rknn") == 0);
	check_corpus(&pal_format_compiled, 700);
	return check_done();
}
