/* yaml_walk.c - YAML's scalars (YAML 1.2.2, chapters 6 and 7), told apart from what stands around them; each byte is
 * looked at a fixed number of times: to audit, where `pos` moves. */
#include "yaml_walk.h"

#include "palisade/map.h"
#include "palisade/utf8.h"

#define SCALAR_MOST ((size_t)64 << 10) /* decoded; a longer one is cut */

struct walk {
	const struct pal_yaml_walker *w;
	struct pal_arena             *arena;
	struct pal_map                anchors; /* of scalars: struct pal_view * */
	struct pal_view               text;
	size_t                        pos, indent; /* blanks before the first word of this line */
	unsigned int                  flow;        /* brackets that are open */
	struct pal_view               anchor;      /* of the scalar that comes next */
	struct pal_view               key, last;
	size_t                        last_at;
	bool                          has_key, has_last, line_start;
	bool                          no_quote[2]; /* ' and ": none of them closes behind here */
};

static uint8_t
byte_at(const struct walk *y, size_t i)
{
	return i < y->text.len ? y->text.data[i] : (uint8_t)'\n';
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool
ends_word(uint8_t c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static bool
is_flow_sign(uint8_t c)
{
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

static size_t
line_end(const struct walk *y, size_t from)
{
	size_t end = pal_view_find_byte(y->text, '\n', from);

	return end == SIZE_MAX ? y->text.len : end;
}

/* What stands alone is the key's value. */
static enum pal_err
settle(struct walk *y)
{
	bool pair = y->has_key && y->has_last;

	y->has_key = y->has_key && !y->has_last;
	y->has_last = false;
	return pair ? y->w->pair(y->w->arg, y->key, y->last, y->last_at) : PAL_OK;
}

static enum pal_err
take_scalar(struct walk *y, struct pal_view v, size_t at)
{
	PAL_TRY(settle(y));
	y->last = v;
	y->last_at = at;
	y->has_last = true;
	if (y->anchor.len > 0) {
		struct pal_view *kept = pal_arena_array(y->arena, 1, sizeof(*kept));
		void           **place = kept == NULL ? NULL : pal_map_put(&y->anchors, y->anchor);

		if (place != NULL) {
			*kept = v;
			*place = kept;
		}
		y->anchor = (struct pal_view){ 0 };
	}
	return PAL_OK;
}

/* ---- quoted scalars (7.3.1, 7.3.2) ---- */

static uint32_t
hex_of(struct pal_view digits)
{
	uint32_t n = 0;

	for (size_t i = 0; i < digits.len; i++) {
		uint8_t c = pal_to_lower(digits.data[i]);

		n = n * 16 + (uint32_t)(pal_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
	}
	return n;
}

/* An escape behind its backslash; how many bytes it takes. */
static size_t
unescape(struct pal_view rest, struct pal_buf *out)
{
	static const char from[] = "0abtnvfre \"/\\_";
	static const char to[] = "\0\a\b\t\n\v\f\r\x1b \"/\\ ";
	uint8_t           c = rest.len == 0 ? 0 : rest.data[0], bytes[4];
	size_t            digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0, n = 1;

	if (digits > 0) {
		n = pal_utf8_encode(hex_of(pal_view_sub(rest, 1, digits)), bytes);
		pal_buf_add(out, (struct pal_view){ bytes, n });
		return 1 + digits;
	}
	if (c == '\n') { /* the line goes on, without its blanks */
		while (n < rest.len && is_blank(rest.data[n]))
			n++;
		return n;
	}
	for (size_t i = 0; i + 1 < sizeof(from); i++)
		if ((uint8_t)from[i] == c)
			pal_buf_add_byte(out, (uint8_t)to[i]);
	return n;
}

/* A line's end inside a scalar is a blank; more of them are one less line ends, which no name holds. */
static size_t
fold_line(struct pal_view rest, struct pal_buf *out)
{
	size_t n = 0;

	while (n < rest.len && ends_word(rest.data[n]))
		n++;
	pal_buf_add_byte(out, ' ');
	return n;
}

/* From behind the opening quote to the closing one; SIZE_MAX: it is never closed. */
static size_t
read_quoted(const struct walk *y, uint8_t quote, struct pal_buf *out)
{
	size_t i = y->pos + 1;

	while (i < y->text.len) {
		uint8_t         c = y->text.data[i];
		struct pal_view rest = pal_view_sub(y->text, i + 1, y->text.len);

		if (c == quote && quote == '\'' && byte_at(y, i + 1) == quote) {
			pal_buf_add_byte(out, quote);
			i += 2;
		} else if (c == quote) {
			return i + 1;
		} else if (c == '\\' && quote == '"') {
			i += 1 + unescape(rest, out);
		} else if (c == '\n') {
			i += 1 + fold_line(rest, out);
		} else {
			pal_buf_add_byte(out, c);
			i++;
		}
	}
	return SIZE_MAX;
}

/* False: no quote closes it, so it is a sign like others. */
static enum pal_err
take_quoted(struct walk *y, bool *ret_taken)
{
	uint8_t      quote = y->text.data[y->pos];
	bool        *none = &y->no_quote[quote == '"'];
	PAL_AUTO_BUF out = pal_buf_of(0);
	size_t       end = *none ? SIZE_MAX : read_quoted(y, quote, &out), at = y->pos;

	*ret_taken = end != SIZE_MAX;
	*none = end == SIZE_MAX;
	if (!*ret_taken)
		return PAL_OK;
	PAL_TRY(pal_buf_err(&out));
	y->pos = end;
	return take_scalar(y, pal_arena_copy(y->arena, pal_view_sub(pal_buf_view(&out), 0, SCALAR_MOST)), at);
}

/* ---- block scalars (8.1) ---- */

static size_t
indent_of(const struct walk *y, size_t line)
{
	size_t n = line;

	while (n < y->text.len && y->text.data[n] == ' ')
		n++;
	return n - line;
}

static bool
is_empty_line(const struct walk *y, size_t line)
{
	return pal_view_trim(pal_view_sub(y->text, line, line_end(y, line) - line)).len == 0;
}

/* "|", ">-", "|2" and a line's end. */
static bool
at_block(const struct walk *y)
{
	size_t i = y->pos + 1;

	if (y->flow > 0 || (byte_at(y, y->pos) != '|' && byte_at(y, y->pos) != '>'))
		return false;
	while (byte_at(y, i) == '+' || byte_at(y, i) == '-' || pal_is_digit(byte_at(y, i)))
		i++;
	while (i < y->text.len && is_blank(y->text.data[i]))
		i++;
	return byte_at(y, i) == '\n' || byte_at(y, i) == '\r' || byte_at(y, i) == '#';
}

/* All lines that are indented deeper than the one that the block was opened on. */
static enum pal_err
take_block(struct walk *y)
{
	PAL_AUTO_BUF out = pal_buf_of(0);
	bool         folded = y->text.data[y->pos] == '>';
	size_t       line = line_end(y, y->pos), at = y->pos, deep = 0;

	for (line++; line < y->text.len; line = line_end(y, line) + 1) {
		size_t n = indent_of(y, line), end = line_end(y, line);
		bool   empty = is_empty_line(y, line);

		if (!empty && n <= y->indent)
			break;
		deep = deep == 0 && !empty ? n : deep;
		if (out.len > 0)
			pal_buf_add_byte(&out, folded ? ' ' : '\n');
		if (!empty && out.len < SCALAR_MOST)
			pal_buf_add(&out, pal_view_sub(y->text, line + (deep < n ? deep : n),
						       end - line - (deep < n ? deep : n)));
	}
	PAL_TRY(pal_buf_err(&out));
	y->pos = line < y->text.len ? line : y->text.len;
	y->line_start = true;
	return take_scalar(y, pal_arena_copy(y->arena, pal_view_trim(pal_buf_view(&out))), at);
}

/* ---- plain scalars (7.3.3) ---- */

static bool
is_colon(const struct walk *y, size_t i)
{
	uint8_t next = byte_at(y, i + 1);

	return byte_at(y, i) == ':' && (ends_word(next) || (y->flow > 0 && is_flow_sign(next)));
}

static enum pal_err
take_plain(struct walk *y)
{
	size_t i = y->pos, at = y->pos;

	while (i < y->text.len && y->text.data[i] != '\n' && !is_colon(y, i) &&
	       !(y->text.data[i] == '#' && i > at && is_blank(y->text.data[i - 1])) &&
	       !(y->flow > 0 && is_flow_sign(y->text.data[i])))
		i++;
	y->pos = i > at ? i : at + 1;
	return take_scalar(y, pal_view_trim(pal_view_sub(y->text, at, y->pos - at)), at);
}

/* ---- what stands before scalars and between them ---- */

/* The word behind &, * or !, up to a blank or, in flow style, a sign. */
static struct pal_view
take_word(struct walk *y, bool tag)
{
	size_t from = y->pos + 1, i = from;

	while (i < y->text.len && !ends_word(y->text.data[i]) &&
	       (tag || y->flow == 0 || !is_flow_sign(y->text.data[i])))
		i++;
	y->pos = i;
	return pal_view_sub(y->text, from, i - from);
}

static enum pal_err
take_tag(struct walk *y)
{
	PAL_AUTO_BUF    out = pal_buf_of(0);
	size_t          at = y->pos;
	struct pal_view v = take_word(y, true);

	if (pal_view_find_byte(v, '%', 0) == SIZE_MAX)
		return PAL_OK;
	for (size_t i = 0; i < v.len; i++) {
		bool escape = v.data[i] == '%' && i + 2 < v.len;

		pal_buf_add_byte(&out, escape ? (uint8_t)hex_of(pal_view_sub(v, i + 1, 2)) : v.data[i]);
		i += escape ? 2 : 0;
	}
	PAL_TRY(pal_buf_err(&out));
	return y->w->tag(y->w->arg, pal_buf_view(&out), at);
}

static enum pal_err
take_alias(struct walk *y)
{
	size_t                 at = y->pos;
	const struct pal_view *v = pal_map_get(&y->anchors, take_word(y, false));

	return v == NULL ? PAL_OK : take_scalar(y, *v, at);
}

/* - ? , and brackets: what is before them is over. */
static enum pal_err
take_sign(struct walk *y, uint8_t c)
{
	PAL_TRY(settle(y));
	y->has_key = false;
	y->flow += c == '[' || c == '{';
	y->flow -= (c == ']' || c == '}') && y->flow > 0;
	y->pos++;
	return PAL_OK;
}

static bool
is_sign(const struct walk *y, uint8_t c)
{
	if ((c == '-' || c == '?') && ends_word(byte_at(y, y->pos + 1)))
		return true;
	return c == '[' || c == '{' || (y->flow > 0 && is_flow_sign(c));
}

static void
take_colon(struct walk *y)
{
	y->key = y->last;
	y->has_key = y->has_last;
	y->has_last = false;
	y->pos++;
}

static enum pal_err
take_token(struct walk *y)
{
	uint8_t c = y->text.data[y->pos];
	bool    taken = false;

	if (is_colon(y, y->pos) || (c == ':' && y->flow > 0 && y->has_last)) { /* {"a":b} */
		take_colon(y);
		return PAL_OK;
	}
	if (is_sign(y, c))
		return take_sign(y, c);
	if (c == '&') {
		y->anchor = take_word(y, false);
		return PAL_OK;
	}
	if (c == '*')
		return take_alias(y);
	if (c == '!')
		return take_tag(y);
	if (c == '"' || c == '\'')
		PAL_TRY(take_quoted(y, &taken));
	if (taken)
		return PAL_OK;
	return at_block(y) ? take_block(y) : take_plain(y);
}

/* Blanks, comments, line ends, directives and the marks of documents; true when there was one. */
static bool
pass_over(struct walk *y)
{
	uint8_t         c = y->text.data[y->pos];
	struct pal_view rest = pal_view_sub(y->text, y->pos, 4);

	if (y->line_start) {
		y->line_start = false;
		y->indent = indent_of(y, y->pos);
		if (y->flow == 0 && (c == '%' || pal_view_is(pal_view_trim(rest), "---"))) {
			y->pos = c == '%' ? line_end(y, y->pos) : y->pos + 3;
			return true;
		}
	}
	if (c == '#' && (y->pos == 0 || ends_word(y->text.data[y->pos - 1]))) {
		y->pos = line_end(y, y->pos);
		return true;
	}
	if (!ends_word(c))
		return false;
	y->line_start = c == '\n';
	y->pos++;
	return true;
}

enum pal_err
pal_yaml_walk(struct pal_view text, struct pal_arena *a, const struct pal_yaml_walker *w)
{
	struct walk y = { .w = w, .arena = a, .anchors = pal_map_of(a), .text = text, .line_start = true };

	while (y.pos < text.len && pal_arena_err(a) == PAL_OK)
		if (!pass_over(&y))
			PAL_TRY(take_token(&y));
	return settle(&y);
}
