/* test_step.c - lineage steps and SLSA Provenance there and back, the specification's sample, and damaged copies. */
#include "palisade/lineage.h"

#include "check.h"
#include "mutate.h"

#define HEX  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX2 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct pal_resource out = { .name = "out", .digest = HEX }, in = { .name = "in", .digest = HEX2 };

static void
read_damaged(struct pal_view damaged, void *arg)
{
	PAL_AUTO_ARENA        a;
	PAL_AUTO_BUF          text = pal_buf_of(0);
	struct pal_statement  s = { .type = arg, .subjects = &out, .subject_count = 1 };
	struct pal_step       step = { 0 };
	struct pal_provenance p = { 0 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, 1 << 20);
	pal_buf_add(&text, damaged);
	s.predicate = pal_buf_text(&text);
	if (pal_step_of(&s, &a, &step, &d) != PAL_OK && pal_provenance_of(&s, &a, &p, &d) != PAL_OK)
		CHECK(d.text[0] != '\0'); /* every refusal says why */
}

static void
test_step(void)
{
	struct pal_step      step = { .name = "split",
				      .kind = "dataset",
				      .inputs = &in,
				      .input_count = 1,
				      .code = out,
				      .parameters = "{\"seed\":7}",
				      .by = "ann",
				      .time_ms = 1700000000000 };
	struct pal_step      back = { 0 };
	PAL_AUTO_BUF         text = pal_buf_of(0);
	PAL_AUTO_ARENA       a;
	struct pal_statement s = { .type = PAL_TYPE_STEP, .subjects = &out, .subject_count = 1 };
	struct pal_diag      d = { 0 };

	pal_arena_init(&a, 1 << 20);
	CHECK(pal_step_write(&step, &text) == PAL_OK);
	s.predicate = pal_buf_text(&text);
	CHECK_SAY(pal_step_of(&s, &a, &back, &d) == PAL_OK, d.text);
	CHECK(strcmp(back.name, "split") == 0 && back.input_count == 1 && strcmp(back.inputs[0].digest, HEX2) == 0 &&
	      back.output_count == 1 && strcmp(back.code.digest, HEX) == 0 &&
	      strcmp(back.parameters, "{\"seed\":7}") == 0 && back.source == NULL && back.time_ms == step.time_ms);
	pal_mutate_all(pal_buf_view(&text), read_damaged, (void *)(uintptr_t)PAL_TYPE_STEP);
	s.predicate = "{\"name\":\"x\",\"parameters\":[]}";
	CHECK(pal_step_of(&s, &a, &back, &d) == PAL_EFORM);
	s.predicate = "{\"inputs\":[]}";
	CHECK(pal_step_of(&s, &a, &back, &d) == PAL_EFORM && strstr(d.text, "name") != NULL);
}

static void
test_provenance(void)
{
	struct pal_provenance p = { .build_type = "t",
				    .builder = "b",
				    .invocation = "i",
				    .parameters = "{\"x\":1}",
				    .inputs = &in,
				    .input_count = 1,
				    .started_ms = 1700000000000,
				    .finished_ms = 1700000001000 };
	struct pal_provenance back = { 0 };
	PAL_AUTO_BUF          text = pal_buf_of(0);
	PAL_AUTO_ARENA        a;
	struct pal_statement  s = { .type = PAL_TYPE_PROVENANCE, .subjects = &out, .subject_count = 1 };
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, 1 << 20);
	CHECK(pal_provenance_write(&p, &text) == PAL_OK);
	s.predicate = pal_buf_text(&text);
	CHECK_SAY(pal_provenance_of(&s, &a, &back, &d) == PAL_OK, d.text);
	CHECK(strcmp(back.builder, "b") == 0 && back.input_count == 1 && strcmp(back.parameters, "{\"x\":1}") == 0 &&
	      back.finished_ms == p.finished_ms && strcmp(back.invocation, "i") == 0);
	pal_mutate_all(pal_buf_view(&text), read_damaged, (void *)(uintptr_t)PAL_TYPE_PROVENANCE);
	s.predicate = "{\"buildDefinition\":{\"buildType\":\"t\"},\"runDetails\":{\"builder\":{\"id\":\"b\"}}}";
	CHECK(pal_provenance_of(&s, &a, &back, &d) == PAL_EFORM && strstr(d.text, "externalParameters") != NULL);
	s.predicate = "{\"buildDefinition\":{\"buildType\":\"t\",\"externalParameters\":{}},\"runDetails\":{}}";
	CHECK(pal_provenance_of(&s, &a, &back, &d) == PAL_EFORM && strstr(d.text, "builder") != NULL);
}

static void
test_vector(void)
{
	static const char     path[] = SOURCE_DIR "/../shared/vectors/supply/intoto/slsa_provenance_v1.json";
	PAL_AUTO_BUF          text = pal_buf_of(0);
	PAL_AUTO_ARENA        a;
	struct pal_statement  s = { 0 };
	struct pal_provenance p = { 0 };
	struct pal_lineage    l;
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, 1 << 20);
	if (!pal_file_exists(path)) {
		(void)printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	CHECK(pal_file_read(path, 1 << 20, &text, &d) == PAL_OK);
	CHECK_SAY(pal_statement_parse(pal_buf_view(&text), &a, &s, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_provenance_of(&s, &a, &p, &d) == PAL_OK, d.text);
	CHECK(p.input_count == 2 && strcmp(p.builder, "https://example.com/trainer/v1") == 0);
	l = pal_lineage_of(&a);
	CHECK(pal_lineage_take(&l, &(struct pal_evidence){ .id = "e", .signer = "k", .statement = s }, &d) == PAL_OK);
	CHECK(l.nodes.count == 2 && l.edges.count == 1); /* the other dependency has only a git commit */
}

int
main(void)
{
	test_step();
	test_provenance();
	test_vector();
	return check_done();
}
