/*
 * examine.h - one file, and the files inside it: what a worker does, and nothing of how workers are run.
 *
 * The head decides the format, its parser hands content to every detector that
 * reads that kind, members are examined like files of their own. What cannot be
 * examined is a finding too. A file that is valid in a second format is looked at
 * through both.
 *
 *   units    bytes
 *   memory   the result lives in the caller's arena; everything else in arenas of at most `memory` bytes in all
 *   errors   PAL_ENOMEM, PAL_ELIMIT when the caller's arena is full; a bad file is a finding, not an error
 *   threads  one examination belongs to one thread
 */
#ifndef PALISADE_EXAMINE_H
#define PALISADE_EXAMINE_H

#include "palisade/content.h"
#include "palisade/scan.h"
#include "palisade/scan_rules.h"

#define PAL_EXAMINE_TICK ((uint64_t)16 << 20) /* at least so many bytes lie between two calls of progress() */

struct pal_examiner {
	const struct pal_scan_rules *rules;
	const struct pal_limits     *limits;         /* NULL: pal_limits_default */
	size_t                       memory;         /* 0: 512 MB */
	bool                         structure;      /* tensors' bytes are not read */
	void (*progress)(void *arg, uint64_t bytes); /* how far into the file it has come; NULL: not told */
	void *arg;
};

PAL_NODISCARD enum pal_err pal_examine(const struct pal_examiner *e, struct pal_input *in, const char *name,
				       struct pal_arena *a, struct pal_scan_file *ret_file);

#endif
