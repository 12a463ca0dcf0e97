/*
 * run.h - the inside of a scanner: workers, the files that they have, and one call of pal_scan().
 *
 * scan.c makes a struct pal_scan_run and calls pal_scan_run_all(), which gives
 * every file to a worker, hears all of them, and leaves each file's result in
 * files[]. Nothing else knows these structs.
 *
 *   units    bytes; microseconds of pal_clock_mono_us()
 *   memory   results live in the arena of the run; workers belong to the scanner
 *   errors   as pal_scan()
 *   threads  one
 */
#ifndef PALISADE_SCAN_RUN_H
#define PALISADE_SCAN_RUN_H

#include "palisade/scan.h"
#include "palisade/scan_rules.h"
#include "palisade/worker.h"

#define PAL_SCAN_WORKERS 64u
#define PAL_SCAN_SAID    400
#define PAL_SCAN_BATCH   256u
#define PAL_SCAN_LARGE   ((uint64_t)64 << 20)

enum pal_scan_slot_state { SLOT_EMPTY, SLOT_STARTING, SLOT_READY, SLOT_BUSY };

struct pal_scan_small {
	size_t             item;
	struct pal_file_id id;
};

/* Small files that a worker gets in one frame: see batch.h. */
struct pal_scan_batch {
	struct pal_scan_small files[PAL_SCAN_BATCH];
	size_t                count, next; /* count 0: the worker has one file or none */
	uint64_t              size;
	struct pal_buf        frame;
};

/* A worker and the file, or the batch of files, that it has or will get. */
struct pal_scan_slot {
	enum pal_scan_slot_state state;
	struct pal_worker        worker;
	bool                     has_item;
	bool                     alone; /* the file was in a batch that was lost */
	size_t                   item;
	struct pal_scan_batch    batch;
	int                      fd; /* of the item; -1: none */
	struct pal_file_id       id;
	uint64_t                 began_us, deadline_us, progressed, bytes;
};

struct pal_scanner {
	struct pal_arena             arena;
	struct pal_detect           *detect;
	struct pal_scan_rules        rules;
	const char                  *rules_dir, *sandbox;
	unsigned int                 timeout_ms, slot_count;
	bool                         here;      /* examine in this process */
	bool                         structure; /* without tensors' numbers */
	pal_scan_found              *found;
	void                        *arg;
	struct pal_progress         *progress;
	const struct pal_scan_cache *cache;
	char                         said[PAL_SCAN_SAID]; /* what the workers' confinement is */
	struct pal_scan_slot         slots[PAL_SCAN_WORKERS];
};

/* One call of pal_scan(). */
struct pal_scan_run {
	struct pal_scanner     *s;
	struct pal_arena       *a;
	const char             *root;
	int                     root_fd; /* -1: root is a file, or there is no root */
	int                     only_fd; /* -1: none; the one descriptor to be examined */
	struct pal_scan_result *result;
	struct pal_scan_file   *files;
	size_t                 *order;   /* the largest first, so that no worker is left alone with it at the end */
	bool                   *regular; /* was a file when the scan began: opening it does nothing to a device */
	size_t                  count, next, done;
	size_t                  large; /* files that are worth several threads */
	struct pal_list         alone; /* of size_t: files of lost batches, to be examined one by one */
	struct pal_diag        *d;
};

/* item.c: the next file that a worker must see goes into the slot; files that need none are finished on the way. */
PAL_NODISCARD enum pal_err pal_scan_take_item(struct pal_scan_run *r, struct pal_scan_slot *slot);

/* The slot's file is done; `encoded` goes to the cache, empty: it does not. */
PAL_NODISCARD enum pal_err pal_scan_finish_item(struct pal_scan_run *r, struct pal_scan_slot *slot,
						struct pal_scan_file *f, struct pal_view encoded);
PAL_NODISCARD enum pal_err pal_scan_finish_small(struct pal_scan_run *r, const struct pal_scan_small *one,
						 struct pal_scan_file *f, struct pal_view encoded);

/* A finding that the parent makes: the file was not examined, or not all of it. */
void pal_scan_add_finding(struct pal_scan_run *r, struct pal_scan_file *f, const struct pal_rule *rule, const char *fmt,
			  ...) PAL_PRINTF(4, 5);

/* run.c */
PAL_NODISCARD enum pal_err pal_scan_start_first(struct pal_scanner *s, uint64_t bytes, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_scan_run_all(struct pal_scan_run *r);
void                       pal_scan_drop_all(struct pal_scanner *s); /* kills workers, closes files */

#endif
