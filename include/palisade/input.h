/*
 * input.h - a file or a piece of memory that is read at any offset through one bounded window.
 *
 * Files are never mapped (a truncation by somebody else would be a SIGBUS); they
 * are read with pread(2) into a window that the input owns. Formats read an input
 * through pal_reader_at() and never see a descriptor.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   the window (PAL_INPUT_WINDOW) is owned by the input until pal_input_done()
 *   errors   PAL_ESYS (read failed), PAL_ETRUNC (the file shrank), PAL_ELIMIT (longer than the window)
 *   threads  one input belongs to one thread
 */
#ifndef PALISADE_INPUT_H
#define PALISADE_INPUT_H

#include "palisade/err.h"
#include "palisade/view.h"

#define PAL_INPUT_WINDOW ((size_t)1 << 20)

struct pal_input {
	int             fd;   /* -1 for memory; not owned */
	uint64_t        base; /* where in the file the input begins */
	uint64_t        size;
	struct pal_view memory; /* the whole input, when it is memory */
	uint8_t        *window; /* owned */
	uint64_t        window_at;
	size_t          window_len;
	bool            steps; /* a reader that asks for all it wants: nothing is read ahead of it */
	uint32_t        jump;  /* the least that is read after a jump, in bytes; 0: 64 KiB */
};

struct pal_input pal_input_of_fd(int fd, uint64_t size);
struct pal_input pal_input_of_view(struct pal_view v);

/* len bytes of a parent from `at`, as an input of its own (a stored member of an archive); the parent must outlive it.
 */
PAL_NODISCARD enum pal_err pal_input_part(const struct pal_input *parent, uint64_t at, uint64_t len,
					  struct pal_input *ret_part);
void                       pal_input_done(struct pal_input *in);

/* A view of bytes [at, at+want) or, when the window has no room or the file ends, of fewer but at least `least`. */
PAL_NODISCARD enum pal_err pal_input_view(struct pal_input *in, uint64_t at, size_t least, size_t want,
					  struct pal_view *ret_view);

#endif
