/* test_cache.c - what comes back is what was put under this key, or nothing. */
#include "palisade/cache.h"

#include "workspace_kit.h"

int
main(void)
{
	struct pal_workspace   *ws = kit_init(), *plain = NULL;
	struct pal_digest_cache cache = pal_cache_of_digests(ws);
	struct pal_store       *s = pal_workspace_store(ws);
	struct pal_file_id      id = { 1, 2, 3, 4, 5 }, other = { 1, 2, 3, 4, 6 };
	struct pal_digest       g = { 0 }, back = { 0 };
	PAL_AUTO_BUF            b = pal_buf_of(0);
	PAL_AUTO_BUF            row = pal_buf_of(0);
	char                    hex[PAL_ID_TEXT];

	CHECK(pal_digest_of(PAL_SHA256, pal_view_of("bytes"), &g) == PAL_OK);
	CHECK(!cache.get(cache.arg, &id, PAL_SHA256, &back));
	cache.put(cache.arg, &id, &g);
	CHECK(cache.get(cache.arg, &id, PAL_SHA256, &back) && pal_digest_eq(&g, &back));
	CHECK(!cache.get(cache.arg, &other, PAL_SHA256, &back) && !cache.get(cache.arg, &id, PAL_SHA512, &back));
	/* The row of one file, copied to another. */
	CHECK(s->ops->file_get(s, &id, hex, NULL) == PAL_OK && s->ops->file_put(s, &other, hex, NULL) == PAL_OK);
	CHECK(!cache.get(cache.arg, &other, PAL_SHA256, &back));

	pal_cache_put_result(ws, kit_digest(1), "rules", pal_view_of("clean"));
	CHECK(pal_cache_get_result(ws, kit_digest(1), "rules", &b) && strcmp(pal_buf_text(&b), "clean") == 0);
	CHECK(s->ops->result_get(s, kit_digest(1), "rules", &row, NULL) == PAL_OK);
	CHECK(s->ops->result_put(s, kit_digest(2), "rules", pal_buf_view(&row), NULL) == PAL_OK);
	CHECK(!pal_cache_get_result(ws, kit_digest(2), "rules", &b));
	CHECK(!pal_cache_get_result(ws, kit_digest(1), "other rules", &b));
	for (size_t i = 0; i < row.len; i++) { /* each byte, the seal's too */
		row.data[i] ^= 1;
		CHECK(s->ops->result_put(s, kit_digest(3), "rules", pal_buf_view(&row), NULL) == PAL_OK);
		CHECK(!pal_cache_get_result(ws, kit_digest(3), "rules", &b));
		row.data[i] ^= 1;
	}
	pal_workspace_free(&ws);
	/* Without the key nothing is remembered and nothing believed. */
	CHECK(pal_workspace_open(scratch_root, NULL, &plain, NULL) == PAL_OK);
	cache = pal_cache_of_digests(plain);
	CHECK(!cache.get(cache.arg, &id, PAL_SHA256, &back) &&
	      !pal_cache_get_result(plain, kit_digest(1), "rules", &b));
	pal_workspace_free(&plain);
	ws = kit_open();
	CHECK(pal_cache_get_result(ws, kit_digest(1), "rules", &b));
	return kit_done(&ws);
}
