/*
 * ask.h - one question to a worker of our own, and its answer; for those who need one worker for one thing.
 *
 *   units    none
 *   memory   a frame lives until the next one is asked for
 *   errors   PAL_ESYS (the worker died or took too long), PAL_EFORM and PAL_EDENIED (what it says of the file)
 *   threads  one
 */
#ifndef PALISADE_SCAN_ASK_H
#define PALISADE_SCAN_ASK_H

#include "palisade/serve.h"
#include "palisade/worker.h"

#define PAL_AUTO_ASKED __attribute__((cleanup(pal_ask_stop))) struct pal_asked

struct pal_asked {
	struct pal_worker worker;
	const char       *what; /* "the worker that reads the table" */
};

PAL_NODISCARD enum pal_err pal_ask_start(struct pal_asked *a, const char *what, struct pal_diag *d);

/* The same in the sandbox of this name (NULL: worker); says what it is. */
PAL_NODISCARD enum pal_err pal_ask_start_in(struct pal_asked *a, const char *what, const char *sandbox,
					    const char **ret_said, struct pal_arena *arena, struct pal_diag *d);
void                       pal_ask_stop(struct pal_asked *a);

/* One frame out, one back. */
PAL_NODISCARD enum pal_err pal_ask(struct pal_asked *a, enum pal_serve_frame type, const struct pal_serve_words *words,
				   int fd, struct pal_frame *ret_frame, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_ask_more(struct pal_asked *a, struct pal_frame *ret_frame, struct pal_diag *d);

#endif
