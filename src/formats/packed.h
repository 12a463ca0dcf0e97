/*
 * packed.h - a file that is one compressed stream, or several in a row: gzip, bzip2, xz, lz4 and zstd share this.
 *
 * What it holds is examined as one file that has the name of the file without its
 * ending. Streams follow each other as loaders read on: with zeros between them.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   the content, at most PAL_UNPACK_MOST
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_PACKED_H
#define PALISADE_FORMATS_PACKED_H

#include "give.h"
#include "unpack.h"

struct pal_packed {
	const struct pal_rule *broken, *bomb, *trailing, *beyond;

	/* Does a stream begin with head? Then its codec, and what stands before its first byte. */
	bool (*begins)(struct pal_view head, bool first, enum pal_codec *ret_codec, size_t *ret_skip);

	bool skippable; /* frames that decoders pass over stand among the streams (RFC 8878 section 3.1.2) */

	struct pal_view (*name)(struct pal_view head); /* that the first stream says its content had; NULL: none does */
};

PAL_NODISCARD enum pal_err pal_packed_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d,
					    const struct pal_packed *p);

/* The head unpacks without an error, to at least 16 bytes when more follows: for streams with weak marks. */
bool pal_packed_unpacks(struct pal_view head, uint64_t size, enum pal_codec codec);

uint32_t        pal_packed_u32(struct pal_view head); /* the first four bytes; 0 when they are not there */
bool            pal_packed_is_skippable(struct pal_view head);
struct pal_view pal_packed_past_skippable(struct pal_view head); /* what follows those that begin it; empty: nothing */

#endif
