/* pipeline_files.c - is what the file names there? Asked of the disk just before work; nothing is opened here. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/pipeline.h"

enum want { WANT_ANY, WANT_FILE, WANT_FOLDER };

struct look {
	const struct pal_pipeline *p;
	struct pal_yaml_faults    *f;
	struct pal_arena          *a;
};

static bool
is_there(const struct look *l, const char *path)
{
	const char *full = pal_pipeline_path(l->p, path, l->a);
	struct stat st;

	return full != NULL && stat(full, &st) == 0;
}

static void
need(const struct look *l, const char *key, const char *path, struct pal_mark mark, enum want want)
{
	const char *full = path == NULL ? NULL : pal_pipeline_path(l->p, path, l->a);
	struct stat st;
	int         fault = 0;

	if (full == NULL)
		return;
	if (stat(full, &st) != 0)
		fault = errno;
	if (fault == ENOENT)
		pal_yaml_fault(l->f, mark, "%s: %s is not there; make it, or correct the path", key, full);
	else if (fault != 0)
		pal_yaml_fault(l->f, mark, "%s: %s cannot be reached: %s", key, full, strerror(fault));
	else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		pal_yaml_fault(l->f, mark, "%s: %s is neither a file nor a folder", key, full);
	else if (want == WANT_FILE && !S_ISREG(st.st_mode))
		pal_yaml_fault(l->f, mark, "%s: %s is a folder, expected a file", key, full);
	else if (want == WANT_FOLDER && !S_ISDIR(st.st_mode))
		pal_yaml_fault(l->f, mark, "%s: %s is a file, expected a folder", key, full);
	else if (access(full, R_OK) != 0)
		pal_yaml_fault(l->f, mark, "%s: %s may not be read: %s", key, full, strerror(errno));
}

static void
look_at_artifacts(const struct look *l, bool outputs)
{
	for (size_t i = 0; i < l->p->artifact_count; i++) {
		const struct pal_artifact_decl *a = &l->p->artifacts[i];
		bool                            made =
		    a->made_by != PAL_NONE || a->kind == PAL_ARTIFACT_OUTPUT || a->kind == PAL_ARTIFACT_VALIDATION;
		const struct pal_dataset_decl *data =
		    a->kind == PAL_ARTIFACT_DATASET ? pal_dataset_at(l->p, a->decl) : NULL;

		if (made && !outputs)
			continue;
		if (data != NULL && data->quarantine != NULL && is_there(l, data->quarantine))
			continue;
		need(l, a->kind == PAL_ARTIFACT_VALIDATION ? "predictions" : "path", a->path, a->path_mark,
		     a->kind == PAL_ARTIFACT_DEPENDENCY || a->kind == PAL_ARTIFACT_VALIDATION ? WANT_FILE : WANT_ANY);
	}
}

static void
look_at_signatures(const struct look *l, bool outputs)
{
	for (size_t i = 0; i < l->p->datasets.count; i++)
		need(l, "file", pal_dataset_at(l->p, i)->signature.file, pal_dataset_at(l->p, i)->signature.file_mark,
		     WANT_FILE);
	for (size_t i = 0; i < l->p->models.count && outputs; i++)
		need(l, "file", pal_model_at(l->p, i)->signature.file, pal_model_at(l->p, i)->signature.file_mark,
		     WANT_FILE);
}

static void
look_at_bases(const struct look *l)
{
	for (size_t i = 0; i < l->p->models.count; i++) {
		const struct pal_model_decl *m = pal_model_at(l->p, i);

		for (size_t k = 0; k < m->base.count; k++)
			need(l, "path", pal_base_at(m, k)->path, pal_base_at(m, k)->path_mark, WANT_ANY);
	}
}

enum pal_err
pal_pipeline_check_files(const struct pal_pipeline *p, bool outputs, struct pal_arena *a,
			 struct pal_yaml_faults *faults, struct pal_diag *d)
{
	struct pal_yaml_faults own = pal_yaml_faults_of(a, p->file), *f = faults != NULL ? faults : &own;
	struct look            l = { p, f, a };

	*f = own;
	look_at_artifacts(&l, outputs);
	look_at_signatures(&l, outputs);
	look_at_bases(&l);
	for (size_t i = 0; i < p->step_count; i++)
		for (size_t c = 0; c < p->steps[i].code.count; c++)
			need(&l, "code", p->steps[i].code.items[c], p->steps[i].code.marks[c], WANT_ANY);
	for (size_t i = 0; i < p->validation.count; i++)
		for (size_t c = 0; c < pal_validation_at(p, i)->code.count; c++)
			need(&l, "code", pal_validation_at(p, i)->code.items[c], pal_validation_at(p, i)->code.marks[c],
			     WANT_ANY);
	for (size_t i = 0; i < p->people.count; i++)
		need(&l, "key", pal_person_at(p, i)->key.path, pal_person_at(p, i)->key.mark, WANT_FILE);
	for (size_t i = 0; i < p->signers.count; i++)
		need(&l, "key", pal_signer_at(p, i)->key.path, pal_signer_at(p, i)->key.mark, WANT_FILE);
	for (size_t i = 0; i < p->data_roots.count; i++)
		need(&l, "data_roots", p->data_roots.items[i], p->data_roots.marks[i], WANT_FOLDER);
	return pal_yaml_result(f, d);
}
