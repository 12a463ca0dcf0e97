/*
 * worker.h - a process of our own program with nothing in it, and the frames that we say to it.
 *
 * pal_worker_spawn() starts this very program again under the name
 * PAL_WORKER_NAME: clean memory, no environment, no descriptor but one end of a
 * socket pair. Both sides send frames (length, type, payload); the parent may add
 * an open descriptor to a frame. The parent treats what it hears as hostile: no
 * frame makes it wait, and no length is believed beyond PAL_WORKER_FRAME.
 *
 *   units    bytes; milliseconds
 *   memory   a worker owns its buffer and descriptor until pal_worker_stop(); a frame lives until the next read
 *   errors   PAL_ESYS; PAL_ETRUNC (the other side is gone); PAL_EFORM (not a frame of ours)
 *   threads  one worker belongs to one thread, which must live as long as the worker
 */
#ifndef PALISADE_WORKER_H
#define PALISADE_WORKER_H

#include <sys/types.h>

#include "palisade/buf.h"

#define PAL_WORKER_NAME    "palisade-worker"
#define PAL_WORKER_CHANNEL 3 /* the worker's end of the socket pair */
#define PAL_WORKER_FRAME   ((size_t)16 << 20)
#define PAL_WORKER_HOW     80

struct pal_worker {
	pid_t          pid; /* 0: not running */
	int            fd;
	struct pal_buf in;
	size_t         taken; /* bytes of `in` that pal_worker_next() has handed out */
};

struct pal_frame {
	uint8_t         type;
	struct pal_view payload;
};

/* True when the program was started as a worker; main() must then call its worker loop and nothing else. */
bool pal_worker_is(const char *argv0);

PAL_NODISCARD enum pal_err pal_worker_spawn(struct pal_worker *ret_worker, struct pal_diag *d);

/* For both sides; pass_fd -1: none. A full socket waits at most five seconds in the parent. */
PAL_NODISCARD enum pal_err pal_worker_send(int fd, uint8_t type, struct pal_view payload, int pass_fd,
					   struct pal_diag *d);

/* The same in two steps, for many frames with one call of the kernel: add() puts a frame behind what `out` holds,
 * flush() sends it all and empties `out`. */
void                       pal_worker_add(struct pal_buf *out, uint8_t type, struct pal_view payload);
PAL_NODISCARD enum pal_err pal_worker_flush(int fd, struct pal_buf *out, struct pal_diag *d);

/* The parent: takes what has come, without waiting. PAL_ETRUNC: the worker hung up, with its last frames still to be
 * taken. */
PAL_NODISCARD enum pal_err pal_worker_read(struct pal_worker *w, struct pal_diag *d);

/* *ret_whole false: no whole frame has come yet. PAL_EFORM: a length beyond PAL_WORKER_FRAME. */
PAL_NODISCARD enum pal_err pal_worker_next(struct pal_worker *w, bool *ret_whole, struct pal_frame *ret_frame,
					   struct pal_diag *d);

/* The worker: waits for a frame, and for the descriptor that came with it (-1: none; the caller closes it). */
PAL_NODISCARD enum pal_err pal_worker_wait(int fd, struct pal_buf *b, struct pal_frame *ret_frame, int *ret_fd,
					   struct pal_diag *d);

/* Gives a worker that is hanging up wait_ms to end by itself, then kills it; says how it ended; frees the rest. */
void pal_worker_stop(struct pal_worker *w, unsigned int wait_ms, char ret_how[PAL_WORKER_HOW]);

#endif
