/* collect.h - what a format gives, as lines of text that a test can compare; members are opened and follow, indented.
 */
#ifndef PALISADE_TEST_COLLECT_H
#define PALISADE_TEST_COLLECT_H

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "mutate.h"
#include "palisade/buf.h"
#include "palisade/file.h"
#include "palisade/format.h"
#include "palisade/hex.h"
#include "palisade/walk.h"

struct collect {
	struct pal_buf    out;
	struct pal_arena *arena;
	struct pal_limits limits;
	unsigned int      depth;
	uint64_t          counts[PAL_CONTENT_REFERENCE + 1];
	uint64_t          bytes; /* of all texts */
	bool              quiet;
};

static inline void
collect_view(struct pal_buf *b, struct pal_view v)
{
	for (size_t i = 0; i < v.len && i < 200; i++) {
		if (v.data[i] < 0x20 || v.data[i] >= 0x7f)
			pal_buf_printf(b, "\\x%02x", (unsigned int)v.data[i]);
		else
			pal_buf_add_byte(b, v.data[i]);
	}
}

static enum pal_err collect_take(void *arg, const struct pal_content *c);

static inline enum pal_err
collect_parse(struct collect *to, const struct pal_format *f, struct pal_input *in)
{
	struct pal_diag d = { 0 };
	PAL_AUTO_ARENA  arena;
	struct pal_sink sink = { .take = collect_take, .arg = to, .arena = &arena, .limits = &to->limits };
	enum pal_err    err = PAL_OK;

	pal_arena_init(&arena, (size_t)64 << 20);
	err = f->parse(in, &sink, &d);
	return err;
}

static inline void
collect_member(struct collect *to, const struct pal_content *c)
{
	struct pal_view          head = { 0 };
	const struct pal_format *f = NULL;

	if (to->depth >= 4 || pal_input_view(c->member, 0, 0, PAL_PROBE_HEAD, &head) != PAL_OK)
		return;
	f = pal_format_probe(head, c->member->size, c->name);
	pal_buf_printf(&to->out, "%*s[%s]\n", (int)(2 * to->depth + 2), "", f == NULL ? "unknown" : f->name);
	to->depth++;
	if (f != NULL)
		CHECK(collect_parse(to, f, c->member) == PAL_OK);
	to->depth--;
}

static inline enum pal_err
collect_take(void *arg, const struct pal_content *c)
{
	static const char *const kinds[] = { "TEXT",  "COLUMNS", "ROW",     "META",   "IMPORT", "CALL",     "TENSOR",
					     "BYTES", "MEMBER",  "ANOMALY", "SOURCE", "OP",     "REFERENCE" };
	struct collect          *to = arg;

	to->counts[c->kind]++;
	to->bytes += c->text.len;
	if (to->quiet && c->kind != PAL_CONTENT_MEMBER)
		return PAL_OK;
	pal_buf_printf(&to->out, "%*s%s", (int)(2 * to->depth), "", kinds[c->kind]);
	if (c->rule != NULL)
		pal_buf_printf(&to->out, " %s", c->rule->id);
	pal_buf_printf(&to->out, " @%llu", (unsigned long long)c->place.offset);
	if (c->place.row != 0)
		pal_buf_printf(&to->out, " r%llu", (unsigned long long)c->place.row);
	if (c->place.field != NULL)
		pal_buf_printf(&to->out, " <%s>", c->place.field);
	if (c->module.data != NULL || c->name.data != NULL) {
		pal_buf_add_byte(&to->out, ' ');
		collect_view(&to->out, c->module);
		if (c->kind == PAL_CONTENT_IMPORT || c->kind == PAL_CONTENT_CALL || c->kind == PAL_CONTENT_OP)
			pal_buf_add_byte(&to->out, ':');
		collect_view(&to->out, c->name);
	}
	if (c->kind == PAL_CONTENT_TENSOR) {
		pal_buf_add_byte(&to->out, ' ');
		collect_view(&to->out, c->tensor.dtype);
		for (size_t i = 0; i < c->tensor.rank; i++)
			pal_buf_printf(&to->out, "%c%llu", i == 0 ? ' ' : 'x', (unsigned long long)c->tensor.shape[i]);
		pal_buf_printf(&to->out, " +%llu", (unsigned long long)c->place.length);
	}
	if (c->text.len > 0)
		pal_buf_add_byte(&to->out, ' ');
	collect_view(&to->out, c->text);
	for (size_t i = 0; i < c->cell_count; i++) {
		pal_buf_add_text(&to->out, i == 0 ? " " : "|");
		collect_view(&to->out, c->cells[i]);
	}
	if (c->kind == PAL_CONTENT_MEMBER)
		pal_buf_printf(&to->out, " +%llu", (unsigned long long)c->member->size);
	pal_buf_add_byte(&to->out, '\n');
	if (c->kind == PAL_CONTENT_MEMBER)
		collect_member(to, c);
	return PAL_OK;
}

static inline struct collect
collect_of(void)
{
	struct collect to = { .out = pal_buf_of((size_t)64 << 20), .limits = pal_limits_default };

	return to;
}

/* What f gives for these bytes; free with collect_done(). */
static inline struct collect
collect(const struct pal_format *f, struct pal_view v)
{
	struct collect   to = collect_of();
	struct pal_input in = pal_input_of_view(v);

	CHECK(collect_parse(&to, f, &in) == PAL_OK);
	pal_input_done(&in);
	return to;
}

static inline void
collect_done(struct collect *to)
{
	pal_buf_done(&to->out);
}

/* A file of the repository, whole. */
static inline struct pal_buf
collect_file(const char *path)
{
	struct pal_buf b = pal_buf_of(0);
	FILE          *f = fopen(path, "rb");
	uint8_t        chunk[8192];
	size_t         n = 0;

	if (!CHECK_SAY(f != NULL, path))
		return b;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		pal_buf_add(&b, (struct pal_view){ chunk, n });
	(void)fclose(f);
	return b;
}

static inline void
check_given(const struct pal_format *f, struct pal_view v, const char *expected)
{
	struct collect got = collect(f, v);

	if (!CHECK_SAY(strcmp(pal_buf_text(&got.out), expected) == 0, "given content"))
		printf("--- input\n%.*s\n--- expected\n%s--- got\n%s---\n", (int)(v.len < 300 ? v.len : 300),
		       (const char *)v.data, expected, pal_buf_text(&got.out));
	collect_done(&got);
}

static inline void
collect_damaged(struct pal_view v, void *arg)
{
	const struct pal_format *f = arg;
	struct pal_input         in = pal_input_of_view(v);
	struct collect           to = collect_of();
	enum pal_err             err = PAL_OK;

	to.quiet = true;
	to.limits.output = 4u << 20;
	(void)f->probe(pal_view_sub(v, 0, PAL_PROBE_HEAD), v.len, (struct pal_view){ 0 });
	err = collect_parse(&to, f, &in);
	if (err != PAL_OK)
		(void)CHECK_SAY(false, pal_err_name(err));
	pal_input_done(&in);
	collect_done(&to);
}

/* Every damage to every file of tests/corpus/NAME/good, and every file of bad as it is: no failure but anomalies. */
static inline void
check_corpus(const struct pal_format *f, size_t damage_below)
{
	static const char *const sides[] = { "good", "bad" };
	char                     command[512], path[1024];

	for (size_t s = 0; s < 2; s++) {
		FILE *list = NULL;

		(void)snprintf(command, sizeof(command), "ls %s/tests/corpus/%s/%s/* 2>/dev/null", SOURCE_DIR, f->name,
			       sides[s]);
		list = popen(command, "r");
		while (list != NULL && fgets(path, sizeof(path), list) != NULL) {
			struct pal_buf b = pal_buf_of(0);

			path[strcspn(path, "\n")] = '\0';
			b = collect_file(path);
			collect_damaged(pal_buf_view(&b), (void *)(uintptr_t)f);
			if (s == 0 && b.len <= damage_below)
				pal_mutate_all(pal_buf_view(&b), collect_damaged, (void *)(uintptr_t)f);
			if (s == 0)
				CHECK_SAY(f->probe(pal_view_sub(pal_buf_view(&b), 0, PAL_PROBE_HEAD), b.len,
						   (struct pal_view){ 0 }) >= 10,
					  path);
			check_passed++;
			pal_buf_done(&b);
		}
		if (list != NULL)
			(void)pclose(list);
	}
}

struct collect_case {
	const char *file, *expected; /* parts that must be there, in this order, with '\n' between */
};

static inline bool
has_in_order(const char *text, const char *parts)
{
	char part[256];

	while (*parts != '\0') {
		size_t n = strcspn(parts, "\n");

		(void)snprintf(part, sizeof(part), "%.*s", (int)n, parts);
		text = strstr(text, part);
		if (text == NULL)
			return false;
		text += n;
		parts += n + (parts[n] != '\0');
	}
	return true;
}

/* The files of tests/corpus/NAME/; those in good/ have no anomalies unless their case names one. */
static inline void
check_cases(const struct pal_format *f, const struct collect_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char           path[512];
		struct pal_buf b;
		struct collect got;

		(void)snprintf(path, sizeof(path), "%s/tests/corpus/%s/%s", SOURCE_DIR, f->name, cases[i].file);
		b = collect_file(path);
		got = collect(f, pal_buf_view(&b));
		if (!CHECK_SAY(has_in_order(pal_buf_text(&got.out), cases[i].expected), cases[i].file))
			printf("--- got\n%s---\n", pal_buf_text(&got.out));
		if (strncmp(cases[i].file, "good/", 5) == 0 && strstr(cases[i].expected, "ANOMALY") == NULL)
			CHECK_SAY(got.counts[PAL_CONTENT_ANOMALY] == 0, cases[i].file);
		collect_done(&got);
		pal_buf_done(&b);
	}
}

#define PROBE(f, text, name) (f).probe(pal_view_of(text), pal_view_of(text).len, pal_view_of(name))

#endif
