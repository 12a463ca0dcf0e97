/* test_format.c - the table of formats: every row is whole, has its samples, and is found by its content alone. */
#include <dirent.h>

#include "collect.h"

static size_t
files_in(const char *format, const char *side)
{
	char   path[512];
	DIR   *d = NULL;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/tests/corpus/%s/%s", SOURCE_DIR, format, side);
	d = opendir(path);
	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static void
check_dispatch(const struct pal_format *f)
{
	char  command[512], path[1024];
	FILE *list = NULL;

	(void)snprintf(command, sizeof(command), "ls %s/tests/corpus/%s/good/*", SOURCE_DIR, f->name);
	list = popen(command, "r");
	while (list != NULL && fgets(path, sizeof(path), list) != NULL) {
		struct pal_buf b = pal_buf_of(0);

		path[strcspn(path, "\n")] = '\0';
		b = collect_file(path);
		CHECK_SAY(pal_format_probe(pal_view_sub(pal_buf_view(&b), 0, PAL_PROBE_HEAD), b.len, pal_view_of("")) ==
			      f,
			  path);
		pal_buf_done(&b);
	}
	if (list != NULL)
		(void)pclose(list);
}

int
main(void)
{
	size_t n = 0;

	for (; pal_formats[n] != NULL; n++) {
		const struct pal_format *f = pal_formats[n];

		CHECK_SAY(strlen(f->summary) > 5 && strlen(f->covers) > 50, f->name);
		CHECK_SAY(f->probe != NULL && f->parse != NULL, f->name);
		CHECK_SAY(files_in(f->name, "good") > 0 && files_in(f->name, "bad") > 0, f->name);
		CHECK_SAY(pal_format_named(f->name) == f, f->name);
		CHECK_SAY(f->probe((struct pal_view){ 0 }, 0, (struct pal_view){ 0 }) == 0, f->name);
		if (strcmp(f->name, "text") != 0 && strcmp(f->name, "csv") != 0)
			check_dispatch(f);
	}
	CHECK(n >= 10);
	CHECK(pal_format_named("nothing") == NULL);
	CHECK(pal_format_probe(pal_view_of("\x01\x02\x03\x04\x05\x06"), 6, pal_view_of("x.bin")) == NULL);
	return check_done();
}
