/* baseline.c - accepted findings; to audit: read_entry, which accepts nothing that it does not fully understand. */
#include "palisade/baseline.h"

#include "palisade/clock.h"
#include "palisade/digest.h"
#include "palisade/file.h"
#include "palisade/json.h"

#define MOST    ((size_t)64 << 20)
#define VERSION "1"

struct pal_baseline
pal_baseline_of(struct pal_arena *a)
{
	return (struct pal_baseline){ .entries = pal_list_of(a, sizeof(struct pal_baseline_entry)),
				      .index = pal_map_of(a) };
}

static void
add_key(struct pal_buf *b, const char *sha256, const char *rule)
{
	pal_buf_printf(b, "%s %s", sha256, rule);
}

static const char *
copy(struct pal_baseline *b, const char *text)
{
	return text == NULL ? NULL : pal_arena_text(b->entries.arena, pal_view_of(text));
}

void
pal_baseline_put(struct pal_baseline *b, const struct pal_baseline_entry *e)
{
	PAL_AUTO_BUF               key = pal_buf_of(0);
	struct pal_baseline_entry *own = NULL;
	void                     **place = NULL;

	add_key(&key, e->sha256, e->rule);
	place = pal_map_put(&b->index, pal_buf_view(&key));
	if (place == NULL)
		return;
	own = *place == NULL ? pal_list_add(&b->entries) : pal_list_at(&b->entries, (size_t)(uintptr_t)*place - 1);
	if (own == NULL)
		return;
	if (*place == NULL)
		*place = (void *)(uintptr_t)b->entries.count; /* index + 1: items move when the list grows */
	*own = *e;
	own->sha256 = copy(b, e->sha256);
	own->rule = copy(b, e->rule);
	own->path = copy(b, e->path);
	own->reason = copy(b, e->reason);
	own->expires = copy(b, e->expires);
}

static enum pal_err
read_entry(const json_t *item, size_t i, struct pal_baseline *b, struct pal_diag *d)
{
	static const char *const  known[] = { "sha256", "rule", "path", "reason", "expires" };
	struct pal_baseline_entry e = { .sha256 = pal_json_text(item, "sha256"),
					.rule = pal_json_text(item, "rule"),
					.path = pal_json_text(item, "path"),
					.reason = pal_json_text(item, "reason"),
					.expires = pal_json_text(item, "expires"),
					.expires_ms = UINT64_MAX };
	struct pal_digest         digest = { 0 };
	const char               *key = NULL;
	json_t                   *value = NULL;

	if (!json_is_object(item))
		return pal_fail(d, PAL_ECONFIG, 0, "accepted[%zu] is no object", i);
	json_object_foreach((json_t *)(uintptr_t)item, key, value)
	{
		bool fits = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			fits = fits || pal_view_is(pal_view_of(key), known[k]);
		if (!fits || !(json_is_string(value) || json_is_null(value)))
			return pal_fail(
			    d, PAL_ECONFIG, 0,
			    "accepted[%zu]: \"%.60s\"; expected texts under sha256, rule, path, reason, expires", i,
			    key);
	}
	if (pal_digest_parse(PAL_SHA256, pal_view_of(e.sha256), &digest) != PAL_OK)
		return pal_fail(d, PAL_ECONFIG, 0, "accepted[%zu]: sha256 must be 64 digits in lower-case hex", i);
	if (e.rule == NULL || e.rule[0] == '\0')
		return pal_fail(d, PAL_ECONFIG, 0, "accepted[%zu]: rule must name one rule", i);
	if (e.reason == NULL || pal_view_trim(pal_view_of(e.reason)).len == 0)
		return pal_fail(d, PAL_ECONFIG, 0, "accepted[%zu]: reason must say why %.40s is accepted", i, e.rule);
	if (e.expires != NULL && pal_time_parse(pal_view_of(e.expires), &e.expires_ms) != PAL_OK)
		return pal_fail(d, PAL_ECONFIG, 0, "accepted[%zu]: expires is \"%.40s\"; expected a day as 2027-01-31",
				i, e.expires);
	pal_baseline_put(b, &e);
	return PAL_OK;
}

enum pal_err
pal_baseline_read(const char *path, struct pal_arena *a, struct pal_baseline *ret_baseline, struct pal_diag *d)
{
	struct pal_baseline b = pal_baseline_of(a);
	PAL_AUTO_BUF        text = pal_buf_of(MOST);
	PAL_AUTO_JSON       doc = NULL;
	const json_t       *list = NULL;
	const char         *version = NULL;
	struct pal_diag     why = { 0 };
	enum pal_err        e = PAL_OK;

	PAL_TRY(pal_file_read(path, MOST, &text, d));
	if (pal_json_parse(pal_buf_view(&text), MOST, &doc, &why) != PAL_OK)
		return pal_fail(d, PAL_ECONFIG, 0, "%s: %s", path, why.text);
	version = pal_json_text(doc, "version");
	list = pal_json_array(doc, "accepted");
	if (version == NULL || !pal_view_is(pal_view_of(version), VERSION) || list == NULL)
		return pal_fail(d, PAL_ECONFIG, 0, "%s: expected {\"version\": \"" VERSION "\", \"accepted\": [...]}",
				path);
	for (size_t i = 0; i < json_array_size(list) && e == PAL_OK; i++)
		e = read_entry(json_array_get(list, i), i, &b, &why);
	if (e != PAL_OK)
		return pal_fail(d, e, 0, "%s: %s", path, why.text);
	PAL_TRY(pal_arena_err(a));
	*ret_baseline = b;
	return PAL_OK;
}

const struct pal_baseline_entry *
pal_baseline_find(const struct pal_baseline *b, const char *sha256, const char *rule, uint64_t now_ms)
{
	PAL_AUTO_BUF                     key = pal_buf_of(0);
	const struct pal_baseline_entry *e = NULL;
	size_t                           at = 0;

	if (sha256 == NULL || b->entries.count == 0)
		return NULL;
	add_key(&key, sha256, rule);
	at = (size_t)(uintptr_t)pal_map_get(&b->index, pal_buf_view(&key));
	e = at == 0 ? NULL : pal_list_at(&b->entries, at - 1);
	return e == NULL || now_ms >= e->expires_ms ? NULL : e;
}

void
pal_baseline_write(const struct pal_baseline *b, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 2);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "version", VERSION);
	pal_json_begin(&w, "accepted", '[');
	for (size_t i = 0; i < b->entries.count; i++) {
		const struct pal_baseline_entry *e = pal_list_at(&b->entries, i);

		pal_json_begin(&w, NULL, '{');
		pal_json_put_text(&w, "sha256", e->sha256);
		pal_json_put_text(&w, "rule", e->rule);
		pal_json_put_text(&w, "path", e->path);
		pal_json_put_text(&w, "reason", e->reason);
		pal_json_put_text(&w, "expires", e->expires);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
}
