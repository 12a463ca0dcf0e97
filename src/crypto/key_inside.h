/* key_inside.h - what key.c, key_file.c and x509.c share about a key; nobody else includes this. */
#ifndef PALISADE_CRYPTO_KEY_INSIDE_H
#define PALISADE_CRYPTO_KEY_INSIDE_H

#include <openssl/evp.h>

#include "palisade/key.h"

#define PAL_KEY_FILE_MOST ((size_t)64 * 1024)

struct pal_key {
	EVP_PKEY         *pkey; /* owned */
	enum pal_key_kind kind;
	bool private;
	char id[PAL_DIGEST_TEXT], hint[PAL_DIGEST_TEXT];
};

/* Takes pkey over, also when it fails. */
PAL_NODISCARD enum pal_err pal_key_adopt(EVP_PKEY *pkey, bool private, struct pal_key **ret_key, struct pal_diag *d);

#endif
