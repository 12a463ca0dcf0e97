/*
 * batch.h - small files on their way: read by the parent, which does not look at them, and sent many at a time.
 *
 * A frame of a batch is, for each file, the length of its name (u32le), the name,
 * the length of its content (u32le) and the content. The worker answers each file
 * in order with one RESULT. When it dies, hangs or says what no worker says,
 * every file without an answer is examined again, alone, in a fresh worker: so
 * the one that did it is named, and the others lose nothing.
 *
 *   units    bytes, microseconds
 *   memory   one frame of at most 288 KB and its names a worker, kept between batches
 *   errors   PAL_ENOMEM, PAL_ELIMIT
 *   threads  one
 */
#ifndef PALISADE_SCAN_BATCH_H
#define PALISADE_SCAN_BATCH_H

#include "palisade/reader.h"
#include "run.h"

/* The slot's next file, or its next batch: then has_item is set and batch.count is not 0. */
PAL_NODISCARD enum pal_err pal_scan_take_work(struct pal_scan_run *r, struct pal_scan_slot *slot);

/* Between two answers of a worker that has a batch. */
uint64_t pal_scan_batch_limit(const struct pal_scanner *s);

/* One answer; *ret_wrong: it is none, and the worker is lost. */
PAL_NODISCARD enum pal_err pal_scan_hear_batch(struct pal_scan_run *r, struct pal_scan_slot *slot,
					       const struct pal_frame *f, bool *ret_wrong);

/* The worker is gone: what it has not answered will be given out alone. */
PAL_NODISCARD enum pal_err pal_scan_lose_batch(struct pal_scan_run *r, struct pal_scan_slot *slot);

/* Both sides of a frame; next() is false at the end and at the first damage, which pal_reader_err() tells. */
uint8_t *pal_scan_batch_add(struct pal_buf *out, struct pal_view name, size_t size); /* room for the content */
bool     pal_scan_batch_next(struct pal_reader *r, struct pal_view *ret_name, struct pal_view *ret_content);

#endif
