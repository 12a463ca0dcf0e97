/*
 * arena.h - memory for one unit of work (a scan, a request, a job), freed at once.
 *
 * Pieces are zeroed and aligned for any object. An arena has a hard limit; the
 * first piece that does not fit marks it overflowed, and from then on every
 * piece is NULL, so a builder may ask once at its end: pal_arena_err().
 *
 *   units    bytes
 *   memory   the arena owns every piece; a piece lives until pal_arena_done()
 *   errors   PAL_ELIMIT (limit reached), PAL_ENOMEM (malloc failed); the first one stays
 *   threads  one arena belongs to one thread
 */
#ifndef PALISADE_ARENA_H
#define PALISADE_ARENA_H

#include <stddef.h>

#include "palisade/err.h"
#include "palisade/view.h"

struct pal_arena_block;

struct pal_arena {
	struct pal_arena_block *last; /* owned */
	size_t                  used, limit;
	enum pal_err            err;
};

#define PAL_AUTO_ARENA __attribute__((cleanup(pal_arena_done))) struct pal_arena

void pal_arena_init(struct pal_arena *a, size_t limit);
void pal_arena_done(struct pal_arena *a); /* frees all pieces; a may be used again after pal_arena_init() */

void *pal_arena_array(struct pal_arena *a, size_t n,
		      size_t size); /* n objects of size bytes; NULL if err or n * size == 0 */

char           *pal_arena_text(struct pal_arena *a, struct pal_view v); /* a NUL-terminated copy; NULL if err */
struct pal_view pal_arena_copy(struct pal_arena *a, struct pal_view v); /* empty if err */
char           *pal_arena_printf(struct pal_arena *a, const char *fmt, ...) PAL_PRINTF(2, 3);

enum pal_err pal_arena_err(const struct pal_arena *a);

#endif
