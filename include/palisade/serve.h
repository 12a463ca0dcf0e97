/*
 * serve.h - what a scanner and its workers say to each other, and the worker's side of it.
 *
 * The parent says SETUP once, then EXAMINE with an open descriptor for each file,
 * or BATCH with the bytes of many small ones.
 * The worker loads its rules, confines itself, says HELLO (or FAIL), and answers
 * each file with any number of PROGRESS and one RESULT (scan_result.h).
 *
 *   units    bytes
 *   memory   views live as long as the frame they were read from
 *   errors   PAL_EFORM, PAL_ETRUNC for a payload that is not one of ours
 *   threads  one
 */
#ifndef PALISADE_SERVE_H
#define PALISADE_SERVE_H

#include "palisade/buf.h"
#include "palisade/scan.h"

struct pal_detect;

enum pal_serve_frame {
	PAL_SERVE_SETUP = 1, /* sandbox, rules folder ("" for none), PAL_SERVE_STRUCTURE or 0, and threads */
	PAL_SERVE_EXAMINE,   /* name, size; with the descriptor */
	PAL_SERVE_HELLO,     /* version of the rules, what confines the worker */
	PAL_SERVE_FAIL,      /* why the worker cannot work */
	PAL_SERVE_PROGRESS,  /* "", bytes examined so far */
	PAL_SERVE_RESULT,
	PAL_SERVE_TALLY,   /* three column names with LF between, size; with the descriptor: see tally.h */
	PAL_SERVE_COUNTS,  /* the answer */
	PAL_SERVE_DISASM,  /* a member or "", size; with the descriptor: see disasm.h */
	PAL_SERVE_LINES,   /* part of the answer */
	PAL_SERVE_END,     /* all of it was sent */
	PAL_SERVE_CONVERT, /* "drop" or "", size; with the descriptor: see convert.h */
	PAL_SERVE_PLAN,    /* a part of the answer; an empty one ends it */
	PAL_SERVE_BATCH,   /* names and contents of small files: see batch.h; a RESULT for each, in order */
	PAL_SERVE_COMPARE, /* what follows: see compare_parts.h */
	PAL_SERVE_LISTED,
	PAL_SERVE_WANT,
	PAL_SERVE_COMPARED,
};

#define PAL_SERVE_STRUCTURE  1u /* in SETUP: tensors' numbers are not read */
#define PAL_SERVE_THREADS(n) ((uint64_t)(n) << 8)

/* The one shape of all payloads but RESULT's: two texts and a number. */
struct pal_serve_words {
	struct pal_view first, second;
	uint64_t        number;
};

void                       pal_serve_words_add(struct pal_buf *out, const struct pal_serve_words *w);
PAL_NODISCARD enum pal_err pal_serve_words_of(struct pal_view payload, struct pal_serve_words *ret_words);

/* tally.c, in the worker: counts the table behind fd into `out`. */
PAL_NODISCARD enum pal_err pal_tally_serve(int fd, const struct pal_serve_words *words, struct pal_buf *out,
					   struct pal_diag *d);

/* disasm.c, in the worker: sends the opcodes of the pickles behind fd as LINES. */
PAL_NODISCARD enum pal_err pal_disasm_serve(int fd, const struct pal_serve_words *words, const struct pal_detect *rules,
					    struct pal_diag *d);

/* convert_plan.c, in the worker: the plan for the file behind fd into `out`. */
PAL_NODISCARD enum pal_err pal_convert_serve(int fd, const struct pal_serve_words *words, struct pal_buf *out,
					     struct pal_diag *d);

/* compare_serve.c, in the worker: everything that follows COMPARE. */
PAL_NODISCARD enum pal_err pal_compare_serve(struct pal_diag *d);

/* The loop behind pal_scan_worker_main(). `before` is called, confined, with the name of each file; NULL in the
 * product, for tests it is where a worker goes wrong. */
int pal_serve(void (*before)(const char *name));

#endif
