/* vsa.c - reading is strict about results and levels; pal_vsa_check() is what to audit. */
#include "palisade/vsa.h"

#include <string.h>

#include "fields.h"

#define LEVELS_MOST 64

enum pal_err
pal_vsa_write(const struct pal_vsa *v, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_begin(&w, "verifier", '{');
	pal_json_put_text(&w, "id", v->verifier);
	pal_json_begin(&w, "version", '{');
	put_if(&w, "palisade", v->verifier_version);
	pal_json_end(&w, '}');
	pal_json_end(&w, '}');
	put_time(&w, "timeVerified", v->time_ms);
	pal_json_put_text(&w, "resourceUri", v->resource_uri);
	pal_resource_write(&w, "policy", &v->policy);
	put_resources(&w, "inputAttestations", v->inputs, v->input_count);
	pal_json_put_text(&w, "verificationResult", v->passed ? "PASSED" : "FAILED");
	pal_json_begin(&w, "verifiedLevels", '[');
	for (size_t i = 0; v->passed && i < v->level_count; i++)
		pal_json_put_text(&w, NULL, v->levels[i]);
	if (!v->passed)
		pal_json_put_text(&w, NULL, "FAILED");
	pal_json_end(&w, ']');
	pal_json_put_text(&w, "slsaVersion", "1.2");
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

/* "SLSA_BUILD_LEVEL_2" is level 2 of the track "SLSA_BUILD_LEVEL_"; other names are tracks of their own, level 0. */
static struct pal_view
track_of(const char *level, uint64_t *ret_number)
{
	struct pal_view v = pal_view_of(level);
	size_t          len = v.len;
	uint64_t        n = 0;

	*ret_number = 0;
	while (len > 0 && pal_is_digit(v.data[len - 1]))
		len--;
	if (!pal_view_starts(v, "SLSA_") || !pal_view_ends(pal_view_sub(v, 0, len), "_LEVEL_") ||
	    !pal_view_u64(pal_view_sub(v, len, SIZE_MAX), &n))
		return v;
	*ret_number = n;
	return pal_view_sub(v, 0, len);
}

/* "MUST NOT include more than one level per SLSA track" */
static void
vet_levels(struct fields *f, const struct pal_vsa *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->level_count; i++)
		for (size_t j = 0; j < i; j++)
			if (pal_view_eq(track_of(v->levels[i], &n), track_of(v->levels[j], &n)))
				fields_fail(f, "verifiedLevels", "at most one level of each track");
}

static void
read_levels(struct fields *f, struct pal_vsa *v)
{
	const json_t *all = field_array(f, "verifiedLevels");
	size_t        n = json_array_size(all);
	const char  **levels = NULL;

	if (all == NULL || n > LEVELS_MOST)
		fields_fail(f, "verifiedLevels", "an array of at most 64 levels");
	else
		levels = pal_arena_array(f->arena, n, sizeof(*levels));
	for (size_t i = 0; levels != NULL && i < n; i++) {
		levels[i] = pal_arena_text(f->arena, pal_view_of(json_string_value(json_array_get(all, i))));
		if (!json_is_string(json_array_get(all, i)))
			fields_fail(f, "verifiedLevels", "texts");
	}
	v->levels = levels;
	v->level_count = levels == NULL ? 0 : n;
	if (f->why.code == PAL_OK && pal_arena_err(f->arena) == PAL_OK)
		vet_levels(f, v);
}

enum pal_err
pal_vsa_of(const struct pal_statement *s, struct pal_arena *a, struct pal_vsa *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON   doc = NULL;
	struct fields   f = { 0 }, verifier = { 0 };
	struct pal_vsa  v = { 0 };
	struct pal_list inputs = pal_list_of(a, sizeof(struct pal_resource));
	const char     *result = NULL, *version = NULL;

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_VSA, &doc, d));
	f = fields_of(doc, "verification summary", a);
	verifier = fields_of(json_object_get(doc, "verifier"), "verification summary: verifier", a);
	v.verifier = field_text(&verifier, "id");
	PAL_TRY(fields_err(&verifier, d));
	version = pal_json_text(json_object_get(verifier.object, "version"), "palisade");
	v.verifier_version = version == NULL ? NULL : pal_arena_text(a, pal_view_of(version));
	v.time_ms = field_time(&f, "timeVerified");
	v.resource_uri = field_text(&f, "resourceUri");
	v.policy = field_resource(&f, "policy");
	field_resources(&f, "inputAttestations", &inputs);
	v.inputs = inputs.items;
	v.input_count = inputs.count;
	result = field_text(&f, "verificationResult");
	v.passed = result != NULL && strcmp(result, "PASSED") == 0;
	if (result != NULL && !v.passed && strcmp(result, "FAILED") != 0)
		fields_fail(&f, "verificationResult", "PASSED or FAILED");
	read_levels(&f, &v);
	PAL_TRY(fields_err(&f, d));
	*ret = v;
	return PAL_OK;
}

enum pal_err
pal_vsa_check(const struct pal_vsa *v, const char *verifier, const char *resource_uri, const char *level,
	      struct pal_diag *d)
{
	uint64_t        wanted = 0, found = 0;
	struct pal_view track = track_of(level, &wanted);

	if (strcmp(v->verifier, verifier) != 0)
		return pal_fail(d, PAL_EDENIED, 0, "the summary is by %.80s, %s expected", v->verifier, verifier);
	if (strcmp(v->resource_uri, resource_uri) != 0)
		return pal_fail(d, PAL_EDENIED, 0, "the summary is about %.80s, not about %s", v->resource_uri,
				resource_uri);
	if (!v->passed)
		return pal_fail(d, PAL_EDENIED, 0, "the summary says FAILED");
	for (size_t i = 0; i < v->level_count; i++)
		if (pal_view_eq(track_of(v->levels[i], &found), track) && found >= wanted)
			return PAL_OK;
	return pal_fail(d, PAL_EDENIED, 0, "the summary does not reach %s", level);
}
