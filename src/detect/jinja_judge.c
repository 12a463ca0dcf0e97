/* jinja_judge.c - what templates may not name and should not say; the lists are the policy. */
#include "jinja_judge.h"

#include "palisade/utf8.h"

#define MARK_MOST 64
#define LOOK_MOST 1024 /* bytes of a name, a key, a condition; what is longer is none */

static bool
is_any(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

static void
say(const struct pal_jinja *j, enum pal_jinja_fact fact, struct pal_view what, size_t at, const char *why)
{
	j->say(j->arg, fact, what, at, why);
}

/* Jinja's own helpers: what they are made of leads to the interpreter's globals. */
static const char *const helpers[] = { "cycler", "joiner", "namespace", "lipsum", "url_for", "get_flashed_messages",
				       NULL };
/* Those of them that templates of any kind call, and do nothing else with. */
static const char *const makers[] = { "cycler", "joiner", "lipsum", NULL };
/* Python's functions, which no template engine offers. */
static const char *const functions[] = { "eval",   "exec", "getattr", "setattr",    "compile", "globals",
					 "locals", "vars", "open",    "breakpoint", NULL };
static const char *const modules[] = { "os", "sys", "subprocess", "builtins", "importlib", "shutil", "socket", NULL };
static const char *const attributes[] = { "os",
					  "popen",
					  "subprocess",
					  "eval",
					  "exec",
					  "getattr",
					  "globals",
					  "builtins",
					  "importlib",
					  "gi_frame",
					  "gi_code",
					  "f_globals",
					  "f_builtins",
					  "f_back",
					  "cr_frame",
					  "ag_frame",
					  "tb_frame",
					  "func_globals",
					  "mro",
					  "check_output",
					  "import_string",
					  "environ",
					  "_TemplateReference__context",
					  NULL };
/* The double-underscore names that attacks are made of; others (__name__, __doc__) stand in many documents. */
static const char *const internals[] = { "__class__",   "__globals__", "__mro__",        "__base__",
					 "__bases__",   "__init__",    "__subclasses__", "__builtins__",
					 "__import__",  "__code__",    "__dict__",       "__getattribute__",
					 "__getattr__", "__call__",    "__reduce__",     "__reduce_ex__",
					 "__closure__", "__func__",    "__self__",       "__loader__",
					 "__getitem__", "__new__",     "__spec__",       NULL };

/* A name with two underscores in front and behind, anywhere in v; *ret: it. */
static bool
has_dunder(struct pal_view v, struct pal_view *ret)
{
	for (size_t i = 0; i + 4 < v.len; i++) {
		size_t k = i + 2;

		if (v.data[i] != '_' || v.data[i + 1] != '_')
			continue;
		while (k < v.len &&
		       (pal_is_alpha(v.data[k]) || (v.data[k] == '_' && k + 1 < v.len && v.data[k + 1] != '_')))
			k++;
		if (k > i + 2 && k + 1 < v.len && v.data[k] == '_' && v.data[k + 1] == '_') {
			*ret = pal_view_sub(v, i, k + 2 - i);
			return true;
		}
		i = k > i + 2 ? k - 1 : i;
	}
	return false;
}

static bool
is_internal(const struct pal_jinja *j, struct pal_view name)
{
	struct pal_view dunder = { 0 };

	return has_dunder(name, &dunder) && (j->chat || is_any(dunder, internals));
}

void
pal_jinja_judge_name(const struct pal_jinja *j, struct pal_view name, struct pal_view next, size_t at)
{
	bool reached = pal_view_is(next, ".") || pal_view_is(next, "[") || pal_view_is(next, "|");
	bool called = pal_view_is(next, "(");

	if (is_internal(j, name))
		say(j, PAL_JINJA_ESCAPE, name, at, "reaches into Python's objects");
	else if (pal_map_get(&j->names, name) != NULL)
		return;
	else if (reached && is_any(name, makers))
		say(j, PAL_JINJA_ESCAPE, name, at,
		    "is only ever called; what it is made of is a way out of the engine");
	else if (!j->chat)
		return;
	else if (reached && (is_any(name, helpers) || is_any(name, modules)))
		say(j, PAL_JINJA_ESCAPE, name, at, "is a way out of the template engine");
	else if (called && is_any(name, functions))
		say(j, PAL_JINJA_ESCAPE, name, at, "is a function of Python that templates do not have");
	else if (is_any(name, (const char *const[]){ "lipsum", "url_for", "get_flashed_messages", NULL }))
		say(j, PAL_JINJA_ESCAPE, name, at, "is a way out of the template engine");
}

void
pal_jinja_judge_string(const struct pal_jinja *j, struct pal_view text, bool assembled, size_t at)
{
	struct pal_view bare = pal_view_trim(text), dunder = { 0 };

	/* A sentence may say __init__; a string that is nothing but a name is used as one, or as a format's field. */
	if (!is_internal(j, bare) || pal_view_find_byte(bare, ' ', 0) != SIZE_MAX || !has_dunder(bare, &dunder))
		return;
	if (bare.len > dunder.len + 40)
		return;
	say(j, PAL_JINJA_ESCAPE, text, at,
	    assembled ? "puts a name of Python's internals together from parts"
		      : "names Python's internals in a string");
}

void
pal_jinja_judge_attribute(const struct pal_jinja *j, const struct pal_fold_value *of, const struct pal_fold_value *name,
			  size_t at)
{
	struct pal_view text = pal_view_trim(pal_view_sub(name->text, 0, LOOK_MOST));
	bool            request = pal_view_is(of->root, "request") || pal_view_is(of->root, "config");

	if (is_internal(j, text))
		say(j, PAL_JINJA_ESCAPE, text, at, "reaches into Python's objects");
	else if (!j->chat)
		return;
	else if (name->kind == PAL_FOLD_TEXT && is_any(text, attributes))
		say(j, PAL_JINJA_ESCAPE, text, at, "is a way out of the template engine");
	else if (name->kind != PAL_FOLD_TEXT && pal_view_find(text, pal_view_of("__"), 0) != SIZE_MAX)
		say(j, PAL_JINJA_ESCAPE, text, at, "is part of a name that is put together to be looked up");
	else if (name->kind == PAL_FOLD_TEXT && request &&
		 is_any(text, (const char *const[]){ "application", "args", "cookies", "headers", "values", "form",
						     "from_object", "from_pyfile", NULL }))
		say(j, PAL_JINJA_ESCAPE, text, at, "is an object of a web server, not of a chat");
}

void
pal_jinja_judge_load(const struct pal_jinja *j, struct pal_view how, const struct pal_fold_value *what, size_t at)
{
	if (j->chat)
		say(j, PAL_JINJA_LOAD, what->text.len > 0 ? what->text : how, at,
		    "is another file that the template brings in; a chat template is one file");
}

static bool
has_nocase(struct pal_view text, const char *needle)
{
	size_t n = pal_view_of(needle).len;

	for (size_t i = 0; i + n <= text.len; i++)
		if (pal_to_lower(text.data[i]) == (uint8_t)needle[0] &&
		    pal_view_is_nocase(pal_view_sub(text, i, n), needle))
			return true;
	return false;
}

/* Letters, tag characters and marks of direction that are not seen where they stand. */
static bool
is_invisible(uint32_t c)
{
	return (c >= 0xe0001 && c <= 0xe007f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       (c >= 0x2061 && c <= 0x2064) || c == 0x200b || c == 0x2060 || c == 0x180e || c == 0x00ad;
}

static void
judge_invisible(const struct pal_jinja *j, struct pal_view text, size_t at)
{
	struct pal_view rest = text;

	while (rest.len > 0) {
		if (rest.data[0] < 0x80) {
			rest = pal_view_sub(rest, 1, rest.len);
		} else if (is_invisible(pal_utf8_next(&rest))) {
			say(j, PAL_JINJA_INVISIBLE, text, at, "holds characters that are not seen");
			return;
		}
	}
}

static size_t
word_count(struct pal_view text)
{
	size_t words = 0, letters = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i + 1 < text.len && text.data[i] == '<' && text.data[i + 1] == '|') { /* <|im_end|>: no words */
			size_t end = pal_view_find(pal_view_sub(text, i, MARK_MOST), pal_view_of("|>"), 0);

			i += end == SIZE_MAX ? 0 : end;
		}
		if (i < text.len && (pal_is_alpha(text.data[i]) || text.data[i] >= 0xc3)) {
			letters++;
			continue;
		}
		words += letters >= 2;
		letters = i < text.len && text.data[i] >= 0x80 ? letters : 0;
	}
	return words;
}

static bool
has_link(struct pal_view text)
{
	return has_nocase(text, "://") || has_nocase(text, "<script") || has_nocase(text, "javascript:") ||
	       has_nocase(text, "www.");
}

void
pal_jinja_judge_text(const struct pal_jinja *j, struct pal_view text, bool conditional, size_t at)
{
	/* What is asked of a model that its user shall not know of. */
	static const char *const hidden[] = { "ignore previous instructions",
					      "ignore all previous",
					      "disregard previous",
					      "do not mention this instruction",
					      "without telling the user",
					      "without the user knowing",
					      "do not reveal this",
					      "never reveal this",
					      "hidden from the user",
					      "always add <",
					      "<script",
					      NULL };

	if (!j->chat)
		return;
	if (conditional) {
		text = pal_view_sub(text, 0, LOOK_MOST);
		if (word_count(text) >= 4 || has_link(text))
			say(j, PAL_JINJA_POISON, text, at,
			    "is told to the model only where a message says certain words");
		return;
	}
	judge_invisible(j, text, at);
	for (const char *const *h = hidden; *h != NULL; h++)
		if (has_nocase(text, *h)) {
			say(j, PAL_JINJA_POISON, text, at, "is an instruction that the template hides in every chat");
			return;
		}
	if (has_nocase(text, "![") && has_nocase(text, "](http"))
		say(j, PAL_JINJA_POISON, text, at, "has every answer carry a picture that a server is asked for");
}

bool
pal_jinja_is_plain(const struct pal_fold_value *v)
{
	size_t letters = 0;

	if (v->kind == PAL_FOLD_LIST) {
		for (size_t i = 0; i < v->count; i++)
			if (v->items[i].kind == PAL_FOLD_TEXT && pal_jinja_is_plain(&v->items[i]))
				return true;
		return false;
	}
	if (v->kind != PAL_FOLD_TEXT || v->text.len == 0 || v->text.data[0] == '/' || v->text.data[0] == '#')
		return false;
	for (size_t i = 0; i < v->text.len && i < LOOK_MOST; i++) {
		uint8_t c = v->text.data[i];

		if (pal_view_find_byte(pal_view_of("<>[]{}|`"), c, 0) != SIZE_MAX)
			return false;
		letters += pal_is_alpha(c) || c >= 0x80;
	}
	return letters >= 3;
}

void
pal_jinja_judge_replace(const struct pal_jinja *j, struct pal_view from, struct pal_view to, size_t at)
{
	struct pal_fold_value old = pal_fold_text(from), new = pal_fold_text(to);

	if (j->chat && pal_jinja_is_plain(&old) && (pal_jinja_is_plain(&new) || has_link(to)))
		say(j, PAL_JINJA_POISON, to, at, "is put into messages in the place of other words");
}
