/* blob.c - a digest becomes a path in one place; bytes that do not have their digest any more are never handed out. */
#include "palisade/blob.h"

#include <string.h>

#include "palisade/mem.h"

static enum pal_err
path_of(const struct pal_blobs *b, const char *digest, struct pal_buf *path, struct pal_diag *d)
{
	if (!pal_store_is_digest(digest))
		return pal_fail(d, PAL_EFORM, 0, "\"%.80s\" is no digest of a blob", digest == NULL ? "" : digest);
	pal_buf_printf(path, "%s/sha256/%.2s/%s", b->root, digest, digest + 2);
	return pal_buf_err(path) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(path), 0, "path of a blob");
}

static enum pal_err
make_folders(const struct pal_blobs *b, const char *digest, struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);

	PAL_TRY(pal_file_make_dir(b->root, 0700, d));
	pal_buf_printf(&path, "%s/sha256", b->root);
	PAL_TRY(pal_file_make_dir(pal_buf_text(&path), 0700, d));
	pal_buf_printf(&path, "/%.2s", digest);
	return pal_file_make_dir(pal_buf_text(&path), 0700, d);
}

enum pal_err
pal_blob_put(const struct pal_blobs *b, struct pal_view bytes, char ret_digest[PAL_ID_TEXT], struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);
	PAL_AUTO_BUF old = pal_buf_of(0);
	char         digest[PAL_ID_TEXT] = "";

	PAL_TRY(b->hash(bytes, digest));
	PAL_TRY(path_of(b, digest, &path, d));
	/* One that is there and whole stays; a damaged one is mended. */
	if (!pal_file_exists(pal_buf_text(&path)) || pal_blob_get(b, digest, bytes.len, &old, NULL) != PAL_OK) {
		PAL_TRY(make_folders(b, digest, d));
		PAL_TRY(pal_file_write(pal_buf_text(&path), bytes, 0600, d));
	}
	pal_mem_copy(ret_digest, PAL_ID_TEXT, digest, sizeof(digest));
	return PAL_OK;
}

enum pal_err
pal_blob_get(const struct pal_blobs *b, const char *digest, size_t most, struct pal_buf *out, struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);
	PAL_AUTO_BUF bytes = pal_buf_of(0);
	char         found[PAL_ID_TEXT] = "";

	PAL_TRY(path_of(b, digest, &path, d));
	PAL_TRY(pal_file_read(pal_buf_text(&path), most, &bytes, d));
	PAL_TRY(b->hash(pal_buf_view(&bytes), found));
	if (strcmp(found, digest) != 0)
		return pal_fail(d, PAL_EVERIFY, 0, "%s has changed: its bytes have the digest %s", pal_buf_text(&path),
				found);
	pal_buf_add(out, pal_buf_view(&bytes));
	return pal_buf_err(out) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(out), 0, "%s", pal_buf_text(&path));
}
