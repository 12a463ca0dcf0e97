/*
 * dtype.h - what a tensor's numbers are, in one list for every format.
 *
 * A format maps its own spelling to one of these; whoever reads the numbers needs
 * to know no format. Block-quantised types (GGUF's Q4_0 and so on) are
 * PAL_DTYPE_BLOCKS: their bytes are not numbers one by one.
 *
 *   units    bits
 *   memory   static
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_DTYPE_H
#define PALISADE_DTYPE_H

#include <stdbool.h>
#include <stdint.h>

enum pal_dtype {
	PAL_DTYPE_OTHER, /* strings, structures, types that are not known */
	PAL_DTYPE_BOOL,
	PAL_DTYPE_U8,
	PAL_DTYPE_I8,
	PAL_DTYPE_U16,
	PAL_DTYPE_I16,
	PAL_DTYPE_U32,
	PAL_DTYPE_I32,
	PAL_DTYPE_U64,
	PAL_DTYPE_I64,
	PAL_DTYPE_F8_E4M3,
	PAL_DTYPE_F8_E5M2,
	PAL_DTYPE_F16,
	PAL_DTYPE_BF16,
	PAL_DTYPE_F32,
	PAL_DTYPE_F64,
	PAL_DTYPE_C64, /* two F32 */
	PAL_DTYPE_C128,
	PAL_DTYPE_BLOCKS,
};

/* How wide one number is; 0 when that says nothing (other, blocks). */
unsigned int pal_dtype_bits(enum pal_dtype t);
const char  *pal_dtype_name(enum pal_dtype t); /* "float32", as NumPy says; "other", "blocks" */
bool         pal_dtype_is_float(enum pal_dtype t);

struct pal_view;
enum pal_dtype pal_dtype_of(struct pal_view name); /* what pal_dtype_name() gives; PAL_DTYPE_OTHER for any other */

#endif
