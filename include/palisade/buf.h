/*
 * buf.h - a growing run of bytes with a hard limit: what writers write to.
 *
 * Add freely, ask once at the end: pal_buf_err(). After the first error nothing
 * more is added. The bytes are always followed by a NUL that len does not count.
 *
 *   units    bytes
 *   memory   the buffer owns its bytes until pal_buf_done(); a view into it dies with the next add
 *   errors   PAL_ELIMIT (limit reached), PAL_ENOMEM; the first one stays
 *   threads  one buffer belongs to one thread
 */
#ifndef PALISADE_BUF_H
#define PALISADE_BUF_H

#include <stdarg.h>

#include "palisade/err.h"
#include "palisade/view.h"

struct pal_buf {
	char        *data; /* owned; NULL until the first add */
	size_t       len, cap, limit;
	enum pal_err err;
};

#define PAL_AUTO_BUF __attribute__((cleanup(pal_buf_done))) struct pal_buf

struct pal_buf pal_buf_of(size_t limit); /* 0: no limit but memory */
void           pal_buf_done(struct pal_buf *b);
void           pal_buf_clear(struct pal_buf *b); /* empties it, keeps the memory, forgets the error */

void pal_buf_add(struct pal_buf *b, struct pal_view v);
void pal_buf_add_text(struct pal_buf *b, const char *text);
void pal_buf_add_byte(struct pal_buf *b, uint8_t byte);
void pal_buf_add_u16le(struct pal_buf *b, uint16_t n);
void pal_buf_add_u32le(struct pal_buf *b, uint32_t n);
void pal_buf_add_u64le(struct pal_buf *b, uint64_t n);
void pal_buf_printf(struct pal_buf *b, const char *fmt, ...) PAL_PRINTF(2, 3);

/* n bytes to be filled in by the caller at once (a read, a decoder); NULL on error. */
uint8_t *pal_buf_room(struct pal_buf *b, size_t n);

struct pal_view pal_buf_view(const struct pal_buf *b);
const char     *pal_buf_text(const struct pal_buf *b); /* never NULL */
enum pal_err    pal_buf_err(const struct pal_buf *b);

#endif
