/*
 * journal.h - the records that make a batch durable with one flush.
 *
 * A record is "palj0001", the first index, the count, the length of the signed
 * checkpoint and of the entries (all big-endian), the checkpoint, the entries as
 * a bundle of any length, and the SHA-256 of all that. What follows the last
 * whole record was never acknowledged.
 *
 *   units    bytes; indexes count entries
 *   memory   a record is views into what it was read from
 *   errors   those of the buffer that is written to
 *   threads  pure
 */
#ifndef PALISADE_MERKLE_JOURNAL_H
#define PALISADE_MERKLE_JOURNAL_H

#include "palisade/buf.h"

struct pal_journal_record {
	uint64_t        first, count;
	struct pal_view checkpoint, entries;
};

void pal_journal_add(struct pal_buf *b, const struct pal_journal_record *r);

/* Takes one whole record off *rest; false, and *rest as it was, when there is none. */
bool pal_journal_next(struct pal_view *rest, struct pal_journal_record *ret_record);

#endif
