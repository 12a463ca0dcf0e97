/* python.c - Python's statements: what they bind, and whether importing the file runs them. */
#include "python.h"

#include "palisade/buf.h"

#define EDGES_MOST 20000

static const struct pal_python_token *
token(const struct pal_python *p)
{
	return &p->lexer.token;
}

static void
next(struct pal_python *p)
{
	pal_python_next(&p->lexer);
}

static bool
take_sign(struct pal_python *p, const char *sign)
{
	bool here = token(p)->kind == PAL_PYTHON_SIGN && pal_view_is(token(p)->text, sign);

	if (here)
		next(p);
	return here;
}

static bool
take_word(struct pal_python *p, const char *word)
{
	bool here = token(p)->kind == PAL_PYTHON_NAME && pal_view_is(token(p)->text, word);

	if (here)
		next(p);
	return here;
}

static bool
line_over(const struct pal_python *p)
{
	return token(p)->kind == PAL_PYTHON_NEWLINE || token(p)->kind == PAL_PYTHON_END ||
	       token(p)->kind == PAL_PYTHON_INDENT || token(p)->kind == PAL_PYTHON_DEDENT;
}

/* ---- names ---- */

const struct pal_python_value *
pal_python_bound(const struct pal_python *p, struct pal_view name)
{
	return pal_map_get(&p->names, name);
}

/* What stands for a watched function goes on doing so: `os = None` in a branch hides nothing. */
void
pal_python_bind(struct pal_python *p, struct pal_view name, const struct pal_python_value *v)
{
	const struct pal_python_value *old = pal_map_get(&p->names, name);
	struct pal_python_value       *kept = NULL;
	void                         **place = NULL;

	if (old != NULL && pal_python_is_watched(old->path) && !pal_python_is_watched(v->path))
		return;
	kept = pal_arena_array(p->arena, 1, sizeof(*kept));
	place = kept == NULL ? NULL : pal_map_put(&p->names, name);
	if (place == NULL)
		return;
	*kept = *v;
	kept->function = p->function;
	if (old != NULL && old->function == p->function) { /* data = decode(data) in a branch */
		kept->decoded = kept->decoded || old->decoded;
		kept->fetched = kept->fetched || old->fetched;
	}
	*place = kept;
}

static void
bind_path(struct pal_python *p, struct pal_view name, struct pal_view path)
{
	struct pal_python_value v = { .path = path };

	pal_python_bind(p, name, &v);
}

void
pal_python_call_local(struct pal_python *p, struct pal_view name)
{
	struct pal_python_edge *e = NULL;
	bool                    named = p->functions == 0 || p->owner.len > 0;

	if (p->mains > 0 || !named || p->edges.count >= EDGES_MOST)
		return;
	e = pal_list_add(&p->edges);
	if (e != NULL)
		*e = (struct pal_python_edge){ .from = p->owner, .to = name };
}

/* a.b.c, as it stands; *ret_first: a */
static struct pal_view
dotted_name(struct pal_python *p, struct pal_view *ret_first)
{
	PAL_AUTO_BUF b = pal_buf_of(512);

	*ret_first = token(p)->text;
	while (token(p)->kind == PAL_PYTHON_NAME ||
	       (token(p)->kind == PAL_PYTHON_SIGN &&
		(pal_view_is(token(p)->text, ".") || pal_view_is(token(p)->text, "...")))) {
		if (token(p)->kind == PAL_PYTHON_NAME &&
		    (pal_view_is(token(p)->text, "import") || pal_view_is(token(p)->text, "as")))
			break;
		pal_buf_add(&b, token(p)->text);
		next(p);
	}
	return pal_arena_copy(p->arena, pal_buf_view(&b));
}

static void
import_statement(struct pal_python *p)
{
	do {
		struct pal_view first = { 0 }, path = dotted_name(p, &first);

		if (take_word(p, "as") && token(p)->kind == PAL_PYTHON_NAME) {
			bind_path(p, token(p)->text, path);
			next(p);
		} else if (path.len > 0) {
			bind_path(p, first, first);
		}
	} while (take_sign(p, ","));
}

static void
from_statement(struct pal_python *p)
{
	struct pal_view first = { 0 }, module = dotted_name(p, &first);

	if (!take_word(p, "import"))
		return;
	if (take_sign(p, "*") && p->star_count < PAL_PYTHON_STARS)
		p->stars[p->star_count++] = module;
	while (!line_over(p)) {
		struct pal_view name = token(p)->text;
		const char     *path = NULL;

		if (token(p)->kind != PAL_PYTHON_NAME) {
			next(p); /* brackets and commas */
			continue;
		}
		next(p);
		path = module.len > 300 || name.len > 200
			   ? NULL
			   : pal_arena_printf(p->arena, "%.*s.%.*s", (int)module.len, (const char *)module.data,
					      (int)name.len, (const char *)name.data);
		if (take_word(p, "as") && token(p)->kind == PAL_PYTHON_NAME) {
			name = token(p)->text;
			next(p);
		}
		if (path != NULL && path[0] != '.')
			bind_path(p, name, pal_view_of(path));
	}
}

/* ---- blocks ---- */

static void
enter(struct pal_python *p, enum pal_python_block b)
{
	p->functions += b == PAL_BLOCK_FUNCTION;
	p->mains += b == PAL_BLOCK_MAIN;
}

static void
leave(struct pal_python *p, enum pal_python_block b)
{
	p->functions -= b == PAL_BLOCK_FUNCTION;
	p->mains -= b == PAL_BLOCK_MAIN;
	if (p->functions == 0) {
		p->owner = (struct pal_view){ 0 };
		p->function = 0;
	}
	if (b == PAL_BLOCK_CLASS && p->functions == 0)
		p->class = (struct pal_view){ 0 };
}

static void
open_block(struct pal_python *p)
{
	if (p->block_count == PAL_PYTHON_BLOCKS)
		return;
	if (p->pending == PAL_BLOCK_CLASS && p->functions == 0)
		p->class = p->pending_class;
	p->blocks[p->block_count++] = p->pending;
	enter(p, p->pending);
	p->pending = PAL_BLOCK_PLAIN;
}

static void
close_block(struct pal_python *p)
{
	if (p->block_count > 0)
		leave(p, p->blocks[--p->block_count]);
}

static bool
is_any(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

/* Who a function's calls belong to: its own name, or, for methods that run by themselves, their class's. */
static struct pal_view
owner_of(const struct pal_python *p, struct pal_view name)
{
	static const char *const by_itself[] = { "__init__",      "__new__",           "__call__",
						 "__post_init__", "__enter__",         "__init_subclass__",
						 "__set_name__",  "__class_getitem__", NULL };

	if (p->class.len == 0)
		return name;
	return is_any(name, by_itself) ? p->class : (struct pal_view)
	{
		0
	};
}

static void
bind_local(struct pal_python *p, struct pal_view name)
{
	const char *path =
	    name.len > 200 ? NULL : pal_arena_printf(p->arena, ".%.*s", (int)name.len, (const char *)name.data);

	if (path != NULL)
		bind_path(p, name, pal_view_of(path));
}

/* ---- statements ---- */

/* Expressions up to the end of the line or to the : that opens a block; what is assigned gets its name. */
static void
expressions(struct pal_python *p, bool header)
{
	struct pal_view target = { 0 };

	while (!line_over(p)) {
		size_t                  before = token(p)->at;
		struct pal_python_lexer back = p->lexer;
		struct pal_python_value v;
		struct pal_view         first = { 0 }, name = { 0 };

		if (take_sign(p, ";"))
			return;
		if (header && take_sign(p, ":"))
			return;
		if (token(p)->kind == PAL_PYTHON_NAME && target.len == 0) {
			name = dotted_name(p, &first);
			p->lexer = back;
		}
		v = pal_python_expression(p);
		if (target.len > 0)
			pal_python_bind(p, target, &v);
		target = (struct pal_view){ 0 };
		if (token(p)->kind == PAL_PYTHON_SIGN && pal_view_is(token(p)->text, "="))
			target = name;
		if (take_word(p, "as") && token(p)->kind == PAL_PYTHON_NAME) /* with f() as name */
			pal_python_bind(p, token(p)->text, &v);
		if (take_sign(p, "=") || take_sign(p, ","))
			continue;
		if (token(p)->at == before && !line_over(p))
			next(p);
	}
}

static void
function_statement(struct pal_python *p)
{
	struct pal_view name = token(p)->text;

	if (token(p)->kind != PAL_PYTHON_NAME)
		return;
	next(p);
	bind_local(p, name);
	while (!line_over(p) && !take_sign(p, "("))
		next(p); /* [T] of PEP 695 */
	pal_python_parameters(p);
	if (take_sign(p, "->"))
		(void)pal_python_expression(p);
	while (!line_over(p) && !take_sign(p, ":"))
		next(p);
	if (p->functions == 0) {
		p->owner = owner_of(p, name);
		p->function = ++p->function_count;
	}
	p->pending = PAL_BLOCK_FUNCTION;
}

static void
class_statement(struct pal_python *p)
{
	struct pal_view name = token(p)->text;

	if (token(p)->kind != PAL_PYTHON_NAME)
		return;
	next(p);
	bind_local(p, name);
	p->pending_class = name;
	expressions(p, true);
	p->pending = PAL_BLOCK_CLASS;
}

/* if __name__ == "__main__": runs when the file is a program, not when it is imported. */
static bool
is_main(struct pal_python *p)
{
	struct pal_python_lexer back = p->lexer;
	bool main = take_word(p, "__name__") && take_sign(p, "==") && token(p)->kind == PAL_PYTHON_STRING &&
		    pal_view_is(token(p)->text, "__main__");

	p->lexer = back;
	return main;
}

static void
decorator(struct pal_python *p)
{
	struct pal_python_value v = pal_python_expression(p);

	if (v.path.len > 1 && v.path.data[0] == '.')
		pal_python_call_local(p, pal_view_sub(v.path, 1, v.path.len));
}

/* One statement, or the head of a compound one; true: what follows on the line stands in its block. */
static bool
statement(struct pal_python *p)
{
	static const char *const heads[] = { "if",   "elif",   "else",    "for",   "while", "try",
					     "with", "except", "finally", "match", "case",  NULL };
	static const char *const plain[] = { "return",   "assert", "raise", "del",      "pass",  "global",
					     "nonlocal", "break",  "yield", "continue", "print", NULL };

	(void)take_word(p, "async");
	if (take_word(p, "import")) {
		import_statement(p);
	} else if (take_word(p, "from")) {
		from_statement(p);
	} else if (take_word(p, "def")) {
		function_statement(p);
		return true;
	} else if (take_word(p, "class")) {
		class_statement(p);
		return true;
	} else if (take_sign(p, "@")) {
		decorator(p);
	} else if (token(p)->kind == PAL_PYTHON_NAME && is_any(token(p)->text, heads)) {
		bool branch = take_word(p, "if");

		p->pending = branch && is_main(p) ? PAL_BLOCK_MAIN : PAL_BLOCK_PLAIN;
		if (!branch)
			next(p);
		expressions(p, true);
		return true;
	} else {
		if (token(p)->kind == PAL_PYTHON_NAME && is_any(token(p)->text, plain) &&
		    !pal_view_is(token(p)->text, "print"))
			next(p);
		expressions(p, false);
	}
	return false;
}

/* A logical line; behind the head of a block on the same line: def f(): return 1 */
static void
logical_line(struct pal_python *p)
{
	enum pal_python_block inside[4];
	size_t                count = 0;

	while (!line_over(p)) {
		bool head = statement(p);

		if (head && !line_over(p) && count < 4) {
			inside[count++] = p->pending;
			enter(p, p->pending);
			p->pending = PAL_BLOCK_PLAIN;
		} else if (!line_over(p) && !head && !take_sign(p, ";") && token(p)->kind == PAL_PYTHON_SIGN) {
			next(p); /* never stand still */
		}
	}
	while (count > 0)
		leave(p, inside[--count]);
}

void
pal_python_program(struct pal_python *p)
{
	size_t outer = p->block_count;

	while (token(p)->kind != PAL_PYTHON_END) {
		switch (token(p)->kind) {
		case PAL_PYTHON_NEWLINE:
			next(p);
			break;
		case PAL_PYTHON_INDENT:
			open_block(p);
			next(p);
			break;
		case PAL_PYTHON_DEDENT:
			if (p->block_count > outer)
				close_block(p);
			next(p);
			break;
		case PAL_PYTHON_NAME:
		case PAL_PYTHON_NUMBER:
		case PAL_PYTHON_STRING:
		case PAL_PYTHON_SIGN:
			p->pending = PAL_BLOCK_PLAIN;
			logical_line(p);
			break;
		case PAL_PYTHON_END:
			break;
		}
	}
	while (p->block_count > outer)
		close_block(p);
}

bool
pal_python_read(struct pal_view text, struct pal_arena *a, struct pal_list *ret_edges, pal_python_say_fn *say,
		void *arg)
{
	struct pal_python *p = pal_arena_array(a, 1, sizeof(*p));

	if (p == NULL)
		return false;
	*p = (struct pal_python){ .arena = a,
				  .say = say,
				  .arg = arg,
				  .names = pal_map_of(a),
				  .edges = pal_list_of(a, sizeof(struct pal_python_edge)) };
	pal_python_lex_init(&p->lexer, text, a);
	pal_python_program(p);
	*ret_edges = p->edges;
	return pal_arena_err(a) == PAL_OK;
}
