/* statement.c - in-toto Statement v1; what counts as a digest and as a type is decided in two places here. */
#include "palisade/statement.h"

#include <string.h>

#include "fields.h"

#define BY_NAME    "palisadeNameSha256" /* a name of ours in the digest set; others ignore it, as they must */
#define SIGNED_ON  "signedOn"
#define PARSE_MOST ((size_t)1 << 20) /* statements of others may be longer than what we write */

/* "DigestSet: ... a JSON object from algorithm name to value"; unknown names are ignored (spec/v1/digest_set.md). */
static enum pal_err
read_digest(const json_t *set, const char *what, struct pal_arena *a, struct pal_resource *r, struct pal_diag *d)
{
	const char *text = NULL;

	if (!json_is_object(set) || json_object_size(set) == 0)
		return pal_fail(d, PAL_EFORM, 0, "%s: \"digest\": an object of digests expected", what);
	for (void *i = json_object_iter((json_t *)(uintptr_t)set); i != NULL;
	     i = json_object_iter_next((json_t *)(uintptr_t)set, i))
		if (json_string_length(json_object_iter_value(i)) == 0)
			return pal_fail(d, PAL_EFORM, 0, "%s: digest \"%.40s\": a text expected", what,
					json_object_iter_key(i));
	text = pal_json_text(set, "sha256");
	if (text == NULL) {
		text = pal_json_text(set, BY_NAME);
		r->by_name = text != NULL;
	}
	if (text == NULL)
		return PAL_OK; /* only algorithms that we do not know */
	if (!pal_store_is_digest(text))
		return pal_fail(d, PAL_EFORM, 0, "%s: \"%.80s\" is no SHA-256: 64 lower-case hex digits expected", what,
				text);
	r->digest = pal_arena_text(a, pal_view_of(text));
	return PAL_OK;
}

enum pal_err
pal_resource_of(const json_t *object, const char *what, struct pal_arena *a, struct pal_resource *ret_r,
		struct pal_diag *d)
{
	struct fields       f = fields_of(object, what, a);
	struct pal_resource r = { .name = field_text_or(&f, "name", NULL),
				  .uri = field_text_or(&f, "uri", NULL),
				  .media_type = field_text_or(&f, "mediaType", NULL) };
	const json_t       *set = json_object_get(object, "digest");

	PAL_TRY(fields_err(&f, d));
	if (set != NULL)
		PAL_TRY(read_digest(set, what, a, &r, d));
	else if (r.uri == NULL && json_object_get(object, "content") == NULL)
		return pal_fail(d, PAL_EFORM, 0, "%s: a \"digest\", \"uri\" or \"content\" expected", what);
	*ret_r = r;
	return PAL_OK;
}

enum pal_err
pal_resources_of(const json_t *object, const char *key, struct pal_list *resources, struct pal_diag *d)
{
	const json_t *all = json_object_get(object, key);

	if (all == NULL || json_is_null(all))
		return PAL_OK;
	if (!json_is_array(all))
		return pal_fail(d, PAL_EFORM, 0, "\"%s\": an array expected", key);
	if (json_array_size(all) > PAL_STATEMENT_THINGS)
		return pal_fail(d, PAL_ELIMIT, 0, "\"%s\": %zu entries, at most %d are read", key, json_array_size(all),
				PAL_STATEMENT_THINGS);
	for (size_t i = 0; i < json_array_size(all); i++) {
		struct pal_resource *r = pal_list_add(resources);
		struct pal_resource  one = { 0 };

		if (r == NULL)
			return pal_fail(d, pal_arena_err(resources->arena), 0, "\"%s\"", key);
		PAL_TRY(pal_resource_of(json_array_get(all, i), key, resources->arena, &one, d));
		*r = one;
	}
	return PAL_OK;
}

void
pal_resource_write(struct pal_json_writer *w, const char *key, const struct pal_resource *r)
{
	pal_json_begin(w, key, '{');
	put_if(w, "name", r->name);
	put_if(w, "uri", r->uri);
	if (r->digest != NULL) {
		pal_json_begin(w, "digest", '{');
		pal_json_put_text(w, r->by_name ? BY_NAME : "sha256", r->digest);
		pal_json_end(w, '}');
	}
	put_if(w, "mediaType", r->media_type);
	pal_json_end(w, '}');
}

static enum pal_err
vet_written(const struct pal_statement *s, struct pal_diag *d)
{
	if (s->type == NULL || s->type[0] == '\0' || s->predicate == NULL || s->predicate[0] != '{')
		return pal_fail(d, PAL_EFORM, 0, "statement: a type and a predicate object expected");
	if (s->subject_count == 0 || s->subject_count > PAL_STATEMENT_THINGS)
		return pal_fail(d, PAL_ELIMIT, 0, "statement: %zu subjects, 1 to %d expected", s->subject_count,
				PAL_STATEMENT_THINGS);
	for (size_t i = 0; i < s->subject_count; i++)
		if (!pal_store_is_digest(s->subjects[i].digest))
			return pal_fail(d, PAL_EFORM, 0, "statement: subject \"%.60s\" has no digest",
					s->subjects[i].name == NULL ? "" : s->subjects[i].name);
	return PAL_OK;
}

enum pal_err
pal_statement_write(const struct pal_statement *s, struct pal_buf *out, struct pal_diag *d)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);
	size_t                 before = out->len;

	PAL_TRY(vet_written(s, d));
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "_type", PAL_STATEMENT_V1);
	put_resources(&w, "subject", s->subjects, s->subject_count);
	pal_json_put_text(&w, "predicateType", s->type);
	pal_json_put_raw(&w, "predicate", s->predicate);
	put_time(&w, SIGNED_ON, s->time_ms);
	pal_json_end(&w, '}');
	if (pal_buf_err(out) != PAL_OK)
		return pal_fail(d, pal_buf_err(out), 0, "statement");
	if (out->len - before > PAL_STATEMENT_MOST)
		return pal_fail(d, PAL_ELIMIT, 0,
				"a statement of %zu bytes, at most %d fit the ledger; keep long parts as blobs",
				out->len - before, PAL_STATEMENT_MOST);
	return PAL_OK;
}

static enum pal_err
read_statement(const json_t *doc, struct pal_arena *a, struct pal_statement *ret_s, struct pal_diag *d)
{
	struct fields        f = fields_of(doc, "statement", a);
	const char          *kind = field_text(&f, "_type");
	struct pal_statement s = { .type = field_text(&f, "predicateType"),
				   .predicate = field_json(&f, "predicate"),
				   .time_ms = field_time(&f, SIGNED_ON) };
	struct pal_list      subjects = pal_list_of(a, sizeof(struct pal_resource));

	field_resources(&f, "subject", &subjects);
	PAL_TRY(fields_err(&f, d));
	if (strcmp(kind, PAL_STATEMENT_V1) != 0)
		return pal_fail(d, PAL_EFORM, 0, "statement: \"_type\" is \"%.80s\", " PAL_STATEMENT_V1 " expected",
				kind);
	if (subjects.count == 0)
		return pal_fail(d, PAL_EFORM, 0, "statement: at least one subject expected");
	for (size_t i = 0; i < subjects.count; i++)
		if (json_object_get(json_array_get(json_object_get(doc, "subject"), i), "digest") == NULL)
			return pal_fail(d, PAL_EFORM, 0, "statement: subject %zu has no digest", i);
	s.subjects = subjects.items;
	s.subject_count = subjects.count;
	*ret_s = s;
	return PAL_OK;
}

enum pal_err
pal_statement_parse(struct pal_view text, struct pal_arena *a, struct pal_statement *ret_s, struct pal_diag *d)
{
	PAL_AUTO_JSON doc = NULL;

	PAL_TRY(pal_json_parse(text, PARSE_MOST, &doc, d));
	return read_statement(doc, a, ret_s, d);
}

enum pal_err
pal_statement_predicate(const struct pal_statement *s, const char *type, json_t **ret_doc, struct pal_diag *d)
{
	if (strcmp(s->type, type) != 0)
		return pal_fail(d, PAL_EFORM, 0, "a statement of type %.80s, %s expected", s->type, type);
	return pal_json_parse(pal_view_of(s->predicate), PARSE_MOST, ret_doc, d);
}
