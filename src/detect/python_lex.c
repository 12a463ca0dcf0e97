/* python_lex.c - tokens of Python; to audit: at never passes text.len, for peek() gives zeros behind it. */
#include "python_lex.h"

#include "escape.h"
#include "python_names.h"

#define BRACKETS_MOST 200

void
pal_python_lex_init(struct pal_python_lexer *l, struct pal_view text, struct pal_arena *a)
{
	*l = (struct pal_python_lexer){ .text = text, .arena = a, .line = 1, .at_line_start = true, .indent_count = 1 };
	if (pal_view_starts(text, "\xef\xbb\xbf"))
		l->at = 3;
	pal_python_next(l);
}

static uint8_t
peek(const struct pal_python_lexer *l, size_t ahead)
{
	return ahead < l->text.len - l->at ? l->text.data[l->at + ahead] : 0;
}

static void
step(struct pal_python_lexer *l, size_t n)
{
	for (; n > 0 && l->at < l->text.len; n--)
		l->line += l->text.data[l->at++] == '\n';
}

static void
give(struct pal_python_lexer *l, enum pal_python_kind kind, size_t len)
{
	l->token = (struct pal_python_token){
		.kind = kind, .text = pal_view_sub(l->text, l->at, len), .at = l->at, .line = l->line
	};
	step(l, len);
}

static void
skip_comment(struct pal_python_lexer *l)
{
	while (l->at < l->text.len && peek(l, 0) != '\n')
		step(l, 1);
}

/* ---- strings ---- */

/* The length of a string's prefix (rb, f, u ...) when a quote follows; SIZE_MAX: no string begins here. */
static size_t
prefix_len(const struct pal_python_lexer *l)
{
	size_t n = 0;

	while (n < 3 && pal_view_find_byte(pal_view_of("rRbBuUfFtT"), peek(l, n), 0) != SIZE_MAX)
		n++;
	return peek(l, n) == '"' || peek(l, n) == '\'' ? n : SIZE_MAX;
}

static void
string_token(struct pal_python_lexer *l, size_t prefix)
{
	bool                    raw = false, format = false, triple = false;
	size_t                  from = 0;
	uint8_t                 quote = peek(l, prefix);
	struct pal_python_token t = { .kind = PAL_PYTHON_STRING, .at = l->at, .line = l->line };

	for (size_t i = 0; i < prefix; i++) {
		raw = raw || pal_to_lower(peek(l, i)) == 'r';
		format = format || pal_to_lower(peek(l, i)) == 'f' || pal_to_lower(peek(l, i)) == 't';
	}
	triple = peek(l, prefix + 1) == quote && peek(l, prefix + 2) == quote;
	step(l, prefix + (triple ? 3 : 1));
	from = l->at;
	while (l->at < l->text.len) {
		uint8_t c = peek(l, 0);

		if (c == quote && (!triple || (peek(l, 1) == quote && peek(l, 2) == quote)))
			break;
		if (c == '\n' && !triple)
			break; /* an error to Python; the next line is read for itself */
		step(l, c == '\\' ? 2 : 1);
	}
	t.text = pal_view_sub(l->text, from, l->at - from);
	if (!raw && !format)
		t.text = pal_unescape(t.text, l->arena);
	t.format = format;
	if (peek(l, 0) == quote)
		step(l, triple ? 3 : 1);
	l->token = t;
}

/* ---- lines ---- */

/* The column of the first thing on a line that has one; false: blank, or a comment, and passed over. */
static bool
indentation(struct pal_python_lexer *l, size_t *ret_column)
{
	size_t column = 0;

	for (; peek(l, 0) == ' ' || peek(l, 0) == '\t' || peek(l, 0) == '\f'; step(l, 1))
		column = peek(l, 0) == '\t' ? (column / 8 + 1) * 8 : peek(l, 0) == '\f' ? 0 : column + 1;
	*ret_column = column;
	if (peek(l, 0) == '#')
		skip_comment(l);
	if (peek(l, 0) == '\r' && peek(l, 1) == '\n')
		step(l, 1);
	if (peek(l, 0) == '\n') {
		step(l, 1);
		return false;
	}
	return l->at < l->text.len;
}

/* At the start of a line: INDENT or DEDENT, when it has another column than the one before. */
static bool
start_line(struct pal_python_lexer *l)
{
	size_t column = 0;

	while (!indentation(l, &column))
		if (l->at >= l->text.len) {
			column = 0;
			break;
		}
	l->at_line_start = false;
	if (column > l->indents[l->indent_count - 1] && l->indent_count < PAL_PYTHON_INDENTS) {
		l->indents[l->indent_count++] = column;
		give(l, PAL_PYTHON_INDENT, 0);
		return true;
	}
	while (l->indent_count > 1 && column < l->indents[l->indent_count - 1]) {
		l->indent_count--;
		l->dedents++;
	}
	return false;
}

/* Blanks, comments, joined lines. True: the logical line is over. */
static bool
skip_blanks(struct pal_python_lexer *l)
{
	for (;;) {
		uint8_t c = peek(l, 0);

		if (c == '#')
			skip_comment(l);
		else if (c == '\\' && (peek(l, 1) == '\n' || (peek(l, 1) == '\r' && peek(l, 2) == '\n')))
			step(l, peek(l, 1) == '\n' ? 2 : 3);
		else if (c == '\n' && l->brackets == 0)
			return true;
		else if (c != 0 && pal_is_space(c))
			step(l, 1);
		else if (c == 0 && l->at < l->text.len)
			step(l, 1);
		else
			return false;
	}
}

static bool
in_name(uint8_t c)
{
	return pal_is_alnum(c) || c == '_' || c >= 0x80;
}

static void
sign_token(struct pal_python_lexer *l)
{
	static const char *const longer[] = { "**=", "//=", ">>=", "<<=", "...", "->", ":=", "==", "!=",
					      "<=",  ">=",  "+=",  "-=",  "*=",  "/=", "%=", "&=", "|=",
					      "^=",  "@=",  "**",  "//",  "<<",  ">>", NULL };
	struct pal_view          rest = pal_view_sub(l->text, l->at, 3);
	size_t                   n = 1;
	uint8_t                  c = peek(l, 0);

	for (const char *const *s = longer; n == 1 && *s != NULL; s++)
		if (pal_view_starts(rest, *s))
			n = pal_view_of(*s).len;
	if ((c == '(' || c == '[' || c == '{') && l->brackets < BRACKETS_MOST)
		l->brackets++;
	else if ((c == ')' || c == ']' || c == '}') && l->brackets > 0)
		l->brackets--;
	give(l, PAL_PYTHON_SIGN, n);
}

static void
word_token(struct pal_python_lexer *l)
{
	size_t n = 0;
	bool   number = pal_is_digit(peek(l, 0));

	while (in_name(peek(l, n)) || (number && peek(l, n) == '.'))
		n++;
	give(l, number ? PAL_PYTHON_NUMBER : PAL_PYTHON_NAME, n);
	if (!number)
		l->token.text = pal_python_name(l->token.text, l->arena);
}

void
pal_python_next(struct pal_python_lexer *l)
{
	size_t prefix = 0;

	if (l->at_line_start && start_line(l))
		return;
	if (l->dedents > 0) {
		l->dedents--;
		give(l, PAL_PYTHON_DEDENT, 0);
		return;
	}
	if (skip_blanks(l)) {
		l->at_line_start = true;
		give(l, PAL_PYTHON_NEWLINE, 1);
		return;
	}
	if (l->at >= l->text.len) {
		l->token = (struct pal_python_token){ .kind = PAL_PYTHON_END, .at = l->at, .line = l->line };
		return;
	}
	prefix = prefix_len(l);
	if (prefix != SIZE_MAX)
		string_token(l, prefix);
	else if (in_name(peek(l, 0)))
		word_token(l);
	else
		sign_token(l);
}
