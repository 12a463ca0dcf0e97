/*
 * test_report.c - names, dispatch, limits, no memory; `test_report DIR` also writes the samples there to be looked at.
 */
#include "palisade/report.h"

#include <stdio.h>

#include "check.h"
#include "sample_report.h"

static const char *const names[] = { "table", "json", "sarif", "junit", "jsonl", "html" };

static void
test_names(void)
{
	enum pal_report_format f = PAL_REPORT_TABLE;

	for (size_t i = 0; i < SAMPLE_COUNT(names); i++)
		CHECK(pal_report_format_of(names[i], &f) && f == (enum pal_report_format)i);
	f = PAL_REPORT_HTML;
	CHECK(!pal_report_format_of("pdf", &f) && f == PAL_REPORT_HTML);
	CHECK(!pal_report_format_of("", &f) && !pal_report_format_of(NULL, &f));
	CHECK(strcmp(pal_verdict_name(PAL_NOT_CHECKED), "not checked") == 0);
	CHECK(strcmp(pal_verdict_name(PAL_PASS), "pass") == 0);
	CHECK(strcmp(pal_verdict_name((enum pal_verdict)77), "fail") == 0); /* what is odd is never a pass */
}

/* Every format: writes something, tells a full buffer, adds behind what is there, and is the same twice. */
static void
test_formats(const struct pal_report *r)
{
	for (size_t i = 0; i < SAMPLE_COUNT(names); i++) {
		PAL_AUTO_BUF once = pal_buf_of(0), twice = pal_buf_of(0), small = pal_buf_of(100);

		if (i == PAL_REPORT_JSONL && r->files == NULL) {
			CHECK(pal_report_write(r, PAL_REPORT_JSONL, NULL, &once) == PAL_EUNSUPPORTED);
			continue;
		}
		pal_buf_add_text(&twice, "x");
		CHECK(pal_report_write(r, (enum pal_report_format)i, NULL, &once) == PAL_OK && once.len > 100);
		CHECK(pal_report_write(r, (enum pal_report_format)i, NULL, &twice) == PAL_OK);
		CHECK_SAY(pal_view_eq(pal_buf_view(&once), pal_view_sub(pal_buf_view(&twice), 1, SIZE_MAX)), names[i]);
		CHECK(pal_report_write(r, (enum pal_report_format)i, NULL, &small) == PAL_ELIMIT);
	}
}

static void
test_empty(void)
{
	struct pal_report empty = { 0 };

	for (size_t i = 0; i < SAMPLE_COUNT(names); i++) {
		PAL_AUTO_BUF out = pal_buf_of(0);

		CHECK_SAY(pal_report_write(&empty, (enum pal_report_format)i, NULL, &out) == PAL_OK, names[i]);
	}
	CHECK(pal_report_write(&empty, (enum pal_report_format)9, NULL, &(struct pal_buf){ 0 }) == PAL_EUNSUPPORTED);
}

static int
write_sample(const char *folder, const char *file, const struct pal_buf *b)
{
	char  path[512];
	FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	f = fopen(path, "wb");
	return f == NULL || fwrite(b->data, 1, b->len, f) != b->len || fclose(f) != 0;
}

static int
write_samples(const char *folder)
{
	struct pal_report       r = sample_report(), scan = sample_scan();
	struct pal_report_style style = { true, 100, false };
	PAL_AUTO_BUF            picture = pal_buf_of(0);
	int                     failed = 0;

	for (size_t i = 0; i < SAMPLE_COUNT(names); i++) {
		PAL_AUTO_BUF check = pal_buf_of(0), found = pal_buf_of(0);
		char         file[64];

		failed |=
		    i != PAL_REPORT_JSONL && pal_report_write(&r, (enum pal_report_format)i, &style, &check) != PAL_OK;
		failed |= pal_report_write(&scan, (enum pal_report_format)i, &style, &found) != PAL_OK;
		(void)snprintf(file, sizeof(file), "check.%s", names[i]);
		failed |= write_sample(folder, file, &check);
		(void)snprintf(file, sizeof(file), "scan.%s", names[i]);
		failed |= write_sample(folder, file, &found);
	}
	failed |= pal_report_svg(&r, &picture, NULL) != PAL_OK;
	return failed | write_sample(folder, "lineage.svg", &picture);
}

int
main(int argc, char **argv)
{
	struct pal_report r = sample_report(), scan = sample_scan();

	if (argc == 2)
		return write_samples(argv[1]);
	test_names();
	test_formats(&r);
	test_formats(&scan);
	test_empty();
	for (size_t i = 0; i < SAMPLE_COUNT(sample_hostile_texts); i++) {
		struct sample_hostile h;

		sample_hostile_fill(&h, sample_hostile_texts[i]);
		test_formats(&h.report);
	}
	return check_done();
}
