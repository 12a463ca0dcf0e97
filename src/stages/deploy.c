/* deploy.c - the last gate before something runs: proof for exactly these bytes. */
#include <string.h>

#include "controls.h"

/* The first gate before this one that is closed to the model now, whatever was once decided. */
static const struct pal_report_row *
closed_before(const struct pal_check *c, const char *name, enum pal_stage *ret_stage)
{
	for (unsigned int s = PAL_TRAIN; s < PAL_DEPLOY; s++) {
		const struct pal_report_row *row = pal_check_closed(c, (enum pal_stage)s, name);

		*ret_stage = (enum pal_stage)s;
		if (row != NULL)
			return row;
	}
	return NULL;
}

struct pal_answer
deploy_proven(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_fact       *model = pal_fact_of(c, f->decl->of);
	const struct pal_evidence   *release = NULL;
	const struct pal_report_row *row = NULL;
	struct pal_answer            signature = { 0 };
	enum pal_stage               stage = PAL_RELEASE;

	if (model == NULL || model->digest == NULL)
		return pal_refuse(c, NULL, "the model that it serves cannot be read");
	if (strcmp(model->digest, f->digest) != 0)
		return pal_refuse(c, NULL, "it is pinned to sha256:%.12s, but %s is now sha256:%.12s", f->digest,
				  model->decl->name, model->digest);
	if (model->taint != NULL)
		return pal_refuse(c, NULL, "%s", model->taint);
	signature = release_signed(c, model);
	if (signature.verdict != PAL_PASS)
		return pal_refuse(c, NULL, "no signature, no deploy: %s", signature.reason);
	row = closed_before(c, model->decl->name, &stage);
	if (row != NULL)
		return pal_refuse(c, row->evidence, "the gate of %s is closed to %s: %s: %s", pal_stage_names[stage],
				  model->decl->name, row->control, row->reason);
	if (!pal_check_passed(c, PAL_RELEASE, model->decl->name))
		return pal_refuse(c, NULL, "%s has not passed the gate of release", model->decl->name);
	release = pal_decided(c, PAL_RELEASE, model, PAL_LAST);
	return pal_pass(c, release == NULL ? NULL : release->id,
			"signature, every gate up to release, and lineage hold for sha256:%.12s", f->digest);
}
