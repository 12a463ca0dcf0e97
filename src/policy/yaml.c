/* yaml.c - libfyaml's events become a bounded tree; what to audit: step(), which refuses all that is not plain data. */
#include "palisade/yaml.h"

#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

#include "palisade/file.h"
#include "palisade/utf8.h"

static const char no_anchors[] = "anchors (&name) and aliases (*name) are not read; write the value out";

struct tree {
	struct pal_yaml_faults *faults;
	struct pal_yaml_node   *root, *open[PAL_YAML_DEPTH];
	const char             *key; /* read, its value still to come */
	struct pal_mark         key_mark;
	size_t                  depth, nodes;
	bool                    started, stopped;
};

struct pal_yaml_faults
pal_yaml_faults_of(struct pal_arena *a, const char *file)
{
	return (
	    struct pal_yaml_faults){ .file = file, .arena = a, .list = pal_list_of(a, sizeof(struct pal_yaml_fault)) };
}

void
pal_yaml_fault(struct pal_yaml_faults *f, struct pal_mark at, const char *fmt, ...)
{
	char                   text[PAL_DIAG_TEXT];
	struct pal_yaml_fault *one = NULL;
	va_list                ap;

	if (f->list.count == PAL_YAML_FAULTS) {
		f->dropped++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	one = pal_list_add(&f->list);
	if (one == NULL)
		return;
	one->mark = at;
	one->text = pal_arena_text(f->arena, pal_view_of(text));
}

static bool
before(struct pal_mark a, struct pal_mark b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

static void
write_fault(const struct pal_yaml_faults *f, const struct pal_yaml_fault *one, struct pal_buf *out)
{
	pal_buf_add_text(out, f->file);
	if (one->mark.line > 0)
		pal_buf_printf(out, ":%u:%u", one->mark.line, one->mark.column);
	pal_buf_printf(out, ": %s", one->text);
}

enum pal_err
pal_yaml_result(const struct pal_yaml_faults *f, struct pal_diag *d)
{
	const struct pal_yaml_fault *first = NULL;
	PAL_AUTO_BUF                 b = pal_buf_of((size_t)64 << 10);

	if (pal_arena_err(f->arena) != PAL_OK)
		return pal_fail(d, pal_arena_err(f->arena), 0, "%s: too much to keep in memory", f->file);
	for (size_t i = 0; i < f->list.count; i++) {
		const struct pal_yaml_fault *one = pal_list_at(&f->list, i);

		if (first == NULL || before(one->mark, first->mark))
			first = one;
	}
	if (first == NULL)
		return PAL_OK;
	write_fault(f, first, &b);
	return pal_fail(d, PAL_ECONFIG, 0, "%s", pal_buf_text(&b));
}

static int
by_place(const void *a, const void *b)
{
	const struct pal_yaml_fault *const *x = a, *const *y = b;

	if (before((*x)->mark, (*y)->mark))
		return -1;
	if (before((*y)->mark, (*x)->mark))
		return 1;
	return *x < *y ? -1 : 1; /* as they were found */
}

void
pal_yaml_faults_write(const struct pal_yaml_faults *f, struct pal_buf *out)
{
	struct pal_list sorted = pal_list_of(f->arena, sizeof(const struct pal_yaml_fault *));

	for (size_t i = 0; i < f->list.count; i++) {
		const struct pal_yaml_fault **at = pal_list_add(&sorted);

		if (at != NULL)
			*at = pal_list_at(&f->list, i);
	}
	pal_list_sort(&sorted, by_place);
	for (size_t i = 0; i < sorted.count; i++) {
		write_fault(f, *(const struct pal_yaml_fault *const *)pal_list_at(&sorted, i), out);
		pal_buf_add_byte(out, '\n');
	}
	if (f->dropped > 0)
		pal_buf_printf(out, "%s: and %zu more\n", f->file, f->dropped);
}

static void PAL_PRINTF(3, 4) stop(struct tree *t, struct pal_mark at, const char *fmt, ...)
{
	char    text[PAL_DIAG_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pal_yaml_fault(t->faults, at, "%s", text);
	t->stopped = true;
}

/* libfyaml's places of some tokens begin after their first character: the quote, the star, the ampersand. */
static struct pal_mark
mark_from(const struct fy_mark *m, bool back)
{
	if (m == NULL || m->line < 0 || m->column < 0)
		return (struct pal_mark){ 0, 0 };
	return (struct pal_mark){ (unsigned int)m->line + 1,
				  (unsigned int)m->column + (back && m->column > 0 ? 0 : 1) };
}

static struct pal_mark
mark_of(struct fy_event *e)
{
	struct fy_token     *token = e->type == FYET_SCALAR ? e->scalar.value : NULL;
	enum fy_scalar_style style = token == NULL ? FYSS_PLAIN : fy_token_scalar_style(token);
	bool                 back = e->type == FYET_ALIAS || style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;

	return mark_from(fy_event_start_mark(e), back);
}

/* Where an empty value would stand: right after its key. */
static struct pal_mark
mark_after_key(const struct tree *t)
{
	struct pal_mark m = t->key_mark;

	if (t->key != NULL)
		m.column += (unsigned int)strlen(t->key) + 1;
	return m;
}

static struct pal_yaml_node *
new_node(struct tree *t, enum pal_yaml_kind kind, struct pal_mark at)
{
	struct pal_yaml_node *n = pal_arena_array(t->faults->arena, 1, sizeof(*n));
	struct pal_yaml_node *up = t->depth > 0 ? t->open[t->depth - 1] : NULL;

	if (n == NULL) {
		t->stopped = true;
		return NULL;
	}
	if (++t->nodes > PAL_YAML_NODES) {
		stop(t, at, "more than %d values; at most that many are read", PAL_YAML_NODES);
		return NULL;
	}
	*n = (struct pal_yaml_node){ .kind = kind, .mark = at.line > 0 ? at : mark_after_key(t), .key = t->key };
	if (t->key != NULL)
		n->key_mark = t->key_mark;
	t->key = NULL;
	if (up == NULL) {
		t->root = n;
		return n;
	}
	if (up->last == NULL)
		up->first = n;
	else
		up->last->next = n;
	up->last = n;
	up->count++;
	return n;
}

static bool
key_is_due(const struct tree *t)
{
	return t->depth > 0 && t->open[t->depth - 1]->kind == PAL_YAML_MAPPING && t->key == NULL;
}

/* Characters that a terminal or a reader would take for something else have no place in any value. */
static bool
text_is_clean(struct tree *t, struct pal_view v, struct pal_mark at)
{
	while (v.len > 0) {
		uint32_t c = pal_utf8_next(&v);

		if (c == PAL_UTF8_BAD) {
			stop(t, at, "bytes that are no UTF-8 in a value; write it in UTF-8");
			return false;
		}
		if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
		    (c >= 0x2066 && c <= 0x2069)) {
			stop(t, at, "control character U+%04X in a value; take it out", (unsigned int)c);
			return false;
		}
	}
	return true;
}

static void
add_scalar(struct tree *t, struct fy_event *e)
{
	struct fy_token      *token = e->scalar.value;
	size_t                len = 0;
	const char           *text = token == NULL ? "" : fy_token_get_text(token, &len);
	struct pal_view       v = { (const uint8_t *)text, text == NULL ? 0 : len };
	bool                  plain = token == NULL || fy_token_scalar_style(token) == FYSS_PLAIN;
	struct pal_mark       at = mark_of(e);
	bool                  nothing = plain && (v.len == 0 || pal_view_is(v, "~") || pal_view_is(v, "null"));
	struct pal_yaml_node *n = NULL;

	if (!text_is_clean(t, v, at))
		return;
	if (key_is_due(t)) {
		if (v.len == 0) {
			stop(t, at, "a key without a name; write one before the colon");
			return;
		}
		t->key = pal_arena_text(t->faults->arena, v);
		t->key_mark = at;
		t->nodes++;
		t->stopped = t->key == NULL;
		return;
	}
	n = new_node(t, nothing ? PAL_YAML_NOTHING : PAL_YAML_SCALAR, at);
	if (n == NULL)
		return;
	n->plain = plain;
	n->text = pal_arena_text(t->faults->arena, v);
}

static void
open_node(struct tree *t, enum pal_yaml_kind kind, struct pal_mark at)
{
	struct pal_yaml_node *n = NULL;

	if (key_is_due(t)) {
		stop(t, at, "a key that is %s; expected a name",
		     kind == PAL_YAML_MAPPING ? "itself a map" : "itself a list");
		return;
	}
	if (t->depth == PAL_YAML_DEPTH) {
		stop(t, at, "more than %d maps and lists in each other", PAL_YAML_DEPTH);
		return;
	}
	n = new_node(t, kind, at);
	if (n != NULL)
		t->open[t->depth++] = n;
}

static int
by_key(const void *a, const void *b)
{
	const struct pal_yaml_node *const *x = a, *const *y = b;
	int                                c = strcmp((*x)->key, (*y)->key);

	if (c != 0)
		return c;
	return before((*x)->key_mark, (*y)->key_mark) ? -1 : 1;
}

static void
close_node(struct tree *t)
{
	struct pal_list keys = pal_list_of(t->faults->arena, sizeof(const struct pal_yaml_node *));

	PAL_ASSERT(t->depth > 0);
	t->depth--;
	if (t->open[t->depth]->kind != PAL_YAML_MAPPING)
		return;
	for (const struct pal_yaml_node *n = t->open[t->depth]->first; n != NULL; n = n->next) {
		const struct pal_yaml_node **at = pal_list_add(&keys);

		if (at != NULL)
			*at = n;
	}
	pal_list_sort(&keys, by_key);
	for (size_t i = 1; i < keys.count; i++) {
		const struct pal_yaml_node *a = *(struct pal_yaml_node *const *)pal_list_at(&keys, i - 1);
		const struct pal_yaml_node *b = *(struct pal_yaml_node *const *)pal_list_at(&keys, i);

		if (strcmp(a->key, b->key) == 0)
			pal_yaml_fault(t->faults, b->key_mark, "key \"%.64s\" is given twice, first in line %u", b->key,
				       a->key_mark.line);
	}
}

static void
refuse_marks(struct tree *t, struct fy_token *anchor, struct fy_token *tag)
{
	if (anchor != NULL)
		stop(t, mark_from(fy_token_start_mark(anchor), true), "%s", no_anchors);
	else if (tag != NULL)
		stop(t, mark_from(fy_token_start_mark(tag), false), "tags (!name) are not read; write the plain value");
}

static void
step(struct tree *t, struct fy_event *e)
{
	switch (e->type) {
	case FYET_DOCUMENT_START:
		if (t->started)
			stop(t, mark_of(e), "a second document (---); one file holds one");
		t->started = true;
		return;
	case FYET_ALIAS:
		stop(t, mark_of(e), "%s", no_anchors);
		return;
	case FYET_SCALAR:
		refuse_marks(t, e->scalar.anchor, e->scalar.tag);
		if (!t->stopped)
			add_scalar(t, e);
		return;
	case FYET_SEQUENCE_START:
		refuse_marks(t, e->sequence_start.anchor, e->sequence_start.tag);
		if (!t->stopped)
			open_node(t, PAL_YAML_SEQUENCE, mark_of(e));
		return;
	case FYET_MAPPING_START:
		refuse_marks(t, e->mapping_start.anchor, e->mapping_start.tag);
		if (!t->stopped)
			open_node(t, PAL_YAML_MAPPING, mark_of(e));
		return;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		close_node(t);
		return;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		return;
	}
}

static void
say_nothing(struct fy_diag *diag, void *user, const char *text, size_t len)
{
	(void)diag;
	(void)user;
	(void)text;
	(void)len;
}

static void
free_diag(struct fy_diag **d)
{
	if (*d != NULL)
		fy_diag_destroy(*d);
}

static void
free_parser(struct fy_parser **p)
{
	if (*p != NULL)
		fy_parser_destroy(*p);
}

/* What libfyaml says is about its grammar; a tab is what users trip over most, so it is named. */
static void
say_syntax(struct tree *t, struct fy_diag *diag, struct pal_view text)
{
	void                       *at = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &at);
	struct pal_mark             mark = { 0, 0 };
	struct pal_view             line = { NULL, 0 };

	if (e == NULL) {
		stop(t, mark, "this is not YAML");
		return;
	}
	mark =
	    (struct pal_mark){ e->line > 0 ? (unsigned int)e->line : 1, e->column > 0 ? (unsigned int)e->column : 1 };
	for (unsigned int i = 0; i < mark.line && pal_view_line(&text, &line); i++)
		;
	for (size_t i = 0; i < line.len && pal_is_space(line.data[i]); i++)
		if (line.data[i] == '\t') {
			stop(t, (struct pal_mark){ mark.line, (unsigned int)i + 1 },
			     "a tab in the indentation; YAML wants blanks");
			return;
		}
	stop(t, mark, "this is not YAML: %s", e->msg != NULL ? e->msg : "cannot be understood");
}

static void
walk_events(struct tree *t, struct fy_parser *parser, struct fy_diag *diag, struct pal_view text)
{
	while (!t->stopped) {
		struct fy_event   *e = fy_parser_parse(parser);
		enum fy_event_type type = e == NULL ? FYET_NONE : e->type;

		if (e == NULL) {
			say_syntax(t, diag, text);
			return;
		}
		step(t, e);
		fy_parser_event_free(parser, e);
		if (type == FYET_STREAM_END)
			return;
	}
}

/* Encodings are told apart before libfyaml sees a byte; *text loses a UTF-8 byte order mark. */
static bool
encoding_is_right(struct tree *t, struct pal_view *text)
{
	struct pal_view v = *text;
	struct pal_mark at = { 1, 1 };
	bool            wide =
	    v.len >= 2 && ((v.data[0] == 0xff && v.data[1] == 0xfe) || (v.data[0] == 0xfe && v.data[1] == 0xff));

	if (wide || (v.len >= 2 && (v.data[0] == 0) != (v.data[1] == 0))) {
		stop(t, at, "this is UTF-16 or another wide encoding; save it as UTF-8");
		return false;
	}
	if (pal_view_starts(v, "\xef\xbb\xbf"))
		v = pal_view_sub(v, 3, SIZE_MAX);
	*text = v;
	while (v.len > 0) {
		uint32_t c = pal_utf8_next(&v);

		if (c == PAL_UTF8_BAD || c == 0) {
			stop(t, at, "%s; save the file as UTF-8 text",
			     c == 0 ? "a NUL byte" : "a byte that is no UTF-8");
			return false;
		}
		at.column++;
		if (c == '\n')
			at = (struct pal_mark){ at.line + 1, 1 };
	}
	return true;
}

enum pal_err
pal_yaml_parse(struct pal_view text, struct pal_yaml_faults *f, struct pal_yaml_node **ret_root, struct pal_diag *d)
{
	struct tree        t = { .faults = f };
	struct fy_diag_cfg say = { .output_fn = say_nothing, .level = FYET_ERROR, .module_mask = ~0u };
	__attribute__((cleanup(free_diag))) struct fy_diag     *diag = NULL;
	__attribute__((cleanup(free_parser))) struct fy_parser *parser = NULL;
	struct fy_parse_cfg                                     cfg = { .search_path = "" };

	if (text.len > PAL_YAML_SIZE)
		return pal_fail(d, PAL_ELIMIT, PAL_YAML_SIZE, "%s: %zu bytes, at most %zu are read", f->file, text.len,
				PAL_YAML_SIZE);
	if (!encoding_is_right(&t, &text))
		return pal_yaml_result(f, d);
	diag = fy_diag_create(&say);
	if (diag == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "%s: no memory to read it", f->file);
	fy_diag_set_collect_errors(diag, true);
	cfg.diag = diag;
	cfg.flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2;
	parser = fy_parser_create(&cfg);
	if (parser == NULL || fy_parser_set_string(parser, text.len == 0 ? "" : (const char *)text.data, text.len) != 0)
		return pal_fail(d, PAL_ENOMEM, 0, "%s: no memory to read it", f->file);
	walk_events(&t, parser, diag, text);
	if (t.stopped)
		return pal_yaml_result(f, d);
	*ret_root = t.root;
	return PAL_OK;
}

enum pal_err
pal_yaml_load(const char *path, struct pal_yaml_faults *f, struct pal_yaml_node **ret_root, struct pal_diag *d)
{
	PAL_AUTO_BUF b = pal_buf_of(PAL_YAML_SIZE + 1);

	PAL_TRY(pal_file_read(path, PAL_YAML_SIZE, &b, d));
	return pal_yaml_parse(pal_buf_view(&b), f, ret_root, d);
}

const struct pal_yaml_node *
pal_yaml_get(const struct pal_yaml_node *map, const char *key)
{
	if (map == NULL || map->kind != PAL_YAML_MAPPING)
		return NULL;
	for (const struct pal_yaml_node *n = map->first; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}
