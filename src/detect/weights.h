/*
 * weights.h - what the parts of the weight detector share: one tensor on its way through, and what is kept of it.
 *
 *   units    numbers (elements), unless a name says bytes
 *   memory   everything from the file's arena; the working room is made when the first tensor comes
 *   errors   those of the input that holds the bytes
 *   threads  one state belongs to one thread
 */
#ifndef PALISADE_DETECT_WEIGHTS_H
#define PALISADE_DETECT_WEIGHTS_H

#include "palisade/lanes.h"
#include "palisade/lowbits.h"
#include "rules.h"

#define PAL_WEIGHTS_BLOCK  ((size_t)64 << 10) /* bytes that are tested together */
#define PAL_WEIGHTS_CARRY  ((size_t)512)      /* bytes of a stream that the next block still sees */
#define PAL_WEIGHTS_ROWS   ((size_t)1 << 16)  /* rows whose norms are kept */
#define PAL_WEIGHTS_SIDE   ((size_t)4096)     /* classes whose sums are kept */
#define PAL_WEIGHTS_SLOTS  ((size_t)1 << 16)  /* of the table that tells which mantissas were there */
#define PAL_WEIGHTS_SAMPLE ((size_t)1024)     /* numbers of a block whose mantissas are compared */

/* One statistic over all blocks of a tensor. */
struct pal_weight_test {
	uint64_t tested, hits;
	uint64_t first;         /* byte in the tensor, of the first hit */
	double   effect, log_p; /* of the strongest hit */
};

enum { PAL_PACKED_1, PAL_PACKED_2, PAL_PACKED_4, PAL_PACKED_HIGH, PAL_PACKED }; /* high: bits 4 to 7 */

/* What is kept of a tensor until the file's end. */
struct pal_weight_note {
	const char *name;
	uint64_t    offset, count, shape; /* shape: a digest of type and dimensions */
	uint64_t    content;              /* a digest of what was measured; equal for equal tensors */
	double      rms, sum;
	bool        plain; /* constant, or too small to say anything */
};

/* Sums over one weight matrix that could be the last layer of a classifier. */
struct pal_weight_head {
	char   name[128];
	bool   named; /* its name says so */
	size_t classes;
	double sums[PAL_WEIGHTS_SIDE];
};

/* The tensor that is being read. */
struct pal_weight_run {
	const struct pal_content *piece;
	unsigned int              width, exponent; /* bytes of a number; bits of its exponent, 0: no floating point */
	uint64_t                  count, at;       /* numbers in all, and before the current block */
	uint64_t                  shape[2];        /* rows and what is in a row; 0: not two-dimensional */
	bool                      rows, sides;     /* their sums are kept */
	struct pal_patterns       patterns;
	struct pal_moments        moments;
	float                     first; /* to know a constant */
	bool                      constant;
	struct pal_weight_test    packed[PAL_PACKED], top, gap;
	bool                      uneven; /* where something was found, some low bytes are rarer than others */
	uint64_t                  packed_first, packed_blocks;
	size_t                    packed_last; /* numbers of the block that came last */
	size_t                    sampled;     /* the sample that was taken last */
	uint64_t                  top_count;
	uint64_t                  in_first;              /* numbers in one step of the outermost dimension */
	bool                      tails;                 /* there are different numbers with a tail */
	uint64_t                  tail_first, tail_last; /* numbers with a tail in a tensor that has few */
	uint64_t                  nan_kinds, nan_seen[32];
	uint64_t                  digest;
	bool                      odd;   /* the block: bytes of a file, read as these numbers, could look like it */
	bool                      found; /* something with a mark or text was: one finding a tensor is enough */
};

/* Numbers of one block, side by side and far apart, until somebody asks how many of them are different. */
struct pal_weight_sample {
	uint64_t near[PAL_WEIGHTS_SAMPLE], far[PAL_WEIGHTS_SAMPLE];
	size_t   near_count, far_count;
	bool     spread;   /* the block is long enough for numbers far apart */
	double   distinct; /* the smaller share of different mantissas; below 0: nobody asked */
};

struct pal_weight_room {
	const uint64_t *block; /* here or in the input's window */
	uint64_t        room[PAL_WEIGHTS_BLOCK / 8];
	uint64_t low[(PAL_WEIGHTS_CARRY + PAL_WEIGHTS_BLOCK / 2) / 8]; /* the carry, then the low bytes of the block */
	size_t   carried;
	uint64_t alive[PAL_WEIGHTS_BLOCK / 2 / 8];
	uint8_t  packed[PAL_WEIGHTS_BLOCK / 4];
	float    floats[4096];
	uint32_t packed_counts[PAL_PACKED][256];
	uint32_t top[128 * 256];
	uint32_t slots[PAL_WEIGHTS_SLOTS];
	struct pal_weight_sample samples[2]; /* of the first and the third block of a group */
	float                    row_squares[PAL_WEIGHTS_ROWS];
	double                   row_positive[PAL_WEIGHTS_SIDE];
	float                    column_positive[PAL_WEIGHTS_SIDE];
	struct pal_weight_head   head;
	struct pal_weight_run    run;
};

struct pal_weights {
	const struct pal_rule *payload, *text, *lowbits, *tail, *top, *noise, *nan, *nan_data, *infinite, *denormal,
	    *zero, *duplicate, *row, *head, *norm;
	struct pal_arena       *arena;
	struct pal_weight_room *room;     /* NULL until the first tensor */
	struct pal_list         notes;    /* of struct pal_weight_note */
	uint64_t                reported; /* findings with a name of their own */
};

/* weights.c: adds a finding about the current tensor, `at` bytes into it. */
void pal_weights_found(struct pal_weights *w, struct pal_findings *out, const struct pal_rule *rule,
		       enum pal_severity severity, uint64_t at, const char *fmt, ...) PAL_PRINTF(6, 7);

/* weights_block.c: one block of numbers, little-endian in room->block; `bytes` of it are there. */
void   pal_weights_block(struct pal_weight_room *m, size_t bytes);
double pal_weights_distinct(struct pal_weight_room *m); /* the share of different mantissas in the last sample */
void   pal_weights_group(struct pal_weight_room *m);    /* what is left of groups of blocks at the tensor's end */

/* weights_stream.c: marks and text in a view's first `places` bytes, in the low bytes, in streams of low bits. */
void pal_weights_raw(struct pal_weights *w, struct pal_view v, size_t places, uint64_t at, struct pal_findings *out);
void pal_weights_low(struct pal_weights *w, size_t bytes, bool last, struct pal_findings *out);
void pal_weights_start(struct pal_weights *w, size_t bytes, struct pal_findings *out);

/* weights_judge.c: what the statistics of the whole tensor say. */
void pal_weights_judge(struct pal_weights *w, struct pal_findings *out);

/* weights_rank.c: signals that rank and never decide: classes, rows, layers that differ from their like. */
void                       pal_weights_head(struct pal_weights *w);
void                       pal_weights_rows(struct pal_weights *w, struct pal_findings *out);
PAL_NODISCARD enum pal_err pal_weights_note(struct pal_weights *w);
PAL_NODISCARD enum pal_err pal_weights_rank(struct pal_weights *w, struct pal_findings *out);

#endif
