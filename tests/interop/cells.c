/* cells.c - prints every cell that a format gives, "column TAB row TAB text" a line, for comparison with other readers.
 * Text is escaped as \xNN below blank, at backslash and from 7f on; anomalies and members are lines that begin with
 * '!'.
 */
#include <stdio.h>

#include "palisade/file.h"
#include "palisade/format.h"

#define NAMES_MOST 4096u

struct table {
	char             *names[NAMES_MOST];
	size_t            count;
	struct pal_arena *arena;
};

static void
put(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] < 0x20 || v.data[i] >= 0x7f || v.data[i] == '\\')
			printf("\\x%02x", (unsigned int)v.data[i]);
		else
			putchar(v.data[i]);
	}
}

static void
put_row(const struct table *t, const struct pal_content *c)
{
	for (size_t i = 0; i < c->cell_count; i++) {
		if (c->cells[i].len == 0 && c->cells[i].data == NULL)
			continue;
		printf("%s\t%llu\t", i < t->count ? t->names[i] : "?", (unsigned long long)c->place.row);
		put(c->cells[i]);
		putchar('\n');
	}
}

static enum pal_err
take(void *arg, const struct pal_content *c)
{
	struct table *t = arg;

	if (c->kind == PAL_CONTENT_COLUMNS) {
		t->count = 0;
		for (size_t i = 0; i < c->cell_count && i < NAMES_MOST; i++)
			t->names[t->count++] = pal_arena_text(t->arena, c->cells[i]);
	} else if (c->kind == PAL_CONTENT_ROW) {
		put_row(t, c);
	} else if (c->kind == PAL_CONTENT_BYTES && c->place.field != NULL) {
		printf("%s\t%llu\t", c->place.field, (unsigned long long)c->place.row);
		put(c->text);
		putchar('\n');
	} else if (c->kind == PAL_CONTENT_TEXT && c->place.field != NULL) {
		printf("%s\t%llu\t", c->place.field, (unsigned long long)c->place.row);
		put(c->text);
		putchar('\n');
	} else if (c->kind == PAL_CONTENT_ANOMALY) {
		printf("!%s\t%.*s\n", c->rule->id, (int)c->text.len, (const char *)c->text.data);
	} else if (c->kind == PAL_CONTENT_MEMBER) {
		printf("!member\t%.*s\n", (int)c->name.len, (const char *)c->name.data);
	}
	return PAL_OK;
}

int
main(int argc, char **argv)
{
	PAL_AUTO_ARENA      arena, names;
	struct pal_limits   limits = pal_limits_default;
	static struct table t;
	struct pal_file_id  id = { 0 };
	struct pal_input    in = { .fd = -1 };
	struct pal_sink     sink = { .take = take, .arg = &t, .arena = &arena, .limits = &limits };
	struct pal_view     head = { 0 };
	int                 fd = -1;

	pal_arena_init(&arena, (size_t)256 << 20);
	pal_arena_init(&names, (size_t)256 << 20);
	t.arena = &names;
	if (argc != 2 || pal_file_open(argv[1], &fd, &id, NULL) != PAL_OK) {
		(void)fprintf(stderr, "usage: cells FILE\n");
		return 2;
	}
	in = pal_input_of_fd(fd, id.size);
	if (pal_input_view(&in, 0, 0, PAL_PROBE_HEAD, &head) == PAL_OK) {
		const struct pal_format *f = pal_format_probe(head, in.size, pal_view_of(argv[1]));

		printf("!format\t%s\n", f == NULL ? "unknown" : f->name);
		if (f == NULL || f->parse(&in, &sink, NULL) != PAL_OK)
			return 1;
	}
	pal_input_done(&in);
	pal_file_close(&fd);
	return 0;
}
