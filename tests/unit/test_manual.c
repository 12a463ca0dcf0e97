/* test_manual.c - the committed manual is what the tables say; the starter loads as it is and with all of it in use. */
#include "check.h"
#include "palisade/file.h"
#include "palisade/pipeline.h"

static void
test_equal(const char *path, const struct pal_buf *want)
{
	PAL_AUTO_BUF have = pal_buf_of(0);

	CHECK_SAY(pal_file_read(path, (size_t)1 << 20, &have, NULL) == PAL_OK, path);
	CHECK_SAY(pal_view_eq(pal_buf_view(&have), pal_buf_view(want)), path);
}

static void
test_load(const char *text, size_t datasets)
{
	PAL_AUTO_ARENA       a;
	struct pal_pipeline *p = NULL;
	struct pal_diag      d = { 0 };

	pal_arena_init(&a, (size_t)8 << 20);
	if (CHECK_SAY(pal_pipeline_parse("p.yaml", pal_view_of(text), &a, &p, NULL, &d) == PAL_OK, d.text))
		CHECK(p->datasets.count == datasets && p->deployments.count == datasets);
}

static void
test_parameters(void)
{
	PAL_AUTO_ARENA              a;
	PAL_AUTO_BUF                type = pal_buf_of(0);
	struct pal_controls         all = { 0 };
	struct pal_policy_parameter p = { 0 };
	size_t                      n = 0;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(pal_controls_load(&a, &all, NULL) == PAL_OK);
	while (pal_policy_parameter_at(n, &p, &type)) {
		CHECK_SAY(pal_control_find(&all, p.control) != NULL, p.control);
		CHECK_SAY(type.len > 0 && p.baseline != NULL && p.strict != NULL && p.doc != NULL, p.name);
		pal_buf_clear(&type);
		n++;
	}
	CHECK(n > 20);
	CHECK(!pal_policy_parameter_at(SIZE_MAX, &p, &type) && type.len == 0);
}

int
main(void)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	PAL_AUTO_BUF    all = pal_buf_of(0);
	struct pal_view rest = { NULL, 0 }, line = { NULL, 0 };

	pal_pipeline_reference(&b);
	CHECK(pal_buf_err(&b) == PAL_OK);
	test_equal(SOURCE_DIR "/docs/palisade.yaml.md", &b);
	pal_buf_clear(&b);
	test_parameters();
	pal_pipeline_starter(&b);
	test_load(pal_buf_text(&b), 0);
	/* Words have a blank after their #, keys have none, and what stands below keys has two. */
	rest = pal_buf_view(&b);
	while (pal_view_line(&rest, &line)) {
		bool words = pal_view_starts(line, "# ") && !pal_view_starts(line, "#  ");

		if (pal_view_starts(line, "#") && !words)
			line = pal_view_sub(line, 1, SIZE_MAX);
		pal_buf_add(&all, line);
		pal_buf_add_byte(&all, '\n');
	}
	test_load(pal_buf_text(&all), 1);
	return check_done();
}
