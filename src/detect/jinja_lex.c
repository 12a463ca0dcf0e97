/* jinja_lex.c - tokens of Jinja; to audit: at never passes text.len, for peek() gives zeros behind it. */
#include "jinja_lex.h"

#include "escape.h"

void
pal_jinja_lex_init(struct pal_jinja_lexer *l, struct pal_view text, struct pal_arena *a)
{
	*l = (struct pal_jinja_lexer){ .text = text, .arena = a };
	pal_jinja_next(l);
}

static uint8_t
peek(const struct pal_jinja_lexer *l, size_t ahead)
{
	return ahead < l->text.len - l->at ? l->text.data[l->at + ahead] : 0;
}

static void
step(struct pal_jinja_lexer *l, size_t n)
{
	l->at = n < l->text.len - l->at ? l->at + n : l->text.len;
}

static struct pal_view
rest(const struct pal_jinja_lexer *l)
{
	return pal_view_sub(l->text, l->at, l->text.len);
}

static void
give(struct pal_jinja_lexer *l, enum pal_jinja_token_kind kind, size_t len)
{
	l->token = (struct pal_jinja_token){ kind, pal_view_sub(l->text, l->at, len), l->at };
	step(l, len);
}

/* Does a block tag of this name begin here: {%- raw -%}? *ret_len: all of it. */
static bool
is_tag(struct pal_view v, const char *name, size_t *ret_len)
{
	struct pal_view word = pal_view_of(name);
	size_t          i = 2;

	if (!pal_view_starts(v, "{%"))
		return false;
	while (i < v.len && (pal_is_space(v.data[i]) || v.data[i] == '-' || v.data[i] == '+'))
		i++;
	if (!pal_view_eq(pal_view_sub(v, i, word.len), word))
		return false;
	i += word.len;
	while (i < v.len && (pal_is_space(v.data[i]) || v.data[i] == '-' || v.data[i] == '+'))
		i++;
	*ret_len = i + 2;
	return pal_view_eq(pal_view_sub(v, i, 2), pal_view_of("%}"));
}

/* Text up to the next tag or comment; in a raw block up to its end. */
static void
data_token(struct pal_jinja_lexer *l)
{
	size_t n = 0, tag = 0;

	for (; n < l->text.len - l->at; n++) {
		uint8_t c = peek(l, n), d = peek(l, n + 1);

		if (c != '{' || (d != '{' && d != '%' && d != '#'))
			continue;
		if (!l->raw || is_tag(pal_view_sub(l->text, l->at + n, 200), "endraw", &tag))
			break;
	}
	give(l, PAL_JINJA_DATA, n);
}

/* Outside of code: data, a tag that opens code, or, behind a comment, what follows. False: look again. */
static bool
outside(struct pal_jinja_lexer *l)
{
	size_t tag = 0, end = 0;

	if (peek(l, 0) != '{' || (peek(l, 1) != '{' && peek(l, 1) != '%' && peek(l, 1) != '#') ||
	    (l->raw && !is_tag(pal_view_sub(l->text, l->at, 200), "endraw", &tag))) {
		data_token(l);
		return l->token.text.len > 0;
	}
	if (tag != 0 || is_tag(pal_view_sub(l->text, l->at, 200), "raw", &tag)) {
		l->raw = !l->raw;
		step(l, tag);
		return false;
	}
	if (peek(l, 1) == '#') {
		end = pal_view_find(rest(l), pal_view_of("#}"), 2);
		step(l, end == SIZE_MAX ? l->text.len : end + 2);
		return false;
	}
	l->in_code = true;
	l->in_output = peek(l, 1) == '{';
	l->braces = 0;
	give(l, l->in_output ? PAL_JINJA_OPEN_OUTPUT : PAL_JINJA_OPEN_STATEMENT, 2);
	if (peek(l, 0) == '-' || peek(l, 0) == '+')
		step(l, 1);
	return true;
}

static void
string_token(struct pal_jinja_lexer *l)
{
	uint8_t quote = peek(l, 0);
	size_t  at = l->at, n = 1;

	while (n < l->text.len - l->at && peek(l, n) != quote)
		n += peek(l, n) == '\\' ? 2 : 1;
	l->token = (struct pal_jinja_token){ PAL_JINJA_STRING,
					     pal_unescape(pal_view_sub(l->text, at + 1, n - 1), l->arena), at };
	step(l, n + 1);
}

static bool
in_name(uint8_t c)
{
	return pal_is_alnum(c) || c == '_' || c >= 0x80;
}

static void
code_token(struct pal_jinja_lexer *l)
{
	static const char *const doubles[] = { "==", "!=", "<=", ">=", "**", "//", NULL };
	size_t                   n = 1;
	uint8_t                  c = peek(l, 0);

	if (c == '"' || c == '\'') {
		string_token(l);
		return;
	}
	if (in_name(c)) {
		while (n < l->text.len - l->at &&
		       (in_name(peek(l, n)) || (pal_is_digit(c) && peek(l, n) == '.' && pal_is_digit(peek(l, n + 1)))))
			n++;
		give(l, pal_is_digit(c) ? PAL_JINJA_NUMBER : PAL_JINJA_NAME, n);
		return;
	}
	for (const char *const *d = doubles; *d != NULL; d++)
		if (pal_view_starts(rest(l), *d))
			n = 2;
	if (c == '{')
		l->braces++;
	else if (c == '}' && l->braces > 0)
		l->braces--;
	give(l, PAL_JINJA_SIGN, n);
}

/* The length of the mark that ends the code here; 0: none. */
static size_t
closes(const struct pal_jinja_lexer *l)
{
	size_t  trim = peek(l, 0) == '-' || peek(l, 0) == '+';
	uint8_t end = l->in_output ? '}' : '%';

	return l->braces == 0 && peek(l, trim) == end && peek(l, trim + 1) == '}' ? trim + 2 : 0;
}

void
pal_jinja_next(struct pal_jinja_lexer *l)
{
	for (;;) {
		size_t close = 0;

		if (l->at >= l->text.len) {
			l->token = (struct pal_jinja_token){ .kind = PAL_JINJA_END, .at = l->at };
			return;
		}
		if (!l->in_code) {
			if (outside(l))
				return;
			continue;
		}
		close = closes(l);
		if (close > 0) {
			l->in_code = false;
			give(l, PAL_JINJA_CLOSE, close);
			return;
		}
		if (!pal_is_space(peek(l, 0))) {
			code_token(l);
			return;
		}
		step(l, 1);
	}
}
