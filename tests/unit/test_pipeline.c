/* test_pipeline.c - the sample comes out as it was declared; order of steps; files that are missing; damage. */
#include "palisade/pipeline.h"

#include <sys/stat.h>

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"
#include "sample_pipeline.h"
#include "scratch.h"

static const struct pal_artifact_decl *
artifact(const struct pal_pipeline *p, const char *name)
{
	size_t i = pal_artifact_find(p, name);

	PAL_ASSERT(i != PAL_NONE);
	return &p->artifacts[i];
}

static void
test_people(const struct pal_pipeline *p)
{
	CHECK(strcmp(p->name, "clinic-risk") == 0 && strcmp(p->file, "palisade.yaml") == 0 &&
	      strcmp(p->folder, ".") == 0);
	CHECK(p->people.count == 2 && p->signers.count == 1 && p->data_roots.count == 1);
	CHECK(strcmp(pal_person_at(p, 0)->key.path, "keys/dana.pub") == 0 && pal_person_at(p, 0)->key.id == NULL);
	CHECK(pal_person_at(p, 1)->key.path == NULL && pal_person_at(p, 1)->key.id[0] == '2');
	CHECK(pal_person_at(p, 1)->roles.count == 2 && pal_person_find(p, "rui") == 1);
	CHECK(pal_person_find(p, "sam") == PAL_NONE && pal_signer_find(p, "ml-release") == 0);
	CHECK(pal_signer_find(p, "x") == PAL_NONE);
}

static void
test_dataset(const struct pal_pipeline *p)
{
	const struct pal_dataset_decl  *d = pal_dataset_at(p, 0);
	const struct pal_artifact_decl *a = artifact(p, "intake");

	CHECK(d->source.kind == PAL_SOURCE_INTERNAL && strcmp(d->source.who, "Clinic registry") == 0);
	CHECK(d->source.when_ms == UINT64_C(1793491200000) && strcmp(d->source.submitted_by, "sam") == 0);
	CHECK(d->labelled && d->label == PAL_CONFIDENTIAL && d->classes.count == 1);
	CHECK(strcmp(d->label_column, "outcome") == 0 && strcmp(d->quarantine, ".palisade/quarantine/x") == 0);
	CHECK(d->signature.signers.count == 1 && strcmp(d->signature.signers.items[0], "ml-release") == 0);
	CHECK(a->kind == PAL_ARTIFACT_DATASET && a->stage == PAL_COLLECT && a->made_by == PAL_NONE && a->decl == 0);
	CHECK(a->mark.line == 9 && a->mark.column == 5 && a->path_mark.line == 10 && a->path_mark.column == 11);
	CHECK(&p->artifacts[d->artifact] == a);
}

static void
test_steps(const struct pal_pipeline *p)
{
	const struct pal_step_decl *split = &p->steps[0], *fit = &p->steps[1];

	CHECK(p->step_count == 2 && p->order[0] == 0 && p->order[1] == 1 && pal_step_find(p, "fit") == 1);
	CHECK(split->kind == PAL_STEP_TRANSFORM && split->deterministic && split->command.count == 2);
	CHECK(split->parameters.count == 1 && strcmp(split->parameters.items[0].value, "7") == 0);
	CHECK(split->outputs.count == 2 && strcmp(pal_output_at(split, 1)->path, "work/holdout.csv") == 0);
	CHECK(split->input_artifacts[0] == pal_artifact_find(p, "intake"));
	CHECK(fit->kind == PAL_STEP_TRAINING && fit->isolation == PAL_ISOLATION_NONE && !fit->deterministic);
	CHECK(pal_output_at(fit, 0)->path == NULL && pal_output_at(fit, 0)->artifact == pal_artifact_find(p, "risk"));
	CHECK(artifact(p, "train")->kind == PAL_ARTIFACT_OUTPUT && artifact(p, "train")->made_by == 0);
	CHECK(artifact(p, "holdout")->decl == 1 && artifact(p, "holdout")->stage == PAL_PREPARE);
	CHECK(artifact(p, "risk")->made_by == 1 && strcmp(artifact(p, "risk")->version, "1.0.0") == 0);
	CHECK(strcmp(artifact(p, "risk")->path, "model") == 0);
}

static void
test_rest(const struct pal_pipeline *p)
{
	const struct pal_deployment_decl *dep = pal_deployment_at(p, 0);
	const struct pal_validation_decl *v = pal_validation_at(p, 0);

	CHECK(artifact(p, "ward")->kind == PAL_ARTIFACT_VALIDATION && artifact(p, "ward")->of == v->dataset_artifact);
	CHECK(v->dataset_artifact == pal_artifact_find(p, "holdout") &&
	      v->model_artifact == pal_artifact_find(p, "risk"));
	CHECK(strcmp(v->group, "sex") == 0 && v->positive == NULL);
	CHECK(strcmp(dep->model_name, "risk") == 0 && strcmp(dep->model_version, "1.0.0") == 0);
	CHECK(dep->model_artifact == pal_artifact_find(p, "risk") &&
	      artifact(p, "ward-api")->of == dep->model_artifact);
	CHECK(pal_model_at(p, 0)->base.count == 1 &&
	      strcmp(pal_base_at(pal_model_at(p, 0), 0)->name, "bert-base") == 0);
	CHECK(pal_dependency_at(p, 0)->artifact != PAL_NONE && p->images.count == 0 && p->artifact_count == 7);
	CHECK(p->policy.exceptions.count == 1 && p->policy.custom.count == 1);
	CHECK(strcmp(pal_artifact_kind_name(artifact(p, "ward")->kind), "validation set") == 0);
	CHECK(strcmp(pal_source_kind_name(PAL_SOURCE_WEB), "web") == 0 &&
	      strcmp(pal_isolation_name(PAL_ISOLATION_TEE), "tee") == 0);
}

/* Steps declared last to first still come out first to last, and a long chain needs no stack. */
static void
test_order(void)
{
	PAL_AUTO_ARENA       a;
	PAL_AUTO_BUF         text = pal_buf_of(0);
	struct pal_pipeline *p = NULL;
	struct pal_diag      d = { 0 };
	const size_t         n = 2000;

	pal_arena_init(&a, (size_t)64 << 20);
	pal_buf_add_text(&text, "pipeline: p\ntransforms:\n");
	for (size_t i = n; i-- > 0;) {
		pal_buf_printf(&text, "  - {name: t%zu, command: [x], outputs: [{name: o%zu, path: o%zu}]", i, i, i);
		pal_buf_printf(&text, i > 0 ? ", inputs: [o%zu]}\n" : "}\n", i - 1);
	}
	CHECK_SAY(pal_pipeline_parse("p.yaml", pal_buf_view(&text), &a, &p, NULL, &d) == PAL_OK, d.text);
	for (size_t i = 0; p != NULL && i < n; i++)
		if (p->order[i] != n - 1 - i)
			(void)CHECK_SAY(0, "order");
}

static void
test_paths(void)
{
	static const struct {
		const char *file, *path, *want;
	} cases[] = {
		{ "palisade.yaml", "a/b", "a/b" }, { "x/palisade.yaml", "a", "x/a" },
		{ "/x/y.yaml", "a", "/x/a" },      { "/y.yaml", "a", "/a" },
		{ "x/palisade.yaml", "/a", "/a" }, { "./p.yaml", "a", "a" },
		{ "x/p.yaml", ".", "x" },          { "p.yaml", ".", "." },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA       a;
		struct pal_pipeline *p = NULL;

		pal_arena_init(&a, (size_t)4 << 20);
		CHECK(pal_pipeline_parse(cases[i].file, pal_view_of("pipeline: p\n"), &a, &p, NULL, NULL) == PAL_OK);
		CHECK_SAY(strcmp(pal_pipeline_path(p, cases[i].path, &a), cases[i].want) == 0, cases[i].file);
	}
}

/* Makes what is named, then asks for what is still missing. */
static void
test_files(void)
{
	static const char *const made[] = { "data/intake.csv",  "data/intake.sig", "prepare.py",         "train.py",
					    "requirements.txt", "keys/dana.pub",   "keys/ml-release.pub" };
	static const char *const folders[] = { "data", "keys", "work", "model" };
	PAL_AUTO_ARENA           a;
	PAL_AUTO_BUF             said = pal_buf_of(0);
	struct pal_yaml_faults   f = { 0 };
	struct pal_pipeline     *p = NULL;
	struct pal_diag          d = { 0 };

	(void)scratch_init();
	pal_arena_init(&a, (size_t)8 << 20);
	CHECK(pal_file_write(scratch_path("palisade.yaml"), pal_view_of(sample_yaml), 0600, &d) == PAL_OK);
	CHECK(pal_pipeline_load(scratch_path("palisade.yaml"), &a, &p, &f, &d) == PAL_OK);
	CHECK(strcmp(p->folder, scratch_root) == 0);
	CHECK(pal_pipeline_check_files(p, false, &a, &f, &d) == PAL_ECONFIG && f.list.count == 8);
	CHECK_SAY(strstr(d.text, "palisade.yaml:3:46: key: ") != NULL, d.text);
	CHECK_SAY(strstr(d.text, "keys/dana.pub is not there; make it, or correct the path") != NULL, d.text);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		CHECK(mkdir(scratch_path(folders[i]), 0700) == 0);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		CHECK(pal_pipeline_check_files(p, false, &a, &f, &d) == PAL_ECONFIG);
		CHECK(pal_file_write(scratch_path(made[i]), pal_view_of("x"), 0600, &d) == PAL_OK);
	}
	CHECK_SAY(pal_pipeline_check_files(p, false, &a, &f, &d) == PAL_OK, d.text);
	CHECK(pal_pipeline_check_files(p, true, &a, &f, &d) == PAL_ECONFIG);
	pal_yaml_faults_write(&f, &said);
	CHECK(f.list.count == 4 && strstr(pal_buf_text(&said), "work/train.csv is not there") != NULL);
	/* A dataset that waits in quarantine is not missing; a folder where a file belongs is wrong. */
	CHECK(unlink(scratch_path("data/intake.csv")) == 0 && mkdir(scratch_path(".palisade"), 0700) == 0);
	CHECK(mkdir(scratch_path(".palisade/quarantine"), 0700) == 0);
	CHECK(pal_pipeline_check_files(p, false, &a, &f, &d) == PAL_ECONFIG);
	CHECK(pal_file_write(scratch_path(".palisade/quarantine/x"), pal_view_of("x"), 0600, &d) == PAL_OK);
	CHECK(pal_pipeline_check_files(p, false, &a, &f, &d) == PAL_OK);
	CHECK(unlink(scratch_path("requirements.txt")) == 0 && mkdir(scratch_path("requirements.txt"), 0700) == 0);
	CHECK(pal_pipeline_check_files(p, false, &a, NULL, &d) == PAL_ECONFIG);
	CHECK_SAY(strstr(d.text, "requirements.txt is a folder, expected a file") != NULL, d.text);
	CHECK(pal_pipeline_load(scratch_path("none"), &a, &p, &f, &d) == PAL_ENOTFOUND);
	scratch_done();
}

/* A set may be made by a command of its own, whose code must be there. */
static void
test_validation_code(void)
{
	PAL_AUTO_ARENA       a;
	struct pal_pipeline *p = NULL;
	struct pal_diag      d = { 0 };

	pal_arena_init(&a, (size_t)4 << 20);
	CHECK(
	    pal_pipeline_parse("/none/p.yaml",
			       pal_view_of("pipeline: p\ndatasets: [{name: d, path: /}]\n"
					   "models: [{name: m, version: 1, path: /}]\n"
					   "validation:\n  - {name: v, dataset: d, owner: o, model: m, predictions: q, "
					   "label: y, prediction: z, command: [x, y], code: [predict.py]}\n"),
			       &a, &p, NULL, &d) == PAL_ECONFIG);
	CHECK_SAY(strstr(d.text, "path: / is already that of \"d\"") != NULL, d.text);
	CHECK(
	    pal_pipeline_parse("/none/p.yaml",
			       pal_view_of("pipeline: p\ndatasets: [{name: d, path: /}]\n"
					   "models: [{name: m, version: 1, path: /tmp}]\n"
					   "validation:\n  - {name: v, dataset: d, owner: o, model: m, predictions: q, "
					   "label: y, prediction: z, command: [x, y], code: [predict.py]}\n"),
			       &a, &p, NULL, &d) == PAL_OK);
	CHECK(p != NULL && pal_validation_at(p, 0)->command.count == 2 && pal_validation_at(p, 0)->code.count == 1);
	CHECK(pal_pipeline_check_files(p, false, &a, NULL, &d) == PAL_ECONFIG);
	CHECK_SAY(strcmp(d.text,
			 "/none/p.yaml:5:112: code: /none/predict.py is not there; make it, or correct the path") == 0,
		  d.text);
}

/* Small, so that each of its bytes can be damaged in each way in reasonable time. */
static const char small[] = "pipeline: p\n"
			    "people: [{name: d, roles: [risk-owner], key: k}]\n"
			    "signers: [{name: s, key: l}]\n"
			    "datasets: [{name: a, path: a, source: {kind: web, when: 2026-11-01}, label: public}]\n"
			    "transforms: [{name: t, command: [x], inputs: [a], outputs: [{name: o, path: o}]}]\n"
			    "training: [{name: f, command: [y], inputs: [o], outputs: [m], parameters: {e: 1}}]\n"
			    "models: [{name: m, version: 1, path: m, signature: {file: g, signers: [s]}}]\n"
			    "deployments: [{name: w, model: m@1}]\n"
			    "policy: {controls: {COL-10: {max_age_days: 9}, COL-01: off},\n"
			    "  exceptions: [{control: VAL-01, artifact: m, reason: r, expires: 2027-03-01}]}\n";

static void
damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA         a;
	PAL_AUTO_BUF           said = pal_buf_of(0);
	struct pal_yaml_faults f = { 0 };
	struct pal_pipeline   *p = NULL;
	struct pal_diag        d = { 0 };
	enum pal_err           e = PAL_OK;
	size_t                *refused = arg;

	pal_arena_init(&a, (size_t)4 << 20);
	e = pal_pipeline_parse("p.yaml", v, &a, &p, &f, &d);
	if (e == PAL_OK)
		return;
	(*refused)++;
	pal_yaml_faults_write(&f, &said);
	if (e != PAL_ECONFIG || p != NULL || strncmp(d.text, "p.yaml:", 7) != 0 || f.list.count == 0 ||
	    strncmp(d.text, pal_buf_text(&said), strlen(d.text)) != 0)
		(void)CHECK_SAY(0, d.text);
}

int
main(void)
{
	PAL_AUTO_ARENA       a;
	struct pal_pipeline *p = NULL;
	struct pal_diag      d = { 0 };
	size_t               refused = 0;

	pal_arena_init(&a, (size_t)4 << 20);
	if (CHECK_SAY(sample_parse(sample_yaml, &a, &p, NULL, &d) == PAL_OK, d.text)) {
		test_people(p);
		test_dataset(p);
		test_steps(p);
		test_rest(p);
	}
	CHECK(sample_parse(small, &a, &p, NULL, &d) == PAL_OK);
	test_order();
	test_paths();
	test_files();
	test_validation_code();
	pal_mutate_all(pal_view_of(small), damaged, &refused);
	CHECK(refused > 1000);
	return check_done();
}
