/* templates.c - the detector that reads chat templates: a lexer of Jinja's expressions, and what they may not name. */
#include "mask.h"
#include "rules.h"

#define CODE_MOST  ((size_t)1 << 20)
#define TOKEN_MOST 200
#define LOOP_MOST  100000

struct state {
	const struct pal_rule *ssti, *suspicious;
	struct pal_arena      *arena;
	struct pal_map         columns; /* name -> itself, of columns that hold templates */
	const char           **named;   /* by column: its name when it holds templates, else NULL */
	size_t                 count;
};

#define COLUMNS_MOST 4096

/* What the code inside {{ }} and {% %} looks like when strings that are added together are one string. */
struct lexer {
	struct pal_view text;
	size_t          at;
	struct pal_buf  token;
	bool            in_code;
	bool            is_string; /* the token */
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->arena = a;
	s->named = pal_arena_array(a, COLUMNS_MOST, sizeof(*s->named));
	s->columns = pal_map_of(a);
	s->ssti = pal_detect_own(rules, "TEMPLATE-SSTI");
	s->suspicious = pal_detect_own(rules, "TEMPLATE-SUSPICIOUS");
	*ret_state = s;
	return pal_arena_err(a);
}

static uint8_t
peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->text.len ? l->text.data[l->at + ahead] : 0;
}

static int
hex_value(uint8_t c)
{
	if (pal_is_digit(c))
		return c - '0';
	c = pal_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character of a string, escapes decoded: \x5f and \u005f hide underscores, \137 does too. */
static void
string_char(struct lexer *l)
{
	uint8_t c = peek(l, 0);
	size_t  digits = 0;
	int     n = 0;

	l->at++;
	if (c != '\\') {
		pal_buf_add_byte(&l->token, c);
		return;
	}
	c = peek(l, 0);
	l->at++;
	if (c == 'x' || c == 'u' || c == 'U') {
		for (digits = c == 'x'   ? 2
			      : c == 'u' ? 4
					 : 8;
		     digits > 0 && hex_value(peek(l, 0)) >= 0; digits--, l->at++)
			n = (n * 16 + hex_value(peek(l, 0))) & 0xffff;
		pal_buf_add_byte(&l->token, n > 0 && n < 0x80 ? (uint8_t)n : '?');
	} else if (c >= '0' && c <= '7') {
		for (l->at--; digits < 3 && peek(l, 0) >= '0' && peek(l, 0) <= '7'; digits++, l->at++)
			n = n * 8 + (peek(l, 0) - '0');
		pal_buf_add_byte(&l->token, n > 0 && n < 0x80 ? (uint8_t)n : '?');
	} else {
		pal_buf_add_byte(&l->token, c);
	}
}

static void
skip_space(struct lexer *l)
{
	while (l->at < l->text.len && pal_is_space(peek(l, 0)))
		l->at++;
}

/* A string, and every string that ~ or + (or nothing) joins to it. */
static void
read_string(struct lexer *l)
{
	l->is_string = true;
	for (;;) {
		uint8_t quote = peek(l, 0);
		size_t  back;

		l->at++;
		while (l->at < l->text.len && peek(l, 0) != quote)
			string_char(l);
		l->at++;
		back = l->at;
		skip_space(l);
		if (peek(l, 0) == '~' || peek(l, 0) == '+')
			l->at++;
		skip_space(l);
		if (l->at >= l->text.len || (peek(l, 0) != '"' && peek(l, 0) != '\'')) {
			l->at = back;
			return;
		}
	}
}

static bool
starts_code(const struct lexer *l)
{
	return peek(l, 0) == '{' && (peek(l, 1) == '{' || peek(l, 1) == '%');
}

static bool
ends_code(const struct lexer *l)
{
	return (peek(l, 0) == '}' || peek(l, 0) == '%') && peek(l, 1) == '}';
}

static bool
in_name(uint8_t c)
{
	return pal_is_alnum(c) || c == '_';
}

/* Puts the next name, string, number or sign of the code into l->token; false at the end. */
static bool
next_token(struct lexer *l)
{
	pal_buf_clear(&l->token);
	l->is_string = false;
	while (l->at < l->text.len) {
		if (!l->in_code) {
			l->in_code = starts_code(l);
			l->at += l->in_code ? 2 : 1;
		} else if (ends_code(l)) {
			l->in_code = false;
			l->at += 2;
		} else if (pal_is_space(peek(l, 0))) {
			l->at++;
		} else {
			break;
		}
	}
	if (l->at >= l->text.len)
		return false;
	if (peek(l, 0) == '"' || peek(l, 0) == '\'') {
		read_string(l);
		return true;
	}
	do
		pal_buf_add_byte(&l->token, l->text.data[l->at++]);
	while (l->at < l->text.len && in_name((uint8_t)pal_buf_text(&l->token)[0]) && in_name(peek(l, 0)));
	return true;
}

static bool
is_one_of(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

/* A name with two underscores in front and behind, anywhere in v. */
static bool
has_dunder(struct pal_view v)
{
	for (size_t i = 0; i + 4 < v.len; i++) {
		size_t k = i + 2;

		if (v.data[i] != '_' || v.data[i + 1] != '_')
			continue;
		while (k < v.len && pal_is_alpha(v.data[k]))
			k++;
		if (k > i + 2 && k + 1 < v.len && v.data[k] == '_' && v.data[k + 1] == '_')
			return true;
	}
	return false;
}

struct reading {
	const struct state  *s;
	struct pal_place     place;
	struct pal_view      text;
	struct pal_findings *out;
	struct pal_buf       last; /* the token before, for filters and calls */
};

static void
found(const struct reading *r, const struct pal_rule *rule, struct pal_view token, const char *why)
{
	char what[84];

	pal_found(r->out, rule, PAL_CONFIDENCE_HIGH, &r->place, "\"%s\" %s", pal_excerpt(token, 80, what), why);
}

/* Names by which known attacks leave Jinja's sandbox or reach the system. */
static const char *const escapes[] = { "cycler",
				       "joiner",
				       "lipsum",
				       "os",
				       "popen",
				       "subprocess",
				       "eval",
				       "exec",
				       "getattr",
				       "globals",
				       "builtins",
				       "importlib",
				       "url_for",
				       "get_flashed_messages",
				       "_TemplateReference__context",
				       "gi_frame",
				       "f_globals",
				       "cr_frame",
				       "tb_frame",
				       "mro",
				       NULL };
static const char *const loads[] = { "import", "include", "extends", "from", NULL };
static const char *const filters[] = { "attr", "format_map", NULL };

static void
judge_name(struct reading *r, struct pal_view t, bool opens_statement)
{
	bool after_dot = pal_view_is(pal_buf_view(&r->last), ".");
	bool filter = pal_view_is(pal_buf_view(&r->last), "|");

	if (has_dunder(t))
		found(r, r->s->ssti, t, "reaches into Python's objects");
	else if (is_one_of(t, escapes) && !filter)
		found(r, r->s->ssti, t, "is a way out of the template engine");
	else if (opens_statement && is_one_of(t, loads))
		found(r, r->s->suspicious, t, "brings in another template");
	else if ((filter && is_one_of(t, filters)) || (after_dot && pal_view_is(t, "format_map")))
		found(r, r->s->suspicious, t, "looks attributes up by name");
}

static void
judge_string(struct reading *r, struct pal_view t)
{
	struct pal_view bare = pal_view_trim(t);

	/* A sentence may say __init__; a string that is nothing but a name is used as one. */
	if (has_dunder(t) && pal_view_find_byte(bare, ' ', 0) == SIZE_MAX)
		found(r, r->s->ssti, t, "names Python's internals in a string");
	else if (pal_view_is(pal_buf_view(&r->last), "[") && (is_one_of(bare, escapes) || pal_view_starts(bare, "__")))
		found(r, r->s->ssti, t, "is a way out of the template engine");
}

static void
judge_number(struct reading *r, struct pal_view t)
{
	uint64_t n;

	if (pal_view_is(pal_buf_view(&r->last), "(") && pal_view_u64(t, &n) && n > LOOP_MOST)
		found(r, r->s->suspicious, t, "asks for a loop without end");
}

/* Is the name at `from` the first one behind {% (or {%-)? */
static bool
opens_statement(struct pal_view text, size_t from)
{
	while (from > 0 && (pal_is_space(text.data[from - 1]) || text.data[from - 1] == '-'))
		from--;
	return from > 1 && text.data[from - 1] == '%' && text.data[from - 2] == '{';
}

static enum pal_err
read_template(struct reading *r)
{
	struct lexer l = { .text = pal_view_sub(r->text, 0, CODE_MOST), .token = pal_buf_of(CODE_MOST) };
	enum pal_err err;

	r->last = pal_buf_of(CODE_MOST);
	while (next_token(&l)) {
		struct pal_view t = pal_buf_view(&l.token);

		if (l.is_string)
			judge_string(r, t);
		else if (t.len > 0 && pal_is_digit(t.data[0]))
			judge_number(r, t);
		else
			judge_name(r, t, opens_statement(l.text, l.at - t.len));
		pal_buf_clear(&r->last);
		pal_buf_add(&r->last, pal_view_sub(t, 0, TOKEN_MOST));
	}
	if (r->text.len > CODE_MOST)
		found(r, r->s->suspicious, pal_view_of("(template)"), "is longer than the megabyte that is examined");
	err = pal_buf_err(&l.token) != PAL_OK ? pal_buf_err(&l.token) : pal_buf_err(&r->last);
	pal_buf_done(&l.token);
	pal_buf_done(&r->last);
	return err;
}

static bool
is_template(struct pal_view text)
{
	return pal_view_find(text, pal_view_of("{%"), 0) != SIZE_MAX ||
	       pal_view_find(text, pal_view_of("{{"), 0) != SIZE_MAX;
}

/* A name such as chat_template, tokenizer.chat_template.rag, $.chat_template[0].template */
static bool
names_template(struct pal_view name)
{
	for (size_t i = 0; i + 8 <= name.len; i++)
		if (pal_view_is_nocase(pal_view_sub(name, i, 8), "template"))
			return true;
	return false;
}

static enum pal_err
read_text(struct state *s, const struct pal_content *piece, const char *field, struct pal_view text,
	  struct pal_findings *out)
{
	struct reading r = { .s = s, .place = piece->place, .text = text, .out = out };

	r.place.field = field;
	return is_template(text) ? read_template(&r) : PAL_OK;
}

static enum pal_err
take_columns(struct state *s, const struct pal_content *piece)
{
	s->count = piece->cell_count < COLUMNS_MOST ? piece->cell_count : COLUMNS_MOST;
	for (size_t i = 0; i < s->count; i++) {
		struct pal_view name = pal_view_sub(piece->cells[i], 0, 200);
		void          **place;

		s->named[i] = NULL;
		if (!names_template(name))
			continue;
		place = pal_map_put(&s->columns, name);
		if (place != NULL && *place == NULL)
			*place = pal_arena_text(s->arena, name);
		s->named[i] = place == NULL ? NULL : *place;
	}
	return pal_arena_err(s->arena);
}

static enum pal_err
take_row(struct state *s, const struct pal_content *piece, struct pal_findings *out)
{
	for (size_t i = 0; i < piece->cell_count && i < s->count; i++)
		if (s->named[i] != NULL)
			PAL_TRY(read_text(s, piece, s->named[i], piece->cells[i], out));
	return PAL_OK;
}

static enum pal_err
take_meta(struct state *s, const struct pal_content *piece, struct pal_findings *out)
{
	char name[84];

	if (piece->place.field != NULL)
		return read_text(s, piece, piece->place.field, piece->text, out);
	return read_text(s, piece, pal_excerpt(piece->name, 80, name), piece->text, out);
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct pal_view field = pal_view_of(piece->place.field), path = pal_view_of(piece->place.path);

	if (piece->kind == PAL_CONTENT_COLUMNS)
		return take_columns(state, piece);
	if (piece->kind == PAL_CONTENT_ROW)
		return take_row(state, piece, out);
	if (piece->kind == PAL_CONTENT_META)
		return take_meta(state, piece, out);
	/* A text is a template when its key or its file says so; documents about Jinja are not. */
	if (names_template(field) || pal_view_ends(path, ".jinja") || pal_view_ends(path, ".j2"))
		return read_text(state, piece, piece->place.field, piece->text, out);
	return PAL_OK;
}

const struct pal_detector pal_detector_templates = {
	.name = "templates",
	.summary = "chat templates that reach into the interpreter",
	.reads = PAL_READS(PAL_CONTENT_META) | PAL_READS(PAL_CONTENT_TEXT) | PAL_READS(PAL_CONTENT_COLUMNS) |
		 PAL_READS(PAL_CONTENT_ROW),
	.start = start,
	.feed = feed,
};
