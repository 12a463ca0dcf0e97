/*
 * baseline.h - findings that are known and accepted: each by the digest of its file and the rule, with a reason and a
 * day on which it ends.
 *
 * The file is JSON that people edit: {"version": "1", "accepted": [{"sha256",
 * "rule", "path", "reason", "expires"}]}. The path is for readers; bytes decide, so
 * a file that changes or another file of that name is not accepted.
 *
 *   units    expires is a day or an RFC 3339 time; from then on the entry does not count
 *   memory   a baseline lives in the caller's arena
 *   errors   PAL_ECONFIG with the entry's number and what was expected; those of json.h
 *   threads  immutable once read
 */
#ifndef PALISADE_BASELINE_H
#define PALISADE_BASELINE_H

#include "palisade/arena.h"
#include "palisade/buf.h"
#include "palisade/list.h"
#include "palisade/map.h"

struct pal_baseline_entry {
	const char *sha256, *rule, *path, *reason, *expires; /* path and expires: NULL allowed */
	uint64_t    expires_ms;                              /* UINT64_MAX: never */
};

struct pal_baseline {
	struct pal_list entries; /* of struct pal_baseline_entry */
	struct pal_map  index;   /* by digest and rule */
};

struct pal_baseline        pal_baseline_of(struct pal_arena *a);
PAL_NODISCARD enum pal_err pal_baseline_read(const char *path, struct pal_arena *a, struct pal_baseline *ret_baseline,
					     struct pal_diag *d);

/* The entry that accepts this, today; NULL when none does. Of several the last one in the file counts. */
const struct pal_baseline_entry *pal_baseline_find(const struct pal_baseline *b, const char *sha256, const char *rule,
						   uint64_t now_ms);

/* Adds an entry (texts are copied); an equal digest and rule is replaced. */
void pal_baseline_put(struct pal_baseline *b, const struct pal_baseline_entry *e);
void pal_baseline_write(const struct pal_baseline *b, struct pal_buf *out);

#endif
