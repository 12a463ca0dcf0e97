/* cache.c - a file's row names its seal, and the seal's row the digest, so that no row alone can say anything. */
#include "palisade/cache.h"

#include <string.h>

#include "palisade/store.h"

#define SEAL_LEN 32
#define KIND     "digest of a file"

/* The seal over what names a file's version and its digest, as text. */
static bool
seal_file(const struct pal_workspace *ws, const struct pal_file_id *id, const char *hex, char ret_text[PAL_DIGEST_TEXT])
{
	PAL_AUTO_BUF      text = pal_buf_of(0);
	struct pal_view   part = { 0 };
	struct pal_digest seal = { 0 };

	pal_buf_printf(&text, KIND "\n%llu %llu %llu %lld %lld\n%s", (unsigned long long)id->device,
		       (unsigned long long)id->inode, (unsigned long long)id->size, (long long)id->mtime_ns,
		       (long long)id->ctime_ns, hex);
	part = pal_buf_view(&text);
	if (pal_buf_err(&text) != PAL_OK || !pal_workspace_seal(ws, &part, 1, &seal))
		return false;
	pal_digest_hex(&seal, ret_text);
	return true;
}

static bool
digest_get(void *arg, const struct pal_file_id *id, enum pal_digest_alg alg, struct pal_digest *ret)
{
	struct pal_workspace *ws = arg;
	struct pal_store     *s = pal_workspace_store(ws);
	PAL_AUTO_BUF          hex = pal_buf_of(0);
	char                  named[PAL_ID_TEXT] = "", seal[PAL_DIGEST_TEXT] = "";

	if (alg != PAL_SHA256 || s->ops->file_get(s, id, named, NULL) != PAL_OK ||
	    s->ops->result_get(s, named, KIND, &hex, NULL) != PAL_OK)
		return false;
	return seal_file(ws, id, pal_buf_text(&hex), seal) && strcmp(seal, named) == 0 &&
	       pal_digest_parse(PAL_SHA256, pal_buf_view(&hex), ret) == PAL_OK;
}

static void
digest_put(void *arg, const struct pal_file_id *id, const struct pal_digest *digest)
{
	struct pal_workspace *ws = arg;
	struct pal_store     *s = pal_workspace_store(ws);
	char                  hex[PAL_DIGEST_TEXT] = "", seal[PAL_DIGEST_TEXT] = "";

	pal_digest_hex(digest, hex);
	if (!seal_file(ws, id, hex, seal) || s->ops->result_put(s, seal, KIND, pal_view_of(hex), NULL) != PAL_OK ||
	    s->ops->file_put(s, id, seal, NULL) != PAL_OK)
		return; /* hashed again the next time */
}

struct pal_digest_cache
pal_cache_of_digests(struct pal_workspace *ws)
{
	return (struct pal_digest_cache){ .arg = ws, .get = digest_get, .put = digest_put };
}

static bool
seal_result(const struct pal_workspace *ws, const char *digest, const char *rules, struct pal_view result,
	    struct pal_digest *ret)
{
	const struct pal_view parts[] = { pal_view_of("result of a scan\n"),
					  pal_view_of(digest),
					  pal_view_of("\n"),
					  pal_view_of(rules),
					  pal_view_of("\n"),
					  result };

	return pal_workspace_seal(ws, parts, sizeof(parts) / sizeof(parts[0]), ret);
}

bool
pal_cache_get_result(struct pal_workspace *ws, const char *digest, const char *rules, struct pal_buf *out)
{
	struct pal_store *s = pal_workspace_store(ws);
	PAL_AUTO_BUF      row = pal_buf_of(0);
	struct pal_view   result = { 0 };
	struct pal_digest seal = { 0 };

	if (s->ops->result_get(s, digest, rules, &row, NULL) != PAL_OK || row.len < SEAL_LEN)
		return false;
	result = pal_view_sub(pal_buf_view(&row), SEAL_LEN, SIZE_MAX);
	if (!seal_result(ws, digest, rules, result, &seal) ||
	    !pal_view_eq(pal_view_sub(pal_buf_view(&row), 0, SEAL_LEN), pal_digest_view(&seal)))
		return false;
	pal_buf_add(out, result);
	return pal_buf_err(out) == PAL_OK;
}

void
pal_cache_put_result(struct pal_workspace *ws, const char *digest, const char *rules, struct pal_view result)
{
	struct pal_store *s = pal_workspace_store(ws);
	PAL_AUTO_BUF      row = pal_buf_of(0);
	struct pal_digest seal = { 0 };

	if (!seal_result(ws, digest, rules, result, &seal))
		return;
	pal_buf_add(&row, pal_digest_view(&seal));
	pal_buf_add(&row, result);
	if (pal_buf_err(&row) != PAL_OK || s->ops->result_put(s, digest, rules, pal_buf_view(&row), NULL) != PAL_OK)
		return; /* examined again the next time */
}
