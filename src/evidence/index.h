/* index.h - between evidence.c, which reads entries, and index.c, which makes rows of them. */
#ifndef PALISADE_EVIDENCE_INDEX_H
#define PALISADE_EVIDENCE_INDEX_H

#include "palisade/evidence.h"

/* The bytes of an entry, proven to be under the signed checkpoint, and their digest. */
enum pal_err evidence_read(struct pal_workspace *ws, uint64_t index, struct pal_buf *out, char ret_id[PAL_ID_TEXT],
			   struct pal_diag *d);

/* Parses an envelope; signer is "" when no key in keys/ has signed it. id and index are left to the caller. */
enum pal_err evidence_open(const struct pal_workspace *ws, struct pal_view envelope, struct pal_arena *a,
			   struct pal_evidence *ret_evidence, struct pal_diag *d);

#endif
