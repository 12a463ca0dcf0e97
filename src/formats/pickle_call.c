/* pickle_call.c - the few calls whose result a reader must know to follow what comes after: attributes, modules, codes.
 */
#include "palisade/mem.h"
#include "pickle.h"

/* getattr(x, 'name'): the name becomes part of x's. */
static enum pal_err
attribute_of(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_name *of = n < 2 ? NULL : pal_pickle_name(m, args[0]);
	PAL_AUTO_BUF                  name = pal_buf_of(64 * 1024);
	struct pal_view               text = { 0 };

	if (of == NULL || args[0].tag != PAL_V_GLOBAL || args[1].tag != PAL_V_STR)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, args[1], 1024, &text));
	pal_buf_add(&name, of->name);
	if (name.len > 0)
		pal_buf_add_byte(&name, '.');
	pal_buf_add(&name, text);
	return pal_pickle_global(m, of->module, pal_buf_view(&name), ret_value);
}

/* __import__('os'): the module itself, as a name without attributes. */
static enum pal_err
module_of(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n, struct pal_pickle_value *ret_value)
{
	PAL_AUTO_BUF    module = pal_buf_of(64 * 1024);
	struct pal_view text = { 0 };

	if (n < 1 || args[0].tag != PAL_V_STR)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, args[0], 1024, &text));
	pal_buf_add(&module, text);
	return pal_pickle_global(m, pal_buf_view(&module), (struct pal_view){ 0 }, ret_value);
}

/* copyreg.add_extension('os', 'system', 7): from now on EXT1 7 means os.system. */
static enum pal_err
register_extension(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n)
{
	PAL_AUTO_BUF            module = pal_buf_of(64 * 1024);
	PAL_AUTO_BUF            name = pal_buf_of(64 * 1024);
	struct pal_view         text = { 0 };
	struct pal_pickle_value v = { 0 };

	if (n < 3 || args[0].tag != PAL_V_STR || args[1].tag != PAL_V_STR || args[2].tag != PAL_V_INT)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, args[0], 1024, &text));
	pal_buf_add(&module, text);
	PAL_TRY(pal_pickle_text(m, args[1], 1024, &text));
	pal_buf_add(&name, text);
	PAL_TRY(pal_pickle_global(m, pal_buf_view(&module), pal_buf_view(&name), &v));
	if (m->extension_count == sizeof(m->extensions) / sizeof(m->extensions[0]))
		return PAL_OK;
	m->extensions[m->extension_count].code = (int64_t)args[2].at;
	m->extensions[m->extension_count++].value = v;
	return PAL_OK;
}

enum pal_err
pal_pickle_extension(struct pal_pickle *m, int64_t code)
{
	for (size_t i = m->extension_count; i > 0; i--)
		if (m->extensions[i - 1].code == code)
			return pal_pickle_push(m, m->extensions[i - 1].value);
	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_pickle_extension, m->op_at,
				 "extension code %lld, which this file does not register", (long long)code));
	return pal_pickle_push(m, (struct pal_pickle_value){ 0 });
}

static bool
is_builtin(const struct pal_pickle *m, struct pal_pickle_value v, const char *name)
{
	return pal_pickle_is(m, v, "builtins", name) || pal_pickle_is(m, v, "__builtin__", name);
}

enum pal_err
pal_pickle_call(struct pal_pickle *m, struct pal_pickle_value callee, const struct pal_pickle_value *args, size_t n,
		struct pal_pickle_value *ret_value)
{
	*ret_value = (struct pal_pickle_value){ .tag = PAL_V_MADE, .at = callee.tag == PAL_V_GLOBAL ? callee.at : 0 };
	PAL_TRY(pal_pickle_give_call(m, callee, args, n));
	if (callee.tag != PAL_V_GLOBAL)
		return PAL_OK;
	if (pal_pickle_is(m, callee, "numpy", "dtype")) {
		if (n > 0)
			*ret_value = pal_pickle_dtype(m, args[0]);
		return PAL_OK;
	}
	if (is_builtin(m, callee, "getattr"))
		return attribute_of(m, args, n, ret_value);
	if (is_builtin(m, callee, "__import__") || pal_pickle_is(m, callee, "importlib", "import_module") ||
	    pal_pickle_is(m, callee, "importlib", "__import__"))
		return module_of(m, args, n, ret_value);
	if (pal_pickle_is(m, callee, "copyreg", "add_extension") ||
	    pal_pickle_is(m, callee, "copy_reg", "add_extension"))
		return register_extension(m, args, n);
	return PAL_OK;
}
