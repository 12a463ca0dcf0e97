/* test_pickle.c - what a pickle would import and call, by tables, damage, limits, and the shared samples. */
#include <unistd.h>

#include "collect.h"
#include "mutate.h"
#include "palisade/pickle_trace.h"

extern const struct pal_format pal_format_pickle;

static const struct collect_case cases[] = {
	{ "good/call.pkl", "IMPORT @0 os:system\nCALL @19 os:system 'id'" },
	{ "good/dotted.pkl", "IMPORT @24 random:_os.system\nCALL @33 random:_os.system 'id'" },
	{ "good/ext.pkl",
	  "CALL @47 copyreg:add_extension 'os', 'system', 7\nIMPORT @47 os:system\nCALL @59 os:system 'id'" },
	{ "good/inst.pkl", "IMPORT @7 os:system\nCALL @7 os:system 'id'" },
	{ "good/obj.pkl", "IMPORT @1 os:system\nCALL @18 os:system 'id'" },
	{ "good/memo.pkl", "IMPORT @29 os:system\nCALL @35 os:system 'id'" },
	{ "good/joblib.pkl", "TENSOR @130 f8 2x2 +32\nIMPORT @162 os:system\nCALL @181 os:system 'id'" },
	{ "good/joblib_objects.pkl", "collections:Counter" },
	{ "good/torch_legacy.pt",
	  "IMPORT\nTENSOR @729 model.layers.0.weight float32 2x3 +24\nTENSOR @729 model.t float32 3x2 +0\n"
	  "TENSOR @761 model.layers.1.weight float16 4 +8" },
	{ "bad/torch_legacy_cut.pt", "TORCH-STORAGE @282 the storage at 282 is missing, too long" },
	{ "bad/torch_legacy_reach.pt", "TORCH-TENSOR @290 tensor \"w\": it reaches beyond its storage" },
	{ "bad/torch_legacy_behind.pt", "TENSOR @290 w float32 2x2 +16\nIMPORT @306 os:system" },
	{ "good/torch_legacy.pkl",
	  "IMPORT @64 torch:FloatStorage\nMETA @101 persistent_id ('storage', torch.FloatStorage, '0', 'cpu', 2)" },
	{ "good/nested.pkl",
	  "ANOMALY PICKLE-NESTED\nMEMBER @16 (inside the pickle)\n[pickle]\ncollections:OrderedDict\nANOMALY "
	  "PICKLE-HIDDEN\nbase 64\nIMPORT @25 os:system" },
	{ "good/getattr.pkl", "CALL @43 builtins:getattr datetime.date, 'today'\nCALL @45 datetime:date.today" },
	{ "good/attrgetter.pkl",
	  "CALL @59 builtins:__import__ 'os'\nIMPORT @59 os:\nIMPORT @61 os:system\nCALL @67 os:system 'id'" },
	{ "good/methodcaller.pkl", "IMPORT @71 os:system\nCALL @71 os:system 'id'" },
	{ "good/partial.pkl", "IMPORT @35 os:popen\nCALL @55 os:popen 'id'" },
	{ "good/partial_call.pkl", "CALL @37 functools:partial os.system, 'id'\nCALL @39 os:system 'id'" },
	{ "good/map.pkl", "CALL @39 os:system 'id'\nCALL @39 os:system 'ls'" },
	{ "good/reduce.pkl", "CALL @44 operator:add 'a', 'b'" },
	{ "good/starmap.pkl", "CALL @40 os:system 'id'" },
	{ "good/apply.pkl", "CALL @41 os:system 'id'" },
	{ "good/resolve_name.pkl", "IMPORT @36 os:system\nCALL @42 os:system 'id'" },
	{ "good/modules.pkl", "IMPORT @38 os:\nIMPORT @109 os:system\nCALL @115 os:system 'id'" },
	{ "good/vars.pkl", "IMPORT @77 builtins:__dict__.eval\nCALL @82 builtins:__dict__.eval '1'" },
	{ "good/reconstructor.pkl", "CALL @59 copyreg:_reconstructor\nCALL @59 mine:Model" },
	{ "good/code.pkl", "CALL @83 types:CodeType (_, 'os', 'id'), ('__import__', 'system'), ()" },
	{ "good/load_from_bytes.pkl", "[pickle]\nCALL @21 os:system 'id'" },
	{ "good/latin1.pkl", "[pickle]\nCALL @21 os:system 'id'" },
	{ "good/latin1_p0.pkl", "[pickle]\nCALL @21 os:system 'id'" },
	{ "good/hidden_hex.pkl", "ANOMALY PICKLE-HIDDEN\nhexadecimal\nCALL @21 os:system 'id'" },
	{ "good/torch_module.pkl", "IMPORT @14 mine:Net\nCALL @44 mine:Net" },
	{ "bad/setstate.pkl",
	  "ANOMALY PICKLE-BUILD @43 __setstate__ is put into the state of mine.Model\nCALL @48 os:system 'id'" },
	{ "bad/setstate_slots.pkl", "ANOMALY PICKLE-BUILD @45\nCALL @50 os:system 'id'" },
	{ "bad/scipy_template.pkl", "CALL @148 builtins:exec" },
	{ "bad/items_tensor.pkl", "ANOMALY PICKLE-ITEMS" },
	{ "bad/items_list.pkl", "ANOMALY PICKLE-ITEMS @10" },
	{ "bad/items_tuple.pkl", "ANOMALY PICKLE-BROKEN @5" },
	{ "bad/items_global.pkl", "ANOMALY PICKLE-BUILD @20 items are written into builtins.int" },
	{ "bad/append_dict.pkl", "ANOMALY PICKLE-BROKEN @5" },
	{ "bad/bomb_weight.pkl", "ANOMALY PICKLE-BOMB\n10 billion" },
	{ "bad/bomb_depth.pkl", "ANOMALY PICKLE-BOMB\n20,000 containers" },
	{ "bad/bomb_length.pkl", "ANOMALY PICKLE-BOMB @2 a string\nANOMALY PICKLE-TRUNCATED" },
	{ "bad/bomb_long.pkl", "ANOMALY PICKLE-BOMB @2 an integer\nANOMALY PICKLE-TRUNCATED" },
	{ "bad/bomb_memo.pkl", "ANOMALY PICKLE-BOMB @3 a memo number" },
	{ "bad/eop.pkl", "CALL @19 os:system 'id'\nANOMALY PICKLE-BROKEN @27" },
	{ "bad/partial_loop.pkl", "ANOMALY PICKLE-COMPUTED" },
	{ "bad/truncated.pkl", "ANOMALY PICKLE-FRAME\nANOMALY PICKLE-TRUNCATED" },
	{ "bad/unknown_op.pkl",
	  "CALL @19 os:system 'id'\nANOMALY PICKLE-BROKEN @20\nANOMALY PICKLE-TRAILING @26\nposix:system" },
	{ "bad/underflow.pkl", "ANOMALY PICKLE-BROKEN @2" },
	{ "bad/two_protos.pkl", "ANOMALY PICKLE-PROTO @2 a second" },
	{ "bad/frames.pkl", "ANOMALY PICKLE-FRAME @11 a frame inside" },
	{ "bad/computed.pkl", "ANOMALY PICKLE-COMPUTED @7\nIMPORT @7 os:?\nCALL @9 os:?" },
	{ "bad/build.pkl", "ANOMALY PICKLE-BUILD @32 state is written into numpy.size" },
	{ "bad/array_short.pkl", "ANOMALY PICKLE-ARRAY" },
	{ "bad/laughs.pkl", "ANOMALY PICKLE-EXPANSION" },
};

/* Every protocol says the same. */
static void
test_protocols(void)
{
	for (int p = 0; p < 6; p++) {
		char           path[512];
		struct pal_buf b;
		struct collect got;

		(void)snprintf(path, sizeof(path), "%s/tests/corpus/pickle/good/p%d.pkl", SOURCE_DIR, p);
		b = collect_file(path);
		got = collect(&pal_format_pickle, pal_buf_view(&b));
		CHECK(strstr(pal_buf_text(&got.out), "collections:OrderedDict") != NULL);
		CHECK(strstr(pal_buf_text(&got.out), "IMPORT") != NULL);
		CHECK(strstr(pal_buf_text(&got.out), "datetime:date") != NULL);
		CHECK(strstr(pal_buf_text(&got.out), "text here") != NULL);
		CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0);
		CHECK(pal_format_pickle.probe(pal_buf_view(&b), b.len, (struct pal_view){ 0 }) >= 60);
		collect_done(&got);
		pal_buf_done(&b);
	}
}

static void
test_limits(void)
{
	struct pal_buf b = pal_buf_of(0);
	struct collect got;

	for (size_t i = 0; i < 3000000; i++)
		pal_buf_add_byte(&b, 'N');
	pal_buf_add_text(&b, "cos\nsystem\n(S'id'\ntR.");
	got = collect(&pal_format_pickle, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "PICKLE-LIMIT") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "os:system") != NULL);
	collect_done(&got);
	pal_buf_clear(&b);
	pal_buf_add_text(&b, "cdatetime\ndate\n");
	for (size_t i = 0; i < 5000; i++)
		pal_buf_add_text(&b, "2)R0");
	pal_buf_add_byte(&b, '.');
	got = collect(&pal_format_pickle, pal_buf_view(&b));
	CHECK(got.counts[PAL_CONTENT_CALL] == 1001);
	CHECK(strstr(pal_buf_text(&got.out), "(and 4000 calls more)") != NULL);
	collect_done(&got);
	pal_buf_done(&b);
}

static void
test_probe(void)
{
	CHECK(PROBE(pal_format_pickle, "cat\ndog\nemu\nfox\n", "") == 0);
	CHECK(PROBE(pal_format_pickle, "(a note)\n", "") == 0);
	CHECK(PROBE(pal_format_pickle, "I am here.\n", "") == 0);
	CHECK(PROBE(pal_format_pickle, "Notes\n", "") == 0);
	CHECK(PROBE(pal_format_pickle, "config\nvalue\n(other)\n", "") == 0);
	CHECK(PROBE(pal_format_pickle, "cos\nsystem\n(S'id'\ntR.", "") == 80);
	CHECK(PROBE(pal_format_pickle, "cos\nsystem\n(S'id'\ntRgarbage", "") == 70);
}

/* Two names of one thing. */
static void
plain_name(const char *from, char *to, size_t room)
{
	const char *rest = strncmp(from, "__builtin__", 11) == 0 ? from + 11 : NULL;

	(void)snprintf(to, room, "%s%s", rest == NULL ? "" : "builtins", rest == NULL ? from : rest);
	for (char *p = to; *p != '\0'; p++)
		if (*p == ':')
			*p = '.';
}

static bool
imports(const char *dump, const char *threat)
{
	char line[1024], name[1024], wanted[1024];

	plain_name(threat, wanted, sizeof(wanted));
	while (*dump != '\0') {
		size_t      n = strcspn(dump, "\n");
		const char *p = NULL;

		(void)snprintf(line, sizeof(line), "%.*s", (int)n, dump);
		p = strstr(line, "IMPORT @");
		p = p == NULL ? NULL : strchr(p + 8, ' ');
		if (p != NULL) {
			plain_name(p + 1, name, sizeof(name));
			if (strcmp(name, wanted) == 0)
				return true;
		}
		dump += n + (dump[n] != '\0');
	}
	return false;
}

static bool
names_a_global(const char *threat)
{
	bool dot = false;

	for (const char *p = threat; *p != '\0'; p++) {
		dot = dot || (*p == '.' && p > threat);
		if (!pal_is_alnum((uint8_t)*p) && *p != '_' && *p != '.')
			return false;
	}
	return dot;
}

static void
test_shared_samples(void)
{
	FILE *list = fopen(SOURCE_DIR "/../shared/vectors/models/manifest.tsv", "r");
	char  row[1024], path[1024];

	if (list == NULL)
		list = fopen(SOURCE_DIR "/../../shared/vectors/models/manifest.tsv", "r");
	if (list == NULL) {
		printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	while (fgets(row, sizeof(row), list) != NULL) {
		char          *rest = row, *file = strsep(&rest, "\t"), *label = strsep(&rest, "\t");
		char          *format = strsep(&rest, "\t"), *threat = strsep(&rest, "\t");
		struct pal_buf b;
		struct collect got;

		if (threat == NULL || strcmp(format, "pickle") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/../shared/vectors/models/%s", SOURCE_DIR, file);
		if (access(path, R_OK) != 0)
			(void)snprintf(path, sizeof(path), "%s/../../shared/vectors/models/%s", SOURCE_DIR, file);
		b = collect_file(path);
		got = collect(&pal_format_pickle, pal_buf_view(&b));
		if (strcmp(label, "malicious") == 0 && names_a_global(threat))
			CHECK_SAY(imports(pal_buf_text(&got.out), threat), row);
		collect_done(&got);
		pal_buf_done(&b);
	}
	(void)fclose(list);
}

static enum pal_err
ignore_line(void *arg, const struct pal_pickle_line *l)
{
	(void)arg;
	(void)l;
	return PAL_OK;
}

/* With a watcher every opcode goes through its own handler. */
static enum pal_err
parse_slowly(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	const struct pal_pickle_watch watch = { .line = ignore_line };

	return pal_pickle_trace(in, sink, &watch, d);
}

static const struct pal_format slow_pickle = { .name = "pickle", .parse = parse_slowly };

/* Runs of opcodes and single ones must say the same. */
static void
same_both_ways(struct pal_view v, void *arg)
{
	struct collect fast = collect(&pal_format_pickle, v), slow = collect(&slow_pickle, v);

	(void)arg;
	if (!CHECK(strcmp(pal_buf_text(&fast.out), pal_buf_text(&slow.out)) == 0))
		printf("--- fast\n%s--- slow\n%s---\n", pal_buf_text(&fast.out), pal_buf_text(&slow.out));
	collect_done(&fast);
	collect_done(&slow);
}

/* The members of torch's first archives, as legacy_load() reads them: pickles, and numbers behind each. */
static void
test_torch_tar(void)
{
	static const char storages[] = "\x80\x02K\x02.\x80\x02X\x01\0\0\0"
				       "7X\x03\0\0\0cpuctorch\nFloatStorage\n\x87."
				       "\x03\0\0\0\0\0\0\0aaaabbbbcccc\x80\x02K\x09X\x03\0\0\0cpuctorch\n"
				       "ByteStorage\n\x87.\x02\0\0\0\0\0\0\0xy\x80\x02]q\0.";
	static const char tensors[] = "\x80\x02K\x01.\x80\x02K\x05K\x07"
				      "ctorch\nFloatTensor\n\x87.\x01\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
				      "\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct pal_view   v = { (const uint8_t *)storages, sizeof(storages) - 1 };
	struct collect    got = collect(&pal_format_pickle, v);

	CHECK(strstr(pal_buf_text(&got.out), "TENSOR @51 7 float32 3 +12") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "TENSOR @104 9 uint8 2 +2") != NULL);
	CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0 && got.counts[PAL_CONTENT_TENSOR] == 2);
	collect_done(&got);
	got = collect(&pal_format_pickle, pal_view_sub(v, 0, 60)); /* the first one is cut short */
	CHECK(strstr(pal_buf_text(&got.out), "TORCH-STORAGE @43") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "PICKLE-TRAILING") != NULL);
	collect_done(&got);
	got = collect(&pal_format_pickle, (struct pal_view){ (const uint8_t *)tensors, sizeof(tensors) - 1 });
	CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0);
	collect_done(&got);
	pal_mutate_all(v, same_both_ways, NULL);
}

static void
test_fast(void)
{
	static const char *const files[] = { "good/p1.pkl",      "good/p2.pkl",        "good/p4.pkl",
					     "good/memo.pkl",    "good/map.pkl",       "bad/laughs.pkl",
					     "bad/setstate.pkl", "bad/items_list.pkl", "bad/frames.pkl" };
	static const char        dense[] = "\x80\x04\x95\x40\0\0\0\0\0\0\0]\x94(K\x01M\x01\x02J\xff\xff\xff\xff"
					   "G12345678h\0q\x01\x8c\x05token\x94(K\x01K\x02t\x94}(K\x01K\x02u}K\x01K\x02s"
					   "]K\x01aN\x88\x89\x85\x86\x87r\x09\0\0\0j\x09\0\0\0"
					   "0e.";

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char           path[512];
		struct pal_buf b;

		(void)snprintf(path, sizeof(path), "%s/tests/corpus/pickle/%s", SOURCE_DIR, files[i]);
		b = collect_file(path);
		same_both_ways(pal_buf_view(&b), NULL);
		if (b.len < 60)
			pal_mutate_all(pal_buf_view(&b), same_both_ways, NULL);
		pal_buf_done(&b);
	}
	pal_mutate_all((struct pal_view){ (const uint8_t *)dense, sizeof(dense) - 1 }, same_both_ways, NULL);
}

int
main(void)
{
	test_fast();
	test_torch_tar();
	check_cases(&pal_format_pickle, cases, sizeof(cases) / sizeof(cases[0]));
	test_protocols();
	test_limits();
	test_probe();
	test_shared_samples();
	check_corpus(&pal_format_pickle, 300);
	return check_done();
}
