/*
 * claim.h - what a file's name says that it is, and whether the content agrees.
 *
 * Only endings of models, arrays, archives and tables claim anything; "notes.dat"
 * does not. pal_claim_fits() is asked with the format that the content showed.
 *
 *   units    none
 *   memory   static
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_CLAIM_H
#define PALISADE_CLAIM_H

#include "palisade/buf.h"

struct pal_claim {
	const char *ending;  /* ".safetensors" */
	const char *formats; /* names of formats (format.h) with blanks between: any of them agrees */
};

const struct pal_claim *pal_claim_of(struct pal_view name); /* NULL: the name claims nothing */
bool                    pal_claim_fits(const struct pal_claim *c, const char *format);

/* Adds the name that the content of a compressed file has: "a.tar" for "a.tgz"; the name itself when it does not say
 * that it is compressed, as joblib's files do not. */
void pal_claim_unpacked(struct pal_view name, struct pal_buf *out);

/* What a file without any marks is by its name and its neighbours: "a shard of a TensorFlow checkpoint"; NULL when that
 * cannot be told. Nothing loads such a file by itself. */
const char *pal_claim_raw(struct pal_view name);

/* What foreign content looks like, for people: "a 7z archive"; NULL when nobody knows. */
const char *pal_claim_looks(struct pal_view head);

#endif
