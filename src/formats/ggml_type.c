/* ggml_type.c - how many bytes a tensor of each type has; the product is in pal_ggml_measure() alone. */
#include "ggml_type.h"

#include <stddef.h>

static const struct pal_ggml_type types[] = {
	{ "F32", 0, 1, 4, PAL_DTYPE_F32 },
	{ "F16", 1, 1, 2, PAL_DTYPE_F16 },
	{ "Q4_0", 2, 32, 18, PAL_DTYPE_BLOCKS },
	{ "Q4_1", 3, 32, 20, PAL_DTYPE_BLOCKS },
	{ "Q5_0", 6, 32, 22, PAL_DTYPE_BLOCKS },
	{ "Q5_1", 7, 32, 24, PAL_DTYPE_BLOCKS },
	{ "Q8_0", 8, 32, 34, PAL_DTYPE_BLOCKS },
	{ "Q8_1", 9, 32, 36, PAL_DTYPE_BLOCKS },
	{ "Q2_K", 10, 256, 84, PAL_DTYPE_BLOCKS },
	{ "Q3_K", 11, 256, 110, PAL_DTYPE_BLOCKS },
	{ "Q4_K", 12, 256, 144, PAL_DTYPE_BLOCKS },
	{ "Q5_K", 13, 256, 176, PAL_DTYPE_BLOCKS },
	{ "Q6_K", 14, 256, 210, PAL_DTYPE_BLOCKS },
	{ "Q8_K", 15, 256, 292, PAL_DTYPE_BLOCKS },
	{ "IQ2_XXS", 16, 256, 66, PAL_DTYPE_BLOCKS },
	{ "IQ2_XS", 17, 256, 74, PAL_DTYPE_BLOCKS },
	{ "IQ3_XXS", 18, 256, 98, PAL_DTYPE_BLOCKS },
	{ "IQ1_S", 19, 256, 50, PAL_DTYPE_BLOCKS },
	{ "IQ4_NL", 20, 32, 18, PAL_DTYPE_BLOCKS },
	{ "IQ3_S", 21, 256, 110, PAL_DTYPE_BLOCKS },
	{ "IQ2_S", 22, 256, 82, PAL_DTYPE_BLOCKS },
	{ "IQ4_XS", 23, 256, 136, PAL_DTYPE_BLOCKS },
	{ "I8", 24, 1, 1, PAL_DTYPE_I8 },
	{ "I16", 25, 1, 2, PAL_DTYPE_I16 },
	{ "I32", 26, 1, 4, PAL_DTYPE_I32 },
	{ "I64", 27, 1, 8, PAL_DTYPE_I64 },
	{ "F64", 28, 1, 8, PAL_DTYPE_F64 },
	{ "IQ1_M", 29, 256, 56, PAL_DTYPE_BLOCKS },
	{ "BF16", 30, 1, 2, PAL_DTYPE_BF16 },
	{ "TQ1_0", 34, 256, 54, PAL_DTYPE_BLOCKS },
	{ "TQ2_0", 35, 256, 66, PAL_DTYPE_BLOCKS },
	{ "MXFP4", 39, 32, 17, PAL_DTYPE_BLOCKS },
	{ "NVFP4", 40, 64, 36, PAL_DTYPE_BLOCKS },
	{ "Q1_0", 41, 128, 18, PAL_DTYPE_BLOCKS },
};

static const struct pal_ggml_type before[] = {
	{ "Q4_0", 2, 32, 20, PAL_DTYPE_BLOCKS }, { "Q4_1", 3, 32, 24, PAL_DTYPE_BLOCKS },
	{ "Q4_2", 4, 16, 10, PAL_DTYPE_BLOCKS }, { "Q4_3", 5, 16, 12, PAL_DTYPE_BLOCKS },
	{ "Q8_0", 8, 32, 36, PAL_DTYPE_BLOCKS }, { "Q8_1", 9, 32, 40, PAL_DTYPE_BLOCKS },
};

static const struct pal_ggml_type *
find(const struct pal_ggml_type *list, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].id == id)
			return &list[i];
	return NULL;
}

const struct pal_ggml_type *
pal_ggml_type_of(uint32_t id)
{
	return find(types, sizeof(types) / sizeof(types[0]), id);
}

const struct pal_ggml_type *
pal_ggml_type_before(uint32_t id)
{
	const struct pal_ggml_type *t = find(before, sizeof(before) / sizeof(before[0]), id);

	return t == NULL ? pal_ggml_type_of(id) : t;
}

const char *
pal_ggml_measure(const struct pal_ggml_type *t, const uint64_t *dims, uint32_t rank, uint64_t *ret_len)
{
	uint64_t items = 1, len = 0;

	if (t == NULL)
		return "a type that there is not";
	for (uint32_t i = 0; i < rank; i++)
		if (__builtin_mul_overflow(items, dims[i], &items))
			return "the product of its dimensions overflows";
	if (rank > 0 && dims[0] % t->items != 0)
		return "its rows are no whole blocks";
	if (__builtin_mul_overflow(items / t->items, (uint64_t)t->bytes, &len))
		return "its size overflows";
	*ret_len = len;
	return NULL;
}
