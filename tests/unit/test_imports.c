/* test_imports.c - the policy on what pickles look up, and the findings that come of it. */
#include "detecting.h"

static struct pal_detect *rules;

static const struct {
	const char      *module, *name;
	enum pal_verdict verdict;
} cases[] = {
	{ "os", "system", PAL_VERDICT_DENY },
	{ "posix", "system", PAL_VERDICT_DENY },
	{ "nt", "system", PAL_VERDICT_DENY },
	{ "os.path", "join", PAL_VERDICT_DENY },
	{ "subprocess", "Popen", PAL_VERDICT_DENY },
	{ "builtins", "eval", PAL_VERDICT_DENY },
	{ "__builtin__", "eval", PAL_VERDICT_DENY },
	{ "builtins", "getattr", PAL_VERDICT_DENY },
	{ "random", "_os.system", PAL_VERDICT_DENY },
	{ "shutil", "os.system", PAL_VERDICT_DENY },
	{ "logging", "os.system", PAL_VERDICT_DENY },
	{ "torch.serialization", "os.system", PAL_VERDICT_DENY },
	{ "numpy", "size.__builtins__", PAL_VERDICT_DENY },
	{ "sklearn.base", "sys.modules", PAL_VERDICT_DENY },
	{ "sklearn.linear_model._logistic", "LogisticRegression.__init__.__globals__", PAL_VERDICT_DENY },
	{ "nobody.knows", "os.popen", PAL_VERDICT_DENY },
	{ "nobody.knows", "eval", PAL_VERDICT_DENY },
	{ "torch", "load", PAL_VERDICT_DENY },
	{ "torch", "compile.dangerous", PAL_VERDICT_DENY },
	{ "torch.hub", "load", PAL_VERDICT_DENY },
	{ "joblib", "load", PAL_VERDICT_DENY },
	{ "copyreg", "add_extension", PAL_VERDICT_DENY },
	{ "operator", "attrgetter", PAL_VERDICT_DENY },
	{ "pandas", "read_pickle", PAL_VERDICT_DENY },
	{ "types", "CodeType", PAL_VERDICT_DENY },
	{ "functools", "partial", PAL_VERDICT_ALLOW }, /* what it holds is followed */
	{ "functools", "reduce", PAL_VERDICT_SUSPICIOUS },
	{ "torch.compile", "dangerous", PAL_VERDICT_DENY },
	{ "pip.__main__", "x", PAL_VERDICT_DENY },
	{ "nobody.knows.os", "x", PAL_VERDICT_DENY },
	{ "random", "_os", PAL_VERDICT_DENY },
	{ "nobody._vendor.requests", "get", PAL_VERDICT_DENY },
	{ "nobody.externals.cloudpickle", "x", PAL_VERDICT_DENY },
	{ "builtins", "print.__self__.eval", PAL_VERDICT_DENY },
	{ "nobody", "Model.__init__", PAL_VERDICT_DENY },
	{ "nobody", "Outer.Inner", PAL_VERDICT_UNKNOWN },
	{ "nobody.code", "Model", PAL_VERDICT_UNKNOWN }, /* packages have modules of such names */
	{ "nobody.test", "Model", PAL_VERDICT_UNKNOWN },
	{ "nobody.socket", "Model", PAL_VERDICT_UNKNOWN },
	{ ".os", "x", PAL_VERDICT_DENY },
	{ "nobody..knows", "x", PAL_VERDICT_DENY },
	{ "os\r", "system", PAL_VERDICT_DENY },
	{ "\xef\xbd\x8f\xef\xbd\x93", "system", PAL_VERDICT_DENY }, /* full width */
	{ "\xd0\xbe\xd1\x95", "popen2", PAL_VERDICT_DENY },         /* Cyrillic */
	{ "o\xe2\x80\x8bs", "popen2", PAL_VERDICT_DENY },           /* a blank of no width */
	{ "nobody",
	  "\xef\xbd\x8d"
	  "y",
	  PAL_VERDICT_SUSPICIOUS },
	{ "nobody", "\xe6\xa8\xa1\xe5\x9e\x8b", PAL_VERDICT_UNKNOWN }, /* a name in Chinese is a name */
	{ "xgboost.core", "Booster", PAL_VERDICT_ALLOW },
	{ "torch.ao.nn.quantized.modules.linear", "Linear", PAL_VERDICT_ALLOW },
	{ "torch.quantization.observer", "MinMaxObserver", PAL_VERDICT_ALLOW },
	{ "torch.ao.quantization.observer", "load_observer_state_dict", PAL_VERDICT_SUSPICIOUS },
	{ "torch.ao.nn.quantized.modules.linear", "Linear.forward", PAL_VERDICT_SUSPICIOUS },
	{ "torch.utils.data._utils.collate", "default_collate", PAL_VERDICT_ALLOW },
	{ "torch.utils.data._utils.worker", "_worker_loop", PAL_VERDICT_DENY },
	{ "ultralytics.utils", "JSONDict",
	  PAL_VERDICT_DENY }, /* a class among allowed ones, whose items write a file */
	{ "lightgbm.basic", "Booster", PAL_VERDICT_ALLOW },
	{ "lightgbm.basic", "Dataset", PAL_VERDICT_SUSPICIOUS },
	{ "dataclasses", "make_dataclass", PAL_VERDICT_DENY },
	{ "typing", "get_type_hints", PAL_VERDICT_DENY },
	{ "typing", "List", PAL_VERDICT_ALLOW },
	{ "numpy.random._pickle", "__generator_ctor", PAL_VERDICT_ALLOW },
	{ "base64", "b64decode", PAL_VERDICT_SUSPICIOUS },
	{ "numpy", "vectorize", PAL_VERDICT_ALLOW },
	{ "collections", "OrderedDict", PAL_VERDICT_ALLOW },
	{ "numpy.core.multiarray", "_reconstruct", PAL_VERDICT_ALLOW },
	{ "numpy", "ndarray", PAL_VERDICT_ALLOW },
	{ "torch._utils", "_rebuild_tensor_v2", PAL_VERDICT_ALLOW },
	{ "torch", "FloatStorage", PAL_VERDICT_ALLOW },
	{ "torch.jit._pickle", "build_intlist", PAL_VERDICT_ALLOW },
	{ "torch.jit._pickle", "other", PAL_VERDICT_DENY },
	{ "torch", "jit._pickle.build_intlist", PAL_VERDICT_DENY },
	{ "__torch__.torch.nn.modules.linear", "Linear", PAL_VERDICT_ALLOW },
	{ "joblib.numpy_pickle", "NumpyArrayWrapper", PAL_VERDICT_ALLOW },
	{ "sklearn.ensemble._forest", "RandomForestClassifier", PAL_VERDICT_ALLOW },
	{ "copyreg", "_reconstructor", PAL_VERDICT_ALLOW },
	{ "datetime", "datetime", PAL_VERDICT_ALLOW },
	{ "__main__", "Model", PAL_VERDICT_UNKNOWN },
	{ "mycompany.models", "Net", PAL_VERDICT_UNKNOWN },
	{ "", "", PAL_VERDICT_UNKNOWN },
};

static struct pal_content
piece(enum pal_content_kind kind, const char *module, const char *name, const char *arguments)
{
	return (struct pal_content){ .kind = kind,
				     .module = pal_view_of(module),
				     .name = pal_view_of(name),
				     .text = pal_view_of(arguments),
				     .place = { .path = "m.pkl", .offset = 7 } };
}

static void
findings(void)
{
	struct detecting          t;
	const struct pal_finding *f;

	detecting_start(&t, rules, &pal_detector_imports);
	detecting_feed(&t, piece(PAL_CONTENT_IMPORT, "posix", "system", ""));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "posix", "system", "'touch /tmp/x\n\x01'"));
	detecting_feed(&t, piece(PAL_CONTENT_IMPORT, "builtins", "exec", ""));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "mine", "Net", "()"));
	detecting_feed(&t, piece(PAL_CONTENT_IMPORT, "mine", "Layer", ""));
	detecting_feed(&t, piece(PAL_CONTENT_IMPORT, "collections", "OrderedDict", ""));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "collections", "OrderedDict", "()"));
	detecting_finish(&t);
	f = detecting_found(&t, "PICKLE-EXEC", "posix.system");
	CHECK(f != NULL && f->severity == PAL_CRITICAL && strstr(f->text, "touch /tmp/x") != NULL);
	CHECK(f != NULL && strchr(f->text, '\n') == NULL && strchr(f->text, '\x01') == NULL);
	CHECK(detecting_found(&t, "PICKLE-DANGEROUS-IMPORT", "posix.system") == NULL);
	CHECK(detecting_found(&t, "PICKLE-DANGEROUS-IMPORT", "builtins.exec") != NULL);
	f = detecting_found(&t, "PICKLE-UNKNOWN-IMPORT", "mine.Net");
	CHECK(f != NULL && f->severity == PAL_MEDIUM);
	f = detecting_found(&t, "PICKLE-UNKNOWN-IMPORT", "mine.Layer");
	CHECK(f != NULL && f->severity == PAL_LOW);
	CHECK(t.found.list.count == 4);
	detecting_done(&t);
}

/* The same names weigh more or less by how they are called. */
static void
uses(void)
{
	struct detecting          t;
	struct pal_content        made = piece(PAL_CONTENT_CALL, "xgboost.core", "Booster", "");
	struct pal_content        getattr = piece(PAL_CONTENT_CALL, "builtins", "getattr", "x, 'fit'");
	const struct pal_finding *f;

	made.made = true;
	getattr.followed = true;
	detecting_start(&t, rules, &pal_detector_imports);
	detecting_feed(&t, made);
	detecting_feed(&t, getattr);
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "xgboost.core", "DMatrix", "'/etc/passwd'"));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "mine", "do_it", "'now'"));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "mine", "begin", ""));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "mine", "_unpickle_tree", "b'...'"));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "mine", "Tree", "3"));
	detecting_feed(&t, piece(PAL_CONTENT_CALL, "mine", "run", "'now'"));
	detecting_finish(&t);
	CHECK(detecting_found(&t, "PICKLE-SUSPICIOUS-IMPORT", "xgboost.core.Booster") == NULL);
	f = detecting_found(&t, "PICKLE-SUSPICIOUS-IMPORT", "xgboost.core.DMatrix");
	CHECK(f != NULL && f->severity == PAL_MEDIUM && strstr(f->text, "constructor") != NULL);
	f = detecting_found(&t, "PICKLE-SUSPICIOUS-IMPORT", "builtins.getattr");
	CHECK(f != NULL && f->severity == PAL_LOW);
	f = detecting_found(&t, "PICKLE-UNKNOWN-IMPORT", "mine.do_it");
	CHECK(f != NULL && f->severity == PAL_HIGH);
	f = detecting_found(&t, "PICKLE-SUSPICIOUS-IMPORT", "mine.run");
	CHECK(f != NULL && f->severity == PAL_HIGH);
	f = detecting_found(&t, "PICKLE-UNKNOWN-IMPORT", "mine.begin");
	CHECK(f != NULL && f->severity == PAL_MEDIUM);
	f = detecting_found(&t, "PICKLE-UNKNOWN-IMPORT", "mine._unpickle_tree");
	CHECK(f != NULL && f->severity == PAL_MEDIUM);
	f = detecting_found(&t, "PICKLE-UNKNOWN-IMPORT", "mine.Tree");
	CHECK(f != NULL && f->severity == PAL_MEDIUM);
	detecting_done(&t);
}

/* The same names from another loader are judged by its rows and reported under the rules of any loader. */
static void
loaders(void)
{
	struct detecting          t;
	struct pal_content        system = piece(PAL_CONTENT_CALL, "os", "system", "'id'");
	struct pal_content        layer = piece(PAL_CONTENT_CALL, "mine", "Layer", "()");
	struct pal_content        import = piece(PAL_CONTENT_IMPORT, "subprocess", "run", "");
	const struct pal_finding *f;

	system.loader = layer.loader = import.loader = "keras";
	detecting_start(&t, rules, &pal_detector_imports);
	detecting_feed(&t, system);
	detecting_feed(&t, layer);
	detecting_feed(&t, import);
	detecting_feed(&t, piece(PAL_CONTENT_IMPORT, "subprocess", "run", ""));
	detecting_finish(&t);
	f = detecting_found(&t, "LOAD-EXEC", "os.system");
	CHECK(f != NULL && f->severity == PAL_CRITICAL &&
	      strstr(f->text, "loading with keras calls os.system") != NULL);
	f = detecting_found(&t, "LOAD-UNKNOWN-IMPORT", "mine.Layer");
	CHECK(f != NULL && f->severity >= PAL_MEDIUM);
	CHECK(detecting_found(&t, "LOAD-DANGEROUS-IMPORT", "subprocess.run") != NULL);
	CHECK(detecting_found(&t, "PICKLE-DANGEROUS-IMPORT", "subprocess.run") != NULL);
	CHECK(t.found.list.count == 4);
	detecting_done(&t);
}

static enum pal_verdict
judged(const struct pal_globals *g, const char *loader, const char *module, const char *name)
{
	return pal_globals_judge(g, loader, pal_view_of(module), pal_view_of(name)).verdict;
}

static void
loader_rows(void)
{
	PAL_AUTO_ARENA     a;
	struct pal_globals g;
	struct pal_diag    d;

	pal_arena_init(&a, (size_t)1 << 20);
	g = pal_globals_of(&a);
	CHECK(pal_globals_parse(&g,
				pal_view_of("k.layers\tC*\tallow\tlayers\tkeras hydra\n"
					    "k\t*\tsuspicious\tcode\n"
					    "k.layers\tLambda\tdeny\truns code\n"
					    "k.layers\tLambda\tsuspicious\tbase class\tpickle\n"),
				"t.tsv", &d) == PAL_OK);
	CHECK(judged(&g, "keras", "k.layers", "Dense") == PAL_VERDICT_ALLOW);
	CHECK(judged(&g, "hydra", "k.layers", "Dense") == PAL_VERDICT_ALLOW);
	CHECK(judged(&g, NULL, "k.layers", "Dense") == PAL_VERDICT_SUSPICIOUS);
	CHECK(judged(&g, "skops", "k.layers", "Dense") == PAL_VERDICT_SUSPICIOUS);
	CHECK(judged(&g, "keras", "k.layers", "Lambda") == PAL_VERDICT_DENY);
	CHECK(judged(&g, NULL, "k.layers", "Lambda") == PAL_VERDICT_SUSPICIOUS);
	CHECK(strcmp(pal_globals_judge(&g, "keras", pal_view_of("k.layers"), pal_view_of("Dense")).why, "layers") == 0);
}

static void
many(void)
{
	struct detecting t;

	detecting_start(&t, rules, &pal_detector_imports);
	for (unsigned int i = 0; i < 20050; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%u", i);
		detecting_feed(&t, piece(PAL_CONTENT_IMPORT, "m", name, ""));
	}
	detecting_finish(&t);
	CHECK(t.found.list.count == 1000 && t.found.dropped > 0);
	detecting_done(&t);
}

static void
tables(void)
{
	PAL_AUTO_ARENA     a;
	struct pal_globals g;
	struct pal_diag    d;

	pal_arena_init(&a, (size_t)1 << 20);
	g = pal_globals_of(&a);
	CHECK(pal_globals_parse(&g, pal_view_of("# comment\nmine\tNet Layer\tallow\tours\n"), "t.tsv", &d) == PAL_OK);
	CHECK(pal_globals_judge(&g, NULL, pal_view_of("mine"), pal_view_of("Layer")).verdict == PAL_VERDICT_ALLOW);
	CHECK(pal_globals_parse(&g, pal_view_of("mine\tLayer\tdeny\tno longer\n"), "u.tsv", &d) == PAL_OK);
	CHECK(pal_globals_judge(&g, NULL, pal_view_of("mine"), pal_view_of("Layer")).verdict == PAL_VERDICT_DENY);
	CHECK(pal_globals_parse(&g, pal_view_of("\nmine\tNet\tmaybe\twhy\n"), "t.tsv", &d) == PAL_ECONFIG);
	CHECK(strstr(d.text, "t.tsv:2") != NULL && strstr(d.text, "maybe") != NULL);
	CHECK(pal_globals_parse(&g, pal_view_of("mine Net allow why\n"), "t.tsv", &d) == PAL_ECONFIG);
	CHECK(pal_globals_parse(&g, pal_view_of("mine\t\xff\tallow\twhy\n"), "t.tsv", &d) == PAL_ECONFIG);
}

int
main(void)
{
	tables();
	loader_rows();
	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_global g =
		    pal_globals_judge(&rules->globals, NULL, pal_view_of(cases[i].module), pal_view_of(cases[i].name));

		if (!CHECK(g.verdict == cases[i].verdict))
			printf("  %s.%s: %d, %s\n", cases[i].module, cases[i].name, (int)g.verdict, g.why);
	}
	findings();
	uses();
	loaders();
	many();
	pal_detect_free(&rules);
	return check_done();
}
