/* test_train.c - an input counts as admitted under its own name, before the run, by the newest decision. */
#include "workspace_fixture.h"

/* A decision about these bytes that somebody wrote: which URI, which result, which policy. */
static void
add_decision(const char *uri, const char *artifact, bool passed, const char *policy)
{
	PAL_AUTO_BUF         b = pal_buf_of(0);
	const char          *levels[] = { "PALISADE_PREPARE" };
	const struct pal_vsa v = { .verifier = "https://palisade.dev/check",
				   .time_ms = kit_now,
				   .resource_uri = uri,
				   .policy = { .uri = "palisade.yaml", .digest = policy },
				   .passed = passed,
				   .levels = levels,
				   .level_count = passed ? 1 : 0 };
	char                 id[PAL_ID_TEXT];

	CHECK(pal_vsa_write(&v, &b) == PAL_OK);
	(void)kit_add(fix_ws, PAL_TYPE_VSA, fix_digest(artifact), pal_buf_text(&b), NULL, id);
}

/* A run on record that no gate stood before. */
static void
add_run(const char *step, const char *input, const char *digest)
{
	PAL_AUTO_BUF                b = pal_buf_of(0);
	PAL_AUTO_ARENA              a;
	char                        uri[128], id[PAL_ID_TEXT], invocation[128], code[128];
	struct pal_resource         in[2] = { { .name = input, .uri = uri, .digest = digest }, { .uri = code } };
	const struct pal_step_decl *s = &fix_pipeline->steps[pal_step_find(fix_pipeline, step)];
	struct pal_provenance       p = { .build_type = PAL_BUILD_TYPE,
					  .builder = "x",
					  .invocation = invocation,
					  .inputs = in,
					  .input_count = 2,
					  .started_ms = kit_now,
					  .finished_ms = kit_now };

	pal_arena_init(&a, (size_t)1 << 20);
	(void)snprintf(uri, sizeof(uri), "palisade:input/%s", input);
	(void)snprintf(code, sizeof(code), "palisade:code/%s", s->code.items[0]);
	(void)snprintf(invocation, sizeof(invocation), "palisade:clinic/%s#1", step);
	p.parameters = "{}";
	in[1].name = s->code.items[0];
	in[1].digest = kit_digest(5);
	CHECK(pal_provenance_write(&p, &b) == PAL_OK);
	(void)kit_add(fix_ws, PAL_TYPE_PROVENANCE, fix_digest("risk"), pal_buf_text(&b), NULL, id);
}

static void
test_decisions(void)
{
	static const char gate[] = "palisade:clinic/prepare/train";

	fix_expect("TRN-01", "risk", PAL_PASS, "had been admitted");
	add_decision(gate, "train", false, kit_digest(1)); /* a newer one that failed, before the next run */
	add_run("fit", "train", fix_digest("train"));
	fix_judge();
	fix_expect("TRN-01", "risk", PAL_FAIL, "had not passed the gate of prepare");
	add_decision("palisade:clinic/prepare/train-2", "train", true, kit_digest(1)); /* of another artifact */
	add_decision("palisade:other/prepare/train", "train", true, kit_digest(1));    /* of another pipeline */
	add_run("fit", "train", fix_digest("train"));
	CHECK(fix_judge_as(PAL_STAGE_BIT(PAL_TRAIN), NULL, false, NULL) == PAL_OK);
	fix_expect("TRN-01", "risk", PAL_PASS, "had been admitted"); /* the check above decided it again, and passed */
	add_run("fit", "train", kit_digest(9));
	fix_judge();
	fix_expect("TRN-01", "risk", PAL_FAIL, "other bytes");
}

/* Decisions by a key that is not trusted are nobody's. */
static void
test_untrusted(void)
{
	struct pal_resource  r = { .name = "train", .digest = fix_digest("train") };
	struct pal_statement s = { .type = PAL_TYPE_VSA, .subjects = &r, .subject_count = 1 };
	PAL_AUTO_BUF         b = pal_buf_of(0);
	const struct pal_vsa v = { .verifier = "https://palisade.dev/check",
				   .time_ms = kit_now,
				   .resource_uri = "palisade:clinic/prepare/train",
				   .policy = { .uri = "palisade.yaml", .digest = kit_digest(1) } };
	char                 id[PAL_ID_TEXT];

	CHECK(pal_vsa_write(&v, &b) == PAL_OK);
	s.predicate = pal_buf_text(&b);
	CHECK(pal_evidence_add(fix_ws, &s, kit_bo, id, NULL) == PAL_OK);
	add_run("fit", "train", fix_digest("train"));
	fix_judge();
	fix_expect("TRN-01", "risk", PAL_PASS, "had been admitted");
}

/* Admitted under a laxer policy, and refused under this one. */
static void
test_policy(void)
{
	fix_load(FIX_YAML
		 "    COL-02: {mode: enforce, forbid: [pii, phi, pci, secret]}\n    COL-04: {licences: [MIT]}\n");
	fix_judge();
	fix_expect("COL-04", "feed", PAL_FAIL, "licence");
	fix_expect("TRN-01", "risk", PAL_FAIL, "under another policy; now COL-04");
	fix_load(FIX_YAML);
	fix_judge();
	fix_expect("TRN-01", "risk", PAL_PASS, "had been admitted");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	fix_expect("TRN-07", "risk", PAL_PASS, "fit made it");
	test_policy();
	test_decisions();
	test_untrusted();
	return fix_done();
}
