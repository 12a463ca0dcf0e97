/* json_pull.c - the tokenizer; byte_at() is the one place that asks the feed for more, unescape() the one that writes.
 */
#include "json_pull.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

/* What ends a run of plain string characters, and what a number is made of. */
static const bool string_special[256] = {
	[0x00] = 1, [0x01] = 1, [0x02] = 1, [0x03] = 1, [0x04] = 1, [0x05] = 1, [0x06] = 1, [0x07] = 1, [0x08] = 1,
	[0x09] = 1, [0x0a] = 1, [0x0b] = 1, [0x0c] = 1, [0x0d] = 1, [0x0e] = 1, [0x0f] = 1, [0x10] = 1, [0x11] = 1,
	[0x12] = 1, [0x13] = 1, [0x14] = 1, [0x15] = 1, [0x16] = 1, [0x17] = 1, [0x18] = 1, [0x19] = 1, [0x1a] = 1,
	[0x1b] = 1, [0x1c] = 1, [0x1d] = 1, [0x1e] = 1, [0x1f] = 1, ['"'] = 1,  ['\\'] = 1,
};

void
pal_json_pull_init(struct pal_json_pull *p, struct pal_feed *feed, bool lines)
{
	*p = (struct pal_json_pull){ .feed = feed, .lines = lines, .line = 1 };
}

void
pal_json_pull_release(struct pal_json_pull *p)
{
	pal_feed_skip(p->feed, p->at);
	p->at = 0;
}

void
pal_json_pull_reset(struct pal_json_pull *p)
{
	p->depth = 0;
	p->state = PAL_JSON_VALUE;
}

/* The byte at `at` from the feed's front; -1 at the end of the file. */
static enum pal_err
byte_at(struct pal_json_pull *p, size_t at, int *ret_byte)
{
	struct pal_view v = pal_feed_view(p->feed);

	while (at >= v.len) {
		if (pal_feed_ended(p->feed)) {
			*ret_byte = -1;
			return PAL_OK;
		}
		PAL_TRY(pal_feed_more(p->feed));
		v = pal_feed_view(p->feed);
	}
	*ret_byte = v.data[at];
	return PAL_OK;
}

static enum pal_err
broken(struct pal_json_pull *p, const char *why, enum pal_json_token *ret_token)
{
	p->why = why;
	*ret_token = PAL_JSON_BROKEN;
	return PAL_OK;
}

static bool
hex4(const uint8_t *s, uint32_t *ret_n)
{
	uint32_t n = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = pal_to_lower(s[i]);

		if (pal_is_digit(c))
			n = n << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret_n = n;
	return true;
}

/* s[i] is what follows `\u`; *i moves past the digits, of the second half of a pair too. */
static bool
unescape_code(const uint8_t *s, size_t len, size_t *i, uint32_t *ret_code)
{
	uint32_t c = 0, low = 0;

	if (len - *i < 4 || !hex4(s + *i, &c))
		return false;
	*i += 4;
	if (c >= 0xd800 && c < 0xdc00 && len - *i >= 6 && s[*i] == '\\' && s[*i + 1] == 'u' && hex4(s + *i + 2, &low) &&
	    low >> 10 == 0x37) {
		c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
		*i += 6;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd; /* half of a pair */
	}
	*ret_code = c;
	return true;
}

/* What is written is never longer than what was read. SIZE_MAX: an escape that JSON does not have. */
static size_t
unescape(uint8_t *s, size_t len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t            out = 0, i = 0;

	while (i < len) {
		struct pal_view rest = { s + i, len - i };
		size_t          n = pal_view_find_byte(rest, '\\', 0);
		uint32_t        code = 0;
		size_t          f = 0;

		n = n == SIZE_MAX ? rest.len : n;
		pal_mem_move(s + out, len - out, s + i, n);
		out += n;
		i += n;
		if (i + 1 >= len)
			break;
		if (s[i + 1] == 'u') {
			i += 2;
			if (!unescape_code(s, len, &i, &code))
				return SIZE_MAX;
			out += pal_utf8_encode(code, s + out);
			continue;
		}
		for (f = 0; from[f] != '\0' && (uint8_t)from[f] != s[i + 1];)
			f++;
		if (from[f] == '\0')
			return SIZE_MAX;
		s[out++] = (uint8_t)to[f];
		i += 2;
	}
	return out;
}

/* p->at is on the opening quote. */
static enum pal_err
pull_string(struct pal_json_pull *p, enum pal_json_token kind, enum pal_json_token *ret_token)
{
	size_t i = p->at + 1, n = 0;
	bool   escaped = false;
	int    c = 0;

	for (;;) {
		struct pal_view v = pal_feed_view(p->feed);

		while (i < v.len && !string_special[v.data[i]])
			i++;
		PAL_TRY(byte_at(p, i, &c));
		if (c == '"')
			break;
		if (c == '\\') {
			escaped = true;
			PAL_TRY(byte_at(p, i + 1, &c));
			if (c < 0)
				return broken(p, "the file ends inside a string", ret_token);
			i += 2;
		} else if (c < 0 || c == '\n') {
			return broken(p, c < 0 ? "the file ends inside a string" : "the line ends inside a string",
				      ret_token);
		} else if (c < 0x20) {
			return broken(p, "a control character inside a string", ret_token);
		}
	}
	p->start = p->at + 1;
	p->len = n = i - p->start;
	if (escaped)
		n = unescape(p->feed->data + p->feed->pos + p->start, p->len);
	if (n == SIZE_MAX)
		return broken(p, "an escape that JSON does not have", ret_token);
	p->len = n;
	p->at = i + 1;
	*ret_token = kind;
	return PAL_OK;
}

/* RFC 8259 section 6. */
static bool
is_number(struct pal_view v)
{
	size_t i = 0, digits = 0;

	if (i < v.len && v.data[i] == '-')
		i++;
	for (digits = i; i < v.len && pal_is_digit(v.data[i]);)
		i++;
	if (i == digits || (i - digits > 1 && v.data[digits] == '0'))
		return false;
	if (i < v.len && v.data[i] == '.') {
		for (digits = ++i; i < v.len && pal_is_digit(v.data[i]);)
			i++;
		if (i == digits)
			return false;
	}
	if (i < v.len && (v.data[i] == 'e' || v.data[i] == 'E')) {
		i++;
		if (i < v.len && (v.data[i] == '+' || v.data[i] == '-'))
			i++;
		for (digits = i; i < v.len && pal_is_digit(v.data[i]);)
			i++;
		if (i == digits)
			return false;
	}
	return i == v.len;
}

/* A number or a word: all up to a character that neither has. */
static enum pal_err
pull_bare(struct pal_json_pull *p, enum pal_json_token *ret_token)
{
	size_t          i = p->at;
	int             c = 0;
	struct pal_view v = { 0 };

	for (;; i++) {
		PAL_TRY(byte_at(p, i, &c));
		if (c < 0 || !(pal_is_alnum((uint8_t)c) || c == '-' || c == '+' || c == '.'))
			break;
		if (i - p->at > 1024)
			return broken(p, "a number or word that does not end", ret_token);
	}
	p->start = p->at;
	p->len = i - p->at;
	v = pal_view_sub(pal_feed_view(p->feed), p->start, p->len);
	if (v.len > 0 && (v.data[0] == '-' || pal_is_digit(v.data[0])) && is_number(v))
		*ret_token = PAL_JSON_NUMBER;
	else if (pal_view_is(v, "true") || pal_view_is(v, "false") || pal_view_is(v, "null"))
		*ret_token = PAL_JSON_WORD;
	else if (pal_view_is(v, "NaN") || pal_view_is(v, "Infinity") || pal_view_is(v, "-Infinity"))
		*ret_token = PAL_JSON_ODD;
	else
		return broken(p, "neither a value nor a sign that belongs here", ret_token);
	p->at = i;
	return PAL_OK;
}

static enum pal_err
open_value(struct pal_json_pull *p, bool array, enum pal_json_token *ret_token)
{
	if (p->depth == PAL_JSON_DEPTH) {
		p->deep = true;
		return broken(p, "nested more than 256 levels", ret_token);
	}
	p->in_array[p->depth++] = array;
	p->state = array ? PAL_JSON_VALUE_OR_END : PAL_JSON_KEY_OR_END;
	p->at++;
	*ret_token = array ? PAL_JSON_ARRAY : PAL_JSON_OBJECT;
	return PAL_OK;
}

static enum pal_err
close_value(struct pal_json_pull *p, bool array, enum pal_json_token *ret_token)
{
	if (p->depth == 0 || p->in_array[p->depth - 1] != array)
		return broken(p, "a closing bracket without its opening one", ret_token);
	p->depth--;
	p->state = p->depth == 0 && !p->lines ? PAL_JSON_VALUE : PAL_JSON_AFTER;
	p->at++;
	*ret_token = array ? PAL_JSON_ARRAY_END : PAL_JSON_OBJECT_END;
	return PAL_OK;
}

static enum pal_err
pull_value(struct pal_json_pull *p, int c, enum pal_json_token *ret_token)
{
	bool first = p->state == PAL_JSON_VALUE_OR_END;

	if (c == '{' || c == '[')
		return open_value(p, c == '[', ret_token);
	if (c == ']' && first)
		return close_value(p, true, ret_token);
	PAL_TRY(c == '"' ? pull_string(p, PAL_JSON_STRING, ret_token) : pull_bare(p, ret_token));
	if (*ret_token != PAL_JSON_BROKEN)
		p->state = p->depth == 0 && !p->lines ? PAL_JSON_VALUE : PAL_JSON_AFTER;
	return PAL_OK;
}

/* Moves to the next byte that is no blank; in lines mode a line's end outside of a value ends it. */
static enum pal_err
skip_blanks(struct pal_json_pull *p, int *ret_byte)
{
	int c = 0;

	for (;; p->at++) {
		PAL_TRY(byte_at(p, p->at, &c));
		if (c == '\n') {
			if (p->lines && p->depth > 0)
				break;
			p->line++;
			if (p->lines)
				p->state = PAL_JSON_VALUE;
		} else if (c != ' ' && c != '\t' && c != '\r') {
			break;
		}
	}
	*ret_byte = c;
	return PAL_OK;
}

/* A key and its colon. */
static enum pal_err
pull_key(struct pal_json_pull *p, int c, enum pal_json_token *ret_token)
{
	size_t start = 0, len = 0;

	if (c == '}' && p->state == PAL_JSON_KEY_OR_END)
		return close_value(p, false, ret_token);
	if (c != '"')
		return broken(p, "a key in quotes expected", ret_token);
	PAL_TRY(pull_string(p, PAL_JSON_KEY, ret_token));
	if (*ret_token == PAL_JSON_BROKEN)
		return PAL_OK;
	start = p->start;
	len = p->len;
	PAL_TRY(skip_blanks(p, &c));
	if (c != ':')
		return broken(p, "a colon expected after the key", ret_token);
	p->at++;
	p->start = start;
	p->len = len;
	p->state = PAL_JSON_VALUE;
	return PAL_OK;
}

enum pal_err
pal_json_pull(struct pal_json_pull *p, enum pal_json_token *ret_token)
{
	int c = 0;

	PAL_TRY(skip_blanks(p, &c));
	if (p->state == PAL_JSON_AFTER && p->depth > 0 && c == ',') {
		p->state = p->in_array[p->depth - 1] ? PAL_JSON_VALUE : PAL_JSON_NEED_KEY;
		p->at++;
		PAL_TRY(skip_blanks(p, &c));
	} else if (p->state == PAL_JSON_AFTER && p->depth > 0 && (c == '}' || c == ']')) {
		return close_value(p, c == ']', ret_token);
	} else if (p->state == PAL_JSON_AFTER && c >= 0 && c != '\n') {
		return broken(p, p->depth > 0 ? "a comma expected" : "text after the value", ret_token);
	}
	if (c < 0 || c == '\n') {
		if (p->depth > 0)
			return broken(p, c < 0 ? "the file ends inside a value" : "the line ends inside a value",
				      ret_token);
		*ret_token = PAL_JSON_END;
		return PAL_OK;
	}
	if (p->state == PAL_JSON_KEY_OR_END || p->state == PAL_JSON_NEED_KEY)
		return pull_key(p, c, ret_token);
	return pull_value(p, c, ret_token);
}
