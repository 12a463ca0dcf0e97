/* templates.c - the detector that reads chat templates; how they are read is in jinja.c, what is wrong in
 * jinja_judge.c. */
#include "jinja.h"
#include "mask.h"
#include "rules.h"

#define CODE_MOST      ((size_t)1 << 20)
#define MEMORY_MOST    ((size_t)32 << 20)
#define SAID_MOST      100 /* of one kind, in one template */
#define TEMPLATES_MOST 200 /* that are remembered in one file */

struct state {
	const struct pal_rule *rules[PAL_JINJA_INVISIBLE + 1]; /* by fact */
	struct pal_arena      *arena;
	struct pal_map         seen; /* templates that were read already */
	size_t                 read;
	struct pal_map         columns; /* name -> itself, of columns that hold templates */
	const char           **named;   /* by column: its name when it holds templates, else NULL */
	size_t                 count;
};

#define COLUMNS_MOST 4096

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->arena = a;
	s->named = pal_arena_array(a, COLUMNS_MOST, sizeof(*s->named));
	s->columns = pal_map_of(a);
	s->seen = pal_map_of(a);
	s->rules[PAL_JINJA_ESCAPE] = pal_detect_own(rules, "TEMPLATE-SSTI");
	s->rules[PAL_JINJA_LOAD] = pal_detect_own(rules, "TEMPLATE-LOADS");
	s->rules[PAL_JINJA_STRANGE] = pal_detect_own(rules, "TEMPLATE-SUSPICIOUS");
	s->rules[PAL_JINJA_POISON] = pal_detect_own(rules, "TEMPLATE-POISONED");
	s->rules[PAL_JINJA_INVISIBLE] = pal_detect_own(rules, "TEMPLATE-INVISIBLE");
	*ret_state = s;
	return pal_arena_err(a);
}

struct reading {
	struct state        *s;
	struct pal_place     place;
	struct pal_view      text;
	struct pal_findings *out;
	unsigned int         said[PAL_JINJA_INVISIBLE + 1];
};

static uint64_t
line_of(struct pal_view text, size_t at)
{
	uint64_t line = 1;

	for (size_t i = 0; (i = pal_view_find_byte(text, '\n', i)) < at; i++)
		line++;
	return line;
}

/* Told by the reader of templates; every rule has its own weight. */
static void
say(void *arg, enum pal_jinja_fact fact, struct pal_view what, size_t at, const char *why)
{
	struct reading *r = arg;
	char            excerpt[84];

	if (r->said[fact]++ >= SAID_MOST)
		return;
	pal_found(r->out, r->s->rules[fact], PAL_CONFIDENCE_HIGH, &r->place, "line %llu: \"%s\" %s",
		  (unsigned long long)line_of(r->text, at), pal_excerpt(pal_view_trim(what), 80, excerpt), why);
}

/* A template is judged once, however often and by whatever names it comes. */
static bool
is_new(struct state *s, struct pal_view text)
{
	void **place = s->read >= TEMPLATES_MOST ? NULL : pal_map_put(&s->seen, text);

	if (place == NULL)
		return true;
	if (*place != NULL)
		return false;
	*place = s;
	s->read++;
	return true;
}

static enum pal_err
read_template(struct reading *r, bool chat)
{
	PAL_AUTO_ARENA a;

	pal_arena_init(&a, MEMORY_MOST);
	if (r->text.len < CODE_MOST / 16 && !is_new(r->s, r->text))
		return PAL_OK;
	pal_jinja_read(pal_view_sub(r->text, 0, CODE_MOST), chat, &a, say, r);
	if (r->text.len > CODE_MOST)
		say(r, PAL_JINJA_STRANGE, pal_view_of("(template)"), 0, "is longer than the megabyte that is examined");
	return PAL_OK;
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
	bool           chat = false;

	r.place.field = field;
	chat = (field != NULL && names_template(pal_view_of(field))) ||
	       pal_view_find(text, pal_view_of("messages"), 0) != SIZE_MAX ||
	       pal_view_find(text, pal_view_of("add_generation_prompt"), 0) != SIZE_MAX;
	return is_template(text) ? read_template(&r, chat) : PAL_OK;
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

/*
 * What no key calls a template: loaders render none of it, and a vocabulary has "{{", "__init__" and "messages" among
 * its words. A line that opens and closes a tag is judged all the same, as somebody may render it one day.
 */
static enum pal_err
take_lines(struct state *s, const struct pal_content *piece, const char *name, struct pal_findings *out)
{
	struct pal_view rest = piece->text, line = { 0 };

	while (pal_view_line(&rest, &line))
		if (pal_view_find(line, pal_view_of("}}"), 0) != SIZE_MAX ||
		    pal_view_find(line, pal_view_of("%}"), 0) != SIZE_MAX)
			PAL_TRY(read_text(s, piece, name, line, out));
	return PAL_OK;
}

static enum pal_err
take_meta(struct state *s, const struct pal_content *piece, struct pal_findings *out)
{
	char        name[84];
	const char *field = piece->place.field != NULL ? piece->place.field : pal_excerpt(piece->name, 80, name);

	if (!is_template(piece->text))
		return PAL_OK;
	if (piece->name.len == 0 || names_template(piece->name) || names_template(pal_view_of(field)))
		return read_text(s, piece, field, piece->text, out);
	return take_lines(s, piece, field, out);
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct pal_view field = pal_view_of(piece->place.field);

	if (piece->kind == PAL_CONTENT_COLUMNS)
		return take_columns(state, piece);
	if (piece->kind == PAL_CONTENT_ROW)
		return take_row(state, piece, out);
	if (piece->kind == PAL_CONTENT_META)
		return take_meta(state, piece, out);
	if (piece->kind == PAL_CONTENT_SOURCE)
		return pal_view_is(piece->name, "jinja") ? read_text(state, piece, piece->place.field, piece->text, out)
							 : PAL_OK;
	/* A text is a template when its key says so; documents about Jinja are not. */
	if (names_template(field))
		return read_text(state, piece, piece->place.field, piece->text, out);
	return PAL_OK;
}

const struct pal_detector pal_detector_templates = {
	.name = "templates",
	.summary = "chat templates that reach into the interpreter",
	.reads = PAL_READS(PAL_CONTENT_META) | PAL_READS(PAL_CONTENT_TEXT) | PAL_READS(PAL_CONTENT_COLUMNS) |
		 PAL_READS(PAL_CONTENT_ROW) | PAL_READS(PAL_CONTENT_SOURCE),
	.start = start,
	.feed = feed,
};
