/*
 * secret.h - bytes that must not be copied, printed, swapped out or left behind.
 *
 * A secret lives in pages of its own that are locked into memory where the limit
 * allows it, kept out of core dumps, and wiped when done. There is no function
 * that prints one, on purpose.
 *
 *   units    bytes
 *   memory   owned until pal_secret_done() (PAL_AUTO_SECRET does it); a view of it must not outlive it
 *   errors   PAL_ENOMEM; PAL_ESYS, PAL_ENOTFOUND, PAL_EKEY (empty or too long) when read from a file
 *   threads  one secret belongs to one thread; concurrent reading is safe
 */
#ifndef PALISADE_SECRET_H
#define PALISADE_SECRET_H

#include "palisade/err.h"
#include "palisade/view.h"

#define PAL_SECRET_MAX ((size_t)4096)

struct pal_secret {
	uint8_t *bytes; /* owned; NULL when empty */
	size_t   len, room;
	bool     locked; /* the pages cannot be swapped out */
};

#define PAL_AUTO_SECRET __attribute__((cleanup(pal_secret_done))) struct pal_secret

/* A copy of v, which the caller then wipes; at most PAL_SECRET_MAX. An empty view is allowed. */
PAL_NODISCARD enum pal_err pal_secret_of(struct pal_view v, struct pal_secret *ret);

/* The first line of a file, without its line end, as passphrase files are written. */
PAL_NODISCARD enum pal_err pal_secret_read(const char *path, struct pal_secret *ret, struct pal_diag *d);

/* The same from an open descriptor: a terminal with echo off, a pipe. `name` is for the diagnosis. */
PAL_NODISCARD enum pal_err pal_secret_read_fd(int fd, const char *name, struct pal_secret *ret, struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_secret_random(size_t len, struct pal_secret *ret); /* from getrandom(2) */

void            pal_secret_done(struct pal_secret *s); /* wipes; s is empty afterwards */
struct pal_view pal_secret_view(const struct pal_secret *s);

/* The time taken depends on the lengths and on nothing else. */
bool pal_secret_eq(struct pal_view a, struct pal_view b);

void pal_secret_wipe(void *p, size_t n); /* not optimised away */

#endif
