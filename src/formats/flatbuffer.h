/*
 * flatbuffer.h - reads FlatBuffers (flatbuffers.dev/internals) table by table, from an input of any size.
 *
 * No schema: whoever reads a table knows its field ids. Every offset, vtable and
 * count is held against the file before it is used, with the alignment that a
 * verifier asks for; what is not so is reported (at most LIES_MOST times) and is
 * then as if it were absent. Offsets only lead to what a caller asks for, so cycles
 * cannot trap a walk, and a budget makes it linear in the size of the file however
 * often its parts are shared.
 *
 *   units    bytes; offsets from the start of the input
 *   memory   pages of the file in an arena of its own (4 MiB) until pal_fb_done(); none for an input in memory
 *   errors   those of the input and the sink, sticky: pal_fb_err(); a broken file is an anomaly and no error
 *   threads  as the input
 */
#ifndef PALISADE_FORMATS_FLATBUFFER_H
#define PALISADE_FORMATS_FLATBUFFER_H

#include "palisade/arena.h"
#include "palisade/buf.h"
#include "palisade/content.h"

struct pal_fb_page;

struct pal_fb {
	struct pal_input   *in;
	struct pal_sink    *sink;
	struct pal_arena    arena;
	struct pal_fb_page *pages;  /* NULL for an input in memory */
	uint64_t            size;   /* what of the input is the FlatBuffer, from its start */
	uint64_t            end;    /* behind the last byte that was used so far */
	uint64_t            budget; /* what may still be read, in bytes */
	unsigned int        lies;   /* how often the file broke the format */
	enum pal_err        err;
};

struct pal_fb_table {
	uint64_t at; /* 0: there is none */
	uint64_t vtable;
	uint16_t vtable_len, len;
};

struct pal_fb_vector {
	uint64_t     at; /* of the first item; 0: there is none */
	uint32_t     count;
	unsigned int width;
};

/* The file identifier at byte 4 (four bytes), as a probe sees it. */
bool pal_fb_is(struct pal_view head, const char *id);

PAL_NODISCARD enum pal_err pal_fb_init(struct pal_fb *f, struct pal_input *in, struct pal_sink *sink, uint64_t size);
void                       pal_fb_done(struct pal_fb *f);
enum pal_err               pal_fb_err(const struct pal_fb *f);

struct pal_fb_table  pal_fb_root(struct pal_fb *f);
bool                 pal_fb_has(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id);
uint64_t             pal_fb_uint(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id, unsigned int width,
				 uint64_t absent);
struct pal_fb_table  pal_fb_table(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id);
struct pal_fb_vector pal_fb_vector(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id, unsigned int width);
struct pal_fb_vector pal_fb_string(struct pal_fb *f, const struct pal_fb_table *t, unsigned int id);

uint64_t             pal_fb_item(struct pal_fb *f, const struct pal_fb_vector *v, uint32_t i);
struct pal_fb_table  pal_fb_item_table(struct pal_fb *f, const struct pal_fb_vector *v, uint32_t i);
struct pal_fb_vector pal_fb_item_string(struct pal_fb *f, const struct pal_fb_vector *v, uint32_t i);

/* A string's or byte vector's first `most` bytes, in place of what `b` held. */
struct pal_view pal_fb_text(struct pal_fb *f, const struct pal_fb_vector *v, size_t most, struct pal_buf *b);

/* The same as metadata, all of it, in pieces; nothing for an empty one. */
PAL_NODISCARD enum pal_err pal_fb_give(struct pal_fb *f, const struct pal_fb_vector *v, const char *name);

/* Says that the file breaks the format; the walk goes on. */
void pal_fb_lie(struct pal_fb *f, uint64_t at, const char *fmt, ...) PAL_PRINTF(3, 4);

#endif
