/* collect.c - the controls at the first gate: may this data come in? */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "controls.h"
#include "palisade/walk.h"

#define POLICY(c) (&(c)->o.pipeline->policy)
#define DAY_MS    (UINT64_C(24) * 3600 * 1000)
#define SKEW_MS   (UINT64_C(24) * 3600 * 1000) /* a long scan ends after the check began */

static const struct pal_dataset_decl *
dataset(const struct pal_check *c, const struct pal_fact *f)
{
	return pal_dataset_at(c->o.pipeline, f->decl->decl);
}

static const char *
scan_id(const struct pal_fact *f)
{
	return f->scan_evidence == NULL ? NULL : f->scan_evidence->id;
}

static const char *
label_text(struct pal_check *c, struct pal_label label)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_label_add_text(&b, label);
	return pal_arena_text(c->arena, pal_buf_view(&b));
}

struct pal_answer
collect_label(struct pal_check *c, const struct pal_fact *f)
{
	bool fail_unknown = strcmp(pal_policy_text(POLICY(c), "COL-01", "unknown"), "fail") == 0;

	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "it has not been examined");
	if (f->scan.files_incomplete > 0 && fail_unknown)
		return pal_refuse(c, scan_id(f), "%llu of %llu files could not be examined in full; see the findings",
				  (unsigned long long)f->scan.files_incomplete, (unsigned long long)f->scan.files);
	if (!dataset(c, f)->labelled)
		return pal_pass(c, scan_id(f), "examined; labelled %s by what was found", label_text(c, f->label));
	if (f->found.sensitivity > f->declared.sensitivity)
		return pal_refuse(c, scan_id(f), "declared %s, but its content demands %s; raise the label or clean it",
				  label_text(c, f->declared), f->label_reason);
	return pal_pass(c, scan_id(f), "labelled %s; its content demands %s", label_text(c, f->declared),
			label_text(c, f->found));
}

/* The first finding of a class that the policy forbids. */
static const struct pal_finding *
forbidden(struct pal_check *c, const struct pal_fact *f)
{
	struct pal_texts    forbid = pal_policy_list(POLICY(c), "COL-02", "forbid");
	const char         *least = pal_policy_text(POLICY(c), "COL-02", "min_confidence");
	enum pal_confidence floor = PAL_CONFIDENCE_LOW;

	while (floor < PAL_CONFIDENCE_HIGH && strcmp(pal_confidence_name(floor), least) != 0)
		floor = (enum pal_confidence)(floor + 1);
	for (size_t i = 0; i < f->finding_count; i++)
		for (size_t k = 0; k < forbid.count; k++)
			if (f->findings[i].confidence >= floor &&
			    strcmp(pal_data_class_name(f->findings[i].rule->data_class), forbid.items[k]) == 0)
				return &f->findings[i];
	return NULL;
}

struct pal_answer
collect_loss(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_finding *bad = NULL;

	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "it has not been examined");
	bad = forbidden(c, f);
	if (bad == NULL)
		return pal_pass(c, scan_id(f), "no class of data that policy forbids was found in %llu rows",
				(unsigned long long)f->scan.rows);
	return pal_refuse(c, scan_id(f), "%s (%s) in %s%s%s: %s; remove it or change the policy", bad->rule->title,
			  pal_data_class_name(bad->rule->data_class), bad->place.path == NULL ? "it" : bad->place.path,
			  bad->place.field == NULL ? "" : ", column ", bad->place.field == NULL ? "" : bad->place.field,
			  bad->text);
}

/* The supplier's signature, when one is declared. */
static struct pal_answer
supplier_signed(struct pal_check *c, const struct pal_fact *f, const struct pal_signature_decl *s)
{
	const char     *signer = NULL;
	struct pal_diag d = { 0 };

	if (pal_signature_check(c, f, s, &signer, &d) != PAL_OK)
		return pal_refuse(c, scan_id(f), "the supplier's signature %s does not hold: %s", s->file, d.text);
	return pal_pass(c, scan_id(f), "signed by %s; all %llu files match", signer,
			(unsigned long long)f->manifest.files);
}

struct pal_answer
collect_signed(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_dataset_decl *ds = dataset(c, f);

	if (ds->signature.mark.line != 0)
		return supplier_signed(c, f, &ds->signature);
	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "there is no signed record of these bytes");
	if (!pal_workspace_trusts(c->o.workspace, f->scan_evidence->signer))
		return pal_refuse(c, scan_id(f), "its record is signed by key %.12s, which is not trusted",
				  f->scan_evidence->signer);
	if (!pal_inspect_covers(c, f))
		return pal_refuse(c, scan_id(f),
				  "the signed record does not cover every file as it is now; run: palisade check "
				  "--no-cache");
	return pal_pass(c, scan_id(f), "all %llu files, sha256:%.12s, in a manifest signed by key %.12s",
			(unsigned long long)f->manifest.files, f->digest, f->scan_evidence->signer);
}

static bool
is_given(const struct pal_source_decl *s, const char *field)
{
	if (strcmp(field, "when") == 0)
		return s->when_ms != 0;
	return (strcmp(field, "who") == 0 && s->who != NULL) || (strcmp(field, "where") == 0 && s->where != NULL) ||
	       (strcmp(field, "licence") == 0 && s->licence != NULL) ||
	       (strcmp(field, "submitted_by") == 0 && s->submitted_by != NULL);
}

struct pal_answer
collect_origin(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_source_decl *s = &dataset(c, f)->source;
	struct pal_texts              required = pal_policy_list(POLICY(c), "COL-04", "required");
	struct pal_texts              licences = pal_policy_list(POLICY(c), "COL-04", "licences");
	bool                          allowed = licences.count == 0;

	if (s->mark.line == 0)
		return pal_refuse(c, NULL, "palisade.yaml line %u says nothing of where it comes from; add `source:`",
				  dataset(c, f)->mark.line);
	for (size_t i = 0; i < required.count; i++)
		if (!is_given(s, required.items[i]))
			return pal_refuse(c, NULL, "its source (palisade.yaml line %u) lacks `%s`", s->mark.line,
					  required.items[i]);
	for (size_t i = 0; i < licences.count && s->licence != NULL; i++)
		allowed = allowed || strcmp(licences.items[i], s->licence) == 0;
	if (!allowed)
		return pal_refuse(c, NULL, "its licence %s is not among those that policy allows",
				  s->licence == NULL ? "(none)" : s->licence);
	return pal_pass(c, scan_id(f), "%s: %s%s%s%s%s", pal_source_kind_name(s->kind), s->who == NULL ? "" : s->who,
			s->where == NULL ? "" : ", ", s->where == NULL ? "" : s->where, s->licence == NULL ? "" : ", ",
			s->licence == NULL ? "" : s->licence);
}

struct pal_answer
collect_approved(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_source_decl *s = &dataset(c, f)->source;
	struct pal_texts              roles = POLICY(c)->roles.may[PAL_ACT_ADMIT];
	const char                   *two = pal_policy_text(POLICY(c), "COL-05", "two_from");
	enum pal_sensitivity          floor = PAL_CONFIDENTIAL;
	bool                          strict = false;
	struct pal_approval_rule      rule = { .subject = f->digest,
					       .purpose = "COL-05",
					       .roles = roles.items,
					       .role_count = roles.count,
					       .submitter = s->submitted_by,
					       .people = c->people,
					       .person_count = c->o.pipeline->people.count,
					       .now_ms = c->now_ms };
	struct pal_approval_verdict   v = { 0 };
	struct pal_diag               d = { 0 };

	if (s->submitted_by == NULL)
		return pal_refuse(
		    c, NULL,
		    "its source does not say who submitted it, so nobody can tell whether they approved it "
		    "themselves; add `submitted_by:`");
	(void)pal_sensitivity_of(pal_view_of(two), &floor);
	strict = s->mark.line == 0 || s->kind != PAL_SOURCE_INTERNAL || f->label.sensitivity >= floor;
	rule.need = (unsigned int)pal_policy_int(POLICY(c), "COL-05", strict ? "approvals_sensitive" : "approvals");
	if (pal_approval_check(c->o.workspace, &rule, c->arena, &v, &d) != PAL_OK)
		return pal_refuse(c, NULL, "its approvals cannot be read: %s", d.text);
	if (v.enough)
		return pal_pass(c, v.all.count > 0 ? ((struct pal_approval_one *)v.all.items)[0].evidence : NULL, "%s",
				v.text);
	return pal_refuse(c, NULL, "%s; approve with: palisade approve %s --as NAME --reason TEXT", v.text,
			  f->decl->name);
}

/* Was it read by a step before it was admitted? */
static const struct pal_evidence *
used_too_early(struct pal_check *c, const struct pal_fact *f)
{
	for (size_t i = 0; i < c->history.count; i++) {
		const struct pal_evidence *e = pal_list_at(&c->history, i);
		struct pal_provenance      p = { 0 };

		if (strcmp(e->statement.type, PAL_TYPE_PROVENANCE) != 0 ||
		    pal_provenance_of(&e->statement, c->arena, &p, NULL) != PAL_OK)
			continue;
		for (size_t k = 0; k < p.input_count; k++)
			if (p.inputs[k].digest != NULL && strcmp(p.inputs[k].digest, f->digest) == 0 &&
			    pal_decided(c, PAL_COLLECT, f, (struct pal_moment){ e->index, p.started_ms }) == NULL)
				return e;
	}
	return NULL;
}

/* What the worker could not apply stands behind "without". */
static bool
was_confined(const char *sandbox)
{
	const char *with = strstr(sandbox, "seccomp"), *without = strstr(sandbox, "without");

	return with != NULL && (without == NULL || with < without);
}

struct pal_answer
collect_quarantined(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_dataset_decl *ds = dataset(c, f);
	const struct pal_evidence     *early = NULL;

	if (ds->source.mark.line != 0 && ds->source.kind == PAL_SOURCE_INTERNAL)
		return pal_pass(c, NULL, "it is internal");
	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "external data that has not been examined");
	if (pal_policy_bool(POLICY(c), "COL-06", "sandbox") && !was_confined(f->scan.sandbox))
		return pal_refuse(c, scan_id(f), "it was examined by a worker that was not confined (%s)",
				  f->scan.sandbox);
	early = used_too_early(c, f);
	if (early != NULL)
		return pal_refuse(c, early->id, "a step read it before it was admitted");
	return pal_pass(c, scan_id(f), "examined in a confined worker, and no step read it before its admission");
}

struct pal_answer
collect_secrets(struct pal_check *c, const struct pal_fact *f)
{
	const char *least = pal_policy_text(POLICY(c), "COL-08", "min_confidence");
	bool        counts = false;

	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "it has not been examined");
	for (size_t i = 0; i < f->finding_count; i++) {
		const struct pal_finding *bad = &f->findings[i];

		counts = strcmp(least, "low") == 0 || bad->confidence == PAL_CONFIDENCE_HIGH ||
			 (strcmp(least, "medium") == 0 && bad->confidence == PAL_CONFIDENCE_MEDIUM);
		if (bad->rule->data_class == PAL_CLASS_SECRET && counts)
			return pal_refuse(c, scan_id(f), "%s in %s at byte %llu: %s; remove and revoke it",
					  bad->rule->title, bad->place.path == NULL ? "it" : bad->place.path,
					  (unsigned long long)bad->place.offset, bad->text);
	}
	return pal_pass(c, scan_id(f), "no credential, key or token was found in %llu bytes",
			(unsigned long long)f->scan.bytes);
}

struct pal_answer
collect_fresh(struct pal_check *c, const struct pal_fact *f)
{
	uint64_t most = (uint64_t)pal_policy_int(POLICY(c), "COL-10", "max_age_days");
	uint64_t days = 0;

	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "it has not been examined");
	days = c->now_ms > f->scan.finished_ms ? (c->now_ms - f->scan.finished_ms) / DAY_MS : 0;
	if (f->scan.finished_ms > c->now_ms + SKEW_MS)
		return pal_refuse(c, scan_id(f),
				  "its examination is dated in the future; run: palisade check --no-cache");
	if (days > most)
		return pal_refuse(c, scan_id(f),
				  "it was last examined %llu days ago, at most %llu are allowed; run: "
				  "palisade check --no-cache",
				  (unsigned long long)days, (unsigned long long)most);
	if (pal_policy_bool(POLICY(c), "COL-10", "current_rules") &&
	    strcmp(f->scan.rules, pal_scan_version(c->scanner)) != 0)
		return pal_refuse(c, scan_id(f), "it was examined with other rules; run: palisade check --no-cache");
	return pal_pass(c, scan_id(f), "examined %llu days ago with the current rules", (unsigned long long)days);
}

/* Is this file one of the declared artifacts, or inside one? */
static bool
is_declared(const struct pal_check *c, const char *path)
{
	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++) {
		const char *known = c->o.pipeline->artifacts[i].path;
		size_t      n = known == NULL ? 0 : strlen(known);

		if (n > 0 && strncmp(path, known, n) == 0 && (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	for (size_t i = 0; i < c->o.pipeline->datasets.count; i++) {
		const struct pal_signature_decl *s = &pal_dataset_at(c->o.pipeline, i)->signature;

		if (s->mark.line != 0 && strcmp(s->file, path) == 0)
			return true;
	}
	return false;
}

static bool
is_ignored(const struct pal_check *c, const char *path)
{
	struct pal_texts ignore = pal_policy_list(POLICY(c), "COL-12", "ignore");
	const char      *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;

	for (size_t i = 0; i < ignore.count; i++)
		if (fnmatch(ignore.items[i], name, 0) == 0)
			return true;
	return false;
}

struct pal_answer
collect_shadow(struct pal_check *c, const struct pal_fact *f)
{
	struct pal_texts roots = c->o.pipeline->data_roots;
	uint64_t         seen = 0;

	(void)f;
	if (roots.count == 0)
		return pal_unknown(c, "palisade.yaml declares no `data_roots:`, so there is nowhere to look");
	for (size_t i = 0; i < roots.count; i++) {
		struct pal_list files = pal_list_of(c->arena, sizeof(struct pal_entry));
		struct pal_diag d = { 0 };

		if (pal_walk(pal_pipeline_path(c->o.pipeline, roots.items[i], c->arena), (size_t)1 << 22, &files, &d) !=
		    PAL_OK)
			return pal_refuse(c, NULL, "data root %s: %s", roots.items[i], d.text);
		for (size_t k = 0; k < files.count; k++, seen++) {
			const struct pal_entry *e = pal_list_at(&files, k);
			const char             *path = pal_arena_printf(c->arena, "%s/%s", roots.items[i], e->path);

			if (path != NULL && !is_declared(c, path) && !is_ignored(c, path))
				return pal_refuse(c, NULL,
						  "%s is in a data root and no artifact declares it; declare or "
						  "remove it",
						  path);
		}
	}
	return pal_pass(c, NULL, "all %llu files below the data roots are declared", (unsigned long long)seen);
}
