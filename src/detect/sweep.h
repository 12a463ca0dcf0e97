/*
 * sweep.h - scans texts of any length in windows, and keeps what lies across two pieces of one text.
 *
 *   units    bytes
 *   memory   a seam keeps the end of the last piece, in itself
 *   errors   those of pal_engine_scan(), and of the callback
 *   threads  a seam belongs to one thread
 */
#ifndef PALISADE_DETECT_SWEEP_H
#define PALISADE_DETECT_SWEEP_H

#include "engine.h"

#define PAL_SEAM 512 /* the longest thing that is found across two pieces is twice that */

/* `at` is the offset of the hits' text in the whole; hits are sorted and, unless `all`, do not overlap. */
typedef enum pal_err pal_sweep_fn(void *arg, struct pal_view text, uint64_t at, struct pal_hit *hits, size_t count);

struct pal_sweep {
	struct pal_engine        *engine;
	struct pal_scanner_state *scanner;
	bool                      all;
	pal_sweep_fn             *fn;
	void                     *arg;
};

PAL_NODISCARD enum pal_err pal_sweep_text(const struct pal_sweep *s, const struct pal_scan_text *t);

struct pal_seam {
	uint8_t  bytes[2 * PAL_SEAM];
	size_t   tail, len; /* bytes of the last piece; of both */
	uint64_t end;       /* where the last piece ended */
	bool     open;
};

/* True when the piece at `at` goes on where the last one ended: bytes[0, len) is then the seam, cut at `tail`. */
bool pal_seam_join(struct pal_seam *s, struct pal_view piece, uint64_t at);
void pal_seam_keep(struct pal_seam *s, struct pal_view piece, uint64_t at); /* after the piece has been scanned */

#endif
