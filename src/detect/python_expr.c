/* python_expr.c - Python's expressions, operators in the order that they stand in: what matters is which names and
 * constants meet. Depth is bounded in pal_python_expression(). */
#include "python.h"

#define DEPTH_MOST  40
#define NESTED_MOST 3 /* programs in strings of programs */
#define PATH_MOST   512
#define INSIDE_MOST ((size_t)1 << 20)
#define ARGS_MOST   16

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
at_sign(const struct pal_python *p, const char *sign)
{
	return token(p)->kind == PAL_PYTHON_SIGN && pal_view_is(token(p)->text, sign);
}

static bool
take_sign(struct pal_python *p, const char *sign)
{
	bool here = at_sign(p, sign);

	if (here)
		next(p);
	return here;
}

static bool
at_word(const struct pal_python *p, const char *word)
{
	return token(p)->kind == PAL_PYTHON_NAME && pal_view_is(token(p)->text, word);
}

/* The end of the logical line; inside brackets there is none but the file's. */
static bool
at_end(const struct pal_python *p)
{
	return token(p)->kind != PAL_PYTHON_NAME && token(p)->kind != PAL_PYTHON_NUMBER &&
	       token(p)->kind != PAL_PYTHON_STRING && token(p)->kind != PAL_PYTHON_SIGN;
}

static bool
is_any(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

static bool
is_text(const struct pal_python_value *v)
{
	return v->fold.kind == PAL_FOLD_TEXT;
}

static struct pal_view
dotted(struct pal_python *p, struct pal_view path, struct pal_view name)
{
	const char *joined = NULL;

	if (path.len == 0 || path.len + name.len > PATH_MOST)
		return (struct pal_view){ 0 };
	joined = pal_arena_printf(p->arena, "%.*s.%.*s", (int)path.len, (const char *)path.data, (int)name.len,
				  (const char *)name.data);
	return pal_view_of(joined);
}

static void
mix(struct pal_python_value *v, const struct pal_python_value *with)
{
	v->decoded = v->decoded || with->decoded;
	v->fetched = v->fetched || with->fetched;
	v->secret = v->secret || with->secret;
	v->shell = v->shell || with->shell;
}

/* ---- calls ---- */

struct args {
	struct pal_python_value items[ARGS_MOST];
	struct pal_view         names[ARGS_MOST];
	size_t                  count;
	struct pal_python_value all; /* the marks of all of them */
};

static bool
is_now(const struct pal_python *p)
{
	return p->functions == 0 && p->mains == 0 && p->lambdas == 0;
}

/* The longest constant in a list such as ["sh", "-c", "curl ... | sh"]. */
static struct pal_view
telling(const struct args *a)
{
	struct pal_view best = { 0 };

	for (size_t i = 0; i < a->count; i++) {
		const struct pal_fold_value *f = &a->items[i].fold;

		if (f->text.len > best.len)
			best = f->text;
		for (size_t k = 0; f->kind == PAL_FOLD_LIST && k < f->count; k++)
			best = f->items[k].text.len > best.len ? f->items[k].text : best;
	}
	return best;
}

static void
report(struct pal_python *p, enum pal_python_call_kind kind, struct pal_view path, const struct args *a,
       const struct pal_python_token *where)
{
	struct pal_python_call c = { .kind = kind,
				     .path = path,
				     .text = telling(a),
				     .line = where->line,
				     .at = where->at,
				     .now = is_now(p),
				     .owner = p->owner,
				     .decoded = a->all.decoded,
				     .fetched = a->all.fetched,
				     .secret = a->all.secret,
				     .shell = a->all.shell,
				     .constant = a->count > 0 &&
						 (is_text(&a->items[0]) || a->items[0].fold.kind == PAL_FOLD_LIST) };

	p->say(p->arg, &c);
}

/* exec("..."): the program in the string is read as if it stood here. */
static void
read_inside(struct pal_python *p, struct pal_view text)
{
	struct pal_python_lexer outer = p->lexer;
	uint64_t                line = token(p)->line;

	if (p->nested == NESTED_MOST || text.len == 0 || text.len > INSIDE_MOST - p->inside)
		return;
	p->nested++;
	p->inside += text.len;
	pal_python_lex_init(&p->lexer, text, p->arena);
	p->lexer.line = line;
	pal_python_program(p);
	p->lexer = outer;
	p->nested--;
}

/* ---- what a call gives ---- */

static struct pal_python_value
named(struct pal_view path)
{
	return (struct pal_python_value){ .path = path };
}

/* getattr(x, "name"), __import__("name"), sys.modules.get("name"): another way to write a name. */
static bool
gives_name(struct pal_python *p, struct pal_view path, const struct args *a, struct pal_python_value *ret_value)
{
	static const char *const importers[] = { "builtins.__import__",     "importlib.import_module",
						 "importlib.__import__",    "sys.modules.get",
						 "sys.modules.__getitem__", NULL };

	if (pal_view_is(path, "builtins.getattr") && a->count >= 2 && is_text(&a->items[1])) {
		*ret_value = named(dotted(p, a->items[0].path, a->items[1].fold.text));
		return ret_value->path.len > 0;
	}
	if (is_any(path, importers) && a->count >= 1 && is_text(&a->items[0])) {
		struct pal_view module = a->items[0].fold.text;
		size_t          dot = pal_view_find_byte(module, '.', 0);

		if (pal_view_is(path, "builtins.__import__") && dot != SIZE_MAX)
			module = pal_view_sub(module, 0, dot); /* which gives the package */
		*ret_value = named(module);
		return true;
	}
	if (pal_view_is(path, "operator.attrgetter") || pal_view_is(path, "builtins.vars"))
		*ret_value = a->count > 0 ? a->items[0] : *ret_value;
	return false;
}

/* A method of a constant, and what keeps the marks of what it was called on. */
static struct pal_python_value
method(struct pal_python *p, const struct pal_python_value *on, struct pal_view name, const struct args *a)
{
	static const char *const same[] = { "decode", "encode", "strip", "format", NULL };
	struct pal_fold_value    folded[ARGS_MOST];
	struct pal_python_value  v = { 0 };

	for (size_t i = 0; i < a->count; i++)
		folded[i] = a->items[i].fold;
	if (is_text(on) && (is_any(name, (const char *const[]){ "decode", "encode", NULL })))
		v = *on;
	else if (is_text(on))
		v.fold = pal_fold_apply(p->arena, name, &on->fold, folded, a->count);
	mix(&v, on);
	mix(&v, &a->all);
	if (!is_text(on) && on->path.len > 0 && !is_any(name, same))
		v.path = (struct pal_view){ 0 };
	if (is_text(on) && pal_view_is(name, "fromhex"))
		v.decoded = true;
	return v;
}

static struct pal_python_value
called(struct pal_python *p, const struct pal_python_value *of, const struct pal_python_value *on,
       struct pal_view method_name, const struct args *a, const struct pal_python_token *where)
{
	struct pal_python_value   v = { 0 };
	enum pal_python_call_kind kind = of->path.len > 0 ? pal_python_call_kind(of->path) : PAL_CALL_PLAIN;

	if (of->path.len > 1 && of->path.data[0] == '.')
		pal_python_call_local(p, pal_view_sub(of->path, 1, of->path.len));
	if (kind == PAL_CALL_EXEC && a->count > 0 && is_text(&a->items[0]) && !a->items[0].decoded)
		read_inside(p, a->items[0].fold.text);
	if (kind != PAL_CALL_PLAIN && kind != PAL_CALL_DECODE)
		report(p, kind, of->path, a, where);
	if (gives_name(p, of->path, a, &v))
		return v;
	if (method_name.len > 0)
		v = method(p, on, method_name, a);
	if (pal_view_is(of->path, "builtins.chr") && a->count == 1 && a->items[0].fold.kind == PAL_FOLD_INTEGER)
		v.fold = pal_fold_format(p->arena, pal_view_of("%c"), &a->items[0].fold, 1);
	if (pal_view_is(of->path, "builtins.str") && a->count > 0)
		v.fold = a->items[0].fold;
	mix(&v, &a->all);
	mix(&v, of);
	v.decoded = v.decoded || kind == PAL_CALL_DECODE;
	for (size_t i = 0; i < a->count; i++)
		v.decoded = v.decoded || pal_view_is(a->items[i].path, "builtins.chr"); /* map(chr, [...]) */
	v.fetched = v.fetched || kind == PAL_CALL_NETWORK;
	if (pal_view_is(of->path, "os.environ.get"))
		v.secret = false; /* one setting, not all of them */
	if (kind == PAL_CALL_PLAIN && of->path.len > 0 && of->path.data[0] != '.' && v.path.len == 0)
		v.path = of->path; /* pathlib.Path(x).unlink: a method of what it makes */
	return v;
}

/* Up to the bracket that closes. */
static void
arguments(struct pal_python *p, const char *close, struct args *a)
{
	a->count = 0;
	a->all = (struct pal_python_value){ 0 };
	while (!at_end(p) && !take_sign(p, close)) {
		size_t                  before = token(p)->at;
		struct pal_view         name = { 0 };
		struct pal_python_value v;

		if (take_sign(p, ",") || take_sign(p, "*") || take_sign(p, "**") || take_sign(p, ":"))
			continue;
		name = token(p)->kind == PAL_PYTHON_NAME ? token(p)->text : name;
		v = pal_python_expression(p);
		if (take_sign(p, "="))
			v = pal_python_expression(p);
		else
			name = (struct pal_view){ 0 };
		v.shell = v.shell || (pal_view_is(name, "shell") && pal_view_is(v.path, "builtins.True"));
		mix(&a->all, &v);
		if (a->count < ARGS_MOST) {
			a->names[a->count] = name;
			a->items[a->count++] = v;
		}
		if (token(p)->at == before && !at_end(p))
			next(p); /* a sign that no expression has */
	}
}

/* ---- operands ---- */

/* {fields} of an f-string are expressions. */
static struct pal_python_value
format_string(struct pal_python *p, struct pal_view text)
{
	struct pal_python_value v = { 0 }, one;
	struct pal_python_lexer outer = p->lexer;

	v.fold.text = text;
	for (size_t at = 0; (at = pal_view_find_byte(text, '{', at)) != SIZE_MAX && p->depth < DEPTH_MOST; at++) {
		size_t end = pal_view_find_byte(text, '}', at);

		if (at + 1 < text.len && text.data[at + 1] == '{') {
			at++;
			continue;
		}
		if (end == SIZE_MAX)
			break;
		pal_python_lex_init(&p->lexer, pal_view_sub(text, at + 1, end - at - 1), p->arena);
		p->lexer.line = outer.token.line;
		one = pal_python_expression(p);
		mix(&v, &one);
		at = end;
	}
	p->lexer = outer;
	return v;
}

static struct pal_python_value
string(struct pal_python *p)
{
	struct pal_python_value v = { .fold = { .kind = PAL_FOLD_TEXT } }, more;
	bool                    first = true;

	for (; token(p)->kind == PAL_PYTHON_STRING; next(p)) {
		more = token(p)->format && pal_view_find_byte(token(p)->text, '{', 0) != SIZE_MAX
			   ? format_string(p, token(p)->text)
			   : (struct pal_python_value){ .fold = pal_fold_text(token(p)->text) };
		v.fold = first ? more.fold : pal_fold_join(p->arena, &v.fold, &more.fold);
		mix(&v, &more);
		first = false;
	}
	return v;
}

/* What Python knows without an import. */
static bool
is_builtin(struct pal_view name)
{
	static const char *const names[] = { "exec",  "eval",    "compile", "__import__", "getattr", "open",
					     "bytes", "chr",     "str",     "bytearray",  "True",    "execfile",
					     "vars",  "globals", "locals",  NULL };

	return is_any(name, names);
}

static struct pal_python_value
name(struct pal_python *p)
{
	struct pal_view                word = token(p)->text;
	const struct pal_python_value *known = pal_python_bound(p, word);

	next(p);
	if (known != NULL && (known->function == 0 || known->function == p->function))
		return *known;
	if (known != NULL)
		return named(known->path); /* another function's variable: no more than its name is believed */
	if (pal_view_is(word, "__builtins__") || pal_view_is(word, "__builtin__"))
		return named(pal_view_of("builtins"));
	if (is_builtin(word))
		return named(dotted(p, pal_view_of("builtins"), word));
	for (size_t i = 0; i < p->star_count; i++) {
		struct pal_view path = dotted(p, p->stars[i], word);

		if (path.len > 0 && pal_python_call_kind(path) != PAL_CALL_PLAIN)
			return named(path);
	}
	if (word.len > 200)
		return (struct pal_python_value){ 0 };
	return named(pal_view_of(pal_arena_printf(p->arena, ".%.*s", (int)word.len, (const char *)word.data)));
}

/* lambda a, b=1: expression - run when it is called, if ever. */
static struct pal_python_value
lambda(struct pal_python *p)
{
	next(p);
	while (!at_end(p) && !at_sign(p, ":") && !at_sign(p, ")"))
		next(p);
	(void)take_sign(p, ":");
	p->lambdas++;
	(void)pal_python_expression(p);
	p->lambdas--;
	return (struct pal_python_value){ 0 };
}

static struct pal_python_value
listed(struct pal_python *p, const char *close)
{
	struct args             a;
	struct pal_python_value v = { 0 };
	struct pal_fold_value  *items = NULL;

	next(p);
	arguments(p, close, &a);
	if (close[0] == ')' && a.count == 1)
		return a.items[0];
	mix(&v, &a.all);
	items = close[0] == '}' || a.count == 0 ? NULL : pal_arena_array(p->arena, a.count, sizeof(*items));
	if (items == NULL)
		return v;
	for (size_t i = 0; i < a.count; i++)
		items[i] = a.items[i].fold;
	v.fold = (struct pal_fold_value){ .kind = PAL_FOLD_LIST, .items = items, .count = a.count };
	return v;
}

static struct pal_python_value
operand(struct pal_python *p)
{
	static const char *const prefixes[] = { "not", "await", "yield", "from", "async", NULL };
	struct pal_python_value  v = { 0 };

	while (take_sign(p, "-") || take_sign(p, "+") || take_sign(p, "~") || take_sign(p, "*") || take_sign(p, "**") ||
	       (token(p)->kind == PAL_PYTHON_NAME && is_any(token(p)->text, prefixes)))
		if (token(p)->kind == PAL_PYTHON_NAME && is_any(token(p)->text, prefixes))
			next(p);
	if (at_word(p, "lambda"))
		return lambda(p);
	if (token(p)->kind == PAL_PYTHON_STRING)
		return string(p);
	if (token(p)->kind == PAL_PYTHON_NAME)
		return name(p);
	if (token(p)->kind == PAL_PYTHON_NUMBER) {
		if (pal_view_u64(token(p)->text, &v.fold.number))
			v.fold.kind = PAL_FOLD_INTEGER;
		next(p);
		return v;
	}
	if (at_sign(p, "("))
		return listed(p, ")");
	if (at_sign(p, "["))
		return listed(p, "]");
	if (at_sign(p, "{"))
		return listed(p, "}");
	return v;
}

/* x["name"] where x is a table of modules or names; else what x is, for its marks. */
static struct pal_python_value
subscript(struct pal_python *p, const struct pal_python_value *of)
{
	struct args             a;
	struct pal_python_value v = { 0 };
	bool                    reversed = false;

	next(p);
	reversed = pal_view_starts(pal_view_sub(p->lexer.text, token(p)->at, 4), "::-1");
	arguments(p, "]", &a);
	mix(&v, of);
	v.secret = v.secret && !pal_view_is(of->path, "os.environ");
	mix(&v, &a.all);
	if (a.count == 1 && is_text(&a.items[0])) {
		struct pal_view key = a.items[0].fold.text;

		if (pal_view_is(of->path, "sys.modules"))
			v.path = key;
		else if (pal_view_is(of->path, "builtins.globals") || pal_view_is(of->path, "builtins.locals"))
			v.path = pal_python_bound(p, key) != NULL   ? pal_python_bound(p, key)->path
				 : is_builtin(key)                  ? dotted(p, pal_view_of("builtins"), key)
				 : pal_view_is(key, "__builtins__") ? pal_view_of("builtins")
								    : v.path;
		else if (of->path.len > 0 && of->path.data[0] != '.')
			v.path = dotted(p, of->path, key); /* __builtins__["exec"], os.__dict__["system"] */
	} else if (is_text(of) && reversed) {
		v.fold = pal_fold_apply(p->arena, pal_view_of("reverse"), &of->fold, NULL, 0);
		v.decoded = true;
	}
	return v;
}

static struct pal_python_value
attribute(struct pal_python *p, const struct pal_python_value *of, struct pal_view word)
{
	struct pal_python_value        v = { 0 };
	const struct pal_python_value *known = NULL;

	mix(&v, of);
	if (pal_view_is(word, "__dict__") && of->path.len > 0)
		return *of; /* a table of the same names */
	v.path = dotted(p, of->path, word);
	known = v.path.len > 0 ? pal_python_bound(p, v.path) : NULL;
	v.secret = v.secret || pal_view_is(v.path, "os.environ");
	return known != NULL ? *known : v;
}

static struct pal_python_value
postfix(struct pal_python *p)
{
	struct pal_python_token where = *token(p);
	struct pal_python_value on = { 0 }, v = operand(p);
	struct pal_view         method_name = { 0 };
	struct args             a;

	for (;;) {
		if (take_sign(p, ".")) {
			if (token(p)->kind != PAL_PYTHON_NAME)
				return v;
			on = v;
			method_name = token(p)->text;
			v = attribute(p, &on, method_name);
			next(p);
		} else if (at_sign(p, "(")) {
			next(p);
			arguments(p, ")", &a);
			v = called(p, &v, &on, method_name, &a, &where);
			method_name = (struct pal_view){ 0 };
		} else if (at_sign(p, "[")) {
			v = subscript(p, &v);
			method_name = (struct pal_view){ 0 };
		} else {
			return v;
		}
	}
}

static struct pal_python_value
combined(struct pal_python *p, struct pal_view sign, const struct pal_python_value *x, const struct pal_python_value *y)
{
	struct pal_python_value v = { 0 };

	if (pal_view_is(sign, "+"))
		v.fold = pal_fold_join(p->arena, &x->fold, &y->fold);
	else if (pal_view_is(sign, "%") && is_text(x))
		v.fold =
		    pal_fold_format(p->arena, x->fold.text, y->fold.kind == PAL_FOLD_LIST ? y->fold.items : &y->fold,
				    y->fold.kind == PAL_FOLD_LIST ? y->fold.count : 1);
	else if (pal_view_is(sign, "*") && is_text(x) && y->fold.kind == PAL_FOLD_INTEGER)
		v.fold = pal_fold_repeat(p->arena, &x->fold, y->fold.number);
	else if (pal_view_is(sign, "or") || pal_view_is(sign, "if") || pal_view_is(sign, "else"))
		v.path = pal_python_is_watched(x->path) ? x->path : y->path;
	mix(&v, x);
	mix(&v, y);
	return v;
}

/* Does the token stand between two operands? */
static bool
is_operator(const struct pal_python *p)
{
	static const char *const words[] = { "and", "or", "in", "is", "if", "else", "for", "not", NULL };
	static const char *const ends[] = { ")", "]", "}", ",", ":", "=", ";", "->", "(", "[", "{", NULL };

	if (token(p)->kind == PAL_PYTHON_NAME)
		return is_any(token(p)->text, words);
	return token(p)->kind == PAL_PYTHON_SIGN && !is_any(token(p)->text, ends) &&
	       !(token(p)->text.len >= 2 && token(p)->text.data[token(p)->text.len - 1] == '=' &&
		 pal_view_find_byte(pal_view_of("+-*/%&|^@<>:"), token(p)->text.data[0], 0) != SIZE_MAX &&
		 !pal_view_is(token(p)->text, "<=") && !pal_view_is(token(p)->text, ">=") &&
		 !pal_view_is(token(p)->text, ":="));
}

static struct pal_python_value
/* NOLINTNEXTLINE(misc-no-recursion): ended by DEPTH_MOST */
sum(struct pal_python *p)
{
	struct pal_view         first = token(p)->kind == PAL_PYTHON_NAME ? token(p)->text : (struct pal_view){ 0 };
	struct pal_python_value x = postfix(p), y;

	while (is_operator(p)) {
		struct pal_view sign = token(p)->text;

		next(p);
		y = postfix(p);
		if (pal_view_is(sign, ":=") && first.len > 0)
			pal_python_bind(p, first, &y);
		x = pal_view_is(sign, ":=") ? y : combined(p, sign, &x, &y);
	}
	return x;
}

struct pal_python_value
/* NOLINTNEXTLINE(misc-no-recursion): ended by DEPTH_MOST */
pal_python_expression(struct pal_python *p)
{
	struct pal_python_value v = { 0 };

	if (p->depth == DEPTH_MOST) {
		if (!at_end(p))
			next(p);
		return v;
	}
	p->depth++;
	v = sum(p);
	p->depth--;
	return v;
}

void
pal_python_parameters(struct pal_python *p)
{
	struct pal_python_value none = { 0 };

	while (!at_end(p) && !take_sign(p, ")")) {
		if (token(p)->kind == PAL_PYTHON_NAME) { /* name: annotation = default */
			pal_python_bind(p, token(p)->text, &none);
			next(p);
			if (take_sign(p, ":"))
				(void)pal_python_expression(p);
			if (take_sign(p, "="))
				(void)pal_python_expression(p);
		} else {
			next(p);
		}
	}
}
