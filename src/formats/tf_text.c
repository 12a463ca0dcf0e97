/* tf_text.c - TensorFlow's messages as text (.pbtxt, protobuf.dev/reference/protobuf/textformat-spec): a SavedModel may
 * come so, too. Operations and assets; all of it as text besides. */
#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/reader.h"

#define NAME_MOST  ((size_t)4096) /* of a string that is kept; longer ones are cut */
#define FIELD_MOST 64u
#define CHUNK      ((size_t)64 << 10)

extern const struct pal_format pal_format_text;

struct scan {
	struct pal_sink *sink;
	struct pal_buf   value; /* of the strings that stand side by side after a field's name */
	struct pal_buf   node;  /* the last node's name */
	char             field[FIELD_MOST + 1];
	size_t           field_len;
	uint64_t         value_at;
	uint8_t          quote;  /* 0: not in a string */
	unsigned int     escape; /* digits of an escape that are still to come, + 1; 0: none */
	unsigned int     base, code;
	bool             comment, has_value, fresh; /* fresh: the next letter begins another field */
};

/* The first word of the head, behind blanks and comments. */
static struct pal_view
first_word(struct pal_view head)
{
	size_t n = 0;

	head = pal_view_trim(head);
	while (head.len > 0 && head.data[0] == '#') {
		size_t end = pal_view_find_byte(head, '\n', 0);

		head = pal_view_trim(pal_view_sub(head, end == SIZE_MAX ? head.len : end, head.len));
	}
	while (n < head.len && (pal_is_alnum(head.data[n]) || head.data[n] == '_'))
		n++;
	return pal_view_sub(head, 0, n);
}

static unsigned int
tf_text_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const certain[] = { "saved_model_schema_version", "meta_graphs", "meta_info_def",
					       "graph_def" };
	static const char *const likely[] = { "node", "library", "versions" };
	struct pal_view          word = first_word(head);

	(void)size;
	(void)name;
	if (word.len == 0 || pal_view_find_byte(head, 0, 0) != SIZE_MAX)
		return 0;
	for (size_t i = 0; i < sizeof(certain) / sizeof(certain[0]); i++)
		if (pal_view_is(word, certain[i]))
			return 88;
	for (size_t i = 0; i < sizeof(likely) / sizeof(likely[0]); i++)
		if (pal_view_is(word, likely[i]) && pal_view_find_byte(head, '{', 0) != SIZE_MAX &&
		    (pal_view_find(head, pal_view_of("op:"), 0) != SIZE_MAX ||
		     pal_view_find(head, pal_view_of("op :"), 0) != SIZE_MAX ||
		     pal_view_find(head, pal_view_of("node_def"), 0) != SIZE_MAX))
			return 86;
	return 0;
}

static enum pal_err
give(struct scan *s, enum pal_content_kind kind, const char *what)
{
	struct pal_content c = { .kind = kind, .place.offset = s->value_at, .loader = "tensorflow" };

	if (kind == PAL_CONTENT_OP) {
		c.name = pal_buf_view(&s->value);
		c.place.field = pal_buf_text(&s->node);
	} else {
		c.name = pal_view_of(what);
		c.text = pal_buf_view(&s->value);
	}
	return pal_sink_take(s->sink, &c);
}

/* A field with its whole value: strings side by side are one. */
static enum pal_err
end_value(struct scan *s)
{
	struct pal_view field = { (const uint8_t *)s->field, s->field_len }, value = pal_buf_view(&s->value);
	enum pal_err    err = PAL_OK;

	if (!s->has_value)
		return PAL_OK;
	s->has_value = false;
	if (pal_view_is(field, "op") && value.len > 0) {
		err = give(s, PAL_CONTENT_OP, NULL);
	} else if (pal_view_is(field, "filename") && value.len > 0) {
		err = give(s, PAL_CONTENT_REFERENCE, "external_data");
	} else if (pal_view_is(field, "s") && pal_view_starts(value, "file:")) {
		err = give(s, PAL_CONTENT_REFERENCE, "url");
	} else if (pal_view_is(field, "name")) {
		pal_buf_clear(&s->node);
		pal_buf_add(&s->node, value);
	}
	pal_buf_clear(&s->value);
	return err;
}

static void
add(struct scan *s, uint8_t byte)
{
	if (s->value.len < NAME_MOST)
		pal_buf_add_byte(&s->value, byte);
}

/* A digit of the escape that is open; false when the byte is none, which ends it. */
static bool
take_digit(struct scan *s, uint8_t c)
{
	unsigned int digit = pal_is_digit(c) ? (unsigned int)(c - '0') : (unsigned int)(pal_to_lower(c) - 'a') + 10;
	bool         is = (pal_is_digit(c) || pal_is_alpha(c)) && digit < s->base;

	if (is)
		s->code = s->code * s->base + digit;
	s->escape = is ? s->escape - 1 : 1;
	if (s->escape == 1) {
		add(s, (uint8_t)s->code);
		s->escape = 0;
	}
	return is;
}

/* The byte behind a backslash: \x41, \101, or a letter of its own. */
static void
begin_escape(struct scan *s, uint8_t c)
{
	static const char letters[] = "abfnrtv", meaning[] = "\a\b\f\n\r\t\v";

	s->escape = 0;
	s->code = 0;
	s->base = c == 'x' || c == 'X' ? 16 : 8;
	if (s->base == 16) {
		s->escape = 3;
	} else if (c >= '0' && c <= '7') {
		s->escape = 4;
		(void)take_digit(s, c);
	} else {
		size_t i = pal_view_find_byte(pal_view_of(letters), c, 0);

		add(s, i == SIZE_MAX ? c : (uint8_t)meaning[i]);
	}
}

static void
take_quoted(struct scan *s, uint8_t c)
{
	if (s->escape == UINT32_MAX) {
		begin_escape(s, c);
		return;
	}
	if (s->escape > 0 && take_digit(s, c))
		return;
	if (c == '\\')
		s->escape = UINT32_MAX;
	else if (c == s->quote)
		s->quote = 0;
	else
		add(s, c);
}

static void
add_letter(struct scan *s, uint8_t c)
{
	if (s->fresh)
		s->field_len = 0;
	s->fresh = false;
	if (s->field_len < FIELD_MOST)
		s->field[s->field_len++] = (char)c;
}

static enum pal_err
take_byte(struct scan *s, uint8_t c, uint64_t at)
{
	if (s->comment) {
		s->comment = c != '\n';
		return PAL_OK;
	}
	if (s->quote != 0) {
		take_quoted(s, c);
		return PAL_OK;
	}
	if (c == '#') {
		s->comment = true;
		return PAL_OK;
	}
	if (c == '"' || c == '\'') {
		if (!s->has_value)
			s->value_at = at;
		s->quote = c;
		s->has_value = true;
		return PAL_OK;
	}
	if (pal_is_space(c) || c == ':') {
		s->fresh = true;
		return PAL_OK;
	}
	PAL_TRY(end_value(s));
	if (pal_is_alnum(c) || c == '_')
		add_letter(s, c);
	else
		s->fresh = true; /* a bracket, a comma: lists keep their field */
	return PAL_OK;
}

static enum pal_err
walk(struct scan *s, struct pal_input *in)
{
	enum pal_err err = PAL_OK;

	for (uint64_t at = 0; at < in->size && err == PAL_OK;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, at, 1, CHUNK, &v));
		for (size_t i = 0; i < v.len && err == PAL_OK; i++)
			err = take_byte(s, v.data[i], at + i);
		at += v.len;
	}
	return err == PAL_OK ? end_value(s) : err;
}

static enum pal_err
tf_text_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct scan s = {
		.sink = sink, .value = pal_buf_of(NAME_MOST + 1), .node = pal_buf_of(NAME_MOST + 1), .fresh = true
	};
	enum pal_err err = pal_format_text.parse(in, sink, d);

	if (err == PAL_OK)
		err = walk(&s, in);
	pal_buf_done(&s.value);
	pal_buf_done(&s.node);
	return err;
}

const struct pal_format pal_format_tf_text = {
	.name = "tf_text",
	.summary = "TensorFlow graphs as text (.pbtxt)",
	.covers = "Everything as text; every operation, every asset's path. Which constant an operation takes as a "
		  "path is not "
		  "followed, and constants are not read as tensors: save the model in its binary form for that.",
	.probe = tf_text_probe,
	.parse = tf_text_parse,
};
