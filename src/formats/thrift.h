/*
 * thrift.h - reads Thrift's compact protocol (thrift-compact-protocol.md of Apache Thrift 0.20) field by field.
 *
 * No schema: whoever reads a struct knows its field ids. A field of another type
 * than was asked for is passed over and reads as 0, as generated readers do it; a
 * field that nobody takes is passed over by pal_thrift_next(). Nesting is bounded.
 * A cursor may be copied: the copy reads the same bytes again.
 *
 *   units    bytes
 *   memory   allocates nothing; views point into the input
 *   errors   sticky: pal_thrift_err(), PAL_ETRUNC (cut short), PAL_EFORM (no such type), PAL_ELIMIT (too deep, or a
 * count that cannot be) threads  a cursor belongs to one thread
 */
#ifndef PALISADE_FORMATS_THRIFT_H
#define PALISADE_FORMATS_THRIFT_H

#include "palisade/reader.h"

#define PAL_THRIFT_DEPTH 32

struct pal_thrift {
	struct pal_reader r;
	enum pal_err      err; /* what the reader does not know of */
};

/* Of the struct being read; begins as { 0 }. */
struct pal_thrift_field {
	int16_t id;
	uint8_t type;
	bool    untaken; /* its value has not been read yet */
};

struct pal_thrift_list {
	uint8_t type;
	size_t  left; /* items that have not been read yet */
};

struct pal_thrift pal_thrift_of(struct pal_view v);
enum pal_err      pal_thrift_err(const struct pal_thrift *t);

/* The next field; false at the struct's end or after an error. */
bool pal_thrift_next(struct pal_thrift *t, struct pal_thrift_field *f);

int64_t                pal_thrift_int(struct pal_thrift *t, struct pal_thrift_field *f);
bool                   pal_thrift_bool(struct pal_thrift *t, struct pal_thrift_field *f);
struct pal_view        pal_thrift_binary(struct pal_thrift *t, struct pal_thrift_field *f);
bool                   pal_thrift_struct(struct pal_thrift *t, struct pal_thrift_field *f); /* its fields come next */
struct pal_thrift_list pal_thrift_list(struct pal_thrift *t, struct pal_thrift_field *f);

/* The next item of a list is a struct (its fields come next) or a binary; false when there is none. */
bool pal_thrift_item_struct(struct pal_thrift *t, struct pal_thrift_list *l);
bool pal_thrift_item_binary(struct pal_thrift *t, struct pal_thrift_list *l, struct pal_view *ret_text);

/* Passes over the items of a list that are left. */
void pal_thrift_skip_list(struct pal_thrift *t, struct pal_thrift_list *l);

#endif
