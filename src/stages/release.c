/* release.c - the controls over what is handed out: signed, without code, under a name that nobody else has. */
#include <string.h>

#include "controls.h"
#include "palisade/nearest.h"
#include "palisade/utf8.h"

#define POLICY(c) (&(c)->o.pipeline->policy)

static const struct pal_model_decl *
model(const struct pal_check *c, const struct pal_fact *f)
{
	return pal_model_at(c->o.pipeline, f->decl->decl);
}

/* `trusted: signers:` is what policy allows, whoever the model itself names; an empty list leaves it to the model. */
static bool
is_allowed(const struct pal_check *c, const char *signer)
{
	const struct pal_texts *allowed = &POLICY(c)->trusted.signers;

	for (size_t i = 0; i < allowed->count; i++)
		if (strcmp(allowed->items[i], signer) == 0)
			return true;
	return allowed->count == 0;
}

struct pal_answer
release_signed(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_signature_decl *s = &model(c, f)->signature;
	const char                      *signer = NULL;
	struct pal_diag                  d = { 0 };

	if (s->mark.line == 0)
		return pal_refuse(
		    c, NULL, "it is not signed; palisade sign %s --as SIGNER, and name the file under `signature:`",
		    f->decl->path);
	if (pal_signature_check(c, f, s, &signer, &d) != PAL_OK)
		return pal_refuse(c, NULL, "%s: %s", s->file, d.text);
	if (!is_allowed(c, signer))
		return pal_refuse(c, NULL, "signed by %s, who is not among `trusted: signers:` of the policy", signer);
	return pal_pass(c, NULL, "signed by %s; the signature covers all %llu files", signer,
			(unsigned long long)f->manifest.files);
}

struct pal_answer
release_code(struct pal_check *c, const struct pal_fact *f)
{
	enum pal_severity limit = PAL_HIGH;
	const char       *id = f->scan_evidence == NULL ? NULL : f->scan_evidence->id;

	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "it has not been examined");
	(void)pal_severity_of(pal_view_of(pal_policy_text(POLICY(c), "REL-02", "fail_on")), &limit);
	for (size_t i = 0; i < f->finding_count; i++) { /* the worst stands first */
		const struct pal_finding *bad = &f->findings[i];

		if (bad->severity >= limit)
			return pal_refuse(c, id, "%s (%s) in %s at byte %llu: %s", bad->rule->title, bad->rule->id,
					  bad->place.path == NULL ? "it" : bad->place.path,
					  (unsigned long long)bad->place.offset, bad->text);
	}
	if (f->scan.files_incomplete > 0 && strcmp(pal_policy_text(POLICY(c), "REL-02", "unknown"), "fail") == 0)
		return pal_refuse(c, id, "%llu of %llu files could not be examined in full; unknown is not clean",
				  (unsigned long long)f->scan.files_incomplete, (unsigned long long)f->scan.files);
	return pal_pass(c, id, "%llu files examined, nothing at or above %s", (unsigned long long)f->scan.files,
			pal_severity_name(limit));
}

static bool
is_of_weights(const struct pal_rule *r)
{
	return pal_view_starts(pal_view_of(r->id), "WEIGHTS-");
}

/* The difference to one declared base; a pass names what was seen, anything else why it is none. */
static struct pal_answer
compared(struct pal_check *c, const struct pal_fact *f, const struct pal_base_decl *b, enum pal_severity limit)
{
	const char        *digest = pal_descent_digest(c, b);
	struct pal_descent one = { 0 };

	if (b->path == NULL)
		return pal_unknown(c, "base %s has no `path:`, so the model was not compared with it", b->name);
	if (digest == NULL)
		return pal_unknown(c, "base %s cannot be read at %s, so the model was not compared with it", b->name,
				   b->path);
	if (b->digest != NULL && strcmp(b->digest + strlen("sha256:"), digest) != 0)
		return pal_refuse(c, NULL, "base %s at %s is sha256:%.12s, declared is %.19s", b->name, b->path, digest,
				  b->digest);
	if (!pal_descent_of(c, f, digest, &one))
		return pal_unknown(c, "it was not compared with its base %s: %s", b->name,
				   f->descent == NULL ? "there is no record of it; run: palisade check" : f->descent);
	if (one.worst >= limit)
		return pal_refuse(c, one.evidence->id, "compared with its base %s (%s): %s", b->name, one.rule,
				  one.text);
	return pal_pass(c, one.evidence->id, "compared with its base %s: %s", b->name, one.summary);
}

struct pal_answer
release_weights(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_model_decl *m = model(c, f);
	enum pal_severity            limit = PAL_HIGH;
	bool                         accepts = strcmp(pal_policy_text(POLICY(c), "REL-03", "unknown"), "accept") == 0;
	const char                  *id = f->scan_evidence == NULL ? NULL : f->scan_evidence->id;
	struct pal_answer            answer = { 0 };

	if (f->scan_evidence == NULL)
		return pal_refuse(c, NULL, "it has not been examined");
	(void)pal_severity_of(pal_view_of(pal_policy_text(POLICY(c), "REL-03", "fail_on")), &limit);
	for (size_t i = 0; i < f->finding_count; i++) { /* the worst stands first */
		const struct pal_finding *bad = &f->findings[i];

		if (bad->severity >= limit && is_of_weights(bad->rule))
			return pal_refuse(c, id, "%s (%s) in %s, tensor %s: %s", bad->rule->title, bad->rule->id,
					  bad->place.path == NULL ? "it" : bad->place.path,
					  bad->place.field == NULL ? "without a name" : bad->place.field, bad->text);
	}
	answer = pal_pass(c, id, "its numbers were tested, nothing at or above %s; it declares no base",
			  pal_severity_name(limit));
	for (size_t i = 0; i < m->base.count; i++) {
		answer = compared(c, f, pal_base_at(m, i), limit);
		if (answer.verdict == PAL_FAIL || (answer.verdict != PAL_PASS && !accepts))
			return answer;
	}
	if (f->scan.files_incomplete > 0 && !accepts)
		return pal_unknown(
		    c, "%llu of %llu files could not be examined in full, so numbers in them may be untested",
		    (unsigned long long)f->scan.files_incomplete, (unsigned long long)f->scan.files);
	return answer.verdict == PAL_PASS
		   ? answer
		   : pal_pass(c, id, "its numbers were tested, nothing at or above %s; not compared: %s",
			      pal_severity_name(limit), answer.reason);
}

/* Letters that are easily taken for others become one of them; everything else of a name stays. */
static char
skeleton(uint8_t ch)
{
	static const char from[] = "01358|!", to[] = "olese"
						     "ll";
	const char       *hit = ch == '\0' ? NULL : strchr(from, ch);

	if (hit != NULL)
		return to[hit - from];
	return (char)pal_to_lower(ch);
}

static bool
is_separator(char ch)
{
	return ch == '-' || ch == '_' || ch == '.';
}

/* Would a hurried reader take one name for the other? Separators and look-alike characters do not tell them apart. */
static bool
is_twin(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0') {
		if (is_separator(*a)) {
			a++;
		} else if (is_separator(*b)) {
			b++;
		} else if (a[0] == 'r' && a[1] == 'n' && b[0] == 'm') {
			a += 2;
			b++;
		} else if (b[0] == 'r' && b[1] == 'n' && a[0] == 'm') {
			b += 2;
			a++;
		} else {
			char x = skeleton((uint8_t)*a), y = skeleton((uint8_t)*b);

			if (x == 'i')
				x = 'l';
			if (y == 'i')
				y = 'l';
			if (*a == '\0' || *b == '\0' || x != y)
				return false;
			a++;
			b++;
		}
	}
	return true;
}

/* "risk" in the URI of a decision at the gate of release; an empty view: it is no such decision. */
static struct pal_view
released_name(struct pal_check *c, const struct pal_evidence *e, struct pal_vsa *ret)
{
	const char *gate = pal_decision_uri(c, PAL_RELEASE, "");

	if (gate == NULL || strcmp(e->statement.type, PAL_TYPE_VSA) != 0 ||
	    pal_vsa_of(&e->statement, c->arena, ret, NULL) != PAL_OK ||
	    !pal_view_starts(pal_view_of(ret->resource_uri), gate))
		return (struct pal_view){ 0 };
	return pal_view_of(ret->resource_uri + strlen(gate));
}

/* A model of another name that could be taken for this one: declared now, or ever seen at this gate by the ledger. */
static const char *
twin_of(struct pal_check *c, const char *name)
{
	for (size_t i = 0; i < c->o.pipeline->models.count; i++) {
		const char *other = pal_model_at(c->o.pipeline, i)->name;

		if (strcmp(other, name) != 0 && is_twin(other, name))
			return other;
	}
	for (size_t i = 0; i < c->history.count; i++) {
		struct pal_vsa  v = { 0 };
		struct pal_view other = released_name(c, pal_list_at(&c->history, i), &v);
		const char     *text = other.len == 0 ? NULL : pal_arena_text(c->arena, other);

		if (text != NULL && strcmp(text, name) != 0 && is_twin(text, name))
			return text;
	}
	return NULL;
}

/* A decision that this name and version may be released with other bytes; the store is not asked, it may have been
 * edited or lost. */
static const struct pal_evidence *
released_as_other(struct pal_check *c, const struct pal_fact *f)
{
	const char *versioned = pal_stage_versioned(c, f->decl);

	for (size_t i = 0; versioned != NULL && i < c->history.count; i++) {
		const struct pal_evidence *e = pal_list_at(&c->history, i);
		struct pal_vsa             v = { 0 };

		if (!pal_view_is(released_name(c, e, &v), f->decl->name) || !v.passed)
			continue;
		for (size_t k = 0; k < e->statement.subject_count; k++) {
			const struct pal_resource *s = &e->statement.subjects[k];

			if (s->name != NULL && s->digest != NULL && strcmp(s->name, versioned) == 0 &&
			    strcmp(s->digest, f->digest) != 0)
				return e;
		}
	}
	return NULL;
}

struct pal_answer
release_name(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_evidence *other = NULL;
	const char                *twin = NULL;

	if (!pal_policy_name_fits(POLICY(c), f->decl->name))
		return pal_refuse(c, NULL, "the name \"%s\" does not follow the convention %s", f->decl->name,
				  POLICY(c)->naming);
	twin = twin_of(c, f->decl->name);
	if (twin != NULL)
		return pal_refuse(c, NULL, "\"%s\" can be taken for \"%s\", which is known here; choose another name",
				  f->decl->name, twin);
	other = released_as_other(c, f);
	if (other != NULL)
		return pal_refuse(c, other->id,
				  "%s %s was released with other bytes (sha256:%.12s); give the new ones a new "
				  "version",
				  f->decl->name, f->decl->version, other->statement.subjects[0].digest);
	return pal_pass(c, NULL, "%s %s follows the convention, has no twin, and never had other bytes", f->decl->name,
			f->decl->version);
}

static bool
is_trusted(const struct pal_check *c, const char *digest)
{
	const struct pal_trusted *t = &POLICY(c)->trusted;

	for (size_t i = 0; digest != NULL && i < t->bases.count; i++)
		if (strcmp(((const struct pal_trusted_base *)t->bases.items)[i].digest, digest) == 0)
			return true;
	return false;
}

/* No step makes it: it is a pre-trained part as a whole, so it is on the list itself or a listed signer signed it. */
static struct pal_answer
trusted_whole(struct pal_check *c, const struct pal_fact *f)
{
	struct pal_answer signature = { 0 };

	if (is_trusted(c, pal_arena_printf(c->arena, "sha256:%s", f->digest)))
		return pal_pass(c, NULL, "it is on the list of trusted parts itself, by digest");
	if (POLICY(c)->trusted.signers.count > 0) {
		signature = release_signed(c, f);
		if (signature.verdict == PAL_PASS)
			return signature;
	}
	return pal_refuse(
	    c, NULL,
	    "no step makes it, so it is pre-trained: name sha256:%s under `trusted: bases:`, or its signer "
	    "under `trusted: signers:`",
	    f->digest);
}

struct pal_answer
release_bases(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_model_decl *m = model(c, f);

	for (size_t i = 0; i < m->base.count; i++) {
		const struct pal_base_decl *b = pal_base_at(m, i);

		if (b->digest == NULL)
			return pal_refuse(c, NULL, "base %s is not named by digest; add `digest: sha256:...`", b->name);
		if (!is_trusted(c, b->digest))
			return pal_refuse(c, NULL, "base %s (%.19s...) is not among `trusted: bases:` of the policy",
					  b->name, b->digest);
	}
	if (f->decl->made_by == PAL_NONE)
		return trusted_whole(c, f);
	if (m->base.count == 0)
		return pal_pass(c, NULL, "it declares no pre-trained parts");
	return pal_pass(c, NULL, "all %zu pre-trained parts are on the list of trusted ones, by digest", m->base.count);
}

static bool
is_moving(const char *version)
{
	static const char *const moving[] = { "latest", "main", "master", "head", "current", "stable", "*" };

	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++)
		if (pal_view_is_nocase(pal_view_of(version), moving[i]))
			return true;
	return false;
}

struct pal_answer
release_pinned(struct pal_check *c, const struct pal_fact *f)
{
	const struct pal_deployment_decl *dep = pal_deployment_at(c->o.pipeline, f->decl->decl);

	if (dep->digest != NULL)
		return pal_pass(c, NULL, "it names sha256:%.12s", dep->digest + strlen("sha256:"));
	if (dep->model_version == NULL)
		return pal_refuse(c, NULL, "it names %s without a version; write %s@VERSION or add `digest:`",
				  dep->model, dep->model);
	if (is_moving(dep->model_version))
		return pal_refuse(c, NULL, "%s is a name that moves; pin a version or a digest", dep->model_version);
	return pal_pass(c, NULL, "it names %s, whose content may not change (REL-08)", dep->model);
}
