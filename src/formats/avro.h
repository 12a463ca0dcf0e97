/*
 * avro.h - the two halves of the reader of Apache Avro's object container files (Avro Specification 1.12).
 *
 *   units    bytes; offsets from the start of the file; rows count from 1
 *   memory   the schema in the reader's arena; a record's text
 *   errors   those of the arena; a schema that is none is told by its reason
 *   threads  as the arena
 */
#ifndef PALISADE_FORMATS_AVRO_H
#define PALISADE_FORMATS_AVRO_H

#include "cell.h"
#include "palisade/arena.h"
#include "palisade/list.h"

#define PAL_AVRO_NESTED 64u /* types inside types, in the schema and in a record */
#define PAL_AVRO_TYPES  20000u

enum pal_avro_type {
	PAL_AVRO_NULL,
	PAL_AVRO_BOOLEAN,
	PAL_AVRO_INT,
	PAL_AVRO_LONG,
	PAL_AVRO_FLOAT,
	PAL_AVRO_DOUBLE,
	PAL_AVRO_BYTES,
	PAL_AVRO_STRING,
	PAL_AVRO_RECORD,
	PAL_AVRO_ENUM,
	PAL_AVRO_ARRAY,
	PAL_AVRO_MAP,
	PAL_AVRO_FIXED,
	PAL_AVRO_UNION,
};

/* A type; what is inside of it (fields, branches, items) are `count` places in the list of types, by number. */
struct pal_avro_node {
	enum pal_avro_type   type;
	struct pal_cell_type cell;
	size_t               count, size; /* size: of a fixed value */
	size_t              *inside;
	struct pal_view     *names; /* of a record's fields, of an enumeration's symbols */
};

/* Reads a schema; the first of *types is the whole. NULL, or what is wrong with it. */
const char *pal_avro_schema(struct pal_view json, struct pal_arena *a, struct pal_list *types);

#endif
