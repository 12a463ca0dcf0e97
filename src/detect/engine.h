/*
 * engine.h - finds what the rules describe in a piece of text: patterns, runs, validators, context, overlaps.
 *
 * The pattern database is made (database.h) when the first text is scanned, once for
 * all threads. A scan needs a scanner (scratch memory), which is borrowed and given
 * back; one scanner serves one thread at a time.
 *
 *   units    bytes; a text of up to 4 GB, better in pieces of 64 KiB to 1 MiB
 *   memory   hits live until the next scan of the same scanner
 *   errors   PAL_ENOMEM; PAL_ECONFIG, naming the rule, for a pattern that does not compile
 *   threads  the engine is shared; a scanner belongs to one thread
 */
#ifndef PALISADE_DETECT_ENGINE_H
#define PALISADE_DETECT_ENGINE_H

#include <pthread.h>

#include "palisade/buf.h"
#include "context.h"
#include "rulefile.h"
#include "runs.h"

struct hs_database;
struct hs_scratch;

struct pal_scan_text {
	struct pal_view text;
	struct pal_view name; /* of the column, key or field that the text is the value of; empty: none */
};

struct pal_hit {
	const struct pal_rule_def *def;
	size_t                     start, end;             /* in the text */
	size_t                     value_start, value_end; /* what is secret or personal of it */
	enum pal_belief            belief;
	bool                       grouped, folded, in_context, strong;
	uint16_t                   distance; /* of the context */
};

struct pal_raw {
	const struct pal_rule_def *def;
	size_t                     start, end;
};

struct pal_scanner_state {
	struct pal_scanner_state *next, *next_idle; /* of the engine, under its lock */
	struct pal_arena          arena;
	struct hs_scratch        *scratch;      /* owned; NULL when there are no patterns */
	struct pal_marks          marks, named; /* what stands around a hit; what its column, key or field is called */
	uint8_t                   name[256];    /* that `named` is of */
	size_t                    name_len;
	bool                      name_known;
	struct pal_raw           *raw;  /* owned */
	struct pal_hit           *hits; /* owned */
	size_t                    raw_count, raw_cap, hit_count, hit_cap;
	size_t                   *rule_raw;   /* by rule: its last raw match, + 1 */
	size_t                   *rule_tried; /* by rule: where its last growth ended */
	uint8_t                  *rule_failed;
	size_t                    marked_start, marked_end; /* whose context the marks tell */
	bool                      marked;
	struct pal_nearby         nearby;
	bool                      failed; /* memory ran out in a callback */
};

struct pal_engine {
	const struct pal_list    *defs;
	const char               *version; /* of our own rules, which the build compiled; NULL: there are others */
	struct pal_context        context;
	struct pal_runs           runs;
	pthread_mutex_t           lock;
	struct hs_database       *database; /* owned; compiled under the lock */
	struct hs_scratch        *scratch;  /* owned; the one that others are cloned from */
	bool                      compiled;
	struct pal_scanner_state *all, *idle; /* owned; under the lock */
};

PAL_NODISCARD enum pal_err pal_engine_init(struct pal_engine *e, const struct pal_list *defs, struct pal_arena *a,
					   struct pal_diag *d);
void                       pal_engine_done(struct pal_engine *e);

/* Compiles now what the first scan would compile. Does nothing the second time. */
PAL_NODISCARD enum pal_err pal_engine_compile(struct pal_engine *e, struct pal_diag *d);

/* The compiled patterns as bytes that pal_engine_restore() takes, on the same kind of processor only. */
PAL_NODISCARD enum pal_err pal_engine_save(struct pal_engine *e, struct pal_buf *b, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_engine_restore(struct pal_engine *e, struct pal_view bytes, struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_engine_borrow(struct pal_engine *e, struct pal_scanner_state **ret_s);
void                       pal_engine_return(struct pal_engine *e, struct pal_scanner_state **s);

/*
 * All hits of the text, by start, after overlaps are decided. `all` keeps everything that validates: overlapping
 * hits, and those that nobody would believe alone; for evidence from columns.
 */
PAL_NODISCARD enum pal_err pal_engine_scan(struct pal_engine *e, struct pal_scanner_state *s,
					   const struct pal_scan_text *t, bool all);

/* Of overlapping hits the better stays: more certain, nearer to its context, rarer by chance, graver, longer. */
bool   pal_hit_better(const struct pal_hit *a, const struct pal_hit *b);
size_t pal_hits_resolve(struct pal_hit *hits, size_t count);

#endif
