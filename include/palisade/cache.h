/*
 * cache.h - digests and scan results that were worked out before, sealed so that an edited store cannot forge them.
 *
 * Rows of the store are not believed, and these decide what is hashed and
 * examined again. So each carries a code under a secret of the workspace's key
 * (pal_workspace_seal). One that does not fit is as if it were not there; without
 * the key nothing is remembered and everything is worked out again.
 *
 *   units    digests are 64 lower-case hex digits of SHA-256
 *   memory   what is found goes to the caller's buffer
 *   errors   none: a cache that fails costs time
 *   threads  as the workspace
 */
#ifndef PALISADE_CACHE_H
#define PALISADE_CACHE_H

#include "palisade/manifest.h"
#include "palisade/workspace.h"

/* For pal_manifest_options; the workspace must outlive it. */
struct pal_digest_cache pal_cache_of_digests(struct pal_workspace *ws);

bool pal_cache_get_result(struct pal_workspace *ws, const char *digest, const char *rules, struct pal_buf *out);
void pal_cache_put_result(struct pal_workspace *ws, const char *digest, const char *rules, struct pal_view result);

#endif
