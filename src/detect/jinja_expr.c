/* jinja_expr.c - Jinja's expressions, worth what their constants say; depth is bounded in guarded(), size by the
 * template's. */
#include "jinja_judge.h"

#define DEPTH_MOST  48
#define ARGS_MOST   PAL_FOLD_ITEMS
#define REPEAT_MOST 1000000

static struct pal_fold_value ternary(struct pal_jinja *j, bool plain);

static const struct pal_jinja_token *
token(const struct pal_jinja *j)
{
	return &j->lexer.token;
}

static bool
at_sign(const struct pal_jinja *j, const char *sign)
{
	return token(j)->kind == PAL_JINJA_SIGN && pal_view_is(token(j)->text, sign);
}

static bool
at_word(const struct pal_jinja *j, const char *word)
{
	return token(j)->kind == PAL_JINJA_NAME && pal_view_is(token(j)->text, word);
}

static bool
take_sign(struct pal_jinja *j, const char *sign)
{
	bool here = at_sign(j, sign);

	if (here)
		pal_jinja_next(&j->lexer);
	return here;
}

static bool
take_word(struct pal_jinja *j, const char *word)
{
	bool here = at_word(j, word);

	if (here)
		pal_jinja_next(&j->lexer);
	return here;
}

static bool
at_end(const struct pal_jinja *j)
{
	return token(j)->kind == PAL_JINJA_CLOSE || token(j)->kind == PAL_JINJA_END || token(j)->kind == PAL_JINJA_DATA;
}

static bool
is_text(const struct pal_fold_value *v)
{
	return v->kind == PAL_FOLD_TEXT;
}

/* The arguments of a call, the items of a list: up to ARGS_MOST of them are kept. */
struct args {
	struct pal_fold_value *items;
	struct pal_view        names[ARGS_MOST]; /* of keyword arguments */
	size_t                 count, room;
	bool                   sliced;
};

static void
keep(struct args *a, struct pal_arena *arena, struct pal_fold_value v, struct pal_view name)
{
	if (a->count == ARGS_MOST)
		return;
	if (a->count == a->room) {
		struct pal_fold_value *more = pal_arena_array(arena, a->room == 0 ? 3 : ARGS_MOST, sizeof(*more));

		if (more == NULL)
			return;
		for (size_t i = 0; i < a->count; i++)
			more[i] = a->items[i];
		a->room = a->room == 0 ? 3 : ARGS_MOST;
		a->items = more;
	}
	a->names[a->count] = name;
	a->items[a->count++] = v;
}

/* Up to the sign that closes; *, ** and name= before an argument; : between the parts of a slice or a pair. */
static struct args
arguments(struct pal_jinja *j, const char *close)
{
	struct args a = { 0 };

	while (!at_end(j) && !take_sign(j, close)) {
		size_t                before = token(j)->at;
		struct pal_view       name = { 0 };
		struct pal_fold_value v;

		if (take_sign(j, "*") || take_sign(j, "**") || take_sign(j, ","))
			continue;
		if (take_sign(j, ":")) {
			a.sliced = true;
			continue;
		}
		v = ternary(j, false);
		if (at_sign(j, "=") && v.root.len > 0) {
			name = v.root;
			pal_jinja_next(&j->lexer);
			v = ternary(j, false);
		}
		keep(&a, j->arena, v, name);
		if (token(j)->at == before && !at_end(j))
			pal_jinja_next(&j->lexer); /* a sign that no expression has */
	}
	return a;
}

static struct pal_fold_value
list_of(const struct args *a)
{
	struct pal_fold_value v = { .kind = PAL_FOLD_LIST, .items = a->items, .count = a->count };

	for (size_t i = 0; i < a->count; i++)
		v.text = a->items[i].text.len > v.text.len ? a->items[i].text : v.text;
	return v;
}

static struct pal_fold_value
string(struct pal_jinja *j)
{
	struct pal_fold_value v = pal_fold_text(token(j)->text), more;
	size_t                at = token(j)->at;

	pal_jinja_judge_string(j, v.text, false, at);
	pal_jinja_judge_text(j, v.text, false, at);
	for (pal_jinja_next(&j->lexer); token(j)->kind == PAL_JINJA_STRING; pal_jinja_next(&j->lexer)) {
		more = pal_fold_text(token(j)->text);
		pal_jinja_judge_string(j, more.text, false, at);
		pal_jinja_judge_text(j, more.text, false, at);
		v = pal_fold_join(j->arena, &v, &more);
		pal_jinja_judge_string(j, v.text, true, at);
	}
	return v;
}

static struct pal_fold_value
name(struct pal_jinja *j)
{
	struct pal_jinja_token       t = *token(j);
	const struct pal_fold_value *known = NULL;
	struct pal_fold_value        v = { .root = t.text };

	pal_jinja_next(&j->lexer);
	pal_jinja_judge_name(j, t.text, token(j)->kind == PAL_JINJA_SIGN ? token(j)->text : (struct pal_view){ 0 },
			     t.at);
	known = pal_map_get(&j->names, t.text);
	if (known != NULL) {
		v = *known;
		v.root = t.text;
	}
	return v;
}

static struct pal_fold_value
number(struct pal_jinja *j)
{
	struct pal_fold_value v = { 0 };

	if (pal_view_u64(token(j)->text, &v.number))
		v.kind = PAL_FOLD_INTEGER;
	pal_jinja_next(&j->lexer);
	return v;
}

static struct pal_fold_value
primary(struct pal_jinja *j)
{
	struct pal_fold_value v = { 0 };
	struct args           a;
	bool                  round = at_sign(j, "(");

	switch (token(j)->kind) {
	case PAL_JINJA_STRING:
		return string(j);
	case PAL_JINJA_NAME:
		return name(j);
	case PAL_JINJA_NUMBER:
		return number(j);
	case PAL_JINJA_END:
	case PAL_JINJA_CLOSE:
	case PAL_JINJA_DATA:
		return v;
	case PAL_JINJA_OPEN_STATEMENT:
	case PAL_JINJA_OPEN_OUTPUT:
	case PAL_JINJA_SIGN:
		break;
	}
	if (round || at_sign(j, "[")) {
		pal_jinja_next(&j->lexer);
		a = arguments(j, round ? ")" : "]");
		return round && a.count == 1 ? a.items[0] : list_of(&a);
	}
	if (take_sign(j, "{")) {
		a = arguments(j, "}");
		v = list_of(&a);
		v.kind = PAL_FOLD_UNKNOWN;
		return v;
	}
	if (at_sign(j, ")") || at_sign(j, "]") || at_sign(j, "}") || at_sign(j, ",") || at_sign(j, ":"))
		return v; /* the end of what is around it */
	pal_jinja_next(&j->lexer);
	return v;
}

/* What is looked up in a value, and, when that is called, on what. */
struct callee {
	struct pal_view       method;
	struct pal_fold_value on;
};

static struct pal_fold_value
attribute(struct pal_jinja *j, const struct pal_fold_value *of, const struct pal_fold_value *key, size_t at,
	  struct callee *ret_callee)
{
	struct pal_fold_value v = { 0 };

	pal_jinja_judge_attribute(j, of, key, at);
	*ret_callee = (struct callee){ .method = is_text(key) ? key->text : (struct pal_view){ 0 }, .on = *of };
	if (is_text(key) && (pal_view_is(key->text, "content") || pal_view_is(key->text, "text")))
		v.content = true;
	if (key->kind == PAL_FOLD_INTEGER) {
		v = pal_fold_item(of, key->number);
		v.content = of->content && of->worked;
		v.worked = v.content;
	}
	return v;
}

static struct pal_fold_value
subscript(struct pal_jinja *j, const struct pal_fold_value *of, size_t at, struct callee *ret_callee)
{
	struct args           a = arguments(j, "]");
	struct pal_fold_value none = { 0 };

	if (!a.sliced)
		return attribute(j, of, a.count > 0 ? &a.items[0] : &none, at, ret_callee);
	none = *of;
	if (of->kind == PAL_FOLD_TEXT) { /* 'abc'[::-1] */
		none = pal_fold_apply(j->arena, pal_view_of("reverse"), of, NULL, 0);
		pal_jinja_judge_string(j, none.text, true, at);
		none = *of;
		none.kind = PAL_FOLD_UNKNOWN;
	}
	return none;
}

static void
judge_range(const struct pal_jinja *j, const struct args *a, struct pal_fold_value *ret_value, size_t at)
{
	uint64_t most = 0;

	for (size_t i = 0; i < a->count && i < 2; i++)
		if (a->items[i].kind == PAL_FOLD_INTEGER && a->items[i].number > most)
			most = a->items[i].number;
	ret_value->number = most;
	if (j->chat && most > 100000)
		j->say(j->arg, PAL_JINJA_STRANGE, pal_view_of("range"), at, "asks for a loop without end");
}

static bool
is_any(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

/* Filters and methods that take the name of an attribute as a string. */
static void
judge_lookup(struct pal_jinja *j, struct pal_view how, const struct pal_fold_value *on, const struct args *a, size_t at)
{
	static const char *const named[] = { "map",    "selectattr", "rejectattr", "groupby", "sort", "sum",
					     "unique", "min",        "max",        "get",     "pop",  NULL };
	bool                     attr = pal_view_is(how, "attr");

	for (size_t i = 0; i < a->count; i++)
		if (attr || pal_view_is(a->names[i], "attribute") || (i == 0 && is_any(how, named)))
			pal_jinja_judge_attribute(j, on, &a->items[i], at);
	if (!j->chat)
		return;
	if (attr && (a->count == 0 || !is_text(&a->items[0])))
		j->say(j->arg, PAL_JINJA_STRANGE, how, at, "looks an attribute up by a name that is not written down");
	if (pal_view_is(how, "format_map"))
		j->say(j->arg, PAL_JINJA_STRANGE, how, at, "looks attributes up by name");
	if (is_any(how, (const char *const[]){ "center", "indent", "ljust", "rjust", "zfill", NULL }) && a->count > 0 &&
	    a->items[0].kind == PAL_FOLD_INTEGER && a->items[0].number > REPEAT_MOST)
		j->say(j->arg, PAL_JINJA_STRANGE, how, at, "makes a text without end");
}

/* selectattr('content', 'search', 'word'): the messages that say it. */
static bool
selects_words(struct pal_view how, const struct args *a)
{
	return a->count >= 3 && is_text(&a->items[0]) && pal_view_is(a->items[0].text, "content") &&
	       pal_jinja_is_plain(&a->items[2]) &&
	       is_any(how, (const char *const[]){ "selectattr", "rejectattr", NULL });
}

/* A filter or method `how` of `on`. */
static struct pal_fold_value
applied(struct pal_jinja *j, struct pal_view how, const struct pal_fold_value *on, const struct args *a, size_t at)
{
	struct pal_fold_value v = pal_fold_apply(j->arena, how, on, a->items, a->count);

	judge_lookup(j, how, on, a, at);
	if (v.kind == PAL_FOLD_TEXT && v.text.data != on->text.data)
		pal_jinja_judge_string(j, v.text, true, at);
	v.content = on->content || (pal_view_is(how, "get") && a->count > 0 && is_text(&a->items[0]) &&
				    pal_view_is(a->items[0].text, "content"));
	v.worked = v.content && !pal_view_is(how, "get") &&
		   !is_any(how, (const char *const[]){ "length", "count", "tojson", "items", NULL });
	v.content = v.content && (v.worked || pal_view_is(how, "get"));
	v.trigger = on->trigger || selects_words(how, a) ||
		    (on->content && a->count > 0 && pal_jinja_is_plain(&a->items[0]) &&
		     is_any(how, (const char *const[]){ "startswith", "endswith", "find", "count", "index", "rfind",
							"partition", "rpartition", NULL }));
	if (on->content && pal_view_is(how, "replace") && a->count >= 2 && is_text(&a->items[0]) &&
	    is_text(&a->items[1]))
		pal_jinja_judge_replace(j, a->items[0].text, a->items[1].text, at);
	return v;
}

static struct pal_fold_value
call(struct pal_jinja *j, const struct pal_fold_value *of, const struct callee *callee, size_t at)
{
	struct args           a = arguments(j, ")");
	struct pal_fold_value v = { 0 };

	if (callee->method.len > 0)
		return applied(j, callee->method, &callee->on, &a, at);
	if (pal_view_is(of->root, "dict")) {
		v = list_of(&a);
		for (size_t i = 0; i < a.count; i++) /* a list of its keys: dict(__cla=1, ss__=2)|join */
			a.items[i] = pal_fold_text(a.names[i]);
		return v;
	}
	if (pal_view_is(of->root, "range"))
		judge_range(j, &a, &v, at);
	for (size_t i = 0; i < a.count; i++) {
		v.text = a.items[i].text.len > v.text.len ? a.items[i].text : v.text;
		v.content = v.content || (a.items[i].content && a.items[i].worked);
	}
	v.worked = v.content;
	return v;
}

static struct pal_fold_value
filter(struct pal_jinja *j, const struct pal_fold_value *on)
{
	struct pal_view how = token(j)->text;
	size_t          at = token(j)->at;
	struct args     a = { 0 };

	if (token(j)->kind != PAL_JINJA_NAME)
		return *on;
	pal_jinja_next(&j->lexer);
	while (take_sign(j, "."))
		if (token(j)->kind == PAL_JINJA_NAME)
			pal_jinja_next(&j->lexer);
	if (take_sign(j, "("))
		a = arguments(j, ")");
	if (j->chat && pal_view_is(how, "pprint") && on->root.len > 0 && pal_map_get(&j->names, on->root) == NULL &&
	    is_any(on->root, (const char *const[]){ "self", "config", "request", NULL }))
		j->say(j->arg, PAL_JINJA_STRANGE, on->root, at, "is printed, and it is no part of a chat");
	return applied(j, how, on, &a, at);
}

/* `is name`, `is not name(args)`: only tests of text are worth something. */
static struct pal_fold_value
test(struct pal_jinja *j, const struct pal_fold_value *on)
{
	struct pal_fold_value v = { 0 };
	struct pal_view       how = { 0 };

	(void)take_word(j, "not");
	how = token(j)->text;
	if (token(j)->kind == PAL_JINJA_NAME)
		pal_jinja_next(&j->lexer);
	if (take_sign(j, "(")) {
		struct args a = arguments(j, ")");

		v.trigger =
		    on->content && a.count > 0 && pal_jinja_is_plain(&a.items[0]) &&
		    is_any(how, (const char *const[]){ "in", "eq", "equalto", "sameas", "search", "match", NULL });
	}
	return v;
}

static struct pal_fold_value
postfix(struct pal_jinja *j)
{
	struct callee         callee = { 0 };
	struct pal_fold_value v = primary(j), key;
	size_t                at = 0;

	for (;;) {
		at = token(j)->at;
		if (take_sign(j, ".")) {
			key = pal_fold_text(token(j)->text);
			if (token(j)->kind == PAL_JINJA_NUMBER && pal_view_u64(key.text, &key.number))
				key.kind = PAL_FOLD_INTEGER;
			if (at_end(j))
				return v;
			pal_jinja_next(&j->lexer);
			v = attribute(j, &v, &key, at, &callee);
		} else if (take_sign(j, "[")) {
			v = subscript(j, &v, at, &callee);
		} else if (take_sign(j, "(")) {
			v = call(j, &v, &callee, at);
			callee = (struct callee){ 0 };
		} else if (take_sign(j, "|")) {
			v = filter(j, &v);
			callee = (struct callee){ 0 };
		} else if (take_word(j, "is")) {
			v = test(j, &v);
			callee = (struct callee){ 0 };
		} else {
			return v;
		}
	}
}

static struct pal_fold_value
unary(struct pal_jinja *j)
{
	while (take_word(j, "not") || take_sign(j, "-") || take_sign(j, "+"))
		;
	return postfix(j);
}

/* How tightly the operator that comes next binds; 0: it is none. */
static unsigned int
strength(const struct pal_jinja *j)
{
	static const struct {
		const char  *sign;
		unsigned int strength;
	} table[] = { { "or", 1 }, { "and", 2 }, { "not", 3 }, { "in", 3 }, { "==", 3 }, { "!=", 3 },
		      { "<", 3 },  { ">", 3 },   { "<=", 3 },  { ">=", 3 }, { "+", 4 },  { "-", 4 },
		      { "~", 5 },  { "*", 6 },   { "/", 6 },   { "//", 6 }, { "%", 6 },  { "**", 7 } };

	if (token(j)->kind == PAL_JINJA_SIGN || token(j)->kind == PAL_JINJA_NAME)
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			if (pal_view_is(token(j)->text, table[i].sign))
				return table[i].strength;
	return 0;
}

static bool
compares(const struct pal_fold_value *x, const struct pal_fold_value *y)
{
	return x->content && !y->content && pal_jinja_is_plain(y);
}

static void
judge_size(const struct pal_jinja *j, struct pal_view sign, const struct pal_fold_value *x,
	   const struct pal_fold_value *y, size_t at)
{
	const struct pal_fold_value *n = x->kind == PAL_FOLD_INTEGER ? x : y;

	if (!j->chat || n->kind != PAL_FOLD_INTEGER)
		return;
	if ((pal_view_is(sign, "*") && n->number > REPEAT_MOST && x->kind != y->kind) ||
	    (pal_view_is(sign, "**") && y->kind == PAL_FOLD_INTEGER && y->number > 10000))
		j->say(j->arg, PAL_JINJA_STRANGE, sign, at, "makes a value without end");
}

static struct pal_fold_value
combined(struct pal_jinja *j, struct pal_view sign, const struct pal_fold_value *x, const struct pal_fold_value *y,
	 size_t at)
{
	struct pal_fold_value v = { 0 };

	judge_size(j, sign, x, y, at);
	if (pal_view_is(sign, "%") && is_text(x))
		v = pal_fold_format(j->arena, x->text, y->kind == PAL_FOLD_LIST ? y->items : y,
				    y->kind == PAL_FOLD_LIST ? y->count : 1);
	else if (pal_view_is(sign, "*") && is_text(x) && y->kind == PAL_FOLD_INTEGER)
		v = pal_fold_repeat(j->arena, x, y->number);
	else if (pal_view_is(sign, "~") || pal_view_is(sign, "+"))
		v = pal_fold_join(j->arena, x, y);
	else if (pal_view_is(sign, "or") || pal_view_is(sign, "and")) {
		v = pal_fold_join(j->arena, x, y);
		v.kind = PAL_FOLD_UNKNOWN;
		return v;
	} else
		v.trigger = x->trigger || y->trigger || compares(x, y) || compares(y, x);
	if (v.kind == PAL_FOLD_TEXT)
		pal_jinja_judge_string(j, v.text, true, at);
	return v;
}

/* Precedence climbing; operators of one strength in a loop, so that a chain of any length needs no depth. */
static struct pal_fold_value
/* NOLINTNEXTLINE(misc-no-recursion): by strength, at most 7 deep */
binary(struct pal_jinja *j, unsigned int least)
{
	struct pal_fold_value x = unary(j), y;

	for (;;) {
		unsigned int    s = strength(j);
		struct pal_view sign = token(j)->text;
		size_t          at = token(j)->at;

		if (s == 0 || s < least)
			return x;
		pal_jinja_next(&j->lexer);
		if (pal_view_is(sign, "not") && !take_word(j, "in"))
			return x;
		y = binary(j, s + 1);
		x = combined(j, sign, &x, &y, at);
	}
}

/* a if b else c: what a holds is said only where b is so. */
static struct pal_fold_value
/* NOLINTNEXTLINE(misc-no-recursion): ended by DEPTH_MOST */
choice(struct pal_jinja *j, bool plain)
{
	size_t                at = token(j)->at;
	struct pal_fold_value v = binary(j, 1), when, other;

	while (!plain && take_word(j, "if")) {
		when = binary(j, 1);
		other = take_word(j, "else") ? ternary(j, false) : (struct pal_fold_value){ 0 };
		if (when.trigger) {
			pal_jinja_judge_text(j, v.text, true, at);
			pal_jinja_judge_text(j, other.text, true, at);
		}
		v.text = other.text.len > v.text.len ? other.text : v.text;
		v.content = v.content || other.content;
		v.kind = PAL_FOLD_UNKNOWN;
	}
	return v;
}

/* Deeper than is followed: token by token, and every name and string is still looked at. */
static void
flat(struct pal_jinja *j)
{
	if (j->depth == DEPTH_MOST)
		j->say(j->arg, PAL_JINJA_STRANGE, token(j)->text, token(j)->at, "is nested deeper than is followed");
	while (!at_end(j)) {
		if (token(j)->kind == PAL_JINJA_STRING) {
			pal_jinja_judge_string(j, token(j)->text, false, token(j)->at);
			pal_jinja_next(&j->lexer);
		} else if (token(j)->kind == PAL_JINJA_NAME) {
			(void)name(j);
		} else {
			pal_jinja_next(&j->lexer);
		}
	}
}

static struct pal_fold_value
/* NOLINTNEXTLINE(misc-no-recursion): ended by DEPTH_MOST */
ternary(struct pal_jinja *j, bool plain)
{
	struct pal_fold_value v = { 0 };

	if (j->depth == DEPTH_MOST) {
		flat(j);
		return v;
	}
	j->depth++;
	v = choice(j, plain);
	j->depth--;
	return v;
}

struct pal_fold_value
pal_jinja_expression(struct pal_jinja *j, bool plain)
{
	return ternary(j, plain);
}
