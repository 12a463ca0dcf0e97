/* marshal_code.c - what a code object would reach, told from its names and constants: nothing is run or disassembled.
 */
#include "give.h"
#include "marshal.h"
#include "palisade/utf8.h"

#define TEXT_LEAST  4u /* shorter strings hold no secret */
#define BYTES_LEAST 8u
#define ARGS_MOST   200u

/* Modules that code must import to do harm; names below them ("os.path") count as theirs. */
static const char *const modules[] = {
	"os",         "posix",
	"nt",         "sys",
	"subprocess", "_posixsubprocess",
	"shutil",     "socket",
	"ssl",        "ctypes",
	"_ctypes",    "cffi",
	"importlib",  "imp",
	"runpy",      "pkgutil",
	"zipimport",  "pty",
	"pickle",     "_pickle",
	"cPickle",    "marshal",
	"dill",       "cloudpickle",
	"joblib",     "shelve",
	"urllib",     "urllib2",
	"urllib3",    "requests",
	"httpx",      "aiohttp",
	"http",       "httplib",
	"ftplib",     "smtplib",
	"telnetlib",  "xmlrpc",
	"paramiko",   "pexpect",
	"boto3",      "webbrowser",
	"asyncio",    "threading",
	"_thread",    "multiprocessing",
	"code",       "codeop",
	"builtins",   "__builtin__",
	"commands",   "popen2",
	"platform",   "pathlib",
	"tempfile",   "glob",
	"fileinput",  "site",
	"pip",        "signal",
	"gc",         "inspect",
	"winreg",     "msvcrt",
	"_winapi",    "sqlite3",
	"zipfile",    "tarfile",
	"yaml",       "types",
	"atexit",     "pdb",
};

/* Names that tell by themselves, and where they are found. `call`: nobody names them but to call them. */
static const struct {
	const char *name, *module;
	bool        call;
} telling[] = {
	{ "exec", "builtins", true },
	{ "eval", "builtins", true },
	{ "execfile", "builtins", true },
	{ "__import__", "builtins", true },
	{ "breakpoint", "builtins", true },
	{ "open", "builtins", false },
	{ "getattr", "builtins", false },
	{ "setattr", "builtins", false },
	{ "globals", "builtins", false },
	{ "__subclasses__", "builtins", true },
	{ "__globals__", "builtins", true },
	{ "__builtins__", "builtins", true },
	{ "__bases__", "builtins", true },
	{ "__mro__", "builtins", true },
	{ "__code__", "builtins", true },
	{ "__loader__", "builtins", true },
	{ "__reduce__", "builtins", true },
	{ "get_file", "keras.utils", false },
	{ "enable_unsafe_deserialization", "keras.config", false },
	{ "py_function", "tensorflow", false },
	{ "numpy_function", "tensorflow", false },
	{ "py_func", "tensorflow", false },
	{ "read_file", "tensorflow.io", false },
	{ "write_file", "tensorflow.io", false },
	{ "GFile", "tensorflow.io.gfile", false },
};

struct give {
	const struct pal_marshal *m;
	struct pal_input         *in;
	struct pal_sink          *sink;
	struct pal_buf           *names; /* NULL: as pieces */
	struct pal_buf            args;  /* the constants of the code object at hand, for a reader of the finding */
};

static const struct pal_marshal_node *
child_at(const struct pal_marshal *m, const struct pal_marshal_node *n, unsigned int number)
{
	size_t index = n == NULL ? 0 : n->first;

	for (; index != 0 && number > 0; number--)
		index = ((const struct pal_marshal_node *)pal_list_at(&m->nodes, index - 1))->next;
	return pal_marshal_at(m, index);
}

static size_t
next_of(const struct give *g, size_t index)
{
	return ((const struct pal_marshal_node *)pal_list_at(&g->m->nodes, index - 1))->next;
}

static bool
is_module(struct pal_view name)
{
	struct pal_view rest = name, head = { 0 };

	if (!pal_view_split(&rest, '.', &head))
		return false;
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (pal_view_is(head, modules[i]))
			return true;
	return false;
}

static enum pal_err
give_name(struct give *g, const struct pal_marshal_node *n, struct pal_view module, struct pal_view name, bool call)
{
	struct pal_content c = { .kind = call ? PAL_CONTENT_CALL : PAL_CONTENT_IMPORT,
				 .place = { .offset = n->at },
				 .module = module,
				 .name = name,
				 .text = call ? pal_buf_view(&g->args) : (struct pal_view){ 0 },
				 .loader = "marshal" };

	if (g->names == NULL)
		return pal_sink_take(g->sink, &c);
	if (g->names->len < ARGS_MOST) {
		pal_buf_add_text(g->names, g->names->len == 0 ? "" : " ");
		pal_utf8_clean(module, 40, g->names);
		pal_buf_add_byte(g->names, '.');
		pal_utf8_clean(name, 40, g->names);
	}
	return PAL_OK;
}

/* Names stand in the order of their first use, so an attribute of a module comes behind it: ("os", "system"). */
static enum pal_err
give_names(struct give *g, const struct pal_marshal_node *names)
{
	const struct pal_marshal_node *module = NULL;

	for (size_t i = names == NULL ? 0 : names->first; i != 0; i = next_of(g, i)) {
		const struct pal_marshal_node *n = pal_marshal_at(g->m, i);

		if (n == NULL || n->text.len == 0)
			continue;
		if (module != NULL && !is_module(n->text))
			PAL_TRY(give_name(g, n, module->text, n->text, true));
		else if (module != NULL)
			PAL_TRY(give_name(g, module, module->text, pal_view_of("*"), false));
		module = is_module(n->text) ? n : NULL;
		for (size_t t = 0; t < sizeof(telling) / sizeof(telling[0]); t++)
			if (pal_view_is(n->text, telling[t].name))
				PAL_TRY(give_name(g, n, pal_view_of(telling[t].module), n->text, telling[t].call));
	}
	return module == NULL ? PAL_OK : give_name(g, module, module->text, pal_view_of("*"), false);
}

static void
note_constants(struct give *g, const struct pal_marshal_node *consts)
{
	pal_buf_clear(&g->args);
	for (size_t i = consts == NULL ? 0 : consts->first; i != 0 && g->args.len < ARGS_MOST; i = next_of(g, i)) {
		const struct pal_marshal_node *n = pal_marshal_at(g->m, i);

		if (n == NULL || n->text.len == 0 || n->text.len > ARGS_MOST)
			continue;
		pal_buf_add_text(&g->args, g->args.len == 0 ? "" : ", ");
		pal_utf8_clean(n->text, ARGS_MOST, &g->args);
	}
}

static enum pal_err
give_text(struct give *g, const struct pal_marshal_node *n)
{
	struct pal_place place = { .offset = n->at };

	return n->text.len < TEXT_LEAST ? PAL_OK : pal_give_text(g->sink, n->text, &place);
}

/* Bytes among the constants (Python 2 keeps its strings so): a file inside, text, or neither. */
static enum pal_err
give_bytes(struct give *g, const struct pal_marshal_node *n)
{
	if (n->text.len < BYTES_LEAST)
		return PAL_OK;
	if (pal_format_inside(pal_view_sub(n->text, 0, PAL_TEXT_PIECE), n->text.len) == NULL && pal_utf8_valid(n->text))
		return give_text(g, n);
	return pal_give_stray(g->sink, g->in, n->at, n->text.len, pal_view_of("(constant)"));
}

static enum pal_err
give_constants(struct give *g, const struct pal_marshal_node *tuple)
{
	for (size_t i = tuple->first; i != 0; i = next_of(g, i)) {
		const struct pal_marshal_node *n = pal_list_at(&g->m->nodes, i - 1);

		if (n->kind == PAL_MARSHAL_BYTES)
			PAL_TRY(give_bytes(g, n));
	}
	return PAL_OK;
}

enum pal_err
pal_marshal_give(const struct pal_marshal *m, struct pal_input *in, struct pal_sink *sink, struct pal_buf *names)
{
	struct give  g = { .m = m, .in = in, .sink = sink, .names = names, .args = pal_buf_of(4096) };
	enum pal_err err = PAL_OK;

	for (size_t i = 0; i < m->nodes.count && err == PAL_OK; i++) {
		const struct pal_marshal_node *n = pal_list_at(&m->nodes, i);

		if (n->kind == PAL_MARSHAL_TEXT) {
			err = give_text(&g, n);
		} else if (n->kind == PAL_MARSHAL_TUPLE) {
			err = give_constants(&g, n);
		} else if (n->kind == PAL_MARSHAL_CODE) {
			note_constants(&g, child_at(m, n, PAL_CODE_CONSTS));
			err = give_names(&g, child_at(m, n, PAL_CODE_NAMES));
		}
	}
	pal_buf_done(&g.args);
	return err;
}
