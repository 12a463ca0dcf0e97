/*
 * blob.h - pieces too large for the ledger, kept in files that are named by what is in them.
 *
 * A blob with the digest abcdef... is the file sha256/ab/cdef... below the root.
 * It is written whole or not at all and read back only if its bytes still have
 * that digest. Who computes digests lives in another room, so the function comes
 * from the caller.
 *
 *   units    bytes; digests as 64 lower-case hex digits
 *   memory   contents go to the caller's buffer
 *   errors   PAL_ENOTFOUND, PAL_ELIMIT (longer than `most`), PAL_EVERIFY (the bytes have changed), PAL_ESYS
 *   threads  safe; several processes may put the same blob at once
 */
#ifndef PALISADE_BLOB_H
#define PALISADE_BLOB_H

#include "palisade/store.h"

typedef enum pal_err pal_blob_hash_fn(struct pal_view bytes, char ret_digest[PAL_ID_TEXT]);

struct pal_blobs {
	const char       *root; /* the folder; made when absent */
	pal_blob_hash_fn *hash;
};

PAL_NODISCARD enum pal_err pal_blob_put(const struct pal_blobs *b, struct pal_view bytes, char ret_digest[PAL_ID_TEXT],
					struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_blob_get(const struct pal_blobs *b, const char *digest, size_t most, struct pal_buf *out,
					struct pal_diag *d);

#endif
