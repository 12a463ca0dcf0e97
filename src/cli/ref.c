/* ref.c - from what a user typed to exactly one digest, or a message that says what else it could be. */
#include "ref.h"

#include <string.h>

#include "palisade/cache.h"
#include "palisade/exception.h"
#include "palisade/lineage.h"
#include "palisade/manifest.h"
#include "palisade/pipeline.h"
#include "palisade/utf8.h"

#define PREFIX_LEAST 8

static enum pal_err
find(struct pal_workspace *ws, const struct pal_store_which *which, struct pal_arena *a, struct pal_list *ret,
     struct pal_diag *d)
{
	struct pal_store *s = pal_workspace_store(ws);

	*ret = pal_list_of(a, sizeof(struct pal_store_artifact));
	return s->ops->artifact_find(s, which, ret, d);
}

static struct cli_ref
of_artifact(const struct pal_store_artifact *one)
{
	return (struct cli_ref){ .digest = one->digest,
				 .name = one->name,
				 .version = one->version[0] == '\0' ? NULL : one->version,
				 .kind = one->kind[0] == '\0' ? NULL : one->kind };
}

/* One more artifact that fits a prefix; a second digest is one too many. */
static enum pal_err
fits(struct cli_ref *ref, const struct cli_ref *one, const char *text, struct pal_diag *d)
{
	if (ref->digest != NULL && strcmp(ref->digest, one->digest) != 0)
		return pal_fail(d, PAL_EUSAGE, 0, "%.80s fits more than one artifact: sha256:%.16s and sha256:%.16s",
				text, ref->digest, one->digest);
	if (ref->name == NULL)
		*ref = *one;
	return PAL_OK;
}

static enum pal_err
by_prefix(struct pal_workspace *ws, const char *text, const char *hex, struct pal_arena *a, struct cli_ref *ref,
	  struct pal_diag *d)
{
	struct pal_list    found;
	struct pal_lineage l = pal_lineage_of(a);

	PAL_TRY(find(ws, &(struct pal_store_which){ .digest = hex }, a, &found, d));
	for (size_t i = 0; i < found.count; i++) {
		struct cli_ref one = of_artifact(pal_list_at(&found, i));

		PAL_TRY(fits(ref, &one, text, d));
	}
	PAL_TRY(pal_lineage_load(ws, &l, d));
	for (size_t i = 0; i < l.nodes.count; i++) {
		const struct pal_lineage_node *n = pal_lineage_at(&l, i);
		struct cli_ref                 one = { .digest = n->digest, .name = n->name, .kind = n->kind };

		if (strncmp(n->digest, hex, strlen(hex)) == 0)
			PAL_TRY(fits(ref, &one, text, d));
	}
	return PAL_OK;
}

static enum pal_err
by_digest(struct pal_workspace *ws, const char *text, struct pal_arena *a, struct cli_ref *ret, struct pal_diag *d)
{
	const char    *hex = text + strlen("sha256:");
	size_t         len = strlen(hex);
	struct cli_ref ref = { 0 };

	if (len < PREFIX_LEAST || len > 64 || strspn(hex, "0123456789abcdef") != len)
		return pal_fail(d, PAL_EUSAGE, 0, "%.80s: 8 to 64 lower-case hex digits expected after sha256:", text);
	PAL_TRY(by_prefix(ws, text, hex, a, &ref, d));
	if (ref.digest == NULL && len == 64)
		ref.digest =
		    pal_arena_text(a, pal_view_of(hex)); /* not seen yet, and yet a name for exactly one content */
	if (ref.digest == NULL)
		return pal_fail(d, PAL_ENOTFOUND, 0, "no artifact is known whose digest begins with %.80s", text);
	*ret = ref;
	return PAL_OK;
}

static enum pal_err
by_name(struct pal_workspace *ws, const char *name, const char *version, struct pal_arena *a, struct cli_ref *ret,
	struct pal_diag *d)
{
	struct pal_list found;

	PAL_TRY(find(ws, &(struct pal_store_which){ .name = name, .version = version }, a, &found, d));
	if (found.count == 0)
		return PAL_ENOTFOUND;
	*ret = of_artifact(pal_list_at(&found, found.count - 1));
	for (size_t i = 0; i + 1 < found.count; i++)
		if (strcmp(((const struct pal_store_artifact *)pal_list_at(&found, i))->digest, ret->digest) != 0)
			ret->others++;
	return PAL_OK;
}

static enum pal_err
by_path(struct session *s, const char *path, struct cli_ref *ret, struct pal_diag *d)
{
	struct pal_digest_cache     cache = pal_cache_of_digests(s->workspace);
	struct pal_manifest_options o = { .alg = PAL_SHA256, .cache = &cache };
	struct pal_manifest         m = { 0 };
	struct pal_digest           g = { 0 };
	char                        hex[PAL_DIGEST_TEXT] = "";

	PAL_TRY(pal_manifest_make(path, &o, &s->arena, &m, d));
	if (m.others.count > 0)
		return pal_fail(d, PAL_EUNSUPPORTED, 0, "%s: %s is a link or no file, which no digest covers", path,
				((const struct pal_entry *)pal_list_at(&m.others, 0))->path);
	PAL_TRY(pal_manifest_digest(&m, &g, d));
	pal_digest_hex(&g, hex);
	*ret = (struct cli_ref){ .digest = pal_arena_text(&s->arena, pal_view_of(hex)), .name = path };
	return pal_arena_err(&s->arena) == PAL_OK ? PAL_OK : pal_fail(d, pal_arena_err(&s->arena), 0, "%s", path);
}

static enum pal_err
by_exception(struct session *s, const struct pal_pipeline *p, const char *text, struct cli_ref *ret, struct pal_diag *d)
{
	const struct pal_exception_decl *all = p->policy.exceptions.items, *found = NULL;
	struct pal_digest                g = { 0 };
	char                             hex[PAL_DIGEST_TEXT] = "";

	for (size_t i = 0; i < p->policy.exceptions.count; i++) {
		const char *purpose = pal_exception_purpose(&all[i], &s->arena);
		const char *full = pal_arena_printf(&s->arena, "%s:%s", purpose, all[i].artifact);

		if (full == NULL || (strcmp(text, purpose) != 0 && strcmp(text, full) != 0))
			continue;
		if (found != NULL)
			return pal_fail(d, PAL_EUSAGE, 0, "%.100s fits more than one exception; add :ARTIFACT", text);
		found = &all[i];
	}
	if (found == NULL)
		return pal_fail(d, PAL_ENOTFOUND, 0, "%s declares no %.100s", p->file, text);
	PAL_TRY(pal_exception_digest(found, &g));
	pal_digest_hex(&g, hex);
	*ret = (struct cli_ref){ .digest = pal_arena_text(&s->arena, pal_view_of(hex)),
				 .name = text,
				 .kind = "exception",
				 .purpose = pal_exception_purpose(found, &s->arena) };
	return PAL_OK;
}

/* What a declared artifact is right now. A deployment is the model that it serves. */
static enum pal_err
by_declaration(struct session *s, const struct pal_pipeline *p, const char *name, const char *version,
	       struct cli_ref *ret, struct pal_diag *d)
{
	size_t                          i = pal_artifact_find(p, name);
	const struct pal_artifact_decl *decl = i == PAL_NONE ? NULL : &p->artifacts[i];
	const char                     *path = NULL;

	if (decl == NULL || (version != NULL && (decl->version == NULL || strcmp(decl->version, version) != 0)))
		return PAL_ENOTFOUND;
	if (decl->kind == PAL_ARTIFACT_DEPLOYMENT && decl->of != PAL_NONE)
		decl = &p->artifacts[decl->of];
	path = decl->path == NULL ? NULL : pal_pipeline_path(p, decl->path, &s->arena);
	if (path == NULL || !pal_file_exists(path))
		return PAL_ENOTFOUND;
	PAL_TRY(by_path(s, path, ret, d));
	ret->name = decl->name;
	ret->version = decl->version;
	ret->kind = pal_artifact_kind_name(decl->kind);
	return PAL_OK;
}

static enum pal_err
load_pipeline(struct session *s, struct pal_pipeline **ret_pipeline, struct pal_diag *d)
{
	const char *path = pal_arena_printf(&s->arena, "%s/palisade.yaml", s->folder);

	if (path == NULL || !pal_file_exists(path))
		return PAL_OK; /* a workspace that only takes lineage from elsewhere has none */
	return pal_pipeline_load(path, &s->arena, ret_pipeline, NULL, d);
}

static enum pal_err
by_either(struct session *s, const struct pal_pipeline *p, const char *name, const char *version, struct cli_ref *ret,
	  struct pal_diag *d)
{
	enum pal_err err = p == NULL ? PAL_ENOTFOUND : by_declaration(s, p, name, version, ret, d);

	return err == PAL_ENOTFOUND ? by_name(s->workspace, name, version, &s->arena, ret, d) : err;
}

enum pal_err
cli_ref(struct session *s, const char *text, struct cli_ref *ret, struct pal_diag *d)
{
	const char          *at = strrchr(text, '@');
	struct pal_pipeline *p = NULL;
	struct cli_ref       named = { 0 };
	enum pal_err         err = PAL_OK;

	if (pal_view_starts(pal_view_of(text), "sha256:"))
		return by_digest(s->workspace, text, &s->arena, ret, d);
	PAL_TRY(load_pipeline(s, &p, d));
	if (p != NULL && pal_view_starts(pal_view_of(text), "exception:"))
		return by_exception(s, p, text, ret, d);
	err = by_either(s, p, text, NULL, ret, d);
	if (err == PAL_ENOTFOUND && at != NULL)
		err = by_either(
		    s, p, pal_arena_text(&s->arena, (struct pal_view){ (const uint8_t *)text, (size_t)(at - text) }),
		    at + 1, ret, d);
	if (err != PAL_ENOTFOUND)
		return err;
	if (!pal_file_exists(text))
		return pal_fail(d, PAL_ENOTFOUND, 0,
				"\"%.200s\" is neither declared, nor an artifact that palisade has seen, nor a path",
				text);
	PAL_TRY(by_path(s, text, ret, d));
	/* The name that its content is known by says more than the path. */
	if (by_digest(s->workspace, pal_arena_printf(&s->arena, "sha256:%s", ret->digest), &s->arena, &named, NULL) ==
		PAL_OK &&
	    named.name != NULL)
		*ret = named;
	return PAL_OK;
}

void
cli_add_others(struct pal_buf *b, const struct cli_ref *ref)
{
	if (ref->others > 0)
		pal_buf_printf(
		    b,
		    "note: the name has had %zu other contents; this is the one first seen last; name another with "
		    "sha256:HEX\n",
		    ref->others);
}

static bool
is_safe(uint32_t c)
{
	return c != PAL_UTF8_BAD && c >= 0x20 && (c < 0x7f || c > 0x9f) && (c < 0x200b || c > 0x200f) &&
	       (c < 0x2028 || c > 0x202e) && (c < 0x2066 || c > 0x2069) && c != 0xfeff;
}

void
cli_add_safe(struct pal_buf *b, const char *text)
{
	struct pal_view rest = pal_view_of(text);

	while (rest.len > 0) {
		struct pal_view before = rest;

		if (is_safe(pal_utf8_next(&rest)))
			pal_buf_add(b, pal_view_sub(before, 0, before.len - rest.len));
		else
			pal_buf_add_text(b, "\xef\xbf\xbd");
	}
}
