/* rulefile.c - one table of keys; each key has one function that reads its value. */
#include "rulefile.h"

#include "palisade/nearest.h"
#include "palisade/utf8.h"

#define BEFORE_DEFAULT 96
#define AFTER_DEFAULT  32
#define TEXTS_MOST     128

struct reading {
	struct pal_arena    *arena;
	struct pal_rule_def *def; /* the defaults, or the block being read */
	const char          *file;
	size_t               line;
	struct pal_diag     *d;
};

typedef enum pal_err set_fn(struct reading *r, struct pal_view value);

static enum pal_err
wrong(const struct reading *r, const char *what, const char *expected)
{
	return pal_fail(r->d, PAL_ECONFIG, r->line, "%s:%zu: %s: %s", r->file, r->line, what, expected);
}

static const char *
text_of(struct reading *r, struct pal_view v)
{
	const char *t = pal_arena_text(r->arena, v);

	return t == NULL ? "" : t;
}

static enum pal_err
set_title(struct reading *r, struct pal_view v)
{
	r->def->rule.title = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_help(struct reading *r, struct pal_view v)
{
	r->def->rule.help = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_atlas(struct reading *r, struct pal_view v)
{
	r->def->rule.atlas = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_owasp(struct reading *r, struct pal_view v)
{
	r->def->rule.owasp = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_cwe(struct reading *r, struct pal_view v)
{
	r->def->rule.cwe = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_cve(struct reading *r, struct pal_view v)
{
	r->def->rule.cve = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_loader(struct reading *r, struct pal_view v)
{
	r->def->rule.loader = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_detector(struct reading *r, struct pal_view v)
{
	r->def->detector = text_of(r, v);
	return PAL_OK;
}

static enum pal_err
set_severity(struct reading *r, struct pal_view v)
{
	if (!pal_severity_of(v, &r->def->rule.severity))
		return wrong(r, "severity", "expected info, low, medium, high or critical");
	return PAL_OK;
}

static enum pal_err
set_class(struct reading *r, struct pal_view v)
{
	if (!pal_data_class_of(v, &r->def->rule.data_class))
		return wrong(r, "class", "expected none, pii, phi, pci or secret");
	return PAL_OK;
}

/* Adds one text to a list that grows by copying: lists here are short, and live as long as the rules. */
static enum pal_err
texts_add(struct reading *r, struct pal_texts *t, struct pal_view v, const char *key)
{
	struct pal_view *bigger;

	if (t->count == TEXTS_MOST)
		return wrong(r, key, "more than 128 values");
	bigger = pal_arena_array(r->arena, t->count + 1, sizeof(*bigger));
	if (bigger == NULL)
		return pal_fail(r->d, pal_arena_err(r->arena), 0, "%s: rules do not fit in memory", r->file);
	for (size_t i = 0; i < t->count; i++)
		bigger[i] = t->at[i];
	bigger[t->count] = pal_arena_copy(r->arena, v);
	t->at = bigger;
	t->count++;
	return PAL_OK;
}

static enum pal_err
texts_split(struct reading *r, struct pal_texts *t, struct pal_view v, const char *key)
{
	struct pal_view part;

	while (pal_view_split(&v, ',', &part)) {
		part = pal_view_trim(part);
		if (part.len == 0)
			return wrong(r, key, "an empty value between commas");
		PAL_TRY(texts_add(r, t, part, key));
	}
	return PAL_OK;
}

static enum pal_err
set_pattern(struct reading *r, struct pal_view v)
{
	return texts_add(r, &r->def->patterns, v, "pattern");
}

static enum pal_err
set_run(struct reading *r, struct pal_view v)
{
	struct pal_shape shape;
	struct pal_diag  why;

	if (pal_shape_parse(v, &shape, &why) != PAL_OK)
		return wrong(r, "run", why.text);
	return texts_add(r, &r->def->runs, v, "run");
}

/* "none", or lengths with the separators between them: 3-2-4; a star repeats the last length: 4 4 * */
static enum pal_err
set_groups(struct reading *r, struct pal_view v)
{
	size_t had = r->def->groups.count;

	PAL_TRY(texts_split(r, &r->def->groups, v, "groups"));
	for (size_t g = had; g < r->def->groups.count; g++) {
		struct pal_view one = r->def->groups.at[g];

		for (size_t i = 0; !pal_view_is(one, "none") && i < one.len; i++)
			if (!pal_is_digit(one.data[i]) && one.data[i] != ' ' && one.data[i] != '-' &&
			    one.data[i] != '.' && one.data[i] != '/' && one.data[i] != '*')
				return wrong(r, "groups",
					     "expected none, or lengths with - . / or a blank between: 3-2-4");
	}
	return PAL_OK;
}

static enum pal_err
set_context(struct reading *r, struct pal_view v)
{
	return texts_split(r, &r->def->context, v, "context");
}

static enum pal_err
set_header(struct reading *r, struct pal_view v)
{
	return texts_split(r, &r->def->headers, v, "header");
}

/* Sample lines: \n and \t as usual, \s a blank at an end, \& nothing (it keeps a made-up key from looking like one). */
static enum pal_err
add_sample(struct reading *r, struct pal_texts *t, struct pal_view v, const char *key)
{
	uint8_t *out = pal_arena_array(r->arena, v.len + 1, 1);
	size_t   n = 0;

	if (out == NULL)
		return pal_fail(r->d, pal_arena_err(r->arena), 0, "%s: rules do not fit in memory", r->file);
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (c == '\\' && i + 1 < v.len) {
			c = v.data[++i];
			if (c == '&')
				continue;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 's' ? ' ' : c;
		}
		out[n++] = c;
	}
	return texts_add(r, t, (struct pal_view){ out, n }, key);
}

static enum pal_err
set_match(struct reading *r, struct pal_view v)
{
	return add_sample(r, &r->def->match, v, "match");
}

static enum pal_err
set_nomatch(struct reading *r, struct pal_view v)
{
	return add_sample(r, &r->def->nomatch, v, "nomatch");
}

static enum pal_err
set_flag(struct reading *r, struct pal_view v, const char *key, bool *ret_flag)
{
	if (!pal_view_is(v, "yes") && !pal_view_is(v, "no"))
		return wrong(r, key, "expected yes or no");
	*ret_flag = pal_view_is(v, "yes");
	return PAL_OK;
}

static enum pal_err
set_nocase(struct reading *r, struct pal_view v)
{
	return set_flag(r, v, "nocase", &r->def->nocase);
}

static enum pal_err
set_open_left(struct reading *r, struct pal_view v)
{
	return set_flag(r, v, "open-left", &r->def->open_left);
}

static enum pal_err
set_open_right(struct reading *r, struct pal_view v)
{
	return set_flag(r, v, "open-right", &r->def->open_right);
}

static enum pal_err
set_placeholders(struct reading *r, struct pal_view v)
{
	return set_flag(r, v, "placeholders", &r->def->placeholders);
}

static enum pal_err
set_value(struct reading *r, struct pal_view v)
{
	if (!pal_view_is(v, "all") && !pal_view_is(v, "grown"))
		return wrong(r, "value", "expected all, or grown for what grow-right took");
	r->def->value_grown = pal_view_is(v, "grown");
	return PAL_OK;
}

static enum pal_err
set_grow(struct reading *r, struct pal_view v, const char *key, struct pal_grow *ret_grow)
{
	struct pal_diag why;
	struct pal_grow g;

	if (pal_charset_parse(&v, &g.set, &why) != PAL_OK ||
	    pal_repeat_parse(&v, 4096, &g.least, &g.most, &why) != PAL_OK)
		return wrong(r, key, why.text);
	if (v.len != 0)
		return wrong(r, key, "expected one set and one repeat: [A-Za-z0-9]{8,64}");
	*ret_grow = g;
	return PAL_OK;
}

static enum pal_err
set_grow_left(struct reading *r, struct pal_view v)
{
	return set_grow(r, v, "grow-left", &r->def->left);
}

static enum pal_err
set_grow_right(struct reading *r, struct pal_view v)
{
	return set_grow(r, v, "grow-right", &r->def->right);
}

static enum pal_err
set_charset(struct reading *r, struct pal_view v, const char *key, struct pal_charset *ret_set)
{
	struct pal_diag    why;
	struct pal_charset set;

	if (pal_charset_parse(&v, &set, &why) != PAL_OK)
		return wrong(r, key, why.text);
	if (v.len != 0)
		return wrong(r, key, "expected one set: [A-Za-z0-9+]");
	*ret_set = set;
	return PAL_OK;
}

static enum pal_err
set_not_after(struct reading *r, struct pal_view v)
{
	return set_charset(r, v, "not-after", &r->def->not_after);
}

static enum pal_err
set_not_before(struct reading *r, struct pal_view v)
{
	return set_charset(r, v, "not-before", &r->def->not_before);
}

static enum pal_err
set_validator(struct reading *r, struct pal_view v)
{
	struct pal_nearest n = pal_nearest_of(v);

	r->def->validator = pal_validator_named(v);
	if (r->def->validator != NULL)
		return PAL_OK;
	for (size_t i = 0; pal_validator_at(i) != NULL; i++)
		pal_nearest_try(&n, pal_validator_at(i)->name);
	return pal_fail(r->d, PAL_ECONFIG, r->line, "%s:%zu: unknown validator \"%.*s\"%s%s%s", r->file, r->line,
			(int)(v.len < 40 ? v.len : 40), (const char *)v.data, n.best == NULL ? "" : "; did you mean \"",
			n.best == NULL ? "" : n.best, n.best == NULL ? "" : "\"?");
}

static enum pal_err
set_belief(struct reading *r, struct pal_view v, enum pal_belief *ret_belief)
{
	static const char *const names[] = { "none", "low", "medium", "high" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pal_view_is(v, names[i])) {
			*ret_belief = (enum pal_belief)i;
			return PAL_OK;
		}
	return wrong(r, "confidence", "expected none, low, medium or high");
}

static enum pal_err
set_confidence(struct reading *r, struct pal_view v)
{
	PAL_TRY(set_belief(r, v, &r->def->bare));
	r->def->grouped = r->def->bare;
	r->def->in_context = r->def->bare > PAL_BELIEF_MEDIUM ? r->def->bare : PAL_BELIEF_MEDIUM;
	return PAL_OK;
}

static enum pal_err
set_confidence_grouped(struct reading *r, struct pal_view v)
{
	return set_belief(r, v, &r->def->grouped);
}

static enum pal_err
set_confidence_context(struct reading *r, struct pal_view v)
{
	return set_belief(r, v, &r->def->in_context);
}

/* A decimal with at most `places` digits after the point, as an integer of that unit. */
static bool
fixed_point(struct pal_view v, unsigned int places, unsigned int most, unsigned int *ret_n)
{
	uint64_t n = 0;
	bool     point = false;

	if (v.len == 0 || v.len > 12)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] == '.' && !point) {
			point = true;
		} else if (pal_is_digit(v.data[i]) && (!point || places > 0)) {
			n = n * 10 + (uint64_t)(v.data[i] - '0');
			places -= point ? 1 : 0;
		} else {
			return false;
		}
	}
	for (; places > 0; places--)
		n *= 10;
	if (n > most)
		return false;
	*ret_n = (unsigned int)n;
	return true;
}

static enum pal_err
set_entropy(struct reading *r, struct pal_view v)
{
	if (!fixed_point(v, 3, 8000, &r->def->entropy_milli))
		return wrong(r, "entropy", "expected bits a character from 0 to 8, such as 3.5");
	return PAL_OK;
}

static enum pal_err
set_chance(struct reading *r, struct pal_view v)
{
	if (!fixed_point(v, 6, 1000000, &r->def->chance_ppm))
		return wrong(r, "chance", "expected a probability from 0 to 1, such as 0.1");
	return PAL_OK;
}

static enum pal_err
set_window(struct reading *r, struct pal_view v)
{
	struct pal_view before;
	uint64_t        b = 0, a = 0;

	if (!pal_view_split(&v, ' ', &before) || !pal_view_u64(before, &b) || !pal_view_u64(pal_view_trim(v), &a) ||
	    b > PAL_WINDOW_BEFORE || a > PAL_WINDOW_AFTER)
		return wrong(r, "window", "expected two numbers, bytes before (up to 160) and after (up to 64): 96 32");
	r->def->before = (size_t)b;
	r->def->after = (size_t)a;
	return PAL_OK;
}

static const struct key {
	const char *name;
	set_fn     *set;
	bool        is_default; /* may stand before the first rule */
} keys[] = {
	{ "title", set_title, false },
	{ "help", set_help, true },
	{ "severity", set_severity, true },
	{ "class", set_class, true },
	{ "atlas", set_atlas, true },
	{ "owasp", set_owasp, true },
	{ "cwe", set_cwe, true },
	{ "cve", set_cve, true },
	{ "loader", set_loader, true },
	{ "detector", set_detector, true },
	{ "pattern", set_pattern, false },
	{ "nocase", set_nocase, false },
	{ "grow-left", set_grow_left, false },
	{ "grow-right", set_grow_right, false },
	{ "open-left", set_open_left, false },
	{ "open-right", set_open_right, false },
	{ "not-after", set_not_after, false },
	{ "not-before", set_not_before, false },
	{ "value", set_value, false },
	{ "run", set_run, false },
	{ "groups", set_groups, false },
	{ "validator", set_validator, false },
	{ "context", set_context, false },
	{ "header", set_header, false },
	{ "confidence", set_confidence, true },
	{ "confidence-grouped", set_confidence_grouped, true },
	{ "confidence-context", set_confidence_context, true },
	{ "entropy", set_entropy, true },
	{ "chance", set_chance, true },
	{ "window", set_window, true },
	{ "placeholders", set_placeholders, true },
	{ "match", set_match, false },
	{ "nomatch", set_nomatch, false },
};
static const size_t key_count = sizeof(keys) / sizeof(keys[0]);

static enum pal_err
unknown_key(const struct reading *r, struct pal_view name)
{
	struct pal_nearest n = pal_nearest_of(name);

	pal_nearest_try(&n, "rule");
	for (size_t i = 0; i < key_count; i++)
		pal_nearest_try(&n, keys[i].name);
	return pal_fail(r->d, PAL_ECONFIG, r->line, "%s:%zu: unknown key \"%.*s\"%s%s%s", r->file, r->line,
			(int)(name.len < 40 ? name.len : 40), (const char *)name.data,
			n.best == NULL ? "; docs/rules.md lists the keys" : "; did you mean \"",
			n.best == NULL ? "" : n.best, n.best == NULL ? "" : "\"?");
}

/* How the rule is found follows from its keys; what contradicts itself or can never fire is an error. */
static enum pal_err
check_block(struct reading *r)
{
	struct pal_rule_def *f = r->def;
	unsigned int         ways =
	    (f->patterns.count > 0 ? 1u : 0u) + (f->runs.count > 0 ? 1u : 0u) + (f->detector[0] != '\0' ? 1u : 0u);

	if (f->rule.title == NULL || f->rule.title[0] == '\0')
		return wrong(r, f->rule.id, "has no title:");
	if (ways > 1)
		return wrong(r, f->rule.id, "has more than one of pattern:, run: and detector:");
	f->how = f->patterns.count > 0 ? PAL_HOW_PATTERN : f->runs.count > 0 ? PAL_HOW_RUN : PAL_HOW_COLUMN;
	if (f->detector[0] != '\0')
		f->how = PAL_HOW_CODE;
	if (f->how == PAL_HOW_COLUMN && (f->headers.count == 0 || f->validator == NULL))
		return wrong(r, f->rule.id,
			     "needs pattern:, run: or detector:, or header: and validator: for a rule of columns");
	if (f->how == PAL_HOW_CODE)
		return PAL_OK;
	if (f->match.count == 0)
		return wrong(r, f->rule.id, "has no match: line, which its test needs");
	if (f->bare == PAL_BELIEF_NONE && f->context.count + f->headers.count == 0)
		return wrong(r, f->rule.id, "can never be reported: confidence is none and there is no context:");
	if (f->value_grown && f->right.most == 0)
		return wrong(r, f->rule.id, "value: grown needs grow-right:");
	return PAL_OK;
}

static bool
id_ok(struct pal_view id)
{
	for (size_t i = 0; i < id.len; i++)
		if (!(id.data[i] >= 'A' && id.data[i] <= 'Z') && !pal_is_digit(id.data[i]) && id.data[i] != '-')
			return false;
	return id.len >= 3 && id.len <= 48;
}

/* Errors of a whole block name the line it begins at. */
static enum pal_err
finish(struct reading *r)
{
	size_t       line = r->line;
	enum pal_err err;

	r->line = r->def->line;
	err = check_block(r);
	r->line = line;
	return err;
}

static enum pal_err
begin(struct reading *r, const struct pal_rule_def *defaults, struct pal_list *defs, struct pal_view id)
{
	struct pal_rule_def *def;

	if (!id_ok(id))
		return wrong(r, "rule", "an id is 3 to 48 capitals, digits and hyphens");
	for (size_t i = 0; i < defs->count; i++) {
		const struct pal_rule_def *old = pal_list_at(defs, i);

		if (pal_view_is(id, old->rule.id))
			return pal_fail(r->d, PAL_ECONFIG, r->line,
					"%s:%zu: rule %s is already defined at %s:%zu; ids must differ", r->file,
					r->line, old->rule.id, old->file, old->line);
	}
	if (defs->count == PAL_RULES_MOST)
		return wrong(r, "rule", "more than 1000 rules");
	def = pal_list_add(defs);
	if (def == NULL)
		return pal_fail(r->d, pal_arena_err(r->arena), 0, "%s: rules do not fit in memory", r->file);
	*def = *defaults;
	def->rule.id = text_of(r, id);
	def->line = r->line;
	def->index = defs->count - 1;
	r->def = def;
	return PAL_OK;
}

static enum pal_err
take_line(struct reading *r, struct pal_view line, struct pal_rule_def *defaults, struct pal_list *defs)
{
	size_t          colon = pal_view_find_byte(line, ':', 0);
	struct pal_view name = pal_view_trim(pal_view_sub(line, 0, colon == SIZE_MAX ? 0 : colon));
	struct pal_view value = pal_view_trim(pal_view_sub(line, colon == SIZE_MAX ? 0 : colon + 1, line.len));

	if (colon == SIZE_MAX)
		return wrong(r, "line", "expected \"key: value\", a comment (#) or nothing");
	if (pal_view_is(name, "rule")) {
		if (r->def != defaults)
			PAL_TRY(finish(r));
		return begin(r, defaults, defs, value);
	}
	for (size_t i = 0; i < key_count; i++) {
		if (!pal_view_is(name, keys[i].name))
			continue;
		if (r->def == defaults && !keys[i].is_default)
			return wrong(r, keys[i].name, "belongs to a rule; write rule: ID before it");
		if (value.len == 0)
			return wrong(r, keys[i].name, "has no value");
		return keys[i].set(r, value);
	}
	return unknown_key(r, name);
}

enum pal_err
pal_rulefile_parse(struct pal_view text, const char *file, struct pal_arena *a, struct pal_list *defs,
		   struct pal_diag *d)
{
	struct pal_rule_def defaults = { .rule = { .title = "", .help = "", .atlas = "", .owasp = "" },
					 .file = file,
					 .detector = "",
					 .bare = PAL_BELIEF_LOW,
					 .grouped = PAL_BELIEF_LOW,
					 .in_context = PAL_BELIEF_MEDIUM,
					 .placeholders = true,
					 .chance_ppm = 1,
					 .before = BEFORE_DEFAULT,
					 .after = AFTER_DEFAULT };
	size_t              had = defs->count;
	struct reading      r = { .arena = a, .file = file, .d = d, .def = &defaults };
	struct pal_view     line;

	if (!pal_utf8_valid(text))
		return pal_fail(d, PAL_ECONFIG, 0, "%s: rule files are UTF-8, and this one is not", file);
	while (pal_view_line(&text, &line)) {
		r.line++;
		line = pal_view_trim(line);
		if (line.len == 0 || line.data[0] == '#')
			continue;
		PAL_TRY(take_line(&r, line, &defaults, defs));
	}
	if (defs->count > had)
		PAL_TRY(finish(&r));
	if (pal_arena_err(a) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "%s: rules do not fit in memory", file);
	return PAL_OK;
}
