/* test_blob.c - what is put comes back, what has changed does not, and a damaged blob is mended by the next put. */
#include "palisade/blob.h"

#include "check.h"
#include "scratch.h"

/* A stand-in for SHA-256 with the shape of one: the store's room knows no cryptography. */
static enum pal_err
sum(struct pal_view bytes, char ret_digest[PAL_ID_TEXT])
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < bytes.len; i++)
		h = (h ^ bytes.data[i]) * 0x100000001b3u;
	(void)snprintf(ret_digest, PAL_ID_TEXT, "%016llx%048llx", (unsigned long long)h, (unsigned long long)bytes.len);
	return PAL_OK;
}

static enum pal_err
no_sum(struct pal_view bytes, char ret_digest[PAL_ID_TEXT])
{
	(void)bytes;
	(void)ret_digest;
	return PAL_ENOMEM;
}

static void
spoil(const char *root, const char *digest)
{
	char  path[300] = "";
	FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "%s/sha256/%.2s/%s", root, digest, digest + 2);
	f = fopen(path, "w");
	CHECK(f != NULL && fputs("other", f) >= 0 && fclose(f) == 0);
}

int
main(void)
{
	const char      *root = scratch_init();
	struct pal_blobs b = { .root = scratch_path("blobs"), .hash = sum };
	struct pal_blobs broken = { .root = root, .hash = no_sum };
	struct pal_blobs nowhere = { .root = "/dev/null/x", .hash = sum };
	struct pal_view  text = pal_view_of("a list of findings");
	char             id[PAL_ID_TEXT] = "", empty[PAL_ID_TEXT] = "";
	PAL_AUTO_BUF     out = pal_buf_of(0);
	PAL_AUTO_BUF     small = pal_buf_of(3);
	struct pal_diag  d = { 0 };

	CHECK(pal_blob_put(&b, text, id, &d) == PAL_OK && pal_store_is_digest(id));
	CHECK(pal_blob_get(&b, id, 100, &out, &d) == PAL_OK && pal_view_eq(pal_buf_view(&out), text));
	CHECK(pal_blob_put(&b, text, id, &d) == PAL_OK);
	CHECK(pal_blob_put(&b, (struct pal_view){ 0 }, empty, &d) == PAL_OK);
	pal_buf_clear(&out);
	CHECK(pal_blob_get(&b, empty, 0, &out, &d) == PAL_OK && out.len == 0);
	CHECK(pal_blob_get(&b, id, 5, &out, &d) == PAL_ELIMIT && out.len == 0);
	CHECK(pal_blob_get(&b, id, 100, &small, &d) == PAL_ELIMIT);
	spoil(b.root, id);
	CHECK(pal_blob_get(&b, id, 100, &out, &d) == PAL_EVERIFY && out.len == 0 && strstr(d.text, "changed") != NULL);
	CHECK(pal_blob_put(&b, text, id, &d) == PAL_OK && pal_blob_get(&b, id, 100, &out, &d) == PAL_OK);
	id[0] = id[0] == '0' ? '1' : '0';
	CHECK(pal_blob_get(&b, id, 100, &out, &d) == PAL_ENOTFOUND);
	CHECK(pal_blob_get(&b, "../../etc/passwd", 100, &out, &d) == PAL_EFORM);
	CHECK(pal_blob_get(&b, NULL, 100, &out, &d) == PAL_EFORM);
	CHECK(pal_blob_put(&broken, text, id, &d) == PAL_ENOMEM);
	CHECK(pal_blob_put(&nowhere, text, id, &d) != PAL_OK);
	scratch_done();
	return check_done();
}
