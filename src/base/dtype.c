/* dtype.c - the table behind dtype.h. */
#include "palisade/dtype.h"

#include "palisade/view.h"

static const struct {
	const char  *name;
	unsigned int bits;
	bool         is_float;
} types[] = {
	[PAL_DTYPE_OTHER] = { "other", 0, false },        [PAL_DTYPE_BOOL] = { "bool", 8, false },
	[PAL_DTYPE_U8] = { "uint8", 8, false },           [PAL_DTYPE_I8] = { "int8", 8, false },
	[PAL_DTYPE_U16] = { "uint16", 16, false },        [PAL_DTYPE_I16] = { "int16", 16, false },
	[PAL_DTYPE_U32] = { "uint32", 32, false },        [PAL_DTYPE_I32] = { "int32", 32, false },
	[PAL_DTYPE_U64] = { "uint64", 64, false },        [PAL_DTYPE_I64] = { "int64", 64, false },
	[PAL_DTYPE_F8_E4M3] = { "float8_e4m3", 8, true }, [PAL_DTYPE_F8_E5M2] = { "float8_e5m2", 8, true },
	[PAL_DTYPE_F16] = { "float16", 16, true },        [PAL_DTYPE_BF16] = { "bfloat16", 16, true },
	[PAL_DTYPE_F32] = { "float32", 32, true },        [PAL_DTYPE_F64] = { "float64", 64, true },
	[PAL_DTYPE_C64] = { "complex64", 64, true },      [PAL_DTYPE_C128] = { "complex128", 128, true },
	[PAL_DTYPE_BLOCKS] = { "blocks", 0, false },
};

unsigned int
pal_dtype_bits(enum pal_dtype t)
{
	return types[t].bits;
}

const char *
pal_dtype_name(enum pal_dtype t)
{
	return types[t].name;
}

bool
pal_dtype_is_float(enum pal_dtype t)
{
	return types[t].is_float;
}

enum pal_dtype
pal_dtype_of(struct pal_view name)
{
	for (enum pal_dtype t = PAL_DTYPE_BOOL; t < PAL_DTYPE_BLOCKS; t++)
		if (pal_view_is(name, types[t].name))
			return t;
	return PAL_DTYPE_OTHER;
}
