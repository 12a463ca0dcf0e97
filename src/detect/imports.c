/* imports.c - the detector that judges what loading a file would look up and call: pickles, and every loader by name.
 */
#include <string.h>

#include "mask.h"
#include "names.h"
#include "rules.h"

#define PREVIEW      120
#define NAME_MOST    200
#define IMPORTS_MOST 20000

/* The four rules of a kind of loader. */
struct voice {
	const struct pal_rule *exec, *dangerous, *suspicious, *unknown;
};

struct import {
	struct pal_place  place;
	const char       *loader; /* NULL: pickle */
	const char       *name;   /* "os.system" */
	struct pal_global verdict;
	uint64_t          count;
	bool              called;
};

struct state {
	const struct pal_detect *rules;
	struct voice             pickle, other;
	struct pal_arena        *arena;
	struct pal_list          imports; /* of struct import */
	struct pal_map           index;   /* loader, module, name -> index + 1 */
	uint64_t                 uncounted;
};

static struct voice
voice_for(const struct pal_detect *rules, const char *loader)
{
	if (loader != NULL)
		return (struct voice){ pal_detect_own(rules, "LOAD-EXEC"),
				       pal_detect_own(rules, "LOAD-DANGEROUS-IMPORT"),
				       pal_detect_own(rules, "LOAD-SUSPICIOUS-IMPORT"),
				       pal_detect_own(rules, "LOAD-UNKNOWN-IMPORT") };
	return (struct voice){ pal_detect_own(rules, "PICKLE-EXEC"), pal_detect_own(rules, "PICKLE-DANGEROUS-IMPORT"),
			       pal_detect_own(rules, "PICKLE-SUSPICIOUS-IMPORT"),
			       pal_detect_own(rules, "PICKLE-UNKNOWN-IMPORT") };
}

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	*s = (struct state){ .rules = rules,
			     .pickle = voice_for(rules, NULL),
			     .other = voice_for(rules, "any"),
			     .arena = a,
			     .imports = pal_list_of(a, sizeof(struct import)),
			     .index = pal_map_of(a) };
	*ret_state = s;
	return PAL_OK;
}

static void
add(struct pal_findings *out, const struct pal_rule *rule, enum pal_severity severity, const struct import *i,
    const char *text)
{
	struct pal_finding f = { .rule = rule,
				 .severity = severity,
				 .confidence = PAL_CONFIDENCE_HIGH,
				 .place = i->place,
				 .count = i->count,
				 .text = text };

	f.place.field = i->name;
	pal_findings_add(out, &f);
}

static const struct voice *
voice_of(const struct state *s, const struct import *i)
{
	return i->loader == NULL ? &s->pickle : &s->other;
}

/* "loading calls", "loading with keras calls" */
static void
begin_text(struct pal_buf *b, const struct import *i, const char *does)
{
	pal_buf_printf(b, "loading%s%s %s %s", i->loader == NULL ? "" : " with ", i->loader == NULL ? "" : i->loader,
		       does, i->name);
}

/*
 * An unknown function that is given something does with it what it likes: high. An object that is made without its
 * constructor, by one that is given nothing, or by what libraries call their rebuilding functions: medium.
 */
static enum pal_severity
unknown_call(const struct pal_content *piece)
{
	return piece->made || piece->text.len == 0 || pal_name_is_class(piece->name) || pal_name_rebuilds(piece->name)
		   ? PAL_MEDIUM
		   : PAL_HIGH;
}

/* The rule and severity for a piece with this verdict; NULL: allowed. What was followed is judged by what it gave. */
static const struct pal_rule *
weigh(const struct voice *v, const struct pal_global *g, const struct pal_content *piece,
      enum pal_severity *ret_severity)
{
	bool called = piece->kind == PAL_CONTENT_CALL;

	switch (g->verdict) {
	case PAL_VERDICT_DENY:
		*ret_severity = !called ? PAL_HIGH : piece->followed ? PAL_LOW : PAL_CRITICAL;
		return !called ? v->dangerous : piece->followed ? v->suspicious : v->exec;
	case PAL_VERDICT_SUSPICIOUS:
		*ret_severity = !called || piece->followed ? PAL_LOW : g->stranger ? unknown_call(piece) : PAL_MEDIUM;
		return v->suspicious;
	case PAL_VERDICT_UNKNOWN:
		*ret_severity = called ? unknown_call(piece) : PAL_LOW;
		return v->unknown;
	case PAL_VERDICT_ALLOW:
		*ret_severity = PAL_MEDIUM;
		return called && g->make && !piece->made && piece->text.len > 0 ? v->suspicious : NULL;
	}
	return NULL;
}

static void
report_call(const struct state *s, const struct import *i, const struct pal_content *piece, struct pal_findings *out)
{
	char                   preview[PREVIEW + 4];
	PAL_AUTO_BUF           text = pal_buf_of(1024);
	struct import          one = *i;
	enum pal_severity      severity = PAL_INFO;
	const struct pal_rule *rule = weigh(voice_of(s, i), &i->verdict, piece, &severity);

	if (rule == NULL)
		return;
	one.count = 1;
	(void)pal_excerpt(pal_view_trim(piece->text), PREVIEW, preview);
	begin_text(&text, i, "calls");
	pal_buf_printf(&text, "%s%s%s: %s", preview[0] == '\0' ? "" : " with ", preview, preview[0] == '\0' ? "()" : "",
		       i->verdict.make ? "its constructor does more than to keep what it is given" : i->verdict.why);
	add(out, rule, severity, &one, pal_buf_text(&text));
}

/* What is only imported is told at the end, when it is known that nothing called it. */
static void
report_import(const struct state *s, const struct import *i, struct pal_findings *out)
{
	const struct pal_content piece = { .kind = PAL_CONTENT_IMPORT };
	PAL_AUTO_BUF             text = pal_buf_of(1024);
	enum pal_severity        severity = PAL_INFO;
	const struct pal_rule   *rule = weigh(voice_of(s, i), &i->verdict, &piece, &severity);

	if (rule == NULL)
		return;
	begin_text(&text, i, "imports");
	pal_buf_printf(&text, ": %s", i->verdict.why);
	add(out, rule, severity, i, pal_buf_text(&text));
}

static const char *
name_of(struct state *s, const struct pal_content *piece)
{
	char module[NAME_MOST + 4], name[NAME_MOST + 4];

	return pal_arena_printf(s->arena, "%s%s%s", pal_excerpt(piece->module, NAME_MOST, module),
				piece->name.len == 0 ? "" : ".", pal_excerpt(piece->name, NAME_MOST, name));
}

/* The entry of the callable, made when new; NULL when there are too many. */
static struct import *
entry_of(struct state *s, const struct pal_content *piece)
{
	PAL_AUTO_BUF   key = pal_buf_of(0);
	void         **place;
	struct import *i;

	pal_buf_add_text(&key, piece->loader == NULL ? "" : piece->loader);
	pal_buf_add_byte(&key, 0);
	pal_buf_add(&key, piece->module);
	pal_buf_add_byte(&key, 0);
	pal_buf_add(&key, piece->name);
	if (s->imports.count >= IMPORTS_MOST && pal_map_get(&s->index, pal_buf_view(&key)) == NULL)
		return NULL;
	place = pal_map_put(&s->index, pal_buf_view(&key));
	if (place == NULL)
		return NULL;
	if (*place != NULL)
		return pal_list_at(&s->imports, (size_t)(uintptr_t)*place - 1);
	i = pal_list_add(&s->imports);
	if (i == NULL)
		return NULL;
	*place = (void *)(uintptr_t)s->imports.count;
	i->place = piece->place;
	if (piece->place.path != NULL)
		i->place.path = pal_arena_text(s->arena, pal_view_of(piece->place.path));
	i->name = name_of(s, piece);
	if (piece->loader != NULL && strcmp(piece->loader, "pickle") != 0)
		i->loader = pal_arena_text(s->arena, pal_view_of(piece->loader));
	i->verdict = pal_globals_judge(&s->rules->globals, piece->loader, piece->module, piece->name);
	return i->name == NULL ? NULL : i;
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct state  *s = state;
	struct import *i = entry_of(s, piece);

	PAL_TRY(pal_arena_err(s->arena));
	if (i == NULL) {
		s->uncounted++;
		return PAL_OK;
	}
	i->count++;
	if (piece->kind == PAL_CONTENT_CALL) {
		i->called = true;
		report_call(s, i, piece, out);
	}
	return PAL_OK;
}

static enum pal_err
finish(void *state, struct pal_findings *out)
{
	struct state *s = state;

	for (size_t k = 0; k < s->imports.count; k++) {
		const struct import *i = pal_list_at(&s->imports, k);

		if (!i->called)
			report_import(s, i, out);
	}
	if (s->uncounted > 0)
		pal_found(out, s->pickle.unknown, PAL_CONFIDENCE_HIGH, &(struct pal_place){ .field = "(more)" },
			  "%llu more lookups than the %d different ones that are judged in one file",
			  (unsigned long long)s->uncounted, IMPORTS_MOST);
	return PAL_OK;
}

bool
pal_detect_weigh(const struct pal_detect *rules, const struct pal_content *piece, const struct pal_rule **ret_rule,
		 enum pal_severity *ret_severity, const char **ret_why)
{
	struct voice      v = voice_for(rules, piece->loader);
	struct pal_global g = pal_globals_judge(&rules->globals, piece->loader, piece->module, piece->name);

	*ret_rule = weigh(&v, &g, piece, ret_severity);
	*ret_why = g.why;
	return *ret_rule != NULL;
}

const struct pal_detector pal_detector_imports = {
	.name = "imports",
	.summary = "what loading a file would look up and call",
	.reads = PAL_READS(PAL_CONTENT_IMPORT) | PAL_READS(PAL_CONTENT_CALL),
	.start = start,
	.feed = feed,
	.finish = finish,
};
