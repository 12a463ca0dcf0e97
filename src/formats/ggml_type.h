/*
 * ggml_type.h - the types of ggml's tensors (ggml.h, enum ggml_type): plain numbers and blocks of quantised ones.
 *
 *   units    items and bytes of a block; dimensions count from the innermost
 *   memory   static
 *   errors   what is wrong, as text
 *   threads  pure
 */
#ifndef PALISADE_FORMATS_GGML_TYPE_H
#define PALISADE_FORMATS_GGML_TYPE_H

#include <stdint.h>

#include "palisade/dtype.h"

struct pal_ggml_type {
	const char    *name;
	uint32_t       id;
	uint16_t       items, bytes; /* of a block */
	enum pal_dtype type;
};

const struct pal_ggml_type *pal_ggml_type_of(uint32_t id); /* NULL: there is none */

/* As they were before May 2023 (quantisation version 0 and 1), with scales of 32 bits and two types more. */
const struct pal_ggml_type *pal_ggml_type_before(uint32_t id);

/* NULL and the bytes of a tensor, or what is wrong. */
const char *pal_ggml_measure(const struct pal_ggml_type *t, const uint64_t *dims, uint32_t rank, uint64_t *ret_len);

#endif
