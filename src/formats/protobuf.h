/*
 * protobuf.h - reads Protocol Buffers messages field by field, straight from an input of any size.
 *
 * The wire format of protobuf.dev/programming-guides/encoding: tags, varints,
 * fixed 32 and 64, length-delimited fields. No schema: whoever reads a message
 * knows its numbers. A group (wire types 3 and 4) is one field with its content.
 *
 *   units    bytes; offsets from the start of the input
 *   memory   none but the input's window; views are valid until the next read of the input
 *   errors   sticky in the message, with the offset; pal_pb_next() then returns false
 *   threads  as the input
 */
#ifndef PALISADE_FORMATS_PROTOBUF_H
#define PALISADE_FORMATS_PROTOBUF_H

#include "palisade/arena.h"
#include "palisade/buf.h"
#include "palisade/input.h"

enum pal_pb_wire { PAL_PB_VARINT = 0, PAL_PB_FIXED64 = 1, PAL_PB_BYTES = 2, PAL_PB_GROUP = 3, PAL_PB_FIXED32 = 5 };

struct pal_pb {
	struct pal_input *in;
	uint64_t          at, end;
	enum pal_err      err; /* PAL_OK, PAL_EFORM (no message), PAL_ETRUNC (a field leaves it), or of the input */
};

struct pal_pb_field {
	uint32_t         number;
	enum pal_pb_wire wire;
	uint64_t         value;   /* of a varint or fixed field */
	uint64_t         at, len; /* of the content of a length-delimited field or group */
};

struct pal_pb pal_pb_of(struct pal_input *in, uint64_t at, uint64_t len);

/* The next field; false at the end and on an error. Content is not read: skipping a tensor costs nothing. */
bool pal_pb_next(struct pal_pb *m, struct pal_pb_field *ret_field);

/* A length-delimited field as a message of its own; an empty one for fields of another wire type. */
struct pal_pb pal_pb_sub(const struct pal_pb *m, const struct pal_pb_field *f);

/* A field's content, the first `most` bytes of it, as a copy; empty for fields of another wire type. */
PAL_NODISCARD enum pal_err pal_pb_text(const struct pal_pb *m, const struct pal_pb_field *f, size_t most,
				       struct pal_arena *a, struct pal_view *ret_text);

/* The same, added to a buffer. */
PAL_NODISCARD enum pal_err pal_pb_read(const struct pal_pb *m, const struct pal_pb_field *f, size_t most,
				       struct pal_buf *to);

#endif
