/* workspace_fixture.h - a real workspace with a pipeline in a temporary folder, so that a test of a control is short.
 */
#ifndef PALISADE_TEST_WORKSPACE_FIXTURE_H
#define PALISADE_TEST_WORKSPACE_FIXTURE_H

#include <sys/stat.h>
#include <time.h>
#include <utime.h>

#include "palisade/oms.h"
#include "palisade/run.h"

#include "workspace_kit.h"

static struct pal_workspace *fix_ws;
static struct pal_arena      fix_arena;
static struct pal_pipeline  *fix_pipeline;
static struct pal_check      fix_check;
static struct pal_key       *fix_press, *fix_other; /* signers of models */

/* One dataset, one step, one model, two evaluations, one deployment. Steps are plain shell. */
#define FIX_HEAD                                                                                             \
	"pipeline: clinic\n"                                                                                 \
	"people:\n"                                                                                          \
	"  - {name: ann, roles: [data-steward, risk-owner, release-manager], key: .palisade/keys/ann.pub}\n" \
	"  - {name: bo, roles: [data-steward], key: .palisade/keys/bo.pub}\n"                                \
	"signers: [{name: press, key: press.pub}, {name: other, key: other.pub}]\n"
#define FIX_DATA                                                                                                      \
	"data_roots: [data]\n"                                                                                        \
	"datasets:\n"                                                                                                 \
	"  - name: feed\n"                                                                                            \
	"    path: data/feed.csv\n"                                                                                   \
	"    source: {kind: internal, who: Ward, where: export, when: 2023-11-01, licence: CC0, submitted_by: sam}\n" \
	"    label: internal\n"
#define FIX_STEPS                                                                                                  \
	"transforms:\n"                                                                                            \
	"  - {name: split, command: [/bin/sh, split.sh], code: [split.sh], inputs: [feed], deterministic: true,\n" \
	"     outputs: [{name: train, path: work/train.csv}, {name: val-a, path: work/a.csv},\n"                   \
	"     {name: val-b, path: work/b.csv}]}\n"                                                                 \
	"training:\n"                                                                                              \
	"  - {name: fit, command: [/bin/sh, fit.sh], code: [fit.sh], inputs: [train], outputs: [risk]}\n"
#define FIX_MODEL                                                                                                     \
	"validation:\n"                                                                                               \
	"  - {name: ward-a, model: risk, dataset: val-a, owner: a, command: [/bin/sh, predict.sh, work/a.csv, "       \
	"work/pa.csv], code: [predict.sh], predictions: work/pa.csv, label: truth, prediction: guess}\n"              \
	"  - {name: ward-b, model: risk, dataset: val-b, owner: b, command: [/bin/sh, predict.sh, work/b.csv, "       \
	"work/pb.csv], code: [predict.sh], predictions: work/pb.csv, label: truth, prediction: guess}\n"              \
	"models:\n"                                                                                                   \
	"  - {name: risk, version: 1.0.0, path: models/risk, signature: {file: models/risk.sig, signers: [press]}}\n" \
	"deployments: [{name: api, model: risk@1.0.0}]\n"
#define FIX_POLICY \
	"policy:\n  profile: baseline\n  controls:\n    VAL-02: {mode: enforce, thresholds: {accuracy: 0.5}}\n"
#define FIX_YAML FIX_HEAD FIX_DATA FIX_STEPS FIX_MODEL FIX_POLICY

static const char fix_split[] __attribute__((unused)) =
    "head -n 51 data/feed.csv >work/train.csv\n"
    "{ head -n 1 data/feed.csv; tail -n 40 data/feed.csv | head -n 20; } >work/a.csv\n"
    "{ head -n 1 data/feed.csv; tail -n 20 data/feed.csv; } >work/b.csv\n";

static inline void
fix_write(const char *name, const char *text)
{
	struct pal_diag d = { 0 };

	CHECK_SAY(pal_file_write(scratch_path(name), pal_view_of(text), 0600, &d) == PAL_OK, d.text);
}

static inline void
fix_rows(const char *name, const char *header, unsigned int from, unsigned int count)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_buf_printf(&b, "%s\n", header);
	for (unsigned int i = 0; i < count; i++)
		pal_buf_printf(&b, "%u,%u,%u\n", from + i, (from + i) * 7 % 13, i % 2);
	fix_write(name, pal_buf_text(&b));
}

static inline void
fix_load(const char *yaml)
{
	struct pal_diag d = { 0 };

	fix_write("palisade.yaml", yaml);
	CHECK_SAY(pal_pipeline_load(scratch_path("palisade.yaml"), &fix_arena, &fix_pipeline, NULL, &d) == PAL_OK,
		  d.text);
}

static inline void
fix_init(const char *yaml)
{
	static const char *const folders[] = { "data", "work", "models", "models/risk" };

	kit_now = (uint64_t)time(NULL) * 1000;
	fix_ws = kit_init();
	pal_arena_init(&fix_arena, (size_t)1 << 30);
	for (size_t i = 0; i < 4; i++)
		CHECK(mkdir(scratch_path(folders[i]), 0700) == 0);
	fix_rows("data/feed.csv", "age,dose,truth", 0, 90);
	fix_write("split.sh", fix_split);
	fix_write("fit.sh", "mkdir -p models/risk; printf 'weights ' >models/risk/notes.txt; "
			    "wc -l <work/train.csv >>models/risk/notes.txt\n");
	fix_write("predict.sh", "{ echo truth,guess; tail -n +2 \"$1\" | cut -d, -f3 | sed 's/.*/&,&/'; } >\"$2\"\n");
	CHECK(pal_key_generate(PAL_KEY_P256, &fix_press, NULL) == PAL_OK);
	CHECK(pal_key_generate(PAL_KEY_P256, &fix_other, NULL) == PAL_OK);
	CHECK(pal_key_save_public(fix_press, scratch_path("press.pub"), NULL) == PAL_OK);
	CHECK(pal_key_save_public(fix_other, scratch_path("other.pub"), NULL) == PAL_OK);
	fix_load(yaml);
}

/* One check of these stages; the result is fix_check. */
static inline enum pal_err
fix_judge_as(unsigned int stages, const char *artifact, bool no_cache, struct pal_diag *d)
{
	struct pal_check_options o = { .pipeline = fix_pipeline,
				       .workspace = fix_ws,
				       .stages = stages,
				       .artifact = artifact,
				       .no_cache = no_cache };

	pal_check_done(&fix_check);
	fix_check = (struct pal_check){ 0 };
	return pal_check_run(&o, &fix_arena, &fix_check, d);
}

static inline void
fix_judge(void)
{
	struct pal_diag d = { 0 };

	CHECK_SAY(fix_judge_as(PAL_STAGE_ALL, NULL, false, &d) == PAL_OK, d.text);
}

static inline void
fix_approve(const char *digest, const char *purpose, const char *by, const struct pal_key *key)
{
	struct pal_approval ap = {
		.subject = { .name = "it", .digest = digest }, .purpose = purpose, .by = by, .reason = "looked at"
	};
	char            id[PAL_ID_TEXT];
	struct pal_diag d = { 0 };

	CHECK_SAY(pal_approval_add(fix_ws, &ap, key, id, &d) == PAL_OK, d.text);
}

static inline enum pal_err
fix_run(const char *step, bool force, struct pal_diag *d)
{
	struct pal_run_result r = { 0 };
	size_t                i = pal_step_find(fix_pipeline, step);

	fix_judge();
	return pal_run_step(&fix_check, &fix_pipeline->steps[i], force, &r, d);
}

static inline enum pal_err
fix_predict(size_t i, struct pal_diag *d)
{
	struct pal_run_result r = { 0 };

	fix_judge();
	return pal_run_validation(&fix_check, pal_validation_at(fix_pipeline, i), true, &r, d);
}

static inline const char *
fix_digest(const char *artifact)
{
	return fix_check.facts[pal_artifact_find(fix_pipeline, artifact)].digest;
}

static inline void
fix_sign(const struct pal_key *key)
{
	struct pal_oms_model  m = { .path = scratch_path("models/risk"),
				    .signature_path = scratch_path("models/risk.sig") };
	struct pal_oms_signer s = { .key = key, .now_ms = kit_now, .alg = PAL_SHA256 };
	PAL_AUTO_BUF          bundle = pal_buf_of(0);
	struct pal_diag       d = { 0 };

	CHECK_SAY(pal_oms_sign(&m, &s, &bundle, &d) == PAL_OK, d.text);
	CHECK(pal_file_write(m.signature_path, pal_buf_view(&bundle), 0600, NULL) == PAL_OK);
}

/* From raw data to a released model, all gates open. */
static inline void
fix_all(void)
{
	struct pal_diag d = { 0 };

	fix_judge();
	fix_approve(fix_digest("feed"), "COL-05", "ann", kit_ann);
	CHECK_SAY(fix_run("split", false, &d) == PAL_OK, d.text);
	CHECK_SAY(fix_run("fit", false, &d) == PAL_OK, d.text);
	CHECK_SAY(fix_predict(0, &d) == PAL_OK, d.text);
	CHECK_SAY(fix_predict(1, &d) == PAL_OK, d.text);
	fix_sign(fix_press);
	fix_judge();
}

static inline const struct pal_report_row *
fix_row(const char *control, const char *artifact)
{
	for (size_t i = 0; i < fix_check.decision.row_count; i++) {
		const struct pal_report_row *r = &fix_check.decision.rows[i];

		if (strcmp(r->control, control) == 0 &&
		    (artifact == NULL ? r->artifact == NULL
				      : r->artifact != NULL && strcmp(r->artifact, artifact) == 0))
			return r;
	}
	return NULL;
}

/* Says pass, or fails with this in its reason. */
static inline void
fix_expect(const char *control, const char *artifact, enum pal_verdict verdict, const char *part)
{
	const struct pal_report_row *r = fix_row(control, artifact);

	if (CHECK_SAY(r != NULL, control))
		CHECK_SAY(r->verdict == verdict && strstr(r->reason, part) != NULL, r->reason);
}

static inline int
fix_done(void)
{
	pal_key_free(&fix_press);
	pal_key_free(&fix_other);
	pal_check_done(&fix_check);
	pal_arena_done(&fix_arena);
	return kit_done(&fix_ws);
}

/* Every test program of a check is also its worker. */
#define FIX_WORKER(argv)                   \
	if (pal_scan_is_worker((argv)[0])) \
		return pal_scan_worker_main();

#endif
