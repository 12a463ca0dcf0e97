/* globals.c - reads the table of callables and judges one; audit pal_globals_judge(). */
#include "globals.h"

#include "palisade/buf.h"
#include "palisade/utf8.h"
#include "names.h"

#define PARTS_MOST 32

struct pal_globals
pal_globals_of(struct pal_arena *a)
{
	return (struct pal_globals){ .arena = a, .rows = pal_map_of(a) };
}

static bool
verdict_of(struct pal_view v, struct pal_global *ret)
{
	static const struct {
		const char      *name;
		enum pal_verdict verdict;
		bool             make;
	} names[] = { { "allow", PAL_VERDICT_ALLOW, false },
		      { "make", PAL_VERDICT_ALLOW, true },
		      { "suspicious", PAL_VERDICT_SUSPICIOUS, false },
		      { "deny", PAL_VERDICT_DENY, false } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pal_view_is(v, names[i].name)) {
			ret->verdict = names[i].verdict;
			ret->make = names[i].make;
			return true;
		}
	return false;
}

/* The rows that one question may meet. */
struct table {
	const struct pal_globals *g;
	struct pal_view           loader;
};

static struct pal_view
key_of(struct pal_buf *b, struct pal_view loader, struct pal_view module, struct pal_view name)
{
	pal_buf_clear(b);
	pal_buf_add(b, loader);
	pal_buf_add_byte(b, '\n');
	pal_buf_add(b, module);
	pal_buf_add_byte(b, '\n');
	pal_buf_add(b, name);
	return pal_buf_view(b);
}

static enum pal_err
add_names(struct pal_globals *g, struct pal_view loader, struct pal_view module, struct pal_view names,
	  struct pal_global *row)
{
	PAL_AUTO_BUF    key = pal_buf_of(4096);
	struct pal_view name;

	while (pal_view_split(&names, ' ', &name)) {
		void **place;

		if (name.len == 0)
			continue;
		place = pal_map_put(&g->rows, key_of(&key, loader, module, name));
		if (place == NULL)
			return pal_arena_err(g->arena) == PAL_OK ? PAL_ENOMEM : pal_arena_err(g->arena);
		*place = row;
	}
	return PAL_OK;
}

/* The last column: the loaders that a row speaks for; without it, all. */
static enum pal_err
add_loaders(struct pal_globals *g, struct pal_view loaders, struct pal_view module, struct pal_view names,
	    struct pal_global *row)
{
	struct pal_view loader;

	if (pal_view_trim(loaders).len == 0)
		return add_names(g, (struct pal_view){ 0 }, module, names, row);
	while (pal_view_split(&loaders, ' ', &loader))
		if (loader.len > 0)
			PAL_TRY(add_names(g, loader, module, names, row));
	return PAL_OK;
}

static enum pal_err
take_row(struct pal_globals *g, struct pal_view line, const char *file, size_t number, struct pal_diag *d)
{
	struct pal_view    module, names, verdict, why = { 0 };
	struct pal_global *row = pal_arena_array(g->arena, 1, sizeof(*row));

	if (row == NULL)
		return pal_fail(d, pal_arena_err(g->arena), 0, "%s: rules do not fit in memory", file);
	if (!pal_view_split(&line, '\t', &module) || !pal_view_split(&line, '\t', &names) ||
	    !pal_view_split(&line, '\t', &verdict) || module.len == 0 || names.len == 0)
		return pal_fail(
		    d, PAL_ECONFIG, number,
		    "%s:%zu: expected module, names or *, verdict, reason and, if not all, loaders, with tabs "
		    "between",
		    file, number);
	if (!verdict_of(verdict, row))
		return pal_fail(d, PAL_ECONFIG, number,
				"%s:%zu: verdict is \"%.*s\", expected allow, make, suspicious or deny", file, number,
				(int)(verdict.len < 40 ? verdict.len : 40), (const char *)verdict.data);
	(void)pal_view_split(&line, '\t', &why);
	row->why = pal_arena_text(g->arena, why);
	if (row->why == NULL || add_loaders(g, line, module, names, row) != PAL_OK)
		return pal_fail(d, PAL_ENOMEM, 0, "%s: rules do not fit in memory", file);
	return PAL_OK;
}

enum pal_err
pal_globals_parse(struct pal_globals *g, struct pal_view text, const char *file, struct pal_diag *d)
{
	struct pal_view line;
	size_t          number = 0;

	if (!pal_utf8_valid(text))
		return pal_fail(d, PAL_ECONFIG, 0, "%s: the table is UTF-8, and this file is not", file);
	while (pal_view_line(&text, &line)) {
		number++;
		if (line.len > 0 && line.data[0] != '#')
			PAL_TRY(take_row(g, line, file, number, d));
	}
	return PAL_OK;
}

static const struct pal_global *
row_in(const struct table *t, struct pal_view loader, struct pal_view module, struct pal_view name)
{
	PAL_AUTO_BUF key = pal_buf_of(8192);

	return pal_map_get(&t->g->rows, key_of(&key, loader, module, name));
}

static const struct pal_global *
row_of(const struct table *t, struct pal_view module, struct pal_view name)
{
	const struct pal_global *row = row_in(t, t->loader, module, name);

	return row != NULL ? row : row_in(t, (struct pal_view){ 0 }, module, name);
}

/* The row for module and C* (classes) or *, else for the modules above it. */
static const struct pal_global *
wide_row(const struct table *t, struct pal_view loader, struct pal_view module, struct pal_view name)
{
	const struct pal_global *row = NULL;

	for (struct pal_view m = module; row == NULL && m.len > 0;) {
		size_t dot = m.len;

		if (pal_name_is_class(name))
			row = row_in(t, loader, m, pal_view_of("C*"));
		if (row == NULL)
			row = row_in(t, loader, m, pal_view_of("*"));
		while (dot > 0 && m.data[dot - 1] != '.')
			dot--;
		m = pal_view_sub(m, 0, dot == 0 ? 0 : dot - 1);
	}
	return row;
}

/* The row that names it, else a wide one of the loader, else a wide one for all loaders. */
static const struct pal_global *
best_row(const struct table *t, struct pal_view module, struct pal_view name)
{
	const struct pal_global *row = row_of(t, module, name);

	if (row == NULL)
		row = wide_row(t, t->loader, module, name);
	return row != NULL ? row : wide_row(t, (struct pal_view){ 0 }, module, name);
}

static bool
is_one_of(struct pal_view part, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (part.len > 0 && part.data[0] == (uint8_t)names[i][0] && pal_view_is(part, names[i]))
			return true;
	return false;
}

/* Attributes that lead out of an object into the interpreter; in a dotted name, all that Python itself defines. */
static bool
is_escape(struct pal_view part, bool dotted)
{
	static const char *const escapes[] = { "__globals__",
					       "__builtins__",
					       "__subclasses__",
					       "__class__",
					       "__bases__",
					       "__base__",
					       "__mro__",
					       "__code__",
					       "__import__",
					       "__loader__",
					       "__spec__",
					       "__dict__",
					       "__getattribute__",
					       "__reduce__",
					       "__reduce_ex__",
					       "__init_subclass__",
					       "__call__",
					       "__self__",
					       "__func__",
					       "__wrapped__",
					       "__closure__",
					       "__defaults__",
					       "__kwdefaults__",
					       "f_globals",
					       "f_builtins",
					       "f_locals",
					       "f_back",
					       "f_code",
					       "tb_frame",
					       "gi_frame",
					       "gi_code",
					       "cr_frame",
					       "cr_code",
					       "ag_frame",
					       "ag_code",
					       "cell_contents",
					       "func_globals",
					       "func_code",
					       "im_func",
					       "im_class",
					       NULL };

	if (dotted && part.len > 4 && pal_view_starts(part, "__") && pal_view_ends(part, "__"))
		return true;
	return is_one_of(part, escapes);
}

/* Attributes that are these modules, whatever module holds them: random._os, shutil.os. */
static bool
is_core(struct pal_view part)
{
	static const char *const core[] = { "os",
					    "posix",
					    "nt",
					    "sys",
					    "builtins",
					    "builtin__",
					    "builtins__",
					    "subprocess",
					    "posixsubprocess",
					    "importlib",
					    "frozen_importlib",
					    "frozen_importlib_external",
					    "imp",
					    "ctypes",
					    "pty",
					    "shutil",
					    "socket",
					    "runpy",
					    "pickle",
					    "cPickle",
					    "marshal",
					    "posixpath",
					    "ntpath",
					    "multiprocessing",
					    "pip",
					    "zipimport",
					    NULL };

	return is_one_of(pal_name_strip(part), core);
}

/* The same below a package, which may well call a module of its own "socket" or "pickle", but not these. */
static bool
is_core_module(struct pal_view part)
{
	static const char *const core[] = { "os",           "posix",      "nt",     "sys",    "builtins", "__builtin__",
					    "__builtins__", "subprocess", "ctypes", "shutil", NULL };

	return is_one_of(part, core);
}

/* Folders in which packages keep copies of others. */
static bool
is_shelf(struct pal_view part)
{
	static const char *const shelves[] = { "vendor",   "vendored",    "externals", "extern",
					       "packages", "third_party", NULL };

	return is_one_of(pal_name_strip(part), shelves);
}

static void
worse(struct pal_global *have, const struct pal_global *row)
{
	if (row != NULL && row->verdict > have->verdict)
		*have = *row;
}

static void
deny(struct pal_global *have, const char *why)
{
	worse(have, &(struct pal_global){ .verdict = PAL_VERDICT_DENY, .why = why });
}

/*
 * Follows name = a.b.c found in `module`. At every step the part may be a module under another name (shutil.os,
 * random._os), so it is judged as a module with what follows it as the name.
 */
static void
judge_parts(const struct table *t, struct pal_view module, struct pal_view name, struct pal_global *ret)
{
	struct pal_view rest = name, part;
	size_t          parts = 0;

	while (pal_view_split(&rest, '.', &part) && parts++ < PARTS_MOST) {
		const struct pal_global *row;

		if (is_escape(part, name.len > part.len))
			deny(ret, "reaches into the interpreter");
		if (is_core(part))
			deny(ret, "reaches a module that runs code or starts programs");
		if (rest.len == 0)
			break;
		row = best_row(t, part, rest);
		if (row == NULL)
			row = best_row(t, pal_name_strip(part), rest);
		if (row != NULL && row->verdict == PAL_VERDICT_DENY)
			worse(ret, row);
	}
	if (parts >= PARTS_MOST)
		deny(ret, "a name of absurd depth");
	/* a.b in module m may also be b in module m.a */
	for (size_t i = 0; i + 1 < name.len; i++) {
		PAL_AUTO_BUF             joined = pal_buf_of(8192);
		const struct pal_global *row;

		if (name.data[i] != '.')
			continue;
		row = best_row(t, module, pal_view_sub(name, 0, i)); /* what is reached through it is no better */
		if (row != NULL && row->verdict == PAL_VERDICT_DENY)
			worse(ret, row);
		pal_buf_add(&joined, module);
		pal_buf_add_byte(&joined, '.');
		pal_buf_add(&joined, pal_view_sub(name, 0, i));
		row = row_of(t, pal_buf_view(&joined), pal_view_sub(name, i + 1, name.len));
		if (row != NULL && row->verdict == PAL_VERDICT_DENY)
			worse(ret, row);
	}
}

/*
 * The parts of a module's name: one may be a module under another name (random._os, joblib.externals.cloudpickle), an
 * attribute of its parent that is denied (torch + compile), or a program that importing it runs (pip.__main__).
 */
static void
judge_module(const struct table *t, struct pal_view module, struct pal_view name, struct pal_global *ret)
{
	struct pal_view rest = module, part, above = { 0 }, before = { 0 };
	size_t          parts = 0;

	while (pal_view_split(&rest, '.', &part) && parts++ < PARTS_MOST) {
		const struct pal_global *row = parts == 1 ? NULL : row_of(t, above, part);

		if (is_escape(part, false))
			deny(ret, "reaches into the interpreter");
		if (parts > 1 && is_core_module(part))
			deny(ret, "reaches a module that runs code or starts programs");
		if (parts > 1 && pal_view_is(part, "__main__"))
			deny(ret, "importing it runs a program");
		if (row == NULL && is_shelf(before))
			row = best_row(t, part, name);
		if (row != NULL && row->verdict == PAL_VERDICT_DENY)
			worse(ret, row);
		above = pal_view_sub(module, 0, (size_t)(part.data + part.len - module.data));
		before = part;
	}
}

static struct pal_global
judge_plain(const struct table *t, struct pal_view module, struct pal_view name)
{
	struct pal_global        verdict = { .verdict = PAL_VERDICT_UNKNOWN, .why = "no list knows it" };
	bool                     dotted = pal_view_find_byte(name, '.', 0) != SIZE_MAX;
	const struct pal_global *row = best_row(t, module, name);

	if (row != NULL && row->verdict == PAL_VERDICT_ALLOW && row_of(t, module, name) == row)
		return *row; /* this very name is listed, whatever is said of the modules above it */
	if (row != NULL && (!dotted || row->verdict != PAL_VERDICT_ALLOW))
		verdict = *row; /* an allowed module does not allow what its attributes lead to */
	if (verdict.verdict == PAL_VERDICT_UNKNOWN) {
		worse(&verdict, row_of(t, pal_view_of("*"), name));
		verdict.stranger = true;
	}
	if (pal_name_malformed(module) || pal_name_malformed(name))
		deny(&verdict, "a name that no pickler writes");
	judge_module(t, module, name, &verdict);
	judge_parts(t, module, name, &verdict);
	return verdict;
}

static bool
is_ascii(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] >= 0x80)
			return false;
	return true;
}

struct pal_global
pal_globals_judge(const struct pal_globals *g, const char *loader, struct pal_view module, struct pal_view name)
{
	const struct table t = { g, pal_view_of(loader == NULL ? "pickle" : loader) };
	PAL_AUTO_BUF       plain_module = pal_buf_of(16384);
	PAL_AUTO_BUF       plain_name = pal_buf_of(16384);
	struct pal_global  verdict, folded;

	if (module.len > 2048 || name.len > 2048)
		return (struct pal_global){ .verdict = PAL_VERDICT_DENY, .why = "a name of absurd length" };
	verdict = judge_plain(&t, module, name);
	if (is_ascii(module) && is_ascii(name))
		return verdict;
	pal_name_fold(module, &plain_module);
	pal_name_fold(name, &plain_name);
	if (pal_view_eq(pal_buf_view(&plain_module), module) && pal_view_eq(pal_buf_view(&plain_name), name))
		return verdict;
	folded = judge_plain(&t, pal_buf_view(&plain_module), pal_buf_view(&plain_name));
	if (folded.verdict == PAL_VERDICT_DENY)
		deny(&verdict, "a dangerous name, written in letters that look like others");
	worse(&verdict, &(struct pal_global){ .verdict = PAL_VERDICT_SUSPICIOUS,
					      .why = "written in letters that look like others" });
	return verdict;
}
