/* pickle_follow.c - what calls give, when that can be told from constants: attributes, modules, getters, partials, and
 * functions that call what they are given. To audit: charge(), which bounds it all. */
#include "pickle.h"

#define TEXT_MOST  1024
#define DEPTH_MOST 8u

typedef enum pal_err follow_fn(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n,
			       struct pal_pickle_value *ret_value);

/* False: enough was followed in this file; what is left of it stays "computed". */
static bool
charge(struct pal_pickle *m)
{
	if (m->followed >= PAL_PICKLE_FOLLOWED || m->follow_depth >= DEPTH_MOST)
		return false;
	m->followed++;
	return true;
}

static bool
is_callable(struct pal_pickle_value v)
{
	return v.tag == PAL_V_GLOBAL || v.tag == PAL_V_CALLER;
}

/* x.path: the path becomes part of x's name. */
static enum pal_err
attribute(struct pal_pickle *m, struct pal_pickle_value of, struct pal_pickle_value path,
	  struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_name *n = pal_pickle_name(m, of);
	PAL_AUTO_BUF                  name = pal_buf_of(64 * 1024);
	struct pal_view               text = { 0 };

	if (n == NULL || path.tag != PAL_V_STR || n->name.len > PAL_PICKLE_NAME_MOST)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, path, TEXT_MOST, &text));
	pal_buf_add(&name, n->name);
	if (name.len > 0)
		pal_buf_add_byte(&name, '.');
	pal_buf_add(&name, text);
	return pal_pickle_global(m, n->module, pal_buf_view(&name), ret_value);
}

static enum pal_err
module_named(struct pal_pickle *m, struct pal_pickle_value text, struct pal_pickle_value *ret_value)
{
	PAL_AUTO_BUF    module = pal_buf_of(64 * 1024);
	struct pal_view v = { 0 };

	if (text.tag != PAL_V_STR)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, text, TEXT_MOST, &v));
	pal_buf_add(&module, v);
	return pal_pickle_global(m, pal_buf_view(&module), (struct pal_view){ 0 }, ret_value);
}

/* ---- what is looked up ---- */

static enum pal_err
do_getattr(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return n < 2 ? PAL_OK : attribute(m, args[0], args[1], ret_value);
}

/* __import__('os'): the module itself, as a name without attributes. */
static enum pal_err
do_import(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return n < 1 ? PAL_OK : module_named(m, args[0], ret_value);
}

/* pkgutil.resolve_name('os:system') */
static enum pal_err
do_resolve(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	PAL_AUTO_BUF    whole = pal_buf_of(64 * 1024);
	struct pal_view text = { 0 }, module = { 0 };
	size_t          cut = 0;

	if (n < 1 || args[0].tag != PAL_V_STR)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, args[0], TEXT_MOST, &text));
	pal_buf_add(&whole, text);
	text = pal_buf_view(&whole);
	cut = pal_view_find_byte(text, ':', 0);
	for (size_t i = 0; cut == SIZE_MAX && i < text.len; i++)
		if (text.data[i] == '.')
			cut = i;
	if (cut == SIZE_MAX)
		return pal_pickle_global(m, text, (struct pal_view){ 0 }, ret_value);
	module = pal_view_sub(text, 0, cut);
	return pal_pickle_global(m, module, pal_view_sub(text, cut + 1, text.len), ret_value);
}

/* x[key]: of sys.modules a module, of a namespace an attribute, of a list or tuple that is known its item. */
static enum pal_err
item_of(struct pal_pickle *m, struct pal_pickle_value of, struct pal_pickle_value key,
	struct pal_pickle_value *ret_value)
{
	static const char *const      spaces[] = { "__dict__", "__globals__", "__builtins__" };
	const struct pal_pickle_name *n = pal_pickle_name(m, of);
	struct pal_view               name = n == NULL ? (struct pal_view){ 0 } : n->name;

	if ((of.tag == PAL_V_TUPLE || of.tag == PAL_V_LIST) && key.tag == PAL_V_INT &&
	    key.at < pal_pickle_item_count(m, of))
		*ret_value = pal_pickle_item(m, of, (size_t)key.at);
	if (n == NULL)
		return PAL_OK;
	if (pal_view_is(n->module, "sys") && pal_view_is(name, "modules"))
		return module_named(m, key, ret_value);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (pal_view_ends(name, spaces[i]))
			return attribute(m, of, key, ret_value);
	return PAL_OK;
}

static enum pal_err
do_getitem(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return n < 2 ? PAL_OK : item_of(m, args[0], args[1], ret_value);
}

/* vars(x): its namespace */
static enum pal_err
do_vars(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_name *of = n < 1 ? NULL : pal_pickle_name(m, args[0]);
	PAL_AUTO_BUF                  name = pal_buf_of(64 * 1024);

	if (of == NULL)
		return PAL_OK;
	pal_buf_add(&name, of->name);
	pal_buf_add_text(&name, name.len > 0 ? ".__dict__" : "__dict__");
	return pal_pickle_global(m, of->module, pal_buf_view(&name), ret_value);
}

/* ---- what is made to be called later ---- */

static enum pal_err
make_caller(struct pal_pickle *m, uint8_t kind, const struct pal_pickle_value *args, size_t n,
	    struct pal_pickle_value *ret_value)
{
	if (n < 1)
		return PAL_OK;
	PAL_TRY(pal_pickle_contain(m, PAL_V_CALLER, args, n, ret_value));
	ret_value->flag = kind;
	return PAL_OK;
}

static enum pal_err
do_attrgetter(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return make_caller(m, PAL_CALLER_ATTRIBUTE, args, n, ret_value);
}

static enum pal_err
do_methodcaller(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return make_caller(m, PAL_CALLER_METHOD, args, n, ret_value);
}

static enum pal_err
do_itemgetter(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return make_caller(m, PAL_CALLER_ITEM, args, n, ret_value);
}

static enum pal_err
do_partial(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	if (n < 1 || !is_callable(args[0]))
		return PAL_OK;
	return make_caller(m, PAL_CALLER_PARTIAL, args, n, ret_value);
}

enum pal_err
pal_pickle_partial_build(struct pal_pickle *m, struct pal_pickle_value *partial, struct pal_pickle_value state)
{
	struct pal_pickle_value items[PAL_PICKLE_ITEMS + 1] = { { 0 } }, args = { 0 };
	size_t                  n = 0;

	if (partial->flag != PAL_CALLER_PARTIAL || pal_pickle_item_count(m, state) < 2)
		return PAL_OK;
	items[n++] = pal_pickle_item(m, state, 0);
	args = pal_pickle_item(m, state, 1);
	for (size_t i = 0; i < pal_pickle_item_count(m, args); i++)
		items[n++] = pal_pickle_item(m, args, i);
	return make_caller(m, PAL_CALLER_PARTIAL, items, n, partial);
}

/* ---- what calls others ---- */

/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
call_inner(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args, size_t n,
	   struct pal_pickle_value *ret_value)
{
	enum pal_err err = PAL_OK;

	if (!is_callable(callee) || !charge(m))
		return PAL_OK;
	m->follow_depth++;
	err = pal_pickle_call(m, callee, args, n, false, ret_value);
	m->follow_depth--;
	return err;
}

/* map(f, items), filter(f, items), sorted(items, key) and their like: f with each of the items. */
/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
do_map(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	struct pal_pickle_value one = { 0 };

	(void)ret_value;
	for (size_t i = 0; n >= 2 && i < pal_pickle_item_count(m, args[1]); i++) {
		one = pal_pickle_item(m, args[1], i);
		PAL_TRY(call_inner(m, args[0], &one, 1, &(struct pal_pickle_value){ 0 }));
	}
	return PAL_OK;
}

/* f(*items): apply, and starmap for each of its tuples. */
/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
do_apply(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	struct pal_pickle_value items[PAL_PICKLE_ITEMS] = { { 0 } };
	size_t                  count = n < 2 ? 0 : pal_pickle_item_count(m, args[1]);

	if (n < 1)
		return PAL_OK;
	for (size_t i = 0; i < count; i++)
		items[i] = pal_pickle_item(m, args[1], i);
	return call_inner(m, args[0], items, count, ret_value);
}

/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
do_starmap(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	struct pal_pickle_value one[2] = { { 0 } };

	(void)ret_value;
	for (size_t i = 0; n >= 2 && i < pal_pickle_item_count(m, args[1]); i++) {
		one[0] = args[0];
		one[1] = pal_pickle_item(m, args[1], i);
		PAL_TRY(do_apply(m, one, 2, &(struct pal_pickle_value){ 0 }));
	}
	return PAL_OK;
}

/* reduce(f, items): f with the first two of them. */
/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
do_reduce_items(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	struct pal_pickle_value two[2] = { { 0 } };
	size_t                  count = n < 2 ? 0 : pal_pickle_item_count(m, args[1]);

	if (n == 2 && count < 2)
		return PAL_OK;
	two[0] = n > 2 ? args[2] : n == 2 ? pal_pickle_item(m, args[1], 0) : two[0];
	if (count > 0)
		two[1] = pal_pickle_item(m, args[1], n > 2 ? 0 : 1);
	return n < 2 ? PAL_OK : call_inner(m, args[0], two, 2, ret_value);
}

/* operator.call(f, ...) */
/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
do_call(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	return n < 1 ? PAL_OK : call_inner(m, args[0], args + 1, n - 1, ret_value);
}

/* ---- what objects are made of ---- */

/* copyreg._reconstructor(class, base, state), copyreg.__newobj__(class, ...): as NEWOBJ does. */
/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
do_newobj(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	if (n < 1 || args[0].tag != PAL_V_GLOBAL || m->follow_depth >= DEPTH_MOST)
		return PAL_OK;
	return pal_pickle_call(m, args[0], args + 1, n - 1, true, ret_value);
}

static enum pal_err
do_dtype(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	if (n > 0)
		*ret_value = pal_pickle_dtype(m, args[0]);
	return PAL_OK;
}

/* _codecs.encode(text, 'latin1'): the same as bytes. */
static enum pal_err
do_encode(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	(void)m;
	if (n < 1 || args[0].tag != PAL_V_STR)
		return PAL_OK;
	*ret_value = args[0];
	ret_value->tag = PAL_V_BYTES;
	return PAL_OK;
}

/* torch.storage._load_from_bytes(pickle): what is in it was examined as a file of its own. */
static enum pal_err
do_load_from_bytes(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n,
		   struct pal_pickle_value *ret_value)
{
	(void)m;
	if (n == 1 && args[0].tag == PAL_V_BYTES && (args[0].aux & PAL_V_NESTED) != 0)
		*ret_value = (struct pal_pickle_value){ .tag = PAL_V_PLAIN };
	return PAL_OK;
}

/* type(None): how the types of single values are pickled. With more arguments it builds a class. */
static enum pal_err
do_type(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	(void)m;
	if (n == 1 && args[0].tag == PAL_V_PLAIN)
		*ret_value = (struct pal_pickle_value){ .tag = PAL_V_PLAIN };
	return PAL_OK;
}

static enum pal_err
do_add_extension(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n,
		 struct pal_pickle_value *ret_value)
{
	(void)ret_value;
	return pal_pickle_register(m, args, n);
}

/* before: the names it leads to are given before the call, which is then said to be followed. */
static const struct {
	const char *modules; /* blanks between */
	const char *name;
	follow_fn  *fn;
	bool        before;
} followers[] = {
	{ "", "", NULL, false },
	{ "numpy", "dtype", do_dtype, false },
	{ "copyreg copy_reg", "_reconstructor", do_newobj, false },
	{ "copyreg copy_reg", "__newobj__", do_newobj, false },
	{ "copyreg copy_reg", "__newobj_ex__", do_newobj, false },
	{ "copyreg copy_reg", "add_extension", do_add_extension, false },
	{ "_codecs codecs", "encode", do_encode, false },
	{ "torch.storage", "_load_from_bytes", do_load_from_bytes, true },
	{ "builtins __builtin__ __builtins__", "type", do_type, true },
	{ "builtins __builtin__ __builtins__", "getattr", do_getattr, true },
	{ "builtins __builtin__ __builtins__", "__import__", do_import, false },
	{ "builtins __builtin__ __builtins__", "vars", do_vars, false },
	{ "builtins __builtin__ __builtins__", "map", do_map, false },
	{ "builtins __builtin__ __builtins__", "filter", do_map, false },
	{ "builtins __builtin__ __builtins__", "apply", do_apply, false },
	{ "builtins __builtin__ __builtins__ functools _functools", "reduce", do_reduce_items, false },
	{ "functools _functools", "partial", do_partial, true },
	{ "importlib importlib._bootstrap _frozen_importlib", "import_module", do_import, false },
	{ "importlib importlib._bootstrap _frozen_importlib", "__import__", do_import, false },
	{ "importlib._bootstrap _frozen_importlib", "_gcd_import", do_import, false },
	{ "cloudpickle.cloudpickle cloudpickle", "subimport", do_import, false },
	{ "dill._dill dill", "_import_module", do_resolve, false },
	{ "pkgutil", "resolve_name", do_resolve, false },
	{ "operator _operator", "attrgetter", do_attrgetter, false },
	{ "operator _operator", "methodcaller", do_methodcaller, false },
	{ "operator _operator", "itemgetter", do_itemgetter, false },
	{ "operator _operator", "getitem", do_getitem, false },
	{ "operator _operator", "call", do_call, false },
	{ "itertools", "starmap", do_starmap, false },
	{ "itertools", "takewhile", do_map, false },
	{ "itertools", "dropwhile", do_map, false },
	{ "itertools", "filterfalse", do_map, false },
};
#define FOLLOWER_COUNT (sizeof(followers) / sizeof(followers[0]))

uint8_t
pal_pickle_special(struct pal_view module, struct pal_view name)
{
	for (size_t i = 1; i < FOLLOWER_COUNT; i++) {
		struct pal_view modules = pal_view_of(followers[i].modules), one;

		if (!pal_view_is(name, followers[i].name))
			continue;
		while (pal_view_split(&modules, ' ', &one))
			if (pal_view_eq(module, one))
				return (uint8_t)i;
	}
	return 0;
}

/* ---- calls ---- */

/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
call_partial(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args, size_t n,
	     struct pal_pickle_value *ret_value)
{
	struct pal_pickle_value items[2 * PAL_PICKLE_ITEMS + 2] = { { 0 } };
	size_t                  count = 0;

	for (size_t i = 1; i < pal_pickle_item_count(m, callee); i++)
		items[count++] = pal_pickle_item(m, callee, i);
	for (size_t i = 0; i < n && i <= PAL_PICKLE_ITEMS; i++)
		items[count++] = args[i];
	return call_inner(m, pal_pickle_item(m, callee, 0), items, count, ret_value);
}

/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
call_method(struct pal_pickle *m, struct pal_pickle_value callee, struct pal_pickle_value on,
	    struct pal_pickle_value *ret_value)
{
	struct pal_pickle_value items[PAL_PICKLE_ITEMS] = { { 0 } }, method = { 0 };
	size_t                  count = 0;

	for (size_t i = 1; i < pal_pickle_item_count(m, callee); i++)
		items[count++] = pal_pickle_item(m, callee, i);
	PAL_TRY(attribute(m, on, pal_pickle_item(m, callee, 0), &method));
	return call_inner(m, method, items, count, ret_value);
}

/* What attrgetter(), methodcaller(), itemgetter(), partial() made is called; *ret_known: it could be followed. */
/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
static enum pal_err
call_made(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args, size_t n,
	  struct pal_pickle_value *ret_value, bool *ret_known)
{
	uint64_t before = m->given;

	if (pal_pickle_item_count(m, callee) == 0 || !charge(m))
		return PAL_OK; /* forgotten */
	if (callee.flag == PAL_CALLER_PARTIAL)
		PAL_TRY(call_partial(m, callee, args, n, ret_value));
	else if (n > 0 && callee.flag == PAL_CALLER_METHOD)
		PAL_TRY(call_method(m, callee, args[0], ret_value));
	else if (n > 0 && callee.flag == PAL_CALLER_ITEM)
		PAL_TRY(item_of(m, args[0], pal_pickle_item(m, callee, 0), ret_value));
	else if (n > 0)
		PAL_TRY(attribute(m, args[0], pal_pickle_item(m, callee, 0), ret_value));
	*ret_known = m->given > before || ret_value->tag == PAL_V_GLOBAL;
	return PAL_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): charge() bounds depth and number */
enum pal_err
pal_pickle_call(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args, size_t n,
		bool made, struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_name *name = callee.tag == PAL_V_GLOBAL ? pal_pickle_name(m, callee) : NULL;
	unsigned int                  special = name == NULL ? 0 : name->special;
	unsigned int                  how = made ? PAL_CALL_MADE : 0;
	bool                          known = false;

	*ret_value = (struct pal_pickle_value){ .tag = PAL_V_MADE, .at = name == NULL ? 0 : callee.at };
	if (callee.tag == PAL_V_CALLER) {
		PAL_TRY(call_made(m, callee, args, n, ret_value, &known));
		return known ? PAL_OK : pal_pickle_give_call(m, callee, args, n, 0);
	}
	if (special != 0 && followers[special].before) {
		PAL_TRY(followers[special].fn(m, args, n, ret_value));
		how |= ret_value->tag != PAL_V_MADE ? PAL_CALL_FOLLOWED : 0;
	}
	PAL_TRY(pal_pickle_give_call(m, callee, args, n, how));
	if (special != 0 && !followers[special].before)
		PAL_TRY(followers[special].fn(m, args, n, ret_value));
	return PAL_OK;
}
