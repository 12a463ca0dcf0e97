/* pickle_build.c - BUILD, APPEND, SETITEM and their like: state and items are put into what is on the stack. */
#include "palisade/utf8.h"
#include "pickle.h"

#define JOBLIB     "joblib.numpy_pickle"
#define JOBLIB_OLD "sklearn.externals.joblib.numpy_pickle"

static enum pal_err
say_written(struct pal_pickle *m, const struct pal_rule *rule, const char *what)
{
	const struct pal_pickle_value *top = pal_pickle_top(m);
	const struct pal_pickle_name  *name = top == NULL ? NULL : pal_pickle_name(m, *top);
	PAL_AUTO_BUF                   text = pal_buf_of(4096);

	if (name != NULL) {
		pal_utf8_clean(name->module, 200, &text);
		pal_buf_add_byte(&text, '.');
		pal_utf8_clean(name->name, 200, &text);
	}
	return pal_sink_anomaly(m->sink, rule, m->op_at, "%s %s", what, pal_buf_text(&text));
}

/* Tensors and storages take items by index, and what is written lands in memory that the file described. */
static bool
is_tensor(const struct pal_pickle_name *n)
{
	return n != NULL && (pal_view_is(n->module, "torch._utils") || pal_view_is(n->module, "torch._tensor") ||
			     pal_view_is(n->module, "torch.storage") ||
			     ((pal_view_is(n->module, "torch") || pal_view_is(n->module, "torch.cuda")) &&
			      (pal_view_ends(n->name, "Storage") || pal_view_ends(n->name, "Tensor"))));
}

/* __setstate__ as an item of a state: the next BUILD calls it. */
static enum pal_err
look_for_setter(struct pal_pickle *m, struct pal_pickle_value *dict, const struct pal_pickle_value *items, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		if (items[i].tag != PAL_V_STR || (items[i].aux & PAL_V_SETTING) == 0 ||
		    (items[i + 1].tag != PAL_V_GLOBAL && items[i + 1].tag != PAL_V_CALLER))
			continue;
		m->setter = items[i + 1];
		dict->flag |= PAL_V_SETTER;
	}
	return PAL_OK;
}

enum pal_err
pal_pickle_put_items(struct pal_pickle *m, uint8_t op, const struct pal_pickle_value *items, size_t n)
{
	struct pal_pickle_value *top = pal_pickle_top(m);
	bool                     pairs = op == 's' || op == 'u';

	if (top == NULL)
		return pal_pickle_broken(m, "adds to nothing");
	switch (top->tag) {
	case PAL_V_GLOBAL:
		return say_written(m, &pal_anomaly_pickle_build, "items are written into");
	case PAL_V_DICT:
		if (!pairs && n > 0)
			return pal_pickle_broken(m, "appends to a dictionary");
		PAL_TRY(look_for_setter(m, top, items, n));
		return pal_pickle_add(m, top, items, n);
	case PAL_V_LIST:
		if (pairs && n > 0)
			return say_written(m, &pal_anomaly_pickle_items, "items are set by index in a list");
		return pal_pickle_add(m, top, items, n);
	case PAL_V_MADE:
		if (n > 0 && is_tensor(pal_pickle_name(m, *top)))
			return say_written(m, &pal_anomaly_pickle_items, "items are written into");
		return PAL_OK;
	case PAL_V_UNKNOWN:
		return PAL_OK;
	default:
		return n == 0 ? PAL_OK : pal_pickle_broken(m, "adds items to what holds none");
	}
}

/*
 * SciPy's distributions run the text _parse_arg_template of their state. Theirs defines three functions; one bracket of
 * a call among the parameters, or another line, is a program of somebody else.
 */
static bool
is_scipys_template(struct pal_view text)
{
	struct pal_view line;

	while (pal_view_line(&text, &line)) {
		size_t open = pal_view_find_byte(line, '(', 0);

		if (line.len == 0 || pal_view_starts(line, "    return "))
			continue;
		if (!pal_view_starts(line, "def _parse_args") || open == SIZE_MAX ||
		    pal_view_find_byte(line, '(', open + 1) != SIZE_MAX || !pal_view_ends(line, "):") ||
		    pal_view_find_byte(line, '[', 0) != SIZE_MAX || pal_view_find_byte(line, ';', 0) != SIZE_MAX ||
		    pal_view_find_byte(line, '\\', 0) != SIZE_MAX || pal_view_find_byte(line, '@', 0) != SIZE_MAX)
			return false;
	}
	return true;
}

static enum pal_err
look_at_template(struct pal_pickle *m, struct pal_pickle_value state)
{
	size_t n = pal_pickle_item_count(m, state);

	for (size_t i = 0; state.tag == PAL_V_DICT && i + 1 < n; i += 2) {
		struct pal_pickle_value text = pal_pickle_item(m, state, i + 1), callee = { 0 };
		struct pal_view         v = { 0 };

		if (!pal_pickle_text_is(m, pal_pickle_item(m, state, i), "_parse_arg_template"))
			continue;
		PAL_TRY(pal_pickle_text(m, text, 65536, &v));
		if (text.tag == PAL_V_STR && text.len < PAL_PICKLE_LONG && is_scipys_template(v))
			continue;
		PAL_TRY(pal_pickle_global(m, pal_view_of("builtins"), pal_view_of("exec"), &callee));
		PAL_TRY(pal_pickle_give_call(m, callee, &text, 1, 0));
	}
	return PAL_OK;
}

/* A second BUILD on an object whose first one set __setstate__ is a call of it. */
static enum pal_err
look_for_call(struct pal_pickle *m, struct pal_pickle_value state)
{
	struct pal_pickle_value result = { 0 };

	if (m->armed && m->setter.tag != PAL_V_UNKNOWN)
		PAL_TRY(pal_pickle_call(m, m->setter, &state, 1, false, &result));
	m->armed = state.tag == PAL_V_DICT && (state.flag & PAL_V_SETTER) != 0;
	if (m->armed)
		return say_written(m, &pal_anomaly_pickle_build, "__setstate__ is put into the state of");
	m->armed = false;
	return PAL_OK;
}

/* A tuple of two is (attributes, slots): either may hold the setter. */
static enum pal_err
look_at_state(struct pal_pickle *m, struct pal_pickle_value state)
{
	if (state.tag != PAL_V_TUPLE || pal_pickle_item_count(m, state) != 2)
		return look_for_call(m, state);
	for (size_t i = 0; i < 2; i++) {
		struct pal_pickle_value part = pal_pickle_item(m, state, i);

		if (part.tag == PAL_V_DICT && (part.flag & PAL_V_SETTER) != 0)
			return look_for_call(m, part);
	}
	return look_for_call(m, state);
}

enum pal_err
pal_pickle_build(struct pal_pickle *m, struct pal_pickle_value state)
{
	struct pal_pickle_value      *top = pal_pickle_top(m);
	const struct pal_pickle_name *name = top == NULL ? NULL : pal_pickle_name(m, *top);

	if (top == NULL)
		return pal_pickle_broken(m, "adds to nothing");
	if (top->tag == PAL_V_GLOBAL)
		return say_written(m, &pal_anomaly_pickle_build, "state is written into");
	if (top->tag == PAL_V_CALLER)
		return pal_pickle_partial_build(m, top, state);
	if (top->tag == PAL_V_DTYPE)
		pal_pickle_dtype_build(m, top, state);
	if (top->tag == PAL_V_MADE)
		PAL_TRY(look_at_state(m, state));
	if (top->tag == PAL_V_MADE && name != NULL && pal_view_starts(name->module, "scipy.stats"))
		PAL_TRY(look_at_template(m, state));
	if (m->arrays && (pal_pickle_is(m, *top, JOBLIB, "NumpyArrayWrapper") ||
			  pal_pickle_is(m, *top, JOBLIB_OLD, "NumpyArrayWrapper")))
		return pal_pickle_array(m, state);
	return PAL_OK;
}
