/*
 * weights.h - what the parts of the weight detector share: one tensor on its way through, and what is kept of it.
 *
 * A tensor is read in segments, each by itself and by any thread of a crew; what
 * they say is put together in their order. The result is the same for every
 * number of threads, since the segments are.
 *
 *   units    numbers (elements), unless a name says bytes
 *   memory   everything from the file's arena; the working room is made when the first tensor comes
 *   errors   those of the input that holds the bytes
 *   threads  a room belongs to one thread, the rest to the detector's caller
 */
#ifndef PALISADE_DETECT_WEIGHTS_H
#define PALISADE_DETECT_WEIGHTS_H

#include "palisade/crew.h"
#include "palisade/lanes.h"
#include "palisade/lowbits.h"
#include "rules.h"

#define PAL_WEIGHTS_BLOCK   ((size_t)64 << 10) /* bytes that are tested together */
#define PAL_WEIGHTS_SEGMENT ((size_t)2 << 20)  /* bytes for one thread; no group of blocks reaches over their end */
#define PAL_WEIGHTS_WAVE    ((size_t)256)      /* segments whose results are kept before they are put together */
#define PAL_WEIGHTS_CARRY   ((size_t)512)      /* bytes of a stream that the next block still sees */
#define PAL_WEIGHTS_ROWS    ((size_t)1 << 16)  /* rows whose norms are kept */
#define PAL_WEIGHTS_SIDE    ((size_t)4096)     /* classes whose sums are kept */
#define PAL_WEIGHTS_SLOTS   ((size_t)1 << 16)  /* of the table that tells which mantissas were there */
#define PAL_WEIGHTS_SAMPLE  ((size_t)1024)     /* numbers of a block whose mantissas are compared */

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

/* A mark or text that was found; one of them a tensor is enough. */
struct pal_weight_said {
	const struct pal_rule *rule; /* NULL: nothing was */
	enum pal_severity      severity;
	uint64_t               at;
	char                   text[PAL_DIAG_TEXT];
};

/* The part of a row that a segment has, when the row reaches over its end. */
struct pal_weight_edge {
	uint64_t row;
	double   squares, positive;
};

/* What is counted of a tensor, or of one segment of it. */
struct pal_weight_run {
	const struct pal_content *piece;
	unsigned int              width, exponent; /* bytes of a number; bits of its exponent, 0: no floating point */
	uint64_t                  count, at;       /* numbers of the tensor, and before the current block */
	uint64_t                  from, to;        /* numbers before the segment's first, and to its end */
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
	bool                      odd;      /* the block: bytes of a file, read as these numbers, could look like it */
	double                    distinct; /* the share of different mantissas in the last sample; at the end */
	struct pal_weight_edge    edges[2];
	float                    *columns; /* of this segment; NULL: not kept */
	struct pal_weight_said    said;
};

/* Sums over rows and columns of one tensor. A row that one segment has whole is written by its thread alone. */
struct pal_weight_sums {
	float  row_squares[PAL_WEIGHTS_ROWS];
	double row_positive[PAL_WEIGHTS_SIDE];
	float  column_positive[PAL_WEIGHTS_SIDE];
};

/* Numbers of one block, side by side and far apart, until somebody asks how many of them are different. */
struct pal_weight_sample {
	uint64_t near[PAL_WEIGHTS_SAMPLE], far[PAL_WEIGHTS_SAMPLE];
	size_t   near_count, far_count;
	bool     spread;   /* the block is long enough for numbers far apart */
	double   distinct; /* the smaller share of different mantissas; below 0: nobody asked */
};

/* Where one thread works. */
struct pal_weight_room {
	struct pal_input input; /* the same bytes through a window of its own; the caller's thread has the member's */
	struct pal_weight_sums *sums;
	const uint64_t         *block; /* here or in the input's window */
	uint64_t                room[PAL_WEIGHTS_BLOCK / 8];
	uint64_t low[(PAL_WEIGHTS_CARRY + PAL_WEIGHTS_BLOCK / 2) / 8]; /* the carry, then the low bytes of the block */
	size_t   carried;
	uint64_t alive[PAL_WEIGHTS_BLOCK / 2 / 8];
	uint8_t  packed[PAL_WEIGHTS_BLOCK / 4];
	float    floats[4096];
	uint32_t packed_counts[PAL_PACKED][256];
	uint32_t top[128 * 256];
	uint32_t slots[PAL_WEIGHTS_SLOTS];
	struct pal_weight_sample samples[2]; /* of the first and the third block of a group */
	struct pal_weight_run    run;
};

struct pal_weights {
	const struct pal_rule *payload, *text, *lowbits, *tail, *top, *noise, *nan, *nan_data, *infinite, *denormal,
	    *zero, *duplicate, *row, *head, *norm;
	struct pal_arena        *arena;
	struct pal_crew         *crew;  /* NULL: one thread */
	struct pal_weight_room **rooms; /* one a thread; NULL until the first tensor */
	struct pal_weight_sums  *sums;
	struct pal_weight_run   *parts;   /* of the segments of a wave */
	float                   *columns; /* of those segments; NULL until a tensor needs them */
	struct pal_weight_run    run;     /* the tensor */
	struct pal_weight_head   last_layer;
	struct pal_list          notes;    /* of struct pal_weight_note */
	uint64_t                 reported; /* findings with a name of their own */
};

/* weights.c: adds a finding about the current tensor, `at` bytes into it. */
void pal_weights_found(struct pal_weights *w, struct pal_findings *out, const struct pal_rule *rule,
		       enum pal_severity severity, uint64_t at, const char *fmt, ...) PAL_PRINTF(6, 7);

/* weights_block.c: one block of numbers, little-endian in room->block; `bytes` of it are there. */
void   pal_weights_block(struct pal_weight_room *m, size_t bytes);
void   pal_weights_group(struct pal_weight_room *m);    /* what is left of groups of blocks at the segment's end */
double pal_weights_distinct(struct pal_weight_room *m); /* the share of different mantissas in the last sample */

/* weights_stream.c: marks and text in a view's first `places` bytes, in the low bytes, in streams of low bits. */
void pal_weights_raw(const struct pal_weights *w, struct pal_weight_room *m, struct pal_view v, size_t places,
		     uint64_t at);
void pal_weights_low(const struct pal_weights *w, struct pal_weight_room *m, size_t bytes, bool last);
void pal_weights_start(const struct pal_weights *w, struct pal_weight_room *m, size_t bytes);

/* weights_merge.c: what the next segment says, added to what is known of the tensor. */
void pal_weights_merge(struct pal_weights *w, const struct pal_weight_run *part);
void pal_weights_patterns(struct pal_patterns *sum, const struct pal_patterns *one);

/* weights_judge.c: what the statistics of the whole tensor say. */
void pal_weights_judge(struct pal_weights *w, struct pal_findings *out);

/* weights_rank.c: signals that rank and never decide: classes, rows, layers that differ from their like. */
void                       pal_weights_head(struct pal_weights *w);
void                       pal_weights_rows(struct pal_weights *w, struct pal_findings *out);
PAL_NODISCARD enum pal_err pal_weights_note(struct pal_weights *w);
PAL_NODISCARD enum pal_err pal_weights_rank(struct pal_weights *w, struct pal_findings *out);

#endif
