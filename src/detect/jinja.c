/* jinja.c - Jinja's statements; blocks are counted, not nested, so that no template needs depth. */
#include "jinja.h"
#include "jinja_judge.h"

#define LOOP_MOST 10000000u

static const struct pal_jinja_token *
token(const struct pal_jinja *j)
{
	return &j->lexer.token;
}

static bool
at(const struct pal_jinja *j, enum pal_jinja_token_kind kind, const char *text)
{
	return token(j)->kind == kind && pal_view_is(token(j)->text, text);
}

static bool
take(struct pal_jinja *j, enum pal_jinja_token_kind kind, const char *text)
{
	bool here = at(j, kind, text);

	if (here)
		pal_jinja_next(&j->lexer);
	return here;
}

static bool
at_end(const struct pal_jinja *j)
{
	return token(j)->kind == PAL_JINJA_CLOSE || token(j)->kind == PAL_JINJA_END || token(j)->kind == PAL_JINJA_DATA;
}

static void
remember(struct pal_jinja *j, struct pal_view name, const struct pal_fold_value *v)
{
	struct pal_fold_value *kept = pal_arena_array(j->arena, 1, sizeof(*kept));
	void                 **place = kept == NULL ? NULL : pal_map_put(&j->names, name);

	if (place == NULL)
		return;
	*kept = *v;
	kept->root = (struct pal_view){ 0 };
	*place = kept;
}

/* ---- blocks ---- */

static void
open_block(struct pal_jinja *j, bool trigger, uint64_t times)
{
	uint64_t all = times;

	for (size_t i = 0; i < j->block_count; i++)
		if (j->blocks[i].times > 1 && all <= LOOP_MOST)
			all *= j->blocks[i].times;
	if (j->chat && all > LOOP_MOST && times > 1)
		j->say(j->arg, PAL_JINJA_STRANGE, pal_view_of("for"), token(j)->at, "asks for loops without end");
	if (j->block_count == PAL_JINJA_BLOCKS) {
		j->say(j->arg, PAL_JINJA_STRANGE, pal_view_of("block"), token(j)->at,
		       "is nested deeper than is followed");
		return;
	}
	j->blocks[j->block_count++] = (struct pal_jinja_block){ .trigger = trigger, .times = times };
	j->triggers += trigger;
}

static void
close_block(struct pal_jinja *j)
{
	if (j->block_count > 0)
		j->triggers -= j->blocks[--j->block_count].trigger;
}

static void
also_when(struct pal_jinja *j, bool trigger)
{
	if (!trigger || j->block_count == 0 || j->blocks[j->block_count - 1].trigger)
		return;
	j->blocks[j->block_count - 1].trigger = true;
	j->triggers++;
}

/* ---- statements, behind their keyword ---- */

/* a, b.c, (d, e): the names are the template's own from here on. The last one, when it is the only one. */
static struct pal_view
targets(struct pal_jinja *j, const struct pal_fold_value *v, const char *until)
{
	struct pal_view only = { 0 };
	size_t          count = 0;

	while (!at_end(j) && !at(j, PAL_JINJA_SIGN, until) && !at(j, PAL_JINJA_NAME, until)) {
		if (token(j)->kind == PAL_JINJA_NAME) {
			only = token(j)->text;
			pal_jinja_judge_name(j, only, (struct pal_view){ 0 }, token(j)->at);
			remember(j, only, v);
			count++;
		}
		pal_jinja_next(&j->lexer);
	}
	return count == 1 ? only : (struct pal_view){ 0 };
}

/* {% set x %}...{% endset %}: x is the text between, which can be a name in parts. */
static void
capture(struct pal_jinja *j, const struct pal_fold_value *v)
{
	if (j->captures.len > 0)
		j->captured = pal_fold_join(j->arena, &j->captured, v);
}

static void
end_capture(struct pal_jinja *j, size_t from)
{
	if (j->captures.len == 0)
		return;
	if (j->captured.kind == PAL_FOLD_TEXT) {
		pal_jinja_judge_string(j, j->captured.text, true, from);
		remember(j, j->captures, &j->captured);
	}
	j->captures = (struct pal_view){ 0 };
}

static void
set_statement(struct pal_jinja *j)
{
	struct pal_fold_value v = { 0 };
	struct pal_view       only = targets(j, &v, "=");
	size_t                from = token(j)->at;

	if (!take(j, PAL_JINJA_SIGN, "=")) {
		open_block(j, false, 1);
		j->captures = only;
		j->captured = pal_fold_text((struct pal_view){ 0 });
		return;
	}
	v = pal_jinja_expression(j, false);
	if (j->triggers > 0)
		pal_jinja_judge_text(j, v.text, true, from);
	if (only.len > 0)
		remember(j, only, &v);
}

static void
for_statement(struct pal_jinja *j)
{
	struct pal_fold_value  v = { 0 };
	struct pal_jinja_lexer names = j->lexer;
	bool                   trigger = false;

	(void)targets(j, &v, "in");
	if (!take(j, PAL_JINJA_NAME, "in"))
		return;
	v = pal_jinja_expression(j, true);
	if (v.content && v.worked) { /* words of a message */
		struct pal_fold_value item = { .content = true, .worked = true };

		while (names.token.kind == PAL_JINJA_NAME && !pal_view_is(names.token.text, "in")) {
			remember(j, names.token.text, &item);
			pal_jinja_next(&names);
		}
	}
	if (take(j, PAL_JINJA_NAME, "if"))
		trigger = pal_jinja_expression(j, false).trigger;
	open_block(j, trigger, v.kind == PAL_FOLD_UNKNOWN && v.number > 0 ? v.number : 1);
}

static void
macro_statement(struct pal_jinja *j)
{
	struct pal_fold_value none = { 0 };

	open_block(j, false, 1);
	while (!at_end(j)) {
		if (take(j, PAL_JINJA_SIGN, "=")) {
			size_t before = token(j)->at;

			(void)pal_jinja_expression(j, false);
			if (token(j)->at != before)
				continue;
		} else if (token(j)->kind == PAL_JINJA_NAME) {
			pal_jinja_judge_name(j, token(j)->text, (struct pal_view){ 0 }, token(j)->at);
			remember(j, token(j)->text, &none);
		}
		if (!at_end(j))
			pal_jinja_next(&j->lexer);
	}
}

static void
load_statement(struct pal_jinja *j, struct pal_view how, size_t from)
{
	struct pal_fold_value v = pal_jinja_expression(j, true);

	pal_jinja_judge_load(j, how, &v, from);
}

static bool
is_any(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

static void
statement(struct pal_jinja *j)
{
	static const char *const loads[] = { "import", "include", "extends", "from", NULL };
	static const char *const opens[] = { "call",       "filter",     "block", "with",
					     "autoescape", "generation", "trans", NULL };
	struct pal_view          how = token(j)->text;
	size_t                   from = token(j)->at;

	if (token(j)->kind != PAL_JINJA_NAME)
		return;
	pal_jinja_next(&j->lexer);
	if (pal_view_is(how, "if"))
		open_block(j, pal_jinja_expression(j, false).trigger, 1);
	else if (pal_view_is(how, "elif"))
		also_when(j, pal_jinja_expression(j, false).trigger);
	else if (pal_view_is(how, "for"))
		for_statement(j);
	else if (pal_view_is(how, "set"))
		set_statement(j);
	else if (pal_view_is(how, "macro"))
		macro_statement(j);
	else if (is_any(how, loads))
		load_statement(j, how, from);
	else if (is_any(how, opens))
		open_block(j, false, 1);
	else if (pal_view_starts(how, "end")) {
		if (pal_view_is(how, "endset"))
			end_capture(j, from);
		close_block(j);
	} else if (pal_view_is(how, "debug") && j->chat)
		j->say(j->arg, PAL_JINJA_STRANGE, how, from, "prints all that the engine knows");
}

/* All to the end of the tag: what follows a statement, and what is none, is read as expressions. */
static void
finish_tag(struct pal_jinja *j, bool output, size_t from)
{
	while (!at_end(j)) {
		size_t                before = token(j)->at;
		struct pal_fold_value v = pal_jinja_expression(j, false);

		if (output && j->triggers > 0)
			pal_jinja_judge_text(j, v.text, true, from);
		if (output)
			capture(j, &v);
		if (token(j)->at == before && !at_end(j))
			pal_jinja_next(&j->lexer);
	}
	if (token(j)->kind == PAL_JINJA_CLOSE)
		pal_jinja_next(&j->lexer);
}

/* Text that is put out as it stands; a macro's may be nothing but a name, which is used as one elsewhere. */
static void
take_data(struct pal_jinja *j, const struct pal_jinja_token *t)
{
	struct pal_fold_value text = pal_fold_text(t->text);

	capture(j, &text);
	if (j->chat)
		pal_jinja_judge_string(j, t->text, false, t->at);
	pal_jinja_judge_text(j, t->text, false, t->at);
	if (j->triggers > 0)
		pal_jinja_judge_text(j, t->text, true, t->at);
}

void
pal_jinja_read(struct pal_view text, bool chat, struct pal_arena *a, pal_jinja_say_fn *say, void *arg)
{
	struct pal_jinja j = { .arena = a, .chat = chat, .say = say, .arg = arg, .names = pal_map_of(a) };

	pal_jinja_lex_init(&j.lexer, text, a);
	while (token(&j)->kind != PAL_JINJA_END) {
		struct pal_jinja_token t = *token(&j);

		if (t.kind == PAL_JINJA_DATA)
			take_data(&j, &t);
		pal_jinja_next(&j.lexer);
		if (t.kind == PAL_JINJA_OPEN_STATEMENT)
			statement(&j);
		if (t.kind == PAL_JINJA_OPEN_STATEMENT || t.kind == PAL_JINJA_OPEN_OUTPUT)
			finish_tag(&j, t.kind == PAL_JINJA_OPEN_OUTPUT, t.at);
	}
	if (pal_arena_err(a) != PAL_OK)
		say(arg, PAL_JINJA_STRANGE, pal_view_sub(text, 0, 40), 0, "needs more memory than is given to it");
}
