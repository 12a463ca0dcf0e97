/*
 * digest.h - SHA-2 and BLAKE2b: of memory, of a stream, of a file.
 *
 * A digest is a plain value that can be copied and compared. To hash a stream:
 * pal_hasher_of(), pal_hasher_add() as often as needed, pal_hasher_end() once;
 * pal_hasher_done() in any case (PAL_AUTO_HASHER does it).
 *
 *   units    bytes
 *   memory   a digest is the caller's; a hasher owns its context until pal_hasher_done()
 *   errors   PAL_ENOMEM; PAL_EFORM for text that is no digest; PAL_ESYS and PAL_ETRUNC while reading a file
 *   threads  pure; one hasher belongs to one thread
 */
#ifndef PALISADE_DIGEST_H
#define PALISADE_DIGEST_H

#include "palisade/err.h"
#include "palisade/progress.h"
#include "palisade/view.h"

/* FIPS 180-4 and RFC 7693 (BLAKE2b with a 64-byte result, no key). */
enum pal_digest_alg { PAL_SHA256, PAL_SHA384, PAL_SHA512, PAL_BLAKE2B };

#define PAL_DIGEST_MAX  64
#define PAL_DIGEST_TEXT (2 * PAL_DIGEST_MAX + 1)

struct pal_digest {
	enum pal_digest_alg alg;
	size_t              len;
	uint8_t             bytes[PAL_DIGEST_MAX]; /* zero after len */
};

/* Once, before anything else of crypto, by a program that must not end by a signal when there is no memory. */
PAL_NODISCARD enum pal_err pal_digest_start(struct pal_diag *d);

const char *pal_digest_alg_name(enum pal_digest_alg alg); /* "sha256", "sha384", "sha512", "blake2b" */
bool        pal_digest_alg_of(struct pal_view name, enum pal_digest_alg *ret_alg);
size_t      pal_digest_size(enum pal_digest_alg alg);

PAL_NODISCARD enum pal_err pal_digest_of(enum pal_digest_alg alg, struct pal_view bytes, struct pal_digest *ret);

/* Of the parts as if they stood one after the other. */
PAL_NODISCARD enum pal_err pal_digest_of_parts(enum pal_digest_alg alg, const struct pal_view *parts, size_t count,
					       struct pal_digest *ret);

struct pal_view pal_digest_view(const struct pal_digest *g); /* lives as long as g */
bool            pal_digest_eq(const struct pal_digest *a, const struct pal_digest *b);

void pal_digest_hex(const struct pal_digest *g, char ret_text[PAL_DIGEST_TEXT]); /* lower case, no prefix */

/* Exactly the hexadecimal digits of alg; upper case is refused, so that one digest has one text. */
PAL_NODISCARD enum pal_err pal_digest_parse(enum pal_digest_alg alg, struct pal_view hex, struct pal_digest *ret);

struct pal_hasher {
	enum pal_digest_alg alg;
	void               *context; /* owned */
	enum pal_err        err;
};

#define PAL_AUTO_HASHER __attribute__((cleanup(pal_hasher_done))) struct pal_hasher

struct pal_hasher          pal_hasher_of(enum pal_digest_alg alg); /* an error shows at the end */
void                       pal_hasher_add(struct pal_hasher *h, struct pal_view bytes);
PAL_NODISCARD enum pal_err pal_hasher_end(struct pal_hasher *h, struct pal_digest *ret);
void                       pal_hasher_done(struct pal_hasher *h);

/* A piece of an open file; the offset of the descriptor is neither used nor moved. */
struct pal_digest_piece {
	int                  fd;
	uint64_t             at, len;
	enum pal_digest_alg  alg;
	struct pal_progress *progress; /* NULL allowed */
};

/* PAL_ETRUNC when the file ends before the piece does. Reads at most 64 KiB at a time. */
PAL_NODISCARD enum pal_err pal_digest_of_fd(const struct pal_digest_piece *piece, struct pal_digest *ret,
					    struct pal_diag *d);

#endif
