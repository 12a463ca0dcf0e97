/* jinja_lex.c - tokens of Jinja; to audit: at never passes text.len, for peek() gives zeros behind it. */
#include "jinja_lex.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

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

static int
digit_value(uint8_t c)
{
	if (pal_is_digit(c))
		return c - '0';
	c = pal_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Up to `most` digits of a base at v[*at]; the character that they name. */
static uint32_t
numbered(struct pal_view v, size_t *at, size_t most, int base)
{
	uint32_t n = 0;

	for (size_t i = 0; i < most && *at < v.len && digit_value(v.data[*at]) < base; i++, (*at)++)
		n = n * (uint32_t)base + (uint32_t)digit_value(v.data[*at]);
	return n;
}

/* \N{LOW LINE} and \N{LATIN SMALL LETTER A}: the names that can hide an attribute; others become a question mark. */
static uint32_t
named(struct pal_view v, size_t *at)
{
	size_t          end = pal_view_find_byte(v, '}', *at);
	struct pal_view name = { 0 };

	if (end == SIZE_MAX || *at >= v.len || v.data[*at] != '{')
		return '?';
	name = pal_view_sub(v, *at + 1, end - *at - 1);
	*at = end + 1;
	if (pal_view_is_nocase(name, "LOW LINE"))
		return '_';
	if (name.len == 20 && pal_view_is_nocase(pal_view_sub(name, 0, 19), "LATIN SMALL LETTER "))
		return pal_to_lower(name.data[19]);
	return '?';
}

/* One escape at v[*at], behind its backslash, as Python's unicode-escape reads it. */
static uint32_t
escape(struct pal_view v, size_t *at)
{
	static const char plain[] = "n\nt\tr\rb\ba\af\fv\v";
	uint8_t           c = *at < v.len ? v.data[*at] : '\\';

	(*at)++;
	switch (c) {
	case 'x':
		return numbered(v, at, 2, 16);
	case 'u':
		return numbered(v, at, 4, 16);
	case 'U':
		return numbered(v, at, 8, 16);
	case 'N':
		return named(v, at);
	default:
		break;
	}
	if (c >= '0' && c <= '7') {
		(*at)--;
		return numbered(v, at, 3, 8);
	}
	for (size_t i = 0; plain[i] != '\0'; i += 2)
		if (c == (uint8_t)plain[i])
			return (uint8_t)plain[i + 1];
	return c;
}

/* What a string's text between the quotes means; never longer than it is written. */
static struct pal_view
decoded(struct pal_view raw, struct pal_arena *a)
{
	uint8_t *out = NULL;
	size_t   n = 0;

	if (pal_view_find_byte(raw, '\\', 0) == SIZE_MAX)
		return raw;
	out = pal_arena_array(a, raw.len + 4, 1);
	if (out == NULL)
		return (struct pal_view){ 0 };
	for (size_t at = 0; at < raw.len;) {
		uint8_t c = raw.data[at++], bytes[4] = { '?' };
		size_t  len = 1;

		if (c == '\\') {
			uint32_t point = escape(raw, &at);

			len = point >= 0x80 ? pal_utf8_encode(point, bytes) : 0;
			if (len == 0) {
				bytes[0] = point < 0x80 ? (uint8_t)point : '?';
				len = 1;
			}
		} else {
			bytes[0] = c;
		}
		pal_mem_copy(out + n, raw.len + 4 - n, bytes, len);
		n += len;
	}
	return (struct pal_view){ out, n };
}

static void
string_token(struct pal_jinja_lexer *l)
{
	uint8_t quote = peek(l, 0);
	size_t  at = l->at, n = 1;

	while (n < l->text.len - l->at && peek(l, n) != quote)
		n += peek(l, n) == '\\' ? 2 : 1;
	l->token =
	    (struct pal_jinja_token){ PAL_JINJA_STRING, decoded(pal_view_sub(l->text, at + 1, n - 1), l->arena), at };
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
