/* globals.c - reads the table of callables and judges one; audit pal_globals_judge(). */
#include "globals.h"

#include "palisade/buf.h"
#include "palisade/utf8.h"

#define PARTS_MOST 32

struct pal_globals
pal_globals_of(struct pal_arena *a)
{
	return (struct pal_globals){ .arena = a, .rows = pal_map_of(a) };
}

static bool
verdict_of(struct pal_view v, enum pal_verdict *ret)
{
	static const struct {
		const char      *name;
		enum pal_verdict verdict;
	} names[] = { { "allow", PAL_VERDICT_ALLOW },
		      { "suspicious", PAL_VERDICT_SUSPICIOUS },
		      { "deny", PAL_VERDICT_DENY } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pal_view_is(v, names[i].name)) {
			*ret = names[i].verdict;
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
	if (!verdict_of(verdict, &row->verdict))
		return pal_fail(d, PAL_ECONFIG, number,
				"%s:%zu: verdict is \"%.*s\", expected allow, suspicious or deny", file, number,
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

static struct pal_view
strip_underscores(struct pal_view v)
{
	while (v.len > 1 && v.data[0] == '_')
		v = pal_view_sub(v, 1, v.len);
	return v;
}

/* By custom the name of a class: a capital first, underscores aside, and no dot. */
static bool
is_class(struct pal_view name)
{
	struct pal_view n = strip_underscores(name);

	return n.len > 0 && n.data[0] >= 'A' && n.data[0] <= 'Z' && pal_view_find_byte(n, '.', 0) == SIZE_MAX;
}

/* The row for module and C* (classes) or *, else for the modules above it. */
static const struct pal_global *
wide_row(const struct table *t, struct pal_view loader, struct pal_view module, struct pal_view name)
{
	const struct pal_global *row = NULL;

	for (struct pal_view m = module; row == NULL && m.len > 0;) {
		size_t dot = m.len;

		if (is_class(name))
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

/* Attributes that lead out of an object into the interpreter. */
static bool
is_escape(struct pal_view part)
{
	static const char *const escapes[] = { "__globals__",   "__builtins__",      "__subclasses__",   "__class__",
					       "__bases__",     "__mro__",           "__code__",         "__import__",
					       "__loader__",    "__dict__",          "__getattribute__", "__reduce__",
					       "__reduce_ex__", "__init_subclass__", "f_globals",        "gi_frame",
					       "__call__" };

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (pal_view_is(part, escapes[i]))
			return true;
	return false;
}

static void
worse(struct pal_global *have, const struct pal_global *row)
{
	if (row != NULL && row->verdict > have->verdict)
		*have = *row;
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

		if (is_escape(part))
			worse(ret, &(struct pal_global){ PAL_VERDICT_DENY, "reaches into the interpreter" });
		if (rest.len == 0)
			break;
		row = best_row(t, part, rest);
		if (row == NULL)
			row = best_row(t, strip_underscores(part), rest);
		if (row != NULL && row->verdict == PAL_VERDICT_DENY)
			worse(ret, row);
	}
	if (parts >= PARTS_MOST)
		worse(ret, &(struct pal_global){ PAL_VERDICT_DENY, "a name of absurd depth" });
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

/* A module reached through another (random._os, shutil.os), or through what it must not be reached through. */
static void
judge_module(const struct table *t, struct pal_view module, struct pal_view name, struct pal_global *ret)
{
	struct pal_view rest = module, part;
	size_t          parts = 0;

	while (pal_view_split(&rest, '.', &part) && parts++ < PARTS_MOST) {
		const struct pal_global *row = NULL;

		if (is_escape(part))
			worse(ret, &(struct pal_global){ PAL_VERDICT_DENY, "reaches into the interpreter" });
		if (parts == 1)
			continue;
		row = best_row(t, strip_underscores(part), name);
		if (row != NULL && row->verdict == PAL_VERDICT_DENY && ret->verdict == PAL_VERDICT_UNKNOWN)
			worse(ret, row);
	}
}

struct pal_global
pal_globals_judge(const struct pal_globals *g, const char *loader, struct pal_view module, struct pal_view name)
{
	const struct table       t = { g, pal_view_of(loader == NULL ? "pickle" : loader) };
	struct pal_global        verdict = { PAL_VERDICT_UNKNOWN, "no list knows it" };
	bool                     dotted = pal_view_find_byte(name, '.', 0) != SIZE_MAX;
	const struct pal_global *any, *row = best_row(&t, module, name);

	if (module.len > 2048 || name.len > 2048)
		return (struct pal_global){ PAL_VERDICT_DENY, "a name of absurd length" };
	if (row != NULL && (!dotted || row->verdict != PAL_VERDICT_ALLOW))
		verdict = *row; /* an allowed module does not allow what its attributes lead to */
	else if (row != NULL && row_of(&t, module, name) != NULL)
		return *row; /* this very dotted name is listed */
	any = row_of(&t, pal_view_of("*"), name);
	if (verdict.verdict == PAL_VERDICT_UNKNOWN)
		worse(&verdict, any);
	judge_module(&t, module, name, &verdict);
	judge_parts(&t, module, name, &verdict);
	return verdict;
}
